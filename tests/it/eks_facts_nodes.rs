//! Verdicts on which pods get the role of their node by its metadata service: files in, findings and paths out.

use std::fs;
use std::path::Path;

use eks_auditor::collect::files::{Inputs, read};
use eks_auditor::graph::Graph;
use eks_auditor::graph::imds::Reach;
use serde_json::{Value, json};

use crate::program::shared;

const ACCOUNT: &str = "111111111111";
const HOME: &str = "arn:aws:eks:us-east-1:111111111111";

/// The prints of a cluster with one pod on one node, as a fact tells.
fn prints(facts: &Value) -> Vec<Value> {
    let strict = facts["enforcing_mode"] == "strict";
    let mode = if strict { "strict" } else { "standard" };
    let configuration = match facts["cni_enforces"] == true {
        true => {
            json!({"enableNetworkPolicy": "true", "env": {"NETWORK_POLICY_ENFORCING_MODE": mode}})
        }
        false => json!({}),
    };
    let options = json!({"HttpTokens": facts.get("HttpTokens").unwrap_or(&json!("required")),
        "HttpPutResponseHopLimit": facts.get("HopLimit").unwrap_or(&json!(2)),
        "HttpEndpoint": facts.get("HttpEndpoint").unwrap_or(&json!("enabled")),
        "HttpProtocolIpv6": facts.get("HttpProtocolIpv6").unwrap_or(&json!("disabled"))});
    let fargate = facts["compute"] == "fargate";
    let node = if fargate {
        "fargate-ip-10-0-0-1"
    } else {
        "ip-10-0-0-1"
    };
    let labels = if fargate {
        json!({"eks.amazonaws.com/fargate-profile": "p"})
    } else {
        json!({})
    };
    let object = |kind: &str, api: &str, name: &str, more: Value| {
        let mut object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "web", "uid": "u"}});
        object
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        object
    };
    let mut items = vec![
        object(
            "Pod",
            "v1",
            "app-0",
            json!({"spec": {"nodeName": node, "hostNetwork": facts["hostNetwork"] == true,
            "serviceAccountName": "app", "containers": [{"name": "m", "image": "i:1"}]}, "status": {"phase": "Running"}}),
        ),
        object(
            "DaemonSet",
            "apps/v1",
            "aws-node",
            json!({"spec": {"template": {"spec": {
            "containers": [{"name": "aws-node", "image": "i"}, {"name": "aws-eks-nodeagent", "image": "i"}]}}}}),
        ),
    ];
    items[0]["metadata"]["labels"] = labels;
    items.push(json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": node, "uid": "u",
        "labels": if fargate { json!({"eks.amazonaws.com/compute-type": "fargate"}) } else { json!({"eks.amazonaws.com/nodegroup": "g"}) }},
        "spec": {"providerID": "aws:///us-east-1a/i-1"}}));
    let block = |text: &str| match text.split_once(" except ") {
        Some((cidr, except)) => json!({"ipBlock": {"cidr": cidr, "except": [except]}}),
        None => json!({"ipBlock": {"cidr": text}}),
    };
    let allowed: Option<Vec<Value>> = match facts["egress_allow"].as_array() {
        Some(list) => Some(
            list.iter()
                .map(|one| block(one.as_str().unwrap()))
                .collect(),
        ),
        None if facts["egress_block"] == true => {
            Some(vec![block("0.0.0.0/0 except 169.254.169.254/32")])
        }
        None => None,
    };
    if let Some(to) = allowed {
        items.push(object(
            "NetworkPolicy",
            "networking.k8s.io/v1",
            "egress",
            json!({"spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": to}]}}),
        ));
    }
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "ec2.amazonaws.com"}}]});
    let role = format!("arn:aws:iam::{ACCOUNT}:role/workers");
    vec![
        json!({"cluster": {"name": "c", "arn": format!("{HOME}:cluster/c"), "status": "ACTIVE",
            "kubernetesNetworkConfig": {"ipFamily": facts.get("ipFamily").unwrap_or(&json!("ipv4"))}}}),
        json!({"nodegroup": {"nodegroupName": "g", "nodegroupArn": format!("{HOME}:nodegroup/c/g/1"), "clusterName": "c", "nodeRole": role}}),
        json!({"addon": {"addonName": "vpc-cni", "clusterName": "c", "addonArn": format!("{HOME}:addon/c/vpc-cni/1"),
            "configurationValues": configuration.to_string()}}),
        json!({"Reservations": [{"OwnerId": ACCOUNT, "Instances": [{"InstanceId": "i-1", "MetadataOptions": options,
            "Placement": {"AvailabilityZone": "us-east-1a"}}]}]}),
        json!({"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{"Arn": role, "RoleName": "workers",
            "Path": "/", "RoleId": "AROA", "CreateDate": "2025-01-01T00:00:00Z", "AssumeRolePolicyDocument": trust}]}),
        json!({"apiVersion": "v1", "kind": "List", "items": items}),
        json!({"apiVersion": "v1", "kind": "NetworkPolicyList", "items": []}),
    ]
}

fn reach(folder: &Path, facts: &Value) -> (Reach, String) {
    for (at, print) in prints(facts).iter().enumerate() {
        fs::write(folder.join(format!("{at}.json")), print.to_string()).unwrap();
    }
    let paths = vec![(None, folder.to_path_buf())];
    let given = read(&Inputs { paths, as_of: None }).unwrap();
    assert!(given.errors.is_empty(), "{:?}", given.errors);
    let snapshot = given.snapshot;
    let region = &snapshot.accounts[ACCOUNT].regions["us-east-1"];
    assert_eq!(region.ec2.instances.len(), 1, "{:?}", given.warnings);
    let graph = Graph::build(&snapshot, None);
    let node = graph.clusters.first().unwrap();
    let verdict = graph.imds(node).of_pod(&node.cluster.kubernetes.pods[0]);
    (verdict.reach, format!("{verdict:?}"))
}

#[test]
fn every_verdict_on_nodes_roles_is_ours() {
    let Some(path) = shared("golden/iam/eks-facts.jsonl") else {
        return;
    };
    let (mut asked, mut wrong) = (0, Vec::new());
    for line in fs::read_to_string(path).unwrap().lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        if !fact["id"].as_str().unwrap().starts_with("node-") {
            continue;
        }
        asked += 1;
        let folder = tempfile::tempdir().unwrap();
        let (reach, verdict) = reach(folder.path(), &fact["facts"]);
        let expected = match fact["verdict"].as_str().unwrap() {
            "reachable" => Reach::Reachable,
            "unreachable" => Reach::Unreachable,
            "conditional" => Reach::Conditional,
            other => panic!("what is {other}?"),
        };
        if reach != expected {
            wrong.push(format!("{line}\n  {verdict}"));
        }
    }
    assert_eq!(asked, 11);
    assert!(
        wrong.is_empty(),
        "{} of {asked}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
