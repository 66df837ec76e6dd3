//! Users that put themselves into a group: what the group gives is then theirs, though nobody is in it yet.
//!
//! IAM User Guide, "IAM user groups"; pathfinding.cloud, iam-013.

use super::Control;
use super::changed::Change;
use super::edge::Edge;
use super::method::Here;
use crate::graph::Graph;
use crate::graph::principal::{PrincipalKind, group_policies};
use crate::iam::escalation::{Held, Targets};
use crate::iam::evaluate::NamedPolicy;

/// A group with what it gives.
pub(super) struct Group {
    arn: String,
    name: String,
    pub(super) policies: Vec<NamedPolicy>,
    /// Those of its policies that were not seen.
    unseen: Vec<String>,
}

/// The groups of an account.
pub(super) fn groups(graph: &Graph<'_>, account: &str) -> Vec<Group> {
    let Some(iam) = graph.snapshot.accounts.get(account).map(|one| &one.iam) else {
        return Vec::new();
    };
    let groups = group_policies(iam);
    let group = |(group, policies, unseen): (&crate::snapshot::iam::Group, _, _)| Group {
        arn: group.arn.clone(),
        name: group.group_name.clone(),
        policies,
        unseen,
    };
    groups.into_iter().map(group).collect()
}

impl Control<'_, '_> {
    /// To what a user comes to be in the groups that it puts itself into.
    pub(super) fn joins(
        &mut self,
        at: usize,
        before: Change,
        held: &Held,
        here: &Here,
    ) -> Vec<Edge> {
        let Some(PrincipalKind::User(user)) = self.graph.principals.get(at).map(|one| one.kind)
        else {
            return Vec::new();
        };
        let mut edges = Vec::new();
        for (number, group) in here.groups.iter().enumerate() {
            let is_certain = match &held.targets {
                Targets::Any => held.certain,
                Targets::These(these) if these.contains(&group.arn) => held.certain,
                Targets::These(_) if held.perhaps.contains(&group.arn) => false,
                Targets::These(_) | Targets::Named => continue,
            };
            let Some(change) = before.joining(number) else {
                continue;
            };
            if user.group_list.contains(&group.name) {
                continue;
            }
            let to = self.changed(at, change, here);
            let edge = self.by_method(at, held, is_certain, group.unseen.iter().cloned());
            let has_account = to == here.account && edge.open.is_none();
            edges.push(Edge { to, ..edge });
            if has_account {
                break;
            }
        }
        edges
    }
}
