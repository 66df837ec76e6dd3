//! Gateways: whose load balancers are on the internet, and where routes lead.

use serde_json::{Value, json};

use super::{ELB, Estate, holds, service, shop};
use crate::graph::Graph;
use crate::snapshot::coverage::Source;

const ALB: &str = "k8s-1.eu-west-1.elb.amazonaws.com";
const NLB: &str = "k8s-1.elb.eu-west-1.amazonaws.com";
const AWS: &str = "gateway.k8s.aws/alb";

fn gateway(address: Option<&str>, from: Option<&str>, parameters: Value) -> Value {
    let addresses: Vec<Value> = address.iter().map(|one| json!({"value": one})).collect();
    json!({"metadata": {"name": "front", "namespace": "shop"},
        "spec": {"gatewayClassName": "own", "infrastructure": {"parametersRef": parameters},
            "listeners": [{"name": "http", "port": 80, "allowedRoutes": {"namespaces": {"from": from}}}]},
        "status": {"addresses": addresses}})
}

fn class(controller: &str, parameters: Value) -> Value {
    json!({"metadata": {"name": "own"}, "spec": {"controllerName": controller, "parametersRef": parameters}})
}

fn route(namespace: &str, parent: Value, backend: Value) -> Value {
    json!({"kind": "HTTPRoute", "metadata": {"name": "web", "namespace": namespace},
        "spec": {"parentRefs": [parent], "rules": [{"backendRefs": [backend]}]}})
}

fn own_route() -> Value {
    route(
        "shop",
        json!({"name": "front"}),
        json!({"name": "web", "port": 80}),
    )
}

fn estate(gateway: Value, class: Value, route: Value, configurations: Value) -> Estate {
    shop().kubernetes(json!({
        "services": [service(json!({}), json!({"type": "ClusterIP"}))],
        "gateways": [gateway], "gateway_classes": [class], "routes": [route],
        "load_balancer_configurations": configurations}))
}

fn configuration(name: &str, spec: Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop"}, "spec": spec})
}

fn reference(name: &str) -> Value {
    json!({"group": "gateway.k8s.aws", "kind": "LoadBalancerConfiguration", "name": name, "namespace": "shop"})
}

#[test]
fn whose_a_gateway_is_decides_whether_it_is_on_the_internet() {
    let facing = json!([configuration("own", json!({"scheme": "internet-facing"}))]);
    for (what, controller, address, configurations, expected) in [
        (
            "it is internet-facing",
            AWS,
            Some(NLB),
            &facing,
            vec!["web"],
        ),
        (
            "by its name",
            AWS,
            Some(ALB),
            &json!([configuration("own", json!({}))]),
            vec!["web"],
        ),
        (
            "internal by its name",
            AWS,
            Some("internal-k8s-1.eu-west-1.elb.amazonaws.com"),
            &facing,
            vec![],
        ),
        (
            "internal by default",
            AWS,
            Some(NLB),
            &json!([configuration("own", json!({}))]),
            vec![],
        ),
        (
            "without an address",
            AWS,
            None,
            &facing,
            vec!["web if once its load balancer has an address"],
        ),
        (
            "not read",
            AWS,
            Some(NLB),
            &json!([]),
            vec!["web if shop/own, which was not read"],
        ),
        (
            "from an office",
            AWS,
            Some(NLB),
            &json!([configuration(
                "own",
                json!({"scheme": "internet-facing", "sourceRanges": ["203.0.113.0/24"]})
            )]),
            vec![],
        ),
        (
            "over a security group",
            AWS,
            Some(NLB),
            &json!([configuration(
                "own",
                json!({"scheme": "internet-facing", "securityGroups": ["sg-1"]})
            )]),
            vec!["web if security group sg-1"],
        ),
        (
            "of an NLB",
            "gateway.k8s.aws/nlb",
            Some(NLB),
            &facing,
            vec!["web"],
        ),
        (
            "of VPC Lattice",
            "application-networking.k8s.aws/gateway-api-controller",
            Some("front-1.vpc-lattice-svcs.eu-west-1.on.aws"),
            &facing,
            vec![],
        ),
        (
            "of a proxy that was not seen",
            "example.org/proxy",
            Some(NLB),
            &facing,
            vec![],
        ),
    ] {
        let gateway = gateway(address, None, reference("own"));
        let estate = estate(
            gateway,
            class(controller, json!(null)),
            own_route(),
            configurations.clone(),
        );
        holds(&estate, &expected, &what);
    }
}

#[test]
fn what_is_said_of_a_class_counts_first_unless_it_says_otherwise() {
    let of = |scheme: &str, mode: Value| json!({"scheme": scheme, "mergingMode": mode});
    for (of_class, own, expected) in [
        (
            of("internal", json!(null)),
            of("internet-facing", json!(null)),
            vec![],
        ),
        (
            of("internet-facing", json!(null)),
            of("internal", json!(null)),
            vec!["web"],
        ),
        (
            of("internal", json!("prefer-gateway")),
            of("internet-facing", json!(null)),
            vec!["web"],
        ),
        (json!({}), of("internet-facing", json!(null)), vec!["web"]),
    ] {
        let case = (of_class.clone(), own.clone());
        let configurations = json!([configuration("class", of_class), configuration("own", own)]);
        let gateway = gateway(Some(NLB), None, reference("own"));
        let estate = estate(
            gateway,
            class(AWS, reference("class")),
            own_route(),
            configurations,
        );
        holds(&estate, &expected, &case);
    }
}

