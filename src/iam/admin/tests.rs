//! What makes an administrator, and what takes it away.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use serde_json::{Value, json};

const HOME: Home<'_> = Home {
    partition: "aws",
    account: "111122223333",
};

fn policies(documents: &[Value]) -> Vec<NamedPolicy> {
    let named = |d: &Value| {
        let document = json!({"Version": "2012-10-17", "Statement": d});
        NamedPolicy::new("limits", PolicyDocument::from_value(&document).unwrap())
    };
    documents.iter().map(named).collect()
}

/// `None`, `Some(false)` conditionally, `Some(true)`; and what is excepted.
fn ask(identity: &[Value], boundary: &[Value]) -> (Option<bool>, Vec<String>) {
    let (identity, boundary) = (policies(identity), policies(boundary));
    let asked = Policies {
        identity: &identity,
        boundary: &boundary,
        ..Policies::default()
    };
    match admin(&asked, &HOME, &Context::partial()) {
        Some(found) => (Some(found.certain), subtracted(&asked, &Context::partial())),
        None => (None, Vec::new()),
    }
}

fn all() -> Value {
    json!({"Effect": "Allow", "Action": "*", "Resource": "*"})
}

fn deny(action: Value, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

#[test]
fn everything_in_one_statement_or_together() {
    let split = json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}]);
    let halves = json!([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::*"},
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::*"}]);
    let tags = json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/t": "x"}}}]);
    let power =
        json!({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"});
    let cases = [
        (vec![all()], Some(true)),
        (
            vec![json!({"Effect": "Allow", "Action": "*:*", "Resource": ["arn:aws:s3:::b", "*"]})],
            Some(true),
        ),
        (vec![split], Some(true)),
        (vec![halves], Some(true)),
        (
            vec![
                json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
                json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}),
            ],
            Some(true),
        ),
        (vec![tags], Some(false)),
        (vec![power], None),
        (
            vec![json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*"})],
            None,
        ),
        (
            vec![json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::*"})],
            None,
        ),
        (vec![], None),
    ];
    for (identity, want) in cases {
        assert_eq!(ask(&identity, &[]).0, want, "{identity:?}");
    }
}

#[test]
fn what_takes_it_away_and_what_is_an_exception() {
    let none: Vec<String> = Vec::new();
    let role = "arn:aws:iam::111122223333:role/break-glass";
    let mfa = json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}});
    let cases = [
        (vec![all()], vec![all()], Some(true), none.clone()),
        (
            vec![all(), deny(json!("iam:*"), "*")],
            vec![],
            None,
            none.clone(),
        ),
        (
            vec![all(), deny(json!(["sts:*"]), "*")],
            vec![],
            None,
            none.clone(),
        ),
        (
            vec![all(), deny(json!("iam:*"), "arn:aws:iam::*:*")],
            vec![],
            None,
            none.clone(),
        ),
        (
            vec![all()],
            vec![json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})],
            None,
            none.clone(),
        ),
        (
            vec![all()],
            vec![
                json!({"Effect": "Allow", "Action": ["iam:Get*", "sts:*", "s3:*"], "Resource": "*"}),
            ],
            None,
            none.clone(),
        ),
        (
            vec![all(), deny(json!("s3:DeleteBucket"), "*")],
            vec![],
            Some(true),
            vec!["s3:DeleteBucket on *".into()],
        ),
        (
            vec![all(), deny(json!("iam:*"), role)],
            vec![],
            Some(true),
            vec![format!("iam:* on {role}")],
        ),
        (
            vec![all(), mfa],
            vec![],
            Some(false),
            vec!["iam:* on *, without MFA".into()],
        ),
        (
            vec![all()],
            vec![json!({"Effect": "Allow", "NotAction": "organizations:*", "Resource": "*"})],
            Some(true),
            vec!["what the permissions boundary limits does not allow".into()],
        ),
    ];
    for (identity, boundary, want, except) in cases {
        assert_eq!(
            ask(&identity, &boundary),
            (want, except),
            "{identity:?} within {boundary:?}"
        );
    }
}
