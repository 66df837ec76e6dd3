//! NetworkPolicies between the internet and a pod.

use serde_json::json;

use super::{holds, service, shop};
use crate::snapshot::coverage::Source;

#[test]
fn a_network_policy_that_is_enforced_keeps_the_internet_away() {
    let by_address = json!({"aws-load-balancer-type": "external", "aws-load-balancer-scheme": "internet-facing",
        "aws-load-balancer-nlb-target-type": "ip"});
    let addon =
        |values: &str| json!({"addons": [{"addonName": "vpc-cni", "configurationValues": values}]});
    let standard = addon(r#"{"enableNetworkPolicy": "true"}"#);
    let strict = addon(
        r#"{"enableNetworkPolicy": "true", "env": {"NETWORK_POLICY_ENFORCING_MODE": "strict"}}"#,
    );
    let agent = json!({"controllers": [{"kind": "DaemonSet", "metadata": {"name": "aws-node", "namespace": "kube-system"},
        "spec": {"template": {"spec": {"containers": [{"name": "aws-eks-nodeagent"}]}}}}]});
    let calico = json!({"controllers": [{"kind": "DaemonSet", "metadata": {"name": "calico-node", "namespace": "kube-system"}}]});
    let closed = json!({"podSelector": {}});
    let allows = json!({"podSelector": {}, "ingress": [{"ports": [{"port": 8080}]}]});
    let ranges =
        json!({"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]}]});
    let others = json!({"podSelector": {"matchLabels": {"app": "db"}}});
    let own_node = "web if over the pod's own node: the NetworkPolicy p closes it to others";
    for (notes, eks, objects, policy, expected) in [
        (&by_address, &standard, &agent, &closed, vec![]),
        (&by_address, &strict, &agent, &closed, vec![]),
        (&by_address, &json!({}), &calico, &closed, vec![]),
        // Nothing enforces it.
        (&by_address, &json!({}), &agent, &closed, vec!["web"]),
        // The agent that does was not seen.
        (
            &by_address,
            &standard,
            &json!({}),
            &closed,
            vec!["web if unless the NetworkPolicy p closes it"],
        ),
        (&by_address, &standard, &agent, &allows, vec!["web"]),
        (
            &by_address,
            &standard,
            &agent,
            &ranges,
            vec!["web if comes from 10.0.0.0/16"],
        ),
        (&by_address, &standard, &agent, &others, vec!["web"]),
        (
            &by_address,
            &strict,
            &agent,
            &others,
            vec!["web if strict mode"],
        ),
        (
            &by_address,
            &json!({}),
            &calico,
            &allows,
            vec!["web if unless a policy of Calico"],
        ),
        // To a port of the nodes, and so perhaps of the pod's own.
        (&json!({}), &standard, &agent, &closed, vec![own_node]),
        (&json!({}), &standard, &agent, &allows, vec!["web"]),
    ] {
        let policy = json!({"metadata": {"name": "p", "namespace": "shop"}, "spec": policy});
        let estate = shop()
            .eks(eks.clone())
            .kubernetes(objects.clone())
            .kubernetes(json!({
            "services": [service(notes.clone(), json!({}))], "network_policies": [policy]}));
        holds(&estate, &expected, &(notes, eks, objects, policy));
    }
    let estate = shop()
        .eks(standard)
        .kubernetes(agent)
        .kubernetes(json!({"services": [service(by_address, json!({}))]}));
    let unread = estate.denied(Source::NETWORK_POLICIES);
    holds(
        &unread,
        &["web if they were not read whole"],
        &"policies unread",
    );
}
