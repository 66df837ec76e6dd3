//! A service account is annotated with a role that it cannot get
//!
//! Its pods get no AWS credentials from it. At best the workload is broken, at worst it falls back
//! to the role of its node or to static keys, and nobody knows why.
//!
//! The annotation `eks.amazonaws.com/role-arn` counts when it is no role's ARN, when the account
//! that it names was read and has no such role, when that account certainly has no OIDC provider
//! for the cluster with the service account's audience, or when the role's trust policy certainly
//! refuses the service account's token. A role of an account that was not read is unknown, not
//! missing, and so is what depends on conditions that are not known.
//!
//! Where a Pod Identity association names the service account too, EKS gives the pods the
//! association's role and leaves the annotation aside (amazon-eks-pod-identity-webhook): then it is
//! low.
//!
//! To fix it, correct the annotation or the role's trust policy, or take the annotation away.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{change_trust, kubectl, quoted, trust_condition_for};
use crate::graph::Graph;
use crate::graph::irsa::{Known, provider_arn};
use crate::graph::workload::Account;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::IAM, Source::CLUSTER, Source::SERVICE_ACCOUNTS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for (at, account) in graph.workloads.service_accounts.iter().enumerate() {
        let Some(arn) = account.annotated_role().filter(|arn| !arn.is_empty()) else {
            continue;
        };
        answers.examined();
        match judge(graph, at, account, arn) {
            Verdict::Usable => {}
            Verdict::Unknown(reason) => answers.unjudged(format!(
                "whether {} of {} can get {arn} is not known: {reason}",
                account.label(),
                account.cluster
            )),
            Verdict::Unusable { why, fix } => report(graph, account, arn, &why, fix, answers),
        }
    }
}

enum Verdict {
    Usable,
    Unknown(String),
    Unusable { why: String, fix: Fix },
}

/// What has to change.
enum Fix {
    /// The annotation: the role is not there.
    Annotation,
    /// The account's provider, which is not there.
    NewProvider,
    /// The audiences of the provider of this ARN.
    Audience(String),
    /// The trust policy of the role at this place.
    Trust(usize),
}

fn judge(graph: &Graph<'_>, at: usize, account: &Account<'_>, arn: &str) -> Verdict {
    let parsed = Arn::parse(arn).filter(|a| a.service == "iam" && a.resource.starts_with("role/"));
    let Some(parsed) = parsed else {
        let why = "that is not the ARN of a role".to_owned();
        return Verdict::Unusable {
            why,
            fix: Fix::Annotation,
        };
    };
    let Some(role) = graph.principals.by_arn(arn) else {
        return missing(graph, &parsed);
    };
    let Some((decision, known)) = graph.annotated(at, role) else {
        return Verdict::Unknown(
            "the cluster's issuer or the role's trust policy was not read".to_owned(),
        );
    };
    let (issuer, audience) = (issuer(graph, account), account.audience());
    let owner = parsed.account;
    match known {
        Known::NoProvider => Verdict::Unusable {
            why: format!("the account {owner} has no OIDC provider for {issuer}"),
            fix: Fix::NewProvider,
        },
        Known::NoAudience => Verdict::Unusable {
            why: format!("the OIDC provider of {issuer} does not admit the audience {audience}"),
            fix: Fix::Audience(provider_arn(arn, issuer)),
        },
        Known::Yes | Known::Unknown if decision.is_denied() => Verdict::Unusable {
            why: graph.refusal(role, account),
            fix: Fix::Trust(role),
        },
        Known::Unknown => {
            Verdict::Unknown(format!("the OIDC providers of {owner} were not all read"))
        }
        Known::Yes => Verdict::Usable,
    }
}

/// A role that is not among those that were read.
fn missing(graph: &Graph<'_>, arn: &Arn<'_>) -> Verdict {
    if !graph.saw(Source::IAM, arn.account) {
        return Verdict::Unknown(format!(
            "the roles of account {} were not all read",
            arn.account
        ));
    }
    let named = graph.principals.role_named(arn.account, arn.name());
    let why = match named.and_then(|at| graph.principals.get(at)) {
        Some(role) => format!("the role of that name has the ARN {}", role.arn),
        None => format!("the account {} has no such role", arn.account),
    };
    Verdict::Unusable {
        why,
        fix: Fix::Annotation,
    }
}

fn issuer<'s>(graph: &Graph<'s>, account: &Account<'_>) -> &'s str {
    graph.issuer_of(account).unwrap_or_default()
}

fn report(
    graph: &Graph<'_>,
    account: &Account<'_>,
    arn: &str,
    why: &str,
    fix: Fix,
    answers: &mut Answers,
) {
    let cluster = graph.snapshot.clusters.get(account.cluster);
    let associated = cluster.is_some_and(|cluster| {
        cluster.eks.pod_identity.iter().any(|association| {
            association.namespace == account.namespace
                && association.service_account == account.name
        })
    });
    let (severity, effect) = match associated {
        true => (
            Severity::Low,
            "Its pods get the role of their Pod Identity association instead.",
        ),
        false => (Severity::Medium, "Its pods get no credentials from it."),
    };
    let (text, commands) = remedy(graph, account, fix);
    answers
        .finding(Resource::of(&account.id), "")
        .severity(severity)
        .related(Resource::of(arn))
        .title(format!(
            "{} cannot get the role that it is annotated with",
            account.label()
        ))
        .message(format!(
            "The service account {} of the cluster {} is annotated with {arn}, but {why}. {effect}",
            account.label(),
            account.cluster
        ))
        .fix(text, commands)
        .report();
}

