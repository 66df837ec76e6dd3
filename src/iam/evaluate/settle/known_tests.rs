//! Values that lead to one verdict by what is known of their keys, and those that do not.

#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{NamedPolicy, evaluate};
use crate::iam::evaluate::{Policies, Request, Verdict};
use crate::iam::principal::Principal;

/// The verdict on `s3:GetObject` of `b/green/k` for a role of which nothing but its id is known.
fn verdict(statements: Value) -> Verdict {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let document = PolicyDocument::from_value(&document).unwrap();
    let identity = [NamedPolicy::new("p", document)];
    let mut role = Principal::from_arn("arn:aws:iam::111111111111:role/app").unwrap();
    role.unique_id = Some("AROA1".into());
    let mut context = role.context("2026-11-24T00:00:00Z".parse().unwrap(), []);
    context.set_unknown("aws:PrincipalTag/team");
    let request = Request::new(&role, "s3:getobject", "arn:aws:s3:::b/green/k", &context);
    let policies = Policies {
        identity: &identity,
        ..Policies::default()
    };
    evaluate(&request, &policies).verdict
}

fn statement(effect: &str, resource: &str, condition: Value) -> Value {
    json!({"Effect": effect, "Action": "s3:*", "Resource": resource, "Condition": condition})
}

#[test]
fn values_that_lead_to_one_verdict() {
    let team = |operator: &str, value: &str| json!({operator: {"aws:PrincipalTag/team": value}});
    let now = |operator: &str, time: &str| json!({operator: {"aws:CurrentTime": time}});
    let id = |operator: &str, value: &str| json!({operator: {"aws:userid": value}});
    let both = |one: Value, other: Value| {
        verdict(json!([
            statement("Allow", "*", one),
            statement("Allow", "*", other)
        ]))
    };
    let (later, latest) = ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    let cases = [
        (
            both(team("StringEquals", "a"), team("StringNotEquals", "a")),
            Verdict::Allow,
        ),
        (
            both(team("StringEquals", "a"), team("StringEquals", "b")),
            Verdict::Conditional,
        ),
        (
            both(
                now("DateLessThan", later),
                now("DateGreaterThanEquals", later),
            ),
            Verdict::Allow,
        ),
        (
            both(now("DateLessThan", later), now("DateGreaterThan", later)),
            Verdict::Conditional,
        ),
        (
            both(now("DateLessThan", later), now("DateGreaterThan", latest)),
            Verdict::Conditional,
        ),
        (
            both(
                id("StringEquals", "AROA1:a"),
                id("StringNotEquals", "AROA1:a"),
            ),
            Verdict::Allow,
        ),
        (
            both(
                id("StringEqualsIgnoreCase", "aroa1:a"),
                id("StringEqualsIgnoreCase", "AROA1:b"),
            ),
            Verdict::Conditional,
        ),
    ];
    for (at, (got, want)) in cases.into_iter().enumerate() {
        assert_eq!(got, want, "case {at}");
    }
}

#[test]
fn a_variables_key_has_as_many_outcomes_as_values() {
    let team = |value: &str| json!({"StringEquals": {"aws:PrincipalTag/team": value}});
    let got = verdict(json!([
        statement(
            "Allow",
            "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
            json!({})
        ),
        statement("Deny", "*", team("red")),
        statement("Deny", "*", team("blue")),
    ]));
    assert_eq!(got, Verdict::Conditional, "the team green is let in");
}
