//! Certificates that cert-manager keeps in Secrets. What is in them, and their keys, is never read.
//!
//! Shapes: cert-manager, API reference, `cert-manager.io/v1`, `Certificate`.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};
use crate::snapshot::time::Time;

use super::SyncCondition;

objects! {
    /// A Certificate of cert-manager.
    Certificate {
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: CertificateSpec,
        /// What it is.
        status: CertificateStatus,
    }
    /// What a Certificate should be.
    CertificateSpec {
        /// The Secret of its namespace that it is kept in, with its key.
        secret_name: String,
        /// How long it should be good; by default 90 days.
        duration: Option<String>,
        /// How long before its end it is renewed; by default a third of its life.
        renew_before: Option<String>,
        /// Who signs it.
        issuer_ref: IssuerReference,
    }
    /// Who signs certificates.
    IssuerReference {
        /// The API group; absent: cert-manager's.
        group: Option<String>,
        /// `Issuer` or `ClusterIssuer`; by default the first.
        kind: Option<String>,
        /// Its name.
        name: String,
    }
    /// What a Certificate is.
    CertificateStatus {
        /// Since when it is good.
        not_before: Option<Time>,
        /// When it ends.
        not_after: Option<Time>,
        /// When it should be renewed.
        renewal_time: Option<Time>,
        /// When it last could not be renewed.
        last_failure_time: Option<Time>,
        /// How it fares.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<SyncCondition>,
    }
}
