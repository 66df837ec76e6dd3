//! Questions about sets of resources: may a principal do this on every resource of a pattern, on some, on none.
//!
//! The patterns of all statements that have the action cut the asked pattern into regions; within a
//! region every resource is matched by the same patterns, so the decision is one and the same. Nothing is
//! sampled. The resources' own policies are left out: they are asked resource by resource. RCPs are taken to
//! bind every resource of the pattern: whoever asks gives those of the account that it is of.

use super::context::Context;
use super::document::{Effect, ResourcePattern, Resources, Statement};
use super::evaluate::{MatchedStatement, NamedPolicy, Policies, PolicyKind, rcps_bind};
use super::glob::{self, Colons, Pattern};
use super::permissions::PermissionSet;
use super::principal::{Principal, Principals};
use super::truth::Truth;
use super::variable::Expanded;

/// How much of a pattern is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// No resource of it.
    Nothing,
    /// Some resources of it.
    Some,
    /// Every resource of it.
    Every,
}

/// What a principal's policies grant of an action on a pattern of resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// How much is allowed for certain.
    pub certain: Extent,
    /// How much is allowed or depends on what is not known.
    pub possible: Extent,
    /// The statements that allow, or may.
    pub because: Vec<MatchedStatement>,
    /// What is open, as in a decision.
    pub conditions: Vec<String>,
    /// The patterns were too many to decide exactly: `certain` is then a lower and `possible` an upper bound.
    pub undecided: bool,
}

impl Grant {
    const NONE: Self = Self {
        certain: Extent::Nothing,
        possible: Extent::Nothing,
        because: Vec::new(),
        conditions: Vec::new(),
        undecided: false,
    };

    /// Whether nothing of it is allowed or may be.
    pub fn is_nothing(&self) -> bool {
        self.possible == Extent::Nothing
    }
}

/// An action on a pattern of resources.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The action in lower case.
    pub action: &'a str,
    /// The resources.
    pub resources: &'a Pattern,
    /// Resources that are none of those meant.
    pub except: &'a [Pattern],
    /// Whether a wildcard of the pattern may stand for colons. Names of IAM, of secrets and of most other
    /// things have none, and without this `role/x:role/y` would be a role like any other.
    pub colons: bool,
}

impl<'a> Question<'a> {
    /// A question about ARNs whose names have no colon.
    pub fn new(action: &'a str, resources: &'a Pattern) -> Self {
        Self {
            action,
            resources,
            except: &[],
            colons: false,
        }
    }
}

/// Answers a question for the holder of these policies.
pub fn grants(policies: &Policies<'_>, context: &Context, question: &Question<'_>) -> Grant {
    let allows = |s: &Statement| s.effect == Effect::Allow && s.has_action(question.action);
    if !policies
        .identity
        .iter()
        .any(|p| p.document.statements.iter().any(allows))
    {
        return Grant::NONE;
    }
    let mut table = Table::new(question, context);
    table.add_list(PolicyKind::Identity, policies.identity, 0);
    if !table
        .slots
        .iter()
        .any(|s| s.statement.effect == Effect::Allow)
    {
        return Grant::NONE;
    }
    for (kind, list) in [
        (PolicyKind::Boundary, policies.boundary),
        (PolicyKind::Session, policies.session),
        (PolicyKind::Endpoint, policies.endpoint),
    ] {
        if !list.is_empty() {
            table.add_list(kind, list, 0);
        }
    }
    table.add_levels(PolicyKind::Scp, policies.scps);
    if rcps_bind(question.action) {
        table.add_levels(PolicyKind::Rcp, policies.rcps);
    }
    let grant = table.answer();
    if grant.undecided {
        searched(grant, policies, context, question)
    } else {
        grant
    }
}

/// Where the regions are too many, a search may still tell whether there is any that is allowed.
fn searched(
    mut grant: Grant,
    policies: &Policies<'_>,
    context: &Context,
    question: &Question<'_>,
) -> Grant {
    let principal = Principal::unnamed("");
    let set = PermissionSet::new(&principal, policies, context);
    let action = Pattern::literal(question.action);
    let colons = if question.colons {
        Colons::Any
    } else {
        Colons::Kept
    };
    let may = set.may_any_but(&action, question.resources, question.except, colons);
    match may.truth {
        Truth::No if !may.undecided => Grant::NONE,
        Truth::Yes => {
            grant.certain = Extent::Some;
            grant
        }
        _ => grant,
    }
}

