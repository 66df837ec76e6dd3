//! IAM decisions against a reference: random requests with policies of every kind, decided by this project and
//! by `@cloud-copilot/iam-simulate`, which runs as a program of its own (`tests/reference/`).
//!
//! Each case is decided by both. Where they disagree, the reference's known faults (`disagreements.rs`, each with
//! the documentation that judges it) are taken out of the request and the reference is asked again; what it
//! still says otherwise fails the test, with the request made as small as it goes. A part of the cases leaves
//! condition keys out as unknown, or asks for a role and with it for any of its sessions: then what is
//! certain here has to be so for the reference with every completion that is tried.
//!
//! `EKS_AUDITOR_FUZZ_CASES` and `EKS_AUDITOR_FUZZ_SEED` ask for other cases.

mod conditions;
mod coverage;
mod disagreements;
mod generate;
mod minimise;
mod naming;
mod random;
mod reference;
mod rewrite;
mod scene;

use std::collections::BTreeMap;
use std::env;
use std::thread;

use eks_auditor::iam::simulate::simulate;
use serde_json::{Value, json};

use coverage::Coverage;
use disagreements::{GROUPS, LAST, in_doubt};
use random::Random;
use reference::Reference;

/// How many cases are asked at a time.
const BATCH: u64 = 2_000;

/// A case: what is asked here, and what is asked of the reference. Several questions are completions of what
/// is not known here.
pub struct Case {
    number: u64,
    ours: Value,
    asked: Vec<Value>,
}

impl Case {
    fn new(seed: u64, number: u64) -> Self {
        let (_, request) = generate::request(seed, number);
        let random = &mut Random::new(seed ^ 0x5eed, number);
        let mut case = Self {
            number,
            asked: vec![request.clone()],
            ours: request,
        };
        if random.percent(12) {
            case.forget(random);
        }
        case.any_session();
        case
    }

