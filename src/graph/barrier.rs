//! What keeps pods of a cluster from the addresses on their node that give credentials: network policies that are enforced.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use crate::graph::wording::all_of;
use crate::graph::{ClusterNode, Graph};
use crate::netpol::{Egress, Policies};
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::Addon;
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

/// DaemonSets of networks that enforce policies, among them of kinds that are not read.
const ENGINES: &[(&str, &str)] = &[
    ("calico-node", "Calico"),
    ("canal", "Calico"),
    ("cilium", "Cilium"),
    ("antrea-agent", "Antrea"),
    ("kube-router", "kube-router"),
    ("weave-net", "Weave Net"),
];

/// The container of the VPC CNI's DaemonSet that enforces policies.
const NODE_AGENT: &str = "aws-eks-nodeagent";

/// Who enforces NetworkPolicies.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Enforced {
    Nobody,
    /// The VPC CNI; a pod starts with everything denied.
    Strictly,
    /// The VPC CNI; a pod starts with everything open.
    AfterStart,
    /// Another network, by its name.
    By(&'static str),
    /// Why it is not known.
    Perhaps(String),
}

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

/// Who enforces NetworkPolicies. The VPC CNI does where its add-on is told to; one that is not an add-on shows it by a
/// ConfigMap, and its agent has to be told too, which is not seen.
fn enforced(graph: &Graph<'_>, node: &ClusterNode<'_>) -> Enforced {
    let objects = &node.cluster.kubernetes;
    let sets = || {
        objects
            .controllers
            .iter()
            .filter(|one| one.kind == "DaemonSet")
    };
    let engine = ENGINES
        .iter()
        .find(|(name, _)| sets().any(|set| set.metadata.name == *name));
    if let Some((_, engine)) = engine {
        return Enforced::By(engine);
    }
    let sets_seen = graph.saw(Source::DAEMON_SETS, node.key);
    let agent_runs = sets().any(|set| {
        let mut containers = set.spec.template.spec.containers.iter();
        set.metadata.name == "aws-node" && containers.any(|one| one.name == NODE_AGENT)
    });
    let addon = node.cluster.eks.addons.iter();
    let addon = addon.clone().find(|addon| addon.addon_name == "vpc-cni");
    let by_addon = addon.map(Configured::of).unwrap_or_default();
    if by_addon.enabled {
        return match (sets_seen && !agent_runs, by_addon.strict) {
            (true, _) => {
                Enforced::Perhaps("the VPC CNI's agent that enforces it was not seen".to_owned())
            }
            (false, true) => Enforced::Strictly,
            (false, false) => Enforced::AfterStart,
        };
    }
    let on = |map: &crate::snapshot::kubernetes::ConfigMap| {
        let value = map.data.get("enable-network-policy-controller");
        map.metadata.name == "amazon-vpc-cni" && value.is_some_and(|value| value == "true")
    };
    if objects.config_maps.iter().any(on) {
        let why = "whether the VPC CNI's agent is told to enforce it was not read";
        return Enforced::Perhaps(why.to_owned());
    }
    let unread = [
        (sets_seen, Source::DAEMON_SETS),
        (
            addon.is_some() || graph.saw(Source::ADDONS, node.key),
            Source::ADDONS,
        ),
        (
            addon.is_some() || graph.saw(Source::VPC_CNI, node.key),
            Source::VPC_CNI,
        ),
    ];
    match unread.iter().find(|(seen, _)| !seen) {
        Some((_, source)) => Enforced::Perhaps(format!("{} was not read", source.name)),
        None => Enforced::Nobody,
    }
}

/// What the VPC CNI's add-on is told.
#[derive(Default)]
struct Configured {
    enabled: bool,
    strict: bool,
}

impl Configured {
    fn of(addon: &Addon) -> Self {
        let text = addon.configuration_values.as_deref().unwrap_or_default();
        // JSON is YAML too.
        let Ok(values) = serde_saphyr::from_str::<Value>(text) else {
            return Self::default();
        };
        let is = |value: Option<&Value>, word: &str| match value {
            Some(Value::String(text)) => text.eq_ignore_ascii_case(word),
            Some(Value::Bool(on)) => *on && word == "true",
            _ => false,
        };
        let mode = values.pointer("/env/NETWORK_POLICY_ENFORCING_MODE");
        Self {
            enabled: is(values.get("enableNetworkPolicy"), "true"),
            strict: is(mode, "strict"),
        }
    }
}
