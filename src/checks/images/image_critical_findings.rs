//! A running image has critical vulnerabilities
//!
//! A critical vulnerability in software that runs is how an attacker gets into the pod, and with
//! it come the pod's service account, its AWS role and the Secrets that it mounts.
//!
//! An image counts when a pod runs it (or a controller will), it lies in an ECR registry that was
//! read, and its last scan counts findings of severity CRITICAL. What was suppressed in Inspector
//! is not listed. An image without a result is not judged, so the check does not pass; nor is an
//! index of images for several platforms, as the pod does not tell which of them it runs.
//!
//! Known false positives: software that lies in the image and is never run. A finding is on the
//! repository and the image's digest, so a waiver ends with the next image.
//!
//! To fix it, build the image again on a patched base, and roll it out.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Control, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::scan::{Done, EcrImage, Scan};
use crate::graph::wording::some_of;
use crate::snapshot::coverage::Source;
use crate::snapshot::ecr::EnhancedFinding;

const CRITICAL: &str = "CRITICAL";

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
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
        if let Some(why) = image.why_unknown(scan) {
            answers.unjudged(why);
        }
        let Scan::Done(done) = scan else {
            continue;
        };
        let listed = Listed::of(&image);
        match count(done, &listed) {
            Some(0) => {}
            Some(count) => report(graph, answers, &image, count, &listed),
            None => answers.unjudged(format!(
                "the scan findings of {} were not read",
                image.label
            )),
        }
    }
    graph.lost_images().for_each(|lost| answers.unjudged(lost));
}

/// The critical findings that the scan lists; the service gives them in pages, so the counts may
/// know more.
#[derive(Default)]
struct Listed<'s> {
    ids: BTreeSet<&'s str>,
    findings: usize,
    fixable: usize,
    exploitable: usize,
}

impl<'s> Listed<'s> {
    fn of(image: &EcrImage<'s>) -> Self {
        let mut listed = Self::default();
        let found = image
            .findings
            .and_then(|findings| findings.image_scan_findings.as_ref());
        let Some(found) = found else {
            return listed;
        };
        for basic in &found.findings {
            if basic.severity.as_deref() == Some(CRITICAL) {
                listed.ids.insert(&basic.name);
                listed.findings += 1;
            }
        }
        for enhanced in found.enhanced_findings.iter().filter(|one| is_open(one)) {
            let details = enhanced.package_vulnerability_details.as_ref();
            listed
                .ids
                .extend(details.map(|details| details.vulnerability_id.as_str()));
            listed.findings += 1;
            listed.fixable += usize::from(enhanced.fix_available.as_deref() == Some("YES"));
            listed.exploitable += usize::from(enhanced.exploit_available.as_deref() == Some("YES"));
        }
        listed
    }
}

fn is_open(finding: &EnhancedFinding) -> bool {
    finding.severity.as_deref() == Some(CRITICAL)
        && !matches!(finding.status.as_deref(), Some("SUPPRESSED" | "CLOSED"))
}

/// How many there are; nothing where no result was read.
fn count(done: Done<'_>, listed: &Listed<'_>) -> Option<usize> {
    let counted = done.counts?.get(CRITICAL).copied();
    Some(counted.map_or(listed.findings, |count| {
        usize::try_from(count).unwrap_or(usize::MAX)
    }))
}

