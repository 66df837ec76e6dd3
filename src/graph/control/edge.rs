//! An edge of the joined graph.

use super::cause::Cause;
use crate::graph::path::EdgeKind;
use crate::iam::evaluate::{Decision, MatchedStatement};

/// What is open where something is conditional and does not say on what.
pub(super) const UNKNOWN: &str = "only if what is not known of it allows it";

/// An edge to what is controlled.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// The number of what is controlled.
    pub(super) to: usize,
    /// By what.
    pub(super) by: By,
    /// What it depends on and is not known; none: it is certain.
    pub(super) open: Option<String>,
    /// On what it rests, of what can be taken away.
    pub(super) rests: Rests,
}

/// On which facts an edge rests; kept small, for there are many edges.
#[derive(Clone, Debug, Default)]
pub(super) enum Rests {
    /// None that could be taken away.
    #[default]
    Nothing,
    /// Statements of the policies of who goes.
    Statements(Box<[MatchedStatement]>),
    /// The hold at a place of the graph's.
    Hold(usize),
    /// This one.
    Fact(Box<Cause>),
}

impl Rests {
    /// On the statements of these decisions.
    pub(super) fn on<'d>(decisions: impl IntoIterator<Item = &'d Decision>) -> Self {
        let because = decisions.into_iter().flat_map(|one| &one.because);
        Self::Statements(because.cloned().collect())
    }
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
            rests: Rests::Nothing,
        }
    }

    /// To what is in a set.
    pub(super) fn among(to: usize) -> Self {
        Self::untold(to, By::Among)
    }

    /// To what it has as it is.
    pub(super) fn has(to: usize) -> Self {
        Self::untold(to, By::Has)
    }

    fn untold(to: usize, by: By) -> Self {
        let (open, rests) = (None, Rests::Nothing);
        Self {
            to,
            by,
            open,
            rests,
        }
    }

    /// It already is that one.
    pub(super) fn is(to: usize, kind: EdgeKind, evidence: impl Into<String>) -> Self {
        Self {
            to,
            by: By::Is(kind, evidence.into()),
            open: None,
            rests: Rests::Nothing,
        }
    }

    /// If that is so.
    pub(super) fn open(self, open: Option<String>) -> Self {
        Self { open, ..self }
    }

    /// And rests on that.
    pub(super) fn rests(self, rests: Rests) -> Self {
        Self { rests, ..self }
    }

    /// By what, where that is told.
    pub(super) fn kind(&self) -> Option<EdgeKind> {
        match &self.by {
            By::Is(kind, _) | By::Step(kind, _) => Some(*kind),
            By::Among | By::Has => None,
        }
    }

    pub(super) fn is_step(&self) -> bool {
        matches!(self.by, By::Step(..))
    }
}
