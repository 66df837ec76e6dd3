//! From a workload to what whoever has it has: its service account's token, roles, and where its spec lets it out
//! the nodes that it is on.
//!
//! Kubernetes documentation, "Configure Service Accounts for Pods" (whether the token is mounted); EKS User Guide,
//! "Configure Pods to use a Kubernetes service account" and "Learn how EKS Pod Identity grants Pods access to AWS
//! services" (a role comes to a pod without the cluster's own token).

use std::collections::{BTreeMap, HashMap};

use super::edge::{Edge, Rests};
use super::node::{Inside, Set};
use super::{Cause, Control};
use crate::graph::Graph;
use crate::graph::escalation::{self, Node};
use crate::graph::escape::{Gives, System, Verdict, escapes};
use crate::graph::hold::Hold;
use crate::graph::path::EdgeKind;
use crate::graph::workload::{Account, Workload, account_name};
use crate::snapshot::kubernetes::PodSpec;

impl Control<'_, '_> {
    /// What every workload leads to.
    pub(super) fn workloads(&mut self) {
        let graph = self.graph;
        let mut holds: HashMap<usize, Vec<(usize, &Hold)>> = HashMap::new();
        for (at, hold) in graph.holds.iter().enumerate() {
            let known = holds.entry(hold.service_account).or_default();
            known.push((at, hold));
        }
        let mut edges = Vec::new();
        for inside in &self.nodes.clusters {
            let systems = systems(inside);
            let workloads = graph.workloads.workloads.iter().enumerate();
            // Clusters are few.
            for (at, workload) in workloads.filter(|(_, one)| one.cluster == inside.node.key) {
                let accounts = runs_as(graph, inside, workload, &holds);
                let nodes = onto_nodes(inside, workload, &systems);
                let spec = Cause::Spec {
                    workload: workload.id.clone(),
                };
                let spec = Rests::Fact(Box::new(spec));
                let nodes = nodes.into_iter().map(|edge| edge.rests(spec.clone()));
                edges.push((at, accounts.into_iter().chain(nodes).collect::<Vec<_>>()));
            }
        }
        for (at, edges) in edges {
            let from = self.nodes.place(Set::Workload(at));
            for edge in edges {
                self.edge(from, edge);
            }
        }
    }
}

fn systems<'c>(inside: &Inside<'c>) -> HashMap<&'c str, System> {
    let nodes = inside.node.cluster.kubernetes.nodes.iter();
    let system = |node: &'c crate::snapshot::kubernetes::Node| {
        let info = node.status.node_info.as_ref();
        let system = System::of(info.and_then(|info| info.os_image.as_deref()));
        (node.metadata.name.as_str(), system)
    };
    nodes.map(system).collect()
}

/// The service accounts whose tokens its pods have; of those whose token they lack, the roles.
fn runs_as(
    graph: &Graph<'_>,
    inside: &Inside<'_>,
    workload: &Workload<'_>,
    holds: &HashMap<usize, Vec<(usize, &Hold)>>,
) -> Vec<Edge> {
    let mut accounts: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
    for spec in workload.specs() {
        let name = account_name(spec);
        let at = graph
            .workloads
            .service_account(workload.cluster, workload.namespace, name);
        let account = at.and_then(|at| Some((at, graph.workloads.service_accounts.get(at)?)));
        if let Some((at, account)) = account {
            let has = accounts.entry(at).or_default();
            has.0 |= has_token(spec, account);
            has.1 |= projections(spec).next().is_some();
        }
    }
    let mut edges = Vec::new();
    for (at, (has_token, has_other)) in accounts {
        let Some(account) = graph.workloads.service_accounts.get(at) else {
            continue;
        };
        if has_token {
            let to = inside.find(&Node::account(account.namespace, account.name));
            let takes = graph.sdk_text(workload);
            let takes = takes.map_or(String::new(), |takes| format!("; {takes}"));
            let evidence = format!("its pods have the token of {}{takes}", account.label());
            edges.extend(to.map(|to| Edge::is(to, EdgeKind::RunsAs, evidence)));
            continue;
        }
        // EKS puts a token for IRSA into pods whose account is annotated, and one for Pod Identity into all.
        let gets = |(_, hold): &&(usize, &Hold)| {
            let role = graph.principals.get(hold.role).map(|role| role.arn);
            hold.way != EdgeKind::AssumeRoleWebIdentity
                || has_other
                || account.annotated_role() == role
        };
        let own = holds.get(&at).into_iter().flatten().filter(gets);
        edges.extend(own.map(|(at, hold)| super::hold::edge(*at, hold)));
    }
    edges
}

