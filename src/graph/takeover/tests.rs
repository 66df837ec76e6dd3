//! A cluster with one administrator, and who gets there.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};

use super::*;
use crate::checks::testing::Estate;
use crate::graph::Graph;
use crate::snapshot::Snapshot;

/// A rule on resources of one group.
pub(crate) fn rule(verbs: &[&str], group: &str, resources: &[&str]) -> Value {
    json!({"verbs": verbs, "apiGroups": [group], "resources": resources})
}

/// The rule, limited to one name.
pub(crate) fn named(mut rule: Value, name: &str) -> Value {
    rule["resourceNames"] = json!([name]);
    rule
}

/// A service account with a pod that is cluster-admin, and a user with these rules: in the
/// whole cluster, or in a namespace.
pub(crate) fn estate(namespace: Option<&str>, rules: &[Value]) -> Estate {
    let role = |name: &str, rules: Value| json!({"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules});
    let mut bound = json!({"kind": "ClusterRoleBinding", "metadata": {"name": "jane"},
        "subjects": [{"kind": "User", "name": "jane"}],
        "roleRef": {"kind": "ClusterRole", "name": "limited"}});
    if let Some(namespace) = namespace {
        bound["kind"] = json!("RoleBinding");
        bound["metadata"]["namespace"] = json!(namespace);
    }
    Estate::new().pod("ops", "root").pod("web", "api").kubernetes(json!({
        "roles": [role("cluster-admin", json!([rule(&["*"], "*", &["*"])])), role("limited", json!(rules))],
        "role_bindings": [bound, {"kind": "ClusterRoleBinding", "metadata": {"name": "root"},
            "subjects": [{"kind": "ServiceAccount", "name": "root", "namespace": "ops"}],
            "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}]}))
}

/// Who gets there by which first step, and whether for certain.
fn found(snapshot: &Snapshot) -> Vec<(String, String, bool)> {
    let graph = Graph::build(snapshot, None);
    let takeovers = graph.takeovers(&graph.clusters[0]).found;
    takeovers
        .iter()
        .map(|takeover| {
            let way = &takeover.ways[0];
            let told: Vec<String> = way
                .links
                .iter()
                .map(|link| match link.may() {
                    Some(may) => format!("{} may {may}: {}", link.from.text(), link.does()),
                    None => format!("{} {}", link.from.text(), link.does()),
                })
                .collect();
            let first = format!("{}: {}", way.first(), told.join("; "));
            (takeover.subject.to_string(), first, way.open.is_none())
        })
        .collect()
}

/// The ways of the one user that gets there, if it does.
fn ways(estate: &Estate) -> Vec<(String, bool)> {
    found(&estate.snapshot())
        .into_iter()
        .filter(|(subject, ..)| subject == "User/jane")
        .map(|(_, first, certain)| (first, certain))
        .collect()
}

#[test]
fn in_a_namespace_it_takes_a_cluster_admin_there() {
    let create = [rule(&["create"], "", &["pods"])];
    let found = ways(&estate(Some("ops"), &create));
    assert!(found[0].0.starts_with("create pods in ops: "), "{found:?}");
    assert_eq!(ways(&estate(Some("web"), &create)), []);
    // Nodes are in no namespace.
    let proxy = [rule(&["get"], "", &["nodes/proxy"])];
    assert_eq!(ways(&estate(Some("ops"), &proxy)), []);
}

#[test]
fn a_workload_is_changed_to_run_as_a_cluster_admin_of_its_namespace() {
    let patch = [rule(&["patch"], "apps", &["deployments"])];
    let deployment = |namespace: &str| {
        json!({"controllers": [{"kind": "Deployment", "metadata": {"name": "app", "namespace": namespace},
            "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app:1"}]}}}}]})
    };
    for (namespace, expected) in [("ops", true), ("web", false)] {
        let estate = estate(None, &patch).kubernetes(deployment(namespace));
        let found = ways(&estate);
        assert_eq!(!found.is_empty(), expected, "{namespace}: {found:?}");
        assert!(found.iter().all(|(way, certain)| *certain
            && way.contains("makes the Deployment ops/app run as the service account ops/root")));
    }
    // Which there are was not read.
    let unread = estate(None, &patch).denied(Source::DEPLOYMENTS);
    assert!(
        matches!(ways(&unread)[..], [(_, false)]),
        "{:?}",
        ways(&unread)
    );
}

#[test]
fn a_kubelet_is_reached_on_the_node_of_the_pod() {
    for (limit, expected) in [(None, true), (Some("n-1"), true), (Some("n-2"), false)] {
        let proxy = rule(&["get"], "", &["nodes/proxy"]);
        let proxy = limit.map_or(proxy.clone(), |name| named(proxy, name));
        let mut snapshot = estate(None, &[proxy]).snapshot();
        for cluster in snapshot.clusters.values_mut() {
            for pod in &mut cluster.kubernetes.pods {
                pod.spec.node_name = Some("n-1".to_owned());
            }
        }
        let found = found(&snapshot);
        assert_eq!(!found.is_empty(), expected, "{limit:?}: {found:?}");
    }
}

#[test]
fn a_controller_that_may_escalate_is_as_good_as_a_cluster_admin() {
    let group = "rbac.authorization.k8s.io";
    let aggregation = json!({"service_accounts": [{"metadata": {"name": "agg", "namespace": "kube-system"}}],
        "roles": [{"kind": "ClusterRole", "metadata": {"name": "agg"},
            "rules": [rule(&["escalate", "patch"], group, &["clusterroles"])]}],
        "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "agg"},
            "subjects": [{"kind": "ServiceAccount", "name": "agg", "namespace": "kube-system"}],
            "roleRef": {"kind": "ClusterRole", "name": "agg"}}]});
    let estate =
        estate(Some("kube-system"), &[rule(&["create"], "", &["pods"])]).kubernetes(aggregation);
    let found = found(&estate.snapshot());
    let subjects: Vec<&str> = found.iter().map(|(subject, ..)| subject.as_str()).collect();
    assert_eq!(subjects, ["User/jane", "ServiceAccount/kube-system/agg"]);
    let says =
        "the service account kube-system/agg may escalate clusterroles and patch clusterroles";
    assert!(found[0].1.contains(says), "{found:?}");
}

