//! What the resources' own side has to say where many of them are asked about: those of another account, and
//! keys, open to nobody by the caller's policies alone.

use crate::iam::arn;
use crate::iam::context::Context;
use crate::iam::document::{PolicyDocument, Resources};
use crate::iam::evaluate::{NamedPolicy, Policies, PolicyKind};
use crate::iam::grants::{Grant, Question, grants};
use crate::iam::services::table;
use crate::snapshot::id::Arn;

use super::aws::Deciding;
use super::aws_any::statement;
use super::{Answer, Decision, Share};

/// How a remark begins that the own policies of many resources were not seen.
pub(in crate::graph) const UNSEEN: &str = "The resources' own policies were not seen";

/// Makes an answer from the caller's policies depend on those of the resources, where they are needed too.
/// `home` is the caller's account, `read` whether the policies of its resources were read.
pub(super) fn settle(
    deciding: &Deciding<'_>,
    (home, read): (&str, bool),
    policies: &Policies<'_>,
    context: &Context,
    question: &Question<'_>,
    grant: &Grant,
    answer: &mut Answer,
) {
    let text = deciding.what.text();
    let accounts = foreign(text, home, policies, grant);
    if !accounts.is_empty() {
        if answer.decision != Decision::Denied {
            open(
                answer,
                format!(
                    "as the resources' own policies in account {}, which were not seen, have it",
                    accounts.join(", ")
                ),
            );
        }
        return;
    }
    if of_keys(&deciding.action, text) {
        let keys = "as the keys' policies and grants, which were not seen, have it";
        if answer.decision != Decision::Denied || may_be_let_in(policies, context, question) {
            open(answer, keys.to_owned());
        }
        return;
    }
    let alone = table()
        .action(&deciding.action)
        .is_some_and(|action| action.needs_star());
    if !read && !alone {
        let could = match answer.decision {
            Decision::Denied => "allow",
            _ => "deny",
        };
        answer
            .remarks
            .push(format!("{UNSEEN} and could {could} it."));
    }
}

fn open(answer: &mut Answer, condition: String) {
    answer.decision = Decision::Conditional;
    answer.share = Some(Share::None);
    answer.conditions.push(condition);
}

/// The other accounts that all of it is in: the one that the pattern names, or those that the statements do.
fn foreign(text: &str, home: &str, policies: &Policies<'_>, grant: &Grant) -> Vec<String> {
    let other = |account: &str| arn::is_account_id(account) && account != home;
    let account_of = |text: &str| Arn::parse(text).map(|arn| arn.account.to_owned());
    if let Some(account) = account_of(text).filter(|account| !account.contains(['*', '?'])) {
        return Some(account)
            .filter(|account| other(account))
            .into_iter()
            .collect();
    }
    let mut accounts = Vec::new();
    let own = grant.because.iter();
    for matched in own.filter(|one| one.kind == PolicyKind::Identity) {
        let Some(Resources::Only(list)) = statement(policies, matched).map(|one| &one.resources)
        else {
            return Vec::new();
        };
        for resource in list {
            match account_of(&resource.template.widest().to_string()) {
                Some(account) if other(&account) => accounts.push(account),
                _ => return Vec::new(),
            }
        }
    }
    accounts.sort();
    accounts.dedup();
    accounts
}

/// Whether keys are asked about: nothing opens one but its policy and its grants (AWS KMS Developer Guide,
/// "Key policies in AWS KMS" and "Grants in AWS KMS"). What is asked of aliases alone needs neither.
fn of_keys(action: &str, text: &str) -> bool {
    let alias = Arn::parse(text).is_some_and(|arn| arn.resource.starts_with("alias/"));
    let on_key = |action: crate::iam::services::Action| {
        action.on_types().any(|on| on.resource_type.name() == "key")
    };
    action.starts_with("kms:") && !alias && table().action(action).is_none_or(on_key)
}

/// Whether nothing but the lack of an Allow stands in the way.
fn may_be_let_in(policies: &Policies<'_>, context: &Context, question: &Question<'_>) -> bool {
    let mut identity = policies.identity.to_vec();
    identity.push(NamedPolicy::new("", PolicyDocument::allowing_everything()));
    let policies = Policies {
        identity: &identity,
        ..*policies
    };
    !grants(&policies, context, question).is_nothing()
}
