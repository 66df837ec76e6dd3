//! Static AWS access keys that workloads use: in plain text, in ConfigMaps, or from Secrets and ConfigMaps whose keys' names
//! give them away; and the IAM users whose they are.

mod config_map;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::snapshot::Snapshot;
use crate::snapshot::credential::EnvValue;
use crate::snapshot::iam::AccessKey;
use crate::snapshot::kubernetes::{ConfigMapKeys, Container, EnvVar, KeyToPath, PodSpec};

use super::Graph;
use super::image::containers;
use super::workload::{Workload, namespace};

/// Whether a variable's or a key's name is that of a static key: AWS_ACCESS_KEY_ID or
/// AWS_SECRET_ACCESS_KEY, in any case, with any of `_`, `-` and `.`.
pub fn is_key_name(name: &str) -> bool {
    matches!(
        plain(name).as_str(),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY"
    )
}

fn plain(name: &str) -> String {
    name.to_ascii_uppercase().replace(['-', '.'], "_")
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
    /// Ids in commands and arguments, with the container.
    pub arguments: BTreeSet<(&'s str, &'s str)>,
    /// Ids in ConfigMaps that it takes: the ConfigMap, its key, the id.
    pub configured: BTreeSet<(&'s str, &'s str, &'s str)>,
    /// Whether something of the shape of a secret part is in a ConfigMap that it takes.
    has_configured_secret: bool,
}

/// What is known of the keys of Secrets and ConfigMaps, by cluster, namespace and name.
#[derive(Debug, Default)]
pub struct NamedKeys<'s> {
    /// The names of static keys among those of Secrets.
    secrets: HashMap<(&'s str, &'s str, &'s str), Vec<&'s str>>,
    /// The ConfigMaps with ids of access keys.
    maps: HashMap<(&'s str, &'s str, &'s str), &'s ConfigMapKeys>,
}

impl<'s> NamedKeys<'s> {
    /// Those whose managed fields tell, and ConfigMaps by what is in them.
    pub fn of(snapshot: &'s Snapshot) -> Self {
        let mut named = Self::default();
        for (cluster, facts) in &snapshot.clusters {
            for map in &facts.kubernetes.config_map_keys {
                let place = (cluster.as_str(), namespace(&map.metadata));
                named
                    .maps
                    .insert((place.0, place.1, &map.metadata.name), map);
            }
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
                    let place = (cluster.as_str(), namespace(metadata));
                    named
                        .secrets
                        .insert((place.0, place.1, &metadata.name), keys);
                }
            }
        }
        named
    }
}

