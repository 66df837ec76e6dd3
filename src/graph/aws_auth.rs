//! What the authenticator makes of the ConfigMap aws-auth.
//!
//! aws-iam-authenticator (README, "Full Configuration Format"; `pkg/mapper/configmap`, `pkg/config`, `pkg/arn`): each
//! field is YAML, read by itself; what has the wrong type is left out and the rest of the field still counts; a mapping
//! without an ARN is dropped; of two mappings of one ARN in a field the last counts; mapRoles is asked before mapUsers,
//! and both are compared, without regard to case, with the caller's canonical ARN: a role's without session and path, a
//! user's with its path. EKS leaves its feature to match SSO permission sets off, as it is by default.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::snapshot::Cluster;
use crate::snapshot::id::Arn;

/// A mapping as it counts: what has the wrong type is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// `mapRoles` or `mapUsers`.
    pub field: &'static str,
    /// Its place in the field, from 1.
    pub place: usize,
    /// The ARN as it stands there; empty where there is none.
    pub arn: String,
    /// The template of the user name.
    pub username: String,
    /// The templates of the groups.
    pub groups: Vec<String>,
    /// Members that were left out because of their type.
    pub left_out: Vec<&'static str>,
    /// Whether it is of an SSO permission set.
    pub is_sso: bool,
}

/// Why a mapping admits nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Idle {
    /// It can match no caller: why.
    Never(&'static str),
    /// Another of the same ARN counts: its field and place.
    Overridden(&'static str, usize),
}

/// The ConfigMap, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsAuth {
    /// Mappings that count, in the order of the authenticator.
    pub mappings: Vec<Mapping>,
    /// Mappings that do not, each with why.
    pub idle: Vec<(Mapping, Idle)>,
    /// Accounts whose every principal comes in under its own ARN, in no group.
    pub accounts: Vec<String>,
    /// What could not be read, a sentence each.
    pub problems: Vec<String>,
}

impl AwsAuth {
    /// That of a cluster; empty where there is none.
    pub fn of(cluster: &Cluster) -> Self {
        let map = cluster.kubernetes.config_maps.iter().find(|map| {
            map.metadata.name == "aws-auth" && map.metadata.namespace() == "kube-system"
        });
        map.map_or_else(Self::default, |map| Self::read(&map.data))
    }

    /// Reads the data of the ConfigMap.
    pub fn read(data: &BTreeMap<String, String>) -> Self {
        let mut read = Self::default();
        let mut all = read.field(data, "mapRoles", "rolearn");
        all.extend(read.field(data, "mapUsers", "userarn"));
        read.accounts = read.accounts(data);
        for (at, mapping) in all.iter().enumerate() {
            match never(mapping)
                .map(Idle::Never)
                .or_else(|| read.overriding(&all, at))
            {
                Some(why) => read.idle.push((mapping.clone(), why)),
                None => read.mappings.push(mapping.clone()),
            }
        }
        read
    }

    fn field(
        &mut self,
        data: &BTreeMap<String, String>,
        field: &'static str,
        arn: &'static str,
    ) -> Vec<Mapping> {
        let list = self.list(data, field);
        let mappings = list.iter().enumerate();
        mappings
            .map(|(at, value)| Mapping::of(field, at + 1, arn, value))
            .collect()
    }

    /// The list that a field is. The authenticator passes over a field that is empty or an empty quotation.
    fn list(&mut self, data: &BTreeMap<String, String>, field: &str) -> Vec<Value> {
        let text = data.get(field).map_or("", |text| text.trim());
        if matches!(text, "" | "``" | "\"\"" | "''") {
            return Vec::new();
        }
        match serde_saphyr::from_str_with_options::<Value>(text, options()) {
            Ok(Value::Array(list)) => list,
            Ok(Value::Null) => Vec::new(),
            // Whole fields only: the authenticator drops them too.
            Ok(_) | Err(_) => {
                self.problems
                    .push(format!("{field} of aws-auth is not a YAML list"));
                Vec::new()
            }
        }
    }

    /// The ids of mapAccounts: digits without quotes are a number to YAML, and a text to the authenticator.
    fn accounts(&mut self, data: &BTreeMap<String, String>) -> Vec<String> {
        let text = data.get("mapAccounts").map_or("", |text| text.trim());
        let texts = serde_saphyr::from_str_with_options::<Vec<String>>(text, options());
        texts.unwrap_or_else(|_| {
            let list = self.list(data, "mapAccounts");
            list.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        })
    }

