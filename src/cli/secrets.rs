//! `secrets`: every secret with where it goes and what is stale about it.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::report::render::secrets::{json, table, tree};

use super::joined::Facts;
use super::{Exit, output};

/// Every secret: its age, its rotation, who uses it, and what is stale about it; the worst first
///
/// Secrets Manager, Parameter Store and the Kubernetes Secrets that come from neither. Ends with 0, also where secrets are
/// stale, and with 3 where what would tell was not read.
#[derive(Debug, Args)]
pub(super) struct SecretsArguments {
    /// Only secrets whose name or id contains this
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Write the answer so
    #[arg(short, long, value_name = "FORMAT", default_value = "table")]
    output: Form,
    #[command(flatten)]
    facts: Facts,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One line a secret.
    Table,
    /// Each with where it goes.
    Tree,
    /// For a program.
    Json,
}

impl SecretsArguments {
    pub(super) fn run(self) -> Result<Exit> {
        let read = self.facts.read()?;
        let graph = read.graph();
        let mut states = graph.secret_states(&graph.control());
        if let Some(name) = &self.name {
            let before = states.all.len();
            states
                .all
                .retain(|one| one.name.contains(name.as_str()) || one.id.contains(name.as_str()));
            if states.all.is_empty() {
                bail!("none of the {before} secrets that were read has `{name}` in its name or id");
            }
        }
        let (now, width) = (read.snapshot().taken_at, output::width().into());
        let shown = match self.output {
            Form::Table => table(&states, now, width),
            Form::Tree => tree(&states, now, width),
            Form::Json => format!("{:#}\n", json(&states, now)),
        };
        read.answer(&shown, &states.unread)
    }
}
