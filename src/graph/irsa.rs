//! IRSA: which service account gets which role by its own token.
//!
//! The trust policy decides; the annotation only says which role a workload means (EKS User
//! Guide, "IAM roles for service accounts"). STS looks the provider up in the role's account, so
//! a trust that names a provider of another account never holds (IAM User Guide, "Create an
//! OpenID Connect identity provider in IAM").

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::iam::context::Context;
use crate::iam::document::Effect;
use crate::iam::evaluate::Decision;
use crate::iam::glob::Pattern;
use crate::iam::principal::Principal as Caller;
use crate::iam::trust::{self, LimitKind, ProviderStatement, Tokens};
use crate::iam::truth::Truth;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;
use crate::snapshot::{Cluster, Snapshot};

use super::hold::{Hold, statements};
use super::organization::Organizations;
use super::path::EdgeKind;
use super::principal::{Principal, Principals};
use super::workload::Workloads;

/// What is known of an account's OIDC providers.
#[derive(Debug, Default)]
pub struct Providers<'s> {
    by_account: HashMap<&'s str, BTreeMap<&'s str, &'s [String]>>,
    complete: BTreeSet<&'s str>,
}

/// Whether STS knows a token's issuer and audience in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It does.
    Yes,
    /// The account has no such provider.
    NoProvider,
    /// The provider does not admit the audience.
    NoAudience,
    /// The account's providers were not all read.
    Unknown,
}

impl<'s> Providers<'s> {
    pub(super) fn of(snapshot: &'s Snapshot) -> Self {
        let mut providers = Self::default();
        for (id, account) in &snapshot.accounts {
            let known = account
                .iam
                .oidc_providers
                .iter()
                .map(|provider| (provider.issuer(), provider.client_ids.as_slice()))
                .collect();
            providers.by_account.insert(id, known);
            let list = snapshot.coverage.complete(Source::OIDC_PROVIDERS, id);
            // A file for each provider is as good as the list where none is missing.
            if list || snapshot.coverage.complete(Source::OIDC_PROVIDER, id) {
                providers.complete.insert(id);
            }
        }
        providers
    }

    /// The audiences that an account's provider of an issuer admits, where they were read.
    pub fn audiences(&self, account: &str, issuer: &str) -> Option<&'s [String]> {
        let audiences = self.by_account.get(account)?.get(issuer)?;
        (!audiences.is_empty()).then_some(*audiences)
    }

    /// Whether an account has a provider of an issuer; nothing where they were not all read.
    pub fn has(&self, account: &str, issuer: &str) -> Option<bool> {
        let known = self.by_account.get(account);
        match known.is_some_and(|known| known.contains_key(issuer)) {
            true => Some(true),
            false => self.complete.contains(account).then_some(false),
        }
    }

    /// The issuers of clusters that an account has providers for.
    fn clusters_of(&self, account: &str) -> impl Iterator<Item = &'s str> {
        self.by_account
            .get(account)
            .into_iter()
            .flat_map(|known| known.keys().copied())
            .filter(|issuer| trust::is_eks_issuer(issuer))
    }

    /// Whether an account knows an issuer and an audience.
    pub fn knows(&self, account: &str, issuer: &str, audience: &str) -> Known {
        let provider = self
            .by_account
            .get(account)
            .and_then(|known| known.get(issuer));
        match provider {
            // Only the list was read: the audiences are not known.
            Some([]) => Known::Unknown,
            Some(audiences) if audiences.iter().any(|known| known == audience) => Known::Yes,
            Some(_) => Known::NoAudience,
            None if self.complete.contains(account) => Known::NoProvider,
            None => Known::Unknown,
        }
    }
}

/// A role's trust in the tokens of one cluster.
#[derive(Debug)]
pub struct ClusterTrust<'s> {
    /// The place of the role.
    pub role: usize,
    /// The cluster's key; absent where the issuer is of a cluster that was not seen.
    pub cluster: Option<&'s str>,
    /// The cluster's issuer, without scheme.
    pub issuer: &'s str,
    /// The provider's ARN in the role's account.
    pub provider: String,
    /// The statements that name the provider, with what they ask of the token.
    pub statements: Vec<ProviderStatement>,
}

