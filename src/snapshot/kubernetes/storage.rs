//! Persistent volumes, and the claims on them.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};

objects! {
    /// A claim on a persistent volume.
    PersistentVolumeClaim {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: ClaimSpec,
    }
    /// What a claim should be.
    ClaimSpec {
        /// `ReadWriteOnce`, `ReadWriteMany`, …
        access_modes: Vec<String>,
        /// The volume that it is bound to.
        volume_name: Option<String>,
    }
    /// A persistent volume.
    PersistentVolume {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: PersistentVolumeSpec,
    }
    /// What a persistent volume should be.
    PersistentVolumeSpec {
        /// By a CSI driver.
        csi: Option<CsiHandle>,
        /// A directory of an NFS server.
        nfs: Option<NfsVolume>,
    }
    /// What a CSI driver calls a volume.
    CsiHandle {
        /// `efs.csi.aws.com`, …
        driver: String,
        /// Its id there.
        volume_handle: String,
        /// The Secret with which it is attached.
        controller_publish_secret_ref: Option<PlacedReference>,
        /// The Secret with which it is made ready on a node.
        node_stage_secret_ref: Option<PlacedReference>,
        /// The Secret with which it is mounted.
        node_publish_secret_ref: Option<PlacedReference>,
        /// The Secret with which it is made larger.
        controller_expand_secret_ref: Option<PlacedReference>,
        /// The Secret with which its file system is made larger.
        node_expand_secret_ref: Option<PlacedReference>,
    }
    /// A reference by name and namespace.
    PlacedReference {
        /// The name.
        name: Option<String>,
        /// The namespace.
        namespace: Option<String>,
    }
    /// A directory of an NFS server.
    NfsVolume {
        /// The server.
        server: String,
        /// The directory.
        path: String,
        /// Whether it is only read.
        read_only: Option<bool>,
    }
}

impl CsiHandle {
    /// The Secrets that the driver is given.
    pub fn secrets(&self) -> impl Iterator<Item = &PlacedReference> {
        let all = [
            &self.controller_publish_secret_ref,
            &self.node_stage_secret_ref,
            &self.node_publish_secret_ref,
            &self.controller_expand_secret_ref,
            &self.node_expand_secret_ref,
        ];
        all.into_iter().flatten()
    }
}
