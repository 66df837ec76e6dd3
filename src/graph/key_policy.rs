//! Whom a KMS key itself lets in: its policy, and its grants as statements beside it.
//!
//! AWS KMS Developer Guide, "Key policies in AWS KMS", "Grants in AWS KMS"; AWS KMS API Reference, `CreateGrant`: a grant
//! allows its grantee the operations that it names, and denies nothing. A grantee in another account is taken to need a
//! policy of its own too, as with a key policy.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::NamedPolicy;
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::Source;
use crate::snapshot::iam::PolicyText;
use crate::snapshot::id::Arn;
use crate::snapshot::kms::{Grant, GrantConstraints, KeyPolicy};

use super::Graph;
use super::resource_policy::{Own, compiled};

/// How the policy is called in an answer.
const NAME: &str = "the resource's policy";

/// What a grant can allow (AWS KMS API Reference, `CreateGrant`, `Operations`).
const GRANTED: &[&str] = &[
    "CreateGrant",
    "Decrypt",
    "DeriveSharedSecret",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GetPublicKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
    "Sign",
    "Verify",
    "VerifyMac",
];

/// What a constraint on the encryption context does not apply to (the same, `Constraints`).
const WITHOUT_CONTEXT: [&str; 2] = ["DescribeKey", "RetireGrant"];

impl Graph<'_> {
    /// What is known of a key's policy and grants.
    pub(super) fn key_policy(&self, resource: &str) -> Own {
        let Some(key) = self.keys.get(resource) else {
            let source = Source::KEY_POLICIES.name;
            return Own::Unseen(format!("{source} of {resource} was not read"));
        };
        let grants: Vec<Value> = key.grants.iter().copied().flat_map(statements).collect();
        match grants.is_empty() {
            true => compiled(&key.policy.policy),
            false => with(&key.policy.policy, grants),
        }
    }

    /// The policy of a key with a grant that lets anybody do an action beside it, where its grants were not read and
    /// could have one.
    pub(super) fn perhaps_granted(&self, action: &str, resource: &str) -> Option<NamedPolicy> {
        let name = action.strip_prefix("kms:")?;
        let arn = Arn::parse(resource)?;
        let scope = format!("{}/{}", arn.account, arn.region);
        let grantable = GRANTED.iter().any(|one| one.eq_ignore_ascii_case(name));
        if !grantable || self.saw(Source::KEY_GRANTS, &scope) {
            return None;
        }
        let key = self.keys.get(resource)?;
        let grant = json!({
            "Sid": "a grant that was not read",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": action,
            "Resource": "*",
        });
        match with(&key.policy.policy, vec![grant]) {
            Own::Given(policy) => Some(policy),
            _ => None,
        }
    }
}

/// What a key itself says.
#[derive(Debug)]
pub(super) struct KeySide<'s> {
    policy: &'s KeyPolicy,
    grants: Vec<&'s Grant>,
}

/// The keys of all accounts and regions whose policies were read, by ARN.
pub(super) fn keys(snapshot: &Snapshot) -> HashMap<&str, KeySide<'_>> {
    let accounts = snapshot.accounts.values();
    let regions = || {
        let accounts = accounts.clone();
        accounts.flat_map(|account| account.regions.values())
    };
    let policies = regions().flat_map(|region| &region.kms.policies);
    let mut keys: HashMap<&str, KeySide<'_>> = policies
        .map(|policy| {
            let grants = Vec::new();
            (policy.key_id.as_str(), KeySide { policy, grants })
        })
        .collect();
    for grant in regions().flat_map(|region| &region.kms.grants) {
        if let Some(key) = keys.get_mut(grant.key_id.as_str()) {
            key.grants.push(grant);
        }
    }
    keys
}

/// A grant as statements: those of its operations that its constraints do not apply to have one of their own.
fn statements(grant: &Grant) -> Vec<Value> {
    let grantee = grant.grantee_principal.as_deref().unwrap_or_default();
    let principal = match grantee {
        service if service.ends_with(".amazonaws.com") => json!({"Service": service}),
        arn if arn.starts_with("arn:") => json!({"AWS": arn}),
        // An id of a principal that is no more.
        _ => return Vec::new(),
    };
    let free = |operation: &&String| WITHOUT_CONTEXT.contains(&operation.as_str());
    let condition = grant.constraints.as_ref().map(condition);
    let mut statements = Vec::new();
    let (plain, bound): (Vec<_>, Vec<_>) = match condition {
        Some(_) => grant.operations.iter().partition(free),
        None => (grant.operations.iter().collect(), Vec::new()),
    };
    for (operations, condition) in [(plain, None), (bound, condition)] {
        if operations.is_empty() {
            continue;
        }
        let actions = operations
            .iter()
            .map(|operation| format!("kms:{operation}"));
        let mut statement = json!({
            "Sid": format!("grant {}{}", grant.grant_id, if condition.is_some() { ", constrained" } else { "" }),
            "Effect": "Allow",
            "Principal": principal,
            "Action": actions.collect::<Vec<_>>(),
            "Resource": "*",
        });
        if let (Some(condition), Some(statement)) = (condition, statement.as_object_mut()) {
            statement.insert("Condition".to_owned(), condition);
        }
        statements.push(statement);
    }
    statements
}

/// The constraints of a grant as the condition keys that say the same ("AWS KMS condition keys",
/// `kms:EncryptionContext:context-key`, `kms:EncryptionContextKeys`; "Using grant constraints").
fn condition(constraints: &GrantConstraints) -> Value {
    let mut equals = Map::new();
    let mut all = Map::new();
    let subset = constraints.encryption_context_subset.iter().flatten();
    let exact = constraints.encryption_context_equals.iter().flatten();
    for (key, value) in subset.chain(exact) {
        let key = ["kms", "EncryptionContext", key].join(":");
        equals.insert(key, value.as_str().into());
    }
    if let Some(exact) = &constraints.encryption_context_equals {
        let keys: Vec<&String> = exact.keys().collect();
        all.insert("kms:EncryptionContextKeys".to_owned(), json!(keys));
    }
    let mut condition = Map::new();
    if let Some(arn) = &constraints.source_arn {
        condition.insert("ArnEquals".to_owned(), json!({"aws:SourceArn": arn}));
    }
    for (operator, pairs) in [("StringEquals", equals), ("ForAllValues:StringEquals", all)] {
        if !pairs.is_empty() {
            condition.insert(operator.to_owned(), pairs.into());
        }
    }
    condition.into()
}

/// A policy with more statements behind its own.
fn with(policy: &PolicyText, more: Vec<Value>) -> Own {
    let mut document: Value = match serde_json::from_str(policy.as_str()) {
        Ok(document) => document,
        Err(_) => return compiled(policy),
    };
    let Some(object) = document.as_object_mut() else {
        return compiled(policy);
    };
    let own = object.remove("Statement");
    let mut statements = match own {
        Some(Value::Array(statements)) => statements,
        Some(one @ Value::Object(_)) => vec![one],
        // It says nothing that can be read.
        _ => return compiled(policy),
    };
    statements.extend(more);
    object.insert("Statement".to_owned(), statements.into());
    match PolicyDocument::from_value(&document) {
        Ok(document) => Own::Given(NamedPolicy::new(NAME, document)),
        Err(_) => compiled(policy),
    }
}

#[cfg(test)]
mod tests;
