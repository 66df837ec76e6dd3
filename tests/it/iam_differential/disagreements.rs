//! Where the reference is known to be wrong, each with the sentence of AWS's documentation that says so.
//!
//! A group does not excuse a disagreement: it rewrites the request so that the reference's fault no longer
//! shows, and the reference has to agree on what is left. Whatever it still says otherwise is a failure.

use serde_json::{Value, json};

use super::naming::{Names, caller_of, everyone, names, strip};
use super::rewrite::{
    conditions, context_value, entries, entries_of, glob, is_list, lists_of, of_resource, policies,
    statements, texts,
};
use super::scene::HOME;

/// A fault of the reference.
pub struct Group {
    pub name: &'static str,
    /// The documentation that judges it.
    #[allow(dead_code, reason = "to be read with the source")]
    pub judge: &'static str,
    /// Rewrites a request; says whether there was something to rewrite.
    pub rewrite: fn(&mut Value) -> bool,
}

/// The faults, in the order in which they are undone.
pub const GROUPS: &[Group] = &[
    Group {
        name: "variables in old versions",
        judge: "IAM User Guide, Variables and tags: \"Earlier versions of the policy language don't support \
                policy variables … variables like ${aws:username} are treated as literal strings\". The \
                reference replaces them.",
        rewrite: old_versions,
    },
    Group {
        name: "variables without a value",
        judge: "IAM User Guide, Policy variables with no value: \"Inverted condition operators like \
                StringNotEquals or StringNotLike do match against a null value\"; in Resource and \
                NotResource \"the resource that includes a policy variable with no value will not match any \
                resource\". The reference lets the whole statement not match.",
        rewrite: no_value,
    },
    Group {
        name: "escapes in exact comparisons",
        judge: "IAM User Guide, Variables and tags: \"These predefined policy variables can be used in any string \
                where you can use regular policy variables.\" The reference reads ${*} as ${*} in StringEquals.",
        rewrite: escapes,
    },
    Group {
        name: "IfExists with ForAnyValue",
        judge: "IAM User Guide, Condition operators: \"You can add IfExists to the end of any condition \
                operator name except the Null condition … If the key is not present, evaluate the condition \
                element as true.\" The reference has it false.",
        rewrite: if_exists,
    },
    Group {
        name: "addresses without a prefix",
        judge: "IAM User Guide, IP address condition operators: \"NotIpAddress: all IP addresses except the \
                specified IP address or range\". The reference has NotIpAddress false where the request's \
                address is of the other family, and compares IPv6 addresses as texts.",
        rewrite: addresses,
    },
    Group {
        name: "the range of all addresses",
        judge: "RFC 4632, named by IAM User Guide, IP address condition operators: a prefix of no bits has \
                every address in it. The reference's 0.0.0.0/0 has 0.0.0.0 alone.",
        rewrite: all_addresses,
    },
    Group {
        name: "dates as epoch seconds",
        judge: "IAM User Guide, Date condition operators: \"W3C implementations of the ISO 8601 date formats \
                or in epoch (UNIX) time\", which counts seconds. The reference takes them for milliseconds.",
        rewrite: epochs,
    },
    Group {
        name: "wildcards across colons",
        judge: "IAM User Guide, Resource: \"If the * wildcard is the last character of a resource ARN \
                segment, it can expand to match beyond the colon boundaries.\" The reference keeps it within \
                the segment.",
        rewrite: across_colons,
    },
    Group {
        name: "short ARNs in NotResource",
        judge: "IAM User Guide, NotResource: \"matches every resource except those specified\". The \
                reference lets no resource match beside a short ARN that does not.",
        rewrite: short_not_resource,
    },
    Group {
        name: "variables at the start of a resource",
        judge: "IAM User Guide, Variables and tags: a variable stands \"in the resource portion of the ARN\", \
                that is \"after the fifth colon\". The reference takes a colon or slash in the variable's name \
                for the end of the resource's type.",
        rewrite: first_variables,
    },
    Group {
        name: "principals of endpoint policies",
        judge: "AWS PrivateLink Guide, Control access to VPC endpoints using endpoint policies: Principal is \
                \"the principal that can perform the action\". The reference does not look at it.",
        rewrite: endpoint_principals,
    },
    Group {
        name: "accounts in NotPrincipal",
        judge: "IAM User Guide, NotPrincipal: \"deny access to all principals except the principal \
                specified\", where the account's ARN is listed beside the principal's. The reference leaves \
                out everybody of the account; its authors say that they have yet to test it.",
        rewrite: not_principal_account,
    },
    Group {
        name: "tokens that an account's deny meets",
        judge: "STS API Reference, AssumeRoleWithWebIdentity: \"does not require the use of AWS security \
                credentials\": the caller is of no account. The reference takes the provider's.",
        rewrite: token_account,
    },
    Group {
        name: "roles with a path",
        judge: "IAM User Guide, IAM identifiers: the path is part of a role's ARN, and Principal wants the \
                full ARN. The reference compares the role's name alone.",
        rewrite: role_path,
    },
    Group {
        name: "SCPs on services",
        judge: "AWS Organizations User Guide, SCPs: \"affect only IAM users and roles that are managed by \
                accounts that are part of the organization\". The reference applies them to services and \
                tokens.",
        rewrite: scps_on_services,
    },
    Group {
        name: "roles without a trust policy",
        judge: "IAM User Guide, Roles terms and concepts: a role's trust policy is \"a required \
                resource-based policy\". The reference, given none, asks the identity policies alone.",
        rewrite: no_trust,
    },
];

