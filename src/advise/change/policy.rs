//! Policy documents with a statement taken out.

use serde_json::{Value, json};

use crate::graph::Graph;
use crate::iam::escalation::MOST_VERSIONS;
use crate::snapshot::iam::{AttachedPolicy, ManagedPolicy, PolicyText, PolicyVersion};

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

fn number(version: &PolicyVersion) -> u64 {
    let digits = version.version_id.strip_prefix('v');
    digits.and_then(|one| one.parse().ok()).unwrap_or(0)
}

/// The version that has to be deleted before another can be made: the oldest that is not in force.
pub(super) fn in_the_way(policy: &ManagedPolicy) -> Option<&PolicyVersion> {
    let versions = policy.policy_version_list.iter();
    let others = versions
        .filter(|one| !one.is_default_version && one.version_id != policy.default_version_id);
    others
        .min_by_key(|one| number(one))
        .filter(|_| policy.policy_version_list.len() >= MOST_VERSIONS)
}

/// Puts a new version of a policy into force, as AWS does: what was in force before can be put back.
pub(super) fn renew(policy: &mut ManagedPolicy, document: PolicyText) {
    if let Some(oldest) = in_the_way(policy).map(|one| one.version_id.clone()) {
        policy
            .policy_version_list
            .retain(|one| one.version_id != oldest);
    }
    let last = policy.policy_version_list.iter().map(number).max();
    let version_id = format!("v{}", last.unwrap_or(0).saturating_add(1));
    for one in &mut policy.policy_version_list {
        one.is_default_version = false;
    }
    policy.default_version_id.clone_from(&version_id);
    policy.policy_version_list.push(PolicyVersion {
        document: Some(document),
        version_id,
        is_default_version: true,
        create_date: None,
    });
}

/// The users, groups and roles of an account that have a managed policy attached.
pub(super) fn holders<'s>(graph: &Graph<'s>, policy: &str) -> Vec<&'s str> {
    let account = crate::iam::arn::account(policy);
    let account = account.and_then(|id| graph.snapshot.accounts.get(id));
    let Some(iam) = account.map(|one| &one.iam) else {
        return Vec::new();
    };
    let has = |all: &[AttachedPolicy]| all.iter().any(|one| one.policy_arn == policy);
    let roles = iam.roles.iter();
    let roles = roles.filter(|one| has(&one.attached_managed_policies));
    let users = iam.users.iter();
    let users = users.filter(|one| has(&one.attached_managed_policies));
    let groups = iam.groups.iter();
    let groups = groups.filter(|one| has(&one.attached_managed_policies));
    roles
        .map(|one| one.arn.as_str())
        .chain(users.map(|one| one.arn.as_str()))
        .chain(groups.map(|one| one.arn.as_str()))
        .collect()
}

/// Whether a managed policy can lose a statement: it is the account's own, and has another.
pub(super) fn is_shortened(graph: &Graph<'_>, arn: &str) -> bool {
    let own = !crate::iam::arn::is_aws_managed_policy(arn);
    let document = managed(graph, arn).and_then(ManagedPolicy::document);
    own && document
        .and_then(statements)
        .is_some_and(|all| all.len() > 1)
}