#[test]
fn a_route_leads_to_the_services_that_it_names_where_a_listener_takes_it() {
    let to = |name: &str, port: i32| json!({"name": name, "port": port});
    let here = json!({"name": "front"});
    let there = json!({"name": "front", "namespace": "shop"});
    let web = json!({"name": "web", "namespace": "shop", "port": 80});
    for (what, from, route, expected) in [
        ("of its namespace", None, own_route(), vec!["web"]),
        (
            "of its namespace, all",
            Some("All"),
            own_route(),
            vec!["web"],
        ),
        (
            "of another port",
            None,
            route("shop", here.clone(), to("web", 81)),
            vec![],
        ),
        (
            "to another Service",
            None,
            route("shop", here.clone(), to("other", 80)),
            vec![],
        ),
        (
            "to nothing",
            None,
            route(
                "shop",
                here.clone(),
                json!({"name": "web", "port": 80, "weight": 0}),
            ),
            vec![],
        ),
        (
            "to another kind",
            None,
            route(
                "shop",
                here.clone(),
                json!({"kind": "ServiceImport", "name": "web"}),
            ),
            vec![],
        ),
        (
            "of another listener",
            None,
            route(
                "shop",
                json!({"name": "front", "sectionName": "tls"}),
                to("web", 80),
            ),
            vec![],
        ),
        (
            "of this listener",
            None,
            route(
                "shop",
                json!({"name": "front", "sectionName": "http"}),
                to("web", 80),
            ),
            vec!["web"],
        ),
        (
            "of another Gateway",
            None,
            route("shop", json!({"name": "back"}), to("web", 80)),
            vec![],
        ),
        (
            "for a Service",
            None,
            route(
                "shop",
                json!({"kind": "Service", "group": "", "name": "front"}),
                to("web", 80),
            ),
            vec![],
        ),
        (
            "of another namespace",
            None,
            route("other", there.clone(), web.clone()),
            vec![],
        ),
        (
            "of another namespace that is let in",
            Some("All"),
            route("other", there.clone(), web.clone()),
            vec!["web if a ReferenceGrant of shop"],
        ),
        (
            "of another namespace that may be let in",
            Some("Selector"),
            route("other", there, web),
            vec!["web if by a selector"],
        ),
    ] {
        let gateway = gateway(Some(ALB), from, json!(null));
        let estate = estate(gateway, class(AWS, json!(null)), route, json!([]));
        holds(&estate, &expected, &what);
    }
}

#[test]
fn the_gateway_of_a_proxy_is_reached_as_its_service_is() {
    for (annotations, address, expected) in [
        (json!({}), ELB, vec!["db", "web"]),
        (json!({}), "another.elb.amazonaws.com", vec!["db"]),
        (json!({"aws-load-balancer-internal": "true"}), ELB, vec![]),
    ] {
        let case = (annotations.clone(), address);
        let mut proxy = service(annotations, json!({"selector": {"app": "db"}}));
        proxy["metadata"]["name"] = json!("proxy");
        let gateway = gateway(Some(address), None, json!(null));
        let mut web = service(json!({}), json!({"type": "ClusterIP"}));
        web["status"] = json!({});
        let estate = shop().kubernetes(json!({"services": [proxy, web], "gateways": [gateway],
            "gateway_classes": [class("example.org/proxy", json!(null))], "routes": [own_route()]}));
        holds(&estate, &expected, &case);
    }
}

#[test]
fn what_was_not_read_of_gateways_is_told() {
    let gateway = gateway(Some(NLB), None, json!(null));
    let objects = json!({"services": [service(json!({}), json!({"type": "ClusterIP"}))],
        "gateways": [gateway], "routes": [own_route()]});
    let estate = shop().kubernetes(objects).denied(Source::GATEWAY_CLASSES);
    holds(
        &estate,
        &["web if kubernetes:gatewayclasses was not read"],
        &"its class",
    );
    for source in [
        Source::HTTP_ROUTES,
        Source::GRPC_ROUTES,
        Source::TCP_ROUTES,
        Source::TLS_ROUTES,
    ] {
        let snapshot = estate.clone().denied(source).snapshot();
        let unread = Graph::build(&snapshot, None).unread_exposure();
        assert!(
            unread.iter().any(|line| line.contains(source.name)),
            "{unread:?}"
        );
        let without = shop().denied(source).snapshot();
        let unread = Graph::build(&without, None).unread_exposure();
        assert!(unread.is_empty(), "no Gateway, no route: {unread:?}");
    }
}
