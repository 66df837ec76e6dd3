//! The one question that the others are put as: is there a text that all of some patterns match and none
//! of others, and which.
//!
//! The patterns to match are walked place by place, those not to match as sets of places ([`Automaton`]).
//! Where every pattern to match has a wildcard, a character that no pattern names is as good as any: those
//! not to match go on with fewer places than by another. And of two ways to the same places of the patterns
//! to match, one on which those not to match have got nowhere that they have not on the other is enough.

use foldhash::{HashMap, HashMapExt};

use super::automaton::{Automaton, Reached, Step, text_along};
use super::{Pattern, Token};

/// How many steps a question may take before it is given up as undecided; a step looks at 64 places of a
/// pattern, and keeps them at most once, so this bounds time (well under a second) and memory (some 32 MB).
/// What fits into AWS's limits on the size of policies stays below it in all that the tests try; a policy
/// can be contrived that does not, since the question is hard in general.
pub const BUDGET: usize = 1 << 22;

/// What a node of a walk costs besides its places.
pub(super) const NODE: usize = 8;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// This text. Where anything may stand it has a character that no pattern has.
    Found(String),
    /// There is none.
    Never,
    /// More than [`BUDGET`] steps: not known.
    Undecided,
}

/// Whether a wildcard may stand for colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colons {
    /// It may.
    Any,
    /// Not a wildcard of the first pattern to match.
    Kept,
}

/// A text that all of `all` match and none of `none`.
pub fn witness(all: &[&Pattern], none: &[&Pattern]) -> Search {
    witness_with(all, none, Colons::Any)
}

/// The same, where the wildcards of the first pattern may be kept from colons.
pub fn witness_with(all: &[&Pattern], none: &[&Pattern], colons: Colons) -> Search {
    let any = Pattern::new("*");
    let all = simplified(all, colons, &any);
    for (at, one) in all.iter().enumerate() {
        let rest = all.get(at + 1..).unwrap_or_default();
        if rest.iter().any(|other| !one.overlaps(other)) {
            return Search::Never;
        }
    }
    let mut near: Vec<&Pattern> = Vec::new();
    for pattern in none {
        if all.iter().any(|one| pattern.plainly_includes(one)) {
            return Search::Never;
        }
        if all.iter().all(|one| pattern.overlaps(one)) {
            near.push(pattern);
        }
    }
    near.sort_unstable_by(|a, b| {
        a.head
            .cmp(&b.head)
            .then(a.tokens.len().cmp(&b.tokens.len()))
    });
    near.dedup();
    let fresh = fresh(all.iter().chain(&near).copied());
    if let ([one], []) = (all.as_slice(), near.as_slice()) {
        return Search::Found(example(one, fresh));
    }
    Walk::new(&all, &near, colons, fresh).run()
}

/// The patterns to match without those that another lies in; the first stays the first.
fn simplified<'a>(all: &[&'a Pattern], colons: Colons, any: &'a Pattern) -> Vec<&'a Pattern> {
    let mut out: Vec<&Pattern> = Vec::new();
    for (at, one) in all.iter().enumerate() {
        let keep_first = at == 0 && colons == Colons::Kept;
        let implied = |other: &Pattern, place: usize| {
            place != at && one.plainly_includes(other) && (place < at || *other != **one)
        };
        if keep_first || !all.iter().enumerate().any(|(i, o)| implied(o, i)) {
            out.push(one);
        }
    }
    if out.is_empty() {
        out.push(any);
    }
    out
}

/// A character that none of the patterns has.
pub(super) fn fresh<'a>(patterns: impl Iterator<Item = &'a Pattern> + Clone) -> char {
    let named = |c: char| patterns.clone().any(|p| p.tokens.contains(&Token::Char(c)));
    (0xF_0000..=u32::from(char::MAX))
        .rev()
        .filter_map(char::from_u32)
        .find(|c| !named(*c))
        .unwrap_or(char::MAX)
}

