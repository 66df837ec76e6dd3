//! The namespaces of an access scope, which may have wildcards: `dev-*`.

use std::collections::BTreeSet;

/// Whether a name of an access scope means this namespace: `*` is any text, `?` any one letter (EKS User Guide,
/// "Associate access policies with access entries", which shows `dev-*`; `?` as in Fargate profiles, and no namespace
/// has one in its name).
pub fn names_namespace(pattern: &str, namespace: &str) -> bool {
    matches(pattern.as_bytes(), namespace.as_bytes())
}

/// Each `*` takes as little as it can, and more where what follows does not fit: linear but for the last one.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                again = Some((at + 1, from));
                at += 1;
            }
            Some(letter) if *letter == b'?' || text.get(from) == Some(letter) => {
                at += 1;
                from += 1;
            }
            _ => match again {
                Some((after, taken)) => {
                    again = Some((after, taken + 1));
                    at = after;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(at..)
        .is_some_and(|rest| rest.iter().all(|letter| *letter == b'*'))
}

/// The namespaces that an access scope means: those that it names, there or not, and of the given ones those that a
/// wildcard means.
pub(super) fn expanded<'a>(patterns: &'a [String], namespaces: &[&'a str]) -> BTreeSet<&'a str> {
    let mut places = BTreeSet::new();
    for pattern in patterns {
        match pattern.contains(['*', '?']) {
            false => {
                places.insert(pattern.as_str());
            }
            true => places.extend(
                namespaces
                    .iter()
                    .filter(|name| names_namespace(pattern, name)),
            ),
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_of_namespaces() {
        for (pattern, namespace, expected) in [
            ("dev", "dev", true),
            ("dev", "dev-1", false),
            ("dev-*", "dev-1", true),
            ("dev-*", "dev-", true),
            ("dev-*", "dev", false),
            ("*", "anything", true),
            ("*-dev", "a-b-dev", true),
            ("*-dev", "a-dev-b", false),
            ("a*b*c", "abxbc", true),
            ("a*b*c", "acb", false),
            ("de?", "dev", true),
            ("de?", "de", false),
            ("DEV", "dev", false),
            ("", "dev", false),
            ("**", "dev", true),
        ] {
            assert_eq!(
                names_namespace(pattern, namespace),
                expected,
                "{pattern} for {namespace}"
            );
        }
    }

    #[test]
    fn what_is_named_counts_though_it_is_not_there() {
        let patterns = ["dev-*".to_owned(), "later".to_owned()];
        let places = expanded(&patterns, &["dev-1", "prod", "dev-2"]);
        assert_eq!(
            places.into_iter().collect::<Vec<_>>(),
            ["dev-1", "dev-2", "later"]
        );
    }
}
