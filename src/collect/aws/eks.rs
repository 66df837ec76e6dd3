//! EKS: the clusters of a region, and all that EKS says of each.
//!
//! Amazon EKS API Reference.

mod map;

use std::collections::BTreeMap;

use aws_sdk_eks::Client;
use aws_sdk_eks::types::IdentityProviderConfig;
use tokio::sync::Semaphore;

use super::failure::{Failure, or_none};
use super::read::{Answer, Pages, Tally, distinct, each, pages};
use crate::collect::call::AwsCall;
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source, Status};
use crate::snapshot::eks::{
    Addon, Cluster, Eks, FargateProfile, IdentityProvider, Nodegroup, PodIdentityAssociation,
};

/// What this file calls.
pub const CALLS: &[AwsCall] = &[
    AwsCall::always("eks:ListClusters", "the clusters of a region"),
    AwsCall::always("eks:DescribeCluster", "a cluster's settings and endpoint"),
    AwsCall::always("eks:ListNodegroups", "managed node groups"),
    AwsCall::always("eks:DescribeNodegroup", "managed node groups"),
    AwsCall::always("eks:ListFargateProfiles", "Fargate profiles"),
    AwsCall::always("eks:DescribeFargateProfile", "Fargate profiles"),
    AwsCall::always("eks:ListAddons", "add-ons and their roles"),
    AwsCall::always("eks:DescribeAddon", "add-ons and their roles"),
    AwsCall::always("eks:ListAccessEntries", "who may come into a cluster"),
    AwsCall::always("eks:DescribeAccessEntry", "who may come into a cluster"),
    AwsCall::always(
        "eks:ListAssociatedAccessPolicies",
        "what access entries grant",
    ),
    AwsCall::always("eks:ListPodIdentityAssociations", "roles by Pod Identity"),
    AwsCall::always(
        "eks:DescribePodIdentityAssociation",
        "roles by Pod Identity",
    ),
    AwsCall::always(
        "eks:ListIdentityProviderConfigs",
        "OIDC providers for people",
    ),
    AwsCall::always(
        "eks:DescribeIdentityProviderConfig",
        "OIDC providers for people",
    ),
];

/// EKS allows few calls a second, so all clusters of a region share this many at once.
const AT_ONCE: usize = 8;

/// The largest page that the lists give.
const PAGE: i32 = 100;

/// An item that was listed and is gone when it is described was deleted meanwhile.
const GONE: &[&str] = &["ResourceNotFoundException"];

/// The names of a region's clusters, sorted; only the wanted ones, where any are named. What was
/// not read goes into the coverage.
pub(in crate::collect) async fn list(
    client: &Client,
    scope: &str,
    wanted: &[String],
    coverage: &mut Coverage,
    progress: &dyn Progress,
) -> Vec<String> {
    let read = pages(|token| async move {
        let answer = client
            .list_clusters()
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Failure::of("eks:ListClusters", &error))?;
        let names = answer.clusters.unwrap_or_default();
        progress.read(Source::CLUSTERS.name, scope, names.len() as u64);
        Ok((names, answer.next_token))
    })
    .await;
    let (mut names, tally) = flat_names(read);
    let all = names.len();
    names.retain(|name| wanted.is_empty() || wanted.contains(name));
    if names.len() < all && tally.is_complete() {
        // On purpose, and yet nobody may conclude that these are all clusters.
        let left_out = all - names.len();
        let why = format!("{left_out} of {all} clusters were left out, as asked");
        let (source, items) = (Source::CLUSTERS.name, names.len() as u64);
        coverage.record(source, scope, Status::Skipped, items, Some(why));
    } else {
        tally.record(coverage, Source::CLUSTERS, scope);
    }
    names
}

/// The items of all pages, each once, and the tally of the list.
fn flat<T, K: Ord>(read: Pages<Vec<T>>, key: impl Fn(&T) -> &K) -> (Vec<T>, Tally) {
    let pages = read.pages.len();
    let items = distinct(read.pages, key);
    let tally = Tally::of_list(pages, read.cut, items.len());
    (items, tally)
}

/// Names are their own key.
fn flat_names(read: Pages<Vec<String>>) -> (Vec<String>, Tally) {
    flat(read, |name| name)
}

