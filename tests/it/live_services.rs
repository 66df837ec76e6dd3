//! `--services`: what runs already is read, each thing with its role and nothing else of it; each call that goes wrong
//! costs its own source; without the flag nobody is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread;

use eks_auditor::collect::services::{OFFERED, kinds};
use serde_json::{Value, json};

use crate::aws_server::Logged;
use crate::aws_server::faults::{Fault, Faults};
use crate::aws_server::pages::Paging;
use crate::program::{eks_auditor, ran, run};
use crate::python::{Emulator, root};
use crate::site::{Site, Weather};

/// All services, as the flag has them.
fn all() -> String {
    let names: Vec<&str> = OFFERED.iter().map(|offer| offer.name).collect();
    names.join(",")
}

/// The snapshot of a scan of AWS with these further arguments, and how it ended.
fn collected(site: &Site, arguments: &[&str]) -> (Value, i32, String) {
    let file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    let mut command = site.program();
    command.args([
        "collect",
        "--live",
        "aws",
        "--input",
        "tests/fixtures/small",
    ]);
    command.args(["--as-of", "2026-11-24T00:00:00Z", "--out"]);
    let ended = ran(command.arg(file.path()).args(arguments).current_dir(root()));
    let snapshot = serde_json::from_slice(&fs::read(file.path()).unwrap())
        .unwrap_or_else(|error| panic!("{error}: {ended:#?}"));
    (snapshot, ended.code, ended.stderr)
}

fn region(snapshot: &Value) -> &Value {
    &snapshot["accounts"]["111122223333"]["regions"]["eu-west-1"]
}

/// The status of a source in the home region.
fn status(snapshot: &Value, source: &str) -> String {
    let entries = snapshot["coverage"].as_array().unwrap().iter();
    let mut own = entries.filter(|one| one["source"] == source);
    let found =
        own.find(|one| one["scope"] == "111122223333/eu-west-1" || one["scope"] == "111122223333");
    found.map_or("-".to_owned(), |one| {
        one["status"].as_str().unwrap().to_owned()
    })
}

#[test]
fn what_runs_is_read_with_its_roles_in_pages_and_whole() {
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let expected: BTreeMap<&str, Vec<(&str, Option<String>)>> = BTreeMap::from([
        (
            "apprunner:ListServices",
            vec![("service/hello/0d1", Some(role("hello")))],
        ),
        (
            "bedrock-agentcore:ListCodeInterpreters",
            vec![(
                "code-interpreter-custom/sums-0e10e10e10",
                Some(role("sums")),
            )],
        ),
        (
            "cloudformation:DescribeStacks",
            vec![
                ("stack/network/0a1", Some(role("deployer"))),
                ("stack/plain/0a2", None),
            ],
        ),
        (
            "cloudformation:ListStackSets",
            vec![("stackset/baseline:0b1", Some(role("stack-admin")))],
        ),
        (
            "codebuild:ListProjects",
            vec![
                ("project/api", Some(role("builder"))),
                ("project/site", Some(role("builder"))),
            ],
        ),
        (
            "ecs:ListClusters",
            vec![("cluster/batch", None), ("cluster/web", None)],
        ),
        (
            "ecs:ListContainerInstances",
            vec![
                ("container-instance/batch/0c1", None),
                ("container-instance/batch/0c2", None),
            ],
        ),
        (
            "glue:GetDevEndpoints",
            vec![("devEndpoint/etl-dev", Some(role("glue-dev")))],
        ),
        (
            "glue:GetJobs",
            vec![
                ("job/by-name", Some(role("glue-jobs"))),
                ("job/nightly", Some(role("glue-jobs"))),
            ],
        ),
        (
            "lambda:ListFunctions",
            vec![
                ("function:mail", Some(role("app-mail"))),
                ("function:rotate", Some(role("app-mail"))),
                ("function:thumbs", Some(role("app-thumbs"))),
            ],
        ),
        (
            "sagemaker:ListNotebookInstances",
            vec![("notebook-instance/lab", Some(role("lab")))],
        ),
        (
            "ssm:DescribeInstanceInformation",
            vec![("instance/i-0abc", None)],
        ),
    ]);
    for (largest, empty_between) in [(None, false), (Some(1), true)] {
        let weather = Weather {
            paging: Paging {
                largest,
                empty_between,
                ..Paging::default()
            },
            ..Weather::default()
        };
        let site = Site::start(weather, |_| None);
        let (snapshot, code, stderr) = collected(&site, &["--services", &all()]);
        assert_eq!(code, 0, "{stderr}");
        let services = region(&snapshot)["services"].as_object().unwrap();
        let found: BTreeMap<&str, Vec<(&str, Option<String>)>> = services
            .iter()
            .map(|(source, things)| {
                let things = things.as_array().unwrap().iter().map(|one| {
                    let arn = one["arn"].as_str().unwrap();
                    let rest = arn.splitn(6, ':').nth(5).unwrap();
                    (rest, one["role"].as_str().map(str::to_owned))
                });
                (source.as_str(), things.collect())
            })
            .collect();
        assert_eq!(found, expected, "pages of {largest:?}");
        for kind in kinds() {
            assert_eq!(
                status(&snapshot, kind.source.name),
                "complete",
                "{}",
                kind.source.name
            );
        }
        let enabled = &snapshot["accounts"]["111122223333"]["enabled_regions"];
        assert_eq!(*enabled, json!(["eu-central-2", "eu-west-1", "us-east-1"]));
        assert!(!snapshot.to_string().contains("PlantedMark"), "{snapshot}");
    }
}

