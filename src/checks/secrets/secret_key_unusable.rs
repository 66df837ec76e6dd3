//! The key of a secret cannot be used
//!
//! Nobody reads a secret whose KMS key is disabled: whoever asks for it fails at its next start, and a rotation fails too.
//! A key that is scheduled for deletion takes its secrets with it for good; until then all of it can be undone.
//!
//! A key counts that encrypts a secret of Secrets Manager or a parameter of type `SecureString` and whose state is not
//! one to be used in (AWS KMS Developer Guide, "Key states of AWS KMS keys"): disabled, waiting for its deletion, without
//! its imported material, or in a key store that does not answer. It is the key that the secret names (by id, ARN or
//! alias), and that of its current version where that is an older one alone: a version that was encrypted again with a new
//! key opens with both. What is itself scheduled for deletion is left out.
//!
//! Known false positives: a key that is disabled first, to see whether somebody misses it, before it is deleted. What is
//! encrypted with it needs another key or has to go too.
//!
//! To fix it, make the key usable again, give what still needs it another key, and only then take the old one away.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::secret_key::KeyUse;
use crate::graph::wording::some_of;
use crate::snapshot::coverage::Source;
use crate::snapshot::kms::Key;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[Source::SECRETS, Source::PARAMETERS, Source::KEYS],
    controls: &[],
    since: "0.1.0",
    run,
};

/// Why a key cannot be used.
struct Broken {
    /// For the title, behind the key's name.
    title: &'static str,
    /// What was seen.
    seen: String,
    /// The subcommands of `aws kms` that undo it, or show how.
    commands: &'static [&'static str],
    fix: &'static str,
}

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    let keys = graph.secret_keys();
    keys.unread
        .into_iter()
        .for_each(|why| answers.unjudged(why));
    for used in &keys.seen {
        answers.examined();
        let key = used.key;
        match (key.key_state.as_deref(), key.enabled) {
            (None, None) => {
                answers.unjudged(format!("the state of the key {} is not known", key.arn));
            }
            (None, Some(true)) => {}
            (state, _) => {
                if let Some(broken) = broken(key, state.unwrap_or("Disabled")) {
                    report(answers, used, &broken);
                }
            }
        }
    }
}

fn broken(key: &Key, state: &str) -> Option<Broken> {
    let (title, seen, commands, fix): (_, _, &'static [_], _) = match state {
        "Disabled" => (
            "is disabled",
            "is disabled".to_owned(),
            &["enable-key"],
            "Enable the key, or give what needs it another.",
        ),
        "PendingDeletion" | "PendingReplicaDeletion" => {
            let when = match key.deletion_date {
                Some(date) => format!("on {}", date.date()),
                None => "once its replicas are gone".to_owned(),
            };
            (
                "is about to be deleted",
                format!("will be deleted {when}, and with it all that only it decrypts"),
                &["cancel-key-deletion", "enable-key"],
                "Cancel the deletion, which leaves the key disabled, enable it, and give what needs it another key first.",
            )
        }
        "PendingImport" => (
            "has no key material",
            match key.valid_to {
                Some(date) => format!(
                    "has no key material: what was imported was good until {}",
                    date.date()
                ),
                None => "has no key material: none was imported, or it was deleted".to_owned(),
            },
            &[
                "get-parameters-for-import --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096",
            ],
            "Import the same key material again, and write down who does so before it next expires.",
        ),
        "Unavailable" => (
            "is not available",
            "is in a key store that does not answer".to_owned(),
            &["describe-key"],
            "Connect the key store again: the key's custom key store and its state tell why it is away.",
        ),
        _ => return None,
    };
    Some(Broken {
        title,
        seen,
        commands,
        fix,
    })
}

