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
