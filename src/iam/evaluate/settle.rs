//! Where all values that a key can have lead to one verdict, the verdict is not conditional.
//!
//! Statement by statement, "allowed if the tag is red" and "allowed if the tag is not red" are both open;
//! together they are not. So the keys that several open conditions share are given, one after the other,
//! a value for each way in which their conditions can turn out, and the request is judged for each.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::decision::Matched;
use super::{Decision, Policies, Request, Verdict, judge};
use crate::iam::condition::{Condition, Test};
use crate::iam::context::{Context, Lookup};
use crate::iam::glob::{self, Pattern, Token};
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
    // A key that a variable takes its value from can have as many outcomes as values.
    let variables: BTreeSet<&str> = matched
        .iter()
        .filter(|m| m.truth == Truth::Unknown)
        .flat_map(|m| m.statement.variables())
        .collect();
    open.retain(|key, conditions| conditions.len() > 1 && !variables.contains(key));
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
        .filter_map(|(key, conditions)| Some((*key, values(conditions, request.context.get(key))?)))
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

/// A value for each way in which the conditions of one key can turn out, by what is known of it; `None`
/// stands for an absent key. `None` as a whole where they cannot all be named.
fn values(conditions: &[&Condition], known: Lookup<'_>) -> Option<Vec<Option<String>>> {
    let mut out: Vec<Option<String>> = Vec::new();
    if known == Lookup::Unknown {
        out.push(None);
    }
    let tested: Vec<&Condition> = conditions
        .iter()
        .copied()
        .filter(|c| c.operator.test != Test::Null)
        .collect();
    match (kind(&tested)?, known) {
        (None, _) => out.push(Some("x".into())),
        (Some(Kind::Bool), _) => out.extend(["true", "false"].map(|v| Some(v.to_owned()))),
        (Some(Kind::Number), Lookup::Unknown) => out.extend(numbers(&tested)?),
        (Some(Kind::Time), Lookup::NotBefore(from)) => out.extend(times(&tested, from)?),
        (Some(Kind::Text { fold_case }), known) => {
            let beginning = match known {
                Lookup::Beginning(text) if fold_case => text.to_lowercase(),
                Lookup::Beginning(text) => text.to_owned(),
                _ => String::new(),
            };
            let tokens = beginning.chars().map(Token::Char).chain([Token::Many]);
            let patterns: Vec<&Pattern> = tested
                .iter()
                .map(|c| c.patterns())
                .collect::<Option<Vec<_>>>()?
                .concat();
            let regions = glob::regions(&patterns, &Pattern::from_tokens(tokens))?;
            out.extend(regions.into_values().map(Some));
        }
        _ => return None,
    }
    Some(out)
}

/// What the conditions compare, if they do the same. `Some(None)` where there are none.
fn kind(conditions: &[&Condition]) -> Option<Option<Kind>> {
    let mut all: Option<Kind> = None;
    for condition in conditions {
        if condition.operator.set.is_some() {
            return None;
        }
        let kind = match condition.operator.test {
            Test::Text { fold_case, .. } => Kind::Text { fold_case },
            Test::Bool => Kind::Bool,
            Test::Number(_) => Kind::Number,
            Test::Time(_) => Kind::Time,
            _ => return None,
        };
        if all.is_some_and(|a| a != kind) {
            return None;
        }
        all = Some(kind);
    }
    Some(all)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text { fold_case: bool },
    Bool,
    Number,
    Time,
}

/// Each number of the policies, one between each two, and one on either side.
fn numbers(conditions: &[&Condition]) -> Option<Vec<Option<String>>> {
    let texts = conditions.iter().flat_map(|c| c.values.iter());
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

/// Each time of the policies from the bound on with the moments around it, and the bound itself.
fn times(conditions: &[&Condition], from: Timestamp) -> Option<Vec<Option<String>>> {
    let step = SignedDuration::from_millis(1);
    let mut all = vec![from];
    for condition in conditions {
        for time in condition.times()? {
            all.extend([
                time.checked_sub(step).ok()?,
                time,
                time.checked_add(step).ok()?,
            ]);
        }
    }
    all.sort_unstable();
    all.dedup();
    let later = all.into_iter().filter(|t| *t >= from);
    Some(later.map(|t| Some(t.to_string())).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::iam::document::PolicyDocument;
    use crate::iam::evaluate::{NamedPolicy, evaluate};
    use crate::iam::principal::Principal;

    /// The verdict on `s3:GetObject` of `b/green/k` for a role of which nothing but its id is known.
    fn verdict(statements: Value) -> Verdict {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        let document = PolicyDocument::from_value(&document).unwrap();
        let identity = [NamedPolicy::new("p", document)];
        let mut role = Principal::from_arn("arn:aws:iam::111111111111:role/app").unwrap();
        role.unique_id = Some("AROA1".into());
        let mut context = role.context("2026-11-24T00:00:00Z".parse().unwrap(), []);
        context.set_unknown("aws:PrincipalTag/team");
        let request = Request::new(&role, "s3:getobject", "arn:aws:s3:::b/green/k", &context);
        let policies = Policies {
            identity: &identity,
            ..Policies::default()
        };
        evaluate(&request, &policies).verdict
    }

    fn statement(effect: &str, resource: &str, condition: Value) -> Value {
        json!({"Effect": effect, "Action": "s3:*", "Resource": resource, "Condition": condition})
    }

    #[test]
    fn values_that_lead_to_one_verdict() {
        let team =
            |operator: &str, value: &str| json!({operator: {"aws:PrincipalTag/team": value}});
        let now = |operator: &str, time: &str| json!({operator: {"aws:CurrentTime": time}});
        let id = |operator: &str, value: &str| json!({operator: {"aws:userid": value}});
        let both = |one: Value, other: Value| {
            verdict(json!([
                statement("Allow", "*", one),
                statement("Allow", "*", other)
            ]))
        };
        let (later, latest) = ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
        let cases = [
            (
                both(team("StringEquals", "a"), team("StringNotEquals", "a")),
                Verdict::Allow,
            ),
            (
                both(team("StringEquals", "a"), team("StringEquals", "b")),
                Verdict::Conditional,
            ),
            (
                both(
                    now("DateLessThan", later),
                    now("DateGreaterThanEquals", later),
                ),
                Verdict::Allow,
            ),
            (
                both(now("DateLessThan", later), now("DateGreaterThan", later)),
                Verdict::Conditional,
            ),
            (
                both(now("DateLessThan", later), now("DateGreaterThan", latest)),
                Verdict::Conditional,
            ),
            (
                both(
                    id("StringEquals", "AROA1:a"),
                    id("StringNotEquals", "AROA1:a"),
                ),
                Verdict::Allow,
            ),
            (
                both(
                    id("StringEqualsIgnoreCase", "aroa1:a"),
                    id("StringEqualsIgnoreCase", "AROA1:b"),
                ),
                Verdict::Conditional,
            ),
        ];
        for (at, (got, want)) in cases.into_iter().enumerate() {
            assert_eq!(got, want, "case {at}");
        }
    }

    #[test]
    fn a_variables_key_has_as_many_outcomes_as_values() {
        let team = |value: &str| json!({"StringEquals": {"aws:PrincipalTag/team": value}});
        let got = verdict(json!([
            statement(
                "Allow",
                "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
                json!({})
            ),
            statement("Deny", "*", team("red")),
            statement("Deny", "*", team("blue")),
        ]));
        assert_eq!(got, Verdict::Conditional, "the team green is let in");
    }
}
