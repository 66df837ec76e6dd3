//! A role may open any security group to the world
//!
//! A database, a node, an internal service: what a security group keeps apart is on the internet
//! after one call, also what has nothing to do with the workload that got the role.
//!
//! A role in scope counts when its policies together allow `ec2:AuthorizeSecurityGroupIngress` or
//! `ec2:ModifySecurityGroupRules` on every security group of its account, or every one of a region:
//! also on one without tags that no policy names. There is no condition on the addresses that a
//! rule lets in (Service Authorization Reference, "Actions, resources, and condition keys for Amazon
//! EC2"). A condition on the group's tags, its VPC or its id narrows; conditions on the caller or
//! its network do not, and where they are not known the finding is conditional. Administrators,
//! the roles that AWS keeps for itself and that of EKS's control plane are left out. Where service accounts get the role, what
//! their session policies take away does not count.
//!
//! Known false positive: the policy that the AWS Load Balancer Controller is installed with, which
//! it needs for groups that it did not make. A condition on their VPC or on a tag still limits it.
//!
//! To fix it, limit the statement to the groups that are meant to be changed.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::show_policies;
use crate::graph::Graph;
use crate::graph::every_resource::{Kind, OnEvery};
use crate::graph::hold::Hold;
use crate::graph::principal::Principal;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::IAM],
    controls: &[Control::cis("5.2.1")],
    since: "0.1.0",
    run,
};

const GROUPS: Kind = Kind {
    service: "ec2",
    resource: "security-group/*",
    regional: true,
    own: &["ec2:securitygroupid", "ec2:vpc", "ec2:resourceid"],
    tags: &["ec2:resourcetag/"],
};

const OPENING: &[(&str, &Kind)] = &[
    ("ec2:AuthorizeSecurityGroupIngress", &GROUPS),
    ("ec2:ModifySecurityGroupRules", &GROUPS),
];

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for gap in graph.unseen_reach() {
        answers.unjudged(gap);
    }
    for (role, holds) in graph.limited_roles() {
        answers.examined();
        let found = graph.any_on_every(role, &holds, OPENING);
        match found.first() {
            Some(first) => report(graph, role, &holds, first, &found, answers),
            None => answers.unseen_policies(role),
        }
    }
}

