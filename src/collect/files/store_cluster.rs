//! Facts of clusters: where each print of EKS and each Kubernetes object goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::coverage::Source;
use crate::snapshot::eks::{self, Access, Eks};
use crate::snapshot::kubernetes::{self as k8s, Kubernetes};
use crate::snapshot::kubernetes_rbac as rbac;

use super::book::{CLUSTER_VERSIONS, INSIGHTS, Scope};
use super::document::Envelope;
use super::eks::{ClusterHint, Part, Print};
use super::error::InputError;
use super::facts::{Conflicts, Facts};
use super::kubernetes::Objects;
use super::kubernetes_kinds::Object;
use super::place::{Hint, UNKNOWN, Unplaced};
use super::print::{Found, Print as AnyPrint};
use super::store::Store;
use super::store_aws::{add, scope};

/// Facts of a cluster.
#[derive(Debug, Default)]
pub(super) struct ClusterFacts {
    pub settings: Facts<eks::Cluster>,
    pub nodegroups: Facts<eks::Nodegroup>,
    pub fargate_profiles: Facts<eks::FargateProfile>,
    pub addons: Facts<eks::Addon>,
    pub entries: Facts<eks::AccessEntry>,
    pub access_policies: BTreeMap<String, Facts<eks::AssociatedAccessPolicy>>,
    pub pod_identity: Facts<eks::PodIdentityAssociation>,
    pub identity_providers: Facts<eks::IdentityProvider>,
    pub insights: Facts<eks::Insight>,
    /// Names that lists give, by source.
    pub listed: BTreeMap<&'static str, BTreeSet<String>>,
    pub objects: ObjectFacts,
    /// Whether the ConfigMaps of kube-system were listed.
    pub lists_config_maps: bool,
}

/// Objects of a cluster.
#[derive(Debug, Default)]
pub(super) struct ObjectFacts {
    pub namespaces: Facts<k8s::MetadataOnly>,
    pub service_accounts: Facts<k8s::ServiceAccount>,
    pub pods: Facts<k8s::Pod>,
    pub controllers: Facts<k8s::Controller>,
    pub cron_jobs: Facts<k8s::CronJob>,
    pub roles: Facts<rbac::Role>,
    pub role_bindings: Facts<rbac::RoleBinding>,
    pub secrets: Facts<k8s::Secret>,
    pub config_maps: Facts<k8s::ConfigMap>,
    pub network_policies: Facts<k8s::NetworkPolicy>,
    pub services: Facts<k8s::Service>,
    pub ingresses: Facts<k8s::Ingress>,
    pub nodes: Facts<k8s::Node>,
    pub secret_provider_classes: Facts<k8s::SecretProviderClass>,
    pub external_secrets: Facts<k8s::ExternalSecret>,
}

impl ObjectFacts {
    /// Adds an object.
    pub fn add(&mut self, mut object: Object, file: usize, conflicts: &mut Conflicts) {
        let metadata = object.metadata_mut();
        let key = match metadata.namespace.as_deref() {
            Some(namespace) => format!("{namespace}/{}", metadata.name),
            None => metadata.name.clone(),
        };
        macro_rules! to {
            ($list:ident, $kind:literal, $value:expr) => {
                self.$list.add($kind, key, $value, file, conflicts)
            };
            ($list:ident, $kind:literal, $value:expr, $prefix:expr) => {
                self.$list
                    .add($kind, format!("{} {key}", $prefix), $value, file, conflicts)
            };
        }
        match object {
            Object::Namespace(value) => to!(namespaces, "namespace", value),
            Object::ServiceAccount(value) => to!(service_accounts, "service account", value),
            Object::Pod(value) => to!(pods, "pod", *value),
            Object::Controller(value) => {
                let kind = value.kind.clone();
                to!(controllers, "controller", *value, kind);
            }
            Object::CronJob(value) => to!(cron_jobs, "CronJob", *value),
            Object::Role(value) => {
                let kind = value.kind.as_str();
                to!(roles, "Kubernetes role", value, kind);
            }
            Object::RoleBinding(value) => {
                let kind = value.kind.as_str();
                to!(role_bindings, "binding", value, kind);
            }
            Object::Secret(value) => to!(secrets, "Kubernetes Secret", value),
            Object::ConfigMap(value) => to!(config_maps, "ConfigMap", value),
            Object::NetworkPolicy(value) => to!(network_policies, "NetworkPolicy", value),
            Object::Service(value) => to!(services, "service", value),
            Object::Ingress(value) => to!(ingresses, "ingress", value),
            Object::Node(value) => to!(nodes, "node", value),
            Object::SecretProviderClass(value) => {
                to!(secret_provider_classes, "SecretProviderClass", value);
            }
            Object::ExternalSecret(value) => to!(external_secrets, "ExternalSecret", value),
        }
    }

