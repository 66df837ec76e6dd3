//! What it means: AWS and the clusters joined, so that questions can be asked.

pub mod access_entry;
mod access_principal;
pub mod access_review;
mod agent;
pub mod aws_access;
pub mod aws_auth;
mod barrier;
pub mod blast_radius;
pub mod certificate;
pub mod cluster_admin;
pub mod cluster_node;
pub mod control;
pub mod decision;
pub mod duty;
mod enforcement;
pub mod escalation;
pub mod escape;
pub mod every_resource;
mod existing;
pub mod exposure;
pub mod hold;
pub mod identity_provider;
pub mod image;
pub mod imds;
pub mod irsa;
pub mod irsa_trust;
pub mod jewel;
mod key_policy;
pub mod kube_system;
pub mod last_use;
pub mod latent;
pub mod lead;
pub mod limits;
pub mod lineage;
pub mod listing;
pub mod named;
pub mod node_role;
pub mod oidc_issuer;
pub mod organization;
pub mod outside;
pub mod path;
mod pod_identity;
pub mod principal;
mod profile;
pub mod rbac_subject;
pub mod readers;
mod region;
pub mod resource_policy;
mod review;
pub mod rotation;
pub mod scan;
pub mod sdk;
pub mod secret_age;
pub mod secret_key;
pub mod secret_last_read;
pub mod secret_reader;
pub mod secret_state;
pub mod secret_use;
mod shared_volume;
pub mod static_key;
pub mod takeover;
pub mod treasure;
pub mod unseen;
pub mod user_template;
pub mod who_can;
pub mod wording;
pub mod workload;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use typed_arena::Arena;

use crate::iam::context::Context;
use crate::iam::evaluate::{Decision, NamedPolicy};
use crate::snapshot::Snapshot;
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::AccessEntry;
use crate::snapshot::secretsmanager::{Secret, SecretPolicy, SecretVersion, SecretVersions};

pub use cluster_node::ClusterNode;

use access_principal::is_stale;
use duty::Duty;
use hold::Hold;
use image::RunningImage;
use irsa::{ClusterTrust, Known, Providers};
use limits::Thresholds;
use organization::Organizations;
use path::{EdgeKind, Step};
use principal::{Principal, Principals};
use treasure::Treasure;
use workload::{Account, Workload, Workloads};

/// Which principals are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that a cluster can reach or that can reach it.
    Reachable,
    /// All of the account.
    Account,
}

/// The joined graph of a snapshot.
#[derive(Debug)]
pub struct Graph<'s> {
    /// What it was built from.
    pub snapshot: &'s Snapshot,
    /// Which principals are looked at.
    pub scope: Scope,
    /// IAM roles and users.
    pub principals: Principals<'s>,
    /// Workloads and service accounts.
    pub workloads: Workloads<'s>,
    /// Clusters, by key.
    pub clusters: Vec<ClusterNode<'s>>,
    /// Which service account gets which role. Sorted by role.
    pub holds: Vec<Hold>,
    /// Which roles trust the tokens of which clusters, seen or not.
    pub trusts: Vec<ClusterTrust<'s>>,
    /// OIDC providers.
    pub providers: Providers<'s>,
    /// What stands above the accounts.
    pub organizations: Organizations<'s>,
    /// Images that run.
    pub images: Vec<RunningImage<'s>>,
    /// What the user notes that somebody is there to do. No fact of the snapshot.
    pub duties: Vec<Duty>,
    /// What the user calls worth protecting.
    pub treasure: Treasure,
    /// How old credentials may get, as the user has it.
    pub thresholds: Thresholds,
    /// What is known of every request: the time, from the audit on.
    context: Context,
    node_roles: BTreeMap<usize, Vec<node_role::NodeRole<'s>>>,
    reachable: BTreeSet<usize>,
    holds_by_role: HashMap<usize, Vec<usize>>,
    holds_by_account: HashMap<usize, Vec<usize>>,
    /// Secrets of Secrets Manager by ARN: they are asked for their tags at each request.
    secrets: HashMap<&'s str, &'s Secret>,
    secret_policies: HashMap<&'s str, &'s SecretPolicy>,
    /// By ARN of a secret: the namespaces that it is brought into, found when they are asked for.
    brought_into: OnceCell<HashMap<String, Vec<String>>>,
    secret_versions: HashMap<&'s str, &'s SecretVersions>,
    keys: HashMap<&'s str, key_policy::KeySide<'s>>,
    key_names: secret_key::KeyNames<'s>,
    changed: Changed,
}

