//! From every node the least cost to a goal: the fewest steps; of those ways the fewest edges that depend on something; of
//! those the fewest edges.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Control;
use super::search::Via;

/// Steps, how many edges depend on something, and how many there are.
pub(super) type Cost = (usize, usize, usize);

impl Control<'_, '_> {
    /// By number of a node; nothing where no way leads to the goals.
    pub(super) fn least(&self, goals: &[usize], certain: bool) -> Vec<Option<Cost>> {
        let into = self.into(certain);
        let mut least: Vec<Option<Cost>> = vec![None; self.nodes.len()];
        let mut heap = BinaryHeap::new();
        for goal in goals {
            lower(&mut least, &mut heap, *goal, (0, 0, 0));
        }
        while let Some(Reverse((cost, at))) = heap.pop() {
            // A cheaper way was found after this one was queued.
            if least.get(at).copied().flatten() != Some(cost) {
                continue;
            }
            let (steps, open, edges) = cost;
            for &(before, via, is_step) in into.get(at).into_iter().flatten() {
                let cost = (
                    steps + usize::from(is_step),
                    open + usize::from(self.is_open(via)),
                    edges + 1,
                );
                lower(&mut least, &mut heap, before, cost);
            }
            let Some(role) = self.nodes.assumed(at) else {
                continue;
            };
            for &from in self.assume.candidates(role).iter() {
                // Whoever is there for less is not asked.
                let known = least.get(from).copied().flatten();
                if known.is_some_and(|known| known <= (steps + 1, open, edges + 1)) {
                    continue;
                }
                let assumed = self.assume.edge(from, role);
                if let Some(assumed) = assumed.filter(|one| one.open.is_none() || !certain) {
                    let open = open + usize::from(assumed.open.is_some());
                    let cost = (steps + 1, open, edges + 1);
                    lower(&mut least, &mut heap, from, cost);
                }
            }
        }
        least
    }

    /// Whether an edge that is kept depends on something.
    fn is_open(&self, via: Via) -> bool {
        match via {
            Via::Own(of, number) => {
                let edge = self.own_edges(of).get(number);
                edge.is_some_and(|edge| edge.open.is_some())
            }
            Via::Inside(cluster, at, number) => {
                let inside = self.nodes.clusters.get(cluster);
                let edge = inside.and_then(|inside| inside.escalation.edges_of(at).get(number));
                edge.is_some_and(|edge| edge.open.is_some())
            }
            Via::Assume(of, role) => {
                let assumed = self.assume.edge(of, role);
                assumed.is_some_and(|one| one.open.is_some())
            }
        }
    }
}

fn lower(
    least: &mut [Option<Cost>],
    heap: &mut BinaryHeap<Reverse<(Cost, usize)>>,
    at: usize,
    cost: Cost,
) {
    if let Some(known) = least.get_mut(at)
        && known.is_none_or(|known| cost < known)
    {
        *known = Some(cost);
        heap.push(Reverse((cost, at)));
    }
}
