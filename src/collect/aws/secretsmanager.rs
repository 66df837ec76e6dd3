//! Secrets Manager: the secrets of a region, and who may use them. Never a value.
//!
//! AWS Secrets Manager API Reference, `ListSecrets`, `GetResourcePolicy`, `DescribeSecret`,
//! `ListSecretVersionIds`.
//! `ListSecrets` does not say where replicas are. It gives `PrimaryRegion` for a secret that is
//! replicated, at the original and at each replica, so `DescribeSecret` is asked of those alone.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types as sdk;

use super::failure::{Failure, or_none};
use super::read::{Answer, PagedAnswer, Tally, distinct, each, pages};
use super::value::{name, sorted, time};
use crate::collect::call::AwsCall;
use crate::collect::progress::Progress;
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::iam::{PolicyText, Tag};
use crate::snapshot::secretsmanager::{
    Replication, RotationRules, Secret, SecretPolicy, SecretVersion, SecretVersions, SecretsManager,
};

/// What this file calls.
pub const CALLS: &[AwsCall] = &[
    AwsCall::always(
        "secretsmanager:ListSecrets",
        "secrets, their rotation and dates",
    ),
    AwsCall::always("secretsmanager:GetResourcePolicy", "who may use a secret"),
    AwsCall::always(
        "secretsmanager:ListSecretVersionIds",
        "the stages and dates of a secret's versions",
    ),
    AwsCall::always(
        "secretsmanager:DescribeSecret",
        "where a secret has replicas",
    ),
];

/// Calls at once in a region.
const AT_ONCE: usize = 8;

/// The largest page.
const PAGE: i32 = 100;

/// A secret that was deleted since it was listed.
const GONE: &[&str] = &["ResourceNotFoundException"];

/// Reads the secrets of a region.
pub(in crate::collect) async fn collect(
    client: &Client,
    scope: &str,
    progress: &dyn Progress,
) -> (SecretsManager, Coverage) {
    let mut coverage = Coverage::default();
    let (mut secrets, list) = list(client, scope, &mut coverage, progress).await;
    let (mut details_coverage, mut policies_coverage, mut versions_coverage) = Default::default();
    let replicated: Vec<&str> = secrets
        .iter()
        .filter(|secret| secret.primary_region.is_some())
        .map(|secret| secret.arn.as_str())
        .collect();
    // A secret that is scheduled for deletion answers no other call but DescribeSecret and
    // RestoreSecret, and nobody can read it.
    let live: Vec<&str> = secrets
        .iter()
        .filter(|secret| secret.deleted_date.is_none())
        .map(|secret| secret.arn.as_str())
        .collect();
    let (mut replicas, policies, versions) = tokio::join!(
        async {
            let answers = each(replicated, AT_ONCE, |arn| replication(client, arn)).await;
            let mut tally = list.of_its_items();
            let items = tally.take(answers);
            tally.record(&mut details_coverage, Source::SECRET_DETAILS, scope);
            items.into_iter().collect::<BTreeMap<_, _>>()
        },
        async {
            let answers = each(&live, AT_ONCE, |arn| policy(client, arn)).await;
            let mut tally = list.of_its_items();
            let items = tally.take(answers);
            progress.read(Source::SECRET_POLICIES.name, scope, items.len() as u64);
            tally.record(&mut policies_coverage, Source::SECRET_POLICIES, scope);
            items
        },
        async {
            let answers = each(&live, AT_ONCE, |arn| versions(client, arn)).await;
            let tally = list.of_its_items();
            let (all, tally) = all_versions(answers, tally);
            tally.record(&mut versions_coverage, Source::SECRET_VERSIONS, scope);
            all
        }
    );
    super::absorb(&mut coverage, &details_coverage);
    super::absorb(&mut coverage, &policies_coverage);
    super::absorb(&mut coverage, &versions_coverage);
    for secret in &mut secrets {
        if let Some(status) = replicas.remove(&secret.arn) {
            secret.replication_status = status;
        }
    }
    let all = SecretsManager {
        secrets,
        policies,
        versions,
    };
    (all, coverage)
}

async fn list(
    client: &Client,
    scope: &str,
    coverage: &mut Coverage,
    progress: &dyn Progress,
) -> (Vec<Secret>, Tally) {
    let source = Source::SECRETS;
    let read = pages(|token| async move {
        let answer = client
            .list_secrets()
            .include_planned_deletion(true)
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Failure::of("secretsmanager:ListSecrets", &error))?;
        let entries = answer.secret_list.unwrap_or_default();
        progress.read(source.name, scope, entries.len() as u64);
        let page: Vec<Secret> = entries.into_iter().map(secret).collect();
        Ok((page, answer.next_token))
    })
    .await;
    let pages = read.pages.len();
    let secrets = distinct(read.pages, |of| &of.arn);
    let tally = Tally::of_list(pages, read.cut, secrets.len());
    let its_items = tally.of_its_items();
    tally.record(coverage, source, scope);
    (secrets, its_items)
}

