//! The permissions by which a subject becomes somebody else, and who holds them.
//!
//! <https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks>.
//! Left out: client certificates, which EKS does not sign (EKS User Guide, "Secure workloads with
//! Kubernetes certificates"); PersistentVolumes, which need a pod besides; attaching to a pod, which
//! gives no more than its main process does with its input.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::rbac::defaults::{is_system_subject, outside_subjects};
use crate::rbac::rule::gives;
use crate::rbac::{Authorizer, Grant, Identity, Name, Permission, SubjectId};
use crate::snapshot::kubernetes_rbac::Role;

/// What a permission does for a takeover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// Writes rules into a role that it does not hold itself.
    Escalate,
    /// Changes roles; only with [`Means::Escalate`].
    ChangeRoles,
    /// Binds a role that it does not hold itself.
    Bind,
    /// Writes bindings; only with [`Means::Bind`].
    WriteBindings,
    /// Acts as another user, group or service account.
    Impersonate,
    /// Has a token made for a service account.
    IssueTokens,
    /// Creates pods, or what makes pods.
    CreatePods,
    /// Acts inside pods.
    EnterPods,
    /// Runs commands in pods by their kubelet: `get` is enough, over a WebSocket.
    ReachKubelets,
    /// Changes pods, or what makes pods.
    ChangePods,
    /// Reads Secrets.
    ReadSecrets,
    /// Creates Secrets; only with [`Means::ReadSecrets`].
    CreateSecrets,
    /// Changes what others send to the API server.
    ChangeWebhooks,
}

type Row = (
    Means,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const RBAC: &str = "rbac.authorization.k8s.io";
const APPS: &[&str] = &["deployments", "daemonsets", "statefulsets", "replicasets"];
const CHANGE: &[&str] = &["patch", "update"];

const ROWS: &[Row] = &[
    (Means::Escalate, RBAC, &["clusterroles"], &["escalate"]),
    (Means::ChangeRoles, RBAC, &["clusterroles"], CHANGE),
    (Means::Bind, RBAC, &["clusterroles"], &["bind"]),
    (
        Means::WriteBindings,
        RBAC,
        &["clusterrolebindings"],
        &["create", "patch", "update"],
    ),
    (
        Means::Impersonate,
        "",
        &["users", "groups"],
        &["impersonate"],
    ),
    (
        Means::Impersonate,
        "",
        &["serviceaccounts"],
        &["impersonate"],
    ),
    (
        Means::IssueTokens,
        "",
        &["serviceaccounts/token"],
        &["create"],
    ),
    (
        Means::CreatePods,
        "",
        &["pods", "replicationcontrollers"],
        &["create"],
    ),
    (Means::CreatePods, "apps", APPS, &["create"]),
    (
        Means::CreatePods,
        "batch",
        &["jobs", "cronjobs"],
        &["create"],
    ),
    (Means::EnterPods, "", &["pods/exec"], &["create", "get"]),
    (Means::EnterPods, "", &["pods/ephemeralcontainers"], CHANGE),
    (
        Means::ReachKubelets,
        "",
        &["nodes/proxy"],
        &["create", "get"],
    ),
    // A Job's template cannot be changed.
    (
        Means::ChangePods,
        "",
        &["pods", "replicationcontrollers"],
        CHANGE,
    ),
    (Means::ChangePods, "apps", APPS, CHANGE),
    (Means::ChangePods, "batch", &["cronjobs"], CHANGE),
    (
        Means::ReadSecrets,
        "",
        &["secrets"],
        &["get", "list", "watch"],
    ),
    (Means::CreateSecrets, "", &["secrets"], &["create"]),
    (
        Means::ChangeWebhooks,
        "admissionregistration.k8s.io",
        &["mutatingwebhookconfigurations"],
        &["create", "patch", "update"],
    ),
];

/// A permission that a subject has by a binding, perhaps for some names only.
#[derive(Clone, Copy, Debug)]
pub struct Held<'g> {
    /// What it does.
    pub means: Means,
    /// The permission.
    pub permission: Permission<'static>,
    /// What gives it.
    pub grant: Grant<'g>,
    /// Whether it is the subject's own, and it is not the system that gave it.
    pub outside: bool,
}

