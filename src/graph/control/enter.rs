//! Who comes into a cluster from AWS: its principal is then a user, in groups, and has its access policies.

use super::edge::{Edge, Rests};
use super::node::{Inside, Set};
use super::{Cause, Control};
use crate::graph::aws_access::AwsAccess;
use crate::graph::cluster_admin::{bound_admins, reason};
use crate::graph::escalation::Node;
use crate::graph::path::EdgeKind;
use crate::graph::user_template::Match;
use crate::rbac::SubjectId;
use crate::rbac::identity::AUTHENTICATED;

impl Control<'_, '_> {
    /// The ways into every cluster.
    pub(super) fn enter(&mut self) {
        for at in 0..self.nodes.clusters.len() {
            let mut found = Vec::new();
            if let Some(inside) = self.nodes.clusters.get(at) {
                let admins = bound_admins(inside.node);
                let ways = self
                    .graph
                    .ways_in(inside.node)
                    .filter(|access| !access.is_account);
                for access in ways {
                    let gone = self.graph.gone(access);
                    let mut to = self.subjects(inside, access);
                    if let Some(reason) = reason(inside.node, access, &admins) {
                        let open = (!reason.certain)
                            .then(|| "only if its user name comes out so".to_owned());
                        let goal = inside.find(&Node::Cluster);
                        to.extend(
                            goal.map(|goal| Edge::is(goal, access.way, reason.text).open(open)),
                        );
                    }
                    let principal = self
                        .graph
                        .access_principal(access)
                        .ok_or_else(|| access.principal.clone());
                    found.push((principal, to, gone, written(inside, access)));
                }
            }
            for (principal, edges, gone, cause) in found {
                let from = principal.unwrap_or_else(|arn| self.nodes.place(Set::Elsewhere(arn)));
                for edge in edges {
                    let rests = Rests::Fact(Box::new(cause.clone()));
                    let open: Vec<String> = edge.open.iter().chain(&gone).cloned().collect();
                    let open = (!open.is_empty()).then(|| open.join(", "));
                    self.edge(from, Edge { open, ..edge }.rests(rests));
                }
            }
        }
    }

    /// The users, groups and access policies of the cluster that a way in gives.
    fn subjects(&self, inside: &Inside<'_>, access: &AwsAccess<'_>) -> Vec<Edge> {
        let mut edges = Vec::new();
        let own = Node::Principal(access.principal.clone());
        if let Some(own) = inside.find(&own) {
            edges.push(Edge::has(own));
        }
        for (at, node) in inside.escalation.nodes().iter().enumerate() {
            let Node::Subject(subject) = node else {
                continue;
            };
            let (comes_in, text) = match subject {
                SubjectId::Group(name) if name == AUTHENTICATED => (
                    Match::Always,
                    "every request that is authenticated".to_owned(),
                ),
                SubjectId::Group(name) => (access.is_in(name), format!("in the group {name}")),
                // A node's user name is that of one node.
                SubjectId::User(_) if access.username.starts_with("system:node:") => continue,
                SubjectId::User(name) => (access.is_user(name), format!("as the user {name}")),
                SubjectId::ServiceAccount { .. } => continue,
            };
            let open = match comes_in {
                Match::No => continue,
                Match::Perhaps => Some(format!("only if it comes in {text}")),
                Match::Always => None,
            };
            edges.push(Edge::is(inside.number(at), access.way, text).open(open));
        }
        edges
    }
}

/// Where a way in is written.
fn written(inside: &Inside<'_>, access: &AwsAccess<'_>) -> Cause {
    let cluster = inside.node.key.to_owned();
    let principal = access.principal.clone();
    match access.way {
        EdgeKind::AwsAuth => Cause::Mapping {
            cluster,
            arn: principal,
        },
        _ => Cause::AccessEntry { cluster, principal },
    }
}

/// The kind of edge by which a new access entry lets in.
pub(super) const ENTRY: EdgeKind = EdgeKind::AccessEntry;
