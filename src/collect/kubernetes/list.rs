//! A whole list, page after page.
//!
//! Kubernetes API concepts, "Retrieving large results sets in chunks": all pages of one list are
//! of one moment; when that moment is too long ago the server answers 410, and a list that goes
//! on would mix two moments. It is read again from its start instead, once.

use std::collections::HashSet;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;

use super::PAGE;
use super::connection::{Connection, Form};
use super::failure::Failure;
use super::page;
use super::resources::Resource;

/// What came of a list.
#[derive(Debug)]
pub(super) struct Listing<T> {
    /// Its items, as many as were read.
    pub(super) items: Vec<T>,
    /// What kept the rest away.
    pub(super) failure: Option<Failure>,
    /// Items that could not be read, told one by one.
    pub(super) broken: Vec<String>,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            failure: None,
            broken: Vec::new(),
        }
    }
}

/// Reads a list at a path, of the objects that a field selector picks. `seen` is told of each
/// page's number of items.
pub(super) async fn list<T: DeserializeOwned>(
    connection: &Connection<'_>,
    resource: &Resource,
    path: &str,
    selector: Option<&str>,
    seen: &(dyn Fn(u64) + Sync),
) -> Listing<T> {
    let mut listing = Listing::default();
    match pages(connection, resource, path, selector, seen, &mut listing).await {
        Err(Failure::Gone) => listing = Listing::default(),
        Err(failure) => {
            listing.failure = Some(failure);
            return listing;
        }
        Ok(()) => return listing,
    }
    let again = pages(connection, resource, path, selector, seen, &mut listing).await;
    listing.failure = again.err();
    listing
}

/// Adds page after page to a listing.
async fn pages<T: DeserializeOwned>(
    connection: &Connection<'_>,
    resource: &Resource,
    path: &str,
    selector: Option<&str>,
    seen: &(dyn Fn(u64) + Sync),
    listing: &mut Listing<T>,
) -> Result<(), Failure> {
    let mut tokens = HashSet::new();
    let mut next: Option<String> = None;
    loop {
        let path = page_path(path, selector, next.as_deref());
        let body = connection
            .get(resource.source, &path, resource.form())
            .await?;
        let page = page::parse::<T>(&body, &resource.list_kind())?;
        // A token that comes back leads in a circle; its page may repeat what was read.
        if let Some(token) = &page.next
            && !tokens.insert(token.clone())
        {
            let what = "its pages go in a circle, so that the list has no end";
            return Err(Failure::Broken(what.to_owned()));
        }
        seen(page.items.len() as u64);
        listing.items.extend(page.items);
        listing.broken.extend(page.broken);
        next = page.next;
        if next.is_none() {
            return Ok(());
        }
    }
}

fn page_path(path: &str, selector: Option<&str>, next: Option<&str>) -> String {
    let mut path = format!("{path}?limit={PAGE}");
    for (name, value) in [("fieldSelector", selector), ("continue", next)] {
        if let Some(value) = value {
            let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
            path.push_str(&format!("&{name}={value}"));
        }
    }
    path
}

impl Resource {
    /// In what form it is asked for.
    fn form(&self) -> Form {
        if self.metadata_only {
            Form::MetadataList
        } else {
            Form::Whole
        }
    }

    /// The kind of its lists.
    fn list_kind(&self) -> String {
        if self.metadata_only {
            "PartialObjectMetadataList".to_owned()
        } else {
            format!("{}List", self.kind)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_and_tokens_are_encoded() {
        assert_eq!(
            page_path("/api/v1/pods", None, None),
            "/api/v1/pods?limit=500"
        );
        assert_eq!(
            page_path("/api/v1/secrets", Some("type!=a/b,type!=c"), Some("x+/=")),
            "/api/v1/secrets?limit=500&fieldSelector=type%21%3Da%2Fb%2Ctype%21%3Dc&continue=x%2B%2F%3D"
        );
    }
}
