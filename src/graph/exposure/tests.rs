//! Which pods the internet reaches.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::checks::testing::Estate;
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

#[test]
fn the_worst_that_is_known_of_its_images_is_how_easily_it_is_taken() {
    let image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1";
    let digest = "sha256:aa";
    let enhanced = |severity: &str, exploit: &str, status: &str| {
        json!({"imageScanStatus": {"status": "ACTIVE"}, "imageScanFindings": {"enhancedFindings": [{
            "severity": severity, "exploitAvailable": exploit, "status": status,
            "packageVulnerabilityDetails": {"vulnerabilityId": "CVE-1"}}]}})
    };
    let basic = json!({"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {
        "findings": [{"name": "CVE-2", "severity": "CRITICAL"}], "findingSeverityCounts": {"CRITICAL": 1}}});
    let counted = json!({"imageScanStatus": {"status": "COMPLETE"}, "imageScanFindings": {
        "findingSeverityCounts": {"CRITICAL": 2}}});
    for (found, expected) in [
        (
            enhanced("CRITICAL", "YES", "ACTIVE"),
            "only if what listens there can be taken over by CVE-1 of web:1, exploit known",
        ),
        (
            enhanced("HIGH", "YES", "ACTIVE"),
            "only if what listens there can be taken over by CVE-1 of web:1, exploit known",
        ),
        (
            enhanced("CRITICAL", "NO", "ACTIVE"),
            "only if what listens there can be taken over by CVE-1 of web:1, critical",
        ),
        (
            enhanced("MEDIUM", "YES", "ACTIVE"),
            "only if what listens there can be taken over (no known fault was seen)",
        ),
        (
            enhanced("CRITICAL", "YES", "SUPPRESSED"),
            "only if what listens there can be taken over (no known fault was seen)",
        ),
        (
            basic,
            "only if what listens there can be taken over by CVE-2 of web:1, critical",
        ),
        (
            counted,
            "only if what listens there can be taken over by one of the 2 critical findings of web:1",
        ),
    ] {
        let mut findings = json!({"repositoryName": "web", "imageId": {"imageDigest": digest}});
        for (key, value) in found.as_object().unwrap() {
            findings[key] = value.clone();
        }
        let pod = json!({"metadata": {"name": "web", "namespace": "shop", "uid": "p", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": image}]}, "status": {"phase": "Running"}});
        let estate = Estate::new()
            .region(json!({"ecr": {
                "repositories": [{"repositoryName": "web"}],
                "images": [{"repositoryName": "web", "imageDigest": digest, "imageTags": ["1"]}],
                "findings": [findings]}}))
            .kubernetes(json!({"pods": [pod], "services": [service(json!({}), json!({}))]}));
        let snapshot = estate.snapshot();
        let exposures = Graph::build(&snapshot, None).exposures();
        assert_eq!(exposures[0].ease.condition(), expected, "{found}");
    }
    let snapshot = shop()
        .kubernetes(json!({"services": [service(json!({}), json!({}))]}))
        .snapshot();
    let exposures = Graph::build(&snapshot, None).exposures();
    assert_eq!(exposures[0].ease.by, "no scan of its images was seen");
}

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

#[test]
fn a_load_balancer_that_was_read_decides() {
    let (all, office): (&[&str], &[&str]) = (&["0.0.0.0/0"], &["203.0.113.0/24"]);
    let of: &[&str] = &["sg-1"];
    for (facts, expected) in [
        (network("internet-facing", of, all, (443, 443)), vec!["web"]),
        (
            network("internet-facing", of, all, (0, 65_535)),
            vec!["web"],
        ),
        (network("internal", of, all, (443, 443)), vec![]),
        (network("internet-facing", of, office, (443, 443)), vec![]),
        (network("internet-facing", of, &[], (443, 443)), vec![]),
        // Nothing listens there.
        (network("internet-facing", of, all, (80, 80)), vec![]),
        // What was not read leaves it to what is written.
        (
            network("internet-facing", &["sg-2"], office, (443, 443)),
            vec!["web"],
        ),
        (
            network("internet-facing", &[], office, (443, 443)),
            vec!["web"],
        ),
    ] {
        let ingress = ingress(json!({}), Some("alb"), Some(ELB));
        let cluster_ip = service(json!({}), json!({"type": "ClusterIP"}));
        let estate = shop()
            .region(facts.clone())
            .kubernetes(json!({"services": [cluster_ip], "ingresses": [ingress]}));
        holds(&estate, &expected, &("Ingress", &facts));
        // The annotation of a Service was changed after its load balancer was made.
        let one = service(
            json!({"aws-load-balancer-type": "external", "aws-load-balancer-scheme": "internal"}),
            json!({}),
        );
        let estate = shop()
            .region(facts.clone())
            .kubernetes(json!({"services": [one]}));
        holds(&estate, &expected, &("Service", &facts));
    }
}

#[test]
fn security_groups_that_are_named_are_looked_at() {
    let mut facts = network("internet-facing", &[], &["10.0.0.0/8"], (443, 443));
    facts["elbv2"] = json!({});
    let of = |name: &str| ingress(json!({"security-groups": name}), Some("alb"), Some(ELB));
    let estate = |facts: &Value, name: &str| {
        let cluster_ip = service(json!({}), json!({"type": "ClusterIP"}));
        shop()
            .region(facts.clone())
            .kubernetes(json!({"services": [cluster_ip], "ingresses": [of(name)]}))
    };
    holds(&estate(&facts, "sg-1"), &[], &"closed");
    holds(
        &estate(&facts, "sg-1, sg-9"),
        &["web if security group sg-9"],
        &"one is not known",
    );
    facts["ec2"]["security_groups"][0]["IpPermissions"][0]["PrefixListIds"] =
        json!([{"PrefixListId": "pl-1"}]);
    holds(
        &estate(&facts, "sg-1"),
        &["web if prefix list pl-1"],
        &"a prefix list",
    );
    facts["ec2"]["security_groups"][0]["IpPermissions"] =
        json!([{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]);
    facts["ec2"]["security_groups"][0]["Tags"] = json!([{"Key": "Name", "Value": "front"}]);
    for name in ["sg-1", "front"] {
        holds(&estate(&facts, name), &["web"], &("open", name));
    }
    facts["ec2"]["security_groups"][0]["IpPermissions"] = json!([{"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    holds(&estate(&facts, "sg-1"), &[], &"UDP");
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
