//! The same for a service account, and so for its pods: the best over all roles that it gets.

use super::aws::Deciding;
use super::{Answer, Asker, Because, Decision};
use crate::graph::Graph;
use crate::graph::hold::Hold;
use crate::graph::named::{What, Who};
use crate::graph::path::EdgeKind;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

impl<'s> Graph<'s> {
    /// The best over all ways in which a service account gets a role.
    pub(super) fn account_may(&self, at: usize, deciding: &Deciding<'_>) -> Answer {
        if deciding.action == "sts:assumerolewithwebidentity" {
            return self.by_token(at, deciding);
        }
        let unread = self.unread_roles(at);
        let mut best: Option<Answer> = None;
        for hold in self.got_by(at) {
            let role = self.principals.get(hold.role);
            let Some(asker) = role.and_then(|role| Asker::new(role, Some(hold))) else {
                continue;
            };
            let mut answer = self.asked(&asker, deciding);
            if answer.decision != Decision::Denied {
                answer.because.push(got(&asker, hold));
            }
            for why in &mut answer.why_not {
                why.text = format!("As {}: {}", asker.principal.arn, why.text);
            }
            best = Some(match best {
                Some(before) => better(before, answer),
                None => answer,
            });
        }
        let none = "It gets no IAM role, by IRSA or by EKS Pod Identity";
        best.unwrap_or_else(|| Answer::denied("no-role", format!("{none}.")))
            .unless_unread(unread)
    }

    /// Its token for a role: the trust policy alone decides.
    fn by_token(&self, at: usize, deciding: &Deciding<'_>) -> Answer {
        let meant = |hold: &&Hold| {
            let role = self.principals.get(hold.role).map_or("", |role| role.arn);
            hold.way == EdgeKind::AssumeRoleWebIdentity && deciding.pattern.matches(role)
        };
        let mut holds: Vec<&Hold> = self.got_by(at).filter(meant).collect();
        holds.sort_by_key(|hold| !hold.is_certain());
        // The one role that was read answers for itself.
        let read = matches!(deciding.what, What::One(arn) if self.principals.by_arn(arn).is_some());
        let issuer = |text: &String| text.starts_with(Source::CLUSTER.name);
        let mut unread = self.unread_roles(at);
        unread.retain(|text| !read || issuer(text));
        let Some(hold) = holds.first() else {
            let refused = match (deciding.what, self.workloads.service_accounts.get(at)) {
                (What::One(arn), Some(account)) => {
                    let role = self.principals.by_arn(arn);
                    role.map(|role| self.refusal(role, account))
                }
                _ => None,
            };
            let text =
                refused.unwrap_or_else(|| "no role that was read trusts its token".to_owned());
            return Answer::denied("resource", format!("{text}.")).unless_unread(unread);
        };
        let mut answer = Answer::of(match hold.is_certain() {
            true => Decision::Allowed,
            false => Decision::Conditional,
        });
        answer.because = hold
            .decision
            .because
            .iter()
            .cloned()
            .map(Because::Statement)
            .collect();
        let asker = self
            .principals
            .get(hold.role)
            .and_then(|role| Asker::new(role, Some(hold)));
        answer.because.extend(asker.map(|asker| got(&asker, hold)));
        if !hold.is_certain() {
            answer.conditions = hold.conditions().map(str::to_owned).collect();
        }
        answer.chosen.clone_from(&hold.decision.chosen);
        answer
    }

    /// What was not read, so that somebody may do more in AWS than is known.
    pub fn unread_aws(&self, who: &Who) -> Vec<String> {
        match who {
            Who::Account { at, .. } => self.unread_roles(*at),
            Who::Iam { .. } | Who::Subject { .. } => Vec::new(),
        }
    }

    /// What was not read, so that a service account may get more roles than are known.
    pub fn unread_roles(&self, at: usize) -> Vec<String> {
        let Some(account) = self.workloads.service_accounts.get(at) else {
            return Vec::new();
        };
        let Some(node) = self.cluster(account.cluster) else {
            return Vec::new();
        };
        let not_read =
            |source: Source, scope: &str| format!("{} of {scope} was not read whole", source.name);
        let mut unread = Vec::new();
        match node.cluster.account.as_deref() {
            Some(id) if !self.saw(Source::IAM, id) => unread.push(not_read(Source::IAM, id)),
            None if self.snapshot.accounts.is_empty() => {
                unread.push(not_read(Source::IAM, "the cluster's account"));
            }
            _ => {}
        }
        if node.cluster.issuer().is_none() {
            unread.push(not_read(Source::CLUSTER, node.key));
        }
        if !self.saw(Source::POD_IDENTITY, node.key) {
            unread.push(not_read(Source::POD_IDENTITY, node.key));
        }
        let elsewhere = account
            .annotated_role()
            .and_then(Arn::parse)
            .map(|arn| arn.account);
        if let Some(id) = elsewhere.filter(|id| !self.saw(Source::IAM, id)) {
            let text = not_read(Source::IAM, id);
            if !unread.contains(&text) {
                unread.push(text);
            }
        }
        unread
    }
}

/// That a service account gets a role.
fn got(asker: &Asker<'_, '_>, hold: &Hold) -> Because {
    Because::Role {
        role: asker.principal.arn.to_owned(),
        way: hold.way,
        evidence: hold.evidence.clone(),
    }
}

/// The better of two answers; of two that deny, the reasons of both.
fn better(mut one: Answer, other: Answer) -> Answer {
    if other.decision > one.decision {
        return other;
    }
    if one.decision == Decision::Denied && other.decision == Decision::Denied {
        one.why_not.extend(other.why_not);
        for remark in other.remarks {
            if !one.remarks.contains(&remark) {
                one.remarks.push(remark);
            }
        }
    }
    one
}
