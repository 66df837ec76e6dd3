//! A role trusts a cluster's tokens whatever they are meant for
//!
//! A token is made for one audience. Without a condition on it, a token of the service account
//! that was handed to some other service, and stolen there, buys the role's credentials too.
//!
//! A trust in an EKS cluster's tokens counts when a statement has no condition on `ISSUER:aud`.
//! Any operator that narrows it will do, a Deny of all other audiences too. STS itself refuses an
//! audience that the account's OIDC provider does not list, so the provider's list is the only
//! bound left: whoever adds to it opens the role.
//!
//! To fix it, ask for the audience `sts.amazonaws.com`, which is that of IRSA.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::change_trust;
use crate::graph::Graph;
use crate::graph::irsa::Known;
use crate::graph::irsa_trust::statement_text;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::IAM],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    graph
        .unread_trusts()
        .for_each(|reason| answers.unjudged(reason));
    for trust in &graph.trusts {
        answers.examined();
        let Some(role) = graph.principals.get(trust.role) else {
            continue;
        };
        let open: Vec<String> = trust
            .statements
            .iter()
            .filter(|statement| !statement.is_audience_restricted())
            .map(statement_text)
            .collect();
        let known = graph.providers.knows(role.account, trust.issuer, "");
        if open.is_empty() || known == Known::NoProvider {
            continue;
        }
        let audiences = graph.providers.audiences(role.account, trust.issuer);
        let bound = match audiences {
            Some(audiences) => format!(
                "Only the provider's own list is left to narrow it, which has {}.",
                audiences.join(", ")
            ),
            None => "The audiences of the provider were not read.".to_owned(),
        };
        let holds = graph.holds_by(trust);
        answers
            .finding(Resource::of(role.arn), trust.issuer)
            .related(Resource::of(&trust.provider))
            .related_all(graph.cluster_of(trust).map(Resource::of))
            .title(format!("{} trusts tokens of any audience", role.name))
            .message(format!(
                "The trust policy of {} ({}) gives the role to tokens of {} and has no condition on {}:aud. {bound}",
                role.name, open.join(", "), graph.origin(trust), trust.issuer,
            ))
            .path(holds.first().map(|hold| graph.path_to(hold)).unwrap_or_default())
            .fix(
                format!(
                    "Add to the statement's condition \"StringEquals\": {{\"{}:aud\": \"sts.amazonaws.com\"}}. A \
                     service account with the annotation eks.amazonaws.com/audience needs that audience instead.",
                    trust.issuer
                ),
                change_trust(role),
            )
            .report();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, ISSUER, allow, irsa_trust, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "irsa-trust-no-audience";

    fn trusting(condition: &Value) -> Estate {
        let policy = allow("s3:GetObject", "*");
        Estate::new()
            .pod("payments", "api")
            .iam(json!({"roles": [role("app", &irsa_trust(condition), &policy)]}))
    }

    fn with_audience(operator: &str, audience: &str) -> Value {
        let mut condition = json!({"StringEquals": {format!("{ISSUER}:sub"): "system:serviceaccount:payments:api"}});
        condition[operator][format!("{ISSUER}:aud")] = json!(audience);
        condition
    }

    #[test]
    fn a_trust_that_asks_for_the_subject_alone_is_found() {
        let subject = json!({"StringEquals": {format!("{ISSUER}:sub"): "system:serviceaccount:payments:api"}});
        let asked = trusting(&subject).ask(ID);
        asked.finds(&[&role_arn("app")]);
        assert!(
            asked.findings[0]
                .message
                .contains("which has sts.amazonaws.com")
        );
        trusting(&with_audience("StringLike", "*"))
            .ask(ID)
            .finds(&[&role_arn("app")]);
    }

    #[test]
    fn any_operator_that_narrows_the_audience_passes() {
        for operator in [
            "StringEquals",
            "StringLike",
            "ForAnyValue:StringEquals",
            "StringEqualsIfExists",
        ] {
            trusting(&with_audience(operator, "sts.amazonaws.com"))
                .ask(ID)
                .passes();
        }
    }

    #[test]
    fn a_role_for_github_is_not_ours() {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated":
                "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}}]});
        Estate::new()
            .iam(json!({"roles": [role("ci", &trust, &allow("s3:GetObject", "*"))]}))
            .ask(ID)
            .is_not_applicable();
    }

    #[test]
    fn without_iam_it_is_not_passed() {
        Estate::new().denied(Source::IAM).ask(ID).is_not_evaluated();
    }
}
