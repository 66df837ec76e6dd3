//! Secrets: their metadata, and their types, which metadata lacks.
//!
//! A list of metadata has no `type`, but a list can be asked for one type (Kubernetes
//! documentation, "Field Selectors": `type` of Secrets). So each well-known type (Kubernetes
//! documentation, "Secrets: Types of Secret"; Helm's storage) is listed, and then all the rest,
//! of which only that is known ([`OTHER_TYPE`]). Each Secret is in one of these lists.

use std::collections::HashMap;

use super::connection::Connection;
use super::list::{Listing, list};
use super::resources;
use crate::snapshot::kubernetes::{OTHER_TYPE, Secret};

/// Types that are listed, the most frequent first.
const TYPES: &[&str] = &[
    "Opaque",
    "kubernetes.io/service-account-token",
    "kubernetes.io/dockerconfigjson",
    "kubernetes.io/tls",
    "helm.sh/release.v1",
    "kubernetes.io/dockercfg",
    "kubernetes.io/basic-auth",
    "kubernetes.io/ssh-auth",
    "bootstrap.kubernetes.io/token",
];

/// Reads the metadata and types of all Secrets.
pub(super) async fn read(
    connection: &Connection<'_>,
    seen: &(dyn Fn(u64) + Sync),
) -> Listing<Secret> {
    let path = resources::SECRETS.path("v1");
    let rest = TYPES.iter().map(|kind| format!("type!={kind}"));
    let rest = rest.collect::<Vec<_>>().join(",");
    let lists = TYPES
        .iter()
        .map(|kind| (format!("type={kind}"), *kind))
        .chain([(rest, OTHER_TYPE)]);
    let mut all = Gathered::default();
    for (selector, kind) in lists {
        let part = list::<Secret>(
            connection,
            &resources::SECRETS,
            &path,
            Some(&selector),
            seen,
        );
        let part = part.await;
        let failed = part.failure.is_some();
        all.add(part, kind);
        // What one list met, the next would meet as well: rights do not depend on selectors.
        if failed {
            break;
        }
    }
    all.listing
}

#[derive(Default)]
struct Gathered {
    listing: Listing<Secret>,
    /// Where each Secret stands in the listing.
    places: HashMap<(String, String), usize>,
}

impl Gathered {
    fn add(&mut self, part: Listing<Secret>, kind: &str) {
        for mut secret in part.items {
            secret.kind = Some(kind.to_owned());
            let metadata = &secret.metadata;
            let key = (metadata.namespace().to_owned(), metadata.name.clone());
            let items = &mut self.listing.items;
            let known = self.places.get(&key).and_then(|at| items.get_mut(*at));
            let Some(known) = known else {
                self.places.insert(key, items.len());
                items.push(secret);
                continue;
            };
            // It was made anew between two lists, or the server does not know the selector.
            if known.kind != secret.kind {
                known.kind = None;
                let name = format!("{}/{}", key.0, key.1);
                let told = format!("{name}: it was listed under two types");
                self.listing.broken.push(told);
            }
        }
        self.listing.broken.extend(part.broken);
        self.listing.failure = part.failure;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::kubernetes_meta::Metadata;

    fn part(names: &[&str]) -> Listing<Secret> {
        let items = names.iter().map(|name| Secret {
            metadata: Metadata {
                name: (*name).to_owned(),
                ..Metadata::default()
            },
            kind: None,
        });
        Listing {
            items: items.collect(),
            ..Listing::default()
        }
    }

    #[test]
    fn a_secret_under_two_types_is_kept_once_and_without_a_type() {
        let mut all = Gathered::default();
        all.add(part(&["a", "b"]), "Opaque");
        all.add(part(&["a", "c"]), "kubernetes.io/tls");
        let kinds: Vec<_> = all
            .listing
            .items
            .iter()
            .map(|secret| (secret.metadata.name.as_str(), secret.kind.as_deref()))
            .collect();
        let expected = [
            ("a", None),
            ("b", Some("Opaque")),
            ("c", Some("kubernetes.io/tls")),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(all.listing.broken.len(), 1);
    }
}
