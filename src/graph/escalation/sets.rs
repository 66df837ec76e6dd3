//! The sets that methods reach as a whole, with what is in them.

use crate::graph::workload::Workload;
use crate::rbac::SubjectId;
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::Pod;

use super::build::Build;
use super::certificates::may_name;
use super::edge::{At, By};
use super::enter::reads;
use super::machines::dangerous;
use super::node::{Node, Set};
use super::place::{Account, is_fargate};

/// What makes pods and can be changed, by resource; the kinds that stand for it in the graph, where a
/// ReplicaSet stands as the Deployment that made it; the source that lists them. A Job's template cannot be
/// changed.
pub(super) const MAKERS: &[(&str, &[&str], Source)] = &[
    ("deployments", &["Deployment"], Source::DEPLOYMENTS),
    ("daemonsets", &["DaemonSet"], Source::DAEMON_SETS),
    ("statefulsets", &["StatefulSet"], Source::STATEFUL_SETS),
    (
        "replicasets",
        &["ReplicaSet", "Deployment"],
        Source::REPLICA_SETS,
    ),
    (
        "replicationcontrollers",
        &["ReplicationController"],
        Source::REPLICATION_CONTROLLERS,
    ),
    ("cronjobs", &["CronJob"], Source::CRON_JOBS),
];

const UNREAD_PODS: &str = "if it has one: pods were not read";
const NO_POD_YET: &str = "once it has a pod";

/// What a change to a workload by this resource depends on.
pub(super) fn open_change(resource: &str, kind: &str) -> Option<String> {
    let of_deployment = resource == "replicasets" && kind == "Deployment";
    of_deployment.then(|| "if its Deployment leaves the ReplicaSet so long enough".to_owned())
}

impl<'g> Build<'g> {
    /// All sets.
    pub(super) fn add_sets(&mut self) {
        let namespaces: Vec<String> = self.place.namespaces.keys().cloned().collect();
        for namespace in namespaces {
            let one = Some(namespace.clone());
            for (whole, part) in [
                (Set::Accounts(None), Set::Accounts(one.clone())),
                (Set::Names(None), Set::Names(one.clone())),
                (Set::Pods(None), Set::Pods(one.clone())),
                (Set::Attached(None), Set::Attached(one.clone())),
                (Set::Tokens(None), Set::Tokens(one.clone())),
            ] {
                self.among(whole, Node::Set(part), At::Nowhere, None);
            }
            if let Some(open) = dangerous(self, &namespace) {
                let machines = Node::Set(Set::MachinesOf(namespace.clone()));
                self.among(Set::OpenMachines, machines, At::Nowhere, open);
            }
            let all = Node::Namespace(namespace);
            self.among(Set::Namespaces, all, At::Nowhere, None);
        }
        self.add_accounts();
        self.add_makers();
        self.add_machines();
        self.add_named();
    }

    pub(super) fn among(&mut self, set: Set, node: Node, at: At<'g>, open: Option<String>) {
        let set = self.at(Node::Set(set));
        self.link(set, node, By::Among, at, open);
    }

    fn add_accounts(&mut self) {
        let saw_pods = self.place.saw(Source::PODS);
        let accounts = std::mem::take(&mut self.place.accounts);
        for account in &accounts {
            let node = || Node::account(&account.namespace, &account.name);
            let place = Some(account.namespace.clone());
            self.among(Set::Names(place.clone()), node(), At::Nowhere, None);
            if !account.is_there {
                continue;
            }
            let open = || account.open.clone();
            self.among(Set::Accounts(place.clone()), node(), At::Nowhere, open());
            self.add_attached(account, saw_pods);
            let mut with_token = account.pods_with_token();
            if let Some(pod) = with_token.next() {
                self.among(Set::Pods(place.clone()), node(), At::Pod(pod), open());
            } else if let Some(maker) = account.makers.first() {
                let at = At::Text(format!("a pod of the {}", maker.label()));
                let open = Some(NO_POD_YET.to_owned());
                self.among(Set::Pods(place.clone()), node(), at, open);
            } else if !saw_pods {
                let at = At::Text("a pod".to_owned());
                let open = Some(UNREAD_PODS.to_owned());
                self.among(Set::Pods(place.clone()), node(), at, open);
            }
            if let Some(secret) = account.tokens.first() {
                self.among(Set::Tokens(place), node(), At::Secret(secret), open());
            }
        }
        self.place.accounts = accounts;
    }

    /// The account's pods that have a stdin.
    fn add_attached(&mut self, account: &Account<'g>, saw_pods: bool) {
        let mut pods = account.pods_with_token();
        let mut makers = account.makers.iter();
        let (at, open) = if let Some(pod) = pods.find(|pod| reads(&pod.spec)) {
            (At::Pod(pod), account.open.clone())
        } else if let Some(maker) = makers.find(|maker| maker.template.is_some_and(reads)) {
            let at = At::Text(format!("a pod of the {}", maker.label()));
            (at, Some(NO_POD_YET.to_owned()))
        } else if saw_pods || account.pods_with_token().next().is_some() {
            return;
        } else {
            (At::Text("a pod".to_owned()), Some(UNREAD_PODS.to_owned()))
        };
        let node = Node::account(&account.namespace, &account.name);
        let set = Set::Attached(Some(account.namespace.clone()));
        self.among(set, node, at, open);
    }

