//! A role may take WAF or Shield off any load balancer
//!
//! The web ACL that filters an application's requests, or the protection against floods, is gone
//! after one call, for every application of the account. That gives no access by itself: it takes
//! away what stood in front of a weakness, and so it is low.
//!
//! A role in scope counts when its policies together allow `wafv2:DisassociateWebACL` or
//! `waf-regional:DisassociateWebACL` on every Application Load Balancer of its account (or of a
//! region), or `shield:DeleteProtection` on every protection: also on one without tags that no
//! policy names. A condition on the resource's tags narrows; conditions on the caller or its
//! network do not, and where they are not known the finding is conditional. What web ACLs and
//! protections there are is not asked. Changing a web ACL's rules is not looked at. Administrators,
//! the roles that AWS keeps for itself and that of EKS's control plane are left out. Where service accounts get the role, what
//! their session policies take away does not count.
//!
//! Known false positive: the policy that the AWS Load Balancer Controller is installed with.
//! Without these permissions it works as long as no Ingress asks for a web ACL or Shield, and its
//! add-ons for them are switched off (`--enable-waf=false`, `--enable-wafv2=false`,
//! `--enable-shield=false`).
//!
//! To fix it, take the permissions away, or name the load balancers.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::show_policies;
use crate::graph::Graph;
use crate::graph::every_resource::{Kind, OnEvery};
use crate::graph::hold::Hold;
use crate::graph::principal::Principal;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[Source::IAM],
    controls: &[],
    since: "0.1.0",
    run,
};

const BALANCERS: Kind = Kind {
    service: "elasticloadbalancing",
    resource: "loadbalancer/app/*/*",
    regional: true,
    own: &[],
    tags: &[],
};

const PROTECTIONS: Kind = Kind {
    service: "shield",
    resource: "protection/*",
    regional: false,
    own: &[],
    tags: &[],
};

const REMOVING: &[(&str, &Kind)] = &[
    ("wafv2:DisassociateWebACL", &BALANCERS),
    ("waf-regional:DisassociateWebACL", &BALANCERS),
    ("shield:DeleteProtection", &PROTECTIONS),
];

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for gap in graph.unseen_reach() {
        answers.unjudged(gap);
    }
    for (role, holds) in graph.limited_roles() {
        answers.examined();
        let found = graph.any_on_every(role, &holds, REMOVING);
        match found.first() {
            Some(first) => report(graph, role, &holds, first, &found, answers),
            None => answers.unseen_policies(role),
        }
    }
}

/// What is taken off by one of these actions, as a title says it.
fn taken_off(found: &[OnEvery]) -> &'static str {
    let is_shield = |one: &OnEvery| one.action.starts_with("shield:");
    match (found.iter().any(is_shield), found.iter().all(is_shield)) {
        (_, true) => "Shield's protection off any resource",
        (true, false) => "WAF and Shield off any load balancer",
        (false, _) => "WAF off any load balancer",
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
    let actions: Vec<String> = found.iter().map(|one| one.text(graph, role)).collect();
    answers
        .finding(Resource::of(role.arn), "")
        .certainty(match first.certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("{name} may take {}", taken_off(found)))
        .message(format!(
            "The role {name} may {} on everything of that kind in {}.{}",
            actions.join(" and "),
            first.place(role),
            graph.today(holds),
        ))
        .path(holds.first().map(|hold| graph.path_to(hold)).unwrap_or_default())
        .fix(
            "Take these permissions away where the workload does not manage web ACLs and protections; else name the \
             load balancers in the statement's Resource, or ask for a tag on them (aws:ResourceTag/KEY). An Ingress \
             that asks for a web ACL is no longer served then.",
            role.role().map(show_policies).unwrap_or_default(),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, allow, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "role-removes-edge-protection";

    fn ask(statement: Value) -> Asked {
        let mut statement = statement;
        statement["Effect"] = json!("Allow");
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
        Estate::new()
            .pod("kube-system", "lbc")
            .irsa_role("app", "kube-system", "lbc", policy)
            .ask(ID)
    }

    #[test]
    fn each_protection_is_found_and_named() {
        let waf = "wafv2:DisassociateWebACL";
        let balancers = "arn:aws:elasticloadbalancing:*:*:loadbalancer/app/*/*";
        for (action, resource, says) in [
            (json!(waf), "*", "WAF off any load balancer"),
            (json!(waf), balancers, "WAF off any load balancer"),
            (json!("waf-regional:*"), "*", "WAF off any load balancer"),
            (
                json!("shield:DeleteProtection"),
                "arn:aws:shield::111122223333:protection/*",
                "Shield's protection off any resource",
            ),
            (
                json!([waf, "shield:*"]),
                "*",
                "WAF and Shield off any load balancer",
            ),
        ] {
            let asked = ask(json!({"Action": action, "Resource": resource}));
            asked.finds(&[&role_arn("app")]);
            let finding = &asked.findings[0];
            assert!(finding.title.contains(says), "{finding:#?}");
            assert_eq!(finding.severity, Severity::Low);
            assert_eq!(finding.certainty, Certainty::Certain);
        }
    }

    #[test]
    fn one_load_balancer_a_tag_or_the_other_direction_passes() {
        let one = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/0123456789abcdef";
        let tag = json!({"StringEquals": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "prod"}});
        for statement in [
            json!({"Action": "wafv2:*", "Resource": one}),
            json!({"Action": ["wafv2:DisassociateWebACL", "shield:*"], "Resource": "*", "Condition": tag}),
            json!({"Action": ["wafv2:AssociateWebACL", "wafv2:Get*", "shield:CreateProtection"], "Resource": "*"}),
            json!({"Action": "shield:DeleteProtection",
                "Resource": "arn:aws:shield::111122223333:protection/0123-4567"}),
        ] {
            ask(statement).passes();
        }
    }

    #[test]
    fn a_condition_on_the_caller_is_said() {
        let office = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        let asked = ask(json!({"Action": "shield:*", "Resource": "*", "Condition": office}));
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
        assert!(
            asked.findings[0].message.contains("only from 10.0.0.0/8"),
            "{asked:#?}"
        );
    }

    #[test]
    fn an_administrator_is_another_checks_and_unread_iam_is_not_passed() {
        ask(json!({"Action": "*", "Resource": "*"})).is_not_applicable();
        let fine =
            Estate::new()
                .pod("a", "b")
                .irsa_role("app", "a", "b", allow("s3:GetObject", "*"));
        fine.ask(ID).passes();
        fine.denied(Source::IAM).ask(ID).is_not_evaluated();
        Estate::new().pod("a", "b").ask(ID).is_not_applicable();
    }
}
