//! Which IAM principals come into a cluster, and as whom: access entries and aws-auth.
//!
//! EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries" and "Grant IAM
//! users access to Kubernetes with a ConfigMap". Where both hold, an access entry wins over
//! aws-auth for the same principal; a mapping of the principal over its account in mapAccounts.

use crate::rbac::access_policy;
use crate::snapshot::Cluster;
use crate::snapshot::eks::{AccessEntry, AssociatedAccessPolicy};
use crate::snapshot::id::Arn;
use crate::snapshot::kubernetes_rbac::RoleBinding;
use crate::snapshot::time::Time;

use super::access_entry::{self, NODE_GROUPS, NODE_PROXIER, STANDARD};
use super::aws_auth::{AwsAuth, Idle, Mapping};
use super::kube_system::CONTROLLERS;
use super::path::EdgeKind;
use super::user_template::{Caller, Match, comes_out_as};

/// An IAM principal that comes into a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsAccess<'s> {
    /// Its ARN as it stands in the entry or the ConfigMap; of an account that aws-auth admits
    /// whole, `arn:aws:iam::ACCOUNT:root`.
    pub principal: String,
    /// Whether it is an account that aws-auth admits whole: each principal under its own ARN.
    pub is_account: bool,
    /// [`EdgeKind::AccessEntry`] or [`EdgeKind::AwsAuth`].
    pub way: EdgeKind,
    /// `STANDARD`, `EC2_LINUX`, …; absent in aws-auth.
    pub kind: Option<&'s str>,
    /// The template of its user name inside.
    pub username: String,
    /// The templates of its groups inside.
    pub groups: Vec<String>,
    /// Access policies of an entry.
    pub policies: &'s [AssociatedAccessPolicy],
    /// When the entry was made.
    pub created_at: Option<Time>,
}

impl AwsAccess<'_> {
    /// Whether it is a node's way in.
    pub fn is_node(&self) -> bool {
        let entry = self.kind.is_some_and(|kind| kind != STANDARD);
        entry || self.groups.iter().any(|group| group == "system:nodes")
    }

    /// Whether it is the way in of Fargate's pod execution role, which is on no node that a pod could
    /// reach. In aws-auth only its mapping has the group of kube-proxy (EKS User Guide, "Amazon EKS
    /// Pod execution IAM role").
    pub fn is_fargate(&self) -> bool {
        self.kind.is_some_and(|kind| kind.starts_with("FARGATE"))
            || self.groups.iter().any(|group| group == NODE_PROXIER)
    }

    /// Its groups but those that every node is in.
    pub fn own_groups(&self) -> Vec<String> {
        let groups = self.groups.iter();
        groups
            .filter(|group| !NODE_GROUPS.contains(&group.as_str()))
            .cloned()
            .collect()
    }

    /// Where its access policies make it cluster-admin, in the cluster or in the namespace that is as
    /// good as that.
    pub fn admin_policy(&self) -> Option<&AssociatedAccessPolicy> {
        let admin = self.policies.iter().filter(|policy| {
            access_policy::name_of(&policy.policy_arn) == access_policy::CLUSTER_ADMIN
                && access_policy::holds_in(policy, CONTROLLERS)
        });
        admin.max_by_key(|policy| access_policy::is_cluster_wide(policy))
    }

    /// Whether it comes in under a user name.
    pub fn is_user(&self, name: &str) -> Match {
        match self.is_account {
            true if self.is_own_arn(name) => Match::Perhaps,
            true => Match::No,
            false => comes_out_as(&self.username, self.caller(), name),
        }
    }

    /// Whether it comes in as a member of a group that it is given. What every node is in is left out.
    pub fn is_in(&self, group: &str) -> Match {
        let own = self.groups.iter();
        let own = own.filter(|own| !self.is_node() || !NODE_GROUPS.contains(&own.as_str()));
        own.map(|own| comes_out_as(own, self.caller(), group))
            .max()
            .unwrap_or(Match::No)
    }

    /// Whether it is the way in of the principal of a canonical ARN.
    pub fn is_of(&self, arn: &str) -> bool {
        canonical(&self.principal).as_deref() == Some(&arn.to_lowercase())
    }

    fn caller(&self) -> Caller<'_> {
        match Arn::parse(&self.principal) {
            Some(arn) if arn.resource.to_ascii_lowercase().starts_with("role/") => {
                Caller::Session(arn.account)
            }
            Some(arn) => Caller::User(arn.account),
            None => Caller::User(""),
        }
    }

    /// Whether a user name is the canonical ARN of a principal of its account.
    fn is_own_arn(&self, name: &str) -> bool {
        let (Some(own), Some(arn)) = (Arn::parse(&self.principal), Arn::parse(name)) else {
            return false;
        };
        own.account == arn.account && canonical(name).as_deref() == Some(&name.to_lowercase())
    }
}

