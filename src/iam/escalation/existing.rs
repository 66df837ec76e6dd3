//! What there is in an account to escalate to, indexed once, and what of it a method can be about.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::catalogue::{Prerequisite, Target, Thing};
use super::needs::{Asked, SERVICES, trusted_services};
use crate::iam::arn;
use crate::iam::document::PolicyDocument;
use crate::iam::glob::Pattern;
use crate::iam::index::ResourceIndex;
use crate::iam::truth::Truth;

/// A role that may be escalated to.
#[derive(Debug, Clone, Copy)]
pub struct RoleFacts<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// Its trust policy.
    pub trust: &'a PolicyDocument,
    /// Whether it is in an instance profile, where that was seen.
    pub in_profile: Option<bool>,
    /// Whether it has a permissions boundary.
    pub is_bounded: bool,
}

/// A user.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserFacts<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// Whether it has a permissions boundary.
    pub is_bounded: bool,
    /// How many access keys it has, where that was seen.
    pub keys: Option<usize>,
    /// Whether it has a password, where that was seen.
    pub has_password: Option<bool>,
}

impl<'a> UserFacts<'a> {
    /// A user of whom nothing more was seen.
    pub fn named(arn: &'a str) -> Self {
        Self {
            arn,
            ..Self::default()
        }
    }
}

/// A group.
#[derive(Debug, Clone, Default)]
pub struct GroupFacts<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// The ARNs of its users.
    pub members: Vec<&'a str>,
}

/// A managed policy.
#[derive(Debug, Clone, Default)]
pub struct PolicyFacts<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// The ARNs of the users and roles that have it, by groups too.
    pub holders: Vec<&'a str>,
    /// The ARNs of the groups that have it, whoever is in them.
    pub groups: Vec<&'a str>,
    /// The documents of its versions but the one in force, as JSON.
    pub versions: Vec<&'a str>,
    /// How many versions it has, where that was seen.
    pub count: Option<usize>,
}

/// The most versions that a managed policy has (IAM User Guide, "Versioning IAM policies").
pub const MOST_VERSIONS: usize = 5;

/// What is known of one thing.
#[derive(Debug, Clone, Default)]
struct Facts {
    in_profile: Option<bool>,
    is_bounded: bool,
    keys: Option<usize>,
    has_password: Option<bool>,
    held_by: Vec<Box<str>>,
    groups: Vec<Box<str>>,
    /// Nothing where one cannot be read.
    versions: Vec<Option<Arc<PolicyDocument>>>,
    /// How many versions it has.
    count: Option<usize>,
    /// The role that it runs with.
    role: Option<Box<str>>,
}

/// All there is of a kind.
#[derive(Debug, Clone, Default)]
struct Kind {
    index: ResourceIndex,
    facts: Vec<Facts>,
    places: HashMap<Box<str>, usize>,
    /// Where it was not read, if anywhere.
    elsewhere: Option<Elsewhere>,
}

/// Where a kind of things was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The regions that it was read in.
    pub read: Vec<String>,
    /// What was not read, and where: `lambda:ListFunctions was not read in us-east-1`.
    pub why: String,
}

impl Kind {
    fn of<'a>(all: impl IntoIterator<Item = (&'a str, Facts)>) -> Self {
        let (arns, facts): (Vec<&str>, Vec<Facts>) = all.into_iter().unzip();
        Self {
            index: ResourceIndex::new(arns.iter().copied()),
            places: arns
                .iter()
                .enumerate()
                .map(|(at, arn)| ((*arn).into(), at))
                .collect(),
            facts,
            elsewhere: None,
        }
    }

    fn facts(&self, arn: &str) -> Option<&Facts> {
        self.facts.get(*self.places.get(arn)?)
    }
}

/// The places of those that a method can be about, each with whether its prerequisites are seen.
type Fitting = Rc<Vec<(usize, Truth)>>;

/// What there is in the account to escalate to. What was not given was not seen.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    roles: Option<Kind>,
    /// Of the roles, the places of those that a service may assume.
    passable: BTreeMap<&'static str, Vec<(usize, Truth)>>,
    users: Option<Kind>,
    groups: Option<Kind>,
    policies: Option<Kind>,
    /// Things that were read whole.
    things: BTreeMap<Thing, Kind>,
    /// What was worked out of a kind under prerequisites.
    fitting: RefCell<HashMap<(Target, &'static [Prerequisite]), Fitting>>,
    /// What the documents that were asked so far allow.
    pub(super) asked: Asked,
}

