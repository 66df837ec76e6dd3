//! Nodes with addresses of the internet, and the ports on them.
//!
//! The cloud provider gives a node the address type `ExternalIP` where its instance has a public address (Kubernetes
//! API reference, `NodeAddress`). A Service's node port is open on every node, a host port on the node of its pod;
//! whether traffic comes so far is for the node's security groups to say.

use std::collections::BTreeMap;

use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::Service;

use super::balancer::label;
use super::door::{Arrival, Door, Lets};
use super::range::is_public;
use super::target::Target;

/// The nodes of a cluster, and whether each is on the internet.
#[derive(Debug)]
pub(super) struct Hosts<'s> {
    /// By name: whether it has an address of the internet.
    seen: BTreeMap<&'s str, bool>,
    /// Whether all of them were read, each with its addresses.
    is_whole: bool,
}

impl<'s> Hosts<'s> {
    pub(super) fn of(graph: &Graph<'_>, node: &ClusterNode<'s>) -> Self {
        let mut seen = BTreeMap::new();
        let mut is_whole = graph.saw(Source::NODES, node.key);
        for one in &node.cluster.kubernetes.nodes {
            let addresses = &one.status.addresses;
            is_whole &= !addresses.is_empty();
            if !addresses.is_empty() {
                let mut external = addresses.iter().filter(|one| one.kind == "ExternalIP");
                let public = external.any(|one| is_public(&one.address));
                seen.insert(one.metadata.name.as_str(), public);
            }
        }
        Self { seen, is_whole }
    }

    /// A node that is on the internet, or whether one may be.
    fn any(&self) -> Lets {
        match self.seen.values().any(|public| *public) {
            true => Lets::In,
            false if self.is_whole => Lets::No,
            false => Lets::If(format!(
                "only if a node has an address of the internet: {} was not read whole",
                Source::NODES.name
            )),
        }
    }

    fn at(&self, name: Option<&str>) -> Lets {
        match name.and_then(|name| self.seen.get(name)) {
            Some(true) => Lets::In,
            Some(false) => Lets::No,
            None => self.any(),
        }
    }

    /// The ports that a Service has on every node, and the addresses that nodes take as its own.
    pub(super) fn doors(&self, service: &Service) -> Vec<Door<'s>> {
        let mut doors = Vec::new();
        let kind = service.spec.kind.as_deref();
        let ports: Vec<i32> = service
            .spec
            .ports
            .iter()
            .filter_map(|one| one.node_port)
            .filter(|_| matches!(kind, Some("NodePort" | "LoadBalancer")))
            .collect();
        if let (Some(first), Some(open)) = (ports.first(), self.any().conditions()) {
            doors.push(Door {
                what: format!(
                    "port {first} of every node, for the Service {}",
                    label(service)
                ),
                open: with_groups(open, &first.to_string()),
                arrival: Arrival::Node,
            });
        }
        let external = service.spec.external_ips.iter();
        let external = external.filter(|one| is_public(one)).take(1);
        doors.extend(external.map(|address| Door {
            what: format!("the address {address} of the Service {}", label(service)),
            open: vec![format!(
                "only if the network brings what is for {address} to a node"
            )],
            arrival: Arrival::Node,
        }));
        doors
    }

    /// The port of its node that a pod has; nothing where it has none on the internet.
    pub(super) fn door_to(&self, target: &Target<'s>) -> Option<Door<'s>> {
        let of_host = target.spec.host_network == Some(true);
        let mut ports = target.ports().filter(|one| {
            let here = one.host_ip.as_deref();
            here.is_none_or(|address| !address.starts_with("127.") && address != "::1")
        });
        let port = ports.find_map(|one| match of_host {
            true => Some(one.host_port.unwrap_or(one.container_port)),
            false => one.host_port.filter(|port| *port > 0),
        })?;
        let open = self.at(target.spec.node_name.as_deref()).conditions()?;
        Some(Door {
            what: format!("port {port} of its node"),
            open: with_groups(open, &port.to_string()),
            arrival: Arrival::Node,
        })
    }
}

fn with_groups(mut open: Vec<String>, port: &str) -> Vec<String> {
    open.push(format!(
        "only if the security groups of the node let port {port} in: ec2:DescribeSecurityGroups was not read"
    ));
    open
}
