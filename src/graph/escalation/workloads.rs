//! Pods that run as another: created, or changed, themselves or by what makes them.
//!
//! No level of the Pod Security Standards stops a pod from running as another service account of its namespace.

use crate::rbac::Name;

use super::build::{Build, Taken};
use super::edge::At;
use super::method::{Ask, Family, GOOD_PRACTICES, Gives, Method};
use super::node::{Node, Set};
use super::sets::{MAKERS, open_change};

/// What creates pods.
pub(super) const CREATE: Ask = Ask::namespaced(
    &["create"],
    &[
        ("", &["pods", "replicationcontrollers"]),
        (
            "apps",
            &["deployments", "daemonsets", "statefulsets", "replicasets"],
        ),
        ("batch", &["jobs", "cronjobs"]),
    ],
);

/// What changes the pods that are made. A Job's template cannot be changed.
pub(super) const CHANGE: Ask = Ask::namespaced(
    &["patch", "update"],
    &[
        ("", &["replicationcontrollers"]),
        (
            "apps",
            &["deployments", "daemonsets", "statefulsets", "replicasets"],
        ),
        ("batch", &["cronjobs"]),
    ],
);

pub(super) const METHODS: &[Method] = &[
    Method {
        id: "create-pods",
        family: Family::CreatePods,
        asks: &[CREATE],
        gives: Gives::Subject,
        does: "has one run as {}",
        source: GOOD_PRACTICES,
        derive: create,
    },
    Method {
        id: "change-pods",
        family: Family::ChangePods,
        asks: &[Ask::namespaced(&["patch", "update"], &[("", &["pods"])])],
        gives: Gives::Subject,
        // The image of a running pod can be changed, its service account cannot.
        does: "runs what it likes in {at}, which has the token of {}",
        source: "https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement",
        derive: super::enter::in_pods,
    },
    Method {
        id: "change-workloads",
        family: Family::ChangePods,
        asks: &[CHANGE],
        gives: Gives::Subject,
        does: "makes {at} run as {}",
        source: GOOD_PRACTICES,
        derive: change,
    },
];

fn create(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        // What is created has no name yet that a rule could be limited to.
        if held.covers(Name::Every) {
            let set = Set::Accounts(held.namespace.map(str::to_owned));
            build.by_method(at, method, Taken::by(held), Node::Set(set));
        }
    }
}

fn change(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        let maker = MAKERS
            .iter()
            .find(|(resource, ..)| *resource == held.permission.resource);
        let Some((resource, kinds, _)) = maker else {
            continue;
        };
        let Some(names) = held.names() else {
            let set = Set::Workloads(resource, held.namespace.map(str::to_owned));
            build.by_method(at, method, Taken::by(held), Node::Set(set));
            continue;
        };
        let named = names
            .iter()
            .flat_map(|name| build.place.workloads_named(name));
        let covered: Vec<_> = named
            // The names of ReplicaSets are not those of their Deployments.
            .filter(|one| kinds.first() == Some(&one.kind.as_str()))
            .filter(|one| held.reaches(one.namespace))
            .copied()
            .collect();
        for workload in covered {
            let taken = Taken::by(held)
                .at(At::Text(format!("the {}", workload.label())))
                .open(open_change(resource, &workload.kind));
            let set = Set::Accounts(Some(workload.namespace.to_owned()));
            build.by_method(at, method, taken, Node::Set(set));
        }
    }
}
