//! Users who come to be in a group: what the group gives is then theirs, though nobody is in it yet, and so is what is
//! written into the group.
//!
//! IAM User Guide, "IAM user groups"; pathfinding.cloud, iam-013.

use super::Control;
use super::changed::{Change, MOST, reached};
use super::edge::{Edge, UNKNOWN};
use super::method::{Here, first};
use super::node::OfKind;
use crate::graph::Graph;
use crate::graph::principal::{PrincipalKind, group_policies};
use crate::iam::document::Effect;
use crate::iam::escalation::{Gives, Held, NO_USER, Target, Targets};
use crate::iam::evaluate::NamedPolicy;

/// A group with what it gives.
pub(super) struct Group {
    arn: String,
    name: String,
    pub(super) policies: Vec<NamedPolicy>,
    /// Those of its policies that were not seen.
    unseen: Vec<String>,
}

/// The groups of an account, first those that may give everything: where there are many, not all are looked at.
pub(super) fn groups(graph: &Graph<'_>, account: &str) -> Vec<Group> {
    let Some(iam) = graph.snapshot.accounts.get(account).map(|one| &one.iam) else {
        return Vec::new();
    };
    let groups = group_policies(iam);
    let group = |(group, policies, unseen): (&crate::snapshot::iam::Group, _, _)| Group {
        arn: group.arn.clone(),
        name: group.group_name.clone(),
        policies,
        unseen,
    };
    let mut groups: Vec<Group> = groups.into_iter().map(group).collect();
    groups.sort_by_key(|group| !group.is_strong());
    groups
}

impl Group {
    /// Whether some statement allows what administrators may, on anything.
    fn is_strong(&self) -> bool {
        let mut all = self
            .policies
            .iter()
            .flat_map(|one| &one.document.statements);
        all.any(|one| one.effect == Effect::Allow && one.has_action("iam:attachuserpolicy"))
    }
}

/// The users whom a principal becomes by a method, each with whether that is certain of it.
pub(super) struct Users<'h> {
    by: &'h Held,
    users: Vec<(usize, bool)>,
}

/// What a user comes to be in a group.
struct Joined<'h> {
    change: Change,
    is_certain: bool,
    /// The policies of the group that were not seen.
    unseen: &'h [String],
}

