//! Facts of a cluster, of EKS and of its API server.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::eks::{self, Access, Eks};
use crate::snapshot::kubernetes::{self as k8s, Kubernetes};
use crate::snapshot::kubernetes_rbac as rbac;

use super::eks::Part;
use super::facts::{Conflicts, Facts};
use super::kubernetes_kinds::Object;

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
    pub config_map_keys: Facts<k8s::ConfigMapKeys>,
    pub persistent_volume_claims: Facts<k8s::PersistentVolumeClaim>,
    pub persistent_volumes: Facts<k8s::PersistentVolume>,
    pub network_policies: Facts<k8s::NetworkPolicy>,
    pub services: Facts<k8s::Service>,
    pub ingresses: Facts<k8s::Ingress>,
    pub endpoint_slices: Facts<k8s::EndpointSlice>,
    pub ingress_classes: Facts<k8s::IngressClass>,
    pub ingress_class_params: Facts<k8s::IngressClassParams>,
    pub gateway_classes: Facts<k8s::GatewayClass>,
    pub gateways: Facts<k8s::Gateway>,
    pub routes: Facts<k8s::Route>,
    pub load_balancer_configurations: Facts<k8s::LoadBalancerConfiguration>,
    pub nodes: Facts<k8s::Node>,
    pub secret_provider_classes: Facts<k8s::SecretProviderClass>,
    pub secret_provider_class_pod_statuses: Facts<k8s::SecretProviderClassPodStatus>,
    pub external_secrets: Facts<k8s::ExternalSecret>,
    pub cluster_external_secrets: Facts<k8s::ClusterExternalSecret>,
    pub secret_stores: Facts<k8s::SecretStore>,
    pub push_secrets: Facts<k8s::PushSecret>,
    pub certificates: Facts<k8s::Certificate>,
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
            Object::ConfigMapKeys(value) => to!(config_map_keys, "ConfigMap", value),
            Object::PersistentVolumeClaim(value) => {
                to!(persistent_volume_claims, "PersistentVolumeClaim", value);
            }
            Object::PersistentVolume(value) => to!(persistent_volumes, "PersistentVolume", value),
            Object::NetworkPolicy(value) => to!(network_policies, "NetworkPolicy", value),
            Object::Service(value) => to!(services, "service", value),
            Object::Ingress(value) => to!(ingresses, "ingress", value),
            // What a selector says needs no second word.
            Object::EndpointSlice(value) if value.is_of_selector() => {}
            Object::EndpointSlice(value) => to!(endpoint_slices, "EndpointSlice", value),
            Object::IngressClass(value) => to!(ingress_classes, "IngressClass", value),
            Object::IngressClassParams(value) => {
                let group = value.api_group.clone();
                to!(ingress_class_params, "IngressClassParams", value, group);
            }
            Object::GatewayClass(value) => to!(gateway_classes, "GatewayClass", value),
            Object::Gateway(value) => to!(gateways, "Gateway", value),
            Object::Route(value) => {
                let kind = value.kind.clone();
                to!(routes, "route", value, kind);
            }
            Object::LoadBalancerConfiguration(value) => to!(
                load_balancer_configurations,
                "LoadBalancerConfiguration",
                value
            ),
            Object::Node(value) => to!(nodes, "node", value),
            Object::SecretProviderClass(value) => {
                to!(secret_provider_classes, "SecretProviderClass", value);
            }
            Object::SecretProviderClassPodStatus(value) => to!(
                secret_provider_class_pod_statuses,
                "SecretProviderClassPodStatus",
                value
            ),
            Object::ExternalSecret(value) => to!(external_secrets, "ExternalSecret", value),
            Object::ClusterExternalSecret(value) => {
                to!(cluster_external_secrets, "ClusterExternalSecret", *value);
            }
            Object::SecretStore(value) => {
                let kind = value.kind.clone();
                to!(secret_stores, "store", *value, kind);
            }
            Object::PushSecret(value) => to!(push_secrets, "PushSecret", *value),
            Object::Certificate(value) => to!(certificates, "Certificate", *value),
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
            .chain(all.config_map_keys.into_iter().map(Object::ConfigMapKeys))
            .chain(
                all.persistent_volume_claims
                    .into_iter()
                    .map(Object::PersistentVolumeClaim),
            )
            .chain(
                all.persistent_volumes
                    .into_iter()
                    .map(Object::PersistentVolume),
            )
            .chain(all.network_policies.into_iter().map(Object::NetworkPolicy))
            .chain(all.services.into_iter().map(Object::Service))
            .chain(all.ingresses.into_iter().map(Object::Ingress))
            .chain(all.endpoint_slices.into_iter().map(Object::EndpointSlice))
            .chain(all.ingress_classes.into_iter().map(Object::IngressClass))
            .chain(
                all.ingress_class_params
                    .into_iter()
                    .map(Object::IngressClassParams),
            )
            .chain(all.gateway_classes.into_iter().map(Object::GatewayClass))
            .chain(all.gateways.into_iter().map(Object::Gateway))
            .chain(all.routes.into_iter().map(Object::Route))
            .chain(
                all.load_balancer_configurations
                    .into_iter()
                    .map(Object::LoadBalancerConfiguration),
            )
            .chain(all.nodes.into_iter().map(Object::Node))
            .chain(
                all.secret_provider_classes
                    .into_iter()
                    .map(Object::SecretProviderClass),
            )
            .chain(all.external_secrets.into_iter().map(Object::ExternalSecret));
        let statuses = all.secret_provider_class_pod_statuses.into_iter();
        let external = all.cluster_external_secrets.into_iter().map(Box::new);
        let stores = all.secret_stores.into_iter().map(Box::new);
        let pushed = all.push_secrets.into_iter().map(Box::new);
        let certificates = all.certificates.into_iter().map(Box::new);
        let objects = objects
            .chain(statuses.map(Object::SecretProviderClassPodStatus))
            .chain(external.map(Object::ClusterExternalSecret))
            .chain(stores.map(Object::SecretStore))
            .chain(pushed.map(Object::PushSecret))
            .chain(certificates.map(Object::Certificate));
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
            config_map_keys: self.config_map_keys.into_vec(),
            persistent_volume_claims: self.persistent_volume_claims.into_vec(),
            persistent_volumes: self.persistent_volumes.into_vec(),
            network_policies: self.network_policies.into_vec(),
            services: self.services.into_vec(),
            ingresses: self.ingresses.into_vec(),
            endpoint_slices: self.endpoint_slices.into_vec(),
            ingress_classes: self.ingress_classes.into_vec(),
            ingress_class_params: self.ingress_class_params.into_vec(),
            gateway_classes: self.gateway_classes.into_vec(),
            gateways: self.gateways.into_vec(),
            routes: self.routes.into_vec(),
            load_balancer_configurations: self.load_balancer_configurations.into_vec(),
            nodes: self.nodes.into_vec(),
            secret_provider_classes: self.secret_provider_classes.into_vec(),
            secret_provider_class_pod_statuses: self.secret_provider_class_pod_statuses.into_vec(),
            external_secrets: self.external_secrets.into_vec(),
            cluster_external_secrets: self.cluster_external_secrets.into_vec(),
            secret_stores: self.secret_stores.into_vec(),
            push_secrets: self.push_secrets.into_vec(),
            certificates: self.certificates.into_vec(),
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
