//! Where prints of Organizations go, and what of an account's organisation is known to be missing.
//!
//! What stands above an account is kept once, whosever it is; the coverage is an account's, of
//! what stands above it.

use std::collections::BTreeMap;

use crate::snapshot::coverage::Source;
use crate::snapshot::organizations::{
    Attached, Membership, Organization, OrganizationAccount, Organizations, Parents, Policy, TYPES,
    aws_managed,
};

use super::book::{Book, Scope, whole};
use super::facts::{Conflicts, Facts};
use super::organizations::Print;
use super::place::{Hint, UNKNOWN, Unplaced};
use super::print::Page;
use super::store::Store;

/// Facts of organisations, by the print that they come from.
#[derive(Debug, Default)]
pub(super) struct OrganizationFacts {
    organizations: Facts<Organization>,
    accounts: Facts<OrganizationAccount>,
    parents: Facts<Parents>,
    attached: Facts<Attached>,
    policies: Facts<Policy>,
    /// The pages of each list of attached policies.
    pages: BTreeMap<String, Vec<Page>>,
}

impl OrganizationFacts {
    /// Adds what a snapshot has.
    pub(super) fn add(&mut self, all: Organizations, file: usize, conflicts: &mut Conflicts) {
        for one in all.organizations {
            let key = one.id.clone();
            self.organizations
                .add("organisation", key, one, file, conflicts);
        }
        for one in all.accounts {
            let key = one.id.clone();
            self.accounts
                .add("account of an organisation", key, one, file, conflicts);
        }
        for one in all.parents {
            let key = one.child_id.clone();
            self.parents.add("parent of", key, one, file, conflicts);
        }
        for one in all.attached {
            let key = list_of(&one);
            self.attached
                .add("policies attached to", key, one, file, conflicts);
        }
        for one in all.policies {
            let key = one.policy_summary.key().to_owned();
            self.policies
                .add("policy of an organisation", key, one, file, conflicts);
        }
    }

    /// The facts as the snapshot has them.
    pub(super) fn into_organizations(self) -> Organizations {
        let mut all = Organizations {
            organizations: self.organizations.into_vec(),
            accounts: self.accounts.into_vec(),
            parents: self.parents.into_vec(),
            attached: self.attached.into_vec(),
            policies: self.policies.into_vec(),
        };
        // A list without its end would pass for all that is attached.
        let pages = &self.pages;
        all.attached
            .retain(|one| pages.get(&list_of(one)).is_none_or(|pages| whole(pages)));
        all
    }
}

/// The identity of a list of attached policies, as it is shown.
fn list_of(attached: &Attached) -> String {
    format!("{} ({})", attached.target_id, attached.filter)
}

impl Store {
    pub(super) fn file_organizations(
        &mut self,
        file: usize,
        around: &Hint,
        print: Print,
    ) -> Result<(), Unplaced> {
        let all = match print {
            Print::Organization(organization) => {
                self.file_membership(file, around, organization.as_ref())?;
                Organizations {
                    organizations: organization.into_iter().collect(),
                    ..Organizations::default()
                }
            }
            Print::Accounts(accounts) => Organizations {
                accounts,
                ..Organizations::default()
            },
            Print::Parents(parents) if parents.child_id.is_empty() => {
                let why = "does not say whose parent it is: the ChildId of the request does";
                return Err(Unplaced(why.to_owned()));
            }
            Print::Parents(parents) => Organizations {
                parents: vec![parents],
                ..Organizations::default()
            },
            Print::Attached(attached, page) => return self.file_attached(file, attached, page),
            Print::Policy(policy) => {
                let summary = &policy.policy_summary;
                if !TYPES.contains(&summary.r#type.as_str()) {
                    let why = format!(
                        "the policy {} is no SCP and no RCP ({}), skipped",
                        summary.id, summary.r#type
                    );
                    let label = self.label(file).to_owned();
                    self.skip(&label, why);
                    return Ok(());
                }
                Organizations {
                    policies: vec![*policy],
                    ..Organizations::default()
                }
            }
        };
        self.organizations.add(all, file, &mut self.conflicts);
        Ok(())
    }

    /// Any account of an organisation can describe it. Where the print does not say which did, it
    /// is the only one known; an organisation alone tells of itself all the same.
    fn file_membership(
        &mut self,
        file: usize,
        around: &Hint,
        organization: Option<&Organization>,
    ) -> Result<(), Unplaced> {
        let id = match self.known.account(around) {
            Ok(id) if id != UNKNOWN => id,
            Err(unplaced) if organization.is_none() => return Err(unplaced),
            _ => return Ok(()),
        };
        self.book
            .given(Source::ORGANIZATION, &Scope::Account(id.clone()));
        let membership = Membership {
            organization_id: organization.map(|one| one.id.clone()),
        };
        let (account, conflicts) = self.account(&id);
        account
            .organization
            .add("organisation of account", id, membership, file, conflicts);
        Ok(())
    }

