//! Where workloads lead: to administrators and what the user calls worth protecting, those together that go over the same
//! last thing.

use std::collections::{BTreeMap, BTreeSet};

use super::Graph;
use super::control::{Control, End, Toward, Way};
use super::path::Step;
use super::wording::short;
use crate::snapshot::id::{Arn, ObjectId};

/// Workloads that come to something worth protecting over the same last thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// What they come to, by its id or the name that the user gave it.
    pub jewel: String,
    /// From where it is reached: the id of who has it in the end.
    pub over: String,
    /// The places of the workloads, those with the shortest way first.
    pub workloads: Vec<usize>,
    /// The way of the first of them.
    pub way: Way,
}

impl Lead {
    /// The way as steps.
    pub fn path(&self) -> Vec<Step> {
        let steps = self.way.path.iter();
        steps.map(|taken| taken.step.clone()).collect()
    }

    /// The jewel as it is asked for: an account's or a cluster's administrators, data, or all that the user names.
    pub fn as_asked(&self) -> String {
        match Arn::parse(&self.jewel) {
            Some(arn) if arn.resource == "root" => format!("account-admin/{}", arn.account),
            Some(arn) if arn.service == "eks" => format!("cluster-admin/{}", arn.name()),
            _ if self.jewel.starts_with("k8s://") => "jewels".to_owned(),
            _ => self.jewel.clone(),
        }
    }

    /// The jewel in words.
    pub fn jewel_text(&self) -> String {
        jewel_text(&self.jewel)
    }
}

/// `administrator of account 111122223333`, `cluster-admin of prod`, `secret prod/db`.
pub fn jewel_text(jewel: &str) -> String {
    match Arn::parse(jewel) {
        Some(arn) if arn.resource == "root" => {
            return format!("administrator of account {}", arn.account);
        }
        Some(arn) if arn.service == "eks" => return format!("cluster-admin of {}", arn.name()),
        _ => {}
    }
    match ObjectId::parse(jewel) {
        Some(object) if object.kind == "Cluster" => format!("cluster-admin of {}", object.cluster),
        Some(object) if object.kind == "Namespace" => {
            format!(
                "what is in the namespace {} of {}",
                object.name, object.cluster
            )
        }
        _ => match jewel.strip_prefix("cluster-admin/") {
            Some(cluster) => format!("cluster-admin of {cluster}"),
            None => short(jewel),
        },
    }
}

/// The searches to one jewel: over what is certain, and over all.
struct Search<'j> {
    jewel: &'j End,
    goals: BTreeSet<usize>,
    certain: Toward,
    all: Toward,
}

impl<'j> Search<'j> {
    fn of(control: &Control<'_, '_>, jewel: &'j End) -> Self {
        Self {
            jewel,
            goals: jewel.numbers.iter().copied().collect(),
            certain: control.toward(&jewel.numbers, true),
            all: control.toward(&jewel.numbers, false),
        }
    }

    /// How good the best way from a node is: whether it is conditional, and its steps.
    fn rank(&self, from: usize) -> Option<(bool, usize)> {
        let certain = self.certain.steps(from).map(|steps| (false, steps));
        certain.or_else(|| Some((true, self.all.steps(from)?)))
    }

    /// The best way from a node.
    fn way(&self, control: &Control<'_, '_>, from: usize) -> Option<Way> {
        let (is_conditional, _) = self.rank(from)?;
        match is_conditional {
            true => control.way(&self.all, from),
            false => control.way(&self.certain, from),
        }
    }

    fn lead(&self, control: &Control<'_, '_>, from: usize, over: String) -> Option<Lead> {
        Some(Lead {
            jewel: self.jewel.name.clone(),
            over,
            workloads: Vec::new(),
            way: self.way(control, from)?,
        })
    }
}

impl<'s> Graph<'s> {
    /// Where the workloads lead that are not there to have power, over more than one step. What is worth protecting is
    /// given under its name.
    pub fn leads(&self, control: &Control<'_, 's>, jewels: &[End]) -> Vec<Lead> {
        let mut leads = Vec::new();
        for jewel in jewels {
            let search = Search::of(control, jewel);
            let certain = control.last_before(&search.certain);
            let all = control.last_before(&search.all);
            let mut together: BTreeMap<usize, Lead> = BTreeMap::new();
            for ((is_conditional, _), at, number) in self.ranked(control, &search) {
                let last = if is_conditional { &all } else { &certain };
                let Some(over) = last.get(number).copied().flatten() else {
                    continue;
                };
                if self.owns(control, over, &jewel.name) {
                    continue;
                }
                if !together.contains_key(&over) {
                    let id = control.nodes().id(self, over);
                    let lead = id.and_then(|id| search.lead(control, number, id));
                    together.extend(lead.map(|lead| (over, lead)));
                }
                if let Some(lead) = together.get_mut(&over) {
                    lead.workloads.push(at);
                }
            }
            leads.extend(together.into_values());
        }
        leads
    }

    /// Whether a node is administrator of the account of a cluster, or that account, and with it of the cluster, which needs
    /// no telling.
    fn owns(&self, control: &Control<'_, 's>, number: usize, jewel: &str) -> bool {
        let Some(cluster) = Arn::parse(jewel).filter(|arn| arn.service == "eks") else {
            return false;
        };
        match self.principals.get(number) {
            Some(one) => one.account == cluster.account && control.is_administrator(number),
            None => control.nodes().account(cluster.account) == Some(number),
        }
    }

    /// The workloads that lead to a jewel with their places and numbers, the surest and shortest first.
    fn ranked(
        &self,
        control: &Control<'_, 's>,
        search: &Search<'_>,
    ) -> Vec<((bool, usize), usize, usize)> {
        let workloads = 0..self.workloads.workloads.len();
        let mut ranked: Vec<((bool, usize), usize, usize)> = workloads
            .filter(|at| !self.is_expected(*at))
            .filter_map(|at| {
                let number = control.nodes().workload(at)?;
                let own = search.goals.contains(&number);
                let rank = search
                    .rank(number)
                    .filter(|(_, steps)| *steps > 1 && !own)?;
                Some((rank, at, number))
            })
            .collect();
        ranked.sort_unstable();
        ranked
    }

    /// Where each of some workloads leads, in however many steps.
    pub fn leads_from(
        &self,
        control: &Control<'_, 's>,
        jewels: &[End],
        workloads: &[usize],
    ) -> Vec<Lead> {
        let mut leads = Vec::new();
        // Who comes to what is not asked for nobody.
        for jewel in jewels.iter().filter(|_| !workloads.is_empty()) {
            let search = Search::of(control, jewel);
            for at in workloads {
                let number = control.nodes().workload(*at);
                let number = number.filter(|number| !search.goals.contains(number));
                let over = jewel.name.clone();
                let lead = number.and_then(|number| search.lead(control, number, over));
                leads.extend(lead.map(|lead| Lead {
                    workloads: vec![*at],
                    ..lead
                }));
            }
        }
        leads
    }
}
