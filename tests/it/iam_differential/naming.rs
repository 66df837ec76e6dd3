//! How the entries of a `Principal` element name a caller, by their text alone.

use serde_json::{Value, json};

/// The ways in which an element names a caller.
#[derive(Clone, Copy, Default)]
pub struct Names {
    pub itself: bool,
    pub role: bool,
    pub account: bool,
}

impl Names {
    pub fn any(self) -> bool {
        self.itself || self.role || self.account
    }

    /// What `NotPrincipal` leaves out: the root user by its account, everybody else by more.
    pub fn itself_or_role(self, caller: &str) -> bool {
        self.itself || self.role || (self.account && caller.ends_with(":root"))
    }
}

/// The caller's ARN or name; empty where there is none.
pub fn caller_of(request: &Value) -> String {
    ["CallerArn", "CallerService", "CallerFederated"]
        .iter()
        .find_map(|key| request.get(key)?.as_str())
        .unwrap_or("")
        .to_owned()
}

/// Whether the element is `*` or `{"AWS": "*"}`.
pub fn everyone(set: &Value) -> bool {
    set == &json!("*") || list(&set["AWS"]).contains(&"*")
}

/// How the element names the caller. (The role `deep` has the path `team/`.)
pub fn names(set: &Value, caller: &str) -> Names {
    let mut out = Names::default();
    for kind in ["Service", "Federated"] {
        out.itself |= list(&set[kind]).contains(&caller);
    }
    let account = caller
        .split(':')
        .nth(4)
        .filter(|_| !caller.contains("oidc-provider"));
    let (Some(account), true) = (account, caller.starts_with("arn:")) else {
        return out;
    };
    let role = caller.split(":assumed-role/").nth(1).map(|rest| {
        let name = rest.split('/').next().unwrap_or("");
        let path = if name == "deep" { "team/" } else { "" };
        format!("arn:aws:iam::{account}:role/{path}{name}")
    });
    let root = format!("arn:aws:iam::{account}:root");
    for entry in list(&set["AWS"]) {
        out.account |= entry == account || entry == root;
        out.itself |= entry == caller && entry != root;
        out.role |= role.as_deref() == Some(entry);
    }
    out
}

/// Takes entries from an element's `AWS` list.
pub fn strip(set: &mut Value, keep: impl Fn(&str) -> bool) {
    let kept: Vec<String> = list(&set["AWS"])
        .into_iter()
        .filter(|e| keep(e))
        .map(str::to_owned)
        .collect();
    if set.get("AWS").is_some() {
        set["AWS"] = json!(kept);
    }
}

fn list(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
