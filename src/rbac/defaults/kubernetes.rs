//! The bindings, roles and users of a new kube-apiserver v1.36 (`kubernetes.io/bootstrapping: rbac-defaults`).
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings>, and what such a
//! server holds after its start.

use super::{KnownBinding, Power, RoleKind, Who};

/// Users that components of the control plane, and kube-proxy, come as.
pub(super) const USERS: &[&str] = &[
    "system:apiserver",
    "system:kube-controller-manager",
    "system:kube-proxy",
    "system:kube-scheduler",
];

/// Controllers with a ClusterRole and a ClusterRoleBinding `system:controller:NAME`, for their service account NAME in
/// kube-system.
pub(super) const CONTROLLERS: &[&str] = &[
    "attachdetach-controller",
    "certificate-controller",
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "device-taint-eviction-controller",
    "disruption-controller",
    "endpoint-controller",
    "endpointslice-controller",
    "endpointslicemirroring-controller",
    "ephemeral-volume-controller",
    "expand-controller",
    "generic-garbage-collector",
    "horizontal-pod-autoscaler",
    "job-controller",
    "legacy-service-account-token-cleaner",
    "namespace-controller",
    "node-controller",
    "persistent-volume-binder",
    "pod-garbage-collector",
    "pv-protection-controller",
    "pvc-protection-controller",
    "replicaset-controller",
    "replication-controller",
    "resource-claim-controller",
    "resourcequota-controller",
    "root-ca-cert-publisher",
    "route-controller",
    "selinux-warning-controller",
    "service-account-controller",
    "service-ca-cert-publisher",
    "service-cidrs-controller",
    "service-controller",
    "statefulset-controller",
    "ttl-after-finished-controller",
    "ttl-controller",
    "validatingadmissionpolicy-status-controller",
    "volumeattributesclass-protection-controller",
];

/// Further service accounts of kube-system that default bindings name.
pub(super) const OTHER_SERVICE_ACCOUNTS: &[&str] = &[
    "bootstrap-signer",
    "cloud-provider",
    "kube-controller-manager",
    "kube-dns",
    "kube-scheduler",
    "leader-election-controller",
    "token-cleaner",
];

const fn cluster(name: &'static str, role: &'static str, subjects: &'static [Who]) -> KnownBinding {
    KnownBinding {
        namespace: None,
        name,
        role_kind: RoleKind::ClusterRole,
        role,
        subjects,
    }
}

const fn namespaced(
    namespace: &'static str,
    name: &'static str,
    role: &'static str,
    subjects: &'static [Who],
) -> KnownBinding {
    KnownBinding {
        namespace: Some(namespace),
        name,
        role_kind: RoleKind::Role,
        role,
        subjects,
    }
}

/// The other bindings. `system:openshift:*` is what some builds of the API server add.
pub(super) const BINDINGS: &[KnownBinding] = &[
    cluster(
        "cluster-admin",
        "cluster-admin",
        &[Who::Group("system:masters")],
    ),
    cluster(
        "system:basic-user",
        "system:basic-user",
        &[Who::Group("system:authenticated")],
    ),
    cluster(
        "system:discovery",
        "system:discovery",
        &[Who::Group("system:authenticated")],
    ),
    cluster(
        "system:kube-controller-manager",
        "system:kube-controller-manager",
        &[Who::User("system:kube-controller-manager")],
    ),
    cluster(
        "system:kube-dns",
        "system:kube-dns",
        &[Who::ServiceAccount("kube-dns")],
    ),
    cluster(
        "system:kube-scheduler",
        "system:kube-scheduler",
        &[Who::User("system:kube-scheduler")],
    ),
    cluster(
        "system:monitoring",
        "system:monitoring",
        &[Who::Group("system:monitoring")],
    ),
    cluster("system:node", "system:node", &[]),
    cluster(
        "system:node-proxier",
        "system:node-proxier",
        &[Who::User("system:kube-proxy")],
    ),
    cluster(
        "system:openshift:public-info-viewer",
        "system:openshift:public-info-viewer",
        &[
            Who::Group("system:authenticated"),
            Who::Group("system:unauthenticated"),
        ],
    ),
    cluster(
        "system:public-info-viewer",
        "system:public-info-viewer",
        &[
            Who::Group("system:authenticated"),
            Who::Group("system:unauthenticated"),
        ],
    ),
    cluster(
        "system:service-account-issuer-discovery",
        "system:service-account-issuer-discovery",
        &[Who::Group("system:serviceaccounts")],
    ),
    cluster(
        "system:volume-scheduler",
        "system:volume-scheduler",
        &[Who::User("system:kube-scheduler")],
    ),
    namespaced(
        "kube-public",
        "system:controller:bootstrap-signer",
        "system:controller:bootstrap-signer",
        &[Who::ServiceAccount("bootstrap-signer")],
    ),
    namespaced(
        "kube-system",
        "system::extension-apiserver-authentication-reader",
        "extension-apiserver-authentication-reader",
        &[
            Who::User("system:kube-controller-manager"),
            Who::User("system:kube-scheduler"),
        ],
    ),
    namespaced(
        "kube-system",
        "system::leader-locking-kube-controller-manager",
        "system::leader-locking-kube-controller-manager",
        &[
            Who::User("system:kube-controller-manager"),
            Who::ServiceAccount("kube-controller-manager"),
            Who::ServiceAccount("leader-election-controller"),
        ],
    ),
    namespaced(
        "kube-system",
        "system::leader-locking-kube-scheduler",
        "system::leader-locking-kube-scheduler",
        &[
            Who::User("system:kube-scheduler"),
            Who::ServiceAccount("kube-scheduler"),
        ],
    ),
    namespaced(
        "kube-system",
        "system:controller:bootstrap-signer",
        "system:controller:bootstrap-signer",
        &[Who::ServiceAccount("bootstrap-signer")],
    ),
    namespaced(
        "kube-system",
        "system:controller:cloud-provider",
        "system:controller:cloud-provider",
        &[Who::ServiceAccount("cloud-provider")],
    ),
    namespaced(
        "kube-system",
        "system:controller:token-cleaner",
        "system:controller:token-cleaner",
        &[Who::ServiceAccount("token-cleaner")],
    ),
];

