//! From workloads to the IAM users whose static access keys they have.
//!
//! IAM User Guide, "Manage access keys for IAM users": a key works for whoever has both its parts, from anywhere.

use super::edge::{Edge, Rests};
use super::node::Set;
use super::{Cause, Control};
use crate::graph::escalation::Node;
use crate::graph::path::EdgeKind;

impl Control<'_, '_> {
    /// The users of the keys that workloads have. Whoever has all of a namespace has its workloads.
    pub(super) fn static_keys(&mut self) {
        let graph = self.graph;
        for key in graph.user_keys() {
            let Some(workload) = graph.workloads.workloads.get(key.workload) else {
                continue;
            };
            let from = self.nodes.place(Set::Workload(key.workload));
            let user = graph.principals.get(key.user);
            let cause = Cause::Key {
                user: user.map_or_else(String::new, |user| user.arn.to_owned()),
                id: key.id,
            };
            let edge = Edge::step(key.user, EdgeKind::StaticKey, key.evidence).open(key.open);
            self.edge(from, edge.rests(Rests::Fact(Box::new(cause))));
            let clusters = self.nodes.clusters.iter();
            let inside = clusters
                .clone()
                .find(|one| one.node.key == workload.cluster);
            let namespace = Node::Namespace(workload.namespace.to_owned());
            if let Some(namespace) = inside.and_then(|inside| inside.find(&namespace)) {
                self.among(namespace, from);
            }
        }
    }
}
