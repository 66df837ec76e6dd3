//! The known methods of privilege escalation in IAM, as edges to what each really gives.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Control;
use super::assume::Assumed;
use super::changed::Change;
use super::edge::{Edge, Rests, UNKNOWN};
use super::joined::{Group, groups};
use super::node::{OfKind, Set};
use crate::graph::Graph;
use crate::graph::path::EdgeKind;
use crate::graph::principal::Principal;
use crate::iam::arn;
use crate::iam::context::Context;
use crate::iam::escalation::{
    Existing, Gives, Held, Prerequisite, Target, Targets, Thing, methods_held, trusted_services,
    unfit,
};
use crate::iam::evaluate::Policies;
use crate::iam::truth::Truth;

/// An account with what there is in it to escalate to.
pub(super) struct Here {
    /// The number of the account.
    pub(super) account: usize,
    pub(super) existing: Existing,
    kinds: Kinds,
    pub(super) groups: Vec<Group>,
}

impl Control<'_, '_> {
    /// What each principal gains by the methods that its policies hold.
    pub(super) fn methods(&mut self) {
        let graph = self.graph;
        let accounts: Vec<(usize, &str)> = self.nodes.accounts().collect();
        for (number, account) in accounts {
            let here = Here {
                account: number,
                existing: graph.existing(account),
                kinds: Kinds::of(graph, account),
                groups: groups(graph, account),
            };
            let principals = graph.principals.iter();
            for (at, _) in principals.filter(|(_, one)| one.account == account) {
                let Some(caller) = self.assume.callers.get(at).and_then(Option::as_ref) else {
                    continue;
                };
                // The account is all that a method could give, and more.
                let mut own = self.own_edges(at).iter();
                if own.any(|edge| edge.to == number && edge.open.is_none()) {
                    continue;
                }
                let (policies, context) = (caller.policies, caller.context.clone());
                for edge in self.gains(at, Change::default(), &policies, &context, &here) {
                    self.edge(at, edge);
                }
            }
        }
    }

    /// By each method that the policies hold, the edges to what it leads to. The policies are those of the principal
    /// at a place, or what they become by a change.
    pub(super) fn gains(
        &mut self,
        at: usize,
        change: Change,
        policies: &Policies<'_>,
        context: &Context,
        here: &Here,
    ) -> Vec<Edge> {
        let Some(principal) = self.graph.principals.get(at) else {
            return Vec::new();
        };
        let held = methods_held(policies, &principal.home(), context, &here.existing);
        let users = self.users_taken(at, &held, here);
        let mut edges = Vec::new();
        for held in &held {
            if held.method.joins() {
                edges.extend(self.joins(at, change, held, &users, here));
            }
            edges.extend(match held.method.gives {
                Gives::Permissions if held.method.joins() => Vec::new(),
                Gives::Permissions | Gives::Version | Gives::Unbounded => {
                    self.changes(at, change, held, here)
                }
                Gives::Principal if held.method.joins() => self.in_groups(held, at, principal),
                Gives::Principal => self.becomes(held, at, here),
                Gives::PassedRole => self.passes(held, at, here),
                Gives::Workload => self.runs(held, at, here),
                // Access entries have edges of their own.
                Gives::Cluster | Gives::There(_) => Vec::new(),
            });
        }
        edges
    }

    /// The edge by a method: what its permissions leave open, and these conditions besides.
    pub(super) fn by_method(
        &self,
        at: usize,
        held: &Held,
        is_certain: bool,
        besides: impl IntoIterator<Item = String>,
    ) -> Edge {
        let mut open: Vec<String> = besides.into_iter().collect();
        if !is_certain {
            open.extend(held.conditions.iter().cloned());
            if open.is_empty() {
                open.push(UNKNOWN.to_owned());
            }
        }
        self.by_methods(at, &[held], open)
    }

    /// The edge by several methods at once, with what is open of them.
    pub(super) fn by_methods(&self, at: usize, all: &[&Held], open: Vec<String>) -> Edge {
        let caller = self.assume.callers.get(at).and_then(Option::as_ref);
        let open = caller.and_then(|caller| caller.open(open));
        let does: Vec<String> = all.iter().map(|held| self.does(held)).collect();
        let evidence = format!("it can {}", does.join(", and "));
        let edge = Edge::step(0, EdgeKind::Escalates, evidence);
        let because = all.iter().flat_map(|held| held.because.iter().cloned());
        edge.open(open).rests(Rests::Statements(because.collect()))
    }

    fn does(&self, held: &Held) -> String {
        let actions: Vec<&str> = held.method.needs.iter().map(|need| need.action).collect();
        format!(
            "{} ({} by {})",
            held.method.title,
            actions.join(" and "),
            self.graph.because(&held.because)
        )
    }

