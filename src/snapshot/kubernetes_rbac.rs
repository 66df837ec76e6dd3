//! Roles and bindings of `rbac.authorization.k8s.io/v1`, in the field names that `kubectl get -o json` prints.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kubernetes_meta::{Metadata, nullable};

/// Which of the two kinds of role an object is. A manifest's Role may lack its namespace, so this is kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RoleKind {
    /// Cluster-scoped.
    ClusterRole,
    /// In a namespace.
    Role,
}

impl RoleKind {
    /// The kind as Kubernetes spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClusterRole => "ClusterRole",
            Self::Role => "Role",
        }
    }
}

/// Which of the two kinds of binding an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BindingKind {
    /// Grants in the whole cluster.
    ClusterRoleBinding,
    /// Grants in its own namespace.
    RoleBinding,
}

impl BindingKind {
    /// The kind as Kubernetes spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClusterRoleBinding => "ClusterRoleBinding",
            Self::RoleBinding => "RoleBinding",
        }
    }
}

/// A Role or a ClusterRole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Role or ClusterRole.
    pub kind: RoleKind,
    /// Name, namespace, labels, origin.
    pub metadata: Metadata,
    /// What it allows; a rule allows or says nothing, none denies.
    #[serde(default, deserialize_with = "nullable")]
    pub rules: Vec<PolicyRule>,
    /// Only of a ClusterRole: its rules are gathered from others by a controller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregation_rule: Option<AggregationRule>,
}

impl Role {
    /// The namespace it lies in, empty for a ClusterRole. A manifest without one goes to `default`, as kubectl does.
    pub fn namespace(&self) -> &str {
        match self.kind {
            RoleKind::ClusterRole => "",
            RoleKind::Role => self.metadata.namespace.as_deref().unwrap_or("default"),
        }
    }
}

/// A RoleBinding or a ClusterRoleBinding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleBinding {
    /// RoleBinding or ClusterRoleBinding.
    pub kind: BindingKind,
    /// Name, namespace, labels, origin.
    pub metadata: Metadata,
    /// Who gets the role.
    #[serde(default, deserialize_with = "nullable")]
    pub subjects: Vec<Subject>,
    /// The role.
    pub role_ref: RoleRef,
}

impl RoleBinding {
    /// The namespace it grants in; none is the whole cluster. A manifest without one goes to `default`.
    pub fn namespace(&self) -> Option<&str> {
        match self.kind {
            BindingKind::ClusterRoleBinding => None,
            BindingKind::RoleBinding => {
                Some(self.metadata.namespace.as_deref().unwrap_or("default"))
            }
        }
    }
}

/// One rule of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyRule {
    /// `get`, `list`, …; `*` is every verb.
    #[serde(deserialize_with = "nullable")]
    pub verbs: Vec<String>,
    /// API groups; the empty string is the core group, `*` is every group.
    #[serde(deserialize_with = "nullable")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<String>,
    /// `pods`, `pods/log`, `*/scale`; `*` is every resource and subresource.
    #[serde(deserialize_with = "nullable")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Names that the rule is limited to; none is no limit.
    #[serde(deserialize_with = "nullable")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    /// Paths that are no resources; a trailing `*` matches the rest.
    #[serde(rename = "nonResourceURLs", deserialize_with = "nullable")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub non_resource_urls: Vec<String>,
}

/// From where an aggregated ClusterRole gathers its rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AggregationRule {
    /// ClusterRoles that match any of these are gathered.
    #[serde(deserialize_with = "nullable")]
    pub cluster_role_selectors: Vec<LabelSelector>,
}

/// A label selector of `meta/v1`: all of its requirements must hold, an empty one matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels that must have exactly these values.
    #[serde(deserialize_with = "nullable")]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Further requirements.
    #[serde(deserialize_with = "nullable")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<LabelRequirement>,
}

/// One requirement of a label selector.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelRequirement {
    /// The label's key.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// The values that `In` and `NotIn` compare with.
    #[serde(deserialize_with = "nullable")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// One subject of a binding.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    /// The subject's API group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_group: Option<String>,
    /// Its name.
    pub name: String,
    /// A service account's namespace; in a RoleBinding it may be left out and is then the binding's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// The role that a binding grants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleRef {
    /// `rbac.authorization.k8s.io`.
    #[serde(deserialize_with = "nullable")]
    pub api_group: String,
    /// `Role` or `ClusterRole`.
    pub kind: String,
    /// The role's name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nulls_are_empty_and_fields_keep_kubectl_spelling() {
        let json = r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole",
            "metadata":{"name":"r","labels":null,"creationTimestamp":null},
            "rules":[{"verbs":["get"],"nonResourceURLs":["/x*"],"resources":null},{"verbs":null}],
            "aggregationRule":{"clusterRoleSelectors":null}}"#;
        let role: Role = serde_json::from_str(json).unwrap();
        assert_eq!(role.rules[0].non_resource_urls, ["/x*"]);
        assert!(role.rules[1].verbs.is_empty() && !role.metadata.is_from_server());
        let again: Role = serde_json::from_str(&serde_json::to_string(&role).unwrap()).unwrap();
        assert_eq!(again, role);
        let text = serde_json::to_string(&role).unwrap();
        assert!(text.contains("nonResourceURLs"), "{text}");
        let null: Role =
            serde_json::from_str(r#"{"kind":"Role","metadata":{"name":"r"},"rules":null}"#)
                .unwrap();
        assert!(null.rules.is_empty());
        assert_eq!(null.namespace(), "default");
    }
}
