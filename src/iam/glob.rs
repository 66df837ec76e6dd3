//! Wildcard patterns of the policy language: matching, overlap and inclusion, all exact.
//!
//! `*` stands for any number of characters (`:` and `/` too), `?` for exactly one
//! (IAM User Guide, "IAM JSON policy elements: Resource").

mod automaton;
mod meet;
mod overlap;
mod regions;
mod witness;

pub use meet::{Meet, intersection};
pub use regions::{Inclusion, Regions, includes_union, regions, regions_within_fields};
pub use witness::{BUDGET, Colons, Search, example, witness, witness_with};

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    /// This character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any number of characters.
    Many,
}

/// What a pattern looks like, so that the usual ones match without the general loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    Any,
    Literal,
    Prefix,
    General,
}

/// A compiled pattern. Two are the same where they match the same steps, however they were written.
#[derive(Debug, Clone)]
pub struct Pattern {
    shape: Shape,
    /// The characters before the first wildcard.
    head: Box<str>,
    tokens: Box<[Token]>,
    /// How it was written, where it was put in lower case.
    written: Option<Box<str>>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.tokens == other.tokens
    }
}

impl Eq for Pattern {}

impl std::hash::Hash for Pattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.tokens.hash(state);
    }
}

impl Pattern {
    /// Compiles a pattern in which `*` and `?` are wildcards.
    pub fn new(text: &str) -> Self {
        Self::from_tokens(text.chars().map(|c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            other => Token::Char(other),
        }))
    }

    /// Compiles a pattern that is matched without regard to case: the text has to be given in lower case. It
    /// is shown as it was written.
    pub fn lowercase(text: &str) -> Self {
        let lower = text.to_lowercase();
        let written = (lower != text).then(|| text.into());
        Self {
            written,
            ..Self::new(&lower)
        }
    }

    /// A pattern that matches exactly this text, whatever characters it has.
    pub fn literal(text: &str) -> Self {
        Self::from_tokens(text.chars().map(Token::Char))
    }

    /// The pattern of these tokens. Runs of wildcards are put in one form: every `?`, then at most one `*`.
    pub fn from_tokens(tokens: impl IntoIterator<Item = Token>) -> Self {
        let mut out: Vec<Token> = Vec::new();
        let mut star = false;
        for token in tokens {
            match token {
                Token::Many => star = true,
                Token::One => out.push(Token::One),
                Token::Char(_) => {
                    if star {
                        out.push(Token::Many);
                        star = false;
                    }
                    out.push(token);
                }
            }
        }
        if star {
            out.push(Token::Many);
        }
        let head: String = out
            .iter()
            .map_while(|t| match t {
                Token::Char(c) => Some(*c),
                _ => None,
            })
            .collect();
        let rest = out.get(head.chars().count()..).unwrap_or_default();
        let shape = match rest {
            [] => Shape::Literal,
            [Token::Many] if head.is_empty() => Shape::Any,
            [Token::Many] => Shape::Prefix,
            _ => Shape::General,
        };
        Self {
            shape,
            head: head.into(),
            tokens: out.into(),
            written: None,
        }
    }

    /// Whether the pattern is `*`.
    pub fn is_any(&self) -> bool {
        self.shape == Shape::Any
    }

    /// The one text that the pattern matches, when it has no wildcard.
    pub fn as_literal(&self) -> Option<&str> {
        (self.shape == Shape::Literal).then_some(&*self.head)
    }

    /// The characters before the first wildcard.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// The steps of the pattern.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether the text matches. At most pattern × text steps.
    pub fn matches(&self, text: &str) -> bool {
        match self.shape {
            Shape::Any => true,
            Shape::Literal => text == &*self.head,
            Shape::Prefix => text.starts_with(&*self.head),
            Shape::General => text.starts_with(&*self.head) && match_tokens(&self.tokens, text),
        }
    }

    /// Whether some text matches both patterns. At most pattern × pattern steps, 64 at a time.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self.shape, other.shape) {
            (Shape::Any, _) | (_, Shape::Any) => true,
            (Shape::Literal, _) => other.matches(&self.head),
            (_, Shape::Literal) => self.matches(&other.head),
            (Shape::Prefix, Shape::Prefix) => {
                self.head.starts_with(&*other.head) || other.head.starts_with(&*self.head)
            }
            _ => self.ends_meet(other) && overlap::overlap(&self.tokens, &other.tokens),
        }
    }

    /// Whether what stands before the first wildcards, and behind the last ones, can be of one text.
    fn ends_meet(&self, other: &Self) -> bool {
        let heads = self.head.starts_with(&*other.head) || other.head.starts_with(&*self.head);
        let (own, others) = (self.tokens.iter().rev(), other.tokens.iter().rev());
        let mut ends = own.zip(others).map_while(|pair| match pair {
            (Token::Char(own), Token::Char(other)) => Some(own == other),
            _ => None,
        });
        heads && ends.all(|same| same)
    }

    /// Whether every text that `other` matches is matched by this pattern too. `false` also where it
    /// could not be decided within the bound that [`includes_union`] states.
    pub fn includes(&self, other: &Self) -> bool {
        self.plainly_includes(other)
            || (self.shape == Shape::General
                && other.shape != Shape::Literal
                && includes_union(&[self], other) == Inclusion::Yes)
    }

    /// The same where it is seen without a search; else `false`.
    pub(super) fn plainly_includes(&self, other: &Self) -> bool {
        match (self.shape, other.shape) {
            (Shape::Any, _) => true,
            (Shape::Literal, _) => other.as_literal() == Some(&*self.head),
            (Shape::Prefix, _) => other.head.starts_with(&*self.head),
            (Shape::General, Shape::Literal) => self.matches(&other.head),
            (Shape::General, _) => self.ends_meet(other) && takes(&self.tokens, &other.tokens),
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(written) = &self.written {
            return f.write_str(written);
        }
        for token in &self.tokens {
            match token {
                Token::Many => f.write_str("*")?,
                Token::One => f.write_str("?")?,
                Token::Char(c @ ('*' | '?')) => write!(f, "${{{c}}}")?,
                Token::Char(c) => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

/// The character at a byte offset and the offset behind it.
fn char_at(text: &str, at: usize) -> Option<(char, usize)> {
    let byte = *text.as_bytes().get(at)?;
    if byte < 0x80 {
        return Some((char::from(byte), at + 1));
    }
    let c = text.get(at..)?.chars().next()?;
    Some((c, at + c.len_utf8()))
}

/// Whether a pattern takes another step by step: a `*` of the other by one of its own, a `?` by a `?` or a `*`. Then
/// it includes the other; it may also where it does not.
fn takes(tokens: &[Token], other: &[Token]) -> bool {
    let (mut t, mut at) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (tokens.get(t), other.get(at)) {
            (Some(Token::Many), _) => {
                t += 1;
                back = Some((t, at));
                if t == tokens.len() {
                    return true;
                }
                continue;
            }
            (None, None) => return true,
            (Some(Token::One), Some(Token::One | Token::Char(_))) => {
                (t, at) = (t + 1, at + 1);
                continue;
            }
            (Some(Token::Char(own)), Some(Token::Char(c))) if own == c => {
                (t, at) = (t + 1, at + 1);
                continue;
            }
            _ => {}
        }
        match back {
            Some((star, from)) if from < other.len() => {
                back = Some((star, from + 1));
                (t, at) = (star, from + 1);
            }
            _ => return false,
        }
    }
}

/// Greedy matching: only the last `*` passed is ever gone back to.
fn match_tokens(tokens: &[Token], text: &str) -> bool {
    let (mut t, mut at) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match tokens.get(t) {
            Some(Token::Many) => {
                t += 1;
                back = Some((t, at));
                if t == tokens.len() {
                    return true;
                }
                continue;
            }
            None if at == text.len() => return true,
            Some(step) => {
                if let Some((c, next)) = char_at(text, at)
                    && (*step == Token::One || *step == Token::Char(c))
                {
                    t += 1;
                    at = next;
                    continue;
                }
            }
            None => {}
        }
        let Some((star, from)) = back else {
            return false;
        };
        let Some((_, next)) = char_at(text, from) else {
            return false;
        };
        back = Some((star, next));
        t = star;
        at = next;
    }
}

#[cfg(test)]
mod tests;
