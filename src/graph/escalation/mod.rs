//! What a grant is worth: by which permissions who comes to control what in a cluster.
//!
//! A catalogue of methods ([`catalogue`]), each with its exact requirement, makes edges over what the
//! authorizer says of every subject; a search over them answers what a subject can become. Edges go to sets
//! where a method reaches a set as a whole, so their number grows with the bindings and the objects, not with
//! their product. Two permissions that one method takes are looked for at one subject and the groups that it is
//! surely in, not at two subjects that somebody controls both.

mod admission;
mod aws_auth;
mod build;
mod certificates;
mod chain;
mod closure;
mod edge;
mod enter;
mod groups;
mod held;
mod impersonate;
mod machines;
mod method;
mod named;
mod node;
mod operators;
mod own;
mod place;
mod sets;
#[cfg(test)]
mod tests;
mod tokens;
mod workloads;

pub use chain::{Link, source};
pub use closure::{Over, ToCluster};
pub use edge::{At, By, Edge};
pub use held::Held;
pub use method::{Ask, Family, Gives, Method, catalogue};
pub use node::{Node, Set, holder_text};
pub use place::Level;

use crate::rbac::SubjectId;

use super::path::EdgeKind;
use super::{ClusterNode, Graph};
use build::Build;
use node::Nodes;

/// The edges of one cluster.
#[derive(Debug)]
pub struct Escalation<'g> {
    cluster: &'g ClusterNode<'g>,
    nodes: Nodes,
    edges: Vec<Vec<Edge<'g>>>,
}

/// Something that a subject can become.
#[derive(Debug)]
pub struct Reached<'g> {
    /// What.
    pub node: Node,
    /// How many steps it takes.
    pub steps: usize,
    /// The shortest chain; one that is certain before one that is not.
    pub chain: Vec<Link<'g>>,
}

impl Reached<'_> {
    /// Whether it depends on nothing that is not known.
    pub fn is_certain(&self) -> bool {
        self.chain.iter().all(|link| link.open.is_none())
    }
}

/// An edge as other planes join it: ids, and no borrowed facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubernetesStep {
    /// Who has control before; a set of objects has `*` for a name.
    pub from: String,
    /// What is gained.
    pub to: String,
    /// By what kind of edge.
    pub edge: EdgeKind,
    /// By which method of the catalogue, where it is by one.
    pub method: Option<&'static str>,
    /// The binding, role and rule, or the object.
    pub evidence: String,
    /// What it depends on and is not known; none: it is certain.
    pub open: Option<String>,
    /// Whether it counts as a step: going into a set and out of it does not.
    pub is_step: bool,
}

impl Graph<'_> {
    /// By which permissions who comes to control what in a cluster.
    pub fn escalation<'g>(&'g self, node: &'g ClusterNode<'_>) -> Escalation<'g> {
        let mut build = Build::new(self, node);
        build.derive();
        Escalation {
            cluster: node,
            nodes: build.nodes,
            edges: build.edges,
        }
    }

    /// The edges inside a cluster, under the ids of its objects.
    pub fn kubernetes_steps(&self, node: &ClusterNode<'_>) -> Vec<KubernetesStep> {
        self.escalation(node).kubernetes_steps()
    }
}

impl<'g> Escalation<'g> {
    /// All nodes; their place is their number.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes.all
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.all.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.nodes.all.is_empty()
    }

    /// The number of a node.
    pub fn find(&self, node: &Node) -> Option<usize> {
        self.nodes.find(node)
    }

    /// The edges from a node.
    pub fn edges_of(&self, at: usize) -> &[Edge<'g>] {
        self.edges.get(at).map_or(&[], Vec::as_slice)
    }

    /// The node that an edge leads to.
    pub fn target(&self, edge: &Edge<'_>) -> Option<&Node> {
        self.nodes.all.get(edge.to)
    }

    fn cluster_key(&self) -> &'g str {
        self.cluster.key
    }

    fn cluster_id(&self) -> String {
        self.cluster.id()
    }

    /// What a subject can become, itself left out: certain before conditional, near before far.
    pub fn closure(&self, subject: &SubjectId) -> Vec<Reached<'g>> {
        let Some(start) = self.find(&Node::Subject(subject.clone())) else {
            return Vec::new();
        };
        let certain = self.search(
            start,
            Over {
                certain: true,
                machines: true,
            },
            None,
            None,
        );
        let all = self.search(
            start,
            Over {
                certain: false,
                machines: true,
            },
            None,
            None,
        );
        let mut reached: Vec<(bool, Reached<'g>)> = Vec::new();
        for (&at, found) in &all {
            let Some(node) = self.nodes().get(at).filter(|node| node.is_shown()) else {
                continue;
            };
            if at == start {
                continue;
            }
            let sure = certain.get(&at);
            let edges = self.trace(if sure.is_some() { &certain } else { &all }, at);
            let one = Reached {
                node: node.clone(),
                steps: sure.map_or(found.steps, |sure| sure.steps),
                chain: self.links(&edges),
            };
            reached.push((sure.is_none(), one));
        }
        reached.sort_by(|(open, a), (other, b)| {
            (open, a.steps, &a.node).cmp(&(other, b.steps, &b.node))
        });
        reached.into_iter().map(|(_, one)| one).collect()
    }

    /// Every edge, under the ids of objects.
    pub fn kubernetes_steps(&self) -> Vec<KubernetesStep> {
        let mut steps = Vec::new();
        for at in 0..self.len() {
            for edge in self.edges_of(at) {
                let Some(link) = self.links(&[(at, edge)]).pop() else {
                    continue;
                };
                let evidence = match &edge.by {
                    By::Method { held, .. } => source(held),
                    _ => link.at.clone().unwrap_or_else(|| link.does()),
                };
                steps.push(KubernetesStep {
                    from: self.id(&link.from),
                    to: self.id(&link.to),
                    edge: link.edge(),
                    method: link.method().map(|method| method.id),
                    evidence,
                    open: edge.open.clone(),
                    is_step: edge.is_step(),
                });
            }
        }
        steps
    }
}
