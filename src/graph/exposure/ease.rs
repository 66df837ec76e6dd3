//! How easily what is exposed is taken: the worst that scans know of its images.
//!
//! Amazon Inspector User Guide, "Understanding finding details": `exploitAvailable` says that an exploit is known.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::graph::scan::{EcrImage, Scan};
use crate::graph::wording::some_of;
use crate::snapshot::ecr::EnhancedFinding;

/// How easily something is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// An exploit is known for a fault of high or critical severity.
    Exploit,
    /// A critical fault is known.
    Critical,
    /// No such fault was seen, which does not say that there is none.
    Unknown,
}

/// How easily something is taken, and by what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ease {
    /// How easily.
    pub grade: Grade,
    /// By what, to stand in brackets: `CVE-2021-44228 of app:1, exploit known`.
    pub by: String,
}

impl Ease {
    /// What an edge from the internet depends on.
    pub fn condition(&self) -> String {
        match self.grade {
            Grade::Unknown => format!("only if what listens there can be taken over ({})", self.by),
            Grade::Exploit | Grade::Critical => format!(
                "only if what listens there can be taken over by {}",
                self.by
            ),
        }
    }
}

/// The ease of workloads, by place.
#[derive(Debug)]
pub(super) struct Eases {
    by_workload: BTreeMap<usize, Ease>,
}

impl Eases {
    pub(super) fn of(graph: &Graph<'_>) -> Self {
        let mut by_workload: BTreeMap<usize, Ease> = BTreeMap::new();
        for image in graph.ecr_images() {
            let ease = of_image(graph, &image);
            for at in &image.workloads {
                let known = by_workload.entry(*at).or_insert_with(|| ease.clone());
                if ease < *known {
                    known.clone_from(&ease);
                }
            }
        }
        Self { by_workload }
    }

    pub(super) fn of_workload(&self, at: usize) -> Ease {
        let unread = || Ease {
            grade: Grade::Unknown,
            by: "no scan of its images was seen".to_owned(),
        };
        self.by_workload.get(&at).cloned().unwrap_or_else(unread)
    }
}

fn of_image(graph: &Graph<'_>, image: &EcrImage<'_>) -> Ease {
    let name = image.short_label();
    let found = image
        .findings
        .and_then(|one| one.image_scan_findings.as_ref());
    let enhanced = || {
        let all = found.into_iter().flat_map(|one| &one.enhanced_findings);
        all.filter(|one| !matches!(one.status.as_deref(), Some("SUPPRESSED" | "CLOSED")))
    };
    let is = |one: &EnhancedFinding, severity: &str| one.severity.as_deref() == Some(severity);
    let exploits = enhanced()
        .filter(|one| is(one, "CRITICAL") || is(one, "HIGH"))
        .filter(|one| one.exploit_available.as_deref() == Some("YES"));
    let exploits = ids(exploits.filter_map(id));
    if !exploits.is_empty() {
        return Ease {
            grade: Grade::Exploit,
            by: format!("{} of {name}, exploit known", some_of(&exploits)),
        };
    }
    let basic = found.into_iter().flat_map(|one| &one.findings);
    let basic = basic.filter(|one| one.severity.as_deref() == Some("CRITICAL"));
    let critical = enhanced().filter(|one| is(one, "CRITICAL")).filter_map(id);
    let critical = ids(critical.chain(basic.map(|one| one.name.as_str())));
    let scan = image.scan(graph);
    let counted = match scan {
        Scan::Done(done) => done.counts.and_then(|counts| counts.get("CRITICAL")),
        _ => None,
    };
    if !critical.is_empty() {
        return Ease {
            grade: Grade::Critical,
            by: format!("{} of {name}, critical", some_of(&critical)),
        };
    }
    if let Some(count) = counted.filter(|count| **count > 0) {
        return Ease {
            grade: Grade::Critical,
            by: format!("one of the {count} critical findings of {name}"),
        };
    }
    let by = image.why_unknown(scan);
    Ease {
        grade: Grade::Unknown,
        by: by.unwrap_or_else(|| "no known fault was seen".to_owned()),
    }
}

fn id(finding: &EnhancedFinding) -> Option<&str> {
    let details = finding.package_vulnerability_details.as_ref();
    details.map(|details| details.vulnerability_id.as_str())
}

/// Each once, in order.
fn ids<'s>(found: impl Iterator<Item = &'s str>) -> Vec<String> {
    let mut ids: Vec<String> = found.map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    ids
}
