//! Secrets that the external-secrets operator brings into the cluster, and out of it.
//!
//! Shapes: external-secrets.io, API specification, `ExternalSecret`, `ClusterExternalSecret`, `PushSecret`. Of a target's
//! template nothing is read: it may hold values.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};
use crate::snapshot::kubernetes_rbac::LabelSelector;
use crate::snapshot::time::Time;

objects! {
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
        /// `Periodic`, `CreatedOnce`, `OnChange`; by default the first.
        refresh_policy: Option<String>,
        /// How often it is read again; `0`: never.
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
        /// `SecretStore` or `ClusterSecretStore`; by default the first.
        kind: Option<String>,
    }
    /// The Secret that an ExternalSecret makes; by default of its own name.
    ExternalTarget {
        /// Its name.
        name: Option<String>,
        /// `Owner`, `Orphan`, `Merge`, `None`; by default the first.
        creation_policy: Option<String>,
        /// `Retain`, `Delete`, `Merge`; by default the first.
        deletion_policy: Option<String>,
        /// Whether it is never changed again.
        immutable: Option<bool>,
    }
    /// A key of the store.
    ExternalData {
        /// The key in the Secret.
        secret_key: Option<String>,
        /// The entry in the store.
        remote_ref: Option<RemoteReference>,
        /// From another store than the ExternalSecret's.
        source_ref: Option<SourceReference>,
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
    /// Whole entries of the store.
    ExternalDataFrom {
        /// One entry.
        extract: Option<RemoteReference>,
        /// All that are found.
        find: Option<ExternalFind>,
        /// From another store than the ExternalSecret's.
        source_ref: Option<SourceReference>,
    }
    /// Entries of the store that are looked for.
    ExternalFind {
        /// Under this path.
        path: Option<String>,
        /// By their names.
        name: Option<FindName>,
        /// By all of these tags.
        tags: Option<super::Labels>,
    }
    /// The names that are looked for.
    FindName {
        /// A regular expression.
        regexp: Option<String>,
    }
    /// Where something comes from.
    SourceReference {
        /// A store.
        store_ref: Option<StoreReference>,
        /// What makes it up.
        generator_ref: Option<GeneratorReference>,
    }
    /// What makes a value up: a password, a token of a registry.
    GeneratorReference {
        /// `ECRAuthorizationToken`, `Password`, …
        kind: Option<String>,
        /// Its name.
        name: Option<String>,
    }
    /// What an ExternalSecret is.
    ExternalSecretStatus {
        /// When it was last read.
        refresh_time: Option<Time>,
        /// What was last written.
        synced_resource_version: Option<String>,
        /// How it fares.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<SyncCondition>,
        /// The Secret that it made.
        binding: Option<super::LocalReference>,
    }
    /// How something of the operator fares. Its message is not kept.
    SyncCondition {
        /// `Ready`, `Deleted`, …
        #[serde(rename = "type")]
        kind: String,
        /// `True`, `False` or `Unknown`.
        status: String,
        /// `SecretSynced`, `SecretSyncedError`, …
        reason: Option<String>,
        /// Since when.
        last_transition_time: Option<Time>,
    }
    /// An ExternalSecret for each of many namespaces.
    ClusterExternalSecret {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: ClusterExternalSecretSpec,
        /// What it is.
        status: ClusterExternalSecretStatus,
    }
    /// What a ClusterExternalSecret should be.
    ClusterExternalSecretSpec {
        /// What each of them should be.
        external_secret_spec: ExternalSecretSpec,
        /// How they are called; by default as this.
        external_secret_name: Option<String>,
        /// In which namespaces, in its older form.
        namespace_selector: Option<LabelSelector>,
        /// In namespaces that match any of these.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        namespace_selectors: Vec<LabelSelector>,
        /// In these namespaces too.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        namespaces: Vec<String>,
        /// How often the namespaces are looked for.
        refresh_time: Option<String>,
    }
    /// What a ClusterExternalSecret is.
    ClusterExternalSecretStatus {
        /// How they are called.
        external_secret_name: Option<String>,
        /// Where one was made.
        provisioned_namespaces: Vec<String>,
        /// Where none could be made.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        failed_namespaces: Vec<FailedNamespace>,
        /// How it fares.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<SyncCondition>,
    }
    /// A namespace in which no ExternalSecret could be made.
    FailedNamespace {
        /// The namespace.
        namespace: String,
    }
    /// A Kubernetes Secret that is written into stores.
    PushSecret {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: PushSecretSpec,
        /// What it is.
        status: PushSecretStatus,
    }
    /// What a PushSecret should be.
    PushSecretSpec {
        /// How often it is written.
        refresh_interval: Option<String>,
        /// Into which stores.
        secret_store_refs: Vec<PushStoreReference>,
        /// What is written.
        selector: PushSelector,
        /// Which keys, and where.
        data: Vec<PushData>,
        /// `Replace` or `IfNotExists`.
        update_policy: Option<String>,
        /// `Delete` or `None`: what becomes of it in the store.
        deletion_policy: Option<String>,
    }
    /// Stores that something is written into.
    PushStoreReference {
        /// By name.
        name: Option<String>,
        /// `SecretStore` or `ClusterSecretStore`; by default the first.
        kind: Option<String>,
        /// By their labels.
        label_selector: Option<LabelSelector>,
    }
    /// What is written into stores.
    PushSelector {
        /// A Secret of the namespace.
        secret: Option<PushSource>,
        /// What makes it up.
        generator_ref: Option<GeneratorReference>,
    }
    /// Secrets of the namespace.
    PushSource {
        /// By name.
        name: Option<String>,
        /// By their labels.
        selector: Option<LabelSelector>,
    }
    /// A key that is written into stores.
    PushData {
        /// Which key, and where.
        #[serde(rename = "match")]
        matched: PushMatch,
    }
    /// A key, and where it is written.
    PushMatch {
        /// The key in the Secret; without one the whole Secret.
        secret_key: Option<String>,
        /// The entry in the store.
        remote_ref: PushRemote,
    }
    /// An entry in a store that is written.
    PushRemote {
        /// Its name.
        remote_key: Option<String>,
        /// A property of it.
        property: Option<String>,
    }
    /// What a PushSecret is.
    PushSecretStatus {
        /// When it was last written.
        refresh_time: Option<Time>,
        /// What was last written.
        synced_resource_version: Option<String>,
        /// How it fares.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<SyncCondition>,
    }
}