    /// Adds all objects of a snapshot.
    pub fn add_all(&mut self, all: Kubernetes, file: usize, conflicts: &mut Conflicts) {
        let objects = (all.namespaces.into_iter().map(Object::Namespace))
            .chain(all.service_accounts.into_iter().map(Object::ServiceAccount))
            .chain(all.pods.into_iter().map(|pod| Object::Pod(Box::new(pod))))
            .chain(
                all.controllers
                    .into_iter()
                    .map(|one| Object::Controller(Box::new(one))),
            )
            .chain(
                all.cron_jobs
                    .into_iter()
                    .map(|job| Object::CronJob(Box::new(job))),
            )
            .chain(all.roles.into_iter().map(Object::Role))
            .chain(all.role_bindings.into_iter().map(Object::RoleBinding))
            .chain(all.secrets.into_iter().map(Object::Secret))
            .chain(all.config_maps.into_iter().map(Object::ConfigMap))
            .chain(all.network_policies.into_iter().map(Object::NetworkPolicy))
            .chain(all.services.into_iter().map(Object::Service))
            .chain(all.ingresses.into_iter().map(Object::Ingress))
            .chain(all.nodes.into_iter().map(Object::Node))
            .chain(
                all.secret_provider_classes
                    .into_iter()
                    .map(Object::SecretProviderClass),
            )
            .chain(all.external_secrets.into_iter().map(Object::ExternalSecret));
        for object in objects {
            self.add(object, file, conflicts);
        }
    }

    fn into_kubernetes(self) -> Kubernetes {
        Kubernetes {
            namespaces: self.namespaces.into_vec(),
            service_accounts: self.service_accounts.into_vec(),
            pods: self.pods.into_vec(),
            controllers: self.controllers.into_vec(),
            cron_jobs: self.cron_jobs.into_vec(),
            roles: self.roles.into_vec(),
            role_bindings: self.role_bindings.into_vec(),
            secrets: self.secrets.into_vec(),
            config_maps: self.config_maps.into_vec(),
            network_policies: self.network_policies.into_vec(),
            services: self.services.into_vec(),
            ingresses: self.ingresses.into_vec(),
            nodes: self.nodes.into_vec(),
            secret_provider_classes: self.secret_provider_classes.into_vec(),
            external_secrets: self.external_secrets.into_vec(),
        }
    }
}

impl ClusterFacts {
    /// The cluster as the snapshot has it.
    pub fn into_parts(self, conflicts: &mut Conflicts) -> (Eks, Kubernetes) {
        let mut entries = self.entries;
        for principal in self.access_policies.keys() {
            // Policies of an entry that was not described: that it is there is known from them.
            if !entries.has(principal) {
                let entry = eks::AccessEntry {
                    principal_arn: principal.clone(),
                    ..eks::AccessEntry::default()
                };
                entries.add("access entry", principal.clone(), entry, 0, conflicts);
            }
        }
        let mut policies = self.access_policies;
        let access = entries
            .into_vec()
            .into_iter()
            .map(|entry| Access {
                policies: policies
                    .remove(&entry.principal_arn)
                    .unwrap_or_default()
                    .into_vec(),
                entry,
            })
            .collect();
        let eks = Eks {
            cluster: self.settings.into_vec().pop(),
            nodegroups: self.nodegroups.into_vec(),
            fargate_profiles: self.fargate_profiles.into_vec(),
            addons: self.addons.into_vec(),
            access,
            pod_identity: self.pod_identity.into_vec(),
            identity_providers: self.identity_providers.into_vec(),
            insights: self.insights.into_vec(),
        };
        (eks, self.objects.into_kubernetes())
    }
}

impl Store {
    pub(super) fn file_eks(
        &mut self,
        file: usize,
        envelope: &Envelope,
        print: Print,
    ) -> Result<(), Unplaced> {
        let around = Hint::envelope(envelope);
        match print {
            Print::Cluster(cluster) => {
                let at = self.slot(&cluster.name, &Hint::arn(&cluster.arn).or(&around));
                self.book.given(Source::CLUSTER, &Scope::Cluster(at));
                let key = cluster.name.clone();
                self.add_fact(at, |facts, conflicts| {
                    facts
                        .settings
                        .add("cluster", key, *cluster, file, conflicts);
                });
            }
            Print::Clusters(names, page) => {
                let place = self.listed_place(&around, &names)?;
                self.book.page(Source::CLUSTERS, &scope(&place), "", &page);
                self.listed_clusters.entry(place).or_default().extend(names);
            }
            Print::Versions(versions, page) => {
                let place = self.known.region(&around)?;
                self.book.page(CLUSTER_VERSIONS, &scope(&place), "", &page);
                for version in versions {
                    let key = version.cluster_version.clone();
                    add!(
                        self,
                        self.region(&place).cluster_versions,
                        "Kubernetes version",
                        key,
                        version,
                        file
                    );
                }
            }
            Print::Of(hint, part) => {
                let at = self.cluster_of(file, &hint)?;
                self.file_part(file, at, *part);
            }
        }
        Ok(())
    }

