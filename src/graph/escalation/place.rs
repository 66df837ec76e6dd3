//! What is there to be controlled in a cluster: service accounts with their pods and tokens, nodes, namespaces
//! with their Pod Security level.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::workload::Workload;
use crate::graph::{ClusterNode, Graph};
use crate::rbac::SubjectId;
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::{Pod, Secret};
use crate::snapshot::kubernetes_meta::Metadata;

use super::machines::rank;
use super::named::Named;

const TOKEN: &str = "kubernetes.io/service-account-token";
const SERVICE_ACCOUNT: &str = "kubernetes.io/service-account.name";
const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";

/// A service account.
#[derive(Debug)]
pub(super) struct Account<'g> {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Whether it is there, or may be.
    pub(super) is_there: bool,
    /// What that depends on and is not known.
    pub(super) open: Option<String>,
    /// Its pods.
    pub(super) pods: Vec<&'g Pod>,
    /// Whether a pod that says nothing has its token.
    automount: bool,
    /// What would make pods of it that have its token, and has none.
    pub(super) makers: Vec<&'g Workload<'g>>,
    /// The Secrets that hold a token of it.
    pub(super) tokens: Vec<&'g Secret>,
}

impl<'g> Account<'g> {
    /// Its pods that have its token: the pod's word counts before the account's (Kubernetes
    /// documentation, "Configure Service Accounts for Pods").
    pub(super) fn pods_with_token(&self) -> impl Iterator<Item = &'g Pod> {
        let pods = self.pods.iter().copied();
        pods.filter(|pod| self.gives_token(pod))
    }

    /// Whether a pod of it has its token.
    pub(super) fn gives_token(&self, pod: &Pod) -> bool {
        let by_pod = pod.spec.automount_service_account_token;
        by_pod.unwrap_or(self.automount)
    }
}

/// What Pod Security admission of a namespace lets through (Kubernetes documentation, "Pod Security
/// Standards").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything.
    Privileged,
    /// No known privilege escalations; root.
    Baseline,
    /// No root.
    Restricted,
}

/// A cluster's objects, by what is asked of them.
#[derive(Debug)]
pub(super) struct Place<'g> {
    pub(super) graph: &'g Graph<'g>,
    pub(super) node: &'g ClusterNode<'g>,
    /// The cluster's minor version, where it is known.
    pub(super) minor: Option<u32>,
    /// By namespace and name.
    pub(super) accounts: Vec<Account<'g>>,
    by_name: HashMap<String, Vec<usize>>,
    /// All namespaces that are known of, with their level; none: not known.
    pub(super) namespaces: BTreeMap<String, Option<Level>>,
    /// What makes pods, by namespace.
    pub(super) workloads: Vec<&'g Workload<'g>>,
    /// Names of nodes.
    pub(super) machines: BTreeSet<&'g str>,
    /// What else refuses pods, and was not read.
    pub(super) policies: Option<&'static str>,
    /// What the surest dangerous pod of the whole cluster depends on.
    pub(super) surest: Option<Option<String>>,
    /// The namespaces that refuse dangerous pods, or may.
    pub(super) closed: Vec<String>,
    /// The level of the namespace that is least closed.
    pub(super) lowest: Option<Level>,
    named: Named<'g>,
}

impl<'g> Place<'g> {
    pub(super) fn of(graph: &'g Graph<'g>, node: &'g ClusterNode<'g>) -> Self {
        let workloads = graph.workloads.workloads.iter();
        let workloads: Vec<_> = workloads.filter(|one| one.cluster == node.key).collect();
        let accounts = accounts(graph, node);
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, account) in accounts.iter().enumerate() {
            by_name.entry(account.name.clone()).or_default().push(at);
        }
        let namespaces = namespaces(graph, node, &accounts);
        let closed = namespaces
            .iter()
            .filter(|(_, level)| **level != Some(Level::Privileged));
        Self {
            graph,
            node,
            minor: minor(node),
            surest: None,
            closed: closed.map(|(name, _)| name.clone()).collect(),
            lowest: namespaces
                .values()
                .copied()
                .min_by_key(|level| rank(*level))
                .flatten(),
            namespaces,
            by_name,
            machines: machines(node),
            policies: policies(&workloads),
            named: Named::of(node, &accounts, &workloads),
            accounts,
            workloads,
        }
    }

    /// The service accounts of a name.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Account<'g>> {
        let places = self.by_name.get(name).into_iter().flatten();
        places.filter_map(|at| self.accounts.get(*at))
    }

    /// The pods of a name, each with its account.
    pub(super) fn pods_named(&self, name: &str) -> Vec<(&Account<'g>, &'g Pod)> {
        let pods = self.named.pods.get(name).into_iter().flatten();
        pods.filter_map(|(at, pod)| Some((self.accounts.get(*at)?, *pod)))
            .collect()
    }

    /// The Secrets of a name that hold a token, each with its account.
    pub(super) fn tokens_named(&self, name: &str) -> Vec<(&Account<'g>, &'g Secret)> {
        let secrets = self.named.tokens.get(name).into_iter().flatten();
        secrets
            .filter_map(|(at, secret)| Some((self.accounts.get(*at)?, *secret)))
            .collect()
    }

    /// What makes pods, by name.
    pub(super) fn workloads_named(&self, name: &str) -> &[&'g Workload<'g>] {
        self.named.workloads.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a namespace has a workload of a kind.
    pub(super) fn has_kind(&self, kind: &str, namespace: &str) -> bool {
        self.named.kinds.contains(&(kind, namespace))
    }

    /// Whether a Secret is there.
    pub(super) fn has_secret(&self, namespace: &str, name: &str) -> bool {
        self.named.secrets.contains(&(namespace, name))
    }

    /// The namespaces that a grant reaches.
    pub(super) fn within(&self, namespace: Option<&str>) -> Vec<String> {
        match namespace {
            Some(one) => vec![one.to_owned()],
            None => self.namespaces.keys().cloned().collect(),
        }
    }

    /// The level of a namespace, where it is known.
    pub(super) fn level(&self, namespace: &str) -> Option<Level> {
        self.namespaces.get(namespace).copied().flatten()
    }

    pub(super) fn saw(&self, source: Source) -> bool {
        self.graph.saw(source, self.node.key)
    }
}

