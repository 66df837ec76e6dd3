//! The access review as one HTML file, to be printed, sent and signed: no script, nothing from the network.

use std::fmt::Write as _;

use super::{
    Shown, admin, certainty, excess, grants, kind, last_used, may, name, since, title, ways,
};
use crate::graph::access_review::{Part, Row};
use crate::graph::wording::{all_of, capital};
use crate::report::render::page::{Style, begin, end, escaped, list, unread};

const STYLE: Style = Style(concat!(
    include_str!("../../../../reports/html/page.css"),
    include_str!("../../../../reports/html/access-review.css")
));

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
         “never”.</p>\n</footer>\n",
    );
    end(&mut out);
    out
}

fn head(out: &mut String, shown: &Shown) {
    let names = match shown.clusters.as_slice() {
        [] => "no cluster".to_owned(),
        names => all_of(names),
    };
    let title = format!("Access review of {names}");
    begin(out, &title, STYLE);
    let _ = writeln!(
        out,
        "<p>As of <time>{}</time>. Confirm or revoke each row, and sign it.</p>\n</header>",
        escaped(&shown.taken_at.to_string()),
    );
}

/// What was not read, and what else has to be known, before anything else.
fn known(out: &mut String, shown: &Shown) {
    let review = &shown.review;
    if review.unread.is_empty() {
        out.push_str("<p class=\"whole\">All that tells who has access was read.</p>\n");
    } else {
        unread(out, &review.unread);
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
