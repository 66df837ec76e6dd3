//! One answer of `can`: as text for a person, and as JSON (`reports/schema/can-v1.json`).

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::graph::decision::{Answer, Because, Decision};
use crate::graph::wording::short;
use crate::iam::evaluate::{MatchedStatement, PolicyKind};

use super::explain::wrapped;
use super::neutral::for_terminal;

/// The version of the answer's form.
pub const SCHEMA: &str = "eks-auditor/can/v1";

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who, as an id.
    pub principal: String,
    /// The action or verb.
    pub action: String,
    /// On what; `*` is any.
    pub resource: String,
    /// Of a Kubernetes verb: the namespace that was named.
    pub namespace: Option<String>,
    /// Whether a cluster was asked.
    pub kubernetes: bool,
}

/// The answer as one JSON object.
pub fn json(asked: &Asked, answer: &Answer) -> Value {
    let mut object = Map::new();
    object.insert("schema".into(), json!(SCHEMA));
    object.insert("decision".into(), json!(answer.decision.as_str()));
    object.insert("principal".into(), json!(asked.principal));
    object.insert("action".into(), json!(asked.action));
    object.insert("resource".into(), json!(asked.resource));
    if asked.kubernetes {
        object.insert("namespace".into(), json!(asked.namespace));
    }
    object.extend(parts(answer));
    Value::Object(object)
}

/// What an answer says beside its decision.
pub(super) fn parts(answer: &Answer) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert(
        "because".into(),
        answer.because.iter().map(because).collect(),
    );
    let conditions: Vec<&String> = answer.conditions.iter().chain(&answer.unread).collect();
    object.insert("conditions".into(), json!(conditions));
    if !answer.why_not.is_empty() {
        let all = answer.why_not.iter();
        object.insert(
            "why_not".into(),
            all.map(|why| json!({"kind": why.kind, "text": why.text}))
                .collect(),
        );
    }
    if let Some(share) = answer.share {
        object.insert("share".into(), json!(share.as_str()));
        object.insert("on".into(), json!(answer.on));
    }
    for (key, list) in [
        ("chosen_by_caller", &answer.chosen),
        ("remarks", &answer.remarks),
    ] {
        if !list.is_empty() {
            object.insert(key.into(), json!(list));
        }
    }
    if answer.is_not_evaluated() {
        object.insert("not_evaluated".into(), json!(answer.unread));
    }
    object
}

/// What a decision rests on.
pub(super) fn because(because: &Because) -> Value {
    match because {
        Because::Statement(matched) => json!({
            "policy": matched.name, "statement": matched.statement, "sid": matched.sid,
            "effect": matched.effect, "kind": matched.kind, "certain": matched.certain,
        }),
        Because::Role {
            role,
            way,
            evidence,
        } => {
            json!({"role": role, "way": way.as_str(), "evidence": evidence, "kind": "role"})
        }
        Because::Entry { way, evidence } => {
            json!({"way": way.as_str(), "evidence": evidence, "kind": "entry"})
        }
        Because::Rule {
            binding,
            role,
            rule,
            text,
        } => {
            json!({"binding": binding, "role": role, "rule": rule, "text": text, "kind": "rbac"})
        }
        Because::AccessPolicy { policy, scope } => {
            json!({"policy": policy, "scope": scope, "kind": "access-policy"})
        }
        Because::Superuser => json!({"group": "system:masters", "kind": "superuser"}),
    }
}

/// The same in words.
pub(super) fn because_text(because: &Because) -> String {
    match because {
        Because::Statement(matched) => statement(matched),
        Because::Role {
            role,
            way,
            evidence,
        } => format!("it gets {} ({}): {evidence}", short(role), way.as_str()),
        Because::Entry { way, evidence } => format!("it comes in {evidence} ({})", way.as_str()),
        Because::Rule { text, .. } => text.clone(),
        Because::AccessPolicy { policy, scope } => {
            let name = policy.rsplit('/').next().unwrap_or(policy);
            format!("access policy {name} ({scope})")
        }
        Because::Superuser => {
            "system:masters is allowed everything before RBAC is asked".to_owned()
        }
    }
}

fn statement(matched: &MatchedStatement) -> String {
    let name = &matched.name;
    let whose = match (matched.kind, &**name) {
        (PolicyKind::Resource, "trust policy" | "the resource's policy") => name.to_string(),
        (PolicyKind::Identity, name) => format!("policy {name}"),
        (kind, name) => format!("{} {name}", kind.word()),
    };
    let sid = matched
        .sid
        .as_ref()
        .map_or(String::new(), |sid| format!(" ({sid})"));
    let perhaps = if matched.certain { "" } else { ", perhaps" };
    format!(
        "{whose}, statement {}{sid}: {:?}{perhaps}",
        matched.statement + 1,
        matched.effect
    )
}

/// The answer for a person. `next` are commands that lead on.
pub fn text(asked: &Asked, answer: &Answer, next: &[String], width: usize) -> String {
    let (word, may) = match answer.decision {
        _ if answer.is_not_evaluated() => ("NOT EVALUATED", "whether it may"),
        Decision::Allowed => ("ALLOWED", "may"),
        Decision::Denied => ("DENIED", "may not"),
        Decision::Conditional => ("CONDITIONAL", "may, perhaps,"),
    };
    let mut out = wrapped(
        &format!(
            "{word}: {} {may} {}",
            short(&asked.principal),
            question(asked)
        ),
        0,
        width,
    );
    list(
        &mut out,
        "Because",
        answer.because.iter().map(because_text),
        width,
    );
    list(
        &mut out,
        "Conditions",
        answer.conditions.iter().cloned(),
        width,
    );
    list(
        &mut out,
        "Not read",
        answer
            .unread
            .iter()
            .filter(|_| answer.is_not_evaluated())
            .cloned(),
        width,
    );
    list(
        &mut out,
        "Why not",
        answer.why_not.iter().map(|why| why.text.clone()),
        width,
    );
    let on = answer
        .on
        .iter()
        .filter(|_| answer.decision != Decision::Denied);
    list(&mut out, "On", on.cloned(), width);
    list(&mut out, "Remarks", answer.remarks.iter().cloned(), width);
    for command in next {
        // A command that is broken over lines cannot be copied.
        let _ = writeln!(out, "Next: {}", for_terminal(command));
    }
    out
}

/// `do s3:GetObject on arn:…`, `get core/secrets in payments`.
fn question(asked: &Asked) -> String {
    let any = if asked.resource == "*" {
        "any resource"
    } else {
        &asked.resource
    };
    match (asked.kubernetes, &asked.namespace) {
        (false, _) => format!("do {} on {any}", asked.action),
        (true, None) => format!("{} {any}", asked.action),
        (true, Some(namespace)) => format!("{} {any} in {namespace}", asked.action),
    }
}

/// A heading with its lines, where there are some.
pub(super) fn list(
    out: &mut String,
    heading: &str,
    lines: impl Iterator<Item = String>,
    width: usize,
) {
    for (at, line) in lines.enumerate() {
        if at == 0 {
            let _ = writeln!(out, "{heading}");
        }
        out.push_str(&wrapped(&line, 2, width));
    }
}
