//! One rule against one permission, without compiling: for looking at a role by itself.

use super::attributes::{Name, Permission, is_nameless};
use crate::snapshot::kubernetes_rbac::PolicyRule;

/// Whether a rule gives a permission, wherever its role is bound.
pub fn gives(rule: &PolicyRule, asked: &Permission<'_>) -> bool {
    has(&rule.verbs, asked.verb)
        && has(&rule.api_groups, asked.group)
        && rule
            .resources
            .iter()
            .any(|resource| covers(resource, asked.resource, asked.subresource))
        && names_allow(rule, asked)
}

fn has(list: &[String], item: &str) -> bool {
    list.iter().any(|listed| listed == "*" || listed == item)
}

/// `*` is every resource with every subresource, `*/log` the subresource of every resource; nothing else is a wildcard.
fn covers(listed: &str, resource: &str, subresource: &str) -> bool {
    if listed == "*" {
        return true;
    }
    match listed.split_once('/') {
        None => subresource.is_empty() && listed == resource,
        Some((parent, sub)) => {
            !subresource.is_empty() && sub == subresource && (parent == "*" || parent == resource)
        }
    }
}

fn names_allow(rule: &PolicyRule, asked: &Permission<'_>) -> bool {
    let lists = |name: &str| rule.resource_names.iter().any(|listed| listed == name);
    rule.resource_names.is_empty()
        || match asked.name {
            Name::Every => is_nameless(asked.verb) && lists(""),
            Name::Any => true,
            Name::Exact(name) => lists(name),
        }
}
