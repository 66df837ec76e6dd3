//! What brings entries of the vault into a cluster: ExternalSecrets (those that ClusterExternalSecrets make among
//! them) and SecretProviderClasses.

use std::collections::HashMap;

use jiff::SignedDuration;

use crate::graph::Graph;
use crate::snapshot::id::Arn;
use crate::snapshot::kubernetes::{
    ExternalFind, ExternalSecret, ExternalSecretSpec, SecretProviderClass, SourceReference,
    StoreReference,
};
use crate::snapshot::time::Time;

use super::find::{Finder, Fits};
use super::store::{Found, Index, Service, Stores, Unseen, Where, account_of};
use super::{Entry, Shelf};

/// The driver that mounts the objects of a SecretProviderClass.
const CSI_DRIVER: &str = "secrets-store.csi.k8s.io";

/// What brings entries into a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bringer {
    /// An ExternalSecret.
    ExternalSecret,
    /// A SecretProviderClass.
    SecretProviderClass,
}

impl Bringer {
    /// Its kind in Kubernetes.
    pub fn kind(self) -> &'static str {
        match self {
            Self::ExternalSecret => "ExternalSecret",
            Self::SecretProviderClass => "SecretProviderClass",
        }
    }
}

/// Something that brings entries into a cluster.
#[derive(Debug)]
pub struct Brought<'g> {
    /// What it is.
    pub bringer: Bringer,
    /// Its cluster.
    pub cluster: &'g str,
    /// Its namespace.
    pub namespace: &'g str,
    /// Its name.
    pub name: &'g str,
    /// When it last read the vault.
    pub refreshed: Option<Time>,
    /// How often it reads it again.
    pub again: Again,
    /// Whether it fares well, where it says so.
    pub ready: Option<bool>,
    /// The workloads that mount what it brings, without a Kubernetes Secret: places in the graph's.
    pub mounted_by: Vec<usize>,
    /// The Kubernetes Secrets that it makes: places in the lineage's.
    pub makes: Vec<usize>,
    /// Entries that it asks for by name and that were not seen.
    pub unseen: Vec<Unseen<'g>>,
}

/// How often something reads the vault again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Never, unless it is changed itself.
    Never,
    /// After this long.
    After(SignedDuration),
    /// That is not known.
    Unknown,
}

impl Again {
    /// Of an ExternalSecret: `refreshPolicy` and `refreshInterval`, which is an hour where nothing is said
    /// (external-secrets.io, "ExternalSecret", refresh policies).
    fn of(spec: &ExternalSecretSpec) -> Self {
        match spec.refresh_policy.as_deref() {
            Some("CreatedOnce" | "OnChange") => return Self::Never,
            Some("Periodic") | None => {}
            Some(_) => return Self::Unknown,
        }
        match spec.refresh_interval.as_deref() {
            None => Self::After(SignedDuration::from_hours(1)),
            Some(text) => match text.parse::<SignedDuration>() {
                Ok(interval) if interval.is_zero() => Self::Never,
                Ok(interval) => Self::After(interval),
                Err(_) if text.trim() == "0" => Self::Never,
                Err(_) => Self::Unknown,
            },
        }
    }
}

/// Finds all that brings entries into clusters, and notes it at these and at the Secrets that are made.
pub(super) fn all<'g>(
    graph: &'g Graph<'_>,
    entries: &mut [Entry<'g>],
    shelf: &mut Shelf<'g>,
) -> Vec<Brought<'g>> {
    let mut bringing = Bringing {
        index: Index::of(graph, entries),
        entries,
        shelf,
        brought: Vec::new(),
    };
    for (key, cluster) in &graph.snapshot.clusters {
        let stores = Stores::of(graph, key, cluster);
        let objects = &cluster.kubernetes;
        for one in &objects.external_secrets {
            bringing.external(&stores, one);
        }
        let mounts = mounts(graph, key);
        for class in &objects.secret_provider_classes {
            bringing.provided(graph, &stores, class, &mounts);
        }
    }
    bringing.brought
}

/// The store of a part of an ExternalSecret: its own, or that of the whole.
fn store_of<'g>(
    spec: &'g ExternalSecretSpec,
    source: &'g Option<SourceReference>,
) -> Option<&'g StoreReference> {
    let own = source.as_ref().and_then(|source| source.store_ref.as_ref());
    own.or(spec.secret_store_ref.as_ref())
}

