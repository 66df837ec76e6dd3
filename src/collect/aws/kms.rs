//! KMS: the keys that what was seen names, each with its policy, its grants and whether it rotates; and the other names of
//! keys. Never a plaintext.
//!
//! AWS KMS API Reference: `DescribeKey`, `GetKeyPolicy`, `ListGrants`, `GetKeyRotationStatus`, `ListAliases`. An account may
//! have thousands of keys of which a few encrypt what is audited, so the keys are not listed.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::failure::{Failure, or_none};
use super::read::{Answer, PagedAnswer, Tally, distinct, each, pages};
use super::request::{Ask, Endpoint, Given};
use crate::collect::call::AwsCall;
use crate::collect::progress::Progress;
use crate::collect::services::wire::{Protocol, Service};
use crate::snapshot::coverage::{Coverage, Source};
use crate::snapshot::id::Arn;
use crate::snapshot::kms::{Alias, Grant, Key, KeyPolicy, KeyRotation, Kms};

/// What this file calls.
pub const CALLS: &[AwsCall] = &[
    AwsCall::always(
        "kms:DescribeKey",
        "the state of keys that secrets, parameters and clusters are encrypted with",
    ),
    AwsCall::always("kms:GetKeyPolicy", "who may use these keys"),
    AwsCall::always("kms:ListGrants", "who else may use them"),
    AwsCall::always("kms:GetKeyRotationStatus", "whether they rotate"),
    AwsCall::always("kms:ListAliases", "other names of keys"),
];

/// How it is spoken to.
pub(in crate::collect) static SERVICE: Service = Service {
    prefix: "kms",
    id: "KMS",
    host: "kms",
    signs_as: "kms",
    protocol: Protocol::Json("1.1", "TrentService"),
};

/// The largest page.
const PAGE: &str = "100";

/// Calls at once in a region.
const AT_ONCE: usize = 4;

/// A key that is not there, or no more.
const GONE: &[&str] = &["NotFoundException"];

/// Keys as what was seen names them, by ARN, id or alias; and why not all are known, if so.
#[derive(Clone, Debug, Default)]
pub(in crate::collect) struct Named {
    /// Their names.
    pub(in crate::collect) keys: BTreeSet<String>,
    /// Why not all are known.
    pub(in crate::collect) missed: Option<&'static str>,
}

/// Reads the keys of a region that are named. `scope` is the account and the region.
pub(in crate::collect) async fn collect(
    endpoint: &Endpoint,
    scope: &str,
    named: &Named,
    progress: &dyn Progress,
) -> (Kms, Coverage) {
    let mut coverage = Coverage::default();
    let aliases = aliases(endpoint, scope, &mut coverage).await;
    let answers = each(&named.keys, AT_ONCE, |name| described(endpoint, name)).await;
    let missed: Vec<(String, Failure)> = answers
        .iter()
        .filter_map(|(name, answer)| Some((name.clone(), answer.as_ref().err()?.clone())))
        .collect();
    let mut tally = Tally::default();
    let keys = distinct(vec![tally.take(answers)], |key: &Key| &key.arn);
    progress.read(Source::KEYS.name, scope, keys.len() as u64);
    tally.record(&mut coverage, Source::KEYS, scope);
    let (told, of_each) = told_of_each(endpoint, scope, &keys, &missed).await;
    super::absorb(&mut coverage, &of_each);
    for source in [
        Source::KEYS,
        Source::KEY_POLICIES,
        Source::KEY_GRANTS,
        Source::KEY_ROTATION,
    ] {
        if let Some(why) = named.missed {
            coverage.narrow(source, why);
        }
    }
    let kms = Kms {
        keys,
        aliases,
        ..told
    };
    (kms, coverage)
}

/// The policy, the grants and the rotation of each key. What is not known of a key is not asked of it either.
async fn told_of_each(
    endpoint: &Endpoint,
    scope: &str,
    keys: &[Key],
    missed: &[(String, Failure)],
) -> (Kms, Coverage) {
    // Another account's key tells no more to this one.
    let account = scope.split('/').next().unwrap_or_default();
    let own = |arn: &&str| Arn::parse(arn).is_some_and(|arn| arn.account == account);
    let arns = keys.iter().map(|key| key.arn.as_str());
    let own: Vec<&str> = arns.filter(own).collect();
    let beside = || {
        let mut tally = Tally::default();
        let missed = missed.iter().cloned();
        missed.for_each(|(name, failure)| tally.missed(name, failure));
        tally
    };
    let (policies, grants, rotation) = tokio::join!(
        each(&own, AT_ONCE, |arn| policy(endpoint, arn)),
        each(&own, AT_ONCE, |arn| granted(endpoint, arn)),
        each(&own, AT_ONCE, |arn| rotates(endpoint, arn)),
    );
    let mut coverage = Coverage::default();
    let mut told = Kms::default();
    let mut tally = beside();
    told.policies = tally.take(policies);
    tally.record(&mut coverage, Source::KEY_POLICIES, scope);
    let mut tally = beside();
    told.grants = all_grants(grants, &mut tally);
    tally.record(&mut coverage, Source::KEY_GRANTS, scope);
    let mut tally = beside();
    told.rotation = tally.take(rotation);
    tally.record(&mut coverage, Source::KEY_ROTATION, scope);
    (told, coverage)
}

