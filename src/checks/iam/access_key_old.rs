//! An access key of a user is old, or nobody uses it
//!
//! A key does not end by itself. The older it is the more disks, logs and backups it lies in, and one that nobody uses is
//! missed by nobody who would notice a thief.
//!
//! A key counts that is active and was made more than 90 days ago, or that was not used for more than 45 days (CIS AWS
//! Foundations Benchmark, "Ensure access keys are rotated every 90 days or less", "Ensure credentials unused for 45 days or
//! greater are disabled"). Looked at are the users that a cluster can reach or that can reach it; with the whole account
//! in scope, all. The credential report tells age and use; where it was not read, the list of a user's keys tells the age
//! alone, and the use is not judged. A workload that has the key (`workload-static-aws-key`) is named.
//!
//! Known false positives: a key that is kept for emergencies. Waive it, and alarm on its use.
//!
//! To fix it, give the user's work a role. Until then make a second key, move what uses the first, switch that off, and
//! delete it when nothing has broken.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::principal::{Principal, PrincipalKind};
use crate::graph::static_key::{UserKey, shortened};
use crate::graph::wording::{capital, short};
use crate::snapshot::coverage::Source;
use crate::snapshot::iam::{AccessKey, User};
use crate::snapshot::time::Time;

/// So old a key is to be replaced.
const OLD_DAYS: i64 = 90;
/// So long without use a key is to be switched off.
const UNUSED_DAYS: i64 = 45;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::IAM],
    controls: &[],
    since: "0.1.0",
    run,
};

/// A key that works.
struct Key<'s> {
    /// Its place in the report, 1 or 2; else its id.
    place: String,
    made: Option<Time>,
    /// When it was last used, so far as that was read; never is `Ok(None)`.
    used: Result<Option<Time>, ()>,
    /// Its id, where that is known.
    id: Option<&'s str>,
}

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let held = graph.user_keys();
    for (at, principal) in graph.in_scope() {
        let PrincipalKind::User(user) = principal.kind else {
            continue;
        };
        answers.examined();
        let Some(keys) = keys(graph, principal, user) else {
            answers.unjudged(format!("the keys of {} were not read", user.arn));
            continue;
        };
        let held: Vec<&UserKey> = held.iter().filter(|key| key.user == at).collect();
        for key in &keys {
            judge(graph, answers, user, key, &held);
        }
    }
}

/// The keys of a user that work; nothing where they were not read.
fn keys<'s>(graph: &'s Graph<'_>, principal: &Principal<'_>, user: &User) -> Option<Vec<Key<'s>>> {
    let account = graph.snapshot.accounts.get(principal.account)?;
    let listed = account.iam.access_keys.iter();
    let listed: Vec<&AccessKey> = listed
        .filter(|key| key.user_name == user.user_name)
        .collect();
    if let Some(row) = graph.report_row(principal, user) {
        let active = row.access_keys.iter().filter(|key| key.active);
        let keys = active.map(|key| {
            // The report does not give ids: a key is the one that was made then.
            let same = listed
                .iter()
                .find(|one| one.create_date.is_some() && one.create_date == key.last_rotated);
            Key {
                place: key.number.to_string(),
                made: key.last_rotated,
                used: Ok(key.last_used),
                id: same.map(|one| one.access_key_id.as_str()),
            }
        });
        return Some(keys.collect());
    }
    // Keys are asked for of those users whose key may be in a cluster: an empty list is none.
    let is_listed = !listed.is_empty();
    let active = listed.into_iter().filter(|key| key.status == "Active");
    let keys = active.map(|key| Key {
        place: shortened(&key.access_key_id),
        made: key.create_date,
        used: Err(()),
        id: Some(&key.access_key_id),
    });
    is_listed.then(|| keys.collect())
}

fn judge(graph: &Graph<'_>, answers: &mut Answers, user: &User, key: &Key<'_>, held: &[&UserKey]) {
    let now = graph.snapshot.taken_at;
    let name = match key.id {
        Some(id) => format!("the key {}", shortened(id)),
        None => format!("the key {}", key.place),
    };
    let Some(made) = key.made else {
        answers.unjudged(format!("when {name} of {} was made is not known", user.arn));
        return;
    };
    let age = made.days_until(now);
    let idle = match key.used {
        Ok(used) => used.unwrap_or(made).days_until(now) > UNUSED_DAYS,
        Err(()) => {
            answers.unjudged(format!(
                "when {name} of {} was last used was not read",
                user.arn
            ));
            false
        }
    };
    if age > OLD_DAYS || idle {
        report(graph, answers, user, (key, &name), (made, age, idle), held);
    }
}

