//! A secret's rotation function is missing, or may not rotate it
//!
//! Rotation that is on says that old values are worthless. Where the function that should do it is gone, or its role may not
//! write the secret, nothing rotates any more, and it is seen when the secret is needed in a hurry.
//!
//! A secret of Secrets Manager counts whose rotation is on and whose Lambda function is not among those of its account and
//! region, where these were read whole (`--services lambda`); whose function runs with a role that is not there; or whose
//! function's role may for certain not do what a rotation needs on that secret: `DescribeSecret`, `GetSecretValue`,
//! `PutSecretValue` and `UpdateSecretVersionStage`, and where a key of the customer encrypts it `kms:Decrypt` and
//! `kms:GenerateDataKey` on that (User Guide, "Lambda rotation function execution role permissions"). What depends on conditions is
//! taken to be allowed. A function of another account is not judged, nor whether Secrets Manager may invoke it: its own
//! policy is not read. Secrets that a service rotates have no function.
//!
//! Known false positives: a role that may use the key only by way of Secrets Manager, and says so by `aws:CalledVia` in place
//! of `kms:ViaService`.
//!
//! To fix it, make the function again (or point the secret to another), give its role what it lacks, and rotate once.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{quoted, show_policies};
use crate::graph::Graph;
use crate::graph::decision::Decision;
use crate::graph::named::{What, Who};
use crate::graph::secret_key::SecretKey;
use crate::graph::wording::all_of;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;
use crate::snapshot::secretsmanager::Secret;
use crate::snapshot::services::Running;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[Source::SECRETS],
    controls: &[],
    since: "0.1.0",
    run,
};

/// What a rotation does with the secret.
const ON_SECRET: [&str; 4] = [
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
];

/// And with its key.
const ON_KEY: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

/// What is wrong with the function.
enum Fault<'g> {
    /// It is not there.
    Missing,
    /// Its role is not there.
    NoRole(&'g str),
    /// Its role may not do these.
    Refused(usize, Vec<&'static str>),
}

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for (account, region, secret) in graph.kept_secrets() {
        let function = secret.rotation_lambda_arn.as_deref();
        let (Some(true), Some(function)) = (secret.rotation_enabled, function) else {
            continue;
        };
        answers.examined();
        match judge(graph, (account, region), secret, function) {
            Ok(None) => {}
            Ok(Some(fault)) => report(graph, answers, (secret, region), function, &fault),
            Err(why) => {
                answers.unjudged(format!("the rotation function of {}: {why}", secret.name))
            }
        }
    }
}

fn judge<'g>(
    graph: &Graph<'g>,
    at: (&str, &str),
    secret: &'g Secret,
    function: &str,
) -> Result<Option<Fault<'g>>, String> {
    let arn = Arn::parse(function).ok_or_else(|| format!("{function} is no ARN"))?;
    if arn.account != at.0 {
        return Err(format!("it is in the account {}", arn.account));
    }
    let scope = format!("{}/{}", arn.account, arn.region);
    if !graph.saw(Source::FUNCTIONS, &scope) {
        let source = Source::FUNCTIONS.name;
        return Err(format!(
            "{source} of {scope} was not read whole (--services lambda)"
        ));
    }
    let region = graph.region_of(arn.account, arn.region);
    let functions = region.and_then(|region| region.services.get(Source::FUNCTIONS.name));
    let mut functions = functions.into_iter().flatten();
    let Some(found) = functions.find(|one| is(one, &arn)) else {
        return Ok(Some(Fault::Missing));
    };
    let role = found.role.as_deref().ok_or("its role is not told")?;
    let Some(place) = graph.principals.by_arn(role) else {
        let home = Arn::parse(role).map_or("", |arn| arn.account);
        return match graph.saw(Source::IAM, home) {
            true => Ok(Some(Fault::NoRole(role))),
            false => Err(format!("its role {role} was not read")),
        };
    };
    let refused = refused(graph, place, at, secret);
    Ok((!refused.is_empty()).then_some(Fault::Refused(place, refused)))
}

