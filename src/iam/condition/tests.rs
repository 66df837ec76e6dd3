//! Cases for the condition operators, by the sentences of "IAM JSON policy elements: Condition operators"
//! and "Set operators for multi-valued context keys".

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::*;

const YES: Truth = Truth::Yes;
const NO: Truth = Truth::No;
const UNKNOWN: Truth = Truth::Unknown;

fn holds(operator: &str, key: &str, values: Value, context: &Context) -> Truth {
    Condition::new(Operator::parse(operator), key, &values, true).holds(context)
}

fn with(key: &str, value: &str) -> Context {
    let mut context = Context::complete();
    context.set(key, value);
    context
}

#[track_caller]
fn check(cases: &[(&str, Value, &str, Truth)]) {
    for (operator, policy, request, want) in cases {
        assert_eq!(
            holds(operator, "k", policy.clone(), &with("k", request)),
            *want,
            "{operator} {policy} on {request}"
        );
    }
}

#[test]
fn strings() {
    check(&[
        ("StringEquals", json!("a"), "a", YES),
        // "Exact matching, case sensitive": no wildcards either.
        ("StringEquals", json!("a"), "A", NO),
        ("StringEquals", json!("a*"), "ab", NO),
        ("StringEquals", json!("a*"), "a*", YES),
        ("StringEquals", json!(["x", "a"]), "a", YES),
        ("StringEquals", json!([]), "a", NO),
        ("StringNotEquals", json!("a"), "a", NO),
        ("StringNotEquals", json!(["x", "a"]), "a", NO),
        ("StringNotEquals", json!(["x", "a"]), "b", YES),
        ("StringEqualsIgnoreCase", json!("Straße"), "STRAßE", YES),
        ("StringEqualsIgnoreCase", json!("a"), "b", NO),
        ("StringNotEqualsIgnoreCase", json!("A"), "a", NO),
        ("StringLike", json!("a*c?"), "abbcd", YES),
        ("StringLike", json!("a*"), "Ab", NO),
        ("StringNotLike", json!("a*"), "ab", NO),
        ("StringNotLike", json!("a*"), "b", YES),
        // Operator names are without regard to case.
        ("stringlike", json!("a*"), "ab", YES),
        // Numbers and booleans in a policy are texts.
        ("StringEquals", json!(1), "1", YES),
        ("StringEquals", json!(true), "true", YES),
    ]);
}

#[test]
fn numbers() {
    check(&[
        ("NumericEquals", json!("10"), "10", YES),
        ("NumericEquals", json!(10), "10.0", YES),
        ("NumericNotEquals", json!("10"), "11", YES),
        ("NumericLessThan", json!("10"), "9.5", YES),
        ("NumericLessThan", json!("10"), "10", NO),
        ("NumericLessThanEquals", json!("10"), "10", YES),
        ("NumericGreaterThan", json!("10"), "-3", NO),
        ("NumericGreaterThanEquals", json!("10"), "1e1", YES),
        ("NumericEquals", json!("ten"), "10", NO),
        // A negated operator with a value that it cannot read is false.
        ("NumericNotEquals", json!("ten"), "10", NO),
        ("NumericNotEquals", json!("10"), "ten", NO),
    ]);
}

#[test]
fn dates() {
    check(&[
        (
            "DateEquals",
            json!("2026-01-01T00:00:00Z"),
            "2026-01-01T01:00:00+01:00",
            YES,
        ),
        (
            "DateLessThan",
            json!("2026-01-01T00:00:00Z"),
            "2025-12-31T23:59:59Z",
            YES,
        ),
        (
            "DateLessThan",
            json!("2026-01-01"),
            "2025-12-31T23:59:59Z",
            YES,
        ),
        (
            "DateGreaterThan",
            json!("2026"),
            "2026-01-01T00:00:01Z",
            YES,
        ),
        (
            "DateGreaterThanEquals",
            json!("2026-01"),
            "2026-01-01T00:00:00Z",
            YES,
        ),
        // "or UNIX time": epoch seconds.
        (
            "DateEquals",
            json!("1767225600"),
            "2026-01-01T00:00:00Z",
            YES,
        ),
        (
            "DateNotEquals",
            json!("2026-01-01"),
            "2026-01-01T00:00:00Z",
            NO,
        ),
        ("DateNotEquals", json!("soon"), "2026-01-01T00:00:00Z", NO),
        ("DateLessThan", json!("soon"), "2026-01-01T00:00:00Z", NO),
        (
            "DateGreaterThan",
            json!("2026-01-01T10:00Z"),
            "2026-01-01T10:01:00Z",
            YES,
        ),
    ]);
}