/// Where a secret has replicas.
async fn replication(client: &Client, arn: &str) -> Answer<(String, Vec<Replication>)> {
    let answer = client
        .describe_secret()
        .secret_id(arn)
        .send()
        .await
        .map_err(|error| Failure::of("secretsmanager:DescribeSecret", &error));
    let answer = or_none(answer, GONE)?;
    Ok(answer.map(|answer| {
        let replicas = answer.replication_status.unwrap_or_default();
        let replicas = replicas.into_iter().map(|replica| Replication {
            region: replica.region,
            kms_key_id: replica.kms_key_id,
            status: name(replica.status),
            last_accessed_date: time(replica.last_accessed_date),
        });
        (arn.to_owned(), replicas.collect())
    }))
}

/// Who may use a secret; none where it has no policy.
async fn policy(client: &Client, arn: &str) -> Answer<SecretPolicy> {
    let answer = client
        .get_resource_policy()
        .secret_id(arn)
        .send()
        .await
        .map_err(|error| Failure::of("secretsmanager:GetResourcePolicy", &error));
    let Some(answer) = or_none(answer, GONE)? else {
        return Ok(None);
    };
    let text = answer.resource_policy.filter(|text| !text.is_empty());
    Ok(text.map(|text| SecretPolicy {
        arn: arn.to_owned(),
        name: answer.name.unwrap_or_default(),
        resource_policy: Some(PolicyText::from_text(&text)),
    }))
}

/// The versions of a secret that have a stage, and why they are not all, if so.
async fn versions(client: &Client, arn: &str) -> PagedAnswer<SecretVersions> {
    let read = pages(|token| async move {
        let answer = client
            .list_secret_version_ids()
            .secret_id(arn)
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| Failure::of("secretsmanager:ListSecretVersionIds", &error))?;
        let page = (answer.name, answer.versions.unwrap_or_default());
        Ok((page, answer.next_token))
    })
    .await;
    let mut all = SecretVersions {
        arn: arn.to_owned(),
        ..SecretVersions::default()
    };
    for (name, page) in read.pages {
        all.name = name.unwrap_or_default();
        all.versions.extend(page.into_iter().map(version));
    }
    all.sort();
    match read.cut {
        Some(failure) if failure.is(GONE) => Ok(None),
        cut => Ok(Some((all, cut))),
    }
}

/// What came of the versions of all secrets. A secret that was read in part counts as not read, and what was is kept.
fn all_versions(
    answers: Vec<(String, PagedAnswer<SecretVersions>)>,
    mut tally: Tally,
) -> (Vec<SecretVersions>, Tally) {
    let mut found = Vec::new();
    for (name, answer) in answers {
        let (some, failure) = match answer {
            Ok(Some((versions, failure))) => (Some(versions), failure),
            Ok(None) => (None, None),
            Err(failure) => (None, Some(failure)),
        };
        let count = some.as_ref().map_or(0, |one| one.versions.len());
        tally.count(count as u64, failure.is_none());
        found.extend(some);
        if let Some(failure) = failure {
            tally.missed(name, failure);
        }
    }
    found.sort_by(|a, b| a.arn.cmp(&b.arn));
    (found, tally)
}

/// `SecretVersionsListEntry`.
fn version(of: sdk::SecretVersionsListEntry) -> SecretVersion {
    SecretVersion {
        version_id: of.version_id.unwrap_or_default(),
        version_stages: of.version_stages.unwrap_or_default(),
        created_date: time(of.created_date),
        last_accessed_date: time(of.last_accessed_date),
        kms_key_ids: of.kms_key_ids.unwrap_or_default(),
    }
}

/// `SecretListEntry`.
fn secret(of: sdk::SecretListEntry) -> Secret {
    let tags = of.tags.unwrap_or_default().into_iter();
    Secret {
        arn: of.arn.unwrap_or_default(),
        name: of.name.unwrap_or_default(),
        kms_key_id: of.kms_key_id,
        rotation_enabled: of.rotation_enabled,
        rotation_lambda_arn: of.rotation_lambda_arn,
        rotation_rules: of.rotation_rules.map(|rules| RotationRules {
            automatically_after_days: rules.automatically_after_days,
            duration: rules.duration,
            schedule_expression: rules.schedule_expression,
        }),
        last_rotated_date: time(of.last_rotated_date),
        last_changed_date: time(of.last_changed_date),
        last_accessed_date: time(of.last_accessed_date),
        deleted_date: time(of.deleted_date),
        next_rotation_date: time(of.next_rotation_date),
        tags: tags
            .map(|tag| Tag {
                key: tag.key.unwrap_or_default(),
                value: tag.value.unwrap_or_default(),
            })
            .collect(),
        secret_versions_to_stages: sorted(of.secret_versions_to_stages),
        owning_service: of.owning_service,
        created_date: time(of.created_date),
        primary_region: of.primary_region,
        replication_status: Vec::new(),
    }
}
