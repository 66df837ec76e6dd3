//! The known methods of privilege escalation in IAM, as edges to what each really gives.

use std::collections::BTreeMap;

use super::Control;
use super::edge::{Edge, Rests};
use super::node::{OfKind, Set};
use crate::graph::Graph;
use crate::graph::path::EdgeKind;
use crate::graph::principal::Principal;
use crate::iam::arn;
use crate::iam::escalation::{
    Existing, Gives, Held, Need, Target, Targets, methods_held, trusted_services,
};
use crate::snapshot::id::Arn;

/// What a method leads to.
enum To {
    /// The account.
    Account,
    /// These principals or what stands for them.
    These(Vec<usize>),
    /// All principals of a kind.
    All(OfKind),
}

impl<'g, 's> Control<'g, 's> {
    /// What each principal gains by the methods that its policies hold.
    pub(super) fn methods(&mut self) {
        let accounts: Vec<(usize, &'g str)> = self.nodes.accounts().collect();
        for (number, account) in accounts {
            let graph = self.graph;
            let existing = graph.existing(account);
            let kinds = Kinds::of(graph, account);
            let here = graph
                .principals
                .iter()
                .filter(|(_, one)| one.account == account);
            for (at, _) in here {
                for (to, edge) in self.gains(at, &existing, &kinds) {
                    let to = match to {
                        To::Account => number,
                        To::These(these) => self.set(Set::These(these.clone()), these),
                        To::All(kind) => self.all(number, kind, &kinds),
                    };
                    self.edge(at, Edge { to, ..edge });
                }
            }
        }
    }

    /// The set of all of a kind. Whoever leads to it may be in it, which does no harm.
    fn all(&mut self, account: usize, kind: OfKind, kinds: &Kinds) -> usize {
        let members = kinds.of_kind(kind).iter();
        let members: Vec<usize> = match kind {
            OfKind::Trusting(_) => members.copied().collect(),
            OfKind::Users | OfKind::Roles => members.map(|at| self.session_of(*at)).collect(),
        };
        self.set(Set::All(account, kind), members)
    }

    /// By each method, the numbers of what it leads to and the edge there.
    fn gains(&self, at: usize, existing: &Existing, kinds: &Kinds) -> Vec<(To, Edge)> {
        let Some(caller) = self.assume.callers.get(at).and_then(Option::as_ref) else {
            return Vec::new();
        };
        let principal = caller.asker.principal;
        let held = methods_held(
            &caller.policies,
            &principal.home(),
            &caller.context,
            existing,
        );
        let mut gains = Vec::new();
        for held in held {
            let to = match held.method.gives {
                Gives::Permissions => Some((To::Account, given(&held, principal))),
                _ => self.leads(&held, at, principal, kinds),
            };
            let Some((to, open)) = to else {
                continue;
            };
            let open = caller.open(held.conditions.iter().cloned().chain(open));
            let open = open.or_else(|| (!held.certain).then(|| "only on some of them".to_owned()));
            let evidence = self.evidence(&held);
            let edge = Edge::step(0, EdgeKind::Escalates, evidence).open(open);
            let rests = Rests::Statements(held.because.into());
            gains.push((to, edge.rests(rests)));
        }
        gains
    }

    fn evidence(&self, held: &Held) -> String {
        let actions: Vec<&str> = held.method.needs.iter().map(|need| need.action).collect();
        format!(
            "it can {} ({} by {})",
            held.method.title,
            actions.join(" and "),
            self.graph.because(&held.because)
        )
    }

    /// To what a method leads, and what is open about it.
    fn leads(
        &self,
        held: &Held,
        at: usize,
        principal: &Principal<'s>,
        kinds: &Kinds,
    ) -> Option<(To, Option<String>)> {
        match held.method.gives {
            Gives::Principal if needs(held, Target::Group).is_some() => {
                let to = self.in_groups(held, at, principal);
                let open = Some("as far as the group gives it".to_owned());
                (!to.is_empty()).then_some((To::These(to), open))
            }
            Gives::Principal => {
                let kind = match needs(held, Target::Role) {
                    Some(_) => OfKind::Roles,
                    None => OfKind::Users,
                };
                let to = match self.meant(held, at, kind, kinds)? {
                    To::These(these) => {
                        let these = these.into_iter().map(|to| self.session_of(to));
                        To::These(these.collect())
                    }
                    all => all,
                };
                Some((to, None))
            }
            Gives::PassedRole => {
                let service = service_of(held)?;
                let to = self.meant(held, at, OfKind::Trusting(service), kinds)?;
                let pod = service == crate::iam::trust::POD_IDENTITY;
                let open = pod && !self.runs_pods(at);
                Some((
                    to,
                    open.then(|| "only if it runs a pod of the cluster".to_owned()),
                ))
            }
            // What has the role was not read: functions, stacks. Instances that are nodes have edges of their own.
            Gives::Workload => {
                let (service, what) = runs(held.method.id)?;
                let kind = OfKind::Trusting(service);
                let open = format!("only if {what} has that role, which was not read");
                (!kinds.of_kind(kind).is_empty()).then_some((To::All(kind), Some(open)))
            }
            Gives::Permissions | Gives::Cluster => None,
        }
    }

    /// The principals that a method reaches: of the right kind, and none that AWS keeps for itself.
    fn meant(&self, held: &Held, at: usize, kind: OfKind, kinds: &Kinds) -> Option<To> {
        let all = kinds.of_kind(kind);
        match &held.targets {
            Targets::Named => None,
            Targets::Any => (!all.is_empty()).then_some(To::All(kind)),
            Targets::These(arns) => {
                let these = arns
                    .iter()
                    .filter_map(|arn| self.graph.principals.by_arn(arn));
                let right = |to: &usize| *to != at && all.binary_search(to).is_ok();
                let found: Vec<usize> = these.filter(right).collect();
                (!found.is_empty()).then_some(To::These(found))
            }
        }
    }

    /// The other members of the groups that a user may put itself into: what they have by the group, it has then.
    fn in_groups(&self, held: &Held, at: usize, principal: &Principal<'s>) -> Vec<usize> {
        if principal.role().is_some() {
            return Vec::new();
        }
        let iam = self
            .graph
            .snapshot
            .accounts
            .get(principal.account)
            .map(|one| &one.iam);
        let groups = iam.into_iter().flat_map(|iam| &iam.groups);
        let groups: Vec<&str> = groups
            .filter(|group| match &held.targets {
                Targets::Any => true,
                Targets::These(arns) => arns.contains(&group.arn),
                Targets::Named => false,
            })
            .map(|group| group.group_name.as_str())
            .collect();
        let users = iam.into_iter().flat_map(|iam| &iam.users);
        let members = users.filter(|user| {
            user.group_list
                .iter()
                .any(|name| groups.contains(&name.as_str()))
        });
        let members = members.filter_map(|user| self.graph.principals.by_arn(&user.arn));
        members.filter(|member| *member != at).collect()
    }

    /// Whether a principal is one that a pod has: the association is then made for that pod's own service account.
    fn runs_pods(&self, at: usize) -> bool {
        let mut holds = self.graph.holds_of(at);
        holds.any(|hold| {
            hold.is_certain()
                && self
                    .graph
                    .workloads
                    .of_account(hold.service_account)
                    .next()
                    .is_some()
        })
    }
}

/// What is open about permissions that a principal writes for itself.
fn given(held: &Held, principal: &Principal<'_>) -> Option<String> {
    if !principal.boundary.is_empty() {
        return Some(
            "only if what it changes has no permissions boundary, as it has itself".to_owned(),
        );
    }
    let own = |arn: &String| arn == principal.arn || attached(principal, arn);
    let itself = match &held.targets {
        Targets::Any => true,
        Targets::These(arns) => arns.iter().any(own),
        Targets::Named => false,
    };
    (!itself).then(|| "only if it gets what it changes".to_owned())
}

/// Whether a policy is one of the principal's own.
fn attached(principal: &Principal<'_>, policy: &str) -> bool {
    Arn::parse(policy).is_some_and(|arn| arn.resource.starts_with("policy/"))
        && principal.identity.iter().any(|one| &*one.name == policy)
}

fn needs(held: &Held, target: Target) -> Option<&'static Need> {
    held.method.needs.iter().find(|need| need.on == target)
}

