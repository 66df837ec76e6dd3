//! ECR's answers in the SDK's types as the snapshot's: the same fields, by the same names.

use aws_sdk_ecr::operation::describe_image_scan_findings::DescribeImageScanFindingsOutput;
use aws_sdk_ecr::operation::get_registry_scanning_configuration::GetRegistryScanningConfigurationOutput;
use aws_sdk_ecr::types as sdk;

use super::super::value::{counts, name, time};
use crate::snapshot::ecr as seen;

/// `Repository`.
pub(super) fn repository(of: sdk::Repository) -> seen::Repository {
    let exclusions = of
        .image_tag_mutability_exclusion_filters
        .unwrap_or_default();
    seen::Repository {
        repository_arn: of.repository_arn.unwrap_or_default(),
        registry_id: of.registry_id.unwrap_or_default(),
        repository_name: of.repository_name.unwrap_or_default(),
        repository_uri: of.repository_uri.unwrap_or_default(),
        created_at: time(of.created_at),
        image_tag_mutability: name(of.image_tag_mutability),
        image_tag_mutability_exclusion_filters: exclusions
            .into_iter()
            .map(|filter| seen::MutabilityFilter {
                filter_type: Some(filter.filter_type.as_str().to_owned()),
                filter: Some(filter.filter),
            })
            .collect(),
        image_scanning_configuration: of.image_scanning_configuration.map(|scanning| {
            seen::ImageScanningConfiguration {
                scan_on_push: Some(scanning.scan_on_push),
            }
        }),
        encryption_configuration: of.encryption_configuration.map(|encryption| {
            seen::EncryptionConfiguration {
                encryption_type: Some(encryption.encryption_type.as_str().to_owned()),
                kms_key: encryption.kms_key,
            }
        }),
    }
}

/// `ImageDetail`.
pub(super) fn image(of: sdk::ImageDetail) -> seen::Image {
    seen::Image {
        registry_id: of.registry_id.unwrap_or_default(),
        repository_name: of.repository_name.unwrap_or_default(),
        image_digest: of.image_digest.unwrap_or_default(),
        image_tags: of.image_tags.unwrap_or_default(),
        image_size_in_bytes: of.image_size_in_bytes,
        image_pushed_at: time(of.image_pushed_at),
        image_scan_status: of.image_scan_status.map(scan_status),
        image_scan_findings_summary: of.image_scan_findings_summary.map(|summary| {
            seen::FindingsSummary {
                image_scan_completed_at: time(summary.image_scan_completed_at),
                vulnerability_source_updated_at: time(summary.vulnerability_source_updated_at),
                finding_severity_counts: counts(summary.finding_severity_counts),
            }
        }),
        image_manifest_media_type: of.image_manifest_media_type,
        artifact_media_type: of.artifact_media_type,
        last_recorded_pull_time: time(of.last_recorded_pull_time),
    }
}

fn scan_status(of: sdk::ImageScanStatus) -> seen::ScanStatus {
    seen::ScanStatus {
        status: name(of.status),
        description: of.description,
    }
}

/// `GetRegistryScanningConfiguration`.
pub(super) fn registry_scanning(
    of: GetRegistryScanningConfigurationOutput,
) -> Option<seen::RegistryScanning> {
    let configuration = of.scanning_configuration?;
    let rules = configuration.rules.unwrap_or_default().into_iter();
    Some(seen::RegistryScanning {
        registry_id: of.registry_id,
        scanning_configuration: seen::ScanningConfiguration {
            scan_type: name(configuration.scan_type),
            rules: rules.map(scanning_rule).collect(),
        },
    })
}

fn scanning_rule(of: sdk::RegistryScanningRule) -> seen::ScanningRule {
    let filters = of.repository_filters.into_iter();
    seen::ScanningRule {
        scan_frequency: Some(of.scan_frequency.as_str().to_owned()),
        repository_filters: filters
            .map(|filter| seen::ScanningFilter {
                filter: filter.filter,
                filter_type: Some(filter.filter_type.as_str().to_owned()),
            })
            .collect(),
    }
}

/// A page of `DescribeImageScanFindings`.
pub(super) fn findings(of: DescribeImageScanFindingsOutput) -> seen::ImageFindings {
    let id = of.image_id;
    seen::ImageFindings {
        registry_id: of.registry_id.unwrap_or_default(),
        repository_name: of.repository_name.unwrap_or_default(),
        image_id: seen::ImageId {
            image_digest: id.as_ref().and_then(|id| id.image_digest.clone()),
            image_tag: id.and_then(|id| id.image_tag),
        },
        image_scan_status: of.image_scan_status.map(scan_status),
        image_scan_findings: of.image_scan_findings.map(scan_findings),
    }
}

fn scan_findings(of: sdk::ImageScanFindings) -> seen::ScanFindings {
    seen::ScanFindings {
        image_scan_completed_at: time(of.image_scan_completed_at),
        vulnerability_source_updated_at: time(of.vulnerability_source_updated_at),
        finding_severity_counts: counts(of.finding_severity_counts),
        findings: all(of.findings, |finding| seen::BasicFinding {
            name: finding.name.unwrap_or_default(),
            uri: finding.uri,
            severity: name(finding.severity),
            attributes: all(finding.attributes, |attribute| seen::Attribute {
                key: attribute.key,
                value: attribute.value,
            }),
        }),
        enhanced_findings: all(of.enhanced_findings, |finding| seen::EnhancedFinding {
            finding_arn: finding.finding_arn,
            severity: finding.severity,
            status: finding.status,
            exploit_available: finding.exploit_available,
            fix_available: finding.fix_available,
            first_observed_at: time(finding.first_observed_at),
            last_observed_at: time(finding.last_observed_at),
            package_vulnerability_details: finding.package_vulnerability_details.map(packages),
        }),
    }
}

fn packages(of: sdk::PackageVulnerabilityDetails) -> seen::PackageVulnerability {
    seen::PackageVulnerability {
        vulnerability_id: of.vulnerability_id.unwrap_or_default(),
        vulnerable_packages: all(of.vulnerable_packages, |package| seen::VulnerablePackage {
            name: package.name,
            version: package.version,
            fixed_in_version: package.fixed_in_version,
        }),
    }
}

fn all<A, B>(list: Option<Vec<A>>, map: impl Fn(A) -> B) -> Vec<B> {
    list.unwrap_or_default().into_iter().map(map).collect()
}
