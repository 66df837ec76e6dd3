//! A subject is bound to cluster-admin
//!
//! Cluster-admin reads every Secret, runs as every service account and, by the roles of those,
//! acts in AWS. Each subject that has it is one more whose loss is the loss of the cluster.
//!
//! A ClusterRoleBinding, or a RoleBinding in kube-system, counts when a rule of its role allows every
//! verb on every resource of every group, whatever the role's name, and it has a subject that Kubernetes or EKS did not put
//! there. Their own bindings and the subjects of their control plane are known; a subject that
//! somebody added to one of them is not. Who owns kube-system owns the cluster: it gets tokens of the
//! service accounts that the controllers run as, one of which may write any ClusterRole.
//!
//! Of a controller that everybody runs, in its own namespace and with its own image, it is reported as
//! information: its work takes it.
//!
//! Known false positives: an installer that needs all of it. Waive it and guard its namespace like the
//! control plane.
//!
//! To fix it, bind a role with what the subject does, in the namespaces where it does it.

use crate::checks::check::{Answers, Check};
use crate::checks::expected::{expected, severity};
use crate::checks::finding::{Control, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::kube_system;
use crate::graph::rbac_subject::{binding_id, binding_text, role_id, role_text, subject_id};
use crate::graph::wording::some_of;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::defaults::{is_system_subject, outside_subjects};
use crate::rbac::{Grant, SubjectId, is_cluster_admin};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes_rbac::RoleBinding;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[
        Source::ROLES,
        Source::CLUSTER_ROLES,
        Source::ROLE_BINDINGS,
        Source::CLUSTER_ROLE_BINDINGS,
    ],
    controls: &[Control::cis("4.1.1")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        let bindings = node.rbac.bindings().iter();
        for binding in bindings.filter(|binding| owns_cluster(binding)) {
            answers.examined();
            let admins = admins(node, binding);
            if let Some(first) = admins.first() {
                report(graph, node, answers, first, &admins);
            }
        }
    }
}

/// Whether a binding gives a role in the whole cluster, or in the namespace that is as good as that.
pub(super) fn owns_cluster(binding: &RoleBinding) -> bool {
    kube_system::owns_cluster(binding.namespace())
}

/// The subjects that a binding makes cluster-admin and that are not the system's own.
fn admins<'g>(node: &'g ClusterNode<'_>, binding: &'g RoleBinding) -> Vec<(SubjectId, Grant<'g>)> {
    let Some(role) = node.rbac.role_of(binding) else {
        return Vec::new();
    };
    let Some(rule) = is_cluster_admin(&role.rules) else {
        return Vec::new();
    };
    outside_subjects(binding, Some(role))
        .into_iter()
        .filter(|subject| !is_system_subject(subject))
        .filter_map(|subject| {
            let grant = Grant {
                binding,
                subject,
                role,
                rule,
            };
            Some((SubjectId::of(subject, binding)?, grant))
        })
        .collect()
}

