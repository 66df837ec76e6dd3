//! The rows of one cluster: who comes in from AWS, and who is bound inside.

use std::collections::BTreeMap;

use crate::graph::aws_access::AwsAccess;
use crate::graph::identity_provider::{Prefix, of_groups, of_users};
use crate::graph::last_use::LastUsed;
use crate::graph::path::EdgeKind;
use crate::graph::rbac_subject::subject_id;
use crate::graph::wording::{all_of, short};
use crate::graph::{ClusterNode, Graph};
use crate::rbac::defaults::{is_system_subject, outside_subjects};
use crate::rbac::identity::{ANONYMOUS, AUTHENTICATED, SERVICE_ACCOUNTS, UNAUTHENTICATED};
use crate::rbac::{SubjectId, is_discovery_only};

use super::deeds::deeds;
use super::grants::{Everybody, Has};
use super::{Deed, Part, Row, Way, grants};

impl<'s> Graph<'s> {
    /// The rows of a cluster, without who becomes cluster-admin.
    pub fn access_rows(&self, node: &ClusterNode<'s>) -> Vec<Row> {
        let all = Everybody::of(node);
        let mut rows = self.aws_rows(node, &all);
        let subjects = subjects(node);
        rows.extend(
            subjects
                .iter()
                .map(|(subject, outside)| self.subject_row(node, &all, subject, *outside)),
        );
        rows
    }

    /// The IAM principals that come in. One that has several ways in has one row.
    fn aws_rows(&self, node: &ClusterNode<'s>, all: &Everybody) -> Vec<Row> {
        let mut by_arn: BTreeMap<String, Vec<&AwsAccess<'s>>> = BTreeMap::new();
        for access in self.ways_in(node) {
            by_arn.entry(self.arn_of(access)).or_default().push(access);
        }
        let rows = by_arn.into_iter();
        rows.map(|(arn, accesses)| self.aws_row(node, all, arn, &accesses))
            .collect()
    }

