//! All that somebody may do: as text for a person, and as JSON (`reports/schema/can-list-v1.json`).

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::graph::listing::{Held, Row, RuleRow, Term};
use crate::graph::wording::short;

use super::answer::{because, because_text};
use super::explain::wrapped;
use super::neutral::for_terminal;

/// The version of the listing's form.
pub const SCHEMA: &str = "eks-auditor/can-list/v1";

/// A listing.
#[derive(Debug)]
pub struct Listing {
    /// Who, as an id.
    pub principal: String,
    /// The AWS service that was asked for.
    pub service: Option<String>,
    /// The namespace that was asked for.
    pub namespace: Option<String>,
    /// What is allowed in AWS, by role or user.
    pub aws: Vec<Held>,
    /// The rules in clusters.
    pub rules: Vec<RuleRow>,
    /// What was not read.
    pub unread: Vec<String>,
}

/// The listing as one JSON object.
pub fn json(listing: &Listing) -> Value {
    let held = |held: &Held| {
        json!({
            "principal": held.principal,
            "got": held.got.as_ref().map(because),
            "conditions": held.conditions,
            "allowed": held.rows.iter().map(row).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": SCHEMA,
        "principal": listing.principal,
        "service": listing.service,
        "namespace": listing.namespace,
        "aws": listing.aws.iter().map(held).collect::<Vec<_>>(),
        "kubernetes": listing.rules.iter().map(rule).collect::<Vec<_>>(),
        "not_evaluated": listing.unread,
    })
}

fn texts(terms: &[Term]) -> Vec<String> {
    terms.iter().map(Term::to_string).collect()
}

fn row(row: &Row) -> Value {
    let why = &row.because;
    json!({
        "actions": texts(&row.actions),
        "resources": texts(&row.resources),
        "decision": row.decision.as_str(),
        "conditions": row.conditions,
        "except": row.except,
        "because": {"policy": why.name, "statement": why.statement, "sid": why.sid, "effect": why.effect,
            "kind": why.kind},
    })
}

fn rule(row: &RuleRow) -> Value {
    json!({
        "cluster": row.cluster,
        "namespace": row.namespace,
        "verbs": row.rule.verbs,
        "groups": row.rule.api_groups,
        "resources": row.rule.resources,
        "resource_names": row.rule.resource_names,
        "non_resource_urls": row.rule.non_resource_urls,
        "conditions": row.conditions,
        "because": row.because.iter().map(because).collect::<Vec<_>>(),
    })
}

/// The listing for a person.
pub fn text(listing: &Listing, width: usize) -> String {
    let mut out = String::new();
    for held in &listing.aws {
        aws(&mut out, held, listing.service.as_deref(), width);
    }
    let mut last = None;
    for row in &listing.rules {
        let place = (&row.cluster, &row.namespace);
        if last != Some(place) {
            let namespace = row
                .namespace
                .as_ref()
                .map_or("the whole cluster".to_owned(), |one| {
                    format!("namespace {one}")
                });
            heading(
                &mut out,
                &format!("Kubernetes: {namespace} of {}", row.cluster),
            );
            last = Some(place);
        }
        out.push_str(&wrapped(&rule_line(row), 2, width));
        if let Some(why) = row.because.last() {
            let open: String = row
                .conditions
                .iter()
                .map(|clause| format!("; {clause}"))
                .collect();
            // The rule stands above already.
            let why = because_text(why);
            let why = why.split(": ").next().unwrap_or(&why);
            out.push_str(&wrapped(&format!("by {why}{open}"), 6, width));
        }
    }
    if listing.aws.is_empty() && listing.rules.is_empty() {
        let _ = writeln!(
            out,
            "{} may do nothing that was read.",
            for_terminal(&short(&listing.principal))
        );
    }
    if !listing.unread.is_empty() {
        heading(&mut out, "NOT EVALUATED: there may be more");
        for gap in &listing.unread {
            out.push_str(&wrapped(gap, 2, width));
        }
    }
    out
}

fn heading(out: &mut String, text: &str) {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", for_terminal(text));
}

fn aws(out: &mut String, held: &Held, service: Option<&str>, width: usize) {
    heading(out, &format!("AWS: as {}", held.principal));
    if let Some(got) = &held.got {
        out.push_str(&wrapped(&because_text(got), 2, width));
    }
    for condition in &held.conditions {
        out.push_str(&wrapped(&format!("open: {condition}"), 2, width));
    }
    if held.rows.is_empty() {
        let of = service.map_or(String::new(), |name| format!(" of {name}"));
        let _ = writeln!(out, "  nothing{}", for_terminal(&of));
    }
    for row in &held.rows {
        out.push_str(&wrapped(&texts(&row.actions).join(", "), 2, width));
        for resource in texts(&row.resources) {
            out.push_str(&wrapped(&format!("on {resource}"), 4, width));
        }
        for condition in &row.conditions {
            out.push_str(&wrapped(condition, 4, width));
        }
        for except in &row.except {
            out.push_str(&wrapped(&format!("but not {except}"), 4, width));
        }
        let why = &row.because;
        let sid = why
            .sid
            .as_ref()
            .map_or(String::new(), |sid| format!(" ({sid})"));
        out.push_str(&wrapped(
            &format!(
                "by policy {}, statement {}{sid}",
                why.name,
                why.statement + 1
            ),
            6,
            width,
        ));
    }
}

/// `get, list, watch on pods, pods/log of core; named a, b`.
fn rule_line(row: &RuleRow) -> String {
    let rule = &row.rule;
    let verbs = rule.verbs.join(", ");
    let mut parts = Vec::new();
    if !rule.resources.is_empty() {
        let groups: Vec<&str> = rule
            .api_groups
            .iter()
            .map(|one| if one.is_empty() { "core" } else { one })
            .collect();
        let named = match rule.resource_names.is_empty() {
            true => String::new(),
            false => format!(" named {}", rule.resource_names.join(", ")),
        };
        parts.push(format!(
            "{} of {}{named}",
            rule.resources.join(", "),
            groups.join(", ")
        ));
    }
    if !rule.non_resource_urls.is_empty() {
        parts.push(rule.non_resource_urls.join(", "));
    }
    format!("{verbs} on {}", parts.join("; "))
}
