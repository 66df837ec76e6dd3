//! Who in AWS lets itself into a cluster by the EKS API: a new access entry, or its own one changed.
//!
//! EKS User Guide, "Create access entries", "Associate access policies with access entries" and "Change authentication
//! mode to use access entries"; Service Authorization Reference, "Amazon EKS", for the condition keys of each action.

use super::edge::{Edge, Rests};
use super::enter::ENTRY;
use super::node::{Inside, Set};
use super::{Caller, Control};
use crate::graph::access_entry::may_give;
use crate::graph::escalation::{self, Node};
use crate::iam::context::Context;
use crate::iam::evaluate::Decision;
use crate::rbac::SubjectId;
use crate::rbac::access_policy::CLUSTER_ADMIN;
use crate::snapshot::id::Arn;

const CREATE: &str = "eks:createaccessentry";
const ASSOCIATE: &str = "eks:associateaccesspolicy";
const UPDATE: &str = "eks:updateaccessentry";
const CONFIGURE: &str = "eks:updateclusterconfig";

/// A character that no policy names: it stands for the id that EKS will give an entry.
const UNNAMED: &str = "\u{10FFFF}";

/// What an access policy at a scope leads to, the best first.
const POLICIES: &[(&str, Option<&str>, Leads)] = &[
    (CLUSTER_ADMIN, None, Leads::Cluster),
    (CLUSTER_ADMIN, Some("kube-system"), Leads::Cluster),
    ("AmazonEKSAdminPolicy", None, Leads::Accounts),
    ("AmazonEKSEditPolicy", None, Leads::Accounts),
];

#[derive(Clone, Copy)]
enum Leads {
    /// To the cluster.
    Cluster,
    /// To every service account: it runs pods in every namespace.
    Accounts,
}

/// A cluster as the EKS API names it.
#[derive(Clone, Copy)]
struct Target<'c> {
    name: &'c str,
    arn: &'c str,
    parts: Arn<'c>,
    mode: Option<&'c str>,
}

/// What is allowed, and what that depends on.
#[derive(Clone, Default)]
struct Allowed {
    decisions: Vec<Decision>,
    open: Vec<String>,
}

impl Allowed {
    /// Nothing where it is denied.
    fn of(decision: Decision) -> Option<Self> {
        if decision.is_denied() {
            return None;
        }
        let conditional = !decision.is_allowed();
        let conditions = decision.conditions.iter().filter(|_| conditional);
        let mut open: Vec<String> = conditions.cloned().collect();
        if conditional && open.is_empty() {
            open.push("only if what is not known of the request allows it".to_owned());
        }
        Some(Self {
            decisions: vec![decision],
            open,
        })
    }

    fn and(mut self, other: Self) -> Self {
        self.decisions.extend(other.decisions);
        self.open.extend(other.open);
        self
    }
}

impl Control<'_, '_> {
    /// Access entries that principals of a cluster's account make or change.
    pub(super) fn entries(&mut self) {
        for at in 0..self.nodes.clusters.len() {
            self.entry_names(at);
            for (from, edge) in self.by_entries(at) {
                self.edge(from, edge);
            }
        }
    }

    /// The users and groups that an entry may give; other names are refused.
    fn entry_names(&mut self, at: usize) {
        let Some(inside) = self.nodes.clusters.get(at) else {
            return;
        };
        let names: Vec<usize> = inside
            .escalation
            .nodes()
            .iter()
            .enumerate()
            .filter(|(_, node)| match node {
                Node::Subject(SubjectId::User(name) | SubjectId::Group(name)) => may_give(name),
                _ => false,
            })
            .map(|(at, _)| inside.number(at))
            .collect();
        let set = self.nodes.place(Set::EntryNames(at));
        for name in names {
            self.among(set, name);
        }
    }

    fn by_entries(&self, at: usize) -> Vec<(usize, Edge)> {
        let mut edges = Vec::new();
        let Some(inside) = self.nodes.clusters.get(at) else {
            return edges;
        };
        let Some(target) = target(inside) else {
            return edges;
        };
        let names = self.nodes.find(&Set::EntryNames(at));
        for (from, caller) in self.assume.each() {
            let here = caller.asker.principal.account == target.parts.account;
            if !here
                || ![CREATE, ASSOCIATE, UPDATE]
                    .iter()
                    .any(|action| caller.names(action))
            {
                continue;
            }
            let asking = Asking {
                control: self,
                inside,
                target,
                caller,
                names,
            };
            let found = asking.new_entry().into_iter().chain(asking.own_entry());
            edges.extend(found.map(|edge| (from, edge)));
        }
        edges
    }
}

