//! Which IAM principals come into a cluster, and as whom: access entries and aws-auth.
//!
//! EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries" and "Grant IAM
//! users access to Kubernetes with a ConfigMap". Where both hold, an access entry wins over
//! aws-auth for the same principal.

use serde::Deserialize;

use crate::snapshot::Cluster;
use crate::snapshot::eks::AssociatedAccessPolicy;
use crate::snapshot::id::Arn;
use crate::snapshot::time::Time;

use super::path::EdgeKind;

/// The access policy that makes cluster-admin at cluster scope (EKS User Guide, "Review access
/// policy permissions").
pub const CLUSTER_ADMIN_POLICY: &str = "AmazonEKSClusterAdminPolicy";

const NODE_PROXIER: &str = "system:node-proxier";

/// The groups that aws-auth puts nodes into (EKS User Guide, "Grant IAM users access to Kubernetes
/// with a ConfigMap").
const NODE_GROUPS: [&str; 4] = [
    "system:bootstrappers",
    "system:nodes",
    NODE_PROXIER,
    "eks:kube-proxy-windows",
];

/// An IAM principal that comes into a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsAccess<'s> {
    /// Its ARN as it stands in the entry or the ConfigMap; of an account that aws-auth admits
    /// whole, `arn:aws:iam::ACCOUNT:root`.
    pub principal: String,
    /// [`EdgeKind::AccessEntry`] or [`EdgeKind::AwsAuth`].
    pub way: EdgeKind,
    /// `STANDARD`, `EC2_LINUX`, …; absent in aws-auth.
    pub kind: Option<&'s str>,
    /// Its user name inside; may be a template.
    pub username: Option<String>,
    /// Its groups inside.
    pub groups: Vec<String>,
    /// Access policies of an entry.
    pub policies: &'s [AssociatedAccessPolicy],
    /// When the entry was made.
    pub created_at: Option<Time>,
}

impl AwsAccess<'_> {
    /// Whether it is a node's way in.
    pub fn is_node(&self) -> bool {
        let entry = self.kind.is_some_and(|kind| kind != "STANDARD");
        entry || self.groups.iter().any(|group| group == "system:nodes")
    }

    /// Whether it is the way in of Fargate's pod execution role, which is on no node that a pod could
    /// reach. In aws-auth only its mapping has the group of kube-proxy (EKS User Guide, "Amazon EKS
    /// Pod execution IAM role").
    pub fn is_fargate(&self) -> bool {
        self.kind.is_some_and(|kind| kind.starts_with("FARGATE"))
            || self.groups.iter().any(|group| group == NODE_PROXIER)
    }

    /// Its groups but those that every node is in.
    pub fn own_groups(&self) -> Vec<String> {
        let groups = self.groups.iter();
        groups
            .filter(|group| !NODE_GROUPS.contains(&group.as_str()))
            .cloned()
            .collect()
    }

    /// Where its access policies make it cluster-admin: the policy's ARN.
    pub fn admin_policy(&self) -> Option<&str> {
        self.policies
            .iter()
            .find(|policy| {
                policy.access_scope.kind == "cluster"
                    && policy_name(&policy.policy_arn) == CLUSTER_ADMIN_POLICY
            })
            .map(|policy| policy.policy_arn.as_str())
    }
}

/// `AmazonEKSViewPolicy` of `arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy`.
pub fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Everybody who comes into a cluster from AWS, and what of aws-auth could not be read.
#[derive(Debug, Default)]
pub struct AwsAccesses<'s> {
    /// By principal.
    pub all: Vec<AwsAccess<'s>>,
    /// What could not be read, a sentence each.
    pub problems: Vec<String>,
    /// Whether access entries are in force; also where the cluster's mode is not known.
    pub by_entries: bool,
    /// Whether aws-auth is in force; also where the cluster's mode is not known.
    pub by_aws_auth: bool,
}

impl<'s> AwsAccesses<'s> {
    pub(super) fn of(cluster: &'s Cluster) -> Self {
        let mode = cluster
            .eks
            .cluster
            .as_ref()
            .and_then(|cluster| cluster.access_config.as_ref())
            .and_then(|config| config.authentication_mode.as_deref());
        let mut accesses = Self {
            by_entries: mode != Some("CONFIG_MAP"),
            by_aws_auth: mode != Some("API"),
            ..Self::default()
        };
        if accesses.by_entries {
            accesses.entries(cluster);
        }
        if accesses.by_aws_auth {
            accesses.aws_auth(cluster);
        }
        accesses
            .all
            .sort_by(|a, b| (&a.principal, a.way).cmp(&(&b.principal, b.way)));
        accesses
    }

    fn entries(&mut self, cluster: &'s Cluster) {
        for access in &cluster.eks.access {
            let entry = &access.entry;
            self.all.push(AwsAccess {
                principal: entry.principal_arn.clone(),
                way: EdgeKind::AccessEntry,
                kind: entry.kind.as_deref(),
                username: entry.username.clone(),
                groups: entry.kubernetes_groups.clone(),
                policies: &access.policies,
                created_at: entry.created_at,
            });
        }
    }

    fn aws_auth(&mut self, cluster: &'s Cluster) {
        let Some(map) = cluster.kubernetes.config_maps.iter().find(|map| {
            map.metadata.name == "aws-auth" && map.metadata.namespace() == "kube-system"
        }) else {
            return;
        };
        for (field, is_role) in [("mapRoles", true), ("mapUsers", false)] {
            let Some(text) = map.data.get(field).filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            match serde_saphyr::from_str::<Vec<Mapping>>(text) {
                Ok(mappings) => {
                    for mapping in mappings {
                        self.mapping(mapping, is_role);
                    }
                }
                // The authenticator drops the whole field too (aws-iam-authenticator README).
                Err(_) => self.problems.push(format!(
                    "{field} of aws-auth is not a YAML list of mappings"
                )),
            }
        }
        self.accounts(map.data.get("mapAccounts").map_or("", String::as_str));
    }

