//! ECR.

use serde_json::{Value, json};

use super::Asked;
use super::pages::{Style, with_token};
use super::wire::ApiError;

const PAGES: Style = Style {
    token: "nextToken",
    size: "maxResults",
    default: 100,
    bad_token: "InvalidParameterException",
};

/// The answer to an ECR call.
pub fn answer(asked: &Asked) -> Result<Value, ApiError> {
    match asked.call.operation.as_str() {
        "DescribeRepositories" => repositories(asked),
        "DescribeImages" => images(asked),
        "DescribeImageScanFindings" => findings(asked),
        "GetRegistryScanningConfiguration" => {
            let own = asked.is_home_region();
            let own = own.then(|| {
                asked
                    .account
                    .at("/ecr/registryScanningConfiguration")
                    .clone()
            });
            Ok(own.unwrap_or_else(|| {
                json!({
                    "registryId": asked.account.at("/Account"),
                    "scanningConfiguration": {"scanType": "BASIC", "rules": []},
                })
            }))
        }
        "GetRepositoryPolicy" => policy(
            asked,
            "/ecr/repositoryPolicies",
            "RepositoryPolicyNotFoundException",
        ),
        _ => policy(
            asked,
            "/ecr/lifecyclePolicies",
            "LifecyclePolicyNotFoundException",
        ),
    }
}

fn repositories(asked: &Asked) -> Result<Value, ApiError> {
    let all = asked.regional("/ecr/repositories");
    let names = asked
        .call
        .parameters
        .get("repositoryNames")
        .and_then(Value::as_array);
    let Some(names) = names else {
        let (page, token) = asked.page(PAGES, all)?;
        return Ok(with_token(
            json!({"repositories": page}),
            "nextToken",
            token,
        ));
    };
    let mut found = Vec::new();
    for name in names {
        found.push(repository(asked, name.as_str().unwrap_or_default())?.clone());
    }
    Ok(json!({"repositories": found}))
}

fn repository<'a>(asked: &'a Asked, name: &str) -> Result<&'a Value, ApiError> {
    let mut all = asked.regional("/ecr/repositories").iter();
    all.find(|one| one["repositoryName"] == name).ok_or_else(|| {
        let registry = asked.account.at("/Account").as_str().unwrap_or_default();
        let message = format!(
            "The repository with name '{name}' does not exist in the registry with id '{registry}'"
        );
        ApiError::new(400, "RepositoryNotFoundException", message)
    })
}

/// The items of a list that belong to the repository that was asked for.
fn of_repository<'a>(asked: &'a Asked, list: &str) -> Result<Vec<&'a Value>, ApiError> {
    let name = asked.text("repositoryName")?;
    repository(asked, name)?;
    let items = asked.regional(list).iter();
    Ok(items
        .filter(|item| item["repositoryName"] == name)
        .collect())
}

/// Whether an image is the one of an image id: by digest, by tag, or by both.
fn is(image: &Value, id: &Value) -> bool {
    let digest = id["imageDigest"].is_null() || id["imageDigest"] == image["imageDigest"];
    let tags = image["imageTags"].as_array();
    let tag = id["imageTag"].is_null() || tags.is_some_and(|tags| tags.contains(&id["imageTag"]));
    digest && tag
}

fn image<'a>(images: &[&'a Value], id: &Value) -> Result<&'a Value, ApiError> {
    let found = images.iter().find(|image| is(image, id));
    found.copied().ok_or_else(|| {
        let message = format!("The image with imageId {id} does not exist within the repository");
        ApiError::new(400, "ImageNotFoundException", message)
    })
}

fn images(asked: &Asked) -> Result<Value, ApiError> {
    let all = of_repository(asked, "/ecr/images")?;
    let Some(ids) = asked
        .call
        .parameters
        .get("imageIds")
        .and_then(Value::as_array)
    else {
        let (page, token) = asked.page(PAGES, &all)?;
        return Ok(with_token(
            json!({"imageDetails": page}),
            "nextToken",
            token,
        ));
    };
    let mut found = Vec::new();
    for id in ids {
        let image = image(&all, id)?;
        if !found.contains(&image) {
            found.push(image);
        }
    }
    Ok(json!({"imageDetails": found}))
}

fn findings(asked: &Asked) -> Result<Value, ApiError> {
    let id = asked.call.parameters.get("imageId").unwrap_or(&Value::Null);
    let image = image(&of_repository(asked, "/ecr/images")?, id)?;
    let all = of_repository(asked, "/ecr/findings")?;
    let own = all
        .iter()
        .find(|one| one["imageId"]["imageDigest"] == image["imageDigest"]);
    let mut answer = own.map(|own| (*own).clone()).ok_or_else(|| {
        let message = format!("Image scan does not exist for the image with '{id}'");
        ApiError::new(400, "ScanNotFoundException", message)
    })?;
    if let Some(tag) = id.get("imageTag") {
        answer["imageId"]["imageTag"] = tag.clone();
    }
    // An image has findings of one kind; pages cut them.
    let mut next = None;
    for kind in ["findings", "enhancedFindings"] {
        if let Some(list) = answer["imageScanFindings"][kind].as_array() {
            let (page, token) = asked.page(PAGES, list)?;
            answer["imageScanFindings"][kind] = page.into();
            next = token;
        }
    }
    Ok(with_token(answer, "nextToken", next))
}

fn policy(asked: &Asked, list: &str, missing: &str) -> Result<Value, ApiError> {
    let found = of_repository(asked, list)?
        .first()
        .map(|policy| (*policy).clone());
    found.ok_or_else(|| {
        let name = asked.call.text("repositoryName").unwrap_or_default();
        let message = format!("No such policy exists for the repository with name '{name}'");
        ApiError::new(400, missing, message)
    })
}
