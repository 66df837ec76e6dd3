//! What Secrets Manager says of its secrets, in the field names of its API. Never a value.
//!
//! Shapes: AWS Secrets Manager API Reference, `ListSecrets`, `DescribeSecret`,
//! `GetResourcePolicy`, `ListSecretVersionIds`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::iam::{PolicyText, Tag};
use super::time::Time;

/// A secret: in `list-secrets`, or `describe-secret`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Secret {
    /// Its ARN, which ends in six random characters.
    #[serde(rename = "ARN")]
    pub arn: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The KMS key; absent: the AWS managed key `aws/secretsmanager`.
    pub kms_key_id: Option<String>,
    /// Whether it rotates.
    pub rotation_enabled: Option<bool>,
    /// The function that rotates it.
    #[serde(rename = "RotationLambdaARN")]
    pub rotation_lambda_arn: Option<String>,
    /// How often.
    pub rotation_rules: Option<RotationRules>,
    /// When it last rotated, successfully.
    pub last_rotated_date: Option<Time>,
    /// When it was last changed in any way.
    pub last_changed_date: Option<Time>,
    /// The day on which it was last read; absent: never since tracking began.
    pub last_accessed_date: Option<Time>,
    /// Scheduled for deletion since.
    pub deleted_date: Option<Time>,
    /// When it should rotate next.
    pub next_rotation_date: Option<Time>,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// The stages of each version, by the version's id. `DescribeSecret` calls it otherwise.
    #[serde(alias = "VersionIdsToStages", default)]
    pub secret_versions_to_stages: BTreeMap<String, Vec<String>>,
    /// The service that made it and rotates it.
    pub owning_service: Option<String>,
    /// When it was made.
    pub created_date: Option<Time>,
    /// Of a replica: where the original is.
    pub primary_region: Option<String>,
    /// Where its replicas are; only `DescribeSecret` tells.
    #[serde(default)]
    pub replication_status: Vec<Replication>,
}

/// When a secret rotates.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RotationRules {
    /// Days between rotations.
    pub automatically_after_days: Option<i64>,
    /// `3h`: how long it may take.
    pub duration: Option<String>,
    /// `rate(10 days)` or `cron(…)`.
    pub schedule_expression: Option<String>,
}

/// A replica.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Replication {
    /// Where.
    pub region: Option<String>,
    /// With which key.
    pub kms_key_id: Option<String>,
    /// `InSync`, `Failed`, `InProgress`.
    pub status: Option<String>,
    /// The day on which the replica was last read.
    pub last_accessed_date: Option<Time>,
}

/// Who may use a secret: `get-resource-policy`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecretPolicy {
    /// The secret's ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The document; absent: it has none.
    pub resource_policy: Option<PolicyText>,
}

/// The versions of a secret: `list-secret-version-ids`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecretVersions {
    /// The secret's ARN.
    #[serde(rename = "ARN")]
    pub arn: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its versions, sorted by when they were made.
    #[serde(default)]
    pub versions: Vec<SecretVersion>,
}

/// A version of a secret.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecretVersion {
    /// Its id.
    pub version_id: String,
    /// `AWSCURRENT`, `AWSPREVIOUS`, `AWSPENDING`, or the user's own; none: it is deprecated, and AWS may delete it.
    #[serde(default)]
    pub version_stages: Vec<String>,
    /// When it was made.
    pub created_date: Option<Time>,
    /// The day on which it was last read; absent: never since tracking began.
    pub last_accessed_date: Option<Time>,
    /// The KMS keys that encrypt it; `DefaultEncryptionKey` is the AWS managed one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kms_key_ids: Vec<String>,
}

impl SecretVersion {
    /// Whether it carries a stage.
    pub fn has_stage(&self, stage: &str) -> bool {
        self.version_stages.iter().any(|own| own == stage)
    }
}

impl SecretVersions {
    /// Sorts the versions.
    pub fn sort(&mut self) {
        self.versions
            .sort_by(|a, b| (a.created_date, &a.version_id).cmp(&(b.created_date, &b.version_id)));
    }
}

/// Secrets Manager in a region. Lists are sorted by ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct SecretsManager {
    /// Secrets.
    pub secrets: Vec<Secret>,
    /// Who may use them; only those that have a policy.
    pub policies: Vec<SecretPolicy>,
    /// Their versions, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<SecretVersions>,
}
