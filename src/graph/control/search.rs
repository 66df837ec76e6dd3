//! From every node the shortest way to a goal: one search, backwards.

use std::collections::VecDeque;

use super::Control;
use crate::graph::escalation::Over;

/// An edge, wherever it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// Of this node, the edge under a number.
    Own(usize, usize),
    /// In the cluster at a place, of a node, the edge under a number.
    Inside(usize, usize, usize),
    /// A principal assumes the role.
    Assume(usize, usize),
}

/// Who leads there, by which edge, and whether that is a step.
pub(super) type Before = (usize, Via, bool);

/// A node that leads to the goal: in how many steps, over which next node by which edge; none at the goal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) steps: usize,
    pub(super) next: Option<(usize, Via)>,
}

/// What leads to a goal.
#[derive(Debug)]
pub struct Toward {
    pub(super) found: Vec<Option<Found>>,
}

impl Toward {
    /// How many steps it takes from a node.
    pub fn steps(&self, number: usize) -> Option<usize> {
        Some(self.at(number)?.steps)
    }

    pub(super) fn at(&self, number: usize) -> Option<Found> {
        self.found.get(number).copied().flatten()
    }

    pub(super) fn set(&mut self, number: usize, found: Found) {
        if let Some(place) = self.found.get_mut(number) {
            *place = Some(found);
        }
    }
}

impl Control<'_, '_> {
    /// What leads to the goals, over edges that are certain or over all.
    pub fn toward(&self, goals: &[usize], certain: bool) -> Toward {
        let into = self.into(certain);
        let mut toward = Toward {
            found: vec![None; self.nodes.len()],
        };
        let mut queue = VecDeque::new();
        for goal in goals {
            toward.set(
                *goal,
                Found {
                    steps: 0,
                    next: None,
                },
            );
            queue.push_back((*goal, 0));
        }
        while let Some((at, steps)) = queue.pop_front() {
            // A shorter way was found after this one was queued.
            if toward.steps(at).is_some_and(|known| known < steps) {
                continue;
            }
            for &(before, via, is_step) in into.get(at).into_iter().flatten() {
                let steps = steps + usize::from(is_step);
                if toward.steps(before).is_none_or(|known| steps < known) {
                    toward.set(
                        before,
                        Found {
                            steps,
                            next: Some((at, via)),
                        },
                    );
                    match is_step {
                        true => queue.push_back((before, steps)),
                        false => queue.push_front((before, steps)),
                    }
                }
            }
            self.assumers(at, steps, certain, &mut toward, &mut queue);
        }
        toward
    }

    /// Those that may assume a role. Whoever is found already has a way that is no longer, so each is asked of few
    /// roles.
    fn assumers(
        &self,
        at: usize,
        steps: usize,
        certain: bool,
        toward: &mut Toward,
        queue: &mut VecDeque<(usize, usize)>,
    ) {
        let Some(role) = self.nodes.assumed(at) else {
            return;
        };
        let steps = steps + 1;
        for &from in self.assume.candidates(role).iter() {
            if toward.steps(from).is_some_and(|known| known <= steps) {
                continue;
            }
            let Some(assumed) = self.assume.edge(from, role) else {
                continue;
            };
            if certain && assumed.open.is_some() {
                continue;
            }
            let next = Some((at, Via::Assume(from, role)));
            toward.set(from, Found { steps, next });
            queue.push_back((from, steps));
        }
    }

    /// The edges into each node, but those to roles that are assumed; worked out once.
    pub(super) fn into(&self, certain: bool) -> &[Vec<Before>] {
        let [sure, all] = &self.into;
        let into = if certain { sure } else { all };
        into.get_or_init(|| self.backwards(certain))
    }

    fn backwards(&self, certain: bool) -> Vec<Vec<Before>> {
        let mut into: Vec<Vec<Before>> = vec![Vec::new(); self.nodes.len()];
        let mut add = |to: usize, from: usize, via: Via, is_step: bool| {
            if let Some(into) = into.get_mut(to) {
                into.push((from, via, is_step));
            }
        };
        for (from, edges) in self.edges.iter().enumerate() {
            for (number, edge) in edges.iter().enumerate() {
                if edge.open.is_none() || !certain {
                    add(edge.to, from, Via::Own(from, number), edge.is_step());
                }
            }
        }
        let over = Over {
            certain,
            machines: true,
        };
        for (cluster, inside) in self.nodes.clusters.iter().enumerate() {
            for at in 0..inside.escalation.len() {
                for (number, edge) in inside.escalation.edges_of(at).iter().enumerate() {
                    if over.takes(edge) {
                        let via = Via::Inside(cluster, at, number);
                        add(
                            inside.number(edge.to()),
                            inside.number(at),
                            via,
                            edge.is_step(),
                        );
                    }
                }
            }
        }
        into
    }
}
