//! By what somebody may do something: bindings, access policies, the group `system:masters`.

use std::collections::BTreeSet;

use crate::graph::ClusterNode;
use crate::graph::aws_access::AwsAccess;
use crate::graph::decision::identity_of;
use crate::graph::rbac_subject::{
    binding_id, binding_text, role_id, role_text, subject_id, subject_text,
};
use crate::graph::user_template::Match;
use crate::rbac::access_policy::{self, Known};
use crate::rbac::identity::{AUTHENTICATED, SERVICE_ACCOUNTS, UNAUTHENTICATED};
use crate::rbac::{Held, Identity, SubjectId, is_discovery_only};
use crate::snapshot::eks::AssociatedAccessPolicy;
use crate::snapshot::kubernetes_rbac::{PolicyRule, Subject};

use super::{Grant, Place};

/// The groups of everybody, that somebody is in without having been put there, and that are bound to more than
/// discovery. What they have stands in their own rows alone: in each it would be as many times as there are subjects.
#[derive(Debug)]
pub(super) struct Everybody {
    groups: BTreeSet<String>,
}

impl Everybody {
    pub(super) fn of(node: &ClusterNode<'_>) -> Self {
        let mut groups = BTreeSet::new();
        for binding in node.rbac.bindings() {
            let subjects = binding.subjects.iter().filter(|one| is_everybody(one));
            let role = node.rbac.role_of(binding);
            if role.is_some_and(|role| !is_discovery_only(&role.rules)) {
                groups.extend(subjects.map(|one| one.name.clone()));
            }
        }
        Self { groups }
    }

    /// The ids of those that an identity is in, itself left out.
    fn also(&self, node: &ClusterNode<'_>, identity: &Identity, own: Option<&str>) -> Vec<String> {
        let groups = identity.groups.iter();
        let groups =
            groups.filter(|group| self.groups.contains(*group) && Some(group.as_str()) != own);
        groups
            .map(|group| subject_id(node.key, &SubjectId::Group(group.clone())))
            .collect()
    }
}

