//! A condition key and the type of its values.

use super::table;

/// A condition key. Cheap to copy: it points into the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionKey {
    name: &'static str,
    code: u8,
}

/// What the values of a condition key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Text.
    String,
    /// ARNs.
    Arn,
    /// `true` or `false`.
    Bool,
    /// Numbers.
    Numeric,
    /// Times.
    Date,
    /// Addresses.
    IpAddress,
    /// Base-64 text.
    Binary,
}

impl ConditionKey {
    pub(super) fn read(line: &'static str) -> Self {
        Self {
            name: line.get(2..).unwrap_or_default(),
            code: line.as_bytes().get(1).copied().unwrap_or_default(),
        }
    }

    /// Its name in its own spelling: `aws:RequestTag/${TagKey}`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// What its values are.
    pub fn value_type(self) -> ValueType {
        match self.code.to_ascii_lowercase() {
            b'a' => ValueType::Arn,
            b'b' => ValueType::Bool,
            b'n' => ValueType::Numeric,
            b'd' => ValueType::Date,
            b'i' => ValueType::IpAddress,
            b'y' => ValueType::Binary,
            _ => ValueType::String,
        }
    }

    /// Whether a request can have several values of it (`ArrayOf…`), so that it needs `ForAllValues` or
    /// `ForAnyValue` (IAM User Guide, "Single-valued vs. multivalued context keys").
    pub fn is_multivalued(self) -> bool {
        self.code.is_ascii_uppercase()
    }

    /// Whether a key is this one with something for the part that is chosen elsewhere.
    pub(super) fn stands_for(self, key: &str) -> bool {
        let Some((before, rest)) = self.name.split_once("${") else {
            return self.name.eq_ignore_ascii_case(key);
        };
        let behind = rest.split_once('}').map_or("", |(_, behind)| behind);
        let Some(end) = key.len().checked_sub(behind.len()) else {
            return false;
        };
        end > before.len()
            && super::begins(key, before)
            && key
                .get(end..)
                .is_some_and(|k| k.eq_ignore_ascii_case(behind))
    }
}

/// The keys at these places of the table's list.
pub(super) fn keys(places: &'static str) -> impl Iterator<Item = ConditionKey> {
    let places = places.split('.').filter_map(|place| place.parse().ok());
    places.filter_map(|place: usize| table().key(place))
}
