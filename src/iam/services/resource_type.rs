//! A kind of resource of a service.

use super::{ConditionKey, Service};
use crate::iam::glob::{Pattern, Token};

/// A kind of resource. Cheap to copy: it points into the table.
#[derive(Debug, Clone, Copy)]
pub struct ResourceType {
    service: &'static Service,
    place: usize,
    name: &'static str,
    arn: &'static str,
    keys: &'static str,
}

impl ResourceType {
    pub(super) fn read(service: &'static Service, place: usize, line: &'static str) -> Self {
        let mut fields = line.get(1..).unwrap_or_default().split('\t');
        let mut next = || fields.next().unwrap_or_default();
        Self {
            service,
            place,
            name: next(),
            arn: next(),
            keys: next(),
        }
    }

    /// Its name: `bucket`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Its ARNs as the reference writes them: `arn:${Partition}:s3:::${BucketName}`.
    pub fn arn(self) -> &'static str {
        self.arn
    }

    /// Its ARNs as a pattern: each part that is chosen elsewhere is a `*`.
    pub fn pattern(self) -> &'static Pattern {
        static NONE: std::sync::LazyLock<Pattern> =
            std::sync::LazyLock::new(|| Pattern::literal(""));
        self.service.patterns().get(self.place).unwrap_or(&NONE)
    }

    /// The condition keys that go with it.
    pub fn condition_keys(self) -> impl Iterator<Item = ConditionKey> {
        super::keys(self.keys)
    }
}

impl PartialEq for ResourceType {
    fn eq(&self, other: &Self) -> bool {
        self.service.prefix == other.service.prefix && self.place == other.place
    }
}

impl Eq for ResourceType {}

/// The pattern of an ARN in which `${…}` stands for a part that is chosen elsewhere.
pub(super) fn pattern(arn: &str) -> Pattern {
    let mut tokens = Vec::new();
    let mut rest = arn;
    while let Some((before, from)) = rest.split_once("${") {
        tokens.extend(before.chars().map(token));
        tokens.push(Token::Many);
        rest = from.split_once('}').map_or("", |(_, behind)| behind);
    }
    tokens.extend(rest.chars().map(token));
    Pattern::from_tokens(tokens)
}

fn token(c: char) -> Token {
    if c == '*' {
        Token::Many
    } else {
        Token::Char(c)
    }
}
