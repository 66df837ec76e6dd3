//! What another version of a policy would change.

use std::sync::Arc;

use crate::iam::context::Context;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{NamedPolicy, Policies};
use crate::iam::permissions::{Comparison, PermissionSet, compare};
use crate::iam::principal::Principal;
use crate::iam::truth::Truth;

/// The policies with this document in the place of the one of a name; nothing where it cannot be read.
pub fn with_version(
    identity: &[NamedPolicy],
    policy: &str,
    document: &str,
) -> Option<Vec<NamedPolicy>> {
    let document = Arc::new(PolicyDocument::parse(document).ok()?);
    let mut with = identity.to_vec();
    for one in with.iter_mut().filter(|one| &*one.name == policy) {
        one.document = Arc::clone(&document);
    }
    Some(with)
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
    match compare(&narrower, &wider) {
        Comparison::Included => Truth::No,
        Comparison::Not { conditions, .. } if conditions.is_empty() => Truth::Yes,
        Comparison::Not { .. } | Comparison::Undecided(_) => Truth::Unknown,
    }
}
