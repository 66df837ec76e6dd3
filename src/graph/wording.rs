//! What the graph knows, in words for a finding.

use crate::iam::admin::Home;
use crate::iam::evaluate::{MatchedStatement, Policies};
use crate::snapshot::id::{Arn, ObjectId};

use super::Graph;
use super::hold::Hold;
use super::principal::Principal;

/// How many names a sentence bears.
const NAMED: usize = 3;

impl<'s> Graph<'s> {
    /// The policies that bear on a role where it is got in this way.
    pub fn policies<'a>(&self, role: &'a Principal<'s>, hold: &'a Hold) -> Policies<'a> {
        Policies {
            session: &hold.session,
            ..role.policies()
        }
    }

    /// The service accounts of some holds: `payments/api in prod`, at most three by name.
    pub fn holders_text(&self, holds: &[&Hold]) -> String {
        let mut names: Vec<String> = holds
            .iter()
            .filter_map(|hold| self.holder(hold))
            .map(|account| format!("{} in {}", account.label(), account.cluster))
            .collect();
        names.sort();
        names.dedup();
        some_of(&names)
    }

    /// The same for a title, which bears one name: `payments/api in prod`, `3 service accounts`.
    pub fn holders_title(&self, holds: &[&Hold]) -> String {
        let mut holders: Vec<&str> = holds
            .iter()
            .filter_map(|hold| self.holder(hold))
            .map(|account| account.id.as_str())
            .collect();
        holders.sort_unstable();
        holders.dedup();
        match holders.as_slice() {
            [_] => self.holders_text(holds),
            several => format!("{} service accounts", several.len()),
        }
    }

    /// Who gets a role by these holds at the time of the audit, as a sentence; empty where nobody
    /// does.
    pub fn today(&self, holds: &[&Hold]) -> String {
        match holds.is_empty() {
            true => String::new(),
            false => format!(" Today: {}.", self.holders_text(holds)),
        }
    }

    /// What a finding on a role depends on: `, only with MFA`; empty where nothing is open.
    pub fn open_conditions(&self, role: &Principal<'s>, hold: &Hold, more: &[String]) -> String {
        let mut open: Vec<&str> = hold
            .conditions()
            .chain(more.iter().map(String::as_str))
            .chain(role.unseen.iter().map(String::as_str))
            .collect();
        open.dedup();
        match open.is_empty() {
            true => String::new(),
            false => format!(", {}", open.join(", ")),
        }
    }

    /// The statements of a decision: `AdministratorAccess, statement 1`.
    pub fn because(&self, statements: &[MatchedStatement]) -> String {
        let mut shown: Vec<String> = Vec::new();
        for matched in statements {
            let name = matched.name.rsplit('/').next().unwrap_or(&matched.name);
            let text = match &matched.sid {
                Some(sid) => format!("{name}, statement {sid}"),
                None => format!("{name}, statement {}", matched.statement + 1),
            };
            if !shown.contains(&text) {
                shown.push(text);
            }
        }
        some_of(&shown)
    }
}

impl Principal<'_> {
    /// Where it lives.
    pub fn home(&self) -> Home<'_> {
        Home {
            partition: Arn::parse(self.arn).map_or("aws", |arn| arn.partition),
            account: self.account,
        }
    }
}

/// What something depends on, to be put behind it: `, only with MFA`; empty where nothing is open.
pub fn clauses(conditions: &[String]) -> String {
    conditions
        .iter()
        .map(|clause| format!(", {clause}"))
        .collect()
}

/// The sentence with its first letter as a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// `a, b and c`.
pub fn all_of(names: &[String]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.join(""),
    }
}

/// `a, b, c and 4 more`.
pub fn some_of(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `Deployment payments/api`, `role app`, `secret db`; the id itself where there is no shorter way.
pub fn short(id: &str) -> String {
    if let Some(object) = ObjectId::parse(id) {
        return match object.namespace {
            "" => format!("{} {}", object.kind, object.name),
            namespace => format!("{} {namespace}/{}", object.kind, object.name),
        };
    }
    match Arn::parse(id) {
        Some(arn) => match arn.resource.split_once(['/', ':']) {
            Some((kind, _)) if kind == "role" || kind == "user" => format!("{kind} {}", arn.name()),
            Some((kind, rest)) => format!("{kind} {rest}"),
            None => id.to_owned(),
        },
        None => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_with_and() {
        for (names, said) in [
            (&[][..], ""),
            (&["a"], "a"),
            (&["a", "b"], "a and b"),
            (&["a", "b", "c"], "a, b and c"),
        ] {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(all_of(&names), said);
        }
    }

    #[test]
    fn ids_are_said_as_people_say_them() {
        for (id, said) in [
            ("k8s://prod/payments/Pod/a", "Pod payments/a"),
            ("k8s://prod//ClusterRole/x", "ClusterRole x"),
            ("arn:aws:iam::1:role/team/app", "role app"),
            ("arn:aws:secretsmanager:r:1:secret:db-Ab", "secret db-Ab"),
        ] {
            assert_eq!(short(id), said, "{id}");
        }
    }
}
