//! How a check ended, and why it could not say more.

use serde::{Deserialize, Serialize};

use crate::graph::Graph;
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::{ScopeKind, Source, Status};

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has findings.
    Fail,
    /// All that it needs was read, something was looked at, nothing was found.
    Pass,
    /// Something that it needs was not read: not seen is not passed.
    NotEvaluated,
    /// All that it needs was read, and there is nothing to look at.
    NotApplicable,
}

/// The outcome, and the reason where there is something to say.
pub(super) fn outcome(
    graph: &Graph<'_>,
    needs: &[Source],
    examined: usize,
    unjudged: &[String],
    findings: usize,
) -> (Outcome, Option<String>) {
    let mut reasons: Vec<String> = Vec::new();
    for need in needs {
        for reason in missing(graph.snapshot, *need) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    reasons.extend(shortened(unjudged));
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    let outcome = match (findings, &reason) {
        (1.., _) => Outcome::Fail,
        (0, Some(_)) => Outcome::NotEvaluated,
        (0, None) if examined == 0 => Outcome::NotApplicable,
        (0, None) => Outcome::Pass,
    };
    (outcome, reason)
}

/// The first few, and how many more there are.
fn shortened(unjudged: &[String]) -> Vec<String> {
    const SHOWN: usize = 3;
    let mut lines: Vec<String> = unjudged.iter().take(SHOWN).cloned().collect();
    if unjudged.len() > SHOWN {
        lines.push(format!("and {} more", unjudged.len() - SHOWN));
    }
    lines
}

/// What of a source was not read, a sentence a scope.
fn missing(snapshot: &Snapshot, need: Source) -> Vec<String> {
    let scopes = scopes(snapshot, need.scope);
    if scopes.is_empty() {
        return no_scope(snapshot, need).into_iter().collect();
    }
    scopes
        .iter()
        .filter_map(|scope| gap(snapshot, need, scope))
        .collect()
}

/// What is missing of a source in a scope.
fn gap(snapshot: &Snapshot, need: Source, scope: &str) -> Option<String> {
    let word = match snapshot.coverage.entry(need.name, scope) {
        None => "was not read",
        Some(entry) => match entry.status {
            Status::Complete => return None,
            Status::Partial => "was read only in part",
            Status::Denied => "was denied",
            Status::Failed => "failed",
            Status::Skipped => "was skipped",
        },
    };
    Some(format!("{} {word} ({scope})", need.name))
}

/// Everything in the snapshot that a source of this kind could be asked of.
fn scopes(snapshot: &Snapshot, kind: ScopeKind) -> Vec<String> {
    match kind {
        ScopeKind::Account => snapshot.accounts.keys().cloned().collect(),
        ScopeKind::Region => snapshot
            .accounts
            .iter()
            .flat_map(|(id, account)| {
                account
                    .regions
                    .keys()
                    .map(move |region| format!("{id}/{region}"))
            })
            .collect(),
        ScopeKind::Cluster | ScopeKind::Kubernetes => snapshot.clusters.keys().cloned().collect(),
    }
}

/// With no scope at all nothing was read, unless a list of clusters that was read whole is empty.
fn no_scope(snapshot: &Snapshot, need: Source) -> Option<String> {
    let clusters = matches!(need.scope, ScopeKind::Cluster | ScopeKind::Kubernetes);
    if clusters {
        let regions = scopes(snapshot, ScopeKind::Region);
        let listed = regions
            .iter()
            .all(|scope| snapshot.coverage.complete(Source::CLUSTERS, scope));
        if !regions.is_empty() && listed {
            return None;
        }
    }
    Some(format!("{} was not read", need.name))
}
