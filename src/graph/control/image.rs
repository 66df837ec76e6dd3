//! From an image repository into the pods that run what is in it.
//!
//! Amazon ECR User Guide, "Pushing a container image" (the permissions that it takes) and "Preventing image tags from
//! being overwritten".

use super::edge::{Edge, Rests};
use super::node::Set;
use super::{Cause, Control};
use crate::graph::image::InEcr;
use crate::graph::path::EdgeKind;

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
            for at in workloads {
                if let Some(workload) = self.graph.workloads.workloads.get(at) {
                    let evidence = format!("the {} runs its image", workload.label());
                    let to = self.nodes.place(Set::Workload(at));
                    let tags = Cause::Tags {
                        repository: arn.clone(),
                    };
                    let edge = Edge::is(to, EdgeKind::RunsImage, evidence);
                    self.edge(from, edge.rests(Rests::Fact(Box::new(tags))));
                }
            }
            if arns.last() != Some(&arn) {
                arns.push(arn);
            }
        }
        for arn in arns {
            self.pushers(&arn);
        }
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
            let edge = edge.rests(Rests::on(&decisions));
            edges.push((from, edge));
        }
        for (from, edge) in edges {
            self.edge(from, edge);
        }
    }
}
