//! Load balancers of Gateways: those of the AWS Load Balancer Controller, and those of the Services of proxies.
//!
//! Gateway API, "GatewayClass", "HTTPRoute" (which routes a listener takes: those of its own namespace unless it says
//! otherwise) and "ReferenceGrant"; AWS Load Balancer Controller, guide, "Gateway API", "LoadBalancerConfiguration" (the scheme
//! is internal by default, and what the class's says counts before what the Gateway's does unless `mergingMode` says otherwise).
//! A Gateway of VPC Lattice (AWS Gateway API Controller) is not on the internet by itself. Hosts and kinds of routes are not
//! compared with the listeners', ListenerSets and rules that ask who comes are not read.

use std::collections::HashMap;

use crate::graph::workload::namespace;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::{
    Gateway, GatewayClass, LoadBalancerConfiguration, LoadBalancerConfigurationSpec,
    ParametersReference, ParentReference, Route,
};

use super::balancer::{is_internal, of_groups, of_prefix_lists};
use super::door::{Arrival, Door, Lets};
use super::ingress::is_balancer;
use super::network::Network;
use super::range::hold_internet;

/// Who takes the Gateways of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taker {
    /// The AWS Load Balancer Controller.
    Aws,
    /// VPC Lattice, or nobody.
    Nobody,
    /// A proxy in the cluster.
    Proxy,
    /// Its class was not read.
    Unknown,
}

/// The Gateways of a cluster, and what is said of them.
#[derive(Debug)]
pub(super) struct Gateways<'s> {
    pub(super) all: &'s [Gateway],
    classes: HashMap<&'s str, &'s GatewayClass>,
    classes_seen: bool,
    configurations: HashMap<(&'s str, &'s str), &'s LoadBalancerConfiguration>,
    /// The routes that name a Gateway, by its namespace and name.
    routes: HashMap<(&'s str, &'s str), Vec<(&'s Route, &'s ParentReference)>>,
}

/// Where a route leads from a Gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leads<'s> {
    /// By which route: `HTTPRoute shop/web`.
    pub(super) by: String,
    /// The Service's namespace and name.
    pub(super) service: (&'s str, &'s str),
    /// Its port; none: any.
    pub(super) port: Option<i32>,
    /// What it depends on.
    pub(super) open: Vec<String>,
}

impl<'s> Gateways<'s> {
    pub(super) fn of(graph: &Graph<'s>, node: &ClusterNode<'s>) -> Self {
        let objects = &node.cluster.kubernetes;
        let mut routes: HashMap<_, Vec<_>> = HashMap::new();
        for route in &objects.routes {
            for parent in route.spec.parent_refs.iter().filter(|one| is_gateway(one)) {
                let own = namespace(&route.metadata);
                let place = (
                    parent.namespace.as_deref().unwrap_or(own),
                    parent.name.as_str(),
                );
                routes.entry(place).or_default().push((route, parent));
            }
        }
        let classes = objects.gateway_classes.iter();
        let configurations = objects.load_balancer_configurations.iter();
        Self {
            all: &objects.gateways,
            classes: classes
                .map(|one| (one.metadata.name.as_str(), one))
                .collect(),
            classes_seen: graph.saw(Source::GATEWAY_CLASSES, node.key),
            configurations: configurations
                .map(|one| ((namespace(&one.metadata), one.metadata.name.as_str()), one))
                .collect(),
            routes,
        }
    }

    /// Who takes a Gateway.
    pub(super) fn taker(&self, gateway: &Gateway) -> Taker {
        let class = self.classes.get(gateway.spec.gateway_class_name.as_str());
        match class.and_then(|one| one.spec.controller_name.as_deref()) {
            Some("gateway.k8s.aws/alb" | "gateway.k8s.aws/nlb") => Taker::Aws,
            Some("application-networking.k8s.aws/gateway-api-controller") => Taker::Nobody,
            Some(_) => Taker::Proxy,
            None if self.classes_seen && class.is_none() => Taker::Nobody,
            None => Taker::Unknown,
        }
    }

