//! Where prints of security groups, subnets, route tables and load balancers go, and what of them is missing.

use std::collections::BTreeSet;

use crate::snapshot::coverage::Source;
use crate::snapshot::ec2::{SecurityGroup, Subnet};

use super::account_facts::RegionFacts;
use super::facts::Facts;
use super::network::Print;
use super::place::{Hint, Unplaced};
use super::print::Page;
use super::store::Store;
use super::store_region::scope;

/// A list of a print: what it is of, its page, its items with where each is and by what it is known.
struct Listed<T> {
    source: Source,
    /// Of what it is a list, where the print tells.
    subject: String,
    page: Page,
    kind: &'static str,
    items: Vec<(Hint, String, T)>,
    list: fn(&mut RegionFacts) -> &mut Facts<T>,
}

impl Store {
    pub(super) fn note_network(&mut self, print: &Print) {
        match print {
            Print::Groups(groups, _) => groups.iter().for_each(|one| self.known.note(&of(one))),
            Print::Subnets(subnets, _) => {
                subnets.iter().for_each(|one| self.known.note(&at(one)));
            }
            Print::RouteTables(tables, _) => {
                let owners = tables.iter().map(|one| &one.owner_id);
                owners.for_each(|owner| self.known.note(&Hint::account(owner)));
            }
            Print::Balancers(balancers, _) => {
                let arns = balancers.iter().map(|one| &one.load_balancer_arn);
                arns.for_each(|arn| self.known.note(&Hint::arn(arn)));
            }
            Print::Listeners(_, listeners, _) => {
                let arns = listeners.iter().map(|one| &one.listener_arn);
                arns.for_each(|arn| self.known.note(&Hint::arn(arn)));
            }
        }
    }

    pub(super) fn file_network(
        &mut self,
        file: usize,
        around: &Hint,
        print: Print,
    ) -> Result<(), Unplaced> {
        match print {
            Print::Groups(groups, page) => {
                let items = groups.into_iter();
                let items = items.map(|one| (of(&one), one.group_id.clone(), one));
                let listed = Listed {
                    source: Source::SECURITY_GROUPS,
                    subject: String::new(),
                    page,
                    kind: "security group",
                    items: items.collect(),
                    list: |region| &mut region.security_groups,
                };
                self.file_list(file, around, listed)
            }
            Print::Subnets(subnets, page) => {
                let items = subnets.into_iter();
                let items = items.map(|one| (at(&one), one.subnet_id.clone(), one));
                let listed = Listed {
                    source: Source::SUBNETS,
                    subject: String::new(),
                    page,
                    kind: "subnet",
                    items: items.collect(),
                    list: |region| &mut region.subnets,
                };
                self.file_list(file, around, listed)
            }
            Print::RouteTables(tables, page) => {
                let items = tables.into_iter();
                let items = items.map(|one| {
                    let hint = Hint::account(&one.owner_id);
                    (hint, one.route_table_id.clone(), one)
                });
                let listed = Listed {
                    source: Source::ROUTE_TABLES,
                    subject: String::new(),
                    page,
                    kind: "route table",
                    items: items.collect(),
                    list: |region| &mut region.route_tables,
                };
                self.file_list(file, around, listed)
            }
            Print::Balancers(balancers, page) => {
                let items = balancers.into_iter();
                let items = items.map(|one| {
                    let arn = one.load_balancer_arn.clone();
                    (Hint::arn(&arn), arn, one)
                });
                let listed = Listed {
                    source: Source::LOAD_BALANCERS,
                    subject: String::new(),
                    page,
                    kind: "load balancer",
                    items: items.collect(),
                    list: |region| &mut region.load_balancers,
                };
                self.file_list(file, around, listed)
            }
            Print::Listeners(subject, listeners, page) => {
                let items = listeners.into_iter();
                let items = items.map(|one| {
                    let arn = one.listener_arn.clone();
                    (Hint::arn(&arn), arn, one)
                });
                let listed = Listed {
                    source: Source::LISTENERS,
                    subject,
                    page,
                    kind: "listener",
                    items: items.collect(),
                    list: |region| &mut region.listeners,
                };
                self.file_list(file, around, listed)
            }
        }
    }

    fn file_list<T: PartialEq>(
        &mut self,
        file: usize,
        around: &Hint,
        listed: Listed<T>,
    ) -> Result<(), Unplaced> {
        let mut places = BTreeSet::new();
        for (hint, key, item) in listed.items {
            let place = self.known.region(&hint.or(around))?;
            let (region, conflicts) = self.region(&place);
            (listed.list)(region).add(listed.kind, key, item, file, conflicts);
            places.insert(place);
        }
        if places.is_empty() {
            places.insert(self.known.region(around)?);
        }
        for place in places {
            self.book
                .page(listed.source, &scope(&place), &listed.subject, &listed.page);
        }
        Ok(())
    }

    /// Counts, and holds the listeners that were given against the load balancers.
    pub(super) fn close_network(&mut self) {
        for (id, account) in &self.accounts {
            for (name, region) in &account.regions {
                let of_region = scope(&(id.clone(), name.clone()));
                for (source, count) in [
                    (Source::SECURITY_GROUPS, region.security_groups.len()),
                    (Source::SUBNETS, region.subnets.len()),
                    (Source::ROUTE_TABLES, region.route_tables.len()),
                    (Source::LOAD_BALANCERS, region.load_balancers.len()),
                    (Source::LISTENERS, region.listeners.len()),
                ] {
                    self.book.count(source, &of_region, count);
                }
                if self.book.has(Source::LISTENERS, &of_region) {
                    let listeners = || region.listeners.iter();
                    let balancers = region.load_balancers.iter();
                    let absent: BTreeSet<&str> = balancers
                        .map(|one| one.load_balancer_arn.as_str())
                        .filter(|arn| !listeners().any(|one| one.load_balancer_arn == *arn))
                        .collect();
                    let what = "elbv2 describe-listeners";
                    self.book
                        .missing(Source::LISTENERS, &of_region, what, absent);
                }
            }
        }
    }
}

/// Where a subnet is, as far as it tells.
fn at(subnet: &Subnet) -> Hint {
    let arn = subnet.subnet_arn.as_deref().unwrap_or_default();
    Hint::arn(arn).or(&Hint::account(&subnet.owner_id))
}

/// Where a security group is, as far as it tells.
fn of(group: &SecurityGroup) -> Hint {
    let arn = group.security_group_arn.as_deref().unwrap_or_default();
    Hint::arn(arn).or(&Hint::account(&group.owner_id))
}
