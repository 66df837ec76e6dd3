//! The evaluation logic, a table of cases for each page of the documentation that makes a claim.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use eks_auditor::iam::simulate::{simulate, simulate_line};
use serde_json::{Value, json};

const ACCOUNT: &str = "111111111111";
const ROLE: &str = "arn:aws:iam::111111111111:role/app";
const SESSION: &str = "arn:aws:sts::111111111111:assumed-role/app/s1";
const USER: &str = "arn:aws:iam::111111111111:user/ann";
const OTHER: &str = "arn:aws:iam::222222222222:role/other";
const ROOT: &str = "arn:aws:iam::111111111111:root";

fn statement(effect: &str, action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource}]})
}

fn allow(action: &str) -> Value {
    statement("Allow", action, "*")
}

fn deny(action: &str) -> Value {
    statement("Deny", action, "*")
}

/// A resource policy for this principal.
fn opened_to(principal: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}]})
}

fn ask(mut request: Value, more: Value) -> Value {
    let defaults = json!({"ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::b/k"],
        "ResourceOwner": ACCOUNT, "CallerArn": SESSION, "ContextComplete": true});
    let object = request.as_object_mut().unwrap();
    for source in [more, defaults] {
        for (key, value) in source.as_object().unwrap() {
            object.entry(key).or_insert_with(|| value.clone());
        }
    }
    simulate(&request).unwrap()["EvaluationResults"][0].clone()
}

#[track_caller]
fn check(page: &str, cases: &[(&str, Value, &str)]) {
    for (claim, request, want) in cases {
        let answer = ask(request.clone(), json!({}));
        assert_eq!(answer["EvalDecision"], *want, "{page}: {claim}\n{answer}");
    }
}

