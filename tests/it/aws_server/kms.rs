//! KMS. It has no operation that gives a plaintext.

use serde_json::{Value, json};

use super::Asked;
use super::pages::{Style, with_token};
use super::wire::ApiError;

const PAGES: Style = Style {
    token: "Marker",
    size: "Limit",
    default: 50,
    bad_token: "InvalidMarkerException",
};

/// The answer to a KMS call.
pub fn answer(asked: &Asked) -> Result<Value, ApiError> {
    let of = |list: &str, key: &Value| -> Vec<Value> {
        let all = asked.regional(&format!("/services/{list}")).iter();
        all.filter(|one| one["KeyId"] == key["Arn"])
            .cloned()
            .collect()
    };
    if asked.call.operation == "ListAliases" {
        return list(asked, "Aliases", asked.regional("/services/Aliases"));
    }
    let key = key(asked)?;
    match asked.call.operation.as_str() {
        "DescribeKey" => Ok(json!({"KeyMetadata": key})),
        "ListGrants" => list(asked, "Grants", &of("Grants", &key)),
        "GetKeyPolicy" => {
            let policy = of("KeyPolicies", &key).remove(0);
            Ok(json!({"Policy": policy["Policy"].to_string(), "PolicyName": "default"}))
        }
        _ => Ok(of("KeyRotation", &key).remove(0)),
    }
}

/// A marker comes with the word that there is more.
fn list(asked: &Asked, name: &str, items: &[Value]) -> Result<Value, ApiError> {
    let (page, token) = asked.page(PAGES, items)?;
    let answer = json!({ name: page, "Truncated": token.is_some() });
    Ok(with_token(answer, "NextMarker", token))
}

/// By ARN, id or alias.
fn key(asked: &Asked) -> Result<Value, ApiError> {
    let id = asked.text("KeyId")?;
    let mut aliases = asked.regional("/services/Aliases").iter();
    let alias = aliases.find(|one| one["AliasName"] == id || one["AliasArn"] == id);
    let target = alias.and_then(|one| one["TargetKeyId"].as_str());
    let id = target.unwrap_or(id);
    let mut keys = asked.regional("/services/KeyMetadata").iter();
    let found = keys.find(|key| key["Arn"] == id || key["KeyId"] == id);
    found
        .cloned()
        .ok_or_else(|| ApiError::new(400, "NotFoundException", "There is no such key."))
}
