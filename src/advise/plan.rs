//! The fewest changes that cut the ways to what is worth protecting, each plan tried on a copy of the snapshot.
//!
//! Every way rests on facts, and with any of those gone it is gone: a way is a set of changes of which one has to be made.
//! The fewest changes that take from all sets are made to a copy, everything is evaluated again, and the ways that are
//! still there are sets for the next choice. What is chosen when no way is left is the fewest there can be, for no choice
//! that leaves one of the sets untouched cuts its way.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::control::{Control, Toward, Way};
use crate::graph::named::Unnamed;
use crate::graph::treasure::Treasure;
use crate::graph::{Graph, Scope};
use crate::snapshot::Snapshot;

use super::change::{Change, Edit, apply};
use super::hitting::cheapest;
use super::loss::{Loss, losses};

/// How many choices are begun before the fewest are given up.
const TRIALS: usize = 100_000;

/// What a change costs; a smaller part decides between choices of as many changes.
const COST: u64 = 1000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where ways begin: ids and sets.
    pub from: Vec<String>,
    /// Where they end.
    pub to: Vec<String>,
    /// Names and ids whose policies, bindings and specs stay as they are.
    pub keep: Vec<String>,
    /// Whether only ways count that depend on nothing that is not known.
    pub certain: bool,
    /// What the user calls worth protecting.
    pub treasure: Treasure,
    /// How often everything may be evaluated again in search of the fewest changes.
    pub evaluations: usize,
}

/// A way that leads somewhere: its two ends, by their ids.
pub type Pair = (String, String);

/// A change of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// The change.
    pub change: Change,
    /// As the edit to make once those before it are made.
    pub edit: Edit,
    /// The pairs that have no way left by it and those before it, and had one without it.
    pub cuts: Vec<Pair>,
    /// What is lost by it.
    pub losses: Vec<Loss>,
}

/// A pair that no change is known to part.
#[derive(Clone, Debug)]
pub struct Stay {
    /// The ends.
    pub pair: Pair,
    /// The way that stays.
    pub way: Way,
}

/// A plan, proved: the pairs are those of the snapshot as it is after the changes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The changes, that which cuts the most first.
    pub steps: Vec<Step>,
    /// How many pairs there are before.
    pub before: usize,
    /// The pairs that stay, each with a way.
    pub stays: Vec<Stay>,
    /// No fewer changes cut as much; less than the steps: it was not found whether fewer do.
    pub bound: usize,
    /// How often everything was evaluated.
    pub evaluations: usize,
    /// Workloads that were not asked about, since they are there to have power.
    pub expected: Vec<String>,
    /// What was not read, so that there may be more ways; a sentence each.
    pub unread: Vec<String>,
}

/// Looks for the fewest changes that part all pairs.
///
/// # Errors
/// There is nothing of a name that was asked for.
pub fn plan(snapshot: &Snapshot, asked: &Asked) -> Result<Plan, Unnamed> {
    let graph = built(snapshot, asked);
    let mut control = graph.control();
    // Here, and only here, a name that is nobody's is an error: a change may take away what had it.
    for name in asked.from.iter().chain(&asked.to) {
        control.end(name)?;
    }
    drop(control);
    let known = |name: &String| {
        let who = graph.who(name, true);
        who.map_or_else(|_| name.clone(), |who| graph.id_of(&who))
    };
    let mut search = Search {
        graph: &graph,
        asked,
        keep: asked.keep.iter().map(known).collect(),
        ways: BTreeMap::new(),
        stays: BTreeMap::new(),
        evaluations: 0,
        bound: 0,
    };
    let before: BTreeSet<Pair> = search.look(&BTreeSet::new()).into_keys().collect();
    let chosen = search.choose();
    let steps = search.order(&before, chosen);
    let stays = search.stays.into_iter();
    Ok(Plan {
        before: before.len(),
        bound: search.bound.min(steps.len()),
        steps,
        stays: stays.map(|(pair, way)| Stay { pair, way }).collect(),
        evaluations: search.evaluations,
        expected: expected(&graph, asked),
        unread: graph.unread_control(),
    })
}

fn built<'s>(snapshot: &'s Snapshot, asked: &Asked) -> Graph<'s> {
    Graph::build(snapshot, Some(Scope::Account)).with_treasure(&asked.treasure)
}

