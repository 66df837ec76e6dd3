//! How easily what is reached is taken.

use serde_json::json;

use super::{Estate, service, shop};
use crate::graph::Graph;

#[test]
fn the_worst_that_is_known_of_its_images_is_how_easily_it_is_taken() {
    let image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1";
    let digest = "sha256:aa";
    let enhanced = |severity: &str, exploit: &str, status: &str| {
        json!({"imageScanStatus": {"status": "ACTIVE"}, "imageScanFindings": {"enhancedFindings": [{
            "severity": severity, "exploitAvailable": exploit, "status": status,
            "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-1"}}]}})
    };
    let basic = json!({"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {
        "findings": [{"name": "CVE-2", "severity": "CRITICAL"}], "findingSeverityCounts": {"CRITICAL": 1}}});
    let counted = json!({"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {
        "findingSeverityCounts": {"CRITICAL": 2}}});
    for (found, expected) in [
        (
            enhanced("CRITICAL", "YES", "ACTIVE"),
            "only if what listens there can be taken over by CVE-1 of web:1, exploit known",
        ),
        (
            enhanced("HIGH", "YES", "ACTIVE"),
            "only if what listens there can be taken over by CVE-1 of web:1, exploit known",
        ),
        (
            enhanced("CRITICAL", "NO", "ACTIVE"),
            "only if what listens there can be taken over by CVE-1 of web:1, critical",
        ),
        (
            enhanced("MEDIUM", "YES", "ACTIVE"),
            "only if what listens there can be taken over (no known fault was seen)",
        ),
        (
            enhanced("CRITICAL", "YES", "SUPPRESSED"),
            "only if what listens there can be taken over (no known fault was seen)",
        ),
        (
            basic,
            "only if what listens there can be taken over by CVE-2 of web:1, critical",
        ),
        (
            counted,
            "only if what listens there can be taken over by one of the 2 critical findings of web:1",
        ),
    ] {
        let mut findings = json!({"repositoryName": "web", "imageId": {"imageDigest": digest}});
        for (key, value) in found.as_object().unwrap() {
            findings[key] = value.clone();
        }
        let pod = json!({"metadata": {"name": "web", "namespace": "shop", "uid": "p", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": image}]}, "status": {"phase": "Running"}});
        let estate = Estate::new()
            .region(json!({"ecr": {
                "repositories": [{"repositoryName": "web"}],
                "images": [{"repositoryName": "web", "imageDigest": digest, "imageTags": ["1"]}],
                "findings": [findings]}}))
            .kubernetes(json!({"pods": [pod], "services": [service(json!({}), json!({}))]}));
        let snapshot = estate.snapshot();
        let exposures = Graph::build(&snapshot, None).exposures();
        assert_eq!(exposures[0].ease.condition(), expected, "{found}");
    }
    let snapshot = shop()
        .kubernetes(json!({"services": [service(json!({}), json!({}))]}))
        .snapshot();
    let exposures = Graph::build(&snapshot, None).exposures();
    assert_eq!(exposures[0].ease.by, "no scan of its images was seen");
}
