//! What Organizations says of an organisation, in the field names of its API.
//!
//! Shapes: AWS Organizations API Reference, data types `Organization`, `Account`, `Parent`,
//! `PolicySummary`, `Policy`.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::iam::PolicyText;
use super::id::Arn;

/// The type of a service control policy.
pub const SCP: &str = "SERVICE_CONTROL_POLICY";
/// The type of a resource control policy.
pub const RCP: &str = "RESOURCE_CONTROL_POLICY";

/// The types of policies that decide what is allowed.
pub const TYPES: [&str; 2] = [SCP, RCP];

/// An organisation: `describe-organization`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Organization {
    /// `o-…`.
    pub id: String,
    /// Its ARN.
    #[serde(default)]
    pub arn: String,
    /// `ALL`, or `CONSOLIDATED_BILLING`, which knows no policies.
    pub feature_set: Option<String>,
    /// The management account.
    pub master_account_id: Option<String>,
}

/// What `describe-organization` told an account.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Membership {
    /// The organisation that it is in; absent: in none.
    pub organization_id: Option<String>,
}

/// An account of an organisation: in `list-accounts`, or `describe-account`.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OrganizationAccount {
    /// Twelve digits.
    pub id: String,
    /// `arn:aws:organizations::MANAGEMENT:account/ORGANIZATION/ID`.
    #[serde(default)]
    pub arn: String,
    /// Its name.
    pub name: Option<String>,
    /// `ACTIVE`, `SUSPENDED`, …
    pub status: Option<String>,
}

/// What stands above an account or organizational unit: `list-parents`. It is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parents {
    /// The account or organizational unit that was asked for.
    pub child_id: String,
    /// Its parent.
    #[serde(default)]
    pub parents: Vec<Parent>,
}

/// A root or organizational unit above something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Parent {
    /// `r-…` or `ou-…`.
    pub id: String,
    /// `ROOT` or `ORGANIZATIONAL_UNIT`.
    #[serde(default)]
    pub r#type: String,
}

impl Parent {
    /// Whether nothing stands above it.
    pub fn is_root(&self) -> bool {
        self.r#type == "ROOT" || self.id.starts_with("r-")
    }
}

/// What of one type is attached to a root, an organizational unit or an account itself:
/// `list-policies-for-target`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attached {
    /// The root, unit or account.
    pub target_id: String,
    /// The type that was asked for.
    pub filter: String,
    /// The policies.
    #[serde(default)]
    pub policies: Vec<PolicySummary>,
}

/// A policy without its content.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicySummary {
    /// `p-…`.
    pub id: String,
    /// Its ARN: `arn:aws:organizations::MANAGEMENT:policy/ORGANIZATION/service_control_policy/ID`.
    #[serde(default)]
    pub arn: String,
    /// Its name.
    pub name: Option<String>,
    /// [`SCP`], [`RCP`] or another.
    #[serde(default)]
    pub r#type: String,
    /// Whether AWS wrote it.
    #[serde(default)]
    pub aws_managed: bool,
}

impl PolicySummary {
    /// What tells it from all others: ids are unique within an organisation alone.
    pub fn key(&self) -> &str {
        match self.arn.as_str() {
            "" => &self.id,
            arn => arn,
        }
    }
}

/// A policy with its content: `describe-policy`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// What it is.
    pub policy_summary: PolicySummary,
    /// What it says.
    pub content: PolicyText,
}

/// Organisations, as far as they were seen. Lists are sorted by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "snake_case")]
pub struct Organizations {
    /// The organisations themselves.
    pub organizations: Vec<Organization>,
    /// Their accounts.
    pub accounts: Vec<OrganizationAccount>,
    /// What stands above accounts and organizational units.
    pub parents: Vec<Parents>,
    /// What is attached where.
    pub attached: Vec<Attached>,
    /// What the policies say.
    pub policies: Vec<Policy>,
}

