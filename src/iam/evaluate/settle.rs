//! Where all values that a key can have lead to one verdict, the verdict is not conditional.
//!
//! Statement by statement, "allowed if the tag is red" and "allowed if the tag is not red" are both open;
//! together they are not. So the keys that several open conditions or variables share are given, one after
//! the other, a value for each way in which those can turn out, and the request is judged for each.
//!
//! What remains open though no value decides: variables within longer values (`${aws:username}-x`) of a
//! condition, or two keys' variables in one resource; operators with and without regard to case, of ARNs and
//! of plain text, or of numbers and dates on one key; and what takes more than [`MOST`] combinations.

mod values;

use std::collections::{BTreeMap, BTreeSet};

use super::decision::Matched;
use super::{Decision, Policies, Request, Verdict, judge};
use crate::iam::condition::value::ArnPattern;
use crate::iam::condition::{Compiled, Condition};
use crate::iam::context::{Context, Lookup};
use crate::iam::document::{Resources, Statement};
use crate::iam::truth::Truth;
use crate::iam::variable::Template;
use values::Uses;

/// How many combinations of values are tried; beyond them the decision stays conditional.
const MOST: usize = 1_024;

/// What the open statements ask of the keys that are not known.
#[derive(Default)]
pub(super) struct Open<'a> {
    keys: BTreeMap<&'a str, Uses<'a>>,
}

/// The value that a key is given.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Absent,
    One(String),
    List(Vec<String>),
}

/// A value for each of some keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    values: Vec<(String, Value)>,
}

impl Completion {
    /// The context with these values for the keys that it does not know.
    pub fn put_into(&self, context: &Context) -> Context {
        let mut out = context.clone();
        for (key, value) in &self.values {
            if is_open(context, key) {
                put(&mut out, key, value);
            }
        }
        out
    }

    /// As clauses: "where aws:username is ann". What no policy names is shown as `*`.
    pub fn describe(&self) -> Vec<String> {
        let shown = |text: &str| -> String {
            let private = |c: char| ('\u{F0000}'..=char::MAX).contains(&c);
            text.chars()
                .map(|c| if private(c) { '*' } else { c })
                .collect()
        };
        let clause = |(key, value): &(String, Value)| match value {
            Value::Absent => format!("where {key} is not set"),
            Value::One(value) => format!("where {key} is {}", shown(value)),
            Value::List(values) => {
                let values: Vec<String> = values.iter().map(|v| shown(v)).collect();
                format!("where {key} is all of {}", values.join(", "))
            }
        };
        self.values.iter().map(clause).collect()
    }
}

fn put(context: &mut Context, key: &str, value: &Value) {
    match value {
        Value::Absent => context.set_absent(key),
        Value::One(value) => context.set(key, value),
        Value::List(values) => context.set_list(key, values.iter().map(String::as_str)),
    };
}

fn is_open(context: &Context, key: &str) -> bool {
    matches!(
        context.get(key),
        Lookup::Unknown | Lookup::NotBefore(_) | Lookup::Beginning(_)
    )
}

impl<'a> Open<'a> {
    /// Adds a condition that is open, and the variables in it.
    fn add(&mut self, condition: &'a Condition, context: &Context) {
        let uses = self.keys.entry(&condition.key).or_default();
        uses.conditions.push(condition);
        uses.count += if condition.is_odd() { 2 } else { 1 };
        if let Compiled::Text(templates) = condition.compiled() {
            for template in templates {
                for key in template.keys().filter(|k| is_open(context, k)) {
                    let uses = self.keys.entry(key).or_default();
                    uses.count += 1;
                    uses.beside.push((condition, template));
                }
            }
        }
        if let Compiled::Arn(patterns) = condition.compiled() {
            for key in patterns.iter().flat_map(ArnPattern::keys) {
                self.keys.entry(key).or_default().is_part_of_arn = true;
            }
        }
    }

    /// Adds the resources of a statement that match or not, depending on a variable.
    fn add_resources(&mut self, statement: &'a Statement, context: &Context) {
        let (Resources::Only(list) | Resources::AllBut(list)) = &statement.resources else {
            return;
        };
        for resource in list {
            self.add_template(&resource.template, context);
        }
    }

    fn add_template(&mut self, template: &'a Template, context: &Context) {
        for key in template.keys().filter(|k| is_open(context, k)) {
            let uses = self.keys.entry(key).or_default();
            uses.count += 1;
            uses.resources.push(template);
        }
    }

