//! Powers over RBAC itself: rules that are written, roles that are bound.
//!
//! The API server lets a role be written only by who holds all that it allows, or may `escalate` it, and bound
//! only by who holds it, or may `bind` it
//! (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping>).
//! So who writes roles or bindings without these two verbs gains nothing. A binding's role cannot be changed:
//! who updates a binding adds itself to it.

use crate::graph::rbac_subject::role_text;
use crate::rbac::{Name, is_cluster_admin};
use crate::snapshot::kubernetes_rbac::{BindingKind, Role, RoleBinding, RoleKind};

use super::build::{Build, EVERYTHING, Has, Taken};
use super::edge::At;
use super::held::Held;
use super::method::{Ask, Family, Gives, Method};
use super::node::{Node, Set};

const RBAC: &str = "rbac.authorization.k8s.io";
const PREVENTION: &str = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping";
const WRITE: &[&str] = &["create", "patch", "update"];
const CHANGE: &[&str] = &["patch", "update"];
const CLUSTER_ADMIN: &str = "cluster-admin";

const fn method(
    id: &'static str,
    family: Family,
    asks: &'static [Ask],
    does: &'static str,
    derive: fn(&mut Build<'_>, &'static Method),
) -> Method {
    Method {
        id,
        family,
        asks,
        gives: Gives::Permissions,
        does,
        source: PREVENTION,
        derive,
    }
}

const ESCALATES: &str = "writes every permission into {at}, which it is bound to";
const BINDS: &str = "binds itself to {at}";

pub(super) const METHODS: &[Method] = &[
    method(
        "escalate-cluster-role",
        Family::Escalate,
        &[
            Ask::cluster(&["escalate"], &[(RBAC, &["clusterroles"])]),
            Ask::cluster(CHANGE, &[(RBAC, &["clusterroles"])]),
        ],
        ESCALATES,
        escalate,
    ),
    method(
        "escalate-role",
        Family::Escalate,
        &[
            Ask::namespaced(&["escalate"], &[(RBAC, &["roles"])]),
            Ask::namespaced(CHANGE, &[(RBAC, &["roles"])]),
        ],
        ESCALATES,
        escalate,
    ),
    method(
        "escalate-aggregated-role",
        Family::Escalate,
        &[
            Ask::cluster(&["escalate"], &[(RBAC, &["clusterroles"])]),
            Ask::cluster(WRITE, &[(RBAC, &["clusterroles"])]),
        ],
        "makes another ClusterRole one with every permission that is gathered into {at}, which it is bound to",
        aggregate,
    ),
    method(
        "bind-cluster-wide",
        Family::Bind,
        &[
            Ask::cluster(&["bind"], &[(RBAC, &["clusterroles"])]),
            Ask::cluster(WRITE, &[(RBAC, &["clusterrolebindings"])]),
        ],
        BINDS,
        bind,
    ),
    method(
        "bind-cluster-role-in-namespace",
        Family::Bind,
        &[
            Ask::namespaced(&["bind"], &[(RBAC, &["clusterroles"])]),
            Ask::namespaced(WRITE, &[(RBAC, &["rolebindings"])]),
        ],
        BINDS,
        bind,
    ),
    method(
        "bind-role",
        Family::Bind,
        &[
            Ask::namespaced(&["bind"], &[(RBAC, &["roles"])]),
            Ask::namespaced(WRITE, &[(RBAC, &["rolebindings"])]),
        ],
        BINDS,
        bind,
    ),
];

/// A method's two permissions, in every pairing.
fn pairs<'g>(all: &[Vec<Held<'g>>]) -> Vec<(Held<'g>, Held<'g>)> {
    let [first, second] = all else {
        return Vec::new();
    };
    let pairs = first
        .iter()
        .flat_map(|a| second.iter().map(move |b| (*a, *b)));
    pairs.collect()
}

/// Everything that comes of having a role everywhere, or in a namespace.
fn all_of(has: Has<'_>) -> Node {
    match has.within {
        None => Node::Cluster,
        Some(namespace) => Node::Namespace(namespace.to_owned()),
    }
}

/// Who has a method's two permissions, the permissions, and the roles that they may be used on.
type Writer<'g> = (usize, Vec<(Held<'g>, Held<'g>)>, Vec<Has<'g>>);

fn writers<'g>(build: &Build<'g>, method: &Method) -> Vec<Writer<'g>> {
    let holders = build.holders_of_all(method).into_iter();
    let holders = holders.map(|(at, all)| (at, pairs(&all), build.roles_of(at)));
    let members = build.members_with_roles(method).into_iter();
    let members = members.map(|(at, all)| (at, pairs(&all), build.own_roles(at)));
    holders.chain(members).collect()
}

