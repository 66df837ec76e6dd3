//! Each pair against the decision on it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::*;
use crate::iam::context::Context;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{NamedPolicy, Policies, Request, evaluate};
use crate::iam::principal::Principal;
use crate::iam::truth::Truth;

const ACTION: &str = "secretsmanager:getsecretvalue";

fn secret(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}")
}

fn policy(statements: &Value) -> NamedPolicy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    NamedPolicy::new("p", PolicyDocument::from_value(&document).unwrap())
}

fn secrets() -> Vec<String> {
    let mut out: Vec<String> = (0..150)
        .rev()
        .map(|n| secret(&format!("{}{n}-AbCdEf", ["app/", "b", "ann", ""][n % 4])))
        .collect();
    out.push("arn:aws:secretsmanager:eu-west-1:444455556666:secret:app/1".into());
    out.push("*".into());
    out
}

/// Statements that allow or deny reading in ways that can meet.
fn statements() -> Vec<Value> {
    let mut out = Vec::new();
    let tagged = |operator: &str| json!({operator: {"aws:ResourceTag/team": "red"}});
    for element in ["Resource", "NotResource"] {
        for resource in [
            json!("*"),
            json!("arn:aws:secretsmanager"),
            json!("arn:aws:secretsmanager:*:*:secret:app/*"),
            json!("*:secret:b1*"),
            json!([secret("b1?-AbCdEf"), secret("ann*")]),
            json!(secret("${aws:username}*")),
            json!(secret("${aws:userid, 'b'}1*")),
            json!("?"),
            json!([]),
        ] {
            for condition in [json!({}), tagged("StringEquals"), tagged("StringNotEquals")] {
                out.push(json!({"Action": "secretsmanager:Get*", element: resource, "Condition": condition}));
            }
        }
    }
    out.push(json!({"Action": "s3:*", "Resource": "*"}));
    out.push(json!({"NotAction": "s3:*", "Resource": "*"}));
    out
}

fn with_effect(statement: &Value, effect: &str) -> Value {
    let mut statement = statement.clone();
    statement["Effect"] = json!(effect);
    statement
}

/// Principals with every statement, with some pairs of them, and with limits.
struct Estate {
    principals: Vec<Principal>,
    identity: Vec<Vec<NamedPolicy>>,
    boundary: Vec<NamedPolicy>,
    scps: Vec<Vec<NamedPolicy>>,
    contexts: Vec<Context>,
}

impl Estate {
    fn new() -> Self {
        let all = statements();
        let mut identity: Vec<Vec<NamedPolicy>> = Vec::new();
        for (at, one) in all.iter().enumerate() {
            let allow = policy(&json!([with_effect(one, "Allow")]));
            identity.push(vec![allow.clone()]);
            for step in [7, 20] {
                let other = &all[(at + step) % all.len()];
                let denied = policy(&json!([with_effect(other, "Deny")]));
                let allowed = policy(&json!([with_effect(other, "Allow")]));
                identity.push(vec![allow.clone(), denied]);
                identity.push(vec![allow.clone(), allowed]);
            }
        }
        let principals = (0..identity.len())
            .map(|n| Principal::from_arn(&format!("arn:aws:iam::111122223333:user/u{n}")).unwrap())
            .collect();
        let mut known = Context::partial();
        known
            .set("aws:username", "ann")
            .set("aws:ResourceTag/team", "red");
        let limits = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": secret("app/1*")}]);
        let boundary = json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": [secret("a*"), secret("b*")]}]);
        Self {
            principals,
            identity,
            boundary: vec![policy(&boundary)],
            scps: vec![vec![policy(&limits)]],
            contexts: vec![Context::partial(), known, Context::complete()],
        }
    }

    fn holders(&self) -> Vec<Holder<'_>> {
        let mut out = Vec::new();
        for (at, (principal, identity)) in self.principals.iter().zip(&self.identity).enumerate() {
            let bound: &[NamedPolicy] = if at % 3 == 0 { &self.boundary } else { &[] };
            let scps: &[Vec<NamedPolicy>] = if at % 5 == 0 { &self.scps } else { &[] };
            for context in &self.contexts {
                out.push(Holder {
                    principal,
                    policies: Policies {
                        identity,
                        boundary: bound,
                        scps,
                        ..Policies::default()
                    },
                    context,
                });
            }
        }
        out
    }
}

#[test]
fn every_pair_is_its_decision() {
    let (estate, secrets) = (Estate::new(), secrets());
    let index = ResourceIndex::new(secrets.iter().map(String::as_str));
    let holders = estate.holders();
    let pairs = index.pairs(holders.iter().copied(), ACTION);
    let mut found = [0; 3];
    for (holder, reach) in holders.iter().zip(pairs.iter()) {
        // The rest is like one of these.
        for (at, secret) in secrets.iter().enumerate().skip(120) {
            let request = Request::new(holder.principal, ACTION, secret, holder.context);
            let want = evaluate(&request, &holder.policies).truth();
            let got = match (reach.certain.has(at), reach.open.has(at)) {
                (true, false) => Truth::Yes,
                (false, true) => Truth::Unknown,
                (false, false) => Truth::No,
                (true, true) => panic!("both certain and open"),
            };
            assert_eq!(got, want, "{secret} by {:?}", holder.policies.identity);
            found[got as usize] += 1;
        }
    }
    assert!(
        found.iter().all(|n| *n > 300),
        "all three are found: {found:?}"
    );
}

#[test]
fn what_is_no_identity_has_nothing_of_its_own() {
    let all = [policy(
        &json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]),
    )];
    let secrets = secrets();
    let index = ResourceIndex::new(secrets.iter().map(String::as_str));
    let context = Context::partial();
    let policies = Policies {
        identity: &all,
        ..Policies::default()
    };
    for (principal, want) in [
        (Principal::service("ec2.amazonaws.com"), 0),
        (
            Principal::from_arn("arn:aws:iam::111122223333:root").unwrap(),
            151,
        ),
        (
            Principal::from_arn("arn:aws:iam::444455556666:user/u").unwrap(),
            2,
        ),
    ] {
        let holder = Holder {
            principal: &principal,
            policies,
            context: &context,
        };
        let reach = index.allowed(&holder, ACTION);
        assert_eq!(reach.certain.len(), want, "{principal:?}");
        assert!(reach.open.is_empty());
        assert_eq!(reach.certain.iter().count(), want);
    }
}
