//! One file: its documents, each recognised by its shape and read.

use std::io;

use super::document::{Doc, Envelope, Root};
use super::error::{Fault, FileError, Warning};
use super::print::{Found, Print, Shape};
use super::store::Store;
use super::text::{self, Lost, Text};
use super::{
    ec2, ecr, eks, foreign, iam, kms, kubernetes, network, organizations, secretsmanager, services,
    source, ssm, stored,
};
use crate::snapshot::coverage::Source;

/// What became of a document.
enum Outcome {
    /// It was recognised; broken ones leave nothing but faults.
    Read(Option<Box<Found>>),
    /// It is not read, and why.
    Skipped(String),
}

fn shapes() -> impl Iterator<Item = &'static Shape> {
    [
        iam::SHAPES,
        eks::SHAPES,
        ec2::SHAPES,
        network::SHAPES,
        ecr::SHAPES,
        secretsmanager::SHAPES,
        kms::SHAPES,
        ssm::SHAPES,
        organizations::SHAPES,
        services::SHAPES,
    ]
    .into_iter()
    .flatten()
}

/// Reads a file: what it says, what is broken in it and what is left out.
pub(super) fn file(
    store: &mut Store,
    at: usize,
    stdin: Option<&[u8]>,
    found: &mut Vec<Found>,
    errors: &mut Vec<FileError>,
) {
    let Some(file) = store.files.get(at).cloned() else {
        return;
    };
    let bytes = match source::bytes(&file, stdin) {
        Ok(bytes) => bytes,
        Err(error) => {
            // Whether it would have been recognised is not known; that it was given is.
            let fault = Fault {
                line: 1,
                field: String::new(),
                message: unreadable(&error),
            };
            errors.push(fault.of(&file.label));
            return;
        }
    };
    let no_text = "not JSON or YAML, skipped";
    let Some(text) = source::text(bytes) else {
        return store.skip(&file.label, no_text.to_owned());
    };
    let texts = text::split(&text);
    if texts.is_empty() {
        let empty = text.trim().is_empty();
        let why = if empty { "empty, skipped" } else { no_text };
        return store.skip(&file.label, why.to_owned());
    }
    let mut reader = Reader {
        file: at,
        ..Reader::default()
    };
    for text in &texts {
        match text {
            Ok(text) => reader.document(text),
            Err(lost) => reader.lost(lost),
        }
    }
    reader.close(store, &file.label, found, errors);
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed data is cut off".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// What a file gives.
#[derive(Default)]
struct Reader {
    file: usize,
    found: Vec<Found>,
    faults: Vec<Fault>,
    skipped: Vec<String>,
}

impl Reader {
    fn close(
        mut self,
        store: &mut Store,
        label: &str,
        found: &mut Vec<Found>,
        errors: &mut Vec<FileError>,
    ) {
        // A file of which nothing is recognised is named once.
        let nothing = self.found.is_empty() && self.faults.is_empty();
        let shown = if nothing { 1 } else { 3 };
        self.skipped.dedup();
        let more = self.skipped.len().saturating_sub(shown);
        self.skipped.truncate(shown);
        for why in self.skipped {
            store.skip(label, why);
        }
        if more > 0 && !nothing {
            store.skip(label, format!("{more} more documents are skipped"));
        }
        errors.extend(self.faults.into_iter().map(|fault| fault.of(label)));
        found.extend(self.found);
    }

    fn document(&mut self, text: &Text) {
        match Root::of(text) {
            Root::Object(doc) => self.keep(&doc),
            Root::List(docs) => {
                let Some(first) = docs.first() else {
                    return self.skipped.push("not recognised, skipped".to_owned());
                };
                // A report that is a list: its elements are no documents of ours.
                if let Outcome::Skipped(why) = self.outcome(first) {
                    return self.skipped.push(why);
                }
                docs.iter().for_each(|doc| self.keep(doc));
            }
            Root::Other => self.skipped.push("not recognised, skipped".to_owned()),
        }
    }

    fn keep(&mut self, doc: &Doc) {
        match self.outcome(doc) {
            Outcome::Read(found) => self.found.extend(found.map(|found| *found)),
            Outcome::Skipped(why) => self.skipped.push(why),
        }
    }

    fn outcome(&mut self, doc: &Doc) -> Outcome {
        if let Some(opened) = doc.opened() {
            return match opened {
                Ok(inner) => self.in_envelope(&inner),
                Err(fault) => self.broken(fault),
            };
        }
        if stored::fits(doc) {
            let print = stored::read(doc, &mut self.faults);
            return self.read("snapshot", doc, print);
        }
        if kubernetes::fits(doc) {
            let print = kubernetes::read(doc, None, &mut self.faults);
            return self.read("kubernetes", doc, print);
        }
        if secretsmanager::holds_value(doc) || ssm::holds_value(doc) {
            return Outcome::Skipped(
                "holds the value of a secret; it was not looked at, and should not be here"
                    .to_owned(),
            );
        }
        if let Some(shape) = shapes().find(|shape| (shape.fits)(doc)) {
            let print = (shape.read)(doc, &mut self.faults);
            return self.read(shape.source, doc, print);
        }
        match foreign::what(doc) {
            Some(what) => Outcome::Skipped(format!(
                "{what} is recognised, and not read yet in this version"
            )),
            None => Outcome::Skipped(format!("not recognised, skipped{}", keys_of(doc))),
        }
    }

    /// In an envelope the source decides, and not the shape.
    fn in_envelope(&mut self, doc: &Doc) -> Outcome {
        // The CLI calls a service by its own name, IAM by its prefix.
        let source = doc
            .envelope
            .source
            .replace("elbv2:", "elasticloadbalancing:");
        if let Some(kind) = source.strip_prefix("kubernetes:") {
            let Some(known) = Source::named(&source) else {
                return Outcome::Skipped(format!("kubernetes:{kind} is not read, skipped"));
            };
            let print = kubernetes::read(doc, Some(known), &mut self.faults);
            return self.read(known.name, doc, print);
        }
        match shapes().find(|shape| shape.source.eq_ignore_ascii_case(&source)) {
            Some(shape) => {
                let print = (shape.read)(doc, &mut self.faults);
                self.read(shape.source, doc, print)
            }
            None if foreign::is_later_source(&source) => Outcome::Skipped(format!(
                "{source} is recognised, and not read yet in this version"
            )),
            None => Outcome::Skipped(format!("the source {source} is not known, skipped")),
        }
    }

    fn read(&self, source: &'static str, doc: &Doc, print: Option<Print>) -> Outcome {
        let envelope: Envelope = doc.envelope.clone();
        let found = |print| Found {
            file: self.file,
            source,
            envelope,
            print,
        };
        Outcome::Read(print.map(found).map(Box::new))
    }

    fn broken(&mut self, fault: Fault) -> Outcome {
        self.faults.push(fault);
        Outcome::Read(None)
    }

    /// A text that does not parse is broken if what can be read of it is of a known shape, and
    /// else not recognised.
    fn lost(&mut self, lost: &Lost) {
        let has = |key: &str| lost.keys.iter().any(|known| known == key);
        let known = has("apiVersion") && (has("kind") || has("items"))
            || has("source") && (has("response") || has("request"))
            || has("schema") && has("taken_at")
            || shapes().any(|shape| shape.keys.iter().any(|key| has(key)));
        if known && !lost.template {
            self.faults.push(lost.fault.clone());
        } else if lost.template {
            self.skipped.push("a template, skipped".to_owned());
        } else if lost.keys.is_empty() {
            self.skipped.push("not recognised, skipped".to_owned());
        } else {
            let Fault { line, message, .. } = &lost.fault;
            let why = format!("not recognised, skipped (line {line}: {message})");
            self.skipped.push(why);
        }
    }
}

fn keys_of(doc: &Doc) -> String {
    let keys: Vec<&str> = doc.keys().take(4).collect();
    if keys.is_empty() {
        String::new()
    } else {
        format!(" (it has {})", keys.join(", "))
    }
}

impl Store {
    /// Says once which objects were left out.
    pub(super) fn warn_of_unread(&mut self) {
        if self.unread.is_empty() {
            return;
        }
        let kinds: Vec<String> = self
            .unread
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        self.warnings.push(Warning {
            file: String::new(),
            message: format!(
                "Kubernetes objects of kinds that no check asks for were left out: {}",
                kinds.join(", ")
            ),
        });
    }
}
