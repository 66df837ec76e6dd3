//! An IAM user that comes into a cluster has not been used for 90 days
//!
//! A user's key does not expire. One that nobody uses is missed by nobody when it is found in an old repository or on
//! an old disk, and it still opens the cluster.
//!
//! A user counts that an access entry or a mapping in aws-auth lets in, that is not cluster-admin by it (that is
//! `cluster-admin-unused`), and whose password and keys that work have not been used for more than 90 days, as the
//! credential report has them. A user with neither a password nor a key counts too: whoever may make it a key comes in.
//! What is younger than that does not count. A role's disuse is `role-unused`.
//!
//! Known false positives: a user that is kept for emergencies. Waive it, and alarm on its use.
//!
//! To fix it, take the way in away, then the keys. People come in by roles, whose credentials expire.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{edit_aws_auth, entry_flags};
use crate::graph::aws_access::AwsAccess;
use crate::graph::cluster_admin::{bound_admins, reason};
use crate::graph::last_use::Use;
use crate::graph::path::{EdgeKind, Step};
use crate::graph::principal::Principal;
use crate::graph::wording::short;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::{Arn, object_id};

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    // Which of access entries and aws-auth must be seen depends on the cluster's mode.
    needs: &[
        Source::CLUSTER,
        Source::CLUSTER_ROLES,
        Source::CLUSTER_ROLE_BINDINGS,
        Source::IAM,
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
        for access in graph.ways_in(node) {
            if !is_users(access) || reason(node, access, &admins).is_some() {
                continue;
            }
            answers.examined();
            let user = graph.access_principal(access);
            let Some(user) = user.and_then(|at| graph.principals.get(at)) else {
                // A mapping for a user that is not there is another check's.
                if graph.gone(access).is_none() {
                    answers.unjudged(format!("the last use of {} was not read", access.principal));
                }
                continue;
            };
            match graph.last_use(user) {
                Use::Recent => {}
                Use::Unknown(what) => {
                    answers.unjudged(format!("{what} of {} was not read", user.arn))
                }
                Use::Old(words) => report(node, answers, access, user, &words),
            }
        }
    }
}

/// Whether a way in is a user's.
fn is_users(access: &AwsAccess<'_>) -> bool {
    let arn = Arn::parse(&access.principal);
    arn.is_some_and(|arn| arn.resource.to_ascii_lowercase().starts_with("user/"))
}

fn report(
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    access: &AwsAccess<'_>,
    user: &Principal<'_>,
    words: &str,
) {
    let map = object_id(node.key, "kube-system", "ConfigMap", "aws-auth");
    let (way, related, command) = match access.way {
        EdgeKind::AccessEntry => (
            "access entry",
            None,
            format!(
                "aws eks delete-access-entry {}",
                entry_flags(node.cluster, &access.principal)
            ),
        ),
        _ => (
            "mapping in aws-auth",
            Some(Resource::of(map)),
            edit_aws_auth(node.cluster),
        ),
    };
    answers
        .finding(Resource::of(user.arn), node.key)
        .title(format!("The {} comes into {} and is unused", short(user.arn), node.key))
        .message(format!(
            "{} {words}. It comes into {} by its {way}.",
            user.arn, node.key
        ))
        .related(Resource::of(node.id()))
        .related_all(related)
        .path(vec![Step::new(user.arn, access.way, node.id(), way)])
        .fix(
            format!("Delete the {way}. Then switch the user's keys off, and delete them when nothing has broken."),
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "access-user-unused";
    const JANE: &str = "arn:aws:iam::111122223333:user/jane";

    fn user(key_used: &Value) -> Estate {
        let user = json!({"UserName": "jane", "Arn": JANE, "Path": "/", "UserId": "AIDA", "CreateDate": "2024-01-01T00:00:00Z"});
        let row = json!({"user": "jane", "arn": JANE, "password_enabled": false,
            "access_keys": [{"number": 1, "active": true, "last_used": key_used}]});
        Estate::new().iam(json!({"users": [user], "credential_report": [row]}))
    }

    fn entry(principal: &str, policy: &str) -> Value {
        json!({"access": [{"entry": {"principalArn": principal, "type": "STANDARD"}, "policies": [{
            "policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{policy}"), "accessScope": {"type": "cluster"}}]}]})
    }

    fn mapped(field: &str, arn: &str, groups: &str) -> Value {
        let map = format!("- {arn}\n  username: jane\n  groups: [{groups}]\n");
        json!({"config_maps": [{"data": {field: map}, "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]})
    }

    #[test]
    fn an_old_key_is_found_by_entry_and_by_mapping() {
        let old = json!("2026-01-01T00:00:00Z");
        let asked = user(&old).eks(entry(JANE, "AmazonEKSViewPolicy")).ask(ID);
        asked.finds(&[JANE]);
        let finding = &asked.findings[0];
        assert!(finding.message.contains("on 2026-01-01"), "{finding:#?}");
        let command = &finding.remediation.commands[0];
        assert!(
            command.starts_with("aws eks delete-access-entry"),
            "{finding:#?}"
        );
        let map = mapped("mapUsers", &format!("userarn: {JANE}"), "devs");
        let asked = user(&Value::Null).kubernetes(map).ask(ID);
        asked.finds(&[JANE]);
        let command = &asked.findings[0].remediation.commands[0];
        assert!(command.contains("aws-auth"), "{asked:#?}");
    }

    #[test]
    fn what_is_in_use_or_anothers_passes() {
        let (old, new) = (json!("2026-01-01T00:00:00Z"), json!("2026-11-01T00:00:00Z"));
        user(&new)
            .eks(entry(JANE, "AmazonEKSViewPolicy"))
            .ask(ID)
            .passes();
        // A cluster-admin and a role have their own checks.
        for access in [
            entry(JANE, "AmazonEKSClusterAdminPolicy"),
            entry(&role_arn("ops"), "AmazonEKSViewPolicy"),
        ] {
            user(&old).eks(access).ask(ID).is_not_applicable();
        }
        let map = mapped("mapRoles", &format!("rolearn: {}", role_arn("ops")), "devs");
        user(&old).kubernetes(map).ask(ID).is_not_applicable();
        user(&old).ask(ID).is_not_applicable();
    }

    #[test]
    fn a_user_that_is_gone_is_another_checks() {
        let gone = "arn:aws:iam::111122223333:user/gone";
        let map = mapped("mapUsers", &format!("userarn: {gone}"), "devs");
        user(&Value::Null).kubernetes(map).ask(ID).passes();
        let access = entry(gone, "AmazonEKSViewPolicy");
        user(&Value::Null).eks(access).ask(ID).is_not_applicable();
    }

    #[test]
    fn a_use_that_was_not_read_is_not_never() {
        let foreign = "arn:aws:iam::999988887777:user/max";
        let access = entry(foreign, "AmazonEKSViewPolicy");
        user(&Value::Null).eks(access).ask(ID).is_not_evaluated();
        let view = || entry(JANE, "AmazonEKSViewPolicy");
        let recent = user(&json!("2026-11-01T00:00:00Z"));
        recent
            .eks(view())
            .denied(Source::ACCESS_ENTRIES)
            .ask(ID)
            .is_not_evaluated();
    }
}
