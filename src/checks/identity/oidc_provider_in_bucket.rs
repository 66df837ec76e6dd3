//! An OIDC provider's keys are in an S3 bucket
//!
//! IAM reads the keys that tokens are checked with at the issuer's URL. Where that is a bucket, whoever may write to it
//! puts a key of its own there and signs tokens for any subject: the roles that trust the provider are as safe as the
//! bucket's policy, and where the bucket was deleted they are anybody's who makes one of that name. Clusters that people
//! run themselves have their issuer so; EKS has not.
//!
//! Asked of each OIDC provider of the accounts. Found where the issuer's host is one of S3's endpoints, in each of its
//! forms. What is in the bucket, whether it exists and who may write to it is not read, so the finding is conditional. It
//! is high where a role trusts the provider, else low.
//!
//! Known false positive: a bucket that only the account's administrators may write to.
//!
//! To fix it, see that the bucket is yours and that nobody but the cluster's makers may write to it (`s3:PutObject`,
//! `s3:PutBucketPolicy`, `s3:DeleteBucket`), or delete the provider.

use std::collections::BTreeMap;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::oidc_issuer::bucket;
use crate::graph::wording::some_of;
use crate::snapshot::coverage::Source;
use crate::snapshot::iam::OidcProvider;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[Source::IAM, Source::OIDC_PROVIDERS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let mut trusting: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (role, provider) in graph.trusted_providers() {
        trusting.entry(provider).or_default().push(role);
    }
    for facts in graph.snapshot.accounts.values() {
        for provider in &facts.iam.oidc_providers {
            answers.examined();
            if let Some(bucket) = bucket(provider.issuer()) {
                let roles = trusting.get(provider.arn.as_str());
                let roles = roles.map_or(&[][..], Vec::as_slice);
                report(graph, provider, bucket, roles, answers);
            }
        }
    }
}

fn report(
    graph: &Graph<'_>,
    provider: &OidcProvider,
    bucket: &str,
    roles: &[usize],
    answers: &mut Answers,
) {
    let roles: Vec<_> = roles
        .iter()
        .filter_map(|role| graph.principals.get(*role))
        .collect();
    let names: Vec<String> = roles.iter().map(|role| role.name.to_owned()).collect();
    let (severity, trusted) = match names.is_empty() {
        true => (Severity::Low, "No role trusts it.".to_owned()),
        false => (
            Severity::High,
            format!("Roles that trust it: {}.", some_of(&names)),
        ),
    };
    // The message says how many there are; a report that lists thousands helps nobody.
    let related = roles.iter().take(20).map(|role| Resource::of(role.arn));
    answers
        .finding(Resource::of(&provider.arn), "")
        .severity(severity)
        .certainty(Certainty::Conditional)
        .related_all(related)
        .title(format!("The keys of {} are in the S3 bucket {bucket}", provider.issuer()))
        .message(format!(
            "Tokens of {} are checked with keys from the S3 bucket {bucket}: whoever may write to it signs tokens for any \
             subject. Whether the bucket exists, and who may write to it, was not read. {trusted}",
            provider.issuer()
        ))
        .fix(
            "See that the bucket is there and yours, and who may write to it; where the cluster is gone, delete the \
             provider. Workloads that get roles through it lose them at once.",
            [
                format!("aws s3api get-bucket-policy --bucket {}", quoted(bucket)),
                format!(
                    "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn {}",
                    quoted(&provider.arn)
                ),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate, allow, role, role_arn};
    use serde_json::json;

    const ID: &str = "oidc-provider-in-bucket";
    const BUCKET: &str = "my-oidc.s3.eu-west-1.amazonaws.com/k8s";

    fn arn(issuer: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}")
    }

    fn with_provider(issuer: &str) -> Estate {
        let provider = json!({"Arn": arn(issuer), "ClientIDList": ["sts.amazonaws.com"]});
        Estate::new().iam(json!({"oidc_providers": [provider]}))
    }

    #[test]
    fn a_bucket_is_found_with_the_roles_that_trust_it() {
        let asked = with_provider(BUCKET).ask(ID);
        asked.finds(&[&arn(BUCKET)]);
        assert_eq!(asked.findings[0].severity, Severity::Low);
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": arn(BUCKET)}}]});
        let asked = with_provider(BUCKET)
            .iam(json!({"roles": [role("app", &trust, &allow("s3:*", "*"))]}))
            .ask(ID);
        asked.finds(&[&arn(BUCKET)]);
        let finding = &asked.findings[0];
        assert_eq!(
            (finding.severity, finding.certainty),
            (Severity::High, Certainty::Conditional)
        );
        assert!(
            finding.message.contains("Roles that trust it: app"),
            "{finding:#?}"
        );
        assert_eq!(finding.related, [Resource::of(role_arn("app"))]);
    }

    #[test]
    fn clusters_and_other_hosts_pass() {
        Estate::new().ask(ID).passes();
        with_provider("token.actions.githubusercontent.com")
            .ask(ID)
            .passes();
        with_provider("my-oidc.s3.example.com").ask(ID).passes();
    }

    #[test]
    fn a_list_that_was_denied_is_not_evaluated() {
        Estate::new()
            .denied(Source::OIDC_PROVIDERS)
            .ask(ID)
            .is_not_evaluated();
        Estate::new()
            .with(json!({"accounts": {ACCOUNT: {"iam": null}}}))
            .with(json!({"accounts": {ACCOUNT: {"iam": {}}}}))
            .ask(ID)
            .is_not_applicable();
    }
}