impl Held<'_> {
    /// Whether it holds for this name.
    pub fn covers(&self, name: Name<'_>) -> bool {
        let rule = self.grant.role.rules.get(self.grant.rule);
        rule.is_some_and(|rule| gives(rule, &self.permission.named(name)))
    }

    /// Whether it holds in a namespace.
    pub fn reaches(&self, namespace: &str) -> bool {
        self.grant.namespace().is_none_or(|own| own == namespace)
    }

    /// Whether requests for it carry a namespace.
    pub fn is_namespaced(&self) -> bool {
        is_namespaced(&self.permission)
    }

    /// `create jobs`, `get pods/exec`.
    pub fn action(&self) -> String {
        let Permission {
            verb,
            resource,
            subresource,
            ..
        } = self.permission;
        match subresource {
            "" => format!("{verb} {resource}"),
            sub => format!("{verb} {resource}/{sub}"),
        }
    }
}

/// Who holds what.
#[derive(Debug)]
pub struct Holders<'g> {
    of: BTreeMap<SubjectId, Vec<Held<'g>>>,
    outside: BTreeSet<SubjectId>,
}

/// What a role gives where it is bound: the permission and the rule.
type Given = Vec<(Means, Permission<'static>, usize)>;

impl<'g> Holders<'g> {
    /// Of one cluster.
    pub fn of(rbac: &'g Authorizer) -> Self {
        let mut judged: HashMap<*const Role, Given> = HashMap::new();
        let mut holders = Self {
            of: BTreeMap::new(),
            outside: BTreeSet::new(),
        };
        for binding in rbac.bindings() {
            let Some(role) = rbac.role_of(binding) else {
                continue;
            };
            let given = judged.entry(role).or_insert_with(|| given_by(role));
            let outside: BTreeSet<SubjectId> = outside_subjects(binding, Some(role))
                .into_iter()
                .filter(|subject| !is_system_subject(subject))
                .filter_map(|subject| SubjectId::of(subject, binding))
                .collect();
            for subject in &binding.subjects {
                let Some(id) = SubjectId::of(subject, binding) else {
                    continue;
                };
                let is_outside = outside.contains(&id);
                let held = given.iter().filter(|(_, permission, _)| {
                    binding.namespace().is_none() || is_namespaced(permission)
                });
                let held = held.map(|(means, permission, rule)| Held {
                    means: *means,
                    permission: *permission,
                    grant: Grant {
                        binding,
                        subject,
                        role,
                        rule: *rule,
                    },
                    outside: is_outside,
                });
                holders.of.entry(id).or_default().extend(held);
            }
            holders.outside.extend(outside);
        }
        holders
    }

    /// The subjects that have something which is not the system's own.
    pub fn outside(&self) -> impl Iterator<Item = &SubjectId> {
        self.outside.iter()
    }

    /// Every subject that a binding names.
    pub fn subjects(&self) -> impl Iterator<Item = &SubjectId> {
        self.of.keys()
    }

    /// What a subject holds by its own name.
    pub fn own(&self, subject: &SubjectId) -> &[Held<'g>] {
        self.of.get(subject).map_or(&[], Vec::as_slice)
    }

    /// What a subject holds by its own name and by the groups that it is surely in; what the groups
    /// have is not its own.
    pub fn all(&self, subject: &SubjectId) -> Vec<Held<'g>> {
        let groups = Identity::of(subject).groups.into_iter();
        let groups = groups.map(SubjectId::Group).filter(|id| id != subject);
        let by_groups = groups.flat_map(|group| self.own(&group).to_vec());
        let by_groups = by_groups.map(|held| Held {
            outside: false,
            ..held
        });
        self.own(subject).iter().copied().chain(by_groups).collect()
    }
}

/// Whether requests for it carry a namespace, so that a RoleBinding gives it. `escalate` and `bind` on
/// ClusterRoles are asked for here as for bindings of the whole cluster.
fn is_namespaced(permission: &Permission<'_>) -> bool {
    !matches!(
        permission.resource,
        "clusterroles"
            | "clusterrolebindings"
            | "users"
            | "groups"
            | "nodes"
            | "mutatingwebhookconfigurations"
    )
}

/// Of the rules that give a permission the first without names, else each that is limited to some.
fn given_by(role: &Role) -> Given {
    let mut given = Given::new();
    for (means, group, resources, verbs) in ROWS {
        let pairs = resources
            .iter()
            .flat_map(|resource| verbs.iter().map(move |verb| (*verb, *resource)));
        for (verb, resource) in pairs {
            let permission = Permission::new(verb, group, resource).named(Name::Any);
            let rules = role.rules.iter().enumerate();
            let giving: Vec<_> = rules.filter(|(_, rule)| gives(rule, &permission)).collect();
            let whole = giving
                .iter()
                .position(|(_, rule)| rule.resource_names.is_empty());
            let giving = match whole.and_then(|at| giving.get(at)) {
                Some(one) => vec![*one],
                None => giving,
            };
            given.extend(giving.iter().map(|(rule, _)| (*means, permission, *rule)));
        }
    }
    given
}
