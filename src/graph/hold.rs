//! Which service account gets which IAM role, and how: IRSA and EKS Pod Identity.

use crate::iam::admin::{Admin, admin};
use crate::iam::context::Context;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{Decision, NamedPolicy, Verdict};
use crate::iam::principal::Principal as Caller;

use super::Graph;
use super::path::EdgeKind;
use super::principal::Principal;

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
    /// Whether EKS Pod Identity tags its session.
    pub tagged: bool,
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

/// Of all ways to one role those that tell its widest use: the first certain one of those that no
/// session policy narrows (the first at all where none is certain), and each that one narrows.
pub fn telling<'h>(holds: &[&'h Hold]) -> Vec<&'h Hold> {
    let (whole, narrowed): (Vec<&Hold>, Vec<&Hold>) =
        holds.iter().partition(|hold| hold.session.is_empty());
    let certain = whole.iter().find(|hold| hold.is_certain());
    certain
        .or(whole.first())
        .copied()
        .into_iter()
        .chain(narrowed)
        .collect()
}

impl Graph<'_> {
    /// What is known of every request of a role: the time, its ARN, its tags.
    pub fn context_of_role(&self, role: &Principal<'_>) -> Context {
        let Some(mut caller) = Caller::from_arn(role.arn) else {
            return self.context().clone();
        };
        let id = role.role().map(|role| role.role_id.as_str());
        caller.unique_id = id.filter(|id| !id.is_empty()).map(Into::into);
        let tags = role.role().map_or(&[][..], |role| role.tags.as_slice());
        let tags = tags
            .iter()
            .map(|tag| (tag.key.as_str(), tag.value.as_str()));
        let mut context = caller.context(self.snapshot.taken_at.0, tags);
        self.organizations
            .fill_principal(role.account, &mut context);
        context
    }

    /// The same where it is got in this way: also the tags of the session (EKS User Guide, "Grant
    /// Pods access to AWS resources based on tags").
    pub fn context_of(&self, role: &Principal<'_>, hold: &Hold) -> Context {
        let mut context = self.context_of_role(role);
        for (tag, value) in self.session_tags(hold) {
            let key = format!("aws:PrincipalTag/{tag}");
            match value {
                Some(value) => context.set(&key, value),
                None => context.set_unknown(&key),
            };
        }
        context
    }

    /// The tags that EKS Pod Identity gives a session that is got in this way, each with its value where that is known:
    /// a pod's name is not. They are transitive: a role that the session assumes is passed them.
    pub fn session_tags(&self, hold: &Hold) -> Vec<(&'static str, Option<&str>)> {
        let Some(account) = self.holder(hold).filter(|_| hold.tagged) else {
            return Vec::new();
        };
        let cluster = self.snapshot.clusters.get(account.cluster);
        let details = cluster.and_then(|cluster| cluster.eks.cluster.as_ref());
        let arn = details.map(|details| details.arn.as_str());
        let name = cluster.map(|cluster| cluster.name.as_str());
        vec![
            ("eks-cluster-arn", arn.filter(|arn| !arn.is_empty())),
            ("eks-cluster-name", name.filter(|name| !name.is_empty())),
            ("kubernetes-namespace", Some(account.namespace)),
            ("kubernetes-service-account", Some(account.name)),
            ("kubernetes-pod-name", None),
            ("kubernetes-pod-uid", None),
        ]
    }
}

impl<'s> Graph<'s> {
    /// What is known of a request for something of the role's own account, where it is got in this
    /// way; with no hold by the role itself.
    pub fn context_at_home(&self, role: &Principal<'s>, hold: Option<&Hold>) -> Context {
        let mut context = match hold {
            Some(hold) => self.context_of(role, hold),
            None => self.context_of_role(role),
        };
        context.set("aws:ResourceAccount", role.account);
        self.organizations.fill_resource(role.account, &mut context);
        context
    }

    /// Whether a role is administrator of its account, where it is got in this way; with no hold by
    /// itself.
    pub fn admin(&self, role: &Principal<'s>, hold: Option<&Hold>) -> Option<Admin> {
        let policies = match hold {
            Some(hold) => self.policies(role, hold),
            None => role.policies(),
        };
        let context = self.context_at_home(role, hold);
        admin(&policies, &role.home(), &context)
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
