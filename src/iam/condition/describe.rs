//! A condition as a person would say it.

use super::{Condition, Order, SetOperator, Test, value};

impl Condition {
    /// A clause that completes "only …": "from vpc-0abc", "with MFA", "if aws:PrincipalTag/team is red".
    pub fn describe(&self) -> String {
        self.familiar().unwrap_or_else(|| self.general())
    }

    /// The clause for when it certainly does not hold, be it for want of the key: that of "not from vpc-0abc"
    /// is "from vpc-0abc". `None` where there is no plain one.
    pub fn opposite(&self) -> Option<String> {
        let operator = &self.operator;
        if operator.set.is_some() {
            return None;
        }
        if operator.negated {
            let mut other = self.clone();
            other.operator.negated = false;
            other.operator.if_exists = false;
            return Some(other.describe());
        }
        let always = matches!(
            &*self.key,
            "aws:securetransport" | "aws:viaawsservice" | "aws:principalisawsservice"
        );
        let flips = match operator.test {
            Test::Null => true,
            Test::Bool => operator.if_exists || always,
            _ => false,
        };
        let [value] = self.values.as_ref() else {
            return None;
        };
        let flipped = match value::boolean(value) {
            Some(value) if flips => (!value).to_string(),
            _ => return None,
        };
        let mut other = self.clone();
        other.operator.if_exists = false;
        other.values = [flipped.into()].into();
        Some(other.describe())
    }

    /// The conditions that have a name of their own.
    fn familiar(&self) -> Option<String> {
        let operator = &self.operator;
        if operator.set.is_some() || operator.if_exists || self.values.is_empty() {
            return None;
        }
        let values = self.listed("or");
        let not = if operator.negated { "not " } else { "" };
        match (&*self.key, &operator.test) {
            (key, Test::Bool) => self.by_flag(key),
            ("aws:sourcevpc" | "aws:sourcevpce", Test::Text { .. }) => {
                Some(format!("{not}from {values}"))
            }
            ("aws:sourceip" | "aws:vpcsourceip", Test::Ip) => Some(format!("{not}from {values}")),
            ("aws:requestedregion", Test::Text { .. }) => Some(format!("{not}in {values}")),
            ("aws:principalorgid", Test::Text { .. }) => {
                Some(format!("{not}for principals of organisation {values}"))
            }
            ("aws:principalaccount", Test::Text { .. }) => {
                Some(format!("{not}for principals of account {values}"))
            }
            ("aws:principalarn", Test::Arn | Test::Text { .. }) => {
                Some(format!("{not}for {values}"))
            }
            ("aws:resourceaccount", Test::Text { .. }) => {
                Some(format!("{not}on resources of account {values}"))
            }
            ("aws:resourceorgid", Test::Text { .. }) => {
                Some(format!("{not}on resources of organisation {values}"))
            }
            ("sts:externalid", Test::Text { .. }) => {
                Some(format!("{not}with external id {values}"))
            }
            ("kms:viaservice", Test::Text { .. }) => Some(format!("{not}through {values}")),
            ("iam:passedtoservice", Test::Text { .. }) => {
                Some(format!("{not}when passed to {values}"))
            }
            ("aws:multifactorauthage", Test::Number(Order::Less | Order::LessOrEqual)) => {
                Some(format!("within {values} seconds of MFA"))
            }
            ("aws:currenttime", Test::Time(Order::Less | Order::LessOrEqual)) => {
                Some(format!("until {values}"))
            }
            ("aws:currenttime", Test::Time(Order::Greater | Order::GreaterOrEqual)) => {
                Some(format!("from {values} on"))
            }
            _ => None,
        }
    }

    /// A key that is true or false.
    fn by_flag(&self, key: &str) -> Option<String> {
        let [value] = self.values.as_ref() else {
            return None;
        };
        let (yes, no) = match key {
            "aws:multifactorauthpresent" => ("with MFA", "without MFA"),
            "aws:securetransport" => ("over TLS", "without TLS"),
            "aws:viaawsservice" => ("through an AWS service", "in direct calls"),
            "aws:principalisawsservice" => ("for AWS services", "for others than AWS services"),
            _ => return None,
        };
        Some(if value::boolean(value)? { yes } else { no }.to_owned())
    }

    fn general(&self) -> String {
        let key = &self.key_shown;
        let operator = &self.operator;
        if operator.test == Test::Null {
            return match self
                .values
                .first()
                .map(|v| v.to_ascii_lowercase())
                .as_deref()
            {
                Some("true") => format!("if {key} is not set"),
                Some("false") => format!("if {key} is set"),
                _ => format!("if Null of {key} holds for {}", self.listed("or")),
            };
        }
        let values = self.listed(if operator.negated { "nor" } else { "or" });
        let is = self.verb();
        let subject = match operator.set {
            Some(SetOperator::ForAllValues) => format!("every value of {key}, if there is any,"),
            Some(SetOperator::ForAnyValue) => format!("some value of {key}"),
            None => key.to_string(),
        };
        let unless_absent = if operator.if_exists {
            ", where it is set"
        } else {
            ""
        };
        format!("if {subject} {is} {values}{unless_absent}")
    }

    fn verb(&self) -> String {
        let not = self.operator.negated;
        let order = |order| match order {
            Order::Equal => "",
            Order::Less => " less than",
            Order::LessOrEqual => " at most",
            Order::Greater => " more than",
            Order::GreaterOrEqual => " at least",
        };
        let time = |order| match order {
            Order::Equal => "",
            Order::Less => " before",
            Order::LessOrEqual => " not after",
            Order::Greater => " after",
            Order::GreaterOrEqual => " not before",
        };
        let is = if not { "is not" } else { "is" };
        match self.operator.test {
            Test::Text {
                wildcards: true, ..
            }
            | Test::Arn => {
                if not {
                    "is not like".into()
                } else {
                    "is like".into()
                }
            }
            Test::Number(o) => format!("{is}{}", order(o)),
            Test::Time(o) => format!("{is}{}", time(o)),
            Test::Ip => format!("{is} in"),
            Test::Unknown => format!("meets {}", self.operator.shown),
            Test::Text { .. } | Test::Bool | Test::Binary | Test::Null => is.into(),
        }
    }

    /// `a`, `a or b`, `a, b or c`.
    fn listed(&self, word: &str) -> String {
        match self.values.as_ref() {
            [] => "nothing".into(),
            [one] => one.to_string(),
            [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
        }
    }
}