/// The statements that have the action, and the patterns in them.
struct Table<'a, 'q> {
    question: &'q Question<'q>,
    context: &'q Context,
    /// How many groups there are, each of which has to allow.
    groups: usize,
    slots: Vec<Slot<'a>>,
    /// What is not meant, then the statements' patterns.
    patterns: Vec<Pattern>,
}

/// A statement in its group.
struct Slot<'a> {
    kind: PolicyKind,
    group: usize,
    index: usize,
    policy: &'a NamedPolicy,
    statement: &'a Statement,
    /// Whether its conditions hold.
    truth: Truth,
    resources: Cut,
}

/// The resources of a statement, by places in the list of patterns; a pattern with a variable that is not
/// known matches only perhaps.
enum Cut {
    Nothing,
    Only(Vec<(usize, Truth)>),
    AllBut(Vec<(usize, Truth)>),
}

impl<'a, 'q> Table<'a, 'q> {
    fn new(question: &'q Question<'q>, context: &'q Context) -> Self {
        let patterns = question.except.to_vec();
        Self {
            question,
            context,
            groups: 0,
            slots: Vec::new(),
            patterns,
        }
    }

    fn add_levels(&mut self, kind: PolicyKind, levels: &'a [Vec<NamedPolicy>]) {
        let mut first = 0;
        for level in levels {
            self.add_list(kind, level, first);
            first += level.len();
        }
    }

    fn add_list(&mut self, kind: PolicyKind, policies: &'a [NamedPolicy], first: usize) {
        let group = self.groups;
        // RCPFullAWSAccess stands beside RCPs always, so they have no allow to give.
        self.groups += usize::from(kind != PolicyKind::Rcp);
        let has_principals = matches!(kind, PolicyKind::Rcp | PolicyKind::Endpoint);
        for (index, policy) in policies.iter().enumerate() {
            for statement in &policy.document.statements {
                if !statement.has_action(self.question.action)
                    || (kind == PolicyKind::Rcp && statement.effect == Effect::Allow)
                {
                    continue;
                }
                let mut truth = statement.holds(self.context);
                if has_principals {
                    truth = truth.and(anyone(&statement.principals));
                }
                if truth == Truth::No {
                    continue;
                }
                let resources = self.cut(&statement.resources, !has_principals);
                self.slots.push(Slot {
                    kind,
                    group,
                    index: first + index,
                    policy,
                    statement,
                    truth,
                    resources,
                });
            }
        }
    }

    fn cut(&mut self, resources: &Resources, identity: bool) -> Cut {
        match resources {
            Resources::Omitted if identity => Cut::Nothing,
            Resources::Omitted => Cut::AllBut(Vec::new()),
            Resources::Only(list) => Cut::Only(self.places(list, identity)),
            Resources::AllBut(list) => Cut::AllBut(self.places(list, identity)),
        }
    }

    /// The patterns' places. One with a variable that has no value is like nothing.
    fn places(&mut self, list: &[ResourcePattern], identity: bool) -> Vec<(usize, Truth)> {
        let mut out = Vec::with_capacity(list.len());
        for resource in list {
            if let Some(padded) = resource.padded(identity) {
                out.push((self.place(padded), Truth::Yes));
            }
            match resource.template.expand(self.context, false) {
                Expanded::Pattern(p) => out.push((self.place(&p), Truth::Yes)),
                Expanded::Unknown(p) => out.push((self.place(&p), Truth::Unknown)),
                Expanded::Absent => {}
            }
        }
        out
    }

    fn place(&mut self, pattern: &Pattern) -> usize {
        match self.patterns.iter().position(|p| p == pattern) {
            Some(at) => at,
            None => {
                self.patterns.push(pattern.clone());
                self.patterns.len() - 1
            }
        }
    }

