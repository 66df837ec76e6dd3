//! Pods that become their node, and pods of others that are moved to a node that one has.
//!
//! A privileged pod has its node. Pod Security admission at baseline or restricted refuses it
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>); who may label the namespace lowers the
//! level first. A pod may name its node, so it is whichever one likes. ValidatingAdmissionPolicies are not
//! looked at; where a policy engine runs the step is conditional.

use crate::graph::workload::Workload;
use crate::rbac::Name;

use super::build::{Build, Taken};
use super::edge::At;
use super::held::Held;
use super::method::{Ask, Family, GOOD_PRACTICES, Gives, Method};
use super::node::{Node, Set};
use super::place::Level;
use super::sets::MAKERS;
use super::workloads::{CHANGE, CREATE};

const STANDARDS: &str = "https://kubernetes.io/docs/concepts/security/pod-security-standards/";
const EPHEMERAL: Ask =
    Ask::namespaced(&["patch", "update"], &[("", &["pods/ephemeralcontainers"])]);
/// Eviction is created; pods are deleted. The other pairings of these mean nothing here.
const EVICT: Ask = Ask::namespaced(
    &["create", "delete", "deletecollection"],
    &[("", &["pods/eviction", "pods"])],
);
const LABEL: Ask = Ask::namespaced(&["patch", "update"], &[("", &["namespaces"])]);
const PRIVILEGED: &str = "runs a privileged pod on {}";

const fn method(
    id: &'static str,
    family: Family,
    asks: &'static [Ask],
    does: &'static str,
    source: &'static str,
    derive: fn(&mut Build<'_>, &'static Method),
) -> Method {
    Method {
        id,
        family,
        asks,
        gives: Gives::Node,
        does,
        source,
        derive,
    }
}

pub(super) const METHODS: &[Method] = &[
    method(
        "privileged-pod",
        Family::BecomeNode,
        &[CREATE],
        PRIVILEGED,
        STANDARDS,
        privileged,
    ),
    method(
        "privileged-change",
        Family::BecomeNode,
        &[CHANGE],
        PRIVILEGED,
        STANDARDS,
        privileged,
    ),
    method(
        "privileged-ephemeral-container",
        Family::BecomeNode,
        &[EPHEMERAL],
        "adds a privileged container to a pod on {}",
        STANDARDS,
        ephemeral,
    ),
    method(
        "lower-pod-security",
        Family::BecomeNode,
        &[CREATE, LABEL],
        "lifts the Pod Security level of {at} (it may {with}) and runs a privileged pod on {}",
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#namespace-modification",
        lower,
    ),
    method(
        "host-path-volume",
        Family::BecomeNode,
        &[
            CREATE,
            Ask::cluster(&["create"], &[("", &["persistentvolumes"])]),
        ],
        "has a pod mount the files of {} by a hostPath PersistentVolume (it may {with})",
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation",
        host_path,
    ),
];

/// Moved pods: of who has a node by another method, so these come last.
pub(super) const STEALING: &[Method] = &[
    method(
        "evict-pods",
        Family::StealPods,
        &[EVICT],
        "drives pods to a node that it has, and {} with them",
        GOOD_PRACTICES,
        steal,
    ),
    method(
        "drain-nodes",
        Family::StealPods,
        &[Ask::cluster(
            &["patch", "update", "delete", "deletecollection"],
            &[("", &["nodes", "nodes/status"])],
        )],
        "drives pods to a node that it has, and {} with them",
        GOOD_PRACTICES,
        steal,
    ),
];

/// What becomes of a dangerous pod in a namespace: nothing where it is refused, else what that depends on.
pub(super) fn dangerous(build: &Build<'_>, namespace: &str) -> Option<Option<String>> {
    match build.place.level(namespace) {
        Some(Level::Privileged) => Some(refused_by_engine(build)),
        Some(_) => None,
        None => Some(Some(
            "if the namespace has no Pod Security level, which was not read".to_owned(),
        )),
    }
}

/// What the surest of the dangerous pods of a grant's reach depends on; nothing where all are refused.
fn surest(build: &Build<'_>, held: &Held<'_>) -> Option<Option<String>> {
    let Some(namespace) = held.namespace else {
        return build.place.surest.clone();
    };
    dangerous(build, namespace)
}

