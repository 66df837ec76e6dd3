//! Exact questions about one pattern against many: which combinations of them can a text have,
//! and do they cover it.
//!
//! The patterns are walked together along all texts of the subject pattern. A text's further fate depends
//! only on the places reached so far, so every such set of places is looked at once. The work is bounded
//! by [`BUDGET`]; beyond it the answer is "undecided".

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashSet;

use super::automaton::{Automaton, Reached, Step, text_along};
use super::witness::{BUDGET, NODE, Search, example, fresh, witness};
use super::{Pattern, Token};

/// Whether a pattern lies inside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inclusion {
    /// Every text of it is matched by one of the others.
    Yes,
    /// Some text of it is not.
    No,
    /// More than [`BUDGET`] steps: not known.
    Undecided,
}

/// The combinations of patterns that the texts of a subject can match: which patterns match, and a text
/// that shows it (where anything may stand, it has a character that no pattern has).
pub type Regions = BTreeMap<Vec<bool>, String>;

/// Whether every text of `subject` is matched by at least one of `patterns`.
pub fn includes_union(patterns: &[&Pattern], subject: &Pattern) -> Inclusion {
    match witness(&[subject], patterns) {
        Search::Found(_) => Inclusion::No,
        Search::Never => Inclusion::Yes,
        Search::Undecided => Inclusion::Undecided,
    }
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
            // One that includes it otherwise is found to do so along the walk.
            if !p.overlaps(subject) {
                Some(false)
            } else if p.plainly_includes(subject) {
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
    let found = if open.is_empty() {
        let fresh = fresh(patterns.iter().copied().chain([subject]));
        Regions::from([(Vec::new(), example(subject, fresh))])
    } else {
        open_regions(&open, subject, letters)?
    };
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
    if !subject.is_general() && open.iter().all(|p| !p.is_general()) {
        return Some(simple_regions(open, subject, letters));
    }
    Walk::new(open, subject, letters).run()
}

/// Where there are only texts and `prefix*`: what matches depends on the longest prefix alone, so one
/// text for each prefix and each literal shows everything.
fn simple_regions(open: &[&Pattern], subject: &Pattern, letters: Letters) -> Regions {
    let colon = |t: &str| {
        t.get(subject.head().len()..)
            .is_some_and(|rest| rest.contains(':'))
    };
    let fresh = fresh(open.iter().copied().chain([subject]));
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for pattern in open.iter().copied().chain([subject]) {
        match pattern.as_literal() {
            Some(text) => texts.insert(text.to_owned()),
            None => texts.insert(format!("{}{fresh}", pattern.head())),
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

/// The characters that a subject's wildcard is tried with, besides one that nobody names.
#[derive(Clone, Copy, PartialEq)]
enum Letters {
    /// Those that the patterns name.
    Named,
    /// The same without the colon.
    NamedButColon,
}

/// A place in the subject, and what the patterns have reached.
type Node = (usize, Reached);

/// A walk of the patterns along the subject's texts.
struct Walk<'a> {
    patterns: Automaton,
    subject: &'a Pattern,
    letters: Letters,
    fresh: char,
    steps: Vec<Step>,
}

impl<'a> Walk<'a> {
    fn new(patterns: &[&Pattern], subject: &'a Pattern, letters: Letters) -> Self {
        Self {
            patterns: Automaton::new(patterns),
            subject,
            letters,
            fresh: fresh(patterns.iter().copied().chain([subject])),
            steps: vec![(0, None)],
        }
    }

    /// The characters worth trying for a subject's wildcard: all others lead to where the fresh one does.
    fn letters(&self, reached: &[u64]) -> Vec<Option<char>> {
        let colon = self.letters == Letters::NamedButColon;
        let named = self.patterns.letters(reached).into_iter();
        std::iter::once(None)
            .chain(named.filter(|c| !(colon && *c == ':')).map(Some))
            .collect()
    }

    /// What follows a node.
    fn next(&self, at: usize, reached: &Reached) -> Vec<(Node, Option<Option<char>>)> {
        let read = |c: Option<char>, behind| ((behind, self.patterns.step(reached, c)), Some(c));
        match self.subject.tokens().get(at) {
            None => Vec::new(),
            Some(Token::Char(c)) => vec![read(Some(*c), at + 1)],
            Some(wildcard) => {
                let behind = if *wildcard == Token::One { at + 1 } else { at };
                let letters = self.letters(reached).into_iter();
                let mut next: Vec<_> = letters.map(|c| read(c, behind)).collect();
                if *wildcard == Token::Many {
                    next.push(((at + 1, reached.clone()), None));
                }
                next
            }
        }
    }

    /// The patterns that match, and a text, for every set in which a text of the subject can end; `None`
    /// when there are too many.
    fn run(mut self) -> Option<Regions> {
        // Where each begins to be; the texts are written only once all are found.
        let mut all: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
        let first: Node = (0, self.patterns.start());
        let mut seen: HashSet<Node> = HashSet::default();
        seen.insert(first.clone());
        let mut todo = vec![(first, 0)];
        let mut work = 0;
        while let Some(((at, reached), step)) = todo.pop() {
            if at == self.subject.tokens().len() {
                let accepted = self.patterns.accepted(&reached);
                work += accepted.len() / 64;
                all.entry(accepted).or_insert(step);
            }
            for (node, c) in self.next(at, &reached) {
                work += NODE + node.1.len();
                if work > BUDGET {
                    return None;
                }
                if seen.insert(node.clone()) {
                    self.steps.push((step, c));
                    todo.push((node, self.steps.len() - 1));
                }
            }
        }
        let shown = all.into_iter();
        Some(shown.map(|(set, step)| (set, self.text(step))).collect())
    }

    /// The text along the steps to this one.
    fn text(&self, at: usize) -> String {
        text_along(&self.steps, at, self.fresh)
    }
}
