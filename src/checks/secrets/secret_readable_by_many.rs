//! A secret is readable by more principals than consume it
//!
//! Each principal that may read a secret and does not need it is one more that gives the value away
//! when it is taken over.
//!
//! A secret of Secrets Manager or an encrypted parameter counts that is brought into a cluster, and
//! that more principals may read for certain than there are ExternalSecrets, SecretProviderClasses
//! and workloads that consume it. Who may read is decided by IAM, the secret's own policy and the
//! key that encrypts it. Administrators of the account, who may read everything, do not count:
//! they have their own checks. What no cluster consumes is left out: its consumers are not seen.
//!
//! Known false positives: a secret that functions or instances outside the clusters need too.
//!
//! To fix it, name the secrets in the policies of those who read them, or deny the others in the
//! secret's own policy.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::graph::Graph;
use crate::graph::lineage::Entry;
use crate::graph::readers::By;
use crate::graph::wording::{short, some_of};
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[
        Source::SECRETS,
        Source::IAM,
        Source::EXTERNAL_SECRETS,
        Source::PODS,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    let shared = answers.shared;
    let lineage = shared.lineage();
    for (at, entry) in lineage.entries.iter().enumerate() {
        let bringers: BTreeSet<usize> = entry.by.iter().map(|(by, _)| *by).collect();
        if bringers.is_empty() {
            continue;
        }
        answers.examined();
        let workloads = lineage.workloads(entry).len();
        let readers = shared.readers().of_entry(at);
        let certain = readers
            .iter()
            .filter(|one| one.is_certain && one.by == By::Aws);
        let is_admin = |id: &str| {
            let principal = graph.principals.by_arn(id);
            principal.is_some_and(|at| shared.control().is_administrator(at))
        };
        let readers: Vec<String> = certain
            .map(|one| one.id.to_string())
            .filter(|id| !is_admin(id))
            .collect();
        if readers.len() > bringers.len() + workloads {
            report(answers, entry, &readers, (bringers.len(), workloads));
        }
    }
}

fn report(
    answers: &mut Answers<'_>,
    entry: &Entry<'_>,
    readers: &[String],
    (bringers, workloads): (usize, usize),
) {
    let (name, count) = (entry.vault.name(), readers.len());
    let shown: Vec<String> = readers.iter().map(|id| short(id)).collect();
    let consume = format!(
        "{} and {}",
        counted(
            bringers,
            "object that brings it into a cluster",
            "objects that bring it into clusters"
        ),
        counted(workloads, "workload", "workloads")
    );
    answers
        .finding(Resource::of(entry.vault.arn()), "")
        .certainty(Certainty::Conditional)
        .title(format!("{count} principals may read {name}, more than consume it"))
        .message(format!(
            "{count} principals that are no administrators may read {name}: {}. It is consumed by {consume}.",
            some_of(&shown)
        ))
        .related_all(readers.iter().map(Resource::of))
        .fix(
            "See which of them read it (CloudTrail, GetSecretValue), and take it out of the policies of the others.",
            readers.iter().take(3).map(|id| {
                format!("eks-auditor can {id} {} {}", read(entry), entry.vault.arn())
            }),
        )
        .report();
}

/// What reads it.
fn read(entry: &Entry<'_>) -> &'static str {
    let actions = crate::graph::control::reads(entry.vault.arn()).unwrap_or_default();
    actions.first().copied().unwrap_or_default()
}

fn counted(count: usize, one: &str, several: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {several}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, allow, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "secret-readable-by-many";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf";

    /// A secret that one ExternalSecret brings to one pod, and roles with these policies.
    fn estate(policies: &[(&str, Value)]) -> Estate {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"}}]});
        let roles: Vec<Value> = policies
            .iter()
            .map(|(name, policy)| role(name, &trust, policy))
            .collect();
        Estate::new()
            .iam(json!({"roles": roles}))
            .region(json!({"secretsmanager": {"secrets": [{"ARN": ARN, "Name": "prod/db", "CreatedDate": "2026-11-01"}]}}))
            .kubernetes(json!({
                "secret_stores": [{"kind": "SecretStore", "metadata": {"name": "vault", "namespace": "pay"},
                    "spec": {"provider": {"aws": {"service": "SecretsManager", "region": "eu-west-1"}}}}],
                "external_secrets": [{"metadata": {"name": "db", "namespace": "pay"}, "spec": {
                    "secretStoreRef": {"name": "vault"}, "dataFrom": [{"extract": {"key": "prod/db"}}]}}],
                "pods": [{"metadata": {"name": "api-0", "namespace": "pay", "uid": "u"},
                    "spec": {"containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "db"}}]}]}}],
            }))
    }

    fn reads() -> Value {
        allow("secretsmanager:GetSecretValue", "*")
    }

    #[test]
    fn more_readers_than_consumers_are_found_with_both_numbers() {
        let asked = estate(&[("a", reads()), ("b", reads()), ("c", reads())]).ask(ID);
        asked.finds(&[ARN]);
        let finding = &asked.findings[0];
        assert!(finding.message.starts_with("3 principals"), "{finding:#?}");
        assert!(finding.message.contains("and 1 workload"), "{finding:#?}");
        assert_eq!(finding.related[0].id, role_arn("a"));
    }

    #[test]
    fn as_many_readers_as_consumers_and_administrators_pass() {
        estate(&[("a", reads()), ("b", reads())]).ask(ID).passes();
        let admin = || allow("*", "*");
        estate(&[
            ("a", reads()),
            ("b", reads()),
            ("c", admin()),
            ("d", admin()),
        ])
        .ask(ID)
        .passes();
        let other = allow(
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:*:*:secret:dev/*",
        );
        estate(&[("a", reads()), ("b", reads()), ("c", other)])
            .ask(ID)
            .passes();
    }

    #[test]
    fn what_no_cluster_consumes_is_left_out() {
        Estate::new()
            .region(json!({"secretsmanager": {"secrets": [{"ARN": ARN, "Name": "prod/db"}]}}))
            .ask(ID)
            .is_not_applicable();
    }

    #[test]
    fn without_the_sources_it_is_not_passed() {
        for source in [
            Source::SECRETS,
            Source::IAM,
            Source::EXTERNAL_SECRETS,
            Source::PODS,
        ] {
            estate(&[("a", reads())])
                .denied(source)
                .ask(ID)
                .is_not_evaluated();
        }
    }
}
