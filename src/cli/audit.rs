//! `audit`: collect, join, check, report.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::checks::finding::Severity;
use crate::report::Report;
use crate::report::render::{json, terminal};

use super::arguments::{Asked, Least, Sources, flag};
use super::config::Config;
use super::output::{Colour, Format, Output};
use super::{Exit, gather, output};

/// Collect, join, check and report
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    asked: Asked,
    /// A format, and where it goes: `json`, `json=report.json`, `terminal`; may be repeated
    #[arg(short, long, value_name = "FORMAT[=PATH]")]
    output: Vec<Output>,
    /// Show every finding of each check
    #[arg(long)]
    all: bool,
    /// When colours are used
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    /// End with exit code 1 if a finding is at least this bad
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Least>,
    /// A configuration file instead of ./eks-auditor.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Audit {
    pub(super) fn run(mut self) -> Result<Exit> {
        let config = Config::load(self.config.as_deref())?;
        self.sources.fill(&config);
        self.asked.fill(&config);
        let request = self.asked.request()?;
        let gathered = gather::gather(&self.sources, &self.asked.cluster)?;
        let report = crate::audit(&gathered.snapshot, &request);
        self.write(&report)?;
        let fail_on = self.fail_on.or(config.fail_on).map(Severity::from);
        let failed = match (fail_on, report.worst()) {
            (Some(least), Some(worst)) if worst <= least => Exit::Findings,
            _ => Exit::Done,
        };
        Ok(failed.max(gathered.exit))
    }

    fn write(&self, report: &Report) -> Result<()> {
        let default = [Output {
            format: Format::Terminal,
            path: None,
        }];
        let outputs = match self.output.is_empty() {
            true => &default[..],
            false => &self.output,
        };
        for output in outputs {
            let text = match output.format {
                Format::Json => json::render(report)?,
                Format::Terminal => terminal::render(report, &self.options(output)),
            };
            output::write(&text, output.path.as_ref())?;
        }
        Ok(())
    }

    fn options(&self, output: &Output) -> terminal::Options {
        let report = self.output.iter().find_map(|output| match output.format {
            Format::Json => output.path.as_ref(),
            Format::Terminal => None,
        });
        // A report that is kept saves the audit from being made again.
        let behind = match report {
            Some(path) => flag("report", Some(&path.display().to_string())),
            None => self.sources.flags() + &self.asked.flags(),
        };
        terminal::Options {
            width: output::width(),
            colour: output.path.is_none() && self.color.on_stdout(),
            all: self.all,
            explain: behind,
        }
    }
}
