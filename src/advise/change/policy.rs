//! Policy documents with a statement taken out.

use serde_json::{Value, json};

use crate::graph::Graph;
use crate::snapshot::iam::{ManagedPolicy, PolicyText};

/// The statements of a document, also where there is one outside a list; nothing where it is no document.
pub(super) fn statements(text: &PolicyText) -> Option<Vec<Value>> {
    let document: Value = serde_json::from_str(text.as_str()).ok()?;
    match document.get("Statement")? {
        Value::Array(all) => Some(all.clone()),
        one @ Value::Object(_) => Some(vec![one.clone()]),
        _ => None,
    }
}

/// The document without one of its statements; nothing where that was the last.
pub(super) fn without(text: &PolicyText, statement: usize) -> Option<PolicyText> {
    let mut all = statements(text)?;
    if statement < all.len() {
        all.remove(statement);
    }
    (!all.is_empty()).then(|| with(text, all)).flatten()
}

/// A trust policy without one of its statements. It needs one, so the last is made to deny what it allowed.
pub(super) fn trust_without(text: &PolicyText, statement: usize) -> Option<PolicyText> {
    let mut all = statements(text)?;
    if let ([Value::Object(only)], 0) = (all.as_mut_slice(), statement) {
        only.insert("Effect".to_owned(), json!("Deny"));
    } else if statement < all.len() {
        all.remove(statement);
    }
    with(text, all)
}

fn with(text: &PolicyText, statements: Vec<Value>) -> Option<PolicyText> {
    let mut document: Value = serde_json::from_str(text.as_str()).ok()?;
    document
        .as_object_mut()?
        .insert("Statement".to_owned(), Value::Array(statements));
    Some(PolicyText::from_value(&document))
}

/// A managed policy that was read.
pub(super) fn managed<'s>(graph: &Graph<'s>, arn: &str) -> Option<&'s ManagedPolicy> {
    let accounts = graph.snapshot.accounts.values();
    let mut policies = accounts.flat_map(|account| &account.iam.policies);
    policies.find(|policy| policy.arn == arn)
}

/// Whether a managed policy can lose a statement: it is the account's own, and has another.
pub(super) fn is_shortened(graph: &Graph<'_>, arn: &str) -> bool {
    let own = !crate::iam::arn::is_aws_managed_policy(arn);
    let document = managed(graph, arn).and_then(ManagedPolicy::document);
    own && document
        .and_then(statements)
        .is_some_and(|all| all.len() > 1)
}
