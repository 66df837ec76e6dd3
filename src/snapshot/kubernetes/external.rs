//! Secrets that come from outside the cluster: SecretProviderClasses and ExternalSecrets.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};
use crate::snapshot::time::Time;

use super::Labels;

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
