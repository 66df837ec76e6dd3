//! Load balancers and security groups as AWS has them: they decide where they were read.
//!
//! A load balancer is found by the DNS name that its Service or Ingress bears. Elastic Load Balancing User Guide, "Update
//! the security groups for your load balancer" (a Network Load Balancer without any takes everything, and leaves it to
//! its targets); Amazon EC2 User Guide, "Security group rules" (what no rule lets in is kept out). Amazon VPC User Guide,
//! "Enable internet access for your VPC using internet gateways" (an instance is on the internet only where the route table
//! of its subnet leads there over an internet gateway) and "Middlebox routing" (or over an appliance before one).

use std::collections::HashMap;

use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::ec2::{Ec2, Instance, IpPermission, Route, RouteTable, SecurityGroup};
use crate::snapshot::elbv2::LoadBalancer;
use crate::snapshot::kubernetes::BalancerStatus;

use super::door::Lets;
use super::range::hold_internet;

/// Load balancers, security groups and instances of a cluster's region.
#[derive(Debug, Default)]
pub(super) struct Network<'s> {
    balancers: HashMap<String, &'s LoadBalancer>,
    /// By the ARN of their load balancer: the ports of its listeners.
    ports: HashMap<&'s str, Vec<i64>>,
    ports_seen: bool,
    /// By id, and by the tag `Name`.
    groups: HashMap<&'s str, &'s SecurityGroup>,
    instances: HashMap<&'s str, &'s Instance>,
    /// The route tables, by the subnets that have one of their own.
    tables: HashMap<&'s str, &'s RouteTable>,
    /// The main route tables, by VPC.
    main: HashMap<&'s str, &'s RouteTable>,
    /// The VPCs of subnets.
    vpcs: HashMap<&'s str, &'s str>,
    /// Whether a subnet without a table of its own has its VPC's.
    tables_seen: bool,
}

impl<'s> Network<'s> {
    pub(super) fn of(graph: &Graph<'s>, node: &ClusterNode<'s>) -> Self {
        let cluster = node.cluster;
        let account = cluster.account.as_ref();
        let account = account.and_then(|id| graph.snapshot.accounts.get(id));
        let name = cluster.region.as_ref();
        let Some(region) = account
            .zip(name)
            .and_then(|(one, name)| one.regions.get(name))
        else {
            return Self::default();
        };
        let mut network = Self::default();
        let scope = cluster.region_scope().unwrap_or_default();
        network.ports_seen = graph.saw(Source::LISTENERS, &scope);
        for balancer in &region.elbv2.load_balancers {
            if let Some(name) = &balancer.dns_name {
                network.balancers.insert(name.to_lowercase(), balancer);
            }
        }
        for listener in &region.elbv2.listeners {
            let ports = network
                .ports
                .entry(&listener.load_balancer_arn)
                .or_default();
            ports.extend(listener.port);
        }
        for group in &region.ec2.security_groups {
            let mut tags = group.tags.iter();
            if let Some(tag) = tags.find(|tag| tag.key == "Name") {
                network.groups.insert(&tag.value, group);
            }
            network.groups.insert(&group.group_id, group);
        }
        for instance in &region.ec2.instances {
            network.instances.insert(&instance.instance_id, instance);
        }
        network.tables_seen = graph.saw(Source::ROUTE_TABLES, &scope);
        network.routes(&region.ec2);
        network
    }

    fn routes(&mut self, ec2: &'s Ec2) {
        for table in &ec2.route_tables {
            for one in &table.associations {
                if let Some(subnet) = &one.subnet_id {
                    self.tables.insert(subnet, table);
                } else if let (Some(true), Some(vpc)) = (one.main, &table.vpc_id) {
                    self.main.insert(vpc, table);
                }
            }
        }
        for subnet in &ec2.subnets {
            if let Some(vpc) = &subnet.vpc_id {
                self.vpcs.insert(&subnet.subnet_id, vpc);
            }
        }
    }

    /// Whether the subnet of an instance is on the internet; where its routes were not read, nothing speaks against it.
    pub(super) fn routed(&self, id: &str) -> Lets {
        let instance = self.instances.get(id);
        let subnet = instance.and_then(|one| one.subnet_id.as_deref());
        let Some((instance, subnet)) = instance.zip(subnet) else {
            return Lets::In;
        };
        let of_vpc = || {
            let vpc = instance.vpc_id.as_deref();
            let vpc = vpc.or_else(|| self.vpcs.get(subnet).copied())?;
            self.main.get(vpc).filter(|_| self.tables_seen)
        };
        let Some(table) = self.tables.get(subnet).or_else(of_vpc) else {
            return Lets::In;
        };
        let routes = table.routes.iter().map(of_route);
        routes.fold(Lets::No, Lets::or)
    }