fn report(
    graph: &Graph<'_>,
    role: &Principal<'_>,
    holds: &[&Hold],
    first: &OnEvery,
    found: &[OnEvery],
    answers: &mut Answers,
) {
    let name = role.name;
    let place = first.place(role);
    let actions: Vec<String> = found.iter().map(|one| one.text(graph, role)).collect();
    answers
        .finding(Resource::of(role.arn), "")
        .certainty(match first.certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("{name} may open any security group to the world"))
        .message(format!(
            "The role {name} may {} on every security group of {place}: no condition on tags or the VPC says \
             which, and none can say for which addresses.{}",
            actions.join(" and "),
            graph.today(holds),
        ))
        .path(holds.first().map(|hold| graph.path_to(hold)).unwrap_or_default())
        .fix(
            "Add a condition on a tag of the groups that the role is for (aws:ResourceTag/KEY) or on their VPC \
             (ec2:Vpc), or name the groups in the statement's Resource. Rules on other groups can then no longer \
             be added.",
            role.role().map(show_policies).unwrap_or_default(),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, allow, irsa_trust, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "role-opens-security-groups";
    const OPEN: &str = "ec2:AuthorizeSecurityGroupIngress";

    fn statement(action: &str, resource: &str, condition: Value) -> Value {
        json!({"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition})
    }

    fn ask(statements: Value) -> Asked {
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        Estate::new()
            .pod("kube-system", "lbc")
            .irsa_role("app", "kube-system", "lbc", policy)
            .ask(ID)
    }

    #[test]
    fn each_way_to_open_every_group_is_found() {
        // As the load balancer controller has it: once open, once limited by a tag.
        let controller = json!([
            statement(OPEN, "*", json!({})),
            statement(
                OPEN,
                "*",
                json!({"Null": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "false"}})
            ),
        ]);
        for statements in [
            controller,
            json!([statement(
                "ec2:ModifySecurityGroupRules",
                "arn:aws:ec2:*:*:security-group/*",
                json!({})
            )]),
            json!([statement("ec2:*", "arn:aws:ec2:eu-west-1:*:*", json!({}))]),
            json!([statement(
                OPEN,
                "*",
                json!({"StringNotEquals": {"aws:ResourceTag/locked": "true"}})
            )]),
        ] {
            let asked = ask(statements.clone());
            asked.finds(&[&role_arn("app")]);
            let finding = &asked.findings[0];
            assert_eq!(finding.certainty, Certainty::Certain, "{statements}");
            assert_eq!(finding.severity, Severity::Medium);
            assert!(
                finding.message.contains("inline inline, statement 1"),
                "{finding:#?}"
            );
            assert_eq!(finding.path.len(), 2, "{finding:#?}");
        }
    }

    #[test]
    fn what_narrows_the_groups_passes() {
        let vpc = json!({"ArnEquals": {"ec2:Vpc": "arn:aws:ec2:eu-west-1:111122223333:vpc/vpc-1"}});
        let tag = json!({"StringEquals": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "prod"}});
        for statements in [
            json!([statement(OPEN, "*", vpc)]),
            json!([statement(OPEN, "*", tag)]),
            json!([statement(
                OPEN,
                "arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1",
                json!({})
            )]),
            json!([statement(
                "ec2:AuthorizeSecurityGroupEgress",
                "*",
                json!({})
            )]),
            json!([
                statement("ec2:*", "*", json!({})),
                {"Effect": "Deny", "Action": ["ec2:Authorize*", "ec2:Modify*"], "Resource": "*"}
            ]),
        ] {
            ask(statements).passes();
        }
    }

    #[test]
    fn a_condition_on_the_caller_is_said() {
        let asked = ask(json!([statement(
            OPEN,
            "*",
            json!({"StringEquals": {"aws:SourceVpc": "vpc-1"}})
        )]));
        asked.finds(&[&role_arn("app")]);
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
        assert!(
            asked.findings[0].message.contains("only from vpc-1"),
            "{asked:#?}"
        );
    }

    #[test]
    fn administrators_and_the_roles_of_aws_are_left_out() {
        ask(json!([statement("*", "*", json!({}))])).is_not_applicable();
        let mut linked = role("app", &irsa_trust(&json!({})), &allow("ec2:*", "*"));
        linked["Path"] = json!("/aws-service-role/elasticloadbalancing.amazonaws.com/");
        let estate = Estate::new().iam(json!({"roles": [linked]}));
        estate.ask(ID).is_not_applicable();
    }

    #[test]
    fn a_policy_that_was_not_seen_is_not_passed() {
        let mut role = role("app", &irsa_trust(&json!({})), &allow("s3:GetObject", "*"));
        role["AttachedManagedPolicies"] =
            json!([{"PolicyName": "p", "PolicyArn": "arn:aws:iam::111122223333:policy/p"}]);
        let estate = Estate::new().iam(json!({"roles": [role]}));
        estate.ask(ID).is_not_evaluated();
        let fine =
            Estate::new()
                .pod("a", "b")
                .irsa_role("app", "a", "b", allow("s3:GetObject", "*"));
        fine.ask(ID).passes();
        fine.denied(Source::IAM).ask(ID).is_not_evaluated();
    }

    #[test]
    fn a_role_that_only_the_control_plane_takes_is_left_out() {
        for (principal, found) in [
            (json!({"Service": "eks.amazonaws.com"}), false),
            (
                json!({"Service": ["eks.amazonaws.com", "ec2.amazonaws.com"]}),
                true,
            ),
            (
                json!({"Service": "eks.amazonaws.com", "AWS": "111122223333"}),
                true,
            ),
            (json!("*"), true),
        ] {
            let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Action": "sts:AssumeRole", "Principal": principal}]});
            let asked = Estate::new()
                .iam(json!({"roles": [role("plane", &trust, &allow(OPEN, "*"))]}))
                .eks(json!({"cluster": {"roleArn": role_arn("plane")}}))
                .ask(ID);
            assert_eq!(!asked.findings.is_empty(), found, "{principal}: {asked:#?}");
        }
    }
}
