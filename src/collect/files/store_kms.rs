//! Where prints of KMS go, and what of them is missing.

use std::collections::BTreeSet;

use crate::collect::services::item;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;
use crate::snapshot::kms::{Alias, Grant, Key, KeyPolicy, KeyRotation, Kms};

use super::book::{Book, Scope};
use super::facts::{Conflicts, Facts};
use super::kms::Print;
use super::place::{Hint, Known, UNKNOWN, Unplaced};
use super::print::Page;
use super::store::Store;
use super::store_region::{Place, scope};

/// Facts of KMS in a region, by the ARNs of keys.
#[derive(Debug, Default)]
pub(super) struct KmsFacts {
    keys: Facts<Key>,
    policies: Facts<KeyPolicy>,
    grants: Facts<Grant>,
    /// The keys that grants were printed of.
    printed_grants: BTreeSet<String>,
    rotation: Facts<KeyRotation>,
    aliases: Facts<Alias>,
}

impl KmsFacts {
    /// Adds what a snapshot knows.
    pub fn add(&mut self, kms: Kms, file: usize, conflicts: &mut Conflicts) {
        let arn = |key: &Key| key.arn.clone();
        self.keys.add_all("key", kms.keys, arn, (file, conflicts));
        let kind = "policy of key";
        let of = |policy: &KeyPolicy| policy.key_id.clone();
        self.policies
            .add_all(kind, kms.policies, of, (file, conflicts));
        self.grants
            .add_all("grant", kms.grants, grant_key, (file, conflicts));
        let kind = "rotation of key";
        let of = |rotation: &KeyRotation| rotation.key_id.clone();
        self.rotation
            .add_all(kind, kms.rotation, of, (file, conflicts));
        let of = |alias: &Alias| alias.alias_arn.clone();
        self.aliases
            .add_all("alias", kms.aliases, of, (file, conflicts));
    }

    /// As the snapshot has them.
    pub fn into_kms(self) -> Kms {
        Kms {
            keys: self.keys.into_vec(),
            policies: self.policies.into_vec(),
            grants: self.grants.into_vec(),
            rotation: self.rotation.into_vec(),
            aliases: self.aliases.into_vec(),
        }
    }

    /// Counts, and holds what was told of single keys against the keys that were seen.
    pub fn close(&self, book: &mut Book, scope: &Scope) {
        for (source, count) in [
            (Source::KEYS, self.keys.len()),
            (Source::KEY_POLICIES, self.policies.len()),
            (Source::KEY_GRANTS, self.grants.len()),
            (Source::KEY_ROTATION, self.rotation.len()),
            (Source::KEY_ALIASES, self.aliases.len()),
        ] {
            book.count(source, scope, count);
        }
        let keys: BTreeSet<&str> = self.keys.keys().chain(self.policies.keys()).collect();
        let mut hold = |source, what, given: &dyn Fn(&str) -> bool| {
            if book.has(source, scope) {
                let unseen = keys.iter().copied().filter(|arn| !given(arn));
                book.missing(source, scope, what, unseen);
            }
        };
        hold(Source::KEY_POLICIES, "get-key-policy", &|arn| {
            self.policies.has(arn)
        });
        hold(Source::KEY_GRANTS, "list-grants", &|arn| {
            self.printed_grants.contains(arn)
        });
        hold(Source::KEY_ROTATION, "get-key-rotation-status", &|arn| {
            self.rotation.has(arn)
        });
    }
}

/// The identity of a grant.
fn grant_key(grant: &Grant) -> String {
    format!("{} {}", grant.key_id, grant.grant_id)
}

impl Store {
    pub(super) fn note_kms(&mut self, print: &Print) {
        match print {
            Print::Key(key) => self.known.note_key(&key.arn),
            Print::Policy(of, _) | Print::Rotation(of, _) | Print::Grants(of, ..) => {
                of.iter().for_each(|of| self.known.note_key(of));
            }
            Print::Aliases(aliases, _) => {
                for alias in aliases {
                    let target = alias.target_key_id.as_deref().unwrap_or_default();
                    self.known.note_alias(&alias.alias_arn, target);
                }
            }
            Print::Nothing(_) => {}
        }
    }

