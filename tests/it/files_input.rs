//! Files as the AWS CLI, kubectl and people write them, read into a snapshot.

use std::fs;
use std::path::Path;

use eks_auditor::collect::files::{Inputs, Read, read};
use eks_auditor::snapshot::coverage::{Source, Status};

use crate::program::{audit, shared};

fn read_paths(paths: &[&Path]) -> Read {
    let paths = paths
        .iter()
        .map(|path| (None, path.to_path_buf()))
        .collect();
    read(&Inputs { paths, as_of: None }).unwrap()
}

fn status(read: &Read, source: Source, scope: &str) -> Option<(Status, u64)> {
    let entry = read.snapshot.coverage.entry(source.name, scope)?;
    Some((entry.status, entry.items))
}

#[test]
fn an_account_that_the_cli_printed_is_read_whole() {
    let Some(path) = shared("real/controllers-account") else {
        return;
    };
    let read = read_paths(&[&path]);
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    let account = &read.snapshot.accounts["111122223333"];
    assert!(!account.iam.roles.is_empty());
    let (status, items) = status(&read, Source::IAM, "111122223333").unwrap();
    assert_eq!(status, Status::Complete);
    assert!(items >= account.iam.roles.len() as u64);
}

#[test]
fn manifests_and_a_fresh_cluster_are_read_without_a_word() {
    for (name, roles) in [
        ("argo-cd", 9),
        ("kubernetes-bootstrap-rbac", 70),
        ("aws-ebs-csi-driver", 6),
    ] {
        let Some(path) = shared(&format!("real/{name}")) else {
            return;
        };
        let read = read_paths(&[&path]);
        assert!(read.errors.is_empty(), "{name}: {:?}", read.errors);
        // A bare policy and a patch of kustomize lie beside the manifests.
        let known = ["(it has Version, Statement)", "(it has op, path, value)"];
        let unknown = read
            .warnings
            .iter()
            .filter(|warning| !known.iter().any(|text| warning.message.contains(text)));
        assert_eq!(unknown.count(), 0, "{name}: {:?}", read.warnings);
        let cluster = &read.snapshot.clusters["-"];
        assert!(
            cluster.kubernetes.roles.len() >= roles,
            "{name}: {}",
            cluster.kubernetes.roles.len()
        );
    }
}

#[test]
fn reports_of_image_scanners_are_recognised_and_left_out() {
    let Some(path) = shared("real/scans") else {
        return;
    };
    let error = read(&Inputs {
        paths: vec![(None, path)],
        ..Inputs::default()
    })
    .unwrap_err();
    let text = error.to_string();
    let not_known: Vec<&str> = text
        .lines()
        .skip(1)
        .filter(|line| !line.contains("is recognised, and not read yet") && !line.contains(".csv"))
        .collect();
    assert!(not_known.is_empty(), "{}", not_known.join("\n"));
}

/// A manifest binds roles that every cluster has: what is known of them counts, and what is not
/// makes no pass.
#[test]
fn roles_that_manifests_refer_to_and_no_file_gives_are_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    let binding = |name: &str, role: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: {name}}}\n\
             roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n\
             subjects: [{{kind: Group, name: people, apiGroup: rbac.authorization.k8s.io}}]\n---\n"
        )
    };
    let own = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: own}\nrules: []\n---\n\
        apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: own, namespace: web}\nrules: []\n---\n\
        apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: own, namespace: web}\n\
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: own}\n---\n";
    for (role, outcome) in [
        ("own", "pass"),
        ("cluster-admin", "fail"),
        ("edit", "not_evaluated"),
    ] {
        let text = format!("{own}{}", binding("b", role));
        fs::write(folder.path().join("rbac.yaml"), text).unwrap();
        let input = folder.path().to_str().unwrap();
        let (report, ran) = audit(&["--input", input]);
        let checks = report["checks"].as_array().unwrap();
        let check = checks
            .iter()
            .find(|one| one["id"] == "cluster-admin-binding");
        assert_eq!(check.unwrap()["outcome"], outcome, "{role}: {check:?}");
        assert_eq!(
            ran.code, 0,
            "{role}: what was not given was not asked for: {}",
            ran.stderr
        );
    }
}

