//! What AWS would refuse of a document by the kind of policy that it is.
//!
//! IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal"; Organizations User Guide, "RCP
//! syntax".

use super::{Actions, Effect, Invalid, Place, PolicyDocument, Resources, Statement};
use crate::iam::glob::Pattern;
use crate::iam::principal::Principals;

impl PolicyDocument {
    /// Everything that AWS would refuse in a document that is attached there.
    pub fn problems(&self, place: Place) -> Vec<Invalid> {
        let mut out = self.invalid.clone();
        for statement in &self.statements {
            let found = [
                of_principals(place, statement),
                of_resources(place, statement),
                of_rcp(place, statement),
            ];
            out.extend(found.into_iter().flatten().map(|reason| Invalid {
                statement: Some(statement.index),
                reason: reason.to_owned(),
            }));
        }
        out
    }
}

fn of_principals(place: Place, statement: &Statement) -> Option<&'static str> {
    Some(match (place, &statement.principals) {
        (Place::Identity, Principals::Omitted) => return None,
        (Place::Identity, _) => "a principal, which this kind of policy cannot have",
        (_, Principals::Omitted) => "no Principal",
        (Place::Trust, Principals::AllBut(_)) => "NotPrincipal, which a trust policy cannot have",
        (Place::Rcp, Principals::AllBut(_)) => "NotPrincipal, which an RCP cannot have",
        (Place::Rcp, Principals::Only(set)) if !set.everyone => {
            "a Principal other than *, which an RCP cannot have"
        }
        (Place::Resource, Principals::AllBut(_)) if statement.effect == Effect::Allow => {
            "NotPrincipal with Allow, which allows everybody else, anonymous callers too"
        }
        _ => return None,
    })
}

fn of_resources(place: Place, statement: &Statement) -> Option<&'static str> {
    match (place, &statement.resources) {
        (Place::Identity | Place::Rcp, Resources::Omitted) => {
            Some("neither Resource nor NotResource")
        }
        (Place::Trust, Resources::Only(_) | Resources::AllBut(_)) => {
            Some("a resource, which a trust policy cannot have")
        }
        _ => None,
    }
}

/// RCPFullAWSAccess itself is the only RCP that allows.
fn of_rcp(place: Place, statement: &Statement) -> Option<&'static str> {
    if place != Place::Rcp {
        return None;
    }
    match (statement.effect, &statement.actions) {
        (_, Actions::AllBut(_)) => Some("NotAction, which an RCP cannot have"),
        (Effect::Allow, Actions::Only(patterns)) if !patterns.iter().any(Pattern::is_any) => {
            Some("Allow, which an RCP cannot have")
        }
        _ => None,
    }
}
