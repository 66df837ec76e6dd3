//! ECR: the registry of a region, its repositories and images.
//!
//! Amazon ECR API Reference. Findings are asked for only of images that run (see `findings`):
//! a registry holds many more.

mod findings;
mod map;
mod running;

use aws_sdk_ecr::Client;

use super::failure::{Failure, or_none};
use super::read::{PagedAnswer, Tally, distinct, each, pages};
use crate::collect::call::AwsCall;
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::ecr::{Ecr, Image, RegistryScanning, Repository, RepositoryPolicy};
use crate::snapshot::iam::PolicyText;

pub(in crate::collect) use findings::collect as findings;
pub(in crate::collect) use running::{RunningImage, running_images};

/// What this file and its parts call.
pub const CALLS: &[AwsCall] = &[
    AwsCall::always("ecr:DescribeRepositories", "repositories"),
    AwsCall::always(
        "ecr:GetRegistryScanningConfiguration",
        "whether the registry scans",
    ),
    AwsCall::always("ecr:DescribeImages", "images, their tags and last scan"),
    AwsCall::always("ecr:GetRepositoryPolicy", "who may use a repository"),
    AwsCall::always(
        "ecr:GetLifecyclePolicy",
        "what a repository deletes by itself",
    ),
    AwsCall::always(
        "ecr:DescribeImageScanFindings",
        "findings of the images that run",
    ),
];

/// Calls at once in a region.
const AT_ONCE: usize = 8;

/// The largest page of ECR.
const PAGE: i32 = 1000;

/// A repository that was deleted since it was listed has nothing.
const NO_POLICY: &[&str] = &[
    "RepositoryPolicyNotFoundException",
    "RepositoryNotFoundException",
];
const NO_LIFECYCLE: &[&str] = &[
    "LifecyclePolicyNotFoundException",
    "RepositoryNotFoundException",
];
const NO_REPOSITORY: &[&str] = &["RepositoryNotFoundException"];

/// Reads the registry of a region, but for findings.
pub(in crate::collect) async fn collect(
    client: &Client,
    scope: &str,
    progress: &dyn Progress,
) -> (Ecr, Coverage) {
    let mut coverage = Coverage::default();
    let asked = Asked {
        client,
        scope,
        progress,
    };
    let mut scanning_coverage = Coverage::default();
    let (scanning, (repositories, list)) = tokio::join!(
        asked.scanning(&mut scanning_coverage),
        asked.repositories(&mut coverage)
    );
    super::absorb(&mut coverage, &scanning_coverage);
    let names: Vec<&str> = repositories
        .iter()
        .map(|repository| repository.repository_name.as_str())
        .collect();
    // One after the other: each goes over all repositories, and they share the limit.
    let images = asked
        .images(&names, list.of_its_items(), &mut coverage)
        .await;
    let policies = asked
        .policies(&names, list.of_its_items(), &mut coverage)
        .await;
    let lifecycle_policies = asked
        .lifecycles(&names, list.of_its_items(), &mut coverage)
        .await;
    let ecr = Ecr {
        scanning,
        images,
        findings: Vec::new(),
        policies,
        lifecycle_policies,
        repositories,
    };
    (ecr, coverage)
}

/// One region's registry being read.
struct Asked<'a> {
    client: &'a Client,
    scope: &'a str,
    progress: &'a dyn Progress,
}

