//! From service accounts whose pods reach the metadata service of their node to the role of that node.

use std::collections::BTreeMap;

use super::edge::{Edge, Rests};
use super::{Cause, Control};
use crate::graph::escalation::Node;
use crate::graph::imds::{Machine, Reach, Surest, Verdict};
use crate::graph::path::EdgeKind;
use crate::graph::workload::account_name;
use crate::snapshot::kubernetes::PodSpec;

impl Control<'_, '_> {
    /// One edge for each service account and role, by the surest of its pods: edges do not grow with pods.
    pub(super) fn imds(&mut self) {
        let mut surest: Surest<(usize, usize)> = Surest::default();
        // By edge, whether the options of nodes alone let all of its pods do it.
        let mut by_options: BTreeMap<(usize, usize), (bool, &str)> = BTreeMap::new();
        for inside in &self.nodes.clusters {
            let imds = self.graph.imds(inside.node);
            let here = self.graph.workloads.workloads.iter();
            for workload in here.filter(|one| one.cluster == inside.node.key) {
                let mut add = |spec: &PodSpec,
                               machine: Option<&Machine<'_>>,
                               verdict: &Verdict,
                               place: String| {
                    let account = account_name(spec);
                    let node = Node::account(workload.namespace, account);
                    let Some(from) = inside.find(&node) else {
                        return;
                    };
                    if verdict.reach == Reach::Unreachable {
                        return;
                    }
                    for (role, open) in imds.roles(machine) {
                        let closed = machine.is_some_and(|one| one.closes_with_options(spec));
                        let known = by_options.entry((from, role));
                        known.or_insert((true, workload.cluster)).0 &= closed;
                        let open = verdict.open.iter().map(String::as_str).chain(open);
                        let open: Vec<&str> = open.collect();
                        let open = (!open.is_empty()).then(|| open.join(", "));
                        let evidence = || format!("{place}: {}", verdict.why);
                        surest.add((from, role), open, evidence);
                    }
                };
                for pod in &workload.pods {
                    let name = &pod.metadata.name;
                    let mut place = format!("the pod {}/{name}", workload.namespace);
                    if let Some(node) = &pod.spec.node_name {
                        place.push_str(&format!(" on node {node}"));
                    }
                    add(&pod.spec, imds.machine(pod), &imds.of_pod(pod), place);
                }
                if let (true, Some(spec)) = (workload.pods.is_empty(), workload.template)
                    && let Some(verdict) = imds.of_template(workload)
                {
                    add(spec, None, &verdict, workload.label());
                }
            }
        }
        for ((from, role), (open, evidence)) in surest.into_iter() {
            let cluster = by_options.get(&(from, role)).filter(|(all, _)| *all);
            let rests = cluster.map_or(Rests::Nothing, |(_, cluster)| {
                Rests::Fact(Box::new(Cause::Metadata {
                    cluster: (*cluster).to_owned(),
                }))
            });
            let edge = Edge::step(role, EdgeKind::NodeRole, evidence)
                .open(open)
                .rests(rests);
            self.edge(from, edge);
        }
    }
}
