//! Who comes in from AWS as cluster-admin, and by what.
//!
//! EKS User Guide, "Review access policy permissions"; aws-iam-authenticator README, on the
//! placeholders of user names.

use crate::iam::glob::Pattern;
use crate::rbac::identity::{AUTHENTICATED, SYSTEM_MASTERS};
use crate::rbac::{Grant, Identity, SubjectId, is_cluster_admin};

use super::ClusterNode;
use super::aws_access::{AwsAccess, policy_name};
use super::path::Step;
use super::rbac_subject::{binding_text, bound_to, subject_id, subject_text};

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

/// Users and groups that are bound to everything everywhere. A binding for every authenticated
/// request says nothing of one principal; it has its own finding.
pub fn bound_admins<'g>(node: &'g ClusterNode<'_>) -> Vec<(SubjectId, Grant<'g>)> {
    let wide = node.rbac.bindings().iter();
    wide.filter(|binding| binding.namespace().is_none())
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
    let surely = |text: String, to: String| Reason {
        text,
        to,
        rest: None,
        certain: true,
    };
    if let Some(policy) = access.admin_policy() {
        let text = format!("it has {} at cluster scope", policy_name(policy));
        return Some(surely(text, node.id()));
    }
    if access.groups.iter().any(|group| group == SYSTEM_MASTERS) {
        let masters = SubjectId::Group(SYSTEM_MASTERS.to_owned());
        let text = format!("it is in the group {SYSTEM_MASTERS}");
        return Some(surely(text, subject_id(node.key, &masters)));
    }
    let groups = match access.is_node() {
        true => access.own_groups(),
        false => access.groups.clone(),
    };
    if access.is_node() && groups.is_empty() {
        return None;
    }
    let username = access.username.as_deref().unwrap_or(&access.principal);
    let identity = Identity::user(username, &groups);
    let matches = |subject: &SubjectId| match subject {
        SubjectId::Group(name) => identity.groups.contains(name),
        subject => *subject == SubjectId::user(username),
    };
    let bound = |(subject, grant): &(SubjectId, Grant<'_>), certain| Reason {
        text: format!(
            "{} is bound to {} by the {}",
            subject_text(subject),
            grant.role.metadata.name,
            binding_text(grant.binding)
        ),
        to: subject_id(node.key, subject),
        rest: Some(bound_to(node.key, subject, grant)),
        certain,
    };
    if let Some(found) = admins.iter().find(|(subject, _)| matches(subject)) {
        return Some(bound(found, true));
    }
    let template = template(username)?;
    let may_be = |subject: &SubjectId| {
        !matches!(subject, SubjectId::Group(_)) && template.matches(&subject.user_name())
    };
    admins
        .iter()
        .find(|(subject, _)| may_be(subject))
        .map(|found| bound(found, false))
}

/// The names that a user name with placeholders may come out as; nothing where it has none.
pub(super) fn template(username: &str) -> Option<Pattern> {
    let mut text = String::new();
    let mut rest = username;
    while let Some((before, after)) = rest.split_once("{{") {
        text.push_str(before);
        text.push('*');
        rest = after.split_once("}}").map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    username.contains("{{").then(|| Pattern::new(&text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_placeholder_stands_for_any_text() {
        for (template_text, name, expected) in [
            ("{{SessionName}}", "jane", true),
            ("a:{{SessionName}}:z", "a:jane:z", true),
            ("a:{{SessionName}}:z", "b:jane:z", false),
            ("a{{X}}b{{Y}}", "a1b2", true),
            ("a{{X", "a1", true),
        ] {
            let found = template(template_text).unwrap().matches(name);
            assert_eq!(found, expected, "{template_text} as {name}");
        }
        assert!(template("jane").is_none());
    }
}
