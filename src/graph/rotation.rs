//! How a secret of Secrets Manager rotates: off, on time, overdue, or stuck.
//!
//! AWS Secrets Manager API Reference, `RotateSecret`, `RotationRulesType`, `SecretListEntry`;
//! User Guide, "Schedule expressions" and "Rotation strategy". A change of the value by hand
//! counts as a rotation, and `NextRotationDate` knows of it.

mod schedule;

use jiff::SignedDuration;

use crate::snapshot::secretsmanager::{RotationRules, Secret};
use crate::snapshot::time::Time;

use super::Graph;

use schedule::{Schedule, Window};

/// How late a rotation may be: one that fails is tried several times.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// Whose business a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper<'s> {
    /// The account's own.
    Account,
    /// The service that made it, rotates it and lets nobody else do so.
    Service(&'s str),
    /// The secret in this region that it is a replica of.
    Primary(&'s str),
}

/// Who keeps a secret that was seen in a region.
pub fn keeper<'s>(secret: &'s Secret, region: &str) -> Keeper<'s> {
    if let Some(service) = secret.owning_service.as_deref() {
        return Keeper::Service(service);
    }
    match secret.primary_region.as_deref() {
        Some(primary) if primary != region => Keeper::Primary(primary),
        _ => Keeper::Account,
    }
}

impl<'s> Graph<'s> {
    /// The secrets that their accounts keep and mean to keep, each with account and region:
    /// without a service's own, replicas, and those that are scheduled for deletion.
    pub fn kept_secrets(&self) -> impl Iterator<Item = (&'s str, &'s str, &'s Secret)> {
        self.regions()
            .flat_map(|(account, region, facts)| {
                let secrets = facts.secretsmanager.secrets.iter();
                secrets.map(move |secret| (account, region, secret))
            })
            .filter(|(_, region, secret)| {
                keeper(secret, region) == Keeper::Account && secret.deleted_date.is_none()
            })
    }
}

/// How a secret rotates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It does not.
    Off,
    /// It does, and is not late.
    OnTime,
    /// It should have rotated by then.
    Overdue(Time),
    /// A version waits to become the current one, and has for this long.
    Stuck {
        /// The version's id.
        version: String,
        /// Since when nothing changed.
        since: Time,
    },
    /// Nothing was ever rotated, though a whole period has passed since this last change.
    Never(Time),
    /// A version waits, and since when is not known.
    Waiting,
    /// When it should rotate next is not known.
    Undated,
}

/// How a secret rotates, at a time.
pub fn rotation(secret: &Secret, now: Time) -> Rotation {
    if secret.rotation_enabled != Some(true) {
        return Rotation::Off;
    }
    let late = |since: Time| now > after(since, GRACE);
    // Turning rotation on is a change too, so it is on since then at the latest.
    let changed = secret.last_changed_date.max(secret.created_date);
    if let Some(version) = pending(secret) {
        match changed {
            Some(since) if late(since) => {
                let version = version.to_owned();
                return Rotation::Stuck { version, since };
            }
            Some(_) => {}
            None => return Rotation::Waiting,
        }
    }
    let rules = secret.rotation_rules.as_ref();
    let due_after = |last: Time| Some(due(rules?, last)?.closes);
    if let (None, Some(changed)) = (secret.last_rotated_date, changed)
        && due_after(changed).is_some_and(late)
    {
        return Rotation::Never(changed);
    }
    let base = secret.last_rotated_date.or(changed);
    let due = secret
        .next_rotation_date
        .or_else(|| base.and_then(due_after));
    match due {
        Some(due) if late(due) => Rotation::Overdue(due),
        Some(_) => Rotation::OnTime,
        None => Rotation::Undated,
    }
}

/// The version that waits: after a rotation that worked, AWSPENDING is on the current version or
/// on none.
fn pending(secret: &Secret) -> Option<&str> {
    let has = |stages: &[String], stage: &str| stages.iter().any(|own| own == stage);
    secret
        .secret_versions_to_stages
        .iter()
        .find(|(_, stages)| has(stages, "AWSPENDING") && !has(stages, "AWSCURRENT"))
        .map(|(version, _)| version.as_str())
}

/// When it has to rotate after a rotation. `AutomaticallyAfterDays` is worked out from an expression, where there is
/// one.
fn due(rules: &RotationRules, last: Time) -> Option<Window> {
    let schedule = match rules.schedule_expression.as_deref() {
        Some(expression) => Schedule::parse(expression).ok()?,
        None => Schedule::Days(rules.automatically_after_days.filter(|days| *days > 0)?),
    };
    let hours = rules.duration.as_deref().and_then(schedule::duration);
    schedule.window_after(last, hours)
}

