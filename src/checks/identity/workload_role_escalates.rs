//! A role that a workload gets can make itself more
//!
//! The role looks limited and is not: one or two calls, and whoever has taken over the pod has the
//! permissions of a better role, or any.
//!
//! A role counts when its policies together hold all permissions of a known method (writing a
//! policy or a trust policy, making a user's key, passing a role to a service that runs code, …)
//! on things of that kind that exist in the account. What it changes has to be its own, or it is
//! conditional: only if it comes to have that. To change what runs in functions, instances
//! and stacks counts where it is allowed on all of them, not on some by name, and is conditional:
//! which there are is not read. What nobody in the account can change does not count: service-linked roles, AWS managed policies. A boundary, a
//! session policy and denies take away; a condition that is not known makes the finding
//! conditional. Administrators have their own check. Whether the role is any better at the end is
//! not asked: that is for the paths.
//!
//! Known false positives: automation whose purpose it is, such as a pipeline that makes roles;
//! bound it by a permissions boundary that its policies demand (`iam:PermissionsBoundary`).
//!
//! To fix it, take the permission away, or limit it to resources that give nothing.

use std::collections::BTreeMap;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::show_policies;
use crate::graph::Graph;
use crate::graph::hold::{Hold, telling};
use crate::graph::principal::Principal;
use crate::graph::wording::{clauses, some_of};
use crate::iam::escalation::{Existing, Gives, Held, Targets, methods_held};
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

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let accounts = graph.snapshot.accounts.keys();
    let existing: BTreeMap<&str, Existing> = accounts
        .map(|account| (account.as_str(), graph.existing(account)))
        .collect();
    let unseen = Existing::unseen();
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
        let existing = existing.get(role.account).unwrap_or(&unseen);
        let held = telling.iter().filter_map(|hold| {
            let context = graph.context_at_home(role, Some(hold));
            let mut held = methods_held(
                &graph.policies(role, hold),
                &role.home(),
                &context,
                existing,
            );
            held.retain(matters);
            let mut held = least(held);
            held.sort_by_key(|held| !held.certain);
            let first = held.first()?.certain;
            Some((
                first && hold.is_certain() && role.unseen.is_empty(),
                *hold,
                held,
            ))
        });
        match held.max_by_key(|(certain, ..)| *certain) {
            Some((certain, hold, held)) => {
                report(graph, role, &holds, hold, &held, certain, answers);
            }
            None => answers.unseen_policies(role),
        }
    }
}

/// Whether a method reaches something that is better. To change named functions or instances is the
/// work of many a deployer; what runs there was not seen.
fn matters(held: &Held) -> bool {
    held.method.gives != Gives::Workload || held.targets != Targets::Named
}

/// Without methods that need all that another needs and more, unless what that one leaves open they do not.
fn least(held: Vec<Held>) -> Vec<Held> {
    let includes = |more: &Held, less: &Held| {
        let of_more = more.method.needs;
        of_more.len() > less.method.needs.len()
            && less.method.needs.iter().all(|need| of_more.contains(need))
            && (less.certain || !more.certain)
    };
    let is_least = |one: &&Held| !held.iter().any(|other| includes(one, other));
    held.iter().filter(is_least).cloned().collect()
}

/// `write an inline policy of a role (iam:PutRolePolicy by ops, statement 1) of deployer`.
fn method_text(graph: &Graph<'_>, held: &Held) -> String {
    let actions: Vec<&str> = held.method.needs.iter().map(|need| need.action).collect();
    let targets = match &held.targets {
        Targets::These(arns) => {
            let names: Vec<String> = arns
                .iter()
                .map(|arn| arn.rsplit('/').next().unwrap_or(arn).to_owned())
                .collect();
            format!(", on {}", some_of(&names))
        }
        Targets::Any | Targets::Named => String::new(),
    };
    format!(
        "{} ({} by {}{targets}{})",
        held.method.title,
        actions.join(" and "),
        graph.because(&held.because),
        clauses(&held.conditions)
    )
}

