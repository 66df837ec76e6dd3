//! What an SDK takes, for each thing that decides it.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::Provider::{self, Container, Keys, Metadata, WebIdentity};
use crate::checks::testing::{ACCOUNT, Estate, ISSUER, allow, role, role_arn};
use crate::graph::Graph;

/// The service account web/api with an annotation of the role `irsa`, an association with `pod`, or both; `irsa` trusts
/// it or not.
fn estate(annotated: bool, trusted: bool, associated: bool) -> Estate {
    let subject = if trusted { "api" } else { "else" };
    let irsa = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
        "Condition": {"StringEquals": {format!("{ISSUER}:sub"): format!("system:serviceaccount:web:{subject}")}}}]});
    let pods = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]});
    let annotations = match annotated {
        true => json!({"eks.amazonaws.com/role-arn": role_arn("irsa")}),
        false => json!({}),
    };
    let estate = Estate::new()
        .iam(json!({"roles": [role("irsa", &irsa, &allow("s3:*", "*")), role("pod", &pods, &allow("s3:*", "*"))]}))
        .kubernetes(json!({"namespaces": [{"metadata": {"name": "web"}}],
            "service_accounts": [{"metadata": {"name": "api", "namespace": "web", "annotations": annotations}}]}));
    match associated {
        true => estate.eks(json!({"pod_identity": [{"clusterName": "prod", "namespace": "web", "serviceAccount": "api",
            "roleArn": role_arn("pod"), "associationId": "a-1",
            "associationArn": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:podidentityassociation/prod/a-1")}]})),
        false => estate,
    }
}

fn spec(variables: &[&str]) -> Value {
    let env: Vec<Value> = variables
        .iter()
        .map(|name| json!({"name": name, "value": "x"}))
        .collect();
    json!({"serviceAccountName": "api", "containers": [{"name": "main", "image": "i", "env": env}]})
}

/// With a pod that has these variables.
fn pod(estate: Estate, variables: &[&str]) -> Estate {
    estate.kubernetes(
        json!({"pods": [{"metadata": {"name": "api", "namespace": "web", "uid": "u"},
        "spec": spec(variables), "status": {"phase": "Running"}}]}),
    )
}

/// With a manifest of which no pod was seen.
fn manifest(estate: Estate, variables: &[&str]) -> Estate {
    estate.kubernetes(json!({"controllers": [{"kind": "Deployment", "metadata": {"name": "api", "namespace": "web"},
        "spec": {"template": {"spec": spec(variables)}}}]}))
}

#[track_caller]
fn expect(what: &str, estate: &Estate, provider: Provider, role: Option<&str>, says: &str) {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let workload = graph.workloads.workloads.first().unwrap();
    let all = graph.sdk(workload);
    let [takes] = all.as_slice() else {
        panic!("{what}: {all:?}");
    };
    let roles = takes
        .roles
        .iter()
        .filter_map(|role| graph.principals.get(*role));
    let names: Vec<&str> = roles.map(|role| role.name).collect();
    assert_eq!(
        (takes.provider, names.first().copied()),
        (provider, role),
        "{what}: {takes:?}"
    );
    assert!(takes.why.contains(says), "{what}: {takes:?}");
}

const IRSA: [&str; 2] = ["AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"];
const AGENT: [&str; 2] = [
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];
const STATIC: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

#[test]
fn the_first_that_is_set_up_ends_the_chain() {
    let all = [STATIC, IRSA, AGENT].concat();
    let both = [IRSA, AGENT].concat();
    for (what, variables, provider, role, says) in [
        ("all three", &all[..], Keys, None, "AWS_ACCESS_KEY_ID"),
        ("both", &both, WebIdentity, Some("irsa"), "AWS_ROLE_ARN"),
        ("Pod Identity", &AGENT, Container, Some("pod"), "FULL_URI"),
        ("half a key", &STATIC[..1], Metadata, None, "made before"),
        (
            "a role without a token",
            &IRSA[..1],
            Metadata,
            None,
            "made before",
        ),
    ] {
        expect(
            what,
            &pod(estate(true, true, true), variables),
            provider,
            role,
            says,
        );
    }
}

#[test]
fn a_pod_that_is_older_than_what_is_set_up_has_nothing_of_it() {
    let old = |annotated, associated| pod(estate(annotated, true, associated), &[]);
    expect(
        "annotated",
        &old(true, false),
        Metadata,
        None,
        "was annotated",
    );
    expect(
        "associated",
        &old(false, true),
        Metadata,
        None,
        "before its association",
    );
    expect(
        "neither",
        &old(false, false),
        Metadata,
        None,
        "no credentials",
    );
}

#[test]
fn a_manifest_gets_what_will_be_put_in() {
    let of = |annotated, associated| manifest(estate(annotated, true, associated), &[]);
    expect(
        "both",
        &of(true, true),
        WebIdentity,
        Some("irsa"),
        "annotation",
    );
    expect(
        "annotated",
        &of(true, false),
        WebIdentity,
        Some("irsa"),
        "annotation",
    );
    expect(
        "associated",
        &of(false, true),
        Container,
        Some("pod"),
        "older than EKS Pod Identity",
    );
    expect(
        "neither",
        &of(false, false),
        Metadata,
        None,
        "no credentials",
    );
    let keys = manifest(estate(true, true, true), &STATIC);
    expect("keys", &keys, Keys, None, "AWS_ACCESS_KEY_ID");
    let refused = manifest(estate(true, false, true), &[]);
    expect("refused", &refused, WebIdentity, Some("irsa"), "refuses it");
}

#[test]
fn every_role_can_be_had_whichever_is_taken() {
    let estate = pod(estate(true, true, true), &IRSA);
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    assert_eq!(graph.holds.len(), 2, "{:?}", graph.holds);
    let workload = graph.workloads.workloads.first().unwrap();
    let text = graph.sdk_text(workload).unwrap();
    assert!(text.starts_with("an SDK in them takes irsa ("), "{text}");
    let mut control = graph.control();
    let from = control.end("k8s://prod/web/Pod/api").unwrap();
    let reached = control.reach(&from.numbers);
    for name in ["irsa", "pod"] {
        let found = reached.iter().find(|one| one.id == role_arn(name));
        assert!(
            found.is_some_and(|one| one.is_certain),
            "{name}: {reached:#?}"
        );
    }
}
