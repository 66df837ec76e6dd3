//! Who is worth being: cluster-admins, and who makes itself one by a single request.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::cluster_admin::bound_admins;
use crate::graph::path::Step;
use crate::graph::rbac_subject::{bound_to, subject_text};
use crate::graph::{ClusterNode, Graph};
use crate::rbac::identity::SYSTEM_MASTERS;
use crate::rbac::{Grant, Identity, Name, SubjectId};
use crate::snapshot::coverage::Source;
use crate::snapshot::kubernetes::{Pod, Secret};

use super::means::{Held, Holders, Means};
use super::source;

const TOKEN: &str = "kubernetes.io/service-account-token";
const SERVICE_ACCOUNT: &str = "kubernetes.io/service-account.name";
const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";

/// Somebody to become.
#[derive(Debug)]
pub struct Target<'g> {
    /// Who.
    pub subject: SubjectId,
    /// Why that is cluster-admin.
    pub why: String,
    /// From it to its role, where it has one.
    pub step: Option<Step>,
    /// Whether it makes itself cluster-admin first.
    self_made: bool,
    /// Of a service account that was not seen, nor that it is not there: what its being there
    /// depends on.
    pub open: Option<String>,
    /// Of a service account: its pods that have its token.
    pub pods: Vec<&'g Pod>,
    /// Of a service account: the Secrets that hold a token of it.
    pub tokens: Vec<&'g Secret>,
}

impl Target<'_> {
    /// `the service account argocd/controller`.
    pub fn text(&self) -> String {
        subject_text(&self.subject)
    }

    /// Its namespace and name, where it is a service account.
    pub fn account(&self) -> Option<(&str, &str)> {
        match &self.subject {
            SubjectId::ServiceAccount { namespace, name } => Some((namespace, name)),
            _ => None,
        }
    }
}

/// A power that a subject has over RBAC itself.
pub struct OwnPower<'g> {
    /// The permission that lifts the limit.
    pub held: Held<'g>,
    /// The permissions: `escalate clusterroles and patch clusterroles`.
    pub first: String,
    /// What it does with them.
    pub does: String,
}

/// How a holder makes itself cluster-admin: by writing everything into a role that it is bound to
/// (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-creation-or-update>),
/// or by binding itself. With `outside` not by what the system gave alone.
pub fn own_power<'g>(
    all: &[Held<'g>],
    node: &ClusterNode<'_>,
    admin_roles: &[String],
    outside: bool,
) -> Option<OwnPower<'g>> {
    let of = |means| all.iter().filter(move |held| held.means == means);
    let counts = |a: &Held<'_>, b: &Held<'_>| !outside || a.outside || b.outside;
    let say = |held: &Held<'g>, with: &Held<'g>, does: String| OwnPower {
        held: *held,
        first: format!("{} and {}", held.action(), with.action()),
        does,
    };
    for escalate in of(Means::Escalate) {
        let wide = all.iter().filter(|held| held.grant.namespace().is_none());
        let roles: BTreeSet<&str> = std::iter::once(escalate)
            .chain(wide)
            .map(|held| held.grant.role.metadata.name.as_str())
            .collect();
        for change in of(Means::ChangeRoles).filter(|change| counts(escalate, change)) {
            let both = |role: &&&str| {
                escalate.covers(Name::Exact(role)) && change.covers(Name::Exact(role))
            };
            if let Some(role) = roles.iter().find(both) {
                let what = format!(
                    "writes every permission into the ClusterRole {role}, which it is bound to"
                );
                return Some(say(escalate, change, what));
            }
        }
    }
    for bind in of(Means::Bind) {
        for role in admin_roles {
            if !bind.covers(Name::Exact(role)) {
                continue;
            }
            let mut writes = of(Means::WriteBindings).filter(|write| counts(bind, write));
            if let Some(write) = writes.find(|write| writes_binding(write, node, role)) {
                let what = format!("binds itself to the ClusterRole {role}");
                return Some(say(bind, write, what));
            }
        }
    }
    None
}