    /// A list may come in pages, in one file or in several.
    fn file_attached(
        &mut self,
        file: usize,
        mut attached: Attached,
        page: Page,
    ) -> Result<(), Unplaced> {
        attached.policies.sort_by(|a, b| a.key().cmp(b.key()));
        if attached.target_id.is_empty() || attached.filter.is_empty() {
            let why = "does not say its target: the TargetId and Filter of the request do";
            return Err(Unplaced(why.to_owned()));
        }
        if !TYPES.contains(&attached.filter.as_str()) {
            let label = self.label(file).to_owned();
            let why = format!("policies of the type {} are not read", attached.filter);
            self.skip(&label, why);
            return Ok(());
        }
        let key = list_of(&attached);
        let paged = page.cut || page.asked.is_some() || !self.organizations.ends(&key);
        let facts = &mut self.organizations;
        facts.pages.entry(key.clone()).or_default().push(page);
        match facts.attached.get_mut(&key).filter(|_| paged) {
            Some(known) => {
                let new = attached
                    .policies
                    .into_iter()
                    .filter(|one| !known.policies.contains(one))
                    .collect::<Vec<_>>();
                known.policies.extend(new);
                known.policies.sort_by(|a, b| a.key().cmp(b.key()));
            }
            None => {
                let kind = "policies attached to";
                facts
                    .attached
                    .add(kind, key, attached, file, &mut self.conflicts);
            }
        }
        Ok(())
    }

    /// What is missing above each account, once all files are read.
    pub(super) fn close_organizations(&mut self) -> Organizations {
        let facts = std::mem::take(&mut self.organizations);
        let pages = facts.pages.clone();
        let all = facts.into_organizations();
        for (id, account) in &self.accounts {
            let scope = Scope::Account(id.clone());
            let membership = account.organization.iter().next();
            let inside = membership.is_some_and(|one| one.organization_id.is_some());
            self.book
                .count(Source::ORGANIZATION, &scope, u64::from(inside));
            match membership {
                Some(Membership {
                    organization_id: None,
                }) => close_outside(&mut self.book, &scope),
                _ => close_inside(&mut self.book, &scope, id, &all, &pages),
            }
        }
        all
    }
}

impl OrganizationFacts {
    /// Whether the pages of a list that came so far have an end, or none came.
    fn ends(&self, key: &str) -> bool {
        self.pages.get(key).is_none_or(|pages| whole(pages))
    }
}

/// An account in no organisation has nothing above it: asked or not, that is the whole answer.
fn close_outside(book: &mut Book, scope: &Scope) {
    for source in [
        Source::ORGANIZATION_PARENTS,
        Source::ORGANIZATION_ATTACHED,
        Source::ORGANIZATION_POLICIES,
    ] {
        book.given(source, scope);
    }
}

fn close_inside(
    book: &mut Book,
    scope: &Scope,
    id: &str,
    all: &Organizations,
    pages: &BTreeMap<String, Vec<Page>>,
) {
    let (way, reached) = all.way_up(id);
    if way.len() > 1 {
        book.given(Source::ORGANIZATION_PARENTS, scope);
        let last = way.last().copied().filter(|_| !reached);
        book.missing(Source::ORGANIZATION_PARENTS, scope, "list-parents", last);
        let parents = way.len() as u64 - 1;
        book.count(Source::ORGANIZATION_PARENTS, scope, parents);
    }
    let lists: Vec<(&str, &str)> = way
        .iter()
        .flat_map(|target| TYPES.map(|filter| (*target, filter)))
        .collect();
    let name = |(target, filter): &(&str, &str)| format!("{target} ({filter})");
    let seen = |(target, filter): &(&str, &str)| all.attached_to(target, filter);
    let given = |list: &(&str, &str)| seen(list).is_some() || pages.contains_key(&name(list));
    if !lists.iter().any(given) {
        return;
    }
    for list in lists.iter().filter(|list| given(list)) {
        match pages.get(&name(list)) {
            Some(pages) => {
                for page in pages {
                    book.page(Source::ORGANIZATION_ATTACHED, scope, &name(list), page);
                }
            }
            None => book.given(Source::ORGANIZATION_ATTACHED, scope),
        }
    }
    let absent: Vec<String> = lists.iter().filter(|list| !given(list)).map(name).collect();
    let absent = absent.iter().map(String::as_str);
    let what = "list-policies-for-target";
    book.missing(Source::ORGANIZATION_ATTACHED, scope, what, absent);
    let attached: Vec<_> = lists.iter().filter_map(seen).flatten().collect();
    let count = attached.len() as u64;
    book.count(Source::ORGANIZATION_ATTACHED, scope, count);
    let mut keys: Vec<&str> = attached.iter().map(|policy| policy.key()).collect();
    keys.sort_unstable();
    keys.dedup();
    let described = |key: &&str| {
        let mut policies = all.policies.iter();
        policies.any(|policy| policy.policy_summary.key() == *key)
    };
    let items = keys.iter().filter(|key| described(key)).count() as u64;
    let known = |key: &&str| {
        let id = key.rsplit('/').next().unwrap_or(key);
        described(key) || aws_managed(id).is_some()
    };
    book.given(Source::ORGANIZATION_POLICIES, scope);
    let undescribed = keys.iter().copied().filter(|key| !known(key));
    let what = "describe-policy";
    book.missing(Source::ORGANIZATION_POLICIES, scope, what, undescribed);
    book.count(Source::ORGANIZATION_POLICIES, scope, items);
}
