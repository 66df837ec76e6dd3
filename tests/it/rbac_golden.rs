//! The answers of a real kube-apiserver, one by one.

use eks_auditor::rbac::Authorizer;
use eks_auditor::rbac::review::review;
use serde_json::Value;

use super::rbac_inputs::{list, shared};

#[test]
fn every_review_is_answered_as_the_server_did() {
    let Some(objects) = shared("golden/rbac/objects.json") else {
        return;
    };
    let Some(reviews) = shared("golden/rbac/reviews.jsonl") else {
        return;
    };
    let (roles, bindings) = list(&objects);
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