    /// The roles or users that it becomes.
    fn becomes(&mut self, held: &Held, at: usize, here: &Here) -> Vec<Edge> {
        let kind = match first(held) {
            Some(Target::Role) => OfKind::Roles,
            _ => OfKind::Users,
        };
        self.reached_edges(held, at, kind, here, &[])
    }

    /// The roles that it passes to a service.
    fn passes(&mut self, held: &Held, at: usize, here: &Here) -> Vec<Edge> {
        let Some(service) = held.method.service() else {
            return Vec::new();
        };
        let is_pods = service == crate::iam::trust::POD_IDENTITY
            && !held
                .method
                .needs
                .iter()
                .any(|need| need.action.ends_with("Addon"));
        let open = (is_pods && !self.runs_pods(at))
            .then(|| "only if it runs a pod of the cluster".to_owned());
        let open: Vec<String> = open.into_iter().collect();
        self.reached_edges(held, at, OfKind::Trusting(service), here, &open)
    }

    /// The roles of what runs already, and is changed. Instances that are nodes have edges of their own besides.
    fn runs(&mut self, held: &Held, at: usize, here: &Here) -> Vec<Edge> {
        let Some(thing) = held.method.thing() else {
            return Vec::new();
        };
        if here.existing.things(thing).is_none() {
            let why = format!("{} was not read", thing.source());
            return self.of_unread(held, at, (thing, &why), here);
        }
        let mut edges = self.of_things(held, at, thing, here);
        if let Some(elsewhere) = here.existing.elsewhere(thing).filter(|_| held.elsewhere) {
            edges.extend(self.of_unread(held, at, (thing, &elsewhere.why), here));
        }
        edges
    }

    /// The roles that things may have which were not read.
    fn of_unread(
        &mut self,
        held: &Held,
        at: usize,
        (thing, why): (Thing, &str),
        here: &Here,
    ) -> Vec<Edge> {
        let Some(service) = thing.service() else {
            return Vec::new();
        };
        let kind = OfKind::Trusting(service);
        if here.kinds.of_kind(kind).is_empty() {
            return Vec::new();
        }
        let to = self.all(kind, here);
        let open = format!("only if {} has that role: {why}", thing.what());
        let unread = here.existing.unread(Prerequisite::Thing(thing));
        let mut told = held.clone();
        told.conditions.retain(|one| *one != unread);
        vec![Edge {
            to,
            ..self.by_method(at, &told, told.conditions.is_empty(), [open])
        }]
    }

    /// The roles of things that were seen.
    fn of_things(&mut self, held: &Held, at: usize, thing: Thing, here: &Here) -> Vec<Edge> {
        let role = |arn: &str| {
            let role = here.existing.role_of(thing, arn)?;
            self.graph.principals.by_arn(role)
        };
        let (sure, perhaps): (Vec<usize>, Vec<usize>) = match &held.targets {
            Targets::Any => {
                let all = here.existing.things(thing).into_iter().flatten();
                (all.filter_map(role).collect(), Vec::new())
            }
            Targets::These(these) => (
                these.iter().filter_map(|arn| role(arn)).collect(),
                held.perhaps.iter().filter_map(|arn| role(arn)).collect(),
            ),
            Targets::Named => return Vec::new(),
        };
        self.edges_to_each(held, at, sure, perhaps, &[])
    }

    /// Edges to what a method reaches of a kind: what it is certain of, and what is open.
    fn reached_edges(
        &mut self,
        held: &Held,
        at: usize,
        kind: OfKind,
        here: &Here,
        besides: &[String],
    ) -> Vec<Edge> {
        let all = here.kinds.of_kind(kind);
        let place = |arn: &String| {
            let to = self.graph.principals.by_arn(arn)?;
            (to != at && all.binary_search_by_key(&to, |(one, _)| *one).is_ok()).then_some(to)
        };
        match &held.targets {
            Targets::Any if all.is_empty() => Vec::new(),
            Targets::Any => {
                let to = self.fitting(held, kind, here);
                let edge = self.by_method(at, held, held.certain, besides.iter().cloned());
                vec![Edge { to, ..edge }]
            }
            Targets::These(these) => {
                let sure = these.iter().filter_map(place).collect();
                let perhaps = held.perhaps.iter().filter_map(place).collect();
                self.edges_to_each(held, at, sure, perhaps, besides)
            }
            Targets::Named => Vec::new(),
        }
    }

