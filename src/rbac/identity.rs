//! Subjects under one name each, and who a request comes from.

use std::fmt;

use crate::snapshot::kubernetes_rbac::{RoleBinding, Subject};

/// The group that is allowed everything before RBAC is asked.
pub const SYSTEM_MASTERS: &str = "system:masters";
/// The group of every authenticated request.
pub const AUTHENTICATED: &str = "system:authenticated";
/// The group of anonymous requests.
pub const UNAUTHENTICATED: &str = "system:unauthenticated";
/// The user of anonymous requests.
pub const ANONYMOUS: &str = "system:anonymous";
/// The group of all service accounts; with `:NAMESPACE` of those of one namespace.
pub const SERVICE_ACCOUNTS: &str = "system:serviceaccounts";
/// The group of all nodes.
pub const NODES: &str = "system:nodes";
/// What the user name of a node begins with.
pub const NODE_USER: &str = "system:node:";
const SERVICE_ACCOUNT_USER: &str = "system:serviceaccount:";

/// A subject under one name: a service account that a binding names as the User `system:serviceaccount:NS:NAME` is the
/// same as the ServiceAccount `NAME` of `NS`, because the authorizer only sees the user name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectId {
    /// A user, by the name that authentication gives it.
    User(String),
    /// A group.
    Group(String),
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl SubjectId {
    /// The subject of a binding; none where the authorizer could never match it (an unknown kind, or a service account
    /// without a namespace in a ClusterRoleBinding).
    pub fn of(subject: &Subject, binding: &RoleBinding) -> Option<Self> {
        match subject.kind.as_str() {
            "User" => Some(Self::user(&subject.name)),
            "Group" => Some(Self::Group(subject.name.clone())),
            "ServiceAccount" => {
                let own = subject
                    .namespace
                    .as_deref()
                    .filter(|namespace| !namespace.is_empty());
                let namespace = own.or(binding.namespace())?;
                Some(Self::service_account(namespace, &subject.name))
            }
            _ => None,
        }
    }

    /// A user, or the service account that the user name stands for.
    pub fn user(name: &str) -> Self {
        let service_account = name
            .strip_prefix(SERVICE_ACCOUNT_USER)
            .and_then(|rest| rest.split_once(':'))
            .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
        match service_account {
            Some((namespace, name)) => Self::service_account(namespace, name),
            None => Self::User(name.to_owned()),
        }
    }

    /// The name that requests of this subject carry: of a service account its user name, of a group its own.
    pub fn user_name(&self) -> String {
        match self {
            Self::User(name) | Self::Group(name) => name.clone(),
            Self::ServiceAccount { namespace, name } => {
                format!("{SERVICE_ACCOUNT_USER}{namespace}:{name}")
            }
        }
    }

    /// A service account.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self::ServiceAccount {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl fmt::Display for SubjectId {
    /// `User/jane`, `Group/system:masters`, `ServiceAccount/NAMESPACE/NAME`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "User/{name}"),
            Self::Group(name) => write!(f, "Group/{name}"),
            Self::ServiceAccount { namespace, name } => {
                write!(f, "ServiceAccount/{namespace}/{name}")
            }
        }
    }
}

/// Who a request comes from: a user name and its groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The user name; none for the members of a group, whoever they are.
    pub user: Option<String>,
    /// All groups, the implied ones too.
    pub groups: Vec<String>,
}

impl Identity {
    /// A service account with the three groups that its token carries.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self {
            user: Some(format!("{SERVICE_ACCOUNT_USER}{namespace}:{name}")),
            groups: vec![
                SERVICE_ACCOUNTS.to_owned(),
                format!("{SERVICE_ACCOUNTS}:{namespace}"),
                AUTHENTICATED.to_owned(),
            ],
        }
    }

    /// An authenticated user with the groups that authentication gives it, and `system:authenticated`.
    pub fn user<G: AsRef<str>>(name: &str, groups: &[G]) -> Self {
        let mut groups: Vec<String> = groups.iter().map(|g| g.as_ref().to_owned()).collect();
        if !groups.iter().any(|group| group == AUTHENTICATED) {
            groups.push(AUTHENTICATED.to_owned());
        }
        Self {
            user: Some(name.to_owned()),
            groups,
        }
    }

    /// An anonymous request.
    pub fn anonymous() -> Self {
        Self {
            user: Some(ANONYMOUS.to_owned()),
            groups: vec![UNAUTHENTICATED.to_owned()],
        }
    }

    /// What membership of a group gives by itself, without the groups that it implies.
    pub fn group(name: &str) -> Self {
        Self {
            user: None,
            groups: vec![name.to_owned()],
        }
    }

    /// What this subject has by its own bindings and by the groups that it is surely in. A user's further groups stand
    /// in no Kubernetes object.
    pub fn of(subject: &SubjectId) -> Self {
        match subject {
            SubjectId::ServiceAccount { namespace, name } => Self::service_account(namespace, name),
            SubjectId::Group(name) => Self::group(name),
            SubjectId::User(name) if name == ANONYMOUS => Self::anonymous(),
            SubjectId::User(name) => Self::user::<&str>(name, &[]),
        }
    }

    /// What the members of a group have together: by it, and by the groups that all of them are in.
    pub fn members(group: &str) -> Self {
        let mut groups = vec![group.to_owned()];
        groups.extend(groups_of_members(group).map(str::to_owned));
        Self { user: None, groups }
    }

    /// Whether the request never reaches RBAC.
    pub fn is_superuser(&self) -> bool {
        self.groups.iter().any(|group| group == SYSTEM_MASTERS)
    }
}