#[test]
fn booleans_binary_and_addresses() {
    check(&[
        ("Bool", json!("true"), "true", YES),
        ("Bool", json!(true), "True", YES),
        ("Bool", json!("false"), "true", NO),
        ("Bool", json!("yes"), "true", NO),
        ("BinaryEquals", json!("QUJD"), "QUJD", YES),
        ("BinaryEquals", json!("QUJD"), "QUJE", NO),
        ("IpAddress", json!("203.0.113.0/24"), "203.0.113.9", YES),
        ("IpAddress", json!("203.0.113.0/24"), "203.0.114.9", NO),
        ("IpAddress", json!("203.0.113.9"), "203.0.113.9", YES),
        ("IpAddress", json!("0.0.0.0/0"), "8.8.8.8", YES),
        ("IpAddress", json!("0.0.0.0/0"), "2001:db8::1", NO),
        (
            "IpAddress",
            json!("2001:DB8:1234:5678::/64"),
            "2001:db8:1234:5678:0::1",
            YES,
        ),
        ("IpAddress", json!("::/0"), "2001:db8::1", YES),
        ("NotIpAddress", json!("10.0.0.0/8"), "10.1.2.3", NO),
        (
            "NotIpAddress",
            json!(["10.0.0.0/8", "192.0.2.0/24"]),
            "203.0.113.9",
            YES,
        ),
        ("IpAddress", json!("10.0.0.0/33"), "10.0.0.1", NO),
        ("NotIpAddress", json!("nowhere"), "10.0.0.1", NO),
    ]);
}

#[test]
fn arns_field_by_field() {
    check(&[
        (
            "ArnEquals",
            json!("arn:aws:sns:*:123456789012:t*"),
            "arn:aws:sns:eu-west-1:123456789012:topic",
            YES,
        ),
        (
            "ArnLike",
            json!("arn:aws:sns:*:123456789012:*"),
            "arn:aws:sns:eu-west-1:123456789012:a:b",
            YES,
        ),
        // "Each of the six colon-delimited components of the ARN is checked separately."
        (
            "ArnLike",
            json!("arn:aws:*:role/x"),
            "arn:aws:iam::123456789012:role/x",
            YES,
        ),
        (
            "ArnLike",
            json!("arn:aws:iam::*:role/x"),
            "arn:aws:iam::1:2:role/x",
            NO,
        ),
        (
            "ArnLike",
            json!("*"),
            "arn:aws:iam::123456789012:role/x",
            YES,
        ),
        ("ArnLike", json!("arn:aws:iam::*:role/*"), "not an arn", NO),
        (
            "ArnNotLike",
            json!("arn:aws:iam::*:role/*"),
            "not an arn",
            NO,
        ),
        (
            "ArnNotEquals",
            json!("arn:aws:iam::*:role/x"),
            "arn:aws:iam::1:role/x",
            NO,
        ),
        (
            "ArnNotLike",
            json!("arn:aws:iam::*:role/x"),
            "arn:aws:iam::1:role/y",
            YES,
        ),
    ]);
}

