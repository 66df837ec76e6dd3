//! A secret is not used
//!
//! A secret that nobody reads can only be stolen. It often opens something that was forgotten
//! with it, and it costs money every month.
//!
//! A secret of Secrets Manager counts when its value was last read more than 90 days ago
//! (`unused-days` of `[secrets]` in the configuration), or never, and it is older than that.
//! Secrets Manager tells the day of the last read, and each
//! region on its own: of a secret with replicas the latest read of any of them counts. Replicas,
//! secrets that a service owns, and secrets scheduled for deletion are left out.
//!
//! Known false positives: a break-glass credential, whose whole point is not to be read. Waive
//! it.
//!
//! To fix it, delete the secret with a recovery window, and revoke what it opens.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::secret_last_read::{LastRead, last_read};
use crate::snapshot::coverage::Source;
use crate::snapshot::secretsmanager::Secret;
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
    for (account, region, secret) in graph.kept_secrets() {
        answers.examined();
        let name = &secret.name;
        match graph.secret_use((account, region), secret) {
            LastRead::InUse => {}
            LastRead::Unused(since) => {
                let days = graph.limits_of(secret).unused;
                report(answers, secret, (region, since, days));
            }
            LastRead::ReplicasUnseen => answers.unjudged(format!(
                "{name} has replicas, and when they were read was not seen"
            )),
            LastRead::Undated => answers.unjudged(format!(
                "{name}: it was never read, and when it was created is not known"
            )),
        }
    }
}

fn report(answers: &mut Answers, secret: &Secret, (region, since, days): (&str, Time, i64)) {
    let since = since.date();
    let seen = match last_read(secret).is_some() {
        true => format!("was last read on {since}, more than {days} days ago"),
        false => {
            format!("was created on {since}, more than {days} days ago, and never read")
        }
    };
    answers
        .finding(Resource::of(&secret.arn), "")
        .title(format!("The secret {} is not used", secret.name))
        .message(format!("{} {seen}.", secret.name))
        .fix(
            "Ask its owner, then delete the secret: for 30 days it can be brought back with restore-secret, and a client that still needs it fails at once.",
            [format!(
                "aws secretsmanager delete-secret --secret-id {} --recovery-window-in-days 30 --region {region}",
                quoted(&secret.arn)
            )],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "secret-unused";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

    fn secret(facts: &Value) -> Estate {
        let mut secret = json!({"ARN": ARN, "Name": "db", "CreatedDate": "2025-01-01"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        Estate::new().region(json!({"secretsmanager": {"secrets": [secret]}}))
    }

    #[test]
    fn one_that_was_not_read_for_long_is_found() {
        for (facts, says) in [
            (
                json!({}),
                "created on 2025-01-01, more than 90 days ago, and never read",
            ),
            (
                json!({"LastAccessedDate": "2026-08-25"}),
                "last read on 2026-08-25",
            ),
            (
                json!({"PrimaryRegion": "eu-west-1", "LastAccessedDate": "2026-01-01",
                "ReplicationStatus": [{"Region": "us-east-1", "LastAccessedDate": "2026-02-01"}]}),
                "last read on 2026-02-01",
            ),
        ] {
            let asked = secret(&facts).ask(ID);
            asked.finds(&[ARN]);
            let message = &asked.findings[0].message;
            assert!(message.contains(says), "{facts}: {message}");
        }
    }

    #[test]
    fn one_that_is_read_or_new_passes() {
        for facts in [
            json!({"LastAccessedDate": "2026-08-26"}),
            json!({"CreatedDate": "2026-08-26"}),
            json!({"PrimaryRegion": "eu-west-1",
                "ReplicationStatus": [{"Region": "us-east-1", "LastAccessedDate": "2026-11-20"}]}),
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
    fn replicas_that_were_not_seen_may_be_read() {
        let estate = secret(&json!({"PrimaryRegion": "eu-west-1"}));
        estate
            .clone()
            .denied(Source::SECRET_DETAILS)
            .ask(ID)
            .is_not_evaluated();
        estate.ask(ID).finds(&[ARN]);
    }

    #[test]
    fn without_the_list_or_a_date_it_is_not_passed() {
        let used = secret(&json!({"LastAccessedDate": "2026-11-20"}));
        used.denied(Source::SECRETS).ask(ID).is_not_evaluated();
        secret(&json!({"CreatedDate": null}))
            .ask(ID)
            .is_not_evaluated();
    }
}