/// Of `1.35`, or `1.35.2-eks-…`, the 35.
fn minor(node: &ClusterNode<'_>) -> Option<u32> {
    let cluster = node.cluster.eks.cluster.as_ref();
    let rest = cluster?.version.as_deref()?.strip_prefix("1.")?;
    rest.split(['.', '-']).next()?.parse().ok()
}

/// Those that are seen, that pods name, and that bindings name.
fn accounts<'g>(graph: &'g Graph<'g>, node: &'g ClusterNode<'g>) -> Vec<Account<'g>> {
    let existence = Existence::of(graph, node);
    let mut names: BTreeSet<(String, String)> = BTreeSet::new();
    let seen = graph.workloads.service_accounts.iter();
    for account in seen.filter(|account| account.cluster == node.key) {
        names.insert((account.namespace.to_owned(), account.name.to_owned()));
    }
    for binding in node.rbac.bindings() {
        for subject in &binding.subjects {
            if let Some(SubjectId::ServiceAccount { namespace, name }) =
                SubjectId::of(subject, binding)
            {
                names.insert((namespace, name));
            }
        }
    }
    let mut tokens = tokens(node);
    let names = names.into_iter();
    names
        .map(|(namespace, name)| {
            let key = (namespace, name);
            let tokens = tokens.remove(&key).unwrap_or_default();
            existence.account(key.0, key.1, tokens)
        })
        .collect()
}

/// The Secrets that hold tokens, by service account.
fn tokens<'g>(node: &ClusterNode<'g>) -> BTreeMap<(String, String), Vec<&'g Secret>> {
    let mut tokens: BTreeMap<(String, String), Vec<&Secret>> = BTreeMap::new();
    for secret in &node.cluster.kubernetes.secrets {
        let metadata = &secret.metadata;
        let valid =
            secret.kind.as_deref() == Some(TOKEN) && !metadata.labels.contains_key(INVALID_SINCE);
        if let Some(account) = metadata.annotations.get(SERVICE_ACCOUNT).filter(|_| valid) {
            let key = (metadata.namespace().to_owned(), account.clone());
            tokens.entry(key).or_default().push(secret);
        }
    }
    tokens
}

/// Whether service accounts are there.
struct Existence<'g> {
    graph: &'g Graph<'g>,
    cluster: &'g str,
    /// The names of service accounts whose manifests name no namespace, or `default`.
    placeless: BTreeSet<&'g str>,
    all_seen: bool,
}

impl<'g> Existence<'g> {
    fn of(graph: &'g Graph<'g>, node: &'g ClusterNode<'g>) -> Self {
        let accounts = node.cluster.kubernetes.service_accounts.iter();
        let placeless = accounts.filter(|account| {
            account.metadata.namespace() == "default" && !account.metadata.is_from_server()
        });
        Self {
            graph,
            cluster: node.key,
            placeless: placeless.map(|a| a.metadata.name.as_str()).collect(),
            all_seen: graph.saw(Source::SERVICE_ACCOUNTS, node.key),
        }
    }

