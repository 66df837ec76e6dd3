//! What several checks ask of the graph and is costly, made once a run, when the first of them asks.

use std::cell::OnceCell;

use crate::graph::control::{Control, End};
use crate::graph::lineage::Lineage;
use crate::graph::readers::Readers;
use crate::graph::takeover::Takeovers;
use crate::graph::{ClusterNode, Graph};

/// What several checks ask of the graph.
#[derive(Debug)]
pub struct Shared<'g> {
    graph: &'g Graph<'g>,
    control: OnceCell<(Control<'g, 'g>, Vec<End>)>,
    /// In the order of the graph's clusters.
    takeovers: OnceCell<Vec<Takeovers<'g>>>,
    lineage: OnceCell<Lineage<'g>>,
    readers: OnceCell<Readers>,
}

impl<'g> Shared<'g> {
    /// Of a graph, with nothing made yet.
    pub fn of(graph: &'g Graph<'g>) -> Self {
        Self {
            graph,
            control: OnceCell::new(),
            takeovers: OnceCell::new(),
            lineage: OnceCell::new(),
            readers: OnceCell::new(),
        }
    }

    /// Who comes to control what.
    pub fn control(&self) -> &Control<'g, 'g> {
        &self.joined().0
    }

    /// What is worth protecting, each under its name: the clusters and accounts, and what the user names.
    pub fn jewels(&self) -> &[End] {
        &self.joined().1
    }

    fn joined(&self) -> &(Control<'g, 'g>, Vec<End>) {
        self.control.get_or_init(|| {
            let mut control = self.graph.control();
            let mut jewels = control.administrators();
            // The configuration was read with its ARNs checked, so that each can be asked for.
            jewels.extend(control.each_jewel().unwrap_or_default());
            (control, jewels)
        })
    }

    /// Each cluster with who becomes cluster-admin there.
    pub fn takeovers(&self) -> impl Iterator<Item = (&'g ClusterNode<'g>, &Takeovers<'g>)> {
        let graph = self.graph;
        let all = self.takeovers.get_or_init(|| {
            let edges = self.control().nodes().escalations();
            let made = graph.clusters.iter().zip(edges);
            made.map(|(node, edges)| graph.takeovers_by(node, edges))
                .collect()
        });
        graph.clusters.iter().zip(all)
    }

    /// Where every secret comes from and goes to.
    pub fn lineage(&self) -> &Lineage<'g> {
        self.lineage.get_or_init(|| self.graph.lineage())
    }

    /// Who may read them.
    pub fn readers(&self) -> &Readers {
        self.readers
            .get_or_init(|| self.graph.readers(self.lineage(), self.control()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::checks::testing::Estate;

    #[test]
    fn what_was_made_is_not_made_again() {
        let snapshot = Estate::new().kubernetes(json!({})).snapshot();
        let graph = Graph::build(&snapshot, None);
        let shared = Shared::of(&graph);
        let places = || -> Vec<*const Takeovers<'_>> {
            let all = shared.takeovers();
            all.map(|(_, takeovers)| std::ptr::from_ref(takeovers))
                .collect()
        };
        let first = places();
        assert_eq!(first.len(), 1);
        assert_eq!(first, places());
    }
}
