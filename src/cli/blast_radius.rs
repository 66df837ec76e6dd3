//! `blast-radius`: all that falls with a principal, pod, node or image.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::graph::{Graph, Scope};
use crate::report::render::blast_radius::{json, text};

use super::arguments::Sources;
use super::config::Config;
use super::question::ended;
use super::{Exit, gather, output};

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
    sources: Sources,
    /// Look only at these clusters
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    cluster: Vec<String>,
    /// Use this configuration file instead of ./eks-auditor.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
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
    pub(super) fn run(mut self) -> Result<Exit> {
        let config = Config::load(self.config.as_deref())?;
        self.sources.fill(&config);
        let gathered = gather::gather(&self.sources, &self.cluster)?;
        let graph = Graph::build(&gathered.snapshot, Some(Scope::Account));
        let all = graph.blast_radius(&self.what)?;
        let shown = match self.output {
            Form::Text => text(&all, output::width().into()),
            Form::Json => format!("{:#}\n", json(&all)),
        };
        output::write(&shown, None)?;
        let exit = match all.unread.is_empty() {
            true => Exit::Done,
            false => Exit::Incomplete,
        };
        Ok(ended(exit, gathered.exit))
    }
}