/// Whether its pods have a token for the API server: the pod's word counts before the account's, and a projected one
/// beside both.
fn has_token(spec: &PodSpec, account: &Account<'_>) -> bool {
    let of_account = account
        .object
        .and_then(|one| one.automount_service_account_token);
    let mounted = spec.automount_service_account_token.or(of_account);
    mounted.unwrap_or(true) || projections(spec).any(|audience| audience.is_none())
}

/// For whom the tokens are that it projects.
fn projections(spec: &PodSpec) -> impl Iterator<Item = Option<&str>> {
    let projected = spec.volumes.iter().filter_map(|one| one.projected.as_ref());
    let sources = projected.flat_map(|one| &one.sources);
    let tokens = sources.filter_map(|one| one.service_account_token.as_ref());
    tokens.map(|token| token.audience.as_deref())
}

/// The nodes that its pods are on, and the pods of those, as far as it gets out.
fn onto_nodes(
    inside: &Inside<'_>,
    workload: &Workload<'_>,
    systems: &HashMap<&str, System>,
) -> Vec<Edge> {
    let mut best: BTreeMap<(usize, EdgeKind), Edge> = BTreeMap::new();
    let mut add = |edge: Edge, kind: EdgeKind| {
        let known = best.get(&(edge.to, kind));
        if known.is_none_or(|known| known.open.is_some() && edge.open.is_none()) {
            best.insert((edge.to, kind), edge);
        }
    };
    for pod in &workload.pods {
        let name = pod.spec.node_name.as_deref().unwrap_or_default();
        for (edge, kind) in out_of(inside, &pod.spec, name, systems) {
            add(edge, kind);
        }
    }
    // Pods that are there tell where it is.
    if let (true, Some(template)) = (workload.pods.is_empty(), workload.template) {
        for (edge, kind) in out_of(inside, template, "", systems) {
            add(edge, kind);
        }
    }
    best.into_values().collect()
}

/// Out of a pod onto the node of a name; without a name onto the one where it will be. Fargate's are none of the
/// cluster's nodes.
fn out_of(
    inside: &Inside<'_>,
    spec: &PodSpec,
    name: &str,
    systems: &HashMap<&str, System>,
) -> Vec<(Edge, EdgeKind)> {
    let mut edges = Vec::new();
    for escape in escapes(spec) {
        let system = systems.get(name).copied().unwrap_or(System::Other);
        let mut open = match escape.on(system) {
            Verdict::No(_) => continue,
            Verdict::Conditional(open) => Some(open),
            Verdict::Certain => None,
        };
        let (to, kind) = match (escape.gives, name.is_empty()) {
            (Gives::Node, false) => (Node::Machine(name.to_owned()), EdgeKind::EscapesToNode),
            (Gives::Node, true) => (Node::AnyMachine, EdgeKind::EscapesToNode),
            (Gives::Tokens, false) => (
                Node::Set(escalation::Set::Kubelet(name.to_owned())),
                EdgeKind::ReadsPodTokens,
            ),
            // Whose pods will be beside it is not known.
            (Gives::Tokens, true) => continue,
        };
        if name.is_empty() {
            let once = "once a pod of it runs, on the node where that is";
            open = Some(open.map_or(once.to_owned(), |open| format!("{open}, {once}")));
        }
        if let Some(to) = inside.find(&to) {
            edges.push((Edge::step(to, kind, escape.what).open(open), kind));
        }
    }
    edges
}
