//! All paths as one drawing: SVG in a page, whose classes its style colours.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::layout::{Layout, Line, Wish, layout};
use super::{drawn, named};
use crate::graph::control::{Paths, Taken};
use crate::graph::wording::short;
use crate::report::render::page::escaped;
use crate::snapshot::id::{Arn, ObjectId};

/// The least and the most that a box's text takes.
const NARROW: f64 = 76.0;
const WIDE: f64 = 196.0;
const PAD: f64 = 12.0;
const LINE: f64 = 17.0;
const MOST_LINES: usize = 3;
const MARGIN: f64 = 14.0;
/// How wide a drawing may be to be shrunk to the page and still be read.
const SHRUNK: f64 = 1850.0;
/// What a line from a box to itself takes above the box.
const LOOP: f64 = 34.0;

/// What a box shows.
pub(super) struct Shown {
    /// Where it is, for the colour: `aws`, `cluster`, `outside`.
    pub(super) place: &'static str,
    /// What it is: `role`, `ServiceAccount in prod`.
    pub(super) kind: String,
    /// Its name.
    pub(super) name: String,
}

impl Shown {
    /// What is shown of an id.
    pub(super) fn of(id: &str) -> Self {
        if let Some(object) = ObjectId::parse(id) {
            let name = match (object.namespace, object.name) {
                ("", name) => name.to_owned(),
                (namespace, name) => format!("{namespace}/{name}"),
            };
            return Self {
                place: "cluster",
                kind: format!("{} in {}", object.kind, object.cluster),
                name,
            };
        }
        let Some(arn) = Arn::parse(id) else {
            return Self {
                place: "outside",
                kind: String::new(),
                name: id.to_owned(),
            };
        };
        let said = short(id);
        let (kind, name) = match said.split_once(' ') {
            Some((kind, name)) if arn.service == "iam" => (kind.to_owned(), name.to_owned()),
            Some((kind, name)) => (format!("{} {kind}", arn.service), name.to_owned()),
            None if arn.resource == "root" => ("account".to_owned(), arn.account.to_owned()),
            None => (arn.service.to_owned(), arn.resource.to_owned()),
        };
        Self {
            place: "aws",
            kind,
            name,
        }
    }
}

/// The drawing of all paths; of one that has no step, the end that it is at.
pub(super) fn drawing(paths: &Paths, alone: &str) -> String {
    let (mut names, lines) = drawn(paths);
    if names.is_empty() {
        names.push(alone);
    }
    let boxes: Vec<Boxed> = names
        .iter()
        .enumerate()
        .map(|(number, id)| {
            Boxed::of(
                id,
                lines
                    .iter()
                    .filter(|(from, to, _)| from == to && *from == number)
                    .count(),
            )
        })
        .collect();
    let wish = Wish {
        boxes: boxes.iter().map(|one| (one.width, one.height())).collect(),
        ranks: ranks(paths, &names),
        lines: lines
            .iter()
            .map(|(from, to, taken)| (*from, *to, width_of(taken.step.edge.as_str(), 0.86) + 14.0))
            .collect(),
    };
    let laid = layout(&wish);
    let mut out = String::new();
    let (width, height) = (laid.width + 2.0 * MARGIN, laid.height + 2.0 * MARGIN);
    let _ = writeln!(
        out,
        "<svg class=\"{}\" role=\"img\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"{:.0} {:.0} {width:.0} {height:.0}\">\n\
         <title>All paths; each is told in words below</title>",
        if width <= SHRUNK { "shrunk" } else { "wide" },
        -MARGIN,
        -MARGIN
    );
    write_lines(&mut out, &lines, &laid);
    for (one, at) in boxes.iter().zip(&laid.boxes) {
        one.write(&mut out, *at);
    }
    write_loops(&mut out, &lines, &boxes, &laid);
    out.push_str("</svg>\n");
    out
}

/// How far each thing is from where paths begin: so many steps at least. Then to each, but where they begin, a line leads
/// from one that is less far.
fn ranks(paths: &Paths, names: &[&str]) -> Vec<usize> {
    let mut least: BTreeMap<&str, usize> = BTreeMap::new();
    for way in &paths.ways {
        let first = way.path.first().map(|taken| taken.step.from.as_str());
        let rest = way.path.iter().map(|taken| taken.step.to.as_str());
        for (far, id) in first.into_iter().chain(rest).enumerate() {
            let known = least.entry(id).or_insert(far);
            *known = far.min(*known);
        }
    }
    let rank = |name: &&str| least.get(*name).copied().unwrap_or_default();
    names.iter().map(rank).collect()
}

/// A box, and its text in lines.
struct Boxed<'a> {
    id: &'a str,
    shown: Shown,
    lines: Vec<String>,
    width: f64,
    loops: f64,
}

