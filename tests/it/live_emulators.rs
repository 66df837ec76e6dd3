//! Live scans of stand-ins that others wrote.

use serde_json::Value;

use crate::program::{Ran, eks_auditor, ran};
use crate::python::Emulator;
use crate::site::{blind_passes, gaps};

const KUBERNETES: &str = "examples/live-demo/kubernetes";
const TIME: &str = "2026-11-24T00:00:00Z";

/// Runs the program with these arguments against an emulator.
fn scan(emulator: &Emulator, arguments: &[&str]) -> Ran {
    let mut command = eks_auditor();
    command
        .envs(emulator.environment())
        .env("AWS_MAX_ATTEMPTS", "1");
    ran(command.args(arguments))
}

fn report(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:#?}"))
}

fn live(emulator: &Emulator) -> (Value, Ran) {
    let ran = scan(
        emulator,
        &[
            "audit", "-o", "json", "--live", "aws", "--as-of", TIME, "--input", KUBERNETES,
        ],
    );
    (report(&ran), ran)
}

fn found(report: &Value, check: &str) -> bool {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().any(|finding| finding["check"] == check)
}

#[test]
fn moto_is_audited_and_what_it_does_not_serve_is_named() {
    let moto = Emulator::moto();
    moto.seed();
    let (report, ran) = live(&moto);
    let gaps = gaps(&report);
    let expected = [
        "eks:DescribeAccessEntry",
        "eks:DescribeAddon",
        "eks:DescribeIdentityProviderConfig",
        "eks:DescribePodIdentityAssociation",
        "eks:ListAssociatedAccessPolicies",
    ];
    assert_eq!(gaps, expected.map(str::to_owned).into(), "{}", ran.stderr);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(blind_passes(&report, &gaps), Vec::<String>::new());
    for check in [
        "workload-role-admin",
        "image-critical-findings",
        "workload-role-reads-any-secret",
    ] {
        assert!(found(&report, check), "no {check} in {report:#}");
    }
}

#[test]
fn ministack_is_audited_and_shows_what_moto_does_not_serve() {
    let ministack = Emulator::ministack();
    ministack.seed();
    let (report, ran) = live(&ministack);
    let gaps = gaps(&report);
    assert!(ran.code == 0 || ran.code == 3, "{ran:#?}");
    assert_eq!(ran.code == 3, !gaps.is_empty(), "{gaps:?}");
    for source in [
        "eks:DescribeAccessEntry",
        "eks:DescribeAddon",
        "eks:DescribePodIdentityAssociation",
    ] {
        assert!(!gaps.contains(source), "{source}: {}", report["coverage"]);
    }
    assert_eq!(blind_passes(&report, &gaps), Vec::<String>::new());
    assert!(found(&report, "cluster-admin-from-aws"), "{report:#}");
}
