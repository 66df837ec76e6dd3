//! On what a permission of a method is held.

use std::collections::HashMap;

use super::existing::OfKind;
use crate::iam::evaluate::MatchedStatement;
use crate::iam::truth::Truth;

/// What a method reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// Whatever there is of that kind.
    Any,
    /// These.
    These(Vec<String>),
    /// Those that the statements name; which there are was not seen.
    Named,
}

impl Targets {
    /// Whether this one is certainly among them, being of the kind.
    pub(super) fn has(&self, arn: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(these) => these.iter().any(|one| one == arn),
            Self::Named => false,
        }
    }
}

/// How a permission is held.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) certain: bool,
    pub(super) targets: Targets,
    pub(super) perhaps: Vec<String>,
    pub(super) because: Vec<MatchedStatement>,
    pub(super) conditions: Vec<String>,
}

impl Part {
    pub(super) fn depends(&mut self, open: String) {
        self.certain = false;
        self.conditions.push(open);
    }

    /// These for certain, those perhaps; nothing where there are neither.
    pub(super) fn settle(&mut self, sure: Vec<String>, open: Vec<String>) -> Option<()> {
        if sure.is_empty() && open.is_empty() {
            return None;
        }
        match sure.is_empty() {
            true => {
                self.certain = false;
                self.targets = Targets::These(open);
                self.perhaps.clear();
            }
            false => {
                self.targets = Targets::These(sure);
                self.perhaps = open;
            }
        }
        Some(())
    }

    /// What both permissions are held on, of what fits; nothing where that is nothing.
    pub(super) fn meet(&mut self, other: &Self, kind: Option<&OfKind<'_>>) -> Option<()> {
        let all = match (&self.targets, &other.targets) {
            (Targets::Named, _) | (_, Targets::Any) => return Some(()),
            (_, Targets::Named) => {
                self.targets = Targets::Named;
                self.perhaps.clear();
                return Some(());
            }
            (Targets::Any, Targets::These(these)) => these.iter().chain(&other.perhaps),
            (Targets::These(these), Targets::These(_)) => these.iter().chain(&self.perhaps),
        };
        let fitting: Option<HashMap<&str, Truth>> =
            kind.map(|kind| kind.arns().map(|(_, arn, truth)| (arn, truth)).collect());
        let truth = |arn: &str| -> Truth {
            let fits = match &fitting {
                Some(fitting) => fitting.get(arn).copied().unwrap_or(Truth::No),
                None => Truth::Yes,
            };
            fits.and(self.reaches(arn)).and(other.reaches(arn))
        };
        let (mut sure, mut open) = (Vec::new(), Vec::new());
        for arn in all {
            match truth(arn) {
                Truth::Yes => sure.push(arn.clone()),
                Truth::Unknown => open.push(arn.clone()),
                Truth::No => {}
            }
        }
        if sure.is_empty() && self.certain {
            self.depends("only if what is not known of what it is on allows it".to_owned());
        }
        self.settle(sure, open)
    }

    /// Whether it is held on this.
    pub(super) fn reaches(&self, arn: &str) -> Truth {
        if self.targets.has(arn) {
            return Truth::Yes;
        }
        match self.perhaps.iter().any(|one| one == arn) {
            true => Truth::Unknown,
            false => Truth::No,
        }
    }
}
