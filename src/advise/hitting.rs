//! The cheapest choice that takes something from each of some sets: which changes cut every path, given the changes that
//! cut each.
//!
//! The minimum hitting set is NP-hard (Karp, "Reducibility among combinatorial problems", 1972, as the dual of set
//! cover), so the search is exact while it stays within a number of trials, and else says how far off its answer can be.

use std::collections::BTreeSet;

/// A choice, and what is known of how good it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is taken, in order.
    pub taken: BTreeSet<usize>,
    /// What it costs.
    pub cost: u64,
    /// No choice costs less than this; equal to the cost: it is the cheapest.
    pub bound: u64,
}

/// The cheapest choice that takes something from each of the sets. Sets that are empty are passed over.
///
/// `cost` gives what taking one costs, more than nothing; `trials` how many choices may be begun.
pub fn cheapest(sets: &[BTreeSet<usize>], cost: &dyn Fn(usize) -> u64, trials: usize) -> Choice {
    let sets = smallest(sets);
    let mut search = Search {
        sets: &sets,
        cost,
        left: trials,
        best: greedy(&sets, cost),
    };
    let bound = disjoint(&sets, cost, &BTreeSet::new(), &BTreeSet::new());
    search.go(&mut BTreeSet::new(), &mut BTreeSet::new());
    let is_exact = search.left > 0;
    let taken = search.best;
    let paid = taken.iter().map(|one| cost(*one)).sum();
    Choice {
        cost: paid,
        bound: if is_exact { paid } else { bound },
        taken,
    }
}

/// Those that hold no other: what takes from the others takes from them.
fn smallest(sets: &[BTreeSet<usize>]) -> Vec<BTreeSet<usize>> {
    let mut all: Vec<&BTreeSet<usize>> = sets.iter().filter(|set| !set.is_empty()).collect();
    all.sort_by_key(|set| (set.len(), set.iter().copied().collect::<Vec<_>>()));
    all.dedup();
    let mut kept: Vec<BTreeSet<usize>> = Vec::new();
    for set in all {
        if !kept.iter().any(|one| one.is_subset(set)) {
            kept.push(set.clone());
        }
    }
    kept
}

/// Each time what takes from the most sets for its cost.
fn greedy(sets: &[BTreeSet<usize>], cost: &dyn Fn(usize) -> u64) -> BTreeSet<usize> {
    let mut left: Vec<&BTreeSet<usize>> = sets.iter().collect();
    let mut taken = BTreeSet::new();
    while !left.is_empty() {
        let all: BTreeSet<usize> = left.iter().flat_map(|set| set.iter().copied()).collect();
        let worth = |one: &usize| {
            let hit = left.iter().filter(|set| set.contains(one)).count() as u64;
            // Compared as fractions: sets for a cost.
            (
                hit.saturating_mul(1_000_000) / cost(*one).max(1),
                std::cmp::Reverse(*one),
            )
        };
        let Some(best) = all.into_iter().max_by_key(worth) else {
            break;
        };
        left.retain(|set| !set.contains(&best));
        taken.insert(best);
    }
    taken
}

/// Of sets that have nothing in common each asks for something of its own: what that costs at least.
fn disjoint(
    sets: &[BTreeSet<usize>],
    cost: &dyn Fn(usize) -> u64,
    taken: &BTreeSet<usize>,
    barred: &BTreeSet<usize>,
) -> u64 {
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut bound = 0;
    for set in sets.iter().filter(|set| set.is_disjoint(taken)) {
        let open: Vec<usize> = set.difference(barred).copied().collect();
        if open.iter().any(|one| used.contains(one)) {
            continue;
        }
        // With nothing left to take, no choice is one.
        let Some(least) = open.iter().map(|one| cost(*one)).min() else {
            return u64::MAX;
        };
        bound += least;
        used.extend(open);
    }
    bound
}

struct Search<'s> {
    sets: &'s [BTreeSet<usize>],
    cost: &'s dyn Fn(usize) -> u64,
    left: usize,
    best: BTreeSet<usize>,
}

