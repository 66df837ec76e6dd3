//! `blast-radius`: all that falls with a principal, pod, node or image.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::report::render::blast_radius::{json, text};

use super::joined::Facts;
use super::{Exit, output};

/// All that falls with WHAT, by kind
///
/// Ends with 0, also where nothing falls, and with 3 where what would tell was not read.
#[derive(Debug, Args)]
pub(super) struct BlastRadiusArguments {
    /// An ARN, role/NAME, user/NAME, pod/NS/NAME, sa/NS/NAME, User/NAME, Group/NAME, node/NAME, namespace/NAME, a k8s:// id,
    /// the ARN of an image repository, or internet
    #[arg(value_name = "WHAT")]
    what: String,
    /// Write the answer so
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
    #[command(flatten)]
    facts: Facts,
}

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a person.
    Text,
    /// For a program.
    Json,
}

impl BlastRadiusArguments {
    pub(super) fn run(self) -> Result<Exit> {
        let read = self.facts.read()?;
        let all = read.graph().blast_radius(&self.what)?;
        let shown = match self.output {
            Form::Text => text(&all, output::width().into()),
            Form::Json => format!("{:#}\n", json(&all)),
        };
        read.answer(&shown, &all.unread)
    }
}
