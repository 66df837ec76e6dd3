//! What RCPs take away: of the services that they bind, and of no other.

use crate::iam::context::Context;
use crate::iam::document::Statement;
use crate::iam::evaluate::rcps_cover;
use crate::iam::truth::Truth;

use super::{Piece, Term, actions, resources};

/// How far a Deny of an RCP binds an action.
enum Bound {
    Whole,
    /// Of all services' actions those of the services that RCPs bind.
    Part,
    Not,
}

impl Bound {
    fn of(denied: &Term, action: &Term) -> Self {
        let service = |term: &Term| {
            let head = term.pattern.head().split_once(':');
            head.map(|(service, _)| rcps_cover(service))
        };
        match service(denied).or_else(|| service(action)) {
            Some(true) => Self::Whole,
            Some(false) => Self::Not,
            None => Self::Part,
        }
    }
}

impl Piece {
    /// What a Deny of an RCP leaves of it.
    pub(super) fn less_rcp(self, deny: &Statement, context: &Context) -> Option<Self> {
        let certain = deny.holds(context) == Truth::Yes && deny.open_variables(context).is_none();
        let mut left = self;
        for action in actions(deny) {
            for resource in resources(deny, context) {
                left = match Bound::of(&action, &left.action) {
                    Bound::Not => left,
                    Bound::Whole if certain => left.without(&action, &resource)?,
                    Bound::Whole => left.perhaps_without(&action, &resource, deny, context),
                    Bound::Part => left.partly_without(&action, &resource, deny, context),
                };
            }
        }
        Some(left)
    }

    fn partly_without(
        mut self,
        action: &Term,
        resource: &Term,
        deny: &Statement,
        context: &Context,
    ) -> Self {
        if self.action.overlaps(action) && self.resource.overlaps(resource) {
            let variables = deny.open_variables(context);
            let clause = deny.clause(variables.as_deref(), context);
            let clause = clause.map_or(String::new(), |clause| format!(", {clause}"));
            self.except.push(format!(
                "{action} on {resource} where RCPs bind the service{clause}"
            ));
        }
        self
    }
}
