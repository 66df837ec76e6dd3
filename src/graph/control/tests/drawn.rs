//! Drawn estates with the internet, static keys, permissions that are rewritten and data at the end: each kind of edge held
//! against evaluating every pair, and the search over all of them against going over every edge.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::search::{Draw, plainly};
use super::{ACCOUNT, CLUSTER, Estate, ISSUER, policy, role, role_arn};
use crate::graph::Graph;
use crate::graph::control::node::Set;
use crate::graph::control::{Caller, Control, Node};
use crate::graph::path::EdgeKind;
use crate::iam::document::PolicyDocument;
use crate::iam::escalation::with_version;
use crate::iam::evaluate::{NamedPolicy, Policies};
use crate::iam::trust;
use crate::snapshot::Snapshot;

const ROLES: usize = 5;
const PODS: usize = 4;
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:crown-abcdef";

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}")
}

fn key_id(at: usize) -> String {
    format!("AKIAIOSFODNN7EXAMPL{at}")
}

/// Who may assume a role, as it comes.
fn trust_of(draw: &mut Draw) -> Value {
    let statement = match draw.of(5) {
        0 => json!({"AWS": arn("root", "").replace(":root/", ":root")}),
        1 => json!({"AWS": role_arn(&format!("r{}", draw.of(ROLES)))}),
        2 => json!({"AWS": arn("user", &format!("u{}", draw.of(2)))}),
        3 => json!({"Service": "lambda.amazonaws.com"}),
        _ => {
            let condition = json!({"StringEquals": {
                format!("{ISSUER}:sub"): format!("system:serviceaccount:shop:s{}", draw.of(PODS)),
                format!("{ISSUER}:aud"): "sts.amazonaws.com"}});
            return json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition,
                "Principal": {"Federated": arn("oidc-provider", ISSUER)}});
        }
    };
    json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": statement})
}

/// What a principal may, as it comes.
fn statements(draw: &mut Draw) -> Value {
    let mut all = Vec::new();
    for _ in 0..draw.of(3) {
        let action = [
            "sts:AssumeRole",
            "iam:PutRolePolicy",
            "iam:PutUserPolicy",
            "iam:AttachRolePolicy",
            "iam:CreatePolicyVersion",
            "iam:DeleteRolePermissionsBoundary",
            "iam:UpdateAssumeRolePolicy",
            "secretsmanager:GetSecretValue",
            "iam:SetDefaultPolicyVersion",
            "iam:Set*",
        ][draw.of(10)];
        let resource = match draw.of(4) {
            0 => "*".to_owned(),
            1 => SECRET.to_owned(),
            2 => arn("policy", "shared"),
            _ => role_arn(&format!("r{}", draw.of(ROLES))),
        };
        let effect = if draw.of(6) == 0 { "Deny" } else { "Allow" };
        let mut one = json!({"Effect": effect, "Action": action, "Resource": resource});
        if draw.of(5) == 0 {
            one["Condition"] = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        }
        all.push(one);
    }
    json!(all)
}