/// One call, typed.
async fn told<T: DeserializeOwned>(
    endpoint: &Endpoint,
    operation: &'static str,
    parameters: Vec<(&'static str, String)>,
) -> Result<(T, Option<String>), Failure> {
    let given = parameters.into_iter();
    let given = given.map(|(name, value)| (name, Given::One(value)));
    let ask = Ask::of(&SERVICE, operation, None, given.collect());
    let answer = endpoint.value(ask).await?;
    let truncated = answer.get("Truncated").and_then(Value::as_bool);
    let next = answer.get("NextMarker").and_then(Value::as_str);
    let next = next.filter(|_| truncated == Some(true)).map(str::to_owned);
    let typed = serde_json::from_value(answer).map_err(|error| {
        Failure::plain(format!(
            "kms:{operation}: the answer could not be read: {error}"
        ))
    })?;
    Ok((typed, next))
}

/// The parameters of a page.
fn page(key: Option<&str>, marker: Option<String>) -> Vec<(&'static str, String)> {
    let mut parameters = vec![("Limit", PAGE.to_owned())];
    parameters.extend(key.map(|key| ("KeyId", key.to_owned())));
    parameters.extend(marker.map(|marker| ("Marker", marker)));
    parameters
}

fn of(key: &str) -> Vec<(&'static str, String)> {
    vec![("KeyId", key.to_owned())]
}

async fn aliases(endpoint: &Endpoint, scope: &str, coverage: &mut Coverage) -> Vec<Alias> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        aliases: Vec<Alias>,
    }
    let read = pages(|marker| async move {
        let (page, next): (Page, _) = told(endpoint, "ListAliases", page(None, marker)).await?;
        Ok((page.aliases, next))
    })
    .await;
    let pages = read.pages.len();
    let aliases = distinct(read.pages, |one| &one.alias_arn);
    let tally = Tally::of_list(pages, read.cut, aliases.len());
    tally.record(coverage, Source::KEY_ALIASES, scope);
    aliases
}

async fn described(endpoint: &Endpoint, name: &str) -> Answer<Key> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Described {
        key_metadata: Key,
    }
    let answer = told::<Described>(endpoint, "DescribeKey", of(name)).await;
    Ok(or_gone(answer)?.map(|(described, _)| described.key_metadata))
}

async fn policy(endpoint: &Endpoint, arn: &str) -> Answer<KeyPolicy> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Told {
        policy: crate::snapshot::iam::PolicyText,
    }
    let mut parameters = of(arn);
    parameters.push(("PolicyName", "default".to_owned()));
    let answer = told::<Told>(endpoint, "GetKeyPolicy", parameters).await;
    Ok(or_gone(answer)?.map(|(told, _)| KeyPolicy {
        key_id: arn.to_owned(),
        policy: told.policy,
    }))
}

async fn rotates(endpoint: &Endpoint, arn: &str) -> Answer<KeyRotation> {
    /// Emulators, and KMS before 2024, do not name the key; KMS may call it by its id.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Told {
        key_rotation_enabled: bool,
        rotation_period_in_days: Option<i64>,
        next_rotation_date: Option<crate::snapshot::time::Time>,
        on_demand_rotation_start_date: Option<crate::snapshot::time::Time>,
    }
    let answer = told::<Told>(endpoint, "GetKeyRotationStatus", of(arn)).await;
    Ok(or_gone(answer)?.map(|(told, _)| KeyRotation {
        key_id: arn.to_owned(),
        key_rotation_enabled: told.key_rotation_enabled,
        rotation_period_in_days: told.rotation_period_in_days,
        next_rotation_date: told.next_rotation_date,
        on_demand_rotation_start_date: told.on_demand_rotation_start_date,
    }))
}

/// The grants on a key, and why they are not all, if so.
async fn granted(endpoint: &Endpoint, arn: &str) -> PagedAnswer<Vec<Grant>> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Page {
        grants: Vec<Grant>,
    }
    let read = pages(|marker| async move {
        let (page, next): (Page, _) = told(endpoint, "ListGrants", page(Some(arn), marker)).await?;
        Ok((page.grants, next))
    })
    .await;
    let all = read.pages.into_iter().flatten().collect();
    match read.cut {
        Some(failure) if failure.is(GONE) => Ok(None),
        cut => Ok(Some((all, cut))),
    }
}

/// What came of all keys' grants.
fn all_grants(answers: Vec<(String, PagedAnswer<Vec<Grant>>)>, tally: &mut Tally) -> Vec<Grant> {
    let mut found = Vec::new();
    for (name, answer) in answers {
        let (some, failure) = match answer {
            Ok(read) => read.unwrap_or_default(),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        tally.count(some.len() as u64, failure.is_none());
        found.extend(some);
        if let Some(failure) = failure {
            tally.missed(name, failure);
        }
    }
    found
}

fn or_gone<T>(answer: Result<T, Failure>) -> Answer<T> {
    or_none(answer, GONE)
}
