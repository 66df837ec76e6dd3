//! What documents say of an action, worked out once for each document and pattern.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{Places, ResourceIndex};
use crate::iam::context::Context;
use crate::iam::document::{Effect, PolicyDocument, ResourcePattern, Resources, Statement};
use crate::iam::evaluate::NamedPolicy;
use crate::iam::glob::Pattern;
use crate::iam::variable::Expanded;

/// A statement that has the action.
pub(super) struct Means<'a> {
    pub(super) statement: &'a Statement,
    /// The resources, where no variable is in them.
    pub(super) places: Option<Places>,
}

/// The resources for certain, and those that may be.
pub(super) struct Both {
    pub(super) certain: Places,
    pub(super) possible: Places,
}

/// A document, told by where it lies in memory, and whether it is attached to an identity.
pub(super) type DocumentKey = (*const PolicyDocument, bool);

/// What was worked out so far.
pub(super) struct Meanings<'i, 'a> {
    index: &'i ResourceIndex,
    action: &'i str,
    documents: HashMap<DocumentKey, Rc<Vec<Means<'a>>>>,
    patterns: HashMap<&'a Pattern, Rc<Places>>,
}

impl ResourceIndex {
    /// The resources on which the Allow statements of an identity's documents may allow an action, in lower case,
    /// whatever their variables and conditions come out as.
    pub fn meant<'d>(
        &self,
        documents: impl IntoIterator<Item = &'d PolicyDocument>,
        action: &str,
    ) -> Places {
        let mut meanings = Meanings::new(self, action);
        let context = Context::partial();
        let mut out = Places::none(self.len());
        for statement in documents.into_iter().flat_map(|one| &one.statements) {
            if statement.effect != Effect::Allow || !statement.has_action(action) {
                continue;
            }
            let means = Means {
                places: meanings.fixed(&statement.resources, true),
                statement,
            };
            out.join(&meanings.both(&means, true, &context).possible);
        }
        out
    }
}

impl<'i, 'a> Meanings<'i, 'a> {
    pub(super) fn new(index: &'i ResourceIndex, action: &'i str) -> Self {
        Self {
            index,
            action,
            documents: HashMap::new(),
            patterns: HashMap::new(),
        }
    }

    /// What a document says of the action.
    pub(super) fn document(
        &mut self,
        policy: &'a NamedPolicy,
        identity: bool,
    ) -> Rc<Vec<Means<'a>>> {
        let key = (Arc::as_ptr(&policy.document), identity);
        if let Some(found) = self.documents.get(&key) {
            return Rc::clone(found);
        }
        let statements = policy.document.statements.iter();
        let having = statements.filter(|s| s.has_action(self.action));
        let means: Vec<Means<'a>> = having
            .map(|statement| Means {
                statement,
                places: self.fixed(&statement.resources, identity),
            })
            .collect();
        let means = Rc::new(means);
        self.documents.insert(key, Rc::clone(&means));
        means
    }

    /// The places of resources without variables.
    fn fixed(&mut self, resources: &'a Resources, identity: bool) -> Option<Places> {
        let mut out = Places::none(self.index.len());
        let (list, but) = match resources {
            Resources::Omitted if identity => return Some(out),
            Resources::Omitted => return Some(Places::all(self.index.len())),
            Resources::Only(list) => (list, false),
            Resources::AllBut(list) => (list, true),
        };
        for resource in list {
            out.join(&self.matches(resource.template.fixed()?));
            if let Some(padded) = resource.padded(identity) {
                out.join(&self.matches(padded));
            }
        }
        Some(if but { self.but(&out) } else { out })
    }

    fn but(&self, places: &Places) -> Places {
        let mut all = Places::all(self.index.len());
        all.take(places);
        all
    }

    fn matches(&mut self, pattern: &'a Pattern) -> Rc<Places> {
        let index = self.index;
        let found = self.patterns.entry(pattern).or_insert_with(|| {
            let mut out = Places::none(index.len());
            index.add_matches(pattern, &mut out);
            Rc::new(out)
        });
        Rc::clone(found)
    }

    /// The places of a statement's resources in a context.
    pub(super) fn both(&self, means: &Means<'a>, identity: bool, context: &Context) -> Both {
        if let Some(places) = &means.places {
            return Both {
                certain: places.clone(),
                possible: places.clone(),
            };
        }
        let none = Places::none(self.index.len());
        let mut out = Both {
            certain: none.clone(),
            possible: none,
        };
        let (Resources::Only(list) | Resources::AllBut(list)) = &means.statement.resources else {
            return out;
        };
        for resource in list {
            self.add_open(resource, identity, context, &mut out);
        }
        if matches!(means.statement.resources, Resources::AllBut(_)) {
            return Both {
                certain: self.but(&out.possible),
                possible: self.but(&out.certain),
            };
        }
        out
    }

    /// Adds what a resource matches: nothing where a variable in it has no value.
    fn add_open(
        &self,
        resource: &ResourcePattern,
        identity: bool,
        context: &Context,
        out: &mut Both,
    ) {
        let mut add = |pattern: &Pattern, certain: bool| {
            self.index.add_matches(pattern, &mut out.possible);
            if certain {
                self.index.add_matches(pattern, &mut out.certain);
            }
        };
        if let Some(padded) = resource.padded(identity) {
            add(padded, true);
        }
        match resource.template.expand(context, false) {
            Expanded::Pattern(pattern) => add(&pattern, true),
            Expanded::Unknown(pattern) => add(&pattern, false),
            Expanded::Absent => {}
        }
    }
}
