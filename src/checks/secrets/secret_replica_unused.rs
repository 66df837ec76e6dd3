//! A replica of a secret is not used, or not in step
//!
//! Each replica is one more place where the secret can be read, with a policy and a key of its own. One that nobody reads
//! was often made for a move that never came. One whose replication failed holds an old value, or none, on the day on which it is needed.
//!
//! A replica counts whose replication has failed (as medium), and one that was last read more than 90 days ago, or never
//! while its primary is older than that: each region tells the day of its own last read. A secret that is read in no region at all
//! is `secret-unused` and not reported here; neither are secrets that a service owns. A replica whose primary is in a region
//! that was not looked at is judged by what its own region says.
//!
//! Known false positives: a replica that stands by for a disaster, whose whole point is not to be read. Waive it, with
//! a note of the last time when it was tried. When a replica was made is not told, so that one that was never read may be new.
//!
//! To fix it, stop replicating to that region, or repair the replication.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::rotation::{Keeper, keeper};
use crate::graph::secret_last_read::{LastRead, is_long_ago};
use crate::snapshot::coverage::Source;
use crate::snapshot::secretsmanager::{Replication, Secret};
use crate::snapshot::time::Time;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Info,
    needs: &[Source::SECRETS, Source::SECRET_DETAILS],
    controls: &[],
    since: "0.1.0",
    run,
};

/// A replica, from where it is told of.
struct Replica<'g> {
    /// The secret that tells of it: the primary, or the replica itself.
    told_by: &'g Secret,
    primary: &'g str,
    region: &'g str,
    read: Option<Time>,
}

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for (account, region, secret) in graph.kept_secrets() {
        if !graph.replicas_seen((account, region), secret) {
            answers.unjudged(format!("the replicas of {} were not read", secret.name));
            continue;
        }
        let unused = matches!(
            graph.secret_use((account, region), secret),
            LastRead::Unused(_)
        );
        for replica in &secret.replication_status {
            let Some(at) = replica.region.as_deref() else {
                continue;
            };
            answers.examined();
            let one = Replica {
                told_by: secret,
                primary: region,
                region: at,
                read: replica.last_accessed_date,
            };
            if failed(replica) {
                report_failed(answers, &one);
            } else if !unused {
                judge(graph, answers, &one);
            }
        }
    }
    for (account, region, facts) in graph.regions() {
        for secret in &facts.secretsmanager.secrets {
            let Keeper::Primary(primary) = keeper(secret, region) else {
                continue;
            };
            // The primary tells of it, where that was seen.
            if graph.saw(Source::SECRETS, &format!("{account}/{primary}")) {
                continue;
            }
            answers.examined();
            let one = Replica {
                told_by: secret,
                primary,
                region,
                read: secret.last_accessed_date,
            };
            judge(graph, answers, &one);
        }
    }
}

fn failed(replica: &Replication) -> bool {
    replica.status.as_deref() == Some("Failed")
}

fn judge(graph: &Graph<'_>, answers: &mut Answers, one: &Replica<'_>) {
    let now = graph.snapshot.taken_at;
    let secret = one.told_by;
    match one.read.or(secret.created_date) {
        None => answers.unjudged(format!(
            "{} was never read in {}, and when it was created is not known",
            secret.name, one.region
        )),
        Some(since) => {
            let days = graph.limits_of(secret).unused;
            if is_long_ago(since, now, days) {
                report_unused(answers, one, since, days);
            }
        }
    }
}

fn report_unused(answers: &mut Answers, one: &Replica<'_>, since: Time, days: i64) {
    let (name, region) = (&one.told_by.name, one.region);
    let seen = match one.read {
        Some(_) => format!(
            "was last read on {}, more than {days} days ago",
            since.date()
        ),
        None => format!(
            "was never read; the secret was created on {}, when the replica was is not known",
            since.date()
        ),
    };
    let draft = answers
        .finding(Resource::of(&one.told_by.arn), region)
        .title(format!("Nobody reads the replica of {name} in {region}"))
        .message(format!("The replica of {name} in {region} {seen}."));
    let draft = match one.read {
        Some(_) => draft,
        None => draft.certainty(Certainty::Conditional),
    };
    draft
        .fix(
            "Where it does not stand by for a disaster, stop replicating to that region. The replica is deleted at once, and clients there that still need it fail.",
            [command("remove-regions-from-replication --remove-replica-regions", one, "")],
        )
        .report();
}

