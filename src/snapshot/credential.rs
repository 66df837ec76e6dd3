//! What a value looks like, without keeping it.

mod text;

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

pub use text::KeyText;

/// What the value of an environment variable looks like. The value itself is dropped while it
/// is parsed, but for an access key's id, which is no secret (AWS General Reference, "AWS
/// security credentials": the id names the key, the secret access key proves it).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EnvValue {
    /// No value, or an empty one.
    #[default]
    Absent,
    /// Something that is no credential of a known kind.
    Other,
    /// The id of a long-term access key of a user: `AKIA…`.
    AccessKeyId(String),
    /// The shape of a secret access key: 40 characters of base64 with upper and lower case and digits.
    SecretAccessKeyShape,
}

impl EnvValue {
    /// What this text looks like.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            Self::Absent
        } else if is_access_key_id(text) {
            Self::AccessKeyId(text.to_owned())
        } else if is_secret_access_key_shape(text) {
            Self::SecretAccessKeyShape
        } else {
            Self::Other
        }
    }
}

/// Ids of long-term keys: `AKIA` and 16 of `A-Z2-7` (IAM User Guide, "Understanding unique ID
/// prefixes"); documentation examples use other digits too.
fn is_access_key_id(text: &str) -> bool {
    text.len() == 20
        && text.starts_with("AKIA")
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Hashes of 40 hex digits (commits) are no keys: a key has both cases.
fn is_secret_access_key_shape(text: &str) -> bool {
    text.len() == 40
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'/' || byte == b'+')
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
        && text.bytes().any(|byte| byte.is_ascii_lowercase())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// The ids of access keys in a container's command or arguments, whose texts are dropped while they are parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyIds {
    /// Each once, in order.
    kept: Vec<String>,
}

impl KeyIds {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Each id.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(String::as_str)
    }

    /// Adds those that are words of a text: `--access-key=AKIA…`.
    fn add(&mut self, text: &str) {
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        for id in words.filter(|word| is_access_key_id(word)) {
            if !self.kept.iter().any(|known| known == id) {
                self.kept.push(id.to_owned());
            }
        }
    }
}

impl<'de> Deserialize<'de> for KeyIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = KeyIds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of texts")
            }
            fn visit_unit<E: de::Error>(self) -> Result<KeyIds, E> {
                Ok(KeyIds::default())
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<KeyIds, A::Error> {
                let mut found = KeyIds::default();
                while list.next_element_seed(Word(&mut found))?.is_some() {}
                Ok(found)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<KeyIds, A::Error> {
                let mut found = KeyIds::default();
                while map.next_key::<de::IgnoredAny>()?.is_some() {
                    map.next_value_seed(Words(&mut found))?;
                }
                Ok(found)
            }
        }
        deserializer.deserialize_any(Look)
    }
}

/// Texts, of which only the ids in them are kept.
struct Words<'k>(&'k mut KeyIds);

impl<'de> DeserializeSeed<'de> for Words<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Words<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of ids")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Word(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

/// A text, of which only the ids in it are kept; of a number or a truth value, as YAML has them unquoted, nothing.
struct Word<'k>(&'k mut KeyIds);

impl<'de> DeserializeSeed<'de> for Word<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Word<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.0.add(text);
        Ok(())
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

/// How a snapshot holds it: `{"kept":"other"}`, so that it is never taken for a value.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Absent,
    Other,
    AccessKeyId(String),
    SecretAccessKeyShape,
}

impl Serialize for EnvValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kept = match self {
            Self::Absent => Kept::Absent,
            Self::Other => Kept::Other,
            Self::AccessKeyId(id) => Kept::AccessKeyId(id.clone()),
            Self::SecretAccessKeyShape => Kept::SecretAccessKeyShape,
        };
        serializer.collect_map([("kept", kept)])
    }
}

impl<'de> Deserialize<'de> for EnvValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = EnvValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the value of an environment variable")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<EnvValue, E> {
                Ok(EnvValue::of(text))
            }
            fn visit_unit<E: de::Error>(self) -> Result<EnvValue, E> {
                Ok(EnvValue::Absent)
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<EnvValue, A::Error> {
                let Some((_, kept)) = map.next_entry::<de::IgnoredAny, Kept>()? else {
                    return Ok(EnvValue::Absent);
                };
                Ok(match kept {
                    Kept::Absent => EnvValue::Absent,
                    Kept::Other => EnvValue::Other,
                    Kept::AccessKeyId(id) => EnvValue::AccessKeyId(id),
                    Kept::SecretAccessKeyShape => EnvValue::SecretAccessKeyShape,
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

    #[test]
    fn a_value_is_classed_and_dropped() {
        // AWS's documentation uses this pair as its example.
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        for (value, class) in [
            (
                "AKIAIOSFODNN7EXAMPLE",
                EnvValue::AccessKeyId("AKIAIOSFODNN7EXAMPLE".into()),
            ),
            ("3f786850e387550fdab836ed7e6dc881de23001b", EnvValue::Other),
            ("", EnvValue::Absent),
            ("plain", EnvValue::Other),
        ] {
            let read: EnvValue = serde_json::from_value(value.into()).unwrap();
            assert_eq!(read, class, "{value}");
            let again: EnvValue =
                serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
            assert_eq!(again, class, "{value} after a round through a snapshot");
        }
        let read: EnvValue =
            serde_json::from_value(secret.replace("EXAMPLE", "3XAMPL3").into()).unwrap();
        assert_eq!(read, EnvValue::SecretAccessKeyShape);
        assert!(!serde_json::to_string(&read).unwrap().contains("wJalr"));
    }

    #[test]
    fn of_arguments_the_ids_are_kept_and_nothing_else() {
        let ids = |value: serde_json::Value| -> Vec<String> {
            let read: KeyIds = serde_json::from_value(value).unwrap();
            let text = serde_json::to_string(&read).unwrap();
            let again: KeyIds = serde_json::from_str(&text).unwrap();
            assert_eq!(again, read, "after a round through a snapshot");
            assert!(!text.contains("wJalr"), "{text}");
            read.iter().map(str::to_owned).collect()
        };
        let id = "AKIAIOSFODNN7EXAMPLE";
        let flag = format!("--access-key={id}");
        let script = format!("AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI run");
        assert_eq!(
            ids(serde_json::json!([flag, "--secret=wJalrXUtnFEMI", 5, true])),
            [id]
        );
        assert_eq!(ids(serde_json::json!(["-c", script])), [id]);
        for none in [
            serde_json::json!(null),
            serde_json::json!([]),
            serde_json::json!([format!("{id}X"), "ASIAIOSFODNN7EXAMPLE"]),
        ] {
            assert!(ids(none.clone()).is_empty(), "{none}");
        }
    }
}
