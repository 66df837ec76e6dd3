//! The catalogue of the checks as Markdown: what, why, how it decides, how to fix it.

use std::fmt::Write as _;

use crate::checks::CHECKS;
use crate::checks::check::Registered;

/// Every check, by area and id.
pub fn render() -> String {
    let mut text = String::from(
        "# The checks\n\nPrinted by `eks-auditor checks --markdown` from the checks themselves.\n\n\
         | check | severity | asks |\n| --- | --- | --- |\n",
    );
    for registered in CHECKS {
        let (id, severity) = (registered.id, registered.check.severity.as_str());
        let _ = writeln!(
            text,
            "| [{id}](#{id}) | {severity} | {} |",
            registered.title
        );
    }
    let mut area = "";
    for registered in CHECKS {
        if registered.area != area {
            area = registered.area;
            let _ = write!(text, "\n## {area}\n");
        }
        entry(&mut text, registered);
    }
    text
}

fn entry(text: &mut String, registered: &Registered) {
    let check = registered.check;
    let needs: Vec<String> = check
        .needs
        .iter()
        .map(|need| format!("`{}`", need.name))
        .collect();
    let controls: Vec<String> = check
        .controls
        .iter()
        .map(|control| format!("{} {}", control.framework, control.id))
        .collect();
    let answers = match controls.is_empty() {
        true => String::new(),
        false => format!(" Answers {}.", controls.join(", ")),
    };
    let _ = write!(
        text,
        "\n### {}\n\n**{}** ({}, since {})\n\n{}\n\nNeeds {}.{answers}\n",
        registered.id,
        registered.title,
        check.severity.as_str(),
        check.since,
        registered.documentation,
        needs.join(", "),
    );
}
