//! What a run found: how its cases ended, what explained the disagreements, and whether they were varied.

use std::collections::BTreeMap;

use serde_json::Value;

use super::case::Case;
use super::coverage::Coverage;
use super::disagreements::{GROUPS, LAST};
use super::reference::Reference;
use super::{DOUBT, Outcome, explain};

/// What a run found.
#[derive(Default)]
pub struct Tally {
    verdicts: BTreeMap<String, u64>,
    open: u64,
    completed: u64,
    explained: BTreeMap<&'static str, u64>,
    /// By this fault and no other.
    alone: BTreeMap<&'static str, u64>,
    pub disagreed: Vec<(u64, usize, String, String)>,
    coverage: Coverage,
}

impl Tally {
    pub fn run(
        &mut self,
        reference: &mut Reference,
        seed: u64,
        numbers: impl Iterator<Item = u64>,
    ) {
        let cases: Vec<Case> = numbers.map(|n| Case::new(seed, n)).collect();
        let verdicts: Vec<String> = cases.iter().map(Case::verdict).collect();
        let asked: Vec<&Value> = cases.iter().flat_map(|c| &c.asked).collect();
        let mut answers = reference.ask(&asked).into_iter();
        for (case, ours) in cases.iter().zip(verdicts) {
            let completions = case.asked.len();
            for (at, asked) in case.asked.iter().enumerate() {
                let said = answers.next().unwrap_or_default();
                match explain(reference, &ours, asked, completions, &said) {
                    Outcome::Agreed => {}
                    Outcome::Explained(names) => {
                        if let [one] = names[..] {
                            *self.alone.entry(one).or_default() += 1;
                        }
                        for name in names {
                            *self.explained.entry(name).or_default() += 1;
                        }
                    }
                    Outcome::Disagreed(said) => {
                        self.disagreed.push((case.number, at, ours.clone(), said));
                        break;
                    }
                }
            }
            if completions == 1 {
                self.coverage.add(&case.ours, &ours);
            } else {
                self.completed += 1;
                self.open += u64::from(ours == "conditional");
            }
            *self.verdicts.entry(ours).or_default() += 1;
        }
    }

    pub fn join(&mut self, other: Self) {
        for (verdict, n) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += n;
        }
        for (name, n) in other.explained {
            *self.explained.entry(name).or_default() += n;
        }
        for (name, n) in other.alone {
            *self.alone.entry(name).or_default() += n;
        }
        self.open += other.open;
        self.completed += other.completed;
        self.disagreed.extend(other.disagreed);
        self.coverage.join(other.coverage);
    }

    pub fn show(&self) -> String {
        format!(
            "verdicts: {:?}\nof {} cases that leave something open {} are conditional\nthe reference's faults: {:?}\n\
             each alone: {:?}\nfeatures that decided: {}",
            self.verdicts,
            self.completed,
            self.open,
            self.explained,
            self.alone,
            self.coverage.show()
        )
    }
}

impl Tally {
    /// That the cases tried what they are there for.
    pub fn is_varied(&self, cases: u64) {
        for verdict in ["allowed", "implicitDeny", "explicitDeny"] {
            let n = self.verdicts.get(verdict).copied().unwrap_or_default();
            assert!(n * 100 >= cases * 15, "{verdict}: {n} of {cases}");
        }
        assert!(
            self.open * 100 >= self.completed * 5 && self.open * 100 <= self.completed * 80,
            "{} of {} are conditional",
            self.open,
            self.completed
        );
        for name in GROUPS
            .iter()
            .chain(LAST.iter().map(|(_, g)| g))
            .map(|g| g.name)
            .chain([DOUBT])
        {
            assert!(
                self.alone.contains_key(name),
                "no case needs the reference's fault {name:?}: is it mended?"
            );
        }
        let lacking = self.coverage.lacking();
        assert!(
            lacking.is_empty(),
            "these never decided, either way: {lacking:?}"
        );
    }
}
