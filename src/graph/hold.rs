//! Which service account gets which IAM role, and how: IRSA and EKS Pod Identity.

use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{Decision, NamedPolicy, Verdict};

use super::path::EdgeKind;

/// A service account that gets, or may get, a role.
#[derive(Debug)]
pub struct Hold {
    /// The place of the service account.
    pub service_account: usize,
    /// The place of the role among the principals.
    pub role: usize,
    /// By what.
    pub way: EdgeKind,
    /// Of a target role: the place of the role that assumes it.
    pub through: Option<usize>,
    /// The trust policy's decision: allow or conditional, never deny.
    pub decision: Decision,
    /// Further conditions that are not known: a provider that was not read.
    pub unknown: Vec<String>,
    /// A session policy that narrows the role for this service account.
    pub session: Vec<NamedPolicy>,
    /// What shows it.
    pub evidence: String,
}

impl Hold {
    /// Whether it is certain.
    pub fn is_certain(&self) -> bool {
        self.decision.verdict == Verdict::Allow && self.unknown.is_empty()
    }

    /// What it depends on, as clauses.
    pub fn conditions(&self) -> impl Iterator<Item = &str> {
        self.decision
            .conditions
            .iter()
            .chain(&self.unknown)
            .map(String::as_str)
    }
}

/// A session policy given as text, compiled; nothing where it is none.
pub(super) fn session_policy(text: Option<&str>) -> Vec<NamedPolicy> {
    text.and_then(|text| PolicyDocument::parse(text).ok())
        .map(|document| NamedPolicy::new("session policy", document))
        .into_iter()
        .collect()
}

/// The statements that a decision rests on: `trust policy statement 1 (AllowIrsa)`.
pub(super) fn statements(decision: &Decision) -> String {
    let shown: Vec<String> = decision
        .because
        .iter()
        .map(|matched| match &matched.sid {
            Some(sid) => format!(
                "{} statement {} ({sid})",
                matched.name,
                matched.statement + 1
            ),
            None => format!("{} statement {}", matched.name, matched.statement + 1),
        })
        .collect();
    shown.join(", ")
}
