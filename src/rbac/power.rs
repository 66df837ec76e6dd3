//! What rules amount to: the permissions that lead further than they look.
//!
//! <https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks> names them; where
//! another page says more, it stands at the entry.

use super::attributes::{Name, Permission};
use super::rule::gives;
use crate::snapshot::kubernetes_rbac::PolicyRule;

/// A permission that leads further than it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Power {
    /// Every verb on every resource.
    Everything,
    /// Deletes anything.
    DeleteEverything,
    /// Reads every Secret of the place: get, list or watch.
    ReadSecrets,
    /// Creates or changes pods, or controllers that make pods: runs as any service account of the place.
    RunPods,
    /// Acts inside running pods: exec, attach, or a new ephemeral container.
    EnterPods,
    /// Issues tokens of any service account of the place.
    IssueTokens,
    /// Acts as other users, groups or service accounts.
    Impersonate,
    /// Writes rules into roles that it does not hold itself.
    EscalateRoles,
    /// Binds roles that it does not hold itself.
    BindRoles,
    /// Talks to kubelets, which do not ask the API server again: `get` is enough to run commands over a WebSocket
    /// (<https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/>).
    ReachKubelets,
    /// Approves client certificates for a signer
    /// (<https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization>).
    ApproveCertificates,
    /// Signs certificates for a signer.
    SignCertificates,
    /// Sees and changes what others send to the API server, by an admission webhook.
    ChangeWebhooks,
    /// Mounts any path of a node, by a hostPath PersistentVolume.
    CreatePersistentVolumes,
}

/// Where a role is bound: a RoleBinding gives nothing on cluster-scoped resources, because requests for them carry no
/// namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// By a ClusterRoleBinding.
    Cluster,
    /// By a RoleBinding.
    Namespace,
}