/// The service that a role is passed to.
fn service_of(held: &Held) -> Option<&'static str> {
    held.method.needs.iter().find_map(|need| match need.on {
        Target::PassedRole(service) => Some(service),
        _ => None,
    })
}

/// What a method changes, by its id: the service whose role runs it, and what it is.
const RUN: &[(&str, &str, &str)] = &[
    ("update-function-code", "lambda.amazonaws.com", "a function"),
    ("update-stack", "cloudformation.amazonaws.com", "a stack"),
    ("ssm-send-command", "ec2.amazonaws.com", "an instance"),
    ("ssm-start-session", "ec2.amazonaws.com", "an instance"),
    (
        "modify-instance-attribute",
        "ec2.amazonaws.com",
        "an instance",
    ),
];

fn runs(id: &str) -> Option<(&'static str, &'static str)> {
    let found = RUN.iter().find(|(method, ..)| *method == id);
    found.map(|(_, service, what)| (*service, *what))
}

/// The principals of an account by kind, worked out once.
struct Kinds {
    users: Vec<usize>,
    roles: Vec<usize>,
    trusting: BTreeMap<&'static str, Vec<usize>>,
}

impl Kinds {
    fn of(graph: &Graph<'_>, account: &str) -> Self {
        let mut kinds = Self {
            users: Vec::new(),
            roles: Vec::new(),
            trusting: BTreeMap::new(),
        };
        let here = graph.principals.iter();
        let here =
            here.filter(|(_, one)| one.account == account && !arn::is_reserved_role(one.arn));
        for (at, one) in here {
            if one.role().is_none() {
                kinds.users.push(at);
                continue;
            }
            kinds.roles.push(at);
            for (service, _) in one
                .trust
                .iter()
                .flat_map(|trust| trusted_services(&trust.document))
            {
                kinds.trusting.entry(service).or_default().push(at);
            }
        }
        kinds
    }

    /// Their places, in order.
    fn of_kind(&self, kind: OfKind) -> &[usize] {
        match kind {
            OfKind::Users => &self.users,
            OfKind::Roles => &self.roles,
            OfKind::Trusting(service) => self.trusting.get(service).map_or(&[], Vec::as_slice),
        }
    }
}

/// Every method that changes what runs is known to lead somewhere.
#[cfg(test)]
pub(super) fn unknown_workloads() -> Vec<&'static str> {
    let all = crate::iam::escalation::METHODS
        .iter()
        .filter(|one| one.gives == Gives::Workload);
    all.map(|method| method.id)
        .filter(|id| runs(id).is_none())
        .collect()
}
