//! The tables of cases for the documentation of IAM: how a row is asked.

use eks_auditor::iam::simulate::simulate;
use serde_json::{Value, json};

pub const ACCOUNT: &str = "111111111111";
pub const ROOT: &str = "arn:aws:iam::111111111111:root";
pub const USER: &str = "arn:aws:iam::111111111111:user/ann";
pub const ROLE: &str = "arn:aws:iam::111111111111:role/app";
pub const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/app/s1";
pub const FEDERATED: &str = "arn:aws:sts::111111111111:federated-user/ann";
pub const OTHER: &str = "arn:aws:iam::222222222222:role/other";

pub const YES: &str = "allowed";
pub const NO: &str = "implicitDeny";
pub const DENIED: &str = "explicitDeny";
pub const OPEN: &str = "conditional";

/// A claim, the request that shows it, what is added to the request, and the verdict.
pub type Row<'a> = (&'a str, Value, Value, &'a str);

/// A document with these statements.
pub fn policy(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// A document that allows an action on everything.
pub fn allow(action: &str) -> Value {
    policy(json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]))
}

/// A document that denies an action on everything.
pub fn deny(action: &str) -> Value {
    policy(json!([{"Effect": "Deny", "Action": action, "Resource": "*"}]))
}

/// A resource's policy that allows everything to a principal.
pub fn open_to(principal: Value) -> Value {
    policy(json!([{"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}]))
}

/// A resource's policy that denies everything to a principal.
pub fn closed_to(principal: Value) -> Value {
    policy(json!([{"Effect": "Deny", "Principal": principal, "Action": "*", "Resource": "*"}]))
}

/// A role's trust policy.
pub fn trust(principal: Value, action: &str) -> Value {
    policy(json!([{"Effect": "Allow", "Principal": principal, "Action": action}]))
}

/// Context entries from names and values; a list is a multivalued key.
pub fn keys(entries: Value) -> Value {
    let entry = |(name, value): (&String, &Value)| match value {
        Value::Array(values) => {
            json!({"ContextKeyName": name, "ContextKeyValues": values, "ContextKeyType": "stringList"})
        }
        one => json!({"ContextKeyName": name, "ContextKeyValues": [one]}),
    };
    let entries: Vec<Value> = entries.as_object().unwrap().iter().map(entry).collect();
    json!({ "ContextEntries": entries })
}

/// An identity policy's only statement, allowing `s3:GetObject` under a condition, and the request's keys.
pub fn under(condition: Value, entries: Value) -> Value {
    let mut request = keys(entries);
    request["PolicyInputList"] = json!([policy(
        json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}])
    )]);
    request
}

/// Asks a request: what it leaves out is a session's `s3:GetObject` in its own account, all keys given.
pub fn ask(request: &Value, more: &Value) -> Value {
    let defaults = json!({"ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::b/k"],
        "ResourceOwner": ACCOUNT, "ContextComplete": true});
    let mut whole = request.clone();
    let object = whole.as_object_mut().unwrap();
    for source in [more, &defaults] {
        for (key, value) in source.as_object().unwrap() {
            object.entry(key).or_insert_with(|| value.clone());
        }
    }
    let called = [
        "CallerArn",
        "CallerService",
        "CallerFederated",
        "CallerAnonymous",
    ];
    if !called.iter().any(|field| object.contains_key(*field)) {
        object.insert("CallerArn".into(), json!(SESSION));
    }
    simulate(&whole).unwrap_or_else(|e| panic!("{e}: {whole}"))
}

/// Asks every row of a page and fails with all that are answered otherwise.
#[track_caller]
pub fn check(page: &str, rows: &[Row<'_>]) {
    let mut wrong = String::new();
    for (claim, request, more, want) in rows {
        let answer = ask(request, more);
        let got = &answer["EvaluationResults"][0]["EvalDecision"];
        if got != want {
            wrong.push_str(&format!(
                "\n- {claim}: {got}, not {want}\n  {request}\n  with {more}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{page}{wrong}");
}
