//! The closure of a subject against a plain fixpoint, which asks the authorizer for every pair of subjects in every
//! round, over small random clusters.

use std::collections::BTreeSet;

use eks_auditor::graph::Graph;
use eks_auditor::graph::escalation::{By, Node};
use eks_auditor::rbac::{Attributes, Authorizer, Identity, ResourceAttributes, SubjectId};
use eks_auditor::snapshot::Snapshot;
use eks_auditor::snapshot::coverage::{ScopeKind, Source, Status};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

const RBAC: &str = "rbac.authorization.k8s.io";
const NAMESPACES: [&str; 2] = ["one", "two"];
const ACCOUNTS: [&str; 3] = ["a", "b", "c"];

/// What rules are made of: verb, group, resource, and names that mean something there.
const PARTS: &[(&str, &str, &str, &[&str])] = &[
    ("create", "", "pods", &[]),
    ("create", "batch", "jobs", &[]),
    ("patch", "apps", "deployments", &["web"]),
    ("patch", "", "pods", &["a-0", "b-0"]),
    ("create", "", "pods/exec", &["a-0", "c-0"]),
    ("create", "", "serviceaccounts/token", &["a", "c"]),
    ("get", "", "secrets", &["a-token", "free"]),
    ("create", "", "secrets", &[]),
    ("impersonate", "", "serviceaccounts", &["b"]),
    (
        "impersonate",
        "",
        "groups",
        &["system:masters", "system:serviceaccounts"],
    ),
    ("impersonate", "", "users", &["jane"]),
    ("get", "", "nodes/proxy", &["n-1", "n-2"]),
    ("escalate", RBAC, "clusterroles", &["r0", "r1"]),
    ("patch", RBAC, "clusterroles", &["r0", "r2"]),
    ("bind", RBAC, "clusterroles", &["cluster-admin"]),
    ("create", RBAC, "clusterrolebindings", &[]),
    ("update", "", "configmaps", &["aws-auth"]),
];

fn rule() -> impl Strategy<Value = Value> {
    (select(PARTS), any::<bool>(), any::<prop::sample::Index>()).prop_map(
        |((verb, group, resource, names), limited, name)| {
            let mut rule = json!({"verbs": [verb], "apiGroups": [group], "resources": [resource]});
            if limited && !names.is_empty() {
                rule["resourceNames"] = json!([names[name.index(names.len())]]);
            }
            rule
        },
    )
}

fn subject() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (select(&NAMESPACES[..]), select(&ACCOUNTS[..]))
            .prop_map(|(namespace, name)| json!({"kind": "ServiceAccount", "namespace": namespace, "name": name})),
        1 => Just(json!({"kind": "User", "name": "jane"})),
        1 => select(&["system:serviceaccounts", "system:serviceaccounts:one", "system:authenticated"][..])
            .prop_map(|name| json!({"kind": "Group", "name": name})),
    ]
}

