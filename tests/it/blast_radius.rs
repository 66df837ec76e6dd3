//! `blast-radius` from outside: what falls with what; the JSON by its schema.

use serde_json::Value;

use crate::can::follows;
use crate::program::{acme_snapshot, run};

fn blast_radius(what: &str) -> Value {
    let ran = run(&[
        "blast-radius",
        what,
        "-o",
        "json",
        "--input",
        acme_snapshot(),
    ]);
    let value: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e} of {what}: {ran:#?}"));
    follows(&value, "blast-radius-v1.json");
    assert_eq!(ran.code, 0, "{value:#}");
    value
}

fn ids(value: &Value, kind: &str) -> Vec<String> {
    let reached = value["reached"].as_array().unwrap().iter();
    let of_kind = reached.filter(|one| one["kind"] == kind);
    of_kind
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_account_falls_with_its_administrator() {
    let answer = blast_radius("role/jenkins-admin");
    assert_eq!(
        ids(&answer, "account"),
        ["arn:aws:iam::111122223333:root"],
        "{answer:#}"
    );
    assert_eq!(ids(&answer, "cluster").len(), 2, "{answer:#}");
    let roles = ids(&answer, "iam-principal");
    assert!(
        roles.iter().any(|id| id.ends_with("role/payments-api")),
        "{answer:#}"
    );
    assert!(
        !roles.iter().any(|id| id.contains("aws-service-role")),
        "{answer:#}"
    );
    let secrets = answer["secrets"].as_array().unwrap();
    assert!(
        secrets
            .iter()
            .any(|one| one["id"].to_string().contains("prod/checkout/db")),
        "{answer:#}"
    );
}

#[test]
fn little_falls_with_a_pod_that_reads_its_own_secrets() {
    let answer = blast_radius("k8s://prod/payments/ServiceAccount/payments-api");
    assert_eq!(ids(&answer, "account"), Vec::<String>::new(), "{answer:#}");
    assert_eq!(ids(&answer, "cluster"), Vec::<String>::new(), "{answer:#}");
    let roles = ids(&answer, "iam-principal");
    let names: Vec<&str> = roles
        .iter()
        .filter_map(|id| id.rsplit('/').next())
        .collect();
    assert_eq!(
        names,
        ["acme-prod-node", "exports-reader", "payments-api"],
        "{answer:#}"
    );
    let secrets = answer["secrets"].as_array().unwrap();
    assert!(!secrets.is_empty(), "{answer:#}");
    for secret in secrets {
        assert!(secret["id"].to_string().contains("payments"), "{answer:#}");
    }
}

#[test]
fn a_node_takes_the_pods_on_it_along() {
    let answer = blast_radius("node/ip-10-10-0-42.eu-west-1.compute.internal");
    let accounts = ids(&answer, "service-account");
    assert!(
        accounts.contains(&"k8s://prod/ci/ServiceAccount/gitlab-runner".to_owned()),
        "{answer:#}"
    );
    assert_eq!(ids(&answer, "cluster").len(), 2, "{answer:#}");
}

#[test]
fn a_person_reads_it() {
    let mut out = String::new();
    for what in [
        "k8s://prod/payments/ServiceAccount/payments-api",
        "role/checkout-api",
    ] {
        let ran = run(&["blast-radius", what, "--input", acme_snapshot()]);
        out.push_str(&format!(
            "$ eks-auditor blast-radius {what}\n{}[{}]\n\n",
            ran.stdout, ran.code
        ));
    }
    let ran = run(&["blast-radius", "role/nobody", "--input", acme_snapshot()]);
    assert_eq!(ran.code, 2, "{ran:#?}");
    insta::assert_snapshot!("blast_radius_text", out);
}

#[test]
fn the_clusters_of_the_configuration_are_those_that_are_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("eks-auditor.toml");
    std::fs::write(&config, "cluster = [\"staging\"]\n").unwrap();
    let config = config.to_str().unwrap();
    let ends = ["--from", "any-pod", "--to", "cluster-admin/prod"];
    for command in [
        [
            &[
                "blast-radius",
                "k8s://prod/checkout/ServiceAccount/checkout-api",
            ][..],
            &[],
        ],
        [&["paths"], &ends[..]],
        [&["plan"], &ends[..]],
    ] {
        let command = command.concat();
        let mut all = command.clone();
        all.extend(["--config", config, "--input", acme_snapshot()]);
        let ran = run(&all);
        assert_eq!(ran.code, 2, "prod is not asked about: {all:?}: {ran:#?}");
        all.extend(["--cluster", "prod"]);
        let ran = run(&all);
        assert_eq!(ran.code, 0, "--cluster goes before: {all:?}: {ran:#?}");
    }
}
