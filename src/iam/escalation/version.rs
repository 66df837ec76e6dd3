//! What another version of a policy would change.

use std::sync::Arc;

use crate::iam::context::Context;
use crate::iam::document::{Actions, Effect, PolicyDocument, Resources};
use crate::iam::evaluate::{NamedPolicy, Policies, Request, ResourcePolicy, evaluate};
use crate::iam::glob::example;
use crate::iam::permissions::{Comparison, PermissionSet, compare};
use crate::iam::principal::Principal;
use crate::iam::truth::Truth;

/// A character that no policy names.
const UNNAMED: char = '\u{10FFFF}';

/// The policies with this document in the place of the one of a name.
pub fn with_version(
    identity: &[NamedPolicy],
    policy: &str,
    document: &Arc<PolicyDocument>,
) -> Vec<NamedPolicy> {
    let mut with = identity.to_vec();
    for one in with.iter_mut().filter(|one| &*one.name == policy) {
        one.document = Arc::clone(document);
    }
    with
}

/// Whether these identity policies allow anything that the holder's own do not, or may.
pub fn may_allow_more(own: &Policies<'_>, with: &[NamedPolicy], context: &Context) -> bool {
    let principal = Principal::unnamed("");
    let with = Policies {
        identity: with,
        ..*own
    };
    let truth = |policies: &Policies<'_>, action: &str, resource: &str| {
        let request = Request {
            principal: &principal,
            action,
            resource,
            resource_account: &principal.account,
            context,
        };
        let resource = ResourcePolicy::None;
        evaluate(
            &request,
            &Policies {
                resource,
                ..*policies
            },
        )
        .truth()
    };
    // Mostly an example shows it, for a fraction of what a comparison costs.
    if examples(own, &with).any(|(action, resource)| {
        truth(&with, &action, &resource) != Truth::No && truth(own, &action, &resource) == Truth::No
    }) {
        return true;
    }
    let narrower = PermissionSet::new(&principal, &with, context);
    let wider = PermissionSet::new(&principal, own, context);
    compare(&narrower, &wider) != Comparison::Included
}

/// How many actions and how many resources of a statement are tried.
const TRIED: usize = 4;

/// Of each statement that is new, some requests that it allows where nothing else is in its way.
fn examples(own: &Policies<'_>, with: &Policies<'_>) -> impl Iterator<Item = (String, String)> {
    let is_new = |policy: &&NamedPolicy| {
        let mut own = own.identity.iter();
        !own.any(|one| Arc::ptr_eq(&one.document, &policy.document))
    };
    let new = with.identity.iter().filter(is_new);
    let statements = new.flat_map(|policy| &policy.document.statements);
    let allowing = statements.filter(|one| one.effect == Effect::Allow);
    allowing.flat_map(|one| {
        let (Actions::Only(actions), Resources::Only(resources)) = (&one.actions, &one.resources)
        else {
            return Vec::new();
        };
        let actions = actions.iter().take(TRIED);
        let resources = resources.iter().take(TRIED);
        let resources: Vec<String> = resources
            .filter_map(|one| Some(example(one.template.fixed()?, UNNAMED)))
            .collect();
        actions
            .map(|action| example(action, UNNAMED))
            .flat_map(|action| {
                resources
                    .iter()
                    .map(move |one| (action.clone(), one.clone()))
            })
            .collect()
    })
}
