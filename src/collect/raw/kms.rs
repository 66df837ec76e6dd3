//! The prints of KMS.

use std::collections::BTreeSet;
use std::io;

use serde_json::{Value, json};

use super::Place;
use crate::snapshot::coverage::Source;
use crate::snapshot::kms::Kms;

/// Writes a region's keys, each with its policy, its grants and whether it rotates, and their other names.
pub(super) fn write(place: &Place, kms: &Kms) -> io::Result<()> {
    let keys = kms.keys.iter().map(|key| Ok(json!({"KeyMetadata": key})));
    lines(place, Source::KEYS, keys, "kms-keys.jsonl")?;
    let policies = kms.policies.iter().map(|one| {
        let print = json!({"Policy": one.policy, "PolicyName": "default"});
        place.envelope(Source::KEY_POLICIES.name, of(&one.key_id), print)
    });
    lines(
        place,
        Source::KEY_POLICIES,
        policies,
        "kms-key-policies.jsonl",
    )?;
    let grants = granted(place, kms).into_iter().map(|key| {
        let grants = kms.grants.iter().filter(|grant| grant.key_id == key);
        let print = json!({"Grants": grants.collect::<Vec<_>>()});
        place.envelope(Source::KEY_GRANTS.name, of(key), print)
    });
    lines(place, Source::KEY_GRANTS, grants, "kms-grants.jsonl")?;
    let rotation = kms
        .rotation
        .iter()
        .map(|one| place.envelope(Source::KEY_ROTATION.name, of(&one.key_id), one));
    lines(
        place,
        Source::KEY_ROTATION,
        rotation,
        "kms-key-rotation.jsonl",
    )?;
    let aliases = (!kms.aliases.is_empty()).then(|| {
        let print = json!({"Aliases": kms.aliases});
        place.envelope(Source::KEY_ALIASES.name, json!({}), print)
    });
    lines(place, Source::KEY_ALIASES, aliases, "kms-aliases.jsonl")
}

fn of(key: &str) -> Value {
    json!({"KeyId": key})
}

/// The keys of which grants were read: where all were, also those that have none.
fn granted<'k>(place: &Place, kms: &'k Kms) -> BTreeSet<&'k str> {
    let with = kms.grants.iter().map(|grant| grant.key_id.as_str());
    let mut keys: BTreeSet<&str> = with.collect();
    if place.complete(Source::KEY_GRANTS) {
        keys.extend(kms.keys.iter().map(|key| key.arn.as_str()));
        keys.extend(kms.policies.iter().map(|policy| policy.key_id.as_str()));
    }
    keys
}

/// Where nothing was there to read, one answer that there is none says so.
fn lines(
    place: &Place,
    source: Source,
    prints: impl IntoIterator<Item = io::Result<Value>>,
    name: &str,
) -> io::Result<()> {
    let mut prints: Vec<Value> = prints.into_iter().collect::<io::Result<_>>()?;
    if prints.is_empty() && place.complete(source) {
        prints.push(place.envelope(source.name, json!({}), Value::Null)?);
    }
    place.lines(name, prints)
}
