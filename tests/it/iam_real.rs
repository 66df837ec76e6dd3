//! Policies that others wrote: what they hold, and what they do not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr)]

use eks_auditor::iam::admin::{Home, admin};
use eks_auditor::iam::context::Context;
use eks_auditor::iam::document::PolicyDocument;
use eks_auditor::iam::escalation::{Existing, methods_held};
use eks_auditor::iam::evaluate::{NamedPolicy, Policies};
use eks_auditor::iam::trust::subject_conditions;
use serde_json::Value;

const HOME: Home<'_> = Home {
    partition: "aws",
    account: "111122223333",
};

fn read(path: &str) -> Option<Value> {
    let path = format!("{}/../shared/real/{path}", env!("CARGO_MANIFEST_DIR"));
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => {
            eprintln!("skipped: {path} is not there");
            None
        }
    }
}

fn assert_harmless(name: &str, identity: &[NamedPolicy]) {
    let policies = Policies {
        identity,
        ..Policies::default()
    };
    assert_eq!(
        admin(&policies, &HOME, &Context::partial()),
        None,
        "{name} is no administrator"
    );
    let held = methods_held(&policies, &HOME, &Context::partial(), &Existing::unseen());
    let ids: Vec<&str> = held.iter().map(|h| h.method.id).collect();
    assert!(ids.is_empty(), "{name} holds no escalation, got {ids:?}");
}

#[test]
fn load_balancer_controller_is_no_escalation() {
    let Some(value) = read("aws-load-balancer-controller/iam_policy.json") else {
        return;
    };
    let document = PolicyDocument::from_value(&value).unwrap();
    assert_eq!(document.invalid, [], "AWS accepts it");
    assert_harmless(
        "the controller's policy",
        &[NamedPolicy::new("controller", document)],
    );
}

#[test]
fn ebs_csi_driver_is_no_escalation() {
    let Some(value) = read("aws-ebs-csi-driver/example-iam-policy.json") else {
        return;
    };
    let document = PolicyDocument::from_value(&value).unwrap();
    assert_eq!(document.invalid, [], "AWS accepts it");
    assert_harmless(
        "the driver's policy",
        &[NamedPolicy::new("driver", document)],
    );
}

#[test]
fn controllers_account_is_no_escalation_and_trusts_exactly() {
    let Some(value) = read("controllers-account/authorization-details.json") else {
        return;
    };
    let roles = value["RoleDetailList"].as_array().unwrap();
    assert!(!roles.is_empty());
    for role in roles {
        let name = role["RoleName"].as_str().unwrap();
        let inline = role["RolePolicyList"].as_array().unwrap();
        let identity: Vec<NamedPolicy> = inline
            .iter()
            .map(|p| {
                let document = PolicyDocument::from_value(&p["PolicyDocument"]).unwrap();
                NamedPolicy::new(p["PolicyName"].as_str().unwrap(), document)
            })
            .collect();
        assert_harmless(name, &identity);
        let trust = &role["AssumeRolePolicyDocument"];
        let provider = trust["Statement"][0]["Principal"]["Federated"]
            .as_str()
            .unwrap();
        let found = subject_conditions(&PolicyDocument::from_value(trust).unwrap(), provider);
        assert_eq!(found.len(), 1, "{name}");
        assert!(
            found[0].is_subject_restricted() && found[0].is_audience_restricted(),
            "{name}: {found:?}"
        );
    }
}
