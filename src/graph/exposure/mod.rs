//! What on the internet reaches a workload, and how easily that is then taken. Read, and not probed.
//!
//! Ways: load balancers of Services and Ingresses, ports of nodes, addresses that Services take as their own. Each ends
//! at the pods that a Service selects. Gateways, VPC Lattice, CloudFront and API Gateway are not read.

mod api_server;
mod balancer;
mod barrier;
mod door;
mod ease;
mod host;
mod ingress;
mod network;
mod range;
mod target;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::{Ingress, Service, ServicePort};

use super::workload::namespace;
use super::{ClusterNode, Graph};

pub use api_server::{ApiServer, Endpoint};
use barrier::Barriers;
pub use door::Opener;
use door::{Arrival, Door};
use ease::Eases;
pub use ease::{Ease, Grade};
use host::Hosts;
use network::Network;
use target::{Target, Targets};

/// A workload that the internet reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The place of the workload.
    pub workload: usize,
    /// How it is reached, those that depend on nothing first.
    pub ways: Vec<WayIn>,
    /// How easily it is taken.
    pub ease: Ease,
}

/// A way from the internet to a workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayIn {
    /// What shows it: the load balancer, the Service, the port.
    pub evidence: String,
    /// What it depends on and is not known; none: it is certain that requests come so far.
    pub open: Option<String>,
    /// Whose load balancer it is over, where what that says of itself decides whether it is on the internet.
    pub opener: Option<Opener>,
}

impl Exposure {
    /// Whether it is certain that requests from the internet come so far.
    pub fn is_certain(&self) -> bool {
        self.ways.iter().any(|way| way.open.is_none())
    }
}

impl<'s> Graph<'s> {
    /// The workloads that the internet reaches, by place.
    pub fn exposures(&self) -> Vec<Exposure> {
        let mut found = Found::default();
        for node in &self.clusters {
            Doors::of(self, node).open_onto(&mut found);
        }
        let eases = (!found.ways.is_empty()).then(|| Eases::of(self));
        let Some(eases) = eases else {
            return Vec::new();
        };
        let exposure = |(workload, ways): (usize, BTreeMap<String, Seen>)| {
            let way = |(evidence, (open, opener))| WayIn {
                evidence,
                open,
                opener,
            };
            let mut ways: Vec<WayIn> = ways.into_iter().map(way).collect();
            ways.sort_by_key(|way| way.open.is_some());
            Exposure {
                workload,
                ways,
                ease: eases.of_workload(workload),
            }
        };
        found.ways.into_iter().map(exposure).collect()
    }

    /// What was not read, so that the internet may reach more; a sentence each.
    pub fn unread_exposure(&self) -> Vec<String> {
        let sources = [
            Source::PODS,
            Source::SERVICES,
            Source::INGRESSES,
            Source::NODES,
        ];
        let mut unread = Vec::new();
        for node in &self.clusters {
            let missing = sources
                .iter()
                .filter(|source| !self.saw(**source, node.key));
            unread.extend(
                missing.map(|source| format!("{} of {} was not read whole", source.name, node.key)),
            );
        }
        unread
    }
}

/// The ways that were found, by workload and evidence; of one evidence the surest.
#[derive(Debug, Default)]
struct Found {
    ways: BTreeMap<usize, BTreeMap<String, Seen>>,
}

/// What a way depends on, and whose load balancer it is over.
type Seen = (Option<String>, Option<Opener>);

impl Found {
    fn add(&mut self, workload: usize, evidence: &str, open: Option<String>, door: &Door<'_>) {
        let ways = self.ways.entry(workload).or_default();
        match ways.get_mut(evidence) {
            Some((None, _)) => {}
            Some((known, _)) if open.is_none() => *known = None,
            Some(_) => {}
            None => {
                ways.insert(evidence.to_owned(), (open, door.opener.clone()));
            }
        }
    }

    fn has(&self, workload: usize, evidence: &str) -> bool {
        let known = self.ways.get(&workload).and_then(|ways| ways.get(evidence));
        known.is_some_and(|(open, _)| open.is_none())
    }
}

