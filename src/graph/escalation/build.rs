//! Builds the edges of a cluster: who holds what, the sets, then each method in turn.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::graph::{ClusterNode, Graph};
use crate::rbac::identity::SYSTEM_MASTERS;
use crate::rbac::{Grant, SubjectId, is_cluster_admin};
use crate::snapshot::kubernetes_meta::Metadata;
use crate::snapshot::kubernetes_rbac::{PolicyRule, Role, RoleKind};

use super::edge::{At, By, Edge};
use super::held::{Bound, Held, Judge, bound};
use super::machines::surest_of_all;
use super::method::{Method, catalogue};
use super::node::{Node, Nodes, Set};
use super::place::Place;

/// A role that a holder has, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Has<'g> {
    pub(super) role: &'g Role,
    pub(super) within: Option<&'g str>,
}

/// A cluster's edges being made.
pub struct Build<'g> {
    pub(super) place: Place<'g>,
    pub(super) nodes: Nodes,
    pub(super) edges: Vec<Vec<Edge<'g>>>,
    judge: Judge,
    /// By ask: who holds it.
    holders: Vec<Vec<(usize, Held<'g>)>>,
    /// By node: what it holds of each ask.
    held: BTreeMap<usize, BTreeMap<usize, Vec<Held<'g>>>>,
    /// By node: its roles.
    pub(super) roles: BTreeMap<usize, Vec<Has<'g>>>,
    /// By node: the groups that it is surely in.
    pub(super) groups: BTreeMap<usize, Vec<usize>>,
    /// Holders from here on are looked at.
    fresh: usize,
    /// Every node that holds something, in the order in which it came.
    holding: Vec<usize>,
}

/// Every verb on everything: what a namespace's admin has in it.
pub(super) static EVERYTHING: LazyLock<Role> = LazyLock::new(|| {
    let all = || vec!["*".to_owned()];
    Role {
        kind: RoleKind::ClusterRole,
        metadata: Metadata {
            name: "cluster-admin".to_owned(),
            ..Metadata::default()
        },
        rules: vec![PolicyRule {
            verbs: all(),
            api_groups: all(),
            resources: all(),
            ..PolicyRule::default()
        }],
        aggregation_rule: None,
    }
});

impl<'g> Build<'g> {
    pub(super) fn new(graph: &'g Graph<'g>, node: &'g ClusterNode<'g>) -> Self {
        let mut build = Self {
            place: Place::of(graph, node),
            nodes: Nodes::default(),
            edges: Vec::new(),
            judge: Judge::new(),
            holders: Vec::new(),
            held: BTreeMap::new(),
            roles: BTreeMap::new(),
            groups: BTreeMap::new(),
            fresh: 0,
            holding: Vec::new(),
        };
        build.place.surest = surest_of_all(&build);
        build.add_subjects();
        build.add_sets();
        build.add_groups();
        build
    }

    /// Adds every method's edges. Those that give permissions make new holders: they are asked again until
    /// none comes.
    pub(super) fn derive(&mut self) {
        let (making, others): (Vec<_>, Vec<_>) =
            catalogue().partition(|method| method.gives == super::method::Gives::Permissions);
        self.fresh = 0;
        loop {
            let upto = self.holding.len();
            for method in &making {
                (method.derive)(self, method);
            }
            if self.holding.len() == upto {
                break;
            }
            self.fresh = upto;
        }
        self.fresh = 0;
        for method in others {
            (method.derive)(self, method);
        }
    }

    /// The number of a node.
    pub(super) fn at(&mut self, node: Node) -> usize {
        let at = self.nodes.place(node);
        if self.edges.len() <= at {
            self.edges.resize_with(at + 1, Vec::new);
        }
        at
    }

    /// Adds an edge.
    pub(super) fn edge(&mut self, from: usize, edge: Edge<'g>) {
        if let Some(edges) = self.edges.get_mut(from) {
            edges.push(edge);
        }
    }

    /// Adds an edge that is no step of its own.
    pub(super) fn link(
        &mut self,
        from: usize,
        to: Node,
        by: By<'g>,
        at: At<'g>,
        open: Option<String>,
    ) {
        let to = self.at(to);
        self.edge(from, Edge { to, by, at, open });
    }

