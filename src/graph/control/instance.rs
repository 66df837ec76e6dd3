//! From AWS into the nodes of a cluster: by Systems Manager, SSH keys, start scripts, and instances of one's own.
//!
//! Systems Manager User Guide, "Run Command" and "Session Manager"; EC2 User Guide, "EC2 Instance Connect" and "Run
//! commands when you launch an EC2 instance"; pathfinding.cloud, ssm-001, ssm-002, ec2-002.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::edge::{Edge, Rests};
use super::hold::groups;
use super::node::Inside;
use super::{Caller, Control};
use crate::graph::escalation::Node;
use crate::graph::path::EdgeKind;
use crate::iam::admin::Home;
use crate::iam::escalation::launches;
use crate::iam::evaluate::Decision;
use crate::iam::glob::Pattern;
use crate::snapshot::eks::Nodegroup;
use crate::snapshot::id::Arn;

/// A way into an instance.
struct Way {
    /// The actions, each on the instance.
    actions: &'static [&'static str],
    /// What is done, in words that complete "it …".
    does: &'static str,
    /// What it depends on, where that is never known.
    open: Option<&'static str>,
    /// Whether the instance's own role has to let Systems Manager reach it.
    by_agent: bool,
}

impl Way {
    /// What is open about the agent on a node.
    fn agent(&self, has_agent: bool) -> Option<&'static str> {
        (self.by_agent && !has_agent).then_some(NO_AGENT)
    }
}

const WAYS: &[Way] = &[
    Way {
        actions: &["ssm:sendcommand"],
        does: "runs commands on the node as root (ssm:SendCommand)",
        open: None,
        by_agent: true,
    },
    Way {
        actions: &["ssm:startsession"],
        does: "opens a shell on the node (ssm:StartSession)",
        open: None,
        by_agent: true,
    },
    Way {
        actions: &["ec2-instance-connect:sendsshpublickey"],
        does: "puts its SSH key on the node (ec2-instance-connect:SendSSHPublicKey)",
        open: Some(
            "only where the node's SSH port is open to it and EC2 Instance Connect is installed",
        ),
        by_agent: false,
    },
    Way {
        actions: &[
            "ec2:modifyinstanceattribute",
            "ec2:stopinstances",
            "ec2:startinstances",
        ],
        does: "gives the node another start script (ec2:ModifyInstanceAttribute, ec2:StopInstances, ec2:StartInstances)",
        open: Some("only if its node group lets the node start again"),
        by_agent: false,
    },
];

/// The document that runs a shell script; it is AWS's own, and in every account.
const RUN_SHELL_SCRIPT: &str = "document/AWS-RunShellScript";

/// What is open where a node may have no agent of Systems Manager, or one that may not report.
const NO_AGENT: &str = "only where the node's agent of Systems Manager is at work";

impl Control<'_, '_> {
    /// Who gets into nodes by the API of AWS.
    pub(super) fn instances(&mut self) {
        let mut edges = Vec::new();
        for inside in &self.nodes.clusters {
            let cluster = inside.node.cluster.eks.cluster.as_ref();
            let Some(arn) = cluster.and_then(|one| Arn::parse(&one.arn)) else {
                continue;
            };
            let machines = self.machines(inside, &arn);
            for (from, caller) in self.assume.each() {
                if caller.asker.principal.account != arn.account {
                    continue;
                }
                for way in WAYS
                    .iter()
                    .filter(|way| way.actions.iter().all(|one| caller.names(one)))
                {
                    let found = self.nodes_by(inside, &arn, &machines, caller, way);
                    edges.extend(found.into_iter().map(|edge| (from, edge)));
                }
                edges.extend(
                    self.own_instance(inside, &arn, caller)
                        .map(|edge| (from, edge)),
                );
            }
        }
        for (from, edge) in edges {
            self.edge(from, edge);
        }
    }

    /// By one way: every node where every instance is allowed, else each that is.
    fn nodes_by(
        &self,
        inside: &Inside<'_>,
        cluster: &Arn<'_>,
        machines: &[Machine],
        caller: &Caller<'_, '_>,
        way: &Way,
    ) -> Vec<Edge> {
        let document = (way.actions == ["ssm:sendcommand"]).then(|| {
            let document = format!(
                "arn:{}:ssm:{}::{RUN_SHELL_SCRIPT}",
                cluster.partition, cluster.region
            );
            caller.may("ssm:sendcommand", &document, &|_| {})
        });
        if document.as_ref().is_some_and(Decision::is_denied) {
            return Vec::new();
        }
        let edge = |to: usize, decisions: &[Decision], agent: Option<&str>| {
            let conditional = decisions
                .iter()
                .chain(&document)
                .filter(|one| !one.is_allowed());
            let open = conditional.flat_map(|one| one.conditions.clone());
            let open = open.chain(way.open.into_iter().chain(agent).map(str::to_owned));
            let evidence = format!("it {}{}", way.does, caller.by(decisions));
            let edge = Edge::step(to, EdgeKind::ControlsNode, evidence);
            edge.open(caller.open(open)).rests(Rests::on(decisions))
        };
        let ask = |instance: &str| -> Vec<Decision> {
            let decisions = way
                .actions
                .iter()
                .map(|action| caller.may(action, instance, &|_| {}));
            decisions.collect()
        };
        let denied = |decisions: &[Decision]| decisions.iter().any(Decision::is_denied);
        let any = ask(&instance(cluster, "\u{10FFFF}"));
        let every = Pattern::new(&instance(cluster, "*"));
        let is_alike = way.actions.iter().all(|one| caller.is_alike(one, &every));
        if is_alike && denied(&any) {
            return Vec::new();
        }
        let mut edges = Vec::new();
        let is_unseen = machines.is_empty() && any.iter().all(Decision::is_allowed);
        if (is_alike || is_unseen)
            && let Some(all) = inside.find(&Node::AnyMachine)
        {
            let agents: BTreeSet<_> = machines
                .iter()
                .map(|one| way.agent(one.has_agent))
                .collect();
            // Of nodes that were not seen, nothing is known of their agents.
            let worst = agents.last().copied().unwrap_or(way.agent(false));
            edges.push(edge(all, &any, worst));
            if agents.len() < 2 {
                return edges;
            }
        }
        for machine in machines {
            let decisions = match &machine.instance {
                Some(arn) if !is_alike => ask(arn),
                _ => any.clone(),
            };
            if !denied(&decisions) {
                edges.push(edge(
                    machine.number,
                    &decisions,
                    way.agent(machine.has_agent),
                ));
            }
        }
        edges
    }

