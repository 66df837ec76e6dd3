//! The set of requests that a principal's own policies allow: of actions and resources together, as patterns.
//!
//! Every list that has to allow (identity policies, boundary, session policies, VPC endpoint, each level of
//! SCPs) is a group of statements; a request is in the set where each group has an Allow for it and no
//! statement denies it. Statements are kept as patterns, `NotAction` and `NotResource` as what lies outside
//! of some; questions about the set are searches over them, exact and without sampling. The resource's own
//! policy is not part of it: the set is of requests to resources of the principal's own account that leave
//! it to the principal's policies. What AWS decides itself is in it or taken out; an alias of a key is left
//! out of searches, since it is the key that KMS asks its policies for.

mod aside;
mod compare;
mod entries;
mod may;
mod named;
mod rcp;
mod search;
mod side;
mod variant;

pub use compare::{Comparison, compare};
pub use entries::{Entries, Entry, Taken};
pub use may::May;

use super::condition::Condition;
use super::context::Context;
use super::document::{Effect, PolicyDocument, Statement};
use super::evaluate::{
    Decision, MatchedStatement, NamedPolicy, Policies, PolicyKind, Request, ResourcePolicy,
    evaluate, layer, residual,
};
use super::principal::{Caller, Principal};
use super::truth::Truth;
use aside::Aside;
use named::Named;
use search::Area;
use side::{Side, Sides};

/// An action on a resource, found as an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The action in lower case. A character of a private use area stands for what no policy names.
    pub action: String,
    /// The resource, likewise.
    pub resource: String,
}

impl std::fmt::Display for Example {
    /// What no policy names is shown as `*`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |text: &str| -> String {
            let private = |c: char| ('\u{F0000}'..=char::MAX).contains(&c);
            text.chars()
                .map(|c| if private(c) { '*' } else { c })
                .collect()
        };
        write!(f, "{} on {}", shown(&self.action), shown(&self.resource))
    }
}

/// What a principal's policies allow, for certain or perhaps.
pub struct PermissionSet<'a> {
    principal: &'a Principal,
    policies: Policies<'a>,
    context: &'a Context,
    /// Stands for the policy of a resource that leaves it to the account.
    trusting: NamedPolicy,
    /// Each has to allow.
    groups: Vec<Vec<Slot<'a>>>,
    denies: Vec<Slot<'a>>,
    aside: Aside,
}

/// A statement that applies, or may, in the context.
struct Slot<'a> {
    kind: PolicyKind,
    index: usize,
    policy: &'a NamedPolicy,
    statement: &'a Statement,
    /// Whether its conditions hold and its principals are meant.
    truth: Truth,
    /// Whether its principals are certainly meant.
    is_meant: bool,
    actions: Side<'a>,
    resources: Sides<'a>,
}

impl<'a> Slot<'a> {
    fn possible(&self) -> Area<'_> {
        Area {
            actions: &self.actions,
            resources: &self.resources.possible,
        }
    }

    fn certain(&self) -> Area<'_> {
        Area {
            actions: &self.actions,
            resources: &self.resources.certain,
        }
    }

    /// Whether it applies to a request.
    fn applies(&self, action: &str, resource: &str) -> Truth {
        if self.certain().has(action, resource) {
            self.truth
        } else if self.possible().has(action, resource) {
            Truth::Unknown
        } else {
            Truth::No
        }
    }

    /// Its conditions that are open.
    fn open_conditions<'c>(
        &self,
        context: &'c Context,
    ) -> impl Iterator<Item = &'a Condition> + use<'a, 'c> {
        let conditions = self.statement.conditions.iter();
        conditions.filter(|c| c.holds(context) == Truth::Unknown)
    }

    /// What is open in it, as a clause of a decision.
    fn open(&self, context: &Context) -> Option<String> {
        let resource = self.statement.open_variables(context);
        let sentence = self.statement.sentence(resource.as_deref(), context);
        sentence.or_else(|| {
            let open = self.truth == Truth::Unknown;
            open.then(|| residual::unnamed(self.statement).to_owned())
        })
    }

    fn shown(&self) -> MatchedStatement {
        MatchedStatement::of(
            self.kind,
            self.index,
            self.policy,
            self.statement,
            self.truth,
        )
    }
}

impl<'a> PermissionSet<'a> {
    /// The set of a principal's policies. Services, tokens and nobody have none of their own.
    pub fn new(principal: &'a Principal, policies: &Policies<'a>, context: &'a Context) -> Self {
        let mut set = Self {
            principal,
            policies: Policies {
                resource: ResourcePolicy::None,
                ..*policies
            },
            context,
            trusting: NamedPolicy::new("", PolicyDocument::trusting_account(&principal.account)),
            groups: Vec::new(),
            denies: Vec::new(),
            aside: Aside::new(principal),
        };
        let own = if principal.has_identity() {
            policies.identity
        } else {
            &[]
        };
        set.add_group(PolicyKind::Identity, own);
        if principal.caller == Caller::Root {
            // The root user needs no allow of its own.
            set.groups.clear();
        }
        let limits = [
            (PolicyKind::Boundary, policies.boundary),
            (PolicyKind::Session, policies.session),
            (PolicyKind::Endpoint, policies.endpoint),
        ];
        for (kind, list) in limits {
            if !list.is_empty() {
                set.add_group(kind, list);
            }
        }
        // A federated user has what the session policies of its session allow, and without them nothing.
        if principal.caller == Caller::FederatedUser && policies.session.is_empty() {
            set.groups.push(Vec::new());
        }
        let mut first = 0;
        for level in policies.scps {
            set.add_level(PolicyKind::Scp, level, first);
            first += level.len();
        }
        first = 0;
        for level in policies.rcps {
            set.add_level(PolicyKind::Rcp, level, first);
            first += level.len();
        }
        set
    }

