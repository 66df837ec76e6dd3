//! A cluster is read whole: pages, lists of metadata, types of Secrets, and nothing undeclared.

use std::collections::BTreeSet;
use std::io::Write as _;

use eks_auditor::collect::call::KubernetesRead;
use eks_auditor::collect::kubernetes::{ApiServer, KubernetesOptions, READS};
use eks_auditor::snapshot::coverage::Status;
use serde_json::json;

use crate::kubernetes_server::http::{Reply, Request};
use crate::kubernetes_server::objects::{Objects, VALUE, object};
use crate::kubernetes_server::{METADATA, options, scan, scan_as, serve, serve_well};

fn with_secrets() -> KubernetesOptions {
    KubernetesOptions {
        with_secrets: true,
        ..options()
    }
}

/// The read that a request is, by its path: `/api/V/…`, `/apis/GROUP/V/…`.
fn read_of(request: &Request) -> Option<&'static KubernetesRead> {
    let mut parts = request.path.trim_start_matches('/').split('/');
    let group = match parts.next()? {
        "api" => "",
        "apis" => parts.next()?,
        _ => return None,
    };
    parts.next()?;
    let rest: Vec<&str> = parts.collect();
    let (namespace, resource, name) = match rest[..] {
        ["namespaces", namespace, resource, name] => (namespace, resource, Some(name)),
        ["namespaces", namespace, resource] => (namespace, resource, None),
        [resource] => ("", resource, None),
        _ => return None,
    };
    READS.iter().find(|read| {
        let verb = if name.is_some() { "get" } else { "list" };
        let named = name.is_none_or(|name| read.names.contains(&name));
        (read.group, read.resource, read.namespace, read.verb) == (group, resource, namespace, verb)
            && named
    })
}

#[tokio::test]
async fn a_small_cluster_is_read_whole() {
    let server = serve_well(Objects::small());
    let seen = scan(&server, &options()).await;
    assert_eq!(seen.gaps(), [""; 0], "{:?}", seen.coverage);
    assert_eq!(seen.brief("pods"), (Status::Complete, 2, String::new()));
    let objects = &seen.objects;
    let mut controllers: Vec<_> = objects
        .controllers
        .iter()
        .map(|c| {
            (
                c.kind.as_str(),
                c.metadata.name.as_str(),
                c.spec.template.spec.containers.len(),
            )
        })
        .collect();
    controllers.sort_unstable();
    let expected = [
        ("DaemonSet", "agent", 1),
        ("Deployment", "web", 1),
        ("Job", "once", 1),
        ("ReplicaSet", "web-1", 0),
        ("ReplicationController", "old", 1),
        ("StatefulSet", "db", 1),
    ];
    assert_eq!(controllers, expected, "a ReplicaSet comes as its metadata");
    let owner = objects
        .controllers
        .iter()
        .find(|c| c.kind == "ReplicaSet")
        .unwrap();
    assert_eq!(owner.metadata.controller().unwrap().name, "web");
    let roles: Vec<_> = objects
        .roles
        .iter()
        .map(|r| (r.kind.as_str(), r.metadata.name.as_str()))
        .collect();
    assert_eq!(roles, [("Role", "reader"), ("ClusterRole", "view")]);
    assert!(objects.roles[1].aggregation_rule.is_some());
    let bindings: Vec<_> = objects
        .role_bindings
        .iter()
        .map(|b| (b.kind.as_str(), b.role_ref.name.as_str()))
        .collect();
    assert_eq!(
        bindings,
        [("RoleBinding", "reader"), ("ClusterRoleBinding", "view")]
    );
    let maps: Vec<_> = objects
        .config_maps
        .iter()
        .map(|m| m.metadata.name.as_str())
        .collect();
    assert_eq!(maps, ["aws-auth", "amazon-vpc-cni"]);
    assert_eq!(
        objects.cron_jobs[0]
            .spec
            .job_template
            .spec
            .template
            .spec
            .containers
            .len(),
        1
    );
    assert_eq!(
        objects.nodes[0].spec.provider_id.as_deref(),
        Some("aws:///eu-west-1a/i-0abc")
    );
    let counts = [
        objects.namespaces.len(),
        objects.service_accounts.len(),
        objects.config_map_keys.len(),
        objects.persistent_volume_claims.len(),
        objects.persistent_volumes.len(),
        objects.network_policies.len(),
        objects.services.len(),
        objects.ingresses.len(),
        objects.endpoint_slices.len(),
        objects.ingress_classes.len(),
        objects.gateway_classes.len(),
        objects.gateways.len(),
        objects.load_balancer_configurations.len(),
        objects.secret_provider_classes.len(),
        objects.external_secrets.len(),
        objects.secret_provider_class_pod_statuses.len(),
        objects.cluster_external_secrets.len(),
        objects.push_secrets.len(),
        objects.certificates.len(),
    ];
    assert_eq!(counts, [1; 19]);
    let stores = objects.secret_stores.iter();
    let stores: Vec<&str> = stores.map(|one| one.kind.as_str()).collect();
    assert_eq!(stores, ["SecretStore", "ClusterSecretStore"]);
    let of_kind = |kind: &str| objects.routes.iter().any(|route| route.kind == kind);
    for kind in ["HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"] {
        assert!(of_kind(kind), "{kind}: {:?}", objects.routes);
    }
    let params = objects.ingress_class_params.iter();
    let groups: Vec<&str> = params.map(|one| one.api_group.as_str()).collect();
    assert_eq!(groups, ["elbv2.k8s.aws", "eks.amazonaws.com"]);
    assert_eq!(
        *seen.told.items.lock().unwrap(),
        44,
        "each item is told of once"
    );
}