fn report(
    graph: &Graph<'_>,
    answers: &mut Answers,
    image: &EcrImage<'_>,
    count: usize,
    listed: &Listed<'_>,
) {
    let digest = image.image.image_digest.as_str();
    let ids: Vec<String> = listed.ids.iter().map(|id| (*id).to_owned()).collect();
    let mut more = String::new();
    if !ids.is_empty() {
        more.push_str(&format!(": {}", some_of(&ids)));
    }
    if listed.fixable > 0 {
        more.push_str(&format!("; {} can be fixed", listed.fixable));
    }
    if listed.exploitable > 0 {
        more.push_str(&format!("; {} with a known exploit", listed.exploitable));
    }
    let findings = match count {
        1 => "1 critical finding".to_owned(),
        count => format!("{count} critical findings"),
    };
    answers
        .finding(Resource::of(image.repository_arn()), digest)
        .title(format!("The running image {} has {findings}", image.short_label()))
        .message(format!(
            "{} ({digest}), run by {}, has {findings}{more}.",
            image.label,
            image.users_text(graph),
        ))
        .related_all(image.workloads(graph).map(|one| Resource::of(&one.id)))
        .path(image.path(graph))
        .fix(
            "Build the image again on a patched base and with patched packages, and roll it out; test it first, as packages change.",
            [format!(
                "aws ecr describe-image-scan-findings --registry-id {} --repository-name {} --image-id imageDigest={} --region {}",
                image.name.account,
                quoted(image.name.repository),
                quoted(digest),
                image.name.region,
            )],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "image-critical-findings";
    const ARN: &str = "arn:aws:ecr:eu-west-1:111122223333:repository/app";
    const HOST: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";

    /// A repository with one image, which two pods run by two names.
    fn running(image: &Value) -> Estate {
        let mut facts =
            json!({"repositoryName": "app", "imageDigest": "sha256:aa", "imageTags": ["1"]});
        for (name, value) in image.as_object().into_iter().flatten() {
            facts[name] = value.clone();
        }
        let pod = |name: &str, image: String| {
            json!({"metadata": {"name": name, "namespace": "web"},
                "spec": {"containers": [{"name": "main", "image": image}]}})
        };
        Estate::new()
            .region(json!({"ecr": {"images": [facts], "repositories": [{"repositoryName": "app"}]}}))
            .kubernetes(json!({"pods": [pod("a", format!("{HOST}/app:1")), pod("b", format!("{HOST}/app@sha256:aa"))]}))
    }

    fn scanned(findings: &Value) -> Estate {
        running(&json!({})).region(json!({"ecr": {"findings": [{"repositoryName": "app",
            "imageId": {"imageDigest": "sha256:aa"}, "imageScanStatus": {"status": "ACTIVE"},
            "imageScanFindings": findings}]}}))
    }

    fn enhanced(id: &str, status: &str) -> Value {
        json!({"severity": "CRITICAL", "status": status, "fixAvailable": "YES", "exploitAvailable": "NO",
            "packageVulnerabilityDetails": {"vulnerabilityId": id}})
    }

    #[test]
    fn a_summary_is_enough_and_one_image_is_one_finding() {
        let summary = json!({"findingSeverityCounts": {"CRITICAL": 2, "HIGH": 5}});
        let asked = running(&json!({"imageScanFindingsSummary": summary})).ask(ID);
        asked.finds(&[ARN]);
        let related: Vec<_> = asked.findings[0].related.iter().map(|r| &r.id).collect();
        assert_eq!(
            related,
            [&object("web", "Pod", "a"), &object("web", "Pod", "b")]
        );
        assert!(
            asked.findings[0].message.contains("2 critical findings"),
            "{asked:#?}"
        );
    }

    #[test]
    fn enhanced_findings_are_named_and_suppressed_ones_left_out() {
        let listed = [
            enhanced("CVE-2026-2", "ACTIVE"),
            enhanced("CVE-2026-1", "ACTIVE"),
        ];
        let counts = json!({"CRITICAL": 7});
        let asked =
            scanned(&json!({"findingSeverityCounts": counts, "enhancedFindings": listed})).ask(ID);
        asked.finds(&[ARN]);
        let message = &asked.findings[0].message;
        assert!(
            message.contains("7 critical findings: CVE-2026-1, CVE-2026-2; 2 can be fixed"),
            "{message}"
        );
        let suppressed = [enhanced("CVE-2026-1", "SUPPRESSED")];
        scanned(&json!({"enhancedFindings": suppressed}))
            .ask(ID)
            .passes();
    }

    #[test]
    fn less_than_critical_passes() {
        let summary = json!({"findingSeverityCounts": {"HIGH": 40}});
        running(&json!({"imageScanFindingsSummary": summary}))
            .ask(ID)
            .passes();
        scanned(&json!({"findings": [{"name": "CVE-2026-1", "severity": "HIGH"}]}))
            .ask(ID)
            .passes();
    }

    #[test]
    fn without_a_result_it_is_not_passed() {
        running(&json!({})).ask(ID).is_not_evaluated();
        running(&json!({"imageScanStatus": {"status": "COMPLETE"}}))
            .ask(ID)
            .is_not_evaluated();
        let fine = running(&json!({"imageScanFindingsSummary": {}}));
        for source in [Source::IMAGES, Source::DEPLOYMENTS, Source::CRON_JOBS] {
            fine.clone().denied(source).ask(ID).is_not_evaluated();
        }
        Estate::new().pod("a", "b").ask(ID).is_not_applicable();
    }
}
