//! Rules with their strings interned, so that a question is a few comparisons of numbers a rule.

use std::collections::HashMap;

use super::attributes::{Attributes, Name, Permission, is_nameless};
use crate::snapshot::kubernetes_rbac::PolicyRule;

/// A string of the rules, as a number.
type Symbol = u32;

/// A string that no rule names: equal to none of theirs.
const UNKNOWN: Symbol = Symbol::MAX;

/// All strings of the rules.
#[derive(Debug, Default)]
pub(super) struct Symbols(HashMap<Box<str>, Symbol>);

impl Symbols {
    fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&known) = self.0.get(text) {
            return known;
        }
        let next = Symbol::try_from(self.0.len()).unwrap_or(UNKNOWN);
        self.0.insert(text.into(), next);
        next
    }

    fn find(&self, text: &str) -> Symbol {
        self.0.get(text).copied().unwrap_or(UNKNOWN)
    }
}

/// A list of a rule: `*`, or these.
#[derive(Debug)]
struct Set {
    any: bool,
    of: Box<[Symbol]>,
}

impl Set {
    fn compile(symbols: &mut Symbols, texts: &[String]) -> Self {
        Self {
            any: texts.iter().any(|text| text == "*"),
            of: texts.iter().map(|text| symbols.intern(text)).collect(),
        }
    }

    fn has(&self, symbol: Symbol) -> bool {
        self.any || self.of.contains(&symbol)
    }
}

/// A path of a rule: exact, or a prefix where the rule's ends in `*`.
#[derive(Debug)]
enum Path {
    Exact(Box<str>),
    Prefix(Box<str>),
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    verbs: Set,
    groups: Set,
    resources: Set,
    names: Box<[Symbol]>,
    paths: Box<[Path]>,
}

impl Rule {
    pub(super) fn compile(symbols: &mut Symbols, rule: &PolicyRule) -> Self {
        Self {
            verbs: Set::compile(symbols, &rule.verbs),
            groups: Set::compile(symbols, &rule.api_groups),
            resources: Set::compile(symbols, &rule.resources),
            names: rule
                .resource_names
                .iter()
                .map(|name| symbols.intern(name))
                .collect(),
            paths: rule
                .non_resource_urls
                .iter()
                .map(|url| compile_path(url))
                .collect(),
        }
    }

    /// Whether the rule allows what is asked.
    pub(super) fn allows(&self, question: &Question<'_>) -> bool {
        match question {
            Question::Path { verb, path } => {
                self.verbs.has(*verb) && self.paths.iter().any(|pattern| pattern.matches(path))
            }
            Question::Resource {
                verb,
                group,
                resource,
                any_parent,
                name,
            } => {
                self.verbs.has(*verb)
                    && self.groups.has(*group)
                    && (self.resources.has(*resource)
                        || any_parent.is_some_and(|symbol| self.resources.of.contains(&symbol)))
                    && self.names_allow(*name)
            }
        }
    }

    fn names_allow(&self, name: NameSymbol) -> bool {
        self.names.is_empty()
            || match name {
                NameSymbol::Every => false,
                NameSymbol::Any => true,
                NameSymbol::Exact(symbol) => self.names.contains(&symbol),
            }
    }
}

fn compile_path(url: &str) -> Path {
    match url.strip_suffix('*') {
        Some(prefix) => Path::Prefix(prefix.trim_end_matches('*').into()),
        None => Path::Exact(url.into()),
    }
}

impl Path {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => **exact == *path,
            Self::Prefix(prefix) => path.starts_with(&**prefix),
        }
    }
}

/// [`Name`], interned.
#[derive(Debug, Clone, Copy)]
pub(super) enum NameSymbol {
    Every,
    Any,
    Exact(Symbol),
}

/// A question in the rules' numbers.
#[derive(Debug)]
pub(super) enum Question<'a> {
    Resource {
        verb: Symbol,
        group: Symbol,
        /// `pods`, or `pods/log` as one string.
        resource: Symbol,
        /// `*/log`, if there is a subresource.
        any_parent: Option<Symbol>,
        name: NameSymbol,
    },
    Path {
        verb: Symbol,
        path: &'a str,
    },
}

impl<'a> Question<'a> {
    pub(super) fn of_request(symbols: &Symbols, attributes: &Attributes<'a>) -> Self {
        match attributes {
            Attributes::NonResource { verb, path } => Self::Path {
                verb: symbols.find(verb),
                path,
            },
            Attributes::Resource(request) => {
                let name = NameSymbol::Exact(symbols.find(request.name));
                let (resource, any_parent) =
                    resource_symbols(symbols, request.resource, request.subresource);
                Self::Resource {
                    verb: symbols.find(request.verb),
                    group: symbols.find(request.group),
                    resource,
                    any_parent,
                    name,
                }
            }
        }
    }

    pub(super) fn of_permission(symbols: &Symbols, asked: &Permission<'a>) -> Self {
        let name = match asked.name {
            Name::Every if is_nameless(asked.verb) => NameSymbol::Exact(symbols.find("")),
            Name::Every => NameSymbol::Every,
            Name::Any => NameSymbol::Any,
            Name::Exact(name) => NameSymbol::Exact(symbols.find(name)),
        };
        let (resource, any_parent) = resource_symbols(symbols, asked.resource, asked.subresource);
        Self::Resource {
            verb: symbols.find(asked.verb),
            group: symbols.find(asked.group),
            resource,
            any_parent,
            name,
        }
    }
}

/// `resource/subresource` and `*/subresource`. Another wildcard does not exist: `pods/*` is only itself.
fn resource_symbols(symbols: &Symbols, resource: &str, sub: &str) -> (Symbol, Option<Symbol>) {
    if sub.is_empty() {
        return (symbols.find(resource), None);
    }
    let exact = symbols.find(&format!("{resource}/{sub}"));
    (exact, Some(symbols.find(&format!("*/{sub}"))))
}
