//! Stores of the external-secrets operator: where it reads and writes secrets, and as whom.
//!
//! Shapes: external-secrets.io, API specification, `SecretStore`, `ClusterSecretStore`, `AWSProvider`. Of other providers
//! than AWS only their names are kept: the operator's own for tests holds values.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_with::skip_serializing_none;

use crate::snapshot::kubernetes_meta::{Metadata, nullable};
use crate::snapshot::kubernetes_rbac::LabelSelector;

use super::SyncCondition;

objects! {
    /// A SecretStore or ClusterSecretStore.
    SecretStore {
        /// Its kind; the API's lists leave it out of their items.
        kind: String,
        /// Name, …
        metadata: Metadata,
        /// What it should be.
        spec: SecretStoreSpec,
        /// What it is.
        status: SecretStoreStatus,
    }
    /// What a store should be.
    SecretStoreSpec {
        /// Which of several operators serves it.
        controller: Option<String>,
        /// Where the secrets are.
        provider: StoreProvider,
        /// Of a ClusterSecretStore: which namespaces may use it; none: all.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<StoreCondition>,
    }
    /// Namespaces that may use a ClusterSecretStore: those that any of its members names.
    StoreCondition {
        /// By their labels.
        namespace_selector: Option<LabelSelector>,
        /// By name.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        namespaces: Vec<String>,
        /// By regular expressions.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        namespace_regexes: Vec<String>,
    }
    /// Secrets Manager or Parameter Store of a region.
    AwsProvider {
        /// `SecretsManager` or `ParameterStore`.
        service: Option<String>,
        /// The region.
        region: Option<String>,
        /// The role that is assumed, after [`AwsAuth`].
        role: Option<String>,
        /// Roles that are assumed before that one, in order.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        additional_roles: Vec<String>,
        /// With which external id.
        #[serde(rename = "externalID")]
        external_id: Option<String>,
        /// What the names of all entries begin with.
        prefix: Option<String>,
        /// As whom; without it as the operator itself.
        auth: Option<AwsAuth>,
    }
    /// As whom a store is read.
    AwsAuth {
        /// By the role of a service account.
        jwt: Option<JwtAuth>,
        /// By an access key in a Secret.
        secret_ref: Option<KeyAuth>,
    }
    /// By the role of a service account.
    JwtAuth {
        /// The service account.
        service_account_ref: Option<AccountReference>,
    }
    /// A service account.
    AccountReference {
        /// Its name.
        name: String,
        /// Its namespace; only a ClusterSecretStore names one.
        namespace: Option<String>,
        /// The audiences of its token beside those of AWS.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        audiences: Vec<String>,
    }
    /// By an access key in Secrets.
    KeyAuth {
        /// Where its id is.
        #[serde(rename = "accessKeyIDSecretRef")]
        access_key_id: Option<SecretKeyReference>,
        /// Where its secret part is.
        #[serde(rename = "secretAccessKeySecretRef")]
        secret_access_key: Option<SecretKeyReference>,
        /// Where the token of a session is.
        #[serde(rename = "sessionTokenSecretRef")]
        session_token: Option<SecretKeyReference>,
    }
    /// A key of a Secret.
    SecretKeyReference {
        /// The Secret.
        name: Option<String>,
        /// Its namespace; only a ClusterSecretStore names one.
        namespace: Option<String>,
        /// The key.
        key: Option<String>,
    }
    /// What a store is.
    SecretStoreStatus {
        /// `ReadOnly`, `WriteOnly`, `ReadWrite`.
        capabilities: Option<String>,
        /// How it fares.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<SyncCondition>,
    }
}

/// Where the secrets of a store are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreProvider {
    /// In AWS.
    pub aws: Option<AwsProvider>,
    /// Elsewhere: `vault`, `kubernetes`, …
    pub others: Vec<String>,
}

impl Serialize for StoreProvider {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Nothing {}
        let mut map = serializer.serialize_map(None)?;
        if let Some(aws) = &self.aws {
            map.serialize_entry("aws", aws)?;
        }
        for name in &self.others {
            map.serialize_entry(name, &Nothing {})?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for StoreProvider {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = StoreProvider;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a provider")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StoreProvider, A::Error> {
                let mut provider = StoreProvider::default();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "aws" {
                        provider.aws = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        provider.others.push(name);
                    }
                }
                provider.others.sort();
                Ok(provider)
            }
        }
        deserializer.deserialize_map(Look)
    }
}
