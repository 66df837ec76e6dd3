//! How every secret stands: its age, its rotation, who consumes it, and what is stale about it.
//!
//! AWS Secrets Manager API Reference, `SecretListEntry`; external-secrets.io, API specification,
//! `ExternalSecretStatus`.

mod counts;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};

use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::secretsmanager::Secret;
use crate::snapshot::time::Time;

use super::Graph;
use super::control::Control;
use super::lineage::{Again, Bringer, Brought, Entry, Kept, Lineage, Place, Vault};
use super::readers::{Exposed, Set};
use super::rotation::{Keeper, Rotation, keeper, rotation};
use super::secret_age::Age;
use super::secret_last_read::{LastRead, last_read};
use super::secret_use;
use super::workload::Workload;
use counts::Counts;

/// Where a secret is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// In Secrets Manager.
    SecretsManager,
    /// In Parameter Store, encrypted.
    Parameter,
    /// In a cluster, and in no vault that was seen.
    Kubernetes,
}

impl Kind {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecretsManager => "secretsmanager",
            Self::Parameter => "ssm",
            Self::Kubernetes => "kubernetes",
        }
    }
}

/// What is stale about a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// How much it counts: 5 is the most.
    pub weight: u8,
    /// In words.
    pub text: String,
}

/// How a secret stands.
#[derive(Clone, Debug)]
pub struct State {
    /// Where it is kept.
    pub kind: Kind,
    /// Its ARN, or the id of the Kubernetes object.
    pub id: String,
    /// Its name; of one in a cluster with the namespace.
    pub name: String,
    /// The region or the cluster.
    pub place: String,
    /// When it was last written, or changed in any way.
    pub written: Option<Time>,
    /// When it was last read, to the day; of one in a cluster nobody tells.
    pub read: Option<Time>,
    /// How it rotates.
    pub rotation: String,
    /// Each way into a process, step by step.
    pub ways: Vec<Vec<String>>,
    /// The workloads that consume it.
    pub consumers: Vec<Consuming>,
    /// Who may read it: in AWS, and in the cluster each Kubernetes Secret that it becomes.
    pub readers: Vec<Set>,
    /// How many different ones there are.
    pub read_by: ReadBy,
    /// The nearest of those who read or consume it that the internet leads to.
    pub exposed: Option<Exposed>,
    /// What is stale, worst first.
    pub faults: Vec<Fault>,
}

/// A workload that consumes a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Consuming {
    /// `Deployment payments/api`.
    pub label: String,
    /// Its id.
    pub id: String,
}

impl Consuming {
    fn of(workload: &Workload<'_>) -> Self {
        Self {
            label: workload.label(),
            id: workload.id.clone(),
        }
    }
}

/// How many may read a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadBy {
    /// For certain.
    pub certain: usize,
    /// Depending on what is not known.
    pub perhaps: usize,
}

/// By how much a secret counts more that the internet leads to.
const ON_THE_INTERNET: usize = 3;

impl State {
    /// By what secrets are sorted: how stale it is, times for how many, times whether the internet leads to it.
    pub fn risk(&self) -> usize {
        let weight: usize = self
            .faults
            .iter()
            .map(|fault| usize::from(fault.weight))
            .sum();
        let readers = self.consumers.len() + self.read_by.certain + self.read_by.perhaps;
        let reach = match self.exposed {
            Some(_) => ON_THE_INTERNET,
            None => 1,
        };
        weight * (1 + readers) * reach
    }
}

/// All secrets, the worst first.
#[derive(Debug)]
pub struct States {
    /// Each.
    pub all: Vec<State>,
    /// What was not read of what would tell.
    pub unread: Vec<String>,
}

impl<'s> Graph<'s> {
    /// How every secret stands.
    pub fn secret_states(&self, control: &Control<'_, 's>) -> States {
        let lineage = self.lineage();
        let readers = self.readers(&lineage, control);
        let mut counts = Counts::default();
        let mut all: Vec<State> = Vec::new();
        for (at, entry) in lineage.entries.iter().enumerate() {
            let mut state = self.of_entry(&lineage, entry);
            let made = lineage.bringers(entry).flat_map(|(by, _)| &by.makes);
            let sets = made.map(|at| readers.of_kept(*at));
            state.readers = std::iter::once(readers.of_entry(at)).chain(sets).collect();
            counts.count(&readers, &mut state);
            all.push(state);
        }
        let of_entries = lineage.entries.iter().flat_map(|entry| &entry.by);
        let of_entries: HashSet<usize> = of_entries.map(|(by, _)| *by).collect();
        // Those that come from an entry of the vault that was seen are shown there.
        let is_shown = |one: &Kept<'_>| one.by.iter().any(|by| of_entries.contains(by));
        let own = lineage.kept.iter().enumerate();
        for (at, kept) in own.filter(|(_, one)| one.object.is_some() && !is_shown(one)) {
            let mut state = self.of_kept(kept);
            state.readers = vec![readers.of_kept(at)];
            counts.count(&readers, &mut state);
            all.push(state);
        }
        all.sort_by(|a, b| {
            let order = b.risk().cmp(&a.risk());
            order.then_with(|| (a.kind, &a.place, &a.name).cmp(&(b.kind, &b.place, &b.name)))
        });
        let mut unread = self.unread_of_secrets();
        unread.extend(readers.unread);
        States { all, unread }
    }

