//! Which of many principals may do something on which of many resources, in one pass.
//!
//! What a document says of an action is worked out once, however many principals hold it, and each of its
//! statements is then a set of resources; a principal's answer is those sets joined. Only where conditions
//! stay open and may complete each other is a decision made, one for each set of statements that apply.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::meaning::{Both, DocumentKey, Meanings, Means};
use super::{Places, ResourceIndex};
use crate::iam::context::Context;
use crate::iam::document::Effect;
use crate::iam::evaluate::{
    Decision, NamedPolicy, Policies, PolicyKind, Request, fixed, layer, rcp,
};
use crate::iam::permissions::PermissionSet;
use crate::iam::principal::{Caller, Principal};
use crate::iam::truth::Truth;

/// A principal with its policies. The resources' own policies are not asked: what counts is what the
/// principal's own allow on resources of its account that leave it to them.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// Its policies.
    pub policies: Policies<'a>,
    /// What is known of its requests.
    pub context: &'a Context,
}

impl Holder<'_> {
    /// The decision on one of the resources, with its reasons. The action has to be in lower case.
    pub fn decide(&self, action: &str, resource: &str) -> Decision {
        PermissionSet::new(self.principal, &self.policies, self.context).decide(action, resource)
    }
}

/// What one principal may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// For certain.
    pub certain: Places,
    /// Depending on what is not known.
    pub open: Places,
}

/// What each principal may use, in the order in which they were given; those with the same documents share
/// one answer where nothing in it is their own.
#[derive(Debug, Clone)]
pub struct Pairs {
    rows: Vec<Rc<Reach>>,
}

impl Pairs {
    /// What the principal at a place of the list may use.
    pub fn of(&self, holder: usize) -> Option<&Reach> {
        self.rows.get(holder).map(AsRef::as_ref)
    }

    /// What each principal may use.
    pub fn iter(&self) -> impl Iterator<Item = &Reach> {
        self.rows.iter().map(AsRef::as_ref)
    }
}

impl ResourceIndex {
    /// Which of the principals may do an action, in lower case, on which of the resources.
    pub fn pairs<'a>(&self, holders: impl IntoIterator<Item = Holder<'a>>, action: &str) -> Pairs {
        let mut asking = Asking {
            index: self,
            action,
            meanings: Meanings::new(self, action),
            accounts: HashMap::new(),
            same: HashMap::new(),
            nothing: Rc::new(Reach {
                certain: Places::none(self.len()),
                open: Places::none(self.len()),
            }),
        };
        Pairs {
            rows: holders.into_iter().map(|h| asking.row(&h)).collect(),
        }
    }

    /// The resources that one principal may use.
    pub fn allowed(&self, holder: &Holder<'_>, action: &str) -> Reach {
        let pairs = self.pairs([*holder], action);
        match pairs.of(0) {
            Some(reach) => reach.clone(),
            None => Reach {
                certain: Places::none(self.len()),
                open: Places::none(self.len()),
            },
        }
    }
}

struct Asking<'i, 'a> {
    index: &'i ResourceIndex,
    action: &'i str,
    meanings: Meanings<'i, 'a>,
    accounts: HashMap<&'a str, Rc<Places>>,
    /// The answers for those with the same documents and account, where nothing in them is their own.
    same: HashMap<(Vec<DocumentKey>, &'a str), Rc<Reach>>,
    nothing: Rc<Reach>,
}

/// What a list of policies allows and denies.
struct Layer {
    allow: Both,
    deny: Both,
}

/// The layers of a principal, and the statements in them that apply or may.
struct Layers {
    /// Each has to allow.
    groups: Vec<Layer>,
    /// How many statements apply only perhaps.
    open: usize,
    /// For those whose decision may rest on several conditions: each statement's resources.
    told: Vec<Both>,
}

impl<'a> Asking<'_, 'a> {
    fn row(&mut self, holder: &Holder<'a>) -> Rc<Reach> {
        let identity: Vec<Rc<Vec<Means<'a>>>> = holder
            .policies
            .identity
            .iter()
            .map(|p| self.meanings.document(p, true))
            .collect();
        let allows = |m: &Means<'_>| m.statement.effect == Effect::Allow;
        let root = holder.principal.caller == Caller::Root;
        let any = root || identity.iter().any(|d| d.iter().any(allows));
        let always = fixed::always_allowed(holder.principal).contains(&self.action);
        if !always && (!any || !holder.principal.has_identity()) {
            return Rc::clone(&self.nothing);
        }
        let shared = self.shared(holder).filter(|_| !self.may_be_apart(holder));
        if let Some(found) = shared.as_ref().and_then(|key| self.same.get(key)) {
            return Rc::clone(found);
        }
        let reach = Rc::new(self.reach(holder));
        if let Some(key) = shared {
            self.same.insert(key, Rc::clone(&reach));
        }
        reach
    }

