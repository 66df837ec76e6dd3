//! Who becomes cluster-admin in two steps: acts as somebody who is, or gives itself the power.

mod by_policy;
mod first_step;
pub mod means;
mod target;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use crate::rbac::identity::{AUTHENTICATED, UNAUTHENTICATED};
use crate::rbac::{Grant, Identity, Name, SubjectId, is_cluster_admin};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes_rbac::RoleKind;

use super::path::{EdgeKind, Step};
use super::rbac_subject::{binding_text, role_id, subject_id};
use super::{ClusterNode, Graph};

use first_step::{Does, Place};
use means::{Held, Holders, Means};
use target::{Target, Targets, own_power};

/// A way to cluster-admin.
#[derive(Debug)]
pub struct Way<'g> {
    /// By what.
    pub means: Means,
    /// What gives the first step.
    pub grant: Grant<'g>,
    /// The first step: `create jobs in every namespace`.
    pub first: String,
    /// What it does: `has one run as the service account argocd/controller`.
    pub does: String,
    /// The second: why whoever it then is, is cluster-admin. Empty where the first is enough.
    pub second: String,
    /// What the first depends on and is not known.
    pub open: Option<String>,
    /// The id of who is taken over; none where it gives itself the power.
    pub target: Option<String>,
    /// The steps after the first role: who is taken over, and its own role.
    rest: Vec<Step>,
}

/// A subject with its ways to cluster-admin.
#[derive(Debug)]
pub struct Takeover<'g> {
    /// Who.
    pub subject: SubjectId,
    /// The ways, one of each means, those that are certain first.
    pub ways: Vec<Way<'g>>,
}

/// All of a cluster.
#[derive(Debug)]
pub struct Takeovers<'g> {
    /// How many subjects were looked at, the system's own among them.
    pub examined: usize,
    /// Those that become cluster-admin.
    pub found: Vec<Takeover<'g>>,
    /// Subjects that read Secrets where a target's token may lie, and the Secrets were not read.
    pub unjudged: Vec<SubjectId>,
}

impl Graph<'_> {
    /// The subjects outside the system that are not cluster-admin and can become it: those that a
    /// ClusterRoleBinding, or a RoleBinding where a cluster-admin's service account lives, gives
    /// the means.
    pub fn takeovers<'g>(&'g self, node: &'g ClusterNode<'_>) -> Takeovers<'g> {
        let holders = Holders::of(&node.rbac);

        let admin_roles = admin_roles(node);
        let search = Search {
            targets: Targets::of(self, node, &holders, &admin_roles),
            place: Place::of(self, node),
            admin_roles,
            holders: &holders,
        };
        let mut takeovers = Takeovers {
            examined: holders.subjects().count(),
            found: Vec::new(),
            unjudged: Vec::new(),
        };
        for subject in holders.outside() {
            if is_admin(node, subject) {
                continue;
            }
            let ways = search.ways(subject);
            match ways.is_empty() {
                false => takeovers.found.push(Takeover {
                    subject: subject.clone(),
                    ways,
                }),
                true if search.reads_unseen(subject) => takeovers.unjudged.push(subject.clone()),
                true => {}
            }
        }
        takeovers
    }

    /// The path of a way: to the first role, over it to who is taken over, and to its role.
    pub fn takeover_path(
        &self,
        node: &ClusterNode<'_>,
        subject: &SubjectId,
        way: &Way<'_>,
    ) -> Vec<Step> {
        let mut path = self.path_to_role(node, subject, &way.grant);
        path.extend(way.rest.iter().cloned());
        path
    }
}

/// Whether a subject is cluster-admin, itself or by a group that it is surely in: the members of
/// any group have been authenticated.
fn is_admin(node: &ClusterNode<'_>, subject: &SubjectId) -> bool {
    let mut identity = Identity::of(subject);
    let is_group = matches!(subject, SubjectId::Group(name) if name != UNAUTHENTICATED);
    if is_group {
        identity.groups.push(AUTHENTICATED.to_owned());
    }
    identity.is_superuser() || !node.rbac.cluster_admin(&identity).is_empty()
}

