//! `paths`: how FROM comes to control TO, step by step.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::graph::control::Wanted;
use crate::graph::path::EdgeKind;
use crate::report::render::paths::{Asked, dot, html, json, mermaid, text};

use super::joined::Facts;
use super::{Exit, output};

/// How FROM comes to control TO, the shortest ways first, each step with its evidence
///
/// Ways go over AWS and the clusters. Ends with 0, also where there is none, and with 3 where what would tell was not read.
#[derive(Debug, Args)]
pub(super) struct PathsArguments {
    /// Where to begin: internet, an ARN, role/NAME, user/NAME, pod/NS/NAME, sa/NS/NAME, User/NAME, Group/NAME, a k8s:// id,
    /// any-pod, namespace/NAME
    #[arg(long, value_name = "FROM")]
    from: String,
    /// Where to end: the same, or cluster-admin[/CLUSTER], account-admin[/ACCOUNT], secret/*, secret/NAME, parameter/*, key/*,
    /// k8s-secret/*, k8s-secret/NS/NAME, the ARN of data (arn:aws:s3:::BUCKET), jewels: those of the configuration
    #[arg(long, value_name = "TO")]
    to: String,
    /// Show at most so many paths
    #[arg(short = 'k', long, value_name = "NUMBER", default_value_t = 5)]
    most: usize,
    /// Only paths with a step of this kind, as `assume-role`; may be repeated
    #[arg(long, value_name = "KIND")]
    edge: Vec<String>,
    /// No paths over this id, or by steps of this kind; may be repeated
    #[arg(long, value_name = "ID|KIND")]
    avoid: Vec<String>,
    /// Only paths that depend on nothing that is not known
    #[arg(long)]
    certain: bool,
    /// Write the answer so
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: Form,
    #[command(flatten)]
    facts: Facts,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a person.
    Table,
    /// For a program.
    Json,
    /// For Graphviz.
    Dot,
    /// For Mermaid.
    Mermaid,
    /// A page to print and send, with a drawing.
    Html,
}

impl PathsArguments {
    pub(super) fn run(self) -> Result<Exit> {
        let mut wanted = self.wanted()?;
        let read = self.facts.read()?;
        let graph = read.graph();
        let mut control = graph.control();
        let from = control.end(&self.from)?;
        let to = control.end(&self.to)?;
        for name in &self.avoid {
            if kind_of(name).is_none() {
                let id = graph
                    .who(name, true)
                    .map_or_else(|_| name.clone(), |who| graph.id_of(&who));
                wanted.avoid.insert(id);
            }
        }
        let paths = control.paths(&from.numbers, &to.numbers, &wanted);
        let asked = Asked {
            unread: graph.unread_from(&from.name),
            from: from.name,
            to: to.name,
            taken_at: graph.snapshot.taken_at,
        };
        let shown = match self.output {
            Form::Table => text(&asked, &paths, output::width().into()),
            Form::Json => format!("{:#}\n", json(&asked, &paths)),
            Form::Dot => dot(&paths),
            Form::Mermaid => mermaid(&paths),
            Form::Html => html(&asked, &paths),
        };
        let mut unread = asked.unread;
        // What was given up is no answer.
        if paths.is_cut && paths.ways.is_empty() {
            unread.push("there are too many ways to look at".to_owned());
        }
        read.answer(&shown, &unread)
    }

    fn wanted(&self) -> Result<Wanted> {
        let mut wanted = Wanted {
            most: self.most.max(1),
            certain: self.certain,
            avoid: BTreeSet::new(),
            avoid_kinds: self.avoid.iter().filter_map(|name| kind_of(name)).collect(),
            kinds: Vec::new(),
        };
        for name in &self.edge {
            let Some(kind) = kind_of(name) else {
                let kinds: Vec<&str> = EdgeKind::ALL.iter().map(|kind| kind.as_str()).collect();
                bail!("`{name}` is no kind of step: {}", kinds.join(", "));
            };
            wanted.kinds.push(kind);
        }
        Ok(wanted)
    }
}

fn kind_of(name: &str) -> Option<EdgeKind> {
    EdgeKind::ALL
        .iter()
        .copied()
        .find(|kind| kind.as_str() == name)
}
