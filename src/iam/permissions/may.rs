//! Is any request of a pattern allowed, for certain or perhaps.

use std::borrow::Cow;

use super::named::{Named, is_of_its_own};
use super::search::{Area, Found, each_cell, request};
use super::side::Side;
use super::{Example, PermissionSet, Slot};
use crate::iam::evaluate::{Decision, PolicyKind, Verdict};
use crate::iam::glob::{Colons, Pattern};
use crate::iam::truth::Truth;

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct May {
    /// Whether some request is allowed; unknown where one is conditional and none is certain.
    pub truth: Truth,
    /// Such a request, and its decision.
    pub example: Option<(Example, Decision)>,
    /// It took too much to be exact: what was found holds, but there may be more.
    pub undecided: bool,
}

impl May {
    fn no(undecided: bool) -> Self {
        Self {
            truth: if undecided { Truth::Unknown } else { Truth::No },
            example: None,
            undecided,
        }
    }
}

impl PermissionSet<'_> {
    /// Whether any request with an action and a resource of these patterns is allowed. The action's pattern
    /// has to be in lower case; with [`Colons::Kept`] the resource's wildcards stand for no colon, as the
    /// names of most things have none.
    pub fn may_any(&self, action: &Pattern, resource: &Pattern, colons: Colons) -> May {
        self.may_any_but(action, resource, &[], colons)
    }

    /// The same for resources that none of `except` matches.
    pub fn may_any_but(
        &self,
        action: &Pattern,
        resource: &Pattern,
        except: &[Pattern],
        colons: Colons,
    ) -> May {
        let (actions, resources) = (Side::one(action), Side::one(resource));
        let everything = Side::everything();
        let except = Side::of(except.iter().map(Cow::Borrowed).collect());
        let asked = Area {
            actions: &actions,
            resources: &resources,
        };
        let except = Area {
            actions: &everything,
            resources: &except,
        };
        let mut search = Search {
            set: self,
            asked: vec![asked],
            except,
            with_rcps: true,
            with_aliases: false,
            colons,
            undecided: false,
            best: None,
        };
        for always in self.aside.always() {
            let found = request(&[asked, always], &[except], colons);
            if search.keep(found) {
                return search.answer();
            }
        }
        if search.run() {
            return search.answer();
        }
        search.with_aliases = true;
        search.asked = vec![asked, self.aside.own_aliases()];
        if search.run() {
            return search.answer();
        }
        search.with_aliases = false;
        if self.denies.iter().any(|d| d.kind == PolicyKind::Rcp) {
            // What RCPs do not bind.
            search.with_rcps = false;
            for unbound in self.aside.unbound() {
                search.asked = vec![asked, unbound];
                if search.run() {
                    break;
                }
            }
        }
        search.asked = vec![asked];
        search.aliases();
        search.answer()
    }
}

struct Search<'s> {
    set: &'s PermissionSet<'s>,
    /// In all of these.
    asked: Vec<Area<'s>>,
    except: Area<'s>,
    with_rcps: bool,
    with_aliases: bool,
    colons: Colons,
    undecided: bool,
    best: Option<(Example, Decision)>,
}

impl<'s> Search<'s> {
    fn answer(self) -> May {
        match self.best {
            None => May::no(self.undecided),
            Some((example, decision)) => May {
                truth: decision.truth(),
                undecided: self.undecided && !decision.is_allowed(),
                example: Some((example, decision)),
            },
        }
    }

    /// Whether something certain was found.
    fn run(&mut self) -> bool {
        if !self.certainly() {
            self.perhaps();
        }
        self.best.as_ref().is_some_and(|(_, d)| d.is_allowed())
    }

    /// Where aliases alone are asked for: which keys they stand for is not known.
    fn aliases(&mut self) {
        let mut within = self.asked.clone();
        within.push(self.set.aside.keys());
        if self.best.is_some() || request(&within, &[self.except], self.colons) != Found::Never {
            return;
        }
        within.pop();
        within.push(self.set.aside.aliases());
        match request(&within, &[self.except], self.colons) {
            Found::Never => {}
            Found::Undecided => self.undecided = true,
            Found::Request(action, resource) => {
                let one = |side: &Side<'_>, text: &str| matches!(side.patterns.as_slice(), [p] if p.as_literal() == Some(text));
                let all = |a: &Area<'_>| one(a.actions, &action) && one(a.resources, &resource);
                if !self.asked.iter().all(all) {
                    self.undecided = true;
                }
                self.look(&action, &resource);
            }
        }
    }

