#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use serde_json::{Value, json};

use super::*;
use crate::checks::testing::{ACCOUNT, CLUSTER, Estate, ISSUER, allow, role, role_arn};
use crate::snapshot::coverage::Source;

const GITHUB: &str = "token.actions.githubusercontent.com";

fn trust(account: &str, issuer: &str, condition: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": format!("arn:aws:iam::{account}:oidc-provider/{issuer}")}, "Condition": condition}]})
}

fn estate(trust: &Value) -> Estate {
    Estate::new().iam(json!({"roles": [role("app", trust, &allow("s3:*", "*"))]}))
}

fn subject(issuer: &str) -> Value {
    json!({"StringEquals": {format!("{issuer}:sub"): "system:serviceaccount:a:b"}})
}

/// What is latent: the action that revives it, whether that is known, and the conditions.
fn latent(estate: &Estate) -> Vec<(&'static str, bool, Vec<String>)> {
    let snapshot = estate.snapshot();
    let graph = Graph::build(&snapshot, None);
    let found = graph.latent_trusts();
    let told = found.iter().map(|one| {
        assert_eq!(graph.principals.get(one.role).unwrap().arn, role_arn("app"));
        (one.action(), one.known, one.conditions())
    });
    told.collect()
}

#[test]
fn a_role_waits_for_a_provider_that_is_not_there() {
    let gone = "oidc.eks.eu-west-1.amazonaws.com/id/GONE";
    let bucket = "my-oidc.s3.eu-west-1.amazonaws.com";
    for (issuer, needs) in [
        (gone, "which was not seen"),
        (bucket, "write to the S3 bucket my-oidc"),
        (GITHUB, "only with a token of token.actions"),
    ] {
        let found = latent(&estate(&trust(ACCOUNT, issuer, &subject(issuer))));
        let [(action, known, conditions)] = found.as_slice() else {
            panic!("{issuer}: {found:?}");
        };
        assert_eq!((*action, *known), ("iam:CreateOpenIDConnectProvider", true));
        assert!(conditions[0].contains(needs), "{issuer}: {conditions:?}");
        assert_eq!(conditions.len(), 1, "{issuer}: {conditions:?}");
    }
}

#[test]
fn a_live_clusters_provider_that_was_deleted_waits_for_its_service_accounts() {
    let found = Estate::new()
        .with(json!({"accounts": {ACCOUNT: {"iam": null}}}))
        .with(json!({"accounts": {ACCOUNT: {"iam":
            {"roles": [role("app", &trust(ACCOUNT, ISSUER, &subject(ISSUER)), &allow("s3:*", "*"))]}}}}));
    let snapshot = found.snapshot();
    let graph = Graph::build(&snapshot, None);
    let found = graph.latent_trusts();
    assert_eq!(found[0].signer, Signer::Cluster(CLUSTER));
    assert_eq!(found[0].issuer(), ISSUER);
    assert_eq!(found[0].subjects(), "system:serviceaccount:a:b");
    assert!(graph.holds.is_empty(), "{:?}", graph.holds);
}

#[test]
fn an_audience_that_the_provider_does_not_admit_is_latent_too() {
    let with = |audience: &str| {
        let condition = json!({"StringEquals": {format!("{ISSUER}:aud"): audience}});
        latent(&estate(&trust(ACCOUNT, ISSUER, &condition)))
    };
    let found = with("vault");
    assert_eq!(
        (found[0].0, found[0].1),
        ("iam:AddClientIDToOpenIDConnectProvider", true)
    );
    assert!(with("sts.amazonaws.com").is_empty());
    assert!(with("sts.*").len() == 1, "a star is none in StringEquals");
}

#[test]
fn no_other_trust_is_latent() {
    // There, with any audience.
    assert!(latent(&estate(&trust(ACCOUNT, ISSUER, &subject(ISSUER)))).is_empty());
    // Another account's: STS never looks at it.
    let foreign = estate(&trust("222222222222", GITHUB, &json!({})));
    assert!(latent(&foreign).is_empty());
    let snapshot = foreign.snapshot();
    let graph = Graph::build(&snapshot, None);
    let found: Vec<&str> = graph.foreign_trusts().map(|one| one.provider).collect();
    assert_eq!(
        found,
        ["arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"]
    );
    // Denied whatever the token says.
    let mut denied = trust(ACCOUNT, GITHUB, &json!({}));
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "*"});
    denied["Statement"].as_array_mut().unwrap().push(deny);
    assert!(latent(&estate(&denied)).is_empty());
    // SAML, a service and a provider that AWS has built in.
    for principal in [
        json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:saml-provider/corp")}),
        json!({"Federated": "accounts.google.com"}),
        json!({"Service": "ec2.amazonaws.com"}),
    ] {
        let mut other = trust(ACCOUNT, GITHUB, &json!({}));
        other["Statement"][0]["Principal"] = principal;
        assert!(latent(&estate(&other)).is_empty(), "{other}");
    }
}

#[test]
fn providers_that_were_not_read_leave_it_open() {
    let estate = estate(&trust(ACCOUNT, GITHUB, &json!({})))
        .denied(Source::OIDC_PROVIDERS)
        .denied(Source::OIDC_PROVIDER);
    let found = latent(&estate);
    assert!(!found[0].1, "{found:?}");
    assert!(
        found[0].2.iter().any(|one| one.contains("was not read")),
        "{found:?}"
    );
}
