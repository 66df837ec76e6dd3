//! Verdicts on who comes into a cluster from AWS: aws-auth, access entries, authentication modes.

use std::collections::BTreeSet;
use std::fs;

use eks_auditor::checks::run::Selection;
use eks_auditor::{Request, audit};
use serde_json::{Value, json};

use crate::program::shared;

const ACCOUNT: &str = "111111111111";
const POD_ROLE: &str = "arn:aws:iam::111111111111:role/pod-role";

/// A cluster with the ways in of a fact, in a mode.
struct Built {
    mode: String,
    entries: Vec<Value>,
    aws_auth: Value,
    roles: Vec<Value>,
    bootstrap: bool,
}

fn role(arn: &str, created: &str) -> Value {
    let name = arn.rsplit('/').next().unwrap();
    json!({"Arn": arn, "RoleName": name, "Path": "/", "RoleId": "AROA", "CreateDate": created,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
        "RoleLastUsed": {"LastUsedDate": "2026-11-20T00:00:00Z"}})
}

fn entry(arn: &str, groups: &Value, kind: &str, policies: &Value) -> Value {
    json!({"entry": {"principalArn": arn, "type": kind, "kubernetesGroups": groups, "createdAt": "2026-01-01T00:00:00Z"},
        "policies": policies})
}

fn policy(name: &str, scope: Value) -> Value {
    json!([{"policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{name}"), "accessScope": scope}])
}

fn built(facts: &Value) -> Built {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut built = Built {
        mode: text(&facts["mode"]).unwrap_or_else(|| "API_AND_CONFIG_MAP".to_owned()),
        entries: Vec::new(),
        aws_auth: json!({}),
        roles: vec![role(
            &text(&facts["role"]).unwrap_or_else(|| POD_ROLE.to_owned()),
            "2025-01-01T00:00:00Z",
        )],
        bootstrap: facts.get("creator").is_some(),
    };
    if let Some(map) = facts.get("mapRoles") {
        built.aws_auth = json!({"mapRoles": map.to_string()});
    } else if let Some(accounts) = facts.get("mapAccounts") {
        built.aws_auth = json!({"mapAccounts": accounts.to_string()});
    } else if let Some(arn) = facts.get("rolearn") {
        built.aws_auth = json!({"mapRoles": json!([{"rolearn": arn, "username": facts["username"]}]).to_string()});
    }
    if let (Some(actions), Some(role)) = (facts.get("actions"), built.roles.first_mut()) {
        let allow = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        role["RolePolicyList"] = json!([{"PolicyName": "actions",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}}]);
    }
    let kind = text(&facts["type"]).unwrap_or_else(|| "STANDARD".to_owned());
    let none = json!([]);
    match &facts["entry"] {
        Value::String(arn) => {
            let policies = policy("AmazonEKSClusterAdminPolicy", json!({"type": "cluster"}));
            built.entries.push(entry(arn, &none, &kind, &policies));
            let created = match facts["role_recreated"] == true {
                true => "2026-06-01T00:00:00Z",
                false => "2025-01-01T00:00:00Z",
            };
            built.roles = vec![role(arn, created)];
        }
        Value::Object(one) => {
            let policies = one
                .get("policy")
                .and_then(Value::as_str)
                .map_or(none.clone(), |name| {
                    policy(
                        &format!("AmazonEKS{name}Policy")
                            .replace("AmazonEKSAmazonEKS", "AmazonEKS")
                            .replace("PolicyPolicy", "Policy"),
                        json!({"type": "cluster"}),
                    )
                });
            let groups = one.get("groups").unwrap_or(&none);
            built.entries.push(entry(
                one["arn"].as_str().unwrap(),
                groups,
                &kind,
                &policies,
            ));
        }
        _ if facts.get("policy").is_some() => {
            let scope = match &facts["scope"] {
                Value::String(_) => json!({"type": "cluster"}),
                scope => json!({"type": "namespace", "namespaces": scope["namespace"]}),
            };
            built.entries.push(entry(
                POD_ROLE,
                &none,
                &kind,
                &policy(facts["policy"].as_str().unwrap(), scope),
            ));
        }
        _ if facts.get("kubernetesGroups").is_some() => {
            built
                .entries
                .push(entry(POD_ROLE, &facts["kubernetesGroups"], &kind, &none));
        }
        _ if facts.get("type").is_some() => {
            built
                .entries
                .push(entry(facts["arn"].as_str().unwrap(), &none, &kind, &none));
        }
        _ => {}
    }
    built
}

