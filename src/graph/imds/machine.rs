//! The nodes of a cluster: how the metadata service of each answers, and which role it gives.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{ClusterNode, Graph, profile};
use crate::snapshot::Region;
use crate::snapshot::ec2::{Instance, MetadataOptions};
use crate::snapshot::eks::Nodegroup;
use crate::snapshot::kubernetes::{Node, PodSpec};

use super::Answer;

/// What runs a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compute {
    Ec2,
    AutoMode,
    Fargate,
    /// A machine that is not AWS's.
    Hybrid,
}

/// A node.
#[derive(Debug)]
pub struct Machine<'s> {
    /// Its name.
    pub name: &'s str,
    /// Its node group, by the label that EKS gives it.
    pub group: Option<&'s Nodegroup>,
    /// The place of its role, where it is known.
    pub(super) role: Option<usize>,
    compute: Compute,
    /// Its instance's options, else those of its node group's launch template.
    options: Option<Options<'s>>,
    /// Whether pods of the cluster have IPv6 addresses, where that is known.
    ipv6: Option<bool>,
}

#[derive(Clone, Copy, Debug)]
enum Options<'s> {
    OfInstance(&'s MetadataOptions),
    OfTemplate(&'s MetadataOptions),
}

/// All nodes of a cluster that were seen.
#[derive(Debug)]
pub(super) struct Machines<'s> {
    by_name: BTreeMap<&'s str, Machine<'s>>,
    /// The places of all roles that nodes of the cluster have.
    pub(super) roles: Vec<usize>,
}

impl<'s> Machines<'s> {
    pub(super) fn of(graph: &Graph<'s>, node: &ClusterNode<'s>) -> Self {
        let cluster = node.cluster;
        let account = cluster.account.as_ref();
        let account = account.and_then(|id| graph.snapshot.accounts.get(id));
        let region = account
            .zip(cluster.region.as_ref())
            .and_then(|(account, name)| account.regions.get(name));
        let instances = region.map_or(&[][..], |region| &region.ec2.instances);
        let accounts = graph.snapshot.accounts.values();
        let in_profiles: BTreeMap<&str, &str> = accounts
            .flat_map(|account| profile::roles(&account.iam))
            .collect();
        let by_id: BTreeMap<&str, &Instance> = instances
            .iter()
            .map(|one| (one.instance_id.as_str(), one))
            .collect();
        let objects = cluster.kubernetes.nodes.iter();
        let machines = objects.map(|object| {
            let id = object.spec.instance_id();
            let instance = id.and_then(|id| by_id.get(id)).copied();
            let profile = instance.and_then(|one| one.iam_instance_profile.as_ref());
            let own = profile.and_then(|profile| in_profiles.get(profile.arn.as_deref()?));
            Machine::of(graph, node, region, object, (instance, own.copied()))
        });
        let roles: BTreeSet<usize> = graph
            .principals
            .iter()
            .map(|(at, _)| at)
            .filter(|at| {
                graph
                    .node_role(*at)
                    .iter()
                    .any(|one| one.cluster == node.key)
            })
            .collect();
        Self {
            by_name: machines.map(|machine| (machine.name, machine)).collect(),
            roles: roles.into_iter().collect(),
        }
    }

    pub(super) fn named(&self, name: &str) -> Option<&Machine<'s>> {
        self.by_name.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Machine<'s>> {
        self.by_name.values()
    }
}

