//! What the files gave of each source: kept as prints are read, turned into coverage at the end.

use std::collections::{BTreeMap, BTreeSet};

use crate::snapshot::coverage::{Entry, ScopeKind, Source, Status};

use super::print::Page;

/// Sources that only files give as yet.
pub(super) const INSIGHTS: Source = Source {
    name: "eks:ListInsights",
    scope: ScopeKind::Cluster,
};
/// Kubernetes versions that EKS knows.
pub(super) const CLUSTER_VERSIONS: Source = Source {
    name: "eks:DescribeClusterVersions",
    scope: ScopeKind::Region,
};
/// Instance profiles.
pub(super) const INSTANCE_PROFILES: Source = Source {
    name: "iam:ListInstanceProfiles",
    scope: ScopeKind::Account,
};
/// What principals used.
pub(super) const LAST_ACCESSED: Source = Source {
    name: "iam:GetServiceLastAccessedDetails",
    scope: ScopeKind::Account,
};

/// What a source was asked of. Clusters get their keys at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// An account.
    Account(String),
    /// A region of an account.
    Region(String, String),
    /// A cluster, by its place in the store.
    Cluster(usize),
}

/// The pages of one answer.
#[derive(Debug, Default)]
struct Chain {
    last: bool,
    cut: usize,
    tokens: BTreeSet<String>,
    asked: BTreeSet<String>,
}

impl Chain {
    fn add(&mut self, page: &Page) {
        if page.cut {
            self.cut += 1;
            self.tokens.extend(page.next.clone());
        } else {
            self.last = true;
        }
        self.asked.extend(page.asked.clone());
    }

    /// What is missing: the last page; or one in the middle, where envelopes name their tokens.
    fn gap(&self) -> Option<String> {
        if !self.last && self.cut > 0 {
            return Some(
                "the print ends before the answer does, and no file has the rest".to_owned(),
            );
        }
        let lost = (!self.asked.is_empty())
            .then(|| self.tokens.difference(&self.asked).next())
            .flatten()?;
        Some(format!("the page after the token {lost} is missing"))
    }
}

/// Whether these pages are a whole answer.
pub(super) fn whole(pages: &[Page]) -> bool {
    let mut chain = Chain::default();
    pages.iter().for_each(|page| chain.add(page));
    chain.gap().is_none() && pages.iter().all(|page| page.broken == 0)
}

#[derive(Debug, Default)]
struct Seen {
    chains: BTreeMap<String, Chain>,
    gaps: BTreeSet<String>,
    /// What no file was given of. Nobody asked for it, so it is no failure; but nobody saw it.
    absent: BTreeSet<String>,
    broken: usize,
    items: u64,
}

/// All that was given, by source and scope.
#[derive(Debug, Default)]
pub(super) struct Book {
    seen: BTreeMap<(&'static str, Scope), Seen>,
}

impl Book {
    fn entry(&mut self, source: Source, scope: &Scope) -> &mut Seen {
        self.seen.entry((source.name, scope.clone())).or_default()
    }

    /// A print of a source was given. `subject` is what it was asked for inside its scope.
    pub fn page(&mut self, source: Source, scope: &Scope, subject: &str, page: &Page) {
        let seen = self.entry(source, scope);
        seen.broken += page.broken;
        let chain = seen.chains.entry(subject.to_owned()).or_default();
        chain.add(page);
    }

    /// Whether pages were given of something, and not the last.
    pub fn is_open(&self, source: Source, scope: &Scope, subject: &str) -> bool {
        let seen = self.seen.get(&(source.name, scope.clone()));
        let chain = seen.and_then(|seen| seen.chains.get(subject));
        chain.is_some_and(|chain| chain.cut > 0 && !chain.last)
    }

    /// A whole answer of a source was given.
    pub fn given(&mut self, source: Source, scope: &Scope) {
        self.page(source, scope, "", &Page::default());
    }

    /// Something of a source is known to be missing.
    pub fn gap(&mut self, source: Source, scope: &Scope, text: String) {
        self.entry(source, scope).gaps.insert(text);
    }

    /// Names that are known and of which no print was given: what was not given was not asked for.
    pub fn missing<'n>(
        &mut self,
        source: Source,
        scope: &Scope,
        what: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) {
        let mut names = names.into_iter();
        let Some(first) = names.next() else { return };
        let more = match names.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let text = format!("no {what} print of {first}{more} was given");
        self.entry(source, scope).absent.insert(text);
    }

    /// Whether any print of a source was given.
    pub fn has(&self, source: Source, scope: &Scope) -> bool {
        self.seen.contains_key(&(source.name, scope.clone()))
    }

    /// How many items a source came to; only where it was given.
    pub fn count(&mut self, source: Source, scope: &Scope, items: u64) {
        if let Some(seen) = self.seen.get_mut(&(source.name, scope.clone())) {
            seen.items = items;
        }
    }

    /// The lines of the coverage, with clusters by their keys.
    pub fn entries(self, key: impl Fn(usize) -> String) -> Vec<Entry> {
        self.seen
            .into_iter()
            .map(|((source, scope), mut seen)| {
                seen.gaps
                    .extend(seen.chains.values().filter_map(Chain::gap));
                if seen.broken > 0 {
                    seen.gaps.insert(format!("broken items: {}", seen.broken));
                }
                let status = match (seen.gaps.is_empty(), seen.absent.is_empty()) {
                    (false, _) => Status::Partial,
                    (true, false) => Status::Skipped,
                    (true, true) => Status::Complete,
                };
                let details: Vec<String> = seen.gaps.into_iter().chain(seen.absent).collect();
                Entry {
                    source: source.to_owned(),
                    scope: match scope {
                        Scope::Account(account) => account,
                        Scope::Region(account, region) => format!("{account}/{region}"),
                        Scope::Cluster(at) => key(at),
                    },
                    status,
                    items: seen.items,
                    detail: (!details.is_empty()).then(|| details.join("; ")),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(pages: &[Page]) -> (Status, Option<String>) {
        let mut book = Book::default();
        let scope = Scope::Account("1".to_owned());
        for page in pages {
            book.page(Source::IAM, &scope, "", page);
        }
        let entry = book.entries(|_| String::new()).remove(0);
        (entry.status, entry.detail)
    }

    #[test]
    fn pages_are_whole_only_with_the_last_and_every_token_asked() {
        let page = |next: Option<&str>, asked: Option<&str>| Page {
            next: next.map(str::to_owned),
            cut: next.is_some(),
            asked: asked.map(str::to_owned),
            broken: 0,
        };
        for (pages, want) in [
            (vec![page(None, None)], Status::Complete),
            (vec![page(Some("a"), None)], Status::Partial),
            (
                vec![page(Some("a"), None), page(None, None)],
                Status::Complete,
            ),
            (
                vec![page(Some("a"), None), page(None, Some("a"))],
                Status::Complete,
            ),
            (
                vec![
                    page(Some("a"), None),
                    page(Some("c"), Some("b")),
                    page(None, Some("c")),
                ],
                Status::Partial,
            ),
        ] {
            let got = status(&pages);
            assert_eq!(got.0, want, "{pages:?}: {got:?}");
        }
    }
}
