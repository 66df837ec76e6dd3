//! AWS KMS Developer Guide, "Key policies", "Using IAM policies with AWS KMS", "Using aliases to control access
//! to KMS keys", "Condition keys for AWS KMS".

use super::iam_documentation::*;
use serde_json::{Value, json};

const KEY: &str = "arn:aws:kms:eu-west-1:111111111111:key/1234abcd";
const ALIAS: &str = "arn:aws:kms:eu-west-1:111111111111:alias/app";

fn none() -> Value {
    json!({})
}

fn ask(action: &str, resource: &str, key_policy: Value, identity: Value) -> Value {
    json!({"ActionNames": [action], "ResourceArns": [resource], "ResourcePolicy": key_policy, "PolicyInputList": identity})
}

/// An identity policy that allows `kms:*` on a resource.
fn on(resource: &str) -> Value {
    json!([policy(
        json!([{"Effect": "Allow", "Action": "kms:*", "Resource": resource}])
    )])
}

fn decrypt(key_policy: Value, identity: Value) -> Value {
    ask("kms:Decrypt", KEY, key_policy, identity)
}

#[test]
fn key_policies() {
    let delegating = || open_to(json!({"AWS": ROOT}));
    let to_admin = || open_to(json!({"AWS": "arn:aws:iam::111111111111:role/admin"}));
    let silent = json!({"PermissionsBoundaryPolicyInputList": [allow("ec2:*")]});
    check(
        "key-policies, key-policy-default",
        &[
            (
                "the key policy delegates, an identity policy allows",
                decrypt(delegating(), on("*")),
                none(),
                YES,
            ),
            ("… on the key", decrypt(delegating(), on(KEY)), none(), YES),
            (
                "… on another key",
                decrypt(
                    delegating(),
                    on("arn:aws:kms:eu-west-1:111111111111:key/5678"),
                ),
                none(),
                NO,
            ),
            (
                "delegation alone allows nobody",
                decrypt(delegating(), json!([])),
                none(),
                NO,
            ),
            (
                "without delegation identity policies have no effect",
                decrypt(to_admin(), on("*")),
                none(),
                NO,
            ),
            (
                "… not even the administrator's",
                decrypt(to_admin(), json!([allow("*")])),
                none(),
                NO,
            ),
            (
                "… nor does it help to be root",
                decrypt(to_admin(), json!([])),
                json!({"CallerArn": ROOT}),
                NO,
            ),
            (
                "root, where the key policy delegates",
                decrypt(delegating(), json!([])),
                json!({"CallerArn": ROOT}),
                YES,
            ),
            (
                "the key policy names the role",
                decrypt(open_to(json!({"AWS": ROLE})), json!([])),
                none(),
                YES,
            ),
            (
                "… within its boundary",
                decrypt(open_to(json!({"AWS": ROLE})), json!([])),
                silent,
                NO,
            ),
            (
                "no key policy is given",
                decrypt(Value::Null, on("*")),
                none(),
                NO,
            ),
            (
                "a key policy's resource is the key",
                decrypt(
                    policy(
                        json!([{"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:Decrypt"}]),
                    ),
                    json!([]),
                ),
                none(),
                YES,
            ),
            (
                "a deny in it",
                decrypt(closed_to(json!({"AWS": ROLE})), on("*")),
                none(),
                DENIED,
            ),
            (
                "everybody of an account by kms:CallerAccount",
                decrypt(
                    policy(
                        json!([{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*",
                "Condition": {"StringEquals": {"kms:CallerAccount": ACCOUNT}}}]),
                    ),
                    json!([]),
                ),
                keys(json!({"kms:CallerAccount": ACCOUNT})),
                YES,
            ),
            (
                "actions on no key need none",
                ask("kms:ListKeys", "*", Value::Null, on("*")),
                none(),
                YES,
            ),
            (
                "a key is made without one",
                ask("kms:CreateKey", "*", Value::Null, on("*")),
                none(),
                YES,
            ),
        ],
    );
    let across = |key_policy: Value, identity: Value| {
        let mut request = decrypt(key_policy, identity);
        request["CallerArn"] = json!(OTHER);
        request
    };
    check(
        "key-policy-modifying-external-accounts",
        &[
            (
                "both accounts",
                across(open_to(json!({"AWS": "222222222222"})), on(KEY)),
                none(),
                YES,
            ),
            (
                "only the key policy",
                across(open_to(json!({"AWS": OTHER})), json!([])),
                none(),
                NO,
            ),
            (
                "only the identity policy",
                across(open_to(json!({"AWS": ROOT})), on(KEY)),
                none(),
                NO,
            ),
        ],
    );
}

