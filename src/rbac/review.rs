//! SubjectAccessReviews (`authorization.k8s.io/v1`): the object in, the same with `status` out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::attributes::{Attributes, ResourceAttributes};
use super::authorizer::Authorizer;
use crate::snapshot::kubernetes_meta::nullable;

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

/// What is asked, and of whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The user name; may be empty where there are groups.
    #[serde(default, deserialize_with = "nullable")]
    pub user: String,
    /// The groups, all of them: none is implied.
    #[serde(default, deserialize_with = "nullable")]
    pub groups: Vec<String>,
    /// What authentication says besides.
    #[serde(default, deserialize_with = "nullable")]
    pub extra: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    resource_attributes: Option<ResourceFields>,
    #[serde(default)]
    non_resource_attributes: Option<PathFields>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct ResourceFields {
    verb: String,
    group: String,
    resource: String,
    subresource: String,
    name: String,
    namespace: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct PathFields {
    verb: String,
    path: String,
}

impl Review {
    /// What an object asks.
    ///
    /// # Errors
    /// It is no review that a server would answer.
    pub fn of(object: &Value) -> Result<Self, ReviewError> {
        match object.get("kind") {
            None => {}
            Some(Value::String(kind)) if kind == "SubjectAccessReview" => {}
            Some(Value::String(other)) => return Err(ReviewError::Kind(other.clone())),
            Some(_) => return Err(ReviewError::Shape("kind is no text".to_owned())),
        }
        let spec = object
            .get("spec")
            .ok_or_else(|| ReviewError::Shape("spec is missing".to_owned()))?;
        let review = Self::deserialize(spec)
            .map_err(|error| ReviewError::Shape(format!("spec: {error}")))?;
        if review.user.is_empty() && review.groups.is_empty() {
            return Err(ReviewError::Nobody);
        }
        match (&review.resource_attributes, &review.non_resource_attributes) {
            (Some(_), None) | (None, Some(_)) => Ok(review),
            _ => Err(ReviewError::Attributes),
        }
    }

    /// The request.
    pub fn attributes(&self) -> Attributes<'_> {
        match (&self.resource_attributes, &self.non_resource_attributes) {
            (Some(fields), _) => Attributes::Resource(ResourceAttributes {
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
            (None, None) => Attributes::Resource(ResourceAttributes::default()),
        }
    }
}

/// The answer to a review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether some authorizer allows it.
    pub allowed: bool,
    /// By what, or what could not be looked up; empty where there is nothing to say.
    pub reason: String,
    /// Why it may be allowed all the same.
    pub evaluation_error: Option<String>,
}

impl Status {
    /// What RBAC answers.
    pub fn by_rbac(authorizer: &Authorizer, review: &Review) -> Self {
        let verdict = authorizer.authorize(&review.user, &review.groups, &review.attributes());
        Self {
            allowed: verdict.allowed,
            reason: verdict.reason(),
            evaluation_error: None,
        }
    }

    /// The object with this status in place of any other.
    pub fn put_into(&self, mut object: Value) -> Value {
        let mut status = json!({"allowed": self.allowed});
        if !self.reason.is_empty() {
            status["reason"] = Value::String(self.reason.clone());
        }
        if let Some(error) = &self.evaluation_error {
            status["evaluationError"] = Value::String(error.clone());
        }
        if let Some(fields) = object.as_object_mut() {
            fields.insert("status".to_owned(), status);
        }
        object
    }
}

/// Answers a review by RBAC alone: everything in it stays, `status` is replaced.
///
/// # Errors
/// It is no review that a server would answer.
pub fn review(authorizer: &Authorizer, object: Value) -> Result<Value, ReviewError> {
    let review = Review::of(&object)?;
    Ok(Status::by_rbac(authorizer, &review).put_into(object))
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
