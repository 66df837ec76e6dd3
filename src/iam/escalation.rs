//! Which known methods of privilege escalation a principal's policies hold.

mod catalogue;
mod needs;

pub use catalogue::{Gives, METHODS, Method, Need, Target};
pub use needs::{SERVICES, trusted_services, trusts_service};

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::admin::Home;
use super::arn;
use super::context::{Context, Lookup};
use super::document::PolicyDocument;
use super::evaluate::{MatchedStatement, Policies, Request, ResourcePolicy, evaluate};
use super::glob::Pattern;
use super::grants::{Extent, Question, grants};
use super::index::ResourceIndex;
use super::principal::Principal;
use super::truth::Truth;
use needs::Asked;

/// What there is in the account to escalate to, indexed once. What was not given was not seen.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    roles: Option<ResourceIndex>,
    /// Of the roles, the places of those that a service may assume.
    passable: BTreeMap<&'static str, Vec<usize>>,
    users: Option<ResourceIndex>,
    groups: Option<ResourceIndex>,
    policies: Option<ResourceIndex>,
    /// What the documents that were asked so far allow.
    asked: Asked,
}

/// What there is of a kind.
#[derive(Clone, Copy)]
struct OfKind<'e> {
    index: &'e ResourceIndex,
    /// The places of those that count; none: all.
    only: Option<&'e [usize]>,
}

impl<'e> OfKind<'e> {
    fn all(index: Option<&'e ResourceIndex>) -> Option<Self> {
        Some(Self {
            index: index?,
            only: None,
        })
    }

    /// The places of those that count.
    fn places(self) -> impl Iterator<Item = usize> {
        let all = match self.only {
            Some(_) => 0,
            None => self.index.len(),
        };
        self.only.into_iter().flatten().copied().chain(0..all)
    }

    /// The ARNs at places.
    fn arns(self, places: impl Iterator<Item = usize>) -> impl Iterator<Item = &'e str> {
        places.filter_map(move |at| self.index.get(at))
    }
}

impl Existing {
    /// Nothing was seen.
    pub fn unseen() -> Self {
        Self::default()
    }

    /// The account's roles. Those that AWS keeps for itself are left out.
    #[must_use]
    pub fn with_roles<'a>(mut self, roles: impl IntoIterator<Item = RoleFacts<'a>>) -> Self {
        let roles: Vec<RoleFacts<'a>> = roles
            .into_iter()
            .filter(|r| !arn::is_reserved_role(r.arn))
            .collect();
        for service in SERVICES.iter() {
            self.passable.insert(service, Vec::new());
        }
        for (at, role) in roles.iter().enumerate() {
            for (service, _) in trusted_services(role.trust) {
                self.passable.entry(service).or_default().push(at);
            }
        }
        self.roles = Some(ResourceIndex::new(roles.into_iter().map(|r| r.arn)));
        self
    }

    /// The ARNs of the account's users.
    #[must_use]
    pub fn with_users<'a>(mut self, users: impl IntoIterator<Item = &'a str>) -> Self {
        self.users = Some(ResourceIndex::new(users));
        self
    }

    /// The ARNs of the account's groups.
    #[must_use]
    pub fn with_groups<'a>(mut self, groups: impl IntoIterator<Item = &'a str>) -> Self {
        self.groups = Some(ResourceIndex::new(groups));
        self
    }

    /// The ARNs of the account's policies. AWS managed ones are left out.
    #[must_use]
    pub fn with_policies<'a>(mut self, policies: impl IntoIterator<Item = &'a str>) -> Self {
        let own = policies
            .into_iter()
            .filter(|p| !arn::is_aws_managed_policy(p));
        self.policies = Some(ResourceIndex::new(own));
        self
    }

    /// What there is of a kind; `None` where it was not seen.
    fn of_kind(&self, target: Target) -> Option<OfKind<'_>> {
        match target {
            Target::Role => OfKind::all(self.roles.as_ref()),
            Target::PassedRole(service) => Some(OfKind {
                index: self.roles.as_ref()?,
                only: Some(self.passable.get(service)?),
            }),
            Target::User => OfKind::all(self.users.as_ref()),
            Target::Group => OfKind::all(self.groups.as_ref()),
            Target::Policy => OfKind::all(self.policies.as_ref()),
            Target::Resource(..) | Target::All => None,
        }
    }
}

/// A role that may be escalated to.
#[derive(Debug, Clone, Copy)]
pub struct RoleFacts<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// Its trust policy.
    pub trust: &'a PolicyDocument,
}

/// What a method reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// Whatever there is of that kind.
    Any,
    /// These.
    These(Vec<String>),
    /// Those that the statements name; which there are was not seen.
    Named,
}

/// A method that the policies hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The method.
    pub method: &'static Method,
    /// Whether nothing about it is open.
    pub certain: bool,
    /// What it reaches.
    pub targets: Targets,
    /// The statements that allow it.
    pub because: Vec<MatchedStatement>,
    /// What is open.
    pub conditions: Vec<String>,
}

/// The methods that the holder of these policies has. Every action that a method needs is asked on the
/// kind of resource that it needs it on; what no account can change (service-linked roles, AWS managed
/// policies) does not count, nor do users, roles and policies that do not exist.
pub fn methods_held(
    policies: &Policies<'_>,
    home: &Home<'_>,
    context: &Context,
    existing: &Existing,
) -> Vec<Held> {
    let holder = Holder {
        policies,
        home,
        context,
        existing,
    };
    let methods = existing.asked.named_by(policies.identity);
    methods.filter_map(|method| holder.holds(method)).collect()
}

