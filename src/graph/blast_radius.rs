//! All that falls with something: what comes under control, the workloads behind it, and the secrets that are read.

use std::collections::BTreeSet;

use crate::rbac::SubjectId;

use super::Graph;
use super::control::{Control, Known, Reached};
use super::named::Unnamed;

/// All that falls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlastRadius {
    /// With what, by its id or the name of a set.
    pub of: String,
    /// What comes under control.
    pub reached: Vec<Reached>,
    /// The ids of other workloads that run as service accounts that are reached.
    pub workloads: Vec<String>,
    /// The secrets of Secrets Manager that are read.
    pub secrets: Vec<ReadSecret>,
    /// What was not read, so that there may be more; a sentence each.
    pub unread: Vec<String>,
}

/// A secret that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadSecret {
    /// Its ARN.
    pub id: String,
    /// The principal that reads it: the first that does for certain, else the first that may.
    pub by: String,
    /// Whether nothing is open, neither how the principal is reached nor whether it reads.
    pub is_certain: bool,
}

impl<'s> Graph<'s> {
    /// All that falls with what has a name: see [`Control::end`].
    ///
    /// # Errors
    /// There is nothing of that name, there are several, or where it would be was not read.
    pub fn blast_radius(&self, name: &str) -> Result<BlastRadius, Unnamed> {
        let mut control = self.control();
        let end = control.end(name)?;
        let reached = control.reach(&end.numbers);
        let all: Vec<(usize, bool)> = reached
            .iter()
            .map(|one| (one.number, one.is_certain))
            .chain(end.numbers.iter().map(|number| (*number, true)))
            .collect();
        Ok(BlastRadius {
            workloads: self.workloads_behind(&control, &all),
            secrets: self.secrets_read(&control, &all),
            unread: self.unread_from(&end.name),
            of: end.name,
            reached,
        })
    }

    fn workloads_behind(&self, control: &Control<'_, 's>, all: &[(usize, bool)]) -> Vec<String> {
        let mut found: BTreeSet<String> = BTreeSet::new();
        for (number, _) in all {
            let Some(Known::Subject(cluster, SubjectId::ServiceAccount { namespace, name })) =
                control.nodes().known(*number)
            else {
                continue;
            };
            let key = self.clusters.get(cluster).map_or("", |node| node.key);
            let at = self.workloads.service_account(key, namespace, name);
            let workloads = at.into_iter().flat_map(|at| self.workloads.of_account(at));
            found.extend(workloads.map(|workload| workload.id.clone()));
        }
        found.into_iter().collect()
    }

    /// Each secret with the best of those that read it. Principals that name no action on secrets are not asked, so this
    /// is no product of all with all.
    fn secrets_read(&self, control: &Control<'_, 's>, all: &[(usize, bool)]) -> Vec<ReadSecret> {
        let accounts = &self.snapshot.accounts;
        let regions = accounts
            .values()
            .flat_map(|account| account.regions.values());
        let secrets = regions.flat_map(|region| &region.secretsmanager.secrets);
        let mut found = Vec::new();
        for secret in secrets {
            let readers = control.readers(&secret.arn);
            let best = all.iter().filter_map(|(number, reached)| {
                let reads = readers.get(number)?;
                let Some(Known::Principal(at)) = control.nodes().known(*number) else {
                    return None;
                };
                let by = self.principals.get(at)?.arn;
                Some((!(*reached && *reads), by))
            });
            if let Some((open, by)) = best.min() {
                found.push(ReadSecret {
                    id: secret.arn.clone(),
                    by: by.to_owned(),
                    is_certain: !open,
                });
            }
        }
        found
    }
}
