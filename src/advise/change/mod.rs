//! Changes to an account or a cluster, each small enough to be one edit, and what they take away.

mod apply;
mod baseline;
mod edit;
mod internal;
mod metadata;
mod place;
mod policy;
#[cfg(test)]
mod tests;

pub use apply::apply;
pub use edit::Edit;

use crate::graph::Graph;
use crate::graph::control::Cause;
use crate::graph::exposure::Opener;
use crate::graph::principal::PrincipalKind;
use crate::iam::arn;
use crate::rbac::SubjectId;
use crate::rbac::defaults::{is_system, is_system_binding};
use crate::snapshot::iam::{AttachedPolicy, InlinePolicy};

/// A change. Clusters are named by their keys, statements by their place in the document as it is now.
///
/// The order is that of the ids; of one document the later statements come last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// Takes a statement out of an inline policy.
    InlineStatement {
        /// The ARN of the user, group or role.
        holder: String,
        /// The policy's name.
        policy: String,
        /// The statement.
        statement: usize,
    },
    /// Takes a statement out of a managed policy of the account, for all that hold it.
    ManagedStatement {
        /// The policy's ARN.
        policy: String,
        /// The statement.
        statement: usize,
    },
    /// Detaches a managed policy.
    Attachment {
        /// The ARN of the user, group or role.
        holder: String,
        /// The policy's ARN.
        policy: String,
    },
    /// Takes a statement out of a trust policy; the only one becomes a denial.
    TrustStatement {
        /// The role's ARN.
        role: String,
        /// The statement.
        statement: usize,
    },
    /// Deletes a Pod Identity association.
    Association {
        /// The cluster.
        cluster: String,
        /// The service account's namespace.
        namespace: String,
        /// The service account.
        service_account: String,
    },
    /// Takes a subject out of a binding.
    Subject {
        /// The cluster.
        cluster: String,
        /// The namespace of a RoleBinding; none: it is a ClusterRoleBinding.
        namespace: Option<String>,
        /// The binding's name.
        binding: String,
        /// The subject.
        subject: SubjectId,
    },
    /// Deletes an access entry.
    AccessEntry {
        /// The cluster.
        cluster: String,
        /// The ARN of its principal.
        principal: String,
    },
    /// Takes an access policy from an access entry.
    AccessPolicy {
        /// The cluster.
        cluster: String,
        /// The ARN of the entry's principal.
        principal: String,
        /// The policy's ARN.
        policy: String,
    },
    /// Takes the mappings of an ARN out of the ConfigMap aws-auth.
    Mapping {
        /// The cluster.
        cluster: String,
        /// The ARN.
        arn: String,
    },
    /// Has a workload's pods keep to the Pod Security Standard "baseline".
    Baseline {
        /// The workload's id.
        workload: String,
    },
    /// Makes an access key inactive.
    Key {
        /// The ARN of its user.
        user: String,
        /// Its id.
        id: String,
    },
    /// Has the nodes of a cluster require IMDSv2 with hop limit 1.
    Metadata {
        /// The cluster.
        cluster: String,
    },
    /// Makes a load balancer internal.
    Internal {
        /// The cluster.
        cluster: String,
        /// Whose it is.
        opener: Opener,
    },
    /// Makes the tags of an image repository immutable.
    Tags {
        /// The repository's ARN.
        repository: String,
    },
}

impl Change {
    /// The changes each of which takes a cause away; none where it is not the user's to change.
    pub fn of(cause: &Cause, graph: &Graph<'_>) -> Vec<Self> {
        match cause.clone() {
            Cause::Statement {
                holder,
                policy,
                statement,
            } => of_statement(graph, &holder, &policy, statement),
            Cause::Trust { role, statement } => {
                // AWS keeps these; their trust cannot be edited.
                let own = !arn::is_reserved_role(&role);
                own.then_some(Self::TrustStatement { role, statement })
                    .into_iter()
                    .collect()
            }
            Cause::Association {
                cluster,
                namespace,
                service_account,
                ..
            } => vec![Self::Association {
                cluster,
                namespace,
                service_account,
            }],
            Cause::Binding {
                cluster,
                namespace,
                name,
                subject,
            } => of_binding(graph, cluster, namespace, name, subject),
            Cause::AccessEntry { cluster, principal } => {
                let is_node = graph.clusters.iter().any(|node| {
                    node.key == cluster
                        && graph
                            .ways_in(node)
                            .any(|access| access.principal == principal && access.is_node())
                });
                // Without it the nodes leave the cluster.
                match is_node {
                    true => Vec::new(),
                    false => vec![Self::AccessEntry { cluster, principal }],
                }
            }
            Cause::AccessPolicy {
                cluster,
                principal,
                policy,
            } => vec![Self::AccessPolicy {
                cluster,
                principal,
                policy,
            }],
            Cause::Mapping { cluster, arn } => {
                let is_node = graph.clusters.iter().any(|node| {
                    node.key == cluster
                        && graph
                            .ways_in(node)
                            .any(|access| access.principal == arn && access.is_node())
                });
                match is_node {
                    true => Vec::new(),
                    false => vec![Self::Mapping { cluster, arn }],
                }
            }
            Cause::Spec { workload } => {
                let mut workloads = graph.workloads.workloads.iter();
                let at = workloads.position(|one| one.id == workload);
                match at.is_some_and(|at| graph.is_expected(at)) {
                    true => Vec::new(),
                    false => vec![Self::Baseline { workload }],
                }
            }
            Cause::Exposed { cluster, opener } => vec![Self::Internal { cluster, opener }],
            Cause::Key { user, id } => vec![Self::Key { user, id }],
            Cause::Metadata { cluster } => vec![Self::Metadata { cluster }],
            Cause::Tags { repository } => vec![Self::Tags { repository }],
        }
    }
}

