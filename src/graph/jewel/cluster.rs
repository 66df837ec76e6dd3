//! Administrators of clusters.

use std::collections::BTreeMap;

use crate::rbac::defaults::is_system;
use crate::rbac::identity::SYSTEM_MASTERS;
use crate::rbac::{Grant, SubjectId, is_cluster_admin};
use crate::snapshot::coverage::Source;

use super::{Admin, Admins};
use crate::graph::aws_access::AwsAccess;
use crate::graph::cluster_admin::{bound_admins, reason};
use crate::graph::control::{Control, Known};
use crate::graph::decision::{Because, rule};
use crate::graph::rbac_subject::subject_id;
use crate::graph::who_can::Reach;
use crate::graph::{ClusterNode, Graph};

impl<'s> Graph<'s> {
    /// Who is cluster-admin of the clusters, and who becomes it: inside, or from AWS.
    pub fn cluster_admins(&self) -> Admins {
        let mut all = Admins::default();
        let control = self.control();
        if self.clusters.is_empty() {
            all.unread.push("no cluster was read".to_owned());
        }
        for node in &self.clusters {
            let sources = [Source::CLUSTER_ROLES, Source::CLUSTER_ROLE_BINDINGS];
            let missing = sources
                .iter()
                .filter(|source| !self.saw(**source, node.key));
            all.unread.extend(
                missing.map(|source| format!("{} of {} was not read whole", source.name, node.key)),
            );
            all.unread.extend(self.unseen_access(node));
            all.admins.extend(self.bound(node));
            all.admins.extend(self.coming_in(node));
            all.admins.extend(self.becoming_admins(&control, node));
        }
        all.sorted()
    }

    /// The subjects that bindings make cluster-admin, and `system:masters`.
    fn bound(&self, node: &ClusterNode<'s>) -> Vec<Admin> {
        let masters = SubjectId::Group(SYSTEM_MASTERS.to_owned());
        let mut found = BTreeMap::from([(masters, Because::Superuser)]);
        for binding in node
            .rbac
            .bindings()
            .iter()
            .filter(|binding| binding.namespace().is_none())
        {
            let Some(role) = node.rbac.role_of(binding) else {
                continue;
            };
            let Some(at) = is_cluster_admin(&role.rules) else {
                continue;
            };
            for subject in &binding.subjects {
                if let Some(id) = SubjectId::of(subject, binding) {
                    let grant = Grant {
                        binding,
                        subject,
                        role,
                        rule: at,
                    };
                    found.entry(id).or_insert_with(|| rule(node, &grant));
                }
            }
        }
        let admin = |(subject, why): (SubjectId, Because)| Admin {
            because: vec![why],
            known: self.known_as(node, &subject),
            reached: self.becomes(node, &subject),
            ..admin(subject_id(node.key, &subject), node)
        };
        found.into_iter().map(admin).collect()
    }

    /// IAM principals that come in as cluster-admin.
    fn coming_in(&self, node: &ClusterNode<'s>) -> Vec<Admin> {
        let admins = bound_admins(node);
        let ways = self.ways_in(node);
        ways.filter_map(|access| {
            let reason = reason(node, access, &admins)?;
            let open = (!reason.certain).then(|| "only if its user name comes out so".to_owned());
            let conditions: Vec<String> = open.into_iter().chain(self.gone(access)).collect();
            Some(Admin {
                certain: conditions.is_empty(),
                because: vec![Because::Entry {
                    way: access.way,
                    evidence: format!("and {}", reason.text),
                }],
                conditions,
                reached: self.reached_principal(access),
                ..admin(self.arn_of(access), node)
            })
        })
        .collect()
    }

    fn reached_principal(&self, access: &AwsAccess<'_>) -> Vec<Reach> {
        let at = self.access_principal(access);
        at.map_or(Vec::new(), |at| self.holders_of(at))
    }

    /// Who takes over a cluster-admin, gives itself the power, or lets itself in from AWS.
    fn becoming_admins(&self, control: &Control<'_, 's>, node: &ClusterNode<'s>) -> Vec<Admin> {
        let goals: Vec<usize> = control.nodes().cluster(node.key).into_iter().collect();
        let becoming = self.becoming(control, &goals, Some(node.key));
        let told = |(who, admin): (Known<'_>, Admin)| match who {
            Known::Principal(at) => Some(Admin {
                reached: self.holders_of(at),
                ..admin
            }),
            Known::Elsewhere(_) => Some(admin),
            Known::Subject(cluster, subject) => {
                let of = self.clusters.get(cluster)?;
                Some(Admin {
                    known: self.known_as(of, subject),
                    reached: self.becomes(of, subject),
                    ..admin
                })
            }
        };
        becoming.filter_map(told).collect()
    }
}

impl Graph<'_> {
    /// Whose a subject is, where it is expected to have power.
    fn known_as(&self, node: &ClusterNode<'_>, subject: &SubjectId) -> Option<&'static str> {
        match is_system(subject) {
            true => Some("the control plane"),
            false => self
                .known_controller(node, subject)
                .map(|known| known.title),
        }
    }
}

/// A cluster-admin of whom nothing more is said yet.
fn admin(id: String, node: &ClusterNode<'_>) -> Admin {
    Admin {
        id,
        cluster: Some(node.key.to_owned()),
        steps: 0,
        certain: true,
        because: Vec::new(),
        conditions: Vec::new(),
        except: Vec::new(),
        path: Vec::new(),
        known: None,
        reached: Vec::new(),
    }
}
