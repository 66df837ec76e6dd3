//! One answer of a check, with its evidence.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::graph::path::Step;
use crate::snapshot::id::{Arn, ObjectId};

/// How bad, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// One step from owning the account or the cluster.
    Critical,
    /// A way to much more than was meant.
    High,
    /// A weakness that helps an attacker.
    Medium,
    /// Hygiene.
    Low,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// All of them, worst first.
    pub const ALL: [Severity; 5] = [
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Low,
        Self::Info,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Info => "info",
        }
    }
}

/// Whether a finding depends on something that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// It does not.
    #[default]
    Certain,
    /// It does: the message or the path names the conditions.
    Conditional,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not in an earlier report.
    New,
    /// Seen before, or no earlier report was given.
    #[default]
    Open,
    /// Accepted, with a reason and an expiry date.
    Waived,
}

/// A resource by its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Resource {
    /// An ARN or `k8s://…`.
    pub id: String,
    /// `aws:iam:role`, `k8s:Pod`, …
    pub kind: String,
}

impl Resource {
    /// The resource of this id; the kind follows from it.
    pub fn of(id: impl Into<String>) -> Self {
        let id = id.into();
        let kind = kind_of(&id);
        Self { id, kind }
    }
}

/// `k8s:Kind`, or `aws:SERVICE:TYPE` from what an ARN's resource begins with.
fn kind_of(id: &str) -> String {
    if let Some(object) = ObjectId::parse(id) {
        return format!("k8s:{}", object.kind);
    }
    let Some(arn) = Arn::parse(id) else {
        return "unknown".to_owned();
    };
    let kind = arn
        .resource
        .split(['/', ':'])
        .next()
        .filter(|kind| !kind.is_empty())
        .unwrap_or("resource");
    format!("aws:{}:{kind}", arn.service)
}

/// A control of a framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Control {
    /// `cis-eks-1.8.0`, …
    pub framework: &'static str,
    /// The control's id in it.
    pub id: &'static str,
}

impl Control {
    /// A recommendation of the CIS Amazon EKS Benchmark v1.8.0.
    pub const fn cis(id: &'static str) -> Self {
        Self {
            framework: "cis-eks-1.8.0",
            id,
        }
    }
}

/// A control as reports carry it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredControl {
    /// The framework's id.
    pub framework: String,
    /// The control's id.
    pub id: String,
}

impl From<&Control> for AnsweredControl {
    fn from(control: &Control) -> Self {
        Self {
            framework: control.framework.to_owned(),
            id: control.id.to_owned(),
        }
    }
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remediation {
    /// In words.
    pub text: String,
    /// To copy.
    pub commands: Vec<String>,
}

/// One answer of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its identity across runs: 16 hex digits over check, resource and the check's own key.
    pub fingerprint: String,
    /// The check's id.
    pub check: String,
    /// How bad.
    pub severity: Severity,
    /// Whether it depends on something not known.
    pub certainty: Certainty,
    /// Where it stands.
    pub status: Status,
    /// The time of the first report that had it, RFC 3339.
    pub first_seen: String,
    /// What it is about.
    pub resource: Resource,
    /// What else has to do with it.
    pub related: Vec<Resource>,
    /// The path that makes it dangerous.
    pub path: Vec<Step>,
    /// One line.
    pub title: String,
    /// What was seen, with its values.
    pub message: String,
    /// What to do.
    pub remediation: Remediation,
    /// The controls that it fails.
    pub controls: Vec<AnsweredControl>,
}

impl Finding {
    pub(super) fn new(
        check: &str,
        severity: Severity,
        controls: &[Control],
        resource: Resource,
        key: &str,
    ) -> Self {
        Self {
            fingerprint: fingerprint(check, &resource.id, key),
            check: check.to_owned(),
            severity,
            certainty: Certainty::Certain,
            status: Status::Open,
            first_seen: String::new(),
            resource,
            related: Vec::new(),
            path: Vec::new(),
            title: String::new(),
            message: String::new(),
            remediation: Remediation::default(),
            controls: controls.iter().map(AnsweredControl::from).collect(),
        }
    }
}

/// 64 bits of SHA-256 over the parts, each ended by a zero byte so that none runs into the next.
fn fingerprint(check: &str, resource: &str, key: &str) -> String {
    let mut hash = Sha256::new();
    for part in [check, resource, key] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_stable_and_its_parts_do_not_run_together() {
        assert_eq!(fingerprint("a", "b", "c"), fingerprint("a", "b", "c"));
        assert_ne!(fingerprint("ab", "", "c"), fingerprint("a", "b", "c"));
        assert_eq!(fingerprint("a", "b", "c").len(), 16);
    }

    #[test]
    fn a_kind_follows_from_an_id() {
        for (id, kind) in [
            ("arn:aws:iam::111122223333:role/team/app", "aws:iam:role"),
            (
                "arn:aws:secretsmanager:eu-west-1:1:secret:a-x",
                "aws:secretsmanager:secret",
            ),
            ("k8s://prod/default/Pod/a", "k8s:Pod"),
            (
                "arn:aws:iam::1:oidc-provider/oidc.eks",
                "aws:iam:oidc-provider",
            ),
        ] {
            assert_eq!(Resource::of(id).kind, kind, "{id}");
        }
    }
}
