//! Whether who has a row is cluster-admin, or becomes it.

use std::collections::BTreeMap;

use crate::graph::cluster_admin::{bound_admins, reason};
use crate::graph::escalation::holder_text;
use crate::graph::jewel;
use crate::graph::rbac_subject::{binding_text, subject_id};
use crate::graph::takeover::{Takeovers, Way};
use crate::graph::user_template::Match;
use crate::graph::wording::short;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::SubjectId;
use crate::rbac::identity::SYSTEM_MASTERS;

use super::Row;

/// That somebody is cluster-admin, or how it becomes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// 0: it is cluster-admin.
    pub steps: usize,
    /// By what, in words.
    pub text: String,
    /// What has to hold, a clause each.
    pub conditions: Vec<String>,
}

/// Who is cluster-admin of a cluster, and who becomes it, by the ids of their rows.
#[derive(Debug, Default)]
pub(super) struct Admins {
    by_id: BTreeMap<String, Admin>,
}

impl Admins {
    /// `becoming` are those who become it over AWS too.
    pub(super) fn of(
        graph: &Graph<'_>,
        node: &ClusterNode<'_>,
        becoming: &[&jewel::Admin],
    ) -> Self {
        let mut all = Self::default();
        let bound = bound_admins(node);
        let masters = SubjectId::Group(SYSTEM_MASTERS.to_owned());
        all.add(
            subject_id(node.key, &masters),
            is(
                "it is allowed everything before RBAC is asked".to_owned(),
                true,
            ),
        );
        for (subject, grant) in &bound {
            let text = format!(
                "it is bound to {} by the {}",
                grant.role.metadata.name,
                binding_text(grant.binding)
            );
            all.add(subject_id(node.key, subject), is(text, true));
        }
        let takeovers = graph.takeovers(node);
        all.subjects(node, &takeovers);
        for access in graph.ways_in(node) {
            let id = graph.arn_of(access);
            if let Some(reason) = reason(node, access, &bound) {
                all.add(id.clone(), is(reason.text, reason.certain));
            }
            let takeovers = takeovers.found.iter().chain(&takeovers.by_nodes);
            for takeover in takeovers {
                let comes_in = match &takeover.subject {
                    SubjectId::Group(name) => access.is_in(name),
                    _ if access.username.starts_with("system:node:") => Match::No,
                    user => access.is_user(&user.user_name()),
                };
                let way = takeover.ways.first();
                if let (Some(way), Match::Perhaps | Match::Always) = (way, comes_in) {
                    let mut admin = becomes(way);
                    if comes_in == Match::Perhaps {
                        admin.conditions.push(format!(
                            "only if it comes in as {}",
                            node.who(&takeover.subject)
                        ));
                    }
                    all.add(id.clone(), admin);
                }
            }
        }
        for one in becoming {
            all.add(one.id.clone(), over_aws(one));
        }
        all
    }

    /// The subjects and the entries that become it by what they may do.
    fn subjects(&mut self, node: &ClusterNode<'_>, takeovers: &Takeovers<'_>) {
        for takeover in takeovers.found.iter().chain(&takeovers.by_nodes) {
            if let Some(way) = takeover.ways.first() {
                self.add(subject_id(node.key, &takeover.subject), becomes(way));
            }
        }
        let by_policies = takeovers
            .by_policies
            .iter()
            .chain(&takeovers.by_policies_and_nodes);
        for takeover in by_policies {
            if let Some(way) = takeover.ways.first() {
                self.add(takeover.access.principal.clone(), becomes(way));
            }
        }
    }

    /// The best way counts: one that is certain, then the shortest, then the first that was found.
    fn add(&mut self, id: String, admin: Admin) {
        let rank = |admin: &Admin| (!admin.conditions.is_empty(), admin.steps);
        let known = self.by_id.get(&id);
        if known.is_none_or(|known| rank(&admin) < rank(known)) {
            self.by_id.insert(id, admin);
        }
    }

    pub(super) fn of_row(&self, row: &Row) -> Option<Admin> {
        let mut admin = self.by_id.get(&row.id).cloned()?;
        admin.conditions.extend(row.conditions.iter().cloned());
        Some(admin)
    }
}

fn is(text: String, certain: bool) -> Admin {
    let open = (!certain).then(|| "only if its user name comes out so".to_owned());
    Admin {
        steps: 0,
        text,
        conditions: open.into_iter().collect(),
    }
}

/// The steps, each with what it leads to.
fn over_aws(one: &jewel::Admin) -> Admin {
    let steps = one.path.iter().map(|taken| {
        let step = &taken.step;
        format!("{} ({})", short(&step.to), step.evidence)
    });
    Admin {
        steps: one.steps,
        text: format!("by way of {}", steps.collect::<Vec<_>>().join(", then ")),
        conditions: one.conditions.clone(),
    }
}

/// `may create pods in ops (RoleBinding …), and so …; the service account a/b is cluster-admin by …`.
fn becomes(way: &Way<'_>) -> Admin {
    let links = way.links.iter().enumerate().map(|(at, link)| match at {
        0 => format!("it {}", link.tells()),
        _ => format!("{} {}", holder_text(&link.from), link.tells()),
    });
    Admin {
        // As `who-can --cluster-admin` counts: who can act as a cluster-admin is one step away.
        steps: way.links.iter().filter(|link| link.is_step()).count(),
        text: links.collect::<Vec<_>>().join("; "),
        conditions: way.open.iter().cloned().collect(),
    }
}
