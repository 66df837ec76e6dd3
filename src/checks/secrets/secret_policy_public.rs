//! A secret's policy lets in other accounts
//!
//! The resource policy of a secret opens it past the IAM of its account: to one role of another account, to all of them, or
//! by a `*` to whoever has an AWS account. What those accounts do with it nobody here sees or can take back.
//!
//! A secret of Secrets Manager counts whose policy allows `GetSecretValue` to a principal outside its account: one that is
//! named, one that a condition on everybody leaves (`aws:PrincipalOrgID`, `aws:PrincipalAccount`, `aws:PrincipalArn`, …),
//! or anybody. It is decided by evaluating the policy, with its denials and the organisation's resource control
//! policies, for each of them; a stranger has the role name and the tags that the policy asks for, not its organisation.
//!
//! The key decides how bad it is. Under the AWS managed key no other account can decrypt (User Guide, "Access AWS Secrets
//! Manager secrets from a different account"), and a key of the customer has to let them in too: where it does not, the
//! policy is low, for it opens on the day on which somebody changes the key. A `*` alone is at least medium, for it lets in
//! every principal of the secret's own account. Else: anybody is critical, an account outside the organisation high, one of the
//! organisation low, and one of which that is not known medium.
//!
//! Known false positives: a secret that is meant to be shared. The account that reads it should be one of yours.
//!
//! To fix it, name the one role that needs it, or take the statement out.

use std::fmt::Write;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::graph::decision::{Because, Decision};
use crate::graph::named::What;
use crate::graph::outside::{Kin, Outsider, Whom};
use crate::graph::secret_key::SecretKey;
use crate::graph::wording::{all_of, clauses};
use crate::snapshot::coverage::Source;
use crate::snapshot::secretsmanager::Secret;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::SECRETS, Source::SECRET_POLICIES],
    controls: &[],
    since: "0.1.0",
    run,
};

const ACTION: &str = "secretsmanager:GetSecretValue";

/// Whether a secret's key lets somebody in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lock {
    /// The AWS managed key, which lets nobody of another account in.
    Managed,
    Open,
    Shut,
    Unknown,
}

/// Somebody who is let in.
struct In {
    who: String,
    /// Whether it is anybody.
    anybody: bool,
    /// And whatever the name: then it is everybody of the secret's own account too.
    everybody: bool,
    lock: Lock,
    severity: Severity,
    certain: bool,
}

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for (account, region, facts) in graph.regions() {
        let secrets = facts.secretsmanager.secrets.iter();
        for secret in secrets.filter(|secret| secret.deleted_date.is_none()) {
            let what = What::One(secret.arn.clone());
            let deciding = graph.deciding(ACTION, &what);
            if !deciding.has_own() {
                continue;
            }
            let Some(outside) = graph.lets_in(&deciding) else {
                // Where it was not read at all the coverage says so.
                if facts
                    .secretsmanager
                    .policies
                    .iter()
                    .any(|one| one.arn == secret.arn)
                {
                    answers.unjudged(format!("the policy of {} cannot be read", secret.name));
                }
                continue;
            };
            answers.examined();
            let at = (account, region);
            let mut all: Vec<In> = outside
                .iter()
                .map(|one| let_in(graph, at, secret, one))
                .collect();
            all.sort_by_key(|one| one.severity);
            if !all.is_empty() {
                report(answers, (secret, region), &all);
            }
        }
    }
}

/// How bad it is that somebody is let in.
fn let_in(graph: &Graph<'_>, at: (&str, &str), secret: &Secret, one: &Outsider) -> In {
    let lock = lock(graph, at, secret, one);
    let kin = graph.kin(one, at.0);
    let certain = one.answer.decision == Decision::Allowed;
    let anybody = one.whom == Whom::Anybody;
    let everybody = anybody && certain && one.is_any();
    let severity = match (anybody, lock, kin) {
        (_, Lock::Managed | Lock::Shut, _) if everybody => Severity::Medium,
        (_, Lock::Managed | Lock::Shut, _) => Severity::Low,
        (true, Lock::Open, _) if certain => Severity::Critical,
        (true, ..) => Severity::High,
        (false, _, Kin::Same) => Severity::Low,
        (false, _, Kin::Other) => Severity::High,
        (false, _, Kin::Unknown) => Severity::Medium,
    };
    let whose = match kin {
        Kin::Same => ", of the same organisation",
        Kin::Other if !anybody => ", outside the organisation",
        _ => "",
    };
    let who = match &one.whom {
        Whom::Anybody if one.is_any() => "anybody who has an AWS account".to_owned(),
        Whom::Anybody => {
            "anybody who has an AWS account and takes a name that it asks for".to_owned()
        }
        Whom::Organization(id) => format!("every account of the organisation {id}"),
        Whom::Account(id) => format!("the account {id}"),
        Whom::Principal(arn) => arn.clone(),
    };
    let because = one
        .answer
        .because
        .iter()
        .filter_map(|because| match because {
            Because::Statement(matched) => Some(matched.clone()),
            _ => None,
        });
    let because = graph.because(&because.collect::<Vec<_>>());
    let open = clauses(&one.answer.conditions);
    In {
        who: format!("{who}{whose} ({because}{open})"),
        anybody,
        everybody,
        lock,
        severity,
        certain: certain && lock != Lock::Unknown,
    }
}

