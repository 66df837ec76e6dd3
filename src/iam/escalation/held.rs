//! Which methods policies hold: every permission, on what there is of its kind, and what has to be there besides.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::catalogue::{Gives, Method, Need, Prerequisite, Target, unfit};
use super::existing::{Existing, OfKind};
use super::part::{Part, Targets};
use super::version::{may_allow_more, with_version};
use crate::iam::admin::Home;
use crate::iam::arn;
use crate::iam::context::{Context, Lookup};
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{MatchedStatement, Policies, Request, ResourcePolicy, evaluate};
use crate::iam::glob::Pattern;
use crate::iam::grants::{Extent, Question, grants};
use crate::iam::principal::Principal;
use crate::iam::truth::Truth;

/// What is open where a principal changes what is not its own.
pub const NOT_ITS_OWN: &str = "only if it comes to have what it changes";

/// What is open where who is no user puts a user into a group.
pub const NO_USER: &str = "only if it comes to be a user, whom it puts into the group";

/// A method that the policies hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The method.
    pub method: &'static Method,
    /// Whether nothing about it is open.
    pub certain: bool,
    /// Whether it is held on things too that may be where they were not read.
    pub elsewhere: bool,
    /// What it reaches.
    pub targets: Targets,
    /// What it reaches besides, if what is open of it holds.
    pub perhaps: Vec<String>,
    /// Where it changes something: whether that is its holder's own.
    pub is_own: bool,
    /// The statements that allow it.
    pub because: Vec<MatchedStatement>,
    /// What is open.
    pub conditions: Vec<String>,
}

/// The methods that the holder of these policies has. Every action that a method needs is asked on the kind of
/// resource that it needs it on; what no account can change (service-linked roles, AWS managed policies) does not
/// count, nor does what does not exist.
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
        parts: RefCell::default(),
    };
    let methods = existing.asked.named_by(policies.identity);
    methods.filter_map(|method| holder.holds(method)).collect()
}

pub(super) struct Holder<'a> {
    pub(super) policies: &'a Policies<'a>,
    pub(super) home: &'a Home<'a>,
    pub(super) context: &'a Context,
    pub(super) existing: &'a Existing,
    /// What was asked so far: many methods pass a role to one service.
    parts: RefCell<HashMap<Asked, Option<Part>>>,
}