fn principals(draw: &mut Draw) -> Value {
    let managed = |name: &str, statements: &Value| {
        json!({"PolicyName": name, "PolicyId": name, "Arn": arn("policy", name), "Path": "/", "DefaultVersionId": "v1",
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy(statements)}]})
    };
    let mut roles = Vec::new();
    for at in 0..ROLES {
        let (trust, own) = (json!([trust_of(draw)]), statements(draw));
        let mut one = role(&format!("r{at}"), &policy(&trust), &policy(&own));
        one["RoleId"] = json!(format!("AROAR{at}"));
        if draw.of(2) == 0 {
            one["PermissionsBoundary"] = json!({"PermissionsBoundaryArn": arn("policy", "bounds")});
        }
        if draw.of(3) != 0 {
            one["AttachedManagedPolicies"] =
                json!([{"PolicyName": "shared", "PolicyArn": arn("policy", "shared")}]);
        }
        roles.push(one);
    }
    let users = (0..2).map(|at| {
        json!({"UserName": format!("u{at}"), "UserId": format!("AIDAU{at}"), "Path": "/",
            "Arn": arn("user", &format!("u{at}")), "CreateDate": "2024-01-01T00:00:00Z",
            "UserPolicyList": [{"PolicyName": "inline", "PolicyDocument": policy(&statements(draw))}]})
    });
    let users: Vec<Value> = users.collect();
    let keys = (0..2).map(|at| {
        json!({"UserName": format!("u{at}"), "AccessKeyId": key_id(at), "CreateDate": "2026-01-01T00:00:00Z",
            "Status": if at == 0 { "Active" } else { "Inactive" }})
    });
    let bounds = json!([{"Effect": "Allow", "Resource": "*",
        "Action": ["sts:AssumeRole", "secretsmanager:GetSecretValue", "iam:PutRolePolicy"]}]);
    let mut shared = managed("shared", &statements(draw));
    let mut further = statements(draw);
    let reads = json!({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": SECRET});
    further.as_array_mut().unwrap().push(reads);
    let other = json!({"VersionId": "v0", "IsDefaultVersion": false, "Document": policy(&further)});
    let versions = shared["PolicyVersionList"].as_array_mut().unwrap();
    versions.push(other);
    json!({"roles": roles, "users": users, "access_keys": keys.collect::<Vec<_>>(),
        "policies": [managed("bounds", &bounds), shared]})
}

fn objects(draw: &mut Draw) -> Value {
    let mut pods = Vec::new();
    for at in 0..PODS {
        let env = match draw.of(4) {
            0 => json!([{"name": "ID", "value": key_id(0)}]),
            1 => json!([{"name": "ID", "value": key_id(1)}]),
            _ => json!([]),
        };
        pods.push(json!({"metadata": {"name": format!("p{at}"), "namespace": "shop", "uid": "u",
                "labels": {"app": format!("a{}", draw.of(2)), "tier": format!("t{}", draw.of(2))}},
            "spec": {"serviceAccountName": format!("s{at}"), "containers": [{"name": "c", "image": "i:1", "env": env}]},
            "status": {"phase": "Running"}}));
    }
    let accounts: Vec<Value> = (0..PODS)
        .map(|at| json!({"metadata": {"name": format!("s{at}"), "namespace": "shop"}}))
        .collect();
    let mut services = Vec::new();
    for at in 0..2 {
        let selector = match draw.of(3) {
            0 => json!({"app": format!("a{}", draw.of(2))}),
            1 => json!({"app": format!("a{}", draw.of(2)), "tier": format!("t{}", draw.of(2))}),
            _ => json!({}),
        };
        let kind = ["LoadBalancer", "ClusterIP"][draw.of(4) / 3];
        let internal = ["false", "true"][draw.of(4) / 3];
        let namespace = ["shop", "other"][draw.of(4) / 3];
        services.push(json!({"metadata": {"name": format!("v{at}"), "namespace": namespace,
                "uid": "u", "annotations": {"service.beta.kubernetes.io/aws-load-balancer-internal": internal}},
            "spec": {"type": kind, "selector": selector, "ports": [{"port": 80}]},
            "status": {"loadBalancer": {"ingress": [{"hostname": format!("{at}.elb.amazonaws.com")}]}}}));
    }
    json!({"pods": pods, "service_accounts": accounts, "services": services})
}

fn drawn(seed: u64) -> Snapshot {
    let mut draw = Draw(seed);
    let iam = principals(&mut draw);
    Estate::new()
        .iam(iam)
        .kubernetes(objects(&mut draw))
        .region(json!({"secretsmanager": {"secrets": [{"ARN": SECRET, "Name": "crown"}]}}))
        .eks(json!({"access": [{"entry": {"principalArn": role_arn("r0"), "type": "STANDARD",
            "createdAt": "2026-01-01T00:00:00Z"},
            "policies": [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                "accessScope": {"type": "cluster"}}]}]}))
        .snapshot()
}

/// Where the edges of a kind lead that a node has, each with whether it is certain.
fn own(control: &Control<'_, '_>, from: usize, kind: EdgeKind) -> BTreeSet<(usize, bool)> {
    let edges = control.own_edges(from).iter();
    edges
        .filter(|edge| edge.kind() == Some(kind))
        .map(|edge| (edge.to, edge.open.is_none()))
        .collect()
}

/// Which pods each Service on the internet selects: every Service with every pod.
fn exposed(control: &Control<'_, '_>, snapshot: &Snapshot) -> BTreeSet<(usize, bool)> {
    let objects = &snapshot.clusters[CLUSTER].kubernetes;
    let mut found = BTreeSet::new();
    for service in &objects.services {
        let internal =
            &service.metadata.annotations["service.beta.kubernetes.io/aws-load-balancer-internal"];
        if service.spec.kind.as_deref() != Some("LoadBalancer") || internal == "true" {
            continue;
        }
        for pod in &objects.pods {
            let of_namespace = pod.metadata.namespace == service.metadata.namespace;
            let mut wanted = service.spec.selector.iter();
            let selected = !service.spec.selector.is_empty()
                && wanted.all(|(key, value)| pod.metadata.labels.get(key) == Some(value));
            if of_namespace && selected {
                found.insert((workload(control, &pod.metadata.name), false));
            }
        }
    }
    found
}