/// Whether a permission makes a binding of a role, or changes one that there is.
fn writes_binding(write: &Held<'_>, node: &ClusterNode<'_>, role: &str) -> bool {
    if write.permission.verb == "create" {
        return write.covers(Name::Every);
    }
    let mut bindings = node.rbac.bindings().iter();
    bindings.any(|binding| {
        binding.namespace().is_none()
            && binding.role_ref.name == role
            && write.covers(Name::Exact(&binding.metadata.name))
    })
}

/// The targets of a cluster: administrators first, then by name.
pub struct Targets<'g> {
    all: Vec<Target<'g>>,
    /// The places of the service accounts of a namespace.
    by_namespace: HashMap<String, Vec<usize>>,
}

impl<'g> Targets<'g> {
    /// All of a cluster.
    pub fn of(
        graph: &'g Graph<'_>,
        node: &'g ClusterNode<'_>,
        holders: &Holders<'g>,
        admin_roles: &[String],
    ) -> Self {
        let all = targets(graph, node, holders, admin_roles);
        let mut by_namespace: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, target) in all.iter().enumerate() {
            if let Some((namespace, _)) = target.account() {
                by_namespace
                    .entry(namespace.to_owned())
                    .or_default()
                    .push(at);
            }
        }
        Self { all, by_namespace }
    }

    /// Those that a grant in a namespace, or in the whole cluster, can reach.
    pub fn within(&self, namespace: Option<&str>) -> impl Iterator<Item = &Target<'g>> {
        let places = namespace.map(|namespace| {
            let places = self.by_namespace.get(namespace);
            places.map_or(&[][..], Vec::as_slice)
        });
        let (all, some) = match places {
            None => (self.all.as_slice(), &[][..]),
            Some(places) => (&[][..], places),
        };
        all.iter()
            .chain(some.iter().filter_map(|at| self.all.get(*at)))
    }
}

fn targets<'g>(
    graph: &'g Graph<'_>,
    node: &'g ClusterNode<'_>,
    holders: &Holders<'g>,
    admin_roles: &[String],
) -> Vec<Target<'g>> {
    let places = Places::of(graph, node);
    let mut targets: Vec<Target<'g>> = admins(graph, node)
        .into_iter()
        .filter_map(|(subject, grant)| {
            let why = format!("is cluster-admin by {}", source(&grant));
            let step = bound_to(node.key, &subject, &grant);
            places.target(subject, why, Some(step), false)
        })
        .collect();
    let known: BTreeSet<SubjectId> = targets.iter().map(|t| t.subject.clone()).collect();
    for subject in holders
        .subjects()
        .filter(|subject| !known.contains(subject))
    {
        let all = holders.all(subject);
        if let Some(power) = own_power(&all, node, admin_roles, false) {
            let step = bound_to(node.key, subject, &power.held.grant);
            let by = source(&power.held.grant);
            let why = format!("may {} ({by}), and so {}", power.first, power.does);
            targets.extend(places.target(subject.clone(), why, Some(step), true));
        }
    }
    let masters = SubjectId::Group(SYSTEM_MASTERS.to_owned());
    if !known.contains(&masters) {
        let why = "is let through before RBAC is asked".to_owned();
        targets.extend(places.target(masters, why, None, false));
    }
    targets.sort_by(|a, b| {
        let key = |target: &Target<'g>| (target.self_made, target.open.is_some());
        key(a).cmp(&key(b)).then_with(|| a.subject.cmp(&b.subject))
    });
    targets
}

/// Who is bound to everything, service accounts also by their groups; one grant each.
fn admins<'g>(graph: &'g Graph<'_>, node: &'g ClusterNode<'_>) -> BTreeMap<SubjectId, Grant<'g>> {
    let mut admins: BTreeMap<SubjectId, Grant<'g>> = BTreeMap::new();
    for (subject, grant) in bound_admins(node) {
        admins.entry(subject).or_insert(grant);
    }
    let accounts = graph.workloads.service_accounts.iter();
    for account in accounts.filter(|account| account.cluster == node.key) {
        let id = SubjectId::service_account(account.namespace, account.name);
        let groups = Identity::of(&id).groups.into_iter();
        let grant = groups
            .filter_map(|group| admins.get(&SubjectId::Group(group)).copied())
            .next();
        if let Some(grant) = grant {
            admins.entry(id).or_insert(grant);
        }
    }
    admins
}