#[tokio::test]
async fn no_request_is_outside_the_declaration_and_none_is_made_twice() {
    let server = serve_well(Objects::small());
    let api = ApiServer::with_token(&server.address(), "t".to_owned().into()).unwrap();
    scan_as(&api, &with_secrets()).await;
    let requests = server.requests();
    let mut used = BTreeSet::new();
    for request in &requests {
        assert_eq!(request.method, "GET");
        let read = read_of(request).unwrap_or_else(|| panic!("{} is not declared", request.path));
        used.insert((read.group, read.resource, read.names));
        assert_eq!(request.header("authorization"), "Bearer t");
        assert!(request.header("user-agent").starts_with("eks-auditor/"));
    }
    assert_eq!(
        used.len(),
        READS.len(),
        "nothing is declared that is not read: {used:?}"
    );
    let distinct: BTreeSet<_> = requests.iter().map(|r| (&r.path, &r.query)).collect();
    assert_eq!(distinct.len(), requests.len());
    assert_eq!(api.calls().values().sum::<u64>(), requests.len() as u64);
    assert_eq!(
        api.calls()["kubernetes:secrets"],
        10,
        "nine types and the rest"
    );
}

#[tokio::test]
async fn pages_of_500_join_to_a_list_without_doubles() {
    let server = serve_well(Objects::small().pods(1203));
    let seen = scan(&server, &options()).await;
    assert_eq!(seen.brief("pods"), (Status::Complete, 1203, String::new()));
    let names: BTreeSet<_> = seen.objects.pods.iter().map(|p| &p.metadata.name).collect();
    assert_eq!(names.len(), 1203);
    let requests = server.requests_for("/api/v1/pods");
    let pages: Vec<_> = requests
        .iter()
        .map(|r| (r.parameter("limit"), r.parameter("continue")))
        .collect();
    assert_eq!(
        pages,
        [
            (Some("500"), None),
            (Some("500"), Some("500")),
            (Some("500"), Some("1000"))
        ]
    );
}

#[tokio::test]
async fn without_the_right_to_secrets_none_is_asked_for() {
    let server = serve_well(Objects::small());
    let seen = scan(&server, &options()).await;
    assert!(server.requests_for("/api/v1/secrets").is_empty());
    let (status, items, detail) = seen.brief("secrets");
    assert_eq!((status, items), (Status::Skipped, 0));
    assert!(detail.contains("--with-secrets"), "{detail}");
}