    fn asked_again(&self) -> impl Iterator<Item = &'a str> {
        let again = self.keys.iter().filter(|(_, uses)| uses.count > 1);
        again.map(|(key, _)| *key)
    }

    /// The keys that are held against some of these, by way of a variable.
    fn linked(&self, keys: &BTreeSet<&str>) -> impl Iterator<Item = &'a str> {
        let pairs = self.keys.iter().flat_map(|(variable, uses)| {
            let beside = uses.beside.iter();
            beside.map(move |(condition, _)| (*variable, &*condition.key))
        });
        let pairs = pairs.flat_map(|(a, b)| [(a, b), (b, a)]);
        let linked: Vec<&str> = pairs
            .filter(|(a, _)| keys.contains(a))
            .map(|(_, b)| b)
            .collect();
        linked.into_iter()
    }

    /// The keys in an order in which those that others' values name come first.
    fn order(&self) -> Vec<&'a str> {
        let mut out: Vec<&str> = Vec::new();
        let mut left: Vec<&str> = self.keys.keys().copied().collect();
        while !left.is_empty() {
            // A key waits for the variables in its conditions' values.
            let waits = |key: &&str| {
                let uses = self.keys.get(*key);
                let conditions = uses.into_iter().flat_map(|u| u.conditions.iter());
                conditions
                    .flat_map(|c| templates(c))
                    .flat_map(Template::keys)
                    .any(|variable| variable != *key && left.contains(&variable))
            };
            let next = left.iter().position(|key| !waits(key)).unwrap_or(0);
            out.push(left.remove(next));
        }
        out
    }
}

fn templates(condition: &Condition) -> &[Template] {
    match condition.compiled() {
        Compiled::Text(templates) => templates,
        _ => &[],
    }
}

/// What is open in the statements found, if some key is asked several times.
pub(super) fn shared<'a>(matched: &[Matched<'a>], request: &Request<'_>) -> Option<Open<'a>> {
    let context = request.context;
    let mut open = Open::default();
    for found in matched.iter().filter(|m| m.truth == Truth::Unknown) {
        for condition in &found.statement.conditions {
            if condition.holds(context) == Truth::Unknown {
                open.add(condition, context);
            }
        }
        open.add_resources(found.statement, context);
    }
    // What is asked once can turn out either way whatever the rest does.
    let mut kept: BTreeSet<&str> = open.asked_again().collect();
    loop {
        let linked: Vec<&str> = open.linked(&kept).filter(|k| !kept.contains(k)).collect();
        if linked.is_empty() {
            break;
        }
        kept.extend(linked);
    }
    open.keys.retain(|key, _| kept.contains(key));
    (!open.keys.is_empty()).then_some(open)
}

/// The verdict that all values of the shared keys agree on; `None` where they do not.
pub(super) fn settle(
    request: &Request<'_>,
    policies: &Policies<'_>,
    open: &Open<'_>,
) -> Option<Decision> {
    let mut agreed: Option<Decision> = None;
    let mut tried = 0;
    let all = each(
        open,
        request,
        &open.order(),
        request.context.clone(),
        &mut |context| {
            tried += 1;
            if tried > MOST {
                return false;
            }
            let own = Request {
                context,
                ..*request
            };
            let (decision, _) = judge(&own, policies);
            if decision.verdict == Verdict::Conditional {
                return false;
            }
            agreed = Some(match agreed.take() {
                None => decision,
                Some(before) if before.is_allowed() == decision.is_allowed() => {
                    before.join(decision)
                }
                Some(_) => return false,
            });
            true
        },
    );
    agreed.filter(|_| all)
}

/// Calls `visit` with the context for each combination of values, until it says no; whether it went through
/// all of them.
fn each(
    open: &Open<'_>,
    request: &Request<'_>,
    keys: &[&str],
    context: Context,
    visit: &mut dyn FnMut(&Context) -> bool,
) -> bool {
    let Some((key, rest)) = keys.split_first() else {
        return visit(&context);
    };
    let values = open.keys.get(key).and_then(|uses| {
        values::values(
            uses,
            open,
            &context,
            request.context.get(key),
            request.resource,
        )
    });
    let Some(values) = values else {
        // It stays unknown: what all the others then agree on does not depend on it.
        return each(open, request, rest, context, visit);
    };
    for value in values {
        let mut context = context.clone();
        put(&mut context, key, &value);
        if !each(open, request, rest, context, visit) {
            return false;
        }
    }
    true
}

/// A completion of the context for each way in which the conditions, and these patterns of the resource, can
/// turn out together; `None` where they cannot all be named.
pub fn completions(
    conditions: &[&Condition],
    templates: &[&Template],
    resource: &str,
    context: &Context,
) -> Option<Vec<Completion>> {
    let mut open = Open::default();
    for condition in conditions {
        open.add(condition, context);
    }
    for template in templates {
        open.add_template(template, context);
    }
    let mut out = vec![(context.clone(), Completion { values: Vec::new() })];
    for key in open.order() {
        let uses = open.keys.get(key)?;
        let mut next = Vec::new();
        for (completed, completion) in &out {
            for value in values::values(uses, &open, completed, context.get(key), resource)? {
                let mut context = completed.clone();
                put(&mut context, key, &value);
                let mut completion = completion.clone();
                completion.values.push((key.to_owned(), value));
                next.push((context, completion));
                if next.len() > MOST {
                    return None;
                }
            }
        }
        out = next;
    }
    Some(out.into_iter().map(|(_, completion)| completion).collect())
}

#[cfg(test)]
mod known_tests;
#[cfg(test)]
mod tests;
