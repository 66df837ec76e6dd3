//! A subject becomes cluster-admin in a few steps
//!
//! It is not cluster-admin and looks limited. But what it may do lets it act as somebody who is, or as
//! somebody who gets there: by a pod that runs as another service account, a token made for it, another's
//! name. Whoever takes over the subject owns the cluster some requests later.
//!
//! A subject counts that a binding, not the system's own, gives the first step: create or change pods or what
//! makes pods; run commands in pods, also by `nodes/proxy`; attach to one whose main process has a stdin; `create`
//! on `serviceaccounts/token`; read the Secret that holds a token, or create and read one; `impersonate`; write the
//! ConfigMap aws-auth where the cluster reads it; change mutating webhooks, or from Kubernetes 1.36 on mutating
//! admission policies; write the objects of an operator that runs here and acts for whoever writes
//! them (Argo CD, Flux, External Secrets); `escalate` and change a role that it is bound to, or `bind` a role and
//! write bindings. The further steps are of the same kinds. The finding names each step, with the binding,
//! the role and the rule that give it. Rules that are limited to names count for these names. What depends on
//! objects that were not read is conditional. None of Kubernetes' Pod Security levels stops a pod from running as
//! another service account; other admission policies are not looked at.
//!
//! Pods that become their node are the check `rbac-node-takeover`. Cluster-admins have their own finding, and
//! what EKS access policies give is `access-policy-takeover`. Two permissions that one step takes count
//! where one subject has both, itself or by its groups.
//!
//! A controller that everybody runs, in its own namespace, with its own image and no more power than it ships
//! with, is reported as information: its work takes it. It is still as good as cluster-admin: guard its
//! namespace like the control plane.
//!
//! Known false positives: another controller whose work it is to run pods anywhere.
//!
//! To fix it, bind the role in the namespaces that need it and keep cluster-admins' service
//! accounts out of them, or take the permission away.

use crate::checks::check::{Answers, Check};
use crate::checks::expected::{expected, severity};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::narrow_grant;
use crate::graph::escalation::{Family, holder_text};
use crate::graph::rbac_subject::{binding_id, role_id, subject_id, subject_text};
use crate::graph::takeover::{Takeover, Takeovers, Way};
use crate::graph::wording::capital;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[
        Source::ROLES,
        Source::CLUSTER_ROLES,
        Source::ROLE_BINDINGS,
        Source::CLUSTER_ROLE_BINDINGS,
        Source::SERVICE_ACCOUNTS,
        Source::PODS,
    ],
    controls: &[
        Control::cis("4.1.2"),
        Control::cis("4.1.4"),
        Control::cis("4.1.8"),
        Control::cis("4.1.10"),
        Control::cis("4.1.11"),
        Control::cis("4.1.12"),
    ],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let shared = answers.shared;
    for (node, takeovers) in shared.takeovers() {
        for _ in 0..takeovers.examined {
            answers.examined();
        }
        for takeover in &takeovers.found {
            if let Some((first, others)) = takeover.ways.split_first() {
                report(graph, node, takeovers, takeover, (first, others), answers);
            }
        }
        for subject in &takeovers.unjudged {
            answers.unjudged(format!(
                "whether a Secret that {} reads in {} holds a cluster-admin's token was not read",
                subject_text(subject),
                node.key
            ));
        }
    }
}

/// The control that a way fails.
fn control(family: Family) -> Control {
    Control::cis(match family {
        Family::ReadSecrets => "4.1.2",
        Family::CreatePods
        | Family::ChangePods
        | Family::EnterPods
        | Family::BecomeNode
        | Family::StealPods
        | Family::Operators => "4.1.4",
        Family::ReachKubelets => "4.1.10",
        Family::ChangeWebhooks => "4.1.11",
        Family::IssueTokens => "4.1.12",
        Family::Escalate
        | Family::Bind
        | Family::AwsAuth
        | Family::Impersonate
        | Family::Certificates => "4.1.8",
    })
}

pub(super) fn controls(takeover: &Takeover<'_>) -> Vec<Control> {
    let ways = takeover.ways.iter();
    let mut controls: Vec<Control> = ways.map(|way| control(way.family)).collect();
    controls.sort_unstable_by_key(|control| control.id);
    controls.dedup();
    controls
}

/// A way's steps: `It may …, and so …; the service account a/b is cluster-admin by ….`
pub(super) fn steps(way: &Way<'_>) -> String {
    let links = way.links.iter().enumerate().map(|(at, link)| match at {
        0 => format!("It {}", link.tells()),
        _ => format!("{} {}", holder_text(&link.from), link.tells()),
    });
    format!("{}.", links.collect::<Vec<_>>().join("; "))
}

