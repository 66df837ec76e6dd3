//! `collect`: only collect, into a snapshot or raw answers.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::collect::{files, raw};

use super::arguments::Sources;
use super::{Exit, gather, output};

/// Only collect, into a snapshot or raw answers
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("into").required(true).multiple(true)))]
pub(super) struct Collect {
    #[command(flatten)]
    sources: Sources,
    /// Look only at these clusters
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    cluster: Vec<String>,
    /// Write a snapshot: `FILE.json` or `FILE.json.zst`
    #[arg(long, value_name = "FILE", group = "into")]
    out: Option<PathBuf>,
    /// Write what each source said as files, as `audit --input` reads them
    #[arg(long, value_name = "DIR", group = "into")]
    raw: Option<PathBuf>,
    /// Say how many calls each source took, and write nothing else to stdout
    #[arg(long, group = "into")]
    explain_calls: bool,
}

impl Collect {
    pub(super) fn run(self) -> Result<Exit> {
        let gathered = gather::gather(&self.sources, &self.cluster)?;
        if let Some(path) = &self.out {
            files::write_snapshot(&gathered.snapshot, path)?;
        }
        if let Some(folder) = &self.raw {
            raw::write(&gathered.snapshot, folder)?;
        }
        if self.explain_calls {
            let lines: String = gathered
                .calls
                .iter()
                .map(|(source, count)| format!("{count:>7}  {source}\n"))
                .collect();
            output::write(&lines, None)?;
        }
        Ok(gathered.exit)
    }
}
