//! Images of a repository are not scanned when they are pushed
//!
//! Without scan on push an image comes into the cluster before anybody knows what is in it, and
//! only somebody who remembers scans it later.
//!
//! The registry decides first, in each region. Under enhanced scanning a repository is scanned
//! when a rule for scan on push or continuous scanning has a filter that matches its name; its
//! own setting counts for nothing. Under basic scanning it is scanned when such a rule of the
//! registry matches, or when its own setting says so. A filter without `*` matches every name
//! that holds it, one with `*` the whole name (Amazon ECR User Guide, "Filters to choose which
//! repositories are scanned"). Without the registry's configuration nothing is said.
//!
//! Known false positives: repositories for artifacts that are no images, as Helm charts, and
//! images that another scanner sees in the pipeline.
//!
//! To fix it, add a rule with the filter `*` to the registry's scanning configuration.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Control, Resource, Severity};
use crate::graph::Graph;
use crate::graph::image::EcrName;
use crate::graph::scan::repository_arn;
use crate::iam::glob::Pattern;
use crate::snapshot::coverage::Source;
use crate::snapshot::ecr::{Ecr, Repository, ScanningConfiguration};

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::REPOSITORIES, Source::REGISTRY_SCANNING],
    controls: &[Control::cis("5.1.1")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for (account, facts) in &graph.snapshot.accounts {
        for (region, facts) in &facts.regions {
            let scope = format!("{account}/{region}");
            let Some(registry) =
                Registry::of(&facts.ecr, graph.saw(Source::REGISTRY_SCANNING, &scope))
            else {
                continue;
            };
            for repository in &facts.ecr.repositories {
                let name = EcrName {
                    account,
                    region,
                    repository: &repository.repository_name,
                };
                answers.examined();
                if !registry.scans(repository) {
                    report(answers, &registry, name, repository);
                }
            }
        }
    }
}

/// How a registry scans.
struct Registry {
    enhanced: bool,
    filters: Vec<Filter>,
}

enum Filter {
    /// The name holds it.
    Part(String),
    /// The whole name.
    Whole(Pattern),
}

impl Registry {
    /// Nothing where its configuration was not read. A registry that was never configured scans
    /// by the basic type and has no rules (API Reference, `PutRegistryScanningConfiguration`).
    fn of(ecr: &Ecr, seen: bool) -> Option<Self> {
        let default = ScanningConfiguration::default();
        let configuration = match &ecr.scanning {
            Some(scanning) => &scanning.scanning_configuration,
            None if seen => &default,
            None => return None,
        };
        let by_itself =
            |frequency: Option<&str>| matches!(frequency, Some("SCAN_ON_PUSH" | "CONTINUOUS_SCAN"));
        let filters = configuration
            .rules
            .iter()
            .filter(|rule| by_itself(rule.scan_frequency.as_deref()))
            .flat_map(|rule| &rule.repository_filters)
            .map(|filter| match filter.filter.contains('*') {
                true => Filter::Whole(Pattern::new(&filter.filter)),
                false => Filter::Part(filter.filter.clone()),
            })
            .collect();
        Some(Self {
            enhanced: configuration.scan_type.as_deref() == Some("ENHANCED"),
            filters,
        })
    }

    fn scans(&self, repository: &Repository) -> bool {
        let name = repository.repository_name.as_str();
        let by_rule = self.filters.iter().any(|filter| match filter {
            Filter::Part(part) => name.contains(part.as_str()),
            Filter::Whole(pattern) => pattern.matches(name),
        });
        by_rule || (!self.enhanced && own_setting(repository) == Some(true))
    }
}

fn own_setting(repository: &Repository) -> Option<bool> {
    let own = repository.image_scanning_configuration.as_ref();
    own.and_then(|own| own.scan_on_push)
}