/// Whether it is the function of an ARN, which may name a version or an alias of it.
fn is(one: &Running, arn: &Arn<'_>) -> bool {
    let name = |resource: &str| -> Option<String> {
        let name = resource.strip_prefix("function:")?;
        Some(name.split(':').next().unwrap_or(name).to_owned())
    };
    let own = Arn::parse(&one.arn).and_then(|own| name(own.resource));
    own.is_some() && own == name(arn.resource)
}

/// What the role at a place may for certain not do.
fn refused(graph: &Graph<'_>, at: usize, home: (&str, &str), secret: &Secret) -> Vec<&'static str> {
    let who = Who::Iam { at, session: None };
    let may_not = |action: &&'static str, on: &str| {
        let what = What::One(on.to_owned());
        let answer = graph.may_aws(&who, &graph.deciding(action, &what));
        answer.decision == Decision::Denied
    };
    let on_secret = ON_SECRET.iter();
    let mut refused: Vec<&str> = on_secret
        .filter(|action| may_not(action, &secret.arn))
        .copied()
        .collect();
    // The next version is encrypted with the key that the secret names.
    if let SecretKey::Seen(key) = graph.secret_key(home, secret.kms_key_id.as_deref()) {
        let on_key = ON_KEY.iter().filter(|action| may_not(action, &key.arn));
        refused.extend(on_key);
    }
    refused
}

