//! Who may assume which role, asked pair by pair, and only of pairs that a statement speaks of.
//!
//! IAM User Guide, "Policy evaluation logic" and "IAM roles": a trust policy that names a principal of its account
//! lets it in by itself; one that names the account leaves it to the principal's own policies; across accounts both
//! are needed.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::Caller;
use super::node::Set;
use crate::graph::Graph;
use crate::graph::hold::statements;
use crate::graph::node_role::NodeRole;
use crate::graph::principal::Principal;
use crate::iam::document::{Effect, PolicyDocument};
use crate::iam::evaluate::Decision;
use crate::iam::index::{Places, ResourceIndex};
use crate::iam::principal::Principals as Named;
use crate::iam::trust;

/// The action, as documents are asked for it.
const ACTION: &str = "sts:assumerole";

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
    /// The place of a role among those of the index, by its place among the principals.
    places: HashMap<usize, usize>,
    /// The roles' places among the principals, in the order of the index.
    roles: Vec<usize>,
    /// Whom trust policies let in by itself, with the roles; under no place the roles that let anybody in.
    trusting: OnceCell<HashMap<Option<usize>, Vec<usize>>>,
    /// What the Allow statements of one document mean of the roles, and who has the document.
    by_document: Vec<(Places, Vec<usize>)>,
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
        Self {
            graph,
            places: places.collect(),
            roles: roles.iter().map(|(at, _)| *at).collect(),
            trusting: OnceCell::new(),
            by_document: by_document(&callers, &index),
            callers,
            asked: RefCell::default(),
            known: RefCell::default(),
        }
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
        let mut found = Vec::new();
        let Some(place) = self.places.get(&role) else {
            return found;
        };
        for (places, holders) in &self.by_document {
            if places.has(*place) {
                found.extend(holders);
            }
        }
        match self.let_in(role) {
            Some(named) => found.extend(named),
            None => found.extend(self.graph.principals.iter().map(|(at, _)| at)),
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|at| *at != role);
        found
    }

    /// The roles that a principal may be able to assume: those of which a statement of its own speaks, and those that
    /// let it in by themselves.
    pub(super) fn roles_of(&self, from: usize) -> Vec<usize> {
        let mut found = Vec::new();
        for (places, holders) in &self.by_document {
            if holders.binary_search(&from).is_ok() {
                found.extend(places.iter().filter_map(|place| self.roles.get(place)));
            }
        }
        let trusting = self.trusting.get_or_init(|| self.trusting());
        for whom in [Some(from), None] {
            found.extend(trusting.get(&whom).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|role| *role != from);
        found
    }

    fn trusting(&self) -> HashMap<Option<usize>, Vec<usize>> {
        let mut trusting: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
        for &role in &self.roles {
            let whom = match self.let_in(role) {
                Some(named) => named.into_iter().map(Some).collect(),
                None => vec![None],
            };
            for one in whom {
                trusting.entry(one).or_default().push(role);
            }
        }
        trusting
    }

    /// Those that the trust policy names; nothing: anybody, by `*` or by exclusion.
    fn let_in(&self, role: usize) -> Option<Vec<usize>> {
        let principals = &self.graph.principals;
        let Some(trust) = principals.get(role).and_then(|role| role.trust.as_ref()) else {
            return Some(Vec::new());
        };
        let mut found = Vec::new();
        let statements = trust.document.statements.iter();
        for statement in
            statements.filter(|one| one.effect == Effect::Allow && one.has_action(ACTION))
        {
            let named = match &statement.principals {
                Named::Only(set) if !set.everyone => set.aws.iter(),
                _ => return None,
            };
            for name in named {
                match principals.by_arn(name) {
                    Some(at) => found.push(at),
                    // An id, or a session of a role: whichever they mean.
                    None => found.extend(self.meant(name)),
                }
            }
        }
        Some(found)
    }

    fn meant(&self, name: &str) -> Vec<usize> {
        if name.ends_with(":root") || crate::iam::arn::is_account_id(name) {
            return Vec::new();
        }
        let session = name
            .split_once(":assumed-role/")
            .and_then(|(_, rest)| rest.split('/').next());
        let callers = self.callers.iter().enumerate();
        let meant = callers.filter(|(_, caller)| {
            let Some(caller) = caller else {
                return false;
            };
            caller.asker.caller.unique_id.as_deref() == Some(name)
                || session
                    .is_some_and(|role| caller.asker.principal.name.eq_ignore_ascii_case(role))
        });
        meant.map(|(at, _)| at).collect()
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
                false => caller
                    .open(conditions)
                    .or_else(|| Some("only if what is not known of it allows it".to_owned())),
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
