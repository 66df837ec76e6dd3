//! Which findings a report shows.

use crate::checks::finding::{Finding, Severity};
use crate::snapshot::id::{Arn, ObjectId};

/// Which findings a report shows. An empty list chooses everything.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only findings at least this bad.
    pub min_severity: Option<Severity>,
    /// Only findings that have to do with these namespaces.
    pub namespaces: Vec<String>,
    /// Only findings that have to do with these clusters.
    pub clusters: Vec<String>,
}

impl Filter {
    /// Whether a finding is shown.
    pub fn shows(&self, finding: &Finding) -> bool {
        self.min_severity
            .is_none_or(|least| finding.severity <= least)
            && has_part(finding, &self.namespaces, |id, wanted| {
                ObjectId::parse(id).is_some_and(|object| object.namespace == wanted)
            })
            && has_part(finding, &self.clusters, is_of_cluster)
    }
}

/// Whether an id is a cluster's, or that of one of its objects. `cluster` is its name, or
/// `NAME@REGION@ACCOUNT` where several have the name.
fn is_of_cluster(id: &str, cluster: &str) -> bool {
    if let Some(object) = ObjectId::parse(id) {
        return object.cluster == cluster;
    }
    if let Some(key) = id.strip_prefix("k8s://") {
        return key == cluster;
    }
    Arn::parse(id)
        .filter(|arn| arn.service == "eks")
        .and_then(|arn| Some((arn, arn.resource.strip_prefix("cluster/")?)))
        .is_some_and(|(arn, name)| {
            name == cluster || format!("{name}@{}@{}", arn.region, arn.account) == cluster
        })
}

/// Whether the finding's resource, a related one or a step of its path is one of these.
fn has_part(finding: &Finding, wanted: &[String], is: impl Fn(&str, &str) -> bool) -> bool {
    if wanted.is_empty() {
        return true;
    }
    let ids = std::iter::once(finding.resource.id.as_str())
        .chain(finding.related.iter().map(|resource| resource.id.as_str()))
        .chain(
            finding
                .path
                .iter()
                .flat_map(|step| [step.from.as_str(), step.to.as_str()]),
        );
    ids.into_iter()
        .any(|id| wanted.iter().any(|name| is(id, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_known_by_its_arn_and_by_its_objects() {
        let arn = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";
        for (id, cluster, expected) in [
            (arn, "prod", true),
            (arn, "prod@eu-west-1@111122223333", true),
            (arn, "prod@us-east-1@111122223333", false),
            (arn, "pro", false),
            ("k8s://prod", "prod", true),
            ("k8s://prod/a/Pod/b", "prod", true),
            ("k8s://prod/a/Pod/b", "a", false),
            ("arn:aws:iam::111122223333:role/prod", "prod", false),
        ] {
            assert_eq!(is_of_cluster(id, cluster), expected, "{id} {cluster}");
        }
    }
}
