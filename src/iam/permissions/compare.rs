//! Does one set allow anything that another does not.
//!
//! A condition that is open is taken to be one and the same on both sides. What one side allows under some
//! conditions is covered by what the other allows under some of the same, or without any; where that does
//! not settle it, the values that the keys can have are tried, and where they cannot be named either, it
//! stays undecided.

use std::borrow::Cow;

use super::named::{Named, is_of_its_own};
use super::search::{Area, Found, each_cell, request};
use super::side::{Side, Sides};
use super::{ALWAYS, Example, PermissionSet, Slot};
use crate::iam::condition::Condition;
use crate::iam::context::Context;
use crate::iam::evaluate::completions;
use crate::iam::glob::{Colons, Pattern};
use crate::iam::truth::Truth;
use crate::iam::variable::Template;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// Whatever the one allows the other allows too, whatever the open conditions turn out to be.
    Included,
    /// Not this request.
    Not {
        /// What the one allows and the other does not.
        example: Example,
        /// Under these circumstances; empty: always.
        conditions: Vec<String>,
    },
    /// It could not be decided, for this reason.
    Undecided(String),
}

/// Whether `wider` allows all that `narrower` allows. Unknown keys are taken to be the same for both.
pub fn compare(narrower: &PermissionSet<'_>, wider: &PermissionSet<'_>) -> Comparison {
    let always = Pattern::literal(ALWAYS);
    let always = Side::one(&always);
    let everything = Side::everything();
    let own = narrower.principal.has_identity() && wider.principal.has_identity();
    let always = Area {
        actions: &always,
        resources: &everything,
    };
    let groups: Vec<Vec<Variant<'_>>> = narrower
        .groups
        .iter()
        .map(|group| {
            group
                .iter()
                .flat_map(|slot| variants(narrower, slot))
                .collect()
        })
        .collect();
    let mut without: Vec<Area<'_>> = own.then_some(always).into_iter().collect();
    let denies = narrower.denies.iter().filter(|d| d.truth == Truth::Yes);
    without.extend(denies.map(Slot::certain));
    let named = Named::new(&[narrower, wider]);
    let mut cuts = narrower.cuts(&named);
    cuts.extend(wider.cuts(&named));
    let mut comparing = Comparing {
        narrower,
        wider,
        groups: &groups,
        without,
        cuts,
        undecided: None,
    };
    match comparing.over_groups(&mut Vec::new()) {
        Some(found) => found,
        None => comparing
            .undecided
            .map_or(Comparison::Included, Comparison::Undecided),
    }
}

/// A statement with one of its resources that has an unknown variable, or with all that have none.
struct Variant<'s> {
    actions: &'s Side<'s>,
    resources: Side<'s>,
    open: OpenResource<'s>,
    conditions: Vec<&'s Condition>,
}

/// What is not known of a variant's resources: where it matches on one side it matches on the other.
#[derive(Clone, Copy)]
enum OpenResource<'s> {
    /// Nothing.
    Nothing,
    /// The variable of this one.
    Template(&'s Template),
    /// The variables of those that are excepted.
    AllBut(&'s Sides<'s>),
}

fn variants<'s>(set: &'s PermissionSet<'_>, slot: &'s Slot<'_>) -> Vec<Variant<'s>> {
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

fn all_among<'c>(
    conditions: impl IntoIterator<Item = &'c Condition>,
    among: &[&Condition],
) -> bool {
    conditions
        .into_iter()
        .all(|c| among.iter().any(|a| same(a, c)))
}

/// What is said of one request.
enum Judged {
    Covered,
    Counter(Vec<String>),
    Open(String),
}

struct Comparing<'s, 'a> {
    narrower: &'s PermissionSet<'a>,
    wider: &'s PermissionSet<'a>,
    groups: &'s [Vec<Variant<'s>>],
    /// What the narrower certainly denies, and what both always allow.
    without: Vec<Area<'s>>,
    cuts: Vec<Area<'s>>,
    undecided: Option<String>,
}

