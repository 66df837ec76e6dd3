//! Which methods are held, and which only look so.

#![allow(clippy::unwrap_used, clippy::expect_used)]
mod launched;
mod published;
mod versions;

use super::*;
use crate::iam::admin::Home;
use crate::iam::context::Context;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{NamedPolicy, Policies};
use crate::iam::principal::Principal;
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
        ("IAM:updateassumerolepolicy", "update-assume-role-policy"),
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
    let held_other = held(other, &unseen);
    let passed = held_other
        .iter()
        .filter(|(id, _)| id.starts_with("pass-role"));
    assert_eq!(passed.count(), 0, "{held_other:?}");
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
        in_profile: Some(false),
        is_bounded: false,
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
        [("attach-role-policy", false)]
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
    let existing = Existing::unseen()
        .with_users([ann, "arn:aws:iam::111122223333:user/bob"].map(UserFacts::named));
    for arn in [ann, "arn:aws:iam::111122223333:role/app"] {
        let context = Principal::from_arn(arn).unwrap().context(from, []);
        for existing in [&existing, &Existing::unseen()] {
            let found = methods_held(&policies, &HOME, &context, existing);
            assert!(found.is_empty(), "{arn}: {found:?}");
        }
    }
}

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const OWN: &str = "arn:aws:iam::111122223333:policy/own";
/// It has as many versions as a policy can have.
const CROWDED: &str = "arn:aws:iam::111122223333:policy/crowded";

/// What a role `app` holds by these statements, beside whatever else it has.
fn held_by_app(statements: &Value, existing: &Existing) -> Vec<Held> {
    let nothing = named(CROWDED, &json!([]));
    held_by(&[named(OWN, statements), nothing], existing)
}

fn named(policy: &str, statements: &Value) -> NamedPolicy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    NamedPolicy::new(policy, PolicyDocument::from_value(&document).unwrap())
}

/// What the role `app` holds by these policies.
fn held_by(identity: &[NamedPolicy], existing: &Existing) -> Vec<Held> {
    let policies = Policies {
        identity,
        ..Policies::default()
    };
    let from = "2026-11-24T00:00:00Z".parse().unwrap();
    let context = Principal::from_arn(ROLE).unwrap().context(from, []);
    methods_held(&policies, &HOME, &context, existing)
}

/// An account in which every method finds what it needs.
fn full<'a>(trust: &'a PolicyDocument, things: bool) -> Existing {
    let role = |arn: &'a str| RoleFacts {
        arn,
        trust,
        in_profile: Some(true),
        is_bounded: true,
    };
    let user = |arn: &'a str, keys: usize, has_password: bool| UserFacts {
        arn,
        is_bounded: true,
        keys: Some(keys),
        has_password: Some(has_password),
    };
    let more = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let existing = Existing::unseen()
        .with_roles([role(ROLE), role("arn:aws:iam::111122223333:role/ops")])
        .with_users([
            user("arn:aws:iam::111122223333:user/ann", 1, true),
            user("arn:aws:iam::111122223333:user/bob", 2, false),
        ])
        .with_groups([GroupFacts {
            arn: "arn:aws:iam::111122223333:group/staff",
            members: vec!["arn:aws:iam::111122223333:user/ann"],
        }])
        .with_policies([(OWN, 2), (CROWDED, 5)].map(|(arn, count)| PolicyFacts {
            arn,
            holders: vec![ROLE, "arn:aws:iam::111122223333:role/ops"],
            groups: vec!["arn:aws:iam::111122223333:group/staff"],
            versions: vec![more],
            count: Some(count),
        }));
    let all = methods().filter_map(Method::thing).filter(|_| things);
    all.fold(existing, |existing, thing| {
        existing.with_things(thing, [(thing_arn(thing), Some(ROLE))])
    })
}