#[test]
fn a_service_account_that_is_not_there_is_nobody_to_become() {
    let create = [rule(&["create"], "", &["pods"])];
    let mut snapshot = estate(None, &create).snapshot();
    for cluster in snapshot.clusters.values_mut() {
        cluster.kubernetes.pods.clear();
        cluster.kubernetes.service_accounts.clear();
    }
    assert_eq!(found(&snapshot), []);
    let mut snapshot = estate(None, &create)
        .denied(Source::SERVICE_ACCOUNTS)
        .snapshot();
    for cluster in snapshot.clusters.values_mut() {
        cluster.kubernetes.pods.clear();
        cluster.kubernetes.service_accounts.clear();
    }
    let unseen = found(&snapshot);
    assert!(matches!(&unseen[..], [(_, _, false)]), "{unseen:?}");
}

#[test]
fn a_manifest_without_a_namespace_may_be_of_another() {
    let mut snapshot = estate(None, &[rule(&["create"], "", &["pods"])]).snapshot();
    for cluster in snapshot.clusters.values_mut() {
        cluster.kubernetes.pods.clear();
        for account in &mut cluster.kubernetes.service_accounts {
            account.metadata.namespace = Some("default".to_owned());
        }
    }
    let found = found(&snapshot);
    assert!(matches!(&found[..], [(_, _, false)]), "{found:?}");
}

#[test]
fn a_pod_without_the_token_gives_nothing_and_unread_pods_are_conditional() {
    let exec = [rule(&["create"], "", &["pods/exec"])];
    let mut snapshot = estate(None, &exec).snapshot();
    for cluster in snapshot.clusters.values_mut() {
        for pod in &mut cluster.kubernetes.pods {
            pod.spec.automount_service_account_token = Some(false);
        }
    }
    assert_eq!(found(&snapshot), []);
    let mut snapshot = estate(None, &exec).denied(Source::PODS).snapshot();
    for cluster in snapshot.clusters.values_mut() {
        cluster.kubernetes.pods.clear();
    }
    let found = found(&snapshot);
    assert!(matches!(&found[..], [(_, _, false)]), "{found:?}");
}

#[test]
fn what_a_group_of_the_system_gives_is_not_the_members_finding() {
    // Every service account is in the group; the finding is the group's.
    let all = json!({"role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "all"},
        "subjects": [{"kind": "Group", "name": "system:serviceaccounts"}],
        "roleRef": {"kind": "ClusterRole", "name": "runner"}},
        {"kind": "ClusterRoleBinding", "metadata": {"name": "web"},
        "subjects": [{"kind": "ServiceAccount", "name": "api", "namespace": "web"}],
        "roleRef": {"kind": "ClusterRole", "name": "limited"}}],
        "roles": [{"kind": "ClusterRole", "metadata": {"name": "runner"},
            "rules": [rule(&["create"], "", &["pods"])]}]});
    let estate = estate(None, &[rule(&["get"], "", &["pods"])]).kubernetes(all);
    let found = found(&estate.snapshot());
    let subjects: Vec<&str> = found.iter().map(|(subject, ..)| subject.as_str()).collect();
    assert_eq!(subjects, ["Group/system:serviceaccounts"]);
}

#[test]
fn where_everybody_is_cluster_admin_nobody_becomes_it() {
    let everybody = json!({"role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "all"},
        "subjects": [{"kind": "Group", "name": "system:authenticated"}],
        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}},
        {"kind": "ClusterRoleBinding", "metadata": {"name": "devs"},
        "subjects": [{"kind": "Group", "name": "devs"}, {"kind": "Group", "name": "system:unauthenticated"}],
        "roleRef": {"kind": "ClusterRole", "name": "limited"}}]});
    let estate = estate(None, &[rule(&["create"], "", &["pods"])]).kubernetes(everybody);
    let found = found(&estate.snapshot());
    let subjects: Vec<&str> = found.iter().map(|(subject, ..)| subject.as_str()).collect();
    assert_eq!(subjects, ["Group/system:unauthenticated"]);
}
