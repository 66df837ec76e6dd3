//! Which workloads and service accounts lead to each of many nodes: one search for all of them.
//!
//! What leads to any of them is found backwards. Of that, nodes that lead to one another are put together (Tarjan's
//! strongly connected components), and each hands the set of those that lead to it on to the next. The sets are of bits,
//! so the work grows with the edges times the workloads over 64, not with the principals that are asked for.

use std::collections::{BTreeMap, HashSet};

use super::node::Set;
use super::search::{Toward, Via};
use super::{Control, Node};
use crate::graph::escalation;
use crate::graph::path::EdgeKind;
use crate::rbac::SubjectId;

/// Who leads to a node: by number, with the kind of the last edge.
pub type Origins = BTreeMap<usize, EdgeKind>;

/// A node of whom something is asked, and the service accounts whose own edge to it does not count.
#[derive(Clone, Debug)]
pub struct Goal {
    /// Its number.
    pub number: usize,
    /// Numbers of service accounts: the role that they get is narrowed too far.
    pub without: Vec<usize>,
}

impl Control<'_, '_> {
    /// The workloads and service accounts that lead to each goal, in their order, over edges that are certain or over
    /// all. Goals to which some edges do not count are searched one by one: they are few.
    pub fn origins(&self, goals: &[Goal], certain: bool) -> Vec<Origins> {
        let plain: Vec<&Goal> = goals
            .iter()
            .filter(|goal| goal.without.is_empty())
            .collect();
        let mut plain = self.search(&plain, certain).into_iter();
        let of = |goal: &Goal| match goal.without.is_empty() {
            true => plain.next(),
            false => self.search(&[goal], certain).pop(),
        };
        goals
            .iter()
            .map(of)
            .map(Option::unwrap_or_default)
            .collect()
    }

    fn search(&self, goals: &[&Goal], certain: bool) -> Vec<Origins> {
        let numbers: Vec<usize> = goals.iter().map(|goal| goal.number).collect();
        let toward = self.toward(&numbers, certain);
        let counts = |to: usize, via: Via| {
            let mut meant = goals.iter().filter(|goal| goal.number == to);
            !meant.any(|goal| !goal.without.is_empty() && self.is_own(via, goal))
        };
        let part = Part::of(self, &toward, certain, &counts);
        let sources: Vec<usize> = part
            .nodes
            .iter()
            .copied()
            .filter(|number| self.is_origin(*number))
            .collect();
        let sets = part.spread(&sources);
        let mut into: BTreeMap<usize, Vec<(usize, Via)>> = BTreeMap::new();
        let wanted: HashSet<usize> = numbers.into_iter().collect();
        for (&from, edges) in part.nodes.iter().zip(&part.edges) {
            for (to, via) in edges.iter().filter(|(to, _)| wanted.contains(to)) {
                into.entry(*to).or_default().push((from, *via));
            }
        }
        let of = |goal: &&Goal| {
            let mut found = Origins::new();
            for (from, via) in into.get(&goal.number).into_iter().flatten() {
                let kind = self.kind_of(*via);
                let set = part.place(*from).and_then(|place| sets.of(place));
                for source in set.into_iter().flat_map(Bits::iter) {
                    if let Some(source) = sources.get(source) {
                        found.entry(*source).or_insert(kind);
                    }
                }
            }
            found.remove(&goal.number);
            found
        };
        goals.iter().map(of).collect()
    }

    /// Whether it is a workload or a service account.
    pub(super) fn is_origin(&self, number: usize) -> bool {
        match self.nodes.get(number) {
            Node::Set(at) => matches!(self.nodes.set(at), Some(Set::Workload(_))),
            Node::Inside(cluster, at) => {
                let inside = self.nodes.clusters.get(cluster);
                let node = inside.and_then(|inside| inside.escalation.nodes().get(at));
                let account = |node: &escalation::Node| {
                    matches!(
                        node,
                        escalation::Node::Subject(SubjectId::ServiceAccount { .. })
                    )
                };
                node.is_some_and(account)
            }
            Node::Principal(_) | Node::Account(_) => false,
        }
    }

    /// Whether an edge is one by which a service account that does not count gets the goal.
    fn is_own(&self, via: Via, goal: &Goal) -> bool {
        let got = matches!(
            self.kind_of(via),
            EdgeKind::AssumeRoleWebIdentity | EdgeKind::PodIdentity | EdgeKind::PodIdentityTarget
        );
        let Via::Own(from, _) = via else {
            return false;
        };
        if !got {
            return false;
        }
        // A workload without its account's token gets the role by an edge of its own.
        let account = match self.nodes.get(from) {
            Node::Set(at) => match self.nodes.set(at) {
                Some(Set::Workload(at)) => self.account_of(*at),
                _ => None,
            },
            _ => Some(from),
        };
        account.is_some_and(|account| goal.without.contains(&account))
    }

