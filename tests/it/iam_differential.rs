//! IAM decisions against a reference: random requests with policies of every kind, decided by this project and
//! by `@cloud-copilot/iam-simulate`, which runs as a program of its own (`tests/reference/`).
//!
//! Each case is decided by both. Where they disagree, the reference's known faults (`disagreements.rs`, each with
//! the documentation that judges it) are taken out of the request and the reference is asked again; what it
//! still says otherwise fails the test, with the request made as small as it goes. A part of the cases leaves
//! condition keys out as unknown, or asks for a role and with it for any of its sessions: then what is
//! certain here has to be so for the reference with every completion that is tried.
//!
//! `EKS_AUDITOR_FUZZ_CASES` and `EKS_AUDITOR_FUZZ_SEED` ask for other cases; the gate asks for 100,000.

mod case;
mod conditions;
mod coverage;
mod disagreements;
mod doubt;
mod generate;
mod minimise;
mod naming;
mod random;
mod reference;
mod rewrite;
mod scene;
mod tally;
mod undo;

use std::env;
use std::thread;

use eks_auditor::iam::simulate::simulate;
use serde_json::Value;

use disagreements::{GROUPS, LAST};
use reference::Reference;
use tally::Tally;

/// How many cases are asked at a time.
const BATCH: u64 = 2_000;

/// The verdict of this project on a request.
pub fn verdict(request: &Value) -> String {
    match simulate(request) {
        Ok(answer) => answer["EvaluationResults"][0]["EvalDecision"]
            .as_str()
            .unwrap_or("")
            .to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

/// Whether the verdict here can stand beside the reference's on one of so many completions.
fn agrees(ours: &str, reference: &str, completions: usize) -> bool {
    match ours {
        "implicitDeny" if completions > 1 => matches!(reference, "implicitDeny" | "explicitDeny"),
        "conditional" if completions > 1 => !reference.starts_with("error"),
        _ => ours == reference,
    }
}

/// The request with the reference's faults taken out, and their names.
fn without_faults(request: &Value) -> (Value, Vec<&'static str>) {
    let mut request = request.clone();
    let mut names = Vec::new();
    for group in GROUPS {
        if (group.rewrite)(&mut request) {
            names.push(group.name);
        }
    }
    (request, names)
}

/// What came of one question to the reference.
enum Outcome {
    Agreed,
    /// It agrees once these faults are taken out.
    Explained(Vec<&'static str>),
    Disagreed(String),
}

/// Asks the reference again, without its faults.
fn explain(
    reference: &mut Reference,
    ours: &str,
    asked: &Value,
    completions: usize,
    said: &str,
) -> Outcome {
    if agrees(ours, said, completions) {
        return Outcome::Agreed;
    }
    if ours == "conditional" {
        return if doubt::decides(reference, asked) {
            Outcome::Explained(vec![DOUBT])
        } else {
            Outcome::Disagreed(said.to_owned())
        };
    }
    let (request, names) = without_faults(asked);
    let again = reference.ask(&[&request]).remove(0);
    if agrees(ours, &again, completions) {
        return Outcome::Explained(least(reference, ours, asked, completions, names));
    }
    for (verdict, group) in LAST {
        let mut request = request.clone();
        if ours == *verdict
            && (group.rewrite)(&mut request)
            && reference.ask(&[&request])[0] == ours
        {
            return Outcome::Explained(vec![group.name]);
        }
    }
    Outcome::Disagreed(again)
}

/// The one fault that explains it, else all of them.
fn least(
    reference: &mut Reference,
    ours: &str,
    asked: &Value,
    completions: usize,
    names: Vec<&'static str>,
) -> Vec<&'static str> {
    let groups = GROUPS.iter().filter(|g| names.contains(&g.name));
    let single: Vec<(&str, Value)> = groups
        .map(|group| {
            let mut request = asked.clone();
            (group.rewrite)(&mut request);
            (group.name, request)
        })
        .collect();
    let requests: Vec<&Value> = single.iter().map(|(_, request)| request).collect();
    let answers = reference.ask(&requests);
    let one = single
        .iter()
        .zip(answers)
        .find(|(_, said)| agrees(ours, said, completions));
    one.map_or(names, |((name, _), _)| vec![name])
}

/// The name under which doubts about `NotPrincipal` are counted.
const DOUBT: &str = "incomplete NotPrincipal";

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number"))
    })
}

#[test]
fn the_reference_agrees() {
    let seed = number("EKS_AUDITOR_FUZZ_SEED", 1);
    let cases = number("EKS_AUDITOR_FUZZ_CASES", 20_000);
    let half = |which: u64| {
        let (mut tally, mut reference) = (Tally::default(), Reference::start());
        let mut from = which * BATCH;
        while from < cases {
            tally.run(&mut reference, seed, from..cases.min(from + BATCH));
            from += 2 * BATCH;
        }
        tally
    };
    let mut tally = thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let mut one = half(0);
        one.join(other.join().unwrap());
        one
    });
    println!("{}", tally.show());
    tally.disagreed.sort();
    let shown: Vec<String> = minimise::shown(seed, &tally.disagreed);
    assert!(
        shown.is_empty(),
        "seed {seed}: {} of {cases} cases disagree:\n{}",
        tally.disagreed.len(),
        shown.join("\n")
    );
    if cases >= 100_000 {
        tally.is_varied(cases);
    }
}
