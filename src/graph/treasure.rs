//! What the user calls worth protecting beside the administrators: `[jewels]` in the configuration.
//!
//! These are the user's words and no facts seen: they reach the graph beside the snapshot.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::control::{data_services, reads};
use crate::snapshot::id::Arn;

/// What is worth protecting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Treasure {
    /// Data by their ARNs, with `*` and `?`: whoever reads them has them.
    pub arns: Vec<DataArn>,
    /// Namespaces, each `NAME` or `CLUSTER/NAME`: whoever controls what is in them has them.
    pub namespaces: Vec<String>,
    /// Tags by key and value, `*` being any value, of secrets, roles, users and clusters.
    pub tags: BTreeMap<String, String>,
}

impl Treasure {
    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.arns.is_empty() && self.namespaces.is_empty() && self.tags.is_empty()
    }

    /// Whether some tag is one of those.
    pub fn is_tagged<'t>(&self, tags: impl IntoIterator<Item = (&'t str, &'t str)>) -> bool {
        let mut tags = tags.into_iter();
        tags.any(|(key, value)| {
            let wanted = self.tags.get(key);
            wanted.is_some_and(|wanted| wanted == "*" || wanted == value)
        })
    }

    /// Whether a namespace of a cluster is one of those.
    pub fn has_namespace(&self, cluster: &str, namespace: &str) -> bool {
        self.namespaces.iter().any(|one| match one.split_once('/') {
            Some((of, name)) => of == cluster && name == namespace,
            None => one == namespace,
        })
    }
}

/// The ARN of data, or a pattern of such, checked for its form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DataArn(String);

impl DataArn {
    /// As the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DataArn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if Arn::parse(&text).is_none() {
            return Err(format!("`{text}` is no ARN: arn:aws:s3:::BUCKET/*"));
        }
        match reads(&text) {
            Some(_) => Ok(Self(text)),
            None => Err(format!(
                "what reads `{text}` is not known: the services are {}",
                data_services()
            )),
        }
    }
}