#[test]
fn without_the_flag_no_service_is_asked_and_with_it_only_that_one() {
    let made = |arguments: &[&str]| -> BTreeSet<String> {
        let site = Site::fair();
        collected(&site, arguments);
        site.aws.log().iter().map(Logged::action).collect()
    };
    let offered: BTreeSet<&str> = OFFERED
        .iter()
        .flat_map(|one| one.calls())
        .map(|call| call.action)
        .collect();
    let (plain, lambda) = (made(&[]), made(&["--services", "lambda"]));
    let asked: Vec<_> = plain
        .iter()
        .filter(|one| offered.contains(one.as_str()))
        .collect();
    assert!(asked.is_empty(), "{asked:?}");
    let more: Vec<_> = lambda.difference(&plain).collect();
    assert_eq!(more, ["account:ListRegions", "lambda:ListFunctions"]);
}

#[test]
fn a_call_that_goes_wrong_costs_its_own_source() {
    let calls: BTreeSet<&str> = OFFERED
        .iter()
        .flat_map(|one| one.calls())
        .map(|call| call.action)
        .collect();
    let calls: Vec<&str> = calls.into_iter().chain(["account:ListRegions"]).collect();
    // A scan mostly waits.
    thread::scope(|scope| {
        for some in calls.chunks(calls.len().div_ceil(8)) {
            scope.spawn(|| some.iter().for_each(|call| is_borne(call)));
        }
    });
}

/// Every fault of a call costs the source that it is made for, and nothing else.
fn is_borne(call: &str) {
    let (service, operation) = call.split_once(':').unwrap();
    let (source, beside) = match call {
        // Nobody knows of which clusters to ask.
        "ecs:ListClusters" => (call, Some("ecs:ListContainerInstances")),
        _ => {
            let of = kinds().find(|kind| kind.describe().is_some_and(|one| one.call == call));
            (of.map_or(call, |kind| kind.source.name), None)
        }
    };
    for (fault, denied) in [
        (Fault::Deny, true),
        (Fault::NotImplemented, false),
        (Fault::Garbage, false),
        (Fault::Broken, false),
        (Fault::CutBody, false),
    ] {
        let weather = Weather {
            faults: Faults::default().always(service, operation, fault.clone()),
            ..Weather::default()
        };
        let site = Site::start(weather, |_| None);
        let (snapshot, code, stderr) = collected(&site, &["--services", &all()]);
        assert_eq!(code, 3, "{call} {fault:?}: {stderr}");
        for kind in kinds() {
            let name = kind.source.name;
            let found = status(&snapshot, name);
            let hit = name == source || Some(name) == beside;
            let expected = match (hit, name == call, denied) {
                (false, ..) => "complete",
                // The list came; what is told of single things did not.
                (true, false, _) if beside.is_none() => "partial",
                (true, _, true) => "denied",
                (true, _, false) => "failed",
            };
            assert_eq!(found, expected, "{call} {fault:?}: {name}");
        }
        let regions = status(&snapshot, "account:ListRegions");
        assert_eq!(
            regions == "complete",
            call != "account:ListRegions",
            "{call}: {regions}"
        );
    }
}

#[test]
fn a_list_that_is_cut_is_a_part() {
    for call in [
        "lambda:ListFunctions",
        "cloudformation:DescribeStacks",
        "glue:GetJobs",
    ] {
        let (service, operation) = call.split_once(':').unwrap();
        let weather = Weather {
            faults: Faults::default().nth(service, operation, 2, Fault::Deny),
            paging: Paging {
                largest: Some(1),
                ..Paging::default()
            },
            ..Weather::default()
        };
        let site = Site::start(weather, |_| None);
        let (snapshot, code, stderr) = collected(&site, &["--services", service]);
        assert_eq!(
            (code, status(&snapshot, call)),
            (3, "partial".to_owned()),
            "{call}: {stderr}"
        );
        let things = region(&snapshot)["services"][call].as_array().unwrap();
        assert!(!things.is_empty(), "{call}");
    }
}

