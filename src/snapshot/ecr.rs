//! What ECR says of a registry in a region, in the field names of its API.
//!
//! Shapes: Amazon ECR API Reference, data types `Repository`, `ImageDetail`,
//! `ImageScanFindings`, `EnhancedImageScanFinding`, `RegistryScanningConfiguration`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::eks::shapes;
use super::iam::PolicyText;
use super::time::Time;

shapes! {
    /// A repository: in `describe-repositories`.
    Repository {
        /// Its ARN.
        #[serde(default)]
        repository_arn: String,
        /// The account.
        #[serde(default)]
        registry_id: String,
        /// Its name; may have slashes.
        repository_name: String,
        /// `111122223333.dkr.ecr.eu-west-1.amazonaws.com/app`.
        #[serde(default)]
        repository_uri: String,
        /// When it was made.
        created_at: Option<Time>,
        /// `MUTABLE`, `IMMUTABLE`, or either with exclusions.
        image_tag_mutability: Option<String>,
        /// Tags that the mutability does not hold for.
        #[serde(default)]
        image_tag_mutability_exclusion_filters: Vec<MutabilityFilter>,
        /// The repository's own scan on push, in force under basic scanning.
        image_scanning_configuration: Option<ImageScanningConfiguration>,
        /// Encryption at rest.
        encryption_configuration: Option<EncryptionConfiguration>,
    }
    /// Tags that a repository's mutability does not hold for.
    MutabilityFilter {
        /// `WILDCARD`.
        filter_type: Option<String>,
        /// The pattern.
        filter: Option<String>,
    }
    /// Scan on push.
    ImageScanningConfiguration {
        /// On?
        scan_on_push: Option<bool>,
    }
    /// Encryption at rest.
    EncryptionConfiguration {
        /// `AES256`, `KMS` or `KMS_DSSE`.
        encryption_type: Option<String>,
        /// The key.
        kms_key: Option<String>,
    }
    /// An image: in `describe-images`.
    Image {
        /// The account.
        #[serde(default)]
        registry_id: String,
        /// Its repository.
        repository_name: String,
        /// `sha256:…`.
        image_digest: String,
        /// Its tags now.
        #[serde(default)]
        image_tags: Vec<String>,
        /// Bytes, compressed.
        image_size_in_bytes: Option<i64>,
        /// When it was pushed.
        image_pushed_at: Option<Time>,
        /// How its last scan went.
        image_scan_status: Option<ScanStatus>,
        /// What its last basic scan found, in short.
        image_scan_findings_summary: Option<FindingsSummary>,
        /// The media type of its manifest: an index names images of several platforms.
        image_manifest_media_type: Option<String>,
        /// The media type of the artifact.
        artifact_media_type: Option<String>,
        /// When it was last pulled, to the day.
        last_recorded_pull_time: Option<Time>,
    }
    /// How a scan went.
    ScanStatus {
        /// `COMPLETE`, `ACTIVE`, `PENDING`, `FAILED`, `UNSUPPORTED_IMAGE`, …
        status: Option<String>,
        /// Why.
        description: Option<String>,
    }
    /// What a scan found, in short.
    FindingsSummary {
        /// When it ended.
        image_scan_completed_at: Option<Time>,
        /// How old its data was.
        vulnerability_source_updated_at: Option<Time>,
        /// How many, by severity: `CRITICAL`, `HIGH`, …
        #[serde(default)]
        finding_severity_counts: BTreeMap<String, u32>,
    }
    /// Whether and how the registry scans: `get-registry-scanning-configuration`.
    RegistryScanning {
        /// The account.
        registry_id: Option<String>,
        /// Type and rules.
        scanning_configuration: ScanningConfiguration,
    }
    /// Type and rules of the registry's scanning.
    ScanningConfiguration {
        /// `BASIC` or `ENHANCED`.
        scan_type: Option<String>,
        /// Which repositories, and when.
        #[serde(default)]
        rules: Vec<ScanningRule>,
    }
    /// Which repositories are scanned, and when.
    ScanningRule {
        /// `SCAN_ON_PUSH`, `CONTINUOUS_SCAN` or `MANUAL`.
        scan_frequency: Option<String>,
        /// Names of repositories.
        #[serde(default)]
        repository_filters: Vec<ScanningFilter>,
    }
    /// Names of repositories.
    ScanningFilter {
        /// A name with `*`; without one it matches every name that holds it.
        filter: String,
        /// `WILDCARD`.
        filter_type: Option<String>,
    }
    /// Findings of one image: `describe-image-scan-findings`.
    ImageFindings {
        /// The account.
        #[serde(default)]
        registry_id: String,
        /// The repository.
        repository_name: String,
        /// Digest and tag.
        image_id: ImageId,
        /// How the scan went.
        image_scan_status: Option<ScanStatus>,
        /// What it found.
        image_scan_findings: Option<ScanFindings>,
    }
    /// Digest and tag of an image.
    ImageId {
        /// `sha256:…`.
        image_digest: Option<String>,
        /// A tag.
        image_tag: Option<String>,
    }
    /// What a scan found.
    ScanFindings {
        /// When it ended.
        image_scan_completed_at: Option<Time>,
        /// How old its data was.
        vulnerability_source_updated_at: Option<Time>,
        /// How many, by severity.
        #[serde(default)]
        finding_severity_counts: BTreeMap<String, u32>,
        /// Of basic scanning.
        #[serde(default)]
        findings: Vec<BasicFinding>,
        /// Of enhanced scanning (Inspector).
        #[serde(default)]
        enhanced_findings: Vec<EnhancedFinding>,
    }
    /// A finding of basic scanning.
    BasicFinding {
        /// `CVE-…`.
        name: String,
        /// Where it is described.
        uri: Option<String>,
        /// `CRITICAL`, …
        severity: Option<String>,
        /// `package_name`, `package_version`, …
        #[serde(default)]
        attributes: Vec<Attribute>,
    }
    /// A named value.
    Attribute {
        /// The name.
        key: String,
        /// The value.
        value: Option<String>,
    }
    /// A finding of enhanced scanning.
    EnhancedFinding {
        /// Its ARN.
        finding_arn: Option<String>,
        /// `CRITICAL`, …
        severity: Option<String>,
        /// `ACTIVE`, `SUPPRESSED`, `CLOSED`.
        status: Option<String>,
        /// Whether an exploit is known.
        exploit_available: Option<String>,
        /// Whether a fix is known.
        fix_available: Option<String>,
        /// When it was first seen.
        first_observed_at: Option<Time>,
        /// When it was last seen.
        last_observed_at: Option<Time>,
        /// What is vulnerable.
        package_vulnerability_details: Option<PackageVulnerability>,
    }
    /// A vulnerability of some packages.
    PackageVulnerability {
        /// `CVE-…`.
        vulnerability_id: String,
        /// The packages.
        #[serde(default)]
        vulnerable_packages: Vec<VulnerablePackage>,
    }
    /// A vulnerable package.
    VulnerablePackage {
        /// Its name.
        name: Option<String>,
        /// Its version.
        version: Option<String>,
        /// The version that is not vulnerable.
        fixed_in_version: Option<String>,
    }
}

/// A policy of a repository, by the repository's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepositoryPolicy {
    /// The repository.
    pub repository_name: String,
    /// The document.
    #[serde(alias = "lifecyclePolicyText")]
    pub policy_text: PolicyText,
}

/// ECR in a region. Lists are sorted by name, then digest.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Ecr {
    /// Repositories.
    pub repositories: Vec<Repository>,
    /// Whether the registry scans.
    pub scanning: Option<RegistryScanning>,
    /// Images.
    pub images: Vec<Image>,
    /// Findings of the images that run.
    pub findings: Vec<ImageFindings>,
    /// Who may use a repository.
    pub policies: Vec<RepositoryPolicy>,
    /// What a repository deletes by itself.
    pub lifecycle_policies: Vec<RepositoryPolicy>,
}
