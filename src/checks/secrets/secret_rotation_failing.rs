//! A secret's rotation fails
//!
//! A rotation that stops half-way leaves the old value in force for good, and Secrets Manager
//! refuses to start another while the half-done version waits.
//!
//! Rotation is on, and either a version other than the current one has carried the label
//! `AWSPENDING` for more than a day without any change, or the secret never rotated although a
//! whole period of its schedule has passed since its last change (turning rotation on is a
//! change). Secrets that a service owns, replicas, and secrets scheduled for deletion are left
//! out.
//!
//! Known false positives: a version that somebody staged by hand as `AWSPENDING` to test it.
//!
//! To fix it, read the rotation function's log (its network path to the database, its
//! permissions, the secret's format), take the label off the version that waits, and rotate.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::rotation::{Rotation, rotation};
use crate::snapshot::coverage::Source;
use crate::snapshot::secretsmanager::Secret;
use crate::snapshot::time::Time;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[Source::SECRETS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let now = graph.snapshot.taken_at;
    for (_, region, secret) in graph.kept_secrets() {
        let name = &secret.name;
        match rotation(secret, now) {
            Rotation::Off => continue,
            Rotation::Stuck { version, since } => {
                report(answers, secret, region, Some(&version), since);
            }
            Rotation::Never(since) => report(answers, secret, region, None, since),
            Rotation::Waiting => {
                answers.unjudged(format!("since when a version of {name} waits is not known"));
            }
            Rotation::Undated if secret.last_rotated_date.is_none() => {
                answers.unjudged(format!(
                    "{name} never rotated, and when it should is not known"
                ));
            }
            Rotation::OnTime | Rotation::Overdue(_) | Rotation::Undated => {}
        }
        answers.examined();
    }
}

fn report(
    answers: &mut Answers,
    secret: &Secret,
    region: &str,
    version: Option<&str>,
    since: Time,
) {
    let id = quoted(&secret.arn);
    let seen = match version {
        Some(version) => format!(
            "the version {version} carries AWSPENDING and is not the current one; nothing changed since {}",
            since.date()
        ),
        None => format!(
            "it has never rotated, and a whole period has passed since its last change on {}",
            since.date()
        ),
    };
    let mut commands = Vec::new();
    if let Some(function) = &secret.rotation_lambda_arn {
        let name = function.rsplit(':').next().unwrap_or(function);
        let group = quoted(&format!("/aws/lambda/{name}"));
        commands.push(format!(
            "aws logs tail {group} --since 7d --region {region}"
        ));
    }
    if let Some(version) = version {
        commands.push(format!(
            "aws secretsmanager update-secret-version-stage --secret-id {id} --version-stage AWSPENDING --remove-from-version-id {} --region {region}",
            quoted(version),
        ));
    }
    commands.push(format!(
        "aws secretsmanager rotate-secret --secret-id {id} --region {region}"
    ));
    answers
        .finding(Resource::of(&secret.arn), "")
        .title(format!("The rotation of the secret {} fails", secret.name))
        .message(format!("Rotation of {} is on, but {seen}.", secret.name))
        .fix(
            "Repair the rotation function first. The version that waits may already be set in the database: see that the current one still works before the label is taken off.",
            commands,
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "secret-rotation-failing";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

    fn secret(facts: &Value) -> Estate {
        let mut secret = json!({"ARN": ARN, "Name": "db", "CreatedDate": "2026-01-01",
            "RotationEnabled": true, "LastChangedDate": "2026-09-01",
            "RotationLambdaARN": "arn:aws:lambda:eu-west-1:111122223333:function:rotate-db"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        Estate::new().region(json!({"secretsmanager": {"secrets": [secret]}}))
    }

    fn stages(old: &[&str], new: &[&str]) -> Value {
        json!({"LastRotatedDate": "2026-08-01", "NextRotationDate": "2026-09-01",
            "SecretVersionsToStages": {"old": old, "new": new}})
    }

    #[test]
    fn a_version_that_waits_and_one_that_never_came_are_found() {
        let asked = secret(&stages(&["AWSCURRENT"], &["AWSPENDING"])).ask(ID);
        asked.finds(&[ARN]);
        let finding = &asked.findings[0];
        assert!(finding.message.contains("the version new"), "{finding:#?}");
        assert!(
            finding.remediation.commands[0].contains("/aws/lambda/rotate-db"),
            "{finding:#?}"
        );
        let never = json!({"RotationRules": {"AutomaticallyAfterDays": 30}});
        secret(&never).ask(ID).finds(&[ARN]);
    }

    #[test]
    fn a_rotation_that_worked_is_late_or_just_runs_is_not() {
        let done = stages(&["AWSPREVIOUS"], &["AWSCURRENT", "AWSPENDING"]);
        let mut running = stages(&["AWSCURRENT"], &["AWSPENDING"]);
        running["LastChangedDate"] = json!("2026-11-23T18:00:00Z");
        let turned_on_today = json!({"LastChangedDate": "2026-11-24",
            "RotationRules": {"AutomaticallyAfterDays": 30}});
        for facts in [done, running, turned_on_today] {
            secret(&facts).ask(ID).passes();
        }
    }

    #[test]
    fn without_rotation_or_kept_by_others_it_does_not_apply() {
        for (name, value) in [
            ("RotationEnabled", json!(false)),
            ("OwningService", json!("rds")),
            ("PrimaryRegion", json!("us-east-1")),
            ("DeletedDate", json!("2026-11-20")),
        ] {
            let mut facts = stages(&["AWSCURRENT"], &["AWSPENDING"]);
            facts[name] = value;
            secret(&facts).ask(ID).is_not_applicable();
        }
    }

    #[test]
    fn without_the_list_it_is_not_passed() {
        let unread = json!({"ScheduleExpression": "monthly"});
        secret(&json!({"RotationRules": unread}))
            .ask(ID)
            .is_not_evaluated();
        let rotated = json!({"RotationRules": unread, "LastRotatedDate": "2026-09-01"});
        secret(&rotated).ask(ID).passes();
        let estate = secret(&stages(&["AWSCURRENT", "AWSPENDING"], &[]));
        estate.ask(ID).passes();
        estate.denied(Source::SECRETS).ask(ID).is_not_evaluated();
    }
}
