//! The `Principal` and `NotPrincipal` elements, and whom they mean.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal" and "… NotPrincipal".

use serde_json::Value;

use super::{Caller, Principal, strings};
use crate::iam::arn;
use crate::iam::truth::Truth;
use crate::snapshot::id::Arn;

/// How a `Principal` element means the caller, the strongest way it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// It does not.
    Not,
    /// By its account, which only delegates to the account's own policies.
    Account,
    /// By its role.
    Role,
    /// Itself: the user, the session, the service, the provider, or everybody.
    Direct,
}

/// The entries of a `Principal` element.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrincipalSet {
    /// `*` or `{"AWS": "*"}`.
    pub everyone: bool,
    /// `AWS`: ARNs, account ids and the unique ids of deleted principals.
    pub aws: Vec<Box<str>>,
    /// `Service`.
    pub services: Vec<Box<str>>,
    /// `Federated`.
    pub federated: Vec<Box<str>>,
    /// `CanonicalUser`.
    pub canonical: Vec<Box<str>>,
}

/// The element that says to whom a statement applies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Principals {
    /// There is none, as in identity policies.
    #[default]
    Omitted,
    /// `Principal`.
    Only(PrincipalSet),
    /// `NotPrincipal`.
    AllBut(PrincipalSet),
}

/// Whether a statement means the caller, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meant {
    /// The strongest way in which it certainly does.
    pub certain: Named,
    /// The strongest way in which it may.
    pub possible: Named,
}

impl Meant {
    /// It certainly does, in this way.
    pub fn certain_as(named: Named) -> Self {
        Self {
            certain: named,
            possible: named,
        }
    }

    /// Whether the statement applies to the caller at all.
    pub fn truth(self) -> Truth {
        match (self.certain, self.possible) {
            (Named::Not, Named::Not) => Truth::No,
            (Named::Not, _) => Truth::Unknown,
            _ => Truth::Yes,
        }
    }
}

impl PrincipalSet {
    /// Reads a `Principal` element; adds what AWS would refuse to `problems`.
    pub fn parse(value: &Value, problems: &mut Vec<String>) -> Self {
        let mut set = Self::default();
        match value {
            Value::String(text) if text == "*" => set.everyone = true,
            Value::Object(kinds) => {
                for (kind, entries) in kinds {
                    let entries = strings(entries);
                    match kind.as_str() {
                        "AWS" => set.aws.extend(entries),
                        "Service" => set.services.extend(entries),
                        "Federated" => set.federated.extend(entries),
                        "CanonicalUser" => set.canonical.extend(entries),
                        other => problems.push(format!("unknown kind of principal {other}")),
                    }
                }
                set.everyone = set.aws.iter().any(|a| &**a == "*");
                problems.extend(set.malformed());
            }
            other => problems.push(format!("principal {other} is neither * nor an object")),
        }
        set
    }

    /// What AWS would refuse: "You cannot use a wildcard to match part of a principal name or ARN", nor
    /// name groups.
    fn malformed(&self) -> impl Iterator<Item = String> {
        let others = self.services.iter().chain(&self.federated);
        let others = others.filter(|e| e.contains(['*', '?']));
        let aws = self.aws.iter().filter(|e| !is_principal(e));
        aws.chain(others).map(|e| format!("{e:?} is no principal"))
    }

    /// How the set means the caller.
    pub fn names(&self, principal: &Principal) -> Meant {
        if self.everyone {
            return Meant::certain_as(Named::Direct);
        }
        let listed = |list: &[Box<str>]| list.contains(&principal.arn);
        match &principal.caller {
            Caller::Anonymous => Meant::certain_as(Named::Not),
            Caller::Service => Meant::certain_as(if listed(&self.services) {
                Named::Direct
            } else {
                Named::Not
            }),
            Caller::Federated => Meant::certain_as(if listed(&self.federated) {
                Named::Direct
            } else {
                Named::Not
            }),
            _ => self.names_aws(principal),
        }
    }

    fn names_aws(&self, principal: &Principal) -> Meant {
        let mut meant = Meant::certain_as(Named::Not);
        for entry in &self.aws {
            let one = names_one(entry, principal);
            meant.certain = meant.certain.max(one.certain);
            meant.possible = meant.possible.max(one.possible);
        }
        meant
    }

