//! Each method: a rule that it fires for, with what is gained, and rules that only look like it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

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
fn power_over_rbac_itself() {
    let (roles, local) = (["clusterroles"], ["roles"]);
    let own = |verbs: &[&str], resources: &[&str]| rule(verbs, RBAC, resources);
    let bindings = |verbs: &[&str]| own(verbs, &["clusterrolebindings"]);
    holds(&[
        (
            "escalate-cluster-role",
            None,
            vec![own(&["escalate", "patch"], &roles)],
            &[CLUSTER],
        ),
        (
            "escalate-cluster-role",
            None,
            vec![named(own(&["escalate", "update"], &roles), &["limited"])],
            &[CLUSTER],
        ),
        (
            "escalate-cluster-role",
            None,
            vec![named(own(&["escalate", "update"], &roles), &["reader"])],
            &[],
        ),
        (
            "escalate-cluster-role",
            None,
            vec![own(&["escalate"], &roles)],
            &[],
        ),
        (
            "escalate-cluster-role",
            None,
            vec![own(&["patch", "create"], &roles)],
            &[],
        ),
        // A RoleBinding gives nothing on ClusterRoles.
        (
            "escalate-cluster-role",
            Some("web"),
            vec![own(&["escalate", "patch"], &roles)],
            &[],
        ),
        // Roles of a namespace are written with it, and jane has none.
        (
            "escalate-role",
            Some("web"),
            vec![own(&["escalate", "patch"], &local)],
            &[],
        ),
        (
            "escalate-aggregated-role",
            None,
            vec![own(&["escalate", "create"], &roles)],
            &[],
        ),
        (
            "bind-cluster-wide",
            None,
            vec![own(&["bind"], &roles), bindings(&["create"])],
            &[CLUSTER],
        ),
        (
            "bind-cluster-wide",
            None,
            vec![
                named(own(&["bind"], &roles), &["reader"]),
                bindings(&["create"]),
            ],
            &["the ClusterRole reader"],
        ),
        (
            "bind-cluster-wide",
            None,
            vec![
                named(own(&["bind"], &roles), &["none"]),
                bindings(&["create"]),
            ],
            &[],
        ),
        (
            "bind-cluster-wide",
            None,
            vec![
                own(&["bind"], &roles),
                named(bindings(&["patch"]), &["root"]),
            ],
            &[CLUSTER],
        ),
        (
            "bind-cluster-wide",
            None,
            vec![
                own(&["bind"], &roles),
                named(bindings(&["patch"]), &["max"]),
            ],
            &["the ClusterRole reader"],
        ),
        ("bind-cluster-wide", None, vec![own(&["bind"], &roles)], &[]),
        // Without bind one binds what one has.
        (
            "bind-cluster-wide",
            None,
            vec![bindings(&["create", "patch", "update"])],
            &[],
        ),
        // A binding cannot be created under a name that a rule is limited to.
        (
            "bind-cluster-wide",
            None,
            vec![own(&["bind"], &roles), named(bindings(&["create"]), &["x"])],
            &[],
        ),
        (
            "bind-cluster-role-in-namespace",
            Some("web"),
            vec![own(&["bind"], &roles), own(&["create"], &["rolebindings"])],
            &["everything in web"],
        ),
        (
            "bind-cluster-role-in-namespace",
            Some("web"),
            vec![
                named(own(&["bind"], &roles), &["reader"]),
                own(&["create"], &["rolebindings"]),
            ],
            &["the ClusterRole reader in web"],
        ),
        (
            "bind-cluster-role-in-namespace",
            Some("web"),
            vec![own(&["create"], &["rolebindings"])],
            &[],
        ),
        (
            "bind-role",
            Some("web"),
            vec![own(&["bind"], &local), own(&["create"], &["rolebindings"])],
            &["the Role web/writer"],
        ),
        (
            "bind-role",
            Some("ops"),
            vec![own(&["bind"], &local), own(&["create"], &["rolebindings"])],
            &[],
        ),
        (
            "bind-role",
            Some("web"),
            vec![own(&["bind"], &local), own(&["patch"], &["rolebindings"])],
            &["the Role web/writer"],
        ),
    ]);
}

