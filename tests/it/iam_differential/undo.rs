//! The rewritings of requests that keep the reference's faults from showing, one for each group of
//! `disagreements.rs`. Each says whether there was something to rewrite.

use serde_json::{Value, json};

use super::naming::{caller_of, everyone, names, strip};
use super::rewrite::{
    conditions, context_value, entries, entries_of, glob, is_list, lists_of, of_resource, policies,
    statements, texts,
};
use super::scene::HOME;

/// Stands for a `$` that is no variable's: nothing else has it.
const DOLLAR: &str = "\u{a7}";

/// Puts the sign for `$` where requests have a `${` and where policies mean one.
fn plain_dollars(request: &mut Value) {
    for entry in lists_of(request, "ContextEntries") {
        entries_of(entry, "ContextKeyValues")
            .into_iter()
            .for_each(literal);
    }
    for policy in policies(request) {
        let old = policy.get("Version") != Some(&json!("2012-10-17"));
        for statement in lists_of(policy, "Statement") {
            for (operator, _, values) in conditions(statement) {
                let operator = operator.to_lowercase();
                if !operator.contains("string") && !operator.contains("arn") {
                    entries(values).into_iter().for_each(literal);
                }
            }
            for text in texts(statement) {
                if old {
                    literal(text);
                }
                *text = text.replace("${$}", DOLLAR);
                // One that is not closed is no variable.
                if let Some(at) = text.rfind("${")
                    && !text[at..].contains('}')
                {
                    text.replace_range(at..=at, DOLLAR);
                }
            }
        }
    }
}

fn literal(text: &mut String) {
    *text = text.replace("${", &format!("{DOLLAR}{{"));
}

pub fn old_versions(request: &mut Value) -> bool {
    let before = request.clone();
    plain_dollars(request);
    *request != before
}

pub fn escapes(request: &mut Value) -> bool {
    let before = request.clone();
    plain_dollars(request);
    for statement in statements(request) {
        for (operator, _, values) in conditions(statement) {
            if operator.to_lowercase().contains("equals") {
                for text in entries(values) {
                    *text = text.replace("${*}", "*").replace("${?}", "?");
                }
            }
        }
    }
    *request != before
}

/// Whether a variable of the text has no value in the request.
fn lacks_value(text: &str, context: &Value) -> bool {
    text.split("${").skip(1).any(|rest| {
        let inner = rest.split('}').next().unwrap_or("");
        let key = inner.split(',').next().unwrap_or("");
        let single = context_value(context, key).is_some() && !is_list(context, key);
        !matches!(inner, "*" | "?" | "$") && !inner.contains(',') && !single
    })
}

pub fn no_value(request: &mut Value) -> bool {
    let context = request["ContextEntries"].clone();
    let mut changed = false;
    for statement in statements(request) {
        for text in entries_of(statement, "NotResource") {
            if lacks_value(text, &context) {
                *text = "arn:aws:none:::none".to_owned();
                changed = true;
            }
        }
        for (operator, _, values) in conditions(statement) {
            let operator = operator.to_lowercase();
            if !operator.contains("not") {
                continue;
            }
            let arn = operator.contains("arn");
            for text in entries(values) {
                if lacks_value(text, &context) {
                    let none = if arn {
                        "arn:aws:none:::none"
                    } else {
                        "no value"
                    };
                    *text = none.to_owned();
                    changed = true;
                }
            }
        }
    }
    changed
}

pub fn if_exists(request: &mut Value) -> bool {
    let context = request["ContextEntries"].clone();
    let mut changed = false;
    for statement in statements(request) {
        let Some(block) = statement
            .get_mut("Condition")
            .and_then(Value::as_object_mut)
        else {
            continue;
        };
        for (operator, keys) in block {
            let operator = operator.to_lowercase();
            if operator.starts_with("foranyvalue:")
                && operator.ends_with("ifexists")
                && let Some(keys) = keys.as_object_mut()
            {
                let before = keys.len();
                keys.retain(|key, _| context_value(&context, key).is_some());
                changed |= keys.len() < before;
            }
        }
    }
    changed
}

