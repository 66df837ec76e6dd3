//! The pods that Services lead to, found by their labels.
//!
//! Kubernetes documentation, "Service": a selector takes the pods of the Service's namespace that have all its labels; a
//! target port may be the name of a port of the pod, and a pod without a port of that name takes nothing.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::Value;

use crate::graph::Graph;
use crate::graph::workload::namespace;
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::{
    ContainerPort, EndpointSlice, Labels, Pod, PodSpec, ServicePort, SliceEndpoint,
};

use super::barrier::Barriers;

/// A pod, or what a controller will make where it has no pods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'s> {
    /// The place of its workload.
    pub(super) workload: usize,
    pub(super) namespace: &'s str,
    pub(super) labels: &'s Labels,
    pub(super) spec: &'s PodSpec,
    /// Whether there is such a pod, as far as pods were read.
    pub(super) runs: bool,
    /// The number of its kind: what decides how it takes traffic that comes to a Service.
    pub(super) kind: usize,
}

/// What decides how a pod takes traffic that comes to a Service which selects it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind<'s> {
    namespace: &'s str,
    /// The numbers of the NetworkPolicies that select it.
    policies: Vec<usize>,
    /// The ports that have names.
    named: Vec<(&'s str, i64)>,
    of_host: bool,
    runs: bool,
}

/// The pods that selectors of a namespace take which say the same, or that a slice of endpoints names.
#[derive(Debug, Default)]
struct Group<'s> {
    members: Vec<usize>,
    /// Of each kind the first.
    kinds: Vec<(usize, usize)>,
    /// The namespace and labels of each that differs in them.
    labels: Rc<[(&'s str, &'s Labels)]>,
    has_proxies: bool,
}

impl<'s> Target<'s> {
    /// The ports of its containers; those that run before the others serve nobody.
    pub(super) fn ports(&self) -> impl Iterator<Item = &'s ContainerPort> {
        self.spec.containers.iter().flat_map(|one| &one.ports)
    }

    /// The number of its port of a name.
    pub(super) fn named(&self, name: &str) -> Option<u64> {
        let mut ports = self.ports();
        let named = ports.find(|one| one.name.as_deref() == Some(name));
        named.and_then(|one| u64::try_from(one.container_port).ok())
    }

    /// Where it takes what comes to a port of a Service.
    pub(super) fn port(&self, of: &ServicePort) -> Option<u64> {
        let same = || u64::try_from(of.port).ok();
        match of.target_port.as_ref() {
            None | Some(Value::Null) => same(),
            Some(Value::Number(number)) => match number.as_u64() {
                Some(0) => same(),
                number => number,
            },
            Some(Value::String(name)) => match name.parse() {
                Ok(number) => Some(number),
                Err(_) => self.named(name),
            },
            Some(_) => None,
        }
    }
}

/// All pods of a cluster, by their labels.
#[derive(Debug, Default)]
pub(super) struct Targets<'s> {
    all: Vec<Target<'s>>,
    kinds: HashMap<Kind<'s>, usize>,
    by_label: HashMap<(&'s str, &'s str, &'s str), Vec<usize>>,
    /// Pods by their names.
    by_name: HashMap<(&'s str, &'s str), usize>,
    /// Pods by their addresses, where these are not their nodes'.
    by_address: HashMap<&'s str, usize>,
    groups: Vec<Group<'s>>,
    by_selector: HashMap<(&'s str, &'s Labels), usize>,
}

impl<'s> Targets<'s> {
    pub(super) fn of(graph: &Graph<'s>, cluster: &str, barriers: &Barriers<'s>) -> Self {
        let pods_seen = graph.saw(Source::PODS, cluster);
        let mut targets = Self::default();
        let here = graph.workloads.workloads.iter().enumerate();
        for (at, workload) in here.filter(|(_, one)| one.cluster == cluster) {
            for pod in &workload.pods {
                let target = Target {
                    workload: at,
                    namespace: namespace(&pod.metadata),
                    labels: &pod.metadata.labels,
                    spec: &pod.spec,
                    runs: true,
                    kind: 0,
                };
                targets.name(pod);
                targets.add(target, barriers);
            }
            if let (true, Some(spec), Some(labels)) = (
                workload.pods.is_empty(),
                workload.template,
                workload.template_labels,
            ) {
                let target = Target {
                    workload: at,
                    namespace: workload.namespace,
                    labels,
                    spec,
                    runs: !pods_seen,
                    kind: 0,
                };
                targets.add(target, barriers);
            }
        }
        targets
    }

    /// The names by which slices of endpoints know a pod that comes next.
    fn name(&mut self, pod: &'s Pod) {
        let next = self.all.len();
        let name = (namespace(&pod.metadata), pod.metadata.name.as_str());
        self.by_name.insert(name, next);
        if let (Some(address), false) = (
            pod.status.pod_ip.as_deref(),
            pod.spec.host_network == Some(true),
        ) {
            self.by_address.insert(address, next);
        }
    }

