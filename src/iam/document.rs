//! A policy document, read once and compiled.
//!
//! IAM User Guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy language".
//! What AWS would refuse is kept with its reason and judged as far as it says something.

mod actions;
mod open;
mod problems;
mod resource;

pub use actions::Actions;
pub use resource::{ResourcePattern, Resources};

use serde_json::{Map, Value};

use super::condition::{Condition, Operator};
use super::context::Context;
use super::glob::Pattern;
use super::principal::{PrincipalSet, Principals};
use super::truth::Truth;
use actions::ActionIndex;

/// A text that is no policy document at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON.
    #[error("the policy is not JSON: {0}")]
    Json(String),
    /// JSON, but not an object.
    #[error("the policy is not a JSON object")]
    NotAnObject,
    /// There is no `Statement`.
    #[error("the policy has no Statement")]
    NoStatement,
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// Something that AWS would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The statement's place in the document; `None` for the document itself.
    pub statement: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

/// What a document is attached to, which decides what its statements may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// To a user, group or role; a boundary, a session policy or an SCP too: no principals in it.
    Identity,
    /// To a resource.
    Resource,
    /// To a role, as its trust policy.
    Trust,
    /// To a level of the organisation, as an RCP.
    Rcp,
}

/// A compiled policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyDocument {
    /// Whether policy variables are read: the version is 2012-10-17.
    pub variables: bool,
    /// The statements that can be judged, in their order.
    pub statements: Vec<Statement>,
    /// What AWS would refuse wherever the document stands.
    pub invalid: Vec<Invalid>,
}

/// A compiled statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Its place in the document.
    pub index: usize,
    /// Its name.
    pub sid: Option<Box<str>>,
    /// What it does.
    pub effect: Effect,
    /// To whom it applies.
    pub principals: Principals,
    /// `Action` or `NotAction`.
    pub actions: Actions,
    /// `Resource` or `NotResource`.
    pub resources: Resources,
    /// All have to hold.
    pub conditions: Vec<Condition>,
    /// The actions, so that they are found quickly.
    quick: ActionIndex,
}

impl PolicyDocument {
    /// Reads a document from its text, plain or URL-encoded as IAM's API gives it.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let value = if text.starts_with('%') {
            let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
            serde_json::from_str(&decoded)
        } else {
            serde_json::from_str(text)
        };
        Self::from_value(&value.map_err(|e| PolicyError::Json(e.to_string()))?)
    }

    /// Reads a document from JSON; a JSON string is read as the document's text.
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        let object = match value {
            Value::Object(object) => object,
            Value::String(text) => return Self::parse(text),
            _ => return Err(PolicyError::NotAnObject),
        };
        let statements = match object.get("Statement") {
            Some(Value::Array(items)) => items.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => return Err(PolicyError::NoStatement),
        };
        let version = object.get("Version").and_then(Value::as_str);
        let mut document = Self {
            variables: version == Some("2012-10-17"),
            statements: Vec::new(),
            invalid: Vec::new(),
        };
        if !matches!(version, None | Some("2012-10-17" | "2008-10-17")) {
            document.refuse(
                None,
                format!("unknown version {}", version.unwrap_or_default()),
            );
        }
        for key in object
            .keys()
            .filter(|k| !matches!(k.as_str(), "Version" | "Id" | "Statement"))
        {
            document.refuse(None, format!("unknown element {key}"));
        }
        for (index, statement) in statements.into_iter().enumerate() {
            let mut problems = Vec::new();
            let compiled = Statement::parse(index, statement, document.variables, &mut problems);
            let sid = compiled.as_ref().and_then(|s| s.sid.as_ref());
            if let Some(sid) = sid.filter(|s| document.has_sid(s)) {
                problems.push(format!("the Sid {sid} again"));
            }
            document.statements.extend(compiled);
            for reason in problems {
                document.refuse(Some(index), reason);
            }
        }
        Ok(document)
    }

    /// The document that allows everything, as one of an identity.
    pub fn allowing_everything() -> Self {
        let actions = Actions::AllBut(Vec::new());
        let statement = Statement {
            index: 0,
            sid: None,
            effect: Effect::Allow,
            principals: Principals::Omitted,
            quick: ActionIndex::new(&actions),
            actions,
            resources: Resources::AllBut(Vec::new()),
            conditions: Vec::new(),
        };
        Self {
            variables: false,
            statements: vec![statement],
            invalid: Vec::new(),
        }
    }

    /// The document that leaves everything to an account's own policies, as most trust and key policies do.
    pub fn trusting_account(account: &str) -> Self {
        let principals = PrincipalSet {
            aws: vec![account.into()],
            ..PrincipalSet::default()
        };
        let actions = Actions::Only(vec![Pattern::new("*")]);
        let statement = Statement {
            index: 0,
            sid: None,
            effect: Effect::Allow,
            principals: Principals::Only(principals),
            quick: ActionIndex::new(&actions),
            actions,
            resources: Resources::Omitted,
            conditions: Vec::new(),
        };
        Self {
            variables: false,
            statements: vec![statement],
            invalid: Vec::new(),
        }
    }

    fn has_sid(&self, sid: &str) -> bool {
        let mut sids = self.statements.iter().filter_map(|s| s.sid.as_deref());
        sids.any(|own| own == sid)
    }

    fn refuse(&mut self, statement: Option<usize>, reason: String) {
        self.invalid.push(Invalid { statement, reason });
    }
}

