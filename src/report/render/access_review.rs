//! The access review: for a terminal, as CSV and HTML for an owner to confirm or revoke, and as JSON
//! (`reports/schema/access-review-v1.json`).

mod csv;
mod html;
mod json;
mod table;

pub use csv::csv;
pub use html::html;
pub use json::json;
pub use table::table;

use crate::graph::Graph;
use crate::graph::access_review::{AccessReview, Deed, Grant, Part, Row};
use crate::graph::last_use::LastUsed;
use crate::graph::wording::{all_of, clauses, short};
use crate::snapshot::id::{Arn, ObjectId};
use crate::snapshot::time::Time;

/// The version of the review's form.
pub const SCHEMA: &str = "eks-auditor/access-review/v1";

/// A review as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The time of the audit.
    pub taken_at: Time,
    /// The clusters that were read.
    pub clusters: Vec<String>,
    /// Its rows are those that are shown.
    pub review: AccessReview,
    /// How many rows of other parts there are.
    pub left_out: Vec<(Part, usize)>,
}

impl Shown {
    /// A review with the rows of some parts.
    pub fn new(graph: &Graph<'_>, mut review: AccessReview, parts: &[Part]) -> Self {
        let count = |part: Part| review.rows.iter().filter(|row| row.part == part).count();
        let left_out = Part::ALL
            .into_iter()
            .filter(|part| !parts.contains(part))
            .map(|part| (part, count(part)));
        let left_out = left_out.filter(|(_, many)| *many > 0).collect();
        review.rows.retain(|row| parts.contains(&row.part));
        Self {
            taken_at: graph.snapshot.taken_at,
            clusters: graph
                .clusters
                .iter()
                .map(|node| node.key.to_owned())
                .collect(),
            review,
            left_out,
        }
    }

    /// The parts that have rows, each with them.
    fn parts(&self) -> impl Iterator<Item = (Part, Vec<&Row>)> {
        Part::ALL.into_iter().filter_map(|part| {
            let rows = self.review.rows.iter();
            let rows: Vec<&Row> = rows.filter(|row| row.part == part).collect();
            (!rows.is_empty()).then_some((part, rows))
        })
    }

    /// What was left out, as a sentence.
    fn left_out(&self) -> Option<String> {
        let all = self.left_out.iter();
        let all: Vec<String> = all
            .map(|(part, many)| format!("{} ({many})", short_title(*part)))
            .collect();
        (!all.is_empty()).then(|| format!("Left out, and shown with --all: {}.", all_of(&all)))
    }
}

/// The heading of a part.
fn title(part: Part) -> &'static str {
    match part {
        Part::People => "People and pipelines",
        Part::Nodes => "Nodes",
        Part::ServiceAccounts => "Service accounts",
        Part::Controllers => "Known controllers, whose work takes this power",
        Part::System => "Kubernetes' and EKS's own",
    }
}

/// A part in a sentence.
fn short_title(part: Part) -> &'static str {
    match part {
        Part::People => "people and pipelines",
        Part::Nodes => "nodes",
        Part::ServiceAccounts => "service accounts",
        Part::Controllers => "known controllers",
        Part::System => "what Kubernetes and EKS bring along",
    }
}

/// What a row is: `IAM role`, `group`.
fn kind(row: &Row) -> &'static str {
    if let Some(object) = ObjectId::parse(&row.id) {
        return match object.kind {
            "User" => "user",
            "Group" => "group",
            _ => "service account",
        };
    }
    let resource = Arn::parse(&row.id).map_or("", |arn| arn.resource);
    match resource.split('/').next() {
        Some("role") => "IAM role",
        Some("user") => "IAM user",
        Some("root") => "AWS account",
        Some("federated-user") => "federated user",
        _ => "IAM principal",
    }
}

/// The name of a row without its kind: `oncall`, `payments/api`.
fn name(row: &Row) -> String {
    if let Some(object) = ObjectId::parse(&row.id) {
        return match object.namespace {
            "" => object.name.to_owned(),
            namespace => format!("{namespace}/{}", object.name),
        };
    }
    match Arn::parse(&row.id) {
        Some(arn) if arn.resource == "root" => arn.account.to_owned(),
        Some(arn) => arn.name().to_owned(),
        None => short(&row.id),
    }
}