/// What gives a power: any of these verbs on any of these resources of the group, for every name.
type Requirement = (
    Power,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// Resources of [`REQUIREMENTS`] that are in no namespace. `clusterroles` are too, but `bind` on them is asked in the
/// namespace of the RoleBinding that is created.
const CLUSTER_SCOPED: &[(&str, &str)] = &[
    ("impersonate", "users"),
    ("impersonate", "groups"),
    ("escalate", "clusterroles"),
    ("get", "nodes/proxy"),
    ("create", "nodes/proxy"),
    ("approve", "signers"),
    ("sign", "signers"),
    ("create", "persistentvolumes"),
    ("create", "mutatingwebhookconfigurations"),
    ("update", "mutatingwebhookconfigurations"),
    ("patch", "mutatingwebhookconfigurations"),
    ("create", "validatingwebhookconfigurations"),
    ("update", "validatingwebhookconfigurations"),
    ("patch", "validatingwebhookconfigurations"),
];

const WRITE: &[&str] = &["create", "update", "patch"];

const REQUIREMENTS: &[Requirement] = &[
    (
        Power::ReadSecrets,
        "",
        &["secrets"],
        &["get", "list", "watch"],
    ),
    (
        Power::RunPods,
        "",
        &["pods", "replicationcontrollers"],
        WRITE,
    ),
    (
        Power::RunPods,
        "apps",
        &["deployments", "daemonsets", "statefulsets", "replicasets"],
        WRITE,
    ),
    (Power::RunPods, "batch", &["jobs", "cronjobs"], WRITE),
    (
        Power::EnterPods,
        "",
        &["pods/exec", "pods/attach"],
        &["create", "get"],
    ),
    (
        Power::EnterPods,
        "",
        &["pods/ephemeralcontainers"],
        &["update", "patch"],
    ),
    (
        Power::IssueTokens,
        "",
        &["serviceaccounts/token"],
        &["create"],
    ),
    (
        Power::Impersonate,
        "",
        &["users", "groups", "serviceaccounts"],
        &["impersonate"],
    ),
    (
        Power::EscalateRoles,
        RBAC_GROUP,
        &["roles", "clusterroles"],
        &["escalate"],
    ),
    (
        Power::BindRoles,
        RBAC_GROUP,
        &["roles", "clusterroles"],
        &["bind"],
    ),
    (
        Power::ReachKubelets,
        "",
        &["nodes/proxy"],
        &["get", "create"],
    ),
    (
        Power::ApproveCertificates,
        "certificates.k8s.io",
        &["signers"],
        &["approve"],
    ),
    (
        Power::SignCertificates,
        "certificates.k8s.io",
        &["signers"],
        &["sign"],
    ),
    (
        Power::ChangeWebhooks,
        "admissionregistration.k8s.io",
        &[
            "mutatingwebhookconfigurations",
            "validatingwebhookconfigurations",
        ],
        WRITE,
    ),
    (
        Power::CreatePersistentVolumes,
        "",
        &["persistentvolumes"],
        &["create"],
    ),
];

const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// The verbs that return a Secret's values: list and watch send whole objects
/// (<https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets>).
pub const SECRET_READING: [&str; 3] = ["get", "list", "watch"];

/// The powers that rules give where they are bound, each with the first rule that gives it, in the order of [`Power`].
/// Rules that are limited to names give none, except for signers, whose names are what is approved or signed for.
pub fn powers_of(rules: &[PolicyRule], reach: Reach) -> Vec<(Power, usize)> {
    let mut found: Vec<(Power, usize)> = Vec::new();
    let mut add = |power: Power, rule: Option<usize>| found.extend(rule.map(|rule| (power, rule)));
    add(Power::Everything, is_cluster_admin(rules));
    add(
        Power::DeleteEverything,
        rules.iter().position(deletes_everything),
    );
    for requirement in REQUIREMENTS {
        let rule = rules
            .iter()
            .position(|rule| meets(rule, requirement, reach));
        add(requirement.0, rule);
    }
    found.sort_unstable();
    found.dedup_by_key(|(power, _)| *power);
    found
}

fn meets(rule: &PolicyRule, requirement: &Requirement, reach: Reach) -> bool {
    let (power, group, resources, verbs) = requirement;
    let name = match power {
        Power::ApproveCertificates | Power::SignCertificates => Name::Any,
        _ => Name::Every,
    };
    resources.iter().any(|resource| {
        verbs.iter().any(|verb| {
            let in_reach = reach == Reach::Cluster || !CLUSTER_SCOPED.contains(&(*verb, *resource));
            in_reach && gives(rule, &Permission::new(verb, group, resource).named(name))
        })
    })
}

/// The rule that gives every verb on every resource of every group, without a limit of names.
///
/// One rule has to do it alone: verbs, groups and resources are open sets, so a request that no rule names (a new kind's
/// own verb) is matched by a rule only if each of its lists holds `*`. `*/*` is no wildcard.
pub fn is_cluster_admin(rules: &[PolicyRule]) -> Option<usize> {
    rules
        .iter()
        .position(|rule| has_all(&rule.verbs) && is_unlimited(rule))
}

fn deletes_everything(rule: &PolicyRule) -> bool {
    rule.verbs
        .iter()
        .any(|verb| verb == "*" || verb == "delete")
        && is_unlimited(rule)
}

fn is_unlimited(rule: &PolicyRule) -> bool {
    has_all(&rule.api_groups) && has_all(&rule.resources) && rule.resource_names.is_empty()
}

/// Whether a list holds `*`.
pub(super) fn has_all(list: &[String]) -> bool {
    list.iter().any(|item| item == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str]) -> PolicyRule {
        let owned = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect();
        PolicyRule {
            verbs: owned(verbs),
            api_groups: owned(groups),
            resources: owned(resources),
            resource_names: owned(names),
            non_resource_urls: Vec::new(),
        }
    }

    #[test]
    fn powers_and_what_looks_like_them() {
        use Power::*;
        let cases: Vec<(PolicyRule, &[Power], &[Power])> = vec![
            (
                rule(&["get"], &[""], &["secrets"], &[]),
                &[ReadSecrets],
                &[ReadSecrets],
            ),
            (
                rule(&["watch"], &["*"], &["secrets"], &[]),
                &[ReadSecrets],
                &[ReadSecrets],
            ),
            (rule(&["get"], &[""], &["secrets"], &["one"]), &[], &[]),
            (rule(&["get"], &[""], &["secret"], &[]), &[], &[]),
            (rule(&["*"], &["*"], &["*/*"], &[]), &[], &[]),
            (rule(&["delete"], &[""], &["secrets"], &[]), &[], &[]),
            (rule(&["*"], &["apps"], &["secrets"], &[]), &[], &[]),
            (
                rule(&["get"], &[""], &["nodes/proxy"], &[]),
                &[ReachKubelets],
                &[],
            ),
            (
                rule(&["create"], &[""], &["*/proxy"], &[]),
                &[ReachKubelets],
                &[],
            ),
            (rule(&["get"], &[""], &["nodes"], &[]), &[], &[]),
            (
                rule(&["create"], &[""], &["pods/exec"], &[]),
                &[EnterPods],
                &[EnterPods],
            ),
            (rule(&["create"], &[""], &["pods/*"], &[]), &[], &[]),
            (
                rule(&["patch"], &["apps"], &["deployments"], &[]),
                &[RunPods],
                &[RunPods],
            ),
            (rule(&["get"], &["apps"], &["deployments"], &[]), &[], &[]),
            (
                rule(&["impersonate"], &[""], &["users"], &[]),
                &[Impersonate],
                &[],
            ),
            (
                rule(&["impersonate"], &[""], &["serviceaccounts"], &[]),
                &[Impersonate],
                &[Impersonate],
            ),
            (
                rule(&["escalate"], &[RBAC_GROUP], &["clusterroles"], &[]),
                &[EscalateRoles],
                &[],
            ),
            (
                rule(&["bind"], &[RBAC_GROUP], &["clusterroles"], &[]),
                &[BindRoles],
                &[BindRoles],
            ),
            (
                rule(&["create"], &[""], &["serviceaccounts/token"], &[]),
                &[IssueTokens],
                &[IssueTokens],
            ),
            (
                rule(&["create"], &[""], &["serviceaccounts/token"], &["one"]),
                &[],
                &[],
            ),
            (
                rule(
                    &["approve"],
                    &["certificates.k8s.io"],
                    &["signers"],
                    &["kubernetes.io/*"],
                ),
                &[ApproveCertificates],
                &[],
            ),
            (
                rule(&["delete"], &["*"], &["*"], &[]),
                &[DeleteEverything],
                &[DeleteEverything],
            ),
        ];
        for (rule, cluster, namespace) in cases {
            let found = |reach| -> Vec<Power> {
                powers_of(std::slice::from_ref(&rule), reach)
                    .into_iter()
                    .map(|(power, _)| power)
                    .collect()
            };
            assert_eq!(found(Reach::Cluster), cluster, "{rule:?}");
            assert_eq!(
                found(Reach::Namespace),
                namespace,
                "in a namespace: {rule:?}"
            );
        }
    }

    #[test]
    fn only_three_stars_in_one_rule_are_cluster_admin() {
        let cases = [
            (vec![rule(&["*"], &["*"], &["*"], &[])], Some(0)),
            (
                vec![rule(&["get", "*"], &["", "*"], &["pods", "*"], &[])],
                Some(0),
            ),
            (vec![rule(&["*"], &["*"], &["*"], &["one"])], None),
            (vec![rule(&["*"], &["*"], &["*/*"], &[])], None),
            (vec![rule(&["*"], &[""], &["*"], &[])], None),
            // Together they name every list's star, and a new verb on a new kind is still denied.
            (
                vec![
                    rule(&["*"], &["apps"], &["*"], &[]),
                    rule(&["get"], &["*"], &["*"], &[]),
                ],
                None,
            ),
            (
                vec![
                    rule(&["get"], &[""], &["pods"], &[]),
                    rule(&["*"], &["*"], &["*"], &[]),
                ],
                Some(1),
            ),
        ];
        for (rules, expected) in cases {
            assert_eq!(is_cluster_admin(&rules), expected, "{rules:?}");
        }
    }
}
