//! The names of the condition operators and what they mean.

use std::cmp::Ordering;

use crate::iam::truth::Truth;

/// A condition operator: `ForAllValues:StringNotLikeIfExists` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// `ForAllValues:` or `ForAnyValue:`.
    pub set: Option<SetOperator>,
    /// What is compared, and how.
    pub test: Test,
    /// `…Not…`.
    pub negated: bool,
    /// `…IfExists`.
    pub if_exists: bool,
    /// As it is written.
    pub shown: Box<str>,
}

/// How the values of a multivalued key are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    /// Each value of the request has to match; true where there is none.
    ForAllValues,
    /// One value of the request has to match; false where there is none.
    ForAnyValue,
}

/// What an operator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// Text, exactly or with wildcards.
    Text {
        /// `*` and `?` are wildcards.
        wildcards: bool,
        /// Without regard to case.
        fold_case: bool,
    },
    /// Numbers.
    Number(Order),
    /// Dates: ISO 8601 or epoch seconds.
    Time(Order),
    /// `true` or `false`.
    Bool,
    /// Base-64 text.
    Binary,
    /// Addresses and CIDR ranges.
    Ip,
    /// ARNs, field by field, with wildcards.
    Arn,
    /// Whether the key is there.
    Null,
    /// An operator that the documentation does not have.
    Unknown,
}

/// An order of numbers and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The same.
    Equal,
    /// Smaller, earlier.
    Less,
    /// Not greater, not later.
    LessOrEqual,
    /// Greater, later.
    Greater,
    /// Not smaller, not earlier.
    GreaterOrEqual,
}

impl Order {
    /// Whether a value so ordered against the policy's meets it.
    pub fn holds(self, ordering: Option<Ordering>) -> bool {
        match self {
            Self::Equal => ordering == Some(Ordering::Equal),
            Self::Less => ordering == Some(Ordering::Less),
            Self::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => ordering == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        }
    }

    /// The same for all values from a bound on, whose order against the policy's value is given.
    pub fn from_bound(self, bound: Ordering) -> Truth {
        match self {
            Self::Greater if bound == Ordering::Greater => Truth::Yes,
            Self::GreaterOrEqual if bound != Ordering::Less => Truth::Yes,
            Self::Greater | Self::GreaterOrEqual => Truth::Unknown,
            Self::Less if bound == Ordering::Less => Truth::Unknown,
            Self::LessOrEqual | Self::Equal if bound != Ordering::Greater => Truth::Unknown,
            Self::Less | Self::LessOrEqual | Self::Equal => Truth::No,
        }
    }
}

impl Operator {
    /// Reads an operator's name; names are without regard to case.
    pub fn parse(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let (set, rest) = match lower.split_once(':') {
            Some(("forallvalues", rest)) => (Some(SetOperator::ForAllValues), rest),
            Some(("foranyvalue", rest)) => (Some(SetOperator::ForAnyValue), rest),
            Some(_) => (None, ""),
            None => (None, lower.as_str()),
        };
        let (base, if_exists) = match rest.strip_suffix("ifexists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        let (test, negated) = test(base);
        // There is no NullIfExists.
        let test = if test == Test::Null && if_exists {
            Test::Unknown
        } else {
            test
        };
        Self {
            set,
            test,
            negated,
            if_exists,
            shown: name.into(),
        }
    }

    /// Whether `*` and `?` are wildcards in its values.
    pub fn wildcards(&self) -> bool {
        matches!(
            self.test,
            Test::Text {
                wildcards: true,
                ..
            } | Test::Arn
        )
    }

    /// Whether it compares without regard to case.
    pub fn folds_case(&self) -> bool {
        matches!(
            self.test,
            Test::Text {
                fold_case: true,
                ..
            } | Test::Bool
        )
    }
}

/// The test of an operator's bare name, and whether it is negated.
fn test(base: &str) -> (Test, bool) {
    use Order::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let text = |wildcards, fold_case| Test::Text {
        wildcards,
        fold_case,
    };
    match base {
        "stringequals" => (text(false, false), false),
        "stringnotequals" => (text(false, false), true),
        "stringequalsignorecase" => (text(false, true), false),
        "stringnotequalsignorecase" => (text(false, true), true),
        "stringlike" => (text(true, false), false),
        "stringnotlike" => (text(true, false), true),
        "numericequals" => (Test::Number(Equal), false),
        "numericnotequals" => (Test::Number(Equal), true),
        "numericlessthan" => (Test::Number(Less), false),
        "numericlessthanequals" => (Test::Number(LessOrEqual), false),
        "numericgreaterthan" => (Test::Number(Greater), false),
        "numericgreaterthanequals" => (Test::Number(GreaterOrEqual), false),
        "dateequals" => (Test::Time(Equal), false),
        "datenotequals" => (Test::Time(Equal), true),
        "datelessthan" => (Test::Time(Less), false),
        "datelessthanequals" => (Test::Time(LessOrEqual), false),
        "dategreaterthan" => (Test::Time(Greater), false),
        "dategreaterthanequals" => (Test::Time(GreaterOrEqual), false),
        "bool" => (Test::Bool, false),
        "binaryequals" => (Test::Binary, false),
        "ipaddress" => (Test::Ip, false),
        "notipaddress" => (Test::Ip, true),
        "arnequals" | "arnlike" => (Test::Arn, false),
        "arnnotequals" | "arnnotlike" => (Test::Arn, true),
        "null" => (Test::Null, false),
        _ => (Test::Unknown, false),
    }
}
