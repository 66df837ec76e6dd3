//! Searches over the edges: what can be reached from one node, and how the cluster is reached from all.

use std::collections::{HashMap, VecDeque};

use super::Escalation;
use super::edge::{By, Edge};
use super::method::Family;
use super::node::Node;

/// Which edges a search goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over {
    /// Only those that depend on nothing that is not known.
    pub certain: bool,
    /// Also over nodes of the cluster: by pods that become theirs.
    pub machines: bool,
}

impl Over {
    /// Whether it goes over an edge.
    pub fn takes(self, edge: &Edge<'_>) -> bool {
        let machine = match &edge.by {
            By::Method { method, .. } => {
                matches!(method.family, Family::BecomeNode | Family::StealPods)
            }
            By::OnMachine => true,
            _ => false,
        };
        (edge.open.is_none() || !self.certain) && (self.machines || !machine)
    }
}

/// A place in a search: how many steps from its begin, and by which edge of which node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) steps: usize,
    /// The node before (from the begin), and the number of its edge; none at the begin.
    pub(crate) by: Option<(usize, usize)>,
}

/// From every node the shortest way to the cluster.
#[derive(Debug)]
pub struct ToCluster {
    pub(crate) found: Vec<Option<Found>>,
}

impl ToCluster {
    /// How many steps it takes from a node.
    pub fn steps(&self, at: usize) -> Option<usize> {
        Some(self.found.get(at)?.as_ref()?.steps)
    }
}

impl<'g> Escalation<'g> {
    /// Everything that is reached from a node, itself too, by the fewest steps: over all of its edges or the
    /// `first` alone, and no further than the `goal`.
    pub(crate) fn search(
        &self,
        start: usize,
        over: Over,
        first: Option<usize>,
        goal: Option<usize>,
    ) -> HashMap<usize, Found> {
        let mut found = HashMap::from([(start, Found { steps: 0, by: None })]);
        let mut queue = VecDeque::from([(start, 0)]);
        while let Some((at, steps)) = queue.pop_front() {
            // A shorter way was found after this one was queued.
            if found.get(&at).is_some_and(|known| known.steps < steps) {
                continue;
            }
            if goal == Some(at) {
                break;
            }
            for (number, edge) in self.edges_of(at).iter().enumerate() {
                let limited = at == start && first.is_some_and(|first| first != number);
                if limited || !over.takes(edge) {
                    continue;
                }
                let next = steps + usize::from(edge.is_step());
                if found.get(&edge.to).is_none_or(|known| next < known.steps) {
                    let by = Some((at, number));
                    found.insert(edge.to, Found { steps: next, by });
                    match edge.is_step() {
                        true => queue.push_back((edge.to, next)),
                        false => queue.push_front((edge.to, next)),
                    }
                }
            }
        }
        found
    }

    /// The edges from the start of a search to what it found.
    pub(crate) fn trace(
        &self,
        found: &HashMap<usize, Found>,
        to: usize,
    ) -> Vec<(usize, &Edge<'g>)> {
        let mut edges = Vec::new();
        let mut at = to;
        while let Some((before, number)) = found.get(&at).and_then(|one| one.by) {
            let Some(edge) = self.edges_of(before).get(number) else {
                break;
            };
            edges.push((before, edge));
            at = before;
        }
        edges.reverse();
        edges
    }

    /// From every node the shortest way to the cluster: one search, backwards.
    pub fn to_cluster(&self, over: Over) -> ToCluster {
        let mut into: Vec<Vec<(usize, usize)>> = vec![Vec::new(); self.len()];
        for at in 0..self.len() {
            for (number, edge) in self.edges_of(at).iter().enumerate() {
                if let Some(into) = into.get_mut(edge.to).filter(|_| over.takes(edge)) {
                    into.push((at, number));
                }
            }
        }
        let mut found: Vec<Option<Found>> = vec![None; self.len()];
        let mut queue = VecDeque::new();
        if let Some(at) = self.find(&Node::Cluster) {
            set(&mut found, at, Found { steps: 0, by: None });
            queue.push_back((at, 0));
        }
        while let Some((at, steps)) = queue.pop_front() {
            if known(&found, at).is_some_and(|known| known < steps) {
                continue;
            }
            for &(before, number) in into.get(at).into_iter().flatten() {
                let Some(edge) = self.edges_of(before).get(number) else {
                    continue;
                };
                let next = steps + usize::from(edge.is_step());
                if known(&found, before).is_none_or(|known| next < known) {
                    let by = Some((before, number));
                    set(&mut found, before, Found { steps: next, by });
                    match edge.is_step() {
                        true => queue.push_back((before, next)),
                        false => queue.push_front((before, next)),
                    }
                }
            }
        }
        ToCluster { found }
    }

    /// The edges of the shortest way to the cluster from a node.
    pub(crate) fn follow(&self, to: &ToCluster, from: usize) -> Vec<(usize, &Edge<'g>)> {
        let mut edges = Vec::new();
        let mut at = from;
        while let Some((before, number)) = to.found.get(at).copied().flatten().and_then(|f| f.by) {
            let Some(edge) = self.edges_of(before).get(number) else {
                break;
            };
            edges.push((before, edge));
            at = edge.to;
        }
        edges
    }
}

fn known(found: &[Option<Found>], at: usize) -> Option<usize> {
    Some(found.get(at)?.as_ref()?.steps)
}

fn set(found: &mut [Option<Found>], at: usize, value: Found) {
    if let Some(slot) = found.get_mut(at) {
        *slot = Some(value);
    }
}
