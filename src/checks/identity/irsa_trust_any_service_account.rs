//! A role trusts every service account of a cluster
//!
//! Every pod of the cluster can take the role, whatever namespace it is in and whoever owns it: a
//! bug in the least of its workloads is enough. The annotation of a service account does not
//! narrow anything, the trust policy alone decides.
//!
//! A statement counts when it gives the role to the tokens of an EKS cluster's OIDC provider and
//! nothing narrows `ISSUER:sub`: there is no condition on it, it only excludes some
//! (`StringNotEquals`), or it lets every text through (`StringLike` `*`). A Deny of all other
//! subjects narrows, and so do `StringEqualsIfExists` and `ForAllValues:…`, since the token of a
//! service account always has a subject. The cluster need not have been seen. Where the account
//! certainly has no such provider nobody gets through, and nothing is said.
//!
//! To fix it, name the service account in a condition on `ISSUER:sub`.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::{change_trust, trust_condition};
use crate::graph::Graph;
use crate::graph::irsa_trust::{Breadth, breadth, statement_text, unnamed_subject};
use crate::graph::wording::clauses;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Critical,
    needs: &[Source::IAM],
    controls: &[Control::cis("5.2.1")],
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
        let open = trust.statements.iter().filter_map(|statement| {
            let wide = matches!(breadth(statement), Breadth::All | Breadth::Variable);
            let decision = graph.admits(trust, statement, &unnamed_subject())?;
            (wide && !decision.is_denied()).then_some((statement, decision))
        });
        let Some((statement, decision)) = open.max_by_key(|(_, decision)| decision.is_allowed())
        else {
            continue;
        };
        let holds = graph.holds_by(trust);
        let origin = graph.origin(trust);
        answers
            .finding(Resource::of(role.arn), trust.issuer)
            .certainty(match decision.is_allowed() {
                true => Certainty::Certain,
                false => Certainty::Conditional,
            })
            .related(Resource::of(&trust.provider))
            .related_all(graph.cluster_of(trust).map(Resource::of))
            .title(format!("Any service account of {origin} can act as {}", role.name))
            .message(format!(
                "The trust policy of {} ({}) gives the role to the tokens of {origin} and nothing narrows \
                 {}:sub, so every pod of that cluster can take it{}.{}",
                role.name,
                statement_text(statement),
                trust.issuer,
                clauses(&decision.conditions),
                graph.today(&holds),
            ))
            .path(holds.first().map(|hold| graph.path_to(hold)).unwrap_or_default())
            .fix(
                format!(
                    "Name the service accounts that need the role: \"Condition\": {}. Workloads that take \
                     it under another service account lose it.",
                    trust_condition(graph, trust, role)
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

    const ID: &str = "irsa-trust-any-service-account";

    fn trusting(condition: &Value) -> Estate {
        let policy = allow("s3:GetObject", "*");
        Estate::new()
            .pod("payments", "api")
            .iam(json!({"roles": [role("app", &irsa_trust(condition), &policy)]}))
    }

    fn claim(operator: &str, claim: &str, value: &str) -> Value {
        json!({operator: {format!("{ISSUER}:{claim}"): value}})
    }

    #[test]
    fn a_trust_without_a_subject_is_found_with_a_pod_that_has_it() {
        for condition in [
            json!({}),
            claim("StringEquals", "aud", "sts.amazonaws.com"),
            claim("StringLike", "sub", "*"),
            claim("StringNotEquals", "sub", "system:serviceaccount:a:b"),
        ] {
            let asked = trusting(&condition).ask(ID);
            asked.finds(&[&role_arn("app")]);
            assert_eq!(asked.findings[0].path.len(), 2, "{condition}: {asked:#?}");
            assert_eq!(
                asked.findings[0].certainty,
                Certainty::Certain,
                "{condition}"
            );
        }
    }

    #[test]
    fn a_condition_that_is_not_about_the_token_makes_it_conditional() {
        let asked = trusting(&json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})).ask(ID);
        asked.finds(&[&role_arn("app")]);
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
    }

    #[test]
    fn whatever_narrows_the_subject_is_silent() {
        for condition in [
            claim("StringEquals", "sub", "system:serviceaccount:payments:api"),
            claim(
                "StringEqualsIfExists",
                "sub",
                "system:serviceaccount:payments:api",
            ),
            claim("ForAnyValue:StringLike", "sub", "system:serviceaccount:*:*"),
        ] {
            trusting(&condition).ask(ID).passes();
        }
    }

    #[test]
    fn a_deny_of_all_other_subjects_narrows() {
        let provider = format!("arn:aws:iam::111122223333:oidc-provider/{ISSUER}");
        let statement = |effect: &str, condition: Value| {
            json!({"Effect": effect, "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": provider}, "Condition": condition})
        };
        let others = claim(
            "StringNotEquals",
            "sub",
            "system:serviceaccount:payments:api",
        );
        let trust = json!({"Version": "2012-10-17",
            "Statement": [statement("Allow", json!({})), statement("Deny", others)]});
        let policy = allow("s3:GetObject", "*");
        Estate::new()
            .iam(json!({"roles": [role("app", &trust, &policy)]}))
            .ask(ID)
            .passes();
    }

    #[test]
    fn a_cluster_that_was_not_seen_counts_and_other_providers_do_not() {
        let trust = |issuer: &str| {
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": format!("arn:aws:iam::111122223333:oidc-provider/{issuer}")}}]})
        };
        let policy = allow("s3:GetObject", "*");
        let (eks, github) = (
            "oidc.eks.us-east-1.amazonaws.com/id/B",
            "token.actions.githubusercontent.com",
        );
        let estate = Estate::new().iam(json!({"roles": [
            role("eks", &trust(eks), &policy), role("ci", &trust(github), &policy)]}));
        // The account certainly has no provider for either: nobody gets in.
        estate.ask(ID).passes();
        estate
            .denied(Source::OIDC_PROVIDERS)
            .denied(Source::OIDC_PROVIDER)
            .ask(ID)
            .finds(&[&role_arn("eks")]);
    }

    #[test]
    fn a_role_of_several_clusters_is_judged_for_each() {
        let other = "oidc.eks.us-east-1.amazonaws.com/id/B";
        let arn = |issuer: &str| format!("arn:aws:iam::111122223333:oidc-provider/{issuer}");
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
             "Principal": {"Federated": arn(ISSUER)},
             "Condition": claim("StringEquals", "sub", "system:serviceaccount:payments:api")},
            {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
             "Principal": {"Federated": arn(other)},
             "Condition": claim("StringEquals", "sub", "system:serviceaccount:payments:api")}]});
        let policy = allow("s3:GetObject", "*");
        // The second statement asks for a claim of the first's issuer, which its tokens lack.
        let estate = Estate::new().iam(json!({"roles": [role("app", &trust, &policy)],
            "oidc_providers": [{"Arn": arn(other), "ClientIDList": ["sts.amazonaws.com"]}]}));
        estate.ask(ID).passes();
        let mut open = trust;
        open["Statement"][1]["Condition"] = json!({});
        let estate = Estate::new().iam(json!({"roles": [role("app", &open, &policy)],
            "oidc_providers": [{"Arn": arn(other), "ClientIDList": ["sts.amazonaws.com"]}]}));
        let asked = estate.ask(ID);
        asked.finds(&[&role_arn("app")]);
        assert_eq!(asked.findings[0].related, [Resource::of(arn(other))]);
    }

    #[test]
    fn without_iam_it_is_not_passed_and_without_a_trust_it_does_not_apply() {
        let narrow = claim("StringEquals", "sub", "system:serviceaccount:payments:api");
        trusting(&narrow)
            .denied(Source::IAM)
            .ask(ID)
            .is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }

    #[test]
    fn everybody_is_also_the_clusters_tokens() {
        for principal in [json!("*"), json!({"AWS": "*"}), json!({"AWS": ["*"]})] {
            let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity", "Principal": principal}]});
            Estate::new()
                .pod("a", "b")
                .iam(json!({"roles": [role("app", &trust, &allow("s3:*", "*"))]}))
                .ask(ID)
                .finds(&[&role_arn("app")]);
        }
    }

    #[test]
    fn where_the_providers_were_not_read_it_hangs_on_the_provider() {
        let mut snapshot = trusting(&json!({})).snapshot();
        for account in snapshot.accounts.values_mut() {
            account.iam.oidc_providers.clear();
        }
        snapshot.coverage = crate::snapshot::coverage::Coverage::default();
        let graph = Graph::build(&snapshot, None);
        let selection = crate::checks::run::Selection {
            only: vec![ID.to_owned()],
            skip: Vec::new(),
        };
        let found = crate::checks::run::run(&graph, &selection).findings;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].certainty, Certainty::Conditional);
        assert!(
            found[0].message.contains("only if account"),
            "{}",
            found[0].message
        );
    }
}
