//! `NotPrincipal` where the documentation itself leaves open whom it denies.

use serde_json::{Value, json};

use super::disagreements::LAST;
use super::naming::{Names, caller_of, everyone, names};
use super::reference::Reference;
use super::rewrite::{lists, lists_of};
use super::without_faults;

/// Whether a `NotPrincipal` in doubt makes the difference: as the request stands, or as it would with a
/// resource that names the session.
pub fn decides(reference: &mut Reference, asked: &Value) -> bool {
    let ways: Vec<Value> = in_doubt(asked)
        .iter()
        .map(|r| without_faults(r).0)
        .collect();
    let mut named = ways.clone();
    for (_, group) in LAST.iter().filter(|(verdict, _)| *verdict == "allowed") {
        for request in &mut named {
            (group.rewrite)(request);
        }
    }
    [ways, named].iter().any(|ways| {
        let said = reference.ask(&ways.iter().collect::<Vec<_>>());
        let allowed = said.iter().filter(|verdict| *verdict == "allowed").count();
        allowed > 0 && allowed < said.len()
    })
}

/// The request in each way in which statements can be meant that list the caller in a `NotPrincipal` without
/// everything that has to stand beside it: with the caller left out of it, and not. "When you use
/// NotPrincipal, you must also specify the account ARN of the not-denied principal. Otherwise, the policy
/// might deny access to the entire account containing the principal" (IAM User Guide, NotPrincipal). It
/// might: so nobody knows.
fn in_doubt(request: &Value) -> Vec<Value> {
    let caller = caller_of(request);
    let doubtful = |statement: &&mut Value| {
        statement
            .get("NotPrincipal")
            .is_some_and(|set| !everyone(set) && incomplete(names(set, &caller), &caller))
    };
    let many = with_principals(&mut request.clone())
        .into_iter()
        .filter(doubtful)
        .count();
    let way = |way: usize| {
        let mut request = request.clone();
        let statements = with_principals(&mut request).into_iter().filter(doubtful);
        for (at, statement) in statements.enumerate() {
            put_principal(statement, way & (1 << at) != 0);
        }
        request
    };
    (0..1 << many.min(6)).map(way).collect()
}

/// The statements of the policies that name principals.
fn with_principals(request: &mut Value) -> Vec<&mut Value> {
    let Some(request) = request.as_object_mut() else {
        return Vec::new();
    };
    let policies = request.iter_mut().filter(|(key, _)| {
        matches!(
            key.as_str(),
            "ResourcePolicy" | "VpcEndpointPolicyInputList"
        )
    });
    policies
        .flat_map(|(_, policies)| lists(policies))
        .flat_map(|policy| lists_of(policy, "Statement"))
        .collect()
}

fn put_principal(statement: &mut Value, left_out: bool) {
    if let Some(object) = statement.as_object_mut() {
        object.remove("NotPrincipal");
    }
    statement["Principal"] = if left_out {
        json!({"AWS": "444444444444"})
    } else {
        json!("*")
    };
}

fn incomplete(named: Names, caller: &str) -> bool {
    if !caller.starts_with("arn:") || caller.ends_with(":root") {
        return false;
    }
    if caller.contains(":assumed-role/") {
        let all = named.itself && named.role && named.account;
        return (named.itself || named.role) && !all;
    }
    named.itself && !named.account
}
