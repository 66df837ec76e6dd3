//! The `Condition` element: every operator, over a context in which some keys are not known.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".

mod describe;
mod operator;
pub(super) mod value;

pub use operator::{Operator, Order, SetOperator, Test};

use serde_json::Value;

use super::context::{Context, Lookup};
use super::glob::{Pattern, Token};
use super::truth::Truth;
use super::variable::{Reading, Template};
use value::{ArnPattern, Network};

/// One operator, one key, its values: all of it has to hold for the key, any of the values will do.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The key in lower case, as it is looked up.
    pub key: Box<str>,
    /// The key as it is written.
    pub key_shown: Box<str>,
    /// The values as they are written.
    pub values: Box<[Box<str>]>,
    compiled: Compiled,
}

/// The values in the operator's type; what cannot be read in that type is `None`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Compiled {
    Text(Vec<Template>),
    Arn(Vec<ArnPattern>),
    Number(Vec<Option<f64>>),
    Time(Vec<Option<jiff::Timestamp>>),
    Network(Vec<Option<Network>>),
    Plain,
}

impl Condition {
    /// Compiles one key of a `Condition` block; `variables` as the document's version has it.
    pub fn new(operator: Operator, key: &str, values: &Value, variables: bool) -> Self {
        let values = texts(values);
        let reading = Reading {
            wildcards: operator.wildcards(),
            variables,
            fold_case: operator.folds_case(),
        };
        let compiled = match operator.test {
            Test::Text { .. } | Test::Bool => {
                Compiled::Text(values.iter().map(|v| Template::new(v, reading)).collect())
            }
            Test::Arn => Compiled::Arn(
                values
                    .iter()
                    .map(|v| ArnPattern::new(v, variables))
                    .collect(),
            ),
            Test::Number(_) => Compiled::Number(values.iter().map(|v| value::number(v)).collect()),
            Test::Time(_) => Compiled::Time(values.iter().map(|v| value::time(v)).collect()),
            Test::Ip => Compiled::Network(values.iter().map(|v| Network::new(v)).collect()),
            Test::Binary | Test::Null | Test::Unknown => Compiled::Plain,
        };
        Self {
            operator,
            key: key.to_lowercase().into(),
            key_shown: key.into(),
            values: values.into(),
            compiled,
        }
    }

    /// The values as patterns, for the string operators; `None` where one has a variable or for the others.
    pub fn patterns(&self) -> Option<Vec<&Pattern>> {
        match &self.compiled {
            Compiled::Text(values) => values.iter().map(Template::fixed).collect(),
            _ => None,
        }
    }

