//! A role that a workload gets may read every secret of the account
//!
//! One pod that is taken over gives away all passwords and keys that are kept in Secrets Manager:
//! those of other teams, and those of production to a pod of staging.
//!
//! A role counts when its policies together allow `secretsmanager:GetSecretValue` on every secret
//! of its account, or every one of a region: also on a secret that no policy names and that has no
//! tags, so a condition on the secret's tags narrows. Conditions on the caller or its network do
//! not; where they are not known the finding is conditional. Whether a service account gets the
//! role is decided by its trust policy or Pod Identity association. Administrators have their own
//! check.
//!
//! Not asked: the secrets' own policies and the keys that encrypt them, which may keep some of them
//! back.
//!
//! Known false positive: an operator that is meant to sync all secrets. It is still the pod to
//! break into.
//!
//! To fix it, name the secrets, by a prefix or a tag.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::show_policies;
use crate::graph::Graph;
use crate::graph::every_resource::{OnEvery, SECRETS};
use crate::graph::hold::{Hold, telling};
use crate::graph::principal::Principal;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
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

const ACTION: &str = "secretsmanager:GetSecretValue";

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for gap in graph.unseen_held_roles() {
        answers.unjudged(gap);
    }
    for (_, role, holds) in graph.held_roles() {
        answers.examined();
        let telling = telling(&holds);
        let is_admin = |hold: &&Hold| graph.admin(role, Some(hold)).is_some();
        if telling.iter().any(is_admin) {
            continue;
        }
        let reads = telling.iter().filter_map(|hold| {
            let found = graph.on_every(role, Some(hold), ACTION, &SECRETS)?;
            Some((found.certain && hold.is_certain(), *hold, found))
        });
        match reads.max_by_key(|(certain, ..)| *certain) {
            Some((certain, hold, found)) => {
                report(graph, role, &holds, hold, &found, certain, answers);
            }
            None => answers.unseen_policies(role),
        }
    }
}

fn report(
    graph: &Graph<'_>,
    role: &Principal<'_>,
    holds: &[&Hold],
    hold: &Hold,
    found: &OnEvery,
    certain: bool,
    answers: &mut Answers,
) {
    let holders = graph.holders_text(holds);
    let conditions = graph.open_conditions(role, hold, &found.grant.conditions);
    let place = found.place(role);
    let account = graph.snapshot.accounts.get(role.account);
    let known: usize = account.map_or(0, |account| {
        let regions = account.regions.iter();
        regions
            .filter(|(name, _)| found.region == "*" || **name == found.region)
            .map(|(_, region)| region.secretsmanager.secrets.len())
            .sum()
    });
    let today = match known {
        0 => String::new(),
        known => format!(" Secrets seen there: {known}."),
    };
    answers
        .finding(Resource::of(role.arn), "")
        .certainty(match certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("{} can read every secret of {place}", graph.holders_title(holds)))
        .message(format!(
            "The role {} may secretsmanager:GetSecretValue on every secret of {place} ({}){conditions}. It is \
             held by {holders}.{today}",
            role.name,
            graph.because(&found.grant.because),
        ))
        .path(graph.path_to(hold))
        .fix(
            "Put the ARNs of the secrets that the workload reads into the statement's Resource, as in \
             arn:aws:secretsmanager:REGION:ACCOUNT:secret:PREFIX/*. Secrets that are left out can no longer be read.",
            role.role().map(show_policies).unwrap_or_default(),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, CLUSTER, Estate, allow, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "workload-role-reads-any-secret";
    const READ: &str = "secretsmanager:GetSecretValue";

    fn ask(statements: Value) -> Asked {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        Estate::new()
            .pod("payments", "api")
            .irsa_role("app", "payments", "api", policy)
            .region(json!({"secretsmanager": {"secrets": [{"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-x",
                "Name": "a"}]}}))
            .ask(ID)
    }

    fn statement(effect: &str, action: &str, resource: &str, condition: Value) -> Value {
        json!({"Effect": effect, "Action": action, "Resource": resource, "Condition": condition})
    }

    #[test]
    fn every_way_to_say_all_secrets_is_found() {
        for (action, resource) in [
            (READ, "*"),
            (
                "secretsmanager:Get*",
                "arn:aws:secretsmanager:*:111122223333:secret:*",
            ),
            ("*", "arn:aws:secretsmanager:eu-west-1:*:*"),
        ] {
            let asked = ask(json!([statement("Allow", action, resource, json!({}))]));
            asked.finds(&[&role_arn("app")]);
            assert_eq!(
                asked.findings[0].certainty,
                Certainty::Certain,
                "{action} {resource}"
            );
            assert!(
                asked.findings[0].message.contains("seen there: 1"),
                "{asked:#?}"
            );
            assert_eq!(asked.findings[0].path.len(), 2);
        }
    }

    #[test]
    fn what_narrows_the_secrets_passes() {
        let tag = json!({"StringEquals": {"aws:ResourceTag/team": "payments"}});
        let own = json!({"StringEquals": {"secretsmanager:ResourceTag/team": "${aws:PrincipalTag/team}"}});
        for statements in [
            json!([statement(
                "Allow",
                READ,
                "arn:aws:secretsmanager:*:*:secret:payments/*",
                json!({})
            )]),
            json!([statement("Allow", READ, "*", tag)]),
            json!([statement("Allow", READ, "*", own)]),
            json!([
                statement("Allow", "secretsmanager:Get*", "*", json!({})),
                statement("Deny", READ, "*", json!({}))
            ]),
            json!([statement(
                "Allow",
                "secretsmanager:ListSecrets",
                "*",
                json!({})
            )]),
        ] {
            ask(statements).passes();
        }
    }

    #[test]
    fn a_condition_on_the_network_is_conditional() {
        let vpc = json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}});
        let asked = ask(json!([statement("Allow", READ, "*", vpc)]));
        asked.finds(&[&role_arn("app")]);
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
        assert!(
            asked.findings[0].message.contains("only from vpc-1"),
            "{asked:#?}"
        );
    }

    #[test]
    fn the_session_tags_of_pod_identity_are_known() {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"Service": "pods.eks.amazonaws.com"}}]});
        for (namespace, found) in [("payments", true), ("other", false)] {
            let tag = json!({"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": namespace}});
            let policy = json!({"Version": "2012-10-17",
                "Statement": [statement("Allow", READ, "*", tag)]});
            let asked = Estate::new()
                .pod("payments", "api")
                .iam(json!({"roles": [role("app", &trust, &policy)]}))
                .eks(
                    json!({"pod_identity": [{"clusterName": CLUSTER, "namespace": "payments",
                    "serviceAccount": "api", "roleArn": role_arn("app"), "associationId": "a"}]}),
                )
                .ask(ID);
            assert_eq!(!asked.findings.is_empty(), found, "{namespace}: {asked:#?}");
            assert!(
                asked
                    .findings
                    .iter()
                    .all(|f| f.certainty == Certainty::Certain),
                "{asked:#?}"
            );
        }
    }

    #[test]
    fn an_administrator_is_another_checks() {
        ask(json!([statement("Allow", "*", "*", json!({}))])).passes();
    }

    #[test]
    fn with_associations_denied_it_is_not_passed_and_without_roles_it_does_not_apply() {
        let estate =
            Estate::new()
                .pod("a", "b")
                .irsa_role("app", "a", "b", allow("s3:GetObject", "*"));
        estate
            .denied(Source::POD_IDENTITY)
            .ask(ID)
            .is_not_evaluated();
        Estate::new().pod("a", "b").ask(ID).is_not_applicable();
    }
}