/// Every role that trusts a cluster's tokens, by role and issuer.
pub(super) fn cluster_trusts<'s>(
    snapshot: &'s Snapshot,
    principals: &Principals<'s>,
    providers: &Providers<'s>,
) -> Vec<ClusterTrust<'s>> {
    let issuers: BTreeMap<&str, &str> = snapshot
        .clusters
        .iter()
        .filter_map(|(key, cluster)| Some((cluster.issuer()?, key.as_str())))
        .collect();
    let mut trusts = Vec::new();
    for (at, principal) in principals.iter() {
        let Some(trust) = &principal.trust else {
            continue;
        };
        for issuer in mentioned(principal, &issuers, providers) {
            let provider = provider_arn(principal.arn, issuer);
            let statements = trust::subject_conditions(&trust.document, &provider);
            if !statements.is_empty() {
                trusts.push(ClusterTrust {
                    role: at,
                    cluster: issuers.get(issuer).copied(),
                    issuer,
                    provider,
                    statements,
                });
            }
        }
    }
    trusts
}

/// The issuers of clusters that a role's trust policy mentions; where it trusts everybody, all
/// that are known.
fn mentioned<'s>(
    principal: &Principal<'s>,
    issuers: &BTreeMap<&'s str, &'s str>,
    providers: &Providers<'s>,
) -> BTreeSet<&'s str> {
    let text = principal
        .role()
        .and_then(|role| role.assume_role_policy_document.as_ref())
        .map_or("", |document| document.as_str());
    if trusts_everybody(principal) {
        let known = issuers.keys().copied();
        return known
            .chain(providers.clusters_of(principal.account))
            .collect();
    }
    text.split(":oidc-provider/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|issuer| issuers.contains_key(issuer) || trust::is_eks_issuer(issuer))
        .collect()
}

/// Whether a statement means everybody, as `{"AWS": "*"}` does too: then also a provider that it
/// does not name.
fn trusts_everybody(principal: &Principal<'_>) -> bool {
    let unnamed = Caller::federated("");
    principal.trust.as_ref().is_some_and(|trust| {
        let mut statements = trust.document.statements.iter();
        statements
            .any(|s| s.effect == Effect::Allow && s.principals.means(&unnamed).truth() != Truth::No)
    })
}

/// The ARN that the provider of an issuer has in a role's account.
pub fn provider_arn(role: &str, issuer: &str) -> String {
    let (partition, account) =
        Arn::parse(role).map_or(("aws", ""), |arn| (arn.partition, arn.account));
    format!("arn:{partition}:iam::{account}:oidc-provider/{issuer}")
}

/// What the edges are made from.
pub(super) struct Build<'a, 's> {
    pub(super) principals: &'a Principals<'s>,
    pub(super) workloads: &'a Workloads<'s>,
    pub(super) providers: &'a Providers<'s>,
    pub(super) organizations: &'a Organizations<'s>,
    pub(super) context: &'a Context,
}

