//! What was not seen, so that a check that builds on it cannot pass; a sentence each.

use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

use super::control::INTERNET;
use super::{ClusterNode, Graph, Scope};

impl Graph<'_> {
    /// What was not read, so that there may be more ways from one thing to another; a sentence each.
    pub fn unread_control(&self) -> Vec<String> {
        let accounts = self.snapshot.accounts.keys();
        let mut unread: Vec<String> = accounts
            .filter(|account| !self.saw(Source::IAM, account))
            .map(|account| format!("{} of {account} was not read whole", Source::IAM.name))
            .collect();
        if self.snapshot.accounts.is_empty() {
            unread.push(format!("{} of any account was not read", Source::IAM.name));
        }
        for node in &self.clusters {
            let sources = [
                Source::CLUSTER_ROLES,
                Source::CLUSTER_ROLE_BINDINGS,
                Source::PODS,
            ];
            let missing = sources
                .iter()
                .filter(|source| !self.saw(**source, node.key));
            unread.extend(
                missing.map(|source| format!("{} of {} was not read whole", source.name, node.key)),
            );
            unread.extend(self.unread_config_maps(node));
            unread.extend(self.unseen_access(node));
        }
        unread
    }

    /// The same of ways that begin somewhere: what the internet reaches is asked of those that begin there.
    pub fn unread_from(&self, from: &str) -> Vec<String> {
        let mut unread = self.unread_control();
        if from == INTERNET {
            unread.extend(self.unread_exposure());
        }
        // Pods are asked for in both.
        let mut seen = std::collections::BTreeSet::new();
        unread.retain(|line| seen.insert(line.clone()));
        unread
    }

    /// Service accounts that get, or mean to get, a role whose account's IAM was not read, and roles
    /// whose trust policy was not: what is held there is not known. A sentence each.
    pub fn unseen_held_roles(&self) -> Vec<String> {
        let annotated = self
            .workloads
            .service_accounts
            .iter()
            .filter_map(|account| {
                Some((account.label(), account.cluster, account.annotated_role()?))
            });
        let associated = self.clusters.iter().flat_map(|node| {
            node.cluster.eks.pod_identity.iter().flat_map(move |one| {
                let label = format!("{}/{}", one.namespace, one.service_account);
                let roles = [Some(&one.role_arn), one.target_role_arn.as_ref()];
                roles
                    .into_iter()
                    .flatten()
                    .map(move |role| (label.clone(), node.key, role.as_str()))
            })
        });
        annotated
            .chain(associated)
            .filter(|(_, _, role)| {
                let account = Arn::parse(role).map_or("", |arn| arn.account);
                self.principals.by_arn(role).is_none() && !self.saw(Source::IAM, account)
            })
            .map(|(label, cluster, role)| {
                format!("{label} of {cluster} may get {role}, whose account's IAM was not read")
            })
            .chain(self.unread_trusts())
            .collect()
    }

    /// What of the clusters was not seen, so that more principals may be in scope; a sentence each.
    pub fn unseen_reach(&self) -> Vec<String> {
        if self.scope == Scope::Account {
            return Vec::new();
        }
        let sources = [
            Source::CLUSTER,
            Source::NODEGROUPS,
            Source::POD_IDENTITY,
            Source::SERVICE_ACCOUNTS,
            Source::PODS,
        ];
        self.clusters
            .iter()
            .flat_map(|node| {
                let unread = sources
                    .into_iter()
                    .filter(|source| !self.saw(*source, node.key))
                    .map(|source| {
                        format!(
                            "which roles {} reaches is not known whole: {} was not read",
                            node.key, source.name
                        )
                    });
                unread.chain(self.unseen_access(node)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// Access entries and their policies that were not seen, a sentence each: nothing where the cluster's mode
    /// does not read them, or it is not known to be one of EKS.
    pub fn unseen_policies(&self, node: &ClusterNode<'_>) -> Vec<String> {
        let is_eks = node.cluster.eks.cluster.is_some() && node.access.by_entries;
        let sources = [Source::ACCESS_ENTRIES, Source::ACCESS_POLICIES];
        sources
            .into_iter()
            .filter(|source| is_eks && !self.saw(*source, node.key))
            .map(|source| format!("{} was not read whole ({})", source.name, node.key))
            .collect()
    }

    /// What of the ways into a cluster from AWS was not seen, a sentence each. The cluster's
    /// authentication mode decides what is in force (EKS User Guide, "Change authentication mode
    /// to use access entries").
    pub fn unseen_access(&self, node: &ClusterNode<'_>) -> Vec<String> {
        let access = &node.access;
        let entries = [Source::ACCESS_ENTRIES, Source::ACCESS_POLICIES];
        let needed = entries
            .into_iter()
            .filter(|_| access.by_entries)
            .chain(access.by_aws_auth.then_some(Source::AWS_AUTH));
        let unread = needed
            .filter(|source| !self.saw(*source, node.key))
            .map(|source| format!("{} was not read whole ({})", source.name, node.key));
        let problems = access.problems.iter();
        unread
            .chain(problems.map(|problem| format!("{problem} ({})", node.key)))
            .collect()
    }
}
