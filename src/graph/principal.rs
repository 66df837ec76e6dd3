//! IAM principals with their policies compiled.

use std::collections::HashMap;
use std::sync::Arc;

use crate::iam::document::PolicyDocument;
use crate::iam::evaluate::{NamedPolicy, Policies};
use crate::snapshot::Snapshot;
use crate::snapshot::iam::{
    AttachedPolicy, Group, Iam, InlinePolicy, PermissionsBoundary, PolicyText, Role, User,
};
use crate::snapshot::time::Time;

use super::organization::{Levels, Organizations};

/// What an IAM principal is.
#[derive(Clone, Copy, Debug)]
pub enum PrincipalKind<'s> {
    /// A role.
    Role(&'s Role),
    /// A user.
    User(&'s User),
}

/// An IAM role or user with what its policies say.
#[derive(Debug)]
pub struct Principal<'s> {
    /// Its ARN, with the path.
    pub arn: &'s str,
    /// Its name, unique in its account among roles or users.
    pub name: &'s str,
    /// Its account.
    pub account: &'s str,
    /// What it is.
    pub kind: PrincipalKind<'s>,
    /// Attached and inline policies, those of a user's groups included.
    pub identity: Vec<NamedPolicy>,
    /// The boundary; empty: none.
    pub boundary: Vec<NamedPolicy>,
    /// The SCPs that bind it, a list a level; empty: none.
    pub scps: Levels,
    /// The RCPs that bind what it asks of its own account, a list a level; empty: none.
    pub rcps: Levels,
    /// A role's trust policy.
    pub trust: Option<NamedPolicy>,
    /// Policies that it has and whose document is not known, each with the reason: what it may do
    /// is then known in part.
    pub unseen: Vec<String>,
}

impl<'s> Principal<'s> {
    /// The role, if it is one.
    pub fn role(&self) -> Option<&'s Role> {
        match self.kind {
            PrincipalKind::Role(role) => Some(role),
            PrincipalKind::User(_) => None,
        }
    }

    /// When it was made.
    pub fn created_at(&self) -> Option<Time> {
        match self.kind {
            PrincipalKind::Role(role) => role.create_date,
            PrincipalKind::User(user) => user.create_date,
        }
    }

    /// Its policies for an evaluation, with the RCPs of its own account: for a resource of another, those
    /// of that one stand in their place.
    pub fn policies(&self) -> Policies<'_> {
        Policies {
            identity: &self.identity,
            boundary: &self.boundary,
            scps: &self.scps,
            rcps: &self.rcps,
            ..Policies::default()
        }
    }
}

/// All IAM principals of the snapshot.
#[derive(Debug, Default)]
pub struct Principals<'s> {
    all: Vec<Principal<'s>>,
    by_arn: HashMap<&'s str, usize>,
    roles_by_name: HashMap<(&'s str, String), usize>,
}

impl<'s> Principals<'s> {
    /// Compiles the policies of every role and user.
    pub(super) fn build(snapshot: &'s Snapshot, organizations: &Organizations<'_>) -> Self {
        let mut principals = Self::default();
        for (account, facts) in &snapshot.accounts {
            let mut compiler = Compiler::new(&facts.iam);
            let mut add = |mut principal: Principal<'s>| {
                principal.scps = organizations.scps(account, principal.arn);
                principal.rcps = organizations.rcps_for(account, principal.arn);
                principals.add(principal);
            };
            for role in &facts.iam.roles {
                add(compiler.role(account, role));
            }
            for user in &facts.iam.users {
                add(compiler.user(account, user));
            }
        }
        principals
    }

    fn add(&mut self, principal: Principal<'s>) {
        let at = self.all.len();
        self.by_arn.insert(principal.arn, at);
        if principal.role().is_some() {
            self.roles_by_name
                .insert((principal.account, principal.name.to_lowercase()), at);
        }
        self.all.push(principal);
    }

    /// All of them, by account, roles first.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Principal<'s>)> {
        self.all.iter().enumerate()
    }

    /// The principal at a place that this graph gave.
    pub fn get(&self, at: usize) -> Option<&Principal<'s>> {
        self.all.get(at)
    }

    /// The principal of an ARN, path included.
    pub fn by_arn(&self, arn: &str) -> Option<usize> {
        self.by_arn.get(arn).copied()
    }

    /// The principal of an ARN, whatever the case of its letters. It looks at each of them, so only
    /// what is not found by the ARN itself is asked so.
    pub fn by_arn_of_any_case(&self, arn: &str) -> Option<usize> {
        let same = |principal: &Principal<'_>| principal.arn.eq_ignore_ascii_case(arn);
        self.all.iter().position(same)
    }

    /// The role of a name in an account; names are unique without regard to case and path.
    pub fn role_named(&self, account: &str, name: &str) -> Option<usize> {
        // The map borrows its accounts from the snapshot; a look-up needs one of those.
        let account = self.all.iter().find(|p| p.account == account)?.account;
        self.roles_by_name
            .get(&(account, name.to_lowercase()))
            .copied()
    }
}

