//! The shortest ways from some nodes to a goal, in their order.
//!
//! Searched best first: a way that is begun costs its steps so far and the fewest that are left, which a search backwards
//! from the goal knows exactly. So the first that arrive are the shortest, and only what leads to the goal is looked at. Of
//! ways that cost the same the one that is nearest to the goal goes on: however many there are, one arrives at once. Ways do
//! not come back to where they were.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::rc::Rc;

use super::least::Cost;
use super::search::Via;
use super::{Control, Taken, Way};
use crate::graph::escalation::Over;
use crate::graph::path::EdgeKind;

/// How many ways may be begun before the search is given up.
const MOST_BEGUN: usize = 200_000;

/// Which ways are asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// At most so many.
    pub most: usize,
    /// Only those with a step of each of these kinds.
    pub kinds: Vec<EdgeKind>,
    /// Over none of these ids.
    pub avoid: BTreeSet<String>,
    /// Over no step of these kinds.
    pub avoid_kinds: Vec<EdgeKind>,
    /// Only those that are certain.
    pub certain: bool,
}

/// The ways that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// The shortest first; of one length those that depend on less.
    pub ways: Vec<Way>,
    /// Whether the search was given up before it had them all.
    pub is_cut: bool,
}

/// A way that is begun: the last edge, and what was before.
struct Begun {
    at: usize,
    via: Option<(Rc<Begun>, Via)>,
    steps: usize,
    open: usize,
    /// How many edges.
    edges: usize,
}

impl Begun {
    fn passes(&self, node: usize) -> bool {
        self.at == node
            || self
                .via
                .as_ref()
                .is_some_and(|(before, _)| before.passes(node))
    }

    /// Its edges in order.
    fn edges(&self) -> Vec<(usize, usize, Via)> {
        let mut edges = Vec::new();
        let mut last = self;
        while let Some((before, via)) = &last.via {
            edges.push((before.at, last.at, *via));
            last = before;
        }
        edges.reverse();
        edges
    }
}

/// An edge forwards.
struct Onward {
    to: usize,
    via: Via,
    is_step: bool,
    is_open: bool,
}

impl Control<'_, '_> {
    /// The ways from any of some nodes to any of the goals.
    pub fn paths(&self, from: &[usize], goals: &[usize], wanted: &Wanted) -> Paths {
        let toward = self.least(goals, wanted.certain);
        let left = |number: usize| toward.get(number).copied().flatten();
        let roles: Vec<(usize, usize)> = (0..self.nodes.len())
            .filter(|number| left(*number).is_some())
            .filter_map(|number| Some((self.nodes.assumed(number)?, number)))
            .collect();
        let mut paths = Paths::default();
        let mut told: BTreeSet<Vec<(String, String, EdgeKind)>> = BTreeSet::new();
        let mut heap = BinaryHeap::new();
        let mut begun: Vec<Rc<Begun>> = Vec::new();
        let begin =
            |one: Begun, left: Cost, heap: &mut BinaryHeap<_>, begun: &mut Vec<Rc<Begun>>| {
                let all = (one.steps + left.0, one.open + left.1, one.edges + left.2);
                heap.push(Reverse((all, left, Reverse(begun.len()))));
                begun.push(Rc::new(one));
            };
        // What is begun last goes on first.
        for &at in from.iter().rev() {
            if let Some(left) = left(at).filter(|_| !self.avoids(at, wanted)) {
                begin(
                    Begun {
                        at,
                        via: None,
                        steps: 0,
                        open: 0,
                        edges: 0,
                    },
                    left,
                    &mut heap,
                    &mut begun,
                );
            }
        }
        while let Some(Reverse((.., Reverse(number)))) = heap.pop() {
            let Some(one) = begun.get(number).map(Rc::clone) else {
                break;
            };
            if goals.contains(&one.at) {
                self.arrive(&one, wanted, &mut told, &mut paths);
                if paths.ways.len() >= wanted.most {
                    return paths;
                }
                continue;
            }
            if begun.len() > MOST_BEGUN {
                paths.is_cut = true;
                break;
            }
            // Who has the goal already needs no other way to it.
            let has = left(one.at).is_some_and(|(steps, ..)| steps == 0);
            let onward = self.onward(one.at, &toward, &roles, wanted.certain);
            for onward in onward.into_iter().rev() {
                let Some(left) = left(onward.to) else {
                    continue;
                };
                if has && (onward.is_step || left.0 > 0) {
                    continue;
                }
                if one.passes(onward.to) || self.avoids(onward.to, wanted) {
                    continue;
                }
                let next = Begun {
                    at: onward.to,
                    steps: one.steps + usize::from(onward.is_step),
                    open: one.open + usize::from(onward.is_open),
                    edges: one.edges + 1,
                    via: Some((Rc::clone(&one), onward.via)),
                };
                begin(next, left, &mut heap, &mut begun);
            }
        }
        paths
    }