    /// The values in the operator's type.
    pub(super) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The keys of the variables in its values, in lower case.
    pub fn variables(&self) -> Vec<&str> {
        match &self.compiled {
            Compiled::Text(values) => values.iter().flat_map(Template::keys).collect(),
            Compiled::Arn(values) => values.iter().flat_map(ArnPattern::keys).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it may hold for all values of its key or for none: one of its own is missing, not readable, or they are both of two.
    pub(super) fn is_odd(&self) -> bool {
        self.values.is_empty()
            || self.problem().is_some()
            || (matches!(self.operator.test, Test::Null | Test::Bool) && self.values.len() > 1)
    }

    /// What is wrong with it by AWS's grammar, if anything.
    pub fn problem(&self) -> Option<String> {
        if self.operator.test == Test::Unknown {
            return Some(format!(
                "unknown condition operator {}",
                self.operator.shown
            ));
        }
        let unread = |i: usize| self.values.get(i).map_or("", |v| v);
        let at = match &self.compiled {
            Compiled::Number(v) => v.iter().position(Option::is_none),
            Compiled::Time(v) => v.iter().position(Option::is_none),
            Compiled::Network(v) => v.iter().position(Option::is_none),
            _ => None,
        }?;
        Some(format!(
            "{} of {} has the value {:?}, which it cannot read",
            self.operator.shown,
            self.key_shown,
            unread(at)
        ))
    }

    /// Whether the condition holds.
    pub fn holds(&self, context: &Context) -> Truth {
        let operator = &self.operator;
        let lookup = context.get(&self.key);
        match operator.test {
            Test::Unknown => return Truth::Unknown,
            Test::Null => return self.null(lookup),
            _ => {}
        }
        match lookup {
            Lookup::Absent => self.absent(),
            Lookup::Unknown if self.always() => Truth::Yes,
            Lookup::Unknown => Truth::Unknown,
            Lookup::NotBefore(time) => self.not_before(time),
            Lookup::Beginning(beginning) => self.begun(beginning),
            Lookup::Values { values, .. } if operator.set.is_some() && is_null(values) => {
                self.absent()
            }
            Lookup::Values { values, list } => match operator.set {
                Some(SetOperator::ForAllValues) => values
                    .iter()
                    .map(|v| self.value_holds(v, context))
                    .fold(Truth::Yes, Truth::and),
                Some(SetOperator::ForAnyValue) => values
                    .iter()
                    .map(|v| self.value_holds(v, context))
                    .fold(Truth::No, Truth::or),
                // A single-valued operator does not match a multivalued key.
                None if list => Truth::No,
                None => values
                    .first()
                    .map_or(Truth::No, |v| self.value_holds(v, context)),
            },
        }
    }

    /// The answer where the request does not have the key.
    fn absent(&self) -> Truth {
        let operator = &self.operator;
        Truth::from(match operator.set {
            _ if operator.if_exists => true,
            Some(SetOperator::ForAllValues) => true,
            Some(SetOperator::ForAnyValue) => false,
            None => operator.negated,
        })
    }

    /// Whether it holds with and without the key, whatever the value: `StringLikeIfExists: "*"`.
    fn always(&self) -> bool {
        let operator = &self.operator;
        let Compiled::Text(values) = &self.compiled else {
            return false;
        };
        let any = values
            .iter()
            .any(|v| v.fixed().is_some_and(Pattern::is_any));
        !operator.negated && any && self.absent() == Truth::Yes && operator.set.is_some()
    }

    /// `Null: true` asks that the key is absent.
    fn null(&self, lookup: Lookup<'_>) -> Truth {
        let absent = match lookup {
            Lookup::Absent => Truth::Yes,
            Lookup::Unknown => Truth::Unknown,
            Lookup::Values { values, list: true } if is_null(values) => Truth::Yes,
            Lookup::Values { .. } | Lookup::NotBefore(_) | Lookup::Beginning(_) => Truth::No,
        };
        self.values
            .iter()
            .map(|v| match value::boolean(v) {
                Some(true) => absent,
                Some(false) => absent.negate(),
                None => Truth::No,
            })
            .fold(Truth::No, Truth::or)
    }

    /// Whether one value of the request meets the operator.
    fn value_holds(&self, text: &str, context: &Context) -> Truth {
        match self.matches_any(text, context) {
            None => Truth::No,
            Some(truth) if self.operator.negated => truth.negate(),
            Some(truth) => truth,
        }
    }

    /// Whether the value matches any of the policy's, before negation; `None` where a negated operator
    /// meets a value that its type cannot read: that is false.
    fn matches_any(&self, text: &str, context: &Context) -> Option<Truth> {
        let negated = self.operator.negated;
        let found = match (&self.operator.test, &self.compiled) {
            (Test::Bool, Compiled::Text(values)) => match value::boolean(text) {
                Some(own) => {
                    let own = if own { "true" } else { "false" };
                    return Some(text_matches(values, own, true, context));
                }
                None => Some(false),
            },
            (
                Test::Text {
                    fold_case: true, ..
                },
                Compiled::Text(values),
            ) => {
                return Some(text_matches(values, &text.to_lowercase(), true, context));
            }
            (Test::Text { .. }, Compiled::Text(values)) => {
                return Some(text_matches(values, text, false, context));
            }
            (Test::Arn, Compiled::Arn(values)) => {
                if negated && !value::is_arn(text) {
                    return None;
                }
                let truths = values.iter().map(|v| v.matches(text, context));
                return Some(truths.fold(Truth::No, Truth::or));
            }
            (Test::Number(order), Compiled::Number(values)) => {
                compare(value::number(text), values, |a, b| {
                    order.holds(a.partial_cmp(b))
                })
            }
            (Test::Time(order), Compiled::Time(values)) => {
                compare(value::time(text), values, |a, b| {
                    order.holds(Some(a.cmp(b)))
                })
            }
            (Test::Ip, Compiled::Network(values)) => {
                compare(value::address(text), values, |a, network| {
                    network.contains(*a)
                })
            }
            (Test::Binary, _) => Some(self.values.iter().any(|v| **v == *text)),
            _ => return Some(Truth::Unknown),
        };
        match found {
            Some(found) => Some(found.into()),
            None if negated => None,
            None => Some(Truth::No),
        }
    }

    /// The answer for a text of which the beginning is known.
    fn begun(&self, beginning: &str) -> Truth {
        let Some(patterns) = self.patterns() else {
            return Truth::Unknown;
        };
        let beginning = if self.operator.folds_case() {
            beginning.to_lowercase()
        } else {
            beginning.to_owned()
        };
        let tokens = beginning.chars().map(Token::Char).chain([Token::Many]);
        let own = Pattern::from_tokens(tokens);
        let found = patterns.into_iter().map(|pattern| {
            if pattern.includes(&own) {
                Truth::Yes
            } else if pattern.overlaps(&own) {
                Truth::Unknown
            } else {
                Truth::No
            }
        });
        let found = found.fold(Truth::No, Truth::or);
        if self.operator.negated {
            found.negate()
        } else {
            found
        }
    }

    /// The answer for a time that is this one or any later.
    fn not_before(&self, from: jiff::Timestamp) -> Truth {
        let orders = match (&self.operator.test, &self.compiled) {
            (Test::Time(order), Compiled::Time(values)) => values
                .iter()
                .flatten()
                .map(|v| order.from_bound(from.cmp(v)))
                .fold(Truth::No, Truth::or),
            (Test::Number(order), Compiled::Number(values)) => {
                let from = from.as_second() as f64;
                values
                    .iter()
                    .flatten()
                    .map(|v| {
                        from.partial_cmp(v)
                            .map_or(Truth::No, |o| order.from_bound(o))
                    })
                    .fold(Truth::No, Truth::or)
            }
            _ => return Truth::Unknown,
        };
        if self.operator.negated {
            orders.negate()
        } else {
            orders
        }
    }
}

/// Whether a key's values are "a null data set, such as an empty string" ("Set operators for multivalued
/// context keys").
fn is_null(values: &[Box<str>]) -> bool {
    values.iter().all(|v| v.is_empty())
}

/// Text against templates, any of which will do. A variable without a value is like nothing, so that
/// "inverted condition operators like StringNotEquals or StringNotLike do match against a null value"
/// (IAM User Guide, "Policy variables with no value").
fn text_matches(values: &[Template], text: &str, fold: bool, context: &Context) -> Truth {
    values
        .iter()
        .map(|v| v.expand(context, fold).matches(text))
        .fold(Truth::No, Truth::or)
}

/// Compares a typed value with the policy's; `None` where one of them has not that type.
fn compare<A, B>(
    own: Option<A>,
    values: &[Option<B>],
    test: impl Fn(&A, &B) -> bool,
) -> Option<bool> {
    let own = own?;
    let found = values.iter().flatten().any(|v| test(&own, v));
    if !found && values.iter().any(Option::is_none) {
        None
    } else {
        Some(found)
    }
}

/// One or many values, as texts.
fn texts(values: &Value) -> Vec<Box<str>> {
    match values {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.as_str().into()],
        Value::Bool(_) | Value::Number(_) => vec![values.to_string().into()],
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
