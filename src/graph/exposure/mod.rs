//! What on the internet reaches a workload, and how easily that is then taken. Read, and not probed.
//!
//! Ways: load balancers of Services, Ingresses and Gateways, ports of nodes, addresses that Services take as their own. Each
//! ends at the pods that a Service selects, or that slices of endpoints name. VPC Lattice, CloudFront and API Gateway are not
//! read.

mod api_server;
mod balancer;
mod barrier;
mod by_gateway;
mod class;
mod door;
mod ease;
mod found;
mod gateway;
mod host;
mod ingress;
mod network;
mod range;
mod slice;
mod target;
#[cfg(test)]
mod tests;
mod unread;
mod ways;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::snapshot::kubernetes::{EndpointSlice, Ingress, Service, ServicePort};

use super::workload::namespace;
use super::{ClusterNode, Graph};

pub use api_server::{ApiServer, Endpoint};
use barrier::Barriers;
use class::Classes;
pub use door::Opener;
use door::{Arrival, Door};
use ease::Eases;
pub use ease::{Ease, Grade};
use found::Found;
use gateway::Gateways;
use host::Hosts;
use network::Network;
use slice::Slices;
use target::{Target, Targets};
pub use ways::{WayIn, Ways};

/// A workload that the internet reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The place of the workload.
    pub workload: usize,
    /// How it is reached. Workloads that are reached the same ways share them.
    pub ways: Rc<Ways>,
    /// How easily it is taken.
    pub ease: Ease,
}

impl<'s> Graph<'s> {
    /// The workloads that the internet reaches, by place.
    pub fn exposures(&self) -> Vec<Exposure> {
        let mut reached: BTreeMap<usize, Rc<Ways>> = BTreeMap::new();
        for node in &self.clusters {
            reached.extend(Doors::of(self, node).open(self));
        }
        if reached.is_empty() {
            return Vec::new();
        }
        let eases = Eases::of(self);
        let exposure = |(workload, ways)| Exposure {
            workload,
            ways,
            ease: eases.of_workload(workload),
        };
        reached.into_iter().map(exposure).collect()
    }
}

/// All doors of a cluster.
struct Doors<'g, 's> {
    node: &'g ClusterNode<'s>,
    targets: Targets<'s>,
    hosts: Hosts<'s>,
    network: Network<'s>,
    barriers: Barriers<'s>,
    classes: Classes<'s>,
    slices: Slices<'s>,
    services: HashMap<Name<'s>, Behind<'s>>,
    /// The doors of each Service.
    of_services: BTreeMap<Name<'s>, Vec<Door<'s>>>,
    /// The DNS names of the load balancers of all Services.
    hostnames: HashSet<&'s str>,
    /// The Services that have doors, by the DNS names of their load balancers.
    by_hostname: HashMap<&'s str, Vec<Name<'s>>>,
    /// The Services that have doors and lead to known proxies.
    proxies: Vec<Name<'s>>,
}

/// A namespace, and a name in it.
type Name<'s> = (&'s str, &'s str);

/// A Service, and the numbers of the groups of pods that it leads to, by its selector or by slices of endpoints.
#[derive(Clone, Debug)]
struct Behind<'s> {
    service: &'s Service,
    groups: Vec<(usize, Option<&'s EndpointSlice>)>,
}

impl<'g, 's> Doors<'g, 's> {
    fn of(graph: &'g Graph<'s>, node: &'g ClusterNode<'s>) -> Self {
        let objects = &node.cluster.kubernetes;
        let network = Network::of(graph, node);
        let barriers = Barriers::of(graph, node);
        let mut doors = Self {
            node,
            targets: Targets::of(graph, node.key, &barriers),
            hosts: Hosts::of(graph, node, &network),
            network,
            barriers,
            classes: Classes::of(objects),
            slices: Slices::of(&objects.endpoint_slices),
            services: HashMap::new(),
            of_services: BTreeMap::new(),
            hostnames: HashSet::new(),
            by_hostname: HashMap::new(),
            proxies: Vec::new(),
        };
        for service in &objects.services {
            doors.add(service);
        }
        doors
    }

    fn add(&mut self, service: &'s Service) {
        let name = (namespace(&service.metadata), service.metadata.name.as_str());
        let groups: Vec<_> = match slice::has_no_selector(service) {
            true => {
                let slices = self.slices.of_service(service).iter();
                let of_slice = |one: &&'s EndpointSlice| (self.targets.of_slice(one), Some(*one));
                slices.map(of_slice).collect()
            }
            false => vec![(self.targets.group(name.0, &service.spec.selector), None)],
        };
        let is_proxy = groups
            .iter()
            .any(|(group, _)| self.targets.has_proxies(*group));
        self.services.insert(name, Behind { service, groups });
        self.hostnames.extend(service.status.hostnames());
        let mut doors = self.hosts.doors(service, &self.network);
        doors.extend(balancer::door(self.node, &self.network, service));
        if doors.is_empty() {
            return;
        }
        for hostname in service.status.hostnames() {
            self.by_hostname.entry(hostname).or_default().push(name);
        }
        if is_proxy {
            self.proxies.push(name);
        }
        self.of_services.insert(name, doors);
    }

