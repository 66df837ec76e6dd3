//! The pods that Services lead to, found by their labels.
//!
//! Kubernetes documentation, "Service": a selector takes the pods of the Service's namespace that have all its labels; a
//! target port may be the name of a port of the pod, and a pod without a port of that name takes nothing.

use std::collections::HashMap;

use serde_json::Value;

use crate::graph::Graph;
use crate::graph::workload::namespace;
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::{ContainerPort, Labels, PodSpec, ServicePort};

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
#[derive(Debug)]
pub(super) struct Targets<'s> {
    all: Vec<Target<'s>>,
    by_label: HashMap<(&'s str, &'s str, &'s str), Vec<usize>>,
}

impl<'s> Targets<'s> {
    pub(super) fn of(graph: &Graph<'s>, cluster: &str) -> Self {
        let pods_seen = graph.saw(Source::PODS, cluster);
        let mut targets = Self {
            all: Vec::new(),
            by_label: HashMap::new(),
        };
        let here = graph.workloads.workloads.iter().enumerate();
        for (at, workload) in here.filter(|(_, one)| one.cluster == cluster) {
            for pod in &workload.pods {
                targets.add(Target {
                    workload: at,
                    namespace: namespace(&pod.metadata),
                    labels: &pod.metadata.labels,
                    spec: &pod.spec,
                    runs: true,
                });
            }
            if let (true, Some(spec), Some(labels)) = (
                workload.pods.is_empty(),
                workload.template,
                workload.template_labels,
            ) {
                targets.add(Target {
                    workload: at,
                    namespace: workload.namespace,
                    labels,
                    spec,
                    runs: !pods_seen,
                });
            }
        }
        targets
    }

    fn add(&mut self, target: Target<'s>) {
        for (key, value) in target.labels {
            let place = (target.namespace, key.as_str(), value.as_str());
            self.by_label.entry(place).or_default().push(self.all.len());
        }
        self.all.push(target);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Target<'s>> {
        self.all.iter()
    }

    /// Those with all of these labels: looked for among those with the rarest. No labels select nothing.
    pub(super) fn selected(&self, namespace: &'s str, selector: &'s Labels) -> Vec<&Target<'s>> {
        let with = |(key, value): (&'s String, &'s String)| {
            let place = (namespace, key.as_str(), value.as_str());
            self.by_label.get(&place).map_or(&[][..], Vec::as_slice)
        };
        let rarest = selector.iter().map(with).min_by_key(|found| found.len());
        let found = rarest.into_iter().flatten();
        found
            .filter_map(|at| self.all.get(*at))
            .filter(|one| {
                let has = |(key, value)| one.labels.get(key) == Some(value);
                selector.iter().all(has)
            })
            .collect()
    }
}
