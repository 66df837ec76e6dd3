//! The answers of `blast-radius`: as text for a person, and as JSON (`reports/schema/blast-radius-v1.json`).

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::graph::blast_radius::BlastRadius;
use crate::graph::control::{Kind, Reached};

use super::explain::wrapped;
use super::neutral::for_terminal;
use super::paths::{certainty, named};

/// The version of the answer's form.
pub const SCHEMA: &str = "eks-auditor/blast-radius/v1";

/// How many of a kind are shown to a person.
const SHOWN: usize = 12;

/// All that falls, as one JSON object.
pub fn json(all: &BlastRadius) -> Value {
    let reached = |one: &Reached| json!({"id": one.id, "kind": one.kind.as_str(), "steps": one.steps, "certainty": certainty(one.is_certain)});
    json!({
        "schema": SCHEMA, "of": all.of,
        "reached": all.reached.iter().map(reached).collect::<Vec<_>>(),
        "workloads": all.workloads,
        "secrets": all.secrets.iter().map(|one| json!({
            "id": one.id, "by": one.by, "certainty": certainty(one.is_certain)})).collect::<Vec<_>>(),
        "not_evaluated": all.unread,
    })
}

/// All that falls, for a person.
pub fn text(all: &BlastRadius, width: usize) -> String {
    let mut out = String::new();
    let count = all.reached.len() + all.workloads.len() + all.secrets.len();
    let read = if all.unread.is_empty() {
        ""
    } else {
        " in what was read"
    };
    let line = match count {
        0 => format!("Nothing falls with {}{read}.", all.of),
        _ => format!("What falls with {}{read}:", all.of),
    };
    out.push_str(&wrapped(&for_terminal(&line), 0, width));
    for (kind, heading) in HEADINGS {
        // The groups that it is in anyhow are no news.
        let of_kind = all.reached.iter();
        let of_kind = of_kind.filter(|one| one.kind == *kind && one.steps > 0);
        let lines: Vec<String> = of_kind
            .map(|one| {
                let steps = match one.steps {
                    1 => "one step".to_owned(),
                    many => format!("{many} steps"),
                };
                let mark = if one.is_certain { "" } else { ", conditional" };
                format!("{} ({steps}{mark})", named(&one.id))
            })
            .collect();
        group(&mut out, heading, &lines, width);
    }
    let workloads: Vec<String> = all.workloads.iter().map(|id| named(id)).collect();
    group(&mut out, "WORKLOADS", &workloads, width);
    let secrets = all.secrets.iter().map(|one| {
        let mark = if one.is_certain { "" } else { ", conditional" };
        format!("{} (read by {}{mark})", named(&one.id), named(&one.by))
    });
    group(
        &mut out,
        "SECRETS OF SECRETS MANAGER",
        &secrets.collect::<Vec<_>>(),
        width,
    );
    if count > 0 {
        out.push('\n');
        out.push_str(&wrapped(
            "How: eks-auditor paths --from … --to ID. All of it: -o json.",
            0,
            width,
        ));
    }
    if !all.unread.is_empty() {
        out.push_str("\nNOT EVALUATED\n");
        for line in &all.unread {
            out.push_str(&wrapped(&for_terminal(line), 2, width));
        }
    }
    out
}

/// What is told of what, in this order. Roles inside a cluster are told by what is reached with them.
const HEADINGS: &[(Kind, &str)] = &[
    (Kind::Account, "ACCOUNTS, AS ADMINISTRATOR"),
    (Kind::Cluster, "CLUSTERS, AS CLUSTER-ADMIN"),
    (Kind::Machine, "NODES"),
    (Kind::Principal, "IAM PRINCIPALS"),
    (Kind::Namespace, "NAMESPACES, WHOLLY"),
    (Kind::ServiceAccount, "SERVICE ACCOUNTS"),
    (Kind::Subject, "USERS AND GROUPS"),
    (Kind::Repository, "IMAGE REPOSITORIES"),
];

fn group(out: &mut String, heading: &str, lines: &[String], width: usize) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{heading}: {}", lines.len());
    for line in lines.iter().take(SHOWN) {
        out.push_str(&wrapped(&for_terminal(line), 2, width));
    }
    if lines.len() > SHOWN {
        let _ = writeln!(out, "  … and {} more", lines.len() - SHOWN);
    }
}
