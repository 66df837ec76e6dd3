//! Many patterns read along one text.
//!
//! A pattern is a row of segments with a `*` between each two. Of the places in it that a text can have
//! reached, those before the last `*` reached do not matter: whatever matches from them matches from that
//! `*` too. So what is kept of a pattern is one segment and the places within it, one bit each, and of a
//! set of patterns those that can still match.

use super::{Pattern, Token};

/// From which step a node was come to, by which character; `None` within is one that nobody names.
pub(super) type Step = (usize, Option<Option<char>>);

/// The text along the steps to one, with `fresh` for the characters that nobody names.
pub(super) fn text_along(steps: &[Step], mut at: usize, fresh: char) -> String {
    let mut back: Vec<char> = Vec::new();
    while let Some((from, read)) = steps.get(at) {
        back.extend(read.map(|c| c.unwrap_or(fresh)));
        if at == 0 {
            break;
        }
        at = *from;
    }
    back.into_iter().rev().collect()
}

/// Patterns, cut into segments.
pub(super) struct Automaton {
    patterns: Vec<Vec<Segment>>,
}

/// What stands between two stars, or before the first, or behind the last.
struct Segment {
    /// The characters; `None` is `?`.
    tokens: Box<[Option<char>]>,
    /// For each character named, the places at which it goes on.
    named: Vec<(char, Box<[u64]>)>,
    /// The places at which any other goes on.
    other: Box<[u64]>,
}

/// What a text has reached. For each pattern that can still match, in order: its place in the list (32 bits),
/// its segment (31), and whether it is just behind the segment's star and nowhere else; if it is not, the
/// words of places follow.
pub(super) type Reached = Box<[u64]>;

/// One pattern of a set of places.
struct Entry<'a> {
    pattern: usize,
    segment: usize,
    /// `None`: just behind the star.
    places: Option<&'a [u64]>,
}

fn head(pattern: usize, segment: usize, resting: bool) -> u64 {
    (pattern as u64) << 32 | (segment as u64) << 1 | u64::from(resting)
}

impl Segment {
    fn new(tokens: &[Token]) -> Self {
        let tokens: Box<[Option<char>]> = tokens
            .iter()
            .map(|t| match t {
                Token::Char(c) => Some(*c),
                Token::One | Token::Many => None,
            })
            .collect();
        let words = tokens.len() / 64 + 1;
        let mut other = vec![0; words].into_boxed_slice();
        for (at, _) in tokens.iter().enumerate().filter(|(_, t)| t.is_none()) {
            set(&mut other, at);
        }
        let mut chars: Vec<char> = tokens.iter().copied().flatten().collect();
        chars.sort_unstable();
        chars.dedup();
        let mut named: Vec<(char, Box<[u64]>)> =
            chars.into_iter().map(|c| (c, other.clone())).collect();
        for (at, token) in tokens.iter().enumerate() {
            if let Some(c) = token
                && let Ok(found) = named.binary_search_by_key(c, |(n, _)| *n)
                && let Some((_, mask)) = named.get_mut(found)
            {
                set(mask, at);
            }
        }
        Self {
            tokens,
            named,
            other,
        }
    }

    fn words(&self) -> usize {
        self.other.len()
    }

    /// Where the places go with a character, for a segment of fewer than 64; `head` says which it is.
    fn step_word(&self, head: u64, places: u64, c: Option<char>, last: bool, out: &mut Vec<u64>) {
        let star = head as u32 > 0;
        let (mut left, mut next) = (places, 0u64);
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            if at < self.tokens.len() && (self.tokens[at].is_none() || self.tokens[at] == c) {
                next |= 2 << at;
            }
        }
        if !last && next >> self.tokens.len() & 1 == 1 {
            out.push((head | 1) + 2);
        } else if next == 0 && star {
            out.push(head | 1);
        } else if next != 0 {
            out.push(head);
            out.push(next | u64::from(star));
        }
    }

    /// The same for a longer one; no places stand for that behind the star.
    fn step_words(
        &self,
        head: u64,
        places: &[u64],
        c: Option<char>,
        last: bool,
        out: &mut Vec<u64>,
    ) {
        let star = head as u32 > 0;
        let start = out.len();
        out.push(head);
        let (mut carry, mut any) = (u64::from(star), 0);
        for (at, goes_on) in self.mask(c).iter().enumerate() {
            let places = places.get(at).copied().unwrap_or(u64::from(at == 0));
            let moved = places & goes_on;
            let word = moved << 1 | carry;
            carry = moved >> 63;
            any |= if at == 0 { word & !1 } else { word };
            out.push(word);
        }
        let end = self.tokens.len();
        if !last && has(out.get(start + 1..).unwrap_or_default(), end) {
            out.truncate(start);
            out.push((head | 1) + 2);
        } else if any == 0 {
            out.truncate(start);
            if star {
                out.push(head | 1);
            }
        }
    }

    /// The places at which a character goes on; `None` is one that nobody names.
    fn mask(&self, c: Option<char>) -> &[u64] {
        let found = c.and_then(|c| self.named.binary_search_by_key(&c, |(n, _)| *n).ok());
        match found.and_then(|at| self.named.get(at)) {
            Some((_, mask)) => mask,
            None => &self.other,
        }
    }
}

