//! What KMS says of its keys, in the field names of its API. Never a key's material, a ciphertext or a grant's token.
//!
//! Shapes: AWS KMS API Reference, data types `KeyMetadata`, `GrantListEntry`, `GrantConstraints`, `AliasListEntry`;
//! `GetKeyPolicy`, `GetKeyRotationStatus`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::iam::PolicyText;
use super::time::Time;

/// A key: in `describe-key`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Key {
    /// Its ARN, which ends in its id.
    pub arn: String,
    /// Its id.
    #[serde(default)]
    pub key_id: String,
    /// Whether it can be used now.
    pub enabled: Option<bool>,
    /// `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, `Unavailable`, …
    pub key_state: Option<String>,
    /// `CUSTOMER`, or `AWS`: then nobody changes its policy.
    pub key_manager: Option<String>,
    /// `ENCRYPT_DECRYPT`, `SIGN_VERIFY`, …
    pub key_usage: Option<String>,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, …
    pub key_spec: Option<String>,
    /// Where its material comes from: `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM`, `EXTERNAL_KEY_STORE`.
    pub origin: Option<String>,
    /// When it was made.
    pub creation_date: Option<Time>,
    /// When it will be deleted.
    pub deletion_date: Option<Time>,
    /// When its imported material expires.
    pub valid_to: Option<Time>,
    /// Whether it is one of several regions.
    pub multi_region: Option<bool>,
}

/// Who may use a key: `get-key-policy`. Every key has one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyPolicy {
    /// The key's ARN.
    pub key_id: String,
    /// The document.
    pub policy: PolicyText,
}

/// A grant on a key: in `list-grants`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Grant {
    /// The key's ARN.
    pub key_id: String,
    /// Its id.
    pub grant_id: String,
    /// Its name.
    pub name: Option<String>,
    /// When it was made.
    pub creation_date: Option<Time>,
    /// Who gets what it allows: an ARN, or the name of a service.
    pub grantee_principal: Option<String>,
    /// Who may retire it.
    pub retiring_principal: Option<String>,
    /// The account that made it.
    pub issuing_account: Option<String>,
    /// What it allows: `Decrypt`, `GenerateDataKey`, …
    #[serde(default)]
    pub operations: Vec<String>,
    /// When it does.
    pub constraints: Option<GrantConstraints>,
}

/// When a grant allows what it does.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GrantConstraints {
    /// The encryption context has at least these pairs.
    pub encryption_context_subset: Option<BTreeMap<String, String>>,
    /// The encryption context is these pairs.
    pub encryption_context_equals: Option<BTreeMap<String, String>>,
    /// A service asks on behalf of this resource.
    pub source_arn: Option<String>,
}

/// Whether a key's material is renewed by KMS: `get-key-rotation-status`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyRotation {
    /// The key's ARN.
    pub key_id: String,
    /// Whether it rotates by itself.
    pub key_rotation_enabled: bool,
    /// How often, in days.
    pub rotation_period_in_days: Option<i64>,
    /// When it should rotate next.
    pub next_rotation_date: Option<Time>,
    /// Since when a rotation that somebody asked for is under way.
    pub on_demand_rotation_start_date: Option<Time>,
}

/// Another name of a key: in `list-aliases`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    /// Its ARN.
    pub alias_arn: String,
    /// `alias/NAME`; of AWS's own `alias/aws/SERVICE`.
    #[serde(default)]
    pub alias_name: String,
    /// The id of its key; one of AWS's own may have none yet.
    pub target_key_id: Option<String>,
    /// When it was made.
    pub creation_date: Option<Time>,
    /// When it was given another key.
    pub last_updated_date: Option<Time>,
}

/// KMS in a region. Lists are sorted by ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Kms {
    /// Keys.
    pub keys: Vec<Key>,
    /// Who may use them.
    pub policies: Vec<KeyPolicy>,
    /// Who may use them by grants.
    pub grants: Vec<Grant>,
    /// Whether they rotate.
    pub rotation: Vec<KeyRotation>,
    /// Their other names.
    pub aliases: Vec<Alias>,
}

impl Kms {
    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Sorts every list.
    pub fn sort(&mut self) {
        self.keys.sort_by(|a, b| a.arn.cmp(&b.arn));
        self.policies.sort_by(|a, b| a.key_id.cmp(&b.key_id));
        self.grants
            .sort_by(|a, b| (&a.key_id, &a.grant_id).cmp(&(&b.key_id, &b.grant_id)));
        self.rotation.sort_by(|a, b| a.key_id.cmp(&b.key_id));
        self.aliases.sort_by(|a, b| a.alias_arn.cmp(&b.alias_arn));
    }
}
