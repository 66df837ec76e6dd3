//! Where prints of services that are read on request go, and what of them is missing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::account_facts::RegionFacts;
use super::book::Scope;
use super::place::{Hint, Unplaced};
use super::services::Print;
use super::store::Store;
use super::store_region::{Place, scope};
use crate::collect::services::item::{Item, Place as At};
use crate::collect::services::{Kind, kinds};
use crate::snapshot::coverage::Source;
use crate::snapshot::services::Running;

impl Store {
    pub(super) fn note_services(&mut self, print: &Print) {
        let (item, items) = match print {
            Print::Listed(kind, _, items, _) => (Some(&kind.list.item), items),
            Print::Described(kind, items) => (kind.describe().map(|one| &one.item), items),
            Print::Regions(..) => return,
        };
        let arns = items.iter().filter_map(|one| item?.arn(one));
        arns.for_each(|arn| self.known.note(&Hint::arn(arn)));
    }

    pub(super) fn file_services(
        &mut self,
        file: usize,
        around: &Hint,
        print: Print,
    ) -> Result<(), Unplaced> {
        match print {
            Print::Regions(names, is_whole, page) => {
                let account = self.known.account(around)?;
                let of_account = Scope::Account(account.clone());
                self.book
                    .page(Source::ENABLED_REGIONS, &of_account, "", &page);
                if !is_whole {
                    let why = "a list of regions has none that is enabled by default".to_owned();
                    self.book.gap(Source::ENABLED_REGIONS, &of_account, why);
                }
                self.account(&account).0.enabled_regions.extend(names);
            }
            Print::Listed(kind, of, items, page) => {
                let mut places = BTreeSet::new();
                let item = &kind.list.item;
                let all = self.things(around, item, &items, &mut places)?;
                if places.is_empty() {
                    places.insert(self.known.region(around)?);
                }
                let of = of.map(|of| short(&of).to_owned());
                for (place, thing) in all {
                    let within = of.clone().or_else(|| parent(&thing.arn));
                    let (region, conflicts) = self.region(&place);
                    region.note_within(kind, within);
                    let listed = region.services.entry(kind.source.name).or_default();
                    listed.add("thing", thing.arn.clone(), thing, file, conflicts);
                }
                for place in places {
                    let (region, _) = self.region(&place);
                    region.note_within(kind, of.clone());
                    let subject = of.as_deref().unwrap_or_default();
                    self.book.page(kind.source, &scope(&place), subject, &page);
                }
            }
            Print::Described(kind, items) => {
                let Some(describe) = kind.describe() else {
                    return Ok(());
                };
                let mut places = BTreeSet::new();
                let all = self.things(around, &describe.item, &items, &mut places)?;
                for (place, thing) in all {
                    let (region, conflicts) = self.region(&place);
                    let told = region.services_told.entry(kind.source.name).or_default();
                    told.add("thing", thing.arn.clone(), thing, file, conflicts);
                }
            }
        }
        Ok(())
    }

    /// The things of a print, each with where it is.
    fn things(
        &self,
        around: &Hint,
        item: &Item,
        items: &[Value],
        places: &mut BTreeSet<Place>,
    ) -> Result<Vec<(Place, Running)>, Unplaced> {
        let mut things = Vec::new();
        for value in items {
            let hint = item.arn(value).map(Hint::arn).unwrap_or_default();
            let place = self.known.region(&hint.or(around))?;
            let at = At {
                account: &place.0,
                region: &place.1,
            };
            if let Some(thing) = item.read(value, at) {
                things.push((place.clone(), thing));
            }
            places.insert(place);
        }
        Ok(things)
    }

    /// Counts, and holds the lists against what was told of single things.
    pub(super) fn close_services(&mut self) {
        for (id, account) in &self.accounts {
            let of_account = Scope::Account(id.clone());
            let enabled = account.enabled_regions.len() as u64;
            self.book
                .count(Source::ENABLED_REGIONS, &of_account, enabled);
            for (name, region) in &account.regions {
                let of_region = scope(&(id.clone(), name.clone()));
                for kind in kinds() {
                    let listed = region.services.get(kind.source.name);
                    let count = listed.map_or(0, |listed| listed.len());
                    self.book.count(kind.source, &of_region, count);
                    if !self.book.has(kind.source, &of_region) {
                        continue;
                    }
                    let told = region.services_told.get(kind.source.name);
                    let arns = listed.into_iter().flat_map(|listed| listed.keys());
                    let untold = arns.filter(|arn| !told.is_some_and(|told| told.has(arn)));
                    if let Some(describe) = kind.describe() {
                        self.book
                            .missing(kind.source, &of_region, describe.call, untold);
                    }
                    let absent = region.not_within(kind);
                    let what = "ecs list-container-instances";
                    self.book.missing(kind.source, &of_region, what, absent);
                }
            }
        }
    }
}

impl RegionFacts {
    /// Notes of what a list was printed, where it is one of something.
    fn note_within(&mut self, kind: &Kind, of: Option<String>) {
        if kind.list.within.is_some() {
            self.services_within.extend(of);
        }
    }

    /// Of what a list is not printed.
    fn not_within(&self, kind: &Kind) -> Vec<&str> {
        let Some((source, _)) = kind.list.within else {
            return Vec::new();
        };
        let all = self.services.get(source.name);
        let all = all.into_iter().flat_map(|all| all.keys());
        all.filter(|arn| !self.services_within.contains(short(arn)))
            .collect()
    }
}

/// The name that an ARN ends with.
fn short(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The name of what a thing is in: `container-instance/CLUSTER/ID`.
fn parent(arn: &str) -> Option<String> {
    arn.rsplit('/').nth(1).map(str::to_owned)
}
