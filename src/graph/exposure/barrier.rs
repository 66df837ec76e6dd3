//! NetworkPolicies that keep the internet from a pod, where something enforces them.
//!
//! Kubernetes documentation, "Network Policies": traffic between a pod and its own node is always allowed, so that what
//! comes over a port of that node, with the node's address, is not kept away. A load balancer takes a pod for a target
//! once it is ready, when the VPC CNI enforces its policies in standard mode too. What policies of Calico's or Cilium's
//! own kinds open or close is not read.

use std::collections::BTreeMap;

use crate::graph::enforcement::{Enforced, enforced};
use crate::graph::wording::all_of;
use crate::graph::{ClusterNode, Graph};
use crate::netpol::{Ingress, IngressPolicies, Peer, Pod};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::Labels;

use super::door::{Arrival, Lets};
use super::target::Target;

/// The label that every namespace has.
const NAME: &str = "kubernetes.io/metadata.name";

#[derive(Debug)]
pub(super) struct Barriers<'s> {
    enforced: Enforced,
    policies: IngressPolicies<'s>,
    policies_seen: bool,
    /// The labels of the namespaces.
    namespaces: BTreeMap<&'s str, Labels>,
}

impl<'s> Barriers<'s> {
    pub(super) fn of(graph: &Graph<'s>, node: &ClusterNode<'s>) -> Self {
        let objects = &node.cluster.kubernetes;
        let namespaces = objects.namespaces.iter().map(|one| {
            let name = one.metadata.name.as_str();
            let mut labels = one.metadata.labels.clone();
            labels.insert(NAME.to_owned(), name.to_owned());
            (name, labels)
        });
        Self {
            enforced: enforced(graph, node),
            policies: IngressPolicies::of(&objects.network_policies),
            policies_seen: graph.saw(Source::NETWORK_POLICIES, node.key),
            namespaces: namespaces.collect(),
        }
    }

    /// The numbers, within its namespace, of the policies that select a pod: those without an effect are none.
    pub(super) fn selecting(&self, target: &Target<'s>) -> Vec<usize> {
        match self.enforced {
            Enforced::Nobody => Vec::new(),
            _ => self.policies.selecting(target.namespace, target.labels),
        }
    }

    /// Whether what comes so to a port of a pod is let in.
    pub(super) fn before(&self, target: &Target<'s>, port: u64, arrival: &Arrival<'s>) -> Lets {
        if self.enforced == Enforced::Nobody || target.spec.host_network == Some(true) {
            return Lets::In;
        }
        if !self.policies_seen {
            let open = "unless a NetworkPolicy closes it: they were not read whole";
            return Lets::If(open.to_owned());
        }
        let named = |name: &str| target.named(name);
        let to = Pod {
            namespace: target.namespace,
            labels: target.labels,
            port,
            named: &named,
        };
        let ask = |from: Peer<'_>| self.says(&self.policies.ingress(to, from), arrival);
        let Arrival::Proxy(proxies) = arrival else {
            return ask(Peer::Outside);
        };
        let mut best = Lets::No;
        for (namespace, labels) in proxies.iter() {
            let own = Labels::from([(NAME.to_owned(), (*namespace).to_owned())]);
            let spaces = self.namespaces.get(namespace).unwrap_or(&own);
            best = match (best, ask(Peer::Pod(namespace, spaces, labels))) {
                (_, Lets::In) => return Lets::In,
                (Lets::No, other) => other,
                (best, _) => best,
            };
        }
        best
    }

    fn says(&self, ingress: &Ingress<'_>, arrival: &Arrival<'_>) -> Lets {
        let names = match ingress {
            Ingress::Closed(names) => names,
            Ingress::Unknown(name) => {
                let open =
                    format!("unless the NetworkPolicy {name} closes it, which cannot be read");
                return Lets::If(open);
            }
            Ingress::AllowedFrom(name, ranges) => {
                let ranges = ranges.join(", ");
                let open = format!(
                    "only if it comes from {ranges}, which the NetworkPolicy {name} lets in"
                );
                return Lets::If(open);
            }
            Ingress::Open if self.enforced == Enforced::Strictly => {
                let open =
                    "unless the VPC CNI's strict mode denies it, where no policy selects the pod";
                return Lets::If(open.to_owned());
            }
            Ingress::Open | Ingress::Allowed(_) => {
                return match &self.enforced {
                    Enforced::By(engine) => Lets::If(format!(
                        "unless a policy of {engine} closes it, which was not read"
                    )),
                    _ => Lets::In,
                };
            }
        };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let closed = format!("the NetworkPolicy {} closes it", all_of(&names));
        match (&self.enforced, arrival) {
            (Enforced::Nobody, _) => Lets::In,
            (Enforced::Perhaps(why), _) => Lets::If(format!("unless {closed}: {why}")),
            (_, Arrival::Node) => Lets::If(format!(
                "only where it comes over the pod's own node: {closed} to others"
            )),
            (Enforced::AfterStart, Arrival::Proxy(_)) => Lets::If(format!(
                "only while the pod starts: {closed}, which the VPC CNI enforces in standard mode"
            )),
            _ => Lets::No,
        }
    }
}