    fn mapping(&mut self, mapping: Mapping, is_role: bool) {
        let arn = if is_role {
            mapping.rolearn
        } else {
            mapping.userarn
        };
        let Some(arn) = arn.filter(|arn| !arn.is_empty()) else {
            self.problems
                .push("a mapping of aws-auth has no ARN".to_owned());
            return;
        };
        if !can_match(&arn) {
            return;
        }
        let has_entry = self
            .all
            .iter()
            .any(|access| access.way == EdgeKind::AccessEntry && same(&access.principal, &arn));
        if !has_entry {
            self.all.push(AwsAccess {
                principal: arn,
                way: EdgeKind::AwsAuth,
                kind: None,
                username: mapping.username,
                groups: mapping.groups.unwrap_or_default(),
                policies: &[],
                created_at: None,
            });
        }
    }

    /// Accounts whose every principal comes in under its own ARN, in no group.
    fn accounts(&mut self, text: &str) {
        let Ok(accounts) = serde_saphyr::from_str::<Option<Vec<String>>>(text) else {
            self.problems
                .push("mapAccounts of aws-auth is not a YAML list".to_owned());
            return;
        };
        for account in accounts.unwrap_or_default() {
            self.all.push(AwsAccess {
                principal: format!("arn:aws:iam::{account}:root"),
                way: EdgeKind::AwsAuth,
                kind: None,
                username: None,
                groups: Vec::new(),
                policies: &[],
                created_at: None,
            });
        }
    }
}

/// Whether a mapping of this ARN can ever match: the authenticator compares it with the caller's
/// canonical ARN, which is a role's without its path and never a session's (EKS User Guide, "Grant
/// IAM users access to Kubernetes with a ConfigMap": the path must be removed).
fn can_match(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| {
        let mut parts = arn.resource.split('/');
        match (parts.next(), parts.count()) {
            (Some("role"), segments) => segments == 1,
            (kind, _) => arn.service == "iam" && kind == Some("user"),
        }
    })
}

/// A line of mapRoles or mapUsers.
#[derive(Deserialize)]
struct Mapping {
    rolearn: Option<String>,
    userarn: Option<String>,
    username: Option<String>,
    groups: Option<Vec<String>>,
}

/// Whether an entry's ARN and a mapping's mean the same principal: aws-auth knows no paths and no
/// case (aws-iam-authenticator, which compares lower-cased canonical ARNs).
fn same(entry: &str, mapping: &str) -> bool {
    let canonical = |text: &str| {
        Arn::parse(text).map(|arn| {
            let kind = arn.resource.split('/').next().unwrap_or_default();
            format!("{}:{kind}/{}", arn.account, arn.name()).to_lowercase()
        })
    };
    canonical(entry) == canonical(mapping)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cluster(mode: &str, aws_auth: &str) -> Cluster {
        serde_json::from_value(serde_json::json!({
            "name": "c",
            "eks": {
                "cluster": {"name": "c", "accessConfig": {"authenticationMode": mode}},
                "access": [{"entry": {"principalArn": "arn:aws:iam::111122223333:role/path/Admin",
                    "kubernetesGroups": ["from-entry"]}, "policies": []}]
            },
            "kubernetes": {"config_maps": [{"metadata": {"name": "aws-auth", "namespace": "kube-system"},
                "data": {"mapRoles": aws_auth}}]}
        }))
        .unwrap()
    }

    #[test]
    fn the_mode_decides_which_of_the_two_holds_and_an_entry_wins() {
        let map = "- rolearn: arn:aws:iam::111122223333:role/admin\n  groups: [from-map]\n\
                   - rolearn: arn:aws:iam::111122223333:role/other\n  groups: [other]\n";
        let groups = |mode: &str| -> Vec<String> {
            let cluster = cluster(mode, map);
            let accesses = AwsAccesses::of(&cluster);
            accesses.all.into_iter().flat_map(|a| a.groups).collect()
        };
        assert_eq!(groups("API"), ["from-entry"]);
        assert_eq!(groups("CONFIG_MAP"), ["from-map", "other"]);
        assert_eq!(groups("API_AND_CONFIG_MAP"), ["other", "from-entry"]);
    }

    #[test]
    fn a_role_with_a_path_or_a_session_never_matches() {
        for (arn, matches) in [
            ("arn:aws:iam::111122223333:role/r", true),
            ("arn:aws:iam::111122223333:role/team/r", false),
            ("arn:aws:sts::111122223333:assumed-role/r/s1", false),
            ("arn:aws:iam::111122223333:user/team/jane", true),
        ] {
            let map = format!("- rolearn: {arn}\n  groups: [g]\n");
            let cluster = cluster("CONFIG_MAP", &map);
            assert_eq!(AwsAccesses::of(&cluster).all.len() == 1, matches, "{arn}");
        }
    }

    #[test]
    fn a_broken_map_is_said_and_admits_nobody() {
        let cluster = cluster("CONFIG_MAP", "nonsense: [");
        let accesses = AwsAccesses::of(&cluster);
        assert!(accesses.all.is_empty());
        assert_eq!(accesses.problems.len(), 1, "{:?}", accesses.problems);
    }
}
