//! Subjects, roles and bindings of RBAC as the graph names them, and how a subject has a role.

use crate::rbac::{Grant, SubjectId};
use crate::snapshot::id::object_id;
use crate::snapshot::kubernetes_rbac::{Role, RoleBinding};

use super::path::{EdgeKind, Step};
use super::wording::some_of;
use super::{ClusterNode, Graph, runs_as};

/// The id of a role.
pub fn role_id(cluster: &str, role: &Role) -> String {
    let kind = role.kind.as_str();
    object_id(cluster, role.namespace(), kind, &role.metadata.name)
}

/// The id of a binding.
pub fn binding_id(cluster: &str, binding: &RoleBinding) -> String {
    let namespace = binding.namespace().unwrap_or_default();
    object_id(
        cluster,
        namespace,
        binding.kind.as_str(),
        &binding.metadata.name,
    )
}

/// The id of a subject.
pub fn subject_id(cluster: &str, subject: &SubjectId) -> String {
    match subject {
        SubjectId::User(name) => object_id(cluster, "", "User", name),
        SubjectId::Group(name) => object_id(cluster, "", "Group", name),
        SubjectId::ServiceAccount { namespace, name } => {
            object_id(cluster, namespace, "ServiceAccount", name)
        }
    }
}

/// A subject in a sentence: `the service account payments/api`.
pub fn subject_text(subject: &SubjectId) -> String {
    match subject {
        SubjectId::User(name) => format!("the user {name}"),
        SubjectId::Group(name) => format!("the group {name}"),
        SubjectId::ServiceAccount { namespace, name } => {
            format!("the service account {namespace}/{name}")
        }
    }
}

/// A binding in a sentence: `ClusterRoleBinding ops`, `RoleBinding payments/ops`.
pub fn binding_text(binding: &RoleBinding) -> String {
    let (kind, name) = (binding.kind.as_str(), &binding.metadata.name);
    match binding.namespace() {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

/// A role in a sentence: `ClusterRole ops`, `Role payments/ops`.
pub fn role_text(role: &Role) -> String {
    let (kind, name) = (role.kind.as_str(), &role.metadata.name);
    match role.namespace() {
        "" => format!("{kind} {name}"),
        namespace => format!("{kind} {namespace}/{name}"),
    }
}

/// A rule of a role in words: `get, list on pods of core (rule 2)`.
pub fn rule_text(role: &Role, at: usize) -> Option<String> {
    let rule = role.rules.get(at)?;
    let list = |every: &str, items: &[String]| {
        let named = |item: &String| match item.as_str() {
            "" => "core".to_owned(),
            item => item.to_owned(),
        };
        match items.iter().any(|item| item == "*") {
            true => every.to_owned(),
            false => some_of(&items.iter().map(named).collect::<Vec<_>>()),
        }
    };
    let verbs = list("every verb", &rule.verbs);
    let number = at + 1;
    if rule.resources.is_empty() {
        let paths = list("every path", &rule.non_resource_urls);
        return Some(format!("{verbs} on {paths} (rule {number})"));
    }
    let limit = match rule.resource_names.is_empty() {
        true => String::new(),
        false => format!(" named {}", some_of(&rule.resource_names)),
    };
    let resources = list("every resource", &rule.resources);
    let groups = list("every group", &rule.api_groups);
    Some(format!(
        "{verbs} on {resources}{limit} of {groups} (rule {number})"
    ))
}

/// A subject has a role by a binding.
pub fn bound_to(cluster: &str, subject: &SubjectId, grant: &Grant<'_>) -> Step {
    Step::new(
        subject_id(cluster, subject),
        EdgeKind::BoundTo,
        role_id(cluster, grant.role),
        format!("{}, rule {}", binding_text(grant.binding), grant.rule + 1),
    )
}

impl Graph<'_> {
    /// The path to a role that a binding gives: from a workload where the subject is a service
    /// account that has one.
    pub fn path_to_role(
        &self,
        node: &ClusterNode<'_>,
        subject: &SubjectId,
        grant: &Grant<'_>,
    ) -> Vec<Step> {
        let mut path = Vec::new();
        if let SubjectId::ServiceAccount { namespace, name } = subject {
            let at = self.workloads.service_account(node.key, namespace, name);
            let account = at.and_then(|at| self.workloads.service_accounts.get(at));
            let workload = at.and_then(|at| self.workloads.of_account(at).next());
            if let (Some(account), Some(workload)) = (account, workload) {
                path.push(runs_as(workload, account));
            }
        }
        path.push(bound_to(node.key, subject, grant));
        path
    }
}
