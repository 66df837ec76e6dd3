//! The set written out: what is allowed, under what conditions, by which statements, and what is taken away.

use super::side::Side;
use super::{PermissionSet, Slot};
use crate::iam::evaluate::MatchedStatement;
use crate::iam::glob::{Meet, Pattern, Search};
use crate::iam::truth::Truth;

/// How many entries and parts of them are written out.
const MOST: usize = 5_000;

/// The entries of a set.
#[derive(Debug, Clone, PartialEq)]
pub struct Entries {
    /// A request is in the set where it is in one of these.
    pub list: Vec<Entry>,
    /// Whether these are all; there may be more where the groups have too many statements in common.
    pub whole: bool,
}

/// Requests that one Allow of each group lets through.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The actions: one of these.
    pub actions: Vec<Meet>,
    /// The resources: one of these.
    pub resources: Vec<Meet>,
    /// Yes, or unknown where it depends on the conditions.
    pub truth: Truth,
    /// What it depends on, as clauses.
    pub conditions: Vec<String>,
    /// The statements that allow.
    pub because: Vec<MatchedStatement>,
    /// What is denied of it.
    pub minus: Vec<Taken>,
}

/// What a Deny takes away.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The actions: one of these.
    pub actions: Vec<Meet>,
    /// The resources: one of these.
    pub resources: Vec<Meet>,
    /// Yes, or unknown where it depends on the conditions.
    pub truth: Truth,
    /// What it depends on, as clauses.
    pub conditions: Vec<String>,
    /// The statement.
    pub because: MatchedStatement,
}

impl Entry {
    /// Whether it allows a request.
    pub fn allows(&self, action: &str, resource: &str) -> Truth {
        if !has(&self.actions, action) || !has(&self.resources, resource) {
            return Truth::No;
        }
        let taken = self.minus.iter().map(|t| t.denies(action, resource));
        self.truth.and(taken.fold(Truth::No, Truth::or).negate())
    }
}

impl Taken {
    fn denies(&self, action: &str, resource: &str) -> Truth {
        if has(&self.actions, action) && has(&self.resources, resource) {
            self.truth
        } else {
            Truth::No
        }
    }
}

fn has(meets: &[Meet], text: &str) -> bool {
    meets.iter().any(|m| m.has(text))
}

impl Entries {
    /// Whether a request is in the set.
    pub fn allow(&self, action: &str, resource: &str) -> Truth {
        let truths = self.list.iter().map(|e| e.allows(action, resource));
        truths.fold(Truth::No, Truth::or)
    }
}

/// A statement with its resources that are known, or with those that may match.
struct Choice<'s> {
    slot: &'s Slot<'s>,
    resources: &'s Side<'s>,
    truth: Truth,
}

fn choices<'s>(slot: &'s Slot<'s>) -> Vec<Choice<'s>> {
    let choice = |resources, truth| Choice {
        slot,
        resources,
        truth,
    };
    let sides = &slot.resources;
    let certain = choice(&sides.certain, slot.truth);
    if sides.open.is_empty() {
        return vec![certain];
    }
    let open = choice(&sides.possible, Truth::Unknown);
    if slot.truth == Truth::Yes && !sides.certain.is_nothing() {
        vec![certain, open]
    } else {
        vec![open]
    }
}

/// An entry on the way: what the groups so far leave.
#[derive(Clone)]
struct Partial<'s> {
    actions: Vec<Meet>,
    resources: Vec<Meet>,
    truth: Truth,
    by: Vec<&'s Slot<'s>>,
}

impl PermissionSet<'_> {
    /// The set written out. Where a statement allows only perhaps, and other statements complete or exclude
    /// its conditions, [`PermissionSet::decide`] knows more.
    pub fn entries(&self) -> Entries {
        let mut whole = true;
        let start = Partial {
            actions: vec![Meet::of(Pattern::new("*"))],
            resources: vec![Meet::of(Pattern::new("*"))],
            truth: Truth::Yes,
            by: Vec::new(),
        };
        let mut partials = vec![start];
        for group in &self.groups {
            let mut next = Vec::new();
            for partial in &partials {
                for choice in group.iter().flat_map(|s| choices(s)) {
                    next.extend(partial.and(&choice));
                    if next.len() > MOST {
                        whole = false;
                        break;
                    }
                }
            }
            next.truncate(MOST);
            partials = next;
        }
        let mut list: Vec<Entry> = partials.into_iter().map(|p| self.entry(p)).collect();
        list.extend(self.always());
        Entries { list, whole }
    }

    /// What no policy takes away.
    fn always(&self) -> Option<Entry> {
        self.principal.has_identity().then(|| Entry {
            actions: vec![Meet::of(Pattern::literal(super::ALWAYS))],
            resources: vec![Meet::of(Pattern::new("*"))],
            truth: Truth::Yes,
            conditions: Vec::new(),
            because: Vec::new(),
            minus: Vec::new(),
        })
    }

    fn entry(&self, partial: Partial<'_>) -> Entry {
        let mut conditions: Vec<String> = Vec::new();
        if partial.truth != Truth::Yes {
            for text in partial.by.iter().filter_map(|s| s.open(self.context)) {
                if !conditions.contains(&text) {
                    conditions.push(text);
                }
            }
        }
        let denies = self.denies.iter().flat_map(choices);
        let minus = denies.filter_map(|c| self.taken(&partial, &c)).collect();
        Entry {
            actions: partial.actions,
            resources: partial.resources,
            truth: partial.truth,
            conditions,
            because: partial.by.iter().map(|s| s.shown()).collect(),
            minus,
        }
    }

    fn taken(&self, partial: &Partial<'_>, deny: &Choice<'_>) -> Option<Taken> {
        let left = partial.and(deny)?;
        let open = (deny.truth != Truth::Yes).then(|| deny.slot.open(self.context));
        Some(Taken {
            actions: left.actions,
            resources: left.resources,
            truth: deny.truth,
            conditions: open.flatten().into_iter().collect(),
            because: deny.slot.shown(),
        })
    }
}

impl<'s> Partial<'s> {
    /// What the choice leaves of it; `None` where nothing is left.
    fn and<'c: 's>(&self, choice: &Choice<'c>) -> Option<Self> {
        let actions = cut(&self.actions, &choice.slot.actions);
        if actions.is_empty() {
            return None;
        }
        let resources = cut(&self.resources, choice.resources);
        if resources.is_empty() {
            return None;
        }
        let mut by = self.by.clone();
        by.push(choice.slot);
        Some(Self {
            actions,
            resources,
            truth: self.truth.and(choice.truth),
            by,
        })
    }
}

/// What a side leaves of a union, without what is certainly nothing.
fn cut(meets: &[Meet], side: &Side<'_>) -> Vec<Meet> {
    let parts: Vec<Meet> = if side.but {
        let taken = || side.patterns.iter().map(AsRef::as_ref);
        meets.iter().map(|m| m.clone().minus(taken())).collect()
    } else {
        let pairs = meets
            .iter()
            .flat_map(|m| side.patterns.iter().map(move |p| (m, p)));
        pairs
            .flat_map(|(meet, pattern)| meet.and(pattern))
            .collect()
    };
    let mut out: Vec<Meet> = Vec::new();
    for part in parts {
        if !out.contains(&part) && (part.is_pattern() || part.witness() != Search::Never) {
            out.push(part);
        }
    }
    out
}
