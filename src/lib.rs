//! eks-auditor: see everything once, join it into one graph, ask it questions, show the answers.
//!
//! ```text
//! AWS APIs ─┐
//! K8s API  ─┼─ collect ─▶ Snapshot ─▶ Graph ─▶ checks ─▶ Report ─▶ terminal, JSON
//! files    ─┘   (I/O)      (facts)    (joined)  (questions)
//! ```
//!
//! Everything between the snapshot and the report is a pure function: no clock, no network, no
//! disk. The same snapshot gives the same report, byte for byte.

pub mod advise;
pub mod checks;
pub mod cli;
pub mod collect;
pub mod graph;
pub mod iam;
pub mod netpol;
pub mod rbac;
pub mod report;
pub mod snapshot;

use checks::run::Selection;
use graph::duty::Duty;
use graph::limits::Thresholds;
use graph::treasure::Treasure;
use graph::{Graph, Scope};
use report::Report;
use report::filter::Filter;
use snapshot::Snapshot;

/// What is asked of an audit.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Which principals are looked at; `None`: those a cluster can reach, where there is one.
    pub scope: Option<Scope>,
    /// Which checks are asked.
    pub selection: Selection,
    /// Which findings are shown.
    pub filter: Filter,
    /// What the user notes that somebody is there to do.
    pub duties: Vec<Duty>,
    /// What the user calls worth protecting.
    pub treasure: Treasure,
    /// How old credentials may get.
    pub thresholds: Thresholds,
}

/// Joins a snapshot, asks it the checks' questions, and reports.
pub fn audit(snapshot: &Snapshot, request: &Request) -> Report {
    let graph = Graph::build(snapshot, request.scope)
        .with_duties(&request.duties)
        .with_treasure(&request.treasure)
        .with_thresholds(&request.thresholds);
    let answered = checks::run::run(&graph, &request.selection);
    Report::new(&graph, answered, &request.filter)
}
