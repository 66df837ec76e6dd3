//! The previous value of a secret is still read
//!
//! After a rotation somebody goes on with the old value: a client that asks for the label AWSPREVIOUS or for a version by its id, or
//! somebody who should not. As long as it works the rotation protects nobody, and the day it is revoked that client fails.
//!
//! A secret counts whose version AWSPREVIOUS was last read after its current version came into force: when that was made, or
//! when the secret last rotated, whichever is later. Where the labels were moved back to an older version it is the secret's last
//! change. Secrets Manager tells the day of a read alone, so that one on the same day or the day after says nothing. While a
//! rotation is under way its function reads the previous value too (the templates of AWS try it where the current one
//! is refused): a read since then is not judged. Secrets that a service owns, replicas, and secrets scheduled for deletion are left out.
//!
//! Known false positives: somebody who compared both values, and a restore of a backup.
//!
//! To fix it, find who reads it in CloudTrail, have them ask for AWSCURRENT, and revoke the old value.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::snapshot::coverage::Source;
use crate::snapshot::secretsmanager::{Secret, SecretVersion, SecretVersions};
use crate::snapshot::time::Time;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::SECRETS, Source::SECRET_VERSIONS],
    controls: &[],
    since: "0.1.0",
    run,
};

/// A read of what was the previous version already.
struct Late<'g> {
    version: &'g SecretVersion,
    /// The day of the read.
    read: Time,
    /// Since when it was the previous one.
    since: Time,
}

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for (account, region, secret) in graph.kept_secrets() {
        let facts = graph.region_of(account, region);
        let all = facts.map_or(&[][..], |facts| &facts.secretsmanager.versions);
        let Some(versions) = all.iter().find(|versions| versions.arn == secret.arn) else {
            continue;
        };
        answers.examined();
        match late(secret, versions) {
            Ok(None) => {}
            Ok(Some(late)) => report(answers, (secret, region), &late),
            Err(why) => answers.unjudged(format!("{}: {why}", secret.name)),
        }
    }
}

fn late<'g>(
    secret: &Secret,
    versions: &'g SecretVersions,
) -> Result<Option<Late<'g>>, &'static str> {
    let mut all = versions.versions.iter();
    let current = all.clone().find(|one| one.has_stage("AWSCURRENT"));
    let previous = all.clone().find(|one| one.has_stage("AWSPREVIOUS"));
    let (Some(current), Some(version)) = (current, previous) else {
        return Ok(None);
    };
    let Some(read) = version.last_accessed_date else {
        return Ok(None);
    };
    let (Some(made), Some(before)) = (current.created_date, version.created_date) else {
        return Err("when its versions were made is not known");
    };
    let since = match made < before {
        false => Some(made).max(secret.last_rotated_date),
        true => secret.last_changed_date,
    };
    let since = since.ok_or("since when its labels are where they are is not known")?;
    // The day of the read may have begun before.
    if read <= since.plus_days(1) {
        return Ok(None);
    }
    let pending = all.find(|one| one.has_stage("AWSPENDING") && !one.has_stage("AWSCURRENT"));
    if let Some(pending) = pending {
        let begun = pending.created_date.map(Time::date);
        if begun.is_none_or(|begun| read.date() >= begun) {
            return Err("a rotation is under way, which may have read the previous version");
        }
    }
    Ok(Some(Late {
        version,
        read,
        since,
    }))
}

