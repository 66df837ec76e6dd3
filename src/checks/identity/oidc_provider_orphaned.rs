//! An OIDC provider is for a cluster that is gone
//!
//! Roles that trust it stay open for tokens of that issuer, and hide among those that are in use.
//! Nobody should be able to sign for it any more; what is left rests on that alone.
//!
//! A provider of the account whose issuer is an EKS cluster's (`oidc.eks.REGION.amazonaws.com`)
//! counts when all clusters of that region of the account were listed and described, and none, nor
//! one of another account that was seen, has the issuer. A cluster of an account that was not seen
//! could have it, which is how roles are given across accounts (EKS User Guide, "Authenticate to
//! another account with IRSA"): the finding is conditional on that.
//!
//! To fix it, look whose the issuer was, then delete the provider and the roles that trust it.

use std::collections::{BTreeMap, HashSet};

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::wording::some_of;
use crate::iam::trust::is_eks_issuer;
use crate::snapshot::coverage::Source;
use crate::snapshot::iam::OidcProvider;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::OIDC_PROVIDERS, Source::CLUSTERS, Source::CLUSTER],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let clusters = &graph.snapshot.clusters;
    let issuers: HashSet<&str> = clusters.values().filter_map(|c| c.issuer()).collect();
    let mut trusting: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for trust in &graph.trusts {
        trusting
            .entry(&trust.provider)
            .or_default()
            .push(trust.role);
    }
    for (account, facts) in &graph.snapshot.accounts {
        let eks = facts
            .iam
            .oidc_providers
            .iter()
            .filter(|p| is_eks_issuer(p.issuer()));
        for provider in eks {
            answers.examined();
            if issuers.contains(provider.issuer()) {
                continue;
            }
            match unseen(graph, account, provider.issuer()) {
                Some(reason) => answers.unjudged(reason),
                None => {
                    let roles = trusting
                        .get(provider.arn.as_str())
                        .map_or(&[][..], Vec::as_slice);
                    report(graph, account, provider, roles, answers);
                }
            }
        }
    }
}

/// `REGION` of `oidc.eks.REGION.amazonaws.com/id/X`.
fn region(issuer: &str) -> &str {
    issuer.split('.').nth(2).unwrap_or_default()
}

/// Why a cluster of this issuer may be there without having been seen.
fn unseen(graph: &Graph<'_>, account: &str, issuer: &str) -> Option<String> {
    let region = region(issuer);
    let scope = format!("{account}/{region}");
    if !graph.saw(Source::CLUSTERS, &scope) {
        return Some(format!(
            "whether {issuer} is a cluster's is not known: the clusters of {region} in {account} were not listed"
        ));
    }
    let mut clusters = graph.snapshot.clusters.iter();
    let silent = clusters.find(|(_, cluster)| {
        cluster.region_scope().as_deref() == Some(&scope) && cluster.issuer().is_none()
    });
    silent.map(|(key, _)| {
        format!("the cluster {key} may have the issuer {issuer}: it was not described")
    })
}

fn report(
    graph: &Graph<'_>,
    account: &str,
    provider: &OidcProvider,
    roles: &[usize],
    answers: &mut Answers,
) {
    let roles: Vec<_> = roles
        .iter()
        .filter_map(|role| graph.principals.get(*role))
        .collect();
    let names: Vec<String> = roles.iter().map(|role| role.name.to_owned()).collect();
    let trusted = match names.is_empty() {
        true => "No role trusts it.".to_owned(),
        false => format!("Roles that still trust it: {}.", some_of(&names)),
    };
    let region = region(provider.issuer());
    let mut draft = answers
        .finding(Resource::of(&provider.arn), "")
        .certainty(Certainty::Conditional);
    // The message says how many there are; a report that lists thousands helps nobody.
    for role in roles.iter().take(20) {
        draft = draft.related(Resource::of(role.arn));
    }
    draft
        .title(format!("No cluster has the issuer {}", provider.issuer()))
        .message(format!(
            "The account {account} has an OIDC provider for {}, which is none of its clusters in {region}; only a \
             cluster of an account that was not seen could have it. {trusted}",
            provider.issuer()
        ))
        .fix(
            "Unless another account's cluster uses it, delete the provider, then the roles that trust no other. \
             Workloads that get roles through it lose them at once.",
            [format!(
                "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn {}",
                quoted(&provider.arn)
            )],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{CLUSTER, Estate};
    use serde_json::json;

    const ID: &str = "oidc-provider-orphaned";
    const OLD: &str = "oidc.eks.eu-west-1.amazonaws.com/id/OLD";

    fn arn(issuer: &str) -> String {
        format!("arn:aws:iam::111122223333:oidc-provider/{issuer}")
    }

    fn with_provider(issuer: &str) -> Estate {
        let provider = json!({"Arn": arn(issuer), "ClientIDList": ["sts.amazonaws.com"]});
        Estate::new().iam(json!({"oidc_providers": [provider]}))
    }

    #[test]
    fn a_provider_without_a_cluster_is_found_with_the_roles_that_trust_it() {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": arn(OLD)}}]});
        let role = crate::checks::testing::role(
            "left",
            &trust,
            &crate::checks::testing::allow("s3:*", "*"),
        );
        let asked = with_provider(OLD).iam(json!({"roles": [role]})).ask(ID);
        asked.finds(&[&arn(OLD)]);
        assert!(
            asked.findings[0].message.contains("still trust it: left"),
            "{asked:#?}"
        );
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
    }

    #[test]
    fn a_clusters_own_provider_and_those_of_others_pass() {
        with_provider("token.actions.githubusercontent.com")
            .ask(ID)
            .passes();
    }

    #[test]
    fn a_region_that_was_not_listed_or_a_cluster_not_described_is_not_evaluated() {
        let elsewhere = with_provider("oidc.eks.us-east-1.amazonaws.com/id/B").ask(ID);
        elsewhere.is_not_evaluated();
        with_provider(OLD)
            .denied(Source::CLUSTERS)
            .ask(ID)
            .is_not_evaluated();
        let undescribed = with_provider(OLD)
            .with(json!({"clusters": {CLUSTER: {"eks": {"cluster": null}}}}))
            .denied(Source::CLUSTER);
        let asked = undescribed.ask(ID);
        asked.is_not_evaluated();
    }

    #[test]
    fn an_account_without_providers_has_nothing_to_ask() {
        Estate::new()
            .with(json!({"accounts": {"111122223333": {"iam": null}}}))
            .with(json!({"accounts": {"111122223333": {"iam": {}}}}))
            .ask(ID)
            .is_not_applicable();
    }
}
