//! What of a statement is open, so that it can be told where another has the same open.

use std::borrow::Cow;

use super::side::{Side, Sides};
use super::{PermissionSet, Slot};
use crate::iam::condition::Condition;
use crate::iam::variable::Template;

/// A statement with one of its resources that has an unknown variable, or with all that have none.
pub(super) struct Variant<'s> {
    pub(super) actions: &'s Side<'s>,
    pub(super) resources: Side<'s>,
    pub(super) open: OpenResource<'s>,
    pub(super) conditions: Vec<&'s Condition>,
}

/// What is not known of a variant's resources: where it matches on one side it matches on the other.
#[derive(Clone, Copy)]
pub(super) enum OpenResource<'s> {
    /// Nothing.
    Nothing,
    /// The variable of this one.
    Template(&'s Template),
    /// The variables of those that are excepted.
    AllBut(&'s Sides<'s>),
}

pub(super) fn variants<'s>(set: &'s PermissionSet<'_>, slot: &'s Slot<'_>) -> Vec<Variant<'s>> {
    let variant = |resources: Side<'s>, open| Variant {
        actions: &slot.actions,
        resources,
        open,
        conditions: slot.open_conditions(set.context).collect(),
    };
    let resources = &slot.resources;
    if resources.open.is_empty() {
        return vec![variant(resources.certain.clone(), OpenResource::Nothing)];
    }
    if resources.possible.but {
        let open = OpenResource::AllBut(resources);
        return vec![variant(resources.possible.clone(), open)];
    }
    let open = resources.open.iter();
    let mut out: Vec<Variant<'_>> = open
        .map(|(template, pattern)| variant(Side::one(pattern), OpenResource::Template(template)))
        .collect();
    if !resources.certain.is_nothing() {
        out.push(variant(resources.certain.clone(), OpenResource::Nothing));
    }
    out
}

/// Whether two conditions are one and the same.
fn same(a: &Condition, b: &Condition) -> bool {
    let values = |c: &Condition| {
        let mut values: Vec<Box<str>> = c.values.to_vec();
        values.sort();
        values.dedup();
        values
    };
    let operator = |c: &Condition| {
        let o = &c.operator;
        (o.set, o.test, o.negated, o.if_exists)
    };
    a.key == b.key && operator(a) == operator(b) && values(a) == values(b)
}

pub(super) fn all_among<'c>(
    conditions: impl IntoIterator<Item = &'c Condition>,
    among: &[&Condition],
) -> bool {
    conditions
        .into_iter()
        .all(|c| among.iter().any(|a| same(a, c)))
}

/// The resources that a statement certainly has where those that are open match.
pub(super) fn certain_under<'s>(slot: &'s Slot<'_>, open: &[OpenResource<'_>]) -> Side<'s> {
    let own = &slot.resources;
    let mut side = own.certain.clone();
    for open in open {
        match open {
            OpenResource::Nothing => {}
            OpenResource::Template(template) if !side.but => {
                let same = own.open.iter().filter(|(t, _)| t == template);
                side.patterns.extend(same.map(|(_, p)| Cow::Borrowed(p)));
            }
            OpenResource::AllBut(sides) if *sides == own => return own.possible.clone(),
            OpenResource::Template(_) | OpenResource::AllBut(_) => {}
        }
    }
    side
}
