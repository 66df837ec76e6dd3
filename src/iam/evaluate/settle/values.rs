//! A value of a key for each way in which its conditions can turn out.

use std::collections::BTreeSet;

use super::{Open, Value};
use crate::iam::condition::value::{ArnPattern, Network};
use crate::iam::condition::{Compiled, Condition, Test};
use crate::iam::context::{Context, Lookup};
use crate::iam::glob::{self, Pattern, Token};
use crate::iam::services::{ConditionKey, ValueType, table};
use crate::iam::variable::{Expanded, Part, Template};

/// What is asked of a key.
#[derive(Default)]
pub(super) struct Uses<'a> {
    /// How many times.
    pub(super) count: usize,
    /// The conditions on it.
    pub(super) conditions: Vec<&'a Condition>,
    /// The conditions that have it as a variable, with the value it stands in.
    pub(super) beside: Vec<(&'a Condition, &'a Template)>,
    /// The resources that have it as a variable.
    pub(super) resources: Vec<&'a Template>,
    /// Whether it is a variable in the value of an ARN operator: its values cannot be named then.
    pub(super) is_part_of_arn: bool,
}

/// How many different values a key may have to be given; of a set of values, each can be there or not.
const MOST: usize = 256;
const MOST_OF_A_SET: usize = 6;

/// How many steps may be taken to find what a variable in a resource can stand for.
const WORK: usize = 1 << 25;

/// The type of a key, as its conditions take it.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text { fold_case: bool },
    Bool,
    Number,
    Time,
    Ip,
    Arn,
}

/// The values; `None` where they cannot all be named.
pub(super) fn values(
    uses: &Uses<'_>,
    open: &Open<'_>,
    context: &Context,
    known: Lookup<'_>,
    resource: &str,
) -> Option<Vec<Value>> {
    if uses.is_part_of_arn {
        return None;
    }
    let kind = kind(uses)?;
    let texts = match kind {
        None => vec!["x".to_owned()],
        Some(Kind::Bool) => vec!["true".into(), "false".into()],
        Some(Kind::Number) => numbers(&uses.conditions),
        Some(Kind::Time) => times(&uses.conditions)?,
        Some(Kind::Ip) => addresses(&uses.conditions),
        Some(Kind::Arn) => arns(&uses.conditions, context)?,
        Some(Kind::Text { fold_case }) => in_text(uses, open, context, known, resource, fold_case)?,
    };
    let mut texts = texts;
    if !matches!(known, Lookup::NotBefore(_)) {
        texts.extend(uses.conditions.iter().find_map(|c| misfit(&c.key, kind)));
    }
    if texts.len() > MOST {
        return None;
    }
    if let Lookup::NotBefore(from) = known {
        return not_before(texts, from, kind);
    }
    let is_set = |c: &&Condition| c.operator.set.is_some();
    let mut out = match (known, kind) {
        // The key is there, as a text that begins so.
        (Lookup::Beginning(_), None | Some(Kind::Text { .. })) => Vec::new(),
        (Lookup::Beginning(_), _) => return None,
        _ => vec![Value::Absent],
    };
    if uses.conditions.iter().any(is_set) {
        if texts.len() > MOST_OF_A_SET {
            return None;
        }
        for chosen in 1..1usize << texts.len() {
            let some = texts
                .iter()
                .enumerate()
                .filter(|(at, _)| chosen >> at & 1 == 1);
            out.push(Value::List(some.map(|(_, t)| t.clone()).collect()));
        }
    }
    if !uses.conditions.iter().all(is_set) || uses.conditions.is_empty() {
        out.extend(texts.into_iter().map(Value::One));
    }
    Some(out)
}

/// A text that the conditions' type cannot read, where the key may have one: a tag is compared as a number, and
/// may be any text.
fn misfit(key: &str, kind: Option<Kind>) -> Option<String> {
    let own = table().condition_key(key).map(ConditionKey::value_type);
    let readable = match kind? {
        Kind::Bool => own == Some(ValueType::Bool),
        Kind::Number => own == Some(ValueType::Numeric),
        Kind::Time => matches!(own, Some(ValueType::Date | ValueType::Numeric)),
        Kind::Ip => own == Some(ValueType::IpAddress),
        // Of texts every one can be read, and of ARNs one that is none is among the values.
        Kind::Text { .. } | Kind::Arn => true,
    };
    (!readable).then(|| "unreadable".to_owned())
}

/// The one type of all conditions; the outer `None` where they do not agree. The inner one: only asked
/// whether it is there.
#[allow(clippy::option_option)]
fn kind(uses: &Uses<'_>) -> Option<Option<Kind>> {
    let mut kind = None;
    if !uses.beside.is_empty() || !uses.resources.is_empty() {
        kind = Some(Kind::Text { fold_case: false });
    }
    for condition in &uses.conditions {
        let one = match condition.operator.test {
            Test::Null => continue,
            Test::Text { fold_case, .. } => Kind::Text { fold_case },
            Test::Binary => Kind::Text { fold_case: false },
            Test::Bool => Kind::Bool,
            Test::Number(_) => Kind::Number,
            Test::Time(_) => Kind::Time,
            Test::Ip => Kind::Ip,
            Test::Arn => Kind::Arn,
            Test::Unknown => return None,
        };
        if kind.is_some_and(|k| k != one) {
            return None;
        }
        kind = Some(one);
    }
    Some(kind)
}

