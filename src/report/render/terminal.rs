//! The report for a person at a terminal: what was not seen, then what is wrong, worst first.

use std::fmt::Write as _;

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};

use crate::checks;
use crate::checks::finding::{Certainty, Finding, Severity, Status};
use crate::checks::outcome::Outcome;
use crate::graph::wording::short;
use crate::report::Report;
use crate::snapshot::coverage;
use crate::snapshot::id::ObjectId;

use super::neutral::for_terminal;

/// How to show it.
#[derive(Clone, Debug)]
pub struct Options {
    /// How wide the terminal is.
    pub width: u16,
    /// Whether colours may be used. They are never the only sign.
    pub colour: bool,
    /// Whether every finding of a check is shown, and not only the first few.
    pub all: bool,
    /// Which findings were chosen to be shown, in words; empty where all are.
    pub chosen: String,
    /// What a person types behind `explain FINGERPRINT` to see all of a finding; `None` where the
    /// audit cannot be made again.
    pub explain: Option<String>,
}

/// Gaps with one scope, outcome and reason stand together: a cluster that refuses everything gives
/// its reason once.
fn alike<'r>(gaps: &[&'r coverage::Entry]) -> Vec<Vec<&'r coverage::Entry>> {
    let mut out: Vec<Vec<&coverage::Entry>> = Vec::new();
    for gap in gaps {
        let same = |entry: &coverage::Entry| {
            (&entry.scope, entry.status, &entry.detail) == (&gap.scope, gap.status, &gap.detail)
        };
        match out
            .iter_mut()
            .find(|group| group.first().is_some_and(|entry| same(entry)))
        {
            Some(group) => group.push(gap),
            None => out.push(vec![gap]),
        }
    }
    out
}

/// How many findings of one check are shown, unless all are asked for.
const SHOWN: usize = 10;

/// The report as text.
pub fn render(report: &Report, options: &Options) -> String {
    let mut screen = Screen {
        text: String::new(),
        options,
        several_clusters: report.clusters.len() > 1,
    };
    screen.head(report);
    screen.gaps(report);
    screen.summary(report);
    for severity in Severity::ALL {
        screen.severity(report, severity);
    }
    screen.not_evaluated(report);
    screen.next(report);
    screen.text
}

/// ANSI colours of what is bad.
fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "1;35",
        Severity::High => "1;31",
        Severity::Medium => "33",
        Severity::Low => "36",
        Severity::Info => "2",
    }
}

struct Screen<'a> {
    text: String,
    options: &'a Options,
    /// Whether a name has to say which cluster it is of.
    several_clusters: bool,
}

impl Screen<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    fn paint(&self, code: &str, text: &str) -> String {
        match self.options.colour {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    /// A paragraph wrapped to the width behind an indent.
    fn paragraph(&mut self, indent: usize, text: &str) {
        let mut table = self.table(indent);
        table.add_row([for_terminal(text)]);
        self.put(&table, indent);
    }

    fn table(&self, indent: usize) -> Table {
        let mut table = Table::new();
        let indent = u16::try_from(indent).unwrap_or(0);
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.options.width.saturating_sub(indent).max(40));
        table
    }

    fn put(&mut self, table: &Table, indent: usize) {
        let mut table = table.clone();
        for column in table.column_iter_mut() {
            column.set_padding((0, 1));
        }
        let space = " ".repeat(indent);
        for line in table.lines() {
            let line = format!("{space}{line}");
            self.line(&line);
        }
    }

    fn head(&mut self, report: &Report) {
        let title = self.paint("1", "eks-auditor");
        let line = format!(
            "{title} {} · as of {}",
            report.tool.version, report.taken_at
        );
        self.line(&line);
        let clusters: Vec<String> = report
            .clusters
            .iter()
            .map(|cluster| {
                let facts: Vec<&str> = [&cluster.version, &cluster.region]
                    .into_iter()
                    .flatten()
                    .map(String::as_str)
                    .collect();
                match facts.is_empty() {
                    true => cluster.name.clone(),
                    false => format!("{} ({})", cluster.name, facts.join(", ")),
                }
            })
            .collect();
        for (what, names) in [("accounts", &report.accounts), ("clusters", &clusters)] {
            let names = match names.is_empty() {
                true => "none".to_owned(),
                false => names.join(", "),
            };
            self.paragraph(0, &format!("{what} {names}"));
        }
        self.line("");
    }