/// Where service accounts and their tokens are.
struct Places<'g> {
    graph: &'g Graph<'g>,
    cluster: &'g str,
    tokens: BTreeMap<(&'g str, &'g str), Vec<&'g Secret>>,
    /// The names of service accounts whose manifests name no namespace, or `default`.
    placeless: BTreeSet<&'g str>,
}

impl<'g> Places<'g> {
    fn of(graph: &'g Graph<'_>, node: &'g ClusterNode<'_>) -> Self {
        let mut tokens: BTreeMap<(&str, &str), Vec<&Secret>> = BTreeMap::new();
        for secret in &node.cluster.kubernetes.secrets {
            let metadata = &secret.metadata;
            let valid = secret.kind.as_deref() == Some(TOKEN)
                && !metadata.labels.contains_key(INVALID_SINCE);
            if let Some(account) = metadata.annotations.get(SERVICE_ACCOUNT).filter(|_| valid) {
                let key = (metadata.namespace(), account.as_str());
                tokens.entry(key).or_default().push(secret);
            }
        }
        let accounts = node.cluster.kubernetes.service_accounts.iter();
        let placeless = accounts.filter(|account| {
            account.metadata.namespace() == "default" && !account.metadata.is_from_server()
        });
        Self {
            graph,
            cluster: node.key,
            tokens,
            placeless: placeless.map(|a| a.metadata.name.as_str()).collect(),
        }
    }

    /// A subject as a target; none for a service account that does not exist.
    fn target(
        &self,
        subject: SubjectId,
        why: String,
        step: Option<Step>,
        self_made: bool,
    ) -> Option<Target<'g>> {
        let mut target = Target {
            subject,
            why,
            step,
            self_made,
            open: None,
            pods: Vec::new(),
            tokens: Vec::new(),
        };
        let Some((namespace, name)) = target.account() else {
            return Some(target);
        };
        let workloads = &self.graph.workloads;
        let place = workloads.service_account(self.cluster, namespace, name);
        let tokens = self.tokens.get(&(namespace, name)).cloned();
        let pods = place.map(|at| self.pods_with_token(at));
        let open = match place {
            Some(_) => None,
            None => Some(self.open(name)?),
        };
        target.open = open;
        target.tokens = tokens.unwrap_or_default();
        target.pods = pods.unwrap_or_default();
        Some(target)
    }

    /// What it depends on that a service account is there which was not seen; nothing where it is
    /// known not to be. A manifest may leave the namespace to `kubectl -n`, and is read as of
    /// `default`.
    fn open(&self, name: &str) -> Option<String> {
        if self.placeless.contains(name) {
            return Some(format!(
                "if the service account {name}, whose manifest is of no other namespace, is put there"
            ));
        }
        let seen = self.graph.saw(Source::SERVICE_ACCOUNTS, self.cluster);
        (!seen).then(|| "if that exists, which was not seen".to_owned())
    }

    /// The pods of a service account that have its token: the pod's word counts before the
    /// account's (Kubernetes documentation, "Configure Service Accounts for Pods").
    fn pods_with_token(&self, account: usize) -> Vec<&'g Pod> {
        let workloads = &self.graph.workloads;
        let object = workloads
            .service_accounts
            .get(account)
            .and_then(|account| account.object);
        let by_account = object.and_then(|object| object.automount_service_account_token);
        workloads
            .of_account(account)
            .flat_map(|workload| workload.pods.iter().copied())
            .filter(|pod| {
                let by_pod = pod.spec.automount_service_account_token;
                by_pod.or(by_account).unwrap_or(true)
            })
            .collect()
    }
}
