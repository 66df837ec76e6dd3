//! Workloads lead over several steps to an administrator or to what is worth protecting
//!
//! No single setting shows it: a pod's role may assume a second one, which may pass a third to a function; a service
//! account may start pods beside one that writes ClusterRoles; a container gets onto its node, where a pod with a better
//! role runs. Whoever takes over the first workload has the last.
//!
//! Of every workload the surest and shortest way is looked for, over AWS and the clusters, to the administrators of each
//! account and cluster that was read, and to the `[jewels]` of the configuration. Those that come to the same thing over the
//! same last principal are one finding, which names that principal, how many workloads are behind it, and the way of the
//! nearest. An administrator of an account is administrator of its clusters, which is not said again. Ways of one step have findings of their own (`workload-role-admin`, `cluster-admin-binding`,
//! `workload-role-reads-any-secret`). Workloads of kube-system and controllers that everybody runs are there to have power,
//! and are left out as beginnings, not as steps.
//!
//! A way that depends on something that is not known is medium.
//!
//! Known false positives: a workload that deploys the others. It is as good as an administrator; guard it so, and waive it.
//!
//! To fix it, cut one of its steps. `plan` finds the fewest changes that cut all such ways, and tries them on a copy.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::lead::Lead;
use crate::graph::wording::{capital, short, some_of};
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    // Accounts or clusters alone are enough to ask of them; what is missing of either is said of each.
    needs: &[Source::PODS, Source::SERVICE_ACCOUNTS],
    controls: &[Control::cis("4.1.1"), Control::cis("4.1.8")],
    since: "0.1.0",
    run,
};

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    if graph.workloads.workloads.is_empty() {
        return;
    }
    for reason in graph.unread_control() {
        answers.unjudged(reason);
    }
    let shared = answers.shared;
    for (at, _) in graph.workloads.workloads.iter().enumerate() {
        if !graph.is_expected(at) {
            answers.examined();
        }
    }
    for lead in graph.leads(shared.control(), shared.jewels()) {
        report(graph, answers, &lead);
    }
}

fn report(graph: &Graph<'_>, answers: &mut Answers<'_>, lead: &Lead) {
    let workloads = lead.workloads.iter();
    let workloads: Vec<_> = workloads
        .filter_map(|at| graph.workloads.workloads.get(*at))
        .collect();
    let Some(nearest) = workloads.first() else {
        return;
    };
    let names: Vec<String> = workloads
        .iter()
        .map(|one| format!("{} in {}", one.label(), one.cluster))
        .collect();
    let (jewel, over) = (lead.jewel_text(), short(&lead.over));
    let many = match workloads.len() {
        1 => format!(
            "{}/{} in {}",
            nearest.namespace, nearest.name, nearest.cluster
        ),
        many => format!("{many} workloads"),
    };
    let leads = if workloads.len() == 1 {
        "leads"
    } else {
        "lead"
    };
    let open = lead.way.open();
    let depends = match open.is_empty() {
        true => String::new(),
        false => format!(" It depends on what is not known: {}.", open.join(", ")),
    };
    let certain = open.is_empty();
    let command = format!(
        "eks-auditor plan --from {} --to {}",
        quoted(&nearest.id),
        quoted(&lead.as_asked())
    );
    answers
        .finding(Resource::of(lead.over.clone()), &lead.jewel)
        .severity(if certain { Severity::High } else { Severity::Medium })
        .certainty(if certain { Certainty::Certain } else { Certainty::Conditional })
        .title(format!("{many} {leads} over {over} to {jewel}"))
        .message(format!(
            "{} {leads} to {jewel}, all over {over}. The nearest is {} in {}, in {} steps.{depends}",
            capital(&some_of(&names)),
            nearest.label(),
            nearest.cluster,
            lead.way.steps
        ))
        .related_all(workloads.iter().map(|one| Resource::of(one.id.clone())))
        .path(lead.path())
        .fix(
            "Cut one of the steps. The command finds the fewest changes that do, and what is lost by them.",
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate, allow, object, role, role_arn};
    use crate::graph::treasure::Treasure;
    use serde_json::json;

    fn trust() -> serde_json::Value {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}]})
    }

    /// Pods whose roles may assume `boss`, which may do this.
    fn chain(pods: &[&str], boss: &serde_json::Value) -> Estate {
        let mut estate = Estate::new();
        for pod in pods {
            let assume = allow("sts:AssumeRole", &role_arn("boss"));
            estate = estate.pod("web", pod).irsa_role(pod, "web", pod, assume);
        }
        estate.iam(json!({"roles": [role("boss", &trust(), boss)]}))
    }

    #[test]
    fn it_finds_what_two_roles_give_together_once_for_all_workloads() {
        let asked = chain(&["api", "worker"], &allow("*", "*")).ask("workload-leads-to-jewel");
        // To the account, and over it to the cluster.
        assert_eq!(
            asked.resources().first(),
            Some(&role_arn("boss").as_str()),
            "{asked:#?}"
        );
        let first = asked.findings.first().expect("a finding");
        let related: Vec<&str> = first.related.iter().map(|one| one.id.as_str()).collect();
        let pods = [
            object("web", "Pod", "api-0"),
            object("web", "Pod", "worker-0"),
        ];
        assert_eq!(related, pods, "{first:#?}");
        assert!(first.path.len() > 1, "{first:#?}");
    }

    #[test]
    fn what_depends_on_something_is_medium() {
        let mut boss = role("boss", &trust(), &allow("*", "*"));
        boss["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] =
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
        let assume = allow("sts:AssumeRole", &role_arn("boss"));
        let estate = Estate::new()
            .pod("web", "api")
            .irsa_role("api", "web", "api", assume);
        let asked = estate
            .iam(json!({"roles": [boss]}))
            .ask("workload-leads-to-jewel");
        assert!(!asked.findings.is_empty(), "{asked:#?}");
        for finding in &asked.findings {
            assert_eq!(finding.severity, Severity::Medium, "{finding:#?}");
            assert_eq!(finding.certainty, Certainty::Conditional, "{finding:#?}");
        }
    }

    #[test]
    fn it_is_silent_where_the_second_role_is_harmless_and_where_one_step_is_enough() {
        chain(&["api"], &allow("s3:GetObject", "*"))
            .ask("workload-leads-to-jewel")
            .passes();
    }

    #[test]
    fn what_the_user_names_is_worth_protecting() {
        let estate = chain(&["api"], &allow("s3:GetObject", "arn:aws:s3:::pay/*"));
        let snapshot = estate.snapshot();
        let arn = "arn:aws:s3:::pay".to_owned();
        let treasure = Treasure {
            arns: vec![arn.try_into().expect("an ARN")],
            ..Treasure::default()
        };
        let graph = Graph::build(&snapshot, None).with_treasure(&treasure);
        let shared = crate::checks::shared::Shared::of(&graph);
        let leads = graph.leads(shared.control(), shared.jewels());
        let gist: Vec<(&str, &str)> = leads
            .iter()
            .map(|lead| (lead.jewel.as_str(), lead.over.as_str()))
            .collect();
        assert_eq!(gist, [("arn:aws:s3:::pay", role_arn("boss").as_str())]);
    }

    #[test]
    fn it_is_not_evaluated_without_iam_and_does_not_apply_without_workloads() {
        let estate = chain(&["api"], &allow("s3:GetObject", "*"));
        estate
            .denied(Source::IAM)
            .ask("workload-leads-to-jewel")
            .is_not_evaluated();
        Estate::new()
            .ask("workload-leads-to-jewel")
            .is_not_applicable();
    }
}