    /// What was asked for and did not come: the reader must know before anything else.
    fn gaps(&mut self, report: &Report) {
        let gaps: Vec<&coverage::Entry> = report.gaps().collect();
        if gaps.is_empty() {
            return;
        }
        let title = match gaps.len() {
            1 => "NOT EVERYTHING WAS SEEN: 1 source did not come whole".to_owned(),
            many => format!("NOT EVERYTHING WAS SEEN: {many} sources did not come whole"),
        };
        let title = self.paint("1;33", &title);
        self.line(&title);
        let alike = alike(&gaps);
        let mut table = self.table(2);
        let shown = if self.options.all { alike.len() } else { SHOWN };
        for same in alike.iter().take(shown) {
            let (Some(entry), sources) = (same.first(), same.iter().map(|entry| &*entry.source))
            else {
                continue;
            };
            table.add_row([
                for_terminal(&sources.collect::<Vec<_>>().join(", ")).into_owned(),
                for_terminal(&entry.scope).into_owned(),
                status(entry.status).to_owned(),
                for_terminal(entry.detail.as_deref().unwrap_or("")).into_owned(),
            ]);
        }
        self.put(&table, 2);
        if alike.len() > shown {
            let hidden: usize = alike.iter().skip(shown).map(Vec::len).sum();
            let line = format!("  … and {hidden} more; --all shows them");
            self.line(&line);
        }
        self.line("");
    }

    fn summary(&mut self, report: &Report) {
        let summary = &report.summary;
        let counts = [
            (Severity::Critical, summary.critical),
            (Severity::High, summary.high),
            (Severity::Medium, summary.medium),
            (Severity::Low, summary.low),
            (Severity::Info, summary.info),
        ];
        let shown: Vec<String> = counts
            .into_iter()
            .map(|(severity, count)| {
                let text = format!("{count} {}", severity.as_str());
                match count {
                    0 => self.paint("2", &text),
                    _ => self.paint(colour(severity), &text),
                }
            })
            .collect();
        let line = shown.join(" · ");
        self.line(&line);
        let checks = &summary.checks;
        let mut line = format!(
            "{} checks failed, {} passed, {} not evaluated, {} not applicable",
            checks.fail, checks.pass, checks.not_evaluated, checks.not_applicable
        );
        if summary.waived > 0 {
            let _ = write!(line, "; {} findings waived", summary.waived);
        }
        self.line(&line);
        if !self.options.chosen.is_empty() {
            let line = format!("Shown: {}", for_terminal(&self.options.chosen));
            self.line(&line);
        }
    }

