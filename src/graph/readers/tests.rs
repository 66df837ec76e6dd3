//! Who reads a secret, and who only looks as if; and the same found by asking for every pair.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::checks::testing::{Estate, allow, object, role, role_arn};
use crate::graph::Graph;
use crate::graph::decision::{Asker, Decision};
use crate::graph::named::What;
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::Source;

const DB: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd";

fn trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"}}]})
}

/// Roles with these policies.
fn roles(policies: &[(&str, Value)]) -> Estate {
    let roles: Vec<Value> = policies
        .iter()
        .map(|(name, policy)| role(name, &trust(), policy))
        .collect();
    Estate::new().iam(json!({"roles": roles}))
}

/// The secret of these facts.
fn secret(estate: &Estate, facts: &Value) -> Estate {
    let mut secret = json!({"ARN": DB, "Name": "prod/db", "CreatedDate": "2026-01-01"});
    for (name, value) in facts.as_object().into_iter().flatten() {
        secret[name] = value.clone();
    }
    estate
        .clone()
        .region(json!({"secretsmanager": {"secrets": [secret]}}))
}

fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": action, "Resource": resource})
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// By id: `yes` or `perhaps`, and by what.
fn readers(snapshot: &Snapshot) -> Vec<String> {
    let graph = Graph::build(snapshot, None);
    let lineage = graph.lineage();
    let found = graph.readers(&lineage, &graph.control());
    let set = match lineage.entries.is_empty() {
        true => found.of_kept(0),
        false => found.of_entry(0),
    };
    let one = |reader: &super::Reader| {
        let id = reader.id.rsplit('/').next().unwrap_or_default();
        let sure = if reader.is_certain { "yes" } else { "perhaps" };
        format!("{id} {sure} {}", reader.by.as_str())
    };
    set.iter().map(one).collect()
}

const READ: &str = "secretsmanager:GetSecretValue";

#[test]
fn policies_of_iam_decide() {
    let mut narrowed = role("narrowed", &trust(), &allow("*", "*"));
    narrowed["PermissionsBoundary"] =
        json!({"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/bound"});
    let bound = json!({"Arn": "arn:aws:iam::111122223333:policy/bound", "PolicyName": "bound", "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": allow("s3:*", "*")}]});
    let tagged = |value: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": READ, "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": value}}}]})
    };
    let estate = roles(&[
        ("admin", allow("*", "*")),
        ("mine", allow(READ, "arn:aws:secretsmanager:*:*:secret:prod/*")),
        ("others", allow(READ, "arn:aws:secretsmanager:*:*:secret:dev/*")),
        ("lister", allow("secretsmanager:ListSecrets", "*")),
        (
            "but",
            policy(&[
                statement("Allow", "secretsmanager:*", "*"),
                statement("Deny", READ, DB),
            ]),
        ),
        ("team-pay", tagged("pay")),
        ("team-web", tagged("web")),
        (
            "address",
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": READ, "Resource": "*",
                "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]}),
        ),
    ])
    .iam(json!({"roles": [narrowed], "policies": [bound]}));
    let tags = json!({"Tags": [{"Key": "team", "Value": "pay"}, {"Key": "Name", "Value": "db"}]});
    assert_eq!(
        readers(&secret(&estate, &tags).snapshot()),
        [
            "address perhaps aws",
            "admin yes aws",
            "mine yes aws",
            "team-pay yes aws"
        ]
    );
}

/// A policy of the secret itself.
fn own(estate: Estate, document: &Value) -> Estate {
    estate.region(
        json!({"secretsmanager": {"policies": [{"ARN": DB, "Name": "prod/db",
        "ResourcePolicy": document.to_string()}]}}),
    )
}

