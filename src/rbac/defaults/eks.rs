//! The bindings, roles and users that Amazon EKS and its add-ons put into a cluster.
//!
//! <https://docs.aws.amazon.com/eks/latest/userguide/default-roles-users.html> (everything of EKS is prefixed `eks`,
//! beside `aws-node` and `vpc-resource-controller-role`),
//! <https://docs.aws.amazon.com/eks/latest/userguide/eks-add-ons.html> (`eks:addon-cluster-admin`),
//! <https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html> (`eks:node-manager`), and what clusters of
//! 1.24 to 1.34 show. AWS does not publish the rules of all of them, and changes them.

use super::{KnownBinding, Power, RoleKind, Who};

/// Users that parts of EKS come as. Access entries cannot give a name with this prefix
/// (<https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html>).
pub(super) const USERS: &[&str] = &[
    "eks:addon-manager",
    "eks:authenticator",
    "eks:az-poller",
    "eks:certificate-controller",
    "eks:cloud-controller-manager",
    "eks:cluster-bootstrap",
    "eks:cluster-event-watcher",
    "eks:coredns-autoscaler",
    "eks:fargate-manager",
    "eks:fargate-scheduler",
    "eks:k8s-metrics",
    "eks:kms-storage-migrator",
    "eks:network-policy-controller",
    "eks:network-webhooks",
    "eks:node-manager",
    "eks:nodewatcher",
    "eks:pod-identity-mutating-webhook",
    "eks:service-operations",
    "eks:support-engineer",
    "eks:tagging-controller",
    "eks:vpc-resource-controller",
];

/// Groups that parts of EKS come as.
pub(super) const GROUPS: &[&str] = &["eks:service-operations"];

/// Service accounts of kube-system that EKS uses in its control plane.
pub(super) const CONTROL_PLANE_SERVICE_ACCOUNTS: &[&str] =
    &["eks-vpc-resource-controller", "tagging-controller"];

/// Where EKS puts Roles.
pub(super) const ROLE_NAMESPACES: &[&str] = &["kube-system", "default"];

/// Parts whose role and binding have their name and are bound to users of EKS alone: what the roles may do is between
/// AWS and its own control plane.
pub(super) const COMPONENTS: &[&str] = &[
    "eks:addon-manager",
    "eks:authenticator",
    "eks:az-poller",
    "eks:certificate-controller",
    "eks:certificate-controller-approver",
    "eks:certificate-controller-signer",
    "eks:cloud-controller-manager",
    "eks:cluster-event-watcher",
    "eks:coredns-autoscaler",
    "eks:fargate-manager",
    "eks:fargate-scheduler",
    "eks:k8s-metrics",
    "eks:kms-storage-migrator",
    "eks:network-policy-controller",
    "eks:network-webhooks",
    "eks:node-manager",
    "eks:nodewatcher",
    "eks:pod-identity-mutating-webhook",
    "eks:service-operations",
    "eks:service-operations-configmaps",
];