    fn severity(&mut self, report: &Report, severity: Severity) {
        let findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.severity == severity && finding.status != Status::Waived)
            .collect();
        if findings.is_empty() {
            return;
        }
        self.line("");
        let heading = severity.as_str().to_uppercase();
        let heading = self.paint(colour(severity), &heading);
        self.line(&heading);
        for group in findings.chunk_by(|a, b| a.check == b.check) {
            self.group(group);
        }
    }

    /// The findings of one check.
    fn group(&mut self, findings: &[&Finding]) {
        let Some(first) = findings.first() else {
            return;
        };
        let title = checks::named(&first.check).map_or("", |registered| registered.title);
        let id = self.paint("1", &first.check);
        let count = match findings.len() {
            1 => String::new(),
            many => format!(" ({many})"),
        };
        self.line(&format!("  {id}{count}"));
        self.paragraph(2, title);
        let shown = if self.options.all {
            findings.len()
        } else {
            SHOWN
        };
        let mut table = self.table(4);
        for finding in findings.iter().take(shown) {
            table.add_row([finding.fingerprint.clone(), self.title(finding)]);
            if let Some(path) = self.path(finding) {
                table.add_row([String::new(), path]);
            }
        }
        // A fingerprint that wraps cannot be copied.
        if let Some(column) = table.column_mut(0) {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(17)));
        }
        self.put(&table, 4);
        if findings.len() > shown {
            let line = format!(
                "    … and {} more; --all shows them",
                findings.len() - shown
            );
            self.line(&line);
        }
    }

    fn title(&self, finding: &Finding) -> String {
        let title = for_terminal(&finding.title);
        let cluster = ObjectId::parse(&finding.resource.id).map(|object| object.cluster);
        let said = finding
            .path
            .first()
            .is_some_and(|step| ObjectId::parse(&step.from).is_some());
        let cluster = cluster.filter(|name| self.several_clusters && !said && !names(&title, name));
        let certainty = (finding.certainty == Certainty::Conditional).then_some("conditional");
        let notes: Vec<&str> = cluster.into_iter().chain(certainty).collect();
        match notes.is_empty() {
            true => title.into_owned(),
            false => format!("{title} ({})", for_terminal(&notes.join(", "))),
        }
    }

    /// `prod: Deployment a/b → ServiceAccount a/b → role app`.
    fn path(&self, finding: &Finding) -> Option<String> {
        let first = finding.path.first()?;
        let cluster = ObjectId::parse(&first.from).map(|object| object.cluster);
        let cluster = cluster.filter(|_| self.several_clusters);
        let cluster = cluster.map_or(String::new(), |name| format!("{name}: "));
        let mut shown = format!("↳ {cluster}{}", short(&first.from));
        for step in &finding.path {
            let _ = write!(shown, " → {}", short(&step.to));
        }
        Some(for_terminal(&shown).into_owned())
    }

    fn not_evaluated(&mut self, report: &Report) {
        let open: Vec<_> = report
            .checks
            .iter()
            .filter(|check| check.outcome == Outcome::NotEvaluated)
            .collect();
        if open.is_empty() {
            return;
        }
        self.line("");
        let heading = self.paint("1", "NOT EVALUATED");
        self.line(&heading);
        let mut table = self.table(2);
        for check in open {
            let reason = self.brief(check.reason.as_deref().unwrap_or(""));
            table.add_row([check.id.clone(), for_terminal(&reason).into_owned()]);
        }
        self.put(&table, 2);
    }

    /// The first of several reasons, and how many more there are.
    fn brief(&self, reason: &str) -> String {
        match reason.split_once("; ") {
            Some((first, rest)) if !self.options.all => {
                format!("{first} (and {} more)", rest.split("; ").count())
            }
            _ => reason.to_owned(),
        }
    }

    fn next(&mut self, report: &Report) {
        let Some(finding) = report
            .findings
            .iter()
            .find(|finding| finding.status != Status::Waived)
        else {
            return;
        };
        self.line("");
        let fingerprint = &finding.fingerprint;
        let line = match &self.options.explain {
            Some(behind) => format!("Next: eks-auditor explain {fingerprint}{behind}"),
            None => format!(
                "Next: keep the report (-o terminal -o json=report.json), then eks-auditor explain {fingerprint} --report report.json"
            ),
        };
        self.line(&line);
    }
}

/// Whether a title has a name among its words.
fn names(title: &str, name: &str) -> bool {
    title
        .split([' ', ','])
        .any(|word| word.trim_matches(['\'', '(', ')']) == name)
}

fn status(status: coverage::Status) -> &'static str {
    match status {
        coverage::Status::Complete => "complete",
        coverage::Status::Partial => "partial",
        coverage::Status::Denied => "denied",
        coverage::Status::Failed => "failed",
        coverage::Status::Skipped => "skipped",
    }
}
