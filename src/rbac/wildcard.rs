//! Rules that name `*`.

use super::power::has_all;
use crate::snapshot::kubernetes_rbac::{PolicyRule, Role};

/// A rule that names `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wildcard {
    /// Its place in the role's rules.
    pub rule: usize,
    /// Every verb.
    pub verbs: bool,
    /// Every API group.
    pub groups: bool,
    /// Every resource and subresource.
    pub resources: bool,
    /// Every path.
    pub paths: bool,
}

/// The rules of a role that name `*` as verb, group, resource or path.
pub fn wildcards(role: &Role) -> Vec<Wildcard> {
    let of_rule = |(at, rule): (usize, &PolicyRule)| Wildcard {
        rule: at,
        verbs: has_all(&rule.verbs),
        groups: has_all(&rule.api_groups),
        resources: has_all(&rule.resources),
        paths: has_all(&rule.non_resource_urls),
    };
    let any = |found: &Wildcard| found.verbs || found.groups || found.resources || found.paths;
    role.rules
        .iter()
        .enumerate()
        .map(of_rule)
        .filter(any)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str]) -> PolicyRule {
        let owned = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect();
        PolicyRule {
            verbs: owned(verbs),
            api_groups: owned(groups),
            resources: owned(resources),
            resource_names: owned(names),
            non_resource_urls: Vec::new(),
        }
    }

    #[test]
    fn wildcards_by_rule() {
        let role = Role {
            kind: crate::snapshot::kubernetes_rbac::RoleKind::Role,
            metadata: Default::default(),
            rules: vec![
                rule(&["get"], &["*"], &["*/*"], &[]),
                rule(&["get"], &[""], &["pods"], &[]),
                rule(&["*"], &[""], &["*"], &[]),
            ],
            aggregation_rule: None,
        };
        let found: Vec<(usize, bool, bool, bool)> = wildcards(&role)
            .into_iter()
            .map(|w| (w.rule, w.verbs, w.groups, w.resources))
            .collect();
        assert_eq!(found, [(0, false, true, false), (2, true, false, true)]);
    }
}
