//! Whether two patterns have a text in common, 64 places at a time.

use foldhash::{HashMap, HashMapExt};

use super::Token;

/// Pattern × pattern / 64 steps: the places of `b` that can be reached together with each place of `a`.
pub(super) fn overlap(a: &[Token], b: &[Token]) -> bool {
    let table = Table::new(b);
    let mut row = vec![0u64; table.words];
    let mut next = row.clone();
    if let Some(first) = row.first_mut() {
        *first = 1;
    }
    table.close(&mut row);
    for token in a {
        match token {
            Token::Many => fill(&mut row),
            Token::One => table.step(&row, &table.any, &[], &mut next),
            Token::Char(c) => match table.named.get(c) {
                Some(Places::Mask(mask)) => table.step(&row, mask, &[], &mut next),
                Some(Places::Few(few)) => table.step(&row, &table.one, few, &mut next),
                None => table.step(&row, &table.one, &[], &mut next),
            },
        }
        if *token != Token::Many {
            table.close(&mut next);
            std::mem::swap(&mut row, &mut next);
        }
        if row.iter().all(|w| *w == 0) {
            return false;
        }
    }
    has(&row, b.len())
}

/// Under a `*` of the other pattern every place from the first on is reached.
fn fill(row: &mut [u64]) {
    let mut filled = false;
    for word in row {
        if filled {
            *word = u64::MAX;
        } else if *word != 0 {
            *word = u64::MAX << word.trailing_zeros();
            filled = true;
        }
    }
}

fn has(row: &[u64], at: usize) -> bool {
    row.get(at / 64).is_some_and(|w| w >> (at % 64) & 1 == 1)
}

fn set(row: &mut [u64], at: usize) {
    if let Some(word) = row.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

/// The places of a character, those of `?` among them where they are a mask.
enum Places {
    Mask(Vec<u64>),
    Few(Vec<usize>),
}

struct Table {
    words: usize,
    many: Vec<u64>,
    one: Vec<u64>,
    /// Whatever takes one character.
    any: Vec<u64>,
    named: HashMap<char, Places>,
}

impl Table {
    fn new(tokens: &[Token]) -> Self {
        let words = tokens.len() / 64 + 1;
        let (mut many, mut one, mut any) = (vec![0; words], vec![0; words], vec![0; words]);
        let mut few: HashMap<char, Vec<usize>> = HashMap::new();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                Token::Many => set(&mut many, at),
                Token::One => set(&mut one, at),
                Token::Char(c) => few.entry(*c).or_default().push(at),
            }
            if *token != Token::Many {
                set(&mut any, at);
            }
        }
        // At most 64 characters stand more often than there are words, so the masks are no more than
        // the pattern.
        let named = few.into_iter().map(|(c, places)| {
            if places.len() <= words {
                return (c, Places::Few(places));
            }
            let mut mask = one.clone();
            places.into_iter().for_each(|at| set(&mut mask, at));
            (c, Places::Mask(mask))
        });
        Self {
            words,
            named: named.collect(),
            many,
            one,
            any,
        }
    }

    /// One character further: from the places of the mask and the few others, and on a star.
    fn step(&self, row: &[u64], mask: &[u64], few: &[usize], next: &mut [u64]) {
        let mut carry = 0;
        for (((out, row), mask), many) in next.iter_mut().zip(row).zip(mask).zip(&self.many) {
            let moved = row & mask;
            *out = moved << 1 | carry | row & many;
            carry = moved >> 63;
        }
        for at in few.iter().filter(|at| has(row, **at)) {
            set(next, at + 1);
        }
    }

    /// Behind a star without a character; no two stars stand together.
    fn close(&self, row: &mut [u64]) {
        let mut carry = 0;
        for (word, many) in row.iter_mut().zip(&self.many) {
            let moved = *word & many;
            *word |= moved << 1 | carry;
            carry = moved >> 63;
        }
    }
}