impl<'a> Boxed<'a> {
    fn of(id: &'a str, loops: usize) -> Self {
        let mut shown = Shown::of(id);
        shown.kind = cut(&shown.kind, WIDE, 0.86);
        let lines = broken(&shown.name);
        let widths = lines.iter().map(|line| width_of(line, 1.0));
        let width = widths.fold(width_of(&shown.kind, 0.86), f64::max);
        Self {
            id,
            shown,
            lines,
            width: width.clamp(NARROW, WIDE) + 2.0 * PAD,
            loops: u32::try_from(loops).map_or(0.0, f64::from),
        }
    }

    /// Without what is above it.
    fn own_height(&self) -> f64 {
        let lines = self.lines.len() + usize::from(!self.shown.kind.is_empty());
        f64::from(u32::try_from(lines).unwrap_or(1)) * LINE + 14.0
    }

    /// As much is left free below as there is above, so that lines meet the box in its middle.
    fn height(&self) -> f64 {
        self.own_height() + 2.0 * LOOP * self.loops
    }

    fn write(&self, out: &mut String, (x, y): (f64, f64)) {
        let y = y + LOOP * self.loops;
        let _ = write!(
            out,
            "<g class=\"node {}\"><title>{}</title><rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{:.0}\" height=\"{:.0}\" rx=\"6\"/>\
             <rect class=\"edge\" x=\"{x:.0}\" y=\"{:.0}\" width=\"4\" height=\"{:.0}\" rx=\"2\"/>",
            self.shown.place,
            escaped(self.id),
            self.width,
            self.own_height(),
            y + 6.0,
            self.own_height() - 12.0,
        );
        let mut base = y + LINE + 2.0;
        let x = x + PAD;
        if !self.shown.kind.is_empty() {
            let kind = escaped(&self.shown.kind);
            let _ = write!(
                out,
                "<text class=\"kind\" x=\"{x:.0}\" y=\"{base:.0}\">{kind}</text>"
            );
            base += LINE;
        }
        for line in &self.lines {
            let line = escaped(line);
            let _ = write!(out, "<text x=\"{x:.0}\" y=\"{base:.0}\">{line}</text>");
            base += LINE;
        }
        out.push_str("</g>\n");
    }
}

type Drawn<'a> = (usize, usize, &'a Taken);

fn class(taken: &Taken) -> &'static str {
    match taken.open {
        Some(_) => "line open",
        None => "line",
    }
}

/// What is told where one points at a line.
fn hint(taken: &Taken) -> String {
    let step = &taken.step;
    let open = taken.open.iter().map(|open| format!(" – {open}"));
    let open: String = open.collect();
    escaped(&format!(
        "{} → {}: {}{open}",
        named(&step.from),
        named(&step.to),
        step.evidence
    ))
}

fn write_lines(out: &mut String, lines: &[Drawn<'_>], laid: &Layout) {
    // The labels last, so that no line is drawn over one.
    for ((_, _, taken), line) in lines.iter().zip(&laid.lines) {
        if let Some(path) = curve(line) {
            let _ = writeln!(
                out,
                "<g class=\"{}\"><title>{}</title><path d=\"{path}\"/>{}</g>",
                class(taken),
                hint(taken),
                head(line)
            );
        }
    }
    for ((_, _, taken), line) in lines.iter().zip(&laid.lines) {
        if !line.points.is_empty() {
            label(out, taken, line.label);
        }
    }
}

fn label(out: &mut String, taken: &Taken, (x, y): (f64, f64)) {
    let text = escaped(taken.step.edge.as_str());
    let class = if taken.open.is_some() {
        "label open"
    } else {
        "label"
    };
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x:.0}\" y=\"{:.0}\"><title>{}</title>{text}</text>",
        y + 4.0,
        hint(taken)
    );
}

/// The line as an SVG path, without the arrow's head.
fn curve(line: &Line) -> Option<String> {
    let mut points = line.points.iter();
    let (mut x, mut y) = points.next().copied()?;
    let mut path = format!("M{x:.0} {y:.0}");
    for (number, (to_x, to_y)) in points.enumerate() {
        if number % 2 == 0 {
            let _ = write!(path, "H{to_x:.0}");
        } else {
            let half = (x + to_x) / 2.0;
            let _ = write!(
                path,
                "C{half:.0} {y:.0} {half:.0} {to_y:.0} {to_x:.0} {to_y:.0}"
            );
        }
        (x, y) = (*to_x, *to_y);
    }
    Some(path)
}

/// The head of the arrow, where the line ends.
fn head(line: &Line) -> String {
    let (Some((from, _)), Some((x, y))) = (line.points.first(), line.points.last()) else {
        return String::new();
    };
    let back = if from < x { -8 } else { 8 };
    format!("<path class=\"head\" d=\"M{x:.0} {y:.0}l{back} -4.5v9z\"/>")
}

