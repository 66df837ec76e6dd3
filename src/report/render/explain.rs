//! All of one finding, or of one check, for a person.

use std::fmt::Write as _;

use crate::checks::check::Registered;
use crate::checks::finding::{Certainty, Finding};

use super::neutral::for_terminal;

/// A check: what it asks, why, how it decides, and what it needs.
pub fn check(registered: &Registered) -> String {
    let mut text = format!(
        "{} ({}, area {}, since {})\n{}\n\n{}\n",
        registered.id,
        registered.check.severity.as_str(),
        registered.area,
        registered.check.since,
        registered.title,
        registered.documentation,
    );
    let needs: Vec<&str> = registered
        .check
        .needs
        .iter()
        .map(|need| need.name)
        .collect();
    let _ = writeln!(text, "\nNeeds: {}", needs.join(", "));
    let controls: Vec<String> = registered
        .check
        .controls
        .iter()
        .map(|control| format!("{} {}", control.framework, control.id))
        .collect();
    if !controls.is_empty() {
        let _ = writeln!(text, "Answers: {}", controls.join(", "));
    }
    text
}

/// A finding: its evidence, its path, its fix.
pub fn finding(finding: &Finding, width: usize) -> String {
    let certainty = match finding.certainty {
        Certainty::Certain => "certain",
        Certainty::Conditional => "conditional",
    };
    let mut text = format!(
        "{}\n{} · {} · {certainty} · {}\n\n{}\nResource: {} ({})\n",
        for_terminal(&finding.title),
        finding.severity.as_str(),
        finding.check,
        finding.fingerprint,
        wrapped(&finding.message, 0, width),
        for_terminal(&finding.resource.id),
        finding.resource.kind,
    );
    for related in &finding.related {
        let _ = writeln!(text, "Related: {}", for_terminal(&related.id));
    }
    if !finding.path.is_empty() {
        text.push_str("\nPath\n");
    }
    for (at, step) in finding.path.iter().enumerate() {
        let _ = write!(
            text,
            "  {}. {}\n     -- {} --> {}\n{}",
            at + 1,
            for_terminal(&step.from),
            step.edge.as_str(),
            for_terminal(&step.to),
            wrapped(&step.evidence, 5, width),
        );
    }
    let _ = write!(
        text,
        "\nFix\n{}",
        wrapped(&finding.remediation.text, 2, width)
    );
    for command in &finding.remediation.commands {
        // A command that is broken over lines cannot be copied.
        let _ = writeln!(text, "  $ {}", for_terminal(command));
    }
    let _ = writeln!(text, "\nMore: eks-auditor explain {}", finding.check);
    text
}

/// Lines of at most this width behind an indent. A word is never broken: it may be an ARN to copy.
pub(super) fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let text = for_terminal(text);
    let (mut lines, mut used) = (" ".repeat(indent), indent);
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > indent && used + 1 + length > width {
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            used = indent;
        } else if used > indent {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += length;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_never_in_one() {
        for (text, indent, width, lines) in [
            ("one two three", 0, 9, "one two\nthree\n"),
            ("one two three", 2, 9, "  one two\n  three\n"),
            (
                "an arn:aws:iam::1:role/x here",
                0,
                8,
                "an\narn:aws:iam::1:role/x\nhere\n",
            ),
            ("", 0, 8, "\n"),
        ] {
            assert_eq!(wrapped(text, indent, width), lines, "{text} at {width}");
        }
    }
}
