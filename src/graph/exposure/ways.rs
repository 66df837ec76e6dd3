//! The ways from the internet to a workload.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::door::Opener;

/// A way from the internet to a workload.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WayIn {
    /// What shows it: the load balancer, the Service, the port.
    pub evidence: String,
    /// What it depends on and is not known; none: it is certain that requests come so far.
    pub open: Option<String>,
    /// Whose load balancer it is over, where what that says of itself decides whether it is on the internet.
    pub opener: Option<Opener>,
}

/// Ways from the internet, by their evidence, those that depend on nothing first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    ways: Vec<Rc<WayIn>>,
    opener: Option<Opener>,
}

impl Ways {
    /// Those of these that differ in their evidence; of one evidence the surest.
    pub(super) fn of<'w>(found: impl IntoIterator<Item = &'w Rc<WayIn>>) -> Self {
        let mut by_evidence: BTreeMap<&str, &Rc<WayIn>> = BTreeMap::new();
        for way in found {
            let known = by_evidence.entry(&way.evidence).or_insert(way);
            if known.open.is_some() && way.open.is_none() {
                *known = way;
            }
        }
        let mut ways: Vec<Rc<WayIn>> = by_evidence.into_values().cloned().collect();
        ways.sort_by_key(|way| way.open.is_some());
        let first = ways.first().and_then(|way| way.opener.as_ref());
        let opener =
            first.filter(|first| ways.iter().all(|way| way.opener.as_ref() == Some(first)));
        let opener = opener.cloned();
        Self { ways, opener }
    }

    /// The first of the surest.
    pub fn first(&self) -> Option<&WayIn> {
        self.ways.first().map(AsRef::as_ref)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ways.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ways.is_empty()
    }

    /// Whether it is certain that requests from the internet come so far.
    pub fn is_certain(&self) -> bool {
        self.first().is_some_and(|way| way.open.is_none())
    }

    /// Whose load balancer all of them are over, if there is one such.
    pub fn only_opener(&self) -> Option<&Opener> {
        self.opener.as_ref()
    }
}