fn report(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    (first, grant): &(SubjectId, Grant<'_>),
    admins: &[(SubjectId, Grant<'_>)],
) {
    let names: Vec<String> = admins.iter().map(|(id, _)| node.who(id)).collect();
    let titled = match names.as_slice() {
        [one] => one.clone(),
        several => format!("{} subjects", several.len()),
    };
    let names = some_of(&names);
    let (binding, role) = (grant.binding, grant.role);
    let text = binding_text(binding);
    let place = match binding.namespace() {
        Some(namespace) => format!(" in {namespace}, and so whatever the controllers may do"),
        None => String::new(),
    };
    let kubectl = kubectl(node.cluster);
    let name = quoted(&binding.metadata.name);
    let object = match binding.namespace() {
        Some(namespace) => format!("-n {} rolebinding {name}", quoted(namespace)),
        None => format!("clusterrolebinding {name}"),
    };
    let subjects = admins.iter().map(|(id, _)| subject_id(node.key, id));
    let controllers = admins
        .iter()
        .map(|(id, _)| graph.known_controller(node, id));
    // One that is not known is enough.
    let known = controllers.collect::<Option<Vec<_>>>();
    let known = known.and_then(|all| all.first().copied());
    answers
        .finding(Resource::of(binding_id(node.key, binding)), "")
        .severity(severity(known, Severity::High))
        .title(format!("The {text} makes {titled} cluster-admin"))
        .message(format!(
            "In {} the {text} gives {names} the {}, whose rule {} allows every verb on every resource of every group{place}.{}",
            node.key,
            role_text(role),
            grant.rule + 1,
            expected(known),
        ))
        .related(Resource::of(role_id(node.key, role)))
        .related_all(subjects.map(Resource::of))
        .path(graph.path_to_role(node, first, grant))
        .fix(
            "Bind a role that has only what the subject does, then delete this binding; what still needed it is refused from then on. Save it first, to be able to put it back.",
            [
                format!("{kubectl} get {object} -o yaml > binding.yaml"),
                format!("{kubectl} delete {object}"),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "cluster-admin-binding";

    fn cluster(kind: &str, role: &str, subjects: &[Value]) -> Estate {
        let everything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
        let most =
            json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "delete"]}]);
        let role_of = |name: &str, rules: &Value| json!({"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules});
        let mut binding = json!({"kind": kind, "metadata": {"name": "ops"}, "subjects": subjects,
            "roleRef": {"kind": "ClusterRole", "name": role}});
        if kind == "RoleBinding" {
            binding["metadata"]["namespace"] = json!("web");
        }
        Estate::new().kubernetes(json!({
            "roles": [role_of("cluster-admin", &everything), role_of("root", &everything), role_of("most", &most)],
            "role_bindings": [binding, {"kind": "ClusterRoleBinding", "metadata": {"name": "cluster-admin"},
                "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
                "subjects": [{"kind": "Group", "name": "system:masters"}]}]}))
    }

    fn user(name: &str) -> Value {
        json!({"kind": "User", "name": name})
    }

    #[test]
    fn cluster_admin_and_a_role_of_its_power_are_found() {
        for role in ["cluster-admin", "root"] {
            let asked = cluster("ClusterRoleBinding", role, &[user("jane")]).ask(ID);
            asked.finds(&[&object("", "ClusterRoleBinding", "ops")]);
            let related: Vec<_> = asked.findings[0].related.iter().map(|r| &r.id).collect();
            assert_eq!(
                related,
                [
                    &object("", "ClusterRole", role),
                    &object("", "User", "jane")
                ]
            );
        }
    }

    #[test]
    fn a_service_accounts_path_begins_at_its_workload() {
        let account = json!({"kind": "ServiceAccount", "name": "api", "namespace": "web"});
        let asked = cluster("ClusterRoleBinding", "cluster-admin", &[account])
            .pod("web", "api")
            .ask(ID);
        let edges: Vec<_> = asked.findings[0]
            .path
            .iter()
            .map(|s| s.edge.as_str())
            .collect();
        assert_eq!(edges, ["runs-as", "bound-to"], "{asked:#?}");
    }

    #[test]
    fn the_systems_own_less_power_or_one_namespace_passes() {
        for (kind, role, subjects) in [
            ("ClusterRoleBinding", "cluster-admin", vec![]),
            (
                "ClusterRoleBinding",
                "cluster-admin",
                vec![user("eks:addon-manager")],
            ),
            ("ClusterRoleBinding", "most", vec![user("jane")]),
            ("ClusterRoleBinding", "missing", vec![user("jane")]),
            ("RoleBinding", "cluster-admin", vec![user("jane")]),
            // Without a namespace the authorizer matches no service account.
            (
                "ClusterRoleBinding",
                "root",
                vec![json!({"kind": "ServiceAccount", "name": "api"})],
            ),
        ] {
            cluster(kind, role, &subjects).ask(ID).passes();
        }
    }

    #[test]
    fn without_the_bindings_it_is_not_passed_and_without_any_it_does_not_apply() {
        let fine = cluster("ClusterRoleBinding", "most", &[]);
        fine.denied(Source::CLUSTER_ROLE_BINDINGS)
            .ask(ID)
            .is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }

    #[test]
    fn in_kube_system_it_is_as_good_as_everywhere() {
        let bound = |namespace: &str| {
            cluster("ClusterRoleBinding", "most", &[]).kubernetes(json!({"role_bindings": [
                {"kind": "RoleBinding", "metadata": {"name": "ops", "namespace": namespace},
                 "subjects": [user("jane")], "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}]}))
        };
        let asked = bound("kube-system").ask(ID);
        asked.finds(&[&object("kube-system", "RoleBinding", "ops")]);
        let commands = &asked.findings[0].remediation.commands;
        assert!(
            commands[1].ends_with(" delete -n kube-system rolebinding ops"),
            "{commands:?}"
        );
        bound("web").ask(ID).passes();
        bound("web")
            .denied(Source::ROLE_BINDINGS)
            .ask(ID)
            .is_not_evaluated();
    }
}
