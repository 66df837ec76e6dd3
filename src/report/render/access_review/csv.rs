//! The access review as CSV (RFC 4180), for a spreadsheet in which owners confirm or revoke.

use super::{Shown, admin, certainty, excess, grants, kind, last_used, may, name, since, ways};
use crate::graph::access_review::Row;
use crate::graph::wording::all_of;

const COLUMNS: [&str; 16] = [
    "cluster",
    "part",
    "kind",
    "name",
    "id",
    "cluster-admin",
    "may",
    "since",
    "last used",
    "comes in",
    "by",
    "certainty",
    "beyond its duty",
    "confirm / revoke",
    "decided by",
    "decided on",
];

/// The review as CSV. What was not read stands in the first rows, under the header that programs want first.
pub fn csv(shown: &Shown) -> String {
    let mut out = line(&COLUMNS.map(str::to_owned));
    let review = &shown.review;
    let unread = review.unread.iter().map(|text| ("not read", text));
    let remarks = review.remarks.iter().map(|text| ("remark", text));
    for (part, text) in unread.chain(remarks) {
        let mut cells: [String; 16] = Default::default();
        let [_, part_cell, _, _, _, _, may, ..] = &mut cells;
        part.clone_into(part_cell);
        may.clone_from(text);
        out.push_str(&line(&cells));
    }
    for row in &review.rows {
        out.push_str(&line(&cells(row)));
    }
    out
}

fn cells(row: &Row) -> [String; 16] {
    let known = row.known.map(|known| format!(" ({known})"));
    [
        row.cluster.clone(),
        row.part.as_str().to_owned(),
        kind(row).to_owned(),
        format!("{}{}", name(row), known.unwrap_or_default()),
        row.id.clone(),
        admin(row).unwrap_or_default(),
        may(row, &all_of).join("; "),
        since(row.since),
        last_used(row),
        ways(row).join("; "),
        grants(row).join("; "),
        certainty(row),
        match excess(row) {
            None => "no duty is noted".to_owned(),
            Some(all) if all.is_empty() => "nothing".to_owned(),
            Some(all) => all.join("; "),
        },
        String::new(),
        String::new(),
        String::new(),
    ]
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// One cell. A spreadsheet takes what begins with `=`, `+`, `-` or `@`, also behind a tab or line break, for a formula and
/// runs it, and names here may be an attacker's: an apostrophe before it makes it text
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = match formula {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            (
                "=HYPERLINK(\"x\",\"y\")",
                "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"",
            ),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }
}
