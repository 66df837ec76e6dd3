//! `explain`: a check by its id, or a finding by its fingerprint, with all evidence.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::checks;
use crate::checks::finding::Finding;
use crate::report::Report;
use crate::report::render::explain::{check, finding};

use super::arguments::{Extent, Sources};
use super::config::Config;
use super::{Exit, gather, output};

/// Show a check by its id, or a finding by its fingerprint
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The id of a check, or the fingerprint of a finding; its first four digits or more will do
    #[arg(value_name = "CHECK|FINGERPRINT")]
    what: String,
    /// Look into this report, which `audit -o json=FILE` wrote, instead of making the audit again
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "live"])]
    report: Option<PathBuf>,
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    extent: Extent,
    /// Use this configuration file instead of ./eks-auditor.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Explain {
    pub(super) fn run(mut self) -> Result<Exit> {
        if let Some(registered) = checks::named(&self.what) {
            output::write(&check(registered), None)?;
            return Ok(Exit::Done);
        }
        let is_fingerprint =
            self.what.len() >= 4 && self.what.bytes().all(|byte| byte.is_ascii_hexdigit());
        anyhow::ensure!(
            is_fingerprint,
            "`{}` is no check and no fingerprint (four hexadecimal digits or more); \
             `eks-auditor checks` lists the checks",
            self.what
        );
        let (report, exit) = self.report()?;
        let found: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.fingerprint.starts_with(&self.what))
            .collect();
        match found.as_slice() {
            [] => anyhow::bail!(
                "no finding has the fingerprint {}; give what was given to the audit that named it \
                 (input, cluster, scope, time), or its report: --report FILE",
                self.what
            ),
            [found] => output::write(&finding(found, output::width().into()), None)?,
            many => anyhow::bail!(
                "{} findings begin with {}; give more digits",
                many.len(),
                self.what
            ),
        }
        Ok(exit)
    }

    /// The report of the file, or of a new audit with how well that went.
    fn report(&mut self) -> Result<(Report, Exit)> {
        if let Some(path) = &self.report {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let report = serde_json::from_str(&text)
                .with_context(|| format!("{} is no report in JSON of this tool", path.display()))?;
            return Ok((report, Exit::Done));
        }
        let config = Config::load(self.config.as_deref())?;
        self.sources.fill(&config);
        self.extent.fill(&config);
        let gathered = gather::gather(&self.sources, &self.extent.cluster)?;
        let request = crate::Request {
            duties: config.duty,
            treasure: config.jewels,
            thresholds: config.secrets,
            ..self.extent.request()
        };
        let report = crate::audit(&gathered.snapshot, &request);
        Ok((report, gathered.exit))
    }
}
