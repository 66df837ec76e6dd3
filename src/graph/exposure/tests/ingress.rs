//! Load balancers of Ingresses, and proxies that take them.

use serde_json::{Value, json};

use super::{ELB, holds, ingress, service, shop};

#[test]
fn the_load_balancer_of_an_ingress_leads_to_its_services() {
    let (public, private) = (
        "k8s-1.eu-west-1.elb.amazonaws.com",
        "internal-k8s-1.eu-west-1.elb.amazonaws.com",
    );
    for (annotations, class, hostname, expected) in [
        (
            json!({"scheme": "internet-facing"}),
            Some("alb"),
            Some(public),
            vec!["web"],
        ),
        // The name of what was made tells, whatever the class's parameters say.
        (json!({}), Some("alb"), Some(public), vec!["web"]),
        (
            json!({"scheme": "internet-facing"}),
            Some("alb"),
            Some(private),
            vec![],
        ),
        (
            json!({"scheme": "internal"}),
            Some("alb"),
            Some(private),
            vec![],
        ),
        (
            json!({"scheme": "internet-facing"}),
            Some("alb"),
            None,
            vec!["web if once its load balancer"],
        ),
        (json!({"scheme": "internal"}), Some("alb"), None, vec![]),
        (json!({}), Some("alb"), None, vec![]),
        (
            json!({"target-type": "ip"}),
            Some("own"),
            None,
            vec!["web if parameters of its class"],
        ),
        (
            json!({"inbound-cidrs": "10.0.0.0/8,203.0.113.0/24"}),
            Some("alb"),
            Some(public),
            vec![],
        ),
        (
            json!({"inbound-cidrs": "0.0.0.0/0, ::/0"}),
            Some("alb"),
            Some(public),
            vec!["web"],
        ),
        (
            json!({"inbound-cidrs": "10.0.0.0/8", "security-groups": "sg-1"}),
            Some("alb"),
            Some(public),
            vec!["web if security group sg-1"],
        ),
        (
            json!({"auth-type": "oidc"}),
            Some("alb"),
            Some(public),
            vec!["web if signs in"],
        ),
        // Somebody's whose Services were not seen on the internet.
        (json!({}), Some("nginx"), Some(public), vec![]),
        (json!({}), None, None, vec![]),
    ] {
        let case = (annotations.clone(), class, hostname);
        let estate = shop().kubernetes(json!({
            "services": [service(json!({}), json!({"type": "ClusterIP"}))],
            "ingresses": [ingress(annotations, class, hostname)]}));
        holds(&estate, &expected, &case);
    }
}

/// A class of any name may be the AWS Load Balancer Controller's: the parameters of a class may say all.
#[test]
fn an_ingress_of_a_class_of_another_name_has_its_own_load_balancer() {
    for (what, class, hostname, of_service, expected) in [
        (
            "its own",
            Some("public"),
            "k8s-1.eu-west-1.elb.amazonaws.com",
            None,
            &["web"][..],
        ),
        (
            "none named",
            None,
            "k8s-1.eu-west-1.elb.amazonaws.com",
            None,
            &["web"],
        ),
        (
            "in China",
            None,
            "k8s-1.cn-north-1.elb.amazonaws.com.cn",
            None,
            &["web"],
        ),
        (
            "internal",
            Some("public"),
            "internal-k8s-1.eu-west-1.elb.amazonaws.com",
            None,
            &[],
        ),
        (
            "of a proxy's Service, which is internal",
            Some("public"),
            "p.eu-west-1.elb.amazonaws.com",
            Some("p.eu-west-1.elb.amazonaws.com"),
            &[],
        ),
        ("a Network Load Balancer's", Some("public"), ELB, None, &[]),
        (
            "of somebody else",
            Some("public"),
            "shop.example.com",
            None,
            &[],
        ),
    ] {
        let mut front = ingress(json!({"target-type": "ip"}), class, Some(hostname));
        front["metadata"]["annotations"] = json!({});
        let mut services = vec![service(json!({}), json!({"type": "ClusterIP"}))];
        services[0]["status"] = json!({});
        if let Some(name) = of_service {
            let mut proxy = service(
                json!({"aws-load-balancer-internal": "true"}),
                json!({"selector": {"app": "proxy"}}),
            );
            proxy["metadata"]["name"] = json!("proxy");
            proxy["status"] = json!({"loadBalancer": {"ingress": [{"hostname": name}]}});
            services.push(proxy);
        }
        let estate = shop().kubernetes(json!({"services": services, "ingresses": [front]}));
        holds(&estate, expected, &what);
    }
}