fn thing_arn(thing: Thing) -> &'static str {
    match thing {
        Thing::Instance | Thing::ManagedInstance => {
            "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"
        }
        Thing::LaunchTemplate => "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-1",
        Thing::Function => "arn:aws:lambda:eu-west-1:111122223333:function:mail",
        Thing::GlueEndpoint => "arn:aws:glue:eu-west-1:111122223333:devEndpoint/one",
        Thing::GlueJob => "arn:aws:glue:eu-west-1:111122223333:job/one",
        Thing::Notebook => "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/one",
        Thing::CodeInterpreter => {
            "arn:aws:bedrock-agentcore:eu-west-1:111122223333:code-interpreter-custom/one"
        }
        Thing::Stack => "arn:aws:cloudformation:eu-west-1:111122223333:stack/one/1",
        Thing::StackSet => "arn:aws:cloudformation:eu-west-1:111122223333:stackset/one:1",
        Thing::BuildProject => "arn:aws:codebuild:eu-west-1:111122223333:project/one",
        Thing::AppRunnerService => "arn:aws:apprunner:eu-west-1:111122223333:service/one/1",
        Thing::EcsCluster => "arn:aws:ecs:eu-west-1:111122223333:cluster/one",
        Thing::ContainerInstance => "arn:aws:ecs:eu-west-1:111122223333:container-instance/one/1",
        Thing::Addon => "arn:aws:eks:eu-west-1:111122223333:addon/prod/one/1",
        _ => "arn:aws:sqs:eu-west-1:111122223333:one",
    }
}

/// Trusts every service that a method passes a role to.
fn trusting_all() -> PolicyDocument {
    PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Principal": {"Service": *SERVICES}, "Action": "sts:AssumeRole"}}))
    .unwrap()
}

fn asked_here() -> impl Iterator<Item = &'static Method> {
    methods().filter(|method| !matches!(method.gives, Gives::There(_)))
}

fn needing(method: &Method, but: Option<usize>) -> Value {
    let needs = method.needs.iter().enumerate();
    let needs = needs.filter(|(at, _)| Some(*at) != but);
    let actions: Vec<&str> = needs.map(|(_, need)| need.action).collect();
    json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}])
}

#[test]
fn every_method_is_held_with_all_its_permissions_and_with_none_missing() {
    let trust = trusting_all();
    let existing = full(&trust, true);
    for method in asked_here() {
        let held = held_by_app(&needing(method, None), &existing);
        assert!(
            held.iter().any(|held| held.method.id == method.id),
            "{} is not held: {held:?}",
            method.id
        );
        for missing in 0..method.needs.len() {
            // Both of its permissions are the same action.
            if method.id == "ssm-send-command" {
                continue;
            }
            let statements = needing(method, Some(missing));
            let held = held_by_app(&statements, &existing);
            assert!(
                held.iter().all(|held| held.method.id != method.id),
                "{} is held by {statements}",
                method.id
            );
        }
    }
}

#[test]
fn a_method_is_certain_where_all_that_it_needs_was_seen_and_else_names_the_source() {
    let trust = trusting_all();
    let (seen, unseen) = (full(&trust, true), full(&trust, false));
    for method in asked_here() {
        let find = |existing: &Existing| {
            let held = held_by_app(&needing(method, None), existing);
            held.into_iter()
                .find(|held| held.method.id == method.id)
                .unwrap()
        };
        let said = method
            .when
            .iter()
            .any(|one| matches!(one, Prerequisite::Said(_)));
        let needs_other = match method.needs.first().map(|need| need.on) {
            Some(Target::User | Target::Group) => method.when.contains(&Prerequisite::Own),
            _ => false,
        };
        let assumes = method
            .becomes()
            .is_some_and(|need| need.action == "sts:AssumeRole");
        // Who asks is a role, which is in no group.
        let joins = method.joins() && method.becomes().is_some();
        let certain = !said && !needs_other && !assumes && !joins;
        let held = find(&seen);
        assert_eq!(held.certain, certain, "{}: {held:#?}", method.id);
        if let Some(thing) = method.thing() {
            let held = find(&unseen);
            assert!(!held.certain, "{}: {held:#?}", method.id);
            let names = held
                .conditions
                .iter()
                .any(|one| one.contains(thing.source()));
            assert!(names, "{} does not name its source: {held:#?}", method.id);
            let none = full(&trust, true).with_things(thing, []);
            let held = held_by_app(&needing(method, None), &none);
            assert!(
                held.iter().all(|held| held.method.id != method.id),
                "{} without {}: {held:#?}",
                method.id,
                thing.what()
            );
        }
    }
}