    /// The region of a list of clusters: where those are that it names, if that is one place.
    fn listed_place(&self, around: &Hint, names: &[String]) -> Result<(String, String), Unplaced> {
        let places: BTreeSet<&Hint> = names
            .iter()
            .flat_map(|name| self.named(name))
            .filter_map(|at| self.slots.get(at).map(|slot| &slot.place))
            .collect();
        match (places.len(), places.first()) {
            (1, Some(only)) => self.known.region(&around.clone().or(only)),
            _ => self.known.region(around),
        }
    }

    /// The cluster that a print of EKS is of.
    fn cluster_of(&mut self, file: usize, hint: &ClusterHint) -> Result<usize, Unplaced> {
        if let Some(name) = &hint.name {
            let known = self.named(name);
            let fits: Vec<usize> = known
                .into_iter()
                .filter(|at| {
                    self.slots
                        .get(*at)
                        .is_some_and(|slot| slot.place.agrees(&hint.place))
                })
                .collect();
            return match fits.as_slice() {
                [] => Ok(self.slot(name, &hint.place)),
                [only] => Ok(*only),
                _ => self
                    .files
                    .get(file)
                    .and_then(|file| self.known.folder(file))
                    .filter(|at| fits.contains(at))
                    .ok_or_else(|| Unplaced(format!("could be of several clusters named {name}"))),
            };
        }
        match self.cluster_of_file(file) {
            Some(at) => Ok(at),
            None if self.slots.len() == 1 => Ok(0),
            None => Err(Unplaced("does not say its cluster".to_owned())),
        }
    }

    /// The cluster that the user or a folder gives a file to. A claimed name may be the
    /// cluster's, or the user's own for the cluster that the path holds a print of.
    fn cluster_of_file(&mut self, file: usize) -> Option<usize> {
        let file = self.files.get(file)?;
        let Some(claim) = file.claim.clone() else {
            return self.known.folder(file);
        };
        if let Some(at) = self.known.claimed(&claim) {
            return Some(at);
        }
        let by_key = (0..self.slots.len()).find(|at| self.key(*at) == claim);
        match by_key {
            Some(at) => Some(at),
            // Several of that name: see `file_objects`.
            None if self.named(&claim).len() > 1 => None,
            None => Some(self.slot(&claim, &Hint::default())),
        }
    }

    pub(super) fn add_fact(
        &mut self,
        at: usize,
        add: impl FnOnce(&mut ClusterFacts, &mut Conflicts),
    ) {
        if let Some(slot) = self.slots.get_mut(at) {
            add(&mut slot.facts, &mut self.conflicts);
        }
    }

    fn file_part(&mut self, file: usize, at: usize, part: Part) {
        let scope = Scope::Cluster(at);
        let source = match &part {
            Part::Nodegroup(_) => Some(Source::NODEGROUPS),
            Part::FargateProfile(_) => Some(Source::FARGATE_PROFILES),
            Part::Addon(_) => Some(Source::ADDONS),
            Part::AccessEntry(_) => Some(Source::ACCESS_ENTRIES),
            Part::PodIdentity(_) => Some(Source::POD_IDENTITY),
            Part::IdentityProvider(_) => Some(Source::IDENTITY_PROVIDERS),
            Part::AccessPolicies(principal, _, page) => {
                self.book
                    .page(Source::ACCESS_POLICIES, &scope, principal, page);
                None
            }
            Part::Insights(_, page) => {
                self.book.page(INSIGHTS, &scope, "", page);
                None
            }
            Part::Names(source, _, page) => {
                self.book.page(*source, &scope, "list", page);
                None
            }
        };
        if let Some(source) = source {
            self.book.given(source, &scope);
        }
        self.add_fact(at, |facts, conflicts| facts.add(part, file, conflicts));
    }

