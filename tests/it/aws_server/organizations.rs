//! Organizations: the account's organisation, what stands above it, and the policies there. Who may
//! ask is the account itself unless its `callers` name others.

use serde_json::{Value, json};

use super::Asked;
use super::pages::{Style, with_token};
use super::wire::ApiError;

/// The answer to an Organizations call.
pub fn answer(asked: &Asked) -> Result<Value, ApiError> {
    let organization = asked.account.at("/organizations/organization");
    if organization.is_null() {
        let message = "Your account is not a member of an organization.";
        return Err(ApiError::new(
            400,
            "AWSOrganizationsNotInUseException",
            message,
        ));
    }
    if asked.call.operation == "DescribeOrganization" {
        return Ok(json!({"Organization": organization}));
    }
    let callers = asked.account.list("/organizations/callers");
    if !callers.is_empty() && !callers.contains(&json!(asked.call.access_key)) {
        let message = "You don't have permissions to access this resource.";
        return Err(ApiError::new(400, "AccessDeniedException", message));
    }
    match asked.call.operation.as_str() {
        "ListParents" => parents(asked),
        "ListPoliciesForTarget" => attached(asked),
        _ => policy(asked.text("PolicyId")?, asked).map(|policy| json!({"Policy": policy})),
    }
}

fn parents(asked: &Asked) -> Result<Value, ApiError> {
    let child = asked.text("ChildId")?;
    let above = asked.account.at("/organizations/parents").get(child);
    let above = above.ok_or_else(|| {
        let message = "You specified a child that doesn't exist.";
        ApiError::new(400, "ChildNotFoundException", message)
    })?;
    page(asked, "Parents", std::slice::from_ref(above))
}

fn attached(asked: &Asked) -> Result<Value, ApiError> {
    let list = format!("{} {}", asked.text("TargetId")?, asked.text("Filter")?);
    let ids = asked.account.at("/organizations/attached").get(&list);
    let ids = ids.and_then(Value::as_array).ok_or_else(|| {
        let message = "You specified a target that doesn't exist.";
        ApiError::new(400, "TargetNotFoundException", message)
    })?;
    let summaries: Vec<Value> = ids
        .iter()
        .filter_map(Value::as_str)
        .map(|id| Ok(policy(id, asked)?["PolicySummary"].clone()))
        .collect::<Result<_, ApiError>>()?;
    page(asked, "Policies", &summaries)
}

fn policy<'a>(id: &str, asked: &'a Asked) -> Result<&'a Value, ApiError> {
    let mut all = asked.account.list("/organizations/policies").iter();
    all.find(|policy| policy["PolicySummary"]["Id"] == id)
        .ok_or_else(|| {
            let message = "We can't find a policy with the ID that you specified.";
            ApiError::new(400, "PolicyNotFoundException", message)
        })
}

fn page(asked: &Asked, list: &str, items: &[Value]) -> Result<Value, ApiError> {
    let style = Style {
        token: "NextToken",
        size: "MaxResults",
        default: 20,
        bad_token: "InvalidInputException",
    };
    let (page, token) = asked.page(style, items)?;
    Ok(with_token(json!({list: page}), "NextToken", token))
}
