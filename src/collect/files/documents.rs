//! The documents of one text as plain values, for commands that read objects of their own kind.

use serde_json::Value;

use super::text::{self, Lost, Text};
use super::yaml;

/// A document, or why it is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The line on which it begins (of YAML its `---`), or is broken; from 1.
    pub line: u64,
    /// Its value.
    pub value: Result<Value, String>,
}

/// The documents of a text: JSON values one after another, or YAML documents. What is broken costs itself alone where
/// the next can be told.
pub fn documents(text: &str) -> Vec<Document> {
    if text.trim_start().starts_with(['{', '[']) {
        let parts = text::split(text).into_iter();
        return parts.map(of_json).collect();
    }
    let parts = yaml::split(text).into_iter();
    parts
        .filter_map(|(line, part)| of_yaml(line, part))
        .collect()
}

fn of_json(part: Result<Text<'_>, Lost>) -> Document {
    match part {
        Ok(document) => Document {
            line: document.first_line,
            value: serde_json::from_str(&document.json).map_err(|error| error.to_string()),
        },
        Err(lost) => Document {
            line: lost.fault.line,
            value: Err(lost.fault.message),
        },
    }
}

/// An empty document is none.
fn of_yaml(line: u64, part: &str) -> Option<Document> {
    match yaml::value(part) {
        Ok(Value::Null) => None,
        Ok(value) => Some(Document {
            line,
            value: Ok(value),
        }),
        Err(fault) => Some(Document {
            line: line + fault.line - 1,
            value: Err(fault.message),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_and_faults_know_their_lines() {
        let found = documents("{\"a\": 1}\n{\"a\": \n{\"a\": 3}\n");
        let lines: Vec<_> = found
            .iter()
            .map(|one| (one.line, one.value.is_ok()))
            .collect();
        assert_eq!(lines.first(), Some(&(1, true)), "{found:#?}");
        assert_eq!(lines.last(), Some(&(3, true)), "{found:#?}");
        assert!(lines.iter().any(|(_, is_value)| !is_value), "{found:#?}");
        let found = documents("a: 1\n---\n# nothing\n---\na: 2\n");
        let values: Vec<_> = found.into_iter().map(|one| (one.line, one.value)).collect();
        assert_eq!(values, [(1, Ok(json!({"a": 1}))), (4, Ok(json!({"a": 2})))]);
    }
}