/// Roles r0 to r3 with up to two rules each, bound in the cluster or a namespace.
fn cluster() -> impl Strategy<Value = Value> {
    let roles = prop::collection::vec(prop::collection::vec(rule(), 1..3), 4);
    let place = prop::option::weighted(0.5, select(&["one", "two", "kube-system"][..]));
    let binding = (0..4usize, subject(), place);
    let admin = prop::option::weighted(0.5, subject());
    let running = subsequence(vec![0usize, 1, 2, 3, 4, 5], 0..=6);
    (roles, prop::collection::vec(binding, 1..6), admin, running).prop_map(
        |(roles, bindings, admin, running)| {
            let role = |name: String, rules: Vec<Value>| json!({"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules});
            let everything = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]});
            let mut all: Vec<Value> = roles
                .into_iter()
                .enumerate()
                .map(|(at, rules)| role(format!("r{at}"), rules))
                .collect();
            all.push(role("cluster-admin".to_owned(), vec![everything]));
            let bound = |at: usize, role: String, subject: Value, place: Option<&str>| {
                json!({"kind": place.map_or("ClusterRoleBinding", |_| "RoleBinding"),
                    "metadata": {"name": format!("b{at}"), "namespace": place}, "subjects": [subject],
                    "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}})
            };
            let mut bindings: Vec<Value> = bindings
                .into_iter()
                .enumerate()
                .map(|(at, (role, subject, place))| bound(at, format!("r{role}"), subject, place))
                .collect();
            bindings.extend(admin.map(|subject| bound(99, "cluster-admin".to_owned(), subject, None)));
            objects(all, bindings, &running)
        },
    )
}

/// The accounts, pods of some of them (those of the namespace two on n-2), a token of each `a`.
fn objects(roles: Vec<Value>, bindings: Vec<Value>, running: &[usize]) -> Value {
    let all: Vec<(&str, &str)> = NAMESPACES
        .into_iter()
        .flat_map(|namespace| ACCOUNTS.map(|name| (namespace, name)))
        .collect();
    let accounts: Vec<Value> = all
        .iter()
        .map(|(namespace, name)| json!({"metadata": {"name": name, "namespace": namespace, "uid": "u"}}))
        .collect();
    let pods: Vec<Value> = running
        .iter()
        .map(|at| {
            let (namespace, name) = all[*at];
            let node = if namespace == "one" { "n-1" } else { "n-2" };
            json!({"metadata": {"name": format!("{name}-0"), "namespace": namespace, "uid": "u"},
                "spec": {"serviceAccountName": name, "nodeName": node, "containers": [{"name": "m", "image": "i:1"}]},
                "status": {"phase": "Running"}})
        })
        .collect();
    let restricted = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let namespaces: Vec<Value> = ["one", "two", "kube-system"]
        .iter()
        .map(|name| json!({"metadata": {"name": name, "labels": restricted}}))
        .collect();
    json!({"roles": roles, "role_bindings": bindings, "service_accounts": accounts, "pods": pods,
        "namespaces": namespaces,
        "controllers": [{"kind": "Deployment", "metadata": {"name": "web", "namespace": "two"},
            "spec": {"template": {"spec": {"serviceAccountName": "c", "automountServiceAccountToken": false,
                "containers": [{"name": "m", "image": "i:1"}]}}}}],
        "secrets": NAMESPACES.map(|namespace| json!({"metadata": {"name": "a-token", "namespace": namespace,
            "annotations": {"kubernetes.io/service-account.name": "a"}}, "type": "kubernetes.io/service-account-token"})),
        "config_maps": [{"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": {}}]})
}

fn snapshot(objects: &Value) -> Snapshot {
    let mut snapshot: Snapshot = serde_json::from_value(json!({
        "schema": "eks-auditor/snapshot/v1", "tool_version": "0", "coverage": [],
        "taken_at": "2026-11-24T00:00:00Z", "accounts": {},
        "clusters": {"c": {"name": "c", "account": "111122223333", "region": "eu-west-1",
            "eks": {"cluster": {"name": "c", "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/c",
                "accessConfig": {"authenticationMode": "CONFIG_MAP"}}},
            "kubernetes": objects}}}))
    .unwrap();
    for source in Source::ALL {
        if matches!(source.scope, ScopeKind::Cluster | ScopeKind::Kubernetes) {
            snapshot
                .coverage
                .record(source.name, "c", Status::Complete, 0, None);
        }
    }
    snapshot.sort();
    snapshot
}

/// One question to the authorizer.
struct Plain<'a> {
    rbac: &'a Authorizer,
    objects: &'a Value,
}

