//! Many resources, indexed once, so that asking which of them principals may use looks only at those that
//! some statement can mean.

mod pairs;
mod places;

pub use pairs::{Holder, Pairs, Reach};
pub use places::Places;

use std::collections::HashMap;

use super::arn;
use super::glob::{Pattern, Token};

/// How many bytes the pieces of text have by which resources are found.
const PIECE: usize = 4;

/// ARNs of resources, indexed by how they begin and by what they have in them.
#[derive(Debug, Clone, Default)]
pub struct ResourceIndex {
    /// In the order in which they were given.
    resources: Vec<Box<str>>,
    /// The places of the resources, sorted by their text.
    sorted: Vec<u32>,
    /// For each piece of text, the places of the resources that have it.
    pieces: HashMap<[u8; PIECE], Vec<u32>>,
    /// The resources of each account.
    by_account: HashMap<Box<str>, Places>,
    /// Those that name no account.
    of_no_account: Option<Places>,
}

impl ResourceIndex {
    /// Indexes the resources.
    pub fn new<'r>(resources: impl IntoIterator<Item = &'r str>) -> Self {
        let resources: Vec<Box<str>> = resources.into_iter().map(Into::into).collect();
        let mut sorted: Vec<u32> = (0..resources.len() as u32).collect();
        sorted.sort_by_key(|at| resources.get(*at as usize));
        let mut index = Self {
            sorted,
            of_no_account: Some(Places::none(resources.len())),
            ..Self::default()
        };
        for (at, resource) in resources.iter().enumerate() {
            index.add_pieces(at as u32, resource);
            let places = match arn::account(resource) {
                Some(account) => index
                    .by_account
                    .entry(account.into())
                    .or_insert_with(|| Places::none(resources.len())),
                None => index
                    .of_no_account
                    .get_or_insert_with(|| Places::none(resources.len())),
            };
            places.add(at);
        }
        index.resources = resources;
        index
    }

    fn add_pieces(&mut self, at: u32, resource: &str) {
        for piece in resource.as_bytes().windows(PIECE) {
            if let Ok(piece) = <[u8; PIECE]>::try_from(piece) {
                let having = self.pieces.entry(piece).or_default();
                if having.last() != Some(&at) {
                    having.push(at);
                }
            }
        }
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// The resource at a place of the list that was given.
    pub fn get(&self, at: usize) -> Option<&str> {
        self.resources.get(at).map(|r| &**r)
    }

    /// Adds the resources that a pattern matches.
    fn add_matches(&self, pattern: &Pattern, out: &mut Places) {
        if pattern.is_any() {
            out.join(&Places::all(self.len()));
            return;
        }
        let begin = self.beginning(pattern.head());
        let having = self.rarest(pattern);
        let near = match having {
            Some(having) if having.len() < begin.len() => having,
            _ => begin,
        };
        for at in near {
            let at = *at as usize;
            if self.get(at).is_some_and(|r| pattern.matches(r)) {
                out.add(at);
            }
        }
    }

    /// The places of the resources that begin so.
    fn beginning(&self, head: &str) -> &[u32] {
        let text = |at: &u32| self.get(*at as usize).unwrap_or_default();
        let first = self.sorted.partition_point(|at| text(at) < head);
        let rest = self.sorted.get(first..).unwrap_or_default();
        let run = rest.partition_point(|at| text(at).starts_with(head));
        rest.get(..run).unwrap_or_default()
    }

    /// The places of the resources that have the rarest piece of text that the pattern has; `None` where it has
    /// no piece of text.
    fn rarest(&self, pattern: &Pattern) -> Option<&[u32]> {
        let mut rarest: Option<&[u32]> = None;
        let runs = pattern.tokens().split(|t| !matches!(t, Token::Char(_)));
        for run in runs {
            let text: String = run
                .iter()
                .filter_map(|t| match t {
                    Token::Char(c) => Some(*c),
                    Token::One | Token::Many => None,
                })
                .collect();
            for piece in text.as_bytes().windows(PIECE) {
                let having = self.pieces.get(piece).map_or(&[][..], Vec::as_slice);
                if rarest.is_none_or(|r| having.len() < r.len()) {
                    rarest = Some(having);
                }
            }
        }
        rarest
    }

    /// The resources of an account, and those that name none.
    fn of_account(&self, account: &str) -> Places {
        let mut out = self
            .of_no_account
            .clone()
            .unwrap_or_else(|| Places::none(self.len()));
        if let Some(own) = self.by_account.get(account) {
            out.join(own);
        }
        out
    }
}

#[cfg(test)]
mod tests;