/// What Kubernetes keeps itself is put back when the API server starts (Kubernetes documentation, "Using RBAC
/// Authorization", auto-reconciliation), and the control plane's subjects need what they have, as controllers do that
/// everybody runs.
fn of_binding(
    graph: &Graph<'_>,
    cluster: String,
    namespace: Option<String>,
    name: String,
    subject: SubjectId,
) -> Vec<Change> {
    let node = graph.clusters.iter().find(|node| node.key == cluster);
    let bindings = node.into_iter().flat_map(|node| node.rbac.bindings());
    let mut found =
        bindings.filter(|one| one.metadata.name == name && one.namespace() == namespace.as_deref());
    let is_kept = found.any(is_system_binding) && is_system(&subject);
    let is_known = node.is_some_and(|node| graph.known_controller(node, &subject).is_some());
    match is_kept || is_known {
        true => Vec::new(),
        false => vec![Change::Subject {
            cluster,
            namespace,
            binding: name,
            subject,
        }],
    }
}

fn of_statement(graph: &Graph<'_>, holder: &str, policy: &str, statement: usize) -> Vec<Change> {
    let Some(principal) = graph
        .principals
        .by_arn(holder)
        .and_then(|at| graph.principals.get(at))
    else {
        return Vec::new();
    };
    // Such a role's policies are its permission set's.
    if arn::is_reserved_role(principal.arn) {
        return Vec::new();
    }
    let mut changes = Vec::new();
    let holders = holders(graph, principal.kind, principal.account);
    match policy.strip_prefix("inline ") {
        Some(name) => {
            for (arn, _, inline) in holders {
                if inline.iter().any(|one| one.policy_name == name) {
                    changes.push(Change::InlineStatement {
                        holder: arn.to_owned(),
                        policy: name.to_owned(),
                        statement,
                    });
                }
            }
        }
        None => {
            for (arn, attached, _) in holders {
                if attached.iter().any(|one| one.policy_arn == policy) {
                    changes.push(Change::Attachment {
                        holder: arn.to_owned(),
                        policy: policy.to_owned(),
                    });
                }
            }
            if self::policy::is_shortened(graph, policy) {
                changes.push(Change::ManagedStatement {
                    policy: policy.to_owned(),
                    statement,
                });
            }
        }
    }
    changes
}

/// Who holds policies for a principal: itself, and a user's groups; with what is attached and what is inline.
fn holders<'s>(
    graph: &Graph<'s>,
    kind: PrincipalKind<'s>,
    account: &str,
) -> Vec<(&'s str, &'s [AttachedPolicy], &'s [InlinePolicy])> {
    match kind {
        PrincipalKind::Role(role) => vec![(
            role.arn.as_str(),
            role.attached_managed_policies.as_slice(),
            role.role_policy_list.as_slice(),
        )],
        PrincipalKind::User(user) => {
            let mut holders = vec![(
                user.arn.as_str(),
                user.attached_managed_policies.as_slice(),
                user.user_policy_list.as_slice(),
            )];
            let iam = graph.snapshot.accounts.get(account).map(|one| &one.iam);
            let groups = iam.into_iter().flat_map(|iam| &iam.groups);
            let own = groups.filter(|group| user.group_list.contains(&group.group_name));
            holders.extend(own.map(|group| {
                (
                    group.arn.as_str(),
                    group.attached_managed_policies.as_slice(),
                    group.group_policy_list.as_slice(),
                )
            }));
            holders
        }
    }
}
