//! EKS access policies: what each grants, and where an association makes it hold.
//!
//! EKS has an authorizer of its own beside RBAC. It reads an association of a policy with an access entry as it would a
//! binding of a ClusterRole, in the cluster or in namespaces, to the entry's IAM principal; so policies are kept here
//! as rules of RBAC (EKS User Guide, "Associate access policies with access entries").

mod data;
mod data_described;
mod namespaces;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use data::PAGE_DATE;
pub use namespaces::names_namespace;

use super::attributes::Attributes;
use super::authorizer::Authorizer;
use super::{Grant, Identity, Permission};
use crate::snapshot::eks::AssociatedAccessPolicy;
use crate::snapshot::kubernetes_meta::Metadata;
use crate::snapshot::kubernetes_rbac::{
    BindingKind, PolicyRule, Role, RoleBinding, RoleKind, RoleRef, Subject,
};

/// The policy that allows everything.
pub const CLUSTER_ADMIN: &str = "AmazonEKSClusterAdminPolicy";

/// The one who has the policy, in the authorizer that looks at it alone.
const HOLDER: &str = "holder";

/// How much of a policy is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// AWS publishes its rules.
    Rules,
    /// AWS publishes in words, or not at all, what it is for: a request may be allowed that no rule here names.
    Purpose,
}

/// An access policy.
#[derive(Debug)]
pub struct AccessPolicy {
    /// Its name: the end of its ARN.
    pub name: &'static str,
    /// How much of it is known.
    pub known: Known,
    /// What it is for, where only that is known.
    pub purpose: &'static str,
    /// Whether its purpose leaves open that it reads Secrets.
    pub may_read_secrets: bool,
    /// As a ClusterRole of that name; without rules where they are not known.
    pub role: Role,
    authorizer: Authorizer,
}

impl AccessPolicy {
    fn new(
        name: &'static str,
        known: Known,
        purpose: &'static str,
        rules: Vec<PolicyRule>,
    ) -> Self {
        let role = Role {
            kind: RoleKind::ClusterRole,
            metadata: named(name),
            rules,
            aggregation_rule: None,
        };
        let binding = RoleBinding {
            kind: BindingKind::ClusterRoleBinding,
            metadata: named(name),
            subjects: vec![user(HOLDER)],
            role_ref: role_ref(name),
        };
        let authorizer = Authorizer::new(std::slice::from_ref(&role), &[binding]);
        Self {
            name,
            known,
            purpose,
            may_read_secrets: false,
            role,
            authorizer,
        }
    }

    /// The rules that give a permission, wherever the policy holds.
    pub fn grants(&self, permission: &Permission<'_>) -> Vec<Grant<'_>> {
        let holder = Identity::user::<&str>(HOLDER, &[]);
        self.authorizer.grants_of(&holder, permission)
    }

    /// The place of the first rule that allows a request, wherever the policy holds.
    pub fn allows(&self, attributes: &Attributes<'_>) -> Option<usize> {
        let verdict = self.authorizer.authorize::<&str>(HOLDER, &[], attributes);
        verdict.grant.map(|grant| grant.rule)
    }
}

fn named(name: &str) -> Metadata {
    Metadata {
        name: name.to_owned(),
        ..Metadata::default()
    }
}

fn user(name: &str) -> Subject {
    Subject {
        kind: "User".to_owned(),
        name: name.to_owned(),
        ..Subject::default()
    }
}

fn role_ref(name: &str) -> RoleRef {
    RoleRef {
        kind: "ClusterRole".to_owned(),
        name: name.to_owned(),
        ..RoleRef::default()
    }
}

static POLICIES: LazyLock<BTreeMap<&'static str, AccessPolicy>> = LazyLock::new(|| {
    let documented = data::documented()
        .into_iter()
        .map(|(name, rules)| AccessPolicy::new(name, Known::Rules, "", rules));
    let described = data_described::DESCRIBED
        .iter()
        .map(|(name, purpose, may_read_secrets)| AccessPolicy {
            may_read_secrets: *may_read_secrets,
            ..AccessPolicy::new(name, Known::Purpose, purpose, Vec::new())
        });
    documented
        .chain(described)
        .map(|policy| (policy.name, policy))
        .collect()
});

