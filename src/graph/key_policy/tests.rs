//! Who may decrypt with a key: by its policy, by grants, and where one of both was not read.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::checks::testing::{ACCOUNT, Estate, allow, irsa_trust, role, role_arn};
use crate::graph::Graph;
use crate::graph::decision::{Answer, Decision};
use crate::snapshot::coverage::Source;

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k";

fn answer(estate: &Estate, action: &str) -> Answer {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let who = graph.who("role/app", false).unwrap();
    let what = graph.what(Some(KEY)).unwrap();
    graph.may_aws(&who, &graph.deciding(action, &what))
}

/// A role with a policy, and a key with a policy and grants.
fn estate(policy: &Value, key: &Value, grants: &Value) -> Estate {
    let document = json!({"Version": "2012-10-17", "Statement": key}).to_string();
    Estate::new()
        .iam(json!({"roles": [role("app", &irsa_trust(&json!({})), policy)]}))
        .region(json!({"kms": {
            "keys": [{"Arn": KEY, "KeyId": "k"}],
            "policies": [{"KeyId": KEY, "Policy": document}],
            "grants": grants,
        }}))
}

fn root() -> Value {
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    json!([{"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}])
}

fn to(principal: &str) -> Value {
    json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:Decrypt", "Resource": "*"}])
}

fn grant(grantee: &str, operations: Value, constraints: Value) -> Value {
    json!([{"KeyId": KEY, "GrantId": "g", "GranteePrincipal": grantee, "Operations": operations,
        "Constraints": constraints}])
}

#[test]
fn a_key_is_opened_by_its_policy_and_by_grants_and_by_nothing_else() {
    use Decision::{Allowed, Conditional, Denied};
    let app = role_arn("app");
    let other = role_arn("other");
    let (all, none) = (allow("kms:*", "*"), allow("s3:*", "*"));
    let no_grants = json!([]);
    let denied = json!([{"Effect": "Deny", "Principal": {"AWS": app}, "Action": "kms:Decrypt", "Resource": "*"}]);
    let subset = json!({"EncryptionContextSubset": {"team": "a"}});
    let equals = json!({"EncryptionContextEquals": {"team": "a"}});
    let cases = [
        (
            "the account decides",
            &all,
            root(),
            no_grants.clone(),
            Allowed,
        ),
        ("nobody decided", &none, root(), no_grants.clone(), Denied),
        ("named", &none, to(&app), no_grants.clone(), Allowed),
        (
            "another is named",
            &all,
            to(&other),
            no_grants.clone(),
            Denied,
        ),
        (
            "granted",
            &none,
            to(&other),
            grant(&app, json!(["Decrypt"]), Value::Null),
            Allowed,
        ),
        (
            "granted to another",
            &none,
            to(&app),
            grant(&other, json!(["Decrypt"]), Value::Null),
            Allowed,
        ),
        (
            "another operation",
            &none,
            to(&other),
            grant(&app, json!(["Encrypt"]), Value::Null),
            Denied,
        ),
        (
            "a Deny is stronger",
            &none,
            denied,
            grant(&app, json!(["Decrypt"]), Value::Null),
            Denied,
        ),
        (
            "with a context",
            &none,
            to(&other),
            grant(&app, json!(["Decrypt"]), subset),
            Conditional,
        ),
        (
            "with this context",
            &none,
            to(&other),
            grant(&app, json!(["Decrypt"]), equals),
            Conditional,
        ),
        (
            "to a principal that is gone",
            &none,
            to(&other),
            grant("AIDAEXAMPLE", json!(["Decrypt"]), Value::Null),
            Denied,
        ),
    ];
    for (what, policy, key, grants, expected) in cases {
        let found = answer(&estate(policy, &key, &grants), "kms:Decrypt");
        assert_eq!(found.decision, expected, "{what}: {found:#?}");
    }
    // A constraint on the context does not bind what has none.
    let subset = json!({"EncryptionContextSubset": {"team": "a"}});
    let grants = grant(&app, json!(["Decrypt", "DescribeKey"]), subset);
    let found = answer(&estate(&none, &to(&other), &grants), "kms:DescribeKey");
    assert_eq!(found.decision, Allowed, "{found:#?}");
}

#[test]
fn what_was_not_read_of_a_key_is_no_no() {
    use Decision::{Allowed, Conditional, Denied};
    let other = role_arn("other");
    let (all, none) = (allow("kms:*", "*"), allow("s3:*", "*"));
    let deny = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]});
    for (what, policy, key, action, expected) in [
        ("no grant is needed", &all, root(), "kms:Decrypt", Allowed),
        ("a grant could", &none, root(), "kms:Decrypt", Conditional),
        (
            "so it could here",
            &all,
            to(&other),
            "kms:Decrypt",
            Conditional,
        ),
        (
            "no grant gives this",
            &none,
            root(),
            "kms:PutKeyPolicy",
            Denied,
        ),
        (
            "a grant cannot undo a Deny",
            &deny,
            root(),
            "kms:Decrypt",
            Denied,
        ),
    ] {
        let estate = estate(policy, &key, &json!([])).denied(Source::KEY_GRANTS);
        let found = answer(&estate, action);
        assert_eq!(found.decision, expected, "{what}: {found:#?}");
        let told = found
            .conditions
            .iter()
            .any(|one| one.contains("kms:ListGrants"));
        assert_eq!(told, expected == Conditional, "{what}: {found:#?}");
    }
    // Without its policy nothing is known of a key.
    let bare = Estate::new()
        .iam(json!({"roles": [role("app", &irsa_trust(&json!({})), &all)]}))
        .region(json!({"kms": {"keys": [{"Arn": KEY, "KeyId": "k"}]}}));
    let found = answer(&bare, "kms:Decrypt");
    assert_eq!(found.decision, Conditional, "{found:#?}");
}
