//! The compiled authorizer: objects in, an index from subject to bindings, answers out.

use std::collections::{BTreeMap, HashMap};

use super::aggregation;
use super::attributes::{Attributes, Permission, Within};
use super::built_in;
use super::compiled::{Question, Rule, Symbols};
use super::identity::{Identity, SYSTEM_MASTERS};
use super::subject_index::{Entry, SubjectIndex};
use crate::snapshot::kubernetes_rbac::{BindingKind, Role, RoleBinding, RoleKind, Subject};

/// Answers as the RBAC authorizer of one cluster's kube-apiserver.
#[derive(Debug)]
pub struct Authorizer {
    /// With the rules in force: hand-written aggregated roles have what they gather.
    roles: Vec<Role>,
    /// ClusterRoleBindings first, then by namespace; by name within.
    bindings: Vec<RoleBinding>,
    symbols: Symbols,
    /// One for each role that a binding refers to, existing or not.
    pub(super) targets: Vec<Target>,
    /// Each binding's target.
    pub(super) target_of: Vec<usize>,
    cluster: SubjectIndex,
    namespaces: BTreeMap<Box<str>, SubjectIndex>,
}

/// What a roleRef refers to.
#[derive(Debug)]
pub(super) struct Target {
    /// None: there is no such role.
    pub(super) role: Option<usize>,
    pub(super) rules: Vec<Rule>,
}

impl Target {
    pub(super) fn first_that_allows(&self, question: &Question<'_>) -> Option<usize> {
        self.rules.iter().position(|rule| rule.allows(question))
    }
}

/// One permission with where it comes from: a rule of a role that a binding gives to a subject.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The binding.
    pub binding: &'a RoleBinding,
    /// The subject of the binding that applies.
    pub subject: &'a Subject,
    /// The role, with the rules in force.
    pub role: &'a Role,
    /// The place of the rule in `role.rules`.
    pub rule: usize,
}

impl Grant<'_> {
    /// The namespace that the grant is limited to; none is the whole cluster.
    pub fn namespace(&self) -> Option<&str> {
        self.binding.namespace()
    }
}

/// A binding that applies to an identity, with all that it gives.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The binding.
    pub binding: &'a RoleBinding,
    /// The subject of the binding that applies.
    pub subject: &'a Subject,
    /// The role, with the rules in force; none where it does not exist.
    pub role: Option<&'a Role>,
}

/// The answer to one request.
#[derive(Debug, Clone)]
pub struct Verdict<'a> {
    /// Whether it is allowed.
    pub allowed: bool,
    /// What allows it; none where denied, and where `system:masters` is allowed without RBAC.
    pub grant: Option<Grant<'a>>,
    /// Where denied: bindings that would have been looked at, but their role does not exist.
    pub missing_roles: Vec<&'a RoleBinding>,
}

impl Authorizer {
    /// Compiles the roles and bindings of one cluster. Their order does not matter.
    pub fn new(roles: &[Role], bindings: &[RoleBinding]) -> Self {
        let mut roles = roles.to_vec();
        aggregation::resolve(&mut roles);
        built_in::add(&mut roles, bindings);
        roles.sort_by(|a, b| role_key(a).cmp(&role_key(b)));
        let mut bindings = bindings.to_vec();
        bindings.sort_by(|a, b| binding_key(a).cmp(&binding_key(b)));
        let mut authorizer = Self {
            roles,
            bindings,
            symbols: Symbols::default(),
            targets: Vec::new(),
            target_of: Vec::new(),
            cluster: SubjectIndex::default(),
            namespaces: BTreeMap::new(),
        };
        authorizer.compile_targets();
        authorizer.index_subjects();
        authorizer
    }

