//! What somebody may do beyond the duty that is noted for it.

use std::collections::BTreeMap;

use crate::graph::duty::{Duty, Thing};
use crate::graph::wording::{all_of, some_of};
use crate::rbac::is_discovery_only;
use crate::snapshot::kubernetes_rbac::PolicyRule;

use super::words::{is_in_namespaces, kind};
use super::{Grant, Place, Row};

/// Something beyond a duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excess {
    /// In words: `create, delete on pods in web`.
    pub text: String,
    /// What gives it, as [`Grant::text`].
    pub by: String,
    /// The id of the binding or access policy.
    pub by_id: Option<String>,
    /// What has to hold, a clause each.
    pub conditions: Vec<String>,
}

/// What a row may do beyond its duties, of which together one has to cover each verb on each resource; none where it
/// has no duty.
pub(super) fn of_row(
    row: &Row,
    everybody: &BTreeMap<String, Vec<Grant>>,
    duties: &[Duty],
) -> Option<Vec<Excess>> {
    let own: Vec<&Duty> = duties
        .iter()
        .filter(|duty| duty.is_of(&row.id, &row.cluster))
        .collect();
    if own.is_empty() {
        return None;
    }
    let besides = row.also.iter().filter_map(|id| everybody.get(id)).flatten();
    let grants = row.grants.iter().chain(besides);
    Some(
        grants
            .flat_map(|grant| of_grant(grant, row, &own))
            .collect(),
    )
}

/// Verbs, with the things that they are beyond a duty on.
type Beyond<'r> = (Vec<&'r str>, Vec<String>);

fn of_grant(grant: &Grant, row: &Row, duties: &[&Duty]) -> Vec<Excess> {
    let mut beyond: BTreeMap<Beyond<'_>, Vec<Option<&str>>> = BTreeMap::new();
    for place in grant.place.each() {
        for rule in &grant.rules {
            for (verbs, things) in of_rule(rule, place, duties) {
                beyond.entry((verbs, things)).or_default().push(place);
            }
        }
    }
    let mut found: Vec<String> = beyond
        .into_iter()
        .map(|((verbs, things), places)| {
            let verbs = match verbs.contains(&"*") {
                true => "every verb".to_owned(),
                false => verbs.join(", "),
            };
            format!("{verbs} on {}{}", some_of(&things), place_text(&places))
        })
        .collect();
    if let Some(text) = &grant.unpublished {
        let places = grant.place.each();
        let places: Vec<Option<&str>> = places
            .into_iter()
            .filter(|place| {
                let all = Thing::Resource("*", "*");
                !duties.iter().any(|duty| duty.covers(*place, "*", &all))
            })
            .collect();
        if !places.is_empty() {
            found.push(format!("perhaps: it {text}{}", place_text(&places)));
        }
    }
    let conditions = row.conditions.iter().chain(&grant.conditions);
    let conditions: Vec<String> = conditions.cloned().collect();
    let excess = |text: String| Excess {
        text,
        by: grant.text.clone(),
        by_id: grant.by.clone(),
        conditions: conditions.clone(),
    };
    found.into_iter().map(excess).collect()
}

fn place_text(places: &[Option<&str>]) -> String {
    if places.contains(&None) {
        return " in the whole cluster".to_owned();
    }
    let names: Vec<String> = places
        .iter()
        .flatten()
        .map(|name| (*name).to_owned())
        .collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(" in {}", all_of(&names)),
    }
}

/// What of a rule no duty covers: verbs, each with its things, those with the same things together.
fn of_rule<'r>(rule: &'r PolicyRule, place: Option<&str>, duties: &[&Duty]) -> Vec<Beyond<'r>> {
    if is_discovery_only(std::slice::from_ref(rule)) {
        return Vec::new();
    }
    let covered = |verb: &str, thing: &Thing<'_>| {
        let mut all = duties.iter();
        all.any(|duty| duty.covers(place, verb, thing))
    };
    let named = match rule.resource_names.as_slice() {
        [] => String::new(),
        names => format!(" named {}", some_of(names)),
    };
    let mut by_things: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
    for verb in &rule.verbs {
        let mut things: Vec<String> = Vec::new();
        for resource in &rule.resources {
            for group in &rule.api_groups {
                let gives = place.is_none() || is_in_namespaces(resource, group, verb);
                if gives && !covered(verb, &Thing::Resource(resource, group)) {
                    things.push(format!("{}{named}", kind(resource, group)));
                }
            }
        }
        // A RoleBinding gives no paths.
        let paths = rule.non_resource_urls.iter().filter(|_| place.is_none());
        things.extend(
            paths
                .filter(|path| !covered(verb, &Thing::Path(path)))
                .cloned(),
        );
        if !things.is_empty() {
            by_things.entry(things).or_default().push(verb);
        }
    }
    by_things
        .into_iter()
        .map(|(things, verbs)| (verbs, things))
        .collect()
}

impl Place {
    /// In words: `the whole cluster`, `payments and web`.
    pub fn text(&self) -> String {
        match self {
            Self::Cluster => "the whole cluster".to_owned(),
            Self::Namespaces(names) => all_of(names),
        }
    }
}
