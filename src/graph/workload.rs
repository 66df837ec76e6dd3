//! Workloads and service accounts: pods gathered under their top controllers, and whose tokens
//! they have.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::snapshot::Cluster;
use crate::snapshot::id::object_id;
use crate::snapshot::kubernetes::{Condition, Controller, Labels, Pod, PodSpec, ServiceAccount};
use crate::snapshot::kubernetes_meta::Metadata;

/// The annotation by which a service account names its role for IRSA.
const ROLE_ANNOTATION: &str = "eks.amazonaws.com/role-arn";

/// A pod, or the top controller of pods.
#[derive(Debug)]
pub struct Workload<'s> {
    /// `k8s://CLUSTER/NAMESPACE/Kind/NAME`.
    pub id: String,
    /// The cluster's key.
    pub cluster: &'s str,
    /// Its namespace.
    pub namespace: &'s str,
    /// `Deployment`, `Pod`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What its controller makes; absent where only pods were seen.
    pub template: Option<&'s PodSpec>,
    /// The labels of what its controller makes.
    pub template_labels: Option<&'s Labels>,
    /// Its pods that are or may come to be running.
    pub pods: Vec<&'s Pod>,
    /// The place of its service account in [`Workloads::service_accounts`]: that of its template, else
    /// of its first pod.
    pub service_account: usize,
}

impl<'s> Workload<'s> {
    /// Every spec that it runs or will run: the template, and those of its pods.
    pub fn specs(&self) -> impl Iterator<Item = &'s PodSpec> + '_ {
        self.template
            .into_iter()
            .chain(self.pods.iter().map(|pod| &pod.spec))
    }

    /// `Deployment payments/api`.
    pub fn label(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }
}

/// A service account, seen itself or only named by pods.
#[derive(Debug)]
pub struct Account<'s> {
    /// `k8s://CLUSTER/NAMESPACE/ServiceAccount/NAME`.
    pub id: String,
    /// The cluster's key.
    pub cluster: &'s str,
    /// Its namespace.
    pub namespace: &'s str,
    /// Its name.
    pub name: &'s str,
    /// The object; absent where only pods name it.
    pub object: Option<&'s ServiceAccount>,
    /// The places of its workloads.
    pub workloads: Vec<usize>,
}

impl Account<'_> {
    /// The role that it is annotated with for IRSA.
    pub fn annotated_role(&self) -> Option<&str> {
        self.annotation(ROLE_ANNOTATION)
    }

    /// The audience of its tokens for IRSA; `sts.amazonaws.com` where nothing else is said (EKS
    /// User Guide, "Assign IAM roles to Kubernetes service accounts").
    pub fn audience(&self) -> &str {
        self.annotation("eks.amazonaws.com/audience")
            .unwrap_or("sts.amazonaws.com")
    }

    fn annotation(&self, key: &str) -> Option<&str> {
        self.object?
            .metadata
            .annotations
            .get(key)
            .map(String::as_str)
    }

    /// The `sub` of its tokens.
    pub fn subject(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }

    /// `payments/api`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

/// Workloads and service accounts of all clusters.
#[derive(Debug, Default)]
pub struct Workloads<'s> {
    /// Workloads, by cluster, namespace, kind and name.
    pub workloads: Vec<Workload<'s>>,
    /// Service accounts.
    pub service_accounts: Vec<Account<'s>>,
    by_name: HashMap<(&'s str, &'s str, &'s str), usize>,
    by_annotation: HashMap<&'s str, Vec<usize>>,
}

impl<'s> Workloads<'s> {
    /// The service account of a name.
    pub fn service_account(&self, cluster: &str, namespace: &str, name: &str) -> Option<usize> {
        self.by_name.get(&(cluster, namespace, name)).copied()
    }

