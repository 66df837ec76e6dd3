//! What patterns of actions come to, service by service and level by level.

use std::collections::BTreeSet;
use std::fmt;

use super::{Action, Level, Service, table};
use crate::iam::document::Actions;
use crate::iam::glob::Pattern;

/// How many of a service's actions of a level are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The level.
    pub level: Level,
    /// How many of it are meant.
    pub meant: usize,
    /// How many there are.
    pub of: usize,
}

/// What of a service is meant: AWS calls a level full or limited in the same way (IAM User Guide,
/// "Understanding access level summaries within policy summaries").
#[derive(Debug, Clone)]
pub struct Summary {
    /// The service.
    pub service: &'static Service,
    /// The levels of which something is meant, from the least to the most.
    pub held: Vec<Held>,
}

impl Summary {
    /// The services of which a statement's actions mean something that the table knows.
    pub fn of(actions: &Actions) -> Vec<Self> {
        let services = table().services().iter();
        services
            .filter_map(|service| Self::of_service(service, actions))
            .collect()
    }

    fn of_service(service: &'static Service, actions: &Actions) -> Option<Self> {
        let (patterns, but) = match actions {
            Actions::Only(patterns) => (patterns, false),
            Actions::AllBut(patterns) => (patterns, true),
        };
        let near: Vec<&Pattern> = patterns.iter().filter(|p| may_name(p, service)).collect();
        if near.is_empty() && !but {
            return None;
        }
        let mut held = Level::ALL.map(|level| Held {
            level,
            meant: 0,
            of: 0,
        });
        for action in service.actions() {
            let name = action.to_string().to_ascii_lowercase();
            let named = near.iter().any(|p| p.matches(&name));
            if let Some(held) = held.iter_mut().find(|h| h.level == action.level()) {
                held.of += 1;
                held.meant += usize::from(named != but);
            }
        }
        let held: Vec<Held> = held.into_iter().filter(|h| h.meant > 0).collect();
        (!held.is_empty()).then_some(Self { service, held })
    }

    /// The highest level of which something is meant.
    pub fn highest(&self) -> Option<Level> {
        self.held.last().map(|h| h.level)
    }
}

/// Whether a pattern of actions can name one of the service's.
fn may_name(pattern: &Pattern, service: &Service) -> bool {
    match pattern.head().split_once(':') {
        Some((prefix, _)) => prefix == service.prefix,
        None => service.prefix.starts_with(pattern.head()),
    }
}

/// "s3: list and read, some write".
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |full: bool| {
            let held = self.held.iter().filter(|h| (h.meant == h.of) == full);
            held.map(|h| h.level.word()).collect::<Vec<_>>()
        };
        let (full, some) = (and(&words(true)), and(&words(false)));
        let mark = if full.is_empty() || some.is_empty() {
            ""
        } else {
            ", "
        };
        let some = if some.is_empty() {
            some
        } else {
            format!("some {some}")
        };
        write!(f, "{}: {full}{mark}{some}", self.service.prefix)
    }
}

/// "a, b and c".
fn and(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The actions that are meant, each once, in the order of the table.
pub fn expand_all(patterns: &[Pattern]) -> Vec<Action> {
    let mut seen = BTreeSet::new();
    let all = patterns.iter().flat_map(|p| table().expand(p));
    all.filter(|a| seen.insert((a.service().prefix, a.name())))
        .collect()
}
