//! Whom the policy of an AWS resource lets in from outside its account.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal": `*` is everybody, of each account; "Cross-account policy
//! evaluation logic": a principal of another account needs a policy of its own too, which its own account gives it. So the
//! resource's side is asked alone. "AWS global condition context keys": a stranger chooses the name and the tags of his role,
//! not its account, nor the organisation of that.

use std::collections::BTreeSet;

use crate::iam::arn;
use crate::iam::condition::Condition;
use crate::iam::context::Context;
use crate::iam::document::{Effect, Statement};
use crate::iam::evaluate::NamedPolicy;
use crate::iam::principal::{Principal as Caller, Principals as Named};
use crate::snapshot::id::Arn;

use super::Graph;
use super::decision::{Answer, Deciding, Decision};
use super::named::What;
use super::organization::Place;
use super::resource_policy::Own;

/// An account that is nobody's.
const NOBODYS: &str = "000000000000";

/// A role that no policy names.
const SOME_ROLE: &str = "some-role";

/// An organisation that is nobody's, and a place in it.
const NO_ORGANIZATION: [&str; 2] = ["o-0000000000", "o-0000000000/r-0000/"];

/// Keys whose values are ids of organisations, or begin with one.
const OF_ORGANIZATION: [&str; 2] = ["aws:principalorgid", "aws:principalorgpaths"];

/// Keys whose values name accounts.
const OF_ACCOUNT: [&str; 2] = ["aws:principalaccount", "aws:principalarn"];

/// Whom a policy lets in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// Whoever has an AWS account.
    Anybody,
    /// Whoever is of this organisation, or of a part of it.
    Organization(String),
    /// Whoever is of this account.
    Account(String),
    /// This principal of another account.
    Principal(String),
}

/// Somebody outside who may be let in.
#[derive(Clone, Debug)]
pub struct Outsider {
    /// Who.
    pub whom: Whom,
    /// What the resource's policy says.
    pub answer: Answer,
    caller: Caller,
    context: Context,
}

/// Where a resource is.
struct Home<'r> {
    partition: &'r str,
    account: &'r str,
}

/// Whether somebody's account is of the organisation of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kin {
    /// It is.
    Same,
    /// It is not.
    Other,
    /// That is not known.
    Unknown,
}

impl Outsider {
    /// Its account; of a stranger one that is nobody's.
    pub fn account(&self) -> &str {
        &self.caller.account
    }

    /// Whether it is a principal of no name of its own, so that all of its account are let in.
    pub fn is_any(&self) -> bool {
        self.caller.arn.ends_with(&format!(":role/{SOME_ROLE}"))
    }
}

impl Graph<'_> {
    /// Who outside its account may do an action on a resource as far as its own policy is concerned; nothing where that
    /// was not read. Where anybody may for certain, others are not named.
    pub fn lets_in(&self, deciding: &Deciding<'_>) -> Option<Vec<Outsider>> {
        let (What::One(resource), own) = (deciding.what, deciding.own()) else {
            return None;
        };
        let policy = match own {
            Own::None => return Some(Vec::new()),
            Own::Unseen(_) => return None,
            Own::Given(policy) => policy,
        };
        let home = Home::of(resource);
        let mut found: Vec<Outsider> = Vec::new();
        for candidate in self.candidates(policy, &deciding.action, &home) {
            let answer = self.resource_side(&candidate, deciding, policy);
            if answer.decision == Decision::Denied {
                continue;
            }
            let mut same = found.iter_mut().filter(|one| one.whom == candidate.whom);
            match same.next() {
                Some(known) if known.answer.decision > answer.decision => {}
                Some(known) if known.answer.decision == answer.decision && known.is_any() => {}
                Some(known) => {
                    *known = Outsider {
                        answer,
                        ..candidate
                    }
                }
                None => found.push(Outsider {
                    answer,
                    ..candidate
                }),
            }
        }
        let anybody =
            |one: &Outsider| one.whom == Whom::Anybody && one.answer.decision == Decision::Allowed;
        if found.iter().any(anybody) {
            found.retain(|one| one.whom == Whom::Anybody);
        }
        found.sort_by(|a, b| a.whom.cmp(&b.whom));
        Some(found)
    }

    /// Whether somebody outside may do something else too, as far as the policy of that resource is concerned; nothing
    /// where it was not read. `keys` are what is known of the request besides.
    pub fn lets_in_too(
        &self,
        outsider: &Outsider,
        deciding: &Deciding<'_>,
        keys: &[(&str, &str)],
    ) -> Option<Decision> {
        let Own::Given(policy) = deciding.own() else {
            return match deciding.own() {
                Own::None => Some(Decision::Denied),
                _ => None,
            };
        };
        let mut outsider = outsider.clone();
        for (key, value) in keys {
            outsider.context.set(key, value);
        }
        Some(self.resource_side(&outsider, deciding, policy).decision)
    }

    /// Whether an outsider is of the organisation of an account.
    pub fn kin(&self, outsider: &Outsider, account: &str) -> Kin {
        let place = |account: &str| self.organizations.above(account).map(|above| &above.place);
        let Some(Place::Inside { id: Some(own), .. }) = place(account) else {
            return match (place(account), &outsider.whom) {
                (Some(Place::Outside), _) | (_, Whom::Anybody) => Kin::Other,
                _ => Kin::Unknown,
            };
        };
        match &outsider.whom {
            Whom::Anybody => Kin::Other,
            Whom::Organization(id) if id == own => Kin::Same,
            Whom::Organization(_) => Kin::Other,
            Whom::Account(_) | Whom::Principal(_) => match place(&outsider.caller.account) {
                Some(Place::Inside { id: Some(id), .. }) if id == own => Kin::Same,
                Some(Place::Inside { id: Some(_), .. } | Place::Outside) => Kin::Other,
                _ => Kin::Unknown,
            },
        }
    }

    /// What the resource's side says to a candidate.
    fn resource_side(
        &self,
        candidate: &Outsider,
        deciding: &Deciding<'_>,
        policy: &NamedPolicy,
    ) -> Answer {
        let mut context = candidate.context.clone();
        // A stranger has whatever tags the policy asks for.
        let conditions = policy
            .document
            .statements
            .iter()
            .flat_map(|one| &one.conditions);
        for key in conditions.map(|condition| &*condition.key) {
            if key.starts_with("aws:principaltag/") {
                context.set_unknown(key);
            }
        }
        self.outsider_in(&candidate.caller, context, deciding, policy)
    }

    /// Everybody outside whom the statements that allow an action could mean.
    fn candidates(&self, policy: &NamedPolicy, action: &str, home: &Home<'_>) -> Vec<Outsider> {
        let mut entries: BTreeSet<(Whom, String)> = BTreeSet::new();
        let statements = policy.document.statements.iter();
        let allows = |one: &&Statement| one.effect == Effect::Allow && one.has_action(action);
        for statement in statements.filter(allows) {
            let (everyone, named) = match &statement.principals {
                Named::Only(set) => (set.everyone, set.aws.as_ref()),
                Named::AllBut(_) => (true, [].as_slice()),
                Named::Omitted => continue,
            };
            entries.extend(named.iter().filter_map(|entry| named_entry(entry, home)));
            if everyone {
                entries.insert((Whom::Anybody, home.role_of(NOBODYS)));
                let conditions = statement.conditions.iter();
                let meant = conditions.flat_map(|one| meant(one, home));
                entries.extend(meant.filter(|(_, arn)| arn::account(arn) != Some(home.account)));
            }
        }
        let candidates = entries.into_iter();
        candidates
            .filter_map(|(whom, arn)| self.candidate(whom, &arn))
            .collect()
    }

    fn candidate(&self, whom: Whom, arn: &str) -> Option<Outsider> {
        let caller = Caller::from_arn(arn)?;
        let mut context = caller.context(self.snapshot.taken_at.0, []);
        match &whom {
            Whom::Anybody => {
                context.set("aws:PrincipalOrgID", NO_ORGANIZATION[0]);
                context.set_list("aws:PrincipalOrgPaths", [NO_ORGANIZATION[1]]);
            }
            Whom::Organization(id) => {
                context.set("aws:PrincipalOrgID", id);
                context.set_unknown("aws:PrincipalOrgPaths");
            }
            Whom::Account(_) | Whom::Principal(_) => {
                self.organizations
                    .fill_principal(&caller.account, &mut context);
            }
        }
        Some(Outsider {
            whom,
            answer: Answer::of(Decision::Denied),
            caller,
            context,
        })
    }
}

