//! Decisions asked and answered in JSON, in the form of AWS's `SimulateCustomPolicy` with what it lacks.

use serde_json::{Map, Value, json};

use super::arn;
use super::context::{Context, Lookup};
use super::document::{Invalid, Place, PolicyDocument};
use super::evaluate::{
    self, Decision, NamedPolicy, Policies, PolicyKind, Request, ResourcePolicy, Verdict,
};
use super::principal::{Caller, Principal, strings};
use super::services::{remarks, table};

/// Answers one line: always one line of JSON. `false` where the line was no request.
pub fn simulate_line(line: &str) -> (String, bool) {
    shown_or_error(answer(line.as_bytes()))
}

/// The same for a line of a file: an error names the file, the line and the field.
pub fn simulate_line_of(line: &[u8], file: &str, number: u64) -> (String, bool) {
    shown_or_error(answer(line).map_err(|error| format!("{file}, line {number}: {error}")))
}

fn answer(line: &[u8]) -> Result<Value, String> {
    let request = serde_json::from_slice::<Value>(line).map_err(|error| not_json(&error))?;
    simulate(&request)
}

fn shown_or_error(answer: Result<Value, String>) -> (String, bool) {
    match answer {
        Ok(answer) => (answer.to_string(), true),
        Err(error) => (json!({ "Error": error }).to_string(), false),
    }
}

/// serde_json counts lines within the line, which would only mislead.
fn not_json(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (what, _) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    format!("not JSON: {what} (column {})", error.column())
}

/// Answers a request: one result for each action and resource, actions outermost.
pub fn simulate(request: &Value) -> Result<Value, String> {
    let object = request
        .as_object()
        .ok_or("the request is not a JSON object")?;
    let input = Input::read(object)?;
    let mut results = Vec::with_capacity(input.actions.len() * input.resources.len());
    for action in &input.actions {
        for resource in &input.resources {
            results.push(input.result(action, resource));
        }
    }
    let mut answer = Map::new();
    answer.insert("EvaluationResults".into(), results.into());
    for (field, found) in [
        ("InvalidStatements", input.invalid()),
        ("Remarks", input.remarks()),
    ] {
        if !found.is_empty() {
            answer.insert(field.into(), found.into());
        }
    }
    Ok(answer.into())
}

/// A request, read.
struct Input {
    caller: Option<Principal>,
    owner: Option<String>,
    actions: Vec<Box<str>>,
    resources: Vec<Box<str>>,
    context: Context,
    identity: Vec<NamedPolicy>,
    boundary: Vec<NamedPolicy>,
    session: Vec<NamedPolicy>,
    endpoint: Vec<NamedPolicy>,
    scps: Vec<Vec<NamedPolicy>>,
    rcps: Vec<Vec<NamedPolicy>>,
    resource: Option<NamedPolicy>,
}

impl Input {
    fn read(object: &Map<String, Value>) -> Result<Self, String> {
        let actions = match object.get("ActionNames") {
            Some(value @ (Value::String(_) | Value::Array(_))) => strings(value),
            None | Some(Value::Null) => return Err("ActionNames is missing".into()),
            Some(_) => return Err("ActionNames is not a list".into()),
        };
        if actions.is_empty() {
            return Err("ActionNames is empty".into());
        }
        let mut resources = match object.get("ResourceArns") {
            None | Some(Value::Null) => Vec::new(),
            Some(value @ (Value::String(_) | Value::Array(_))) => strings(value),
            Some(_) => return Err("ResourceArns is not a list".into()),
        };
        if resources.is_empty() {
            resources.push("*".into());
        }
        let resource = match object.get("ResourcePolicy") {
            None | Some(Value::Null) => None,
            Some(value) => Some(policy("ResourcePolicy", 0, value)?),
        };
        let context = context(object)?;
        Ok(Self {
            caller: caller(object)?.map(|c| with_path(c, &context)),
            owner: owner(object)?,
            actions,
            resources,
            context,
            identity: list(object, "PolicyInputList")?,
            boundary: list(object, "PermissionsBoundaryPolicyInputList")?,
            session: list(object, "SessionPolicyInputList")?,
            endpoint: list(object, "VpcEndpointPolicyInputList")?,
            scps: levels(object, "ServiceControlPolicyInputList")?,
            rcps: levels(object, "ResourceControlPolicyInputList")?,
            resource,
        })
    }

