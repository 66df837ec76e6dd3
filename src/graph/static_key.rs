//! Static AWS access keys that workloads use: in plain text, or from Secrets and ConfigMaps whose
//! keys' names give them away.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::snapshot::Snapshot;
use crate::snapshot::credential::EnvValue;
use crate::snapshot::kubernetes::{Container, EnvVar, KeyToPath, PodSpec};

use super::image::containers;
use super::workload::{Workload, namespace};

/// Whether a variable's or a key's name is that of a static key: AWS_ACCESS_KEY_ID or
/// AWS_SECRET_ACCESS_KEY, in any case, with any of `_`, `-` and `.`.
pub fn is_key_name(name: &str) -> bool {
    let plain = name.to_ascii_uppercase().replace(['-', '.'], "_");
    plain == "AWS_ACCESS_KEY_ID" || plain == "AWS_SECRET_ACCESS_KEY"
}

/// A variable with a key in plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Literal<'s> {
    /// The variable.
    pub variable: &'s str,
    /// The key's id, where the value is one.
    pub id: Option<&'s str>,
    /// Whether the value has the form of a key of AWS.
    pub formed: bool,
}

/// A Secret or ConfigMap in the workload's namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place<'s> {
    /// `Secret` or `ConfigMap`.
    pub kind: &'static str,
    /// Its name.
    pub name: &'s str,
}

/// What a workload uses.
#[derive(Debug, Default)]
pub struct Keys<'s> {
    /// In plain text.
    pub literals: BTreeSet<Literal<'s>>,
    /// From objects: the names of keys or variables, and how each is taken.
    pub referenced: BTreeMap<Place<'s>, BTreeMap<String, &'static str>>,
}

/// The names of static keys among the keys of Secrets, by cluster, namespace and Secret.
#[derive(Debug, Default)]
pub struct NamedKeys<'s>(HashMap<(&'s str, &'s str, &'s str), Vec<&'s str>>);

impl<'s> NamedKeys<'s> {
    /// Those whose managed fields tell.
    pub fn of(snapshot: &'s Snapshot) -> Self {
        let mut named: HashMap<(&str, &str, &str), Vec<&str>> = HashMap::new();
        for (cluster, facts) in &snapshot.clusters {
            for secret in &facts.kubernetes.secrets {
                let metadata = &secret.metadata;
                let keys = metadata
                    .managed_fields
                    .iter()
                    .flat_map(|fields| &fields.data_keys);
                let keys: Vec<&str> = keys
                    .map(String::as_str)
                    .filter(|key| is_key_name(key))
                    .collect();
                if !keys.is_empty() {
                    named.insert((cluster, namespace(metadata), &metadata.name), keys);
                }
            }
        }
        Self(named)
    }
}

/// The static keys of a workload, over its template and all its pods.
pub fn keys_of<'s>(workload: &Workload<'s>, named: &NamedKeys<'s>) -> Keys<'s> {
    let mut keys = Keys::default();
    let known = |secret: &'s str| {
        let place = (workload.cluster, workload.namespace, secret);
        named.0.get(&place).map_or(&[][..], Vec::as_slice)
    };
    for spec in workload.specs() {
        for container in containers(spec) {
            keys.environment(container);
            for name in container
                .env_from
                .iter()
                .filter_map(|from| from.secret_ref.as_ref())
            {
                keys.whole(&name.name, known(&name.name), &[], "envFrom");
            }
        }
        for (secret, items) in volumes(spec) {
            keys.whole(secret, known(secret), items, "volume");
        }
    }
    keys
}

/// The Secrets that are volumes, each with the keys that are taken; none: all.
fn volumes(spec: &PodSpec) -> impl Iterator<Item = (&str, &[KeyToPath])> {
    spec.volumes.iter().flat_map(|volume| {
        let whole = volume
            .secret
            .iter()
            .map(|s| (s.secret_name.as_deref(), s.items.as_slice()));
        let projected = volume
            .projected
            .iter()
            .flat_map(|projected| &projected.sources);
        let parts = projected
            .filter_map(|source| source.secret.as_ref())
            .map(|s| (s.name.as_deref(), s.items.as_slice()));
        whole
            .chain(parts)
            .filter_map(|(name, items)| Some((name?, items)))
    })
}

impl<'s> Keys<'s> {
    fn environment(&mut self, container: &'s Container) {
        for variable in &container.env {
            match &variable.value_from {
                None => self.literals.extend(literal(variable)),
                Some(from) => {
                    let secret = from.secret_key_ref.iter().map(|key| ("Secret", key));
                    let map = from.config_map_key_ref.iter().map(|key| ("ConfigMap", key));
                    for (kind, key) in secret.chain(map) {
                        if is_key_name(&variable.name) || is_key_name(&key.key) {
                            let place = Place {
                                kind,
                                name: &key.name,
                            };
                            let name = format!("{} as {}", key.key, variable.name);
                            self.referenced
                                .entry(place)
                                .or_default()
                                .insert(name, "env");
                        }
                    }
                }
            }
        }
    }

    /// A whole Secret, of which these keys are known and these items are taken.
    fn whole(&mut self, secret: &'s str, known: &[&str], items: &[KeyToPath], how: &'static str) {
        let items_named = items
            .iter()
            .map(|item| item.key.as_str())
            .filter(|key| is_key_name(key));
        let taken: Vec<&str> = match items.is_empty() {
            true => known.to_vec(),
            false => items_named.collect(),
        };
        if !taken.is_empty() {
            let place = Place {
                kind: "Secret",
                name: secret,
            };
            let names = self.referenced.entry(place).or_default();
            names.extend(taken.into_iter().map(|key| (key.to_owned(), how)));
        }
    }
}

fn literal(variable: &EnvVar) -> Option<Literal<'_>> {
    let named = is_key_name(&variable.name);
    let (id, formed) = match &variable.value {
        EnvValue::AccessKeyId(id) => (Some(id.as_str()), true),
        EnvValue::SecretAccessKeyShape if named => (None, true),
        EnvValue::Other if named => (None, false),
        _ => return None,
    };
    Some(Literal {
        variable: &variable.name,
        id,
        formed,
    })
}
