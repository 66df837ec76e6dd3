//! The value of a secret was not changed for too long
//!
//! The longer a value stays the same, the more people, logs and backups have seen it. Whoever once
//! had it still has it.
//!
//! Secrets of Secrets Manager, encrypted parameters of Parameter Store, and Kubernetes Secrets that
//! nothing brings from there count when their value is the same for more than 365 days
//! (`max-age-days` of `[secrets]` in the configuration, where a preset, a tag, a name or a
//! namespace may set another limit). The value's own date is asked: the current version's, the last
//! rotation's, the last write in the managed fields. A date that a change of the tags moves too
//! tells only that the value is at least as old. Left out are secrets that a service owns,
//! replicas, what is scheduled for deletion, certificates, tokens, and Kubernetes Secrets that
//! another object owns.
//!
//! Known false positives: values that do not open anything, kept as secrets for order's sake.
//!
//! To fix it, change the value where it is used, then here, and have it rotated from now on.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::preset::controls;
use crate::checks::remedy::{kubectl, quoted};
use crate::graph::Graph;
use crate::graph::secret_age::Age;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;
use crate::snapshot::time::Time;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[Source::SECRETS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for (_, region, secret) in graph.kept_secrets() {
        answers.examined();
        let id = quoted(&secret.arn);
        let command = format!(
            "aws secretsmanager put-secret-value --secret-id {id} --secret-string file://NEW --region {region}"
        );
        let one = (secret.arn.clone(), format!("secret {}", secret.name));
        judge(graph, answers, graph.age_of_secret(secret), one, command);
    }
    for (_, region, facts) in graph.regions() {
        for parameter in facts.ssm.parameters.iter().filter(|one| one.is_secure()) {
            answers.examined();
            let name = quoted(&parameter.name);
            let command = format!(
                "aws ssm put-parameter --name {name} --type SecureString --overwrite --value file://NEW --region {region}"
            );
            let one = (
                parameter.arn.clone(),
                format!("parameter {}", parameter.name),
            );
            judge(
                graph,
                answers,
                graph.age_of_parameter(parameter),
                one,
                command,
            );
        }
    }
    let shared = answers.shared;
    for kept in shared.lineage().kept.iter().filter(|one| one.by.is_empty()) {
        let Some(object) = kept.object else {
            continue;
        };
        answers.examined();
        let (namespace, name) = (kept.namespace, kept.name);
        let cluster = graph.snapshot.clusters.get(kept.cluster);
        let kubectl = cluster.map_or("kubectl".to_owned(), kubectl);
        let command = format!(
            "{kubectl} -n {} edit secret {}",
            quoted(namespace),
            quoted(name)
        );
        let id = object_id(kept.cluster, namespace, "Secret", name);
        let one = (id, format!("Secret {namespace}/{name}"));
        judge(graph, answers, graph.age_of_kept(object), one, command);
    }
}

fn judge(
    graph: &Graph<'_>,
    answers: &mut Answers,
    age: Age,
    (id, name): (String, String),
    command: String,
) {
    match age {
        Age::Fine => {}
        Age::Unknown => answers.unjudged(format!(
            "when the value of the {name} was last changed was not seen"
        )),
        Age::Old(since) => report(graph, answers, since, (id, name), command),
    }
}

