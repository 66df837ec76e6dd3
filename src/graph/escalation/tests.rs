//! Each method: a rule that it fires for, with what is gained, and rules that only look like it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod others;
mod pods;
mod subjects;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::checks::testing::Estate;
use crate::snapshot::Snapshot;

const RBAC: &str = "rbac.authorization.k8s.io";

fn rule(verbs: &[&str], group: &str, resources: &[&str]) -> Value {
    json!({"verbs": verbs, "apiGroups": [group], "resources": resources})
}

fn named(mut rule: Value, names: &[&str]) -> Value {
    rule["resourceNames"] = json!(names);
    rule
}

fn role(kind: &str, namespace: Option<&str>, name: &str, rules: &[Value]) -> Value {
    json!({"kind": kind, "metadata": {"name": name, "namespace": namespace}, "rules": rules})
}

fn binding(namespace: Option<&str>, name: &str, role: (&str, &str), subject: Value) -> Value {
    let kind = namespace.map_or("ClusterRoleBinding", |_| "RoleBinding");
    json!({"kind": kind, "metadata": {"name": name, "namespace": namespace}, "subjects": [subject],
        "roleRef": {"kind": role.0, "name": role.1}})
}

fn account(namespace: &str, name: &str) -> Value {
    json!({"kind": "ServiceAccount", "name": name, "namespace": namespace})
}

fn user(name: &str) -> Value {
    json!({"kind": "User", "name": name})
}

/// ops/root is cluster-admin, with a token in a Secret and a pod on n-1; web/api has a pod on n-2 of a namespace
/// at the level baseline; closed/app one at restricted; the user jane has these rules in the cluster or in a
/// namespace.
fn estate(namespace: Option<&str>, rules: &[Value]) -> Estate {
    let pod = |namespace: &str, account: &str, node: &str| {
        json!({"metadata": {"name": format!("{account}-0"), "namespace": namespace, "uid": "u"},
            "spec": {"serviceAccountName": account, "nodeName": node,
                "containers": [{"name": "main", "image": "app:1"}]},
            "status": {"phase": "Running"}})
    };
    let level = |name: &str, level: Option<&str>| {
        let labels = level.map(|level| json!({"pod-security.kubernetes.io/enforce": level}));
        json!({"metadata": {"name": name, "labels": labels}})
    };
    let place =
        |namespace: &str, name: &str| json!({"metadata": {"name": name, "namespace": namespace}});
    Estate::new().kubernetes(json!({
        "namespaces": [level("ops", None), level("web", Some("baseline")), level("closed", Some("restricted")),
            level("kube-system", Some("restricted")), level("default", Some("restricted"))],
        "service_accounts": [place("ops", "root"), place("web", "api"), place("closed", "app")],
        "pods": [pod("ops", "root", "n-1"), pod("web", "api", "n-2"), pod("closed", "app", "n-2")],
        "controllers": [{"kind": "Deployment", "metadata": {"name": "idle", "namespace": "ops"},
            "spec": {"template": {"spec": {"serviceAccountName": "root",
                "containers": [{"name": "a", "image": "app:1"}]}}}}],
        "secrets": [{"metadata": {"name": "root-token", "namespace": "ops",
            "annotations": {"kubernetes.io/service-account.name": "root"}},
            "type": "kubernetes.io/service-account-token"}],
        "roles": [role("ClusterRole", None, "cluster-admin", &[rule(&["*"], "*", &["*"])]),
            role("ClusterRole", None, "limited", rules),
            role("ClusterRole", None, "reader", &[rule(&["get"], "", &["secrets"])]),
            role("Role", Some("web"), "writer", &[rule(&["create"], "", &["pods"])])],
        "role_bindings": [binding(namespace, "jane", ("ClusterRole", "limited"), user("jane")),
            binding(None, "root", ("ClusterRole", "cluster-admin"), account("ops", "root")),
            binding(None, "max", ("ClusterRole", "reader"), user("max")),
            binding(Some("web"), "writers", ("Role", "writer"), user("max")),
            binding(None, "gone", ("ClusterRole", "reader"), account("web", "gone"))]}))
}

