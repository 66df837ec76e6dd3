//! What is controlled, under numbers: principals, accounts, what is in each cluster, and sets.

use std::collections::HashMap;
use std::rc::Rc;

use super::changed::Change;
use crate::graph::escalation::{self, Escalation};
use crate::graph::{ClusterNode, Graph};
use crate::iam::escalation::{Prerequisite, Target};
use crate::rbac::SubjectId;
use crate::snapshot::id::Arn;

/// A set, or something that nothing else has a number for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Set {
    /// These principals.
    These(Vec<usize>),
    /// All principals of a kind in the account of this number.
    All(usize, OfKind),
    /// All in the account of this number that a method can be about, under what has to be there besides.
    Fitting(usize, Target, &'static [Prerequisite]),
    /// A principal as it is after a change.
    Changed(usize, Change),
    /// A session of a role under a name that one chooses.
    Session(usize),
    /// The users and groups whose names an access entry of this cluster may give.
    EntryNames(usize),
    /// An IAM principal of an account that was not read.
    Elsewhere(String),
    /// An image repository, by its ARN.
    Repository(String),
    /// A part of a volume that several workloads have, by its id.
    Volume(String),
    /// What paths end at, by its id: a secret.
    Jewel(String),
    /// The workload at a place.
    Workload(usize),
    /// Anybody on the internet.
    Internet,
}

/// A kind of principals; those that AWS keeps for itself are in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum OfKind {
    /// Users.
    Users,
    /// Roles.
    Roles,
    /// Roles that this service may assume.
    Trusting(&'static str),
}

/// What the internet is called.
pub const INTERNET: &str = "internet";

/// A cluster's own part.
pub(super) struct Inside<'g> {
    pub(super) node: &'g ClusterNode<'g>,
    pub(super) escalation: Rc<Escalation<'g>>,
    /// The number of its first node.
    first: usize,
}

impl Inside<'_> {
    /// The number of one of its nodes.
    pub(super) fn find(&self, node: &escalation::Node) -> Option<usize> {
        Some(self.first + self.escalation.find(node)?)
    }

    /// The number of a node under its number in the cluster.
    pub(super) fn number(&self, at: usize) -> usize {
        self.first + at
    }
}

/// What has a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// The IAM principal at a place.
    Principal(usize),
    /// The account at a place.
    Account(usize),
    /// In the cluster at a place, the node under a number.
    Inside(usize, usize),
    /// A set at a place.
    Set(usize),
}

/// What is shown of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<'a> {
    /// An IAM principal, by place.
    Principal(usize),
    /// An IAM principal of an account that was not read, by its ARN.
    Elsewhere(&'a str),
    /// A subject of the cluster at a place.
    Subject(usize, &'a SubjectId),
}

/// All of them.
pub struct Nodes<'g> {
    principals: usize,
    accounts: Vec<&'g str>,
    pub(super) clusters: Vec<Inside<'g>>,
    first_set: usize,
    sets: Vec<Set>,
    places: HashMap<Set, usize>,
}

