//! The documents of a text: JSON values one after another, or YAML documents, each with the line
//! on which it begins.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{Fault, without_values};
use super::yaml;

/// A document's text as JSON.
#[derive(Clone, Debug)]
pub(super) struct Text<'a> {
    pub json: Cow<'a, str>,
    /// The line of the file on which it begins, from 1.
    pub first_line: u64,
    /// What it was in YAML.
    pub yaml: Option<&'a str>,
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

/// The documents of a file's text; none in text of another kind: prose, a program.
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
    let (mut lines, mut starts) = (Lines::of(text), Lines::of(text));
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
                        first_line: lines.at(at),
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
                line: starts.at(start) + error.line() as u64 - 1,
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

/// The lines of offsets that come one after another: what was counted is not counted again.
struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
        }
    }

    /// The line of an offset that is no earlier than those before, from 1.
    fn at(&mut self, offset: usize) -> u64 {
        let between = self.text.as_bytes().get(self.offset..offset);
        let breaks = between
            .unwrap_or_default()
            .iter()
            .filter(|byte| **byte == b'\n');
        self.line += breaks.count() as u64;
        self.offset = self.offset.max(offset);
        self.line
    }
}

/// The line of an offset, from 1.
pub(super) fn line_at(text: &str, offset: usize) -> u64 {
    let head = text.as_bytes().get(..offset).unwrap_or_default();
    1 + head.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Where a part of a text begins in it.
pub(super) fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize)
        .checked_sub(text.as_ptr() as usize)
        .filter(|at| *at <= text.len())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_knows_the_line_that_a_plain_count_gives() {
        let lines = [
            "{\"a\": 1}",
            "",
            "{\"b\":",
            "  2} {\"c\": 3}",
            "{\"broken\": ]",
            "{\"d\": 4}",
        ];
        let text = lines.join("\n").repeat(3);
        let mut values = 0;
        for document in split(&text) {
            match document {
                Ok(one) => {
                    let at = offset(&text, &one.json);
                    assert_eq!(one.first_line, line_at(&text, at), "{}", one.json);
                    values += 1;
                }
                Err(lost) => {
                    let line = usize::try_from(lost.fault.line).unwrap_or(0);
                    let shown = text.lines().nth(line - 1).unwrap_or_default();
                    assert!(shown.contains("broken"), "line {line}: {shown}");
                }
            }
        }
        assert!(values > 9, "{values} values were read");
    }
}
