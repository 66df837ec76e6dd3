//! Which workloads may read a Secret by the API of their cluster, whatever their pods mount.
//!
//! Kubernetes documentation, "Authorization": whoever may list or watch Secrets gets their values too.

use std::collections::BTreeSet;

use crate::rbac::{Name, Permission, SubjectId, Within};

use super::workload::Workload;
use super::{ClusterNode, Graph};

/// What the groups are called in which all service accounts are, and those of a namespace behind it.
const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";

/// Controllers that read only Secrets which an object names that is read here: Ingresses and Services, stores and
/// PushSecrets, pods and their volumes.
const BY_NAME: [&str; 3] = [
    "aws-load-balancer-controller",
    "external-secrets",
    "secrets-store-csi-driver",
];

/// Who may read a Secret by the API.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readers {
    /// Workloads whose roles name the Secret, sorted.
    pub by_name: Vec<String>,
    /// Workloads that may read every Secret of the namespace, sorted.
    pub of_all: Vec<String>,
}

impl Graph<'_> {
    /// The workloads that may read a Secret by the API; those that do so only where an object names it that is read here
    /// are left out.
    pub fn secret_readers(&self, node: &ClusterNode<'_>, namespace: &str, name: &str) -> Readers {
        let of_all = holders(node, namespace, Name::Every);
        let named = holders(node, namespace, Name::Exact(name));
        let named: BTreeSet<SubjectId> = named.difference(&of_all).cloned().collect();
        Readers {
            by_name: self.workloads_of(node, &named),
            of_all: self.workloads_of(node, &of_all),
        }
    }

    /// The workloads that some subjects stand for.
    fn workloads_of(&self, node: &ClusterNode<'_>, subjects: &BTreeSet<SubjectId>) -> Vec<String> {
        let mut found: BTreeSet<String> = BTreeSet::new();
        for subject in subjects {
            match subject {
                SubjectId::User(_) => {}
                SubjectId::Group(group) => found.extend(everybody(group)),
                SubjectId::ServiceAccount { namespace, name } => {
                    let known = self.known_controller(node, subject);
                    if known.is_some_and(|known| BY_NAME.contains(&known.id)) {
                        continue;
                    }
                    let at = self.workloads.service_account(node.key, namespace, name);
                    let workloads = at.into_iter().flat_map(|at| self.workloads.of_account(at));
                    found.extend(workloads.map(Workload::label));
                }
            }
        }
        found.into_iter().collect()
    }
}

/// Whoever may read Secrets of a namespace, all of them or this one.
fn holders(node: &ClusterNode<'_>, namespace: &str, name: Name<'_>) -> BTreeSet<SubjectId> {
    let verbs = ["get", "list", "watch"].into_iter();
    let holders = verbs.flat_map(|verb| {
        node.rbac.who_can(&Permission {
            name,
            within: Within::Namespace(namespace),
            ..Permission::new(verb, "", "secrets")
        })
    });
    holders.map(|holder| holder.subject).collect()
}

/// The workloads that a group stands for.
fn everybody(group: &str) -> Option<String> {
    match group {
        SERVICE_ACCOUNTS | "system:authenticated" => Some("every workload".to_owned()),
        _ => {
            let namespace = group.strip_prefix(SERVICE_ACCOUNTS)?.strip_prefix(':')?;
            Some(format!("every workload of {namespace}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::checks::testing::Estate;

    fn bound(name: &str, rules: Value, subject: Value, namespace: Option<&str>) -> Value {
        let kind = namespace.map_or("ClusterRoleBinding", |_| "RoleBinding");
        json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules}],
            "role_bindings": [{"kind": kind, "metadata": {"name": name, "namespace": namespace},
                "roleRef": {"kind": "ClusterRole", "name": name}, "subjects": [subject]}]})
    }

    fn account(name: &str) -> Value {
        json!({"kind": "ServiceAccount", "name": name, "namespace": "ops"})
    }

    #[test]
    fn a_workload_reads_what_its_service_account_may() {
        let rule = |verb: &str, names: Value| json!([{"verbs": [verb], "apiGroups": [""], "resources": ["secrets"], "resourceNames": names}]);
        let tool = || account("tool");
        let group = json!({"kind": "Group", "name": "system:serviceaccounts:ops"});
        let user = json!({"kind": "User", "name": "jan"});
        let (pod, everybody) = ("Pod ops/tool-0", "every workload of ops");
        for (what, of_all, by_name) in [
            (
                bound("a", rule("get", json!([])), tool(), None),
                Some(pod),
                None,
            ),
            (
                bound("a", rule("list", json!([])), tool(), Some("pay")),
                Some(pod),
                None,
            ),
            (
                bound("a", rule("get", json!(["db"])), tool(), None),
                None,
                Some(pod),
            ),
            (
                bound("a", rule("get", json!(["other"])), tool(), None),
                None,
                None,
            ),
            (
                bound("a", rule("get", json!([])), tool(), Some("shop")),
                None,
                None,
            ),
            (
                bound("a", rule("delete", json!([])), tool(), None),
                None,
                None,
            ),
            (
                bound("a", rule("get", json!([])), account("nobody"), None),
                None,
                None,
            ),
            (
                bound("a", rule("get", json!([])), group, None),
                Some(everybody),
                None,
            ),
            (bound("a", rule("get", json!([])), user, None), None, None),
        ] {
            let snapshot = Estate::new()
                .pod("ops", "tool")
                .kubernetes(what.clone())
                .snapshot();
            let graph = Graph::build(&snapshot, None);
            let listed = |name: Option<&str>| name.map(str::to_owned).into_iter().collect();
            let expected = Readers {
                by_name: listed(by_name),
                of_all: listed(of_all),
            };
            let found = graph.secret_readers(&graph.clusters[0], "pay", "db");
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn a_controller_that_reads_by_name_is_none() {
        let rules = json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}]);
        let subject = json!({"kind": "ServiceAccount", "name": "external-secrets", "namespace": "external-secrets"});
        let snapshot = Estate::new()
            .kubernetes(bound("eso", rules, subject, None))
            .kubernetes(json!({"pods": [{"metadata": {"name": "eso", "namespace": "external-secrets", "uid": "u"},
                "spec": {"serviceAccountName": "external-secrets", "containers": [{"name": "main",
                    "image": "ghcr.io/external-secrets/external-secrets:v1"}]}}]}))
            .snapshot();
        let graph = Graph::build(&snapshot, None);
        let found = graph.secret_readers(&graph.clusters[0], "pay", "db");
        assert_eq!(found, Readers::default());
    }
}
