//! Trust policies as they are written for EKS, and as they go wrong.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111";
const PROVIDER: &str =
    "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111";
const ROLE: &str = "arn:aws:iam::111122223333:role/app";

fn trust(statements: Value) -> NamedPolicy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    NamedPolicy::new("trust", PolicyDocument::from_value(&document).unwrap())
}

/// A statement for the provider; `ISS` stands for the issuer.
fn federated(effect: &str, conditions: &Value) -> Value {
    let conditions: Value = serde_json::from_str(
        &conditions
            .to_string()
            .replace("ISS:", &format!("{ISSUER}:")),
    )
    .unwrap();
    json!({"Effect": effect, "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": conditions})
}

fn assume(trust: &NamedPolicy, subject: &str) -> Decision {
    let role = Role {
        arn: ROLE,
        trust,
        rcps: &[],
    };
    let token = WebIdentity {
        provider: PROVIDER,
        subject,
        audience: "sts.amazonaws.com",
    };
    web_identity(&role, &token, &Context::partial())
}

#[test]
fn a_service_account_gets_the_role_its_trust_policy_gives() {
    let app = "system:serviceaccount:prod:app";
    let cases = [
        (
            json!({"StringEquals": {"ISS:sub": app, "ISS:aud": "sts.amazonaws.com"}}),
            Verdict::Allow,
        ),
        (
            json!({"StringEquals": {"ISS:sub": "system:serviceaccount:prod:other"}}),
            Verdict::Deny { explicit: false },
        ),
        (
            json!({"StringEquals": {"ISS:sub": "system:serviceaccount:prod:*"}}),
            Verdict::Deny { explicit: false },
        ),
        (
            json!({"StringLike": {"ISS:sub": "system:serviceaccount:prod:*"}}),
            Verdict::Allow,
        ),
        (json!({}), Verdict::Allow),
        // The claims of another cluster's tokens are not there, whatever else is unknown.
        (
            json!({"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/BBBB:sub": app}}),
            Verdict::Deny { explicit: false },
        ),
        (
            json!({"StringNotEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/BBBB:sub": app}}),
            Verdict::Allow,
        ),
        // The call is not signed: there is no MFA.
        (
            json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            Verdict::Deny { explicit: false },
        ),
        // What cannot be known.
        (
            json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            Verdict::Conditional,
        ),
    ];
    for (conditions, want) in cases {
        let got = assume(&trust(json!([federated("Allow", &conditions)])), app);
        assert_eq!(got.verdict, want, "{conditions}");
    }
}

#[test]
fn what_the_caller_chooses_is_no_restriction() {
    let names = federated(
        "Allow",
        &json!({"StringLike": {"sts:RoleSessionName": "trusted-*"}}),
    );
    let got = assume(&trust(json!([names])), "system:serviceaccount:evil:x");
    assert_eq!(
        (got.verdict, got.chosen),
        (Verdict::Allow, vec!["sts:RoleSessionName".to_owned()])
    );
    // Nor does a deny of other names keep it out; one that nothing can avoid does.
    let avoided = trust(json!([
        federated("Allow", &json!({})),
        federated(
            "Deny",
            &json!({"StringNotEquals": {"sts:RoleSessionName": "me"}})
        )
    ]));
    assert_eq!(
        assume(&avoided, "system:serviceaccount:a:b").verdict,
        Verdict::Allow
    );
}

#[test]
fn a_provider_of_another_account_opens_nothing() {
    let other = PROVIDER.replace("111122223333", "444455556666");
    let statement = json!({"Effect": "Allow", "Principal": {"Federated": other}, "Action": "sts:AssumeRoleWithWebIdentity"});
    let trust = trust(json!([statement]));
    let role = Role {
        arn: ROLE,
        trust: &trust,
        rcps: &[],
    };
    let token = WebIdentity {
        provider: &other,
        subject: "s",
        audience: "sts.amazonaws.com",
    };
    assert!(web_identity(&role, &token, &Context::partial()).is_denied());
}