/// Policies as somebody may make them.
#[derive(Default)]
struct Changed(Arena<Vec<NamedPolicy>>);

impl std::fmt::Debug for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} lists of policies", self.0.len())
    }
}

impl<'s> Graph<'s> {
    /// Joins a snapshot. Without a scope: [`Scope::Reachable`] where there is a cluster.
    pub fn build(snapshot: &'s Snapshot, scope: Option<Scope>) -> Self {
        let default = match snapshot.clusters.is_empty() {
            true => Scope::Account,
            false => Scope::Reachable,
        };
        let mut context = Context::partial();
        context.set_time(snapshot.taken_at.0, true);
        let organizations = Organizations::of(snapshot);
        let principals = Principals::build(snapshot, &organizations);
        let mut workloads = Workloads::default();
        for (key, cluster) in &snapshot.clusters {
            workloads.add(key, cluster);
        }
        let clusters = snapshot.clusters.iter();
        let clusters: Vec<ClusterNode<'s>> = clusters
            .map(|(key, cluster)| {
                let is_stale = |entry: &AccessEntry| is_stale(snapshot, &principals, entry);
                ClusterNode::build(key, cluster, &is_stale)
            })
            .collect();
        let images = image::running(snapshot, &workloads);
        let providers = Providers::of(snapshot);
        let mut graph = Self {
            snapshot,
            scope: scope.unwrap_or(default),
            trusts: irsa::cluster_trusts(snapshot, &principals, &providers),
            principals,
            workloads,
            clusters,
            holds: Vec::new(),
            providers,
            organizations,
            images,
            duties: Vec::new(),
            treasure: Treasure::default(),
            thresholds: Thresholds::default(),
            brought_into: OnceCell::new(),
            context,
            node_roles: BTreeMap::new(),
            reachable: BTreeSet::new(),
            holds_by_role: HashMap::new(),
            holds_by_account: HashMap::new(),
            secrets: resource_policy::secrets(snapshot),
            secret_policies: resource_policy::secret_policies(snapshot),
            secret_versions: resource_policy::secret_versions(snapshot),
            keys: key_policy::keys(snapshot),
            key_names: secret_key::KeyNames::of(snapshot),
            changed: Changed::default(),
        };
        graph.join();
        graph
    }

    /// The same with the duties that the user notes.
    #[must_use]
    pub fn with_duties(mut self, duties: &[Duty]) -> Self {
        self.duties = duties.to_vec();
        self
    }

    /// The same with what the user calls worth protecting.
    #[must_use]
    pub fn with_treasure(mut self, treasure: &Treasure) -> Self {
        self.treasure = treasure.clone();
        self
    }

    /// The same with how old credentials may get.
    #[must_use]
    pub fn with_thresholds(mut self, thresholds: &Thresholds) -> Self {
        self.thresholds = thresholds.clone();
        self
    }

