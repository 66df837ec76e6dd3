//! A subject reads the Secrets of all namespaces
//!
//! Secrets hold the tokens, passwords and keys of everybody in the cluster: whoever reads them
//! all can act as any of them, and goes from there.
//!
//! A user, group or service account counts when a ClusterRoleBinding gives it `get`, `list` or
//! `watch` on `secrets` without a limit of names, as the API server understands the rule: by `*`
//! too, and `list` and `watch` give the values. A rule that names single Secrets, and a
//! RoleBinding, do not count. The subjects of the control plane and the bindings of Kubernetes
//! and EKS are known. Cluster-admins have their own finding. EKS access policies are no RBAC and
//! are not looked at here.
//!
//! Of a controller that everybody runs, as cert-manager or External Secrets, in its own namespace
//! and with its own image, it is reported as information: its work takes it.
//!
//! Known false positives: another operator whose work it is. Waive it and guard its namespace.
//!
//! To fix it, bind the role in the namespaces that need it, or name the Secrets.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::check::{Answers, Check};
use crate::checks::expected::{expected, severity};
use crate::checks::finding::{Control, Resource, Severity};
use crate::checks::remedy::narrow_grant;
use crate::graph::rbac_subject::{
    binding_id, binding_text, role_id, role_text, subject_id, subject_text,
};
use crate::graph::wording::{capital, some_of};
use crate::graph::{ClusterNode, Graph};
use crate::rbac::defaults::{is_system_subject, outside_subjects};
use crate::rbac::power::SECRET_READING;
use crate::rbac::{Authorizer, Grant, Holder, Identity, Permission, SubjectId, is_cluster_admin};
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[Source::CLUSTER_ROLES, Source::CLUSTER_ROLE_BINDINGS],
    controls: &[Control::cis("4.1.2")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        let wide = node.rbac.bindings().iter();
        for _ in wide.filter(|binding| binding.namespace().is_none()) {
            answers.examined();
        }
        let admins = admins(&node.rbac);
        for (subject, reads) in readers(&node.rbac) {
            if !is_admin(&subject, &admins) {
                report(graph, node, answers, &subject, &reads);
            }
        }
    }
}

/// How a subject reads Secrets: verbs and grants, these by the binding's name.
#[derive(Default)]
struct Reads<'a> {
    verbs: Vec<&'static str>,
    grants: BTreeMap<&'a str, Grant<'a>>,
}

fn readers(rbac: &Authorizer) -> BTreeMap<SubjectId, Reads<'_>> {
    let mut readers: BTreeMap<SubjectId, Reads<'_>> = BTreeMap::new();
    for verb in SECRET_READING {
        let holders = rbac.who_can(&Permission::new(verb, "", "secrets"));
        for of_binding in holders.chunk_by(|a, b| std::ptr::eq(a.grant.binding, b.grant.binding)) {
            let outside = outside(of_binding);
            for holder in of_binding
                .iter()
                .filter(|holder| outside.contains(&holder.subject))
            {
                let reads = readers.entry(holder.subject.clone()).or_default();
                if reads.verbs.last() != Some(&verb) {
                    reads.verbs.push(verb);
                }
                let name = holder.grant.binding.metadata.name.as_str();
                reads.grants.entry(name).or_insert(holder.grant);
            }
        }
    }
    readers
}

