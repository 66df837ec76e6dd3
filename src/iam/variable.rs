//! Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`.
//!
//! IAM User Guide, "IAM policy elements: Variables and tags": only documents of version 2012-10-17 have
//! them, elsewhere they are plain characters; a wildcard inside a value is none; a value with a variable
//! whose key the request does not have, and that has no default, is like nothing.

use std::borrow::Cow;

use super::context::{Context, Lookup};
use super::glob::{Pattern, Token};
use super::truth::Truth;

/// How the text of a policy value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// `*` and `?` are wildcards.
    pub wildcards: bool,
    /// `${…}` is a variable.
    pub variables: bool,
    /// Without regard to case: compared in lower case.
    pub fold_case: bool,
}

/// A value of a policy, compiled.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// It has no variable.
    Fixed(Pattern),
    /// It has to be completed with the request's values first.
    Open(Box<[Part]>),
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Part of the pattern itself.
    Token(Token),
    /// A variable.
    Variable {
        /// The condition key, in lower case.
        key: Box<str>,
        /// The key as it is written.
        shown: Box<str>,
        /// What stands for it where the request does not have the key.
        default: Option<Box<str>>,
    },
}

/// A template with the request's values in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Expanded<'a> {
    /// The pattern to match with.
    Pattern(Cow<'a, Pattern>),
    /// The request does not have a variable's key.
    Absent,
    /// A variable's value cannot be known. The pattern has `*` in its place: what does not match it
    /// matches with no value.
    Unknown(Pattern),
}

impl Expanded<'_> {
    /// Whether the text matches. "The value is effectively null. There is no equal or like value": where
    /// a variable has none, nothing does.
    pub fn matches(&self, text: &str) -> Truth {
        match self {
            Self::Pattern(pattern) => pattern.matches(text).into(),
            Self::Unknown(pattern) if pattern.matches(text) => Truth::Unknown,
            Self::Unknown(_) | Self::Absent => Truth::No,
        }
    }
}

impl Template {
    /// Reads a policy's value.
    pub fn new(text: &str, reading: Reading) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if reading.variables
                && let Some((part, behind)) = variable(rest)
            {
                parts.push(part);
                rest = behind;
                continue;
            }
            match c {
                '*' if reading.wildcards => parts.push(Part::Token(Token::Many)),
                '?' if reading.wildcards => parts.push(Part::Token(Token::One)),
                c if reading.fold_case => {
                    parts.extend(c.to_lowercase().map(|c| Part::Token(Token::Char(c))))
                }
                c => parts.push(Part::Token(Token::Char(c))),
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        let tokens: Option<Vec<Token>> = parts
            .iter()
            .map(|p| match p {
                Part::Token(t) => Some(*t),
                Part::Variable { .. } => None,
            })
            .collect();
        match tokens {
            Some(tokens) => Self::Fixed(Pattern::from_tokens(tokens)),
            None => Self::Open(parts.into()),
        }
    }

    /// The pattern, where there is no variable in it.
    pub fn fixed(&self) -> Option<&Pattern> {
        match self {
            Self::Fixed(pattern) => Some(pattern),
            Self::Open(_) => None,
        }
    }

    /// The keys of its variables, in lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.variables().map(|(key, _)| key)
    }

    /// The keys of its variables, as they are written.
    pub fn keys_shown(&self) -> impl Iterator<Item = &str> {
        self.variables().map(|(_, shown)| shown)
    }

    fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        let parts: &[Part] = match self {
            Self::Fixed(_) => &[],
            Self::Open(parts) => parts,
        };
        parts.iter().filter_map(|p| match p {
            Part::Token(_) => None,
            Part::Variable { key, shown, .. } => Some((&**key, &**shown)),
        })
    }

    /// Whether it is one variable and nothing else.
    pub fn is_variable(&self) -> bool {
        matches!(self, Self::Open(parts) if matches!(parts.as_ref(), [Part::Variable { .. }]))
    }

    /// The pattern with this one for every variable, where it has a single variable and no wildcard: then a
    /// text that it matches says what stands for the variable.
    pub fn filled(&self, with: &Pattern) -> Option<Pattern> {
        let Self::Open(parts) = self else {
            return None;
        };
        let wild = |p: &Part| matches!(p, Part::Token(Token::One | Token::Many));
        if parts.iter().any(wild) || self.keys().count() != 1 {
            return None;
        }
        Some(Pattern::from_tokens(
            parts
                .iter()
                .flat_map(|p| match p {
                    Part::Token(token) => std::slice::from_ref(token),
                    Part::Variable { .. } => with.tokens(),
                })
                .copied(),
        ))
    }

    /// The pattern with `*` for every variable: it matches at least what the template can.
    pub fn widest(&self) -> Cow<'_, Pattern> {
        match self {
            Self::Fixed(pattern) => Cow::Borrowed(pattern),
            Self::Open(parts) => Cow::Owned(Pattern::from_tokens(parts.iter().map(|p| match p {
                Part::Token(t) => *t,
                Part::Variable { .. } => Token::Many,
            }))),
        }
    }

    /// Puts the request's values in.
    pub fn expand(&self, context: &Context, fold_case: bool) -> Expanded<'_> {
        let parts = match self {
            Self::Fixed(pattern) => return Expanded::Pattern(Cow::Borrowed(pattern)),
            Self::Open(parts) => parts,
        };
        let mut tokens: Vec<Token> = Vec::new();
        let mut unknown = false;
        for part in parts {
            let (key, default) = match part {
                Part::Token(token) => {
                    tokens.push(*token);
                    continue;
                }
                Part::Variable { key, default, .. } => (key, default),
            };
            let value: &str = match (context.get(key), default) {
                (
                    Lookup::Values {
                        values: [value],
                        list: false,
                    },
                    _,
                ) => value,
                (Lookup::Absent, Some(default)) => default,
                // "Keys that can have several values cannot be used as a variable."
                (Lookup::Absent | Lookup::Values { .. }, _) => return Expanded::Absent,
                (Lookup::Unknown | Lookup::NotBefore(_), _) => {
                    unknown = true;
                    tokens.push(Token::Many);
                    continue;
                }
                (Lookup::Beginning(text), _) => {
                    unknown = true;
                    let folded = fold_case.then(|| text.to_lowercase());
                    tokens.extend(folded.as_deref().unwrap_or(text).chars().map(Token::Char));
                    tokens.push(Token::Many);
                    continue;
                }
            };
            if fold_case {
                tokens.extend(value.to_lowercase().chars().map(Token::Char));
            } else {
                tokens.extend(value.chars().map(Token::Char));
            }
        }
        let pattern = Pattern::from_tokens(tokens);
        if unknown {
            Expanded::Unknown(pattern)
        } else {
            Expanded::Pattern(Cow::Owned(pattern))
        }
    }
}

