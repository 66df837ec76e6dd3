//! Administrators of accounts.

use crate::iam::admin::{self, admin};
use crate::iam::escalation::{
    Existing, Gives, Held, Target, Targets, methods_held, trusts_service,
};
use crate::iam::truth::Truth;
use crate::snapshot::coverage::Source;
use crate::snapshot::id::Arn;

use super::{Admin, Admins, Goal};
use crate::graph::Graph;
use crate::graph::decision::{Asker, Because};
use crate::graph::path::{EdgeKind, Step};
use crate::graph::principal::Principal;

impl<'s> Graph<'s> {
    /// Who is administrator of the accounts, and who becomes it in one step: by assuming such a role, or by
    /// a known method.
    pub fn account_admins(&self) -> Admins {
        let mut all = Admins::default();
        let accounts = || self.snapshot.accounts.keys();
        all.unread = accounts()
            .filter(|account| !self.saw(Source::IAM, account))
            .map(|account| format!("{} of {account} was not read whole", Source::IAM.name))
            .collect();
        if self.snapshot.accounts.is_empty() {
            all.unread
                .push(format!("{} of any account was not read", Source::IAM.name));
        }
        let mut goals = Vec::new();
        let mut others = Vec::new();
        for (at, principal) in self.in_scope() {
            let Some(asker) = Asker::new(principal, None) else {
                continue;
            };
            let context = asker.context(self);
            let Some(found) = admin(&asker.policies(self), &principal.home(), &context) else {
                others.push((at, asker));
                continue;
            };
            let one = self.is_admin(at, &asker, found);
            goals.push(Goal {
                role: at,
                cluster: None,
                certain: one.certain,
            });
            all.admins.push(one);
        }
        let assumers = self.assumers(&goals);
        all.admins.extend(assumers);
        for account in accounts() {
            let existing = self.existing(account);
            let admins: Vec<&Principal<'s>> = goals
                .iter()
                .filter_map(|goal| self.principals.get(goal.role))
                .filter(|one| one.account == account)
                .collect();
            let here = others
                .iter()
                .filter(|(_, asker)| asker.principal.account == account);
            for (at, asker) in here {
                let escalates = self.escalates(*at, asker, &existing, &admins);
                all.admins.extend(escalates);
            }
        }
        all.sorted()
    }

    fn is_admin(&self, at: usize, asker: &Asker<'_, 's>, found: admin::Admin) -> Admin {
        let unseen: Vec<String> = asker.unseen().cloned().collect();
        Admin {
            id: asker.principal.arn.to_owned(),
            cluster: None,
            steps: 0,
            certain: found.certain && unseen.is_empty(),
            because: found.because.into_iter().map(Because::Statement).collect(),
            conditions: found.conditions.into_iter().chain(unseen).collect(),
            except: found.except,
            path: Vec::new(),
            reached: self.holders_of(at),
        }
    }

    /// The best method by which a principal makes itself administrator.
    fn escalates(
        &self,
        at: usize,
        asker: &Asker<'_, 's>,
        existing: &Existing<'_>,
        admins: &[&Principal<'s>],
    ) -> Option<Admin> {
        let principal = asker.principal;
        // Nobody in the account changes what AWS keeps for itself, nor acts as it.
        if principal
            .role()
            .is_some_and(|role| role.is_service_linked())
        {
            return None;
        }
        let context = asker.context(self);
        let held = methods_held(&asker.policies(self), &principal.home(), &context, existing);
        let ways = held.into_iter().filter_map(|held| {
            let (to, open) = leads(&held, principal, admins)?;
            Some((held, to, open))
        });
        let (held, to, open) =
            ways.min_by_key(|(held, _, open)| (!held.certain, open.is_some()))?;
        let unseen: Vec<String> = asker.unseen().cloned().collect();
        let certain = held.certain && open.is_none() && unseen.is_empty();
        let actions: Vec<&str> = held.method.needs.iter().map(|need| need.action).collect();
        let evidence = format!(
            "it can {} ({} by {})",
            held.method.title,
            actions.join(" and "),
            self.because(&held.because)
        );
        Some(Admin {
            id: principal.arn.to_owned(),
            cluster: None,
            steps: 1,
            certain,
            because: Vec::new(),
            conditions: held
                .conditions
                .into_iter()
                .chain(open)
                .chain(unseen)
                .collect(),
            except: Vec::new(),
            path: vec![Step::new(principal.arn, EdgeKind::Escalates, to, evidence)],
            reached: self.holders_of(at),
        })
    }
}

/// To what a method leads, if that is administration, and what is open about it.
fn leads(
    held: &Held,
    principal: &Principal<'_>,
    admins: &[&Principal<'_>],
) -> Option<(String, Option<String>)> {
    let root = format!(
        "arn:{}:iam::{}:root",
        principal.home().partition,
        principal.account
    );
    match held.method.gives {
        Gives::Permissions => {
            let bounded = !principal.boundary.is_empty();
            let itself = match &held.targets {
                Targets::Any => true,
                Targets::These(arns) => arns
                    .iter()
                    .any(|arn| arn == principal.arn || attached(principal, arn)),
                Targets::Named => false,
            };
            let open = match (itself, bounded) {
                (_, true) => Some(
                    "only if what it changes has no permissions boundary, as it has itself"
                        .to_owned(),
                ),
                (false, false) => Some("only if it gets what it changes".to_owned()),
                (true, false) => None,
            };
            Some((root, open))
        }
        Gives::Principal | Gives::PassedRole => {
            let passed = held.method.needs.iter().find_map(|need| match need.on {
                Target::PassedRole(service) => Some(service),
                _ => None,
            });
            let role = held.method.needs.iter().any(|need| need.on == Target::Role);
            let kind = |admin: &&&Principal<'_>| match passed {
                Some(service) => admin
                    .trust
                    .as_ref()
                    .is_some_and(|trust| trusts_service(&trust.document, service) != Truth::No),
                None => admin.role().is_some() == role,
            };
            let meant = |admin: &&&Principal<'_>| match &held.targets {
                Targets::Any => true,
                Targets::These(arns) => arns.iter().any(|arn| arn == admin.arn),
                Targets::Named => false,
            };
            let reserved = |admin: &&&Principal<'_>| crate::iam::arn::is_reserved_role(admin.arn);
            let found = admins
                .iter()
                .filter(|admin| !reserved(admin) && admin.arn != principal.arn)
                .find(|admin| kind(admin) && meant(admin))?;
            Some((found.arn.to_owned(), None))
        }
        Gives::Workload | Gives::Cluster => None,
    }
}

/// Whether a policy is one of the principal's own.
fn attached(principal: &Principal<'_>, policy: &str) -> bool {
    Arn::parse(policy).is_some_and(|arn| arn.resource.starts_with("policy/"))
        && principal.identity.iter().any(|one| &*one.name == policy)
}