impl<'s> Build<'_, 's> {
    /// The edges of all trusts.
    pub(super) fn holds(&self, trusts: &[ClusterTrust<'s>]) -> Vec<Hold> {
        let mut by_cluster: HashMap<&str, Vec<(usize, String)>> = HashMap::new();
        for (at, account) in self.workloads.service_accounts.iter().enumerate() {
            let of_cluster = by_cluster.entry(account.cluster).or_default();
            of_cluster.push((at, account.subject()));
        }
        trusts
            .iter()
            .filter_map(|trust| Some((trust, trust.cluster?)))
            .flat_map(|(trust, cluster)| {
                let all = by_cluster.get(cluster).map_or(&[][..], Vec::as_slice);
                let tokens = self.tokens(trust.role, &trust.provider);
                let candidates = self.candidates(trust, cluster, all).into_iter();
                candidates.filter_map(move |account| self.hold(trust, tokens.as_ref()?, account))
            })
            .collect()
    }

    /// The service accounts that a trust may admit: those that its statements name; where they
    /// have wildcards, those of the cluster that match; all, where the subject is free. Only trusts
    /// without a subject pay for a whole evaluation of every service account.
    fn candidates(
        &self,
        trust: &ClusterTrust<'s>,
        cluster: &str,
        all: &[(usize, String)],
    ) -> BTreeSet<usize> {
        let mut admitted = BTreeSet::new();
        for statement in &trust.statements {
            if let Some(subjects) = exact_subjects(statement) {
                admitted.extend(
                    subjects
                        .filter_map(service_account_of)
                        .filter_map(|(ns, name)| self.workloads.service_account(cluster, ns, name)),
                );
                continue;
            }
            let patterns = subject_patterns(statement);
            let matches = |subject: &str| {
                patterns
                    .as_ref()
                    .is_none_or(|patterns| patterns.iter().any(|one| one.matches(subject)))
            };
            admitted.extend(
                all.iter()
                    .filter(|(_, subject)| matches(subject))
                    .map(|(at, _)| *at),
            );
        }
        admitted
    }

    /// The edge, by the audience that opens the widest: whoever runs a pod of the service account
    /// chooses the audience of its token, among those that the provider admits.
    fn hold(&self, trust: &ClusterTrust<'s>, tokens: &Tokens<'_>, account: usize) -> Option<Hold> {
        let service_account = self.workloads.service_accounts.get(account)?;
        let role = self.principals.get(trust.role)?;
        let own = service_account.audience();
        let audiences = match self.providers.audiences(role.account, trust.issuer) {
            Some(audiences) if !audiences.is_empty() => {
                audiences.iter().map(String::as_str).collect()
            }
            _ => vec![own],
        };
        let mut unknown = Vec::new();
        match self.providers.knows(role.account, trust.issuer, own) {
            Known::Yes | Known::NoAudience => {}
            Known::NoProvider => return None,
            Known::Unknown => unknown.push(format!(
                "only if account {} has the OIDC provider {} with audience {own}",
                role.account, trust.issuer,
            )),
        }
        let decision = audiences
            .into_iter()
            .map(|audience| tokens.may(&service_account.subject(), audience))
            .filter(|decision| !decision.is_denied())
            .max_by_key(Decision::is_allowed)?;
        let annotated = match service_account.annotated_role() {
            Some(arn) if arn == role.arn => "; the service account is annotated with it",
            _ => "; without an annotation",
        };
        Some(Hold {
            service_account: account,
            role: trust.role,
            way: EdgeKind::AssumeRoleWebIdentity,
            through: None,
            evidence: format!("{}{annotated}", statements(&decision)),
            decision,
            unknown,
            session: Vec::new(),
            tagged: false,
        })
    }

    /// The tokens of a provider before a role.
    fn tokens(&self, role: usize, provider: &str) -> Option<Tokens<'_>> {
        let role = self.principals.get(role)?;
        let asked = trust::Role {
            arn: role.arn,
            trust: role.trust.as_ref()?,
            rcps: self.organizations.rcps_of_role(role.account, role.arn),
        };
        let mut context = self.context.clone();
        self.organizations.fill_resource(role.account, &mut context);
        Some(Tokens::of(asked, provider, &context))
    }
}

/// The exact subjects that a statement admits, if it admits no others.
pub fn exact_subjects(statement: &ProviderStatement) -> Option<impl Iterator<Item = &str>> {
    let limit = statement.subject.iter().find(|limit| {
        // An operator that ignores case is held against every service account.
        !limit.operator.contains("IgnoreCase")
            && limit
                .values
                .iter()
                .all(|value| matches!(value, LimitKind::Exact(_)))
    })?;
    Some(limit.values.iter().filter_map(|value| match value {
        LimitKind::Exact(text) => Some(text.as_str()),
        _ => None,
    }))
}

/// The patterns that a statement admits, if it admits nothing else.
fn subject_patterns(statement: &ProviderStatement) -> Option<Vec<Pattern>> {
    statement
        .subject
        .iter()
        // An operator that ignores case is held against every service account.
        .filter(|limit| !limit.operator.contains("IgnoreCase"))
        .find_map(|limit| {
            limit
                .values
                .iter()
                .map(|value| match value {
                    LimitKind::Exact(text) => Some(Pattern::literal(text)),
                    LimitKind::Like(pattern) => Some(pattern.clone()),
                    LimitKind::Other(_) => None,
                })
                .collect()
        })
}

/// Namespace and name of a subject.
pub fn service_account_of(subject: &str) -> Option<(&str, &str)> {
    subject
        .strip_prefix("system:serviceaccount:")?
        .split_once(':')
}

/// What a service account's annotated role says to it: `None` where that cannot be known.
pub(super) fn annotated<'s>(
    build: &Build<'_, 's>,
    cluster: &'s Cluster,
    account: usize,
    role: usize,
) -> Option<(Decision, Known)> {
    let issuer = cluster.issuer()?;
    let principal = build.principals.get(role)?;
    let service_account = build.workloads.service_accounts.get(account)?;
    let provider = provider_arn(principal.arn, issuer);
    let audience = service_account.audience();
    let tokens = build.tokens(role, &provider)?;
    let decision = tokens.may(&service_account.subject(), audience);
    let known = build.providers.knows(principal.account, issuer, audience);
    Some((decision, known))
}