/// Whether the secret's key lets somebody in who asks by way of Secrets Manager.
fn lock(graph: &Graph<'_>, at: (&str, &str), secret: &Secret, one: &Outsider) -> Lock {
    let keys = graph.keys_of_secret(at, secret);
    let locks = keys.opening().iter().map(|key| {
        let key = match *key {
            SecretKey::Managed => return Lock::Managed,
            SecretKey::Unread(_) => return Lock::Unknown,
            SecretKey::Seen(key) => key,
        };
        let what = What::One(key.arn.clone());
        let via = format!("secretsmanager.{}.amazonaws.com", at.1);
        let keys = [
            ("kms:ViaService", via.as_str()),
            ("kms:CallerAccount", one.account()),
            ("kms:EncryptionContext:SecretARN", secret.arn.as_str()),
        ];
        let scope = format!("{}/{}", at.0, at.1);
        match graph.lets_in_too(one, &graph.deciding("kms:Decrypt", &what), &keys) {
            Some(Decision::Denied) if graph.saw(Source::KEY_GRANTS, &scope) => Lock::Shut,
            Some(Decision::Allowed) => Lock::Open,
            _ => Lock::Unknown,
        }
    });
    // Each of them opens it.
    let locks: Vec<Lock> = locks.collect();
    let order = [Lock::Open, Lock::Unknown, Lock::Shut];
    let worst = order.into_iter().find(|lock| locks.contains(lock));
    worst.unwrap_or(Lock::Managed)
}

