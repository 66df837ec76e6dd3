//! Who is administrator of an account or a cluster, and who becomes it in one step.

mod account;
mod cluster;

use std::collections::BTreeMap;

use crate::iam::evaluate;
use crate::iam::principal::Principal as Caller;
use crate::iam::trust;
use crate::iam::truth::Truth;

use super::Graph;
use super::decision::{Asker, Because};
use super::hold::statements;
use super::path::{EdgeKind, Step};
use super::who_can::Reach;

/// Somebody who is administrator, or becomes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Its id.
    pub id: String,
    /// Of a cluster's administrator: the cluster's key.
    pub cluster: Option<String>,
    /// 0: is administrator. 1: becomes it, by the path.
    pub steps: usize,
    /// Whether nothing is open.
    pub certain: bool,
    /// What makes it so, where it is administrator.
    pub because: Vec<Because>,
    /// What is open.
    pub conditions: Vec<String>,
    /// What is taken away from an administrator all the same.
    pub except: Vec<String>,
    /// How it becomes administrator.
    pub path: Vec<Step>,
    /// Who becomes it.
    pub reached: Vec<Reach>,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admins {
    /// By steps, those that are certain first, then by id.
    pub admins: Vec<Admin>,
    /// What was not read, so that there may be more; a sentence each.
    pub unread: Vec<String>,
}

impl Admins {
    /// In order, each once, with its fewest steps.
    fn sorted(mut self) -> Self {
        let rank = |admin: &Admin| (admin.steps, !admin.certain);
        let mut best: BTreeMap<(String, Option<String>), Admin> = BTreeMap::new();
        for admin in self.admins {
            let key = (admin.id.clone(), admin.cluster.clone());
            match best.get(&key) {
                Some(known) if rank(known) <= rank(&admin) => {}
                _ => {
                    best.insert(key, admin);
                }
            }
        }
        self.admins = best.into_values().collect();
        for admin in &mut self.admins {
            admin.reached.sort();
            admin.reached.dedup();
        }
        self.admins.sort_by_key(rank);
        self
    }
}

/// A role that is administrator, for those who may assume it.
struct Goal {
    role: usize,
    cluster: Option<String>,
    certain: bool,
}

impl<'s> Graph<'s> {
    /// The principals that may assume a role that is administrator. There are few such roles, and each
    /// principal is asked with its own policies alone, so this is no product of all with all.
    fn assumers(&self, goals: &[Goal]) -> Vec<Admin> {
        let askers: Vec<(usize, Asker<'_, 's>)> = self
            .in_scope()
            .filter_map(|(at, one)| Some((at, Asker::new(one, None)?)))
            .collect();
        let mut found = Vec::new();
        for goal in goals {
            let Some(role) = self.principals.get(goal.role) else {
                continue;
            };
            let Some(document) = &role.trust else {
                continue;
            };
            let asked = trust::Role {
                arn: role.arn,
                trust: document,
                rcps: self.organizations.rcps_of_role(role.account, role.arn),
            };
            for (at, asker) in askers.iter().filter(|(at, _)| *at != goal.role) {
                let decision = self.assumes(asker, &asked);
                if decision.truth() == Truth::No {
                    continue;
                }
                let evidence = statements(&decision);
                let unseen = asker.unseen().cloned();
                found.push(Admin {
                    id: asker.principal.arn.to_owned(),
                    cluster: goal.cluster.clone(),
                    steps: 1,
                    certain: goal.certain
                        && decision.is_allowed()
                        && asker.unseen().next().is_none(),
                    because: Vec::new(),
                    conditions: decision.conditions.iter().cloned().chain(unseen).collect(),
                    except: Vec::new(),
                    path: vec![Step::new(
                        asker.principal.arn,
                        EdgeKind::AssumeRole,
                        role.arn,
                        evidence,
                    )],
                    reached: self.holders_of(*at),
                });
            }
        }
        found
    }

    fn assumes(&self, asker: &Asker<'_, 's>, role: &trust::Role<'_>) -> evaluate::Decision {
        let mut context = asker.context(self);
        self.know_resource(role.arn, &mut context);
        let caller: &Caller = &asker.caller;
        trust::principal(role, caller, &asker.policies(self), &context, false)
    }

    /// The service accounts and workloads that get a principal.
    fn holders_of(&self, principal: usize) -> Vec<Reach> {
        self.holds_of(principal)
            .flat_map(|hold| self.reach_of(hold))
            .collect()
    }
}
