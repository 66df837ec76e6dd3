//! Who comes to control what: IAM principals, accounts and what is in the clusters, in one graph.
//!
//! The edges inside a cluster are those of [`super::escalation`]; here are those in AWS, from AWS into the clusters,
//! and back out of them. Searches go backwards from a goal, so that who may assume a role is asked only of roles
//! that lead there. Edges to many at once go to a set, so that their number does not grow with the product.

mod account;
mod assume;
mod cause;
mod changed;
mod data;
mod edge;
mod ends;
mod enter;
mod entry;
mod escape;
mod hold;
mod image;
mod imds;
mod instance;
mod internet;
mod jewel;
mod joined;
mod last;
mod launch_template;
mod least;
mod method;
mod node;
mod origins;
mod paths;
mod provider;
mod reach;
mod search;
mod secret;
mod session_tags;
mod static_key;
#[cfg(test)]
mod tests;
mod trusted;
mod volume;
mod way;

pub use cause::Cause;
pub use data::{reads, services as data_services};
pub use ends::{End, SETS};
pub use node::{INTERNET, Known, Node};
pub use origins::{Goal, Origins};
pub use paths::{Paths, Wanted};
pub use reach::{Kind, Reached};
pub use search::Toward;
pub use way::{Taken, Way};

use std::cell::OnceCell;

use super::Graph;
use super::decision::Asker;
use super::exposure::Exposure;
use crate::iam::arn::is_service_linked_role;
use crate::iam::context::Context;
use crate::iam::document::Effect;
use crate::iam::evaluate::{Decision, NamedPolicy, Policies, Request, ResourcePolicy, evaluate};
use crate::iam::glob::Pattern;
use crate::iam::truth::Truth;

use assume::Assume;
use changed::Worked;
use edge::Edge;
use node::{Nodes, Set};
use search::Before;

/// The joined graph.
pub struct Control<'g, 's> {
    graph: &'g Graph<'s>,
    nodes: Nodes<'g>,
    /// By number of a node: the edges from it, but those inside clusters and those to roles that it may assume.
    edges: Vec<Vec<Edge>>,
    assume: Assume<'g, 's>,
    /// The workloads that the internet reaches.
    exposures: Vec<Exposure>,
    worked: Worked,
    /// By number of a node: the edges into it, those that are certain and all.
    into: [OnceCell<Vec<Vec<Before>>>; 2],
}

impl std::fmt::Debug for Control<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let edges: usize = self.edges.iter().map(Vec::len).sum();
        write!(
            f,
            "{} nodes, {edges} edges beside those inside clusters",
            self.nodes.len()
        )
    }
}

impl<'s> Graph<'s> {
    /// Who comes to control what.
    pub fn control<'g>(&'g self) -> Control<'g, 's> {
        let mut control = Control {
            graph: self,
            nodes: Nodes::of(self),
            edges: Vec::new(),
            assume: Assume::of(self),
            exposures: self.exposures(),
            worked: Worked::default(),
            into: Default::default(),
        };
        control.sessions();
        control.accounts();
        control.methods();
        control.providers();
        control.enter();
        control.entries();
        control.holds();
        control.instances();
        control.launch_templates();
        control.workloads();
        control.static_keys();
        control.volumes();
        control.images();
        control.imds();
        control.internet();
        control
    }
}

/// An IAM principal with what is known of its requests.
pub(super) struct Caller<'g, 's> {
    graph: &'g Graph<'s>,
    pub(super) asker: Asker<'g, 's>,
    pub(super) policies: Policies<'g>,
    pub(super) context: Context,
}

impl<'g, 's> Caller<'g, 's> {
    fn of(graph: &'g Graph<'s>, at: usize) -> Option<Self> {
        let principal = graph.principals.get(at)?;
        // Nobody acts as such a role but its service.
        if is_service_linked_role(principal.arn) {
            return None;
        }
        let asker = Asker::new(principal, None)?;
        Some(Self {
            graph,
            policies: asker.policies(graph),
            context: asker.context(graph),
            asker,
        })
    }

    /// Whether some statement of its own allows an action, in lower case, on anything, and its boundary does. It is cheap,
    /// and most have none.
    fn names(&self, action: &str) -> bool {
        let names = |policies: &[NamedPolicy]| {
            let mut statements = policies.iter().flat_map(|one| &one.document.statements);
            statements.any(|one| one.effect == Effect::Allow && one.has_action(action))
        };
        let boundary = self.policies.boundary;
        names(self.policies.identity) && (boundary.is_empty() || names(boundary))
    }

