//! What is known to be missing, once all files are read: items counted, and lists held against
//! what was described.
//!
//! A dump of single items (`describe-nodegroup`, `get-resource-policy`, …) cannot show that it is
//! whole. Whoever gives any of a kind vouches for it, unless another file names one that is not
//! there: then the rest was not asked for, and nothing can pass by it.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes_rbac::RoleKind;

use super::account_facts::{AccountFacts, RegionFacts};
use super::book::{Book, CLUSTER_VERSIONS, INSIGHTS, INSTANCE_PROFILES, LAST_ACCESSED, Scope};
use super::cluster_facts::{ClusterFacts, ObjectFacts};
use super::print::Page;
use super::store::{Slot, Store};
use super::store_region::scope;

/// Access entries of nodes: they can have no access policies (EKS User Guide, "Create access
/// entries", types other than Standard).
const NODE_ENTRIES: [&str; 4] = ["EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "HYBRID_LINUX"];

impl Store {
    pub(super) fn close_accounts(&mut self) {
        for (id, account) in &self.accounts {
            let of_account = Scope::Account(id.clone());
            close_iam(&mut self.book, &of_account, account);
            for (name, region) in &account.regions {
                let of_region = scope(&(id.clone(), name.clone()));
                close_ecr(&mut self.book, &of_region, region);
                close_secrets(&mut self.book, &of_region, region);
                region.kms.close(&mut self.book, &of_region);
                self.book
                    .count(CLUSTER_VERSIONS, &of_region, region.cluster_versions.len());
            }
        }
        for (place, names) in &self.listed_clusters {
            let of_region = scope(place);
            let described: BTreeSet<&str> = self
                .slots
                .iter()
                .filter(|slot| slot.facts.settings.len() > 0 && in_region(slot, place))
                .map(|slot| slot.name.as_str())
                .collect();
            let absent = names
                .iter()
                .map(String::as_str)
                .filter(|name| !described.contains(name));
            self.book
                .missing(Source::CLUSTERS, &of_region, "describe-cluster", absent);
            self.book
                .count(Source::CLUSTERS, &of_region, names.len() as u64);
        }
    }

    pub(super) fn close_clusters(&mut self) {
        for (at, slot) in self.slots.iter().enumerate() {
            let of_cluster = Scope::Cluster(at);
            close_eks(&mut self.book, &of_cluster, &slot.facts);
            close_kubernetes(&mut self.book, &of_cluster, &slot.facts);
        }
    }
}

fn in_region(slot: &Slot, place: &(String, String)) -> bool {
    let is = |known: &Option<String>, wanted: &String| {
        known.as_ref().is_none_or(|known| known == wanted)
    };
    is(&slot.place.account, &place.0) && is(&slot.place.region, &place.1)
}

fn close_iam(book: &mut Book, scope: &Scope, account: &AccountFacts) {
    if let Some(missing) = account
        .missing_lists
        .as_ref()
        .filter(|missing| !missing.is_empty())
    {
        let lists: Vec<&str> = missing.iter().copied().collect();
        book.gap(
            Source::IAM,
            scope,
            format!("the print has no {}", lists.join(", no ")),
        );
    }
    let lone = account
        .single_roles
        .keys()
        .filter(|arn| !account.roles.has(arn));
    let what = "get-account-authorization-details (only get-role, which has no policies)";
    book.missing(Source::IAM, scope, what, lone);
    let roles = account.roles.len()
        + account
            .single_roles
            .keys()
            .filter(|arn| !account.roles.has(arn))
            .count() as u64;
    let items = account.users.len() + account.groups.len() + roles + account.policies.len();
    book.count(Source::IAM, scope, items);
    book.count(Source::CALLER, scope, account.caller.len());
    close_providers(book, scope, account);
    book.count(Source::CREDENTIAL_REPORT, scope, account.report.len());
    book.count(Source::ACCESS_KEYS, scope, account.keys.len());
    book.count(INSTANCE_PROFILES, scope, account.profiles.len());
    book.count(LAST_ACCESSED, scope, account.last_accessed.len());
}

fn close_providers(book: &mut Book, scope: &Scope, account: &AccountFacts) {
    book.count(
        Source::OIDC_PROVIDERS,
        scope,
        account.listed_providers.len() as u64,
    );
    let undescribed = account
        .listed_providers
        .iter()
        .map(String::as_str)
        .filter(|arn| !account.providers.has(arn));
    if account.listed_providers.is_empty() && book.has(Source::OIDC_PROVIDERS, scope) {
        // None is listed, so none is left to describe.
        book.given(Source::OIDC_PROVIDER, scope);
    } else if book.has(Source::OIDC_PROVIDER, scope) {
        book.missing(
            Source::OIDC_PROVIDER,
            scope,
            "get-open-id-connect-provider",
            undescribed,
        );
    }
    book.count(Source::OIDC_PROVIDER, scope, account.providers.len());
}

fn close_ecr(book: &mut Book, scope: &Scope, region: &RegionFacts) {
    book.count(Source::REPOSITORIES, scope, region.repositories.len());
    book.count(Source::REGISTRY_SCANNING, scope, region.scanning.len());
    book.count(Source::SCAN_FINDINGS, scope, region.findings.len());
    book.count(Source::REPOSITORY_POLICIES, scope, region.policies.len());
    book.count(Source::LIFECYCLE_POLICIES, scope, region.lifecycle.len());
    book.count(Source::IMAGES, scope, region.images.len());
    if !book.has(Source::IMAGES, scope) {
        return;
    }
    // A repository without images prints an empty list that does not name it.
    let unseen: Vec<&str> = region
        .repositories
        .keys()
        .filter(|name| !region.printed_images.contains(*name))
        .collect();
    if unseen.len() > region.repositories_without_images {
        book.missing(Source::IMAGES, scope, "describe-images", unseen);
    }
}

fn close_secrets(book: &mut Book, scope: &Scope, region: &RegionFacts) {
    book.count(Source::SECRETS, scope, region.secrets.len());
    let replicated: Vec<&str> = region
        .secrets
        .iter()
        .filter(|secret| {
            secret.primary_region.is_some()
                && !region.described.has(&secret.arn)
                && !region.stored_secrets.has(&secret.arn)
        })
        .map(|secret| secret.arn.as_str())
        .collect();
    if replicated.is_empty() && book.has(Source::SECRETS, scope) {
        // Only replicated secrets have details that the list does not.
        book.given(Source::SECRET_DETAILS, scope);
    } else if book.has(Source::SECRET_DETAILS, scope) {
        book.missing(Source::SECRET_DETAILS, scope, "describe-secret", replicated);
    }
    book.count(Source::SECRET_DETAILS, scope, region.described.len());
    if book.has(Source::SECRET_POLICIES, scope) {
        let unseen = region
            .secrets
            .keys()
            .filter(|arn| !region.secret_policies.has(arn));
        book.missing(
            Source::SECRET_POLICIES,
            scope,
            "get-resource-policy",
            unseen,
        );
        let with_policy = region
            .secret_policies
            .iter()
            .filter(|policy| policy.resource_policy.is_some());
        book.count(Source::SECRET_POLICIES, scope, with_policy.count() as u64);
    }
    if book.has(Source::SECRET_VERSIONS, scope) {
        // One that is scheduled for deletion is not asked.
        let live = region.secrets.iter();
        let live = live.filter(|secret| secret.deleted_date.is_none());
        let arns = live.map(|secret| secret.arn.as_str());
        let unseen = arns.filter(|arn| !region.secret_versions.has(arn));
        let what = "list-secret-version-ids";
        book.missing(Source::SECRET_VERSIONS, scope, what, unseen);
        let versions = region.secret_versions.iter();
        let count: usize = versions.map(|one| one.versions.len()).sum();
        book.count(Source::SECRET_VERSIONS, scope, count as u64);
    }
}

fn close_eks(book: &mut Book, scope: &Scope, facts: &ClusterFacts) {
    let pod_identity: Vec<&str> = facts
        .pod_identity
        .iter()
        .map(|one| one.association_id.as_str())
        .collect();
    let has = |source: Source, name: &str| match source {
        Source::NODEGROUPS => facts.nodegroups.has(name),
        Source::FARGATE_PROFILES => facts.fargate_profiles.has(name),
        Source::ADDONS => facts.addons.has(name),
        Source::ACCESS_ENTRIES => facts.entries.has(name),
        Source::IDENTITY_PROVIDERS => facts.identity_providers.has(name),
        _ => pod_identity.contains(&name),
    };
    for (source, what, items) in [
        (Source::CLUSTER, "describe-cluster", facts.settings.len()),
        (
            Source::NODEGROUPS,
            "describe-nodegroup",
            facts.nodegroups.len(),
        ),
        (
            Source::FARGATE_PROFILES,
            "describe-fargate-profile",
            facts.fargate_profiles.len(),
        ),
        (Source::ADDONS, "describe-addon", facts.addons.len()),
        (
            Source::ACCESS_ENTRIES,
            "describe-access-entry",
            facts.entries.len(),
        ),
        (
            Source::POD_IDENTITY,
            "describe-pod-identity-association",
            facts.pod_identity.len(),
        ),
        (
            Source::IDENTITY_PROVIDERS,
            "describe-identity-provider-config",
            facts.identity_providers.len(),
        ),
    ] {
        if let Some(names) = facts.listed.get(source.name) {
            let absent = names
                .iter()
                .map(String::as_str)
                .filter(|name| !has(source, name));
            book.missing(source, scope, what, absent);
        }
        book.count(source, scope, items);
    }
    book.count(INSIGHTS, scope, facts.insights.len());
    close_access(book, scope, facts);
}

fn close_access(book: &mut Book, scope: &Scope, facts: &ClusterFacts) {
    let undescribed = facts
        .access_policies
        .keys()
        .map(String::as_str)
        .filter(|arn| !facts.entries.has(arn));
    if book.has(Source::ACCESS_ENTRIES, scope) {
        book.missing(
            Source::ACCESS_ENTRIES,
            scope,
            "describe-access-entry",
            undescribed,
        );
    }
    let mut can_have = facts
        .entries
        .iter()
        .filter(|entry| {
            !entry
                .kind
                .as_deref()
                .is_some_and(|kind| NODE_ENTRIES.contains(&kind))
        })
        .map(|entry| entry.principal_arn.as_str())
        .peekable();
    if can_have.peek().is_none() && book.has(Source::ACCESS_ENTRIES, scope) {
        // No entry is left that could have policies.
        book.given(Source::ACCESS_POLICIES, scope);
    } else if book.has(Source::ACCESS_POLICIES, scope) {
        let unseen = can_have.filter(|arn| !facts.access_policies.contains_key(*arn));
        book.missing(
            Source::ACCESS_POLICIES,
            scope,
            "list-associated-access-policies",
            unseen,
        );
    }
    let items = facts
        .access_policies
        .values()
        .map(|policies| policies.len())
        .sum();
    book.count(Source::ACCESS_POLICIES, scope, items);
}

fn close_kubernetes(book: &mut Book, scope: &Scope, facts: &ClusterFacts) {
    let objects = &facts.objects;
    let config_map =
        |name: &str| u64::from(objects.config_maps.has(&format!("kube-system/{name}")));
    if facts.lists_config_maps {
        book.page(Source::AWS_AUTH, scope, "", &Page::default());
        book.page(Source::VPC_CNI, scope, "", &Page::default());
    }
    // Manifests as people write them hold no pods: their controllers stand for them.
    let is_manifest =
        |metadata: &crate::snapshot::kubernetes_meta::Metadata| !metadata.is_from_server();
    if !book.has(Source::PODS, scope)
        && (objects
            .controllers
            .iter()
            .any(|controller| is_manifest(&controller.metadata))
            || objects
                .cron_jobs
                .iter()
                .any(|job| is_manifest(&job.metadata)))
    {
        book.given(Source::PODS, scope);
    }
    close_roles(book, scope, objects);
    count_by_kind(book, scope, objects);
    for (source, items) in [
        (Source::NAMESPACES, objects.namespaces.len()),
        (Source::SERVICE_ACCOUNTS, objects.service_accounts.len()),
        (Source::PODS, objects.pods.len()),
        (Source::CRON_JOBS, objects.cron_jobs.len()),
        (Source::KUBERNETES_SECRETS, objects.secrets.len()),
        (Source::AWS_AUTH, config_map("aws-auth")),
        (Source::VPC_CNI, config_map("amazon-vpc-cni")),
        (Source::CONFIG_MAPS, objects.config_map_keys.len()),
        (
            Source::PERSISTENT_VOLUME_CLAIMS,
            objects.persistent_volume_claims.len(),
        ),
        (Source::PERSISTENT_VOLUMES, objects.persistent_volumes.len()),
        (Source::NETWORK_POLICIES, objects.network_policies.len()),
        (Source::SERVICES, objects.services.len()),
        (Source::INGRESSES, objects.ingresses.len()),
        (Source::ENDPOINT_SLICES, objects.endpoint_slices.len()),
        (Source::INGRESS_CLASSES, objects.ingress_classes.len()),
        (Source::GATEWAY_CLASSES, objects.gateway_classes.len()),
        (Source::GATEWAYS, objects.gateways.len()),
        (
            Source::LOAD_BALANCER_CONFIGURATIONS,
            objects.load_balancer_configurations.len(),
        ),
        (Source::NODES, objects.nodes.len()),
        (
            Source::SECRET_PROVIDER_CLASSES,
            objects.secret_provider_classes.len(),
        ),
        (
            Source::SECRET_PROVIDER_CLASS_POD_STATUSES,
            objects.secret_provider_class_pod_statuses.len(),
        ),
        (Source::EXTERNAL_SECRETS, objects.external_secrets.len()),
        (
            Source::CLUSTER_EXTERNAL_SECRETS,
            objects.cluster_external_secrets.len(),
        ),
        (Source::PUSH_SECRETS, objects.push_secrets.len()),
        (Source::CERTIFICATES, objects.certificates.len()),
    ] {
        book.count(source, scope, items);
    }
}

/// Manifests refer to roles that a cluster has by itself and that no file gives. What
/// `cluster-admin` allows is known (Kubernetes documentation, "Using RBAC Authorization",
/// user-facing roles), of the others it depends on what is installed.
fn close_roles(book: &mut Book, scope: &Scope, objects: &ObjectFacts) {
    if !book.has(Source::CLUSTER_ROLES, scope) {
        return;
    }
    let roles = objects.roles.iter();
    let mut known: BTreeSet<&str> = roles
        .filter(|role| role.kind == RoleKind::ClusterRole)
        .map(|role| role.metadata.name.as_str())
        .collect();
    known.insert("cluster-admin");
    let by_hand = objects.role_bindings.iter();
    let missing: BTreeSet<&str> = by_hand
        .filter(|binding| !binding.metadata.is_from_server())
        .filter(|binding| binding.role_ref.kind == "ClusterRole")
        .map(|binding| binding.role_ref.name.as_str())
        .filter(|name| !known.contains(name))
        .collect();
    book.missing(Source::CLUSTER_ROLES, scope, "ClusterRole", missing);
}

/// Lists that hold several kinds.
fn count_by_kind(book: &mut Book, scope: &Scope, objects: &ObjectFacts) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let controllers = objects.controllers.iter().map(|one| one.kind.as_str());
    let roles = objects.roles.iter().map(|role| role.kind.as_str());
    let bindings = objects.role_bindings.iter().map(|one| one.kind.as_str());
    let routes = objects.routes.iter().map(|one| one.kind.as_str());
    let stores = objects.secret_stores.iter().map(|one| one.kind.as_str());
    let params = objects.ingress_class_params.iter();
    let params = params.map(|one| one.api_group.as_str());
    let all = controllers.chain(roles).chain(bindings);
    for kind in all.chain(routes).chain(params).chain(stores) {
        *counts.entry(kind).or_default() += 1;
    }
    for (source, kind) in [
        (Source::DEPLOYMENTS, "Deployment"),
        (Source::REPLICA_SETS, "ReplicaSet"),
        (Source::STATEFUL_SETS, "StatefulSet"),
        (Source::DAEMON_SETS, "DaemonSet"),
        (Source::JOBS, "Job"),
        (Source::REPLICATION_CONTROLLERS, "ReplicationController"),
        (Source::ROLES, "Role"),
        (Source::CLUSTER_ROLES, "ClusterRole"),
        (Source::ROLE_BINDINGS, "RoleBinding"),
        (Source::CLUSTER_ROLE_BINDINGS, "ClusterRoleBinding"),
        (Source::HTTP_ROUTES, "HTTPRoute"),
        (Source::GRPC_ROUTES, "GRPCRoute"),
        (Source::TCP_ROUTES, "TCPRoute"),
        (Source::TLS_ROUTES, "TLSRoute"),
        (Source::SECRET_STORES, "SecretStore"),
        (Source::CLUSTER_SECRET_STORES, "ClusterSecretStore"),
        (Source::INGRESS_CLASS_PARAMS, "elbv2.k8s.aws"),
        (Source::AUTO_MODE_CLASS_PARAMS, "eks.amazonaws.com"),
    ] {
        let items = counts.get(kind).copied().unwrap_or_default();
        book.count(source, scope, items);
    }
}
