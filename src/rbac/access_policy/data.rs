//! The access policies whose rules AWS publishes.
//!
//! From the EKS User Guide, "Review access policy permissions"
//! (<https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html>), as of [`PAGE_DATE`]. A row of
//! its tables is a rule. The page's tables of AmazonEKSEditPolicy are those of AmazonEKSViewPolicy with some more, and
//! AmazonEKSAdminPolicy's those of AmazonEKSEditPolicy with two more, so they are kept once.

use crate::snapshot::kubernetes_rbac::PolicyRule;

/// The day of the page's last change that is kept here.
pub const PAGE_DATE: &str = "2025-11-06";

/// API groups, resources, verbs.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];

/// AmazonEKSViewPolicy.
const VIEW: &[Row] = &[
    (
        "apps",
        &[
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
        READ,
    ),
    (
        "autoscaling",
        &[
            "horizontalpodautoscalers",
            "horizontalpodautoscalers/status",
        ],
        READ,
    ),
    (
        "batch",
        &["cronjobs", "cronjobs/status", "jobs", "jobs/status"],
        READ,
    ),
    ("discovery.k8s.io", &["endpointslices"], READ),
    (
        "extensions",
        &[
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "ingresses",
            "ingresses/status",
            "networkpolicies",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "replicationcontrollers/scale",
        ],
        READ,
    ),
    (
        "networking.k8s.io",
        &["ingresses", "ingresses/status", "networkpolicies"],
        READ,
    ),
    (
        "policy",
        &["poddisruptionbudgets", "poddisruptionbudgets/status"],
        READ,
    ),
    (
        "",
        &[
            "configmaps",
            "endpoints",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "serviceaccounts",
            "services",
            "services/status",
        ],
        READ,
    ),
    (
        "",
        &[
            "bindings",
            "events",
            "limitranges",
            "namespaces/status",
            "pods/log",
            "pods/status",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
        ],
        READ,
    ),
    ("", &["namespaces"], READ),
];

/// What AmazonEKSEditPolicy has beyond AmazonEKSViewPolicy.
const EDIT: &[Row] = &[
    (
        "apps",
        &[
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
        WRITE,
    ),
    ("autoscaling", &["horizontalpodautoscalers"], WRITE),
    ("batch", &["cronjobs", "jobs"], WRITE),
    (
        "extensions",
        &[
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "ingresses",
            "networkpolicies",
            "replicasets",
            "replicasets/scale",
            "replicationcontrollers/scale",
        ],
        WRITE,
    ),
    (
        "networking.k8s.io",
        &["ingresses", "networkpolicies"],
        WRITE,
    ),
    ("policy", &["poddisruptionbudgets"], WRITE),
    (
        "",
        &[
            "pods/attach",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
            "secrets",
            "services/proxy",
        ],
        READ,
    ),
    ("", &["serviceaccounts"], &["impersonate"]),
    (
        "",
        &[
            "pods",
            "pods/attach",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
        ],
        WRITE,
    ),
    (
        "",
        &[
            "configmaps",
            "events",
            "persistentvolumeclaims",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "serviceaccounts",
            "services",
            "services/proxy",
        ],
        WRITE,
    ),
];

/// What AmazonEKSAdminPolicy has beyond AmazonEKSEditPolicy.
const ADMIN: &[Row] = &[
    (
        "authorization.k8s.io",
        &["localsubjectaccessreviews"],
        &["create"],
    ),
    (
        "rbac.authorization.k8s.io",
        &["rolebindings", "roles"],
        &[
            "create",
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "update",
            "watch",
        ],
    ),
];

/// AmazonEKSAdminViewPolicy: every resource, Secrets too.
const ADMIN_VIEW: &[Row] = &[("*", &["*"], READ)];

/// AmazonEKSSecretReaderPolicy.
const SECRET_READER: &[Row] = &[("", &["secrets"], READ)];

/// AmazonEKSHybridPolicy.
const HYBRID: &[Row] = &[("*", &["nodes"], &["list"])];

/// Each of the policies with its rules.
pub(super) fn documented() -> Vec<(&'static str, Vec<PolicyRule>)> {
    let rules = |tables: &[&[Row]]| -> Vec<PolicyRule> {
        tables
            .iter()
            .flat_map(|table| table.iter().map(rule))
            .collect()
    };
    let all = PolicyRule {
        non_resource_urls: owned(&["*"]),
        verbs: owned(&["*"]),
        ..PolicyRule::default()
    };
    vec![
        ("AmazonEKSAdminPolicy", rules(&[VIEW, EDIT, ADMIN])),
        ("AmazonEKSAdminViewPolicy", rules(&[ADMIN_VIEW])),
        (
            super::CLUSTER_ADMIN,
            vec![rule(&("*", &["*"], &["*"])), all],
        ),
        ("AmazonEKSEditPolicy", rules(&[VIEW, EDIT])),
        ("AmazonEKSHybridPolicy", rules(&[HYBRID])),
        ("AmazonEKSSecretReaderPolicy", rules(&[SECRET_READER])),
        ("AmazonEKSViewPolicy", rules(&[VIEW])),
    ]
}

fn rule((group, resources, verbs): &Row) -> PolicyRule {
    PolicyRule {
        api_groups: owned(&[group]),
        resources: owned(resources),
        verbs: owned(verbs),
        ..PolicyRule::default()
    }
}

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|item| (*item).to_owned()).collect()
}