/// The static keys of a workload, over its template and all its pods.
pub fn keys_of<'s>(workload: &Workload<'s>, named: &NamedKeys<'s>) -> Keys<'s> {
    let mut keys = Keys::default();
    let known = |secret: &'s str| {
        let place = (workload.cluster, workload.namespace, secret);
        named.secrets.get(&place).map_or(&[][..], Vec::as_slice)
    };
    let map = |name: &'s str| {
        let place = (workload.cluster, workload.namespace, name);
        named.maps.get(&place).copied()
    };
    for spec in workload.specs() {
        for container in containers(spec) {
            keys.environment(container);
            let words = container.command.iter().chain(container.args.iter());
            keys.arguments
                .extend(words.map(|id| (id, container.name.as_str())));
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
        for taken in config_map::taken(spec) {
            if let Some(map) = map(taken.map) {
                keys.of_map(map, &taken);
            }
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
    /// Each id that was seen, with where: `AWS_ACCESS_KEY_ID in its environment`.
    fn ids(&self) -> BTreeMap<&'s str, String> {
        let arguments = self.arguments.iter();
        let mut found: BTreeMap<&str, String> = arguments
            .map(|(id, container)| (*id, format!("the arguments of its container {container}")))
            .collect();
        for (map, key, id) in &self.configured {
            found.insert(id, format!("the key {key} of its ConfigMap {map}"));
        }
        for literal in &self.literals {
            if let Some(id) = literal.id {
                found.insert(id, format!("{} in its environment", literal.variable));
            }
        }
        found
    }

    /// Whether the secret part of a key was seen to be there too, by its form or a name.
    fn has_secret(&self) -> bool {
        let literal = self.literals.iter().any(|one| one.id.is_none());
        let mut names = self.referenced.values().flat_map(BTreeMap::keys);
        literal
            || self.has_configured_secret
            || names.any(|name| plain(name).contains("SECRET_ACCESS_KEY"))
    }

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

/// Whose an access key is: the account and the key.
pub type Owners<'s> = HashMap<&'s str, (&'s str, &'s AccessKey)>;

/// The keys whose users are known, by id.
pub fn owners(snapshot: &Snapshot) -> Owners<'_> {
    let accounts = snapshot.accounts.iter();
    let keys = accounts.flat_map(|(id, account)| {
        let keys = account.iam.access_keys.iter();
        keys.map(move |key| (key.access_key_id.as_str(), (id.as_str(), key)))
    });
    keys.collect()
}

/// `AKIA…MPLE`: what is shown of a key's id.
pub fn shortened(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    let (head, tail) = (letters.iter().take(4), letters.iter().rev().take(4).rev());
    let (head, tail): (String, String) = (head.collect(), tail.collect());
    format!("{head}…{tail}")
}

/// A workload that has a static key of a user that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserKey {
    /// The place of the workload.
    pub workload: usize,
    /// The key's id.
    pub id: String,
    /// The place of the user among the principals.
    pub user: usize,
    /// What shows it: where the key's id is, how old and whether it is active.
    pub evidence: String,
    /// What it depends on and is not known.
    pub open: Option<String>,
}

impl<'s> Graph<'s> {
    /// The users whose keys workloads have, by workload. A key that is inactive lets nobody in (IAM User Guide, "Manage
    /// access keys for IAM users"), and of one whose user was not seen nothing is claimed.
    pub fn user_keys(&self) -> Vec<UserKey> {
        let owners = owners(self.snapshot);
        if owners.is_empty() {
            return Vec::new();
        }
        let named = NamedKeys::of(self.snapshot);
        let mut found = Vec::new();
        for (at, workload) in self.workloads.workloads.iter().enumerate() {
            let keys = keys_of(workload, &named);
            let ids = keys.ids();
            let known = ids
                .iter()
                .filter_map(|(id, place)| Some((owners.get(id)?, place)));
            found.extend(known.filter_map(|((account, key), place)| {
                self.user_key(at, account, key, place, keys.has_secret())
            }));
        }
        found
    }

    fn user_key(
        &self,
        workload: usize,
        account: &str,
        key: &AccessKey,
        place: &str,
        has_secret: bool,
    ) -> Option<UserKey> {
        let users = self.snapshot.accounts.get(account)?.iam.users.iter();
        let user = users.clone().find(|user| user.user_name == key.user_name)?;
        let status = match key.status.as_str() {
            "Inactive" => return None,
            "" => None,
            status => Some(status.to_lowercase()),
        };
        let age = key.create_date.map_or(String::new(), |made| {
            let days = made.days_until(self.snapshot.taken_at);
            format!(", made on {}, {days} days before the audit", made.date())
        });
        let mut open = Vec::new();
        if status.is_none() {
            open.push("only if the key is active, which was not read");
        }
        if !has_secret {
            open.push("only if it has the secret part of the key too, which was not seen");
        }
        let status = status.map_or(String::new(), |status| format!(", {status}"));
        Some(UserKey {
            workload,
            id: key.access_key_id.clone(),
            user: self.principals.by_arn(&user.arn)?,
            evidence: format!(
                "{place} is {}, a key of the user {}{age}{status}",
                shortened(&key.access_key_id),
                key.user_name
            ),
            open: (!open.is_empty()).then(|| open.join(", ")),
        })
    }
}
