//! A small estate for the checks' own tests: one account, one cluster, everything read whole.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use crate::graph::Graph;
use crate::graph::duty::Duty;
use crate::graph::limits::Thresholds;
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::{ScopeKind, Source, Status};

use super::finding::Finding;
use super::outcome::Outcome;
use super::shared::Shared;

/// The account.
pub const ACCOUNT: &str = "111122223333";
/// The scope of its one region.
pub const REGION: &str = "111122223333/eu-west-1";
/// The cluster's key.
pub const CLUSTER: &str = "prod";
/// The cluster's issuer.
pub const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111";

/// What a check said of an estate.
#[derive(Debug)]
pub struct Asked {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it could not say more.
    pub reason: Option<String>,
    /// What it found.
    pub findings: Vec<Finding>,
}

impl Asked {
    /// The resources of the findings.
    pub fn resources(&self) -> Vec<&str> {
        self.findings
            .iter()
            .map(|f| f.resource.id.as_str())
            .collect()
    }

    /// Holds that nothing was found, something was looked at, and all was read.
    #[track_caller]
    pub fn passes(&self) {
        assert_eq!(self.outcome, Outcome::Pass, "{self:#?}");
    }

    /// Holds that these resources, and no others, have findings.
    #[track_caller]
    pub fn finds(&self, resources: &[&str]) {
        assert_eq!(self.resources(), resources, "{self:#?}");
        assert_eq!(self.outcome, Outcome::Fail, "{self:#?}");
        for finding in &self.findings {
            assert!(!finding.title.is_empty(), "no title: {finding:#?}");
            assert!(!finding.message.is_empty(), "no message: {finding:#?}");
            assert!(!finding.remediation.text.is_empty(), "no fix: {finding:#?}");
        }
    }

    /// Holds that the check did not pass for want of something.
    #[track_caller]
    pub fn is_not_evaluated(&self) {
        assert_eq!(self.outcome, Outcome::NotEvaluated, "{self:#?}");
        assert!(self.reason.is_some(), "{self:#?}");
    }

    /// Holds that there was nothing to look at.
    #[track_caller]
    pub fn is_not_applicable(&self) {
        assert_eq!(self.outcome, Outcome::NotApplicable, "{self:#?}");
    }
}

/// An estate being written down.
#[derive(Clone, Debug)]
pub struct Estate {
    facts: Value,
    missing: Vec<(Source, Status)>,
}

impl Estate {
    /// One account with an OIDC provider, one cluster that it is for, nothing else.
    pub fn new() -> Self {
        let facts = json!({
            "schema": "eks-auditor/snapshot/v1", "tool_version": "0", "coverage": [],
            "taken_at": "2026-11-24T00:00:00Z",
            "accounts": {ACCOUNT: {
                "caller": {"Account": ACCOUNT, "Arn": "arn:aws:iam::111122223333:role/auditor", "UserId": "A"},
                "iam": {"oidc_providers": [{"Arn": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"),
                    "ClientIDList": ["sts.amazonaws.com"]}]},
                "regions": {"eu-west-1": {}},
            }},
            "clusters": {CLUSTER: {
                "name": CLUSTER, "account": ACCOUNT, "region": "eu-west-1",
                "eks": {"addons": [{"addonName": "eks-pod-identity-agent"}], "cluster": {
                    "name": CLUSTER, "arn": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/{CLUSTER}"),
                    "identity": {"oidc": {"issuer": format!("https://{ISSUER}")}},
                    "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
                }},
                "kubernetes": {"namespaces": [{"metadata": {"name": "default"}}]},
            }},
        });
        Self {
            facts,
            missing: Vec::new(),
        }
    }

    /// More facts: objects are merged, lists appended.
    pub fn with(mut self, facts: Value) -> Self {
        merge(&mut self.facts, facts);
        self
    }

    /// More of IAM: `{"roles": […]}`.
    pub fn iam(self, facts: Value) -> Self {
        self.with(json!({"accounts": {ACCOUNT: {"iam": facts}}}))
    }

    /// More of the region: `{"secretsmanager": {"secrets": […]}, "ecr": {…}}`.
    pub fn region(self, facts: Value) -> Self {
        self.with(json!({"accounts": {ACCOUNT: {"regions": {"eu-west-1": facts}}}}))
    }