    fn edges_to_each(
        &mut self,
        held: &Held,
        at: usize,
        sure: Vec<usize>,
        perhaps: Vec<usize>,
        besides: &[String],
    ) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (these, certain) in [(sure, held.certain), (perhaps, false)] {
            let these: Vec<usize> = these.into_iter().map(|to| self.taken(held, to)).collect();
            if !these.is_empty() {
                let to = self.set(Set::These(these.clone()), these);
                let edge = self.by_method(at, held, certain, besides.iter().cloned());
                edges.push(Edge { to, ..edge });
            }
        }
        edges
    }

    /// Where who takes a principal by a method ends up.
    fn taken(&self, held: &Held, to: usize) -> usize {
        match held.method.gives {
            Gives::Principal => self.session_of(to),
            _ => to,
        }
    }

    /// The set of all of a kind. Whoever leads to it may be in it, which does no harm.
    fn all(&mut self, kind: OfKind, here: &Here) -> usize {
        let set = Set::All(here.account, kind);
        if let Some(known) = self.nodes.find(&set) {
            return known;
        }
        let all = here.kinds.of_kind(kind).iter();
        let all = all.map(|(member, truth)| match kind {
            OfKind::Trusting(_) => (*member, *truth),
            OfKind::Users | OfKind::Roles => (self.session_of(*member), *truth),
        });
        let all = all.collect();
        self.filled(set, all, &[])
    }

    /// A set with what is in it, each with whether that fits the prerequisites.
    fn filled(&mut self, set: Set, all: Vec<(usize, Truth)>, when: &[Prerequisite]) -> usize {
        let number = self.nodes.place(set);
        for (to, truth) in all {
            let open = (truth == Truth::Unknown).then(|| unfit(when).join(", "));
            self.edge(number, Edge::among(to).open(open));
        }
        number
    }

    /// The set of all that a method can be about.
    fn fitting(&mut self, held: &Held, kind: OfKind, here: &Here) -> usize {
        let Some(target) = first(held) else {
            return self.all(kind, here);
        };
        let when = held.method.when;
        let set = Set::Fitting(here.account, target, when);
        if let Some(known) = self.nodes.find(&set) {
            return known;
        }
        let Some(fitting) = here.existing.fitting(target, when) else {
            return self.all(kind, here);
        };
        let all = fitting.into_iter().filter_map(|(arn, truth)| {
            let member = self.graph.principals.by_arn(&arn)?;
            Some((self.taken(held, member), truth))
        });
        let all = all.collect();
        self.filled(set, all, when)
    }

    /// How a principal assumes a role, if it may.
    pub(super) fn assumed(&self, at: usize, role: usize) -> Option<Rc<Assumed>> {
        let may = self.assume.may_ask(at, role);
        may.then(|| self.assume.edge(at, role)).flatten()
    }

    /// The principals of a kind, by place.
    pub(super) fn of_kind(&self, kind: OfKind, here: &Here) -> Vec<usize> {
        let all = here.kinds.of_kind(kind).iter();
        all.map(|(at, _)| *at).collect()
    }

    /// The other members of the groups that a user may put itself into: what they have by the group, it has then.
    fn in_groups(&mut self, held: &Held, at: usize, principal: &Principal<'_>) -> Vec<Edge> {
        if principal.role().is_some() {
            return Vec::new();
        }
        let account = self.graph.snapshot.accounts.get(principal.account);
        let iam = account.map(|one| &one.iam);
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
            let mut own = user.group_list.iter();
            own.any(|name| groups.contains(&name.as_str()))
        });
        let members = members.filter_map(|user| self.graph.principals.by_arn(&user.arn));
        let to: Vec<usize> = members.filter(|member| *member != at).collect();
        let open = ["as far as the group gives it".to_owned()];
        self.edges_to_each(held, at, to, Vec::new(), &open)
    }

    /// Whether a principal is one that a pod has: the association is then made for that pod's own service account.
    fn runs_pods(&self, at: usize) -> bool {
        let workloads = &self.graph.workloads;
        let runs = |account: usize| workloads.of_account(account).next().is_some();
        let mut holds = self.graph.holds_of(at);
        holds.any(|hold| hold.is_certain() && runs(hold.service_account))
    }
}

/// What the first permission of a method is on.
pub(super) fn first(held: &Held) -> Option<Target> {
    held.method.needs.first().map(|need| need.on)
}

/// The principals of an account by kind, worked out once.
struct Kinds {
    users: Vec<(usize, Truth)>,
    roles: Vec<(usize, Truth)>,
    trusting: BTreeMap<&'static str, Vec<(usize, Truth)>>,
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
                kinds.users.push((at, Truth::Yes));
                continue;
            }
            kinds.roles.push((at, Truth::Yes));
            let trust = one.trust.iter();
            for (service, truth) in trust.flat_map(|trust| trusted_services(&trust.document)) {
                kinds.trusting.entry(service).or_default().push((at, truth));
            }
        }
        kinds
    }

    /// Their places, in order, each with whether it certainly is of the kind.
    fn of_kind(&self, kind: OfKind) -> &[(usize, Truth)] {
        match kind {
            OfKind::Users => &self.users,
            OfKind::Roles => &self.roles,
            OfKind::Trusting(service) => self.trusting.get(service).map_or(&[], Vec::as_slice),
        }
    }
}
