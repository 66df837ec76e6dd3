//! Condition keys whose value the caller chooses are no restriction to somebody who has taken the
//! caller over: a condition on them holds if any choice meets it.

use crate::iam::condition::{Condition, Test};
use crate::iam::context::{Context, Lookup};
use crate::iam::evaluate::{
    Decision, NamedPolicy, Policies, Request, ResourcePolicy, Verdict, evaluate,
};
use crate::iam::glob::{Pattern, Token};

/// How many choices are tried.
const MOST: usize = 256;

/// Evaluates, and where the decision is open tries the values that the caller could choose for these
/// keys (in lower case). The first choice that is allowed decides, else the one that leaves least open; the
/// keys stand in `chosen`.
pub fn evaluate_chosen(request: &Request<'_>, policies: &Policies<'_>, keys: &[&str]) -> Decision {
    let plain = evaluate(request, policies);
    if plain.verdict != Verdict::Conditional {
        return plain;
    }
    let mut choices: Vec<(Context, Vec<String>)> = vec![(request.context.clone(), Vec::new())];
    for key in keys
        .iter()
        .filter(|k| request.context.get(k) == Lookup::Unknown)
    {
        let conditions: Vec<&Condition> =
            conditions(policies).filter(|c| *c.key == **key).collect();
        let Some(shown) = conditions.first().map(|c| c.key_shown.to_string()) else {
            continue;
        };
        let values = candidates(&conditions);
        choices = choices
            .into_iter()
            .flat_map(|(context, names)| {
                let names = [names, vec![shown.clone()]].concat();
                let given = values
                    .iter()
                    .map(|v| {
                        with(&context, |c| {
                            c.set(key, v);
                        })
                    })
                    .collect::<Vec<_>>();
                let without = with(&context, |c| {
                    c.set_absent(key);
                });
                given
                    .into_iter()
                    .chain([without])
                    .map(move |c| (c, names.clone()))
            })
            .take(MOST)
            .collect();
    }
    let mut best = plain;
    for (context, names) in choices.iter().filter(|(_, names)| !names.is_empty()) {
        let mut decision = evaluate(
            &Request {
                context,
                ..*request
            },
            policies,
        );
        let open = |decision: &Decision| decision.conditions.iter().map(String::len).sum::<usize>();
        let fewer = open(&decision) < open(&best);
        if decision.is_allowed() || (!decision.is_denied() && fewer) {
            decision.chosen = names.clone();
            best = decision;
        }
        if best.is_allowed() {
            break;
        }
    }
    best
}

fn with(context: &Context, change: impl FnOnce(&mut Context)) -> Context {
    let mut context = context.clone();
    change(&mut context);
    context
}

fn conditions<'a>(policies: &Policies<'a>) -> impl Iterator<Item = &'a Condition> + use<'a> {
    let resource: Option<&NamedPolicy> = match policies.resource {
        ResourcePolicy::Given(policy) => Some(policy),
        _ => None,
    };
    let lists = [policies.identity, policies.boundary, policies.session];
    let levels = policies.scps.iter().chain(policies.rcps).flatten();
    lists
        .into_iter()
        .flatten()
        .chain(levels)
        .chain(resource)
        .flat_map(|p| p.document.statements.iter().flat_map(|s| &s.conditions))
}

/// A value for each pattern that the conditions ask for, and one that none asks for.
fn candidates(conditions: &[&Condition]) -> Vec<String> {
    let mut out = vec!["eks-auditor-any".to_owned()];
    for condition in conditions {
        match condition.operator.test {
            Test::Text { .. } => {
                out.extend(condition.patterns().into_iter().flatten().map(witness))
            }
            _ => out.extend(condition.values.iter().map(|v| v.to_string())),
        }
    }
    out.dedup();
    out
}

/// A text that the pattern matches.
fn witness(pattern: &Pattern) -> String {
    pattern
        .tokens()
        .iter()
        .filter_map(|t| match t {
            Token::Char(c) => Some(*c),
            Token::One => Some('x'),
            Token::Many => None,
        })
        .collect()
}
