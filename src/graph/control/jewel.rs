//! What the user calls worth protecting, as ends of paths.

use super::{Control, End};
use crate::graph::Graph;
use crate::graph::escalation::Node;
use crate::graph::named::Unnamed;
use crate::graph::principal::PrincipalKind;
use crate::snapshot::id::object_id;

impl Control<'_, '_> {
    /// All of it under one name.
    pub(super) fn jewels(&mut self) -> Result<Vec<usize>, Unnamed> {
        if self.graph.treasure.is_empty() {
            return Err(Unnamed::Unknown(
                "no jewels are named: [jewels] in the configuration has arns, namespaces and tags"
                    .to_owned(),
            ));
        }
        let all = self.each_jewel()?;
        Ok(all.into_iter().flat_map(|end| end.numbers).collect())
    }

    /// The clusters and the accounts, as a whole, each under its id.
    pub fn administrators(&self) -> Vec<End> {
        let clusters = self.graph.clusters.iter();
        let clusters = clusters.filter_map(|node| self.nodes.cluster(node.key));
        let accounts = self.nodes.accounts().map(|(number, _)| number);
        clusters
            .chain(accounts)
            .filter_map(|number| {
                Some(End {
                    name: self.nodes.id(self.graph, number)?,
                    numbers: vec![number],
                })
            })
            .collect()
    }

    /// Each thing that the user calls worth protecting, under its own name.
    ///
    /// # Errors
    /// What is asked to read one cannot be asked.
    pub fn each_jewel(&mut self) -> Result<Vec<End>, Unnamed> {
        let graph = self.graph;
        let mut ends = Vec::new();
        for arn in &graph.treasure.arns {
            ends.push(End {
                name: arn.as_str().to_owned(),
                numbers: vec![self.data(arn.as_str())?],
            });
        }
        for arn in tagged_secrets(graph) {
            ends.push(End {
                numbers: vec![self.data(&arn)?],
                name: arn,
            });
        }
        ends.extend(self.tagged_principals());
        ends.extend(self.tagged_clusters());
        ends.extend(self.namespaces());
        Ok(ends)
    }

    fn tagged_principals(&self) -> Vec<End> {
        let treasure = &self.graph.treasure;
        let principals = self.graph.principals.iter();
        let tagged = principals.filter(|(_, one)| {
            let tags = match one.kind {
                PrincipalKind::Role(role) => &role.tags,
                PrincipalKind::User(user) => &user.tags,
            };
            treasure.is_tagged(
                tags.iter()
                    .map(|tag| (tag.key.as_str(), tag.value.as_str())),
            )
        });
        tagged
            .map(|(at, one)| End {
                name: one.arn.to_owned(),
                numbers: vec![at],
            })
            .collect()
    }

    fn tagged_clusters(&self) -> Vec<End> {
        let treasure = &self.graph.treasure;
        let clusters = self.graph.clusters.iter().filter(|node| {
            let details = node.cluster.eks.cluster.iter();
            let mut tags = details.map(|one| &one.tags);
            tags.any(|tags| {
                treasure.is_tagged(
                    tags.iter()
                        .map(|(key, value)| (key.as_str(), value.as_str())),
                )
            })
        });
        clusters
            .filter_map(|node| {
                Some(End {
                    name: format!("cluster-admin/{}", node.key),
                    numbers: vec![self.nodes.cluster(node.key)?],
                })
            })
            .collect()
    }

    /// What is in a namespace: its workloads, its service accounts, and the namespace as a whole.
    fn namespaces(&self) -> Vec<End> {
        let treasure = &self.graph.treasure;
        let mut ends = Vec::new();
        for inside in &self.nodes.clusters {
            let key = inside.node.key;
            let namespaces = inside.node.cluster.kubernetes.namespaces.iter();
            for name in namespaces.map(|one| one.metadata.name.as_str()) {
                if !treasure.has_namespace(key, name) {
                    continue;
                }
                let whole = inside.find(&Node::Namespace(name.to_owned()));
                let accounts = self.graph.workloads.service_accounts.iter();
                let accounts = accounts.filter(|one| one.cluster == key && one.namespace == name);
                let accounts =
                    accounts.filter_map(|one| inside.find(&Node::account(one.namespace, one.name)));
                let workloads = self.graph.workloads.workloads.iter().enumerate();
                let workloads =
                    workloads.filter(|(_, one)| one.cluster == key && one.namespace == name);
                let workloads = workloads.filter_map(|(at, _)| self.nodes.workload(at));
                ends.push(End {
                    name: object_id(key, "", "Namespace", name),
                    numbers: whole.into_iter().chain(accounts).chain(workloads).collect(),
                });
            }
        }
        ends
    }
}

/// The secrets of Secrets Manager that carry a tag of worth.
fn tagged_secrets(graph: &Graph<'_>) -> Vec<String> {
    let accounts = graph.snapshot.accounts.values();
    let regions = accounts.flat_map(|account| account.regions.values());
    let secrets = regions.flat_map(|region| &region.secretsmanager.secrets);
    let tagged = secrets.filter(|secret| {
        let tags = secret.tags.iter();
        graph
            .treasure
            .is_tagged(tags.map(|tag| (tag.key.as_str(), tag.value.as_str())))
    });
    tagged.map(|secret| secret.arn.clone()).collect()
}
