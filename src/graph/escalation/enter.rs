//! Into pods that run: by a command, a new container, their kubelet.

use super::build::{Build, Taken};
use super::edge::At;
use super::held::Held;
use super::method::{Ask, Family, GOOD_PRACTICES, Gives, Method, nothing};
use super::node::{Node, Set};
use crate::snapshot::kubernetes::PodSpec;

const RUNS: &str = "runs what it likes in {at}, which has the token of {}";

pub(super) const METHODS: &[Method] = &[
    Method {
        id: "exec",
        family: Family::EnterPods,
        asks: &[Ask::namespaced(&["create"], &[("", &["pods/exec"])])],
        gives: Gives::Subject,
        does: RUNS,
        source: GOOD_PRACTICES,
        derive: in_pods,
    },
    Method {
        id: "exec-by-get",
        family: Family::EnterPods,
        asks: &[Ask::namespaced(&["get"], &[("", &["pods/exec"])])],
        gives: Gives::Subject,
        does: RUNS,
        // From 1.35 on a WebSocket takes create too.
        source: "https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/",
        derive: by_get,
    },
    Method {
        id: "attach",
        family: Family::EnterPods,
        // What a pod's main process is told to it, and only where it has a stdin.
        asks: &[Ask::namespaced(
            &["create", "get"],
            &[("", &["pods/attach"])],
        )],
        gives: Gives::Subject,
        does: "writes to the main process of {at}, which has the token of {}",
        source: "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#debugging",
        derive: attach,
    },
    Method {
        id: "port-forward",
        family: Family::EnterPods,
        asks: &[Ask::namespaced(&["create"], &[("", &["pods/portforward"])])],
        gives: Gives::Nothing("what listens in the pod, not the pod"),
        does: "",
        source: "https://kubernetes.io/docs/tasks/access-application-cluster/port-forward-access-application-cluster/",
        derive: nothing,
    },
    Method {
        id: "ephemeral-container",
        family: Family::EnterPods,
        asks: &[Ask::namespaced(
            &["patch", "update"],
            &[("", &["pods/ephemeralcontainers"])],
        )],
        gives: Gives::Subject,
        does: RUNS,
        source: "https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/",
        derive: in_pods,
    },
    Method {
        id: "nodes-proxy",
        family: Family::ReachKubelets,
        // The kubelet asks for get where a command comes over a WebSocket.
        asks: &[Ask::cluster(&["create", "get"], &[("", &["nodes/proxy"])])],
        gives: Gives::Subject,
        does: RUNS,
        source: "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/",
        derive: kubelets,
    },
];

/// Into pods that have a token.
pub(super) fn in_pods(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        enter(build, at, method, held, (Set::Pods, |_| true, None));
    }
}

/// Which pods are entered: all of a namespace as a set, of those of a name which, and what it depends on.
type Entered = (
    fn(Option<String>) -> Set,
    fn(&PodSpec) -> bool,
    Option<String>,
);

fn enter<'g>(
    build: &mut Build<'g>,
    at: usize,
    method: &'static Method,
    held: Held<'g>,
    (all, fits, open): Entered,
) {
    let Some(names) = held.names() else {
        let set = all(held.namespace.map(str::to_owned));
        build.by_method(at, method, Taken::by(held).open(open), Node::Set(set));
        return;
    };
    for name in names {
        let covered: Vec<_> = build
            .place
            .pods_named(name)
            .into_iter()
            .filter(|(account, pod)| held.reaches(&account.namespace) && account.gives_token(pod))
            .filter(|(_, pod)| fits(&pod.spec))
            .map(|(account, pod)| (Node::account(&account.namespace, &account.name), pod))
            .collect();
        for (node, pod) in covered {
            let taken = Taken::by(held).at(At::Pod(pod)).open(open.clone());
            build.by_method(at, method, taken, node);
        }
    }
}

/// A WebSocket is opened by a get; from Kubernetes 1.35 on `create` is asked for too. Nothing where that is
/// so, else what it depends on.
fn opened_by_get(build: &Build<'_>) -> Option<Option<String>> {
    match build.place.minor {
        Some(minor) if minor >= 35 => None,
        Some(_) => Some(None),
        None => Some(Some(
            "if the cluster is older than 1.35, which was not read".to_owned(),
        )),
    }
}

fn by_get(build: &mut Build<'_>, method: &'static Method) {
    let Some(open) = opened_by_get(build) else {
        return;
    };
    for (at, held) in build.holders(method) {
        enter(build, at, method, held, (Set::Pods, |_| true, open.clone()));
    }
}

/// Whether a pod has a container that can be written to.
pub(super) fn reads(spec: &PodSpec) -> bool {
    let containers = spec.containers.iter();
    let containers = containers.chain(&spec.ephemeral_containers);
    containers
        .filter_map(|container| container.stdin)
        .any(|stdin| stdin)
}

/// What the main process makes of what it reads is not known: a shell runs it.
fn attach(build: &mut Build<'_>, method: &'static Method) {
    let by_get = opened_by_get(build);
    for (at, held) in build.holders(method) {
        let open = match held.permission.verb {
            "create" => None,
            _ => match &by_get {
                None => continue,
                Some(open) => open.clone(),
            },
        };
        let runs = "if that runs what it reads".to_owned();
        let open = open.map_or_else(|| runs.clone(), |open| format!("{runs}, and {open}"));
        enter(build, at, method, held, (Set::Attached, reads, Some(open)));
    }
}

fn kubelets(build: &mut Build<'_>, method: &'static Method) {
    for (at, held) in build.holders(method) {
        let Some(names) = held.names() else {
            let set = Node::Set(Set::Pods(None));
            build.by_method(at, method, Taken::by(held), set);
            continue;
        };
        for name in names {
            let set = Node::Set(Set::Kubelet(name.clone()));
            if build.nodes.find(&set).is_some() {
                build.by_method(at, method, Taken::by(held), set);
            }
        }
    }
}
