//! What stands above the account, read live on request.

use std::path::Path;

use eks_auditor::graph::Graph;
use eks_auditor::snapshot::Snapshot;
use eks_auditor::snapshot::coverage::Status;
use serde_json::{Value, json};

use crate::aws_server::faults::{Fault, Faults};
use crate::aws_server::pages::Paging;
use crate::aws_server::wire::ApiError;
use crate::aws_server::{ACCESS_KEY, AwsServer, Logged, Settings};
use crate::program::{Ran, eks_auditor, ran};
use crate::python::{Emulator, run};

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/apps/shop-deployer";

/// The sources, with what the fixture has of each.
const SOURCES: [(&str, u64); 4] = [
    ("organizations:DescribeOrganization", 1),
    ("organizations:ListParents", 3),
    ("organizations:ListPoliciesForTarget", 11),
    ("organizations:DescribePolicy", 5),
];

/// Collects the account alone, with these further arguments.
fn collect(environment: &[(&str, String)], arguments: &[&str], out: &Path) -> Ran {
    let mut command = eks_auditor();
    command
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .env("AWS_MAX_ATTEMPTS", "1");
    command.args(["collect", "--live", "aws", "--out"]).arg(out);
    ran(command.args(arguments))
}

/// What a scan saw.
fn scan(environment: &[(&str, String)], arguments: &[&str]) -> (Snapshot, Ran) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.json");
    let ended = collect(environment, arguments, &path);
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{error}: {ended:#?}"));
    (serde_json::from_slice(&text).unwrap(), ended)
}

fn server(change: impl FnOnce(&mut Settings)) -> AwsServer {
    let mut settings = Settings {
        report_takes: 0,
        ..Settings::default()
    };
    change(&mut settings);
    AwsServer::start(settings)
}

/// Each source with its status and items.
fn seen(snapshot: &Snapshot) -> Vec<(Status, u64)> {
    SOURCES
        .iter()
        .map(|(source, _)| {
            let entry = snapshot.coverage.entry(source, ACCOUNT);
            let entry = entry.unwrap_or_else(|| panic!("no {source}"));
            (entry.status, entry.items)
        })
        .collect()
}

fn whole() -> Vec<(Status, u64)> {
    SOURCES
        .iter()
        .map(|(_, items)| (Status::Complete, *items))
        .collect()
}

fn calls(aws: &AwsServer) -> usize {
    let log = aws.log();
    let of = log
        .iter()
        .map(Logged::action)
        .filter(|action| action.starts_with("organizations:"));
    of.count()
}

