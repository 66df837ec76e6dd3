//! Verdicts on which pods get which roles: IRSA across accounts, providers and partitions, and Pod Identity.

use std::collections::BTreeSet;
use std::fs;

use eks_auditor::checks::run::Selection;
use eks_auditor::graph::Graph;
use eks_auditor::graph::oidc_issuer::Signer;
use eks_auditor::graph::path::EdgeKind;
use eks_auditor::snapshot::Snapshot;
use eks_auditor::snapshot::coverage::{ScopeKind, Source, Status};
use eks_auditor::{Request, audit};
use serde_json::{Value, json};

use crate::program::shared;

const HOME: &str = "111111111111";
const OTHER: &str = "222222222222";
const ISSUER: &str = "oidc.eks.us-east-1.amazonaws.com/id/AAAA1111";
const STS: &str = "sts.amazonaws.com";

/// An estate of one cluster with the pod web/app, and a role that it may get.
struct Built {
    partition: &'static str,
    cluster_account: &'static str,
    issuer: String,
    /// The provider in the role's account: its URL and audiences.
    provider: Option<(String, Vec<String>)>,
    /// The role's trust policy.
    trust: Value,
    account_exists: bool,
    annotation: bool,
    associations: Vec<Value>,
    agent: bool,
}

fn federated(account: &str, partition: &str, url: &str, subject: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": format!("arn:{partition}:iam::{account}:oidc-provider/{url}")},
        "Condition": {"StringEquals": {format!("{url}:sub"): subject, format!("{url}:aud"): STS}}}]})
}

fn role_arn(account: &str, partition: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:role/{name}")
}

/// What each case of IRSA has.
fn irsa(id: &str, facts: &Value) -> Built {
    let app = "system:serviceaccount:web:app";
    let mut built = Built {
        partition: "aws",
        cluster_account: HOME,
        issuer: ISSUER.to_owned(),
        provider: Some((ISSUER.to_owned(), vec![STS.to_owned()])),
        trust: federated(HOME, "aws", ISSUER, app),
        account_exists: true,
        annotation: false,
        associations: Vec::new(),
        agent: true,
    };
    if let Some(arn) = facts["trust_federated"].as_str() {
        let account = arn.split(':').nth(4).unwrap();
        built.trust = federated(account, "aws", ISSUER, app);
    }
    if facts["cluster_account"].is_string() {
        built.cluster_account = OTHER;
    }
    if facts["live_cluster_with_issuer"] == false {
        built.issuer = ISSUER.replace("AAAA", "BBBB");
    }
    if facts["provider_exists"] == false {
        built.provider = None;
    }
    if let Some(ids) = facts["client_ids"].as_array() {
        let ids = ids.iter().map(|id| id.as_str().unwrap().to_owned());
        built.provider = Some((ISSUER.to_owned(), ids.collect()));
    }
    if let Some(host) = facts["issuer_host"]
        .as_str()
        .filter(|host| host.contains(".s3."))
    {
        built.trust = federated(HOME, "aws", host, app);
        built.provider = Some((host.to_owned(), vec![STS.to_owned()]));
    }
    match facts["provider"].as_str() {
        Some(url) if url.starts_with("arn:aws-cn:") => {
            let url = url.split_once("oidc-provider/").unwrap().1.to_owned();
            built.partition = "aws-cn";
            built.trust = federated(HOME, "aws-cn", &url, app);
            built.issuer.clone_from(&url);
            built.provider = Some((url, vec![STS.to_owned()]));
        }
        Some(url) if !url.starts_with("arn:") => {
            built.trust = federated(HOME, "aws", url, app);
            built.provider = Some((url.to_owned(), vec![STS.to_owned()]));
        }
        _ => {}
    }
    if facts["trust_allows_sa"] == false {
        built.trust = federated(HOME, "aws", ISSUER, "system:serviceaccount:web:other");
        built.annotation = true;
    }
    built.account_exists = facts["sa_exists"] != false;
    assert!(id.starts_with("irsa-"), "{id}");
    built
}