    fn add_group(&mut self, kind: PolicyKind, policies: &'a [NamedPolicy]) {
        self.add_level(kind, policies, 0);
    }

    fn add_level(&mut self, kind: PolicyKind, policies: &'a [NamedPolicy], first: usize) {
        let mut group = Vec::new();
        for (index, policy) in policies.iter().enumerate() {
            for statement in &policy.document.statements {
                let Some(slot) = self.slot(kind, first + index, policy, statement) else {
                    continue;
                };
                match (statement.effect, kind) {
                    (Effect::Deny, PolicyKind::Rcp) => {
                        self.denies.extend(rcp::bound(slot, self.principal))
                    }
                    (Effect::Deny, _) => self.denies.push(slot),
                    (Effect::Allow, _) => group.push(slot),
                }
            }
        }
        // RCPFullAWSAccess stands beside RCPs always.
        if kind != PolicyKind::Rcp {
            self.groups.push(group);
        }
    }

    fn slot(
        &self,
        kind: PolicyKind,
        index: usize,
        policy: &'a NamedPolicy,
        statement: &'a Statement,
    ) -> Option<Slot<'a>> {
        let has_principals = matches!(kind, PolicyKind::Rcp | PolicyKind::Endpoint);
        let mut truth = statement.holds(self.context);
        let mut meant = Truth::Yes;
        if has_principals {
            let bounded = self.principal.has_identity() && !self.policies.boundary.is_empty();
            meant = layer::meant(statement, self.principal, bounded).truth();
            truth = truth.and(meant);
        }
        let resources = Sides::new(&statement.resources, !has_principals, self.context);
        (truth != Truth::No && !resources.possible.is_nothing()).then(|| Slot {
            kind,
            index,
            policy,
            statement,
            truth,
            is_meant: meant == Truth::Yes,
            actions: Side::of_actions(&statement.actions),
            resources,
        })
    }

    /// The decision on a request of the set: as [`evaluate`] has it for a resource of the principal's account
    /// that leaves it to the principal's policies.
    pub fn decide(&self, action: &str, resource: &str) -> Decision {
        self.decide_in(action, resource, self.context)
    }

    fn request<'r>(
        &'r self,
        action: &'r str,
        resource: &'r str,
        context: &'r Context,
    ) -> Request<'r> {
        Request {
            principal: self.principal,
            action,
            resource,
            resource_account: &self.principal.account,
            context,
        }
    }

    fn decide_in(&self, action: &str, resource: &str, context: &Context) -> Decision {
        let request = self.request(action, resource, context);
        let mut policies = self.policies;
        if request.needs_resource_policy() {
            policies.resource = ResourcePolicy::Given(&self.trusting);
        }
        let mut decision = evaluate(&request, &policies);
        decision.because.retain(|b| b.kind != PolicyKind::Resource);
        decision
    }

    /// Whether a request is in the set, statement by statement: [`Self::decide`] knows more only where
    /// several conditions on one key complete or exclude each other.
    pub fn truth(&self, action: &str, resource: &str) -> Truth {
        let request = self.request(action, resource, self.context);
        if request.is_apart(&self.policies) {
            return self.decide(action, resource).truth();
        }
        let any = |slots: &[Slot<'_>]| {
            let truths = slots.iter().map(|s| s.applies(action, resource));
            truths.fold(Truth::No, Truth::or)
        };
        let groups = self.groups.iter().map(|g| any(g));
        groups
            .fold(Truth::Yes, Truth::and)
            .and(any(&self.denies).negate())
    }

    /// Whether some key is asked several times, so that decisions may know more than statements.
    pub(super) fn may_settle(&self) -> bool {
        let open = self.slots().flat_map(|s| s.open_conditions(self.context));
        let templates = self.slots().flat_map(|s| &s.resources.open);
        let mut keys: Vec<&str> = Vec::new();
        for condition in open {
            keys.extend(std::iter::repeat_n(
                &*condition.key,
                if condition.is_odd() { 2 } else { 1 },
            ));
            keys.extend(condition.variables());
        }
        keys.extend(templates.flat_map(|(t, _)| t.keys()));
        keys.sort_unstable();
        keys.windows(2).any(|w| w.first() == w.last())
    }

    fn slots(&self) -> impl Iterator<Item = &Slot<'a>> {
        self.groups.iter().flatten().chain(&self.denies)
    }

    /// All statements, as what cuts the requests into cells of one and the same decision; `named` cuts them
    /// besides.
    fn cuts<'s>(&'s self, named: &'s Named) -> Vec<Area<'s>> {
        let mut out: Vec<Area<'_>> = Vec::new();
        for slot in self.slots() {
            out.push(slot.possible());
            if !slot.resources.open.is_empty() {
                out.push(slot.certain());
            }
        }
        out.extend(named.resources.iter().map(|resources| Area {
            actions: &named.actions,
            resources,
        }));
        out
    }
}

#[cfg(test)]
mod tests;
