//! Services without a selector: where slices of endpoints lead.

use serde_json::{Value, json};

use super::{Estate, holds, ingress, service, shop};
use crate::graph::Graph;
use crate::snapshot::coverage::Source;

/// The Service without a selector, and a slice of it.
fn estate(slice: Value) -> Estate {
    let mut one = service(json!({}), json!({"selector": {}}));
    one["spec"]["ports"] = json!([{"name": "http", "port": 80}, {"name": "admin", "port": 81}]);
    let mut addressed = json!({"metadata": {"name": "db-0", "namespace": "shop", "uid": "x", "labels": {}},
        "spec": {"containers": [{"name": "c", "image": "db:1"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.9"}});
    let mut on_host = addressed.clone();
    on_host["metadata"]["name"] = json!("agent");
    on_host["spec"]["hostNetwork"] = json!(true);
    on_host["status"]["podIP"] = json!("10.0.0.1");
    addressed["metadata"]["labels"] = json!({"app": "db-0"});
    shop().kubernetes(
        json!({"services": [one], "pods": [addressed, on_host], "endpoint_slices": [slice]}),
    )
}

fn slice(service: &str, endpoints: Value, ports: Value) -> Value {
    json!({"metadata": {"name": "s", "namespace": "shop", "labels": {"kubernetes.io/service-name": service}},
        "endpoints": endpoints, "ports": ports})
}

#[test]
fn slices_of_endpoints_lead_where_no_selector_does() {
    let named = |kind: &str, name: &str| json!([{"addresses": ["10.9.9.9"], "targetRef": {"kind": kind, "name": name}}]);
    let at = |address: &str| json!([{"addresses": [address]}]);
    let http = json!([{"name": "http", "port": 8080}]);
    for (what, slice, expected) in [
        (
            "a pod by its name",
            slice("web", named("Pod", "web"), http.clone()),
            vec!["web"],
        ),
        (
            "a pod by its address",
            slice("web", at("10.0.0.9"), http.clone()),
            vec!["db-0"],
        ),
        (
            "no port of that name",
            slice(
                "web",
                named("Pod", "web"),
                json!([{"name": "other", "port": 8080}]),
            ),
            vec![],
        ),
        (
            "another kind",
            slice("web", named("VirtualMachine", "web"), http.clone()),
            vec![],
        ),
        (
            "another Service's",
            slice("other", named("Pod", "web"), http.clone()),
            vec![],
        ),
        (
            "beyond the cluster",
            slice("web", at("203.0.113.7"), http.clone()),
            vec![],
        ),
        (
            "a node's address",
            slice("web", at("10.0.0.1"), http),
            vec![],
        ),
        (
            "no slice",
            json!({"metadata": {"name": "s", "namespace": "shop"}}),
            vec![],
        ),
    ] {
        holds(&estate(slice), &expected, &what);
    }
    let front = ingress(
        json!({"scheme": "internet-facing"}),
        Some("alb"),
        Some("k8s-1.eu-west-1.elb.amazonaws.com"),
    );
    let inside = service(json!({}), json!({"selector": {}, "type": "ClusterIP"}));
    let slice = slice(
        "web",
        named("Pod", "web"),
        json!([{"name": "http", "port": 8080}]),
    );
    let estate = shop().kubernetes(
        json!({"services": [inside], "ingresses": [front], "endpoint_slices": [slice]}),
    );
    holds(&estate, &["web"], &"behind an Ingress");
}

#[test]
fn slices_that_were_not_read_are_missed_where_a_door_leads_by_them() {
    for (spec, missed) in [
        (json!({"selector": {}}), true),
        (json!({}), false),
        (json!({"selector": {}, "type": "ClusterIP"}), false),
        (json!({"selector": {}, "type": "ExternalName"}), false),
    ] {
        let estate = shop()
            .kubernetes(json!({"services": [service(json!({}), spec.clone())]}))
            .denied(Source::ENDPOINT_SLICES);
        let snapshot = estate.snapshot();
        let unread = Graph::build(&snapshot, None).unread_exposure();
        let told = unread
            .iter()
            .any(|line| line.contains("endpointslices") && line.contains("shop/web"));
        assert_eq!(told, missed, "{spec}: {unread:?}");
    }
}
