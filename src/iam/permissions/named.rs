//! Where a resource has a variable that is not known, a decision that rests on several conditions together may
//! be of that resource alone: "on what is called as the user, where the user is ann" is of ann's.

use super::side::Side;
use super::{PermissionSet, Slot};
use crate::iam::condition::{Condition, Test};
use crate::iam::glob::Pattern;
use crate::iam::truth::Truth;
use crate::iam::variable::Template;

/// The resources that are named so: those of a template with a value that a condition names.
pub(super) struct Named {
    pub(super) actions: Side<'static>,
    pub(super) resources: Vec<Side<'static>>,
}

impl Named {
    /// The resources that the conditions of some sets name through the templates of any of them.
    pub(super) fn new(sets: &[&PermissionSet<'_>]) -> Self {
        let mut patterns: Vec<Pattern> = Vec::new();
        for (template, _) in sets
            .iter()
            .flat_map(|s| s.slots())
            .flat_map(|s| &s.resources.open)
        {
            let Some(key) = template.keys().next() else {
                continue;
            };
            for condition in open_conditions(sets).filter(|c| &*c.key == key) {
                let values = condition.patterns().into_iter().flatten();
                patterns.extend(values.filter_map(|v| template.filled(v)));
            }
        }
        patterns.dedup();
        let side = |p: Pattern| Side::of(vec![std::borrow::Cow::Owned(p)]);
        Self {
            actions: Side::everything(),
            resources: patterns.into_iter().map(side).collect(),
        }
    }
}

fn open_conditions<'s>(sets: &'s [&PermissionSet<'_>]) -> impl Iterator<Item = &'s Condition> {
    sets.iter().flat_map(|set| {
        set.slots()
            .flat_map(|slot| slot.open_conditions(set.context))
    })
}

/// Whether the decisions on a request may be of its resource alone, though the same statements apply to others
/// that no condition names either.
pub(super) fn is_of_its_own(sets: &[&PermissionSet<'_>], action: &str, resource: &str) -> bool {
    let open = |slot: &&Slot<'_>| {
        !slot.resources.open.is_empty()
            && slot.actions.has(action)
            && slot.applies(action, resource) == Truth::Unknown
    };
    let slots = sets.iter().flat_map(|s| s.slots()).filter(open);
    let mut templates: Vec<&Template> = slots
        .flat_map(|s| &s.resources.open)
        .filter(|(_, p)| p.matches(resource))
        .map(|(t, _)| *t)
        .collect();
    let Some(first) = templates.pop() else {
        return false;
    };
    let key = first.keys().next();
    let plain = |c: &Condition| {
        matches!(
            c.operator.test,
            Test::Text {
                fold_case: false,
                ..
            } | Test::Null
        ) && c.operator.set.is_none()
    };
    let told = |c: &Condition| {
        Some(&*c.key) == key && !plain(c) || c.variables().into_iter().any(|v| Some(v) == key)
    };
    templates.iter().any(|t| *t != first)
        || first.filled(&Pattern::new("*")).is_none()
        || open_conditions(sets).any(told)
}