#[test]
fn pod_identity_needs_both_actions_where_it_sends_tags() {
    let service = |action: Value, conditions: Value| {
        trust(
            json!([{"Effect": "Allow", "Principal": {"Service": POD_IDENTITY}, "Action": action, "Condition": conditions}]),
        )
    };
    let pod = PodIdentity {
        cluster_arn: "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
        cluster_name: "prod",
        namespace: "shop",
        service_account: "app",
        pod: None,
        tags: true,
    };
    let both = json!(["sts:AssumeRole", "sts:TagSession"]);
    let tag =
        |key: &str, value: &str| json!({"StringEquals": {format!("aws:RequestTag/{key}"): value}});
    let cases = [
        (service(both.clone(), json!({})), true, Verdict::Allow),
        (
            service(json!("sts:AssumeRole"), json!({})),
            true,
            Verdict::Deny { explicit: false },
        ),
        (
            service(json!("sts:AssumeRole"), json!({})),
            false,
            Verdict::Allow,
        ),
        (
            service(both.clone(), tag("kubernetes-namespace", "shop")),
            true,
            Verdict::Allow,
        ),
        (
            service(both.clone(), tag("kubernetes-namespace", "other")),
            true,
            Verdict::Deny { explicit: false },
        ),
        // No tags are sent: the key is not there.
        (
            service(both.clone(), tag("kubernetes-namespace", "shop")),
            false,
            Verdict::Deny { explicit: false },
        ),
        // A tag that the service does not send.
        (
            service(both.clone(), tag("team", "shop")),
            true,
            Verdict::Deny { explicit: false },
        ),
        // Some pod of the service account.
        (
            service(both.clone(), tag("kubernetes-pod-name", "app-0")),
            true,
            Verdict::Conditional,
        ),
        (
            service(
                both,
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:eks:*:111122223333:cluster/prod"}}),
            ),
            true,
            Verdict::Allow,
        ),
    ];
    for (at, (trust, tags, want)) in cases.into_iter().enumerate() {
        let role = Role {
            arn: ROLE,
            trust: &trust,
            rcps: &[],
        };
        let got = pod_identity(&role, &PodIdentity { tags, ..pod }, &Context::partial());
        assert_eq!(
            got.verdict, want,
            "case {at}, tags {tags}: {:?}",
            got.conditions
        );
    }
}

#[test]
fn a_principal_needs_its_own_policy_where_the_trust_names_the_account() {
    let caller = Principal::from_arn("arn:aws:iam::111122223333:role/pod").unwrap();
    let may = [NamedPolicy::new(
        "may",
        PolicyDocument::parse(
            r#"{"Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*"}}"#,
        )
        .unwrap(),
    )];
    let to = |principal: Value, conditions: Value| {
        trust(
            json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": conditions}]),
        )
    };
    let account = to(json!("111122223333"), json!({}));
    let external = to(
        json!("111122223333"),
        json!({"StringEquals": {"sts:ExternalId": "secret"}}),
    );
    let with = Policies {
        identity: &may,
        ..Policies::default()
    };
    let ask = |trust: &NamedPolicy, own: &Policies<'_>, tags: bool| {
        principal(
            &Role {
                arn: ROLE,
                trust,
                rcps: &[],
            },
            &caller,
            own,
            &Context::partial(),
            tags,
        )
    };
    assert!(ask(&account, &with, false).is_allowed());
    assert!(ask(&account, &Policies::default(), false).is_denied());
    // Session tags that go on need sts:TagSession as well.
    assert!(ask(&account, &with, true).is_denied());
    let got = ask(&external, &with, false);
    assert_eq!(
        (got.is_allowed(), got.chosen),
        (true, vec!["sts:ExternalId".to_owned()])
    );
}

/// What is left of `sub` and `aud`, as short texts.
fn limits(statements: Value) -> Vec<(bool, bool)> {
    let trust = trust(statements);
    subject_conditions(&trust.document, PROVIDER)
        .iter()
        .map(|s| (s.is_subject_restricted(), s.is_audience_restricted()))
        .collect()
}

