//! IAM User Guide, "Condition operators", "Conditions with multiple context keys or values", "Single-valued
//! vs. multivalued context keys".

use super::iam_documentation::*;
use serde_json::{Value, json};

/// Rows of operator, the policy's values, the request's value (null: none) and the verdict.
type Case<'a> = (&'a str, Value, Value, &'a str);

#[track_caller]
fn table(page: &str, key: &str, cases: &[Case<'_>]) {
    let rows: Vec<Row<'_>> = cases
        .iter()
        .map(|(operator, values, given, want)| {
            let entries = match given {
                Value::Null => json!({}),
                given => json!({key: given}),
            };
            let condition = json!({*operator: {key: values}});
            (*operator, under(condition, entries), json!({}), *want)
        })
        .collect();
    check(page, &rows);
}

#[test]
fn texts() {
    table(
        "reference_policies_elements_condition_operators#Conditions_String",
        "aws:PrincipalTag/k",
        &[
            ("StringEquals", json!("a"), json!("a"), YES),
            ("StringEquals", json!("a"), json!("A"), NO),
            ("StringEquals", json!("a*"), json!("ab"), NO),
            ("StringEquals", json!(["x", "a"]), json!("a"), YES),
            ("StringNotEquals", json!("a"), json!("b"), YES),
            ("StringNotEquals", json!(["a", "b"]), json!("b"), NO),
            ("StringNotEquals", json!(["a", "b"]), json!("c"), YES),
            ("StringEqualsIgnoreCase", json!("a"), json!("A"), YES),
            ("StringNotEqualsIgnoreCase", json!("a"), json!("A"), NO),
            ("StringLike", json!("a*"), json!("abc"), YES),
            ("StringLike", json!("*b*"), json!("abc"), YES),
            ("StringLike", json!("a"), json!("abc"), NO),
            ("StringLike", json!("A*"), json!("abc"), NO),
            ("StringLike", json!("a?c"), json!("abc"), YES),
            ("StringLike", json!("a?"), json!("abc"), NO),
            ("StringNotLike", json!("a*"), json!("abc"), NO),
            ("StringNotLike", json!(["x*", "y*"]), json!("abc"), YES),
        ],
    );
}

#[test]
fn numbers_dates_and_truths() {
    table(
        "reference_policies_elements_condition_operators#Conditions_Numeric",
        "s3:max-keys",
        &[
            ("NumericEquals", json!("10"), json!("10"), YES),
            ("NumericEquals", json!(10), json!(10), YES),
            ("NumericEquals", json!("10"), json!("10.0"), YES),
            ("NumericNotEquals", json!("10"), json!("11"), YES),
            ("NumericNotEquals", json!(["10", "11"]), json!("11"), NO),
            ("NumericLessThan", json!("10"), json!("9"), YES),
            ("NumericLessThan", json!("10"), json!("10"), NO),
            ("NumericLessThan", json!("10"), json!("9.99"), YES),
            ("NumericLessThanEquals", json!("10"), json!("10"), YES),
            ("NumericGreaterThan", json!("10"), json!("9"), NO),
            ("NumericGreaterThanEquals", json!("10"), json!("10"), YES),
            ("NumericEquals", json!("ten"), json!("10"), NO),
            ("NumericEquals", json!("1*"), json!("10"), NO),
            ("NumericNotEquals", json!("ten"), json!("10"), NO),
            ("NumericNotEquals", json!("10"), json!("ten"), NO),
            ("NumericLessThan", json!("10"), Value::Null, NO),
        ],
    );
    table(
        "reference_policies_elements_condition_operators#Conditions_Date",
        "aws:TokenIssueTime",
        &[
            (
                "DateGreaterThan",
                json!("2020-01-01T00:00:01Z"),
                json!("2020-06-01T00:00:00Z"),
                YES,
            ),
            (
                "DateGreaterThan",
                json!("2020-01-01T00:00:01Z"),
                json!("2019-06-01T00:00:00Z"),
                NO,
            ),
            (
                "DateGreaterThan",
                json!("2020-01-01T00:00:01Z"),
                Value::Null,
                NO,
            ),
            (
                "DateLessThan",
                json!("2020-01-01T00:00:00Z"),
                json!("2020-01-01T00:00:00Z"),
                NO,
            ),
            (
                "DateLessThanEquals",
                json!("2020-01-01T00:00:00Z"),
                json!("2020-01-01T00:00:00Z"),
                YES,
            ),
            (
                "DateEquals",
                json!("2020-01-01T00:00:00Z"),
                json!("2020-01-01T01:00:00+01:00"),
                YES,
            ),
            (
                "DateEquals",
                json!("1577836800"),
                json!("2020-01-01T00:00:00Z"),
                YES,
            ),
            (
                "DateEquals",
                json!("2020-01-01"),
                json!("2020-01-01T00:00:00Z"),
                YES,
            ),
            (
                "DateGreaterThanEquals",
                json!("2020-01"),
                json!("2020-01-01T00:00:00Z"),
                YES,
            ),
            (
                "DateGreaterThanEquals",
                json!("2020"),
                json!("2019-12-31T23:59:59Z"),
                NO,
            ),
            (
                "DateNotEquals",
                json!("2020-01-01T00:00:00Z"),
                json!("2021-01-01T00:00:00Z"),
                YES,
            ),
            (
                "DateLessThan",
                json!("2020-*"),
                json!("2019-01-01T00:00:00Z"),
                NO,
            ),
            (
                "DateNotEquals",
                json!("soon"),
                json!("2019-01-01T00:00:00Z"),
                NO,
            ),
        ],
    );
    table(
        "reference_policies_elements_condition_operators#Conditions_Boolean",
        "aws:SecureTransport",
        &[
            ("Bool", json!("true"), json!("true"), YES),
            ("Bool", json!(true), json!("true"), YES),
            ("Bool", json!("true"), json!(true), YES),
            ("Bool", json!("True"), json!("true"), YES),
            ("Bool", json!("false"), json!("true"), NO),
            ("Bool", json!("false"), json!("false"), YES),
            ("Bool", json!("false"), Value::Null, NO),
            ("BoolIfExists", json!("false"), Value::Null, YES),
            ("Bool", json!("yes"), json!("true"), NO),
        ],
    );
    table(
        "reference_policies_elements_condition_operators#Conditions_BinaryEquals",
        "k",
        &[
            ("BinaryEquals", json!("QmluYXJ5"), json!("QmluYXJ5"), YES),
            ("BinaryEquals", json!("QmluYXJ5"), json!("qmluYXJ5"), NO),
        ],
    );
}

#[test]
fn addresses() {
    table(
        "reference_policies_elements_condition_operators#Conditions_IPAddress",
        "aws:SourceIp",
        &[
            (
                "IpAddress",
                json!("203.0.113.0/24"),
                json!("203.0.113.255"),
                YES,
            ),
            (
                "IpAddress",
                json!("203.0.113.0/24"),
                json!("203.0.114.0"),
                NO,
            ),
            ("IpAddress", json!("203.0.113.9"), json!("203.0.113.9"), YES),
            ("IpAddress", json!("203.0.113.9"), json!("203.0.113.8"), NO),
            (
                "IpAddress",
                json!(["203.0.113.0/24", "2001:DB8:1234:5678::/64"]),
                json!("2001:db8:1234:5678::9"),
                YES,
            ),
            (
                "IpAddress",
                json!("2001:DB8:1234:5678::/64"),
                json!("2001:db8:1234:5679::9"),
                NO,
            ),
            ("IpAddress", json!("0.0.0.0/0"), json!("2001:db8::1"), NO),
            (
                "NotIpAddress",
                json!("203.0.113.0/24"),
                json!("203.0.113.9"),
                NO,
            ),
            (
                "NotIpAddress",
                json!(["203.0.113.0/24", "192.0.2.0/24"]),
                json!("198.51.100.1"),
                YES,
            ),
            ("IpAddress", json!("203.0.113.*"), json!("203.0.113.9"), NO),
            (
                "NotIpAddress",
                json!("203.0.113.*"),
                json!("198.51.100.1"),
                NO,
            ),
            ("IpAddress", json!("203.0.113.0/24"), Value::Null, NO),
            ("NotIpAddress", json!("203.0.113.0/24"), Value::Null, YES),
        ],
    );
}

#[test]
fn arns() {
    let stored = json!(
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"
    );
    let pattern = json!("arn:aws:someservice:*:111122223333:finance/*");
    let topic = json!("arn:aws:sns:eu-west-1:111111111111:topic");
    table(
        "reference_policies_elements_condition_operators#Conditions_ARN",
        "aws:SourceArn",
        &[
            ("StringLike", pattern.clone(), stored.clone(), YES),
            ("ArnLike", pattern.clone(), stored.clone(), NO),
            ("ArnEquals", pattern.clone(), stored.clone(), NO),
            ("ArnNotLike", pattern.clone(), stored.clone(), YES),
            ("ArnNotEquals", pattern, stored, YES),
            (
                "ArnEquals",
                json!("arn:aws:sns:*:111111111111:*"),
                topic.clone(),
                YES,
            ),
            (
                "ArnLike",
                json!("arn:aws:sns:eu-west-?:111111111111:topic"),
                topic.clone(),
                YES,
            ),
            (
                "ArnEquals",
                json!("arn:aws:sns:eu-west-1:111111111111:Topic"),
                topic.clone(),
                NO,
            ),
            (
                "ArnNotLike",
                json!(["arn:aws:sns:*:*:x", "arn:aws:sns:*:*:topic"]),
                topic.clone(),
                NO,
            ),
            ("ArnLike", json!("*"), topic.clone(), YES),
            ("ArnLike", json!("arn:aws:sns:*:*:*"), json!("topic"), NO),
            ("ArnNotLike", json!("arn:aws:sns:*:*:*"), json!("topic"), NO),
            ("ArnEquals", topic.clone(), Value::Null, NO),
            ("ArnNotEquals", topic, Value::Null, YES),
        ],
    );
}

#[test]
fn keys_that_are_not_there() {
    table(
        "reference_policies_elements_condition_operators#Conditions_IfExists, #Conditions_Null",
        "ec2:InstanceType",
        &[
            ("StringEquals", json!("t2.micro"), Value::Null, NO),
            ("StringNotEquals", json!("t2.micro"), Value::Null, YES),
            ("StringNotLike", json!("*"), Value::Null, YES),
            ("StringLikeIfExists", json!("t2.*"), Value::Null, YES),
            ("StringLikeIfExists", json!("t2.*"), json!("t2.micro"), YES),
            ("StringLikeIfExists", json!("t2.*"), json!("m3.large"), NO),
            (
                "StringNotEqualsIfExists",
                json!("t2.micro"),
                Value::Null,
                YES,
            ),
            (
                "StringNotEqualsIfExists",
                json!("t2.micro"),
                json!("t2.micro"),
                NO,
            ),
            ("Null", json!("true"), Value::Null, YES),
            ("Null", json!("true"), json!("t2.micro"), NO),
            ("Null", json!("false"), Value::Null, NO),
            ("Null", json!(false), json!("t2.micro"), YES),
        ],
    );
}

#[test]
fn several_values_and_several_keys() {
    table(
        "reference_policies_condition-single-vs-multi-valued-context-keys",
        "aws:TagKeys",
        &[
            (
                "ForAllValues:StringEquals",
                json!(["a", "b", "c"]),
                json!(["a", "b"]),
                YES,
            ),
            (
                "ForAllValues:StringEquals",
                json!(["a"]),
                json!(["a", "b"]),
                NO,
            ),
            ("ForAllValues:StringEquals", json!(["a"]), Value::Null, YES),
            ("ForAllValues:StringEquals", json!(["a"]), json!([]), YES),
            ("ForAllValues:StringEquals", json!(["a"]), json!([""]), YES),
            (
                "ForAllValues:StringLike",
                json!(["a*"]),
                json!(["a1", "a2"]),
                YES,
            ),
            (
                "ForAllValues:StringNotEquals",
                json!(["c"]),
                json!(["a", "b"]),
                YES,
            ),
            (
                "ForAllValues:StringNotEquals",
                json!(["a"]),
                json!(["a", "b"]),
                NO,
            ),
            (
                "ForAnyValue:StringEquals",
                json!(["a"]),
                json!(["a", "b"]),
                YES,
            ),
            (
                "ForAnyValue:StringEquals",
                json!(["c"]),
                json!(["a", "b"]),
                NO,
            ),
            ("ForAnyValue:StringEquals", json!(["a"]), Value::Null, NO),
            ("ForAnyValue:StringEquals", json!(["a"]), json!([]), NO),
            (
                "ForAnyValue:StringNotEquals",
                json!(["a"]),
                json!(["a"]),
                NO,
            ),
            (
                "ForAnyValue:StringNotEquals",
                json!(["a"]),
                json!(["a", "b"]),
                YES,
            ),
            ("Null", json!("false"), json!(["a"]), YES),
            ("Null", json!("false"), json!([]), NO),
            ("StringEquals", json!("a"), json!(["a"]), NO),
            ("StringEquals", json!("a"), json!(["a", "b"]), NO),
        ],
    );
    let tags = json!({"StringEqualsIgnoreCase": {"aws:PrincipalTag/department": ["finance", "hr"], "aws:PrincipalTag/role": ["audit", "security"]},
        "StringEquals": {"aws:PrincipalAccount": ACCOUNT}});
    let who = |department: &str, role: &str, account: &str| json!({"aws:PrincipalTag/department": department, "aws:PrincipalTag/role": role, "aws:PrincipalAccount": account});
    let guarded = json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}, "Null": {"aws:TagKeys": "false"}});
    check(
        "reference_policies_condition-logic-multiple-context-keys-or-values",
        &[
            (
                "all keys and operators hold",
                under(tags.clone(), who("HR", "audit", ACCOUNT)),
                json!({}),
                YES,
            ),
            (
                "one key does not",
                under(tags.clone(), who("hr", "sales", ACCOUNT)),
                json!({}),
                NO,
            ),
            (
                "one operator does not",
                under(tags.clone(), who("hr", "audit", "222222222222")),
                json!({}),
                NO,
            ),
            (
                "one key is missing",
                under(tags, json!({"aws:PrincipalTag/role": "audit"})),
                json!({}),
                NO,
            ),
            (
                "names of keys are without regard to case",
                under(
                    json!({"StringEquals": {"AWS:principaltag/TEAM": "red"}}),
                    json!({"aws:PrincipalTag/team": "red"}),
                ),
                json!({}),
                YES,
            ),
            (
                "ForAllValues guarded by Null, no keys",
                under(guarded.clone(), json!({})),
                json!({}),
                NO,
            ),
            (
                "… with keys",
                under(guarded, json!({"aws:TagKeys": ["a"]})),
                json!({}),
                YES,
            ),
            (
                "no condition at all",
                under(json!({}), json!({})),
                json!({}),
                YES,
            ),
        ],
    );
}
