//! Aggregated ClusterRoles: whose rules they have.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>: a controller writes the
//! gathered rules into the object, and the authorizer reads only what is written. So a role that came from a server has
//! its stored rules; for a manifest the controller's work is done here.

use std::collections::{BTreeMap, HashSet};

use crate::snapshot::kubernetes_rbac::{
    LabelRequirement, LabelSelector, PolicyRule, Role, RoleKind,
};

/// An aggregated ClusterRole of a server whose stored rules are not what its selectors gather now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The ClusterRole's name.
    pub role: String,
    /// Rules that the selectors gather and that are not stored: the controller has not run, or not yet.
    pub not_stored: Vec<PolicyRule>,
    /// Stored rules that the selectors do not gather: in force, and gone when the controller runs.
    pub not_gathered: Vec<PolicyRule>,
}

/// Gives every aggregated ClusterRole that was written by hand the rules that the controller would write.
/// A manifest's own rules are dropped, as the controller does.
pub fn resolve(roles: &mut [Role]) {
    let gathered: Vec<(usize, Vec<PolicyRule>)> = (0..roles.len())
        .filter(|&at| {
            roles
                .get(at)
                .is_some_and(|role| is_aggregated(role) && !is_stored(role))
        })
        .map(|at| (at, gather(roles, at)))
        .collect();
    for (at, rules) in gathered {
        if let Some(role) = roles.get_mut(at) {
            role.rules = rules;
        }
    }
}

/// Where stored rules and selectors disagree, by name.
pub fn drift(roles: &[Role]) -> Vec<Drift> {
    let mut found = Vec::new();
    for (at, role) in roles.iter().enumerate() {
        if !is_aggregated(role) || !is_stored(role) {
            continue;
        }
        let gathered = gather(roles, at);
        let missing = |of: &[PolicyRule], from: &[PolicyRule]| -> Vec<PolicyRule> {
            of.iter()
                .filter(|rule| !from.contains(rule))
                .cloned()
                .collect()
        };
        let drift = Drift {
            role: role.metadata.name.clone(),
            not_stored: missing(&gathered, &role.rules),
            not_gathered: missing(&role.rules, &gathered),
        };
        if !drift.not_stored.is_empty() || !drift.not_gathered.is_empty() {
            found.push(drift);
        }
    }
    found.sort_by(|a, b| a.role.cmp(&b.role));
    found
}

/// Whether the role's rules are gathered from others.
pub fn is_aggregated(role: &Role) -> bool {
    role.kind == RoleKind::ClusterRole && role.aggregation_rule.is_some()
}

/// Whether the rules are those of a server. A dump without ids still has the time that only a server sets.
fn is_stored(role: &Role) -> bool {
    role.metadata.is_from_server() || role.metadata.creation_timestamp.is_some()
}

/// The rules of all ClusterRoles that the role at `start` selects, in name order and each once. What it selects may
/// itself be aggregated and by hand: then the controller's fixed point is the union of all that is reached.
fn gather(roles: &[Role], start: usize) -> Vec<PolicyRule> {
    let mut seen = HashSet::from([start]);
    let mut open = vec![start];
    let mut sources: BTreeMap<(&str, usize), &[PolicyRule]> = BTreeMap::new();
    while let Some(role) = open.pop().and_then(|at| roles.get(at)) {
        let selectors = role
            .aggregation_rule
            .as_ref()
            .map_or(&[][..], |r| &r.cluster_role_selectors);
        for (at, other) in roles.iter().enumerate() {
            let selected = other.kind == RoleKind::ClusterRole
                && selectors
                    .iter()
                    .any(|selector| selects(selector, &other.metadata.labels));
            if !selected || !seen.insert(at) {
                continue;
            }
            if is_aggregated(other) && !is_stored(other) {
                open.push(at);
            } else {
                sources.insert((&other.metadata.name, at), &other.rules);
            }
        }
    }
    let mut rules: Vec<PolicyRule> = Vec::new();
    for rule in sources.values().copied().flatten() {
        if !rules.contains(rule) {
            rules.push(rule.clone());
        }
    }
    rules
}