    /// Whether `NotPrincipal` with this set leaves the caller out. For a principal of an account, each
    /// of its principals has to be listed: "you must also specify the account ARN of the not-denied
    /// principal", and for a session its role too; where some are missing, AWS "might" deny.
    fn leaves_out(&self, principal: &Principal) -> Truth {
        if self.everyone {
            return Truth::Yes;
        }
        let meant = self.names(principal);
        if !principal.has_identity() {
            return Truth::from(meant.certain == Named::Direct);
        }
        let account = self.aws.iter().any(|e| is_account(e, &principal.account));
        let by_role = self
            .aws
            .iter()
            .any(|e| names_one(e, principal).certain == Named::Role);
        let itself = meant.certain == Named::Direct;
        match (&principal.caller, itself, by_role, account) {
            (Caller::Root, ..) => Truth::from(account),
            (Caller::Session { .. }, true, true, true) => Truth::Yes,
            (Caller::Session { .. }, false, false, _) => Truth::No,
            (Caller::Session { .. }, ..) => Truth::Unknown,
            // Some session of the role may be listed.
            (Caller::Role, ..) => Truth::from(meant.possible > Named::Account).and(Truth::Unknown),
            (_, true, _, true) => Truth::Yes,
            (_, true, _, false) => Truth::Unknown,
            (_, false, ..) => Truth::No,
        }
    }
}

impl Principals {
    /// How the element means the caller. A statement that should have one and has none means nobody.
    pub fn means(&self, principal: &Principal) -> Meant {
        match self {
            Self::Omitted => Meant::certain_as(Named::Not),
            Self::Only(set) => set.names(principal),
            Self::AllBut(set) => match set.leaves_out(principal) {
                Truth::Yes => Meant::certain_as(Named::Not),
                Truth::No => Meant::certain_as(Named::Direct),
                Truth::Unknown => Meant {
                    certain: Named::Not,
                    possible: Named::Direct,
                },
            },
        }
    }
}

/// Whether the text has the form of an `AWS` principal: `*`, an account, a unique id, or the ARN of a user,
/// role or session.
fn is_principal(entry: &str) -> bool {
    if let Some(arn) = Arn::parse(entry) {
        let kind = arn.resource.split('/').next().unwrap_or_default();
        let kinds = ["root", "user", "role", "assumed-role", "federated-user"];
        let whole = !entry.contains(['*', '?']);
        return whole && matches!(arn.service, "iam" | "sts") && kinds.contains(&kind);
    }
    let unique_id = entry.len() >= 16
        && entry.starts_with('A')
        && entry
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    entry == "*" || arn::is_account_id(entry) || unique_id
}

/// Whether the entry is the account: its id or its root ARN.
fn is_account(entry: &str, account: &str) -> bool {
    !account.is_empty()
        && (entry == account
            || Arn::parse(entry).is_some_and(|a| {
                a.service == "iam" && a.account == account && a.resource == "root"
            }))
}

/// How one `AWS` entry means a principal of an account.
fn names_one(entry: &str, principal: &Principal) -> Meant {
    if is_account(entry, &principal.account) {
        let root = principal.caller == Caller::Root;
        return Meant::certain_as(if root { Named::Direct } else { Named::Account });
    }
    // A unique id: what is left of a principal that was deleted, or one that was made anew.
    if principal.unique_id.as_deref() == Some(entry) {
        return Meant::certain_as(if principal.is_session() {
            Named::Role
        } else {
            Named::Direct
        });
    }
    match &principal.caller {
        Caller::Session { role } if **role == *entry => Meant::certain_as(Named::Role),
        Caller::Role if *principal.arn == *entry => Meant::certain_as(Named::Role),
        Caller::Role if is_session_of(entry, &principal.arn) => Meant {
            certain: Named::Not,
            possible: Named::Direct,
        },
        // The user who federated is not known; granted to that user, it is limited as if to a role.
        Caller::FederatedUser if is_user_of(entry, &principal.account) => Meant {
            certain: Named::Not,
            possible: Named::Role,
        },
        Caller::Role | Caller::Unnamed => Meant::certain_as(Named::Not),
        _ if *principal.arn == *entry => Meant::certain_as(Named::Direct),
        _ => Meant::certain_as(Named::Not),
    }
}

/// Whether the entry is the ARN of a user of the account.
fn is_user_of(entry: &str, account: &str) -> bool {
    Arn::parse(entry).is_some_and(|a| {
        a.service == "iam" && a.account == account && a.resource.starts_with("user/")
    })
}

/// Whether the entry is the ARN of a session of the role.
fn is_session_of(entry: &str, role: &str) -> bool {
    let (Some(entry), Some(role)) = (Arn::parse(entry), Arn::parse(role)) else {
        return false;
    };
    let name = role.resource.rsplit('/').next().unwrap_or_default();
    let session = entry
        .resource
        .strip_prefix("assumed-role/")
        .and_then(|r| r.split_once('/'));
    entry.service == "sts"
        && entry.account == role.account
        && session.is_some_and(|(r, _)| r == name)
}