#[test]
fn what_the_account_dump_does_not_show_is_not_there() {
    let trust = trusting_all();
    let role = |arn, in_profile, is_bounded| RoleFacts {
        arn,
        trust: &trust,
        in_profile,
        is_bounded,
    };
    let ops = "arn:aws:iam::111122223333:role/ops";
    let roles = |in_profile, bounded| {
        Existing::unseen().with_roles([
            role(ROLE, in_profile, bounded),
            role(ops, in_profile, bounded),
        ])
    };
    let user = |keys, has_password| {
        Existing::unseen().with_users([UserFacts {
            arn: "arn:aws:iam::111122223333:user/ann",
            is_bounded: false,
            keys,
            has_password,
        }])
    };
    let policy = |holders: Vec<&'static str>, versions: Vec<&'static str>| {
        Existing::unseen().with_policies([PolicyFacts {
            arn: OWN,
            holders,
            count: Some(versions.len() + 1),
            versions,
            ..PolicyFacts::default()
        }])
    };
    let less = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:SetDefaultPolicyVersion", "Resource": "*"}}"#;
    let more = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;
    for (id, what, existing, expected) in [
        (
            "pass-role-ec2",
            "in a profile",
            roles(Some(true), false),
            Some(true),
        ),
        ("pass-role-ec2", "in none", roles(Some(false), false), None),
        (
            "pass-role-ec2",
            "profiles not told",
            roles(None, false),
            Some(false),
        ),
        (
            "pass-role-ec2-new-profile",
            "in none",
            roles(Some(false), false),
            Some(true),
        ),
        (
            "delete-role-boundary",
            "bounded",
            roles(None, true),
            Some(true),
        ),
        (
            "delete-role-boundary",
            "not bounded",
            roles(None, false),
            None,
        ),
        (
            "put-role-boundary",
            "bounded",
            roles(None, true),
            Some(true),
        ),
        (
            "create-access-key",
            "one key",
            user(Some(1), None),
            Some(true),
        ),
        ("create-access-key", "two keys", user(Some(2), None), None),
        (
            "create-access-key",
            "keys not read",
            user(None, None),
            Some(false),
        ),
        (
            "replace-access-key",
            "two keys",
            user(Some(2), None),
            Some(true),
        ),
        ("replace-access-key", "one key", user(Some(1), None), None),
        (
            "create-login-profile",
            "no password",
            user(None, Some(false)),
            Some(true),
        ),
        (
            "create-login-profile",
            "a password",
            user(None, Some(true)),
            None,
        ),
        (
            "update-login-profile",
            "a password",
            user(None, Some(true)),
            Some(true),
        ),
        (
            "update-login-profile",
            "no password",
            user(None, Some(false)),
            None,
        ),
        (
            "create-policy-version",
            "its own",
            policy(vec![ROLE], vec![]),
            Some(true),
        ),
        (
            "set-default-policy-version",
            "more",
            policy(vec![ROLE], vec![more]),
            Some(true),
        ),
        (
            "set-default-policy-version",
            "no more",
            policy(vec![ROLE], vec![less]),
            Some(false),
        ),
        (
            "set-default-policy-version",
            "one version",
            policy(vec![ROLE], vec![]),
            None,
        ),
    ] {
        let method = methods().find(|method| method.id == id).unwrap();
        let held = held_by_app(&needing(method, None), &existing);
        let found = held.iter().find(|held| held.method.id == id);
        assert_eq!(
            found.map(|held| held.certain),
            expected,
            "{id}, {what}: {held:#?}"
        );
    }
}

