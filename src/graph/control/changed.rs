//! Principals as they are once their permissions were changed: what a change gives is what its holder then has.
//!
//! IAM User Guide, "Permissions boundaries for IAM entities" and "Policy evaluation logic": what somebody writes into a
//! policy counts as far as the boundary and the SCPs allow it.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::Control;
use super::edge::{Edge, Rests, UNKNOWN};
use super::method::{Here, first};
use super::node::{OfKind, Set};
use crate::graph::hold::statements;
use crate::graph::path::EdgeKind;
use crate::iam::admin::admin;
use crate::iam::context::Context;
use crate::iam::document::PolicyDocument;
use crate::iam::escalation::{
    Gives, Held, NOT_ITS_OWN, Target, Targets, may_allow_more, unfit, with_version,
};
use crate::iam::evaluate::{NamedPolicy, Policies};
use crate::iam::trust;
use crate::iam::truth::Truth;

/// How many changed principals, none of them administrator, are told one by one.
pub(super) const MOST: usize = 64;

/// What is open where they are more.
const AS_FAR: &str = "only as far as the permissions boundaries and SCPs let it";

/// A change of a principal's permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Change {
    /// Its identity policies say what somebody wants.
    is_written: bool,
    /// It has no boundary.
    is_unbounded: bool,
    /// Of its identity policies, the one at a place is in force as another version: that under a number.
    version: Option<(usize, usize)>,
    /// It is in the group under a number besides.
    joined: Option<usize>,
}

impl Change {
    /// The same with policies that somebody writes; nothing where they are already.
    pub(super) fn writing(self) -> Option<Self> {
        let is_written = true;
        (!self.is_written).then_some(Self { is_written, ..self })
    }

    /// The same in a group; nothing where that gives no more.
    pub(super) fn joining(self, group: usize) -> Option<Self> {
        let joined = Some(group);
        (!self.is_written).then_some(Self { joined, ..self })
    }
}

/// By principal and the place of its policy: the numbers of the versions by which it gets more.
type Versions = HashMap<(usize, usize), Rc<[usize]>>;

/// What was worked out of changes so far: many come to the same.
#[derive(Debug, Default)]
pub(super) struct Worked {
    /// The changed principals that are administrators of their account.
    administrators: HashSet<(usize, Change)>,
    versions: RefCell<Versions>,
}

impl Control<'_, '_> {
    /// To what the changes lead that a method makes.
    pub(super) fn changes(
        &mut self,
        at: usize,
        before: Change,
        held: &Held,
        here: &Here,
    ) -> Vec<Edge> {
        if let Some(further) = held.method.becomes() {
            let assumes = further.action == "sts:AssumeRole";
            return self.become_changed(at, held, assumes, here);
        }
        let mut edges = Vec::new();
        let mut has_account = false;
        if held.is_own {
            for change in self.changes_of(at, before, held, here) {
                let to = self.changed(at, change, here);
                has_account |= to == here.account && held.certain;
                let edge = self.by_method(at, held, held.certain, []);
                edges.push(Edge { to, ..edge });
            }
        }
        if !has_account {
            edges.extend(self.others(at, held, here));
        }
        edges
    }

    /// What a method changes of one principal.
    fn changes_of(&self, at: usize, before: Change, held: &Held, here: &Here) -> Vec<Change> {
        let change = match held.method.gives {
            Gives::Permissions => Change {
                is_written: true,
                ..before
            },
            Gives::Unbounded => Change {
                is_unbounded: true,
                ..before
            },
            _ if before == Change::default() => return self.versions_of(at, held, here),
            _ => before,
        };
        (change != before).then_some(change).into_iter().collect()
    }

    /// The other versions of a principal's policies by which it gets more.
    fn versions_of(&self, at: usize, held: &Held, here: &Here) -> Vec<Change> {
        let mut changes = Vec::new();
        let caller = self.assume.callers.get(at).and_then(Option::as_ref);
        let Some(caller) = caller else {
            return changes;
        };
        let identity = caller.policies.identity;
        for (place, policy) in identity.iter().enumerate() {
            let reached = match &held.targets {
                Targets::Any => true,
                Targets::These(these) => these
                    .iter()
                    .chain(&held.perhaps)
                    .any(|arn| **arn == *policy.name),
                Targets::Named => false,
            };
            if !reached {
                continue;
            }
            let numbers = self.versions_with_more(at, place, here);
            changes.extend(numbers.iter().map(|number| Change {
                version: Some((place, *number)),
                ..Change::default()
            }));
        }
        changes
    }

