//! Exact questions about one pattern against many: which combinations of them can a text have,
//! and do they cover it.
//!
//! The patterns are walked together, as a finite automaton, along all texts of the subject pattern.
//! A text's further fate depends only on the places reached so far, so every such set of places is
//! looked at once. Their number is bounded by [`BUDGET`]; beyond it the answer is "undecided".

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Pattern, Token};

/// How many sets of places are looked at before a question is given up as undecided.
pub const BUDGET: usize = 1 << 14;

/// A character that no pattern has, standing for all of those at once.
const FRESH: char = '\u{10FFFF}';

/// Whether a pattern lies inside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inclusion {
    /// Every text of it is matched by one of the others.
    Yes,
    /// Some text of it is not.
    No,
    /// More than [`BUDGET`] sets of places: not known.
    Undecided,
}

/// The combinations of patterns that the texts of a subject can match: which patterns match, and a text
/// that shows it (where anything may stand, it has a character that no pattern has).
pub type Regions = BTreeMap<Vec<bool>, String>;

/// Whether every text of `subject` is matched by at least one of `patterns`.
pub fn includes_union(patterns: &[&Pattern], subject: &Pattern) -> Inclusion {
    let near: Vec<&Pattern> = patterns
        .iter()
        .copied()
        .filter(|p| p.overlaps(subject))
        .collect();
    if near.is_empty() {
        return Inclusion::No;
    }
    if near.iter().any(|p| !p.is_general() && p.includes(subject)) {
        return Inclusion::Yes;
    }
    // A wildcard of the patterns that takes a character nobody names takes every other one too,
    // so the subject's wildcards need to be tried with that character alone.
    let walk = Walk::new(&near, subject, Letters::Fresh);
    walk.run(|accepted, _| accepted.iter().any(|a| *a))
}

/// Every combination of `patterns` that some text of `subject` matches; `None` when undecided.
pub fn regions(patterns: &[&Pattern], subject: &Pattern) -> Option<Regions> {
    cut(patterns, subject, Letters::Named)
}

/// The same for those texts in which no wildcard of the subject stands for a colon.
pub fn regions_within_fields(patterns: &[&Pattern], subject: &Pattern) -> Option<Regions> {
    cut(patterns, subject, Letters::NamedButColon)
}

fn cut(patterns: &[&Pattern], subject: &Pattern, letters: Letters) -> Option<Regions> {
    let fixed: Vec<Option<bool>> = patterns
        .iter()
        .map(|p| {
            if !p.overlaps(subject) {
                Some(false)
            } else if p.includes(subject) {
                Some(true)
            } else {
                None
            }
        })
        .collect();
    let open: Vec<&Pattern> = patterns
        .iter()
        .zip(&fixed)
        .filter(|(_, f)| f.is_none())
        .map(|(p, _)| *p)
        .collect();
    let found = open_regions(&open, subject, letters)?;
    Some(
        found
            .into_iter()
            .map(|(bits, text)| {
                let mut bits = bits.into_iter();
                let all = fixed
                    .iter()
                    .map(|f| f.unwrap_or_else(|| bits.next().unwrap_or(false)));
                (all.collect(), text)
            })
            .collect(),
    )
}

/// The regions for patterns that cut the subject in two.
fn open_regions(open: &[&Pattern], subject: &Pattern, letters: Letters) -> Option<Regions> {
    if open.is_empty() {
        return Some(Regions::from([(Vec::new(), example(subject))]));
    }
    if !subject.is_general() && open.iter().all(|p| !p.is_general()) {
        return Some(simple_regions(open, subject, letters));
    }
    let mut all = Regions::new();
    let walk = Walk::new(open, subject, letters);
    let ended = walk.run(|accepted, text| {
        all.entry(accepted.to_vec())
            .or_insert_with(|| text.to_owned());
        true
    });
    (ended == Inclusion::Yes).then_some(all)
}

/// Where there are only texts and `prefix*`: what matches depends on the longest prefix alone, so one
/// text for each prefix and each literal shows everything.
fn simple_regions(open: &[&Pattern], subject: &Pattern, letters: Letters) -> Regions {
    let colon = |t: &str| {
        t.get(subject.head().len()..)
            .is_some_and(|rest| rest.contains(':'))
    };
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for pattern in open.iter().copied().chain([subject]) {
        match pattern.as_literal() {
            Some(text) => texts.insert(text.to_owned()),
            None => texts.insert(format!("{}{FRESH}", pattern.head())),
        };
    }
    texts
        .iter()
        .filter(|t| subject.matches(t) && !(letters == Letters::NamedButColon && colon(t)))
        .map(|t| (open.iter().map(|p| p.matches(t)).collect(), t.clone()))
        .collect()
}

impl Pattern {
    /// Whether it is more than a text or `prefix*`.
    fn is_general(&self) -> bool {
        self.shape == super::Shape::General
    }
}

