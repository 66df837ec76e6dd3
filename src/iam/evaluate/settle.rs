//! Where all values that a key can have lead to one verdict, the verdict is not conditional.
//!
//! Statement by statement, "allowed if the tag is red" and "allowed if the tag is not red" are both open;
//! together they are not. So the keys that several open conditions share are given, one after the other,
//! a value for each way in which their conditions can turn out, and the request is judged for each.

use std::collections::BTreeMap;

use super::decision::Matched;
use super::{Decision, Policies, Request, Verdict, judge};
use crate::iam::condition::{Condition, Test};
use crate::iam::context::Context;
use crate::iam::glob::{self, Pattern};
use crate::iam::truth::Truth;

/// How many combinations of values are tried; beyond them the decision stays conditional.
const MOST: usize = 1_024;

/// The open conditions, by key.
pub(super) type Open<'a> = BTreeMap<&'a str, Vec<&'a Condition>>;

/// The open conditions of the statements found, if some key has several of them.
pub(super) fn shared<'a>(matched: &[Matched<'a>], context: &Context) -> Option<Open<'a>> {
    let mut open = Open::new();
    for found in matched.iter().filter(|m| m.truth == Truth::Unknown) {
        for condition in found
            .statement
            .conditions
            .iter()
            .filter(|c| c.holds(context) == Truth::Unknown)
        {
            open.entry(&condition.key).or_default().push(condition);
        }
    }
    open.retain(|_, conditions| conditions.len() > 1);
    (!open.is_empty()).then_some(open)
}

/// The verdict that all values of the shared keys agree on; `None` where they do not.
pub(super) fn settle(
    request: &Request<'_>,
    policies: &Policies<'_>,
    open: &Open<'_>,
) -> Option<Decision> {
    let choices: Vec<(&str, Vec<Option<String>>)> = open
        .iter()
        .filter_map(|(key, conditions)| Some((*key, values(conditions)?)))
        .collect();
    let combinations = choices
        .iter()
        .try_fold(1usize, |n, (_, v)| n.checked_mul(v.len()))?;
    if choices.is_empty() || combinations > MOST {
        return None;
    }
    let mut agreed: Option<Decision> = None;
    for mut at in 0..combinations {
        let mut context = request.context.clone();
        for (key, values) in &choices {
            match values.get(at % values.len()) {
                Some(Some(value)) => context.set(key, value),
                _ => context.set_absent(key),
            };
            at /= values.len();
        }
        let (decision, _) = judge(
            &Request {
                context: &context,
                ..*request
            },
            policies,
        );
        agreed = Some(match agreed {
            _ if decision.verdict == Verdict::Conditional => return None,
            None => decision,
            Some(before) if before.is_allowed() == decision.is_allowed() => before.join(decision),
            Some(_) => return None,
        });
    }
    agreed
}

/// A value for each way in which the conditions of one key can turn out, `None` standing for an absent
/// key. `None` as a whole where they cannot all be named.
fn values(conditions: &[&Condition]) -> Option<Vec<Option<String>>> {
    let mut test: Option<Kind> = None;
    for condition in conditions {
        if condition.operator.set.is_some() {
            return None;
        }
        let kind = match condition.operator.test {
            Test::Null => continue,
            Test::Text { fold_case, .. } => Kind::Text { fold_case },
            Test::Bool => Kind::Bool,
            Test::Number(_) => Kind::Number,
            _ => return None,
        };
        if test.is_some_and(|t| t != kind) {
            return None;
        }
        test = Some(kind);
    }
    let mut out: Vec<Option<String>> = vec![None];
    match test {
        None => out.push(Some("x".into())),
        Some(Kind::Bool) => out.extend(["true", "false"].map(|v| Some(v.to_owned()))),
        Some(Kind::Number) => out.extend(numbers(conditions)?),
        Some(Kind::Text { .. }) => {
            let texts = conditions.iter().filter(|c| c.operator.test != Test::Null);
            let patterns: Vec<&Pattern> = texts
                .map(|c| c.patterns())
                .collect::<Option<Vec<_>>>()?
                .concat();
            out.extend(
                glob::regions(&patterns, &Pattern::new("*"))?
                    .into_values()
                    .map(Some),
            );
        }
    }
    Some(out)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text { fold_case: bool },
    Bool,
    Number,
}

/// Each number of the policies, one between each two, and one on either side.
fn numbers(conditions: &[&Condition]) -> Option<Vec<Option<String>>> {
    let texts = conditions
        .iter()
        .filter(|c| c.operator.test != Test::Null)
        .flat_map(|c| c.values.iter());
    let mut all: Vec<f64> = texts.map(|v| v.parse().ok()).collect::<Option<_>>()?;
    all.sort_by(f64::total_cmp);
    let between = all
        .windows(2)
        .filter_map(|w| Some((w.first()? + w.last()?) / 2.0));
    let ends = [all.first().map(|v| v - 1.0), all.last().map(|v| v + 1.0)];
    let more: Vec<f64> = between.chain(ends.into_iter().flatten()).collect();
    Some(
        all.iter()
            .chain(&more)
            .map(|v| Some(v.to_string()))
            .collect(),
    )
}