fn report(
    graph: &Graph<'_>,
    answers: &mut Answers,
    since: Time,
    (id, name): (String, String),
    command: String,
) {
    let since = since.date();
    answers
        .finding(Resource::of(id), "")
        .title(format!("The value of the {name} is the same since {since}"))
        .message(format!(
            "The value of the {name} was last changed on {since}, longer ago than it may stay the same."
        ))
        .controls(controls(graph.thresholds.preset))
        .fix(
            "Change the value where it is used first, then here; whoever reads it once when it starts has to be started again.",
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::outcome::Outcome;
    use crate::checks::testing::{Estate, object};
    use crate::graph::limits::Thresholds;
    use serde_json::{Value, json};

    const ID: &str = "secret-value-old";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

    fn secret(facts: &Value) -> Estate {
        let mut secret = json!({"ARN": ARN, "Name": "db", "CreatedDate": "2023-01-01"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        Estate::new().region(json!({"secretsmanager": {"secrets": [secret]}}))
    }

    fn version(estate: Estate, made: &str) -> Estate {
        estate.region(
            json!({"secretsmanager": {"versions": [{"ARN": ARN, "Versions": [
            {"VersionId": "a", "VersionStages": ["AWSCURRENT"], "CreatedDate": made}]}]}}),
        )
    }

    #[test]
    fn a_value_that_stayed_the_same_is_found() {
        for (what, estate, since) in [
            ("never changed", secret(&json!({})), "2023-01-01"),
            (
                "nothing of it changed",
                secret(&json!({"LastChangedDate": "2024-05-01"})),
                "2024-05-01",
            ),
            (
                "only its tags were changed",
                version(
                    secret(&json!({"LastChangedDate": "2026-11-20"})),
                    "2024-02-03",
                ),
                "2024-02-03",
            ),
        ] {
            let asked = estate.ask(ID);
            asked.finds(&[ARN]);
            let message = &asked.findings[0].message;
            assert!(message.contains(since), "{what}: {message}");
        }
        let parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter/db";
        let estate = Estate::new().region(json!({"ssm": {"parameters": [
            {"ARN": parameter, "Name": "/db", "Type": "SecureString", "LastModifiedDate": "2024-01-01"},
            {"ARN": "a", "Name": "/host", "Type": "String", "LastModifiedDate": "2020-01-01"}]}}));
        estate.ask(ID).finds(&[parameter]);
    }

    /// A Kubernetes Secret that was last written on a day.
    fn kept(written: Option<&str>, facts: &Value) -> Estate {
        let mut secret = json!({"metadata": {"name": "db", "namespace": "pay", "creationTimestamp": "2023-01-01T00:00:00Z"},
            "type": "Opaque"});
        if let Some(day) = written {
            secret["metadata"]["managedFields"] =
                json!([{"manager": "kubectl", "time": day, "fieldsV1": {"f:data": {"f:p": {}}}}]);
        }
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        Estate::new().kubernetes(json!({"secrets": [secret]}))
    }

    #[test]
    fn so_is_that_of_a_kubernetes_secret_which_nothing_brings() {
        let old = kept(Some("2024-03-01T00:00:00Z"), &json!({}));
        old.ask(ID).finds(&[&object("pay", "Secret", "db")]);
        let brought = json!({"external_secrets": [{"metadata": {"name": "db", "namespace": "pay"}, "spec": {}}]});
        old.kubernetes(brought).ask(ID).is_not_applicable();
        for facts in [
            json!({"type": "kubernetes.io/tls"}),
            json!({"type": "helm.sh/release.v1"}),
        ] {
            kept(Some("2024-03-01T00:00:00Z"), &facts).ask(ID).passes();
        }
        kept(Some("2026-10-01T00:00:00Z"), &json!({}))
            .ask(ID)
            .passes();
    }

    #[test]
    fn what_looks_old_and_is_not_passes() {
        for (what, estate) in [
            ("it is young", secret(&json!({"CreatedDate": "2026-01-01"}))),
            (
                "it was rotated",
                secret(&json!({"LastRotatedDate": "2026-10-01", "LastChangedDate": "2026-10-01"})),
            ),
            (
                "its current version is young",
                version(
                    secret(&json!({"LastChangedDate": "2026-11-20"})),
                    "2026-02-03",
                ),
            ),
        ] {
            let asked = estate.ask(ID);
            assert_eq!(asked.outcome, Outcome::Pass, "{what}: {asked:#?}");
        }
    }

    #[test]
    fn the_limit_and_the_controls_are_the_users() {
        let estate =
            secret(&json!({"LastRotatedDate": "2026-06-01", "LastChangedDate": "2026-06-01"}));
        estate.ask(ID).passes();
        let thresholds: Thresholds =
            serde_json::from_value(json!({"preset": "pci-dss"})).unwrap_or_default();
        let asked = estate.ask_within(ID, &thresholds);
        asked.finds(&[ARN]);
        let controls: Vec<&str> = asked.findings[0]
            .controls
            .iter()
            .map(|one| one.id.as_str())
            .collect();
        assert_eq!(controls, ["8.3.9", "8.6.3"]);
    }

    #[test]
    fn what_others_keep_does_not_count_and_what_is_not_known_is_not_passed() {
        for facts in [
            json!({"OwningService": "rds"}),
            json!({"PrimaryRegion": "us-east-1"}),
            json!({"DeletedDate": "2026-11-20"}),
        ] {
            secret(&facts).ask(ID).is_not_applicable();
        }
        // Its tags or its value were changed: which, was not seen.
        let changed = json!({"LastChangedDate": "2026-11-20"});
        secret(&changed).ask(ID).is_not_evaluated();
        kept(None, &json!({})).ask(ID).is_not_evaluated();
        let young = secret(&json!({"CreatedDate": "2026-01-01"}));
        young.denied(Source::SECRETS).ask(ID).is_not_evaluated();
    }
}
