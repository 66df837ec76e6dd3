//! A set of actions or resources: a pattern, less some, within others.

use std::fmt;

use crate::iam::glob::{Inclusion, Pattern, includes_union};

/// What the pattern matches, each of `within` does too, and none of `but` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The pattern.
    pub pattern: Pattern,
    /// Patterns that also have to match, where two do not make one.
    pub within: Vec<Pattern>,
    /// Patterns that must not match.
    pub but: Vec<Pattern>,
}

impl Term {
    /// All that a pattern matches.
    pub fn of(pattern: Pattern) -> Self {
        Self {
            pattern,
            within: Vec::new(),
            but: Vec::new(),
        }
    }

    /// Everything that none of these match.
    pub fn all_but(but: Vec<Pattern>) -> Self {
        Self {
            but,
            ..Self::of(Pattern::new("*"))
        }
    }

    /// Whether it is a pattern and nothing more.
    pub fn is_plain(&self) -> bool {
        self.within.is_empty() && self.but.is_empty()
    }

    /// What is in both; nothing where that is certainly empty.
    pub fn and(&self, other: &Self) -> Option<Self> {
        if !self.pattern.overlaps(&other.pattern) {
            return None;
        }
        let mut both = match (
            self.pattern.includes(&other.pattern),
            other.pattern.includes(&self.pattern),
        ) {
            (_, true) => Self::of(self.pattern.clone()),
            (true, false) => Self::of(other.pattern.clone()),
            (false, false) => Self {
                within: vec![other.pattern.clone()],
                ..Self::of(self.pattern.clone())
            },
        };
        for pattern in self.within.iter().chain(&other.within) {
            if !pattern.includes(&both.pattern) && !both.within.contains(pattern) {
                both.within.push(pattern.clone());
            }
        }
        for pattern in self.but.iter().chain(&other.but) {
            if pattern.overlaps(&both.pattern) && !both.but.contains(pattern) {
                both.but.push(pattern.clone());
            }
        }
        (!both.is_empty()).then_some(both)
    }

    /// Whether nothing is certainly left of it.
    fn is_empty(&self) -> bool {
        let but: Vec<&Pattern> = self.but.iter().collect();
        !but.is_empty() && includes_union(&but, &self.pattern) == Inclusion::Yes
    }

    /// Whether they may have something in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        let apart = |but: &[Pattern], of: &Pattern| but.iter().any(|but| but.includes(of));
        self.pattern.overlaps(&other.pattern)
            && !apart(&self.but, &other.pattern)
            && !apart(&other.but, &self.pattern)
    }

    /// Whether all of the other is certainly in it.
    pub fn includes(&self, other: &Self) -> bool {
        let inside = |pattern: &Pattern| {
            pattern.includes(&other.pattern) || other.within.iter().any(|one| pattern.includes(one))
        };
        let outside = |but: &Pattern| {
            !but.overlaps(&other.pattern) || other.but.iter().any(|other| other.includes(but))
        };
        inside(&self.pattern) && self.within.iter().all(inside) && self.but.iter().all(outside)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |patterns: &[Pattern]| {
            let texts: Vec<String> = patterns.iter().map(Pattern::to_string).collect();
            texts.join(", ")
        };
        write!(f, "{}", self.pattern)?;
        if !self.within.is_empty() {
            write!(f, " within {}", list(&self.within))?;
        }
        if !self.but.is_empty() {
            write!(f, " but {}", list(&self.but))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(text: &str) -> Term {
        let (pattern, but) = text.split_once(" but ").unwrap_or((text, ""));
        let but = but.split(", ").filter(|one| !one.is_empty());
        Term {
            but: but.map(Pattern::new).collect(),
            ..Term::of(Pattern::new(pattern))
        }
    }

    #[test]
    fn what_is_in_both() {
        for (a, b, both) in [
            ("s3:*", "s3:get*", Some("s3:get*")),
            ("s3:get*", "*", Some("s3:get*")),
            ("s3:*", "ec2:*", None),
            ("* but iam:*", "iam:get*", None),
            ("* but iam:*", "s3:*", Some("s3:*")),
            ("* but iam:get*", "iam:*", Some("iam:* but iam:get*")),
            ("s3:*object", "s3:get*", Some("s3:*object within s3:get*")),
            ("* but a*, b*", "* but c*", Some("* but a*, b*, c*")),
        ] {
            let found = term(a).and(&term(b)).map(|found| found.to_string());
            assert_eq!(found.as_deref(), both, "{a} and {b}");
        }
    }

    #[test]
    fn inclusion_is_never_guessed() {
        for (a, b, includes) in [
            ("s3:*", "s3:get*", true),
            ("* but iam:*", "s3:*", true),
            ("* but iam:*", "iam:get*", false),
            ("* but iam:get*", "* but iam:*", true),
            ("s3:get*", "s3:*", false),
        ] {
            assert_eq!(term(a).includes(&term(b)), includes, "{a} has {b}");
        }
    }
}
