//! Which methods are held, and which only look so.

#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::iam::evaluate::NamedPolicy;
use serde_json::{Value, json};

const HOME: Home<'_> = Home {
    partition: "aws",
    account: "111122223333",
};

fn held(statements: Value, existing: &Existing) -> Vec<(&'static str, bool)> {
    let document =
        PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement": statements}))
            .unwrap();
    let identity = [NamedPolicy::new("p", document)];
    let policies = Policies {
        identity: &identity,
        ..Policies::default()
    };
    let found = methods_held(&policies, &HOME, &Context::partial(), existing);
    found
        .into_iter()
        .map(|h| (h.method.id, h.certain))
        .collect()
}

fn allow(action: Value, resource: &str) -> Value {
    json!([{"Effect": "Allow", "Action": action, "Resource": resource}])
}

fn trust(service: &str) -> PolicyDocument {
    PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}}))
    .unwrap()
}

#[test]
fn what_the_account_cannot_change_is_no_escalation() {
    let none: &[(&str, bool)] = &[];
    let unseen = Existing::unseen();
    for (action, resource) in [
        (
            "iam:AttachRolePolicy",
            "arn:aws:iam::*:role/aws-service-role/*",
        ),
        (
            "iam:PutRolePolicy",
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*",
        ),
        ("iam:CreateServiceLinkedRole", "*"),
        ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/*"),
        ("iam:AttachRolePolicy", "arn:aws:iam::999999999999:role/*"),
        ("iam:AttachRolePolicy", "arn:aws:iam::111122223333:user/*"),
        ("iam:PassRole", "*"),
        ("iam:Get*", "*"),
    ] {
        assert_eq!(
            held(allow(json!(action), resource), &unseen),
            none,
            "{action} on {resource}"
        );
    }
}

#[test]
fn held_on_everything_is_certain() {
    let unseen = Existing::unseen();
    for (action, id) in [
        ("iam:AttachRolePolicy", "attach-role-policy"),
        ("iam:Put*Policy", "put-role-policy"),
        ("IAM:createpolicyversion", "create-policy-version"),
        ("lambda:UpdateFunctionCode", "update-function-code"),
    ] {
        let got = held(allow(json!(action), "*"), &unseen);
        assert!(got.contains(&(id, true)), "{action}: {got:?}");
    }
}

#[test]
fn a_method_needs_all_its_permissions() {
    let unseen = Existing::unseen();
    let all = json!([
        "iam:PassRole",
        "lambda:CreateFunction",
        "lambda:InvokeFunction"
    ]);
    assert_eq!(
        held(allow(all, "*"), &unseen),
        [("pass-role-lambda-invoke", true)]
    );
    let two = json!(["lambda:CreateFunction", "lambda:InvokeFunction"]);
    assert_eq!(held(allow(two, "*"), &unseen), []);
    // A role may be passed, but only to another service.
    let other = json!([
        {"Effect": "Allow", "Action": ["lambda:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
         "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
    ]);
    assert_eq!(held(other, &unseen), [("update-function-code", true)]);
}

/// An action without a kind of resource is asked on `*`, which no ARN matches.
#[test]
fn an_action_on_no_resource_needs_the_star() {
    let passed = |resource: &str| {
        json!([
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
            {"Effect": "Allow", "Action": "glue:CreateDevEndpoint", "Resource": resource},
        ])
    };
    let unseen = Existing::unseen();
    let arn = "arn:aws:glue:*:111122223333:devEndpoint/*";
    assert_eq!(held(passed(arn), &unseen), []);
    assert_eq!(
        held(passed("*"), &unseen),
        [("pass-role-glue-endpoint", true)]
    );
}

#[test]
fn what_does_not_exist_is_not_reached() {
    let lambda = trust("lambda.amazonaws.com");
    let app = RoleFacts {
        arn: "arn:aws:iam::111122223333:role/app",
        trust: &lambda,
    };
    let existing = Existing::unseen().with_roles([app]).with_users([]);
    assert_eq!(
        held(allow(json!("iam:CreateAccessKey"), "*"), &existing),
        []
    );
    let named = "arn:aws:iam::111122223333:role/app";
    let attach = json!("iam:AttachRolePolicy");
    assert_eq!(
        held(allow(attach.clone(), named), &existing),
        [("attach-role-policy", true)]
    );
    assert_eq!(
        held(
            allow(attach.clone(), "arn:aws:iam::111122223333:role/x*"),
            &existing
        ),
        []
    );
    // Which roles there are was not seen.
    assert_eq!(
        held(allow(attach, named), &Existing::unseen()),
        [("attach-role-policy", false)]
    );
    // No role trusts EC2.
    assert_eq!(
        held(
            allow(json!(["iam:PassRole", "ec2:RunInstances"]), "*"),
            &existing
        ),
        []
    );
}

#[test]
fn a_deny_and_a_condition_count() {
    let unseen = Existing::unseen();
    let denied = json!([
        {"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "NotResource": "arn:aws:iam::111122223333:user/*"},
    ]);
    assert_eq!(held(denied, &unseen), []);
    let mfa = json!([{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]);
    assert_eq!(held(mfa, &unseen), [("attach-role-policy", false)]);
}

#[test]
fn catalogue_is_well_formed() {
    let mut ids: Vec<&str> = METHODS.iter().map(|m| m.id).collect();
    ids.sort_unstable();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id stands twice");
    for need in METHODS.iter().flat_map(|m| m.needs) {
        let (service, name) = need.action.split_once(':').unwrap();
        assert_eq!(service, service.to_lowercase(), "{}", need.action);
        let first = name.chars().next().unwrap();
        assert!(first.is_ascii_uppercase(), "{}", need.action);
    }
}

#[test]
fn becoming_or_passing_itself_gives_nothing() {
    let ann = "arn:aws:iam::111122223333:user/ann";
    let document = PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": ["iam:CreateAccessKey", "iam:UpdateLoginProfile"],
         "Resource": "arn:aws:iam::*:user/${aws:username}"}}))
    .unwrap();
    let identity = [NamedPolicy::new("own-keys", document)];
    let policies = Policies {
        identity: &identity,
        ..Policies::default()
    };
    let from = "2026-11-24T00:00:00Z".parse().unwrap();
    let existing = Existing::unseen().with_users([ann, "arn:aws:iam::111122223333:user/bob"]);
    for arn in [ann, "arn:aws:iam::111122223333:role/app"] {
        let context = Principal::from_arn(arn).unwrap().context(from, []);
        for existing in [&existing, &Existing::unseen()] {
            let found = methods_held(&policies, &HOME, &context, existing);
            assert!(found.is_empty(), "{arn}: {found:?}");
        }
    }
}