#[test]
fn the_secret_s_own_policy_decides_with_them() {
    let estate = roles(&[
        ("reads", allow(READ, "*")),
        ("kept-out", allow(READ, "*")),
        ("let-in", allow("s3:ListAllMyBuckets", "*")),
        ("nobody", allow("s3:ListAllMyBuckets", "*")),
    ]);
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": role_arn("kept-out")}}},
        {"Effect": "Allow", "Principal": {"AWS": [role_arn("let-in"), "arn:aws:iam::999999999999:root"]},
            "Action": READ, "Resource": "*"}]});
    let with = |facts: &Value| own(secret(&estate, facts), &document);
    // Nobody of another account may use the AWS managed key.
    assert_eq!(
        readers(&with(&json!({})).snapshot()),
        ["let-in yes aws", "reads yes aws"]
    );
    let key = |statement: &Value| {
        with(&json!({"KmsKeyId": KEY})).region(json!({"kms": {
            "keys": [{"Arn": KEY, "KeyId": "1234abcd", "KeyManager": "CUSTOMER"}],
            "policies": [{"KeyId": KEY, "Policy": json!({"Version": "2012-10-17", "Statement": statement}).to_string()}]}}))
    };
    let for_all = json!([{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::999999999999:root", role_arn("reads"),
        role_arn("let-in")]}, "Action": "kms:Decrypt", "Resource": "*"}]);
    assert_eq!(
        readers(&key(&for_all).snapshot()),
        [
            "let-in yes aws",
            "reads yes aws",
            "arn:aws:iam::999999999999:root perhaps aws"
        ]
    );
    let for_one = json!([{"Effect": "Allow", "Principal": {"AWS": role_arn("reads")}, "Action": "kms:Decrypt", "Resource": "*"}]);
    assert_eq!(readers(&key(&for_one).snapshot()), ["reads yes aws"]);
}

#[test]
fn without_the_key_there_is_no_value() {
    let both = policy(&[
        statement("Allow", READ, "*"),
        statement("Allow", "kms:Decrypt", KEY),
    ]);
    let estate = roles(&[("plain", allow(READ, "*")), ("with-key", both)]);
    let keys = |document: &Value, facts: &Value| {
        secret(&estate, facts).region(json!({"kms": {
            "keys": [{"Arn": KEY, "KeyId": "1234abcd", "KeyManager": "CUSTOMER"}],
            "aliases": [{"AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/prod", "AliasName": "alias/prod",
                "TargetKeyId": "1234abcd"}],
            "policies": [{"KeyId": KEY, "Policy": document.to_string()}]}}))
    };
    let delegating = |condition: &Value| {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Condition": condition}]})
    };
    for (what, key, condition, expected) in [
        (
            "by its ARN",
            json!({"KmsKeyId": KEY}),
            json!({}),
            &["with-key yes aws"][..],
        ),
        (
            "by its id",
            json!({"KmsKeyId": "1234abcd"}),
            json!({}),
            &["with-key yes aws"],
        ),
        (
            "by an alias",
            json!({"KmsKeyId": "alias/prod"}),
            json!({}),
            &["with-key yes aws"],
        ),
        (
            "an alias that was not read",
            json!({"KmsKeyId": "alias/gone"}),
            json!({}),
            &["plain perhaps aws", "with-key perhaps aws"],
        ),
        (
            "the AWS managed key",
            json!({}),
            json!({}),
            &["plain yes aws", "with-key yes aws"],
        ),
        (
            "the AWS managed key by its alias",
            json!({"KmsKeyId": "alias/aws/secretsmanager"}),
            json!({}),
            &["plain yes aws", "with-key yes aws"],
        ),
        (
            "by way of Secrets Manager",
            json!({"KmsKeyId": KEY}),
            json!({"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}),
            &["with-key yes aws"],
        ),
        (
            "by way of another service",
            json!({"KmsKeyId": KEY}),
            json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
            &[],
        ),
        (
            "for this secret",
            json!({"KmsKeyId": KEY}),
            json!({"StringEquals": {"kms:EncryptionContext:SecretARN": DB}}),
            &["with-key yes aws"],
        ),
        (
            "for another secret",
            json!({"KmsKeyId": KEY}),
            json!({"StringEquals": {"kms:EncryptionContext:SecretARN": "another"}}),
            &[],
        ),
    ] {
        let snapshot = keys(&delegating(&condition), &key).snapshot();
        assert_eq!(readers(&snapshot), expected, "{what}");
    }
    let unread = secret(&estate, &json!({"KmsKeyId": KEY}))
        .denied(Source::KEY_POLICIES)
        .snapshot();
    let shown = readers(&unread);
    assert!(
        shown.iter().all(|one| one.contains("perhaps")),
        "a key's policy that was not read may let anybody in: {shown:?}"
    );
}

#[test]
fn whom_a_policy_denies_the_aws_managed_key_reads_nothing() {
    let deny = |resource: &str| {
        policy(&[
            statement("Allow", READ, "*"),
            statement("Deny", "kms:Decrypt", resource),
        ])
    };
    let estate = roles(&[("denied", deny("*")), ("other-key", deny(KEY))]);
    let snapshot = secret(&estate, &json!({})).snapshot();
    assert_eq!(readers(&snapshot), ["other-key yes aws"]);
}

#[test]
fn parameters_are_read_by_any_of_their_calls() {
    let parameter = "arn:aws:ssm:eu-west-1:111122223333:parameter/shop/db";
    let estate = roles(&[
        ("one", allow("ssm:GetParameter", parameter)),
        (
            "path",
            allow(
                "ssm:GetParametersByPath",
                "arn:aws:ssm:eu-west-1:111122223333:parameter/shop*",
            ),
        ),
        ("writer", allow("ssm:PutParameter", "*")),
    ])
    .region(
        json!({"ssm": {"parameters": [{"ARN": parameter, "Name": "/shop/db", "Type": "SecureString",
        "KeyId": "alias/aws/ssm"}]}}),
    );
    assert_eq!(readers(&estate.snapshot()), ["one yes aws", "path yes aws"]);
}

#[test]
fn in_a_cluster_rbac_and_pods_read() {
    let role = |name: &str, rule: &Value| json!({"kind": "Role", "metadata": {"name": name, "namespace": "pay"}, "rules": [rule]});
    let binding = |name: &str| {
        json!({"kind": "RoleBinding", "metadata": {"name": name, "namespace": "pay"}, "roleRef": {"kind": "Role", "name": name,
            "apiGroup": "rbac.authorization.k8s.io"},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "pay"}]})
    };
    let secrets = |verbs: &[&str], names: &[&str]| json!({"apiGroups": [""], "resources": ["secrets"], "verbs": verbs, "resourceNames": names});
    let named = [
        ("gets", secrets(&["get"], &[])),
        ("lists", secrets(&["list"], &[])),
        ("names-it", secrets(&["get"], &["db"])),
        ("names-another", secrets(&["get"], &["web"])),
        ("creates", secrets(&["create"], &[])),
        (
            "deploys",
            json!({"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create"]}),
        ),
        (
            "reads-pods",
            json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}),
        ),
    ];
    let estate = Estate::new().kubernetes(json!({
        "secrets": [{"metadata": {"name": "db", "namespace": "pay"}, "type": "Opaque"}],
        "roles": named.iter().map(|(name, rule)| role(name, rule)).collect::<Vec<_>>(),
        "role_bindings": named.iter().map(|(name, _)| binding(name)).collect::<Vec<_>>(),
    }));
    assert_eq!(
        readers(&estate.snapshot()),
        [
            "deploys yes pod",
            "gets yes rbac",
            "lists yes rbac",
            "names-it yes rbac"
        ],
        "{}",
        object("pay", "Secret", "db")
    );
}

