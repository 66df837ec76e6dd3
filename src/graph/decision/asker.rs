//! An IAM principal that asks, with its policies and what is known of its requests.

use std::cell::OnceCell;

use crate::graph::Graph;
use crate::graph::hold::Hold;
use crate::graph::principal::{Principal, PrincipalKind};
use crate::iam::context::Context;
use crate::iam::evaluate::Policies;
use crate::iam::principal::Principal as Caller;

/// An IAM principal that asks, by itself or as a service account gets it.
#[derive(Clone, Debug)]
pub struct Asker<'g, 's> {
    /// The principal.
    pub principal: &'g Principal<'s>,
    /// How it is got.
    pub hold: Option<&'g Hold>,
    /// As policies see it.
    pub caller: Caller,
    /// The policies that it comes to have in the place of its own.
    instead: Option<Policies<'g>>,
    /// What is known of its requests; worked out once.
    known: OnceCell<Context>,
}

impl<'g, 's> Asker<'g, 's> {
    /// The principal, perhaps as it is got.
    pub fn new(principal: &'g Principal<'s>, hold: Option<&'g Hold>) -> Option<Self> {
        let mut caller = Caller::from_arn(principal.arn)?;
        let id = match principal.kind {
            PrincipalKind::Role(role) => &role.role_id,
            PrincipalKind::User(user) => &user.user_id,
        };
        caller.unique_id = Some(id.as_str())
            .filter(|id| !id.is_empty())
            .map(Into::into);
        Some(Self {
            principal,
            hold,
            caller,
            instead: None,
            known: OnceCell::new(),
        })
    }

    /// The same with other policies.
    #[must_use]
    pub fn with_policies(self, policies: Policies<'g>) -> Self {
        Self {
            instead: Some(policies),
            ..self
        }
    }

    /// The same with more that is known of its requests.
    #[must_use]
    pub fn knowing(&self, graph: &Graph<'s>, known: impl FnOnce(&mut Context)) -> Self {
        let mut context = self.context(graph);
        known(&mut context);
        Self {
            known: OnceCell::from(context.shared()),
            ..self.clone()
        }
    }

    /// Its own policies, the session's among them.
    pub fn policies(&self, graph: &Graph<'s>) -> Policies<'g> {
        match (self.instead, self.hold) {
            (Some(policies), _) => policies,
            (None, Some(hold)) => graph.policies(self.principal, hold),
            (None, None) => self.principal.policies(),
        }
    }

    /// What is known of its requests.
    pub fn context(&self, graph: &Graph<'s>) -> Context {
        let known = self.known.get_or_init(|| self.context_in(graph).shared());
        known.clone()
    }

    fn context_in(&self, graph: &Graph<'s>) -> Context {
        match (self.hold, self.principal.kind) {
            (Some(hold), _) => graph.context_of(self.principal, hold),
            (None, PrincipalKind::Role(_)) => graph.context_of_role(self.principal),
            (None, PrincipalKind::User(user)) => {
                let tags = user
                    .tags
                    .iter()
                    .map(|tag| (tag.key.as_str(), tag.value.as_str()));
                let mut context = self.caller.context(graph.snapshot.taken_at.0, tags);
                let account = self.principal.account;
                graph.organizations.fill_principal(account, &mut context);
                context
            }
        }
    }

    /// Its policies that were not seen and that may allow or take away.
    pub fn unseen(&self) -> impl Iterator<Item = &'g String> {
        let unseen = self.principal.unseen.iter();
        unseen.filter(|text| !text.starts_with("trust policy"))
    }
}
