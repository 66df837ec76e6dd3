//! Rows of small estates.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::deeds::deeds;
use super::*;
use crate::checks::testing::{ACCOUNT, Estate, allow, object, role, role_arn};
use crate::graph::wording::all_of;

const VIEW: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
const ADMIN: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

fn review(estate: &Estate) -> AccessReview {
    let snapshot = estate.snapshot();
    Graph::build(&snapshot, None).access_review()
}

fn row(review: &AccessReview, id: &str) -> Row {
    let found = review.rows.iter().find(|row| row.id == id);
    found
        .unwrap_or_else(|| panic!("no row of {id}: {review:#?}"))
        .clone()
}

fn may(row: &Row) -> Vec<String> {
    row.deeds.iter().map(|deed| deed.text(&all_of)).collect()
}

fn entry(name: &str, more: Value, policies: Value) -> Value {
    let mut entry = json!({"principalArn": role_arn(name), "type": "STANDARD", "createdAt": "2025-05-01T00:00:00Z"});
    for (key, value) in more.as_object().unwrap() {
        entry[key] = value.clone();
    }
    json!({"access": [{"entry": entry, "policies": policies}]})
}

fn policy(arn: &str, namespaces: &[&str]) -> Value {
    let kind = match namespaces {
        [] => "cluster",
        _ => "namespace",
    };
    json!([{"policyArn": arn, "accessScope": {"type": kind, "namespaces": namespaces}, "associatedAt": "2025-06-01T00:00:00Z"}])
}

fn with_role(name: &str) -> Estate {
    Estate::new().iam(json!({"roles": [role(name, &json!({}), &allow("s3:Get*", "*"))]}))
}

/// A ClusterRole `reader` that reads Secrets, bound in a namespace or (`null`) everywhere.
fn bound(kind: &str, name: &str, namespace: Value) -> Value {
    let binding = match namespace {
        Value::Null => "ClusterRoleBinding",
        _ => "RoleBinding",
    };
    json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "reader"},
            "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}]}],
        "role_bindings": [{"kind": binding, "roleRef": {"kind": "ClusterRole", "name": "reader"},
            "metadata": {"name": "b", "namespace": namespace, "creationTimestamp": "2025-03-01T00:00:00Z"},
            "subjects": [{"kind": kind, "name": name, "namespace": "web"}]}]})
}

#[test]
fn a_role_with_an_access_policy() {
    let estate = with_role("ops").eks(entry("ops", json!({}), policy(VIEW, &["web", "api"])));
    let review = review(&estate);
    let row = row(&review, &role_arn("ops"));
    assert_eq!(row.part, Part::People);
    let [may] = may(&row).try_into().expect("one sentence");
    assert!(
        may.starts_with("reads pods") && may.ends_with("more kinds in api and web"),
        "{may}"
    );
    assert_eq!(row.since.map(Time::date).as_deref(), Some("2025-05-01"));
    assert_eq!(
        row.grants[0].since.map(Time::date).as_deref(),
        Some("2025-06-01")
    );
    assert!(
        matches!(row.last_used, LastUsed::At(at, _) if at.date() == "2026-11-23"),
        "{row:#?}"
    );
    assert!(row.is_certain() && row.admin.is_none(), "{row:#?}");
    assert_eq!(review.unread, Vec::<String>::new());
}

#[test]
fn a_role_in_a_group_and_the_group_itself() {
    let estate = with_role("ops")
        .eks(entry(
            "ops",
            json!({"kubernetesGroups": ["readers"]}),
            json!([]),
        ))
        .kubernetes(bound("Group", "readers", json!("web")));
    let review = review(&estate);
    for id in [role_arn("ops"), object("", "Group", "readers")] {
        assert_eq!(may(&row(&review, &id)), ["reads Secrets in web"], "{id}");
    }
    let group = row(&review, &object("", "Group", "readers"));
    assert_eq!(group.ways[0].from.as_deref(), Some(&*role_arn("ops")));
    assert_eq!(group.since.map(Time::date).as_deref(), Some("2025-03-01"));
    assert_eq!(group.last_used, LastUsed::Unknown, "nothing tells it");
}