/// A text of a pattern.
pub fn example(pattern: &Pattern, fresh: char) -> String {
    pattern
        .tokens()
        .iter()
        .map(|t| match t {
            Token::Char(c) => *c,
            Token::One | Token::Many => fresh,
        })
        .collect()
}

/// The places in the patterns to match, and what the others have reached.
struct Node {
    places: Box<[u32]>,
    reached: Reached,
    /// How it was come to.
    step: usize,
}

struct Walk<'a> {
    all: &'a [&'a Pattern],
    none: Automaton,
    colons: Colons,
    fresh: char,
    steps: Vec<Step>,
    /// For the places of the patterns to match, the least that the others have reached there.
    least: HashMap<Box<[u32]>, Vec<Reached>>,
    todo: Vec<Node>,
    work: usize,
}

impl<'a> Walk<'a> {
    fn new(all: &'a [&'a Pattern], none: &[&Pattern], colons: Colons, fresh: char) -> Self {
        Self {
            all,
            none: Automaton::new(none),
            colons,
            fresh,
            steps: vec![(0, None)],
            least: HashMap::new(),
            todo: Vec::new(),
            work: 0,
        }
    }

    fn run(mut self) -> Search {
        let start = self.none.start();
        self.add(vec![0; self.all.len()].into(), start, (0, None));
        while let Some(node) = self.todo.pop() {
            if self.work > BUDGET {
                return Search::Undecided;
            }
            let at_end = node
                .places
                .iter()
                .zip(self.all)
                .all(|(p, a)| *p as usize == a.tokens.len());
            if at_end && !self.none.accepts(&node.reached) {
                return Search::Found(self.text(node.step));
            }
            self.leave_stars(&node);
            self.read(&node);
        }
        Search::Never
    }

    fn token(&self, pattern: usize, place: u32) -> Option<Token> {
        self.all.get(pattern)?.tokens.get(place as usize).copied()
    }

    /// Goes behind a star without a character. It is looked at after the same place with one more: there
    /// the patterns not to match have got no further.
    fn leave_stars(&mut self, node: &Node) {
        for (at, place) in node.places.iter().enumerate() {
            if self.token(at, *place) == Some(Token::Many) {
                let mut places = node.places.clone();
                if let Some(place) = places.get_mut(at) {
                    *place += 1;
                }
                self.add(places, node.reached.clone(), (node.step, None));
            }
        }
    }

    /// Reads the one character that is worth it.
    fn read(&mut self, node: &Node) {
        let mut letter: Option<char> = None;
        let mut places = node.places.clone();
        for (at, place) in places.iter_mut().enumerate() {
            match self.token(at, *place) {
                None => return,
                Some(Token::Many) => {}
                Some(Token::One) => *place += 1,
                Some(Token::Char(c)) => {
                    if letter.is_some_and(|l| l != c) {
                        return;
                    }
                    letter = Some(c);
                    *place += 1;
                }
            }
        }
        let first = node.places.first().and_then(|p| self.token(0, *p));
        let wild = matches!(first, Some(Token::One | Token::Many));
        if wild && letter == Some(':') && self.colons == Colons::Kept {
            return;
        }
        let reached = self.none.step(&node.reached, letter);
        self.work += node.reached.len();
        if !self.none.accepts_for_good(&reached) {
            self.add(places, reached, (node.step, Some(letter)));
        }
    }

    /// Keeps a node unless one at the same places is as good.
    fn add(&mut self, places: Box<[u32]>, reached: Reached, step: Step) {
        self.work += 1 + reached.len();
        let kept = self.least.entry(places.clone()).or_default();
        for other in kept.iter() {
            self.work += 1 + other.len() / 8;
            if self.none.is_within(other, &reached) {
                return;
            }
        }
        if kept.len() < 64 {
            kept.retain(|other| !self.none.is_within(&reached, other));
        }
        kept.push(reached.clone());
        self.work += NODE + places.len();
        self.steps.push(step);
        self.todo.push(Node {
            places,
            reached,
            step: self.steps.len() - 1,
        });
    }

    fn text(&self, at: usize) -> String {
        text_along(&self.steps, at, self.fresh)
    }
}