#[tokio::test]
async fn secrets_are_read_as_metadata_with_their_types() {
    let server = serve_well(Objects::small());
    let seen = scan(&server, &with_secrets()).await;
    assert_eq!(seen.brief("secrets"), (Status::Complete, 4, String::new()));
    let mut kinds: Vec<_> = seen
        .objects
        .secrets
        .iter()
        .map(|s| (s.metadata.name.as_str(), s.kind.as_deref()))
        .collect();
    kinds.sort_unstable();
    let expected = [
        ("s0", Some("Opaque")),
        ("s1", Some("kubernetes.io/tls")),
        ("s2", Some("kubernetes.io/service-account-token")),
        ("s3", Some("other")),
    ];
    assert_eq!(kinds, expected);
    for request in server.requests_for("/api/v1/secrets") {
        assert_eq!(request.header("accept"), METADATA, "{:?}", request.query);
    }
    assert!(
        !serde_json::to_string(&seen.objects)
            .unwrap()
            .contains(VALUE)
    );
}

#[tokio::test]
async fn a_server_that_sends_values_unasked_is_not_read() {
    let mut objects = Objects::small();
    objects.ignores_accept = true;
    let server = serve_well(objects);
    let seen = scan(&server, &with_secrets()).await;
    let (status, items, detail) = seen.brief("secrets");
    assert_eq!((status, items), (Status::Failed, 0));
    assert!(detail.contains("SecretList"), "{detail}");
    assert_eq!(
        server.requests_for("/api/v1/secrets").len(),
        1,
        "it is not asked again"
    );
    let all = format!("{:?} {:?}", seen.objects, seen.coverage);
    assert!(!all.contains(VALUE));
}

#[tokio::test]
async fn a_server_that_ignores_selectors_gives_no_types() {
    let mut objects = Objects::small();
    objects.ignores_selectors = true;
    let server = serve_well(objects);
    let seen = scan(&server, &with_secrets()).await;
    let (status, items, detail) = seen.brief("secrets");
    assert_eq!((status, items), (Status::Partial, 4), "{detail}");
    assert!(detail.contains("two types"), "{detail}");
    assert!(
        seen.objects
            .secrets
            .iter()
            .all(|secret| secret.kind.is_none())
    );
}

#[tokio::test]
async fn what_a_cluster_lacks_is_seen_to_be_absent() {
    let lacks = |request: &Request| {
        let path = &request.path;
        let absent = path.contains("configmaps/")
            || path.contains("gateway")
            || path.contains("/secrets-store.csi.x-k8s.io/")
            || path.contains("/external-secrets.io/")
            || path.contains("/cert-manager.io/");
        absent.then(|| Reply::status(404, "the server could not find the requested resource"))
    };
    let server = serve(Objects::small(), lacks);
    let seen = scan(&server, &options()).await;
    assert_eq!(seen.gaps(), [""; 0], "{:?}", seen.coverage);
    for (source, detail) in [
        ("configmaps/aws-auth", ""),
        ("configmaps/amazon-vpc-cni", ""),
        ("gatewayclasses", "not installed"),
        ("gateways", "not installed"),
        ("httproutes", "not installed"),
        ("tlsroutes", "not installed"),
        ("loadbalancerconfigurations", "not installed"),
        ("secretproviderclasses", "not installed"),
        ("secretproviderclasspodstatuses", "not installed"),
        ("externalsecrets", "not installed"),
        ("clusterexternalsecrets", "not installed"),
        ("secretstores", "not installed"),
        ("clustersecretstores", "not installed"),
        ("pushsecrets", "not installed"),
        ("certificates", "not installed"),
    ] {
        assert_eq!(
            seen.brief(source),
            (Status::Complete, 0, detail.to_owned()),
            "{source}"
        );
    }
}

#[tokio::test]
async fn a_core_resource_that_is_not_served_is_no_empty_list() {
    let lacks = |request: &Request| {
        request
            .path
            .ends_with("/networkpolicies")
            .then(|| Reply::new(404, "404 page not found"))
    };
    let seen = scan(&serve(Objects::small(), lacks), &options()).await;
    assert_eq!(seen.brief("networkpolicies").0, Status::Failed);
    assert_eq!(seen.gaps(), ["networkpolicies"]);
}

