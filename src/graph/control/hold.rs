//! Out of the clusters into AWS: service accounts that get roles, nodes that have theirs.

use std::collections::HashMap;

use super::Control;
use super::edge::{Edge, Rests};
use crate::graph::ClusterNode;
use crate::graph::escalation::Node;
use crate::graph::hold::Hold;
use crate::graph::path::EdgeKind;
use crate::snapshot::eks::Nodegroup;

impl Control<'_, '_> {
    /// The roles that service accounts get, and those of nodes.
    pub(super) fn holds(&mut self) {
        let graph = self.graph;
        for (at, hold) in graph.holds.iter().enumerate() {
            let Some(account) = graph.holder(hold) else {
                continue;
            };
            let node = Node::account(account.namespace, account.name);
            let inside = self
                .nodes
                .clusters
                .iter()
                .find(|one| one.node.key == account.cluster);
            let Some(from) = inside.and_then(|inside| inside.find(&node)) else {
                continue;
            };
            self.edge(from, edge(at, hold));
        }
        self.nodes_roles();
    }

    /// Whoever has a node asks its metadata service for the role of its instance profile.
    fn nodes_roles(&mut self) {
        let mut edges = Vec::new();
        for inside in &self.nodes.clusters {
            let roles: Vec<(usize, &str)> = self
                .graph
                .principals
                .iter()
                .flat_map(|(at, _)| self.graph.node_role(at).iter().map(move |use_| (at, use_)))
                .filter(|(_, role)| role.cluster == inside.node.key)
                .map(|(at, role)| (at, role.evidence.as_str()))
                .collect();
            let groups = groups(inside.node);
            for (at, node) in inside.escalation.nodes().iter().enumerate() {
                let Node::Machine(name) = node else {
                    continue;
                };
                let own = groups.get(name.as_str()).and_then(|group| {
                    let role = group.node_role.as_deref()?;
                    self.graph.principals.by_arn(role)
                });
                let mut found: Vec<(usize, &str)> = roles.clone();
                found.dedup_by_key(|(role, _)| *role);
                for (role, evidence) in found {
                    let open = match own {
                        Some(own) if own == role => None,
                        Some(_) => continue,
                        None if roles.iter().all(|(one, _)| *one == role) => None,
                        None => Some("if it is this node's".to_owned()),
                    };
                    let edge = Edge::step(role, EdgeKind::NodeRole, evidence).open(open);
                    edges.push((inside.number(at), edge));
                }
            }
        }
        for (from, edge) in edges {
            self.edge(from, edge);
        }
    }
}

/// To the role that is got by the hold at a place.
pub(super) fn edge(at: usize, hold: &Hold) -> Edge {
    let mut open: Vec<String> = match hold.is_certain() {
        true => Vec::new(),
        false => hold.conditions().map(str::to_owned).collect(),
    };
    if !hold.session.is_empty() {
        open.push("as far as its session policy lets it".to_owned());
    }
    let open = (!open.is_empty()).then(|| open.join(", "));
    let edge = Edge::step(hold.role, hold.way, hold.evidence.clone());
    edge.open(open).rests(Rests::Hold(at))
}

/// The node groups of a cluster's nodes, by a node's name. EKS gives each node the label.
pub(super) fn groups<'n>(node: &ClusterNode<'n>) -> HashMap<&'n str, &'n Nodegroup> {
    let groups = node.cluster.eks.nodegroups.iter();
    let groups: HashMap<&str, &Nodegroup> = groups
        .map(|group| (group.nodegroup_name.as_str(), group))
        .collect();
    let nodes = node.cluster.kubernetes.nodes.iter();
    let grouped = nodes.filter_map(|one| {
        let label = one.metadata.labels.get("eks.amazonaws.com/nodegroup")?;
        Some((one.metadata.name.as_str(), *groups.get(label.as_str())?))
    });
    grouped.collect()
}
