//! What can be wrong with input files, said as a person would.

use std::fmt;
use std::path::PathBuf;

/// Something that the user should know of, and that stops nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file, as it was given; empty where it is about several.
    pub file: String,
    /// One sentence.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.file, self.message)
        }
    }
}

/// A file that was recognised and is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The file, as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The field: `items[3].spec.containers`; empty for the whole document.
    pub field: String,
    /// What is wrong with it. Never holds a value that could be secret.
    pub message: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

/// Input that cannot be audited at all.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// A path that is not there or cannot be read.
    #[error("cannot read {path}: {error}", path = .path.display())]
    Unreadable {
        /// The path, as it was given.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// No file among the inputs was recognised.
    #[error("nothing to read in the input{}", listed(.details))]
    Nothing {
        /// What was wrong with each.
        details: Vec<String>,
    },
    /// Kubernetes objects that could belong to any of several clusters.
    #[error(
        "several clusters are known ({}), and these files do not say to which their Kubernetes objects belong: {}; name it: --input {}=PATH",
        .clusters.join(", "), .files.join(", "), .clusters.first().map_or("NAME", String::as_str)
    )]
    WhichCluster {
        /// The files.
        files: Vec<String>,
        /// The clusters.
        clusters: Vec<String>,
    },
    /// A path that is claimed for two clusters.
    #[error("{path} is given for two clusters, {first} and {second}")]
    ClaimedTwice {
        /// The path.
        path: String,
        /// A cluster.
        first: String,
        /// Another one.
        second: String,
    },
    /// A name that several clusters have.
    #[error("{name} is the name of several clusters: {}; give one of these names", .clusters.join(", "))]
    SeveralOfThatName {
        /// The name.
        name: String,
        /// Their keys.
        clusters: Vec<String>,
    },
}

fn listed(details: &[String]) -> String {
    details
        .iter()
        .map(|detail| format!("\n  {detail}"))
        .collect()
}

/// What is wrong in a document; its file is added by whoever reads the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub line: u64,
    pub field: String,
    pub message: String,
}

impl Fault {
    /// The fault with the file that it is in.
    pub fn of(self, file: &str) -> FileError {
        FileError {
            file: file.to_owned(),
            line: self.line,
            field: self.field,
            message: self.message,
        }
    }
}

/// The parser's words without the value that it met: `invalid type: string "hunter2", expected a
/// map` shows what should not be shown.
pub(super) fn without_values(message: &str) -> String {
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(head, _)| head);
    for what in ["invalid type: ", "invalid value: "] {
        let Some((_, rest)) = message.split_once(what) else {
            continue;
        };
        // The kind of what was met is one word; the value follows it in quotes or backticks.
        let met = rest
            .split([' ', ','])
            .next()
            .unwrap_or_default()
            .trim_matches('`');
        return match rest.rsplit_once(", expected ") {
            Some((_, wanted)) => format!("expected {wanted}, found {met}"),
            None => format!("unexpected {met}"),
        };
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_never_repeat_a_value() {
        for (message, kept) in [
            (
                "invalid type: string \"hunter2, expected x\", expected a map at line 3 column 4",
                "expected a map, found string",
            ),
            (
                "invalid type: integer `42`, expected a string at line 1 column 2",
                "expected a string, found integer",
            ),
            (
                "missing field `name` at line 1 column 2",
                "missing field `name`",
            ),
        ] {
            assert_eq!(without_values(message), kept, "{message}");
        }
    }
}
