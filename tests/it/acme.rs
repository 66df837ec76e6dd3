//! The example: every planted problem is named, no decoy is, and nothing else.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use serde_json::Value;

use crate::program::{audit, root, run};

/// A thing of the example that a check has to name, or must not.
#[derive(Deserialize)]
struct Expected {
    check: String,
    resource: String,
    /// Other ids of the same thing.
    #[serde(default)]
    also: Vec<String>,
    severity: Option<String>,
}

#[derive(Deserialize)]
struct Expectation {
    planted: Vec<Expected>,
    decoys: Vec<Expected>,
    /// True, and said by another finding already: may be named.
    either: Vec<Expected>,
}

impl Expected {
    /// Whether a finding is about it: by its resource, or by what it is related to.
    fn is(&self, finding: &Value) -> bool {
        let id = finding["resource"]["id"].as_str().unwrap();
        finding["check"] == *self.check
            && (id == self.resource || self.also.iter().any(|also| also == id))
    }
}

fn expectation() -> Expectation {
    let text = fs::read_to_string(root().join("tests/fixtures/acme-expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn findings(report: &Value) -> Vec<Value> {
    report["findings"].as_array().unwrap().clone()
}

fn line(finding: &Value) -> String {
    format!(
        "{} {} {}: {}",
        finding["severity"], finding["check"], finding["resource"]["id"], finding["title"]
    )
}

#[test]
fn every_planted_problem_is_found() {
    let (report, _) = audit(&["--input", "examples/acme"]);
    let findings = findings(&report);
    let mut missing = Vec::new();
    for planted in expectation().planted {
        let found = findings.iter().find(|finding| planted.is(finding));
        match (found, &planted.severity) {
            (None, _) => missing.push(format!("{} {}", planted.check, planted.resource)),
            (Some(finding), Some(severity)) if finding["severity"] != **severity => missing.push(
                format!("{} {} is not {severity}", planted.check, planted.resource),
            ),
            _ => {}
        }
    }
    assert!(missing.is_empty(), "not found:\n{}", missing.join("\n"));
}

#[test]
fn no_decoy_and_nothing_else_is_found() {
    let (report, _) = audit(&["--input", "examples/acme"]);
    let expectation = expectation();
    let mut wrong = Vec::new();
    for finding in findings(&report) {
        let allowed = expectation
            .planted
            .iter()
            .chain(&expectation.either)
            .any(|expected| expected.is(&finding));
        let decoy = expectation.decoys.iter().any(|decoy| decoy.is(&finding));
        if decoy || !allowed {
            wrong.push(format!(
                "{}{}",
                if decoy { "decoy: " } else { "" },
                line(&finding)
            ));
        }
    }
    assert!(wrong.is_empty(), "found and fine:\n{}", wrong.join("\n"));
}

/// Its fault is one of a whole cluster, and both clusters of the example are beyond it.
const OF_OLDER_CLUSTERS: [&str; 1] = ["cluster-creator-hidden"];

/// Duties are the user's words, and stand in no file of an estate: `access_review.rs` notes some.
const OF_DUTIES: [&str; 1] = ["access-exceeds-duty"];

#[test]
fn each_check_finds_something_in_the_example() {
    let (report, _) = audit(&["--input", "examples/acme"]);
    let found: BTreeSet<String> = findings(&report)
        .iter()
        .map(|finding| finding["check"].as_str().unwrap().to_owned())
        .collect();
    let silent: Vec<_> = eks_auditor::checks::CHECKS
        .iter()
        .map(|registered| registered.id)
        .filter(|id| !found.contains(*id))
        .filter(|id| !OF_OLDER_CLUSTERS.contains(id) && !OF_DUTIES.contains(id))
        .collect();
    assert!(silent.is_empty(), "no example of {silent:?}");
}

#[test]
fn everything_is_read_and_the_exit_code_is_0() {
    let (report, ran) = audit(&["--input", "examples/acme"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let gaps: Vec<_> = report["coverage"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["status"] != "complete" && entry["status"] != "skipped")
        .collect();
    assert!(gaps.is_empty(), "{gaps:#?}");
    assert_eq!(report["taken_at"], "2026-11-24T00:00:00Z");
}

#[test]
fn the_report_is_the_same_byte_for_byte_in_any_order_of_files() {
    let first = run(&["audit", "-o", "json", "--input", "examples/acme"]);
    let again = run(&["audit", "-o", "json", "--input", "examples/acme"]);
    assert!(first.stdout == again.stdout, "two runs differ");
    let parts = ["examples/acme/clusters", "examples/acme/aws"];
    let one = run(&["audit", "-o", "json", "--input", parts[0], parts[1]]);
    let other = run(&["audit", "-o", "json", "--input", parts[1], parts[0]]);
    assert!(one.stdout == other.stdout, "the order of files shows");
}

#[test]
fn the_report_follows_its_schema() {
    let (report, _) = audit(&["--input", "examples/acme"]);
    let text = fs::read_to_string(root().join("reports/schema/report-v1.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let fingerprints: BTreeSet<String> = findings(&report)
        .iter()
        .map(|finding| finding["fingerprint"].to_string())
        .collect();
    assert_eq!(
        fingerprints.len(),
        findings(&report).len(),
        "fingerprints repeat"
    );
}

#[test]
fn the_terminal_shows_it_as_a_person_reads_it() {
    let ran = run(&["audit", "--input", "examples/acme"]);
    insta::assert_snapshot!("acme_terminal", ran.stdout);
    let narrow = crate::program::ran(crate::program::eks_auditor().env("COLUMNS", "80").args([
        "audit",
        "--input",
        "examples/acme",
    ]));
    let wide: Vec<&str> = narrow
        .stdout
        .lines()
        .filter(|line| line.chars().count() > 80)
        .collect();
    assert!(
        wide.is_empty(),
        "wider than 80 columns:\n{}",
        wide.join("\n")
    );
}

/// Titles are one line of a report, and a command goes to the cluster that it is about.
#[test]
fn titles_are_short_and_commands_name_their_cluster() {
    let (report, _) = audit(&["--input", "examples/acme", "--scope", "account"]);
    let mut commands = 0;
    for finding in findings(&report) {
        let title = finding["title"].as_str().unwrap();
        assert!(title.chars().count() <= 100, "too long: {title}");
        let all = finding.to_string();
        for command in finding["remediation"]["commands"].as_array().unwrap() {
            let words: Vec<&str> = command.as_str().unwrap().split(' ').collect();
            let ["kubectl", rest @ ..] = words.as_slice() else {
                continue;
            };
            let ["--context", context, ..] = rest else {
                panic!("{command} could go to any cluster");
            };
            let cluster = context.rsplit('/').next().unwrap();
            assert!(
                all.contains(&format!("k8s://{cluster}/")),
                "{command}: {finding:#}"
            );
            commands += 1;
        }
    }
    assert!(commands > 10, "only {commands} commands of kubectl");
}
