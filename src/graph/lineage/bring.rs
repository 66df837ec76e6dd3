//! What brings entries of the vault into a cluster: ExternalSecrets (those that ClusterExternalSecrets make among
//! them) and SecretProviderClasses.

use std::collections::HashMap;

use jiff::SignedDuration;

use crate::graph::Graph;
use crate::snapshot::Cluster;
use crate::snapshot::id::Arn;
use crate::snapshot::kubernetes::{
    ExternalSecret, ExternalSecretSpec, SecretProviderClass, SecretStore, SourceReference,
    StoreReference,
};
use crate::snapshot::time::Time;

use super::{Entry, Shelf, Vault};

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
    /// The names of entries that it asks for and that were not seen.
    pub unseen: Vec<&'g str>,
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

/// Entries by where they are and what they are called.
struct Index<'g> {
    by_name: HashMap<(&'g str, &'g str, Service, &'g str), usize>,
    by_arn: HashMap<&'g str, usize>,
}

/// Where an entry is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Service {
    SecretsManager,
    ParameterStore,
}

/// Where a name is looked up.
#[derive(Clone, Copy)]
struct Where<'g> {
    account: &'g str,
    region: &'g str,
    service: Service,
    /// What all names begin with.
    prefix: &'g str,
    /// Whether that was read.
    is_sure: bool,
}

impl<'g> Index<'g> {
    fn of(entries: &[Entry<'g>]) -> Self {
        let mut index = Self {
            by_name: HashMap::new(),
            by_arn: HashMap::new(),
        };
        for (at, entry) in entries.iter().enumerate() {
            let service = match entry.vault {
                Vault::Secret(_) => Service::SecretsManager,
                Vault::Parameter(_) => Service::ParameterStore,
            };
            let name = (entry.account, entry.region, service, entry.vault.name());
            index.by_name.insert(name, at);
            index.by_arn.insert(entry.vault.arn(), at);
            // The ARN without the six characters that Secrets Manager adds names it too.
            let arn = entry.vault.arn();
            let short = arn.len().checked_sub(7).and_then(|end| arn.get(..end));
            if let (Vault::Secret(_), Some(short)) = (entry.vault, short) {
                index.by_arn.entry(short).or_insert(at);
            }
        }
        index
    }

    /// The entry of a name or an ARN.
    fn find(&self, at: Where<'g>, name: &'g str) -> Option<usize> {
        if Arn::parse(name).is_some() {
            return self.by_arn.get(name).copied();
        }
        let whole = format!("{}{name}", at.prefix);
        // Names of parameters in the root may stand with or without its slash.
        let names = [whole.as_str(), whole.trim_start_matches('/')];
        let mut names = names.into_iter();
        names.find_map(|name| {
            let key = (at.account, at.region, at.service, name);
            self.by_name.get(&key).copied()
        })
    }
}

/// Finds all that brings entries into clusters, and notes it at these and at the Secrets that are made.
pub(super) fn all<'g>(
    graph: &'g Graph<'_>,
    entries: &mut [Entry<'g>],
    shelf: &mut Shelf<'g>,
) -> Vec<Brought<'g>> {
    let mut bringing = Bringing {
        index: Index::of(entries),
        entries,
        shelf,
        brought: Vec::new(),
    };
    for (key, cluster) in &graph.snapshot.clusters {
        let stores = Stores::of(key, cluster);
        let objects = &cluster.kubernetes;
        for one in &objects.external_secrets {
            bringing.external(&stores, one);
        }
        let mounts = mounts(graph, key);
        let classes = objects.secret_provider_classes.iter();
        for class in classes.filter(|one| one.spec.provider.as_deref().is_none_or(|p| p == "aws")) {
            bringing.provided(&stores, class, &mounts);
        }
    }
    bringing.brought
}

/// The stores of a cluster.
struct Stores<'g> {
    key: &'g str,
    cluster: &'g Cluster,
    by_name: HashMap<(&'g str, &'g str), &'g SecretStore>,
}

