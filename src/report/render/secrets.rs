//! The answers of `secrets`: one line a secret, a tree of where each goes, and JSON (`reports/schema/secrets-v1.json`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::graph::readers::{Exposed, Reader, Set};
use crate::graph::secret_state::{State, States};
use crate::graph::wording::short;
use crate::snapshot::time::Time;

use super::explain::wrapped;
use super::neutral::for_terminal;

/// The version of the answer's form.
pub const SCHEMA: &str = "eks-auditor/secrets/v1";

/// All secrets, as one JSON object. Sets of readers stand beside the secrets, each once.
pub fn json(states: &States, now: Time) -> Value {
    let date = |time: Option<Time>| time.map(|time| time.to_string());
    let mut sets: IndexMap<&Set, Value> = IndexMap::new();
    let mut secrets = Vec::new();
    for state in &states.all {
        let readers: Vec<usize> = numbers(&state.readers, &mut sets);
        let consumers: Vec<&str> = state.consumers.iter().map(|one| &*one.label).collect();
        let faults = state.faults.iter();
        let exposed = state.exposed.as_ref();
        secrets.push(json!({
            "id": state.id, "kind": state.kind.as_str(), "name": state.name, "place": state.place,
            "written": date(state.written), "read": date(state.read), "rotation": state.rotation,
            "ways": state.ways, "consumers": consumers, "risk": state.risk(),
            "readers": {"certain": state.read_by.certain, "perhaps": state.read_by.perhaps, "sets": readers},
            "exposed": exposed.map(|one| json!({"id": one.id, "steps": one.steps})),
            "faults": faults.map(|fault| json!({"weight": fault.weight, "text": fault.text})).collect::<Vec<_>>(),
        }));
    }
    json!({
        "schema": SCHEMA, "taken_at": now.to_string(), "secrets": secrets,
        "reader_sets": sets.into_values().collect::<Vec<_>>(),
        "not_evaluated": states.unread,
    })
}

/// The numbers of sets, in the order in which they come; one without anybody has none.
fn numbers<'s>(readers: &'s [Set], sets: &mut IndexMap<&'s Set, Value>) -> Vec<usize> {
    let one = |reader: &Reader| json!({"id": &*reader.id, "certain": reader.is_certain, "by": reader.by.as_str()});
    let mut numbers = Vec::new();
    for set in readers.iter().filter(|set| !set.is_empty()) {
        let entry = sets.entry(set);
        let number = entry.index();
        entry.or_insert_with(|| set.iter().map(one).collect());
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

/// One line a secret, and under it what is stale.
pub fn table(states: &States, now: Time, width: usize) -> String {
    let mut out = heading(states, now, width);
    let rows: Vec<Cells> = states.all.iter().map(|state| cells(state, now)).collect();
    let header = [
        "RISK",
        "SECRET",
        "IN",
        "AGE",
        "ROTATION",
        "USED BY",
        "READABLE BY",
    ]
    .map(str::to_owned);
    let mut widths = [0; COLUMNS];
    for row in rows.iter().chain([&header]) {
        for (most, cell) in widths.iter_mut().zip(row) {
            *most = cell.chars().count().min(WIDEST).max(*most);
        }
    }
    out.push('\n');
    line(&mut out, &header, widths);
    for (row, state) in rows.iter().zip(&states.all) {
        line(&mut out, row, widths);
        for fault in &state.faults {
            out.push_str(&wrapped(&format!("↳ {}", fault.text), 6, width));
        }
        if let Some(exposed) = state.exposed.as_ref().filter(|_| !state.faults.is_empty()) {
            out.push_str(&wrapped(&format!("↳ {}", reached(exposed)), 6, width));
        }
    }
    out
}

fn reached(exposed: &Exposed) -> String {
    let steps = match exposed.steps {
        1 => "one step".to_owned(),
        steps => format!("{steps} steps"),
    };
    format!("the internet may come to {} in {steps}", short(&exposed.id))
}

/// Who may read a secret, in short.
fn read_by(state: &State) -> String {
    match (state.read_by.certain, state.read_by.perhaps) {
        (0, 0) => "nobody seen".to_owned(),
        (certain, 0) => certain.to_string(),
        (certain, perhaps) => format!("{certain}, {perhaps} more perhaps"),
    }
}

const COLUMNS: usize = 7;
type Cells = [String; COLUMNS];

fn cells(state: &State, now: Time) -> Cells {
    let cells = [
        state.risk().to_string(),
        state.name.clone(),
        state.place.clone(),
        state.written.map_or("–".to_owned(), |time| age(time, now)),
        state.rotation.clone(),
        match state.consumers.len() {
            0 => "nobody seen".to_owned(),
            1 => "1 workload".to_owned(),
            many => format!("{many} workloads"),
        },
        read_by(state),
    ];
    cells.map(|cell| for_terminal(&cell).into_owned())
}

/// A column is no wider; a longer name moves the rest of its line.
const WIDEST: usize = 40;

fn line(out: &mut String, cells: &Cells, widths: [usize; COLUMNS]) {
    let mut text = String::new();
    for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let _ = match at {
            0 => write!(text, "{cell:>width$}"),
            _ => write!(text, "  {cell:<width$}"),
        };
    }
    let _ = writeln!(out, "{}", text.trim_end());
}

