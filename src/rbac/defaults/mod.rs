//! What Kubernetes and EKS themselves put into a cluster, so that it is not taken for the user's work.
//!
//! A name or a label hides nothing: anybody who may edit a default binding may add a subject to it, and the API server
//! only ever adds what is missing, it does not take away
//! (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation>). So a binding is the system's
//! own only with the known role and none but the known subjects, and a role only with no more than the known powers.

mod eks;
mod kubernetes;

use super::identity::SYSTEM_MASTERS;
use super::power::{Power, Reach, powers_of};
use crate::rbac::SubjectId;
use crate::snapshot::kubernetes_rbac::{BindingKind, Role, RoleBinding, RoleKind, Subject};

/// A binding as it is shipped.
struct KnownBinding {
    /// None: a ClusterRoleBinding.
    namespace: Option<&'static str>,
    name: &'static str,
    role_kind: RoleKind,
    role: &'static str,
    subjects: &'static [Who],
}

/// A subject as it is shipped.
enum Who {
    User(&'static str),
    Group(&'static str),
    /// Of kube-system.
    ServiceAccount(&'static str),
}

/// What a shipped role may do.
enum Ceiling {
    /// Anything: it is only bound to what the provider of the control plane runs.
    Any,
    /// No more than these powers.
    Powers(&'static [Power]),
}

/// Whether a binding is as Kubernetes or EKS ships it: its role and every subject.
pub fn is_system_binding(binding: &RoleBinding) -> bool {
    known_binding(binding).is_some() && unexpected_subjects(binding).is_empty()
}

/// The subjects that the user, or somebody else, has bound: all of a binding that is not shipped or whose role is not
/// the shipped one, and of a shipped one those that were added.
pub fn unexpected_subjects(binding: &RoleBinding) -> Vec<&Subject> {
    let known = known_binding(binding);
    let is_expected = |subject: &&Subject| known.as_ref().is_some_and(|known| known.has(subject));
    binding
        .subjects
        .iter()
        .filter(|subject| !is_expected(subject))
        .collect()
}

/// The subjects of a binding that get something which the system does not give by itself: the unexpected ones, and all
/// where the shipped role has powers that were added. `role` is the role it refers to, if there is one.
pub fn outside_subjects<'b>(binding: &'b RoleBinding, role: Option<&Role>) -> Vec<&'b Subject> {
    if role.is_some_and(|role| !unexpected_powers(role).is_empty()) {
        return binding.subjects.iter().collect();
    }
    unexpected_subjects(binding)
}

/// Whether a role is one that Kubernetes or EKS ships, with no more powers than it ships with.
pub fn is_system_role(role: &Role) -> bool {
    ceiling(role).is_some() && unexpected_powers(role).is_empty()
}

/// The powers that were added to a shipped role; none for a role that is not shipped.
pub fn unexpected_powers(role: &Role) -> Vec<Power> {
    let Some(ceiling) = ceiling(role) else {
        return Vec::new();
    };
    let powers = powers_of(&role.rules, Reach::Cluster)
        .into_iter()
        .map(|(power, _)| power);
    powers
        .filter(|power| match &ceiling {
            Ceiling::Any => false,
            Ceiling::Powers(known) => !known.contains(power),
        })
        .collect()
}

/// Whether a subject is run by the control plane: its components, the controllers' service accounts in kube-system, the
/// users of EKS, and `system:masters`, which needs no binding. Groups that nodes or people are in are not.
pub fn is_system_subject(subject: &Subject) -> bool {
    let name = subject.name.as_str();
    match subject.kind.as_str() {
        "User" => is_system_user(name),
        "Group" => is_system_group(name),
        "ServiceAccount" => {
            is_system_account(subject.namespace.as_deref().unwrap_or_default(), name)
        }
        _ => false,
    }
}

/// The same of whom a binding's subject is.
pub fn is_system(subject: &SubjectId) -> bool {
    match subject {
        SubjectId::User(name) => is_system_user(name),
        SubjectId::Group(name) => is_system_group(name),
        SubjectId::ServiceAccount { namespace, name } => is_system_account(namespace, name),
    }
}

fn is_system_user(name: &str) -> bool {
    kubernetes::USERS.contains(&name) || eks::USERS.contains(&name)
}

fn is_system_group(name: &str) -> bool {
    name == SYSTEM_MASTERS || eks::GROUPS.contains(&name)
}

fn is_system_account(namespace: &str, name: &str) -> bool {
    namespace == KUBE_SYSTEM
        && (kubernetes::CONTROLLERS.contains(&name)
            || kubernetes::OTHER_SERVICE_ACCOUNTS.contains(&name)
            || eks::CONTROL_PLANE_SERVICE_ACCOUNTS.contains(&name))
}

const KUBE_SYSTEM: &str = "kube-system";

/// What is known of a binding.
enum Known {
    /// A row of the tables.
    Row(&'static KnownBinding),
    /// `system:controller:NAME`: the ClusterRole of the same name to the service account NAME of kube-system.
    Controller(&'static str),
    /// A component of EKS: the role of the same name to a user of EKS.
    Component,
}

impl Known {
    fn has(&self, subject: &Subject) -> bool {
        match self {
            Self::Row(row) => row.subjects.iter().any(|who| who.is(subject)),
            Self::Controller(name) => Who::ServiceAccount(name).is(subject),
            Self::Component => {
                subject.kind == "User" && eks::USERS.contains(&subject.name.as_str())
            }
        }
    }
}

impl Who {
    fn is(&self, subject: &Subject) -> bool {
        let (kind, name) = match self {
            Self::User(name) => ("User", name),
            Self::Group(name) => ("Group", name),
            Self::ServiceAccount(name) => ("ServiceAccount", name),
        };
        let in_place =
            kind != "ServiceAccount" || subject.namespace.as_deref() == Some(KUBE_SYSTEM);
        subject.kind == kind && subject.name == *name && in_place
    }
}

/// The shipped binding of that name, if its role is the shipped one.
fn known_binding(binding: &RoleBinding) -> Option<Known> {
    let name = binding.metadata.name.as_str();
    let role = (
        binding.role_ref.kind.as_str(),
        binding.role_ref.name.as_str(),
    );
    let is_row = |row: &&KnownBinding| {
        (row.namespace, row.name) == (binding.namespace(), name)
            && (row.role_kind.as_str(), row.role) == role
    };
    if let Some(row) = kubernetes::BINDINGS
        .iter()
        .chain(eks::BINDINGS)
        .find(is_row)
    {
        return Some(Known::Row(row));
    }
    if role.1 != name {
        return None;
    }
    match binding.kind {
        BindingKind::ClusterRoleBinding if role.0 == "ClusterRole" => controller(name)
            .map(Known::Controller)
            .or_else(|| eks::COMPONENTS.contains(&name).then_some(Known::Component)),
        BindingKind::RoleBinding if role.0 == "Role" => {
            let in_place = binding
                .namespace()
                .is_some_and(|place| eks::ROLE_NAMESPACES.contains(&place));
            (in_place && eks::COMPONENTS.contains(&name)).then_some(Known::Component)
        }
        _ => None,
    }
}

fn controller(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("system:controller:")?;
    kubernetes::CONTROLLERS
        .iter()
        .find(|known| **known == name)
        .copied()
}

fn ceiling(role: &Role) -> Option<Ceiling> {
    let name = role.metadata.name.as_str();
    let namespace = (role.kind == RoleKind::Role).then(|| role.namespace());
    let rows = kubernetes::ROLES.iter().chain(eks::ROLES);
    for (place, known, powers) in rows {
        if (*place, *known) == (namespace, name) {
            return Some(Ceiling::Powers(powers));
        }
    }
    let of_eks = match namespace {
        None => true,
        Some(place) => eks::ROLE_NAMESPACES.contains(&place),
    };
    if (namespace.is_none() && name == "cluster-admin")
        || (of_eks && eks::COMPONENTS.contains(&name))
    {
        return Some(Ceiling::Any);
    }
    (namespace.is_none() && controller(name).is_some()).then_some(Ceiling::Powers(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::kubernetes_rbac::{PolicyRule, RoleRef};

    fn subject(kind: &str, namespace: Option<&str>, name: &str) -> Subject {
        Subject {
            kind: kind.to_owned(),
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            ..Subject::default()
        }
    }

    fn rule(verb: &str, resource: &str) -> PolicyRule {
        PolicyRule {
            verbs: vec![verb.to_owned()],
            api_groups: vec![String::new()],
            resources: vec![resource.to_owned()],
            ..PolicyRule::default()
        }
    }

    fn role(name: &str, rules: Vec<PolicyRule>) -> Role {
        let mut role = Role {
            kind: RoleKind::ClusterRole,
            metadata: Default::default(),
            rules,
            aggregation_rule: None,
        };
        role.metadata.name = name.to_owned();
        role
    }

    fn binding(name: &str, role: &str, subjects: Vec<Subject>) -> RoleBinding {
        let mut binding = RoleBinding {
            kind: BindingKind::ClusterRoleBinding,
            metadata: Default::default(),
            subjects,
            role_ref: RoleRef {
                kind: "ClusterRole".to_owned(),
                name: role.to_owned(),
                ..RoleRef::default()
            },
        };
        binding.metadata.name = name.to_owned();
        binding
    }

    #[test]
    fn bindings_as_shipped_and_changed() {
        let masters = subject("Group", None, "system:masters");
        let jane = subject("User", None, "jane");
        let eks = subject("User", None, "eks:node-manager");
        let nodes = subject("Group", None, "system:nodes");
        let gc = "generic-garbage-collector";
        let gc_binding = "system:controller:generic-garbage-collector";
        let cases: Vec<(RoleBinding, bool, usize)> = vec![
            (
                binding("cluster-admin", "cluster-admin", vec![masters.clone()]),
                true,
                0,
            ),
            (
                binding(
                    "cluster-admin",
                    "cluster-admin",
                    vec![masters.clone(), jane.clone()],
                ),
                false,
                1,
            ),
            // The name of a default with another role is no default.
            (
                binding(
                    "system:discovery",
                    "cluster-admin",
                    vec![subject("Group", None, "system:authenticated")],
                ),
                false,
                1,
            ),
            (
                binding(
                    gc_binding,
                    gc_binding,
                    vec![subject("ServiceAccount", Some("kube-system"), gc)],
                ),
                true,
                0,
            ),
            (
                binding(
                    gc_binding,
                    gc_binding,
                    vec![subject("ServiceAccount", Some("default"), gc)],
                ),
                false,
                1,
            ),
            (
                binding(
                    "system:controller:mine",
                    "system:controller:mine",
                    vec![jane.clone()],
                ),
                false,
                1,
            ),
            (
                binding("eks:node-manager", "eks:node-manager", vec![eks.clone()]),
                true,
                0,
            ),
            (
                binding(
                    "eks:node-manager",
                    "eks:node-manager",
                    vec![eks.clone(), jane.clone()],
                ),
                false,
                1,
            ),
            (binding("eks:mine", "eks:mine", vec![eks.clone()]), false, 1),
            (
                binding("eks:node-manager", "cluster-admin", vec![eks]),
                false,
                1,
            ),
            (binding("system:node", "system:node", vec![]), true, 0),
            // Once shipped with this group, now with none: binding it again gives every node all Secrets.
            (binding("system:node", "system:node", vec![nodes]), false, 1),
            (binding("mine", "view", vec![jane, masters]), false, 2),
        ];
        for (binding, system, unexpected) in cases {
            let found = unexpected_subjects(&binding);
            assert_eq!(
                (is_system_binding(&binding), found.len()),
                (system, unexpected),
                "{binding:?}\n{found:?}"
            );
        }
    }

    #[test]
    fn a_default_role_with_added_powers_is_no_default() {
        let cases: Vec<(Role, bool, Vec<Power>)> = vec![
            (role("view", vec![rule("list", "pods")]), true, vec![]),
            (
                role("view", vec![rule("list", "secrets")]),
                false,
                vec![Power::ReadSecrets],
            ),
            (role("edit", vec![rule("list", "secrets")]), true, vec![]),
            (
                role("system:basic-user", vec![rule("create", "pods/exec")]),
                false,
                vec![Power::EnterPods],
            ),
            (role("mine", vec![rule("list", "secrets")]), false, vec![]),
        ];
        for (role, system, powers) in cases {
            assert_eq!(
                (is_system_role(&role), unexpected_powers(&role)),
                (system, powers),
                "{role:?}"
            );
        }
    }

    #[test]
    fn a_shipped_binding_of_a_changed_role_is_outside() {
        let everyone = subject("Group", None, "system:authenticated");
        let shipped = binding("system:basic-user", "system:basic-user", vec![everyone]);
        let plain = role("system:basic-user", Vec::new());
        let changed = role("system:basic-user", vec![rule("create", "pods")]);
        assert_eq!(outside_subjects(&shipped, Some(&plain)).len(), 0);
        assert_eq!(outside_subjects(&shipped, None).len(), 0);
        assert_eq!(outside_subjects(&shipped, Some(&changed)).len(), 1);
    }

    #[test]
    fn subjects_of_the_control_plane() {
        let cases = [
            (
                subject("User", None, "system:kube-controller-manager"),
                true,
            ),
            (subject("User", None, "eks:addon-manager"), true),
            (subject("User", None, "eks:mine"), false),
            (subject("Group", None, "system:masters"), true),
            (subject("Group", None, "system:nodes"), false),
            (subject("Group", None, "system:authenticated"), false),
            (
                subject(
                    "ServiceAccount",
                    Some("kube-system"),
                    "deployment-controller",
                ),
                true,
            ),
            (
                subject("ServiceAccount", Some("default"), "deployment-controller"),
                false,
            ),
            (
                subject("ServiceAccount", Some("kube-system"), "default"),
                false,
            ),
        ];
        for (subject, expected) in cases {
            assert_eq!(is_system_subject(&subject), expected, "{subject:?}");
        }
    }
}
