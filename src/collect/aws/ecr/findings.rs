//! Scan findings of the images that run.

use std::collections::BTreeSet;

use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::ImageIdentifier;

use super::super::failure::Failure;
use super::super::read::{Answer, Tally, each, pages};
use super::map;
use super::running::RunningImage;
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::ecr::{Ecr, ImageFindings};

/// An image that was never scanned, or is no more, has no findings.
const NO_FINDINGS: &[&str] = &[
    "ScanNotFoundException",
    "ImageNotFoundException",
    "RepositoryNotFoundException",
];

/// The findings of those of these images that are in the registry which was read.
pub(in crate::collect) async fn collect(
    client: &Client,
    scope: &str,
    ecr: &Ecr,
    running: &BTreeSet<RunningImage>,
    coverage: &mut Coverage,
    progress: &dyn Progress,
) -> Vec<ImageFindings> {
    let (account, region) = scope.split_once('/').unwrap_or((scope, ""));
    let asked: BTreeSet<(String, String)> = running
        .iter()
        .filter(|image| image.account == account && image.region == region)
        .filter_map(|image| Some((image.repository.clone(), digest(ecr, image)?)))
        .collect();
    let source = Source::SCAN_FINDINGS;
    let ids = asked
        .iter()
        .map(|(repository, digest)| format!("{repository}@{digest}"));
    let answers = each(ids, super::AT_ONCE, |id| async move {
        let read = of_image(client, &id).await;
        progress.read(source.name, scope, u64::from(matches!(read, Ok(Some(_)))));
        read
    })
    .await;
    let mut tally = Tally::default();
    let findings = tally.take(answers);
    tally.record(coverage, source, scope);
    findings
}

/// The digest of a running image; one known by its tag alone is the image that has the tag now.
/// `None` where the registry has no such image, or its repository's images were not read.
fn digest(ecr: &Ecr, image: &RunningImage) -> Option<String> {
    if let Some(digest) = &image.digest {
        return Some(digest.clone());
    }
    let tag = image.tag.as_ref()?;
    ecr.images
        .iter()
        .find(|of| of.repository_name == image.repository && of.image_tags.contains(tag))
        .map(|of| of.image_digest.clone())
}

/// All pages of an image's findings as one.
async fn of_image(client: &Client, id: &str) -> Answer<ImageFindings> {
    let (repository, digest) = id.split_once('@').unwrap_or((id, ""));
    let image = ImageIdentifier::builder().image_digest(digest).build();
    let read = pages(|token| {
        let image = image.clone();
        async move {
            let answer = client
                .describe_image_scan_findings()
                .repository_name(repository)
                .image_id(image)
                .max_results(super::PAGE)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| Failure::of("ecr:DescribeImageScanFindings", &error))?;
            let next = answer.next_token.clone();
            Ok((map::findings(answer), next))
        }
    })
    .await;
    match read.cut {
        Some(failure) if failure.is(NO_FINDINGS) => Ok(None),
        // Half of the findings would look like fewer findings.
        Some(failure) => Err(failure),
        None => Ok(read.pages.into_iter().reduce(joined)),
    }
}

/// A page appended to those before it.
fn joined(mut whole: ImageFindings, page: ImageFindings) -> ImageFindings {
    match (&mut whole.image_scan_findings, page.image_scan_findings) {
        (Some(whole), Some(page)) => {
            whole.findings.extend(page.findings);
            whole.enhanced_findings.extend(page.enhanced_findings);
        }
        (none, page) => *none = page,
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::ecr::{BasicFinding, Image, ScanFindings};

    #[test]
    fn a_tag_stands_for_the_image_that_has_it_now() {
        let ecr = Ecr {
            images: vec![
                Image {
                    repository_name: "other".into(),
                    image_digest: "sha256:0".into(),
                    image_tags: vec!["v1".into()],
                    ..Image::default()
                },
                Image {
                    repository_name: "app".into(),
                    image_digest: "sha256:1".into(),
                    image_tags: vec!["v1".into()],
                    ..Image::default()
                },
            ],
            ..Ecr::default()
        };
        let image = |digest: Option<&str>, tag: Option<&str>| RunningImage {
            account: "1".into(),
            region: "r".into(),
            repository: "app".into(),
            digest: digest.map(str::to_owned),
            tag: tag.map(str::to_owned),
        };
        for (image, expected) in [
            (image(Some("sha256:9"), Some("v1")), Some("sha256:9")),
            (image(None, Some("v1")), Some("sha256:1")),
            (image(None, Some("v2")), None),
        ] {
            assert_eq!(digest(&ecr, &image).as_deref(), expected, "{image:?}");
        }
    }

    #[test]
    fn pages_of_findings_become_one() {
        let page = |name: &str| ImageFindings {
            image_scan_findings: Some(ScanFindings {
                findings: vec![BasicFinding {
                    name: name.into(),
                    ..BasicFinding::default()
                }],
                ..ScanFindings::default()
            }),
            ..ImageFindings::default()
        };
        let whole = joined(page("a"), page("b")).image_scan_findings;
        let names: Vec<String> = whole
            .into_iter()
            .flat_map(|findings| findings.findings)
            .map(|finding| finding.name)
            .collect();
        assert_eq!(names, ["a", "b"]);
    }
}
