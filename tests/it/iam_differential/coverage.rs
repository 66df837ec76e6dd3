//! Which features of the policy language decided a case: without it, or with its opposite, the verdict is
//! another one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::conditions::OPERATORS;
use super::verdict;

/// For each feature whether it decided: by applying, and by not applying.
pub struct Coverage {
    seen: BTreeMap<String, [bool; 2]>,
    /// What is still looked for.
    wanted: BTreeSet<(String, usize)>,
}

impl Default for Coverage {
    fn default() -> Self {
        let wanted = expected().into_iter().flat_map(|feature| {
            let directions = if feature == ALWAYS { 0..1 } else { 0..2 };
            directions.map(move |direction| (feature.clone(), direction))
        });
        Self {
            seen: BTreeMap::new(),
            wanted: wanted.collect(),
        }
    }
}

impl Coverage {
    /// Looks at a case, whose verdict is known.
    pub fn add(&mut self, request: &Value, before: &str) {
        if self.wanted.is_empty() {
            return;
        }
        let mut paths = Vec::new();
        statements(request, String::new(), &mut paths);
        for (path, place) in paths {
            let Some(statement) = request.pointer(&path) else {
                continue;
            };
            for (features, part) in parts(statement, place) {
                for direction in 0..2 {
                    let is_wanted = |f: &String| self.wanted.contains(&(f.clone(), direction));
                    if !features.iter().any(is_wanted) {
                        continue;
                    }
                    let mut other = request.clone();
                    if let Some(at) = other.pointer_mut(&path) {
                        *at = part.opposite(statement, direction);
                    }
                    if verdict(&other) != before {
                        for feature in &features {
                            self.seen.entry(feature.clone()).or_default()[direction] = true;
                            self.wanted.remove(&(feature.clone(), direction));
                        }
                    }
                }
            }
        }
    }

    pub fn join(&mut self, other: Self) {
        for (feature, [yes, no]) in other.seen {
            let own = self.seen.entry(feature).or_default();
            own[0] |= yes;
            own[1] |= no;
        }
    }

    /// How many features decided, in both directions and in one.
    pub fn show(&self) -> String {
        let both = self.seen.values().filter(|n| n.iter().all(|n| *n)).count();
        format!(
            "{both} in both directions, {} in one",
            self.seen.len() - both
        )
    }

    /// The features that did not decide in both directions.
    pub fn lacking(&self) -> Vec<String> {
        let held = |f: &str, [yes, no]: [bool; 2]| yes && (no || f == ALWAYS);
        let mut expected = expected();
        expected.retain(|f| !self.seen.get(f).is_some_and(|n| held(f, *n)));
        expected
    }
}

/// Everybody is always meant: without it, nothing could decide otherwise.
const ALWAYS: &str = "Principal everyone";

/// The features that have to decide.
fn expected() -> Vec<String> {
    let mut expected: Vec<String> = ELEMENTS.iter().map(|e| (*e).to_owned()).collect();
    for set in ["", "ForAllValues:", "ForAnyValue:"] {
        expected.push(format!("{set}Null").to_lowercase());
        for (operator, _) in OPERATORS {
            for end in ["", "IfExists"] {
                expected.push(format!("{set}{operator}{end}").to_lowercase());
            }
        }
    }
    expected
}

/// The elements and their forms that have to decide too.
const ELEMENTS: &[&str] = &[
    "PolicyInputList Allow",
    "PolicyInputList Deny",
    "PermissionsBoundaryPolicyInputList Allow",
    "PermissionsBoundaryPolicyInputList Deny",
    "SessionPolicyInputList Allow",
    "SessionPolicyInputList Deny",
    "ServiceControlPolicyInputList Allow",
    "ServiceControlPolicyInputList Deny",
    "ResourceControlPolicyInputList Deny",
    "VpcEndpointPolicyInputList Allow",
    "VpcEndpointPolicyInputList Deny",
    "ResourcePolicy Allow",
    "ResourcePolicy Deny",
    "Action",
    "NotAction",
    "Action *",
    "Action ?",
    "Resource",
    "NotResource",
    "Resource *",
    "Resource ?",
    "Resource variable",
    "Resource default",
    "Resource escape",
    "Resource short",
    "Condition variable",
    "Condition default",
    "Condition escape",
    "Principal",
    "NotPrincipal",
    "Principal everyone",
    "Principal account",
    "Principal root",
    "Principal user",
    "Principal role",
    "Principal session",
    "Principal federated user",
    "Principal Service",
    "Principal Federated",
];