impl<'s> Machine<'s> {
    fn of(
        graph: &Graph<'s>,
        node: &ClusterNode<'s>,
        region: Option<&'s Region>,
        object: &'s Node,
        (instance, own_role): (Option<&'s Instance>, Option<&'s str>),
    ) -> Self {
        let eks = &node.cluster.eks;
        let label = |key: &str| object.metadata.labels.get(key).map(String::as_str);
        let compute = match label("eks.amazonaws.com/compute-type") {
            Some("fargate") => Compute::Fargate,
            Some("auto") => Compute::AutoMode,
            Some("hybrid") => Compute::Hybrid,
            _ => Compute::Ec2,
        };
        let group = label("eks.amazonaws.com/nodegroup");
        let group = group.and_then(|name| {
            let mut groups = eks.nodegroups.iter();
            groups.find(|group| group.nodegroup_name == name)
        });
        let own = instance.and_then(|one| one.metadata_options.as_ref());
        let template = || {
            let used = group?.launch_template.as_ref()?;
            let mut versions = region?.ec2.launch_template_versions.iter();
            let version = versions.find(|one| used.is(one))?;
            version.launch_template_data.metadata_options.as_ref()
        };
        let options = own.map(Options::OfInstance);
        let settings = eks.cluster.as_ref();
        let network = settings.and_then(|one| one.kubernetes_network_config.as_ref());
        let auto_mode =
            settings.and_then(|one| one.compute_config.as_ref()?.node_role_arn.as_deref());
        let role = match (own_role, group) {
            (Some(arn), _) => Some(arn),
            (None, Some(group)) => group.node_role.as_deref(),
            (None, None) if compute == Compute::AutoMode => auto_mode,
            (None, None) => None,
        };
        Self {
            name: &object.metadata.name,
            group,
            role: role.and_then(|arn| graph.principals.by_arn(arn)),
            compute,
            options: options.or_else(|| template().map(Options::OfTemplate)),
            ipv6: network
                .and_then(|network| network.ip_family.as_deref())
                .map(|family| family == "ipv6"),
        }
    }

    /// Whether the metadata service answers pods at its IPv6 address too, where that is known. It is off unless it
    /// is switched on, and takes pods that have IPv6 addresses.
    pub(super) fn answers_ipv6(&self) -> Option<bool> {
        let (Options::OfInstance(options) | Options::OfTemplate(options)) = match self.options {
            Some(options) => options,
            None if self.ipv6 == Some(false) => return Some(false),
            None => return None,
        };
        match options.http_protocol_ipv6.as_deref() {
            Some("enabled") => self.ipv6,
            _ => Some(false),
        }
    }

    /// Whether options that can be set keep a pod from the metadata service. They do not where it shares the node's
    /// network, and where none were seen it cannot be said that they are all that lets it.
    pub fn closes_with_options(&self, spec: &PodSpec) -> bool {
        let of_host = spec.host_network == Some(true);
        !of_host && self.compute == Compute::Ec2 && self.options.is_some()
    }

    /// How the metadata service answers a pod, as far as the node goes.
    pub(super) fn answer(&self, of_host: bool) -> Answer {
        match self.compute {
            Compute::Fargate => {
                return Answer::No("Fargate has no metadata service".to_owned());
            }
            Compute::Hybrid => {
                return Answer::No("the node is no instance of EC2".to_owned());
            }
            Compute::Ec2 | Compute::AutoMode => {}
        }
        let options = match self.options {
            Some(Options::OfInstance(options) | Options::OfTemplate(options)) => options,
            None => &MetadataOptions::default(),
        };
        if options.http_endpoint.as_deref() == Some("disabled") {
            return Answer::No("the node's metadata service is off".to_owned());
        }
        if of_host {
            return Answer::Yes("it shares the node's network".to_owned());
        }
        if self.options.is_none() && self.compute == Compute::AutoMode {
            let why = "EKS Auto Mode requires IMDSv2 with hop limit 1";
            return Answer::No(why.to_owned());
        }
        let hops = options.http_put_response_hop_limit;
        match (options.http_tokens.as_deref(), hops) {
            (Some("optional"), _) => {
                Answer::Yes("IMDSv1 answers, whatever the hop limit".to_owned())
            }
            (_, Some(hops)) if hops >= 2 => Answer::Yes(format!("IMDSv2 with hop limit {hops}")),
            (Some("required"), Some(hops)) => {
                Answer::No(format!("IMDSv2 is required, with hop limit {hops}"))
            }
            (tokens, hops) => self.undecided(tokens, hops),
        }
    }

    /// What is left to the AMI and the account's own defaults, or was not read.
    fn undecided(&self, tokens: Option<&str>, hops: Option<i64>) -> Answer {
        let by = match self.options {
            None => "no metadata options of its node were seen",
            Some(Options::OfInstance(_)) => "its instance does not tell all metadata options",
            Some(Options::OfTemplate(_)) => {
                "its launch template leaves metadata options to the AMI and the account"
            }
        };
        let open = match (tokens, hops) {
            (Some(_), _) => "unless the hop limit is 1",
            (None, Some(_)) => "unless IMDSv2 is required",
            (None, None) => "unless IMDSv2 is required with hop limit 1",
        };
        let open = format!("{open}: ec2:DescribeInstances does not show its node");
        Answer::Perhaps(by.to_owned(), open)
    }
}
