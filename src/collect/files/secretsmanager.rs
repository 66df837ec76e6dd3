//! What the AWS CLI prints of Secrets Manager. A print of a secret's value is never read.
//!
//! Shapes: AWS CLI Command Reference, `secretsmanager list-secrets`, `describe-secret`,
//! `get-resource-policy`, `list-secret-version-ids`.

use serde::Deserialize;

use crate::snapshot::secretsmanager::{Secret, SecretPolicy};

use super::document::Doc;
use super::error::Fault;
use super::print::{Page, Print as AnyPrint, Shape, or_fault};

/// What a document says of Secrets Manager.
#[derive(Debug)]
pub(super) enum Print {
    /// `list-secrets`.
    Secrets(Vec<Secret>, Page),
    /// `describe-secret`.
    Secret(Box<Secret>),
    /// `get-resource-policy`.
    Policy(SecretPolicy),
    /// `list-secret-version-ids`: the secret with nothing but its stages.
    Versions(Box<Secret>),
}

/// The shapes of this service. The order counts: a secret without a policy prints nothing but
/// its ARN and name.
pub(super) const SHAPES: &[Shape] = &[
    Shape {
        source: "secretsmanager:ListSecrets",
        keys: &["SecretList"],
        fits: |doc| doc.has("SecretList"),
        read: |doc, faults| {
            let before = faults.len();
            let secrets = doc.list("SecretList", faults);
            wrap(Print::Secrets(
                secrets,
                Page::of(doc, faults.len() - before),
            ))
        },
    },
    Shape {
        source: "secretsmanager:ListSecretVersionIds",
        keys: &["Versions"],
        fits: |doc| is_of_secret(doc) && doc.starts("Versions", '['),
        read: versions,
    },
    Shape {
        source: "secretsmanager:GetResourcePolicy",
        keys: &["ResourcePolicy"],
        fits: |doc| {
            is_of_secret(doc)
                && (doc.has("ResourcePolicy")
                    || doc.keys().all(|key| key == "ARN" || key == "Name"))
        },
        read: |doc, faults| wrap(Print::Policy(or_fault(doc.whole(), faults)?)),
    },
    Shape {
        source: "secretsmanager:DescribeSecret",
        keys: &["VersionIdsToStages"],
        fits: |doc| {
            is_of_secret(doc)
                && [
                    "CreatedDate",
                    "LastChangedDate",
                    "VersionIdsToStages",
                    "Tags",
                ]
                .iter()
                .any(|key| doc.has(key))
                && !holds_value(doc)
        },
        read: |doc, faults| wrap(Print::Secret(or_fault(doc.whole(), faults)?)),
    },
];

/// Whether a document holds the value of a secret (`get-secret-value`): it is left alone.
pub(super) fn holds_value(doc: &Doc) -> bool {
    doc.has("SecretString") || doc.has("SecretBinary") || doc.has("SecretValues")
}

fn wrap(print: Print) -> Option<AnyPrint> {
    Some(AnyPrint::SecretsManager(print))
}

fn is_of_secret(doc: &Doc) -> bool {
    doc.has("ARN")
        && doc
            .word("ARN")
            .is_some_and(|arn| arn.contains(":secretsmanager:"))
}

fn versions(doc: &Doc, faults: &mut Vec<Fault>) -> Option<AnyPrint> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Version {
        version_id: String,
        #[serde(default)]
        version_stages: Vec<String>,
    }
    let versions: Vec<Version> = doc.list("Versions", faults);
    let secret = Secret {
        arn: or_fault(doc.get("ARN"), faults)?,
        name: doc.word("Name").unwrap_or_default(),
        // A version without a stage is deprecated; ListSecrets does not show it.
        secret_versions_to_stages: versions
            .into_iter()
            .filter(|version| !version.version_stages.is_empty())
            .map(|version| (version.version_id, version.version_stages))
            .collect(),
        ..Secret::default()
    };
    wrap(Print::Versions(Box::new(secret)))
}