    /// The nodes that are instances. A node's provider id ends with that of its instance (`aws:///ZONE/i-…`).
    fn machines(&self, inside: &Inside<'_>, cluster: &Arn<'_>) -> Vec<Machine> {
        let objects = inside.node.cluster.kubernetes.nodes.iter();
        let instances: HashMap<&str, &str> = objects
            .filter_map(|one| {
                let id = one.spec.provider_id.as_deref()?.rsplit('/').next()?;
                let name = one.metadata.name.as_str();
                id.starts_with("i-").then_some((name, id))
            })
            .collect();
        let eks = &inside.node.cluster.eks.nodegroups;
        let with_agent: HashSet<&str> = eks
            .iter()
            .filter(|group| self.has_agent(group))
            .map(|group| group.nodegroup_name.as_str())
            .collect();
        let groups = groups(inside.node);
        let nodes = inside.escalation.nodes().iter().enumerate();
        let named = nodes.filter_map(|(at, node)| match node {
            Node::Machine(name) => Some((at, name.as_str())),
            _ => None,
        });
        named
            .map(|(at, name)| Machine {
                number: inside.number(at),
                instance: instances.get(name).map(|id| instance(cluster, id)),
                has_agent: groups
                    .get(name)
                    .is_some_and(|group| with_agent.contains(group.nodegroup_name.as_str())),
            })
            .collect()
    }

    /// Whether the nodes of a group have an agent of Systems Manager that may report. The AMIs of EKS have it (EKS User
    /// Guide, "Create nodes with optimized Amazon Linux AMIs"); its permissions are the node role's.
    fn has_agent(&self, group: &Nodegroup) -> bool {
        let role = group
            .node_role
            .as_deref()
            .and_then(|arn| self.graph.principals.by_arn(arn));
        let role = role.and_then(|at| self.assume.callers.get(at)?.as_ref());
        group.ami_type.as_deref().is_some_and(|ami| ami != "CUSTOM")
            && role.is_some_and(|role| {
                role.may("ssmmessages:createcontrolchannel", "*", &|_| {})
                    .is_allowed()
            })
    }

    /// An instance with the nodes' role joins the cluster as a node (EKS User Guide, "Self-managed nodes").
    fn own_instance(
        &self,
        inside: &Inside<'_>,
        cluster: &Arn<'_>,
        caller: &Caller<'_, '_>,
    ) -> Option<Edge> {
        let actions = ["ec2:runinstances", "iam:passrole"];
        if !actions.iter().all(|action| caller.names(action)) {
            return None;
        }
        let home = Home {
            partition: cluster.partition,
            account: cluster.account,
        };
        let run = launches(&caller.policies, &caller.asking(), &home, cluster.region)?;
        let roles = self.graph.principals.iter().filter(|(at, _)| {
            let uses = self.graph.node_role(*at);
            uses.iter()
                .any(|one| one.cluster == inside.node.key && one.evidence != "EKS Auto Mode")
        });
        let passed = roles.filter_map(|(_, role)| {
            let service = match cluster.partition {
                "aws-cn" => "ec2.amazonaws.com.cn",
                _ => "ec2.amazonaws.com",
            };
            let pass = caller.may("iam:passrole", role.arn, &|context| {
                context.set("iam:PassedToService", service);
            });
            (!pass.is_denied()).then_some((role, pass))
        });
        let (role, pass) = passed.min_by_key(|(role, pass)| (!pass.is_allowed(), role.arn))?;
        let mut open = vec!["only once pods of worth are put on its node".to_owned()];
        if !run.certain {
            open.extend(run.conditions);
        }
        if !pass.is_allowed() {
            open.extend(pass.conditions.iter().cloned());
        }
        let mut because = pass.because;
        because.extend(run.because);
        let evidence = format!(
            "it starts an instance with the nodes' role {} (iam:PassRole, ec2:RunInstances), which joins the cluster, by {}",
            role.name,
            self.graph.because(&because)
        );
        let to = inside.find(&Node::AnyMachine)?;
        let edge = Edge::step(to, EdgeKind::ControlsNode, evidence);
        let rests = Rests::Statements(because.into());
        Some(edge.open(caller.open(open)).rests(rests))
    }
}

/// A node of the cluster with its instance.
struct Machine {
    number: usize,
    instance: Option<String>,
    has_agent: bool,
}

fn instance(cluster: &Arn<'_>, id: &str) -> String {
    let Arn {
        partition,
        region,
        account,
        ..
    } = cluster;
    format!("arn:{partition}:ec2:{region}:{account}:instance/{id}")
}
