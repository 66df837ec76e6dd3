//! Load balancers of Services: who makes one decides whether it is on the internet.

use serde_json::{Value, json};

use super::{holds, service, shop};

#[test]
fn who_makes_a_load_balancer_decides_its_scheme() {
    let lbc = "service.k8s.aws/nlb";
    for (annotations, spec, expected) in [
        // The cloud provider's.
        (json!({}), json!({}), vec!["web"]),
        (
            json!({"aws-load-balancer-type": "nlb"}),
            json!({}),
            vec!["web"],
        ),
        (
            json!({"aws-load-balancer-internal": "true"}),
            json!({}),
            vec![],
        ),
        (
            json!({"aws-load-balancer-internal": "0.0.0.0/0"}),
            json!({}),
            vec![],
        ),
        (
            json!({"aws-load-balancer-internal": "false"}),
            json!({}),
            vec!["web"],
        ),
        // It does not know the scheme.
        (
            json!({"aws-load-balancer-scheme": "internal"}),
            json!({}),
            vec!["web"],
        ),
        // The controller's.
        (json!({}), json!({"loadBalancerClass": lbc}), vec![]),
        (
            json!({"aws-load-balancer-type": "external"}),
            json!({}),
            vec![],
        ),
        (
            json!({"aws-load-balancer-type": "nlb-ip"}),
            json!({}),
            vec![],
        ),
        (
            json!({"aws-load-balancer-type": "external", "aws-load-balancer-scheme": "internet-facing"}),
            json!({}),
            vec!["web"],
        ),
        (
            json!({"aws-load-balancer-scheme": "internet-facing"}),
            json!({"loadBalancerClass": lbc}),
            vec!["web"],
        ),
        (
            json!({"aws-load-balancer-scheme": "internal"}),
            json!({"loadBalancerClass": lbc}),
            vec![],
        ),
        (
            json!({"aws-load-balancer-internal": "true"}),
            json!({"loadBalancerClass": lbc}),
            vec![],
        ),
        (
            json!({"aws-load-balancer-internal": "false"}),
            json!({"loadBalancerClass": lbc}),
            vec!["web"],
        ),
        (
            json!({"aws-load-balancer-scheme": "internet-facing"}),
            json!({"loadBalancerClass": "eks.amazonaws.com/nlb"}),
            vec!["web"],
        ),
        (
            json!({}),
            json!({"loadBalancerClass": "eks.amazonaws.com/nlb"}),
            vec![],
        ),
        // Somebody else's.
        (
            json!({}),
            json!({"loadBalancerClass": "metallb"}),
            vec!["web if class metallb"],
        ),
        // No load balancer at all.
        (
            json!({"aws-load-balancer-scheme": "internet-facing"}),
            json!({"type": "ClusterIP"}),
            vec![],
        ),
        (
            json!({}),
            json!({"type": "ExternalName", "externalName": "example.org"}),
            vec![],
        ),
    ] {
        let case = (annotations.clone(), spec.clone());
        let estate = shop().kubernetes(json!({"services": [service(annotations, spec)]}));
        holds(&estate, &expected, &case);
    }
}

#[test]
fn an_internal_name_and_a_missing_one_are_heard() {
    for (hostname, expected) in [
        (Some("internal-a1-2.eu-west-1.elb.amazonaws.com"), vec![]),
        (Some("a1-2.eu-west-1.elb.amazonaws.com"), vec!["web"]),
        (None, vec!["web if once its load balancer has an address"]),
    ] {
        let mut one = service(json!({}), json!({}));
        let addresses: Vec<Value> = hostname
            .iter()
            .map(|name| json!({"hostname": name}))
            .collect();
        one["status"]["loadBalancer"]["ingress"] = json!(addresses);
        holds(
            &shop().kubernetes(json!({"services": [one]})),
            &expected,
            &hostname,
        );
    }
    // As people write it: which controller will take it is not known.
    let mut manifest = service(json!({}), json!({}));
    manifest["metadata"].as_object_mut().unwrap().remove("uid");
    let estate = shop().kubernetes(json!({"services": [manifest]}));
    holds(
        &estate,
        &["web if only if the cloud provider makes its load balancer"],
        &"manifest",
    );
    // EKS Auto Mode makes it, unless it was there before.
    let estate = shop()
        .eks(json!({"cluster": {"kubernetesNetworkConfig": {"elasticLoadBalancing": {"enabled": true}}}}))
        .kubernetes(json!({"services": [service(json!({}), json!({}))]}));
    holds(
        &estate,
        &["web if only if the cloud provider makes its load balancer"],
        &"auto mode",
    );
}

#[test]
fn source_ranges_let_the_internet_in_where_they_are_wide() {
    for (annotations, ranges, expected) in [
        (json!({}), json!(["0.0.0.0/0"]), vec!["web"]),
        (json!({}), json!(["10.0.0.0/8", "0.0.0.0/0"]), vec!["web"]),
        (json!({}), json!(["10.0.0.0/8"]), vec![]),
        (json!({}), json!(["203.0.113.7/32"]), vec![]),
        (
            json!({"load-balancer-source-ranges": "10.0.0.0/8, 203.0.113.0/24"}),
            json!([]),
            vec![],
        ),
        (
            json!({"load-balancer-source-ranges": "0.0.0.0/0"}),
            json!([]),
            vec!["web"],
        ),
        // The field counts before the annotation.
        (
            json!({"load-balancer-source-ranges": "0.0.0.0/0"}),
            json!(["10.0.0.0/8"]),
            vec![],
        ),
        // Security groups take the place of ranges.
        (
            json!({"aws-load-balancer-security-groups": "sg-1"}),
            json!(["10.0.0.0/8"]),
            vec!["web if security group sg-1"],
        ),
    ] {
        let case = (annotations.clone(), ranges.clone());
        let one = service(annotations, json!({"loadBalancerSourceRanges": ranges}));
        holds(
            &shop().kubernetes(json!({"services": [one]})),
            &expected,
            &case,
        );
    }
}
