//! Which IAM roles the nodes of a cluster have.

use std::collections::BTreeMap;

use super::Graph;

/// How a role is a node's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeRole<'s> {
    /// The cluster's key.
    pub cluster: &'s str,
    /// What shows it: `node group workers`.
    pub evidence: String,
}

/// The roles of nodes, by place. A role is a node's by what uses it, never by its name.
pub(super) fn of<'s>(graph: &Graph<'s>) -> BTreeMap<usize, Vec<NodeRole<'s>>> {
    let mut roles: BTreeMap<usize, Vec<NodeRole<'s>>> = BTreeMap::new();
    let mut add = |role: Option<usize>, cluster, evidence| {
        if let Some(role) = role {
            let uses = roles.entry(role).or_default();
            let node_role = NodeRole { cluster, evidence };
            if !uses.contains(&node_role) {
                uses.push(node_role);
            }
        }
    };
    for node in &graph.clusters {
        let eks = &node.cluster.eks;
        for group in &eks.nodegroups {
            let role = group.node_role.as_deref();
            add(
                role.and_then(|arn| graph.principals.by_arn(arn)),
                node.key,
                format!("node group {}", group.nodegroup_name),
            );
        }
        let auto_mode = eks
            .cluster
            .as_ref()
            .and_then(|cluster| cluster.compute_config.as_ref())
            .and_then(|config| config.node_role_arn.as_deref());
        add(
            auto_mode.and_then(|arn| graph.principals.by_arn(arn)),
            node.key,
            "EKS Auto Mode".to_owned(),
        );
        for access in node.access.all.iter().filter(|access| access.is_node()) {
            if access.is_fargate() {
                continue;
            }
            let way = match access.kind {
                Some(kind) => format!("access entry of type {kind}"),
                None => "aws-auth, group system:nodes".to_owned(),
            };
            add(graph.access_principal(access), node.key, way);
        }
    }
    roles
}