    fn of_entry<'g>(&'g self, lineage: &Lineage<'g>, entry: &Entry<'g>) -> State {
        let mut faults = Vec::new();
        let mut ways = Vec::new();
        let mut consumers = BTreeSet::new();
        let (kind, written, read, rotates) = match entry.vault {
            Vault::Secret(secret) => {
                let rotates = self.rotates(secret, entry, &mut faults);
                let written = secret.last_changed_date.max(secret.created_date);
                (Kind::SecretsManager, written, last_read(secret), rotates)
            }
            Vault::Parameter(one) => {
                if let Age::Old(since) = self.age_of_parameter(one) {
                    let text = same_since(since);
                    faults.push(Fault { weight: 2, text });
                }
                let written = one.last_modified_date;
                (Kind::Parameter, written, None, "–".to_owned())
            }
        };
        for (by, sure) in lineage.bringers(entry) {
            let sure = match (sure, by.bringer) {
                (true, _) => "",
                (false, Bringer::ExternalSecret) => " (if its store is here)",
                (false, Bringer::SecretProviderClass) => " (if its pods read in this account)",
            };
            let step = format!("{} {}/{}{sure}", by.bringer.kind(), by.namespace, by.name);
            if let Some(fault) = behind(entry, by, self.snapshot.taken_at) {
                faults.push(fault);
            }
            for at in &by.mounted_by {
                if let Some(workload) = self.workloads.workloads.get(*at) {
                    ways.push(vec![
                        step.clone(),
                        format!("{} (mounted)", workload.label()),
                    ]);
                    consumers.insert(Consuming::of(workload));
                }
            }
            for made in lineage.made(by) {
                let secret = format!("Secret {}/{}", made.namespace, made.name);
                let (found, by_whom) = self.consumed(made, &mut faults);
                consumers.extend(by_whom);
                if found.is_empty() {
                    ways.push(vec![step.clone(), secret.clone()]);
                }
                for consumer in found {
                    ways.push(vec![step.clone(), secret.clone(), consumer]);
                }
            }
        }
        faults.sort_by(|a, b| b.cmp(a));
        faults.dedup();
        State {
            kind,
            id: entry.vault.arn().to_owned(),
            name: entry.vault.name().to_owned(),
            place: entry.region.to_owned(),
            written,
            read,
            rotation: rotates,
            ways,
            consumers: consumers.into_iter().collect(),
            readers: Vec::new(),
            read_by: ReadBy::default(),
            exposed: None,
            faults,
        }
    }

    fn of_kept(&self, kept: &Kept<'_>) -> State {
        let mut faults = Vec::new();
        let (found, consumers) = self.consumed(kept, &mut faults);
        let object = kept.object;
        let aged = object.map(|object| self.age_of_kept(object));
        if let Some(Age::Old(since)) = aged {
            let text = same_since(since);
            faults.push(Fault { weight: 2, text });
        }
        faults.sort_by(|a, b| b.cmp(a));
        let write = object.and_then(|object| secret_use::last_write(object, None));
        let created = object.and_then(|object| object.metadata.creation_timestamp);
        State {
            kind: Kind::Kubernetes,
            id: object_id(kept.cluster, kept.namespace, "Secret", kept.name),
            name: format!("{}/{}", kept.namespace, kept.name),
            place: kept.cluster.to_owned(),
            written: write.map(|(time, _)| time).or(created),
            read: None,
            rotation: "–".to_owned(),
            ways: found.into_iter().map(|one| vec![one]).collect(),
            consumers,
            readers: Vec::new(),
            read_by: ReadBy::default(),
            exposed: None,
            faults,
        }
    }

    /// What consumes a Kubernetes Secret, in words, and the workloads among that; whoever has an old value is a fault.
    fn consumed(&self, kept: &Kept<'_>, faults: &mut Vec<Fault>) -> (Vec<String>, Vec<Consuming>) {
        let mut shown = Vec::new();
        let mut workloads = Vec::new();
        for consumer in &kept.consumers {
            let ways: Vec<&str> = consumer.ways.iter().map(|how| how.text()).collect();
            let label = consumer.label();
            shown.push(match ways.is_empty() {
                true => label.clone(),
                false => format!("{label} ({})", ways.join(", ")),
            });
            let Place::Workload(_, workload) = consumer.place else {
                continue;
            };
            workloads.push(Consuming::of(workload));
            let Some(object) = kept.object else {
                continue;
            };
            let uses = workload.pods.iter().flat_map(|pod| {
                let uses = secret_use::of(&pod.spec).into_iter();
                uses.filter(|one| one.secret == kept.name)
                    .map(move |one| (*pod, one))
            });
            let late = uses
                .into_iter()
                .any(|(pod, one)| matches!(secret_use::kept_since(pod, &one, object), Ok(Some(_))));
            if late {
                faults.push(Fault {
                    weight: 4,
                    text: format!("{label} may run with an old value"),
                });
            }
        }
        (shown, workloads)
    }

    /// How a secret rotates, in words; what is wrong with that is a fault.
    fn rotates(&self, secret: &Secret, entry: &Entry<'_>, faults: &mut Vec<Fault>) -> String {
        let now = self.snapshot.taken_at;
        let mut fault = |weight, text: String| faults.push(Fault { weight, text });
        match keeper(secret, entry.region) {
            Keeper::Service(service) => return format!("by {service}"),
            Keeper::Primary(primary) => return format!("in {primary}"),
            Keeper::Account => {}
        }
        if let Some(deleted) = secret.deleted_date {
            fault(
                1,
                format!("scheduled for deletion since {}", deleted.date()),
            );
            return "–".to_owned();
        }
        if let LastRead::Unused(since) = self.secret_use((entry.account, entry.region), secret) {
            fault(2, format!("not read since {}", since.date()));
        }
        if let Age::Old(since) = self.age_of_secret(secret) {
            fault(2, same_since(since));
        }
        match rotation(secret, now) {
            Rotation::Off => {
                let since = secret.created_date.or(secret.last_changed_date);
                let is_new = |since: Time| since.days_until(now) < self.limits_of(secret).new;
                if !since.is_some_and(is_new) {
                    fault(1, "never rotated by itself".to_owned());
                }
                "off".to_owned()
            }
            Rotation::OnTime => "on time".to_owned(),
            Rotation::Overdue(due) => {
                fault(3, format!("should have rotated by {}", due.date()));
                "overdue".to_owned()
            }
            Rotation::Stuck { since, .. } => {
                fault(5, format!("a rotation is stuck since {}", since.date()));
                "failing".to_owned()
            }
            Rotation::Never(since) => {
                fault(
                    5,
                    format!(
                        "never rotated, though it should have since {}",
                        since.date()
                    ),
                );
                "failing".to_owned()
            }
            Rotation::Waiting | Rotation::Undated => "not known".to_owned(),
        }
    }

    fn unread_of_secrets(&self) -> Vec<String> {
        let regions = self.regions();
        let vault =
            regions.map(|(account, region, _)| (Source::SECRETS, format!("{account}/{region}")));
        let clusters = self.snapshot.clusters.keys().flat_map(|cluster| {
            let sources = [
                Source::KUBERNETES_SECRETS,
                Source::PODS,
                Source::EXTERNAL_SECRETS,
            ];
            sources.map(|source| (source, cluster.clone()))
        });
        let unread = vault
            .chain(clusters)
            .filter(|(source, scope)| !self.saw(*source, scope));
        unread
            .map(|(source, scope)| format!("{} of {scope} was not read whole", source.name))
            .collect()
    }
}

fn same_since(since: Time) -> String {
    format!("its value is the same since {}", since.date())
}

/// Whether what brings an entry is behind it.
fn behind(entry: &Entry<'_>, by: &Brought<'_>, now: Time) -> Option<Fault> {
    let name = format!("{} {}/{}", by.bringer.kind(), by.namespace, by.name);
    if by.ready == Some(false) {
        let text = format!("{name} does not get through");
        return Some(Fault { weight: 4, text });
    }
    let written = match entry.vault {
        // A change of its tags counts too, so a rotation is asked, where there was one.
        Vault::Secret(secret) => secret.last_rotated_date,
        Vault::Parameter(parameter) => parameter.last_modified_date,
    };
    let (written, refreshed) = (written?, by.refreshed?);
    let is_due = match by.again {
        // It comes by itself, and the time for that is not over.
        Again::After(interval) => {
            let due = refreshed.0.checked_add(interval).map_or(refreshed, Time);
            due.plus_days(1) < now
        }
        Again::Never | Again::Unknown => true,
    };
    (refreshed < written && is_due).then(|| Fault {
        weight: 4,
        text: format!(
            "{name} last read it on {}, before it was written on {}",
            refreshed.date(),
            written.date()
        ),
    })
}