#[test]
fn keys_used_through_services() {
    let condition =
        json!({"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}});
    let key_policy = policy(
        json!([{"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}]),
    );
    let request = decrypt(key_policy, json!([]));
    check(
        "conditions-kms#conditions-kms-via-service",
        &[
            (
                "through the service",
                request.clone(),
                keys(json!({"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"})),
                YES,
            ),
            (
                "through another",
                request.clone(),
                keys(json!({"kms:ViaService": "s3.eu-west-1.amazonaws.com"})),
                NO,
            ),
            ("directly", request.clone(), none(), NO),
            (
                "not known",
                request,
                json!({"ContextComplete": false}),
                OPEN,
            ),
        ],
    );
}

#[test]
fn aliases_are_no_keys() {
    let delegating = || open_to(json!({"AWS": ROOT}));
    let by_alias = |operator: &str| {
        json!([policy(
            json!([{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:*:111111111111:key/*",
        "Condition": {operator: {"kms:ResourceAliases": "alias/app*"}}}])
        )])
    };
    check(
        "alias-authorization, alias-access",
        &[
            (
                "a policy on the alias does not cover its key",
                decrypt(delegating(), on(ALIAS)),
                none(),
                NO,
            ),
            (
                "… nor a request that names the alias",
                ask("kms:Decrypt", ALIAS, delegating(), on(ALIAS)),
                none(),
                NO,
            ),
            (
                "a policy on all keys does",
                ask(
                    "kms:Decrypt",
                    ALIAS,
                    delegating(),
                    on("arn:aws:kms:*:111111111111:key/*"),
                ),
                none(),
                YES,
            ),
            (
                "… where the key policy lets it",
                ask("kms:Decrypt", ALIAS, Value::Null, on("*")),
                none(),
                NO,
            ),
            (
                "whether a policy on one key does is not known",
                ask("kms:Decrypt", ALIAS, delegating(), on(KEY)),
                none(),
                OPEN,
            ),
            (
                "a policy on another region's keys does not",
                ask(
                    "kms:Decrypt",
                    ALIAS,
                    delegating(),
                    on("arn:aws:kms:us-east-1:111111111111:key/*"),
                ),
                none(),
                NO,
            ),
            (
                "a deny of one key may",
                ask(
                    "kms:Decrypt",
                    ALIAS,
                    delegating(),
                    json!([
                        allow("*"),
                        policy(json!([{"Effect": "Deny", "Action": "*", "Resource": KEY}]))
                    ]),
                ),
                none(),
                OPEN,
            ),
            (
                "the alias itself is a resource",
                ask("kms:UpdateAlias", ALIAS, Value::Null, on(ALIAS)),
                none(),
                YES,
            ),
            (
                "kms:ResourceAliases",
                decrypt(delegating(), by_alias("ForAnyValue:StringLike")),
                keys(json!({"kms:ResourceAliases": ["alias/x", "alias/app1"]})),
                YES,
            ),
            (
                "… other aliases",
                decrypt(delegating(), by_alias("ForAnyValue:StringLike")),
                keys(json!({"kms:ResourceAliases": ["alias/x"]})),
                NO,
            ),
            (
                "… no aliases, ForAnyValue",
                decrypt(delegating(), by_alias("ForAnyValue:StringLike")),
                none(),
                NO,
            ),
            (
                "… no aliases, ForAllValues",
                decrypt(delegating(), by_alias("ForAllValues:StringLike")),
                none(),
                YES,
            ),
        ],
    );
}
