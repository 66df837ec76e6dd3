//! A role names a wildcard
//!
//! `*` in a rule also gives what does not exist yet: verbs such as `escalate`, `bind` or
//! `impersonate`, and the kinds of whatever is installed next year. Nobody has looked at them.
//!
//! A Role or ClusterRole counts when a rule has `*` among its verbs, resources or API groups:
//! medium where a binding gives it to somebody, low where none does. The roles of Kubernetes and
//! EKS are known, unless they were given more. A role that allows everything and is bound in the
//! whole cluster is `cluster-admin-binding` and not reported here.
//!
//! Known false positives: an operator's `*` on its own API group, where it may in fact do all
//! that its kinds have.
//!
//! To fix it, write out the verbs and resources that are used; an audit log tells them.

use std::collections::BTreeMap;

use super::cluster_admin_binding::owns_cluster;
use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::rbac_subject::{binding_id, binding_text, role_id, role_text, rule_text};
use crate::graph::wording::some_of;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::defaults::{is_system_role, is_system_subject, outside_subjects};
use crate::rbac::{Wildcard, is_cluster_admin, wildcards};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes_rbac::{Role, RoleBinding, RoleKind};

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[
        Source::ROLES,
        Source::CLUSTER_ROLES,
        Source::ROLE_BINDINGS,
        Source::CLUSTER_ROLE_BINDINGS,
    ],
    controls: &[Control::cis("4.1.3")],
    since: "0.1.0",
    run,
};

/// The bindings that give a role to somebody outside the system.
type Bound<'g> = BTreeMap<(RoleKind, &'g str, &'g str), Vec<&'g RoleBinding>>;

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        let bound = bound(node);
        for role in node.rbac.roles() {
            answers.examined();
            if is_system_role(role) {
                continue;
            }
            let found: Vec<Wildcard> = wildcards(role)
                .into_iter()
                .filter(|found| found.verbs || found.resources || found.groups)
                .collect();
            let bindings = bound.get(&key(role)).map_or(&[][..], Vec::as_slice);
            if !found.is_empty() && !is_reported_as_admin(role, bindings) {
                report(graph, node, answers, role, &found, bindings);
            }
        }
    }
}

fn key(role: &Role) -> (RoleKind, &str, &str) {
    (role.kind, role.namespace(), &role.metadata.name)
}

fn bound<'g>(node: &'g ClusterNode<'_>) -> Bound<'g> {
    let mut bound = Bound::new();
    for binding in node.rbac.bindings() {
        let Some(role) = node.rbac.role_of(binding) else {
            continue;
        };
        if !outside_subjects(binding, Some(role)).is_empty() {
            bound.entry(key(role)).or_default().push(binding);
        }
    }
    bound
}

/// Whether `cluster-admin-binding` reports it.
fn is_reported_as_admin(role: &Role, bindings: &[&RoleBinding]) -> bool {
    is_cluster_admin(&role.rules).is_some()
        && bindings.iter().any(|binding| {
            let subjects = outside_subjects(binding, Some(role));
            owns_cluster(binding) && !subjects.into_iter().all(is_system_subject)
        })
}