#[test]
fn what_stands_above_is_read_to_the_root_each_policy_once() {
    for largest in [None, Some(1)] {
        let aws = server(|settings| {
            settings.paging = Paging {
                largest,
                empty_between: largest.is_some(),
                ..Paging::default()
            };
        });
        let (snapshot, ended) = scan(&aws.environment(), &["--organization"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert_eq!(seen(&snapshot), whole());
        if largest.is_none() {
            assert_eq!(calls(&aws), 1 + 3 + 8 + 5);
        }
        let graph = Graph::build(&snapshot, None);
        assert_eq!(graph.organizations.unseen(ACCOUNT), None);
        let above = graph.organizations.above(ACCOUNT).unwrap();
        let levels: Vec<usize> = above.scps().iter().map(Vec::len).collect();
        assert_eq!(levels, [3, 1, 1, 1], "from the root down");
        assert_eq!(graph.organizations.rcps(ACCOUNT).len(), 4);
        let place = format!("{:?}", above.place);
        assert!(
            place.contains("o-exampleorg/r-ex12/ou-ex12-work/ou-ex12-shop/"),
            "{place}"
        );
    }
}

#[test]
fn nobody_is_asked_without_the_flag_and_that_is_no_gap() {
    let aws = server(|_| {});
    let (snapshot, ended) = scan(&aws.environment(), &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(calls(&aws), 0);
    assert!(snapshot.organizations.is_empty());
    for (source, _) in SOURCES {
        let entry = snapshot.coverage.entry(source, ACCOUNT).unwrap();
        assert_eq!(entry.status, Status::Skipped, "{entry:?}");
        let detail = entry.detail.as_deref().unwrap_or_default();
        assert!(detail.contains("--organization"), "{detail}");
    }
    let mut command = eks_auditor();
    command
        .envs(aws.environment())
        .args(["audit", "--live", "aws"]);
    let shown = ran(&mut command);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(!shown.stdout.contains("organizations:"), "{}", shown.stdout);
}

#[test]
fn no_organisation_is_a_whole_answer() {
    let aws = server(|settings| {
        let mut account = settings.account.value().clone();
        account["organizations"] = json!({});
        settings.account = account.into();
    });
    let (snapshot, ended) = scan(&aws.environment(), &["--organization"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(seen(&snapshot), [(Status::Complete, 0); 4]);
    assert_eq!(calls(&aws), 1);
    let graph = Graph::build(&snapshot, None);
    assert_eq!(graph.organizations.unseen(ACCOUNT), None);
}

/// A member account may describe its organisation and ask nothing else.
#[test]
fn a_member_account_is_denied_and_the_account_that_assumes_its_role_is_not() {
    let aws = server(|settings| {
        let mut account = settings.account.value().clone();
        account["organizations"]["callers"] = json!([ACCESS_KEY]);
        settings.account = account.into();
    });
    let (snapshot, ended) = scan(&aws.environment(), &["--organization", "--role-arn", ROLE]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(seen(&snapshot), whole(), "asked before the role is assumed");
    let aws = server(|settings| {
        let mut account = settings.account.value().clone();
        account["organizations"]["callers"] = json!(["nobody"]);
        settings.account = account.into();
    });
    for arguments in [
        &["--organization"][..],
        &["--organization", "--role-arn", ROLE],
    ] {
        let (snapshot, ended) = scan(&aws.environment(), arguments);
        assert_eq!(ended.code, 3, "{}", ended.stderr);
        let denied = (Status::Denied, 0);
        assert_eq!(
            seen(&snapshot),
            [(Status::Complete, 1), denied, denied, denied]
        );
        let graph = Graph::build(&snapshot, None);
        assert!(graph.organizations.unseen(ACCOUNT).is_some());
    }
}

/// What is missing is told, and what came counts.
#[test]
fn a_part_of_it_is_a_part() {
    let error = |code: &str| Fault::Error(ApiError::new(400, code, "no"));
    for (faults, want) in [
        (
            Faults::default().nth("organizations", "ListParents", 2, Fault::Deny),
            [
                Status::Complete,
                Status::Partial,
                Status::Partial,
                Status::Partial,
            ],
        ),
        (
            Faults::default().nth(
                "organizations",
                "ListPoliciesForTarget",
                2,
                error("TargetNotFoundException"),
            ),
            [
                Status::Complete,
                Status::Complete,
                Status::Partial,
                Status::Partial,
            ],
        ),
        (
            Faults::default().nth("organizations", "DescribePolicy", 2, Fault::CutBody),
            [
                Status::Complete,
                Status::Complete,
                Status::Complete,
                Status::Partial,
            ],
        ),
        // A partition without RCPs.
        (
            Faults::default().nth(
                "organizations",
                "ListPoliciesForTarget",
                2,
                error("UnsupportedAPIEndpointException"),
            ),
            [Status::Complete; 4],
        ),
    ] {
        let what = format!("{faults:?}");
        let aws = server(|settings| settings.faults = faults);
        let (snapshot, ended) = scan(&aws.environment(), &["--organization"]);
        let got: Vec<Status> = seen(&snapshot).iter().map(|one| one.0).collect();
        assert_eq!(got, want, "{what}: {:#?}", snapshot.coverage.entries());
        let gap = want.iter().any(|status| *status != Status::Complete);
        assert_eq!(ended.code, if gap { 3 } else { 0 }, "{what}");
        assert!(!snapshot.organizations.is_empty(), "{what}");
    }
}

#[test]
fn moto_has_none_and_then_one() {
    let moto = Emulator::moto();
    let environment = moto.environment();
    let (snapshot, ended) = scan(&environment, &["--organization"]);
    assert_eq!(
        seen(&snapshot),
        [(Status::Complete, 0); 4],
        "{}",
        ended.stderr
    );
    let made = run("tests/python/organization.py", &environment, "");
    let made: Value = serde_json::from_str(&made).unwrap();
    let (snapshot, ended) = scan(&environment, &["--organization"]);
    let statuses: Vec<Status> = seen(&snapshot).iter().map(|one| one.0).collect();
    assert_eq!(statuses, [Status::Complete; 4], "{}", ended.stderr);
    let membership = snapshot.accounts[ACCOUNT].organization.as_ref().unwrap();
    assert_eq!(json!(membership.organization_id), made["organization"]);
    let (way, reached) = snapshot.organizations.way_up(ACCOUNT);
    assert!(reached, "{way:?}");
    assert_eq!(json!(way), json!([ACCOUNT, made["unit"], made["root"]]));
    let ids: Vec<&str> = snapshot
        .organizations
        .attached_to(way[1], "SERVICE_CONTROL_POLICY")
        .unwrap()
        .iter()
        .map(|policy| policy.id.as_str())
        .collect();
    assert!(ids.contains(&made["policy"].as_str().unwrap()), "{ids:?}");
    let graph = Graph::build(&snapshot, None);
    // It manages the organisation, which binds it to nothing.
    assert_eq!(graph.organizations.unseen(ACCOUNT), None);
    assert!(graph.organizations.rcps(ACCOUNT).is_empty());
}
