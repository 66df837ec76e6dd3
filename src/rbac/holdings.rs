//! What one identity holds: admin, Secrets, powers.

use super::attributes::{Name, Permission, Within};
use super::authorizer::{Authorizer, Grant};
use super::identity::Identity;
use super::power::{Power, Reach, SECRET_READING, is_cluster_admin, powers_of};

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
        let held = self.rules_of(identity).into_iter();
        held.filter_map(|held| {
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

    /// The grants by which an identity reads every Secret of a place. A rule that is limited to names is none.
    pub fn secret_grants(&self, identity: &Identity, within: Within<'_>) -> Vec<Grant<'_>> {
        let mut grants: Vec<Grant<'_>> = Vec::new();
        for verb in SECRET_READING {
            let asked = Permission::new(verb, "", "secrets")
                .named(Name::Every)
                .within(within);
            for grant in self.grants_of(identity, &asked) {
                let is_same = |known: &Grant<'_>| {
                    std::ptr::eq(known.binding, grant.binding) && known.rule == grant.rule
                };
                if !grants.iter().any(is_same) {
                    grants.push(grant);
                }
            }
        }
        grants
    }

    /// The powers of an identity, each with every binding that gives it.
    pub fn powers(&self, identity: &Identity) -> Vec<(Power, Grant<'_>)> {
        let mut found = Vec::new();
        for held in self.rules_of(identity) {
            let Some(role) = held.role else { continue };
            let reach = match held.binding.namespace() {
                None => Reach::Cluster,
                Some(_) => Reach::Namespace,
            };
            for (power, rule) in powers_of(&role.rules, reach) {
                let grant = Grant {
                    binding: held.binding,
                    subject: held.subject,
                    role,
                    rule,
                };
                found.push((power, grant));
            }
        }
        // Stable: within a power the bindings keep their order.
        found.sort_by_key(|(power, _)| *power);
        found
    }
}
