//! Latent trusts: roles that trust an OIDC provider, or an audience of it, that their account does not have.
//!
//! STS looks the provider up in the role's account before it reads the trust policy, so nobody gets such a role, until
//! somebody makes the provider again: by `iam:CreateOpenIDConnectProvider`, or for an audience
//! `iam:AddClientIDToOpenIDConnectProvider` (IAM User Guide, "Create an OpenID Connect identity provider in IAM"; STS API
//! Reference, `AssumeRoleWithWebIdentity`). Deleting a provider changes no role that names it (IAM API Reference,
//! `DeleteOpenIDConnectProvider`). A provider of another account is never looked at: no trust in it is latent.

use std::collections::{BTreeMap, BTreeSet};

use crate::iam::document::Effect;
use crate::iam::evaluate::Decision;
use crate::iam::principal::Principals as Named;
use crate::iam::trust::{self, LimitKind, ProviderStatement, Tokens, issuer_of};
use crate::snapshot::id::Arn;

use super::Graph;
use super::irsa_trust::{unnamed_subject, witness};
use super::oidc_issuer::Signer;
use super::principal::Principal;
use super::wording::some_of;

/// The audience that EKS gives to the tokens of IRSA.
const STS: &str = "sts.amazonaws.com";

/// A role that nobody gets by a provider's tokens until the provider is made, or made to admit an audience.
#[derive(Debug)]
pub struct LatentTrust<'g> {
    /// The place of the role.
    pub role: usize,
    /// The provider's ARN, of the role's account: the resource of the actions that revive it.
    pub provider: &'g str,
    /// What is missing.
    pub lacks: Lacks,
    /// The statements that would let tokens in, with what they ask of them.
    pub statements: Vec<ProviderStatement>,
    /// What the trust policy would say: allow or conditional.
    pub decision: Decision,
    /// Who can sign the tokens.
    pub signer: Signer<'g>,
    /// Whether the account's providers were read, so that it is known to be missing.
    pub known: bool,
}

/// What a role's account is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lacks {
    /// The provider.
    Provider,
    /// Of the provider these audiences, any of which would do.
    Audiences(BTreeSet<String>),
}

impl LatentTrust<'_> {
    /// The issuer, without its scheme.
    pub fn issuer(&self) -> &str {
        issuer_of(self.provider).unwrap_or_default()
    }

    /// The action that revives it, on [`Self::provider`].
    pub fn action(&self) -> &'static str {
        match self.lacks {
            Lacks::Provider => "iam:CreateOpenIDConnectProvider",
            Lacks::Audiences(_) => "iam:AddClientIDToOpenIDConnectProvider",
        }
    }

    /// Whose tokens it would let in: `system:serviceaccount:a:b`; all, where nothing narrows the subject.
    pub fn subjects(&self) -> String {
        let mut shown = BTreeSet::new();
        for statement in &self.statements {
            let limits = statement.subject.iter().filter(|limit| !limit.is_open());
            let Some(limit) = limits.into_iter().next() else {
                return "any subject".to_owned();
            };
            shown.extend(limit.values.iter().map(|value| match value {
                LimitKind::Exact(text) | LimitKind::Other(text) => text.clone(),
                LimitKind::Like(pattern) => pattern.to_string(),
            }));
        }
        some_of(&shown.into_iter().collect::<Vec<_>>())
    }

    /// What whoever revives it needs besides, as clauses: a token, and what is not known of all this.
    pub fn conditions(&self) -> Vec<String> {
        let (issuer, subjects) = (self.issuer(), self.subjects());
        let mut open = vec![match self.signer {
            Signer::Cluster(key) => {
                format!("only with a token of the cluster {key} for {subjects}")
            }
            Signer::UnseenCluster => format!(
                "only if the cluster of {issuer}, which was not seen, is there, and with its token for {subjects}"
            ),
            Signer::Bucket(bucket) => {
                format!(
                    "only with the right to write to the S3 bucket {bucket}, where the keys of its tokens are"
                )
            }
            Signer::Other => format!("only with a token of {issuer} for {subjects}"),
        }];
        if !self.known {
            open.push(format!(
                "only if its account lacks the OIDC provider {issuer}, which was not read"
            ));
        }
        open.extend(self.decision.conditions.iter().cloned());
        open
    }
}

/// A role's trust in a provider of another account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignTrust<'g> {
    /// The place of the role.
    pub role: usize,
    /// The provider's ARN.
    pub provider: &'g str,
}

/// The OIDC providers that the Allow statements of a role's trust policy name for their tokens, each once.
fn named<'g>(role: &'g Principal<'_>) -> BTreeSet<&'g str> {
    let documents = role.trust.iter().map(|trust| &trust.document);
    let statements = documents.flat_map(|document| &document.statements);
    statements
        .filter(|one| {
            one.effect == Effect::Allow && one.has_action("sts:assumerolewithwebidentity")
        })
        .filter_map(|one| match &one.principals {
            Named::Only(set) => Some(&set.federated),
            _ => None,
        })
        .flatten()
        .map(AsRef::as_ref)
        .filter(|arn| issuer_of(arn).is_some())
        .collect()
}

