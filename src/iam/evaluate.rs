//! The decision for one request, over all kinds of policies.
//!
//! IAM User Guide, "Policy evaluation logic" with its pages on single-account and cross-account requests,
//! on the difference between explicit and implicit denies, and on how the kinds of policies interplay.

mod decision;
pub(super) mod fixed;
pub(super) mod layer;
pub(super) mod rcp;
pub(super) mod residual;
mod settle;

pub use decision::{Blocker, Decision, MatchedStatement, PolicyKind, Verdict};
pub use rcp::{rcps_bind, rcps_cover};
pub use settle::{Completion, completions};

use std::sync::Arc;

use super::arn;
use super::context::Context;
use super::document::{Effect, PolicyDocument, Statement};
use super::glob::Pattern;
use super::principal::{Caller, Principal};
use super::truth::Truth;
use crate::snapshot::id::Arn;
use fixed::Fixed;
use layer::{Found, Layers};

/// A compiled policy with the name under which it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedPolicy {
    /// An ARN, or `inline NAME`.
    pub name: Arc<str>,
    /// What it says.
    pub document: Arc<PolicyDocument>,
}

impl NamedPolicy {
    /// A policy with its name.
    pub fn new(name: &str, document: PolicyDocument) -> Self {
        Self {
            name: name.into(),
            document: Arc::new(document),
        }
    }

    /// What it allows alone.
    #[must_use]
    pub fn without_denies(&self) -> Self {
        let allows = |s: &Statement| s.effect == Effect::Allow;
        if self.document.statements.iter().all(allows) {
            return self.clone();
        }
        let mut document = (*self.document).clone();
        document.statements.retain(allows);
        Self {
            name: Arc::clone(&self.name),
            document: document.into(),
        }
    }
}

/// What is known of the resource's own policy.
#[derive(Debug, Clone, Copy, Default)]
pub enum ResourcePolicy<'a> {
    /// It has none.
    #[default]
    None,
    /// It may have one, which was not seen.
    Unseen,
    /// This one.
    Given(&'a NamedPolicy),
}

/// All policies that bear on a request. An empty list is not in force, but that of the identity allows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'a> {
    /// Attached to the principal: managed, inline and through its groups.
    pub identity: &'a [NamedPolicy],
    /// The principal's permissions boundary.
    pub boundary: &'a [NamedPolicy],
    /// SCPs, one list a level from the root to the account; each level has to allow.
    pub scps: &'a [Vec<NamedPolicy>],
    /// RCPs that bind the resource. RCPFullAWSAccess stands beside them always, so only denies count,
    /// and those for the services that RCPs cover alone ([`rcps_cover`]).
    pub rcps: &'a [Vec<NamedPolicy>],
    /// Session policies.
    pub session: &'a [NamedPolicy],
    /// The resource's own: a bucket policy, a key policy, a role's trust policy.
    pub resource: ResourcePolicy<'a>,
    /// The policy of the VPC endpoint that the request comes through.
    pub endpoint: &'a [NamedPolicy],
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who calls.
    pub principal: &'a Principal,
    /// The action in lower case, as in `s3:getobject`.
    pub action: &'a str,
    /// The resource's ARN, or `*`.
    pub resource: &'a str,
    /// The resource's account.
    pub resource_account: &'a str,
    /// The condition keys.
    pub context: &'a Context,
}

impl<'a> Request<'a> {
    /// A request whose resource is in the account that its ARN names, else in the caller's.
    /// The action has to be in lower case.
    pub fn new(
        principal: &'a Principal,
        action: &'a str,
        resource: &'a str,
        context: &'a Context,
    ) -> Self {
        let resource_account = arn::account(resource).unwrap_or(&principal.account);
        Self {
            principal,
            action,
            resource,
            resource_account,
            context,
        }
    }

    /// Whether caller and resource are in one account.
    pub fn same_account(&self) -> bool {
        self.principal.account.as_ref() == self.resource_account
    }

