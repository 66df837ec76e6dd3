//! Who becomes cluster-admin by what it may do, in how many steps.
//!
//! Asked of the edges of [`super::escalation`]. A subject counts that has the first step by a binding of its own
//! which is not the system's; what a group gives is the group's.

mod by_entry;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::rbac::known_controllers::{self, Known};
use crate::rbac::{Grant, Name, SubjectId};
use crate::snapshot::coverage::Source;

pub use by_entry::PolicyTakeover;

use super::escalation::{By, Edge, Escalation, Family, Held, Link, Node, Over, Set, ToCluster};
use super::path::Step;
use super::rbac_subject::binding_text;
use super::{ClusterNode, Graph, runs_as};

/// A way to cluster-admin.
#[derive(Debug)]
pub struct Way<'g> {
    /// By what kind of permission it begins.
    pub family: Family,
    /// What gives the first step.
    pub grant: Grant<'g>,
    /// How many steps it takes, each done as whoever it then is; the last is to act as who is
    /// cluster-admin.
    pub steps: usize,
    /// Its links, to the cluster.
    pub links: Vec<Link<'g>>,
    /// What it depends on and is not known.
    pub open: Option<String>,
}

impl Way<'_> {
    /// The first permission: `create jobs in every namespace`.
    pub fn first(&self) -> String {
        self.links.first().and_then(Link::may).unwrap_or_default()
    }

    /// Who or what is gained first; none where it is the cluster.
    pub fn gains(&self) -> Option<&Node> {
        let first = self.links.first()?;
        (first.to != Node::Cluster).then_some(&first.to)
    }
}

/// A subject with its ways to cluster-admin.
#[derive(Debug)]
pub struct Takeover<'g> {
    /// Who.
    pub subject: SubjectId,
    /// The ways, one of each family, those that are certain first.
    pub ways: Vec<Way<'g>>,
    /// The controller that it is, where it is one that everybody runs.
    pub known: Option<&'static Known>,
}

/// All of a cluster.
#[derive(Debug)]
pub struct Takeovers<'g> {
    /// The edges.
    pub escalation: Rc<Escalation<'g>>,
    /// How many subjects were looked at, the system's own among them.
    pub examined: usize,
    /// Those that become cluster-admin by what RBAC allows alone.
    pub found: Vec<Takeover<'g>>,
    /// Those that do so only by a pod that becomes its node.
    pub by_nodes: Vec<Takeover<'g>>,
    /// The access entries whose access policies let them do so.
    pub by_policies: Vec<PolicyTakeover<'g>>,
    /// Those that do so only by a pod that becomes its node.
    pub by_policies_and_nodes: Vec<PolicyTakeover<'g>>,
    /// IAM principals whose access policies read Secrets where a target's token may lie, and the Secrets were
    /// not read.
    pub unjudged_principals: Vec<&'g str>,
    /// Subjects that read Secrets where a target's token may lie, and the Secrets were not read.
    pub unjudged: Vec<SubjectId>,
}

