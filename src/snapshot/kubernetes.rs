//! What a cluster's API server says of its objects, in the field names of its API, reduced to
//! what the audit asks for.
//!
//! Shapes: Kubernetes API reference v1.33, `core/v1`, `apps/v1`, `batch/v1`,
//! `networking.k8s.io/v1`. Values that could be secret never get in: an environment variable is
//! kept as what it looks like (see [`super::credential`]), a Secret as its metadata.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::kubernetes_meta::{Metadata, nullable};
use super::kubernetes_rbac::{Role, RoleBinding};

/// The type of a Secret of which a live scan knows only that it is none of the well-known ones.
pub const OTHER_TYPE: &str = "other";

/// Labels.
pub type Labels = BTreeMap<String, String>;

macro_rules! objects {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[skip_serializing_none]
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub struct $name {
                $($(#[$field_meta])* #[serde(default, deserialize_with = "nullable")]
                pub $field: $type,)*
            }
        )*
    };
}

// Behind the macro, which they use.
mod certificate;
mod config;
mod controller;
mod door;
mod external;
mod network;
mod pod;
mod provider_class;
mod provider_objects;
mod secret_store;
mod storage;

pub use certificate::{Certificate, CertificateSpec, CertificateStatus, IssuerReference};
pub use config::ConfigMapKeys;
pub use controller::{
    Condition, Controller, ControllerSpec, ControllerStatus, CronJob, CronJobSpec, JobTemplate,
    PodTemplate,
};
pub use door::{
    AllowedRoutes, CertificateReference, EndpointSlice, Gateway, GatewayAddress, GatewayClass,
    GatewayClassSpec, GatewayInfrastructure, GatewayListener, GatewaySpec, GatewayStatus,
    IngressClass, IngressClassParams, IngressClassParamsSpec, IngressClassSpec, IngressGroup,
    ListenerTls, LoadBalancerConfiguration, LoadBalancerConfigurationSpec, ObjectReference,
    ParametersReference, ParentReference, Route, RouteBackend, RouteNamespaces, RouteRule,
    RouteSpec, SliceEndpoint, SlicePort,
};
pub use external::{
    ClusterExternalSecret, ClusterExternalSecretSpec, ClusterExternalSecretStatus, ExternalData,
    ExternalDataFrom, ExternalFind, ExternalSecret, ExternalSecretSpec, ExternalSecretStatus,
    ExternalTarget, FailedNamespace, FindName, GeneratorReference, PushData, PushMatch, PushRemote,
    PushSecret, PushSecretSpec, PushSecretStatus, PushSelector, PushSource, PushStoreReference,
    RemoteReference, SourceReference, StoreReference, SyncCondition,
};
pub use network::{
    BackendPort, Balancer, BalancerAddress, BalancerStatus, Ingress, IngressBackend, IngressPath,
    IngressPaths, IngressRule, IngressSpec, IngressTls, NetworkPolicy, Service, ServiceBackend,
    ServicePort, ServiceSpec,
};
pub use pod::{
    Capabilities, Claim, ConfigMapProjection, ConfigMapVolume, Container, ContainerPort,
    ContainerStatus, CsiVolume, EnvFrom, EnvSource, EnvVar, HostPath, KeyReference, KeyToPath,
    OptionalReference, Pod, PodSpec, PodStatus, Profile, Projected, Projection, SecretProjection,
    SecretVolume, SecurityContext, TokenProjection, Volume, VolumeMount, WindowsOptions,
};
pub use provider_class::{
    MountedObject, ProviderClassPodStatus, ProviderParameters, SecretObject, SecretObjectData,
    SecretProviderClass, SecretProviderClassPodStatus, SecretProviderClassSpec,
};
pub use provider_objects::{FailoverObject, ObjectPart, ProviderObject, ProviderObjects};
pub use secret_store::{
    AccountReference, AwsAuth, AwsProvider, JwtAuth, KeyAuth, SecretKeyReference, SecretStore,
    SecretStoreSpec, SecretStoreStatus, StoreCondition, StoreProvider,
};
pub use storage::{
    ClaimSpec, CsiHandle, NfsVolume, PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec,
    PlacedReference,
};

