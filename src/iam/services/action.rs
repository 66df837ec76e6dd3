//! An action of a service.

use std::fmt;

use super::{ConditionKey, ResourceType, Service};
use crate::iam::truth::Truth;

/// How many characters stand before an action's name: the line's kind, the level, what it is.
pub(super) const MARKS: usize = 3;

/// An action. Cheap to copy: it points into the table.
#[derive(Debug, Clone, Copy)]
pub struct Action {
    service: &'static Service,
    name: &'static str,
    level: u8,
    kind: u8,
    /// Behind the name: condition keys, kinds of resources, actions that are needed too.
    rest: &'static str,
}

/// What an action does, as AWS classes it (IAM User Guide, "Understanding access level summaries within
/// policy summaries").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// It tells what there is.
    List,
    /// It reads what is in it.
    Read,
    /// It changes tags and nothing else.
    Tagging,
    /// It makes, changes or deletes.
    Write,
    /// It changes who may do what.
    PermissionsManagement,
}

/// A kind of resource that an action can be allowed on.
#[derive(Debug, Clone, Copy)]
pub struct OnType {
    /// The kind.
    pub resource_type: ResourceType,
    /// Whether every request has one of that kind.
    pub required: bool,
    keys: &'static str,
}

impl Action {
    pub(super) fn read(service: &'static Service, line: &'static str) -> Self {
        let marks = line.as_bytes();
        let text = line.get(MARKS..).unwrap_or_default();
        let (name, rest) = text.split_once('\t').unwrap_or((text, ""));
        Self {
            service,
            name,
            level: marks.get(1).copied().unwrap_or_default(),
            kind: marks.get(2).copied().unwrap_or_default(),
            rest,
        }
    }

    /// Its service.
    pub fn service(self) -> &'static Service {
        self.service
    }

    /// Its name in its own spelling, without the service's prefix.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// What it does.
    pub fn level(self) -> Level {
        match self.level {
            b'L' => Level::List,
            b'R' => Level::Read,
            b'T' => Level::Tagging,
            b'P' => Level::PermissionsManagement,
            _ => Level::Write,
        }
    }

    /// Whether it is only a permission and no API operation; not known of actions that are newer than
    /// [`Table::dependents_source`](super::Table::dependents_source).
    pub fn permission_only(self) -> Truth {
        match self.kind {
            b'p' => Truth::Yes,
            b'o' => Truth::No,
            _ => Truth::Unknown,
        }
    }

    /// The condition keys that a request for it may have, whatever the resource; the global ones are left out.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey> {
        super::keys(self.field(0))
    }

    /// The kinds of resources that it can be allowed on.
    pub fn on_types(self) -> impl Iterator<Item = OnType> {
        let service = self.service;
        self.field(1)
            .split(',')
            .filter_map(move |item| OnType::read(service, item))
    }

    /// The actions that whoever does this needs too, in their own spelling; as far as
    /// [`Table::dependents_source`](super::Table::dependents_source) says.
    pub fn dependents(self) -> impl Iterator<Item = &'static str> {
        self.field(2).split(',').filter(|name| !name.is_empty())
    }

    /// Whether it cannot be allowed on single resources: only a statement whose resource matches `*` is about it.
    pub fn needs_star(self) -> bool {
        self.field(1).is_empty()
    }

    /// Whether a statement that names this ARN can be about it: whether the ARN is of a kind that it has.
    /// Where it has none, only `*` is.
    pub fn on_resource(self, arn: &str) -> bool {
        if self.needs_star() {
            return arn == "*";
        }
        let kinds = self.service.types_of(arn);
        self.on_types().any(|on| kinds.contains(&on.resource_type))
    }

    fn field(self, at: usize) -> &'static str {
        self.rest.split('\t').nth(at).unwrap_or_default()
    }
}

/// As IAM writes it: `s3:GetObject`.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.prefix, self.name)
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.service.prefix == other.service.prefix && self.name == other.name
    }
}

impl Eq for Action {}

impl Level {
    /// All of them, from the least to the most.
    pub const ALL: [Self; 5] = [
        Self::List,
        Self::Read,
        Self::Tagging,
        Self::Write,
        Self::PermissionsManagement,
    ];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Tagging => "tagging",
            Self::Write => "write",
            Self::PermissionsManagement => "permissions management",
        }
    }
}

impl OnType {
    /// Reads `12!:3.4`: the kind's place in its service, `!` where it is required, the keys' places.
    fn read(service: &'static Service, item: &'static str) -> Option<Self> {
        let (kind, keys) = item.split_once(':').unwrap_or((item, ""));
        let place = kind.strip_suffix('!');
        Some(Self {
            resource_type: service.resource_type(place.unwrap_or(kind).parse().ok()?)?,
            required: place.is_some(),
            keys,
        })
    }

    /// The condition keys that a request on this kind of resource may have besides.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey> {
        super::keys(self.keys)
    }
}