fn report(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    role: &Role,
    found: &[Wildcard],
    bindings: &[&RoleBinding],
) {
    let all_seen = [Source::ROLE_BINDINGS, Source::CLUSTER_ROLE_BINDINGS]
        .iter()
        .all(|source| graph.saw(*source, node.key));
    let names: Vec<String> = bindings
        .iter()
        .map(|binding| binding_text(binding))
        .collect();
    let (severity, certainty, given) = match (bindings.is_empty(), all_seen) {
        (false, _) => {
            let given = format!("It is given by {}", some_of(&names));
            (Severity::Medium, Certainty::Certain, given)
        }
        (true, true) => (
            Severity::Low,
            Certainty::Certain,
            "No binding gives it".to_owned(),
        ),
        (true, false) => {
            let given = "Whether a binding gives it was not seen".to_owned();
            (Severity::Medium, Certainty::Conditional, given)
        }
    };
    let text = role_text(role);
    let kubectl = kubectl(node.cluster);
    let rules: Vec<String> = found
        .iter()
        .filter_map(|found| rule_text(role, found.rule))
        .collect();
    answers
        .finding(Resource::of(role_id(node.key, role)), "")
        .severity(severity)
        .certainty(certainty)
        .title(format!("The {text} names wildcards"))
        .message(format!("In {} the {text} allows {}. {given}.", node.key, some_of(&rules)))
        .related_all(bindings.iter().map(|binding| Resource::of(binding_id(node.key, binding))))
        .fix(
            "Replace each * by the verbs, resources and groups that are used. What was used and is left out is refused: the audit log of the control plane shows it.",
            [match role.namespace() {
                "" => format!("{kubectl} edit clusterrole {}", quoted(&role.metadata.name)),
                namespace => format!(
                    "{kubectl} -n {} edit role {}",
                    quoted(namespace),
                    quoted(&role.metadata.name)
                ),
            }],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "rbac-wildcard";

    fn role(verbs: &[&str], groups: &[&str], resources: &[&str]) -> Estate {
        Estate::new().kubernetes(
            json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "ops"},
            "rules": [{"verbs": verbs, "apiGroups": groups, "resources": resources}]}]}),
        )
    }

    fn binding(kind: &str) -> Value {
        let mut binding = json!({"kind": kind, "metadata": {"name": "b"},
            "subjects": [{"kind": "Group", "name": "devs"}],
            "roleRef": {"kind": "ClusterRole", "name": "ops"}});
        if kind == "RoleBinding" {
            binding["metadata"]["namespace"] = json!("web");
        }
        json!({"role_bindings": [binding]})
    }

    #[test]
    fn each_kind_of_wildcard_is_found_and_a_binding_makes_it_medium() {
        for (verbs, groups, resources, says) in [
            (["*"], [""], ["pods"], "every verb on pods of core (rule 1)"),
            (
                ["get"],
                ["*"],
                ["pods"],
                "get on pods of every group (rule 1)",
            ),
            (
                ["get"],
                ["apps"],
                ["*"],
                "get on every resource of apps (rule 1)",
            ),
        ] {
            let estate = role(&verbs, &groups, &resources);
            for (asked, severity) in [
                (estate.ask(ID), Severity::Low),
                (
                    estate.kubernetes(binding("RoleBinding")).ask(ID),
                    Severity::Medium,
                ),
            ] {
                asked.finds(&[&object("", "ClusterRole", "ops")]);
                assert_eq!(asked.findings[0].severity, severity, "{asked:#?}");
                assert!(asked.findings[0].message.contains(says), "{asked:#?}");
            }
        }
    }

    #[test]
    fn what_is_written_out_passes() {
        role(
            &["get", "list"],
            &["", "apps"],
            &["pods", "pods/*", "deployments"],
        )
        .ask(ID)
        .passes();
        let paths = json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "ops"},
            "rules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz*", "*"]}]}]});
        Estate::new().kubernetes(paths).ask(ID).passes();
    }

    #[test]
    fn everything_bound_in_the_whole_cluster_is_reported_once_and_elsewhere() {
        let everything = role(&["*"], &["*"], &["*"]);
        let wide = everything.clone().kubernetes(binding("ClusterRoleBinding"));
        wide.ask(ID).passes();
        wide.ask("cluster-admin-binding")
            .finds(&[&object("", "ClusterRoleBinding", "b")]);
        let narrow = everything.kubernetes(binding("RoleBinding"));
        narrow.ask(ID).finds(&[&object("", "ClusterRole", "ops")]);
    }

    #[test]
    fn unseen_bindings_make_it_conditional_and_never_a_pass() {
        let asked = role(&["*"], &[""], &["pods"])
            .denied(Source::ROLE_BINDINGS)
            .ask(ID);
        assert_eq!(
            asked.findings[0].certainty,
            Certainty::Conditional,
            "{asked:#?}"
        );
        let fine = role(&["get"], &[""], &["pods"]);
        fine.denied(Source::CLUSTER_ROLES)
            .ask(ID)
            .is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }
}
