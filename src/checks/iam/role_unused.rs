//! A role has not been used for 90 days
//!
//! Nobody would notice if it were misused, and nobody would miss it: what it may do is there for
//! an attacker alone.
//!
//! A role in scope counts when IAM says that it was last used more than 90 days before the audit,
//! or never within the 400 days that IAM keeps (or since the role's region began to be tracked) and
//! was made more than 90 days before. Roles that AWS makes and keeps (service-linked, and those of
//! IAM Identity Center) are left out. Where IAM's word on the last use was not given the role is not
//! judged.
//!
//! Known false positives: roles for emergencies and yearly jobs.
//!
//! To fix it, deny everything first, and delete the role when nothing has broken.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::hold::Hold;
use crate::graph::last_use::{DAYS, Use, of_role};
use crate::graph::principal::Principal;
use crate::snapshot::coverage::Source;
use crate::snapshot::iam::Role;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[Source::IAM],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for gap in graph.unseen_reach() {
        answers.unjudged(gap);
    }
    for (at, principal) in graph.in_scope() {
        let Some(role) = principal.role().filter(|role| !role.is_reserved()) else {
            continue;
        };
        answers.examined();
        match of_role(role, graph.snapshot.taken_at) {
            Use::Recent => {}
            Use::Unknown(what) => answers.unjudged(format!("{what} of {} was not read", role.arn)),
            Use::Old(words) => {
                let holds: Vec<&Hold> = graph.holds_of(at).collect();
                report(graph, principal, role, &words, &holds, answers);
            }
        }
    }
}

fn report(
    graph: &Graph<'_>,
    principal: &Principal<'_>,
    role: &Role,
    words: &str,
    holds: &[&Hold],
    answers: &mut Answers,
) {
    let held = match holds.is_empty() {
        true => String::new(),
        false => format!(" It can be taken by {}.", graph.holders_text(holds)),
    };
    let name = quoted(&role.role_name);
    let partition = principal.home().partition;
    let mut commands = vec![format!(
        "aws iam attach-role-policy --role-name {name} --policy-arn arn:{partition}:iam::aws:policy/AWSDenyAll"
    )];
    commands.extend(role.attached_managed_policies.iter().map(|policy| {
        format!(
            "aws iam detach-role-policy --role-name {name} --policy-arn {}",
            quoted(&policy.policy_arn)
        )
    }));
    commands.extend(role.role_policy_list.iter().map(|policy| {
        format!(
            "aws iam delete-role-policy --role-name {name} --policy-name {}",
            quoted(&policy.policy_name)
        )
    }));
    commands.push(format!(
        "aws iam detach-role-policy --role-name {name} --policy-arn arn:{partition}:iam::aws:policy/AWSDenyAll"
    ));
    commands.push(format!("aws iam delete-role --role-name {name}"));
    answers
        .finding(Resource::of(&role.arn), "")
        .title(format!("{} has not been used for {DAYS} days", role.role_name))
        .message(format!("The role {} {words}.{held}", role.role_name))
        .path(holds.first().map(|hold| graph.path_to(hold)).unwrap_or_default())
        .fix(
            "Attach AWSDenyAll first: it stops every use and can be undone at once. When nothing has broken \
             for some weeks, delete the role with the other commands. A role of an instance profile has to be \
             taken out of it first.",
            commands,
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, allow, irsa_trust, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "role-unused";

    /// A role that trusts the cluster, and so is in scope.
    fn ask(path: &str, made: Value, last: Value) -> Asked {
        let mut role = role("app", &irsa_trust(&json!({})), &allow("s3:GetObject", "*"));
        role["Path"] = json!(path);
        role["CreateDate"] = made;
        role["RoleLastUsed"] = last;
        Estate::new().iam(json!({"roles": [role]})).ask(ID)
    }

    #[test]
    fn old_use_and_no_use_are_found() {
        let made = json!("2025-01-01T00:00:00Z");
        let used = json!({"LastUsedDate": "2026-08-01T10:00:00Z", "Region": "eu-west-1"});
        let asked = ask("/", made.clone(), used);
        asked.finds(&[&role_arn("app")]);
        assert!(
            asked.findings[0]
                .message
                .contains("on 2026-08-01 in eu-west-1, 114 days"),
            "{asked:#?}"
        );
        let asked = ask("/", made, json!({}));
        asked.finds(&[&role_arn("app")]);
        assert!(
            asked.findings[0].message.contains("made on 2025-01-01"),
            "{asked:#?}"
        );
    }

    #[test]
    fn recent_use_and_recent_making_pass() {
        let old = json!("2024-01-01T00:00:00Z");
        ask(
            "/",
            old.clone(),
            json!({"LastUsedDate": "2026-09-01T00:00:00Z"}),
        )
        .passes();
        ask("/", json!("2026-10-20T00:00:00Z"), json!({})).passes();
        // Ninety days to the hour are not more than ninety.
        ask("/", old, json!({"LastUsedDate": "2026-08-26T00:00:00Z"})).passes();
    }

    #[test]
    fn what_aws_made_is_left_out() {
        let old = json!("2024-01-01T00:00:00Z");
        for path in [
            "/aws-service-role/eks.amazonaws.com/",
            "/aws-reserved/sso.amazonaws.com/",
        ] {
            ask(path, old.clone(), json!({})).is_not_applicable();
        }
    }

    #[test]
    fn an_unread_last_use_is_not_never() {
        ask("/", json!("2024-01-01T00:00:00Z"), Value::Null).is_not_evaluated();
        ask("/", Value::Null, json!({})).is_not_evaluated();
    }

    #[test]
    fn a_role_that_no_cluster_knows_is_out_of_scope() {
        let other = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]});
        let mut role = role("fn", &other, &allow("s3:GetObject", "*"));
        role["RoleLastUsed"] = json!({});
        let estate = Estate::new().iam(json!({"roles": [role]}));
        estate.ask(ID).is_not_applicable();
        estate.denied(Source::IAM).ask(ID).is_not_evaluated();
    }

    #[test]
    fn where_the_clusters_reach_is_not_known_nothing_is_passed() {
        let estate = Estate::new()
            .pod("a", "b")
            .irsa_role("app", "a", "b", allow("s3:Get*", "*"));
        estate.ask(ID).passes();
        for source in [
            Source::CLUSTER,
            Source::POD_IDENTITY,
            Source::ACCESS_ENTRIES,
        ] {
            estate.clone().denied(source).ask(ID).is_not_evaluated();
        }
    }
}
