//! What a text of many words looks like, without keeping it: the value of a key of a ConfigMap.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use super::{is_access_key_id, is_secret_access_key_shape};

/// The ids of access keys in a text, and whether something of the shape of a secret access key is in it too. The text
/// itself is dropped while it is parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeyText {
    /// Each id once, in order.
    kept: Vec<String>,
    /// Whether a word has the shape of a secret access key.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    has_secret: bool,
}

impl KeyText {
    /// Each id.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(String::as_str)
    }

    /// Whether a word of it has the shape of a secret access key.
    pub fn has_secret(&self) -> bool {
        self.has_secret
    }

    /// Whether there is nothing in it of a key.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && !self.has_secret
    }

    /// What this text looks like: a value, or a file with settings.
    fn of(text: &str) -> Self {
        let mut found = Self::default();
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
        for id in words.filter(|word| is_access_key_id(word)) {
            found.keep(id);
        }
        let mut words = text
            .split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '/' | '+'));
        found.has_secret = words.any(is_secret_access_key_shape);
        found
    }

    fn keep(&mut self, id: &str) {
        if !self.kept.iter().any(|known| known == id) {
            self.kept.push(id.to_owned());
        }
    }
}

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// How a snapshot holds it, so that it is never taken for a value.
        #[derive(Deserialize)]
        struct Kept {
            #[serde(default)]
            kept: Vec<String>,
            #[serde(default)]
            has_secret: bool,
        }
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = KeyText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<KeyText, E> {
                Ok(KeyText::of(text))
            }
            fn visit_unit<E: de::Error>(self) -> Result<KeyText, E> {
                Ok(KeyText::default())
            }
            // Of a number or a truth value, as YAML has them unquoted, nothing.
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<KeyText, E> {
                Ok(KeyText::default())
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<KeyText, E> {
                Ok(KeyText::default())
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<KeyText, E> {
                Ok(KeyText::default())
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<KeyText, E> {
                Ok(KeyText::default())
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<KeyText, A::Error> {
                let kept = Kept::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let mut found = KeyText {
                    has_secret: kept.has_secret,
                    ..KeyText::default()
                };
                for id in kept.kept.iter().filter(|id| is_access_key_id(id)) {
                    found.keep(id);
                }
                Ok(found)
            }
        }
        deserializer.deserialize_any(Look)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn of_a_text_the_ids_are_kept_and_nothing_else() {
        let id = "AKIAIOSFODNN7EXAMPLE";
        let secret = "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";
        let file = format!("[default]\naws_access_key_id = {id}\naws_secret_access_key={secret}\n");
        let json = format!(r#"{{"accessKey":"{id}","again":"{id}","region":"eu-west-1"}}"#);
        for (value, ids, has_secret) in [
            (json!(id), vec![id], false),
            (json!(file), vec![id], true),
            (json!(json), vec![id], false),
            (json!(secret), vec![], true),
            (json!("https://example.org/AKIA"), vec![], false),
            (json!("ASIAIOSFODNN7EXAMPLE"), vec![], false),
            (
                json!("3f786850e387550fdab836ed7e6dc881de23001b"),
                vec![],
                false,
            ),
            (json!(null), vec![], false),
            (json!(5), vec![], false),
        ] {
            let read: KeyText = serde_json::from_value(value.clone()).unwrap();
            let text = serde_json::to_string(&read).unwrap();
            assert_eq!(read.ids().collect::<Vec<_>>(), ids, "{value}");
            assert_eq!(read.has_secret(), has_secret, "{value}");
            assert!(
                !text.contains("wJalr") && !text.contains("region"),
                "{text}"
            );
            let again: KeyText = serde_json::from_str(&text).unwrap();
            assert_eq!(again, read, "after a round through a snapshot");
        }
        let forged: KeyText = serde_json::from_value::<KeyText>(
            json!({"kept": ["a secret", id], "has_secret": true}) as Value,
        )
        .unwrap();
        assert_eq!(forged.ids().collect::<Vec<_>>(), [id], "only ids are kept");
    }
}
