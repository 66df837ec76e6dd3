//! What ECR's scans say of the images that run.
//!
//! Amazon ECR User Guide, "Scan images for software vulnerabilities"; API Reference,
//! `ImageScanStatus`. Only older basic scans show in `DescribeImages`; the others are asked for
//! image by image.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::coverage::Source;
use crate::snapshot::ecr::{Image, ImageFindings, Repository};
use crate::snapshot::time::Time;

use super::Graph;
use super::image::{EcrName, InEcr};
use super::path::{EdgeKind, Step};
use super::wording::some_of;
use super::workload::Workload;

/// An image of a seen registry that runs, once for all references to it.
#[derive(Debug)]
pub struct EcrImage<'s> {
    /// Where it lies.
    pub name: EcrName<'s>,
    /// Its repository.
    pub repository: &'s Repository,
    /// The image.
    pub image: &'s Image,
    /// What its scan found, where that was read.
    pub findings: Option<&'s ImageFindings>,
    /// How it is asked for, the first by name: `NAME:TAG`.
    pub label: String,
    /// The places of the workloads that run it.
    pub workloads: BTreeSet<usize>,
}

/// What is known of an image's scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan<'s> {
    /// It has a result.
    Done(Done<'s>),
    /// There was none, or its result is gone.
    Never,
    /// It waits or works.
    Waiting(&'s str),
    /// It ended without a result: the status, and why.
    Failed(&'s str, Option<&'s str>),
    /// The image is an index of images for several platforms, and those are scanned.
    OfPlatforms,
    /// What would tell was not read.
    Unread,
}

/// A scan that has a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done<'s> {
    /// When it ended.
    pub at: Option<Time>,
    /// Whether Inspector scans the image again by itself whenever something new is known.
    pub continuous: bool,
    /// Whether Inspector has given the image up.
    pub expired: bool,
    /// How many findings, by severity; absent where they were not read.
    pub counts: Option<&'s BTreeMap<String, u32>>,
}

impl<'s> EcrImage<'s> {
    /// The ARN of its repository.
    pub fn repository_arn(&self) -> String {
        repository_arn(self.name, self.repository)
    }

    /// As a title bears it: without the registry's host, and of a digest the first digits.
    pub fn short_label(&self) -> &str {
        let name = self.label.split_once('/').map_or("", |(_, name)| name);
        match name.find("@sha256:") {
            Some(at) => name.get(..at + "@sha256:".len() + 12).unwrap_or(name),
            None => name,
        }
    }

    /// Who runs it: `Deployment payments/api in prod`, at most three by name.
    pub fn users_text(&self, graph: &Graph<'_>) -> String {
        let users: Vec<String> = self
            .workloads(graph)
            .map(|one| format!("{} in {}", one.label(), one.cluster))
            .collect();
        some_of(&users)
    }

