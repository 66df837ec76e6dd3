//! A print: what one document says, typed, before it is known where it belongs.

use crate::snapshot::Snapshot;

use super::document::{Doc, Envelope};
use super::error::Fault;
use super::{
    ec2, ecr, eks, iam, kms, kubernetes, network, organizations, secretsmanager, services, ssm,
};

/// What a document says.
#[derive(Debug)]
pub(super) enum Print {
    /// A snapshot that `collect` wrote.
    Snapshot(Box<Snapshot>),
    /// Of IAM or STS.
    Iam(iam::Print),
    /// Of EKS.
    Eks(eks::Print),
    /// Of EC2.
    Ec2(ec2::Print),
    /// Of security groups and load balancers.
    Network(network::Print),
    /// Of ECR.
    Ecr(ecr::Print),
    /// Of Secrets Manager.
    SecretsManager(secretsmanager::Print),
    /// Of KMS.
    Kms(kms::Print),
    /// Of parameters.
    Ssm(ssm::Print),
    /// Of services that are read on request.
    Services(services::Print),
    /// Of Organizations.
    Organizations(organizations::Print),
    /// Objects of a cluster.
    Objects(kubernetes::Objects),
}

/// A print with where it was found.
#[derive(Debug)]
pub(super) struct Found {
    /// The file, as its place in path order.
    pub file: usize,
    /// The API call that prints so.
    pub source: &'static str,
    /// The envelope around it; an empty one where there was none.
    pub envelope: Envelope,
    /// What it says.
    pub print: Print,
}

/// How the print of an API call is told from all others.
pub(super) struct Shape {
    /// The API call: `eks:DescribeCluster`.
    pub source: &'static str,
    /// Keys that tell it even where the rest is cut off.
    pub keys: &'static [&'static str],
    /// Whether a document without envelope is one.
    pub fits: fn(&Doc) -> bool,
    /// Reads it. What is broken goes to the faults.
    pub read: fn(&Doc, &mut Vec<Fault>) -> Option<Print>,
}

/// Reads what a document must hold, or notes the fault.
pub(super) fn or_fault<T>(read: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    read.map_err(|fault| faults.push(fault)).ok()
}

/// Whether a print is all of the answer, or a page of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The token of the page that follows.
    pub next: Option<String>,
    /// Whether one follows.
    pub cut: bool,
    /// The token that this page was asked for with, where the envelope tells.
    pub asked: Option<String>,
    /// How many items could not be read.
    pub broken: usize,
}

impl Page {
    /// What a print shows of it. The CLI turns the pages itself and shows a token only where it
    /// was told to stop (`--max-items`, `--no-paginate`).
    pub fn of(doc: &Doc, broken: usize) -> Self {
        const TOKENS: [&str; 4] = ["NextToken", "nextToken", "NextMarker", "Marker"];
        let next = TOKENS
            .iter()
            .find_map(|key| doc.word(key))
            .filter(|token| !token.is_empty());
        let truncated = doc.raw("IsTruncated").or_else(|| doc.raw("Truncated"));
        let truncated = truncated.map(|raw| raw.get() == "true");
        Self {
            // A marker without IsTruncated is the CLI's own; with false it is a leftover.
            cut: truncated.unwrap_or(next.is_some()),
            next,
            asked: ["NextToken", "Marker"]
                .iter()
                .find_map(|key| doc.envelope.asked(key))
                .map(str::to_owned),
            broken,
        }
    }
}
