//! The keys that what was seen in a region names: secrets, parameters, clusters.

use futures::StreamExt;

use super::aws::{REGIONS_AT_ONCE, Scan};
use crate::collect::aws::{absorb, kms};
use crate::snapshot::coverage::{Source, Status};
use crate::snapshot::id::Arn;

/// What tells of keys.
const TELLERS: [Source; 3] = [Source::SECRETS, Source::PARAMETERS, Source::CLUSTERS];

impl Scan<'_> {
    /// The keys of each region.
    pub(super) async fn keys(&mut self) {
        let this = &*self;
        let read: Vec<_> = futures::stream::iter(&this.regions)
            .map(|name| async move {
                let scope = this.scope(name);
                let endpoint = this.session.endpoint(&kms::SERVICE, name);
                let named = this.named_keys(name, &scope);
                let read = kms::collect(&endpoint, &scope, &named, this.progress).await;
                (name.clone(), read)
            })
            .buffer_unordered(REGIONS_AT_ONCE)
            .collect()
            .await;
        let account = self.snapshot.accounts.entry(self.account.clone());
        let account = account.or_default();
        for (name, (keys, coverage)) in read {
            account.regions.entry(name).or_default().kms = keys;
            absorb(&mut self.snapshot.coverage, &coverage);
        }
    }

    /// The keys that a region's secrets, parameters and clusters name.
    fn named_keys(&self, region: &str, scope: &str) -> kms::Named {
        let mut named = kms::Named::default();
        let coverage = &self.snapshot.coverage;
        let whole = |source: &Source| {
            let entry = coverage.entry(source.name, scope);
            entry.is_some_and(|entry| matches!(entry.status, Status::Complete | Status::Skipped))
        };
        if !TELLERS.iter().all(whole) {
            named.missed =
                Some("not asked of all: not all secrets, parameters and clusters are known");
        }
        let account = self.snapshot.accounts.get(&self.account);
        let seen = account.and_then(|account| account.regions.get(region));
        if let Some(seen) = seen {
            let secrets = seen.secretsmanager.secrets.iter();
            named
                .keys
                .extend(secrets.filter_map(|one| one.kms_key_id.clone()));
            let parameters = seen.ssm.parameters.iter();
            let secure = parameters.filter(|one| one.is_secure());
            named
                .keys
                .extend(secure.filter_map(|one| one.key_id.clone()));
        }
        let clusters = self.snapshot.clusters.values();
        let clusters = clusters.filter(|one| one.region.as_deref() == Some(region));
        let settings = clusters.filter_map(|one| one.eks.cluster.as_ref());
        let providers = settings
            .flat_map(|one| &one.encryption_config)
            .filter_map(|one| one.provider.as_ref());
        named
            .keys
            .extend(providers.filter_map(|one| one.key_arn.clone()));
        // A key is asked where it is.
        let elsewhere = |key: &str| Arn::parse(key).is_some_and(|arn| arn.region != region);
        named.keys.retain(|key| !key.is_empty() && !elsewhere(key));
        named
    }
}
