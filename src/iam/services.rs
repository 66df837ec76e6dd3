//! The service authorization table: which actions, kinds of resources and condition keys the services have.
//!
//! Service Authorization Reference, "Actions, resources, and condition keys for AWS services". The table is
//! carried as text, compressed; `refresh.mjs` beside it makes it. An action that it does not have is no
//! mistake by that alone, since services get new ones every day: whoever expands a pattern keeps a literal as
//! it stands.
//!
//! It is unpacked at the first question, in some 4 ms, and then takes about 1.3 MB: the text, and four bytes
//! for each line of it. What a line says is read when it is asked for.

mod action;
mod condition_key;
mod remark;
mod resource_type;
mod summary;

pub use action::{Action, Level, OnType};
use condition_key::keys;
pub use condition_key::{ConditionKey, ValueType};
pub use remark::remarks;
pub use resource_type::ResourceType;
pub use summary::{Held, Summary, expand_all};

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::OnceLock;

use super::glob::Pattern;

const PACKED: &[u8] = include_bytes!("services/table.zst");

/// The table, unpacked once.
pub fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(text()))
}

fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let bytes = zstd::decode_all(PACKED).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    })
}

/// All services.
#[derive(Debug)]
pub struct Table {
    text: &'static str,
    source: Source,
    dependents: Source,
    copyright: &'static str,
    /// In the order of their prefixes.
    services: Vec<Service>,
    /// Where the lines of all actions begin, in the order of services, then names.
    actions: Vec<u32>,
    /// The same of the kinds of resources.
    resource_types: Vec<u32>,
    /// The same of the condition keys, in the order of their names.
    condition_keys: Vec<u32>,
    /// Those of the condition keys that have a part which is chosen elsewhere.
    open_keys: Vec<usize>,
}

/// Where facts come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Source {
    /// The package's name.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The day of its data.
    pub date: &'static str,
}

/// A service.
#[derive(Debug)]
pub struct Service {
    /// What its actions begin with: `s3`.
    pub prefix: &'static str,
    /// Its name: "Amazon S3".
    pub name: &'static str,
    actions: Range<usize>,
    resource_types: Range<usize>,
    /// Its kinds of resources' patterns, compiled once.
    patterns: OnceLock<Vec<Pattern>>,
}

impl Table {
    fn read(text: &'static str) -> Self {
        let mut table = Self {
            text,
            source: Source::default(),
            dependents: Source::default(),
            copyright: "",
            services: Vec::new(),
            actions: Vec::new(),
            resource_types: Vec::new(),
            condition_keys: Vec::new(),
            open_keys: Vec::new(),
        };
        let (head, mut at) = header(text);
        for line in head {
            match line.split_once('\t') {
                Some(("source", rest)) => table.source = Source::read(rest),
                Some(("dependents", rest)) => table.dependents = Source::read(rest),
                Some(("licence", rest)) => {
                    table.copyright = rest.split_once('\t').map_or("", |(_, text)| text);
                }
                _ => {}
            }
        }
        for line in text.get(at..).unwrap_or_default().split_terminator('\n') {
            table.add(line, at);
            at += line.len() + 1;
        }
        table
    }

    fn add(&mut self, line: &'static str, at: usize) {
        let start = u32::try_from(at).unwrap_or_default();
        match line.as_bytes().first() {
            Some(b'k') => {
                if line.contains("${") {
                    self.open_keys.push(self.condition_keys.len());
                }
                self.condition_keys.push(start);
            }
            Some(b's') => {
                let (prefix, name) = line
                    .get(1..)
                    .and_then(|l| l.split_once('\t'))
                    .unwrap_or_default();
                self.services.push(Service {
                    prefix,
                    name,
                    actions: self.actions.len()..self.actions.len(),
                    resource_types: self.resource_types.len()..self.resource_types.len(),
                    patterns: OnceLock::new(),
                });
            }
            Some(b'r') => {
                self.resource_types.push(start);
                if let Some(service) = self.services.last_mut() {
                    service.resource_types.end += 1;
                }
            }
            Some(b'a') => {
                self.actions.push(start);
                if let Some(service) = self.services.last_mut() {
                    service.actions.end += 1;
                }
            }
            _ => {}
        }
    }

    /// Where the table comes from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Where it has from which actions need which others, and which are no API operation.
    pub fn dependents_source(&self) -> Source {
        self.dependents
    }