/// What each case of Pod Identity has.
fn pod_identity(facts: &Value) -> Built {
    let pods = json!({"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"]});
    let mut built = irsa("irsa-", &json!({}));
    let both = facts["annotation"].is_string();
    if both {
        let statements = built.trust["Statement"].as_array_mut().unwrap();
        statements.push(pods);
        built.annotation = true;
    } else {
        built.trust = json!({"Version": "2012-10-17", "Statement": [pods]});
    }
    let mut association = json!({"clusterName": "c", "namespace": "web", "serviceAccount": "app",
        "roleArn": role_arn(HOME, "aws", "app"), "associationId": "a-1",
        "associationArn": format!("arn:aws:eks:us-east-1:{HOME}:podidentityassociation/c/a-1")});
    let own = &facts["association"];
    if own.get("policy").is_some() {
        let only_s3 = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
        association["policy"] = json!(only_s3.to_string());
        association["disableSessionTags"] = json!(true);
    }
    if own.get("targetRoleArn").is_some() {
        association["targetRoleArn"] = json!(role_arn(HOME, "aws", "target"));
    }
    if let Some(account) = facts["roleArn_account"].as_str() {
        association["roleArn"] = json!(role_arn(account, "aws", "app"));
    }
    built.account_exists = facts["sa_exists"] != false;
    built.agent = facts["agent"] != false;
    if facts.get("association").is_none_or(|one| !one.is_null()) {
        built.associations.push(association);
    }
    built
}

fn snapshot(built: &Built) -> Snapshot {
    let region = if built.partition == "aws" {
        "us-east-1"
    } else {
        "cn-north-1"
    };
    let role = |account: &str, name: &str, trust: &Value| {
        json!({"Arn": role_arn(account, built.partition, name), "RoleName": name, "Path": "/", "RoleId": "AROA",
            "CreateDate": "2025-01-01T00:00:00Z", "AssumeRolePolicyDocument": trust,
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"}]}}],
            "RoleLastUsed": {"LastUsedDate": "2026-11-20T00:00:00Z"}})
    };
    let of_app = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Principal": {"AWS": role_arn(HOME, built.partition, "app")}}]});
    let providers: Vec<Value> = built.provider.iter().map(|(url, ids)| {
        json!({"Arn": format!("arn:{}:iam::{HOME}:oidc-provider/{url}", built.partition), "Url": url,
            "ClientIDList": ids, "ThumbprintList": ["0000"]})
    }).collect();
    let annotations = match built.annotation {
        true => json!({"eks.amazonaws.com/role-arn": role_arn(HOME, built.partition, "app")}),
        false => json!({}),
    };
    let accounts: Vec<Value> = match built.account_exists {
        true => vec![
            json!({"metadata": {"name": "app", "namespace": "web", "uid": "u", "annotations": annotations}}),
        ],
        false => Vec::new(),
    };
    let addons: Vec<Value> = match built.agent {
        true => vec![
            json!({"addonName": "eks-pod-identity-agent", "clusterName": "c", "status": "ACTIVE"}),
        ],
        false => Vec::new(),
    };
    let pods: Vec<Value> = match built.account_exists {
        true => vec![
            json!({"metadata": {"name": "app-0", "namespace": "web", "uid": "u"},
            "spec": {"serviceAccountName": "app", "containers": [{"name": "m", "image": "i:1"}]}, "status": {"phase": "Running"}}),
        ],
        false => Vec::new(),
    };
    let nobody = json!({"Version": "2012-10-17", "Statement": []});
    let mut joiner = role(HOME, "joiner", &nobody);
    joiner["RolePolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] =
        json!(["eks:CreatePodIdentityAssociation", "iam:PassRole"]);
    let mut accounts_seen = json!({HOME: {"caller": {"Account": HOME, "Arn": role_arn(HOME, built.partition, "x"), "UserId": "A"},
        "iam": {"roles": [role(HOME, "app", &built.trust), role(HOME, "target", &of_app), joiner], "oidc_providers": providers},
        "regions": {region: {}}}});
    let other = json!({"caller": {"Account": OTHER, "Arn": role_arn(OTHER, built.partition, "x"), "UserId": "A"},
        "iam": {"roles": [role(OTHER, "app", &built.trust)]}, "regions": {region: {}}});
    accounts_seen[OTHER] = other;
    let mut snapshot: Snapshot = serde_json::from_value(json!({
        "schema": "eks-auditor/snapshot/v1", "tool_version": "0", "coverage": [], "taken_at": "2026-11-24T00:00:00Z",
        "accounts": accounts_seen,
        "clusters": {"c": {"name": "c", "account": built.cluster_account, "region": region,
            "eks": {"cluster": {"name": "c",
                    "arn": format!("arn:{}:eks:{region}:{}:cluster/c", built.partition, built.cluster_account),
                    "identity": {"oidc": {"issuer": format!("https://{}", built.issuer)}}},
                "pod_identity": built.associations, "addons": addons},
            "kubernetes": {"namespaces": [{"metadata": {"name": "web", "uid": "u"}}], "service_accounts": accounts, "pods": pods}}},
    }))
    .unwrap();
    for source in Source::ALL {
        let scopes = match source.scope {
            ScopeKind::Account => vec![HOME.to_owned(), OTHER.to_owned()],
            ScopeKind::Region => vec![format!("{HOME}/{region}"), format!("{OTHER}/{region}")],
            ScopeKind::Cluster | ScopeKind::Kubernetes => vec!["c".to_owned()],
        };
        for scope in scopes {
            snapshot
                .coverage
                .record(source.name, &scope, Status::Complete, 0, None);
        }
    }
    snapshot.sort();
    snapshot
}

/// By which ways web/app gets which role, certain or not, narrowed by a session policy or not.
fn holds(graph: &Graph<'_>) -> Vec<(EdgeKind, String, bool, bool)> {
    let holds = graph.holds.iter();
    holds
        .map(|hold| {
            let arn = graph.principals.get(hold.role).unwrap().arn;
            let name = arn.rsplit('/').next().unwrap().to_owned();
            (hold.way, name, hold.is_certain(), !hold.session.is_empty())
        })
        .collect()
}

fn found(snapshot: &Snapshot) -> BTreeSet<String> {
    let request = Request {
        selection: Selection {
            only: vec!["identity".to_owned()],
            skip: Vec::new(),
        },
        ..Request::default()
    };
    let report = serde_json::to_value(audit(snapshot, &request)).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["check"].as_str().unwrap().to_owned())
        .collect()
}

