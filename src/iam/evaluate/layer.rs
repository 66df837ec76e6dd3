//! What each kind of policy says of a request, for itself.

use super::decision::Matched;
use super::{NamedPolicy, PolicyKind, Request, ResourcePolicy};
use crate::iam::document::{Effect, Statement};
use crate::iam::principal::{Caller, Meant, Named, Principals};
use crate::iam::truth::Truth;

/// What one kind of policy says of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer {
    pub(super) allow: Truth,
    pub(super) deny: Truth,
}

impl Layer {
    pub(super) const SILENT: Self = Self {
        allow: Truth::No,
        deny: Truth::No,
    };
    pub(super) const NOT_IN_FORCE: Self = Self {
        allow: Truth::Yes,
        deny: Truth::No,
    };
}

/// What the resource's policy says: by how the caller is named.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByName {
    pub(super) direct: Truth,
    pub(super) role: Truth,
    pub(super) account: Truth,
    pub(super) deny: Truth,
}

impl ByName {
    pub(super) fn any(self) -> Truth {
        self.direct.or(self.role).or(self.account)
    }

    fn add(&mut self, named: Named, truth: Truth) {
        match named {
            Named::Not => {}
            Named::Account => self.account = self.account.or(truth),
            Named::Role => self.role = self.role.or(truth),
            Named::Direct => self.direct = self.direct.or(truth),
        }
    }
}

/// The statements that bear on a request, gathered while its layers are judged.
pub(super) struct Found<'a, 'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) matched: Vec<Matched<'a>>,
}

impl<'a> Found<'a, '_> {
    /// Whether a statement applies, its principal left aside.
    fn applies(&self, statement: &Statement, identity: bool) -> Truth {
        if !statement.has_action(self.request.action) {
            return Truth::No;
        }
        match statement.has_resource(self.request.resource, identity, self.request.context) {
            Truth::No => Truth::No,
            resource => resource.and(statement.holds(self.request.context)),
        }
    }

    /// A list of policies any of which may allow.
    pub(super) fn layer(
        &mut self,
        kind: PolicyKind,
        policies: &'a [NamedPolicy],
        first: usize,
    ) -> Layer {
        let mut layer = Layer::SILENT;
        let has_principals = matches!(kind, PolicyKind::Rcp | PolicyKind::Endpoint);
        for (index, policy) in policies.iter().enumerate() {
            for statement in &policy.document.statements {
                let mut truth = self.applies(statement, !has_principals);
                if truth != Truth::No && has_principals {
                    truth = truth.and(statement.principals.means(self.request.principal).truth());
                }
                if truth == Truth::No
                    || (kind == PolicyKind::Rcp && statement.effect == Effect::Allow)
                {
                    continue;
                }
                let side = match statement.effect {
                    Effect::Allow => &mut layer.allow,
                    Effect::Deny => &mut layer.deny,
                };
                *side = side.or(truth);
                self.matched.push(Matched {
                    kind,
                    index: first + index,
                    policy,
                    statement,
                    truth,
                });
            }
        }
        layer
    }

    /// A list that is not in force where it is empty.
    pub(super) fn optional(&mut self, kind: PolicyKind, policies: &'a [NamedPolicy]) -> Layer {
        if policies.is_empty() {
            Layer::NOT_IN_FORCE
        } else {
            self.layer(kind, policies, 0)
        }
    }

    /// Levels each of which has to allow; no levels are not in force.
    pub(super) fn levels(&mut self, kind: PolicyKind, levels: &'a [Vec<NamedPolicy>]) -> Layer {
        let mut all = Layer::NOT_IN_FORCE;
        let mut first = 0;
        for level in levels {
            let one = self.layer(kind, level, first);
            first += level.len();
            all = Layer {
                allow: all.allow.and(one.allow),
                deny: all.deny.or(one.deny),
            };
        }
        all
    }

    /// The resource's own policy, for a caller that has a boundary or not.
    pub(super) fn resource(&mut self, policy: ResourcePolicy<'a>, bounded: bool) -> ByName {
        let silent = ByName {
            direct: Truth::No,
            role: Truth::No,
            account: Truth::No,
            deny: Truth::No,
        };
        let policy = match policy {
            ResourcePolicy::None => return silent,
            ResourcePolicy::Unseen => {
                let unknown = Truth::Unknown;
                return ByName {
                    direct: unknown,
                    role: unknown,
                    account: unknown,
                    deny: unknown,
                };
            }
            ResourcePolicy::Given(policy) => policy,
        };
        let mut said = silent;
        for statement in &policy.document.statements {
            let applies = self.applies(statement, false);
            if applies == Truth::No {
                continue;
            }
            let mut meant = statement.principals.means(self.request.principal);
            // "The NotPrincipal element with a Deny effect will always deny any IAM principal that has a
            // permissions boundary policy attached, regardless of the values."
            if bounded
                && statement.effect == Effect::Deny
                && matches!(statement.principals, Principals::AllBut(_))
            {
                meant = Meant::certain_as(Named::Direct);
            }
            let truth = applies.and(meant.truth());
            if truth == Truth::No {
                continue;
            }
            match statement.effect {
                Effect::Deny => said.deny = said.deny.or(truth),
                Effect::Allow => {
                    said.add(meant.certain, applies);
                    said.add(
                        meant.possible,
                        applies.and(if meant.certain == meant.possible {
                            Truth::Yes
                        } else {
                            Truth::Unknown
                        }),
                    );
                }
            }
            self.matched.push(Matched {
                kind: PolicyKind::Resource,
                index: 0,
                policy,
                statement,
                truth,
            });
        }
        said
    }

    /// A token is held against the provider in the role's own account (IAM User Guide, "Create an OpenID
    /// Connect identity provider"): another account's provider opens nothing.
    pub(super) fn provider_is_here(&self) -> Truth {
        let principal = self.request.principal;
        Truth::from(principal.caller != Caller::Federated || self.request.same_account())
    }
}
