//! What can be controlled in a cluster: subjects, nodes, what a role allows, all of it; and the sets that
//! methods reach as a whole, so that there are no edges from everybody to everybody.

use std::collections::HashMap;

use crate::graph::rbac_subject::{subject_id, subject_text};
use crate::graph::wording::short;
use crate::rbac::SubjectId;
use crate::snapshot::id::object_id;

/// A set that a method reaches as a whole. It stands in no chain.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Set {
    /// The service accounts of a namespace, of all without one: as any of them a pod can be run.
    Accounts(Option<String>),
    /// The names of service accounts, of those too that a binding names and that are not there.
    Names(Option<String>),
    /// The pods: whoever is in one has its token.
    Pods(Option<String>),
    /// The pods whose main process can be written to.
    Attached(Option<String>),
    /// The Secrets that hold a service account's token.
    Tokens(Option<String>),
    /// What makes pods, of a resource (`deployments`): whoever changes it has its pods run as any service
    /// account of the namespace.
    Workloads(&'static str, Option<String>),
    /// All namespaces, with everything in them.
    Namespaces,
    /// The users that a binding names.
    Users,
    /// The groups that a binding names.
    Groups,
    /// The nodes that pods of a namespace are on.
    MachinesOf(String),
    /// The nodes that pods are on of the namespaces that let privileged containers in.
    OpenMachines,
    /// The pods of one node, by its kubelet.
    Kubelet(String),
}

/// Something to control.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// A user, group or service account.
    Subject(SubjectId),
    /// An IAM principal, with what its access policies give. Nobody becomes it inside the cluster: EKS goes by
    /// who signed the request, not by a name that somebody acts under.
    Principal(String),
    /// What a ClusterRole, or with a namespace a Role, allows in a namespace or everywhere.
    Role {
        /// The Role's namespace; none: a ClusterRole.
        of: Option<String>,
        /// Its name.
        name: String,
        /// Where it is bound; none: everywhere.
        within: Option<String>,
    },
    /// Everything in a namespace.
    Namespace(String),
    /// A node of the cluster.
    Machine(String),
    /// A node of the cluster, whichever it is.
    AnyMachine,
    /// The cluster: what a cluster-admin has.
    Cluster,
    /// A set.
    Set(Set),
}

impl Node {
    /// A service account.
    pub fn account(namespace: &str, name: &str) -> Self {
        Self::Subject(SubjectId::service_account(namespace, name))
    }

    /// Whether it stands in a chain.
    pub fn is_shown(&self) -> bool {
        !matches!(self, Self::Set(_))
    }

    /// Its id, of its own among all; `cluster` is the cluster's key, `cluster_id` its own id.
    pub fn id(&self, cluster: &str, cluster_id: &str) -> String {
        let all = |namespace: &Option<String>, kind: &str| {
            object_id(cluster, namespace.as_deref().unwrap_or("*"), kind, "*")
        };
        match self {
            Self::Subject(subject) => subject_id(cluster, subject),
            Self::Principal(arn) => arn.clone(),
            Self::Role {
                of: None,
                name,
                within,
            } => {
                let within = within.as_deref().unwrap_or_default();
                object_id(cluster, within, "ClusterRole", name)
            }
            Self::Role {
                of: Some(namespace),
                name,
                ..
            } => object_id(cluster, namespace, "Role", name),
            Self::Namespace(name) => object_id(cluster, "", "Namespace", name),
            Self::Machine(name) => object_id(cluster, "", "Node", name),
            Self::AnyMachine => object_id(cluster, "", "Node", "*"),
            Self::Cluster => cluster_id.to_owned(),
            Self::Set(Set::Accounts(namespace)) => all(namespace, "ServiceAccount"),
            Self::Set(Set::Names(namespace)) => all(namespace, "ServiceAccountName"),
            Self::Set(Set::Pods(namespace)) => all(namespace, "Pod"),
            Self::Set(Set::Attached(namespace)) => all(namespace, "AttachedPod"),
            Self::Set(Set::Tokens(namespace)) => all(namespace, "Secret"),
            Self::Set(Set::Workloads(resource, namespace)) => all(namespace, resource),
            Self::Set(Set::Namespaces) => object_id(cluster, "", "Namespace", "*"),
            Self::Set(Set::Groups) => object_id(cluster, "", "Group", "*"),
            Self::Set(Set::MachinesOf(namespace)) => object_id(cluster, namespace, "PodNode", "*"),
            Self::Set(Set::OpenMachines) => object_id(cluster, "*", "PodNode", "*"),
            Self::Set(Set::Users) => object_id(cluster, "", "User", "*"),
            Self::Set(Set::Kubelet(name)) => object_id(cluster, "", "Kubelet", name),
        }
    }

    /// In a sentence: `the service account argocd/controller`.
    pub fn text(&self) -> String {
        let within = |within: &Option<String>| match within {
            Some(namespace) => format!(" in {namespace}"),
            None => String::new(),
        };
        match self {
            Self::Subject(subject) => subject_text(subject),
            Self::Principal(arn) => format!("the {}", short(arn)),
            Self::Role {
                of,
                name,
                within: place,
            } => match of {
                None => format!("the ClusterRole {name}{}", within(place)),
                Some(namespace) => format!("the Role {namespace}/{name}"),
            },
            Self::Namespace(name) => format!("everything in {name}"),
            Self::Machine(name) => format!("the node {name}"),
            Self::AnyMachine => "any node".to_owned(),
            Self::Cluster => "the cluster".to_owned(),
            Self::Set(_) => "a set".to_owned(),
        }
    }
}

/// Somebody who has it, as the subject of a sentence.
pub fn holder_text(node: &Node) -> String {
    match node {
        Node::Role { .. } | Node::Namespace(_) => format!("who has {}", node.text()),
        node => node.text(),
    }
}

/// Nodes under numbers.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    pub(super) all: Vec<Node>,
    places: HashMap<Node, usize>,
}

impl Nodes {
    /// The number of a node, a new one where it has none.
    pub(super) fn place(&mut self, node: Node) -> usize {
        if let Some(&at) = self.places.get(&node) {
            return at;
        }
        let at = self.all.len();
        self.all.push(node.clone());
        self.places.insert(node, at);
        at
    }

    /// The number of a node that is known.
    pub(super) fn find(&self, node: &Node) -> Option<usize> {
        self.places.get(node).copied()
    }
}
