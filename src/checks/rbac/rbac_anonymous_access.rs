//! Everybody may do more than look around
//!
//! Whatever is bound to `system:anonymous` or `system:unauthenticated` is open to anyone who
//! reaches the API server, without any credential; on a public endpoint that is the internet.
//! `system:authenticated` is every pod, every node and every IAM principal that comes in.
//!
//! A binding counts when one of these three is among its subjects and its role gives more than
//! discovery: versions, health, the kinds that the server knows, and reviews of one's own rights,
//! as the default roles `system:discovery`, `system:basic-user`, `system:public-info-viewer` and
//! `system:service-account-issuer-discovery` do. It is critical for the first two and high for
//! `system:authenticated`. From version 1.32 on EKS answers requests without a credential with 401
//! but for `/healthz`, `/livez` and `/readyz` (Amazon EKS User Guide, release notes of 1.32): there a
//! binding of the first two alone is low, as it gives nobody anything but whoever may impersonate
//! them. Bindings as Kubernetes and EKS ship them are known, a subject added to one or a power added
//! to its role is not.
//!
//! Known false positives: none that should stay.
//!
//! To fix it, take the subject out of the binding and bind those who need it by name.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::rbac_subject::{
    binding_id, binding_text, bound_to, role_id, role_text, rule_text, subject_id,
};
use crate::graph::wording::some_of;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::defaults::outside_subjects;
use crate::rbac::identity::{ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED};
use crate::rbac::{Grant, SubjectId, is_discovery_only};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes_rbac::{PolicyRule, RoleBinding};

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Critical,
    needs: &[
        Source::ROLES,
        Source::CLUSTER_ROLES,
        Source::ROLE_BINDINGS,
        Source::CLUSTER_ROLE_BINDINGS,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        for binding in node.rbac.bindings() {
            answers.examined();
            let found = everybody(node, binding);
            if let Some(first) = found.first() {
                report(graph, node, answers, first, &found);
            }
        }
    }
}

/// The subjects of a binding that are everybody, each with the rule that is more than discovery.
fn everybody<'g>(
    node: &'g ClusterNode<'_>,
    binding: &'g RoleBinding,
) -> Vec<(SubjectId, Grant<'g>)> {
    let Some(role) = node.rbac.role_of(binding) else {
        return Vec::new();
    };
    let more = |rule: &PolicyRule| !is_discovery_only(std::slice::from_ref(rule));
    let Some(rule) = role.rules.iter().position(more) else {
        return Vec::new();
    };
    outside_subjects(binding, Some(role))
        .into_iter()
        .filter_map(|subject| {
            let id = SubjectId::of(subject, binding)?;
            let is_everybody = match &id {
                SubjectId::User(name) => name == ANONYMOUS,
                SubjectId::Group(name) => name == UNAUTHENTICATED || name == AUTHENTICATED,
                SubjectId::ServiceAccount { .. } => false,
            };
            let grant = Grant {
                binding,
                subject,
                role,
                rule,
            };
            is_everybody.then_some((id, grant))
        })
        .collect()
}

/// How bad it is that these are open, who that is, and whether the version of the cluster decides on it.
fn who(names: &[String], takes_anonymous: Option<bool>) -> (Severity, &'static str, Certainty) {
    let anonymous = names.iter().any(|name| name != AUTHENTICATED);
    let others = names.iter().any(|name| name == AUTHENTICATED);
    match (anonymous, takes_anonymous) {
        (true, Some(true)) => (
            Severity::Critical,
            "anybody who reaches the API server",
            Certainty::Certain,
        ),
        (true, None) => (
            Severity::Critical,
            "anybody who reaches the API server, if its version, which was not read, is before 1.32",
            match others {
                true => Certainty::Certain,
                false => Certainty::Conditional,
            },
        ),
        _ if others => (
            Severity::High,
            "everybody who has any credential",
            Certainty::Certain,
        ),
        _ => (
            Severity::Low,
            "nobody while the cluster answers requests without a credential with 401, as EKS does from 1.32 on, and \
             whoever may impersonate them",
            Certainty::Certain,
        ),
    }
}

