//! `examples/live-demo/`: its seeding of both emulators, and its command but for the audit itself.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use serde_json::{Value, json};

use crate::python::{Emulator, command, program, root};

/// The values that follow `key:` on any line of the demo's Kubernetes files.
fn values_of(key: &str) -> Vec<String> {
    let folder = root().join("examples/live-demo/kubernetes");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines = text.lines().map(|line| line.trim_start_matches([' ', '-']));
        found.extend(
            lines
                .filter_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
                .map(str::to_owned),
        );
    }
    found.sort();
    found.dedup();
    found
}

fn names(seeded: &Value, kind: &str) -> Vec<String> {
    let list = seeded[kind]
        .as_array()
        .unwrap_or_else(|| panic!("no {kind} in {seeded}"));
    list.iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn moto_is_seeded_twice_alike_with_what_the_files_name() {
    let moto = Emulator::moto();
    let seeded = moto.seed();
    assert_eq!(moto.seed(), seeded);
    assert_eq!(seeded["account"], "111122223333");
    assert_eq!(seeded["clusters"], json!(["demo"]));
    assert_eq!(seeded["fargate_profiles"], json!(["batch"]));
    assert_eq!(names(&seeded, "secrets").len(), 4, "{seeded}");
    assert_eq!(names(&seeded, "oidc_providers").len(), 2, "{seeded}");

    let repositories = names(&seeded, "repositories");
    let images = values_of("image");
    assert_eq!(images.len(), repositories.len(), "{images:?}");
    for image in images {
        let known = repositories.iter().any(|name| {
            image.starts_with(&format!(
                "111122223333.dkr.ecr.eu-west-1.amazonaws.com/{name}:"
            ))
        });
        assert!(known, "{image} is in no seeded repository");
    }
    let roles = names(&seeded, "roles");
    let missing: Vec<_> = ["eks.amazonaws.com/role-arn", "rolearn"]
        .iter()
        .flat_map(|key| values_of(key))
        .filter(|arn| {
            !roles
                .iter()
                .any(|role| arn.ends_with(&format!(":role/{role}")))
        })
        .collect();
    let wanted =
        ["backup", "contractor-left"].map(|name| format!("arn:aws:iam::111122223333:role/{name}"));
    assert_eq!(missing, wanted, "the two that are missing on purpose");
}

#[test]
fn ministack_is_seeded_twice_alike_with_what_moto_does_not_serve() {
    let ministack = Emulator::ministack();
    let seeded = ministack.seed();
    assert_eq!(ministack.seed(), seeded);
    assert_eq!(seeded["account"], "111122223333");
    assert_eq!(seeded["addons"], json!(["coredns", "vpc-cni"]));
    assert_eq!(seeded["identity_provider_configs"], json!(["people"]));
    let associations = json!(["kube-system/ebs-csi-controller-sa", "ops/lake"]);
    assert_eq!(seeded["pod_identity_associations"], associations);
    for role in ["ci-runner", "contractor-left", "ops-admin"] {
        let arn = format!("arn:aws:iam::111122223333:role/{role}");
        assert!(
            names(&seeded, "access_entries").contains(&arn),
            "{role}: {seeded}"
        );
    }
}

/// Runs the demo with a `cargo` that is this script.
fn demo_with(script: &str, arguments: &[&str]) -> Output {
    let tools = tempfile::tempdir().unwrap();
    let cargo = tools.path().join("cargo");
    fs::write(&cargo, script).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        tools.path().display(),
        std::env::var("PATH").unwrap()
    );
    let mut run = command(&root().join("examples/live-demo/run"));
    run.args(arguments)
        .env("PATH", path)
        .env("AWS_PROFILE", "somebody");
    run.output().unwrap()
}

/// Runs the demo with a `cargo` that prints what it was given, lists the clusters, and ends so.
fn demo(arguments: &[&str], exit: u8) -> Output {
    let python = program("python");
    let script = format!(
        "#!/bin/sh\necho \"$@\"\necho $AWS_ENDPOINT_URL\necho ${{AWS_PROFILE-none}}\n{} -c \
         'import boto3; print(boto3.client(\"eks\").list_clusters()[\"clusters\"])'\nexit {exit}\n",
        python.display()
    );
    demo_with(&script, arguments)
}

#[test]
fn the_command_audits_a_running_account_and_cleans_up() {
    let output = demo(&["--min-severity", "high"], 3);
    let errors = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let lines: Vec<&str> = printed.lines().collect();
    let kubernetes = root().join("examples/live-demo/kubernetes");
    let wanted = format!(
        "run --quiet --release -- audit --live aws --input {} --min-severity high",
        kubernetes.display()
    );
    assert_eq!(
        [lines[0], lines[2], lines[3]],
        [&wanted, "none", "['demo']"]
    );
    assert!(errors.contains("does not serve"), "{errors}");
    let address = lines[1].trim_start_matches("http://");
    assert!(
        TcpStream::connect(address).is_err(),
        "the emulator still runs at {address}"
    );
}

/// The whole of it, but that the program is built already.
#[cfg(feature = "live")]
#[test]
fn the_command_ends_with_the_report_that_its_readme_tells_of() {
    let program = env!("CARGO_BIN_EXE_eks-auditor");
    let script = format!(
        "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec '{program}' \"$@\"\n"
    );
    let output = demo_with(&script, &["-o", "json"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    for (check, about) in [
        ("workload-role-admin", "shop-deployer"),
        ("workload-role-escalates", "ops/runner"),
        ("cluster-admin-binding", "ops/runner"),
        ("cluster-admin-from-aws", "ops-admin"),
        ("workload-role-reads-any-secret", "ops/reports"),
        ("workload-static-aws-key", "shop/web"),
        ("image-critical-findings", "shop/web"),
        ("irsa-role-unusable", "ops/backup"),
        ("irsa-trust-missing-service-account", "batch/importer"),
        ("node-role-excessive", "demo-node"),
    ] {
        let named = |one: &&Value| {
            one["check"] == check
                && (one["title"].to_string() + &one["message"].to_string()).contains(about)
        };
        assert!(
            findings.iter().any(|one| named(&one)),
            "no {check} of {about} in {findings:#?}"
        );
    }
    let alone = |one: &&Value| one["resource"]["id"] == "arn:aws:iam::111122223333:role/shop-api";
    assert_eq!(findings.iter().find(alone), None, "shop-api is fine");
}

#[test]
fn the_command_takes_a_kubeconfig_and_hands_on_how_the_audit_ended() {
    let output = demo(&["--kubeconfig", "/some/config"], 2);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(2));
    let wanted = "run --quiet --release -- audit --kubeconfig /some/config\n";
    assert!(printed.starts_with(wanted), "{printed}");
}