    fn add_makers(&mut self) {
        let namespaces: Vec<String> = self.place.namespaces.keys().cloned().collect();
        for &(resource, kinds, source) in MAKERS {
            for namespace in &namespaces {
                let one = Some(namespace.clone());
                let part = Set::Workloads(resource, one.clone());
                self.among(
                    Set::Workloads(resource, None),
                    Node::Set(part),
                    At::Nowhere,
                    None,
                );
            }
            let workloads = self.place.workloads.clone();
            let of_kind = workloads
                .into_iter()
                .filter(|one| kinds.contains(&one.kind.as_str()));
            let mut seen = std::collections::BTreeSet::new();
            for workload in of_kind {
                if seen.insert((workload.namespace, workload.kind.as_str())) {
                    self.add_maker(resource, workload);
                }
            }
            if !self.place.saw(source) {
                self.add_unread_makers(resource, &namespaces, &seen);
            }
        }
    }

    fn add_maker(&mut self, resource: &'static str, workload: &'g Workload<'g>) {
        let place = Some(workload.namespace.to_owned());
        let at = At::Text(format!("the {}", workload.label()));
        let open = open_change(resource, &workload.kind);
        let accounts = Node::Set(Set::Accounts(place.clone()));
        self.among(Set::Workloads(resource, place), accounts, at, open);
    }

    fn add_unread_makers(
        &mut self,
        resource: &'static str,
        namespaces: &[String],
        seen: &std::collections::BTreeSet<(&str, &str)>,
    ) {
        let has = |namespace: &str| seen.iter().any(|(place, _)| *place == namespace);
        for namespace in namespaces.iter().filter(|one| !has(one)) {
            let place = Some(namespace.clone());
            let at = At::Text(format!("one in {namespace}"));
            let open = Some("if there is one, which was not read".to_owned());
            let accounts = Node::Set(Set::Accounts(place.clone()));
            self.among(Set::Workloads(resource, place), accounts, at, open);
        }
    }

    /// Nodes with the pods that are on them. Whoever has a node has the tokens of all its pods: the kubelet
    /// may ask for one for any of them, mounted or not (Kubernetes documentation, "Using Node
    /// Authorization").
    fn add_machines(&mut self) {
        let machines: Vec<String> = self
            .place
            .machines
            .iter()
            .map(|m| (*m).to_owned())
            .collect();
        let any = self.at(Node::AnyMachine);
        for machine in machines {
            self.link(any, Node::Machine(machine), By::Among, At::Nowhere, None);
        }
        let saw_pods = self.place.saw(Source::PODS);
        let accounts = std::mem::take(&mut self.place.accounts);
        for account in accounts.iter().filter(|account| account.is_there) {
            let node = || Node::account(&account.namespace, &account.name);
            for pod in &account.pods {
                self.add_on_machine(pod, node(), &account.namespace);
            }
            for pod in account.pods_with_token() {
                if let Some(name) = machine_of(pod) {
                    let kubelet = Set::Kubelet(name.to_owned());
                    self.among(kubelet, node(), At::Pod(pod), None);
                }
            }
            // Where its pods will be is the scheduler's matter.
            let (at, open) = match (account.makers.first(), saw_pods) {
                (Some(maker), _) => (format!("a pod of the {}", maker.label()), NO_POD_YET),
                (None, false) => ("a pod".to_owned(), UNREAD_PODS),
                (None, true) => continue,
            };
            if account.pods.is_empty() {
                let open = Some(open.to_owned());
                self.link(any, node(), By::OnMachine, At::Text(at), open);
            }
        }
        self.place.accounts = accounts;
    }

    fn add_on_machine(&mut self, pod: &'g Pod, account: Node, namespace: &str) {
        match machine_of(pod) {
            Some(name) if is_fargate(name) => {}
            Some(name) => {
                let machine = self.at(Node::Machine(name.to_owned()));
                self.link(machine, account, By::OnMachine, At::Pod(pod), None);
                let set = Set::MachinesOf(namespace.to_owned());
                self.among(set, Node::Machine(name.to_owned()), At::Pod(pod), None);
            }
            None => {
                let any = self.at(Node::AnyMachine);
                let open = Some("once it is on a node".to_owned());
                self.link(any, account, By::OnMachine, At::Pod(pod), open);
            }
        }
    }

    /// The users and groups that bindings name.
    fn add_named(&mut self) {
        let subjects: Vec<SubjectId> = self
            .nodes
            .all
            .iter()
            .filter_map(|node| match node {
                Node::Subject(subject) => Some(subject.clone()),
                _ => None,
            })
            .collect();
        for subject in subjects {
            let set = match subject {
                SubjectId::User(_) => Set::Users,
                SubjectId::Group(_) if may_name(&subject) => Set::Groups,
                _ => continue,
            };
            self.among(set, Node::Subject(subject), At::Nowhere, None);
        }
    }
}

/// The node that a pod is on.
fn machine_of(pod: &Pod) -> Option<&str> {
    pod.spec
        .node_name
        .as_deref()
        .filter(|name| !name.is_empty())
}
