//! What is worth protecting, as ends of paths: who reads it, and over what.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ACCOUNT, Estate, allow, nobody, policy, role, role_arn};
use crate::graph::treasure::Treasure;
use crate::graph::{Graph, Scope};

/// How a role with these statements comes to an end: in how many steps, and whether for certain.
fn reach(statements: &Value, to: &str) -> Option<(usize, bool)> {
    let estate = Estate::new().iam(json!({"roles": [role("app", &nobody(), &policy(statements))]}));
    steps(&estate, &Treasure::default(), "role/app", to)
}

pub(super) fn steps(
    estate: &Estate,
    treasure: &Treasure,
    from: &str,
    to: &str,
) -> Option<(usize, bool)> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, Some(Scope::Account)).with_treasure(treasure);
    let mut control = graph.control();
    let from = control.end(from).unwrap().numbers;
    let goals = control.end(to).unwrap().numbers;
    let way = |certain| {
        let toward = control.toward(&goals, certain);
        from.iter().filter_map(|at| toward.steps(*at)).min()
    };
    let any = way(false)?;
    Some((any, way(true) == Some(any)))
}

fn one(action: &str, resource: &str) -> Value {
    json!([{"Effect": "Allow", "Action": action, "Resource": resource}])
}

#[test]
fn data_is_reached_by_what_reads_it() {
    let elsewhere = "arn:aws:s3:::other/*";
    for (what, statements, to, expected) in [
        (
            "a bucket",
            one("s3:GetObject", "arn:aws:s3:::pay/*"),
            "arn:aws:s3:::pay",
            Some((1, true)),
        ),
        (
            "its objects",
            one("s3:*", "*"),
            "arn:aws:s3:::pay/*",
            Some((1, true)),
        ),
        (
            "another",
            one("s3:GetObject", elsewhere),
            "arn:aws:s3:::pay",
            None,
        ),
        (
            "only listed",
            one("s3:ListBucket", "*"),
            "arn:aws:s3:::pay",
            None,
        ),
        (
            "parameters",
            one("ssm:GetParameter", "*"),
            "parameter/*",
            Some((1, true)),
        ),
        (
            "not by describing",
            one("ssm:DescribeParameters", "*"),
            "parameter/*",
            None,
        ),
        (
            "a table",
            one("dynamodb:GetItem", "*"),
            "arn:aws:dynamodb:*:*:table/orders",
            Some((1, true)),
        ),
        (
            "denied",
            json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:GetObject*", "Resource": "arn:aws:s3:::pay/*"}]),
            "arn:aws:s3:::pay",
            None,
        ),
        (
            "denied, but for its versions",
            json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::pay/*"}]),
            "arn:aws:s3:::pay",
            Some((1, true)),
        ),
        (
            "a table by scanning it",
            one("dynamodb:Scan", "*"),
            "arn:aws:dynamodb:*:*:table/orders",
            Some((1, true)),
        ),
        (
            "parameters by their path",
            one("ssm:GetParametersByPath", "*"),
            "parameter/*",
            Some((1, true)),
        ),
        (
            "with MFA",
            json!([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]),
            "arn:aws:s3:::pay",
            Some((1, false)),
        ),
    ] {
        assert_eq!(reach(&statements, to), expected, "{what}");
    }
}

#[test]
fn keys_are_conditional_since_their_own_policies_are_not_read() {
    let found = reach(&one("kms:Decrypt", "*"), "key/*");
    assert_eq!(found, Some((1, false)));
}

#[test]
fn what_nothing_is_known_to_read_is_an_error_that_says_what_is() {
    let snapshot = Estate::new().snapshot();
    let graph = Graph::build(&snapshot, Some(Scope::Account));
    let mut control = graph.control();
    for name in ["arn:aws:sns:eu-west-1:1:topic", "jewels", "k8s-secret/x"] {
        let error = control.end(name).unwrap_err().to_string();
        assert!(!error.is_empty(), "{name}: {error}");
    }
}

#[test]
fn secrets_of_a_namespace_and_of_all() {
    let bound = |kind: &str, namespace: Value| {
        json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "reader"},
            "rules": [{"verbs": ["list"], "apiGroups": [""], "resources": ["secrets"]}]}],
        "role_bindings": [{"kind": kind, "metadata": {"name": "readers", "namespace": namespace},
            "subjects": [{"kind": "ServiceAccount", "name": "api", "namespace": "web"}],
            "roleRef": {"kind": "ClusterRole", "name": "reader", "apiGroup": "rbac.authorization.k8s.io"}}]})
    };
    let pod = || Estate::new().pod("web", "api");
    let none = Treasure::default();
    let whole = pod().kubernetes(bound("ClusterRoleBinding", Value::Null));
    let inner = pod().kubernetes(bound("RoleBinding", json!("web")));
    for (what, estate, to, expected) in [
        ("everywhere", &whole, "k8s-secret/*", Some((1, true))),
        ("so also there", &whole, "k8s-secret/web/*", Some((1, true))),
        ("in its own", &inner, "k8s-secret/web/*", Some((1, true))),
        ("and in no other", &inner, "k8s-secret/ops/*", None),
        (
            "not all, but some",
            &inner,
            "k8s-secret/*",
            Some((1, false)),
        ),
    ] {
        assert_eq!(steps(estate, &none, "sa/web/api", to), expected, "{what}");
    }
}

#[test]
fn what_the_user_names() {
    let mut boss = role("boss", &nobody(), &allow("s3:GetObject", "*"));
    boss["Tags"] = json!([{"Key": "tier", "Value": "crown"}]);
    let estate = Estate::new()
        .pod("web", "api")
        .pod("pay", "ledger")
        .irsa_role("api", "web", "api", allow("iam:UpdateAssumeRolePolicy", &role_arn("boss")))
        .iam(json!({"roles": [boss]}))
        .region(json!({"secretsmanager": {"secrets": [
            {"ARN": format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:db-AbCdEf"), "Name": "db",
             "Tags": [{"Key": "tier", "Value": "low"}]}]}}));
    let tagged = |value: &str| Treasure {
        tags: BTreeMap::from([("tier".to_owned(), value.to_owned())]),
        ..Treasure::default()
    };
    let namespace = |name: &str| Treasure {
        namespaces: vec![name.to_owned()],
        ..Treasure::default()
    };
    for (what, treasure, from, expected) in [
        (
            "a role by its tag",
            tagged("crown"),
            "sa/web/api",
            Some((2, true)),
        ),
        ("by any value", tagged("*"), "sa/web/api", Some((2, true))),
        (
            "a secret that it does not read",
            tagged("low"),
            "sa/web/api",
            None,
        ),
        (
            "a namespace",
            namespace("pay"),
            "pod/pay/ledger-0",
            Some((0, true)),
        ),
        (
            "of this cluster",
            namespace("prod/pay"),
            "pod/pay/ledger-0",
            Some((0, true)),
        ),
        (
            "not of another",
            namespace("dev/pay"),
            "pod/pay/ledger-0",
            None,
        ),
        ("from outside it", namespace("pay"), "sa/web/api", None),
    ] {
        assert_eq!(
            steps(&estate, &treasure, from, "jewels"),
            expected,
            "{what}"
        );
    }
}