#[test]
fn roles_that_one_is_bound_to_are_written_and_gathered_into() {
    let escalate = [rule(
        &["escalate", "patch", "create"],
        RBAC,
        &["roles", "clusterroles"],
    )];
    let more = json!({
        "roles": [role("Role", Some("web"), "mine", &[rule(&["get"], "", &["pods"])]),
            json!({"kind": "ClusterRole", "metadata": {"name": "gathered"}, "rules": [],
                "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}})],
        "role_bindings": [binding(Some("web"), "mine", ("Role", "mine"), user("jane")),
            binding(Some("ops"), "gathered", ("ClusterRole", "gathered"), user("jane"))]});
    let found = gains(&estate(None, &escalate).kubernetes(more).snapshot());
    for expected in [
        ("escalate-role", "everything in web"),
        ("escalate-aggregated-role", "everything in ops"),
        ("escalate-cluster-role", "everything in ops"),
        ("escalate-cluster-role", CLUSTER),
    ] {
        let expected = (expected.0.to_owned(), expected.1.to_owned());
        assert!(found.contains(&expected), "{expected:?}: {found:?}");
    }
}

#[test]
fn acting_in_anothers_name() {
    let act = |resources: &[&str]| rule(&["impersonate"], "", resources);
    holds(&[
        (
            "impersonate-user",
            None,
            vec![act(&["users"])],
            &["the user max", "the user jane"],
        ),
        (
            "impersonate-user",
            None,
            vec![named(act(&["users"]), &["max", "nobody"])],
            &["the user max"],
        ),
        // That name is asked as a service account.
        (
            "impersonate-user",
            None,
            vec![named(act(&["users"]), &["system:serviceaccount:ops:root"])],
            &[],
        ),
        ("impersonate-user", Some("ops"), vec![act(&["users"])], &[]),
        (
            "impersonate-service-account",
            None,
            vec![act(&["serviceaccounts"])],
            &[ROOT, API, APP, GONE],
        ),
        // Nobody has to be there for a name to be taken.
        (
            "impersonate-service-account",
            Some("web"),
            vec![act(&["serviceaccounts"])],
            &[API, GONE],
        ),
        (
            "impersonate-service-account",
            None,
            vec![named(act(&["serviceaccounts"]), &["root"])],
            &[ROOT],
        ),
        (
            "impersonate-service-account",
            None,
            vec![rule(&["get"], "", &["serviceaccounts"])],
            &[],
        ),
        (
            "impersonate-group-as-user",
            None,
            vec![act(&["groups", "users"])],
            &["the group system:masters"],
        ),
        (
            "impersonate-group-as-user",
            None,
            vec![named(act(&["groups"]), &["x"]), act(&["users"])],
            &[],
        ),
        (
            "impersonate-group-as-user",
            None,
            vec![act(&["groups"])],
            &[],
        ),
        (
            "impersonate-group-as-service-account",
            None,
            vec![act(&["groups", "serviceaccounts"])],
            &["the group system:masters"],
        ),
        (
            "impersonate-group-as-service-account",
            None,
            vec![act(&["groups"])],
            &[],
        ),
        (
            "impersonate-uid",
            None,
            vec![rule(&["impersonate"], "authentication.k8s.io", &["uids"])],
            &[],
        ),
        (
            "impersonate-extra",
            None,
            vec![rule(
                &["impersonate"],
                "authentication.k8s.io",
                &["userextras/scopes"],
            )],
            &[],
        ),
    ]);
}

#[test]
fn tokens_made_and_read() {
    let token = || rule(&["create"], "", &["serviceaccounts/token"]);
    let secrets = |verbs: &[&str]| rule(verbs, "", &["secrets"]);
    holds(&[
        ("token-request", None, vec![token()], &[ROOT, API, APP]),
        ("token-request", Some("web"), vec![token()], &[API]),
        (
            "token-request",
            None,
            vec![named(token(), &["root"])],
            &[ROOT],
        ),
        // None is made for what is not there.
        ("token-request", None, vec![named(token(), &["gone"])], &[]),
        (
            "token-request",
            None,
            vec![rule(&["create"], "", &["serviceaccounts"])],
            &[],
        ),
        ("read-token-secret", None, vec![secrets(&["get"])], &[ROOT]),
        (
            "read-token-secret",
            Some("ops"),
            vec![named(secrets(&["list"]), &["root-token"])],
            &[ROOT],
        ),
        (
            "read-token-secret",
            Some("ops"),
            vec![named(secrets(&["get"]), &["other"])],
            &[],
        ),
        (
            "read-token-secret",
            Some("web"),
            vec![secrets(&["get", "list", "watch"])],
            &[],
        ),
        (
            "make-token-secret",
            Some("web"),
            vec![secrets(&["get", "create"])],
            &[API],
        ),
        ("make-token-secret", None, vec![secrets(&["create"])], &[]),
        (
            "make-token-secret",
            None,
            vec![secrets(&["get", "update"])],
            &[],
        ),
        // Under a name that is free it is made and read; under one that is taken it is not.
        (
            "make-token-secret",
            Some("ops"),
            vec![secrets(&["create"]), named(secrets(&["get"]), &["free"])],
            &[ROOT],
        ),
        (
            "make-token-secret",
            Some("ops"),
            vec![
                secrets(&["create"]),
                named(secrets(&["get"]), &["root-token"]),
            ],
            &[],
        ),
        (
            "make-token-secret",
            Some("ops"),
            vec![named(secrets(&["create", "get"]), &["free"])],
            &[],
        ),
    ]);
}

#[test]
fn pods_made_changed_and_entered() {
    let on = |verbs: &[&str], group: &str, resource: &str| rule(verbs, group, &[resource]);
    let mut cases: Vec<Case> = vec![
        (
            "create-pods",
            Some("closed"),
            vec![on(&["create"], "", "pods")],
            &[APP],
        ),
        (
            "create-pods",
            None,
            vec![named(on(&["create"], "", "pods"), &["x"])],
            &[],
        ),
        (
            "create-pods",
            None,
            vec![on(&["delete", "get"], "", "pods")],
            &[],
        ),
        (
            "change-workloads",
            None,
            vec![on(&["patch"], "apps", "deployments")],
            &[ROOT],
        ),
        (
            "change-workloads",
            None,
            vec![named(on(&["patch"], "apps", "deployments"), &["idle"])],
            &[ROOT],
        ),
        (
            "change-workloads",
            None,
            vec![named(on(&["patch"], "apps", "deployments"), &["other"])],
            &[],
        ),
        (
            "change-workloads",
            Some("web"),
            vec![on(&["patch"], "apps", "deployments")],
            &[],
        ),
        (
            "change-workloads",
            None,
            vec![on(&["patch"], "apps", "statefulsets")],
            &[],
        ),
        (
            "change-workloads",
            None,
            vec![on(&["patch"], "batch", "jobs")],
            &[],
        ),
        (
            "change-pods",
            Some("web"),
            vec![on(&["update"], "", "pods")],
            &[API],
        ),
        (
            "change-pods",
            None,
            vec![named(on(&["patch"], "", "pods"), &["root-0"])],
            &[ROOT],
        ),
        (
            "change-pods",
            None,
            vec![on(&["patch"], "", "pods/status")],
            &[],
        ),
        (
            "exec",
            Some("ops"),
            vec![on(&["create"], "", "pods/exec")],
            &[ROOT],
        ),
        (
            "exec",
            None,
            vec![named(on(&["create"], "", "pods/exec"), &["api-0"])],
            &[API],
        ),
        ("exec", None, vec![on(&["create"], "", "pods/*")], &[]),
        (
            "exec-by-get",
            Some("ops"),
            vec![on(&["get"], "", "pods/exec")],
            &["the service account ops/root?"],
        ),
        (
            "exec-by-get",
            Some("ops"),
            vec![on(&["get"], "", "pods")],
            &[],
        ),
        (
            "attach",
            None,
            vec![on(&["create"], "", "pods/attach")],
            &[],
        ),
        (
            "port-forward",
            None,
            vec![on(&["create"], "", "pods/portforward")],
            &[],
        ),
        (
            "ephemeral-container",
            Some("closed"),
            vec![on(&["patch"], "", "pods/ephemeralcontainers")],
            &[APP],
        ),
        (
            "ephemeral-container",
            None,
            vec![on(&["get"], "", "pods/ephemeralcontainers")],
            &[],
        ),
        (
            "nodes-proxy",
            None,
            vec![on(&["get"], "", "nodes/proxy")],
            &[ROOT, API, APP],
        ),
        (
            "nodes-proxy",
            None,
            vec![named(on(&["get"], "", "nodes/proxy"), &["n-2"])],
            &[API, APP],
        ),
        (
            "nodes-proxy",
            Some("ops"),
            vec![on(&["get"], "", "nodes/proxy")],
            &[],
        ),
        ("nodes-proxy", None, vec![on(&["get"], "", "nodes")], &[]),
    ];
    for (group, resource) in [
        ("", "pods"),
        ("", "replicationcontrollers"),
        ("apps", "deployments"),
        ("apps", "daemonsets"),
        ("apps", "statefulsets"),
        ("apps", "replicasets"),
        ("batch", "jobs"),
        ("batch", "cronjobs"),
    ] {
        cases.push((
            "create-pods",
            Some("web"),
            vec![on(&["create"], group, resource)],
            &[API],
        ));
        cases.push((
            "create-pods",
            Some("web"),
            vec![on(&["create"], "extensions", resource)],
            &[],
        ));
    }
    holds(&cases);
}

#[test]
fn exec_by_get_ends_with_1_35() {
    for (version, expected) in [("1.34", Some(ROOT)), ("1.35", None), ("1.36", None)] {
        let estate = estate(Some("ops"), &[rule(&["get"], "", &["pods/exec"])])
            .eks(json!({"cluster": {"version": version}}));
        let found = gains(&estate.snapshot());
        let found: Vec<&str> = found.iter().map(|(_, node)| node.as_str()).collect();
        assert_eq!(found, Vec::from_iter(expected), "{version}");
    }
}

#[test]
fn pods_that_become_their_node() {
    let create = || rule(&["create"], "", &["pods"]);
    let label = || rule(&["patch"], "", &["namespaces"]);
    let volumes = || {
        rule(
            &["create"],
            "",
            &["persistentvolumes", "persistentvolumeclaims"],
        )
    };
    let add = || rule(&["patch"], "", &["pods/ephemeralcontainers"]);
    let unsure: &[&str] = &["the node n-1?", "the node n-2?"];
    holds(&[
        ("privileged-pod", Some("ops"), vec![create()], &NODES),
        ("privileged-pod", Some("web"), vec![create()], &[]),
        ("privileged-pod", Some("closed"), vec![create()], &[]),
        ("privileged-pod", None, vec![create()], &NODES),
        (
            "privileged-pod",
            Some("ops"),
            vec![named(create(), &["x"])],
            &[],
        ),
        (
            "privileged-change",
            None,
            vec![rule(&["patch"], "apps", &["deployments"])],
            &NODES,
        ),
        (
            "privileged-change",
            Some("web"),
            vec![rule(&["patch"], "apps", &["deployments"])],
            &[],
        ),
        (
            "privileged-change",
            None,
            vec![named(
                rule(&["patch"], "apps", &["deployments"]),
                &["other"],
            )],
            &[],
        ),
        (
            "privileged-ephemeral-container",
            Some("ops"),
            vec![add()],
            &["the node n-1"],
        ),
        (
            "privileged-ephemeral-container",
            None,
            vec![named(add(), &["root-0"])],
            &["the node n-1"],
        ),
        (
            "privileged-ephemeral-container",
            Some("web"),
            vec![add()],
            &[],
        ),
        (
            "lower-pod-security",
            Some("closed"),
            vec![create(), label()],
            &NODES,
        ),
        (
            "lower-pod-security",
            None,
            vec![create(), named(label(), &["web"])],
            &NODES,
        ),
        (
            "lower-pod-security",
            Some("closed"),
            vec![create(), named(label(), &["web"])],
            &[],
        ),
        ("lower-pod-security", Some("closed"), vec![create()], &[]),
        ("lower-pod-security", None, vec![label()], &[]),
        ("host-path-volume", None, vec![create(), volumes()], &NODES),
        ("host-path-volume", None, vec![volumes()], &[]),
        (
            "host-path-volume",
            None,
            vec![create(), rule(&["create"], "", &["persistentvolumes"])],
            &[],
        ),
        // A RoleBinding gives no PersistentVolumes.
        (
            "host-path-volume",
            Some("web"),
            vec![create(), volumes()],
            &[],
        ),
    ]);
    let closed = binding(None, "more", ("ClusterRole", "volumes"), user("jane"));
    let more = json!({"role_bindings": [closed], "roles": [role("ClusterRole", None, "volumes",
        &[rule(&["create"], "", &["persistentvolumes"])])]});
    let rules = [create(), rule(&["create"], "", &["persistentvolumeclaims"])];
    let found = gains(&estate(Some("closed"), &rules).kubernetes(more).snapshot());
    let of: Vec<&str> = found
        .iter()
        .filter(|(id, _)| id == "host-path-volume")
        .map(|(_, n)| n.as_str())
        .collect();
    assert_eq!(of, unsure, "restricted: {found:?}");
}

#[test]
fn pods_are_stolen_only_by_who_has_a_node() {
    let evict = |verb: &str, resource: &str| rule(&[verb], "", &[resource]);
    let kubelet = || named(rule(&["get"], "", &["nodes/proxy"]), &["n-2"]);
    let all: &[&str] = &[
        "the service account closed/app?",
        "the service account ops/root?",
        "the service account web/api?",
    ];
    holds(&[
        (
            "evict-pods",
            None,
            vec![kubelet(), evict("create", "pods/eviction")],
            all,
        ),
        (
            "evict-pods",
            None,
            vec![kubelet(), evict("delete", "pods")],
            all,
        ),
        (
            "evict-pods",
            None,
            vec![evict("create", "pods/eviction"), evict("delete", "pods")],
            &[],
        ),
        (
            "evict-pods",
            None,
            vec![kubelet(), evict("create", "pods")],
            &[],
        ),
        (
            "drain-nodes",
            None,
            vec![kubelet(), evict("patch", "nodes")],
            all,
        ),
        (
            "drain-nodes",
            None,
            vec![kubelet(), evict("delete", "nodes")],
            all,
        ),
        ("drain-nodes", None, vec![evict("patch", "nodes")], &[]),
    ]);
}

#[test]
fn what_stands_between_requests_and_what_is_stored() {
    let hook = |verb: &str, kind: &str| rule(&[verb], "admissionregistration.k8s.io", &[kind]);
    let mutating = "mutatingwebhookconfigurations";
    let all: &[&str] = &[
        "the service account closed/app?",
        "the service account ops/root?",
        "the service account web/api?",
    ];
    holds(&[
        (
            "mutating-webhook",
            None,
            vec![hook("create", mutating)],
            all,
        ),
        (
            "mutating-webhook",
            None,
            vec![named(hook("patch", mutating), &["mine"])],
            all,
        ),
        (
            "mutating-webhook",
            None,
            vec![named(hook("create", mutating), &["mine"])],
            &[],
        ),
        ("mutating-webhook", None, vec![hook("get", mutating)], &[]),
        (
            "validating-webhook",
            None,
            vec![hook("create", "validatingwebhookconfigurations")],
            &[],
        ),
        (
            "api-service",
            None,
            vec![rule(
                &["create"],
                "apiregistration.k8s.io",
                &["apiservices"],
            )],
            &[],
        ),
        (
            "custom-resource-definition",
            None,
            vec![rule(
                &["create"],
                "apiextensions.k8s.io",
                &["customresourcedefinitions"],
            )],
            &[],
        ),
    ]);
}

#[test]
fn certificates_are_signed_elsewhere_and_not_by_eks() {
    let group = "certificates.k8s.io";
    let rules = |signer: &str| {
        vec![
            rule(&["create"], group, &["certificatesigningrequests"]),
            rule(&["update"], group, &["certificatesigningrequests/approval"]),
            named(rule(&["approve"], group, &["signers"]), &[signer]),
        ]
    };
    for (signer, eks, expected) in [
        ("kubernetes.io/kube-apiserver-client", false, true),
        ("kubernetes.io/*", false, true),
        ("kubernetes.io/kubelet-serving", false, false),
        ("kubernetes.io/kube-apiserver-client", true, false),
    ] {
        let mut snapshot = estate(None, &rules(signer)).snapshot();
        if !eks {
            for cluster in snapshot.clusters.values_mut() {
                cluster.eks.cluster = None;
            }
        }
        let found = gains(&snapshot);
        let certificate = found.iter().find(|(id, _)| id == "client-certificate");
        assert_eq!(
            certificate.is_some(),
            expected,
            "{signer}, EKS {eks}: {found:?}"
        );
        assert!(
            found.iter().all(|(_, node)| node.ends_with('?')),
            "{found:?}"
        );
    }
    holds(&[("client-certificate", None, rules("kubernetes.io/*"), &[])]);
}

#[test]
fn aws_auth_counts_where_it_is_read() {
    let write = |verb: &str| rule(&[verb], "", &["configmaps"]);
    let map = json!({"config_maps": [{"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {}}]});
    let auth = |mode: &str| json!({"cluster": {"accessConfig": {"authenticationMode": mode}}});
    for (mode, there, namespace, rule, expected) in [
        ("CONFIG_MAP", true, None, write("patch"), true),
        (
            "API_AND_CONFIG_MAP",
            true,
            Some("kube-system"),
            write("update"),
            true,
        ),
        (
            "API_AND_CONFIG_MAP",
            true,
            None,
            named(write("update"), &["aws-auth"]),
            true,
        ),
        (
            "API_AND_CONFIG_MAP",
            true,
            None,
            named(write("update"), &["coredns"]),
            false,
        ),
        (
            "API_AND_CONFIG_MAP",
            true,
            Some("web"),
            write("patch"),
            false,
        ),
        ("API", true, None, write("patch"), false),
        ("API_AND_CONFIG_MAP", true, None, write("create"), false),
        ("API_AND_CONFIG_MAP", false, None, write("create"), true),
        ("API_AND_CONFIG_MAP", false, None, write("patch"), false),
        ("API_AND_CONFIG_MAP", true, None, write("get"), false),
    ] {
        let estate = estate(namespace, &[rule.clone()]).eks(auth(mode));
        let estate = if there {
            estate.kubernetes(map.clone())
        } else {
            estate
        };
        let found = gains(&estate.snapshot());
        let expected: BTreeSet<(String, String)> = expected
            .then(|| ("aws-auth".to_owned(), CLUSTER.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(
            found, expected,
            "{mode}, there {there}, in {namespace:?}: {rule}"
        );
    }
}

#[test]
fn operators_act_where_they_run_and_as_far_as_they_may() {
    let running = |namespace: &str, name: &str, rules: &[Value]| {
        json!({"service_accounts": [{"metadata": {"name": name, "namespace": namespace}}],
            "roles": [role("ClusterRole", None, "operator", rules)],
            "role_bindings": [binding(None, "operator", ("ClusterRole", "operator"), account(namespace, name))]})
    };
    let all = || [rule(&["*"], "*", &["*"])];
    let token = || [rule(&["create"], "", &["serviceaccounts/token"])];
    let write = |group: &str, resource: &str| rule(&["create"], group, &[resource]);
    let (argo, controller) = ("argocd", "argocd-application-controller");
    let (kustomize, helm, store) = (
        "kustomize.toolkit.fluxcd.io",
        "helm.toolkit.fluxcd.io",
        "external-secrets.io",
    );
    for (method, namespace, rule, operator, expected) in [
        (
            "argo-cd-application",
            None,
            write("argoproj.io", "applications"),
            Some(running(argo, controller, &all())),
            "the service account argocd/argocd-application-controller?",
        ),
        (
            "argo-cd-application",
            Some("web"),
            write("argoproj.io", "applications"),
            Some(running(argo, controller, &all())),
            "",
        ),
        (
            "argo-cd-application",
            None,
            write("argoproj.io", "applications"),
            None,
            "",
        ),
        (
            "argo-cd-application",
            None,
            write("argoproj.io", "workflows"),
            Some(running(argo, controller, &all())),
            "",
        ),
        (
            "flux-kustomization",
            Some("web"),
            write(kustomize, "kustomizations"),
            Some(running("flux-system", "kustomize-controller", &all())),
            "the service account flux-system/kustomize-controller?",
        ),
        (
            "flux-kustomization",
            Some("web"),
            write(kustomize, "kustomizations"),
            None,
            "",
        ),
        (
            "flux-helm-release",
            Some("web"),
            write(helm, "helmreleases"),
            Some(running("flux-system", "helm-controller", &all())),
            "the service account flux-system/helm-controller?",
        ),
        (
            "flux-helm-release",
            Some("web"),
            rule(&["get"], helm, &["helmreleases"]),
            Some(running("flux-system", "helm-controller", &all())),
            "",
        ),
        (
            "external-secrets-store",
            Some("ops"),
            write(store, "secretstores"),
            Some(running("external-secrets", "external-secrets", &token())),
            "the service account ops/root?",
        ),
        // Without the right to ask for tokens it gives none.
        (
            "external-secrets-store",
            Some("ops"),
            write(store, "secretstores"),
            Some(running("external-secrets", "external-secrets", &[])),
            "",
        ),
        (
            "external-secrets-cluster-store",
            Some("ops"),
            write(store, "clustersecretstores"),
            Some(running("external-secrets", "external-secrets", &token())),
            "",
        ),
        (
            "external-secret",
            None,
            write(store, "externalsecrets"),
            Some(running("external-secrets", "external-secrets", &token())),
            "",
        ),
    ] {
        let estate = estate(namespace, &[rule.clone()]);
        let estate = operator.map_or(estate.clone(), |operator| estate.kubernetes(operator));
        let found = gains(&estate.snapshot());
        let found: Vec<&str> = found
            .iter()
            .filter(|(id, _)| id == method)
            .map(|(_, node)| node.as_str())
            .collect();
        let expected: Vec<&str> = Some(expected)
            .filter(|text| !text.is_empty())
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{method} in {namespace:?} by {rule}");
    }
    let all = running("external-secrets", "external-secrets", &token());
    let estate = estate(None, &[write(store, "clustersecretstores")]).kubernetes(all);
    let found = gains(&estate.snapshot());
    let root = (
        "external-secrets-cluster-store".to_owned(),
        "the service account ops/root?".to_owned(),
    );
    assert!(found.contains(&root), "{found:?}");
}

#[test]
fn every_method_has_its_cases() {
    let tests = include_str!("tests.rs");
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
