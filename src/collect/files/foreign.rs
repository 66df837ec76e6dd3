//! Prints and reports that are recognised and not read yet in this version.

use super::document::Doc;

/// Whether a document is one of a kind.
type Fits = fn(&Doc) -> bool;

/// What a document is, by keys that only it has.
const KNOWN: &[(&str, Fits)] = &[
    ("ec2 describe-subnets", |doc| doc.starts("Subnets", '[')),
    ("ec2 describe-route-tables", |doc| {
        doc.starts("RouteTables", '[')
    }),
    ("ec2 describe-vpc-endpoints", |doc| {
        doc.starts("VpcEndpoints", '[')
    }),
    ("ssm describe-instance-patch-states", |doc| {
        doc.starts("InstancePatchStates", '[')
    }),
    ("logs describe-log-groups", |doc| {
        doc.starts("logGroups", '[')
    }),
    ("inspector2 list-findings", |doc| {
        doc.starts("findings", '[')
    }),
    ("inspector2 list-coverage", |doc| {
        doc.starts("coveredResources", '[')
    }),
    ("a Security Hub export", |doc| doc.starts("Findings", '[')),
    ("a Trivy report", |doc| {
        doc.has("SchemaVersion") && doc.has("ArtifactName")
            || doc.has("ClusterName") && doc.has("Vulnerabilities")
    }),
    ("a Grype report", |doc| {
        doc.starts("matches", '[') && doc.has("descriptor")
    }),
    ("a Snyk report", |doc| {
        doc.has("vulnerabilities") && doc.has("dependencyCount")
    }),
    ("a Clair report", |doc| {
        doc.has("vulnerabilities") && (doc.has("unapproved") || doc.has("manifest_hash"))
            || doc.has("LayerCount")
    }),
    ("an Anchore report", |doc| {
        doc.has("vulnerabilities") && doc.has("vulnerability_type")
            || doc.has("vuln") && doc.has("packageName") && doc.has("feed")
    }),
    ("an Aqua report", |doc| {
        doc.has("image_assurance_results") || doc.has("cves_counts") && doc.has("image_name")
    }),
    ("a Sysdig report", |doc| {
        doc.has("scanner") && doc.has("result") || doc.has("panels") && doc.has("zones")
    }),
    ("a CycloneDX document", |doc| doc.has("bomFormat")),
    ("an SPDX document", |doc| doc.has("spdxVersion")),
    ("a SARIF report", |doc| {
        doc.starts("runs", '[') && doc.has("version")
    }),
];

/// What a document is, if it is one of these.
pub(super) fn what(doc: &Doc) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|(_, fits)| fits(doc))
        .map(|(name, _)| *name)
}

/// Whether an envelope of this source is for a later version: its service is known.
pub(super) fn is_later_source(source: &str) -> bool {
    [
        "ec2:",
        "kms:",
        "ssm:",
        "logs:",
        "elasticloadbalancing:",
        "elbv2:",
        "inspector2:",
    ]
    .iter()
    .any(|service| source.starts_with(service))
}
