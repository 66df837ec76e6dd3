//! What `paths`, `blast-radius` and `plan` share: the joined graph of what was named, and how they end.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::graph::treasure::Treasure;
use crate::graph::{Graph, Scope};
use crate::snapshot::Snapshot;

use super::arguments::Sources;
use super::config::Config;
use super::gather::{self, Gathered};
use super::question::ended;
use super::{Exit, output};

/// Where facts come from.
#[derive(Debug, Args)]
pub(super) struct Facts {
    #[command(flatten)]
    sources: Sources,
    /// Look only at these clusters
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    cluster: Vec<String>,
    /// Use this configuration file instead of ./eks-auditor.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// What was read, with what the user calls worth protecting.
pub(super) struct Read {
    gathered: Gathered,
    pub(super) treasure: Treasure,
}

impl Facts {
    /// Reads what the arguments name.
    pub(super) fn read(mut self) -> Result<Read> {
        let config = Config::load(self.config.as_deref())?;
        self.sources.fill(&config);
        Ok(Read {
            gathered: gather::gather(&self.sources, &self.cluster)?,
            treasure: config.jewels,
        })
    }
}

impl Read {
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.gathered.snapshot
    }

    /// Joins it, with all principals.
    pub(super) fn graph(&self) -> Graph<'_> {
        Graph::build(self.snapshot(), Some(Scope::Account)).with_treasure(&self.treasure)
    }

    /// Writes an answer; how well that ends follows from what was not read of what would tell.
    pub(super) fn answer(&self, shown: &str, unread: &[String]) -> Result<Exit> {
        output::write(shown, None)?;
        let exit = match unread.is_empty() {
            true => Exit::Done,
            false => Exit::Incomplete,
        };
        Ok(ended(exit, self.gathered.exit))
    }
}