    /// Whose the data is. They carry it under the MIT licence.
    pub fn copyright(&self) -> &'static str {
        self.copyright
    }

    /// All services, in the order of their prefixes.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The service with this prefix, without regard to case.
    pub fn service(&self, prefix: &str) -> Option<&Service> {
        let at = self
            .services
            .binary_search_by(|s| order(s.prefix, prefix))
            .ok()?;
        self.services.get(at)
    }

    /// The action of this name with its service's prefix, without regard to case.
    pub fn action(&'static self, name: &str) -> Option<Action> {
        let (prefix, name) = name.split_once(':')?;
        let service = self.service(prefix)?;
        let lines = self.actions.get(service.actions.clone())?;
        let at = lines
            .binary_search_by(|line| order(self.action_name(*line), name))
            .ok()?;
        lines.get(at).map(|line| self.action_at(service, *line))
    }

    /// All actions.
    pub fn actions(&'static self) -> impl Iterator<Item = Action> {
        self.services.iter().flat_map(|s| s.actions())
    }

    /// All known actions that a pattern of actions in lower case matches. A pattern without a wildcard that
    /// the table does not know gives nothing: its caller keeps it as a literal.
    pub fn expand(&'static self, pattern: &Pattern) -> Vec<Action> {
        let mut out = Vec::new();
        self.each(pattern, |action| {
            out.push(action);
            true
        });
        out
    }

    /// Whether the pattern, in lower case, matches a known action.
    pub fn knows(&'static self, pattern: &Pattern) -> bool {
        let mut found = false;
        self.each(pattern, |_| {
            found = true;
            false
        });
        found
    }

    /// Goes through the actions that a pattern matches, as long as `go` says so.
    fn each(&'static self, pattern: &Pattern, mut go: impl FnMut(Action) -> bool) {
        let mut text = String::new();
        let (services, head) = match pattern.head().split_once(':') {
            Some((prefix, head)) => (self.service(prefix).into_iter().collect(), head),
            None => (self.services.iter().collect::<Vec<_>>(), ""),
        };
        for service in services {
            let lines = self
                .actions
                .get(service.actions.clone())
                .unwrap_or_default();
            let first =
                lines.partition_point(|l| order(self.action_name(*l), head) == Ordering::Less);
            for line in lines.get(first..).unwrap_or_default() {
                let name = self.action_name(*line);
                if !begins(name, head) {
                    break;
                }
                text.clear();
                text.push_str(service.prefix);
                text.push(':');
                text.push_str(name);
                text.make_ascii_lowercase();
                if pattern.matches(&text) && !go(self.action_at(service, *line)) {
                    return;
                }
            }
        }
    }

    /// The condition key of this name, without regard to case: `aws:TagKeys`, `aws:RequestTag/team`. The
    /// global keys are among them.
    pub fn condition_key(&'static self, name: &str) -> Option<ConditionKey> {
        let exact = |at: &u32| order(self.key_at(*at).name(), name);
        if let Ok(at) = self.condition_keys.binary_search_by(exact) {
            return self.key(at);
        }
        let open = self.open_keys.iter().filter_map(|at| self.key(*at));
        open.filter(|key| key.stands_for(name))
            .max_by_key(|key| key.name().len())
    }

    /// All condition keys, in the order of their names.
    pub fn condition_keys(&'static self) -> impl Iterator<Item = ConditionKey> {
        self.condition_keys.iter().map(|at| self.key_at(*at))
    }

    fn key(&self, place: usize) -> Option<ConditionKey> {
        self.condition_keys.get(place).map(|at| self.key_at(*at))
    }

    fn key_at(&self, at: u32) -> ConditionKey {
        ConditionKey::read(self.line(at))
    }

    fn action_at(&self, service: &'static Service, at: u32) -> Action {
        Action::read(service, self.line(at))
    }

    /// The name of the action on the line that begins there, without looking for the line's end.
    fn action_name(&self, at: u32) -> &'static str {
        let rest = self
            .text
            .get(at as usize + action::MARKS..)
            .unwrap_or_default();
        rest.split('\t').next().unwrap_or_default()
    }

    fn line(&self, at: u32) -> &'static str {
        let rest = self.text.get(at as usize..).unwrap_or_default();
        rest.split('\n').next().unwrap_or_default()
    }
}

impl Service {
    /// Its actions, in the order of their names.
    pub fn actions(&'static self) -> impl Iterator<Item = Action> {
        let lines = table()
            .actions
            .get(self.actions.clone())
            .unwrap_or_default();
        lines.iter().map(move |at| table().action_at(self, *at))
    }

    /// Its kinds of resources.
    pub fn resource_types(&'static self) -> impl Iterator<Item = ResourceType> {
        (0..self.resource_types.len()).filter_map(|at| self.resource_type(at))
    }

    fn resource_type(&'static self, at: usize) -> Option<ResourceType> {
        let lines = table().resource_types.get(self.resource_types.clone())?;
        lines
            .get(at)
            .map(|line| ResourceType::read(self, at, table().line(*line)))
    }

    /// The kinds of its resources that an ARN can be: of those whose pattern it matches the ones that say
    /// most. `arn:aws:s3:::b/k` is an object although a bucket's pattern matches it too.
    pub fn types_of(&'static self, arn: &str) -> Vec<ResourceType> {
        let mut best = Vec::new();
        let mut most = 0;
        for kind in self.resource_types() {
            let pattern = kind.pattern();
            let said = pattern
                .tokens()
                .iter()
                .filter(|t| matches!(t, super::glob::Token::Char(_)))
                .count();
            if said < most || !pattern.matches(arn) {
                continue;
            }
            if said > most {
                best.clear();
                most = said;
            }
            best.push(kind);
        }
        best
    }

    fn patterns(&'static self) -> &'static [Pattern] {
        self.patterns.get_or_init(|| {
            self.resource_types()
                .map(|kind| resource_type::pattern(kind.arn()))
                .collect()
        })
    }
}

impl Source {
    fn read(rest: &'static str) -> Self {
        let mut fields = rest.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        Self {
            package: next(),
            version: next(),
            date: next(),
        }
    }
}

/// The lines before the data, and where the data begins.
fn header(text: &'static str) -> (Vec<&'static str>, usize) {
    let lines: Vec<&str> = text.split_inclusive('\n').take(4).collect();
    let length = lines.iter().map(|l| l.len()).sum();
    (lines.into_iter().map(str::trim_end).collect(), length)
}

/// The order of two names without regard to case, which is that of the table.
fn order(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.bytes(), b.bytes());
    a.map(|b| b.to_ascii_lowercase())
        .cmp(b.map(|b| b.to_ascii_lowercase()))
}

/// Whether a name begins so, without regard to case.
fn begins(name: &str, head: &str) -> bool {
    name.get(..head.len())
        .is_some_and(|n| n.eq_ignore_ascii_case(head))
}

#[cfg(test)]
mod tests;
