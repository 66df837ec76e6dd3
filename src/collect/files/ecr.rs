//! What the AWS CLI prints of ECR.
//!
//! Shapes: AWS CLI Command Reference, `ecr describe-repositories`, `describe-images`,
//! `describe-image-scan-findings`, `get-registry-scanning-configuration`,
//! `get-repository-policy`, `get-lifecycle-policy`.

use crate::snapshot::ecr::{Image, ImageFindings, RegistryScanning, Repository, RepositoryPolicy};

use super::document::Doc;
use super::error::Fault;
use super::place::Hint;
use super::print::{Page, Print as AnyPrint, Shape, or_fault};

/// What a document says of ECR. Only repositories say their region.
#[derive(Debug)]
pub(super) enum Print {
    /// `describe-repositories`.
    Repositories(Vec<Repository>, Page),
    /// `describe-images` of the named repository; empty where there are no images and no envelope.
    Images(String, Vec<Image>, Page),
    /// `describe-image-scan-findings`.
    Findings(Hint, Box<ImageFindings>, Page),
    /// `get-registry-scanning-configuration`.
    Scanning(Hint, RegistryScanning),
    /// `get-repository-policy`; none where an envelope says that there is none.
    Policy(Hint, Option<RepositoryPolicy>),
    /// `get-lifecycle-policy`; none where an envelope says that there is none.
    Lifecycle(Hint, Option<RepositoryPolicy>),
}

/// The shapes of this service.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        source: "ecr:DescribeRepositories",
        keys: &["repositories"],
        fits: |doc| {
            doc.raw("repositories").is_some_and(|list| {
                let list = list.get();
                list.starts_with('[')
                    && (list.contains("\"repositoryUri\"")
                        || list.contains(":ecr:")
                        || list.trim_end_matches(']').trim_end() == "[")
            })
        },
        read: |doc, faults| {
            let before = faults.len();
            let repositories = doc.list("repositories", faults);
            let page = Page::of(doc, faults.len() - before);
            wrap(Print::Repositories(repositories, page))
        },
    },
    Shape {
        source: "ecr:DescribeImages",
        keys: &["imageDetails"],
        fits: |doc| doc.has("imageDetails"),
        read: |doc, faults| {
            let before = faults.len();
            let images: Vec<Image> = doc.list("imageDetails", faults);
            let page = Page::of(doc, faults.len() - before);
            let asked = doc.envelope.asked("repositoryName").map(str::to_owned);
            let name = images
                .first()
                .map(|image| image.repository_name.clone())
                .or(asked);
            wrap(Print::Images(name.unwrap_or_default(), images, page))
        },
    },
    Shape {
        source: "ecr:DescribeImageScanFindings",
        keys: &["imageScanFindings", "imageScanStatus"],
        fits: |doc| {
            doc.has("imageId") && (doc.has("imageScanFindings") || doc.has("imageScanStatus"))
        },
        read: |doc, faults| {
            let findings: Box<ImageFindings> = or_fault(doc.whole(), faults)?;
            let hint = registry(&findings.registry_id, doc);
            wrap(Print::Findings(hint, findings, Page::of(doc, 0)))
        },
    },
    Shape {
        source: "ecr:GetRegistryScanningConfiguration",
        keys: &["scanningConfiguration"],
        fits: |doc| doc.starts("scanningConfiguration", '{'),
        read: |doc, faults| {
            let scanning: RegistryScanning = or_fault(doc.whole(), faults)?;
            let hint = registry(scanning.registry_id.as_deref().unwrap_or_default(), doc);
            wrap(Print::Scanning(hint, scanning))
        },
    },
    Shape {
        source: "ecr:GetRepositoryPolicy",
        keys: &["policyText"],
        fits: |doc| doc.has("policyText") && doc.has("repositoryName"),
        read: |doc, faults| {
            let (hint, policy) = policy(doc, faults)?;
            wrap(Print::Policy(hint, policy))
        },
    },
    Shape {
        source: "ecr:GetLifecyclePolicy",
        keys: &["lifecyclePolicyText"],
        fits: |doc| doc.has("lifecyclePolicyText") && doc.has("repositoryName"),
        read: |doc, faults| {
            let (hint, policy) = policy(doc, faults)?;
            wrap(Print::Lifecycle(hint, policy))
        },
    },
];

fn wrap(print: Print) -> Option<AnyPrint> {
    Some(AnyPrint::Ecr(print))
}

fn registry(id: &str, doc: &Doc) -> Hint {
    Hint::account(id).or(&Hint::envelope(&doc.envelope))
}

/// The policy of a print. An empty answer in an envelope: asked, and there is none.
fn policy(doc: &Doc, faults: &mut Vec<Fault>) -> Option<(Hint, Option<RepositoryPolicy>)> {
    if doc.keys().next().is_none() {
        return Some((Hint::envelope(&doc.envelope), None));
    }
    let hint = registry(&doc.word("registryId").unwrap_or_default(), doc);
    Some((hint, Some(or_fault(doc.whole(), faults)?)))
}