/// The groups that every member of a group is in too: `system:serviceaccounts` of those of a namespace, and
/// `system:authenticated` of all but anonymous requests.
pub fn groups_of_members(group: &str) -> impl Iterator<Item = &'static str> {
    let of_namespace = group
        .strip_prefix(SERVICE_ACCOUNTS)
        .is_some_and(|rest| rest.starts_with(':'));
    let authenticated = group != UNAUTHENTICATED && group != AUTHENTICATED;
    let accounts = of_namespace.then_some(SERVICE_ACCOUNTS);
    accounts
        .into_iter()
        .chain(authenticated.then_some(AUTHENTICATED))
}

/// Whether a subject is a node, or the group of all: the Node authorizer, which is asked beside RBAC, lets them
/// do their work (<https://kubernetes.io/docs/reference/access-authn-authz/node/>).
pub fn is_node(subject: &SubjectId) -> bool {
    match subject {
        SubjectId::Group(name) => name == NODES,
        SubjectId::User(name) => name.starts_with(NODE_USER),
        SubjectId::ServiceAccount { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::kubernetes_rbac::{BindingKind, RoleRef};

    #[test]
    fn subjects_have_one_name() {
        let cluster = RoleBinding {
            kind: BindingKind::ClusterRoleBinding,
            metadata: Default::default(),
            subjects: Vec::new(),
            role_ref: RoleRef::default(),
        };
        let mut own = cluster.clone();
        own.kind = BindingKind::RoleBinding;
        own.metadata.namespace = Some("web".to_owned());
        let cases = [
            ("User", "jane", None, &cluster, Some("User/jane")),
            (
                "User",
                "system:serviceaccount:web:api",
                None,
                &cluster,
                Some("ServiceAccount/web/api"),
            ),
            (
                "User",
                "system:serviceaccount:web:",
                None,
                &cluster,
                Some("User/system:serviceaccount:web:"),
            ),
            ("Group", "devs", None, &cluster, Some("Group/devs")),
            (
                "ServiceAccount",
                "api",
                Some("pay"),
                &own,
                Some("ServiceAccount/pay/api"),
            ),
            (
                "ServiceAccount",
                "api",
                None,
                &own,
                Some("ServiceAccount/web/api"),
            ),
            (
                "ServiceAccount",
                "api",
                Some(""),
                &own,
                Some("ServiceAccount/web/api"),
            ),
            ("ServiceAccount", "api", None, &cluster, None),
            ("user", "jane", None, &cluster, None),
        ];
        for (kind, name, namespace, binding, expected) in cases {
            let subject = Subject {
                kind: kind.to_owned(),
                name: name.to_owned(),
                namespace: namespace.map(str::to_owned),
                ..Subject::default()
            };
            let found = SubjectId::of(&subject, binding).map(|id| id.to_string());
            assert_eq!(
                found.as_deref(),
                expected,
                "{subject:?} in {:?}",
                binding.kind
            );
        }
    }

    #[test]
    fn implied_groups() {
        let account = Identity::of(&SubjectId::service_account("web", "api"));
        assert_eq!(
            account.user.as_deref(),
            Some("system:serviceaccount:web:api")
        );
        assert_eq!(
            account.groups,
            [
                "system:serviceaccounts",
                "system:serviceaccounts:web",
                "system:authenticated"
            ]
        );
        assert_eq!(
            Identity::of(&SubjectId::user(ANONYMOUS)).groups,
            [UNAUTHENTICATED]
        );
        assert_eq!(
            Identity::user("jane", &["devs"]).groups,
            ["devs", AUTHENTICATED]
        );
        assert!(Identity::group(SYSTEM_MASTERS).is_superuser() && !account.is_superuser());
    }
}
