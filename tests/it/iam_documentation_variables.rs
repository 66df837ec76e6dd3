//! IAM User Guide, "IAM policy elements: Variables and tags" and "IAM JSON policy elements: Version".

use super::iam_documentation::*;
use serde_json::{Value, json};

fn none() -> Value {
    json!({})
}

/// An identity policy of a version on a resource, for a request with these keys.
fn with_variable(version: &str, pattern: &str, asked: &str, entries: Value) -> Value {
    let mut request = keys(entries);
    request["ResourceArns"] = json!([asked]);
    request["PolicyInputList"] = json!([{"Version": version, "Statement": [{"Effect": "Allow", "Action": "*", "Resource": pattern}]}]);
    request
}

#[test]
fn variables_in_resources() {
    let new = |pattern: &str, asked: &str, entries: Value| {
        with_variable("2012-10-17", pattern, asked, entries)
    };
    let red = || json!({"aws:PrincipalTag/team": "red"});
    let team = "arn:aws:s3:::b-${aws:PrincipalTag/team, 'all'}";
    let home = "arn:aws:s3:::b/${aws:username}/*";
    let mut unknown = new(home, "arn:aws:s3:::b/ann/k", json!({}));
    unknown["ContextComplete"] = json!(false);
    let mut elsewhere = unknown.clone();
    elsewhere["ResourceArns"] = json!(["arn:aws:s3:::c/ann/k"]);
    let without_version = json!({"ResourceArns": ["arn:aws:s3:::b/${aws:username}/k"],
        "PolicyInputList": [{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": home}]}]});
    check(
        "reference_policies_variables, reference_policies_elements_version",
        &[
            (
                "the value stands in its place",
                new(home, "arn:aws:s3:::b/ann/k", json!({"aws:username": "ann"})),
                none(),
                YES,
            ),
            (
                "another value",
                new(home, "arn:aws:s3:::b/bob/k", json!({"aws:username": "ann"})),
                none(),
                NO,
            ),
            (
                "names are without regard to case",
                new(
                    "arn:aws:s3:::b/${AWS:UserName}/*",
                    "arn:aws:s3:::b/ann/k",
                    json!({"aws:username": "ann"}),
                ),
                none(),
                YES,
            ),
            (
                "values are with regard to it",
                new(home, "arn:aws:s3:::b/Ann/k", json!({"aws:username": "ann"})),
                none(),
                NO,
            ),
            (
                "a value's * is no wildcard",
                new(home, "arn:aws:s3:::b/ann/k", json!({"aws:username": "*"})),
                none(),
                NO,
            ),
            (
                "no value matches no resource",
                new(home, "arn:aws:s3:::b//k", json!({})),
                none(),
                NO,
            ),
            (
                "… not as text either",
                new(home, "arn:aws:s3:::b/${aws:username}/k", json!({})),
                none(),
                NO,
            ),
            (
                "a default stands for no value",
                new(team, "arn:aws:s3:::b-all", json!({})),
                none(),
                YES,
            ),
            (
                "… and not for a value",
                new(team, "arn:aws:s3:::b-all", red()),
                none(),
                NO,
            ),
            (
                "the value goes before it",
                new(team, "arn:aws:s3:::b-red", red()),
                none(),
                YES,
            ),
            (
                "${*} is the character",
                new("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", json!({})),
                none(),
                YES,
            ),
            (
                "… and no wildcard",
                new("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/k", json!({})),
                none(),
                NO,
            ),
            (
                "${?} is the character",
                new("arn:aws:s3:::b/${?}", "arn:aws:s3:::b/?", json!({})),
                none(),
                YES,
            ),
            (
                "… and no wildcard",
                new("arn:aws:s3:::b/${?}", "arn:aws:s3:::b/k", json!({})),
                none(),
                NO,
            ),
            (
                "${$} is the character",
                new("arn:aws:s3:::b/${$}{x}", "arn:aws:s3:::b/${x}", json!({})),
                none(),
                YES,
            ),
            (
                "several values are no variable",
                new(
                    "arn:aws:s3:::b/${aws:TagKeys}",
                    "arn:aws:s3:::b/a",
                    json!({"aws:TagKeys": ["a"]}),
                ),
                none(),
                NO,
            ),
            (
                "two variables",
                new(
                    "arn:aws:s3:::${aws:PrincipalTag/team}/${aws:username}",
                    "arn:aws:s3:::red/ann",
                    json!({"aws:PrincipalTag/team": "red", "aws:username": "ann"}),
                ),
                none(),
                YES,
            ),
            (
                "the older version has none",
                with_variable(
                    "2008-10-17",
                    home,
                    "arn:aws:s3:::b/ann/k",
                    json!({"aws:username": "ann"}),
                ),
                none(),
                NO,
            ),
            (
                "… it is text there",
                with_variable(
                    "2008-10-17",
                    home,
                    "arn:aws:s3:::b/${aws:username}/k",
                    json!({"aws:username": "ann"}),
                ),
                none(),
                YES,
            ),
            ("no version is the older one", without_version, none(), YES),
            ("a value that is not known", unknown, none(), OPEN),
            ("… where none would do", elsewhere, none(), NO),
            (
                "… given by the caller's ARN",
                new(
                    "arn:aws:s3:::b/${aws:PrincipalAccount}",
                    "arn:aws:s3:::b/111111111111",
                    json!({}),
                ),
                none(),
                YES,
            ),
        ],
    );
}

#[test]
fn variables_in_conditions() {
    let tag = |operator: &str, value: &str| json!({operator: {"s3:ExistingObjectTag/team": value}});
    let variable = "${aws:PrincipalTag/team}";
    let both = |object: &str, principal: &str| json!({"s3:ExistingObjectTag/team": object, "aws:PrincipalTag/team": principal});
    let object = || json!({"s3:ExistingObjectTag/team": "red"});
    let mut denied = keys(object());
    denied["PolicyInputList"] = json!([
        allow("*"),
        policy(
            json!([{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*",
        "Condition": tag("StringNotEquals", variable)}])
        )
    ]);
    check(
        "reference_policies_variables#policy-vars-conditionelement, #policy-vars-no-value",
        &[
            (
                "equal",
                under(tag("StringEquals", variable), both("red", "red")),
                none(),
                YES,
            ),
            (
                "not equal",
                under(tag("StringEquals", variable), both("red", "blue")),
                none(),
                NO,
            ),
            (
                "without a value nothing is equal",
                under(tag("StringEquals", variable), object()),
                none(),
                NO,
            ),
            (
                "… or like it",
                under(tag("StringLike", variable), object()),
                none(),
                NO,
            ),
            (
                "… so inverted operators match",
                under(tag("StringNotEquals", variable), object()),
                none(),
                YES,
            ),
            (
                "… this one too",
                under(tag("StringNotLike", variable), object()),
                none(),
                YES,
            ),
            ("… and a deny by one takes effect", denied, none(), DENIED),
            (
                "a default",
                under(
                    tag("StringEquals", "${aws:PrincipalTag/team, 'red'}"),
                    object(),
                ),
                none(),
                YES,
            ),
            (
                "a value's * is no wildcard",
                under(tag("StringLike", variable), both("red", "*")),
                none(),
                NO,
            ),
            (
                "${*} in StringLike",
                under(tag("StringLike", "${*}"), both("*", "x")),
                none(),
                YES,
            ),
            (
                "… matches nothing else",
                under(tag("StringLike", "${*}"), both("red", "x")),
                none(),
                NO,
            ),
            (
                "in an ARN",
                under(
                    json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:${aws:PrincipalAccount}:t"}}),
                    json!({"aws:SourceArn": "arn:aws:sns:eu-west-1:111111111111:t"}),
                ),
                none(),
                YES,
            ),
            (
                "not in numbers",
                under(
                    json!({"NumericEquals": {"s3:max-keys": "${aws:PrincipalTag/n}"}}),
                    json!({"s3:max-keys": "1", "aws:PrincipalTag/n": "1"}),
                ),
                none(),
                NO,
            ),
            (
                "not in dates",
                under(
                    json!({"DateEquals": {"aws:CurrentTime": "${aws:TokenIssueTime}"}}),
                    json!({"aws:CurrentTime": "2026-01-01T00:00:00Z", "aws:TokenIssueTime": "2026-01-01T00:00:00Z"}),
                ),
                none(),
                NO,
            ),
            (
                "not in addresses",
                under(
                    json!({"IpAddress": {"aws:SourceIp": "${aws:VpcSourceIp}"}}),
                    json!({"aws:SourceIp": "10.0.0.1", "aws:VpcSourceIp": "10.0.0.1"}),
                ),
                none(),
                NO,
            ),
        ],
    );
}
