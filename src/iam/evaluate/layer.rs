//! What each kind of policy says of a request, for itself.

use super::decision::Matched;
use super::{Blocker, NamedPolicy, Policies, PolicyKind, Request, ResourcePolicy, fixed, rcp};
use crate::iam::document::{Effect, Statement};
use crate::iam::glob::Pattern;
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
    fn all(truth: Truth) -> Self {
        Self {
            direct: truth,
            role: truth,
            account: truth,
            deny: truth,
        }
    }

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
    /// The keys that the request's alias may stand for.
    keys: Option<Pattern>,
    /// Whether the caller has a permissions boundary.
    bounded: bool,
}

impl<'a, 'r> Found<'a, 'r> {
    pub(super) fn new(request: &'r Request<'r>, policies: &Policies<'_>) -> Self {
        Self {
            request,
            matched: Vec::new(),
            keys: request.keys_of_alias(),
            bounded: request.principal.has_identity() && !policies.boundary.is_empty(),
        }
    }

    /// Whether a statement applies, its principal left aside.
    fn applies(&self, statement: &Statement, identity: bool) -> Truth {
        if !statement.has_action(self.request.action) {
            return Truth::No;
        }
        let context = self.request.context;
        let resource = match &self.keys {
            Some(keys) => statement.has_one_of(keys, identity, context),
            None => statement.has_resource(self.request.resource, identity, context),
        };
        match resource {
            Truth::No => Truth::No,
            resource => resource.and(statement.holds(context)),
        }
    }

    /// How a statement means the caller. "The NotPrincipal element with a Deny effect will always deny any
    /// IAM principal that has a permissions boundary policy attached, regardless of the values."
    fn meant(&self, statement: &Statement) -> Meant {
        if self.bounded
            && statement.effect == Effect::Deny
            && matches!(statement.principals, Principals::AllBut(_))
        {
            return Meant::certain_as(Named::Direct);
        }
        statement.principals.means(self.request.principal)
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
                    truth = truth.and(self.meant(statement).truth());
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
                    named: Named::Direct,
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

    /// The resource's own policy.
    pub(super) fn resource(&mut self, policy: ResourcePolicy<'a>) -> ByName {
        let mut said = ByName::all(Truth::No);
        let policy = match policy {
            ResourcePolicy::None => return said,
            ResourcePolicy::Unseen => return ByName::all(Truth::Unknown),
            ResourcePolicy::Given(policy) => policy,
        };
        for statement in &policy.document.statements {
            let applies = self.applies(statement, false);
            if applies == Truth::No {
                continue;
            }
            let meant = self.meant(statement);
            let truth = applies.and(meant.truth());
            if truth == Truth::No {
                continue;
            }
            match statement.effect {
                Effect::Deny => said.deny = said.deny.or(truth),
                Effect::Allow => {
                    said.add(meant.certain, applies);
                    if meant.possible != meant.certain {
                        said.add(meant.possible, Truth::Unknown);
                    }
                }
            }
            self.matched.push(Matched {
                kind: PolicyKind::Resource,
                index: 0,
                policy,
                statement,
                truth,
                named: meant.possible,
            });
        }
        said
    }
}

/// What all kinds of policies say of a request.
pub(super) struct Layers {
    identity: Layer,
    boundary: Layer,
    session: Layer,
    pub(super) scp: Layer,
    rcp: Layer,
    pub(super) endpoint: Layer,
    resource: ByName,
}

impl Layers {
    /// Judges each layer. What binds a principal of an account does not bind services, tokens and nobody.
    pub(super) fn gather<'a>(found: &mut Found<'a, '_>, policies: &Policies<'a>) -> Self {
        let principal = found.request.principal;
        let bound = principal.has_identity();
        let (mut identity, mut boundary, mut scp) =
            (Layer::SILENT, Layer::NOT_IN_FORCE, Layer::NOT_IN_FORCE);
        if bound {
            identity = found.layer(PolicyKind::Identity, policies.identity, 0);
            boundary = found.optional(PolicyKind::Boundary, policies.boundary);
            scp = found.levels(PolicyKind::Scp, policies.scps);
        }
        if principal.caller == Caller::Root {
            identity.allow = Truth::Yes;
        }
        let rcps = if rcp::bind(found.request) {
            policies.rcps
        } else {
            &[]
        };
        let mut session = found.optional(PolicyKind::Session, policies.session);
        // "If there is no session policy …, if the principal is a role session, the request is allowed.
        // Otherwise, the request is implicitly denied."
        if policies.session.is_empty() && principal.caller == Caller::FederatedUser {
            session = Layer::SILENT;
        }
        let rcp = found.levels(PolicyKind::Rcp, rcps);
        let endpoint = found.optional(PolicyKind::Endpoint, policies.endpoint);
        let mut resource = found.resource(policies.resource);
        if fixed::opens_its_bucket(found.request) {
            resource.deny = Truth::No;
        }
        Self {
            identity,
            boundary,
            session,
            scp,
            rcp,
            endpoint,
            resource,
        }
    }

    /// What a boundary and session policies leave.
    fn limits(&self) -> Truth {
        self.boundary.allow.and(self.session.allow)
    }

    /// What the principal's side and the resource's side grant together.
    pub(super) fn granted(&self, request: &Request<'_>) -> Truth {
        let resource = self.resource;
        if !request.principal.has_identity() {
            return request.provider_is_here().and(resource.direct);
        }
        let own = self.identity.allow.and(self.limits());
        if !request.same_account() {
            return own.and(resource.any());
        }
        let delegated = if request.needs_resource_policy() {
            resource.any()
        } else {
            Truth::Yes
        };
        let by_role = resource.role.and(self.limits());
        resource.direct.or(by_role).or(own.and(delegated))
    }

    /// Whether any of them denies.
    pub(super) fn deny(&self) -> Truth {
        [
            self.identity,
            self.boundary,
            self.session,
            self.scp,
            self.rcp,
            self.endpoint,
        ]
        .iter()
        .fold(self.resource.deny, |deny, layer| deny.or(layer.deny))
    }

    /// The first that does not let an undenied request through.
    pub(super) fn blocker(&self, request: &Request<'_>, granted: Truth) -> Option<Blocker> {
        let resource = self.resource;
        let any = if request.principal.has_identity() {
            self.identity.allow.or(resource.any())
        } else {
            resource.direct
        };
        let limit = if self.boundary.allow == Truth::No {
            PolicyKind::Boundary
        } else {
            PolicyKind::Session
        };
        let side = if self.identity.allow == Truth::No {
            PolicyKind::Identity
        } else {
            PolicyKind::Resource
        };
        Blocker::of(&[
            (self.scp.allow, Blocker::Kind(PolicyKind::Scp)),
            (self.endpoint.allow, Blocker::Kind(PolicyKind::Endpoint)),
            (any, Blocker::NoAllow),
            (self.limits().or(resource.direct), Blocker::Kind(limit)),
            (granted, Blocker::Kind(side)),
        ])
    }
}
