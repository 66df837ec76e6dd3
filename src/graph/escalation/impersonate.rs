//! Acting in another's name.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/>: a group is taken on only
//! together with a user; a user name of a service account is asked as the service account it stands for. The
//! name need not be anybody's. The constrained impersonation of newer versions has verbs of its own and is not
//! in the catalogue.

use crate::rbac::identity::SYSTEM_MASTERS;
use crate::rbac::{Name, SubjectId};

use super::build::{Build, Taken};
use super::method::{Ask, Family, Gives, Method, nothing};
use super::node::{Node, Set};

const IMPERSONATION: &str =
    "https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/";
const VERB: &[&str] = &["impersonate"];
const USERS: Ask = Ask::cluster(VERB, &[("", &["users"])]);
const GROUPS: Ask = Ask::cluster(VERB, &[("", &["groups"])]);
const ACCOUNTS: Ask = Ask::namespaced(VERB, &[("", &["serviceaccounts"])]);

const fn method(
    id: &'static str,
    asks: &'static [Ask],
    derive: fn(&mut Build<'_>, &'static Method),
) -> Method {
    Method {
        id,
        family: Family::Impersonate,
        asks,
        gives: Gives::Subject,
        does: "acts as {}",
        source: IMPERSONATION,
        derive,
    }
}

const fn worthless(id: &'static str, asks: &'static [Ask], why: &'static str) -> Method {
    Method {
        id,
        family: Family::Impersonate,
        asks,
        gives: Gives::Nothing(why),
        does: "",
        source: IMPERSONATION,
        derive: nothing,
    }
}

pub(super) const METHODS: &[Method] = &[
    method("impersonate-user", &[USERS], users),
    method("impersonate-group-as-user", &[GROUPS, USERS], groups),
    method(
        "impersonate-group-as-service-account",
        &[GROUPS, ACCOUNTS],
        groups,
    ),
    method("impersonate-service-account", &[ACCOUNTS], accounts),
    worthless(
        "impersonate-uid",
        &[Ask::cluster(VERB, &[("authentication.k8s.io", &["uids"])])],
        "takes a user besides, and RBAC does not look at it",
    ),
    worthless(
        "impersonate-extra",
        &[Ask::cluster(
            VERB,
            &[("authentication.k8s.io", &["userextras"])],
        )],
        "takes a user besides, and RBAC does not look at it",
    ),
];

fn users(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        let Some(names) = held.names() else {
            build.by_method(at, method, Taken::by(held), Node::Set(Set::Users));
            continue;
        };
        for name in names {
            let user = SubjectId::user(name);
            let node = Node::Subject(user.clone());
            if matches!(user, SubjectId::User(_)) && build.nodes.find(&node).is_some() {
                build.by_method(at, method, Taken::by(held), node);
            }
        }
    }
}

fn groups(build: &mut Build<'_>, method: &'static Method) {
    for (at, all) in build.holders_of_all(method) {
        let [groups, users] = all.as_slice() else {
            continue;
        };
        let Some(user) = users.first().copied() else {
            continue;
        };
        for held in groups.iter().copied() {
            // Nothing is above that one.
            let names: Vec<&str> = match held.names() {
                _ if held.covers(Name::Exact(SYSTEM_MASTERS)) => vec![SYSTEM_MASTERS],
                Some(names) => names.iter().map(String::as_str).collect(),
                None => vec![SYSTEM_MASTERS],
            };
            for name in names {
                let node = Node::Subject(SubjectId::Group(name.to_owned()));
                if build.nodes.find(&node).is_some() {
                    build.by_method(at, method, Taken::by(held).with(user), node);
                }
            }
        }
    }
}

fn accounts(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        let Some(names) = held.names() else {
            let set = Set::Names(held.namespace.map(str::to_owned));
            build.by_method(at, method, Taken::by(held), Node::Set(set));
            continue;
        };
        for name in names {
            let reached: Vec<Node> = build
                .place
                .named(name)
                .filter(|account| held.reaches(&account.namespace))
                .map(|account| Node::account(&account.namespace, &account.name))
                .collect();
            for node in reached {
                build.by_method(at, method, Taken::by(held), node);
            }
        }
    }
}