    fn add_subjects(&mut self) {
        let node = self.place.node;
        let rbac = &node.rbac;
        for Bound {
            subject,
            grant,
            outside,
        } in bound(rbac)
        {
            let at = self.at(Node::Subject(subject));
            let within = grant.binding.namespace();
            let admin = within
                .is_none()
                .then(|| is_cluster_admin(&grant.role.rules));
            if let Some(rule) = admin.flatten() {
                // What it may besides leads nowhere that the cluster does not.
                let grant = Grant { rule, ..grant };
                self.link(at, Node::Cluster, By::Admin(Some(grant)), At::Nowhere, None);
                continue;
            }
            self.give(at, grant.role, Some(grant), within, outside);
        }
        self.add_principals();
        let masters = self.at(Node::Subject(SubjectId::Group(SYSTEM_MASTERS.to_owned())));
        self.link(masters, Node::Cluster, By::Admin(None), At::Nowhere, None);
        let cluster = self.at(Node::Cluster);
        for all in [
            Node::Set(Set::Names(None)),
            Node::Set(Set::Namespaces),
            Node::AnyMachine,
        ] {
            self.link(cluster, all, By::All, At::Nowhere, None);
        }
    }

    /// IAM principals with what their access policies give.
    fn add_principals(&mut self) {
        let policies = &self.place.node.policies;
        for binding in policies.bindings() {
            let Some(role) = policies.role_of(binding) else {
                continue;
            };
            for subject in &binding.subjects {
                let at = self.at(Node::Principal(subject.name.clone()));
                let within = binding.namespace();
                let admin = within.is_none().then(|| is_cluster_admin(&role.rules));
                let admin = admin.flatten();
                let grant = Grant {
                    binding,
                    subject,
                    role,
                    rule: admin.unwrap_or_default(),
                };
                match admin {
                    Some(_) => {
                        self.link(at, Node::Cluster, By::Admin(Some(grant)), At::Nowhere, None);
                    }
                    // No role that could be written: RBAC knows nothing of it.
                    None => self.hold(at, role, Some(grant), within, true),
                }
            }
        }
    }

    /// Gives a role to a node.
    pub(super) fn give(
        &mut self,
        at: usize,
        role: &'g Role,
        grant: Option<Grant<'g>>,
        within: Option<&'g str>,
        outside: bool,
    ) {
        self.roles.entry(at).or_default().push(Has { role, within });
        self.hold(at, role, grant, within, outside);
    }

    /// Gives what a role allows to a node.
    fn hold(
        &mut self,
        at: usize,
        role: &'g Role,
        grant: Option<Grant<'g>>,
        within: Option<&'g str>,
        outside: bool,
    ) {
        if let Entry::Vacant(none) = self.held.entry(at) {
            none.insert(BTreeMap::new());
            self.holding.push(at);
        }
        let own = self.held.entry(at).or_default();
        for (ask, held) in self.judge.held(role, grant, within, outside) {
            if self.holders.len() <= ask {
                self.holders.resize_with(ask + 1, Vec::new);
            }
            if let Some(holders) = self.holders.get_mut(ask) {
                holders.push((at, held));
            }
            own.entry(ask).or_default().push(held);
        }
    }

    /// Makes a holder of everything in a namespace, or of a role.
    pub(super) fn gain(&mut self, node: Node, role: &'g Role, within: Option<&'g str>) -> usize {
        let at = self.at(node);
        if !self.held.contains_key(&at) {
            self.give(at, role, None, within, false);
        }
        at
    }

    /// Who holds a method's only permission by itself.
    pub(super) fn holders(&self, method: &Method) -> Vec<(usize, Held<'g>)> {
        let ask = self.judge.place(method, 0);
        self.holders.get(ask).cloned().unwrap_or_default()
    }

    /// Who holds all of a method's permissions, itself or by its groups, with what gives each; its own
    /// first. Left out is who has them from one group alone: that is the group's.
    pub(super) fn holders_of_all(&self, method: &Method) -> Vec<(usize, Vec<Vec<Held<'g>>>)> {
        let asks: Vec<usize> = (0..method.asks.len())
            .map(|ask| self.judge.place(method, ask))
            .collect();
        let fresh: BTreeSet<usize> = self.holding.iter().skip(self.fresh).copied().collect();
        let mut candidates: BTreeSet<usize> = BTreeSet::new();
        let mut of_groups: BTreeSet<usize> = BTreeSet::new();
        for ask in &asks {
            for (at, _) in self.holders.get(*ask).into_iter().flatten() {
                candidates.insert(*at);
                of_groups.insert(*at);
            }
        }
        // Halves that come from two groups, and none of its own.
        let by_groups = self.groups.iter().filter(|(_, groups)| {
            groups
                .iter()
                .filter(|group| of_groups.contains(group))
                .count()
                > 1
        });
        candidates.extend(by_groups.map(|(at, _)| *at));
        let candidates = candidates.into_iter();
        candidates
            .filter(|at| self.fresh == 0 || fresh.contains(at))
            .filter_map(|at| Some((at, self.all_of(at, &asks)?)))
            .collect()
    }

