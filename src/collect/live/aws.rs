//! The AWS half of a live scan.

use std::collections::btree_map::IntoIter;
use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;

use super::pods::Pods;
use super::{LiveError, LiveOptions, Unknown, Which};
use crate::collect::aws::session::{Regions, Session};
use crate::collect::aws::{absorb, account, ecr, eks, iam, organizations, sts};
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source, Status};
use crate::snapshot::eks::Eks;
use crate::snapshot::id::Arn;
use crate::snapshot::{Account, Cluster, Snapshot};

/// Regions read at once.
pub(super) const REGIONS_AT_ONCE: usize = 4;

/// Clusters of a region read at once.
const CLUSTERS_AT_ONCE: usize = 4;

/// A scan that knows who it is.
pub(super) struct Scan<'a> {
    pub(super) options: &'a LiveOptions<'a>,
    pub(super) session: &'a Session,
    pub(super) progress: &'a dyn Progress,
    pub(super) snapshot: Snapshot,
    pub(super) account: String,
    pub(super) partition: String,
    pub(super) regions: Vec<String>,
    /// Calls of IAM that may still be made.
    iam_calls_left: u32,
}

/// A cluster that was found.
struct Found {
    name: String,
    region: String,
    key: String,
}

/// Asks who the caller is, and where to look.
pub(super) async fn begin<'a>(
    options: &'a LiveOptions<'a>,
    session: &'a Session,
    progress: &'a dyn Progress,
) -> Result<Scan<'a>, LiveError> {
    let caller = sts::caller(&session.sts(session.region())).await?;
    let partition = Arn::parse(&caller.arn).map_or("aws", |arn| arn.partition);
    let partition = partition.to_owned();
    let regions = match &options.aws.regions {
        Regions::Configured => vec![session.region().to_owned()],
        Regions::Named(names) => unique(names),
        Regions::AllEnabled => account::enabled_regions(&session.account(session.region())).await?,
    };
    progress.note(&format!(
        "reading account {} as {}, in {}",
        caller.account,
        caller.arn,
        regions.join(", ")
    ));
    let mut snapshot = Snapshot::new(options.taken_at);
    let account = caller.account.clone();
    snapshot
        .coverage
        .record(Source::CALLER.name, &account, Status::Complete, 1, None);
    let asked = Regions::AllEnabled == options.aws.regions;
    let no_services = options.services.is_empty() || options.which == Which::Kubernetes;
    let enabled_regions = match asked || no_services {
        true => Ok(regions.iter().filter(|_| asked).cloned().collect()),
        // That there is none of something holds where all regions were read.
        false => account::enabled_regions(&session.account(session.region())).await,
    };
    let enabled_regions = enabled(&mut snapshot.coverage, &account, enabled_regions);
    let seen = Account {
        caller: Some(caller),
        enabled_regions,
        ..Account::default()
    };
    snapshot.accounts.insert(account.clone(), seen);
    Ok(Scan {
        options,
        session,
        progress,
        snapshot,
        account,
        partition,
        regions,
        iam_calls_left: 0,
    })
}

/// Notes which regions are enabled, where that was asked.
fn enabled(
    coverage: &mut Coverage,
    account: &str,
    regions: Result<Vec<String>, LiveError>,
) -> Vec<String> {
    let source = Source::ENABLED_REGIONS.name;
    match regions {
        Ok(regions) if regions.is_empty() => regions,
        Ok(regions) => {
            let items = regions.len() as u64;
            coverage.record(source, account, Status::Complete, items, None);
            regions
        }
        Err(LiveError::Regions(Unknown { status, detail })) => {
            coverage.record(source, account, status, 0, Some(detail));
            Vec::new()
        }
        Err(error) => {
            coverage.record(source, account, Status::Failed, 0, Some(error.to_string()));
            Vec::new()
        }
    }
}

/// The names, each once, in the order given.
fn unique(names: &[String]) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for name in names {
        if !unique.contains(name) {
            unique.push(name.clone());
        }
    }
    unique
}

