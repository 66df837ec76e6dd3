//! Documents as they are stored, as people write them, and as AWS would refuse them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::*;

fn reasons(statement: Value, place: Place) -> Vec<String> {
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    let parsed = PolicyDocument::from_value(&document).unwrap();
    parsed
        .problems(place)
        .into_iter()
        .map(|p| p.reason)
        .collect()
}

#[test]
fn one_or_many_and_encoded() {
    let plain = r#"{"Version":"2012-10-17","Statement":{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let lists = r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Action":["s3:*"],"Resource":["*"]}]}"#;
    let encoded = percent_encoding::utf8_percent_encode(plain, percent_encoding::NON_ALPHANUMERIC)
        .to_string();
    let one = PolicyDocument::parse(plain).unwrap();
    for text in [lists, &encoded, &format!("\u{feff}  {plain}\n")] {
        assert_eq!(PolicyDocument::parse(text).unwrap(), one, "{text}");
    }
    assert_eq!(
        PolicyDocument::from_value(&json!(plain)).unwrap(),
        one,
        "a string is read as the document"
    );
    assert_eq!(one.statements[0].sid.as_deref(), Some("a"));
}

#[test]
fn what_is_no_policy() {
    assert!(matches!(
        PolicyDocument::parse("{"),
        Err(PolicyError::Json(_))
    ));
    assert_eq!(PolicyDocument::parse("[]"), Err(PolicyError::NotAnObject));
    assert_eq!(PolicyDocument::parse("{}"), Err(PolicyError::NoStatement));
    assert_eq!(
        PolicyDocument::parse(r#"{"Statement":"x"}"#),
        Err(PolicyError::NoStatement)
    );
}

#[test]
fn what_aws_would_refuse_is_kept_with_its_reason() {
    let none: [&str; 0] = [];
    let fine = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"});
    assert_eq!(reasons(fine, Place::Identity), none);
    let cases = [
        (
            json!({"Effect": "allow", "Action": "*", "Resource": "*"}),
            Place::Identity,
            "Effect is neither Allow nor Deny",
        ),
        (
            json!({"Effect": "Allow", "Resource": "*"}),
            Place::Identity,
            "no Action",
        ),
        (
            json!({"Effect": "Allow", "Action": "*"}),
            Place::Identity,
            "neither Resource nor NotResource",
        ),
        (
            json!({"Effect": "Allow", "Action": "a,b", "Resource": "*"}),
            Place::Identity,
            "\"a,b\" is no action",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "NotAction": "s3:*", "Resource": "*"}),
            Place::Identity,
            "both Action and NotAction",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}),
            Place::Identity,
            "a principal, which this kind of policy cannot have",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Actions": "x"}),
            Place::Identity,
            "unknown element Actions",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Principal": {"AWS": "*"}, "Resource": "*"}),
            Place::Trust,
            "a resource, which a trust policy cannot have",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Principal": {"AWS": ["*", "arn:aws:iam::111111111111:role/*"]}}),
            Place::Trust,
            "\"arn:aws:iam::111111111111:role/*\" is no principal",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Principal": {"AWS": "arn:aws:iam::111111111111:group/dev"}}),
            Place::Trust,
            "\"arn:aws:iam::111111111111:group/dev\" is no principal",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Principal": {"Service": "*"}}),
            Place::Trust,
            "\"*\" is no principal",
        ),
        (
            json!({"Effect": "Deny", "Action": "*", "Principal": {"AWS": "111111111111"}, "Resource": "*"}),
            Place::Rcp,
            "a Principal other than *, which an RCP cannot have",
        ),
        (
            json!({"Effect": "Deny", "NotAction": "s3:*", "Principal": "*", "Resource": "*"}),
            Place::Rcp,
            "NotAction, which an RCP cannot have",
        ),
        (
            json!({"Effect": "Allow", "Action": "s3:*", "Principal": "*", "Resource": "*"}),
            Place::Rcp,
            "Allow, which an RCP cannot have",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "NotPrincipal": {"AWS": "111111111111"}}),
            Place::Trust,
            "NotPrincipal, which a trust policy cannot have",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
            Place::Resource,
            "no Principal",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Principal": {"Aws": "*"}}),
            Place::Trust,
            "unknown kind of principal Aws",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"a": "b"}}}),
            Place::Identity,
            "unknown condition operator StringIs",
        ),
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "home"}}}),
            Place::Identity,
            "IpAddress of aws:SourceIp has the value \"home\", which it cannot read",
        ),
    ];
    for (statement, place, want) in cases {
        assert_eq!(reasons(statement.clone(), place), [want], "{statement}");
    }
}

#[test]
fn a_statement_without_actions_has_none() {
    let document =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"}]});
    let parsed = PolicyDocument::from_value(&document).unwrap();
    assert!(!parsed.statements[0].has_action("s3:getobject"));
}

#[test]
fn sids_are_unique() {
    let one = json!({"Sid": "a", "Effect": "Allow", "Action": "*", "Resource": "*"});
    let document = json!({"Version": "2012-10-17", "Statement": [one, one]});
    let parsed = PolicyDocument::from_value(&document).unwrap();
    let want = Invalid {
        statement: Some(1),
        reason: "the Sid a again".into(),
    };
    assert_eq!(parsed.invalid, [want]);
    assert_eq!(parsed.statements.len(), 2);
}

#[test]
fn a_statement_that_cannot_be_judged_leaves_the_others() {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Maybe", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*"}, 7]});
    let parsed = PolicyDocument::from_value(&document).unwrap();
    assert_eq!(
        parsed
            .statements
            .iter()
            .map(|s| s.index)
            .collect::<Vec<_>>(),
        [1]
    );
    assert_eq!(
        parsed
            .invalid
            .iter()
            .map(|i| i.statement)
            .collect::<Vec<_>>(),
        [Some(0), Some(2)]
    );
}

#[test]
fn variables_only_in_the_version_that_has_them() {
    for (version, want) in [
        (json!("2012-10-17"), true),
        (json!("2008-10-17"), false),
        (Value::Null, false),
    ] {
        let document = json!({"Version": version, "Statement": []});
        assert_eq!(
            PolicyDocument::from_value(&document).unwrap().variables,
            want,
            "{version}"
        );
    }
}

#[test]
fn a_variable_without_a_value_is_like_no_resource() {
    let statement = |element: &str, resources: Value| {
        let mut statement = json!({"Effect": "Deny", "Action": "*"});
        statement[element] = resources;
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        PolicyDocument::from_value(&document).unwrap()
    };
    let context = Context::complete();
    for (element, resources, want) in [
        ("Resource", json!("a/${aws:username}"), Truth::No),
        ("Resource", json!(["a/${aws:username}", "a/*"]), Truth::Yes),
        ("NotResource", json!("a/${aws:username}"), Truth::Yes),
        (
            "NotResource",
            json!(["a/${aws:username}", "a/*"]),
            Truth::No,
        ),
        ("NotResource", json!("a/${aws:username, 'x'}"), Truth::No),
    ] {
        let document = statement(element, resources.clone());
        let has = document.statements[0].has_resource("a/x", false, &context);
        assert_eq!(has, want, "{element} {resources}");
    }
}