    /// Whether nothing but the resource's policy opens the resource, be it by delegating to the account:
    /// roles ("IAM roles … trust policy") and KMS keys ("Key policies in AWS KMS").
    pub fn needs_resource_policy(&self) -> bool {
        let trust = [
            "sts:assumerole",
            "sts:tagsession",
            "sts:setsourceidentity",
            "sts:setcontext",
        ];
        if self.action.starts_with("kms:") {
            let key = Arn::parse(self.resource)
                .is_some_and(|a| a.service == "kms" && a.resource.starts_with("key/"));
            return key || self.keys_of_alias().is_some();
        }
        self.action.starts_with(trust[0])
            || (trust.contains(&self.action) && arn::is_role(self.resource))
    }

    /// The keys that may be meant where a request names an alias for a key: KMS authorizes it by the key
    /// ("Controlling access to aliases" and "Using aliases to control access to KMS keys").
    fn keys_of_alias(&self) -> Option<Pattern> {
        let action = self.action.strip_prefix("kms:")?;
        let arn = Arn::parse(self.resource)?;
        let of_key = !matches!(action, "createalias" | "updatealias" | "deletealias");
        if !of_key || arn.service != "kms" || !arn.resource.starts_with("alias/") {
            return None;
        }
        let (partition, region, account) = (arn.partition, arn.region, arn.account);
        Some(Pattern::new(&format!(
            "arn:{partition}:kms:{region}:{account}:key/*"
        )))
    }

    /// Whether it is not decided by what statements say of its action and resource: AWS decides it itself, or
    /// an alias stands for a key, or RCPs do not bind it though its service is one of theirs.
    pub(super) fn is_apart(&self, policies: &Policies<'_>) -> bool {
        let unbound =
            || self.action == "kms:retiregrant" || arn::is_service_linked_role(self.resource);
        fixed::fixed(self).is_some()
            || self.keys_of_alias().is_some()
            || (!policies.rcps.is_empty() && unbound())
    }

    /// A token is held against the provider in the role's own account (IAM User Guide, "Create an OpenID
    /// Connect identity provider"): another account's provider opens nothing. Providers that AWS knows by
    /// name (`cognito-identity.amazonaws.com`) belong to no account.
    fn provider_is_here(&self) -> Truth {
        let principal = self.principal;
        let elsewhere = !principal.account.is_empty() && !self.same_account();
        Truth::from(principal.caller != Caller::Federated || !elsewhere)
    }
}

/// Decides a request.
pub fn evaluate(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    let (decision, open) = judge(request, policies);
    open.and_then(|open| settle::settle(request, policies, &open))
        .unwrap_or(decision)
}

/// Decides statement by statement. Where the decision is conditional, the keys that several open
/// conditions share come with it.
fn judge<'a>(
    request: &Request<'_>,
    policies: &Policies<'a>,
) -> (Decision, Option<settle::Open<'a>>) {
    let refused = match fixed::fixed(request) {
        Some(Fixed::Allowed) => return (Decision::allowed(), None),
        Some(Fixed::Refused(why)) => Some(Blocker::Aws(why)),
        None => None,
    };
    let mut found = Found::new(request, policies);
    let layers = Layers::gather(&mut found, policies);
    let granted = match refused {
        Some(_) => Truth::No,
        None => layers.granted(request),
    };
    let allow = granted.and(layers.scp.allow).and(layers.endpoint.allow);
    let deny = layers.deny();
    let blocker = refused.or_else(|| layers.blocker(request, granted));
    let unseen = matches!(policies.resource, ResourcePolicy::Unseen);
    let shared = match (allow, deny) {
        (Truth::No, _) | (_, Truth::Yes) | (Truth::Yes, Truth::No) => None,
        _ => settle::shared(&found.matched, request),
    };
    (
        decision::decide(allow, deny, found.matched, blocker, unseen, request),
        shared,
    )
}
