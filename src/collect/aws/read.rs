//! Reading lists: page after page, or one call for each item, and what of it goes into the
//! coverage.

use std::collections::HashSet;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use futures::StreamExt;

use super::failure::Failure;
use crate::snapshot::coverage::{Coverage, Source, Status};

/// No list of an account has more pages than this; a service that gives more is looping.
const MAX_PAGES: usize = 20_000;

/// The pages that came, and why there are no more, if the last one was not reached.
pub(super) struct Pages<P> {
    /// In order.
    pub(super) pages: Vec<P>,
    /// Why the list is cut.
    pub(super) cut: Option<Failure>,
}

/// Reads pages until the service gives no token for a next one. `ask` gives a page and the next
/// page's token. A token that comes twice would loop for ever and ends the list as cut.
pub(super) async fn pages<P, F>(mut ask: impl FnMut(Option<String>) -> F) -> Pages<P>
where
    F: Future<Output = Result<(P, Option<String>), Failure>>,
{
    let mut pages = Vec::new();
    let mut seen = HashSet::new();
    let mut token: Option<String> = None;
    loop {
        let (page, next) = match ask(token.take()).await {
            Ok(answer) => answer,
            Err(failure) => {
                let cut = Some(failure);
                return Pages { pages, cut };
            }
        };
        pages.push(page);
        // One emulator ends its lists with an empty token.
        let Some(next) = next.filter(|next| !next.is_empty()) else {
            return Pages { pages, cut: None };
        };
        if pages.len() >= MAX_PAGES || !seen.insert(next.clone()) {
            let cut = Some(Failure::plain(
                "the service gave the token of the same page twice, so the list may go on",
            ));
            return Pages { pages, cut };
        }
        token = Some(next);
    }
}

/// The items of all pages, sorted by their key and each once: what moves while a list is paged
/// through may come on two pages.
pub(super) fn distinct<T, K: Ord>(pages: Vec<Vec<T>>, key: impl Fn(&T) -> &K) -> Vec<T> {
    let mut items: Vec<T> = pages.into_iter().flatten().collect();
    items.sort_by(|a, b| key(a).cmp(key(b)));
    items.dedup_by(|a, b| key(a) == key(b));
    items
}

/// The answer to a call for one item: the item, or that there is none, or why it is not known.
pub(super) type Answer<T> = Result<Option<T>, Failure>;

/// The same of an item that comes in pages: what came of it, and what cut the rest off.
pub(super) type PagedAnswer<T> = Answer<(T, Option<Failure>)>;

/// A source whose calls fail so often in a row is not asked any further: each may have taken a
/// minute. Denials are quick, and may hold for one item alone.
const GIVE_UP_AFTER: usize = 12;

/// How the failures of calls that were not made begin.
const NOT_ASKED: &str = "not asked";

/// Makes a call for each item, so many at once, and gives the answers with the items' names, in
/// the order in which they came.
pub(super) async fn each<I, T, F>(
    items: impl IntoIterator<Item = I>,
    at_once: usize,
    ask: impl Fn(I) -> F,
) -> Vec<(String, Answer<T>)>
where
    I: AsRef<str>,
    F: Future<Output = Answer<T>>,
{
    let failed_in_a_row = &AtomicUsize::new(0);
    let ask = &ask;
    futures::stream::iter(items.into_iter().map(|item| async move {
        let name = item.as_ref().to_owned();
        if failed_in_a_row.load(Relaxed) >= GIVE_UP_AFTER {
            let why = format!("{NOT_ASKED}, after {GIVE_UP_AFTER} calls in a row had failed");
            return (name, Err(Failure::plain(why)));
        }
        let answer = ask(item).await;
        match &answer {
            Err(failure) if failure.status == Status::Failed => {
                failed_in_a_row.fetch_add(1, Relaxed);
            }
            _ => failed_in_a_row.store(0, Relaxed),
        }
        (name, answer)
    }))
    .buffer_unordered(at_once)
    .collect()
    .await
}

/// What came of a source in a scope.
#[derive(Default)]
pub(super) struct Tally {
    /// Calls that were answered, with an item or with "none".
    answers: u64,
    items: u64,
    missed: Vec<(String, Failure)>,
    cut: Option<Failure>,
}

impl Tally {
    /// Of a list: how many pages came, why no more did, how many items were on them.
    pub(super) fn of_list(pages: usize, cut: Option<Failure>, items: usize) -> Self {
        Self {
            answers: pages as u64,
            items: items as u64,
            missed: Vec::new(),
            cut,
        }
    }

    /// Of one call with one answer.
    pub(super) fn of_call<T>(answer: &Result<T, Failure>) -> Self {
        let mut tally = Self::default();
        match answer {
            Ok(_) => (tally.answers, tally.items) = (1, 1),
            Err(failure) => tally.cut = Some(failure.clone()),
        }
        tally
    }

    /// Of calls for the items of a list which itself may have been cut.
    pub(super) fn of_items(list_cut: Option<Failure>) -> Self {
        Self {
            cut: list_cut,
            ..Self::default()
        }
    }

    /// Of calls for the items of this list: its items are not counted, its end counts.
    pub(super) fn of_its_items(&self) -> Self {
        Self::of_items(self.cut.clone())
    }

    /// Notes the answers and gives the items.
    pub(super) fn take<T>(&mut self, answers: Vec<(String, Answer<T>)>) -> Vec<T> {
        let mut items = Vec::with_capacity(answers.len());
        for (name, answer) in answers {
            match answer {
                Ok(item) => {
                    self.answers += 1;
                    self.items += u64::from(item.is_some());
                    items.extend(item);
                }
                Err(failure) => self.missed(name, failure),
            }
        }
        items
    }