#[test]
fn what_is_changed_is_its_own_or_it_has_to_become_it() {
    let trust = trusting_all();
    let existing = full(&trust, true);
    let on = |action: &str, resource: &str| allow(json!(action), resource);
    for (statements, id, own, certain) in [
        (on("iam:PutRolePolicy", ROLE), "put-role-policy", true, true),
        (
            on("iam:PutRolePolicy", "arn:aws:iam::111122223333:role/ops"),
            "put-role-policy",
            false,
            false,
        ),
        (
            on("iam:PutUserPolicy", "*"),
            "put-user-policy",
            false,
            false,
        ),
        (
            on("iam:PutGroupPolicy", "*"),
            "put-group-policy",
            false,
            false,
        ),
        (
            on(
                "iam:CreatePolicyVersion",
                "arn:aws:iam::111122223333:policy/own",
            ),
            "create-policy-version",
            true,
            true,
        ),
    ] {
        let held = held_by_app(&statements, &existing);
        let found = held.iter().find(|held| held.method.id == id);
        let gist = found.map(|held| (held.is_own, held.certain));
        assert_eq!(gist, Some((own, certain)), "{statements}: {held:#?}");
        let said = found.is_some_and(|held| held.conditions.iter().any(|one| one == NOT_ITS_OWN));
        assert_eq!(said, !own, "{statements}: {held:#?}");
    }
    // A policy that nobody has changes nobody.
    let free = Existing::unseen().with_policies([PolicyFacts {
        arn: "arn:aws:iam::111122223333:policy/free",
        ..PolicyFacts::default()
    }]);
    assert_eq!(held_by_app(&on("iam:CreatePolicyVersion", "*"), &free), []);
}

/// Two permissions on what is changed have to be held on the same.
#[test]
fn what_is_changed_and_what_it_becomes_are_one() {
    let trust = trusting_all();
    let existing = full(&trust, true);
    let two = |first: &str, second: &str| {
        json!([{"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": format!("arn:aws:iam::*:user/{first}")},
            {"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": format!("arn:aws:iam::*:user/{second}")}])
    };
    for (first, second, expected) in [
        ("ann", "ann", true),
        ("*", "ann", true),
        ("ann", "bob", false),
        // Bob has two keys.
        ("bob", "bob", false),
    ] {
        let held = held_by_app(&two(first, second), &existing);
        let id = "attach-user-policy-create-access-key";
        let found = held.iter().any(|held| held.method.id == id);
        assert_eq!(found, expected, "{first}, {second}: {held:#?}");
    }
}

/// Services have names of their own in the Regions of China.
#[test]
fn a_role_is_passed_to_a_service_in_china() {
    let trust = PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com.cn"}, "Action": "sts:AssumeRole"}}))
    .unwrap();
    let adm = "arn:aws-cn:iam::111122223333:role/adm";
    let existing = Existing::unseen().with_roles([RoleFacts {
        arn: adm,
        trust: &trust,
        in_profile: Some(true),
        is_bounded: false,
    }]);
    let home = Home {
        partition: "aws-cn",
        account: "111122223333",
    };
    let app = "arn:aws-cn:iam::111122223333:role/app";
    let passed = |value: &str| json!({"StringEquals": {"iam:PassedToService": value}});
    for (condition, expected) in [
        (json!({}), Some(true)),
        (passed("ec2.amazonaws.com.cn"), Some(false)),
    ] {
        let document = PolicyDocument::from_value(&json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": condition},
            {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}]}))
        .unwrap();
        let identity = [NamedPolicy::new("own", document)];
        let policies = Policies {
            identity: &identity,
            ..Policies::default()
        };
        let from = "2026-11-24T00:00:00Z".parse().unwrap();
        let context = Principal::from_arn(app).unwrap().context(from, []);
        let held = methods_held(&policies, &home, &context, &existing);
        let found = held.iter().find(|held| held.method.id == "pass-role-ec2");
        assert_eq!(
            found.map(|held| held.certain),
            expected,
            "{condition}: {held:#?}"
        );
    }
}
