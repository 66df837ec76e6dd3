//! From an image repository into the pods that run what is in it.
//!
//! Amazon ECR User Guide, "Pushing a container image" (the permissions that it takes) and "Preventing image tags from
//! being overwritten".

use super::Control;
use super::edge::Edge;
use super::node::Set;
use crate::graph::escalation::Node;
use crate::graph::image::InEcr;
use crate::graph::path::EdgeKind;
use crate::graph::workload::Workload;
use crate::snapshot::kubernetes::PodSpec;

/// What pushing an image takes on the repository.
const PUSH: &[&str] = &[
    "ecr:initiatelayerupload",
    "ecr:uploadlayerpart",
    "ecr:completelayerupload",
    "ecr:putimage",
];

impl Control<'_, '_> {
    /// Who puts another image under a tag that pods run.
    pub(super) fn images(&mut self) {
        let mut edges = Vec::new();
        for image in &self.graph.images {
            let (InEcr::Missing(repository) | InEcr::Found { repository, .. }) = image.ecr else {
                continue;
            };
            let by_tag = image.reference.tag.is_some() && image.reference.digest.is_none();
            if !by_tag
                || repository
                    .image_tag_mutability
                    .as_deref()
                    .unwrap_or("MUTABLE")
                    == "IMMUTABLE"
            {
                continue;
            }
            edges.push((repository.repository_arn.clone(), image.workloads.clone()));
        }
        edges.sort();
        edges.dedup();
        let mut arns: Vec<String> = Vec::new();
        for (arn, workloads) in edges {
            let from = self.nodes.place(Set::Repository(arn.clone()));
            for (to, edge) in self.run_by(&workloads) {
                self.edge(from, Edge { to, ..edge });
            }
            if arns.last() != Some(&arn) {
                arns.push(arn);
            }
        }
        for arn in arns {
            self.pushers(&arn);
        }
    }

    /// Who has a pod has its service account's token, and where the pod is as good as its node, the node.
    fn run_by(&self, workloads: &[usize]) -> Vec<(usize, Edge)> {
        let mut found = Vec::new();
        for at in workloads {
            let Some(workload) = self.graph.workloads.workloads.get(*at) else {
                continue;
            };
            let Some(account) = self
                .graph
                .workloads
                .service_accounts
                .get(workload.service_account)
            else {
                continue;
            };
            let inside = self
                .nodes
                .clusters
                .iter()
                .find(|one| one.node.key == workload.cluster);
            let Some(inside) = inside else {
                continue;
            };
            let evidence = format!("the {} runs its image", workload.label());
            let account = inside.find(&Node::account(account.namespace, account.name));
            let mut to: Vec<usize> = account.into_iter().collect();
            if workload.specs().any(is_its_node) {
                to.extend(
                    machines(workload)
                        .filter_map(|name| inside.find(&Node::Machine(name.to_owned()))),
                );
            }
            found.extend(
                to.into_iter()
                    .map(|to| (to, Edge::is(to, EdgeKind::RunsImage, evidence.clone()))),
            );
        }
        found
    }

    fn pushers(&mut self, arn: &str) {
        let Some(to) = self.nodes.find(&Set::Repository(arn.to_owned())) else {
            return;
        };
        let account = crate::iam::arn::account(arn).unwrap_or_default();
        let mut edges = Vec::new();
        for (from, caller) in self.assume.callers.iter().enumerate() {
            let here = |one: &&super::Caller<'_, '_>| one.asker.principal.account == account;
            let Some(caller) = caller.as_ref().filter(here) else {
                continue;
            };
            if !PUSH.iter().all(|action| caller.names(action)) {
                continue;
            }
            let decisions: Vec<_> = PUSH
                .iter()
                .map(|action| caller.may(action, arn, &|_| {}))
                .collect();
            if decisions.iter().any(|one| one.is_denied()) {
                continue;
            }
            let conditional = decisions.iter().filter(|one| !one.is_allowed());
            let open = conditional.flat_map(|one| one.conditions.clone());
            let open = open.chain(["only once the image is pulled again".to_owned()]);
            let by = caller.by(&decisions);
            let evidence =
                format!("it puts an image of its own under a tag that pods run (ecr:PutImage){by}");
            let edge = Edge::step(to, EdgeKind::RunsImage, evidence).open(caller.open(open));
            edges.push((from, edge));
        }
        for (from, edge) in edges {
            self.edge(from, edge);
        }
    }
}

/// The nodes that its pods are on.
fn machines<'w>(workload: &'w Workload<'_>) -> impl Iterator<Item = &'w str> {
    workload
        .pods
        .iter()
        .filter_map(|pod| pod.spec.node_name.as_deref())
}

/// Whether whoever has a container of it has its node: it is privileged (Kubernetes, "Pod Security Standards").
fn is_its_node(spec: &PodSpec) -> bool {
    spec.containers.iter().any(|container| {
        let context = container.security_context.as_ref();
        context.and_then(|context| context.privileged) == Some(true)
    })
}
