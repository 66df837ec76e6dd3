//! What a cluster's API server shows, read live.
//!
//! Four lists at a time, in pages; each ends for itself, and what it could not see is in the
//! coverage. Only where nobody can be reached, or the caller is nobody there, all end at once.

mod api_server;
mod certificate;
mod connection;
mod exec;
mod external;
mod failure;
mod kubeconfig;
mod list;
mod network;
mod page;
mod proxy;
mod replica_sets;
mod resources;
mod secrets;
mod storage;
mod token;
mod wire;

use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use serde::de::DeserializeOwned;

use self::connection::{Connection, Form};
use self::failure::Failure;
use self::list::{Listing, list};
use self::resources::Resource;
use self::wire::{BindingItem, RoleItem, controllers};
use super::progress::Progress;
use crate::snapshot::coverage::{Coverage, Status};
use crate::snapshot::kubernetes::{
    ConfigMap, Controller, CronJob, Kubernetes, MetadataOnly, Pod, Secret, ServiceAccount,
};
use crate::snapshot::kubernetes_rbac::{BindingKind, RoleKind};

pub use self::api_server::{AccessError, ApiServer, EksCluster};
pub use self::exec::EksTokenRequest;
pub use self::kubeconfig::EksTokens;
pub use self::resources::READS;
pub use self::token::{FixedToken, Token, TokenFile, TokenSource};

/// How many objects a page holds.
const PAGE: u32 = 500;

/// How many lists are read at once.
const LISTS_AT_ONCE: usize = 4;

/// How long a connection may take to be made, TLS and proxy included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many broken items a detail names.
const NAMED: usize = 3;

/// How to read.
#[derive(Clone, Debug)]
pub struct KubernetesOptions {
    /// Whether Secrets are listed, as metadata: the right to that is the right to their values.
    pub with_secrets: bool,
    /// How long a page may take, connection included.
    pub request_timeout: Duration,
    /// How long the waits before retries of a page may be together.
    pub longest_wait: Duration,
    /// The wait before the first retry, where the server names none; it doubles.
    pub first_wait: Duration,
}

impl Default for KubernetesOptions {
    fn default() -> Self {
        Self {
            with_secrets: false,
            request_timeout: Duration::from_secs(30),
            longest_wait: Duration::from_secs(30),
            first_wait: Duration::from_millis(500),
        }
    }
}

/// Reads a cluster's objects. `cluster_key` is the scope that the coverage names.
pub async fn collect(
    api: &ApiServer,
    options: &KubernetesOptions,
    cluster_key: &str,
    progress: &dyn Progress,
) -> (Kubernetes, Coverage) {
    let connection = Connection::open(api, options).await;
    let scan = Scan {
        connection: &connection,
        scope: cluster_key,
        progress,
    };
    // The first list tells whether there is anybody to ask.
    let first = scan.all(resources::NAMESPACES, |to, items: Vec<MetadataOnly>| {
        to.namespaces = items;
    });
    let first = first.await;
    if let Some(failure) = &first.failure {
        if matches!(failure, Failure::Late(_) | Failure::Cut(_)) {
            connection.end(failure);
        }
        if failure.ends_all() || matches!(failure, Failure::Late(_) | Failure::Cut(_)) {
            progress.note(&format!("{cluster_key}: {}", failure.sentence(api)));
        }
    }
    let jobs = scan.jobs(options.with_secrets).into_iter().enumerate();
    let mut parts: Vec<(usize, Part)> =
        futures::stream::iter(jobs.map(|(at, job)| job.map(move |part| (at, part))))
            .buffer_unordered(LISTS_AT_ONCE)
            .collect()
            .await;
    // In the order of the jobs, not of the answers.
    parts.sort_by_key(|(at, _)| *at);
    let mut kubernetes = Kubernetes::default();
    let mut coverage = Coverage::default();
    for part in std::iter::once(first).chain(parts.into_iter().map(|(_, part)| part)) {
        part.join(api, cluster_key, &mut kubernetes, &mut coverage);
    }
    if !options.with_secrets {
        skip_secrets(cluster_key, &mut coverage);
    }
    (kubernetes, coverage)
}

fn skip_secrets(cluster_key: &str, coverage: &mut Coverage) {
    let detail = "not asked for, as the right to list Secrets is the right to read their values: \
                  --with-secrets reads their metadata";
    let source = resources::SECRETS.source.name;
    coverage.record(
        source,
        cluster_key,
        Status::Skipped,
        0,
        Some(detail.to_owned()),
    );
}

/// What one job brings home.
struct Part {
    resource: Resource,
    items: u64,
    failure: Option<Failure>,
    broken: Vec<String>,
    /// Something to say of a complete list.
    remark: Option<&'static str>,
    place: Box<dyn FnOnce(&mut Kubernetes) + Send>,
}

impl Part {
    fn of<T: Send + 'static>(
        resource: Resource,
        listing: Listing<T>,
        place: impl FnOnce(&mut Kubernetes, Vec<T>) + Send + 'static,
    ) -> Self {
        let items = listing.items;
        Self {
            resource,
            items: items.len() as u64,
            failure: listing.failure,
            broken: listing.broken,
            remark: None,
            place: Box::new(move |kubernetes| place(kubernetes, items)),
        }
    }

    fn join(
        self,
        api: &ApiServer,
        scope: &str,
        kubernetes: &mut Kubernetes,
        coverage: &mut Coverage,
    ) {
        let status = match &self.failure {
            Some(failure) if self.items == 0 => failure.status(),
            None if self.broken.is_empty() => Status::Complete,
            _ => Status::Partial,
        };
        let mut details: Vec<String> = self.remark.map(str::to_owned).into_iter().collect();
        details.extend(self.failure.map(|failure| failure.sentence(api)));
        details.extend(self.broken.iter().take(NAMED).cloned());
        if let Some(more) = self
            .broken
            .len()
            .checked_sub(NAMED)
            .filter(|more| *more > 0)
        {
            details.push(format!("{more} more objects"));
        }
        let detail = Some(details.join("; ")).filter(|detail| !detail.is_empty());
        coverage.record(self.resource.source.name, scope, status, self.items, detail);
        (self.place)(kubernetes);
    }
}

