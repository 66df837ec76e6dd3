//! A way to a goal, as the steps of a path.

use super::edge::{By, Edge};
use super::node::Set;
use super::search::{Toward, Via};
use super::{Control, Node};
use crate::graph::escalation::{Edge as InsideEdge, Link};
use crate::graph::path::{EdgeKind, Step};

/// A step of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The step.
    pub step: Step,
    /// What it depends on and is not known; none: it is certain.
    pub open: Option<String>,
}

/// A way to a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// How many steps it takes.
    pub steps: usize,
    /// As a path.
    pub path: Vec<Taken>,
}

impl Way {
    /// What it depends on and is not known, each once; empty: it is certain.
    pub fn open(&self) -> Vec<String> {
        let mut open: Vec<String> = self
            .path
            .iter()
            .filter_map(|taken| taken.open.clone())
            .collect();
        open.sort();
        open.dedup();
        open
    }
}

impl<'g> Control<'g, '_> {
    /// The shortest way from a node to the goal of a search.
    pub fn way(&self, toward: &Toward, from: usize) -> Option<Way> {
        let mut edges = Vec::new();
        let mut at = from;
        while let Some((next, via)) = toward.at(at).and_then(|found| found.next) {
            edges.push((at, next, via));
            at = next;
        }
        Some(Way {
            steps: toward.steps(from)?,
            path: self.tell(&edges),
        })
    }

    /// Edges in a row, put into words.
    pub(super) fn tell(&self, edges: &[(usize, usize, Via)]) -> Vec<Taken> {
        let mut way = Making {
            control: self,
            path: Vec::new(),
            inside: Vec::new(),
            cluster: 0,
        };
        for (from, to, via) in edges {
            way.add(*from, *to, *via);
        }
        way.leave();
        way.path
    }
}

/// A way being made: the edges inside a cluster are put into words together.
struct Making<'c, 'g, 's> {
    control: &'c Control<'g, 's>,
    path: Vec<Taken>,
    inside: Vec<(usize, &'c InsideEdge<'g>)>,
    cluster: usize,
}

impl<'c, 'g> Making<'c, 'g, '_> {
    fn add(&mut self, from: usize, to: usize, via: Via) {
        match via {
            Via::Inside(cluster, at, number) => {
                let inside = self.control.nodes.clusters.get(cluster);
                let edge = inside.and_then(|one| one.escalation.edges_of(at).get(number));
                self.cluster = cluster;
                self.inside.extend(edge.map(|edge| (at, edge)));
            }
            Via::Own(of, number) => {
                self.leave();
                let Some(edge) = self.control.own_edges(of).get(number) else {
                    return;
                };
                match &edge.by {
                    By::Among => self.goes_on(to),
                    By::Has => {}
                    By::Is(kind, evidence) | By::Step(kind, evidence) => {
                        self.step(from, *kind, to, evidence);
                    }
                }
                self.depends(edge.open.as_deref());
            }
            Via::Assume(of, role) => {
                self.leave();
                if let Some(assumed) = self.control.assume.edge(of, role) {
                    self.step(from, EdgeKind::AssumeRole, role, &assumed.evidence);
                    self.depends(assumed.open.as_deref());
                }
            }
        }
    }

    fn id(&self, number: usize) -> Option<String> {
        self.control.nodes.id(self.control.graph, number)
    }

    fn step(&mut self, from: usize, kind: EdgeKind, to: usize, evidence: &str) {
        let from = self.id(from);
        let from = from.or_else(|| self.path.last().map(|taken| taken.step.to.clone()));
        // What is reached of a set is told by the next edge.
        let to = self.id(to).unwrap_or_default();
        let step = Step::new(from.unwrap_or_default(), kind, to, evidence);
        self.path.push(Taken { step, open: None });
    }

    /// What the last step depends on too.
    fn depends(&mut self, open: Option<&str>) {
        let (Some(open), Some(taken)) = (open, self.path.last_mut()) else {
            return;
        };
        match &mut taken.open {
            Some(known) if known.contains(open) => {}
            Some(known) => {
                known.push_str(", ");
                known.push_str(open);
            }
            None => taken.open = Some(open.to_owned()),
        }
    }

    /// What was reached as a set is this.
    fn goes_on(&mut self, to: usize) {
        let Some(id) = self.id(to) else {
            return;
        };
        if let Some(taken) = self.path.last_mut() {
            taken.step.to = id;
        }
    }

    /// Puts what was gone through inside a cluster into words.
    fn leave(&mut self) {
        let edges = std::mem::take(&mut self.inside);
        let Some(inside) = self.control.nodes.clusters.get(self.cluster) else {
            return;
        };
        let links: Vec<Link<'g>> = inside.escalation.links(&edges);
        if let (Some(first), Some(taken)) = (links.first(), self.path.last_mut())
            && taken.step.to.is_empty()
        {
            // It leads out of the set.
            taken.step.to = inside.escalation.id(&first.to);
        }
        for link in &links {
            let steps = inside.escalation.steps(std::slice::from_ref(link));
            self.path
                .extend(steps.into_iter().map(|step| Taken { step, open: None }));
            self.depends(link.open.as_deref());
        }
    }
}

impl Control<'_, '_> {
    /// Whether a way begins with a step in AWS that ends in a cluster, or is all that it takes.
    pub fn lets_itself_in(&self, toward: &Toward, from: usize) -> bool {
        let Some(found) = toward.at(from) else {
            return false;
        };
        let Some((next, via)) = found.next else {
            return false;
        };
        let is_step = match via {
            Via::Own(of, number) => self.own_edges(of).get(number).is_some_and(Edge::is_step),
            Via::Assume(..) => true,
            Via::Inside(..) => false,
        };
        let inside = match self.nodes.get(next) {
            Node::Inside(..) => true,
            Node::Set(at) => !matches!(
                self.nodes.set(at),
                Some(Set::These(_) | Set::All(..) | Set::Fitting(..) | Set::Changed(..))
            ),
            Node::Principal(_) | Node::Account(_) => false,
        };
        is_step && (inside || found.steps == 1)
    }

    /// The cluster's key, where a node is in one.
    pub fn cluster_of(&self, number: usize) -> Option<&str> {
        match self.nodes.get(number) {
            Node::Inside(cluster, _) => self.nodes.clusters.get(cluster).map(|one| one.node.key),
            _ => None,
        }
    }
}