impl Control<'_, '_> {
    /// The users whom a principal becomes by its methods; asked where it may put them into a group.
    pub(super) fn users_taken<'h>(
        &self,
        at: usize,
        held: &'h [Held],
        here: &Here,
    ) -> Vec<Users<'h>> {
        if !held.iter().any(|one| one.method.joins()) {
            return Vec::new();
        }
        let by = held
            .iter()
            .filter(|one| one.method.gives == Gives::Principal && first(one) == Some(Target::User));
        let users = by.map(|by| {
            let all = reached(Target::User, by, here).into_iter();
            let places = all.filter_map(|(arn, open)| {
                let user = self.graph.principals.by_arn(&arn)?;
                (user != at).then_some((user, open.is_none()))
            });
            let users = places.collect();
            Users { by, users }
        });
        users.collect()
    }

    /// To what users come to be in the groups that they are put into: the principal itself where it is one, and those
    /// whom it becomes.
    pub(super) fn joins(
        &mut self,
        at: usize,
        before: Change,
        held: &Held,
        taken: &[Users<'_>],
        here: &Here,
    ) -> Vec<Edge> {
        let mut edges = Vec::new();
        let groups = groups_by(held, here);
        for joined in self.joined(at, before, (held, &groups), here) {
            let is_certain = joined.is_certain && held.certain;
            let to = self.changed(at, joined.change, here);
            let edge = self.by_method(at, held, is_certain, joined.unseen.iter().cloned());
            let has_account = to == here.account && edge.open.is_none();
            edges.push(Edge { to, ..edge });
            if has_account {
                return edges;
            }
        }
        for one in taken {
            edges.extend(self.taken_join(at, (held, &groups), one, here));
        }
        let mut known = edges.iter();
        if known.any(|edge| edge.to == here.account && edge.open.is_none()) {
            return edges;
        }
        if held.method.gives == Gives::Permissions
            && held.conditions.iter().any(|one| one == NO_USER)
        {
            let users = self.of_kind(OfKind::Users, here).into_iter();
            let written = users.filter_map(|user| Some((user, Change::default().writing()?)));
            edges.extend(self.gathered(written.collect(), here).map(|(to, as_far)| {
                let edge = self.by_method(at, held, false, as_far);
                Edge { to, ..edge }
            }));
        }
        edges
    }

    /// To what users come to be whom a principal becomes and puts into groups.
    fn taken_join(
        &mut self,
        at: usize,
        (held, groups): (&Held, &[(usize, bool)]),
        taken: &Users<'_>,
        here: &Here,
    ) -> Vec<Edge> {
        let (mut sure, mut perhaps, mut unseen) = (Vec::new(), Vec::new(), Vec::new());
        for (user, is_certain) in &taken.users {
            for joined in self.joined(*user, Change::default(), (held, groups), here) {
                let to = match *is_certain && joined.is_certain && joined.unseen.is_empty() {
                    true => &mut sure,
                    false => &mut perhaps,
                };
                if to.len() <= MOST {
                    to.push((*user, joined.change));
                    unseen.extend(joined.unseen.iter().cloned());
                }
            }
            if sure.len() > MOST {
                break;
            }
        }
        // It is a user then.
        let is_unsure = !held.certain && !held.conditions.iter().any(|one| one == NO_USER);
        let conditions = held.conditions.iter().filter(|one| *one != NO_USER);
        let open: Vec<String> = conditions.chain(&taken.by.conditions).cloned().collect();
        let mut edges = Vec::new();
        for (all, besides) in [(sure, None), (perhaps, Some(unseen))] {
            let is_open = besides.is_some() || !taken.by.certain || is_unsure;
            edges.extend(self.gathered(all, here).map(|(to, as_far)| {
                let as_far = as_far.map(|as_far| match held.method.gives {
                    Gives::Permissions => as_far,
                    _ => "only as far as the groups give it".to_owned(),
                });
                let besides = besides.into_iter().flatten().chain(as_far);
                let mut open: Vec<String> = open.iter().cloned().chain(besides).collect();
                if is_open && open.is_empty() {
                    open.push(UNKNOWN.to_owned());
                }
                Edge {
                    to,
                    ..self.by_methods(at, &[held, taken.by], open)
                }
            }));
        }
        edges
    }

    /// What a user comes to be by a method that puts it into groups. Only users are in groups.
    fn joined<'h>(
        &self,
        user: usize,
        before: Change,
        (held, groups): (&Held, &[(usize, bool)]),
        here: &'h Here,
    ) -> Vec<Joined<'h>> {
        let kind = self.graph.principals.get(user).map(|one| one.kind);
        let Some(PrincipalKind::User(user)) = kind else {
            return Vec::new();
        };
        if held.method.gives == Gives::Permissions {
            // What is written gives everything, in whichever group.
            let best = groups.iter().map(|(_, is_certain)| *is_certain).max();
            let joined = best.zip(before.writing());
            let joined = joined.map(|(is_certain, change)| Joined {
                change,
                is_certain,
                unseen: &[],
            });
            return joined.into_iter().collect();
        }
        let joined = groups.iter().filter_map(|(number, is_certain)| {
            let group = here.groups.get(*number)?;
            let is_in = user.group_list.contains(&group.name);
            let change = before.joining(*number).filter(|_| !is_in)?;
            Some(Joined {
                change,
                is_certain: *is_certain,
                unseen: &group.unseen,
            })
        });
        joined.collect()
    }
}

/// The numbers of the groups that a method puts users into, each with whether that is certain of it.
fn groups_by(held: &Held, here: &Here) -> Vec<(usize, bool)> {
    let groups = here.groups.iter().enumerate();
    let reached = groups.filter_map(|(number, group)| match &held.targets {
        Targets::Any => Some((number, true)),
        Targets::These(these) if these.contains(&group.arn) => Some((number, true)),
        Targets::These(_) if held.perhaps.contains(&group.arn) => Some((number, false)),
        Targets::These(_) | Targets::Named => None,
    });
    reached.collect()
}