/// The same of the whole cluster.
pub(super) fn surest_of_all(build: &Build<'_>) -> Option<Option<String>> {
    let mut perhaps = None;
    for namespace in build.place.namespaces.keys() {
        match dangerous(build, namespace) {
            Some(None) => return Some(None),
            found => perhaps = perhaps.or(found),
        }
    }
    perhaps
}

fn privileged(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        let creates = held.permission.verb == "create";
        if creates && !held.covers(Name::Every) {
            continue;
        }
        let Some(open) = surest(build, &held) else {
            continue;
        };
        if creates || has_workload(build, &held) {
            build.by_method(at, method, Taken::by(held).open(open), Node::AnyMachine);
        }
    }
}

/// Whether there is a workload that a permission changes, where a dangerous pod is let in.
fn has_workload(build: &Build<'_>, held: &Held<'_>) -> bool {
    let maker = MAKERS
        .iter()
        .find(|(resource, ..)| *resource == held.permission.resource);
    let Some((_, kinds, _)) = maker else {
        return false;
    };
    let kind = kinds.first().copied().unwrap_or_default();
    let fits = |workload: &Workload<'_>| {
        workload.kind == kind
            && held.reaches(workload.namespace)
            && dangerous(build, workload.namespace).is_some()
    };
    match (held.names(), held.namespace) {
        (None, Some(namespace)) => build.place.has_kind(kind, namespace),
        // The first that is let in ends it; where none is, this is not asked.
        (None, None) => build.place.workloads.iter().any(|one| fits(one)),
        (Some(names), _) => names.iter().any(|name| {
            let mut named = build.place.workloads_named(name).iter();
            named.any(|one| fits(one))
        }),
    }
}

fn ephemeral(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        let set = match (held.names(), held.namespace) {
            (Some(names), _) => {
                ephemeral_named(build, at, method, held, names);
                continue;
            }
            (None, None) => Set::OpenMachines,
            (None, Some(namespace)) => Set::MachinesOf(namespace.to_owned()),
        };
        let open = match held.namespace {
            None => None,
            Some(namespace) => match dangerous(build, namespace) {
                Some(open) => open,
                None => continue,
            },
        };
        build.by_method(at, method, Taken::by(held).open(open), Node::Set(set));
    }
}

fn ephemeral_named<'g>(
    build: &mut Build<'g>,
    at: usize,
    method: &'static Method,
    held: Held<'g>,
    names: &[String],
) {
    let mut found = Vec::new();
    for (account, pod) in names.iter().flat_map(|name| build.place.pods_named(name)) {
        let machine = pod.spec.node_name.as_deref();
        let machine = machine.filter(|name| build.place.machines.contains(name));
        let open = dangerous(build, &account.namespace);
        if let (Some(name), Some(open), true) = (machine, open, held.reaches(&account.namespace)) {
            let taken = Taken::by(held).at(At::Pod(pod)).open(open);
            found.push((taken, Node::Machine(name.to_owned())));
        }
    }
    for (taken, node) in found {
        build.by_method(at, method, taken, node);
    }
}

/// Requests for one namespace carry its name as their namespace too, so a RoleBinding in it counts.
fn lower(build: &mut Build<'_>, method: &'static Method) {
    for (at, all) in build.holders_of_all(method) {
        let [creates, labels] = all.as_slice() else {
            continue;
        };
        let found = creates
            .iter()
            .filter(|held| held.covers(Name::Every))
            .find_map(|create| {
                // Where nothing has to be lifted there is the method without it.
                let mut closed = build.place.closed.iter();
                closed.find_map(|namespace| {
                    let mut labels = labels.iter();
                    let label = labels.find(|label| {
                        create.reaches(namespace)
                            && label.reaches(namespace)
                            && label.covers(Name::Exact(namespace))
                    })?;
                    Some((*create, *label, namespace.clone()))
                })
            });
        if let Some((create, label, namespace)) = found {
            let taken = Taken::by(create)
                .with(label)
                .at(At::Text(namespace))
                .open(refused_by_engine(build));
            build.by_method(at, method, taken, Node::AnyMachine);
        }
    }
}

