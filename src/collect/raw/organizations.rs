//! The prints of what stands above the accounts.

use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::Place;
use crate::snapshot::coverage::Source;
use crate::snapshot::organizations::Membership;
use crate::snapshot::{Account, Snapshot};

/// What is nobody's alone.
pub(super) fn write(snapshot: &Snapshot, dir: &Path) -> io::Result<()> {
    let place = Place {
        snapshot,
        dir: dir.to_owned(),
        account: None,
        region: None,
        scope: String::new(),
    };
    let all = &snapshot.organizations;
    let organizations = all.organizations.iter();
    let unclaimed = organizations.filter(|one| !is_claimed(snapshot, &one.id));
    place.lines(
        "organizations.jsonl",
        unclaimed.map(|one| json!({"Organization": one})),
    )?;
    if !all.accounts.is_empty() {
        place.print("accounts.json", &json!({"Accounts": all.accounts}))?;
    }
    let mut prints = Vec::new();
    for one in &all.parents {
        let request = json!({"ChildId": one.child_id});
        let response = json!({"Parents": one.parents});
        prints.push(place.envelope(Source::ORGANIZATION_PARENTS.name, request, response)?);
    }
    place.lines("parents.jsonl", prints)?;
    let mut prints = Vec::new();
    for one in &all.attached {
        let request = json!({"TargetId": one.target_id, "Filter": one.filter});
        let response = json!({"Policies": one.policies});
        prints.push(place.envelope(Source::ORGANIZATION_ATTACHED.name, request, response)?);
    }
    place.lines("policies-for-target.jsonl", prints)?;
    place.lines(
        "policies.jsonl",
        all.policies.iter().map(|one| json!({"Policy": one})),
    )
}

fn is_claimed(snapshot: &Snapshot, id: &str) -> bool {
    let members = snapshot.accounts.values();
    let mut ids = members.filter_map(|one| one.organization.as_ref()?.organization_id.as_deref());
    ids.any(|claimed| claimed == id)
}

/// The organisation of an account, or that it has none.
pub(super) fn membership(place: &Place, account: &Account) -> io::Result<()> {
    let Some(Membership { organization_id }) = &account.organization else {
        return Ok(());
    };
    let response = match organization_id {
        None => Value::Null,
        Some(id) => {
            let mut all = place.snapshot.organizations.organizations.iter();
            match all.find(|one| one.id == *id) {
                Some(organization) => json!({"Organization": organization}),
                None => json!({"Organization": {"Id": id}}),
            }
        }
    };
    let print = place.envelope(Source::ORGANIZATION.name, json!({}), response)?;
    place.print("organization.json", &print)
}