objects! {
    /// An object of which only the metadata matters: a namespace.
    MetadataOnly {
        /// Name, labels, …
        metadata: Metadata,
    }
    /// A service account.
    ServiceAccount {
        /// Name, annotations, …
        metadata: Metadata,
        /// Whether pods get its token unless they say otherwise.
        automount_service_account_token: Option<bool>,
        /// Its long-lived tokens, as it lists them.
        secrets: Vec<LocalReference>,
        /// Registry credentials that its pods get.
        image_pull_secrets: Vec<LocalReference>,
    }
    /// A reference by name in the same namespace.
    LocalReference {
        /// The name.
        name: String,
    }
    /// A Secret, without any value.
    Secret {
        /// Name, labels, owner, last write, the names of its keys where they are known.
        metadata: Metadata,
        /// `Opaque`, `kubernetes.io/tls`, …, [`OTHER_TYPE`].
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    /// A ConfigMap that the audit reads by name: `aws-auth`, `amazon-vpc-cni`.
    ConfigMap {
        /// Name, …
        metadata: Metadata,
        /// Its data.
        data: Labels,
    }
    /// A node.
    Node {
        /// Name, labels, …
        metadata: Metadata,
        /// What it should be.
        spec: NodeSpec,
        /// What it is.
        status: NodeStatus,
    }
    /// What a node should be.
    NodeSpec {
        /// `aws:///eu-west-1a/i-0abc`.
        #[serde(rename = "providerID")]
        provider_id: Option<String>,
    }
    /// What a node is.
    NodeStatus {
        /// Versions.
        node_info: Option<NodeInfo>,
        /// Its addresses.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        addresses: Vec<NodeAddress>,
    }
    /// An address of a node.
    NodeAddress {
        /// `InternalIP`, `ExternalIP`, `InternalDNS`, …
        #[serde(rename = "type")]
        kind: String,
        /// The address.
        address: String,
    }
    /// Versions on a node.
    NodeInfo {
        /// `v1.33.1-eks-…`.
        kubelet_version: Option<String>,
        /// The kernel.
        kernel_version: Option<String>,
        /// The distribution.
        os_image: Option<String>,
        /// `containerd://…`.
        container_runtime_version: Option<String>,
        /// `amd64`, …
        architecture: Option<String>,
        /// `linux`, `windows`.
        operating_system: Option<String>,
    }
}

impl NodeSpec {
    /// The id of the node's instance, with which its provider id ends (`aws:///ZONE/i-…`).
    pub fn instance_id(&self) -> Option<&str> {
        let last = self.provider_id.as_deref()?.rsplit('/').next()?;
        Some(last).filter(|id| id.starts_with("i-"))
    }
}

/// All that was read of one cluster's objects. Each list is sorted by namespace and name.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Kubernetes {
    /// Namespaces.
    pub namespaces: Vec<MetadataOnly>,
    /// Service accounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// Pods.
    pub pods: Vec<Pod>,
    /// Deployments, StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers, Jobs.
    pub controllers: Vec<Controller>,
    /// CronJobs.
    pub cron_jobs: Vec<CronJob>,
    /// Roles and ClusterRoles.
    pub roles: Vec<Role>,
    /// RoleBindings and ClusterRoleBindings.
    pub role_bindings: Vec<RoleBinding>,
    /// Secrets, as metadata.
    pub secrets: Vec<Secret>,
    /// `aws-auth` and `amazon-vpc-cni` of kube-system.
    pub config_maps: Vec<ConfigMap>,
    /// ConfigMaps with ids of access keys; nothing else of their values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub config_map_keys: Vec<ConfigMapKeys>,
    /// Claims on persistent volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub persistent_volume_claims: Vec<PersistentVolumeClaim>,
    /// Persistent volumes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub persistent_volumes: Vec<PersistentVolume>,
    /// NetworkPolicies.
    pub network_policies: Vec<NetworkPolicy>,
    /// Services.
    pub services: Vec<Service>,
    /// Ingresses.
    pub ingresses: Vec<Ingress>,
    /// Slices of endpoints that no selector of a Service made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoint_slices: Vec<EndpointSlice>,
    /// Classes of Ingresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ingress_classes: Vec<IngressClass>,
    /// What AWS's controllers are told of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ingress_class_params: Vec<IngressClassParams>,
    /// Classes of Gateways.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gateway_classes: Vec<GatewayClass>,
    /// Gateways.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<Gateway>,
    /// HTTPRoutes, GRPCRoutes, TCPRoutes and TLSRoutes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// What the AWS Load Balancer Controller is told of load balancers of Gateways.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load_balancer_configurations: Vec<LoadBalancerConfiguration>,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// SecretProviderClasses.
    pub secret_provider_classes: Vec<SecretProviderClass>,
    /// Which pod mounted which of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret_provider_class_pod_statuses: Vec<SecretProviderClassPodStatus>,
    /// ExternalSecrets.
    pub external_secrets: Vec<ExternalSecret>,
    /// ClusterExternalSecrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cluster_external_secrets: Vec<ClusterExternalSecret>,
    /// SecretStores and ClusterSecretStores.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret_stores: Vec<SecretStore>,
    /// PushSecrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub push_secrets: Vec<PushSecret>,
    /// Certificates that cert-manager keeps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Certificate>,
}
