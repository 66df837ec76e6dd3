//! Objects by their names, for rules that are limited to some.

use std::collections::{HashMap, HashSet};

use crate::graph::ClusterNode;
use crate::graph::workload::Workload;
use crate::snapshot::kubernetes::{Pod, Secret};

use super::place::Account;

/// Objects by their names, for rules that are limited to some.
#[derive(Debug, Default)]
pub(super) struct Named<'g> {
    /// Pods, with the place of their account.
    pub(super) pods: HashMap<&'g str, Vec<(usize, &'g Pod)>>,
    /// Secrets that hold a token, with the place of its account.
    pub(super) tokens: HashMap<&'g str, Vec<(usize, &'g Secret)>>,
    /// What makes pods.
    pub(super) workloads: HashMap<&'g str, Vec<&'g Workload<'g>>>,
    /// Kinds and namespaces of what makes pods.
    pub(super) kinds: HashSet<(&'g str, &'g str)>,
    /// Namespaces and names of all Secrets.
    pub(super) secrets: HashSet<(&'g str, &'g str)>,
}

impl<'g> Named<'g> {
    pub(super) fn of(
        node: &'g ClusterNode<'g>,
        accounts: &[Account<'g>],
        workloads: &[&'g Workload<'g>],
    ) -> Self {
        let mut named = Self::default();
        for (at, account) in accounts.iter().enumerate().filter(|(_, one)| one.is_there) {
            for pod in account.pods.iter().copied() {
                let pods = named.pods.entry(pod.metadata.name.as_str()).or_default();
                pods.push((at, pod));
            }
            for secret in &account.tokens {
                let name = secret.metadata.name.as_str();
                named.tokens.entry(name).or_default().push((at, secret));
            }
        }
        for workload in workloads {
            let name = workload.name.as_str();
            named.workloads.entry(name).or_default().push(workload);
            let kind = workload.kind.as_str();
            named.kinds.insert((kind, workload.namespace));
        }
        let secrets = node.cluster.kubernetes.secrets.iter();
        named.secrets = secrets
            .map(|one| (one.metadata.namespace(), one.metadata.name.as_str()))
            .collect();
        named
    }
}
