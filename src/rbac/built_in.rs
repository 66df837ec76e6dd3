//! `cluster-admin`, which every cluster has and no manifest holds.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles>: "super-user access to perform any
//! action on any resource". The API server makes it at its start, so a manifest that binds it gives all of it. `admin`,
//! `edit` and `view` are gathered from what is installed: what they allow is not known without the cluster.

use crate::snapshot::kubernetes_meta::Metadata;
use crate::snapshot::kubernetes_rbac::{PolicyRule, Role, RoleBinding, RoleKind};

/// Its name.
const CLUSTER_ADMIN: &str = "cluster-admin";

/// Adds it where a binding that was written by hand refers to it. Among objects of a server a role that is not there is
/// one that somebody deleted.
pub(super) fn add(roles: &mut Vec<Role>, bindings: &[RoleBinding]) {
    let is_it =
        |role: &Role| role.kind == RoleKind::ClusterRole && role.metadata.name == CLUSTER_ADMIN;
    let from_server = |role: &Role| role.metadata.is_from_server();
    let refers = |binding: &RoleBinding| {
        let reference = &binding.role_ref;
        !binding.metadata.is_from_server()
            && reference.kind == "ClusterRole"
            && reference.name == CLUSTER_ADMIN
    };
    if roles.iter().any(|role| is_it(role) || from_server(role)) || !bindings.iter().any(refers) {
        return;
    }
    let all = || vec!["*".to_owned()];
    let resources = PolicyRule {
        verbs: all(),
        api_groups: all(),
        resources: all(),
        ..PolicyRule::default()
    };
    let paths = PolicyRule {
        verbs: all(),
        non_resource_urls: all(),
        ..PolicyRule::default()
    };
    roles.push(Role {
        kind: RoleKind::ClusterRole,
        metadata: Metadata {
            name: CLUSTER_ADMIN.to_owned(),
            ..Metadata::default()
        },
        rules: vec![resources, paths],
        aggregation_rule: None,
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::rbac::Authorizer;

    #[test]
    fn a_manifest_that_binds_it_gives_all_of_it() {
        let binding = |uid: Option<&str>| {
            json!({"kind": "ClusterRoleBinding", "metadata": {"name": "b", "uid": uid},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": CLUSTER_ADMIN},
            "subjects": [{"kind": "User", "name": "jane"}]})
        };
        let role = |name: &str, uid: Option<&str>| {
            json!({"kind": "ClusterRole", "metadata": {"name": name, "uid": uid},
            "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]})
        };
        for (what, roles, binding, rules) in [
            ("a manifest alone", vec![], binding(None), Some(2)),
            (
                "beside other manifests",
                vec![role("mine", None)],
                binding(None),
                Some(2),
            ),
            (
                "a manifest has its own",
                vec![role(CLUSTER_ADMIN, None)],
                binding(None),
                Some(1),
            ),
            (
                "of a server that has none",
                vec![],
                binding(Some("u")),
                None,
            ),
            (
                "roles of a server that has none",
                vec![role("mine", Some("u"))],
                binding(None),
                None,
            ),
        ] {
            let roles: Vec<Role> = serde_json::from_value(Value::Array(roles)).unwrap();
            let binding: RoleBinding = serde_json::from_value(binding).unwrap();
            let authorizer = Authorizer::new(&roles, std::slice::from_ref(&binding));
            let found = authorizer.role_of(&binding).map(|role| role.rules.len());
            assert_eq!(found, rules, "{what}");
        }
    }
}