    fn answer(&self) -> Grant {
        let patterns: Vec<&Pattern> = self.patterns.iter().collect();
        let cut = if self.question.colons {
            glob::regions
        } else {
            glob::regions_within_fields
        };
        let Some(regions) = cut(&patterns, self.question.resources) else {
            return self.undecided();
        };
        let (mut asked, mut yes, mut open) = (0, 0, 0);
        let mut used = vec![false; self.slots.len()];
        for region in regions.keys().filter(|r| !self.is_excepted(r)) {
            asked += 1;
            match self.decide(region) {
                Truth::No => continue,
                Truth::Yes => yes += 1,
                Truth::Unknown => open += 1,
            }
            for (used, slot) in used.iter_mut().zip(&self.slots) {
                *used |= slot.applies(region) != Truth::No;
            }
        }
        let extent = |n| match n {
            0 => Extent::Nothing,
            n if n == asked => Extent::Every,
            _ => Extent::Some,
        };
        self.grant(extent(yes), extent(yes + open), &used, false)
    }

    fn is_excepted(&self, region: &[bool]) -> bool {
        region.iter().take(self.question.except.len()).any(|b| *b)
    }

    /// The decision for the resources of a region.
    fn decide(&self, region: &[bool]) -> Truth {
        let mut allow = vec![Truth::No; self.groups];
        let mut deny = Truth::No;
        for slot in &self.slots {
            let truth = slot.applies(region);
            match (slot.statement.effect, allow.get_mut(slot.group)) {
                (Effect::Allow, Some(group)) => *group = group.or(truth),
                _ => deny = deny.or(truth),
            }
        }
        allow
            .into_iter()
            .fold(Truth::Yes, Truth::and)
            .and(deny.negate())
    }

    /// What can be said without the regions: the identity's patterns that meet the asked one.
    fn undecided(&self) -> Grant {
        let meets = |slot: &Slot<'_>| match &slot.resources {
            Cut::Nothing => false,
            Cut::AllBut(_) => true,
            Cut::Only(places) => places
                .iter()
                .filter_map(|(at, _)| self.patterns.get(*at))
                .any(|p| p.overlaps(self.question.resources)),
        };
        let used: Vec<bool> = self.slots.iter().map(meets).collect();
        let mut grant = self.grant(Extent::Nothing, Extent::Every, &used, true);
        grant
            .conditions
            .push("as far as could be decided: the patterns are too many".into());
        grant
    }

    fn grant(&self, certain: Extent, possible: Extent, used: &[bool], undecided: bool) -> Grant {
        if possible == Extent::Nothing {
            return Grant::NONE;
        }
        let slots = || {
            self.slots
                .iter()
                .zip(used)
                .filter(|(_, used)| **used)
                .map(|(slot, _)| slot)
        };
        let because = slots()
            .filter(|s| s.statement.effect == Effect::Allow)
            .map(Slot::shown)
            .collect();
        let mut conditions: Vec<String> = Vec::new();
        // Where as much is certain as is possible, nothing is open.
        if certain != possible {
            for text in slots().filter_map(|s| s.open(self.context)) {
                if !conditions.contains(&text) {
                    conditions.push(text);
                }
            }
        }
        Grant {
            certain,
            possible,
            because,
            conditions,
            undecided,
        }
    }
}

/// Whether a statement means whoever asks, who is not named here. RCPs name nobody but everyone.
fn anyone(principals: &Principals) -> Truth {
    match principals {
        Principals::Only(set) if set.everyone => Truth::Yes,
        _ => Truth::Unknown,
    }
}

impl Slot<'_> {
    fn applies(&self, region: &[bool]) -> Truth {
        let any = |places: &[(usize, Truth)]| {
            places
                .iter()
                .map(|(at, truth)| {
                    if region.get(*at) == Some(&true) {
                        *truth
                    } else {
                        Truth::No
                    }
                })
                .fold(Truth::No, Truth::or)
        };
        let resource = match &self.resources {
            Cut::Nothing => Truth::No,
            Cut::Only(places) => any(places),
            Cut::AllBut(places) => any(places).negate(),
        };
        resource.and(self.truth)
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

    /// What is open in the statement.
    fn open(&self, context: &Context) -> Option<String> {
        let resource = self.statement.open_variables(context);
        self.statement.sentence(resource.as_deref(), context)
    }
}

#[cfg(test)]
mod tests;