impl<'s> Comparing<'s, '_> {
    /// Goes through the choices of one Allow from each group.
    fn over_groups(&mut self, chosen: &mut Vec<&'s Variant<'s>>) -> Option<Comparison> {
        let within = areas(chosen);
        match request(&within, &self.without, Colons::Any) {
            Found::Never => return None,
            Found::Undecided if chosen.len() == self.groups.len() => {
                return self.leave("the patterns are too many".into());
            }
            _ => {}
        }
        let groups = self.groups;
        let Some(group) = groups.get(chosen.len()) else {
            return self.choice(chosen);
        };
        for variant in group {
            chosen.push(variant);
            let found = self.over_groups(chosen);
            chosen.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn leave(&mut self, reason: String) -> Option<Comparison> {
        self.undecided.get_or_insert(reason);
        None
    }

    /// One choice: every group of the wider has to cover it, and none of its denies take of it.
    fn choice(&mut self, chosen: &[&'s Variant<'s>]) -> Option<Comparison> {
        let assumed: Vec<&Condition> = chosen
            .iter()
            .flat_map(|v| v.conditions.iter().copied())
            .collect();
        let open: Vec<OpenResource<'_>> = chosen.iter().map(|v| v.open).collect();
        let within = areas(chosen);
        let wider = self.wider;
        for group in &wider.groups {
            let covering: Vec<(&Side<'_>, Side<'_>)> = group
                .iter()
                .filter(|s| self.holds_under(s, &assumed))
                .map(|s| (&s.actions, certain_under(s, &open)))
                .collect();
            let mut without = self.without.clone();
            without.extend(
                covering
                    .iter()
                    .map(|(actions, resources)| Area { actions, resources }),
            );
            let found = request(&within, &without, Colons::Any);
            if let Some(answer) = self.uncovered(found, &within)? {
                return Some(answer);
            }
        }
        for deny in wider.denies.iter().flat_map(|d| variants(wider, d)) {
            let mut within = within.clone();
            within.push(Area {
                actions: deny.actions,
                resources: &deny.resources,
            });
            // What the narrower denies whenever the wider does is no matter.
            let narrower = self.narrower;
            let excusing: Vec<(&Side<'_>, Side<'_>)> = narrower
                .denies
                .iter()
                .filter(|d| d.is_meant)
                .filter(|d| all_among(d.open_conditions(narrower.context), &deny.conditions))
                .map(|d| (&d.actions, certain_under(d, &[deny.open])))
                .collect();
            let mut without = self.without.clone();
            without.extend(
                excusing
                    .iter()
                    .map(|(actions, resources)| Area { actions, resources }),
            );
            let found = request(&within, &without, Colons::Any);
            if let Some(answer) = self.uncovered(found, &areas(chosen))? {
                return Some(answer);
            }
        }
        None
    }

    /// Whether an Allow of the wider holds where these conditions do.
    fn holds_under(&self, slot: &Slot<'_>, assumed: &[&Condition]) -> bool {
        slot.is_meant && all_among(slot.open_conditions(self.wider.context), assumed)
    }

    /// What is to be said of a request that is not plainly covered: the inner `None` if nothing.
    #[allow(clippy::option_option)]
    fn uncovered(&mut self, found: Found, within: &[Area<'s>]) -> Option<Option<Comparison>> {
        let (action, resource) = match found {
            Found::Never => return Some(None),
            Found::Undecided => {
                self.leave("the patterns are too many".into());
                return Some(None);
            }
            Found::Request(action, resource) => (action, resource),
        };
        if let Judged::Counter(conditions) = self.judge(&action, &resource) {
            let example = Example { action, resource };
            return Some(Some(Comparison::Not {
                example,
                conditions,
            }));
        }
        let (mut counter, mut open) = (Vec::new(), None);
        let this = &*self;
        let stopped = each_cell(
            within,
            &this.without,
            &this.cuts,
            Colons::Any,
            |action, resource| match this.judge(action, resource) {
                Judged::Covered => false,
                Judged::Open(reason) => {
                    open.get_or_insert(reason);
                    false
                }
                Judged::Counter(conditions) => {
                    counter = conditions;
                    true
                }
            },
        );
        match (stopped, open) {
            (Some(Found::Request(action, resource)), _) => {
                let example = Example { action, resource };
                let conditions = counter;
                return Some(Some(Comparison::Not {
                    example,
                    conditions,
                }));
            }
            (_, Some(reason)) => {
                self.leave(reason);
            }
            (Some(_), None) => {
                self.leave("the patterns are too many".into());
            }
            (None, None) => {}
        }
        Some(None)
    }

    /// What holds of all requests to which the same statements apply.
    fn judge(&self, action: &str, resource: &str) -> Judged {
        let judged = self.judge_one(action, resource);
        let (a, b) = (self.narrower, self.wider);
        let plain =
            a.truth(action, resource) == Truth::No || b.truth(action, resource) == Truth::Yes;
        if matches!(judged, Judged::Covered) && !plain && is_of_its_own(&[a, b], action, resource) {
            let shown = shown(action, resource);
            return Judged::Open(format!("{shown} is covered, but others may not be"));
        }
        judged
    }

    fn judge_one(&self, action: &str, resource: &str) -> Judged {
        let (a, b) = (self.narrower, self.wider);
        let one = a.decide(action, resource);
        if one.is_denied() {
            return Judged::Covered;
        }
        let other = b.decide(action, resource);
        if other.is_allowed() {
            return Judged::Covered;
        }
        if other.is_denied() {
            return Judged::Counter(one.conditions);
        }
        let open = || {
            let list = other.conditions.join("; ");
            let shown = shown(action, resource);
            Judged::Open(format!("{shown}: the other allows it {list}"))
        };
        let slots = || {
            [a, b].into_iter().flat_map(|set| {
                let open = |s: &&Slot<'_>| s.applies(action, resource) == Truth::Unknown;
                set.slots().filter(open).map(move |slot| (set, slot))
            })
        };
        let conditions: Vec<&Condition> = slots()
            .flat_map(|(set, slot)| slot.open_conditions(set.context))
            .collect();
        let templates: Vec<&Template> = slots()
            .flat_map(|(_, slot)| slot.resources.open.iter().map(|(t, _)| *t))
            .collect();
        let Some(all) = completions(&conditions, &templates, resource, a.context) else {
            return open();
        };
        let mut unsure = false;
        for completion in &all {
            let complete = |context: &Context| completion.put_into(context);
            let one = a.decide_in(action, resource, &complete(a.context));
            let other = b.decide_in(action, resource, &complete(b.context));
            match (one.truth(), other.truth()) {
                (Truth::No, _) | (_, Truth::Yes) => {}
                (Truth::Yes, Truth::No) => return Judged::Counter(completion.describe()),
                _ => unsure = true,
            }
        }
        if unsure { open() } else { Judged::Covered }
    }
}

fn shown(action: &str, resource: &str) -> Example {
    Example {
        action: action.into(),
        resource: resource.into(),
    }
}

fn areas<'s>(chosen: &[&'s Variant<'s>]) -> Vec<Area<'s>> {
    let area = |v: &&'s Variant<'s>| Area {
        actions: v.actions,
        resources: &v.resources,
    };
    chosen.iter().map(area).collect()
}

/// The resources that a statement certainly has where those that are open match.
fn certain_under<'s>(slot: &'s Slot<'_>, open: &[OpenResource<'_>]) -> Side<'s> {
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