    /// Leaves condition keys out as unknown; the reference gets them with some values, and without.
    fn forget(&mut self, random: &mut Random) {
        let follows = |entry: &Value| {
            let name = entry["ContextKeyName"].as_str().unwrap_or("");
            name == "aws:ResourceAccount"
                || (name.starts_with("aws:Principal")
                    && !name.contains('/')
                    && name != "aws:PrincipalOrgPaths")
        };
        let entries = self.ours["ContextEntries"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let known: Vec<Value> = entries
            .into_iter()
            .filter(|e| follows(e) || random.percent(50))
            .collect();
        self.ours["ContextComplete"] = json!(false);
        self.ours["ContextEntries"] = json!(known);
        for _ in 0..2 {
            let mut entries = known.clone();
            for (key, kind) in scene::KEYS {
                let has = |e: &Value| {
                    e["ContextKeyName"]
                        .as_str()
                        .is_some_and(|n| n.eq_ignore_ascii_case(key))
                };
                if known.iter().any(has) || *key == "aws:PrincipalArn" || random.percent(35) {
                    continue;
                }
                let list = *kind == scene::Kind::List;
                let values: Vec<String> = (0..1 + usize::from(list))
                    .map(|_| scene::value(random, *kind))
                    .collect();
                let shape = if list { "stringList" } else { "string" };
                entries.push(json!({"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": shape}));
            }
            let mut request = self.asked[0].clone();
            request["ContextEntries"] = json!(entries);
            self.asked.push(request);
        }
    }

    /// A role stands for any of its sessions: the reference gets some of them.
    fn any_session(&mut self) {
        let arn = self
            .ours
            .get("CallerArn")
            .and_then(Value::as_str)
            .unwrap_or("");
        let Some((account, name)) = arn.split_once(":role/") else {
            return;
        };
        let account = account.replace(":iam:", ":sts:");
        let sessions =
            ["one", "two", "three"].map(|s| format!("{account}:assumed-role/{name}/{s}"));
        self.asked = self
            .asked
            .iter()
            .flat_map(|request| {
                sessions.iter().map(|session| {
                    let mut request = request.clone();
                    request["CallerArn"] = json!(session);
                    request
                })
            })
            .collect();
    }

    /// The verdict here.
    fn verdict(&self) -> String {
        verdict(&self.ours)
    }
}

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
        return doubt(reference, asked).unwrap_or_else(|| Outcome::Disagreed(said.to_owned()));
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

/// Whether a `NotPrincipal` in doubt makes the difference: as the request stands, or as it would with a
/// resource that names the session.
fn doubt(reference: &mut Reference, asked: &Value) -> Option<Outcome> {
    let both = in_doubt(asked)?.map(|request| without_faults(&request).0);
    let named = both.clone().map(|mut request| {
        for (_, group) in LAST.iter().filter(|(verdict, _)| *verdict == "allowed") {
            (group.rewrite)(&mut request);
        }
        request
    });
    let differs = [both, named].iter().any(|[out, within]| {
        let said = reference.ask(&[out, within]);
        (said[0] == "allowed") != (said[1] == "allowed")
    });
    differs.then(|| Outcome::Explained(vec![DOUBT]))
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

/// What a run found.
#[derive(Default)]
struct Tally {
    verdicts: BTreeMap<String, u64>,
    open: u64,
    completed: u64,
    explained: BTreeMap<&'static str, u64>,
    /// By this fault and no other.
    alone: BTreeMap<&'static str, u64>,
    disagreed: Vec<(u64, usize, String, String)>,
    coverage: Coverage,
}

impl Tally {
    fn run(&mut self, reference: &mut Reference, seed: u64, numbers: impl Iterator<Item = u64>) {
        let cases: Vec<Case> = numbers.map(|n| Case::new(seed, n)).collect();
        let verdicts: Vec<String> = cases.iter().map(Case::verdict).collect();
        let asked: Vec<&Value> = cases.iter().flat_map(|c| &c.asked).collect();
        let mut answers = reference.ask(&asked).into_iter();
        for (case, ours) in cases.iter().zip(verdicts) {
            let completions = case.asked.len();
            for (at, asked) in case.asked.iter().enumerate() {
                let said = answers.next().unwrap_or_default();
                match explain(reference, &ours, asked, completions, &said) {
                    Outcome::Agreed => {}
                    Outcome::Explained(names) => {
                        if let [one] = names[..] {
                            *self.alone.entry(one).or_default() += 1;
                        }
                        for name in names {
                            *self.explained.entry(name).or_default() += 1;
                        }
                    }
                    Outcome::Disagreed(said) => {
                        self.disagreed.push((case.number, at, ours.clone(), said));
                        break;
                    }
                }
            }
            if completions == 1 {
                self.coverage.add(&case.ours, &ours);
            } else {
                self.completed += 1;
                self.open += u64::from(ours == "conditional");
            }
            *self.verdicts.entry(ours).or_default() += 1;
        }
    }

    fn join(&mut self, other: Self) {
        for (verdict, n) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += n;
        }
        for (name, n) in other.explained {
            *self.explained.entry(name).or_default() += n;
        }
        for (name, n) in other.alone {
            *self.alone.entry(name).or_default() += n;
        }
        self.open += other.open;
        self.completed += other.completed;
        self.disagreed.extend(other.disagreed);
        self.coverage.join(other.coverage);
    }

    fn show(&self) -> String {
        format!(
            "verdicts: {:?}\nof {} cases that leave something open {} are conditional\nthe reference's faults: {:?}\n\
             each alone: {:?}\nfeatures that decided: {}",
            self.verdicts,
            self.completed,
            self.open,
            self.explained,
            self.alone,
            self.coverage.show()
        )
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number"))
    })
}

#[test]
fn the_reference_agrees() {
    let seed = number("EKS_AUDITOR_FUZZ_SEED", 1);
    let cases = number("EKS_AUDITOR_FUZZ_CASES", 100_000);
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

impl Tally {
    /// That the cases tried what they are there for.
    fn is_varied(&self, cases: u64) {
        for verdict in ["allowed", "implicitDeny", "explicitDeny"] {
            let n = self.verdicts.get(verdict).copied().unwrap_or_default();
            assert!(n * 100 >= cases * 15, "{verdict}: {n} of {cases}");
        }
        assert!(
            self.open * 100 >= self.completed * 10 && self.open * 100 <= self.completed * 80,
            "{} of {} are conditional",
            self.open,
            self.completed
        );
        for name in GROUPS
            .iter()
            .chain(LAST.iter().map(|(_, g)| g))
            .map(|g| g.name)
            .chain([DOUBT])
        {
            assert!(
                self.alone.contains_key(name),
                "no case needs the reference's fault {name:?}: is it mended?"
            );
        }
        let lacking = self.coverage.lacking();
        assert!(
            lacking.is_empty(),
            "these never decided, either way: {lacking:?}"
        );
    }
}