    fn compile_targets(&mut self) {
        let mut known: HashMap<(&str, &str, &str), usize> = HashMap::new();
        let by_key: HashMap<(&str, &str, &str), usize> = self
            .roles
            .iter()
            .enumerate()
            .rev() // of two with one name, the first stays
            .map(|(at, role)| {
                (
                    (
                        role.kind.as_str(),
                        role.namespace(),
                        role.metadata.name.as_str(),
                    ),
                    at,
                )
            })
            .collect();
        for binding in &self.bindings {
            let key = target_key(binding);
            let target = *known.entry(key).or_insert_with(|| {
                let role = by_key.get(&key).copied();
                let rules = role
                    .and_then(|at| self.roles.get(at))
                    .map_or(&[][..], |r| &r.rules);
                let rules = rules
                    .iter()
                    .map(|rule| Rule::compile(&mut self.symbols, rule))
                    .collect();
                self.targets.push(Target { role, rules });
                self.targets.len() - 1
            });
            self.target_of.push(target);
        }
    }

    fn index_subjects(&mut self) {
        for (at, binding) in self.bindings.iter().enumerate() {
            let index = match binding.namespace() {
                None => &mut self.cluster,
                Some(namespace) => self.namespaces.entry(namespace.into()).or_default(),
            };
            index.add(at, binding);
        }
        for index in std::iter::once(&mut self.cluster).chain(self.namespaces.values_mut()) {
            index.finish(&self.target_of);
        }
    }

    /// All roles, with the rules in force, ClusterRoles first.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// All bindings: ClusterRoleBindings first, then by namespace and name.
    pub fn bindings(&self) -> &[RoleBinding] {
        &self.bindings
    }

    /// The role that a binding of this authorizer refers to, with the rules in force.
    pub fn role_of(&self, binding: &RoleBinding) -> Option<&Role> {
        let key = target_key(binding);
        let kind = match key.0 {
            "ClusterRole" => RoleKind::ClusterRole,
            "Role" => RoleKind::Role,
            _ => return None,
        };
        self.find((kind, key.1, key.2))
    }

    /// The ClusterRole of a name.
    pub fn cluster_role(&self, name: &str) -> Option<&Role> {
        self.find((RoleKind::ClusterRole, "", name))
    }

    fn find(&self, key: (RoleKind, &str, &str)) -> Option<&Role> {
        let at = self.roles.partition_point(|role| role_key(role) < key);
        self.roles.get(at).filter(|role| role_key(role) == key)
    }

    /// Bindings whose role does not exist: they give nothing now, and whatever somebody puts there later.
    pub fn dangling(&self) -> impl Iterator<Item = &RoleBinding> {
        self.bindings
            .iter()
            .zip(&self.target_of)
            .filter_map(|(binding, &target)| {
                self.targets
                    .get(target)
                    .is_some_and(|target| target.role.is_none())
                    .then_some(binding)
            })
    }