/// Each number of the policies, one between each two, and one on either side.
fn numbers(conditions: &[&Condition]) -> Vec<String> {
    let own = |c: &&Condition| match c.compiled() {
        Compiled::Number(values) => values.iter().flatten().copied().collect(),
        _ => Vec::new(),
    };
    let mut all: Vec<f64> = conditions.iter().flat_map(own).collect();
    all.sort_by(f64::total_cmp);
    let between = all
        .windows(2)
        .filter_map(|w| Some(w.first()? / 2.0 + w.last()? / 2.0));
    let ends = [
        all.first().map_or(0.0, |v| v - v.abs() - 1.0),
        all.last().map_or(0.0, |v| v + v.abs() + 1.0),
    ];
    let mut more: Vec<f64> = between.chain(ends).collect();
    more.extend(&all);
    more.iter().map(ToString::to_string).collect()
}

/// Each date of the policies, and the moments before and behind it.
fn times(conditions: &[&Condition]) -> Option<Vec<String>> {
    let mut out = BTreeSet::new();
    let moment = jiff::SignedDuration::from_nanos(1);
    for condition in conditions {
        if let Compiled::Time(values) = condition.compiled() {
            for time in values.iter().flatten() {
                out.insert(*time);
                out.insert(time.checked_sub(moment).ok()?);
                out.insert(time.checked_add(moment).ok()?);
            }
        }
    }
    if out.is_empty() {
        out.insert(jiff::Timestamp::UNIX_EPOCH);
    }
    Some(out.iter().map(ToString::to_string).collect())
}

/// The first address of each range and of what lies behind it: every run of addresses that no range parts
/// begins with one of them.
fn addresses(conditions: &[&Condition]) -> Vec<String> {
    let mut out: BTreeSet<String> = BTreeSet::from(["0.0.0.0".into(), "::".into()]);
    for condition in conditions {
        if let Compiled::Network(networks) = condition.compiled() {
            let networks = || networks.iter().flatten();
            out.extend(networks().map(|n| n.first().to_string()));
            out.extend(
                networks()
                    .filter_map(Network::behind)
                    .map(|a| a.to_string()),
            );
        }
    }
    out.into_iter().collect()
}

/// Each field's ways to match, combined, and what is no ARN. The first field of an ARN is `arn`.
fn arns(conditions: &[&Condition], context: &Context) -> Option<Vec<String>> {
    let mut fields: [Vec<Pattern>; 6] = Default::default();
    for condition in conditions {
        let Compiled::Arn(values) = condition.compiled() else {
            continue;
        };
        for value in values {
            match value {
                ArnPattern::Fields(own) => {
                    for (field, template) in fields.iter_mut().zip(own.iter()) {
                        field.push(expanded(template, context)??);
                    }
                }
                // `*` is any ARN; any other that has too few fields would have to be held against the
                // whole.
                ArnPattern::Whole(template) if template.fixed()?.is_any() => {}
                ArnPattern::Whole(_) => return None,
            }
        }
    }
    let any = Pattern::new("*");
    let mut out: Vec<String> = vec!["arn".to_owned()];
    for (at, patterns) in fields.iter().enumerate().skip(1) {
        let patterns: Vec<&Pattern> = patterns.iter().collect();
        let found = match at {
            5 => glob::regions(&patterns, &any)?,
            _ => glob::regions_within_fields(&patterns, &any)?,
        };
        let joined = |start: &String| -> Vec<String> {
            let texts = found.values().filter(|t| at == 5 || !t.contains(':'));
            texts.map(|t| format!("{start}:{t}")).collect()
        };
        out = out.iter().flat_map(joined).collect();
        if out.len() > MOST {
            return None;
        }
    }
    out.push("no arn".into());
    Some(out)
}

/// The pattern of a template; the outer `None` where it has a variable that is not known, the inner where it
/// has one without a value, and matches nothing.
#[allow(clippy::option_option)]
fn expanded(template: &Template, context: &Context) -> Option<Option<Pattern>> {
    match template.expand(context, false) {
        Expanded::Pattern(pattern) => Some(Some(pattern.into_owned())),
        Expanded::Absent => Some(None),
        Expanded::Unknown(_) => None,
    }
}

