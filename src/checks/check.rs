//! What a check is, and what it says to the report.

use crate::graph::Graph;
use crate::graph::principal::Principal;
use crate::snapshot::coverage::Source;

use super::finding::{
    AnsweredControl, Certainty, Control, Finding, Remediation, Resource, Severity,
};
use super::shared::Shared;
use crate::graph::path::Step;

/// A question to the graph. Its file's name is its id, its leading comment its documentation.
#[derive(Debug)]
pub struct Check {
    /// How bad an answer is, unless the answer says otherwise.
    pub severity: Severity,
    /// What must have been read whole, for the check to be able to say that all is well.
    pub needs: &'static [Source],
    /// Controls that it answers, wholly or in part.
    pub controls: &'static [Control],
    /// The version of the tool that brought it.
    pub since: &'static str,
    /// The question.
    pub run: for<'g> fn(&'g Graph<'g>, &mut Answers<'g>),
}

/// A check with what its file says of it.
#[derive(Debug)]
pub struct Registered {
    /// Kebab case; names the fault.
    pub id: &'static str,
    /// The folder.
    pub area: &'static str,
    /// One line.
    pub title: &'static str,
    /// Markdown: why it matters, how it decides, how to fix it.
    pub documentation: &'static str,
    /// The check.
    pub check: &'static Check,
}

/// What a check found.
#[derive(Debug)]
pub struct Answers<'g> {
    /// What it has in common with other checks.
    pub shared: &'g Shared<'g>,
    id: &'static str,
    severity: Severity,
    controls: &'static [Control],
    /// How many things were looked at: none means that the check does not apply.
    pub(super) examined: usize,
    /// Why some things could not be judged.
    pub(super) unjudged: Vec<String>,
    /// The findings.
    pub(super) findings: Vec<Finding>,
}

impl<'g> Answers<'g> {
    pub(super) fn new(registered: &Registered, shared: &'g Shared<'g>) -> Self {
        Self {
            shared,
            id: registered.id,
            severity: registered.check.severity,
            controls: registered.check.controls,
            examined: 0,
            unjudged: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// One more thing was looked at.
    pub fn examined(&mut self) {
        self.examined += 1;
    }

    /// Something could not be judged: one sentence that names it and says why. The check can
    /// then not pass.
    pub fn unjudged(&mut self, reason: impl Into<String>) {
        self.unjudged.push(reason.into());
    }

    /// Says that a principal could not be judged where some of its policies were not seen.
    pub fn unseen_policies(&mut self, principal: &Principal<'_>) {
        if let Some(unseen) = principal.unseen.first() {
            self.unjudged(format!("{unseen}, which {} has", principal.arn));
        }
    }

    /// Starts a finding on a resource. `key` tells it from others of this check on the same
    /// resource (empty where there can be one only); it must not hold text, times or numbers
    /// that change while the fault stays.
    pub fn finding(&mut self, resource: Resource, key: &str) -> Draft<'_> {
        let finding = Finding::new(self.id, self.severity, self.controls, resource, key);
        Draft {
            findings: &mut self.findings,
            finding,
        }
    }
}

/// A finding being written; [`Draft::report`] ends it.
#[must_use = "a finding counts when it is reported"]
#[derive(Debug)]
pub struct Draft<'a> {
    findings: &'a mut Vec<Finding>,
    finding: Finding,
}

impl Draft<'_> {
    /// One line that names the resource and the fault.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.finding.title = title.into();
        self
    }

    /// What was seen, with its values.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.finding.message = message.into();
        self
    }

    /// Worse or less bad than the check's own.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.finding.severity = severity;
        self
    }

    /// Only these of the check's controls, where the others are not what was found.
    pub fn controls(mut self, controls: &[Control]) -> Self {
        self.finding.controls = controls.iter().map(AnsweredControl::from).collect();
        self
    }

    /// Whether it depends on conditions that are not known.
    pub fn certainty(mut self, certainty: Certainty) -> Self {
        self.finding.certainty = certainty;
        self
    }

    /// Another resource that has to do with it.
    pub fn related(mut self, resource: Resource) -> Self {
        if !self.finding.related.contains(&resource) {
            self.finding.related.push(resource);
        }
        self
    }

    /// Other resources that have to do with it, each given once.
    pub fn related_all(mut self, resources: impl IntoIterator<Item = Resource>) -> Self {
        self.finding.related.extend(resources);
        self
    }

    /// The path that makes it dangerous.
    pub fn path(mut self, path: Vec<Step>) -> Self {
        self.finding.path = path;
        self
    }

    /// What to do, with commands to copy.
    pub fn fix<I>(mut self, text: impl Into<String>, commands: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.finding.remediation = Remediation {
            text: text.into(),
            commands: commands.into_iter().map(Into::into).collect(),
        };
        self
    }

    /// Ends it.
    pub fn report(self) {
        self.findings.push(self.finding);
    }
}
