//! Whether a pod reaches the instance metadata service of its node, and so the node's role. Read, and not probed.
//!
//! Semantics: EC2 User Guide, "Configure the Instance Metadata Service options" (the hop limit bounds the answer with
//! the token of IMDSv2 alone) and "Order of precedence for instance metadata options"; Amazon EKS User Guide, "Learn
//! about Amazon EKS Auto Mode managed instances" (IMDSv2 with a hop limit of 1, not to be changed), "Simplify compute
//! management with AWS Fargate" (no metadata service), "Limit Pod traffic with Kubernetes network policies"
//! (strict and standard mode). Policies of other kinds, as those of Calico and Cilium, are not read.

mod machine;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::snapshot::kubernetes::{Labels, Pod, PodSpec};

use super::barrier::{Barrier, Barriers, METADATA};
use super::workload::{Workload, namespace};
use super::{ClusterNode, Graph};

pub use machine::Machine;
use machine::Machines;

/// Whether a pod reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// It does.
    Reachable,
    /// It depends on what is not known.
    Conditional,
    /// It does not.
    Unreachable,
}

/// The verdict on a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it reaches it.
    pub reach: Reach,
    /// What shows it, to stand behind where the pod is: `IMDSv2 with hop limit 2`.
    pub why: String,
    /// What it depends on and is not known; none unless it is conditional.
    pub open: Option<String>,
    /// Whether the node's own options are among what is not known.
    pub options_unknown: bool,
}

/// How a metadata service answers what comes from a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    Yes(String),
    No(String),
    /// What is known, and what is not.
    Perhaps(String, String),
}

/// The metadata services of a cluster's nodes, and what keeps pods from them.
#[derive(Debug)]
pub struct Imds<'s> {
    machines: Machines<'s>,
    barriers: Barriers<'s>,
}

impl<'s> Graph<'s> {
    /// The metadata services of a cluster's nodes.
    pub fn imds(&self, node: &ClusterNode<'s>) -> Imds<'s> {
        Imds {
            machines: Machines::of(self, node),
            barriers: Barriers::of(self, node),
        }
    }
}

impl<'s> Imds<'s> {
    /// The node of a pod, where it was seen.
    pub fn machine(&self, pod: &Pod) -> Option<&Machine<'s>> {
        self.machines.named(pod.spec.node_name.as_deref()?)
    }

    /// All nodes that were seen.
    pub fn machines(&self) -> impl Iterator<Item = &Machine<'s>> {
        self.machines.iter()
    }

    /// The verdict on a pod.
    pub fn of_pod(&self, pod: &Pod) -> Verdict {
        let labels = &pod.metadata.labels;
        let on_fargate = labels.contains_key("eks.amazonaws.com/fargate-profile");
        let name = pod.spec.node_name.as_deref().unwrap_or_default();
        if on_fargate || name.starts_with("fargate-") {
            return Verdict::no("Fargate has no metadata service".to_owned());
        }
        match self.machine(pod) {
            Some(machine) => self.on(machine, &pod.spec, Some((namespace(&pod.metadata), labels))),
            None if name.is_empty() => self.anywhere(&pod.spec),
            None => Verdict::perhaps(
                format!("its node {name} was not seen"),
                "unless its node's metadata options close it, which were not read".to_owned(),
                true,
            ),
        }
    }

    /// The verdict on a workload of which no pod was seen: what holds of every node.
    pub fn of_template(&self, workload: &Workload<'_>) -> Option<Verdict> {
        workload.template.map(|spec| self.anywhere(spec))
    }

    fn anywhere(&self, spec: &PodSpec) -> Verdict {
        let mut verdicts = self.machines.iter().map(|one| self.on(one, spec, None));
        let first = verdicts.next();
        let Some(first) = first.filter(|one| one.reach == Reach::Unreachable) else {
            return Verdict::elsewhere();
        };
        match verdicts.all(|one| one.reach == Reach::Unreachable) {
            true => first,
            false => Verdict::elsewhere(),
        }
    }

    /// The verdict on a pod of a node, by what is known of where it is: its namespace and labels.
    fn on(&self, machine: &Machine<'_>, spec: &PodSpec, pod: Option<(&str, &Labels)>) -> Verdict {
        let of_host = spec.host_network == Some(true);
        let answer = machine.answer(of_host);
        if let Answer::No(why) = answer {
            return Verdict::no(why);
        }
        let barrier = match pod.filter(|_| !of_host) {
            Some((namespace, labels)) => {
                let ipv6 = machine.answers_ipv6();
                self.barriers.before(METADATA, namespace, labels, ipv6)
            }
            None => Barrier::None,
        };
        match (answer, barrier) {
            (Answer::No(why), _) | (_, Barrier::Closed(why)) => Verdict::no(why),
            (Answer::Yes(why), Barrier::None) => Verdict {
                reach: Reach::Reachable,
                why,
                open: None,
                options_unknown: false,
            },
            (Answer::Yes(why), Barrier::Perhaps(open)) => Verdict::perhaps(why, open, false),
            (Answer::Perhaps(why, open), Barrier::None) => Verdict::perhaps(why, open, true),
            (Answer::Perhaps(why, open), Barrier::Perhaps(more)) => {
                Verdict::perhaps(why, format!("{open}, {more}"), true)
            }
        }
    }

    /// The roles that a pod gets on a node, by place, each with what that depends on.
    pub fn roles(&self, machine: Option<&Machine<'s>>) -> Vec<(usize, Option<&'static str>)> {
        if let Some(role) = machine.and_then(|one| one.role) {
            return vec![(role, None)];
        }
        let all = &self.machines.roles;
        let open = (all.len() > 1).then_some("if it is this node's");
        all.iter().map(|role| (*role, open)).collect()
    }
}

impl Verdict {
    fn no(why: String) -> Self {
        Self {
            reach: Reach::Unreachable,
            why,
            open: None,
            options_unknown: false,
        }
    }

    fn perhaps(why: String, open: String, options_unknown: bool) -> Self {
        Self {
            reach: Reach::Conditional,
            why,
            open: Some(open),
            options_unknown,
        }
    }

    fn elsewhere() -> Self {
        Self::perhaps(
            "no pod of it is on a node".to_owned(),
            "only on a node whose metadata service answers pods".to_owned(),
            true,
        )
    }
}

/// What is best known, by whom: the surest verdict of each.
#[derive(Debug, Default)]
pub(super) struct Surest<K> {
    found: BTreeMap<K, (Option<String>, String)>,
}

impl<K: Ord> Surest<K> {
    pub(super) fn add(&mut self, key: K, open: Option<String>, evidence: impl FnOnce() -> String) {
        match self.found.get_mut(&key) {
            Some((None, _)) => {}
            Some((Some(_), _)) if open.is_some() => {}
            Some(known) => *known = (open, evidence()),
            None => {
                self.found.insert(key, (open, evidence()));
            }
        }
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (K, (Option<String>, String))> {
        self.found.into_iter()
    }
}