/// Of ConfigMaps the ids of access keys are kept and nothing else, and a print of kube-system, as people ask for aws-auth, does
/// not stand for those of the other namespaces.
#[test]
fn of_config_maps_the_ids_of_access_keys_are_kept() {
    let map = |namespace: &str, name: &str, value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata:\n  k: |\n    {value}\n---\n"
        )
    };
    let both = "id=AKIAIOSFODNN7EXAMPLE secret=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";
    for (what, text, kept, whole) in [
        (
            "of a workload",
            map("shop", "tools", both) + &map("shop", "other", "password: hunter2"),
            vec!["tools"],
            true,
        ),
        (
            "no key",
            map("shop", "other", "password: hunter2"),
            vec![],
            true,
        ),
        (
            "of kube-system",
            map("kube-system", "aws-auth", "[]") + &map("kube-system", "coredns", "hunter2"),
            vec![],
            false,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("objects.yaml");
        fs::write(&path, text).unwrap();
        let read = read_paths(&[&path]);
        assert!(read.errors.is_empty(), "{what}: {:?}", read.errors);
        let objects = &read.snapshot.clusters["-"].kubernetes;
        let names: Vec<&str> = objects
            .config_map_keys
            .iter()
            .map(|map| map.metadata.name.as_str())
            .collect();
        assert_eq!(names, kept, "{what}");
        let entry = status(&read, Source::CONFIG_MAPS, "-");
        let expected = whole.then_some((Status::Complete, kept.len() as u64));
        assert_eq!(entry, expected, "{what}");
        let text = serde_json::to_string(&read.snapshot).unwrap();
        assert!(
            !text.contains("hunter2") && !text.contains("wJalr"),
            "{what}: {text}"
        );
    }
}

#[test]
fn subnets_and_route_tables_are_read_into_their_region() {
    let folder = tempfile::tempdir().unwrap();
    let subnets = folder.path().join("subnets.json");
    let tables = folder.path().join("route-tables.json");
    fs::write(
        &subnets,
        r#"{"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "OwnerId": "111122223333",
            "SubnetArn": "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-1"}]}"#,
    )
    .unwrap();
    fs::write(
        &tables,
        r#"{"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "OwnerId": "111122223333",
            "Associations": [{"Main": true, "RouteTableId": "rtb-1"}],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}]}]}"#,
    )
    .unwrap();
    let read = read_paths(&[folder.path()]);
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    let ec2 = &read.snapshot.accounts["111122223333"].regions["eu-west-1"].ec2;
    assert_eq!((ec2.subnets.len(), ec2.route_tables.len()), (1, 1));
    assert_eq!(
        ec2.route_tables[0].routes[0].gateway_id.as_deref(),
        Some("igw-1")
    );
    for source in [Source::SUBNETS, Source::ROUTE_TABLES] {
        let entry = status(&read, source, "111122223333/eu-west-1");
        assert_eq!(entry, Some((Status::Complete, 1)), "{}", source.name);
    }
}

#[test]
fn what_leads_to_pods_beside_services_is_read() {
    let object = |api_version: &str, kind: &str, more: &str| {
        format!(
            "apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: one, namespace: shop{more}}}\nspec: {{}}\n---\n"
        )
    };
    let gateway = "gateway.networking.k8s.io/v1";
    let managed =
        ", labels: {endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}";
    let text = [
        object("discovery.k8s.io/v1", "EndpointSlice", ""),
        object("discovery.k8s.io/v1", "EndpointSlice", managed).replace("one", "other"),
        object("networking.k8s.io/v1", "IngressClass", ""),
        object("elbv2.k8s.aws/v1beta1", "IngressClassParams", ""),
        object("eks.amazonaws.com/v1", "IngressClassParams", ""),
        object(gateway, "GatewayClass", ""),
        object(gateway, "Gateway", ""),
        object(gateway, "HTTPRoute", ""),
        object("gateway.networking.k8s.io/v1alpha2", "TCPRoute", ""),
        object("gateway.k8s.aws/v1beta1", "LoadBalancerConfiguration", ""),
        object("networking.istio.io/v1", "Gateway", ""),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.yaml");
    fs::write(&path, text.concat()).unwrap();
    let read = read_paths(&[&path]);
    assert!(read.errors.is_empty(), "{:?}", read.errors);
    let objects = &read.snapshot.clusters["-"].kubernetes;
    let counts = [
        objects.endpoint_slices.len(),
        objects.ingress_classes.len(),
        objects.gateway_classes.len(),
        objects.gateways.len(),
        objects.load_balancer_configurations.len(),
    ];
    assert_eq!(
        counts, [1; 5],
        "what a selector says is not kept: {objects:?}"
    );
    let params = objects.ingress_class_params.iter();
    let params: Vec<&str> = params.map(|one| one.api_group.as_str()).collect();
    assert_eq!(params, ["eks.amazonaws.com", "elbv2.k8s.aws"]);
    let routes = objects.routes.iter();
    let routes: Vec<&str> = routes.map(|one| one.kind.as_str()).collect();
    assert_eq!(routes, ["HTTPRoute", "TCPRoute"]);
    for (source, items) in [
        (Source::GATEWAYS, 1),
        (Source::HTTP_ROUTES, 1),
        (Source::AUTO_MODE_CLASS_PARAMS, 1),
    ] {
        let entry = status(&read, source, "-");
        assert_eq!(entry, Some((Status::Complete, items)), "{}", source.name);
    }
}
