//! An edge: by what one thing is controlled from another.

use crate::rbac::Grant;
use crate::snapshot::kubernetes::{Pod, Secret};

use super::held::Held;
use super::method::Method;

/// By which object.
#[derive(Clone, Debug, Default)]
pub enum At<'g> {
    /// None that could be named.
    #[default]
    Nowhere,
    /// A pod.
    Pod(&'g Pod),
    /// A Secret.
    Secret(&'g Secret),
    /// Something else, in words: `the Deployment web/api`.
    Text(String),
}

impl At<'_> {
    /// In a sentence.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Nowhere => None,
            Self::Pod(pod) => {
                let metadata = &pod.metadata;
                Some(format!(
                    "the pod {}/{}",
                    metadata.namespace(),
                    metadata.name
                ))
            }
            Self::Secret(secret) => {
                let metadata = &secret.metadata;
                let (namespace, name) = (metadata.namespace(), &metadata.name);
                Some(format!("the Secret {namespace}/{name}"))
            }
            Self::Text(text) => Some(text.clone()),
        }
    }
}

/// By what.
#[derive(Clone, Debug)]
pub enum By<'g> {
    /// By a method of the catalogue.
    Method {
        /// Which.
        method: &'static Method,
        /// The permission.
        held: Box<Held<'g>>,
        /// The second one, where it takes two.
        with: Option<Box<Held<'g>>>,
    },
    /// It is in this group.
    Member,
    /// It is cluster-admin: by a binding, or as `system:masters`.
    Admin(Option<Grant<'g>>),
    /// It is among these.
    Among,
    /// The cluster has all of it.
    All,
    /// A pod of it is on this node.
    OnMachine,
}

/// An edge to what is controlled.
#[derive(Clone, Debug)]
pub struct Edge<'g> {
    /// The place of what is controlled.
    pub(super) to: usize,
    /// By what.
    pub by: By<'g>,
    /// By which object.
    pub at: At<'g>,
    /// What it depends on and is not known; none: it is certain.
    pub open: Option<String>,
}

impl Edge<'_> {
    /// The number of what is controlled.
    pub fn to(&self) -> usize {
        self.to
    }

    /// Whether it is a step of its own: a request, going from a node to a pod, or from the cluster to what is in it.
    pub fn is_step(&self) -> bool {
        matches!(self.by, By::Method { .. } | By::OnMachine | By::All)
    }
}