impl Organizations {
    /// Whether nothing of any organisation was seen.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The way from an account up, as far as it was seen: the account, its organizational units,
    /// the root. Whether the root was reached comes with it.
    pub fn way_up<'a>(&'a self, account: &'a str) -> (Vec<&'a str>, bool) {
        let mut way = vec![account];
        loop {
            let child = way.last().copied().unwrap_or(account);
            let above = self.parents.iter().find(|one| one.child_id == child);
            let Some(parent) = above.and_then(|one| one.parents.first()) else {
                return (way, false);
            };
            // Files may say anything: a unit that is above itself ends the way.
            if way.contains(&parent.id.as_str()) {
                return (way, false);
            }
            way.push(&parent.id);
            if parent.is_root() {
                return (way, true);
            }
        }
    }

    /// What of a type is attached to a target, if that was seen.
    pub fn attached_to(&self, target: &str, filter: &str) -> Option<&[PolicySummary]> {
        let mut all = self.attached.iter();
        all.find(|one| one.target_id == target && one.filter == filter)
            .map(|one| one.policies.as_slice())
    }

    pub(super) fn sort(&mut self) {
        self.organizations.sort_by(|a, b| a.id.cmp(&b.id));
        self.accounts.sort_by(|a, b| a.id.cmp(&b.id));
        self.parents.sort_by(|a, b| a.child_id.cmp(&b.child_id));
        self.attached
            .sort_by(|a, b| (&a.target_id, &a.filter).cmp(&(&b.target_id, &b.filter)));
        for attached in &mut self.attached {
            attached.policies.sort_by(|a, b| a.key().cmp(b.key()));
        }
        self.policies
            .sort_by(|a, b| a.policy_summary.key().cmp(b.policy_summary.key()));
    }
}

/// Management account and organisation in the ARN of anything that Organizations keeps; none in
/// that of an AWS managed policy (`arn:aws:organizations::aws:policy/…`).
pub fn owner(arn: &str) -> Option<(&str, &str)> {
    let arn = Arn::parse(arn)?;
    let organization = arn
        .resource
        .split('/')
        .find(|part| part.starts_with("o-"))?;
    (arn.service == "organizations" && arn.account != "aws").then_some((arn.account, organization))
}

/// What the policies say that AWS attaches by itself, by id: everybody's read the same
/// (Organizations User Guide, "SCP evaluation" and "RCP evaluation").
pub fn aws_managed(id: &str) -> Option<PolicyText> {
    let text = match id {
        "p-FullAWSAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
        }
        "p-RCPFullAWSAccess" => {
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#
        }
        _ => return None,
    };
    Some(PolicyText::from_text(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_way_up_ends_at_the_root_or_where_nothing_more_was_seen() {
        let parents = |text: &str| -> Organizations {
            let parents = text
                .split(' ')
                .filter_map(|pair| pair.split_once('<'))
                .map(|(child, parent)| {
                    serde_json::json!({"ChildId": child, "Parents": [{"Id": parent,
                        "Type": if parent.starts_with("r-") { "ROOT" } else { "ORGANIZATIONAL_UNIT" }}]})
                })
                .collect::<Vec<_>>();
            serde_json::from_value(serde_json::json!({"parents": parents})).unwrap()
        };
        for (seen, way, whole) in [
            ("1<ou-a ou-a<ou-b ou-b<r-x", "1 ou-a ou-b r-x", true),
            ("1<r-x", "1 r-x", true),
            ("1<ou-a ou-b<r-x", "1 ou-a", false),
            ("ou-a<r-x", "1", false),
            ("1<ou-a ou-a<ou-b ou-b<ou-a", "1 ou-a ou-b", false),
        ] {
            let seen = parents(seen);
            let (got, reached) = seen.way_up("1");
            assert_eq!((got.join(" "), reached), (way.to_owned(), whole));
        }
    }

    #[test]
    fn an_arn_tells_the_management_account_and_the_organisation() {
        for (arn, told) in [
            (
                "arn:aws:organizations::999988887777:policy/o-a1/service_control_policy/p-1",
                Some(("999988887777", "o-a1")),
            ),
            (
                "arn:aws:organizations::999988887777:account/o-a1/111122223333",
                Some(("999988887777", "o-a1")),
            ),
            (
                "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
                None,
            ),
            ("arn:aws:iam::1:role/o-a1", None),
        ] {
            assert_eq!(owner(arn), told, "{arn}");
        }
    }
}