    /// The load balancer of a Service or Ingress, where it was read.
    pub(super) fn balancer(&self, status: &BalancerStatus) -> Option<&'s LoadBalancer> {
        self.balancer_named(status.hostnames())
    }

    /// The load balancer of one of these DNS names, where it was read.
    pub(super) fn balancer_named<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
    ) -> Option<&'s LoadBalancer> {
        let mut names = names.map(str::to_lowercase);
        names.find_map(|name| self.balancers.get(&name).copied())
    }

    /// Whether a load balancer that was read lets the internet in. `as_written` is what its Service or Ingress says of
    /// from where it does, which counts where no security group says it.
    pub(super) fn through(&self, balancer: &LoadBalancer, as_written: Lets) -> Lets {
        if balancer.scheme.as_deref() == Some("internal") {
            return Lets::No;
        }
        let groups = &balancer.security_groups;
        let known = |id: &&String| self.groups.contains_key(id.as_str());
        if groups.is_empty() || !groups.iter().any(|id| known(&id)) {
            return as_written;
        }
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        match self.ports.get(balancer.load_balancer_arn.as_str()) {
            Some(ports) => {
                let ports = ports.iter().map(|port| self.groups(&groups, Some(*port)));
                ports.fold(Lets::No, Lets::or)
            }
            None if self.ports_seen => Lets::No,
            None => self.groups(&groups, None),
        }
    }

    /// Whether any of some security groups lets the internet in to a port, or to any.
    pub(super) fn groups(&self, names: &[&str], port: Option<i64>) -> Lets {
        let of_one = |name: &&str| match self.groups.get(name) {
            Some(group) => {
                let rules = group.ip_permissions.iter();
                let rules = rules.filter(|rule| is_on(rule, port));
                rules.map(of_rule).fold(Lets::No, Lets::or)
            }
            None => Lets::If(format!(
                "only if its security group {name} lets the internet in: {} was not read",
                Source::SECURITY_GROUPS.name
            )),
        };
        names.iter().map(of_one).fold(Lets::No, Lets::or)
    }

    /// The security groups of an instance, some of which were read; else none.
    pub(super) fn groups_of(&self, id: &str) -> Option<Vec<&'s str>> {
        let groups = self.instances.get(id)?.security_groups.iter();
        let groups: Vec<&str> = groups.map(|one| one.group_id.as_str()).collect();
        let known = groups.iter().any(|id| self.groups.contains_key(id));
        known.then_some(groups)
    }
}

/// Whether a rule is on a port by TCP, or on any.
fn is_on(rule: &IpPermission, port: Option<i64>) -> bool {
    match rule.ip_protocol.as_str() {
        "-1" => true,
        "tcp" | "6" => port.is_none_or(|port| {
            let first = rule.from_port.unwrap_or(0);
            let last = rule.to_port.unwrap_or(65_535);
            first == -1 || (first..=last).contains(&port)
        }),
        _ => false,
    }
}

/// Whether a route leads to the internet.
fn of_route(route: &Route) -> Lets {
    let ranges = [
        &route.destination_cidr_block,
        &route.destination_ipv6_cidr_block,
    ];
    let ranges = ranges.into_iter().flatten().map(String::as_str);
    let wide = hold_internet(ranges) || route.destination_prefix_list_id.is_some();
    if !wide || route.state.as_deref() == Some("blackhole") {
        return Lets::No;
    }
    let gateway = route.gateway_id.as_deref().unwrap_or_default();
    let appliance = match gateway.starts_with("vpce-") {
        true => Some(gateway),
        false => route.network_interface_id.as_deref(),
    };
    match (gateway.starts_with("igw-"), appliance) {
        (true, _) => Lets::In,
        (false, Some(appliance)) => Lets::If(format!(
            "only if {appliance}, over which its subnet is routed, brings what comes from the internet"
        )),
        (false, None) => Lets::No,
    }
}

fn of_rule(rule: &IpPermission) -> Lets {
    let ranges = rule.ip_ranges.iter().map(|one| one.cidr_ip.as_str());
    let ipv6 = rule.ipv6_ranges.iter().map(|one| one.cidr_ipv6.as_str());
    if hold_internet(ranges.chain(ipv6)) {
        return Lets::In;
    }
    match rule.prefix_list_ids.first() {
        Some(list) => Lets::If(format!(
            "only if the prefix list {} holds the internet, which was not read",
            list.prefix_list_id
        )),
        None => Lets::No,
    }
}