/// A text for each way in which the patterns of the conditions, those that it is compared with by way of a
/// variable, and the resources with it as a variable can match.
fn in_text(
    uses: &Uses<'_>,
    open: &Open<'_>,
    context: &Context,
    known: Lookup<'_>,
    resource: &str,
    fold_case: bool,
) -> Option<Vec<String>> {
    let mut patterns: Vec<Pattern> = Vec::new();
    for condition in &uses.conditions {
        match condition.compiled() {
            Compiled::Text(templates) => add(&mut patterns, templates, context, fold_case)?,
            Compiled::Plain if condition.operator.test == Test::Binary => {
                patterns.extend(condition.values.iter().map(|v| Pattern::literal(v)));
            }
            _ => {}
        }
    }
    for (condition, template) in &uses.beside {
        let plain = matches!(
            condition.operator.test,
            Test::Text {
                fold_case: false,
                ..
            }
        );
        if fold_case || !plain || !template.is_variable() {
            return None;
        }
        // What the other key is held against besides.
        let other = open.keys.get(&*condition.key);
        for condition in other.into_iter().flat_map(|u| &u.conditions) {
            match condition.compiled() {
                Compiled::Text(templates) => {
                    patterns.extend(templates.iter().filter_map(Template::fixed).cloned());
                }
                Compiled::Plain if condition.operator.test == Test::Null => {}
                _ => return None,
            }
        }
    }
    for template in &uses.resources {
        let mut keys: Vec<&str> = template.keys().collect();
        keys.dedup();
        if keys.len() > 1 || fold_case {
            return None;
        }
        patterns.extend(inside(template, context, resource)?);
    }
    let patterns: Vec<&Pattern> = patterns.iter().collect();
    let found = glob::regions(&patterns, &possible(known, fold_case))?;
    Some(found.into_values().collect())
}

/// The texts that a key can have, by what is known of it.
fn possible(known: Lookup<'_>, fold_case: bool) -> Pattern {
    let beginning = match known {
        Lookup::Beginning(text) if fold_case => text.to_lowercase(),
        Lookup::Beginning(text) => text.to_owned(),
        _ => String::new(),
    };
    Pattern::from_tokens(beginning.chars().map(Token::Char).chain([Token::Many]))
}

fn add(
    patterns: &mut Vec<Pattern>,
    templates: &[Template],
    context: &Context,
    fold_case: bool,
) -> Option<()> {
    for template in templates {
        match template.expand(context, fold_case) {
            Expanded::Pattern(pattern) => patterns.push(pattern.into_owned()),
            Expanded::Absent => {}
            Expanded::Unknown(_) => return None,
        }
    }
    Some(())
}

/// The parts of the resource that the template's variable can stand for, each as a pattern.
fn inside(template: &Template, context: &Context, resource: &str) -> Option<Vec<Pattern>> {
    let Template::Open(parts) = template else {
        return Some(Vec::new());
    };
    let key = template.keys().next()?;
    let (before, at_start) = plain(parts.iter());
    let (behind, at_end) = plain(parts.iter().rev());
    let behind: String = behind.chars().rev().collect();
    let last = resource.len().checked_sub(behind.len());
    let (true, Some(last), true) = (
        resource.starts_with(&before),
        last,
        resource.ends_with(&behind),
    ) else {
        return Some(Vec::new());
    };
    let places = || (before.len()..=last).filter(|at| resource.is_char_boundary(*at));
    let mut texts: BTreeSet<&str> = BTreeSet::new();
    let mut work = 0;
    for from in places().take(if at_start { 1 } else { usize::MAX }) {
        let ends = places().filter(|to| !at_end || *to == last);
        for text in ends.filter_map(|to| resource.get(from..to)) {
            // To try it takes at most pattern × text steps.
            work += (parts.len() + template.keys().count() * text.len()) * resource.len();
            if work > WORK {
                return None;
            }
            texts.insert(text);
        }
    }
    let mut out = Vec::new();
    let mut context = context.clone();
    for text in texts {
        context.set(key, text);
        if let Expanded::Pattern(pattern) = template.expand(&context, false)
            && pattern.matches(resource)
        {
            out.push(Pattern::literal(text));
        }
        if out.len() > MOST / 4 {
            return None;
        }
    }
    Some(out)
}

/// The characters up to the first wildcard or variable, and whether that is a variable.
fn plain<'p>(parts: impl Iterator<Item = &'p Part>) -> (String, bool) {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Token(Token::Char(c)) => text.push(*c),
            Part::Token(Token::One | Token::Many) => return (text, false),
            Part::Variable { .. } => return (text, true),
        }
    }
    (text, false)
}

/// Only what is at or after the bound, and never absent.
fn not_before(texts: Vec<String>, from: jiff::Timestamp, kind: Option<Kind>) -> Option<Vec<Value>> {
    let mut out: Vec<Value> = Vec::new();
    match kind {
        Some(Kind::Time) => {
            let times = texts
                .iter()
                .filter_map(|t| t.parse::<jiff::Timestamp>().ok());
            let after = times.filter(|t| *t >= from).chain([from]);
            out.extend(after.map(|t| Value::One(t.to_string())));
        }
        Some(Kind::Number) => {
            let from = from.as_second() as f64;
            let numbers = texts.iter().filter_map(|t| t.parse::<f64>().ok());
            let after = numbers.filter(|n| *n >= from).chain([from]);
            out.extend(after.map(|n| Value::One(n.to_string())));
        }
        _ => return None,
    }
    Some(out)
}
