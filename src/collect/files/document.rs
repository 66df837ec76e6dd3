//! The documents of a text: JSON values one after another, or YAML documents, each with the line
//! on which it begins.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::{Fault, without_values};
use super::yaml;

/// A document's text as JSON.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    json: Cow<'a, str>,
    /// The line of the file on which it begins, from 1.
    first_line: u64,
    /// What it was in YAML.
    yaml: Option<&'a str>,
}

/// A text that is no document: what of it is known, and why.
#[derive(Debug)]
pub(super) struct Lost {
    /// Keys of its top level up to the fault.
    pub keys: Vec<String>,
    /// Where and why.
    pub fault: Fault,
    /// Whether it is a template that makes documents, and none itself.
    pub template: bool,
}

/// The documents of a file's text; `None` for text of another kind: prose, a program.
pub(super) fn split(text: &str) -> Vec<Result<Text<'_>, Lost>> {
    if text.trim_start().starts_with(['{', '[']) {
        return json_texts(text);
    }
    yaml::split(text)
        .into_iter()
        .filter_map(|(first_line, document)| yaml_text(first_line, document).transpose())
        .collect()
}

fn yaml_text(first_line: u64, document: &str) -> Result<Option<Text<'_>>, Lost> {
    match yaml::to_json(document) {
        Ok(json) => Ok(json.map(|json| Text {
            json: json.into(),
            first_line,
            yaml: Some(document),
        })),
        Err(fault) => Err(Lost {
            keys: yaml_keys(document),
            fault: Fault {
                line: first_line + fault.line - 1,
                ..fault
            },
            template: document.contains("{{"),
        }),
    }
}

/// The keys of a mapping that breaks off somewhere. Prose with a manifest in it is no mapping: it
/// does not begin with a key.
fn yaml_keys(document: &str) -> Vec<String> {
    let key = |line: &str| {
        let (key, rest) = line.split_once(':')?;
        let is_word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric());
        (is_word && (rest.is_empty() || rest.starts_with(' '))).then(|| key.to_owned())
    };
    let mut lines = document
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with(['#', '-']))
        .peekable();
    if lines.peek().is_none_or(|first| key(first).is_none()) {
        return Vec::new();
    }
    lines.filter_map(key).collect()
}

/// JSON values, parted by blanks or nothing. After a broken one reading goes on at the next line
/// that begins with a brace: no printer indents the outermost one.
fn json_texts(text: &str) -> Vec<Result<Text<'_>, Lost>> {
    let mut texts = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.trim().is_empty()) {
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let mut end = 0;
        let error = loop {
            match stream.next() {
                Some(Ok(value)) => {
                    end = stream.byte_offset();
                    let at = offset(text, value.get());
                    texts.push(Ok(Text {
                        json: value.get().into(),
                        first_line: line_at(text, at),
                        yaml: None,
                    }));
                }
                Some(Err(error)) => break Some(error),
                None => break None,
            }
        };
        let Some(error) = error else { break };
        let broken = start + end;
        let lead = text.get(broken..).unwrap_or_default();
        let broken = broken + (lead.len() - lead.trim_start().len());
        texts.push(Err(Lost {
            keys: top_level_keys(text.get(broken..).unwrap_or_default()),
            fault: Fault {
                line: line_at(text, start) + error.line() as u64 - 1,
                field: String::new(),
                message: without_values(&error.to_string()),
            },
            template: text
                .get(broken..)
                .is_some_and(|text| text.starts_with("{{")),
        }));
        match text.get(broken..).and_then(|lost| lost.find("\n{")) {
            Some(next) => start = broken + next + 1,
            None => break,
        }
    }
    texts
}

/// The keys of an object that breaks off somewhere.
fn top_level_keys(text: &str) -> Vec<String> {
    struct Keys<'k>(&'k mut Vec<String>);
    impl<'de> Visitor<'de> for Keys<'_> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<String>()? {
                self.0.push(key);
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let mut keys = Vec::new();
    // That it fails is known; the keys before that are wanted.
    let _ = serde_json::Deserializer::from_str(text).deserialize_any(Keys(&mut keys));
    keys
}

fn line_at(text: &str, offset: usize) -> u64 {
    let head = text.as_bytes().get(..offset).unwrap_or_default();
    1 + head.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize)
        .checked_sub(text.as_ptr() as usize)
        .filter(|at| *at <= text.len())
        .unwrap_or(0)
}

