//! Who may assume which role, asked pair by pair, and only of pairs that a statement speaks of.
//!
//! IAM User Guide, "Policy evaluation logic" and "IAM roles": a trust policy that names a principal of its account
//! lets it in by itself; one that names the account leaves it to the principal's own policies; across accounts both
//! are needed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::Caller;
use super::edge::UNKNOWN;
use super::node::Set;
use super::trusted::{ACTION, Names, Trusted};
use crate::graph::Graph;
use crate::graph::hold::statements;
use crate::graph::node_role::NodeRole;
use crate::graph::principal::Principal;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{Decision, NamedPolicy};
use crate::iam::index::{Places, ResourceIndex};
use crate::iam::trust;

/// That a principal may assume a role.
#[derive(Debug)]
pub(super) struct Assumed {
    /// The statements.
    pub(super) evidence: String,
    /// What it depends on and is not known.
    pub(super) open: Option<String>,
}

/// What was found; nothing: it may not.
type Answer = Option<Rc<Assumed>>;

/// Everybody who asks, indexed.
pub(super) struct Assume<'g, 's> {
    pub(super) graph: &'g Graph<'s>,
    pub(super) callers: Vec<Option<Caller<'g, 's>>>,
    /// Callers as they are once their permissions were changed, by the numbers of their nodes.
    pub(super) changed: Vec<(usize, Caller<'g, 's>)>,
    /// The place of a role among those of the index, by its place among the principals.
    places: HashMap<usize, usize>,
    /// The roles' places among the principals, in the order of the index.
    roles: Vec<usize>,
    index: ResourceIndex,
    /// Whom the roles' trust policies name, in the order of the index.
    trusted: Vec<Trusted>,
    /// Whom trust policies let in by itself, with the roles; under no place the roles that let anybody in.
    trusting: HashMap<Option<usize>, Vec<usize>>,
    /// What the Allow statements of one document mean of the roles, and who has the document.
    by_document: Vec<(Places, Vec<usize>)>,
    /// What boundaries mean of the roles, by the document.
    bounds: RefCell<HashMap<*const PolicyDocument, Rc<Places>>>,
    /// What was asked so far, by who asks and the role.
    asked: RefCell<HashMap<(usize, usize), Answer>>,
    /// The candidates of each role that was asked for so far, in order.
    known: RefCell<HashMap<usize, Rc<Vec<usize>>>>,
}

impl<'g, 's> Assume<'g, 's> {
    pub(super) fn of(graph: &'g Graph<'s>) -> Self {
        let callers: Vec<Option<Caller<'g, 's>>> = graph
            .principals
            .iter()
            .map(|(at, _)| Caller::of(graph, at))
            .collect();
        let roles: Vec<(usize, &str)> = graph
            .principals
            .iter()
            .filter(|(_, one)| one.role().is_some())
            .map(|(at, one)| (at, one.arn))
            .collect();
        let index = ResourceIndex::new(roles.iter().map(|(_, arn)| *arn));
        let places = roles
            .iter()
            .enumerate()
            .map(|(place, (at, _))| (*at, place));
        let roles: Vec<usize> = roles.iter().map(|(at, _)| *at).collect();
        let names = Names::of(&callers);
        let trusted = roles.iter().map(|at| {
            let role = graph.principals.get(*at);
            let trust = role.and_then(|role| role.trust.as_ref());
            let trust = trust.map(|trust| &*trust.document);
            Trusted::of(trust, &graph.principals, &names)
        });
        let trusted: Vec<Trusted> = trusted.collect();
        Self {
            graph,
            places: places.collect(),
            trusting: trusting(&roles, &trusted),
            by_document: by_document(&callers, &index),
            roles,
            trusted,
            index,
            callers,
            changed: Vec::new(),
            bounds: RefCell::default(),
            asked: RefCell::default(),
            known: RefCell::default(),
        }
    }

    /// Everybody who asks, by the number of its node; those whose permissions were changed too.
    pub(super) fn each(&self) -> impl Iterator<Item = (usize, &Caller<'g, 's>)> {
        let own = self.callers.iter().enumerate();
        let own = own.filter_map(|(at, caller)| Some((at, caller.as_ref()?)));
        let changed = self.changed.iter();
        own.chain(changed.map(|(number, caller)| (*number, caller)))
    }

    /// Who may be able to assume a role: those of whom a statement of their own speaks, and those that its trust
    /// policy lets in by itself.
    pub(super) fn candidates(&self, role: usize) -> Rc<Vec<usize>> {
        if let Some(known) = self.known.borrow().get(&role) {
            return Rc::clone(known);
        }
        let found = Rc::new(self.gather(role));
        self.known.borrow_mut().insert(role, Rc::clone(&found));
        found
    }