    /// Whether some request with the action may be decided apart from what statements say of it.
    fn may_be_apart(&self, holder: &Holder<'_>) -> bool {
        let service = self.action.split(':').next();
        let unbound = !holder.policies.rcps.is_empty() && self.index.has_linked_roles;
        unbound || matches!(service, Some("iam" | "kms" | "sts"))
    }

    /// What the answer is the same for; `None` where the principal's context matters.
    fn shared(&mut self, holder: &Holder<'a>) -> Option<(Vec<DocumentKey>, &'a str)> {
        let mut key = Vec::new();
        if !holder.policies.rcps.is_empty() || !holder.policies.endpoint.is_empty() {
            return None;
        }
        if matches!(
            holder.principal.caller,
            Caller::Root | Caller::FederatedUser
        ) {
            return None;
        }
        let lists = [
            holder.policies.identity,
            holder.policies.boundary,
            holder.policies.session,
        ];
        for list in lists
            .into_iter()
            .chain(holder.policies.scps.iter().map(Vec::as_slice))
        {
            for policy in list {
                let means = self.meanings.document(policy, true);
                let own = |m: &Means<'_>| !m.statement.conditions.is_empty() || m.places.is_none();
                if means.iter().any(own) {
                    return None;
                }
                key.push((Arc::as_ptr(&policy.document), true));
            }
            // Where one list ends and the next begins.
            key.push((std::ptr::null(), false));
        }
        Some((key, &holder.principal.account))
    }

    fn layer(
        &mut self,
        kind: PolicyKind,
        policies: &'a [NamedPolicy],
        holder: &Holder<'a>,
        layers: &mut Layers,
    ) {
        let has_principals = matches!(kind, PolicyKind::Rcp | PolicyKind::Endpoint);
        let both = || Both {
            certain: Places::none(self.index.len()),
            possible: Places::none(self.index.len()),
        };
        let mut layer = Layer {
            allow: both(),
            deny: both(),
        };
        for policy in policies {
            for means in self.meanings.document(policy, !has_principals).iter() {
                let statement = means.statement;
                let mut truth = statement.holds(holder.context);
                if has_principals {
                    let bounded = !holder.policies.boundary.is_empty();
                    let meant = layer::meant(statement, holder.principal, bounded);
                    truth = truth.and(meant.truth());
                }
                let ignored = kind == PolicyKind::Rcp && statement.effect == Effect::Allow;
                if truth == Truth::No || ignored {
                    continue;
                }
                let places = self.meanings.both(means, !has_principals, holder.context);
                let side = match statement.effect {
                    Effect::Allow => &mut layer.allow,
                    Effect::Deny => &mut layer.deny,
                };
                side.possible.join(&places.possible);
                if truth == Truth::Yes {
                    side.certain.join(&places.certain);
                }
                layers.open +=
                    usize::from(truth == Truth::Unknown || places.certain != places.possible);
                layers.told.push(places);
            }
        }
        if kind == PolicyKind::Rcp {
            let all = Places::all(self.index.len());
            layer.allow = Both {
                certain: all.clone(),
                possible: all,
            };
        }
        layers.groups.push(layer);
    }

