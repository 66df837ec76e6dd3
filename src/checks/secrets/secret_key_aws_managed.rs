//! Secrets are under the AWS managed key, and a workload reads all of them
//!
//! A key of one's own is a second lock: who may read a secret by a policy that is too wide still has to be let in by the key.
//! The AWS managed keys `aws/secretsmanager` and `aws/ssm` are no such lock: their policy, which nobody changes, lets in every
//! principal of the account that comes by way of the service.
//!
//! That costs nothing as long as all policies are narrow, so it is told only where one is not: where a role that a workload
//! gets may read every secret (or every parameter) of a region, and secrets there are under the AWS managed key. It is told once a region
//! and service, with how many there are. Secrets that a service owns, replicas and secrets scheduled for deletion are left
//! out; administrators too, who may change a key's policy.
//!
//! Known false positives: an operator that is meant to read all of them, and would be let in by each key.
//!
//! To fix it, narrow the role. Where that cannot be, give the secrets that matter most a key of their own whose policy names
//! their readers.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Resource, Severity};
use crate::graph::Graph;
use crate::graph::every_resource::{Kind, SECRETS};
use crate::graph::hold::{Hold, telling};
use crate::graph::rotation::{Keeper, keeper};
use crate::graph::secret_key::SecretKey;
use crate::graph::wording::some_of;
use crate::snapshot::Region;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[
        Source::IAM,
        Source::SECRETS,
        Source::PARAMETERS,
        Source::POD_IDENTITY,
        Source::SERVICE_ACCOUNTS,
    ],
    controls: &[],
    since: "0.1.0",
    run,
};

/// A service with secrets, and its AWS managed key.
struct Vault {
    action: &'static str,
    kind: Kind,
    key: &'static str,
    what: &'static str,
}

const VAULTS: [Vault; 2] = [
    Vault {
        action: "secretsmanager:GetSecretValue",
        kind: SECRETS,
        key: "alias/aws/secretsmanager",
        what: "secret",
    },
    Vault {
        action: "ssm:GetParameter",
        kind: Kind {
            service: "ssm",
            resource: "parameter/*",
            regional: true,
            own: &[],
            tags: &["aws:resourcetag/", "ssm:resourcetag/"],
        },
        key: "alias/aws/ssm",
        what: "parameter",
    },
];

/// A role that reads everything of a vault.
struct Reader<'g> {
    account: &'g str,
    /// `*`: all regions.
    region: String,
    certain: bool,
    arn: &'g str,
    /// `role NAME of payments/api in prod`.
    text: String,
}

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for gap in graph.unseen_held_roles() {
        answers.unjudged(gap);
    }
    for vault in &VAULTS {
        let readers = readers(graph, vault);
        for (account, region, facts) in graph.regions() {
            let count = managed(graph, (account, region), facts, vault);
            if count == 0 {
                continue;
            }
            answers.examined();
            let of_here = readers.iter().filter(|reader| {
                reader.account == account && (reader.region == "*" || reader.region == region)
            });
            let reading: Vec<&Reader<'_>> = of_here.collect();
            if !reading.is_empty() {
                report(answers, vault, (account, region), count, &reading);
            }
        }
    }
}

/// How many entries of a region are under the AWS managed key.
fn managed(graph: &Graph<'_>, at: (&str, &str), facts: &Region, vault: &Vault) -> usize {
    let is_managed = |name: Option<&str>| graph.secret_key(at, name) == SecretKey::Managed;
    match vault.kind.service {
        "ssm" => {
            let secure = facts.ssm.parameters.iter().filter(|one| one.is_secure());
            secure
                .filter(|one| is_managed(one.key_id.as_deref()))
                .count()
        }
        _ => {
            let secrets = facts.secretsmanager.secrets.iter();
            let kept = secrets
                .filter(|one| keeper(one, at.1) == Keeper::Account && one.deleted_date.is_none());
            kept.filter(|one| is_managed(one.kms_key_id.as_deref()))
                .count()
        }
    }
}

/// The roles that workloads get and that read everything of a vault.
fn readers<'g>(graph: &'g Graph<'_>, vault: &Vault) -> Vec<Reader<'g>> {
    let roles = graph.held_roles();
    let reads = roles.filter_map(|(_, role, holds)| {
        let telling = telling(&holds);
        let is_admin = |hold: &&Hold| graph.admin(role, Some(hold)).is_some();
        if telling.iter().any(is_admin) {
            return None;
        }
        let found = telling.iter().filter_map(|hold| {
            let found = graph.on_every(role, Some(hold), vault.action, &vault.kind)?;
            Some((found.certain && hold.is_certain(), found))
        });
        let (certain, found) = found.max_by_key(|(certain, _)| *certain)?;
        Some(Reader {
            account: role.account,
            region: found.region,
            certain,
            arn: role.arn,
            text: format!("{} ({})", role.name, graph.holders_text(&holds)),
        })
    });
    reads.collect()
}