/// A way in that is written down and lets nobody in, with why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleAccess {
    /// The ARN, empty where there is none.
    pub principal: String,
    /// [`EdgeKind::AccessEntry`] or [`EdgeKind::AwsAuth`].
    pub way: EdgeKind,
    /// What it would give: groups and access policies.
    pub gives: Vec<String>,
    /// Where it stands in aws-auth: `mapRoles` and the place in it.
    pub place: Option<(&'static str, usize)>,
    /// Why.
    pub why: IdleWhy,
}

/// Why a way in lets nobody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdleWhy {
    /// The cluster's authentication mode does not read it.
    Mode(String),
    /// It can match no caller: why.
    Never(&'static str),
    /// Another mapping of the same ARN counts: its field and place.
    Overridden(&'static str, usize),
    /// The principal has an access entry, which counts.
    Entry,
}

/// Everybody who comes into a cluster from AWS, and what of aws-auth could not be read.
#[derive(Debug, Default)]
pub struct AwsAccesses<'s> {
    /// By principal.
    pub all: Vec<AwsAccess<'s>>,
    /// What is written down and lets nobody in.
    pub idle: Vec<IdleAccess>,
    /// Mappings that count, with members that do not: `groups` that is no list. A sentence each.
    pub crippled: Vec<Mapping>,
    /// What could not be read, a sentence each.
    pub problems: Vec<String>,
    /// Whether access entries are in force; also where the cluster's mode is not known.
    pub by_entries: bool,
    /// Whether aws-auth is in force; also where the cluster's mode is not known.
    pub by_aws_auth: bool,
}

impl<'s> AwsAccesses<'s> {
    /// Those of a cluster. `is_stale` says of an entry whose principal is gone, so that it admits
    /// nobody, and stands in no mapping's way.
    pub(super) fn of(cluster: &'s Cluster, is_stale: &dyn Fn(&AccessEntry) -> bool) -> Self {
        let mode = cluster
            .eks
            .cluster
            .as_ref()
            .and_then(|cluster| cluster.access_config.as_ref())
            .and_then(|config| config.authentication_mode.as_deref());
        let mut accesses = Self {
            by_entries: mode != Some("CONFIG_MAP"),
            by_aws_auth: mode != Some("API"),
            ..Self::default()
        };
        accesses.entries(cluster, mode);
        accesses.aws_auth(cluster, mode, is_stale);
        accesses
            .all
            .sort_by(|a, b| (&a.principal, a.way).cmp(&(&b.principal, b.way)));
        accesses
    }

    fn entries(&mut self, cluster: &'s Cluster, mode: Option<&str>) {
        for access in &cluster.eks.access {
            let entry = &access.entry;
            if !self.by_entries {
                let policies = access
                    .policies
                    .iter()
                    .map(|policy| policy.policy_arn.clone());
                self.idle.push(IdleAccess {
                    principal: entry.principal_arn.clone(),
                    way: EdgeKind::AccessEntry,
                    gives: entry
                        .kubernetes_groups
                        .iter()
                        .cloned()
                        .chain(policies)
                        .collect(),
                    place: None,
                    why: IdleWhy::Mode(mode.unwrap_or_default().to_owned()),
                });
                continue;
            }
            if let Some(name) = access_entry::refused_name(entry) {
                self.problems.push(format!(
                    "the access entry of {} has the name {name}, which EKS refuses: this is not how EKS prints it",
                    entry.principal_arn
                ));
            }
            self.all.push(AwsAccess {
                principal: entry.principal_arn.clone(),
                is_account: false,
                way: EdgeKind::AccessEntry,
                kind: Some(access_entry::kind(entry)),
                username: access_entry::username(entry),
                groups: access_entry::groups(entry),
                policies: &access.policies,
                created_at: entry.created_at,
            });
        }
    }

    fn aws_auth(
        &mut self,
        cluster: &'s Cluster,
        mode: Option<&str>,
        is_stale: &dyn Fn(&AccessEntry) -> bool,
    ) {
        let read = AwsAuth::of(cluster);
        if !self.by_aws_auth {
            let all = read
                .mappings
                .iter()
                .chain(read.idle.iter().map(|(mapping, _)| mapping));
            let why = || IdleWhy::Mode(mode.unwrap_or_default().to_owned());
            self.idle.extend(all.map(|mapping| idle(mapping, why())));
            return;
        }
        let entries = cluster.eks.access.iter().map(|access| &access.entry);
        let entries: Vec<Option<String>> = entries
            .filter(|entry| self.by_entries && !is_stale(entry))
            .map(|entry| canonical(&entry.principal_arn))
            .collect();
        self.problems.extend(read.problems);
        for (mapping, why) in &read.idle {
            self.idle.push(idle(
                mapping,
                match *why {
                    Idle::Never(why) => IdleWhy::Never(why),
                    Idle::Overridden(field, place) => IdleWhy::Overridden(field, place),
                },
            ));
        }
        for mapping in read.mappings {
            if entries.contains(&Some(mapping.arn.to_lowercase())) {
                self.idle.push(idle(&mapping, IdleWhy::Entry));
                continue;
            }
            if !mapping.left_out.is_empty() {
                self.crippled.push(mapping.clone());
            }
            self.all.push(AwsAccess {
                username: mapping.username,
                groups: mapping.groups,
                ..of_aws_auth(mapping.arn)
            });
        }
        self.accounts(cluster, &read.accounts, &entries);
    }