fn report(answers: &mut Answers, (secret, region): (&Secret, &str), late: &Late<'_>) {
    let name = &secret.name;
    let event = quoted(&format!(
        "AttributeKey=ResourceName,AttributeValue={}",
        secret.arn
    ));
    answers
        .finding(Resource::of(&secret.arn), "")
        .title(format!("The previous value of the secret {name} is still read"))
        .message(format!(
            "The version {} of {name} is the previous one since {}, and was last read on {}.",
            late.version.version_id,
            late.since.date(),
            late.read.date(),
        ))
        .fix(
            "Find who asked for that version or for AWSPREVIOUS (the request parameters of GetSecretValue), have them ask for AWSCURRENT, then revoke the old value where it is used. If nobody admits to it, take it for stolen.",
            [
                format!(
                    "aws cloudtrail lookup-events --lookup-attributes {event} --start-time {} --region {region}",
                    late.read.date()
                ),
                format!(
                    "aws secretsmanager list-secret-version-ids --secret-id {} --region {region}",
                    quoted(&secret.arn)
                ),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "secret-previous-in-use";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

    /// A secret that rotated on 10 November, whose previous version was last read on this day.
    fn versions(read: &Value, more: &[Value]) -> Value {
        let mut all = vec![
            json!({"VersionId": "new", "VersionStages": ["AWSCURRENT"], "CreatedDate": "2026-11-10T10:00:00Z"}),
            json!({"VersionId": "old", "VersionStages": ["AWSPREVIOUS"], "CreatedDate": "2026-10-10T10:00:00Z",
                "LastAccessedDate": read}),
        ];
        all.extend(more.iter().cloned());
        json!(all)
    }

    fn estate(facts: &Value, versions: &Value) -> Estate {
        let mut secret = json!({"ARN": ARN, "Name": "db", "CreatedDate": "2025-01-01",
            "LastRotatedDate": "2026-11-10T10:01:00Z", "LastChangedDate": "2026-11-10T10:01:00Z"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        Estate::new().region(json!({"secretsmanager": {"secrets": [secret],
            "versions": [{"ARN": ARN, "Name": "db", "Versions": versions}]}}))
    }

    #[test]
    fn a_read_two_days_later_is_found() {
        let asked = estate(&json!({}), &versions(&json!("2026-11-12"), &[])).ask(ID);
        asked.finds(&[ARN]);
        let message = &asked.findings[0].message;
        assert!(message.contains("last read on 2026-11-12"), "{message}");
        let without = estate(
            &json!({"LastRotatedDate": null}),
            &versions(&json!("2026-11-20"), &[]),
        );
        without.ask(ID).finds(&[ARN]);
    }

    #[test]
    fn what_looks_late_and_is_not_passes() {
        for (what, facts, read) in [
            ("the same day", json!({}), json!("2026-11-10")),
            ("the day after", json!({}), json!("2026-11-11")),
            ("before", json!({}), json!("2026-11-09")),
            ("never", json!({}), json!(null)),
            (
                "it was made long before it came into force",
                json!({"LastRotatedDate": "2026-11-15T10:00:00Z"}),
                json!("2026-11-14"),
            ),
        ] {
            let asked = estate(&facts, &versions(&read, &[])).ask(ID);
            assert!(asked.findings.is_empty(), "{what}: {asked:#?}");
            asked.passes();
        }
    }

    #[test]
    fn labels_that_were_moved_back_count_from_the_last_change() {
        let back = json!([
            {"VersionId": "a", "VersionStages": ["AWSCURRENT"], "CreatedDate": "2026-10-10"},
            {"VersionId": "b", "VersionStages": ["AWSPREVIOUS"], "CreatedDate": "2026-11-10", "LastAccessedDate": "2026-11-16"},
        ]);
        let changed = |day: &str| estate(&json!({"LastChangedDate": day}), &back).ask(ID);
        changed("2026-11-14").finds(&[ARN]);
        changed("2026-11-15T12:00:00Z").passes();
        estate(&json!({"LastChangedDate": null}), &back)
            .ask(ID)
            .is_not_evaluated();
    }

    #[test]
    fn a_rotation_under_way_may_have_read_it() {
        let pending = |day: &str| json!({"VersionId": "next", "VersionStages": ["AWSPENDING"], "CreatedDate": day});
        let read = json!("2026-11-20");
        let begun = |day: &str| estate(&json!({}), &versions(&read, &[pending(day)])).ask(ID);
        begun("2026-11-20T22:00:00Z").is_not_evaluated();
        begun("2026-11-21T08:00:00Z").finds(&[ARN]);
    }

    #[test]
    fn without_the_versions_it_is_not_passed() {
        let fine = estate(&json!({}), &versions(&json!("2026-11-10"), &[]));
        fine.clone()
            .denied(Source::SECRET_VERSIONS)
            .ask(ID)
            .is_not_evaluated();
        fine.denied(Source::SECRETS).ask(ID).is_not_evaluated();
        let undated = json!([{"VersionId": "new", "VersionStages": ["AWSCURRENT"]},
            {"VersionId": "old", "VersionStages": ["AWSPREVIOUS"], "LastAccessedDate": "2026-11-20"}]);
        estate(&json!({}), &undated).ask(ID).is_not_evaluated();
        estate(&json!({"DeletedDate": "2026-11-20"}), &undated)
            .ask(ID)
            .is_not_applicable();
    }
}
