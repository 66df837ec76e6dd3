//! A cluster-admin from AWS has not been used for 90 days
//!
//! Nobody would notice if it were misused, and nobody would miss it. It is the whole cluster, kept open for an attacker
//! alone.
//!
//! The principal of an access entry or of a mapping in aws-auth counts when it is cluster-admin as in
//! `cluster-admin-from-aws` and has not been used for more than 90 days: a role by what IAM says of its last use in any
//! service, a user by its password and its keys that work, as the credential report has them. A user with neither a
//! password nor a key counts too: whoever may make it a key is cluster-admin. What is younger than that does not count.
//! Principals of accounts that are not in the audit are not judged.
//!
//! Known false positives: a break-glass role. Waive it, and alarm on its use.
//!
//! To fix it, take the way in away. The role or user itself is `role-unused`.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::{edit_aws_auth, entry_flags};
use crate::graph::aws_access::AwsAccess;
use crate::graph::cluster_admin::{Reason, bound_admins, reason};
use crate::graph::last_use::Use;
use crate::graph::path::{EdgeKind, Step};
use crate::graph::principal::Principal;
use crate::graph::wording::short;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
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
        for access in &node.access.all {
            if graph.admits_nobody(access) {
                continue;
            }
            let Some(reason) = reason(node, access, &admins) else {
                continue;
            };
            answers.examined();
            let principal = graph
                .access_principal(access)
                .and_then(|at| graph.principals.get(at));
            let Some(principal) = principal else {
                answers.unjudged(format!("the last use of {} was not read", access.principal));
                continue;
            };
            match graph.last_use(principal) {
                Use::Recent => {}
                Use::Unknown(what) => {
                    answers.unjudged(format!("{what} of {} was not read", principal.arn))
                }
                Use::Old(words) => report(node, answers, access, principal, reason, &words),
            }
        }
    }
}

fn report(
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    access: &AwsAccess<'_>,
    principal: &Principal<'_>,
    reason: Reason,
    words: &str,
) {
    let (way, command) = match access.way {
        EdgeKind::AccessEntry => (
            "access entry",
            format!(
                "aws eks delete-access-entry {}",
                entry_flags(node.cluster, &access.principal)
            ),
        ),
        _ => ("mapping in aws-auth", edit_aws_auth(node.cluster)),
    };
    let evidence = format!("{way}: {}", reason.text);
    let mut path = vec![Step::new(principal.arn, access.way, &reason.to, evidence)];
    path.extend(reason.rest);
    answers
        .finding(Resource::of(principal.arn), node.key)
        .certainty(match reason.certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("The {} is cluster-admin of {} and unused", short(principal.arn), node.key))
        .message(format!(
            "{} {words}. By its {way} it is cluster-admin of {}: {}.",
            principal.arn, node.key, reason.text
        ))
        .related(Resource::of(node.id()))
        .path(path)
        .fix(
            format!("Delete the {way}. See that another principal can still administer the cluster before this one no longer can."),
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, allow, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "cluster-admin-unused";
    const JANE: &str = "arn:aws:iam::111122223333:user/jane";

    fn entry(principal: &str, policy: &str) -> Value {
        json!({"access": [{"entry": {"principalArn": principal, "type": "STANDARD"}, "policies": [{
            "policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{policy}"), "accessScope": {"type": "cluster"}}]}]})
    }

    fn of_role(last: Value, policy: &str) -> Estate {
        let mut ops = role("ops", &json!({}), &allow("s3:Get*", "*"));
        ops["RoleLastUsed"] = last;
        Estate::new()
            .iam(json!({"roles": [ops]}))
            .eks(entry(&role_arn("ops"), policy))
    }

    fn of_user(key_used: Value) -> Estate {
        let user = json!({"UserName": "jane", "Arn": JANE, "Path": "/", "UserId": "AIDA", "CreateDate": "2024-01-01T00:00:00Z"});
        let row = json!({"user": "jane", "arn": JANE, "password_enabled": false,
            "access_keys": [{"number": 1, "active": true, "last_used": key_used}]});
        let map = format!("- userarn: {JANE}\n  username: jane\n  groups: [system:masters]\n");
        Estate::new()
            .iam(json!({"users": [user], "credential_report": [row]}))
            .kubernetes(json!({"config_maps": [{"data": {"mapUsers": map},
                "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]}))
    }

    #[test]
    fn an_unused_admin_is_found_by_role_and_by_key() {
        let old = json!({"LastUsedDate": "2026-06-01T00:00:00Z", "Region": "eu-west-1"});
        let asked = of_role(old, "AmazonEKSClusterAdminPolicy").ask(ID);
        asked.finds(&[&role_arn("ops")]);
        assert!(
            asked.findings[0].message.contains("on 2026-06-01"),
            "{asked:#?}"
        );
        of_role(json!({}), "AmazonEKSClusterAdminPolicy")
            .ask(ID)
            .finds(&[&role_arn("ops")]);
        let asked = of_user(json!("2026-01-01T00:00:00Z")).ask(ID);
        asked.finds(&[JANE]);
        assert!(
            asked.findings[0].remediation.commands[0].contains("aws-auth"),
            "{asked:#?}"
        );
        of_user(Value::Null).ask(ID).finds(&[JANE]);
    }

    #[test]
    fn an_admin_in_use_and_an_unused_reader_pass() {
        let new = json!({"LastUsedDate": "2026-11-20T00:00:00Z"});
        of_role(new, "AmazonEKSClusterAdminPolicy").ask(ID).passes();
        of_user(json!("2026-11-01T00:00:00Z")).ask(ID).passes();
        of_role(json!({}), "AmazonEKSViewPolicy")
            .ask(ID)
            .is_not_applicable();
    }

    #[test]
    fn a_use_that_was_not_read_is_not_never() {
        of_role(Value::Null, "AmazonEKSClusterAdminPolicy")
            .ask(ID)
            .is_not_evaluated();
        let mut snapshot = of_user(Value::Null).snapshot();
        for account in snapshot.accounts.values_mut() {
            account.iam.credential_report.clear();
        }
        let graph = Graph::build(&snapshot, None);
        let jane = graph
            .principals
            .by_arn(JANE)
            .and_then(|at| graph.principals.get(at));
        let used = jane.map(|jane| graph.last_use(jane));
        assert!(matches!(used, Some(Use::Unknown(_))), "{used:?}");
        let foreign = Estate::new().eks(entry(
            "arn:aws:iam::999988887777:role/ops",
            "AmazonEKSClusterAdminPolicy",
        ));
        foreign.ask(ID).is_not_evaluated();
        of_role(json!({}), "AmazonEKSViewPolicy")
            .denied(Source::ACCESS_POLICIES)
            .ask(ID)
            .is_not_evaluated();
    }
}
