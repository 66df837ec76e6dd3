//! RCPs bind the actions of some services only.

use std::borrow::Cow;

use super::Slot;
use super::side::Side;
use crate::iam::arn;
use crate::iam::evaluate::{rcp, rcps_cover};
use crate::iam::glob::Pattern;
use crate::iam::principal::Principal;
use crate::iam::truth::Truth;

/// A Deny of an RCP, for the actions that RCPs bind; the few requests to them that RCPs do not bind stand in
/// [`super::aside::Aside::unbound`].
pub(super) fn bound<'a>(slot: Slot<'a>, principal: &Principal) -> Vec<Slot<'a>> {
    if principal
        .principal_arn()
        .is_some_and(arn::is_service_linked_role)
    {
        return Vec::new();
    }
    let every = |service: &str| Cow::Owned(Pattern::new(&format!("{service}:*")));
    if !slot.actions.but {
        let of_each = |pattern: &Cow<'a, Pattern>| -> Vec<Cow<'a, Pattern>> {
            match pattern.head().split_once(':') {
                Some((service, _)) if rcps_cover(service) => vec![pattern.clone()],
                Some(_) => Vec::new(),
                // `*` alone has no service.
                None => rcp::services().iter().map(|s| every(s)).collect(),
            }
        };
        let actions = Side::of(slot.actions.patterns.iter().flat_map(of_each).collect());
        return vec![Slot { actions, ..slot }];
    }
    // RCPs cannot have NotAction; one that has it is judged as far as it says something.
    let touched = |service: &&&str| {
        let all = every(service);
        slot.actions.patterns.iter().any(|p| p.overlaps(&all))
    };
    let (touched, whole): (Vec<&&str>, Vec<&&str>) = rcp::services().iter().partition(touched);
    let side = |services: Vec<&&str>| Side::of(services.into_iter().map(|s| every(s)).collect());
    let (touched, whole) = (side(touched), side(whole));
    let open = Slot {
        actions: touched,
        truth: Truth::Unknown,
        resources: slot.resources.clone(),
        ..slot
    };
    let certain = Slot {
        actions: whole,
        resources: slot.resources,
        ..slot
    };
    vec![certain, open]
}
