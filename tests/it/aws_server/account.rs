//! The fixture account: what the server answers from, in the field names of the APIs.
//!
//! Times are RFC 3339 text and documents are objects; the wire puts them as each service does.

use serde_json::{Value, json};

/// An account. Everything regional is in one region; others are empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Account(Value);

impl From<Value> for Account {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl Account {
    /// The one in `tests/fixtures/aws_server/`.
    pub fn fixture() -> Self {
        let read =
            |text: &str| -> Value { serde_json::from_str(text).expect("the fixture is JSON") };
        let mut account = read(include_str!("../../fixtures/aws_server/account.json"));
        account["iam"] = read(include_str!("../../fixtures/aws_server/iam.json"));
        account["ec2"] = read(include_str!("../../fixtures/aws_server/ec2.json"));
        account["elbv2"] = read(include_str!("../../fixtures/aws_server/elbv2.json"));
        account["eks"] = read(include_str!("../../fixtures/aws_server/eks.json"));
        account["ecr"] = read(include_str!("../../fixtures/aws_server/ecr.json"));
        account["organizations"] =
            read(include_str!("../../fixtures/aws_server/organizations.json"));
        account["secretsmanager"] = read(include_str!(
            "../../fixtures/aws_server/secretsmanager.json"
        ));
        account["services"] = read(include_str!("../../fixtures/aws_server/services.json"));
        Self(account)
    }

    /// All of it.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// What stands at a JSON pointer, `null` where nothing does.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The list at a JSON pointer.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).as_array().map_or(&[], Vec::as_slice)
    }

    /// The list at a JSON pointer, to be changed.
    ///
    /// # Panics
    /// No list is there: the test names it wrongly.
    pub fn list_mut(&mut self, pointer: &str) -> &mut Vec<Value> {
        let list = self.0.pointer_mut(pointer).and_then(Value::as_array_mut);
        list.unwrap_or_else(|| panic!("the account has no list at {pointer}"))
    }

    /// The item of a list whose member has a value, to be changed.
    ///
    /// # Panics
    /// There is none: the test names it wrongly.
    pub fn item_mut(&mut self, pointer: &str, member: &str, value: &str) -> &mut Value {
        let mut items = self.list_mut(pointer).iter_mut();
        let item = items.find(|item| item[member] == json!(value));
        item.unwrap_or_else(|| panic!("{pointer} has nothing with {member} {value}"))
    }
}
