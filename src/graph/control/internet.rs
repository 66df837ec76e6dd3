//! From the internet to the workloads that it reaches, and to what API servers do for anybody.
//!
//! That something is reached does not say that it is taken: such an edge is never certain.

use super::edge::{Edge, Rests};
use super::node::Set;
use super::{Cause, Control, Reached};
use crate::graph::escalation::Node;
use crate::graph::exposure::Exposure;
use crate::graph::path::EdgeKind;
use crate::rbac::SubjectId;
use crate::rbac::identity::{ANONYMOUS, UNAUTHENTICATED};

impl Control<'_, '_> {
    /// What the internet reaches.
    pub(super) fn internet(&mut self) {
        let internet = self.nodes.place(Set::Internet);
        let mut edges = Vec::new();
        for exposure in &self.exposures {
            let Some(way) = exposure.ways.first() else {
                continue;
            };
            let to = self.nodes.place(Set::Workload(exposure.workload));
            let more = match exposure.ways.len() {
                1 => String::new(),
                many => format!(", and {} more ways", many - 1),
            };
            let open = exposure.ease.condition();
            let open = match &way.open {
                Some(way) => format!("{way}, {open}"),
                None => open,
            };
            let evidence = format!("{}{more}", way.evidence);
            let cause = self.only_opener(exposure);
            let rests = cause.map_or(Rests::Nothing, |cause| Rests::Fact(Box::new(cause)));
            let edge = Edge::step(to, EdgeKind::Exposes, evidence);
            edges.push(edge.open(Some(open)).rests(rests));
        }
        edges.extend(self.anonymous());
        for edge in edges {
            self.edge(internet, edge);
        }
    }

    /// The load balancer that is the only way to a workload, where it is on the internet for what it says of itself.
    fn only_opener(&self, exposure: &Exposure) -> Option<Cause> {
        let workload = self.graph.workloads.workloads.get(exposure.workload)?;
        Some(Cause::Exposed {
            cluster: workload.cluster.to_owned(),
            opener: exposure.ways.only_opener()?.clone(),
        })
    }

    /// Whoever sends no credential is a user and in a group, where bindings name them.
    fn anonymous(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for inside in &self.nodes.clusters {
            let server = self.graph.api_server(inside.node);
            let Some(open) = server.hears_anybody() else {
                continue;
            };
            let open = (!open.is_empty()).then(|| open.join(", "));
            let subjects = [
                SubjectId::user(ANONYMOUS),
                SubjectId::Group(UNAUTHENTICATED.to_owned()),
            ];
            for subject in subjects {
                let evidence = format!("its API server takes requests {}", server.reach());
                let to = inside.find(&Node::Subject(subject));
                edges.extend(
                    to.map(|to| Edge::is(to, EdgeKind::Anonymous, evidence).open(open.clone())),
                );
            }
        }
        edges
    }

    /// Everything that comes under control from the internet.
    pub fn from_internet(&self) -> Vec<Reached> {
        let number = self.nodes.find(&Set::Internet);
        number.map_or_else(Vec::new, |number| self.reach(&[number]))
    }

    /// The workloads that the internet reaches.
    pub fn exposures(&self) -> &[Exposure] {
        &self.exposures
    }
}
