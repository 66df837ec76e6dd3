//! A cluster in the graph: its authorizers and its ways in.

use std::collections::BTreeSet;

use crate::rbac::{Authorizer, access_policy};
use crate::snapshot::Cluster;
use crate::snapshot::eks::AccessEntry;

use super::aws_access::AwsAccesses;

/// A cluster with its authorizer and its ways in.
#[derive(Debug)]
pub struct ClusterNode<'s> {
    /// Its key in the snapshot.
    pub key: &'s str,
    /// What was seen of it.
    pub cluster: &'s Cluster,
    /// Its RBAC.
    pub rbac: Authorizer,
    /// Who comes in from AWS.
    pub access: AwsAccesses<'s>,
    /// What access policies give, beside RBAC: bindings of users that are the principals' ARNs. Entries that
    /// admit nobody give nothing.
    pub policies: Authorizer,
}

impl<'s> ClusterNode<'s> {
    pub(super) fn build(
        key: &'s str,
        cluster: &'s Cluster,
        is_stale: &dyn Fn(&AccessEntry) -> bool,
    ) -> Self {
        let access = AwsAccesses::of(cluster, is_stale);
        let entries = cluster.eks.access.iter();
        let admitted = entries.filter(|one| access.by_entries && !is_stale(&one.entry));
        let policies = access_policy::authorizer(
            admitted.map(|one| (one.entry.principal_arn.as_str(), one.policies.as_slice())),
            &namespaces(cluster),
        );
        Self {
            key,
            cluster,
            rbac: Authorizer::new(&cluster.kubernetes.roles, &cluster.kubernetes.role_bindings),
            access,
            policies,
        }
    }
}

impl ClusterNode<'_> {
    /// The cluster's ARN, or its name where that is not known.
    pub fn id(&self) -> String {
        let cluster = self.cluster.eks.cluster.as_ref();
        cluster
            .map(|cluster| cluster.arn.clone())
            .filter(|arn| !arn.is_empty())
            .unwrap_or_else(|| format!("k8s://{}", self.key))
    }

    /// Whether whoever made the cluster is in `system:masters` and stands nowhere: in the mode CONFIG_MAP, unless it was
    /// made without (EKS User Guide, "Grant IAM users access to Kubernetes with a ConfigMap").
    pub fn hides_its_creator(&self) -> bool {
        let cluster = self.cluster.eks.cluster.as_ref();
        cluster
            .and_then(|cluster| cluster.access_config.as_ref())
            .is_some_and(|config| {
                config.authentication_mode.as_deref() == Some("CONFIG_MAP")
                    && config.bootstrap_cluster_creator_admin_permissions != Some(false)
            })
    }
}

/// The namespaces that a cluster's objects name.
fn namespaces(cluster: &Cluster) -> Vec<&str> {
    let objects = &cluster.kubernetes;
    let own = objects
        .namespaces
        .iter()
        .map(|one| one.metadata.name.as_str());
    let accounts = objects
        .service_accounts
        .iter()
        .map(|one| one.metadata.namespace());
    let pods = objects.pods.iter().map(|one| one.metadata.namespace());
    let bindings = objects
        .role_bindings
        .iter()
        .filter_map(|one| one.namespace());
    let secrets = objects.secrets.iter().map(|one| one.metadata.namespace());
    let all = own
        .chain(accounts)
        .chain(pods)
        .chain(bindings)
        .chain(secrets);
    let all: BTreeSet<&str> = all.filter(|name| !name.is_empty()).collect();
    all.into_iter().collect()
}
