//! What keeps pods of a cluster from the addresses on their node that give credentials: network policies that are enforced.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::graph::enforcement::{Enforced, enforced};
use crate::graph::wording::all_of;
use crate::graph::{ClusterNode, Graph};
use crate::netpol::{Egress, Policies};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::Labels;

/// What answers pods on their own node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    /// What it is.
    what: &'static str,
    ipv4: IpAddr,
    ipv6: IpAddr,
}

/// The metadata service (EC2 User Guide, "Access instance metadata for an EC2 instance").
pub(super) const METADATA: Target = Target {
    what: "the metadata service",
    ipv4: IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    ipv6: IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
};

/// The EKS Pod Identity Agent (EKS User Guide, "Set up the Amazon EKS Pod Identity Agent").
pub(super) const AGENT: Target = Target {
    what: "the EKS Pod Identity Agent",
    ipv4: IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    ipv6: IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
};

const HTTP: u64 = 80;

/// What is between a pod and such an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Barrier {
    None,
    Closed(String),
    Perhaps(String),
}

#[derive(Debug)]
pub(super) struct Barriers<'s> {
    enforced: Enforced,
    policies: Policies<'s>,
    policies_seen: bool,
}

impl<'s> Barriers<'s> {
    pub(super) fn of(graph: &Graph<'s>, node: &ClusterNode<'s>) -> Self {
        Self {
            enforced: enforced(graph, node),
            policies: Policies::of(&node.cluster.kubernetes.network_policies),
            policies_seen: graph.saw(Source::NETWORK_POLICIES, node.key),
        }
    }

    /// What is before a pod that does not share its node's network.
    pub(super) fn before(
        &self,
        target: Target,
        namespace: &str,
        labels: &Labels,
        ipv6: Option<bool>,
    ) -> Barrier {
        match &self.enforced {
            Enforced::Nobody => return Barrier::None,
            Enforced::By(engine) => {
                let open = format!("unless a policy of {engine} closes it, which was not read");
                return Barrier::Perhaps(open);
            }
            _ => {}
        }
        if !self.policies_seen {
            let open = "unless a NetworkPolicy closes it: they were not read whole";
            return Barrier::Perhaps(open.to_owned());
        }
        let ask = |to| self.policies.egress(namespace, labels, to, HTTP);
        let by_ipv4 = self.says(&ask(target.ipv4));
        match ipv6 {
            Some(false) => by_ipv4,
            Some(true) => weaker(by_ipv4, self.says(&ask(target.ipv6))),
            None => match (by_ipv4, self.says(&ask(target.ipv6))) {
                (Barrier::Closed(_), Barrier::None | Barrier::Perhaps(_)) => Barrier::Perhaps(
                    format!("only if {} answers at {} too", target.what, target.ipv6),
                ),
                (by_ipv4, _) => by_ipv4,
            },
        }
    }

    fn says(&self, egress: &Egress<'_>) -> Barrier {
        let names = match egress {
            Egress::Open if self.enforced == Enforced::Strictly => {
                let open =
                    "unless the VPC CNI's strict mode denies it, where no policy selects the pod";
                return Barrier::Perhaps(open.to_owned());
            }
            Egress::Open | Egress::Allowed(_) => return Barrier::None,
            Egress::Unknown(name) => {
                let open =
                    format!("unless the NetworkPolicy {name} closes it, which cannot be read");
                return Barrier::Perhaps(open);
            }
            Egress::Closed(names) => names,
        };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let closed = format!("the NetworkPolicy {} closes it", all_of(&names));
        match &self.enforced {
            Enforced::Strictly => Barrier::Closed(closed),
            Enforced::AfterStart => Barrier::Perhaps(format!(
                "only while the pod starts: {closed}, which the VPC CNI enforces in standard mode"
            )),
            Enforced::Perhaps(why) => Barrier::Perhaps(format!("unless {closed}: {why}")),
            Enforced::Nobody | Enforced::By(_) => Barrier::None,
        }
    }
}

/// Of two ways the one that is more open.
fn weaker(a: Barrier, b: Barrier) -> Barrier {
    match (a, b) {
        (Barrier::None, _) | (_, Barrier::None) => Barrier::None,
        (Barrier::Perhaps(open), _) | (_, Barrier::Perhaps(open)) => Barrier::Perhaps(open),
        (closed, Barrier::Closed(_)) => closed,
    }
}