/// The ClusterRoles that allow everything; Kubernetes' own is in every cluster.
fn admin_roles(node: &ClusterNode<'_>) -> Vec<String> {
    let roles = node.rbac.roles().iter();
    let all = roles.filter(|role| {
        role.kind == RoleKind::ClusterRole && is_cluster_admin(&role.rules).is_some()
    });
    let mut names: Vec<String> = all.map(|role| role.metadata.name.clone()).collect();
    if names.is_empty() {
        names.push("cluster-admin".to_owned());
    }
    names
}

/// `ClusterRoleBinding ops of deployer, rule 2`.
pub fn source(grant: &Grant<'_>) -> String {
    format!(
        "{} of {}, rule {}",
        binding_text(grant.binding),
        grant.role.metadata.name,
        grant.rule + 1
    )
}

/// What is needed to find ways in a cluster.
struct Search<'g, 'h> {
    place: Place<'g>,
    holders: &'h Holders<'g>,
    targets: Targets<'g>,
    admin_roles: Vec<String>,
}

impl<'g> Search<'g, '_> {
    fn ways(&self, subject: &SubjectId) -> Vec<Way<'g>> {
        let all = self.holders.all(subject);
        let own = own_power(&all, self.place.node, &self.admin_roles, true).map(|power| Way {
            means: power.held.means,
            grant: power.held.grant,
            first: power.first,
            does: power.does,
            second: String::new(),
            open: None,
            target: None,
            rest: Vec::new(),
        });
        let mut ways: BTreeMap<Means, Way<'g>> = BTreeMap::new();
        for held in all.iter().filter(|held| held.outside) {
            let known = ways.get(&held.means);
            if known.is_some_and(|way| way.open.is_none()) {
                continue;
            }
            let had = known.is_some();
            match self.first_way(subject, held, &all) {
                Some(way) if !had || way.open.is_none() => {
                    ways.insert(held.means, way);
                }
                _ => {}
            }
        }
        let mut ways: Vec<Way<'g>> = own.into_iter().chain(ways.into_values()).collect();
        ways.sort_by_key(|way| way.open.is_some());
        ways
    }

    /// What a permission leads to: the first target for certain, else the first perhaps.
    fn first_way(&self, subject: &SubjectId, held: &Held<'g>, all: &[Held<'g>]) -> Option<Way<'g>> {
        let mut found = None;
        let targets = self.targets.within(held.grant.namespace());
        for target in targets.filter(|one| one.subject != *subject) {
            if let Some(does) = self.place.does(held, all, target) {
                let certain = does.open.is_none();
                if certain {
                    return Some(self.way(held, target, does));
                }
                found.get_or_insert((target, does));
            }
        }
        found.map(|(target, does)| self.way(held, target, does))
    }

    fn way(&self, held: &Held<'g>, target: &Target<'g>, does: Does) -> Way<'g> {
        let key = self.place.node.key;
        let id = subject_id(key, &target.subject);
        let reach = match (held.grant.namespace(), target.account()) {
            (Some(namespace), _) => format!(" in {namespace}"),
            (None, Some(_)) if held.is_namespaced() => " in every namespace".to_owned(),
            (None, _) => String::new(),
        };
        let taken = Step::new(
            role_id(key, held.grant.role),
            EdgeKind::ActsAs,
            id.clone(),
            held.action(),
        );
        Way {
            means: held.means,
            grant: held.grant,
            first: format!("{}{reach}", held.action()),
            does: does.text,
            second: format!("{} {}", target.text(), target.why),
            open: does.open,
            target: Some(id),
            rest: std::iter::once(taken).chain(target.step.clone()).collect(),
        }
    }

    /// Whether a subject reads all Secrets where a target's token may lie that was not seen.
    fn reads_unseen(&self, subject: &SubjectId) -> bool {
        let Place { graph, node, .. } = &self.place;
        if graph.saw(Source::KUBERNETES_SECRETS, node.key) {
            return false;
        }
        let own = self.holders.own(subject).iter();
        let mut reads = own.filter(|held| {
            held.outside && held.means == Means::ReadSecrets && held.covers(Name::Every)
        });
        reads.any(|held| {
            let mut targets = self.targets.within(held.grant.namespace());
            targets.any(|target| target.account().is_some())
        })
    }
}
