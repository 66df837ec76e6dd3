//! What a person is told: what of a conditional decision is open, and what AWS would refuse (IAM User Guide,
//! "Grammar of the IAM JSON policy language", "IAM Access Analyzer policy checks").

use serde_json::{Value, json};

use super::iam_documentation::*;

/// What is open of a request of which nothing is known but what follows from its ARNs.
fn open(documents: Value, more: Value) -> Vec<String> {
    let mut request = json!({"PolicyInputList": documents, "ContextComplete": false});
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    let answer = ask(&request, &json!({}));
    let result = &answer["EvaluationResults"][0];
    assert_eq!(result["EvalDecision"], OPEN, "{request}");
    let list = result["Conditions"].as_array().unwrap();
    list.iter()
        .map(|c| c.as_str().unwrap().to_owned())
        .collect()
}

fn allowed_if(condition: Value) -> Value {
    policy(json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]))
}

fn denied_if(condition: Value) -> Value {
    policy(json!([{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}]))
}

#[test]
fn an_allow_under_a_condition() {
    for (condition, want) in [
        (
            json!({"StringEquals": {"aws:SourceVpc": "vpc-0abc"}}),
            "only from vpc-0abc",
        ),
        (
            json!({"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}),
            "only from vpce-1 or vpce-2",
        ),
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            "only with MFA",
        ),
        (
            json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}),
            "only within 3600 seconds of MFA",
        ),
        (
            json!({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.7"]}}),
            "only from 203.0.113.0/24 or 198.51.100.7",
        ),
        (
            json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            "only not from 203.0.113.0/24",
        ),
        (
            json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
            "only in eu-west-1",
        ),
        (
            json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            "only for principals of organisation o-1",
        ),
        (
            json!({"StringEquals": {"aws:ResourceOrgID": "o-1"}}),
            "only on resources of organisation o-1",
        ),
        (
            json!({"StringEquals": {"aws:PrincipalTag/team": "red"}}),
            "only if aws:PrincipalTag/team is red",
        ),
        (
            json!({"StringLike": {"s3:prefix": ["a/*", "b/*", "c"]}}),
            "only if s3:prefix is like a/*, b/* or c",
        ),
        (
            json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
            "only through s3.eu-west-1.amazonaws.com",
        ),
        (
            json!({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
            "only when passed to ec2.amazonaws.com",
        ),
        (
            json!({"StringEquals": {"sts:ExternalId": "x1"}}),
            "only with external id x1",
        ),
        (
            json!({"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}),
            "only until 2030-01-01T00:00:00Z",
        ),
        (
            json!({"Null": {"aws:ResourceTag/team": "false"}}),
            "only if aws:ResourceTag/team is set",
        ),
        (
            json!({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}),
            "only over TLS and from vpc-1",
        ),
        // What is known is taken away.
        (
            json!({"ArnLike": {"aws:PrincipalArn": ROLE}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}),
            "only from vpc-1",
        ),
    ] {
        assert_eq!(
            open(json!([allowed_if(condition.clone())]), json!({})),
            [want],
            "{condition}"
        );
    }
}

#[test]
fn a_deny_under_a_condition() {
    for (condition, want) in [
        (
            json!({"StringNotEquals": {"aws:SourceVpc": "vpc-0abc"}}),
            "only from vpc-0abc",
        ),
        (
            json!({"StringNotEqualsIfExists": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}),
            "only from vpce-1 or vpce-2",
        ),
        (
            json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            "only from 203.0.113.0/24",
        ),
        (
            json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
            "only with MFA",
        ),
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}),
            "denied without MFA",
        ),
        (
            json!({"Bool": {"aws:SecureTransport": "false"}}),
            "only over TLS",
        ),
        (
            json!({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-central-1"]}}),
            "only in eu-west-1 or eu-central-1",
        ),
        (
            json!({"StringNotLike": {"aws:PrincipalTag/team": "r*"}}),
            "only if aws:PrincipalTag/team is like r*",
        ),
        (
            json!({"StringEquals": {"aws:PrincipalTag/team": "red"}}),
            "denied if aws:PrincipalTag/team is red",
        ),
        (
            json!({"Null": {"aws:TokenIssueTime": "true"}}),
            "only if aws:TokenIssueTime is set",
        ),
        // Either is enough to get past it.
        (
            json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}, "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            "only from 203.0.113.0/24 or from vpc-1",
        ),
        (
            json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}, "StringEquals": {"s3:x": "y"}}),
            "denied if s3:x is y and not from vpc-1",
        ),
    ] {
        assert_eq!(
            open(json!([allow("*"), denied_if(condition.clone())]), json!({})),
            [want],
            "{condition}"
        );
    }
}