fn escalate(build: &mut Build<'_>, method: &'static Method) {
    for (at, pairs, roles) in writers(build, method) {
        for (escalate, change) in pairs {
            for has in roles.iter().copied() {
                let metadata = &has.role.metadata;
                let kind = match escalate.permission.resource {
                    "roles" => RoleKind::Role,
                    _ => RoleKind::ClusterRole,
                };
                let name = Name::Exact(&metadata.name);
                let reached = kind == RoleKind::ClusterRole
                    || (escalate.reaches(has.role.namespace())
                        && change.reaches(has.role.namespace()));
                if has.role.kind == kind && reached && escalate.covers(name) && change.covers(name)
                {
                    gain_all(build, at, method, (escalate, change), has);
                }
            }
        }
    }
}

/// An aggregated ClusterRole gathers the rules of every ClusterRole with its labels, whoever made them
/// (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles>).
fn aggregate(build: &mut Build<'_>, method: &'static Method) {
    for (at, pairs, roles) in writers(build, method) {
        for (escalate, write) in pairs {
            for has in roles.iter().copied() {
                let gathers = has.role.aggregation_rule.as_ref();
                if gathers.is_some_and(|rule| !rule.cluster_role_selectors.is_empty())
                    && writes_another(build, &escalate, &write, has.role)
                {
                    gain_all(build, at, method, (escalate, write), has);
                }
            }
        }
    }
}

/// Whether a ClusterRole can be given labels and rules that is not the role itself: a new one, or one that is
/// there.
fn writes_another(build: &Build<'_>, escalate: &Held<'_>, write: &Held<'_>, role: &Role) -> bool {
    if write.permission.verb == "create" {
        return escalate.covers(Name::Every) && write.covers(Name::Every);
    }
    let itself = Name::Exact(&role.metadata.name);
    if escalate.covers(itself) && write.covers(itself) {
        // That is told without the detour.
        return false;
    }
    // One of the two is limited to names, so few are asked for.
    let names = escalate.names().or_else(|| write.names());
    let mut names = names.into_iter().flatten();
    names.any(|name| {
        escalate.covers(Name::Exact(name))
            && write.covers(Name::Exact(name))
            && build.place.node.rbac.cluster_role(name).is_some()
    })
}

fn gain_all<'g>(
    build: &mut Build<'g>,
    at: usize,
    method: &'static Method,
    (held, with): (Held<'g>, Held<'g>),
    has: Has<'g>,
) {
    let taken = Taken::by(held).with(with).at(role_at(has.role));
    let node = all_of(has);
    if let (Node::Namespace(_), Some(within)) = (&node, has.within) {
        build.gain(node.clone(), &EVERYTHING, Some(within));
    }
    build.by_method(at, method, taken, node);
}

fn role_at<'g>(role: &Role) -> At<'g> {
    At::Text(format!("the {}", role_text(role)))
}

fn bind(build: &mut Build<'_>, method: &'static Method) {
    for (at, all) in build.holders_of_all(method) {
        for (bind, write) in pairs(&all) {
            if write.permission.verb == "create" {
                if write.covers(Name::Every) {
                    bind_by_new(build, at, method, (bind, write));
                }
            } else {
                bind_by_change(build, at, method, (bind, write));
            }
        }
    }
}

/// The namespace that two permissions both hold in: `Some(None)` is every one.
fn both<'g>(a: &Held<'g>, b: &Held<'g>) -> Option<Option<&'g str>> {
    match (a.namespace, b.namespace) {
        (Some(a), Some(b)) => (a == b).then_some(Some(a)),
        (a, b) => Some(a.or(b)),
    }
}

