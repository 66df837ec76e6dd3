//! What `paths`, `blast-radius`, `plan` and `access-review` share: the joined graph of what was named, and how they end.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

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

/// What was read, with what the user says of it.
pub(super) struct Read {
    gathered: Gathered,
    pub(super) config: Config,
}

impl Facts {
    /// Reads what the arguments name.
    pub(super) fn read(mut self) -> Result<Read> {
        let config = Config::load(self.config.as_deref())?;
        self.sources.fill(&config);
        if self.cluster.is_empty() {
            self.cluster.clone_from(&config.cluster);
        }
        Ok(Read {
            gathered: gather::gather(&self.sources, &self.cluster)?,
            config,
        })
    }
}

impl Read {
    pub(super) fn snapshot(&self) -> &Snapshot {
        &self.gathered.snapshot
    }

    /// Joins it, with all principals.
    pub(super) fn graph(&self) -> Graph<'_> {
        Graph::build(self.snapshot(), Some(Scope::Account))
            .with_treasure(&self.config.jewels)
            .with_duties(&self.config.duty)
            .with_thresholds(&self.config.secrets)
    }

    /// Writes an answer, and ends as it does.
    pub(super) fn answer(&self, shown: &str, unread: &[String]) -> Result<Exit> {
        output::write(shown, None)?;
        Ok(self.end(unread))
    }

    /// How well an answer ends follows from what was not read of what would tell.
    pub(super) fn end(&self, unread: &[String]) -> Exit {
        let exit = match unread.is_empty() {
            true => Exit::Done,
            false => Exit::Incomplete,
        };
        ended(exit, self.gathered.exit)
    }
}
