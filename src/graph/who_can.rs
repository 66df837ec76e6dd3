//! Everybody who can do something, in one pass over the principals.

mod kubernetes;
mod ways;

use std::collections::BTreeSet;

use crate::iam::document::Effect;
use crate::iam::principal::{Principal as Caller, Principals as Named};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

use super::Graph;
use super::decision::{Answer, Asker, Deciding, Decision, MANY_UNSEEN, UNSEEN};
use super::hold::Hold;
use super::named::{What, Who};
use super::path::EdgeKind;
use super::resource_policy::Own;

/// Somebody who can, or may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its id; `*` is anybody.
    pub id: String,
    /// The key of the cluster that it can do it in, where the id does not tell.
    pub cluster: Option<String>,
    /// How it can.
    pub answer: Answer,
    /// Who becomes it, and can so too.
    pub reached: Vec<Reach>,
}

/// Somebody who becomes a principal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reach {
    /// Whether it takes more than to have it or to come in as it; those that do not come first.
    pub is_far: bool,
    /// Its id.
    pub id: String,
    /// By what.
    pub way: EdgeKind,
    /// What that depends on.
    pub conditions: Vec<String>,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhoCan {
    /// Those that surely can first, then by id.
    pub holders: Vec<Holder>,
    /// What has to be known beside it, a sentence each.
    pub remarks: Vec<String>,
    /// What was not read, so that there may be more; a sentence each.
    pub unread: Vec<String>,
}

impl WhoCan {
    /// In their order, each reached once by each way.
    pub fn sorted(mut self) -> Self {
        for holder in &mut self.holders {
            holder.reached.sort();
            holder.reached.dedup();
        }
        self.holders.sort_by(|a, b| {
            (b.answer.decision, &a.id, &a.cluster).cmp(&(a.answer.decision, &b.id, &b.cluster))
        });
        self
    }
}

impl<'s> Graph<'s> {
    /// Who can do an IAM action.
    pub fn who_can_aws(&self, deciding: &Deciding<'_>) -> WhoCan {
        let mut all = WhoCan {
            unread: self.unread_principals(deciding.what),
            ..WhoCan::default()
        };
        if let Own::Unseen(why) = deciding.own() {
            all.remarks.push(format!(
                "The resource's own policy was not seen: it could deny it to those, and let others in ({why})."
            ));
        }
        if deciding.action == "sts:assumerolewithwebidentity" {
            all.holders = self.by_tokens(deciding);
            return all.sorted();
        }
        let mut many_unseen = false;
        for (at, principal) in self.in_scope() {
            let Some(asker) = Asker::new(principal, None) else {
                continue;
            };
            let mut best = self.asked(&asker, deciding);
            let reached = self.reached(at, &mut best, deciding);
            // Said once for all of them.
            many_unseen |= best.remarks.iter().any(|one| one.starts_with(MANY_UNSEEN));
            best.remarks
                .retain(|remark| !remark.starts_with(UNSEEN) && !remark.starts_with(MANY_UNSEEN));
            if best.decision != Decision::Denied {
                all.holders.push(Holder {
                    id: principal.arn.to_owned(),
                    cluster: None,
                    answer: best,
                    reached,
                });
            }
        }
        if many_unseen {
            all.remarks.push(format!(
                "{MANY_UNSEEN}: they could deny it to those, and let others in."
            ));
        }
        all.holders.extend(self.outsiders(deciding));
        all.sorted()
    }

    /// The service accounts and workloads that can by getting a role. A session that is tagged or narrowed is
    /// asked for itself, and makes the role's answer better where it may do more.
    fn reached(&self, role: usize, best: &mut Answer, deciding: &Deciding<'_>) -> Vec<Reach> {
        let plain = best.decision;
        let mut reached = Vec::new();
        for hold in self.holds_of(role) {
            let mut decision = plain;
            if !hold.session.is_empty() || hold.tagged {
                let asker = self
                    .principals
                    .get(role)
                    .and_then(|one| Asker::new(one, Some(hold)));
                let answer = asker.map(|asker| self.asked(&asker, deciding));
                decision = answer.as_ref().map_or(plain, |answer| answer.decision);
                if let Some(answer) = answer.filter(|answer| answer.decision > best.decision) {
                    *best = answer;
                }
            }
            if decision != Decision::Denied {
                reached.extend(self.reach_of(hold));
            }
        }
        reached
    }

