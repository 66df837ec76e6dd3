//! YAML documents, turned into JSON text so that one set of readers serves both.
//!
//! A document is looked over before it is turned: the values of a Secret are passed over by the
//! parser and never copied, and so is a whole object of a kind that the audit does not read.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_saphyr::{Budget, Options, Spanned};

use super::error::{Fault, without_values};
use super::yaml_outline::{Form, Outline, Place};

/// The annotation in which `kubectl apply` keeps the whole object, a Secret's values with it.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The documents of a text with their first lines. A line that begins with `---` ends a document
/// wherever it stands (YAML 1.2.2, 9.1.2 "Document Markers").
pub(super) fn split(text: &str) -> Vec<(u64, &str)> {
    let mut documents = Vec::new();
    let (mut start, mut start_line) = (0, 1);
    let mut at = 0;
    for (line, number) in text.split_inclusive('\n').zip(1u64..) {
        if line.starts_with("---") && line.get(3..4).is_none_or(|c| c.trim().is_empty()) {
            documents.push((start_line, text.get(start..at).unwrap_or_default()));
            (start, start_line) = (at, number);
        }
        at += line.len();
    }
    documents.push((start_line, text.get(start..).unwrap_or_default()));
    documents.retain(|(_, document)| {
        document.lines().any(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && line != "---" && line != "..."
        })
    });
    documents
}

/// A document as JSON text, or `None` where it is a scalar: not a document of any kind we know.
pub(super) fn to_json(text: &str) -> Result<Option<String>, Fault> {
    let outline: Outline = parse(text)?;
    if outline.form == Form::Scalar {
        return Ok(None);
    }
    if outline.is_unread_object() {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Header<'a> {
            api_version: &'a str,
            kind: &'a str,
        }
        let (api_version, kind) = (outline.api_version.as_str(), outline.kind.as_str());
        return Ok(serde_json::to_string(&Header { api_version, kind }).ok());
    }
    let seed = Node {
        outline: Some(&outline),
        secret: false,
    };
    serde_saphyr::with_deserializer_from_str_with_options(text, options(), |deserializer| {
        seed.deserialize(deserializer)
    })
    .map(|value| Some(value.to_string()))
    .map_err(|error| fault(&error))
}

/// The line of a field of a document, from 1.
pub(super) fn line_of(text: &str, path: &str) -> Option<u64> {
    let mut node: Spanned<Place> = parse(text).ok()?;
    let mut rest = path;
    loop {
        let line = node.referenced.line();
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let next = match (node.value, rest.strip_prefix('[')) {
            (_, None) if rest.is_empty() => return Some(line),
            (Place::Seq(items), Some(inner)) => {
                let (index, after) = inner.split_once(']')?;
                rest = after;
                items.into_iter().nth(index.parse().ok()?)
            }
            // Keys may hold dots themselves: the longest that fits is meant.
            (Place::Map(entries), _) => entries
                .into_iter()
                .filter(|(key, _)| {
                    rest.strip_prefix(key.as_str())
                        .is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']))
                })
                .max_by_key(|(key, _)| key.len())
                .map(|(key, value)| {
                    rest = rest.get(key.len()..).unwrap_or_default();
                    value
                }),
            _ => None,
        };
        match next {
            Some(next) => node = next,
            None => return Some(line),
        }
    }
}

/// A document with all that is in it.
pub(super) fn value(document: &str) -> Result<Value, Fault> {
    parse(document)
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| fault(&error))
}

fn fault(error: &serde_saphyr::Error) -> Fault {
    let error = error.without_snippet();
    Fault {
        line: error
            .location()
            .map_or(1, |location| location.line().max(1)),
        field: String::new(),
        message: without_values(error.to_string().lines().next().unwrap_or("not YAML")),
    }
}

/// Large dumps are fine; only aliases are bounded, which could make much of little.
fn options() -> Options {
    let mut budget = Budget::default();
    budget.max_events = usize::MAX;
    budget.max_nodes = usize::MAX;
    budget.max_total_scalar_bytes = usize::MAX;
    budget.max_depth = 128;
    let mut options = Options::default();
    options.budget = Some(budget);
    options.with_snippet = false;
    // YAML 1.2: a namespace `n` or a label `on` is a word, as it is for kubectl where words are
    // wanted.
    options.strict_booleans = true;
    options.duplicate_keys = serde_saphyr::options::DuplicateKeyPolicy::LastWins;
    options
}

