//! What IAM says of an account, in the field names of its API.
//!
//! Shapes: IAM API Reference, `GetAccountAuthorizationDetails`, `GetOpenIDConnectProvider`,
//! `GetCredentialReport`, `GetServiceLastAccessedDetails`.

use std::sync::Arc;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_with::skip_serializing_none;

use super::time::Time;

/// A policy document as canonical JSON text: no blanks, keys sorted.
///
/// Read from an object, from JSON text or from URL-encoded JSON text, which is how the API, the
/// CLI and people print it. Text that is no JSON is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyText(pub Arc<str>);

impl PolicyText {
    /// The canonical form of a document given as text, URL-encoded or not.
    pub fn from_text(text: &str) -> Self {
        let decoded = if text.trim_start().starts_with('%') {
            percent_encoding::percent_decode_str(text).decode_utf8_lossy()
        } else {
            text.into()
        };
        match serde_json::from_str::<serde_json::Value>(&decoded) {
            Ok(value) => Self::from_value(&value),
            Err(_) => Self(decoded.as_ref().into()),
        }
    }

    /// The canonical form of a document given as a JSON value.
    pub fn from_value(value: &serde_json::Value) -> Self {
        Self(value.to_string().into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for PolicyText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PolicyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self::from_text(&text)),
            object @ serde_json::Value::Object(_) => Ok(Self::from_value(&object)),
            _ => Err(D::Error::custom(
                "a policy document is an object or its text",
            )),
        }
    }
}

/// Who the scanner is: `sts get-caller-identity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallerIdentity {
    /// The account's id.
    pub account: String,
    /// The caller's ARN; its partition is the account's.
    pub arn: String,
    /// The caller's unique id.
    #[serde(default)]
    pub user_id: String,
}

/// A policy written into a user, group or role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InlinePolicy {
    /// Its name, unique in its holder.
    pub policy_name: String,
    /// The document.
    pub policy_document: PolicyText,
}

/// A managed policy attached to a user, group or role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// Its name.
    #[serde(default)]
    pub policy_name: String,
    /// Its ARN.
    pub policy_arn: String,
}

/// The boundary of a user or role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PermissionsBoundary {
    /// The ARN of the managed policy that bounds.
    pub permissions_boundary_arn: String,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// When a role was last used, within the last 400 days.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleLastUsed {
    /// Absent: not in the tracking period.
    pub last_used_date: Option<Time>,
    /// Where.
    pub region: Option<String>,
}

/// An IAM role.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// `/`, or a path.
    #[serde(default)]
    pub path: String,
    /// Its name, unique in the account.
    pub role_name: String,
    /// `AROA…`: stays with this role alone.
    #[serde(default)]
    pub role_id: String,
    /// Its ARN, with the path.
    pub arn: String,
    /// When it was made.
    pub create_date: Option<Time>,
    /// The trust policy.
    pub assume_role_policy_document: Option<PolicyText>,
    /// Inline policies.
    #[serde(default)]
    pub role_policy_list: Vec<InlinePolicy>,
    /// Managed policies.
    #[serde(default)]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// The boundary.
    pub permissions_boundary: Option<PermissionsBoundary>,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Last use. The API gives it for every role, empty where there was none.
    pub role_last_used: Option<RoleLastUsed>,
    /// The instance profiles that it is in. The authorization details give it for every role.
    pub instance_profile_list: Option<Vec<ProfileOfRole>>,
}

/// An instance profile that a role is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProfileOfRole {
    /// Its name.
    #[serde(default)]
    pub instance_profile_name: String,
    /// Its ARN.
    #[serde(default)]
    pub arn: String,
}

impl Role {
    /// Whether AWS made it for a service of its own; nobody in the account can change it.
    pub fn is_service_linked(&self) -> bool {
        self.path.starts_with("/aws-service-role/")
    }

    /// Whether AWS made it (service-linked, or by IAM Identity Center).
    pub fn is_reserved(&self) -> bool {
        self.is_service_linked() || self.path.starts_with("/aws-reserved/")
    }
}

/// An IAM user.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    /// `/`, or a path.
    #[serde(default)]
    pub path: String,
    /// Its name, unique in the account.
    pub user_name: String,
    /// `AIDA…`: stays with this user alone.
    #[serde(default)]
    pub user_id: String,
    /// Its ARN, with the path.
    pub arn: String,
    /// When it was made.
    pub create_date: Option<Time>,
    /// Inline policies.
    #[serde(default)]
    pub user_policy_list: Vec<InlinePolicy>,
    /// Names of its groups.
    #[serde(default)]
    pub group_list: Vec<String>,
    /// Managed policies.
    #[serde(default)]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// The boundary.
    pub permissions_boundary: Option<PermissionsBoundary>,
    /// Tags.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// An IAM group.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Group {
    /// `/`, or a path.
    #[serde(default)]
    pub path: String,
    /// Its name, unique in the account.
    pub group_name: String,
    /// `AGPA…`.
    #[serde(default)]
    pub group_id: String,
    /// Its ARN, with the path.
    pub arn: String,
    /// When it was made.
    pub create_date: Option<Time>,
    /// Inline policies.
    #[serde(default)]
    pub group_policy_list: Vec<InlinePolicy>,
    /// Managed policies.
    #[serde(default)]
    pub attached_managed_policies: Vec<AttachedPolicy>,
}