    /// The load balancer of a Gateway of the AWS Load Balancer Controller, or of whom is not known, if it may be reached from
    /// the internet.
    pub(super) fn door(&self, gateway: &'s Gateway, network: &Network<'s>) -> Option<Door<'s>> {
        let names = || {
            gateway
                .status
                .addresses
                .iter()
                .map(|one| one.value.as_str())
        };
        let configured = self.configured(gateway);
        let sources = configured.sources(network);
        let lets = match (network.balancer_named(names()), self.taker(gateway)) {
            (Some(balancer), _) => network.through(balancer, sources),
            (None, Taker::Aws) => scheme(names(), &configured).and(sources),
            (None, Taker::Unknown) if names().any(is_internal) => Lets::No,
            (None, Taker::Unknown) => Lets::If(format!(
                "only if its class {} makes a load balancer on the internet: {} was not read",
                gateway.spec.gateway_class_name,
                Source::GATEWAY_CLASSES.name
            )),
            (None, Taker::Nobody | Taker::Proxy) => Lets::No,
        };
        let there = match names().next() {
            Some(_) => Lets::In,
            None => Lets::If("only once its load balancer has an address".to_owned()),
        };
        let name = names().next().map(|name| format!(" {name}"));
        Some(Door {
            opener: None,
            what: format!(
                "the load balancer{} of the Gateway {}",
                name.unwrap_or_default(),
                label(gateway)
            ),
            open: lets.and(there).conditions()?,
            // Whether its targets are nodes or pods is said elsewhere.
            arrival: Arrival::Node,
        })
    }

    /// What LoadBalancerConfigurations say of a Gateway, that which counts first before the other.
    fn configured(&self, gateway: &'s Gateway) -> Configured<'s> {
        let class = self.classes.get(gateway.spec.gateway_class_name.as_str());
        let of_class = class.and_then(|one| one.spec.parameters_ref.as_ref());
        let infrastructure = gateway.spec.infrastructure.as_ref();
        let own = infrastructure.and_then(|one| one.parameters_ref.as_ref());
        let here = namespace(&gateway.metadata);
        let mut configured = Configured::default();
        let of_class = of_class.and_then(|named| self.find(named, "", &mut configured));
        let own = own.and_then(|named| self.find(named, here, &mut configured));
        let mode = of_class.and_then(|one| one.merging_mode.as_deref());
        let both = match mode {
            Some("prefer-gateway") => [own, of_class],
            _ => [of_class, own],
        };
        configured.said.extend(both.into_iter().flatten());
        configured
    }

    fn find(
        &self,
        named: &'s ParametersReference,
        here: &'s str,
        configured: &mut Configured<'s>,
    ) -> Option<&'s LoadBalancerConfigurationSpec> {
        let place = (
            named.namespace.as_deref().unwrap_or(here),
            named.name.as_deref()?,
        );
        let found = self.configurations.get(&place);
        if found.is_none() {
            let (namespace, name) = place;
            configured.unseen = Some(format!("{namespace}/{name}"));
        }
        found.map(|one| &one.spec)
    }

    /// Where the routes of a Gateway lead.
    pub(super) fn leads(&self, gateway: &'s Gateway) -> Vec<Leads<'s>> {
        let place = (namespace(&gateway.metadata), gateway.metadata.name.as_str());
        let mut found = Vec::new();
        for (route, parent) in self.routes.get(&place).into_iter().flatten() {
            let own = namespace(&route.metadata);
            let Some(taken) = takes(gateway, parent, own).conditions() else {
                continue;
            };
            let rules = route.spec.rules.iter();
            for backend in rules.flat_map(|rule| &rule.backend_refs) {
                let of_core = backend.group.as_deref().unwrap_or_default().is_empty();
                let is_service = backend.kind.as_deref().unwrap_or("Service") == "Service";
                if !of_core || !is_service || backend.weight == Some(0) {
                    continue;
                }
                let there = backend.namespace.as_deref().unwrap_or(own);
                let mut open = taken.clone();
                if there != own {
                    open.push(format!(
                        "only if a ReferenceGrant of {there} lets the route lead there, which was not read"
                    ));
                }
                let leads = Leads {
                    by: format!("the {} {own}/{}", route.kind, route.metadata.name),
                    service: (there, backend.name.as_str()),
                    port: backend.port,
                    open,
                };
                if !found.contains(&leads) {
                    found.push(leads);
                }
            }
        }
        found
    }
}

