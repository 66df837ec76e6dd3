//! Which IAM principals become cluster-admin by what the access policies of their entries allow.

use crate::graph::aws_access::AwsAccess;
use crate::graph::cluster_admin::{bound_admins, reason};
use crate::graph::escalation::Node;
use crate::graph::path::{EdgeKind, Step};
use crate::graph::{ClusterNode, Graph};

use super::{Search, Takeovers, Way};

/// A way in with its ways to cluster-admin.
#[derive(Debug)]
pub struct PolicyTakeover<'g> {
    /// The access entry.
    pub access: &'g AwsAccess<'g>,
    /// The ways, one of each family, those that are certain first.
    pub ways: Vec<Way<'g>>,
}

/// The access entries of a cluster that are not cluster-admin and have access policies.
#[derive(Debug, Default)]
pub(super) struct ByEntries<'g> {
    /// Those that become it.
    pub(super) found: Vec<PolicyTakeover<'g>>,
    /// Those that do so only by a pod that becomes its node.
    pub(super) by_nodes: Vec<PolicyTakeover<'g>>,
    /// The principals of those where it depends on Secrets that were not read.
    pub(super) unjudged: Vec<&'g str>,
}

impl Graph<'_> {
    /// Which access entries become cluster-admin by their access policies.
    pub(super) fn by_entries<'g>(
        &'g self,
        node: &'g ClusterNode<'_>,
        search: &Search<'_, 'g>,
    ) -> ByEntries<'g> {
        let admins = bound_admins(node);
        let entries = node.access.all.iter().filter(|access| {
            access.way == EdgeKind::AccessEntry
                && !access.policies.is_empty()
                && !self.admits_nobody(access)
                && reason(node, access, &admins).is_none()
        });
        let mut by = ByEntries::default();
        for access in entries {
            let principal = Node::Principal(access.principal.clone());
            let Some(at) = search.escalation.find(&principal) else {
                continue;
            };
            let ways = search.ways(at, false);
            if !ways.is_empty() {
                by.found.push(PolicyTakeover { access, ways });
                continue;
            }
            if self.reads_unseen(node, search, at) {
                by.unjudged.push(access.principal.as_str());
            }
            let ways = search.ways(at, true);
            if !ways.is_empty() {
                by.by_nodes.push(PolicyTakeover { access, ways });
            }
        }
        by
    }

    /// The path of an IAM principal under its ARN: by its entry into the cluster, over who is taken over, to
    /// that one's role.
    pub fn policy_path(&self, takeovers: &Takeovers<'_>, arn: &str, way: &Way<'_>) -> Vec<Step> {
        let mut path = takeovers.escalation.steps(&way.links);
        if let Some(first) = path.first_mut() {
            arn.clone_into(&mut first.from);
        }
        path
    }
}
