//! A chain as it is told: from one thing to the next, each with its evidence, sets left out.

use crate::graph::path::{EdgeKind, Step};
use crate::graph::rbac_subject::{binding_text, role_id, subject_id};
use crate::rbac::Grant;
use crate::rbac::access_policy::scope_text;
use crate::snapshot::id::object_id;

use super::Escalation;
use super::edge::{By, Edge};
use super::held::Held;
use super::method::Method;
use super::node::Node;

/// One link of a chain.
#[derive(Clone, Debug)]
pub struct Link<'g> {
    /// Who has control before.
    pub from: Node,
    /// What is gained.
    pub to: Node,
    /// By what.
    pub by: By<'g>,
    /// By which object, in words.
    pub at: Option<String>,
    /// What it depends on and is not known; none: it is certain.
    pub open: Option<String>,
}

/// `ClusterRoleBinding ops of deployer, rule 2`.
pub fn source(held: &Held<'_>) -> String {
    let role = &held.role.metadata.name;
    match &held.grant {
        Some(grant) => scope_text(grant).unwrap_or_else(|| {
            let by = binding_text(grant.binding);
            format!("{by} of {role}, rule {}", held.rule + 1)
        }),
        None => format!("{role}, rule {}", held.rule + 1),
    }
}

impl Link<'_> {
    /// The method, where it is by one.
    pub fn method(&self) -> Option<&'static Method> {
        match self.by {
            By::Method { method, .. } => Some(method),
            _ => None,
        }
    }

    /// The permission, where it is by one.
    pub fn held(&self) -> Option<&Held<'_>> {
        match &self.by {
            By::Method { held, .. } => Some(held),
            _ => None,
        }
    }

    /// Its kind of edge.
    pub fn edge(&self) -> EdgeKind {
        match (&self.by, &self.to) {
            (By::Member, _) if matches!(self.from, Node::Principal(_)) => EdgeKind::AccessEntry,
            (By::Member, _) => EdgeKind::MemberOf,
            (By::Admin(_), _) => EdgeKind::BoundTo,
            (By::OnMachine, _) => EdgeKind::HostsPod,
            (By::All, Node::Subject(_)) => EdgeKind::ActsAs,
            (By::All, Node::Machine(_) | Node::AnyMachine) => EdgeKind::ControlsNode,
            (By::Among | By::All, _) => EdgeKind::Among,
            (By::Method { .. }, Node::Machine(_) | Node::AnyMachine) => EdgeKind::ControlsNode,
            (By::Method { .. }, Node::Cluster | Node::Namespace(_) | Node::Role { .. }) => {
                EdgeKind::GivesItself
            }
            (By::Method { .. }, _) => EdgeKind::ActsAs,
        }
    }

    /// What is done: `has one run as the service account argocd/controller`.
    pub fn does(&self) -> String {
        let to = self.to.text();
        let at = self.at.as_deref().unwrap_or("something");
        match &self.by {
            By::Method { method, with, .. } => {
                let with = with.as_ref().map(|held| held.action()).unwrap_or_default();
                let does = method.does.replace("{at}", at).replace("{with}", &with);
                does.replace("{}", &to)
            }
            By::Member => format!("is in {to}"),
            By::Admin(Some(grant)) => {
                if let Some(policy) = scope_text(grant) {
                    return format!("is cluster-admin by {policy}");
                }
                let by = binding_text(grant.binding);
                let (role, rule) = (&grant.role.metadata.name, grant.rule + 1);
                format!("is cluster-admin by {by} of {role}, rule {rule}")
            }
            By::Admin(None) => "is let through before RBAC is asked".to_owned(),
            By::OnMachine => format!("has {at}, and with it the token of {to}"),
            By::All => format!("has {to}"),
            By::Among => format!("is {to}"),
        }
    }

    /// Whether it is a step of its own, and not what somebody is or has already.
    pub fn is_step(&self) -> bool {
        matches!(self.by, By::Method { .. } | By::OnMachine | By::All)
    }

    /// The permissions: `create pods in every namespace`, `escalate clusterroles and patch clusterroles`.
    pub fn may(&self) -> Option<String> {
        let By::Method { held, with, method } = &self.by else {
            return None;
        };
        // Where the method's words name the second one, it is told there.
        if let Some(with) = with
            .as_ref()
            .filter(|_| method.gives == super::method::Gives::Permissions)
        {
            return Some(format!("{} and {}", held.action(), with.action()));
        }
        let reach = match held.namespace {
            Some(namespace) => format!(" in {namespace}"),
            None if held.namespaced => " in every namespace".to_owned(),
            None => String::new(),
        };
        Some(format!("{}{reach}", held.action()))
    }

    /// A sentence without its begin: `may create pods in ops (RoleBinding …), and so has one run as …`.
    pub fn tells(&self) -> String {
        let open = self.open.as_ref();
        let open = open.map(|open| format!(", {open}")).unwrap_or_default();
        match (self.may(), self.held()) {
            (Some(may), Some(held)) => {
                format!("may {may} ({}), and so {}{open}", source(held), self.does())
            }
            _ => format!("{}{open}", self.does()),
        }
    }
}

