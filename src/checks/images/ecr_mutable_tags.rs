//! The tags of a repository can be moved
//!
//! Whoever may push to the repository can put another image under a tag that pods ask for: the
//! next pod that starts runs it, and nothing in the cluster has changed.
//!
//! A repository counts when its tags are mutable: low where a workload asks for an image of it by
//! such a tag, information where none does (an image asked for by digest cannot be replaced).
//! Filters are heeded: of a mutable repository with exclusions only the tags that no filter
//! matches can be moved, of an immutable one with exclusions those that one matches, and there
//! only tags that run count.
//!
//! Known false positives: repositories of a pull-through cache, which AWS advises to leave
//! mutable, so that the cache can follow upstream.
//!
//! To fix it, make tags immutable, and give each build its own tag; or ask for images by digest.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::image::{EcrName, InEcr, tag_moves};
use crate::graph::scan::repository_arn;
use crate::graph::wording::some_of;
use crate::snapshot::coverage::Source;
use crate::snapshot::ecr::Repository;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[Source::REPOSITORIES, Source::PODS],
    controls: &[],
    since: "0.1.0",
    run,
};

/// The tags of a repository that workloads ask for, with the places of those.
type Tags<'s> = BTreeMap<&'s str, BTreeSet<usize>>;

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let running = running_tags(graph);
    let none = Tags::new();
    for (account, facts) in &graph.snapshot.accounts {
        for (region, facts) in &facts.regions {
            for repository in &facts.ecr.repositories {
                let name = EcrName {
                    account,
                    region,
                    repository: &repository.repository_name,
                };
                answers.examined();
                let tags = running.get(&name).unwrap_or(&none);
                judge(graph, answers, name, repository, tags);
            }
        }
    }
}

fn running_tags<'s>(graph: &Graph<'s>) -> HashMap<EcrName<'s>, Tags<'s>> {
    let mut running: HashMap<EcrName<'s>, Tags<'s>> = HashMap::new();
    for image in &graph.images {
        let seen = !matches!(image.ecr, InEcr::Elsewhere);
        let by_tag = image.reference.digest.is_none();
        if let Some(name) = image.reference.ecr().filter(|_| seen && by_tag) {
            let tag = image.reference.tag.unwrap_or("latest");
            let tags = running.entry(name).or_default();
            tags.entry(tag).or_default().extend(&image.workloads);
        }
    }
    running
}

fn judge(
    graph: &Graph<'_>,
    answers: &mut Answers,
    name: EcrName<'_>,
    repository: &Repository,
    tags: &Tags<'_>,
) {
    let others = match repository.image_tag_mutability.as_deref() {
        Some("MUTABLE") => true,
        // Some tags can be moved in any case, but what runs may be excluded.
        Some("MUTABLE_WITH_EXCLUSION") => tags.is_empty(),
        Some("IMMUTABLE_WITH_EXCLUSION") => false,
        Some("IMMUTABLE") => return,
        _ => {
            answers.unjudged(format!(
                "whether tags of {} can be moved is not known",
                repository.repository_name
            ));
            return;
        }
    };
    let moved: Tags<'_> = tags
        .iter()
        .filter(|(tag, _)| tag_moves(repository, tag) == Some(true))
        .map(|(tag, workloads)| (*tag, workloads.clone()))
        .collect();
    if !moved.is_empty() || others {
        report(graph, answers, name, repository, &moved);
    }
}

