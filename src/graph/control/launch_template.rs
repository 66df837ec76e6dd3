//! From AWS into the nodes of a node group: another version of its launch template has another start script.
//!
//! EKS User Guide, "Customize managed nodes with launch templates" (the user data of a template runs on every node) and
//! "Update a managed node group for your cluster" (a new version of the template replaces the nodes).

use super::Control;
use super::edge::{Edge, Rests};
use super::node::{Inside, Set};
use crate::graph::escalation::Node;
use crate::graph::path::EdgeKind;
use crate::iam::evaluate::Decision;
use crate::snapshot::eks::Nodegroup;
use crate::snapshot::id::Arn;

const WRITE: &str = "ec2:createlaunchtemplateversion";
const ROLL: &str = "eks:updatenodegroupversion";

impl Control<'_, '_> {
    /// Who has node groups started again with a template of its own.
    pub(super) fn launch_templates(&mut self) {
        let mut edges: Vec<(usize, Vec<usize>, Edge)> = Vec::new();
        for inside in &self.nodes.clusters {
            let cluster = inside.node.cluster.eks.cluster.as_ref();
            let Some(cluster) = cluster.and_then(|one| Arn::parse(&one.arn)) else {
                continue;
            };
            for group in &inside.node.cluster.eks.nodegroups {
                let Some(template) = template(group, &cluster) else {
                    continue;
                };
                let machines = machines(inside, group);
                for (from, caller) in self.assume.each() {
                    if caller.asker.principal.account != cluster.account
                        || !caller.names(WRITE)
                        || !caller.names(ROLL)
                    {
                        continue;
                    }
                    let decisions = [
                        caller.may(WRITE, &template, &|_| {}),
                        caller.may(ROLL, &group.nodegroup_arn, &|_| {}),
                    ];
                    if decisions.iter().any(Decision::is_denied) {
                        continue;
                    }
                    let open = decisions.iter().filter(|one| !one.is_allowed());
                    let open = open.flat_map(|one| one.conditions.clone());
                    let open = open.chain(["only once the nodes are replaced".to_owned()]);
                    let evidence = format!(
                        "it starts the nodes of {} with a script of its own (ec2:CreateLaunchTemplateVersion, \
                         eks:UpdateNodegroupVersion){}",
                        group.nodegroup_name,
                        caller.by(&decisions)
                    );
                    let edge = Edge::step(0, EdgeKind::ControlsNode, evidence);
                    let edge = edge.open(caller.open(open)).rests(Rests::on(&decisions));
                    edges.push((from, machines.clone(), edge));
                }
            }
        }
        for (from, machines, edge) in edges {
            let to = self.set(Set::These(machines.clone()), machines);
            self.edge(from, Edge { to, ..edge });
        }
    }
}

/// The ARN of a node group's template.
fn template(group: &Nodegroup, cluster: &Arn<'_>) -> Option<String> {
    let id = group.launch_template.as_ref()?.id.as_deref()?;
    let Arn {
        partition,
        region,
        account,
        ..
    } = cluster;
    (!group.nodegroup_arn.is_empty())
        .then(|| format!("arn:{partition}:ec2:{region}:{account}:launch-template/{id}"))
}

/// The nodes of a group; where none is known, whichever there are.
fn machines(inside: &Inside<'_>, group: &Nodegroup) -> Vec<usize> {
    let nodes = inside.node.cluster.kubernetes.nodes.iter();
    let label = "eks.amazonaws.com/nodegroup";
    let own = nodes.filter(|node| node.metadata.labels.get(label) == Some(&group.nodegroup_name));
    let found: Vec<usize> = own
        .filter_map(|node| inside.find(&Node::Machine(node.metadata.name.clone())))
        .collect();
    match found.is_empty() {
        true => inside.find(&Node::AnyMachine).into_iter().collect(),
        false => found,
    }
}