/// What jane gets to by methods of her own: the method and what it gains first, `?` where that is
/// conditional.
fn gains(snapshot: &Snapshot) -> BTreeSet<(String, String)> {
    let graph = crate::graph::Graph::build(snapshot, None);
    let escalation = graph.escalation(&graph.clusters[0]);
    let mut gains = BTreeSet::new();
    let jane = escalation.find(&Node::Subject(SubjectId::user("jane")));
    let Some(jane) = jane else { return gains };
    // One edge at a time, through the sets that it leads to.
    for edge in escalation.edges_of(jane) {
        let By::Method { method, .. } = &edge.by else {
            continue;
        };
        let mut queue = vec![(edge.to(), edge.open.is_some())];
        while let Some((at, open)) = queue.pop() {
            let node = &escalation.nodes()[at];
            if node.is_shown() && *node != Node::AnyMachine {
                let mark = if open { "?" } else { "" };
                gains.insert((method.id.to_owned(), format!("{}{mark}", node.text())));
                continue;
            }
            for next in escalation.edges_of(at) {
                if matches!(next.by, By::Among) {
                    queue.push((next.to(), open || next.open.is_some()));
                }
            }
        }
    }
    gains
}

/// A case: the rules, where they are bound, and what of the method they give.
type Case = (
    &'static str,
    Option<&'static str>,
    Vec<Value>,
    &'static [&'static str],
);

#[track_caller]
fn holds(cases: &[Case]) {
    for (method, namespace, rules, expected) in cases {
        let all = gains(&estate(*namespace, rules).snapshot());
        let of_method = all.iter().filter(|(id, _)| id == method);
        let found: BTreeSet<&str> = of_method.map(|(_, node)| node.as_str()).collect();
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        assert_eq!(
            found, expected,
            "{method} in {namespace:?} by {rules:?}: {all:?}"
        );
    }
}

const ROOT: &str = "the service account ops/root";
const API: &str = "the service account web/api";
const APP: &str = "the service account closed/app";
const GONE: &str = "the service account web/gone";
const CLUSTER: &str = "the cluster";
const NODES: [&str; 2] = ["the node n-1", "the node n-2"];

#[test]
fn every_method_has_its_cases() {
    let tests = [
        include_str!("tests/subjects.rs"),
        include_str!("tests/pods.rs"),
        include_str!("tests/others.rs"),
    ]
    .concat();
    for method in catalogue() {
        let id = format!("\"{}\"", method.id);
        assert!(tests.contains(&id), "no case of {id}");
    }
}

#[test]
fn a_closure_is_told_step_by_step() {
    // jane: pods in web as web/api, which makes tokens in ops, where root is cluster-admin.
    let more = json!({
        "roles": [role("ClusterRole", None, "minter", &[rule(&["create"], "", &["serviceaccounts/token"])])],
        "role_bindings": [binding(Some("ops"), "minter", ("ClusterRole", "minter"), account("web", "api"))]});
    let estate = estate(Some("web"), &[rule(&["create"], "", &["pods"])]).kubernetes(more);
    let snapshot = estate.snapshot();
    let graph = crate::graph::Graph::build(&snapshot, None);
    let escalation = graph.escalation(&graph.clusters[0]);
    let closure = escalation.closure(&SubjectId::user("jane"));
    let told: Vec<String> = closure
        .iter()
        .map(|one| {
            let chain: Vec<String> = one
                .chain
                .iter()
                .map(|link| format!("{} {}", link.from.text(), link.tells()))
                .collect();
            format!(
                "{} in {}, {}: {}",
                one.node.text(),
                one.steps,
                one.is_certain(),
                chain.join("; ")
            )
        })
        .collect();
    assert_eq!(
        told[..3],
        [
            "the service account web/api in 1, true: the user jane may create pods in web (RoleBinding web/jane of \
             limited, rule 1), and so has one run as the service account web/api",
            "the service account ops/root in 2, true: the user jane may create pods in web (RoleBinding web/jane of \
             limited, rule 1), and so has one run as the service account web/api; the service account web/api may \
             create serviceaccounts/token in ops (RoleBinding ops/minter of minter, rule 1), and so has a token made \
             for the service account ops/root",
            "the cluster in 2, true: the user jane may create pods in web (RoleBinding web/jane of limited, rule 1), \
             and so has one run as the service account web/api; the service account web/api may create \
             serviceaccounts/token in ops (RoleBinding ops/minter of minter, rule 1), and so has a token made for the \
             service account ops/root; the service account ops/root is cluster-admin by ClusterRoleBinding root of \
             cluster-admin, rule 1",
        ]
    );
    // The rest is what the cluster has.
    let rest = &closure[3..];
    assert!(
        rest.iter()
            .any(|one| one.node == Node::account("closed", "app")),
        "{told:?}"
    );
    for one in rest {
        let by_cluster = one.chain.iter().any(|link| link.from == Node::Cluster);
        assert!(by_cluster && one.steps >= 2, "{told:?}");
    }
}

