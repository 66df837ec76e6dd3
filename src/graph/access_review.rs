//! The access review: who may do what in the clusters, how it got it, since when, and when it was last used.
//!
//! A row is one person, role or group in one cluster: an IAM principal that comes in from AWS, or a user, group or
//! service account that a binding names. It tells what it may do in words ([`Deed`]) and by what ([`Grant`]). What is bound
//! to everybody (all that are authenticated, all service accounts) is in the rows of these groups, which the others name.

mod admin;
mod deeds;
mod excess;
mod grants;
mod rows;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;
use crate::snapshot::kubernetes_rbac::PolicyRule;
use crate::snapshot::time::Time;

pub use admin::Admin;
use admin::Admins;
pub use deeds::Deed;
pub use excess::Excess;
pub use words::Saying;

use super::duty::Duty;
use super::jewel;
use super::last_use::LastUsed;
use super::{ClusterNode, Graph};

/// All rows, and what they rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessReview {
    /// People first; within a part those that may do most.
    pub rows: Vec<Row>,
    /// What was not read, so that there may be more; a sentence each.
    pub unread: Vec<String>,
    /// What else has to be known, a sentence each.
    pub remarks: Vec<String>,
}

/// Whom a row is about, so that people come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// People and pipelines: IAM principals, users and groups.
    People,
    /// Nodes' ways in.
    Nodes,
    /// Service accounts.
    ServiceAccounts,
    /// Service accounts of controllers that everybody runs.
    Controllers,
    /// What Kubernetes and EKS bring along.
    System,
}

impl Part {
    /// All of them, in order.
    pub const ALL: [Part; 5] = [
        Self::People,
        Self::Nodes,
        Self::ServiceAccounts,
        Self::Controllers,
        Self::System,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Nodes => "nodes",
            Self::ServiceAccounts => "service-accounts",
            Self::Controllers => "controllers",
            Self::System => "system",
        }
    }
}

/// Who may do what in one cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its part.
    pub part: Part,
    /// An ARN, or an id as `k8s://prod//Group/ops`.
    pub id: String,
    /// The cluster's key.
    pub cluster: String,
    /// What it is, where that is known beyond its id: a controller that everybody runs.
    pub known: Option<&'static str>,
    /// How it comes in, or who comes in as it.
    pub ways: Vec<Way>,
    /// What it may do, the most dangerous first.
    pub deeds: Vec<Deed>,
    /// Whether it is cluster-admin, or becomes it.
    pub admin: Option<Admin>,
    /// By what it may do it.
    pub grants: Vec<Grant>,
    /// The ids of the groups of everybody whose rows say what it may do besides.
    pub also: Vec<String>,
    /// Since when it has its way in or, inside, its first binding.
    pub since: Option<Time>,
    /// When it was last used.
    pub last_used: LastUsed,
    /// What has to hold for all of it, a clause each.
    pub conditions: Vec<String>,
    /// What it may do beyond the duty that is noted for it; none where no duty is.
    pub excess: Option<Vec<Excess>>,
}

impl Row {
    /// Whether nothing of it is open.
    pub fn is_certain(&self) -> bool {
        self.open().is_empty()
    }

    /// All that is open, a clause each.
    pub fn open(&self) -> Vec<&str> {
        let own = self.conditions.iter();
        let all = own.chain(self.grants.iter().flat_map(|grant| &grant.conditions));
        let mut open: Vec<&str> = Vec::new();
        for clause in all {
            if !open.contains(&clause.as_str()) {
                open.push(clause);
            }
        }
        open
    }
}

/// How somebody comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// In words: `access entry, as the user jane, in ops`.
    pub text: String,
    /// Who it is that comes in so, where it is another than the row's own.
    pub from: Option<String>,
    /// Since when.
    pub since: Option<Time>,
    /// What has to hold, a clause each.
    pub conditions: Vec<String>,
}