/// Whether a selector matches labels (`meta/v1` LabelSelector). An operator that does not exist selects nothing.
pub fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    selector
        .match_labels
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
        && selector
            .match_expressions
            .iter()
            .all(|requirement| meets(requirement, labels))
}

fn meets(requirement: &LabelRequirement, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(&requirement.key);
    match requirement.operator.as_str() {
        "In" => value.is_some_and(|value| requirement.values.contains(value)),
        "NotIn" => value.is_none_or(|value| !requirement.values.contains(value)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A ClusterRole with one rule on `pods`, labels `{agg: LABEL}`, and perhaps a selector.
    fn role(name: &str, verb: &str, label: &str, selects: Option<&str>, created: bool) -> Role {
        let selector = selects.map_or("null".to_owned(), |json| {
            format!(r#"{{"clusterRoleSelectors":[{json}]}}"#)
        });
        let created = if created {
            r#""2026-01-01T00:00:00Z""#
        } else {
            "null"
        };
        let json = format!(
            r#"{{"kind":"ClusterRole","metadata":{{"name":"{name}","labels":{{"agg":"{label}"}},"creationTimestamp":{created}}},
            "rules":[{{"verbs":["{verb}"],"apiGroups":[""],"resources":["pods"]}}],"aggregationRule":{selector}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn verbs_of(roles: &[Role], name: &str) -> Vec<String> {
        let role = roles
            .iter()
            .find(|role| role.metadata.name == name)
            .unwrap();
        role.rules
            .iter()
            .flat_map(|rule| rule.verbs.clone())
            .collect()
    }

    #[test]
    fn manifests_are_resolved_and_servers_are_believed() {
        let to = |label: &str| format!(r#"{{"matchLabels":{{"agg":"{label}"}}}}"#);
        let mut roles = vec![
            role("b-leaf", "list", "edit", None, false),
            role("a-leaf", "get", "edit", None, true),
            role("edit", "own", "admin", Some(&to("edit")), false),
            role("admin", "own", "", Some(&to("admin")), false),
            role("stored", "own", "", Some(&to("edit")), true),
            role("loop", "own", "loop", Some(&to("loop")), false),
            role("all", "own", "", Some("{}"), false),
        ];
        resolve(&mut roles);
        let cases: [(&str, &[&str]); 5] = [
            ("edit", &["get", "list"]),
            ("admin", &["get", "list"]),
            ("stored", &["own"]),
            ("loop", &[]),
            // Everything but itself; what it selects and is hand-written is resolved too.
            ("all", &["get", "list", "own"]),
        ];
        for (name, expected) in cases {
            assert_eq!(verbs_of(&roles, name), expected, "{name}");
        }
        let drift = drift(&roles);
        assert_eq!(drift.len(), 1, "{drift:?}");
        assert_eq!(
            (
                drift[0].role.as_str(),
                drift[0].not_stored.len(),
                drift[0].not_gathered.len()
            ),
            ("stored", 2, 1)
        );
    }

    #[test]
    fn selectors() {
        let labels: BTreeMap<String, String> = [("a".to_owned(), "1".to_owned())].into();
        let expression = |operator: &str, key: &str, values: &[&str]| LabelSelector {
            match_expressions: vec![LabelRequirement {
                key: key.to_owned(),
                operator: operator.to_owned(),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            }],
            ..LabelSelector::default()
        };
        let cases = [
            (LabelSelector::default(), true),
            (expression("In", "a", &["1", "2"]), true),
            (expression("In", "a", &["2"]), false),
            (expression("In", "b", &["1"]), false),
            (expression("NotIn", "a", &["1"]), false),
            (expression("NotIn", "b", &["1"]), true),
            (expression("Exists", "a", &[]), true),
            (expression("DoesNotExist", "a", &[]), false),
            (expression("Like", "a", &["1"]), false),
        ];
        for (selector, expected) in cases {
            assert_eq!(selects(&selector, &labels), expected, "{selector:?}");
        }
    }
}
