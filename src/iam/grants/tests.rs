//! "May it read every secret": the questions that checks ask, and what narrows them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::*;
use crate::iam::document::PolicyDocument;

const EVERY: &str = "arn:aws:secretsmanager:*:111122223333:secret:*";

fn policies(statements: &Value) -> Vec<NamedPolicy> {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    vec![NamedPolicy::new(
        "p",
        PolicyDocument::from_value(&document).unwrap(),
    )]
}

fn ask(identity: &Value, boundary: Option<&Value>, asked: &str) -> Grant {
    let identity = policies(identity);
    let boundary = boundary.map(policies).unwrap_or_default();
    let policies = Policies {
        identity: &identity,
        boundary: &boundary,
        ..Policies::default()
    };
    let mut context = Context::partial();
    context
        .set("aws:PrincipalTag/team", "red")
        .set_absent("aws:username");
    grants(
        &policies,
        &context,
        &Question::new("secretsmanager:getsecretvalue", &Pattern::new(asked)),
    )
}

fn read(resource: Value) -> Value {
    json!({"Effect": "Allow", "Action": "secretsmanager:Get*", "Resource": resource})
}

#[test]
fn every_some_or_none() {
    use Extent::{Every, Nothing, Some};
    let tagged = json!({"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}}});
    let deny = |element: &str, resource: &str| {
        let mut statement = json!({"Effect": "Deny", "Action": "secretsmanager:*"});
        statement[element] = json!(resource);
        json!([read(json!("*")), statement])
    };
    let cases = [
        (read(json!("*")), Every, Every),
        (
            read(json!("arn:aws:secretsmanager:*:*:secret:*")),
            Every,
            Every,
        ),
        (read(json!(EVERY)), Every, Every),
        (
            json!({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::*"}),
            Every,
            Every,
        ),
        (
            read(json!([
                "arn:aws:secretsmanager:*:111122223333:secret:a*",
                "arn:aws:secretsmanager:*:111122223333:secret:*"
            ])),
            Every,
            Every,
        ),
        (
            read(json!(
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*"
            )),
            Some,
            Some,
        ),
        (
            read(json!("arn:aws:secretsmanager:*:*:secret:prod/*")),
            Some,
            Some,
        ),
        (
            read(json!(
                "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}/*"
            )),
            Some,
            Some,
        ),
        (
            read(json!("arn:aws:secretsmanager:*:*:secret:${aws:username}/*")),
            Nothing,
            Nothing,
        ),
        (
            read(json!("arn:aws:secretsmanager:*:*:secret:${aws:userid}/*")),
            Nothing,
            Some,
        ),
        (
            read(json!("arn:aws:secretsmanager:*:999999999999:secret:*")),
            Nothing,
            Nothing,
        ),
        (read(json!("arn:aws:s3:::*")), Nothing, Nothing),
        (tagged, Nothing, Every),
        (deny("Resource", "*"), Nothing, Nothing),
        (
            deny("Resource", "arn:aws:secretsmanager:*:*:secret:prod/*"),
            Some,
            Some,
        ),
        (
            deny("NotResource", "arn:aws:secretsmanager:*:*:secret:dev/*"),
            Some,
            Some,
        ),
        (
            deny("NotResource", "arn:aws:secretsmanager:*:*:secret:*"),
            Every,
            Every,
        ),
    ];
    for (statements, certain, possible) in cases {
        let got = ask(&statements, None, EVERY);
        assert_eq!(
            (got.certain, got.possible),
            (certain, possible),
            "{statements}: {got:?}"
        );
        assert_eq!(
            got.conditions.is_empty(),
            certain == possible,
            "{statements}: {got:?}"
        );
    }
}

#[test]
fn together_statements_may_cover_what_none_covers() {
    let halves = json!([read(json!("arn:aws:secretsmanager:*:*:secret:a*")),
        {"Effect": "Allow", "Action": "secretsmanager:*", "NotResource": "arn:aws:secretsmanager:*:*:secret:a*"}]);
    assert_eq!(ask(&halves, None, EVERY).certain, Extent::Every);
}

#[test]
fn a_boundary_narrows() {
    let all = read(json!("*"));
    for (boundary, want) in [
        (
            json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
            Extent::Every,
        ),
        (
            json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
            Extent::Nothing,
        ),
        (
            read(json!("arn:aws:secretsmanager:*:*:secret:prod/*")),
            Extent::Some,
        ),
    ] {
        assert_eq!(
            ask(&all, Some(&boundary), EVERY).certain,
            want,
            "{boundary}"
        );
    }
}

#[test]
fn a_wildcard_stands_for_no_colon_within_an_arn() {
    // Only a name with colons would be a secret and a parameter at once.
    let odd = read(json!("arn:aws:secretsmanager:*:*:parameter:*"));
    assert!(ask(&odd, None, EVERY).is_nothing());
    let named = Pattern::new(EVERY);
    let with_colons = Question {
        colons: true,
        ..Question::new("secretsmanager:getsecretvalue", &named)
    };
    let identity = policies(&odd);
    let policies = Policies {
        identity: &identity,
        ..Policies::default()
    };
    assert_eq!(
        grants(&policies, &Context::partial(), &with_colons).certain,
        Extent::Some
    );
}

/// Where the regions are too many to be told apart, whether there is any is still told.
#[test]
fn some_is_told_where_every_is_not() {
    let far: Vec<String> = (0..20).map(|n| format!("*a{}", "?".repeat(n))).collect();
    let most = json!({"Effect": "Deny", "Action": "*", "Resource": far});
    let grant = ask(&json!([read(json!("*")), most]), None, EVERY);
    assert!(grant.undecided, "{grant:?}");
    assert_eq!(
        (grant.certain, grant.possible),
        (Extent::Some, Extent::Every)
    );
    let none = json!({"Effect": "Deny", "Action": "*", "Resource": ["*:secret:?*", "*:secret:"]});
    assert!(ask(&json!([read(json!("*")), most, none]), None, EVERY).is_nothing());
}

/// An RCP takes away from what the identity's policies allow, for the services that RCPs bind and no others.
#[test]
fn an_rcp_denies() {
    let deny = |action: &str, element: &str, resource: &str| {
        let mut statement = json!({"Effect": "Deny", "Principal": "*", "Action": action});
        statement[element] = json!(resource);
        statement
    };
    let mut open = deny("*", "Resource", "*");
    open["Condition"] = json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}});
    let prod = "arn:aws:secretsmanager:*:*:secret:prod/*";
    let cases = [
        (deny("*", "Resource", "*"), Extent::Nothing, Extent::Nothing),
        (deny("*", "Resource", prod), Extent::Some, Extent::Some),
        (
            deny("secretsmanager:*", "NotResource", "arn:aws:s3:::*"),
            Extent::Nothing,
            Extent::Nothing,
        ),
        (deny("s3:*", "Resource", "*"), Extent::Every, Extent::Every),
        (open, Extent::Nothing, Extent::Every),
        // RCPs allow nothing, and take nothing away by not allowing it.
        (
            json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}),
            Extent::Every,
            Extent::Every,
        ),
    ];
    let every = [
        ("secretsmanager:getsecretvalue", EVERY),
        ("ssm:getparameter", "arn:aws:ssm:*:111122223333:parameter/*"),
    ];
    let identity = policies(&json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
    for (statement, certain, possible) in cases {
        let rcps = [policies(&json!([])), policies(&statement)];
        for (action, asked) in every {
            let policies = Policies {
                identity: &identity,
                rcps: &rcps,
                ..Policies::default()
            };
            let asked = Pattern::new(asked);
            let got = grants(
                &policies,
                &Context::partial(),
                &Question::new(action, &asked),
            );
            let want = match action {
                "ssm:getparameter" => (Extent::Every, Extent::Every),
                _ => (certain, possible),
            };
            assert_eq!(
                (got.certain, got.possible),
                want,
                "{action}, {statement}: {got:?}"
            );
        }
    }
}