impl Scan<'_> {
    /// All of AWS that can be asked for without knowing what runs.
    pub(super) async fn read(&mut self) -> Result<(), LiveError> {
        if self.options.which == Which::Kubernetes {
            let (found, coverage) = self.clusters().await?;
            absorb(&mut self.snapshot.coverage, &coverage);
            self.settings_only(found).await;
            return Ok(());
        }
        let iam_client = self.session.iam(self.session.region());
        let (iam, above, regions, clusters) = tokio::join!(
            iam::collect(&iam_client, &self.account, self.progress),
            self.organization(),
            self.regions(),
            self.whole_clusters(),
        );
        self.iam_calls_left = iam.calls_left;
        absorb(&mut self.snapshot.coverage, &iam.coverage);
        let account = self.snapshot.accounts.entry(self.account.clone());
        let account = account.or_default();
        account.iam = iam.iam;
        account.organization = above.membership;
        self.snapshot.organizations = above.organizations;
        absorb(&mut self.snapshot.coverage, &above.coverage);
        for (name, region, coverage) in regions {
            account.regions.insert(name, region);
            absorb(&mut self.snapshot.coverage, &coverage);
        }
        let (clusters, coverage) = clusters?;
        absorb(&mut self.snapshot.coverage, &coverage);
        for (found, eks) in clusters {
            self.keep(found, eks);
        }
        self.launch_templates().await;
        self.keys().await;
        Ok(())
    }

    pub(super) fn scope(&self, region: &str) -> String {
        format!("{}/{region}", self.account)
    }

    /// What stands above the account, where that is asked for.
    async fn organization(&self) -> organizations::Seen {
        if !self.options.organization {
            return organizations::not_asked(&self.account);
        }
        let region = self.session.region();
        let before = self.session.before_the_role();
        let clients = organizations::Clients {
            own: self.session.organizations(region),
            before: before.map(|before| before.organizations(region)),
        };
        organizations::collect(clients, &self.account, self.progress).await
    }

    /// The clusters that are asked for, in all regions, with their keys.
    async fn clusters(&self) -> Result<(Vec<Found>, Coverage), LiveError> {
        let lists: Vec<_> = futures::stream::iter(&self.regions)
            .map(|region| async move {
                let mut coverage = Coverage::default();
                let client = self.session.eks(region);
                let scope = self.scope(region);
                let wanted = &self.options.clusters;
                let names = eks::list(&client, &scope, wanted, &mut coverage, self.progress).await;
                (region.clone(), names, coverage)
            })
            .buffered(REGIONS_AT_ONCE)
            .collect()
            .await;
        let mut coverage = Coverage::default();
        let mut named = Vec::new();
        for (region, names, part) in lists {
            absorb(&mut coverage, &part);
            named.extend(names.into_iter().map(|name| (name, region.clone())));
        }
        self.all_wanted_found(&named, &coverage)?;
        let found = keyed(named, &self.account);
        let keys: Vec<&str> = found.iter().map(|cluster| cluster.key.as_str()).collect();
        self.progress.note(&match keys.as_slice() {
            [] => "no EKS cluster was found".to_owned(),
            keys => format!("EKS clusters: {}", keys.join(", ")),
        });
        Ok((found, coverage))
    }

    /// A name that is not there is an error, if all was seen; else a word of warning.
    fn all_wanted_found(
        &self,
        named: &[(String, String)],
        coverage: &Coverage,
    ) -> Result<(), LiveError> {
        let missing = self
            .options
            .clusters
            .iter()
            .find(|wanted| !named.iter().any(|(name, _)| name == *wanted));
        let Some(name) = missing else {
            return Ok(());
        };
        let regions = self.regions.join(", ");
        if coverage.gaps().next().is_some() {
            self.progress.note(&format!(
                "the cluster {name} was not found in {regions}, where not all clusters could be listed"
            ));
            return Ok(());
        }
        Err(LiveError::NoSuchCluster {
            name: name.clone(),
            regions,
        })
    }

    async fn whole_clusters(&self) -> Result<(Vec<(Found, Eks)>, Coverage), LiveError> {
        let (found, mut coverage) = self.clusters().await?;
        let read: Vec<_> = self
            .by_region(found)
            .map(|(region, clusters)| async move {
                let reader = eks::Reader::new(self.session.eks(&region), self.progress);
                let reader = &reader;
                futures::stream::iter(clusters)
                    .map(|found| async move {
                        let (eks, coverage) = reader.whole(&found.name, &found.key).await;
                        (found, eks, coverage)
                    })
                    .buffer_unordered(CLUSTERS_AT_ONCE)
                    .collect::<Vec<_>>()
                    .await
            })
            .buffer_unordered(REGIONS_AT_ONCE)
            .collect()
            .await;
        let mut clusters = Vec::new();
        for (found, eks, part) in read.into_iter().flatten() {
            absorb(&mut coverage, &part);
            clusters.push((found, eks));
        }
        Ok((clusters, coverage))
    }

    /// What it takes to come into the clusters, and no more.
    async fn settings_only(&mut self, found: Vec<Found>) {
        let this = &*self;
        let read: Vec<_> = this
            .by_region(found)
            .map(|(region, clusters)| async move {
                let reader = eks::Reader::new(this.session.eks(&region), this.progress);
                let mut read = Vec::new();
                for found in clusters {
                    let mut coverage = Coverage::default();
                    let cluster = reader
                        .settings(&found.name, &found.key, &mut coverage)
                        .await;
                    read.push((found, cluster, coverage));
                }
                read
            })
            .buffer_unordered(REGIONS_AT_ONCE)
            .collect()
            .await;
        for (found, cluster, coverage) in read.into_iter().flatten() {
            absorb(&mut self.snapshot.coverage, &coverage);
            let eks = Eks {
                cluster,
                ..Eks::default()
            };
            self.keep(found, eks);
        }
    }

    fn by_region(&self, found: Vec<Found>) -> futures::stream::Iter<IntoIter<String, Vec<Found>>> {
        let mut regions: BTreeMap<String, Vec<Found>> = BTreeMap::new();
        for cluster in found {
            regions
                .entry(cluster.region.clone())
                .or_default()
                .push(cluster);
        }
        futures::stream::iter(regions)
    }

    fn keep(&mut self, found: Found, eks: Eks) {
        let cluster = Cluster {
            name: found.name,
            account: Some(self.account.clone()),
            region: Some(found.region),
            eks,
            ..Cluster::default()
        };
        self.snapshot.clusters.insert(found.key, cluster);
    }

    /// What the pods tell to ask for: findings of the images that run, owners of access keys.
    pub(super) async fn read_what_runs(&mut self, given: Option<&Snapshot>) {
        if self.options.which == Which::Kubernetes {
            return;
        }
        let mut pods = Pods::default();
        pods.add(&self.snapshot);
        if let Some(given) = given {
            pods.add(given);
        }
        if !pods.seen {
            for region in self.regions.clone() {
                let why = "not asked: no pods were read, so no image is known to run";
                self.skip_findings(&region, why);
            }
            return;
        }
        self.findings(&pods).await;
        self.access_keys(&pods).await;
    }

    fn skip_findings(&mut self, region: &str, why: &str) {
        let scope = self.scope(region);
        let (source, status) = (Source::SCAN_FINDINGS.name, Status::Skipped);
        self.snapshot
            .coverage
            .record(source, &scope, status, 0, Some(why.to_owned()));
    }

    async fn findings(&mut self, pods: &Pods) {
        let elsewhere: BTreeSet<&str> = pods
            .images
            .iter()
            .filter(|image| image.account == self.account)
            .map(|image| image.region.as_str())
            .filter(|region| !self.regions.iter().any(|read| read == region))
            .collect();
        for region in elsewhere {
            self.skip_findings(
                region,
                "not asked: images of this region run, and it is not read",
            );
        }
        for region in self.regions.clone() {
            let scope = self.scope(&region);
            let Some(seen) = self
                .snapshot
                .accounts
                .get_mut(&self.account)
                .and_then(|account| account.regions.get_mut(&region))
            else {
                continue;
            };
            let coverage = &mut self.snapshot.coverage;
            let client = self.session.ecr(&region);
            seen.ecr.findings = ecr::findings(
                &client,
                &scope,
                &seen.ecr,
                &pods.images,
                coverage,
                self.progress,
            )
            .await;
        }
    }

    async fn access_keys(&mut self, pods: &Pods) {
        let Some(account) = self.snapshot.accounts.get_mut(&self.account) else {
            return;
        };
        account.iam.access_keys = iam::access_keys(
            &self.session.iam(self.session.region()),
            &self.account,
            &pods.key_ids,
            &account.iam,
            self.iam_calls_left,
            &mut self.snapshot.coverage,
            self.progress,
        )
        .await;
    }
}

/// Clusters with their keys: the name, or with region and account where two have the same name.
fn keyed(named: Vec<(String, String)>, account: &str) -> Vec<Found> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for (name, _) in &named {
        *count.entry(name.clone()).or_default() += 1;
    }
    let found = named.into_iter().map(|(name, region)| {
        let key = match count.get(&name) {
            Some(1) => name.clone(),
            _ => format!("{name}@{region}@{account}"),
        };
        Found { name, region, key }
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clusters_of_a_name_are_told_apart() {
        let named = [("a", "r1"), ("b", "r1"), ("a", "r2")]
            .map(|(name, region)| (name.to_owned(), region.to_owned()));
        let keys: Vec<String> = keyed(named.to_vec(), "1")
            .into_iter()
            .map(|f| f.key)
            .collect();
        assert_eq!(keys, ["a@r1@1", "b", "a@r2@1"]);
    }
}
