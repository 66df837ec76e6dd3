//! A door: where the internet comes in, before it is known which pods are behind.

use std::rc::Rc;

use crate::snapshot::kubernetes::Labels;

/// Where the internet comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Door<'s> {
    /// What shows it.
    pub(super) what: String,
    /// What it depends on and is not known; empty: it is open.
    pub(super) open: Vec<String>,
    /// Whose load balancer it is, where what that says of itself decides whether it is on the internet.
    pub(super) opener: Option<Opener>,
    /// How its traffic comes to a pod.
    pub(super) arrival: Arrival<'s>,
}

/// What has a load balancer of its own, by namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Opener {
    /// A Service.
    Service(String, String),
    /// An Ingress.
    Ingress(String, String),
}

/// How traffic comes to a pod, as a NetworkPolicy sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arrival<'s> {
    /// From a load balancer, to the pod's own address.
    Balancer,
    /// Over a port of a node, which may be the pod's own.
    Node,
    /// From a proxy among the pods: the namespace and labels of each that may be it.
    Proxy(Rc<[(&'s str, &'s Labels)]>),
}

/// Whether something lets the internet in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lets {
    /// It does.
    In,
    /// It depends on this.
    If(String),
    /// It does not.
    No,
}

impl Lets {
    /// Both must.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::In, other) => other,
            (one, Self::In) => one,
            (Self::If(one), Self::If(other)) => Self::If(format!("{one}, {other}")),
        }
    }

    /// Either is enough.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::In, _) | (_, Self::In) => Self::In,
            (Self::No, other) => other,
            (one, _) => one,
        }
    }

    /// What is open, unless it is closed.
    pub(super) fn conditions(self) -> Option<Vec<String>> {
        match self {
            Self::In => Some(Vec::new()),
            Self::If(open) => Some(vec![open]),
            Self::No => None,
        }
    }
}