    /// What is known of its scan.
    pub fn scan(&self, graph: &Graph<'_>) -> Scan<'s> {
        let status = self
            .findings
            .and_then(|findings| findings.image_scan_status.as_ref())
            .or(self.image.image_scan_status.as_ref());
        let found = self
            .findings
            .and_then(|findings| findings.image_scan_findings.as_ref());
        let summary = self.image.image_scan_findings_summary.as_ref();
        let word = status.and_then(|status| status.status.as_deref());
        match word {
            None | Some("COMPLETE" | "ACTIVE" | "SCAN_ELIGIBILITY_EXPIRED") => {}
            Some(waiting @ ("PENDING" | "IN_PROGRESS")) => return Scan::Waiting(waiting),
            Some(other) => {
                let why = status.and_then(|status| status.description.as_deref());
                return Scan::Failed(other, why);
            }
        }
        if word.is_none() && found.is_none() && summary.is_none() {
            return self.without_a_word(graph);
        }
        let at = found
            .and_then(|found| found.image_scan_completed_at)
            .or_else(|| summary?.image_scan_completed_at);
        let counts = found
            .map(|found| &found.finding_severity_counts)
            .or_else(|| Some(&summary?.finding_severity_counts));
        Scan::Done(Done {
            at,
            continuous: word == Some("ACTIVE"),
            expired: word == Some("SCAN_ELIGIBILITY_EXPIRED"),
            counts,
        })
    }

    /// Why a scan tells nothing, as a sentence; nothing where it has a result.
    pub fn why_unknown(&self, scan: Scan<'_>) -> Option<String> {
        let label = &self.label;
        Some(match scan {
            Scan::Done(_) => return None,
            Scan::Never => format!("{label} was never scanned"),
            Scan::Waiting(status) => format!("the scan of {label} is {status}"),
            Scan::Failed(status, _) => format!("the scan of {label} ended as {status}"),
            Scan::OfPlatforms => {
                format!("{label} is an index of images for several platforms, which are scanned")
            }
            Scan::Unread => format!("the scan findings of {label} were not read"),
        })
    }

    fn without_a_word(&self, graph: &Graph<'_>) -> Scan<'s> {
        let region = format!("{}/{}", self.name.account, self.name.region);
        if is_index(self.image) {
            Scan::OfPlatforms
        } else if graph.saw(Source::SCAN_FINDINGS, &region) {
            Scan::Never
        } else {
            Scan::Unread
        }
    }

    /// The workloads that run it, by place.
    pub fn workloads<'g>(&self, graph: &'g Graph<'s>) -> impl Iterator<Item = &'g Workload<'s>> {
        self.workloads
            .iter()
            .filter_map(|at| graph.workloads.workloads.get(*at))
    }

    /// A workload runs it.
    pub fn path(&self, graph: &Graph<'_>) -> Vec<Step> {
        let first = self
            .workloads
            .first()
            .and_then(|at| graph.workloads.workloads.get(*at));
        first
            .map(|workload| {
                Step::new(
                    workload.id.clone(),
                    EdgeKind::RunsImage,
                    self.repository_arn(),
                    format!("{}, {}", self.label, self.image.image_digest),
                )
            })
            .into_iter()
            .collect()
    }
}

/// Whether an image names others for several platforms (OCI image specification, "Image Index";
/// Docker, "Image Manifest V2, Schema 2", manifest list).
fn is_index(image: &Image) -> bool {
    let media_type = image.image_manifest_media_type.as_deref();
    media_type.is_some_and(|kind| {
        kind.starts_with("application/vnd.oci.image.index.")
            || kind.starts_with("application/vnd.docker.distribution.manifest.list.")
    })
}

/// A repository's ARN, which some emulators leave out.
pub fn repository_arn(name: EcrName<'_>, repository: &Repository) -> String {
    if !repository.repository_arn.is_empty() {
        return repository.repository_arn.clone();
    }
    let partition = match name.region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!(
        "arn:{partition}:ecr:{}:{}:repository/{}",
        name.region, name.account, name.repository
    )
}

impl<'s> Graph<'s> {
    /// The images of seen registries that run, by account, region, repository and digest.
    pub fn ecr_images(&self) -> Vec<EcrImage<'s>> {
        let mut found: BTreeMap<(EcrName<'s>, &'s str), EcrImage<'s>> = BTreeMap::new();
        for running in &self.images {
            let InEcr::Found {
                repository,
                image,
                findings,
            } = running.ecr
            else {
                continue;
            };
            let Some(name) = running.reference.ecr() else {
                continue;
            };
            let one = found
                .entry((name, image.image_digest.as_str()))
                .or_insert_with(|| EcrImage {
                    name,
                    repository,
                    image,
                    findings,
                    label: running.label(),
                    workloads: BTreeSet::new(),
                });
            one.workloads.extend(&running.workloads);
        }
        found.into_values().collect()
    }

    /// Images of ECR that run and of which nothing can be said, a sentence each: gone from their
    /// repository or with it, though all of that was read; or of a registry that was not read.
    pub fn lost_images(&self) -> impl Iterator<Item = String> {
        self.images.iter().filter_map(|running| {
            let name = running.reference.ecr()?;
            let region = format!("{}/{}", name.account, name.region);
            let saw = |source| self.saw(source, &region);
            match running.ecr {
                InEcr::Missing(_) if saw(Source::IMAGES) => {
                    Some(format!("{} runs and is no longer in ECR", running.label()))
                }
                InEcr::Elsewhere if is_of_aws(name) => None,
                InEcr::Elsewhere if saw(Source::REPOSITORIES) => Some(format!(
                    "{} runs and its repository is no longer in ECR",
                    running.label()
                )),
                InEcr::Elsewhere => {
                    let label = running.label();
                    Some(format!(
                        "{label} runs, and the registry {region} was not read"
                    ))
                }
                InEcr::Missing(_) | InEcr::Found { .. } => None,
            }
        })
    }
}

/// Whether a registry is one of those that AWS serves add-ons from: nobody else can look into them
/// (EKS User Guide, "View Amazon container image registries for Amazon EKS add-ons").
fn is_of_aws(name: EcrName<'_>) -> bool {
    ADD_ON_REGISTRIES.contains(&name.account)
}

/// The accounts of these registries, one or more regions each.
const ADD_ON_REGISTRIES: &[&str] = &[
    "013241004608",
    "066635153087",
    "121268973566",
    "151610086707",
    "151742754352",
    "296578399912",
    "333609536671",
    "455263428931",
    "491585149902",
    "533267051163",
    "558608220178",
    "590381155156",
    "602401143452",
    "730335286997",
    "759879836304",
    "761377655185",
    "800184023465",
    "877085696533",
    "900612956339",
    "900889452093",
    "918309763551",
    "961992271922",
];
