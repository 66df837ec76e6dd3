//! A whole live scan, from outside: all is seen, only what is declared is
//! asked, nothing twice, and never a secret's value.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use eks_auditor::collect::call::KubernetesRead;
use eks_auditor::collect::{aws, kubernetes};
use serde_json::json;

use crate::aws_server::Logged;
use crate::aws_server::pages::Paging;
use crate::kubernetes_server::METADATA;
use crate::kubernetes_server::http::Request;
use crate::program::{ran, run};
use crate::site::{Site, Weather, gaps};

/// Calls that ask again until an answer is ready.
const POLLED: &[&str] = &["iam:GenerateCredentialReport", "iam:GetCredentialReport"];

fn small_pages() -> Weather {
    Weather {
        paging: Paging {
            largest: Some(2),
            ..Paging::default()
        },
        ..Weather::default()
    }
}

/// Pages of two, and before each one with nothing in it.
fn small_and_empty_pages() -> Weather {
    let mut weather = small_pages();
    weather.paging.empty_between = true;
    weather
}

/// What is wrong in the two servers' account and cluster, as both halves together show it.
const PROBLEMS: &[(&str, &str)] = &[
    ("image-critical-findings", "shop/checkout"),
    ("workload-role-admin", "shop-deployer"),
    ("workload-static-aws-key", "shop/etl"),
];

/// What the small cluster and the fixture account cannot tell: an ExternalSecret's store is not there, and functions are
/// read with `--services lambda` alone.
const UNTOLD: [&str; 2] = [
    "external-secret-entry-missing",
    "secret-rotation-function-missing",
];

#[test]
fn both_halves_are_read_whole_and_joined() {
    let mut first = None;
    for weather in [Weather::default(), small_pages(), small_and_empty_pages()] {
        let site = Site::start(weather, |_| None);
        let (mut report, ran) = site.audit(&["--as-of", "2026-11-24T00:00:00Z"]);
        assert_eq!(gaps(&report), BTreeSet::new(), "{}", ran.stderr);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(report["accounts"], json!(["111122223333"]));
        assert_eq!(report["clusters"][0]["name"], "prod");
        let caller = "as arn:aws:iam::111122223333:user/people/alice, in eu-west-1";
        for said in [caller, "EKS clusters: prod"] {
            assert!(ran.stderr.contains(said), "no {said} in {}", ran.stderr);
        }
        for entry in report["coverage"].as_array().unwrap() {
            let source = entry["source"].as_str().unwrap();
            // The small cluster has no more, and the fixture account has all.
            assert!(entry["items"].as_u64().unwrap() > 0, "{source}: {entry}");
        }
        let unevaluated: Vec<_> = report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|check| !check["reason"].is_null())
            .collect();
        let ids: Vec<&str> = unevaluated
            .iter()
            .filter_map(|check| check["id"].as_str())
            .collect();
        assert_eq!(ids, UNTOLD, "{unevaluated:#?}");
        let findings = report["findings"].as_array().unwrap();
        for (check, about) in PROBLEMS {
            let is = |one: &&serde_json::Value| {
                one["check"] == *check && one.to_string().contains(about)
            };
            assert!(
                findings.iter().any(|one| is(&one)),
                "no {check} of {about} in {findings:#?}"
            );
        }
        report["coverage"].take();
        let first = first.get_or_insert_with(|| report.clone());
        assert_eq!(*first, report, "however the pages are cut");
    }
}

#[test]
fn only_declared_calls_are_made_and_none_reads_a_secrets_value() {
    let site = Site::fair();
    site.audit(&[]);
    let declared: BTreeSet<&str> = aws::calls().iter().map(|call| call.action).collect();
    let made: BTreeSet<String> = site.aws.log().iter().map(Logged::action).collect();
    let undeclared: Vec<_> = made
        .iter()
        .filter(|one| !declared.contains(one.as_str()))
        .collect();
    assert!(undeclared.is_empty(), "not declared: {undeclared:?}");
    assert!(made.len() > 20, "only {made:?} were made");
    assert!(
        !made.iter().any(|one| one.contains("SecretValue")),
        "{made:?}"
    );
    for request in site.kubernetes.requests() {
        let read = asked_of(&request);
        assert!(
            request.method == "GET" && read.is_some(),
            "{} {}",
            request.method,
            request.path
        );
        if read.is_some_and(|read| read.resource == "secrets") {
            assert!(
                request.header("accept").starts_with(METADATA),
                "Secrets were asked for as {}",
                request.header("accept")
            );
        }
    }
}