impl<'g> Escalation<'g> {
    /// The links of a row of edges: an edge into a set and those out of it are one.
    pub(crate) fn links(&self, edges: &[(usize, &Edge<'g>)]) -> Vec<Link<'g>> {
        let mut links: Vec<Link<'g>> = Vec::new();
        for (from, edge) in edges {
            let (Some(from), Some(to)) = (self.nodes().get(*from), self.nodes().get(edge.to))
            else {
                continue;
            };
            let extends = matches!(edge.by, By::Among);
            match links.last_mut().filter(|_| extends) {
                Some(link) => {
                    link.to = to.clone();
                    link.at = edge.at.text().or(link.at.take());
                    link.open = match (link.open.take(), &edge.open) {
                        (Some(a), Some(b)) => Some(format!("{a}, {b}")),
                        (a, b) => a.or(b.clone()),
                    };
                }
                None => links.push(Link {
                    from: from.clone(),
                    to: to.clone(),
                    by: edge.by.clone(),
                    at: edge.at.text(),
                    open: edge.open.clone(),
                }),
            }
        }
        links
    }

    /// A chain as steps of a path. What a permission gives is told by way of its role.
    pub fn steps(&self, links: &[Link<'g>]) -> Vec<Step> {
        let mut steps = Vec::new();
        for link in links {
            self.add_steps(link, &mut steps);
        }
        steps
    }

    fn add_steps(&self, link: &Link<'g>, steps: &mut Vec<Step>) {
        let key = self.cluster_key();
        let (from, to) = (self.id(&link.from), self.id(&link.to));
        let bound = |grant: &Grant<'_>, rule: usize| {
            if let Some(policy) = scope_text(grant) {
                let cluster = self.cluster_id();
                return Step::new(from.clone(), EdgeKind::AccessEntry, cluster, policy);
            }
            let evidence = format!("{}, rule {}", binding_text(grant.binding), rule + 1);
            let role = role_id(key, grant.role);
            Step::new(from.clone(), EdgeKind::BoundTo, role, evidence)
        };
        match &link.by {
            By::Method { held, with, .. } => {
                let by_role = held.grant.as_ref().map(|grant| bound(grant, held.rule));
                let from = by_role
                    .as_ref()
                    .map_or(from.clone(), |step| step.to.clone());
                let second = with.as_ref().map(|with| format!(" and {}", with.action()));
                let evidence = format!("{}{}", held.action(), second.unwrap_or_default());
                steps.extend(by_role);
                steps.push(Step::new(from, link.edge(), to, evidence));
            }
            By::Admin(Some(grant)) => steps.push(bound(grant, grant.rule)),
            // Whoever is in system:masters needs no role.
            By::Admin(None) | By::Among => {}
            By::Member => {
                let evidence = "every token of it carries the group";
                steps.push(Step::new(from, link.edge(), to, evidence));
            }
            By::All => steps.push(Step::new(from, link.edge(), to, "it is cluster-admin")),
            By::OnMachine => {
                let evidence = link.at.clone().unwrap_or_default();
                steps.push(Step::new(from, link.edge(), to, evidence));
            }
        }
    }

    /// The id of a node.
    pub fn id(&self, node: &Node) -> String {
        match node {
            Node::Subject(subject) => subject_id(self.cluster_key(), subject),
            Node::Namespace(name) => object_id(self.cluster_key(), "", "Namespace", name),
            node => node.id(self.cluster_key(), &self.cluster_id()),
        }
    }
}