impl Statement {
    /// Reads a statement; `None` where its effect is not known, since then nothing follows from it.
    fn parse(
        index: usize,
        value: &Value,
        variables: bool,
        problems: &mut Vec<String>,
    ) -> Option<Self> {
        let Value::Object(object) = value else {
            problems.push("the statement is not an object".into());
            return None;
        };
        check_elements(object, problems);
        let effect = match object.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => {
                problems.push("Effect is neither Allow nor Deny".into());
                return None;
            }
        };
        let principals = match (object.get("Principal"), object.get("NotPrincipal")) {
            (Some(value), _) => Principals::Only(PrincipalSet::parse(value, problems)),
            (None, Some(value)) => Principals::AllBut(PrincipalSet::parse(value, problems)),
            (None, None) => Principals::Omitted,
        };
        let sid = object
            .get("Sid")
            .and_then(Value::as_str)
            .filter(|s| !s.is_empty())
            .map(Into::into);
        let actions = Actions::parse(object, problems);
        Some(Self {
            index,
            sid,
            effect,
            principals,
            quick: ActionIndex::new(&actions),
            actions,
            resources: Resources::parse(object, variables),
            conditions: parse_conditions(object.get("Condition"), variables, problems),
        })
    }

    /// Whether the action, in lower case, is one of the statement's.
    pub fn has_action(&self, lowercase: &str) -> bool {
        let named = self.quick.matches(self.actions.patterns(), lowercase);
        match &self.actions {
            Actions::Only(_) => named,
            Actions::AllBut(_) => !named,
        }
    }

    /// Whether the resource is one of the statement's, in a policy attached to an identity or not.
    pub fn has_resource(&self, resource: &str, identity: bool, context: &Context) -> Truth {
        self.resources
            .cover(identity, |p| p.matches(resource, identity, context))
    }

    /// The same for a resource that is one of these, it is not known which.
    pub fn has_one_of(&self, resources: &Pattern, identity: bool, context: &Context) -> Truth {
        self.resources
            .cover(identity, |p| p.covers(resources, identity, context))
    }

    /// Whether all its conditions hold.
    pub fn holds(&self, context: &Context) -> Truth {
        let mut all = Truth::Yes;
        for condition in &self.conditions {
            all = all.and(condition.holds(context));
            if all == Truth::No {
                break;
            }
        }
        all
    }
}

fn check_elements(object: &Map<String, Value>, problems: &mut Vec<String>) {
    let known = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    problems.extend(
        object
            .keys()
            .filter(|k| !known.contains(&k.as_str()))
            .map(|k| format!("unknown element {k}")),
    );
    for (one, other) in [("Principal", "NotPrincipal"), ("Resource", "NotResource")] {
        if object.contains_key(one) && object.contains_key(other) {
            problems.push(format!("both {one} and {other}"));
        }
    }
}

fn parse_conditions(
    value: Option<&Value>,
    variables: bool,
    problems: &mut Vec<String>,
) -> Vec<Condition> {
    let mut out = Vec::new();
    let block = match value {
        None | Some(Value::Null) => return out,
        Some(Value::Object(block)) => block,
        Some(other) => {
            problems.push(format!("Condition {other} is not an object"));
            return out;
        }
    };
    for (name, keys) in block {
        let Value::Object(keys) = keys else {
            problems.push(format!("Condition {name} is not an object"));
            continue;
        };
        for (key, values) in keys {
            let condition = Condition::new(Operator::parse(name), key, values, variables);
            problems.extend(condition.problem());
            out.push(condition);
        }
    }
    out
}

#[cfg(test)]
mod tests;