    /// The numbers of the versions of a policy by which its holder gets more; asked once.
    fn versions_with_more(&self, at: usize, place: usize, here: &Here) -> Rc<[usize]> {
        if let Some(known) = self.worked.versions.borrow().get(&(at, place)) {
            return Rc::clone(known);
        }
        let caller = self.assume.callers.get(at).and_then(Option::as_ref);
        let policy = caller.and_then(|caller| Some((caller, caller.policies.identity.get(place)?)));
        let found: Rc<[usize]> = match policy {
            None => Rc::default(),
            Some((caller, policy)) => {
                let versions = here.existing.versions(&policy.name).enumerate();
                let more = versions.filter(|(_, document)| {
                    document.is_none_or(|document| {
                        let with = with_version(caller.policies.identity, &policy.name, document);
                        may_allow_more(&caller.policies, &with, &caller.context)
                    })
                });
                more.map(|(number, _)| number).collect()
            }
        };
        let mut known = self.worked.versions.borrow_mut();
        known.insert((at, place), Rc::clone(&found));
        found
    }

    /// What it changes of others: theirs by the change once it has become them.
    fn others(&mut self, at: usize, held: &Held, here: &Here) -> Vec<Edge> {
        let others = self.changed_by(at, held, here);
        // It has become another: what is open of that is not what is open of the method.
        let is_sure = held.conditions.iter().all(|one| one == NOT_ITS_OWN);
        let mut edges = Vec::new();
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for (other, unfit) in others {
            let changes = self.changes_of(other, Change::default(), held, here);
            match self.assumed(at, other) {
                Some(assumed) => near.push((other, changes, [assumed.open.clone(), unfit])),
                None => far.push((other, changes)),
            }
        }
        for (other, changes, open) in near {
            for change in changes {
                let to = self.changed(other, change, here);
                let edge = self.by_method(at, held, is_sure, open.iter().flatten().cloned());
                let certain = edge.open.is_none();
                edges.push(Edge { to, ..edge });
                if to == here.account && certain {
                    return edges;
                }
            }
        }
        let far = far.into_iter();
        let far = far.flat_map(|(other, all)| all.into_iter().map(move |one| (other, one)));
        edges.extend(self.gathered(far.collect(), here).map(|(to, as_far)| {
            let open = as_far.into_iter().chain([NOT_ITS_OWN.to_owned()]);
            let edge = self.by_method(at, held, false, open);
            Edge { to, ..edge }
        }));
        edges
    }

    /// One node for several changed principals: the account where one of them is its administrator.
    pub(super) fn gathered(
        &mut self,
        all: Vec<(usize, Change)>,
        here: &Here,
    ) -> Option<(usize, Option<String>)> {
        let mut found = Vec::new();
        for (other, change) in all {
            let to = self.changed(other, change, here);
            if to == here.account {
                return Some((to, None));
            }
            found.push(to);
            if found.len() > MOST {
                return Some((here.account, Some(AS_FAR.to_owned())));
            }
        }
        found.sort_unstable();
        found.dedup();
        (!found.is_empty()).then(|| (self.set(Set::These(found.clone()), found), None))
    }

    /// By a second permission it becomes what it changes.
    fn become_changed(&mut self, at: usize, held: &Held, assumes: bool, here: &Here) -> Vec<Edge> {
        let change = Change {
            is_written: true,
            ..Change::default()
        };
        let mut edges = Vec::new();
        let reached = self.principals_of(at, held, here);
        if assumes {
            for other in reached {
                let Some(assumed) = self.assumed(at, other) else {
                    continue;
                };
                let to = self.changed(other, change, here);
                let edge = self.by_method(
                    at,
                    held,
                    self.is_sure_to_assume(other, held),
                    assumed.open.clone(),
                );
                let certain = edge.open.is_none();
                edges.push(Edge { to, ..edge });
                if certain && to == here.account {
                    break;
                }
            }
            return edges;
        }
        let all = reached.into_iter().map(|other| (other, change)).collect();
        edges.extend(self.gathered(all, here).map(|(to, as_far)| {
            let edge = self.by_method(at, held, held.certain, as_far);
            Edge { to, ..edge }
        }));
        edges
    }

