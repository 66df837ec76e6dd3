//! An edge of the joined graph.

use crate::graph::path::EdgeKind;

/// An edge to what is controlled.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// The number of what is controlled.
    pub(super) to: usize,
    /// By what.
    pub(super) by: By,
    /// What it depends on and is not known; none: it is certain.
    pub(super) open: Option<String>,
}

/// By what.
#[derive(Clone, Debug)]
pub(super) enum By {
    /// It is in this set.
    Among,
    /// It has it as it is; there is nothing to tell.
    Has,
    /// It already is that one under another name: who comes into a cluster is its user there.
    Is(EdgeKind, String),
    /// A step of its own.
    Step(EdgeKind, String),
}

impl Edge {
    /// A step of its own.
    pub(super) fn step(to: usize, kind: EdgeKind, evidence: impl Into<String>) -> Self {
        Self {
            to,
            by: By::Step(kind, evidence.into()),
            open: None,
        }
    }

    /// It already is that one.
    pub(super) fn is(to: usize, kind: EdgeKind, evidence: impl Into<String>) -> Self {
        Self {
            to,
            by: By::Is(kind, evidence.into()),
            open: None,
        }
    }

    /// If that is so.
    pub(super) fn open(self, open: Option<String>) -> Self {
        Self { open, ..self }
    }

    pub(super) fn is_step(&self) -> bool {
        matches!(self.by, By::Step(..))
    }
}