/// Nobody has to be let make the claim: a pod brings one along as an ephemeral volume, and it is made for it
/// (<https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#security>).
fn host_path(build: &mut Build<'_>, method: &'static Method) {
    for (at, all) in build.holders_of_all(method) {
        let [creates, volumes] = all.as_slice() else {
            continue;
        };
        let every = |held: &&Held<'_>| held.covers(Name::Every);
        let Some(volume) = volumes.iter().find(every) else {
            continue;
        };
        let level = |create: &Held<'_>| match create.namespace {
            Some(namespace) => build.place.level(namespace),
            None => build.place.lowest,
        };
        let creates = creates.iter().filter(every);
        let Some(create) = creates.min_by_key(|create| rank(level(create))) else {
            continue;
        };
        // Restricted lets it run as nobody in particular, which opens some files and not others.
        let open = match level(create) {
            Some(Level::Privileged | Level::Baseline) => None,
            Some(Level::Restricted) => {
                Some("as far as the files there are open to a user that is not root".to_owned())
            }
            None => Some(
                "as far as the namespace's Pod Security level, which was not read, lets it be root"
                    .to_owned(),
            ),
        };
        let taken = Taken::by(*create)
            .with(*volume)
            .open(open.or_else(|| refused_by_engine(build)));
        build.by_method(at, method, taken, Node::AnyMachine);
    }
}

/// What a pod depends on where a policy engine runs.
fn refused_by_engine(build: &Build<'_>) -> Option<String> {
    let engine = build.place.policies?;
    Some(format!(
        "unless a policy of {engine} refuses it, which was not read"
    ))
}

/// From where most may be had to where least.
pub(super) fn rank(level: Option<Level>) -> u8 {
    match level {
        Some(Level::Privileged) => 0,
        Some(Level::Baseline) => 1,
        None => 2,
        Some(Level::Restricted) => 3,
    }
}

/// Pods that come to a node that one has already: of who may drive them off theirs. Who has every node needs
/// no more.
fn steal(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        let edges = build.edges.get(at).into_iter().flatten();
        let mut reached = edges.filter_map(|edge| build.nodes.all.get(edge.to));
        let on = reached.find_map(|node| match node {
            Node::Machine(name) | Node::Set(Set::Kubelet(name)) => Some(name.clone()),
            _ => None,
        });
        let Some(on) = on.filter(|_| drives_off(&held)) else {
            continue;
        };
        let open = format!("where they may be scheduled to {on}");
        for (pod, node) in driven(build, &held, &on) {
            let taken = Taken::by(held).at(pod).open(Some(open.clone()));
            build.by_method(at, method, taken, node);
        }
    }
}

/// Whether a permission is one that is served, of all that verbs and resources make.
fn drives_off(held: &Held<'_>) -> bool {
    let asked = &held.permission;
    match (asked.resource, asked.subresource, asked.verb) {
        ("pods", "eviction", verb) => verb == "create",
        // No name can limit it, so under names it is never given.
        (_, "", "deletecollection") => held.covers(Name::Every),
        (_, "", verb) => asked.resource == "nodes" || verb == "delete",
        (_, _, verb) => matches!(verb, "patch" | "update"),
    }
}

/// Whose pods are driven off: of names those alone.
fn driven<'g>(build: &Build<'g>, held: &Held<'g>, on: &str) -> Vec<(At<'g>, Node)> {
    let Some(names) = held.names() else {
        let set = Node::Set(Set::Pods(held.namespace.map(str::to_owned)));
        return vec![(At::Nowhere, set)];
    };
    if held.permission.resource == "nodes" {
        let others = names.iter().filter(|name| *name != on);
        let kubelets = others.map(|name| Node::Set(Set::Kubelet(name.clone())));
        return kubelets
            .filter(|kubelet| build.nodes.find(kubelet).is_some())
            .map(|kubelet| (At::Nowhere, kubelet))
            .collect();
    }
    let pods = names.iter().flat_map(|name| build.place.pods_named(name));
    pods.filter(|(account, pod)| held.reaches(&account.namespace) && account.gives_token(pod))
        .map(|(account, pod)| {
            let node = Node::account(&account.namespace, &account.name);
            (At::Pod(pod), node)
        })
        .collect()
}
