//! AWS: one file a service. Each declares what it calls, and records what came of it.

pub mod account;
pub mod count;
pub mod ec2;
pub mod ecr;
pub mod eks;
pub mod elbv2;
mod empty;
mod failure;
pub mod iam;
pub mod kms;
pub mod organizations;
mod read;
mod request;
pub mod secretsmanager;
pub mod services;
pub mod session;
pub mod ssm;
pub mod sts;
pub mod token;
mod transport;
mod value;

use super::call::AwsCall;
use super::services::OFFERED;
use crate::snapshot::coverage::Coverage;

/// All calls of all services, in the order of their actions.
pub fn calls() -> Vec<AwsCall> {
    let services = [
        account::CALLS,
        ec2::CALLS,
        ecr::CALLS,
        eks::CALLS,
        elbv2::CALLS,
        iam::CALLS,
        kms::CALLS,
        organizations::CALLS,
        secretsmanager::CALLS,
        ssm::CALLS,
        sts::CALLS,
    ];
    let mut calls = services.concat();
    calls.extend(OFFERED.iter().flat_map(|offer| offer.calls()));
    calls.sort_by_key(|call| call.action);
    calls
}

/// Adds what one part of a scan saw to the whole.
pub(in crate::collect) fn absorb(whole: &mut Coverage, part: &Coverage) {
    for entry in part.entries() {
        whole.record(
            &entry.source,
            &entry.scope,
            entry.status,
            entry.items,
            entry.detail.clone(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_declared_once_and_only_reads() {
        let calls = calls();
        for pair in calls.windows(2) {
            assert!(
                pair.first().map(|call| call.action) < pair.last().map(|call| call.action),
                "{pair:?}"
            );
        }
        for call in calls {
            let name = call.action.split_once(':').map_or("", |(_, name)| name);
            let reads = [
                "Get",
                "List",
                "Describe",
                "BatchGet",
                "GenerateCredentialReport",
                "AssumeRole",
            ]
            .iter()
            .any(|verb| name.starts_with(verb));
            assert!(reads, "{call:?} changes something");
            let values = [
                "GetSecretValue",
                "GetParameter",
                "Decrypt",
                "GenerateDataKey",
            ];
            let reads_values = values.iter().any(|value| name.contains(value));
            assert!(!reads_values, "{call:?} reads a value");
        }
    }
}
