//! Changes made to a copy of a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::graph::Graph;
use crate::graph::workload::Workload;
use crate::rbac::SubjectId;
use crate::snapshot::iam::{AttachedPolicy, Iam, InlinePolicy};
use crate::snapshot::kubernetes::{Kubernetes, PodSpec};
use crate::snapshot::{Cluster, Snapshot};

use super::Change;
use super::baseline::hold_to_baseline;
use super::policy::{renew, trust_without, without};
use super::{internal, metadata};

/// The snapshot as it is after the changes.
pub fn apply(graph: &Graph<'_>, changes: &BTreeSet<Change>) -> Snapshot {
    let mut changed = graph.snapshot.clone();
    // The last first, so that statements keep their places.
    for change in changes.iter().rev() {
        make(graph, change, &mut changed);
    }
    changed
}

fn make(graph: &Graph<'_>, change: &Change, changed: &mut Snapshot) {
    let account_of = |arn: &str| crate::iam::arn::account(arn).unwrap_or_default().to_owned();
    match change {
        Change::InlineStatement {
            holder,
            policy,
            statement,
        } => {
            if let Some((_, inline)) = iam(changed, holder).and_then(|iam| policies(iam, holder)) {
                shorten(inline, policy, *statement);
            }
        }
        Change::ManagedStatement { policy, statement } => {
            if let Some(iam) = iam(changed, policy) {
                shorten_managed(iam, policy, *statement);
            }
        }
        Change::Attachment { holder, policy } => {
            if let Some((attached, _)) = iam(changed, holder).and_then(|iam| policies(iam, holder))
            {
                attached.retain(|one| one.policy_arn != *policy);
            }
        }
        Change::TrustStatement { role, statement } => {
            let account = changed.accounts.get_mut(&account_of(role));
            let roles = account.into_iter().flat_map(|one| &mut one.iam.roles);
            for one in roles.filter(|one| one.arn == *role) {
                if let Some(text) = &mut one.assume_role_policy_document {
                    *text = trust_without(text, *statement).unwrap_or_else(|| text.clone());
                }
            }
        }
        Change::Key { user, id } => {
            let keys = iam(changed, user).into_iter();
            for key in keys.flat_map(|iam| &mut iam.access_keys) {
                if key.access_key_id == *id {
                    key.status = "Inactive".to_owned();
                }
            }
        }
        Change::Internal { cluster, opener } => {
            if let Some(cluster) = changed.clusters.get_mut(cluster) {
                internal::make(&mut cluster.kubernetes, opener);
            }
        }
        Change::Metadata { cluster } => metadata::close(graph, cluster, changed),
        Change::Tags { repository } => {
            let account = changed.accounts.get_mut(&account_of(repository));
            let regions = account.into_iter().flat_map(|one| one.regions.values_mut());
            for one in regions.flat_map(|region| &mut region.ecr.repositories) {
                if one.repository_arn == *repository {
                    one.image_tag_mutability = Some("IMMUTABLE".to_owned());
                }
            }
        }
        Change::Baseline { workload } => {
            let mut workloads = graph.workloads.workloads.iter();
            if let Some(found) = workloads.find(|one| one.id == *workload) {
                harden(graph, found, changed);
            }
        }
        Change::Association { cluster, .. }
        | Change::Subject { cluster, .. }
        | Change::AccessEntry { cluster, .. }
        | Change::AccessPolicy { cluster, .. }
        | Change::Mapping { cluster, .. } => {
            if let Some(cluster) = changed.clusters.get_mut(cluster) {
                in_cluster(change, cluster);
            }
        }
    }
}

/// IAM of the account of an ARN.
fn iam<'c>(changed: &'c mut Snapshot, arn: &str) -> Option<&'c mut Iam> {
    let account = crate::iam::arn::account(arn)?;
    changed.accounts.get_mut(account).map(|one| &mut one.iam)
}

/// What is attached to a user, group or role, and what is inline.
fn policies<'c>(
    iam: &'c mut Iam,
    arn: &str,
) -> Option<(&'c mut Vec<AttachedPolicy>, &'c mut Vec<InlinePolicy>)> {
    let roles = iam.roles.iter_mut().filter(|one| one.arn == arn);
    let roles = roles.map(|one| {
        (
            &mut one.attached_managed_policies,
            &mut one.role_policy_list,
        )
    });
    let users = iam.users.iter_mut().filter(|one| one.arn == arn);
    let users = users.map(|one| {
        (
            &mut one.attached_managed_policies,
            &mut one.user_policy_list,
        )
    });
    let groups = iam.groups.iter_mut().filter(|one| one.arn == arn);
    let groups = groups.map(|one| {
        (
            &mut one.attached_managed_policies,
            &mut one.group_policy_list,
        )
    });
    roles.chain(users).chain(groups).next()
}

/// An inline policy that loses its last statement is deleted.
fn shorten(inline: &mut Vec<InlinePolicy>, name: &str, statement: usize) {
    inline.retain_mut(|policy| {
        if policy.policy_name != name {
            return true;
        }
        match without(&policy.policy_document, statement) {
            Some(shorter) => {
                policy.policy_document = shorter;
                true
            }
            None => false,
        }
    });
}

