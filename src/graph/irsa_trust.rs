//! How many service accounts a role's trust in a cluster admits, and whether a token gets through.

use std::collections::BTreeSet;

use crate::iam::evaluate::{Decision, Verdict};
use crate::iam::glob::Pattern;
use crate::iam::trust::{self, LimitKind, ProviderStatement, Tokens};

use super::Graph;
use super::hold::Hold;
use super::irsa::{ClusterTrust, Known, provider_arn};
use super::path::EdgeKind;
use super::wording::some_of;
use super::workload::Account;

/// The audience that EKS gives to the tokens of IRSA.
const STS: &str = "sts.amazonaws.com";

/// A name that no policy gives: only a wildcard matches it.
const UNNAMED: &str = "\u{10FFFF}";

/// How many service accounts a condition on `sub` admits, fewest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// Some by name, of one namespace each.
    Named,
    /// It hangs on a policy variable.
    Variable,
    /// Every one of a namespace.
    Namespace(String),
    /// Those of more than one namespace.
    Namespaces,
    /// Every one of the cluster: nothing narrows `sub`.
    All,
}

/// How many service accounts a statement admits. Each of its limits has to hold, so the narrowest
/// counts; of a limit's values any will do, so its widest counts.
pub fn breadth(statement: &ProviderStatement) -> Breadth {
    if !statement.is_subject_restricted() {
        return Breadth::All;
    }
    let limits = statement.subject.iter().filter(|limit| !limit.is_open());
    limits
        .map(|limit| {
            let values = limit.values.iter().map(value_breadth);
            values.max().unwrap_or(Breadth::Named)
        })
        .min()
        .unwrap_or(Breadth::All)
}

/// The patterns of a statement that admit more than names: those that [`breadth`] goes by.
pub fn wide_patterns(statement: &ProviderStatement) -> Vec<&Pattern> {
    let values = statement.subject.iter().flat_map(|limit| &limit.values);
    values
        .filter_map(|value| match value {
            LimitKind::Like(pattern) if value_breadth(value) > Breadth::Named => Some(pattern),
            _ => None,
        })
        .collect()
}

fn value_breadth(value: &LimitKind) -> Breadth {
    match value {
        LimitKind::Exact(_) => Breadth::Named,
        LimitKind::Other(_) => Breadth::Variable,
        LimitKind::Like(pattern) => pattern_breadth(pattern),
    }
}

fn subject(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}

/// Names of namespaces and service accounts have no colon, so a pattern with as many colons as a
/// subject is held against it field by field.
fn pattern_breadth(pattern: &Pattern) -> Breadth {
    if pattern.matches(&subject(UNNAMED, UNNAMED)) {
        return Breadth::Namespaces;
    }
    let text = pattern.to_string();
    let wild = |field: &str| field.contains(['*', '?']);
    let fields: Vec<&str> = text.split(':').collect();
    let meets = |field: &str, word: &str| Pattern::new(field).matches(word);
    let (namespace, name) = match fields.as_slice() {
        [system, kind, namespace, name] => {
            if !meets(system, "system") || !meets(kind, "serviceaccount") {
                return Breadth::Named;
            }
            (*namespace, *name)
        }
        // A star stands for colons too here: only what follows it is in its place for certain.
        [.., namespace, name] if fields.len() == 3 && !meets(namespace, "serviceaccount") => {
            (*namespace, *name)
        }
        _ => return Breadth::Namespaces,
    };
    if wild(namespace) {
        Breadth::Namespaces
    } else if wild(name) && pattern.matches(&subject(namespace, UNNAMED)) {
        Breadth::Namespace(namespace.to_owned())
    } else {
        Breadth::Named
    }
}

/// A subject that a pattern matches.
pub fn witness(pattern: &Pattern) -> String {
    pattern.to_string().replace(['*', '?'], "x")
}

/// A subject that no policy names.
pub fn unnamed_subject() -> String {
    subject(UNNAMED, UNNAMED)
}

impl<'s> Graph<'s> {
    /// What a trust says to a token of this subject, with the audience that serves it best;
    /// nothing where the role's account certainly has no such provider, which nobody gets through.
    pub fn admits(
        &self,
        trust: &ClusterTrust<'s>,
        statement: &ProviderStatement,
        subject: &str,
    ) -> Option<Decision> {
        let role = self.principals.get(trust.role)?;
        let asked = trust::Role {
            arn: role.arn,
            trust: role.trust.as_ref()?,
            rcps: self.organizations.rcps_of_role(role.account, role.arn),
        };
        let mut context = self.context().clone();
        self.organizations.fill_resource(role.account, &mut context);
        let tokens = Tokens::of(asked, &trust.provider, &context);
        let decisions = self
            .audiences(trust, statement)
            .into_iter()
            .map(|audience| {
                let decision = tokens.may(subject, audience);
                match self.providers.knows(role.account, trust.issuer, audience) {
                    Known::Unknown => only_with_provider(decision, role.account, trust.issuer),
                    _ => decision,
                }
            });
        decisions.max_by_key(Decision::truth)
    }