    fn aws_row(
        &self,
        node: &ClusterNode<'s>,
        everybody: &Everybody,
        arn: String,
        accesses: &[&AwsAccess<'s>],
    ) -> Row {
        let mut has = Has::default();
        for access in accesses {
            let more = grants::of_access(node, everybody, access);
            for grant in more.grants {
                if !has.grants.contains(&grant) {
                    has.grants.push(grant);
                }
            }
            for id in more.also {
                if !has.also.contains(&id) {
                    has.also.push(id);
                }
            }
        }
        let ways: Vec<Way> = accesses.iter().map(|access| self.way(access)).collect();
        let principal = accesses
            .first()
            .and_then(|access| self.access_principal(access))
            .and_then(|at| self.principals.get(at));
        let is_node = accesses.iter().all(|access| access.is_node());
        // AWS's own, which nobody else can assume.
        let is_system = principal
            .and_then(|one| one.role())
            .is_some_and(|role| role.is_service_linked());
        let mut conditions: Vec<String> = Vec::new();
        if ways.iter().all(|way| !way.conditions.is_empty()) {
            conditions.extend(ways.iter().flat_map(|way| way.conditions.clone()));
        }
        Row {
            part: match (is_system, is_node) {
                (true, _) => Part::System,
                (false, true) => Part::Nodes,
                (false, false) => Part::People,
            },
            id: arn,
            cluster: node.key.to_owned(),
            known: None,
            since: ways.iter().filter_map(|way| way.since).min(),
            deeds: deeds(&has.grants),
            also: has.also,
            ways,
            admin: None,
            grants: has.grants,
            last_used: principal.map_or(LastUsed::Unknown, |one| self.last_used(one)),
            conditions,
            excess: None,
        }
    }

    fn way(&self, access: &AwsAccess<'s>) -> Way {
        let by = match (access.way, access.kind) {
            (EdgeKind::AccessEntry, Some(kind)) if kind != "STANDARD" => {
                format!("access entry ({kind})")
            }
            (EdgeKind::AccessEntry, _) => "access entry".to_owned(),
            _ if access.is_account => "mapAccounts of aws-auth".to_owned(),
            _ => "mapping in aws-auth".to_owned(),
        };
        let name = match (access.is_account, access.username.as_str()) {
            (true, _) => ", each principal of the account under its own ARN".to_owned(),
            (false, "") => ", without a user name".to_owned(),
            (false, name) => format!(", as the user {name}"),
        };
        let groups = match access.groups.as_slice() {
            [] => String::new(),
            groups => format!(", in {}", all_of(groups)),
        };
        Way {
            text: format!("{by}{name}{groups}"),
            from: None,
            since: access.created_at,
            conditions: self.gone(access).into_iter().collect(),
        }
    }

    /// A user, group or service account that a binding names. `outside`: by one that is not the system's own.
    fn subject_row(
        &self,
        node: &ClusterNode<'s>,
        everybody: &Everybody,
        subject: &SubjectId,
        outside: bool,
    ) -> Row {
        let has = grants::of_subject(node, everybody, subject);
        let known = self.known_controller(node, subject);
        let is_account = matches!(subject, SubjectId::ServiceAccount { .. });
        let (ways, deeds) = (self.comes_as(node, subject), deeds(&has.grants));
        let outside = outside && !is_idle(subject, &ways, &deeds);
        let since = has.grants.iter();
        let since =
            since.filter(|grant| grant.rules.is_empty() || !is_discovery_only(&grant.rules));
        Row {
            part: match (outside, known, is_account) {
                (false, ..) => Part::System,
                (true, Some(_), _) => Part::Controllers,
                (true, None, true) => Part::ServiceAccounts,
                (true, None, false) => Part::People,
            },
            id: subject_id(node.key, subject),
            cluster: node.key.to_owned(),
            known: known.map(|known| known.title),
            ways,
            deeds,
            admin: None,
            since: since.filter_map(|grant| grant.since).min(),
            also: has.also,
            grants: has.grants,
            last_used: LastUsed::Unknown,
            conditions: Vec::new(),
            excess: None,
        }
    }

    /// Who comes in as a subject: IAM principals, people of an OIDC provider, workloads.
    fn comes_as(&self, node: &ClusterNode<'s>, subject: &SubjectId) -> Vec<Way> {
        if let Some(text) = by_itself(subject) {
            return vec![Way {
                text,
                from: None,
                since: None,
                conditions: Vec::new(),
            }];
        }
        let reached = self.becomes(node, subject).into_iter().map(|reach| Way {
            text: format!("{} ({})", short(&reach.id), reach.way.as_str()),
            from: Some(reach.id),
            since: None,
            conditions: reach.conditions,
        });
        let mut ways: Vec<Way> = reached.collect();
        let provider = |name: &str, conditions: Vec<String>| Way {
            text: format!("the OIDC provider {name}"),
            from: None,
            since: None,
            conditions,
        };
        if let Some(known) = node.provider_of(subject) {
            ways.push(provider(&known.identity_provider_config_name, Vec::new()));
            return ways;
        }
        for one in &node.cluster.eks.identity_providers {
            let is_open = match subject {
                // An address looks like no other name.
                SubjectId::User(name) if one.username_claim.as_deref() == Some("email") => {
                    of_users(one) == Prefix::Empty && name.contains('@')
                }
                SubjectId::User(_) => of_users(one) == Prefix::Empty,
                SubjectId::Group(_) => of_groups(one) == Prefix::Empty,
                SubjectId::ServiceAccount { .. } => false,
            };
            if is_open {
                let open = "only if it gives that name: it has no prefix, so it may give any";
                ways.push(provider(
                    &one.identity_provider_config_name,
                    vec![open.to_owned()],
                ));
            }
        }
        ways
    }
}

/// Whether it is named as the system's own are, nobody from AWS comes in as it, and it has nothing that counts. A name
/// proves nothing, so whoever has a power is shown all the same.
fn is_idle(subject: &SubjectId, ways: &[Way], deeds: &[Deed]) -> bool {
    let (SubjectId::User(name) | SubjectId::Group(name)) = subject else {
        return false;
    };
    let harmless = match name.starts_with("eks:") {
        true => deeds.iter().all(|deed| deed.saying.power.is_none()),
        false => name.starts_with("system:") && deeds.is_empty(),
    };
    harmless && ways.iter().all(|way| way.from.is_none())
}

/// Who is in a group of Kubernetes itself
/// (<https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects>).
fn by_itself(subject: &SubjectId) -> Option<String> {
    let name = match subject {
        SubjectId::User(name) | SubjectId::Group(name) => name.as_str(),
        SubjectId::ServiceAccount { .. } => return None,
    };
    match name {
        AUTHENTICATED => Some("everybody who comes in, every service account too".to_owned()),
        UNAUTHENTICATED | ANONYMOUS => Some("anybody, without credentials".to_owned()),
        SERVICE_ACCOUNTS => Some("every service account".to_owned()),
        name => {
            let namespace = name.strip_prefix(SERVICE_ACCOUNTS)?.strip_prefix(':')?;
            Some(format!("every service account of {namespace}"))
        }
    }
}

/// The subjects of all bindings, each with whether it has something that the system does not give by itself.
fn subjects(node: &ClusterNode<'_>) -> BTreeMap<SubjectId, bool> {
    let mut found: BTreeMap<SubjectId, bool> = BTreeMap::new();
    for binding in node.rbac.bindings() {
        let outside = outside_subjects(binding, node.rbac.role_of(binding));
        for subject in &binding.subjects {
            let is_outside = outside.iter().any(|one| std::ptr::eq(*one, subject))
                && !is_system_subject(subject);
            if let Some(id) = SubjectId::of(subject, binding) {
                *found.entry(id).or_default() |= is_outside;
            }
        }
    }
    found
}