    fn result(&self, action: &str, resource: &str) -> Value {
        let of_caller = self
            .caller
            .as_ref()
            .map(|c| &*c.account)
            .unwrap_or_default();
        let account = self
            .owner
            .as_deref()
            .or_else(|| arn::account(resource))
            .unwrap_or(of_caller);
        let unnamed = Principal::unnamed(account);
        let principal = self.caller.as_ref().unwrap_or(&unnamed);
        let mut context = self.context.clone();
        principal.fill(&mut context);
        if !account.is_empty() && !context.has("aws:ResourceAccount") {
            context.set("aws:ResourceAccount", account);
        }
        let lower = action.to_lowercase();
        let request = Request {
            principal,
            action: &lower,
            resource,
            resource_account: account,
            context: &context,
        };
        let policies = Policies {
            identity: &self.identity,
            boundary: &self.boundary,
            scps: &self.scps,
            rcps: &self.rcps,
            session: &self.session,
            resource: self
                .resource
                .as_ref()
                .map_or(ResourcePolicy::None, ResourcePolicy::Given),
            endpoint: &self.endpoint,
        };
        shown(action, resource, &evaluate::evaluate(&request, &policies))
    }

    /// The statements that AWS would refuse.
    fn invalid(&self) -> Vec<Value> {
        self.said(|document, place| document.problems(place))
    }

    /// What AWS accepts, and has no action for.
    fn remarks(&self) -> Vec<Value> {
        self.said(|document, _| remarks(document))
    }

    /// What is to be said of each policy, where it stands.
    fn said(&self, of: impl Fn(&PolicyDocument, Place) -> Vec<Invalid>) -> Vec<Value> {
        let trust = |a: &str| a.to_lowercase().starts_with("sts:");
        let trust = self.actions.iter().all(|a| trust(a));
        let own = if trust { Place::Trust } else { Place::Resource };
        let scps: Vec<&NamedPolicy> = self.scps.iter().flatten().collect();
        let rcps: Vec<&NamedPolicy> = self.rcps.iter().flatten().collect();
        let lists: [(PolicyKind, Place, Vec<&NamedPolicy>); 7] = [
            (
                PolicyKind::Identity,
                Place::Identity,
                self.identity.iter().collect(),
            ),
            (
                PolicyKind::Boundary,
                Place::Identity,
                self.boundary.iter().collect(),
            ),
            (
                PolicyKind::Session,
                Place::Identity,
                self.session.iter().collect(),
            ),
            (PolicyKind::Scp, Place::Identity, scps),
            (PolicyKind::Rcp, Place::Rcp, rcps),
            (
                PolicyKind::Endpoint,
                Place::Resource,
                self.endpoint.iter().collect(),
            ),
            (PolicyKind::Resource, own, self.resource.iter().collect()),
        ];
        let mut out = Vec::new();
        for (kind, place, policies) in lists {
            for (index, policy) in policies.into_iter().enumerate() {
                let said = of(&policy.document, place);
                out.extend(said.into_iter().map(|p| shown_invalid(kind, index, p)));
            }
        }
        out
    }
}

fn shown_invalid(kind: PolicyKind, index: usize, invalid: Invalid) -> Value {
    json!({
        "SourcePolicyType": kind,
        "SourcePolicyIndex": index,
        "StatementIndex": invalid.statement,
        "Reason": invalid.reason,
    })
}

fn shown(action: &str, resource: &str, decision: &Decision) -> Value {
    let verdict = match decision.verdict {
        Verdict::Allow => "allowed",
        Verdict::Deny { explicit: true } => "explicitDeny",
        Verdict::Deny { explicit: false } => "implicitDeny",
        Verdict::Conditional => "conditional",
    };
    let matched: Vec<Value> = decision
        .because
        .iter()
        .map(|m| {
            json!({
                "SourcePolicyType": m.kind,
                "SourcePolicyIndex": m.policy,
                "StatementIndex": m.statement,
                "Sid": m.sid,
                "Effect": m.effect,
            })
        })
        .collect();
    json!({
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": verdict,
        "MatchedStatements": matched,
        "Conditions": decision.conditions,
    })
}

fn policy(field: &str, index: usize, value: &Value) -> Result<NamedPolicy, String> {
    let document =
        PolicyDocument::from_value(value).map_err(|e| format!("{field}[{index}]: {e}"))?;
    Ok(NamedPolicy::new(&format!("{field}[{index}]"), document))
}

