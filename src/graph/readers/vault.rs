//! Who may read the entries of Secrets Manager and Parameter Store.
//!
//! Service Authorization Reference, "Actions, resources, and condition keys for AWS Secrets Manager" and "… for AWS Systems
//! Manager": what reads a value, and on which resource it is asked. Entries that policies cannot tell apart but by their
//! ARNs are asked together; those with a policy of their own one by one, and then only of whom some policy speaks.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use indexmap::IndexMap;

use super::decrypt::Locks;
use super::{By, Set, Sets, note};
use crate::graph::Graph;
use crate::graph::control::reads;
use crate::graph::decision::{Asker, Deciding, Decision};
use crate::graph::lineage::{Entry, Lineage, Vault};
use crate::graph::named::What;
use crate::graph::resource_policy::Own;
use crate::iam::arn::is_service_linked_role;
use crate::iam::context::Context;
use crate::iam::document::{Effect, PolicyDocument};
use crate::iam::evaluate::{NamedPolicy, Policies};
use crate::iam::index::{Holder, Places, ResourceIndex};
use crate::iam::principal::Principals as Named;
use crate::iam::truth::Truth;

/// Somebody who asks: a principal, or a session of it that its service account tags or narrows.
pub(super) struct Row<'g, 's> {
    pub(super) asker: Asker<'g, 's>,
    pub(super) policies: Policies<'g>,
    pub(super) context: Context,
    /// Whether neither how it is got nor one of its policies is open.
    is_whole: bool,
    /// Whether a policy of it was not seen, which may allow more.
    is_unseen: bool,
}

/// Who reads an entry, by place of the rows.
pub(super) struct Found {
    pub(super) certain: Places,
    pub(super) open: Places,
    /// Whom its own policy lets in beside the principals that were read.
    pub(super) outside: Vec<(String, bool)>,
}

impl Found {
    fn none(rows: usize) -> Self {
        Self {
            certain: Places::none(rows),
            open: Places::none(rows),
            outside: Vec::new(),
        }
    }

    fn add(&mut self, row: usize, is_certain: bool) {
        match is_certain {
            true => self.certain.add(row),
            false => self.open.add(row),
        }
    }
}

impl<'s> Graph<'s> {
    /// Who reads each entry, and what was not read.
    pub(super) fn vault_readers(
        &self,
        lineage: &Lineage<'_>,
        sets: &mut Sets,
    ) -> (Vec<Set>, Vec<String>) {
        let rows = self.askers();
        let keys = self.tag_keys(&rows);
        let mut groups: IndexMap<Vec<&str>, Vec<usize>> = IndexMap::new();
        for (at, entry) in lineage.entries.iter().enumerate() {
            groups.entry(alike(entry, &keys)).or_default().push(at);
        }
        let mut locks = Locks::of(self, &rows);
        let mut unread = BTreeSet::new();
        let mut all: Vec<Set> = vec![super::none(); lineage.entries.len()];
        for places in groups.values() {
            let entries: Vec<&Entry<'_>> = places
                .iter()
                .filter_map(|at| lineage.entries.get(*at))
                .collect();
            let found = self.of_group(&rows, &entries);
            for ((at, entry), mut found) in places.iter().zip(entries).zip(found) {
                unread.extend(self.by_own_policy(&rows, entry, &mut found));
                locks.keep(entry, &mut found);
                if let Some(set) = all.get_mut(*at) {
                    *set = named(&rows, &found, sets);
                }
            }
        }
        (all, unread.into_iter().collect())
    }

    fn askers(&self) -> Vec<Row<'_, 's>> {
        let mut rows = Vec::new();
        for (at, principal) in self.principals.iter() {
            // Nobody acts as such a role but its service.
            if is_service_linked_role(principal.arn) {
                continue;
            }
            let own = self.holds_of(at);
            let own = own.filter(|hold| hold.tagged || !hold.session.is_empty());
            for hold in std::iter::once(None).chain(own.map(Some)) {
                let Some(asker) = Asker::new(principal, hold) else {
                    continue;
                };
                let is_unseen = asker.unseen().next().is_some();
                rows.push(Row {
                    policies: asker.policies(self),
                    context: asker.context(self),
                    is_whole: !is_unseen && hold.is_none_or(|hold| hold.is_certain()),
                    is_unseen,
                    asker,
                });
            }
        }
        rows
    }

