//! Who comes in from AWS as cluster-admin, and by what.
//!
//! EKS User Guide, "Review access policy permissions"; aws-iam-authenticator README, on the
//! placeholders of user names.

use crate::rbac::access_policy;
use crate::rbac::identity::{AUTHENTICATED, SYSTEM_MASTERS};
use crate::rbac::{Grant, SubjectId, is_cluster_admin};
use crate::snapshot::eks::AssociatedAccessPolicy;

use super::ClusterNode;
use super::aws_access::AwsAccess;
use super::kube_system::{CONTROLLERS, owns_cluster};
use super::path::Step;
use super::rbac_subject::{binding_text, bound_to, subject_id, subject_text};
use super::user_template::Match;

/// What makes a principal cluster-admin.
#[derive(Debug)]
pub struct Reason {
    /// In words: `it has AmazonEKSClusterAdminPolicy at cluster scope`.
    pub text: String,
    /// What its way in leads to: the cluster, or a user or group in it.
    pub to: String,
    /// The step from there to everything, where RBAC gives it.
    pub rest: Option<Step>,
    /// Whether it does not depend on how a placeholder in the user name comes out.
    pub certain: bool,
}

/// Users and groups that are bound to everything everywhere, or in the namespace that is as good as that. A binding for every authenticated
/// request says nothing of one principal; it has its own finding.
pub fn bound_admins<'g>(node: &'g ClusterNode<'_>) -> Vec<(SubjectId, Grant<'g>)> {
    let wide = node.rbac.bindings().iter();
    wide.filter(|binding| owns_cluster(binding.namespace()))
        .filter_map(|binding| {
            let role = node.rbac.role_of(binding)?;
            Some((binding, role, is_cluster_admin(&role.rules)?))
        })
        .flat_map(|(binding, role, rule)| {
            binding.subjects.iter().filter_map(move |subject| {
                let grant = Grant {
                    binding,
                    subject,
                    role,
                    rule,
                };
                Some((SubjectId::of(subject, binding)?, grant))
            })
        })
        .filter(|(subject, _)| *subject != SubjectId::Group(AUTHENTICATED.to_owned()))
        .collect()
}

/// Why a way in from AWS makes cluster-admin; nothing where it does not. `admins` are those of
/// [`bound_admins`].
pub fn reason(
    node: &ClusterNode<'_>,
    access: &AwsAccess<'_>,
    admins: &[(SubjectId, Grant<'_>)],
) -> Option<Reason> {
    if let Some(policy) = access.admin_policy() {
        return Some(by_policy(node, policy));
    }
    let masters = access.is_in(SYSTEM_MASTERS);
    if masters == Match::Always {
        return Some(by_masters(node, true));
    }
    let named = |wanted| {
        let found = admins
            .iter()
            .find(|(subject, _)| comes_in_as(access, subject) == wanted);
        found.map(|found| by_binding(node, found, wanted == Match::Always))
    };
    named(Match::Always)
        .or_else(|| (masters == Match::Perhaps).then(|| by_masters(node, false)))
        .or_else(|| named(Match::Perhaps))
}

/// Whether a way in is of a subject. An account that comes in whole is none: its principals that are bound are ways
/// in of their own.
fn comes_in_as(access: &AwsAccess<'_>, subject: &SubjectId) -> Match {
    match subject {
        _ if access.is_account => Match::No,
        SubjectId::Group(name) => access.is_in(name),
        // A node's user name is that of one node.
        _ if access.username.starts_with("system:node:") => Match::No,
        subject => access.is_user(&subject.user_name()),
    }
}

fn by_policy(node: &ClusterNode<'_>, policy: &AssociatedAccessPolicy) -> Reason {
    let name = access_policy::name_of(&policy.policy_arn);
    let place = match access_policy::is_cluster_wide(policy) {
        true => "at cluster scope".to_owned(),
        false => format!("in {CONTROLLERS}, and so whatever the controllers may do"),
    };
    Reason {
        text: format!("it has {name} {place}"),
        to: node.id(),
        rest: None,
        certain: true,
    }
}

fn by_masters(node: &ClusterNode<'_>, certain: bool) -> Reason {
    let masters = SubjectId::Group(SYSTEM_MASTERS.to_owned());
    Reason {
        text: format!("it is in the group {SYSTEM_MASTERS}"),
        to: subject_id(node.key, &masters),
        rest: None,
        certain,
    }
}

fn by_binding(
    node: &ClusterNode<'_>,
    (subject, grant): &(SubjectId, Grant<'_>),
    certain: bool,
) -> Reason {
    Reason {
        text: format!(
            "{} is bound to {} by the {}",
            subject_text(subject),
            grant.role.metadata.name,
            binding_text(grant.binding)
        ),
        to: subject_id(node.key, subject),
        rest: Some(bound_to(node.key, subject, grant)),
        certain,
    }
}
