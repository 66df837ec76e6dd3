//! Where prints come together: each goes to its account, region or cluster, and all of it becomes
//! one snapshot.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::coverage::{Entry, Status};
use crate::snapshot::time::Time;
use crate::snapshot::{Cluster, Snapshot};

use super::account_facts::AccountFacts;
use super::book::Book;
use super::cluster_facts::ClusterFacts;
use super::error::{InputError, Warning};
use super::facts::Conflicts;
use super::place::{Hint, Known, UNKNOWN, Unplaced};
use super::print::{Found, Print};
use super::source::File;
use super::store_organizations::OrganizationFacts;
use super::{eks, iam, times};

/// A cluster while files are read.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Its name.
    pub name: String,
    /// Its account and region, as far as they are known.
    pub place: Hint,
    /// What is known of it.
    pub facts: ClusterFacts,
}

/// All that was read so far.
#[derive(Default)]
pub(super) struct Store {
    /// The files, in path order.
    pub files: Vec<File>,
    /// The places that the files name.
    pub known: Known,
    /// Facts of accounts.
    pub accounts: BTreeMap<String, AccountFacts>,
    /// Facts of clusters.
    pub slots: Vec<Slot>,
    /// What was given of each source.
    pub book: Book,
    /// Facts that files tell differently.
    pub conflicts: Conflicts,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// Files and documents that were not read: the file's path and why.
    pub skipped: Vec<(String, String)>,
    /// The coverage of snapshots among the files, with clusters by their place.
    pub prior: Vec<(Entry, Option<usize>)>,
    /// The latest observation in objects of clusters and reports.
    pub latest: Option<Time>,
    /// The times of snapshots among the files.
    pub taken: Vec<Time>,
    /// The cluster that objects of an unnamed one go to while a snapshot is joined.
    pub home: Option<(String, Hint)>,
    /// How many objects of kinds that the audit does not read, by kind.
    pub unread: BTreeMap<String, u64>,
    /// Which names `list-clusters` gave, by account and region.
    pub listed_clusters: BTreeMap<(String, String), BTreeSet<String>>,
    /// Facts of organisations.
    pub organizations: OrganizationFacts,
}