#[test]
fn a_missing_key() {
    let absent = Context::complete();
    let cases = [
        // "If the key that you specify in a policy condition is not present, the values do not match and
        // the condition is false. If the policy condition requires that the key is not matched …, true."
        ("StringEquals", json!("a"), NO),
        ("StringNotEquals", json!("a"), YES),
        ("StringNotLike", json!("*"), YES),
        ("ArnNotLike", json!("arn:aws:iam::*:role/x"), YES),
        ("NumericNotEquals", json!("1"), YES),
        ("NotIpAddress", json!("10.0.0.0/8"), YES),
        ("Bool", json!("false"), NO),
        // "If the key is not present, evaluate the condition element as true."
        ("StringEqualsIfExists", json!("a"), YES),
        ("BoolIfExists", json!("true"), YES),
        ("IpAddressIfExists", json!("10.0.0.0/8"), YES),
        // "… returns true if there are no context keys in the request."
        ("ForAllValues:StringEquals", json!("a"), YES),
        ("ForAllValues:StringNotEquals", json!("a"), YES),
        // "If there are no matching context keys … false."
        ("ForAnyValue:StringEquals", json!("a"), NO),
        ("ForAnyValue:StringNotEquals", json!("a"), NO),
        ("ForAnyValue:StringEqualsIfExists", json!("a"), YES),
        ("Null", json!("true"), YES),
        ("Null", json!(false), NO),
        // Without the key the values, and the variables in them, are not looked at.
        ("StringNotEquals", json!("${aws:username}"), YES),
        ("StringNotEqualsIfExists", json!("${aws:username}"), YES),
    ];
    for (operator, values, want) in cases {
        assert_eq!(
            holds(operator, "k", values.clone(), &absent),
            want,
            "{operator} {values}"
        );
    }
    let present = with("k", "a");
    assert_eq!(holds("StringEquals", "K", json!("${none}"), &present), NO);
    // "Inverted condition operators like StringNotEquals or StringNotLike do match against a null value."
    for operator in [
        "StringNotEquals",
        "StringNotLike",
        "StringNotEqualsIgnoreCase",
        "ForAnyValue:StringNotLike",
    ] {
        let values = json!(["b", "${none}"]);
        assert_eq!(holds(operator, "K", values, &present), YES, "{operator}");
        let values = json!(["${none}", "a"]);
        assert_eq!(holds(operator, "K", values, &present), NO, "{operator}");
    }
    let role = with("k", "arn:aws:iam::1:role/x");
    let none = json!("arn:aws:iam::1:role/${none}");
    assert_eq!(holds("ArnLike", "k", none.clone(), &role), NO);
    assert_eq!(holds("ArnNotLike", "k", none.clone(), &role), YES);
    // A value that is no ARN is like none, and a negated operator with it is false too.
    assert_eq!(holds("ArnLike", "k", json!("a"), &present), NO);
    assert_eq!(holds("ArnLike", "k", json!("*"), &present), NO);
    assert_eq!(holds("ArnLike", "k", json!("*"), &role), YES);
    assert_eq!(holds("ArnNotLike", "k", none, &present), NO);
    assert_eq!(
        holds("StringNotEquals", "K", json!("${none, 'b'}"), &present),
        YES
    );
    assert_eq!(holds("Null", "k", json!("true"), &present), NO);
    assert_eq!(holds("Null", "k", json!("false"), &present), YES);
}

#[test]
fn several_values_in_the_request() {
    let mut context = Context::complete();
    context.set_list("k", ["a", "b"]);
    let cases = [
        ("ForAllValues:StringEquals", json!(["a", "b", "c"]), YES),
        ("ForAllValues:StringEquals", json!("a"), NO),
        ("ForAllValues:StringNotEquals", json!("c"), YES),
        ("ForAllValues:StringNotEquals", json!("a"), NO),
        ("ForAnyValue:StringEquals", json!("b"), YES),
        ("ForAnyValue:StringEquals", json!("c"), NO),
        ("ForAnyValue:StringNotEquals", json!("a"), YES),
        ("ForAnyValue:StringNotEquals", json!(["a", "b"]), NO),
        ("ForAnyValue:StringLike", json!("B*"), NO),
        // A single-valued operator does not match a multivalued key.
        ("StringEquals", json!("a"), NO),
        ("StringNotEquals", json!("c"), NO),
        ("StringEqualsIfExists", json!("a"), NO),
        ("Null", json!("false"), YES),
    ];
    for (operator, values, want) in cases {
        assert_eq!(
            holds(operator, "k", values.clone(), &context),
            want,
            "{operator} {values}"
        );
    }
}