struct Holder<'a> {
    policies: &'a Policies<'a>,
    home: &'a Home<'a>,
    context: &'a Context,
    existing: &'a Existing,
}

/// How a permission is held.
struct Part {
    certain: bool,
    targets: Option<Targets>,
    because: Vec<MatchedStatement>,
    conditions: Vec<String>,
}

impl Holder<'_> {
    fn holds(&self, method: &'static Method) -> Option<Held> {
        let mut held = Held {
            method,
            certain: true,
            targets: Targets::Any,
            because: Vec::new(),
            conditions: Vec::new(),
        };
        let mut narrowed = false;
        for need in method.needs {
            let part = self.part(need, method.gives)?;
            held.certain &= part.certain;
            if let (Some(targets), false) = (part.targets, narrowed) {
                held.targets = targets;
                narrowed = true;
            }
            held.because.extend(part.because);
            held.conditions.extend(part.conditions);
        }
        held.conditions.sort();
        held.conditions.dedup();
        Some(held)
    }

    fn part(&self, need: &Need, gives: Gives) -> Option<Part> {
        let action = need.action.to_ascii_lowercase();
        let mut context = Cow::Borrowed(self.context);
        if let Target::PassedRole(service) = need.on {
            context.to_mut().set("iam:PassedToService", service);
        }
        let (subject, mut except) = self.subject(need.on);
        // Becoming or passing itself gives nothing.
        let itself = if matches!(gives, Gives::Principal | Gives::PassedRole) {
            self.itself()
        } else {
            None
        };
        except.extend(itself.map(Pattern::literal));
        let question = Question {
            except: &except,
            ..Question::new(&action, &subject)
        };
        let grant = grants(self.policies, &context, &question);
        if grant.is_nothing() {
            return None;
        }
        let mut part = Part {
            certain: grant.certain == Extent::Every,
            targets: None,
            because: grant.because,
            conditions: grant.conditions,
        };
        let Some(existing) = self.existing.of_kind(need.on) else {
            if grant.possible != Extent::Every {
                part.targets = Some(Targets::Named);
                part.conditions.push(format!(
                    "only on what its statements for {} name",
                    need.action
                ));
            }
            return Some(part);
        };
        if grant.certain == Extent::Every {
            let mut all = existing.arns(existing.places());
            return all.any(|target| Some(target) != itself).then_some(part);
        }
        let others = |target: &&str| Some(*target) != itself;
        self.narrow(need, &context, (existing, &others), part)
    }

    /// The holder's own ARN, where the context has it.
    fn itself(&self) -> Option<&str> {
        match self.context.get("aws:principalarn") {
            Lookup::Values { values: [own], .. } => Some(own),
            _ => None,
        }
    }

    /// Goes through what exists and some statement speaks of, where not everything of the kind is allowed.
    fn narrow(
        &self,
        need: &Need,
        context: &Context,
        (existing, counts): (OfKind<'_>, &dyn Fn(&&str) -> bool),
        mut part: Part,
    ) -> Option<Part> {
        let principal = Principal::user_of(self.home.partition, self.home.account, "\u{10FFFF}");
        let (mut sure, mut open) = (Vec::new(), Vec::new());
        let action = need.action.to_ascii_lowercase();
        let documents = self.policies.identity.iter().map(|one| &*one.document);
        let meant = existing.index.meant(documents, &action);
        let targets = existing.arns(existing.places().filter(|at| meant.has(*at)));
        for target in targets.filter(counts) {
            let request = Request {
                principal: &principal,
                action: &action,
                resource: target,
                resource_account: self.home.account,
                context,
            };
            let own = Policies {
                resource: ResourcePolicy::None,
                ..*self.policies
            };
            match evaluate(&request, &own).truth() {
                Truth::Yes => sure.push(target.to_owned()),
                Truth::Unknown => open.push(target.to_owned()),
                Truth::No => {}
            }
        }
        part.certain = !sure.is_empty();
        if part.certain {
            part.conditions.clear();
        }
        let found = if sure.is_empty() { open } else { sure };
        if found.is_empty() {
            return None;
        }
        part.targets = Some(Targets::These(found));
        Some(part)
    }

    /// The resources that a permission has to be held on, and those of them that do not count.
    fn subject(&self, target: Target) -> (Pattern, Vec<Pattern>) {
        let Home { partition, account } = self.home;
        let iam = |kind: &str| Pattern::new(&format!("arn:{partition}:iam::{account}:{kind}/*"));
        match target {
            Target::Role | Target::PassedRole(_) => (
                iam("role"),
                vec![iam("role/aws-service-role"), iam("role/aws-reserved")],
            ),
            Target::User => (iam("user"), Vec::new()),
            Target::Group => (iam("group"), Vec::new()),
            Target::Policy => (iam("policy"), Vec::new()),
            Target::Resource(service, rest) => (
                Pattern::new(&format!("arn:{partition}:{service}:*:{account}:{rest}")),
                Vec::new(),
            ),
            Target::All => (Pattern::literal("*"), Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests;
