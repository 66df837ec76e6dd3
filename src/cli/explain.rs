//! `explain`: a check by its id, or a finding by its fingerprint, with all evidence.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::checks::check::Registered;
use crate::checks::finding::{Certainty, Finding};
use crate::checks::{self};
use crate::report::Report;
use crate::report::render::neutral::for_terminal;

use super::arguments::{Asked, Sources};
use super::config::Config;
use super::{Exit, gather, output};

/// Show a check by its id, or a finding by its fingerprint
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The id of a check, or the fingerprint of a finding (its first digits will do)
    what: String,
    /// The report in JSON that the finding stands in; without one the audit is made again
    #[arg(long, value_name = "FILE", conflicts_with = "input")]
    report: Option<PathBuf>,
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    asked: Asked,
    /// A configuration file instead of ./eks-auditor.toml
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
            "`{}` is no check and no fingerprint; `eks-auditor checks` lists the checks",
            self.what
        );
        let (report, exit) = self.report()?;
        let found: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.fingerprint.starts_with(&self.what))
            .collect();
        match found.as_slice() {
            [] => anyhow::bail!("no finding has the fingerprint {}", self.what),
            [found] => output::write(&finding(found), None)?,
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
                .with_context(|| format!("{} is no report of this tool", path.display()))?;
            return Ok((report, Exit::Done));
        }
        let config = Config::load(self.config.as_deref())?;
        self.sources.fill(&config);
        self.asked.fill(&config);
        let request = self.asked.request()?;
        let gathered = gather::gather(&self.sources, &self.asked.cluster)?;
        Ok((crate::audit(&gathered.snapshot, &request), gathered.exit))
    }
}

fn check(registered: &Registered) -> String {
    let mut text = format!(
        "{} ({}, area {}, since {})\n{}\n\n{}\n",
        registered.id,
        registered.check.severity.as_str(),
        registered.area,
        registered.check.since,
        registered.title,
        registered.documentation,
    );
    let needs: Vec<&str> = registered
        .check
        .needs
        .iter()
        .map(|need| need.name)
        .collect();
    let _ = writeln!(text, "\nNeeds: {}", needs.join(", "));
    let controls: Vec<String> = registered
        .check
        .controls
        .iter()
        .map(|control| format!("{} {}", control.framework, control.id))
        .collect();
    if !controls.is_empty() {
        let _ = writeln!(text, "Answers: {}", controls.join(", "));
    }
    text
}

fn finding(finding: &Finding) -> String {
    let certainty = match finding.certainty {
        Certainty::Certain => "certain",
        Certainty::Conditional => "conditional",
    };
    let mut text = format!(
        "{}\n{} · {} · {certainty} · {}\n\n{}\n\nResource: {} ({})\n",
        for_terminal(&finding.title),
        finding.severity.as_str(),
        finding.check,
        finding.fingerprint,
        for_terminal(&finding.message),
        for_terminal(&finding.resource.id),
        finding.resource.kind,
    );
    for related in &finding.related {
        let _ = writeln!(text, "Related: {}", for_terminal(&related.id));
    }
    if !finding.path.is_empty() {
        text.push_str("\nPath\n");
    }
    for (at, step) in finding.path.iter().enumerate() {
        let _ = writeln!(
            text,
            "  {}. {}\n     -- {} --> {}\n     {}",
            at + 1,
            for_terminal(&step.from),
            step.edge.as_str(),
            for_terminal(&step.to),
            for_terminal(&step.evidence),
        );
    }
    let _ = writeln!(text, "\nFix\n  {}", for_terminal(&finding.remediation.text));
    for command in &finding.remediation.commands {
        let _ = writeln!(text, "  $ {}", for_terminal(command));
    }
    let _ = writeln!(text, "\nMore: eks-auditor explain {}", finding.check);
    text
}