fn report(answers: &mut Answers, used: &KeyUse<'_>, broken: &Broken) {
    let (arn, region) = (&used.key.arn, used.region);
    let count = used.count();
    let commands = broken.commands.iter().map(|command| {
        format!(
            "aws kms {command} --key-id {} --region {region}",
            quoted(arn)
        )
    });
    answers
        .finding(Resource::of(arn), "")
        .title(format!("The key {} of {count} {}", used.name, broken.title))
        .message(format!(
            "The key {arn} {}. It encrypts {count}, which nobody can write now, nor read where no earlier key opens them: {}.",
            broken.seen,
            some_of(&used.names()),
        ))
        .related_all(used.arns().map(Resource::of))
        .fix(broken.fix, commands)
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "secret-key-unusable";
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k1";
    const DB: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";

    /// A secret of this key, and the key of these facts.
    fn estate(secret: &Value, key: &Value) -> Estate {
        let (mut one, mut of) = (
            json!({"ARN": DB, "Name": "db", "KmsKeyId": "alias/app"}),
            json!({"Arn": KEY, "KeyId": "k1", "KeyManager": "CUSTOMER", "KeyState": "Enabled"}),
        );
        for (facts, into) in [(secret, &mut one), (key, &mut of)] {
            for (name, value) in facts.as_object().into_iter().flatten() {
                into[name] = value.clone();
            }
        }
        Estate::new().region(json!({"secretsmanager": {"secrets": [one]}, "kms": {"keys": [of], "aliases": [
            {"AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/app", "AliasName": "alias/app", "TargetKeyId": "k1"}]}}))
    }

    fn parameter() -> Value {
        json!({"ssm": {"parameters": [{"ARN": "arn:aws:ssm:eu-west-1:111122223333:parameter/p", "Name": "/p",
            "Type": "SecureString", "KeyId": KEY}]}})
    }

    #[test]
    fn each_state_that_does_not_work_is_found_once_a_key() {
        for (key, says) in [
            (json!({"KeyState": "Disabled"}), "is disabled"),
            (
                json!({"KeyState": "PendingDeletion", "DeletionDate": "2026-12-01"}),
                "will be deleted on 2026-12-01",
            ),
            (
                json!({"KeyState": "PendingImport", "ValidTo": "2026-11-01"}),
                "good until 2026-11-01",
            ),
            (json!({"KeyState": "Unavailable"}), "does not answer"),
            (json!({"KeyState": null, "Enabled": false}), "is disabled"),
        ] {
            let asked = estate(&json!({}), &key).region(parameter()).ask(ID);
            asked.finds(&[KEY]);
            let finding = &asked.findings[0];
            assert!(finding.message.contains(says), "{finding:#?}");
            assert!(
                finding.message.contains("1 secret and 1 parameter"),
                "{finding:#?}"
            );
            assert_eq!(finding.related.len(), 2);
        }
    }

    #[test]
    fn the_current_version_may_be_under_an_older_key() {
        let version = |stage: &str, keys: &[&str]| json!({"VersionId": "v", "VersionStages": [stage], "KmsKeyIds": keys});
        let with = |stage: &str, keys: &[&str]| {
            estate(&json!({"KmsKeyId": null}), &json!({"KeyState": "Disabled"})).region(json!({
                "secretsmanager": {"versions": [{"ARN": DB, "Name": "db", "Versions": [version(stage, keys)]}]}}))
        };
        with("AWSCURRENT", &[KEY]).ask(ID).finds(&[KEY]);
        with("AWSPREVIOUS", &[KEY]).ask(ID).is_not_applicable();
        // The other one opens it.
        let both = with("AWSCURRENT", &[KEY, "DefaultEncryptionKey"]);
        both.ask(ID).is_not_applicable();
    }

    #[test]
    fn what_looks_broken_and_is_not_passes() {
        let disabled = json!({"KeyState": "Disabled"});
        for (what, secret, key) in [
            ("being updated", json!({}), json!({"KeyState": "Updating"})),
            (
                "no state but enabled",
                json!({}),
                json!({"KeyState": null, "Enabled": true}),
            ),
            (
                "expires later",
                json!({}),
                json!({"Origin": "EXTERNAL", "ValidTo": "2027-01-01"}),
            ),
        ] {
            let asked = estate(&secret, &key).ask(ID);
            assert!(asked.findings.is_empty(), "{what}: {asked:#?}");
            asked.passes();
        }
        for (what, secret) in [
            ("the AWS managed key", json!({"KmsKeyId": null})),
            ("the secret goes too", json!({"DeletedDate": "2026-11-20"})),
        ] {
            let asked = estate(&secret, &disabled).ask(ID);
            assert!(asked.findings.is_empty(), "{what}: {asked:#?}");
            asked.is_not_applicable();
        }
    }

    #[test]
    fn a_key_that_was_not_read_is_not_passed() {
        let foreign = json!({"KmsKeyId": "arn:aws:kms:eu-west-1:444455556666:key/k1"});
        estate(&foreign, &json!({})).ask(ID).is_not_evaluated();
        let state = json!({"KeyState": null});
        estate(&json!({}), &state).ask(ID).is_not_evaluated();
        for source in [Source::SECRETS, Source::PARAMETERS, Source::KEYS] {
            let estate = estate(&json!({}), &json!({}));
            estate.denied(source).ask(ID).is_not_evaluated();
        }
    }
}
