//! The answers of `who-can`: as text for a person, and as JSON (`reports/schema/who-can-v1.json`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::graph::control::Taken;
use crate::graph::decision::Decision;
use crate::graph::jewel::{Admin, Admins};
use crate::graph::who_can::{Holder, Reach, WhoCan};
use crate::graph::wording::short;
use crate::snapshot::id::ObjectId;

use super::answer::{because, because_text, parts};
use super::explain::wrapped;
use super::neutral::for_terminal;

/// The version of the answer's form.
pub const SCHEMA: &str = "eks-auditor/who-can/v1";

/// How many of those that reach a principal are shown to a person.
const SHOWN: usize = 5;

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The action or verb.
    pub action: String,
    /// On what.
    pub resource: String,
    /// Of a Kubernetes verb: the namespace that was named.
    pub namespace: Option<String>,
    /// Whether clusters were asked.
    pub kubernetes: bool,
}

/// Everybody who can, as one JSON object.
pub fn json(asked: &Asked, all: &WhoCan) -> Value {
    let mut object = Map::new();
    object.insert("schema".into(), json!(SCHEMA));
    object.insert("action".into(), json!(asked.action));
    object.insert("resource".into(), json!(asked.resource));
    if asked.kubernetes {
        object.insert("namespace".into(), json!(asked.namespace));
    }
    object.insert(
        "principals".into(),
        all.holders.iter().map(holder).collect(),
    );
    object.insert("remarks".into(), json!(all.remarks));
    object.insert("not_evaluated".into(), json!(all.unread));
    Value::Object(object)
}

fn holder(holder: &Holder) -> Value {
    let mut object = parts(&holder.answer);
    object.insert("id".into(), json!(holder.id));
    if let Some(cluster) = &holder.cluster {
        object.insert("cluster".into(), json!(cluster));
    }
    object.insert("decision".into(), json!(holder.answer.decision.as_str()));
    reached(&mut object, &holder.reached);
    Value::Object(object)
}

fn reached(object: &mut Map<String, Value>, all: &[Reach]) {
    let mut ids: Vec<&str> = all.iter().map(|reach| reach.id.as_str()).collect();
    ids.dedup();
    object.insert("reached_from".into(), json!(ids));
    let conditional = all.iter().filter(|reach| !reach.conditions.is_empty());
    let conditional: Vec<Value> = conditional
        .map(|reach| json!({"id": reach.id, "way": reach.way.as_str(), "conditions": reach.conditions}))
        .collect();
    if !conditional.is_empty() {
        object.insert("reached_conditionally".into(), json!(conditional));
    }
}

/// The administrators of an account or of clusters, as one JSON object.
pub fn jewel_json(jewel: &str, all: &Admins) -> Value {
    json!({
        "schema": SCHEMA,
        "jewel": jewel,
        "principals": all.admins.iter().map(admin).collect::<Vec<_>>(),
        "not_evaluated": all.unread,
    })
}

fn certainty(certain: bool) -> &'static str {
    match certain {
        true => "certain",
        false => "conditional",
    }
}

fn admin(admin: &Admin) -> Value {
    let mut object = Map::new();
    object.insert("id".into(), json!(admin.id));
    if let Some(cluster) = &admin.cluster {
        object.insert("cluster".into(), json!(cluster));
    }
    object.insert("steps".into(), json!(admin.steps));
    object.insert("certainty".into(), json!(certainty(admin.certain)));
    object.insert(
        "because".into(),
        admin.because.iter().map(because).collect(),
    );
    object.insert("conditions".into(), json!(admin.conditions));
    object.insert("except".into(), json!(admin.except));
    object.insert("known".into(), json!(admin.known));
    let step = |Taken { step, open }: &Taken| {
        json!({"from": step.from, "to": step.to, "edge": step.edge.as_str(), "evidence": step.evidence,
            "certainty": certainty(open.is_none())})
    };
    object.insert("path".into(), admin.path.iter().map(step).collect());
    reached(&mut object, &admin.reached);
    Value::Object(object)
}

/// Everybody who can, for a person.
pub fn text(asked: &Asked, all: &WhoCan, width: usize) -> String {
    let place = asked
        .namespace
        .as_ref()
        .map_or(String::new(), |name| format!(" in {name}"));
    let question = format!("{} {}{place}", asked.action, asked.resource);
    let mut out = count(
        all.holders.len(),
        &format!("can {question}"),
        all.unread.is_empty(),
        width,
    );
    for holder in &all.holders {
        let mark = match holder.answer.decision {
            Decision::Conditional => " (conditional)",
            _ => "",
        };
        let _ = writeln!(
            out,
            "\n{}{mark}",
            for_terminal(&in_cluster(&holder.id, holder.cluster.as_deref()))
        );
        for why in &holder.answer.because {
            out.push_str(&wrapped(&because_text(why), 2, width));
        }
        conditions(&mut out, &holder.answer.conditions, width);
        for remark in &holder.answer.remarks {
            out.push_str(&wrapped(remark, 2, width));
        }
        reach_text(&mut out, &holder.reached, width);
    }
    for (at, remark) in all.remarks.iter().enumerate() {
        if at == 0 {
            out.push_str("\nRemarks\n");
        }
        out.push_str(&wrapped(remark, 2, width));
    }
    unread(&mut out, &all.unread, width);
    out
}