    /// Whether nothing is open about a change but the assumption, which is asked by itself.
    fn is_sure_to_assume(&self, other: usize, held: &Held) -> bool {
        let arn = self.graph.principals.get(other).map(|one| one.arn);
        let perhaps = held.perhaps.iter().any(|one| Some(one.as_str()) == arn);
        !perhaps && held.conditions.len() <= 1
    }

    /// The principals whose permissions a method changes, but for its holder, each with what is open of that.
    fn changed_by(&self, at: usize, held: &Held, here: &Here) -> Vec<(usize, Option<String>)> {
        let Some(target) = first(held) else {
            return Vec::new();
        };
        let by_arn = |arn: &str| self.graph.principals.by_arn(arn);
        if !matches!(target, Target::Policy | Target::Group) {
            let perhaps: Vec<usize> = held.perhaps.iter().filter_map(|arn| by_arn(arn)).collect();
            let open = |one| perhaps.contains(&one).then(|| UNKNOWN.to_owned());
            let all = self.principals_of(at, held, here).into_iter();
            return all.map(|one| (one, open(one))).collect();
        }
        let mut found: BTreeMap<usize, Option<String>> = BTreeMap::new();
        for (arn, open) in reached(target, held, here) {
            let of = here.existing.held_by(target, &arn);
            for other in of.filter_map(by_arn).filter(|one| *one != at) {
                // By one of its policies it is certain, though by others it is not.
                let known = found.entry(other).or_insert_with(|| open.clone());
                if open.is_none() {
                    *known = None;
                }
            }
        }
        found.into_iter().collect()
    }

    /// The roles or users that a method reaches, but for its holder.
    fn principals_of(&self, at: usize, held: &Held, here: &Here) -> Vec<usize> {
        let by_arn = |arn: &String| self.graph.principals.by_arn(arn);
        let mut all: Vec<usize> = match (&held.targets, first(held)) {
            (Targets::These(these), _) => these
                .iter()
                .chain(&held.perhaps)
                .filter_map(by_arn)
                .collect(),
            (Targets::Any, Some(target)) => {
                let fitting = here.existing.fitting(target, held.method.when);
                match fitting {
                    Some(fitting) => fitting.iter().filter_map(|(arn, _)| by_arn(arn)).collect(),
                    None if target == Target::User => self.of_kind(OfKind::Users, here),
                    None => self.of_kind(OfKind::Roles, here),
                }
            }
            _ => Vec::new(),
        };
        all.retain(|one| *one != at);
        all
    }

    /// The node of a principal after a change: the account where it is then administrator.
    pub(super) fn changed(&mut self, at: usize, change: Change, here: &Here) -> usize {
        let set = Set::Changed(at, change);
        if let Some(known) = self.nodes.find(&set) {
            return known;
        }
        if self.worked.administrators.contains(&(at, change)) {
            return here.account;
        }
        let graph = self.graph;
        let (Some(principal), Some(caller)) = (
            graph.principals.get(at),
            self.assume.callers.get(at).and_then(Option::as_ref),
        ) else {
            return at;
        };
        let mut identity = self.identity_after(at, change, here);
        let is_read = identity.is_some();
        let identity = identity.take().unwrap_or_else(everything);
        let own = Policies {
            boundary: match change.is_unbounded {
                true => &[],
                false => caller.policies.boundary,
            },
            ..caller.policies
        };
        let policies = Policies {
            identity: &identity,
            ..own
        };
        let context = graph.context_at_home(principal, None);
        let found = admin(&policies, &principal.home(), &context);
        if found.as_ref().is_some_and(|found| found.certain && is_read) {
            self.worked.administrators.insert((at, change));
            return here.account;
        }
        let policies = Policies {
            identity: graph.keep(identity),
            ..own
        };
        let asking = caller.context.clone();
        let caller = caller.with_policies(policies);
        let number = self.nodes.place(set);
        self.assume.changed.push((number, caller));
        // It is still itself.
        self.among(number, at);
        if let Some(found) = found {
            let unread = (!is_read)
                .then(|| "only as far as the version goes, which was not read".to_owned());
            let open = found.conditions.into_iter().chain(unread);
            let open = Some(open.collect::<Vec<_>>().join(", "));
            self.edge(number, Edge::has(here.account).open(open));
        }
        for edge in self.gains(at, change, &policies, &asking, here) {
            self.edge(number, edge);
        }
        for edge in self.assumes(at, &policies, &asking) {
            self.edge(number, edge);
        }
        number
    }

