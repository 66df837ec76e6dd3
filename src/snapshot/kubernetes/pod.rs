//! A pod, as it is asked for and as it runs.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::credential::{EnvValue, KeyIds};
use crate::snapshot::kubernetes_meta::{Metadata, nullable};
use crate::snapshot::time::Time;

use super::{Labels, LocalReference, NfsVolume};

objects! {
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
        /// The ids of access keys in its command.
        #[serde(skip_serializing_if = "KeyIds::is_empty")]
        command: KeyIds,
        /// The ids of access keys in its arguments.
        #[serde(skip_serializing_if = "KeyIds::is_empty")]
        args: KeyIds,
        /// Environment variables.
        env: Vec<EnvVar>,
        /// Environment variables from whole objects.
        env_from: Vec<EnvFrom>,
        /// Where volumes are.
        volume_mounts: Vec<VolumeMount>,
        /// Ports.
        ports: Vec<ContainerPort>,
        /// Whether its main process can be written to; without it that reads nothing.
        stdin: Option<bool>,
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
        /// The node's address that the port is on; absent: all of them.
        #[serde(rename = "hostIP")]
        host_ip: Option<String>,
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
        /// A path in the volume that depends on variables.
        sub_path_expr: Option<String>,
        /// Whether it cannot be written.
        read_only: Option<bool>,
    }
    /// A volume.
    Volume {
        /// Its name.
        name: String,
        /// A Secret.
        secret: Option<SecretVolume>,
        /// A ConfigMap.
        config_map: Option<ConfigMapVolume>,
        /// A path of the node.
        host_path: Option<HostPath>,
        /// Several sources.
        projected: Option<Projected>,
        /// By a CSI driver.
        csi: Option<CsiVolume>,
        /// A claim.
        persistent_volume_claim: Option<Claim>,
        /// A directory of an NFS server.
        nfs: Option<NfsVolume>,
    }
    /// A ConfigMap as a volume.
    ConfigMapVolume {
        /// The ConfigMap.
        name: String,
        /// Which keys; empty: all.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        items: Vec<KeyToPath>,
        /// Whether the pod starts without it.
        optional: Option<bool>,
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
        /// A ConfigMap.
        config_map: Option<ConfigMapProjection>,
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
    /// A ConfigMap in a projected volume.
    ConfigMapProjection {
        /// The ConfigMap.
        name: Option<String>,
        /// Which keys; empty: all.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        items: Vec<KeyToPath>,
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
        /// Whether it is only read.
        read_only: Option<bool>,
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
        /// Settings for Windows.
        windows_options: Option<WindowsOptions>,
    }
    /// Settings for Windows.
    WindowsOptions {
        /// Whether it runs as a process of the node.
        host_process: Option<bool>,
        /// The user.
        run_as_user_name: Option<String>,
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
        /// Whether it runs.
        state: Option<ContainerState>,
    }
    /// Whether a container runs; absent where it waits or has ended.
    ContainerState {
        /// Since when.
        running: Option<RunningState>,
    }
    /// A container that runs.
    RunningState {
        /// Since when.
        started_at: Option<Time>,
    }
}