    /// Whether a principal is among the candidates of a role.
    pub(super) fn may_ask(&self, from: usize, role: usize) -> bool {
        self.candidates(role).binary_search(&from).is_ok()
    }

    fn gather(&self, role: usize) -> Vec<usize> {
        let place = self.places.get(&role);
        let trusted = place.and_then(|place| Some((*place, self.trusted.get(*place)?)));
        let mut found = match trusted {
            None => Vec::new(),
            Some((_, Trusted::Anybody)) => self.graph.principals.iter().map(|(at, _)| at).collect(),
            Some((
                place,
                Trusted::These {
                    principals,
                    accounts,
                },
            )) => {
                let speaking = self.by_document.iter();
                let speaking =
                    speaking.filter(|(places, _)| !accounts.is_empty() && places.has(place));
                let holders = speaking.flat_map(|(_, holders)| holders);
                let holders = holders.filter(|at| self.is_left_to(**at, role));
                holders.chain(principals).copied().collect()
            }
        };
        found.sort_unstable();
        found.dedup();
        found.retain(|at| *at != role);
        found
    }

    /// The roles that a principal may be able to assume: those of which a statement of its own speaks, and those that
    /// let it in by themselves.
    pub(super) fn roles_of(&self, from: usize) -> Vec<usize> {
        let having = self.by_document.iter();
        let having = having.filter(|(_, holders)| holders.binary_search(&from).is_ok());
        let places = having.flat_map(|(places, _)| places.iter());
        self.possible(from, places)
    }

    /// The roles that it may be able to assume by other identity policies than its own, within its boundary or without.
    pub(super) fn roles_by(
        &self,
        from: usize,
        identity: &[NamedPolicy],
        is_bounded: bool,
    ) -> Vec<usize> {
        let documents = identity.iter().map(|policy| &*policy.document);
        let mut places = self.index.meant(documents, ACTION);
        let caller = self.callers.get(from).and_then(Option::as_ref);
        let bounds = caller
            .filter(|_| is_bounded)
            .map(|one| one.policies.boundary);
        for bound in bounds.into_iter().flatten() {
            places.keep(&self.bound(bound));
        }
        self.possible(from, places.iter())
    }

    /// What a boundary means of the roles.
    fn bound(&self, policy: &'g NamedPolicy) -> Rc<Places> {
        let mut bounds = self.bounds.borrow_mut();
        let bound = bounds.entry(Arc::as_ptr(&policy.document));
        let meant = || Rc::new(self.index.meant([&*policy.document], ACTION));
        Rc::clone(bound.or_insert_with(meant))
    }