impl<'r> Home<'r> {
    fn of(resource: &'r str) -> Self {
        let arn = Arn::parse(resource);
        Self {
            partition: arn.as_ref().map_or("aws", |arn| arn.partition),
            account: arn.as_ref().map_or("", |arn| arn.account),
        }
    }

    /// Some role of an account.
    fn role_of(&self, account: &str) -> String {
        format!("arn:{}:iam::{account}:role/{SOME_ROLE}", self.partition)
    }
}

/// An entry of a `Principal` element, if it is of another account.
fn named_entry(entry: &str, home: &Home<'_>) -> Option<(Whom, String)> {
    let account = arn::account(entry).filter(|account| *account != home.account)?;
    let whole = Arn::parse(entry).is_none_or(|arn| arn.resource == "root");
    match whole {
        true => Some((Whom::Account(account.to_owned()), home.role_of(account))),
        false => Some((Whom::Principal(entry.to_owned()), entry.to_owned())),
    }
}

/// Whom the values of a condition on everybody could mean.
fn meant(condition: &Condition, home: &Home<'_>) -> Vec<(Whom, String)> {
    let values = condition.values.iter();
    let key = &*condition.key;
    if OF_ORGANIZATION.contains(&key) {
        let ids = values.filter_map(|value| value.split('/').next());
        let ids = ids.filter(|id| id.starts_with("o-"));
        return ids
            .map(|id| (Whom::Organization(id.to_owned()), home.role_of(NOBODYS)))
            .collect();
    }
    if !OF_ACCOUNT.contains(&key) {
        return Vec::new();
    }
    values
        .filter_map(|value| named_value(value, home))
        .collect()
}

/// Whom an account's id or a pattern of ARNs could mean: in a wildcard's place a stranger has what fits.
fn named_value(value: &str, home: &Home<'_>) -> Option<(Whom, String)> {
    let fitting = |text: &str| text.replace(['*', '?'], "x");
    let Some(parsed) = Arn::parse(value) else {
        let account = value.to_owned();
        return arn::is_account_id(value).then(|| (Whom::Account(account), home.role_of(value)));
    };
    let resource = match fitting(parsed.resource) {
        // `arn:aws:iam::ACCOUNT:*`.
        short if !short.contains('/') && short != "root" => format!("role/{short}"),
        long => long,
    };
    let account = parsed.account;
    if account.contains(['*', '?']) {
        return Some((
            Whom::Anybody,
            format!("arn:{}:iam::{NOBODYS}:{resource}", parsed.partition),
        ));
    }
    let arn = format!(
        "arn:{}:{}::{account}:{resource}",
        parsed.partition, parsed.service
    );
    match parsed.resource.contains(['*', '?']) || resource == "root" {
        true => Some((Whom::Account(account.to_owned()), arn)),
        false => Some((Whom::Principal(arn.clone()), arn)),
    }
}

#[cfg(test)]
mod tests;
