//! `collect`: only collect, into a snapshot or raw answers.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::collect::{files, raw};

use super::arguments::Sources;
use super::config::Config;
use super::{Exit, gather, output};

/// Only collect, into a snapshot or raw answers
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("into").required(true).multiple(true)))]
pub(super) struct Collect {
    #[command(flatten)]
    sources: Sources,
    /// Look only at these clusters
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',', help_heading = "Selection")]
    cluster: Vec<String>,
    #[command(flatten)]
    into: Into,
}

/// What is written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct Into {
    /// Write a snapshot, `FILE.json` or compressed `FILE.json.zst`, as `audit --input` reads it
    #[arg(long, value_name = "FILE", group = "into")]
    out: Option<PathBuf>,
    /// Write what each source said as files into a new folder, as `audit --input` reads them
    #[arg(long, value_name = "DIR", group = "into")]
    raw: Option<PathBuf>,
    /// Print how many calls each source took
    #[arg(long, group = "into")]
    explain_calls: bool,
    /// Use this configuration file instead of ./eks-auditor.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Collect {
    pub(super) fn run(mut self) -> Result<Exit> {
        let config = Config::load(self.into.config.as_deref())?;
        self.sources.fill(&config);
        if self.cluster.is_empty() {
            self.cluster = config.cluster;
        }
        self.into.check()?;
        let gathered = gather::gather(&self.sources, &self.cluster)?;
        if let Some(path) = &self.into.out {
            files::write_snapshot(&gathered.snapshot, path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            output::say(&format!("wrote {}", path.display()));
        }
        if let Some(folder) = &self.into.raw {
            raw::write(&gathered.snapshot, folder)
                .with_context(|| format!("cannot write into {}", folder.display()))?;
            output::say(&format!("wrote into {}", folder.display()));
        }
        if self.into.explain_calls {
            let lines: String = gathered
                .calls
                .iter()
                .map(|(source, count)| format!("{count:>7}  {source}\n"))
                .collect();
            if lines.is_empty() {
                output::say("no calls: only files were read");
            }
            output::write(&lines, None)?;
        }
        Ok(gathered.exit)
    }
}

impl Into {
    /// That what is asked for can be written, before anything is read.
    fn check(&self) -> Result<()> {
        if let Some(path) = &self.out {
            let name = path.to_string_lossy();
            anyhow::ensure!(
                name.ends_with(".json") || name.ends_with(".zst"),
                "--out writes FILE.json or FILE.json.zst, not {name}"
            );
            output::check_path(path)?;
        }
        match &self.raw {
            Some(folder) => empty(folder),
            None => Ok(()),
        }
    }
}

/// That a folder has nothing in it: what an earlier scan left would be read beside this one.
fn empty(folder: &Path) -> Result<()> {
    match folder.read_dir() {
        Ok(mut entries) => anyhow::ensure!(
            entries.next().is_none(),
            "--raw needs a new or empty folder: {} has files, which would be read with the new ones",
            folder.display()
        ),
        Err(_) => anyhow::ensure!(
            !folder.exists(),
            "cannot write into {}: it is no folder",
            folder.display()
        ),
    }
    Ok(())
}