    fn add(&mut self, target: Target<'s>, barriers: &Barriers<'s>) {
        for (key, value) in target.labels {
            let place = (target.namespace, key.as_str(), value.as_str());
            self.by_label.entry(place).or_default().push(self.all.len());
        }
        let named = target.ports().filter_map(|one| {
            let name = one.name.as_deref()?;
            Some((name, one.container_port.into()))
        });
        let kind = Kind {
            namespace: target.namespace,
            policies: barriers.selecting(&target),
            named: named.collect(),
            of_host: target.spec.host_network == Some(true),
            runs: target.runs,
        };
        let next = self.kinds.len();
        let kind = *self.kinds.entry(kind).or_insert(next);
        self.all.push(Target { kind, ..target });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Target<'s>> {
        self.all.iter()
    }

    /// The number of the group of pods that a selector takes.
    pub(super) fn group(&mut self, namespace: &'s str, selector: &'s Labels) -> usize {
        if let Some(known) = self.by_selector.get(&(namespace, selector)) {
            return *known;
        }
        let selected = self.selected(namespace, selector);
        let number = self.gather(&selected);
        self.by_selector.insert((namespace, selector), number);
        number
    }

    /// The number of the group of pods that the endpoints of a slice are.
    pub(super) fn of_slice(&mut self, slice: &'s EndpointSlice) -> usize {
        let own = namespace(&slice.metadata);
        let find = |endpoint: &'s SliceEndpoint| {
            let named = endpoint.target_ref.as_ref();
            let named = named.filter(|one| one.kind.as_deref() == Some("Pod"));
            let named = named.and_then(|one| {
                let there = one.namespace.as_deref().unwrap_or(own);
                self.by_name.get(&(there, one.name.as_deref()?))
            });
            let mut addresses = endpoint.addresses.iter();
            named
                .or_else(|| addresses.find_map(|one| self.by_address.get(one.as_str())))
                .copied()
        };
        let members: Vec<usize> = slice.endpoints.iter().filter_map(find).collect();
        self.gather(&members)
    }

    /// Those with all of these labels: looked for among those with the rarest. No labels select nothing.
    fn selected(&self, namespace: &'s str, selector: &'s Labels) -> Vec<usize> {
        let with = |(key, value): (&'s String, &'s String)| {
            let place = (namespace, key.as_str(), value.as_str());
            self.by_label.get(&place).map_or(&[][..], Vec::as_slice)
        };
        let rarest = selector.iter().map(with).min_by_key(|found| found.len());
        let found = rarest.into_iter().flatten().copied();
        found
            .filter(|at| {
                let one = self.all.get(*at);
                let has = |(key, value)| one.is_some_and(|one| one.labels.get(key) == Some(value));
                selector.iter().all(has)
            })
            .collect()
    }

    /// A group of these pods.
    fn gather(&mut self, members: &[usize]) -> usize {
        let mut group = Group::default();
        let (mut kinds, mut labels, mut all) = (HashSet::new(), HashSet::new(), Vec::new());
        for at in members {
            let Some(one) = self.all.get(*at) else {
                continue;
            };
            group.members.push(*at);
            if kinds.insert(one.kind) {
                group.kinds.push((one.kind, *at));
            }
            if labels.insert((one.namespace, one.labels)) {
                all.push((one.namespace, one.labels));
                group.has_proxies |= is_proxy(one.labels);
            }
        }
        group.labels = all.into();
        self.groups.push(group);
        self.groups.len() - 1
    }

    /// The pods of a group.
    pub(super) fn members(&self, group: usize) -> impl Iterator<Item = &Target<'s>> {
        let members = self.groups.get(group).into_iter();
        let members = members.flat_map(|one| &one.members);
        members.filter_map(|at| self.all.get(*at))
    }

    /// The kinds of pods in a group, and one of each.
    pub(super) fn kinds(&self, group: usize) -> impl Iterator<Item = (usize, &Target<'s>)> {
        let kinds = self.groups.get(group).into_iter();
        let kinds = kinds.flat_map(|one| &one.kinds);
        kinds.filter_map(|(kind, at)| Some((*kind, self.all.get(*at)?)))
    }

    /// Whether pods of a group are known proxies.
    pub(super) fn has_proxies(&self, group: usize) -> bool {
        self.groups.get(group).is_some_and(|one| one.has_proxies)
    }

    /// The namespace and labels of the pods of a group, each once.
    pub(super) fn labels(&self, group: usize) -> Rc<[(&'s str, &'s Labels)]> {
        let group = self.groups.get(group);
        group.map_or_else(Rc::default, |group| Rc::clone(&group.labels))
    }
}

/// Whether a pod is one of the proxies that take Ingresses, by the name that their charts give it (Kubernetes
/// documentation, "Ingress Controllers").
fn is_proxy(labels: &Labels) -> bool {
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
    let name = labels.get("app.kubernetes.io/name");
    let name = name.or_else(|| labels.get("app"));
    name.is_some_and(|name| NAMES.contains(&name.as_str()))
}