/// `shop/front`.
pub(super) fn label(gateway: &Gateway) -> String {
    let namespace = namespace(&gateway.metadata);
    format!("{namespace}/{}", gateway.metadata.name)
}

fn is_gateway(parent: &ParentReference) -> bool {
    let group = parent
        .group
        .as_deref()
        .unwrap_or("gateway.networking.k8s.io");
    let kind = parent.kind.as_deref().unwrap_or("Gateway");
    group == "gateway.networking.k8s.io" && kind == "Gateway"
}

/// Whether a listener that a route names takes it.
fn takes(gateway: &Gateway, parent: &ParentReference, of_route: &str) -> Lets {
    let own = namespace(&gateway.metadata);
    let listeners = gateway.spec.listeners.iter().filter(|one| {
        let section = parent.section_name.as_deref();
        section.is_none_or(|name| name == one.name)
            && parent.port.is_none_or(|port| port == one.port)
    });
    let lets = listeners.map(|one| {
        let routes = one.allowed_routes.as_ref();
        let namespaces = routes.and_then(|routes| routes.namespaces.as_ref());
        match namespaces.and_then(|one| one.from.as_deref()) {
            Some("All") => Lets::In,
            Some("Selector") => Lets::If(format!(
                "only if its listener takes routes of the namespace {of_route}, by a selector"
            )),
            Some("None") => Lets::No,
            _ if own == of_route => Lets::In,
            _ => Lets::No,
        }
    });
    lets.fold(Lets::No, Lets::or)
}

/// What is said of a load balancer.
#[derive(Debug, Default)]
struct Configured<'s> {
    said: Vec<&'s LoadBalancerConfigurationSpec>,
    /// One that is named and was not seen.
    unseen: Option<String>,
}

impl<'s> Configured<'s> {
    fn first(&self, list: fn(&LoadBalancerConfigurationSpec) -> &Vec<String>) -> Vec<&'s str> {
        let mut lists = self.said.iter().map(|one| list(one));
        let first = lists.find(|list| !list.is_empty());
        first.into_iter().flatten().map(String::as_str).collect()
    }

    /// From where it is reached.
    fn sources(&self, network: &Network<'_>) -> Lets {
        let groups = self.first(|one| &one.security_groups);
        if !groups.is_empty() {
            return of_groups(&groups.join(","), network);
        }
        let ranges = self.first(|one| &one.source_ranges);
        let lists = self.first(|one| &one.security_group_prefixes);
        match (ranges.is_empty(), lists.is_empty(), &self.unseen) {
            (true, true, Some(unseen)) => Lets::If(format!(
                "only if its LoadBalancerConfiguration {unseen}, which was not read, lets the internet in"
            )),
            (true, true, None) => Lets::In,
            (false, ..) if hold_internet(ranges) => Lets::In,
            (_, false, _) => of_prefix_lists(&lists.join(", ")),
            (false, true, _) => Lets::No,
        }
    }
}

fn scheme<'n>(mut names: impl Iterator<Item = &'n str>, configured: &Configured<'_>) -> Lets {
    // The name of an Application Load Balancer tells.
    if let Some(name) = names.find(|name| is_balancer(name)) {
        return match is_internal(name) {
            true => Lets::No,
            false => Lets::In,
        };
    }
    if let Some(unseen) = &configured.unseen {
        return Lets::If(format!(
            "only if its LoadBalancerConfiguration {unseen}, which was not read, makes it internet-facing"
        ));
    }
    let mut said = configured.said.iter();
    match said.find_map(|one| one.scheme.as_deref()) {
        Some("internet-facing") => Lets::In,
        _ => Lets::No,
    }
}