/// Reads the clusters of one region, never more than so many calls at once.
pub(in crate::collect) struct Reader<'a> {
    client: Client,
    gate: Semaphore,
    progress: &'a dyn Progress,
}

/// One cluster being read.
struct Asked<'a> {
    reader: &'a Reader<'a>,
    name: &'a str,
    key: &'a str,
}

/// Pages through a list of one cluster's items: `$client.$list().cluster_name(…)`.
macro_rules! listed {
    ($asked:expr, $call:literal, $list:ident, $field:ident) => {
        pages(|token| async move {
            let reader = $asked.reader;
            let _permit = reader.gate.acquire().await;
            let answer = reader
                .client
                .$list()
                .cluster_name($asked.name)
                .max_results(PAGE)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| Failure::of($call, &error))?;
            Ok((answer.$field.unwrap_or_default(), answer.next_token))
        })
    };
}

/// Asks for one item of a cluster: `$client.$describe().cluster_name(…).$by(…)`.
macro_rules! described {
    ($asked:expr, $call:literal, $describe:ident, $by:ident, $field:ident, $map:path) => {
        |item: String| async move {
            let reader = $asked.reader;
            let _permit = reader.gate.acquire().await;
            let answer = reader
                .client
                .$describe()
                .cluster_name($asked.name)
                .$by(item)
                .send()
                .await
                .map_err(|error| Failure::of($call, &error));
            or_none(answer, GONE).and_then(|answer| match answer {
                None => Ok(None),
                Some(answer) => match answer.$field {
                    Some(item) => Ok(Some($map(item))),
                    None => Err(empty($call)),
                },
            })
        }
    };
}

// Behind the macros, which it uses.
mod access;

/// An answer that lacks what was asked for.
fn empty(call: &str) -> Failure {
    Failure::plain(format!("{call}: the answer has nothing in it"))
}

impl<'a> Reader<'a> {
    /// With the client of a region.
    pub(in crate::collect) fn new(client: Client, progress: &'a dyn Progress) -> Self {
        Self {
            client,
            gate: Semaphore::new(AT_ONCE),
            progress,
        }
    }

    /// A cluster's settings.
    pub(in crate::collect) async fn settings(
        &self,
        name: &str,
        key: &str,
        coverage: &mut Coverage,
    ) -> Option<Cluster> {
        let _permit = self.gate.acquire().await;
        let answer = self
            .client
            .describe_cluster()
            .name(name)
            .send()
            .await
            .map_err(|error| Failure::of("eks:DescribeCluster", &error))
            .and_then(|answer| answer.cluster.ok_or_else(|| empty("eks:DescribeCluster")))
            .map(map::cluster);
        Tally::of_call(&answer).record(coverage, Source::CLUSTER, key);
        self.progress
            .read(Source::CLUSTER.name, key, u64::from(answer.is_ok()));
        answer.ok()
    }

    /// All that EKS says of a cluster. A source that fails costs only itself.
    pub(in crate::collect) async fn whole(&self, name: &str, key: &str) -> (Eks, Coverage) {
        let mut coverage = Coverage::default();
        let asked = Asked {
            reader: self,
            name,
            key,
        };
        let cluster = self.settings(name, key, &mut coverage).await;
        let (mut nodegroups, mut fargate, mut addons) = Default::default();
        let (mut access, mut pods, mut people) = Default::default();
        let (nodegroup_list, fargate_list, addon_list, access_list, pod_list, people_list) = tokio::join!(
            asked.nodegroups(&mut nodegroups),
            asked.fargate_profiles(&mut fargate),
            asked.addons(&mut addons),
            asked.access(cluster.as_ref(), &mut access),
            asked.pod_identity(&mut pods),
            asked.identity_providers(&mut people),
        );
        for part in [nodegroups, fargate, addons, access, pods, people] {
            super::absorb(&mut coverage, &part);
        }
        let eks = Eks {
            cluster,
            nodegroups: nodegroup_list,
            fargate_profiles: fargate_list,
            addons: addon_list,
            access: access_list,
            pod_identity: pod_list,
            identity_providers: people_list,
            insights: Vec::new(),
        };
        (eks, coverage)
    }
}

