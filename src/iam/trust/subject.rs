//! How a trust policy narrows the tokens of an OIDC provider, for people to read and checks to judge.

use crate::iam::condition::{Condition, Test};
use crate::iam::document::{Effect, PolicyDocument, Statement};
use crate::iam::glob::Pattern;
use crate::iam::principal::Principal;
use crate::iam::truth::Truth;

use super::issuer_of;

/// One value that a claim is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// The operator as it is written.
    pub operator: String,
    /// The values, any of which will do.
    pub values: Vec<LimitKind>,
    /// Whether the operator is true where the token lacks the claim (`…IfExists`, `ForAllValues:`). A
    /// service account's token always has `sub` and `aud`, so it narrows all the same.
    pub true_when_absent: bool,
}

/// A value of a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitKind {
    /// Exactly this text (in lower case where the operator ignores case).
    Exact(String),
    /// A pattern with wildcards.
    Like(Pattern),
    /// It holds a policy variable, or is no text.
    Other(String),
}

impl Limit {
    /// Whether it lets every text through.
    pub fn is_open(&self) -> bool {
        self.values
            .iter()
            .any(|v| matches!(v, LimitKind::Like(p) if p.is_any()))
    }
}

/// An Allow statement that gives the provider's tokens the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderStatement {
    /// The statement's place in the document.
    pub statement: usize,
    /// Its name.
    pub sid: Option<String>,
    /// What `sub` has to be; each limit has to hold. None: any service account of the cluster.
    pub subject: Vec<Limit>,
    /// What `aud` has to be. None: whatever audience the provider knows.
    pub audience: Vec<Limit>,
}

impl ProviderStatement {
    /// Whether `sub` is narrowed at all.
    pub fn is_subject_restricted(&self) -> bool {
        self.subject.iter().any(|l| !l.is_open())
    }

    /// Whether `aud` is narrowed at all.
    pub fn is_audience_restricted(&self) -> bool {
        self.audience.iter().any(|l| !l.is_open())
    }
}

/// The Allow statements for a provider's tokens, with their limits. A Deny of every other `sub` or `aud`
/// is a limit of all of them. Exclusions (`StringNotEquals` in an Allow) are no limits.
pub fn subject_conditions(trust: &PolicyDocument, provider: &str) -> Vec<ProviderStatement> {
    let principal = Principal::federated(provider);
    let issuer = issuer_of(provider).unwrap_or_default().to_lowercase();
    let (sub, aud) = (format!("{issuer}:sub"), format!("{issuer}:aud"));
    let applies = |s: &&Statement| {
        s.has_action("sts:assumerolewithwebidentity")
            && s.principals.means(&principal).truth() != Truth::No
    };
    let denies: Vec<&Statement> = trust
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Deny)
        .filter(applies)
        .collect();
    let limits = |statement: &Statement, key: &str| -> Vec<Limit> {
        let own = statement
            .conditions
            .iter()
            .filter(|c| *c.key == *key && !c.operator.negated);
        let of_denies = denies.iter().filter_map(|d| match d.conditions.as_slice() {
            [one] if *one.key == *key && one.operator.negated => Some(one),
            _ => None,
        });
        own.chain(of_denies).filter_map(limit).collect()
    };
    trust
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Allow)
        .filter(applies)
        .map(|s| ProviderStatement {
            statement: s.index,
            sid: s.sid.as_deref().map(str::to_owned),
            subject: limits(s, &sub),
            audience: limits(s, &aud),
        })
        .collect()
}

/// The limit that a condition sets; its negation, where it stands in a Deny.
fn limit(condition: &Condition) -> Option<Limit> {
    if !matches!(condition.operator.test, Test::Text { .. } | Test::Arn) {
        return None;
    }
    let values = match condition.patterns() {
        Some(patterns) => patterns
            .into_iter()
            .map(|p| match p.as_literal() {
                Some(text) => LimitKind::Exact(text.to_owned()),
                None => LimitKind::Like(p.clone()),
            })
            .collect(),
        None => condition
            .values
            .iter()
            .map(|v| LimitKind::Other(v.to_string()))
            .collect(),
    };
    let operator = &condition.operator;
    let all_values = operator.set == Some(crate::iam::condition::SetOperator::ForAllValues);
    Some(Limit {
        operator: operator.shown.to_string(),
        values,
        true_when_absent: operator.if_exists || all_values,
    })
}