/// A version of a managed policy.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersion {
    /// The document; some prints leave it out.
    pub document: Option<PolicyText>,
    /// `v1`, …
    #[serde(default)]
    pub version_id: String,
    /// Whether it is the one in force.
    #[serde(default)]
    pub is_default_version: bool,
    /// When it was made.
    pub create_date: Option<Time>,
}

/// A managed policy, the account's own or AWS's.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ManagedPolicy {
    /// Its name; one emulator leaves it out.
    #[serde(default)]
    pub policy_name: String,
    /// Its ARN: `arn:aws:iam::aws:policy/…` for AWS's.
    pub arn: String,
    /// `/`, or a path.
    #[serde(default)]
    pub path: String,
    /// The version in force.
    #[serde(default)]
    pub default_version_id: String,
    /// How many hold it.
    pub attachment_count: Option<u32>,
    /// How many are bounded by it.
    pub permissions_boundary_usage_count: Option<u32>,
    /// When it was made.
    pub create_date: Option<Time>,
    /// When its default version last changed.
    pub update_date: Option<Time>,
    /// Its versions.
    #[serde(default)]
    pub policy_version_list: Vec<PolicyVersion>,
}

impl ManagedPolicy {
    /// The document in force.
    pub fn document(&self) -> Option<&PolicyText> {
        self.policy_version_list
            .iter()
            .find(|version| version.is_default_version)
            .or_else(|| {
                self.policy_version_list
                    .iter()
                    .find(|version| version.version_id == self.default_version_id)
            })
            .and_then(|version| version.document.as_ref())
    }
}

/// An OIDC provider of the account, as `get-open-id-connect-provider` prints it.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProvider {
    /// Its ARN.
    #[serde(rename = "Arn")]
    pub arn: String,
    /// The issuer without `https://`; absent where only the list was read.
    #[serde(rename = "Url")]
    pub url: Option<String>,
    /// The audiences that it admits.
    #[serde(rename = "ClientIDList", default)]
    pub client_ids: Vec<String>,
    /// Thumbprints of its certificate authorities.
    #[serde(rename = "ThumbprintList", default)]
    pub thumbprints: Vec<String>,
    /// When it was made.
    #[serde(rename = "CreateDate")]
    pub create_date: Option<Time>,
}

impl OidcProvider {
    /// The issuer without scheme: `oidc.eks.eu-west-1.amazonaws.com/id/X`. The ARN ends in it.
    pub fn issuer(&self) -> &str {
        self.arn
            .split_once(":oidc-provider/")
            .map_or(self.arn.as_str(), |(_, issuer)| issuer)
    }
}

/// A user's row of the credential report. Times that the report calls `N/A` are absent.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CredentialReportRow {
    /// The user's name, `<root_account>` for the root user.
    pub user: String,
    /// Its ARN.
    pub arn: String,
    /// Whether it has a password; absent where not known.
    pub password_enabled: Option<bool>,
    /// When the password was last used.
    pub password_last_used: Option<Time>,
    /// Whether it has MFA.
    pub mfa_active: Option<bool>,
    /// Its access keys, at most two.
    pub access_keys: Vec<AccessKeyAge>,
}

/// An access key in the credential report, which does not give its id.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessKeyAge {
    /// 1 or 2.
    pub number: u8,
    /// Whether it works.
    pub active: bool,
    /// When it was made or last rotated.
    pub last_rotated: Option<Time>,
    /// When it was last used.
    pub last_used: Option<Time>,
}

/// A key's id and its owner: `iam list-access-keys`. Never the secret part.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessKey {
    /// The owner's name.
    #[serde(default)]
    pub user_name: String,
    /// `AKIA…`.
    pub access_key_id: String,
    /// `Active` or `Inactive`.
    #[serde(default)]
    pub status: String,
    /// When it was made.
    pub create_date: Option<Time>,
}

/// An instance profile.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct InstanceProfile {
    /// Its name.
    pub instance_profile_name: String,
    /// Its ARN.
    pub arn: String,
    /// The roles in it, at most one; names and ARNs.
    #[serde(default)]
    pub roles: Vec<Role>,
}

/// All of IAM that was read in an account. Each list is sorted by ARN (reports by user).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Iam {
    /// Users.
    pub users: Vec<User>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Managed policies: the account's own, and AWS's that are attached.
    pub policies: Vec<ManagedPolicy>,
    /// OIDC providers.
    pub oidc_providers: Vec<OidcProvider>,
    /// The credential report.
    pub credential_report: Vec<CredentialReportRow>,
    /// Access keys whose owner was asked for.
    pub access_keys: Vec<AccessKey>,
    /// Instance profiles.
    pub instance_profiles: Vec<InstanceProfile>,
    /// Service last accessed details, by the ARN of the entity.
    pub last_accessed: Vec<LastAccessed>,
}

/// What a principal used, by service: `iam get-service-last-accessed-details`.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAccessed {
    /// The principal's ARN, from the request.
    pub arn: String,
    /// When the job ended.
    pub completed: Option<Time>,
    /// Services that it may use.
    pub services: Vec<ServiceLastAccessed>,
}

/// A service in a principal's last accessed details.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceLastAccessed {
    /// `s3`, …
    pub service_namespace: String,
    /// Absent: not in the tracking period.
    pub last_authenticated: Option<Time>,
    /// Actions, where asked for by action.
    #[serde(default)]
    pub tracked_actions_last_accessed: Vec<ActionLastAccessed>,
}

/// An action in a principal's last accessed details.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ActionLastAccessed {
    /// Without the service's prefix.
    pub action_name: String,
    /// Absent: not in the tracking period.
    pub last_accessed_time: Option<Time>,
}
