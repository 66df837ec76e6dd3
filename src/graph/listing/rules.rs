//! The rules that somebody has in a cluster, as `kubectl auth can-i --list` shows them.

use crate::rbac::Identity;
use crate::snapshot::kubernetes_rbac::PolicyRule;

use crate::graph::decision::{Because, Entry, identity_of, rule};
use crate::graph::named::Who;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::access_policy::{self, Known};

/// A rule that somebody has.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// The cluster's key.
    pub cluster: String,
    /// The namespace that it is limited to; none is the whole cluster.
    pub namespace: Option<String>,
    /// The rule; of an access policy or `system:masters` everything, as far as it is known.
    pub rule: PolicyRule,
    /// What is open.
    pub conditions: Vec<String>,
    /// What gives it: how it comes in, then the binding.
    pub because: Vec<Because>,
}

impl<'s> Graph<'s> {
    /// The rules of somebody in all clusters that know it, in one namespace or everywhere. Rules for the
    /// whole cluster hold in each namespace too.
    pub fn list_kubernetes(&self, who: &Who, namespace: Option<&str>) -> Vec<RuleRow> {
        let mut rows = Vec::new();
        match who {
            Who::Account { at, .. } => {
                let account = self.workloads.service_accounts.get(*at);
                let node = account.and_then(|account| self.cluster(account.cluster));
                if let (Some(account), Some(node)) = (account, node) {
                    let identity = Identity::service_account(account.namespace, account.name);
                    rows.extend(held(node, &identity, None));
                }
            }
            Who::Subject { cluster, subject } => {
                let node = self.cluster(cluster);
                rows.extend(
                    node.into_iter()
                        .flat_map(|node| held(node, &identity_of(subject), None)),
                );
            }
            Who::Iam { at, .. } => {
                for node in &self.clusters {
                    for entry in self.entries(node, *at) {
                        rows.extend(held(node, &entry.identity, Some(&entry)));
                        rows.extend(by_policies(node, &entry));
                    }
                }
            }
        }
        rows.retain(|row| {
            namespace.is_none() || row.namespace.is_none() || row.namespace.as_deref() == namespace
        });
        rows.sort_by(|a, b| (&a.cluster, &a.namespace).cmp(&(&b.cluster, &b.namespace)));
        rows
    }

    /// What was not read, so that somebody may have more rules than are listed.
    pub fn unread_rules(&self, who: &Who) -> Vec<String> {
        let nodes: Vec<&ClusterNode<'s>> = match who {
            Who::Account { at, .. } => {
                let account = self.workloads.service_accounts.get(*at);
                account
                    .and_then(|account| self.cluster(account.cluster))
                    .into_iter()
                    .collect()
            }
            Who::Subject { cluster, .. } => self.cluster(cluster).into_iter().collect(),
            Who::Iam { .. } => self.clusters.iter().collect(),
        };
        let every = crate::graph::decision::Request::Any {
            verb: "*".to_owned(),
            namespace: None,
        };
        let access = |node: &ClusterNode<'_>| match who {
            Who::Iam { .. } => self.unseen_access(node),
            _ => Vec::new(),
        };
        nodes
            .into_iter()
            .flat_map(|node| {
                access(node)
                    .into_iter()
                    .chain(self.unread_rbac(node, &every))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Everything.
fn everything() -> PolicyRule {
    let all = || vec!["*".to_owned()];
    PolicyRule {
        verbs: all(),
        api_groups: all(),
        resources: all(),
        resource_names: Vec::new(),
        non_resource_urls: all(),
    }
}

fn comes_in(entry: Option<&Entry<'_, '_>>) -> Vec<Because> {
    entry.map(Entry::because).into_iter().collect()
}

fn held(
    node: &ClusterNode<'_>,
    identity: &Identity,
    entry: Option<&Entry<'_, '_>>,
) -> Vec<RuleRow> {
    let row = |namespace: Option<&str>, rule: PolicyRule, why: Because| RuleRow {
        cluster: node.key.to_owned(),
        namespace: namespace.map(str::to_owned),
        rule,
        conditions: Vec::new(),
        because: comes_in(entry).into_iter().chain([why]).collect(),
    };
    if identity.is_superuser() {
        return vec![row(None, everything(), Because::Superuser)];
    }
    let mut rows: Vec<RuleRow> = Vec::new();
    for held in node.rbac.rules_of(identity) {
        let Some(role) = held.role else {
            continue;
        };
        for (at, one) in role.rules.iter().enumerate() {
            let namespace = held.binding.namespace();
            let known = rows
                .iter()
                .any(|row| row.rule == *one && row.namespace.as_deref() == namespace);
            // A RoleBinding gives no paths.
            let paths_only = one.resources.is_empty() && namespace.is_some();
            if known || paths_only {
                continue;
            }
            let grant = crate::rbac::Grant {
                binding: held.binding,
                subject: held.subject,
                role,
                rule: at,
            };
            rows.push(row(namespace, one.clone(), rule(node, &grant)));
        }
    }
    rows
}

/// What the access policies of an entry give; of those whose rules AWS does not publish everything, as far as
/// is known.
fn by_policies(node: &ClusterNode<'_>, entry: &Entry<'_, '_>) -> Vec<RuleRow> {
    let mut rows = Vec::new();
    for policy in entry.access.policies {
        let namespaces = &policy.access_scope.namespaces;
        let places: Vec<Option<String>> = match access_policy::is_cluster_wide(policy) {
            true => vec![None],
            false => namespaces.iter().cloned().map(Some).collect(),
        };
        let known = access_policy::of_arn(&policy.policy_arn);
        let mut rules: Vec<(PolicyRule, Option<String>)> = known
            .iter()
            .flat_map(|known| known.role.rules.iter().cloned().map(|rule| (rule, None)))
            .collect();
        if known.is_none_or(|known| known.known == Known::Purpose) {
            let name = access_policy::name_of(&policy.policy_arn);
            let open = format!("as far as {name} grants it, whose rules AWS does not publish");
            rules.push((everything(), Some(open)));
        }
        for namespace in places {
            let scope = namespace
                .as_ref()
                .map_or("the whole cluster".to_owned(), |one| {
                    format!("namespaces {one}")
                });
            for (rule, open) in &rules {
                let why = Because::AccessPolicy {
                    policy: policy.policy_arn.clone(),
                    scope: scope.clone(),
                };
                rows.push(RuleRow {
                    cluster: node.key.to_owned(),
                    namespace: namespace.clone(),
                    rule: rule.clone(),
                    conditions: open.clone().into_iter().collect(),
                    because: vec![entry.because(), why],
                });
            }
        }
    }
    rows
}
