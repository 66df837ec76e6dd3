//! Who may read the Secrets of a cluster.
//!
//! Kubernetes documentation, "Good practices for Kubernetes Secrets": `list` and `watch` give the data as `get` does, and
//! whoever may create a pod that uses a Secret sees its value.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::{By, Set, Sets, note};
use crate::graph::decision::{Decision, Request};
use crate::graph::lineage::Lineage;
use crate::graph::named::Who;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::SubjectId;
use crate::rbac::defaults::is_system;

/// A name that no Secret has: what is allowed for it is allowed for all.
const ANY: &str = "\u{10FFFF}";

/// What gives the data of a Secret.
const READ: [&str; 3] = ["get", "list", "watch"];

/// What a new pod comes from: group and resource.
const RUNS: [(&str, &str); 8] = [
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "daemonsets"),
    ("apps", "statefulsets"),
    ("apps", "replicasets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
];

/// Readers while they are found.
type Found = BTreeMap<Rc<str>, (bool, By)>;

impl<'s> Graph<'s> {
    /// Who reads each Kubernetes Secret of a lineage.
    pub(super) fn cluster_readers(&self, lineage: &Lineage<'_>, sets: &mut Sets) -> Vec<Set> {
        let nodes: HashMap<&str, &ClusterNode<'s>> =
            self.clusters.iter().map(|node| (node.key, node)).collect();
        let named: HashMap<&str, HashSet<&str>> = nodes
            .iter()
            .map(|(key, node)| (*key, names(node)))
            .collect();
        let mut known: HashMap<(&str, &str), (Found, Set)> = HashMap::new();
        let mut all = Vec::new();
        for kept in &lineage.kept {
            let Some(node) = nodes.get(kept.cluster) else {
                all.push(super::none());
                continue;
            };
            let (whole, set) = known
                .entry((kept.cluster, kept.namespace))
                .or_insert_with(|| {
                    let found = self.of_namespace(node, kept.namespace, sets);
                    let set = sets.set(found.clone());
                    (found, set)
                });
            let is_named = named.get(kept.cluster);
            all.push(
                match is_named.is_some_and(|names| names.contains(kept.name)) {
                    false => Rc::clone(set),
                    true => {
                        let mut found = whole.clone();
                        for verb in READ {
                            let request = on_secret(verb, kept.namespace, kept.name);
                            self.add(node, &request, By::Rbac, sets, &mut found);
                        }
                        sets.set(found)
                    }
                },
            );
        }
        all
    }

    /// Who reads all Secrets of a namespace.
    fn of_namespace(&self, node: &ClusterNode<'s>, namespace: &str, sets: &mut Sets) -> Found {
        let mut found = Found::new();
        for verb in READ {
            let request = on_secret(verb, namespace, ANY);
            self.add(node, &request, By::Rbac, sets, &mut found);
        }
        for (group, resource) in RUNS {
            let request = Request::Resource {
                verb: "create".to_owned(),
                group: group.to_owned(),
                resource: resource.to_owned(),
                subresource: String::new(),
                name: None,
                namespace: Some(namespace.to_owned()),
                namespaced: true,
            };
            self.add(node, &request, By::Pod, sets, &mut found);
        }
        found
    }

    /// Adds who may do it, but the control plane.
    fn add(
        &self,
        node: &ClusterNode<'s>,
        request: &Request,
        by: By,
        sets: &mut Sets,
        found: &mut Found,
    ) {
        for holder in self.who_can_kubernetes(node, request).holders {
            let subject = match self.who(&holder.id, true) {
                Ok(Who::Subject { subject, .. }) => Some(subject),
                Ok(Who::Account { at, .. }) => self.subject_of(at),
                _ => None,
            };
            if !subject.is_some_and(|subject| is_system(&subject)) {
                let id = sets.id(&holder.id);
                let is_certain = holder.answer.decision == Decision::Allowed;
                note(found, id, is_certain, by);
            }
        }
    }

    fn subject_of(&self, account: usize) -> Option<SubjectId> {
        let account = self.workloads.service_accounts.get(account)?;
        Some(SubjectId::service_account(account.namespace, account.name))
    }
}

fn on_secret(verb: &str, namespace: &str, name: &str) -> Request {
    Request::Resource {
        verb: verb.to_owned(),
        group: String::new(),
        resource: "secrets".to_owned(),
        subresource: String::new(),
        name: Some(name.to_owned()),
        namespace: Some(namespace.to_owned()),
        namespaced: true,
    }
}

/// The names that rules single out.
fn names<'n>(node: &'n ClusterNode<'_>) -> HashSet<&'n str> {
    let rules = node.rbac.roles().iter().flat_map(|role| &role.rules);
    let names = rules.flat_map(|rule| &rule.resource_names);
    names.map(String::as_str).collect()
}
