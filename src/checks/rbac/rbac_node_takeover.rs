//! A subject can run a pod that owns its node
//!
//! A privileged pod has its node: the kubelet's credentials, the tokens of every pod that runs there, the
//! node's IAM role. It may name the node that it wants. So whoever may run one anywhere reaches every service
//! account that has a pod, and where one of these is cluster-admin, the cluster.
//!
//! A subject counts that a binding, not the system's own, or an IAM principal that an access policy of its access
//! entry, lets create or change pods or what makes pods in a namespace whose Pod Security level (label `pod-security.kubernetes.io/enforce`) lets a privileged pod in, or
//! lets it lower the level by changing the namespace's labels, or lets it mount a node's files by a hostPath
//! PersistentVolume; and that becomes cluster-admin from there. Who gets there without a node is the finding of
//! `rbac-takeover` or `access-policy-takeover`. Where a policy engine runs (Kyverno, Gatekeeper, Kubewarden), or the namespace's labels were
//! not read, it is conditional; ValidatingAdmissionPolicies are not looked at. Fargate's nodes are left out:
//! they run one pod each, and no privileged one.
//!
//! Known false positives: an admission policy that refuses such pods and that is not seen as an engine's pods.
//!
//! To fix it, label the namespace `pod-security.kubernetes.io/enforce=baseline` or `restricted`; try it with
//! `--dry-run=server` first, which names the running pods that it would refuse.

use crate::checks::check::{Answers, Check};
use crate::checks::expected::{expected, severity};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::path::Step;
use crate::graph::rbac_subject::{binding_id, role_id, subject_id};
use crate::graph::takeover::{PolicyTakeover, Takeover, Takeovers, Way};
use crate::graph::wording::{capital, short};
use crate::graph::{ClusterNode, Graph};
use crate::rbac::known_controllers::Known;
use crate::snapshot::coverage::Source;

use super::rbac_takeover::{also, in_steps, steps};

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[
        Source::ROLES,
        Source::CLUSTER_ROLES,
        Source::ROLE_BINDINGS,
        Source::CLUSTER_ROLE_BINDINGS,
        Source::SERVICE_ACCOUNTS,
        Source::NAMESPACES,
        Source::PODS,
    ],
    controls: &[Control::cis("4.1.4"), Control::cis("4.2.1")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let shared = answers.shared;
    for (node, takeovers) in shared.takeovers() {
        for _ in 0..takeovers.examined {
            answers.examined();
        }
        for takeover in &takeovers.by_nodes {
            if let Some((first, others)) = takeover.ways.split_first() {
                let who = of_subject(graph, node, takeovers, takeover, first);
                report(node, who, (first, others), answers);
            }
        }
        for reason in graph.unseen_policies(node) {
            answers.unjudged(reason);
        }
        for takeover in &takeovers.by_policies_and_nodes {
            if let Some((first, others)) = takeover.ways.split_first() {
                let who = of_principal(graph, node, takeovers, takeover, first);
                report(node, who, (first, others), answers);
            }
        }
    }
}

/// Whom a finding is about.
struct Who<'a> {
    id: String,
    /// The cluster, where the id does not name it.
    cluster: &'a str,
    text: String,
    known: Option<&'static Known>,
    related: Vec<String>,
    path: Vec<Step>,
}

fn of_subject<'a>(
    graph: &Graph<'_>,
    node: &ClusterNode<'a>,
    takeovers: &Takeovers<'_>,
    takeover: &Takeover<'_>,
    first: &Way<'_>,
) -> Who<'a> {
    Who {
        id: subject_id(node.key, &takeover.subject),
        cluster: "",
        text: node.who(&takeover.subject),
        known: takeover.known,
        related: vec![
            binding_id(node.key, first.grant.binding),
            role_id(node.key, first.grant.role),
        ],
        path: graph.takeover_path(node, takeovers, &takeover.subject, first),
    }
}

fn of_principal<'a>(
    graph: &Graph<'_>,
    node: &ClusterNode<'a>,
    takeovers: &Takeovers<'_>,
    takeover: &PolicyTakeover<'_>,
    first: &Way<'_>,
) -> Who<'a> {
    let arn = graph.arn_of(takeover.access);
    Who {
        cluster: node.key,
        text: format!("the {}", short(&arn)),
        known: None,
        related: vec![node.id()],
        path: graph.policy_path(takeovers, &arn, first),
        id: arn,
    }
}