/// Lines from a box to itself, one above the other.
fn write_loops(out: &mut String, lines: &[Drawn<'_>], boxes: &[Boxed<'_>], laid: &Layout) {
    for (number, (one, (x, y))) in boxes.iter().zip(&laid.boxes).enumerate() {
        let own = lines
            .iter()
            .filter(|(from, to, _)| from == to && *from == number);
        let mut top = y + LOOP * one.loops;
        for (_, _, taken) in own {
            let (left, right) = (x + one.width * 0.3, x + one.width * 0.7);
            let high = top - LOOP + 10.0;
            let _ = writeln!(
                out,
                "<g class=\"{}\"><title>{}</title><path d=\"M{left:.0} {top:.0}C{left:.0} {high:.0} {right:.0} {high:.0} \
                 {right:.0} {top:.0}\"/><path class=\"head\" d=\"M{right:.0} {top:.0}l-4.5 -8h9z\"/></g>",
                class(taken),
                hint(taken),
            );
            label(out, taken, (x + one.width / 2.0, high + 2.0));
            top -= LOOP;
        }
    }
}

/// How wide a text is about, where it is `scale` times as large as a name: no fonts are measured, so rather too wide.
fn width_of(text: &str, scale: f64) -> f64 {
    let wide = |letter: char| match letter {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' => 4.2,
        'f' | 't' | 'r' | 'I' | '-' | '/' | '(' | ')' | ' ' => 5.4,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 12.0,
        letter if letter.is_ascii_uppercase() => 9.4,
        letter if u32::from(letter) > 0x10FF => 14.0,
        _ => 7.8,
    };
    text.chars().map(wide).sum::<f64>() * scale
}

/// The text, with its middle left out where it is wider than that.
fn cut(text: &str, width: f64, scale: f64) -> String {
    if width_of(text, scale) <= width {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let half = (width - width_of("…", scale)) / 2.0;
    let fitting = |letters: &mut dyn Iterator<Item = &char>| -> Vec<char> {
        let mut left = half;
        let fits = letters.take_while(|letter| {
            left -= width_of(letter.encode_utf8(&mut [0; 4]), scale);
            left >= 0.0
        });
        fits.copied().collect()
    };
    let first = fitting(&mut letters.iter());
    let mut last = fitting(&mut letters.iter().rev());
    last.reverse();
    first.into_iter().chain(['…']).chain(last).collect()
}

/// A name in at most so many lines, broken where its parts end.
fn broken(name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = name;
    while width_of(rest, 1.0) > WIDE && lines.len() + 1 < MOST_LINES {
        let mut used = 0.0;
        let mut hard = 0;
        let mut soft = 0;
        for (at, letter) in rest.char_indices() {
            let end = at + letter.len_utf8();
            used += width_of(rest.get(at..end).unwrap_or_default(), 1.0);
            if used > WIDE {
                break;
            }
            hard = end;
            if "/-._: ".contains(letter) {
                soft = end;
            }
        }
        // A part that would leave the line more than half empty is broken itself.
        let soft = Some(soft).filter(|at| *at * 2 >= hard);
        let (line, after) = rest.split_at(soft.unwrap_or(hard));
        lines.push(line.to_owned());
        rest = after;
    }
    lines.push(cut(rest, WIDE, 1.0));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_an_id() {
        for (id, place, kind, name) in [
            ("k8s://prod/web/Pod/a", "cluster", "Pod in prod", "web/a"),
            ("k8s://prod//Group/ops", "cluster", "Group in prod", "ops"),
            ("arn:aws:iam::1:role/team/app", "aws", "role", "app"),
            ("arn:aws:iam::1:root", "aws", "account", "1"),
            ("arn:aws:s3:::cards", "aws", "s3", "cards"),
            (
                "arn:aws:secretsmanager:r:1:secret:db-Ab",
                "aws",
                "secretsmanager secret",
                "db-Ab",
            ),
            ("internet", "outside", "", "internet"),
        ] {
            let shown = Shown::of(id);
            assert_eq!(
                (shown.place, &*shown.kind, &*shown.name),
                (place, kind, name),
                "{id}"
            );
        }
    }

    #[test]
    fn long_names_are_broken_and_cut() {
        let long = "x".repeat(500);
        for (name, lines) in [
            ("app", 1),
            ("payments-production/payments-api-worker", 2),
            (long.as_str(), 3),
            ("مستخدم-جديد-في-المجموعة-الأولى-من-المدينة-الكبيرة-جدا", 3),
        ] {
            let broken = broken(name);
            assert_eq!(broken.len(), lines, "{broken:?}");
            for line in &broken {
                assert!(width_of(line, 1.0) <= WIDE, "{line}");
            }
            let is_cut = broken.concat().contains('…');
            assert_eq!(is_cut, broken.concat() != name, "{broken:?}");
        }
    }
}