    /// Whether its policies say the same of an action, in lower case, on each of these resources: each statement that
    /// has the action has all of them, or none.
    fn is_alike(&self, action: &str, resources: &Pattern) -> bool {
        let Policies {
            identity,
            boundary,
            session,
            scps,
            ..
        } = &self.policies;
        let lists = [*identity, *boundary, *session].into_iter();
        let policies = lists.chain(scps.iter().map(Vec::as_slice)).flatten();
        let mut statements = policies.flat_map(|one| &one.document.statements);
        statements.all(|one| {
            !one.has_action(action)
                || one.has_one_of(resources, true, &self.context) != Truth::Unknown
        })
    }

    /// The same with other policies.
    fn with_policies(&self, policies: Policies<'g>) -> Self {
        Self {
            graph: self.graph,
            asker: self.asker.clone().with_policies(policies),
            policies,
            context: self.context.clone(),
        }
    }

    /// What is known of each of its requests.
    fn asking(&self) -> Context {
        let mut context = self.context.clone();
        context
            .set("aws:PrincipalIsAWSService", "false")
            .set("aws:ViaAWSService", "false")
            .set("aws:SecureTransport", "true");
        context
    }

    /// The decision of its own policies, with what is known of the request besides.
    fn may(&self, action: &str, resource: &str, known: &dyn Fn(&mut Context)) -> Decision {
        let mut context = self.asking();
        self.graph.know_resource(resource, &mut context);
        known(&mut context);
        let request = Request {
            resource_account: self.asker.principal.account,
            ..Request::new(&self.asker.caller, action, resource, &context)
        };
        let policies = Policies {
            resource: ResourcePolicy::None,
            ..self.policies
        };
        evaluate(&request, &policies)
    }

    /// By which statements, to stand behind what it does: `, by inline eks, statement 1`.
    fn by<'d>(&self, decisions: impl IntoIterator<Item = &'d Decision>) -> String {
        let mut because: Vec<_> = Vec::new();
        for one in decisions.into_iter().flat_map(|one| &one.because) {
            if !because.contains(one) {
                because.push(one.clone());
            }
        }
        match because.is_empty() {
            true => String::new(),
            false => format!(", by {}", self.graph.because(&because)),
        }
    }

    /// What an edge by its policies depends on: the open conditions, and policies that were not seen.
    fn open(&self, conditions: impl IntoIterator<Item = String>) -> Option<String> {
        let unseen = self.asker.unseen().cloned();
        let mut all: Vec<String> = conditions.into_iter().chain(unseen).collect();
        all.sort();
        all.dedup();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

impl<'g> Control<'g, '_> {
    /// Adds an edge; but not to what a changed principal has as it is, for it is still itself.
    fn edge(&mut self, from: usize, edge: Edge) {
        let as_it_is = self.nodes.before_change(from);
        if as_it_is.is_some_and(|at| self.leads_to(at, edge.to)) {
            return;
        }
        // An end that is named after a search has edges of its own.
        self.into = Default::default();
        if self.edges.len() <= from {
            self.edges.resize_with(from + 1, Vec::new);
        }
        if let Some(edges) = self.edges.get_mut(from) {
            edges.push(edge);
        }
    }

    fn leads_to(&self, from: usize, to: usize) -> bool {
        let mut edges = self.own_edges(from).iter();
        edges.any(|edge| edge.to == to && edge.open.is_none())
    }

    /// A set leads to what is in it.
    fn among(&mut self, set: usize, to: usize) {
        self.edge(set, Edge::among(to));
    }

    /// The number of a set, which leads to what is in it.
    fn set(&mut self, set: Set, members: impl IntoIterator<Item = usize>) -> usize {
        if let Some(known) = self.nodes.find(&set) {
            return known;
        }
        let at = self.nodes.place(set);
        for member in members {
            self.among(at, member);
        }
        at
    }

    /// The edges from a node but those inside clusters and those to roles that it may assume.
    fn own_edges(&self, at: usize) -> &[Edge] {
        self.edges.get(at).map_or(&[], Vec::as_slice)
    }

    /// What was joined.
    pub fn nodes(&self) -> &Nodes<'g> {
        &self.nodes
    }
}