/// Whether it is a group that somebody is in by itself
/// (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects>).
fn is_everybody(subject: &Subject) -> bool {
    let name = subject.name.as_str();
    let accounts = name.strip_prefix(SERVICE_ACCOUNTS);
    subject.kind == "Group"
        && (name == AUTHENTICATED
            || name == UNAUTHENTICATED
            || accounts.is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
}

/// What somebody has, and the rows of what it has besides.
#[derive(Debug, Default)]
pub(super) struct Has {
    pub(super) grants: Vec<Grant>,
    pub(super) also: Vec<String>,
}

/// What a user, group or service account has.
pub(super) fn of_subject(node: &ClusterNode<'_>, all: &Everybody, subject: &SubjectId) -> Has {
    let identity = identity_of(subject);
    let group = match subject {
        SubjectId::Group(name) => Some(name.as_str()),
        _ => None,
    };
    Has {
        grants: of_identity(node, &identity, group),
        also: all.also(node, &identity, group),
    }
}

/// What an identity has by bindings, and by `system:masters` without one; not what everybody has, unless it is asked
/// of that `group`.
fn of_identity(node: &ClusterNode<'_>, identity: &Identity, group: Option<&str>) -> Vec<Grant> {
    let held = node.rbac.rules_of(identity).into_iter();
    let own = held
        .filter(|held| !is_everybody(held.subject) || Some(held.subject.name.as_str()) == group);
    let bound = own.filter_map(|held| of_binding(node, &held));
    let superuser = identity.is_superuser().then(masters);
    superuser.into_iter().chain(bound).collect()
}

fn of_binding(node: &ClusterNode<'_>, held: &Held<'_>) -> Option<Grant> {
    let (binding, subject) = (held.binding, SubjectId::of(held.subject, held.binding)?);
    let role = match held.role {
        Some(role) => role_text(role),
        None => format!(
            "the {} {}, which does not exist: it gives nothing until somebody makes it",
            binding.role_ref.kind, binding.role_ref.name
        ),
    };
    Some(Grant {
        text: format!(
            "{} of {role}, as {}",
            binding_text(binding),
            subject_text(&subject)
        ),
        by: Some(binding_id(node.key, binding)),
        role: held.role.map(|role| role_id(node.key, role)),
        place: match binding.namespace() {
            None => Place::Cluster,
            Some(namespace) => Place::Namespaces(vec![namespace.to_owned()]),
        },
        rules: held.role.map(|role| role.rules.clone()).unwrap_or_default(),
        unpublished: None,
        since: binding.metadata.creation_timestamp,
        conditions: Vec::new(),
    })
}

fn masters() -> Grant {
    let all = || vec!["*".to_owned()];
    Grant {
        text: "the group system:masters, which is allowed everything before RBAC is asked"
            .to_owned(),
        by: None,
        role: None,
        place: Place::Cluster,
        rules: vec![PolicyRule {
            verbs: all(),
            api_groups: all(),
            resources: all(),
            resource_names: Vec::new(),
            non_resource_urls: all(),
        }],
        unpublished: None,
        since: None,
        conditions: Vec::new(),
    }
}

/// What a way in from AWS gives: by its user name and groups, by those that they may come out as, and by its access
/// policies.
pub(super) fn of_access(node: &ClusterNode<'_>, all: &Everybody, access: &AwsAccess<'_>) -> Has {
    // An account's principals come in under their own ARNs, in no group.
    let identity = match access.is_account {
        true => Identity::group(AUTHENTICATED),
        false => Identity::user(&access.username, &access.groups),
    };
    let mut grants = of_identity(node, &identity, None);
    grants.extend(by_template(node, access));
    grants.extend(access.policies.iter().map(by_policy));
    Has {
        grants,
        also: all.also(node, &identity, None),
    }
}

/// What the names that a placeholder may come out as are bound to.
fn by_template(node: &ClusterNode<'_>, access: &AwsAccess<'_>) -> Vec<Grant> {
    // A node's user name is that of one node, and an account's principals that are bound are ways in of their own.
    if access.is_account || access.username.starts_with("system:node:") {
        return Vec::new();
    }
    let mut grants = Vec::new();
    for binding in node.rbac.bindings() {
        for subject in &binding.subjects {
            let Some(id) = SubjectId::of(subject, binding) else {
                continue;
            };
            let comes_in = match &id {
                SubjectId::Group(name) => access.is_in(name),
                user => access.is_user(&user.user_name()),
            };
            let held = Held {
                binding,
                subject,
                role: node.rbac.role_of(binding),
            };
            if let (Match::Perhaps, Some(grant)) = (comes_in, of_binding(node, &held)) {
                grants.push(Grant {
                    conditions: vec![format!("only if it comes in as {}", subject_text(&id))],
                    ..grant
                });
            }
        }
    }
    grants
}

fn by_policy(policy: &AssociatedAccessPolicy) -> Grant {
    let name = access_policy::name_of(&policy.policy_arn);
    let known = access_policy::of_arn(&policy.policy_arn);
    let unpublished = match known {
        Some(one) if one.known == Known::Rules => None,
        Some(one) if !one.purpose.is_empty() => Some(format!(
            "may do what {name} grants, whose rules AWS does not publish ({})",
            one.purpose
        )),
        _ => Some(format!(
            "may do what {name} grants, whose rules are not known"
        )),
    };
    let open = unpublished
        .is_some()
        .then(|| format!("as far as {name} grants it"));
    Grant {
        text: format!("access policy {name}"),
        by: Some(policy.policy_arn.clone()),
        role: None,
        place: match access_policy::is_cluster_wide(policy) {
            true => Place::Cluster,
            false => Place::Namespaces(policy.access_scope.namespaces.clone()),
        },
        rules: known.map(|one| one.role.rules.clone()).unwrap_or_default(),
        unpublished,
        since: policy.associated_at,
        conditions: open.into_iter().collect(),
    }
}
