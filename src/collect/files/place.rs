//! Where a print belongs: account, region and cluster, said by it or inferred where only one is
//! possible.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::snapshot::id::Arn;

use super::document::Envelope;
use super::source::File;

/// What a place is called that no file names.
pub(super) const UNKNOWN: &str = "-";

/// A print's account and region, as far as it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hint {
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
}

impl Hint {
    /// What an ARN tells.
    pub fn arn(arn: &str) -> Self {
        let Some(arn) = Arn::parse(arn) else {
            return Self::default();
        };
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            account: part(arn.account).filter(|account| account != "aws"),
            region: part(arn.region),
        }
    }

    /// An account alone.
    pub fn account(account: &str) -> Self {
        Self {
            account: (!account.is_empty()).then(|| account.to_owned()),
            region: None,
        }
    }

    /// What this one or else the other tells.
    pub fn or(self, other: &Self) -> Self {
        Self {
            account: self.account.or_else(|| other.account.clone()),
            region: self.region.or_else(|| other.region.clone()),
        }
    }

    /// Whether both could be one place.
    pub fn agrees(&self, other: &Self) -> bool {
        let agree = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        agree(&self.account, &other.account) && agree(&self.region, &other.region)
    }

    /// What the envelope tells.
    pub fn envelope(envelope: &Envelope) -> Self {
        Self {
            account: envelope.account.clone(),
            region: envelope.region.clone(),
        }
    }
}

/// A print that could be of several places: why, as a person would say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unplaced(pub String);

/// The places that the files name.
#[derive(Debug, Default)]
pub(super) struct Known {
    accounts: BTreeSet<String>,
    regions: BTreeSet<(String, String)>,
    /// In which accounts a user of a name is.
    users: BTreeMap<String, BTreeSet<String>>,
    /// Where each repository is: `REGISTRY/NAME` to regions.
    repositories: BTreeMap<String, BTreeSet<String>>,
    /// The ARNs of keys.
    pub(super) keys: BTreeSet<String>,
    /// Other names of keys: the ARNs of both.
    pub(super) aliases: BTreeSet<(String, String)>,
    /// Which clusters each folder holds a `describe-cluster` print of, directly.
    folders: BTreeMap<PathBuf, BTreeSet<usize>>,
    /// Which clusters a `describe-cluster` print was given of under a claimed name.
    claims: BTreeMap<String, BTreeSet<usize>>,
}

impl Known {
    /// Notes a place that something is known to be in.
    pub fn note(&mut self, hint: &Hint) {
        if let Some(account) = hint.account.as_ref().filter(|account| *account != UNKNOWN) {
            self.accounts.insert(account.clone());
            if let Some(region) = hint.region.as_ref().filter(|region| *region != UNKNOWN) {
                self.regions.insert((account.clone(), region.clone()));
            }
        }
    }

    /// Notes a user of an account.
    pub fn note_user(&mut self, account: &str, name: &str) {
        self.users
            .entry(name.to_owned())
            .or_default()
            .insert(account.to_owned());
    }

    /// The account of something of a user: where the user is, if that is one account.
    pub fn user(&self, hint: &Hint, name: &str) -> Result<String, Unplaced> {
        let accounts = self.users.get(name).filter(|accounts| accounts.len() == 1);
        let only = accounts.and_then(|accounts| accounts.first());
        match (&hint.account, only) {
            (None, Some(only)) => Ok(only.clone()),
            _ => self.account(hint),
        }
    }

    /// Notes where a repository is.
    pub fn note_repository(&mut self, registry: &str, name: &str, region: &str) {
        self.repositories
            .entry(format!("{registry}/{name}"))
            .or_default()
            .insert(region.to_owned());
    }

    /// Notes that a file is a `describe-cluster` print of a cluster.
    pub fn note_cluster(&mut self, file: &File, cluster: usize) {
        if let Some(folder) = file.folders().next() {
            self.folders
                .entry(folder.to_owned())
                .or_default()
                .insert(cluster);
        }
        if let Some(claim) = &file.claim {
            self.claims
                .entry(claim.clone())
                .or_default()
                .insert(cluster);
        }
    }

