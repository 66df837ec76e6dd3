//! IAM User Guide, "AWS global condition context keys", "Policy variables: Principal key values", and what is
//! known of any request that a principal makes itself.

use eks_auditor::iam::condition::{Condition, Operator};
use eks_auditor::iam::context::Context;
use eks_auditor::iam::principal::Principal;
use eks_auditor::iam::truth::Truth;
use serde_json::{Value, json};

use super::iam_documentation::*;

fn none() -> Value {
    json!({})
}

#[test]
fn keys_that_follow_from_the_caller() {
    let under = |operator: &str, key: &str, value: &str, caller: &str| {
        let mut request = super::iam_documentation::under(json!({operator: {key: value}}), none());
        request["CallerArn"] = json!(caller);
        if caller == FEDERATED {
            request["SessionPolicyInputList"] = json!([allow("*")]);
        }
        request
    };
    let arn = "aws:PrincipalArn";
    let kind = "aws:PrincipalType";
    let path = "arn:aws:iam::111111111111:role/team/app";
    let mut given = under("ArnEquals", arn, path, SESSION);
    given["ContextEntries"] = keys(json!({ arn: path }))["ContextEntries"].clone();
    let anonymous = json!({"CallerAnonymous": true, "ResourcePolicy": policy(json!([{"Effect": "Allow", "Principal": "*", "Action": "*",
        "Resource": "*", "Condition": {"StringNotEquals": {arn: ROLE}}}]))});
    check(
        "reference_policies_condition-keys",
        &[
            (
                "of a role's session it is the role",
                under("ArnEquals", arn, ROLE, SESSION),
                none(),
                YES,
            ),
            (
                "… not the session",
                under("ArnEquals", arn, SESSION, SESSION),
                none(),
                NO,
            ),
            (
                "… as text",
                under("StringLike", arn, "arn:aws:iam::*:role/a*", SESSION),
                none(),
                YES,
            ),
            ("… with the path where it is given", given, none(), YES),
            (
                "of a user it is the user",
                under("ArnEquals", arn, USER, USER),
                none(),
                YES,
            ),
            (
                "of a federated user it is the session",
                under("ArnEquals", arn, FEDERATED, FEDERATED),
                none(),
                YES,
            ),
            (
                "of root it is root",
                under("ArnEquals", arn, ROOT, ROOT),
                none(),
                YES,
            ),
            ("anonymous callers have none", anonymous, none(), YES),
            (
                "the account",
                under("StringEquals", "aws:PrincipalAccount", ACCOUNT, SESSION),
                none(),
                YES,
            ),
            (
                "a role is AssumedRole",
                under("StringEquals", kind, "AssumedRole", SESSION),
                none(),
                YES,
            ),
            (
                "a user is User",
                under("StringEquals", kind, "User", USER),
                none(),
                YES,
            ),
            (
                "a federated user is FederatedUser",
                under("StringEquals", kind, "FederatedUser", FEDERATED),
                none(),
                YES,
            ),
            (
                "the resource's account",
                under("StringEquals", "aws:ResourceAccount", ACCOUNT, SESSION),
                none(),
                YES,
            ),
            (
                "… another's",
                under(
                    "StringEquals",
                    "aws:ResourceAccount",
                    "222222222222",
                    SESSION,
                ),
                none(),
                NO,
            ),
        ],
    );
}

