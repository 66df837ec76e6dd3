//! Secrets Manager. It has no operation that gives a value.

use serde_json::{Value, json};

use super::Asked;
use super::pages::{Style, with_token};
use super::wire::ApiError;

/// The answer to a Secrets Manager call.
pub fn answer(asked: &Asked) -> Result<Value, ApiError> {
    match asked.call.operation.as_str() {
        "ListSecrets" => list(asked),
        "DescribeSecret" => Ok(secret(asked)?.clone()),
        "ListSecretVersionIds" => versions(asked),
        _ => policy(asked),
    }
}

/// The list has what the description has, but replication, and calls the versions otherwise.
fn list(asked: &Asked) -> Result<Value, ApiError> {
    let planned = asked.call.parameters.get("IncludePlannedDeletion") == Some(&Value::Bool(true));
    let shown = asked.regional("/secretsmanager/secrets").iter();
    let shown: Vec<Value> = shown
        .filter(|secret| planned || secret.get("DeletedDate").is_none())
        .map(|secret| {
            let mut secret = secret.clone();
            if let Some(members) = secret.as_object_mut() {
                members.remove("ReplicationStatus");
                if let Some(versions) = members.remove("VersionIdsToStages") {
                    members.insert("SecretVersionsToStages".to_owned(), versions);
                }
            }
            secret
        })
        .collect();
    let style = Style {
        token: "NextToken",
        size: "MaxResults",
        default: 100,
        bad_token: "InvalidNextTokenException",
    };
    let (page, token) = asked.page(style, &shown)?;
    Ok(with_token(json!({"SecretList": page}), "NextToken", token))
}

/// By ARN or name.
fn secret<'a>(asked: &'a Asked) -> Result<&'a Value, ApiError> {
    let id = asked.text("SecretId")?;
    let mut secrets = asked.regional("/secretsmanager/secrets").iter();
    let found = secrets.find(|secret| secret["ARN"] == id || secret["Name"] == id);
    found.ok_or_else(|| {
        let message = "Secrets Manager can't find the specified secret.";
        ApiError::new(400, "ResourceNotFoundException", message)
    })
}

/// A secret that nobody may use any more has no answer but its description.
fn live<'a>(asked: &'a Asked) -> Result<&'a Value, ApiError> {
    let secret = secret(asked)?;
    if secret.get("DeletedDate").is_some() {
        let message =
            "You can't perform this operation on the secret because it was marked for deletion.";
        return Err(ApiError::new(400, "InvalidRequestException", message));
    }
    Ok(secret)
}

fn versions(asked: &Asked) -> Result<Value, ApiError> {
    let secret = live(asked)?;
    let stages = secret["VersionIdsToStages"].as_object();
    let all: Vec<Value> = stages
        .into_iter()
        .flatten()
        .map(|(id, stages)| {
            json!({"VersionId": id, "VersionStages": stages, "CreatedDate": secret["CreatedDate"],
                "KmsKeyIds": [secret.get("KmsKeyId").cloned().unwrap_or_else(|| "DefaultEncryptionKey".into())]})
        })
        .collect();
    let style = Style {
        token: "NextToken",
        size: "MaxResults",
        default: 100,
        bad_token: "InvalidNextTokenException",
    };
    let (page, token) = asked.page(style, &all)?;
    let answer = json!({"Versions": page, "ARN": secret["ARN"], "Name": secret["Name"]});
    Ok(with_token(answer, "NextToken", token))
}

/// A secret without a policy is answered without one; it is no error.
fn policy(asked: &Asked) -> Result<Value, ApiError> {
    let secret = live(asked)?;
    let mut policies = asked
        .account
        .list("/secretsmanager/resourcePolicies")
        .iter();
    let own = policies.find(|policy| policy["ARN"] == secret["ARN"]);
    Ok(own
        .cloned()
        .unwrap_or_else(|| json!({"ARN": secret["ARN"], "Name": secret["Name"]})))
}
