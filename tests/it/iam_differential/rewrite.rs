//! Ways into a request's policies, to rewrite them.

use serde_json::Value;

const LISTS: [&str; 4] = [
    "PolicyInputList",
    "PermissionsBoundaryPolicyInputList",
    "SessionPolicyInputList",
    "VpcEndpointPolicyInputList",
];
const LEVELS: [&str; 2] = [
    "ServiceControlPolicyInputList",
    "ResourceControlPolicyInputList",
];

/// One object, or the objects of a list.
pub fn lists(value: &mut Value) -> Vec<&mut Value> {
    match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(_) => vec![value],
        _ => Vec::new(),
    }
}

/// The object or the objects that a field holds, if it is there.
pub fn lists_of<'v>(value: &'v mut Value, key: &str) -> Vec<&'v mut Value> {
    value.get_mut(key).map(lists).unwrap_or_default()
}

/// The text or the texts that a field holds, if it is there.
pub fn entries_of<'v>(value: &'v mut Value, key: &str) -> Vec<&'v mut String> {
    value.get_mut(key).map(entries).unwrap_or_default()
}

/// The statements of the resource's own policy.
pub fn of_resource(request: &mut Value) -> Vec<&mut Value> {
    request
        .get_mut("ResourcePolicy")
        .map(|policy| lists_of(policy, "Statement"))
        .unwrap_or_default()
}

/// All policies of a request.
pub fn policies(request: &mut Value) -> Vec<&mut Value> {
    let mut out = Vec::new();
    let Value::Object(object) = request else {
        return out;
    };
    for (key, value) in object.iter_mut() {
        if LISTS.contains(&key.as_str()) || key == "ResourcePolicy" {
            out.extend(lists(value));
        } else if LEVELS.contains(&key.as_str()) {
            out.extend(lists(value).into_iter().flat_map(lists));
        }
    }
    out
}

/// All statements of a request.
pub fn statements(request: &mut Value) -> Vec<&mut Value> {
    policies(request)
        .into_iter()
        .filter_map(|p| p.get_mut("Statement"))
        .flat_map(lists)
        .collect()
}

/// The conditions of a statement: operator, key, values.
pub fn conditions(statement: &mut Value) -> Vec<(String, String, &mut Value)> {
    let mut out = Vec::new();
    let block = statement
        .get_mut("Condition")
        .and_then(Value::as_object_mut);
    for (operator, keys) in block.into_iter().flatten() {
        for (key, values) in keys.as_object_mut().into_iter().flatten() {
            out.push((operator.clone(), key.clone(), values));
        }
    }
    out
}

/// One text, or the texts of a list.
pub fn entries(value: &mut Value) -> Vec<&mut String> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(many) => many
            .iter_mut()
            .filter_map(|v| match v {
                Value::String(text) => Some(text),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// All texts under a value, but for the names of its fields.
pub fn texts(value: &mut Value) -> Vec<&mut String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter_mut().flat_map(texts).collect(),
        Value::Object(fields) => fields.values_mut().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn entry<'v>(context: &'v Value, key: &str) -> Option<&'v Value> {
    context.as_array()?.iter().find(|e| {
        e["ContextKeyName"]
            .as_str()
            .is_some_and(|name| name.eq_ignore_ascii_case(key.trim()))
    })
}

/// The first value of a condition key.
pub fn context_value<'v>(context: &'v Value, key: &str) -> Option<&'v Value> {
    entry(context, key)?["ContextKeyValues"].get(0)
}

/// Whether the request has the key as a list.
pub fn is_list(context: &Value, key: &str) -> bool {
    entry(context, key).is_some_and(|e| e["ContextKeyType"] == "stringList")
}

/// Whether a text matches a pattern of `*` and `?`.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    match pattern.next() {
        None => text.next().is_none(),
        Some('*') => {
            let rest = pattern.as_str();
            glob(rest, text.as_str())
                || (text.next().is_some() && glob(&format!("*{rest}"), text.as_str()))
        }
        Some('?') => text.next().is_some() && glob(pattern.as_str(), text.as_str()),
        Some(c) => text.next() == Some(c) && glob(pattern.as_str(), text.as_str()),
    }
}