    /// More of EKS: `{"nodegroups": […]}`.
    pub fn eks(self, facts: Value) -> Self {
        self.with(json!({"clusters": {CLUSTER: {"eks": facts}}}))
    }

    /// More objects of the cluster: `{"pods": […]}`.
    pub fn kubernetes(self, facts: Value) -> Self {
        self.with(json!({"clusters": {CLUSTER: {"kubernetes": facts}}}))
    }

    /// A service account and a pod that runs as it.
    pub fn pod(self, namespace: &str, account: &str) -> Self {
        self.kubernetes(json!({
            "namespaces": [{"metadata": {"name": namespace}}],
            "service_accounts": [{"metadata": {"name": account, "namespace": namespace}}],
            "pods": [{"metadata": {"name": format!("{account}-0"), "namespace": namespace, "uid": "u"},
                "spec": {"serviceAccountName": account, "containers": [{"name": "main", "image": "app:1"}]},
                "status": {"phase": "Running"}}],
        }))
    }

    /// A role that a service account gets by IRSA, with one inline policy.
    pub fn irsa_role(self, name: &str, namespace: &str, account: &str, policy: Value) -> Self {
        let trust = irsa_trust(&json!({"StringEquals": {
            format!("{ISSUER}:sub"): format!("system:serviceaccount:{namespace}:{account}"),
            format!("{ISSUER}:aud"): "sts.amazonaws.com",
        }}));
        self.iam(json!({"roles": [role(name, &trust, &policy)]}))
    }

    /// As if a source had been denied.
    pub fn denied(mut self, source: Source) -> Self {
        self.missing.push((source, Status::Denied));
        self
    }

    /// The snapshot, with every source complete but those that were denied.
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot: Snapshot = serde_json::from_value(self.facts.clone()).expect("an estate");
        for source in Source::ALL {
            let scope = match source.scope {
                ScopeKind::Account => ACCOUNT,
                ScopeKind::Region => REGION,
                ScopeKind::Cluster | ScopeKind::Kubernetes => CLUSTER,
            };
            let status = self
                .missing
                .iter()
                .find(|(missing, _)| missing == source)
                .map_or(Status::Complete, |(_, status)| *status);
            snapshot
                .coverage
                .record(source.name, scope, status, 0, None);
        }
        snapshot.sort();
        snapshot
    }

    /// What the check of this id says.
    pub fn ask(&self, id: &str) -> Asked {
        self.ask_with(id, Vec::new())
    }

    /// The same where the user has noted duties.
    pub fn ask_with(&self, id: &str, duties: Vec<Duty>) -> Asked {
        let snapshot = self.snapshot();
        asked(&Graph::build(&snapshot, None).with_duties(&duties), id)
    }

    /// The same under limits for the age of credentials.
    pub fn ask_within(&self, id: &str, thresholds: &Thresholds) -> Asked {
        let snapshot = self.snapshot();
        asked(
            &Graph::build(&snapshot, None).with_thresholds(thresholds),
            id,
        )
    }
}

fn asked(graph: &Graph<'_>, id: &str) -> Asked {
    let registered = super::named(id).unwrap_or_else(|| panic!("no check {id}"));
    let shared = Shared::of(graph);
    let (result, findings) = super::run::ask(graph, registered, &shared);
    Asked {
        outcome: result.outcome,
        reason: result.reason,
        findings,
    }
}

fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(more)) => into.extend(more),
        (into, more) => *into = more,
    }
}

/// The id of an object of the cluster.
pub fn object(namespace: &str, kind: &str, name: &str) -> String {
    crate::snapshot::id::object_id(CLUSTER, namespace, kind, name)
}

/// The ARN of a role.
pub fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// A policy of one Allow statement.
pub fn allow(action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
}

/// A trust policy for the cluster's tokens under a condition; `{}`: none.
pub fn irsa_trust(condition: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}")},
        "Condition": condition}]})
}

/// A role with one inline policy, used yesterday.
pub fn role(name: &str, trust: &Value, policy: &Value) -> Value {
    json!({"Path": "/", "RoleName": name, "RoleId": "AROA", "Arn": role_arn(name),
        "CreateDate": "2024-01-01T00:00:00Z", "AssumeRolePolicyDocument": trust,
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": policy}],
        "RoleLastUsed": {"LastUsedDate": "2026-11-23T00:00:00Z"}})
}
