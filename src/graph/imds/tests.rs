//! Which pods reach the metadata service, for each thing that decides it.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::Reach::{self, Conditional, Reachable, Unreachable};
use crate::checks::testing::Estate;
use crate::graph::Graph;
use crate::snapshot::coverage::Source;

/// A pod a/x on the node n, which is the instance i-1 of the node group g.
fn estate(options: &Value, spec: Value) -> Estate {
    let mut pod = json!({"nodeName": "n", "containers": [{"name": "c", "image": "i"}]});
    for (key, value) in spec.as_object().unwrap() {
        pod[key] = value.clone();
    }
    Estate::new()
        .eks(json!({"cluster": {"kubernetesNetworkConfig": {"ipFamily": "ipv4"}}, "nodegroups": [{"nodegroupName": "g",
            "launchTemplate": {"name": "t", "version": "$Default"}}]}))
        .region(json!({"ec2": {"instances": [{"InstanceId": "i-1", "MetadataOptions": options}]}}))
        .kubernetes(json!({
            "nodes": [{"metadata": {"name": "n", "labels": {"eks.amazonaws.com/nodegroup": "g"}},
                "spec": {"providerID": "aws:///eu-west-1a/i-1"}}],
            "pods": [{"metadata": {"name": "x", "namespace": "a", "uid": "u", "labels": {"app": "x"}},
                "spec": pod, "status": {"phase": "Running"}}]}))
}

#[track_caller]
fn expect(what: &str, estate: &Estate, reach: Reach, says: &str) {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let node = graph.clusters.first().unwrap();
    let verdict = graph.imds(node).of_pod(&node.cluster.kubernetes.pods[0]);
    assert_eq!(verdict.reach, reach, "{what}: {verdict:?}");
    let text = format!(
        "{}; {}",
        verdict.why,
        verdict.open.clone().unwrap_or_default()
    );
    assert!(text.contains(says), "{what}: {says}: {verdict:?}");
    assert_eq!(
        verdict.open.is_some(),
        reach == Conditional,
        "{what}: {verdict:?}"
    );
}

fn two_hops() -> Value {
    json!({"HttpTokens": "required", "HttpPutResponseHopLimit": 2})
}

#[test]
fn the_options_of_the_node_decide() {
    let options =
        |tokens: &str, hops: i64| json!({"HttpTokens": tokens, "HttpPutResponseHopLimit": hops});
    for (what, options, spec, reach, says) in [
        (
            "one hop",
            options("required", 1),
            json!({}),
            Unreachable,
            "hop limit 1",
        ),
        (
            "two hops",
            options("required", 2),
            json!({}),
            Reachable,
            "hop limit 2",
        ),
        (
            "IMDSv1",
            options("optional", 1),
            json!({}),
            Reachable,
            "IMDSv1",
        ),
        (
            "the node's network",
            options("required", 1),
            json!({"hostNetwork": true}),
            Reachable,
            "network",
        ),
        (
            "off",
            json!({"HttpEndpoint": "disabled"}),
            json!({"hostNetwork": true}),
            Unreachable,
            "off",
        ),
        (
            "no tokens",
            json!({"HttpPutResponseHopLimit": 1}),
            json!({}),
            Conditional,
            "unless IMDSv2",
        ),
        (
            "no tokens, two hops",
            json!({"HttpPutResponseHopLimit": 2}),
            json!({}),
            Reachable,
            "2",
        ),
        (
            "no hops",
            json!({"HttpTokens": "required"}),
            json!({}),
            Conditional,
            "unless the hop limit",
        ),
        (
            "nothing",
            json!({}),
            json!({}),
            Conditional,
            "unless IMDSv2 is required with",
        ),
        (
            "another node",
            two_hops(),
            json!({"nodeName": "m"}),
            Conditional,
            "m was not seen",
        ),
        (
            "Fargate",
            two_hops(),
            json!({"nodeName": "fargate-ip-10-0-0-1"}),
            Unreachable,
            "Fargate",
        ),
    ] {
        expect(what, &estate(&options, spec), reach, says);
    }
}

