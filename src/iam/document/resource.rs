//! The resources of a statement: patterns of ARNs, perhaps with variables.

use serde_json::{Map, Value};

use crate::iam::context::Context;
use crate::iam::glob::Pattern;
use crate::iam::principal::strings;
use crate::iam::truth::Truth;
use crate::iam::variable::{Expanded, Reading, Template};

/// The resources of a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Resources {
    /// There is none: in a trust policy, or in a policy whose resource is what it is attached to.
    Omitted,
    /// `Resource`.
    Only(Vec<ResourcePattern>),
    /// `NotResource`.
    AllBut(Vec<ResourcePattern>),
}

/// One resource of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePattern {
    /// The pattern, perhaps with variables.
    pub template: Template,
    /// The same with a wildcard for each of the ARN's fields that it leaves out.
    short: Option<Short>,
}

#[derive(Debug, Clone, PartialEq)]
struct Short {
    padded: Pattern,
    /// Whether the pattern has a wildcard itself.
    wildcard: bool,
}

impl Resources {
    pub(super) fn parse(object: &Map<String, Value>, variables: bool) -> Self {
        let read = |value| {
            strings(value)
                .iter()
                .map(|t| ResourcePattern::new(t, variables))
                .collect()
        };
        match (object.get("Resource"), object.get("NotResource")) {
            (Some(value), _) => Self::Only(read(value)),
            (None, Some(value)) => Self::AllBut(read(value)),
            (None, None) => Self::Omitted,
        }
    }
}

impl Resources {
    /// Whether they have a resource, by how each pattern takes it (`None`: a variable has no value).
    pub(super) fn cover(
        &self,
        identity: bool,
        one: impl Fn(&ResourcePattern) -> Option<Truth>,
    ) -> Truth {
        match self {
            Self::Omitted => Truth::from(!identity),
            Self::Only(patterns) => patterns
                .iter()
                .map(one)
                .fold(Truth::No, |all, one| all.or(one.unwrap_or(Truth::No))),
            // A variable without a value: the statement matches nothing.
            Self::AllBut(patterns) => patterns
                .iter()
                .map(|p| one(p).map_or(Truth::No, Truth::negate))
                .fold(Truth::Yes, Truth::and),
        }
    }
}

impl ResourcePattern {
    fn new(text: &str, variables: bool) -> Self {
        let reading = Reading {
            wildcards: true,
            variables,
            fold_case: false,
        };
        Self {
            template: Template::new(text, reading),
            short: short(text),
        }
    }

    /// Whether the resource matches; `None` where a variable has no value.
    pub fn matches(&self, resource: &str, identity: bool, context: &Context) -> Option<Truth> {
        if let Some(padded) = self.padded(identity)
            && padded.matches(resource)
        {
            return Some(Truth::Yes);
        }
        match self.template.expand(context, false) {
            Expanded::Pattern(p) => Some(p.matches(resource).into()),
            Expanded::Unknown(p) if p.matches(resource) => Some(Truth::Unknown),
            Expanded::Unknown(_) => Some(Truth::No),
            Expanded::Absent => None,
        }
    }

    /// Whether a resource that is one of these matches; `None` where a variable has no value.
    pub fn covers(&self, resources: &Pattern, identity: bool, context: &Context) -> Option<Truth> {
        let by = |pattern: &Pattern, surely| {
            if pattern.includes(resources) {
                surely
            } else if pattern.overlaps(resources) {
                Truth::Unknown
            } else {
                Truth::No
            }
        };
        let short = self.padded(identity).map(|p| by(p, Truth::Yes));
        let plain = match self.template.expand(context, false) {
            Expanded::Pattern(p) => by(&p, Truth::Yes),
            Expanded::Unknown(p) => by(&p, Truth::Unknown),
            Expanded::Absent => return short.filter(|t| *t != Truth::No),
        };
        Some(short.map_or(plain, |s| s.or(plain)))
    }

    /// The pattern with the ARN's missing fields, where it has that meaning too.
    pub fn padded(&self, identity: bool) -> Option<&Pattern> {
        self.short
            .as_ref()
            .filter(|s| identity || s.wildcard)
            .map(|s| &s.padded)
    }
}

/// A resource with fewer than the six fields of an ARN (`arn:aws:sqs`) matches as if the rest were
/// wildcards: in an identity policy always, in a resource policy where it has a wildcard. AWS does not
/// document this; others observed it.
fn short(text: &str) -> Option<Short> {
    let fields = text.split(':').count();
    if !text.starts_with("arn:") || fields >= 6 || text.contains("${") {
        return None;
    }
    let padded = Pattern::new(&format!("{text}{}", ":*".repeat(6 - fields)));
    Some(Short {
        padded,
        wildcard: text.contains(['*', '?']),
    })
}