    /// Accounts whose every principal comes in under its own ARN, in no group: the account itself, and
    /// by name each of its principals that a binding names.
    fn accounts(&mut self, cluster: &Cluster, accounts: &[String], entries: &[Option<String>]) {
        for account in accounts {
            let whole = AwsAccess {
                is_account: true,
                ..of_aws_auth(format!("arn:aws:iam::{account}:root"))
            };
            let bindings = cluster.kubernetes.role_bindings.iter();
            let mut named: Vec<&str> = bindings
                .flat_map(|binding: &RoleBinding| &binding.subjects)
                .filter(|subject| subject.kind == "User" && whole.is_own_arn(&subject.name))
                .map(|subject| subject.name.as_str())
                .collect();
            named.sort_unstable();
            named.dedup();
            for arn in named {
                let lower = arn.to_lowercase();
                let by_itself = entries.contains(&Some(lower.clone()))
                    || self
                        .all
                        .iter()
                        .any(|access| access.principal.to_lowercase() == lower);
                if !by_itself {
                    self.all.push(AwsAccess {
                        username: arn.to_owned(),
                        ..of_aws_auth(arn.to_owned())
                    });
                }
            }
            self.all.push(whole);
        }
    }
}

fn of_aws_auth<'s>(principal: String) -> AwsAccess<'s> {
    AwsAccess {
        principal,
        is_account: false,
        way: EdgeKind::AwsAuth,
        kind: None,
        username: String::new(),
        groups: Vec::new(),
        policies: &[],
        created_at: None,
    }
}

fn idle(mapping: &Mapping, why: IdleWhy) -> IdleAccess {
    IdleAccess {
        principal: mapping.arn.clone(),
        way: EdgeKind::AwsAuth,
        gives: mapping.groups.clone(),
        place: Some((mapping.field, mapping.place)),
        why,
    }
}

/// The ARN, in lower case, under which the authenticator looks for the callers of a principal: a role's
/// without its path, any other's as it is.
fn canonical(principal: &str) -> Option<String> {
    let arn = Arn::parse(principal)?;
    let whole = match arn.resource.starts_with("role/") {
        true => format!(
            "arn:{}:iam::{}:role/{}",
            arn.partition,
            arn.account,
            arn.name()
        ),
        false => principal.to_owned(),
    };
    Some(whole.to_lowercase())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cluster(mode: &str, aws_auth: &str) -> Cluster {
        serde_json::from_value(serde_json::json!({
            "name": "c",
            "eks": {
                "cluster": {"name": "c", "accessConfig": {"authenticationMode": mode}},
                "access": [{"entry": {"principalArn": "arn:aws:iam::111122223333:role/path/Admin",
                    "kubernetesGroups": ["from-entry"]}, "policies": []}]
            },
            "kubernetes": {"config_maps": [{"metadata": {"name": "aws-auth", "namespace": "kube-system"},
                "data": {"mapRoles": aws_auth}}]}
        }))
        .unwrap()
    }

    #[test]
    fn the_mode_decides_which_of_the_two_holds_and_an_entry_wins() {
        let map = "- rolearn: arn:aws:iam::111122223333:role/admin\n  groups: [from-map]\n\
                   - rolearn: arn:aws:iam::111122223333:role/other\n  groups: [other]\n";
        let groups = |mode: &str| -> Vec<String> {
            let cluster = cluster(mode, map);
            let accesses = AwsAccesses::of(&cluster, &|_| false);
            accesses.all.into_iter().flat_map(|a| a.groups).collect()
        };
        assert_eq!(groups("API"), ["from-entry"]);
        assert_eq!(groups("CONFIG_MAP"), ["from-map", "other"]);
        assert_eq!(groups("API_AND_CONFIG_MAP"), ["other", "from-entry"]);
    }

    #[test]
    fn a_role_with_a_path_or_a_session_never_matches() {
        for (arn, matches) in [
            ("arn:aws:iam::111122223333:role/r", true),
            ("arn:aws:iam::111122223333:role/team/r", false),
            ("arn:aws:sts::111122223333:assumed-role/r/s1", false),
            ("arn:aws:iam::111122223333:user/team/jane", true),
        ] {
            let map = format!("- rolearn: {arn}\n  groups: [g]\n");
            let cluster = cluster("CONFIG_MAP", &map);
            assert_eq!(
                AwsAccesses::of(&cluster, &|_| false).all.len() == 1,
                matches,
                "{arn}"
            );
        }
    }

    #[test]
    fn a_broken_map_is_said_and_admits_nobody() {
        let cluster = cluster("CONFIG_MAP", "nonsense: [");
        let accesses = AwsAccesses::of(&cluster, &|_| false);
        assert!(accesses.all.is_empty());
        assert_eq!(accesses.problems.len(), 1, "{:?}", accesses.problems);
    }
}
