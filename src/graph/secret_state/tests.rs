//! What is stale, and what looks stale and is not.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::checks::testing::Estate;

const DB: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf";

fn secret(facts: &Value) -> Estate {
    let mut secret = json!({"ARN": DB, "Name": "prod/db", "CreatedDate": "2026-01-01", "LastAccessedDate": "2026-11-20",
        "RotationEnabled": true, "LastRotatedDate": "2026-11-10", "NextRotationDate": "2026-12-10"});
    for (name, value) in facts.as_object().into_iter().flatten() {
        secret[name] = value.clone();
    }
    Estate::new().region(json!({"secretsmanager": {"secrets": [secret]}}))
}

/// The ExternalSecret that brings it, and a pod that gets what that makes.
fn synced(refreshed: &str, ready: &str) -> Value {
    json!({
        "secret_stores": [{"kind": "SecretStore", "metadata": {"name": "vault", "namespace": "pay"},
            "spec": {"provider": {"aws": {"service": "SecretsManager", "region": "eu-west-1"}}}}],
        "external_secrets": [{"metadata": {"name": "db", "namespace": "pay"}, "spec": {"secretStoreRef": {"name": "vault"},
            "dataFrom": [{"extract": {"key": "prod/db"}}]}, "status": {"refreshTime": refreshed,
            "conditions": [{"type": "Ready", "status": ready}]}}],
        "secrets": [{"metadata": {"name": "db", "namespace": "pay", "managedFields": [{"manager": "external-secrets",
            "time": "2026-11-11T00:00:00Z", "fieldsV1": {"f:data": {"f:p": {}}}}]}}],
        "pods": [{"metadata": {"name": "api-0", "namespace": "pay", "uid": "u"},
            "spec": {"containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "db"}}]}]},
            "status": {"containerStatuses": [{"name": "main", "state": {"running": {"startedAt": "2026-11-12T00:00:00Z"}}}]}}],
    })
}

/// What is stale about the secret.
fn faults(estate: &Estate) -> Vec<String> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let states = graph.secret_states(&graph.control());
    let mut own = states.all.iter().filter(|state| state.id == DB);
    let faults = own
        .next()
        .map(|state| state.faults.clone())
        .unwrap_or_default();
    faults.into_iter().map(|fault| fault.text).collect()
}

