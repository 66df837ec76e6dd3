//! A way into the cluster is for an IAM principal that is gone
//!
//! A mapping of aws-auth admits whoever has the ARN: anybody who may create a role of that name
//! comes into the cluster with the rights of the old one. An access entry does not admit a
//! principal that was made anew, but it stays and hides who really has access.
//!
//! An access entry or a mapping counts when the account of its role or user is in the audit, its
//! IAM was read whole, and it has no such principal; an access entry also when the principal is
//! younger than the entry, which was then made for another of that name. aws-auth knows no paths,
//! so there a role is looked for by its name. Of an account that is not in the audit nothing is known, and nothing
//! is said.
//!
//! Known false positives: a role that a pipeline deletes and makes again for each run.
//!
//! To fix it, delete the access entry or the mapping.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::aws_access::AwsAccess;
use crate::graph::path::EdgeKind;
use crate::graph::wording::{short, some_of};
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    // Which of access entries and aws-auth must be seen depends on the cluster's mode.
    needs: &[Source::CLUSTER, Source::IAM],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        for reason in graph.unseen_access(node) {
            answers.unjudged(reason);
        }
        let mut seen = BTreeSet::new();
        for access in &node.access.all {
            match judge(graph, access) {
                Judged::NoPrincipal => continue,
                Judged::Unknown(why) => {
                    answers.unjudged(format!("{} in {}: {why}", access.principal, node.key));
                }
                Judged::Missing if seen.insert(access.principal.as_str()) => {
                    report(node, answers, access, "IAM has no such principal");
                }
                Judged::MadeAgain if seen.insert(access.principal.as_str()) => {
                    let seen = "IAM has one of that name that was made after the entry";
                    report(node, answers, access, seen);
                }
                Judged::Missing | Judged::MadeAgain | Judged::There => {}
            }
            answers.examined();
        }
    }
}