impl Asked<'_> {
    /// Takes the answers, tells of them and writes the coverage.
    fn settle<T>(
        &self,
        mut tally: Tally,
        source: Source,
        answers: Vec<(String, Answer<T>)>,
        coverage: &mut Coverage,
    ) -> Vec<T> {
        let items = tally.take(answers);
        self.reader
            .progress
            .read(source.name, self.key, items.len() as u64);
        tally.record(coverage, source, self.key);
        items
    }

    async fn nodegroups(&self, coverage: &mut Coverage) -> Vec<Nodegroup> {
        let (names, list) =
            flat_names(listed!(self, "eks:ListNodegroups", list_nodegroups, nodegroups).await);
        let ask = described!(
            self,
            "eks:DescribeNodegroup",
            describe_nodegroup,
            nodegroup_name,
            nodegroup,
            map::nodegroup
        );
        let answers = each(names, AT_ONCE, ask).await;
        self.settle(list.of_its_items(), Source::NODEGROUPS, answers, coverage)
    }

    async fn fargate_profiles(&self, coverage: &mut Coverage) -> Vec<FargateProfile> {
        let (names, list) = flat_names(
            listed!(
                self,
                "eks:ListFargateProfiles",
                list_fargate_profiles,
                fargate_profile_names
            )
            .await,
        );
        let ask = described!(
            self,
            "eks:DescribeFargateProfile",
            describe_fargate_profile,
            fargate_profile_name,
            fargate_profile,
            map::fargate_profile
        );
        let answers = each(names, AT_ONCE, ask).await;
        self.settle(
            list.of_its_items(),
            Source::FARGATE_PROFILES,
            answers,
            coverage,
        )
    }

    async fn addons(&self, coverage: &mut Coverage) -> Vec<Addon> {
        let (names, list) = flat_names(listed!(self, "eks:ListAddons", list_addons, addons).await);
        let ask = described!(
            self,
            "eks:DescribeAddon",
            describe_addon,
            addon_name,
            addon,
            map::addon
        );
        let answers = each(names, AT_ONCE, ask).await;
        self.settle(list.of_its_items(), Source::ADDONS, answers, coverage)
    }

    async fn pod_identity(&self, coverage: &mut Coverage) -> Vec<PodIdentityAssociation> {
        let (summaries, list) = flat(
            listed!(
                self,
                "eks:ListPodIdentityAssociations",
                list_pod_identity_associations,
                associations
            )
            .await,
            |summary| &summary.association_id,
        );
        // One without an id cannot be described, and so goes down as not read.
        let ids: Vec<String> = summaries
            .into_iter()
            .map(|summary| summary.association_id.unwrap_or_default())
            .collect();
        let ask = described!(
            self,
            "eks:DescribePodIdentityAssociation",
            describe_pod_identity_association,
            association_id,
            association,
            map::pod_identity
        );
        let answers = each(ids, AT_ONCE, ask).await;
        self.settle(list.of_its_items(), Source::POD_IDENTITY, answers, coverage)
    }

    async fn identity_providers(&self, coverage: &mut Coverage) -> Vec<IdentityProvider> {
        let (configs, list) = flat(
            listed!(
                self,
                "eks:ListIdentityProviderConfigs",
                list_identity_provider_configs,
                identity_provider_configs
            )
            .await,
            |config| &config.name,
        );
        let kinds: BTreeMap<String, IdentityProviderConfig> = configs
            .into_iter()
            .map(|config| (config.name.clone(), config))
            .collect();
        let answers = each(kinds.keys(), AT_ONCE, |name| {
            self.identity_provider(kinds.get(name).cloned())
        })
        .await;
        self.settle(
            list.of_its_items(),
            Source::IDENTITY_PROVIDERS,
            answers,
            coverage,
        )
    }

    async fn identity_provider(
        &self,
        config: Option<IdentityProviderConfig>,
    ) -> Answer<IdentityProvider> {
        let call = "eks:DescribeIdentityProviderConfig";
        let _permit = self.reader.gate.acquire().await;
        let answer = self
            .reader
            .client
            .describe_identity_provider_config()
            .cluster_name(self.name)
            .set_identity_provider_config(config)
            .send()
            .await
            .map_err(|error| Failure::of(call, &error));
        match or_none(answer, GONE)? {
            None => Ok(None),
            Some(answer) => answer
                .identity_provider_config
                .and_then(|config| config.oidc)
                .map(|oidc| Some(map::identity_provider(oidc)))
                .ok_or_else(|| empty(call)),
        }
    }
}
