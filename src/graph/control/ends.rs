//! Where paths begin and end: what a person names.

use super::node::{INTERNET, Set};
use super::{Control, data};
use crate::graph::escalation;
use crate::graph::named::{Unnamed, Who};
use crate::rbac::SubjectId;

/// Where a path begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Its id, or the name of a set.
    pub name: String,
    /// Its numbers.
    pub numbers: Vec<usize>,
}

/// What can be named beside ids, for an error and for the help.
pub const SETS: &str = "internet, cluster-admin[/CLUSTER], account-admin[/ACCOUNT], any-pod, namespace/NAME, node/NAME, secret/*, secret/NAME, parameter/*, key/*, k8s-secret/*, k8s-secret/NAMESPACE/NAME, the ARN of data, jewels";

impl Control<'_, '_> {
    /// What leads somewhere under a name: an id, a short form of one, or a set.
    ///
    /// # Errors
    /// There is nothing of that name, there are several, or where it would be was not read.
    pub fn end(&mut self, name: &str) -> Result<End, Unnamed> {
        let (kind, rest) = name.split_once('/').unwrap_or((name, ""));
        let numbers = match kind {
            "cluster-admin" => self.clusters_named(rest)?,
            "account-admin" => self.accounts_named(rest)?,
            INTERNET => vec![self.anybody()?],
            "any-pod" => self.workloads_of(None),
            "namespace" => {
                let found = self.workloads_of(Some(rest));
                if found.is_empty() {
                    return Err(Unnamed::Unknown(format!(
                        "no pod was seen in a namespace `{rest}`"
                    )));
                }
                found
            }
            "secret" if rest == "*" => vec![self.any_secret()],
            "secret" => vec![self.secret(name)?],
            "parameter" if rest == "*" => vec![self.data("arn:*:ssm:*:*:parameter/*")?],
            "key" if rest == "*" => vec![self.data("arn:*:kms:*:*:key/*")?],
            "jewels" => self.jewels()?,
            "k8s-secret" => self.kubernetes_secrets(rest)?,
            _ if data::is_data(name) => vec![self.data(name)?],
            "node" => self.machine(rest)?,
            _ if name.starts_with("arn:") && name.contains(":ecr:") => vec![self.repository(name)?],
            _ => return self.one(name),
        };
        Ok(End {
            name: name.to_owned(),
            numbers,
        })
    }

    /// A node of a cluster that has pods.
    fn machine(&self, name: &str) -> Result<Vec<usize>, Unnamed> {
        let node = escalation::Node::Machine(name.to_owned());
        let clusters = self.nodes.clusters.iter();
        let found: Vec<usize> = clusters.filter_map(|inside| inside.find(&node)).collect();
        match found.is_empty() {
            true => Err(Unnamed::Unknown(format!(
                "no node `{name}` with pods was seen"
            ))),
            false => Ok(found),
        }
    }

    /// Anybody on the internet, where there is a cluster to reach.
    fn anybody(&self) -> Result<usize, Unnamed> {
        let unread = || Unnamed::Unread("no cluster was read".to_owned());
        let found = self.nodes.find(&Set::Internet);
        found
            .filter(|_| !self.graph.clusters.is_empty())
            .ok_or_else(unread)
    }

    fn clusters_named(&self, name: &str) -> Result<Vec<usize>, Unnamed> {
        let keys = self.graph.clusters.iter().map(|node| node.key);
        let found: Vec<usize> = keys
            .filter(|key| name.is_empty() || *key == name)
            .filter_map(|key| self.nodes.cluster(key))
            .collect();
        match found.is_empty() {
            true if name.is_empty() => Err(Unnamed::Unread("no cluster was read".to_owned())),
            true => Err(Unnamed::Unknown(format!("no cluster `{name}` was read"))),
            false => Ok(found),
        }
    }

    fn accounts_named(&self, id: &str) -> Result<Vec<usize>, Unnamed> {
        let found: Vec<usize> = self
            .nodes
            .accounts()
            .filter(|(_, account)| id.is_empty() || *account == id)
            .map(|(number, _)| number)
            .collect();
        match found.is_empty() {
            true if id.is_empty() => Err(Unnamed::Unread(
                "IAM of any account was not read".to_owned(),
            )),
            true => Err(Unnamed::Unknown(format!("the account `{id}` was not read"))),
            false => Ok(found),
        }
    }

    /// Workloads, in one namespace or in all.
    fn workloads_of(&self, namespace: Option<&str>) -> Vec<usize> {
        let workloads = self.graph.workloads.workloads.iter().enumerate();
        let here = workloads.filter(|(_, one)| namespace.is_none_or(|name| one.namespace == name));
        here.filter_map(|(at, _)| self.nodes.workload(at)).collect()
    }

    /// The number of the service account at a place.
    pub fn account_number(&self, at: usize) -> Option<usize> {
        let account = self.graph.workloads.service_accounts.get(at)?;
        let node = escalation::Node::account(account.namespace, account.name);
        let inside = self
            .nodes
            .clusters
            .iter()
            .find(|one| one.node.key == account.cluster)?;
        inside.find(&node)
    }

    /// An image repository that pods pull from by tags that can be moved.
    fn repository(&self, arn: &str) -> Result<usize, Unnamed> {
        self.nodes
            .find(&Set::Repository(arn.to_owned()))
            .ok_or_else(|| {
                Unnamed::Unknown(format!(
                    "no pod was seen that runs a tag of {arn} which can be moved"
                ))
            })
    }

    /// One principal or subject.
    pub(super) fn one(&self, name: &str) -> Result<End, Unnamed> {
        let who = self.graph.who(name, true).map_err(|error| match error {
            Unnamed::Unknown(text) if !name.starts_with("k8s://") && !name.starts_with("arn:") => {
                Unnamed::Unknown(format!("{text}; or {SETS}"))
            }
            error => error,
        })?;
        let id = self.graph.id_of(&who);
        let number = match &who {
            Who::Iam { at, .. } => Some(*at),
            Who::Account { at, id } => {
                let workloads = &self.graph.workloads.workloads;
                let own = workloads.iter().position(|one| one.id == *id);
                own.and_then(|own| self.nodes.workload(own))
                    .or_else(|| self.account_number(*at))
            }
            Who::Subject { cluster, subject } => self.subject_number(cluster, subject),
        };
        let number = number.ok_or_else(|| {
            Unnamed::Unknown(format!(
                "no binding and no way in names {id}: it leads nowhere, and nothing leads to it"
            ))
        })?;
        Ok(End {
            name: id,
            numbers: vec![number],
        })
    }

    /// The number of a subject of a cluster.
    pub fn subject_number(&self, cluster: &str, subject: &SubjectId) -> Option<usize> {
        let inside = self
            .nodes
            .clusters
            .iter()
            .find(|one| one.node.key == cluster)?;
        inside.find(&escalation::Node::Subject(subject.clone()))
    }
}
