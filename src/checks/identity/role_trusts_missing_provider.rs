//! A role trusts an OIDC provider that does not exist
//!
//! Nobody gets the role by it today, so nobody misses it. Whoever may call `iam:CreateOpenIDConnectProvider` makes the
//! provider again, under the URL that the role has been waiting for, and its tokens are good at once: no role, policy or
//! trust policy has to be touched.
//!
//! Asked of each provider of the role's own account that an Allow statement for `sts:AssumeRoleWithWebIdentity` names,
//! where the account's providers were listed. A trust policy that refuses every token all the same is none. Who signs for
//! the issuer decides how bad it is: a cluster that is there, whoever writes to an S3 bucket (high: whoever makes a bucket
//! of that name, where it is gone), whoever has the host, or nobody any more, where the issuer is of an EKS cluster that
//! was not seen (low: AWS gives the ids, and none twice). A provider of another account is never looked at (low: somebody
//! thinks that the role works; IAM User Guide, "Create an OpenID Connect identity provider in IAM"). A provider that is
//! there and admits none of the audiences that the role asks for waits for `iam:AddClientIDToOpenIDConnectProvider` (low).
//!
//! Known false positive: a provider that is made later than its roles.
//!
//! To fix it, take the statement out of the trust policy, or delete the role where it trusts nothing else.

use std::collections::HashSet;

use crate::checks::check::{Answers, Check, Draft};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::change_trust;
use crate::graph::latent::{Lacks, LatentTrust};
use crate::graph::oidc_issuer::Signer;
use crate::graph::principal::Principal;
use crate::graph::wording::some_of;
use crate::graph::{Graph, latent};
use crate::iam::trust::issuer_of;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::IAM, Source::OIDC_PROVIDERS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let in_scope: HashSet<usize> = graph.in_scope().map(|(at, _)| at).collect();
    // Tokens of other hosts are no cluster's: of those only roles that have to do with one are asked.
    let asked =
        |role: usize, signer: Signer<'_>| signer != Signer::Other || in_scope.contains(&role);
    for (role, provider) in graph.trusted_providers() {
        let issuer = issuer_of(provider).unwrap_or_default();
        if asked(role, Signer::of(graph.snapshot, issuer)) {
            answers.examined();
        }
    }
    for trust in graph.latent_trusts() {
        if !asked(trust.role, trust.signer) {
            continue;
        }
        let Some(role) = graph.principals.get(trust.role) else {
            continue;
        };
        // Where the account's providers were not listed, `needs` says so.
        if trust.known {
            missing(role, &trust, answers);
        }
    }
    for trust in graph.foreign_trusts() {
        let signer = Signer::of(
            graph.snapshot,
            issuer_of(trust.provider).unwrap_or_default(),
        );
        let role = graph.principals.get(trust.role);
        if let Some(role) = role.filter(|_| asked(trust.role, signer)) {
            foreign(role, trust, answers);
        }
    }
}

fn missing(role: &Principal<'_>, trust: &LatentTrust<'_>, answers: &mut Answers) {
    let (issuer, subjects) = (trust.issuer(), trust.subjects());
    let (severity, signed) = match trust.signer {
        Signer::Cluster(key) => (
            Severity::Medium,
            format!("then tokens of the cluster {key} for {subjects} get it"),
        ),
        Signer::UnseenCluster => (
            Severity::Low,
            "no cluster that was seen has the issuer, and AWS gives its id to no other".to_owned(),
        ),
        Signer::Bucket(bucket) => (
            Severity::High,
            format!(
                "then whoever writes to the S3 bucket {bucket} gets it, and whoever makes it where it is gone"
            ),
        ),
        Signer::Other => (
            Severity::Medium,
            format!("then tokens of {issuer} for {subjects} get it"),
        ),
    };
    let certainty = match trust.decision.is_allowed() {
        true => Certainty::Certain,
        false => Certainty::Conditional,
    };
    match &trust.lacks {
        Lacks::Provider => draft(role, trust.provider, answers)
            .severity(severity)
            .certainty(certainty)
            .title(format!("{} trusts an OIDC provider that does not exist", role.name))
            .message(format!(
                "The trust policy of {} lets in tokens of {}, but the account {} has no such OIDC provider: nobody gets \
                 the role by it until somebody makes one with {}; {signed}.",
                role.name,
                trust.provider,
                role.account,
                trust.action()
            ))
            .report(),
        Lacks::Audiences(audiences) => {
            let audiences: Vec<String> = audiences.iter().cloned().collect();
            draft(role, trust.provider, answers)
                .severity(Severity::Low)
                .certainty(certainty)
                .title(format!("{} asks for an audience that its OIDC provider does not admit", role.name))
                .message(format!(
                    "The trust policy of {} lets in tokens of {} with the audience {}, which the provider does not \
                     admit: nobody gets the role by it until somebody adds it with {}.",
                    role.name,
                    trust.provider,
                    some_of(&audiences),
                    trust.action()
                ))
                .report();
        }
    }
}