fn report(
    graph: &Graph<'_>,
    answers: &mut Answers,
    user: &User,
    (key, name): (&Key<'_>, &str),
    (made, age, idle): (Time, i64, bool),
    held: &[&UserKey],
) {
    let used = match key.used {
        Ok(Some(time)) => format!(", and was last used on {}", time.date()),
        Ok(None) => ", and was never used".to_owned(),
        Err(()) => String::new(),
    };
    let fault = match (age > OLD_DAYS, idle) {
        (true, true) => "is old and unused",
        (true, false) => "is old",
        (false, _) => "is unused",
    };
    let at: Vec<&str> = held
        .iter()
        .filter(|one| Some(one.id.as_str()) == key.id)
        .filter_map(|one| graph.workloads.workloads.get(one.workload))
        .map(|workload| workload.id.as_str())
        .collect();
    let who = match at.first() {
        Some(id) => format!(" {} has it.", short(id)),
        None => String::new(),
    };
    let user_name = quoted(&user.user_name);
    let id = key.id.map_or("ACCESS_KEY_ID".to_owned(), quoted);
    let look = format!("aws iam list-access-keys --user-name {user_name}");
    let change = format!(
        "aws iam update-access-key --user-name {user_name} --access-key-id {id} --status Inactive"
    );
    answers
        .finding(Resource::of(&user.arn), &format!("key {}", key.place))
        .title(format!("The access key {} of the {} {fault}", key.place, short(&user.arn)))
        .message(format!(
            "{} of {} was made on {}, {age} days before the audit{used}.{who}",
            capital(name),
            user.arn,
            made.date()
        ))
        .related_all(at.into_iter().map(Resource::of))
        .fix(
            "Give what uses it a role, or a new key; switch this one off, and delete it when nothing has broken.",
            [look, change],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "access-key-old";
    const CI: &str = "arn:aws:iam::111122223333:user/ci";
    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

    /// A user that comes into the cluster.
    fn user(iam: Value) -> Estate {
        Estate::new()
            .eks(json!({"access": [{"entry": {"principalArn": CI, "type": "STANDARD"}, "policies": []}]}))
            .iam(json!({"users": [{"UserName": "ci", "Arn": CI, "CreateDate": "2024-01-01T00:00:00Z"}]}))
            .iam(iam)
    }

    fn row(made: &str, used: Value) -> Value {
        json!({"credential_report": [{"user": "ci", "arn": CI, "access_keys":
            [{"number": 1, "active": true, "last_rotated": made, "last_used": used}]}]})
    }

    fn listed(made: &str, status: &str) -> Value {
        json!({"access_keys": [{"UserName": "ci", "AccessKeyId": KEY, "Status": status, "CreateDate": made}]})
    }

    #[test]
    fn an_old_key_and_an_unused_one_are_found() {
        for (iam, says) in [
            (
                row("2026-08-01T00:00:00Z", json!("2026-11-23T00:00:00Z")),
                "user ci is old",
            ),
            (
                row("2026-09-15T00:00:00Z", json!("2026-10-01T00:00:00Z")),
                "user ci is unused",
            ),
            (
                row("2026-09-15T00:00:00Z", json!(null)),
                "user ci is unused",
            ),
            (
                row("2025-09-15T00:00:00Z", json!("2026-01-01T00:00:00Z")),
                "user ci is old and unused",
            ),
            (
                listed("2026-08-01T00:00:00Z", "Active"),
                "AKIA…MPLE of the user ci is old",
            ),
        ] {
            let asked = user(iam.clone()).ask(ID);
            asked.finds(&[CI]);
            let title = &asked.findings[0].title;
            assert!(title.contains(says), "{iam}: {title}");
            assert!(!format!("{:?}", asked.findings[0].message).contains(KEY));
        }
    }

    #[test]
    fn a_young_used_or_inactive_key_passes() {
        user(row("2026-08-26T00:00:00Z", json!("2026-10-20T00:00:00Z")))
            .ask(ID)
            .passes();
        let inactive = json!({"credential_report": [{"user": "ci", "arn": CI, "access_keys":
            [{"number": 1, "active": false, "last_rotated": "2020-01-01T00:00:00Z"}]}]});
        user(inactive).ask(ID).passes();
        user(listed("2020-01-01T00:00:00Z", "Inactive"))
            .ask(ID)
            .passes();
        let elsewhere = Estate::new().iam(json!({"users": [{"UserName": "ci", "Arn": CI}]}));
        elsewhere
            .iam(row("2020-01-01T00:00:00Z", json!(null)))
            .ask(ID)
            .is_not_applicable();
    }

    #[test]
    fn a_workload_that_has_it_is_named() {
        let pod = json!({"pods": [{"metadata": {"name": "job", "namespace": "shop", "uid": "u"}, "spec": {"containers":
            [{"name": "main", "env": [{"name": "AWS_ACCESS_KEY_ID", "value": KEY}]}]}}]});
        let made = "2026-01-01T00:00:00Z";
        let estate = user(row(made, json!("2026-11-23T00:00:00Z"))).iam(listed(made, "Active"));
        let asked = estate.kubernetes(pod).ask(ID);
        let finding = &asked.findings[0];
        assert!(
            finding.message.contains("Pod shop/job has it"),
            "{finding:?}"
        );
        assert_eq!(finding.related.len(), 1);
    }

    #[test]
    fn what_was_not_read_is_not_passed() {
        user(json!({})).ask(ID).is_not_evaluated();
        let young = user(listed("2026-11-01T00:00:00Z", "Active")).ask(ID);
        young.is_not_evaluated();
        let reason = young.reason.unwrap_or_default();
        assert!(reason.contains("last used was not read"), "{reason}");
        user(row("2026-11-01T00:00:00Z", json!(null)))
            .denied(Source::IAM)
            .ask(ID)
            .is_not_evaluated();
    }
}
