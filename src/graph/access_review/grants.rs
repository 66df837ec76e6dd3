//! By what somebody may do something: bindings, access policies, the group `system:masters`.

use crate::graph::ClusterNode;
use crate::graph::aws_access::AwsAccess;
use crate::graph::decision::identity_of;
use crate::graph::rbac_subject::{binding_id, binding_text, role_id, role_text, subject_text};
use crate::graph::user_template::Match;
use crate::rbac::access_policy::{self, Known};
use crate::rbac::identity::AUTHENTICATED;
use crate::rbac::{Held, Identity, SubjectId, is_discovery_only};
use crate::snapshot::eks::AssociatedAccessPolicy;
use crate::snapshot::kubernetes_rbac::PolicyRule;

use super::{Grant, Place};

/// What a user, group or service account has.
pub(super) fn of_subject(node: &ClusterNode<'_>, subject: &SubjectId) -> Vec<Grant> {
    match subject {
        SubjectId::Group(name) if name == AUTHENTICATED => {
            let held = node.rbac.rules_of(&Identity::group(name));
            held.iter()
                .filter_map(|held| of_binding(node, held))
                .collect()
        }
        subject => of_identity(node, &identity_of(subject)),
    }
}

/// What an identity has by bindings, and by `system:masters` without one.
fn of_identity(node: &ClusterNode<'_>, identity: &Identity) -> Vec<Grant> {
    let mut held = node.rbac.rules_of(identity);
    held.retain(|held| !is_common(held));
    // What it has by itself or by a group of people before what everybody has.
    held.sort_by_key(|held| {
        held.subject.kind == "Group" && held.subject.name.starts_with("system:")
    });
    let bound = held.iter().filter_map(|held| of_binding(node, held));
    let superuser = identity.is_superuser().then(masters);
    superuser.into_iter().chain(bound).collect()
}

/// Whether it is what every authenticated request may know of a cluster.
fn is_common(held: &Held<'_>) -> bool {
    held.subject.kind == "Group"
        && held.subject.name == AUTHENTICATED
        && held.role.is_none_or(|role| is_discovery_only(&role.rules))
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
pub(super) fn of_access(node: &ClusterNode<'_>, access: &AwsAccess<'_>) -> Vec<Grant> {
    // An account's principals come in under their own ARNs, in no group.
    let identity = match access.is_account {
        true => Identity::group(AUTHENTICATED),
        false => Identity::user(&access.username, &access.groups),
    };
    let mut grants = of_identity(node, &identity);
    grants.extend(by_template(node, access));
    grants.extend(access.policies.iter().map(by_policy));
    grants
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