fn report<'g>(
    graph: &Graph<'g>,
    node: &ClusterNode<'g>,
    answers: &mut Answers,
    (first, grant): &(SubjectId, Grant<'_>),
    found: &[(SubjectId, Grant<'_>)],
) {
    let (binding, role) = (grant.binding, grant.role);
    let names: Vec<String> = found.iter().map(|(id, _)| id.user_name()).collect();
    let (severity, who, certainty) = who(&names, graph.api_server(node).takes_anonymous);
    let names = some_of(&names);
    let place = match binding.namespace() {
        Some(namespace) => format!("in the namespace {namespace} of {}", node.key),
        None => format!("in all of {}", node.key),
    };
    let rule = rule_text(role, grant.rule).unwrap_or_default();
    let name = quoted(&binding.metadata.name);
    let object = match binding.namespace() {
        Some(namespace) => format!("-n {} rolebinding {name}", quoted(namespace)),
        None => format!("clusterrolebinding {name}"),
    };
    let kubectl = kubectl(node.cluster);
    let subjects = found.iter().map(|(id, _)| subject_id(node.key, id));
    answers
        .finding(Resource::of(binding_id(node.key, binding)), "")
        .severity(severity)
        .certainty(certainty)
        .title(format!("The {} is open to {names}", binding_text(binding)))
        .message(format!(
            "The {} gives {names}, that is {who}, the {} {place}: {rule}.",
            binding_text(binding),
            role_text(role),
        ))
        .related(Resource::of(role_id(node.key, role)))
        .related_all(subjects.map(Resource::of))
        .path(vec![bound_to(node.key, first, grant)])
        .fix(
            format!("Take {names} out of the binding, and bind those who need the role by name. A load balancer's or monitor's health check may rely on it."),
            [
                format!("{kubectl} get {object} -o yaml > binding.yaml"),
                format!("{kubectl} edit {object}"),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object};
    use serde_json::{Value, json};

    const ID: &str = "rbac-anonymous-access";

    fn group(name: &str) -> Value {
        json!({"kind": "Group", "name": name})
    }

    fn cluster(name: &str, subjects: &[Value], rule: &Value) -> Estate {
        Estate::new().kubernetes(json!({
            "roles": [{"kind": "ClusterRole", "metadata": {"name": name}, "rules": [rule]}],
            "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": name},
                "subjects": subjects, "roleRef": {"kind": "ClusterRole", "name": name}}]}))
    }

    fn pods() -> Value {
        json!({"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]})
    }

    #[test]
    fn everybody_with_more_than_discovery_is_found() {
        let anonymous = json!({"kind": "User", "name": "system:anonymous"});
        for (subjects, severity) in [
            (vec![anonymous], Severity::Critical),
            (vec![group(UNAUTHENTICATED)], Severity::Critical),
            (vec![group(AUTHENTICATED)], Severity::High),
            (
                vec![group(AUTHENTICATED), group(UNAUTHENTICATED)],
                Severity::Critical,
            ),
        ] {
            let old = json!({"cluster": {"version": "1.31"}});
            let asked = cluster("open", &subjects, &pods()).eks(old).ask(ID);
            asked.finds(&[&object("", "ClusterRoleBinding", "open")]);
            assert_eq!(asked.findings[0].severity, severity, "{asked:#?}");
            assert_eq!(
                asked.findings[0].certainty,
                Certainty::Certain,
                "{asked:#?}"
            );
            assert!(
                asked.findings[0].message.contains("get, list on pods"),
                "{asked:#?}"
            );
        }
    }

    #[test]
    fn the_version_decides_whether_anybody_is_heard_without_a_credential() {
        let (without, with) = (group(UNAUTHENTICATED), group(AUTHENTICATED));
        let one = std::slice::from_ref(&without);
        let both = [without.clone(), with.clone()];
        for (version, subjects, severity, certainty, says) in [
            (
                "1.31",
                one,
                Severity::Critical,
                Certainty::Certain,
                "anybody who reaches",
            ),
            ("1.32", one, Severity::Low, Certainty::Certain, "401"),
            ("1.33", one, Severity::Low, Certainty::Certain, "401"),
            (
                "1.33",
                &both,
                Severity::High,
                Certainty::Certain,
                "everybody who has any credential",
            ),
            (
                "",
                one,
                Severity::Critical,
                Certainty::Conditional,
                "before 1.32",
            ),
            (
                "",
                &both,
                Severity::Critical,
                Certainty::Certain,
                "before 1.32",
            ),
        ] {
            let eks = json!({"cluster": {"version": version}});
            let asked = cluster("open", subjects, &pods()).eks(eks).ask(ID);
            asked.finds(&[&object("", "ClusterRoleBinding", "open")]);
            let found = &asked.findings[0];
            assert_eq!(
                (found.severity, found.certainty),
                (severity, certainty),
                "{version} {subjects:?}"
            );
            assert!(
                found.message.contains(says),
                "{version} {subjects:?}: {}",
                found.message
            );
        }
    }

    #[test]
    fn a_default_binding_whose_role_was_given_more_is_found() {
        let more = json!({"verbs": ["create"], "apiGroups": [""], "resources": ["pods"]});
        let asked = cluster("system:basic-user", &[group(AUTHENTICATED)], &more).ask(ID);
        asked.finds(&[&object("", "ClusterRoleBinding", "system:basic-user")]);
    }

    #[test]
    fn discovery_and_others_pass() {
        let version = json!({"verbs": ["get"], "nonResourceURLs": ["/version", "/healthz"]});
        cluster("open", &[group(UNAUTHENTICATED)], &version)
            .ask(ID)
            .passes();
        cluster(
            "open",
            &[group("devs"), group("system:serviceaccounts")],
            &pods(),
        )
        .ask(ID)
        .passes();
        // The kind is a user's: the authorizer knows no such user.
        let user = json!({"kind": "User", "name": AUTHENTICATED});
        cluster("open", &[user], &pods()).ask(ID).passes();
    }

    #[test]
    fn without_the_bindings_it_is_not_passed_and_without_any_it_does_not_apply() {
        let fine = cluster("open", &[group("devs")], &pods());
        fine.denied(Source::ROLE_BINDINGS)
            .ask(ID)
            .is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }
}