#[test]
fn without_its_instance_the_launch_template_decides() {
    let with = |default: bool, options: Value| {
        let template = json!([{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "t", "VersionNumber": 1,
            "DefaultVersion": default, "LaunchTemplateData": {"MetadataOptions": options}}]);
        estate(&json!(null), json!({}))
            .region(json!({"ec2": {"launch_template_versions": template}}))
    };
    let one = json!({"HttpTokens": "required", "HttpPutResponseHopLimit": 1});
    expect(
        "hop limit 1",
        &with(true, one.clone()),
        Unreachable,
        "hop limit 1",
    );
    expect(
        "hop limit 2",
        &with(true, two_hops()),
        Reachable,
        "hop limit 2",
    );
    expect(
        "another version",
        &with(false, one),
        Conditional,
        "no metadata options",
    );
    expect(
        "left to others",
        &with(true, json!({})),
        Conditional,
        "the AMI and the account",
    );
}

#[test]
fn the_kind_of_node_decides_where_nothing_else_does() {
    let on = |kind: &str| {
        let mut estate = estate(&json!(null), json!({"nodeName": "k"}));
        estate = estate.kubernetes(json!({"nodes": [{"metadata": {"name": "k",
            "labels": {"eks.amazonaws.com/compute-type": kind}}}]}));
        estate
    };
    expect("Auto Mode", &on("auto"), Unreachable, "Auto Mode");
    expect("hybrid", &on("hybrid"), Unreachable, "no instance");
    expect("Fargate", &on("fargate"), Unreachable, "Fargate");
    expect(
        "self-managed",
        &on("ec2"),
        Conditional,
        "no metadata options",
    );
}

/// With a policy that allows egress to these, and the VPC CNI configured so.
fn closed(to: &Value, configuration: &str) -> Estate {
    let rules = json!([{"to": to}]);
    estate(&two_hops(), json!({}))
        .eks(json!({"addons": [{"addonName": "vpc-cni", "configurationValues": configuration}]}))
        .kubernetes(json!({
            "controllers": [{"kind": "DaemonSet", "metadata": {"name": "aws-node", "namespace": "kube-system"},
                "spec": {"template": {"spec": {"containers": [{"name": "aws-node"}, {"name": "aws-eks-nodeagent"}]}}}}],
            "network_policies": [{"metadata": {"name": "p", "namespace": "a"},
                "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": rules}}]}))
}

#[test]
fn a_network_policy_closes_it_where_it_is_enforced() {
    let but = json!([{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]);
    let all = json!([{"ipBlock": {"cidr": "0.0.0.0/0"}}]);
    let strict =
        r#"{"enableNetworkPolicy":"true","env":{"NETWORK_POLICY_ENFORCING_MODE":"strict"}}"#;
    let yaml = "enableNetworkPolicy: \"true\"\nenv:\n  NETWORK_POLICY_ENFORCING_MODE: strict\n";
    let standard = r#"{"enableNetworkPolicy":"true"}"#;
    expect(
        "strict",
        &closed(&but, strict),
        Unreachable,
        "NetworkPolicy p",
    );
    expect(
        "strict, in YAML",
        &closed(&but, yaml),
        Unreachable,
        "NetworkPolicy p",
    );
    expect(
        "strict, open",
        &closed(&all, strict),
        Reachable,
        "hop limit 2",
    );
    expect(
        "standard",
        &closed(&but, standard),
        Conditional,
        "only while the pod starts",
    );
    expect(
        "standard, open",
        &closed(&all, standard),
        Reachable,
        "hop limit 2",
    );
    expect("nobody", &closed(&but, "{}"), Reachable, "hop limit 2");
    let unread = |source| closed(&but, strict).denied(source);
    expect(
        "unread",
        &unread(Source::NETWORK_POLICIES),
        Conditional,
        "not read whole",
    );
    let other = closed(&all, "{}").kubernetes(json!({"controllers": [{"kind": "DaemonSet",
        "metadata": {"name": "cilium", "namespace": "kube-system"}}]}));
    expect("another network", &other, Conditional, "Cilium");
}