/// In how many steps, and whether for certain, the role `joiner` comes to have the role `app`: it may make associations
/// and pass any role to them.
fn joins(graph: &Graph<'_>) -> Option<(usize, bool)> {
    let mut control = graph.control();
    let numbers = |control: &mut eks_auditor::graph::control::Control<'_, '_>, name| {
        control.end(&role_arn(HOME, "aws", name)).unwrap().numbers
    };
    let (from, to) = (
        numbers(&mut control, "joiner"),
        numbers(&mut control, "app"),
    );
    let steps = |certain| control.toward(&to, certain).steps(from[0]);
    Some((steps(false)?, steps(true).is_some()))
}

#[test]
fn every_verdict_on_pods_and_roles_is_ours() {
    let Some(path) = shared("golden/iam/eks-facts.jsonl") else {
        return;
    };
    let (mut asked, mut wrong) = (0, Vec::new());
    for line in fs::read_to_string(path).unwrap().lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        let (id, facts) = (fact["id"].as_str().unwrap(), &fact["facts"]);
        let built = match id.split('-').next() {
            Some("irsa") => irsa(id, facts),
            Some("pod") => pod_identity(facts),
            _ => continue,
        };
        asked += 1;
        let snapshot = snapshot(&built);
        let graph = Graph::build(&snapshot, None);
        let holds = holds(&graph);
        let found = found(&snapshot);
        let app = |way, narrowed| (way, "app".to_owned(), true, narrowed);
        let has = |check: &str| found.contains(check);
        let right = match fact["verdict"].as_str().unwrap() {
            "reachable" => holds == [app(EdgeKind::AssumeRoleWebIdentity, false)],
            "unreachable" if id == "pod-22-no-agent" => {
                holds == [(EdgeKind::PodIdentity, "app".to_owned(), false, false)]
            }
            "unreachable"
                if facts["trust_federated"].is_string() || facts["client_ids"].is_array() =>
            {
                holds.is_empty() && has("role-trusts-missing-provider")
            }
            "unreachable" => holds.is_empty(),
            "unreachable+stale-trust" if built.provider.is_some() => {
                holds.is_empty() && has("oidc-provider-orphaned")
            }
            "unreachable+stale-trust" => {
                holds.is_empty()
                    && has("role-trusts-missing-provider")
                    && graph
                        .latent_trusts()
                        .iter()
                        .any(|one| one.signer == Signer::Cluster("c"))
            }
            "takeover-risk" => holds.is_empty() && has("oidc-provider-in-bucket"),
            "unreachable+misconfig" => holds.is_empty() && has("irsa-role-unusable"),
            // Whoever makes the association has to run a pod besides.
            "latent" if built.account_exists => {
                holds.is_empty() && joins(&graph) == Some((1, false))
            }
            "latent" => holds.is_empty() && has("irsa-trust-missing-service-account"),
            "both-reachable" => {
                holds
                    == [
                        app(EdgeKind::AssumeRoleWebIdentity, false),
                        app(EdgeKind::PodIdentity, false),
                    ]
            }
            "needs-target-role" => holds.is_empty(),
            "intersect" => holds == [app(EdgeKind::PodIdentity, true)],
            "intersect-target-only" => {
                holds == [(EdgeKind::PodIdentityTarget, "target".to_owned(), true, true)]
            }
            other => panic!("{id}: what is {other}?"),
        };
        if !right {
            wrong.push(format!("{line}\n  {holds:?}\n  found: {found:?}"));
        }
    }
    println!("{asked} verdicts");
    assert_eq!(asked, 19);
    assert!(
        wrong.is_empty(),
        "{} of {asked}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