fn report(
    node: &ClusterNode<'_>,
    of: Who<'_>,
    (first, others): (&Way<'_>, &[Way<'_>]),
    answers: &mut Answers,
) {
    let who = &of.text;
    let in_steps = in_steps(first);
    let namespace = first.grant.namespace().unwrap_or("NAMESPACE");
    let kubectl = kubectl(node.cluster);
    let label = format!(
        "{kubectl} label --overwrite namespace {} pod-security.kubernetes.io/enforce=baseline",
        quoted(namespace)
    );
    answers
        .finding(Resource::of(of.id), of.cluster)
        .severity(severity(of.known, Severity::High))
        .certainty(match first.open {
            None => Certainty::Certain,
            Some(_) => Certainty::Conditional,
        })
        .title(capital(&format!(
            "{who} can become cluster-admin by way of a node"
        )))
        .message(format!(
            "In {} {who} can become cluster-admin in {in_steps}. {}{}{}",
            node.key,
            steps(first),
            also(others),
            expected(of.known)
        ))
        .related_all(of.related.into_iter().map(Resource::of))
        .path(of.path)
        .fix(
            "Enforce a Pod Security level in the namespaces where it may run pods, and leave changes of their labels \
             to who runs the cluster; pods that need more are refused from then on.",
            [format!("{label} --dry-run=server"), label],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, allow, object, role, role_arn};
    use crate::graph::takeover::tests::{estate, rule};
    use serde_json::{Value, json};

    const ID: &str = "rbac-node-takeover";

    /// The namespace `level` has this label; the pod of the cluster-admin is on a node.
    fn ask(level: Option<&str>, rules: &[Value]) -> Asked {
        labelled(level, rules).ask(ID)
    }

    fn labelled(level: Option<&str>, rules: &[Value]) -> Estate {
        let label = level.map(|level| json!({"pod-security.kubernetes.io/enforce": level}));
        estate(Some("level"), rules).kubernetes(json!({
            "namespaces": [{"metadata": {"name": "level", "labels": label}}],
            "pods": [{"metadata": {"name": "root-1", "namespace": "ops", "uid": "u"},
                "spec": {"serviceAccountName": "root", "nodeName": "n-1",
                    "containers": [{"name": "main", "image": "app:1"}]},
                "status": {"phase": "Running"}}]}))
    }

    #[test]
    fn a_level_stops_the_pod_that_becomes_its_node() {
        let create = [rule(&["create"], "batch", &["jobs"])];
        for (level, expected) in [
            (None, true),
            (Some("privileged"), true),
            (Some("baseline"), false),
            (Some("restricted"), false),
            // Of a word that it does not know the API server takes the most restrictive.
            (Some("Privileged"), false),
        ] {
            let asked = ask(level, &create);
            match expected {
                true => asked.finds(&[&object("", "User", "jane")]),
                false => asked.passes(),
            }
        }
        let asked = ask(None, &create);
        let finding = &asked.findings[0];
        let says = "It may create jobs in level (RoleBinding level/jane of limited, rule 1), and so runs a privileged \
                    pod on the node n-1; the node n-1 has the pod ops/root-1, and with it the token of the service \
                    account ops/root; the service account ops/root is cluster-admin by ClusterRoleBinding root";
        assert!(finding.message.contains(says), "{finding:#?}");
        assert_eq!(finding.certainty, Certainty::Certain);
        let edges: Vec<_> = finding.path.iter().map(|s| s.edge.as_str()).collect();
        assert_eq!(
            edges,
            ["bound-to", "controls-node", "hosts-pod", "bound-to"]
        );
    }

    #[test]
    fn an_access_policy_runs_such_a_pod_too() {
        let entry = |level| {
            labelled(level, &[])
                .iam(json!({"roles": [role("dev", &json!({}), &allow("s3:Get*", "*"))]}))
                .eks(json!({"access": [{"entry": {"principalArn": role_arn("dev"), "type": "STANDARD"},
                    "policies": [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
                        "accessScope": {"type": "namespace", "namespaces": ["level"]}}]}]}))
        };
        let asked = entry(None).ask(ID);
        asked.finds(&[&role_arn("dev")]);
        let finding = &asked.findings[0];
        assert!(
            finding
                .message
                .contains("in level (AmazonEKSEditPolicy in level), and so"),
            "{finding:#?}"
        );
        let edges: Vec<_> = finding.path.iter().map(|s| s.edge.as_str()).collect();
        assert_eq!(
            edges,
            ["access-entry", "controls-node", "hosts-pod", "bound-to"]
        );
        entry(Some("baseline")).ask(ID).passes();
    }

    #[test]
    fn who_may_label_the_namespace_lowers_its_level() {
        let create = rule(&["create"], "", &["pods"]);
        let label = rule(&["patch"], "", &["namespaces"]);
        let asked = ask(Some("restricted"), &[create.clone(), label.clone()]);
        asked.finds(&[&object("", "User", "jane")]);
        let says = "lifts the Pod Security level of level (it may patch namespaces)";
        assert!(asked.findings[0].message.contains(says), "{asked:#?}");
        ask(Some("restricted"), &[label]).passes();
        ask(Some("restricted"), &[create]).passes();
    }

    #[test]
    fn a_policy_engine_makes_it_conditional_and_nothing_is_passed_unread() {
        let create = [rule(&["create"], "", &["pods"])];
        let engine = labelled(None, &create).kubernetes(json!({"pods": [{
            "metadata": {"name": "kyverno-0", "namespace": "kyverno", "uid": "u"},
            "spec": {"containers": [{"name": "k", "image": "ghcr.io/kyverno/kyverno:v1.14"}]},
            "status": {"phase": "Running"}}]}));
        let asked = engine.ask(ID);
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
        assert!(asked.findings[0].message.contains("Kyverno"), "{asked:#?}");
        let unread = labelled(Some("baseline"), &create).denied(Source::NAMESPACES);
        unread.ask(ID).is_not_evaluated();
    }

    #[test]
    fn who_gets_there_without_a_node_is_another_checks() {
        let create = [rule(&["create"], "", &["pods"])];
        estate(Some("ops"), &create).ask(ID).passes();
        Estate::new().ask(ID).is_not_applicable();
    }
}
