//! Where a change stands among others: statements move up when those before them go.

use std::collections::BTreeSet;

use crate::graph::Graph;

use super::Change;
use super::policy::holders;
use crate::graph::exposure::Opener;

impl Change {
    /// The document and the statement, where it takes one out of it.
    fn statement(&mut self) -> Option<&mut usize> {
        match self {
            Self::InlineStatement { statement, .. }
            | Self::ManagedStatement { statement, .. }
            | Self::TrustStatement { statement, .. } => Some(statement),
            _ => None,
        }
    }

    /// The places of statements that other changes take out of the same document, in order.
    fn beside(&self, others: &BTreeSet<Self>) -> Vec<usize> {
        let mut first = self.clone();
        let mut last = self.clone();
        let (Some(from), Some(to)) = (first.statement(), last.statement()) else {
            return Vec::new();
        };
        (*from, *to) = (0, usize::MAX);
        let others = others.range(first..=last).cloned();
        others
            .filter_map(|mut other| other.statement().copied())
            .collect()
    }

    /// As a change of the snapshot as it was before those were made that are made.
    #[must_use]
    pub fn before(mut self, made: &BTreeSet<Self>) -> Self {
        let gone = self.beside(made);
        if let Some(statement) = self.statement() {
            for place in gone {
                if place <= *statement {
                    *statement += 1;
                }
            }
        }
        self
    }

    /// As a change of the snapshot once those are made that are made.
    #[must_use]
    pub fn now(&self, made: &BTreeSet<Self>) -> Self {
        let mut now = self.clone();
        let gone = self.beside(made);
        if let Some(statement) = now.statement() {
            let earlier = gone.iter().filter(|place| *place < statement).count();
            *statement -= earlier;
        }
        now
    }

    /// How much it touches beside what it is for; below 10. It decides between choices of as many changes.
    pub fn breadth(&self) -> u64 {
        match self {
            Self::InlineStatement { .. } | Self::AccessPolicy { .. } => 0,
            Self::Attachment { .. }
            | Self::TrustStatement { .. }
            | Self::Association { .. }
            | Self::Subject { .. }
            | Self::Key { .. }
            | Self::Tags { .. } => 1,
            Self::AccessEntry { .. }
            | Self::Mapping { .. }
            | Self::ManagedStatement { .. }
            | Self::Internal { .. } => 2,
            Self::Baseline { .. } | Self::Metadata { .. } => 3,
        }
    }

    /// Whether it changes something of an id: a holder of policies, a policy, a role, a workload, a principal that comes
    /// in, a binding by its name or a service account by `NAMESPACE/NAME`.
    pub fn is_of(&self, ids: &BTreeSet<String>, graph: &Graph<'_>) -> bool {
        let own: Vec<String> = match self {
            Self::InlineStatement { holder, .. } => vec![holder.clone()],
            // All that hold the policy lose what it loses.
            Self::ManagedStatement { policy, .. } => {
                let holders = holders(graph, policy).into_iter().map(str::to_owned);
                holders.chain([policy.clone()]).collect()
            }
            Self::Attachment { holder, policy } => vec![holder.clone(), policy.clone()],
            Self::TrustStatement { role, .. } => vec![role.clone()],
            Self::Association {
                namespace,
                service_account,
                ..
            } => vec![format!("{namespace}/{service_account}")],
            Self::Subject {
                namespace, binding, ..
            } => match namespace {
                None => vec![binding.clone()],
                Some(namespace) => vec![format!("{namespace}/{binding}")],
            },
            Self::AccessEntry { principal, .. } | Self::AccessPolicy { principal, .. } => {
                vec![principal.clone()]
            }
            Self::Mapping { arn, .. } => vec![arn.clone()],
            Self::Baseline { workload } => vec![workload.clone()],
            Self::Key { user, .. } => vec![user.clone()],
            Self::Internal { opener, .. } => {
                let (Opener::Service(namespace, name) | Opener::Ingress(namespace, name)) = opener;
                vec![format!("{namespace}/{name}")]
            }
            Self::Metadata { cluster } => vec![cluster.clone()],
            Self::Tags { repository } => vec![repository.clone()],
        };
        own.iter().any(|id| ids.contains(id))
    }
}
