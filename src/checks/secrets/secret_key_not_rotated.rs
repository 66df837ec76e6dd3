//! The key of secrets is not rotated
//!
//! Key material that never changes encrypts ever more, and each copy of a secret that somebody kept opens with it.
//! Rotation costs nothing to switch on: what was encrypted before stays readable, and no name changes.
//!
//! A customer managed key counts that encrypts a secret of Secrets Manager or a parameter of type `SecureString`, that KMS
//! could rotate by itself, and does not. It could where the key is symmetric, for encryption, of material that KMS made,
//! and usable (AWS KMS API Reference, `EnableKeyRotation`): asymmetric and HMAC keys, imported material, keys of a custom
//! key store and keys that are disabled or wait for their deletion are left out, and so are the keys of AWS, which it
//! rotates every year, and of other accounts.
//!
//! Known false positives: a key that somebody rotates on demand. KMS does not tell so in the same place.
//!
//! To fix it, switch the rotation on.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::secret_key::KeyUse;
use crate::graph::wording::some_of;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;
use crate::snapshot::kms::Key;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[
        Source::SECRETS,
        Source::PARAMETERS,
        Source::KEYS,
        Source::KEY_ROTATION,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let keys = graph.secret_keys();
    keys.unread
        .into_iter()
        .for_each(|why| answers.unjudged(why));
    for used in &keys.seen {
        let key = used.key;
        let is_own = Arn::parse(&key.arn).is_some_and(|arn| arn.account == used.account);
        match could_rotate(key) {
            Some(true) if is_own => {}
            None if is_own => {
                answers.unjudged(format!("whether {} could rotate is not known", key.arn));
                continue;
            }
            _ => continue,
        }
        answers.examined();
        let region = graph.region_of(used.account, used.region);
        let mut told = region.into_iter().flat_map(|region| &region.kms.rotation);
        match told.find(|one| one.key_id == key.arn) {
            Some(rotation) if rotation.key_rotation_enabled => {}
            Some(_) => report(answers, used),
            None => answers.unjudged(format!("whether {} rotates was not read", key.arn)),
        }
    }
}

/// Whether KMS could rotate a key by itself; nothing where that is not known.
fn could_rotate(key: &Key) -> Option<bool> {
    let is = |value: &Option<String>, wanted: &[&str]| {
        let value = value.as_deref()?;
        Some(wanted.contains(&value))
    };
    let facts = [
        is(&key.key_manager, &["CUSTOMER"]),
        is(&key.key_spec, &["SYMMETRIC_DEFAULT"]),
        is(&key.origin, &["AWS_KMS"]),
        is(&key.key_state, &["Enabled", "Updating"]),
    ];
    if facts.contains(&Some(false)) {
        return Some(false);
    }
    facts.iter().all(Option::is_some).then_some(true)
}

fn report(answers: &mut Answers, used: &KeyUse<'_>) {
    let (arn, count) = (&used.key.arn, used.count());
    let made = match used.key.creation_date {
        Some(date) => format!(", made on {},", date.date()),
        None => String::new(),
    };
    let primary = match used.key.multi_region {
        Some(true) => " It is one of several regions: rotation is switched on at the primary key.",
        _ => "",
    };
    answers
        .finding(Resource::of(arn), "")
        .title(format!("The key {} of {count} is not rotated", used.name))
        .message(format!(
            "The key {arn}{made} encrypts {count} ({}), and its material is never renewed.{primary}",
            some_of(&used.names()),
        ))
        .related_all(used.arns().map(Resource::of))
        .fix(
            "Switch the rotation on: KMS keeps the old material, so that everything stays readable. What is encrypted already keeps the old material until it is written again.",
            [format!(
                "aws kms enable-key-rotation --key-id {} --region {}",
                quoted(arn),
                used.region
            )],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "secret-key-not-rotated";
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k1";

    /// Two secrets of a key of these facts.
    fn with(facts: &Value, rotates: bool) -> Estate {
        let mut key = json!({"Arn": KEY, "KeyId": "k1", "KeyManager": "CUSTOMER", "KeyState": "Enabled",
            "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS"});
        for (name, value) in facts.as_object().into_iter().flatten() {
            key[name] = value.clone();
        }
        let secret = |name: &str| {
            json!({"ARN": format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}-abcdef"),
                "Name": name, "KmsKeyId": KEY})
        };
        Estate::new().region(
            json!({"secretsmanager": {"secrets": [secret("a"), secret("b")]},
            "kms": {"keys": [key], "rotation": [{"KeyId": KEY, "KeyRotationEnabled": rotates}]}}),
        )
    }

    fn estate(facts: &Value) -> Estate {
        with(facts, false)
    }

    #[test]
    fn a_key_that_could_rotate_and_does_not_is_found_once() {
        let asked = estate(&json!({})).ask(ID);
        asked.finds(&[KEY]);
        assert!(asked.findings[0].title.contains("2 secrets"), "{asked:#?}");
        let several = estate(&json!({"MultiRegion": true})).ask(ID);
        assert!(
            several.findings[0].message.contains("at the primary key"),
            "{several:#?}"
        );
    }

    #[test]
    fn what_cannot_rotate_by_itself_is_left_out() {
        for facts in [
            json!({"KeySpec": "RSA_4096"}),
            json!({"KeySpec": "HMAC_256"}),
            json!({"Origin": "EXTERNAL"}),
            json!({"Origin": "AWS_CLOUDHSM"}),
            json!({"Origin": "EXTERNAL_KEY_STORE"}),
            json!({"KeyState": "PendingDeletion"}),
            json!({"KeyState": "Disabled"}),
            json!({"KeyManager": "AWS"}),
        ] {
            estate(&facts).ask(ID).is_not_applicable();
        }
    }

    #[test]
    fn one_that_rotates_passes() {
        with(&json!({}), true).ask(ID).passes();
    }

    #[test]
    fn without_the_sources_it_is_not_passed() {
        for facts in [json!({"KeySpec": null}), json!({"Origin": null})] {
            estate(&facts).ask(ID).is_not_evaluated();
        }
        for source in [Source::KEYS, Source::KEY_ROTATION, Source::SECRETS] {
            let other = estate(&json!({"Origin": "EXTERNAL"}));
            other.denied(source).ask(ID).is_not_evaluated();
        }
    }
}
