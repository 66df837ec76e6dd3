//! Which KMS key encrypts a secret or a parameter.
//!
//! AWS Secrets Manager API Reference, `SecretListEntry` (`KmsKeyId`), `SecretVersionsListEntry` (`KmsKeyIds`); AWS Systems
//! Manager API Reference, `ParameterMetadata` (`KeyId`); AWS KMS Developer Guide, "Key identifiers". A secret that is given
//! another key has its current version encrypted with both, and each of them opens it; where Secrets Manager could not decrypt
//! the version then, it stays under the old one alone (AWS Secrets Manager User Guide, "Change the encryption key for an AWS
//! Secrets Manager secret").

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use crate::snapshot::Snapshot;
use crate::snapshot::id::Arn;
use crate::snapshot::kms::{Alias, Key, Kms};
use crate::snapshot::secretsmanager::Secret;

use super::Graph;
use super::lineage::Vault;

/// How the AWS managed key is called in the list of a secret's versions.
const DEFAULT: &str = "DefaultEncryptionKey";

/// What a secret is encrypted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKey<'s> {
    /// The AWS managed key of the service, whose policy nobody changes.
    Managed,
    /// This key.
    Seen(&'s Key),
    /// A key of this name, which was not read.
    Unread(&'s str),
}

/// What a secret of Secrets Manager is encrypted with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeysOfSecret<'s> {
    /// Its next version.
    pub next: SecretKey<'s>,
    /// Its current one: each of them opens it; none where that was not read.
    pub current: Vec<SecretKey<'s>>,
}

/// A key and all that it encrypts.
#[derive(Clone, Debug)]
pub struct KeyUse<'s> {
    /// The account of what it encrypts.
    pub account: &'s str,
    /// Their region.
    pub region: &'s str,
    /// The key.
    pub key: &'s Key,
    /// The first of its aliases, else its id.
    pub name: &'s str,
    /// Secrets and parameters.
    pub encrypts: Vec<Vault<'s>>,
}

/// All keys that encrypt secrets.
#[derive(Clone, Debug, Default)]
pub struct KeyUses<'s> {
    /// Those that were read, by account, region and ARN.
    pub seen: Vec<KeyUse<'s>>,
    /// Which were not, a sentence each.
    pub unread: Vec<String>,
}

/// Account and region.
type At<'s> = (&'s str, &'s str);

/// How the keys are called that were seen in each region.
#[derive(Debug, Default)]
pub(super) struct KeyNames<'s> {
    /// By where they were seen, the account that has them, and their ids.
    keys: HashMap<(At<'s>, &'s str, &'s str), &'s Key>,
    /// The ids behind aliases.
    aliases: HashMap<(At<'s>, &'s str), &'s str>,
    /// The ids of those that AWS manages.
    managed: HashSet<(At<'s>, &'s str)>,
}

impl<'s> KeyNames<'s> {
    pub(super) fn of(snapshot: &'s Snapshot) -> Self {
        let mut names = Self::default();
        for (account, facts) in &snapshot.accounts {
            for (region, facts) in &facts.regions {
                let at = (account.as_str(), region.as_str());
                for key in &facts.kms.keys {
                    let arn = Arn::parse(&key.arn);
                    let id =
                        arn.and_then(|arn| Some((arn.account, arn.resource.strip_prefix("key/")?)));
                    if let Some((owner, id)) = id {
                        names.keys.insert((at, owner, id), key);
                    }
                }
                for alias in &facts.kms.aliases {
                    let name = alias.alias_name.as_str();
                    let Some(id) = alias.target_key_id.as_deref() else {
                        continue;
                    };
                    names.aliases.entry((at, name)).or_insert(id);
                    if name.starts_with("alias/aws/") {
                        names.managed.insert((at, id));
                    }
                }
            }
        }
        names
    }
}

impl<'s> Graph<'s> {
    /// The key of a name that something in a region gives: an id, an ARN, an alias; without one that of the service.
    pub fn secret_key<'n>(&self, at: At<'n>, name: Option<&'n str>) -> SecretKey<'n>
    where
        's: 'n,
    {
        let Some(name) = name.filter(|name| !name.is_empty() && *name != DEFAULT) else {
            return SecretKey::Managed;
        };
        let arn = Arn::parse(name);
        let resource = arn.as_ref().map_or(name, |arn| arn.resource);
        if resource.starts_with("alias/aws/") {
            return SecretKey::Managed;
        }
        // An alias is one of this account, unless its ARN says otherwise.
        let owner = arn.as_ref().map_or(at.0, |arn| arn.account);
        let target = self.key_names.aliases.get(&(at, resource));
        let target = target.filter(|_| owner == at.0).copied();
        let id = target.unwrap_or(resource.strip_prefix("key/").unwrap_or(resource));
        match self.key_names.keys.get(&(at, owner, id)) {
            Some(key) if key.key_manager.as_deref() == Some("AWS") => SecretKey::Managed,
            Some(key) => SecretKey::Seen(key),
            None if owner == at.0 && self.key_names.managed.contains(&(at, id)) => {
                SecretKey::Managed
            }
            None => SecretKey::Unread(name),
        }
    }

    /// What a secret is encrypted with.
    pub fn keys_of_secret<'n>(&self, at: At<'n>, secret: &'n Secret) -> KeysOfSecret<'n>
    where
        's: 'n,
    {
        let mut versions = self.versions_of(secret).iter();
        let current = versions.find(|version| version.has_stage("AWSCURRENT"));
        let current = current.into_iter().flat_map(|version| &version.kms_key_ids);
        KeysOfSecret {
            next: self.secret_key(at, secret.kms_key_id.as_deref()),
            current: current
                .map(|name| self.secret_key(at, Some(name)))
                .collect(),
        }
    }