/// Where something holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the whole cluster.
    Cluster,
    /// In these namespaces; those of access policies may have wildcards.
    Namespaces(Vec<String>),
}

impl Place {
    /// Its namespaces one by one; none is the whole cluster.
    pub fn each(&self) -> Vec<Option<&str>> {
        match self {
            Self::Cluster => vec![None],
            Self::Namespaces(names) => names.iter().map(|name| Some(name.as_str())).collect(),
        }
    }
}

/// Rules that somebody has, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// In words: `ClusterRoleBinding ops of ClusterRole edit, as the group ops`.
    pub text: String,
    /// The id of the binding, or the ARN of the access policy; none of `system:masters`.
    pub by: Option<String>,
    /// The id of the role, where a binding gives it.
    pub role: Option<String>,
    /// Where it holds.
    pub place: Place,
    /// The rules.
    pub rules: Vec<PolicyRule>,
    /// Of an access policy whose rules AWS does not publish: that, and what it is for.
    pub unpublished: Option<String>,
    /// Since when.
    pub since: Option<Time>,
    /// What has to hold, a clause each.
    pub conditions: Vec<String>,
}

impl<'s> Graph<'s> {
    /// Who may do what in the clusters.
    pub fn access_review(&self) -> AccessReview {
        let mut review = AccessReview::default();
        if self.clusters.is_empty() {
            review.unread.push("no cluster was read".to_owned());
        }
        let becoming = self.cluster_admins().admins;
        for node in &self.clusters {
            let mut rows = self.access_rows(node);
            let here = becoming
                .iter()
                .filter(|one| one.steps > 0 && one.cluster.as_deref() == Some(node.key));
            let here: Vec<&jewel::Admin> = here.collect();
            let admins = Admins::of(self, node, &here);
            for row in &mut rows {
                row.admin = admins.of_row(row);
            }
            review.remarks.extend(outside(node, &rows, &here));
            review.rows.extend(rows);
            review.unread.extend(self.unread_access(node));
            review.remarks.extend(remarks(node));
        }
        self.compare(&mut review.rows);
        if review.rows.iter().any(|row| row.part == Part::Nodes) {
            review.remarks.push(NODE_AUTHORIZER.to_owned());
        }
        self.unread_use(&mut review);
        review.rows.sort_by_cached_key(rank);
        let idle = self.idle_duties(&review.rows);
        review
            .remarks
            .extend(idle.into_iter().map(|(_, text)| text));
        review
    }

    /// The rows that a duty is noted for, with what is beyond it, and the duties of nobody, each with a sentence.
    pub fn access_by_duty(&self) -> (Vec<Row>, Vec<(&Duty, String)>) {
        let rows = self.clusters.iter().flat_map(|node| self.access_rows(node));
        let mut rows: Vec<Row> = rows.collect();
        let idle = self.idle_duties(&rows);
        self.compare(&mut rows);
        rows.retain(|row| row.excess.is_some());
        (rows, idle)
    }

    /// What was not read, so that there may be more rows, or more in one; a sentence each.
    pub fn unread_access(&self, node: &ClusterNode<'s>) -> Vec<String> {
        let every = super::decision::Request::Any {
            verb: "*".to_owned(),
            namespace: None,
        };
        let mut unread = self.unseen_access(node);
        unread.extend(self.unread_rbac(node, &every));
        let providers = Source::IDENTITY_PROVIDERS;
        let is_eks = node.cluster.eks.cluster.is_some();
        if is_eks && !self.saw(providers, node.key) {
            unread.push(format!(
                "{} of {} was not read whole",
                providers.name, node.key
            ));
        }
        unread
    }