/// What there is of a kind and fits.
#[derive(Clone)]
pub(super) struct OfKind<'e> {
    pub(super) index: &'e ResourceIndex,
    fitting: Fitting,
}

impl<'e> OfKind<'e> {
    /// The ARNs, each with whether its prerequisites are seen.
    pub(super) fn arns(&self) -> impl Iterator<Item = (usize, &'e str, Truth)> {
        let index = self.index;
        let fitting = self.fitting.iter();
        fitting.filter_map(move |(at, truth)| Some((*at, index.get(*at)?, *truth)))
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
        let roles = roles.into_iter();
        let roles: Vec<RoleFacts<'a>> = roles.filter(|r| !arn::is_reserved_role(r.arn)).collect();
        for service in SERVICES.iter() {
            self.passable.insert(service, Vec::new());
        }
        for (at, role) in roles.iter().enumerate() {
            for (service, truth) in trusted_services(role.trust) {
                self.passable.entry(service).or_default().push((at, truth));
            }
        }
        self.roles = Some(Kind::of(roles.into_iter().map(|role| {
            let facts = Facts {
                in_profile: role.in_profile,
                is_bounded: role.is_bounded,
                ..Facts::default()
            };
            (role.arn, facts)
        })));
        self
    }

    /// The account's users.
    #[must_use]
    pub fn with_users<'a>(mut self, users: impl IntoIterator<Item = UserFacts<'a>>) -> Self {
        self.users = Some(Kind::of(users.into_iter().map(|user| {
            let facts = Facts {
                is_bounded: user.is_bounded,
                keys: user.keys,
                has_password: user.has_password,
                ..Facts::default()
            };
            (user.arn, facts)
        })));
        self
    }

    /// The account's groups.
    #[must_use]
    pub fn with_groups<'a>(mut self, groups: impl IntoIterator<Item = GroupFacts<'a>>) -> Self {
        self.groups = Some(Kind::of(groups.into_iter().map(|group| {
            let facts = Facts {
                held_by: group.members.into_iter().map(Into::into).collect(),
                ..Facts::default()
            };
            (group.arn, facts)
        })));
        self
    }

    /// The account's policies. AWS managed ones are left out.
    #[must_use]
    pub fn with_policies<'a>(
        mut self,
        policies: impl IntoIterator<Item = PolicyFacts<'a>>,
    ) -> Self {
        let policies = policies.into_iter();
        let own = policies.filter(|policy| !arn::is_aws_managed_policy(policy.arn));
        self.policies = Some(Kind::of(own.map(|policy| {
            let facts = Facts {
                held_by: policy.holders.into_iter().map(Into::into).collect(),
                groups: policy.groups.into_iter().map(Into::into).collect(),
                versions: policy.versions.into_iter().map(read).collect(),
                count: policy.count,
                ..Facts::default()
            };
            (policy.arn, facts)
        })));
        self
    }

    /// All things of a kind that there are, by ARN, each with the ARN of the role that it runs with. A collector that
    /// read them whole says so here: methods that need one are then certain, or none.
    #[must_use]
    pub fn with_things<'a>(
        self,
        thing: Thing,
        all: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Self {
        self.with_things_of(thing, all, None)
    }

    /// Things of a kind that were seen where it was read. A method that needs one is certain of these; whether there
    /// are more where it was not read is open.
    #[must_use]
    pub fn with_things_of<'a>(
        mut self,
        thing: Thing,
        all: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
        elsewhere: Option<Elsewhere>,
    ) -> Self {
        let all = all.into_iter().map(|(arn, role)| {
            let facts = Facts {
                role: role.map(Into::into),
                ..Facts::default()
            };
            (arn, facts)
        });
        let kind = Kind {
            elsewhere,
            ..Kind::of(all)
        };
        self.things.insert(thing, kind);
        self
    }

    /// The role that a thing runs with.
    pub fn role_of(&self, thing: Thing, arn: &str) -> Option<&str> {
        self.things.get(&thing)?.facts(arn)?.role.as_deref()
    }

    /// The things of a kind that were seen, where it was read anywhere.
    pub fn things(&self, thing: Thing) -> Option<impl Iterator<Item = &str>> {
        let index = &self.things.get(&thing)?.index;
        Some((0..index.len()).filter_map(|at| index.get(at)))
    }

    /// Where things of a kind were not read, if it was read in some places.
    pub fn elsewhere(&self, thing: Thing) -> Option<&Elsewhere> {
        self.things.get(&thing)?.elsewhere.as_ref()
    }

    /// What is open of a prerequisite whose source was not read, or not everywhere.
    pub fn unread(&self, prerequisite: Prerequisite) -> String {
        let elsewhere = match prerequisite {
            Prerequisite::Thing(thing) => self.elsewhere(thing),
            _ => None,
        };
        match elsewhere {
            Some(elsewhere) => format!("only if {}: {}", prerequisite.text(), elsewhere.why),
            None => prerequisite.unread(),
        }
    }

    /// The users and roles that have a policy, or are in a group.
    pub fn held_by(&self, target: Target, arn: &str) -> impl Iterator<Item = &str> {
        let facts = self.kind(target).and_then(|kind| kind.facts(arn));
        facts
            .into_iter()
            .flat_map(|facts| facts.held_by.iter().map(|one| &**one))
    }

    /// The roles or the groups that have a policy.
    pub(super) fn that_have(&self, policy: &str, kind: Target) -> impl Iterator<Item = &str> {
        let facts = self.kind(Target::Policy).and_then(|all| all.facts(policy));
        let all = facts.into_iter().flat_map(move |facts| match kind {
            Target::Group => &facts.groups,
            _ => &facts.held_by,
        });
        all.map(|one| &**one).filter(move |arn| self.has(kind, arn))
    }

    /// The documents of the versions of a policy that are not in force; nothing for one that cannot be read.
    pub fn versions(&self, policy: &str) -> impl Iterator<Item = Option<&Arc<PolicyDocument>>> {
        let facts = self
            .kind(Target::Policy)
            .and_then(|kind| kind.facts(policy));
        facts
            .into_iter()
            .flat_map(|facts| facts.versions.iter().map(Option::as_ref))
    }

    /// The groups that a user is in.
    pub(super) fn groups_of(&self, user: &str) -> impl Iterator<Item = &str> {
        let groups = self.groups.iter().flat_map(|kind| &kind.places);
        groups.filter_map(move |(arn, at)| {
            let facts = self.groups.as_ref()?.facts.get(*at)?;
            let is_in = facts.held_by.iter().any(|one| **one == *user);
            is_in.then_some(&**arn)
        })
    }

    /// Whether what there is of a kind was seen.
    pub(super) fn kind_is_seen(&self, target: Target) -> bool {
        self.kind(target).is_some()
    }

    /// Whether there is one of this ARN.
    pub(super) fn has(&self, target: Target, arn: &str) -> bool {
        self.kind(target)
            .is_some_and(|kind| kind.facts(arn).is_some())
    }

    fn kind(&self, target: Target) -> Option<&Kind> {
        match target {
            Target::Role | Target::PassedRole(_) | Target::GivenRole(_) => self.roles.as_ref(),
            Target::User => self.users.as_ref(),
            Target::Group => self.groups.as_ref(),
            Target::Policy => self.policies.as_ref(),
            Target::Iam(_)
            | Target::Resource(..)
            | Target::RunDocument
            | Target::Launched
            | Target::All => None,
        }
    }

    /// What there is of a kind that fits; `None` where it was not seen.
    pub(super) fn of_kind(
        &self,
        target: Target,
        when: &'static [Prerequisite],
        subject: &Pattern,
    ) -> Option<OfKind<'_>> {
        let kind = match target {
            Target::Resource(..) => self.thing_of(when, subject)?,
            _ => self.kind(target)?,
        };
        let key = (target, when);
        if let Some(fitting) = self.fitting.borrow().get(&key) {
            let fitting = Rc::clone(fitting);
            return Some(OfKind {
                index: &kind.index,
                fitting,
            });
        }
        let all: Vec<(usize, Truth)> = match target {
            Target::PassedRole(service) | Target::GivenRole(service) => {
                self.passable.get(service)?.clone()
            }
            _ => (0..kind.facts.len()).map(|at| (at, Truth::Yes)).collect(),
        };
        let fitting = all.into_iter().filter_map(|(at, truth)| {
            let facts = kind.facts.get(at)?;
            let fits = when.iter().map(|one| fits(*one, target, facts));
            let truth = fits.fold(truth, Truth::and);
            (truth != Truth::No).then_some((at, truth))
        });
        let fitting: Fitting = Rc::new(fitting.collect());
        self.fitting.borrow_mut().insert(key, Rc::clone(&fitting));
        Some(OfKind {
            index: &kind.index,
            fitting,
        })
    }

    /// What a method can be about, by ARN, each with whether its prerequisites are seen; `None` where it was not seen.
    pub fn fitting(
        &self,
        target: Target,
        when: &'static [Prerequisite],
    ) -> Option<Vec<(String, Truth)>> {
        let all = self.of_kind(target, when, &Pattern::new("*"))?;
        let all = all.arns().map(|(_, arn, truth)| (arn.to_owned(), truth));
        Some(all.collect())
    }

    /// Whether one of a kind fits the prerequisites. What was not seen is asked where its kind is.
    pub(super) fn fits(&self, target: Target, when: &[Prerequisite], arn: &str) -> Truth {
        let Some(kind) = self.kind(target) else {
            return Truth::Yes;
        };
        kind.facts(arn).map_or(Truth::Unknown, |facts| {
            let each = when.iter().map(|one| fits(*one, target, facts));
            each.fold(Truth::Yes, Truth::and)
        })
    }

    /// The things that a method needs, where they were read and the permission is on such.
    fn thing_of(&self, when: &[Prerequisite], subject: &Pattern) -> Option<&Kind> {
        let kind = when.iter().find_map(|one| match one {
            Prerequisite::Thing(thing) => self.things.get(thing),
            _ => None,
        })?;
        let first = kind.index.get(0)?;
        subject.matches(first).then_some(kind)
    }

    /// Whether a prerequisite that is not about what the method reaches is seen.
    pub(super) fn is_there(&self, prerequisite: Prerequisite) -> Truth {
        match prerequisite {
            Prerequisite::Thing(thing) => match self.things.get(&thing) {
                Some(kind) if kind.facts.is_empty() && kind.elsewhere.is_some() => Truth::Unknown,
                Some(kind) if kind.facts.is_empty() => Truth::No,
                Some(_) => Truth::Yes,
                None => Truth::Unknown,
            },
            Prerequisite::Said(_) => Truth::Unknown,
            _ => Truth::Yes,
        }
    }
}

