//! Kubernetes Secrets that paths end at, with an edge from everybody who may get them.

use super::edge::{Edge, Rests};
use super::node::Set;
use super::{Cause, Control};
use crate::graph::decision::{Answer, Because, Decision, Request};
use crate::graph::named::{Unnamed, Who};
use crate::graph::path::EdgeKind;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::SubjectId;
use crate::snapshot::id::{ObjectId, object_id};

impl Control<'_, '_> {
    /// `NAMESPACE/NAME` in each cluster; `NAMESPACE/*` and `*` are all of a namespace or a cluster at once.
    pub(super) fn kubernetes_secrets(&mut self, name: &str) -> Result<Vec<usize>, Unnamed> {
        let (namespace, secret) = match name.split_once('/') {
            Some((namespace, "*")) => (Some(namespace), None),
            Some((namespace, secret)) => (Some(namespace), Some(secret)),
            None if name == "*" => (None, None),
            None => {
                return Err(Unnamed::Unknown(format!(
                    "`k8s-secret/{name}` is no Secret: k8s-secret/NAMESPACE/NAME, or * for either"
                )));
            }
        };
        let mut numbers = Vec::new();
        let mut edges = Vec::new();
        for node in &self.graph.clusters {
            // A list holds the data of all.
            let (verb, resource) = match secret {
                Some(secret) => ("get", format!("secrets/{secret}")),
                None => ("list", "secrets".to_owned()),
            };
            let request = Request::parse(node, verb, Some(&resource), namespace)?;
            let shown = secret.unwrap_or("*");
            let id = object_id(node.key, namespace.unwrap_or("*"), "Secret", shown);
            let number = self.nodes.place(Set::Jewel(id));
            numbers.push(number);
            for holder in self.graph.who_can_kubernetes(node, &request).holders {
                let who = self.graph.who(&holder.id, true);
                let Ok(who @ (Who::Subject { .. } | Who::Account { .. })) = who else {
                    continue;
                };
                let open = match holder.answer.decision {
                    Decision::Allowed => None,
                    _ => Some(holder.answer.conditions.join(", ")),
                };
                let evidence = format!("{verb} secrets by {}", self.by(&holder.answer));
                let rests = rests(self.graph, node, &who, &holder.answer);
                let end = self.one(&holder.id);
                for from in end.map(|end| end.numbers).unwrap_or_default() {
                    let edge = Edge::step(number, EdgeKind::ReadsSecret, evidence.clone());
                    edges.push((from, edge.open(open.clone()).rests(rests.clone())));
                }
            }
        }
        for (from, edge) in edges {
            self.edge(from, edge);
        }
        Ok(numbers)
    }
}

/// The binding that it rests on, where it is one.
fn rests(graph: &Graph<'_>, node: &ClusterNode<'_>, who: &Who, answer: &Answer) -> Rests {
    let binding = answer.because.iter().find_map(|one| match one {
        Because::Rule { binding, .. } => Some(binding),
        _ => None,
    });
    let subject = match who {
        Who::Subject { subject, .. } => Some(subject.clone()),
        Who::Account { at, .. } => graph
            .workloads
            .service_accounts
            .get(*at)
            .map(|account| SubjectId::service_account(account.namespace, account.name)),
        Who::Iam { .. } => None,
    };
    let binding = binding.and_then(|id| ObjectId::parse(id));
    let Some((binding, subject)) = binding.zip(subject) else {
        return Rests::Nothing;
    };
    let namespace = binding.namespace;
    Rests::Fact(Box::new(Cause::Binding {
        cluster: node.key.to_owned(),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        name: binding.name.to_owned(),
        subject,
    }))
}
