//! What somebody comes to who writes its own policies within a boundary: all that the boundary leaves, and no more.
//!
//! IAM User Guide, "Permissions boundaries for IAM entities": what is written counts as far as the boundary allows it.

use serde_json::{Value, json};

use super::jewels::steps;
use super::{ACCOUNT, Estate, may, nobody, policy, role, role_arn};
use crate::graph::treasure::Treasure;

/// A role `dev` that may write its own policies, or another role's that it may assume, within these bounds.
fn bounded(bounds: &[&str], own: bool) -> Estate {
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/bounds");
    let whose = role_arn(if own { "dev" } else { "build" });
    let writes = json!([
        {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": whose},
        {"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role_arn("build")}]);
    let trusting = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]});
    let mut dev = role("dev", &nobody(), &policy(&writes));
    let mut build = role("build", &trusting, &policy(&may(&["s3:ListBucket"])));
    let one = if own { &mut dev } else { &mut build };
    one["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": arn});
    let bounds = json!([{"Effect": "Allow", "Action": bounds, "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": whose}]);
    let managed: Value = json!({"PolicyName": "bounds", "Arn": arn, "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy(&bounds)}]});
    Estate::new().iam(json!({"roles": [dev, build], "policies": [managed]}))
}

#[test]
fn what_the_boundary_leaves_is_reached_once_it_is_written() {
    let table = "arn:aws:dynamodb:*:*:table/orders";
    let entry = ["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"];
    for (what, bounds, own, to, expected) in [
        (
            "data within",
            &["dynamodb:*"][..],
            true,
            table,
            Some((2, true)),
        ),
        ("data without", &["s3:*"], true, table, None),
        (
            "another's data",
            &["dynamodb:*"],
            false,
            table,
            Some((2, true)),
        ),
        ("another's data without", &["s3:*"], false, table, None),
        (
            "an access entry within",
            &entry,
            true,
            "cluster-admin",
            Some((2, true)),
        ),
        ("half of one", &entry[1..], true, "cluster-admin", None),
        (
            "not the account",
            &["dynamodb:*"],
            true,
            "account-admin",
            None,
        ),
    ] {
        let estate = bounded(bounds, own);
        let found = steps(&estate, &Treasure::default(), "role/dev", to);
        assert_eq!(found, expected, "{what}: from dev to {to}");
    }
}

#[test]
fn what_it_has_as_it_is_is_told_once() {
    let estate = bounded(&["sqs:*"], true);
    let snapshot = estate.snapshot();
    let graph = crate::graph::Graph::build(&snapshot, None);
    let mut control = graph.control();
    let from = control.end("role/dev").unwrap().numbers;
    let queue = format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:orders");
    let to = control.end(&queue).unwrap().numbers;
    let wanted = crate::graph::control::Wanted {
        most: 5,
        ..Default::default()
    };
    let paths = control.paths(&from, &to, &wanted);
    assert_eq!(paths.ways.len(), 1, "one way to read it: {:?}", paths.ways);
}