#[tokio::test]
async fn the_older_version_of_external_secrets_is_read_too() {
    let path = "/apis/external-secrets.io/v1beta1/externalsecrets";
    let objects = Objects::small().list(
        path,
        "ExternalSecret",
        vec![object("app", "old", json!({}))],
    );
    let server = serve(objects, |request| {
        request
            .path
            .contains("external-secrets.io/v1/")
            .then(|| Reply::new(404, "404"))
    });
    let seen = scan(&server, &options()).await;
    assert_eq!(
        seen.brief("externalsecrets"),
        (Status::Complete, 1, String::new())
    );
    assert_eq!(seen.objects.external_secrets[0].metadata.name, "old");
}

#[tokio::test]
async fn zipped_answers_are_read() {
    let objects = Objects::small().pods(700);
    let plain = objects.clone();
    let server = serve(objects, move |request| {
        assert_eq!(request.header("accept-encoding"), "gzip");
        let mut reply = plain.answer(request).with("Content-Encoding", "gzip");
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(&reply.body).unwrap();
        reply.body = zip.finish().unwrap();
        Some(reply)
    });
    let seen = scan(&server, &options()).await;
    assert_eq!(seen.gaps(), [""; 0], "{:?}", seen.coverage);
    assert_eq!(seen.objects.pods.len(), 700);
}

#[tokio::test]
async fn the_same_cluster_is_the_same_snapshot() {
    // Answers that overtake one another change nothing.
    let slow = |request: &Request| {
        let mut reply = Objects::small().answer(request);
        reply.delay =
            std::time::Duration::from_millis(u64::from(request.path.len() as u32 % 7) * 5);
        Some(reply)
    };
    let one = scan(&serve_well(Objects::small()), &with_secrets()).await;
    let two = scan(&serve(Objects::small(), slow), &with_secrets()).await;
    let text = |objects| serde_json::to_string(objects).unwrap();
    assert_eq!(text(&one.objects), text(&two.objects));
    assert_eq!(one.coverage, two.coverage);
}

/// ReplicaSets without an owner, of so many different names, and one of a Deployment.
fn replica_sets(bare: usize) -> Objects {
    let spec = json!({"replicas": 0, "template": {"spec": {"containers": [{"name": "c"}]}}});
    let owned = json!({"metadata": {"ownerReferences":
        [{"kind": "Deployment", "name": "web", "controller": true}]}, "spec": spec});
    let mut items = vec![object("app", "web-1", owned)];
    items.extend((0..bare).map(|n| object("app", &format!("bare-{n}"), json!({"spec": spec}))));
    Objects::small().list("/apis/apps/v1/replicasets", "ReplicaSet", items)
}

#[tokio::test]
async fn a_replica_set_that_nobody_controls_comes_with_its_template() {
    let path = "/apis/apps/v1/replicasets";
    // One list of metadata, then the bare ones: each by name, or all at once where they are many.
    for (bare, requests) in [(0, 1), (2, 3), (30, 2)] {
        let server = serve_well(replica_sets(bare));
        let seen = scan(&server, &options()).await;
        let total = bare as u64 + 1;
        assert_eq!(
            seen.brief("replicasets"),
            (Status::Complete, total, String::new())
        );
        for one in &seen.objects.controllers {
            if one.kind == "ReplicaSet" {
                let expected = usize::from(one.metadata.name.starts_with("bare"));
                let containers = one.spec.template.spec.containers.len();
                assert_eq!(containers, expected, "{}", one.metadata.name);
            }
        }
        assert_eq!(server.requests_for(path).len(), requests, "{bare} bare");
    }
}

#[tokio::test]
async fn a_template_that_cannot_be_read_makes_a_part() {
    let server = serve(replica_sets(1), |request| {
        (request.parameter("fieldSelector") == Some("metadata.name=bare-0"))
            .then(|| Reply::status(500, "etcd"))
    });
    let seen = scan(&server, &options()).await;
    let (status, items, detail) = seen.brief("replicasets");
    assert_eq!((status, items), (Status::Partial, 2));
    assert!(
        detail.contains("templates") && detail.contains("etcd"),
        "{detail}"
    );
}
