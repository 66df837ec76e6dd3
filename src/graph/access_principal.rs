//! Which IAM principal a way in is for, and whether it still is.

use crate::snapshot::Snapshot;
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::AccessEntry;
use crate::snapshot::id::Arn;
use crate::snapshot::time::Time;

use super::aws_access::AwsAccess;
use super::path::EdgeKind;
use super::principal::{Principal, Principals};
use super::{ClusterNode, Graph};

impl Graph<'_> {
    /// The IAM principal that comes in by an access entry or mapping, where its account was seen.
    /// aws-auth knows no paths, so a role is found by its name. An entry does not let in a
    /// principal that was made again under the same name (EKS User Guide, "Create access entries").
    pub fn access_principal(&self, access: &AwsAccess<'_>) -> Option<usize> {
        self.named_principal(access)
            .filter(|_| !self.is_made_again(access))
    }

    /// Whether an entry's principal was deleted and made again later: the entry is bound to the
    /// unique id of the first. The API does not tell the id; the dates do.
    pub fn is_made_again(&self, access: &AwsAccess<'_>) -> bool {
        let principal = self.named_principal(access);
        access.way == EdgeKind::AccessEntry
            && is_younger(&self.principals, principal, access.created_at)
    }

    /// Whether an access entry's principal is certainly gone, so that it admits nobody.
    pub fn admits_nobody(&self, access: &AwsAccess<'_>) -> bool {
        let account = Arn::parse(&access.principal).map_or("", |arn| arn.account);
        access.way == EdgeKind::AccessEntry
            && self.access_principal(access).is_none()
            && (self.is_made_again(access) || self.saw(Source::IAM, account))
    }

    /// The ways into a cluster that let somebody in.
    pub fn ways_in<'n, 'c>(
        &'n self,
        node: &'n ClusterNode<'c>,
    ) -> impl Iterator<Item = &'n AwsAccess<'c>> {
        let all = node.access.all.iter();
        all.filter(|access| !self.admits_nobody(access))
    }

    fn named_principal(&self, access: &AwsAccess<'_>) -> Option<usize> {
        self.principals.by_arn(&access.principal).or_else(|| {
            let arn = Arn::parse(&access.principal)?;
            if access.way != EdgeKind::AwsAuth {
                return None;
            }
            // aws-auth knows no case.
            match arn.resource.starts_with("role/") {
                true => self.principals.role_named(arn.account, arn.name()),
                false => self.principals.by_arn_of_any_case(&access.principal),
            }
        })
    }
}

/// Whether a principal was made after an access entry of its name.
fn is_younger(principals: &Principals<'_>, at: Option<usize>, entry: Option<Time>) -> bool {
    let made = at
        .and_then(|at| principals.get(at))
        .and_then(Principal::created_at);
    matches!((made, entry), (Some(made), Some(entry)) if made > entry)
}

/// Whether an access entry's principal is certainly gone, or was made again since.
pub(super) fn is_stale(
    snapshot: &Snapshot,
    principals: &Principals<'_>,
    entry: &AccessEntry,
) -> bool {
    let at = principals.by_arn(&entry.principal_arn);
    let account = Arn::parse(&entry.principal_arn).map_or("", |arn| arn.account);
    match at {
        Some(_) => is_younger(principals, at, entry.created_at),
        None => snapshot.coverage.complete(Source::IAM, account),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::checks::testing::{Estate, allow, role, role_arn};

    #[test]
    fn an_entry_does_not_let_in_a_role_that_was_made_again() {
        let entry = |created: &str| {
            Estate::new()
                .iam(json!({"roles": [role("ops", &json!({}), &allow("s3:GetObject", "*"))]}))
                .eks(json!({"access": [{"entry": {"principalArn": role_arn("ops"), "createdAt": created},
                    "policies": []}]}))
                .snapshot()
        };
        // The role is of 2024.
        for (created, known) in [
            ("2025-06-01T00:00:00Z", true),
            ("2023-06-01T00:00:00Z", false),
        ] {
            let snapshot = entry(created);
            let graph = Graph::build(&snapshot, None);
            let access = graph.clusters.first().unwrap().access.all.first().unwrap();
            assert_eq!(graph.access_principal(access).is_some(), known, "{created}");
            assert_eq!(graph.is_made_again(access), !known, "{created}");
        }
    }
}