const EBS_CONTROLLER: &[Who] = &[Who::ServiceAccount("ebs-csi-controller-sa")];
const METRICS_SERVER: &[Who] = &[Who::ServiceAccount("metrics-server")];
const VPC_CONTROLLER: &[Who] = &[
    Who::User("eks:vpc-resource-controller"),
    Who::ServiceAccount("eks-vpc-resource-controller"),
];
const SERVICE_OPERATIONS: &[Who] = &[
    Who::Group("eks:service-operations"),
    Who::User("eks:service-operations"),
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

const fn system(name: &'static str, role: &'static str, subjects: &'static [Who]) -> KnownBinding {
    KnownBinding {
        namespace: Some("kube-system"),
        name,
        role_kind: RoleKind::Role,
        role,
        subjects,
    }
}

/// Bindings whose role has another name, or whose subjects are no users of EKS.
pub(super) const BINDINGS: &[KnownBinding] = &[
    cluster("aws-node", "aws-node", &[Who::ServiceAccount("aws-node")]),
    cluster(
        "ebs-csi-attacher-binding",
        "ebs-external-attacher-role",
        EBS_CONTROLLER,
    ),
    cluster(
        "ebs-csi-node-getter-binding",
        "ebs-csi-node-role",
        &[Who::ServiceAccount("ebs-csi-node-sa")],
    ),
    cluster(
        "ebs-csi-provisioner-binding",
        "ebs-external-provisioner-role",
        EBS_CONTROLLER,
    ),
    cluster(
        "ebs-csi-resizer-binding",
        "ebs-external-resizer-role",
        EBS_CONTROLLER,
    ),
    cluster(
        "ebs-csi-snapshotter-binding",
        "ebs-external-snapshotter-role",
        EBS_CONTROLLER,
    ),
    cluster(
        "eks:addon-cluster-admin",
        "cluster-admin",
        &[Who::User("eks:addon-manager")],
    ),
    cluster(
        "eks:certificate-controller",
        "system:controller:certificate-controller",
        &[Who::User("eks:certificate-controller")],
    ),
    cluster(
        "eks:cloud-provider-extraction-migration",
        "eks:cloud-provider-extraction-migration",
        &[
            Who::User("system:kube-controller-manager"),
            Who::User("eks:cloud-controller-manager"),
        ],
    ),
    cluster(
        "eks:kube-proxy",
        "system:node-proxier",
        &[Who::ServiceAccount("kube-proxy")],
    ),
    cluster(
        "eks:kube-proxy-fargate",
        "system:node-proxier",
        &[Who::Group("system:node-proxier")],
    ),
    cluster(
        "eks:kube-proxy-windows",
        "system:node-proxier",
        &[Who::Group("eks:kube-proxy-windows")],
    ),
    cluster(
        "eks:node-bootstrapper",
        "eks:node-bootstrapper",
        &[
            Who::Group("system:bootstrappers"),
            Who::Group("system:nodes"),
        ],
    ),
    // Until 1.24: the use of the privileged PodSecurityPolicy, an API that 1.25 took away.
    cluster(
        "eks:podsecuritypolicy:authenticated",
        "eks:podsecuritypolicy:privileged",
        &[Who::Group("system:authenticated")],
    ),
    cluster(
        "eks:service-operations",
        "eks:service-operations",
        SERVICE_OPERATIONS,
    ),
    cluster(
        "eks:tagging-controller",
        "eks:tagging-controller",
        &[Who::ServiceAccount("tagging-controller")],
    ),
    cluster(
        "metrics-server:system:auth-delegator",
        "system:auth-delegator",
        METRICS_SERVER,
    ),
    cluster(
        "system:coredns",
        "system:coredns",
        &[Who::ServiceAccount("coredns")],
    ),
    cluster(
        "system:metrics-server",
        "system:metrics-server",
        METRICS_SERVER,
    ),
    cluster(
        "vpc-resource-controller-rolebinding",
        "vpc-resource-controller-role",
        VPC_CONTROLLER,
    ),
    system(
        "ebs-csi-leases-rolebinding",
        "ebs-csi-leases-role",
        EBS_CONTROLLER,
    ),
    system(
        "eks-vpc-resource-controller-rolebinding",
        "eks-vpc-resource-controller-role",
        VPC_CONTROLLER,
    ),
    system(
        "eks:cloud-controller-manager:apiserver-authentication-reader",
        "extension-apiserver-authentication-reader",
        &[Who::User("eks:cloud-controller-manager")],
    ),
    system(
        "eks:service-operations",
        "eks:service-operations-configmaps",
        SERVICE_OPERATIONS,
    ),
    system(
        "metrics-server-auth-reader",
        "extension-apiserver-authentication-reader",
        METRICS_SERVER,
    ),
];

/// Roles that pods or nodes of the cluster hold, with the powers they need: namespace, name, powers.
pub(super) const ROLES: &[(Option<&str>, &str, &[Power])] = &[
    (None, "aws-node", &[]),
    (None, "ebs-csi-node-role", &[]),
    (None, "ebs-external-attacher-role", &[]),
    (
        None,
        "ebs-external-provisioner-role",
        &[Power::CreatePersistentVolumes],
    ),
    (None, "ebs-external-resizer-role", &[]),
    (None, "ebs-external-snapshotter-role", &[]),
    (None, "eks:cloud-provider-extraction-migration", &[]),
    (None, "eks:node-bootstrapper", &[]),
    (None, "eks:podsecuritypolicy:privileged", &[]),
    (None, "eks:tagging-controller", &[]),
    (None, "system:coredns", &[]),
    (None, "system:metrics-server", &[]),
    (None, "system:metrics-server-aggregated-reader", &[]),
    (None, "vpc-resource-controller-role", &[]),
    (Some("kube-system"), "ebs-csi-leases-role", &[]),
    (Some("kube-system"), "eks-vpc-resource-controller-role", &[]),
];