    /// Answers one request. `system:masters` is allowed by the authorizer in front of RBAC.
    pub fn authorize<G: AsRef<str>>(
        &self,
        user: &str,
        groups: &[G],
        attributes: &Attributes<'_>,
    ) -> Verdict<'_> {
        if groups.iter().any(|group| group.as_ref() == SYSTEM_MASTERS) {
            return Verdict {
                allowed: true,
                grant: None,
                missing_roles: Vec::new(),
            };
        }
        let question = Question::of_request(&self.symbols, attributes);
        let namespace = match attributes {
            Attributes::Resource(request) => request.namespace,
            Attributes::NonResource { .. } => "",
        };
        let scopes = [Some(&self.cluster), self.namespaces.get(namespace)];
        for index in scopes.into_iter().flatten() {
            if let Some(grant) = self.first_grant(index, user, groups, &question) {
                return Verdict {
                    allowed: true,
                    grant: Some(grant),
                    missing_roles: Vec::new(),
                };
            }
        }
        let mut missing: Vec<usize> = Vec::new();
        for list in scopes
            .into_iter()
            .flatten()
            .flat_map(|index| index.lists(Some(user), groups))
        {
            let is_missing =
                |entry: &&Entry| self.target(entry.binding).is_some_and(|t| t.role.is_none());
            missing.extend(
                list.distinct
                    .iter()
                    .filter(is_missing)
                    .map(|entry| entry.binding),
            );
        }
        missing.sort_unstable();
        missing.dedup();
        let missing_roles = missing
            .iter()
            .filter_map(|&at| self.bindings.get(at))
            .collect();
        Verdict {
            allowed: false,
            grant: None,
            missing_roles,
        }
    }

    /// The first grant in the order of bindings, and of subjects within one.
    fn first_grant<G: AsRef<str>>(
        &self,
        index: &SubjectIndex,
        user: &str,
        groups: &[G],
        question: &Question<'_>,
    ) -> Option<Grant<'_>> {
        let mut best: Option<(Entry, usize)> = None;
        for list in index.lists(Some(user), groups) {
            for entry in &list.distinct {
                let place = (entry.binding, entry.subject);
                if best.is_some_and(|(found, _)| (found.binding, found.subject) <= place) {
                    break;
                }
                let rule = self
                    .target(entry.binding)
                    .and_then(|target| target.first_that_allows(question));
                if let Some(rule) = rule {
                    best = Some((*entry, rule));
                    break;
                }
            }
        }
        best.and_then(|(entry, rule)| self.grant(entry.binding, entry.subject, rule))
    }

    pub(super) fn target(&self, binding: usize) -> Option<&Target> {
        self.target_of
            .get(binding)
            .and_then(|&target| self.targets.get(target))
    }

    pub(super) fn grant(&self, binding: usize, subject: usize, rule: usize) -> Option<Grant<'_>> {
        let role = self.target(binding)?.role?;
        let binding = self.bindings.get(binding)?;
        Some(Grant {
            binding,
            subject: binding.subjects.get(subject)?,
            role: self.roles.get(role)?,
            rule,
        })
    }

    pub(super) fn question<'q>(&self, permission: &Permission<'q>) -> Question<'q> {
        Question::of_permission(&self.symbols, permission)
    }

    pub(super) fn path_question<'q>(&self, verb: &'q str, path: &'q str) -> Question<'q> {
        Question::of_request(&self.symbols, &Attributes::NonResource { verb, path })
    }

    /// Every binding that applies to an identity, in order: once each, with the first subject that applies.
    pub fn rules_of(&self, identity: &Identity) -> Vec<Held<'_>> {
        self.entries_of(identity, Within::Anywhere)
            .into_iter()
            .filter_map(|entry| {
                let binding = self.bindings.get(entry.binding)?;
                let subject = binding.subjects.get(entry.subject)?;
                let role = self
                    .target(entry.binding)?
                    .role
                    .and_then(|at| self.roles.get(at));
                Some(Held {
                    binding,
                    subject,
                    role,
                })
            })
            .collect()
    }

    /// Every grant of a permission to an identity, at most one for each binding.
    pub fn grants_of(&self, identity: &Identity, permission: &Permission<'_>) -> Vec<Grant<'_>> {
        let question = self.question(permission);
        self.entries_of(identity, permission.within)
            .into_iter()
            .filter_map(|entry| {
                let rule = self.target(entry.binding)?.first_that_allows(&question)?;
                self.grant(entry.binding, entry.subject, rule)
            })
            .collect()
    }

    fn entries_of(&self, identity: &Identity, within: Within<'_>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut add = |index: &SubjectIndex| {
            for list in index.lists(identity.user.as_deref(), &identity.groups) {
                entries.extend(&list.all);
            }
        };
        add(&self.cluster);
        match within {
            Within::Cluster => {}
            Within::Namespace(namespace) => {
                self.namespaces.get(namespace).into_iter().for_each(add)
            }
            Within::Anywhere => self.namespaces.values().for_each(add),
        }
        entries.sort_unstable_by_key(|entry| (entry.binding, entry.subject));
        entries.dedup_by_key(|entry| entry.binding);
        entries
    }
}

fn role_key(role: &Role) -> (RoleKind, &str, &str) {
    (role.kind, role.namespace(), &role.metadata.name)
}

fn binding_key(binding: &RoleBinding) -> (BindingKind, Option<&str>, &str) {
    (binding.kind, binding.namespace(), &binding.metadata.name)
}

/// Kind, namespace and name of the role that a binding refers to. A Role is looked up in the binding's namespace; a
/// ClusterRoleBinding to a Role finds nothing.
fn target_key(binding: &RoleBinding) -> (&str, &str, &str) {
    let namespace = match binding.role_ref.kind.as_str() {
        "Role" => binding.namespace().unwrap_or_default(),
        _ => "",
    };
    (&binding.role_ref.kind, namespace, &binding.role_ref.name)
}
