//! Conditional exactly where the values of the unknown keys decide, for each type of key.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{NamedPolicy, evaluate};
use crate::iam::principal::Principal;

/// A key with the operators and values that it is tested with, and values of requests that show all that
/// those can tell apart. A value `-` is an absent key; one with commas is a list.
struct Kind {
    key: &'static str,
    operators: &'static [&'static str],
    values: &'static [&'static str],
    requests: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        key: "aws:SourceIp",
        operators: &["IpAddress", "NotIpAddress", "Null"],
        values: &[
            "10.0.0.0/8",
            "10.1.0.0/16",
            "192.0.2.1",
            "2001:db8::/32",
            "10.128.0.0/9",
        ],
        requests: &[
            "-",
            "10.0.0.1",
            "10.1.2.3",
            "10.200.0.1",
            "192.0.2.1",
            "192.0.2.2",
            "2001:db8::1",
            "::1",
        ],
    },
    Kind {
        key: "aws:TokenIssueTime",
        operators: &[
            "DateLessThan",
            "DateGreaterThanEquals",
            "DateEquals",
            "DateNotEquals",
            "DateGreaterThan",
        ],
        values: &["2026-01-01T00:00:00Z", "2027-01-01", "1767225601"],
        requests: &[
            "-",
            "2025-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.5Z",
            "2026-01-01T00:00:01Z",
            "2026-06-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
            "2028-01-01T00:00:00Z",
        ],
    },
    Kind {
        key: "s3:max-keys",
        operators: &[
            "NumericLessThan",
            "NumericGreaterThanEquals",
            "NumericEquals",
            "NumericNotEquals",
        ],
        values: &["1", "5", "10.5"],
        requests: &["-", "0", "1", "3", "5", "7", "10.5", "11"],
    },
    Kind {
        key: "aws:SourceArn",
        operators: &["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"],
        values: &[
            "arn:aws:s3:::a",
            "arn:aws:s3:::a*",
            "arn:aws:*:::b",
            "*",
            "arn:aws:s*:::*",
        ],
        requests: &[
            "-",
            "x",
            "arn:aws:s3:::a",
            "arn:aws:s3:::ab",
            "arn:aws:sns:::b",
            "arn:aws:s3:::b",
            "arn:aws:s3:::c",
            "arn:aws:sns:::a",
            "arn:aws:sns:::c",
            "arn:aws:ec2:::b",
            "arn:aws:ec2:::c",
        ],
    },
    Kind {
        key: "aws:MultiFactorAuthPresent",
        operators: &["Bool", "BoolIfExists", "Null"],
        values: &["true", "false"],
        requests: &["-", "true", "false"],
    },
    Kind {
        key: "aws:TagKeys",
        operators: &[
            "ForAllValues:StringLike",
            "ForAnyValue:StringLike",
            "ForAnyValue:StringNotLike",
            "ForAllValues:StringNotLike",
            "Null",
        ],
        values: &["a", "b", "a*"],
        requests: &[
            "-", "a,", "b,", "ab,", "c,", "a,b", "a,ab", "a,c", "b,ab", "b,c", "ab,c", "a,b,ab",
            "a,b,c", "a,ab,c", "b,ab,c", "a,b,ab,c",
        ],
    },
];

fn statement(kind: usize) -> impl Strategy<Value = Json> {
    let Kind {
        key,
        operators,
        values,
        ..
    } = &KINDS[kind];
    let one = (
        prop::sample::select(*operators),
        prop::collection::vec(prop::sample::select(*values), 1..3),
    );
    let effect = prop_oneof![2 => Just("Allow"), 1 => Just("Deny")];
    (effect, prop::collection::vec(one, 0..3)).prop_map(move |(effect, conditions)| {
        let mut block: Map<String, Json> = Map::new();
        for (operator, values) in conditions {
            let values = if operator == "Null" {
                json!([values[0].len() % 2 == 0])
            } else {
                json!(values)
            };
            block.insert(operator.into(), json!({ *key: values }));
        }
        json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": block})
    })
}

fn world() -> impl Strategy<Value = (usize, Vec<Json>)> {
    (0..KINDS.len())
        .prop_flat_map(|kind| (Just(kind), prop::collection::vec(statement(kind), 1..4)))
}

fn decide(statements: &[Json], resource: &str, context: &Context) -> Decision {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let identity = [NamedPolicy::new(
        "p",
        PolicyDocument::from_value(&document).unwrap(),
    )];
    let policies = Policies {
        identity: &identity,
        ..Policies::default()
    };
    let principal = Principal::from_arn("arn:aws:iam::111111111111:role/app").unwrap();
    evaluate(
        &Request::new(&principal, "s3:getobject", resource, context),
        &policies,
    )
}

fn completed(key: &str, value: &str) -> Context {
    let mut context = Context::complete();
    match value {
        "-" => context.set_absent(key),
        list if list.contains(',') => {
            context.set_list(key, list.split(',').filter(|v| !v.is_empty()))
        }
        one => context.set(key, one),
    };
    context
}