/// What a row may do in sentences. `names` says a list of namespaces.
fn may(row: &Row, names: &dyn Fn(&[String]) -> String) -> Vec<String> {
    let gives = row.grants.iter().any(|grant| !grant.rules.is_empty());
    let mut may: Vec<String> = match (row.deeds.is_empty(), gives) {
        (false, _) => row.deeds.iter().map(|deed| deed.text(names)).collect(),
        (true, true) => vec!["may know what everybody may: versions, kinds, itself".to_owned()],
        (true, false) if row.also.is_empty() => vec!["may do nothing that was read".to_owned()],
        (true, false) => Vec::new(),
    };
    let also: Vec<String> = row.also.iter().map(|id| short(id)).collect();
    // Nothing has to be added to everything.
    let has_all = row.deeds.iter().any(Deed::is_everything);
    if !also.is_empty() && !has_all {
        may.push(format!("may do what everybody may: see {}", all_of(&also)));
    }
    may
}

/// Whether it is cluster-admin, or becomes it, as a sentence.
fn admin(row: &Row) -> Option<String> {
    let admin = row.admin.as_ref()?;
    let open = clauses(&admin.conditions);
    let perhaps = match admin.conditions.is_empty() {
        true => "",
        false => "perhaps ",
    };
    let what = match admin.steps {
        0 => format!("{perhaps}is cluster-admin"),
        1 => format!("{perhaps}becomes cluster-admin in 1 step"),
        many => format!("{perhaps}becomes cluster-admin in {many} steps"),
    };
    Some(format!("{what}: {}{open}", admin.text))
}

fn since(time: Option<Time>) -> String {
    time.map_or("not known".to_owned(), Time::date)
}

fn last_used(row: &Row) -> String {
    match &row.last_used {
        LastUsed::At(at, None) => at.date(),
        LastUsed::At(at, Some(region)) => format!("{} in {region}", at.date()),
        LastUsed::NotSeen(words) => (*words).to_owned(),
        LastUsed::Unknown => "not known".to_owned(),
    }
}

/// How it comes in, or who comes in as it.
fn ways(row: &Row) -> Vec<String> {
    let outside = ObjectId::parse(&row.id).is_none();
    let ways = row.ways.iter().map(|way| {
        let open = clauses(&way.conditions);
        let since = match outside {
            true => format!(" (since {})", since(way.since)),
            false => String::new(),
        };
        format!("{}{since}{open}", way.text)
    });
    let ways: Vec<String> = ways.collect();
    match (ways.is_empty(), row.part, kind(row)) {
        (false, ..) => ways,
        (true, _, "service account") => vec!["no workload runs as it".to_owned()],
        (true, Part::System, _) => Vec::new(),
        (true, ..) => vec![
            "no way in from AWS or an OIDC provider was seen; a client certificate may be one"
                .to_owned(),
        ],
    }
}

/// By what it may do it.
fn grants(row: &Row) -> Vec<String> {
    let one = |grant: &Grant| {
        let open = clauses(&grant.conditions);
        format!(
            "{}, in {} (since {}){open}",
            grant.text,
            grant.place.text(),
            since(grant.since)
        )
    };
    row.grants.iter().map(one).collect()
}

/// What is beyond its duty; none where it has none.
fn excess(row: &Row) -> Option<Vec<String>> {
    let all = row.excess.as_ref()?.iter();
    Some(
        all.map(|one| {
            let open = clauses(&one.conditions);
            format!("{} (by {}){open}", one.text, one.by)
        })
        .collect(),
    )
}

fn certainty(row: &Row) -> String {
    match row.open().as_slice() {
        [] => "certain".to_owned(),
        open => format!("conditional: {}", open.join("; ")),
    }
}

/// Who it is in a terminal's line: `prod: group acme:oncall`.
fn heading(row: &Row) -> String {
    let known = row
        .known
        .map_or(String::new(), |known| format!(" ({known})"));
    format!("{}: {} {}{known}", row.cluster, kind(row), name(row))
}