fn report(
    graph: &Graph<'_>,
    role: &Principal<'_>,
    holds: &[&Hold],
    hold: &Hold,
    held: &[Held],
    certain: bool,
    answers: &mut Answers,
) {
    let holders = graph.holders_text(holds);
    let methods: Vec<String> = held.iter().map(|held| method_text(graph, held)).collect();
    let first = held.first().map_or("escalate", |held| held.method.title);
    let sources: Vec<&str> = held.iter().map(|held| held.method.source).take(3).collect();
    answers
        .finding(Resource::of(role.arn), "")
        .certainty(match certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("{} can {first} as {}", graph.holders_title(holds), role.name))
        .message(format!(
            "The role {} can {}{}. It is held by {holders}.",
            role.name,
            some_of(&methods),
            graph.open_conditions(role, hold, &[]),
        ))
        .path(graph.path_to(hold))
        .fix(
            format!(
                "Take these permissions away, or limit them to resources that give nothing more; the workload \
                 may need some of them. How it is done: {}",
                sources.join(" ")
            ),
            role.role().map(show_policies).unwrap_or_default(),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, allow, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "workload-role-escalates";

    fn ask(statements: Value) -> Asked {
        let lambda = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]});
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        Estate::new()
            .pod("ci", "bot")
            .irsa_role("app", "ci", "bot", policy)
            .iam(json!({"roles": [role("ops", &lambda, &allow("*", "*"))]}))
            .ask(ID)
    }

    #[test]
    fn a_method_is_named_with_its_permissions_and_statement() {
        let pass = json!([
            "iam:PassRole",
            "lambda:CreateFunction",
            "lambda:InvokeFunction"
        ]);
        for (action, says) in [
            (
                json!("iam:PutRolePolicy"),
                "iam:PutRolePolicy by inline inline, statement 1",
            ),
            (pass, "run a function with a role"),
        ] {
            let asked = ask(json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]));
            asked.finds(&[&role_arn("app")]);
            let message = &asked.findings[0].message;
            assert!(message.contains(says), "{message}");
            assert_eq!(asked.findings[0].certainty, Certainty::Certain);
            assert_eq!(asked.findings[0].path.len(), 2);
        }
    }

    #[test]
    fn on_one_role_it_says_which_and_a_condition_is_said() {
        let named = json!([{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": role_arn("ops")}]);
        let message = &ask(named).findings[0].message;
        assert!(message.contains("on ops"), "{message}");
        let network = json!([{"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*",
            "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]);
        let asked = ask(network);
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
        assert!(
            asked.findings[0].message.contains("only from 10.0.0.0/8"),
            "{asked:#?}"
        );
    }

    #[test]
    fn what_gives_nothing_passes() {
        for statements in [
            json!([{"Effect": "Allow", "Action": "iam:PutRolePolicy",
                "Resource": "arn:aws:iam::111122223333:role/nobody-*"}]),
            json!([{"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
                {"Effect": "Deny", "NotAction": ["iam:Get*", "iam:List*"], "Resource": "*"}]),
            json!([{"Effect": "Allow", "Action": ["iam:PassRole", "s3:*"], "Resource": "*"}]),
            json!([{"Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*"}]),
            json!([{"Effect": "Allow", "Action": "lambda:UpdateFunctionCode",
                "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:mail-*"}]),
        ] {
            ask(statements).passes();
        }
    }

    #[test]
    fn an_administrator_is_another_checks() {
        ask(json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}])).passes();
    }

    #[test]
    fn with_service_accounts_denied_it_is_not_passed_and_without_roles_it_does_not_apply() {
        let estate =
            Estate::new()
                .pod("a", "b")
                .irsa_role("app", "a", "b", allow("s3:GetObject", "*"));
        estate
            .denied(Source::SERVICE_ACCOUNTS)
            .ask(ID)
            .is_not_evaluated();
        Estate::new().pod("a", "b").ask(ID).is_not_applicable();
    }
}
