//! Where paths begin and end: what a person names.

use std::collections::BTreeMap;

use super::Control;
use super::edge::{Edge, Rests};
use super::node::Set;
use crate::graph::decision::{Answer, Because, Decision, Request};
use crate::graph::escalation;
use crate::graph::named::{Unnamed, What, Who};
use crate::graph::path::EdgeKind;
use crate::graph::resource_policy::Own;
use crate::rbac::SubjectId;
use crate::snapshot::id::object_id;

/// What reads a secret.
const GET_SECRET: &str = "secretsmanager:GetSecretValue";

/// Where a path begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Its id, or the name of a set.
    pub name: String,
    /// Its numbers.
    pub numbers: Vec<usize>,
}

/// What can be named beside ids, for an error and for the help.
pub const SETS: &str = "cluster-admin[/CLUSTER], account-admin[/ACCOUNT], any-pod, namespace/NAME, node/NAME, secret/*, secret/NAME, k8s-secret/NAMESPACE/NAME";

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
            _ if name.starts_with("arn:") && name.contains(":secretsmanager:") => {
                vec![self.secret(name)?]
            }
            "k8s-secret" => self.kubernetes_secret(rest)?,
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
    fn one(&self, name: &str) -> Result<End, Unnamed> {
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

    /// A secret of Secrets Manager, with an edge from each principal that reads it.
    fn secret(&mut self, name: &str) -> Result<usize, Unnamed> {
        let what = self.graph.what(Some(name))?;
        let number = self.nodes.place(Set::Jewel(what.text().to_owned()));
        let deciding = self.graph.deciding(GET_SECRET, &what);
        let mut edges = Vec::new();
        for (from, caller) in self.assume.callers.iter().enumerate() {
            let Some(caller) = caller else {
                continue;
            };
            if let Some(edge) = self.reads(caller, &deciding, number) {
                edges.push((from, edge));
            }
        }
        for (from, edge) in edges {
            self.edge(from, edge);
        }
        Ok(number)
    }

    fn reads(
        &self,
        caller: &super::Caller<'_, '_>,
        deciding: &crate::graph::decision::Deciding<'_>,
        number: usize,
    ) -> Option<Edge> {
        let answer = self.graph.asked(&caller.asker, deciding);
        if answer.decision == Decision::Denied {
            return None;
        }
        let because = self.by(&answer);
        let open = match answer.decision {
            Decision::Allowed => caller.open([]),
            _ => caller
                .open(answer.conditions)
                .or_else(|| Some("only if what is not known allows it".to_owned())),
        };
        let evidence = format!("secretsmanager:GetSecretValue by {}", because);
        let statements = answer.because.iter().filter_map(|one| match one {
            Because::Statement(matched) => Some(matched.clone()),
            _ => None,
        });
        let rests = Rests::Statements(statements.collect());
        let edge = Edge::step(number, EdgeKind::ReadsSecret, evidence);
        Some(edge.open(open).rests(rests))
    }

    /// By number: the principals that read a secret, and whether for certain.
    pub fn readers(&self, secret: &str) -> BTreeMap<usize, bool> {
        let what = What::One(secret.to_owned());
        let deciding = self.graph.deciding(GET_SECRET, &what);
        let named = !matches!(deciding.own(), Own::None);
        let mut readers = BTreeMap::new();
        for (at, caller) in self.assume.callers.iter().enumerate() {
            let Some(caller) = caller
                .as_ref()
                .filter(|one| named || one.names(&deciding.action))
            else {
                continue;
            };
            if let Some(edge) = self.reads(caller, &deciding, at) {
                readers.insert(at, edge.open.is_none());
            }
        }
        readers
    }

    /// What an answer rests on, in words.
    fn by(&self, answer: &Answer) -> String {
        let one = |because: &Because| match because {
            Because::Statement(matched) => self.graph.because(std::slice::from_ref(matched)),
            Because::Role { evidence, .. } | Because::Entry { evidence, .. } => evidence.clone(),
            Because::Rule { text, .. } => text.clone(),
            Because::AccessPolicy { policy, scope } => format!("{policy} in {scope}"),
            Because::Superuser => "system:masters".to_owned(),
        };
        let all: Vec<String> = answer.because.iter().map(one).collect();
        all.join(", ")
    }

    /// Any secret that was seen.
    fn any_secret(&mut self) -> usize {
        let number = self.nodes.place(Set::Jewel("secret/*".to_owned()));
        let accounts = &self.graph.snapshot.accounts;
        let regions = accounts
            .values()
            .flat_map(|account| account.regions.values());
        let secrets = regions.flat_map(|region| &region.secretsmanager.secrets);
        let arns: Vec<String> = secrets.map(|secret| secret.arn.clone()).collect();
        let mut edges: Vec<(usize, Edge)> = Vec::new();
        let mut best: BTreeMap<usize, Edge> = BTreeMap::new();
        for arn in &arns {
            let what = What::One(arn.clone());
            let deciding = self.graph.deciding(GET_SECRET, &what);
            for (from, caller) in self.assume.callers.iter().enumerate() {
                // Who reads one for certain needs no other.
                if best.get(&from).is_some_and(|edge| edge.open.is_none()) {
                    continue;
                }
                let found = caller
                    .as_ref()
                    .and_then(|caller| self.reads(caller, &deciding, number));
                if let Some(mut edge) = found {
                    if let super::By::Step(_, evidence) = &mut edge.by {
                        evidence.push_str(&format!(", on {arn}"));
                    }
                    let better = best
                        .get(&from)
                        .is_none_or(|known| known.open.is_some() && edge.open.is_none());
                    if better {
                        best.insert(from, edge);
                    }
                }
            }
        }
        edges.extend(best);
        for (from, edge) in edges {
            self.edge(from, edge);
        }
        number
    }

    /// A Kubernetes Secret, in each cluster where somebody may get it.
    fn kubernetes_secret(&mut self, name: &str) -> Result<Vec<usize>, Unnamed> {
        let Some((namespace, secret)) = name.split_once('/') else {
            return Err(Unnamed::Unknown(format!(
                "`k8s-secret/{name}` is no Secret: k8s-secret/NAMESPACE/NAME"
            )));
        };
        let mut numbers = Vec::new();
        let mut edges = Vec::new();
        for node in &self.graph.clusters {
            let resource = format!("secrets/{secret}");
            let request = Request::parse(node, "get", Some(&resource), Some(namespace))?;
            let id = object_id(node.key, namespace, "Secret", secret);
            let number = self.nodes.place(Set::Jewel(id));
            numbers.push(number);
            for holder in self.graph.who_can_kubernetes(node, &request).holders {
                let Ok(Who::Subject { .. } | Who::Account { .. }) =
                    self.graph.who(&holder.id, true)
                else {
                    continue;
                };
                let end = self.one(&holder.id);
                let open = match holder.answer.decision {
                    Decision::Allowed => None,
                    _ => Some(holder.answer.conditions.join(", ")),
                };
                let because = self.by(&holder.answer);
                let evidence = format!("get secrets by {}", because);
                for from in end.map(|end| end.numbers).unwrap_or_default() {
                    edges.push((
                        from,
                        Edge::step(number, EdgeKind::ReadsSecret, evidence.clone())
                            .open(open.clone()),
                    ));
                }
            }
        }
        for (from, edge) in edges {
            self.edge(from, edge);
        }
        Ok(numbers)
    }
}
