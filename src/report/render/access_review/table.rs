//! The access review for a terminal.

use std::fmt::Write as _;

use super::{Shown, admin, excess, grants, heading, last_used, may, since, title, ways};
use crate::graph::access_review::Row;
use crate::graph::wording::some_of;
use crate::report::render::explain::wrapped;
use crate::report::render::neutral::for_terminal;

/// The review for a person at a terminal.
pub fn table(shown: &Shown, width: usize) -> String {
    let mut out = String::new();
    let review = &shown.review;
    let clusters = match shown.clusters.as_slice() {
        [] => "no cluster".to_owned(),
        names => names.join(", "),
    };
    let line = format!("Access review of {clusters}, {}", shown.taken_at.date());
    out.push_str(&wrapped(&line, 0, width));
    list(
        &mut out,
        "NOT EVALUATED: there may be more",
        &review.unread,
        width,
    );
    list(&mut out, "To be known", &review.remarks, width);
    for (part, rows) in shown.parts() {
        let _ = writeln!(out, "\n{} ({})", title(part).to_uppercase(), rows.len());
        for one in rows {
            row(&mut out, one, width);
        }
    }
    if review.rows.is_empty() {
        out.push_str("\nNobody that was read comes in or is bound.\n");
    }
    if let Some(text) = shown.left_out() {
        out.push('\n');
        out.push_str(&wrapped(&text, 0, width));
    }
    out
}

fn list(out: &mut String, heading: &str, lines: &[String], width: usize) {
    if !lines.is_empty() {
        let _ = writeln!(out, "\n{heading}");
    }
    for line in lines {
        out.push_str(&wrapped(line, 2, width));
    }
}

fn row(out: &mut String, row: &Row, width: usize) {
    let open = match row.is_certain() {
        true => "",
        false => " (conditional)",
    };
    let _ = writeln!(out, "\n{}{open}", for_terminal(&heading(row)));
    if row.id.starts_with("arn:") {
        let _ = writeln!(out, "  {}", for_terminal(&row.id));
    }
    for line in admin(row).into_iter().chain(may(row, &namespaces)) {
        out.push_str(&wrapped(&line, 2, width));
    }
    let dates = format!("since {}, last used: {}", since(row.since), last_used(row));
    out.push_str(&wrapped(&dates, 2, width));
    for line in ways(row) {
        out.push_str(&wrapped(&format!("comes in: {line}"), 4, width));
    }
    for line in grants(row) {
        out.push_str(&wrapped(&format!("by {line}"), 4, width));
    }
    match excess(row).as_deref() {
        None => {}
        Some([]) => out.push_str(&wrapped("within its duty", 2, width)),
        Some(all) => {
            for line in all {
                out.push_str(&wrapped(&format!("BEYOND ITS DUTY: {line}"), 2, width));
            }
        }
    }
}

fn namespaces(names: &[String]) -> String {
    match names.len() {
        0..=3 => crate::graph::wording::all_of(names),
        _ => some_of(names),
    }
}
