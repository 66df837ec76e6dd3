//! Is there a request, an action and a resource together, within some statements and outside of others.

use super::side::{Side, pick};
use crate::iam::glob::{Colons, Pattern, Search};

/// Actions and resources of a statement.
#[derive(Clone, Copy)]
pub(super) struct Area<'s> {
    pub(super) actions: &'s Side<'s>,
    pub(super) resources: &'s Side<'s>,
}

impl Area<'_> {
    pub(super) fn has(&self, action: &str, resource: &str) -> bool {
        self.actions.has(action) && self.resources.has(resource)
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A request of it: the action and the resource.
    Request(String, String),
    /// There is none.
    Never,
    /// It took too much.
    Undecided,
}

/// How many times actions or resources are searched before a request is given up.
const MOST: usize = 4_000;

/// A request that lies in all of `within` and in none of `without`.
///
/// An action is tried; the resources of those of `without` that have it are taken away; where nothing is
/// left, one of those that it took has to lack the action. So only what matters is ever combined.
pub(super) fn request(within: &[Area<'_>], without: &[Area<'_>], colons: Colons) -> Found {
    let name = Pattern::new("?*:?*");
    let name = Side::one(&name);
    let mut actions: Vec<&Side<'_>> = vec![&name];
    actions.extend(within.iter().map(|a| a.actions));
    let mut search = Requests {
        actions,
        resources: within.iter().map(|a| a.resources).collect(),
        without,
        colons,
        tried: 0,
        undecided: false,
    };
    match search.outside(&mut Vec::new()) {
        Some((action, resource)) => Found::Request(action, resource),
        None if search.undecided => Found::Undecided,
        None => Found::Never,
    }
}

struct Requests<'s> {
    actions: Vec<&'s Side<'s>>,
    resources: Vec<&'s Side<'s>>,
    without: &'s [Area<'s>],
    colons: Colons,
    tried: usize,
    undecided: bool,
}

impl Requests<'_> {
    /// A request whose action is not one of these areas'.
    fn outside(&mut self, lacking: &mut Vec<usize>) -> Option<(String, String)> {
        let lacked: Vec<&Side<'_>> = areas(self.without, lacking).map(|a| a.actions).collect();
        let action = self.note(pick(&self.actions, &lacked, Colons::Kept))?;
        let mut having: Vec<usize> = (0..self.without.len())
            .filter(|at| {
                self.without
                    .get(*at)
                    .is_some_and(|a| a.actions.has(&action))
            })
            .collect();
        if let Some(resource) = self.resource(&having)? {
            return Some((action, resource));
        }
        self.shrink(&mut having);
        for at in having {
            lacking.push(at);
            let found = self.outside(lacking);
            lacking.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// A resource that none of these areas has; the outer `None` where that is not known.
    fn resource(&mut self, having: &[usize]) -> Option<Option<String>> {
        let taken: Vec<&Side<'_>> = areas(self.without, having).map(|a| a.resources).collect();
        match pick(&self.resources, &taken, self.colons) {
            Search::Never => Some(None),
            other => self.note(other).map(Some),
        }
    }

    /// Leaves out what is not needed to take all resources.
    fn shrink(&mut self, having: &mut Vec<usize>) {
        let mut at = 0;
        while at < having.len() && having.len() > 1 {
            let left = having.remove(at);
            if !matches!(self.resource(having), Some(None)) {
                having.insert(at, left);
                at += 1;
            }
        }
    }

    fn note(&mut self, search: Search) -> Option<String> {
        self.tried += 1;
        match search {
            Search::Found(text) if self.tried <= MOST => Some(text),
            Search::Never => None,
            Search::Found(_) | Search::Undecided => {
                self.undecided = true;
                None
            }
        }
    }
}

fn areas<'r>(areas: &'r [Area<'r>], places: &'r [usize]) -> impl Iterator<Item = &'r Area<'r>> {
    places.iter().filter_map(|at| areas.get(*at))
}

/// How many cells are looked at before the rest is left.
const CELLS: usize = 500;

/// Goes through the requests of an area, one for each combination of `cuts` that a request can lie in, until
/// `stop` says so. `None` where it went through all of them; else the request it stopped at, or
/// [`Found::Undecided`].
pub(super) fn each_cell(
    within: &[Area<'_>],
    without: &[Area<'_>],
    cuts: &[Area<'_>],
    colons: Colons,
    stop: impl FnMut(&str, &str) -> bool,
) -> Option<Found> {
    let mut cells = Cells {
        cuts,
        colons,
        stop,
        seen: 0,
        undecided: false,
    };
    match cells.visit(&mut within.to_vec(), &mut without.to_vec(), &mut Vec::new()) {
        Some((action, resource)) => Some(Found::Request(action, resource)),
        None => cells.undecided.then_some(Found::Undecided),
    }
}

struct Cells<'s, F> {
    cuts: &'s [Area<'s>],
    colons: Colons,
    stop: F,
    seen: usize,
    undecided: bool,
}

impl<'s, F: FnMut(&str, &str) -> bool> Cells<'s, F> {
    /// The cells that lie in `within` and not in `without`; `decided` are the cuts among those.
    fn visit(
        &mut self,
        within: &mut Vec<Area<'s>>,
        without: &mut Vec<Area<'s>>,
        decided: &mut Vec<usize>,
    ) -> Option<(String, String)> {
        self.seen += 1;
        if self.seen > CELLS {
            self.undecided = true;
            return None;
        }
        let (action, resource) = match request(within, without, self.colons) {
            Found::Request(action, resource) => (action, resource),
            Found::Never => return None,
            Found::Undecided => {
                self.undecided = true;
                return None;
            }
        };
        if (self.stop)(&action, &resource) {
            return Some((action, resource));
        }
        // Every other cell differs in some cut: in the first of them, or in the second and not the first, …
        let (inside, outside, known) = (within.len(), without.len(), decided.len());
        let mut found = None;
        for (at, cut) in self.cuts.iter().enumerate() {
            if decided.contains(&at) {
                continue;
            }
            decided.push(at);
            let has = cut.has(&action, &resource);
            let other = if has { &mut *without } else { &mut *within };
            other.push(*cut);
            found = self.visit(within, without, decided);
            if found.is_some() {
                break;
            }
            let (same, other) = if has {
                (&mut *within, &mut *without)
            } else {
                (&mut *without, &mut *within)
            };
            other.pop();
            same.push(*cut);
        }
        within.truncate(inside);
        without.truncate(outside);
        decided.truncate(known);
        found
    }
}