impl<'g> Nodes<'g> {
    pub(super) fn of(graph: &'g Graph<'_>) -> Self {
        let principals = graph.principals.iter().count();
        let accounts: Vec<&str> = graph.snapshot.accounts.keys().map(String::as_str).collect();
        let mut first = principals + accounts.len();
        let mut clusters = Vec::new();
        for node in &graph.clusters {
            let escalation = Rc::new(graph.escalation(node));
            let len = escalation.len();
            clusters.push(Inside {
                node,
                escalation,
                first,
            });
            first += len;
        }
        Self {
            principals,
            accounts,
            clusters,
            first_set: first,
            sets: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.first_set + self.sets.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What has a number.
    pub fn get(&self, number: usize) -> Node {
        if number < self.principals {
            return Node::Principal(number);
        }
        let account = number - self.principals;
        if account < self.accounts.len() {
            return Node::Account(account);
        }
        if number >= self.first_set {
            return Node::Set(number - self.first_set);
        }
        let cluster = self
            .clusters
            .partition_point(|inside| inside.first <= number)
            .saturating_sub(1);
        let first = self.clusters.get(cluster).map_or(0, |inside| inside.first);
        Node::Inside(cluster, number - first)
    }

    /// The place of the principal that a changed one was before.
    pub(super) fn before_change(&self, number: usize) -> Option<usize> {
        match self.set(number.checked_sub(self.first_set)?)? {
            Set::Changed(at, _) => Some(*at),
            _ => None,
        }
    }

    /// The number of an account.
    pub fn account(&self, account: &str) -> Option<usize> {
        let at = self.accounts.iter().position(|one| *one == account)?;
        Some(self.principals + at)
    }

    /// The numbers of all accounts.
    pub fn accounts(&self) -> impl Iterator<Item = (usize, &'g str)> {
        let first = self.principals;
        let accounts = self.accounts.iter().enumerate();
        accounts.map(move |(at, account)| (first + at, *account))
    }

    /// The number of a cluster as a whole.
    pub fn cluster(&self, key: &str) -> Option<usize> {
        let inside = self.clusters.iter().find(|inside| inside.node.key == key)?;
        inside.find(&escalation::Node::Cluster)
    }

    /// The number of the workload at a place.
    pub fn workload(&self, at: usize) -> Option<usize> {
        self.find(&Set::Workload(at))
    }

    /// The place of the workload that a node is.
    pub fn workload_at(&self, number: usize) -> Option<usize> {
        match self.get(number) {
            Node::Set(at) => match self.set(at)? {
                Set::Workload(at) => Some(*at),
                _ => None,
            },
            _ => None,
        }
    }

    /// The edges inside the clusters, in the order of the graph's.
    pub fn escalations(&self) -> impl Iterator<Item = Rc<Escalation<'g>>> {
        self.clusters
            .iter()
            .map(|inside| Rc::clone(&inside.escalation))
    }

    /// The number of a set, a new one where it has none.
    pub(super) fn place(&mut self, set: Set) -> usize {
        if let Some(at) = self.places.get(&set) {
            return *at;
        }
        let at = self.first_set + self.sets.len();
        self.sets.push(set.clone());
        self.places.insert(set, at);
        at
    }

    /// The number of a set that has one.
    pub(super) fn find(&self, set: &Set) -> Option<usize> {
        self.places.get(set).copied()
    }

    pub(super) fn set(&self, at: usize) -> Option<&Set> {
        self.sets.get(at)
    }

    /// The role that becomes one's own by assuming it, where a node is such.
    pub(super) fn assumed(&self, number: usize) -> Option<usize> {
        match self.get(number) {
            Node::Principal(role) if self.find(&Set::Session(role)).is_none() => Some(role),
            Node::Set(at) => match self.set(at)? {
                Set::Session(role) => Some(*role),
                _ => None,
            },
            _ => None,
        }
    }

    /// Who a node is, if it is somebody.
    pub fn known(&self, number: usize) -> Option<Known<'_>> {
        match self.get(number) {
            Node::Principal(at) => Some(Known::Principal(at)),
            Node::Set(at) => match self.set(at)? {
                Set::Elsewhere(arn) => Some(Known::Elsewhere(arn)),
                _ => None,
            },
            Node::Inside(cluster, at) => {
                let inside = self.clusters.get(cluster)?;
                match inside.escalation.nodes().get(at)? {
                    escalation::Node::Subject(subject) => Some(Known::Subject(cluster, subject)),
                    _ => None,
                }
            }
            Node::Account(_) => None,
        }
    }

    /// The id of a node that is shown; nothing for a set.
    pub fn id(&self, graph: &Graph<'_>, number: usize) -> Option<String> {
        match self.get(number) {
            Node::Principal(at) => Some(graph.principals.get(at)?.arn.to_owned()),
            Node::Account(at) => {
                let account = self.accounts.get(at)?;
                let mut partition = graph.principals.iter();
                let partition = partition.find(|(_, one)| one.account == *account);
                let partition = partition.and_then(|(_, one)| Arn::parse(one.arn));
                let partition = partition.map_or("aws", |arn| arn.partition);
                Some(format!("arn:{partition}:iam::{account}:root"))
            }
            Node::Inside(cluster, at) => {
                let inside = self.clusters.get(cluster)?;
                let node = inside.escalation.nodes().get(at)?;
                node.is_shown().then(|| inside.escalation.id(node))
            }
            Node::Set(at) => match self.set(at)? {
                Set::Elsewhere(id) | Set::Repository(id) | Set::Volume(id) | Set::Jewel(id) => {
                    Some(id.clone())
                }
                Set::Changed(at, _) => Some(graph.principals.get(*at)?.arn.to_owned()),
                Set::Workload(at) => Some(graph.workloads.workloads.get(*at)?.id.clone()),
                Set::Internet => Some(INTERNET.to_owned()),
                _ => None,
            },
        }
    }
}
