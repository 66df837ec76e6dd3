//! EC2, whose answers have names of their own on the wire.

use serde_json::{Map, Value, json};

use super::Asked;
use super::pages::{Style, with_token};
use super::wire::ApiError;

const PAGES: Style = Style {
    token: "NextToken",
    size: "MaxResults",
    default: 1000,
    bad_token: "InvalidNextToken",
};

/// The answer to a call of EC2, in the names that boto3 gives.
pub fn answer(asked: &Asked) -> Result<Value, ApiError> {
    match asked.call.operation.as_str() {
        "DescribeSubnets" => list(asked, "Subnets", asked.regional("/ec2/Subnets")),
        "DescribeRouteTables" => list(asked, "RouteTables", asked.regional("/ec2/RouteTables")),
        "DescribeInstances" => list(asked, "Reservations", asked.regional("/ec2/Reservations")),
        "DescribeSecurityGroups" => list(
            asked,
            "SecurityGroups",
            asked.regional("/ec2/SecurityGroups"),
        ),
        _ => versions(asked),
    }
}

fn list(asked: &Asked, name: &str, items: &[Value]) -> Result<Value, ApiError> {
    let (page, token) = asked.page(PAGES, items)?;
    Ok(with_token(json!({ name: page }), "NextToken", token))
}

/// The versions of a template that are asked for; all where none is named.
fn versions(asked: &Asked) -> Result<Value, ApiError> {
    let all = asked.regional("/ec2/LaunchTemplateVersions").iter();
    let (id, name) = (
        asked.call.text("LaunchTemplateId"),
        asked.call.text("LaunchTemplateName"),
    );
    let own: Vec<&Value> = all
        .filter(|one| id.is_none_or(|id| one["LaunchTemplateId"] == id))
        .filter(|one| name.is_none_or(|name| one["LaunchTemplateName"] == name))
        .collect();
    if own.is_empty() {
        let message = "The specified launch template does not exist.";
        return Err(ApiError::new(
            400,
            "InvalidLaunchTemplateId.NotFound",
            message,
        ));
    }
    let wanted = asked.call.parameters.get("LaunchTemplateVersion");
    let wanted: Vec<&str> = wanted
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let is_wanted = |one: &Value| {
        let number = one["VersionNumber"].to_string();
        let default = one["DefaultVersion"] == true;
        wanted.is_empty()
            || wanted.contains(&number.as_str())
            || default && wanted.contains(&"$Default")
    };
    let found: Vec<Value> = own
        .into_iter()
        .filter(|one| is_wanted(one))
        .cloned()
        .collect();
    if found.is_empty() {
        let message = "Could not find the specified version.";
        let code = "InvalidLaunchTemplateId.VersionNotFound";
        return Err(ApiError::new(400, code, message));
    }
    list(asked, "LaunchTemplateVersions", &found)
}

/// Members whose name on the wire is another than their own with a small first letter.
const NAMES: &[(&str, &str)] = &[
    ("Associations", "associationSet"),
    ("Description", "groupDescription"),
    ("Instances", "instancesSet"),
    ("LaunchTemplateVersions", "launchTemplateVersionSet"),
    ("PublicIpAddress", "ipAddress"),
    ("Reservations", "reservationSet"),
    ("RouteTables", "routeTableSet"),
    ("Routes", "routeSet"),
    ("State", "instanceState"),
    ("Subnets", "subnetSet"),
    ("Tags", "tagSet"),
    ("UserIdGroupPairs", "groups"),
];

/// An answer in the names of the wire.
pub fn on_wire(value: &Value) -> Value {
    named(value, "")
}

fn named(value: &Value, within: &str) -> Value {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, member)| (wire_name(name, within), named(member, name)));
            Value::Object(members.collect::<Map<String, Value>>())
        }
        Value::Array(items) => items.iter().map(|item| named(item, within)).collect(),
        other => other.clone(),
    }
}

fn wire_name(name: &str, within: &str) -> String {
    match (name, within) {
        ("SecurityGroups", "Instances") => return "groupSet".to_owned(),
        ("SecurityGroups", _) => return "securityGroupInfo".to_owned(),
        // Of a range, and the state of metadata options and of routes.
        ("Description", "IpRanges") => return "description".to_owned(),
        ("State", "MetadataOptions" | "Routes") => return "state".to_owned(),
        _ => {}
    }
    if let Some((_, wire)) = NAMES.iter().find(|(own, _)| *own == name) {
        return (*wire).to_owned();
    }
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}
