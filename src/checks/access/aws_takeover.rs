//! An IAM principal can make itself cluster-admin
//!
//! Who comes into a cluster is decided in AWS. Whoever may make an access entry and give it an access policy, put itself
//! into a group that is bound to power, assume or rewrite a role that comes in, pass such a role to a pod, run commands on
//! a node, or put another image under a tag that runs, is as good as cluster-admin; no binding and no access entry shows
//! it.
//!
//! A principal counts whose first step is done in AWS and ends in the cluster or in a principal that comes in as
//! cluster-admin: by `eks:CreateAccessEntry`, `eks:AssociateAccessPolicy`, `eks:UpdateAccessEntry` and
//! `eks:UpdateClusterConfig` as the authentication mode asks for them and conditions on `eks:policyArn`,
//! `eks:principalArn`, `eks:kubernetesGroups` and `eks:accessScope` leave them, by `sts:AssumeRole`,
//! `iam:UpdateAssumeRolePolicy`, Pod Identity with `iam:PassRole`, Systems Manager, EC2 and its launch templates, and
//! `ecr:PutImage`. What
//! follows inside the cluster is found as in `rbac-takeover`. Administrators of the account can do all of this, and are
//! left out, as are who is cluster-admin already (`cluster-admin-from-aws`) and who becomes it by what its entry gives it
//! (`access-policy-takeover`). The whole list is `who-can --cluster-admin`.
//!
//! What depends on something that is not known, as MFA, or that an image is pulled again, is medium.
//!
//! Known false positives: the pipeline that installs the cluster. It is as good as cluster-admin; guard it so.
//!
//! To fix it, take the permission of the first step away, or limit it: by a condition on `eks:policyArn` and
//! `eks:accessScope`, to the resources that it is for, by `iam:PassedToService`.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::{quoted, show_policies};
use crate::graph::control::Way;
use crate::graph::path::Step;
use crate::graph::principal::Principal;
use crate::graph::wording::short;
use crate::graph::{ClusterNode, Graph};
use crate::iam::arn;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    // Which of access entries and aws-auth must be seen depends on the cluster's mode.
    needs: &[
        Source::IAM,
        Source::CLUSTER,
        Source::CLUSTER_ROLES,
        Source::CLUSTER_ROLE_BINDINGS,
        Source::SERVICE_ACCOUNTS,
        Source::PODS,
    ],
    controls: &[Control::cis("4.1.1")],
    since: "0.1.0",
    run,
};

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    if graph.clusters.is_empty() {
        return;
    }
    let shared = answers.shared;
    let control = shared.control();
    for node in &graph.clusters {
        for reason in graph.unseen_access(node) {
            answers.unjudged(reason);
        }
        let goals: Vec<usize> = control.nodes().cluster(node.key).into_iter().collect();
        let certain = control.toward(&goals, true);
        let all = control.toward(&goals, false);
        for (at, principal) in graph.principals.iter() {
            if arn::is_service_linked_role(principal.arn) {
                continue;
            }
            answers.examined();
            let toward = match certain.steps(at) {
                Some(_) => &certain,
                None => &all,
            };
            if control.is_administrator(at) || !control.lets_itself_in(toward, at) {
                continue;
            }
            if let Some(way) = control.way(toward, at) {
                report(node, answers, principal, &way);
            }
        }
    }
}

fn report(node: &ClusterNode<'_>, answers: &mut Answers<'_>, principal: &Principal<'_>, way: &Way) {
    let steps: Vec<&Step> = way.path.iter().map(|taken| &taken.step).collect();
    let Some(first) = steps.first() else {
        return;
    };
    let then: Vec<String> = steps
        .iter()
        .skip(1)
        .map(|step| format!("{} ({})", short(&step.to), step.evidence))
        .collect();
    let then = match then.is_empty() {
        true => String::new(),
        false => format!(" From there: {}.", then.join(", then ")),
    };
    let open = way.open();
    let depends = match open.is_empty() {
        true => String::new(),
        false => format!(" It depends on what is not known: {}.", open.join(", ")),
    };
    let commands = match principal.role() {
        Some(role) => show_policies(role),
        None => vec![
            format!(
                "aws iam list-attached-user-policies --user-name {}",
                quoted(principal.name)
            ),
            format!(
                "aws iam list-user-policies --user-name {}",
                quoted(principal.name)
            ),
        ],
    };
    answers
        .finding(Resource::of(principal.arn), node.key)
        .severity(match open.is_empty() {
            true => Severity::High,
            false => Severity::Medium,
        })
        .certainty(match open.is_empty() {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("The {} can make itself cluster-admin of {}", short(principal.arn), node.key))
        .message(format!("The first step of {}: {}.{then}{depends}", principal.arn, first.evidence))
        .related(Resource::of(node.id()))
        .path(steps.into_iter().cloned().collect::<Vec<_>>())
        .fix(
            "Take the permission of the first step away, or limit it to what it is for. See that somebody can still administer the cluster.",
            commands,
        )
        .report();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;
    use crate::checks::testing::{Estate, allow, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "aws-takeover";

    fn holding(actions: &Value) -> Estate {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
        let policy = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        Estate::new().iam(json!({"roles": [role("ops", &trust, &policy)]}))
    }

    #[test]
    fn who_lets_itself_in_is_found_and_who_may_do_everything_is_not() {
        let both = json!(["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"]);
        let asked = holding(&both).ask(ID);
        asked.finds(&[&role_arn("ops")]);
        let message = &asked.findings.first().expect("one").message;
        assert!(message.contains("eks:CreateAccessEntry"), "{message}");
        holding(&json!(["eks:CreateAccessEntry", "eks:DescribeCluster"]))
            .ask(ID)
            .passes();
        holding(&json!("*")).ask(ID).passes();
    }

    #[test]
    fn who_is_cluster_admin_already_has_its_own_finding() {
        let entry = json!({"access": [{"entry": {"principalArn": role_arn("ops"), "type": "STANDARD",
            "createdAt": "2026-01-01T00:00:00Z"},
            "policies": [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                "accessScope": {"type": "cluster"}}]}]});
        let actions = json!(["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"]);
        holding(&actions).eks(entry).ask(ID).passes();
    }

    #[test]
    fn who_assumes_a_cluster_admin_is_found() {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"AWS": role_arn("ops")}, "Action": "sts:AssumeRole"}]});
        let entry = json!({"access": [{"entry": {"principalArn": role_arn("admin"), "type": "STANDARD",
            "createdAt": "2026-01-01T00:00:00Z"},
            "policies": [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                "accessScope": {"type": "cluster"}}]}]});
        let estate = holding(&json!("s3:GetObject")).eks(entry);
        let estate =
            estate.iam(json!({"roles": [role("admin", &trust, &allow("s3:GetObject", "*"))]}));
        estate.ask(ID).finds(&[&role_arn("ops")]);
    }

    #[test]
    fn what_was_not_read_is_told() {
        let estate = holding(&json!("s3:GetObject"));
        estate
            .clone()
            .denied(Source::IAM)
            .ask(ID)
            .is_not_evaluated();
        estate
            .denied(Source::CLUSTER_ROLES)
            .ask(ID)
            .is_not_evaluated();
    }
}