/// A permission under the prerequisites of what it is on, without the holder itself or with it.
type Asked = (Need, &'static [Prerequisite], bool);

impl Holder<'_> {
    fn holds(&self, method: &'static Method) -> Option<Held> {
        let elsewhere = self.elsewhere(method);
        let mut held = match self.seen(method) {
            Some(held) => held,
            None => self.named(method).filter(|_| elsewhere)?,
        };
        let nothing = |thing| self.existing.things(thing)?.next().is_none().then_some(());
        if !elsewhere
            && method.gives == Gives::Workload
            && method.thing().and_then(nothing).is_some()
        {
            return None;
        }
        for one in method.when {
            match self.existing.is_there(*one) {
                Truth::No => return None,
                Truth::Unknown => held.depends(self.existing.unread(*one)),
                Truth::Yes => {}
            }
        }
        let is_own = self.own(method, &mut held);
        held.conditions.sort();
        held.conditions.dedup();
        Some(Held {
            method,
            certain: held.certain,
            elsewhere,
            targets: held.targets,
            perhaps: held.perhaps,
            is_own,
            because: held.because,
            conditions: held.conditions,
        })
    }

    /// On what that was seen all permissions are held.
    fn seen(&self, method: &'static Method) -> Option<Part> {
        let (first, further) = method.needs.split_first()?;
        let mut held = self.part(first, method, method.when)?;
        let of_things = matches!(first.on, Target::Resource(..)) && method.thing().is_some();
        for need in further {
            let when = match of_things && need.on == first.on {
                true => method.when,
                false => &[],
            };
            let part = self.part(need, method, when)?;
            held.because.extend(part.because.iter().cloned());
            held.certain &= part.certain;
            held.conditions.extend(part.conditions.iter().cloned());
            if need.on == first.on {
                let (subject, _) = self.subject(first.on);
                let kind = self.existing.of_kind(first.on, method.when, &subject);
                held.meet(&part, kind.as_ref())?;
            } else if method.becomes().is_some() {
                held = self.that_have(held, (need.on, &part), method.when)?;
            }
        }
        Some(held)
    }

    /// Whether what is changed is the holder's own; where it is not, that is open.
    fn own(&self, method: &Method, part: &mut Part) -> bool {
        if let Some(further) = method.becomes() {
            match further.on {
                Target::Role if further.action == "sts:AssumeRole" => {
                    part.depends("only if the role's trust policy lets it in".to_owned());
                }
                // Only users are in groups.
                Target::Group if !self.itself().is_some_and(|arn| arn.contains(":user/")) => {
                    part.depends(NO_USER.to_owned());
                }
                _ => {}
            }
            return false;
        }
        let (Some(first), true) = (
            method.needs.first(),
            method.when.contains(&Prerequisite::Own),
        ) else {
            return false;
        };
        let mut own = self.things_of_its_own(first.on);
        if method.gives == Gives::Version {
            own.retain(|arn| self.may_widen(arn, part));
        }
        let (mut best, mut is_unfit) = (Truth::No, false);
        for arn in &own {
            let (reached, fits) = (
                part.reaches(arn),
                self.existing.fits(first.on, method.when, arn),
            );
            is_unfit |= reached == Truth::Yes && fits == Truth::Unknown;
            best = best.or(reached.and(fits));
        }
        if best == Truth::Yes {
            return true;
        }
        // Who asks is not known: with everything of the kind it has its own too.
        let nobody = self.itself().is_none() && part.targets == Targets::Any;
        if nobody && matches!(first.on, Target::Role | Target::User) {
            return true;
        }
        part.certain = false;
        match best {
            Truth::No => part.conditions.push(NOT_ITS_OWN.to_owned()),
            _ if is_unfit => part.conditions.extend(unfit(method.when)),
            _ => {}
        }
        best != Truth::No
    }

    /// The ARNs by which a change of a kind would be one of the holder.
    fn things_of_its_own(&self, kind: Target) -> Vec<String> {
        let itself = || self.itself().map(str::to_owned);
        match kind {
            Target::Role | Target::User => {
                let known = self.existing.kind_is_seen(kind);
                let itself = itself().filter(|arn| !known || self.existing.has(kind, arn));
                itself.into_iter().collect()
            }
            Target::Policy => {
                let names = self.policies.identity.iter().map(|one| &*one.name);
                let managed = names
                    .filter(|name| name.contains(":policy/") && !arn::is_aws_managed_policy(name));
                managed.map(str::to_owned).collect()
            }
            Target::Group => {
                let itself = itself();
                let groups = self
                    .existing
                    .groups_of(itself.as_deref().unwrap_or_default());
                groups.map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether some other version of a policy of its own may allow it more.
    fn may_widen(&self, policy: &str, part: &Part) -> bool {
        let more = |version: &Arc<PolicyDocument>| {
            let with = with_version(self.policies.identity, policy, version);
            may_allow_more(self.policies, &with, self.context)
        };
        let mut versions = self.existing.versions(policy);
        part.reaches(policy) != Truth::No && versions.any(|version| version.is_none_or(more))
    }

    /// The roles that it becomes, or the groups that it joins, that have one of the policies that it changes.
    fn that_have(
        &self,
        mut policies: Part,
        (kind, those): (Target, &Part),
        when: &'static [Prerequisite],
    ) -> Option<Part> {
        let subject = self.subject(Target::Policy).0;
        let all = self.existing.of_kind(Target::Policy, when, &subject);
        let (Some(all), true) = (all, those.targets != Targets::Named) else {
            return Some(policies);
        };
        let (mut sure, mut open, mut is_unfit) = (Vec::new(), Vec::new(), false);
        for (_, policy, fits) in all.arns() {
            let reached = policies.reaches(policy);
            let to = match reached.and(fits) {
                Truth::Yes => &mut sure,
                Truth::Unknown => &mut open,
                Truth::No => continue,
            };
            let held = self.existing.that_have(policy, kind);
            let held = held.filter(|arn| Some(*arn) != self.itself());
            let before = to.len();
            to.extend(held.map(str::to_owned));
            is_unfit |= reached == Truth::Yes && fits == Truth::Unknown && to.len() > before;
        }
        for one in [&mut sure, &mut open] {
            one.sort();
            one.dedup();
        }
        open.retain(|arn| sure.binary_search(arn).is_err());
        if sure.is_empty() && is_unfit {
            unfit(when)
                .into_iter()
                .for_each(|one| policies.depends(one));
        }
        let mut found = Part {
            targets: Targets::These(sure),
            perhaps: open,
            ..policies
        };
        found.meet(those, None)?;
        Some(found)
    }

    pub(super) fn part(
        &self,
        need: &Need,
        method: &Method,
        when: &'static [Prerequisite],
    ) -> Option<Part> {
        // Becoming or passing itself gives nothing.
        let other = matches!(method.gives, Gives::Principal | Gives::PassedRole)
            || method.becomes().is_some();
        let key = (*need, when, other);
        if let Some(known) = self.parts.borrow().get(&key) {
            return known.clone();
        }
        let part = self.ask(need, when, other);
        self.parts.borrow_mut().insert(key, part.clone());
        part
    }

    fn ask(&self, need: &Need, when: &'static [Prerequisite], other: bool) -> Option<Part> {
        let action = need.action.to_ascii_lowercase();
        let mut context = Cow::Borrowed(self.context);
        match need.on {
            // Which of its two names a service has in China is not known.
            Target::PassedRole(_) if self.home.partition == "aws-cn" => {
                context.to_mut().set_unknown("iam:PassedToService");
            }
            Target::PassedRole(service) => {
                context.to_mut().set("iam:PassedToService", service);
            }
            Target::GivenRole(_) => {
                context.to_mut().set_unknown("iam:PassedToService");
            }
            Target::RunDocument => return self.document(&action),
            Target::Launched => return self.launched(),
            _ => {}
        }
        let (subject, mut except) = self.subject(need.on);
        let itself = self.itself().filter(|_| other);
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
            targets: Targets::Any,
            perhaps: Vec::new(),
            because: grant.because,
            conditions: grant.conditions,
        };
        let Some(existing) = self.existing.of_kind(need.on, when, &subject) else {
            if grant.possible != Extent::Every {
                part.targets = Targets::Named;
                part.conditions.push(format!(
                    "only on what its statements for {} name",
                    need.action
                ));
            }
            self.unseen(need.on, when, &mut part);
            return Some(part);
        };
        let others = |arn: &str| Some(arn) != itself;
        if grant.certain == Extent::Every {
            let mut best = Truth::No;
            for (_, _, truth) in existing.arns().filter(|(_, arn, _)| others(arn)) {
                best = best.or(truth);
                if best == Truth::Yes {
                    break;
                }
            }
            if best == Truth::Unknown {
                unfit(when).into_iter().for_each(|open| part.depends(open));
            }
            return (best != Truth::No).then_some(part);
        }
        self.narrow(&action, &context, (&existing, &others), when, part)
    }

    /// What a kind that was not seen leaves open: whether what is reached fits.
    fn unseen(&self, on: Target, when: &[Prerequisite], part: &mut Part) {
        let kind = matches!(
            on,
            Target::User | Target::Policy | Target::Role | Target::PassedRole(_)
        );
        for one in when {
            let about = !matches!(
                one,
                Prerequisite::Thing(_)
                    | Prerequisite::Said(_)
                    | Prerequisite::Own
                    | Prerequisite::FullVersions
            );
            if kind && about {
                part.depends(one.unread());
            }
        }
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
        action: &str,
        context: &Context,
        (existing, counts): (&OfKind<'_>, &dyn Fn(&str) -> bool),
        when: &[Prerequisite],
        mut part: Part,
    ) -> Option<Part> {
        let principal = Principal::user_of(self.home.partition, self.home.account, "\u{10FFFF}");
        let (mut sure, mut open, mut is_unfit) = (Vec::new(), Vec::new(), false);
        let documents = self.policies.identity.iter().map(|one| &*one.document);
        let meant = existing.index.meant(documents, action);
        let own = Policies {
            resource: ResourcePolicy::None,
            ..*self.policies
        };
        for (at, target, truth) in existing.arns() {
            if !meant.has(at) || !counts(target) {
                continue;
            }
            let request = Request {
                principal: &principal,
                action,
                resource: target,
                resource_account: self.home.account,
                context,
            };
            let allowed = evaluate(&request, &own).truth();
            is_unfit |= allowed == Truth::Yes && truth == Truth::Unknown;
            match allowed.and(truth) {
                Truth::Yes => sure.push(target.to_owned()),
                Truth::Unknown => open.push(target.to_owned()),
                Truth::No => {}
            }
        }
        part.certain = !sure.is_empty();
        if part.certain {
            part.conditions.clear();
        } else if is_unfit {
            unfit(when).into_iter().for_each(|open| part.depends(open));
        }
        part.settle(sure, open)?;
        Some(part)
    }

    /// The resources that a permission has to be held on, and those of them that do not count.
    pub(super) fn subject(&self, target: Target) -> (Pattern, Vec<Pattern>) {
        let Home { partition, account } = self.home;
        let iam = |kind: &str| Pattern::new(&format!("arn:{partition}:iam::{account}:{kind}/*"));
        match target {
            Target::Role | Target::PassedRole(_) | Target::GivenRole(_) => (
                iam("role"),
                vec![iam("role/aws-service-role"), iam("role/aws-reserved")],
            ),
            Target::User => (iam("user"), Vec::new()),
            Target::Group => (iam("group"), Vec::new()),
            Target::Policy => (iam("policy"), Vec::new()),
            Target::Iam(kind) => (iam(kind), Vec::new()),
            Target::Resource(service, rest) => (
                Pattern::new(&format!("arn:{partition}:{service}:*:{account}:{rest}")),
                Vec::new(),
            ),
            Target::RunDocument => (
                Pattern::new(&format!("arn:{partition}:ssm:*:*:document/*")),
                Vec::new(),
            ),
            Target::Launched => (
                Pattern::new(&format!("arn:{partition}:ec2:*:{account}:instance/*")),
                Vec::new(),
            ),
            Target::All => (Pattern::literal("*"), Vec::new()),
        }
    }
}
