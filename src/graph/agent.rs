//! Whether pods reach the EKS Pod Identity Agent of their node, which hands out the credentials of an association.
//!
//! EKS User Guide, "Learn how EKS Pod Identity grants Pods access to AWS services" (Linux nodes of EC2; neither Fargate nor
//! Windows) and "Set up the Amazon EKS Pod Identity Agent" (port 80 of 169.254.170.23 and fd00:ec2::23, in the network of
//! the node). A service account keeps its role where none of its pods is served: another pod of it may be.

use std::collections::{BTreeMap, HashSet};

use crate::snapshot::kubernetes::Pod;

use super::barrier::{AGENT, Barrier, Barriers};
use super::hold::Hold;
use super::workload::{account_name, namespace};
use super::{ClusterNode, Graph};

/// The agents of a cluster's nodes, and what keeps pods from them.
struct Agents<'s> {
    barriers: Barriers<'s>,
    windows: HashSet<&'s str>,
    ipv6: Option<bool>,
}

impl<'s> Agents<'s> {
    fn of(graph: &Graph<'s>, node: &ClusterNode<'s>) -> Self {
        let nodes = node.cluster.kubernetes.nodes.iter();
        let is_windows = |labels: &BTreeMap<String, String>| {
            let system = labels.get("kubernetes.io/os");
            system.is_some_and(|system| system == "windows")
        };
        let windows = nodes.filter(|one| is_windows(&one.metadata.labels));
        let cluster = node.cluster.eks.cluster.as_ref();
        let network = cluster.and_then(|one| one.kubernetes_network_config.as_ref());
        let family = network.and_then(|network| network.ip_family.as_deref());
        Self {
            barriers: Barriers::of(graph, node),
            windows: windows.map(|one| one.metadata.name.as_str()).collect(),
            ipv6: family.map(|family| family == "ipv6"),
        }
    }

    /// What is between a pod and the agent of its node.
    fn before(&self, pod: &Pod) -> Barrier {
        let name = pod.spec.node_name.as_deref().unwrap_or_default();
        let labels = &pod.metadata.labels;
        let profile = labels.contains_key("eks.amazonaws.com/fargate-profile");
        if profile || name.starts_with("fargate-") {
            return Barrier::Closed("Fargate has no agent".to_owned());
        }
        if self.windows.contains(name) {
            return Barrier::Closed("Windows has no agent".to_owned());
        }
        if pod.spec.host_network == Some(true) {
            return Barrier::None;
        }
        self.barriers
            .before(AGENT, namespace(&pod.metadata), labels, self.ipv6)
    }
}

impl Graph<'_> {
    /// Adds to holds by EKS Pod Identity what the agent makes them depend on, by the pod that it serves best.
    pub(super) fn before_agents(&self, holds: &mut [Hold]) {
        let mut agents: BTreeMap<&str, Agents<'_>> = BTreeMap::new();
        for hold in holds {
            let Some(account) = self.workloads.service_accounts.get(hold.service_account) else {
                continue;
            };
            let Some(node) = self.cluster(account.cluster) else {
                continue;
            };
            let agents = agents
                .entry(node.key)
                .or_insert_with(|| Agents::of(self, node));
            let workloads = self.workloads.of_account(hold.service_account);
            let pods = workloads.flat_map(|workload| &workload.pods);
            let own = pods.filter(|pod| account_name(&pod.spec) == account.name);
            hold.unknown.extend(best(own.map(|pod| agents.before(pod))));
        }
    }
}

/// What the one that is served best depends on; nothing where one surely is, or there is none.
fn best(all: impl Iterator<Item = Barrier>) -> Option<String> {
    let mut found: Option<Barrier> = None;
    for one in all {
        match (&found, one) {
            (_, Barrier::None) => return None,
            (Some(Barrier::Perhaps(_)), _) => {}
            (_, open @ Barrier::Perhaps(_)) | (None, open) => found = Some(open),
            (Some(_), Barrier::Closed(_)) => {}
        }
    }
    match found? {
        Barrier::None => None,
        Barrier::Perhaps(open) => Some(open),
        Barrier::Closed(why) => Some(format!(
            "only from another pod of it than those that run, which the EKS Pod Identity Agent does not serve: {why}"
        )),
    }
}

#[cfg(test)]
mod tests;