    /// The versions of a secret; none where they were not read.
    pub fn versions_of(&self, secret: &Secret) -> &'s [SecretVersion] {
        let versions = self.secret_versions.get(secret.arn.as_str());
        versions.map_or(&[], |versions| &versions.versions)
    }

    /// Keeps policies as somebody may make them for as long as the graph is there.
    fn keep(&self, policies: Vec<NamedPolicy>) -> &[NamedPolicy] {
        self.changed.0.alloc(policies)
    }

    fn join(&mut self) {
        let mut holds = self.irsa().holds(&self.trusts);
        let mut by_agent = self.pod_identity().holds();
        self.before_agents(&mut by_agent);
        holds.extend(by_agent);
        holds.sort_by_key(|hold| (hold.role, hold.service_account, hold.way));
        self.holds = holds;
        for (at, hold) in self.holds.iter().enumerate() {
            self.holds_by_role.entry(hold.role).or_default().push(at);
            let by_account = self.holds_by_account.entry(hold.service_account);
            by_account.or_default().push(at);
        }
        self.node_roles = node_role::of(self);
        self.reachable = self.reach();
    }

    fn irsa(&self) -> irsa::Build<'_, 's> {
        irsa::Build {
            principals: &self.principals,
            workloads: &self.workloads,
            providers: &self.providers,
            organizations: &self.organizations,
            context: &self.context,
        }
    }

    fn pod_identity(&self) -> pod_identity::Build<'_, 's> {
        pod_identity::Build {
            snapshot: self.snapshot,
            principals: &self.principals,
            workloads: &self.workloads,
            organizations: &self.organizations,
            context: &self.context,
        }
    }

    /// The principals that a cluster can reach or that can reach it.
    fn reach(&self) -> BTreeSet<usize> {
        let mut reached: BTreeSet<usize> = self.holds.iter().map(|hold| hold.role).collect();
        reached.extend(self.holds.iter().filter_map(|hold| hold.through));
        let seen = self.trusts.iter().filter(|trust| trust.cluster.is_some());
        reached.extend(seen.map(|trust| trust.role));
        reached.extend(self.node_roles.keys());
        reached.extend(self.user_keys().iter().map(|key| key.user));
        for node in &self.clusters {
            reached.extend(
                node.access
                    .all
                    .iter()
                    .filter_map(|access| self.access_principal(access)),
            );
            let eks = &node.cluster.eks;
            let arns = eks
                .cluster
                .iter()
                .filter_map(|cluster| cluster.role_arn.as_deref())
                .chain(
                    eks.addons
                        .iter()
                        .filter_map(|addon| addon.service_account_role_arn.as_deref()),
                )
                .chain(
                    eks.fargate_profiles
                        .iter()
                        .filter_map(|profile| profile.pod_execution_role_arn.as_deref()),
                )
                .chain(eks.pod_identity.iter().map(|one| one.role_arn.as_str()));
            reached.extend(arns.filter_map(|arn| self.principals.by_arn(arn)));
        }
        reached
    }

    /// The principals that are looked at.
    pub fn in_scope(&self) -> impl Iterator<Item = (usize, &Principal<'s>)> {
        self.principals.iter().filter(|(at, _)| match self.scope {
            Scope::Account => true,
            Scope::Reachable => self.reachable.contains(at),
        })
    }

    /// What is known of every request.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Whether all of a source was read in a scope.
    pub fn saw(&self, source: Source, scope: &str) -> bool {
        self.snapshot.coverage.complete(source, scope)
    }

    /// The roles that workloads and service accounts get, each with how.
    pub fn held_roles(&self) -> impl Iterator<Item = (usize, &Principal<'s>, Vec<&Hold>)> {
        let mut roles: Vec<usize> = self.holds_by_role.keys().copied().collect();
        roles.sort_unstable();
        roles.into_iter().filter_map(|role| {
            let principal = self.principals.get(role)?;
            Some((role, principal, self.holds_of(role).collect()))
        })
    }

    /// How service accounts get a role.
    pub fn holds_of(&self, role: usize) -> impl Iterator<Item = &Hold> {
        self.holds_by_role
            .get(&role)
            .into_iter()
            .flatten()
            .filter_map(|at| self.holds.get(*at))
    }

    /// How the service account at a place gets roles.
    pub fn got_by(&self, account: usize) -> impl Iterator<Item = &Hold> {
        self.holds_by_account
            .get(&account)
            .into_iter()
            .flatten()
            .filter_map(|at| self.holds.get(*at))
    }

    /// The service account of a hold.
    pub fn holder(&self, hold: &Hold) -> Option<&Account<'s>> {
        self.workloads.service_accounts.get(hold.service_account)
    }

    /// The clusters and kinds of nodes whose role it is.
    pub fn node_role(&self, principal: usize) -> &[node_role::NodeRole<'s>] {
        self.node_roles
            .get(&principal)
            .map_or(&[][..], Vec::as_slice)
    }

    /// The path from a workload (where there is one) over its service account to a held role.
    pub fn path_to(&self, hold: &Hold) -> Vec<Step> {
        let mut path = Vec::new();
        let Some(account) = self.holder(hold) else {
            return path;
        };
        if let Some(workload) = self.workloads.of_account(hold.service_account).next() {
            path.push(runs_as(workload, account));
        }
        let mut from = account.id.clone();
        let through = hold.through.and_then(|role| self.principals.get(role));
        if let Some(through) = through {
            path.push(Step::new(
                from,
                EdgeKind::PodIdentity,
                through.arn,
                "Pod Identity association",
            ));
            from = through.arn.to_owned();
        }
        if let Some(role) = self.principals.get(hold.role) {
            path.push(Step::new(from, hold.way, role.arn, hold.evidence.clone()));
        }
        path
    }

    /// What a role says to the token of a service account that is annotated with it; nothing where
    /// the cluster's issuer or the role was not seen.
    pub fn annotated(&self, account: usize, role: usize) -> Option<(Decision, Known)> {
        let key = self.workloads.service_accounts.get(account)?.cluster;
        let cluster = self.snapshot.clusters.get(key)?;
        irsa::annotated(&self.irsa(), cluster, account, role)
    }

    /// The cluster of a key.
    pub fn cluster(&self, key: &str) -> Option<&ClusterNode<'s>> {
        self.clusters.iter().find(|node| node.key == key)
    }
}