    pub(super) fn file_kms(
        &mut self,
        file: usize,
        around: &Hint,
        print: Print,
    ) -> Result<(), Unplaced> {
        match print {
            Print::Key(key) => {
                let place = self.known.region(&Hint::arn(&key.arn).or(around))?;
                self.book.given(Source::KEYS, &scope(&place));
                let (region, conflicts) = self.region(&place);
                let arn = key.arn.clone();
                region.kms.keys.add("key", arn, *key, file, conflicts);
            }
            Print::Policy(of, policy) => {
                let (arn, place) = self.key_of(around, of.as_deref())?;
                self.book.given(Source::KEY_POLICIES, &scope(&place));
                let (region, conflicts) = self.region(&place);
                let key_id = arn.clone();
                let policy = KeyPolicy { key_id, policy };
                let policies = &mut region.kms.policies;
                policies.add("policy of key", arn, policy, file, conflicts);
            }
            Print::Grants(of, grants, page) => {
                let (arn, place) = self.key_of(around, of.as_deref())?;
                let of_region = scope(&place);
                self.book.page(Source::KEY_GRANTS, &of_region, &arn, &page);
                let (region, conflicts) = self.region(&place);
                region.kms.printed_grants.insert(arn);
                let all = &mut region.kms.grants;
                all.add_all("grant", grants, grant_key, (file, conflicts));
            }
            Print::Rotation(of, mut rotation) => {
                let (arn, place) = self.key_of(around, of.as_deref())?;
                self.book.given(Source::KEY_ROTATION, &scope(&place));
                rotation.key_id.clone_from(&arn);
                let (region, conflicts) = self.region(&place);
                let all = &mut region.kms.rotation;
                all.add("rotation of key", arn, rotation, file, conflicts);
            }
            Print::Aliases(aliases, page) => self.file_aliases(file, around, aliases, &page)?,
            Print::Nothing(source) => {
                let place = self.known.region(around)?;
                self.book.given(source, &scope(&place));
            }
        }
        Ok(())
    }

    fn file_aliases(
        &mut self,
        file: usize,
        around: &Hint,
        aliases: Vec<Alias>,
        page: &Page,
    ) -> Result<(), Unplaced> {
        let mut places = BTreeSet::new();
        if aliases.is_empty() {
            places.insert(self.known.region(around)?);
        }
        for alias in aliases {
            let place = self.known.region(&Hint::arn(&alias.alias_arn).or(around))?;
            let (region, conflicts) = self.region(&place);
            let key = alias.alias_arn.clone();
            region.kms.aliases.add("alias", key, alias, file, conflicts);
            places.insert(place);
        }
        for place in places {
            self.book
                .page(Source::KEY_ALIASES, &scope(&place), "", page);
        }
        Ok(())
    }

    /// The ARN of the key that a print is of, and where it is.
    fn key_of(&self, around: &Hint, of: Option<&str>) -> Result<(String, Place), Unplaced> {
        let arn = self.known.key(around, of.unwrap_or_default())?;
        let place = self.known.region(&Hint::arn(&arn))?;
        Ok((arn, place))
    }
}

/// Whether this is the ARN of a key.
fn is_key(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/"))
}

impl Known {
    /// Notes a key, where it is named by its ARN.
    pub fn note_key(&mut self, arn: &str) {
        if is_key(arn) {
            self.note(&Hint::arn(arn));
            self.keys.insert(arn.to_owned());
        }
    }

    /// Notes another name of a key.
    pub fn note_alias(&mut self, alias: &str, key: &str) {
        self.note(&Hint::arn(alias));
        if let Some(parts) = Arn::parse(alias).filter(|_| !key.is_empty()) {
            let at = [parts.partition, "kms", parts.region, parts.account].join(":");
            self.aliases
                .insert((alias.to_owned(), format!("arn:{at}:key/{key}")));
        }
    }

    /// The ARN of the key of a print that calls it by ARN, by id, by an alias, or not at all: then it is the only one
    /// that is known there.
    fn key(&self, around: &Hint, called: &str) -> Result<String, Unplaced> {
        if is_key(called) {
            return Ok(called.to_owned());
        }
        let alias = called.contains("alias/");
        let aliases = self.aliases.iter().filter(|_| alias);
        let aliases = aliases.filter(|(name, _)| {
            name == called
                || name
                    .strip_suffix(called)
                    .is_some_and(|at| at.ends_with(':'))
        });
        let keys = self.keys.iter().filter(|_| !alias);
        let keys = keys.filter(|arn| called.is_empty() || arn.ends_with(&format!("/{called}")));
        let found: BTreeSet<&String> = aliases
            .map(|(_, key)| key)
            .chain(keys)
            .filter(|arn| around.agrees(&Hint::arn(arn)))
            .collect();
        match (found.len(), found.first()) {
            (1, Some(only)) => Ok((*only).clone()),
            (0, _) if !called.is_empty() && !called.contains('/') => self.key_in(around, called),
            _ => Err(Unplaced(
                "does not say its key, and it is not the only one that is known".to_owned(),
            )),
        }
    }

    /// A key that only its id is known of.
    fn key_in(&self, around: &Hint, id: &str) -> Result<String, Unplaced> {
        let (account, region) = self.region(around)?;
        if [&account, &region].contains(&&UNKNOWN.to_owned()) {
            let why = "names its key by its id alone, and not its account and region";
            return Err(Unplaced(why.to_owned()));
        }
        let place = item::Place {
            account: &account,
            region: &region,
        };
        Ok(place.arn("kms", "key/", id))
    }
}
