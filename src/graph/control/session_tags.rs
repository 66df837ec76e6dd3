//! What the session tags of EKS Pod Identity change of who assumes which role.
//!
//! EKS User Guide, "Grant Pods access to AWS resources based on tags": the tags are transitive, so a role that such a
//! session assumes is passed them too. IAM User Guide, "Pass session tags in AWS STS": passing tags takes
//! `sts:TagSession` beside `sts:AssumeRole`, on both sides; a trust policy sees them as `aws:RequestTag`, and those of
//! the session that asks as `aws:PrincipalTag`.

use super::Caller;
use super::assume::Assume;
use crate::graph::decision::Asker;
use crate::graph::hold::Hold;
use crate::graph::workload::Account;
use crate::iam::context::Context;
use crate::iam::document::{PolicyDocument, Statement};
use crate::iam::evaluate::Decision;
use crate::iam::trust;

impl<'g, 's> Assume<'g, 's> {
    /// Whether a role that is refused as it is lets in a session with the tags.
    pub(super) fn by_tags(
        &self,
        from: usize,
        caller: &Caller<'g, 's>,
        asked: &trust::Role<'_>,
    ) -> Option<(Decision, Vec<String>)> {
        let mut own = caller.policies.identity.iter();
        if !asks_for_tags(&asked.trust.document) && !own.any(|one| asks_for_tags(&one.document)) {
            return None;
        }
        let mut found: Option<(Decision, Vec<String>)> = None;
        for hold in self.tagged(from) {
            let decision = self.tagged_session(caller, hold, asked);
            let Some(decision) = decision.filter(|one| !one.is_denied()) else {
                continue;
            };
            let better = |known: &(Decision, _)| !known.0.is_allowed() && decision.is_allowed();
            if found.as_ref().is_none_or(better) {
                let account = self.graph.holder(hold).map(Account::label);
                let only = format!(
                    "only in a session that EKS Pod Identity gives {}, by its tags",
                    account.unwrap_or_default()
                );
                found = Some((decision, vec![only]));
            }
        }
        found
    }

    /// What it depends on that a role that is got by EKS Pod Identity assumes one that does not let tags be passed.
    pub(super) fn untagged(
        &self,
        from: usize,
        caller: &Caller<'g, 's>,
        asked: &trust::Role<'_>,
    ) -> Option<String> {
        let mut tagged = self.tagged(from).peekable();
        tagged.peek()?;
        let passes = tagged.any(|hold| {
            let decision = self.tagged_session(caller, hold, asked);
            decision.is_some_and(|decision| !decision.is_denied())
        });
        (!passes).then(|| {
            "only in a session without the tags of EKS Pod Identity: to pass them on takes sts:TagSession".to_owned()
        })
    }

    fn tagged(&self, role: usize) -> impl Iterator<Item = &'g Hold> {
        self.graph.holds_of(role).filter(|hold| hold.tagged)
    }

    /// What is said to a session that is got in this way.
    fn tagged_session(
        &self,
        caller: &Caller<'g, 's>,
        hold: &'g Hold,
        asked: &trust::Role<'_>,
    ) -> Option<Decision> {
        let asker = Asker::new(caller.asker.principal, Some(hold))?;
        let mut context = asker.context(self.graph);
        self.graph.know_resource(asked.arn, &mut context);
        passed_on(&self.graph.session_tags(hold), &mut context);
        let policies = asker.policies(self.graph);
        Some(trust::principal(
            asked,
            &asker.caller,
            &policies,
            &context,
            true,
        ))
    }
}

/// The tags as the request for the next role has them.
fn passed_on(tags: &[(&str, Option<&str>)], context: &mut Context) {
    for (tag, value) in tags {
        let key = format!("aws:RequestTag/{tag}");
        match value {
            Some(value) => context.set(&key, value),
            None => context.set_unknown(&key),
        };
    }
}

/// Whether some statement asks for a tag that EKS Pod Identity gives, in a condition or by a variable.
fn asks_for_tags(document: &PolicyDocument) -> bool {
    let is_tag = |key: &str| {
        let key = key.to_ascii_lowercase();
        let tag = key
            .strip_prefix("aws:principaltag/")
            .or_else(|| key.strip_prefix("aws:requesttag/"));
        tag.is_some_and(|tag| tag.starts_with("kubernetes-") || tag.starts_with("eks-cluster-"))
    };
    let asks = |statement: &Statement| {
        let mut conditions = statement.conditions.iter();
        conditions.any(|one| is_tag(&one.key) || one.variables().into_iter().any(is_tag))
            || statement.resources.variables().any(is_tag)
    };
    document.statements.iter().any(asks)
}
