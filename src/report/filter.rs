//! Which findings a report shows.

use crate::checks::finding::{Finding, Severity};
use crate::snapshot::id::ObjectId;

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
            && self.has_part(finding, &self.namespaces, |object| object.namespace)
            && self.has_part(finding, &self.clusters, |object| object.cluster)
    }

    /// Whether the finding's resource, a related one or a step of its path lies in one of these.
    fn has_part(
        &self,
        finding: &Finding,
        wanted: &[String],
        part: impl for<'a> Fn(&ObjectId<'a>) -> &'a str,
    ) -> bool {
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
        ids.filter_map(ObjectId::parse)
            .any(|object| wanted.iter().any(|name| *name == part(&object)))
    }
}
