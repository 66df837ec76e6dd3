//! The access review as JSON.

use serde_json::{Map, Value, json};

use super::{SCHEMA, Shown, kind, last_used, name};
use crate::graph::access_review::{Admin, Deed, Excess, Grant, Place, Row, Way};
use crate::graph::last_use::LastUsed;
use crate::graph::wording::all_of;
use crate::snapshot::kubernetes_rbac::PolicyRule;

/// The review as one JSON object.
pub fn json(shown: &Shown) -> Value {
    let left_out: Map<String, Value> = shown
        .left_out
        .iter()
        .map(|(part, many)| (part.as_str().to_owned(), json!(many)))
        .collect();
    json!({
        "schema": SCHEMA,
        "taken_at": shown.taken_at,
        "clusters": shown.clusters,
        "not_evaluated": shown.review.unread,
        "remarks": shown.review.remarks,
        "left_out": left_out,
        "rows": shown.review.rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    json!({
        "cluster": row.cluster,
        "part": row.part.as_str(),
        "kind": kind(row),
        "name": name(row),
        "id": row.id,
        "known": row.known,
        "may": row.deeds.iter().map(deed).collect::<Vec<_>>(),
        "also": row.also,
        "cluster_admin": row.admin.as_ref().map(admin),
        "since": row.since,
        "last_used": used(row),
        "comes_in": row.ways.iter().map(way).collect::<Vec<_>>(),
        "grants": row.grants.iter().map(grant).collect::<Vec<_>>(),
        "certainty": certainty(row.is_certain()),
        "conditions": row.open(),
        "beyond_duty": row.excess.as_ref().map(|all| all.iter().map(excess).collect::<Vec<_>>()),
    })
}

fn certainty(certain: bool) -> &'static str {
    match certain {
        true => "certain",
        false => "conditional",
    }
}

/// `null`: the whole cluster.
fn namespaces(place: &Place) -> Value {
    match place {
        Place::Cluster => Value::Null,
        Place::Namespaces(names) => json!(names),
    }
}

fn deed(deed: &Deed) -> Value {
    json!({
        "text": deed.text(&all_of),
        "power": deed.saying.power,
        "namespaces": namespaces(&deed.place),
        "conditions": deed.conditions,
    })
}

fn admin(admin: &Admin) -> Value {
    json!({
        "steps": admin.steps,
        "text": admin.text,
        "certainty": certainty(admin.conditions.is_empty()),
        "conditions": admin.conditions,
    })
}

fn used(row: &Row) -> Value {
    let (status, at, region) = match &row.last_used {
        LastUsed::At(at, region) => ("at", Some(*at), region.clone()),
        LastUsed::NotSeen(_) => ("not-seen", None, None),
        LastUsed::Unknown => ("unknown", None, None),
    };
    json!({"status": status, "at": at, "region": region, "text": last_used(row)})
}

fn way(way: &Way) -> Value {
    json!({"text": way.text, "from": way.from, "since": way.since, "conditions": way.conditions})
}

fn grant(grant: &Grant) -> Value {
    json!({
        "text": grant.text,
        "by": grant.by,
        "role": grant.role,
        "namespaces": namespaces(&grant.place),
        "rules": grant.rules.iter().map(rule).collect::<Vec<_>>(),
        "unpublished": grant.unpublished,
        "since": grant.since,
        "conditions": grant.conditions,
    })
}

fn rule(rule: &PolicyRule) -> Value {
    json!({
        "verbs": rule.verbs,
        "groups": rule.api_groups,
        "resources": rule.resources,
        "resource_names": rule.resource_names,
        "non_resource_urls": rule.non_resource_urls,
    })
}

fn excess(excess: &Excess) -> Value {
    json!({"text": excess.text, "by": excess.by, "by_id": excess.by_id, "conditions": excess.conditions})
}
