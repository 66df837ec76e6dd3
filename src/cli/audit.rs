//! `audit`: collect, join, check, report.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::checks::finding::Severity;
use crate::report::Report;
use crate::report::render::terminal;

use super::arguments::{Asked, Least, Sources, flag};
use super::config::Config;
use super::output::{Colour, Output};
use super::{Exit, gather, output};

/// Collect, join, check and report
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    asked: Asked,
    #[command(flatten)]
    shown: Shown,
}

/// Where the report goes, what it looks like, and how the program ends.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct Shown {
    /// Write this format, to stdout or to a file: `terminal`, `json`, `json=report.json`; may be
    /// repeated
    #[arg(short, long, value_name = "FORMAT[=PATH]")]
    output: Vec<Output>,
    /// Show every finding of each check, and every reason
    #[arg(long)]
    all: bool,
    /// Use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,
    /// End with exit code 1 if a finding that is shown is at least this bad
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Least>,
    /// Use this configuration file instead of ./eks-auditor.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Audit {
    pub(super) fn run(mut self) -> Result<Exit> {
        let config = Config::load(self.shown.config.as_deref())?;
        self.sources.fill(&config);
        self.asked.fill(&config);
        let request = crate::Request {
            duties: config.duty.clone(),
            treasure: config.jewels.clone(),
            thresholds: config.secrets.clone(),
            ..self.asked.request()?
        };
        output::check(&self.shown.output)?;
        let gathered = gather::gather(&self.sources, &self.asked.extent.cluster)?;
        gather::warn_of_namespaces(&gathered.snapshot, &self.asked.namespace);
        let report = crate::audit(&gathered.snapshot, &request);
        self.write(&report)?;
        let fail_on = self.shown.fail_on.or(config.fail_on).map(Severity::from);
        let failed = match (fail_on, report.worst()) {
            (Some(least), Some(worst)) if worst <= least => Exit::Findings,
            _ => Exit::Done,
        };
        Ok(failed.max(gathered.exit))
    }

    fn write(&self, report: &Report) -> Result<()> {
        let default = [Output::default()];
        let outputs = match self.shown.output.is_empty() {
            true => &default[..],
            false => &self.shown.output,
        };
        for output in outputs {
            let text = (output.format.render)(report, &self.options(output))?;
            output::write(&text, output.path.as_ref())?;
        }
        Ok(())
    }

    fn options(&self, output: &Output) -> terminal::Options {
        terminal::Options {
            width: output::width(),
            colour: output.path.is_none() && self.shown.color.on_stdout(),
            all: self.shown.all,
            chosen: self.asked.chosen(),
            explain: self.explain(),
        }
    }

    /// What `explain` has to be told to find the findings of this report again; `None` where
    /// there is no way.
    fn explain(&self) -> Option<String> {
        let report = self.shown.output.iter().find_map(Output::json_file);
        // A report that is kept saves the audit from being made again.
        match report {
            Some(path) => Some(flag("report", Some(&path.display().to_string()))),
            None if self.sources.reads_stdin() => None,
            None => Some(self.sources.flags() + &self.asked.extent.flags()),
        }
    }
}