fn after(time: Time, duration: SignedDuration) -> Time {
    Time(time.0.checked_add(duration).unwrap_or(time.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn judged(mut facts: Value) -> Rotation {
        facts["ARN"] = json!("arn");
        let secret: Secret = serde_json::from_value(facts).unwrap();
        rotation(&secret, Time::parse("2026-11-24T00:00:00Z").unwrap())
    }

    fn time(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn a_rotation_is_late_a_day_after_it_was_due() {
        let every_30 = json!({"AutomaticallyAfterDays": 30});
        let cases = [
            (json!({}), Rotation::Off),
            (
                json!({"RotationEnabled": false, "NextRotationDate": "2020-01-01"}),
                Rotation::Off,
            ),
            (
                json!({"RotationEnabled": true, "LastRotatedDate": "2026-01-01", "NextRotationDate": "2026-11-23T00:00:00Z"}),
                Rotation::OnTime,
            ),
            (
                json!({"RotationEnabled": true, "LastRotatedDate": "2026-01-01", "NextRotationDate": "2026-11-22T23:59:59Z"}),
                Rotation::Overdue(time("2026-11-22T23:59:59Z")),
            ),
            (
                json!({"RotationEnabled": true, "RotationRules": every_30, "LastRotatedDate": "2026-10-24"}),
                Rotation::OnTime,
            ),
            (
                json!({"RotationEnabled": true, "RotationRules": every_30, "LastRotatedDate": "2026-10-01"}),
                Rotation::Overdue(time("2026-11-01")),
            ),
            (
                json!({"RotationEnabled": true, "RotationRules": {"ScheduleExpression": "rate(4 hours)"}, "LastRotatedDate": "2026-11-22"}),
                Rotation::Overdue(time("2026-11-22T05:00:00Z")),
            ),
            (
                json!({"RotationEnabled": true, "RotationRules": {"ScheduleExpression": "rate(10 days)", "AutomaticallyAfterDays": 1}, "LastRotatedDate": "2026-11-15"}),
                Rotation::OnTime,
            ),
            (
                json!({"RotationEnabled": true, "RotationRules": {"ScheduleExpression": "cron(0 16 1 * ? *)"}, "LastRotatedDate": "2026-10-01T12:00:00Z"}),
                Rotation::Overdue(time("2026-10-02")),
            ),
            (
                json!({"RotationEnabled": true, "RotationRules": {"ScheduleExpression": "cron(0 16 1 * ? *)"}, "LastRotatedDate": "2026-11-01T16:30:00Z"}),
                Rotation::OnTime,
            ),
            (
                json!({"RotationEnabled": true, "RotationRules": {"ScheduleExpression": "cron(0 16 22 * ? *)", "Duration": "2h"}, "LastRotatedDate": "2026-11-01"}),
                Rotation::Overdue(time("2026-11-22T18:00:00Z")),
            ),
            (
                json!({"RotationEnabled": true, "RotationRules": {"ScheduleExpression": "cron(5 16 1 * ? *)"}, "LastRotatedDate": "2026-01-01"}),
                Rotation::Undated,
            ),
            (
                json!({"RotationEnabled": true, "RotationRules": {"ScheduleExpression": "cron(0 16 1 * ? *)"}, "NextRotationDate": "2026-12-01"}),
                Rotation::OnTime,
            ),
        ];
        for (facts, expected) in cases {
            assert_eq!(judged(facts.clone()), expected, "{facts}");
        }
    }

    #[test]
    fn a_period_that_no_calendar_holds_is_none() {
        for rules in [
            json!({"AutomaticallyAfterDays": i64::MAX}),
            json!({"AutomaticallyAfterDays": i64::MIN}),
            json!({"AutomaticallyAfterDays": 0}),
            json!({"ScheduleExpression": "rate(9223372036854775807 hours)"}),
            json!({"ScheduleExpression": "rate(9223372036854775807 days)"}),
            json!({"ScheduleExpression": "rate(-5 hours)"}),
        ] {
            let facts = json!({"RotationEnabled": true, "RotationRules": rules,
                "LastRotatedDate": "2026-09-01"});
            assert_eq!(judged(facts.clone()), Rotation::Undated, "{facts}");
        }
    }

    #[test]
    fn a_version_that_waits_is_stuck_and_a_period_without_any_is_never() {
        let with = |stages: Value, changed: &str| {
            json!({"RotationEnabled": true, "LastChangedDate": changed, "LastRotatedDate": "2026-11-01",
                "NextRotationDate": "2026-11-01", "SecretVersionsToStages": stages})
        };
        let waiting = json!({"old": ["AWSCURRENT"], "new": ["AWSPENDING"]});
        let done = json!({"old": ["AWSPREVIOUS"], "new": ["AWSCURRENT", "AWSPENDING"]});
        let stuck = Rotation::Stuck {
            version: "new".to_owned(),
            since: time("2026-11-20"),
        };
        let overdue = Rotation::Overdue(time("2026-11-01"));
        assert_eq!(judged(with(waiting.clone(), "2026-11-20")), stuck);
        assert_eq!(
            judged(with(waiting, "2026-11-23T12:00:00Z")),
            overdue,
            "it may still work"
        );
        assert_eq!(judged(with(done, "2026-11-20")), overdue);
        let never = |created: &str, changed: &str| {
            judged(
                json!({"RotationEnabled": true, "CreatedDate": created, "LastChangedDate": changed,
                "RotationRules": {"AutomaticallyAfterDays": 30}}),
            )
        };
        assert_eq!(
            never("2025-01-01", "2026-10-01"),
            Rotation::Never(time("2026-10-01"))
        );
        assert_eq!(
            never("2025-01-01", "2026-11-20"),
            Rotation::OnTime,
            "turned on four days ago"
        );
    }

    #[test]
    fn a_secret_has_one_keeper() {
        let secret = |facts: Value| -> Secret { serde_json::from_value(facts).unwrap() };
        let owned =
            secret(json!({"ARN": "a", "OwningService": "rds", "PrimaryRegion": "eu-west-1"}));
        let replicated = secret(json!({"ARN": "a", "PrimaryRegion": "eu-west-1"}));
        let plain = secret(json!({"ARN": "a"}));
        assert_eq!(keeper(&owned, "eu-west-1"), Keeper::Service("rds"));
        assert_eq!(keeper(&replicated, "eu-west-1"), Keeper::Account);
        assert_eq!(
            keeper(&replicated, "us-east-1"),
            Keeper::Primary("eu-west-1")
        );
        assert_eq!(keeper(&plain, "us-east-1"), Keeper::Account);
    }
}