/// The cluster, where the API's name for it is known.
fn target<'c>(inside: &Inside<'c>) -> Option<Target<'c>> {
    let cluster = inside.node.cluster.eks.cluster.as_ref()?;
    Some(Target {
        name: &cluster.name,
        arn: &cluster.arn,
        parts: Arn::parse(&cluster.arn)?,
        mode: cluster
            .access_config
            .as_ref()
            .and_then(|config| config.authentication_mode.as_deref()),
    })
}

/// One principal asks for one cluster.
struct Asking<'a, 'g, 's> {
    control: &'a Control<'g, 's>,
    inside: &'a Inside<'g>,
    target: Target<'a>,
    caller: &'a Caller<'g, 's>,
    names: Option<usize>,
}

impl Asking<'_, '_, '_> {
    /// By an entry that it makes for itself.
    fn new_entry(&self) -> Vec<Edge> {
        let Some(mode) = self.mode() else {
            return Vec::new();
        };
        let Some((create, whose)) = self.create(&|_| {}) else {
            return self.with_names(mode);
        };
        let evidence = format!("it makes {whose} an access entry (eks:CreateAccessEntry)");
        let entry = self.new_entry_arn();
        let mut edges = Vec::new();
        if let Some((policy, allowed, to)) = self.associate(&entry) {
            let allowed = mode.and(create).and(allowed);
            let evidence = format!("{evidence} with {policy} (eks:AssociateAccessPolicy)");
            edges.push(self.step(to, evidence, allowed));
        } else {
            edges.extend(self.with_names(mode));
        }
        edges
    }

    /// By the names alone that an entry gives: into a group that has power.
    fn with_names(&self, mode: Allowed) -> Vec<Edge> {
        let any = self.create(&|context| {
            context
                .set_unknown("eks:kubernetesGroups")
                .set_unknown("eks:username");
        });
        let Some((any, whose)) = any else {
            return Vec::new();
        };
        let evidence = format!("it makes {whose} an access entry (eks:CreateAccessEntry)");
        if any.open.is_empty() {
            let to = self
                .names
                .map(|to| self.step(to, evidence.clone(), mode.and(any)));
            return to.into_iter().collect();
        }
        let mut edges = Vec::new();
        for (at, node) in self.inside.escalation.nodes().iter().enumerate() {
            let Node::Subject(subject) = node else {
                continue;
            };
            let created = match subject {
                SubjectId::Group(name) if may_give(name) => self.create(&|context| {
                    context.set_list("eks:kubernetesGroups", [name.as_str()]);
                }),
                SubjectId::User(name) if may_give(name) => self.create(&|context| {
                    context.set("eks:username", name);
                }),
                _ => None,
            };
            if let Some((created, _)) = created {
                let allowed = mode.clone().and(created);
                edges.push(self.step(self.inside.number(at), evidence.clone(), allowed));
            }
        }
        edges
    }

    /// By the entry that it has, or that of a role which it may assume.
    fn own_entry(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        let from = self
            .control
            .graph
            .principals
            .by_arn(self.caller.asker.principal.arn);
        let Some(from) = from else {
            return edges;
        };
        let ways = self.control.graph.ways_in(self.inside.node);
        for access in ways.filter(|access| access.way == ENTRY && !access.is_node()) {
            let Some(of) = self.control.graph.access_principal(access) else {
                continue;
            };
            let mut allowed = Allowed::default();
            let mut whose = "its own access entry".to_owned();
            if of != from {
                let assumed = self.control.assume.edge(from, of);
                let Some(assumed) = assumed else {
                    continue;
                };
                allowed.open.extend(assumed.open.clone());
                whose = format!(
                    "the access entry of {}, which it may assume",
                    access.principal
                );
            }
            let entry = self.entry_arn(&access.principal);
            if let Some((policy, associated, to)) = self.associate(&entry) {
                let evidence = format!("it gives {whose} {policy} (eks:AssociateAccessPolicy)");
                edges.push(self.step(to, evidence, allowed.clone().and(associated)));
            }
            let update = self.caller.may(UPDATE, &entry, &|_| {});
            if let (Some(update), Some(names)) = (Allowed::of(update), self.names) {
                let evidence =
                    format!("it gives {whose} another user name or group (eks:UpdateAccessEntry)");
                edges.push(self.step(names, evidence, allowed.and(update)));
            }
        }
        edges
    }

    fn step(&self, to: usize, evidence: String, allowed: Allowed) -> Edge {
        let evidence = format!("{evidence}{}", self.caller.by(&allowed.decisions));
        let rests = Rests::on(&allowed.decisions);
        let open = self.caller.open(allowed.open);
        Edge::step(to, ENTRY, evidence).open(open).rests(rests)
    }

    /// Whether entries are in force, or can be made so: the mode is changed from CONFIG_MAP, and never back.
    fn mode(&self) -> Option<Allowed> {
        match self.target.mode {
            Some("CONFIG_MAP") => {
                let known = |context: &mut Context| {
                    context.set("eks:authenticationMode", "API_AND_CONFIG_MAP");
                };
                Allowed::of(self.caller.may(CONFIGURE, self.target.arn, &known))
            }
            Some(_) => Some(Allowed::default()),
            None => Some(Allowed {
                decisions: Vec::new(),
                open: vec!["only if the cluster takes access entries: its authentication mode was not read".to_owned()],
            }),
        }
    }

    /// Whether it may make an entry, and for whom: itself, or whoever a condition leaves.
    fn create(&self, known: &dyn Fn(&mut Context)) -> Option<(Allowed, &'static str)> {
        let ask = |own: bool| {
            self.caller.may(CREATE, self.target.arn, &|context| {
                context
                    .set("eks:accessEntryType", "STANDARD")
                    .set_absent("eks:kubernetesGroups")
                    .set_absent("eks:username");
                match own {
                    true => context.set("eks:principalArn", self.caller.asker.principal.arn),
                    false => context.set_unknown("eks:principalArn"),
                };
                known(context);
            })
        };
        if let Some(own) = Allowed::of(ask(true)) {
            return Some((own, "itself"));
        }
        Some((Allowed::of(ask(false))?, "somebody whom it can become"))
    }

    /// The best access policy that it may give an entry, and what that leads to.
    fn associate(&self, entry: &str) -> Option<(String, Allowed, usize)> {
        let partition = self.target.parts.partition;
        POLICIES.iter().find_map(|(policy, namespace, leads)| {
            let decision = self.caller.may(ASSOCIATE, entry, &|context| {
                context.set(
                    "eks:policyArn",
                    &format!("arn:{partition}:eks::aws:cluster-access-policy/{policy}"),
                );
                match namespace {
                    Some(namespace) => context
                        .set("eks:accessScope", "namespace")
                        .set_list("eks:namespaces", [*namespace]),
                    None => context
                        .set("eks:accessScope", "cluster")
                        .set_absent("eks:namespaces"),
                };
            });
            let to = match leads {
                Leads::Cluster => Node::Cluster,
                Leads::Accounts => Node::Set(escalation::Set::Accounts(None)),
            };
            let to = self.inside.find(&to)?;
            let scope = namespace.map_or("at cluster scope".to_owned(), |one| format!("in {one}"));
            Some((format!("{policy} {scope}"), Allowed::of(decision)?, to))
        })
    }

    fn new_entry_arn(&self) -> String {
        self.named_entry(self.caller.asker.principal.arn)
    }

    /// The ARN of the entry of a principal, as it was read, or as EKS forms it.
    fn entry_arn(&self, principal: &str) -> String {
        let entries = self.inside.node.cluster.eks.access.iter();
        let own = entries
            .map(|access| &access.entry)
            .find(|entry| entry.principal_arn == principal);
        let known = own.and_then(|entry| entry.access_entry_arn.clone());
        known.unwrap_or_else(|| self.named_entry(principal))
    }

    /// `arn:aws:eks:REGION:ACCOUNT:access-entry/CLUSTER/role/ACCOUNT/NAME/ID` (Service Authorization Reference).
    fn named_entry(&self, principal: &str) -> String {
        let Arn {
            partition,
            region,
            account,
            ..
        } = self.target.parts;
        let name = self.target.name;
        let arn = Arn::parse(principal);
        let kind = match arn.is_some_and(|arn| arn.resource.starts_with("user/")) {
            true => "user",
            false => "role",
        };
        let (of, who) = arn.map_or((account, ""), |arn| (arn.account, arn.name()));
        format!(
            "arn:{partition}:eks:{region}:{account}:access-entry/{name}/{kind}/{of}/{who}/{UNNAMED}"
        )
    }
}
