//! Who enforces the NetworkPolicies of a cluster.
//!
//! Amazon EKS User Guide, "Limit Pod traffic with Kubernetes network policies" (the VPC CNI, in strict and in standard
//! mode). Other networks show themselves by their DaemonSets; policies of their own kinds are not read.

use serde_json::Value;

use super::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::Addon;

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
const AGENT: &str = "aws-eks-nodeagent";

/// Who enforces NetworkPolicies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Enforced {
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

/// Who enforces NetworkPolicies. The VPC CNI does where its add-on is told to; one that is not an add-on shows it by a
/// ConfigMap, and its agent has to be told too, which is not seen.
pub(super) fn enforced(graph: &Graph<'_>, node: &ClusterNode<'_>) -> Enforced {
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
        set.metadata.name == "aws-node" && containers.any(|one| one.name == AGENT)
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