/// What else leads there: ` So do: create pods in ci. Perhaps: get nodes/proxy.`
pub(super) fn also(others: &[Way<'_>]) -> String {
    let list = |certain: bool| -> Vec<String> {
        let ways = others.iter().filter(|way| way.open.is_none() == certain);
        ways.map(Way::first).collect()
    };
    let say = |lead: &str, ways: Vec<String>| match ways.is_empty() {
        true => String::new(),
        false => format!(" {lead}: {}.", ways.join(", ")),
    };
    format!(
        "{}{}",
        say("Ways as good", list(true)),
        say("Ways that may be as good", list(false))
    )
}

/// `one step`, `3 steps`.
pub(super) fn in_steps(way: &Way<'_>) -> String {
    match way.steps {
        1 => "one step".to_owned(),
        steps => format!("{steps} steps"),
    }
}

fn report(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    takeovers: &Takeovers<'_>,
    takeover: &Takeover<'_>,
    (first, others): (&Way<'_>, &[Way<'_>]),
    answers: &mut Answers,
) {
    let who = node.who(&takeover.subject);
    let related = [
        Some(binding_id(node.key, first.grant.binding)),
        Some(role_id(node.key, first.grant.role)),
        first.gains().map(|node| takeovers.escalation.id(node)),
    ];
    let in_steps = in_steps(first);
    answers
        .finding(Resource::of(subject_id(node.key, &takeover.subject)), "")
        .severity(severity(takeover.known, Severity::High))
        .certainty(match first.open {
            None => Certainty::Certain,
            Some(_) => Certainty::Conditional,
        })
        .controls(&controls(takeover))
        .title(capital(&format!("{who} can become cluster-admin in {in_steps}")))
        .message(format!(
            "In {} {who} can become cluster-admin in {in_steps}. {}{}{}",
            node.key,
            steps(first),
            also(others),
            expected(takeover.known)
        ))
        .related_all(related.into_iter().flatten().map(Resource::of))
        .path(graph.takeover_path(node, takeovers, &takeover.subject, first))
        .fix(
            "Bind the role only in namespaces where no service account is cluster-admin, or take these permissions \
             out of it; what needed them there is refused from then on.",
            narrow_grant(node.cluster, &takeover.subject, &first.grant),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, object};
    use crate::graph::takeover::tests::{estate, named, rule};
    use serde_json::{Value, json};

    const ID: &str = "rbac-takeover";

    fn ask(namespace: Option<&str>, rules: &[Value]) -> Asked {
        estate(namespace, rules).ask(ID)
    }

    #[test]
    fn each_power_over_a_cluster_admin_is_found_and_named() {
        for (rule, says, control) in [
            (
                rule(&["create"], "", &["pods"]),
                "create pods in every namespace (ClusterRoleBinding jane of limited, rule 1), and so has one run as the service account ops/root; the service account ops/root is cluster-admin by ClusterRoleBinding root of cluster-admin, rule 1",
                "4.1.4",
            ),
            (
                rule(&["create"], "batch", &["cronjobs"]),
                "has one run as the service account ops/root",
                "4.1.4",
            ),
            (
                rule(&["patch"], "", &["pods"]),
                "in the pod ops/root-0, which has the token",
                "4.1.4",
            ),
            (
                rule(&["create"], "", &["pods/exec"]),
                "in the pod ops/root-0",
                "4.1.4",
            ),
            (
                rule(&["update"], "", &["*/ephemeralcontainers"]),
                "in the pod ops/root-0",
                "4.1.4",
            ),
            (
                rule(&["create"], "", &["serviceaccounts/token"]),
                "has a token made for",
                "4.1.12",
            ),
            (
                named(rule(&["create"], "", &["serviceaccounts/token"]), "root"),
                "has a token made for",
                "4.1.12",
            ),
            (
                rule(&["impersonate"], "", &["serviceaccounts"]),
                "acts as the service account ops/root",
                "4.1.8",
            ),
            (
                rule(&["get", "create"], "", &["secrets"]),
                "it may create secrets too",
                "4.1.2",
            ),
        ] {
            let asked = ask(None, std::slice::from_ref(&rule));
            asked.finds(&[&object("", "User", "jane")]);
            let finding = &asked.findings[0];
            assert!(finding.message.contains(says), "{rule}: {finding:#?}");
            assert_eq!(finding.certainty, Certainty::Certain, "{rule}");
            let controls: Vec<_> = finding.controls.iter().map(|c| c.id.as_str()).collect();
            assert_eq!(controls, [control], "{rule}");
            let edges: Vec<_> = finding.path.iter().map(|s| s.edge.as_str()).collect();
            assert_eq!(edges, ["bound-to", "acts-as", "bound-to"], "{rule}");
        }
    }

    #[test]
    fn power_over_rbac_itself_and_over_names_is_found() {
        let group = "rbac.authorization.k8s.io";
        for (rules, says) in [
            (
                vec![rule(&["escalate", "patch"], group, &["clusterroles"])],
                "into the ClusterRole limited",
            ),
            (
                vec![named(
                    rule(&["escalate", "update"], group, &["clusterroles"]),
                    "limited",
                )],
                "into the ClusterRole limited",
            ),
            (
                vec![
                    named(rule(&["bind"], group, &["clusterroles"]), "cluster-admin"),
                    rule(&["create"], group, &["clusterrolebindings"]),
                ],
                "binds itself to the ClusterRole cluster-admin",
            ),
            (
                vec![rule(&["impersonate"], "", &["users", "groups"])],
                "acts as the group system:masters",
            ),
        ] {
            let asked = ask(None, &rules);
            asked.finds(&[&object("", "User", "jane")]);
            assert!(
                asked.findings[0].message.contains(says),
                "{rules:?}: {asked:#?}"
            );
        }
    }

    #[test]
    fn what_only_looks_like_it_passes() {
        let group = "rbac.authorization.k8s.io";
        for rule in [
            rule(&["get", "list", "watch", "delete"], "", &["pods", "nodes"]),
            rule(
                &["create"],
                "",
                &["pods/eviction", "pods/portforward", "pods/*"],
            ),
            // There are none of these to change, and a Job's template cannot be.
            rule(&["patch"], "apps", &["deployments", "statefulsets"]),
            rule(&["patch"], "batch", &["jobs"]),
            named(rule(&["create"], "", &["serviceaccounts/token"]), "api"),
            named(rule(&["patch"], "", &["pods"]), "api-0"),
            named(
                rule(&["escalate", "patch"], group, &["clusterroles"]),
                "other",
            ),
            // One half of a way.
            rule(&["escalate"], group, &["clusterroles"]),
            rule(&["bind"], group, &["clusterroles"]),
            rule(
                &["create", "patch", "update"],
                group,
                &["clusterroles", "clusterrolebindings"],
            ),
            rule(&["impersonate"], "", &["groups"]),
            rule(&["get", "list"], "", &["secrets"]),
            rule(&["create"], "", &["secrets"]),
            rule(&["create", "approve"], "certificates.k8s.io", &["*"]),
        ] {
            let asked = ask(None, std::slice::from_ref(&rule));
            assert_eq!(asked.resources(), [""; 0], "{rule}");
            asked.passes();
        }
    }

    #[test]
    fn a_token_in_a_secret_is_as_good_and_an_unread_one_is_not_passed() {
        let read = [rule(&["list"], "", &["secrets"])];
        let token = |account: &str| {
            json!({"secrets": [{"metadata": {"name": "t", "namespace": "ops",
                "annotations": {"kubernetes.io/service-account.name": account}},
                "type": "kubernetes.io/service-account-token"}]})
        };
        let asked = estate(None, &read).kubernetes(token("root")).ask(ID);
        asked.finds(&[&object("", "User", "jane")]);
        assert!(
            asked.findings[0].message.contains("the Secret ops/t holds"),
            "{asked:#?}"
        );
        estate(None, &read)
            .kubernetes(token("api"))
            .ask(ID)
            .passes();
        let unread = estate(None, &read).denied(Source::KUBERNETES_SECRETS);
        unread.ask(ID).is_not_evaluated();
    }

    #[test]
    fn cluster_admins_have_their_own_finding_and_shipped_roles_raise_none() {
        let everything = [rule(&["*"], "*", &["*"])];
        ask(None, &everything).passes();
        let shipped = json!({"role_bindings": [{"kind": "ClusterRoleBinding",
            "metadata": {"name": "system:controller:job-controller"},
            "subjects": [{"kind": "ServiceAccount", "name": "job-controller", "namespace": "kube-system"}],
            "roleRef": {"kind": "ClusterRole", "name": "system:controller:job-controller"}}],
            "roles": [{"kind": "ClusterRole", "metadata": {"name": "system:controller:job-controller"},
                "rules": [rule(&["create"], "", &["pods"])]}]});
        estate(None, &[rule(&["get"], "", &["pods"])])
            .kubernetes(shipped.clone())
            .ask(ID)
            .passes();
    }

    #[test]
    fn without_the_bindings_it_is_not_passed_and_without_any_it_does_not_apply() {
        let fine = estate(None, &[rule(&["get"], "", &["pods"])]);
        fine.ask(ID).passes();
        fine.denied(Source::CLUSTER_ROLE_BINDINGS)
            .ask(ID)
            .is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }
}