/// Resource control policies, of every action and caller.
fn no_one(action: &str) -> Value {
    json!([[{"Version": "2012-10-17", "Statement":
        {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"}}]])
}

#[test]
fn what_resource_control_policies_bind() {
    let open = opened_to(json!("*"));
    let slr = "arn:aws:iam::111111111111:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS";
    let trusts = opened_to(json!({"Service": "eks.amazonaws.com"}));
    check(
        "orgs_manage_policies_rcps",
        &[
            (
                "principals of other accounts",
                json!({"CallerArn": OTHER, "PolicyInputList": [allow("*")], "ResourcePolicy": open,
                    "ResourceControlPolicyInputList": no_one("s3:*")}),
                "explicitDeny",
            ),
            (
                "nobody",
                json!({"CallerArn": null, "CallerAnonymous": true, "ResourcePolicy": open,
                    "ResourceControlPolicyInputList": no_one("s3:*")}),
                "explicitDeny",
            ),
            (
                "root users",
                json!({"CallerArn": ROOT, "ResourceControlPolicyInputList": no_one("s3:*")}),
                "explicitDeny",
            ),
            (
                "any level takes away",
                json!({"PolicyInputList": [allow("*")], "ResourceControlPolicyInputList":
                    [[], no_one("s3:*")[0], []]}),
                "explicitDeny",
            ),
            (
                "only the services on the list",
                json!({"PolicyInputList": [allow("*")], "ActionNames": ["ec2:RunInstances"], "ResourceArns": ["*"],
                    "ResourceControlPolicyInputList": no_one("*")}),
                "allowed",
            ),
            (
                "no calls of service-linked roles",
                json!({"CallerArn": slr, "PolicyInputList": [allow("*")],
                    "ResourceControlPolicyInputList": no_one("*")}),
                "allowed",
            ),
            (
                "nor who assumes them",
                json!({"CallerArn": null, "CallerService": "eks.amazonaws.com", "ActionNames": ["sts:AssumeRole"],
                    "ResourceArns": [slr], "ResourcePolicy": trusts,
                    "ResourceControlPolicyInputList": no_one("*")}),
                "allowed",
            ),
            (
                "… as they would other roles",
                json!({"CallerArn": null, "CallerService": "eks.amazonaws.com", "ActionNames": ["sts:AssumeRole"],
                    "ResourceArns": [ROLE], "ResourcePolicy": trusts,
                    "ResourceControlPolicyInputList": no_one("*")}),
                "explicitDeny",
            ),
            (
                "nor kms:RetireGrant",
                json!({"PolicyInputList": [allow("*")], "ResourcePolicy": opened_to(json!({"AWS": ROOT})),
                    "ActionNames": ["kms:RetireGrant"],
                    "ResourceArns": ["arn:aws:kms:eu-west-1:111111111111:key/k"],
                    "ResourceControlPolicyInputList": no_one("*")}),
                "allowed",
            ),
        ],
    );
}

#[test]
fn how_enforcement_code_decides() {
    check(
        "reference_policies_evaluation-logic_policy-eval-denyallow",
        &[
            (
                "by default, all requests are implicitly denied",
                json!({}),
                "implicitDeny",
            ),
            (
                "an identity policy that allows is enough",
                json!({"PolicyInputList": [allow("s3:*")]}),
                "allowed",
            ),
            (
                "an explicit deny overrides an allow",
                json!({"PolicyInputList": [allow("s3:*"), deny("s3:GetObject")]}),
                "explicitDeny",
            ),
            (
                "a deny in the resource policy",
                json!({"PolicyInputList": [allow("*")], "ResourcePolicy": {"Version": "2012-10-17", "Statement":
                    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}}),
                "explicitDeny",
            ),
            (
                "an SCP that does not allow",
                json!({"PolicyInputList": [allow("*")], "ServiceControlPolicyInputList": [[allow("ec2:*")]]}),
                "implicitDeny",
            ),
            (
                "each level of SCPs has to allow",
                json!({"PolicyInputList": [allow("*")],
                    "ServiceControlPolicyInputList": [[allow("*")], [allow("ec2:*"), allow("s3:*")], [allow("*")]]}),
                "allowed",
            ),
            (
                "… and an empty level allows nothing",
                json!({"PolicyInputList": [allow("*")], "ServiceControlPolicyInputList": [[allow("*")], []]}),
                "implicitDeny",
            ),
            (
                "RCPFullAWSAccess cannot be detached: only denies count",
                json!({"PolicyInputList": [allow("*")], "ResourceControlPolicyInputList": [[]]}),
                "allowed",
            ),
            (
                "a deny in an RCP",
                json!({"PolicyInputList": [allow("*")], "ResourceControlPolicyInputList": [[{"Version": "2012-10-17",
                    "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}}]]}),
                "explicitDeny",
            ),
            (
                "a boundary that does not allow",
                json!({"PolicyInputList": [allow("*")], "PermissionsBoundaryPolicyInputList": [allow("ec2:*")]}),
                "implicitDeny",
            ),
            (
                "a session policy that does not allow",
                json!({"PolicyInputList": [allow("*")], "SessionPolicyInputList": [allow("ec2:*")]}),
                "implicitDeny",
            ),
            (
                "an endpoint policy that does not allow",
                json!({"PolicyInputList": [allow("*")], "VpcEndpointPolicyInputList": [opened_to(json!({"AWS": OTHER}))]}),
                "implicitDeny",
            ),
            (
                "the account's root user has full access",
                json!({"CallerArn": ROOT}),
                "allowed",
            ),
            (
                "… but SCPs bind it",
                json!({"CallerArn": ROOT, "ServiceControlPolicyInputList": [[allow("*"), deny("s3:*")]]}),
                "explicitDeny",
            ),
            (
                "no permissions are required for GetCallerIdentity, even with a deny",
                json!({"ActionNames": ["sts:GetCallerIdentity"], "ResourceArns": ["*"], "PolicyInputList": [deny("*")]}),
                "allowed",
            ),
        ],
    );
}

#[test]
fn resource_policies_in_one_account() {
    let boundary = json!({"PermissionsBoundaryPolicyInputList": [allow("ec2:*")]});
    let session = json!({"SessionPolicyInputList": [allow("ec2:*")]});
    let cases = [
        // The principal in the policy, the caller, nothing else; with a boundary that does not allow; with
        // a session policy that does not.
        (
            json!({"AWS": USER}),
            USER,
            ["allowed", "allowed", "allowed"],
        ),
        (
            json!({"AWS": ROLE}),
            SESSION,
            ["allowed", "implicitDeny", "implicitDeny"],
        ),
        (
            json!({"AWS": ROLE}),
            ROLE,
            ["allowed", "implicitDeny", "implicitDeny"],
        ),
        (
            json!({"AWS": SESSION}),
            SESSION,
            ["allowed", "allowed", "allowed"],
        ),
        (
            json!({"AWS": ROOT}),
            SESSION,
            ["implicitDeny", "implicitDeny", "implicitDeny"],
        ),
        (
            json!({"AWS": ACCOUNT}),
            USER,
            ["implicitDeny", "implicitDeny", "implicitDeny"],
        ),
        (json!("*"), SESSION, ["allowed", "allowed", "allowed"]),
        (json!({"AWS": "*"}), USER, ["allowed", "allowed", "allowed"]),
        // Another session, another role.
        (
            json!({"AWS": "arn:aws:sts::111111111111:assumed-role/app/s2"}),
            SESSION,
            ["implicitDeny"; 3],
        ),
        (
            json!({"AWS": "arn:aws:iam::111111111111:role/app2"}),
            SESSION,
            ["implicitDeny"; 3],
        ),
        // What is left of a deleted principal names nobody.
        (
            json!({"AWS": "AROA1234567890EXAMPLE"}),
            SESSION,
            ["implicitDeny"; 3],
        ),
        // A wildcard in part of an ARN is none.
        (
            json!({"AWS": "arn:aws:iam::111111111111:role/*"}),
            SESSION,
            ["implicitDeny"; 3],
        ),
        // A role stands for any session of it: one that is named may be meant.
        (json!({"AWS": SESSION}), ROLE, ["conditional"; 3]),
    ];
    for (principal, caller, want) in cases {
        let request = json!({"CallerArn": caller, "ResourcePolicy": opened_to(principal.clone())});
        for (more, want) in [json!({}), boundary.clone(), session.clone()]
            .into_iter()
            .zip(want)
        {
            let answer = ask(request.clone(), more.clone());
            assert_eq!(
                answer["EvalDecision"], want,
                "{principal} for {caller} with {more}\n{answer}"
            );
        }
    }
}

#[test]
fn across_accounts() {
    let both = |principal: Value| json!({"CallerArn": OTHER, "PolicyInputList": [allow("*")], "ResourcePolicy": opened_to(principal)});
    check(
        "reference_policies_evaluation-logic-cross-account",
        &[
            (
                "both accounts have to allow: the account is named",
                both(json!({"AWS": "222222222222"})),
                "allowed",
            ),
            ("the role is named", both(json!({"AWS": OTHER})), "allowed"),
            ("everybody is named", both(json!("*")), "allowed"),
            (
                "another account is named",
                both(json!({"AWS": "333333333333"})),
                "implicitDeny",
            ),
            (
                "no identity policy",
                json!({"CallerArn": OTHER, "ResourcePolicy": opened_to(json!({"AWS": OTHER}))}),
                "implicitDeny",
            ),
            (
                "no resource policy",
                json!({"CallerArn": OTHER, "PolicyInputList": [allow("*")]}),
                "implicitDeny",
            ),
            (
                "the boundary of the caller",
                json!({"CallerArn": OTHER, "PolicyInputList": [allow("*")],
                    "PermissionsBoundaryPolicyInputList": [allow("ec2:*")], "ResourcePolicy": opened_to(json!({"AWS": OTHER}))}),
                "implicitDeny",
            ),
        ],
    );
}

#[test]
fn keys_and_roles_are_opened_by_their_own_policy() {
    let key = "arn:aws:kms:eu-west-1:111111111111:key/1234";
    let kms = |policy: Value, identity: Value| json!({"ActionNames": ["kms:Decrypt"], "ResourceArns": [key], "ResourcePolicy": policy, "PolicyInputList": identity});
    check(
        "kms: key-policies",
        &[
            (
                "the key policy delegates to the account",
                kms(opened_to(json!({"AWS": ROOT})), json!([allow("kms:*")])),
                "allowed",
            ),
            (
                "without an identity policy that is not enough",
                kms(opened_to(json!({"AWS": ROOT})), json!([])),
                "implicitDeny",
            ),
            (
                "unless the key policy allows it, an identity policy has no effect",
                kms(
                    opened_to(json!({"AWS": "arn:aws:iam::111111111111:role/admin"})),
                    json!([allow("*")]),
                ),
                "implicitDeny",
            ),
            (
                "the key policy names the role",
                kms(opened_to(json!({"AWS": ROLE})), json!([])),
                "allowed",
            ),
            (
                "an action without a key needs none",
                json!({"ActionNames": ["kms:ListKeys"], "ResourceArns": ["*"], "PolicyInputList": [allow("kms:*")]}),
                "allowed",
            ),
        ],
    );
    let trust = |policy: Value, identity: Value| {
        json!({"ActionNames": ["sts:AssumeRole"], "ResourceArns": ["arn:aws:iam::111111111111:role/t"],
            "ResourcePolicy": policy, "PolicyInputList": identity})
    };
    check(
        "id_roles: trust policies",
        &[
            (
                "no trust policy",
                trust(Value::Null, json!([allow("*")])),
                "implicitDeny",
            ),
            (
                "the trust names the account, the identity allows",
                trust(opened_to(json!({"AWS": ACCOUNT})), json!([allow("sts:*")])),
                "allowed",
            ),
            (
                "the trust names the account only",
                trust(opened_to(json!({"AWS": ACCOUNT})), json!([])),
                "implicitDeny",
            ),
            (
                "the trust names the role",
                trust(opened_to(json!({"AWS": ROLE})), json!([])),
                "allowed",
            ),
        ],
    );
}

#[test]
fn elements() {
    let identity = |statement: Value| json!({"PolicyInputList": [{"Version": "2012-10-17", "Statement": statement}]});
    let on = |resource: &str, asked: &str| {
        let mut request = identity(json!({"Effect": "Allow", "Action": "*", "Resource": resource}));
        request["ResourceArns"] = json!([asked]);
        request
    };
    check(
        "reference_policies_elements",
        &[
            (
                "actions are without regard to case",
                identity(json!({"Effect": "Allow", "Action": "S3:getobject", "Resource": "*"})),
                "allowed",
            ),
            (
                "NotAction",
                identity(json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
                "allowed",
            ),
            (
                "NotAction that names it",
                identity(
                    json!({"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"], "Resource": "*"}),
                ),
                "implicitDeny",
            ),
            (
                "NotResource",
                identity(
                    json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::c/*"}),
                ),
                "allowed",
            ),
            (
                "NotResource that names it",
                identity(
                    json!({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}),
                ),
                "implicitDeny",
            ),
            (
                "a statement without a resource",
                identity(json!({"Effect": "Allow", "Action": "*"})),
                "implicitDeny",
            ),
            (
                "a comma matches nothing",
                identity(
                    json!({"Effect": "Allow", "Action": "s3:GetObject,s3:PutObject", "Resource": "*"}),
                ),
                "implicitDeny",
            ),
            (
                "a blank matches nothing",
                identity(json!({"Effect": "Allow", "Action": " s3:GetObject", "Resource": "*"})),
                "implicitDeny",
            ),
            (
                "… and its NotAction everything",
                identity(json!({"Effect": "Allow", "NotAction": "s3:GetObject ", "Resource": "*"})),
                "allowed",
            ),
            (
                "no wildcard for the service",
                identity(json!({"Effect": "Allow", "Action": "*:GetObject", "Resource": "*"})),
                "implicitDeny",
            ),
            (
                "resources are with regard to case",
                on("arn:aws:s3:::B/*", "arn:aws:s3:::b/k"),
                "implicitDeny",
            ),
            (
                "a wildcard goes over slashes and colons",
                on("arn:aws:s3:::b*", "arn:aws:s3:::b/x:y/z"),
                "allowed",
            ),
            (
                "a short ARN in an identity policy",
                on("arn:aws:s3", "arn:aws:s3:::b/k"),
                "allowed",
            ),
            (
                "a short ARN of another service",
                on("arn:aws:sqs", "arn:aws:s3:::b/k"),
                "implicitDeny",
            ),
        ],
    );
    let short = |resource: &str| {
        json!({"ResourcePolicy": {"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "*", "Resource": resource}}})
    };
    check(
        "short ARNs in resource policies",
        &[
            (
                "without a wildcard it is itself",
                short("arn:aws:s3"),
                "implicitDeny",
            ),
            (
                "with one it stands for the rest",
                short("arn:aws:s?"),
                "allowed",
            ),
        ],
    );
}

#[test]
fn not_principal() {
    let resource = |listed: &[&str]| {
        json!({"PolicyInputList": [allow("*")], "ResourcePolicy": {"Version": "2012-10-17", "Statement":
            {"Effect": "Deny", "NotPrincipal": {"AWS": listed}, "Action": "*", "Resource": "*"}}})
    };
    let of_user = |listed: &[&str]| {
        let mut request = resource(listed);
        request["CallerArn"] = json!(USER);
        request
    };
    let mut bounded = of_user(&[USER, ROOT]);
    bounded["PermissionsBoundaryPolicyInputList"] = json!([allow("*")]);
    check(
        "reference_policies_elements_notprincipal",
        &[(
            "whoever has a boundary is always denied",
            bounded,
            "explicitDeny",
        )],
    );
    check(
        "reference_policies_elements_notprincipal",
        &[
            (
                "whoever is not listed is denied",
                of_user(&[OTHER]),
                "explicitDeny",
            ),
            (
                "the user and its account are listed",
                of_user(&[USER, ROOT]),
                "allowed",
            ),
            (
                "without the account, AWS might deny",
                of_user(&[USER]),
                "conditional",
            ),
            (
                "the account alone leaves out the root user alone",
                of_user(&[ROOT]),
                "explicitDeny",
            ),
            (
                "session, role and account are listed",
                resource(&[SESSION, ROLE, ROOT]),
                "allowed",
            ),
            (
                "the role without the session",
                resource(&[ROLE, ROOT]),
                "conditional",
            ),
            ("neither", resource(&[ROOT]), "explicitDeny"),
        ],
    );
}

#[test]
fn callers_that_are_no_principals_of_an_account() {
    let public = opened_to(json!("*"));
    check(
        "reference_policies_elements_principal",
        &[
            (
                "a statement without a principal means nobody",
                json!({"ResourcePolicy": allow("*")}),
                "implicitDeny",
            ),
            (
                "anonymous, * is everybody",
                json!({"CallerArn": null, "CallerAnonymous": true, "ResourcePolicy": public}),
                "allowed",
            ),
            (
                "anonymous, an account is not",
                json!({"CallerArn": null, "CallerAnonymous": true, "ResourcePolicy": opened_to(json!({"AWS": ACCOUNT}))}),
                "implicitDeny",
            ),
            (
                "a service by its name",
                json!({"CallerArn": null, "CallerService": "sns.amazonaws.com", "ResourcePolicy": opened_to(json!({"Service": "sns.amazonaws.com"}))}),
                "allowed",
            ),
            (
                "another service",
                json!({"CallerArn": null, "CallerService": "sns.amazonaws.com", "ResourcePolicy": opened_to(json!({"Service": "sqs.amazonaws.com"}))}),
                "implicitDeny",
            ),
            (
                "SCPs do not bind a service",
                json!({"CallerArn": null, "CallerService": "sns.amazonaws.com", "ResourcePolicy": opened_to(json!({"Service": "sns.amazonaws.com"})), "ServiceControlPolicyInputList": [[]]}),
                "allowed",
            ),
            (
                "nobody said: a principal that only * names",
                json!({"CallerArn": null, "ResourcePolicy": opened_to(json!({"AWS": ROLE}))}),
                "implicitDeny",
            ),
            (
                "… and * does",
                json!({"CallerArn": null, "ResourcePolicy": public}),
                "allowed",
            ),
        ],
    );
}

#[test]
fn a_session_has_its_roles_path_where_it_is_given() {
    let role = "arn:aws:iam::111111111111:role/team/app";
    let request = json!({"ResourcePolicy": opened_to(json!({"AWS": role}))});
    let given = json!({"ContextEntries": [{"ContextKeyName": "aws:PrincipalArn", "ContextKeyValues": [role]}]});
    assert_eq!(
        ask(request.clone(), json!({}))["EvalDecision"],
        "implicitDeny"
    );
    assert_eq!(ask(request, given)["EvalDecision"], "allowed");
}

#[test]
fn providers_of_tokens() {
    let trust = |provider: &str| {
        json!({"CallerArn": null, "CallerFederated": provider, "ActionNames": ["sts:AssumeRoleWithWebIdentity"],
            "ResourceArns": ["arn:aws:iam::111111111111:role/t"], "ResourcePolicy": {"Version": "2012-10-17", "Statement":
                {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}}})
    };
    check(
        "id_roles_providers_create_oidc",
        &[
            (
                "the role's own account's",
                trust("arn:aws:iam::111111111111:oidc-provider/x"),
                "allowed",
            ),
            (
                "another account's",
                trust("arn:aws:iam::222222222222:oidc-provider/x"),
                "implicitDeny",
            ),
            (
                "one that AWS knows by name",
                trust("cognito-identity.amazonaws.com"),
                "allowed",
            ),
        ],
    );
}

#[test]
fn what_is_not_known_is_conditional_and_said() {
    let only_vpc = json!({"Version": "2012-10-17", "Statement": [{"Sid": "Vpc", "Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-0abc"}}}]});
    let answer = ask(
        json!({"PolicyInputList": [only_vpc], "ContextComplete": false}),
        json!({}),
    );
    assert_eq!(answer["EvalDecision"], "conditional");
    assert_eq!(answer["Conditions"], json!(["only from vpc-0abc"]));
    assert_eq!(
        answer["MatchedStatements"],
        json!([{"SourcePolicyType": "identity", "SourcePolicyIndex": 0, "StatementIndex": 0, "Sid": "Vpc", "Effect": "Allow"}])
    );
    let settled = ask(
        json!({"PolicyInputList": [only_vpc, allow("s3:*")], "ContextComplete": false}),
        json!({}),
    );
    assert_eq!(
        settled["EvalDecision"], "allowed",
        "another statement allows without a condition"
    );
    assert_eq!(settled["Conditions"], json!([]));
}

#[test]
fn one_result_for_each_action_and_resource() {
    let request = json!({"PolicyInputList": [allow("s3:Get*")], "CallerArn": ROLE,
        "ActionNames": ["s3:GetObject", "s3:PutObject"], "ResourceArns": ["arn:aws:s3:::a", "arn:aws:s3:::b"]});
    let answer = simulate(&request).unwrap();
    let got: Vec<(&str, &str, &str)> = answer["EvaluationResults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            let text = |field: &str| r[field].as_str().unwrap();
            (
                text("EvalActionName"),
                text("EvalResourceName"),
                text("EvalDecision"),
            )
        })
        .collect();
    assert_eq!(
        got,
        [
            ("s3:GetObject", "arn:aws:s3:::a", "allowed"),
            ("s3:GetObject", "arn:aws:s3:::b", "allowed"),
            ("s3:PutObject", "arn:aws:s3:::a", "implicitDeny"),
            ("s3:PutObject", "arn:aws:s3:::b", "implicitDeny"),
        ]
    );
}

#[test]
fn a_line_that_is_no_request_is_an_error() {
    for line in [
        "not json",
        "[]",
        "{}",
        r#"{"ActionNames":[]}"#,
        r#"{"ActionNames":["s3:GetObject"],"PolicyInputList":["not a policy"]}"#,
        r#"{"ActionNames":["s3:GetObject"],"PolicyInputList":"{}"}"#,
        r#"{"ActionNames":["s3:GetObject"],"CallerArn":"nobody"}"#,
        r#"{"ActionNames":["s3:GetObject"],"ResourceOwner":"nobody"}"#,
        r#"{"ActionNames":["s3:GetObject"],"CallerArn":"arn:aws:iam::111111111111:role/a","CallerAnonymous":true}"#,
        r#"{"ActionNames":["s3:GetObject"],"ServiceControlPolicyInputList":[{}]}"#,
    ] {
        let (answer, fine) = simulate_line(line);
        let value: Value = serde_json::from_str(&answer).unwrap();
        assert!(!fine && value["Error"].is_string(), "{line} gives {answer}");
    }
    // Documents as texts, plain or URL-encoded, are fine.
    let encoded = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%7D";
    let line =
        json!({"ActionNames": ["s3:GetObject"], "CallerArn": ROLE, "PolicyInputList": [encoded]})
            .to_string();
    let (answer, fine) = simulate_line(&line);
    assert!(fine && answer.contains("\"allowed\""), "{answer}");
}

#[test]
fn what_aws_would_refuse_is_said() {
    let request = json!({"ActionNames": ["sts:AssumeRole"], "ResourceArns": ["arn:aws:iam::111111111111:role/t"], "CallerArn": ROLE,
        "ResourcePolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": USER}, "Action": "sts:AssumeRole",
            "Condition": {"StringSame": {"a": "b"}}}]}});
    let answer = simulate(&request).unwrap();
    let reasons: Vec<&str> = answer["InvalidStatements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["Reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        [
            "unknown condition operator StringSame",
            "NotPrincipal, which a trust policy cannot have"
        ]
    );
    assert_eq!(
        answer["EvaluationResults"][0]["EvalDecision"],
        "conditional"
    );
}
