//! One page of a list, out of its JSON.
//!
//! Form: Kubernetes API conventions, "Lists and Simple kinds". Messages tell the place of what
//! is wrong, never the text that stands there.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::failure::Failure;

/// A page.
pub(super) struct Page<T> {
    /// Its items.
    pub(super) items: Vec<T>,
    /// The token of the next page, if there is one.
    pub(super) next: Option<String>,
    /// What could not be read, an item each.
    pub(super) broken: Vec<String>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    metadata: Option<ListMeta>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
struct ListMeta {
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// Reads a page that must be a list of this kind.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8], kind: &str) -> Result<Page<T>, Failure> {
    expect_kind(body, kind)?;
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|error| broken(&error))?;
    let mut page = Page {
        items: Vec::new(),
        next: envelope
            .metadata
            .unwrap_or_default()
            .next
            .filter(|token| !token.is_empty()),
        broken: Vec::new(),
    };
    for item in envelope.items.unwrap_or_default() {
        match serde_json::from_str(item.get()) {
            Ok(item) => page.items.push(item),
            Err(_) => page.broken.push(complaint::<T>(item.get())),
        }
    }
    Ok(page)
}

/// Reads one object that must be of this kind.
pub(super) fn parse_object<T: DeserializeOwned>(body: &[u8], kind: &str) -> Result<T, Failure> {
    expect_kind(body, kind)?;
    let text = std::str::from_utf8(body).map_err(|_| Failure::Broken("it is no UTF-8".into()))?;
    serde_json::from_str(text).map_err(|_| Failure::Broken(complaint::<T>(text)))
}

/// Holds the kind against what was asked for, before anything else of the answer is read.
fn expect_kind(body: &[u8], expected: &str) -> Result<(), Failure> {
    let kind: Kind = serde_json::from_slice(body).map_err(|error| broken(&error))?;
    match kind.kind.as_deref() {
        Some(kind) if kind == expected => Ok(()),
        Some(kind) => Err(Failure::Broken(format!(
            "it is a {kind} and not a {expected}"
        ))),
        None => Err(Failure::Broken(format!(
            "it has no kind, and is no {expected}"
        ))),
    }
}

fn broken(error: &serde_json::Error) -> Failure {
    let place = format!("line {}, column {}", error.line(), error.column());
    Failure::Broken(match error.classify() {
        serde_json::error::Category::Eof => format!("it ends too early, at {place}"),
        serde_json::error::Category::Data => format!("it is not of the expected form at {place}"),
        _ => format!("it is no JSON at {place}"),
    })
}

/// Which field of which object is not of the expected form.
fn complaint<T: DeserializeOwned>(text: &str) -> String {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Named {
        metadata: Name,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Name {
        namespace: Option<String>,
        name: Option<String>,
    }
    let named = serde_json::from_str::<Named>(text)
        .unwrap_or_default()
        .metadata;
    let name = match (named.namespace, named.name) {
        (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
        (None, Some(name)) => name,
        _ => "an object without a name".to_owned(),
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => format!(
            "{name}: the field `{}` is not of the expected form",
            error.path()
        ),
        Ok(_) => format!("{name}: it is not of the expected form"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::snapshot::kubernetes::{Pod, Secret};

    #[test]
    fn a_page_has_items_and_a_token() {
        let body = br#"{"kind":"PodList","metadata":{"continue":"abc"},"items":[{"metadata":{"name":"a"}}]}"#;
        let page = parse::<Pod>(body, "PodList").unwrap();
        assert_eq!((page.items.len(), page.next.as_deref()), (1, Some("abc")));
        for last in [
            r#"{"kind":"PodList","metadata":{"continue":""},"items":null}"#,
            r#"{"kind":"PodList","metadata":{},"items":[]}"#,
            r#"{"items":[],"kind":"PodList"}"#,
        ] {
            let page = parse::<Pod>(last.as_bytes(), "PodList").unwrap();
            assert_eq!((page.items.len(), page.next), (0, None), "{last}");
        }
    }

    #[test]
    fn what_is_no_such_list_is_refused_and_not_shown() {
        for (body, says) in [
            (
                r#"{"kind":"PodList","items":[{"metadata":{"na"#,
                "ends too early",
            ),
            ("<html>hidden</html>", "no JSON"),
            (
                r#"{"kind":"SecretList","items":[{"data":{"a":"hidden"}}]}"#,
                "a SecretList and not a PodList",
            ),
            (r#"{"items":[]}"#, "no kind"),
            (r#"{"kind":"PodList","items":"hidden"}"#, "expected form"),
        ] {
            let Err(Failure::Broken(what)) = parse::<Pod>(body.as_bytes(), "PodList") else {
                panic!("{body} was read");
            };
            assert!(
                what.contains(says) && !what.contains("hidden"),
                "{what} lacks {says}"
            );
        }
    }

    #[test]
    fn one_broken_item_costs_itself_and_is_named_by_its_field() {
        let body = br#"{"kind":"PodList","items":[
            {"metadata":{"namespace":"n","name":"bad"},"spec":{"containers":"hidden"}},
            {"metadata":{"namespace":"n","name":"good"}}]}"#;
        let page = parse::<Pod>(body, "PodList").unwrap();
        assert_eq!(page.items.len(), 1);
        assert_eq!(
            page.broken,
            ["n/bad: the field `spec.containers` is not of the expected form"]
        );
    }

    #[test]
    fn of_a_secret_no_value_can_be_kept() {
        let body = br#"{"kind":"PartialObjectMetadataList","items":[
            {"metadata":{"name":"a"},"data":{"k":"hidden"},"stringData":{"k":"hidden"}}]}"#;
        let page = parse::<Secret>(body, "PartialObjectMetadataList").unwrap();
        assert!(!format!("{:?}", page.items).contains("hidden"));
    }
}