#[test]
fn an_empty_text_is_a_null_data_set() {
    let mut context = Context::complete();
    context.set_list("k", [""]);
    context.set("one", "");
    for (operator, key, values, want) in [
        ("ForAllValues:StringEquals", "k", json!("a"), YES),
        ("ForAnyValue:StringEquals", "k", json!("a"), NO),
        ("ForAnyValue:StringNotEquals", "k", json!("a"), NO),
        ("ForAllValues:StringEquals", "one", json!("a"), YES),
        ("Null", "k", json!("true"), YES),
        ("StringEquals", "one", json!(""), YES),
        ("Null", "one", json!("true"), NO),
    ] {
        assert_eq!(
            holds(operator, key, values.clone(), &context),
            want,
            "{operator} {key} {values}"
        );
    }
}

#[test]
fn a_text_of_which_the_beginning_is_known() {
    let mut context = Context::partial();
    context.set_beginning("k", "AROA1:");
    for (operator, values, want) in [
        ("StringLike", json!("AROA1:*"), YES),
        ("StringLike", json!(["AIDA1", "AROA*"]), YES),
        ("StringLike", json!("AROA2:*"), NO),
        ("StringLike", json!("AROA1:s1"), UNKNOWN),
        ("StringEquals", json!("AROA1:s1"), UNKNOWN),
        ("StringEquals", json!("AROA1"), NO),
        ("StringNotLike", json!("AROA1:*"), NO),
        ("StringNotLike", json!("AROA2:*"), YES),
        ("StringNotEqualsIgnoreCase", json!("aroa1:S1"), UNKNOWN),
        ("ForAnyValue:StringLike", json!("AROA1:*"), YES),
        ("Null", json!("true"), NO),
        ("NumericEquals", json!("1"), UNKNOWN),
    ] {
        assert_eq!(
            holds(operator, "k", values.clone(), &context),
            want,
            "{operator} {values}"
        );
    }
}

#[test]
fn what_is_not_known() {
    let mut context = Context::partial();
    context.set_absent("gone").set("there", "x");
    let cases = [
        ("StringEquals", "k", json!("a"), UNKNOWN),
        ("StringNotEquals", "k", json!("a"), UNKNOWN),
        ("Null", "k", json!("true"), UNKNOWN),
        ("Null", "gone", json!("true"), YES),
        ("StringEquals", "gone", json!("a"), NO),
        // Whatever the value, and without one too.
        ("ForAllValues:StringLike", "k", json!("*"), YES),
        // A variable that is not known: what cannot match with any value does not.
        ("StringLike", "there", json!("y${aws:username}"), NO),
        ("StringLike", "there", json!("${aws:username}"), UNKNOWN),
        ("StringLike", "there", json!(["${aws:username}", "x"]), YES),
        ("StringNotLike", "there", json!("y${aws:username}"), YES),
        // No operator that the documentation has: neither a match nor none.
        ("StringMatches", "there", json!("x"), UNKNOWN),
        ("ForSomeValues:StringEquals", "there", json!("x"), UNKNOWN),
        ("NullIfExists", "there", json!("x"), UNKNOWN),
    ];
    for (operator, key, values, want) in cases {
        assert_eq!(
            holds(operator, key, values.clone(), &context),
            want,
            "{operator} {key} {values}"
        );
    }
}