    fn account(&self, namespace: String, name: String, tokens: Vec<&'g Secret>) -> Account<'g> {
        let workloads = &self.graph.workloads;
        let at = workloads.service_account(self.cluster, &namespace, &name);
        let object = at
            .and_then(|at| workloads.service_accounts.get(at))
            .and_then(|account| account.object);
        let automount = object.and_then(|object| object.automount_service_account_token);
        let of_account = |spec: &crate::snapshot::kubernetes::PodSpec| {
            let own = spec.service_account_name.as_deref();
            own.filter(|name| !name.is_empty()).unwrap_or("default") == name
        };
        let all: Vec<&Workload<'_>> = at
            .into_iter()
            .flat_map(|at| workloads.of_account(at))
            .collect();
        let pods = all.iter().flat_map(|one| one.pods.iter().copied());
        let makers = all.iter().copied().filter(|one| {
            let template = one.template.filter(|spec| of_account(spec));
            one.pods.is_empty()
                && template.is_some_and(|spec| {
                    let own = spec.automount_service_account_token;
                    own.or(automount).unwrap_or(true)
                })
        });
        let (is_there, open) = match at {
            Some(_) => (true, None),
            None => self.open(&name),
        };
        Account {
            is_there,
            open,
            pods: pods.filter(|pod| of_account(&pod.spec)).collect(),
            automount: automount.unwrap_or(true),
            makers: makers.collect(),
            tokens,
            namespace,
            name,
        }
    }

    /// What it depends on that a service account is there which was not seen. A manifest may leave the
    /// namespace to `kubectl -n`, and is read as of `default`.
    fn open(&self, name: &str) -> (bool, Option<String>) {
        if self.placeless.contains(name) {
            let open = format!(
                "if the service account {name}, whose manifest is of no other namespace, is put there"
            );
            return (true, Some(open));
        }
        match self.all_seen {
            true => (false, None),
            false => (true, Some("if that exists, which was not seen".to_owned())),
        }
    }
}

/// Every namespace that an object lies in, with its level.
fn namespaces(
    graph: &Graph<'_>,
    node: &ClusterNode<'_>,
    accounts: &[Account<'_>],
) -> BTreeMap<String, Option<Level>> {
    let objects = &node.cluster.kubernetes;
    let seen = graph.saw(Source::NAMESPACES, node.key);
    let mut found: BTreeMap<String, Option<Level>> = BTreeMap::new();
    for account in accounts {
        found.entry(account.namespace.clone()).or_default();
    }
    for binding in node.rbac.bindings() {
        if let Some(namespace) = binding.namespace() {
            found.entry(namespace.to_owned()).or_default();
        }
    }
    for namespace in &objects.namespaces {
        let metadata = &namespace.metadata;
        found.insert(metadata.name.clone(), Some(level(metadata)));
    }
    // Every cluster has it, and without a label unless somebody gave it one.
    let kube_system = found.entry("kube-system".to_owned()).or_default();
    if seen {
        kube_system.get_or_insert(Level::Privileged);
    }
    found
}

/// The label that is enforced; without one the API server's default, which EKS leaves at privileged
/// (EKS Best Practices Guide, "Pod Security"). Of a word that it does not know the API server takes the most
/// restrictive ("Pod Security Admission").
fn level(metadata: &Metadata) -> Level {
    let label = metadata.labels.get("pod-security.kubernetes.io/enforce");
    match label.map(String::as_str) {
        None | Some("privileged") => Level::Privileged,
        Some("baseline") => Level::Baseline,
        Some(_) => Level::Restricted,
    }
}

/// The nodes, but for Fargate's: a pod there shares its node with none.
fn machines<'g>(node: &ClusterNode<'g>) -> BTreeSet<&'g str> {
    let objects = &node.cluster.kubernetes;
    let fargate = objects.nodes.iter().filter(|one| {
        let kind = one.metadata.labels.get("eks.amazonaws.com/compute-type");
        kind.is_some_and(|kind| kind == "fargate")
    });
    let fargate: BTreeSet<&str> = fargate.map(|one| one.metadata.name.as_str()).collect();
    let nodes = objects.nodes.iter().map(|one| one.metadata.name.as_str());
    let of_pods = objects
        .pods
        .iter()
        .filter_map(|pod| pod.spec.node_name.as_deref());
    nodes
        .chain(of_pods)
        .filter(|name| !name.is_empty() && !fargate.contains(name) && !is_fargate(name))
        .collect()
}

/// Whether a node is Fargate's by its name, which is all that a pod tells.
pub(super) fn is_fargate(name: &str) -> bool {
    name.starts_with("fargate-")
}

/// What refuses pods by rules of its own, by an image that runs here.
fn policies(workloads: &[&Workload<'_>]) -> Option<&'static str> {
    const ENGINES: &[(&str, &str)] = &[
        ("kyverno/kyverno", "Kyverno"),
        ("openpolicyagent/gatekeeper", "Gatekeeper"),
        ("kubewarden/policy-server", "Kubewarden"),
        ("openpolicyagent/opa", "Open Policy Agent"),
    ];
    let mut images = workloads.iter().flat_map(|workload| {
        let containers = workload.specs().flat_map(|spec| &spec.containers);
        containers.filter_map(|container| container.image.as_deref())
    });
    images.find_map(|image| {
        let mut engines = ENGINES.iter();
        engines
            .find(|(part, _)| image.contains(part))
            .map(|(_, name)| *name)
    })
}