/// The last to be undone, each for one verdict here alone: the rewritten request is another one for the others.
pub const LAST: &[(&str, Group)] = &[
    (
        "allowed",
        Group {
            name: "sessions named by the resource",
            judge: "IAM User Guide, Session policies: \"A resource-based policy can specify the ARN of the session \
                    as a principal … The resource-based policy permissions are not limited by the session \
                    policy.\" The reference wants the session policy's allow always.",
            rewrite: session_named,
        },
    ),
    (
        "explicitDeny",
        Group {
            name: "denies of what cannot be changed",
            judge: "IAM User Guide, Policy evaluation logic: \"an explicit deny in any of these policies overrides \
                    the allow\", and is one. The reference calls it implicit where the policy or role is AWS's.",
            rewrite: fixed,
        },
    ),
];

/// Stands for a `$` that is no variable's: nothing else has it.
const DOLLAR: &str = "\u{a7}";

/// Puts the sign for `$` where requests have a `${` and where policies mean one.
fn plain_dollars(request: &mut Value) {
    for entry in lists_of(request, "ContextEntries") {
        for text in entries_of(entry, "ContextKeyValues") {
            *text = text.replace("${", &format!("{DOLLAR}{{"));
        }
    }
    for policy in policies(request) {
        let old = policy.get("Version") != Some(&json!("2012-10-17"));
        for text in policy.get_mut("Statement").map(texts).unwrap_or_default() {
            *text = if old {
                text.replace("${", &format!("{DOLLAR}{{"))
            } else {
                text.replace("${$}", DOLLAR)
            };
        }
    }
}

fn old_versions(request: &mut Value) -> bool {
    let before = request.clone();
    plain_dollars(request);
    *request != before
}

fn escapes(request: &mut Value) -> bool {
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

fn no_value(request: &mut Value) -> bool {
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

fn if_exists(request: &mut Value) -> bool {
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

fn addresses(request: &mut Value) -> bool {
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

fn all_addresses(request: &mut Value) -> bool {
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

fn epochs(request: &mut Value) -> bool {
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

fn short_not_resource(request: &mut Value) -> bool {
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

fn across_colons(request: &mut Value) -> bool {
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

fn first_variables(request: &mut Value) -> bool {
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

fn endpoint_principals(request: &mut Value) -> bool {
    let caller = caller_of(request);
    let mut changed = false;
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

fn not_principal_account(request: &mut Value) -> bool {
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

fn token_account(request: &mut Value) -> bool {
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

fn role_path(request: &mut Value) -> bool {
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

fn scps_on_services(request: &mut Value) -> bool {
    let bound = request.get("CallerArn").is_some();
    !bound
        && request
            .as_object_mut()
            .is_some_and(|r| r.remove("ServiceControlPolicyInputList").is_some())
}

fn no_trust(request: &mut Value) -> bool {
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
fn fixed(request: &mut Value) -> bool {
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
fn session_named(request: &mut Value) -> bool {
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

/// The request twice, where the caller is listed in a `NotPrincipal` without everything that has to stand
/// beside it: as if it were left out, and as if it were not. "When you use NotPrincipal, you must also
/// specify the account ARN of the not-denied principal. Otherwise, the policy might deny access to the
/// entire account containing the principal" (IAM User Guide, NotPrincipal). It might: so nobody knows.
pub fn in_doubt(request: &Value) -> Option<[Value; 2]> {
    let caller = caller_of(request);
    let doubtful = |statement: &Value| {
        statement
            .get("NotPrincipal")
            .is_some_and(|set| !everyone(set) && incomplete(names(set, &caller), &caller))
    };
    let mut found = false;
    let mut both = [request.clone(), request.clone()];
    for (at, request) in both.iter_mut().enumerate() {
        for statement in of_resource(request) {
            if doubtful(statement) {
                found = true;
                put_principal(statement, at == 0);
            }
        }
        for policy in lists_of(request, "VpcEndpointPolicyInputList") {
            for statement in lists_of(policy, "Statement") {
                if doubtful(statement) {
                    found = true;
                    put_principal(statement, at == 0);
                }
            }
        }
    }
    found.then_some(both)
}

fn put_principal(statement: &mut Value, left_out: bool) {
    if let Some(object) = statement.as_object_mut() {
        object.remove("NotPrincipal");
    }
    statement["Principal"] = if left_out {
        json!({"AWS": "444444444444"})
    } else {
        json!("*")
    };
}

fn incomplete(named: Names, caller: &str) -> bool {
    if !caller.starts_with("arn:") || caller.ends_with(":root") {
        return false;
    }
    if caller.contains(":assumed-role/") {
        let all = named.itself && named.role && named.account;
        return (named.itself || named.role) && !all;
    }
    named.itself && !named.account
}
