//! A thing in an answer: which of its members are ARN, name and role, and nothing else of it.

use serde_json::{Map, Value};

use crate::snapshot::services::Running;

/// Which members of an item are what.
#[derive(Debug)]
pub struct Item {
    /// Its identity.
    pub id: Id,
    /// The member with its name; empty: none.
    pub name: &'static str,
    /// Where its role is, as a JSON pointer; empty: it has none, or that is told elsewhere.
    pub role: &'static str,
}

/// What an item is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// A member with its ARN.
    Arn(&'static str),
    /// A member with a name, of which the ARN is made: the service and what stands before the name.
    Named(&'static str, &'static str, &'static str),
    /// It is its ARN.
    ItIsArn,
    /// It is a name, of which the ARN is made.
    ItIsName(&'static str, &'static str),
}

/// Where an item is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The account's id.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
}

impl Place<'_> {
    /// The partition of the region.
    fn partition(&self) -> &'static str {
        const BY_REGION: [(&str, &str); 7] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"),
            ("eusc-", "aws-eusc"),
        ];
        let mut known = BY_REGION.iter();
        let known = known.find(|(start, _)| self.region.starts_with(start));
        known.map_or("aws", |(_, partition)| partition)
    }

    /// The ARN of a parameter, by its name: of one that another account shares it is the name.
    pub fn parameter(&self, name: &str) -> String {
        match name.starts_with("arn:") {
            true => name.to_owned(),
            false => self.arn("ssm", "parameter/", name.trim_start_matches('/')),
        }
    }

    /// The ARN of something there.
    pub fn arn(&self, service: &str, rest: &str, name: &str) -> String {
        let (partition, Self { account, region }) = (self.partition(), self);
        format!("arn:{partition}:{service}:{region}:{account}:{rest}{name}")
    }

    /// The ARN of a role that is named by its ARN or by its name alone.
    fn role(&self, named: &str) -> String {
        match named.starts_with("arn:") {
            true => named.to_owned(),
            false => format!(
                "arn:{}:iam::{}:role/{named}",
                self.partition(),
                self.account
            ),
        }
    }
}

impl Item {
    /// The thing that an item tells of; nothing where it lacks its identity, or is nothing of the kind.
    pub fn read(&self, value: &Value, place: Place<'_>) -> Option<Running> {
        let text = |member: &str| {
            let text = value.get(member)?.as_str()?;
            (!text.is_empty()).then_some(text)
        };
        let arn = match self.id {
            Id::Arn(member) => text(member)?.to_owned(),
            Id::ItIsArn => value.as_str()?.to_owned(),
            Id::ItIsName(service, rest) => place.arn(service, rest, value.as_str()?),
            Id::Named(member, service, rest) => {
                let name = text(member)?;
                // Systems Manager has machines that are no instances: `mi-…`.
                if rest == "instance/" && !name.starts_with("i-") {
                    return None;
                }
                place.arn(service, rest, name)
            }
        };
        let name = match self.id {
            Id::ItIsName(..) => value.as_str(),
            _ => text(self.name),
        };
        let role = Some(self.role).filter(|role| !role.is_empty());
        let role = role.and_then(|role| value.pointer(role)?.as_str());
        Some(Running {
            arn,
            name: name.map(str::to_owned),
            role: role
                .filter(|role| !role.is_empty())
                .map(|role| place.role(role)),
        })
    }

    /// The ARN in an item, where it has one: it tells where it is.
    pub fn arn<'v>(&self, value: &'v Value) -> Option<&'v str> {
        match self.id {
            Id::Arn(member) => value.get(member)?.as_str(),
            Id::ItIsArn => value.as_str(),
            Id::Named(..) | Id::ItIsName(..) => None,
        }
    }

    /// The item of a thing, as it is printed.
    pub fn print(&self, thing: &Running) -> Value {
        let name = thing.name.as_deref().unwrap_or_default();
        let mut members = Map::new();
        match self.id {
            Id::ItIsArn => return thing.arn.as_str().into(),
            Id::ItIsName(..) => return name.into(),
            Id::Arn(member) => members.insert(member.to_owned(), thing.arn.as_str().into()),
            Id::Named(member, ..) => members.insert(member.to_owned(), name.into()),
        };
        if !self.name.is_empty() && !name.is_empty() {
            members.insert(self.name.to_owned(), name.into());
        }
        if let Some(role) = thing.role.as_deref().filter(|_| !self.role.is_empty()) {
            let path = self.role.split('/').skip(1).collect::<Vec<_>>();
            let value = path.iter().rev().fold(Value::from(role), |inner, member| {
                Value::Object(Map::from_iter([((*member).to_owned(), inner)]))
            });
            members.extend(value.as_object().cloned().unwrap_or_default());
        }
        Value::Object(members)
    }

    /// Whether the text of a list may be one of such items; `told` where its name alone does not tell it.
    pub fn fits(&self, list: &str) -> bool {
        match self.id {
            Id::ItIsArn | Id::ItIsName(..) => !list.contains('{'),
            Id::Arn(member) | Id::Named(member, ..) => {
                list.contains(&format!("\"{member}\"")) || !list.contains('{')
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_item_is_read_and_printed_alike() {
        let place = Place {
            account: "111122223333",
            region: "cn-north-1",
        };
        let arn = "arn:aws-cn:x:cn-north-1:111122223333:y/one";
        let role = "arn:aws-cn:iam::111122223333:role/one";
        let item = |id, name, role| Item { id, name, role };
        for (item, value, expected) in [
            (
                item(Id::Arn("A"), "N", "/R"),
                json!({"A": arn, "N": "one", "R": role}),
                Some((arn, Some("one"), Some(role))),
            ),
            (item(Id::Arn("A"), "N", "/R"), json!({"N": "one"}), None),
            (
                item(Id::Named("N", "x", "y/"), "N", "/C/R"),
                json!({"N": "one", "C": {"R": role}}),
                Some((arn, Some("one"), Some(role))),
            ),
            (
                item(Id::ItIsArn, "", ""),
                json!(arn),
                Some((arn, None, None)),
            ),
            (
                item(Id::ItIsName("x", "y/"), "", ""),
                json!("one"),
                Some((arn, Some("one"), None)),
            ),
            (
                item(Id::Named("N", "ec2", "instance/"), "N", ""),
                json!({"N": "mi-1"}),
                None,
            ),
        ] {
            let read = item.read(&value, place);
            let short = |one: &Running| (one.arn.clone(), one.name.clone(), one.role.clone());
            let expected = expected.map(|(arn, name, role): (&str, Option<&str>, Option<&str>)| {
                (
                    arn.to_owned(),
                    name.map(str::to_owned),
                    role.map(str::to_owned),
                )
            });
            assert_eq!(read.as_ref().map(short), expected, "{value}");
            if let Some(read) = read {
                assert_eq!(item.print(&read), value, "{read:?}");
            }
        }
        // A role by its name alone.
        let item = item(Id::Arn("A"), "", "/R");
        let read = item.read(&json!({"A": arn, "R": "one"}), place);
        assert_eq!(read.and_then(|one| one.role).as_deref(), Some(role));
    }
}
