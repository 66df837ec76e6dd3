//! A case: what is asked here, and what is asked of the reference.

use serde_json::{Value, json};

use super::random::Random;
use super::{generate, scene, verdict};

/// A case: what is asked here, and what is asked of the reference. Several questions are completions of what
/// is not known here.
pub struct Case {
    pub number: u64,
    pub ours: Value,
    pub asked: Vec<Value>,
}

impl Case {
    pub fn new(seed: u64, number: u64) -> Self {
        let (_, request) = generate::request(seed, number);
        let random = &mut Random::new(seed ^ 0x5eed, number);
        let mut case = Self {
            number,
            asked: vec![request.clone()],
            ours: request,
        };
        if random.percent(12) {
            case.forget(random);
        }
        case.any_session();
        case
    }

    /// Leaves condition keys out as unknown; the reference gets them with some values, and without.
    fn forget(&mut self, random: &mut Random) {
        let follows = |entry: &Value| {
            let name = entry["ContextKeyName"].as_str().unwrap_or("");
            name == "aws:ResourceAccount"
                || (name.starts_with("aws:Principal")
                    && !name.contains('/')
                    && name != "aws:PrincipalOrgPaths")
        };
        let is_strange = |entry: &Value| {
            let name = entry["ContextKeyName"].as_str().unwrap_or("");
            let value = entry["ContextKeyValues"][0].as_str().unwrap_or("");
            let mut keys = scene::KEYS.iter();
            keys.any(|(key, kind)| key.eq_ignore_ascii_case(name) && !scene::is_typed(*kind, value))
        };
        let entries = self.ours["ContextEntries"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let known: Vec<Value> = entries
            .into_iter()
            .filter(|e| follows(e) || is_strange(e) || random.percent(50))
            .collect();
        self.ours["ContextComplete"] = json!(false);
        self.ours["ContextEntries"] = json!(known);
        for _ in 0..2 {
            let mut entries = known.clone();
            for (key, kind) in scene::KEYS {
                let has = |e: &Value| {
                    e["ContextKeyName"]
                        .as_str()
                        .is_some_and(|n| n.eq_ignore_ascii_case(key))
                };
                if known.iter().any(has) || *key == "aws:PrincipalArn" || random.percent(35) {
                    continue;
                }
                let list = *kind == scene::Kind::List;
                let values: Vec<String> = (0..1 + usize::from(list))
                    .map(|_| scene::typed_value(random, *kind))
                    .collect();
                let shape = if list { "stringList" } else { "string" };
                entries.push(json!({"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": shape}));
            }
            let mut request = self.asked[0].clone();
            request["ContextEntries"] = json!(entries);
            self.asked.push(request);
        }
    }

    /// A role stands for any of its sessions: the reference gets some of them.
    fn any_session(&mut self) {
        let arn = self
            .ours
            .get("CallerArn")
            .and_then(Value::as_str)
            .unwrap_or("");
        let Some((account, name)) = arn.split_once(":role/") else {
            return;
        };
        let account = account.replace(":iam:", ":sts:");
        let sessions =
            ["one", "two", "three"].map(|s| format!("{account}:assumed-role/{name}/{s}"));
        self.asked = self
            .asked
            .iter()
            .flat_map(|request| {
                sessions.iter().map(|session| {
                    let mut request = request.clone();
                    request["CallerArn"] = json!(session);
                    request
                })
            })
            .collect();
    }

    /// The verdict here.
    pub fn verdict(&self) -> String {
        verdict(&self.ours)
    }
}
