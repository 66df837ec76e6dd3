//! What rules amount to: cluster-admin, every Secret, wildcards.

use super::attributes::{Name, Permission, Within};
use super::authorizer::{Authorizer, Grant};
use super::identity::Identity;
use crate::snapshot::kubernetes_rbac::{PolicyRule, Role};

/// The rule that gives every verb on every resource of every group, without a limit of names.
///
/// One rule has to do it alone: verbs, groups and resources are open sets, so a request that no rule names (a new kind's
/// own verb) is matched by a rule only if each of its lists holds `*`. `*/*` is no wildcard.
pub fn is_cluster_admin(rules: &[PolicyRule]) -> Option<usize> {
    let has_all = |list: &[String]| list.iter().any(|item| item == "*");
    rules.iter().position(|rule| {
        has_all(&rule.verbs)
            && has_all(&rule.api_groups)
            && has_all(&rule.resources)
            && rule.resource_names.is_empty()
    })
}

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
    let has_all = |list: &[String]| list.iter().any(|item| item == "*");
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

impl Authorizer {
    /// The grants that make an identity cluster-admin: everything, everywhere. Empty for `system:masters` without a
    /// binding: ask [`Identity::is_superuser`] too.
    pub fn cluster_admin(&self, identity: &Identity) -> Vec<Grant<'_>> {
        self.admin_grants(identity)
            .into_iter()
            .filter(|grant| grant.namespace().is_none())
            .collect()
    }

    /// The grants that make an identity admin of everything in one namespace or in the cluster.
    pub fn admin_grants(&self, identity: &Identity) -> Vec<Grant<'_>> {
        self.rules_of(identity)
            .into_iter()
            .filter_map(|held| {
                let role = held.role?;
                let rule = is_cluster_admin(&role.rules)?;
                Some(Grant {
                    binding: held.binding,
                    subject: held.subject,
                    role,
                    rule,
                })
            })
            .collect()
    }

    /// The grants by which an identity reads every Secret of the cluster: get of every name, list or watch.
    pub fn may_read_secrets_cluster_wide(&self, identity: &Identity) -> Vec<Grant<'_>> {
        self.secret_grants(identity, Within::Cluster)
    }

    /// The grants by which an identity reads every Secret of a place.
    pub fn secret_grants(&self, identity: &Identity, within: Within<'_>) -> Vec<Grant<'_>> {
        let mut grants: Vec<Grant<'_>> = Vec::new();
        for verb in SECRET_READING {
            let asked = Permission::new(verb, "", "secrets")
                .named(Name::Every)
                .within(within);
            for grant in self.grants_of(identity, &asked) {
                let known = grants
                    .iter()
                    .any(|g| std::ptr::eq(g.binding, grant.binding) && g.rule == grant.rule);
                if !known {
                    grants.push(grant);
                }
            }
        }
        grants
    }
}

/// The verbs that return a Secret's values: list and watch send whole objects
/// (<https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets>).
pub const SECRET_READING: [&str; 3] = ["get", "list", "watch"];