/// What an envelope says around a print.
#[derive(Clone, Debug, Default)]
pub(super) struct Envelope {
    /// The API call: `kms:GetKeyPolicy`; empty where there is no envelope.
    pub source: String,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The request's parameters.
    pub request: Map<String, Value>,
}

impl Envelope {
    /// A parameter of the request, whatever the case of its first letter.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.request
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .and_then(|(_, value)| value.as_str())
    }
}

/// The value of a key of a document.
#[derive(Debug)]
enum Part<'a> {
    Raw(&'a RawValue),
    /// Of `items`, cut into elements while the document was passed over the first time.
    Items(Vec<&'a RawValue>),
}

/// A document: an object cut at its top level.
#[derive(Debug)]
pub(super) struct Doc<'a> {
    text: &'a Text<'a>,
    /// Where it stands in the text: empty, `[3]`, `response`.
    path: String,
    entries: Vec<(String, Part<'a>)>,
    /// The envelope around it.
    pub envelope: Envelope,
    /// The whole object.
    pub raw: &'a str,
}

/// What stands at the top of a document.
pub(super) enum Root<'a> {
    /// An object.
    Object(Doc<'a>),
    /// A list: each element may be a document.
    List(Vec<Doc<'a>>),
    /// Something else.
    Other,
}

impl<'a> Root<'a> {
    /// Cuts a document at its top level.
    pub fn of(text: &'a Text<'a>) -> Self {
        match serde_json::from_str(&text.json) {
            Ok(Top::Object(entries)) => Root::Object(Doc {
                text,
                path: String::new(),
                entries,
                envelope: Envelope::default(),
                raw: &text.json,
            }),
            Ok(Top::List(elements)) => Root::List(
                elements
                    .iter()
                    .enumerate()
                    .filter_map(|(index, raw)| {
                        Doc::cut(text, format!("[{index}]"), Envelope::default(), raw)
                    })
                    .collect(),
            ),
            _ => Root::Other,
        }
    }
}

impl<'a> Doc<'a> {
    fn cut(
        text: &'a Text<'a>,
        path: String,
        envelope: Envelope,
        raw: &'a RawValue,
    ) -> Option<Self> {
        match serde_json::from_str(raw.get()) {
            Ok(Top::Object(entries)) => Some(Doc {
                text,
                path,
                entries,
                envelope,
                raw: raw.get(),
            }),
            _ => None,
        }
    }

    /// Whether a key is there, with whatever value.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name == key)
    }

    /// Its keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_str())
    }

    /// The value of a key, unless it is absent or null.
    pub fn raw(&self, key: &str) -> Option<&'a RawValue> {
        self.entries.iter().find_map(|(name, part)| match part {
            Part::Raw(raw) if name == key && raw.get() != "null" => Some(*raw),
            _ => None,
        })
    }

    /// The text of a key.
    pub fn word(&self, key: &str) -> Option<String> {
        serde_json::from_str(self.raw(key)?.get()).ok()
    }

    /// The elements of `items`.
    pub fn items(&self) -> Option<&[&'a RawValue]> {
        self.entries.iter().find_map(|(name, part)| match part {
            Part::Items(items) if name == "items" => Some(items.as_slice()),
            _ => None,
        })
    }

    /// The first letter of a key's value: `{`, `[`, `"`, a digit, …
    pub fn starts(&self, key: &str, with: char) -> bool {
        self.raw(key).is_some_and(|raw| raw.get().starts_with(with))
    }

    /// The object under a key, as a document of its own in the same envelope.
    pub fn inner(&self, key: &str) -> Option<Doc<'a>> {
        let envelope = self.envelope.clone();
        Doc::cut(self.text, self.field(key), envelope, self.raw(key)?)
    }

    /// What this envelope holds, if it is one. A response of null is an empty one: asked, and
    /// nothing there.
    pub fn opened(&self) -> Option<Result<Doc<'a>, Fault>> {
        if !(self.starts("source", '"') && self.has("response")) {
            return None;
        }
        let request = match self.raw("request") {
            Some(raw) => match self.parse("request", raw.get()) {
                Ok(request) => request,
                Err(fault) => return Some(Err(fault)),
            },
            None => Map::new(),
        };
        let envelope = Envelope {
            source: self.word("source").unwrap_or_default(),
            account: self.word("account"),
            region: self.word("region"),
            request,
        };
        let (text, path) = (self.text, self.field("response"));
        Some(match self.raw("response") {
            None => Ok(Doc {
                text,
                path,
                entries: Vec::new(),
                envelope,
                raw: "{}",
            }),
            Some(raw) => Doc::cut(text, path, envelope, raw)
                .ok_or_else(|| self.fault("response", raw.get(), 1, "expected an object")),
        })
    }

    /// The typed value of a key that must be there.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<T, Fault> {
        match self.raw(key) {
            Some(raw) => self.parse(key, raw.get()),
            None => Err(self.fault(key, self.raw, 1, "is missing")),
        }
    }

    /// The whole document, typed.
    pub fn whole<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        self.parse("", self.raw)
    }

    /// The typed elements of a list; a broken one costs itself alone. An absent list is empty.
    pub fn list<T: DeserializeOwned>(&self, key: &str, faults: &mut Vec<Fault>) -> Vec<T> {
        let Some(raw) = self.raw(key) else {
            return Vec::new();
        };
        let elements: Vec<&RawValue> = match serde_json::from_str(raw.get()) {
            Ok(elements) => elements,
            Err(_) => {
                faults.push(self.fault(key, raw.get(), 1, "expected a list"));
                return Vec::new();
            }
        };
        let mut values = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            match self.parse(&format!("{key}[{index}]"), element.get()) {
                Ok(value) => values.push(value),
                Err(fault) => faults.push(fault),
            }
        }
        values
    }

    /// A part of this document, typed. The AWS CLI leaves absent members out, other printers
    /// write null: what fails is tried again without nulls.
    pub fn parse<T: DeserializeOwned>(&self, field: &str, raw: &str) -> Result<T, Fault> {
        if let Ok(value) = serde_json::from_str(raw) {
            return Ok(value);
        }
        if let Ok(mut value) = serde_json::from_str::<Value>(raw) {
            drop_nulls(&mut value);
            if let Ok(value) = serde_json::from_value(value) {
                return Ok(value);
            }
        }
        self.parse_strictly(field, raw)
    }

    /// A part of this document, typed, nulls as the type has them.
    pub fn parse_strictly<T: DeserializeOwned>(&self, field: &str, raw: &str) -> Result<T, Fault> {
        if let Ok(value) = serde_json::from_str(raw) {
            return Ok(value);
        }
        // A second time, slower, to learn where it is wrong.
        let mut deserializer = serde_json::Deserializer::from_str(raw);
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let within = error.path().to_string();
            let field = match (within.as_str(), field) {
                (".", _) => field.to_owned(),
                (_, "") => within,
                _ if within.starts_with('[') => format!("{field}{within}"),
                _ => format!("{field}.{within}"),
            };
            let inner = error.into_inner();
            self.fault(
                &field,
                raw,
                inner.line() as u64,
                &without_values(&inner.to_string()),
            )
        })
    }

    /// A fault in a part of this document; `line` counts from the part's first.
    pub fn fault(&self, field: &str, part: &str, line: u64, message: &str) -> Fault {
        let field = self.field(field);
        let line = match self.text.yaml {
            Some(yaml) => yaml::line_of(yaml, &field).unwrap_or(1),
            None => line_at(&self.text.json, offset(&self.text.json, part)) + line.max(1) - 1,
        };
        Fault {
            line: self.text.first_line + line - 1,
            field,
            message: message.to_owned(),
        }
    }

    fn field(&self, field: &str) -> String {
        match (self.path.as_str(), field) {
            ("", _) => field.to_owned(),
            (path, "") => path.to_owned(),
            (path, _) if field.starts_with('[') => format!("{path}{field}"),
            (path, _) => format!("{path}.{field}"),
        }
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.retain(|_, value| !value.is_null());
            entries.values_mut().for_each(drop_nulls);
        }
        Value::Array(values) => values.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

enum Top<'a> {
    Object(Vec<(String, Part<'a>)>),
    List(Vec<&'a RawValue>),
    Other,
}

impl<'de> Deserialize<'de> for Top<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Top<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a document")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Top<'de>, E> {
                Ok(Top::Other)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Top<'de>, E> {
                Ok(Top::Other)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Top<'de>, E> {
                Ok(Top::Other)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Top<'de>, E> {
                Ok(Top::Other)
            }
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Top<'de>, E> {
                Ok(Top::Other)
            }
            fn visit_unit<E>(self) -> Result<Top<'de>, E> {
                Ok(Top::Other)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Top<'de>, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Top::List(elements))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    let part = if key == "items" {
                        match map.next_value()? {
                            Top::List(items) => Part::Items(items),
                            _ => continue,
                        }
                    } else {
                        Part::Raw(map.next_value()?)
                    };
                    entries.push((key, part));
                }
                Ok(Top::Object(entries))
            }
        }
        deserializer.deserialize_any(Look)
    }
}
