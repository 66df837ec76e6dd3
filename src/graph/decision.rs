//! May somebody do something: one answer for IAM and for Kubernetes, with what decides it.

mod account;
mod asked;
mod asker;
mod aws;
mod aws_any;
mod kubernetes;
mod request;
mod resource_side;
mod why_not;

pub use asker::Asker;
pub use aws::Deciding;
pub(super) use aws::UNSEEN;
pub use kubernetes::Entry;
pub(super) use kubernetes::{by_policies, identity_of, rule};
pub use request::Request;
pub(super) use resource_side::UNSEEN as MANY_UNSEEN;

use crate::iam::evaluate::MatchedStatement;
use crate::iam::truth::Truth;

use super::path::EdgeKind;

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// No.
    Denied,
    /// It depends on what is not known.
    Conditional,
    /// Yes.
    Allowed,
}

impl Decision {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Conditional => "conditional",
            Self::Allowed => "allowed",
        }
    }
}

impl From<Truth> for Decision {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::No => Self::Denied,
            Truth::Unknown => Self::Conditional,
            Truth::Yes => Self::Allowed,
        }
    }
}

/// What a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// A statement of an IAM policy.
    Statement(MatchedStatement),
    /// A pod or service account gets a role.
    Role {
        /// The role's ARN.
        role: String,
        /// How it is got.
        way: EdgeKind,
        /// What shows it.
        evidence: String,
    },
    /// An IAM principal comes into the cluster.
    Entry {
        /// By what: [`EdgeKind::AccessEntry`] or [`EdgeKind::AwsAuth`].
        way: EdgeKind,
        /// What shows it: as whom, in which groups.
        evidence: String,
    },
    /// A rule of a Kubernetes role.
    Rule {
        /// The binding's id.
        binding: String,
        /// The role's id.
        role: String,
        /// The place of the rule in it.
        rule: usize,
        /// All of it in words.
        text: String,
    },
    /// An EKS access policy.
    AccessPolicy {
        /// Its ARN.
        policy: String,
        /// Where it holds: `the whole cluster`, `namespaces web`.
        scope: String,
    },
    /// The group system:masters, which RBAC is not asked about.
    Superuser,
}

/// How much of what was asked about is allowed for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of it.
    All,
    /// Some of it.
    Some,
    /// None of it.
    None,
}

impl Share {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Some => "some",
            Self::None => "none",
        }
    }
}

/// What blocks a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyNot {
    /// `no-allow`, `deny`, `boundary`, `scp`, `session`, `resource`, `no-role`, `no-entry`, …
    pub kind: &'static str,
    /// A sentence.
    pub text: String,
}

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// What it rests on.
    pub because: Vec<Because>,
    /// What is open, each as a clause.
    pub conditions: Vec<String>,
    /// What blocks it, where it is denied.
    pub why_not: Vec<WhyNot>,
    /// Of a pattern: how much of it.
    pub share: Option<Share>,
    /// Of a pattern: the resources that the statements allow.
    pub on: Vec<String>,
    /// Keys that the policies lean on and whose value the caller chooses.
    pub chosen: Vec<String>,
    /// What has to be known beside the decision, a sentence each.
    pub remarks: Vec<String>,
    /// What was not read, so that the decision could not be made; a sentence each.
    pub unread: Vec<String>,
}

impl Answer {
    /// An answer with nothing but its decision.
    pub fn of(decision: Decision) -> Self {
        Self {
            decision,
            because: Vec::new(),
            conditions: Vec::new(),
            why_not: Vec::new(),
            share: None,
            on: Vec::new(),
            chosen: Vec::new(),
            remarks: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Denied for one reason.
    pub fn denied(kind: &'static str, text: String) -> Self {
        Self {
            why_not: vec![WhyNot { kind, text }],
            ..Self::of(Decision::Denied)
        }
    }

    /// Not evaluated: what was not read may decide it either way.
    pub fn not_evaluated(unread: Vec<String>) -> Self {
        Self {
            unread,
            ..Self::of(Decision::Conditional)
        }
    }

    /// Whether what would decide it was not read.
    pub fn is_not_evaluated(&self) -> bool {
        self.decision == Decision::Conditional && !self.unread.is_empty()
    }

    /// A no is none where something was not read that could allow it.
    #[must_use]
    pub fn unless_unread(mut self, unread: Vec<String>) -> Self {
        if self.decision != Decision::Denied || unread.is_empty() {
            return self;
        }
        self.decision = Decision::Conditional;
        self.unread = unread;
        self.why_not.clear();
        self
    }

    /// Makes it conditional on more.
    pub fn only_if(&mut self, conditions: impl IntoIterator<Item = String>) {
        for condition in conditions {
            if self.decision == Decision::Allowed {
                self.decision = Decision::Conditional;
            }
            if !self.conditions.contains(&condition) {
                self.conditions.push(condition);
            }
        }
    }
}

#[cfg(test)]
mod tests;