impl Store {
    /// Files all prints; their order is that of the files.
    pub fn file_all(&mut self, found: Vec<Found>) -> Result<(), InputError> {
        for one in &found {
            self.note(one);
        }
        let (objects, rest): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|one| matches!(one.print, Print::Objects(_)));
        for one in rest {
            let (file, source) = (one.file, one.source);
            if let Err(Unplaced(why)) = self.file_one(one) {
                self.unplaced(file, source, &why);
            }
        }
        self.file_objects(objects)
    }

    /// Notes which places a print names, before anything is inferred from them.
    fn note(&mut self, found: &Found) {
        self.known.note(&Hint::envelope(&found.envelope));
        match &found.print {
            Print::Iam(iam::Print::Caller(caller)) => {
                self.known.note(&Hint::account(&caller.account));
            }
            Print::Iam(iam::Print::Details(details)) => {
                let hint = details.hint();
                self.known.note(&hint);
                for user in &details.users {
                    let account = hint.account.as_deref().unwrap_or(UNKNOWN);
                    self.known.note_user(account, &user.user_name);
                }
            }
            Print::Iam(iam::Print::Role(role)) => self.known.note(&Hint::arn(&role.arn)),
            Print::Iam(iam::Print::Providers(arns)) => {
                arns.iter().for_each(|arn| self.known.note(&Hint::arn(arn)));
            }
            Print::Iam(iam::Print::Profiles(profiles, _)) => {
                profiles
                    .iter()
                    .for_each(|profile| self.known.note(&Hint::arn(&profile.arn)));
            }
            Print::Eks(eks::Print::Cluster(cluster)) => {
                let hint = Hint::arn(&cluster.arn).or(&Hint::envelope(&found.envelope));
                self.known.note(&hint);
                let slot = self.slot(&cluster.name, &hint);
                if let Some(file) = self.files.get(found.file) {
                    self.known.note_cluster(file, slot);
                }
            }
            Print::Snapshot(snapshot) => self.note_keys(snapshot),
            Print::Eks(eks::Print::Of(hint, _)) => self.known.note(&hint.place),
            Print::Ec2(print) => self.note_ec2(print),
            Print::Network(print) => self.note_network(print),
            Print::Ecr(print) => self.note_ecr(print),
            Print::SecretsManager(print) => self.note_secrets(print),
            Print::Kms(print) => self.note_kms(print),
            Print::Ssm(print) => self.note_ssm(print),
            Print::Services(print) => self.note_services(print),
            _ => {}
        }
    }

    fn file_one(&mut self, found: Found) -> Result<(), Unplaced> {
        let Found {
            file,
            envelope,
            print,
            ..
        } = found;
        let around = Hint::envelope(&envelope);
        match print {
            Print::Snapshot(snapshot) => self.add_snapshot(file, *snapshot),
            Print::Iam(print) => self.file_iam(file, &around, print)?,
            Print::Eks(print) => self.file_eks(file, &around, print)?,
            Print::Ec2(print) => self.file_ec2(file, &around, print)?,
            Print::Network(print) => self.file_network(file, &around, print)?,
            Print::Ecr(print) => self.file_ecr(file, &around, print)?,
            Print::SecretsManager(print) => self.file_secrets(file, &around, print)?,
            Print::Kms(print) => self.file_kms(file, &around, print)?,
            Print::Ssm(print) => self.file_ssm(file, &around, print)?,
            Print::Services(print) => self.file_services(file, &around, print)?,
            Print::Organizations(print) => self.file_organizations(file, &around, print)?,
            Print::Objects(_) => {}
        }
        Ok(())
    }

    /// The cluster of this name and place; a new one where none is known that could be it.
    pub fn slot(&mut self, name: &str, place: &Hint) -> usize {
        let known = self
            .slots
            .iter()
            .position(|slot| slot.name == name && slot.place.agrees(place));
        match known {
            Some(at) => {
                if let Some(slot) = self.slots.get_mut(at) {
                    slot.place = std::mem::take(&mut slot.place).or(place);
                }
                at
            }
            None => {
                self.slots.push(Slot {
                    name: name.to_owned(),
                    place: place.clone(),
                    facts: ClusterFacts::default(),
                });
                self.slots.len() - 1
            }
        }
    }

    /// The slots of a name.
    pub fn named(&self, name: &str) -> Vec<usize> {
        let of_name = |(at, slot): (usize, &Slot)| (slot.name == name).then_some(at);
        self.slots.iter().enumerate().filter_map(of_name).collect()
    }

    /// The key of a cluster in the snapshot.
    pub fn key(&self, at: usize) -> String {
        let Some(slot) = self.slots.get(at) else {
            return UNKNOWN.to_owned();
        };
        if self.named(&slot.name).len() == 1 {
            return slot.name.clone();
        }
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        format!(
            "{}@{}@{}",
            slot.name,
            part(&slot.place.region),
            part(&slot.place.account)
        )
    }

    /// The facts of an account, and where conflicts go.
    pub fn account(&mut self, account: &str) -> (&mut AccountFacts, &mut Conflicts) {
        let facts = self.accounts.entry(account.to_owned()).or_default();
        (facts, &mut self.conflicts)
    }

    /// The path of a file, as it was given or found.
    pub fn label(&self, file: usize) -> &str {
        self.files.get(file).map_or("", |file| file.label.as_str())
    }

    /// Says of a file that it, or a document of it, is not read.
    pub fn skip(&mut self, label: &str, why: String) {
        self.warnings.push(Warning {
            file: label.to_owned(),
            message: why.clone(),
        });
        self.skipped.push((label.to_owned(), why));
    }

    fn unplaced(&mut self, file: usize, source: &str, why: &str) {
        let label = self.label(file).to_owned();
        self.skip(
            &label,
            format!(
                "a print of {source} {why}; put it into an envelope: {{\"source\":\"{source}\",\"account\":\"…\",\"region\":\"…\",\"request\":{{…}},\"response\":{{…}}}}"
            ),
        );
    }

    /// The snapshot of all that was filed, but for its time.
    pub fn finish(&mut self) -> Snapshot {
        self.close_accounts();
        self.close_clusters();
        self.close_ec2();
        self.close_network();
        self.close_ssm();
        self.close_services();
        let organizations = self.close_organizations();
        let keys: Vec<String> = (0..self.slots.len()).map(|at| self.key(at)).collect();
        let mut snapshot = Snapshot::new(Time::default());
        snapshot.organizations = organizations;
        self.cover(&mut snapshot, &keys);
        for (id, account) in std::mem::take(&mut self.accounts) {
            let account = account.into_account(&mut self.conflicts);
            snapshot.accounts.insert(id, account);
        }
        for (slot, key) in std::mem::take(&mut self.slots).into_iter().zip(keys) {
            let (eks, kubernetes) = slot.facts.into_parts(&mut self.conflicts);
            snapshot.clusters.insert(
                key,
                Cluster {
                    name: slot.name,
                    account: slot.place.account,
                    region: slot.place.region,
                    eks,
                    kubernetes,
                },
            );
        }
        let files = &self.files;
        let label = |at: usize| files.get(at).map_or("", |file| file.label.as_str());
        self.warnings.extend(
            self.conflicts
                .sentences(label)
                .into_iter()
                .map(|message| Warning {
                    file: String::new(),
                    message,
                }),
        );
        if !self.conflicts.is_empty() && snapshot.clusters.contains_key(UNKNOWN) {
            self.warnings.push(Warning {
                file: String::new(),
                message: "Kubernetes objects of no known cluster are taken for those of one; if \
                          they are of several, name each: --input NAME=PATH"
                    .to_owned(),
            });
        }
        snapshot.sort();
        self.latest = self.latest.max(times::latest(&snapshot));
        snapshot
    }

    /// Writes the coverage: what files gave, beside what snapshots among them had. A gap of a
    /// snapshot that a file fills is filled.
    fn cover(&mut self, snapshot: &mut Snapshot, keys: &[String]) {
        let key = |at: usize| keys.get(at).cloned().unwrap_or_default();
        let mut entries: BTreeMap<(String, String), Entry> = BTreeMap::new();
        let prior = std::mem::take(&mut self.prior)
            .into_iter()
            .map(|(mut entry, slot)| {
                if let Some(at) = slot {
                    entry.scope = key(at);
                }
                entry
            });
        for entry in std::mem::take(&mut self.book)
            .entries(key)
            .into_iter()
            .chain(prior)
        {
            match entries.entry((entry.source.clone(), entry.scope.clone())) {
                std::collections::btree_map::Entry::Vacant(vacant) => {
                    vacant.insert(entry);
                }
                std::collections::btree_map::Entry::Occupied(mut occupied) => {
                    let known = occupied.get_mut();
                    let items = known.items.max(entry.items);
                    if entry.status < known.status {
                        *known = entry;
                    }
                    known.items = items;
                }
            }
        }
        for entry in entries.into_values() {
            snapshot.coverage.record(
                &entry.source,
                &entry.scope,
                entry.status,
                entry.items,
                entry.detail,
            );
        }
        for (label, why) in &self.skipped {
            snapshot
                .coverage
                .record("file", label, Status::Skipped, 0, Some(why.clone()));
        }
    }
}
