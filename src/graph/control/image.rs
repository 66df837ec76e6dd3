//! From an image repository into the pods that run what is in it.
//!
//! Amazon ECR User Guide, "Pushing a container image" (the permissions that it takes), "Preventing image tags from
//! being overwritten" (with the filters that are excluded) and "Private repository policies".

use super::edge::{Edge, Rests};
use super::node::Set;
use super::{Cause, Control};
use crate::graph::decision::{Because, Deciding, Decision};
use crate::graph::image::{InEcr, tag_moves};
use crate::graph::named::What;
use crate::graph::path::EdgeKind;
use crate::graph::resource_policy::Own;
use crate::graph::scan::repository_arn;
use crate::iam::document::Effect;

/// What pushing an image takes on the repository.
const PUSH: [&str; 4] = [
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
];

impl Control<'_, '_> {
    /// Who puts another image under a tag that pods run.
    pub(super) fn images(&mut self) {
        let mut edges = Vec::new();
        for image in &self.graph.images {
            let (InEcr::Missing(repository) | InEcr::Found { repository, .. }) = image.ecr else {
                continue;
            };
            let by_tag = image.reference.digest.is_none();
            let tag = image.reference.tag.unwrap_or("latest");
            // Repositories are mutable unless they say otherwise.
            if !by_tag || tag_moves(repository, tag) == Some(false) {
                continue;
            }
            let Some(name) = image.reference.ecr() else {
                continue;
            };
            edges.push((repository_arn(name, repository), image.workloads.clone()));
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
        let what = What::One(arn.to_owned());
        let asked = PUSH.map(|action| self.graph.deciding(action, &what));
        let lets_in = asked.first().is_some_and(|one| lets_push(one.own()));
        let mut edges = Vec::new();
        for (from, caller) in self.assume.each() {
            // What its own policies do not name, and the repository's do not give, it may not.
            let names = |asked: &Deciding<'_>| caller.names(&asked.action);
            let here = caller.asker.principal.account == account && asked.iter().all(names);
            if !(lets_in || here) {
                continue;
            }
            let answers = asked
                .each_ref()
                .map(|asked| self.graph.asked(&caller.asker, asked));
            if answers.iter().any(|one| one.decision == Decision::Denied) {
                continue;
            }
            let mut by: Vec<String> = answers.iter().map(|answer| self.by(answer)).collect();
            by.dedup();
            let because = answers.iter().flat_map(|one| &one.because);
            let statements = because.filter_map(|because| match because {
                Because::Statement(matched) => Some(matched.clone()),
                _ => None,
            });
            let rests = Rests::Statements(statements.collect());
            let open = answers.into_iter().flat_map(|one| one.conditions);
            let open = open.chain(["only once the image is pulled again".to_owned()]);
            let evidence = format!(
                "it puts an image of its own under a tag that pods run (ecr:PutImage), by {}",
                by.join(", ")
            );
            let edge = Edge::step(to, EdgeKind::RunsImage, evidence).open(caller.open(open));
            let edge = edge.rests(rests);
            edges.push((from, edge));
        }
        for (from, edge) in edges {
            self.edge(from, edge);
        }
    }
}

/// Whether a repository's own policy gives somebody to push.
fn lets_push(own: &Own) -> bool {
    let Own::Given(policy) = own else {
        return false;
    };
    let mut statements = policy.document.statements.iter();
    statements.any(|one| one.effect == Effect::Allow && one.has_action("ecr:putimage"))
}
