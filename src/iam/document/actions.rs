//! The actions of a statement.

use serde_json::{Map, Value};

use crate::iam::glob::Pattern;
use crate::iam::principal::strings;

/// The actions of a statement. Patterns are in lower case.
#[derive(Debug, Clone, PartialEq)]
pub enum Actions {
    /// `Action`.
    Only(Vec<Pattern>),
    /// `NotAction`.
    AllBut(Vec<Pattern>),
}

impl Actions {
    pub(super) fn parse(object: &Map<String, Value>, problems: &mut Vec<String>) -> Self {
        let value = object.get("Action").or_else(|| object.get("NotAction"));
        let texts = value.map(strings).unwrap_or_default();
        if texts.is_empty() {
            problems.push("no Action".into());
        }
        if object.contains_key("Action") && object.contains_key("NotAction") {
            problems.push("both Action and NotAction".into());
        }
        for text in texts.iter().filter(|t| !is_action(t)) {
            problems.push(format!("{text:?} is no action"));
        }
        // Kept as they are: `a,b`, ` a` and `*:GetObject` match no action, and as NotAction exclude none.
        let patterns = texts
            .iter()
            .filter(|t| is_action(t))
            .map(|t| Pattern::lowercase(t))
            .collect();
        match (object.get("Action"), object.get("NotAction")) {
            (None, Some(_)) => Self::AllBut(patterns),
            _ => Self::Only(patterns),
        }
    }

    /// The patterns as they are written.
    pub fn patterns(&self) -> &[Pattern] {
        match self {
            Self::Only(patterns) | Self::AllBut(patterns) => patterns,
        }
    }
}

/// `*`, or a service, a colon, and a name that may have wildcards. (`*:*` is accepted for `*`, but no other
/// wildcard in the service.)
fn is_action(text: &str) -> bool {
    let name = |t: &str, also: &str| {
        !t.is_empty()
            && t.chars()
                .all(|c| c.is_ascii_alphanumeric() || also.contains(c))
    };
    matches!(text, "*" | "*:*")
        || text
            .split_once(':')
            .is_some_and(|(service, action)| name(service, "-_") && name(action, "-_*?"))
}

/// How the actions' patterns begin, so that most statements are passed over without a look at them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ActionIndex {
    /// One bit for each way in which the patterns begin; all where one can begin in any way.
    beginnings: u64,
    /// Where there are many: the patterns sorted by their heads, each with the one before it whose head its own
    /// begins with.
    sorted: Box<[(u32, Option<u32>)]>,
}

/// Up to so many patterns are tried one after the other.
const FEW: usize = 8;

/// The bit for the first three characters, which tell most services apart.
fn beginning(text: &str) -> u64 {
    match text.as_bytes() {
        [a, b, c, ..] => {
            let first = u32::from_le_bytes([*a, *b, *c, 0]);
            1 << (first.wrapping_mul(0x9E37_79B1) >> 26)
        }
        _ => u64::MAX,
    }
}

impl ActionIndex {
    pub(super) fn new(actions: &Actions) -> Self {
        let patterns = actions.patterns();
        let beginnings = patterns.iter().fold(0, |all, p| all | beginning(p.head()));
        let mut sorted = Vec::new();
        if patterns.len() > FEW {
            let mut order: Vec<usize> = (0..patterns.len()).collect();
            let head = |at: &usize| patterns.get(*at).map_or("", Pattern::head);
            order.sort_by_key(|at| head(at));
            let mut above: Vec<u32> = Vec::new();
            for (place, at) in order.iter().enumerate() {
                let begins = |above: &u32| {
                    order
                        .get(*above as usize)
                        .is_some_and(|other| head(at).starts_with(head(other)))
                };
                while above.last().is_some_and(|last| !begins(last)) {
                    above.pop();
                }
                sorted.push((*at as u32, above.last().copied()));
                above.push(place as u32);
            }
        }
        Self {
            beginnings,
            sorted: sorted.into(),
        }
    }

    /// Whether one of the patterns matches the action.
    pub(super) fn matches(&self, patterns: &[Pattern], action: &str) -> bool {
        if self.beginnings & beginning(action) == 0 {
            return false;
        }
        if self.sorted.is_empty() {
            return patterns.iter().any(|p| p.matches(action));
        }
        let pattern = |at: u32| patterns.get(at as usize);
        // A head that the action begins with is not behind it, and what lies between begins with it too.
        let behind = self
            .sorted
            .partition_point(|(at, _)| pattern(*at).is_some_and(|p| p.head() <= action));
        let mut next = behind.checked_sub(1).map(|at| at as u32);
        while let Some((at, above)) = next.and_then(|at| self.sorted.get(at as usize)) {
            if pattern(*at).is_some_and(|p| p.matches(action)) {
                return true;
            }
            next = *above;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same as trying each.
    #[test]
    fn it_finds_what_trying_each_finds() {
        let texts = [
            "s3:get*",
            "s3:getobject",
            "s3:getobject?",
            "s3:*tag*",
            "s3:g*t",
            "ec2:*",
            "ec2:describe*",
            "iam:passrole",
            "s*",
            "s3:",
            "e",
            "sqs:send?essage",
            "kms:decrypt",
            "s3:get*",
        ];
        let actions = [
            "s3:getobject",
            "s3:getobjects",
            "s3:gettags",
            "s3:puttags",
            "s3:get",
            "ec2:x",
            "ec2:describethis",
            "iam:passrole",
            "iam:passroles",
            "sqs:sendmessage",
            "kms:decrypt",
            "kms:encrypt",
            "a",
            "",
            "s3",
            "zzz:a",
        ];
        for from in 0..texts.len() {
            for to in from..=texts.len() {
                let patterns: Vec<Pattern> = texts
                    .iter()
                    .take(to)
                    .skip(from)
                    .map(|t| Pattern::new(t))
                    .collect();
                let index = ActionIndex::new(&Actions::Only(patterns.clone()));
                for action in actions {
                    let want = patterns.iter().any(|p| p.matches(action));
                    assert_eq!(
                        index.matches(&patterns, action),
                        want,
                        "{action} in {patterns:?}"
                    );
                }
            }
        }
    }
}
