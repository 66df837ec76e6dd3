//! What several patterns have in common, others taken away.

use super::{Colons, Pattern, Search, Token, witness_with};

/// Texts that all of some patterns match and none of some others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Meet {
    /// All of these match; with none of them, any text.
    pub all: Vec<Pattern>,
    /// None of these does.
    pub none: Vec<Pattern>,
}

/// How many patterns an intersection may be written as before it is kept as it is.
const MOST: usize = 16;

/// How many pairs of places two patterns may have for their intersection to be written out.
const PLACES: usize = 1 << 14;

impl Meet {
    /// What the pattern matches.
    pub fn of(pattern: Pattern) -> Self {
        Self {
            all: vec![pattern],
            none: Vec::new(),
        }
    }

    /// What none of the patterns matches.
    pub fn all_but(patterns: impl IntoIterator<Item = Pattern>) -> Self {
        Self {
            all: Vec::new(),
            none: patterns.into_iter().collect(),
        }
    }

    /// What the pattern matches too: several where it takes several patterns to say it, none where nothing
    /// is left.
    pub fn and(&self, pattern: &Pattern) -> Vec<Self> {
        let Some((last, rest)) = self.all.split_last() else {
            return vec![self.with(vec![pattern.clone()])];
        };
        if self.all.iter().any(|p| !p.overlaps(pattern)) {
            return Vec::new();
        }
        match intersection(last, pattern) {
            Some(patterns) => patterns
                .into_iter()
                .map(|p| self.with(rest.iter().cloned().chain([p]).collect()))
                .collect(),
            None => {
                let all = self.all.iter().cloned().chain([pattern.clone()]);
                vec![self.with(all.collect())]
            }
        }
    }

    /// The same without what the patterns match.
    #[must_use]
    pub fn minus<'p>(mut self, patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        for pattern in patterns {
            let meets = self.all.iter().all(|p| p.overlaps(pattern));
            if meets && !self.none.contains(pattern) {
                self.none.push(pattern.clone());
            }
        }
        self
    }

    fn with(&self, all: Vec<Pattern>) -> Self {
        Self {
            all,
            none: Vec::new(),
        }
        .minus(&self.none)
    }

    /// Whether it is one pattern, nothing taken away.
    pub fn is_pattern(&self) -> bool {
        self.all.len() == 1 && self.none.is_empty()
    }

    /// Whether the text is one of them.
    pub fn has(&self, text: &str) -> bool {
        self.all.iter().all(|p| p.matches(text)) && !self.none.iter().any(|p| p.matches(text))
    }

    /// A text of it.
    pub fn witness(&self) -> Search {
        let all: Vec<&Pattern> = self.all.iter().collect();
        let none: Vec<&Pattern> = self.none.iter().collect();
        witness_with(&all, &none, Colons::Any)
    }
}

impl std::fmt::Display for Meet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |patterns: &[Pattern], word: &str| {
            let texts: Vec<String> = patterns.iter().map(ToString::to_string).collect();
            texts.join(word)
        };
        match (self.all.as_slice(), self.none.as_slice()) {
            ([], []) => f.write_str("*"),
            ([], none) => write!(f, "all but {}", list(none, ", ")),
            (all, []) => f.write_str(&list(all, " and ")),
            (all, none) => write!(f, "{} but {}", list(all, " and "), list(none, ", ")),
        }
    }
}

/// What two patterns have in common, as a union of patterns; `None` where it would take too many.
pub fn intersection(a: &Pattern, b: &Pattern) -> Option<Vec<Pattern>> {
    if a.includes_plainly_or_is(b) {
        return Some(vec![b.clone()]);
    }
    if b.includes_plainly_or_is(a) {
        return Some(vec![a.clone()]);
    }
    if !a.overlaps(b) {
        return Some(Vec::new());
    }
    if (a.tokens.len() + 1) * (b.tokens.len() + 1) > PLACES {
        return None;
    }
    let mut found = table(&a.tokens, &b.tokens)?;
    found.sort_by_key(|p| p.tokens.len());
    // What lies in another says nothing.
    let mut out: Vec<Pattern> = Vec::new();
    for pattern in found {
        if !out.iter().any(|p| p.includes(&pattern)) {
            out.push(pattern);
        }
    }
    Some(out)
}

impl Pattern {
    fn includes_plainly_or_is(&self, other: &Self) -> bool {
        self == other || self.plainly_includes(other)
    }
}

/// For each pair of places, from the ends on, what the rests have in common.
fn table(a: &[Token], b: &[Token]) -> Option<Vec<Pattern>> {
    let end = Pattern::new("");
    let mut below: Vec<Vec<Pattern>> = Vec::new();
    for i in (0..=a.len()).rev() {
        let mut row: Vec<Vec<Pattern>> = vec![Vec::new(); b.len() + 1];
        for j in (0..=b.len()).rev() {
            let at = |row: &[Vec<Pattern>], j: usize| row.get(j).cloned().unwrap_or_default();
            let (down, right, both) = (at(&below, j), at(&row, j + 1), at(&below, j + 1));
            let cell = match (a.get(i), b.get(j)) {
                (None, None) => vec![end.clone()],
                (Some(Token::Many), Some(Token::Many)) => {
                    behind(Token::Many, down.into_iter().chain(right))
                }
                (Some(Token::Many), Some(other)) => join(down, behind(*other, right)),
                (Some(Token::Many), None) => down,
                (Some(other), Some(Token::Many)) => join(right, behind(*other, down)),
                (None, Some(Token::Many)) => right,
                (Some(Token::One), Some(x)) | (Some(x), Some(Token::One)) => behind(*x, both),
                (Some(x), Some(y)) if x == y => behind(*x, both),
                _ => Vec::new(),
            };
            if cell.len() > MOST {
                return None;
            }
            if let Some(slot) = row.get_mut(j) {
                *slot = cell;
            }
        }
        below = row;
    }
    below.into_iter().next()
}

fn behind(token: Token, rests: impl IntoIterator<Item = Pattern>) -> Vec<Pattern> {
    let with =
        |p: Pattern| Pattern::from_tokens(std::iter::once(token).chain(p.tokens.iter().copied()));
    join(Vec::new(), rests.into_iter().map(with).collect())
}

/// Both lists, without what lies in another of them as is seen at once.
fn join(mut list: Vec<Pattern>, more: Vec<Pattern>) -> Vec<Pattern> {
    for pattern in more {
        if !list.iter().any(|p| p.includes_plainly_or_is(&pattern)) {
            list.retain(|p| !pattern.includes_plainly_or_is(p));
            list.push(pattern);
        }
    }
    list
}