#[test]
fn time_is_bounded() {
    let taken_at: jiff::Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    let mut session = Context::partial();
    session.set_time(taken_at, true);
    let cases = [
        // Past: no time from now on meets it, or all do.
        (
            "DateLessThan",
            "aws:CurrentTime",
            json!("2026-01-01T00:00:00Z"),
            NO,
        ),
        (
            "DateLessThan",
            "aws:CurrentTime",
            json!("2026-11-24T00:00:00Z"),
            NO,
        ),
        (
            "DateGreaterThan",
            "aws:CurrentTime",
            json!("2026-01-01T00:00:00Z"),
            YES,
        ),
        (
            "DateGreaterThanEquals",
            "aws:CurrentTime",
            json!("2026-11-24T00:00:00Z"),
            YES,
        ),
        (
            "DateGreaterThan",
            "aws:CurrentTime",
            json!("2026-11-24T00:00:00Z"),
            UNKNOWN,
        ),
        ("DateEquals", "aws:CurrentTime", json!("2026-01-01"), NO),
        ("DateNotEquals", "aws:CurrentTime", json!("2026-01-01"), YES),
        // To come: some do.
        (
            "DateLessThan",
            "aws:CurrentTime",
            json!("2027-01-01T00:00:00Z"),
            UNKNOWN,
        ),
        (
            "DateLessThanEquals",
            "aws:CurrentTime",
            json!("2026-11-24T00:00:00Z"),
            UNKNOWN,
        ),
        (
            "DateGreaterThan",
            "aws:CurrentTime",
            json!("2027-01-01T00:00:00Z"),
            UNKNOWN,
        ),
        ("NumericLessThan", "aws:EpochTime", json!("1700000000"), NO),
        (
            "NumericGreaterThan",
            "aws:EpochTime",
            json!("1700000000"),
            YES,
        ),
        // Revoked sessions: a new one is issued after that.
        (
            "DateLessThan",
            "aws:TokenIssueTime",
            json!("2026-06-01T00:00:00Z"),
            NO,
        ),
        ("Null", "aws:TokenIssueTime", json!("true"), NO),
    ];
    for (operator, key, values, want) in cases {
        assert_eq!(
            holds(operator, key, values.clone(), &session),
            want,
            "{operator} {key} {values}"
        );
    }
    let mut user = Context::partial();
    user.set_time(taken_at, false);
    assert_eq!(
        holds(
            "DateLessThan",
            "aws:TokenIssueTime",
            json!("2026-06-01"),
            &user
        ),
        NO
    );
    assert_eq!(
        holds("Null", "aws:TokenIssueTime", json!("true"), &user),
        YES
    );
}

#[test]
fn as_a_person_would_say_it() {
    let cases = [
        (
            "StringEquals",
            "aws:SourceVpc",
            json!("vpc-0abc"),
            "from vpc-0abc",
        ),
        (
            "Bool",
            "aws:MultiFactorAuthPresent",
            json!("true"),
            "with MFA",
        ),
        (
            "IpAddress",
            "aws:SourceIp",
            json!(["10.0.0.0/8", "192.0.2.1"]),
            "from 10.0.0.0/8 or 192.0.2.1",
        ),
        (
            "NotIpAddress",
            "aws:SourceIp",
            json!("10.0.0.0/8"),
            "not from 10.0.0.0/8",
        ),
        (
            "StringEquals",
            "aws:PrincipalTag/team",
            json!("red"),
            "if aws:PrincipalTag/team is red",
        ),
        (
            "StringNotLike",
            "aws:PrincipalTag/team",
            json!("r*"),
            "if aws:PrincipalTag/team is not like r*",
        ),
        (
            "Null",
            "aws:ResourceTag/owner",
            json!("false"),
            "if aws:ResourceTag/owner is set",
        ),
        (
            "NumericLessThan",
            "s3:max-keys",
            json!("10"),
            "if s3:max-keys is less than 10",
        ),
        (
            "DateLessThan",
            "aws:CurrentTime",
            json!("2027-01-01T00:00:00Z"),
            "until 2027-01-01T00:00:00Z",
        ),
        (
            "StringEqualsIfExists",
            "ec2:Owner",
            json!("self"),
            "if ec2:Owner is self, where it is set",
        ),
        (
            "ForAnyValue:StringEquals",
            "aws:TagKeys",
            json!(["a", "b", "c"]),
            "if some value of aws:TagKeys is a, b or c",
        ),
    ];
    for (operator, key, values, want) in cases {
        let condition = Condition::new(Operator::parse(operator), key, &values, true);
        assert_eq!(condition.describe(), want);
    }
}
