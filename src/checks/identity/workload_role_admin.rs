//! A role that a workload gets is administrator of the account
//!
//! Whoever takes over one of its pods, by a bug in the application or a bad image, owns the AWS
//! account: the credentials lie in the pod and work from anywhere.
//!
//! A role counts as administrator when its identity policies allow every action on every
//! resource, in one statement or together, and no boundary, session policy or deny takes `iam:*`
//! or `sts:AssumeRole` away. Whether a service account gets the role is decided by evaluating the
//! trust policy for its own token, or by its Pod Identity association; the annotation alone says
//! nothing.
//!
//! To fix it, give the role only the actions and resources that the workload uses.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::show_policies;
use crate::graph::Graph;
use crate::graph::hold::telling;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Critical,
    needs: &[
        Source::IAM,
        Source::CLUSTER,
        Source::POD_IDENTITY,
        Source::SERVICE_ACCOUNTS,
        Source::PODS,
    ],
    controls: &[Control::cis("5.2.1")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for gap in graph.unseen_held_roles() {
        answers.unjudged(gap);
    }
    for (_, role, holds) in graph.held_roles() {
        answers.examined();
        // The widest hold: one without a session policy, and a certain one first.
        let admin = telling(&holds).into_iter().filter_map(|hold| {
            let admin = graph.admin(role, Some(hold))?;
            Some((
                hold.is_certain() && admin.certain && role.unseen.is_empty(),
                hold,
                admin,
            ))
        });
        let Some((certain, hold, admin)) = admin.max_by_key(|(certain, _, _)| *certain) else {
            answers.unseen_policies(role);
            continue;
        };
        let holders = graph.holders_text(&holds);
        let conditions = graph.open_conditions(role, hold, &admin.conditions);
        answers
            .finding(Resource::of(role.arn), "")
            .certainty(if certain { Certainty::Certain } else { Certainty::Conditional })
            .title(format!("{} can act as {}, an account administrator", graph.holders_title(&holds), role.name))
            .message(format!(
                "The role {} allows every action on every resource ({}){conditions}. It is held by {holders}.",
                role.name,
                graph.because(&admin.because),
            ))
            .path(graph.path_to(hold))
            .fix(
                "Attach a policy with the actions and resources that the workload uses, then take the administrator policy away: what was left out is refused from then on.",
                role.role().map(show_policies).unwrap_or_default(),
            )
            .report();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::checks::outcome::Outcome;
    use crate::checks::run::Selection;
    use crate::checks::testing::{ACCOUNT, Estate, allow, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "workload-role-admin";

    fn pods_trust() -> Value {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]})
    }

    #[test]
    fn an_administrator_in_a_pod_is_found_with_its_path() {
        let asked = Estate::new()
            .pod("payments", "api")
            .irsa_role("app", "payments", "api", allow("*", "*"))
            .ask(ID);
        asked.finds(&[&role_arn("app")]);
        let edges: Vec<_> = asked.findings[0]
            .path
            .iter()
            .map(|s| s.edge.as_str())
            .collect();
        assert_eq!(edges, ["runs-as", "assume-role-web-identity"]);
    }

    #[test]
    fn a_deny_of_iam_or_a_boundary_takes_it_away() {
        let denied = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]});
        Estate::new()
            .pod("a", "b")
            .irsa_role("app", "a", "b", denied)
            .ask(ID)
            .passes();
    }

    #[test]
    fn an_administrator_that_no_workload_gets_is_not_this_checks() {
        let estate = Estate::new()
            .pod("a", "b")
            .irsa_role("app", "a", "other", allow("*", "*"));
        estate.ask(ID).is_not_applicable();
    }

    #[test]
    fn without_iam_or_with_pods_denied_it_is_not_passed() {
        let estate = Estate::new()
            .pod("a", "b")
            .irsa_role("app", "a", "b", allow("s3:Get*", "*"));
        estate.ask(ID).passes();
        estate.denied(Source::PODS).ask(ID).is_not_evaluated();
    }

    #[test]
    fn a_policy_or_a_role_that_was_not_seen_is_not_passed() {
        let estate = Estate::new().pod("a", "b");
        let mut unseen = role("app", &json!({}), &json!({}));
        unseen["RolePolicyList"] = json!([]);
        unseen["AttachedManagedPolicies"] = json!([{"PolicyName": "p", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]);
        unseen["AssumeRolePolicyDocument"] = pods_trust();
        let association = |role: &str, target: Option<&str>| {
            json!({"pod_identity": [{"clusterName": "prod", "namespace": "a", "serviceAccount": "b",
                "associationId": "a-1", "associationArn": "", "roleArn": role, "targetRoleArn": target}]})
        };
        let elsewhere = "arn:aws:iam::999988887777:role/app";
        let annotated = json!({"service_accounts": [{"metadata": {"namespace": "a", "name": "c",
            "annotations": {"eks.amazonaws.com/role-arn": elsewhere}}}]});
        let app = role_arn("app");
        for (what, estate) in [
            (
                "policy",
                estate
                    .clone()
                    .iam(json!({"roles": [unseen]}))
                    .eks(association(&app, None)),
            ),
            ("role", estate.clone().eks(association(elsewhere, None))),
            (
                "target",
                estate
                    .clone()
                    .iam(json!({"roles": [role("app", &pods_trust(), &allow("s3:*", "*"))]}))
                    .eks(association(&app, Some(elsewhere))),
            ),
            ("annotation", estate.clone().kubernetes(annotated)),
            (
                "trust",
                estate
                    .irsa_role("app", "a", "b", allow("s3:*", "*"))
                    .iam(json!({"roles": [role("broken", &json!("{"), &allow("*", "*"))]})),
            ),
        ] {
            for id in [
                "workload-role-admin",
                "workload-role-escalates",
                "workload-role-reads-any-secret",
            ] {
                let asked = estate.ask(id);
                assert_eq!(
                    asked.outcome,
                    Outcome::NotEvaluated,
                    "{what}: {id}: {asked:#?}"
                );
            }
        }
    }

    #[test]
    fn a_name_is_quoted_in_its_commands() {
        let asked = Estate::new()
            .pod("a", "b")
            .irsa_role("app; $(id)", "a", "b", allow("*", "*"))
            .ask(ID);
        let commands = &asked.findings[0].remediation.commands;
        assert!(!commands.is_empty(), "{asked:#?}");
        for command in commands {
            assert!(command.contains("'app; $(id)'"), "{command}");
        }
    }

    #[test]
    fn a_policy_or_a_role_that_was_not_seen_is_no_pass() {
        let attached = json!([{"PolicyName": "AdministratorAccess",
            "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]);
        let mut estate = Estate::new()
            .pod("a", "b")
            .irsa_role("app", "a", "b", allow("s3:*", "*"));
        estate.ask(ID).passes();
        estate = estate.iam(json!({"roles": []}));
        let mut snapshot = estate.snapshot();
        let account = snapshot.accounts.get_mut(ACCOUNT).unwrap();
        account.iam.roles[0].attached_managed_policies = serde_json::from_value(attached).unwrap();
        let graph = Graph::build(&snapshot, None);
        let asked = crate::checks::run::run(&graph, &only());
        assert_eq!(
            asked.results[0].outcome,
            Outcome::NotEvaluated,
            "{:?}",
            asked.results
        );
        let foreign = "arn:aws:iam::999988887777:role/theirs";
        let annotated = estate.kubernetes(json!({"service_accounts": [{"metadata": {"name": "c",
            "namespace": "a", "annotations": {"eks.amazonaws.com/role-arn": foreign}}}]}));
        let asked = annotated.ask(ID);
        asked.is_not_evaluated();
        assert!(asked.reason.unwrap().contains(foreign));
    }

    fn only() -> Selection {
        Selection {
            only: vec![ID.to_owned()],
            skip: Vec::new(),
        }
    }
}
