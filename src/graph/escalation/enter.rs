//! Into pods that run: by a command, a new container, their kubelet.

use super::build::{Build, Taken};
use super::edge::At;
use super::held::Held;
use super::method::{Ask, Family, GOOD_PRACTICES, Gives, Method, nothing};
use super::node::{Node, Set};

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
        asks: &[Ask::namespaced(&["create"], &[("", &["pods/attach"])])],
        gives: Gives::Nothing(
            "what the main process reads and writes: a shell only where that is one",
        ),
        does: "",
        source: "https://kubernetes.io/docs/reference/kubectl/generated/kubectl_attach/",
        derive: nothing,
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
        enter(build, at, method, held, None);
    }
}

fn enter<'g>(
    build: &mut Build<'g>,
    at: usize,
    method: &'static Method,
    held: Held<'g>,
    open: Option<String>,
) {
    let Some(names) = held.names() else {
        let set = Set::Pods(held.namespace.map(str::to_owned));
        build.by_method(at, method, Taken::by(held).open(open), Node::Set(set));
        return;
    };
    for name in names {
        let covered: Vec<_> = build
            .place
            .pods_named(name)
            .into_iter()
            .filter(|(account, pod)| held.reaches(&account.namespace) && account.gives_token(pod))
            .map(|(account, pod)| (Node::account(&account.namespace, &account.name), pod))
            .collect();
        for (node, pod) in covered {
            let taken = Taken::by(held).at(At::Pod(pod)).open(open.clone());
            build.by_method(at, method, taken, node);
        }
    }
}

/// A WebSocket is opened by a get; from Kubernetes 1.35 on `create` is asked for too.
fn by_get(build: &mut Build<'_>, method: &'static Method) {
    let open = match build.place.minor {
        Some(minor) if minor >= 35 => return,
        Some(_) => None,
        None => Some("if the cluster is older than 1.35, which was not read".to_owned()),
    };
    for (at, held) in build.holders(method) {
        enter(build, at, method, held, open.clone());
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
