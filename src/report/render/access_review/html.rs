//! The access review as one HTML file, to be printed, sent and signed: no script, nothing from the network.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{
    Shown, admin, certainty, excess, grants, kind, last_used, may, name, since, title, ways,
};
use crate::graph::access_review::{Part, Row};
use crate::graph::wording::{all_of, capital};
use crate::report::render::neutral::for_terminal;

const STYLE: &str = include_str!("../../../../reports/html/access-review.css");

/// The review as an HTML page.
pub fn html(shown: &Shown) -> String {
    let mut out = String::new();
    head(&mut out, shown);
    known(&mut out, shown);
    for (part, rows) in shown.parts() {
        section(&mut out, part, &rows);
    }
    if shown.review.rows.is_empty() {
        out.push_str("<p>Nobody that was read comes in or is bound.</p>\n");
    }
    out.push_str("<footer>\n");
    if let Some(text) = shown.left_out() {
        let _ = writeln!(out, "<p>{}</p>", escaped(&text));
    }
    out.push_str(
        "<p>“Since” is when the way in was made or, for who is bound inside, the first binding. “Last used” is what IAM \
         tells of any service, not of this cluster alone; of users and groups inside nothing tells it. “Not known” is not \
         “never”.</p>\n</footer>\n</main>\n</body>\n</html>\n",
    );
    out
}

fn head(out: &mut String, shown: &Shown) {
    let names = match shown.clusters.as_slice() {
        [] => "no cluster".to_owned(),
        names => all_of(names),
    };
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let title = escaped(&format!("Access review of {names}"));
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>\n<p>As of <time>{}</time>. Confirm or revoke each row, and sign it.</p>\n</header>\n",
        escaped(&shown.taken_at.to_string()),
    );
}

/// What was not read, and what else has to be known, before anything else.
fn known(out: &mut String, shown: &Shown) {
    let review = &shown.review;
    if review.unread.is_empty() {
        out.push_str("<p class=\"whole\">All that tells who has access was read.</p>\n");
    } else {
        out.push_str("<section class=\"unread\">\n<h2>Not read: there may be more</h2>\n");
        list(out, &review.unread);
        out.push_str("</section>\n");
    }
    if !review.remarks.is_empty() {
        out.push_str("<section class=\"remarks\">\n<h2>To be known</h2>\n");
        list(out, &review.remarks);
        out.push_str("</section>\n");
    }
    let rows = &review.rows;
    let count = |text: &str, fits: &dyn Fn(&Row) -> bool| {
        let many = rows.iter().filter(|row| fits(row)).count();
        format!("<li><b>{many}</b> {text}</li>\n")
    };
    out.push_str("<ul class=\"counts\">\n");
    out.push_str(&count("with access", &|_| true));
    let steps = |row: &Row| row.admin.as_ref().map(|admin| admin.steps);
    out.push_str(&count("cluster-admin", &|row| steps(row) == Some(0)));
    out.push_str(&count("become it", &|row| {
        steps(row).is_some_and(|steps| steps > 0)
    }));
    if rows.iter().any(|row| row.excess.is_some()) {
        out.push_str(&count("beyond their duty", &beyond));
    }
    out.push_str("</ul>\n");
}

fn beyond(row: &Row) -> bool {
    row.excess.as_ref().is_some_and(|all| !all.is_empty())
}

fn list(out: &mut String, lines: &[String]) {
    out.push_str("<ul>\n");
    for line in lines {
        let _ = writeln!(out, "<li>{}</li>", escaped(line));
    }
    out.push_str("</ul>\n");
}

fn section(out: &mut String, part: Part, rows: &[&Row]) {
    let _ = write!(
        out,
        "<section>\n<h2>{} <small>{}</small></h2>\n<table>\n<thead><tr><th scope=\"col\">Who</th>\
         <th scope=\"col\">May</th><th scope=\"col\">How it got it</th><th scope=\"col\">Since, last used</th>\
         <th scope=\"col\">Confirm / revoke</th><th scope=\"col\">By, on</th></tr></thead>\n<tbody>\n",
        escaped(title(part)),
        rows.len()
    );
    for one in rows {
        row(out, one);
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn row(out: &mut String, row: &Row) {
    let class = match row.admin.as_ref().map(|admin| admin.steps) {
        Some(0) => " class=\"admin\"",
        Some(_) => " class=\"becomes\"",
        None => "",
    };
    let _ = write!(
        out,
        "<tr{class}>\n<th scope=\"row\"><span class=\"kind\">{}</span> <b>{}</b>",
        escaped(kind(row)),
        escaped(&name(row)),
    );
    // The name of a cluster that is not known.
    if row.cluster != "-" {
        let _ = write!(
            out,
            " <span class=\"in\">in {}</span>",
            escaped(&row.cluster)
        );
    }
    if let Some(known) = row.known {
        let _ = write!(out, " <span class=\"known\">{}</span>", escaped(known));
    }
    let _ = write!(out, "<code>{}</code></th>\n<td>", escaped(&row.id));
    if let Some(text) = admin(row) {
        let (what, how) = text.split_once(": ").unwrap_or((&text, ""));
        let _ = write!(
            out,
            "<p class=\"becomes\"><b>{}:</b> {}.</p>",
            escaped(&capital(what)),
            escaped(how)
        );
    }
    lines(out, &may(row, &all_of), "");
    match excess(row).as_deref() {
        None => {}
        Some([]) => out.push_str("<p class=\"within\">Within its duty.</p>"),
        Some(all) => {
            out.push_str("<p class=\"beyond\">Beyond its duty:</p>");
            lines(out, all, " class=\"beyond\"");
        }
    }
    out.push_str("</td>\n<td>");
    lines(out, &ways(row), " class=\"ways\"");
    lines(out, &grants(row), "");
    if !row.is_certain() {
        let _ = write!(
            out,
            "<p class=\"open\">{}</p>",
            escaped(&capital(&certainty(row)))
        );
    }
    let _ = write!(
        out,
        "</td>\n<td>Since {}<br>Last used: {}</td>\n<td class=\"empty\"></td><td class=\"empty\"></td>\n</tr>\n",
        escaped(&since(row.since)),
        escaped(&last_used(row))
    );
}

fn lines(out: &mut String, all: &[String], class: &str) {
    if all.is_empty() {
        return;
    }
    let _ = write!(out, "<ul{class}>");
    for line in all {
        let _ = write!(out, "<li>{}</li>", escaped(&capital(line)));
    }
    out.push_str("</ul>");
}

/// Text that is nothing but text to a browser, in an element and in an attribute. What turns the direction of writing
/// or is no letter is replaced as in a terminal.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in for_terminal(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_a_name() {
        for (text, expected) in [
            ("ops", "ops"),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("\" onload='x", "&quot; onload=&#39;x"),
            ("a&lt;b", "a&amp;lt;b"),
            ("a\u{202e}b\u{0}", "a\u{FFFD}b\u{FFFD}"),
        ] {
            assert_eq!(escaped(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_style_cannot_end_its_element_and_loads_nothing() {
        for word in ["</", "url(", "@import", "expression"] {
            assert!(!STYLE.contains(word), "{word}");
        }
    }
}