    /// The identity policies after a change; nothing where the version was not read.
    fn identity_after(&self, at: usize, change: Change, here: &Here) -> Option<Vec<NamedPolicy>> {
        if change.is_written {
            return Some(everything());
        }
        let identity = &self.graph.principals.get(at)?.identity;
        let mut after = match change.version {
            None => identity.clone(),
            Some((place, number)) => {
                let policy = identity.get(place)?;
                let document = here.existing.versions(&policy.name).nth(number)??;
                with_version(identity, &policy.name, document)
            }
        };
        let joined = change.joined.and_then(|number| here.groups.get(number));
        after.extend(
            joined
                .into_iter()
                .flat_map(|group| group.policies.iter().cloned()),
        );
        Some(after)
    }

    /// The roles that a principal may assume with these policies.
    fn assumes(&self, at: usize, policies: &Policies<'_>, context: &Context) -> Vec<Edge> {
        let graph = self.graph;
        let mut edges = Vec::new();
        let Some(caller) = self.assume.callers.get(at).and_then(Option::as_ref) else {
            return edges;
        };
        let is_bounded = !policies.boundary.is_empty();
        for role in self.assume.roles_by(at, policies.identity, is_bounded) {
            let one = graph.principals.get(role);
            let Some((one, trust)) = one.and_then(|one| Some((one, one.trust.as_ref()?))) else {
                continue;
            };
            let asked = trust::Role {
                arn: one.arn,
                trust,
                rcps: graph.organizations.rcps_of_role(one.account, one.arn),
            };
            let mut context = context.clone();
            graph.know_resource(one.arn, &mut context);
            let decision =
                trust::principal(&asked, &caller.asker.caller, policies, &context, false);
            if decision.is_denied() {
                continue;
            }
            let open = match decision.is_allowed() {
                true => None,
                false => Some(UNKNOWN.to_owned()),
            };
            let open = decision.conditions.iter().cloned().chain(open);
            let open = caller.open(open.filter(|_| !decision.is_allowed()));
            let to = self.session_of(role);
            let edge = Edge::step(to, EdgeKind::AssumeRole, statements(&decision));
            edges.push(edge.open(open).rests(Rests::on([&decision])));
        }
        edges
    }
}

/// The policies, groups or users that a method reaches, by ARN, each with what is open of that.
pub(super) fn reached(target: Target, held: &Held, here: &Here) -> Vec<(String, Option<String>)> {
    let when = held.method.when;
    match &held.targets {
        Targets::Any => {
            let fitting = here.existing.fitting(target, when).into_iter().flatten();
            let open = |truth| (truth != Truth::Yes).then(|| unfit(when).join(", "));
            fitting.map(|(arn, truth)| (arn, open(truth))).collect()
        }
        Targets::These(these) => {
            let sure = these.iter().map(|arn| (arn.clone(), None));
            let perhaps = held.perhaps.iter();
            let perhaps = perhaps.map(|arn| (arn.clone(), Some(UNKNOWN.to_owned())));
            sure.chain(perhaps).collect()
        }
        Targets::Named => Vec::new(),
    }
}

fn everything() -> Vec<NamedPolicy> {
    vec![NamedPolicy::new(
        "what it writes",
        PolicyDocument::allowing_everything(),
    )]
}
