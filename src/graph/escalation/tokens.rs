//! Tokens of service accounts: made for the asking, or read from a Secret.

use std::collections::HashSet;

use crate::rbac::Name;
use crate::snapshot::coverage::Source;

use super::build::{Build, Taken};
use super::edge::At;
use super::held::Held;
use super::method::{Ask, Family, GOOD_PRACTICES, Gives, Method};
use super::node::{Node, Set};

/// List and watch send whole objects. With names they hold for requests with a field selector for one
/// (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources>).
const READ: Ask = Ask::namespaced(&["get", "list", "watch"], &[("", &["secrets"])]);

pub(super) const METHODS: &[Method] = &[
    Method {
        id: "token-request",
        family: Family::IssueTokens,
        asks: &[Ask::namespaced(
            &["create"],
            &[("", &["serviceaccounts/token"])],
        )],
        gives: Gives::Subject,
        does: "has a token made for {}",
        source: GOOD_PRACTICES,
        derive: request,
    },
    Method {
        id: "read-token-secret",
        family: Family::ReadSecrets,
        asks: &[READ],
        gives: Gives::Subject,
        does: "has the token of {} that {at} holds",
        source: "https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets",
        derive: read,
    },
    Method {
        id: "make-token-secret",
        family: Family::ReadSecrets,
        asks: &[READ, Ask::namespaced(&["create"], &[("", &["secrets"])])],
        gives: Gives::Subject,
        does: "has a token of {}: it may {with} too, one that asks for the token",
        source: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#manually-create-a-long-lived-api-token-for-a-serviceaccount",
        derive: make,
    },
];

fn request(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        let Some(names) = held.names() else {
            let set = Set::Accounts(held.namespace.map(str::to_owned));
            build.by_method(at, method, Taken::by(held), Node::Set(set));
            continue;
        };
        for name in names {
            let reached: Vec<(Node, Option<String>)> = build
                .place
                .named(name)
                .filter(|account| account.is_there && held.reaches(&account.namespace))
                .map(|account| {
                    (
                        Node::account(&account.namespace, name),
                        account.open.clone(),
                    )
                })
                .collect();
            for (node, open) in reached {
                build.by_method(at, method, Taken::by(held).open(open), node);
            }
        }
    }
}

fn read(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        let Some(names) = held.names() else {
            let set = Set::Tokens(held.namespace.map(str::to_owned));
            build.by_method(at, method, Taken::by(held), Node::Set(set));
            continue;
        };
        for name in names {
            let covered: Vec<_> = build
                .place
                .tokens_named(name)
                .into_iter()
                .filter(|(account, _)| held.reaches(&account.namespace))
                .map(|(account, secret)| (Node::account(&account.namespace, &account.name), secret))
                .collect();
            for (node, secret) in covered {
                let taken = Taken::by(held).at(At::Secret(secret));
                build.by_method(at, method, taken, node);
            }
        }
    }
}

fn make(build: &mut Build<'_>, method: &'static Method) {
    for (at, all) in build.holders_of_all(method) {
        let [reads, creates] = all.as_slice() else {
            continue;
        };
        // Of many bindings that give the same, one pair tells it: their product would be the square.
        let mut told = HashSet::new();
        for create in creates.iter().filter(|held| held.covers(Name::Every)) {
            for read in reads {
                let Some(place) = common_place(read, create) else {
                    continue;
                };
                let same = (place, read.outside, create.outside);
                if read.names().is_some() || told.insert(same) {
                    make_by(build, at, method, (*read, *create), place);
                }
            }
        }
    }
}

/// Where both hold: everywhere, or in a namespace; nothing where it is nowhere.
fn common_place<'g>(one: &Held<'g>, other: &Held<'g>) -> Option<Option<&'g str>> {
    match (one.namespace, other.namespace) {
        (Some(a), Some(b)) if a != b => None,
        (a, b) => Some(a.or(b)),
    }
}

/// The Secret is made under a name that may be read: any, or one of a rule's that is not taken.
fn make_by<'g>(
    build: &mut Build<'g>,
    at: usize,
    method: &'static Method,
    (read, create): (Held<'g>, Held<'g>),
    place: Option<&str>,
) {
    let taken = Taken::by(read).with(create);
    let Some(names) = read.names() else {
        let set = Set::Accounts(place.map(str::to_owned));
        build.by_method(at, method, taken, Node::Set(set));
        return;
    };
    let seen = build.place.saw(Source::KUBERNETES_SECRETS);
    for namespace in build.place.within(place) {
        let taken_name = |name: &String| build.place.has_secret(&namespace, name);
        let Some(free) = names.iter().find(|name| !taken_name(name)) else {
            continue;
        };
        let open = (!seen).then(|| format!("if no Secret {free} is there, which was not read"));
        let taken = Taken::by(read).with(create).open(open);
        let set = Set::Accounts(Some(namespace));
        build.by_method(at, method, taken, Node::Set(set));
    }
}
