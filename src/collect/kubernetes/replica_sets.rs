//! ReplicaSets: the metadata of all, and the templates of those that nobody controls.
//!
//! A Deployment keeps ten old ReplicaSets (Kubernetes documentation, "Deployments: Clean up
//! Policy"), of which only the owner matters: it has the template. One without an owner is a
//! workload of its own, also without a pod.

use std::collections::{BTreeSet, HashMap};

use super::connection::Connection;
use super::list::{Listing, list};
use super::resources::{REPLICA_SETS, Resource};
use crate::snapshot::kubernetes::Controller;

/// So many are asked for by name; more are looked for in the whole list.
const FEW: usize = 20;

/// Reads all ReplicaSets.
pub(super) async fn read(
    connection: &Connection<'_>,
    seen: &(dyn Fn(u64) + Sync),
) -> Listing<Controller> {
    let path = REPLICA_SETS.path("v1");
    let mut listing = list::<Controller>(connection, &REPLICA_SETS, &path, None, seen).await;
    let mut bare: HashMap<(String, String), usize> = HashMap::new();
    for (at, item) in listing.items.iter().enumerate() {
        if item.metadata.controller().is_none() {
            bare.insert(key(item), at);
        }
    }
    let whole = Resource {
        metadata_only: false,
        ..REPLICA_SETS
    };
    for selector in selectors(&bare) {
        let part = list::<Controller>(connection, &whole, &path, selector.as_deref(), &|_| {});
        let part = part.await;
        for item in part.items {
            let place = bare.remove(&key(&item));
            if let Some(place) = place.and_then(|at| listing.items.get_mut(at)) {
                *place = item;
            }
        }
        if let Some(failure) = part.failure {
            let why = failure.sentence(connection.api);
            listing.broken.push(format!(
                "templates of ReplicaSets that nobody controls: {why}"
            ));
            break;
        }
        listing.broken.extend(part.broken);
    }
    listing
}

/// What to ask for, to have these.
fn selectors(bare: &HashMap<(String, String), usize>) -> Vec<Option<String>> {
    let names: BTreeSet<&str> = bare.keys().map(|(_, name)| name.as_str()).collect();
    if names.len() > FEW {
        return vec![None];
    }
    let selector = |name: &str| Some(format!("metadata.name={name}"));
    names.into_iter().map(selector).collect()
}

fn key(item: &Controller) -> (String, String) {
    let metadata = &item.metadata;
    (metadata.namespace().to_owned(), metadata.name.clone())
}