#[test]
fn subjects_and_audiences_are_read() {
    let allow = |conditions: Value| json!([federated("Allow", &conditions)]);
    let cases = [
        (allow(json!({})), vec![(false, false)]),
        (
            allow(json!({"StringEquals": {"ISS:sub": "s"}})),
            vec![(true, false)],
        ),
        (
            allow(
                json!({"StringEqualsIfExists": {"ISS:sub": "s"}, "StringLike": {"ISS:aud": "sts*"}}),
            ),
            vec![(true, true)],
        ),
        (
            allow(json!({"ForAllValues:StringEquals": {"ISS:sub": "s"}})),
            vec![(true, false)],
        ),
        (
            allow(json!({"StringLike": {"ISS:sub": "*"}})),
            vec![(false, false)],
        ),
        (
            allow(json!({"StringNotEquals": {"ISS:sub": "s"}})),
            vec![(false, false)],
        ),
        (
            allow(json!({"Null": {"ISS:sub": "false"}})),
            vec![(false, false)],
        ),
        (
            allow(json!({"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/BBBB:sub": "s"}})),
            vec![(false, false)],
        ),
        // A deny of every other subject.
        (
            json!([
                federated("Allow", &json!({})),
                federated("Deny", &json!({"StringNotEquals": {"ISS:sub": "s"}}))
            ]),
            vec![(true, false)],
        ),
        // Another provider, another action.
        (
            json!([{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/x"}, "Action": "sts:AssumeRoleWithWebIdentity"}]),
            vec![],
        ),
        (
            json!([{"Effect": "Allow", "Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRole"}]),
            vec![],
        ),
    ];
    for (statements, want) in cases {
        assert_eq!(limits(statements.clone()), want, "{statements}");
    }
    let trust = trust(json!([federated(
        "Allow",
        &json!({"StringLike": {"ISS:sub": ["system:serviceaccount:prod:*", "system:serviceaccount:a:b"]}})
    )]));
    let found = subject_conditions(&trust.document, PROVIDER);
    assert_eq!(
        found[0].subject[0].values,
        [
            LimitKind::Like(crate::iam::glob::Pattern::new(
                "system:serviceaccount:prod:*"
            )),
            LimitKind::Exact("system:serviceaccount:a:b".into())
        ]
    );
}

#[test]
fn whether_any_service_account_may() {
    let open = trust(json!([federated(
        "Allow",
        &json!({"StringEquals": {"ISS:aud": "sts.amazonaws.com"}})
    )]));
    let closed = trust(json!([
        federated("Allow", &json!({})),
        federated(
            "Deny",
            &json!({"StringNotLike": {"ISS:sub": "system:serviceaccount:prod:*"}})
        )
    ]));
    let any = |t: &NamedPolicy, namespace| {
        any_service_account(
            &Role {
                arn: ROLE,
                trust: t,
                rcps: &[],
            },
            PROVIDER,
            namespace,
            &Context::partial(),
        )
    };
    assert!(any(&open, None).is_allowed());
    assert!(any(&closed, None).is_denied());
    assert!(any(&closed, Some("prod")).is_allowed());
}

/// What the caller chooses is no condition beside one that it does not.
#[test]
fn what_the_caller_chooses_leaves_the_rest_open() {
    let trust = trust(
        json!([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "x", "sts:RoleSessionName": "ops"},
            "Bool": {"aws:MultiFactorAuthPresent": "true"}}}]),
    );
    let caller = Principal::from_arn("arn:aws:iam::111122223333:user/ann").unwrap();
    let everything = NamedPolicy::new("p", PolicyDocument::allowing_everything());
    let own = Policies {
        identity: std::slice::from_ref(&everything),
        ..Policies::default()
    };
    let role = Role {
        arn: ROLE,
        trust: &trust,
        rcps: &[],
    };
    let decision = principal(&role, &caller, &own, &Context::partial(), false);
    assert_eq!(decision.conditions, ["only with MFA"], "{decision:?}");
    assert_eq!(decision.chosen, ["sts:RoleSessionName", "sts:ExternalId"]);
}