/// The roles: namespace, name and the powers they are shipped with.
pub(super) const ROLES: &[(Option<&str>, &str, &[Power])] = &[
    (
        None,
        "admin",
        &[
            Power::ReadSecrets,
            Power::RunPods,
            Power::EnterPods,
            Power::IssueTokens,
            Power::Impersonate,
        ],
    ),
    (
        None,
        "edit",
        &[
            Power::ReadSecrets,
            Power::RunPods,
            Power::EnterPods,
            Power::IssueTokens,
            Power::Impersonate,
        ],
    ),
    (None, "system:aggregate-to-admin", &[]),
    (
        None,
        "system:aggregate-to-edit",
        &[
            Power::ReadSecrets,
            Power::RunPods,
            Power::EnterPods,
            Power::IssueTokens,
            Power::Impersonate,
        ],
    ),
    (None, "system:aggregate-to-view", &[]),
    (None, "system:auth-delegator", &[]),
    (None, "system:basic-user", &[]),
    (
        None,
        "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
        &[],
    ),
    (
        None,
        "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        &[],
    ),
    (
        None,
        "system:certificates.k8s.io:kube-apiserver-client-approver",
        &[Power::ApproveCertificates],
    ),
    (
        None,
        "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver",
        &[Power::ApproveCertificates],
    ),
    (
        None,
        "system:certificates.k8s.io:kubelet-serving-approver",
        &[Power::ApproveCertificates],
    ),
    (
        None,
        "system:certificates.k8s.io:legacy-unknown-approver",
        &[Power::ApproveCertificates],
    ),
    (
        None,
        "system:controller:certificate-controller",
        &[Power::ApproveCertificates, Power::SignCertificates],
    ),
    (
        None,
        "system:controller:clusterrole-aggregation-controller",
        &[Power::EscalateRoles],
    ),
    (
        None,
        "system:controller:cronjob-controller",
        &[Power::RunPods],
    ),
    (
        None,
        "system:controller:daemon-set-controller",
        &[Power::RunPods],
    ),
    (
        None,
        "system:controller:deployment-controller",
        &[Power::RunPods],
    ),
    (
        None,
        "system:controller:expand-controller",
        &[Power::ReadSecrets],
    ),
    (
        None,
        "system:controller:generic-garbage-collector",
        &[
            Power::DeleteEverything,
            Power::ReadSecrets,
            Power::RunPods,
            Power::EnterPods,
            Power::ReachKubelets,
            Power::ChangeWebhooks,
        ],
    ),
    (None, "system:controller:job-controller", &[Power::RunPods]),
    (
        None,
        "system:controller:namespace-controller",
        &[
            Power::DeleteEverything,
            Power::ReadSecrets,
            Power::EnterPods,
            Power::ReachKubelets,
        ],
    ),
    (
        None,
        "system:controller:persistent-volume-binder",
        &[
            Power::ReadSecrets,
            Power::RunPods,
            Power::CreatePersistentVolumes,
        ],
    ),
    (
        None,
        "system:controller:replicaset-controller",
        &[Power::RunPods],
    ),
    (
        None,
        "system:controller:replication-controller",
        &[Power::RunPods],
    ),
    (
        None,
        "system:controller:resourcequota-controller",
        &[Power::ReadSecrets],
    ),
    (
        None,
        "system:controller:statefulset-controller",
        &[Power::RunPods],
    ),
    (None, "system:discovery", &[]),
    (None, "system:heapster", &[]),
    (None, "system:kube-aggregator", &[]),
    (
        None,
        "system:kube-controller-manager",
        &[Power::ReadSecrets, Power::IssueTokens],
    ),
    (None, "system:kube-dns", &[]),
    (None, "system:kube-scheduler", &[]),
    (None, "system:kubelet-api-admin", &[Power::ReachKubelets]),
    (None, "system:monitoring", &[]),
    (
        None,
        "system:node",
        &[Power::ReadSecrets, Power::RunPods, Power::IssueTokens],
    ),
    (None, "system:node-bootstrapper", &[]),
    (None, "system:node-problem-detector", &[]),
    (None, "system:node-proxier", &[]),
    (None, "system:openshift:public-info-viewer", &[]),
    (
        None,
        "system:persistent-volume-provisioner",
        &[Power::CreatePersistentVolumes],
    ),
    (None, "system:public-info-viewer", &[]),
    (None, "system:service-account-issuer-discovery", &[]),
    (None, "system:volume-scheduler", &[]),
    (None, "view", &[]),
    (
        Some("kube-public"),
        "system:controller:bootstrap-signer",
        &[],
    ),
    (
        Some("kube-system"),
        "extension-apiserver-authentication-reader",
        &[],
    ),
    (
        Some("kube-system"),
        "system::leader-locking-kube-controller-manager",
        &[],
    ),
    (
        Some("kube-system"),
        "system::leader-locking-kube-scheduler",
        &[],
    ),
    (
        Some("kube-system"),
        "system:controller:bootstrap-signer",
        &[Power::ReadSecrets],
    ),
    (Some("kube-system"), "system:controller:cloud-provider", &[]),
    (
        Some("kube-system"),
        "system:controller:token-cleaner",
        &[Power::ReadSecrets],
    ),
];