fn report(
    answers: &mut Answers,
    vault: &Vault,
    (account, region): (&str, &str),
    count: usize,
    reading: &[&Reader<'_>],
) {
    let what = vault.what;
    let (entries, are) = match count {
        1 => (format!("1 {what}"), "is"),
        several => (format!("{several} {what}s"), "are"),
    };
    let roles = match reading.len() {
        1 => "a workload's role reads".to_owned(),
        several => format!("{several} roles of workloads read"),
    };
    let names: Vec<String> = reading.iter().map(|reader| reader.text.clone()).collect();
    let key = vault.key.trim_start_matches("alias/");
    let certainty = match reading.iter().any(|reader| reader.certain) {
        true => Certainty::Certain,
        false => Certainty::Conditional,
    };
    let role = reading.first().and_then(|reader| Arn::parse(reader.arn));
    let partition = role.map_or("aws", |arn| arn.partition);
    let alias = [partition, "kms", region, account, vault.key].join(":");
    answers
        .finding(Resource::of(format!("arn:{alias}")), "")
        .certainty(certainty)
        .title(format!("{entries} of {region} {are} under {key}, and {roles} all {what}s"))
        .message(format!(
            "{entries} of {region} in the account {account} {are} encrypted with {key}, which lets in every principal of the account that comes by way of the service. The policies alone keep them, and these do not: {} may {} on all {what}s there.",
            some_of(&names),
            vault.action,
        ))
        .related_all(reading.iter().map(|reader| Resource::of(reader.arn)))
        .fix(
            "Narrow the roles first. Then give the secrets that matter most a key of your own, whose policy names who may decrypt with it: whoever it leaves out can no longer read them.",
            [match vault.kind.service {
                "ssm" => format!("aws ssm put-parameter --name NAME --value \"$VALUE\" --type SecureString --key-id KEY --overwrite --region {region}"),
                _ => format!("aws secretsmanager update-secret --secret-id NAME --kms-key-id KEY --region {region}"),
            }],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, allow, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "secret-key-aws-managed";
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:alias/aws/secretsmanager";

    /// Secrets of these keys, and a workload whose role may read these.
    fn estate(keys: &[Value], action: &str, resource: &str) -> Estate {
        let secrets: Vec<Value> = keys
            .iter()
            .enumerate()
            .map(|(at, key)| {
                json!({"ARN": format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:s{at}-abcdef"),
                    "Name": format!("s{at}"), "KmsKeyId": key})
            })
            .collect();
        Estate::new()
            .pod("payments", "api")
            .irsa_role("app", "payments", "api", allow(action, resource))
            .region(json!({"secretsmanager": {"secrets": secrets}}))
    }

    const READ: &str = "secretsmanager:GetSecretValue";

    #[test]
    fn it_is_told_once_a_region_where_a_workload_reads_all() {
        let keys = [
            json!(null),
            json!("alias/aws/secretsmanager"),
            json!("alias/own"),
        ];
        let asked = estate(&keys, READ, "*").ask(ID);
        asked.finds(&[KEY]);
        let finding = &asked.findings[0];
        assert!(
            finding
                .title
                .starts_with("2 secrets of eu-west-1 are under"),
            "{finding:#?}"
        );
        assert_eq!(finding.related[0].id, role_arn("app"));
        let parameters = json!({"ssm": {"parameters": [{"Name": "/p", "Type": "SecureString", "KeyId": "alias/aws/ssm"}]}});
        let asked = estate(&[], "ssm:GetParameter*", "*")
            .region(parameters)
            .ask(ID);
        asked.finds(&["arn:aws:kms:eu-west-1:111122223333:alias/aws/ssm"]);
    }

    #[test]
    fn where_policies_are_narrow_it_costs_nothing() {
        let narrow = "arn:aws:secretsmanager:*:*:secret:payments/*";
        for (what, action, resource) in [
            ("some secrets", READ, narrow),
            (
                "another region",
                READ,
                "arn:aws:secretsmanager:us-east-1:*:secret:*",
            ),
            ("their names", "secretsmanager:ListSecrets", "*"),
            ("an administrator", "*", "*"),
        ] {
            let asked = estate(&[json!(null)], action, resource).ask(ID);
            assert!(asked.findings.is_empty(), "{what}: {asked:#?}");
            asked.passes();
        }
        estate(&[json!("alias/own")], READ, "*")
            .ask(ID)
            .is_not_applicable();
    }

    #[test]
    fn without_the_sources_it_is_not_passed() {
        for source in [Source::IAM, Source::SECRETS, Source::PARAMETERS] {
            let fine = estate(&[json!(null)], "s3:GetObject", "*");
            fine.denied(source).ask(ID).is_not_evaluated();
        }
    }
}