/// A workload has its service account's token.
fn runs_as(workload: &Workload<'_>, account: &Account<'_>) -> Step {
    Step::new(
        workload.id.clone(),
        EdgeKind::RunsAs,
        account.id.clone(),
        "spec.serviceAccountName",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate, ISSUER, allow, irsa_trust, role, role_arn};

    /// The evidence-free gist of how a role is held: by whom, and whether for certain.
    fn holders(estate: &Estate, name: &str) -> Vec<(String, bool)> {
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let at = graph.principals.by_arn(&role_arn(name)).unwrap();
        graph
            .holds_of(at)
            .map(|hold| (graph.holder(hold).unwrap().label(), hold.is_certain()))
            .collect()
    }

    #[test]
    fn the_trust_policy_decides_and_not_the_annotation() {
        let estate = Estate::new()
            .pod("a", "trusted")
            .pod("a", "annotated")
            .irsa_role("app", "a", "trusted", allow("s3:GetObject", "*"))
            .kubernetes(
                json!({"service_accounts": [{"metadata": {"name": "annotated-2", "namespace": "a",
                "annotations": {"eks.amazonaws.com/role-arn": role_arn("app")}}}]}),
            );
        assert_eq!(holders(&estate, "app"), [("a/trusted".to_owned(), true)]);
    }

    #[test]
    fn the_audience_is_among_those_of_the_provider() {
        let trust = |audience: &str| {
            let condition = json!({"StringEquals": {
                format!("{ISSUER}:sub"): "system:serviceaccount:a:b",
                format!("{ISSUER}:aud"): audience}});
            Estate::new()
                .pod("a", "b")
                .iam(json!({"roles": [role("app", &irsa_trust(&condition), &allow("*", "*"))]}))
        };
        assert_eq!(holders(&trust("sts.amazonaws.com"), "app").len(), 1);
        assert_eq!(
            holders(&trust("vault"), "app").len(),
            0,
            "the provider does not admit it"
        );
    }

    #[test]
    fn a_pod_identity_waits_for_its_agent() {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]});
        let estate = Estate::new()
            .pod("a", "b")
            .iam(json!({"roles": [role("app", &trust, &allow("*", "*"))]}))
            .eks(json!({"pod_identity": [{"clusterName": "prod", "namespace": "a", "serviceAccount": "b",
                "roleArn": role_arn("app"), "associationId": "a-1",
                "associationArn": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:podidentityassociation/prod/a-1")}]}));
        assert_eq!(holders(&estate, "app"), [("a/b".to_owned(), true)]);
        let mut snapshot = estate.snapshot();
        for cluster in snapshot.clusters.values_mut() {
            cluster.eks.addons.clear();
        }
        let graph = Graph::build(&snapshot, None);
        let hold = graph.holds.first().unwrap();
        assert!(!hold.is_certain());
        let conditions: Vec<&str> = hold.conditions().collect();
        assert!(
            conditions.iter().any(|c| c.contains("Agent")),
            "{conditions:?}"
        );
    }
}