/// What an ExternalSecret looks for, each with its store.
fn looked_for(
    spec: &ExternalSecretSpec,
) -> impl Iterator<Item = (&ExternalFind, Option<&StoreReference>)> {
    let all = spec.data_from.iter();
    all.filter_map(|one| Some((one.find.as_ref()?, store_of(spec, &one.source_ref))))
}

/// The names that an ExternalSecret asks for, each with its store.
fn asked(spec: &ExternalSecretSpec) -> impl Iterator<Item = (&str, Option<&StoreReference>)> {
    let each = spec.data.iter().filter_map(|one| {
        let key = one.remote_ref.as_ref()?.key.as_deref()?;
        Some((key, store_of(spec, &one.source_ref)))
    });
    let whole = spec.data_from.iter().filter_map(|one| {
        let key = one.extract.as_ref()?.key.as_deref()?;
        Some((key, store_of(spec, &one.source_ref)))
    });
    each.chain(whole)
}

/// By namespace and class: the workloads that mount it.
fn mounts<'g>(graph: &'g Graph<'_>, cluster: &str) -> HashMap<(&'g str, &'g str), Vec<usize>> {
    let mut mounts: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let all = graph.workloads.workloads.iter().enumerate();
    for (at, workload) in all.filter(|(_, one)| one.cluster == cluster) {
        for volume in workload.specs().flat_map(|spec| &spec.volumes) {
            let csi = volume.csi.as_ref().filter(|csi| csi.driver == CSI_DRIVER);
            let class = csi.and_then(|csi| csi.volume_attributes.get("secretProviderClass"));
            if let Some(class) = class {
                let by = mounts.entry((workload.namespace, class)).or_default();
                if by.last() != Some(&at) {
                    by.push(at);
                }
            }
        }
    }
    mounts
}

/// What is being found.
struct Bringing<'a, 'g> {
    index: Index<'g>,
    entries: &'a mut [Entry<'g>],
    shelf: &'a mut Shelf<'g>,
    brought: Vec<Brought<'g>>,
}