#[test]
fn nothing_is_asked_twice_and_iam_within_its_budget() {
    let site = Site::start(small_pages(), |_| None);
    let mut command = site.program();
    let counted = ran(command.args([
        "collect",
        "--with-secrets",
        "--organization",
        "--explain-calls",
    ]));
    assert_eq!(counted.code, 0, "{}", counted.stderr);
    let log = site.aws.log();
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    let mut made: BTreeMap<String, u64> = BTreeMap::new();
    for logged in &log {
        *made.entry(logged.action()).or_default() += 1;
        if !POLLED.contains(&logged.action().as_str()) {
            let question = format!("{} {}", logged.action(), json!(logged.call.parameters));
            *asked.entry(question).or_default() += 1;
        }
    }
    let twice: Vec<_> = asked.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "asked twice: {twice:#?}");
    let iam = made.iter().filter(|(action, _)| action.starts_with("iam:"));
    let besides: u64 = iam
        .filter(|(action, _)| {
            !action.ends_with("AuthorizationDetails")
                && !action.ends_with("GetOpenIDConnectProvider")
        })
        .map(|(_, count)| count)
        .sum();
    assert!(
        besides <= 6,
        "{besides} calls of IAM besides pages and providers: {made:#?}"
    );
    let pages = log
        .iter()
        .filter(|one| one.action().ends_with("AuthorizationDetails"));
    let whole = pages.filter(|one| one.status == 200).count();
    assert!(whole > 10, "only {whole} pages");
    for request in site.kubernetes.requests() {
        let read = asked_of(&request).expect("declared");
        let (group, resource) = (read.group, read.resource);
        let source = match (read.names.first(), group) {
            (Some(name), _) => format!("kubernetes:{resource}/{name}"),
            // There are two of that name.
            (None, "eks.amazonaws.com") => format!("kubernetes:{resource}.{group}"),
            (None, _) => format!("kubernetes:{resource}"),
        };
        *made.entry(source).or_default() += 1;
    }
    let mut lists = BTreeSet::new();
    for request in site.kubernetes.requests() {
        let question = format!("{} {:?}", request.path, request.query);
        assert!(lists.insert(question.clone()), "asked twice: {question}");
    }
    let printed: BTreeMap<String, u64> = counted
        .stdout
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(count, source)| (source.to_owned(), count.parse().unwrap()))
        .collect();
    assert_eq!(printed, made, "what is printed, and what the servers saw");
}

/// The declaration that a request of the API server is by.
fn asked_of(request: &Request) -> Option<&'static KubernetesRead> {
    let mut parts = request.path.rsplit('/');
    let (last, before) = (parts.next()?, parts.next()?);
    kubernetes::READS.iter().find(|read| match read.names {
        [] => {
            let group = read.group;
            let of_group = group.is_empty() || request.path.contains(&format!("/{group}/"));
            read.resource == last && of_group
        }
        names => read.resource == before && names.contains(&last),
    })
}

#[test]
fn the_snapshot_of_a_scan_gives_the_scans_findings_and_so_do_its_raw_files() {
    let site = Site::fair();
    let folder = tempfile::tempdir().unwrap();
    let (snapshot, raw) = (folder.path().join("s.json.zst"), folder.path().join("raw"));
    let mut command = site.program();
    command.args(["collect", "--with-secrets", "--organization", "--out"]);
    let collected = ran(command.arg(&snapshot).arg("--raw").arg(&raw));
    assert_eq!(collected.code, 0, "{}", collected.stderr);
    let read = |path: &std::path::Path, more: &[&str]| -> serde_json::Value {
        let path = path.to_str().unwrap();
        let mut arguments = vec!["audit", "-o", "json", "--input", path];
        arguments.extend(more);
        let ran = run(&arguments);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
    };
    let from_snapshot = read(&snapshot, &[]);
    let time = from_snapshot["taken_at"].as_str().unwrap();
    let from_raw = read(&raw, &["--as-of", time]);
    let live = site.audit(&["--as-of", time]).0;
    assert!(!live["findings"].as_array().unwrap().is_empty());
    assert_eq!(live["findings"], from_snapshot["findings"]);
    assert_eq!(live["findings"], from_raw["findings"]);
}

