//! The first step: what a permission does to somebody who is cluster-admin.

use std::collections::HashMap;

use crate::graph::workload::Workload;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::Name;
use crate::snapshot::coverage::Source;

use super::means::{Held, Means};
use super::target::Target;

/// What a permission does.
pub struct Does {
    /// As `and so …`.
    pub text: String,
    /// What that depends on and is not known.
    pub open: Option<String>,
}

fn surely(text: String) -> Option<Does> {
    Some(Does { text, open: None })
}

fn perhaps(text: String, open: String) -> Option<Does> {
    let open = Some(open);
    Some(Does { text, open })
}

/// The kinds of workloads that a resource of [`Means::ChangePods`] changes, and the source that
/// lists them. A ReplicaSet stands in the graph as the Deployment that made it.
fn changed(resource: &str) -> (&'static [&'static str], Source) {
    match resource {
        "deployments" => (&["Deployment"], Source::DEPLOYMENTS),
        "daemonsets" => (&["DaemonSet"], Source::DAEMON_SETS),
        "statefulsets" => (&["StatefulSet"], Source::STATEFUL_SETS),
        "replicasets" => (&["ReplicaSet", "Deployment"], Source::REPLICA_SETS),
        "cronjobs" => (&["CronJob"], Source::CRON_JOBS),
        _ => (&["ReplicationController"], Source::REPLICATION_CONTROLLERS),
    }
}

/// A cluster, to ask what a permission does in it.
pub struct Place<'g> {
    /// Workloads and coverage.
    pub graph: &'g Graph<'g>,
    /// The cluster.
    pub node: &'g ClusterNode<'g>,
    workloads: HashMap<&'g str, Vec<&'g Workload<'g>>>,
}

impl<'g> Place<'g> {
    /// A cluster, its workloads by namespace.
    pub fn of(graph: &'g Graph<'_>, node: &'g ClusterNode<'_>) -> Self {
        let mut workloads: HashMap<&str, Vec<&Workload<'_>>> = HashMap::new();
        let all = graph.workloads.workloads.iter();
        for workload in all.filter(|workload| workload.cluster == node.key) {
            workloads
                .entry(workload.namespace)
                .or_default()
                .push(workload);
        }
        Self {
            graph,
            node,
            workloads,
        }
    }
    /// What a permission does to a target; `all` are the others that its holder has.
    pub fn does(&self, held: &Held<'_>, all: &[Held<'_>], target: &Target<'_>) -> Option<Does> {
        let mut does = match target.account() {
            Some((namespace, _)) if !held.reaches(namespace) => None,
            Some(account) => self.to_account(held, all, target, account),
            None => to_name(held, all, target),
        }?;
        let open = does.open.take();
        does.open = match (open, &target.open) {
            (Some(open), Some(more)) => Some(format!("{open}, {more}")),
            (open, more) => open.or(more.clone()),
        };
        Some(does)
    }

    fn to_account(
        &self,
        held: &Held<'_>,
        all: &[Held<'_>],
        target: &Target<'_>,
        (namespace, name): (&str, &str),
    ) -> Option<Does> {
        let who = target.text();
        let by_name = held.covers(Name::Exact(name));
        match held.means {
            Means::IssueTokens if by_name => surely(format!("has a token made for {who}")),
            Means::Impersonate if by_name && held.permission.resource == "serviceaccounts" => {
                surely(format!("acts as {who}"))
            }
            Means::CreatePods if held.covers(Name::Every) => {
                surely(format!("has one run as {who}"))
            }
            Means::EnterPods => self.in_a_pod(held, target, |pod| held.covers(Name::Exact(pod))),
            Means::ReachKubelets => self.by_kubelet(held, target),
            Means::ChangePods if held.permission.resource == "pods" => {
                let changes = |pod: &str| held.covers(Name::Exact(pod));
                self.in_a_pod(held, target, changes)
            }
            Means::ChangePods => self.in_a_workload(held, namespace, &who),
            Means::ReadSecrets => reads_token(held, all, target, namespace),
            // The pods of the target are among what is created.
            Means::ChangeWebhooks if held.covers(Name::Every) => perhaps(
                format!("changes the pods of {who} as they are made"),
                "once one is made".to_owned(),
            ),
            _ => None,
        }
    }

    /// Inside a pod that has the target's token: by a command, or by another image.
    fn in_a_pod(
        &self,
        held: &Held<'_>,
        target: &Target<'_>,
        covers: impl Fn(&str) -> bool,
    ) -> Option<Does> {
        let who = target.text();
        let found = target.pods.iter().find(|pod| covers(&pod.metadata.name));
        match found {
            Some(pod) => surely(format!(
                "runs what it likes in the pod {}/{}, which has the token of {who}",
                pod.metadata.namespace(),
                pod.metadata.name
            )),
            None => self.in_unseen_pods(held, &who),
        }
    }

    fn in_unseen_pods(&self, held: &Held<'_>, who: &str) -> Option<Does> {
        if self.graph.saw(Source::PODS, self.node.key) || !held.covers(Name::Every) {
            return None;
        }
        perhaps(
            format!("runs what it likes in a pod of {who}"),
            "if it has one: pods were not read".to_owned(),
        )
    }

    fn by_kubelet(&self, held: &Held<'_>, target: &Target<'_>) -> Option<Does> {
        let who = target.text();
        let on_covered = target.pods.iter().find_map(|pod| {
            let node = pod.spec.node_name.as_deref()?;
            held.covers(Name::Exact(node)).then_some((pod, node))
        });
        match on_covered {
            Some((pod, node)) => surely(format!(
                "runs what it likes in the pod {}/{} on {node}, which has the token of {who}",
                pod.metadata.namespace(),
                pod.metadata.name
            )),
            None => self.in_unseen_pods(held, &who),
        }
    }

    /// By a workload of the target's namespace, which it changes to run as the target.
    fn in_a_workload(&self, held: &Held<'_>, namespace: &str, who: &str) -> Option<Does> {
        let (kinds, source) = changed(held.permission.resource);
        let here = self.workloads.get(namespace).into_iter().flatten();
        let mut here = here.filter(|workload| kinds.contains(&workload.kind.as_str()));
        // The names of ReplicaSets are not those of their Deployments.
        let covers = |workload: &Workload<'_>| match workload.kind.as_str() {
            "Deployment" if held.permission.resource == "replicasets" => held.covers(Name::Every),
            _ => held.covers(Name::Exact(&workload.name)),
        };
        if let Some(workload) = here.find(|workload| covers(workload)) {
            return surely(format!("makes the {} run as {who}", workload.label()));
        }
        if self.graph.saw(source, self.node.key) || !held.covers(Name::Every) {
            return None;
        }
        perhaps(
            format!("makes one in {namespace} run as {who}"),
            "if there is one, which was not read".to_owned(),
        )
    }
}

