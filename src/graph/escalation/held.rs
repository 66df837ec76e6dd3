//! Who holds what a method asks for: one pass over the bindings, each role judged once.

use std::collections::HashMap;

use crate::rbac::defaults::{is_system_subject, outside_subjects};
use crate::rbac::rule::gives;
use crate::rbac::{Authorizer, Grant, Name, Permission, SubjectId};
use crate::snapshot::kubernetes_rbac::Role;

use super::method::{Ask, Method, catalogue};

/// A permission that somebody has, perhaps for some names only.
#[derive(Clone, Copy, Debug)]
pub struct Held<'g> {
    /// The permission.
    pub permission: Permission<'static>,
    /// The role that gives it.
    pub role: &'g Role,
    /// The place of the rule in the role.
    pub rule: usize,
    /// The binding that gives the role; none where the role was gained.
    pub grant: Option<Grant<'g>>,
    /// The namespace that it is limited to.
    pub namespace: Option<&'g str>,
    /// Whether requests for it carry a namespace.
    pub namespaced: bool,
    /// Whether it is not the system that gave it.
    pub outside: bool,
}

impl<'g> Held<'g> {
    /// Whether it holds for this name.
    pub fn covers(&self, name: Name<'_>) -> bool {
        let rule = self.role.rules.get(self.rule);
        rule.is_some_and(|rule| gives(rule, &self.permission.named(name)))
    }

    /// The names that it is limited to; none: it holds for every name.
    pub fn names(&self) -> Option<&'g [String]> {
        let rule = self.role.rules.get(self.rule)?;
        (!rule.resource_names.is_empty()).then_some(rule.resource_names.as_slice())
    }

    /// Whether it holds in a namespace.
    pub fn reaches(&self, namespace: &str) -> bool {
        self.namespace.is_none_or(|own| own == namespace)
    }

    /// `create jobs`, `get pods/exec`.
    pub fn action(&self) -> String {
        let Permission {
            verb,
            resource,
            subresource,
            ..
        } = self.permission;
        match subresource {
            "" => format!("{verb} {resource}"),
            sub => format!("{verb} {resource}/{sub}"),
        }
    }
}

/// What a role gives where it is bound, by the place of the ask among all.
type Given = Vec<(usize, Permission<'static>, bool, usize)>;

/// What a role, wherever it is bound, gives of what the catalogue asks for.
pub(super) struct Judge {
    /// The place of each method's first ask.
    first: HashMap<&'static str, usize>,
    asks: Vec<Ask>,
    judged: HashMap<*const Role, Given>,
}

impl Judge {
    pub(super) fn new() -> Self {
        let mut first = HashMap::new();
        let mut asks = Vec::new();
        for method in catalogue() {
            first.insert(method.id, asks.len());
            asks.extend(method.asks);
        }
        Self {
            first,
            asks,
            judged: HashMap::new(),
        }
    }

    /// The place of an ask of a method.
    pub(super) fn place(&self, method: &Method, ask: usize) -> usize {
        self.first.get(method.id).map_or(usize::MAX, |at| at + ask)
    }

    fn given_by(&mut self, role: &Role) -> &Given {
        let asks = &self.asks;
        self.judged
            .entry(role)
            .or_insert_with(|| given_by(role, asks))
    }

    /// What a holder of a role has.
    pub(super) fn held<'g>(
        &mut self,
        role: &'g Role,
        grant: Option<Grant<'g>>,
        namespace: Option<&'g str>,
        outside: bool,
    ) -> impl Iterator<Item = (usize, Held<'g>)> {
        let given = self.given_by(role).iter();
        let held = given.filter(move |(_, _, namespaced, _)| namespace.is_none() || *namespaced);
        held.map(move |(ask, permission, namespaced, rule)| {
            let held = Held {
                permission: *permission,
                role,
                rule: *rule,
                grant: grant.map(|grant| Grant {
                    rule: *rule,
                    ..grant
                }),
                namespace,
                namespaced: *namespaced,
                outside,
            };
            (*ask, held)
        })
    }
}

/// Of the rules that give a permission the first without names, else each that is limited to some.
fn given_by(role: &Role, asks: &[Ask]) -> Given {
    let mut given = Given::new();
    for (at, ask) in asks.iter().enumerate() {
        for permission in ask.permissions() {
            let permission = permission.named(Name::Any);
            let rules = role.rules.iter().enumerate();
            let giving: Vec<_> = rules.filter(|(_, rule)| gives(rule, &permission)).collect();
            let whole = giving
                .iter()
                .position(|(_, rule)| rule.resource_names.is_empty());
            let giving = match whole.and_then(|at| giving.get(at)) {
                Some(one) => vec![*one],
                None => giving,
            };
            let giving = giving.iter();
            given.extend(giving.map(|(rule, _)| (at, permission, ask.namespaced, *rule)));
        }
    }
    given
}

/// A binding's subject with a role: who, by what, and whether it is not the system that gave it.
pub(super) struct Bound<'g> {
    pub(super) subject: SubjectId,
    pub(super) grant: Grant<'g>,
    pub(super) outside: bool,
}

/// Every subject with every role that it is bound to.
pub(super) fn bound(rbac: &Authorizer) -> impl Iterator<Item = Bound<'_>> {
    rbac.bindings().iter().flat_map(move |binding| {
        let role = rbac.role_of(binding);
        let outside: Vec<SubjectId> = outside_subjects(binding, role)
            .into_iter()
            .filter(|subject| !is_system_subject(subject))
            .filter_map(|subject| SubjectId::of(subject, binding))
            .collect();
        let subjects = role.into_iter().flat_map(move |role| {
            let with_role = move |subject| (role, subject);
            binding.subjects.iter().map(with_role)
        });
        subjects.filter_map(move |(role, subject)| {
            let id = SubjectId::of(subject, binding)?;
            let grant = Grant {
                binding,
                subject,
                role,
                rule: 0,
            };
            Some(Bound {
                outside: outside.contains(&id),
                subject: id,
                grant,
            })
        })
    })
}