#[test]
fn several_open_statements() {
    let vpc = |name: &str| json!({"StringEquals": {"aws:SourceVpc": name}});
    let mfa = || json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let resource = |principal: &str| json!({"ResourcePolicy": policy(json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "*", "Resource": "*", "Condition": vpc("vpc-2")}]))});
    let boundary = json!({"PermissionsBoundaryPolicyInputList": [allowed_if(vpc("vpc-1"))]});
    let across = json!({"ResourceOwner": "222222222222", "ResourcePolicy": policy(json!([{"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "*", "Resource": "*", "Condition": vpc("vpc-2")}]))});
    let rows = [
        (
            "either is enough",
            json!([allowed_if(vpc("vpc-1")), allowed_if(mfa())]),
            json!({}),
            vec!["only from vpc-1 or with MFA"],
        ),
        (
            "the same twice is said once",
            json!([allowed_if(vpc("vpc-1")), allowed_if(vpc("vpc-1"))]),
            json!({}),
            vec!["only from vpc-1"],
        ),
        (
            "also in two kinds",
            json!([allowed_if(vpc("vpc-1"))]),
            boundary.clone(),
            vec!["only from vpc-1"],
        ),
        (
            "both kinds are needed",
            json!([allowed_if(mfa())]),
            boundary,
            vec!["only with MFA", "only from vpc-1"],
        ),
        (
            "an allow and a deny",
            json!([
                allowed_if(mfa()),
                denied_if(json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}))
            ]),
            json!({}),
            vec!["only with MFA", "only from vpc-1"],
        ),
        (
            "one that allows anyway leaves the other out",
            json!([
                allow("*"),
                allowed_if(mfa()),
                denied_if(json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}))
            ]),
            json!({}),
            vec!["only from vpc-1"],
        ),
        (
            "in one account either side is enough",
            json!([allowed_if(mfa())]),
            resource(ROLE),
            vec!["only with MFA or from vpc-2"],
        ),
        (
            "… but not one that only delegates",
            json!([allowed_if(mfa())]),
            resource(ACCOUNT),
            vec!["only with MFA"],
        ),
        (
            "across accounts both are needed",
            json!([allowed_if(mfa())]),
            across,
            vec!["only with MFA", "only from vpc-2"],
        ),
    ];
    for (claim, documents, more, want) in rows {
        assert_eq!(open(documents, more), want, "{claim}");
    }
}

#[test]
fn an_open_resource() {
    let key = "arn:aws:kms:eu-west-1:111111111111:key/1";
    let home = |effect: &str, condition: Value| {
        policy(
            json!([{"Effect": effect, "Action": "*", "Resource": ["arn:aws:s3:::b/${aws:PrincipalTag/Team}*", key], "Condition": condition}]),
        )
    };
    let mfa = || json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let alias = json!({"ActionNames": ["kms:Decrypt"], "ResourceArns": ["arn:aws:kms:eu-west-1:111111111111:alias/app"],
        "ResourcePolicy": open_to(json!({"AWS": ROOT}))});
    let vpc = || json!({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}});
    let rows = [
        (
            "a variable",
            json!([home("Allow", json!({}))]),
            json!({}),
            "only where aws:PrincipalTag/Team fits its resource",
        ),
        (
            "and a condition",
            json!([home("Allow", mfa())]),
            json!({}),
            "only where aws:PrincipalTag/Team fits its resource and with MFA",
        ),
        (
            "a deny",
            json!([allow("*"), home("Deny", vpc())]),
            json!({}),
            "denied where aws:PrincipalTag/Team fits its resource and not from vpc-1",
        ),
        (
            "a variable that is known",
            json!([allow("*"), home("Deny", vpc())]),
            keys(json!({"aws:PrincipalTag/Team": "k"})),
            "only from vpc-1",
        ),
        (
            "an alias",
            json!([home("Allow", json!({}))]),
            alias,
            "only if the alias is of a key that the policy names",
        ),
    ];
    for (claim, documents, more, want) in rows {
        assert_eq!(open(documents, more), [want], "{claim}");
    }
}