/// What a permission does to a user or group: requests in its name. A group is only taken on
/// together with a user (Kubernetes documentation, "User Impersonation").
fn to_name(held: &Held<'_>, all: &[Held<'_>], target: &Target<'_>) -> Option<Does> {
    let name = target.subject.user_name();
    let is_group = matches!(target.subject, crate::rbac::SubjectId::Group(_));
    let resource = if is_group { "groups" } else { "users" };
    let fits = held.means == Means::Impersonate
        && held.permission.resource == resource
        && held.covers(Name::Exact(&name));
    let with_user = || {
        all.iter()
            .any(|other| other.means == Means::Impersonate && other.permission.resource != "groups")
    };
    if !fits || (is_group && !with_user()) {
        return None;
    }
    surely(format!("acts as {}", target.text()))
}

/// By a token that lies in a Secret, or that is put into one for the asking (Kubernetes
/// documentation, "Manually create a long-lived API token for a ServiceAccount").
fn reads_token(
    held: &Held<'_>,
    all: &[Held<'_>],
    target: &Target<'_>,
    namespace: &str,
) -> Option<Does> {
    let who = target.text();
    let lies = target
        .tokens
        .iter()
        .find(|secret| held.covers(Name::Exact(&secret.metadata.name)));
    if let Some(secret) = lies {
        let name = &secret.metadata.name;
        return surely(format!(
            "has the token of {who} that the Secret {namespace}/{name} holds"
        ));
    }
    let creates = |other: &&Held<'_>| {
        other.means == Means::CreateSecrets && other.reaches(namespace) && other.covers(Name::Every)
    };
    let make = all.iter().find(creates)?;
    if !held.covers(Name::Every) {
        return None;
    }
    surely(format!(
        "has a token of {who}: it may {} too, one that asks for the token",
        make.action()
    ))
}
