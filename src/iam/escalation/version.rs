//! What another version of a policy would change.

use std::sync::Arc;

use crate::iam::context::Context;
use crate::iam::document::{Actions, Effect, PolicyDocument, Resources};
use crate::iam::evaluate::{NamedPolicy, Policies};
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

/// Whether these identity policies allow anything that the holder's own do not.
pub fn allows_more(own: &Policies<'_>, with: &[NamedPolicy], context: &Context) -> Truth {
    let principal = Principal::unnamed("");
    let with = Policies {
        identity: with,
        ..*own
    };
    let narrower = PermissionSet::new(&principal, &with, context);
    let wider = PermissionSet::new(&principal, own, context);
    if examples(own, &with).any(|(action, resource)| {
        narrower.truth(&action, &resource) == Truth::Yes
            && wider.truth(&action, &resource) == Truth::No
    }) {
        return Truth::Yes;
    }
    match compare(&narrower, &wider) {
        Comparison::Included => Truth::No,
        Comparison::Not { conditions, .. } if conditions.is_empty() => Truth::Yes,
        Comparison::Not { .. } | Comparison::Undecided(_) => Truth::Unknown,
    }
}

/// Of each statement that is new, a request that it allows where nothing else is in its way: mostly that is the answer.
fn examples(own: &Policies<'_>, with: &Policies<'_>) -> impl Iterator<Item = (String, String)> {
    let is_new = |policy: &&NamedPolicy| {
        let mut own = own.identity.iter();
        !own.any(|one| Arc::ptr_eq(&one.document, &policy.document))
    };
    let new = with.identity.iter().filter(is_new);
    let statements = new.flat_map(|policy| &policy.document.statements);
    let allowing = statements.filter(|one| one.effect == Effect::Allow);
    allowing.filter_map(|one| {
        let (Actions::Only(actions), Resources::Only(resources)) = (&one.actions, &one.resources)
        else {
            return None;
        };
        let resource = resources.first()?.template.fixed()?;
        Some((
            example(actions.first()?, UNNAMED),
            example(resource, UNNAMED),
        ))
    })
}