/// The workloads that a set of workloads leaves out: those of known controllers, and of kube-system.
fn expected(graph: &Graph<'_>, asked: &Asked) -> Vec<String> {
    let is_asked = asked.from.iter().any(|name| is_set(name));
    let workloads = graph.workloads.workloads.iter().enumerate();
    let left = workloads.filter(|(at, _)| is_asked && graph.is_expected(*at));
    left.map(|(_, one)| one.id.clone()).collect()
}

fn is_set(name: &str) -> bool {
    name == "any-pod" || name.starts_with("namespace/")
}

struct Search<'a, 's> {
    graph: &'a Graph<'s>,
    asked: &'a Asked,
    /// The ids of what stays as it is.
    keep: BTreeSet<String>,
    /// By pair, of each way that was found the changes of which one has to be made.
    ways: BTreeMap<Pair, BTreeSet<BTreeSet<Change>>>,
    stays: BTreeMap<Pair, Way>,
    evaluations: usize,
    bound: usize,
}

impl Search<'_, '_> {
    /// The pairs that have a way once some changes are made, each with the changes of which one parts that way. Pairs of
    /// which one way rests on nothing that can be changed go to those that stay.
    fn look(&mut self, made: &BTreeSet<Change>) -> BTreeMap<Pair, BTreeSet<Change>> {
        self.evaluations += 1;
        let changed = apply(self.graph, made);
        let graph = built(&changed, self.asked);
        let mut stays = BTreeMap::new();
        let mut pairs = BTreeMap::new();
        self.each_pair(&graph, &mut |pair, control, toward, number| {
            if self.stays.contains_key(&pair) || stays.contains_key(&pair) {
                return;
            }
            let cuts = self.cuts(&graph, control, toward, number, made);
            if let (true, Some(way)) = (cuts.is_empty(), control.way(toward, number)) {
                stays.insert(pair.clone(), way);
            }
            pairs.insert(pair, cuts);
        });
        self.stays.extend(stays);
        for (pair, set) in pairs.iter().filter(|(_, set)| !set.is_empty()) {
            let known = self.ways.entry(pair.clone()).or_default();
            known.insert(set.clone());
        }
        pairs
    }

    /// The changes each of which parts the shortest way, as changes of the snapshot as it was.
    fn cuts(
        &self,
        graph: &Graph<'_>,
        control: &Control<'_, '_>,
        toward: &Toward,
        from: usize,
        made: &BTreeSet<Change>,
    ) -> BTreeSet<Change> {
        let causes = control.causes(toward, from);
        let changes = causes.iter().flat_map(|cause| Change::of(cause, graph));
        let before = changes.map(|change| change.before(made));
        before
            // What is made and leaves the way does not part it.
            .filter(|change| !made.contains(change) && !change.is_of(&self.keep, graph))
            .collect()
    }

    fn sources(&self, graph: &Graph<'_>, control: &mut Control<'_, '_>) -> Vec<(usize, String)> {
        let mut found = BTreeMap::new();
        for name in &self.asked.from {
            let Ok(end) = control.end(name) else {
                continue;
            };
            for number in end.numbers {
                let workload = control.nodes().workload_at(number);
                let skip = is_set(name) && workload.is_some_and(|at| graph.is_expected(at));
                let id = control.nodes().id(graph, number);
                let id = id.unwrap_or_else(|| end.name.clone());
                if !skip {
                    found.insert(number, id);
                }
            }
        }
        found.into_iter().collect()
    }

    /// What is to be reached, each under its id. What the user names as one is one.
    fn goals(&self, graph: &Graph<'_>, control: &mut Control<'_, '_>) -> Vec<(Vec<usize>, String)> {
        let mut found = BTreeMap::new();
        for name in &self.asked.to {
            if name == "jewels" {
                for end in control.each_jewel().unwrap_or_default() {
                    found.insert(end.numbers, end.name);
                }
                continue;
            }
            let Ok(end) = control.end(name) else {
                continue;
            };
            for number in end.numbers {
                let id = control.nodes().id(graph, number);
                found.insert(vec![number], id.unwrap_or_else(|| end.name.clone()));
            }
        }
        found.into_iter().collect()
    }