/// What AWS would refuse, and how it is judged all the same.
#[test]
fn what_aws_would_refuse() {
    let identity = |statement: Value| json!({"PolicyInputList": [policy(json!([statement]))]});
    let of_trust = |statement: Value| json!({"ActionNames": ["sts:AssumeRole"], "ResourceArns": [ROLE], "ResourcePolicy": policy(json!([statement]))});
    let rcp = |statement: Value| json!({"PolicyInputList": [allow("*")], "ResourceControlPolicyInputList": [[policy(json!([statement]))]]});
    let rows = [
        (
            "an unknown effect says nothing",
            identity(json!({"Effect": "allow", "Action": "*", "Resource": "*"})),
            NO,
            "Effect is neither Allow nor Deny",
        ),
        (
            "no effect says nothing",
            identity(json!({"Action": "*", "Resource": "*"})),
            NO,
            "Effect is neither Allow nor Deny",
        ),
        (
            "no action matches none",
            identity(json!({"Effect": "Allow", "Resource": "*"})),
            NO,
            "no Action",
        ),
        (
            "no resource matches none",
            identity(json!({"Effect": "Allow", "Action": "*"})),
            NO,
            "neither Resource nor NotResource",
        ),
        (
            "both Action and NotAction",
            identity(
                json!({"Effect": "Allow", "Action": "s3:*", "NotAction": "iam:*", "Resource": "*"}),
            ),
            YES,
            "both Action and NotAction",
        ),
        (
            "an action that is none",
            identity(json!({"Effect": "Allow", "Action": ["s3:*", "everything"], "Resource": "*"})),
            YES,
            "\"everything\" is no action",
        ),
        (
            "an unknown element is not heeded",
            identity(json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Comment": "x"})),
            YES,
            "unknown element Comment",
        ),
        (
            "an unknown operator neither holds nor not",
            identity(
                json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"a": "b"}}}),
            ),
            OPEN,
            "unknown condition operator StringIs",
        ),
        (
            "Null has no IfExists",
            identity(
                json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NullIfExists": {"a": "true"}}}),
            ),
            OPEN,
            "unknown condition operator NullIfExists",
        ),
        (
            "a value of another type does not match",
            identity(
                json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "here"}}}),
            ),
            NO,
            "IpAddress of aws:SourceIp has the value \"here\", which it cannot read",
        ),
        (
            "NotPrincipal in a trust policy",
            of_trust(
                json!({"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": "sts:AssumeRole"}),
            ),
            YES,
            "NotPrincipal, which a trust policy cannot have",
        ),
        (
            "a resource in a trust policy",
            of_trust(
                json!({"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole", "Resource": "*"}),
            ),
            YES,
            "a resource, which a trust policy cannot have",
        ),
        (
            "a wildcard in part of a principal means nobody",
            of_trust(
                json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:role/*"}, "Action": "sts:AssumeRole"}),
            ),
            NO,
            "\"arn:aws:iam::111111111111:role/*\" is no principal",
        ),
        (
            "an unknown kind of principal means nobody",
            of_trust(
                json!({"Effect": "Allow", "Principal": {"Aws": "*"}, "Action": "sts:AssumeRole"}),
            ),
            NO,
            "unknown kind of principal Aws",
        ),
        (
            "an RCP for one principal",
            rcp(
                json!({"Effect": "Deny", "Principal": {"AWS": OTHER}, "Action": "s3:*", "Resource": "*"}),
            ),
            YES,
            "a Principal other than *, which an RCP cannot have",
        ),
    ];
    for (claim, request, verdict, reason) in rows {
        let answer = ask(&request, &keys(json!({"aws:SourceIp": "203.0.113.9"})));
        assert_eq!(
            answer["EvaluationResults"][0]["EvalDecision"], verdict,
            "{claim}: {answer}"
        );
        let reasons: Vec<&Value> = answer["InvalidStatements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| &i["Reason"])
            .collect();
        assert_eq!(reasons, [reason], "{claim}");
    }
    let fine = ask(&json!({"PolicyInputList": [allow("*")]}), &json!({}));
    assert_eq!(fine["InvalidStatements"], Value::Null, "{fine}");
}
