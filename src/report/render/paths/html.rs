//! All paths as one page of HTML, to be printed and sent: a drawing of all, then each step by step.

use std::fmt::Write as _;

use super::drawing::{Shown, drawing};
use super::{Asked, CUT, certainty, found, length, named};
use crate::graph::control::{Paths, Taken, Way};
use crate::graph::wording::capital;
use crate::report::render::page::{Style, begin, end, escaped, unread};

const STYLE: Style = Style(concat!(
    include_str!("../../../../reports/html/page.css"),
    include_str!("../../../../reports/html/paths.css")
));

/// The paths as an HTML page.
pub fn html(asked: &Asked, paths: &Paths) -> String {
    let mut out = String::new();
    head(&mut out, asked, paths);
    if !paths.ways.is_empty() {
        counts(&mut out, paths);
        figure(&mut out, asked, paths);
    }
    for (number, way) in paths.ways.iter().enumerate() {
        section(&mut out, number + 1, way);
    }
    out.push_str(
        "<footer>\n<p>A path is a way to control, not a sign that somebody took it. A certain step follows from what was \
         read; a conditional one also from what is named with it, which was not or cannot be known. What somebody is \
         already, as a member of a group, is told and counts as no step.</p>\n</footer>\n",
    );
    end(&mut out);
    out
}

fn head(out: &mut String, asked: &Asked, paths: &Paths) {
    let title = format!("From {} to {}", named(&asked.from), named(&asked.to));
    begin(out, &title, STYLE);
    let _ = writeln!(
        out,
        "<p>{} As of <time>{}</time>.</p>\n</header>",
        escaped(&found(asked, paths)),
        escaped(&asked.taken_at.to_string())
    );
    match asked.unread.is_empty() {
        true => out.push_str("<p class=\"whole\">All that tells of ways was read.</p>\n"),
        false => unread(out, &asked.unread),
    }
    if paths.is_cut {
        let _ = writeln!(out, "<section class=\"unread\"><p>{CUT}</p></section>");
    }
}

fn counts(out: &mut String, paths: &Paths) {
    let certain = paths.ways.iter().filter(|way| way.open().is_empty());
    let certain = certain.count();
    let all = paths.ways.len();
    let least = paths.ways.iter().map(|way| way.steps).min().unwrap_or(0);
    out.push_str("<ul class=\"counts\">\n");
    for (many, one, several) in [
        (all, "path", "paths"),
        (certain, "certain", "certain"),
        (all - certain, "conditional", "conditional"),
        (least, "step at least", "steps at least"),
    ] {
        let text = if many == 1 { one } else { several };
        if many > 0 {
            let _ = writeln!(out, "<li><b>{many}</b> {text}</li>");
        }
    }
    out.push_str("</ul>\n");
}

fn figure(out: &mut String, asked: &Asked, paths: &Paths) {
    let drawing = drawing(paths, &asked.from);
    let _ = write!(
        out,
        "<figure>\n<div class=\"drawing\">\n{drawing}</div>\n<figcaption>"
    );
    for (shown, class, text) in [
        ("class=\"node aws\"", "is aws", "in AWS"),
        ("class=\"node cluster\"", "is cluster", "in a cluster"),
        ("class=\"node outside\"", "is outside", "outside of both"),
        ("class=\"line\"", "way", "certain"),
        ("class=\"line open\"", "way open", "conditional"),
    ] {
        if drawing.contains(shown) {
            let _ = write!(out, "<span class=\"{class}\">{text}</span> ");
        }
    }
    out.push_str("</figcaption>\n</figure>\n");
}

fn section(out: &mut String, number: usize, way: &Way) {
    let is_certain = way.open().is_empty();
    let _ = write!(
        out,
        "<section class=\"path\">\n<h2><span class=\"number\">{number}</span> {} <small class=\"{1}\">{1}</small></h2>\n\
         <ol>\n",
        escaped(&capital(&length(way))),
        certainty(is_certain),
    );
    if let Some(first) = way.path.first() {
        let _ = writeln!(out, "<li>{}</li>", node(&first.step.from));
    }
    for Taken { step, open } in &way.path {
        let class = if open.is_some() {
            " class=\"open\""
        } else {
            ""
        };
        let _ = write!(
            out,
            "<li{class}><span class=\"edge\">{}</span>{}<p>{}</p>",
            escaped(step.edge.as_str()),
            node(&step.to),
            escaped(&capital(&step.evidence)),
        );
        if let Some(open) = open {
            let _ = write!(out, "<p class=\"if\">{}</p>", escaped(&capital(open)));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ol>\n</section>\n");
}

/// What a step leads to, with its id where that says more.
fn node(id: &str) -> String {
    let Shown { place, kind, name } = Shown::of(id);
    let kind = match kind.as_str() {
        "" => String::new(),
        kind => format!("<span class=\"kind\">{}</span> ", escaped(kind)),
    };
    let code = match name == id {
        true => String::new(),
        false => format!("<code>{}</code>", escaped(id)),
    };
    let name = escaped(&name);
    format!("<div class=\"node {place}\">{kind}<b><bdi>{name}</bdi></b>{code}</div>")
}