fn report(
    graph: &Graph<'_>,
    answers: &mut Answers,
    (secret, region): (&Secret, &str),
    function: &str,
    fault: &Fault<'_>,
) {
    let name = &secret.name;
    let rotate = format!(
        "aws secretsmanager rotate-secret --secret-id {} --region {region}",
        quoted(&secret.arn)
    );
    let function = quoted(function);
    let (title, message, fix, mut commands) = match fault {
        Fault::Missing => (
            format!("The rotation function of the secret {name} is not there"),
            format!(
                "Rotation of {name} is on, and its function {function} does not exist: nothing rotates it."
            ),
            "Make the function again, or give the secret another.",
            vec![format!(
                "aws lambda get-function --function-name {function} --region {region}"
            )],
        ),
        Fault::NoRole(role) => (
            format!("The rotation function of the secret {name} has lost its role"),
            format!(
                "Rotation of {name} is on, and its function {function} runs with {role}, which does not exist."
            ),
            "Give the function a role again: one of the same name made anew is another role to Lambda, so set it once more.",
            vec![format!(
                "aws lambda update-function-configuration --function-name {function} --role {} --region {region}",
                quoted(role)
            )],
        ),
        Fault::Refused(at, actions) => {
            let role = graph.principals.get(*at);
            let arn = role.map_or("", |role| role.arn);
            let actions: Vec<String> = actions.iter().map(|one| (*one).to_owned()).collect();
            (
                format!("The rotation function of the secret {name} may not rotate it"),
                format!(
                    "Rotation of {name} is on, and the role {arn} of its function {function} may not {}.",
                    all_of(&actions)
                ),
                "Give the role what it lacks, on this secret and its key alone.",
                role.and_then(|role| role.role())
                    .map(show_policies)
                    .unwrap_or_default(),
            )
        }
    };
    commands.push(rotate);
    let draft = answers
        .finding(Resource::of(&secret.arn), "")
        .title(title)
        .message(message);
    let draft = match fault {
        Fault::Refused(at, _) => match graph.principals.get(*at) {
            Some(role) => draft.related(Resource::of(role.arn)),
            None => draft,
        },
        _ => draft,
    };
    draft.fix(fix, commands).report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, allow, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "secret-rotation-function-missing";
    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-abcdef";
    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate";
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k1";

    /// A secret that rotates, and a function whose role has this policy.
    fn estate(facts: &Value, policy: &Value) -> Estate {
        let mut secret = json!({"ARN": ARN, "Name": "db", "RotationEnabled": true, "RotationLambdaARN": FUNCTION});
        for (name, value) in facts.as_object().into_iter().flatten() {
            secret[name] = value.clone();
        }
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"}}]});
        Estate::new()
            .iam(json!({"roles": [role("rotator", &trust, policy)]}))
            .region(json!({"secretsmanager": {"secrets": [secret]}, "services": {"lambda:ListFunctions": [
                {"arn": FUNCTION, "name": "rotate", "role": role_arn("rotator")},
                {"arn": format!("{FUNCTION}-2"), "name": "rotate-2", "role": role_arn("gone")}]}}))
    }

    fn all() -> Value {
        allow("secretsmanager:*", ARN)
    }

    #[test]
    fn a_function_that_is_not_there_is_found() {
        let gone = json!({"RotationLambdaARN": format!("{FUNCTION}-old")});
        let asked = estate(&gone, &all()).ask(ID);
        asked.finds(&[ARN]);
        assert!(
            asked.findings[0].message.contains("does not exist"),
            "{asked:#?}"
        );
        let roleless = json!({"RotationLambdaARN": format!("{FUNCTION}-2")});
        let asked = estate(&roleless, &all()).ask(ID);
        assert!(
            asked.findings[0].title.contains("lost its role"),
            "{asked:#?}"
        );
    }

    #[test]
    fn a_role_that_may_not_rotate_it_is_found_with_what_it_lacks() {
        let read = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": ARN,
            "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]}]});
        let asked = estate(&json!({}), &read).ask(ID);
        asked.finds(&[ARN]);
        let says =
            "may not secretsmanager:PutSecretValue and secretsmanager:UpdateSecretVersionStage";
        assert!(asked.findings[0].message.contains(says), "{asked:#?}");
        assert_eq!(asked.findings[0].related[0].id, role_arn("rotator"));
    }

    /// The key that encrypts the secret, whose policy leaves it to IAM.
    fn key() -> Value {
        json!({"kms": {"keys": [{"Arn": KEY, "KeyId": "k1", "KeyManager": "CUSTOMER"}], "policies": [{"KeyId": KEY,
            "Policy": json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}]}).to_string()}]}})
    }

    #[test]
    fn a_key_of_the_customers_has_to_let_it_in() {
        let with = json!({"KmsKeyId": KEY});
        let asked = estate(&with, &all()).region(key()).ask(ID);
        asked.finds(&[ARN]);
        let says = "may not kms:Decrypt and kms:GenerateDataKey";
        assert!(asked.findings[0].message.contains(says), "{asked:#?}");
        let both = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"},
            {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*",
                "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}}]});
        estate(&with, &both).region(key()).ask(ID).passes();
        // Where the key's policy was not read it may let it in.
        estate(&with, &all()).ask(ID).passes();
    }

    #[test]
    fn what_looks_missing_and_is_not_passes() {
        let by_function = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*",
            "Action": "secretsmanager:*",
            "Condition": {"StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": FUNCTION}}}]});
        estate(&json!({}), &by_function).ask(ID).passes();
        let alias = json!({"RotationLambdaARN": format!("{FUNCTION}:live")});
        estate(&alias, &all()).ask(ID).passes();
        for facts in [
            json!({"RotationEnabled": false, "RotationLambdaARN": format!("{FUNCTION}-old")}),
            json!({"RotationLambdaARN": null, "OwningService": "rds"}),
        ] {
            estate(&facts, &all()).ask(ID).is_not_applicable();
        }
    }

    #[test]
    fn what_was_not_read_is_not_passed() {
        let gone = json!({"RotationLambdaARN": format!("{FUNCTION}-old")});
        let foreign =
            json!({"RotationLambdaARN": "arn:aws:lambda:eu-west-1:444455556666:function:rotate"});
        for estate in [
            estate(&gone, &all()).denied(Source::FUNCTIONS),
            estate(&foreign, &all()),
            estate(
                &json!({"RotationLambdaARN": format!("{FUNCTION}-2")}),
                &all(),
            )
            .denied(Source::IAM),
            estate(&json!({}), &all()).denied(Source::SECRETS),
        ] {
            estate.ask(ID).is_not_evaluated();
        }
    }
}