/// A walk of the patterns along the subject's texts.
struct Walk<'a> {
    patterns: &'a [&'a Pattern],
    /// Where each pattern's places start in the numbering of all places.
    starts: Vec<u32>,
    /// The token at each place; `None` at a pattern's end.
    places: Vec<Option<Token>>,
    subject: &'a Pattern,
    letters: Letters,
}

/// The characters that a subject's wildcard is tried with.
#[derive(Clone, Copy, PartialEq)]
enum Letters {
    /// One that nobody names.
    Fresh,
    /// That, and those that the patterns name.
    Named,
    /// The same without the colon.
    NamedButColon,
}

/// A place in the subject, and the places in the patterns.
type Node = (usize, Box<[u32]>);

/// How a node was come to: from which step, by which character.
type Step = (usize, Option<char>);

impl<'a> Walk<'a> {
    fn new(patterns: &'a [&'a Pattern], subject: &'a Pattern, letters: Letters) -> Self {
        let mut starts = Vec::with_capacity(patterns.len());
        let mut places = Vec::new();
        for pattern in patterns {
            starts.push(places.len() as u32);
            places.extend(pattern.tokens().iter().copied().map(Some));
            places.push(None);
        }
        Self {
            patterns,
            starts,
            places,
            subject,
            letters,
        }
    }

    fn token(&self, place: u32) -> Option<Token> {
        self.places.get(place as usize).copied().flatten()
    }

    /// Adds what a `*` reaches without a character.
    fn close(&self, mut set: Vec<u32>) -> Box<[u32]> {
        let mut i = 0;
        while let Some(&place) = set.get(i) {
            if self.token(place) == Some(Token::Many) {
                set.push(place + 1);
            }
            i += 1;
        }
        set.sort_unstable();
        set.dedup();
        set.into()
    }

    fn step(&self, set: &[u32], c: char) -> Box<[u32]> {
        let next = set
            .iter()
            .filter_map(|&place| match self.token(place)? {
                Token::Many => Some(place),
                Token::One => Some(place + 1),
                Token::Char(own) => (own == c).then_some(place + 1),
            })
            .collect();
        self.close(next)
    }

    /// The characters worth trying for a subject's wildcard: all others lead to where the fresh one does.
    fn letters(&self, set: &[u32]) -> Vec<char> {
        let mut out = vec![FRESH];
        if self.letters != Letters::Fresh {
            out.extend(set.iter().filter_map(|&p| match self.token(p) {
                Some(Token::Char(':')) if self.letters == Letters::NamedButColon => None,
                Some(Token::Char(c)) => Some(c),
                _ => None,
            }));
            out.sort_unstable();
            out.dedup();
        }
        out
    }

    fn accepted(&self, set: &[u32]) -> Vec<bool> {
        self.patterns
            .iter()
            .zip(&self.starts)
            .map(|(p, start)| {
                set.binary_search(&(start + p.tokens().len() as u32))
                    .is_ok()
            })
            .collect()
    }

    /// Calls `at_end` with the patterns that match, and a text, for every set in which a text of the
    /// subject can end; stops with `No` when it returns false.
    fn run(&self, mut at_end: impl FnMut(&[bool], &str) -> bool) -> Inclusion {
        let first: Node = (0, self.close(self.starts.clone()));
        let mut steps: Vec<Step> = vec![(0, None)];
        let mut seen: HashSet<Node> = HashSet::from([first.clone()]);
        let mut todo = vec![(first, 0)];
        while let Some(((at, set), step)) = todo.pop() {
            let mut next: Vec<(Node, Option<char>)> = Vec::new();
            match self.subject.tokens().get(at) {
                None => {
                    if !at_end(&self.accepted(&set), &text_of(&steps, step)) {
                        return Inclusion::No;
                    }
                }
                Some(Token::Char(c)) => next.push(((at + 1, self.step(&set, *c)), Some(*c))),
                Some(wildcard) => {
                    let behind = if *wildcard == Token::One { at + 1 } else { at };
                    let letters = self.letters(&set).into_iter();
                    next.extend(letters.map(|c| ((behind, self.step(&set, c)), Some(c))));
                    if *wildcard == Token::Many {
                        next.push(((at + 1, set), None));
                    }
                }
            }
            for (node, c) in next {
                if seen.len() >= BUDGET {
                    return Inclusion::Undecided;
                }
                if seen.insert(node.clone()) {
                    steps.push((step, c));
                    todo.push((node, steps.len() - 1));
                }
            }
        }
        Inclusion::Yes
    }
}

/// The text along the steps to this one.
fn text_of(steps: &[Step], mut at: usize) -> String {
    let mut back: Vec<char> = Vec::new();
    while let Some((from, c)) = steps.get(at) {
        back.extend(c);
        if at == 0 {
            break;
        }
        at = *from;
    }
    back.into_iter().rev().collect()
}

/// A text of a pattern.
fn example(pattern: &Pattern) -> String {
    pattern
        .tokens()
        .iter()
        .map(|t| match t {
            Token::Char(c) => *c,
            Token::One | Token::Many => FRESH,
        })
        .collect()
}