/// What `collect --raw` writes is read back into the same facts and the same coverage.
#[test]
fn raw_files_give_the_same_facts() {
    let site = Site::fair();
    let folder = tempfile::tempdir().unwrap();
    let raw = folder.path().join("raw");
    let raw = raw.to_str().unwrap();
    let (live, code, stderr) = collected(&site, &["--services", &all(), "--raw", raw]);
    assert_eq!(code, 0, "{stderr}");
    let out = folder.path().join("again.json");
    let mut command = eks_auditor();
    command.args([
        "collect",
        "--as-of",
        "2026-11-24T00:00:00Z",
        "--input",
        raw,
        "--out",
    ]);
    let ended = ran(command.arg(&out));
    let again: Value = serde_json::from_slice(&fs::read(&out).unwrap())
        .unwrap_or_else(|error| panic!("{error}: {ended:#?}"));
    for part in ["ec2", "elbv2", "kms", "secretsmanager", "services", "ssm"] {
        assert_eq!(region(&live)[part], region(&again)[part], "{part}");
    }
    let enabled = |of: &Value| of["accounts"]["111122223333"]["enabled_regions"].clone();
    assert_eq!(enabled(&live), enabled(&again));
    for kind in kinds() {
        assert_eq!(
            status(&again, kind.source.name),
            "complete",
            "{}",
            kind.source.name
        );
    }
}

/// moto, which others wrote, as far as it serves them.
#[test]
fn moto_shows_what_runs() {
    let moto = Emulator::moto();
    moto.seed();
    crate::python::run("tests/python/seed_services.py", &moto.environment(), "");
    let file = tempfile::NamedTempFile::with_suffix(".json").unwrap();
    let mut command = eks_auditor();
    command
        .envs(moto.environment())
        .env("AWS_MAX_ATTEMPTS", "1");
    command.args([
        "collect",
        "--live",
        "aws",
        "--input",
        "examples/live-demo/kubernetes",
    ]);
    command.args([
        "--services",
        "lambda,glue,cloudformation,ecs,sagemaker,codebuild",
        "--out",
    ]);
    let ended = ran(command.arg(file.path()).current_dir(root()));
    let snapshot: Value = serde_json::from_slice(&fs::read(file.path()).unwrap())
        .unwrap_or_else(|error| panic!("{error}: {ended:#?}"));
    let services = &region(&snapshot)["services"];
    let role = "arn:aws:iam::111122223333:role/demo-node";
    for (source, id, role) in [
        ("lambda:ListFunctions", ":function:mail", Some(role)),
        ("glue:GetJobs", ":job/nightly", Some(role)),
        (
            "cloudformation:DescribeStacks",
            ":stack/network/",
            Some(role),
        ),
        ("ecs:ListClusters", ":cluster/batch", None),
        (
            "sagemaker:ListNotebookInstances",
            ":notebook-instance/lab",
            Some(role),
        ),
        ("codebuild:ListProjects", ":project/site", Some(role)),
    ] {
        let things = services[source].as_array();
        let things = things.unwrap_or_else(|| panic!("no {source} in {services}: {ended:#?}"));
        let found = things
            .iter()
            .find(|one| one["arn"].as_str().unwrap().contains(id));
        let found = found.unwrap_or_else(|| panic!("no {id} in {things:?}"));
        assert_eq!(found["role"].as_str(), role, "{found}");
        assert_eq!(status(&snapshot, source), "complete", "{source}");
    }
}

#[test]
fn a_service_that_is_not_known_is_an_error_that_lists_those_that_are() {
    let ended = run(&["audit", "--services", "lambda,dynamodb"]);
    assert_eq!(ended.code, 2, "{ended:#?}");
    for said in ["dynamodb", "apprunner", "lambda", "ssm"] {
        assert!(ended.stderr.contains(said), "no {said} in {}", ended.stderr);
    }
}

#[test]
fn permissions_lists_the_calls_of_a_service_by_its_name() {
    let policy = |arguments: &[&str]| -> Value {
        let mut all = vec!["permissions", "--only", "iam-policy"];
        all.extend(arguments);
        serde_json::from_str(&run(&all).stdout).unwrap()
    };
    let statement = |policy: &Value, sid: &str| {
        let mut all = policy["Statement"].as_array().unwrap().iter();
        all.find(|one| one["Sid"] == sid).cloned()
    };
    let plain = policy(&[]);
    assert!(!plain.to_string().contains("lambda:"), "{plain}");
    assert!(
        plain.to_string().contains("ec2:DescribeInstances"),
        "{plain}"
    );
    let with = policy(&["--services", "lambda,codebuild"]);
    let lambda = statement(&with, "ServicesLambda").unwrap();
    assert_eq!(
        lambda["Action"],
        json!(["account:ListRegions", "lambda:ListFunctions"])
    );
    let builds = statement(&with, "ServicesCodebuild").unwrap();
    assert!(
        builds.to_string().contains("codebuild:BatchGetProjects"),
        "{builds}"
    );
    assert!(statement(&with, "ServicesGlue").is_none(), "{with}");
    let all = policy(&["--with-optional"]);
    assert!(
        statement(&all, "ServicesBedrockAgentcore").is_some(),
        "{all}"
    );
}
