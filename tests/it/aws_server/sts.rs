//! STS: who a key is, and sessions of roles.

use serde_json::{Value, json};

use super::wire::{ApiError, Call};
use super::{ACCESS_KEY, Asked, Memory};

/// A session of a role that was assumed.
#[derive(Clone, Debug)]
pub struct Session {
    access_key: String,
    token: String,
    caller: Value,
}

/// Holds a call's key: the server's own, or that of a session with its token.
pub fn authenticate(call: &Call, memory: &Memory) -> Result<(), ApiError> {
    let session = memory
        .sessions
        .iter()
        .find(|one| one.access_key == call.access_key);
    let known = match session {
        Some(session) => call.session_token.as_ref() == Some(&session.token),
        None => call.access_key == ACCESS_KEY,
    };
    let (status, code) = match call.service.as_str() {
        "iam" | "sts" => (403, "InvalidClientTokenId"),
        "eks" | "account" => (403, "UnrecognizedClientException"),
        _ => (400, "UnrecognizedClientException"),
    };
    let message = "The security token included in the request is invalid.";
    known
        .then_some(())
        .ok_or_else(|| ApiError::new(status, code, message))
}

/// The answer to an STS call.
pub fn answer(asked: &Asked, memory: &mut Memory) -> Result<Value, ApiError> {
    if asked.call.operation == "AssumeRole" {
        return assume_role(asked, memory);
    }
    let mut sessions = memory.sessions.iter();
    Ok(sessions
        .find(|session| session.access_key == asked.call.access_key)
        .map_or(asked.account.at("/Caller"), |session| &session.caller)
        .clone())
}

/// Of the trust policy only the external id is looked at.
fn assume_role(asked: &Asked, memory: &mut Memory) -> Result<Value, ApiError> {
    let (arn, name) = (asked.text("RoleArn")?, asked.text("RoleSessionName")?);
    let mut roles = asked.account.list("/iam/RoleDetailList").iter();
    let role = roles.find(|role| role["Arn"] == arn);
    let external_id = asked.call.text("ExternalId");
    let role = role.filter(|role| {
        let wanted = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]
            ["sts:ExternalId"]
            .as_str();
        wanted.is_none() || wanted == external_id
    });
    let Some(role) = role else {
        let message = format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            asked.account.at("/Caller/Arn").as_str().unwrap_or_default()
        );
        return Err(ApiError::new(403, "AccessDenied", message));
    };
    let account = asked.account.at("/Account").as_str().unwrap_or_default();
    let role_name = role["RoleName"].as_str().unwrap_or_default();
    let user_id = format!("{}:{name}", role["RoleId"].as_str().unwrap_or_default());
    let session_arn = format!("arn:aws:sts::{account}:assumed-role/{role_name}/{name}");
    let number = memory.sessions.len();
    let session = Session {
        access_key: format!("ASIATESTSERVER{number:06}"),
        token: format!("token-of-session-{number}"),
        caller: json!({"UserId": user_id, "Account": account, "Arn": session_arn}),
    };
    memory.sessions.push(session.clone());
    Ok(json!({
        "Credentials": {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": "not-a-secret",
            "SessionToken": session.token,
            "Expiration": "2099-01-01T00:00:00Z",
        },
        "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": session_arn},
    }))
}