#[test]
fn keys_that_are_given() {
    let mfa = || json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let no_mfa = |operator: &str| {
        json!({"PolicyInputList": [allow("*"), policy(json!([{"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {operator: {"aws:MultiFactorAuthPresent": "false"}}}]))]})
    };
    let present = |value: &str| keys(json!({ "aws:MultiFactorAuthPresent": value }));
    let network = || json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "Bool": {"aws:ViaAWSService": "false"}});
    let outside = || json!({"PolicyInputList": [allow("*"), policy(json!([{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": network()}]))]});
    let from = |ip: &str, via: &str| keys(json!({"aws:SourceIp": ip, "aws:ViaAWSService": via}));
    let vpc = || json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}});
    let called =
        || json!({"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}});
    let tagged = || json!({"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}});
    check(
        "reference_policies_condition-keys",
        &[
            (
                "long-term keys have no MFA key: not allowed",
                under(mfa(), none()),
                none(),
                NO,
            ),
            ("… and Bool does not deny them", no_mfa("Bool"), none(), YES),
            (
                "… but BoolIfExists does",
                no_mfa("BoolIfExists"),
                none(),
                DENIED,
            ),
            (
                "temporary ones without MFA are denied",
                no_mfa("Bool"),
                present("false"),
                DENIED,
            ),
            (
                "… with MFA are not",
                no_mfa("BoolIfExists"),
                present("true"),
                YES,
            ),
            (
                "outside the network",
                outside(),
                from("198.51.100.1", "false"),
                DENIED,
            ),
            ("inside", outside(), from("203.0.113.9", "false"), YES),
            (
                "by a service on one's behalf",
                outside(),
                from("198.51.100.1", "true"),
                YES,
            ),
            (
                "through the endpoint",
                under(vpc(), json!({"aws:SourceVpce": "vpce-1"})),
                none(),
                YES,
            ),
            ("through no endpoint", under(vpc(), none()), none(), NO),
            (
                "through a service",
                under(
                    called(),
                    json!({"aws:CalledVia": ["cloudformation.amazonaws.com", "dynamodb.amazonaws.com"]}),
                ),
                none(),
                YES,
            ),
            ("directly", under(called(), none()), none(), NO),
            (
                "the same tag",
                under(
                    tagged(),
                    json!({"aws:ResourceTag/team": "red", "aws:PrincipalTag/team": "red"}),
                ),
                none(),
                YES,
            ),
            (
                "another",
                under(
                    tagged(),
                    json!({"aws:ResourceTag/team": "red", "aws:PrincipalTag/team": "blue"}),
                ),
                none(),
                NO,
            ),
            (
                "a principal without it",
                under(tagged(), json!({"aws:ResourceTag/team": "red"})),
                none(),
                NO,
            ),
            (
                "two principals' tags",
                under(
                    json!({"StringEquals": {"aws:PrincipalTag/a": "1", "aws:PrincipalTag/b": "2"}}),
                    json!({"aws:PrincipalTag/a": "1", "aws:PrincipalTag/b": "2"}),
                ),
                none(),
                YES,
            ),
            (
                "a region",
                under(
                    json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
                    json!({"aws:RequestedRegion": "eu-west-1"}),
                ),
                none(),
                YES,
            ),
            (
                "a service's source",
                json!({"CallerService": "sns.amazonaws.com", "ResourcePolicy": policy(json!([{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}]))}),
                keys(json!({"aws:SourceAccount": ACCOUNT})),
                YES,
            ),
        ],
    );
}

/// Whether a condition holds for what is known of every request that a principal makes itself.
fn known(context: &Context, rows: &[(&str, &str, &str, Truth)]) {
    for (operator, key, value, want) in rows {
        let condition = Condition::new(Operator::parse(operator), key, &json!(value), true);
        assert_eq!(condition.holds(context), *want, "{operator} {key} {value}");
    }
}

#[test]
fn what_is_known_of_a_principals_own_requests() {
    use Truth::{No, Unknown, Yes};
    let from = "2026-11-24T00:00:00Z".parse().unwrap();
    let with_id = |arn: &str, id: &str| Principal {
        unique_id: Some(id.into()),
        ..Principal::from_arn(arn).unwrap()
    };
    let both = [
        ("Bool", "aws:SecureTransport", "true", Yes),
        ("Bool", "aws:SecureTransport", "false", No),
        ("Bool", "aws:ViaAWSService", "false", Yes),
        ("Bool", "aws:PrincipalIsAWSService", "false", Yes),
        ("Null", "aws:PrincipalServiceName", "true", Yes),
        ("Null", "aws:CalledVia", "true", Yes),
        ("StringEquals", "aws:SourceAccount", ACCOUNT, No),
        ("ArnLike", "aws:SourceArn", "*", No),
        ("StringEquals", "aws:PrincipalTag/team", "red", Yes),
        ("Null", "aws:PrincipalTag/other", "true", Yes),
        ("StringEquals", "aws:SourceVpc", "vpc-1", Unknown),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", Unknown),
        ("StringEquals", "aws:RequestedRegion", "eu-west-1", Unknown),
        ("Null", "aws:PrincipalOrgID", "true", Unknown),
        (
            "DateLessThan",
            "aws:CurrentTime",
            "2026-01-01T00:00:00Z",
            No,
        ),
        (
            "DateGreaterThan",
            "aws:CurrentTime",
            "2026-01-01T00:00:00Z",
            Yes,
        ),
        (
            "DateLessThan",
            "aws:CurrentTime",
            "2027-01-01T00:00:00Z",
            Unknown,
        ),
        ("NumericLessThan", "aws:EpochTime", "1700000000", No),
        ("DateLessThan", "aws:EpochTime", "2026-01-01T00:00:00Z", No),
    ];
    let role = with_id(ROLE, "AROA1").context(from, [("team", "red")]);
    known(&role, &both);
    known(
        &role,
        &[
            ("StringLike", "aws:userid", "AROA1:*", Yes),
            ("StringLike", "aws:userid", "AROA2:*", No),
            ("StringNotLike", "aws:userid", "AROA1:*", No),
            ("StringEquals", "aws:userid", "AROA1:s1", Unknown),
            ("Null", "aws:username", "true", Yes),
            ("Bool", "aws:MultiFactorAuthPresent", "true", No),
            ("BoolIfExists", "aws:MultiFactorAuthPresent", "true", Yes),
            ("Null", "aws:MultiFactorAuthAge", "true", Yes),
            (
                "DateLessThan",
                "aws:TokenIssueTime",
                "2026-06-01T00:00:00Z",
                No,
            ),
            ("Null", "aws:TokenIssueTime", "false", Yes),
            ("StringEquals", "aws:SourceIdentity", "ann", Unknown),
        ],
    );
    let user = with_id(USER, "AIDA1").context(from, [("team", "red")]);
    known(&user, &both);
    known(
        &user,
        &[
            ("StringEquals", "aws:userid", "AIDA1", Yes),
            ("StringEquals", "aws:username", "ann", Yes),
            ("Bool", "aws:MultiFactorAuthPresent", "true", Unknown),
            ("Null", "aws:TokenIssueTime", "true", Yes),
            ("Null", "aws:SourceIdentity", "true", Yes),
        ],
    );
    let session = with_id(SESSION, "AROA1").context(from, []);
    known(&session, &[("StringEquals", "aws:userid", "AROA1:s1", Yes)]);
    let root = Principal::from_arn(ROOT).unwrap().context(from, []);
    known(
        &root,
        &[
            ("StringEquals", "aws:userid", ACCOUNT, Yes),
            ("Null", "aws:username", "true", Yes),
        ],
    );
    let federated = Principal::from_arn(FEDERATED).unwrap().context(from, []);
    known(
        &federated,
        &[("StringEquals", "aws:userid", "111111111111:ann", Yes)],
    );
}