/// The groups of an account, each with the policies that it gives its users, and what of those was not seen.
pub fn group_policies(iam: &Iam) -> Vec<(&Group, Vec<NamedPolicy>, Vec<String>)> {
    let mut compiler = Compiler::new(iam);
    let groups = iam.groups.iter().map(|group| {
        let mut holder = Holder::default();
        compiler.attached(&group.attached_managed_policies, &mut holder);
        compiler.inline(&group.group_policy_list, &mut holder);
        (group, holder.identity, holder.unseen)
    });
    groups.collect()
}

/// Compiles each document once, however often it is held.
struct Compiler<'s> {
    iam: &'s Iam,
    managed: HashMap<&'s str, &'s PolicyText>,
    groups: HashMap<&'s str, usize>,
    compiled: HashMap<&'s str, Result<Arc<PolicyDocument>, String>>,
}

impl<'s> Compiler<'s> {
    fn new(iam: &'s Iam) -> Self {
        let managed = iam
            .policies
            .iter()
            .filter_map(|policy| Some((policy.arn.as_str(), policy.document()?)))
            .collect();
        let groups = iam
            .groups
            .iter()
            .enumerate()
            .map(|(at, group)| (group.group_name.as_str(), at))
            .collect();
        Self {
            iam,
            managed,
            groups,
            compiled: HashMap::new(),
        }
    }

    fn role(&mut self, account: &'s str, role: &'s Role) -> Principal<'s> {
        let mut holder = Holder::default();
        self.attached(&role.attached_managed_policies, &mut holder);
        self.inline(&role.role_policy_list, &mut holder);
        self.boundary(role.permissions_boundary.as_ref(), &mut holder);
        let trust = role
            .assume_role_policy_document
            .as_ref()
            .and_then(|text| self.compile("trust policy", text, &mut holder.unseen));
        Principal {
            arn: &role.arn,
            name: &role.role_name,
            account,
            kind: PrincipalKind::Role(role),
            identity: holder.identity,
            boundary: holder.boundary,
            scps: Levels::default(),
            rcps: Levels::default(),
            trust,
            unseen: holder.unseen,
        }
    }

    fn user(&mut self, account: &'s str, user: &'s User) -> Principal<'s> {
        let mut holder = Holder::default();
        self.attached(&user.attached_managed_policies, &mut holder);
        self.inline(&user.user_policy_list, &mut holder);
        let iam = self.iam;
        for name in &user.group_list {
            let group = self
                .groups
                .get(name.as_str())
                .and_then(|at| iam.groups.get(*at));
            match group {
                Some(group) => {
                    self.attached(&group.attached_managed_policies, &mut holder);
                    self.inline(&group.group_policy_list, &mut holder);
                }
                None => holder.unseen.push(format!("group {name} was not seen")),
            }
        }
        self.boundary(user.permissions_boundary.as_ref(), &mut holder);
        Principal {
            arn: &user.arn,
            name: &user.user_name,
            account,
            kind: PrincipalKind::User(user),
            identity: holder.identity,
            boundary: holder.boundary,
            scps: Levels::default(),
            rcps: Levels::default(),
            trust: None,
            unseen: holder.unseen,
        }
    }

    fn attached(&mut self, policies: &'s [AttachedPolicy], holder: &mut Holder) {
        for policy in policies {
            let compiled = self.managed_policy(&policy.policy_arn, &mut holder.unseen);
            holder.identity.extend(compiled);
        }
    }

    fn inline(&mut self, policies: &'s [InlinePolicy], holder: &mut Holder) {
        for policy in policies {
            let name = format!("inline {}", policy.policy_name);
            let compiled = self.compile(&name, &policy.policy_document, &mut holder.unseen);
            holder.identity.extend(compiled);
        }
    }

    /// A boundary that was not seen may take anything away: the principal's `unseen` tells.
    fn boundary(&mut self, boundary: Option<&'s PermissionsBoundary>, holder: &mut Holder) {
        if let Some(boundary) = boundary {
            let arn = &boundary.permissions_boundary_arn;
            let compiled = self.managed_policy(arn, &mut holder.unseen);
            holder.boundary.extend(compiled);
        }
    }

    fn managed_policy(&mut self, arn: &'s str, unseen: &mut Vec<String>) -> Option<NamedPolicy> {
        match self.managed.get(arn).copied() {
            Some(text) => self.compile(arn, text, unseen),
            None => {
                unseen.push(format!("the document of {arn} was not seen"));
                None
            }
        }
    }

    fn compile(
        &mut self,
        name: &str,
        text: &'s PolicyText,
        unseen: &mut Vec<String>,
    ) -> Option<NamedPolicy> {
        let compiled = self
            .compiled
            .entry(text.as_str())
            .or_insert_with(|| {
                PolicyDocument::parse(text.as_str())
                    .map(Arc::new)
                    .map_err(|error| error.to_string())
            })
            .clone();
        match compiled {
            Ok(document) => Some(NamedPolicy {
                name: name.into(),
                document,
            }),
            Err(error) => {
                unseen.push(format!("{name} cannot be read: {error}"));
                None
            }
        }
    }
}

/// What is gathered for one principal.
#[derive(Default)]
struct Holder {
    identity: Vec<NamedPolicy>,
    boundary: Vec<NamedPolicy>,
    unseen: Vec<String>,
}
