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
    /// The keys of the variables in their patterns, in lower case.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let patterns = match self {
            Self::Omitted => &[][..],
            Self::Only(patterns) | Self::AllBut(patterns) => patterns,
        };
        patterns.iter().flat_map(|one| one.template.keys())
    }

    /// Whether they have a resource, by how each pattern takes it.
    pub(super) fn cover(&self, identity: bool, one: impl Fn(&ResourcePattern) -> Truth) -> Truth {
        let any = |patterns: &[ResourcePattern]| {
            let mut all = Truth::No;
            for pattern in patterns {
                all = all.or(one(pattern));
                if all == Truth::Yes {
                    break;
                }
            }
            all
        };
        match self {
            Self::Omitted => Truth::from(!identity),
            Self::Only(patterns) => any(patterns),
            Self::AllBut(patterns) => any(patterns).negate(),
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

    /// Whether the resource matches. "The resource that includes a policy variable with no value will not
    /// match any resource", in `Resource` as in `NotResource` (IAM User Guide, "Policy variables with no
    /// value").
    pub fn matches(&self, resource: &str, identity: bool, context: &Context) -> Truth {
        if let Some(padded) = self.padded(identity)
            && padded.matches(resource)
        {
            return Truth::Yes;
        }
        self.template.expand(context, false).matches(resource)
    }

    /// Whether a resource that is one of these matches.
    pub fn covers(&self, resources: &Pattern, identity: bool, context: &Context) -> Truth {
        let by = |pattern: &Pattern, surely| {
            if pattern.includes(resources) {
                surely
            } else if pattern.overlaps(resources) {
                Truth::Unknown
            } else {
                Truth::No
            }
        };
        let short = self
            .padded(identity)
            .map_or(Truth::No, |p| by(p, Truth::Yes));
        short.or(match self.template.expand(context, false) {
            Expanded::Pattern(p) => by(&p, Truth::Yes),
            Expanded::Unknown(p) => by(&p, Truth::Unknown),
            Expanded::Absent => Truth::No,
        })
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
