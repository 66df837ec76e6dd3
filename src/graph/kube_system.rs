//! The namespace whose owner owns the cluster.
//!
//! Whoever may do everything in kube-system gets tokens of the service accounts that the control plane's controllers
//! run as (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles>), one of which may write any
//! ClusterRole.

use super::Graph;
use crate::rbac::SubjectId;

/// Where the controllers' service accounts are.
pub const CONTROLLERS: &str = "kube-system";

/// Whether all powers within a namespace, or where there is none in the whole cluster, are all powers there are.
pub fn owns_cluster(namespace: Option<&str>) -> bool {
    matches!(namespace, None | Some(CONTROLLERS))
}

impl Graph<'_> {
    /// Whether a workload, by its place, is there to have power: it runs in kube-system, or is a controller that everybody
    /// runs.
    pub fn is_expected(&self, workload: usize) -> bool {
        let Some(workload) = self.workloads.workloads.get(workload) else {
            return false;
        };
        let account = self
            .workloads
            .service_accounts
            .get(workload.service_account);
        let subject = account.map(|account| SubjectId::ServiceAccount {
            namespace: account.namespace.to_owned(),
            name: account.name.to_owned(),
        });
        let mut clusters = self.clusters.iter();
        let node = clusters.find(|node| node.key == workload.cluster);
        workload.namespace == CONTROLLERS
            || node
                .zip(subject)
                .is_some_and(|(node, subject)| self.known_controller(node, &subject).is_some())
    }
}
