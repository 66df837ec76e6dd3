//! Which pods the agent serves, for each thing that decides it.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::checks::testing::{ACCOUNT, Estate, allow, role, role_arn};
use crate::graph::Graph;
use crate::snapshot::coverage::Source;

/// A pod a/b of this spec and these labels, whose service account has an association.
fn estate(spec: &Value, labels: &Value) -> Estate {
    let mut pod = json!({"nodeName": "n", "serviceAccountName": "b", "containers": [{"name": "c", "image": "i"}]});
    for (key, value) in spec.as_object().unwrap() {
        pod[key] = value.clone();
    }
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]});
    Estate::new()
        .iam(json!({"roles": [role("app", &trust, &allow("s3:*", "*"))]}))
        .eks(json!({"cluster": {"kubernetesNetworkConfig": {"ipFamily": "ipv4"}}, "pod_identity": [{"clusterName": "prod",
            "namespace": "a", "serviceAccount": "b", "roleArn": role_arn("app"), "associationId": "a-1",
            "associationArn": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:podidentityassociation/prod/a-1")}]}))
        .kubernetes(json!({
            "service_accounts": [{"metadata": {"name": "b", "namespace": "a"}}],
            "nodes": [{"metadata": {"name": "n"}}, {"metadata": {"name": "w", "labels": {"kubernetes.io/os": "windows"}}}],
            "pods": [{"metadata": {"name": "x", "namespace": "a", "uid": "u", "labels": labels},
                "spec": pod, "status": {"phase": "Running"}}]}))
}

/// The VPC CNI enforces, in a mode, and pods `app: x` may only go to these blocks.
fn policed(estate: Estate, mode: &str, to: &Value) -> Estate {
    let agent = json!({"kind": "DaemonSet", "metadata": {"name": "aws-node", "namespace": "kube-system"},
        "spec": {"template": {"spec": {"containers": [{"name": "aws-eks-nodeagent", "image": "i"}]}}}});
    let told =
        json!({"enableNetworkPolicy": "true", "env": {"NETWORK_POLICY_ENFORCING_MODE": mode}});
    estate
        .eks(json!({"addons": [{"addonName": "vpc-cni", "configurationValues": told.to_string()}]}))
        .kubernetes(json!({"controllers": [agent], "network_policies": [{"metadata": {"name": "closed", "namespace": "a"},
            "spec": {"podSelector": {"matchLabels": {"app": "x"}}, "policyTypes": ["Egress"],
                "egress": [{"to": to}]}}]}))
}

#[track_caller]
fn expect(what: &str, estate: &Estate, says: Option<&str>) {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let hold = graph.holds.first().unwrap();
    let open: Vec<&str> = hold.conditions().collect();
    match says {
        None => assert!(hold.is_certain(), "{what}: {open:?}"),
        Some(says) => {
            assert!(!hold.is_certain(), "{what}: it is certain");
            assert!(
                open.iter().any(|one| one.contains(says)),
                "{what}: {open:?}"
            );
        }
    }
}

#[test]
fn where_there_is_an_agent() {
    let none = json!({});
    for (what, spec, labels, says) in [
        ("a node of Linux", json!({}), json!({}), None),
        (
            "the node's network",
            json!({"hostNetwork": true}),
            json!({}),
            None,
        ),
        (
            "Windows",
            json!({"nodeName": "w"}),
            json!({}),
            Some("Windows has no agent"),
        ),
        (
            "Fargate",
            json!({"nodeName": "fargate-ip-10-0-0-1"}),
            json!({"eks.amazonaws.com/fargate-profile": "p"}),
            Some("Fargate has no agent"),
        ),
    ] {
        expect(what, &estate(&spec, &labels), says);
    }
    let second = json!({"pods": [{"metadata": {"name": "y", "namespace": "a", "uid": "v"}, "spec": {"nodeName": "n",
        "serviceAccountName": "b", "containers": [{"name": "c", "image": "i"}]}, "status": {"phase": "Running"}}]});
    let windows = estate(&json!({"nodeName": "w"}), &none).kubernetes(second);
    expect("one on each", &windows, None);
}

#[test]
fn a_policy_closes_it() {
    let app = json!({"app": "x"});
    let own = |spec: Value, labels: &Value| estate(&spec, labels);
    let vpc = json!([{"ipBlock": {"cidr": "10.0.0.0/8"}}]);
    let all = json!([{"ipBlock": {"cidr": "0.0.0.0/0"}}]);
    let but = json!([{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]);
    let closed = Some("the NetworkPolicy closed closes it");
    for (what, mode, to, says) in [
        ("strict", "strict", &vpc, closed),
        (
            "standard",
            "standard",
            &vpc,
            Some("only while the pod starts"),
        ),
        ("all is open", "strict", &all, None),
        ("only the metadata service is closed", "strict", &but, None),
    ] {
        expect(what, &policed(own(json!({}), &app), mode, to), says);
    }
    let host = own(json!({"hostNetwork": true}), &app);
    expect("the node's network", &policed(host, "strict", &vpc), None);
    let unread = policed(own(json!({}), &json!({"app": "y"})), "standard", &vpc);
    expect("no policy selects it", &unread, None);
    let unread = unread.denied(Source::NETWORK_POLICIES);
    expect("policies not read", &unread, Some("were not read whole"));
}
