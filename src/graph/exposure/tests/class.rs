//! Classes of Ingresses whose parameters were read.

use serde_json::{Value, json};

use super::{holds, ingress, service, shop};

const PUBLIC: &str = "k8s-1.eu-west-1.elb.amazonaws.com";

fn class(controller: &str, parameters: Value) -> Value {
    json!({"metadata": {"name": "own"}, "spec": {"controller": controller, "parameters": parameters}})
}

#[test]
fn what_is_said_of_a_class_counts_before_what_its_ingresses_say() {
    let lbc = "ingress.k8s.aws/alb";
    let named = json!({"apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": "own"});
    let auto =
        json!({"apiGroup": "eks.amazonaws.com", "kind": "IngressClassParams", "name": "own"});
    let facing = json!({"scheme": "internet-facing"});
    let once = vec!["web if only once its load balancer has an address"];
    for (what, controller, parameters, spec, notes, hostname, expected) in [
        (
            "it is internet-facing",
            lbc,
            &named,
            &facing,
            json!({}),
            None,
            once.clone(),
        ),
        (
            "of EKS Auto Mode",
            "eks.amazonaws.com/alb",
            &auto,
            &facing,
            json!({}),
            None,
            once.clone(),
        ),
        (
            "it is internal",
            lbc,
            &named,
            &json!({"scheme": "internal"}),
            json!({"scheme": "internet-facing"}),
            None,
            vec![],
        ),
        (
            "it says nothing",
            lbc,
            &named,
            &json!({}),
            json!({}),
            None,
            vec![],
        ),
        (
            "it says nothing, the Ingress does",
            lbc,
            &named,
            &json!({}),
            json!({"scheme": "internet-facing"}),
            None,
            once,
        ),
        (
            "no parameters",
            lbc,
            &json!(null),
            &json!({}),
            json!({"target-type": "ip"}),
            None,
            vec![],
        ),
        (
            "its parameters were not seen",
            lbc,
            &json!({"apiGroup": "elbv2.k8s.aws", "name": "gone"}),
            &json!({}),
            json!({}),
            None,
            vec!["web if which were not read"],
        ),
        (
            "its ranges",
            lbc,
            &named,
            &json!({"inboundCIDRs": ["10.0.0.0/8"]}),
            json!({"inbound-cidrs": "0.0.0.0/0"}),
            Some(PUBLIC),
            vec![],
        ),
        (
            "its wide ranges",
            lbc,
            &named,
            &json!({"inboundCIDRs": ["0.0.0.0/0"]}),
            json!({"inbound-cidrs": "10.0.0.0/8"}),
            Some(PUBLIC),
            vec!["web"],
        ),
        (
            "its prefix lists",
            lbc,
            &named,
            &json!({"prefixListsIDs": ["pl-1"]}),
            json!({}),
            Some(PUBLIC),
            vec!["web if prefix lists pl-1"],
        ),
        (
            "somebody else's",
            "example.org/own",
            &json!(null),
            &json!({}),
            json!({"scheme": "internet-facing"}),
            None,
            vec![],
        ),
    ] {
        let estate = shop().kubernetes(json!({
            "services": [service(json!({}), json!({"type": "ClusterIP"}))],
            "ingresses": [ingress(notes, Some("own"), hostname)],
            "ingress_classes": [class(controller, parameters.clone())],
            "ingress_class_params": [
                {"apiGroup": "elbv2.k8s.aws", "metadata": {"name": "own"}, "spec": spec},
                {"apiGroup": "eks.amazonaws.com", "metadata": {"name": "own"}, "spec": spec}]}));
        holds(&estate, &expected, &what);
    }
}

/// All Ingresses of a class with a group share one load balancer, so that the ranges of one open it to all.
#[test]
fn the_group_of_a_class_is_its_ingresses() {
    let named = json!({"apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": "own"});
    let narrow = ingress(
        json!({"inbound-cidrs": "10.0.0.0/8"}),
        Some("own"),
        Some(PUBLIC),
    );
    let mut wide = ingress(
        json!({"inbound-cidrs": "0.0.0.0/0"}),
        Some("own"),
        Some(PUBLIC),
    );
    wide["metadata"]["name"] = json!("wide");
    wide["spec"]["rules"] = json!([]);
    for (group, expected) in [(json!({"name": "all"}), vec!["web"]), (json!(null), vec![])] {
        let estate = shop().kubernetes(json!({
            "services": [service(json!({}), json!({"type": "ClusterIP"}))],
            "ingresses": [narrow, wide],
            "ingress_classes": [class("ingress.k8s.aws/alb", named.clone())],
            "ingress_class_params": [{"apiGroup": "elbv2.k8s.aws", "metadata": {"name": "own"},
                "spec": {"group": group}}]}));
        holds(&estate, &expected, &group);
    }
}