/// Each secret with where it goes.
pub fn tree(states: &States, now: Time, width: usize) -> String {
    let mut out = heading(states, now, width);
    for state in &states.all {
        let written = state
            .written
            .map_or("at a time that is not known".to_owned(), |time| {
                format!("{} ago", age(time, now))
            });
        let line = format!(
            "{} ({} {}): written {written}, rotation: {}",
            state.name,
            state.kind.as_str(),
            state.place,
            state.rotation
        );
        let _ = writeln!(out);
        out.push_str(&wrapped(&line, 0, width));
        for fault in &state.faults {
            out.push_str(&wrapped(&format!("STALE: {}", fault.text), 2, width));
        }
        if let Some(exposed) = &state.exposed {
            out.push_str(&wrapped(
                &format!("REACHED: {}", reached(exposed)),
                2,
                width,
            ));
        }
        out.push_str(&readers(state, width));
        let mut before: &[String] = &[];
        for way in &state.ways {
            let same = way.iter().zip(before).take_while(|(a, b)| a == b).count();
            for (depth, step) in way.iter().enumerate().skip(same) {
                out.push_str(&wrapped(&format!("→ {step}"), 2 + 2 * depth, width));
            }
            before = way;
        }
        if state.ways.is_empty() {
            out.push_str("  nothing that was read consumes it\n");
        }
    }
    out
}

/// Who may read a secret, the first of them by name.
fn readers(state: &State, width: usize) -> String {
    let mut all: BTreeMap<&str, bool> = BTreeMap::new();
    for reader in state.readers.iter().flat_map(|set| set.iter()) {
        *all.entry(&reader.id).or_default() |= reader.is_certain;
    }
    if all.is_empty() {
        return String::new();
    }
    let mut all: Vec<(bool, &str)> = all.into_iter().map(|(id, sure)| (!sure, id)).collect();
    all.sort_unstable();
    let shown = all.iter().take(NAMED).map(|(open, id)| match open {
        true => format!("perhaps {}", short(id)),
        false => short(id),
    });
    let mut shown: Vec<String> = shown.collect();
    if all.len() > NAMED {
        shown.push(format!("{} more", all.len() - NAMED));
    }
    let line = format!("READABLE BY: {}", shown.join(", "));
    wrapped(&line, 2, width)
}

/// So many readers are named.
const NAMED: usize = 6;

fn heading(states: &States, now: Time, width: usize) -> String {
    let stale = states
        .all
        .iter()
        .filter(|state| !state.faults.is_empty())
        .count();
    let line = format!(
        "{} secrets on {}, {stale} of them stale in some way.",
        states.all.len(),
        now.date()
    );
    let mut out = wrapped(&line, 0, width);
    if !states.unread.is_empty() {
        out.push_str("NOT EVALUATED: there may be more\n");
    }
    for line in &states.unread {
        out.push_str(&wrapped(line, 2, width));
    }
    out
}

fn age(time: Time, now: Time) -> String {
    match time.days_until(now) {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