/// Reads a `${…}` at the start of the text; gives it and what stands behind it.
fn variable(text: &str) -> Option<(Part, &str)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find('}')?;
    let (inner, behind) = (inner.get(..end)?, inner.get(end + 1..)?);
    let literal = match inner {
        "*" => Some('*'),
        "?" => Some('?'),
        "$" => Some('$'),
        _ => None,
    };
    if let Some(c) = literal {
        return Some((Part::Token(Token::Char(c)), behind));
    }
    let (key, default) = match inner.split_once(',') {
        Some((key, default)) => (key, Some(default.trim())),
        None => (inner, None),
    };
    let default = match default {
        Some(quoted) => Some(quoted.strip_prefix('\'')?.strip_suffix('\'')?.into()),
        None => None,
    };
    Some((
        Part::Variable {
            key: key.trim().to_lowercase().into(),
            shown: key.trim().into(),
            default,
        },
        behind,
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    const FULL: Reading = Reading {
        wildcards: true,
        variables: true,
        fold_case: false,
    };

    fn matches(template: &str, reading: Reading, context: &Context, text: &str) -> &'static str {
        match Template::new(template, reading).expand(context, reading.fold_case) {
            Expanded::Pattern(p) if p.matches(text) => "yes",
            Expanded::Unknown(p) if p.matches(text) => "unknown",
            Expanded::Absent => "absent",
            _ => "no",
        }
    }

    #[test]
    fn variables_as_documented() {
        let mut context = Context::complete();
        context
            .set("aws:PrincipalTag/Team", "red")
            .set("aws:username", "a*b")
            .set_list("aws:TagKeys", ["x"]);
        context.set_unknown("aws:userid");
        let old = Reading {
            variables: false,
            ..FULL
        };
        let cases = [
            ("b/${aws:PrincipalTag/team}/*", FULL, "b/red/k", "yes"),
            ("b/${AWS:principaltag/TEAM}/*", FULL, "b/blue/k", "no"),
            // The default stands only where the key is absent.
            ("b/${aws:PrincipalTag/none, 'all'}", FULL, "b/all", "yes"),
            ("b/${aws:PrincipalTag/team, 'all'}", FULL, "b/all", "no"),
            ("b/${aws:PrincipalTag/none}", FULL, "b/", "absent"),
            // A wildcard in the value is a plain character.
            ("b/${aws:username}", FULL, "b/a*b", "yes"),
            ("b/${aws:username}", FULL, "b/axb", "no"),
            // Escapes.
            ("b/${*}", FULL, "b/*", "yes"),
            ("b/${*}", FULL, "b/x", "no"),
            ("b/${?}", FULL, "b/?", "yes"),
            ("${$}{x}", FULL, "${x}", "yes"),
            // Several values cannot be a variable.
            ("${aws:TagKeys}", FULL, "x", "absent"),
            // Not known.
            ("b/${aws:userid}/*", FULL, "b/q/k", "unknown"),
            ("b/${aws:userid}/*", FULL, "c/q/k", "no"),
            // Version 2008-10-17.
            ("b/${aws:username}", old, "b/${aws:username}", "yes"),
            // Not closed: plain text.
            ("b/${aws:username", FULL, "b/${aws:username", "yes"),
        ];
        for (template, reading, text, want) in cases {
            assert_eq!(
                matches(template, reading, &context, text),
                want,
                "{template} against {text}"
            );
        }
    }
}
