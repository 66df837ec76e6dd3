//! What the AWS CLI and kubectl print of an account and its cluster gives the facts and findings of
//! a live scan of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use assert_cmd::Command;
use serde_json::Value;

use crate::aws_server::pages::Paging;
use crate::program::{eks_auditor, ran};
use crate::python::{Emulator, command, program, root};
use crate::site::{Site, Weather, objects};

const KUBERNETES: &str = "examples/live-demo/kubernetes";
const TIME: &str = "2026-11-24T00:00:00Z";

/// EKS always tells it, emulators do not, and the SDK then says `false`.
const OMITTED: &str = "/eks/cluster/resourcesVpcConfig/endpointPrivateAccess: live false";

/// moto says that a version of a secret was made when it is asked.
fn is_of_the_call(difference: &str) -> bool {
    difference.contains("/secretsmanager/versions/") && difference.contains("Date: live")
}

/// Dumps what a server holds with the AWS CLI: all that the snapshot of a scan of it has.
fn dump(environment: &[(&str, String)], scanned: &Value, folder: &Path) {
    let mut python = command(&program("python"));
    python.arg(root().join("tests/python/dump.py")).arg(folder);
    python.envs(environment.iter().map(|(name, value)| (name, value)));
    let mut child = python
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), scanned).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = fs::read_dir(folder).unwrap().count();
    assert!(printed > 10, "{printed} files: {output:?}");
}

/// The snapshot and the report that a command with these arguments makes.
fn made(program: &dyn Fn() -> Command, arguments: &[&str]) -> (Value, Value) {
    let file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    let out = file.path().to_str().unwrap();
    let collected = ran(program()
        .args(["collect", "--as-of", TIME, "--out", out])
        .args(arguments));
    let snapshot = serde_json::from_slice(&fs::read(out).unwrap())
        .unwrap_or_else(|error| panic!("{error}: {collected:#?}"));
    let to_file = format!("json={out}");
    let audited = ran(program()
        .args(["audit", "--as-of", TIME, "-o", &to_file])
        .args(arguments));
    let report = serde_json::from_slice(&fs::read(out).unwrap())
        .unwrap_or_else(|error| panic!("{error}: {audited:#?}"));
    (snapshot, report)
}

/// Holds the facts and findings of a scan against those of what was printed, but for some differences.
fn alike(scanned: &(Value, Value), printed: &(Value, Value), but: fn(&str) -> bool) {
    let mut differences = Vec::new();
    for part in ["/accounts", "/clusters", "/organizations"] {
        let of = |snapshot: &Value| snapshot.pointer(part).cloned().unwrap_or_default();
        differences.extend(self::differences(&of(&scanned.0), &of(&printed.0), part));
    }
    differences.retain(|one| !one.contains(OMITTED) && !but(one));
    assert_eq!(differences, Vec::<String>::new());
    let gist = |report: &Value| -> BTreeSet<String> {
        let findings = report["findings"].as_array().unwrap();
        let gist = |one: &Value| format!("{} {}", one["check"], one["resource"]["id"]);
        findings.iter().map(gist).collect()
    };
    assert!(gist(&scanned.1).len() > 3, "{:?}", gist(&scanned.1));
    assert_eq!(gist(&scanned.1), gist(&printed.1));
    assert_eq!(scanned.1["findings"], printed.1["findings"]);
}

fn emulated(emulator: &Emulator) {
    emulator.seed();
    let environment = emulator.environment();
    let live = || {
        let mut command = eks_auditor();
        command
            .envs(emulator.environment())
            .env("AWS_MAX_ATTEMPTS", "1");
        command
    };
    let scanned = made(
        &live,
        &["--live", "aws", "--organization", "--input", KUBERNETES],
    );
    let folder = tempfile::tempdir().unwrap();
    dump(&environment, &scanned.0, folder.path());
    let folder = folder.path().to_str().unwrap();
    alike(
        &scanned,
        &made(&eks_auditor, &["--input", folder, KUBERNETES]),
        is_of_the_call,
    );
}

#[test]
fn of_moto() {
    emulated(&Emulator::moto());
}

#[test]
fn of_ministack() {
    emulated(&Emulator::ministack());
}

/// The account that has what no emulator has, in pages and whole.
#[test]
fn of_an_account_with_everything() {
    for largest in [None, Some(3)] {
        let weather = Weather {
            paging: Paging {
                largest,
                empty_between: largest.is_some(),
                ..Paging::default()
            },
            ..Weather::default()
        };
        let site = Site::start(weather, |_| None);
        let services =
            "apprunner,bedrock-agentcore,cloudformation,codebuild,ecs,glue,lambda,sagemaker,ssm";
        let all = ["--with-secrets", "--organization", "--services", services];
        let scanned = made(&|| site.program(), &all);
        let folder = tempfile::tempdir().unwrap();
        dump(&site.aws.environment(), &scanned.0, folder.path());
        for (at, mut print) in objects().printed().into_iter().enumerate() {
            leave_out(&mut print);
            fs::write(folder.path().join(format!("k{at}.json")), print.to_string()).unwrap();
        }
        let folder = folder.path().to_str().unwrap();
        let printed = made(&eks_auditor, &["--input", folder]);
        alike(&scanned, &printed, |_| false);
    }
}

/// What a live scan does not learn: templates of ReplicaSets that a controller has, and types of
/// Secrets that are not among the well-known ones (field selectors find only those).
fn leave_out(print: &mut Value) {
    for item in print["items"].as_array_mut().into_iter().flatten() {
        let item = item.as_object_mut().unwrap();
        let owned = item["metadata"].get("ownerReferences").is_some();
        if item["kind"] == "ReplicaSet" && owned {
            item.remove("spec");
        }
        let own = item.get_mut("type");
        if let Some(own) = own.filter(|kind| **kind == "example.com/own") {
            *own = "other".into();
        }
    }
}

/// Whether there is nothing in a value: a place that was asked and is empty.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        _ => false,
    }
}

/// Where two values differ, at most ten places.
fn differences(one: &Value, other: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let null = &Value::Null;
                let (a, b) = (a.get(key).unwrap_or(null), b.get(key).unwrap_or(null));
                found.extend(differences(a, b, &format!("{at}/{key}")));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                found.extend(differences(a, b, &format!("{at}/{index}")));
            }
        }
        _ if one == other || is_nothing(one) && is_nothing(other) => {}
        _ => {
            let short = |value: &Value| value.to_string().chars().take(200).collect::<String>();
            found.push(format!(
                "{at}: live {} and printed {}",
                short(one),
                short(other)
            ));
        }
    }
    found.truncate(10);
    found
}
