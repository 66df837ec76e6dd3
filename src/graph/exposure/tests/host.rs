//! Ports of nodes.

use serde_json::json;

use super::{Estate, holds, network, service, shop};
use crate::snapshot::coverage::Source;

#[test]
fn ports_of_nodes_are_reached_where_a_node_is_on_the_internet() {
    let node = |name: &str, external: &[&str]| {
        let mut addresses = vec![json!({"type": "InternalIP", "address": "10.0.0.1"})];
        addresses.extend(
            external
                .iter()
                .map(|one| json!({"type": "ExternalIP", "address": one})),
        );
        json!({"metadata": {"name": name}, "status": {"addresses": addresses}})
    };
    let ports = json!([{"port": 80, "targetPort": 8080, "nodePort": 30080}]);
    let node_port = service(json!({}), json!({"type": "NodePort", "ports": ports}));
    let internal = service(
        json!({"aws-load-balancer-internal": "true"}),
        json!({"ports": ports}),
    );
    let external = service(
        json!({}),
        json!({"type": "ClusterIP", "externalIPs": ["10.1.1.1", "203.0.113.9"]}),
    );
    let inside = service(
        json!({}),
        json!({"type": "ClusterIP", "externalIPs": ["10.1.1.1"]}),
    );
    let (public, private) = (node("node-a", &["203.0.113.5"]), node("node-b", &[]));
    let groups = "web if security groups of the node let port 30080 in";
    for (service, nodes, expected) in [
        (&node_port, vec![&public, &private], vec![groups]),
        (&node_port, vec![&private], vec![]),
        (&node_port, vec![], vec![]),
        (&internal, vec![&public], vec![groups]),
        (&internal, vec![&private], vec![]),
        (
            &external,
            vec![&private],
            vec!["web if brings what is for 203.0.113.9 to a node"],
        ),
        (&inside, vec![&public], vec![]),
    ] {
        let estate = shop().kubernetes(json!({"services": [service], "nodes": nodes}));
        holds(&estate, &expected, &(service, nodes));
    }
    let unread = shop()
        .kubernetes(json!({"services": [node_port]}))
        .denied(Source::NODES);
    holds(
        &unread,
        &["web if kubernetes:nodes was not read whole"],
        &"nodes unread",
    );
}

#[test]
fn a_host_port_is_on_the_node_of_its_pod() {
    let nodes = json!([
        {"metadata": {"name": "node-a"}, "status": {"addresses": [{"type": "ExternalIP", "address": "203.0.113.5"}]}},
        {"metadata": {"name": "node-b"}, "status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}]}}]);
    for (node, of_host, port, expected) in [
        (
            "node-a",
            false,
            json!({"containerPort": 80, "hostPort": 8080}),
            vec!["p if let port 8080 in"],
        ),
        (
            "node-b",
            false,
            json!({"containerPort": 80, "hostPort": 8080}),
            vec![],
        ),
        ("node-a", false, json!({"containerPort": 80}), vec![]),
        (
            "node-a",
            false,
            json!({"containerPort": 80, "hostPort": 0}),
            vec![],
        ),
        (
            "node-a",
            false,
            json!({"containerPort": 80, "hostPort": 80, "hostIP": "127.0.0.1"}),
            vec![],
        ),
        (
            "node-a",
            true,
            json!({"containerPort": 61678}),
            vec!["p if let port 61678 in"],
        ),
        ("node-b", true, json!({"containerPort": 61678}), vec![]),
    ] {
        let pod = json!({"metadata": {"name": "p", "namespace": "a", "uid": "p"}, "spec": {"nodeName": node,
            "hostNetwork": of_host, "containers": [{"name": "c", "ports": [port]}]}, "status": {"phase": "Running"}});
        let estate = Estate::new().kubernetes(json!({"pods": [pod], "nodes": nodes}));
        holds(&estate, &expected, &(node, of_host, port));
    }
}

#[test]
fn security_groups_of_nodes_decide_on_their_ports() {
    let node = json!({"metadata": {"name": "node-a"}, "spec": {"providerID": "aws:///eu-west-1a/i-1"},
        "status": {"addresses": [{"type": "ExternalIP", "address": "203.0.113.5"}]}});
    let ports = json!([{"port": 80, "targetPort": 8080, "nodePort": 30080}]);
    let one = service(json!({}), json!({"type": "NodePort", "ports": ports}));
    for (ports, ranges, expected) in [
        ((30_000, 32_767), ["0.0.0.0/0"], vec!["web"]),
        ((30_000, 32_767), ["10.0.0.0/8"], vec![]),
        ((22, 22), ["0.0.0.0/0"], vec![]),
    ] {
        let mut facts = network("internal", &[], &ranges, ports);
        facts["ec2"]["instances"] =
            json!([{"InstanceId": "i-1", "SecurityGroups": [{"GroupId": "sg-1"}]}]);
        let estate = shop()
            .region(facts)
            .kubernetes(json!({"services": [one], "nodes": [node]}));
        holds(&estate, &expected, &(ports, ranges));
    }
}