    fn account_of(&self, workload: usize) -> Option<usize> {
        let workload = self.graph.workloads.workloads.get(workload)?;
        self.account_number(workload.service_account)
    }

    fn kind_of(&self, via: Via) -> EdgeKind {
        match via {
            Via::Assume(..) => EdgeKind::AssumeRole,
            Via::Inside(..) => EdgeKind::ActsAs,
            Via::Own(from, number) => {
                let edge = self.own_edges(from).get(number);
                edge.and_then(super::edge::Edge::kind)
                    .unwrap_or(EdgeKind::Among)
            }
        }
    }
}

/// The part of the graph that leads to the goals.
struct Part {
    /// Numbers, in order.
    nodes: Vec<usize>,
    /// By place: the edges that stay in the part.
    edges: Vec<Vec<(usize, Via)>>,
}

/// Some of the sources, as bits.
#[derive(Clone, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn add(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn join(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own |= other;
        }
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(word, bits)| {
            (0..64)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| word * 64 + bit)
        })
    }
}

impl Part {
    fn of(
        control: &Control<'_, '_>,
        toward: &Toward,
        certain: bool,
        counts: &dyn Fn(usize, Via) -> bool,
    ) -> Self {
        let nodes: Vec<usize> = (0..control.nodes.len())
            .filter(|number| toward.at(*number).is_some())
            .collect();
        let edges = nodes.iter().map(|&from| {
            let leads = |to: usize| toward.at(to).is_some();
            let edges = control.edges_to(from, certain, &leads);
            let edges = edges.into_iter().map(|(to, via, _)| (to, via));
            edges.filter(|(to, via)| counts(*to, *via)).collect()
        });
        Self {
            edges: edges.collect(),
            nodes,
        }
    }

    fn place(&self, number: usize) -> Option<usize> {
        self.nodes.binary_search(&number).ok()
    }

    /// By place: the sources that lead to it, itself among them where it is one.
    fn spread(&self, sources: &[usize]) -> Sets {
        let next: Vec<Vec<usize>> = self
            .edges
            .iter()
            .map(|edges| edges.iter().filter_map(|(to, _)| self.place(*to)).collect())
            .collect();
        let component = components(&next);
        let many = component.iter().max().map_or(0, |last| last + 1);
        let empty = Bits(vec![0; sources.len().div_ceil(64)]);
        let mut sets = vec![empty; many];
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); many];
        for (place, component) in component.iter().enumerate() {
            if let Some(members) = members.get_mut(*component) {
                members.push(place);
            }
        }
        for (at, number) in sources.iter().enumerate() {
            let place = self.place(*number);
            let of = place.and_then(|place| component.get(place));
            if let Some(set) = of.and_then(|of| sets.get_mut(*of)) {
                set.add(at);
            }
        }
        // What a component leads to was numbered before it.
        for from in (0..many).rev() {
            let mut to: Vec<usize> = members
                .get(from)
                .into_iter()
                .flatten()
                .filter_map(|place| next.get(*place))
                .flatten()
                .filter_map(|place| component.get(*place).copied())
                .filter(|to| *to != from)
                .collect();
            to.sort_unstable();
            to.dedup();
            let Some(own) = sets.get(from).cloned() else {
                continue;
            };
            for to in to {
                if let Some(set) = sets.get_mut(to) {
                    set.join(&own);
                }
            }
        }
        Sets { component, sets }
    }
}

/// The sources that lead to each component.
struct Sets {
    component: Vec<usize>,
    sets: Vec<Bits>,
}

impl Sets {
    fn of(&self, place: usize) -> Option<&Bits> {
        self.sets.get(*self.component.get(place)?)
    }
}

/// By place its component; what one leads to has a smaller number. Tarjan, "Depth-first search and linear graph
/// algorithms" (1972), without recursion.
fn components(next: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let mut index = vec![NONE; next.len()];
    let mut low = vec![NONE; next.len()];
    let mut component = vec![NONE; next.len()];
    let (mut stack, mut counter, mut found) = (Vec::new(), 0, 0);
    for root in 0..next.len() {
        if index[root] != NONE {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((at, edge)) = work.pop() {
            if edge == 0 {
                index[at] = counter;
                low[at] = counter;
                counter += 1;
                stack.push(at);
            }
            if let Some(&to) = next[at].get(edge) {
                work.push((at, edge + 1));
                if index[to] == NONE {
                    work.push((to, 0));
                } else if component[to] == NONE {
                    low[at] = low[at].min(index[to]);
                }
                continue;
            }
            if low[at] == index[at] {
                while let Some(member) = stack.pop() {
                    component[member] = found;
                    if member == at {
                        break;
                    }
                }
                found += 1;
            }
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[at]);
            }
        }
    }
    component
}
