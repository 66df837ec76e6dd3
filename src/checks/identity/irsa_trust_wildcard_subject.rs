//! A role trusts service accounts by a wildcard
//!
//! Whoever may make a namespace, or run a pod in a namespace that the wildcard reaches, gets the
//! role. Names that are made later fit it too.
//!
//! A trust in an EKS cluster's tokens counts when its condition on `ISSUER:sub` matches every
//! service account of a namespace (medium) or service accounts of more than one namespace (high).
//! Conditions that all have to hold narrow each other, a Deny of all other subjects included.
//! `StringLike` without a wildcard is as good as `StringEquals`; a star under `StringEquals` is a
//! star and matches nobody. A wildcard for part of a name within one namespace
//! (`system:serviceaccount:ci:runner-*`) is let pass: who can make such a service account can as
//! well run a pod under any other of the namespace.
//!
//! Known false positive: namespaces that a platform makes for one application, where nobody else
//! may make namespaces of that pattern.
//!
//! To fix it, list the service accounts.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::{change_trust, trust_condition};
use crate::graph::Graph;
use crate::graph::irsa::ClusterTrust;
use crate::graph::irsa_trust::{Breadth, breadth, statement_text, wide_patterns, witness};
use crate::graph::wording::clauses;
use crate::iam::trust::ProviderStatement;
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
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
        let wide = trust
            .statements
            .iter()
            .filter_map(|s| wide(graph, trust, s));
        // The widest, and of those a certain one.
        let widest = wide.max_by(|a, b| (&a.breadth, a.certain).cmp(&(&b.breadth, b.certain)));
        if let Some(wide) = widest {
            report(graph, trust, &wide, answers);
        }
    }
}

/// A statement that admits by a wildcard.
struct Wide<'a> {
    statement: &'a ProviderStatement,
    breadth: Breadth,
    patterns: String,
    certain: bool,
    conditions: Vec<String>,
}

fn wide<'a>(
    graph: &Graph<'_>,
    trust: &ClusterTrust<'_>,
    statement: &'a ProviderStatement,
) -> Option<Wide<'a>> {
    let breadth = breadth(statement);
    if !matches!(breadth, Breadth::Namespace(_) | Breadth::Namespaces) {
        return None;
    }
    let patterns = wide_patterns(statement);
    let decisions = patterns
        .iter()
        .filter_map(|pattern| graph.admits(trust, statement, &witness(pattern)));
    let decision = decisions.max_by_key(|decision| decision.truth())?;
    // With more than one condition a text that fits one pattern may fail another.
    if decision.is_denied() && statement.subject.len() < 2 {
        return None;
    }
    let shown: Vec<String> = patterns.iter().map(|p| format!("`{p}`")).collect();
    Some(Wide {
        statement,
        breadth,
        patterns: shown.join(", "),
        certain: decision.is_allowed(),
        conditions: decision.conditions,
    })
}

fn report(graph: &Graph<'_>, trust: &ClusterTrust<'_>, wide: &Wide<'_>, answers: &mut Answers) {
    let Some(role) = graph.principals.get(trust.role) else {
        return;
    };
    let (severity, whom) = match &wide.breadth {
        Breadth::Namespace(name) => (
            Severity::Medium,
            format!("any service account of the namespace {name}"),
        ),
        _ => (
            Severity::High,
            "service accounts of more than one namespace".to_owned(),
        ),
    };
    let holds = graph.holds_by(trust);
    answers
        .finding(Resource::of(role.arn), trust.issuer)
        .severity(severity)
        .certainty(match wide.certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .related(Resource::of(&trust.provider))
            .related_all(graph.cluster_of(trust).map(Resource::of))
        .title(format!("{} trusts {whom}", role.name))
        .message(format!(
            "The trust policy of {} ({}) admits {whom} of {} by {}{}.{}",
            role.name,
            statement_text(wide.statement),
            graph.origin(trust),
            wide.patterns,
            clauses(&wide.conditions),
            graph.today(&holds),
        ))
        .path(holds.first().map(|hold| graph.path_to(hold)).unwrap_or_default())
        .fix(
            format!(
                "List the service accounts that need the role: \"Condition\": {}. Others that fit the \
                 wildcard lose it.",
                trust_condition(graph, trust, role)
            ),
            change_trust(role),
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate, ISSUER, allow, irsa_trust, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "irsa-trust-wildcard-subject";

    fn ask(operator: &str, subject: Value) -> Asked {
        let trust = irsa_trust(&json!({operator: {format!("{ISSUER}:sub"): subject}}));
        Estate::new()
            .pod("media", "transcoder")
            .iam(json!({"roles": [role("app", &trust, &allow("s3:GetObject", "*"))]}))
            .ask(ID)
    }

    #[test]
    fn wildcards_over_a_namespace_or_more_are_found() {
        for (subject, severity, steps) in [
            ("system:serviceaccount:media:*", Severity::Medium, 2),
            ("system:serviceaccount:*:*", Severity::High, 2),
            (
                "system:serviceaccount:tenant-*:report-writer",
                Severity::High,
                0,
            ),
        ] {
            let asked = ask("StringLike", json!(subject));
            asked.finds(&[&role_arn("app")]);
            let finding = &asked.findings[0];
            assert_eq!(
                (finding.severity, finding.path.len()),
                (severity, steps),
                "{subject}"
            );
            assert_eq!(finding.certainty, Certainty::Certain, "{subject}");
            assert!(finding.message.contains(subject), "{}", finding.message);
        }
        let among_others = json!(["system:serviceaccount:a:b", "system:serviceaccount:a:*"]);
        ask("StringLike", among_others).finds(&[&role_arn("app")]);
    }

    #[test]
    fn names_and_stars_that_are_no_wildcards_pass() {
        for (operator, subject) in [
            ("StringLike", "system:serviceaccount:media:transcoder"),
            ("StringEquals", "system:serviceaccount:media:*"),
            ("StringLike", "system:serviceaccount:media:job-*"),
        ] {
            ask(operator, json!(subject)).passes();
        }
    }

    #[test]
    fn a_second_condition_narrows_a_wildcard() {
        let key = format!("{ISSUER}:sub");
        let trust = irsa_trust(&json!({
            "StringLike": {&key: "system:serviceaccount:media:*"},
            "StringEquals": {&key: "system:serviceaccount:media:transcoder"}}));
        Estate::new()
            .iam(json!({"roles": [role("app", &trust, &allow("s3:GetObject", "*"))]}))
            .ask(ID)
            .passes();
    }

    #[test]
    fn nothing_at_all_on_the_subject_is_another_checks() {
        ask("StringLike", json!("*")).passes();
    }

    #[test]
    fn without_iam_it_is_not_passed_and_without_a_trust_it_does_not_apply() {
        Estate::new().denied(Source::IAM).ask(ID).is_not_evaluated();
        Estate::new().ask(ID).is_not_applicable();
    }
}
