//! `paths` from outside: from where to where, in what order, step by step; the JSON by its schema.

use serde_json::Value;

use crate::can::follows;
use crate::program::{Ran, acme_snapshot, run};

fn paths(arguments: &[&str], input: &str) -> (Value, Ran) {
    let mut all = vec!["paths"];
    all.extend(arguments);
    all.extend(["-o", "json", "--input", input]);
    let ran = run(&all);
    let value: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e} of {all:?}: {ran:#?}"));
    follows(&value, "paths-v1.json");
    (value, ran)
}

/// The kinds of steps of each path.
fn kinds(value: &Value) -> Vec<Vec<String>> {
    let paths = value["paths"].as_array().unwrap().iter();
    let steps = |path: &Value| -> Vec<String> {
        let steps = path["steps"].as_array().unwrap().iter();
        steps
            .map(|step| step["edge"].as_str().unwrap().to_owned())
            .collect()
    };
    paths.map(steps).collect()
}

#[test]
fn from_a_pod_over_aws_into_the_cluster() {
    let from = [
        "--from",
        "k8s://prod/checkout/ServiceAccount/checkout-api",
        "--to",
        "cluster-admin/prod",
        "-k",
        "1",
    ];
    let (answer, ran) = paths(&from, acme_snapshot());
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!(
        kinds(&answer),
        [["assume-role-web-identity", "assume-role", "access-entry"]],
        "{answer:#}"
    );
    assert_eq!(
        answer["paths"][0]["cost"], 2,
        "to come in is no step: {answer:#}"
    );
    assert_eq!(answer["paths"][0]["certainty"], "certain", "{answer:#}");
    // Each step begins where the last one ended.
    let steps = answer["paths"][0]["steps"].as_array().unwrap();
    for pair in steps.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "{answer:#}");
    }
}

#[test]
fn five_steps_over_both_planes() {
    let from = "k8s://prod/checkout/ServiceAccount/checkout-api";
    let (answer, _) = paths(
        &[
            "--from",
            from,
            "--to",
            "cluster-admin/staging",
            "-k",
            "1",
            "--certain",
        ],
        acme_snapshot(),
    );
    assert_eq!(answer["paths"][0]["cost"], 5, "{answer:#}");
    let kinds = kinds(&answer).remove(0);
    assert!(kinds.len() >= 5, "{answer:#}");
    for kind in [
        "assume-role-web-identity",
        "assume-role",
        "access-entry",
        "acts-as",
    ] {
        assert!(kinds.iter().any(|one| one == kind), "no {kind}: {answer:#}");
    }
}

#[test]
fn what_is_wanted_and_what_is_avoided() {
    let base = ["--from", "user/aiko.tanaka", "--to", "account-admin"];
    let with = |more: &[&str]| {
        let all: Vec<&str> = base.iter().chain(more).copied().collect();
        paths(&all, acme_snapshot()).0
    };
    let certain = with(&["--certain"]);
    assert!(!kinds(&certain).is_empty(), "{certain:#}");
    let open = certain["paths"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|path| path["certainty"] != "certain");
    assert_eq!(open.count(), 0, "{certain:#}");
    let by_entry = with(&["--edge", "access-entry", "-k", "3"]);
    assert!(
        kinds(&by_entry)
            .iter()
            .all(|kinds| kinds.iter().any(|kind| kind == "access-entry")),
        "{by_entry:#}"
    );
    let other = with(&["--avoid", "escalates", "--avoid", "role/acme-break-glass"]);
    let text = other.to_string();
    assert!(
        !text.contains("\"escalates\"") && !text.contains("acme-break-glass"),
        "{other:#}"
    );
}

#[test]
fn to_a_secret_and_to_nothing() {
    let (answer, _) = paths(
        &[
            "--from",
            "namespace/checkout",
            "--to",
            "secret/*",
            "-k",
            "1",
        ],
        acme_snapshot(),
    );
    assert_eq!(
        kinds(&answer),
        [["runs-as", "assume-role-web-identity", "reads-secret"]],
        "{answer:#}"
    );
    let (answer, ran) = paths(
        &[
            "--from",
            "k8s://prod/payments/ServiceAccount/payments-api",
            "--to",
            "cluster-admin/staging",
        ],
        acme_snapshot(),
    );
    assert_eq!(
        (ran.code, answer["paths"].as_array().unwrap().len()),
        (0, 0),
        "{answer:#}"
    );
    for wrong in [
        ["--from", "role/nobody", "--to", "cluster-admin"],
        ["--from", "any-pod", "--to", "cluster-admin/nowhere"],
        ["--from", "namespace/nowhere", "--to", "account-admin"],
        ["--from", "nonsense", "--to", "account-admin"],
    ] {
        let mut all = vec!["paths"];
        all.extend(wrong);
        all.extend(["--input", acme_snapshot()]);
        let ran = run(&all);
        assert_eq!(ran.code, 2, "{wrong:?}: {ran:#?}");
        assert!(ran.stderr.contains("error"), "{wrong:?}: {}", ran.stderr);
    }
}

#[test]
fn what_was_not_read_is_told_with_exit_code_3() {
    let kubernetes = "prod=examples/acme/clusters/prod/kubernetes";
    let (answer, ran) = paths(&["--from", "any-pod", "--to", "cluster-admin"], kubernetes);
    assert_eq!(ran.code, 3, "{answer:#}");
    let told = answer["not_evaluated"].to_string();
    assert!(
        told.contains("iam:GetAccountAuthorizationDetails"),
        "{told}"
    );
}

#[test]
fn a_person_reads_it_and_programs_draw_it() {
    let mut out = String::new();
    for arguments in [
        &[
            "--from",
            "k8s://prod/checkout/ServiceAccount/checkout-api",
            "--to",
            "cluster-admin",
            "-k",
            "2",
        ][..],
        &[
            "--from",
            "user/teo.rossi",
            "--to",
            "cluster-admin/prod",
            "-k",
            "1",
        ],
        &[
            "--from",
            "user/teo.rossi",
            "--to",
            "cluster-admin/prod",
            "-k",
            "1",
            "-o",
            "dot",
        ],
        &[
            "--from",
            "user/teo.rossi",
            "--to",
            "cluster-admin/prod",
            "-k",
            "1",
            "-o",
            "mermaid",
        ],
        &[
            "--from",
            "k8s://prod/payments/ServiceAccount/payments-api",
            "--to",
            "cluster-admin/staging",
        ],
    ] {
        let mut all = vec!["paths"];
        all.extend(arguments);
        all.extend(["--input", acme_snapshot()]);
        let ran = run(&all);
        out.push_str(&format!(
            "$ eks-auditor paths {}\n{}[{}]\n\n",
            arguments.join(" "),
            ran.stdout,
            ran.code
        ));
    }
    insta::assert_snapshot!("paths_text", out);
}
