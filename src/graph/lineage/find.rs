//! Entries that an ExternalSecret looks for instead of naming them.
//!
//! external-secrets.io, "Fetching information from multiple secrets": a regular expression of Go that matches anywhere in
//! the name, or tags; where both are said the name counts. AWS Secrets Manager API Reference, `Filter`: a path is what
//! names begin with, and so are keys and values of tags, each on its own. In Parameter Store a path is a hierarchy.

use regex::Regex;

use crate::snapshot::kubernetes::{ExternalFind, Labels};
use crate::snapshot::secretsmanager::Secret;

use super::Vault;

/// Whether an entry is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fits {
    Yes,
    No,
    /// What tells it was not read.
    Unknown,
}

/// What is looked for.
pub(super) struct Finder<'g> {
    path: Option<&'g str>,
    by: By<'g>,
}

enum By<'g> {
    /// What the name has in it; nothing where the expression means something else here than in Go.
    Name(Option<Regex>),
    Tags(&'g Labels),
    /// Neither, which the operator refuses.
    Nothing,
}

impl<'g> Finder<'g> {
    pub fn of(find: &'g ExternalFind) -> Self {
        let by = match (&find.name, &find.tags) {
            (Some(name), _) => By::Name(compiled(name.regexp.as_deref().unwrap_or_default())),
            (None, Some(tags)) => By::Tags(tags),
            (None, None) => By::Nothing,
        };
        Self {
            path: find.path.as_deref(),
            by,
        }
    }

    pub fn fits(&self, vault: Vault<'_>) -> Fits {
        let in_path = match (vault, self.path) {
            (_, None) => true,
            (Vault::Secret(secret), Some(path)) => secret.name.starts_with(path),
            (Vault::Parameter(one), Some(path)) => {
                let below = one.name.strip_prefix(path.trim_end_matches('/'));
                below.is_some_and(|rest| rest.starts_with('/'))
            }
        };
        if !in_path {
            return Fits::No;
        }
        let fits = match (&self.by, vault) {
            (By::Nothing, _) => false,
            (By::Name(None), _) | (By::Tags(_), Vault::Parameter(_)) => return Fits::Unknown,
            (By::Name(Some(name)), _) => name.is_match(vault.name()),
            // Those that are scheduled for deletion are not listed.
            (By::Tags(tags), Vault::Secret(secret)) => has_all(secret, tags),
        };
        let is_listed = !matches!(vault, Vault::Secret(secret) if secret.deleted_date.is_some());
        match fits && is_listed {
            true => Fits::Yes,
            false => Fits::No,
        }
    }
}

fn has_all(secret: &Secret, tags: &Labels) -> bool {
    tags.iter().all(|(key, value)| {
        let mut own = secret.tags.iter();
        let key = own.clone().any(|tag| tag.key.starts_with(key));
        key && own.any(|tag| tag.value.starts_with(value))
    })
}

/// An expression of Go; nothing where it is none here, or another.
fn compiled(text: &str) -> Option<Regex> {
    (!differs(text)).then(|| Regex::new(text).ok()).flatten()
}

/// Whether an expression has what Go does not know: classes of characters in classes, operations on them, and
/// repetitions without a lower bound.
fn differs(text: &str) -> bool {
    let mut in_class = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied();
        match character {
            '\\' => {
                characters.next();
            }
            '[' if in_class && next != Some(':') => return true,
            '[' => in_class = true,
            ']' => in_class = false,
            '&' | '-' | '~' if in_class && next == Some(character) => return true,
            '{' if next == Some(',') => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::snapshot::ssm::Parameter;

    fn fits(find: &Value, vault: Vault<'_>) -> Fits {
        let find: ExternalFind = serde_json::from_value(find.clone()).unwrap();
        Finder::of(&find).fits(vault)
    }

    #[test]
    fn a_secret_is_found_by_path_and_name_or_by_tags() {
        let secret: Secret = serde_json::from_value(json!({"ARN": "a", "Name": "prod/db-main",
            "Tags": [{"Key": "team", "Value": "shop"}, {"Key": "env", "Value": "production"}]}))
        .unwrap();
        let named = |text: &str| json!({"name": {"regexp": text}});
        for (find, expected) in [
            (named("db"), Fits::Yes),
            (named("^db"), Fits::No),
            (named("^prod/(db|cache)-\\w+$"), Fits::Yes),
            (named(""), Fits::Yes),
            (named("[a&&b]"), Fits::Unknown),
            (named("[a[b]]"), Fits::Unknown),
            (named("[[:alpha:]]{2}"), Fits::Yes),
            (named("\\Qprod\\E"), Fits::Unknown),
            (named("("), Fits::Unknown),
            (
                json!({"path": "prod/", "name": {"regexp": "main"}}),
                Fits::Yes,
            ),
            (
                json!({"path": "staging/", "name": {"regexp": "main"}}),
                Fits::No,
            ),
            (json!({"tags": {"team": "shop"}}), Fits::Yes),
            (json!({"tags": {"env": "prod"}}), Fits::Yes),
            (json!({"tags": {"team": "search"}}), Fits::No),
            (json!({"tags": {"team": "shop", "tier": "1"}}), Fits::No),
            (
                json!({"tags": {"team": "search"}, "name": {"regexp": "db"}}),
                Fits::Yes,
            ),
            (json!({"path": "prod/"}), Fits::No),
        ] {
            assert_eq!(fits(&find, Vault::Secret(&secret)), expected, "{find}");
        }
        let deleted = Secret {
            deleted_date: secret
                .created_date
                .or(crate::snapshot::time::Time::parse("2026-01-01").ok()),
            ..secret
        };
        let found = fits(&named("db"), Vault::Secret(&deleted));
        assert_eq!(found, Fits::No, "the list of the operator leaves it out");
    }

    #[test]
    fn a_parameter_is_found_by_hierarchy_and_its_tags_are_not_read() {
        let parameter: Parameter =
            serde_json::from_value(json!({"Name": "/prod/db/password", "Type": "SecureString"}))
                .unwrap();
        for (find, expected) in [
            (
                json!({"path": "/prod", "name": {"regexp": "pass"}}),
                Fits::Yes,
            ),
            (
                json!({"path": "/prod/", "name": {"regexp": "pass"}}),
                Fits::Yes,
            ),
            (json!({"path": "/", "name": {"regexp": "pass"}}), Fits::Yes),
            (
                json!({"path": "/pro", "name": {"regexp": "pass"}}),
                Fits::No,
            ),
            (json!({"tags": {"team": "shop"}}), Fits::Unknown),
            (json!({"path": "/shop", "tags": {"team": "shop"}}), Fits::No),
        ] {
            assert_eq!(
                fits(&find, Vault::Parameter(&parameter)),
                expected,
                "{find}"
            );
        }
    }
}
