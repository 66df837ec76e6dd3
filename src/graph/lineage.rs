//! Secrets followed from the vault into the process: entries of Secrets Manager and Parameter Store, what brings them
//! into a cluster, the Kubernetes Secrets that they become, and the workloads that consume those.
//!
//! external-secrets.io, API specification and "AWS Secrets Manager", "Parameter Store"; AWS Secrets Manager User Guide,
//! "SecretProviderClass".

mod bring;
mod consume;
mod find;
mod named;
mod store;
#[cfg(test)]
mod tests;

pub use bring::{Again, Bringer, Brought};
pub use consume::{Consumer, Place};
pub use store::{Service, Unseen};

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::Graph;
use crate::snapshot::kubernetes::Secret as KubernetesSecret;
use crate::snapshot::secretsmanager::Secret;
use crate::snapshot::ssm::Parameter;

/// Where every secret comes from and goes to.
#[derive(Debug)]
pub struct Lineage<'g> {
    /// What is in Secrets Manager and Parameter Store, by account, region and ARN.
    pub entries: Vec<Entry<'g>>,
    /// Kubernetes Secrets, those that are only named among them, by cluster, namespace and name.
    pub kept: Vec<Kept<'g>>,
    /// What brings entries into clusters.
    pub brought: Vec<Brought<'g>>,
}

/// What an entry of the vault is.
#[derive(Clone, Copy, Debug)]
pub enum Vault<'g> {
    /// A secret of Secrets Manager.
    Secret(&'g Secret),
    /// A parameter of Systems Manager that is encrypted.
    Parameter(&'g Parameter),
}

impl<'g> Vault<'g> {
    /// Its ARN.
    pub fn arn(self) -> &'g str {
        match self {
            Self::Secret(secret) => &secret.arn,
            Self::Parameter(parameter) => &parameter.arn,
        }
    }

    /// Its name.
    pub fn name(self) -> &'g str {
        match self {
            Self::Secret(secret) => &secret.name,
            Self::Parameter(parameter) => &parameter.name,
        }
    }
}

/// An entry of the vault.
#[derive(Debug)]
pub struct Entry<'g> {
    /// Its account.
    pub account: &'g str,
    /// Its region.
    pub region: &'g str,
    /// What it is.
    pub vault: Vault<'g>,
    /// By what it is brought into clusters: places in [`Lineage::brought`], each with whether that is certain.
    pub by: Vec<(usize, bool)>,
}

/// A Kubernetes Secret.
#[derive(Debug)]
pub struct Kept<'g> {
    /// Its cluster.
    pub cluster: &'g str,
    /// Its namespace.
    pub namespace: &'g str,
    /// Its name.
    pub name: &'g str,
    /// The object; absent where something names it and it was not seen.
    pub object: Option<&'g KubernetesSecret>,
    /// What brings it: places in [`Lineage::brought`].
    pub by: Vec<usize>,
    /// What consumes it.
    pub consumers: Vec<Consumer<'g>>,
}

/// Kubernetes Secrets while they are found, by cluster, namespace and name.
#[derive(Debug, Default)]
struct Shelf<'g> {
    kept: IndexMap<(&'g str, &'g str, &'g str), Kept<'g>>,
}

impl<'g> Shelf<'g> {
    /// The Secret of a name; where it was not seen, it is one that is named.
    fn at(&mut self, cluster: &'g str, namespace: &'g str, name: &'g str) -> &mut Kept<'g> {
        let place = self.kept.entry((cluster, namespace, name));
        place.or_insert_with(|| Kept {
            cluster,
            namespace,
            name,
            object: None,
            by: Vec::new(),
            consumers: Vec::new(),
        })
    }
}

impl<'s> Graph<'s> {
    /// Where every secret comes from and goes to.
    pub fn lineage<'g>(&'g self) -> Lineage<'g> {
        let mut entries = self.vault();
        let mut shelf = Shelf::default();
        for (cluster, facts) in &self.snapshot.clusters {
            for secret in &facts.kubernetes.secrets {
                let (namespace, name) = (secret.metadata.namespace(), &secret.metadata.name);
                shelf.at(cluster, namespace, name).object = Some(secret);
            }
        }
        let mut brought = bring::all(self, &mut entries, &mut shelf);
        consume::all(self, &mut shelf);
        shelf.kept.sort_unstable_keys();
        let mut kept: Vec<Kept<'g>> = shelf.kept.into_values().collect();
        for (at, one) in kept.iter_mut().enumerate() {
            one.consumers.sort_by_cached_key(Consumer::order);
            for by in &one.by {
                if let Some(bringer) = brought.get_mut(*by) {
                    bringer.makes.push(at);
                }
            }
        }
        Lineage {
            entries,
            kept,
            brought,
        }
    }

    fn vault<'g>(&'g self) -> Vec<Entry<'g>> {
        self.regions()
            .flat_map(|(account, region, facts)| {
                let secrets = facts.secretsmanager.secrets.iter().map(Vault::Secret);
                let parameters = facts.ssm.parameters.iter();
                let parameters = parameters
                    .filter(|one| one.is_secure())
                    .map(Vault::Parameter);
                secrets.chain(parameters).map(move |vault| Entry {
                    account,
                    region,
                    vault,
                    by: Vec::new(),
                })
            })
            .collect()
    }
}

impl<'g> Lineage<'g> {
    /// What brings an entry into clusters, each with whether that is certain.
    pub fn bringers(&self, entry: &Entry<'g>) -> impl Iterator<Item = (&Brought<'g>, bool)> {
        let places = entry.by.iter();
        places.filter_map(|(at, sure)| Some((self.brought.get(*at)?, *sure)))
    }

    /// The places of the workloads that consume an entry, as a file of the vault or as a Kubernetes Secret.
    pub fn workloads(&self, entry: &Entry<'g>) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        for (by, _) in self.bringers(entry) {
            all.extend(&by.mounted_by);
            let consumers = self.made(by).flat_map(|made| &made.consumers);
            all.extend(consumers.filter_map(|one| match one.place {
                Place::Workload(at, _) => Some(at),
                Place::Object(..) => None,
            }));
        }
        all
    }

    /// The Kubernetes Secrets that something makes.
    pub fn made(&self, by: &Brought<'g>) -> impl Iterator<Item = &Kept<'g>> {
        by.makes.iter().filter_map(|at| self.kept.get(*at))
    }
}