pub fn addresses(request: &mut Value) -> bool {
    let mut changed = false;
    for statement in statements(request) {
        for (operator, _, values) in conditions(statement) {
            if !operator.to_lowercase().contains("ipaddress") {
                continue;
            }
            for text in entries(values) {
                if let Ok(address) = text.parse::<std::net::IpAddr>() {
                    *text = format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 });
                    changed = true;
                }
            }
        }
    }
    changed
}

pub fn all_addresses(request: &mut Value) -> bool {
    let mut changed = false;
    for statement in statements(request) {
        for (operator, _, values) in conditions(statement) {
            if !operator.to_lowercase().contains("ipaddress") {
                continue;
            }
            let all: Vec<String> = entries(values).into_iter().map(|t| t.clone()).collect();
            if all.iter().any(|t| t == "0.0.0.0/0") {
                let halves = ["0.0.0.0/1", "128.0.0.0/1"].map(str::to_owned);
                *values = json!([&all[..], &halves].concat());
                for text in entries(values) {
                    if text == "0.0.0.0/0" {
                        *text = "0.0.0.0/1".to_owned();
                    }
                }
                changed = true;
            }
        }
    }
    changed
}

/// Epoch seconds as the date that they are, else `None`.
fn date(text: &str) -> Option<String> {
    let seconds: i64 = text.parse().ok().filter(|_| text.len() > 4)?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

pub fn epochs(request: &mut Value) -> bool {
    let mut changed = false;
    for statement in statements(request) {
        for (operator, _, values) in conditions(statement) {
            if !operator.to_lowercase().contains("date") {
                continue;
            }
            for text in entries(values) {
                if let Some(date) = date(text) {
                    *text = date;
                    changed = true;
                }
            }
        }
    }
    // No other key has a value like these.
    for entry in lists_of(request, "ContextEntries") {
        for text in entries_of(entry, "ContextKeyValues") {
            if let Some(date) = date(text) {
                *text = date;
                changed = true;
            }
        }
    }
    changed
}

pub fn short_not_resource(request: &mut Value) -> bool {
    let mut changed = false;
    for policy in policies(request) {
        for statement in lists_of(policy, "Statement") {
            for text in entries_of(statement, "NotResource") {
                let fields = text.split(':').count();
                if text.starts_with("arn:") && fields < 6 && text.contains('*') {
                    text.push_str(&":*".repeat(6 - fields));
                    changed = true;
                }
            }
        }
    }
    for key in [
        "PolicyInputList",
        "PermissionsBoundaryPolicyInputList",
        "SessionPolicyInputList",
    ] {
        for policy in lists_of(request, key) {
            for statement in lists_of(policy, "Statement") {
                for text in entries_of(statement, "NotResource") {
                    let fields = text.split(':').count();
                    if text.starts_with("arn:") && fields < 6 {
                        text.push_str(&":*".repeat(6 - fields));
                        changed = true;
                    }
                }
            }
        }
    }
    changed
}

pub fn across_colons(request: &mut Value) -> bool {
    let asked = request["ResourceArns"][0]
        .as_str()
        .unwrap_or("*")
        .to_owned();
    let mut changed = false;
    for statement in statements(request) {
        for element in ["Resource", "NotResource"] {
            for text in entries_of(statement, element) {
                let fields: Vec<&str> = text.splitn(6, ':').collect();
                let own: Vec<&str> = asked.splitn(6, ':').collect();
                let by_field = fields.len() == 6
                    && own.len() == 6
                    && fields
                        .iter()
                        .zip(&own)
                        .all(|(pattern, field)| glob(pattern, field));
                let across = fields.iter().take(5).any(|f| f.ends_with('*'));
                if across && !by_field && !text.contains("${") && glob(text, &asked) {
                    *text = asked.clone();
                    changed = true;
                }
            }
        }
    }
    changed
}

pub fn first_variables(request: &mut Value) -> bool {
    let context = request["ContextEntries"].clone();
    let mut changed = false;
    for statement in statements(request) {
        for element in ["Resource", "NotResource"] {
            for text in entries_of(statement, element) {
                let Some((head, rest)) = text.match_indices(':').nth(4).and_then(|(at, _)| {
                    text.get(at + 1..)?
                        .strip_prefix("${")
                        .map(|r| (&text[..=at], r))
                }) else {
                    continue;
                };
                let Some((inner, rest)) = rest.split_once('}') else {
                    continue;
                };
                let (key, default) = inner.split_once(", ").unwrap_or((inner, ""));
                let value = context_value(&context, key).and_then(Value::as_str);
                let value = value.unwrap_or(default.trim_matches('\''));
                if text.starts_with("arn:aws:s3:::") || is_list(&context, key) || value.is_empty() {
                    continue;
                }
                let plain = value.replace('*', "${*}").replace('?', "${?}");
                *text = format!("{head}{plain}{rest}");
                changed = true;
            }
        }
    }
    changed
}

pub fn endpoint_principals(request: &mut Value) -> bool {
    let caller = caller_of(request);
    let mut changed = endpoint_boundary(request);
    for policy in lists_of(request, "VpcEndpointPolicyInputList") {
        for statement in lists_of(policy, "Statement") {
            let named = match (statement.get("Principal"), statement.get("NotPrincipal")) {
                (Some(set), _) => everyone(set) || names(set, &caller).any(),
                (_, Some(set)) => !everyone(set) && !names(set, &caller).itself_or_role(&caller),
                _ => false,
            };
            if !named {
                statement["Action"] = json!("none:Nothing");
                if let Some(statement) = statement.as_object_mut() {
                    statement.remove("NotAction");
                }
                changed = true;
            }
        }
    }
    changed
}

/// Lets the `NotPrincipal` of an endpoint's denies mean everybody, where the caller has a boundary.
fn endpoint_boundary(request: &mut Value) -> bool {
    let bounded = request["PermissionsBoundaryPolicyInputList"]
        .as_array()
        .is_some_and(|list| !list.is_empty());
    let mut changed = false;
    for policy in lists_of(request, "VpcEndpointPolicyInputList") {
        for statement in lists_of(policy, "Statement") {
            let deny = bounded && statement["Effect"] == "Deny";
            if let (true, Some(statement)) = (deny, statement.as_object_mut())
                && statement.remove("NotPrincipal").is_some()
            {
                statement.insert("Principal".to_owned(), json!("*"));
                changed = true;
            }
        }
    }
    changed
}

pub fn not_principal_account(request: &mut Value) -> bool {
    let caller = caller_of(request);
    if caller.ends_with(":root") {
        return false;
    }
    let mut changed = false;
    for statement in of_resource(request) {
        if let Some(set) = statement.get_mut("NotPrincipal")
            && names(set, &caller).account
        {
            strip(set, |entry| !names(&json!({"AWS": entry}), &caller).account);
            changed = true;
        }
    }
    changed
}

pub fn token_account(request: &mut Value) -> bool {
    if request.get("CallerFederated").is_none() {
        return false;
    }
    let mut changed = false;
    for statement in of_resource(request) {
        for element in ["Principal", "NotPrincipal"] {
            if let Some(set) = statement.get_mut(element)
                && !everyone(set)
                && set.get("AWS").is_some()
            {
                set["AWS"] = json!([]);
                changed = true;
            }
        }
    }
    changed
}

pub fn role_path(request: &mut Value) -> bool {
    if !caller_of(request).contains(":assumed-role/deep/") {
        return false;
    }
    let mut changed = false;
    for statement in of_resource(request) {
        for element in ["Principal", "NotPrincipal"] {
            if let Some(set) = statement.get_mut(element) {
                for entry in entries_of(set, "AWS") {
                    if entry.ends_with(":role/deep") {
                        entry.push_str("-is-another");
                        changed = true;
                    }
                }
            }
        }
    }
    changed
}

pub fn scps_on_services(request: &mut Value) -> bool {
    let bound = request.get("CallerArn").is_some();
    !bound
        && request
            .as_object_mut()
            .is_some_and(|r| r.remove("ServiceControlPolicyInputList").is_some())
}

pub fn no_trust(request: &mut Value) -> bool {
    let action = request["ActionNames"][0]
        .as_str()
        .unwrap_or("")
        .to_lowercase();
    let role = request["ResourceArns"][0]
        .as_str()
        .is_some_and(|r| r.contains(":role/"));
    let none = request.get("ResourcePolicy").is_none();
    if action.starts_with("sts:") && role && none {
        request["ResourcePolicy"] = json!({"Version": "2012-10-17", "Statement": []});
        return true;
    }
    false
}

/// Gives the action another name, which the reference knows nothing of.
pub fn fixed(request: &mut Value) -> bool {
    let old = request["ActionNames"][0]
        .as_str()
        .unwrap_or("")
        .to_lowercase();
    if !["iam:deleterole", "iam:createpolicyversion"].contains(&old.as_str()) {
        return false;
    }
    let new = format!("{}-ed", old);
    for statement in statements(request) {
        for element in ["Action", "NotAction"] {
            for text in entries_of(statement, element) {
                let lower = text.to_lowercase();
                if lower.starts_with("*:") || lower.contains([',', ' ']) {
                    continue;
                }
                match (glob(&lower, &old), glob(&lower, &new)) {
                    (true, false) => text.clone_from(&new),
                    (false, true) => *text = "none:Nothing".to_owned(),
                    _ => {}
                }
            }
        }
    }
    request["ActionNames"] = json!([new]);
    true
}

/// Leaves the session policy's denies, and of the allows only those of a resource that names the session.
pub fn session_named(request: &mut Value) -> bool {
    let caller = caller_of(request);
    let own = caller.split(':').nth(4) == Some(HOME);
    if !own || !caller.contains(":sts:") || request.get("SessionPolicyInputList").is_none() {
        return false;
    }
    for policy in lists_of(request, "SessionPolicyInputList") {
        let mut all: Vec<Value> = lists_of(policy, "Statement")
            .into_iter()
            .map(|s| s.clone())
            .collect();
        all.push(json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
        policy["Statement"] = json!(all);
    }
    for policy in lists_of(request, "PolicyInputList") {
        let mut all: Vec<Value> = lists_of(policy, "Statement")
            .into_iter()
            .map(|s| s.clone())
            .collect();
        all.retain(|s| s["Effect"] == "Deny");
        policy["Statement"] = json!(all);
    }
    for statement in of_resource(request) {
        if statement["Effect"] == "Allow"
            && let Some(set) = statement.get_mut("Principal")
            && !everyone(set)
        {
            strip(set, |entry| !names(&json!({"AWS": entry}), &caller).role);
        }
    }
    true
}

/// Gives a federated user's session a session policy that allows nothing.
pub fn federated_alone(request: &mut Value) -> bool {
    let given = request["SessionPolicyInputList"]
        .as_array()
        .is_some_and(|list| !list.is_empty());
    if given || !caller_of(request).contains(":federated-user/") {
        return false;
    }
    let nothing = json!({"Effect": "Allow", "Action": "none:None", "Resource": "*"});
    request["SessionPolicyInputList"] = json!([{"Version": "2012-10-17", "Statement": [nothing]}]);
    true
}

/// Takes away the RCPs from a request to a service that has none.
pub fn rcps_elsewhere(request: &mut Value) -> bool {
    let action = request["ActionNames"][0].as_str().unwrap_or_default();
    let service = action.split(':').next().unwrap_or_default().to_lowercase();
    if !["ec2", "iam", "sns", "lambda", "eks"].contains(&service.as_str()) {
        return false;
    }
    let request = request.as_object_mut();
    request.is_some_and(|r| r.remove("ResourceControlPolicyInputList").is_some())
}

/// Takes away every allow where the root user or a federated user asks STS for a role.
pub fn no_credentials(request: &mut Value) -> bool {
    let caller = caller_of(request);
    let action = request["ActionNames"][0]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    let refused = match action.as_str() {
        "sts:assumerole" => caller.ends_with(":root") || caller.contains(":federated-user/"),
        "sts:getcalleridentity" => false,
        other => other.starts_with("sts:") && caller.contains(":federated-user/"),
    };
    if refused {
        for statement in statements(request) {
            if statement["Effect"] == "Allow" {
                statement["Action"] = json!("none:None");
                statement.as_object_mut().map(|s| s.remove("NotAction"));
            }
        }
    }
    refused
}
