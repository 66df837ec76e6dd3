//! The answers of `secrets`: one line a secret, a tree of where each goes, and JSON (`reports/schema/secrets-v1.json`).

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::graph::secret_state::{State, States};
use crate::snapshot::time::Time;

use super::explain::wrapped;
use super::neutral::for_terminal;

/// The version of the answer's form.
pub const SCHEMA: &str = "eks-auditor/secrets/v1";

/// All secrets, as one JSON object.
pub fn json(states: &States, now: Time) -> Value {
    let date = |time: Option<Time>| time.map(|time| time.to_string());
    let one = |state: &State| {
        json!({
            "id": state.id, "kind": state.kind.as_str(), "name": state.name, "place": state.place,
            "written": date(state.written), "read": date(state.read), "rotation": state.rotation,
            "ways": state.ways, "consumers": state.consumers, "risk": state.risk(),
            "faults": state.faults.iter().map(|fault| json!({"weight": fault.weight, "text": fault.text})).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": SCHEMA, "taken_at": now.to_string(),
        "secrets": states.all.iter().map(one).collect::<Vec<_>>(),
        "not_evaluated": states.unread,
    })
}

/// One line a secret, and under it what is stale.
pub fn table(states: &States, now: Time, width: usize) -> String {
    let mut out = heading(states, now, width);
    let rows: Vec<[String; 6]> = states.all.iter().map(|state| cells(state, now)).collect();
    let header = ["RISK", "SECRET", "IN", "AGE", "ROTATION", "USED BY"].map(str::to_owned);
    let mut widths = [0; 6];
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
    }
    out
}

fn cells(state: &State, now: Time) -> [String; 6] {
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
    ];
    cells.map(|cell| for_terminal(&cell).into_owned())
}

/// A column is no wider; a longer name moves the rest of its line.
const WIDEST: usize = 40;

fn line(out: &mut String, cells: &[String; 6], widths: [usize; 6]) {
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
