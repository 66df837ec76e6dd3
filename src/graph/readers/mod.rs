//! Who may read each secret: by policies of IAM, of the secret and of its key; by RBAC, also by starting a pod beside it;
//! and whether the internet leads to one of them.
//!
//! Secrets that the same readers have share one set, so that nothing here is as large as all pairs.

mod cluster;
mod decrypt;
#[cfg(test)]
mod tests;
mod vault;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::Graph;
use super::control::Control;
use super::lineage::Lineage;

/// By what somebody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The API of AWS.
    Aws,
    /// The API of the cluster: get, list or watch.
    Rbac,
    /// A pod of its own in the namespace, which gets the Secret.
    Pod,
}

impl By {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Rbac => "rbac",
            Self::Pod => "pod",
        }
    }
}

/// Somebody who may read a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reader {
    /// An ARN, or the id of a subject of a cluster; `*` is anybody.
    pub id: Rc<str>,
    /// Whether nothing is open.
    pub is_certain: bool,
    /// By what.
    pub by: By,
}

/// Readers of one secret, by id, each once.
pub type Set = Rc<[Reader]>;

/// The nearest of some readers that the internet leads to; it is never certain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposed {
    /// In how many steps.
    pub steps: usize,
    /// To whom.
    pub id: String,
}

/// Who may read what.
#[derive(Debug, Default)]
pub struct Readers {
    /// By place of the lineage's entries.
    entries: Vec<Set>,
    /// By place of the Kubernetes Secrets of the lineage.
    kept: Vec<Set>,
    /// What the internet leads to, with the fewest steps.
    exposed: HashMap<String, usize>,
    /// What was not read of what would tell, a sentence each.
    pub unread: Vec<String>,
}

impl<'s> Graph<'s> {
    /// Who may read each secret of a lineage.
    pub fn readers(&self, lineage: &Lineage<'_>, control: &Control<'_, 's>) -> Readers {
        let mut sets = Sets::default();
        let (entries, unread) = self.vault_readers(lineage, &mut sets);
        let reached = control.from_internet().into_iter();
        Readers {
            entries,
            kept: self.cluster_readers(lineage, &mut sets),
            exposed: reached.map(|one| (one.id, one.steps)).collect(),
            unread,
        }
    }
}

impl Readers {
    /// Who may read the entry at a place.
    pub fn of_entry(&self, at: usize) -> Set {
        self.entries.get(at).cloned().unwrap_or_else(none)
    }

    /// Who may read the Kubernetes Secret at a place.
    pub fn of_kept(&self, at: usize) -> Set {
        self.kept.get(at).cloned().unwrap_or_else(none)
    }

    /// The nearest of these that the internet leads to.
    pub fn exposed<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> Option<Exposed> {
        let found = ids.into_iter().filter_map(|id| {
            Some(Exposed {
                steps: *self.exposed.get(id)?,
                id: id.to_owned(),
            })
        });
        found.min()
    }
}

fn none() -> Set {
    Rc::from([])
}

/// Sets of readers, and their ids, each kept once.
#[derive(Debug, Default)]
struct Sets {
    ids: HashMap<String, Rc<str>>,
    sets: HashMap<Set, Set>,
}

impl Sets {
    fn id(&mut self, id: &str) -> Rc<str> {
        if let Some(known) = self.ids.get(id) {
            return Rc::clone(known);
        }
        let new: Rc<str> = id.into();
        self.ids.insert(id.to_owned(), Rc::clone(&new));
        new
    }

    fn set(&mut self, readers: BTreeMap<Rc<str>, (bool, By)>) -> Set {
        let readers = readers.into_iter();
        let set: Set = readers
            .map(|(id, (is_certain, by))| Reader { id, is_certain, by })
            .collect();
        let known = self.sets.entry(Rc::clone(&set)).or_insert(set);
        Rc::clone(known)
    }
}

/// Notes a reader: the surest way counts, and of those that are as sure the plainest.
fn note(readers: &mut BTreeMap<Rc<str>, (bool, By)>, id: Rc<str>, is_certain: bool, by: By) {
    let better = |known: &(bool, By)| (!is_certain, by) < (!known.0, known.1);
    match readers.get_mut(&id) {
        Some(known) if better(known) => *known = (is_certain, by),
        Some(_) => {}
        None => {
            readers.insert(id, (is_certain, by));
        }
    }
}
