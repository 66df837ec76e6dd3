//! Who becomes cluster-admin in two steps by an EKS access policy.
//!
//! The first step is what the policy gives; who is worth being, and why, stands in RBAC.

use crate::graph::aws_access::AwsAccess;
use crate::graph::cluster_admin::{bound_admins, reason};
use crate::graph::path::{EdgeKind, Step};
use crate::graph::{ClusterNode, Graph};
use crate::rbac::SubjectId;
use crate::rbac::access_policy::name_of;

use super::first_step::Place;
use super::means::Holders;
use super::target::Targets;
use super::{Search, Way, admin_roles};

/// A way in with its ways to cluster-admin.
#[derive(Debug)]
pub struct PolicyTakeover<'g> {
    /// The access entry.
    pub access: &'g AwsAccess<'g>,
    /// The ways, one of each means, those that are certain first.
    pub ways: Vec<Way<'g>>,
}

impl Graph<'_> {
    /// The access entries that are not cluster-admin and whose access policies let them become it.
    pub fn policy_takeovers<'g>(&'g self, node: &'g ClusterNode<'_>) -> Vec<PolicyTakeover<'g>> {
        let admins = bound_admins(node);
        let entries: Vec<&AwsAccess<'_>> = node
            .access
            .all
            .iter()
            .filter(|access| {
                access.way == EdgeKind::AccessEntry
                    && !access.policies.is_empty()
                    && !self.admits_nobody(access)
                    && reason(node, access, &admins).is_none()
            })
            .collect();
        // Who is worth being is not looked up for nobody.
        if entries.is_empty() {
            return Vec::new();
        }
        let admin_roles = admin_roles(node);
        let in_cluster = Holders::of(&node.rbac);
        let by_policies = Holders::of(&node.policies);
        let search = Search {
            targets: Targets::of(self, node, &in_cluster, &admin_roles),
            place: Place::of(self, node),
            admin_roles,
            holders: &by_policies,
        };
        entries
            .into_iter()
            .map(|access| PolicyTakeover {
                access,
                ways: search.ways(&SubjectId::user(&access.principal)),
            })
            .filter(|takeover| !takeover.ways.is_empty())
            .collect()
    }
}

impl Way<'_> {
    /// The access policy that gives the first step, and where: `AmazonEKSEditPolicy at cluster scope`.
    pub fn policy_text(&self) -> String {
        let name = name_of(&self.grant.role.metadata.name);
        match self.grant.namespace() {
            None => format!("{name} at cluster scope"),
            Some(namespace) => format!("{name} in {namespace}"),
        }
    }

    /// The path of an IAM principal: by its entry into the cluster, over who is taken over, to that one's role.
    pub fn policy_path(&self, node: &ClusterNode<'_>, principal: &str) -> Vec<Step> {
        let evidence = self.policy_text();
        let mut path = vec![Step::new(
            principal,
            EdgeKind::AccessEntry,
            node.id(),
            evidence,
        )];
        path.extend(self.rest.iter().cloned());
        if let Some(taken) = path.get_mut(1) {
            taken.from = node.id();
        }
        path
    }
}