impl Search<'_> {
    fn paid(&self, taken: &BTreeSet<usize>) -> u64 {
        taken.iter().map(|one| (self.cost)(*one)).sum()
    }

    /// Takes each of what is left of the smallest set in turn; what was tried is barred for those after it.
    fn go(&mut self, taken: &mut BTreeSet<usize>, barred: &mut BTreeSet<usize>) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        let paid = self.paid(taken);
        let least = disjoint(self.sets, self.cost, taken, barred);
        if paid.saturating_add(least) >= self.paid(&self.best) {
            return;
        }
        let open = self.sets.iter().filter(|set| set.is_disjoint(taken));
        let next = open
            .map(|set| set.difference(barred).copied().collect::<Vec<usize>>())
            .min_by_key(Vec::len);
        let Some(mut next) = next else {
            self.best = taken.clone();
            return;
        };
        let cost = self.cost;
        next.sort_by_key(|one| (cost(*one), *one));
        let mut tried = Vec::new();
        for one in next {
            taken.insert(one);
            self.go(taken, barred);
            taken.remove(&one);
            barred.insert(one);
            tried.push(one);
        }
        for one in tried {
            barred.remove(&one);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sets(all: &[&[usize]]) -> Vec<BTreeSet<usize>> {
        let set = |one: &&[usize]| one.iter().copied().collect();
        all.iter().map(set).collect()
    }

    fn even(_: usize) -> u64 {
        1
    }

    #[test]
    fn one_in_all_of_them_is_enough() {
        let found = cheapest(&sets(&[&[1, 2], &[2, 3], &[2, 4, 5]]), &even, 1000);
        assert_eq!(found.taken, BTreeSet::from([2]), "{found:?}");
        assert_eq!((found.cost, found.bound), (1, 1), "{found:?}");
    }

    #[test]
    fn two_cheap_ones_are_better_than_a_dear_one() {
        let dear = |one: usize| if one == 2 { 5 } else { 1 };
        let found = cheapest(&sets(&[&[1, 2], &[2, 3]]), &dear, 1000);
        assert_eq!(found.taken, BTreeSet::from([1, 3]), "{found:?}");
    }

    #[test]
    fn the_greedy_choice_is_improved_on() {
        // The most frequent is 1, and with it three are taken; 2 and 3 are enough.
        let all = sets(&[&[1, 2], &[1, 3], &[1, 2], &[1, 3], &[2], &[3]]);
        let found = cheapest(&all, &even, 1000);
        assert_eq!(found.taken, BTreeSet::from([2, 3]), "{found:?}");
    }

    #[test]
    fn nothing_to_cut_costs_nothing() {
        for all in [&[][..], &[&[][..]][..]] {
            let found = cheapest(&sets(all), &even, 10);
            assert_eq!(found, Choice::default(), "{all:?}");
        }
    }

    #[test]
    fn given_up_it_says_how_far_off_it_can_be() {
        let all = sets(&[&[1, 2], &[3, 4], &[1, 4], &[2, 3, 5]]);
        let found = cheapest(&all, &even, 0);
        assert_eq!(found.bound, 2, "{found:?}");
        assert!(
            all.iter().all(|set| !set.is_disjoint(&found.taken)),
            "{found:?}"
        );
    }

    /// The cheapest of all choices, by looking at each.
    fn slow(all: &[BTreeSet<usize>], cost: &dyn Fn(usize) -> u64, of: usize) -> u64 {
        let choices = (0..1_usize << of).filter_map(|bits| {
            let taken: BTreeSet<usize> = (0..of).filter(|one| bits >> one & 1 == 1).collect();
            let hits = |set: &BTreeSet<usize>| set.is_empty() || !set.is_disjoint(&taken);
            all.iter()
                .all(hits)
                .then(|| taken.into_iter().map(cost).sum())
        });
        choices.min().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn it_is_the_cheapest_of_all_choices(
            all in prop::collection::vec(prop::collection::btree_set(0_usize..9, 0..5), 0..9),
            costs in prop::collection::vec(1_u64..4, 9),
            trials in 0_usize..40,
        ) {
            let cost = |one: usize| costs.get(one).copied().unwrap_or(1);
            let best = slow(&all, &cost, 9);
            let exact = cheapest(&all, &cost, 100_000);
            prop_assert_eq!((exact.cost, exact.bound), (best, best), "{:?}", all);
            let cut = cheapest(&all, &cost, trials);
            prop_assert!(cut.bound <= best && best <= cut.cost, "{:?}: {:?}, best {}", all, cut, best);
            let hits = all.iter().all(|set| set.is_empty() || !set.is_disjoint(&cut.taken));
            prop_assert!(hits, "{:?} does not take from all of {:?}", cut, all);
        }
    }
}
