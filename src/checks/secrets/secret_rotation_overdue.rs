//! A secret's rotation is overdue
//!
//! Rotation that is on and does not happen is worse than none: everybody believes that old
//! values are worthless, and they still work.
//!
//! Rotation is on, and `NextRotationDate` has passed by more than a day (a rotation that fails is
//! tried several times). Where that date is missing it is the end of the first rotation window
//! that its schedule (`rate` or `cron`, in UTC, with the window's duration) opens after the last
//! rotation, or after the last change of a secret that never rotated. A secret whose rotation is stuck is
//! `secret-rotation-failing` and not reported here. Secrets that a service owns, replicas, and
//! secrets scheduled for deletion are left out.
//!
//! Known false positives: none, but a rotation function that was repaired today is seen as late
//! until it next runs.
//!
//! To fix it, read the rotation function's log, repair it, and rotate by hand once.

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
    severity: Severity::Medium,
    needs: &[Source::SECRETS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let now = graph.snapshot.taken_at;
    for (_, region, secret) in graph.kept_secrets() {
        match rotation(secret, now) {
            Rotation::Off => continue,
            Rotation::Overdue(due) => report(answers, secret, region, due, now),
            Rotation::Undated => answers.unjudged(format!(
                "when {} should rotate next is not known",
                secret.name
            )),
            // The last three are for secret-rotation-failing to tell.
            Rotation::OnTime | Rotation::Stuck { .. } | Rotation::Never(_) | Rotation::Waiting => {}
        }
        answers.examined();
    }
}

fn report(answers: &mut Answers, secret: &Secret, region: &str, due: Time, now: Time) {
    let last = match secret.last_rotated_date {
        Some(rotated) => format!("last rotated on {}", rotated.date()),
        None => "never rotated".to_owned(),
    };
    let id = quoted(&secret.arn);
    answers
        .finding(Resource::of(&secret.arn), "")
        .title(format!("The rotation of the secret {} is overdue", secret.name))
        .message(format!(
            "{} should have rotated by {}, {} days ago; it {last}.",
            secret.name,
            due.date(),
            due.days_until(now),
        ))
        .fix(
            "Find out why the rotation does not run, then rotate once by hand: clients that keep the old value fail until they fetch it again.",
            [
                format!("aws secretsmanager describe-secret --secret-id {id} --region {region}"),
                format!("aws secretsmanager rotate-secret --secret-id {id} --region {region}"),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "secret-rotation-overdue";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

    fn secret(facts: &Value) -> Estate {
        let mut secret = json!({"ARN": ARN, "Name": "db", "CreatedDate": "2026-01-01",
            "RotationEnabled": true, "LastChangedDate": "2026-09-01", "LastRotatedDate": "2026-09-01"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        Estate::new().region(json!({"secretsmanager": {"secrets": [secret]}}))
    }

    #[test]
    fn a_date_that_has_passed_is_found() {
        let asked = secret(&json!({"NextRotationDate": "2026-10-01"})).ask(ID);
        asked.finds(&[ARN]);
        let message = &asked.findings[0].message;
        assert_eq!(
            message,
            "db should have rotated by 2026-10-01, 54 days ago; it last rotated on 2026-09-01."
        );
        let computed = json!({"RotationRules": {"ScheduleExpression": "rate(10 days)"}});
        secret(&computed).ask(ID).finds(&[ARN]);
        let cron = json!({"RotationRules": {"ScheduleExpression": "cron(0 8 15 * ? *)", "Duration": "4h"}});
        let asked = secret(&cron).ask(ID);
        asked.finds(&[ARN]);
        let message = &asked.findings[0].message;
        assert!(message.contains("by 2026-09-15"), "{message}");
    }

    #[test]
    fn on_time_within_the_window_or_stuck_is_not() {
        for facts in [
            json!({"NextRotationDate": "2026-11-23T12:00:00Z"}),
            json!({"RotationRules": {"AutomaticallyAfterDays": 90}}),
            json!({"RotationRules": {"ScheduleExpression": "cron(0 8 1 1/6 ? *)"}}),
            json!({"NextRotationDate": "2026-10-01",
                "SecretVersionsToStages": {"a": ["AWSCURRENT"], "b": ["AWSPENDING"]}}),
        ] {
            secret(&facts).ask(ID).passes();
        }
    }

    #[test]
    fn without_rotation_or_kept_by_others_it_does_not_apply() {
        for facts in [
            json!({"RotationEnabled": false, "NextRotationDate": "2026-10-01"}),
            json!({"OwningService": "rds", "NextRotationDate": "2026-10-01"}),
            json!({"PrimaryRegion": "us-east-1", "NextRotationDate": "2026-10-01"}),
            json!({"DeletedDate": "2026-11-20", "NextRotationDate": "2026-10-01"}),
        ] {
            secret(&facts).ask(ID).is_not_applicable();
        }
    }

    #[test]
    fn a_schedule_that_cannot_be_read_or_no_list_is_not_evaluated() {
        let unread = json!({"RotationRules": {"ScheduleExpression": "monthly"}});
        secret(&unread).ask(ID).is_not_evaluated();
        let fine = secret(&json!({"NextRotationDate": "2026-12-01"}));
        fine.denied(Source::SECRETS).ask(ID).is_not_evaluated();
    }
}
