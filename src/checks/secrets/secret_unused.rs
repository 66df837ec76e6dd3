//! A secret is not used
//!
//! A secret that nobody reads can only be stolen. It often opens something that was forgotten
//! with it, and it costs money every month.
//!
//! A secret of Secrets Manager counts when its value was last read more than 90 days ago, or
//! never, and it is older than 90 days. Secrets Manager tells the day of the last read, and each
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
use crate::snapshot::coverage::Source;
use crate::snapshot::secretsmanager::Secret;
use crate::snapshot::time::Time;

/// So long without a read is unused.
const UNUSED_DAYS: i64 = 90;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[Source::SECRETS],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let now = graph.snapshot.taken_at;
    for (account, region, secret) in graph.kept_secrets() {
        answers.examined();
        // The list names no replica, only that the secret is the primary of some.
        let replicated = secret.primary_region.is_some() && secret.replication_status.is_empty();
        let replicas_seen = || graph.saw(Source::SECRET_DETAILS, &format!("{account}/{region}"));
        match unused_since(secret, now) {
            Ok(None) => {}
            Ok(Some(_)) if replicated && !replicas_seen() => answers.unjudged(format!(
                "{} has replicas, and when they were read was not seen",
                secret.name
            )),
            Ok(Some(since)) => report(answers, secret, region, since),
            Err(why) => answers.unjudged(format!("{}: {why}", secret.name)),
        }
    }
}

/// Since when a secret is unused: its last read, or its creation where there was none.
fn unused_since(secret: &Secret, now: Time) -> Result<Option<Time>, &'static str> {
    let replicas = secret.replication_status.iter();
    let last = replicas
        .filter_map(|replica| replica.last_accessed_date)
        .chain(secret.last_accessed_date)
        .max();
    let since = last
        .or(secret.created_date)
        .ok_or("it was never read, and when it was created is not known")?;
    // More than: the read may have been at the end of its day.
    Ok((since.days_until(now) > UNUSED_DAYS).then_some(since))
}

fn report(answers: &mut Answers, secret: &Secret, region: &str, since: Time) {
    let since = since.date();
    let read = secret.last_accessed_date.is_some()
        || secret
            .replication_status
            .iter()
            .any(|replica| replica.last_accessed_date.is_some());
    let seen = match read {
        true => format!("was last read on {since}, more than {UNUSED_DAYS} days ago"),
        false => {
            format!("was created on {since}, more than {UNUSED_DAYS} days ago, and never read")
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
