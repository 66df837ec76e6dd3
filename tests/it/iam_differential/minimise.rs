//! Disagreements made small: what can be taken out while they last is taken out.

use serde_json::Value;

use super::case::Case;
use super::reference::Reference;
use super::{Outcome, explain, verdict};

/// How many are made small and shown.
const SHOWN: usize = 5;

/// The disagreements as text: case, question, our verdict, the reference's.
pub fn shown(seed: u64, disagreed: &[(u64, usize, String, String)]) -> Vec<String> {
    if disagreed.is_empty() {
        return Vec::new();
    }
    let mut reference = Reference::start();
    disagreed
        .iter()
        .take(SHOWN)
        .map(|(number, at, ours, said)| {
            let case = Case::new(seed, *number);
            let whole = &case.asked[*at];
            let mut text = format!(
                "case {number}, question {at}: here {ours}, the reference {said}\n  {whole}\n"
            );
            if case.asked.len() == 1 {
                let small = smallest(&mut reference, whole.clone());
                text.push_str(&format!(
                    "  at its smallest, here {}: {small}\n",
                    verdict(&small)
                ));
            } else {
                text.push_str(&format!("  asked here: {}\n", case.ours));
            }
            text
        })
        .collect()
}

fn smallest(reference: &mut Reference, mut request: Value) -> Value {
    'again: loop {
        for path in places(&request) {
            let mut less = request.clone();
            if !take(&mut less, &path) {
                continue;
            }
            let ours = verdict(&less);
            let said = reference.ask(&[&less]).remove(0);
            let valid = !ours.starts_with("error") && !said.starts_with("error");
            if valid
                && matches!(
                    explain(reference, &ours, &less, 1, &said),
                    Outcome::Disagreed(_)
                )
            {
                request = less;
                continue 'again;
            }
        }
        return request;
    }
}

/// What can be taken out, the larger first: policies, statements, conditions, entries of lists.
fn places(request: &Value) -> Vec<String> {
    let mut out = Vec::new();
    walk(request, String::new(), &mut out);
    out.sort_by_key(|path| path.matches('/').count());
    out
}

fn walk(value: &Value, path: String, out: &mut Vec<String>) {
    let step = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let fixed = [
                    "ActionNames",
                    "ResourceArns",
                    "ResourceOwner",
                    "ContextComplete",
                    "Effect",
                    "Statement",
                ]
                .contains(&key.as_str())
                    || key.starts_with("Caller")
                    || key.starts_with("ContextKey")
                    || key.ends_with("Action")
                    || key.ends_with("Resource")
                    || key.ends_with("Principal");
                if !fixed {
                    out.push(step(key));
                }
                walk(value, step(key), out);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                if items.len() > 1 || value.is_object() {
                    out.push(step(&at.to_string()));
                }
                walk(value, step(&at.to_string()), out);
            }
        }
        _ => {}
    }
}

fn take(request: &mut Value, path: &str) -> bool {
    let Some((parent, last)) = path.rsplit_once('/') else {
        return false;
    };
    let last = last.replace("~1", "/").replace("~0", "~");
    match request.pointer_mut(parent) {
        Some(Value::Object(fields)) => fields.remove(&last).is_some(),
        Some(Value::Array(items)) => match last.parse() {
            Ok(at) if at < items.len() => {
                items.remove(at);
                true
            }
            _ => false,
        },
        _ => false,
    }
}