    /// Audiences that the provider may admit and the statement names; where it names none, those
    /// of the provider, or STS's.
    fn audiences<'a>(
        &self,
        trust: &ClusterTrust<'s>,
        statement: &'a ProviderStatement,
    ) -> Vec<&'a str>
    where
        's: 'a,
    {
        let Some(role) = self.principals.get(trust.role) else {
            return Vec::new();
        };
        let values = statement.audience.iter().flat_map(|limit| &limit.values);
        let mut audiences: Vec<&str> = values
            .filter_map(|value| match value {
                LimitKind::Exact(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let known = self.providers.audiences(role.account, trust.issuer);
        audiences.extend(known.into_iter().flatten().map(String::as_str));
        audiences.push(STS);
        audiences.retain(|audience| {
            let known = self.providers.knows(role.account, trust.issuer, audience);
            matches!(known, Known::Yes | Known::Unknown)
        });
        audiences
    }

    /// How service accounts get a role by one of its trusts; those that a workload runs as first.
    pub fn holds_by(&self, trust: &ClusterTrust<'s>) -> Vec<&Hold> {
        let mut holds: Vec<&Hold> = self
            .holds_of(trust.role)
            .filter(|hold| hold.way == EdgeKind::AssumeRoleWebIdentity)
            .filter(|hold| {
                let cluster = self.holder(hold).map(|account| account.cluster);
                cluster.is_some() && cluster == trust.cluster
            })
            .collect();
        holds.sort_by_key(|hold| {
            self.workloads
                .of_account(hold.service_account)
                .next()
                .is_none()
        });
        holds
    }

    /// The id of the cluster whose tokens a trust is in; nothing where it was not seen.
    pub fn cluster_of(&self, trust: &ClusterTrust<'s>) -> Option<String> {
        Some(self.cluster(trust.cluster?)?.id())
    }

    /// Where a trust's tokens come from, in words: `the cluster prod`.
    pub fn origin(&self, trust: &ClusterTrust<'s>) -> String {
        match trust.cluster {
            Some(key) => format!("the cluster {key}"),
            None => format!("the cluster of {} (not seen)", trust.issuer),
        }
    }

    /// The issuer of a service account's cluster.
    pub fn issuer_of(&self, account: &Account<'_>) -> Option<&'s str> {
        self.snapshot.clusters.get(account.cluster)?.issuer()
    }

    /// Why a role's trust policy refuses the token of a service account, as a clause.
    pub fn refusal(&self, role: usize, account: &Account<'_>) -> String {
        let issuer = self.issuer_of(account).unwrap_or_default();
        let role = self.principals.get(role);
        let trust = role.and_then(|role| Some((role.arn, role.trust.as_ref()?)));
        let statements = trust.map_or(Vec::new(), |(arn, trust)| {
            trust::subject_conditions(&trust.document, &provider_arn(arn, issuer))
        });
        if statements.is_empty() {
            return format!("its trust policy does not let tokens of {issuer} assume it");
        }
        let limits = statements.iter().flat_map(|statement| &statement.subject);
        let wanted: BTreeSet<String> = limits
            .flat_map(|limit| &limit.values)
            .map(|value| match value {
                LimitKind::Exact(text) | LimitKind::Other(text) => text.clone(),
                LimitKind::Like(pattern) => pattern.to_string(),
            })
            .collect();
        let subject = account.subject();
        if wanted.is_empty() || wanted.contains(&subject) {
            let audience = account.audience();
            return format!("its trust policy refuses {subject} with the audience {audience}");
        }
        // A star under StringEquals is the mistake that is seen most.
        let star = |text: &String| text.contains('*') && Pattern::new(text).matches(&subject);
        let note = match wanted.iter().any(star) {
            true => " (a star is a wildcard only under StringLike)",
            false => "",
        };
        let wanted: Vec<String> = wanted.into_iter().collect();
        format!(
            "its trust policy asks for {}, not for {subject}{note}",
            some_of(&wanted)
        )
    }

    /// Roles whose trust policy was not seen or cannot be read, a sentence each.
    pub fn unread_trusts(&self) -> impl Iterator<Item = String> {
        self.principals
            .iter()
            .filter(|(_, principal)| principal.role().is_some() && principal.trust.is_none())
            .map(|(_, principal)| format!("the trust policy of {} was not read", principal.arn))
    }
}

/// What a trust says where the account's providers were not all read: a yes hangs on the provider.
fn only_with_provider(mut decision: Decision, account: &str, issuer: &str) -> Decision {
    if !decision.is_denied() {
        decision.verdict = Verdict::Conditional;
        decision.conditions.push(format!(
            "only if account {account} has the OIDC provider {issuer}"
        ));
    }
    decision
}

/// `statement 2 (AllowIrsa)`.
pub fn statement_text(statement: &ProviderStatement) -> String {
    match &statement.sid {
        Some(sid) => format!("statement {} ({sid})", statement.statement + 1),
        None => format!("statement {}", statement.statement + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_as_wide_as_the_namespaces_that_it_reaches() {
        let ns = |name: &str| Breadth::Namespace(name.to_owned());
        for (pattern, breadth) in [
            ("system:serviceaccount:*:*", Breadth::Namespaces),
            ("system:serviceaccount:*", Breadth::Namespaces),
            ("system:*", Breadth::Namespaces),
            ("*", Breadth::Namespaces),
            ("system:serviceaccount:tenant-*:writer", Breadth::Namespaces),
            ("system:serviceaccount:pay*", Breadth::Namespaces),
            ("system:serviceaccount:tea?:api", Breadth::Namespaces),
            ("system:serviceaccount:media:*", ns("media")),
            ("system:serviceaccount:media:?*", ns("media")),
            ("*:media:*", ns("media")),
            ("system:serviceaccount:media:api-*", Breadth::Named),
            ("*:media:api", Breadth::Named),
            ("system:node:*:*", Breadth::Named),
            ("system:*:api", Breadth::Namespaces),
        ] {
            assert_eq!(
                pattern_breadth(&Pattern::new(pattern)),
                breadth,
                "{pattern}"
            );
        }
    }

    #[test]
    fn a_witness_matches_its_pattern() {
        for text in ["system:serviceaccount:tea?:*", "*", "system:*:api"] {
            let pattern = Pattern::new(text);
            assert!(pattern.matches(&witness(&pattern)), "{text}");
        }
    }
}