    /// The keys of the account's own that encrypt secrets and parameters, without those that are scheduled for deletion.
    pub fn secret_keys(&self) -> KeyUses<'s> {
        let mut seen: IndexMap<(&str, &str, &str), KeyUse<'s>> = IndexMap::new();
        let mut unread = Vec::new();
        for (account, region, facts) in self.regions() {
            let mut add = |vault: Vault<'s>, key: SecretKey<'s>| match key {
                SecretKey::Managed => {}
                SecretKey::Unread(name) => {
                    unread.push(format!("the key {name} of {} was not read", vault.name()));
                }
                SecretKey::Seen(key) => {
                    let place = seen.entry((account, region, key.arn.as_str()));
                    let place = place.or_insert_with(|| KeyUse {
                        account,
                        region,
                        key,
                        name: called(&facts.kms, key),
                        encrypts: Vec::new(),
                    });
                    place.encrypts.push(vault);
                }
            };
            let secrets = facts.secretsmanager.secrets.iter();
            for secret in secrets.filter(|secret| secret.deleted_date.is_none()) {
                for key in self.keys_of_secret((account, region), secret).needed() {
                    add(Vault::Secret(secret), key);
                }
            }
            for parameter in facts.ssm.parameters.iter().filter(|one| one.is_secure()) {
                let key = self.secret_key((account, region), parameter.key_id.as_deref());
                add(Vault::Parameter(parameter), key);
            }
        }
        seen.sort_unstable_keys();
        KeyUses {
            seen: seen.into_values().collect(),
            unread,
        }
    }
}

impl<'s> KeysOfSecret<'s> {
    /// Those without which it cannot be written, or not be read.
    pub fn needed(&self) -> impl Iterator<Item = SecretKey<'s>> {
        let alone = match self.current.as_slice() {
            [only] if *only != self.next => Some(*only),
            _ => None,
        };
        std::iter::once(self.next).chain(alone)
    }

    /// Those of which each opens what is there now.
    pub fn opening(&self) -> &[SecretKey<'s>] {
        match self.current.as_slice() {
            [] => std::slice::from_ref(&self.next),
            current => current,
        }
    }
}

/// How people call a key of a region.
fn called<'s>(kms: &'s Kms, key: &'s Key) -> &'s str {
    let own = Arn::parse(&key.arn).map(|arn| arn.account);
    let is_its = |alias: &&Alias| {
        let account = Arn::parse(&alias.alias_arn).map(|arn| arn.account);
        account == own && alias.target_key_id.as_deref() == Some(&key.key_id)
    };
    let alias = kms.aliases.iter().find(is_its);
    alias.map_or(&key.key_id, |alias| &alias.alias_name)
}

impl KeyUse<'_> {
    /// What it encrypts, counted: `3 secrets and 1 parameter`.
    pub fn count(&self) -> String {
        let is_secret = |vault: &&Vault<'_>| matches!(vault, Vault::Secret(_));
        let secrets = self.encrypts.iter().filter(is_secret).count();
        let counted = |count: usize, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            several => Some(format!("{several} {what}s")),
        };
        let parts = [
            counted(secrets, "secret"),
            counted(self.encrypts.len() - secrets, "parameter"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        parts.join(" and ")
    }

    /// Their names.
    pub fn names(&self) -> Vec<String> {
        let names = self.encrypts.iter().map(|vault| vault.name().to_owned());
        names.collect()
    }

    /// Their ARNs.
    pub fn arns(&self) -> impl Iterator<Item = &str> {
        let arns = self.encrypts.iter().map(|vault| vault.arn());
        arns.filter(|arn| !arn.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate};
    use serde_json::json;

    #[test]
    fn a_key_is_known_by_each_of_its_names() {
        let arn = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/k1");
        let elsewhere = "arn:aws:kms:eu-west-1:444455556666:key/k1";
        let snapshot = Estate::new().region(json!({"kms": {
            "keys": [{"Arn": arn, "KeyId": "k1", "KeyManager": "CUSTOMER"},
                {"Arn": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/aws"), "KeyId": "aws", "KeyManager": "AWS"}],
            "aliases": [
                {"AliasArn": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:alias/app"), "AliasName": "alias/app", "TargetKeyId": "k1"},
                {"AliasArn": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:alias/aws/ssm"), "AliasName": "alias/aws/ssm", "TargetKeyId": "unread"}],
        }})).snapshot();
        let graph = Graph::build(&snapshot, None);
        let alias = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:alias/app");
        let foreign = "arn:aws:kms:eu-west-1:444455556666:alias/app";
        let key = |name: Option<&'static str>| graph.secret_key((ACCOUNT, "eu-west-1"), name);
        for name in ["k1", "alias/app"] {
            assert!(
                matches!(key(Some(name)), SecretKey::Seen(key) if key.key_id == "k1"),
                "{name}"
            );
        }
        for name in [&arn, &alias] {
            let found = graph.secret_key((ACCOUNT, "eu-west-1"), Some(name));
            assert!(matches!(found, SecretKey::Seen(_)), "{name}");
        }
        for name in [
            None,
            Some(""),
            Some(DEFAULT),
            Some("alias/aws/secretsmanager"),
            Some("aws"),
            Some("unread"),
        ] {
            assert_eq!(key(name), SecretKey::Managed, "{name:?}");
        }
        for name in ["k2", "alias/other", elsewhere, foreign] {
            assert_eq!(key(Some(name)), SecretKey::Unread(name));
        }
    }
}