fn remedy(graph: &Graph<'_>, account: &Account<'_>, fix: Fix) -> (String, Vec<String>) {
    let cluster = graph.snapshot.clusters.get(account.cluster);
    let kubectl = cluster.map_or("kubectl".to_owned(), kubectl);
    let annotate = |value: &str| {
        format!(
            "{kubectl} annotate serviceaccount -n {} {} {value}",
            quoted(account.namespace),
            quoted(account.name)
        )
    };
    match fix {
        Fix::Annotation => (
            "Annotate it with a role that exists, or take the annotation away; pods take it up when they \
             are made again."
                .to_owned(),
            vec![
                annotate("eks.amazonaws.com/role-arn=ROLE_ARN --overwrite"),
                annotate("eks.amazonaws.com/role-arn-"),
            ],
        ),
        Fix::NewProvider => (
            "Make the OIDC provider in the role's account.".to_owned(),
            vec![format!(
                "aws iam create-open-id-connect-provider --url {} --client-id-list {}",
                quoted(&format!("https://{}", issuer(graph, account))),
                quoted(account.audience())
            )],
        ),
        Fix::Audience(provider) => (
            "Let the provider admit the audience, or take the annotation eks.amazonaws.com/audience \
             away."
                .to_owned(),
            vec![format!(
                "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {} \
                 --client-id {}",
                quoted(&provider),
                quoted(account.audience())
            )],
        ),
        Fix::Trust(role) => {
            let subject = [account.subject()];
            let condition =
                trust_condition_for(issuer(graph, account), &subject, account.audience());
            let commands = graph.principals.get(role).map(|role| change_trust(role).to_vec());
            (
                format!(
                    "If the workload should have the role, let the trust policy admit it: \"Condition\": \
                     {condition}. Else take the annotation away."
                ),
                commands.into_iter().flatten().chain([annotate("eks.amazonaws.com/role-arn-")]).collect(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{CLUSTER, Estate, allow, irsa_trust, object, role, role_arn};
    use serde_json::json;

    const ID: &str = "irsa-role-unusable";

    fn annotated(arn: &str) -> Estate {
        Estate::new().kubernetes(json!({"service_accounts": [{"metadata": {"name": "api",
            "namespace": "payments", "annotations": {"eks.amazonaws.com/role-arn": arn}}}]}))
    }

    fn found() -> String {
        object("payments", "ServiceAccount", "api")
    }

    fn why(estate: &Estate, part: &str) {
        let asked = estate.ask(ID);
        asked.finds(&[&found()]);
        assert!(
            asked.findings[0].message.contains(part),
            "{part}: {asked:#?}"
        );
    }

    #[test]
    fn a_role_that_is_not_there_is_found() {
        why(&annotated(&role_arn("gone")), "has no such role");
        why(&annotated("app"), "not the ARN of a role");
        let mut moved = role("app", &irsa_trust(&json!({})), &allow("s3:*", "*"));
        moved["Arn"] = json!(role_arn("team/app"));
        let estate = annotated(&role_arn("app")).iam(json!({"roles": [moved]}));
        why(
            &estate,
            "has the ARN arn:aws:iam::111122223333:role/team/app",
        );
    }

    #[test]
    fn a_trust_that_refuses_is_found_with_what_it_asks_for() {
        let policy = allow("s3:*", "*");
        let estate = annotated(&role_arn("app"));
        why(
            &estate
                .clone()
                .irsa_role("app", "payments", "other", policy.clone()),
            "payments:other, not for",
        );
        why(
            &estate
                .clone()
                .irsa_role("app", "payments", "*", policy.clone()),
            "only under StringLike",
        );
        let ec2 = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]});
        why(
            &estate.iam(json!({"roles": [role("app", &ec2, &policy)]})),
            "does not let tokens",
        );
    }

    #[test]
    fn a_provider_that_the_account_lacks_is_found() {
        let estate = annotated(&role_arn("app"))
            .irsa_role("app", "payments", "api", allow("s3:*", "*"))
            .with(json!({"accounts": {"111122223333": {"iam": {"oidc_providers": null}}}}))
            .with(json!({"accounts": {"111122223333": {"iam": {"oidc_providers": []}}}}));
        why(&estate, "has no OIDC provider");
    }

    #[test]
    fn with_an_association_the_annotation_matters_little() {
        let asked = annotated(&role_arn("gone"))
            .eks(
                json!({"pod_identity": [{"clusterName": CLUSTER, "namespace": "payments",
                "serviceAccount": "api", "roleArn": role_arn("app")}]}),
            )
            .ask(ID);
        asked.finds(&[&found()]);
        assert_eq!(asked.findings[0].severity, Severity::Low);
    }

    #[test]
    fn a_role_that_admits_passes_and_one_of_an_unread_account_is_unknown() {
        annotated(&role_arn("app"))
            .irsa_role("app", "payments", "api", allow("s3:*", "*"))
            .ask(ID)
            .passes();
        let elsewhere = annotated("arn:aws:iam::999999999999:role/app").ask(ID);
        elsewhere.is_not_evaluated();
        annotated(&role_arn("gone"))
            .denied(Source::IAM)
            .ask(ID)
            .is_not_evaluated();
    }

    #[test]
    fn without_an_annotation_there_is_nothing_to_ask() {
        Estate::new()
            .pod("payments", "api")
            .ask(ID)
            .is_not_applicable();
    }
}
