//! The answers of `plan`: as text for a person, and as JSON (`reports/schema/plan-v1.json`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::advise::plan::{Asked, Pair, Plan, Stay, Step};
use crate::graph::control::Taken;
use crate::snapshot::id::Arn;

use super::explain::wrapped;
use super::neutral::for_terminal;
use super::paths::{certainty, named};

/// The version of the answer's form.
pub const SCHEMA: &str = "eks-auditor/plan/v1";

/// How many pairs stand under a change.
const SHOWN: usize = 5;

/// A plan, as one JSON object.
pub fn json(asked: &Asked, plan: &Plan) -> Value {
    let pair = |(from, to): &Pair| json!({"from": from, "to": to});
    let step = |step: &Step| {
        let loss =
            |loss: &crate::advise::loss::Loss| json!({"used": loss.is_used, "text": loss.text});
        json!({
            "title": step.edit.title, "takes": step.edit.taken, "by_hand": step.edit.by_hand,
            "commands": step.edit.commands, "cuts": step.cuts.iter().map(pair).collect::<Vec<_>>(),
            "loses": step.losses.iter().map(loss).collect::<Vec<_>>(),
        })
    };
    let taken = |Taken { step, open }: &Taken| {
        json!({"from": step.from, "to": step.to, "edge": step.edge.as_str(), "evidence": step.evidence,
            "certainty": certainty(open.is_none()), "depends_on": open})
    };
    let stay = |stay: &Stay| {
        json!({"from": stay.pair.0, "to": stay.pair.1,
            "path": stay.way.path.iter().map(taken).collect::<Vec<_>>()})
    };
    json!({
        "schema": SCHEMA, "from": asked.from, "to": asked.to, "certain": asked.certain,
        "pairs": {"before": plan.before, "after": plan.stays.len()},
        "changes": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "fewest": plan.bound == plan.steps.len(), "at_least": plan.bound, "evaluations": plan.evaluations,
        "stays": plan.stays.iter().map(stay).collect::<Vec<_>>(),
        "expected": plan.expected, "not_evaluated": plan.unread,
    })
}

/// A plan, for a person.
pub fn text(asked: &Asked, plan: &Plan, width: usize) -> String {
    let mut out = String::new();
    out.push_str(&wrapped(&for_terminal(&head(asked, plan)), 0, width));
    if !plan.steps.is_empty() {
        let proof = match plan.bound == plan.steps.len() {
            true => "No fewer such changes do.".to_owned(),
            false => format!(
                "Whether fewer do was not found within {} evaluations; at least {} are needed.",
                asked.evaluations, plan.bound
            ),
        };
        let proof = format!(
            "{proof} They were made to a copy of what was read, and everything was evaluated again."
        );
        out.push_str(&wrapped(&proof, 0, width));
    }
    let mut left = plan.before;
    for (number, step) in plan.steps.iter().enumerate() {
        left = left.saturating_sub(step.cuts.len());
        one(&mut out, number + 1, step, left, width);
    }
    if !plan.stays.is_empty() {
        out.push_str("\nSTAYS\n");
        for stay in &plan.stays {
            staying(&mut out, stay, width);
        }
    }
    if !plan.expected.is_empty() {
        let many = plan.expected.len();
        let line = format!(
            "{many} workloads of kube-system and of controllers that everybody runs were not asked about; name one with --from to see it."
        );
        let _ = write!(out, "\n{}", wrapped(&line, 0, width));
    }
    if !plan.unread.is_empty() {
        out.push_str("\nNOT EVALUATED\n");
        for line in &plan.unread {
            out.push_str(&wrapped(&for_terminal(line), 2, width));
        }
    }
    out
}

fn head(asked: &Asked, plan: &Plan) -> String {
    let ends = format!("from {} to {}", asked.from.join(", "), asked.to.join(", "));
    let read = match plan.unread.is_empty() {
        true => "",
        false => " in what was read",
    };
    let certain = if asked.certain { "certain " } else { "" };
    let ways = match plan.before {
        0 => return format!("No {certain}way {ends}{read}: there is nothing to cut."),
        1 => format!("One pair has a {certain}way {ends}{read}."),
        many => format!("{many} pairs have a {certain}way {ends}{read}."),
    };
    let cut = plan.before - plan.stays.len().min(plan.before);
    match (plan.steps.len(), plan.stays.len()) {
        (0, _) => format!("{ways} No change is known that cuts any."),
        (1, 0) => format!("{ways} One change cuts all."),
        (many, 0) => format!("{ways} {many} changes cut all."),
        (1, _) => format!("{ways} One change cuts {cut}."),
        (many, _) => format!("{ways} {many} changes cut {cut}."),
    }
}

fn one(out: &mut String, number: usize, step: &Step, left: usize, width: usize) {
    let title = format!("{number}. {}", step.edit.title);
    let _ = write!(out, "\n{}", wrapped(&for_terminal(&title), 0, width));
    if let Some(taken) = &step.edit.taken {
        out.push_str(&wrapped(&for_terminal(&format!("- {taken}")), 3, width));
    }
    for line in &step.edit.by_hand {
        out.push_str(&wrapped(&for_terminal(&format!("- {line}")), 3, width));
    }
    let cuts = match step.cuts.is_empty() {
        true => "Cuts no pair alone: others need it too.".to_owned(),
        false => format!("Cuts {}; {left} left.", pairs(&step.cuts)),
    };
    out.push_str(&wrapped(&for_terminal(&cuts), 3, width));
    for loss in &step.losses {
        let mark = if loss.is_used { "Used: " } else { "" };
        out.push_str(&wrapped(
            &for_terminal(&format!("{mark}{}", loss.text)),
            3,
            width,
        ));
    }
    for command in &step.edit.commands {
        // Commands are not broken: they are to be copied.
        let _ = writeln!(out, "   $ {}", for_terminal(command));
    }
}

/// `prod: Deployment web/api, prod: Pod web/x → cluster prod, account 111122223333`: what leads to the same goals together.
fn pairs(cuts: &[Pair]) -> String {
    let mut goals: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in cuts {
        goals.entry(from).or_default().push(to);
    }
    let mut together: BTreeMap<Vec<&str>, Vec<String>> = BTreeMap::new();
    for (from, to) in goals {
        together.entry(to).or_default().push(named(from));
    }
    let told = together.into_iter().map(|(to, from)| {
        let more = match from.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let from: Vec<String> = from.into_iter().take(SHOWN).collect();
        let to: Vec<String> = to.into_iter().map(goal).collect();
        format!("{}{more} → {}", from.join(", "), to.join(", "))
    });
    told.collect::<Vec<_>>().join("; ")
}

/// A goal: an account by its number.
fn goal(id: &str) -> String {
    match (Arn::parse(id), id.ends_with(":root")) {
        (Some(arn), true) => format!("account {}", arn.account),
        _ => named(id),
    }
}

fn staying(out: &mut String, stay: &Stay, width: usize) {
    let (from, to) = &stay.pair;
    let line = format!(
        "{} → {}: no change is known that cuts",
        named(from),
        named(to)
    );
    out.push_str(&wrapped(&for_terminal(&line), 2, width));
    for Taken { step, .. } in &stay.way.path {
        let line = format!(
            "{} → {}: {}",
            step.edge.as_str(),
            named(&step.to),
            step.evidence
        );
        out.push_str(&wrapped(&for_terminal(&line), 4, width));
    }
}
