//! A secret is never rotated
//!
//! A credential that is never changed stays good for whoever once saw it: in a log, a backup, an
//! old laptop. Rotation ends that by itself.
//!
//! A secret of Secrets Manager counts when automatic rotation is not on and it is older than 30
//! days (`new-days` of `[secrets]` in the configuration). Left out are secrets that a service owns and rotates (their `OwningService`), replicas,
//! whose primary decides, and secrets that are scheduled for deletion.
//!
//! Known false positives: values that nobody can rotate by a function, as a licence or a key of
//! a partner. Waive them with a date by which they are changed by hand.
//!
//! To fix it, attach a rotation function (or let RDS, Redshift or DocumentDB manage the secret)
//! and have clients fetch the value again when it is refused.

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
        answers.examined();
        if rotation(secret, now) != Rotation::Off {
            continue;
        }
        // It is at least as old as its last change.
        match secret.created_date.or(secret.last_changed_date) {
            Some(since) if since.days_until(now) >= graph.limits_of(secret).new => {
                report(answers, secret, region)
            }
            Some(_) if secret.created_date.is_some() => {}
            _ => answers.unjudged(format!("how old {} is is not known", secret.name)),
        }
    }
}

fn report(answers: &mut Answers, secret: &Secret, region: &str) {
    let date = |time: Option<Time>| time.map_or("an unknown day".to_owned(), Time::date);
    let history = match (secret.rotation_rules.is_some(), secret.last_rotated_date) {
        (_, Some(rotated)) => format!("was turned off; it last rotated on {}", rotated.date()),
        (true, None) => "was turned off before it ever rotated".to_owned(),
        (false, None) => "was never set up".to_owned(),
    };
    let function = secret.rotation_lambda_arn.as_deref();
    let command = format!(
        "aws secretsmanager rotate-secret --secret-id {} --rotation-lambda-arn {} --rotation-rules AutomaticallyAfterDays=30 --region {region}",
        quoted(&secret.arn),
        quoted(function.unwrap_or("FUNCTION_ARN")),
    );
    answers
        .finding(Resource::of(&secret.arn), "")
        .title(format!("The secret {} is never rotated", secret.name))
        .message(format!(
            "Automatic rotation of {} {history}. The secret was created on {} and last changed on {}.",
            secret.name,
            date(secret.created_date),
            date(secret.last_changed_date),
        ))
        .fix(
            "Give the secret a rotation function. The command rotates it at once: clients that keep the old value fail until they fetch it again.",
            [command],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::outcome::Outcome;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "secret-rotation-off";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

    fn secret(facts: &Value) -> Estate {
        let mut secret = json!({"ARN": ARN, "Name": "db", "CreatedDate": "2026-01-01"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        Estate::new().region(json!({"secretsmanager": {"secrets": [secret]}}))
    }

    #[test]
    fn without_rotation_it_is_found_and_the_message_tells_what_was() {
        for (facts, says) in [
            (json!({}), "was never set up"),
            (
                json!({"RotationEnabled": false, "LastRotatedDate": "2026-02-03"}),
                "last rotated on 2026-02-03",
            ),
            (
                json!({"RotationEnabled": false, "RotationRules": {"AutomaticallyAfterDays": 7}}),
                "before it ever rotated",
            ),
            (json!({"CreatedDate": "2026-10-25"}), "2026-10-25"),
            // Its own region: the primary of its replicas.
            (json!({"PrimaryRegion": "eu-west-1"}), "never set up"),
        ] {
            let asked = secret(&facts).ask(ID);
            asked.finds(&[ARN]);
            let message = &asked.findings[0].message;
            assert!(message.contains(says), "{facts}: {message}");
        }
    }

    #[test]
    fn one_that_rotates_or_is_new_passes() {
        for facts in [
            json!({"RotationEnabled": true}),
            json!({"CreatedDate": "2026-10-26"}),
        ] {
            secret(&facts).ask(ID).passes();
        }
    }

    #[test]
    fn what_others_keep_is_not_looked_at() {
        for facts in [
            json!({"OwningService": "rds"}),
            json!({"PrimaryRegion": "us-east-1"}),
            json!({"DeletedDate": "2026-11-20"}),
        ] {
            secret(&facts).ask(ID).is_not_applicable();
        }
    }

    #[test]
    fn without_the_list_it_is_not_passed() {
        let estate = secret(&json!({"RotationEnabled": true}));
        estate.denied(Source::SECRETS).ask(ID).is_not_evaluated();
    }

    #[test]
    fn of_unknown_age_it_is_judged_by_its_last_change() {
        let ask = |facts: Value| {
            let mut secret = facts;
            secret["ARN"] = json!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-x");
            secret["Name"] = json!("db");
            Estate::new()
                .region(json!({"secretsmanager": {"secrets": [secret]}}))
                .ask(ID)
                .outcome
        };
        assert_eq!(ask(json!({})), Outcome::NotEvaluated);
        assert_eq!(
            ask(json!({"LastChangedDate": "2026-11-20"})),
            Outcome::NotEvaluated
        );
        assert_eq!(ask(json!({"LastChangedDate": "2026-01-01"})), Outcome::Fail);
    }
}