    /// The workloads of a service account.
    pub fn of_account(&self, account: usize) -> impl Iterator<Item = &Workload<'s>> {
        self.service_accounts
            .get(account)
            .into_iter()
            .flat_map(|account| &account.workloads)
            .filter_map(|at| self.workloads.get(*at))
    }

    /// The service accounts that are annotated with a role.
    pub fn annotated_with(&self, role: &str) -> impl Iterator<Item = &Account<'s>> {
        self.by_annotation
            .get(role)
            .into_iter()
            .flatten()
            .filter_map(|at| self.service_accounts.get(*at))
    }

    /// Adds a cluster's.
    pub(super) fn add(&mut self, key: &'s str, cluster: &'s Cluster) {
        for object in &cluster.kubernetes.service_accounts {
            let at = self.account(key, object.metadata.namespace(), &object.metadata.name);
            if let Some(account) = self.service_accounts.get_mut(at) {
                account.object = Some(object);
            }
            if let Some(role) = object.metadata.annotations.get(ROLE_ANNOTATION) {
                self.by_annotation.entry(role).or_default().push(at);
            }
        }
        for ((namespace, kind, name), gathered) in gather(cluster) {
            let Some(spec) = gathered
                .template
                .or_else(|| gathered.pods.first().map(|pod| &pod.spec))
            else {
                continue;
            };
            let service_account = self.account(key, namespace, account_name(spec));
            // Pods that an operator makes, or of two revisions, may differ in it.
            let mut accounts = BTreeSet::from([service_account]);
            for pod in &gathered.pods {
                accounts.insert(self.account(key, namespace, account_name(&pod.spec)));
            }
            let at = self.workloads.len();
            self.workloads.push(Workload {
                id: object_id(key, namespace, &kind, &name),
                cluster: key,
                namespace,
                kind,
                name,
                template: gathered.template,
                template_labels: gathered.labels,
                pods: gathered.pods,
                service_account,
            });
            for account in accounts {
                if let Some(account) = self.service_accounts.get_mut(account) {
                    account.workloads.push(at);
                }
            }
        }
    }

    fn account(&mut self, cluster: &'s str, namespace: &'s str, name: &'s str) -> usize {
        let accounts = &mut self.service_accounts;
        *self
            .by_name
            .entry((cluster, namespace, name))
            .or_insert_with(|| {
                accounts.push(Account {
                    id: object_id(cluster, namespace, "ServiceAccount", name),
                    cluster,
                    namespace,
                    name,
                    object: None,
                    workloads: Vec::new(),
                });
                accounts.len() - 1
            })
    }
}

/// A pod without a service account runs as `default` (Kubernetes documentation, "Configure Service
/// Accounts for Pods").
pub(super) fn account_name(spec: &PodSpec) -> &str {
    let name = spec.service_account_name.as_deref();
    name.filter(|name| !name.is_empty()).unwrap_or("default")
}

/// Whether a controller is always the top of its pods. What owns it is an operator's object, which may
/// own several of them that have nothing in common: a server, a database, each with its own service
/// account.
fn is_top(kind: &str) -> bool {
    matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet")
}

/// Whether a Job has come to its end and will start no pod any more (Kubernetes, "Jobs": a Job that
/// succeeded has the condition Complete, one that was given up Failed). Other kinds have no such
/// conditions.
fn has_ended(controller: &Controller) -> bool {
    let status = &controller.status;
    let ended = |condition: &Condition| {
        matches!(condition.kind.as_str(), "Complete" | "Failed") && condition.status == "True"
    };
    controller.kind == "Job"
        && (status.completion_time.is_some() || status.conditions.iter().any(ended))
}

/// What belongs to one top controller.
#[derive(Default)]
struct Gathered<'s> {
    template: Option<&'s PodSpec>,
    labels: Option<&'s Labels>,
    pods: Vec<&'s Pod>,
}

type Top<'s> = (&'s str, String, String);

/// The namespace of an object; manifests may leave it to kubectl, which says `default`.
pub fn namespace(metadata: &Metadata) -> &str {
    match metadata.namespace() {
        "" => "default",
        namespace => namespace,
    }
}

/// Pods and templates by their top controllers, in order.
fn gather(cluster: &Cluster) -> BTreeMap<Top<'_>, Gathered<'_>> {
    let objects = &cluster.kubernetes;
    let owners = Owners::of(cluster);
    let mut gathered: BTreeMap<Top<'_>, Gathered<'_>> = BTreeMap::new();
    for controller in &objects.controllers {
        let spec = &controller.spec.template.spec;
        let owned = controller.metadata.controller().is_some() && !is_top(&controller.kind);
        if owned || has_ended(controller) || spec.containers.is_empty() {
            continue;
        }
        let key = owners.top(&controller.metadata, &controller.kind);
        let one = gathered.entry(key).or_default();
        one.template = Some(spec);
        one.labels = Some(&controller.spec.template.metadata.labels);
    }
    for job in &objects.cron_jobs {
        let key = owners.top(&job.metadata, "CronJob");
        let template = &job.spec.job_template.spec.template;
        let one = gathered.entry(key).or_default();
        one.template = Some(&template.spec);
        one.labels = Some(&template.metadata.labels);
    }
    for pod in &objects.pods {
        // A pod that has ended holds no token and runs nothing any more.
        let ended = matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"));
        if !ended {
            let key = owners.top(&pod.metadata, "Pod");
            gathered.entry(key).or_default().pods.push(pod);
        }
    }
    gathered
}

/// Who controls whom.
struct Owners<'s> {
    controllers: HashMap<(&'s str, &'s str, &'s str), &'s Metadata>,
}

impl<'s> Owners<'s> {
    fn of(cluster: &'s Cluster) -> Self {
        let objects = &cluster.kubernetes;
        let controllers = objects
            .controllers
            .iter()
            .map(|controller| (controller.kind.as_str(), &controller.metadata))
            .chain(
                objects
                    .cron_jobs
                    .iter()
                    .map(|job| ("CronJob", &job.metadata)),
            )
            .map(|(kind, metadata)| {
                (
                    (namespace(metadata), kind, metadata.name.as_str()),
                    metadata,
                )
            })
            .collect();
        Self { controllers }
    }

