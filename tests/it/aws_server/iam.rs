//! IAM.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::pages::{Style, with_token};
use super::wire::ApiError;
use super::{Asked, Memory};

const PAGES: Style = Style {
    token: "Marker",
    size: "MaxItems",
    default: 100,
    bad_token: "ValidationError",
};

/// The answer to an IAM call.
pub fn answer(asked: &Asked, memory: &mut Memory) -> Result<Value, ApiError> {
    match asked.call.operation.as_str() {
        "GetAccountAuthorizationDetails" => authorization_details(asked),
        "ListOpenIDConnectProviders" => {
            let providers = asked.account.list("/iam/OpenIDConnectProviders").iter();
            let arns: Vec<Value> = providers.map(|one| json!({"Arn": one["Arn"]})).collect();
            Ok(json!({"OpenIDConnectProviderList": arns}))
        }
        "GetOpenIDConnectProvider" => provider(asked),
        "GenerateCredentialReport" => Ok(generate_report(memory)),
        "GetCredentialReport" => credential_report(asked, memory),
        _ => access_keys(asked),
    }
}

/// Each list of the answer: its filter's name, and its own.
const KINDS: [(&str, &str); 4] = [
    ("User", "UserDetailList"),
    ("Group", "GroupDetailList"),
    ("Role", "RoleDetailList"),
    ("Policy", "Policies"),
];

/// Users, groups, roles and policies in one sequence that is cut into pages.
fn authorization_details(asked: &Asked) -> Result<Value, ApiError> {
    let filter = asked
        .call
        .parameters
        .get("Filter")
        .and_then(Value::as_array);
    let wanted = |kind: &str, item: &Value| {
        let kind = match item["Arn"].as_str() {
            Some(arn) if kind == "Policy" && arn.contains(":iam::aws:") => "AWSManagedPolicy",
            _ if kind == "Policy" => "LocalManagedPolicy",
            _ => kind,
        };
        filter.is_none_or(|filter| filter.contains(&json!(kind)))
    };
    let mut items = Vec::new();
    for (kind, list) in KINDS {
        let all = asked.account.list(&format!("/iam/{list}")).iter();
        items.extend(
            all.filter(|item| wanted(kind, item))
                .map(|item| (list, item)),
        );
    }
    let (page, token) = asked.page(PAGES, &items)?;
    let mut answer = json!({"IsTruncated": token.is_some()});
    for (_, list) in KINDS {
        let own = page.iter().filter(|(name, _)| *name == list);
        answer[list] = own.map(|(_, item)| (*item).clone()).collect();
    }
    Ok(with_token(answer, "Marker", token))
}

fn provider(asked: &Asked) -> Result<Value, ApiError> {
    let arn = asked.text("OpenIDConnectProviderArn")?;
    let mut providers = asked.account.list("/iam/OpenIDConnectProviders").iter();
    let mut found = providers
        .find(|provider| provider["Arn"] == arn)
        .cloned()
        .ok_or_else(|| {
            let message = format!("OpenIDConnect Provider not found for arn {arn}");
            ApiError::new(404, "NoSuchEntity", message)
        })?;
    if let Some(members) = found.as_object_mut() {
        members.remove("Arn");
    }
    Ok(found)
}

/// The report is ready after so many calls as the test asked for.
fn generate_report(memory: &mut Memory) -> Value {
    match memory.report_calls_left {
        None => {
            memory.report_calls_left = Some(memory.report_takes);
            json!({
                "State": "STARTED",
                "Description": "No report exists. Starting a new report generation task",
            })
        }
        Some(0) => json!({"State": "COMPLETE"}),
        Some(left) => {
            memory.report_calls_left = Some(left - 1);
            json!({"State": "INPROGRESS"})
        }
    }
}

fn credential_report(asked: &Asked, memory: &mut Memory) -> Result<Value, ApiError> {
    match memory.report_calls_left {
        None => Err(ApiError::new(
            410,
            "ReportNotPresent",
            "No credential report is present",
        )),
        Some(0) => Ok(json!({
            "Content": base64(csv(asked.account.list("/iam/CredentialReport")).as_bytes()),
            "ReportFormat": "text/csv",
            "GeneratedTime": "2026-11-24T06:00:00Z",
        })),
        Some(left) => {
            memory.report_calls_left = Some(left - 1);
            let message = "The credential report is not ready";
            Err(ApiError::new(404, "ReportInProgress", message))
        }
    }
}

/// The report's columns: IAM User Guide, "Get credential reports for your AWS account".
const COLUMNS: [&str; 22] = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
];

fn csv(rows: &[Value]) -> String {
    let mut text = COLUMNS.join(",");
    for row in rows {
        let cells = COLUMNS.map(|column| row[column].as_str().unwrap_or("N/A"));
        let _ = write!(text, "\n{}", cells.join(","));
    }
    text
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut triple = [0_u8; 3];
        triple[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, triple[0], triple[1], triple[2]]);
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place)) & 63;
            let character = char::from(ALPHABET[sextet as usize]);
            text.push(if place <= chunk.len() { character } else { '=' });
        }
    }
    text
}

fn access_keys(asked: &Asked) -> Result<Value, ApiError> {
    let user = asked.text("UserName")?;
    let mut users = asked.account.list("/iam/UserDetailList").iter();
    if !users.any(|one| one["UserName"] == user) {
        let message = format!("The user with name {user} cannot be found.");
        return Err(ApiError::new(404, "NoSuchEntity", message));
    }
    let keys = asked.account.list("/iam/AccessKeys").iter();
    let keys: Vec<Value> = keys
        .filter(|key| key["UserName"] == user)
        .cloned()
        .collect();
    let (page, token) = asked.page(PAGES, &keys)?;
    let answer = json!({"AccessKeyMetadata": page, "IsTruncated": token.is_some()});
    Ok(with_token(answer, "Marker", token))
}