fn set(words: &mut [u64], at: usize) {
    if let Some(word) = words.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

fn has(words: &[u64], at: usize) -> bool {
    words
        .get(at / 64)
        .is_some_and(|word| word >> (at % 64) & 1 == 1)
}

impl Automaton {
    pub(super) fn new(patterns: &[&Pattern]) -> Self {
        let cut = |p: &Pattern| {
            let segments = p.tokens().split(|t| *t == Token::Many);
            segments.map(Segment::new).collect()
        };
        Self {
            patterns: patterns.iter().map(|p| cut(p)).collect(),
        }
    }

    fn segment(&self, pattern: usize, segment: usize) -> Option<&Segment> {
        self.patterns.get(pattern)?.get(segment)
    }

    /// Whether it is the pattern's last segment.
    fn is_last(&self, pattern: usize, segment: usize) -> bool {
        self.patterns
            .get(pattern)
            .is_some_and(|p| segment + 1 >= p.len())
    }

    /// What the empty text reaches.
    pub(super) fn start(&self) -> Reached {
        let mut out = Vec::new();
        for (at, segments) in self.patterns.iter().enumerate() {
            match segments.first() {
                Some(first) if first.tokens.is_empty() && segments.len() > 1 => {
                    out.push(head(at, 1, true));
                }
                Some(first) => {
                    out.push(head(at, 0, false));
                    out.push(1);
                    out.extend(std::iter::repeat_n(0, first.words() - 1));
                }
                None => {}
            }
        }
        out.into()
    }

    fn entries<'a>(&'a self, reached: &'a [u64]) -> impl Iterator<Item = Entry<'a>> {
        let mut rest = reached;
        std::iter::from_fn(move || {
            let (first, behind) = rest.split_first()?;
            let (pattern, segment) = ((first >> 32) as usize, (*first as u32 >> 1) as usize);
            let words = match first & 1 {
                1 => 0,
                _ => self.segment(pattern, segment)?.words(),
            };
            let (places, behind) = behind.split_at_checked(words)?;
            rest = behind;
            Some(Entry {
                pattern,
                segment,
                places: (words > 0).then_some(places),
            })
        })
    }

    /// What is reached with one character more; `None` is one that nobody names.
    pub(super) fn step(&self, reached: &[u64], c: Option<char>) -> Reached {
        let mut out = Vec::with_capacity(reached.len() + 8);
        let mut at = 0;
        // The innermost loop of all: plain indexing, within what this file wrote itself.
        while at < reached.len() {
            let first = reached[at];
            let segments = &self.patterns[(first >> 32) as usize];
            let number = (first as u32 >> 1) as usize;
            let segment = &segments[number];
            let words = if first & 1 == 1 { 0 } else { segment.words() };
            let places = &reached[at + 1..at + 1 + words];
            at += 1 + words;
            let last = number + 1 == segments.len();
            if segment.words() == 1 {
                let places = if words == 0 { 1 } else { places[0] };
                segment.step_word(first & !1, places, c, last, &mut out);
            } else {
                segment.step_words(first & !1, places, c, last, &mut out);
            }
        }
        out.into()
    }

    fn is_accepted(&self, entry: &Entry<'_>) -> bool {
        let Some(segment) = self.segment(entry.pattern, entry.segment) else {
            return false;
        };
        let end = segment.tokens.len();
        self.is_last(entry.pattern, entry.segment)
            && match entry.places {
                Some(places) => has(places, end),
                None => end == 0,
            }
    }

    /// Whether the text is matched by one of the patterns.
    pub(super) fn accepts(&self, reached: &[u64]) -> bool {
        self.entries(reached).any(|e| self.is_accepted(&e))
    }

    /// Whether one of the patterns matches, whatever follows.
    pub(super) fn accepts_for_good(&self, reached: &[u64]) -> bool {
        self.entries(reached)
            .any(|e| e.places.is_none() && self.is_accepted(&e))
    }

    /// Which patterns match.
    pub(super) fn accepted(&self, reached: &[u64]) -> Vec<bool> {
        let mut out = vec![false; self.patterns.len()];
        for entry in self.entries(reached) {
            if self.is_accepted(&entry)
                && let Some(slot) = out.get_mut(entry.pattern)
            {
                *slot = true;
            }
        }
        out
    }

    /// The characters that lead elsewhere than one that nobody names.
    pub(super) fn letters(&self, reached: &[u64]) -> Vec<char> {
        let mut out = Vec::new();
        for entry in self.entries(reached) {
            let Some(segment) = self.segment(entry.pattern, entry.segment) else {
                continue;
            };
            match entry.places {
                None => out.extend(segment.tokens.first().copied().flatten()),
                Some(places) => {
                    let tokens = segment.tokens.iter().enumerate();
                    out.extend(
                        tokens
                            .filter(|(at, _)| has(places, *at))
                            .filter_map(|(_, c)| *c),
                    );
                }
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    /// Whether whatever matches from `less` matches from `more` too.
    pub(super) fn is_within(&self, less: &[u64], more: &[u64]) -> bool {
        let mut more = self.entries(more);
        let mut at = more.next();
        for entry in self.entries(less) {
            while at.as_ref().is_some_and(|a| a.pattern < entry.pattern) {
                at = more.next();
            }
            match &at {
                Some(other) if other.pattern == entry.pattern => {
                    if other.segment > entry.segment {
                        continue;
                    }
                    let inside = other.segment == entry.segment
                        && match (entry.places, other.places) {
                            (None, _) => true,
                            (Some(_), None) => false,
                            (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| a & !b == 0),
                        };
                    if !inside {
                        return false;
                    }
                }
                _ => return false,
            }
        }
        true
    }
}