impl Asked<'_> {
    async fn scanning(&self, coverage: &mut Coverage) -> Option<RegistryScanning> {
        let call = "ecr:GetRegistryScanningConfiguration";
        let answer = self
            .client
            .get_registry_scanning_configuration()
            .send()
            .await
            .map_err(|error| Failure::of(call, &error))
            .and_then(|answer| {
                map::registry_scanning(answer)
                    .ok_or_else(|| Failure::plain(format!("{call}: the answer has nothing in it")))
            });
        Tally::of_call(&answer).record(coverage, Source::REGISTRY_SCANNING, self.scope);
        answer.ok()
    }

    async fn repositories(&self, coverage: &mut Coverage) -> (Vec<Repository>, Tally) {
        let source = Source::REPOSITORIES;
        let read = pages(|token| async move {
            let answer = self
                .client
                .describe_repositories()
                .max_results(PAGE)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| Failure::of("ecr:DescribeRepositories", &error))?;
            let repositories = answer.repositories.unwrap_or_default();
            self.progress
                .read(source.name, self.scope, repositories.len() as u64);
            let page: Vec<Repository> = repositories.into_iter().map(map::repository).collect();
            Ok((page, answer.next_token))
        })
        .await;
        let pages = read.pages.len();
        let repositories = distinct(read.pages, |of| &of.repository_name);
        let tally = Tally::of_list(pages, read.cut, repositories.len());
        let its_items = tally.of_its_items();
        tally.record(coverage, source, self.scope);
        (repositories, its_items)
    }

    async fn images(
        &self,
        names: &[&str],
        mut tally: Tally,
        coverage: &mut Coverage,
    ) -> Vec<Image> {
        let answers = each(names, AT_ONCE, |name| self.images_of(name)).await;
        let mut images = Vec::new();
        for (name, answer) in answers {
            let (some, failure) = match answer {
                Ok(read) => read.unwrap_or_default(),
                Err(failure) => (Vec::new(), Some(failure)),
            };
            // A repository that was read in part counts as not read, and its images are kept.
            tally.count(some.len() as u64, failure.is_none());
            images.extend(some);
            if let Some(failure) = failure {
                tally.missed(name, failure);
            }
        }
        tally.record(coverage, Source::IMAGES, self.scope);
        images
    }

    /// The images of a repository, and why they are not all, if so.
    async fn images_of(&self, name: &str) -> PagedAnswer<Vec<Image>> {
        let read = pages(|token| async move {
            let answer = self
                .client
                .describe_images()
                .repository_name(name)
                .max_results(PAGE)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| Failure::of("ecr:DescribeImages", &error))?;
            let details = answer.image_details.unwrap_or_default();
            self.progress
                .read(Source::IMAGES.name, self.scope, details.len() as u64);
            let images: Vec<Image> = details.into_iter().map(map::image).collect();
            Ok((images, answer.next_token))
        })
        .await;
        let images = distinct(read.pages, |of| &of.image_digest);
        match read.cut {
            Some(failure) if failure.is(NO_REPOSITORY) => Ok(None),
            cut => Ok(Some((images, cut))),
        }
    }

    async fn policies(
        &self,
        names: &[&str],
        mut tally: Tally,
        coverage: &mut Coverage,
    ) -> Vec<RepositoryPolicy> {
        let answers = each(names, AT_ONCE, |name| async move {
            let answer = self
                .client
                .get_repository_policy()
                .repository_name(*name)
                .send()
                .await
                .map_err(|error| Failure::of("ecr:GetRepositoryPolicy", &error));
            let text = or_none(answer, NO_POLICY)?.and_then(|answer| answer.policy_text);
            Ok(text.map(|text| policy(name, &text)))
        })
        .await;
        let policies = tally.take(answers);
        let source = Source::REPOSITORY_POLICIES;
        self.progress
            .read(source.name, self.scope, policies.len() as u64);
        tally.record(coverage, source, self.scope);
        policies
    }

    async fn lifecycles(
        &self,
        names: &[&str],
        mut tally: Tally,
        coverage: &mut Coverage,
    ) -> Vec<RepositoryPolicy> {
        let answers = each(names, AT_ONCE, |name| async move {
            let answer = self
                .client
                .get_lifecycle_policy()
                .repository_name(*name)
                .send()
                .await
                .map_err(|error| Failure::of("ecr:GetLifecyclePolicy", &error));
            let text =
                or_none(answer, NO_LIFECYCLE)?.and_then(|answer| answer.lifecycle_policy_text);
            Ok(text.map(|text| policy(name, &text)))
        })
        .await;
        let policies = tally.take(answers);
        let source = Source::LIFECYCLE_POLICIES;
        self.progress
            .read(source.name, self.scope, policies.len() as u64);
        tally.record(coverage, source, self.scope);
        policies
    }
}

fn policy(repository: &str, text: &str) -> RepositoryPolicy {
    RepositoryPolicy {
        repository_name: repository.to_owned(),
        policy_text: PolicyText::from_text(text),
    }
}