impl Plain<'_> {
    fn may(
        &self,
        who: &SubjectId,
        verb: &str,
        group: &str,
        resource: &str,
        name: &str,
        namespace: &str,
    ) -> bool {
        let mut identity = Identity::of(who);
        // Whoever is in a group has been authenticated, and is in the wider one.
        if let SubjectId::Group(group) = who {
            if group != "system:authenticated" {
                identity.groups.push("system:authenticated".to_owned());
            }
            if group.starts_with("system:serviceaccounts:") {
                identity.groups.push("system:serviceaccounts".to_owned());
            }
        }
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let asked = ResourceAttributes {
            verb,
            group,
            resource,
            subresource,
            name,
            namespace,
        };
        let user = identity.user.unwrap_or_default();
        self.rbac
            .authorize(&user, &identity.groups, &Attributes::Resource(asked))
            .allowed
    }

    fn pods(&self) -> Vec<(String, String, String)> {
        let pods = self.objects["pods"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        pods.map(|pod| {
            (
                text(&pod["metadata"]["namespace"]),
                text(&pod["spec"]["serviceAccountName"]),
                text(&pod["spec"]["nodeName"]),
            )
        })
        .collect()
    }

    /// Whether one subject acts as a service account by one request or two.
    fn becomes(&self, who: &SubjectId, namespace: &str, name: &str) -> bool {
        let may = |verb: &str, group: &str, resource: &str, name: &str| {
            self.may(who, verb, group, resource, name, namespace)
        };
        let running = self
            .pods()
            .into_iter()
            .find(|(place, account, _)| place == namespace && account == name);
        let pod = format!("{name}-0");
        let in_pod = running.is_some_and(|(_, _, node)| {
            may("patch", "", "pods", &pod)
                || may("create", "", "pods/exec", &pod)
                || self.may(who, "get", "", "nodes/proxy", &node, "")
        });
        let made = may("create", "", "secrets", "")
            && (may("get", "", "secrets", "free") || may("get", "", "secrets", "any-other"));
        in_pod
            || made
            || may("create", "", "pods", "")
            || may("create", "batch", "jobs", "")
            || (namespace == "two" && may("patch", "apps", "deployments", "web"))
            || may("create", "", "serviceaccounts/token", name)
            || (name == "a" && may("get", "", "secrets", "a-token"))
            || may("impersonate", "", "serviceaccounts", name)
    }

    /// Whether one subject acts in the name of a user or group.
    fn impersonates(&self, who: &SubjectId, target: &SubjectId) -> bool {
        let may = |resource: &str, name: &str, namespace: &str| {
            self.may(who, "impersonate", "", resource, name, namespace)
        };
        match target {
            SubjectId::User(name) => may("users", name, ""),
            SubjectId::Group(name) => {
                let user = may("users", "jane", "") || may("users", "whoever", "");
                let account = NAMESPACES.iter().chain(&["kube-system"]).any(|namespace| {
                    ["a", "b", "c", "whoever"]
                        .iter()
                        .any(|name| may("serviceaccounts", name, namespace))
                });
                may("groups", name, "") && (user || account)
            }
            SubjectId::ServiceAccount { .. } => false,
        }
    }

    /// Whether a subject has the cluster without becoming anybody.
    fn owns(&self, who: &SubjectId, bindings: &Value) -> bool {
        let has = |verb: &str, group: &str, resource: &str, name: &str| {
            self.may(who, verb, group, resource, name, "")
        };
        if matches!(who, SubjectId::Group(name) if name == "system:masters")
            || has("other", "other", "other", "")
        {
            return true;
        }
        let groups = match who {
            SubjectId::Group(name) => {
                let mut groups = vec![name.clone(), "system:authenticated".to_owned()];
                if name.starts_with("system:serviceaccounts:") {
                    groups.push("system:serviceaccounts".to_owned());
                }
                groups
            }
            who => Identity::of(who).groups,
        };
        let bound = bindings.as_array().unwrap().iter().any(|binding| {
            let subject = &binding["subjects"][0];
            let is_it = match subject["kind"].as_str().unwrap() {
                "ServiceAccount" => {
                    *who == SubjectId::service_account(
                        subject["namespace"].as_str().unwrap(),
                        subject["name"].as_str().unwrap(),
                    )
                }
                "User" => *who == SubjectId::user(subject["name"].as_str().unwrap()),
                _ => groups.iter().any(|group| subject["name"] == *group),
            };
            let role = binding["roleRef"]["name"].as_str().unwrap();
            is_it
                && binding["kind"] == "ClusterRoleBinding"
                && has("escalate", RBAC, "clusterroles", role)
                && has("patch", RBAC, "clusterroles", role)
        });
        bound
            || (has("bind", RBAC, "clusterroles", "cluster-admin")
                && has("create", RBAC, "clusterrolebindings", ""))
            || self.may(who, "update", "", "configmaps", "aws-auth", "kube-system")
    }
}

