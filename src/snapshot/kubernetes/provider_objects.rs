//! What a SecretProviderClass mounts: a YAML list as text in one of its parameters.
//!
//! AWS Secrets Manager User Guide, "SecretProviderClass"; AWS Systems Manager User Guide, the same: `objectName`,
//! `objectType`, `jmesPath`, … A list that cannot be read is a fact of the cluster: the driver cannot read it either.

use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor, value};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_with::skip_serializing_none;

/// What is mounted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderObjects {
    /// Each, in order.
    pub all: Vec<ProviderObject>,
    /// Why not all, or none, could be read.
    pub broken: Option<String>,
}

/// Something that is mounted.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderObject {
    /// The name or ARN of a secret, or the name of a parameter.
    pub object_name: String,
    /// `secretsmanager` or `ssmparameter`; an ARN tells it itself.
    pub object_type: Option<String>,
    /// The name of its file; by default the object's.
    pub object_alias: Option<String>,
    /// Which version.
    pub object_version: Option<String>,
    /// The stage of which version; by default `AWSCURRENT`.
    pub object_version_label: Option<String>,
    /// What of it is mounted besides, as files of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jmes_path: Vec<ObjectPart>,
    /// What is mounted where it cannot be read in its region.
    pub failover_object: Option<FailoverObject>,
}

/// A part of what is mounted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectPart {
    /// Where it is in the value, in JMESPath.
    pub path: String,
    /// The name of its file.
    pub object_alias: String,
}

/// What is mounted from another region.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailoverObject {
    /// The name or ARN of a secret, or the name of a parameter.
    pub object_name: String,
    /// Which version.
    pub object_version: Option<String>,
    /// The stage of which version.
    pub object_version_label: Option<String>,
}

impl ProviderObjects {
    /// Whether there is nothing, and nothing broken.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads the list as a class has it.
    fn parse(text: &str) -> Self {
        if text.trim().is_empty() {
            return Self::default();
        }
        match serde_saphyr::from_str::<Value>(text) {
            Ok(Value::Array(entries)) => Self::of(entries.iter()),
            Ok(_) => Self::unread("it is no list"),
            Err(error) => {
                // The error itself may repeat what it stumbled over.
                let line = error.without_snippet().location();
                let line = line.map_or(1, |location| location.line().max(1));
                Self::unread(&format!("line {line} is not YAML"))
            }
        }
    }

    fn unread(why: &str) -> Self {
        Self {
            all: Vec::new(),
            broken: Some(why.to_owned()),
        }
    }

    fn of<'v>(entries: impl Iterator<Item = &'v Value>) -> Self {
        let mut objects = Self::default();
        let mut nameless = Vec::new();
        for (entry, number) in entries.zip(1..) {
            match ProviderObject::of(entry) {
                Some(object) => objects.all.push(object),
                None => nameless.push(number.to_string()),
            }
        }
        if !nameless.is_empty() {
            let numbers = nameless.join(", ");
            objects.broken = Some(format!("entry {numbers} has no objectName"));
        }
        objects
    }
}

impl ProviderObject {
    fn of(entry: &Value) -> Option<Self> {
        let parts = entry.get("jmesPath").and_then(Value::as_array);
        let parts = parts.into_iter().flatten().map(|part| ObjectPart {
            path: word(part, "path").unwrap_or_default(),
            object_alias: word(part, "objectAlias").unwrap_or_default(),
        });
        let failover = entry.get("failoverObject");
        Some(Self {
            object_name: word(entry, "objectName")?,
            object_type: word(entry, "objectType"),
            object_alias: word(entry, "objectAlias"),
            object_version: word(entry, "objectVersion"),
            object_version_label: word(entry, "objectVersionLabel"),
            jmes_path: parts.collect(),
            failover_object: failover.and_then(|other| {
                Some(FailoverObject {
                    object_name: word(other, "objectName")?,
                    object_version: word(other, "objectVersion"),
                    object_version_label: word(other, "objectVersionLabel"),
                })
            }),
        })
    }
}