    /// The service account of a hold and its workloads.
    pub(super) fn reach_of(&self, hold: &Hold) -> Vec<Reach> {
        let certain = hold.is_certain();
        let conditions: Vec<String> = hold
            .conditions()
            .filter(|_| !certain)
            .map(str::to_owned)
            .collect();
        let account = self.holder(hold).map(|account| account.id.clone());
        let workloads = self.workloads.of_account(hold.service_account);
        account
            .into_iter()
            .chain(workloads.map(|workload| workload.id.clone()))
            .map(|id| Reach {
                is_far: false,
                id,
                way: hold.way,
                conditions: conditions.clone(),
            })
            .collect()
    }

    /// Who gets a role by its token.
    fn by_tokens(&self, deciding: &Deciding<'_>) -> Vec<Holder> {
        let accounts: BTreeSet<usize> = self
            .holds
            .iter()
            .filter(|hold| hold.way == EdgeKind::AssumeRoleWebIdentity)
            .filter(|hold| {
                let role = self.principals.get(hold.role);
                role.is_some_and(|role| deciding.pattern.matches(role.arn))
            })
            .map(|hold| hold.service_account)
            .collect();
        let holder = |at: usize| {
            let id = self.workloads.service_accounts.get(at)?.id.clone();
            let who = Who::Account { at, id: id.clone() };
            let answer = self.may_aws(&who, deciding);
            let workloads = self.workloads.of_account(at).map(|workload| Reach {
                is_far: false,
                id: workload.id.clone(),
                way: EdgeKind::RunsAs,
                conditions: Vec::new(),
            });
            (answer.decision != Decision::Denied).then(|| Holder {
                id,
                cluster: None,
                reached: workloads.collect(),
                answer,
            })
        };
        accounts.into_iter().filter_map(holder).collect()
    }

    /// Whom a resource's own policy lets in beside the principals that were read: services, anybody, and
    /// principals of accounts whose own policies are not known.
    pub(super) fn outsiders(&self, deciding: &Deciding<'_>) -> Vec<Holder> {
        let (What::One(resource), Own::Given(policy)) = (deciding.what, deciding.own()) else {
            return Vec::new();
        };
        let account = Arn::parse(resource).map_or("", |arn| arn.account);
        let mut named = BTreeSet::new();
        let statements = policy.document.statements.iter();
        for statement in
            statements.filter(|one| one.effect == Effect::Allow && one.has_action(&deciding.action))
        {
            let Named::Only(set) = &statement.principals else {
                continue;
            };
            if set.everyone {
                named.insert("*".to_owned());
            }
            named.extend(set.services.iter().chain(&set.aws).map(ToString::to_string));
        }
        let holder = |id: String| {
            let (caller, open) = match id.as_str() {
                "*" => (Caller::anonymous(), None),
                arn if arn.starts_with("arn:") || crate::iam::arn::is_account_id(arn) => {
                    let (caller, of) = self.unread_principal(arn)?;
                    if of == account {
                        return None;
                    }
                    (
                        caller,
                        Some(format!(
                            "only if its own policies in {of}, which was not read, allow it"
                        )),
                    )
                }
                service if service.contains('.') => (Caller::service(service), None),
                _ => return None,
            };
            let mut answer = self.outsider(&caller, deciding, policy);
            if answer.decision == Decision::Denied {
                return None;
            }
            answer.only_if(open);
            Some(Holder {
                id,
                cluster: None,
                answer,
                reached: Vec::new(),
            })
        };
        named.into_iter().filter_map(holder).collect()
    }

    /// A principal, or an account as a whole, of an account whose IAM was not read.
    fn unread_principal(&self, entry: &str) -> Option<(Caller, String)> {
        let of = crate::iam::arn::account(entry)?.to_owned();
        if self.saw(Source::IAM, &of) || self.principals.by_arn(entry).is_some() {
            return None;
        }
        let root = Arn::parse(entry).is_none_or(|arn| arn.resource == "root");
        let caller = match root {
            true => Caller::from_arn(&format!("arn:aws:iam::{of}:root"))?,
            false => Caller::from_arn(entry)?,
        };
        Some((caller, of))
    }

    /// What was not read of the accounts that a resource may be used from.
    fn unread_principals(&self, what: &What) -> Vec<String> {
        let account = Arn::parse(what.text()).map_or("", |arn| arn.account);
        let unread =
            |account: &str| format!("{} of {account} was not read whole", Source::IAM.name);
        if crate::iam::arn::is_account_id(account) {
            let seen = self.saw(Source::IAM, account);
            return (!seen).then(|| unread(account)).into_iter().collect();
        }
        if self.snapshot.accounts.is_empty() {
            return vec![unread("any account")];
        }
        let accounts = self.snapshot.accounts.keys();
        accounts
            .filter(|id| !self.saw(Source::IAM, id))
            .map(|id| unread(id))
            .collect()
    }
}
