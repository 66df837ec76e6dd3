//! Label selectors: which objects one selects.
//!
//! Semantics: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>. All
//! requirements must hold, so that the empty selector selects everything; `NotIn` and `DoesNotExist` hold where
//! the label is absent.

use std::collections::BTreeMap;

use serde_json::Value;

/// A label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Reads a `LabelSelector`; nothing where it is broken.
    pub fn read(value: &Value) -> Option<Self> {
        let mut requirements = Vec::new();
        if let Some(labels) = present(value, "matchLabels") {
            for (key, value) in labels.as_object()? {
                requirements.push(Requirement {
                    key: key.clone(),
                    operator: Operator::In(vec![value.as_str()?.to_owned()]),
                });
            }
        }
        if let Some(expressions) = present(value, "matchExpressions") {
            for expression in expressions.as_array()? {
                requirements.push(Requirement::read(expression)?);
            }
        }
        Some(Self { requirements })
    }

    /// Whether it selects what has these labels.
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|one| one.holds(labels))
    }
}

impl Requirement {
    fn read(expression: &Value) -> Option<Self> {
        let values = || -> Option<Vec<String>> {
            let values = expression.get("values")?.as_array()?.iter();
            let values: Vec<String> = values
                .map(|one| one.as_str().map(str::to_owned))
                .collect::<Option<_>>()?;
            (!values.is_empty()).then_some(values)
        };
        let operator = match expression.get("operator")?.as_str()? {
            "In" => Operator::In(values()?),
            "NotIn" => Operator::NotIn(values()?),
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            _ => return None,
        };
        let key = expression.get("key")?.as_str()?.to_owned();
        Some(Self { key, operator })
    }

    fn holds(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        match &self.operator {
            Operator::In(values) => value.is_some_and(|value| values.contains(value)),
            Operator::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

/// The value of a key, unless it is absent or null.
fn present<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.get(key).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn all_requirements_must_hold() {
        let app: BTreeMap<String, String> =
            BTreeMap::from([("app".into(), "api".into()), ("tier".into(), "web".into())]);
        let expression = |key: &str, operator: &str, values: Value| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        for (selector, selects) in [
            (json!({}), true),
            (json!({"matchLabels": null}), true),
            (json!({"matchLabels": {"app": "api"}}), true),
            (json!({"matchLabels": {"app": "api", "tier": "db"}}), false),
            (json!({"matchLabels": {"other": ""}}), false),
            (expression("app", "In", json!(["x", "api"])), true),
            (expression("app", "In", json!(["x"])), false),
            (expression("other", "In", json!(["x"])), false),
            (expression("app", "NotIn", json!(["x"])), true),
            (expression("app", "NotIn", json!(["api"])), false),
            (expression("other", "NotIn", json!(["x"])), true),
            (expression("app", "Exists", json!([])), true),
            (expression("other", "Exists", json!(null)), false),
            (expression("app", "DoesNotExist", json!([])), false),
            (expression("other", "DoesNotExist", json!([])), true),
            (
                json!({"matchLabels": {"app": "api"}, "matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}),
                false,
            ),
        ] {
            let read = Selector::read(&selector).unwrap();
            assert_eq!(read.selects(&app), selects, "{selector}");
        }
        for broken in [
            json!({"matchLabels": {"a": 1}}),
            expression("app", "Gt", json!(["1"])),
            expression("app", "In", json!([])),
            json!({"matchExpressions": [{"operator": "Exists"}]}),
        ] {
            assert_eq!(Selector::read(&broken), None, "{broken}");
        }
    }
}