/// A member that is a word; YAML may take a version for a number.
fn word(entry: &Value, member: &str) -> Option<String> {
    match entry.get(member)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// JSON is YAML: as a list, in text, as the class has it. One that was broken is no such list any more.
impl Serialize for ProviderObjects {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.broken.is_none() {
            let text = serde_json::to_string(&self.all).map_err(serde::ser::Error::custom)?;
            return serializer.serialize_str(&text);
        }
        #[derive(Serialize)]
        struct Kept<'a> {
            kept: &'a [ProviderObject],
            broken: &'a Option<String>,
        }
        let kept = Kept {
            kept: &self.all,
            broken: &self.broken,
        };
        kept.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ProviderObjects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// How a snapshot holds one that was broken.
        #[derive(Deserialize)]
        struct Kept {
            #[serde(default)]
            kept: Vec<ProviderObject>,
            broken: Option<String>,
        }
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = ProviderObjects;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of objects as text")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ProviderObjects, E> {
                Ok(ProviderObjects::parse(text))
            }
            fn visit_unit<E: serde::de::Error>(self) -> Result<ProviderObjects, E> {
                Ok(ProviderObjects::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<ProviderObjects, A::Error> {
                let entries = value::SeqAccessDeserializer::new(seq);
                let entries = Vec::<Value>::deserialize(entries)?;
                Ok(ProviderObjects::of(entries.iter()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ProviderObjects, A::Error> {
                let kept = Kept::deserialize(value::MapAccessDeserializer::new(map))
                    .map_err(A::Error::custom)?;
                Ok(ProviderObjects {
                    all: kept.kept,
                    broken: kept.broken,
                })
            }
        }
        deserializer.deserialize_any(Look)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(text: &str) -> ProviderObjects {
        serde_json::from_value(Value::from(text)).unwrap()
    }

    #[test]
    fn a_list_is_read_with_all_that_tells_what_is_mounted() {
        let text = r#"
- objectName: "prod/db"
  objectType: "secretsmanager"
  objectVersionLabel: AWSPREVIOUS
  jmesPath:
    - path: username
      objectAlias: user
    - {path: '"a-b"', objectAlias: ab}
- objectName: /shop/key
  objectType: ssmparameter
  objectVersion: 3
  objectAlias: key.txt
  failoverObject: {objectName: /shop/other}
- objectName: arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf
"#;
        let objects = of(text);
        assert_eq!(objects.broken, None, "{objects:#?}");
        let [db, key, arn] = objects.all.as_slice() else {
            panic!("{objects:#?}");
        };
        assert_eq!(db.object_type.as_deref(), Some("secretsmanager"));
        assert_eq!(db.object_version_label.as_deref(), Some("AWSPREVIOUS"));
        let parts: Vec<_> = db.jmes_path.iter().collect();
        assert_eq!(parts[0].object_alias, "user", "{parts:?}");
        assert_eq!(parts[1].path, "\"a-b\"", "{parts:?}");
        assert_eq!(
            key.object_version.as_deref(),
            Some("3"),
            "a number is a word"
        );
        assert_eq!(
            key.failover_object.as_ref().unwrap().object_name,
            "/shop/other"
        );
        assert!(arn.object_name.starts_with("arn:") && arn.object_type.is_none());
        let again: ProviderObjects =
            serde_json::from_value(serde_json::to_value(&objects).unwrap()).unwrap();
        assert_eq!(again, objects, "a round");
    }

    #[test]
    fn a_list_that_is_broken_is_told_and_no_value_of_it() {
        for (text, read, broken) in [
            ("", 0, None),
            ("[]", 0, None),
            (
                "- objectName: a\n- objectType: b\n- objectName: c\n",
                2,
                Some("entry 2 has no objectName"),
            ),
            (
                "- hunter2\n- objectName: ''\n",
                0,
                Some("entry 1, 2 has no objectName"),
            ),
            ("objectName: hunter2", 0, Some("it is no list")),
            ("hunter2", 0, Some("it is no list")),
            ("- objectName: [hunter2\n", 0, Some("is not YAML")),
            ("- objectName: \"hunter2\n", 0, Some("is not YAML")),
            ("- a: &x [1]\n- *y\n", 0, Some("is not YAML")),
        ] {
            let objects = of(text);
            assert_eq!(objects.all.len(), read, "{text}: {objects:?}");
            let told = objects.broken.as_deref().unwrap_or_default();
            assert_eq!(objects.broken.is_some(), broken.is_some(), "{text}: {told}");
            assert!(told.contains(broken.unwrap_or_default()), "{text}: {told}");
            assert!(!told.contains("hunter2"), "{text}: {told}");
            let again: ProviderObjects =
                serde_json::from_value(serde_json::to_value(&objects).unwrap()).unwrap();
            assert_eq!(again, objects, "{text}: a round");
        }
    }
}
