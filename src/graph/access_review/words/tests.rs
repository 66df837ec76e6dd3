//! Rules, and the sentences that they are told in.

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

fn path(path: &str) -> PolicyRule {
    PolicyRule {
        non_resource_urls: vec![path.to_owned()],
        ..rule(&["get"], &[], &[], &[])
    }
}

#[test]
fn rules_in_words_the_most_dangerous_first() {
    use Reach::{Cluster, Namespace};
    let read = ["get", "list", "watch"];
    let write = ["create", "update", "patch", "delete"];
    let cases: Vec<(Vec<PolicyRule>, Reach, &[&str])> = vec![
        (
            vec![rule(&["*"], &["*"], &["*"], &[])],
            Cluster,
            &["may do everything"],
        ),
        (
            vec![rule(&["*"], &["*"], &["*"], &[]), path("*")],
            Cluster,
            &["may do everything"],
        ),
        (
            vec![rule(&read, &["*"], &["*"], &[])],
            Cluster,
            &[
                "runs commands in any pod by the kubelets (nodes/proxy)",
                "runs commands in pods",
                "reads Secrets",
                "reads everything",
            ],
        ),
        // What the power tells is not said twice, what it does not tell is.
        (
            vec![rule(&read, &[""], &["secrets", "configmaps"], &[])],
            Namespace,
            &["reads Secrets", "reads configmaps"],
        ),
        (
            vec![
                rule(&["create"], &[""], &["pods/exec"], &[]),
                rule(&["get"], &[""], &["pods", "pods/log"], &[]),
            ],
            Namespace,
            &["runs commands in pods", "reads pods and pods/log"],
        ),
        // One Secret is no power, and not lost.
        (
            vec![rule(&["get"], &[""], &["secrets"], &["db", "api"])],
            Namespace,
            &["reads secrets named api, db"],
        ),
        // Every verb, or every kind, is more than some.
        (
            vec![
                rule(&["*"], &[""], &["configmaps"], &[]),
                rule(&["get"], &[""], &["configmaps", "services"], &[]),
            ],
            Namespace,
            &["may do everything with configmaps", "reads services"],
        ),
        (
            vec![
                rule(&["delete"], &["*"], &["*"], &[]),
                rule(&["delete"], &[""], &["pods"], &[]),
            ],
            Namespace,
            &["deletes anything"],
        ),
        // All of them is more than some of them.
        (
            vec![
                rule(&["get"], &[""], &["configmaps"], &["a"]),
                rule(&["get"], &[""], &["configmaps"], &[]),
            ],
            Namespace,
            &["reads configmaps"],
        ),
        (
            vec![
                rule(
                    &write,
                    &["apps"],
                    &["deployments", "deployments/scale"],
                    &[],
                ),
                rule(&["delete"], &[""], &["pods"], &[]),
            ],
            Namespace,
            &[
                "runs pods, as any service account there",
                "changes deployments.apps and deployments.apps/scale",
                "deletes pods",
            ],
        ),
        (
            vec![rule(&["get"], &[""], &["a", "b", "c", "d", "e"], &[])],
            Cluster,
            &["reads a, b, c and 2 more kinds"],
        ),
        (
            vec![rule(&["use"], &["policy"], &["podsecuritypolicies"], &[])],
            Cluster,
            &["may use podsecuritypolicies.policy"],
        ),
        (
            vec![rule(&["*"], &["apps"], &["*"], &[])],
            Namespace,
            &[
                "runs pods, as any service account there",
                "may do everything with everything of apps",
            ],
        ),
        // A RoleBinding gives nothing on what is in no namespace, but on its own Namespace.
        (
            vec![
                rule(&["get"], &[""], &["nodes", "namespaces"], &[]),
                path("/metrics"),
            ],
            Namespace,
            &["reads namespaces"],
        ),
        (
            vec![rule(&["get"], &[""], &["nodes"], &[]), path("/metrics")],
            Cluster,
            &["reads nodes", "asks the paths /metrics"],
        ),
        // What everyone may know is nobody's power.
        (vec![path("/healthz")], Cluster, &[]),
        (
            vec![rule(
                &["create"],
                &["authorization.k8s.io"],
                &["selfsubjectaccessreviews"],
                &[],
            )],
            Cluster,
            &[],
        ),
        (vec![], Cluster, &[]),
    ];
    for (rules, reach, expected) in cases {
        let said: Vec<String> = sayings(&rules, reach).into_iter().map(|s| s.what).collect();
        assert_eq!(said, expected, "{reach:?} {rules:?}");
    }
}