fn list(object: &Map<String, Value>, field: &str) -> Result<Vec<NamedPolicy>, String> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .enumerate()
            .map(|(i, v)| policy(field, i, v))
            .collect(),
        Some(_) => Err(format!("{field} is not a list")),
    }
}

fn levels(object: &Map<String, Value>, field: &str) -> Result<Vec<Vec<NamedPolicy>>, String> {
    let levels = match object.get(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(levels)) => levels,
        Some(_) => return Err(format!("{field} is not a list of lists")),
    };
    let mut index = 0..;
    let one = |level: &Value| {
        let items = level
            .as_array()
            .ok_or_else(|| format!("{field} is not a list of lists"))?;
        items
            .iter()
            .map(|v| policy(field, index.next().unwrap_or_default(), v))
            .collect()
    };
    levels.iter().map(one).collect()
}

fn text<'v>(object: &'v Map<String, Value>, field: &str) -> Result<Option<&'v str>, String> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{field} is not a string")),
    }
}

fn owner(object: &Map<String, Value>) -> Result<Option<String>, String> {
    let Some(owner) = text(object, "ResourceOwner")? else {
        return Ok(None);
    };
    let account =
        arn::account(owner).ok_or_else(|| format!("ResourceOwner {owner} is no account"))?;
    Ok(Some(account.to_owned()))
}

fn caller(object: &Map<String, Value>) -> Result<Option<Principal>, String> {
    let anonymous = match object.get("CallerAnonymous") {
        None | Some(Value::Null | Value::Bool(false)) => None,
        Some(Value::Bool(true)) => Some(Principal::anonymous()),
        Some(_) => return Err("CallerAnonymous is neither true nor false".into()),
    };
    let principal = match text(object, "CallerArn")? {
        Some(arn) => Some(
            Principal::from_arn(arn).ok_or_else(|| format!("CallerArn {arn} is no principal"))?,
        ),
        None => None,
    };
    let service = text(object, "CallerService")?.map(Principal::service);
    let federated = text(object, "CallerFederated")?.map(Principal::federated);
    let mut given = [anonymous, principal, service, federated]
        .into_iter()
        .flatten();
    let first = given.next();
    if given.next().is_some() {
        return Err(
            "more than one of CallerArn, CallerService, CallerFederated and CallerAnonymous".into(),
        );
    }
    Ok(first)
}

/// A session's ARN does not have its role's path; `aws:PrincipalArn` has it where it is given.
fn with_path(caller: Principal, context: &Context) -> Principal {
    let role = match context.get("aws:principalarn") {
        Lookup::Values { values: [role], .. } if arn::is_role(role) => role,
        _ => return caller,
    };
    if !matches!(caller.caller, Caller::Session { .. }) {
        return caller;
    }
    Principal::session(&caller.arn, role).unwrap_or(caller)
}

fn context(object: &Map<String, Value>) -> Result<Context, String> {
    let mut context = match object.get("ContextComplete") {
        Some(Value::Bool(true)) => Context::complete(),
        None | Some(Value::Null | Value::Bool(false)) => Context::partial(),
        Some(_) => return Err("ContextComplete is neither true nor false".into()),
    };
    let entries = match object.get("ContextEntries") {
        None | Some(Value::Null) => return Ok(context),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err("ContextEntries is not a list".into()),
    };
    for (at, entry) in entries.iter().enumerate() {
        let key = entry
            .get("ContextKeyName")
            .and_then(Value::as_str)
            .ok_or_else(|| format!("ContextEntries[{at}] has no ContextKeyName"))?;
        let values: Vec<String> = match entry.get("ContextKeyValues") {
            Some(Value::Array(items)) => items.iter().map(plain).collect(),
            Some(Value::Null) | None => Vec::new(),
            Some(one) => vec![plain(one)],
        };
        // A key may have several values by its type although this request has one.
        let listed = entry
            .get("ContextKeyType")
            .and_then(Value::as_str)
            .map_or_else(|| is_multivalued(key), |t| t.ends_with("List"));
        match values.as_slice() {
            [one] if !listed => context.set(key, one),
            many => context.set_list(key, many.iter().map(String::as_str)),
        };
    }
    Ok(context)
}

fn is_multivalued(key: &str) -> bool {
    table()
        .condition_key(key)
        .is_some_and(|known| known.is_multivalued())
}

/// A value as text, whatever JSON type it was written in.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