    /// What is behind them, by workload.
    fn open(&self, graph: &Graph<'s>) -> BTreeMap<usize, Rc<Ways>> {
        let mut found = Found::default();
        for (name, doors) in &self.of_services {
            let Some(behind) = self.services.get(name) else {
                continue;
            };
            for door in doors {
                self.through(door, behind, &|_| true, &mut found);
            }
        }
        let ingresses = &self.node.cluster.kubernetes.ingresses;
        let groups = ingress::Groups::of(ingresses, &self.classes, &self.network);
        for one in ingresses {
            let doors = match ingress::is_of_aws(one, &self.classes) || self.has_its_own(one) {
                true => groups.door(one, &self.network).into_iter().collect(),
                false => self.of_proxies(one),
            };
            for door in &doors {
                self.behind(one, door, &mut found);
            }
        }
        let gateways = Gateways::of(graph, self.node);
        for one in gateways.all {
            for door in self.of_gateway(one, &gateways) {
                self.by_routes(&gateways, one, &door, &mut found);
            }
        }
        for target in self.targets.iter() {
            if let Some((door, port)) = self.hosts.door_to(target, &self.network) {
                let what = door.what.clone();
                if let Some(way) = self.come(&door, target, port, what) {
                    found.on_its_own(target.workload, way);
                }
            }
        }
        found.by_workload(&self.targets)
    }

    /// Whether an Ingress has a load balancer that is no Service's: whatever its class is called, AWS made it.
    fn has_its_own(&self, ingress: &'s Ingress) -> bool {
        let mut names = ingress.status.hostnames();
        !ingress::is_of_nginx(ingress)
            && names.any(|name| ingress::is_balancer(name) && !self.hostnames.contains(name))
    }

    fn behind(&self, ingress: &'s Ingress, door: &Door<'s>, found: &mut Found) {
        for backend in ingress::backends(ingress) {
            let name = (namespace(&ingress.metadata), backend.service.as_str());
            if let Some(behind) = self.services.get(&name) {
                let service = balancer::label(behind.service);
                let door = Door {
                    what: format!("{}, to the Service {service}", door.what),
                    ..door.clone()
                };
                self.through(&door, behind, &|port| backend.takes(port), found);
            }
        }
    }

    /// The pods that a Service leads to take what comes to its ports: asked once for each kind of them. One of type
    /// ExternalName has no pods.
    fn through(
        &self,
        door: &Door<'s>,
        behind: &Behind<'s>,
        takes: &dyn Fn(&ServicePort) -> bool,
        found: &mut Found,
    ) {
        let spec = &behind.service.spec;
        if spec.kind.as_deref() == Some("ExternalName") {
            return;
        }
        for (group, slice) in &behind.groups {
            for (kind, target) in self.targets.kinds(*group) {
                for port in spec.ports.iter().filter(|port| takes(port)) {
                    let number = match slice {
                        Some(slice) => slice::port(slice, port),
                        None => target.port(port),
                    };
                    let Some(number) = number else {
                        continue;
                    };
                    let what = format!("{}, port {number}", door.what);
                    if let Some(way) = self.come(door, target, number, what) {
                        found.at_kind(*group, kind, way);
                    }
                }
            }
        }
    }

    /// What comes through a door to a port of a pod.
    fn come(
        &self,
        door: &Door<'s>,
        target: &Target<'s>,
        port: u64,
        evidence: String,
    ) -> Option<WayIn> {
        let barrier = self.barriers.before(target, port, &door.arrival);
        let mut open = door.open.clone();
        open.extend(barrier.conditions()?);
        if !target.runs {
            open.push("only once a pod of it runs".to_owned());
        }
        Some(WayIn {
            evidence,
            open: (!open.is_empty()).then(|| open.join(", ")),
            opener: door.opener.clone(),
        })
    }

    /// The doors of the Services whose proxies take an Ingress: those that it has its address of, else those of pods
    /// that are known proxies.
    fn of_proxies(&self, ingress: &'s Ingress) -> Vec<Door<'s>> {
        let own = ingress.status.hostnames();
        let own = own.filter_map(|name| self.by_hostname.get(name)).flatten();
        let by = format!("by the Ingress {}", ingress::label(ingress));
        let mut doors: Vec<Door<'s>> = own
            .flat_map(|name| self.of_proxy(*name, &by, None))
            .collect();
        if ingress.status.is_empty() {
            let class = ingress::class(ingress).unwrap_or("default");
            let open = format!("only if the proxy behind it serves the class {class}");
            let proxies = self.proxies.iter();
            doors.extend(proxies.flat_map(|name| self.of_proxy(*name, &by, Some(&open))));
        }
        doors
    }

    fn of_proxy(&self, name: Name<'s>, by: &str, open: Option<&str>) -> Vec<Door<'s>> {
        let Some(behind) = self.services.get(&name) else {
            return Vec::new();
        };
        let labels = match behind.groups.as_slice() {
            [(group, _)] => self.targets.labels(*group),
            groups => {
                let all = groups.iter().map(|(group, _)| self.targets.labels(*group));
                all.flat_map(|one| one.to_vec()).collect()
            }
        };
        let arrival = Arrival::Proxy(labels);
        let doors = self.of_services.get(&name).into_iter().flatten();
        doors
            .map(|door| Door {
                what: format!("{}, {by}", door.what),
                open: door
                    .open
                    .iter()
                    .cloned()
                    .chain(open.map(str::to_owned))
                    .collect(),
                opener: door.opener.clone(),
                arrival: arrival.clone(),
            })
            .collect()
    }
}