fn foreign(role: &Principal<'_>, trust: latent::ForeignTrust<'_>, answers: &mut Answers) {
    draft(role, trust.provider, answers)
        .severity(Severity::Low)
        .title(format!("{} trusts an OIDC provider of another account", role.name))
        .message(format!(
            "The trust policy of {} names {}, but STS looks for the provider in the role's own account, {}: nobody gets \
             the role by it.",
            role.name, trust.provider, role.account
        ))
        .report();
}

fn draft<'a>(role: &Principal<'_>, provider: &str, answers: &'a mut Answers) -> Draft<'a> {
    answers
        .finding(Resource::of(role.arn), provider)
        .related(Resource::of(provider))
        .fix(
            format!(
                "Take {provider} out of the trust policy, or delete the role if it trusts nothing else. Where the role is \
                 meant to be got by these tokens, the provider has to be made in its own account."
            ),
            change_trust(role),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate, ISSUER, allow, irsa_trust, role, role_arn};
    use serde_json::json;

    const ID: &str = "role-trusts-missing-provider";

    fn trusting(account: &str, issuer: &str) -> Estate {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity", "Principal":
            {"Federated": format!("arn:aws:iam::{account}:oidc-provider/{issuer}")}}]});
        Estate::new().iam(json!({"roles": [role("app", &trust, &allow("s3:*", "*"))]}))
    }

    #[test]
    fn who_signs_decides_how_bad_it_is() {
        for (issuer, severity, said) in [
            (
                "oidc.eks.eu-west-1.amazonaws.com/id/GONE",
                Severity::Low,
                "no cluster that was seen",
            ),
            (
                "my-oidc.s3.amazonaws.com",
                Severity::High,
                "the S3 bucket my-oidc",
            ),
        ] {
            let asked = trusting(ACCOUNT, issuer).ask(ID);
            asked.finds(&[&role_arn("app")]);
            let finding = &asked.findings[0];
            assert_eq!(finding.severity, severity, "{issuer}");
            assert!(finding.message.contains(said), "{finding:#?}");
            assert!(
                finding.message.contains("iam:CreateOpenIDConnectProvider"),
                "{finding:#?}"
            );
        }
    }

    #[test]
    fn another_accounts_provider_and_another_audience_let_nobody_in() {
        let asked = trusting("222222222222", ISSUER).ask(ID);
        asked.finds(&[&role_arn("app")]);
        assert!(
            asked.findings[0].message.contains("role's own account"),
            "{asked:#?}"
        );
        let vault = irsa_trust(&json!({"StringEquals": {format!("{ISSUER}:aud"): "vault"}}));
        let asked = Estate::new()
            .iam(json!({"roles": [role("app", &vault, &allow("s3:*", "*"))]}))
            .ask(ID);
        asked.finds(&[&role_arn("app")]);
        assert_eq!(asked.findings[0].severity, Severity::Low);
        assert!(
            asked.findings[0].message.contains("the audience vault"),
            "{asked:#?}"
        );
    }

    #[test]
    fn a_provider_that_is_there_passes_and_other_hosts_are_not_asked_of_roles_that_no_cluster_reaches()
     {
        trusting(ACCOUNT, ISSUER).ask(ID).passes();
        trusting(ACCOUNT, "token.actions.githubusercontent.com")
            .ask(ID)
            .is_not_applicable();
        Estate::new().ask(ID).is_not_applicable();
    }

    #[test]
    fn providers_that_were_not_listed_prove_no_absence() {
        let asked = trusting(ACCOUNT, "my-oidc.s3.amazonaws.com")
            .denied(Source::OIDC_PROVIDERS)
            .denied(Source::OIDC_PROVIDER)
            .ask(ID);
        asked.is_not_evaluated();
        assert!(asked.findings.is_empty(), "{asked:#?}");
    }
}