fn report_failed(answers: &mut Answers, one: &Replica<'_>) {
    let (name, region) = (&one.told_by.name, one.region);
    answers
        .finding(Resource::of(&one.told_by.arn), region)
        .severity(Severity::Medium)
        .title(format!("The replication of {name} to {region} has failed"))
        .message(format!(
            "The replica of {name} in {region} is not in step: its status is Failed. Who reads there gets an old value, or none."
        ))
        .fix(
            "Read the status message: a secret of that name may be there already, or the replica's key cannot be used. Repair that, then replicate again.",
            [
                format!(
                    "aws secretsmanager describe-secret --secret-id {} --query ReplicationStatus --region {}",
                    quoted(&one.told_by.arn),
                    one.primary
                ),
                command("replicate-secret-to-regions --add-replica-regions", one, "Region="),
            ],
        )
        .report();
}

/// A command that is given at the primary.
fn command(what: &str, one: &Replica<'_>, prefix: &str) -> String {
    format!(
        "aws secretsmanager {what} {prefix}{} --secret-id {} --region {}",
        quoted(one.region),
        quoted(&one.told_by.name),
        quoted(one.primary)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "secret-replica-unused";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

    fn secret(facts: &Value) -> Estate {
        let mut secret = json!({"ARN": ARN, "Name": "db", "CreatedDate": "2025-01-01", "LastAccessedDate": "2026-11-20",
            "PrimaryRegion": "eu-west-1"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        Estate::new().region(json!({"secretsmanager": {"secrets": [secret]}}))
    }

    fn replica(facts: &Value) -> Value {
        let mut replica = json!({"Region": "us-east-1", "Status": "InSync"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            replica[name] = value.clone();
        }
        json!({"ReplicationStatus": [replica]})
    }

    #[test]
    fn one_that_nobody_reads_is_found() {
        let old = secret(&replica(&json!({"LastAccessedDate": "2026-08-25"}))).ask(ID);
        old.finds(&[ARN]);
        assert_eq!(old.findings[0].severity, Severity::Info);
        assert_eq!(old.findings[0].certainty, Certainty::Certain);
        let never = secret(&replica(&json!({}))).ask(ID);
        never.finds(&[ARN]);
        assert_eq!(never.findings[0].certainty, Certainty::Conditional);
    }

    #[test]
    fn one_that_failed_is_worse() {
        let asked = secret(&replica(
            &json!({"Status": "Failed", "LastAccessedDate": "2026-11-20"}),
        ))
        .ask(ID);
        asked.finds(&[ARN]);
        assert_eq!(asked.findings[0].severity, Severity::Medium);
        assert!(asked.findings[0].title.contains("has failed"), "{asked:#?}");
    }

    #[test]
    fn what_looks_unused_and_is_not_passes() {
        for (what, facts, more) in [
            (
                "read 90 days ago",
                json!({"LastAccessedDate": "2026-08-26"}),
                json!({}),
            ),
            (
                "never read, but new",
                json!({}),
                json!({"CreatedDate": "2026-10-01"}),
            ),
            (
                "being made",
                json!({"Status": "InProgress", "LastAccessedDate": "2026-11-20"}),
                json!({}),
            ),
            (
                "no region reads it, which secret-unused says",
                json!({}),
                json!({"LastAccessedDate": "2026-01-01"}),
            ),
        ] {
            let mut all = replica(&facts);
            for (name, value) in more.as_object().into_iter().flatten() {
                all[name] = value.clone();
            }
            let asked = secret(&all).ask(ID);
            assert!(asked.findings.is_empty(), "{what}: {asked:#?}");
            asked.passes();
        }
        secret(&json!({"PrimaryRegion": null}))
            .ask(ID)
            .is_not_applicable();
    }

    #[test]
    fn a_replica_whose_primary_was_not_seen_speaks_for_itself() {
        let of = |read: Value| json!({"PrimaryRegion": "us-east-1", "LastAccessedDate": read});
        secret(&of(json!("2026-01-01"))).ask(ID).finds(&[ARN]);
        secret(&of(json!("2026-11-20"))).ask(ID).passes();
    }

    #[test]
    fn without_the_details_it_is_not_passed() {
        let estate = secret(&json!({}));
        estate
            .denied(Source::SECRET_DETAILS)
            .ask(ID)
            .is_not_evaluated();
        secret(&replica(&json!({})))
            .denied(Source::SECRETS)
            .ask(ID)
            .finds(&[ARN]);
        let mut undated = replica(&json!({}));
        undated["CreatedDate"] = json!(null);
        secret(&undated).ask(ID).is_not_evaluated();
    }
}