/// Reads a value whose outline is known.
#[derive(Clone, Copy)]
struct Node<'o> {
    outline: Option<&'o Outline>,
    /// Whether objects in here are Secrets though they do not say so.
    secret: bool,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }
    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let outline = self
                .outline
                .and_then(|outline| outline.items.get(values.len()));
            match seq.next_element_seed(Node {
                outline,
                secret: self.secret,
            })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        let secrets_inside = self.secret
            || self.outline.is_some_and(|outline| {
                outline.kind == "SecretList" || outline.source == "kubernetes:secrets"
            });
        let is_list = self
            .outline
            .is_some_and(|outline| outline.kind.ends_with("List"));
        let is_secret = self.outline.is_some_and(|outline| outline.kind == "Secret")
            || (self.secret && !is_list);
        while let Some(key) = map.next_key::<String>()? {
            let value = match key.as_str() {
                "data" | "stringData" if is_secret => names_only(map.next_value::<Place>()?),
                LAST_APPLIED => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                // The outline of a list has its items', so the list's own outline serves.
                "items" => map.next_value_seed(Node {
                    outline: self.outline,
                    secret: secrets_inside,
                })?,
                "response" => map.next_value_seed(Node {
                    outline: self.outline.and_then(|outline| outline.response.as_deref()),
                    secret: secrets_inside,
                })?,
                _ => map.next_value_seed(Node {
                    outline: None,
                    secret: false,
                })?,
            };
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

fn names_only(place: Place) -> Value {
    match place {
        Place::Map(entries) => entries
            .into_iter()
            .map(|(key, _)| (key, Value::Null))
            .collect(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn documents_are_split_at_markers_and_empty_ones_fall_away() {
        let text = "# head\n---\na: 1\nb: |\n  --- text\n---\n# only a word\n--- {c: 2}\n";
        assert_eq!(
            split(text),
            [(2, "---\na: 1\nb: |\n  --- text\n"), (8, "--- {c: 2}\n")]
        );
    }

    #[test]
    fn the_values_of_a_secret_are_not_copied_wherever_it_stands() {
        for text in [
            "kind: Secret\napiVersion: v1\ndata: {a: aHVudGVyMg==}\nstringData: {b: hunter2}\n",
            "stringData: {b: hunter2}\ndata: {a: hunter2}\napiVersion: v1\nkind: Secret\n",
            "kind: List\napiVersion: v1\nitems:\n- apiVersion: v1\n  stringData: {b: hunter2}\n  data: {a: hunter2}\n  kind: Secret\n",
            "apiVersion: v1\nitems:\n- data: {a: hunter2}\n  stringData: {b: hunter2}\nkind: SecretList\n",
            "source: kubernetes:secrets\nresponse: {apiVersion: v1, kind: List, items: [{data: {a: hunter2}, stringData: {b: hunter2}}]}\n",
            "kind: Secret\napiVersion: v1\nstringData: {b: x}\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: hunter2\ndata: {a: hunter2}\n",
        ] {
            let json = to_json(text).unwrap().unwrap();
            assert!(!json.contains("hunter2"), "{json}");
            assert!(
                json.contains(r#""b":null"#) && json.contains(r#""a":null"#),
                "{json}"
            );
        }
    }

    #[test]
    fn an_object_that_is_not_read_is_reduced_to_its_kind() {
        let json = to_json("apiVersion: v1\nkind: Config\nusers: [{token: hunter2}]\n").unwrap();
        assert_eq!(json.unwrap(), r#"{"apiVersion":"v1","kind":"Config"}"#);
        assert_eq!(
            to_json("just words: not").unwrap().unwrap(),
            r#"{"just words":"not"}"#
        );
        assert_eq!(to_json("Just words.\n").unwrap(), None);
    }

    #[test]
    fn a_field_has_a_line() {
        let text = "---\nmetadata:\n  labels:\n    a.b/c: 1\nspec:\n- x: 1\n- y: 2\n";
        for (path, line) in [
            ("metadata.labels.a.b/c", 4),
            ("spec[1].y", 7),
            ("spec[1].z", 7),
            ("", 2),
        ] {
            assert_eq!(line_of(text, path), Some(line), "{path}");
        }
    }

    #[test]
    fn broken_yaml_names_its_line_and_no_value() {
        let fault = to_json("a: 1\nb: [hunter2\n").unwrap_err();
        assert!(
            fault.line >= 2 && !fault.message.contains("hunter2"),
            "{fault:?}"
        );
    }
}