fn report(answers: &mut Answers, registry: &Registry, name: EcrName<'_>, repository: &Repository) {
    let title = &repository.repository_name;
    let (kind, own) = match (registry.enhanced, own_setting(repository)) {
        (true, Some(true)) => (
            "ENHANCED",
            "; its own setting is on and has no effect under enhanced scanning",
        ),
        (true, _) => ("ENHANCED", ""),
        (false, _) => ("BASIC", ", and its own scan on push is off"),
    };
    answers
        .finding(Resource::of(repository_arn(name, repository)), "")
        .title(format!("Images of the repository {title} are not scanned on push"))
        .message(format!(
            "The registry {} in {} scans by the type {kind}; none of its rules matches {title}{own}.",
            name.account, name.region,
        ))
        .fix(
            "Put a rule for all repositories into the registry's scanning configuration. The command replaces all rules: take over those that are to stay. Enhanced scanning costs by image.",
            [
                format!("aws ecr get-registry-scanning-configuration --region {}", name.region),
                format!(
                    "aws ecr put-registry-scanning-configuration --scan-type {kind} --rules '[{{\"scanFrequency\":\"SCAN_ON_PUSH\",\"repositoryFilters\":[{{\"filter\":\"*\",\"filterType\":\"WILDCARD\"}}]}}]' --region {}",
                    name.region
                ),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "ecr-scan-on-push-off";
    const ARN: &str = "arn:aws:ecr:eu-west-1:111122223333:repository/prod-repo";

    /// A registry's type, frequency and filter, and the repository `prod-repo` with its setting.
    fn registry(kind: &str, frequency: &str, filter: &str, own: bool) -> Estate {
        let rule = json!({"scanFrequency": frequency,
            "repositoryFilters": [{"filter": filter, "filterType": "WILDCARD"}]});
        with(
            &json!({"scanningConfiguration": {"scanType": kind, "rules": [rule]}}),
            own,
        )
    }

    fn with(scanning: &Value, own: bool) -> Estate {
        Estate::new().region(json!({"ecr": {"scanning": scanning,
            "repositories": [{"repositoryName": "prod-repo", "imageScanningConfiguration": {"scanOnPush": own}}]}}))
    }

    #[test]
    fn a_repository_that_nothing_scans_is_found() {
        for (kind, frequency, filter, own) in [
            ("BASIC", "SCAN_ON_PUSH", "dev", false),
            ("BASIC", "MANUAL", "*", false),
            ("ENHANCED", "SCAN_ON_PUSH", "*prod", false),
            // Under enhanced scanning a repository's own setting has no effect.
            ("ENHANCED", "CONTINUOUS_SCAN", "dev*", true),
        ] {
            registry(kind, frequency, filter, own).ask(ID).finds(&[ARN]);
        }
        with(&json!(null), false).ask(ID).finds(&[ARN]);
    }

    #[test]
    fn filters_match_as_documented() {
        // The table of the user guide, for `prod-repo`.
        for (filter, matches) in [
            ("prod", true),
            ("*prod", false),
            ("prod*", true),
            ("*prod*", true),
            ("prod*repo", true),
        ] {
            let asked = registry("ENHANCED", "CONTINUOUS_SCAN", filter, false).ask(ID);
            assert_eq!(asked.findings.is_empty(), matches, "{filter}: {asked:#?}");
        }
    }

    #[test]
    fn a_rule_or_under_basic_scanning_its_own_setting_passes() {
        registry("BASIC", "SCAN_ON_PUSH", "*", false)
            .ask(ID)
            .passes();
        registry("BASIC", "SCAN_ON_PUSH", "dev", true)
            .ask(ID)
            .passes();
        with(
            &json!({"scanningConfiguration": {"scanType": "BASIC"}}),
            true,
        )
        .ask(ID)
        .passes();
    }

    #[test]
    fn without_the_registrys_configuration_it_is_not_judged() {
        for own in [true, false] {
            let estate = with(&json!(null), own).denied(Source::REGISTRY_SCANNING);
            estate.ask(ID).is_not_evaluated();
        }
        Estate::new().ask(ID).is_not_applicable();
    }
}
