//! From a verb and a resource, as a person types them, to a question for a cluster.

use std::collections::BTreeSet;

use crate::rbac::resources::{self, ApiResource};
use crate::snapshot::id::ObjectId;

use super::Request;
use crate::graph::ClusterNode;
use crate::graph::named::{Unnamed, near};

/// The groups of the API server whose names have no dot.
const PLAIN_GROUPS: [&str; 6] = [
    "core",
    "apps",
    "batch",
    "autoscaling",
    "policy",
    "extensions",
];

impl Request {
    /// What is asked by `get secrets/db`, `create pods/exec`, `list deployments.apps`, `get apps/deployments`,
    /// `get k8s-secret/payments/db`, `get /metrics`; without a resource: the verb on any.
    ///
    /// # Errors
    /// It is not known what is meant; the message says what can be.
    pub fn parse(
        node: &ClusterNode<'_>,
        verb: &str,
        resource: Option<&str>,
        namespace: Option<&str>,
    ) -> Result<Self, Unnamed> {
        if verb.is_empty()
            || verb
                .chars()
                .any(|letter| letter.is_uppercase() || letter.is_whitespace())
        {
            return Err(Unnamed::Unknown(format!(
                "`{verb}` is neither an IAM action (SERVICE:Action) nor a Kubernetes verb (get, create, …)"
            )));
        }
        let Some(text) = resource else {
            return Ok(Self::Any {
                verb: verb.to_owned(),
                namespace: namespace.map(str::to_owned),
            });
        };
        if text.starts_with('/') {
            return Ok(Self::Path {
                verb: verb.to_owned(),
                path: text.to_owned(),
            });
        }
        Self::on(node, verb, text, namespace)
    }

    fn on(
        node: &ClusterNode<'_>,
        verb: &str,
        text: &str,
        namespace: Option<&str>,
    ) -> Result<Self, Unnamed> {
        if let Some((kind, own, name)) = object(text) {
            let resource = resolve(node, &kind.to_lowercase(), None)?;
            let namespace = Some(own).filter(|own| !own.is_empty()).or(namespace);
            return Ok(resource.request(verb, "", Some(name), namespace));
        }
        let parts: Vec<&str> = text.split('/').collect();
        let (group, parts) = match parts.as_slice() {
            [group, rest @ ..] if !rest.is_empty() && is_group(node, group) => (Some(*group), rest),
            parts => (None, parts),
        };
        let (first, rest) = parts.split_first().unwrap_or((&"", &[]));
        let (name, group) = match (group, first.split_once('.')) {
            (None, Some((name, group))) => (name, Some(group)),
            (group, _) => (*first, group),
        };
        let group = group.map(|group| if group == "core" { "" } else { group });
        let resource = resolve(node, name, group)?;
        let (sub, name) = match rest {
            [] => ("", None),
            [one] if resources::is_subresource(one) => (*one, None),
            [one] => ("", Some(*one)),
            [sub, name] if resources::is_subresource(sub) => (*sub, Some(*name)),
            [name, sub] => (*sub, Some(*name)),
            _ => {
                return Err(Unnamed::Unknown(format!(
                    "`{text}` has too many parts: give [GROUP/]RESOURCE[/SUBRESOURCE][/NAME]"
                )));
            }
        };
        if first.is_empty() || rest.contains(&"") {
            return Err(Unnamed::Unknown(format!("`{text}` has an empty part")));
        }
        Ok(resource.request(verb, sub, name, namespace))
    }
}

/// A resource of a cluster.
struct Found {
    name: String,
    group: String,
    namespaced: bool,
}

impl Found {
    fn known(one: &ApiResource) -> Self {
        Self {
            name: one.name.to_owned(),
            group: one.group.to_owned(),
            namespaced: one.namespaced,
        }
    }

    fn request(
        self,
        verb: &str,
        sub: &str,
        name: Option<&str>,
        namespace: Option<&str>,
    ) -> Request {
        // A request for what is in no namespace carries none. A namespace itself is asked for in itself.
        let namespace = namespace.filter(|_| self.namespaced);
        Request::Resource {
            verb: verb.to_owned(),
            group: self.group,
            resource: self.name,
            subresource: sub.to_owned(),
            name: name.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            namespaced: self.namespaced,
        }
    }
}

/// `k8s-secret/NS/NAME`, `pod/NS/NAME`, `sa/NS/NAME` and ids: kind, namespace and name.
fn object(text: &str) -> Option<(&str, &str, &str)> {
    if let Some(id) = ObjectId::parse(text) {
        return Some((id.kind, id.namespace, id.name));
    }
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        ["k8s-secret", namespace, name] => Some(("secret", namespace, name)),
        [kind @ ("pod" | "sa"), namespace, name] if !resources::is_subresource(name) => {
            Some((kind, namespace, name))
        }
        _ => None,
    }
}

/// Whether a word is an API group: one that every server has, or one that a rule names.
fn is_group(node: &ClusterNode<'_>, word: &str) -> bool {
    let in_rules = || {
        let rules = node.rbac.roles().iter().flat_map(|role| &role.rules);
        rules
            .flat_map(|rule| &rule.api_groups)
            .any(|group| group == word)
    };
    PLAIN_GROUPS.contains(&word) || (word.contains('.') && in_rules())
}

/// The resource of a name. What is no resource of Kubernetes itself is looked for in the cluster's rules.
fn resolve(node: &ClusterNode<'_>, name: &str, group: Option<&str>) -> Result<Found, Unnamed> {
    if let Some(known) = resources::named(name, group) {
        return Ok(Found::known(known));
    }
    let found = |group: &str| Found {
        name: name.to_owned(),
        group: group.to_owned(),
        namespaced: true,
    };
    if let Some(group) = group {
        return Ok(found(group));
    }
    if name == "*" {
        return Ok(found("*"));
    }
    let names = |listed: &String| listed.split('/').next() == Some(name);
    let groups: BTreeSet<&str> = node
        .rbac
        .roles()
        .iter()
        .flat_map(|role| &role.rules)
        .filter(|rule| rule.resources.iter().any(names))
        .flat_map(|rule| &rule.api_groups)
        .filter(|group| *group != "*")
        .map(String::as_str)
        .collect();
    let groups: Vec<&str> = groups.into_iter().collect();
    match groups.as_slice() {
        [one] => Ok(found(one)),
        [] => Err(Unnamed::Unknown(format!(
            "`{name}` is no resource of Kubernetes, and no rule of {} names it: give its group, as in {name}.GROUP{}",
            node.key,
            near(name, resources::names())
        ))),
        several => Err(Unnamed::Ambiguous {
            name: name.to_owned(),
            ids: several
                .iter()
                .map(|group| format!("{name}.{group}"))
                .collect(),
        }),
    }
}
