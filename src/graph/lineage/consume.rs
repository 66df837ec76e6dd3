//! What consumes Kubernetes Secrets: workloads, and the objects that name them.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::graph::secret_use::{self, How};
use crate::graph::workload::Workload;

use super::{Shelf, named};

/// What consumes a Secret.
#[derive(Clone, Debug)]
pub struct Consumer<'g> {
    /// Which object.
    pub place: Place<'g>,
    /// How, in order.
    pub ways: Vec<How>,
    /// On what that depends and is not known, in words that complete "only …".
    pub open: Option<&'static str>,
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
    /// `Deployment payments/api`; `Gateway edge/web (only if …)`.
    pub fn label(&self) -> String {
        let name = match self.place {
            Place::Workload(_, workload) => workload.label(),
            Place::Object(kind, "", name) => format!("{kind} {name}"),
            Place::Object(kind, namespace, name) => format!("{kind} {namespace}/{name}"),
        };
        match self.open {
            Some(open) => format!("{name} (only {open})"),
            None => name,
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
                open: None,
            });
        }
    }
    for (cluster, facts) in &graph.snapshot.clusters {
        named::all(cluster, &facts.kubernetes, shelf);
    }
}
