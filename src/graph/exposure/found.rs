//! The ways that were found in a cluster: each once, by what it leads to.
//!
//! A Service leads to all pods of a kind in the same way, so that ways are kept by group and kind, and workloads of the
//! same groups and kinds share what they come to. So the work grows with the doors and the pods behind, and not with
//! their product, where Services select alike.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::target::Targets;
use super::ways::{WayIn, Ways};

/// What ways lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum To {
    /// The pods of a kind in a group.
    Kind(usize, usize),
    /// One workload's own, over its nodes' ports: the number of the set of ways.
    Own(usize),
}

/// The ways that were found.
#[derive(Debug, Default)]
pub(super) struct Found {
    ways: Vec<Rc<WayIn>>,
    numbers: HashMap<Rc<WayIn>, usize>,
    to_kinds: BTreeMap<(usize, usize), Vec<usize>>,
    own: BTreeMap<usize, BTreeSet<usize>>,
}

impl Found {
    /// A way to all pods of a kind in a group.
    pub(super) fn at_kind(&mut self, group: usize, kind: usize, way: WayIn) {
        let number = self.number(way);
        self.to_kinds.entry((group, kind)).or_default().push(number);
    }

    /// A way to one workload.
    pub(super) fn on_its_own(&mut self, workload: usize, way: WayIn) {
        let number = self.number(way);
        self.own.entry(workload).or_default().insert(number);
    }

    fn number(&mut self, way: WayIn) -> usize {
        if let Some(number) = self.numbers.get(&way) {
            return *number;
        }
        let way = Rc::new(way);
        let number = self.ways.len();
        self.ways.push(Rc::clone(&way));
        self.numbers.insert(way, number);
        number
    }

    /// What they come to for each workload.
    pub(super) fn by_workload(&self, targets: &Targets<'_>) -> BTreeMap<usize, Rc<Ways>> {
        let mut to: BTreeMap<usize, BTreeSet<To>> = BTreeMap::new();
        let groups: BTreeSet<usize> = self.to_kinds.keys().map(|(group, _)| *group).collect();
        for group in groups {
            for target in targets.members(group) {
                if self.to_kinds.contains_key(&(group, target.kind)) {
                    let all = to.entry(target.workload).or_default();
                    all.insert(To::Kind(group, target.kind));
                }
            }
        }
        let mut sets: Vec<&BTreeSet<usize>> = Vec::new();
        let mut known: HashMap<&BTreeSet<usize>, usize> = HashMap::new();
        for (workload, own) in &self.own {
            let set = *known.entry(own).or_insert_with(|| {
                sets.push(own);
                sets.len() - 1
            });
            to.entry(*workload).or_default().insert(To::Own(set));
        }
        let mut shared: HashMap<BTreeSet<To>, Rc<Ways>> = HashMap::new();
        to.into_iter()
            .map(|(workload, to)| {
                let ways = shared.get(&to).cloned();
                let ways = ways.unwrap_or_else(|| {
                    let ways = Rc::new(self.all_of(&to, &sets));
                    shared.insert(to, Rc::clone(&ways));
                    ways
                });
                (workload, ways)
            })
            .collect()
    }

    fn all_of(&self, to: &BTreeSet<To>, sets: &[&BTreeSet<usize>]) -> Ways {
        let mut numbers: BTreeSet<usize> = BTreeSet::new();
        for one in to {
            match one {
                To::Kind(group, kind) => {
                    numbers.extend(self.to_kinds.get(&(*group, *kind)).into_iter().flatten());
                }
                To::Own(set) => numbers.extend(sets.get(*set).copied().into_iter().flatten()),
            }
        }
        Ways::of(numbers.iter().filter_map(|number| self.ways.get(*number)))
    }
}
