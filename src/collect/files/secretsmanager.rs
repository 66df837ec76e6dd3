//! What the AWS CLI prints of Secrets Manager. A print of a secret's value is never read.
//!
//! Shapes: AWS CLI Command Reference, `secretsmanager list-secrets`, `describe-secret`,
//! `get-resource-policy`, `list-secret-version-ids`.

use crate::snapshot::secretsmanager::{Secret, SecretPolicy, SecretVersions};

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
    /// `list-secret-version-ids`.
    Versions(SecretVersions, Page),
    /// An envelope that says that there are no versions.
    NoVersions,
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
    if doc.keys().next().is_none() {
        return wrap(Print::NoVersions);
    }
    let before = faults.len();
    // Emulators give the name for the ARN.
    let asked = doc.envelope.asked("SecretId");
    let arn = match asked.filter(|asked| asked.starts_with("arn:")) {
        Some(arn) => arn.to_owned(),
        None => or_fault(doc.get("ARN"), faults)?,
    };
    let mut versions = SecretVersions {
        versions: doc.list("Versions", faults),
        arn,
        name: doc.word("Name").unwrap_or_default(),
    };
    versions.sort();
    wrap(Print::Versions(
        versions,
        Page::of(doc, faults.len() - before),
    ))
}

/// What versions tell of their secret. One without a stage is deprecated; `ListSecrets` does not show it.
pub(super) fn staged(versions: &SecretVersions) -> Secret {
    let with_stages = versions.versions.iter();
    let with_stages = with_stages.filter(|version| !version.version_stages.is_empty());
    Secret {
        arn: versions.arn.clone(),
        name: versions.name.clone(),
        secret_versions_to_stages: with_stages
            .map(|version| (version.version_id.clone(), version.version_stages.clone()))
            .collect(),
        ..Secret::default()
    }
}
