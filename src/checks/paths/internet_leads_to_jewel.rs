//! The internet reaches a workload that leads to an administrator or to what is worth protecting
//!
//! A load balancer in front of a workload is no fault, and a workload that can do much need not be one. Together they are:
//! one fault in what listens there is enough.
//!
//! Of every workload that the internet reaches (by a load balancer or the port of a node, as security groups, source ranges
//! and enforced NetworkPolicies let it) the surest and shortest way is looked for to the administrators of each account and
//! cluster that was read, and to the `[jewels]` of the configuration. How bad it is follows from how easily the workload is
//! taken and how sure the way from it is: an exploit that is known for what its image holds makes it critical, a critical
//! finding in its image or a way that depends on nothing else high, the rest medium. That something is reached does not say
//! that it is taken, so no finding is certain.
//!
//! Known false positives: an ingress controller, which everybody runs so. Its own findings tell what to narrow.
//!
//! To fix it, cut one of the steps behind the workload (`plan` finds the fewest changes), patch its image, or take it off
//! the internet.

use std::collections::HashMap;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::control::INTERNET;
use crate::graph::exposure::{Exposure, Grade};
use crate::graph::lead::Lead;
use crate::graph::path::{EdgeKind, Step};
use crate::graph::wording::capital;
use crate::graph::{Graph, workload::Workload};
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[Source::PODS, Source::SERVICES, Source::INGRESSES],
    controls: &[Control::cis("5.4.1")],
    since: "0.1.0",
    run,
};

fn run<'g>(graph: &'g Graph<'g>, answers: &mut Answers<'g>) {
    if graph.workloads.workloads.is_empty() {
        return;
    }
    for reason in graph.unread_from(INTERNET) {
        answers.unjudged(reason);
    }
    let shared = answers.shared;
    let control = shared.control();
    let exposures = control.exposures();
    for _ in &graph.workloads.workloads {
        answers.examined();
    }
    let places: Vec<usize> = exposures.iter().map(|one| one.workload).collect();
    let by_workload: HashMap<usize, &Exposure> =
        exposures.iter().map(|one| (one.workload, one)).collect();
    for lead in graph.leads_from(control, shared.jewels(), &places) {
        let at = lead.workloads.first();
        let exposure = at.and_then(|at| by_workload.get(at));
        let workload = at.and_then(|at| graph.workloads.workloads.get(*at));
        if let (Some(exposure), Some(workload)) = (exposure, workload) {
            report(answers, workload, exposure, &lead);
        }
    }
}

/// How bad it is.
fn severity(exposure: &Exposure, lead: &Lead) -> Severity {
    let certain = lead.way.open().is_empty() && exposure.ways.is_certain();
    match exposure.ease.grade {
        Grade::Exploit if certain => Severity::Critical,
        Grade::Exploit | Grade::Critical => Severity::High,
        Grade::Unknown if certain => Severity::High,
        Grade::Unknown => Severity::Medium,
    }
}

fn report(answers: &mut Answers<'_>, workload: &Workload<'_>, exposure: &Exposure, lead: &Lead) {
    let Some(way) = exposure.ways.first() else {
        return;
    };
    let jewel = lead.jewel_text();
    let mut open: Vec<String> = way.open.iter().cloned().collect();
    open.push(exposure.ease.condition());
    open.extend(lead.way.open());
    let step = Step::new(
        "internet",
        EdgeKind::Exposes,
        workload.id.clone(),
        way.evidence.clone(),
    );
    let path = std::iter::once(step).chain(lead.path()).collect();
    answers
        .finding(Resource::of(workload.id.clone()), &lead.jewel)
        .severity(severity(exposure, lead))
        .certainty(Certainty::Conditional)
        .title(format!(
            "The internet leads over {}/{} in {} to {jewel}",
            workload.namespace, workload.name, workload.cluster
        ))
        .message(format!(
            "{}. From {} in {} it is {} to {jewel}. It depends on this: {}.",
            capital(&way.evidence),
            workload.label(),
            workload.cluster,
            match lead.way.steps {
                0 => "no step".to_owned(),
                1 => "one step".to_owned(),
                many => format!("{many} steps"),
            },
            open.join(", ")
        ))
        .path(path)
        .fix(
            "Cut one of the steps behind the workload, patch its image, or take it off the internet.",
            [format!(
                "eks-auditor plan --from {} --to {}",
                quoted(&workload.id),
                quoted(&lead.as_asked())
            )],
        )
        .report();
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;
    use crate::checks::testing::{Estate, allow, object};
    use serde_json::json;

    /// A pod with a role that may do this, behind a load balancer of this scheme.
    fn shop(scheme: &str, policy: serde_json::Value) -> Estate {
        Estate::new()
            .irsa_role("web", "shop", "web", policy)
            .kubernetes(json!({
                "namespaces": [{"metadata": {"name": "shop"}}],
                "service_accounts": [{"metadata": {"name": "web", "namespace": "shop"}}],
                "pods": [{"metadata": {"name": "web-0", "namespace": "shop", "uid": "u", "labels": {"app": "web"}},
                    "spec": {"serviceAccountName": "web", "containers": [{"name": "main", "image": "web:1"}]},
                    "status": {"phase": "Running"}}],
                "services": [{"metadata": {"name": "web", "namespace": "shop", "uid": "s", "annotations": {
                        "service.beta.kubernetes.io/aws-load-balancer-type": "external",
                        "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
                        "service.beta.kubernetes.io/aws-load-balancer-scheme": scheme}},
                    "spec": {"type": "LoadBalancer", "selector": {"app": "web"},
                        "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]},
                    "status": {"loadBalancer": {"ingress": [{"hostname": "k8s-web.elb.eu-west-1.amazonaws.com"}]}}}]}))
    }

    #[test]
    fn it_finds_a_workload_behind_a_public_load_balancer_whose_role_is_administrator() {
        let asked = shop("internet-facing", allow("*", "*")).ask("internet-leads-to-jewel");
        let pod = object("shop", "Pod", "web-0");
        assert!(!asked.findings.is_empty(), "{asked:#?}");
        for finding in &asked.findings {
            assert_eq!(finding.resource.id, pod, "{finding:#?}");
            // Nothing is known of its image.
            assert_eq!(finding.certainty, Certainty::Conditional, "{finding:#?}");
            let first = finding.path.first().expect("a path");
            assert_eq!(
                (first.from.as_str(), first.edge),
                ("internet", EdgeKind::Exposes)
            );
        }
    }

    #[test]
    fn it_is_silent_where_the_load_balancer_is_internal_or_the_role_is_harmless() {
        shop("internal", allow("*", "*"))
            .ask("internet-leads-to-jewel")
            .passes();
        shop("internet-facing", allow("s3:GetObject", "*"))
            .ask("internet-leads-to-jewel")
            .passes();
    }

    #[test]
    fn it_is_not_evaluated_without_the_ways_in_and_does_not_apply_without_workloads() {
        for source in [Source::SERVICES, Source::NODES, Source::GATEWAYS] {
            shop("internal", allow("*", "*"))
                .denied(source)
                .ask("internet-leads-to-jewel")
                .is_not_evaluated();
        }
        Estate::new()
            .ask("internet-leads-to-jewel")
            .is_not_applicable();
    }
}
