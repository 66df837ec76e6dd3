//! A role waits for a service account that does not exist
//!
//! Whoever may make a service account of that name, or the namespace, gets the role: a right that
//! nobody thinks of as one over AWS. Mostly the workload is gone and its role was forgotten.
//!
//! Asked of each service account that a trust policy names on `ISSUER:sub` for a cluster whose
//! service accounts were read, and of each EKS Pod Identity association. Subjects with a wildcard
//! are left to the checks on wildcards. A star under `StringEquals` is a name that nothing can have:
//! low, since nobody gets the role by it, though somebody thinks so.
//!
//! Known false positive: a workload that is deployed later than its role.
//!
//! To fix it, take the name out of the trust policy or delete the association, or make the service
//! account again.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{change_trust, quoted};
use crate::graph::irsa::{ClusterTrust, exact_subjects, service_account_of};
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::PodIdentityAssociation;
use crate::snapshot::id::object_id;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[
        Source::IAM,
        Source::CLUSTER,
        Source::POD_IDENTITY,
        Source::SERVICE_ACCOUNTS,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for trust in &graph.trusts {
        let cluster = trust.cluster.and_then(|key| graph.cluster(key));
        if let Some(cluster) = cluster.filter(|cluster| readable(graph, cluster)) {
            judge_trust(graph, trust, cluster, answers);
        }
    }
    for cluster in graph
        .clusters
        .iter()
        .filter(|cluster| readable(graph, cluster))
    {
        for association in &cluster.cluster.eks.pod_identity {
            judge_association(graph, cluster, association, answers);
        }
    }
}

/// Where the list of service accounts is not whole, `needs` says so.
fn readable(graph: &Graph<'_>, cluster: &ClusterNode<'_>) -> bool {
    graph.saw(Source::SERVICE_ACCOUNTS, cluster.key)
}

fn judge_trust(
    graph: &Graph<'_>,
    trust: &ClusterTrust<'_>,
    cluster: &ClusterNode<'_>,
    answers: &mut Answers,
) {
    let Some(role) = graph.principals.get(trust.role) else {
        return;
    };
    for (namespace, name) in named_subjects(graph, trust) {
        answers.examined();
        let Some(missing) = missing(graph, cluster, namespace, name) else {
            continue;
        };
        // No object of Kubernetes can have such a name.
        let star = namespace.contains(['*', '?']) || name.contains(['*', '?']);
        let (severity, effect) = match star {
            true => (
                Severity::Low,
                "without StringLike a star is no wildcard, and nobody gets the role by it",
            ),
            false => (Severity::Medium, "whoever makes it gets the role"),
        };
        answers
            .finding(Resource::of(role.arn), &format!("{} {namespace}/{name}", trust.issuer))
            .severity(severity)
            .related(Resource::of(object_id(cluster.key, namespace, "ServiceAccount", name)))
            .title(match star {
                true => format!("{} trusts {namespace}/{name}, which no service account is called", role.name),
                false => format!("{} trusts {namespace}/{name}, which does not exist", role.name),
            })
            .message(format!(
                "The trust policy of {} names the service account {namespace}/{name} of the cluster {}, but \
                 {missing}: {effect}.",
                role.name, cluster.key
            ))
            .fix(
                format!(
                    "Take system:serviceaccount:{namespace}:{name} out of the trust policy, or delete the role \
                     if nothing else uses it. A workload that is yet to be deployed under that name loses it."
                ),
                change_trust(role),
            )
            .report();
    }
}

/// The service accounts that a trust names and would let through.
fn named_subjects<'a>(
    graph: &Graph<'_>,
    trust: &'a ClusterTrust<'_>,
) -> BTreeSet<(&'a str, &'a str)> {
    let mut subjects = BTreeSet::new();
    for statement in &trust.statements {
        let exact = exact_subjects(statement).into_iter().flatten();
        let through = exact.filter(|subject| {
            let decision = graph.admits(trust, statement, subject);
            decision.is_some_and(|decision| !decision.is_denied())
        });
        subjects.extend(through.filter_map(service_account_of));
    }
    subjects
}

