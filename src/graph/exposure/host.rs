//! Nodes with addresses of the internet, and the ports on them.
//!
//! The cloud provider gives a node the address type `ExternalIP` where its instance has a public address (Kubernetes
//! API reference, `NodeAddress`). A Service's node port is open on every node, a host port on the node of its pod;
//! whether traffic comes so far is for the routes of the node's subnet and its security groups to say.

use std::collections::{BTreeMap, HashMap};

use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::Service;

use super::balancer::label;
use super::door::{Arrival, Door, Lets};
use super::network::Network;
use super::range::is_public;
use super::target::Target;

/// The nodes of a cluster, and whether each is on the internet.
#[derive(Debug)]
pub(super) struct Hosts<'s> {
    /// By name: the place of what decides on its ports in `public`; none: it has no address of the internet.
    seen: BTreeMap<&'s str, Option<usize>>,
    /// What decides on the ports of nodes that are on the internet, each once.
    public: Vec<Public<'s>>,
    /// Whether all of them were read, each with its addresses.
    is_whole: bool,
}

/// What decides on the ports of a node that is on the internet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Public<'s> {
    /// What its routes depend on.
    open: Option<String>,
    /// Its security groups; none: not read.
    groups: Option<Vec<&'s str>>,
}

impl Public<'_> {
    fn lets(&self, network: &Network<'_>, port: i64) -> Lets {
        let routed = self.open.clone().map_or(Lets::In, Lets::If);
        routed.and(of_node(network, self.groups.as_deref(), port))
    }
}

impl<'s> Hosts<'s> {
    pub(super) fn of(graph: &Graph<'_>, node: &ClusterNode<'s>, network: &Network<'s>) -> Self {
        let mut hosts = Self {
            seen: BTreeMap::new(),
            public: Vec::new(),
            is_whole: graph.saw(Source::NODES, node.key),
        };
        let mut places: HashMap<Public<'_>, usize> = HashMap::new();
        for one in &node.cluster.kubernetes.nodes {
            let addresses = &one.status.addresses;
            hosts.is_whole &= !addresses.is_empty();
            if addresses.is_empty() {
                continue;
            }
            let mut external = addresses.iter().filter(|one| one.kind == "ExternalIP");
            let id = one.spec.instance_id();
            let routed = match external.any(|one| is_public(&one.address)) {
                true => id.map_or(Lets::In, |id| network.routed(id)),
                false => Lets::No,
            };
            let place = routed.conditions().map(|open| {
                let public = Public {
                    open: open.into_iter().next(),
                    groups: id.and_then(|id| network.groups_of(id)),
                };
                *places.entry(public.clone()).or_insert_with(|| {
                    hosts.public.push(public);
                    hosts.public.len() - 1
                })
            });
            hosts.seen.insert(one.metadata.name.as_str(), place);
        }
        hosts
    }

    /// Whether the internet comes to a port of some node.
    fn any(&self, network: &Network<'s>, port: i64) -> Lets {
        let of_seen = self.public.iter();
        let of_seen = of_seen.map(|public| public.lets(network, port));
        let of_unseen = match self.is_whole {
            true => Lets::No,
            false => {
                let open = format!(
                    "only if a node has an address of the internet: {} was not read whole",
                    Source::NODES.name
                );
                Lets::If(open).and(of_node(network, None, port))
            }
        };
        of_seen.fold(Lets::No, Lets::or).or(of_unseen)
    }

    /// Whether it comes to a port of a node.
    fn at(&self, name: Option<&str>, network: &Network<'s>, port: i64) -> Lets {
        match name.and_then(|name| self.seen.get(name)) {
            Some(Some(place)) => {
                let public = self.public.get(*place);
                public.map_or(Lets::No, |public| public.lets(network, port))
            }
            Some(None) => Lets::No,
            None => self.any(network, port),
        }
    }

    /// The ports that a Service has on every node, and the addresses that nodes take as its own.
    pub(super) fn doors(&self, service: &Service, network: &Network<'s>) -> Vec<Door<'s>> {
        let mut doors = Vec::new();
        let kind = service.spec.kind.as_deref();
        let has_ports = matches!(kind, Some("NodePort" | "LoadBalancer"));
        let ports = service.spec.ports.iter().filter(|_| has_ports);
        for port in ports.filter_map(|one| one.node_port) {
            doors.extend(
                self.any(network, port.into())
                    .conditions()
                    .map(|open| Door {
                        what: format!(
                            "port {port} of every node, for the Service {}",
                            label(service)
                        ),
                        open,
                        opener: None,
                        arrival: Arrival::Node,
                    }),
            );
        }
        let external = service.spec.external_ips.iter();
        let external = external.filter(|one| is_public(one)).take(1);
        doors.extend(external.map(|address| Door {
            what: format!("the address {address} of the Service {}", label(service)),
            open: vec![format!(
                "only if the network brings what is for {address} to a node"
            )],
            opener: None,
            arrival: Arrival::Node,
        }));
        doors
    }

    /// The port of its node that a pod has, and the pod's own behind it; nothing where it has none on the internet.
    pub(super) fn door_to(
        &self,
        target: &Target<'s>,
        network: &Network<'s>,
    ) -> Option<(Door<'s>, u64)> {
        let of_host = target.spec.host_network == Some(true);
        let ports = target.ports().filter(|one| {
            let here = one.host_ip.as_deref();
            here.is_none_or(|address| !address.starts_with("127.") && address != "::1")
        });
        let ports = ports.filter_map(|one| {
            let port = match of_host {
                true => Some(one.host_port.unwrap_or(one.container_port)),
                false => one.host_port.filter(|port| *port > 0),
            };
            Some((port?, u64::try_from(one.container_port).ok()?))
        });
        let name = target.spec.node_name.as_deref();
        let mut best: Option<(Door<'s>, u64)> = None;
        for (port, own) in ports {
            let Some(open) = self.at(name, network, port.into()).conditions() else {
                continue;
            };
            let is_better = best
                .as_ref()
                .is_none_or(|(door, _)| open.len() < door.open.len());
            if is_better {
                let door = Door {
                    what: format!("port {port} of its node"),
                    open,
                    opener: None,
                    arrival: Arrival::Node,
                };
                best = Some((door, own));
            }
        }
        best
    }
}

/// Whether the security groups of a node that is on the internet let it in to a port.
fn of_node(network: &Network<'_>, groups: Option<&[&str]>, port: i64) -> Lets {
    match groups {
        Some(groups) => network.groups(groups, Some(port)),
        None => Lets::If(format!(
            "only if the security groups of the node let port {port} in: {} was not read",
            Source::SECURITY_GROUPS.name
        )),
    }
}