/// The subjects of one binding that are not the system's own.
fn outside(holders: &[Holder<'_>]) -> BTreeSet<SubjectId> {
    let Some(grant) = holders.first().map(|holder| holder.grant) else {
        return BTreeSet::new();
    };
    outside_subjects(grant.binding, Some(grant.role))
        .into_iter()
        .filter(|subject| !is_system_subject(subject))
        .filter_map(|subject| SubjectId::of(subject, grant.binding))
        .collect()
}

/// Everybody whom a ClusterRoleBinding makes cluster-admin.
fn admins(rbac: &Authorizer) -> BTreeSet<SubjectId> {
    let wide = rbac.bindings().iter().filter(|binding| {
        let role = rbac.role_of(binding);
        binding.namespace().is_none()
            && role.is_some_and(|role| is_cluster_admin(&role.rules).is_some())
    });
    wide.flat_map(|binding| {
        let subjects = binding.subjects.iter();
        subjects.filter_map(|subject| SubjectId::of(subject, binding))
    })
    .collect()
}

/// Whether a subject is among them, itself or by a group that it is surely in.
fn is_admin(subject: &SubjectId, admins: &BTreeSet<SubjectId>) -> bool {
    let groups = Identity::of(subject).groups.into_iter();
    admins.contains(subject)
        || groups
            .map(SubjectId::Group)
            .any(|group| admins.contains(&group))
}

fn report(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    subject: &SubjectId,
    reads: &Reads<'_>,
) {
    let Some(first) = reads.grants.values().next() else {
        return;
    };
    let who = subject_text(subject);
    let known = graph.known_controller(node, subject);
    let bindings: Vec<String> = reads
        .grants
        .values()
        .map(|grant| {
            let role = role_text(grant.role);
            format!(
                "the {} to the {role} (rule {})",
                binding_text(grant.binding),
                grant.rule + 1
            )
        })
        .collect();
    let related = reads.grants.values().flat_map(|grant| {
        [
            binding_id(node.key, grant.binding),
            role_id(node.key, grant.role),
        ]
    });
    let related: BTreeSet<Resource> = related.map(Resource::of).collect();
    answers
        .finding(Resource::of(subject_id(node.key, subject)), "")
        .severity(severity(known, Severity::High))
        .title(format!("{} reads the Secrets of all namespaces", capital(&who)))
        .message(format!(
            "In {} {who} may {} every Secret of every namespace, by {}.{}",
            node.key,
            reads.verbs.join(", "),
            some_of(&bindings),
            expected(known),
        ))
        .related_all(related)
        .path(graph.path_to_role(node, subject, first))
        .fix(
            "Bind the role in the namespaces that need it instead of the whole cluster, or name the Secrets in the rule. What read others is refused from then on.",
            narrow_grant(node.cluster, subject, first),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "rbac-secrets-cluster-wide";

    fn rules(verbs: &[&str], groups: &[&str], resources: &[&str]) -> Value {
        json!({"verbs": verbs, "apiGroups": groups, "resources": resources})
    }

    fn cluster(kind: &str, rule: &Value) -> Estate {
        let mut binding = json!({"kind": kind, "metadata": {"name": "b"},
            "subjects": [{"kind": "ServiceAccount", "name": "api", "namespace": "web"}],
            "roleRef": {"kind": "ClusterRole", "name": "reader"}});
        if kind == "RoleBinding" {
            binding["metadata"]["namespace"] = json!("web");
        }
        Estate::new()
            .pod("web", "api")
            .kubernetes(json!({"role_bindings": [binding],
            "roles": [{"kind": "ClusterRole", "metadata": {"name": "reader"}, "rules": [rule]}]}))
    }

    #[test]
    fn each_way_to_read_them_all_is_found() {
        for (rule, verbs) in [
            (rules(&["get"], &[""], &["secrets"]), "may get every"),
            (
                rules(&["watch", "list"], &["*"], &["secrets"]),
                "may list, watch every",
            ),
            (rules(&["*"], &[""], &["*"]), "may get, list, watch every"),
            // On everything, but not by every verb: no cluster-admin.
            (rules(&["get", "delete"], &["*"], &["*"]), "may get every"),
        ] {
            let asked = cluster("ClusterRoleBinding", &rule).ask(ID);
            asked.finds(&[&object("web", "ServiceAccount", "api")]);
            let finding = &asked.findings[0];
            assert!(finding.message.contains(verbs), "{finding:#?}");
            let edges: Vec<_> = finding.path.iter().map(|s| s.edge.as_str()).collect();
            assert_eq!(edges, ["runs-as", "bound-to"]);
        }
    }

    #[test]
    fn one_name_one_namespace_or_what_looks_like_secrets_passes() {
        let mut named = rules(&["get"], &[""], &["secrets"]);
        named["resourceNames"] = json!(["one"]);
        for rule in [
            named,
            rules(&["get"], &[""], &["secret", "secrets/status"]),
            rules(&["get"], &["apps"], &["secrets"]),
            rules(&["create", "delete"], &[""], &["secrets"]),
            rules(&["get"], &["*"], &["*/*"]),
        ] {
            cluster("ClusterRoleBinding", &rule).ask(ID).passes();
        }
        let asked = cluster("RoleBinding", &rules(&["get"], &[""], &["secrets"])).ask(ID);
        asked.is_not_applicable();
    }

    #[test]
    fn a_cluster_admin_has_its_own_finding() {
        cluster("ClusterRoleBinding", &rules(&["*"], &["*"], &["*"]))
            .ask(ID)
            .passes();
        let by_group = json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "cluster-admin"},
                "rules": [rules(&["*"], &["*"], &["*"])]}],
            "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "all"},
                "subjects": [{"kind": "Group", "name": "system:serviceaccounts:web"}],
                "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}]});
        let reader = cluster("ClusterRoleBinding", &rules(&["get"], &[""], &["secrets"]));
        reader.kubernetes(by_group).ask(ID).passes();
    }

    #[test]
    fn without_the_bindings_it_is_not_passed() {
        let fine = cluster("ClusterRoleBinding", &rules(&["get"], &[""], &["pods"]));
        fine.denied(Source::CLUSTER_ROLE_BINDINGS)
            .ask(ID)
            .is_not_evaluated();
    }
}
