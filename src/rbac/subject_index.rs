//! From a subject to the bindings that name it.

use std::collections::{HashMap, HashSet};

use super::identity::SubjectId;
use crate::snapshot::kubernetes_rbac::RoleBinding;

/// The bindings of one scope, by who gets them. Service accounts stand under their user names.
#[derive(Debug, Default)]
pub(super) struct SubjectIndex {
    users: HashMap<Box<str>, Bindings>,
    groups: HashMap<Box<str>, Bindings>,
}

/// The bindings of one subject in one scope.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    pub(super) all: Vec<Entry>,
    /// Only the first for each role: the others cannot change an answer.
    pub(super) distinct: Vec<Entry>,
}

/// A subject of a binding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) binding: usize,
    pub(super) subject: usize,
}

impl SubjectIndex {
    /// Adds the subjects of a binding. Kinds that the authorizer does not match are left out.
    pub(super) fn add(&mut self, at: usize, binding: &RoleBinding) {
        for (subject, who) in binding.subjects.iter().enumerate() {
            let entry = Entry {
                binding: at,
                subject,
            };
            let list = match SubjectId::of(who, binding) {
                Some(SubjectId::Group(name)) => self.groups.entry(name.into()).or_default(),
                Some(user) => self.users.entry(user.user_name().into()).or_default(),
                None => continue,
            };
            list.all.push(entry);
        }
    }

    /// Finds the first binding for each role; `target_of` is each binding's role.
    pub(super) fn finish(&mut self, target_of: &[usize]) {
        for list in self.users.values_mut().chain(self.groups.values_mut()) {
            let mut seen = HashSet::new();
            let first = |entry: &&Entry| seen.insert(target_of.get(entry.binding));
            list.distinct = list.all.iter().filter(first).copied().collect();
        }
    }

    /// The bindings of a user and of its groups.
    pub(super) fn lists<'i, G: AsRef<str>>(
        &'i self,
        user: Option<&str>,
        groups: &'i [G],
    ) -> impl Iterator<Item = &'i Bindings> {
        let own = user.and_then(|user| self.users.get(user));
        own.into_iter().chain(
            groups
                .iter()
                .filter_map(|group| self.groups.get(group.as_ref())),
        )
    }
}
