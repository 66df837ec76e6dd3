//! Where a new version of a policy leads, by how many the policy has.

use serde_json::{Value, json};

use super::{Estate, ROOT, expect, managed, may, nobody, policy, role, trusting_ops, with_managed};

/// A managed policy with so many versions, none of which gives anything.
fn versions(count: usize) -> Value {
    let all: Vec<Value> = (0..count)
        .map(|at| may(&[["s3:GetObject", "s3:ListBucket"][at % 2]]))
        .collect();
    managed(&all)
}

#[test]
fn a_new_version_leads_on_where_there_is_room_for_it() {
    let create = may(&["iam:CreatePolicyVersion"]);
    let both = may(&["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"]);
    let trust = |actions: &[&str]| may(&[actions, &["iam:UpdateAssumeRolePolicy"]].concat());
    let own = |statements: &Value| Estate::new().iam(with_managed("ops", &nobody(), statements));
    let other = |statements: &Value, trust: &Value| {
        let ops = json!({"roles": [role("ops", &nobody(), &policy(statements))]});
        let estate = Estate::new().iam(ops);
        estate.iam(with_managed("dev", trust, &json!([])))
    };
    let into = trust(&["iam:CreatePolicyVersion"]);
    let into_full = trust(&["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"]);
    for (what, count, estate, expected) in [
        ("its own of one", 1, own(&create), Some(true)),
        ("its own of five", 5, own(&create), None),
        ("its own of five, and delete", 5, own(&both), Some(true)),
        (
            "of a role that it may assume, of one",
            1,
            other(&create, &trusting_ops()),
            Some(true),
        ),
        (
            "of a role that it may assume, of five",
            5,
            other(&create, &trusting_ops()),
            None,
        ),
        (
            "of a role that it may assume, of five, and delete",
            5,
            other(&both, &trusting_ops()),
            Some(true),
        ),
        (
            "of a role that it lets itself into, of one",
            1,
            other(&into, &nobody()),
            Some(true),
        ),
        (
            "of a role that it lets itself into, of five",
            5,
            other(&into, &nobody()),
            None,
        ),
        (
            "of a role that it lets itself into, of five, and delete",
            5,
            other(&into_full, &nobody()),
            Some(true),
        ),
    ] {
        expect(what, &estate.iam(versions(count)), ROOT, expected);
    }
}
