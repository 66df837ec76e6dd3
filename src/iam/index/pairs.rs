//! Which of many principals may do something on which of many resources, in one pass.
//!
//! What a document says of an action is worked out once, however many principals hold it, and each of its
//! statements is then a set of resources; a principal's answer is those sets joined. Only where conditions
//! stay open and may complete each other is a decision made, one for each set of statements that apply.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{Places, ResourceIndex};
use crate::iam::context::Context;
use crate::iam::document::{Effect, PolicyDocument, ResourcePattern, Resources, Statement};
use crate::iam::evaluate::{Decision, NamedPolicy, Policies, PolicyKind};
use crate::iam::glob::Pattern;
use crate::iam::permissions::PermissionSet;
use crate::iam::principal::{Caller, Principal};
use crate::iam::truth::Truth;
use crate::iam::variable::Expanded;

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
            documents: HashMap::new(),
            patterns: HashMap::new(),
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

/// A statement that has the action.
struct Means<'a> {
    statement: &'a Statement,
    /// The resources, where no variable is in them.
    places: Option<Places>,
}

/// A document, told by where it lies in memory, and whether it is attached to an identity.
type DocumentKey = (*const PolicyDocument, bool);

struct Asking<'i, 'a> {
    index: &'i ResourceIndex,
    action: &'i str,
    documents: HashMap<DocumentKey, Rc<Vec<Means<'a>>>>,
    patterns: HashMap<&'a Pattern, Rc<Places>>,
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

/// The resources for certain, and those that may be.
struct Both {
    certain: Places,
    possible: Places,
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
            .map(|p| self.document(p, true))
            .collect();
        let allows = |m: &Means<'_>| m.statement.effect == Effect::Allow;
        let root = holder.principal.caller == Caller::Root;
        let any = root || identity.iter().any(|d| d.iter().any(allows));
        if !any || !holder.principal.has_identity() {
            return Rc::clone(&self.nothing);
        }
        let shared = self.shared(holder);
        if let Some(found) = shared.as_ref().and_then(|key| self.same.get(key)) {
            return Rc::clone(found);
        }
        let reach = Rc::new(self.reach(holder));
        if let Some(key) = shared {
            self.same.insert(key, Rc::clone(&reach));
        }
        reach
    }

    /// What the answer is the same for; `None` where the principal's context matters.
    fn shared(&mut self, holder: &Holder<'a>) -> Option<(Vec<DocumentKey>, &'a str)> {
        let mut key = Vec::new();
        if !holder.policies.rcps.is_empty() || !holder.policies.endpoint.is_empty() {
            return None;
        }
        if holder.principal.caller == Caller::Root {
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
                let means = self.document(policy, true);
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

    /// What a document says of the action.
    fn document(&mut self, policy: &'a NamedPolicy, identity: bool) -> Rc<Vec<Means<'a>>> {
        let key = (Arc::as_ptr(&policy.document), identity);
        if let Some(found) = self.documents.get(&key) {
            return Rc::clone(found);
        }
        let statements = policy.document.statements.iter();
        let having = statements.filter(|s| s.has_action(self.action));
        let means: Vec<Means<'a>> = having
            .map(|statement| Means {
                statement,
                places: self.fixed(&statement.resources, identity),
            })
            .collect();
        let means = Rc::new(means);
        self.documents.insert(key, Rc::clone(&means));
        means
    }

    /// The places of resources without variables.
    fn fixed(&mut self, resources: &'a Resources, identity: bool) -> Option<Places> {
        let mut out = Places::none(self.index.len());
        let (list, but) = match resources {
            Resources::Omitted if identity => return Some(out),
            Resources::Omitted => return Some(Places::all(self.index.len())),
            Resources::Only(list) => (list, false),
            Resources::AllBut(list) => (list, true),
        };
        for resource in list {
            out.join(&self.matches(resource.template.fixed()?));
            if let Some(padded) = resource.padded(identity) {
                out.join(&self.matches(padded));
            }
        }
        Some(if but { self.but(&out) } else { out })
    }

    fn but(&self, places: &Places) -> Places {
        let mut all = Places::all(self.index.len());
        all.take(places);
        all
    }

    fn matches(&mut self, pattern: &'a Pattern) -> Rc<Places> {
        let index = self.index;
        let found = self.patterns.entry(pattern).or_insert_with(|| {
            let mut out = Places::none(index.len());
            index.add_matches(pattern, &mut out);
            Rc::new(out)
        });
        Rc::clone(found)
    }

    /// The places of a statement's resources in a context.
    fn both(&self, means: &Means<'a>, identity: bool, context: &Context) -> Both {
        if let Some(places) = &means.places {
            return Both {
                certain: places.clone(),
                possible: places.clone(),
            };
        }
        let none = Places::none(self.index.len());
        let mut out = Both {
            certain: none.clone(),
            possible: none,
        };
        let (Resources::Only(list) | Resources::AllBut(list)) = &means.statement.resources else {
            return out;
        };
        for resource in list {
            self.add_open(resource, identity, context, &mut out);
        }
        if matches!(means.statement.resources, Resources::AllBut(_)) {
            return Both {
                certain: self.but(&out.possible),
                possible: self.but(&out.certain),
            };
        }
        out
    }

    /// Adds what a resource matches: nothing where a variable in it has no value.
    fn add_open(
        &self,
        resource: &ResourcePattern,
        identity: bool,
        context: &Context,
        out: &mut Both,
    ) {
        let mut add = |pattern: &Pattern, certain: bool| {
            self.index.add_matches(pattern, &mut out.possible);
            if certain {
                self.index.add_matches(pattern, &mut out.certain);
            }
        };
        if let Some(padded) = resource.padded(identity) {
            add(padded, true);
        }
        match resource.template.expand(context, false) {
            Expanded::Pattern(pattern) => add(&pattern, true),
            Expanded::Unknown(pattern) => add(&pattern, false),
            Expanded::Absent => {}
        }
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
            for means in self.document(policy, !has_principals).iter() {
                let statement = means.statement;
                let mut truth = statement.holds(holder.context);
                if has_principals {
                    truth = truth.and(statement.principals.means(holder.principal).truth());
                }
                let ignored = kind == PolicyKind::Rcp && statement.effect == Effect::Allow;
                if truth == Truth::No || ignored {
                    continue;
                }
                let places = self.both(means, !has_principals, holder.context);
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
        for level in policies.rcps {
            self.layer(PolicyKind::Rcp, level, holder, &mut layers);
        }
        let own = self.of_account(&holder.principal.account);
        let mut reach = join(&layers.groups, &own);
        if layers.open > 0 && !reach.open.is_empty() {
            self.settle(holder, &layers, &mut reach);
        }
        reach
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