    /// What is not looked for: denied, excepted, or not left to policies' own words.
    fn outside(&self, denies: impl Fn(&'s Slot<'s>) -> Option<Area<'s>>) -> Vec<Area<'s>> {
        let slots = self.set.denies.iter();
        let slots = slots.filter(|d| self.with_rcps || d.kind != PolicyKind::Rcp);
        let mut out: Vec<Area<'s>> = slots.filter_map(denies).collect();
        out.push(self.except);
        out.extend(self.set.aside.fixed());
        out.extend((!self.with_aliases).then(|| self.set.aside.aliases()));
        out
    }

    /// Keeps what was found if it is the best so far; whether nothing better can come.
    fn keep(&mut self, found: Found) -> bool {
        match found {
            Found::Never => false,
            Found::Undecided => {
                self.undecided = true;
                false
            }
            Found::Request(action, resource) => self.look(&action, &resource),
        }
    }

    fn look(&mut self, action: &str, resource: &str) -> bool {
        let decision = self.set.decide(action, resource);
        let allowed = decision.is_allowed();
        if !decision.is_denied() && (allowed || self.best.is_none()) {
            let (action, resource) = (action.to_owned(), resource.to_owned());
            self.best = Some((Example { action, resource }, decision));
        }
        allowed
    }

    /// What is allowed without question: an Allow of each group, outside of all that may deny.
    fn certainly(&mut self) -> bool {
        let denies = self.outside(|slot| Some(slot.possible()));
        let certain = |slot: &'s Slot<'s>| (slot.truth == Truth::Yes).then(|| slot.certain());
        let mut within = self.asked.clone();
        self.over_groups(&certain, &mut within, &denies, &mut |search, found| {
            search.keep(found)
        })
    }

    /// Calls `found` with a request for each choice of one Allow from each group, until it says that it is
    /// enough.
    fn over_groups(
        &mut self,
        area: &dyn Fn(&'s Slot<'s>) -> Option<Area<'s>>,
        within: &mut Vec<Area<'s>>,
        without: &[Area<'s>],
        found: &mut dyn FnMut(&mut Self, Found) -> bool,
    ) -> bool {
        let one = request(within, without, self.colons);
        if one == Found::Never {
            return false;
        }
        let Some(group) = self.set.groups.get(within.len() - self.asked.len()) else {
            return found(self, one);
        };
        for area_of_slot in group.iter().filter_map(area) {
            within.push(area_of_slot);
            let enough = self.over_groups(area, within, without, found);
            within.pop();
            if enough {
                return true;
            }
        }
        false
    }

    /// What may be allowed. Where conditions can complete each other, every cell is looked at.
    fn perhaps(&mut self) {
        let denies = self.outside(|slot| (slot.truth == Truth::Yes).then(|| slot.certain()));
        let settles = self.set.may_settle();
        let named = Named::new(&[self.set]);
        let cuts = self.set.cuts(&named);
        let possible = |slot: &'s Slot<'s>| Some(slot.possible());
        let mut choices: Vec<Vec<Area<'s>>> = Vec::new();
        let mut within = self.asked.clone();
        if !settles {
            self.over_groups(&possible, &mut within, &denies, &mut |search, found| {
                search.keep(found);
                search.best.is_some()
            });
            return;
        }
        self.all_choices(&mut within, &denies, &mut choices);
        for within in choices {
            let (set, colons) = (self.set, self.colons);
            let mut unsure = false;
            let stopped = each_cell(&within, &denies, &cuts, colons, |action, resource| {
                let decision = set.decide(action, resource);
                unsure |= decision.is_denied() && is_of_its_own(&[set], action, resource);
                if decision.verdict == Verdict::Conditional && self.best.is_none() {
                    self.look(action, resource);
                }
                decision.is_allowed()
            });
            self.undecided |= unsure;
            match stopped {
                Some(Found::Request(action, resource)) => {
                    self.look(&action, &resource);
                    return;
                }
                Some(_) => self.undecided = true,
                None => {}
            }
        }
    }

    /// Every choice of one Allow from each group that leaves something.
    fn all_choices(
        &self,
        within: &mut Vec<Area<'s>>,
        without: &[Area<'s>],
        out: &mut Vec<Vec<Area<'s>>>,
    ) {
        if request(within, without, self.colons) == Found::Never {
            return;
        }
        let Some(group) = self.set.groups.get(within.len() - self.asked.len()) else {
            out.push(within.clone());
            return;
        };
        for slot in group {
            within.push(slot.possible());
            self.all_choices(within, without, out);
            within.pop();
        }
    }
}
