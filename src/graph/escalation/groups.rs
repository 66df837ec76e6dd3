//! Who is surely in which group.

use crate::graph::ClusterNode;
use crate::graph::path::EdgeKind;
use crate::rbac::identity::{AUTHENTICATED, groups_of_members};
use crate::rbac::{Identity, SubjectId};

use super::build::Build;
use super::edge::{At, By, Edge};
use super::node::Node;

impl Build<'_> {
    /// Who is surely in which group: service accounts in theirs, IAM principals in those of their access entry,
    /// everybody authenticated in that.
    pub(super) fn add_groups(&mut self) {
        let nodes = self.nodes.all.iter().enumerate();
        let groups: Vec<(usize, Vec<String>)> = nodes
            .filter_map(|(at, node)| match node {
                Node::Subject(subject) => Some((at, sure_groups(subject))),
                Node::Principal(arn) => Some((at, entry_groups(self.place.node, arn))),
                _ => None,
            })
            .collect();
        for (at, groups) in groups {
            for group in groups {
                let Some(group) = self.nodes.find(&Node::Subject(SubjectId::Group(group))) else {
                    continue;
                };
                if group != at {
                    self.groups.entry(at).or_default().push(group);
                    let edge = Edge {
                        to: group,
                        by: By::Member,
                        at: At::Nowhere,
                        open: None,
                    };
                    self.edge(at, edge);
                }
            }
        }
    }
}

/// The groups that an IAM principal is surely in: those of its access entry.
fn entry_groups(node: &ClusterNode<'_>, arn: &str) -> Vec<String> {
    let mut ways = node.access.all.iter();
    let access = ways.find(|one| one.way == EdgeKind::AccessEntry && one.principal == arn);
    let own = access.map_or(&[][..], |access| access.groups.as_slice());
    let own = own.iter().filter(|group| !group.contains("{{"));
    own.cloned().chain([AUTHENTICATED.to_owned()]).collect()
}

/// The groups that a subject is surely in. A user's further groups stand in no Kubernetes object.
fn sure_groups(subject: &SubjectId) -> Vec<String> {
    match subject {
        SubjectId::Group(name) => groups_of_members(name).map(str::to_owned).collect(),
        subject => Identity::of(subject).groups,
    }
}
