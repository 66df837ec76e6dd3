//! Which pods the internet reaches.
#![allow(clippy::unwrap_used)]

mod balancer;
mod barrier;
mod class;
mod ease;
mod gateway;
mod host;
mod ingress;
mod network;
mod routes;
mod slice;

use serde_json::{Value, json};

use crate::checks::testing::{Estate, REGION};
use crate::graph::Graph;
use crate::snapshot::coverage::Source;

const ELB: &str = "k8s-shop-1.elb.eu-west-1.amazonaws.com";

/// Two Deployments' pods in the namespace `shop`, `web` with a named port and `db`.
fn shop() -> Estate {
    let pod = |name: &str, spec: Value| {
        json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "labels": {"app": name, "tier": "all"}},
            "spec": spec, "status": {"phase": "Running"}})
    };
    let web = json!({"nodeName": "node-a", "containers": [{"name": "c", "image": "web:1",
        "ports": [{"name": "http", "containerPort": 8080}]}]});
    let db = json!({"nodeName": "node-b", "containers": [{"name": "c", "image": "db:1"}]});
    Estate::new().kubernetes(json!({"pods": [pod("web", web), pod("db", db)]}))
}

/// A Service of `shop`, read from a server, which leads to `web`.
fn service(annotations: Value, spec: Value) -> Value {
    let mut service = json!({"metadata": {"name": "web", "namespace": "shop", "uid": "u", "annotations": {}},
        "spec": {"type": "LoadBalancer", "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]},
        "status": {"loadBalancer": {"ingress": [{"hostname": ELB}]}}});
    for (key, value) in annotations.as_object().unwrap() {
        service["metadata"]["annotations"][format!("service.beta.kubernetes.io/{key}")] =
            value.clone();
    }
    for (key, value) in spec.as_object().unwrap() {
        service["spec"][key] = value.clone();
    }
    service
}

fn ingress(annotations: Value, class: Option<&str>, hostname: Option<&str>) -> Value {
    let addresses: Vec<Value> = hostname
        .iter()
        .map(|name| json!({"hostname": name}))
        .collect();
    let mut ingress = json!({"metadata": {"name": "front", "namespace": "shop", "uid": "i", "annotations": {}},
        "spec": {"ingressClassName": class, "rules": [{"http": {"paths": [
            {"path": "/", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]},
        "status": {"loadBalancer": {"ingress": addresses}}});
    for (key, value) in annotations.as_object().unwrap() {
        ingress["metadata"]["annotations"][format!("alb.ingress.kubernetes.io/{key}")] =
            value.clone();
    }
    ingress
}

/// Who is reached, each by the surest way: `pod`, or `pod if CONDITION`.
fn reached(estate: &Estate) -> Vec<String> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let exposures = graph.exposures();
    let told = exposures.iter().map(|one| {
        let name = &graph.workloads.workloads[one.workload].name;
        match &one.ways.first().unwrap().open {
            None => name.clone(),
            Some(open) => format!("{name} {open}"),
        }
    });
    told.collect()
}

/// Holds that this is reached, where each word has to be in its place.
#[track_caller]
fn holds(estate: &Estate, expected: &[&str], case: &dyn std::fmt::Debug) {
    let found = reached(estate);
    let fits = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| match expected.split_once(" if ") {
                None => found == expected,
                Some((name, word)) => found.starts_with(name) && found.contains(word),
            });
    assert!(fits, "{case:?}\nfound {found:#?}\nexpected {expected:#?}");
}

#[test]
fn a_service_leads_to_the_pods_that_it_selects() {
    for (spec, expected) in [
        (json!({"selector": {"app": "web"}}), vec!["web"]),
        (
            json!({"selector": {"app": "web", "tier": "all"}}),
            vec!["web"],
        ),
        (json!({"selector": {"tier": "all"}}), vec!["db", "web"]),
        (json!({"selector": {"app": "web", "tier": "none"}}), vec![]),
        (json!({"selector": {}}), vec![]),
        (json!({"selector": null}), vec![]),
        (
            json!({"selector": {"tier": "all"}, "ports": [{"port": 80, "targetPort": "http"}]}),
            vec!["web"],
        ),
        (
            json!({"selector": {"tier": "all"}, "ports": [{"port": 80, "targetPort": "other"}]}),
            vec![],
        ),
        (json!({"selector": {"tier": "all"}, "ports": []}), vec![]),
    ] {
        let one = service(json!({}), spec.clone());
        holds(
            &shop().kubernetes(json!({"services": [one]})),
            &expected,
            &spec,
        );
    }
    // Of another namespace.
    let mut other = service(json!({}), json!({}));
    other["metadata"]["namespace"] = json!("other");
    holds(
        &shop().kubernetes(json!({"services": [other]})),
        &[],
        &"namespace",
    );
}

#[test]
fn what_a_controller_will_make_is_reached_too() {
    let controller = json!({"kind": "Deployment", "metadata": {"name": "late", "namespace": "shop"},
        "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}}}});
    let one = service(json!({}), json!({}));
    let estate = Estate::new().kubernetes(json!({"controllers": [controller], "services": [one]}));
    holds(&estate, &["late if once a pod of it runs"], &"no pod runs");
    holds(
        &estate.denied(Source::PODS),
        &["late"],
        &"pods were not read",
    );
}

#[test]
fn what_was_not_read_is_told() {
    for source in [
        Source::PODS,
        Source::SERVICES,
        Source::INGRESSES,
        Source::NODES,
    ] {
        let snapshot = shop().denied(source).snapshot();
        let unread = Graph::build(&snapshot, None).unread_exposure();
        assert_eq!(
            unread,
            [format!("{} of prod was not read whole", source.name)]
        );
    }
    let snapshot = shop().snapshot();
    assert!(Graph::build(&snapshot, None).unread_exposure().is_empty());
}

/// One region's load balancer with a listener on 443, and one security group that lets in from these ranges.
fn network(scheme: &str, groups: &[&str], ranges: &[&str], ports: (i64, i64)) -> Value {
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/1";
    let ranges: Vec<Value> = ranges
        .iter()
        .map(|range| json!({"CidrIp": range}))
        .collect();
    json!({
        "elbv2": {"load_balancers": [{"LoadBalancerArn": arn, "DNSName": ELB.to_uppercase(), "Scheme": scheme,
            "SecurityGroups": groups}], "listeners": [{"ListenerArn": "l", "LoadBalancerArn": arn, "Port": 443}]},
        "ec2": {"security_groups": [{"GroupId": "sg-1", "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": ports.0, "ToPort": ports.1, "IpRanges": ranges}]}]}})
}

/// Pods of one Service that differ in their policies or ports are asked apart, and those that do not share the answer.
#[test]
fn pods_of_a_service_are_reached_each_as_its_kind_is() {
    let calico = json!({"controllers": [{"kind": "DaemonSet", "metadata": {"name": "calico-node", "namespace": "kube-system"}}]});
    let policy = |selector: Value| json!({"metadata": {"name": "p", "namespace": "shop"}, "spec": {"podSelector": selector}});
    let by_address = json!({"aws-load-balancer-type": "external", "aws-load-balancer-scheme": "internet-facing",
        "aws-load-balancer-nlb-target-type": "ip"});
    let one = |name: &str, selector: Value| {
        let mut one = service(by_address.clone(), json!({"selector": selector}));
        one["metadata"]["name"] = json!(name);
        one
    };
    let all = json!({"tier": "all"});
    let (web, db) = (json!({"app": "web"}), json!({"app": "db"}));
    for (closed, services, expected) in [
        (
            json!({"matchLabels": {"app": "none"}}),
            vec![one("a", all.clone()), one("b", all.clone())],
            vec![("db", 2), ("web", 2)],
        ),
        (
            json!({"matchLabels": web}),
            vec![one("a", all.clone()), one("b", all.clone())],
            vec![("db", 2)],
        ),
        (
            json!({"matchLabels": db}),
            vec![one("a", all.clone()), one("b", web.clone())],
            vec![("web", 2)],
        ),
        (
            json!({"matchLabels": {"app": "none"}}),
            vec![one("a", all), one("b", web)],
            vec![("db", 1), ("web", 2)],
        ),
    ] {
        let estate = shop().kubernetes(calico.clone()).kubernetes(
            json!({"services": services, "network_policies": [policy(closed.clone())]}),
        );
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let exposures = graph.exposures();
        let found = exposures.iter().map(|one| {
            let name = graph.workloads.workloads[one.workload].name.as_str();
            (name, one.ways.len())
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{closed} {services:?}");
    }
}