/// A statement of few actions, resources and conditions.
fn any_statement() -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec![
        READ,
        "secretsmanager:*",
        "kms:Decrypt",
        "*",
        "s3:GetObject",
    ]);
    let resource = prop::sample::select(vec![
        "*".to_owned(),
        secret_arn("a"),
        secret_arn("b*"),
        "arn:aws:secretsmanager:*:*:secret:*-??????".to_owned(),
        KEY.to_owned(),
    ]);
    let condition = prop::sample::select(vec![
        json!({}),
        json!({}),
        json!({"StringEquals": {"aws:ResourceTag/team": "pay"}}),
        json!({"StringNotEquals": {"secretsmanager:ResourceTag/team": "pay"}}),
        json!({"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}),
        json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        json!({"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}),
    ]);
    let effect = prop::sample::select(vec!["Allow", "Allow", "Allow", "Deny"]);
    (effect, action, resource, condition).prop_map(|(effect, action, resource, condition)| {
        let mut one = statement(effect, action, &resource);
        one["Condition"] = condition;
        one
    })
}

/// A statement of a policy of a secret or key.
fn any_own() -> impl Strategy<Value = Value> {
    let principal = prop::sample::select(vec![
        json!("*"),
        json!({"AWS": "arn:aws:iam::111122223333:root"}),
        json!({"AWS": role_arn("r0")}),
        json!({"AWS": role_arn("r1")}),
    ]);
    (any_statement(), principal).prop_map(|(mut statement, principal)| {
        statement["Principal"] = principal;
        statement["Resource"] = json!("*");
        statement
    })
}

fn secret_arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}-AbCdEf")
}

/// Three roles and secrets, some with policies and keys of their own.
fn any_estate() -> impl Strategy<Value = Snapshot> {
    let roles = prop::collection::vec(prop::collection::vec(any_statement(), 0..4), 3);
    let owns = prop::collection::vec(prop::option::of(prop::collection::vec(any_own(), 0..3)), 3);
    let key = prop::collection::vec(any_own(), 0..3);
    let keyed = prop::collection::vec(any::<bool>(), 3);
    (roles, owns, key, keyed).prop_map(|(roles, owns, key, keyed)| {
        let roles = roles.iter().enumerate().map(|(at, statements)| {
            let mut role = role(&format!("r{at}"), &trust(), &policy(statements));
            role["Tags"] = json!([{"Key": "team", "Value": if at == 0 { "pay" } else { "web" }}]);
            role
        });
        let names = ["a", "b1", "b2"];
        let secrets = names.iter().zip(&keyed).map(|(name, keyed)| {
            let mut secret = json!({"ARN": secret_arn(name), "Name": name,
                "Tags": [{"Key": "team", "Value": if *name == "b1" { "web" } else { "pay" }}]});
            if *keyed {
                secret["KmsKeyId"] = json!(KEY);
            }
            secret
        });
        let policies = names.iter().zip(&owns).filter_map(|(name, own)| {
            let document = policy(own.as_ref()?).to_string();
            Some(json!({"ARN": secret_arn(name), "Name": name, "ResourcePolicy": document}))
        });
        let estate = Estate::new()
            .iam(json!({"roles": roles.collect::<Vec<_>>()}))
            .region(json!({
                "secretsmanager": {"secrets": secrets.collect::<Vec<_>>(), "policies": policies.collect::<Vec<_>>()},
                "kms": {"keys": [{"Arn": KEY, "KeyId": "1234abcd", "KeyManager": "CUSTOMER"}],
                    "policies": [{"KeyId": KEY, "Policy": policy(&key).to_string()}]},
            }));
        estate.snapshot()
    })
}

/// The readers of each secret, with whether that is certain: two decisions for every pair.
fn slowly(graph: &Graph<'_>) -> BTreeMap<(String, String), bool> {
    let mut found = BTreeMap::new();
    let regions = graph.snapshot.accounts.values();
    let secrets = regions.flat_map(|account| &account.regions["eu-west-1"].secretsmanager.secrets);
    for secret in secrets {
        let what = What::One(secret.arn.clone());
        let reads = graph.deciding(READ, &what);
        let key = What::One(KEY.to_owned());
        let decrypts = graph.deciding("kms:Decrypt", &key);
        for (_, principal) in graph.principals.iter() {
            let Some(asker) = Asker::new(principal, None) else {
                continue;
            };
            let mut decision = graph.asked(&asker, &reads).decision;
            let through = asker.knowing(graph, |context| {
                context
                    .set("kms:ViaService", "secretsmanager.eu-west-1.amazonaws.com")
                    .set("kms:CallerAccount", "111122223333")
                    .set("kms:EncryptionContext:SecretARN", &secret.arn);
            });
            if secret.kms_key_id.is_some() {
                decision = decision.min(graph.asked(&through, &decrypts).decision);
            }
            if decision != Decision::Denied {
                let pair = (secret.arn.clone(), principal.arn.to_owned());
                found.insert(pair, decision == Decision::Allowed);
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn asking_for_every_pair_finds_the_same(snapshot in any_estate(), ) {
        let graph = Graph::build(&snapshot, None);
        let lineage = graph.lineage();
        let found = graph.readers(&lineage, &graph.control());
        let mut quickly = BTreeMap::new();
        for (at, entry) in lineage.entries.iter().enumerate() {
            // What a policy lets in beside the principals that were read is not asked here.
            for reader in found.of_entry(at).iter().filter(|one| one.id.contains(":role/")) {
                let pair = (entry.vault.arn().to_owned(), reader.id.to_string());
                quickly.insert(pair, reader.is_certain);
            }
        }
        let mut slow = slowly(&graph);
        // A policy that denies the AWS managed key is not asked for by `slowly`.
        let denies = |(secret, who): &(String, String)| {
            let keyed = graph.snapshot.accounts["111122223333"].regions["eu-west-1"].secretsmanager.secrets
                .iter().any(|one| one.arn == *secret && one.kms_key_id.is_some());
            let role = graph.principals.by_arn(who).and_then(|at| graph.principals.get(at));
            let statements = role.into_iter().flat_map(|role| role.policies().identity);
            let mut statements = statements.flat_map(|one| &one.document.statements);
            !keyed && statements.any(|one| one.effect == crate::iam::document::Effect::Deny && one.has_action("kms:decrypt"))
        };
        slow.retain(|pair, _| !denies(pair));
        quickly.retain(|pair, _| !denies(pair));
        prop_assert_eq!(quickly, slow, "{}", serde_json::to_string(&snapshot.accounts).unwrap_or_default());
    }
}
