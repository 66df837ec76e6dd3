//! The answers of a real kube-apiserver, one by one.

use std::path::Path;

use eks_auditor::rbac::Authorizer;
use eks_auditor::rbac::review::review;
use eks_auditor::snapshot::kubernetes_rbac::{Role, RoleBinding};
use serde_json::Value;

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");

/// The text of a shared file; a line and nothing where it is not there.
fn shared(path: &str) -> Option<String> {
    let path = Path::new(SHARED).join(path);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(
        std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
    )
}

fn objects(list: &str) -> (Vec<Role>, Vec<RoleBinding>) {
    let list: Value = serde_json::from_str(list).expect("a kubectl list");
    let (mut roles, mut bindings) = (Vec::new(), Vec::new());
    for item in list["items"].as_array().expect("items") {
        match item["kind"].as_str().expect("kind") {
            "Role" | "ClusterRole" => {
                roles.push(serde_json::from_value(item.clone()).expect("a role"))
            }
            "RoleBinding" | "ClusterRoleBinding" => {
                bindings.push(serde_json::from_value(item.clone()).expect("a binding"));
            }
            _ => {}
        }
    }
    (roles, bindings)
}

#[test]
fn every_review_is_answered_as_the_server_did() {
    let Some(list) = shared("golden/rbac/objects.json") else {
        return;
    };
    let Some(reviews) = shared("golden/rbac/reviews.jsonl") else {
        return;
    };
    let (roles, bindings) = objects(&list);
    let authorizer = Authorizer::new(&roles, &bindings);
    let (mut wrong, mut asked, mut same_reason, mut with_reason) = (Vec::new(), 0, 0, 0);
    for line in reviews.lines() {
        let server: Value = serde_json::from_str(line).expect("a review");
        let ours = review(&authorizer, server.clone()).expect("an answer");
        asked += 1;
        if ours["status"]["allowed"] != server["status"]["allowed"] {
            wrong.push(format!("{line}\n  ours: {}", ours["status"]));
        }
        if let Some(reason) = server["status"]["reason"].as_str() {
            with_reason += 1;
            same_reason += usize::from(ours["status"]["reason"] == reason);
            if !server["status"]["allowed"].as_bool().unwrap_or_default()
                && ours["status"]["reason"] != reason
            {
                wrong.push(format!("{line}\n  ours: {}", ours["status"]));
            }
        } else if ours["status"].get("reason").is_some() {
            wrong.push(format!("{line}\n  ours: {}", ours["status"]));
        }
    }
    println!("{asked} reviews, {with_reason} with a reason, {same_reason} worded alike");
    assert!(asked > 2000, "only {asked} reviews were read");
    assert!(
        wrong.is_empty(),
        "{} of {asked} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