    /// Gives Kubernetes objects to their clusters.
    pub(super) fn file_objects(&mut self, found: Vec<Found>) -> Result<(), InputError> {
        let mut unclaimed = Vec::new();
        let mut placed = Vec::new();
        for one in found {
            let AnyPrint::Objects(objects) = one.print else {
                continue;
            };
            self.latest = self.latest.max(objects.latest);
            self.count_unread(&objects);
            if objects.given.is_empty() && !objects.lists_config_maps {
                continue;
            }
            let file = one.file;
            if let Some(claim) = self.files.get(file).and_then(|file| file.claim.clone()) {
                self.check_claim(&claim)?;
            }
            let named = objects.cluster.clone();
            let at = match named {
                Some(name) => Some(self.called(&name, &Hint::envelope(&one.envelope))),
                None => self.cluster_of_file(file),
            };
            match at {
                Some(at) => placed.push((at, file, objects)),
                None => unclaimed.push((file, objects)),
            }
        }
        if !unclaimed.is_empty() {
            let at = self.only_cluster(&unclaimed)?;
            placed.extend(
                unclaimed
                    .into_iter()
                    .map(|(file, objects)| (at, file, objects)),
            );
        }
        // In path order again: of facts that differ the later counts.
        placed.sort_by_key(|(_, file, _)| *file);
        for (at, file, objects) in placed {
            self.add_objects(at, file, objects);
        }
        Ok(())
    }

    /// The cluster that an envelope names, by its key or its name.
    fn called(&mut self, name: &str, place: &Hint) -> usize {
        let by_key = (0..self.slots.len()).find(|at| self.key(*at) == name);
        by_key.unwrap_or_else(|| self.slot(name, place))
    }

    fn check_claim(&self, claim: &str) -> Result<(), InputError> {
        let named = self.named(claim);
        if named.len() > 1 && self.known.claimed(claim).is_none() {
            return Err(InputError::SeveralOfThatName {
                name: claim.to_owned(),
                clusters: named.into_iter().map(|at| self.key(at)).collect(),
            });
        }
        Ok(())
    }

    /// The cluster of objects that nothing gives to one: the only one known, or `-`.
    fn only_cluster(&mut self, unclaimed: &[(usize, Objects)]) -> Result<usize, InputError> {
        match self.slots.len() {
            0 => Ok(self.slot(UNKNOWN, &Hint::default())),
            1 => Ok(0),
            _ => {
                let files: BTreeSet<&str> = unclaimed
                    .iter()
                    .map(|(file, _)| self.label(*file))
                    .collect();
                let mut clusters: Vec<String> =
                    (0..self.slots.len()).map(|at| self.key(at)).collect();
                clusters.sort();
                Err(InputError::WhichCluster {
                    files: files.into_iter().map(str::to_owned).collect(),
                    clusters,
                })
            }
        }
    }

    fn count_unread(&mut self, objects: &Objects) {
        for (kind, count) in &objects.unread {
            *self.unread.entry(kind.clone()).or_default() += count;
        }
    }

    fn add_objects(&mut self, at: usize, file: usize, objects: Objects) {
        let scope = Scope::Cluster(at);
        for (source, page) in &objects.given {
            if let Some(source) = Source::named(source) {
                self.book.page(source, &scope, "", page);
            }
        }
        self.add_fact(at, |facts, conflicts| {
            facts.lists_config_maps |= objects.lists_config_maps;
            for object in objects.objects {
                facts.objects.add(object, file, conflicts);
            }
        });
    }
}

impl ClusterFacts {
    /// Adds something of the cluster.
    pub fn add(&mut self, part: Part, file: usize, conflicts: &mut Conflicts) {
        match part {
            Part::Nodegroup(group) => {
                let key = group.nodegroup_name.clone();
                self.nodegroups
                    .add("node group", key, group, file, conflicts);
            }
            Part::FargateProfile(profile) => {
                let key = profile.fargate_profile_name.clone();
                self.fargate_profiles
                    .add("Fargate profile", key, profile, file, conflicts);
            }
            Part::Addon(addon) => {
                self.addons
                    .add("add-on", addon.addon_name.clone(), addon, file, conflicts);
            }
            Part::AccessEntry(entry) => {
                let key = entry.principal_arn.clone();
                self.entries
                    .add("access entry", key, entry, file, conflicts);
            }
            Part::AccessPolicies(principal, policies, _) => {
                let known = self.access_policies.entry(principal).or_default();
                for policy in policies {
                    let key = policy.policy_arn.clone();
                    known.add("access policy", key, policy, file, conflicts);
                }
            }
            Part::PodIdentity(one) => {
                let key = match one.association_id.as_str() {
                    "" => format!("{}/{}", one.namespace, one.service_account),
                    id => id.to_owned(),
                };
                self.pod_identity
                    .add("Pod Identity association", key, one, file, conflicts);
            }
            Part::IdentityProvider(provider) => {
                let key = provider.identity_provider_config_name.clone();
                self.identity_providers
                    .add("identity provider", key, provider, file, conflicts);
            }
            Part::Insights(insights, _) => {
                for insight in insights {
                    self.insights
                        .add("insight", insight.id.clone(), insight, file, conflicts);
                }
            }
            Part::Names(source, names, _) => {
                self.listed.entry(source.name).or_default().extend(names);
            }
        }
    }
}
