//! Is any request of a pattern allowed, for certain or perhaps.

use std::borrow::Cow;

use super::named::{Named, is_of_its_own};
use super::search::{Area, Found, each_cell, request};
use super::side::Side;
use super::{ALWAYS, Example, PermissionSet, Slot};
use crate::iam::evaluate::{Decision, Verdict};
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
        let mut search = Search {
            set: self,
            asked,
            except: Area {
                actions: &everything,
                resources: &except,
            },
            colons,
            undecided: false,
            best: None,
        };
        if self.principal.has_identity() && action.matches(ALWAYS) {
            let always = Pattern::literal(ALWAYS);
            let always = Side::one(&always);
            let within = Area {
                actions: &always,
                ..asked
            };
            let found = request(&[within], &[search.except], colons);
            if search.keep(found) {
                return search.answer();
            }
        }
        if !search.certainly() {
            search.perhaps();
        }
        search.answer()
    }
}

struct Search<'s> {
    set: &'s PermissionSet<'s>,
    asked: Area<'s>,
    except: Area<'s>,
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
        let denies = self.set.denies.iter().map(Slot::possible);
        let denies: Vec<Area<'s>> = denies.chain([self.except]).collect();
        let certain = |slot: &'s Slot<'s>| (slot.truth == Truth::Yes).then(|| slot.certain());
        self.over_groups(
            &certain,
            &mut vec![self.asked],
            &denies,
            &mut |search, found| search.keep(found),
        )
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
        let Some(group) = self.set.groups.get(within.len() - 1) else {
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
        let denies = self.set.denies.iter().filter(|d| d.truth == Truth::Yes);
        let denies: Vec<Area<'s>> = denies.map(Slot::certain).chain([self.except]).collect();
        let settles = self.set.may_settle();
        let named = Named::new(&[self.set]);
        let cuts = self.set.cuts(&named);
        let possible = |slot: &'s Slot<'s>| Some(slot.possible());
        let mut choices: Vec<Vec<Area<'s>>> = Vec::new();
        let mut within = vec![self.asked];
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
        let Some(group) = self.set.groups.get(within.len() - 1) else {
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
