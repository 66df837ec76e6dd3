#![allow(clippy::unwrap_used)]
use serde_json::{Value, json};

use super::*;
use crate::checks::testing::{ACCOUNT, Estate, irsa_trust, role, role_arn};

/// What is known is shown as the service authorization table spells it, what is not as the policy does.
#[test]
fn actions_are_spelled_as_the_table_has_them() {
    for (written, shown) in [
        ("S3:GETOBJECT", "s3:GetObject"),
        ("kms:decrypt", "kms:Decrypt"),
        ("fakeservice:doTHIS", "fakeservice:doTHIS"),
        ("NoService:Do", "NoService:Do"),
        ("ec2:DesCribe*", "ec2:DesCribe*"),
    ] {
        let rows = list(json!([allow(json!(written), json!("*"))]), None, None);
        assert_eq!(rows, [format!("{shown} on *")], "{written}");
    }
    let but = json!([
        allow(json!("*"), json!("*")),
        deny(json!("IAM:passrole"), json!("*")),
        deny(json!("s3:deleteObject"), json!("arn:aws:s3:::a/*"))
    ]);
    assert_eq!(
        list(but, None, None),
        ["* but iam:PassRole on * [s3:DeleteObject on arn:aws:s3:::a/*]"]
    );
}

/// The rows of a role with these statements and this boundary: actions, resources, then what is open or
/// taken away.
fn list(statements: Value, boundary: Option<Value>, service: Option<&str>) -> Vec<String> {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    let mut facts = role("app", &irsa_trust(&json!({})), &policy);
    let guard = format!("arn:aws:iam::{ACCOUNT}:policy/guard");
    let mut policies = Vec::new();
    if let Some(boundary) = boundary {
        facts["PermissionsBoundary"] =
            json!({"PermissionsBoundaryArn": guard, "PermissionsBoundaryType": "Policy"});
        policies.push(json!({"Arn": guard, "PolicyName": "guard", "DefaultVersionId": "v1", "PolicyVersionList": [
            {"VersionId": "v1", "IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": boundary}}]}));
    }
    let snapshot = Estate::new()
        .iam(json!({"roles": [facts], "policies": policies}))
        .snapshot();
    let graph = Graph::build(&snapshot, None);
    let at = graph.principals.by_arn(&role_arn("app")).unwrap();
    let held = graph.list_aws(&Who::Iam { at, session: None }, service);
    let row = |row: &Row| {
        let more: Vec<String> = row.conditions.iter().chain(&row.except).cloned().collect();
        let more = if more.is_empty() {
            String::new()
        } else {
            format!(" [{}]", more.join("; "))
        };
        format!(
            "{} on {}{more}",
            texts(&row.actions).join(" "),
            texts(&row.resources).join(" ")
        )
    };
    held[0].rows.iter().map(row).collect()
}

fn allow(action: Value, resource: Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: Value, resource: Value) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

#[test]
fn statements_less_what_denies_take_away() {
    let s3 = || {
        allow(
            json!(["s3:Get*", "s3:Put*"]),
            json!(["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]),
        )
    };
    let mut elsewhere = deny(json!("*"), json!("*"));
    elsewhere["Condition"] = json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}});
    for (statements, rows) in [
        (
            json!([s3()]),
            vec!["s3:Get* s3:Put* on arn:aws:s3:::a/* arn:aws:s3:::b/*"],
        ),
        (
            json!([s3(), deny(json!("s3:PutObject"), json!("*"))]),
            vec!["s3:Get* s3:Put* but s3:PutObject on arn:aws:s3:::a/* arn:aws:s3:::b/*"],
        ),
        (
            json!([s3(), deny(json!("s3:*"), json!("arn:aws:s3:::*"))]),
            vec![],
        ),
        (
            json!([s3(), deny(json!("s3:Put*"), json!("arn:aws:s3:::b/*"))]),
            vec![
                "s3:Get* on arn:aws:s3:::b/*",
                "s3:Get* s3:Put* on arn:aws:s3:::a/*",
            ],
        ),
        (
            json!([
                allow(json!("s3:*"), json!("*")),
                deny(json!("s3:Put*"), json!("arn:aws:s3:::b/*"))
            ]),
            vec!["s3:* on * [s3:Put* on arn:aws:s3:::b/*]"],
        ),
        (
            json!([s3(), elsewhere]),
            vec!["s3:Get* s3:Put* on arn:aws:s3:::a/* arn:aws:s3:::b/* [denied not from vpc-1]"],
        ),
        (
            json!([{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}]),
            vec!["* but iam:* on *"],
        ),
        (
            json!([{"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}, deny(json!("iam:Get*"), json!("*"))]),
            vec!["* but iam:* on *"],
        ),
    ] {
        assert_eq!(list(statements.clone(), None, None), rows, "{statements}");
    }
}

#[test]
fn a_boundary_leaves_what_both_allow() {
    let all = || json!([allow(json!("*"), json!("*"))]);
    for (statements, boundary, rows) in [
        (
            all(),
            json!([allow(json!(["s3:*", "ec2:*"]), json!("*"))]),
            vec!["ec2:* s3:* on *"],
        ),
        (
            all(),
            json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
            vec!["* but iam:* on *"],
        ),
        (
            json!([allow(json!("s3:Get*"), json!("*"))]),
            json!([allow(json!("s3:*"), json!("arn:aws:s3:::a/*"))]),
            vec!["s3:Get* on arn:aws:s3:::a/*"],
        ),
        (
            json!([allow(json!("iam:*"), json!("*"))]),
            json!([allow(json!("s3:*"), json!("*"))]),
            vec![],
        ),
        // Two statements of the boundary that say the same are said once.
        (
            json!([allow(json!("s3:Get*"), json!("*"))]),
            json!([
                allow(json!("s3:*"), json!("*")),
                allow(json!("*"), json!("*"))
            ]),
            vec!["s3:Get* on *"],
        ),
    ] {
        let found = list(statements.clone(), Some(boundary.clone()), None);
        assert_eq!(found, rows, "{statements} within {boundary}");
    }
}

#[test]
fn one_service_alone() {
    let statements = json!([
        allow(json!(["*", "ec2:Run*"]), json!("*")),
        allow(json!("s3:Get*"), json!("*"))
    ]);
    assert_eq!(
        list(statements, None, Some("s3")),
        ["s3:* on *", "s3:Get* on *"]
    );
}
