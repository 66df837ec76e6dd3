//! Administrators of accounts.

use std::collections::BTreeSet;

use crate::iam::admin::{self, admin, subtracted};
use crate::snapshot::coverage::Source;

use super::{Admin, Admins};
use crate::graph::Graph;
use crate::graph::control::Known;
use crate::graph::decision::{Asker, Because};

impl<'s> Graph<'s> {
    /// Who is administrator of the accounts, and who becomes it: by assuming such roles, by known methods, over
    /// clusters.
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
        for (at, principal) in self.in_scope() {
            let Some(asker) = Asker::new(principal, None) else {
                continue;
            };
            let context = asker.context(self);
            let policies = asker.policies(self);
            if let Some(found) = admin(&policies, &principal.home(), &context) {
                let except = subtracted(&policies, &context);
                all.admins.push(Admin {
                    except,
                    ..self.is_admin(at, &asker, found)
                });
            }
        }
        let control = self.control();
        let goals: Vec<usize> = control
            .nodes()
            .accounts()
            .map(|(number, _)| number)
            .collect();
        let scope: BTreeSet<usize> = self.in_scope().map(|(at, _)| at).collect();
        for (known, admin) in self.becoming(&control, &goals, None) {
            if let Known::Principal(at) = known
                && scope.contains(&at)
            {
                let reached = self.holders_of(at);
                all.admins.push(Admin { reached, ..admin });
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
            except: Vec::new(),
            path: Vec::new(),
            known: None,
            reached: self.holders_of(at),
        }
    }
}
