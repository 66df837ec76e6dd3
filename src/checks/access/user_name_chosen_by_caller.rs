//! Whoever assumes a role chooses its user name in the cluster
//!
//! The name of a session is free to whoever assumes the role. Where it is the user name, or a group, as it stands, a binding
//! of that name gives what it gives to everybody who can assume the role.
//!
//! A way in counts when its user name or a group has `{{SessionName}}` or `{{SessionNameRaw}}` and may so come out as a
//! user or group that a binding names, but not by a part of the name that is the role's own: the user name that EKS sets
//! has the role's ARN in it, and only bindings of that role's own sessions fit it. Nodes do not count, nor what makes
//! cluster-admin: that is `cluster-admin-from-aws`. A session's name has no colon.
//!
//! Known false positives: a role that only an identity provider can assume, which sets the session's name.
//!
//! To fix it, give the entry or mapping a user name with the role's own name before the session's, and bind groups.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{edit_aws_auth, entry_flags, quoted};
use crate::graph::aws_access::AwsAccess;
use crate::graph::cluster_admin::{bound_admins, reason};
use crate::graph::path::EdgeKind;
use crate::graph::rbac_subject::{subject_id, subject_text};
use crate::graph::user_template::{Match, is_chosen};
use crate::graph::wording::{short, some_of};
use crate::graph::{ClusterNode, Graph};
use crate::rbac::SubjectId;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    // Which of access entries and aws-auth must be seen depends on the cluster's mode.
    needs: &[
        Source::CLUSTER,
        Source::ROLE_BINDINGS,
        Source::CLUSTER_ROLE_BINDINGS,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        for reason in graph.unseen_access(node) {
            answers.unjudged(reason);
        }
        let admins = bound_admins(node);
        for access in &node.access.all {
            if graph.admits_nobody(access) || access.is_node() || !chooses(access) {
                continue;
            }
            answers.examined();
            let named = named(node, access);
            if !named.is_empty() && reason(node, access, &admins).is_none() {
                report(graph, node, answers, access, &named);
            }
        }
    }
}

/// Whether its user name, or a group, is the session's name without the role's own before it.
fn chooses(access: &AwsAccess<'_>) -> bool {
    let names = access.groups.iter().chain([&access.username]);
    names.into_iter().any(|name| is_free(access, name))
}

fn is_free(access: &AwsAccess<'_>, template: &str) -> bool {
    let own = Arn::parse(&access.principal).map_or("", |arn| arn.name());
    let before = template.split("{{").next().unwrap_or_default();
    is_chosen(template) && !before.to_lowercase().contains(&own.to_lowercase())
}

/// The users and groups that bindings name and that the caller may choose to be.
fn named(node: &ClusterNode<'_>, access: &AwsAccess<'_>) -> Vec<SubjectId> {
    let bindings = node.rbac.bindings().iter();
    let mut found: Vec<SubjectId> = bindings
        .flat_map(|binding| {
            binding
                .subjects
                .iter()
                .filter_map(|subject| SubjectId::of(subject, binding))
        })
        .filter(|subject| match subject {
            SubjectId::Group(name) => access.is_in(name) == Match::Perhaps,
            other => {
                is_free(access, &access.username)
                    && access.is_user(&other.user_name()) == Match::Perhaps
            }
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn report(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    access: &AwsAccess<'_>,
    named: &[SubjectId],
) {
    let principal = graph
        .access_principal(access)
        .and_then(|at| graph.principals.get(at));
    let arn = principal.map_or(access.principal.as_str(), |principal| principal.arn);
    let (way, command) = match access.way {
        EdgeKind::AccessEntry => (
            "access entry",
            format!(
                "aws eks update-access-entry {} --username {}",
                entry_flags(node.cluster, &access.principal),
                quoted("ROLE:{{SessionName}}")
            ),
        ),
        _ => ("mapping in aws-auth", edit_aws_auth(node.cluster)),
    };
    let texts: Vec<String> = named.iter().map(subject_text).collect();
    answers
        .finding(Resource::of(arn), node.key)
        .title(format!("Whoever assumes the {} chooses who it is in {}", short(arn), node.key))
        .message(format!(
            "The {way} of {arn} in {} has the user name {:?} and the groups {:?}: a session that is named so comes in as {}, which bindings name.",
            node.key,
            access.username,
            access.groups,
            some_of(&texts)
        ))
        .related(Resource::of(node.id()))
        .related_all(named.iter().map(|subject| Resource::of(subject_id(node.key, subject))))
        .fix(
            "Put the role's own name before the session's, so that no other name fits, and bind a group instead of user names. Bindings that meant a session by its name alone no longer fit it.",
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, allow, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "user-name-chosen-by-caller";

    fn estate(username: &str, groups: &[&str], subject: &Value) -> Estate {
        let map = json!([{"rolearn": role_arn("ops"), "username": username, "groups": groups}]);
        Estate::new()
            .iam(json!({"roles": [role("ops", &json!({}), &allow("s3:Get*", "*"))]}))
            .kubernetes(json!({
                "config_maps": [{"data": {"mapRoles": map.to_string()}, "metadata": {"name": "aws-auth", "namespace": "kube-system"}}],
                "roles": [{"kind": "ClusterRole", "metadata": {"name": "view"},
                    "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]}],
                "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "subjects": [subject],
                    "roleRef": {"kind": "ClusterRole", "name": "view"}}]}))
    }

    fn ask(username: &str, groups: &[&str], kind: &str, name: &str) -> Asked {
        estate(username, groups, &json!({"kind": kind, "name": name})).ask(ID)
    }

    #[test]
    fn a_free_name_that_a_binding_names_is_found() {
        for (username, groups, kind, name) in [
            ("{{SessionName}}", &[][..], "User", "jane"),
            ("{{SessionNameRaw}}", &[], "User", "jane@acme.com"),
            ("team:{{SessionName}}", &[], "User", "team:jane"),
            ("ops", &["team:{{SessionName}}"], "Group", "team:devs"),
        ] {
            ask(username, groups, kind, name).finds(&[&role_arn("ops")]);
        }
    }

    #[test]
    fn names_of_the_role_itself_or_of_nobody_pass() {
        ask("{{SessionName}}", &[], "User", "team:jane").passes();
        ask("{{SessionName}}", &[], "Group", "jane").passes();
        // The name that EKS sets, and one with the role's before it.
        let set = "arn:aws:sts::111122223333:assumed-role/ops/{{SessionName}}";
        ask(
            set,
            &[],
            "User",
            "arn:aws:sts::111122223333:assumed-role/ops/jane",
        )
        .is_not_applicable();
        ask("ops:{{SessionName}}", &[], "User", "ops:jane").is_not_applicable();
        ask("jane", &[], "User", "jane").is_not_applicable();
        ask("{{SessionName}}", &["system:nodes"], "User", "jane").is_not_applicable();
    }

    #[test]
    fn what_was_not_read_is_not_passed() {
        let fine = estate(
            "{{SessionName}}",
            &[],
            &json!({"kind": "Group", "name": "devs"}),
        );
        for source in [
            Source::AWS_AUTH,
            Source::ROLE_BINDINGS,
            Source::ACCESS_ENTRIES,
        ] {
            fine.clone().denied(source).ask(ID).is_not_evaluated();
        }
    }
}
