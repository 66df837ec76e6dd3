//! A running image was not scanned
//!
//! Nobody knows what known vulnerabilities it runs with, and no list of affected workloads will
//! name it on the day of the next big one.
//!
//! An image counts when a pod runs it (or a controller will), it lies in an ECR registry that was
//! read, and ECR has no scan of it, or one that ended without a result (`FAILED`,
//! `UNSUPPORTED_IMAGE`, …). One that waits or works is not judged yet, nor is an index of images
//! for several platforms: those are scanned, and the pod does not tell which of them it runs.
//! Images of other registries are not looked at; of those in ECR registries that were not read, but
//! for the ones that AWS serves add-ons from, it is said that nothing is known.
//!
//! Known false positives: images that another scanner covers, in the pipeline or on the nodes;
//! images of an operating system that ECR cannot read, as those built from `scratch`.
//!
//! To fix it, turn on scan on push or enhanced scanning for the repository, and scan what runs
//! now once.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Control, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::scan::{EcrImage, Scan};
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    // Scan findings are only asked for where the image itself tells no scan.
    needs: &[
        Source::REPOSITORIES,
        Source::IMAGES,
        Source::PODS,
        // What is scaled to zero, or between two runs, stands in templates alone.
        Source::DEPLOYMENTS,
        Source::STATEFUL_SETS,
        Source::DAEMON_SETS,
        Source::JOBS,
        Source::CRON_JOBS,
    ],
    controls: &[Control::cis("5.1.1")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for image in graph.ecr_images() {
        answers.examined();
        let scan = image.scan(graph);
        match scan {
            Scan::Done(_) => {}
            Scan::Never => report(graph, answers, &image, "has no scan"),
            Scan::Failed(status, why) => {
                let why = why.map_or(String::new(), |why| format!(" ({why})"));
                let seen = format!("has a scan that ended as {status}{why}");
                report(graph, answers, &image, &seen);
            }
            Scan::Waiting(_) | Scan::OfPlatforms | Scan::Unread => {
                if let Some(why) = image.why_unknown(scan) {
                    answers.unjudged(why);
                }
            }
        }
    }
    graph.lost_images().for_each(|lost| answers.unjudged(lost));
}

