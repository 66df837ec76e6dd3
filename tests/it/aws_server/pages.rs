//! Pages by token.

use serde_json::Value;

use super::wire::{ApiError, Call};

/// How lists are cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paging {
    /// No page is larger, whatever was asked for.
    pub largest: Option<usize>,
    /// Before each page comes one with a token and nothing in it, as services may do.
    pub empty_between: bool,
    /// Always the first page and the same token.
    pub looping: bool,
}

/// The names of a list's parameters, and how large its pages are unasked.
#[derive(Clone, Copy)]
pub struct Style {
    /// The token's.
    pub token: &'static str,
    /// The size's.
    pub size: &'static str,
    /// The size where none is asked for.
    pub default: usize,
    /// What a wrong token is called.
    pub bad_token: &'static str,
}

impl Paging {
    /// The page of `items` that a call asks for, and the token of the next.
    pub fn page<T: Clone>(
        self,
        call: &Call,
        style: Style,
        items: &[T],
    ) -> Result<(Vec<T>, Option<String>), ApiError> {
        let asked = call.number(style.size).unwrap_or(style.default);
        let size = asked.min(self.largest.unwrap_or(asked)).max(1);
        if self.looping {
            let page = items.iter().take(size).cloned().collect();
            return Ok((page, Some("the-same-token".to_owned())));
        }
        let (start, due) = match call.text(style.token) {
            None => (0, !self.empty_between),
            Some(token) => read_token(call, token)
                .ok_or_else(|| ApiError::new(400, style.bad_token, "The token is not valid."))?,
        };
        if !due {
            return Ok((Vec::new(), Some(write_token(call, start, true))));
        }
        let page: Vec<T> = items.iter().skip(start).take(size).cloned().collect();
        let end = start + page.len();
        let next = (end < items.len()).then(|| write_token(call, end, !self.empty_between));
        Ok((page, next))
    }
}

/// A token holds for one operation: it names the next item, and whether the page is a full one.
fn write_token(call: &Call, start: usize, due: bool) -> String {
    format!("{}/{start}/{due}", call.operation)
}

fn read_token(call: &Call, token: &str) -> Option<(usize, bool)> {
    let mut parts = token.split('/');
    let own = parts.next()? == call.operation;
    let (start, due) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    own.then_some((start, due))
}

/// Puts a token into an answer, where there is one.
pub fn with_token(mut answer: Value, name: &str, token: Option<String>) -> Value {
    if let (Some(members), Some(token)) = (answer.as_object_mut(), token) {
        members.insert(name.to_owned(), token.into());
    }
    answer
}