    /// The tags, in lower case, that some policy asks a secret for.
    fn tag_keys(&self, rows: &[Row<'_, '_>]) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut look = |document: &PolicyDocument| {
            if !seen.insert(std::ptr::from_ref(document)) {
                return;
            }
            for statement in &document.statements {
                let conditions = statement.conditions.iter();
                let asked = conditions.flat_map(|one| {
                    let variables = one.variables().into_iter();
                    variables.chain(std::iter::once(&*one.key))
                });
                for key in asked.chain(statement.resources.variables()) {
                    let key = key.to_lowercase();
                    let tag = key.split_once(":resourcetag/");
                    keys.extend(tag.map(|(_, tag)| tag.to_owned()));
                }
            }
        };
        for row in rows {
            let policies = &row.policies;
            let own = [policies.identity, policies.boundary, policies.session];
            let levels = policies.scps.iter().chain(self.rcps_of(row));
            for list in own.into_iter().chain(levels.map(Vec::as_slice)) {
                list.iter().for_each(|policy| look(&policy.document));
            }
        }
        keys
    }

    fn rcps_of(&self, row: &Row<'_, '_>) -> impl Iterator<Item = &Vec<NamedPolicy>> {
        self.organizations.rcps(row.asker.principal.account).iter()
    }

    /// Who reads the entries of a group by the policies of its account alone.
    fn of_group(&self, rows: &[Row<'_, 's>], entries: &[&Entry<'_>]) -> Vec<Found> {
        let arns: Vec<&str> = entries.iter().map(|entry| entry.vault.arn()).collect();
        let mut found: Vec<Found> = arns.iter().map(|_| Found::none(rows.len())).collect();
        let Some((first, account)) = entries.first().map(|one| (one.vault.arn(), one.account))
        else {
            return found;
        };
        let index = ResourceIndex::new(arns.iter().copied());
        let of_account = |row: &&Row<'_, '_>| row.asker.principal.account == account;
        let contexts: Vec<Context> = rows
            .iter()
            .filter(of_account)
            .map(|row| {
                let mut context = row.context.clone();
                self.know_resource(first, &mut context);
                context
            })
            .collect();
        let own = rows.iter().enumerate();
        let own: Vec<(usize, &Row<'_, '_>)> = own.filter(|(_, row)| of_account(row)).collect();
        for action in reads(first).unwrap_or_default() {
            let action = action.to_lowercase();
            let holders = own.iter().zip(&contexts).map(|((_, row), context)| Holder {
                principal: &row.asker.caller,
                policies: Policies {
                    rcps: self.organizations.rcps(account),
                    ..row.policies
                },
                context,
            });
            let pairs = index.pairs(holders, &action);
            for ((at, row), reach) in own.iter().zip(pairs.iter()) {
                for (places, is_certain) in [(&reach.certain, row.is_whole), (&reach.open, false)] {
                    for place in places.iter() {
                        if let Some(found) = found.get_mut(place) {
                            found.add(*at, is_certain);
                        }
                    }
                }
            }
        }
        for (at, _) in own.iter().filter(|(_, row)| row.is_unseen) {
            found.iter_mut().for_each(|found| found.open.add(*at));
        }
        found
    }

    /// Where an entry has a policy of its own, that decides with the others; says where it was not seen.
    fn by_own_policy(
        &self,
        rows: &[Row<'_, 's>],
        entry: &Entry<'_>,
        found: &mut Found,
    ) -> Option<String> {
        let Vault::Secret(secret) = entry.vault else {
            return None;
        };
        let [action] = reads(&secret.arn)? else {
            return None;
        };
        let what = What::One(secret.arn.clone());
        let deciding = self.deciding(action, &what);
        let policy = match deciding.own() {
            Own::None => return None,
            Own::Unseen(why) => {
                return Some(format!(
                    "a secret's own policy may deny it to readers, and let others in: {why}"
                ));
            }
            Own::Given(policy) => policy,
        };
        let mut asked = found.certain.clone();
        asked.join(&found.open);
        asked.join(&let_in(rows, &policy.document, &deciding));
        let mut decided = Found::none(rows.len());
        for at in asked.iter() {
            let Some(row) = rows.get(at) else {
                continue;
            };
            let answer = self.asked(&row.asker, &deciding);
            if answer.decision != Decision::Denied {
                decided.add(at, answer.decision == Decision::Allowed);
            }
        }
        let outside = self.outsiders(&deciding).into_iter();
        decided.outside = outside
            .map(|one| (one.id, one.answer.decision == Decision::Allowed))
            .collect();
        *found = decided;
        None
    }
}

/// What policies can tell an entry by, beside its ARN: where it is, and the tags that they ask for.
fn alike<'e>(entry: &Entry<'e>, keys: &BTreeSet<String>) -> Vec<&'e str> {
    let mut alike = vec![entry.account, entry.region];
    match entry.vault {
        Vault::Secret(secret) => {
            alike.push("secretsmanager");
            let tags = secret.tags.iter();
            let mut tags: Vec<_> = tags
                .filter(|tag| keys.contains(&tag.key.to_lowercase()))
                .map(|tag| [tag.key.as_str(), tag.value.as_str()])
                .collect();
            tags.sort_unstable();
            alike.extend(tags.concat());
        }
        Vault::Parameter(_) => alike.push("ssm"),
    }
    alike
}

/// The rows that a policy's own statements may let in.
fn let_in(rows: &[Row<'_, '_>], policy: &PolicyDocument, deciding: &Deciding<'_>) -> Places {
    let mut places = Places::none(rows.len());
    let statements = policy.statements.iter();
    for statement in
        statements.filter(|one| one.effect == Effect::Allow && one.has_action(&deciding.action))
    {
        for (at, row) in rows.iter().enumerate() {
            let is_named = match &statement.principals {
                Named::Only(set) => set.names(&row.asker.caller).truth() != Truth::No,
                Named::Omitted | Named::AllBut(_) => true,
            };
            if is_named {
                places.add(at);
            }
        }
    }
    places
}

/// The rows as readers.
fn named(rows: &[Row<'_, '_>], found: &Found, sets: &mut Sets) -> Set {
    let mut readers: BTreeMap<Rc<str>, (bool, By)> = BTreeMap::new();
    for (places, is_certain) in [(&found.certain, true), (&found.open, false)] {
        for row in places.iter().filter_map(|at| rows.get(at)) {
            let id = sets.id(row.asker.principal.arn);
            note(&mut readers, id, is_certain, By::Aws);
        }
    }
    for (id, is_certain) in &found.outside {
        let id = sets.id(id);
        note(&mut readers, id, *is_certain, By::Aws);
    }
    sets.set(readers)
}
