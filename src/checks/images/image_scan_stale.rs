//! The scan of a running image is old
//!
//! A scan tells what was known on its day. Vulnerabilities that were published since are in the
//! image and in no report.
//!
//! An image that runs counts when its last scan in ECR ended more than 30 days ago. Under
//! continuous scanning (status `ACTIVE`) Inspector scans again by itself whenever something is
//! published, so such a scan is never old; one that Inspector has given up
//! (`SCAN_ELIGIBILITY_EXPIRED`) is judged by its date, and without one is old. Images without any
//! scan are `image-not-scanned`.
//!
//! Known false positives: images that another scanner covers.
//!
//! To fix it, scan again, or turn on enhanced scanning with a duration as long as images live.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Control, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::scan::{Done, EcrImage, Scan};
use crate::snapshot::coverage::Source;

/// A scan older than this is old.
const STALE_DAYS: i64 = 30;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
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
        let scan = image.scan(graph);
        match scan {
            Scan::Done(done) => {
                answers.examined();
                judge(graph, answers, &image, done);
            }
            Scan::OfPlatforms | Scan::Unread => {
                if let Some(why) = image.why_unknown(scan) {
                    answers.unjudged(why);
                }
            }
            // No scan: nothing that could be old.
            Scan::Never | Scan::Waiting(_) | Scan::Failed(..) => {}
        }
    }
    graph.lost_images().for_each(|lost| answers.unjudged(lost));
}

fn judge(graph: &Graph<'_>, answers: &mut Answers, image: &EcrImage<'_>, done: Done<'_>) {
    if done.continuous {
        return;
    }
    let expired = match done.expired {
        true => "; Inspector scans it no more",
        false => "",
    };
    match done.at {
        Some(at) => {
            let days = at.days_until(graph.snapshot.taken_at);
            if days > STALE_DAYS {
                let seen = format!(
                    "was last scanned on {}, {days} days ago{expired}",
                    at.date()
                );
                report(graph, answers, image, &seen);
            }
        }
        None if done.expired => {
            report(graph, answers, image, "is no longer scanned by Inspector");
        }
        None => answers.unjudged(format!("when {} was scanned is not known", image.label)),
    }
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
        .title(format!("The scan of the running image {} is old", image.short_label()))
        .message(format!(
            "{} ({digest}), run by {}, {seen}.",
            image.label,
            image.users_text(graph),
        ))
        .related_all(image.workloads(graph).map(|one| Resource::of(&one.id)))
        .path(image.path(graph))
        .fix(
            "Scan it again: under basic scanning by the command, once a day for each image; under enhanced scanning lengthen the duration of rescans in Inspector, or push the image again.",
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "image-scan-stale";
    const ARN: &str = "arn:aws:ecr:eu-west-1:111122223333:repository/app";

    /// A repository with one image, which a pod runs, and its scan.
    fn scanned(status: &str, at: &Value) -> Estate {
        Estate::new()
            .region(json!({"ecr": {
                "images": [{"repositoryName": "app", "imageDigest": "sha256:aa"}],
                "findings": [{"repositoryName": "app", "imageId": {"imageDigest": "sha256:aa"},
                    "imageScanStatus": {"status": status}, "imageScanFindings": {"imageScanCompletedAt": at}}],
                "repositories": [{"repositoryName": "app"}]}}))
            .kubernetes(json!({"pods": [{"metadata": {"name": "web-0", "namespace": "web"}, "spec": {"containers":
                [{"name": "a", "image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:aa"}]}}]}))
    }

    #[test]
    fn a_scan_of_long_ago_or_given_up_is_found() {
        let asked = scanned("COMPLETE", &json!("2026-10-01")).ask(ID);
        asked.finds(&[ARN]);
        let message = &asked.findings[0].message;
        assert!(message.contains("2026-10-01, 54 days ago"), "{message}");
        scanned("SCAN_ELIGIBILITY_EXPIRED", &json!("2026-10-01"))
            .ask(ID)
            .finds(&[ARN]);
        scanned("SCAN_ELIGIBILITY_EXPIRED", &json!(null))
            .ask(ID)
            .finds(&[ARN]);
    }

    #[test]
    fn a_new_or_a_continuous_scan_passes() {
        for (status, at) in [
            ("COMPLETE", json!("2026-10-25")),
            ("ACTIVE", json!("2025-01-01")),
            ("ACTIVE", json!(null)),
            ("SCAN_ELIGIBILITY_EXPIRED", json!("2026-11-20")),
        ] {
            scanned(status, &at).ask(ID).passes();
        }
    }

    #[test]
    fn no_scan_is_another_check_and_no_date_or_no_list_is_not_evaluated() {
        scanned("FAILED", &json!("2026-01-01"))
            .ask(ID)
            .is_not_applicable();
        scanned("COMPLETE", &json!(null)).ask(ID).is_not_evaluated();
        let fine = scanned("ACTIVE", &json!(null));
        for source in [Source::PODS, Source::DEPLOYMENTS, Source::CRON_JOBS] {
            fine.clone().denied(source).ask(ID).is_not_evaluated();
        }
    }
}
