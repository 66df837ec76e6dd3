//! What is asked of the authorizer: one request, or a permission as a set of requests.

/// The attributes of one request, as a SubjectAccessReview names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attributes<'a> {
    /// A request for a resource.
    Resource(ResourceAttributes<'a>),
    /// A request for a path that is no resource, as `/healthz`.
    NonResource {
        /// The HTTP method in lower case, as a client sends it: RBAC compares it as it is.
        verb: &'a str,
        /// The path.
        path: &'a str,
    },
}

/// A request for a resource. The empty string is "not given", as in Kubernetes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResourceAttributes<'a> {
    /// `get`, `list`, `create`, `impersonate`, …
    pub verb: &'a str,
    /// The API group; empty is the core group.
    pub group: &'a str,
    /// The plural name, `pods`.
    pub resource: &'a str,
    /// `log`, `exec`, …
    pub subresource: &'a str,
    /// The object's name; empty for create, and for list, watch and deletecollection without a name selector.
    pub name: &'a str,
    /// Empty for cluster-scoped resources and for all namespaces at once.
    pub namespace: &'a str,
}

/// Which names a permission must cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Name<'a> {
    /// Every name: a rule that is limited by `resourceNames` does not give it.
    #[default]
    Every,
    /// At least one name: a limited rule gives it.
    Any,
    /// This name.
    Exact(&'a str),
}

/// Where a permission must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Within<'a> {
    /// In the whole cluster: only ClusterRoleBindings give it.
    #[default]
    Cluster,
    /// In this namespace: its RoleBindings give it, and ClusterRoleBindings.
    Namespace(&'a str),
    /// Somewhere: any binding gives it, and the binding says where.
    Anywhere,
}

/// A permission on resources: the question of `who-can`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permission<'a> {
    /// The verb.
    pub verb: &'a str,
    /// The API group; empty is the core group.
    pub group: &'a str,
    /// The plural name.
    pub resource: &'a str,
    /// The subresource, or empty.
    pub subresource: &'a str,
    /// Which names.
    pub name: Name<'a>,
    /// Which namespaces.
    pub within: Within<'a>,
}

impl<'a> Permission<'a> {
    /// `verb` on every `resource` (`pods` or `pods/exec`) of `group` in the whole cluster.
    pub fn new(verb: &'a str, group: &'a str, resource: &'a str) -> Self {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        Self {
            verb,
            group,
            resource,
            subresource,
            ..Self::default()
        }
    }

    /// The same, for these names.
    pub fn named(self, name: Name<'a>) -> Self {
        Self { name, ..self }
    }

    /// The same, in another place.
    pub fn within(self, within: Within<'a>) -> Self {
        Self { within, ..self }
    }
}

/// Verbs whose requests carry no name, so that `resourceNames` cannot limit them to one: such a request has the empty
/// name, which a limited rule does not match (documentation: "Referring to resources").
pub(super) fn is_nameless(verb: &str) -> bool {
    matches!(verb, "create" | "list" | "watch" | "deletecollection")
}