#[test]
fn edges_have_ids_that_other_planes_join() {
    let estate = estate(Some("web"), &[rule(&["create"], "", &["pods"])]);
    let snapshot = estate.snapshot();
    let graph = crate::graph::Graph::build(&snapshot, None);
    let escalation = graph.escalation(&graph.clusters[0]);
    let steps = graph.kubernetes_steps(&graph.clusters[0]);
    let first = steps
        .iter()
        .find(|step| step.from == "k8s://prod//User/jane")
        .unwrap();
    assert_eq!(
        (first.method, first.to.as_str()),
        (Some("create-pods"), "k8s://prod/web/ServiceAccount/*")
    );
    let ids: BTreeSet<String> = escalation
        .nodes()
        .iter()
        .map(|node| escalation.id(node))
        .collect();
    assert_eq!(
        ids.len(),
        escalation.len(),
        "two nodes have one id: {ids:?}"
    );
}

#[test]
fn two_groups_of_one_account_make_a_pair() {
    let group = |name: &str| json!({"kind": "Group", "name": name});
    let more = json!({
        "roles": [role("ClusterRole", None, "read", &[rule(&["get"], "", &["secrets"])]),
            role("ClusterRole", None, "make", &[rule(&["create"], "", &["secrets"])])],
        "role_bindings": [binding(None, "a", ("ClusterRole", "read"), group("system:serviceaccounts:web")),
            binding(Some("ops"), "b", ("ClusterRole", "make"), group("system:serviceaccounts"))]});
    let snapshot = estate(Some("web"), &[]).kubernetes(more).snapshot();
    let graph = crate::graph::Graph::build(&snapshot, None);
    let escalation = graph.escalation(&graph.clusters[0]);
    let becomes = |namespace: &str, name: &str| -> bool {
        let closure = escalation.closure(&SubjectId::service_account(namespace, name));
        let made = |one: &Reached<'_>| {
            let methods = one.chain.iter().filter_map(Link::method);
            one.node == Node::account("ops", "root")
                && methods
                    .map(|m| m.id)
                    .any(|id| id == "make-token-secret" || id == "read-token-secret")
        };
        closure.iter().any(made)
    };
    assert!(becomes("web", "api"));
    assert!(!becomes("closed", "app"), "it reads nothing");
}

/// The same permissions by many bindings: their pairs are the square, and tell the same.
#[test]
fn bindings_that_give_the_same_make_one_edge() {
    let own = rule(&["create", "get"], "", &["secrets"]);
    let bindings: Vec<Value> = (0..30)
        .map(|n| {
            binding(
                Some("ops"),
                &format!("again-{n}"),
                ("ClusterRole", "limited"),
                user("jane"),
            )
        })
        .collect();
    let more = json!({"role_bindings": bindings});
    let snapshot = estate(Some("ops"), &[own]).kubernetes(more).snapshot();
    let graph = crate::graph::Graph::build(&snapshot, None);
    let escalation = graph.escalation(&graph.clusters[0]);
    let jane = Node::Subject(SubjectId::User("jane".to_owned()));
    let edges = escalation.edges_of(escalation.find(&jane).unwrap());
    let made = edges.iter().filter(
        |edge| matches!(&edge.by, By::Method { method, .. } if method.id == "make-token-secret"),
    );
    assert_eq!(made.count(), 1, "of {} edges", edges.len());
}

/// What a group may write counts for its member's own role, though the group gains nothing by it.
#[test]
fn a_groups_power_over_a_role_is_its_members() {
    let group = json!({"kind": "Group", "name": "system:serviceaccounts"});
    let more = json!({
        "roles": [role("ClusterRole", None, "pods", &[rule(&["get"], "", &["pods"])]),
            role("ClusterRole", None, "writes", &[rule(&["escalate"], RBAC, &["clusterroles"]),
                named(rule(&["patch"], RBAC, &["clusterroles"]), &["pods"])])],
        "role_bindings": [binding(None, "a", ("ClusterRole", "pods"), account("web", "api")),
            binding(None, "b", ("ClusterRole", "writes"), group)]});
    let snapshot = estate(Some("web"), &[]).kubernetes(more).snapshot();
    let graph = crate::graph::Graph::build(&snapshot, None);
    let escalation = graph.escalation(&graph.clusters[0]);
    let owns = |namespace: &str, name: &str| {
        let closure = escalation.closure(&SubjectId::service_account(namespace, name));
        closure.iter().any(|one| one.node == Node::Cluster)
    };
    assert!(owns("web", "api"), "it has the role that its group writes");
    assert!(!owns("closed", "app"), "it has no role");
}
