//! SubjectAccessReviews (`authorization.k8s.io/v1`): the object in, the same with `status` out.

use serde::Deserialize;
use serde_json::{Value, json};

use super::attributes::{Attributes, ResourceAttributes};
use super::authorizer::Authorizer;

/// Why an object is no review that a server would answer.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReviewError {
    /// Not the right kind.
    #[error("kind is {0}, not SubjectAccessReview")]
    Kind(String),
    /// A field is missing or has the wrong type.
    #[error("not a SubjectAccessReview: {0}")]
    Shape(String),
    /// Neither or both of the attributes.
    #[error("spec: exactly one of resourceAttributes and nonResourceAttributes must be given")]
    Attributes,
    /// Nobody asks.
    #[error("spec: at least one of user and groups must be given")]
    Nobody,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    groups: Option<Vec<String>>,
    #[serde(default)]
    resource_attributes: Option<ResourceFields>,
    #[serde(default)]
    non_resource_attributes: Option<PathFields>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ResourceFields {
    verb: String,
    group: String,
    resource: String,
    subresource: String,
    name: String,
    namespace: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PathFields {
    verb: String,
    path: String,
}

/// Answers a review: everything in it stays, `status` is replaced.
pub fn review(authorizer: &Authorizer, mut object: Value) -> Result<Value, ReviewError> {
    let spec = parse(&object)?;
    let user = spec.user.unwrap_or_default();
    let groups = spec.groups.unwrap_or_default();
    if user.is_empty() && groups.is_empty() {
        return Err(ReviewError::Nobody);
    }
    let attributes = match (&spec.resource_attributes, &spec.non_resource_attributes) {
        (Some(fields), None) => Attributes::Resource(ResourceAttributes {
            verb: &fields.verb,
            group: &fields.group,
            resource: &fields.resource,
            subresource: &fields.subresource,
            name: &fields.name,
            namespace: &fields.namespace,
        }),
        (None, Some(fields)) => Attributes::NonResource {
            verb: &fields.verb,
            path: &fields.path,
        },
        _ => return Err(ReviewError::Attributes),
    };
    let verdict = authorizer.authorize(&user, &groups, &attributes);
    let mut status = json!({"allowed": verdict.allowed});
    let reason = verdict.reason();
    if !reason.is_empty() {
        status["reason"] = Value::String(reason);
    }
    if let Some(fields) = object.as_object_mut() {
        fields.insert("status".to_owned(), status);
    }
    Ok(object)
}

fn parse(object: &Value) -> Result<Spec, ReviewError> {
    match object.get("kind").and_then(Value::as_str) {
        None | Some("SubjectAccessReview") => {}
        Some(other) => return Err(ReviewError::Kind(other.to_owned())),
    }
    let spec = object
        .get("spec")
        .ok_or_else(|| ReviewError::Shape("spec is missing".to_owned()))?;
    Spec::deserialize(spec).map_err(|error| ReviewError::Shape(format!("spec: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn answers_keep_the_object_and_errors_say_what_is_wrong() {
        let authorizer = Authorizer::new(&[], &[]);
        let object = json!({"kind": "SubjectAccessReview", "metadata": {"x": 1}, "status": {"allowed": true},
            "spec": {"user": "jane", "extra": {"k": ["v"]}, "resourceAttributes": {"verb": "get", "resource": "pods"}}});
        let mut expected = object.clone();
        expected["status"] = json!({"allowed": false});
        assert_eq!(review(&authorizer, object).unwrap(), expected);

        let path = json!({"verb": "get", "path": "/x"});
        let masters =
            json!({"spec": {"groups": ["system:masters"], "nonResourceAttributes": path}});
        assert_eq!(
            review(&authorizer, masters).unwrap()["status"],
            json!({"allowed": true})
        );

        let wrong = [
            (json!({"kind": "Pod"}), ReviewError::Kind("Pod".to_owned())),
            (json!({"spec": {"user": "jane"}}), ReviewError::Attributes),
            (
                json!({"spec": {"user": "jane", "resourceAttributes": {}, "nonResourceAttributes": path}}),
                ReviewError::Attributes,
            ),
            (
                json!({"spec": {"nonResourceAttributes": path}}),
                ReviewError::Nobody,
            ),
            (json!({}), ReviewError::Shape("spec is missing".to_owned())),
        ];
        for (object, expected) in wrong {
            assert_eq!(
                review(&authorizer, object.clone()),
                Err(expected),
                "{object}"
            );
        }
        let mistyped = json!({"spec": {"user": 7, "nonResourceAttributes": path}});
        assert!(matches!(
            review(&authorizer, mistyped),
            Err(ReviewError::Shape(_))
        ));
    }
}
