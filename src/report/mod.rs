//! The report: what was seen, what was asked, what was found. Renderers only show it.

pub mod filter;
pub mod render;

use serde::{Deserialize, Serialize};

use crate::checks::finding::{Finding, Severity, Status};
use crate::checks::outcome::Outcome;
use crate::checks::run::{Answered, CheckResult};
use crate::graph::Graph;
use crate::snapshot::coverage;
use crate::snapshot::time::Time;

use filter::Filter;

/// The version of the report's form.
pub const SCHEMA: &str = "eks-auditor/report/v1";

/// Which program wrote a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `eks-auditor`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A cluster that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterInfo {
    /// Its key in ids: the EKS cluster's name.
    pub name: String,
    /// Its ARN, where known.
    pub arn: Option<String>,
    /// Its region, where known.
    pub region: Option<String>,
    /// Its Kubernetes version, where known.
    pub version: Option<String>,
}

/// How many findings and outcomes there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Findings that are critical. Waived ones count in no severity.
    pub critical: usize,
    /// Findings that are high.
    pub high: usize,
    /// Findings that are medium.
    pub medium: usize,
    /// Findings that are low.
    pub low: usize,
    /// Findings that are for information.
    pub info: usize,
    /// Waived findings.
    pub waived: usize,
    /// How the checks ended.
    pub checks: OutcomeCounts,
}

/// How the checks ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCounts {
    /// With findings.
    pub fail: usize,
    /// Without.
    pub pass: usize,
    /// For want of something they need.
    pub not_evaluated: usize,
    /// With nothing to look at.
    pub not_applicable: usize,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// Who wrote it.
    pub tool: Tool,
    /// The time of the audit.
    pub taken_at: Time,
    /// Account ids.
    pub accounts: Vec<String>,
    /// Clusters.
    pub clusters: Vec<ClusterInfo>,
    /// What was asked, and how much of the answer came.
    pub coverage: Vec<coverage::Entry>,
    /// Counts.
    pub summary: Summary,
    /// How each check ended; over everything, whatever the filter shows.
    pub checks: Vec<CheckResult>,
    /// The findings that the filter shows, worst first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The report of what the checks said to a graph.
    pub fn new(graph: &Graph<'_>, answered: Answered, filter: &Filter) -> Self {
        let snapshot = graph.snapshot;
        let findings: Vec<Finding> = answered
            .findings
            .into_iter()
            .filter(|finding| filter.shows(finding))
            .collect();
        let clusters = snapshot
            .clusters
            .iter()
            .map(|(key, cluster)| ClusterInfo {
                name: key.clone(),
                arn: cluster
                    .eks
                    .cluster
                    .as_ref()
                    .map(|eks| eks.arn.clone())
                    .filter(|arn| !arn.is_empty()),
                region: cluster.region.clone(),
                version: cluster
                    .eks
                    .cluster
                    .as_ref()
                    .and_then(|eks| eks.version.clone()),
            })
            .collect();
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            taken_at: snapshot.taken_at,
            accounts: snapshot.accounts.keys().cloned().collect(),
            clusters,
            coverage: snapshot.coverage.entries().to_vec(),
            summary: summary(&answered.results, &findings),
            checks: answered.results,
            findings,
        }
    }

    /// The worst severity of the findings that are not waived.
    pub fn worst(&self) -> Option<Severity> {
        self.findings
            .iter()
            .filter(|finding| finding.status != Status::Waived)
            .map(|finding| finding.severity)
            .min()
    }

    /// The sources that were asked for and did not come whole.
    pub fn gaps(&self) -> impl Iterator<Item = &coverage::Entry> {
        self.coverage.iter().filter(|entry| {
            !matches!(
                entry.status,
                coverage::Status::Complete | coverage::Status::Skipped
            )
        })
    }
}

fn summary(results: &[CheckResult], findings: &[Finding]) -> Summary {
    let mut summary = Summary::default();
    for finding in findings {
        let count = match (finding.status, finding.severity) {
            (Status::Waived, _) => &mut summary.waived,
            (_, Severity::Critical) => &mut summary.critical,
            (_, Severity::High) => &mut summary.high,
            (_, Severity::Medium) => &mut summary.medium,
            (_, Severity::Low) => &mut summary.low,
            (_, Severity::Info) => &mut summary.info,
        };
        *count += 1;
    }
    for result in results {
        let count = match result.outcome {
            Outcome::Fail => &mut summary.checks.fail,
            Outcome::Pass => &mut summary.checks.pass,
            Outcome::NotEvaluated => &mut summary.checks.not_evaluated,
            Outcome::NotApplicable => &mut summary.checks.not_applicable,
        };
        *count += 1;
    }
    summary
}