    fn reach(&mut self, holder: &Holder<'a>) -> Reach {
        let policies = &holder.policies;
        let mut layers = Layers {
            groups: Vec::new(),
            open: 0,
            told: Vec::new(),
        };
        self.layer(PolicyKind::Identity, policies.identity, holder, &mut layers);
        if holder.principal.caller == Caller::Root
            && let Some(own) = layers.groups.first_mut()
        {
            let all = Places::all(self.index.len());
            own.allow = Both {
                certain: all.clone(),
                possible: all,
            };
        }
        for (kind, list) in [
            (PolicyKind::Boundary, policies.boundary),
            (PolicyKind::Session, policies.session),
            (PolicyKind::Endpoint, policies.endpoint),
        ] {
            if !list.is_empty() {
                self.layer(kind, list, holder, &mut layers);
            }
        }
        for level in policies.scps {
            self.layer(PolicyKind::Scp, level, holder, &mut layers);
        }
        let bind = rcp::bind(&self.request(holder, "*"));
        for level in policies.rcps.iter().filter(|_| bind) {
            self.layer(PolicyKind::Rcp, level, holder, &mut layers);
        }
        let own = self.of_account(&holder.principal.account);
        let mut reach = join(&layers.groups, &own);
        // A federated user has what session policies allow.
        if holder.principal.caller == Caller::FederatedUser && policies.session.is_empty() {
            reach = Reach::clone(&self.nothing);
        }
        if layers.open > 0 && !reach.open.is_empty() {
            self.settle(holder, &layers, &mut reach);
        }
        if self.may_be_apart(holder) {
            self.decide_apart(holder, &own, &mut reach);
        }
        reach
    }

    fn request<'r>(&'r self, holder: &'r Holder<'a>, resource: &'r str) -> Request<'r> {
        Request {
            principal: holder.principal,
            action: self.action,
            resource,
            resource_account: &holder.principal.account,
            context: holder.context,
        }
    }

    /// Decides one by one what is not decided by what statements say of it.
    fn decide_apart(&self, holder: &Holder<'a>, own: &Places, reach: &mut Reach) {
        let mut set = None;
        for (at, resource) in self.index.resources.iter().enumerate() {
            let request = self.request(holder, resource);
            if !own.has(at) || !request.is_apart(&holder.policies) {
                continue;
            }
            let set = set.get_or_insert_with(|| {
                PermissionSet::new(holder.principal, &holder.policies, holder.context)
            });
            reach.certain.remove(at);
            reach.open.remove(at);
            match set.decide(self.action, resource).truth() {
                Truth::Yes => reach.certain.add(at),
                Truth::Unknown => reach.open.add(at),
                Truth::No => {}
            }
        }
    }

    fn of_account(&mut self, account: &'a str) -> Rc<Places> {
        let index = self.index;
        let places = self.accounts.entry(account);
        Rc::clone(places.or_insert_with(|| Rc::new(index.of_account(account))))
    }

    /// Decides what is open, where several conditions may settle it: once for all resources to which the same
    /// statements apply, or each for itself where a variable makes it its own.
    fn settle(&self, holder: &Holder<'a>, layers: &Layers, reach: &mut Reach) {
        let set = PermissionSet::new(holder.principal, &holder.policies, holder.context);
        if !set.may_settle() {
            return;
        }
        let own = layers.told.iter().any(|b| b.certain != b.possible);
        let mut known: HashMap<Vec<u8>, Truth> = HashMap::new();
        for at in reach.open.clone().iter() {
            let Some(resource) = self.index.get(at) else {
                continue;
            };
            let decide = || set.decide(self.action, resource).truth();
            let truth = if own {
                decide()
            } else {
                let applying = layers.told.iter().map(|b| u8::from(b.possible.has(at)));
                *known.entry(applying.collect()).or_insert_with(decide)
            };
            if truth != Truth::Unknown {
                reach.open.remove(at);
            }
            if truth == Truth::Yes {
                reach.certain.add(at);
            }
        }
    }
}

/// What each group allows and none denies, among the account's own.
fn join(groups: &[Layer], own: &Places) -> Reach {
    let (mut certain, mut possible) = (own.clone(), own.clone());
    for group in groups {
        certain.keep(&group.allow.certain);
        possible.keep(&group.allow.possible);
    }
    for group in groups {
        certain.take(&group.deny.possible);
        possible.take(&group.deny.certain);
    }
    let mut open = possible;
    open.take(&certain);
    Reach { certain, open }
}