impl Graph<'_> {
    /// The subjects outside the system that are not cluster-admin and can become it.
    pub fn takeovers<'g>(&'g self, node: &'g ClusterNode<'_>) -> Takeovers<'g> {
        self.takeovers_by(node, Rc::new(self.escalation(node)))
    }

    /// The same, by the edges of the cluster.
    pub fn takeovers_by<'g>(
        &'g self,
        node: &'g ClusterNode<'_>,
        escalation: Rc<Escalation<'g>>,
    ) -> Takeovers<'g> {
        let search = Search::of(&escalation);
        let (mut found, mut by_nodes, mut unjudged) = (Vec::new(), Vec::new(), Vec::new());
        for (at, one) in escalation.nodes().iter().enumerate() {
            let Node::Subject(subject) = one else {
                continue;
            };
            if search.is_admin(at) {
                continue;
            }
            let takeover = |ways| Takeover {
                subject: subject.clone(),
                ways,
                known: self.known_controller(node, subject),
            };
            let ways = search.ways(at, false);
            if !ways.is_empty() {
                found.push(takeover(ways));
                continue;
            }
            if self.reads_unseen(node, &search, at) {
                unjudged.push(subject.clone());
            }
            let ways = search.ways(at, true);
            if !ways.is_empty() {
                by_nodes.push(takeover(ways));
            }
        }
        for list in [&mut found, &mut by_nodes] {
            list.sort_by(|a, b| a.subject.cmp(&b.subject));
        }
        unjudged.sort();
        let entries = self.by_entries(node, &search);
        Takeovers {
            examined: bound_subjects(node),
            found,
            by_nodes,
            by_policies: entries.found,
            by_policies_and_nodes: entries.by_nodes,
            unjudged,
            unjudged_principals: entries.unjudged,
            escalation,
        }
    }

    /// The controller that a subject is, where it is one that everybody runs.
    pub fn known_controller(
        &self,
        node: &ClusterNode<'_>,
        subject: &SubjectId,
    ) -> Option<&'static Known> {
        let SubjectId::ServiceAccount { namespace, name } = subject else {
            return None;
        };
        let at = self.workloads.service_account(node.key, namespace, name);
        let workloads = at.into_iter().flat_map(|at| self.workloads.of_account(at));
        let images: Vec<&str> = workloads
            .flat_map(|workload| workload.specs())
            .flat_map(|spec| &spec.containers)
            .filter_map(|container| container.image.as_deref())
            .collect();
        known_controllers::of(&node.rbac, subject, &images)
    }

    /// The path of a way: from a workload where the subject is a service account that has one.
    pub fn takeover_path(
        &self,
        node: &ClusterNode<'_>,
        takeovers: &Takeovers<'_>,
        subject: &SubjectId,
        way: &Way<'_>,
    ) -> Vec<Step> {
        let mut path = Vec::new();
        if let SubjectId::ServiceAccount { namespace, name } = subject {
            let at = self.workloads.service_account(node.key, namespace, name);
            let account = at.and_then(|at| self.workloads.service_accounts.get(at));
            let workload = at.and_then(|at| self.workloads.of_account(at).next());
            if let (Some(account), Some(workload)) = (account, workload) {
                path.push(runs_as(workload, account));
            }
        }
        path.extend(takeovers.escalation.steps(&way.links));
        path
    }

    /// Whether a subject reads all Secrets where the token of somebody may lie who is, or becomes,
    /// cluster-admin, and the Secrets were not read.
    fn reads_unseen(&self, node: &ClusterNode<'_>, search: &Search<'_, '_>, at: usize) -> bool {
        if self.saw(Source::KUBERNETES_SECRETS, node.key) {
            return false;
        }
        let edges = search.escalation.edges_of(at).iter();
        let mut reads = edges.filter_map(own_held).filter(|held| {
            held.permission.resource == "secrets"
                && held.permission.verb != "create"
                && held.covers(Name::Every)
        });
        reads.any(|held| {
            let accounts = Node::Set(Set::Accounts(held.namespace.map(str::to_owned)));
            let accounts = search.escalation.find(&accounts);
            accounts.is_some_and(|accounts| search.certain.steps(accounts).is_some())
        })
    }
}

/// How many subjects have a role.
fn bound_subjects(node: &ClusterNode<'_>) -> usize {
    let bindings = node.rbac.bindings().iter();
    let bindings = bindings.filter(|binding| node.rbac.role_of(binding).is_some());
    let subjects = bindings.flat_map(|binding| {
        let subjects = binding.subjects.iter();
        subjects.filter_map(move |subject| SubjectId::of(subject, binding))
    });
    subjects.collect::<BTreeSet<_>>().len()
}

/// `ClusterRoleBinding ops of deployer, rule 2`.
pub fn source(grant: &Grant<'_>) -> String {
    format!(
        "{} of {}, rule {}",
        binding_text(grant.binding),
        grant.role.metadata.name,
        grant.rule + 1
    )
}

/// The permission of an edge that is by one which the subject has by itself and not from the system.
fn own_held<'e, 'g>(edge: &'e Edge<'g>) -> Option<&'e Held<'g>> {
    match &edge.by {
        By::Method { held, with, .. } if held.outside => Some(held),
        By::Method {
            with: Some(with), ..
        } if with.outside => Some(with),
        _ => None,
    }
}

/// How good a way is that begins with an edge: certain before not, then the fewest steps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    open: bool,
    steps: usize,
    number: usize,
}

impl Rank {
    fn over(self, machines: bool) -> Over {
        Over {
            certain: !self.open,
            machines,
        }
    }
}

/// The shortest ways to the cluster, from everything.
struct Search<'e, 'g> {
    escalation: &'e Escalation<'g>,
    certain: ToCluster,
    all: ToCluster,
    certain_by_nodes: ToCluster,
    all_by_nodes: ToCluster,
}

impl<'e, 'g> Search<'e, 'g> {
    fn of(escalation: &'e Escalation<'g>) -> Self {
        let to = |certain, machines| escalation.to_cluster(Over { certain, machines });
        Self {
            certain: to(true, false),
            all: to(false, false),
            certain_by_nodes: to(true, true),
            all_by_nodes: to(false, true),
            escalation,
        }
    }