/// The administrators for a person.
pub fn jewel_text(jewel: &str, all: &Admins, width: usize) -> String {
    let (expected, others): (Vec<&Admin>, Vec<&Admin>) =
        all.admins.iter().partition(|admin| admin.known.is_some());
    let mut out = count(
        others.len(),
        &format!("may become {jewel}"),
        all.unread.is_empty(),
        width,
    );
    let mut clusters: Vec<Option<&str>> = others.iter().map(|one| one.cluster.as_deref()).collect();
    clusters.sort_unstable();
    clusters.dedup();
    for cluster in clusters {
        let mut last = None;
        for admin in others
            .iter()
            .filter(|one| one.cluster.as_deref() == cluster)
        {
            if last != Some(admin.steps) {
                let _ = writeln!(out, "\n{}", heading(jewel, cluster, admin.steps));
                last = Some(admin.steps);
            }
            admin_text(&mut out, admin, width);
        }
    }
    expected_text(&mut out, &expected, width);
    unread(&mut out, &all.unread, width);
    out
}

fn heading(jewel: &str, cluster: Option<&str>, steps: usize) -> String {
    let of = cluster.map_or(String::new(), |cluster| {
        format!(" OF {}", for_terminal(cluster))
    });
    let jewel = jewel.to_uppercase();
    match steps {
        0 => format!("IS {jewel}{of}"),
        1 => format!("BECOMES {jewel}{of} IN ONE STEP"),
        many => format!("BECOMES {jewel}{of} IN {many} STEPS"),
    }
}

fn admin_text(out: &mut String, admin: &Admin, width: usize) {
    let mark = if admin.certain { "" } else { " (conditional)" };
    let _ = writeln!(out, "\n{}{mark}", for_terminal(&name(&admin.id)));
    for why in &admin.because {
        out.push_str(&wrapped(&because_text(why), 2, width));
    }
    for Taken { step, .. } in &admin.path {
        let line = format!(
            "{} → {}: {}",
            step.edge.as_str(),
            name(&step.to),
            step.evidence
        );
        out.push_str(&wrapped(&line, 2, width));
    }
    conditions(out, &admin.conditions, width);
    for except in &admin.except {
        out.push_str(&wrapped(&format!("but not {except}"), 2, width));
    }
    reach_text(out, &admin.reached, width);
}

/// Those that are expected to have the power: whose they are, and their names.
fn expected_text(out: &mut String, expected: &[&Admin], width: usize) {
    let mut by: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for admin in expected {
        let names = by.entry(admin.known.unwrap_or_default()).or_default();
        names.insert(name(&admin.id));
    }
    if !by.is_empty() {
        let _ = writeln!(out, "\nEXPECTED TO HAVE SUCH POWER (their ways: -o json)\n");
    }
    for (known, names) in by {
        let names: Vec<String> = names.into_iter().collect();
        let line = format!("{known}: {}", names.join(", "));
        out.push_str(&wrapped(&line, 0, width));
    }
}

fn count(many: usize, what: &str, whole: bool, width: usize) -> String {
    let known = if whole {
        ""
    } else {
        " of those that were read"
    };
    let line = match many {
        0 => format!("Nobody{known} {what}."),
        1 => format!("1 principal{known} {what}."),
        many => format!("{many} principals{known} {what}."),
    };
    wrapped(&line, 0, width)
}

/// `prod: Group system:masters`; an ARN as it is, to be copied.
fn name(id: &str) -> String {
    match (id, ObjectId::parse(id)) {
        ("*", _) => "anybody, without credentials".to_owned(),
        (_, Some(object)) => format!("{}: {}", object.cluster, short(id)),
        (id, None) => id.to_owned(),
    }
}

/// An ARN does not say which cluster is meant.
fn in_cluster(id: &str, cluster: Option<&str>) -> String {
    match (cluster, ObjectId::parse(id)) {
        (Some(cluster), None) => format!("{cluster}: {id}"),
        _ => name(id),
    }
}

fn conditions(out: &mut String, conditions: &[String], width: usize) {
    for condition in conditions {
        out.push_str(&wrapped(condition, 2, width));
    }
}

fn reach_text(out: &mut String, all: &[Reach], width: usize) {
    let (far, near): (Vec<&Reach>, Vec<&Reach>) = all.iter().partition(|reach| reach.is_far);
    let names: Vec<String> = near
        .iter()
        .take(SHOWN)
        .map(|reach| match reach.conditions.is_empty() {
            true => name(&reach.id),
            false => format!("{} (conditional)", name(&reach.id)),
        })
        .collect();
    let more = match near.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    if !names.is_empty() {
        out.push_str(&wrapped(
            &format!("reached from {}{more}", names.join(", ")),
            2,
            width,
        ));
    }
    let others = if near.is_empty() { "" } else { "other " };
    let line = match far.as_slice() {
        [] => return,
        [one] => format!("reached over more steps from {}", name(&one.id)),
        many => format!(
            "reached over more steps from {} {others}workloads and service accounts (-o json, paths)",
            many.len()
        ),
    };
    out.push_str(&wrapped(&line, 2, width));
}

fn unread(out: &mut String, gaps: &[String], width: usize) {
    if gaps.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nNOT EVALUATED: there may be more");
    for gap in gaps {
        out.push_str(&wrapped(gap, 2, width));
    }
}