fn judge_association(
    graph: &Graph<'_>,
    cluster: &ClusterNode<'_>,
    association: &PodIdentityAssociation,
    answers: &mut Answers,
) {
    answers.examined();
    let (namespace, name) = (&association.namespace, &association.service_account);
    let Some(missing) = missing(graph, cluster, namespace, name) else {
        return;
    };
    let id = match association.association_arn.is_empty() {
        true => &association.role_arn,
        false => &association.association_arn,
    };
    let place = format!("{} {namespace}/{name}", cluster.key);
    answers
        .finding(Resource::of(id), &place)
        .related(Resource::of(&association.role_arn))
        .related(Resource::of(object_id(cluster.key, namespace, "ServiceAccount", name)))
        .title(format!("A Pod Identity association waits for {namespace}/{name}, which does not exist"))
        .message(format!(
            "The association {} of the cluster {} gives {} to {namespace}/{name}, but {missing}: whoever makes \
             it gets the role.",
            association.association_id, cluster.key, association.role_arn
        ))
        .fix(
            "Delete the association. A workload that is yet to be deployed under that name loses the role.",
            [format!(
                "aws eks delete-pod-identity-association --cluster-name {} --association-id {}{}",
                quoted(&cluster.cluster.name),
                quoted(&association.association_id),
                cluster.cluster.region.as_ref().map(|r| format!(" --region {r}")).unwrap_or_default(),
            )],
        )
        .report();
}

/// What is missing, as a clause; nothing where the service account is there.
fn missing(
    graph: &Graph<'_>,
    cluster: &ClusterNode<'_>,
    namespace: &str,
    name: &str,
) -> Option<String> {
    let found = graph
        .workloads
        .service_account(cluster.key, namespace, name)
        .and_then(|at| graph.workloads.service_accounts.get(at));
    // A pod that runs under it is as good as the object.
    if found.is_some_and(|account| account.object.is_some() || !account.workloads.is_empty()) {
        return None;
    }
    let namespaces = &cluster.cluster.kubernetes.namespaces;
    let there = namespaces.iter().any(|n| n.metadata.name == namespace);
    // Every namespace has it, also where only manifests were read.
    if there && name == "default" {
        return None;
    }
    match !there && graph.saw(Source::NAMESPACES, cluster.key) {
        true => Some(format!("there is no namespace {namespace}")),
        false => Some("there is no such service account".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{CLUSTER, Estate, ISSUER, allow, irsa_trust, role, role_arn};
    use serde_json::json;

    const ID: &str = "irsa-trust-missing-service-account";

    fn estate(namespace: &str, account: &str) -> Estate {
        Estate::new().pod("payments", "api").irsa_role(
            "app",
            namespace,
            account,
            allow("s3:GetObject", "*"),
        )
    }

    fn association(account: &str) -> Estate {
        Estate::new().pod("payments", "api").eks(json!({"pod_identity": [{
            "clusterName": CLUSTER, "namespace": "payments", "serviceAccount": account,
            "roleArn": role_arn("app"), "associationId": "a-1",
            "associationArn": "arn:aws:eks:eu-west-1:111122223333:podidentityassociation/prod/a-1"}]}))
    }

    #[test]
    fn a_name_that_nobody_has_is_found_and_a_missing_namespace_is_said() {
        let asked = estate("payments", "worker").ask(ID);
        asked.finds(&[&role_arn("app")]);
        let asked = estate("billing", "mailer").ask(ID);
        asked.finds(&[&role_arn("app")]);
        let message = &asked.findings[0].message;
        assert!(
            message.contains("there is no namespace billing"),
            "{message}"
        );
    }

    #[test]
    fn an_association_is_judged_too() {
        let asked = association("worker").ask(ID);
        asked.finds(&["arn:aws:eks:eu-west-1:111122223333:podidentityassociation/prod/a-1"]);
        association("api").ask(ID).passes();
    }

    #[test]
    fn those_that_exist_pass_and_wildcards_are_not_asked() {
        estate("payments", "api").ask(ID).passes();
        estate("payments", "default").ask(ID).passes();
        let wild = irsa_trust(
            &json!({"StringLike": {format!("{ISSUER}:sub"): "system:serviceaccount:gone:*"}}),
        );
        Estate::new()
            .iam(json!({"roles": [role("app", &wild, &allow("s3:GetObject", "*"))]}))
            .ask(ID)
            .is_not_applicable();
    }

    #[test]
    fn a_star_under_string_equals_is_a_name_that_nothing_has() {
        let asked = estate("payments", "*").ask(ID);
        asked.finds(&[&role_arn("app")]);
        assert_eq!(asked.findings[0].severity, Severity::Low);
    }

    #[test]
    fn a_denied_list_proves_no_absence() {
        let asked = estate("payments", "worker")
            .denied(Source::SERVICE_ACCOUNTS)
            .ask(ID);
        asked.is_not_evaluated();
        assert!(asked.findings.is_empty());
        Estate::new().ask(ID).is_not_applicable();
    }
}
