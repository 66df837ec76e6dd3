//! Elastic Load Balancing, of version 2015-12-01.

use serde_json::{Value, json};

use super::Asked;
use super::pages::{Style, with_token};
use super::wire::ApiError;

const PAGES: Style = Style {
    token: "Marker",
    size: "PageSize",
    default: 400,
    bad_token: "ValidationError",
};

/// The answer to a call.
pub fn answer(asked: &Asked) -> Result<Value, ApiError> {
    let balancers = asked.regional("/elbv2/LoadBalancers");
    if asked.call.operation == "DescribeLoadBalancers" {
        return list(asked, "LoadBalancers", balancers);
    }
    let arn = asked.text("LoadBalancerArn")?;
    if !balancers.iter().any(|one| one["LoadBalancerArn"] == arn) {
        let message = "One or more load balancers not found";
        return Err(ApiError::new(400, "LoadBalancerNotFound", message));
    }
    let all = asked.account.list("/elbv2/Listeners").iter();
    let own: Vec<Value> = all
        .filter(|one| one["LoadBalancerArn"] == arn)
        .cloned()
        .collect();
    list(asked, "Listeners", &own)
}

fn list(asked: &Asked, name: &str, items: &[Value]) -> Result<Value, ApiError> {
    let (page, token) = asked.page(PAGES, items)?;
    Ok(with_token(json!({ name: page }), "NextMarker", token))
}
