//! The answers of `paths`: as text for a person, as JSON (`reports/schema/paths-v1.json`), and as a drawing for Graphviz
//! and Mermaid, as a page.

mod drawing;
mod html;
mod layout;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::graph::control::{Paths, Taken, Way};
use crate::graph::wording::short;
use crate::snapshot::id::ObjectId;
use crate::snapshot::time::Time;

use super::explain::wrapped;
use super::neutral::for_terminal;

pub use html::html;

/// The version of the answer's form.
pub const SCHEMA: &str = "eks-auditor/paths/v1";

const CUT: &str = "There are too many ways to look at all of them; there may be more paths.";

/// What was asked, and what was not read.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where paths begin.
    pub from: String,
    /// Where they end.
    pub to: String,
    /// What was not read, so that there may be more; a sentence each.
    pub unread: Vec<String>,
    /// As of when it is true.
    pub taken_at: Time,
}

/// All paths, as one JSON object.
pub fn json(asked: &Asked, paths: &Paths) -> Value {
    let step = |Taken { step, open }: &Taken| {
        json!({"from": step.from, "to": step.to, "edge": step.edge.as_str(), "evidence": step.evidence,
            "certainty": certainty(open.is_none()), "depends_on": open})
    };
    let path = |way: &Way| {
        json!({"cost": way.steps, "certainty": certainty(way.open().is_empty()),
            "steps": way.path.iter().map(step).collect::<Vec<_>>()})
    };
    json!({
        "schema": SCHEMA, "from": asked.from, "to": asked.to,
        "paths": paths.ways.iter().map(path).collect::<Vec<_>>(),
        "cut": paths.is_cut, "not_evaluated": asked.unread,
    })
}

pub(super) fn certainty(certain: bool) -> &'static str {
    match certain {
        true => "certain",
        false => "conditional",
    }
}

/// All paths, for a person.
pub fn text(asked: &Asked, paths: &Paths, width: usize) -> String {
    let mut out = String::new();
    let found = found(asked, paths);
    out.push_str(&wrapped(&for_terminal(&found), 0, width));
    for (number, way) in paths.ways.iter().enumerate() {
        let steps = length(way);
        let open = way.open();
        let mark = if open.is_empty() { "" } else { ", conditional" };
        let _ = writeln!(out, "\n{}. {steps}{mark}", number + 1);
        if let Some(first) = way.path.first() {
            out.push_str(&wrapped(&for_terminal(&named(&first.step.from)), 2, width));
        }
        for Taken { step, open } in &way.path {
            let line = format!(
                "{} → {}: {}",
                step.edge.as_str(),
                named(&step.to),
                step.evidence
            );
            out.push_str(&wrapped(&for_terminal(&line), 2, width));
            if let Some(open) = open {
                out.push_str(&wrapped(&for_terminal(open), 4, width));
            }
        }
    }
    if paths.is_cut {
        out.push_str(&format!("\n{CUT}\n"));
    }
    if !asked.unread.is_empty() {
        out.push_str("\nNOT EVALUATED\n");
        for line in &asked.unread {
            out.push_str(&wrapped(&for_terminal(line), 2, width));
        }
    }
    out
}

/// How many paths there are.
fn found(asked: &Asked, paths: &Paths) -> String {
    let read = match asked.unread.is_empty() {
        true => "",
        false => " in what was read",
    };
    match paths.ways.len() {
        0 if paths.is_cut => format!(
            "No path from {} to {}{read} was found before the search was given up: there may be some.",
            asked.from, asked.to
        ),
        0 => format!("No path from {} to {}{read}.", asked.from, asked.to),
        1 => format!("One path from {} to {}{read}.", asked.from, asked.to),
        many => format!(
            "{many} paths from {} to {}{read}, the shortest first.",
            asked.from, asked.to
        ),
    }
}

/// How long a path is.
fn length(way: &Way) -> String {
    match way.steps {
        0 => "it has that already".to_owned(),
        1 => "one step".to_owned(),
        many => format!("{many} steps"),
    }
}

/// `prod: Group ops`, `role deployer`; what has no shorter name as it is.
pub(super) fn named(id: &str) -> String {
    match ObjectId::parse(id) {
        Some(object) if object.namespace.is_empty() => {
            format!("{}: {} {}", object.cluster, object.kind, object.name)
        }
        Some(object) => format!(
            "{}: {} {}/{}",
            object.cluster, object.kind, object.namespace, object.name
        ),
        None => short(id),
    }
}

/// The nodes of all paths, each once with its number, and the edges between them, each once.
fn drawn(paths: &Paths) -> (Vec<&str>, Vec<(usize, usize, &Taken)>) {
    let mut names: Vec<&str> = Vec::new();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut edges: BTreeMap<(usize, usize, &str), &Taken> = BTreeMap::new();
    for taken in paths.ways.iter().flat_map(|way| &way.path) {
        let mut number = |name| {
            *numbers.entry(name).or_insert_with(|| {
                names.push(name);
                names.len() - 1
            })
        };
        let (from, to) = (
            number(taken.step.from.as_str()),
            number(taken.step.to.as_str()),
        );
        edges
            .entry((from, to, taken.step.edge.as_str()))
            .or_insert(taken);
    }
    let edges = edges
        .into_iter()
        .map(|((from, to, _), taken)| (from, to, taken));
    (names, edges.collect())
}

/// For Graphviz. What depends on something is dashed.
pub fn dot(paths: &Paths) -> String {
    let quoted = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace(['\n', '\r'], " ")
    };
    let (names, edges) = drawn(paths);
    let mut out = String::from("digraph paths {\n  rankdir=LR;\n  node [shape=box];\n");
    for (number, name) in names.iter().enumerate() {
        let _ = writeln!(out, "  n{number} [label=\"{}\"];", quoted(&named(name)));
    }
    for (from, to, taken) in edges {
        let style = if taken.open.is_some() {
            ", style=dashed"
        } else {
            ""
        };
        let label = taken.step.edge.as_str();
        let tooltip = quoted(&taken.step.evidence);
        let _ = writeln!(
            out,
            "  n{from} -> n{to} [label=\"{label}\", tooltip=\"{tooltip}\"{style}];"
        );
    }
    out.push_str("}\n");
    out
}

/// For Mermaid. What depends on something is dotted.
pub fn mermaid(paths: &Paths) -> String {
    // Mermaid reads entities in its own form: `#quot;`.
    let quoted = |text: &str| {
        let plain = |c: char| c.is_alphanumeric() || " /:._-@,=+".contains(c);
        text.chars()
            .map(|c| {
                if plain(c) {
                    c.to_string()
                } else {
                    format!("#{};", u32::from(c))
                }
            })
            .collect::<String>()
    };
    let (names, edges) = drawn(paths);
    let mut out = String::from("flowchart LR\n");
    for (number, name) in names.iter().enumerate() {
        let _ = writeln!(out, "  n{number}[\"{}\"]", quoted(&named(name)));
    }
    for (from, to, taken) in edges {
        let label = taken.step.edge.as_str();
        let arrow = match taken.open {
            None => format!("-->|{label}|"),
            Some(_) => format!("-.->|{label}|"),
        };
        let _ = writeln!(out, "  n{from} {arrow} n{to}");
    }
    out
}