/// All that a subject comes to, by asking again until nothing is new.
fn fixpoint(
    plain: &Plain<'_>,
    start: &SubjectId,
    all: &[SubjectId],
) -> (BTreeSet<SubjectId>, bool) {
    let bindings = &plain.objects["role_bindings"];
    let mut reached = BTreeSet::from([start.clone()]);
    loop {
        let before = reached.len();
        if reached.iter().any(|who| plain.owns(who, bindings)) {
            return (reached, true);
        }
        for who in reached.clone() {
            for target in all {
                let gets = match target {
                    SubjectId::ServiceAccount { namespace, name } => {
                        plain.becomes(&who, namespace, name)
                    }
                    target => plain.impersonates(&who, target),
                };
                if gets {
                    reached.insert(target.clone());
                }
            }
        }
        if reached.len() == before {
            return (reached, false);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn the_closure_is_a_plain_fixpoint(objects in cluster()) {
        let snapshot = snapshot(&objects);
        let graph = Graph::build(&snapshot, None);
        let node = &graph.clusters[0];
        let escalation = graph.escalation(node);
        let all: Vec<SubjectId> = escalation
            .nodes()
            .iter()
            .filter_map(|node| match node {
                Node::Subject(subject) => Some(subject.clone()),
                _ => None,
            })
            .collect();
        let plain = Plain { rbac: &node.rbac, objects: &objects };
        for start in &all {
            let (expected, owns) = fixpoint(&plain, start, &all);
            let closure = escalation.closure(start);
            let found_owns = closure.iter().any(|one| one.node == Node::Cluster && one.is_certain());
            prop_assert_eq!(found_owns, owns, "whether {} gets the cluster", start);
            if owns {
                continue; // Whoever has the cluster has all.
            }
            // What comes of bindings in a namespace is told as the namespace, and not compared here.
            let mut found: BTreeSet<SubjectId> = closure
                .iter()
                .filter(|one| one.is_certain() && !one.chain.iter().any(|link| matches!(link.by, By::Member)))
                .filter_map(|one| match &one.node {
                    Node::Subject(subject) => Some(subject.clone()),
                    _ => None,
                })
                .collect();
            found.insert(start.clone());
            // By a group that one is in one comes to the same as by oneself; the plain way asks for both at once.
            let by_groups: BTreeSet<SubjectId> = closure
                .iter()
                .filter(|one| one.is_certain())
                .filter_map(|one| match &one.node {
                    Node::Subject(subject @ (SubjectId::ServiceAccount { .. } | SubjectId::User(_))) => Some(subject.clone()),
                    _ => None,
                })
                .collect();
            found.extend(by_groups);
            let people = |set: &BTreeSet<SubjectId>| -> BTreeSet<String> {
                let people = set.iter().filter(|one| !matches!(one, SubjectId::Group(_)));
                people.map(SubjectId::to_string).collect()
            };
            prop_assert_eq!(people(&found), people(&expected), "what {} becomes", start);
        }
    }

    #[test]
    fn no_edge_without_the_authorizers_word(objects in cluster()) {
        let snapshot = snapshot(&objects);
        let graph = Graph::build(&snapshot, None);
        let node = &graph.clusters[0];
        let escalation = graph.escalation(node);
        let plain = Plain { rbac: &node.rbac, objects: &objects };
        for (at, from) in escalation.nodes().iter().enumerate() {
            let Node::Subject(who) = from else { continue };
            for edge in escalation.edges_of(at) {
                let By::Method { held, with, method } = &edge.by else { continue };
                for held in std::iter::once(held).chain(with) {
                    let permission = held.permission;
                    let resource = match permission.subresource {
                        "" => permission.resource.to_owned(),
                        sub => format!("{}/{sub}", permission.resource),
                    };
                    let name = held.names().map_or("", |names| names[0].as_str());
                    let namespace = match held.namespaced {
                        true => held.namespace.unwrap_or("anywhere"),
                        false => "",
                    };
                    prop_assert!(
                        plain.may(who, permission.verb, permission.group, &resource, name, namespace),
                        "{} by {} and {:?}", who, method.id, held
                    );
                }
            }
        }
    }
}

/// As many namespaces as this, each with accounts, pods and bindings of its own, and bindings of the whole cluster.
fn grown(size: usize) -> Value {
    let mut all = objects(Vec::new(), Vec::new(), &[]);
    let mut add = |list: &str, value: Value| all[list].as_array_mut().unwrap().push(value);
    let rules = json!([{"verbs": ["*"], "apiGroups": ["", "apps", "batch"], "resources": ["*"]}]);
    let kind = "ClusterRole";
    add(
        "roles",
        json!({"kind": kind, "metadata": {"name": "much"}, "rules": rules}),
    );
    for at in 0..size {
        let namespace = format!("n{at}");
        add("namespaces", json!({"metadata": {"name": namespace}}));
        for name in ACCOUNTS {
            add(
                "service_accounts",
                json!({"metadata": {"name": name, "namespace": namespace, "uid": "u"}}),
            );
            add(
                "pods",
                json!({"metadata": {"name": format!("{name}-0"), "namespace": namespace, "uid": "u"},
                "spec": {"serviceAccountName": name, "nodeName": format!("m-{at}"),
                    "containers": [{"name": "m", "image": "i:1"}]},
                "status": {"phase": "Running"}}),
            );
            for (kind, place) in [
                ("ClusterRoleBinding", None),
                ("RoleBinding", Some(&namespace)),
            ] {
                add(
                    "role_bindings",
                    json!({"kind": kind, "metadata": {"name": format!("{at}-{name}"), "namespace": place},
                    "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
                    "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "much"}}),
                );
            }
        }
    }
    all
}

#[test]
fn edges_grow_with_the_cluster_and_not_with_its_square() {
    let edges = |size: usize| {
        let snapshot = snapshot(&grown(size));
        let graph = Graph::build(&snapshot, None);
        let escalation = graph.escalation(&graph.clusters[0]);
        (0..escalation.len())
            .map(|at| escalation.edges_of(at).len())
            .sum::<usize>()
    };
    let (one, twice) = (edges(40), edges(80));
    assert!(
        twice < one * 21 / 10,
        "{one} edges, {twice} in a cluster of twice the size"
    );
}
