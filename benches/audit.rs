//! From a snapshot to a report, over three sizes of a made-up estate: what grows how.
//!
//! `cargo bench --no-default-features`

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use eks_auditor::graph::Graph;
use eks_auditor::snapshot::Snapshot;
use eks_auditor::{Request, audit};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111";
/// Pods for each role.
const PODS: usize = 2;

fn role(number: usize) -> Value {
    let subject = match number % 40 {
        0 => format!("system:serviceaccount:ns-{}:*", number % 50),
        _ => format!("system:serviceaccount:ns-{}:app-{number}", number % 50),
    };
    let action = match number % 100 {
        0 => json!("*"),
        1 => json!(["iam:PassRole", "lambda:*"]),
        _ => json!(["s3:GetObject", "s3:ListBucket", "sqs:SendMessage"]),
    };
    json!({
        "Path": "/", "RoleName": format!("app-{number}"), "RoleId": format!("AROA{number}"),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role/app-{number}"), "CreateDate": "2024-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
            "Condition": {"StringLike": {format!("{ISSUER}:sub"): subject},
                "StringEquals": {format!("{ISSUER}:aud"): "sts.amazonaws.com"}}}]},
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Resource": format!("arn:aws:s3:::bucket-{number}/*")},
                {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}]}}],
        "RoleLastUsed": {"LastUsedDate": "2026-11-23T00:00:00Z"},
    })
}

fn pod(number: usize) -> Value {
    let role = number / PODS;
    json!({
        "metadata": {"name": format!("pod-{number}"), "namespace": format!("ns-{}", role % 50), "uid": "u"},
        "spec": {"serviceAccountName": format!("app-{role}"), "containers": [{"name": "main",
            "image": format!("{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/app-{}:1", role % 200),
            "env": [{"name": "A", "value": "b"}, {"name": "C", "value": "d"}]}]},
        "status": {"phase": "Running"},
    })
}

fn service_account(number: usize) -> Value {
    json!({"metadata": {"name": format!("app-{number}"), "namespace": format!("ns-{}", number % 50)}})
}

/// An estate of so many roles, a service account for each, and [`PODS`] pods.
fn estate(roles: usize) -> Snapshot {
    let facts = json!({
        "schema": "eks-auditor/snapshot/v1", "tool_version": "0", "coverage": [],
        "taken_at": "2026-11-24T00:00:00Z",
        "accounts": {ACCOUNT: {"iam": {"roles": (0..roles).map(role).collect::<Vec<_>>(),
            "oidc_providers": [{"Arn": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"),
                "ClientIDList": ["sts.amazonaws.com"]}]}}},
        "clusters": {"prod": {"name": "prod", "account": ACCOUNT, "region": "eu-west-1",
            "eks": {"cluster": {"name": "prod", "identity": {"oidc": {"issuer": format!("https://{ISSUER}")}}}},
            "kubernetes": {"pods": (0..roles * PODS).map(pod).collect::<Vec<_>>(),
                "service_accounts": (0..roles).map(service_account).collect::<Vec<_>>()}}},
    });
    match serde_json::from_value(facts) {
        Ok(snapshot) => snapshot,
        Err(error) => panic!("the estate is no snapshot: {error}"),
    }
}

fn sizes(criterion: &mut Criterion) {
    for (name, run) in [
        ("graph", graph as fn(&Snapshot) -> usize),
        ("paths", paths as fn(&Snapshot) -> usize),
        ("audit", findings as fn(&Snapshot) -> usize),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        for roles in [1_000, 2_000, 5_000] {
            let snapshot = estate(roles);
            group.throughput(Throughput::Elements(roles as u64));
            group.bench_with_input(
                BenchmarkId::from_parameter(roles),
                &snapshot,
                |bencher, snapshot| {
                    bencher.iter(|| black_box(run(snapshot)));
                },
            );
        }
    }
}

fn graph(snapshot: &Snapshot) -> usize {
    Graph::build(snapshot, None).holds.len()
}

/// The joined graph, and the ways of all workloads to all administrators.
fn paths(snapshot: &Snapshot) -> usize {
    let graph = Graph::build(snapshot, None);
    let control = graph.control();
    let jewels = control.administrators();
    graph.leads(&control, &jewels).len()
}

fn findings(snapshot: &Snapshot) -> usize {
    audit(snapshot, &Request::default()).findings.len()
}

/// A cluster of so many Services on the internet, all of which lead to as many pods, each a workload of its own.
fn exposed(many: usize) -> Snapshot {
    let pod = |number: usize| {
        json!({
            "metadata": {"name": format!("pod-{number}"), "namespace": "shop", "uid": "u",
                "labels": {"app": format!("app-{number}"), "tier": "all"}},
            "spec": {"containers": [{"name": "main", "image": "app:1"}]},
            "status": {"phase": "Running"},
        })
    };
    let service = |number: usize| {
        json!({
            "metadata": {"name": format!("service-{number}"), "namespace": "shop", "uid": "u"},
            "spec": {"type": "LoadBalancer", "selector": {"tier": "all"}, "ports": [{"port": 80}]},
            "status": {"loadBalancer": {"ingress": [{"hostname": format!("{number}.elb.amazonaws.com")}]}},
        })
    };
    let facts = json!({
        "schema": "eks-auditor/snapshot/v1", "tool_version": "0", "coverage": [],
        "taken_at": "2026-11-24T00:00:00Z",
        "clusters": {"prod": {"name": "prod", "account": ACCOUNT, "region": "eu-west-1",
            "kubernetes": {"pods": (0..many).map(pod).collect::<Vec<_>>(),
                "services": (0..many).map(service).collect::<Vec<_>>()}}},
    });
    match serde_json::from_value(facts) {
        Ok(snapshot) => snapshot,
        Err(error) => panic!("the cluster is no snapshot: {error}"),
    }
}

fn exposure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("exposure");
    group.sample_size(10);
    for many in [300, 1_000, 3_000] {
        let snapshot = exposed(many);
        let graph = Graph::build(&snapshot, None);
        group.throughput(Throughput::Elements(many as u64));
        group.bench_function(BenchmarkId::from_parameter(many), |bencher| {
            bencher.iter(|| black_box(graph.exposures().len()));
        });
    }
}

criterion_group!(benches, sizes, exposure);
criterion_main!(benches);