impl<'g> Bringing<'_, 'g> {
    fn external(&mut self, stores: &Stores<'g>, one: &'g ExternalSecret) {
        let (namespace, name) = (one.metadata.namespace(), one.metadata.name.as_str());
        let mut unseen = Vec::new();
        for (key, store) in asked(&one.spec) {
            if let Some(at) = stores.at(namespace, store) {
                unseen.extend(self.note(at, key));
            }
        }
        for (find, store) in looked_for(&one.spec) {
            if let Some(at) = stores.at(namespace, store) {
                self.look(at, &Finder::of(find));
            }
        }
        let mut conditions = one.status.conditions.iter();
        let ready = conditions.find(|condition| condition.kind == "Ready");
        let target = one.spec.target.as_ref();
        let policy = target.and_then(|target| target.creation_policy.as_deref());
        if policy != Some("None") {
            let made = target.and_then(|target| target.name.as_deref());
            self.makes(stores.key, namespace, made.unwrap_or(name));
        }
        self.brought.push(Brought {
            bringer: Bringer::ExternalSecret,
            cluster: stores.key,
            namespace,
            name,
            refreshed: one.status.refresh_time,
            again: Again::of(&one.spec),
            ready: ready.map(|condition| condition.status == "True"),
            mounted_by: Vec::new(),
            makes: Vec::new(),
            unseen,
        });
    }

    fn provided(
        &mut self,
        graph: &'g Graph<'_>,
        stores: &Stores<'g>,
        class: &'g SecretProviderClass,
        mounts: &HashMap<(&str, &str), Vec<usize>>,
    ) {
        let (namespace, name) = (class.metadata.namespace(), class.metadata.name.as_str());
        let parameters = &class.spec.parameters;
        let mounted_by = mounts.get(&(namespace, name)).cloned().unwrap_or_default();
        // A name is looked up in the account of the role that the pod has.
        let pods = mounted_by
            .iter()
            .filter_map(|at| graph.workloads.workloads.get(*at));
        let pods: Vec<usize> = pods.map(|workload| workload.service_account).collect();
        let account = account_of(graph, &pods);
        let mut unseen = Vec::new();
        // Of another provider only what it makes is known.
        let is_aws = class.spec.provider.as_deref().is_none_or(|p| p == "aws");
        for object in parameters.objects.all.iter().filter(|_| is_aws) {
            let Some(home) = stores.home() else {
                continue;
            };
            let at = Where {
                account: account.unwrap_or(home.account),
                is_sure: account.is_some(),
                region: parameters.region.as_deref().unwrap_or(home.region),
                service: match object.object_type.as_deref() {
                    Some("ssmparameter") => Service::ParameterStore,
                    _ => Service::SecretsManager,
                },
                ..home
            };
            let missing = self.note(at, &object.object_name);
            // What is not there is read in the other region.
            unseen.extend(missing.filter(|_| parameters.failover_region.is_none()));
        }
        let made = class.spec.secret_objects.iter();
        for made in made.filter_map(|one| one.secret_name.as_deref()) {
            self.makes(stores.key, namespace, made);
        }
        self.brought.push(Brought {
            bringer: Bringer::SecretProviderClass,
            cluster: stores.key,
            namespace,
            name,
            refreshed: None,
            again: Again::Unknown,
            ready: None,
            mounted_by,
            makes: Vec::new(),
            unseen,
        });
    }

    /// Notes at an entry that what comes next brings it; gives back what is asked for where there is no such entry.
    fn note(&mut self, at: Where<'g>, key: &'g str) -> Option<Unseen<'g>> {
        match self.index.find(at, key) {
            Found::Entry(found) => {
                self.brings(found, at.is_sure || Arn::parse(key).is_some());
                None
            }
            Found::Plain => None,
            Found::Nothing(unseen) => unseen,
        }
    }

    /// Notes at each entry of a place that is looked for that what comes next brings it.
    fn look(&mut self, at: Where<'g>, finder: &Finder<'_>) {
        let found: Vec<(usize, Fits)> = (self.entries.iter().enumerate())
            .filter(|(_, entry)| at.has(entry))
            .map(|(place, entry)| (place, finder.fits(entry.vault)))
            .collect();
        for (place, fits) in found {
            match fits {
                Fits::Yes => self.brings(place, at.is_sure),
                Fits::Unknown => self.brings(place, false),
                Fits::No => {}
            }
        }
    }

    fn brings(&mut self, entry: usize, is_sure: bool) {
        let place = self.brought.len();
        let Some(entry) = self.entries.get_mut(entry) else {
            return;
        };
        match entry.by.iter_mut().find(|(known, _)| *known == place) {
            Some((_, sure)) => *sure |= is_sure,
            None => entry.by.push((place, is_sure)),
        }
    }

    /// Notes at a Kubernetes Secret that what comes next makes it.
    fn makes(&mut self, cluster: &'g str, namespace: &'g str, name: &'g str) {
        let place = self.brought.len();
        self.shelf.at(cluster, namespace, name).by.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn how_often_it_is_read_again() {
        let hours = |hours| Again::After(SignedDuration::from_hours(hours));
        for (spec, expected) in [
            (json!({}), hours(1)),
            (json!({"refreshInterval": "1h0m0s"}), hours(1)),
            (json!({"refreshInterval": "24h"}), hours(24)),
            (
                json!({"refreshInterval": "90m"}),
                Again::After(SignedDuration::from_mins(90)),
            ),
            (json!({"refreshInterval": "0"}), Again::Never),
            (json!({"refreshInterval": "0s"}), Again::Never),
            (json!({"refreshInterval": "often"}), Again::Unknown),
            (
                json!({"refreshPolicy": "CreatedOnce", "refreshInterval": "1h"}),
                Again::Never,
            ),
            (json!({"refreshPolicy": "OnChange"}), Again::Never),
            (
                json!({"refreshPolicy": "Periodic", "refreshInterval": "2h"}),
                hours(2),
            ),
        ] {
            let read: Result<ExternalSecretSpec, _> = serde_json::from_value(spec.clone());
            assert_eq!(
                read.ok().map(|spec| Again::of(&spec)),
                Some(expected),
                "{spec}"
            );
        }
    }
}
