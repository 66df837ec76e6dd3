//! What the catalogue asks of policies, worked out once: its actions of each document, its services of each trust policy.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use super::catalogue::{Gives, Method, Target, methods};
use crate::iam::document::{Effect, PolicyDocument};
use crate::iam::evaluate::NamedPolicy;
use crate::iam::principal::{Principal, Principals};
use crate::iam::truth::Truth;

/// A set of actions of [`ACTIONS`], one bit each.
type Bits = u128;

/// The actions that methods need, in lower case, each once.
static ACTIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let needs = asked().flat_map(|method| method.needs);
    let actions: BTreeSet<String> = needs.map(|need| need.action.to_ascii_lowercase()).collect();
    actions.into_iter().collect()
});

/// Of each method, the actions that it needs.
static NEEDED: LazyLock<Vec<(&'static Method, Bits)>> = LazyLock::new(|| {
    let bit = |action: &str| {
        let action = action.to_ascii_lowercase();
        let at = ACTIONS.binary_search(&action).unwrap_or_default();
        1 << at
    };
    let needed = asked().map(|method| {
        let bits = method.needs.iter().map(|need| bit(need.action));
        (method, bits.fold(0, |all: Bits, one: Bits| all | one))
    });
    needed.collect()
});

/// The methods that are asked of policies here.
fn asked() -> impl Iterator<Item = &'static Method> {
    methods().filter(|method| !matches!(method.gives, Gives::There(_)))
}

/// The services that methods pass roles to, or that run with roles.
pub static SERVICES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let needs = methods().flat_map(|method| method.needs);
    let passed = needs.filter_map(|need| match need.on {
        Target::PassedRole(service) | Target::GivenRole(service) => Some(service),
        _ => None,
    });
    let running = methods().filter_map(|method| method.thing()?.service());
    let services: BTreeSet<&str> = passed.chain(running).collect();
    services.into_iter().collect()
});

/// The actions of methods that documents allow on anything, each document looked at once. They are kept, so that no
/// other takes the place of one.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    known: RefCell<HashMap<*const PolicyDocument, (Arc<PolicyDocument>, Bits)>>,
}

impl Asked {
    /// The methods of which the policies allow every action on something. Most principals have none.
    pub(super) fn named_by(
        &self,
        policies: &[NamedPolicy],
    ) -> impl Iterator<Item = &'static Method> + use<> {
        let each = policies.iter().map(|policy| self.of(&policy.document));
        let all = each.fold(0, |all, one| all | one);
        let named = NEEDED.iter().filter(move |(_, bits)| all & bits == *bits);
        named
            .take_while(move |_| all != 0)
            .map(|(method, _)| *method)
    }

    fn of(&self, document: &Arc<PolicyDocument>) -> Bits {
        let mut known = self.known.borrow_mut();
        let place = known.entry(Arc::as_ptr(document));
        place
            .or_insert_with(|| (Arc::clone(document), allowed(document)))
            .1
    }
}

fn allowed(document: &PolicyDocument) -> Bits {
    let mut all = 0;
    let statements = document.statements.iter();
    for statement in statements.filter(|one| one.effect == Effect::Allow) {
        for (at, action) in ACTIONS.iter().enumerate() {
            if statement.has_action(action) {
                all |= 1 << at;
            }
        }
    }
    all
}

/// The services of methods that may assume a role by its trust policy, for certain or perhaps.
pub fn trusted_services(trust: &PolicyDocument) -> Vec<(&'static str, Truth)> {
    let mut found = Vec::new();
    // Most trust policies name no service at all.
    let names = |one: &Principals| match one {
        Principals::Only(set) => set.everyone || !set.services.is_empty(),
        Principals::AllBut(_) | Principals::Omitted => true,
    };
    let mut statements = trust.statements.iter();
    if statements.any(|one| one.effect == Effect::Allow && names(&one.principals)) {
        for service in SERVICES.iter() {
            let truth = trusts_service(trust, service);
            if truth != Truth::No {
                found.push((*service, truth));
            }
        }
    }
    found
}

/// Whether a service may assume a role by its trust policy. In the Regions of China some services are called otherwise:
/// `ec2.amazonaws.com.cn` (Amazon Web Services in China, "Getting Started", "IAM").
pub fn trusts_service(trust: &PolicyDocument, service: &str) -> Truth {
    let principal = Principal::service(service);
    let in_china = Principal::service(&format!("{service}.cn"));
    let mut any = Truth::No;
    for statement in trust
        .statements
        .iter()
        .filter(|one| one.effect == Effect::Allow)
    {
        // Most name no service at all.
        let means = |principal| statement.principals.means(principal).truth();
        let named = means(&principal).or(means(&in_china));
        if named != Truth::No && statement.has_action("sts:assumerole") {
            let holds = match statement.conditions.is_empty() {
                true => Truth::Yes,
                false => Truth::Unknown,
            };
            any = any.or(named.and(holds));
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_bit() {
        assert!(
            ACTIONS.len() <= Bits::BITS as usize,
            "{} actions do not fit into {} bits",
            ACTIONS.len(),
            Bits::BITS
        );
    }
}
