//! What grants amount to, in words: what holds in one place together, and what is said of several namespaces once.

use std::collections::BTreeMap;

use crate::graph::wording::clauses;
use crate::rbac::power::Reach;
use crate::snapshot::kubernetes_rbac::PolicyRule;

use super::words::{Saying, sayings};
use super::{Grant, Place};

/// The rank of what an access policy grants whose rules AWS does not publish: behind the powers, before the rest.
const UNPUBLISHED: u8 = 50;

/// Something that somebody may do, in words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deed {
    /// What.
    pub saying: Saying,
    /// Where.
    pub place: Place,
    /// What has to hold, a clause each.
    pub conditions: Vec<String>,
}

impl Deed {
    /// Whether it is everything, everywhere, for certain.
    pub fn is_everything(&self) -> bool {
        self.saying.rank == 0 && self.place == Place::Cluster && self.conditions.is_empty()
    }

    /// The sentence: `reads Secrets in payments and web`. `names` says a list of namespaces.
    pub fn text(&self, names: &dyn Fn(&[String]) -> String) -> String {
        // What is open in what is not published is said by the sentence itself.
        let open = match self.saying.rank {
            UNPUBLISHED => String::new(),
            _ => clauses(&self.conditions),
        };
        let what = &self.saying.what;
        let placed = match &self.place {
            Place::Cluster if self.saying.rank == 0 => format!("{what} in the whole cluster"),
            Place::Cluster if self.saying.placed => format!("{what} in every namespace"),
            Place::Cluster => what.clone(),
            Place::Namespaces(all) => format!("{what} in {}", names(all)),
        };
        format!("{placed}{open}")
    }
}

/// Sentences with what has to hold for them, and where each holds: none is the whole cluster.
type Said<'g> = BTreeMap<(Saying, &'g [String]), Vec<Option<&'g str>>>;

/// What grants amount to. Rules that hold in one place and under the same conditions are told together.
pub(super) fn deeds(grants: &[Grant]) -> Vec<Deed> {
    let said = said(grants);
    // Who may do everything everywhere needs nothing said of a namespace.
    let has_all = said.iter().any(|((saying, open), places)| {
        saying.rank == 0 && open.is_empty() && places.contains(&None)
    });
    let deeds = said.into_iter().filter_map(|((saying, open), places)| {
        let place = match places.contains(&None) {
            true => Place::Cluster,
            false if has_all => return None,
            false => {
                let names = places.into_iter().flatten().map(str::to_owned);
                let mut names: Vec<String> = names.collect();
                names.sort_unstable();
                names.dedup();
                Place::Namespaces(names)
            }
        };
        Some(Deed {
            saying,
            place,
            conditions: open.to_vec(),
        })
    });
    let mut deeds: Vec<Deed> = deeds.collect();
    deeds.sort();
    deeds
}

fn said(grants: &[Grant]) -> Said<'_> {
    let mut rules: BTreeMap<(Option<&str>, &[String]), Vec<PolicyRule>> = BTreeMap::new();
    let mut said = Said::new();
    for grant in grants {
        let unpublished = grant.unpublished.as_ref().map(|text| Saying {
            rank: UNPUBLISHED,
            power: None,
            what: text.clone(),
            placed: true,
        });
        for place in grant.place.each() {
            let here = rules.entry((place, &grant.conditions)).or_default();
            here.extend(grant.rules.iter().cloned());
            if let Some(saying) = unpublished.clone() {
                let places = said.entry((saying, &grant.conditions[..])).or_default();
                places.push(place);
            }
        }
    }
    for ((place, conditions), rules) in &rules {
        let reach = match place {
            None => Reach::Cluster,
            Some(_) => Reach::Namespace,
        };
        for saying in sayings(rules, reach) {
            said.entry((saying, *conditions)).or_default().push(*place);
        }
    }
    said
}
