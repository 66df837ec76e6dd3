//! EKS, and Account Management's list of regions, by path.

use serde_json::{Map, Value, json};

use super::Asked;
use super::http::HttpRequest;
use super::pages::{Style, with_token};
use super::wire::{ApiError, object};

/// Method, path and operation; `{…}` is a parameter.
const ROUTES: &[(&str, &str, &str)] = &[
    ("GET", "2015-03-31/functions", "ListFunctions"),
    ("POST", "code-interpreters", "ListCodeInterpreters"),
    (
        "GET",
        "code-interpreters/{codeInterpreterId}",
        "GetCodeInterpreter",
    ),
    ("POST", "listRegions", "ListRegions"),
    ("GET", "clusters", "ListClusters"),
    ("GET", "clusters/{clusterName}", "DescribeCluster"),
    (
        "GET",
        "clusters/{clusterName}/node-groups",
        "ListNodegroups",
    ),
    (
        "GET",
        "clusters/{clusterName}/node-groups/{nodegroupName}",
        "DescribeNodegroup",
    ),
    (
        "GET",
        "clusters/{clusterName}/fargate-profiles",
        "ListFargateProfiles",
    ),
    (
        "GET",
        "clusters/{clusterName}/fargate-profiles/{fargateProfileName}",
        "DescribeFargateProfile",
    ),
    ("GET", "clusters/{clusterName}/addons", "ListAddons"),
    (
        "GET",
        "clusters/{clusterName}/addons/{addonName}",
        "DescribeAddon",
    ),
    (
        "GET",
        "clusters/{clusterName}/access-entries",
        "ListAccessEntries",
    ),
    (
        "GET",
        "clusters/{clusterName}/access-entries/{principalArn}",
        "DescribeAccessEntry",
    ),
    (
        "GET",
        "clusters/{clusterName}/access-entries/{principalArn}/access-policies",
        "ListAssociatedAccessPolicies",
    ),
    (
        "GET",
        "clusters/{clusterName}/pod-identity-associations",
        "ListPodIdentityAssociations",
    ),
    (
        "GET",
        "clusters/{clusterName}/pod-identity-associations/{associationId}",
        "DescribePodIdentityAssociation",
    ),
    (
        "GET",
        "clusters/{clusterName}/identity-provider-configs",
        "ListIdentityProviderConfigs",
    ),
    (
        "POST",
        "clusters/{clusterName}/identity-provider-configs/describe",
        "DescribeIdentityProviderConfig",
    ),
];

/// Operation and parameters of a request; the operation is `-` where no route is its.
pub fn route(request: &HttpRequest) -> Option<(String, Map<String, Value>)> {
    let mut parameters = object(&request.body);
    for (key, value) in &request.query {
        parameters.insert(key.clone(), value.clone().into());
    }
    for (method, path, operation) in ROUTES {
        let parts: Vec<&str> = path.split('/').collect();
        if *method != request.method || parts.len() != request.segments.len() {
            continue;
        }
        let named = |part: &str| part.starts_with('{');
        let mut pairs = parts.iter().zip(&request.segments);
        if pairs.all(|(part, segment)| named(part) || part == segment) {
            for (part, segment) in parts.iter().zip(&request.segments) {
                if named(part) {
                    let name = part.trim_matches(['{', '}']).to_owned();
                    parameters.insert(name, segment.clone().into());
                }
            }
            return Some(((*operation).to_owned(), parameters));
        }
    }
    Some(("-".to_owned(), parameters))
}

const PAGES: Style = Style {
    token: "nextToken",
    size: "maxResults",
    default: 100,
    bad_token: "InvalidParameterException",
};

/// Lists of a cluster: operation, member of the fixture, name in the answer, how an item shows.
type List = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Value) -> Value,
);
const LISTS: &[List] = &[
    ("ListNodegroups", "nodegroups", "nodegroups", |item| {
        item["nodegroupName"].clone()
    }),
    (
        "ListFargateProfiles",
        "fargateProfiles",
        "fargateProfileNames",
        |item| item["fargateProfileName"].clone(),
    ),
    ("ListAddons", "addons", "addons", |item| {
        item["addonName"].clone()
    }),
    (
        "ListAccessEntries",
        "accessEntries",
        "accessEntries",
        |item| item["principalArn"].clone(),
    ),
    (
        "ListPodIdentityAssociations",
        "podIdentityAssociations",
        "associations",
        association_summary,
    ),
    (
        "ListIdentityProviderConfigs",
        "identityProviderConfigs",
        "identityProviderConfigs",
        |item| json!({"type": "oidc", "name": item["oidc"]["identityProviderConfigName"]}),
    ),
];

