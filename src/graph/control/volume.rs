//! From a workload over a volume that it may write to those that read it.
//!
//! What they do with what they read is not known, so that such a step is never certain. Each part of a volume that somebody
//! mounts is a node of its own, to which those lead that may write in it: the edges grow with the mounts.

use std::collections::BTreeSet;

use super::Control;
use super::edge::Edge;
use super::node::Set;
use crate::graph::escalation::Node;
use crate::graph::path::EdgeKind;
use crate::graph::shared_volume::Mount;

/// What a step from a volume to who reads it depends on.
const TRUSTS: &str = "only if it runs or trusts what it finds there, which is not known";

impl Control<'_, '_> {
    /// What is written to volumes, and who reads it.
    pub(super) fn volumes(&mut self) {
        for (backing, mounts) in self.graph.shared_volumes() {
            let parts: BTreeSet<&Vec<String>> =
                mounts.iter().map(|(_, mount)| &mount.part).collect();
            for part in parts {
                let readers = mounts.iter().filter(|(_, mount)| mount.part == *part);
                let readers: Vec<&(usize, Mount)> = readers.collect();
                let writers = mounts
                    .iter()
                    .filter(|(_, mount)| mount.writes && mount.sees(part));
                let writers: Vec<&(usize, Mount)> = writers.collect();
                let shares = |(at, _): &&(usize, Mount)| readers.iter().any(|(to, _)| to != at);
                if !writers.iter().any(shares) {
                    continue;
                }
                let mut id = backing.id();
                for one in part {
                    id.push('/');
                    id.push_str(one);
                }
                let volume = self.nodes.place(Set::Volume(id));
                self.written(volume, &writers);
                self.read(volume, &readers);
            }
        }
    }

    fn written(&mut self, volume: usize, writers: &[&(usize, Mount)]) {
        for (at, mount) in writers {
            let from = self.nodes.place(Set::Workload(*at));
            let open: Vec<String> = [&mount.open_to_write, &mount.open]
                .into_iter()
                .flatten()
                .cloned()
                .collect();
            let open = (!open.is_empty()).then(|| open.join(", "));
            let evidence = format!("it may write {}", mount.what);
            let edge = Edge::step(volume, EdgeKind::WritesVolume, evidence);
            self.edge(from, edge.open(open));
            self.of_namespace(*at, from);
        }
    }

    /// Whoever has all of a namespace has its workloads.
    fn of_namespace(&mut self, at: usize, number: usize) {
        let Some(workload) = self.graph.workloads.workloads.get(at) else {
            return;
        };
        let mut clusters = self.nodes.clusters.iter();
        let inside = clusters.find(|one| one.node.key == workload.cluster);
        let namespace = Node::Namespace(workload.namespace.to_owned());
        if let Some(namespace) = inside.and_then(|inside| inside.find(&namespace)) {
            self.among(namespace, number);
        }
    }

    fn read(&mut self, volume: usize, readers: &[&(usize, Mount)]) {
        for (at, mount) in readers {
            let Some(workload) = self.graph.workloads.workloads.get(*at) else {
                continue;
            };
            let to = self.nodes.place(Set::Workload(*at));
            let open = match &mount.open {
                Some(open) => format!("{open}, {TRUSTS}"),
                None => TRUSTS.to_owned(),
            };
            let evidence = format!("the {} mounts {}", workload.label(), mount.what);
            let edge = Edge::is(to, EdgeKind::ReadsVolume, evidence);
            self.edge(volume, edge.open(Some(open)));
        }
    }
}
