//! What somebody is there to do, as the user of this program notes it, and whether a rule is within it.
//!
//! These are the user's words and no facts seen: they reach the graph beside the snapshot.

use serde::Deserialize;

use crate::iam::glob::Pattern;
use crate::rbac::SubjectId;
use crate::snapshot::id::ObjectId;

use super::rbac_subject::subject_id;

/// A duty: `[[duty]]` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Duty {
    /// Whose: an ARN, a `k8s://` id, `Group/NAME`, `User/NAME`, `sa/NAMESPACE/NAME`.
    pub subject: Whose,
    /// In which cluster; all that are read where none is named.
    pub cluster: Option<String>,
    /// The verbs that it takes; `*` is every verb.
    pub verbs: Vec<String>,
    /// The namespaces where it takes them, with `*` and `?`; `*` is the whole cluster.
    pub namespaces: Vec<String>,
    /// The resources, `pods`, `pods/log`, `deployments.apps`, or paths; every one where none is named.
    pub resources: Option<Vec<String>>,
}

/// Whose duty it is, checked for its form.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Whose {
    text: String,
    is: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// An ARN or a `k8s://` id.
    Id,
    /// A subject of each cluster.
    Subject(SubjectId),
}

impl TryFrom<String> for Whose {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let named = |name: &str| !name.is_empty();
        let is = if let Some(name) = text.strip_prefix("Group/").filter(|name| named(name)) {
            Form::Subject(SubjectId::Group(name.to_owned()))
        } else if let Some(name) = text.strip_prefix("User/").filter(|name| named(name)) {
            Form::Subject(SubjectId::user(name))
        } else if let Some((namespace, name)) = text
            .strip_prefix("sa/")
            .and_then(|rest| rest.split_once('/'))
        {
            if namespace.is_empty() || name.is_empty() || name.contains('/') {
                return Err(format!("`{text}` is no sa/NAMESPACE/NAME"));
            }
            Form::Subject(SubjectId::service_account(namespace, name))
        } else if text.starts_with("arn:") || ObjectId::parse(&text).is_some() {
            Form::Id
        } else {
            return Err(format!(
                "`{text}` names nobody: give an ARN, a k8s:// id, Group/NAME, User/NAME or sa/NAMESPACE/NAME"
            ));
        };
        Ok(Self { text, is })
    }
}

impl Duty {
    /// Whose it is, as the user wrote it.
    pub fn subject(&self) -> &str {
        &self.subject.text
    }

    /// The id of its subject in a cluster.
    pub fn id_in(&self, cluster: &str) -> String {
        match &self.subject.is {
            Form::Id => self.subject.text.clone(),
            Form::Subject(subject) => subject_id(cluster, subject),
        }
    }

    /// The cluster that it is for, where it names one.
    pub fn named_cluster(&self) -> Option<&str> {
        let by_id = ObjectId::parse(&self.subject.text).map(|id| id.cluster);
        self.cluster.as_deref().or(by_id)
    }

    /// Whether it is the duty of who has this id, in a cluster.
    pub fn is_of(&self, id: &str, cluster: &str) -> bool {
        self.named_cluster().is_none_or(|named| named == cluster) && self.id_in(cluster) == id
    }

    /// Whether one verb on one resource, or path, is within it. `namespace` is a name or a pattern of them; none is
    /// the whole cluster.
    pub fn covers(&self, namespace: Option<&str>, verb: &str, asked: &Thing<'_>) -> bool {
        let fits = |all: &[String], one: &str| {
            let one = Pattern::new(one);
            all.iter().any(|item| Pattern::new(item).includes(&one))
        };
        let resources = self.resources.as_ref();
        fits(&self.verbs, verb)
            && fits(&self.namespaces, namespace.unwrap_or("*"))
            && resources.is_none_or(|all| all.iter().any(|item| asked.is_within(item)))
    }
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing<'a> {
    /// A resource of a group, as the rule has them: either may be `*`.
    Resource(&'a str, &'a str),
    /// A path that is no resource.
    Path(&'a str),
}

impl Thing<'_> {
    /// Whether all that a rule means by it is meant by an item of a duty. Wildcards of rules are read as wide as they
    /// can be, so that nothing more is taken for covered than is.
    fn is_within(&self, item: &str) -> bool {
        if item == "*" {
            return true;
        }
        match (self, item.starts_with('/')) {
            (Thing::Path(path), true) => Pattern::new(item).includes(&Pattern::new(path)),
            (Thing::Resource(resource, group), false) => {
                let (item, sub) = part(item);
                let (name, of) = match item.split_once('.') {
                    Some((name, of)) => (name, Some(of)),
                    None => (item, None),
                };
                let (asked, asked_sub) = part(resource);
                Pattern::new(name).includes(&Pattern::new(asked))
                    && match (sub, asked_sub) {
                        (None, None) => true,
                        (Some(sub), Some(asked)) => {
                            Pattern::new(sub).includes(&Pattern::new(asked))
                        }
                        _ => false,
                    }
                    && of.is_none_or(|of| {
                        let of = if of == "core" { "" } else { of };
                        Pattern::new(of).includes(&Pattern::new(group))
                    })
            }
            _ => false,
        }
    }
}

/// A resource and its subresource.
fn part(text: &str) -> (&str, Option<&str>) {
    match text.split_once('/') {
        Some((name, sub)) => (name, Some(sub)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests;