    /// Compares rows with the duties. All rows of a cluster have to be there, those of everybody's groups too.
    fn compare(&self, rows: &mut [Row]) {
        if self.duties.is_empty() {
            return;
        }
        let named: BTreeSet<&String> = rows.iter().flat_map(|row| &row.also).collect();
        let everybody: BTreeMap<String, Vec<Grant>> = rows
            .iter()
            .filter(|row| named.contains(&row.id))
            .map(|row| (row.id.clone(), row.grants.clone()))
            .collect();
        for row in rows {
            row.excess = excess::of_row(row, &everybody, &self.duties);
        }
    }

    /// Accounts of which it was not read when their principals were last used; a sentence each. Of an account that
    /// is not in the audit it cannot be.
    fn unread_use(&self, review: &mut AccessReview) {
        let mut unread: BTreeSet<String> = BTreeSet::new();
        let mut foreign: BTreeSet<String> = BTreeSet::new();
        for arn in review.rows.iter().filter_map(|row| Arn::parse(&row.id)) {
            let source = match arn.resource.starts_with("user/") {
                true => Source::CREDENTIAL_REPORT,
                false => Source::IAM,
            };
            let unknown = "when its principals were last used is not known";
            if !self.snapshot.accounts.contains_key(arn.account) {
                foreign.insert(format!(
                    "the account {} is not in the audit: {unknown}",
                    arn.account
                ));
            } else if !self.saw(source, arn.account) {
                unread.insert(format!(
                    "{} of {} was not read whole: {unknown}",
                    source.name, arn.account
                ));
            }
        }
        review.unread.extend(unread);
        review.remarks.extend(foreign);
    }

    /// Duties of nobody: each with why, in a sentence. Of a cluster that was not read nothing can be said.
    fn idle_duties(&self, rows: &[Row]) -> Vec<(&Duty, String)> {
        let idle = self.duties.iter().filter(|duty| {
            let mut all = rows.iter();
            !all.any(|row| duty.is_of(&row.id, &row.cluster))
        });
        idle.map(|duty| {
            let place = match duty.named_cluster() {
                Some(cluster) if self.cluster(cluster).is_none() => {
                    format!(": no cluster {cluster} was read")
                }
                Some(cluster) => {
                    format!(": nobody of that name comes into {cluster} or is bound there")
                }
                None => ": nobody of that name comes into a cluster or is bound in one".to_owned(),
            };
            (
                duty,
                format!("the duty of {} is nobody's{place}", duty.subject()),
            )
        })
        .collect()
    }
}

const NODE_AUTHORIZER: &str =
    "nodes are also allowed what the Node authorizer knows of, which RBAC is not asked about";

/// Of IAM principals that are in no row and let themselves in: how many.
fn outside(node: &ClusterNode<'_>, rows: &[Row], becoming: &[&jewel::Admin]) -> Option<String> {
    let rows: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let outside = becoming.iter().map(|one| one.id.as_str());
    let outside = outside.filter(|id| id.starts_with("arn:") && !rows.contains(id));
    match outside.count() {
        0 => None,
        1 => Some(format!(
            "one IAM principal that does not come into {} becomes cluster-admin there: `who-can --cluster-admin` tells how",
            node.key
        )),
        many => Some(format!(
            "{many} IAM principals that do not come into {} become cluster-admin there: `who-can --cluster-admin` tells how",
            node.key
        )),
    }
}

/// What has to be known of a cluster beside the rows.
fn remarks(node: &ClusterNode<'_>) -> Vec<String> {
    let creator = node.hides_its_creator().then(|| {
        format!(
            "whoever made {} is cluster-admin and in no row: only CloudTrail tells who that is",
            node.key
        )
    });
    creator.into_iter().collect()
}

/// People first; then who is or becomes cluster-admin, then who may do the most dangerous things.
fn rank(row: &Row) -> (Part, String, usize, u8, String) {
    let steps = row.admin.as_ref().map_or(usize::MAX, |admin| admin.steps);
    let first = row.deeds.first().map_or(u8::MAX, |deed| deed.saying.rank);
    (row.part, row.cluster.clone(), steps, first, row.id.clone())
}