fn workload(control: &Control<'_, '_>, name: &str) -> usize {
    let mut all = control.graph.workloads.workloads.iter();
    let at = all.position(|one| one.name == name).unwrap();
    control.nodes.workload(at).unwrap()
}

/// Every pod with every key that works: the key's id alone is in it.
fn keyed(control: &Control<'_, '_>, snapshot: &Snapshot) -> usize {
    let mut count = 0;
    for pod in &snapshot.clusters[CLUSTER].kubernetes.pods {
        let from = workload(control, &pod.metadata.name);
        let text = serde_json::to_string(&pod.spec).unwrap();
        let expected: BTreeSet<(usize, bool)> = (0..2)
            .filter(|at| *at == 0 && text.contains(&key_id(*at)))
            .filter_map(|at| {
                control
                    .graph
                    .principals
                    .by_arn(&arn("user", &format!("u{at}")))
            })
            .map(|user| (user, false))
            .collect();
        count += expected.len();
        assert_eq!(own(control, from, EdgeKind::StaticKey), expected, "{text}");
    }
    count
}

/// Every principal with the secret, by its own policies alone: the secret has none.
fn readers(control: &Control<'_, '_>, secret: usize) -> usize {
    let mut count = 0;
    for (at, caller) in control.assume.callers.iter().enumerate() {
        let Some(caller) = caller else { continue };
        let decision = caller.may("secretsmanager:getsecretvalue", SECRET, &|_| {});
        let expected: BTreeSet<(usize, bool)> = (!decision.is_denied())
            .then(|| (secret, decision.is_allowed()))
            .into_iter()
            .collect();
        count += expected.len();
        let found = own(control, at, EdgeKind::ReadsSecret);
        assert_eq!(found, expected, "{}", caller.asker.principal.arn);
    }
    count
}

/// The other version of the policy that several have.
fn other_version(snapshot: &Snapshot) -> Arc<PolicyDocument> {
    let mut policies = snapshot.accounts[ACCOUNT].iam.policies.iter();
    let shared = policies.find(|one| one.policy_name == "shared").unwrap();
    let mut versions = shared.policy_version_list.iter();
    let other = versions.find(|one| !one.is_default_version).unwrap();
    let text = other.document.as_ref().unwrap();
    Arc::new(PolicyDocument::parse(text.as_str()).unwrap())
}

/// Every principal with every request that statements here can be about: who may put the other version of its own
/// policy in force, and is then allowed one that it was not, is changed so.
fn widened(control: &Control<'_, '_>, snapshot: &Snapshot) -> usize {
    let (shared, other) = (arn("policy", "shared"), other_version(snapshot));
    let changed: BTreeSet<usize> = (0..control.nodes.len())
        .filter_map(|number| match control.nodes.get(number) {
            Node::Set(at) => control.nodes.set(at),
            _ => None,
        })
        .filter_map(|set| match set {
            Set::Changed(at, change) => format!("{change:?}")
                .contains("version: Some")
                .then_some(*at),
            _ => None,
        })
        .collect();
    let mut count = 0;
    for (at, caller) in control.assume.callers.iter().enumerate() {
        let Some(caller) = caller else { continue };
        let identity = caller.policies.identity;
        let has = identity.iter().any(|one| *one.name == *shared);
        let may = caller.may("iam:setdefaultpolicyversion", &shared, &|_| {});
        if !has || !may.is_allowed() {
            continue;
        }
        let identity = with_version(identity, &shared, &other);
        let policies = Policies {
            identity: control.graph.keep(identity),
            ..caller.policies
        };
        let with = caller.with_policies(policies);
        let resources = (0..ROLES).map(|role| role_arn(&format!("r{role}")));
        let resources: Vec<String> = resources
            .chain([SECRET.to_owned(), shared.clone(), arn("user", "u0")])
            .collect();
        let gains = |action: &str| {
            let mut resources = resources.iter();
            resources.any(|resource| {
                let may = |caller: &Caller<'_, '_>| caller.may(action, resource, &|_| {});
                may(&with).is_allowed() && may(caller).is_denied()
            })
        };
        let actions = [
            "iam:putrolepolicy",
            "iam:putuserpolicy",
            "iam:attachrolepolicy",
            "iam:createpolicyversion",
            "iam:deleterolepermissionsboundary",
            "iam:updateassumerolepolicy",
            "secretsmanager:getsecretvalue",
        ];
        if actions.iter().any(|action| gains(action)) {
            count += 1;
            let who = caller.asker.principal.arn;
            assert!(
                changed.contains(&at),
                "{who} gets more by the other version"
            );
        }
    }
    count
}