impl<'s> Graph<'s> {
    /// Every trust in an OIDC provider, or an audience of one, that the role's account lacks, or may lack; by role and
    /// provider.
    pub fn latent_trusts<'g>(&'g self) -> Vec<LatentTrust<'g>> {
        let mut signers: BTreeMap<&'g str, Signer<'g>> = BTreeMap::new();
        let mut found = Vec::new();
        for (at, role) in self.principals.iter() {
            for provider in named(role) {
                let home = Arn::parse(provider).is_some_and(|arn| arn.account == role.account);
                let Some(issuer) = issuer_of(provider).filter(|_| home) else {
                    continue;
                };
                let signer = *signers
                    .entry(issuer)
                    .or_insert_with(|| Signer::of(self.snapshot, issuer));
                found.extend(self.latent(at, role, provider, issuer, signer));
            }
        }
        found
    }

    /// Every OIDC provider that a role's trust policy names, by role.
    pub fn trusted_providers(&self) -> impl Iterator<Item = (usize, &str)> {
        let roles = self.principals.iter();
        roles.flat_map(|(at, role)| named(role).into_iter().map(move |one| (at, one)))
    }

    /// Every trust in an OIDC provider of another account than the role's.
    pub fn foreign_trusts(&self) -> impl Iterator<Item = ForeignTrust<'_>> {
        self.principals.iter().flat_map(|(at, role)| {
            let foreign = named(role)
                .into_iter()
                .filter(|arn| Arn::parse(arn).is_some_and(|arn| arn.account != role.account));
            foreign.map(move |provider| ForeignTrust { role: at, provider })
        })
    }

    fn latent<'g>(
        &'g self,
        at: usize,
        role: &'g Principal<'s>,
        provider: &'g str,
        issuer: &str,
        signer: Signer<'g>,
    ) -> Option<LatentTrust<'g>> {
        let trust = role.trust.as_ref()?;
        let statements = trust::subject_conditions(&trust.document, provider);
        let has = self.providers.has(role.account, issuer);
        let lacks = match has {
            // Where only the list was read it is not known which audiences it admits.
            Some(true) => {
                let admitted = self.providers.audiences(role.account, issuer)?;
                if statements.iter().any(|one| admits_any(one, admitted)) {
                    return None;
                }
                let wanted = statements.iter().flat_map(audiences);
                Lacks::Audiences(wanted.collect())
            }
            Some(false) | None => Lacks::Provider,
        };
        let decision = self.would_admit(role, provider, &statements)?;
        Some(LatentTrust {
            role: at,
            provider,
            lacks,
            statements,
            decision,
            signer,
            known: has.is_some(),
        })
    }

    /// What the trust policy would say to the token that serves best; nothing where it refuses all.
    fn would_admit(
        &self,
        role: &Principal<'s>,
        provider: &str,
        statements: &[ProviderStatement],
    ) -> Option<Decision> {
        let asked = trust::Role {
            arn: role.arn,
            trust: role.trust.as_ref()?,
            rcps: self.organizations.rcps_of_role(role.account, role.arn),
        };
        let mut context = self.context().clone();
        self.organizations.fill_resource(role.account, &mut context);
        let tokens = Tokens::of(asked, provider, &context);
        let mut best: Option<Decision> = None;
        for statement in statements {
            let audiences = audiences(statement);
            for subject in subjects(statement) {
                for audience in &audiences {
                    let decision = tokens.may(&subject, audience);
                    if decision.is_allowed() {
                        return Some(decision);
                    }
                    best = best.or((!decision.is_denied()).then_some(decision));
                }
            }
        }
        best
    }
}

/// Subjects that a statement may let in.
fn subjects(statement: &ProviderStatement) -> Vec<String> {
    let limits = statement.subject.iter().filter(|limit| !limit.is_open());
    let values = limits.flat_map(|limit| &limit.values);
    let mut found: Vec<String> = values
        .filter_map(|value| match value {
            LimitKind::Exact(text) => Some(text.clone()),
            LimitKind::Like(pattern) => Some(witness(pattern)),
            LimitKind::Other(_) => None,
        })
        .collect();
    found.push(unnamed_subject());
    found
}

/// Whether some of these audiences gets through a statement.
fn admits_any(statement: &ProviderStatement, audiences: &[String]) -> bool {
    let admits = |audience: &String| {
        statement.audience.iter().all(|limit| {
            limit.values.iter().any(|value| match value {
                LimitKind::Exact(text) => text == audience,
                LimitKind::Like(pattern) => pattern.matches(audience),
                LimitKind::Other(_) => true,
            })
        })
    };
    audiences.iter().any(admits)
}

/// Audiences that a statement may let in; where it names none, that of STS.
fn audiences(statement: &ProviderStatement) -> Vec<String> {
    let values = statement.audience.iter().flat_map(|limit| &limit.values);
    let mut found: Vec<String> = values
        .filter_map(|value| match value {
            LimitKind::Exact(text) => Some(text.clone()),
            LimitKind::Like(pattern) => Some(witness(pattern)),
            LimitKind::Other(_) => None,
        })
        .collect();
    if found.is_empty() {
        found.push(STS.to_owned());
    }
    found
}

#[cfg(test)]
mod tests;