/// What all jobs of a scan share.
#[derive(Clone, Copy)]
struct Scan<'a> {
    connection: &'a Connection<'a>,
    scope: &'a str,
    progress: &'a dyn Progress,
}

impl<'a> Scan<'a> {
    /// All jobs after the first, the largest lists first.
    fn jobs(self, with_secrets: bool) -> Vec<BoxFuture<'a, Part>> {
        let mut jobs = self.workloads();
        jobs.extend(self.authorization());
        jobs.extend(self.network());
        jobs.extend(self.settings());
        jobs.extend(self.external());
        jobs.extend(self.storage());
        jobs.extend(self.gateways());
        if with_secrets {
            jobs.push(self.secrets().boxed());
        }
        jobs
    }

    fn workloads(self) -> Vec<BoxFuture<'a, Part>> {
        vec![
            self.all(resources::PODS, |to, items: Vec<Pod>| to.pods = items),
            self.replica_sets().boxed(),
            self.controllers(resources::JOBS),
            self.controllers(resources::DEPLOYMENTS),
            self.controllers(resources::STATEFUL_SETS),
            self.controllers(resources::DAEMON_SETS),
            self.controllers(resources::REPLICATION_CONTROLLERS),
            self.all(resources::CRON_JOBS, |to, items: Vec<CronJob>| {
                to.cron_jobs = items
            }),
        ]
    }

    fn controllers(self, resource: Resource) -> BoxFuture<'a, Part> {
        self.all(resource, move |to, items: Vec<Controller>| {
            to.controllers.extend(controllers(resource.kind, items));
        })
    }

    async fn replica_sets(self) -> Part {
        let resource = resources::REPLICA_SETS;
        let seen = |items| self.progress.read(resource.source.name, self.scope, items);
        let listing = replica_sets::read(self.connection, &seen).await;
        Part::of(resource, listing, move |to, items: Vec<Controller>| {
            to.controllers.extend(controllers(resource.kind, items));
        })
    }

    fn authorization(self) -> Vec<BoxFuture<'a, Part>> {
        vec![
            self.all(
                resources::SERVICE_ACCOUNTS,
                |to, items: Vec<ServiceAccount>| {
                    to.service_accounts = items;
                },
            ),
            self.roles(resources::ROLES, RoleKind::Role),
            self.roles(resources::CLUSTER_ROLES, RoleKind::ClusterRole),
            self.bindings(resources::ROLE_BINDINGS, BindingKind::RoleBinding),
            self.bindings(
                resources::CLUSTER_ROLE_BINDINGS,
                BindingKind::ClusterRoleBinding,
            ),
        ]
    }

    fn roles(self, resource: Resource, kind: RoleKind) -> BoxFuture<'a, Part> {
        self.all(resource, move |to, items: Vec<RoleItem>| {
            to.roles
                .extend(items.into_iter().map(|item| item.of_kind(kind)));
        })
    }

    fn bindings(self, resource: Resource, kind: BindingKind) -> BoxFuture<'a, Part> {
        self.all(resource, move |to, items: Vec<BindingItem>| {
            to.role_bindings
                .extend(items.into_iter().map(|item| item.of_kind(kind)));
        })
    }

    fn settings(self) -> Vec<BoxFuture<'a, Part>> {
        vec![
            self.config_map(resources::AWS_AUTH).boxed(),
            self.config_map(resources::VPC_CNI).boxed(),
        ]
    }

    /// A whole list, and where it goes.
    fn all<T: DeserializeOwned + Send + 'static>(
        self,
        resource: Resource,
        place: impl FnOnce(&mut Kubernetes, Vec<T>) + Send + 'static,
    ) -> BoxFuture<'a, Part> {
        async move {
            let seen = |items| self.progress.read(resource.source.name, self.scope, items);
            let mut listing = Listing::<T>::default();
            for version in resource.versions {
                let path = resource.path(version);
                listing = list(self.connection, &resource, &path, None, &seen).await;
                if listing.failure != Some(Failure::NotFound) {
                    break;
                }
            }
            // A kind of object that nobody brought: there are none.
            let absent = resource.custom && listing.failure == Some(Failure::NotFound);
            if absent {
                listing.failure = None;
            }
            let mut part = Part::of(resource, listing, place);
            part.remark = absent.then_some("not installed");
            part
        }
        .boxed()
    }

    /// One ConfigMap; a cluster may lack it.
    async fn config_map(self, resource: Resource) -> Part {
        let path = resource.path("v1");
        let answer = self
            .connection
            .get(resource.source, &path, Form::Whole)
            .await;
        let answer = answer.and_then(|body| page::parse_object::<ConfigMap>(&body, resource.kind));
        let mut listing = Listing::default();
        match answer {
            Ok(map) => {
                self.progress.read(resource.source.name, self.scope, 1);
                listing.items.push(map);
            }
            Err(Failure::NotFound) => {}
            Err(failure) => listing.failure = Some(failure),
        }
        Part::of(resource, listing, |to, items| to.config_maps.extend(items))
    }

    async fn secrets(self) -> Part {
        let resource = resources::SECRETS;
        let seen = |items| self.progress.read(resource.source.name, self.scope, items);
        let listing = secrets::read(self.connection, &seen).await;
        Part::of(resource, listing, |to, items: Vec<Secret>| {
            to.secrets = items
        })
    }
}