#[test]
fn an_ingress_leads_by_port_and_by_action_and_its_group_shares_a_load_balancer() {
    let public = Some("k8s-1.eu-west-1.elb.amazonaws.com");
    let estate = |ingresses: Value| {
        shop().kubernetes(json!({
            "services": [service(json!({}), json!({"type": "ClusterIP"}))], "ingresses": ingresses}))
    };
    for (backend, expected) in [
        (json!({"name": "web", "port": {"number": 80}}), vec!["web"]),
        (
            json!({"name": "web", "port": {"name": "http"}}),
            vec!["web"],
        ),
        (json!({"name": "web", "port": {"number": 81}}), vec![]),
        (json!({"name": "web", "port": {"name": "other"}}), vec![]),
        (json!({"name": "absent", "port": {"number": 80}}), vec![]),
        (
            json!({"name": "go", "port": {"name": "use-annotation"}}),
            vec!["web"],
        ),
        (
            json!({"name": "no", "port": {"name": "use-annotation"}}),
            vec![],
        ),
    ] {
        let action = r#"{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"web","servicePort":"80"}]}}"#;
        let other = r#"{"type":"redirect","redirectConfig":{"statusCode":"HTTP_301"}}"#;
        let notes = json!({"actions.go": action, "actions.no": other});
        let mut one = ingress(notes, Some("alb"), public);
        one["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"] = backend.clone();
        holds(&estate(json!([one])), &expected, &backend);
    }
    // Ranges of one are those of the group.
    let narrow = ingress(
        json!({"group.name": "g", "inbound-cidrs": "10.0.0.0/8"}),
        Some("alb"),
        public,
    );
    let mut other = ingress(json!({"group.name": "g"}), Some("alb"), public);
    other["metadata"]["name"] = json!("other");
    holds(&estate(json!([narrow, other.clone()])), &[], &"group");
    holds(&estate(json!([other])), &["web"], &"alone in its group");
}

#[test]
fn an_ingress_of_a_proxy_is_reached_as_its_service_is() {
    let proxy = |internal: &str| {
        let mut one = service(
            json!({"aws-load-balancer-internal": internal}),
            json!({"selector": {"app.kubernetes.io/name": "ingress-nginx"}}),
        );
        one["metadata"]["name"] = json!("controller");
        one["metadata"]["namespace"] = json!("ingress");
        one
    };
    let pod = json!({"metadata": {"name": "nginx", "namespace": "ingress", "uid": "n",
        "labels": {"app.kubernetes.io/name": "ingress-nginx"}}, "spec": {"containers": [{"name": "c"}]},
        "status": {"phase": "Running"}});
    for (internal, hostname, expected) in [
        ("false", Some(ELB), vec!["nginx", "web"]),
        ("true", Some(ELB), vec![]),
        // Its address is not that of the proxy.
        ("false", Some("other.elb.amazonaws.com"), vec!["nginx"]),
        (
            "false",
            None,
            vec!["nginx", "web if serves the class nginx"],
        ),
    ] {
        let estate = shop().kubernetes(json!({"pods": [pod],
            "services": [service(json!({}), json!({"type": "ClusterIP"})), proxy(internal)],
            "ingresses": [ingress(json!({}), Some("nginx"), hostname)]}));
        holds(&estate, &expected, &(internal, hostname));
    }
}