    /// The top of the chain of owners that an object's metadata begin.
    fn top(&self, metadata: &'s Metadata, kind: &'s str) -> Top<'s> {
        let namespace = namespace(metadata);
        let (mut metadata, mut kind, mut name) = (metadata, kind, metadata.name.as_str());
        // Four is more than Kubernetes has: Pod, Job, CronJob, and an operator's object.
        for _ in 0..4 {
            if is_top(kind) {
                break;
            }
            let Some(owner) = metadata.controller() else {
                break;
            };
            // A static pod is owned by its node, which is no controller.
            if owner.kind == "Node" {
                break;
            }
            let hash = metadata.labels.get("pod-template-hash");
            (kind, name) = (&owner.kind, &owner.name);
            match self.controllers.get(&(namespace, kind, name)) {
                Some(above) => metadata = above,
                None => {
                    return (
                        namespace,
                        deployment_kind(kind, name, hash),
                        deployment(kind, name, hash),
                    );
                }
            }
        }
        (namespace, kind.to_owned(), name.to_owned())
    }
}

/// A ReplicaSet that was not read is a Deployment's where its name ends in its pods' template
/// hash: that is how the Deployment controller names it.
fn deployment(kind: &str, name: &str, hash: Option<&String>) -> String {
    hash.filter(|_| kind == "ReplicaSet")
        .and_then(|hash| name.strip_suffix(hash.as_str())?.strip_suffix('-'))
        .unwrap_or(name)
        .to_owned()
}

fn deployment_kind(kind: &str, name: &str, hash: Option<&String>) -> String {
    if deployment(kind, name, hash) == name {
        kind.to_owned()
    } else {
        "Deployment".to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::checks::testing::{CLUSTER, Estate};

    /// The workloads of each service account, by their ids without the cluster.
    fn workloads_of(estate: &Estate, account: &str) -> Vec<String> {
        let snapshot = estate.snapshot();
        let mut workloads = Workloads::default();
        for (key, cluster) in &snapshot.clusters {
            workloads.add(key, cluster);
        }
        let account = workloads.service_account(CLUSTER, "a", account).unwrap();
        let ids = workloads.of_account(account).map(|one| one.id.clone());
        ids.map(|id| id.replace("k8s://prod/a/", "")).collect()
    }

    fn owner(kind: &str, name: &str) -> Value {
        json!([{"kind": kind, "name": name, "controller": true, "uid": "u"}])
    }

    #[test]
    fn what_an_operator_owns_stays_apart() {
        let deployment = |name: &str| {
            json!({"kind": "Deployment", "metadata": {"name": name, "namespace": "a",
                "ownerReferences": owner("ArgoCD", "argo")},
                "spec": {"replicas": 0, "template": {"spec": {"serviceAccountName": name,
                    "containers": [{"name": "c", "image": "i"}]}}}})
        };
        let estate = Estate::new()
            .kubernetes(json!({"controllers": [deployment("server"), deployment("redis")]}));
        assert_eq!(workloads_of(&estate, "server"), ["Deployment/server"]);
        assert_eq!(workloads_of(&estate, "redis"), ["Deployment/redis"]);
    }

    #[test]
    fn a_job_that_has_ended_is_no_workload() {
        for (status, runs) in [
            (json!({}), true),
            (
                json!({"conditions": [{"type": "Suspended", "status": "True"}]}),
                true,
            ),
            (
                json!({"conditions": [{"type": "Failed", "status": "False"}]}),
                true,
            ),
            (
                json!({"conditions": [{"type": "Failed", "status": "True"}]}),
                false,
            ),
            (
                json!({"conditions": [{"type": "Complete", "status": "True"}]}),
                false,
            ),
            (json!({"completionTime": "2026-01-01T00:00:00Z"}), false),
        ] {
            let estate = Estate::new().kubernetes(json!({
                "service_accounts": [{"metadata": {"name": "b", "namespace": "a"}}],
                "controllers": [{"kind": "Job", "metadata": {"name": "j", "namespace": "a"},
                    "spec": {"template": {"spec": {"serviceAccountName": "b",
                        "containers": [{"name": "c", "image": "i"}]}}}, "status": status}]}));
            assert_eq!(workloads_of(&estate, "b").len() == 1, runs, "{status}");
        }
    }

    #[test]
    fn pods_of_one_owner_may_run_as_several_accounts() {
        let pod = |name: &str| {
            json!({"metadata": {"name": name, "namespace": "a", "uid": name,
                "ownerReferences": owner("Workflow", "build")},
                "spec": {"serviceAccountName": name, "containers": [{"name": "c", "image": "i"}]},
                "status": {"phase": "Running"}})
        };
        let estate = Estate::new().kubernetes(json!({"pods": [pod("test"), pod("push")]}));
        for account in ["test", "push"] {
            assert_eq!(
                workloads_of(&estate, account),
                ["Workflow/build"],
                "{account}"
            );
        }
    }
}
