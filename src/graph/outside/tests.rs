//! Who is let in from outside, and who is not.

use serde_json::{Value, json};

use super::*;
use crate::checks::testing::Estate;

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

/// Whom a policy of these statements lets in, each with whether that is certain.
fn lets_in(statements: &Value) -> Vec<(Whom, bool)> {
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let snapshot = Estate::new()
        .region(
            json!({"secretsmanager": {"secrets": [{"ARN": ARN, "Name": "db"}],
            "policies": [{"ARN": ARN, "Name": "db", "ResourcePolicy": policy}]}}),
        )
        .snapshot();
    let graph = Graph::build(&snapshot, None);
    let what = What::One(ARN.to_owned());
    let found = graph.lets_in(&graph.deciding("secretsmanager:GetSecretValue", &what));
    let found = found.unwrap_or_default().into_iter();
    found
        .map(|one| (one.whom, one.answer.decision == Decision::Allowed))
        .collect()
}

fn allow(principal: &Value, condition: &Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:*", "Resource": "*", "Condition": condition})
}

#[test]
fn each_entry_is_asked_for_itself() {
    let several = json!({"AWS": ["444455556666", "arn:aws:iam::555566667777:root", "arn:aws:iam::555566667777:user/ann",
        "arn:aws:iam::111122223333:role/own"]});
    let own = |key: &str, value: &Value| json!({key: {"aws:PrincipalArn": value}});
    let account = |id: &str| Whom::Account(id.to_owned());
    let user = Whom::Principal("arn:aws:iam::555566667777:user/ann".to_owned());
    assert_eq!(
        lets_in(&json!([allow(&several, &json!({}))])),
        [
            (account("444455556666"), true),
            (account("555566667777"), true),
            (user.clone(), true)
        ]
    );
    // What is denied is out.
    let denied = json!([allow(&several, &json!({})), {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": own("ArnNotLike", &json!("arn:aws:iam::555566667777:user/*"))}]);
    assert_eq!(lets_in(&denied), [(user, true)]);
}

#[test]
fn a_stranger_takes_a_name_but_no_organisation() {
    let everybody = json!("*");
    let organization = |id: &str| Whom::Organization(id.to_owned());
    for (condition, expected) in [
        (json!({}), vec![(Whom::Anybody, true)]),
        (
            json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app-*"}}),
            vec![(Whom::Anybody, true)],
        ),
        (
            json!({"StringEquals": {"aws:PrincipalTag/team": "red"}}),
            vec![(Whom::Anybody, false)],
        ),
        (
            json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/r-ab12/ou-ab12-11111111/*"}}),
            vec![(organization("o-abcdefghij"), false)],
        ),
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": ["o-abcdefghij", "o-klmnopqrst"]}}),
            vec![
                (organization("o-abcdefghij"), true),
                (organization("o-klmnopqrst"), true),
            ],
        ),
        (
            json!({"StringEquals": {"aws:PrincipalAccount": "444455556666", "aws:PrincipalOrgID": "o-abcdefghij"}}),
            vec![(Whom::Account("444455556666".to_owned()), false)],
        ),
    ] {
        assert_eq!(
            lets_in(&json!([allow(&everybody, &condition)])),
            expected,
            "{condition}"
        );
    }
}
