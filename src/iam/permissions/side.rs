//! One dimension of a statement: its actions or its resources, as a union of patterns or all but one.

use std::borrow::Cow;

use crate::iam::context::Context;
use crate::iam::document::{Actions, ResourcePattern, Resources};
use crate::iam::glob::{Colons, Pattern, Search, witness_with};
use crate::iam::variable::{Expanded, Template};

/// A union of patterns, or all that lies outside one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Side<'a> {
    pub(super) but: bool,
    pub(super) patterns: Vec<Cow<'a, Pattern>>,
}

/// The resources of a statement in a context.
#[derive(PartialEq)]
pub(super) struct Sides<'a> {
    /// Those that it certainly has.
    pub(super) certain: Side<'a>,
    /// Those that it may have.
    pub(super) possible: Side<'a>,
    /// Where they differ: the resources with a variable that is not known, and what each can match.
    pub(super) open: Vec<(&'a Template, Pattern)>,
}

impl<'a> Side<'a> {
    pub(super) fn of(patterns: Vec<Cow<'a, Pattern>>) -> Self {
        Self {
            but: false,
            patterns,
        }
    }

    pub(super) fn all_but(patterns: Vec<Cow<'a, Pattern>>) -> Self {
        Self {
            but: true,
            patterns,
        }
    }

    pub(super) fn everything() -> Self {
        Self::all_but(Vec::new())
    }

    pub(super) fn one(pattern: &'a Pattern) -> Self {
        Self::of(vec![Cow::Borrowed(pattern)])
    }

    pub(super) fn of_actions(actions: &'a Actions) -> Self {
        let patterns = actions.patterns().iter().map(Cow::Borrowed).collect();
        Self {
            but: matches!(actions, Actions::AllBut(_)),
            patterns,
        }
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.patterns.iter().any(|p| p.matches(text)) != self.but
    }

    /// Whether it is certainly empty.
    pub(super) fn is_nothing(&self) -> bool {
        !self.but && self.patterns.is_empty()
    }
}

impl<'a> Sides<'a> {
    pub(super) fn new(resources: &'a Resources, identity: bool, context: &Context) -> Self {
        match resources {
            Resources::Omitted if identity => Self::nothing(),
            Resources::Omitted => Self::plain(Side::everything()),
            Resources::Only(list) => {
                let (known, open) = patterns(list, identity, context);
                let all = known.iter().cloned();
                let all = all.chain(open.iter().map(|(_, p)| Cow::Owned(p.clone())));
                Self {
                    possible: Side::of(all.collect()),
                    certain: Side::of(known),
                    open,
                }
            }
            Resources::AllBut(list) => {
                let (known, open) = patterns(list, identity, context);
                let all = known.iter().cloned();
                let all = all.chain(open.iter().map(|(_, p)| Cow::Owned(p.clone())));
                Self {
                    certain: Side::all_but(all.collect()),
                    possible: Side::all_but(known),
                    open,
                }
            }
        }
    }

    fn plain(side: Side<'a>) -> Self {
        Self {
            certain: side.clone(),
            possible: side,
            open: Vec::new(),
        }
    }

    fn nothing() -> Self {
        Self::plain(Side::of(Vec::new()))
    }
}

/// The patterns that are known, and those with a variable that is not. One whose variable has no value is
/// like nothing.
type Read<'a> = (Vec<Cow<'a, Pattern>>, Vec<(&'a Template, Pattern)>);

fn patterns<'a>(list: &'a [ResourcePattern], identity: bool, context: &Context) -> Read<'a> {
    let (mut known, mut open) = (Vec::new(), Vec::new());
    for resource in list {
        known.extend(resource.padded(identity).map(Cow::Borrowed));
        match resource.template.expand(context, false) {
            Expanded::Pattern(pattern) => known.push(pattern),
            Expanded::Unknown(pattern) => open.push((&resource.template, pattern)),
            Expanded::Absent => {}
        }
    }
    (known, open)
}

/// How many combinations of patterns are tried before a search is given up.
const MOST: usize = 20_000;

/// A text that all the sides of `within` have and none of `without`.
pub(super) fn pick(within: &[&Side<'_>], without: &[&Side<'_>], colons: Colons) -> Search {
    let mut choices: Vec<&[Cow<'_, Pattern>]> = Vec::new();
    let mut none: Vec<&Pattern> = Vec::new();
    let sides = within.iter().map(|s| (s, false));
    for (side, turned) in sides.chain(without.iter().map(|s| (s, true))) {
        if side.but == turned {
            choices.push(&side.patterns);
        } else {
            none.extend(side.patterns.iter().map(AsRef::as_ref));
        }
    }
    // The first stays the first: its wildcards may be kept from colons.
    if let Some(rest) = choices.get_mut(1..) {
        rest.sort_by_key(|c| c.len());
    }
    let mut chosen = Chosen {
        choices,
        none,
        colons,
        tried: 0,
        undecided: false,
    };
    match chosen.search(0, &mut Vec::new()) {
        Some(text) => Search::Found(text),
        None if chosen.undecided => Search::Undecided,
        None => Search::Never,
    }
}

/// A search over the choices of one pattern from each union.
struct Chosen<'s> {
    choices: Vec<&'s [Cow<'s, Pattern>]>,
    none: Vec<&'s Pattern>,
    colons: Colons,
    tried: usize,
    undecided: bool,
}

impl<'s> Chosen<'s> {
    fn search(&mut self, at: usize, all: &mut Vec<&'s Pattern>) -> Option<String> {
        let Some(choice) = self.choices.get(at).copied() else {
            self.tried += 1;
            return match witness_with(all, &self.none, self.colons) {
                Search::Found(text) => Some(text),
                Search::Never => None,
                Search::Undecided => {
                    self.undecided = true;
                    None
                }
            };
        };
        // A pattern that has all of what was chosen leaves it as it is.
        if choice
            .iter()
            .any(|p| all.iter().any(|a| p.plainly_includes(a)))
        {
            return self.search(at + 1, all);
        }
        for pattern in choice {
            if all.iter().any(|a| !a.overlaps(pattern)) {
                continue;
            }
            if self.tried >= MOST {
                self.undecided = true;
                return None;
            }
            all.push(pattern);
            let found = self.search(at + 1, all);
            all.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }
}