    /// The same for who has them from one group alone and has roles of its own: what these are good for is not
    /// the group's.
    pub(super) fn members_with_roles(&self, method: &Method) -> Vec<(usize, Vec<Vec<Held<'g>>>)> {
        // All members are there from the start; what is gained later is in no group.
        if self.fresh > 0 {
            return Vec::new();
        }
        let asks: Vec<usize> = (0..method.asks.len())
            .map(|ask| self.judge.place(method, ask))
            .collect();
        let members = self.groups.keys().filter(|at| self.roles.contains_key(at));
        members
            .filter(|at| self.all_of(**at, &asks).is_none())
            .filter_map(|at| {
                let groups = self.groups.get(at)?.iter();
                let of_groups = |ask: &usize| -> Vec<Held<'g>> {
                    let held = groups
                        .clone()
                        .filter_map(|group| self.held.get(group)?.get(ask));
                    held.flatten()
                        .map(|held| Held {
                            outside: false,
                            ..*held
                        })
                        .collect()
                };
                let all: Vec<Vec<Held<'g>>> = asks.iter().map(of_groups).collect();
                let has_all = all.iter().all(|held| !held.is_empty());
                has_all.then_some((*at, all))
            })
            .collect()
    }

    fn all_of(&self, at: usize, asks: &[usize]) -> Option<Vec<Vec<Held<'g>>>> {
        let own = |node: usize, ask: usize| -> &[Held<'g>] {
            let held = self.held.get(&node).and_then(|held| held.get(&ask));
            held.map_or(&[], Vec::as_slice)
        };
        let groups = self.groups.get(&at).map_or(&[][..], Vec::as_slice);
        let from_group_alone = groups
            .iter()
            .any(|group| asks.iter().all(|ask| !own(*group, *ask).is_empty()));
        let has_own = asks.iter().any(|ask| !own(at, *ask).is_empty());
        if from_group_alone && !has_own {
            return None;
        }
        let all: Vec<Vec<Held<'g>>> = asks
            .iter()
            .map(|ask| {
                let of_groups = groups.iter().flat_map(|group| own(*group, *ask));
                let of_groups = of_groups.map(|held| Held {
                    outside: false,
                    ..*held
                });
                own(at, *ask).iter().copied().chain(of_groups).collect()
            })
            .collect();
        all.iter().all(|held| !held.is_empty()).then_some(all)
    }

    /// The roles that a node has itself.
    pub(super) fn own_roles(&self, at: usize) -> Vec<Has<'g>> {
        self.roles.get(&at).cloned().unwrap_or_default()
    }

    /// The roles of a node and of the groups that it is surely in.
    pub(super) fn roles_of(&self, at: usize) -> Vec<Has<'g>> {
        let groups = self.groups.get(&at).into_iter().flatten();
        let all = std::iter::once(&at).chain(groups);
        all.filter_map(|at| self.roles.get(at))
            .flatten()
            .copied()
            .collect()
    }

    /// An edge by a method.
    pub(super) fn by_method(
        &mut self,
        from: usize,
        method: &'static Method,
        taken: Taken<'g>,
        to: Node,
    ) {
        let by = By::Method {
            method,
            held: Box::new(taken.held),
            with: taken.with.map(Box::new),
        };
        self.link(from, to, by, taken.at, taken.open);
    }
}

/// With what a method's edge is made.
pub(super) struct Taken<'g> {
    held: Held<'g>,
    with: Option<Held<'g>>,
    at: At<'g>,
    open: Option<String>,
}

impl<'g> Taken<'g> {
    /// By a permission.
    pub(super) fn by(held: Held<'g>) -> Self {
        Self {
            held,
            with: None,
            at: At::Nowhere,
            open: None,
        }
    }

    /// And another.
    pub(super) fn with(self, with: Held<'g>) -> Self {
        Self {
            with: Some(with),
            ..self
        }
    }

    /// By this object.
    pub(super) fn at(self, at: At<'g>) -> Self {
        Self { at, ..self }
    }

    /// If that is so.
    pub(super) fn open(self, open: Option<String>) -> Self {
        Self { open, ..self }
    }
}
