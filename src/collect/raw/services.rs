//! The prints of the services that are read on request.

use std::io;

use serde_json::{Value, json};

use super::Place;
use crate::collect::services::{Describe, Each, Kind, kinds};
use crate::snapshot::Region;
use crate::snapshot::services::Running;

/// Writes what a region's services listed, and what was told of single things.
pub(super) fn write(place: &Place, region: &Region) -> io::Result<()> {
    for kind in kinds() {
        let things = region.services.get(kind.source.name);
        let things = things.map_or(&[][..], Vec::as_slice);
        if things.is_empty() && !place.complete(kind.source) {
            continue;
        }
        let lists = match kind.list.within {
            None => vec![(json!({}), things.iter().collect())],
            Some((source, parameter)) => {
                let of = region.services.get(source.name).into_iter().flatten();
                let lists = of.map(|of| (json!({parameter: of.arn}), within(&of.arn, things)));
                lists.collect()
            }
        };
        let mut prints = Vec::new();
        for (request, things) in lists {
            prints.push(listed(place, kind, request, &things)?);
        }
        if prints.is_empty() {
            prints.push(listed(place, kind, json!({}), &[])?);
        }
        place.lines(&file(kind.source.name), prints)?;
        described(place, kind, things)?;
    }
    Ok(())
}

fn listed(place: &Place, kind: &Kind, request: Value, things: &[&Running]) -> io::Result<Value> {
    let items: Vec<Value> = things.iter().map(|one| kind.list.item.print(one)).collect();
    place.envelope(kind.source.name, request, json!({kind.list.key: items}))
}

/// What is in one of another kind: `container-instance/CLUSTER/ID` in `cluster/CLUSTER`.
fn within<'t>(of: &str, things: &'t [Running]) -> Vec<&'t Running> {
    let name = of.rsplit('/').next().unwrap_or(of);
    let all = things.iter();
    all.filter(|one| one.arn.rsplit('/').nth(1) == Some(name))
        .collect()
}

/// Where all was read, each thing was told of; else those of which something is known.
fn described(place: &Place, kind: &Kind, things: &[Running]) -> io::Result<()> {
    let whole = place.complete(kind.source);
    let told = things.iter().filter(|one| whole || one.role.is_some());
    let mut prints = Vec::new();
    let (describe, at_once): (&Describe, usize) = match &kind.each {
        Each::Nothing => return Ok(()),
        Each::One(describe) => (describe, 1),
        Each::Many(describe, at_once) => (describe, *at_once),
    };
    let items: Vec<Value> = told.map(|one| describe.item.print(one)).collect();
    for some in items.chunks(at_once.max(1)) {
        let print = match (some, at_once) {
            ([one], 1) if describe.key.is_empty() => one.clone(),
            ([one], 1) => json!({describe.key: one}),
            _ => json!({describe.key: some}),
        };
        prints.push(place.envelope(describe.call, json!({}), print)?);
    }
    place.lines(&file(describe.call), prints)
}

/// `lambda:ListFunctions` as a file's name.
fn file(call: &str) -> String {
    format!("{}.jsonl", call.replace(':', "-"))
}
