//! The answers of a real kube-apiserver, one by one.

use eks_auditor::rbac::review::review;
use eks_auditor::rbac::{Authorizer, Identity, Name, Permission, Within};
use serde_json::Value;

use super::rbac_inputs::{list, shared};

/// The reasons of every binding that allows a resource request; none for a path.
fn all_reasons(authorizer: &Authorizer, spec: &Value) -> Vec<String> {
    let Some(asked) = spec["resourceAttributes"].as_object() else {
        return Vec::new();
    };
    let field = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    let groups = spec["groups"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let identity = Identity {
        user: spec["user"].as_str().map(str::to_owned),
        groups: groups.map(str::to_owned).collect(),
    };
    let permission = Permission {
        verb: field("verb"),
        group: field("group"),
        resource: field("resource"),
        subresource: field("subresource"),
        name: Name::Exact(field("name")),
        within: match field("namespace") {
            "" => Within::Cluster,
            namespace => Within::Namespace(namespace),
        },
    };
    let grants = authorizer.grants_of(&identity, &permission);
    grants
        .iter()
        .map(|grant| format!("RBAC: allowed by {grant}"))
        .collect()
}

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
            // Of several bindings that allow, the server names whichever its cache gave first.
            let reasons = all_reasons(&authorizer, &server["spec"]);
            if !reasons.is_empty() && !reasons.iter().any(|ours| ours == reason) {
                wrong.push(format!("{line}\n  ours: {reasons:?}"));
            }
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