/// Only AWS, or only the clusters: the other half is not asked, and no more of AWS than the way in.
#[test]
fn one_side_beside_files_leaves_the_other_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (aws, objects) = (folder.path().join("aws"), folder.path().join("objects"));
    let site = Site::fair();
    let mut command = site.program();
    let whole = command.args(["collect", "--with-secrets", "--raw"]);
    ran(whole.arg(folder.path().join("raw")));
    fs::rename(folder.path().join("raw/aws"), &aws).unwrap();
    fs::rename(folder.path().join("raw/clusters/prod/kubernetes"), &objects).unwrap();
    let eks = folder.path().join("raw/clusters/prod");
    for (side, inputs) in [("aws", vec![&objects]), ("kubernetes", vec![&aws, &eks])] {
        let site = Site::fair();
        let mut command = site.program();
        command.args([
            "audit",
            "-o",
            "json",
            "--with-secrets",
            "--live",
            side,
            "--input",
        ]);
        let ended = ran(command.args(inputs));
        assert_eq!(ended.code, 0, "{side}: {}", ended.stderr);
        let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(report["clusters"].as_array().unwrap().len(), 1, "{side}");
        let findings = report["findings"].as_array().unwrap();
        for (check, _) in PROBLEMS {
            let found = findings.iter().any(|one| one["check"] == *check);
            assert!(found, "{side}: no {check} in {findings:#?}");
        }
        let requests = site.kubernetes.requests();
        let actions: BTreeSet<String> = site.aws.log().iter().map(Logged::action).collect();
        if side == "aws" {
            assert!(requests.is_empty(), "{requests:?}");
            assert!(actions.len() > 20, "{actions:?}");
        } else {
            assert!(requests.len() > 20, "{requests:?}");
            let way_in = [
                "eks:DescribeCluster",
                "eks:ListClusters",
                "sts:GetCallerIdentity",
            ];
            assert_eq!(actions, way_in.map(str::to_owned).into());
        }
    }
}

/// What the report says to type next finds the finding by another scan.
#[test]
fn a_finding_of_a_live_scan_is_explained() {
    let site = Site::fair();
    let mut command = site.program();
    let shown = ran(command.args(["audit", "--with-secrets", "--region", "eu-west-1"]));
    let next = shown.stdout.lines().last().unwrap_or_default();
    let words: Vec<&str> = next.split_whitespace().skip(2).collect();
    assert_eq!(words.first(), Some(&"explain"), "{next}");
    let mut command = site.program();
    let explained = ran(command.args(&words));
    assert_eq!(explained.code, 0, "{words:?}: {}", explained.stderr);
    assert!(
        explained.stdout.contains(words[1]),
        "{words:?}: {}",
        explained.stdout
    );
}

#[test]
fn credentials_that_are_missing_or_ended_and_no_region_are_one_sentence_and_2() {
    let site = Site::fair();
    for (unset, set, said) in [
        (
            vec!["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
            vec![],
            "credentials",
        ),
        (vec!["AWS_REGION", "AWS_DEFAULT_REGION"], vec![], "region"),
        (
            vec![],
            vec![("AWS_ACCESS_KEY_ID", "AKIANOTKNOWN00000001")],
            "credentials",
        ),
    ] {
        let mut command = site.program();
        for name in unset {
            command.env_remove(name);
        }
        command.envs(set);
        let ended = ran(command.arg("audit"));
        assert_eq!(ended.code, 2, "{said}: {ended:#?}");
        assert!(ended.stdout.is_empty(), "{said}: {ended:#?}");
        assert!(
            ended.stderr.to_lowercase().contains(said),
            "{said}: {}",
            ended.stderr
        );
        assert_eq!(ended.stderr.lines().count(), 1, "{said}: {}", ended.stderr);
    }
    let first: Vec<_> = site.aws.log().iter().map(Logged::action).collect();
    assert!(
        first.iter().all(|action| action == "sts:GetCallerIdentity"),
        "{first:?}"
    );
}
