//! What a cluster's API server says of its objects, in the field names of its API, reduced to
//! what the audit asks for.
//!
//! Shapes: Kubernetes API reference v1.33, `core/v1`, `apps/v1`, `batch/v1`,
//! `networking.k8s.io/v1`. Values that could be secret never get in: an environment variable is
//! kept as what it looks like (see [`super::credential`]), a Secret as its metadata.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::credential::EnvValue;
use super::kubernetes_meta::{Metadata, nullable};
use super::kubernetes_rbac::{Role, RoleBinding};
use super::time::Time;

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
    /// A pod.
    Pod {
        /// Name, owner, …
        metadata: Metadata,
        /// What it should be.
        spec: PodSpec,
        /// What it is.
        status: PodStatus,
    }
    /// What a pod is made of.
    PodSpec {
        /// `default` where it is absent.
        service_account_name: Option<String>,
        /// Whether the token is mounted.
        automount_service_account_token: Option<bool>,
        /// Its node.
        node_name: Option<String>,
        /// The node's network.
        host_network: Option<bool>,
        /// The node's processes.
        #[serde(rename = "hostPID")]
        host_pid: Option<bool>,
        /// The node's IPC.
        #[serde(rename = "hostIPC")]
        host_ipc: Option<bool>,
        /// Whether root inside is nobody outside.
        host_users: Option<bool>,
        /// Containers that run before the others.
        init_containers: Vec<Container>,
        /// Containers.
        containers: Vec<Container>,
        /// Containers added while it runs.
        ephemeral_containers: Vec<Container>,
        /// Volumes.
        volumes: Vec<Volume>,
        /// Registry credentials.
        image_pull_secrets: Vec<LocalReference>,
        /// Settings of all containers.
        security_context: Option<SecurityContext>,
    }
    /// A container.
    Container {
        /// Its name, unique in the pod.
        name: String,
        /// The image, as asked for.
        image: Option<String>,
        /// Environment variables.
        env: Vec<EnvVar>,
        /// Environment variables from whole objects.
        env_from: Vec<EnvFrom>,
        /// Where volumes are.
        volume_mounts: Vec<VolumeMount>,
        /// Ports.
        ports: Vec<ContainerPort>,
        /// Settings.
        security_context: Option<SecurityContext>,
    }
    /// A port of a container.
    ContainerPort {
        /// Its name.
        name: Option<String>,
        /// The port.
        container_port: i32,
        /// The port on the node.
        host_port: Option<i32>,
        /// `TCP`, …
        protocol: Option<String>,
    }
    /// An environment variable.
    EnvVar {
        /// Its name.
        name: String,
        /// What its value looks like.
        value: EnvValue,
        /// Where its value comes from.
        value_from: Option<EnvSource>,
    }
    /// Where an environment variable comes from.
    EnvSource {
        /// A key of a Secret.
        secret_key_ref: Option<KeyReference>,
        /// A key of a ConfigMap.
        config_map_key_ref: Option<KeyReference>,
    }
    /// A key of a Secret or ConfigMap.
    KeyReference {
        /// The object.
        name: String,
        /// The key.
        key: String,
        /// Whether the pod starts without it.
        optional: Option<bool>,
    }
    /// Environment variables from a whole object.
    EnvFrom {
        /// Put before each name.
        prefix: Option<String>,
        /// A Secret.
        secret_ref: Option<OptionalReference>,
        /// A ConfigMap.
        config_map_ref: Option<OptionalReference>,
    }
    /// A reference by name that may dangle.
    OptionalReference {
        /// The name.
        name: String,
        /// Whether the pod starts without it.
        optional: Option<bool>,
    }
    /// Where a volume is in a container.
    VolumeMount {
        /// The volume.
        name: String,
        /// The path in the container.
        mount_path: String,
        /// A path in the volume.
        sub_path: Option<String>,
        /// Whether it can be written.
        read_only: Option<bool>,
    }
    /// A volume.
    Volume {
        /// Its name.
        name: String,
        /// A Secret.
        secret: Option<SecretVolume>,
        /// A ConfigMap.
        config_map: Option<OptionalReference>,
        /// A path of the node.
        host_path: Option<HostPath>,
        /// Several sources.
        projected: Option<Projected>,
        /// By a CSI driver.
        csi: Option<CsiVolume>,
        /// A claim.
        persistent_volume_claim: Option<Claim>,
    }
    /// A Secret as a volume.
    SecretVolume {
        /// The Secret.
        secret_name: Option<String>,
        /// Which keys; empty: all.
        items: Vec<KeyToPath>,
        /// Whether the pod starts without it.
        optional: Option<bool>,
    }
    /// A key in a file.
    KeyToPath {
        /// The key.
        key: String,
        /// The file.
        path: String,
    }
    /// A path of the node.
    HostPath {
        /// The path.
        path: String,
        /// `Socket`, …
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    /// A projected volume.
    Projected {
        /// Its sources.
        sources: Vec<Projection>,
    }
    /// A source of a projected volume.
    Projection {
        /// A Secret.
        secret: Option<SecretProjection>,
        /// A token of the pod's service account.
        service_account_token: Option<TokenProjection>,
    }
    /// A Secret in a projected volume.
    SecretProjection {
        /// The Secret.
        name: Option<String>,
        /// Which keys; empty: all.
        items: Vec<KeyToPath>,
        /// Whether the pod starts without it.
        optional: Option<bool>,
    }
    /// A token of the pod's service account.
    TokenProjection {
        /// For whom; absent: the API server.
        audience: Option<String>,
        /// How long it holds.
        expiration_seconds: Option<i64>,
        /// The file.
        path: Option<String>,
    }
    /// A volume by a CSI driver.
    CsiVolume {
        /// `secrets-store.csi.k8s.io`, …
        driver: String,
        /// Names a SecretProviderClass, for one.
        volume_attributes: Labels,
        /// The credential that the driver gets.
        node_publish_secret_ref: Option<LocalReference>,
    }
    /// A claim on a persistent volume.
    Claim {
        /// The claim.
        claim_name: String,
    }
    /// What a pod or container may do on its node.
    SecurityContext {
        /// Everything.
        privileged: Option<bool>,
        /// More than its parent.
        allow_privilege_escalation: Option<bool>,
        /// The user.
        run_as_user: Option<i64>,
        /// The group.
        run_as_group: Option<i64>,
        /// Never as root.
        run_as_non_root: Option<bool>,
        /// Whether the root file system can be written.
        read_only_root_filesystem: Option<bool>,
        /// Capabilities.
        capabilities: Option<Capabilities>,
        /// `Unmasked`, …
        proc_mount: Option<String>,
        /// Seccomp.
        seccomp_profile: Option<Profile>,
        /// AppArmor.
        app_armor_profile: Option<Profile>,
    }
    /// Capabilities.
    Capabilities {
        /// Added.
        add: Vec<String>,
        /// Dropped.
        drop: Vec<String>,
    }
    /// A seccomp or AppArmor profile.
    Profile {
        /// `RuntimeDefault`, `Unconfined`, `Localhost`.
        #[serde(rename = "type")]
        kind: String,
    }
    /// What a pod is.
    PodStatus {
        /// `Running`, `Succeeded`, …
        phase: Option<String>,
        /// Its address.
        #[serde(rename = "podIP")]
        pod_ip: Option<String>,
        /// When it was started.
        start_time: Option<Time>,
        /// Containers.
        container_statuses: Vec<ContainerStatus>,
        /// Containers that ran before.
        init_container_statuses: Vec<ContainerStatus>,
        /// Containers added while it ran.
        ephemeral_container_statuses: Vec<ContainerStatus>,
    }
    /// What a container is.
    ContainerStatus {
        /// Its name.
        name: String,
        /// The image as the runtime names it.
        image: Option<String>,
        /// `REPOSITORY@sha256:…` of what runs.
        #[serde(rename = "imageID")]
        image_id: Option<String>,
    }
    /// A controller: Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job.
    Controller {
        /// Its kind; the API's lists leave it out of their items.
        kind: String,
        /// Name, owner, …
        metadata: Metadata,
        /// What it should be.
        spec: ControllerSpec,
        /// What it is.
        status: ControllerStatus,
    }
    /// What a controller is.
    ControllerStatus {
        /// When a Job was done.
        completion_time: Option<Time>,
        /// How a Job fares.
        conditions: Vec<Condition>,
    }
    /// A condition of a status.
    Condition {
        /// `Complete`, `Failed`, `Suspended`, …
        #[serde(rename = "type")]
        kind: String,
        /// `True`, `False` or `Unknown`.
        status: String,
    }
    /// What a controller should be.
    ControllerSpec {
        /// How many pods.
        replicas: Option<i32>,
        /// Whether a Job or CronJob waits.
        suspend: Option<bool>,
        /// The pods.
        template: PodTemplate,
    }
    /// The pods of a controller.
    PodTemplate {
        /// Labels and annotations of the pods.
        metadata: Metadata,
        /// Their spec.
        spec: PodSpec,
    }
    /// A CronJob.
    CronJob {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: CronJobSpec,
    }
    /// What a CronJob should be.
    CronJobSpec {
        /// When it runs.
        schedule: Option<String>,
        /// Whether it waits.
        suspend: Option<bool>,
        /// Its jobs.
        job_template: JobTemplate,
    }
    /// The jobs of a CronJob.
    JobTemplate {
        /// Their spec.
        spec: ControllerSpec,
    }
    /// A ConfigMap that the audit reads by name: `aws-auth`, `amazon-vpc-cni`.
    ConfigMap {
        /// Name, …
        metadata: Metadata,
        /// Its data.
        data: Labels,
    }
    /// A service.
    Service {
        /// Name, annotations, …
        metadata: Metadata,
        /// What it should be.
        spec: ServiceSpec,
    }
    /// What a service should be.
    ServiceSpec {
        /// `ClusterIP`, `LoadBalancer`, …
        #[serde(rename = "type")]
        kind: Option<String>,
        /// Which pods.
        selector: Labels,
        /// From where its load balancer may be reached.
        load_balancer_source_ranges: Vec<String>,
        /// `eks.amazonaws.com/nlb`, …
        load_balancer_class: Option<String>,
        /// Its ports.
        ports: Vec<ServicePort>,
    }
    /// A port of a service.
    ServicePort {
        /// Its name.
        name: Option<String>,
        /// The port.
        port: i32,
        /// The port on each node.
        node_port: Option<i32>,
        /// `TCP`, …
        protocol: Option<String>,
    }
    /// An ingress.
    Ingress {
        /// Name, annotations, …
        metadata: Metadata,
        /// What it should be.
        spec: IngressSpec,
    }
    /// What an ingress should be.
    IngressSpec {
        /// `alb`, …
        ingress_class_name: Option<String>,
        /// Where everything else goes.
        default_backend: Option<IngressBackend>,
        /// Hosts and paths.
        rules: Vec<IngressRule>,
        /// Certificates.
        tls: Vec<IngressTls>,
    }
    /// A host of an ingress.
    IngressRule {
        /// The host; absent: any.
        host: Option<String>,
        /// Its paths.
        http: Option<IngressPaths>,
    }
    /// Paths of a host.
    IngressPaths {
        /// The paths.
        paths: Vec<IngressPath>,
    }
    /// A path of a host.
    IngressPath {
        /// The path.
        path: Option<String>,
        /// Where it goes.
        backend: IngressBackend,
    }
    /// Where a path goes.
    IngressBackend {
        /// A service.
        service: Option<LocalReference>,
    }
    /// A certificate of an ingress.
    IngressTls {
        /// Its hosts.
        hosts: Vec<String>,
        /// The Secret that holds it.
        secret_name: Option<String>,
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
    /// A NetworkPolicy.
    NetworkPolicy {
        /// Name, …
        metadata: Metadata,
        /// Its spec, whole.
        spec: serde_json::Value,
    }
    /// A SecretProviderClass of the secrets-store CSI driver.
    SecretProviderClass {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: SecretProviderClassSpec,
    }
    /// What a SecretProviderClass should be.
    SecretProviderClassSpec {
        /// `aws`, …
        provider: Option<String>,
        /// For `aws`: `objects`, a YAML list of names, types and paths.
        parameters: Labels,
        /// Kubernetes Secrets that it makes.
        secret_objects: Vec<SecretObject>,
    }
    /// A Kubernetes Secret that a SecretProviderClass makes.
    SecretObject {
        /// Its name.
        secret_name: Option<String>,
        /// Its type.
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    /// An ExternalSecret of the external-secrets operator.
    ExternalSecret {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: ExternalSecretSpec,
        /// What it is.
        status: ExternalSecretStatus,
    }
    /// What an ExternalSecret should be.
    ExternalSecretSpec {
        /// How often it is read again.
        refresh_interval: Option<String>,
        /// From which store.
        secret_store_ref: Option<StoreReference>,
        /// Which Secret it makes.
        target: Option<ExternalTarget>,
        /// Keys of the store, one by one.
        data: Vec<ExternalData>,
        /// Whole entries of the store.
        data_from: Vec<ExternalDataFrom>,
    }
    /// A store.
    StoreReference {
        /// Its name.
        name: Option<String>,
        /// `SecretStore` or `ClusterSecretStore`.
        kind: Option<String>,
    }
    /// The Secret that an ExternalSecret makes; by default of its own name.
    ExternalTarget {
        /// Its name.
        name: Option<String>,
    }
    /// A key of the store.
    ExternalData {
        /// The key in the Secret.
        secret_key: Option<String>,
        /// The entry in the store.
        remote_ref: Option<RemoteReference>,
    }
    /// An entry in the store.
    RemoteReference {
        /// Its name.
        key: Option<String>,
        /// A property of it.
        property: Option<String>,
        /// Its version.
        version: Option<String>,
    }
    /// A whole entry of the store.
    ExternalDataFrom {
        /// The entry.
        extract: Option<RemoteReference>,
    }
    /// What an ExternalSecret is.
    ExternalSecretStatus {
        /// When it was last read.
        refresh_time: Option<Time>,
        /// What was last written.
        synced_resource_version: Option<String>,
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
    /// NetworkPolicies.
    pub network_policies: Vec<NetworkPolicy>,
    /// Services.
    pub services: Vec<Service>,
    /// Ingresses.
    pub ingresses: Vec<Ingress>,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// SecretProviderClasses.
    pub secret_provider_classes: Vec<SecretProviderClass>,
    /// ExternalSecrets.
    pub external_secrets: Vec<ExternalSecret>,
}
