//! Whom the trust policies of roles name of AWS: nobody else is let in, whatever its own policies say.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal": accounts, users, roles and sessions by their ARNs, accounts by
//! their ids, what was deleted by unique ids, anybody by `*`.

use std::collections::HashMap;

use super::Caller;
use crate::graph::principal::Principals;
use crate::iam::arn;
use crate::iam::document::{Effect, PolicyDocument};
use crate::iam::principal::Principals as Named;

/// The action, as documents are asked for it.
pub(super) const ACTION: &str = "sts:assumerole";

/// Whom a trust policy names.
#[derive(Debug)]
pub(super) enum Trusted {
    /// Anybody, by `*` or by exclusion.
    Anybody,
    /// These, and whom these accounts allow it.
    These {
        principals: Vec<usize>,
        accounts: Vec<Box<str>>,
    },
}

impl Trusted {
    /// Whether it leaves it to the account.
    pub(super) fn leaves_to(&self, account: &str) -> bool {
        match self {
            Self::Anybody => true,
            Self::These { accounts, .. } => accounts.iter().any(|one| **one == *account),
        }
    }

    /// Whom a trust policy names, if there is one.
    pub(super) fn of(
        trust: Option<&PolicyDocument>,
        principals: &Principals<'_>,
        names: &Names<'_>,
    ) -> Self {
        let (mut found, mut accounts) = (Vec::new(), Vec::new());
        let statements = trust.into_iter().flat_map(|trust| &trust.statements);
        let allowing = statements.filter(|one| one.effect == Effect::Allow);
        for statement in allowing.filter(|one| one.has_action(ACTION)) {
            let named = match &statement.principals {
                Named::Only(set) if !set.everyone => set.aws.iter(),
                _ => return Self::Anybody,
            };
            for name in named {
                match (account(name), principals.by_arn(name)) {
                    (Some(account), _) => accounts.push(account.into()),
                    (None, Some(at)) => found.push(at),
                    // An id, or a session of a role: whichever they mean.
                    (None, None) => found.extend(names.meant(name)),
                }
            }
        }
        accounts.sort_unstable();
        accounts.dedup();
        Self::These {
            principals: found,
            accounts,
        }
    }
}

/// The account that an entry stands for: by its id, or by the ARN of its root.
fn account(name: &str) -> Option<&str> {
    if arn::is_account_id(name) {
        return Some(name);
    }
    name.ends_with(":root")
        .then(|| arn::account(name))
        .flatten()
}

/// Callers by what else than their ARNs names them.
pub(super) struct Names<'c> {
    by_id: HashMap<&'c str, usize>,
    /// In lower case, without account and path: sessions have neither.
    by_name: HashMap<String, Vec<usize>>,
}

impl<'c> Names<'c> {
    pub(super) fn of(callers: &'c [Option<Caller<'_, '_>>]) -> Self {
        let mut names = Self {
            by_id: HashMap::new(),
            by_name: HashMap::new(),
        };
        for (at, caller) in callers.iter().enumerate() {
            let Some(caller) = caller else {
                continue;
            };
            if let Some(id) = caller.asker.caller.unique_id.as_deref() {
                names.by_id.insert(id, at);
            }
            let name = caller.asker.principal.name.to_ascii_lowercase();
            names.by_name.entry(name).or_default().push(at);
        }
        names
    }

    fn meant(&self, name: &str) -> Vec<usize> {
        let session = name.split_once(":assumed-role/");
        let role = session.and_then(|(_, rest)| rest.split('/').next());
        let by_name = role.and_then(|role| self.by_name.get(&role.to_ascii_lowercase()));
        let by_id = self.by_id.get(name);
        by_name
            .into_iter()
            .flatten()
            .chain(by_id)
            .copied()
            .collect()
    }
}