fn report(built: &Built) -> Value {
    let everything = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
    let mut snapshot: eks_auditor::snapshot::Snapshot = serde_json::from_value(json!({
        "schema": "eks-auditor/snapshot/v1", "tool_version": "0", "coverage": [], "taken_at": "2026-11-24T00:00:00Z",
        "accounts": {ACCOUNT: {"caller": {"Account": ACCOUNT, "Arn": POD_ROLE, "UserId": "A"},
            "iam": {"roles": built.roles}, "regions": {"us-east-1": {}}}},
        "clusters": {"c": {"name": "c", "account": ACCOUNT, "region": "us-east-1",
            "eks": {"cluster": {"name": "c", "arn": format!("arn:aws:eks:us-east-1:{ACCOUNT}:cluster/c"),
                    "accessConfig": {"authenticationMode": built.mode, "bootstrapClusterCreatorAdminPermissions": built.bootstrap}},
                "access": built.entries},
            "kubernetes": {"namespaces": [{"metadata": {"name": "dev"}}],
                "config_maps": [{"metadata": {"name": "aws-auth", "namespace": "kube-system"}, "data": built.aws_auth}],
                "roles": [{"kind": "ClusterRole", "metadata": {"name": "cluster-admin"}, "rules": everything},
                    {"kind": "ClusterRole", "metadata": {"name": "some"}, "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]}],
                "role_bindings": [
                    {"kind": "ClusterRoleBinding", "metadata": {"name": "jane"}, "subjects": [{"kind": "User", "name": "jane"}],
                        "roleRef": {"kind": "ClusterRole", "name": "some"}},
                    {"kind": "ClusterRoleBinding", "metadata": {"name": "x"},
                        "subjects": [{"kind": "User", "name": format!("arn:aws:iam::{ACCOUNT}:user/x")}],
                        "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}]}}},
    }))
    .unwrap();
    for source in eks_auditor::snapshot::coverage::Source::ALL {
        use eks_auditor::snapshot::coverage::{ScopeKind, Status};
        let scope = match source.scope {
            ScopeKind::Account => ACCOUNT.to_owned(),
            ScopeKind::Region => format!("{ACCOUNT}/us-east-1"),
            ScopeKind::Cluster | ScopeKind::Kubernetes => "c".to_owned(),
        };
        snapshot
            .coverage
            .record(source.name, &scope, Status::Complete, 0, None);
    }
    snapshot.sort();
    let request = Request {
        selection: Selection {
            only: vec!["access".to_owned()],
            skip: Vec::new(),
        },
        ..Request::default()
    };
    serde_json::to_value(audit(&snapshot, &request)).unwrap()
}

/// The findings, as check and the end of the resource's id; without the binding of user/x, which only mapAccounts lets in.
fn found(report: &Value) -> BTreeSet<(String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let id = finding["resource"]["id"].as_str().unwrap();
            let end = id.split_once(":iam::").map_or(id, |(_, end)| end);
            (
                finding["check"].as_str().unwrap().to_owned(),
                end.to_owned(),
            )
        })
        .collect()
}

#[test]
fn every_verdict_on_ways_in_is_ours() {
    let Some(path) = shared("golden/iam/eks-facts.jsonl") else {
        return;
    };
    let admin = "cluster-admin-from-aws";
    let (mut asked, mut wrong) = (0, Vec::new());
    for line in fs::read_to_string(path).unwrap().lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        let id = fact["id"].as_str().unwrap();
        if !id.starts_with("map-") {
            continue;
        }
        asked += 1;
        let report = report(&built(&fact["facts"]));
        let found = found(&report);
        let has = |check: &str| found.iter().any(|(one, _)| one == check);
        let outcome = |check: &str| {
            let checks = report["checks"].as_array().unwrap();
            checks.iter().find(|one| one["id"] == check).unwrap()["outcome"].clone()
        };
        let right = match fact["verdict"].as_str().unwrap() {
            "cluster-admin" if id == "map-13-creator-hidden" => {
                has("cluster-creator-hidden") && !has(admin) && outcome(admin) == "not_evaluated"
            }
            "cluster-admin" | "access" => has(admin),
            "no-access" if id == "map-18-entry-stale" => {
                !has(admin) && has("access-entry-principal-missing")
            }
            "no-access" if id.starts_with("map-06") || id.starts_with("map-07") => {
                !has(admin) && has("access-ignored-by-mode")
            }
            "no-access" => !has(admin) && has("aws-auth-mapping-broken"),
            // EKS would have refused it: it is said that the file is not as EKS prints it.
            "rejected" => report.to_string().contains("which EKS refuses"),
            "entry-wins" => !has(admin) && has("aws-auth-mapping-shadowed"),
            "namespace-admin" => !has(admin),
            "privesc" => !has(admin) && has("aws-takeover"),
            "user-spoof" => has("user-name-chosen-by-caller"),
            // Only whoever a binding names comes to anything.
            "authenticated-no-groups" => {
                found.contains(&(admin.to_owned(), format!("{ACCOUNT}:user/x"))) && found.len() == 2
            }
            "node" => !has(admin),
            other => panic!("{id}: what is {other}?"),
        };
        if !right {
            wrong.push(format!("{line}\n  found: {found:#?}"));
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

#[test]
fn no_verdict_is_left_out() {
    let Some(path) = shared("golden/iam/eks-facts.jsonl") else {
        return;
    };
    let mut kinds = std::collections::BTreeMap::new();
    let mut ids = BTreeSet::new();
    for line in fs::read_to_string(path).unwrap().lines() {
        let fact: Value = serde_json::from_str(line).unwrap();
        let id = fact["id"].as_str().unwrap().to_owned();
        let kind = id.split('-').next().unwrap().to_owned();
        *kinds.entry(kind).or_insert(0) += 1;
        assert!(ids.insert(id), "twice: {line}");
    }
    // Those that this file, that of nodes and that of pods ask whole, by how their ids begin.
    let asked = [("irsa", 12), ("map", 19), ("node", 11), ("pod", 7)];
    let asked = asked.map(|(kind, count)| (kind.to_owned(), count));
    assert_eq!(kinds, asked.into());
    assert_eq!(ids.len(), 49);
}