/// What all these contexts agree on; unknown where they do not.
fn agreed(statements: &[Json], resource: &str, contexts: impl Iterator<Item = Context>) -> Truth {
    let mut truths: Vec<Truth> = contexts
        .map(|c| decide(statements, resource, &c).truth())
        .collect();
    truths.sort();
    truths.dedup();
    match truths.as_slice() {
        [one] => *one,
        _ => Truth::Unknown,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn of_every_type((kind, statements) in world()) {
        let Kind { key, requests, .. } = &KINDS[kind];
        let want = agreed(&statements, "*", requests.iter().map(|r| completed(key, r)));
        let got = decide(&statements, "*", &Context::partial());
        prop_assert_eq!(got.truth(), want, "{:?}", got);
    }

    /// One key against another, and against the resource.
    #[test]
    fn of_variables(
        statements in prop::collection::vec(
            (
                prop::sample::select(vec!["Allow", "Allow", "Deny"]),
                prop::sample::select(vec!["*", "home/${aws:username}", "${aws:username}/*", "home/ann", "${aws:username}*"]),
                prop::collection::vec((
                    prop::sample::select(vec!["StringEquals", "StringNotEquals", "StringLike"]),
                    prop::sample::select(vec!["aws:PrincipalTag/owner", "aws:username"]),
                    prop::sample::select(vec!["${aws:username}", "ann", "b*", "home"]),
                ), 0..3),
            ),
            1..4,
        ),
    ) {
        let statements: Vec<Json> = statements
            .iter()
            .map(|(effect, resource, conditions)| {
                let mut block: Map<String, Json> = Map::new();
                for (operator, key, value) in conditions {
                    // A key against itself is a question of its own.
                    let value = if *key == "aws:username" && value.contains("${") { "ann" } else { value };
                    block.entry(*operator).or_insert_with(|| json!({}))[*key] = json!(value);
                }
                json!({"Effect": effect, "Action": "*", "Resource": resource, "Condition": block})
            })
            .collect();
        let texts = ["-", "ann", "bob", "b*", "ben", "home", "h", "home/ann", "x", ""];
        let all = texts.iter().flat_map(|name| texts.iter().map(move |owner| {
            let mut context = completed("aws:username", name);
            match *owner {
                "-" => context.set_absent("aws:PrincipalTag/owner"),
                owner => context.set("aws:PrincipalTag/owner", owner),
            };
            context
        }));
        let want = agreed(&statements, "home/ann", all);
        let got = decide(&statements, "home/ann", &Context::partial());
        prop_assert_eq!(got.truth(), want, "{:?}", got);
    }
}

#[test]
fn a_bound_is_kept() {
    // From the audit on, the one date is past and the other to come.
    let mut context = Context::partial();
    context.set_not_before("aws:CurrentTime", "2026-06-01T00:00:00Z".parse().unwrap());
    let allow = |operator: &str, date: &str| {
        json!({"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {operator: {"aws:CurrentTime": date}}})
    };
    for (statements, want) in [
        (
            vec![
                allow("DateLessThan", "2027-01-01"),
                allow("DateGreaterThanEquals", "2027-01-01"),
            ],
            Truth::Yes,
        ),
        (
            vec![
                allow("DateLessThan", "2027-01-01"),
                allow("DateGreaterThan", "2027-01-01"),
            ],
            Truth::Unknown,
        ),
        (vec![allow("DateLessThan", "2026-01-01")], Truth::No),
        (vec![allow("DateGreaterThan", "2026-01-01")], Truth::Yes),
    ] {
        assert_eq!(
            decide(&statements, "*", &context).truth(),
            want,
            "{statements:?}"
        );
    }
}

#[test]
fn any_arn_is_not_any_text() {
    // A value that is no ARN meets neither operator.
    let arn = |effect: &str, operator: &str| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": {operator: {"aws:SourceArn": "*"}}});
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    for (statements, want) in [
        (
            vec![
                all.clone(),
                arn("Deny", "ArnEquals"),
                arn("Allow", "ArnLike"),
            ],
            Truth::Unknown,
        ),
        (
            vec![arn("Allow", "ArnNotLike"), arn("Allow", "ArnLike")],
            Truth::Unknown,
        ),
        (
            vec![all, arn("Deny", "ArnNotLike"), arn("Deny", "ArnLike")],
            Truth::Unknown,
        ),
    ] {
        let got = decide(&statements, "*", &Context::partial());
        assert_eq!(got.truth(), want, "{statements:?}");
    }
}

/// A resource of many variables and a long ARN: how each may fit is not tried out, and it stays conditional.
#[test]
fn many_variables_in_a_long_resource_stay_open() {
    let many = format!("home/{}", "${aws:PrincipalTag/a}*".repeat(500));
    let statements = [json!({"Effect": "Allow", "Action": "*", "Resource": many})];
    let long = format!("home/{}", "a".repeat(2_000));
    let begun = std::time::Instant::now();
    let decision = decide(&statements, &long, &Context::partial());
    assert_eq!(decision.truth(), Truth::Unknown, "{decision:?}");
    let took = begun.elapsed();
    assert!(took.as_secs() < 10, "{took:?}");
}
