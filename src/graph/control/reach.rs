//! Everything that comes under control from some nodes: one search, forwards.

use std::collections::VecDeque;

use super::node::Set;
use super::search::{Found, Toward, Via};
use super::{Control, Node};
use crate::graph::escalation::{self, Over};

/// What a thing is, in the order in which it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An account as a whole.
    Account,
    /// A cluster as a whole.
    Cluster,
    /// A node of a cluster.
    Machine,
    /// An IAM role or user.
    Principal,
    /// Everything in a namespace.
    Namespace,
    /// A service account.
    ServiceAccount,
    /// A user or group of a cluster.
    Subject,
    /// What a role of a cluster allows.
    Role,
    /// An image repository.
    Repository,
    /// A workload.
    Workload,
}

impl Kind {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Cluster => "cluster",
            Self::Machine => "node",
            Self::Principal => "iam-principal",
            Self::Namespace => "namespace",
            Self::ServiceAccount => "service-account",
            Self::Subject => "subject",
            Self::Role => "cluster-role",
            Self::Repository => "repository",
            Self::Workload => "workload",
        }
    }
}

/// Something that comes under control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Its number.
    pub number: usize,
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// In how many steps.
    pub steps: usize,
    /// Whether that depends on nothing that is not known.
    pub is_certain: bool,
}

impl Control<'_, '_> {
    /// Everything that comes under control from some nodes, they themselves left out: by kind, the certain first, near
    /// before far, then by id.
    pub fn reach(&self, from: &[usize]) -> Vec<Reached> {
        let certain = self.forward(from, true);
        let all = self.forward(from, false);
        let mut reached: Vec<Reached> = (0..self.nodes.len())
            .filter(|number| !from.contains(number))
            .filter_map(|number| {
                let sure = certain.steps(number);
                Some(Reached {
                    number,
                    steps: sure.or(all.steps(number))?,
                    id: self.nodes.id(self.graph, number)?,
                    kind: self.kind(number)?,
                    is_certain: sure.is_some(),
                })
            })
            .collect();
        reached.sort_by(|a, b| {
            (a.kind, !a.is_certain, a.steps, &a.id).cmp(&(b.kind, !b.is_certain, b.steps, &b.id))
        });
        reached.dedup_by(|a, b| a.id == b.id);
        reached
    }

    fn kind(&self, number: usize) -> Option<Kind> {
        match self.nodes.get(number) {
            Node::Principal(_) => Some(Kind::Principal),
            Node::Account(_) => Some(Kind::Account),
            Node::Set(at) => match self.nodes.set(at)? {
                Set::Elsewhere(_) => Some(Kind::Principal),
                Set::Repository(_) => Some(Kind::Repository),
                Set::Workload(_) => Some(Kind::Workload),
                _ => None,
            },
            Node::Inside(cluster, at) => {
                let inside = self.nodes.clusters.get(cluster)?;
                match inside.escalation.nodes().get(at)? {
                    escalation::Node::Subject(crate::rbac::SubjectId::ServiceAccount {
                        ..
                    }) => Some(Kind::ServiceAccount),
                    escalation::Node::Subject(_) => Some(Kind::Subject),
                    escalation::Node::Role { .. } => Some(Kind::Role),
                    escalation::Node::Namespace(_) => Some(Kind::Namespace),
                    escalation::Node::Machine(_) => Some(Kind::Machine),
                    escalation::Node::Cluster => Some(Kind::Cluster),
                    // Whichever node it is: those that there are stand for it. A principal's own access policies
                    // are the principal's.
                    escalation::Node::AnyMachine
                    | escalation::Node::Principal(_)
                    | escalation::Node::Set(_) => None,
                }
            }
        }
    }

    /// The fewest steps from some nodes to every other.
    fn forward(&self, from: &[usize], certain: bool) -> Toward {
        let mut found = Toward {
            found: vec![None; self.nodes.len()],
        };
        let mut queue = VecDeque::new();
        for &at in from {
            found.set(
                at,
                Found {
                    steps: 0,
                    next: None,
                },
            );
            queue.push_back((at, 0));
        }
        while let Some((at, steps)) = queue.pop_front() {
            if found.steps(at).is_some_and(|known| known < steps) {
                continue;
            }
            for (to, via, is_step) in self.edges_from(at, certain) {
                let steps = steps + usize::from(is_step);
                if found.steps(to).is_none_or(|known| steps < known) {
                    found.set(
                        to,
                        Found {
                            steps,
                            next: Some((at, via)),
                        },
                    );
                    match is_step {
                        true => queue.push_back((to, steps)),
                        false => queue.push_front((to, steps)),
                    }
                }
            }
        }
        found
    }

    fn edges_from(&self, at: usize, certain: bool) -> Vec<(usize, Via, bool)> {
        self.edges_to(at, certain, &|_| true)
    }

    /// The edges from a node to those that are meant; who may assume a role is asked of no others.
    pub(super) fn edges_to(
        &self,
        at: usize,
        certain: bool,
        meant: &dyn Fn(usize) -> bool,
    ) -> Vec<(usize, Via, bool)> {
        let own = self.own_edges(at).iter().enumerate();
        let own = own.filter(|(_, edge)| edge.open.is_none() || !certain);
        let mut all: Vec<(usize, Via, bool)> = own
            .map(|(number, edge)| (edge.to, Via::Own(at, number), edge.is_step()))
            .collect();
        match self.nodes.get(at) {
            Node::Inside(cluster, inner) => {
                let over = Over {
                    certain,
                    machines: true,
                };
                if let Some(inside) = self.nodes.clusters.get(cluster) {
                    let edges = inside.escalation.edges_of(inner).iter().enumerate();
                    all.extend(
                        edges
                            .filter(|(_, edge)| over.takes(edge))
                            .map(|(number, edge)| {
                                let via = Via::Inside(cluster, inner, number);
                                (inside.number(edge.to()), via, edge.is_step())
                            }),
                    );
                }
            }
            Node::Principal(from) => {
                let roles = self.assume.roles_of(from).into_iter();
                for role in roles.filter(|role| meant(self.session_of(*role))) {
                    let assumed = self.assume.edge(from, role);
                    if assumed.is_some_and(|one| one.open.is_none() || !certain) {
                        all.push((self.session_of(role), Via::Assume(from, role), true));
                    }
                }
            }
            Node::Account(_) | Node::Set(_) => {}
        }
        all.retain(|(to, ..)| meant(*to));
        all
    }
}
