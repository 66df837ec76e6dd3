//! What a YAML document is and where its parts are, without what it says.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::kubernetes;

/// Passes over scalars; their values are of no interest.
macro_rules! scalars {
    ($value:ty, $scalar:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value")
        }
        fn visit_bool<E>(self, _: bool) -> Result<$value, E> {
            Ok($scalar)
        }
        fn visit_i64<E>(self, _: i64) -> Result<$value, E> {
            Ok($scalar)
        }
        fn visit_u64<E>(self, _: u64) -> Result<$value, E> {
            Ok($scalar)
        }
        fn visit_f64<E>(self, _: f64) -> Result<$value, E> {
            Ok($scalar)
        }
        fn visit_unit<E>(self) -> Result<$value, E> {
            Ok($scalar)
        }
        fn visit_none<E>(self) -> Result<$value, E> {
            Ok($scalar)
        }
        fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<$value, D::Error> {
            inner.deserialize_any(self)
        }
    };
}

/// What stands at the top of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// A word or number, or nothing.
    #[default]
    Scalar,
    /// A mapping.
    Map,
    /// A sequence.
    Seq,
}

/// What a document is, without what it says.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub form: Form,
    pub api_version: String,
    pub kind: String,
    pub source: String,
    pub items: Vec<Outline>,
    pub response: Option<Box<Outline>>,
}

impl Outline {
    /// Whether it is one object, of a kind that the audit does not read.
    pub fn is_unread_object(&self) -> bool {
        !self.api_version.is_empty()
            && !self.kind.is_empty()
            && self.items.is_empty()
            && !self.kind.ends_with("List")
            && !kubernetes::reads(&self.api_version, &self.kind)
    }
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Outline;
            scalars!(Outline, Outline::default());
            // A scalar keeps its text in `kind`, for the fields that are words.
            fn visit_str<E>(self, text: &str) -> Result<Outline, E> {
                Ok(Outline {
                    kind: text.to_owned(),
                    ..Outline::default()
                })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Outline, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Outline {
                    form: Form::Seq,
                    items,
                    ..Outline::default()
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
                let mut outline = Outline {
                    form: Form::Map,
                    ..Outline::default()
                };
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "apiVersion" => outline.api_version = map.next_value::<Outline>()?.kind,
                        "kind" => outline.kind = map.next_value::<Outline>()?.kind,
                        "source" => outline.source = map.next_value::<Outline>()?.kind,
                        "items" => outline.items = map.next_value::<Outline>()?.items,
                        "response" => outline.response = Some(Box::new(map.next_value()?)),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(outline)
            }
        }
        deserializer.deserialize_any(Look)
    }
}

/// Where the parts of a document are; their values are passed over.
#[derive(Debug)]
pub(super) enum Place {
    Scalar,
    Seq(Vec<Spanned<Place>>),
    Map(Vec<(String, Spanned<Place>)>),
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Place;
            scalars!(Place, Place::Scalar);
            fn visit_str<E>(self, _: &str) -> Result<Place, E> {
                Ok(Place::Scalar)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Place, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Place::Seq(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Place, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key()? {
                    entries.push((key, map.next_value()?));
                }
                Ok(Place::Map(entries))
            }
        }
        deserializer.deserialize_any(Look)
    }
}
