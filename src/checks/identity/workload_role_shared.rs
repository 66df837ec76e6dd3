//! Several service accounts share one role
//!
//! Each gets all that any of them needs, and CloudTrail shows one name for all. Who takes over the
//! least of them acts as the others; across clusters, staging acts as production.
//!
//! A role counts when service accounts of different names, or of more than one cluster, can get
//! it: those that its trust policy names, that are annotated with it and admitted, or that a Pod
//! Identity association names. Service accounts that only a wildcard or a missing subject lets in
//! have their own checks, and do not count here. Service accounts of one name in several
//! namespaces are taken for one application.
//!
//! Known false positive: the parts of one application that share its role on purpose, such as the
//! controller and the node part of a driver.
//!
//! To fix it, give each service account its own role.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::{quoted, show_policies};
use crate::graph::Graph;
use crate::graph::hold::Hold;
use crate::graph::irsa::exact_subjects;
use crate::graph::path::EdgeKind;
use crate::graph::principal::Principal;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[
        Source::IAM,
        Source::CLUSTER,
        Source::POD_IDENTITY,
        Source::SERVICE_ACCOUNTS,
    ],
    controls: &[Control::cis("5.2.1")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for reason in graph.unseen_held_roles() {
        answers.unjudged(reason);
    }
    let named = named_subjects(graph);
    for (at, role, holds) in graph.held_roles() {
        answers.examined();
        let meant: Vec<&Hold> = holds
            .into_iter()
            .filter(|hold| is_meant(graph, at, role, hold, &named))
            .collect();
        let holders = || meant.iter().filter_map(|hold| graph.holder(hold));
        let names: BTreeSet<&str> = holders().map(|account| account.name).collect();
        let clusters: BTreeSet<&str> = holders().map(|account| account.cluster).collect();
        if names.len() > 1 || clusters.len() > 1 {
            report(graph, role, &meant, clusters.len(), answers);
        }
    }
}

/// Role, cluster and subject of every service account that a trust names.
fn named_subjects<'a>(graph: &'a Graph<'_>) -> BTreeSet<(usize, &'a str, &'a str)> {
    let mut named = BTreeSet::new();
    for trust in &graph.trusts {
        let Some(cluster) = trust.cluster else {
            continue;
        };
        for subjects in trust.statements.iter().filter_map(exact_subjects) {
            named.extend(subjects.map(|subject| (trust.role, cluster, subject)));
        }
    }
    named
}

/// Whether somebody meant this service account to have the role.
fn is_meant(
    graph: &Graph<'_>,
    at: usize,
    role: &Principal<'_>,
    hold: &Hold,
    named: &BTreeSet<(usize, &str, &str)>,
) -> bool {
    let Some(account) = graph.holder(hold) else {
        return false;
    };
    hold.way != EdgeKind::AssumeRoleWebIdentity
        || account.annotated_role() == Some(role.arn)
        || named.contains(&(at, account.cluster, account.subject().as_str()))
}

fn report(
    graph: &Graph<'_>,
    role: &Principal<'_>,
    holds: &[&Hold],
    clusters: usize,
    answers: &mut Answers,
) {
    let holders = graph.holders_text(holds);
    let accounts: BTreeSet<&str> = holds
        .iter()
        .filter_map(|hold| graph.holder(hold))
        .map(|account| account.id.as_str())
        .collect();
    let of = match clusters {
        1 => String::new(),
        several => format!(" of {several} clusters"),
    };
    let certain = holds.iter().filter(|hold| hold.is_certain()).count() > 1;
    let mut draft = answers
        .finding(Resource::of(role.arn), "")
        .certainty(match certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        });
    // The message says how many there are.
    for id in accounts.iter().take(20) {
        draft = draft.related(Resource::of(*id));
    }
    let mut commands = role.role().map(show_policies).unwrap_or_default();
    commands.push(format!(
        "aws iam create-role --role-name {} --assume-role-policy-document file://trust.json",
        quoted(&format!("{}-NAME", role.name))
    ));
    draft
        .title(format!("{} service accounts{of} share {}", accounts.len(), role.name))
        .message(format!(
            "{} service accounts{of} can act as {}: {holders}. Each has all that any of them needs.",
            accounts.len(),
            role.name
        ))
        .path(holds.first().map(|hold| graph.path_to(hold)).unwrap_or_default())
        .fix(
            "Make a role for each service account with what it uses, move it there by its annotation or \
             association, and take it out of this role's trust policy last, so that nothing breaks between.",
            commands,
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{CLUSTER, Estate, ISSUER, allow, irsa_trust, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "workload-role-shared";

    fn trusting(operator: &str, subjects: Value) -> Estate {
        let trust = irsa_trust(&json!({operator: {format!("{ISSUER}:sub"): subjects}}));
        Estate::new()
            .pod("ledger", "api")
            .pod("ledger", "worker")
            .pod("audit", "api")
            .iam(json!({"roles": [role("app", &trust, &allow("s3:GetObject", "*"))]}))
    }

    const LEDGER: &str = "system:serviceaccount:ledger:";

    #[test]
    fn two_names_in_a_trust_are_found() {
        let both = json!([format!("{LEDGER}api"), format!("{LEDGER}worker")]);
        let asked = trusting("StringEquals", both).ask(ID);
        asked.finds(&[&role_arn("app")]);
        assert_eq!(asked.findings[0].related.len(), 2, "{asked:#?}");
    }

    #[test]
    fn associations_and_trusts_add_up() {
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"],
             "Principal": {"Service": "pods.eks.amazonaws.com"}}]});
        let association = |name: &str| {
            json!({"clusterName": CLUSTER, "namespace": "ledger", "serviceAccount": name,
                "roleArn": role_arn("app"), "associationId": name})
        };
        let estate = Estate::new()
            .pod("ledger", "api")
            .pod("ledger", "worker")
            .iam(json!({"roles": [role("app", &trust, &allow("s3:GetObject", "*"))]}))
            .eks(json!({"pod_identity": [association("api")]}));
        estate.ask(ID).passes();
        estate
            .eks(json!({"pod_identity": [association("worker")]}))
            .ask(ID)
            .finds(&[&role_arn("app")]);
    }

    #[test]
    fn one_service_account_or_one_name_in_two_namespaces_passes() {
        trusting("StringEquals", json!(format!("{LEDGER}api")))
            .ask(ID)
            .passes();
        let twice = json!([format!("{LEDGER}api"), "system:serviceaccount:audit:api"]);
        trusting("StringEquals", twice).ask(ID).passes();
    }

    #[test]
    fn those_that_a_wildcard_lets_in_do_not_count_unless_they_are_annotated() {
        let wild = trusting("StringLike", json!(format!("{LEDGER}*")));
        wild.ask(ID).passes();
        let annotated = |name: &str| {
            json!({"metadata": {"name": name, "namespace": "ledger",
                "annotations": {"eks.amazonaws.com/role-arn": role_arn("app")}}})
        };
        let both = json!({"service_accounts": [annotated("close"), annotated("open")]});
        wild.kubernetes(both).ask(ID).finds(&[&role_arn("app")]);
    }

    #[test]
    fn with_associations_denied_it_is_not_passed_and_without_roles_it_does_not_apply() {
        let one = trusting("StringEquals", json!(format!("{LEDGER}api")));
        one.denied(Source::POD_IDENTITY).ask(ID).is_not_evaluated();
        Estate::new().pod("a", "b").ask(ID).is_not_applicable();
    }
}