#[test]
fn who_chooses_its_name_is_conditional() {
    let estate = with_role("ops")
        .eks(entry(
            "ops",
            json!({"username": "ops:{{SessionName}}"}),
            json!([]),
        ))
        .kubernetes(bound("User", "ops:jane", Value::Null));
    let row = row(&review(&estate), &role_arn("ops"));
    assert!(!row.is_certain(), "{row:#?}");
    assert_eq!(
        may(&row),
        ["reads Secrets in every namespace, only if it comes in as the user ops:jane"]
    );
}

#[test]
fn a_mapping_says_no_date_and_a_user_is_known_by_its_keys() {
    let jane = format!("arn:aws:iam::{ACCOUNT}:user/jane");
    let map = format!("- userarn: {jane}\n  username: jane\n  groups: [system:masters]\n");
    let of = |report: Value| {
        Estate::new()
            .iam(json!({"credential_report": report, "users": [{"UserName": "jane", "Arn": jane, "Path": "/",
                "UserId": "AIDA", "CreateDate": "2024-01-01T00:00:00Z"}]}))
            .kubernetes(json!({"config_maps": [{"data": {"mapUsers": map},
                "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]}))
    };
    let report = |password: Value, key: Value| {
        json!([{"user": "jane", "arn": jane, "password_enabled": true,
        "password_last_used": password, "access_keys": [{"number": 1, "active": false, "last_used": key}]}])
    };
    let used = |report: Value| {
        let row = row(&review(&of(report)), &jane);
        assert_eq!(row.since, None, "aws-auth does not say");
        assert_eq!(row.admin.as_ref().unwrap().steps, 0);
        assert_eq!(may(&row), ["may do everything in the whole cluster"]);
        row.last_used
    };
    let at = |day: &str| LastUsed::At(Time::parse(day).unwrap(), None);
    // A key that was switched off since was used all the same.
    assert_eq!(
        used(report(json!("2026-01-01"), json!("2026-02-01"))),
        at("2026-02-01")
    );
    assert_eq!(
        used(report(json!("2026-01-01"), Value::Null)),
        at("2026-01-01")
    );
    assert!(matches!(
        used(report(Value::Null, Value::Null)),
        LastUsed::NotSeen(_)
    ));
    assert_eq!(used(json!([])), LastUsed::Unknown, "not read is not never");
}

#[test]
fn people_first_and_what_the_system_brings_last() {
    let everything = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
    let estate = Estate::new()
        .kubernetes(bound("Group", "people", Value::Null))
        .kubernetes(json!({
            "roles": [{"kind": "ClusterRole", "metadata": {"name": "all"}, "rules": everything}],
            "role_bindings": [
                {"kind": "ClusterRoleBinding", "metadata": {"name": "x"}, "roleRef": {"kind": "ClusterRole", "name": "reader"},
                 "subjects": [{"kind": "ServiceAccount", "name": "api", "namespace": "web"},
                    {"kind": "ServiceAccount", "name": "external-secrets", "namespace": "external-secrets"},
                    {"kind": "User", "name": "eks:backdoor"}]},
                {"kind": "ClusterRoleBinding", "metadata": {"name": "y"}, "roleRef": {"kind": "ClusterRole", "name": "gone"},
                 "subjects": [{"kind": "User", "name": "eks:harmless"}]},
                {"kind": "ClusterRoleBinding", "metadata": {"name": "cluster-admin"},
                 "roleRef": {"kind": "ClusterRole", "name": "all"}, "subjects": [{"kind": "Group", "name": "system:masters"}]}]}))
        .eks(json!({"access": [{"entry": {"principalArn": role_arn("node"), "type": "EC2_LINUX"}, "policies": []}]}))
        .iam(json!({"roles": [role("node", &json!({}), &allow("s3:Get*", "*"))]}));
    let parts: Vec<(Part, String)> = review(&estate)
        .rows
        .into_iter()
        .map(|row| (row.part, row.id))
        .collect();
    let k8s = |kind: &str, name: &str| object("", kind, name);
    assert_eq!(
        parts,
        [
            (Part::People, k8s("Group", "people")),
            // A name proves nothing.
            (Part::People, k8s("User", "eks:backdoor")),
            (Part::Nodes, role_arn("node")),
            (
                Part::ServiceAccounts,
                object("web", "ServiceAccount", "api")
            ),
            (
                Part::Controllers,
                object("external-secrets", "ServiceAccount", "external-secrets")
            ),
            (Part::System, k8s("Group", "system:masters")),
            (Part::System, k8s("User", "eks:harmless")),
        ]
    );
}

#[test]
fn who_comes_in_by_an_oidc_provider() {
    let provider = |prefix: Value| {
        json!({"identity_providers": [{"identityProviderConfigName": "corp",
        "issuerUrl": "https://login.acme.com", "groupsClaim": "groups", "groupsPrefix": prefix}]})
    };
    for (prefix, expected) in [
        (json!("oidc:"), Some(true)),
        // Without a prefix it may give any name.
        (Value::Null, Some(false)),
        (json!("other:"), None),
    ] {
        let estate = Estate::new()
            .eks(provider(prefix.clone()))
            .kubernetes(bound("Group", "oidc:ops", Value::Null));
        let row = row(&review(&estate), &object("", "Group", "oidc:ops"));
        let way = row.ways.first();
        let certain = way.map(|way| {
            assert_eq!(way.text, "the OIDC provider corp");
            way.conditions.is_empty()
        });
        assert_eq!(certain, expected, "{prefix}");
    }
}

#[test]
fn who_becomes_cluster_admin_by_what_it_may_do() {
    let estate = crate::graph::takeover::tests::estate(
        Some("ops"),
        &[crate::graph::takeover::tests::rule(
            &["create"],
            "",
            &["pods"],
        )],
    );
    let review = review(&estate);
    let becomes: Vec<(&str, usize)> = review
        .rows
        .iter()
        .filter_map(|row| Some((row.id.as_str(), row.admin.as_ref()?.steps)))
        .filter(|(_, steps)| *steps > 0)
        .collect();
    assert!(!becomes.is_empty(), "{review:#?}");
    for (id, _) in becomes {
        let text = row(&review, id).admin.unwrap().text;
        assert!(text.starts_with("it may create pods in ops"), "{text}");
    }
    let estate = with_role("root").eks(entry("root", json!({}), policy(ADMIN, &[])));
    let admin = row(&self::review(&estate), &role_arn("root"))
        .admin
        .unwrap();
    assert_eq!((admin.steps, admin.conditions.len()), (0, 0), "{admin:#?}");
}

#[test]
fn an_access_policy_that_aws_does_not_publish_is_said_and_conditional() {
    let tomorrow = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSOfTomorrow";
    let estate = with_role("ops").eks(entry("ops", json!({}), policy(tomorrow, &[])));
    let row = row(&review(&estate), &role_arn("ops"));
    assert!(!row.is_certain(), "{row:#?}");
    assert_eq!(
        may(&row),
        ["may do what AmazonEKSOfTomorrow grants, whose rules are not known in every namespace"]
    );
}

#[test]
fn what_was_not_read_is_said() {
    let estate = with_role("ops").eks(entry("ops", json!({}), policy(VIEW, &[])));
    for source in [
        Source::ACCESS_ENTRIES,
        Source::ACCESS_POLICIES,
        Source::AWS_AUTH,
        Source::ROLE_BINDINGS,
        Source::CLUSTER_ROLES,
        Source::IDENTITY_PROVIDERS,
        Source::IAM,
    ] {
        let unread = review(&estate.clone().denied(source)).unread;
        assert!(
            unread.iter().any(|text| text.contains(source.name)),
            "{}: {unread:?}",
            source.name
        );
    }
    let elsewhere = "arn:aws:iam::444455556666:role/ci";
    let mut foreign = entry("ops", json!({}), policy(VIEW, &[]));
    foreign["access"][0]["entry"]["principalArn"] = json!(elsewhere);
    let review = review(&Estate::new().eks(foreign));
    assert_eq!(row(&review, elsewhere).last_used, LastUsed::Unknown);
    assert!(
        review
            .remarks
            .iter()
            .any(|text| text.contains("444455556666")),
        "{review:#?}"
    );
}

#[test]
fn deeds_of_several_namespaces_are_said_once_and_everything_covers_all() {
    let grant = |place: Place, verbs: &[&str], resource: &str| Grant {
        text: String::new(),
        by: None,
        role: None,
        place,
        rules: vec![PolicyRule {
            verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            api_groups: vec![if resource == "*" { "*" } else { "" }.to_owned()],
            resources: vec![resource.to_owned()],
            ..PolicyRule::default()
        }],
        unpublished: None,
        since: None,
        conditions: Vec::new(),
    };
    let within =
        |names: &[&str]| Place::Namespaces(names.iter().map(|n| (*n).to_owned()).collect());
    let cases: Vec<(Vec<Grant>, &[&str])> = vec![
        (
            vec![
                grant(within(&["b"]), &["get"], "pods"),
                grant(within(&["a"]), &["list"], "pods"),
            ],
            &["reads pods in a and b"],
        ),
        // What holds everywhere holds in a namespace.
        (
            vec![
                grant(Place::Cluster, &["get"], "pods"),
                grant(within(&["a"]), &["get"], "pods"),
            ],
            &["reads pods in every namespace"],
        ),
        (
            vec![
                grant(Place::Cluster, &["*"], "*"),
                grant(within(&["a"]), &["get"], "secrets"),
            ],
            &["may do everything in the whole cluster"],
        ),
        (
            vec![grant(within(&["a"]), &["*"], "*")],
            &["may do everything in a"],
        ),
        // Rules of one place are one: the Secrets' power tells of both.
        (
            vec![
                grant(within(&["a"]), &["get"], "secrets"),
                grant(within(&["a"]), &["list"], "secrets"),
            ],
            &["reads Secrets in a"],
        ),
    ];
    for (grants, expected) in cases {
        let said: Vec<String> = deeds(&grants)
            .iter()
            .map(|deed| deed.text(&all_of))
            .collect();
        assert_eq!(said, expected, "{grants:#?}");
    }
}

#[test]
fn what_everybody_may_stands_once_and_is_named_in_each_row() {
    let everybody = object("", "Group", "system:authenticated");
    let estate = with_role("ops")
        .eks(entry("ops", json!({}), policy(VIEW, &["web"])))
        .kubernetes(bound("Group", "system:authenticated", json!("web")));
    let review = review(&estate);
    let ops = row(&review, &role_arn("ops"));
    assert_eq!(
        (ops.also.as_slice(), ops.grants.len()),
        (&[everybody.clone()][..], 1)
    );
    let all = row(&review, &everybody);
    assert_eq!(all.part, Part::People);
    assert_eq!(may(&all), ["reads Secrets in web"]);
    assert_eq!(all.also, Vec::<String>::new());
    // Discovery is no power, and no row names it.
    let discovery = json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "d"},
            "rules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz"]}]}],
        "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "d"}, "roleRef": {"kind": "ClusterRole", "name": "d"},
            "subjects": [{"kind": "Group", "name": "system:authenticated"}]}]});
    let estate = with_role("ops")
        .eks(entry("ops", json!({}), policy(VIEW, &["web"])))
        .kubernetes(discovery);
    let review = self::review(&estate);
    assert_eq!(row(&review, &role_arn("ops")).also, Vec::<String>::new());
    assert_eq!(row(&review, &everybody).part, Part::System);
}