fn report(
    graph: &Graph<'_>,
    answers: &mut Answers,
    name: EcrName<'_>,
    repository: &Repository,
    moved: &Tags<'_>,
) {
    let places: BTreeSet<usize> = moved.values().flatten().copied().collect();
    let workloads: Vec<_> = places
        .iter()
        .filter_map(|at| graph.workloads.workloads.get(*at))
        .collect();
    let (severity, used) = match moved.is_empty() {
        true => (
            Severity::Info,
            "no workload asks for an image of it by a tag".to_owned(),
        ),
        false => {
            let tags: Vec<String> = moved.keys().map(|tag| (*tag).to_owned()).collect();
            let labels: Vec<String> = workloads
                .iter()
                .map(|one| format!("{} in {}", one.label(), one.cluster))
                .collect();
            let used = format!("{}, asked for by {}", some_of(&tags), some_of(&labels));
            (Severity::Low, format!("among them {used}"))
        }
    };
    let setting = repository
        .image_tag_mutability
        .as_deref()
        .unwrap_or_default();
    let title = &repository.repository_name;
    answers
        .finding(Resource::of(repository_arn(name, repository)), "")
        .severity(severity)
        .title(format!("Tags of the repository {title} can be moved"))
        .message(format!("Tags of {title} can be put on another image ({setting}): {used}."))
        .related_all(workloads.iter().map(|one| Resource::of(&one.id)))
        .fix(
            "Make tags immutable. A pipeline that pushes the same tag again fails from then on: give each build its own tag first, or exclude the tags that must move.",
            [format!(
                "aws ecr put-image-tag-mutability --registry-id {} --repository-name {} --image-tag-mutability IMMUTABLE --region {}",
                name.account,
                quoted(name.repository),
                name.region,
            )],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate};
    use serde_json::json;

    const ID: &str = "ecr-mutable-tags";
    const ARN: &str = "arn:aws:ecr:eu-west-1:111122223333:repository/app";

    /// A repository with a setting and filters, and a pod that asks for an image of it.
    fn repository(setting: &str, filters: &[&str], asked_for: &str) -> Estate {
        let filters: Vec<_> = filters
            .iter()
            .map(|filter| json!({"filterType": "WILDCARD", "filter": filter}))
            .collect();
        let image = format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/{asked_for}");
        Estate::new()
            .region(
                json!({"ecr": {"repositories": [{"repositoryName": "app", "repositoryArn": ARN,
                "imageTagMutability": setting, "imageTagMutabilityExclusionFilters": filters}]}}),
            )
            .kubernetes(
                json!({"pods": [{"metadata": {"name": "web-0", "namespace": "web"},
                "spec": {"containers": [{"name": "main", "image": image}]}}]}),
            )
    }

    fn finds(asked: &Asked, severity: Severity) {
        asked.finds(&[ARN]);
        assert_eq!(asked.findings[0].severity, severity, "{asked:#?}");
    }

    #[test]
    fn a_tag_that_runs_and_can_be_moved_is_low() {
        for (setting, filters) in [
            ("MUTABLE", &[][..]),
            ("MUTABLE_WITH_EXCLUSION", &["release-*"][..]),
            ("IMMUTABLE_WITH_EXCLUSION", &["latest", "dev-*"][..]),
        ] {
            let asked = repository(setting, filters, "app:dev-7").ask(ID);
            finds(&asked, Severity::Low);
            assert!(asked.findings[0].message.contains("dev-7"), "{asked:#?}");
        }
        let no_tag = repository("IMMUTABLE_WITH_EXCLUSION", &["latest"], "app").ask(ID);
        finds(&no_tag, Severity::Low);
    }

    #[test]
    fn what_does_not_run_by_tag_is_information() {
        for asked_for in ["app@sha256:aa", "app:1@sha256:aa", "other:1"] {
            finds(
                &repository("MUTABLE", &[], asked_for).ask(ID),
                Severity::Info,
            );
            let excluding = repository("MUTABLE_WITH_EXCLUSION", &["v*"], asked_for);
            finds(&excluding.ask(ID), Severity::Info);
        }
    }

    #[test]
    fn tags_that_stay_pass() {
        for (setting, filters) in [
            ("IMMUTABLE", &[][..]),
            ("MUTABLE_WITH_EXCLUSION", &["v*"][..]),
            // Without a star a filter is one tag.
            ("IMMUTABLE_WITH_EXCLUSION", &["v", "1"][..]),
        ] {
            repository(setting, filters, "app:v1").ask(ID).passes();
        }
    }

    #[test]
    fn an_unknown_setting_or_no_list_is_not_evaluated() {
        repository("SOMETHING_NEW", &[], "app:1")
            .ask(ID)
            .is_not_evaluated();
        let fine = repository("IMMUTABLE", &[], "app:1");
        fine.denied(Source::REPOSITORIES).ask(ID).is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }
}
