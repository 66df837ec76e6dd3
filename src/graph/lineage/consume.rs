//! What consumes Kubernetes Secrets: workloads, service accounts, Ingresses, and the stores of the external-secrets
//! operator.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::graph::secret_use::{self, How};
use crate::graph::workload::Workload;

use super::Shelf;

/// What consumes a Secret.
#[derive(Clone, Debug)]
pub struct Consumer<'g> {
    /// Which object.
    pub place: Place<'g>,
    /// How, in order.
    pub ways: Vec<How>,
}

/// An object that consumes a Secret.
#[derive(Clone, Copy, Debug)]
pub enum Place<'g> {
    /// Its pods do, or will: the place in the graph's workloads is kept too.
    Workload(usize, &'g Workload<'g>),
    /// Another object of the cluster: kind, namespace and name.
    Object(&'static str, &'g str, &'g str),
}

impl Consumer<'_> {
    /// `Deployment payments/api`.
    pub fn label(&self) -> String {
        match self.place {
            Place::Workload(_, workload) => workload.label(),
            Place::Object(kind, "", name) => format!("{kind} {name}"),
            Place::Object(kind, namespace, name) => format!("{kind} {namespace}/{name}"),
        }
    }

    pub(super) fn order(&self) -> (bool, String) {
        (matches!(self.place, Place::Object(..)), self.label())
    }
}

/// Finds all consumers.
pub(super) fn all<'g>(graph: &'g Graph<'_>, shelf: &mut Shelf<'g>) {
    for (at, workload) in graph.workloads.workloads.iter().enumerate() {
        let mut uses: BTreeMap<&str, Vec<How>> = BTreeMap::new();
        for one in workload.specs().flat_map(secret_use::of) {
            uses.entry(one.secret).or_default().push(one.how);
        }
        for (secret, mut ways) in uses {
            ways.sort_unstable();
            ways.dedup();
            let kept = shelf.at(workload.cluster, workload.namespace, secret);
            kept.consumers.push(Consumer {
                place: Place::Workload(at, workload),
                ways,
            });
        }
    }
    for (cluster, facts) in &graph.snapshot.clusters {
        let objects = &facts.kubernetes;
        let mut add = |kind, at: (&'g str, &'g str), secret: &'g str, namespace: &'g str, ways| {
            let place = Place::Object(kind, at.0, at.1);
            let kept = shelf.at(cluster, namespace, secret);
            kept.consumers.push(Consumer { place, ways });
        };
        for account in &objects.service_accounts {
            let at = (account.metadata.namespace(), account.metadata.name.as_str());
            for secret in &account.image_pull_secrets {
                add(
                    "ServiceAccount",
                    at,
                    &secret.name,
                    at.0,
                    vec![How::ImagePull],
                );
            }
            for secret in &account.secrets {
                add("ServiceAccount", at, &secret.name, at.0, Vec::new());
            }
        }
        for ingress in &objects.ingresses {
            let at = (ingress.metadata.namespace(), ingress.metadata.name.as_str());
            for secret in ingress
                .spec
                .tls
                .iter()
                .filter_map(|one| one.secret_name.as_deref())
            {
                add("Ingress", at, secret, at.0, Vec::new());
            }
        }
        for store in &objects.secret_stores {
            let at = (store.metadata.namespace(), store.metadata.name.as_str());
            let kind = match at.0 {
                "" => "ClusterSecretStore",
                _ => "SecretStore",
            };
            let auth = store
                .spec
                .provider
                .aws
                .as_ref()
                .and_then(|aws| aws.auth.as_ref());
            let keys = auth.and_then(|auth| auth.secret_ref.as_ref());
            let references = keys.into_iter().flat_map(|keys| {
                [
                    &keys.access_key_id,
                    &keys.secret_access_key,
                    &keys.session_token,
                ]
            });
            for reference in references.flatten() {
                let namespace = reference.namespace.as_deref().unwrap_or(at.0);
                if let Some(name) = reference.name.as_deref() {
                    add(kind, at, name, namespace, Vec::new());
                }
            }
        }
        for push in &objects.push_secrets {
            let at = (push.metadata.namespace(), push.metadata.name.as_str());
            let source = push.spec.selector.secret.as_ref();
            if let Some(name) = source.and_then(|source| source.name.as_deref()) {
                add("PushSecret", at, name, at.0, Vec::new());
            }
        }
    }
}
