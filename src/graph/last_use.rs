//! Whether a principal has been used of late.
//!
//! IAM API Reference, RoleLastUsed: a role's last use is kept for 400 days. IAM User Guide, "Getting credential reports":
//! a user's password and keys with their last use.

use crate::snapshot::iam::{CredentialReportRow, Role, User};
use crate::snapshot::time::Time;

use super::Graph;
use super::principal::{Principal, PrincipalKind};

/// After how many days without use a principal is unused.
pub const DAYS: i64 = 90;

/// The last use of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// Not longer ago than [`DAYS`], or too young to say.
    Recent,
    /// What of it is not known.
    Unknown(&'static str),
    /// In words: `was last used on 2026-08-01, 114 days before the audit`.
    Old(String),
}

/// When a principal was last used, for a person to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LastUsed {
    /// At this time, in this region where that is known.
    At(Time, Option<String>),
    /// IAM has no use of it, in words: `not in the 400 days that IAM keeps`.
    NotSeen(&'static str),
    /// It was not read, or nothing tells it.
    Unknown,
}

impl Graph<'_> {
    /// When a principal was last used, in whichever service.
    pub fn last_used(&self, principal: &Principal<'_>) -> LastUsed {
        match principal.kind {
            PrincipalKind::Role(role) => match &role.role_last_used {
                None => LastUsed::Unknown,
                Some(last) => match last.last_used_date {
                    Some(at) => LastUsed::At(at, last.region.clone()),
                    None => LastUsed::NotSeen("not in the 400 days that IAM keeps"),
                },
            },
            PrincipalKind::User(user) => {
                let Some(row) = self.report_row(principal, user) else {
                    return LastUsed::Unknown;
                };
                let keys = row.access_keys.iter().map(|key| key.last_used);
                let last = keys.chain([row.password_last_used]).flatten().max();
                match last {
                    Some(at) => LastUsed::At(at, None),
                    None => LastUsed::NotSeen("neither its password nor a key that it has now"),
                }
            }
        }
    }

    /// A user's row of the credential report.
    pub fn report_row(
        &self,
        principal: &Principal<'_>,
        user: &User,
    ) -> Option<&CredentialReportRow> {
        let account = self.snapshot.accounts.get(principal.account)?;
        let mut rows = account.iam.credential_report.iter();
        rows.find(|row| row.arn == user.arn)
    }

    /// The last use of a principal.
    pub fn last_use(&self, principal: &Principal<'_>) -> Use {
        let now = self.snapshot.taken_at;
        match principal.kind {
            PrincipalKind::Role(role) => of_role(role, now),
            PrincipalKind::User(user) => of_user(user, self.report_row(principal, user), now),
        }
    }
}

fn is_old(time: Time, now: Time) -> bool {
    time.days_until(now) > DAYS
}

/// The last use of a role.
pub fn of_role(role: &Role, now: Time) -> Use {
    let Some(last) = &role.role_last_used else {
        return Use::Unknown("the last use");
    };
    match (last.last_used_date, role.create_date) {
        (Some(used), _) if is_old(used, now) => Use::Old(format!(
            "was last used on {}{}, {} days before the audit",
            used.date(),
            last.region
                .as_ref()
                .map(|region| format!(" in {region}"))
                .unwrap_or_default(),
            used.days_until(now)
        )),
        (Some(_), _) => Use::Recent,
        (None, None) => Use::Unknown("the creation date"),
        (None, Some(made)) if is_old(made, now) => Use::Old(format!(
            "was made on {} and has not been used in the 400 days that IAM keeps",
            made.date()
        )),
        (None, Some(_)) => Use::Recent,
    }
}

/// The last use of what a user proves itself by: a password, and keys that work.
fn of_user(user: &User, row: Option<&CredentialReportRow>, now: Time) -> Use {
    let Some(row) = row else {
        return Use::Unknown("the row in the credential report");
    };
    let Some(has_password) = row.password_enabled else {
        return Use::Unknown("whether there is a password");
    };
    let password = has_password.then_some(row.password_last_used);
    let keys = row.access_keys.iter().filter(|key| key.active);
    let uses: Vec<Option<Time>> = password
        .into_iter()
        .chain(keys.map(|key| key.last_used))
        .collect();
    let made = user.create_date;
    match (uses.iter().flatten().max(), made) {
        (Some(used), _) if is_old(*used, now) => Use::Old(format!(
            "was last used on {}, {} days before the audit",
            used.date(),
            used.days_until(now)
        )),
        (Some(_), _) => Use::Recent,
        (None, None) => Use::Unknown("the creation date"),
        (None, Some(made)) if !is_old(made, now) => Use::Recent,
        (None, Some(_)) if uses.is_empty() => {
            Use::Old("has no password and no access key that works".to_owned())
        }
        (None, Some(made)) => Use::Old(format!(
            "was made on {}, and neither its password nor a key of it has ever been used",
            made.date()
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_users_last_use_is_that_of_its_password_or_a_key_that_works() {
        let now = Time::parse("2026-11-24T00:00:00Z").unwrap();
        let (old, new) = ("2026-01-01T00:00:00Z", "2026-11-01T00:00:00Z");
        let key = |active: bool, used: Option<&str>| json!({"number": 1, "active": active, "last_used": used});
        let of = |made: &str, row: Option<Value>| {
            let user: User =
                serde_json::from_value(json!({"UserName": "u", "Arn": "arn:aws:iam::1:user/u",
                "UserId": "A", "Path": "/", "CreateDate": made}))
                .unwrap();
            let row = row.map(|row| serde_json::from_value::<CredentialReportRow>(row).unwrap());
            of_user(&user, row.as_ref(), now)
        };
        let row = |password: bool, used: Option<&str>, keys: Vec<Value>| {
            Some(
                json!({"user": "u", "arn": "arn:aws:iam::1:user/u", "password_enabled": password,
                "password_last_used": used, "access_keys": keys}),
            )
        };
        let is_old = |of: Use| matches!(of, Use::Old(_));
        assert!(is_old(of(old, row(false, None, vec![]))));
        assert!(is_old(of(old, row(false, None, vec![key(true, None)]))));
        assert!(is_old(of(
            old,
            row(true, Some(old), vec![key(true, Some(old))])
        )));
        // A key that was switched off, and a password that was taken away, prove nothing any more.
        assert!(is_old(of(
            old,
            row(false, Some(new), vec![key(false, Some(new))])
        )));
        assert_eq!(of(old, row(true, Some(new), vec![])), Use::Recent);
        assert_eq!(
            of(old, row(false, None, vec![key(true, Some(new))])),
            Use::Recent
        );
        assert_eq!(of(new, row(false, None, vec![])), Use::Recent);
        assert!(matches!(of(old, None), Use::Unknown(_)));
    }
}