#[test]
fn what_is_stale_is_said() {
    let late = json!({"pods": [{"metadata": {"name": "old-0", "namespace": "pay", "uid": "v"},
        "spec": {"containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "db"}}]}]},
        "status": {"containerStatuses": [{"name": "main", "state": {"running": {"startedAt": "2026-11-01T00:00:00Z"}}}]}}]});
    let fresh = || synced("2026-11-20T00:00:00Z", "True");
    for (what, estate, expected) in [
        (
            "rotation is off",
            secret(&json!({"RotationEnabled": false})),
            &["never rotated by itself"][..],
        ),
        (
            "overdue",
            secret(&json!({"NextRotationDate": "2026-11-01"})),
            &["should have rotated by 2026-11-01"],
        ),
        (
            "unused",
            secret(&json!({"LastAccessedDate": "2026-07-01"})),
            &["not read since 2026-07-01"],
        ),
        (
            "not read again since it rotated",
            secret(&json!({})).kubernetes(synced("2026-11-09T00:00:00Z", "True")),
            &[
                "ExternalSecret pay/db last read it on 2026-11-09, before it was written on 2026-11-10",
            ],
        ),
        (
            "the store does not let it in",
            secret(&json!({})).kubernetes(synced("2026-11-20T00:00:00Z", "False")),
            &["ExternalSecret pay/db does not get through"],
        ),
        (
            "a pod is older than the write",
            secret(&json!({})).kubernetes(fresh()).kubernetes(late),
            &["Pod pay/old-0 may run with an old value"],
        ),
    ] {
        assert_eq!(faults(&estate), expected, "{what}");
    }
}

#[test]
fn what_looks_stale_and_is_not_has_no_fault() {
    for (what, estate) in [
        ("on time", secret(&json!({}))),
        (
            "a service rotates it",
            secret(&json!({"RotationEnabled": false, "OwningService": "rds"})),
        ),
        (
            "a replica is the original's",
            secret(&json!({"RotationEnabled": false, "PrimaryRegion": "us-east-1"})),
        ),
        (
            "it comes within a day after the interval",
            secret(&json!({"LastRotatedDate": "2026-11-23T20:00:00Z"}))
                .kubernetes(synced("2026-11-23T12:00:00Z", "True")),
        ),
        (
            "read again since, and the pod is younger",
            secret(&json!({})).kubernetes(synced("2026-11-20T00:00:00Z", "True")),
        ),
    ] {
        assert!(faults(&estate).is_empty(), "{what}: {:?}", faults(&estate));
    }
}

#[test]
fn one_that_comes_from_the_vault_is_shown_there_and_what_was_not_read_is_said() {
    let estate = secret(&json!({})).kubernetes(synced("2026-11-20T00:00:00Z", "True")).kubernetes(json!({
        "secrets": [{"metadata": {"name": "own", "namespace": "pay", "creationTimestamp": "2026-01-01T00:00:00Z"}}]}));
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let states = graph.secret_states(&graph.control());
    let shown: Vec<(&str, &str)> = states
        .all
        .iter()
        .map(|state| (state.kind.as_str(), state.name.as_str()))
        .collect();
    assert_eq!(
        shown,
        [("secretsmanager", "prod/db"), ("kubernetes", "pay/own")]
    );
    let expected = vec![
        [
            "ExternalSecret pay/db",
            "Secret pay/db",
            "Pod pay/api-0 (by environment variables (envFrom))",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    assert_eq!(states.all[0].ways, expected);
    assert!(states.unread.is_empty(), "{:?}", states.unread);
    let denied = estate.denied(Source::EXTERNAL_SECRETS).snapshot();
    let graph = Graph::build(&denied, None);
    let states = graph.secret_states(&graph.control());
    assert_eq!(states.unread.len(), 1, "{:?}", states.unread);
}

/// The same with every time moved by so many days, that of the audit too.
fn shifted(value: Value, days: i64) -> Value {
    match value {
        Value::String(text) => match Time::parse(&text) {
            Ok(time) => json!(time.plus_days(days)),
            Err(_) => Value::String(text),
        },
        Value::Array(all) => all.into_iter().map(|one| shifted(one, days)).collect(),
        Value::Object(all) => {
            let all = all.into_iter().map(|(key, one)| (key, shifted(one, days)));
            Value::Object(all.collect())
        }
        other => other,
    }
}

proptest! {
    #[test]
    fn dates_that_are_shifted_together_with_the_day_of_the_audit_change_no_verdict(days in -9000i64..9000) {
        let estate = secret(&json!({"NextRotationDate": "2026-11-01", "LastAccessedDate": "2026-07-01"}))
            .kubernetes(synced("2026-11-09T00:00:00Z", "True"));
        let weights = |snapshot: &crate::snapshot::Snapshot| -> Vec<u8> {
            let graph = Graph::build(snapshot, None);
            let states = graph.secret_states(&graph.control());
            states.all.iter().flat_map(|state| &state.faults).map(|fault| fault.weight).collect()
        };
        let known = weights(&estate.snapshot());
        prop_assert_eq!(&known, &[4, 3, 2]);
        let moved = shifted(serde_json::to_value(estate.snapshot())?, days);
        let moved: crate::snapshot::Snapshot = serde_json::from_value(moved)?;
        prop_assert_ne!(moved.taken_at, estate.snapshot().taken_at.plus_days(days + 1));
        prop_assert_eq!(weights(&moved), known, "moved by {} days", days);
    }
}
