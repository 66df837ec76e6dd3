//! Secrets that the secrets-store CSI driver mounts into pods: its classes, and which pod mounted which.
//!
//! Shapes: secrets-store-csi-driver, `secrets-store.csi.x-k8s.io/v1`; AWS Secrets Manager User Guide,
//! "SecretProviderClass" (of the AWS Secrets and Configuration Provider).

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};

use super::provider_objects::ProviderObjects;

objects! {
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
        /// What the provider is told.
        parameters: ProviderParameters,
        /// Kubernetes Secrets that it makes.
        secret_objects: Vec<SecretObject>,
    }
    /// What the provider of AWS is told; of what others are told nothing is kept but objects of the same form.
    ProviderParameters {
        /// The region; by default that of the node.
        region: Option<String>,
        /// Where to read what cannot be read there.
        failover_region: Option<String>,
        /// What stands for a slash in the names of files; `False`: none.
        path_translation: Option<String>,
        /// `true`: by EKS Pod Identity; else by IRSA.
        use_pod_identity: Option<String>,
        /// What is mounted.
        #[serde(skip_serializing_if = "ProviderObjects::is_empty")]
        objects: ProviderObjects,
    }
    /// A Kubernetes Secret that a SecretProviderClass makes.
    SecretObject {
        /// Its name.
        secret_name: Option<String>,
        /// Its type.
        #[serde(rename = "type")]
        kind: Option<String>,
        /// Its keys.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        data: Vec<SecretObjectData>,
    }
    /// A key of a Kubernetes Secret that a SecretProviderClass makes.
    SecretObjectData {
        /// The name, or the alias, of what is mounted.
        object_name: Option<String>,
        /// The key.
        key: Option<String>,
    }
    /// Which class a pod mounted.
    SecretProviderClassPodStatus {
        /// Name, …
        metadata: Metadata,
        /// What it is.
        status: ProviderClassPodStatus,
    }
    /// Which class a pod mounted.
    ProviderClassPodStatus {
        /// The pod.
        pod_name: Option<String>,
        /// The class.
        secret_provider_class_name: Option<String>,
        /// Whether it is mounted.
        mounted: Option<bool>,
        /// What is mounted.
        objects: Vec<MountedObject>,
    }
    /// Something that is mounted.
    MountedObject {
        /// Its id: of AWS the object's name.
        id: String,
        /// Its version there.
        version: String,
    }
}