/// Every principal whose policies somebody changes with every role: what it may assume is asked of each.
fn rewritten(control: &Control<'_, '_>, snapshot: &Snapshot) -> [usize; 2] {
    let everything = vec![NamedPolicy::new(
        "all",
        PolicyDocument::allowing_everything(),
    )];
    let (shared, other) = (arn("policy", "shared"), other_version(snapshot));
    let graph = control.graph;
    let mut count = [0; 2];
    for number in 0..control.nodes.len() {
        let Node::Set(at) = control.nodes.get(number) else {
            continue;
        };
        let Some(Set::Changed(at, change)) = control.nodes.set(at) else {
            continue;
        };
        let shown = format!("{change:?}");
        let Some(caller) = control.assume.callers[*at].as_ref() else {
            continue;
        };
        let is_version = shown.contains("version: Some");
        let identity = match (shown.contains("is_written: true"), is_version) {
            (true, _) => everything.clone(),
            (false, true) => with_version(caller.policies.identity, &shared, &other),
            (false, false) => continue,
        };
        let policies = Policies {
            identity: &identity,
            boundary: match shown.contains("is_unbounded: true") {
                true => &[],
                false => caller.policies.boundary,
            },
            ..caller.policies
        };
        let mut expected = BTreeSet::new();
        for (role, one) in graph.principals.iter().filter(|(role, _)| role != at) {
            let Some(trust) = &one.trust else { continue };
            let asked = trust::Role {
                arn: one.arn,
                trust,
                rcps: graph.organizations.rcps_of_role(one.account, one.arn),
            };
            let mut context = caller.context.clone();
            graph.know_resource(one.arn, &mut context);
            let decision =
                trust::principal(&asked, &caller.asker.caller, &policies, &context, false);
            if !decision.is_denied() {
                expected.insert((control.session_of(role), decision.is_allowed()));
            }
        }
        count[usize::from(is_version)] += 1;
        let found = own(control, number, EdgeKind::AssumeRole);
        assert_eq!(found, expected, "{} {shown}", caller.asker.principal.arn);
    }
    count
}

#[test]
fn edges_are_those_that_evaluating_every_pair_finds_and_so_are_the_ways_over_them() {
    let mut tried = [0; 7];
    for seed in 0..200 {
        let snapshot = drawn(seed);
        let graph = Graph::build(&snapshot, None);
        let mut control = graph.control();
        let secret = control.end(SECRET).unwrap().numbers[0];
        let internet = control.end("internet").unwrap().numbers[0];
        let found = own(&control, internet, EdgeKind::Exposes);
        let expected = exposed(&control, &snapshot);
        assert_eq!(found, expected, "seed {seed}: what the internet reaches");
        tried[0] += expected.len();
        tried[1] += keyed(&control, &snapshot);
        tried[2] += readers(&control, secret);
        let [written, versions] = rewritten(&control, &snapshot);
        tried[3] += written;
        tried[5] += versions;
        tried[6] += widened(&control, &snapshot);
        let account = control.nodes.account(ACCOUNT).unwrap();
        let cluster = control.nodes.cluster(CLUSTER).unwrap();
        for goal in [secret, account, cluster] {
            for certain in [true, false] {
                let toward = control.toward(&[goal], certain);
                let steps = (0..control.nodes.len()).map(|at| toward.steps(at));
                let steps: Vec<Option<usize>> = steps.collect();
                let expected = plainly(&control, goal, certain);
                assert_eq!(steps, expected, "seed {seed}, to {goal}, certain {certain}");
                assert!(
                    !certain || steps[internet].is_none(),
                    "seed {seed}: that it is reached does not say that it is taken"
                );
                tried[4] += usize::from(steps[internet].is_some());
            }
        }
    }
    let enough = tried.iter().all(|tried| *tried > 20);
    assert!(enough, "too little was tried: {tried:?}");
}