    /// Notes so many items of one call, which counts as answered if it came whole.
    pub(super) fn count(&mut self, items: u64, whole: bool) {
        self.items += items;
        // What came before a cut makes the rest a part, not nothing.
        self.answers += u64::from(whole || items > 0);
    }

    /// Notes an item that could not be read.
    pub(super) fn missed(&mut self, name: String, failure: Failure) {
        self.missed.push((name, failure));
    }

    /// Why a list is cut, if it is.
    pub(super) fn cut(&self) -> Option<&Failure> {
        self.cut.as_ref()
    }

    /// Writes it down.
    pub(super) fn record(mut self, coverage: &mut Coverage, source: Source, scope: &str) {
        self.missed.sort();
        let status = self.status();
        let detail = self.detail();
        coverage.record(source.name, scope, status, self.items, detail);
    }

    /// Whether nothing is missing so far.
    pub(super) fn is_complete(&self) -> bool {
        self.status() == Status::Complete
    }

    fn status(&self) -> Status {
        let mut failures = self
            .cut
            .iter()
            .chain(self.missed.iter().map(|(_, failure)| failure))
            .peekable();
        if failures.peek().is_none() {
            Status::Complete
        } else if self.answers > 0 {
            Status::Partial
        } else if failures.all(|failure| failure.status == Status::Denied) {
            Status::Denied
        } else {
            Status::Failed
        }
    }

    fn detail(&self) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        if let Some(cut) = &self.cut {
            parts.push(cut.detail.clone());
        }
        // One that says what went wrong, if there is one.
        let asked = |missed: &&(String, Failure)| !missed.1.detail.starts_with(NOT_ASKED);
        let first = self.missed.iter().find(asked).or(self.missed.first());
        if let Some((name, failure)) = first {
            let asked = self.answers + self.missed.len() as u64;
            let missed = self.missed.len();
            parts.push(format!(
                "{missed} of {asked} not read, {name}: {}",
                failure.detail
            ));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::cell::Cell;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    fn denied() -> Failure {
        Failure {
            status: Status::Denied,
            code: Some("AccessDenied".into()),
            detail: "a:B: AccessDenied".into(),
        }
    }

    #[test]
    fn a_list_of_pages_is_read_to_its_end() {
        let read = block_on(pages(|token| async move {
            Ok(match token.as_deref() {
                None => (1, Some("a".to_owned())),
                Some("a") => (2, Some("b".to_owned())),
                _ => (3, Some(String::new())),
            })
        }));
        assert_eq!((read.pages, read.cut), (vec![1, 2, 3], None));
    }

    #[test]
    fn tokens_that_go_round_end_the_list_as_cut() {
        let calls = Cell::new(0);
        let read = block_on(pages(|token| {
            calls.set(calls.get() + 1);
            async move {
                let next = if token.as_deref() == Some("a") {
                    "b"
                } else {
                    "a"
                };
                Ok(((), Some(next.to_owned())))
            }
        }));
        assert_eq!(calls.get(), 3, "start, a, b; the second a is not asked");
        let tally = Tally::of_list(read.pages.len(), read.cut, 3);
        assert_eq!(tally.status(), Status::Partial);
    }

    #[test]
    fn a_source_that_always_fails_is_given_up_and_one_that_is_denied_is_not() {
        for (failure, asked) in [(Failure::plain("timed out"), 12), (denied(), 100)] {
            let calls = Cell::new(0);
            let names: Vec<String> = (0..100).map(|n| n.to_string()).collect();
            let answers = block_on(each(&names, 1, |_| {
                calls.set(calls.get() + 1);
                let failure = failure.clone();
                async move { Answer::<()>::Err(failure) }
            }));
            assert_eq!((calls.get(), answers.len()), (asked, 100), "{failure:?}");
        }
    }

    #[test]
    fn what_was_answered_decides_the_status() {
        let ok = |name: &str| (name.to_owned(), Ok(Some(())));
        let none = |name: &str| (name.to_owned(), Ok(None));
        let no = |name: &str| (name.to_owned(), Err(denied()));
        let broken = |name: &str| (name.to_owned(), Err(Failure::plain("cut")));
        for (answers, status, detail) in [
            (vec![], Status::Complete, None),
            (vec![none("a")], Status::Complete, None),
            (
                vec![ok("a"), no("c"), no("b")],
                Status::Partial,
                Some("2 of 3 not read, b: a:B: AccessDenied"),
            ),
            (
                vec![none("a"), no("b")],
                Status::Partial,
                Some("1 of 2 not read, b: a:B: AccessDenied"),
            ),
            (
                vec![no("a")],
                Status::Denied,
                Some("1 of 1 not read, a: a:B: AccessDenied"),
            ),
            (
                vec![no("b"), broken("a")],
                Status::Failed,
                Some("2 of 2 not read, a: cut"),
            ),
        ] {
            let mut tally = Tally::default();
            tally.take(answers);
            let mut coverage = Coverage::default();
            tally.record(&mut coverage, Source::ADDONS, "prod");
            let entry = coverage.entry(Source::ADDONS.name, "prod").unwrap();
            assert_eq!(
                (entry.status, entry.detail.as_deref()),
                (status, detail),
                "{entry:?}"
            );
        }
    }
}
