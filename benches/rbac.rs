//! Questions to a cluster of 5,000 bindings: how long one decision takes, and `who-can get secrets` over all of it.
//!
//! `cargo bench --no-default-features --bench rbac`

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use eks_auditor::graph::Graph;
use eks_auditor::graph::decision::Request;
use eks_auditor::rbac::{Attributes, Authorizer, Identity, ResourceAttributes};
use eks_auditor::snapshot::Snapshot;
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const BINDINGS: usize = 5_000;
const CLUSTER_ROLES: usize = 1_000;
const ROLES: usize = 1_500;
const NAMESPACES: usize = 100;
const ACCOUNTS: usize = 3_000;
const ENTRIES: usize = 200;
const RBAC: &str = "rbac.authorization.k8s.io";
const VERBS: [&str; 8] = [
    "get", "list", "watch", "create", "update", "patch", "delete", "*",
];
const RESOURCES: [(&str, &str); 10] = [
    ("", "pods"),
    ("", "secrets"),
    ("", "configmaps"),
    ("", "pods/log"),
    ("", "pods/exec"),
    ("", "services"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
    ("*", "*"),
];

fn namespace(number: usize) -> String {
    format!("ns-{}", number % NAMESPACES)
}

/// One to five rules of one to four verbs; one rule in a hundred on everything.
fn rules(number: usize) -> Vec<Value> {
    let rule = |at: usize| {
        let seed = number * 7 + at * 3;
        let of = if seed.is_multiple_of(100) {
            9
        } else {
            seed % 9
        };
        let (group, resource) = RESOURCES[of];
        let verbs: Vec<&str> = (0..=seed % 4).map(|n| VERBS[(seed + n) % 7]).collect();
        let mut rule = json!({"verbs": verbs, "apiGroups": [group], "resources": [resource]});
        if seed.is_multiple_of(11) {
            rule["resourceNames"] = json!([format!("name-{}", seed % 40)]);
        }
        rule
    };
    (0..=number % 5).map(rule).collect()
}

fn role(number: usize) -> Value {
    match number.checked_sub(CLUSTER_ROLES) {
        None => {
            json!({"kind": "ClusterRole", "metadata": {"name": format!("role-{number}")}, "rules": rules(number)})
        }
        Some(at) => {
            json!({"kind": "Role", "metadata": {"name": format!("role-{at}"), "namespace": namespace(at)},
            "rules": rules(number)})
        }
    }
}

fn subject(seed: usize) -> Value {
    match seed % 10 {
        8 => json!({"kind": "Group", "name": format!("team-{}", seed % 50)}),
        9 => json!({"kind": "User", "name": format!("user-{}", seed % 200)}),
        _ => {
            let at = seed * 13 % ACCOUNTS;
            json!({"kind": "ServiceAccount", "name": format!("app-{at}"), "namespace": namespace(at)})
        }
    }
}

/// A third in the cluster, the others in a namespace; one to three subjects.
fn binding(number: usize) -> Value {
    let subjects: Vec<Value> = (0..=number % 3).map(|n| subject(number * 3 + n)).collect();
    let (kind, place, role_kind, role) = match number % 3 {
        0 => (
            "ClusterRoleBinding",
            None,
            "ClusterRole",
            number % CLUSTER_ROLES,
        ),
        1 => (
            "RoleBinding",
            Some(namespace(number)),
            "ClusterRole",
            number % CLUSTER_ROLES,
        ),
        _ => (
            "RoleBinding",
            Some(namespace(number % ROLES)),
            "Role",
            number % ROLES,
        ),
    };
    json!({"kind": kind, "metadata": {"name": format!("binding-{number}"), "namespace": place}, "subjects": subjects,
        "roleRef": {"apiGroup": RBAC, "kind": role_kind, "name": format!("role-{role}")}})
}

fn entry(number: usize) -> Value {
    json!({"entry": {"principalArn": format!("arn:aws:iam::{ACCOUNT}:role/people-{number}"), "type": "STANDARD",
        "kubernetesGroups": [format!("team-{}", number % 50)], "createdAt": "2026-01-01T00:00:00Z"}, "policies": []})
}

fn cluster() -> Snapshot {
    let accounts: Vec<Value> = (0..ACCOUNTS)
        .map(|at| json!({"metadata": {"name": format!("app-{at}"), "namespace": namespace(at)}}))
        .collect();
    let all = |count: usize, one: fn(usize) -> Value| (0..count).map(one).collect::<Vec<_>>();
    let facts = json!({
        "schema": "eks-auditor/snapshot/v1", "tool_version": "0", "coverage": [],
        "taken_at": "2026-11-24T00:00:00Z", "accounts": {},
        "clusters": {"prod": {"name": "prod", "account": ACCOUNT, "region": "eu-west-1",
            "eks": {"cluster": {"name": "prod", "accessConfig": {"authenticationMode": "API"}},
                "access": all(ENTRIES, entry)},
            "kubernetes": {"service_accounts": accounts, "roles": all(CLUSTER_ROLES + ROLES, role),
                "role_bindings": all(BINDINGS, binding)}}},
    });
    match serde_json::from_value(facts) {
        Ok(snapshot) => snapshot,
        Err(error) => panic!("the cluster is no snapshot: {error}"),
    }
}

fn all(criterion: &mut Criterion) {
    let snapshot = cluster();
    let objects = &snapshot.clusters["prod"].kubernetes;
    let authorizer = Authorizer::new(&objects.roles, &objects.role_bindings);
    assert_eq!(authorizer.bindings().len(), BINDINGS);
    let mut group = criterion.benchmark_group("rbac");
    group.sample_size(20);
    group.bench_function("compile", |bencher| {
        bencher.iter(|| black_box(Authorizer::new(&objects.roles, &objects.role_bindings)));
    });
    let identities: Vec<(Identity, String)> = (0..ACCOUNTS)
        .map(|at| {
            let own = namespace(at);
            (Identity::service_account(&own, &format!("app-{at}")), own)
        })
        .collect();
    let mut at = 0;
    group.bench_function("decision", |bencher| {
        bencher.iter(|| {
            at += 1;
            let (identity, own) = &identities[at % ACCOUNTS];
            let (of, resource) = RESOURCES[at % 9];
            let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            let request = ResourceAttributes {
                verb: VERBS[at % 7],
                group: of,
                resource,
                subresource,
                name: "name-1",
                namespace: own,
            };
            let user = identity.user.as_deref().unwrap_or_default();
            let asked = Attributes::Resource(request);
            black_box(authorizer.authorize(user, &identity.groups, &asked).allowed)
        });
    });
    let graph = Graph::build(&snapshot, None);
    let node = &graph.clusters[0];
    let request = match Request::parse(node, "get", Some("secrets"), None) {
        Ok(request) => request,
        Err(error) => panic!("{error:?}"),
    };
    assert!(graph.who_can_kubernetes(node, &request).holders.len() > 100);
    group.bench_function("who-can get secrets", |bencher| {
        bencher.iter(|| black_box(graph.who_can_kubernetes(node, &request).holders.len()));
    });
    group.finish();
}

criterion_group!(benches, all);
criterion_main!(benches);