/// By a new binding of any role that may be bound. All roles are gone through, for each of the few who may
/// `bind`.
fn bind_by_new<'g>(
    build: &mut Build<'g>,
    at: usize,
    method: &'static Method,
    (bind, write): (Held<'g>, Held<'g>),
) {
    let Some(place) = both(&bind, &write) else {
        return;
    };
    let everywhere = write.permission.resource == "clusterrolebindings";
    let of_roles = bind.permission.resource == "roles";
    let node = build.place.node;
    let roles: Vec<&'g Role> = node
        .rbac
        .roles()
        .iter()
        .filter(|role| (role.kind == RoleKind::Role) == of_roles)
        .filter(|role| !of_roles || place.is_none_or(|place| role.namespace() == place))
        .filter(|role| bind.covers(Name::Exact(&role.metadata.name)))
        .collect();
    let taken = |role: &str| {
        let at = At::Text(format!("the ClusterRole {role}"));
        Taken::by(bind).with(write).at(at)
    };
    // With everything nothing else is worth having.
    let admin = roles
        .iter()
        .find(|role| is_cluster_admin(&role.rules).is_some());
    let named = || {
        bind.covers(Name::Exact(CLUSTER_ADMIN))
            .then_some(CLUSTER_ADMIN)
    };
    let admin = admin.map(|role| role.metadata.name.as_str()).or_else(named);
    if let Some(admin) = admin.filter(|_| !of_roles) {
        let to = match (everywhere, place) {
            (true, _) => Node::Cluster,
            (false, None) => Node::Set(Set::Namespaces),
            (false, Some(place)) => Node::Namespace(place.to_owned()),
        };
        everything_in(build, if everywhere { Some("") } else { place });
        build.by_method(at, method, taken(admin), to);
        return;
    }
    for role in roles {
        let within: Vec<Option<&'g str>> = match (everywhere, of_roles) {
            (true, _) => vec![None],
            (false, true) => vec![Some(role.namespace())],
            // A role that is bound namespace by namespace: one edge each, for who may do that.
            (false, false) => namespaces(build, place).into_iter().map(Some).collect(),
        };
        for within in within {
            gain_role(build, at, method, (bind, write), role, within);
        }
    }
}

/// The namespaces of a scope, by names that live as long as the cluster.
fn namespaces<'g>(build: &Build<'g>, place: Option<&'g str>) -> Vec<&'g str> {
    match place {
        Some(place) => vec![place],
        None => {
            let node = build.place.node;
            let all = node.cluster.kubernetes.namespaces.iter();
            all.map(|namespace| namespace.metadata.name.as_str())
                .collect()
        }
    }
}

/// Makes the holders of everything in a namespace, or in each; in none for an empty name.
fn everything_in<'g>(build: &mut Build<'g>, place: Option<&'g str>) {
    if place == Some("") {
        return;
    }
    for namespace in namespaces(build, place) {
        build.gain(
            Node::Namespace(namespace.to_owned()),
            &EVERYTHING,
            Some(namespace),
        );
    }
}

fn gain_role<'g>(
    build: &mut Build<'g>,
    at: usize,
    method: &'static Method,
    (bind, write): (Held<'g>, Held<'g>),
    role: &'g Role,
    within: Option<&'g str>,
) {
    let is_admin = is_cluster_admin(&role.rules).is_some();
    let node = match (is_admin, within) {
        (true, None) => Node::Cluster,
        (true, Some(namespace)) => Node::Namespace(namespace.to_owned()),
        (false, _) => Node::Role {
            of: (role.kind == RoleKind::Role).then(|| role.namespace().to_owned()),
            name: role.metadata.name.clone(),
            within: within.map(str::to_owned),
        },
    };
    if node != Node::Cluster {
        build.gain(node.clone(), role, within);
    }
    let taken = Taken::by(bind).with(write).at(role_at(role));
    build.by_method(at, method, taken, node);
}

/// By adding itself to a binding that there is. All bindings are gone through, for each of the few who may
/// `bind`.
fn bind_by_change<'g>(
    build: &mut Build<'g>,
    at: usize,
    method: &'static Method,
    (bind, write): (Held<'g>, Held<'g>),
) {
    let node = build.place.node;
    let kind = match write.permission.resource {
        "clusterrolebindings" => BindingKind::ClusterRoleBinding,
        _ => BindingKind::RoleBinding,
    };
    let role_kind = match bind.permission.resource {
        "roles" => RoleKind::Role,
        _ => RoleKind::ClusterRole,
    };
    let reached = |binding: &RoleBinding| {
        let place = binding.namespace();
        place.is_none_or(|place| bind.reaches(place) && write.reaches(place))
    };
    let bindings = node.rbac.bindings().iter();
    let bindings = bindings.filter(|binding| {
        binding.kind == kind
            && binding.role_ref.kind == role_kind.as_str()
            && reached(binding)
            && write.covers(Name::Exact(&binding.metadata.name))
            && bind.covers(Name::Exact(&binding.role_ref.name))
    });
    // One for each role and place; of roles of everything one alone.
    let mut seen = std::collections::BTreeSet::new();
    for binding in bindings {
        let Some(role) = node.rbac.role_of(binding) else {
            continue;
        };
        let within = binding.namespace();
        if seen.insert((within, role.metadata.name.as_str())) {
            gain_role(build, at, method, (bind, write), role, within);
        }
    }
}