    /// The account of a print.
    pub fn account(&self, hint: &Hint) -> Result<String, Unplaced> {
        if let Some(account) = &hint.account {
            return Ok(account.clone());
        }
        let mut accounts = self.accounts.iter();
        match (accounts.next(), accounts.next()) {
            (Some(only), None) => Ok(only.clone()),
            (None, _) => Ok(UNKNOWN.to_owned()),
            _ => Err(Unplaced(
                "does not say its account, and several are known".to_owned(),
            )),
        }
    }

    /// The account and region of a print.
    pub fn region(&self, hint: &Hint) -> Result<(String, String), Unplaced> {
        if let (Some(account), Some(region)) = (&hint.account, &hint.region) {
            return Ok((account.clone(), region.clone()));
        }
        let fits = |(account, region): &&(String, String)| {
            hint.account.as_ref().is_none_or(|wanted| wanted == account)
                && hint.region.as_ref().is_none_or(|wanted| wanted == region)
        };
        let mut regions = self.regions.iter().filter(fits);
        match (regions.next(), regions.next()) {
            (Some(only), None) => Ok(only.clone()),
            (None, _) => Ok((
                self.account(hint)?,
                hint.region.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
            )),
            _ => Err(Unplaced(
                "does not say its region, and several are known".to_owned(),
            )),
        }
    }

    /// The region of something of a repository: where the repository is, if that is one place.
    pub fn repository(&self, hint: &Hint, name: &str) -> Result<(String, String), Unplaced> {
        let mut hint = hint.clone();
        if let (Some(registry), None) = (&hint.account, &hint.region)
            && let Some(regions) = self.repositories.get(&format!("{registry}/{name}"))
            && let (1, Some(only)) = (regions.len(), regions.first())
        {
            hint.region = Some(only.clone());
        }
        self.region(&hint)
    }

    /// The cluster that a claimed name's files hold a `describe-cluster` print of, if it is one.
    pub fn claimed(&self, name: &str) -> Option<usize> {
        let clusters = self.claims.get(name)?;
        (clusters.len() == 1)
            .then(|| clusters.first().copied())
            .flatten()
    }

    /// The cluster that the nearest folder with exactly one `describe-cluster` print gives.
    pub fn folder(&self, file: &File) -> Option<usize> {
        file.folders()
            .filter_map(|folder| self.folders.get(folder))
            .find(|clusters| clusters.len() == 1)
            .and_then(|clusters| clusters.first().copied())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_only_one_place_can_be_is_inferred_and_what_several_can_be_is_not() {
        let hint = |account: Option<&str>, region: Option<&str>| Hint {
            account: account.map(str::to_owned),
            region: region.map(str::to_owned),
        };
        let mut known = Known::default();
        assert_eq!(
            known.account(&hint(None, None)).unwrap(),
            "-",
            "none is known"
        );
        known.note(&hint(Some("1"), Some("a")));
        assert_eq!(known.account(&hint(None, None)).unwrap(), "1");
        assert_eq!(
            known.region(&hint(None, None)).unwrap(),
            ("1".into(), "a".into())
        );
        known.note(&hint(Some("1"), Some("b")));
        assert!(known.region(&hint(Some("1"), None)).is_err());
        known.note_repository("1", "app", "b");
        assert_eq!(
            known.repository(&hint(Some("1"), None), "app").unwrap(),
            ("1".into(), "b".into())
        );
        assert!(known.repository(&hint(Some("1"), None), "web").is_err());
        known.note(&hint(Some("2"), None));
        assert!(known.account(&hint(None, None)).is_err());
        assert_eq!(
            known.region(&hint(Some("2"), None)).unwrap(),
            ("2".into(), "-".into())
        );
    }
}