fn read(document: &str) -> Option<Arc<PolicyDocument>> {
    PolicyDocument::parse(document).ok().map(Arc::new)
}

/// Whether what a method is about fits a prerequisite.
fn fits(prerequisite: Prerequisite, target: Target, facts: &Facts) -> Truth {
    let seen = |seen: Option<bool>| seen.map_or(Truth::Unknown, Truth::from);
    match (prerequisite, target) {
        // What nobody has changes nobody.
        (Prerequisite::Own, Target::Policy | Target::Group) => {
            Truth::from(!facts.held_by.is_empty())
        }
        (Prerequisite::OtherVersion, Target::Policy) => Truth::from(!facts.versions.is_empty()),
        (Prerequisite::FreeVersion, Target::Policy) => {
            seen(facts.count.map(|count| count < MOST_VERSIONS))
        }
        // Who deletes one first does not have to know how many there are.
        (Prerequisite::FullVersions, Target::Policy) => {
            Truth::from(facts.count.is_none_or(|count| count >= MOST_VERSIONS))
        }
        (Prerequisite::Boundary, Target::Role | Target::User) => Truth::from(facts.is_bounded),
        (Prerequisite::InstanceProfile, Target::PassedRole(_)) => seen(facts.in_profile),
        (Prerequisite::FreeKey, Target::User) => seen(facts.keys.map(|keys| keys < 2)),
        (Prerequisite::TwoKeys, Target::User) => seen(facts.keys.map(|keys| keys > 1)),
        (Prerequisite::NoPassword, Target::User) => seen(facts.has_password.map(|has| !has)),
        (Prerequisite::Password, Target::User) => seen(facts.has_password),
        _ => Truth::Yes,
    }
}