fn report(graph: &Graph<'_>, answers: &mut Answers, image: &EcrImage<'_>, seen: &str) {
    let digest = image.image.image_digest.as_str();
    let command = format!(
        "aws ecr start-image-scan --registry-id {} --repository-name {} --image-id imageDigest={} --region {}",
        image.name.account,
        quoted(image.name.repository),
        quoted(digest),
        image.name.region,
    );
    answers
        .finding(Resource::of(image.repository_arn()), digest)
        .title(format!("The running image {} was not scanned", image.short_label()))
        .message(format!(
            "{} ({digest}), run by {}, {seen} in ECR.",
            image.label,
            image.users_text(graph),
        ))
        .related_all(image.workloads(graph).map(|one| Resource::of(&one.id)))
        .path(image.path(graph))
        .fix(
            "Scan it once (under enhanced scanning a rule for its repository does that, and the command is refused), and turn on scan on push for the repository.",
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::outcome::Outcome;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "image-not-scanned";
    const ARN: &str = "arn:aws:ecr:eu-west-1:111122223333:repository/app";
    const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:1";

    /// A repository with one image, which a pod runs.
    fn running(image: &Value) -> Estate {
        let mut facts =
            json!({"repositoryName": "app", "imageDigest": "sha256:aa", "imageTags": ["1"]});
        for (name, value) in image.as_object().into_iter().flatten() {
            facts[name] = value.clone();
        }
        Estate::new()
            .region(json!({"ecr": {"images": [facts],
                "repositories": [{"repositoryName": "app", "repositoryArn": ARN}]}}))
            .kubernetes(json!({"pods": [{"metadata": {"name": "web-0", "namespace": "web"},
                "spec": {"containers": [{"name": "main", "image": IMAGE}, {"name": "side", "image": "nginx:1"}]},
                "status": {"phase": "Running", "containerStatuses": [{"name": "main",
                    "imageID": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:aa"}]}}]}))
    }

    #[test]
    fn no_scan_and_one_that_failed_are_found() {
        let asked = running(&json!({})).ask(ID);
        asked.finds(&[ARN]);
        let finding = &asked.findings[0];
        assert_eq!(finding.related[0].id, object("web", "Pod", "web-0"));
        assert_eq!(finding.path[0].edge.as_str(), "runs-image");
        let status = json!({"status": "UNSUPPORTED_IMAGE", "description": "no such system"});
        let asked = running(&json!({"imageScanStatus": status})).ask(ID);
        asked.finds(&[ARN]);
        let message = &asked.findings[0].message;
        assert!(
            message.contains("UNSUPPORTED_IMAGE (no such system)"),
            "{message}"
        );
    }

    #[test]
    fn a_scan_in_either_place_passes() {
        let summary = json!({"imageScanCompletedAt": "2026-11-20T00:00:00Z"});
        running(&json!({"imageScanFindingsSummary": summary}))
            .ask(ID)
            .passes();
        running(&json!({"imageScanStatus": {"status": "COMPLETE"}}))
            .ask(ID)
            .passes();
        let findings = json!({"repositoryName": "app", "imageId": {"imageDigest": "sha256:aa"},
            "imageScanStatus": {"status": "ACTIVE"}});
        let enhanced = running(&json!({})).region(json!({"ecr": {"findings": [findings]}}));
        enhanced.ask(ID).passes();
    }

    #[test]
    fn an_index_a_scan_that_waits_and_unread_findings_are_not_judged() {
        for kind in [
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
        ] {
            running(&json!({"imageManifestMediaType": kind}))
                .ask(ID)
                .is_not_evaluated();
        }
        let waiting = running(&json!({"imageScanStatus": {"status": "PENDING"}}));
        waiting.ask(ID).is_not_evaluated();
        let unread = running(&json!({})).denied(Source::SCAN_FINDINGS).ask(ID);
        unread.is_not_evaluated();
        assert!(unread.findings.is_empty());
        running(&json!({"imageDigest": "sha256:bb"}))
            .ask(ID)
            .is_not_evaluated();
    }

    #[test]
    fn without_the_images_it_is_not_passed_and_elsewhere_it_does_not_apply() {
        let fine = running(&json!({"imageScanStatus": {"status": "COMPLETE"}}));
        for source in [Source::IMAGES, Source::DEPLOYMENTS, Source::CRON_JOBS] {
            fine.clone().denied(source).ask(ID).is_not_evaluated();
        }
        Estate::new().pod("a", "b").ask(ID).is_not_applicable();
    }

    #[test]
    fn an_image_of_a_registry_that_was_not_read_is_not_passed() {
        let ask = |image: &str| {
            Estate::new()
                .kubernetes(
                    json!({"pods": [{"metadata": {"name": "p", "namespace": "a", "uid": "u"},
                    "spec": {"containers": [{"name": "main", "image": image}]},
                    "status": {"phase": "Running"}}]}),
                )
                .ask(ID)
        };
        for image in [
            "111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1",
            "999988887777.dkr.ecr.eu-west-1.amazonaws.com/app:1",
            // Its registry was read, and has no such repository.
            "111122223333.dkr.ecr.eu-west-1.amazonaws.com/gone:1",
        ] {
            let asked = ask(image);
            assert_eq!(asked.outcome, Outcome::NotEvaluated, "{image}: {asked:#?}");
        }
        for image in [
            "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/coredns:v1",
            "docker.io/library/nginx:1",
        ] {
            let asked = ask(image);
            assert_eq!(asked.outcome, Outcome::NotApplicable, "{image}: {asked:#?}");
        }
    }
}
