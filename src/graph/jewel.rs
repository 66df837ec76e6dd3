//! Who is administrator of an account or a cluster, and who becomes it in how many steps.

mod account;
mod cluster;

use std::collections::BTreeMap;

use super::Graph;
use super::control::{Control, Known, Taken};
use super::decision::Because;
use super::who_can::Reach;

/// Somebody who is administrator, or becomes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Its id.
    pub id: String,
    /// Of a cluster's administrator: the cluster's key.
    pub cluster: Option<String>,
    /// 0: is administrator. More: becomes it, by the path.
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
    pub path: Vec<Taken>,
    /// Whose it is, where it is expected to have such power: the control plane's, or a controller's that
    /// everybody runs.
    pub known: Option<&'static str>,
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

impl<'s> Graph<'s> {
    /// Who becomes administrator: of the principals and subjects that lead to a goal, each by its shortest way, one
    /// that is certain before one that is not.
    fn becoming<'c>(
        &'c self,
        control: &'c Control<'_, 's>,
        goals: &[usize],
        cluster: Option<&'c str>,
    ) -> impl Iterator<Item = (Known<'c>, Admin)> {
        let certain = control.toward(goals, true);
        let all = control.toward(goals, false);
        (0..control.nodes().len()).filter_map(move |number| {
            let toward = match certain.steps(number) {
                Some(_) => &certain,
                None => &all,
            };
            let known = control.nodes().known(number)?;
            // Who needs no step is it, and is told of elsewhere.
            toward.steps(number).filter(|steps| *steps > 0)?;
            let way = control.way(toward, number)?;
            let admin = Admin {
                id: control.nodes().id(self, number)?,
                cluster: cluster.map(str::to_owned),
                steps: way.steps,
                certain: way.path.iter().all(|taken| taken.open.is_none()),
                because: Vec::new(),
                conditions: way.open(),
                except: Vec::new(),
                path: way.path,
                known: None,
                reached: Vec::new(),
            };
            Some((known, admin))
        })
    }

    /// The service accounts and workloads that get a principal.
    fn holders_of(&self, principal: usize) -> Vec<Reach> {
        self.holds_of(principal)
            .flat_map(|hold| self.reach_of(hold))
            .collect()
    }
}
