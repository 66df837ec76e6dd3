//! Which features of the policy language decided a case: without it, or with its opposite, the verdict is
//! another one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::conditions::OPERATORS;
use super::verdict;

/// How often a feature has to decide in each direction before it is looked for no more.
const ENOUGH: u32 = 1;

/// For each feature how often it decided: by applying, and by not applying.
#[derive(Default)]
pub struct Coverage(BTreeMap<String, [u32; 2]>);

impl Coverage {
    /// Looks at a case, whose verdict is known.
    pub fn add(&mut self, request: &Value, before: &str) {
        let mut paths = Vec::new();
        statements(request, String::new(), &mut paths);
        for (path, place) in paths {
            let Some(statement) = request.pointer(&path) else {
                continue;
            };
            for (features, opposites) in parts(statement, place) {
                for (direction, opposite) in opposites.iter().enumerate() {
                    let wanted = |f: &String| self.0.get(f).is_none_or(|n| n[direction] < ENOUGH);
                    if !features.iter().any(wanted) {
                        continue;
                    }
                    let mut other = request.clone();
                    if let Some(at) = other.pointer_mut(&path) {
                        *at = opposite.clone();
                    }
                    if verdict(&other) != before {
                        for feature in &features {
                            self.0.entry(feature.clone()).or_default()[direction] += 1;
                        }
                    }
                }
            }
        }
    }

    pub fn join(&mut self, other: Self) {
        for (feature, [yes, no]) in other.0 {
            let own = self.0.entry(feature).or_default();
            own[0] += yes;
            own[1] += no;
        }
    }

    /// How many features decided, in both directions and in one.
    pub fn show(&self) -> String {
        let both = self.0.values().filter(|n| n.iter().all(|n| *n > 0)).count();
        format!("{both} in both directions, {} in one", self.0.len() - both)
    }

    /// The features that did not decide in both directions.
    pub fn lacking(&self) -> Vec<String> {
        let mut expected: Vec<String> = ELEMENTS.iter().map(|e| (*e).to_owned()).collect();
        for set in ["", "ForAllValues:", "ForAnyValue:"] {
            expected.push(format!("{set}Null").to_lowercase());
            for (operator, _) in OPERATORS {
                for end in ["", "IfExists"] {
                    expected.push(format!("{set}{operator}{end}").to_lowercase());
                }
            }
        }
        // Everybody is always meant.
        let held = |f: &str, n: &[u32; 2]| n[0] > 0 && (n[1] > 0 || f == "Principal everyone");
        expected.retain(|f| !self.0.get(f).is_some_and(|n| held(f, n)));
        expected
    }
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

/// The features of a statement's parts, each with the statement as it would be if the part never applied, and
/// if it always did.
fn parts(statement: &Value, place: &str) -> Vec<(Vec<String>, [Value; 2])> {
    let with = |element: &str, value: Value| {
        let mut other = statement.clone();
        if let Some(fields) = other.as_object_mut() {
            fields.remove(element);
            fields.insert(element.trim_start_matches("Not").to_owned(), value);
        }
        other
    };
    let effect = statement["Effect"].as_str().unwrap_or("");
    let mut always = json!({"Effect": effect, "Action": "*", "Resource": "*"});
    if statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some() {
        always["Principal"] = json!("*");
    }
    let never = with("Action", json!("none:Nothing"));
    let mut out = vec![(vec![format!("{place} {effect}")], [never, always])];
    let nothing = [
        ("Action", json!("none:Nothing"), json!("*")),
        ("Resource", json!("arn:aws:none:::none"), json!("*")),
        ("Principal", json!({"AWS": "444444444444"}), json!("*")),
    ];
    for (element, never, always) in nothing {
        for element in [element.to_owned(), format!("Not{element}")] {
            if let Some(value) = statement.get(&element) {
                let opposites = [
                    with(&element, never.clone()),
                    with(&element, always.clone()),
                ];
                out.push((forms(&element, value), opposites));
            }
        }
    }
    let block = statement.get("Condition").and_then(Value::as_object);
    for (operator, keys) in block.into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let (mut without, mut never) = (statement.clone(), statement.clone());
            if let Some(keys) = without["Condition"][operator].as_object_mut() {
                keys.remove(key);
            }
            never["Condition"]["Null"] = json!({"never:there": "false"});
            let mut features = forms("Condition", values);
            features.push(operator.to_lowercase());
            out.push((features, [never, without]));
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
