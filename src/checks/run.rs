//! Asks the graph every question that was chosen.

use serde::{Deserialize, Serialize};

use crate::graph::Graph;

use super::check::{Answers, Registered};
use super::finding::Finding;
use super::outcome::{Outcome, outcome};
use super::shared::Shared;

/// How one check ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The check's id.
    pub id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How many findings it has.
    pub findings: usize,
    /// What was not seen, or could not be judged.
    pub reason: Option<String>,
}

/// Which checks are asked.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these; empty: all.
    pub only: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
}

impl Selection {
    /// Whether a check is chosen, by its id or its area.
    pub fn chooses(&self, registered: &Registered) -> bool {
        let named = |names: &[String]| {
            names
                .iter()
                .any(|name| name == registered.id || name == registered.area)
        };
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }
}

/// What all checks said. Results are in the registry's order, findings worst first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// One for each check that was asked.
    pub results: Vec<CheckResult>,
    /// All findings.
    pub findings: Vec<Finding>,
}

/// Asks the chosen checks.
pub fn run(graph: &Graph<'_>, selection: &Selection) -> Answered {
    let mut answered = Answered::default();
    let shared = Shared::of(graph);
    for registered in super::CHECKS {
        if !selection.chooses(registered) {
            continue;
        }
        let (result, findings) = ask(graph, registered, &shared);
        answered.results.push(result);
        answered.findings.extend(findings);
    }
    answered.findings.sort_by(|a, b| {
        (a.severity, &a.check, &a.resource.id, &a.fingerprint).cmp(&(
            b.severity,
            &b.check,
            &b.resource.id,
            &b.fingerprint,
        ))
    });
    answered
}

/// Asks one check.
pub(super) fn ask<'g>(
    graph: &'g Graph<'g>,
    registered: &Registered,
    shared: &'g Shared<'g>,
) -> (CheckResult, Vec<Finding>) {
    let mut answers = Answers::new(registered, shared);
    (registered.check.run)(graph, &mut answers);
    let first_seen = graph.snapshot.taken_at.to_string();
    for finding in &mut answers.findings {
        finding.first_seen.clone_from(&first_seen);
    }
    let (outcome, reason) = outcome(
        graph,
        registered.check.needs,
        answers.examined,
        &answers.unjudged,
        answers.findings.len(),
    );
    let result = CheckResult {
        id: registered.id.to_owned(),
        outcome,
        findings: answers.findings.len(),
        reason,
    };
    (result, answers.findings)
}