/// Single items of a cluster: operation, member of the fixture, key, name in the answer.
const ITEMS: &[(&str, &str, &str, &str)] = &[
    (
        "DescribeNodegroup",
        "nodegroups",
        "nodegroupName",
        "nodegroup",
    ),
    (
        "DescribeFargateProfile",
        "fargateProfiles",
        "fargateProfileName",
        "fargateProfile",
    ),
    ("DescribeAddon", "addons", "addonName", "addon"),
    (
        "DescribeAccessEntry",
        "accessEntries",
        "principalArn",
        "accessEntry",
    ),
    (
        "DescribePodIdentityAssociation",
        "podIdentityAssociations",
        "associationId",
        "association",
    ),
];

/// The answer to an EKS call.
pub fn answer(asked: &Asked) -> Result<Value, ApiError> {
    let clusters = asked.regional("/eks");
    let operation = asked.call.operation.as_str();
    if operation == "ListClusters" {
        let names: Vec<Value> = clusters
            .iter()
            .map(|one| one["cluster"]["name"].clone())
            .collect();
        let (page, token) = asked.page(PAGES, &names)?;
        return Ok(with_token(json!({"clusters": page}), "nextToken", token));
    }
    let name = asked.text("clusterName")?;
    let mut found = clusters.iter().filter(|one| one["cluster"]["name"] == name);
    let cluster = found
        .next()
        .ok_or_else(|| missing(&format!("No cluster found for name: {name}.")))?;
    if let Some((_, member, answer, show)) = LISTS.iter().find(|list| list.0 == operation) {
        let shown: Vec<Value> = list(cluster, member).iter().map(show).collect();
        let (page, token) = asked.page(PAGES, &shown)?;
        return Ok(with_token(json!({*answer: page}), "nextToken", token));
    }
    if let Some((_, member, key, answer)) = ITEMS.iter().find(|item| item.0 == operation) {
        let mut item = one(list(cluster, member), key, asked.text(key)?)?.clone();
        if let Some(members) = item.as_object_mut() {
            members.remove("associatedAccessPolicies");
        }
        return Ok(json!({*answer: item}));
    }
    match operation {
        "DescribeCluster" => Ok(json!({"cluster": cluster["cluster"]})),
        "ListAssociatedAccessPolicies" => access_policies(asked, cluster),
        _ => identity_provider(asked, cluster),
    }
}

fn access_policies(asked: &Asked, cluster: &Value) -> Result<Value, ApiError> {
    let arn = asked.text("principalArn")?;
    let entry = one(list(cluster, "accessEntries"), "principalArn", arn)?;
    let (page, token) = asked.page(PAGES, list(entry, "associatedAccessPolicies"))?;
    let answer = json!({
        "clusterName": cluster["cluster"]["name"],
        "principalArn": arn,
        "associatedAccessPolicies": page,
    });
    Ok(with_token(answer, "nextToken", token))
}

fn identity_provider(asked: &Asked, cluster: &Value) -> Result<Value, ApiError> {
    let wanted = asked.call.parameters.get("identityProviderConfig");
    let name = wanted
        .and_then(|wanted| wanted["name"].as_str())
        .unwrap_or_default();
    let mut configs = list(cluster, "identityProviderConfigs").iter();
    configs
        .find(|config| config["oidc"]["identityProviderConfigName"] == name)
        .map(|config| json!({"identityProviderConfig": config}))
        .ok_or_else(|| missing(&format!("IdentityProviderConfig not found: {name}")))
}

fn association_summary(item: &Value) -> Value {
    const SHOWN: [&str; 6] = [
        "associationArn",
        "associationId",
        "clusterName",
        "namespace",
        "ownerArn",
        "serviceAccount",
    ];
    let members = item.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| SHOWN.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<Map<_, _>>()
        .into()
}

fn list<'a>(of: &'a Value, member: &str) -> &'a [Value] {
    of[member].as_array().map_or(&[], Vec::as_slice)
}

fn one<'a>(items: &'a [Value], key: &str, wanted: &str) -> Result<&'a Value, ApiError> {
    items
        .iter()
        .find(|item| item[key] == wanted)
        .ok_or_else(|| missing(&format!("Nothing has {key} {wanted}.")))
}

fn missing(message: &str) -> ApiError {
    ApiError::new(404, "ResourceNotFoundException", message)
}

/// The regions of the account, by opt-in status.
pub fn list_regions(asked: &Asked) -> Result<Value, ApiError> {
    let wanted = asked.call.parameters.get("RegionOptStatusContains");
    let wanted = wanted.and_then(Value::as_array);
    let regions: Vec<Value> = asked
        .account
        .list("/Regions")
        .iter()
        .filter(|region| wanted.is_none_or(|wanted| wanted.contains(&region["RegionOptStatus"])))
        .cloned()
        .collect();
    let style = Style {
        token: "NextToken",
        size: "MaxResults",
        default: 50,
        bad_token: "ValidationException",
    };
    let (page, token) = asked.page(style, &regions)?;
    Ok(with_token(json!({"Regions": page}), "NextToken", token))
}