/// All doors of a cluster.
struct Doors<'g, 's> {
    node: &'g ClusterNode<'s>,
    targets: Targets<'s>,
    hosts: Hosts<'s>,
    network: Network<'s>,
    barriers: Barriers<'s>,
    services: HashMap<Name<'s>, &'s Service>,
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

impl<'g, 's> Doors<'g, 's> {
    fn of(graph: &'g Graph<'s>, node: &'g ClusterNode<'s>) -> Self {
        let objects = &node.cluster.kubernetes;
        let mut doors = Self {
            node,
            targets: Targets::of(graph, node.key),
            hosts: Hosts::of(graph, node),
            network: Network::of(graph, node),
            barriers: Barriers::of(graph, node),
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
        self.services.insert(name, service);
        self.hostnames.extend(service.status.hostnames());
        let mut doors = self.hosts.doors(service, &self.network);
        doors.extend(balancer::door(self.node, &self.network, service));
        if doors.is_empty() {
            return;
        }
        for hostname in service.status.hostnames() {
            self.by_hostname.entry(hostname).or_default().push(name);
        }
        let behind = self.targets.selected(name.0, &service.spec.selector);
        if behind.into_iter().any(is_proxy) {
            self.proxies.push(name);
        }
        self.of_services.insert(name, doors);
    }

    /// Finds what is behind them.
    fn open_onto(&self, found: &mut Found) {
        for (name, doors) in &self.of_services {
            let Some(service) = self.services.get(name) else {
                continue;
            };
            for door in doors {
                self.through(door, service, &|_| true, found);
            }
        }
        let ingresses = &self.node.cluster.kubernetes.ingresses;
        let groups = ingress::Groups::of(ingresses);
        for one in ingresses {
            let doors = match ingress::is_of_aws(one) || self.has_its_own(one) {
                true => groups.door(one, &self.network).into_iter().collect(),
                false => self.of_proxies(one),
            };
            for door in &doors {
                self.behind(one, door, found);
            }
        }
        for target in self.targets.iter() {
            if let Some((door, port)) = self.hosts.door_to(target, &self.network) {
                self.come(&door, target, port, &door.what, found);
            }
        }
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
            if let Some(service) = self.services.get(&name) {
                let what = format!("{}, to the Service {}", door.what, balancer::label(service));
                let door = Door {
                    what,
                    ..door.clone()
                };
                self.through(&door, service, &|port| backend.takes(port), found);
            }
        }
    }

    /// The pods that a Service selects take what comes to its ports. One of type ExternalName has no pods, and where one
    /// without a selector leads is not known.
    fn through(
        &self,
        door: &Door<'s>,
        service: &'s Service,
        takes: &dyn Fn(&ServicePort) -> bool,
        found: &mut Found,
    ) {
        if service.spec.kind.as_deref() == Some("ExternalName") {
            return;
        }
        let namespace = namespace(&service.metadata);
        for target in self.targets.selected(namespace, &service.spec.selector) {
            for port in service.spec.ports.iter().filter(|port| takes(port)) {
                let Some(number) = target.port(port) else {
                    continue;
                };
                let what = format!("{}, port {number}", door.what);
                if !found.has(target.workload, &what) {
                    self.come(door, target, number, &what, found);
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
        evidence: &str,
        found: &mut Found,
    ) {
        let lets = self.barriers.before(target, port, &door.arrival);
        let Some(barrier) = lets.conditions() else {
            return;
        };
        let mut open = door.open.clone();
        open.extend(barrier);
        if !target.runs {
            open.push("only once a pod of it runs".to_owned());
        }
        let open = (!open.is_empty()).then(|| open.join(", "));
        found.add(target.workload, evidence, open, door);
    }

    /// The doors of the Services whose proxies take an Ingress: those that it has its address of, else those of pods
    /// that are known proxies.
    fn of_proxies(&self, ingress: &'s Ingress) -> Vec<Door<'s>> {
        let own = ingress.status.hostnames();
        let own = own.filter_map(|name| self.by_hostname.get(name)).flatten();
        let mut doors: Vec<Door<'s>> = own
            .flat_map(|name| self.of_proxy(*name, ingress, None))
            .collect();
        if ingress.status.is_empty() {
            let class = ingress::class(ingress).unwrap_or("default");
            let open = format!("only if the proxy behind it serves the class {class}");
            let proxies = self.proxies.iter();
            doors.extend(proxies.flat_map(|name| self.of_proxy(*name, ingress, Some(&open))));
        }
        doors
    }

    fn of_proxy(&self, name: Name<'s>, ingress: &Ingress, open: Option<&str>) -> Vec<Door<'s>> {
        let Some(service) = self.services.get(&name) else {
            return Vec::new();
        };
        let proxies = self.targets.selected(name.0, &service.spec.selector);
        let proxies = proxies.iter().map(|one| (one.namespace, one.labels));
        let arrival = Arrival::Proxy(proxies.collect());
        let doors = self.of_services.get(&name).into_iter().flatten();
        doors
            .map(|door| Door {
                what: format!("{}, by the Ingress {}", door.what, ingress::label(ingress)),
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

/// Whether a pod is one of the proxies that take Ingresses, by the name that their charts give it (Kubernetes
/// documentation, "Ingress Controllers").
fn is_proxy(target: &Target<'_>) -> bool {
    const NAMES: &[&str] = &[
        "ingress-nginx",
        "nginx-ingress",
        "traefik",
        "haproxy-ingress",
        "kubernetes-ingress",
        "kong",
        "contour",
        "envoy",
        "ambassador",
        "emissary-ingress",
    ];
    let name = target.labels.get("app.kubernetes.io/name");
    let name = name.or_else(|| target.labels.get("app"));
    name.is_some_and(|name| NAMES.contains(&name.as_str()))
}