    /// Keeps a way, if it is wanted and not told already: sets are gone through in several ways that read the same.
    fn arrive(
        &self,
        one: &Begun,
        wanted: &Wanted,
        told: &mut BTreeSet<Vec<(String, String, EdgeKind)>>,
        paths: &mut Paths,
    ) {
        let path: Vec<Taken> = self.tell(&one.edges());
        let kinds: Vec<EdgeKind> = path.iter().map(|taken| taken.step.edge).collect();
        let has_all = wanted.kinds.iter().all(|kind| kinds.contains(kind));
        let has_none = !wanted.avoid_kinds.iter().any(|kind| kinds.contains(kind));
        let gist = path.iter().map(|taken| {
            let step = &taken.step;
            (step.from.clone(), step.to.clone(), step.edge)
        });
        if has_all && has_none && told.insert(gist.collect()) {
            paths.ways.push(Way {
                steps: one.steps,
                path,
            });
        }
    }

    fn avoids(&self, number: usize, wanted: &Wanted) -> bool {
        !wanted.avoid.is_empty()
            && self
                .nodes
                .id(self.graph, number)
                .is_some_and(|id| wanted.avoid.contains(&id))
    }

    /// The edges from a node to what leads to the goal.
    fn onward(
        &self,
        at: usize,
        toward: &[Option<Cost>],
        roles: &[(usize, usize)],
        certain: bool,
    ) -> Vec<Onward> {
        let mut all = Vec::new();
        for (number, edge) in self.own_edges(at).iter().enumerate() {
            if edge.open.is_none() || !certain {
                all.push(Onward {
                    to: edge.to,
                    via: Via::Own(at, number),
                    is_step: edge.is_step(),
                    is_open: edge.open.is_some(),
                });
            }
        }
        let over = Over {
            certain,
            machines: true,
        };
        if let super::Node::Inside(cluster, inner) = self.nodes.get(at)
            && let Some(inside) = self.nodes.clusters.get(cluster)
        {
            for (number, edge) in inside.escalation.edges_of(inner).iter().enumerate() {
                if over.takes(edge) {
                    all.push(Onward {
                        to: inside.number(edge.to()),
                        via: Via::Inside(cluster, inner, number),
                        is_step: edge.is_step(),
                        is_open: edge.open.is_some(),
                    });
                }
            }
        }
        if let super::Node::Principal(from) = self.nodes.get(at) {
            for &(role, to) in roles {
                let assumed = self
                    .assume
                    .may_ask(from, role)
                    .then(|| self.assume.edge(from, role));
                if let Some(assumed) = assumed
                    .flatten()
                    .filter(|one| one.open.is_none() || !certain)
                {
                    all.push(Onward {
                        to,
                        via: Via::Assume(from, role),
                        is_step: true,
                        is_open: assumed.open.is_some(),
                    });
                }
            }
        }
        all.retain(|onward| toward.get(onward.to).is_some_and(Option::is_some));
        all
    }
}