    /// Whether a subject is cluster-admin, itself or by a group that it is surely in.
    fn is_admin(&self, at: usize) -> bool {
        self.certain.steps(at) == Some(0)
    }

    fn to(&self, over: Over) -> &ToCluster {
        match (over.certain, over.machines) {
            (true, false) => &self.certain,
            (false, false) => &self.all,
            (true, true) => &self.certain_by_nodes,
            (false, true) => &self.all_by_nodes,
        }
    }

    /// The best way of each family, certain ones first, then by steps.
    fn ways(&self, at: usize, machines: bool) -> Vec<Way<'g>> {
        let mut best: BTreeMap<Family, Rank> = BTreeMap::new();
        let mut tried = BTreeSet::new();
        for (family, least) in self.begins(at, machines) {
            // What it takes at least, so the first that takes no more is the best.
            let known = best.get(&family).copied();
            let to = self.escalation.edges_of(at).get(least.number).map(Edge::to);
            if known.is_some_and(|known| known <= least) || !tried.insert((family, least.open, to))
            {
                continue;
            }
            let over = least.over(machines);
            if let Some(edges) = self.by_edge(over, at, least.number) {
                let steps = count(&edges);
                let rank = Rank { steps, ..least };
                best.entry(family)
                    .and_modify(|known| *known = rank.min(*known))
                    .or_insert(rank);
            }
        }
        let mut ways: Vec<Way<'g>> = best
            .values()
            .filter_map(|rank| self.way(at, rank.over(machines), rank.number))
            .collect();
        ways.sort_by_key(|way| (way.open.is_some(), way.steps));
        ways
    }

    /// The edges that ways may begin with, those that may be the shortest first: by the shortest way from
    /// where each leads, which may go back.
    fn begins(&self, at: usize, machines: bool) -> Vec<(Family, Rank)> {
        let mut begins = Vec::new();
        for (number, edge) in self.escalation.edges_of(at).iter().enumerate() {
            let By::Method { method, .. } = &edge.by else {
                continue;
            };
            if own_held(edge).is_none() {
                continue;
            }
            for certain in [true, false] {
                let over = Over { certain, machines };
                let steps = self.to(over).steps(edge.to()).filter(|_| over.takes(edge));
                let rank = steps.map(|steps| Rank {
                    open: !certain,
                    steps: steps + 1,
                    number,
                });
                begins.extend(rank.map(|rank| (method.family, rank)));
            }
        }
        begins.sort_by_key(|(_, rank)| *rank);
        begins
    }

    /// The edges of the shortest way that begins with an edge and does not come back to its begin.
    fn by_edge(&self, over: Over, at: usize, number: usize) -> Option<Vec<(usize, &'e Edge<'g>)>> {
        let edge = self.escalation.edges_of(at).get(number)?;
        if !over.takes(edge) {
            return None;
        }
        let to = self.to(over);
        to.steps(edge.to())?;
        let rest = self.escalation.follow(to, edge.to());
        if rest.iter().all(|(from, _)| *from != at) {
            return Some(std::iter::once((at, edge)).chain(rest).collect());
        }
        // Rare: the best of a set is the subject itself.
        let cluster = self.escalation.find(&Node::Cluster)?;
        let found = self
            .escalation
            .search(at, over, Some(number), Some(cluster));
        found.get(&cluster)?;
        Some(self.escalation.trace(&found, cluster))
    }

    fn way(&self, at: usize, over: Over, number: usize) -> Option<Way<'g>> {
        let edges = self.by_edge(over, at, number)?;
        let (_, first) = edges.first()?;
        let By::Method { method, .. } = &first.by else {
            return None;
        };
        let family = method.family;
        let grant = own_held(first)?.grant?;
        let links = self.escalation.links(&edges);
        let open: Vec<&str> = links
            .iter()
            .filter_map(|link| link.open.as_deref())
            .collect();
        Some(Way {
            family,
            grant,
            steps: links.iter().map(weight).sum(),
            open: (!open.is_empty()).then(|| open.join(", ")),
            links,
        })
    }
}

/// The steps of a link. Whoever maps an IAM principal in aws-auth has to come in as that one too.
fn weight(link: &Link<'_>) -> usize {
    match &link.by {
        By::Member => 0,
        By::Method { method, .. } if method.family == Family::AwsAuth => 2,
        _ => 1,
    }
}

fn count(edges: &[(usize, &Edge<'_>)]) -> usize {
    edges.iter().filter(|(_, edge)| edge.is_step()).count()
}
