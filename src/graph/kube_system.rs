//! The namespace whose owner owns the cluster.
//!
//! Whoever may do everything in kube-system gets tokens of the service accounts that the control plane's controllers
//! run as (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles>), one of which may write any
//! ClusterRole.

/// Where the controllers' service accounts are.
pub const CONTROLLERS: &str = "kube-system";

/// Whether all powers within a namespace, or where there is none in the whole cluster, are all powers there are.
pub fn owns_cluster(namespace: Option<&str>) -> bool {
    matches!(namespace, None | Some(CONTROLLERS))
}