impl<'g> Stores<'g> {
    fn of(key: &'g str, cluster: &'g Cluster) -> Self {
        let stores = cluster.kubernetes.secret_stores.iter();
        let named = stores.map(|one| ((one.metadata.namespace(), one.metadata.name.as_str()), one));
        Self {
            key,
            cluster,
            by_name: named.collect(),
        }
    }

    /// Where the cluster itself is.
    fn home(&self) -> Option<Where<'g>> {
        Some(Where {
            account: self.cluster.account.as_deref()?,
            region: self.cluster.region.as_deref()?,
            service: Service::SecretsManager,
            prefix: "",
            is_sure: false,
        })
    }

    /// Where a store has its entries: nothing where it is none of AWS, at home where it was not seen.
    fn at(&self, namespace: &str, reference: Option<&StoreReference>) -> Option<Where<'g>> {
        let home = self.home()?;
        let Some(reference) = reference else {
            return Some(home);
        };
        let namespace = match reference.kind.as_deref() {
            Some("ClusterSecretStore") => "",
            _ => namespace,
        };
        let name = reference.name.as_deref().unwrap_or_default();
        let Some(store) = self.by_name.get(&(namespace, name)) else {
            return Some(home);
        };
        let aws = store.spec.provider.aws.as_ref()?;
        let role = aws.role.as_deref().and_then(Arn::parse);
        Some(Where {
            account: role.map_or(home.account, |role| role.account),
            region: aws.region.as_deref().unwrap_or(home.region),
            service: match aws.service.as_deref() {
                Some("ParameterStore") => Service::ParameterStore,
                _ => Service::SecretsManager,
            },
            prefix: aws.prefix.as_deref().unwrap_or_default(),
            is_sure: true,
        })
    }
}

/// The names that an ExternalSecret asks for, each with its store.
fn asked<'g>(
    spec: &'g ExternalSecretSpec,
) -> impl Iterator<Item = (&'g str, Option<&'g StoreReference>)> {
    let own = spec.secret_store_ref.as_ref();
    let store = move |source: &'g Option<SourceReference>| {
        let source = source.as_ref();
        source.and_then(|source| source.store_ref.as_ref()).or(own)
    };
    let each = spec.data.iter().filter_map(move |one| {
        let key = one.remote_ref.as_ref()?.key.as_deref()?;
        Some((key, store(&one.source_ref)))
    });
    let whole = spec.data_from.iter().filter_map(move |one| {
        let key = one.extract.as_ref()?.key.as_deref()?;
        Some((key, store(&one.source_ref)))
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
        stores: &Stores<'g>,
        class: &'g SecretProviderClass,
        mounts: &HashMap<(&str, &str), Vec<usize>>,
    ) {
        let (namespace, name) = (class.metadata.namespace(), class.metadata.name.as_str());
        let parameters = &class.spec.parameters;
        let mut unseen = Vec::new();
        for object in &parameters.objects.all {
            let Some(home) = stores.home() else {
                continue;
            };
            let at = Where {
                region: parameters.region.as_deref().unwrap_or(home.region),
                service: match object.object_type.as_deref() {
                    Some("ssmparameter") => Service::ParameterStore,
                    _ => Service::SecretsManager,
                },
                // A name is looked up in the account of the role that the pod has, which is not asked here.
                ..home
            };
            unseen.extend(self.note(at, &object.object_name));
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
            mounted_by: mounts.get(&(namespace, name)).cloned().unwrap_or_default(),
            makes: Vec::new(),
            unseen,
        });
    }

    /// Notes at an entry that what comes next brings it; gives back the name where there is no such entry.
    fn note(&mut self, at: Where<'g>, key: &'g str) -> Option<&'g str> {
        let place = self.brought.len();
        let found = self.index.find(at, key);
        let Some(entry) = found.and_then(|found| self.entries.get_mut(found)) else {
            return Some(key);
        };
        let is_sure = at.is_sure || Arn::parse(key).is_some();
        match entry.by.iter_mut().find(|(known, _)| *known == place) {
            Some((_, sure)) => *sure |= is_sure,
            None => entry.by.push((place, is_sure)),
        }
        None
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
