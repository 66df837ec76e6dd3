//! Where a group leads that somebody writes and puts a user into, though nobody is in it.

use serde_json::{Value, json};

use super::{
    ACCOUNT, Estate, ROOT, managed, may, nobody, policy, reaches_from, role, role_arn, user_arn,
};

/// The limits of a boundary: what the methods here need, and little else.
const NARROW: &[&str] = &["iam:*Group*", "iam:CreateAccessKey", "s3:*"];

fn group_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:group/{name}")
}

fn on(actions: &[&str], resources: &[String]) -> Value {
    json!({"Effect": "Allow", "Action": actions, "Resource": resources})
}

/// A user with these statements, within a boundary if there is one.
fn user(name: &str, statements: &Value, boundary: Option<&[&str]>) -> Value {
    let mut user = json!({"UserName": name, "Arn": user_arn(name), "Path": "/",
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(statements)}]});
    if let Some(allowed) = boundary {
        let name = if allowed == ["*"] { "wide" } else { "narrow" };
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
        user["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": arn});
    }
    user
}

/// Two groups that nobody is in, of which `empty` has a policy of so many versions; and what bounds users.
fn groups(versions: usize) -> Estate {
    let group = |name: &str, policies: Value| json!({"GroupName": name, "Arn": group_arn(name), "Path": "/", "AttachedManagedPolicies": policies});
    let own =
        json!([{"PolicyName": "own", "PolicyArn": format!("arn:aws:iam::{ACCOUNT}:policy/own")}]);
    let bound = |name: &str, actions: &[&str]| {
        json!({"PolicyName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:policy/{name}"), "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy(&may(actions))}]})
    };
    let all: Vec<Value> = (0..versions).map(|_| may(&["s3:GetObject"])).collect();
    let mut policies = managed(&all);
    let list = policies["policies"].as_array_mut().unwrap();
    list.extend([bound("narrow", NARROW), bound("wide", &["*"])]);
    Estate::new()
        .iam(policies)
        .iam(json!({"groups": [group("empty", own), group("other", json!([]))]}))
}

#[test]
fn a_user_writes_a_group_and_joins_it() {
    let empty = || vec![group_arn("empty")];
    let write = |action: &str| json!([on(&[action, "iam:AddUserToGroup"], &empty())]);
    let put = || on(&["iam:PutGroupPolicy"], &empty());
    let join = |group: &str| on(&["iam:AddUserToGroup"], &[group_arn(group)]);
    let mut elsewhere = join("empty");
    elsewhere["Condition"] = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
    let denied = json!({"Effect": "Deny", "Action": "iam:AddUserToGroup", "Resource": "*"});
    let version = |actions: &[&str]| {
        let own = format!("arn:aws:iam::{ACCOUNT}:policy/own");
        on(actions, &[own])
    };
    let create = || version(&["iam:CreatePolicyVersion"]);
    let replace = || version(&["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"]);
    let narrow: Option<&[&str]> = Some(NARROW);
    for (what, statements, boundary, versions, expected) in [
        ("put", write("iam:PutGroupPolicy"), None, 1, Some(true)),
        (
            "attach",
            write("iam:AttachGroupPolicy"),
            None,
            1,
            Some(true),
        ),
        (
            "on any",
            may(&["iam:PutGroupPolicy", "iam:AddUserToGroup"]),
            None,
            1,
            Some(true),
        ),
        ("put alone", json!([put()]), None, 1, None),
        ("join alone", json!([join("empty")]), None, 1, None),
        (
            "put, and join another",
            json!([put(), join("other")]),
            None,
            1,
            None,
        ),
        (
            "join denied",
            json!([put(), join("empty"), denied]),
            None,
            1,
            None,
        ),
        (
            "join from somewhere",
            json!([put(), elsewhere]),
            None,
            1,
            Some(false),
        ),
        (
            "a version",
            json!([create(), join("empty")]),
            None,
            1,
            Some(true),
        ),
        (
            "a version, and join another",
            json!([create(), join("other")]),
            None,
            1,
            None,
        ),
        (
            "a sixth version",
            json!([create(), join("empty")]),
            None,
            5,
            None,
        ),
        (
            "a sixth for another",
            json!([replace(), join("empty")]),
            None,
            5,
            Some(true),
        ),
        (
            "within bounds",
            write("iam:PutGroupPolicy"),
            narrow,
            1,
            None,
        ),
        (
            "within wide bounds",
            write("iam:PutGroupPolicy"),
            Some(&["*"]),
            1,
            Some(true),
        ),
    ] {
        let eve = json!({"users": [user("eve", &statements, boundary)]});
        let found = reaches_from(&groups(versions).iam(eve), &user_arn("eve"), ROOT);
        assert_eq!(found, expected, "{what}: {statements}");
    }
    let without =
        Estate::new().iam(json!({"users": [user("eve", &write("iam:PutGroupPolicy"), None)]}));
    assert_eq!(
        reaches_from(&without, &user_arn("eve"), ROOT),
        None,
        "there is no such group"
    );
}

/// A role is in no group: a user has to be, whom it becomes.
#[test]
fn a_role_puts_a_user_into_the_group_whom_it_becomes() {
    let write = ["iam:PutGroupPolicy", "iam:AddUserToGroup"];
    let with_key = [
        "iam:PutGroupPolicy",
        "iam:AddUserToGroup",
        "iam:CreateAccessKey",
    ];
    let admins = json!({"groups": [{"GroupName": "admins", "Arn": group_arn("admins"), "Path": "/",
        "GroupPolicyList": [{"PolicyName": "all", "PolicyDocument": policy(&may(&["*"]))}]}]});
    let none = json!({});
    let ann = |boundary: Option<&[&str]>| Some(user("ann", &json!([]), boundary));
    for (what, actions, user, keys, more, expected) in [
        ("no user", &write[..], None, 1, &none, None),
        ("no user, with keys", &with_key, None, 1, &none, None),
        (
            "a user whom nothing is known to make it",
            &write,
            ann(None),
            1,
            &none,
            Some(false),
        ),
        (
            "a user whose key it makes",
            &with_key,
            ann(None),
            1,
            &none,
            Some(true),
        ),
        (
            "a user who has two",
            &with_key,
            ann(None),
            2,
            &none,
            Some(false),
        ),
        (
            "a user within bounds",
            &with_key,
            ann(Some(NARROW)),
            1,
            &none,
            None,
        ),
        (
            "a user within wide bounds",
            &with_key,
            ann(Some(&["*"])),
            1,
            &none,
            Some(true),
        ),
        (
            "joining administrators",
            &with_key[1..],
            ann(None),
            1,
            &admins,
            Some(true),
        ),
        (
            "joining administrators without a user",
            &with_key[1..],
            None,
            1,
            &admins,
            None,
        ),
        (
            "joining administrators without a key",
            &with_key[1..2],
            ann(None),
            1,
            &admins,
            None,
        ),
    ] {
        let row = json!({"user": "ann", "arn": user_arn("ann"), "password_enabled": false,
            "access_keys": (0..keys).map(|at| json!({"number": at + 1, "active": true})).collect::<Vec<_>>()});
        let users: Vec<Value> = user.into_iter().collect();
        let ops = role("ops", &nobody(), &policy(&may(actions)));
        let estate = groups(1).iam(more.clone());
        let estate =
            estate.iam(json!({"roles": [ops], "users": users, "credential_report": [row]}));
        let found = reaches_from(&estate, &role_arn("ops"), ROOT);
        assert_eq!(found, expected, "{what}: {actions:?}");
    }
}

#[test]
fn a_bounded_user_puts_another_into_the_group() {
    let all = [
        "iam:PutGroupPolicy",
        "iam:AddUserToGroup",
        "iam:CreateAccessKey",
    ];
    for (what, boundary, expected) in [
        ("free", None, Some(true)),
        ("bounded too", Some(NARROW), None),
    ] {
        let eve = user("eve", &may(&all), Some(NARROW));
        let ann = user("ann", &json!([]), boundary);
        let row = |name: &str| json!({"user": name, "arn": user_arn(name), "access_keys": []});
        let estate = groups(1)
            .iam(json!({"users": [eve, ann], "credential_report": [row("eve"), row("ann")]}));
        let found = reaches_from(&estate, &user_arn("eve"), ROOT);
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn among_many_groups_the_strong_one_is_found() {
    let group = |name: &str, actions: &[&str]| {
        json!({"GroupName": name, "Arn": group_arn(name), "Path": "/",
            "GroupPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(&may(actions))}]})
    };
    let mut all: Vec<Value> = (0..100)
        .map(|at| group(&format!("g{at}"), &["s3:GetObject"]))
        .collect();
    for expected in [Some(false), Some(true)] {
        let ops = role(
            "ops",
            &nobody(),
            &policy(&may(&["iam:AddUserToGroup", "iam:CreateAccessKey"])),
        );
        let row = json!({"user": "ann", "arn": user_arn("ann"), "access_keys": []});
        let estate = Estate::new().iam(
            json!({"roles": [ops], "groups": all, "credential_report": [row],
            "users": [user("ann", &json!([]), None)]}),
        );
        let found = reaches_from(&estate, &role_arn("ops"), ROOT);
        // Of so many, what the weak ones give is not told one by one.
        assert_eq!(found, expected, "{} groups", all.len());
        all.push(group("admins", &["*"]));
    }
}
