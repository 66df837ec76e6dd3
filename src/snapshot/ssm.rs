//! What Systems Manager says of parameters, in the field names of its API. Never a value.
//!
//! Shapes: AWS Systems Manager API Reference, `DescribeParameters`, data types `ParameterMetadata`,
//! `ParameterInlinePolicy`.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::time::Time;

/// The type of a parameter that is encrypted.
pub const SECURE_STRING: &str = "SecureString";

/// A parameter: in `describe-parameters`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parameter {
    /// Its ARN; before 2023 the API did not tell it.
    #[serde(rename = "ARN", default)]
    pub arn: String,
    /// Its name, with the path: `/shop/db`.
    pub name: String,
    /// `String`, `StringList`, [`SECURE_STRING`].
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    /// The KMS key of one that is encrypted: an id, an ARN or an alias.
    pub key_id: Option<String>,
    /// When it was last written.
    pub last_modified_date: Option<Time>,
    /// By whom.
    pub last_modified_user: Option<String>,
    /// How often it was written.
    pub version: Option<i64>,
    /// `Standard`, `Advanced`, `Intelligent-Tiering`.
    pub tier: Option<String>,
    /// `text`, `aws:ec2:image`, …
    pub data_type: Option<String>,
    /// What should become of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<ParameterPolicy>,
}

/// What should become of a parameter.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ParameterPolicy {
    /// The policy as JSON text: its type, its version, its attributes.
    pub policy_text: Option<String>,
    /// `Expiration`, `ExpirationNotification`, `NoChangeNotification`.
    pub policy_type: Option<String>,
    /// `Pending`, `Finished`, `Failed`, `InProgress`.
    pub policy_status: Option<String>,
}

impl Parameter {
    /// Whether its value is encrypted.
    pub fn is_secure(&self) -> bool {
        self.kind.as_deref() == Some(SECURE_STRING)
    }
}

/// Parameters of a region, sorted by ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Ssm {
    /// Parameters.
    pub parameters: Vec<Parameter>,
}

impl Ssm {
    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }
}
