//! A question to a cluster: a verb on a resource, on any, or on a path.

use crate::graph::wording::some_of;
use crate::rbac::{Grant, Name, Permission, Within};

/// A question to a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A verb on a resource.
    Resource {
        /// The verb.
        verb: String,
        /// The API group; empty is the core group.
        group: String,
        /// The plural name.
        resource: String,
        /// The subresource, or empty.
        subresource: String,
        /// The object; none is every object.
        name: Option<String>,
        /// The namespace; none is every namespace, or a resource that is in none.
        namespace: Option<String>,
        /// Whether the resource is in namespaces.
        namespaced: bool,
    },
    /// A verb on any resource.
    Any {
        /// The verb.
        verb: String,
        /// The namespace; none is any.
        namespace: Option<String>,
    },
    /// A method on a path that is no resource.
    Path {
        /// The method in lower case.
        verb: String,
        /// The path.
        path: String,
    },
}

impl Request {
    /// The verb.
    pub fn verb(&self) -> &str {
        match self {
            Self::Resource { verb, .. } | Self::Any { verb, .. } | Self::Path { verb, .. } => verb,
        }
    }

    /// `apps/deployments/scale/web`, `core/secrets/db`; a path as it is.
    pub fn text(&self) -> String {
        match self {
            Self::Path { path, .. } => path.clone(),
            Self::Any { .. } => "*".to_owned(),
            Self::Resource {
                group,
                resource,
                subresource,
                name,
                ..
            } => {
                let group = if group.is_empty() { "core" } else { group };
                let mut text = format!("{group}/{resource}");
                for part in [
                    Some(subresource).filter(|sub| !sub.is_empty()),
                    name.as_ref(),
                ]
                .into_iter()
                .flatten()
                {
                    text.push('/');
                    text.push_str(part);
                }
                text
            }
        }
    }

    /// The namespace that is asked about, if one is.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::Resource { namespace, .. } | Self::Any { namespace, .. } => namespace.as_deref(),
            Self::Path { .. } => None,
        }
    }

    /// The permission that answers it with a plain yes.
    pub(in crate::graph) fn whole(&self) -> Option<Permission<'_>> {
        let Self::Resource {
            verb,
            group,
            resource,
            subresource,
            name,
            namespace,
            ..
        } = self
        else {
            return None;
        };
        Some(Permission {
            verb,
            group,
            resource,
            subresource,
            name: name.as_deref().map_or(Name::Every, Name::Exact),
            within: namespace
                .as_deref()
                .map_or(Within::Cluster, Within::Namespace),
        })
    }

    /// The permission that answers it for some names or namespaces, where there is such a thing: a create
    /// has no name that a rule could be limited to.
    pub(in crate::graph) fn part(&self) -> Option<Permission<'_>> {
        let whole = self.whole()?;
        let Self::Resource {
            namespace,
            namespaced,
            ..
        } = self
        else {
            return None;
        };
        let any_name = whole.name == Name::Every && whole.verb != "create";
        Some(Permission {
            name: if any_name { Name::Any } else { whole.name },
            within: match (namespace, namespaced) {
                (None, true) => Within::Anywhere,
                _ => whole.within,
            },
            ..whole
        })
    }

    /// What a grant is limited to, of what was asked: `in payments`, `named db`; nothing where it is all.
    fn limit(&self, grant: &Grant<'_>) -> Option<String> {
        let Self::Resource {
            verb,
            name,
            namespace,
            ..
        } = self
        else {
            return None;
        };
        let names = grant
            .role
            .rules
            .get(grant.rule)
            .map_or(&[][..], |rule| &rule.resource_names);
        let mut limits = Vec::new();
        if namespace.is_none()
            && let Some(only) = grant.namespace()
        {
            limits.push(format!("in {only}"));
        }
        if name.is_none() && !names.is_empty() {
            let how = match verb.as_str() {
                "list" | "watch" | "deletecollection" => "with a field selector for the name ",
                _ => "named ",
            };
            limits.push(format!("{how}{}", some_of(names)));
        }
        (!limits.is_empty()).then(|| limits.join(", "))
    }

    /// What several grants together are limited to: `only in checkout, or in payments`; nothing where one of
    /// them is all.
    pub(in crate::graph) fn limits(&self, grants: &[Grant<'_>]) -> Option<String> {
        let mut limits: Vec<String> = grants
            .iter()
            .map(|grant| self.limit(grant))
            .collect::<Option<_>>()?;
        limits.dedup();
        Some(format!("only {}", limits.join(", or ")))
    }
}
