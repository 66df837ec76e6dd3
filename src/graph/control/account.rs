//! Administrators of accounts, and all that an account is.

use std::collections::BTreeMap;

use super::edge::{By, Edge, Rests};
use super::node::Set;
use super::{Control, Node};
use crate::graph::path::EdgeKind;
use crate::iam::admin::admin;
use crate::iam::arn;

impl Control<'_, '_> {
    /// Whether a principal is administrator of its account, for certain or perhaps.
    pub fn is_administrator(&self, principal: usize) -> bool {
        let mut edges = self.own_edges(principal).iter();
        edges.any(|edge| {
            matches!(edge.by, By::Has) && matches!(self.nodes.get(edge.to), Node::Account(_))
        })
    }

    /// Who is administrator has the account. Who has it becomes each of its principals, bar those that AWS keeps for
    /// itself, and administrator of its clusters.
    pub(super) fn accounts(&mut self) {
        let graph = self.graph;
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, principal) in graph.principals.iter() {
            let Some(account) = self.nodes.account(principal.account) else {
                continue;
            };
            let Some(caller) = self.assume.callers.get(at).and_then(Option::as_ref) else {
                continue;
            };
            let context = graph.context_at_home(principal, None);
            let found = admin(&caller.policies, &principal.home(), &context);
            let edge = found.map(|found| {
                let open = caller.open(found.conditions);
                let rests = Rests::Statements(found.because.into());
                Edge::has(account).open(open).rests(rests)
            });
            if !arn::is_reserved_role(principal.arn) {
                members.entry(principal.account).or_default().push(at);
            }
            if let Some(edge) = edge {
                self.edge(at, edge);
            }
        }
        for (account, members) in members {
            let Some(number) = self.nodes.account(account) else {
                continue;
            };
            let all = self.nodes.place(Set::These(members.clone()));
            for member in members {
                let taken = self.session_of(member);
                self.among(all, taken);
            }
            let evidence = "an administrator lets itself into it";
            self.edge(number, Edge::step(all, EdgeKind::Escalates, evidence));
        }
        self.clusters_of_accounts();
    }

    /// An administrator makes itself an access entry (EKS User Guide, "Create access entries").
    fn clusters_of_accounts(&mut self) {
        let mut edges = Vec::new();
        for inside in &self.nodes.clusters {
            let cluster = inside.node.cluster.eks.cluster.as_ref();
            let account = cluster.and_then(|one| arn::account(&one.arn));
            let account = account.and_then(|account| self.nodes.account(account));
            let goal = inside.find(&crate::graph::escalation::Node::Cluster);
            if let (Some(account), Some(goal)) = (account, goal) {
                edges.push((account, goal));
            }
        }
        for (account, goal) in edges {
            let evidence =
                "an administrator makes itself an access entry with AmazonEKSClusterAdminPolicy";
            self.edge(account, Edge::step(goal, EdgeKind::Escalates, evidence));
        }
    }
}