    /// The mapping that counts instead of the one at a place. In mapUsers the authenticator keeps two that differ in
    /// case and takes either.
    fn overriding(&mut self, all: &[Mapping], at: usize) -> Option<Idle> {
        let mapping = all.get(at)?;
        let same = |other: &&Mapping| other.arn.eq_ignore_ascii_case(&mapping.arn);
        let counts = |other: &&Mapping| same(other) && never(other).is_none();
        if mapping.field == "mapUsers"
            && let Some(role) = all
                .iter()
                .filter(|other| other.field == "mapRoles")
                .rfind(counts)
        {
            return Some(Idle::Overridden(role.field, role.place));
        }
        let later = all.get(at + 1..).unwrap_or_default().iter();
        let later = later
            .filter(|other| other.field == mapping.field)
            .rfind(counts)?;
        if mapping.field == "mapUsers" && later.arn != mapping.arn {
            self.problems.push(format!(
                "mappings {} and {} of mapUsers differ in case only, and either may count",
                mapping.place, later.place
            ));
            return None;
        }
        Some(Idle::Overridden(later.field, later.place))
    }
}

impl Mapping {
    fn of(field: &'static str, place: usize, arn: &'static str, value: &Value) -> Self {
        let mut mapping = Self {
            field,
            place,
            ..Self::default()
        };
        let Value::Object(members) = value else {
            mapping.left_out.push("the whole mapping");
            return mapping;
        };
        mapping.arn = mapping.text(members, arn);
        mapping.username = mapping.text(members, "username");
        mapping.groups = mapping.texts(members, "groups");
        mapping.is_sso = member(members, "sso").is_some_and(|sso| !sso.is_null());
        mapping
    }

    fn text(&mut self, members: &Map<String, Value>, name: &'static str) -> String {
        match member(members, name) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(_) => {
                self.left_out.push(name);
                String::new()
            }
        }
    }

    /// A list of texts. An element of another type counts as an empty one.
    fn texts(&mut self, members: &Map<String, Value>, name: &'static str) -> Vec<String> {
        match member(members, name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(list)) => {
                if list.iter().any(|item| !item.is_string() && !item.is_null()) {
                    self.left_out.push(name);
                }
                let texts = list.iter().filter_map(Value::as_str);
                texts.map(str::to_owned).collect()
            }
            Some(_) => {
                self.left_out.push(name);
                Vec::new()
            }
        }
    }
}

/// A member by its name in any case, as Go reads JSON: of several the last in order.
fn member<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let mut same: Vec<_> = members
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .collect();
    same.sort_unstable_by_key(|(key, _)| *key);
    same.last().map(|(_, value)| *value)
}

fn options() -> serde_saphyr::Options {
    let mut options = serde_saphyr::Options::default();
    options.with_snippet = false;
    options.strict_booleans = true;
    options.duplicate_keys = serde_saphyr::options::DuplicateKeyPolicy::LastWins;
    options
}

/// Why no caller's canonical ARN can be that of a mapping.
fn never(mapping: &Mapping) -> Option<&'static str> {
    match (mapping.arn.is_empty(), mapping.is_sso) {
        (true, true) => return Some("EKS does not match SSO permission sets"),
        (true, false) => return Some("it has no ARN"),
        (false, true) => return Some("it has an ARN and a permission set, which is refused"),
        (false, false) => {}
    }
    let Some(arn) = Arn::parse(&mapping.arn) else {
        return Some("what it has is no ARN");
    };
    let is_account = arn.account.len() == 12 && arn.account.bytes().all(|b| b.is_ascii_digit());
    if !is_account || !arn.region.is_empty() {
        return Some("its ARN is not that of an IAM principal");
    }
    let lower = arn.resource.to_ascii_lowercase();
    let (kind, name) = lower.split_once('/').unwrap_or((&lower, ""));
    match (arn.service, kind) {
        ("iam", "role") if name.contains('/') => {
            Some("its ARN has a path, and callers are looked up without")
        }
        ("iam", "role" | "user") if is_name(name) => None,
        ("iam", "root") if name.is_empty() => None,
        ("sts", "federated-user") if is_name(name) => None,
        ("sts", "assumed-role") => {
            Some("its ARN is that of a session, and callers are looked up by their role")
        }
        _ => Some("its ARN is not that of an IAM principal"),
    }
}

/// Whether this can be the name of a role or user, with the user's path (IAM User Guide, "IAM and AWS STS quotas").
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"*?{}<>\"".contains(&b))
}

#[cfg(test)]
mod tests;
