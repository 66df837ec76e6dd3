//! Organizations User Guide, "Service control policies" and "Resource control policies" with their pages on
//! evaluation and syntax; VPC User Guide, "Control access to VPC endpoints using endpoint policies".

use super::iam_documentation::*;
use serde_json::{Value, json};

fn none() -> Value {
    json!({})
}

fn own() -> Value {
    json!({ "PolicyInputList": [allow("*")] })
}

fn scps(levels: Value) -> Value {
    json!({ "ServiceControlPolicyInputList": levels })
}

fn rcps(levels: Value) -> Value {
    json!({ "ResourceControlPolicyInputList": levels })
}

#[test]
fn service_control_policies() {
    let service = json!({"CallerService": "logging.s3.amazonaws.com", "ResourcePolicy": open_to(json!({"Service": "logging.s3.amazonaws.com"}))});
    let anonymous = json!({"CallerAnonymous": true, "ResourcePolicy": open_to(json!("*"))});
    check(
        "orgs_manage_policies_scps_evaluation",
        &[
            (
                "an allow at every level",
                scps(json!([[allow("*")], [allow("*")], [allow("s3:*")]])),
                own(),
                YES,
            ),
            (
                "a level without one",
                scps(json!([[allow("*")], [allow("ec2:*")], [allow("*")]])),
                own(),
                NO,
            ),
            (
                "a level may allow by one of several",
                scps(json!([[allow("ec2:*"), allow("s3:*")]])),
                own(),
                YES,
            ),
            (
                "a level with none attached",
                scps(json!([[allow("*")], []])),
                own(),
                NO,
            ),
            (
                "a deny at the root",
                scps(json!([[allow("*"), deny("s3:*")], [allow("*")]])),
                own(),
                DENIED,
            ),
            (
                "a deny at the account",
                scps(json!([[allow("*")], [allow("*"), deny("s3:Get*")]])),
                own(),
                DENIED,
            ),
            ("no SCPs are in force", scps(json!([])), own(), YES),
            (
                "SCPs bind the root user",
                scps(json!([[allow("*"), deny("s3:*")]])),
                json!({"CallerArn": ROOT}),
                DENIED,
            ),
            (
                "… also by silence",
                scps(json!([[allow("ec2:*")]])),
                json!({"CallerArn": ROOT}),
                NO,
            ),
            (
                "they bind what a resource's policy grants",
                scps(json!([[allow("ec2:*")]])),
                json!({"ResourcePolicy": open_to(json!({"AWS": SESSION}))}),
                NO,
            ),
            ("they do not bind services", scps(json!([[]])), service, YES),
            ("nor anonymous callers", scps(json!([[]])), anonymous, YES),
        ],
    );
    let one = |statement: Value| scps(json!([[allow("*"), policy(json!([statement]))]]));
    let only = |statement: Value| scps(json!([[policy(json!([statement]))]]));
    let in_region = |region: &str| {
        let mut request = keys(json!({ "aws:RequestedRegion": region }));
        request["PolicyInputList"] = json!([allow("*")]);
        request
    };
    let lock = json!({"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}});
    check(
        "orgs_manage_policies_scps_syntax",
        &[
            (
                "a region lock, inside",
                one(lock.clone()),
                in_region("eu-west-1"),
                YES,
            ),
            (
                "a region lock, outside",
                one(lock.clone()),
                in_region("us-east-1"),
                DENIED,
            ),
            (
                "a region lock, an action left out",
                one(lock.clone()),
                json!({"ActionNames": ["iam:GetRole"], "PolicyInputList": [allow("*")]}),
                YES,
            ),
            (
                "a region that is not known",
                one(lock),
                json!({"PolicyInputList": [allow("*")], "ContextComplete": false}),
                OPEN,
            ),
            (
                "an allow on a resource",
                only(json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/*"})),
                own(),
                YES,
            ),
            (
                "an allow on another",
                only(json!({"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::c/*"})),
                own(),
                NO,
            ),
            (
                "an allow of all but",
                only(json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})),
                own(),
                NO,
            ),
            (
                "an allow under a condition that is not met",
                only(json!({"Effect": "Allow", "Action": "*", "Resource": "*",
                "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}}})),
                own(),
                NO,
            ),
        ],
    );
}

#[test]
fn resource_control_policies() {
    let outside = json!([[policy(
        json!([{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}])
    )]]);
    let of_org = |id: &str| {
        let mut request =
            keys(json!({"aws:PrincipalOrgID": id, "aws:PrincipalIsAWSService": "false"}));
        request["PolicyInputList"] = json!([allow("*")]);
        request
    };
    let service = |flag: &str| {
        let mut request = keys(json!({ "aws:PrincipalIsAWSService": flag }));
        request["CallerService"] = json!("logging.s3.amazonaws.com");
        request["ResourcePolicy"] = open_to(json!({"Service": "logging.s3.amazonaws.com"}));
        request
    };
    check(
        "orgs_manage_policies_rcps_evaluation",
        &[
            (
                "RCPFullAWSAccess cannot be detached",
                rcps(json!([[], []])),
                own(),
                YES,
            ),
            (
                "it grants nothing",
                rcps(json!([[open_to(json!("*"))]])),
                none(),
                NO,
            ),
            (
                "a deny at any level",
                rcps(json!([[open_to(json!("*"))], [closed_to(json!("*"))]])),
                own(),
                DENIED,
            ),
            (
                "it binds the root user",
                rcps(json!([[closed_to(json!("*"))]])),
                json!({"CallerArn": ROOT}),
                DENIED,
            ),
            (
                "it binds callers from elsewhere",
                rcps(json!([[closed_to(json!("*"))]])),
                json!({"CallerArn": OTHER, "PolicyInputList": [allow("*")], "ResourcePolicy": open_to(json!({"AWS": OTHER}))}),
                DENIED,
            ),
            (
                "it binds anonymous callers",
                rcps(json!([[closed_to(json!("*"))]])),
                json!({"CallerAnonymous": true, "ResourcePolicy": open_to(json!("*"))}),
                DENIED,
            ),
            (
                "the perimeter, inside",
                rcps(outside.clone()),
                of_org("o-1"),
                YES,
            ),
            (
                "the perimeter, outside",
                rcps(outside.clone()),
                of_org("o-2"),
                DENIED,
            ),
            (
                "the perimeter spares AWS's services",
                rcps(outside.clone()),
                service("true"),
                YES,
            ),
            (
                "the perimeter, an account of no organisation",
                rcps(outside),
                own(),
                DENIED,
            ),
        ],
    );
}

#[test]
fn services_that_rcps_cover() {
    let everything = || rcps(json!([[closed_to(json!("*"))]]));
    let asked = |action: &str, resource: &str| {
        let mut request = own();
        request["ActionNames"] = json!([action]);
        request["ResourceArns"] = json!([resource]);
        request
    };
    let key = "arn:aws:kms:eu-west-1:111111111111:key/1";
    let mut of_key = asked("kms:RetireGrant", key);
    of_key["ResourcePolicy"] = open_to(json!({"AWS": ROOT}));
    let mut decrypt = of_key.clone();
    decrypt["ActionNames"] = json!(["kms:Decrypt"]);
    let mut token = json!({"CallerFederated": "arn:aws:iam::111111111111:oidc-provider/x", "ActionNames": ["sts:AssumeRoleWithWebIdentity"],
        "ResourceArns": [ROLE]});
    token["ResourcePolicy"] = trust(
        json!({"Federated": "arn:aws:iam::111111111111:oidc-provider/x"}),
        "sts:AssumeRoleWithWebIdentity",
    );
    check(
        "orgs_manage_policies_rcps#rcp-supported-services",
        &[
            (
                "S3",
                everything(),
                asked("s3:GetObject", "arn:aws:s3:::b/k"),
                DENIED,
            ),
            ("STS", everything(), token, DENIED),
            ("KMS", everything(), decrypt, DENIED),
            (
                "SQS",
                everything(),
                asked("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111111111111:q"),
                DENIED,
            ),
            (
                "Secrets Manager",
                everything(),
                asked(
                    "secretsmanager:GetSecretValue",
                    "arn:aws:secretsmanager:eu-west-1:111111111111:secret:s-a1b2c3",
                ),
                DENIED,
            ),
            (
                "ECR",
                everything(),
                asked(
                    "ecr:BatchGetImage",
                    "arn:aws:ecr:eu-west-1:111111111111:repository/r",
                ),
                DENIED,
            ),
            (
                "not EC2",
                everything(),
                asked(
                    "ec2:StartInstances",
                    "arn:aws:ec2:eu-west-1:111111111111:instance/i-1",
                ),
                YES,
            ),
            ("not IAM", everything(), asked("iam:GetRole", ROLE), YES),
            ("not the retiring of a KMS grant", everything(), of_key, YES),
        ],
    );
}

#[test]
fn endpoint_policies() {
    let through = |document: Value| json!({ "VpcEndpointPolicyInputList": [document] });
    let only_role = policy(
        json!([{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}}}]),
    );
    let bucket = policy(
        json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]),
    );
    check(
        "vpc-endpoints-access",
        &[
            (
                "the default policy allows everything",
                through(open_to(json!("*"))),
                own(),
                YES,
            ),
            (
                "it overrides no identity policy",
                through(open_to(json!("*"))),
                none(),
                NO,
            ),
            ("it limits to buckets", through(bucket.clone()), own(), YES),
            (
                "… other buckets are out",
                through(bucket),
                json!({"PolicyInputList": [allow("*")], "ResourceArns": ["arn:aws:s3:::c/k"]}),
                NO,
            ),
            (
                "it limits to principals by aws:PrincipalArn",
                through(only_role.clone()),
                own(),
                YES,
            ),
            (
                "… others are out",
                through(only_role),
                json!({"PolicyInputList": [allow("*")], "CallerArn": USER}),
                NO,
            ),
            (
                "it limits what a resource's policy grants",
                through(open_to(json!({"AWS": OTHER}))),
                json!({"ResourcePolicy": open_to(json!({"AWS": SESSION}))}),
                NO,
            ),
            (
                "NotPrincipal in it denies whoever has a boundary",
                through(policy(json!([
                {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "NotPrincipal": {"AWS": [USER, ROOT]}, "Action": "*", "Resource": "*"}]))),
                json!({"PolicyInputList": [allow("*")], "CallerArn": USER, "PermissionsBoundaryPolicyInputList": [allow("*")]}),
                DENIED,
            ),
        ],
    );
}

#[test]
fn organisation_keys_of_policies() {
    let bucket = policy(
        json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}]),
    );
    let paths = policy(
        json!([{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*",
        "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-a/*"}}}]),
    );
    let member = |document: &Value, entries: Value| {
        let mut request = keys(entries);
        request["ResourcePolicy"] = document.clone();
        request["CallerArn"] = json!(OTHER);
        request["PolicyInputList"] = json!([allow("s3:*")]);
        request
    };
    check(
        "reference_policies_condition-keys#condition-keys-principalorgid",
        &[
            (
                "a member's account",
                member(&bucket, json!({"aws:PrincipalOrgID": "o-1"})),
                none(),
                YES,
            ),
            (
                "another organisation's",
                member(&bucket, json!({"aws:PrincipalOrgID": "o-2"})),
                none(),
                NO,
            ),
            (
                "one without an organisation",
                member(&bucket, json!({})),
                none(),
                NO,
            ),
            (
                "a path below",
                member(
                    &paths,
                    json!({"aws:PrincipalOrgPaths": ["o-1/r-1/ou-a/ou-b/"]}),
                ),
                none(),
                YES,
            ),
            (
                "a path beside",
                member(&paths, json!({"aws:PrincipalOrgPaths": ["o-1/r-1/ou-c/"]})),
                none(),
                NO,
            ),
        ],
    );
}