/// The paths of all statements with the field that their policy stands in.
fn statements<'v>(value: &'v Value, path: String, out: &mut Vec<(String, &'v str)>) {
    let Value::Object(request) = value else {
        return;
    };
    for (field, value) in request {
        let mut found = Vec::new();
        walk(value, format!("{path}/{field}"), &mut found);
        out.extend(found.into_iter().map(|path| (path, field.as_str())));
    }
}

fn walk(value: &Value, path: String, out: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                walk(value, format!("{path}/{at}"), out);
            }
        }
        Value::Object(fields) if fields.contains_key("Effect") => out.push(path),
        Value::Object(fields) => {
            if let Some(value) = fields.get("Statement") {
                walk(value, format!("{path}/Statement"), out);
            }
        }
        _ => {}
    }
}

/// A part of a statement.
enum Part<'v> {
    Whole,
    Element(&'static str),
    Condition(&'v str, &'v str),
}

impl Part<'_> {
    /// The statement as it would be if the part never applied (0), or if it always did (1).
    fn opposite(&self, statement: &Value, direction: usize) -> Value {
        let never = direction == 0;
        let mut other = statement.clone();
        match self {
            Self::Whole if never => other["Action"] = json!("none:Nothing"),
            Self::Whole => {
                other = json!({"Effect": statement["Effect"], "Action": "*", "Resource": "*"});
                if statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some() {
                    other["Principal"] = json!("*");
                }
            }
            Self::Element(element) => {
                let plain = element.trim_start_matches("Not");
                let value = match plain {
                    _ if !never => json!("*"),
                    "Action" => json!("none:Nothing"),
                    "Resource" => json!("arn:aws:none:::none"),
                    _ => json!({"AWS": "444444444444"}),
                };
                if let Some(fields) = other.as_object_mut() {
                    fields.remove(*element);
                    fields.insert(plain.to_owned(), value);
                }
            }
            Self::Condition(..) if never => {
                other["Condition"]["Null"] = json!({"never:there": "false"});
            }
            Self::Condition(operator, key) => {
                if let Some(keys) = other["Condition"][operator].as_object_mut() {
                    keys.remove(*key);
                }
            }
        }
        other
    }
}

/// The features of a statement's parts.
fn parts<'v>(statement: &'v Value, place: &str) -> Vec<(Vec<String>, Part<'v>)> {
    let effect = statement["Effect"].as_str().unwrap_or("");
    let mut out = vec![(vec![format!("{place} {effect}")], Part::Whole)];
    for element in [
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "NotPrincipal",
    ] {
        if let Some(value) = statement.get(element) {
            out.push((forms(element, value), Part::Element(element)));
        }
    }
    let block = statement.get("Condition").and_then(Value::as_object);
    for (operator, keys) in block.into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let mut features = forms("Condition", values);
            features.push(operator.to_lowercase());
            out.push((features, Part::Condition(operator, key)));
        }
    }
    out
}

/// The element, and the forms that its values have.
fn forms(element: &str, value: &Value) -> Vec<String> {
    let text = value.to_string();
    let mut out = vec![element.to_owned()];
    let mut add = |form: &str, has: bool| {
        if has {
            out.push(format!("{element} {form}"));
        }
    };
    match element {
        "Principal" => {
            add("everyone", text.contains("\"*\""));
            add(
                "account",
                text.contains("\"111111111111\"") || text.contains("\"222222222222\""),
            );
            add("root", text.contains(":root"));
            add("user", text.contains(":user/"));
            add("role", text.contains(":role/"));
            add("session", text.contains(":assumed-role/"));
            add("federated user", text.contains(":federated-user/"));
            add("Service", text.contains("\"Service\""));
            add("Federated", text.contains("\"Federated\""));
        }
        "Action" | "Resource" | "Condition" => {
            add(
                "*",
                text.replace("\"*\"", "").replace("${*}", "").contains('*'),
            );
            add("?", text.replace("${?}", "").contains('?'));
            add("variable", text.contains("${aws:"));
            add("default", text.contains(", '"));
            add(
                "escape",
                ["${*}", "${?}", "${$}"].iter().any(|e| text.contains(e)),
            );
            add(
                "short",
                element == "Resource"
                    && text
                        .split('"')
                        .any(|t| t.starts_with("arn:") && t.split(':').count() < 6),
            );
        }
        _ => {}
    }
    out
}