/// All policies, by name.
pub fn all() -> impl Iterator<Item = &'static AccessPolicy> {
    POLICIES.values()
}

/// The policy of an ARN of any partition; nothing for one that came after [`PAGE_DATE`].
pub fn of_arn(arn: &str) -> Option<&'static AccessPolicy> {
    POLICIES.get(name_of(arn))
}

/// `AmazonEKSViewPolicy` of `arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy`.
pub fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The access policy that gives a grant of [`authorizer`], and where: `AmazonEKSEditPolicy at cluster scope`. Nothing for
/// one of RBAC, whose roles have no `/` in their names.
pub fn scope_text(grant: &Grant<'_>) -> Option<String> {
    let name = &grant.role.metadata.name;
    let policy = name.contains('/').then(|| name_of(name))?;
    Some(match grant.namespace() {
        None => format!("{policy} at cluster scope"),
        Some(namespace) => format!("{policy} in {namespace}"),
    })
}

/// Whether an association holds in the whole cluster.
pub fn is_cluster_wide(association: &AssociatedAccessPolicy) -> bool {
    association.access_scope.kind == "cluster"
}

/// Whether an association holds for requests of a namespace; the empty one is that of cluster-scoped resources, of all
/// namespaces at once, and of paths.
pub fn holds_in(association: &AssociatedAccessPolicy, namespace: &str) -> bool {
    is_cluster_wide(association)
        || !namespace.is_empty()
            && association
                .access_scope
                .namespaces
                .iter()
                .any(|pattern| names_namespace(pattern, namespace))
}

/// What an access policy says to a request of the principal that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This rule allows it.
    Allowed(usize),
    /// It does not.
    No,
    /// It may: the policy's rules are not known.
    Unknown,
}

/// What an association says to a request.
pub fn answer(association: &AssociatedAccessPolicy, attributes: &Attributes<'_>) -> Answer {
    let namespace = match attributes {
        Attributes::Resource(request) => request.namespace,
        Attributes::NonResource { .. } => "",
    };
    if !holds_in(association, namespace) {
        return Answer::No;
    }
    let Some(policy) = of_arn(&association.policy_arn) else {
        return Answer::Unknown;
    };
    match (policy.allows(attributes), policy.known) {
        (Some(rule), _) => Answer::Allowed(rule),
        (None, Known::Rules) => Answer::No,
        (None, Known::Purpose) => Answer::Unknown,
    }
}

/// The ways in of a cluster that have access policies, as an authorizer of their own: a ClusterRole for each policy, and
/// for each association a binding named `PRINCIPAL+POLICY`, as EKS names it in its audit log, of the User that is the
/// principal's ARN. Wildcards stand for the namespaces that are given, and for no others.
pub fn authorizer<'a>(
    associations: impl Iterator<Item = (&'a str, &'a [AssociatedAccessPolicy])>,
    namespaces: &[&str],
) -> Authorizer {
    let mut roles: BTreeMap<&str, Role> = BTreeMap::new();
    let mut bindings = Vec::new();
    for (principal, policies) in associations {
        for association in policies {
            let arn = association.policy_arn.as_str();
            let Some(policy) = of_arn(arn) else { continue };
            roles.entry(arn).or_insert_with(|| Role {
                metadata: named(arn),
                ..policy.role.clone()
            });
            let bind = |namespace: Option<&str>| RoleBinding {
                kind: match namespace {
                    Some(_) => BindingKind::RoleBinding,
                    None => BindingKind::ClusterRoleBinding,
                },
                metadata: Metadata {
                    namespace: namespace.map(str::to_owned),
                    ..named(&format!("{principal}+{arn}"))
                },
                subjects: vec![user(principal)],
                role_ref: role_ref(arn),
            };
            match is_cluster_wide(association) {
                true => bindings.push(bind(None)),
                false => {
                    let places =
                        namespaces::expanded(&association.access_scope.namespaces, namespaces);
                    bindings.extend(places.into_iter().map(|namespace| bind(Some(namespace))));
                }
            }
        }
    }
    let roles: Vec<Role> = roles.into_values().collect();
    Authorizer::new(&roles, &bindings)
}

#[cfg(test)]
mod tests;
