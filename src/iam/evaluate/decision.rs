//! What was decided, by which statements, and what stays open.

use std::sync::Arc;

use super::{NamedPolicy, Request, residual};
use crate::iam::document::{Effect, Statement};
use crate::iam::principal::Named;
use crate::iam::truth::Truth;

/// A kind of policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PolicyKind {
    /// Attached to the principal.
    Identity,
    /// Its permissions boundary.
    Boundary,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// A session policy.
    Session,
    /// The resource's own.
    Resource,
    /// A VPC endpoint's.
    Endpoint,
}

impl PolicyKind {
    /// The kind as a person would say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity policy",
            Self::Boundary => "permissions boundary",
            Self::Scp => "SCP",
            Self::Rcp => "RCP",
            Self::Session => "session policy",
            Self::Resource => "resource policy",
            Self::Endpoint => "VPC endpoint policy",
        }
    }
}

/// The verdict on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Allowed.
    Allow,
    /// Denied: by a statement that says so, or for want of one that allows.
    Deny {
        /// Whether a statement denies.
        explicit: bool,
    },
    /// It depends on what is not known.
    Conditional,
}

/// A statement that took part in a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedStatement {
    /// The kind of its policy.
    pub kind: PolicyKind,
    /// The place of its policy among those of its kind, levels counted through.
    pub policy: usize,
    /// The policy's name.
    pub name: Arc<str>,
    /// The statement's place in the document.
    pub statement: usize,
    /// Its name.
    pub sid: Option<Box<str>>,
    /// What it does.
    pub effect: Effect,
    /// Whether it certainly applies.
    pub certain: bool,
}

impl MatchedStatement {
    /// A statement of a policy that applies, or may.
    pub fn of(
        kind: PolicyKind,
        place: usize,
        policy: &NamedPolicy,
        statement: &Statement,
        truth: Truth,
    ) -> Self {
        Self {
            kind,
            policy: place,
            name: Arc::clone(&policy.name),
            statement: statement.index,
            sid: statement.sid.clone(),
            effect: statement.effect,
            certain: truth == Truth::Yes,
        }
    }
}

/// What keeps a request from being allowed where nothing denies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocker {
    /// No statement allows it.
    NoAllow,
    /// This kind of policy does not allow it.
    Kind(PolicyKind),
    /// AWS refuses it whatever the policies say, for this reason.
    Aws(&'static str),
}

impl Blocker {
    /// The first that does not let the request through.
    pub(super) fn of(steps: &[(Truth, Self)]) -> Option<Self> {
        steps
            .iter()
            .find(|(truth, _)| *truth == Truth::No)
            .map(|(_, blocker)| *blocker)
    }
}

/// The decision on a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// The statements that it rests on.
    pub because: Vec<MatchedStatement>,
    /// What is open, each as a clause: "only with MFA".
    pub conditions: Vec<String>,
    /// For an implicit deny, what lacks an allow.
    pub blocker: Option<Blocker>,
    /// Keys that the policies lean on and whose value the caller chooses: no restriction to whoever has
    /// taken the caller over.
    pub chosen: Vec<String>,
}

impl Decision {
    /// Allowed, whatever the policies say.
    pub(super) fn allowed() -> Self {
        Self {
            verdict: Verdict::Allow,
            because: Vec::new(),
            conditions: Vec::new(),
            blocker: None,
            chosen: Vec::new(),
        }
    }

    /// The same verdict by another way: the statements of both.
    pub(super) fn join(mut self, other: Self) -> Self {
        for statement in other.because {
            if !self.because.contains(&statement) {
                self.because.push(statement);
            }
        }
        if other.verdict == (Verdict::Deny { explicit: false }) {
            self.verdict = other.verdict;
        }
        self.blocker = self.blocker.or(other.blocker);
        self
    }

    /// Whether it is certainly allowed.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// Whether it is certainly denied.
    pub fn is_denied(&self) -> bool {
        matches!(self.verdict, Verdict::Deny { .. })
    }

    /// Whether it is, or may be, allowed.
    pub fn truth(&self) -> Truth {
        match self.verdict {
            Verdict::Allow => Truth::Yes,
            Verdict::Deny { .. } => Truth::No,
            Verdict::Conditional => Truth::Unknown,
        }
    }
}

/// A statement that applies, or may.
pub(super) struct Matched<'a> {
    pub kind: PolicyKind,
    pub index: usize,
    pub policy: &'a NamedPolicy,
    pub statement: &'a Statement,
    pub truth: Truth,
    /// How a resource's policy names the caller; in other kinds of policies it does not matter.
    pub named: Named,
}

impl Matched<'_> {
    fn shown(&self) -> MatchedStatement {
        MatchedStatement::of(
            self.kind,
            self.index,
            self.policy,
            self.statement,
            self.truth,
        )
    }
}

/// Joins what was found into a decision.
pub(super) fn decide(
    allow: Truth,
    deny: Truth,
    mut matched: Vec<Matched<'_>>,
    blocker: Option<Blocker>,
    unseen: bool,
    request: &Request<'_>,
) -> Decision {
    let verdict = match (allow, deny) {
        (_, Truth::Yes) => Verdict::Deny { explicit: true },
        (Truth::No, _) => Verdict::Deny { explicit: false },
        (Truth::Yes, Truth::No) => Verdict::Allow,
        _ => Verdict::Conditional,
    };
    let mut conditions = Vec::new();
    match verdict {
        Verdict::Allow => matched.retain(|m| m.truth == Truth::Yes),
        Verdict::Deny { explicit: true } => {
            matched.retain(|m| m.truth == Truth::Yes && m.statement.effect == Effect::Deny);
        }
        Verdict::Deny { explicit: false } => matched.clear(),
        Verdict::Conditional => {
            conditions = residual::sentences(&matched, request);
            if unseen {
                let side = match request.action.starts_with("kms:") {
                    true => "as the key's policy and grants, which were not seen, have it",
                    false => "as the resource's own policy, which was not seen, has it",
                };
                conditions.push(side.into());
            }
        }
    }
    Decision {
        because: matched.iter().map(Matched::shown).collect(),
        conditions,
        chosen: Vec::new(),
        blocker: blocker.filter(|_| verdict == Verdict::Deny { explicit: false }),
        verdict,
    }
}