enum Judged {
    There,
    Missing,
    /// There is one of that name, made after the entry.
    MadeAgain,
    /// It names a whole account.
    NoPrincipal,
    Unknown(&'static str),
}

fn judge(graph: &Graph<'_>, access: &AwsAccess<'_>) -> Judged {
    let Some(arn) = Arn::parse(&access.principal) else {
        return Judged::Unknown("it is no ARN");
    };
    if arn.resource == "root" {
        return Judged::NoPrincipal;
    }
    if graph.is_made_again(access) {
        return Judged::MadeAgain;
    }
    if graph.access_principal(access).is_some() {
        return Judged::There;
    }
    let is_principal = arn.resource.starts_with("role/") || arn.resource.starts_with("user/");
    if arn.service != "iam" || !is_principal {
        return Judged::Unknown("it is no IAM role or user");
    }
    if !graph.snapshot.accounts.contains_key(arn.account) {
        return Judged::Unknown("its account is not in the audit");
    }
    match graph.saw(Source::IAM, arn.account) {
        true => Judged::Missing,
        false => Judged::Unknown("the IAM of its account was not read whole"),
    }
}

fn report(node: &ClusterNode<'_>, answers: &mut Answers, access: &AwsAccess<'_>, seen: &str) {
    let arn = access.principal.as_str();
    let region = match &node.cluster.region {
        Some(region) => format!(" --region {region}"),
        None => String::new(),
    };
    let cluster = quoted(&node.cluster.name);
    let (way, danger, command) = match access.way {
        EdgeKind::AccessEntry => (
            "access entry",
            "It admits nobody, also no new principal of that name",
            format!(
                "aws eks delete-access-entry --cluster-name {cluster} --principal-arn {}{region}",
                quoted(arn)
            ),
        ),
        _ => (
            "mapping in aws-auth",
            "Whoever may create one of that name comes in by it",
            format!(
                "eksctl delete iamidentitymapping --cluster {cluster} --arn {}{region}",
                quoted(arn)
            ),
        ),
    };
    let an = if way.starts_with('a') { "an" } else { "a" };
    let policies = access
        .policies
        .iter()
        .map(|policy| policy.policy_arn.clone());
    let gives: Vec<String> = access.groups.iter().cloned().chain(policies).collect();
    let gives = match gives.is_empty() {
        true => String::new(),
        false => format!(" with {}", some_of(&gives)),
    };
    answers
        .finding(Resource::of(arn), node.key)
        .related(Resource::of(node.id()))
        .title(format!("{} has {an} {way} for the {}, which is gone", node.key, short(arn)))
        .message(format!(
            "{} has {an} {way} for {arn}{gives}, but {seen}. {danger}.",
            node.key
        ))
        .fix(
            format!("Delete the {way}. If nodes or Fargate pods still run under it, they lose the cluster: look for them first."),
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate, allow, role, role_arn};
    use serde_json::json;

    const ID: &str = "access-entry-principal-missing";

    fn estate(entry: &str, mapped: &str) -> Estate {
        let map = format!("- rolearn: {mapped}\n  groups: [devs]\n");
        let there = role("there", &json!({}), &allow("s3:Get*", "*"));
        let mut deep = role("deep", &json!({}), &allow("s3:Get*", "*"));
        deep["Arn"] = json!(format!("arn:aws:iam::{ACCOUNT}:role/team/deep"));
        Estate::new()
            .iam(json!({"roles": [there, deep]}))
            .eks(json!({"access": [{"entry": {"principalArn": entry, "type": "STANDARD"}, "policies": []}]}))
            .kubernetes(json!({"config_maps": [{"data": {"mapRoles": map},
                "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]}))
    }

    #[test]
    fn a_principal_that_is_gone_is_found_in_both() {
        let asked = estate(&role_arn("old"), &role_arn("older")).ask(ID);
        asked.finds(&[&role_arn("old"), &role_arn("older")]);
        let commands: Vec<_> = asked
            .findings
            .iter()
            .map(|f| &f.remediation.commands[0])
            .collect();
        assert!(
            commands[0].starts_with("aws eks delete-access-entry"),
            "{commands:?}"
        );
        assert!(
            commands[1].starts_with("eksctl delete iamidentitymapping"),
            "{commands:?}"
        );
        // An entry knows paths, so the role of the same name is another.
        estate(&role_arn("deep"), &role_arn("there"))
            .ask(ID)
            .finds(&[&role_arn("deep")]);
    }

    #[test]
    fn an_entry_older_than_its_principal_is_of_another() {
        let at = |created: &str| {
            let mut again = role("again", &json!({}), &allow("s3:Get*", "*"));
            again["CreateDate"] = json!("2025-06-01T00:00:00Z");
            let entry = json!({"principalArn": role_arn("again"), "type": "STANDARD", "createdAt": created});
            Estate::new()
                .iam(json!({"roles": [again]}))
                .eks(json!({"access": [{"entry": entry, "policies": []}]}))
        };
        let asked = at("2025-05-01T00:00:00Z").ask(ID);
        asked.finds(&[&role_arn("again")]);
        assert!(
            asked.findings[0].message.contains("made after the entry"),
            "{asked:#?}"
        );
        at("2025-07-01T00:00:00Z").ask(ID).passes();
    }

    #[test]
    fn principals_that_exist_pass() {
        estate(&role_arn("there"), &role_arn("deep"))
            .ask(ID)
            .passes();
    }

    #[test]
    fn another_account_or_unread_iam_is_not_evaluated() {
        let foreign = "arn:aws:iam::999988887777:role/ops";
        let asked = estate(&role_arn("there"), foreign).ask(ID);
        asked.is_not_evaluated();
        let reason = asked.reason.unwrap_or_default();
        assert!(
            reason.contains("its account is not in the audit"),
            "{reason}"
        );
        let unread = estate(&role_arn("old"), &role_arn("there")).denied(Source::IAM);
        unread.ask(ID).is_not_evaluated();
        let unread = estate(&role_arn("there"), &role_arn("deep")).denied(Source::ACCESS_ENTRIES);
        unread.ask(ID).is_not_evaluated();
    }

    #[test]
    fn without_any_way_in_it_does_not_apply() {
        Estate::new().ask(ID).is_not_applicable();
    }

    #[test]
    fn aws_auth_finds_a_user_of_any_case() {
        let map = "- userarn: arn:aws:iam::111122223333:user/Joe\n  username: joe\n  groups: []\n";
        Estate::new()
            .iam(
                json!({"users": [{"UserName": "joe", "Arn": "arn:aws:iam::111122223333:user/joe",
                "Path": "/", "UserId": "AIDA"}]}),
            )
            .kubernetes(json!({"config_maps": [{"data": {"mapUsers": map},
                "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]}))
            .ask(ID)
            .passes();
    }
}