    /// The fewest changes that part all pairs which can be parted; after too many evaluations some that do.
    fn choose(&mut self) -> BTreeSet<Change> {
        let mut chosen = BTreeSet::new();
        loop {
            let sets: BTreeSet<&BTreeSet<Change>> = self.ways.values().flatten().collect();
            let all: BTreeSet<&Change> = sets.iter().copied().flatten().collect();
            let all: Vec<&Change> = all.into_iter().collect();
            let number = |one: &Change| all.binary_search(&one).ok();
            let sets: Vec<BTreeSet<usize>> = sets
                .into_iter()
                .map(|set| set.iter().filter_map(number).collect())
                .collect();
            // Of as many changes those that touch the fewest things: the order of the ids decides the rest.
            let cost = |at: usize| COST + all.get(at).map_or(0, |one| one.breadth());
            let is_searching = self.evaluations <= self.asked.evaluations;
            let choice = cheapest(&sets, &cost, if is_searching { TRIALS } else { 0 });
            let fewest = match choice.bound == choice.cost {
                true => choice.taken.len(),
                false => usize::try_from(choice.bound.div_ceil(COST + 9)).unwrap_or(0),
            };
            self.bound = self.bound.max(fewest);
            let next: BTreeSet<Change> = choice
                .taken
                .iter()
                .filter_map(|at| all.get(*at).map(|one| (*one).clone()))
                .collect();
            match is_searching {
                true => chosen = next,
                // From here on nothing is taken back, so that it comes to an end.
                false => chosen.extend(next),
            }
            let made = chosen.clone();
            let left = self.look(&made);
            let is_parted = left.values().all(BTreeSet::is_empty);
            if is_parted {
                return chosen;
            }
        }
    }

    /// In the order in which they part the most pairs, each with what it is once those before it are made.
    fn order(&mut self, before: &BTreeSet<Pair>, chosen: BTreeSet<Change>) -> Vec<Step> {
        let mut left = chosen;
        let mut made: BTreeSet<Change> = BTreeSet::new();
        let mut open: BTreeSet<Pair> = before.clone();
        let mut steps = Vec::new();
        while !left.is_empty() {
            let Some(next) = self.worthiest(&left, &made).cloned() else {
                break;
            };
            left.remove(&next);
            let earlier = apply(self.graph, &made);
            let earlier = built(&earlier, self.asked);
            let now = next.now(&made);
            made.insert(next.clone());
            let later = apply(self.graph, &made);
            let later = built(&later, self.asked);
            let still = self.pairs(&later);
            steps.push(Step {
                edit: now.edit(&earlier),
                losses: losses(&earlier, &later, &now),
                cuts: open.difference(&still).cloned().collect(),
                change: next,
            });
            open.retain(|pair| still.contains(pair));
        }
        steps
    }

    /// The change with which the most pairs have no way left, as far as their ways were found; of several that which parts
    /// the most ways.
    fn worthiest<'c>(
        &self,
        left: &'c BTreeSet<Change>,
        made: &BTreeSet<Change>,
    ) -> Option<&'c Change> {
        let worth = |one: &Change| {
            let parts = |set: &BTreeSet<Change>| set.contains(one) || !set.is_disjoint(made);
            let ways = self.ways.values();
            let open = ways.filter(|sets| sets.iter().any(|set| set.is_disjoint(made)));
            let (mut pairs, mut hits) = (0, 0);
            for sets in open {
                let parted = sets.iter().filter(|set| parts(set)).count();
                pairs += usize::from(parted == sets.len());
                hits += parted;
            }
            (pairs, hits)
        };
        left.iter()
            .max_by_key(|one| (worth(one), std::cmp::Reverse(*one)))
    }

    /// The pairs that have a way in a graph, those that stay among them.
    fn pairs(&mut self, graph: &Graph<'_>) -> BTreeSet<Pair> {
        self.evaluations += 1;
        let mut pairs = BTreeSet::new();
        self.each_pair(graph, &mut |pair, _, _, _| {
            pairs.insert(pair);
        });
        pairs
    }

    /// Each pair that has a way in a graph, with what leads to its end and the number of its beginning.
    fn each_pair<'g>(
        &self,
        graph: &'g Graph<'_>,
        found: &mut dyn FnMut(Pair, &Control<'g, '_>, &Toward, usize),
    ) {
        let mut control = graph.control();
        let from = self.sources(graph, &mut control);
        for (goal, to) in self.goals(graph, &mut control) {
            let toward = control.toward(&goal, self.asked.certain);
            for (number, id) in &from {
                if toward.steps(*number).is_some() && !goal.contains(number) {
                    found((id.clone(), to.clone()), &control, &toward, *number);
                }
            }
        }
    }
}