fn report(answers: &mut Answers, (secret, region): (&Secret, &str), all: &[In]) {
    let Some(worst) = all.first() else {
        return;
    };
    let name = &secret.name;
    let whom = match all.iter().any(|one| one.anybody) {
        true => "anybody",
        false => "another account",
    };
    let who: Vec<String> = all.iter().map(|one| one.who.clone()).collect();
    let mut message = format!("The resource policy of {name} lets in {}.", all_of(&who));
    let _ = match worst.lock {
        Lock::Managed => write!(
            message,
            " The secret is encrypted with aws/secretsmanager, with which no other account can decrypt: the value is not given to them until the key is changed.",
        ),
        Lock::Shut => write!(message, " The secret's key does not let them decrypt."),
        Lock::Open => write!(message, " The secret's key lets them decrypt."),
        Lock::Unknown => write!(
            message,
            " Whether the secret's key lets them decrypt is not known."
        ),
    };
    if all.iter().any(|one| one.everybody) {
        message.push_str(
            " Every principal of the secret's own account may read it, whatever its policies are.",
        );
    }
    let id = quoted(&secret.arn);
    answers
        .finding(Resource::of(&secret.arn), "")
        .severity(worst.severity)
        .certainty(match worst.certain {
            true => Certainty::Certain,
            false => Certainty::Conditional,
        })
        .title(format!("The policy of the secret {name} lets in {whom}"))
        .message(message)
        .fix(
            "Name the one role that needs the secret, with a condition on its organisation, or take the statement out. Whoever is left out fails when it next asks.",
            [
                format!("aws secretsmanager get-resource-policy --secret-id {id} --query ResourcePolicy --output text --region {region} > policy.json"),
                "${EDITOR:-vi} policy.json".to_owned(),
                format!("aws secretsmanager put-resource-policy --secret-id {id} --resource-policy file://policy.json --block-public-policy --region {region}"),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Asked, Estate};
    use serde_json::{Value, json};

    const ID: &str = "secret-policy-public";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k1";
    const CI: &str = "arn:aws:iam::444455556666:role/ci";

    fn statement(effect: &str, principal: &Value, condition: &Value) -> Value {
        json!({"Effect": effect, "Principal": principal, "Action": "secretsmanager:GetSecretValue", "Resource": "*",
            "Condition": condition})
    }

    fn policy(statements: &[Value]) -> String {
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }

    /// A secret of this key with a policy of these statements.
    fn estate(key: Option<&str>, statements: &[Value]) -> Estate {
        Estate::new().region(json!({"secretsmanager": {
            "secrets": [{"ARN": ARN, "Name": "db", "KmsKeyId": key}],
            "policies": [{"ARN": ARN, "Name": "db", "ResourcePolicy": policy(statements)}]}}))
    }

    fn ask(statements: &[Value]) -> Asked {
        estate(None, statements).ask(ID)
    }

    /// The key, which lets this principal decrypt for Secrets Manager.
    fn key(principal: &Value) -> Value {
        json!({"kms": {"keys": [{"Arn": KEY, "KeyId": "k1", "KeyManager": "CUSTOMER"}], "policies": [{"KeyId": KEY,
            "Policy": policy(&[json!({"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*",
                "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}})])}]}})
    }

    #[test]
    fn who_is_let_in_and_the_key_say_how_bad_it_is() {
        let everybody = json!("*");
        let ci = json!({"AWS": CI});
        let allow = |whom: &Value| vec![statement("Allow", whom, &json!({}))];
        for (whom, key_for, severity) in [
            (&everybody, Some(&everybody), Severity::Critical),
            (&everybody, Some(&ci), Severity::Medium),
            (&everybody, None, Severity::Medium),
            (&ci, Some(&ci), Severity::Medium),
            (
                &ci,
                Some(&json!({"AWS": "arn:aws:iam::111122223333:root"})),
                Severity::Low,
            ),
            (&ci, None, Severity::Low),
        ] {
            let asked = match key_for {
                Some(principal) => estate(Some(KEY), &allow(whom))
                    .region(key(principal))
                    .ask(ID),
                None => ask(&allow(whom)),
            };
            asked.finds(&[ARN]);
            let finding = &asked.findings[0];
            assert_eq!(
                finding.severity, severity,
                "{whom} {key_for:?}: {finding:#?}"
            );
            assert_eq!(finding.certainty, Certainty::Certain, "{finding:#?}");
        }
        let unread = estate(Some(KEY), &allow(&ci)).ask(ID);
        assert_eq!(
            unread.findings[0].certainty,
            Certainty::Conditional,
            "{unread:#?}"
        );
    }

    #[test]
    fn conditions_on_everybody_that_do_not_keep_strangers_out_are_found() {
        for (condition, says) in [
            (
                json!({"StringEquals": {"aws:PrincipalTag/team": "ci"}}),
                "anybody who has an AWS account",
            ),
            (
                json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci"}}),
                "anybody who has an AWS account",
            ),
            (
                json!({"StringEquals": {"aws:PrincipalAccount": "444455556666"}}),
                "the account 444455556666",
            ),
            (
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
                "the organisation o-abcdefghij",
            ),
            (json!({"ArnEquals": {"aws:PrincipalArn": CI}}), CI),
        ] {
            let asked = ask(&[statement("Allow", &json!("*"), &condition)]);
            asked.finds(&[ARN]);
            let message = &asked.findings[0].message;
            assert!(message.contains(says), "{condition}: {message}");
        }
    }

    #[test]
    fn what_looks_open_and_is_not_passes() {
        let everybody = json!("*");
        let outside = json!({"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}});
        for (what, statements) in [
            (
                "everybody of its own account",
                vec![statement(
                    "Allow",
                    &everybody,
                    &json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}),
                )],
            ),
            (
                "roles of its own account",
                vec![statement(
                    "Allow",
                    &everybody,
                    &json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}),
                )],
            ),
            (
                "a service on behalf of its own account",
                vec![statement(
                    "Allow",
                    &everybody,
                    &json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
                )],
            ),
            (
                "everybody, and a denial of all others",
                vec![
                    statement("Allow", &everybody, &json!({})),
                    statement("Deny", &everybody, &outside),
                ],
            ),
            (
                "a principal of its own account",
                vec![statement(
                    "Allow",
                    &json!({"AWS": "arn:aws:iam::111122223333:role/app"}),
                    &json!({}),
                )],
            ),
            ("a denial", vec![statement("Deny", &everybody, &json!({}))]),
            (
                "its description alone",
                vec![
                    json!({"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:DescribeSecret", "Resource": "*"}),
                ],
            ),
        ] {
            let asked = ask(&statements);
            assert!(asked.findings.is_empty(), "{what}: {asked:#?}");
            asked.passes();
        }
    }

    #[test]
    fn an_account_of_the_organisation_is_less_and_one_outside_is_more() {
        let of = |account: &str, id: Option<&str>| json!({account: {"organization": {"OrganizationId": id}, "regions": {}}});
        for (id, severity) in [
            (Some("o-own"), Severity::Low),
            (Some("o-other"), Severity::High),
        ] {
            let mut accounts = of("111122223333", Some("o-own"));
            accounts["444455556666"] = of("444455556666", id)["444455556666"].clone();
            let asked = estate(
                Some(KEY),
                &[statement("Allow", &json!({"AWS": CI}), &json!({}))],
            )
            .region(key(&json!({"AWS": CI})))
            .with(json!({"accounts": accounts}))
            .ask(ID);
            assert_eq!(asked.findings[0].severity, severity, "{asked:#?}");
        }
    }

    #[test]
    fn a_network_makes_it_conditional() {
        let vpc = json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}});
        let asked = ask(&[statement("Allow", &json!("*"), &vpc)]);
        asked.finds(&[ARN]);
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
    }

    #[test]
    fn without_policies_it_is_not_passed_and_without_any_it_does_not_apply() {
        let plain = Estate::new()
            .region(json!({"secretsmanager": {"secrets": [{"ARN": ARN, "Name": "db"}]}}));
        plain.clone().ask(ID).is_not_applicable();
        plain
            .denied(Source::SECRET_POLICIES)
            .ask(ID)
            .is_not_evaluated();
        let broken = Estate::new().region(
            json!({"secretsmanager": {"secrets": [{"ARN": ARN, "Name": "db"}],
            "policies": [{"ARN": ARN, "Name": "db", "ResourcePolicy": "{"}]}}),
        );
        broken.ask(ID).is_not_evaluated();
    }
}
