//! The metadata of a Kubernetes object, reduced to what the audit asks for.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::time::Time;

/// Reads `null` as the empty value: Go prints an empty list either way.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// An object's metadata.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its namespace; absent on cluster-scoped objects.
    pub namespace: Option<String>,
    /// Absent in manifests.
    pub uid: Option<String>,
    /// Absent in manifests.
    pub resource_version: Option<String>,
    /// Labels.
    #[serde(default, deserialize_with = "nullable")]
    pub labels: BTreeMap<String, String>,
    /// Annotations, of which only those with a meaning here are kept: others may hold secrets.
    #[serde(default, deserialize_with = "known_annotations")]
    pub annotations: BTreeMap<String, String>,
    /// When it was made.
    pub creation_timestamp: Option<Time>,
    /// When it was asked to go.
    pub deletion_timestamp: Option<Time>,
    /// Its owners.
    #[serde(default, deserialize_with = "nullable")]
    pub owner_references: Vec<OwnerReference>,
    /// Who wrote it and when, in short.
    #[serde(
        default,
        deserialize_with = "nullable",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub managed_fields: Vec<ManagedFields>,
}

impl Metadata {
    /// The namespace, empty for cluster-scoped objects.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("")
    }

    /// Whether it came from a server, and not from a manifest as people write them.
    pub fn is_from_server(&self) -> bool {
        self.uid.is_some() || self.resource_version.is_some() || self.creation_timestamp.is_some()
    }

    /// The owner that controls it.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references
            .iter()
            .find(|owner| owner.controller == Some(true))
    }
}

/// An owner of an object.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerReference {
    /// Its kind.
    #[serde(default)]
    pub kind: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Whether it controls the object.
    pub controller: Option<bool>,
}

/// Who wrote an object and when. Of the fields only the keys under `data` and `stringData`
/// are kept: the names of a Secret's keys, which its metadata tell without any value.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagedFields {
    /// `kubectl`, …
    pub manager: Option<String>,
    /// When.
    pub time: Option<Time>,
    /// `status`, where only the status was written.
    pub subresource: Option<String>,
    /// The names of the keys that it wrote.
    #[serde(
        default,
        rename = "fieldsV1",
        deserialize_with = "data_keys",
        serialize_with = "as_fields",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub data_keys: Vec<String>,
}

/// Prefixes of the annotations that the audit knows.
const KNOWN_ANNOTATIONS: &[&str] = &[
    "eks.amazonaws.com/",
    "service.beta.kubernetes.io/",
    "alb.ingress.kubernetes.io/",
    // The others of ingress-nginx may hold whole configurations.
    "nginx.ingress.kubernetes.io/auth-secret",
    "nginx.ingress.kubernetes.io/auth-tls-secret",
    "nginx.ingress.kubernetes.io/proxy-ssl-secret",
    "cert-manager.io/",
    "rbac.authorization.kubernetes.io/",
    "kubernetes.io/",
    "meta.helm.sh/",
    "container.apparmor.security.beta.kubernetes.io/",
];

fn known_annotations<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    struct Known;
    impl<'de> Visitor<'de> for Known {
        type Value = BTreeMap<String, String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("annotations")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }
        fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
            inner.deserialize_map(self)
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut kept = BTreeMap::new();
            while let Some(key) = map.next_key::<String>()? {
                if KNOWN_ANNOTATIONS.iter().any(|known| key.starts_with(known)) {
                    kept.insert(key, map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(kept)
        }
    }
    deserializer.deserialize_option(Known)
}

/// The names under `f:data` and `f:stringData` of a `fieldsV1`.
fn data_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    struct Fields {
        #[serde(rename = "f:data", default)]
        data: BTreeMap<String, IgnoredAny>,
        #[serde(rename = "f:stringData", default)]
        string_data: BTreeMap<String, IgnoredAny>,
    }
    let Some(fields) = Option::<Fields>::deserialize(deserializer)? else {
        return Ok(Vec::new());
    };
    let mut keys: Vec<String> = fields
        .data
        .into_keys()
        .chain(fields.string_data.into_keys())
        .filter_map(|key| key.strip_prefix("f:").map(str::to_owned))
        .collect();
    keys.sort();
    keys.dedup();
    Ok(keys)
}

fn as_fields<S: serde::Serializer>(keys: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    let data: BTreeMap<String, serde_json::Map<String, serde_json::Value>> = keys
        .iter()
        .map(|key| (format!("f:{key}"), serde_json::Map::new()))
        .collect();
    BTreeMap::from([("f:data", data)]).serialize(serializer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_annotations_with_a_meaning_are_kept() {
        let metadata: Metadata = serde_json::from_str(
            r#"{"name":"a","annotations":{"eks.amazonaws.com/role-arn":"r",
                "kubectl.kubernetes.io/last-applied-configuration":"{\"data\":1}"}}"#,
        )
        .unwrap();
        let keys: Vec<_> = metadata.annotations.keys().collect();
        assert_eq!(keys, ["eks.amazonaws.com/role-arn"]);
        let none: Metadata = serde_json::from_str(r#"{"name":"a","annotations":null}"#).unwrap();
        assert!(none.annotations.is_empty());
    }

    #[test]
    fn the_names_of_a_secrets_keys_come_from_managed_fields_and_survive_a_round() {
        let text = r#"{"name":"a","managedFields":[{"manager":"kubectl","time":"2026-01-01T00:00:00Z",
            "fieldsV1":{"f:data":{".":{},"f:password":{}},"f:type":{}}}]}"#;
        let metadata: Metadata = serde_json::from_str(text).unwrap();
        assert_eq!(metadata.managed_fields[0].data_keys, ["password"]);
        let again: Metadata =
            serde_json::from_str(&serde_json::to_string(&metadata).unwrap()).unwrap();
        assert_eq!(again, metadata);
    }
}