/// A managed policy that loses its last statement is detached from all.
fn shorten_managed(iam: &mut Iam, arn: &str, statement: usize) {
    let policy = iam.policies.iter_mut().find(|policy| policy.arn == arn);
    let Some(policy) = policy else {
        return;
    };
    let shorter = policy.document().and_then(|text| without(text, statement));
    if let Some(shorter) = shorter {
        renew(policy, shorter);
        return;
    }
    let keep = |one: &AttachedPolicy| one.policy_arn != arn;
    iam.roles
        .iter_mut()
        .for_each(|one| one.attached_managed_policies.retain(keep));
    iam.users
        .iter_mut()
        .for_each(|one| one.attached_managed_policies.retain(keep));
    iam.groups
        .iter_mut()
        .for_each(|one| one.attached_managed_policies.retain(keep));
}

fn in_cluster(change: &Change, cluster: &mut Cluster) {
    match change {
        Change::Association {
            namespace,
            service_account,
            ..
        } => cluster
            .eks
            .pod_identity
            .retain(|one| one.namespace != *namespace || one.service_account != *service_account),
        Change::AccessEntry { principal, .. } => cluster
            .eks
            .access
            .retain(|one| one.entry.principal_arn != *principal),
        Change::AccessPolicy {
            principal, policy, ..
        } => {
            let entries = cluster.eks.access.iter_mut();
            for entry in entries.filter(|one| one.entry.principal_arn == *principal) {
                entry.policies.retain(|one| one.policy_arn != *policy);
            }
        }
        Change::Subject {
            namespace,
            binding,
            subject,
            ..
        } => {
            for one in &mut cluster.kubernetes.role_bindings {
                if one.metadata.name == *binding && one.namespace() == namespace.as_deref() {
                    let held = std::mem::take(&mut one.subjects);
                    let kept = held.into_iter();
                    one.subjects = kept
                        .filter(|held| SubjectId::of(held, one).as_ref() != Some(subject))
                        .collect();
                }
            }
        }
        Change::Mapping { arn, .. } => unmap(&mut cluster.kubernetes, arn),
        _ => {}
    }
}

/// The mappings of an ARN go out of both fields, an account out of its own. What cannot be read stays as it is.
fn unmap(kubernetes: &mut Kubernetes, arn: &str) {
    let account = arn.strip_suffix(":root").and_then(crate::iam::arn::account);
    for map in &mut kubernetes.config_maps {
        if map.metadata.name != "aws-auth" || map.metadata.namespace() != "kube-system" {
            continue;
        }
        rewrite(&mut map.data, "mapRoles", |one| !maps(one, "rolearn", arn));
        rewrite(&mut map.data, "mapUsers", |one| !maps(one, "userarn", arn));
        if let Some(account) = account {
            rewrite(&mut map.data, "mapAccounts", |one| match one {
                Value::String(id) => id != account,
                Value::Number(id) => id.to_string() != account,
                _ => true,
            });
        }
    }
}

fn maps(mapping: &Value, key: &str, arn: &str) -> bool {
    let mut members = mapping.as_object().into_iter().flatten();
    members.any(|(name, value)| {
        name.eq_ignore_ascii_case(key)
            && value
                .as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(arn))
    })
}

fn rewrite(data: &mut BTreeMap<String, String>, field: &str, keep: impl Fn(&Value) -> bool) {
    let Some(text) = data.get_mut(field) else {
        return;
    };
    let Ok(Value::Array(mut list)) = serde_saphyr::from_str::<Value>(text) else {
        return;
    };
    let all = list.len();
    list.retain(keep);
    if list.len() < all {
        // JSON is YAML.
        *text = Value::Array(list).to_string();
    }
}

/// Holds the template and the pods of a workload to the baseline. They are found by where they stand, which a copy keeps.
fn harden(graph: &Graph<'_>, workload: &Workload<'_>, changed: &mut Snapshot) {
    let Some(now) = graph.snapshot.clusters.get(workload.cluster) else {
        return;
    };
    let Some(cluster) = changed.clusters.get_mut(workload.cluster) else {
        return;
    };
    let is_template = |spec: &PodSpec| workload.template.is_some_and(|own| std::ptr::eq(own, spec));
    let controllers = now.kubernetes.controllers.iter();
    for (old, new) in controllers.zip(&mut cluster.kubernetes.controllers) {
        if is_template(&old.spec.template.spec) {
            hold_to_baseline(&mut new.spec.template.spec);
        }
    }
    let jobs = now.kubernetes.cron_jobs.iter();
    for (old, new) in jobs.zip(&mut cluster.kubernetes.cron_jobs) {
        if is_template(&old.spec.job_template.spec.template.spec) {
            hold_to_baseline(&mut new.spec.job_template.spec.template.spec);
        }
    }
    let pods = now.kubernetes.pods.iter();
    for (old, new) in pods.zip(&mut cluster.kubernetes.pods) {
        if workload.pods.iter().any(|own| std::ptr::eq(*own, old)) {
            hold_to_baseline(&mut new.spec);
        }
    }
}