    /// Of the roles that are spoken of those that leave it to its account, and those that let it in by themselves.
    fn possible(&self, from: usize, spoken: impl Iterator<Item = usize>) -> Vec<usize> {
        let spoken = spoken.filter_map(|place| self.roles.get(place));
        let left = spoken.filter(|role| self.is_left_to(from, **role));
        let mut found: Vec<usize> = left.copied().collect();
        for whom in [Some(from), None] {
            found.extend(self.trusting.get(&whom).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|role| *role != from);
        found
    }

    /// Whether a role's trust policy leaves it to the account of a principal.
    fn is_left_to(&self, from: usize, role: usize) -> bool {
        let place = self.places.get(&role);
        let trusted = place.and_then(|place| self.trusted.get(*place));
        let account = self.graph.principals.get(from).map(|one| one.account);
        trusted
            .zip(account)
            .is_some_and(|(one, account)| one.leaves_to(account))
    }

    /// Whether a principal may assume a role.
    pub(super) fn edge(&self, from: usize, role: usize) -> Option<Rc<Assumed>> {
        if let Some(known) = self.asked.borrow().get(&(from, role)) {
            return known.clone();
        }
        let found = self.ask(from, role).map(Rc::new);
        self.asked.borrow_mut().insert((from, role), found.clone());
        found
    }

    /// The decision on it; nothing where it is denied.
    pub(super) fn decide(&self, from: usize, at: usize) -> Option<Decision> {
        self.judge(from, at).map(|(decision, _)| decision)
    }

    fn ask(&self, from: usize, at: usize) -> Option<Assumed> {
        let caller = self.callers.get(from)?.as_ref()?;
        let (decision, more) = self.judge(from, at)?;
        let conditions = decision.conditions.iter().chain(&more).cloned();
        Some(Assumed {
            evidence: statements(&decision),
            open: match decision.is_allowed() {
                true => caller.open(more),
                false => caller.open(conditions).or_else(|| Some(UNKNOWN.to_owned())),
            },
        })
    }

    /// The decision, and what it depends on besides; nothing where it is denied.
    fn judge(&self, from: usize, at: usize) -> Option<(Decision, Vec<String>)> {
        let caller = self.callers.get(from)?.as_ref()?;
        let role = self.graph.principals.get(at)?;
        let asked = trust::Role {
            arn: role.arn,
            trust: role.trust.as_ref()?,
            rcps: self
                .graph
                .organizations
                .rcps_of_role(role.account, role.arn),
        };
        let mut context = caller.context.clone();
        self.graph.know_resource(role.arn, &mut context);
        let who = &caller.asker.caller;
        let decision = trust::principal(&asked, who, &caller.policies, &context, false);
        if decision.is_denied() {
            return self.by_tags(from, caller, &asked);
        }
        let mut more: Vec<String> = Vec::new();
        more.extend(external_id(caller, role, &decision));
        more.extend(self.untagged(from, caller, &asked));
        Some((decision, more))
    }
}

/// The external id that a trust policy asks for is no secret (IAM User Guide, "Access to AWS accounts owned by third
/// parties"), but the caller has to know it: by what it runs, or by reading the role.
fn external_id(
    caller: &Caller<'_, '_>,
    role: &Principal<'_>,
    decision: &Decision,
) -> Option<String> {
    let mut chosen = decision.chosen.iter();
    if !chosen.any(|key| key.eq_ignore_ascii_case("sts:ExternalId")) {
        return None;
    }
    let home = caller.asker.principal.account == role.account;
    let reads = || caller.may("iam:getrole", role.arn, &|_| {}).is_allowed();
    (!home || !reads()).then(|| {
        "only with the external id that the trust policy asks for: whoever runs as it may know that".to_owned()
    })
}

/// Whom trust policies let in by itself, with the roles.
fn trusting(roles: &[usize], trusted: &[Trusted]) -> HashMap<Option<usize>, Vec<usize>> {
    let mut trusting: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for (role, trusted) in roles.iter().zip(trusted) {
        match trusted {
            Trusted::Anybody => trusting.entry(None).or_default().push(*role),
            Trusted::These { principals, .. } => {
                for one in principals {
                    trusting.entry(Some(*one)).or_default().push(*role);
                }
            }
        }
    }
    trusting
}

/// The documents that allow it on anything, each once, with what they mean and who has them.
fn by_document(
    callers: &[Option<Caller<'_, '_>>],
    index: &ResourceIndex,
) -> Vec<(Places, Vec<usize>)> {
    let mut by: HashMap<*const PolicyDocument, Option<usize>> = HashMap::new();
    let mut all: Vec<(Places, Vec<usize>)> = Vec::new();
    for (at, caller) in callers.iter().enumerate() {
        let identity = caller.iter().flat_map(|caller| caller.policies.identity);
        for policy in identity {
            let place = by.entry(Arc::as_ptr(&policy.document)).or_insert_with(|| {
                let places = index.meant([&*policy.document], ACTION);
                (!places.is_empty()).then(|| {
                    all.push((places, Vec::new()));
                    all.len() - 1
                })
            });
            if let Some((_, holders)) = place.and_then(|place| all.get_mut(place)) {
                holders.push(at);
            }
        }
    }
    all
}

impl super::Control<'_, '_> {
    /// A role of nodes that is assumed under a name of one's choice comes into the cluster as whichever node one
    /// likes: its user name there is that of the instance that the session is named after (aws-iam-authenticator,
    /// README, `{{EC2PrivateDNSName}}`).
    pub(super) fn sessions(&mut self) {
        let graph = self.graph;
        for (role, _) in graph.principals.iter() {
            let uses: Vec<&NodeRole<'_>> = graph.node_role(role).iter().collect();
            if uses.is_empty() {
                continue;
            }
            let session = self.nodes.place(Set::Session(role));
            self.among(session, role);
            for node in uses {
                let inside = self
                    .nodes
                    .clusters
                    .iter()
                    .find(|one| one.node.key == node.cluster);
                let machines =
                    inside.and_then(|one| one.find(&crate::graph::escalation::Node::AnyMachine));
                if let Some(machines) = machines {
                    self.among(session, machines);
                }
            }
        }
    }

    /// Where who takes a role ends up: in a session under a name of its choice, where that matters.
    pub(super) fn session_of(&self, role: usize) -> usize {
        self.nodes.find(&Set::Session(role)).unwrap_or(role)
    }
}
