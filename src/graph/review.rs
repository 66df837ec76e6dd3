//! SubjectAccessReviews of an EKS cluster: RBAC, and beside it the access policies of access entries.
//!
//! A request is allowed when one authorizer allows it
//! (<https://kubernetes.io/docs/reference/access-authn-authz/authorization/>). EKS's own reads the policies of the IAM
//! principal that authenticated, and of nobody who is impersonated (EKS User Guide, "Associate access policies with
//! access entries"). A review has no principal in it but in `extra`, where the authenticator puts
//! `canonicalArn` (aws-iam-authenticator, `pkg/server`). So the principal of a review is the one of `extra`; where there
//! is none it is whoever comes in under the user name by an access entry. The answer is then that to the principal's
//! own request. To a review that somebody posts under the user name alone a server answers by RBAC alone.

use crate::rbac::access_policy::{self, Answer};
use crate::rbac::review::{Review, Status};
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::AssociatedAccessPolicy;

use super::aws_access::AwsAccess;
use super::path::EdgeKind;
use super::user_template::Match;
use super::{ClusterNode, Graph};

/// Where the authenticator says who asks.
const CANONICAL_ARN: &str = "canonicalArn";

impl Graph<'_> {
    /// Answers a review by RBAC and access policies together.
    pub fn review(&self, node: &ClusterNode<'_>, review: &Review) -> Status {
        let mut status = Status::by_rbac(&node.rbac, review);
        if status.allowed {
            return status;
        }
        let entries: Vec<Answered> = self
            .entries_of(node, review)
            .into_iter()
            .map(|access| answered(access, review))
            .collect();
        let allows = |answered: &&Answered| matches!(answered, Answered::Allowed(_));
        match (
            entries.iter().find(allows),
            entries.iter().all(|one| allows(&one)),
        ) {
            (Some(Answered::Allowed(reason)), true) => {
                status.allowed = true;
                status.reason.clone_from(reason);
            }
            (Some(Answered::Allowed(reason)), false) => {
                status.evaluation_error = Some(format!(
                    "several access entries have the user name {}, and not all of them are allowed this: {reason}",
                    review.user
                ));
            }
            _ => {
                let unknown = entries.into_iter().find_map(|answered| match answered {
                    Answered::Unknown(why) => Some(why),
                    _ => None,
                });
                status.evaluation_error = unknown.or_else(|| self.unread_entries(node, review));
            }
        }
        status
    }

    /// The access entries that may be those of who asks.
    fn entries_of<'n>(
        &'n self,
        node: &'n ClusterNode<'_>,
        review: &Review,
    ) -> Vec<&'n AwsAccess<'n>> {
        let arn = review
            .extra
            .get(CANONICAL_ARN)
            .and_then(|values| values.first());
        let is_asking = |access: &AwsAccess<'_>| match arn {
            Some(arn) => access.is_of(arn),
            None => access.is_user(&review.user) != Match::No,
        };
        let entries = self.ways_in(node);
        entries
            .filter(|access| access.way == EdgeKind::AccessEntry)
            .filter(|access| is_asking(access))
            .collect()
    }

    /// Why a user may come in by an access entry that was not read.
    fn unread_entries(&self, node: &ClusterNode<'_>, review: &Review) -> Option<String> {
        let is_eks = node.cluster.eks.cluster.is_some() && node.access.by_entries;
        let sources = [Source::ACCESS_ENTRIES, Source::ACCESS_POLICIES];
        let unread = sources
            .into_iter()
            .find(|source| !self.saw(*source, node.key))?;
        // What the cluster itself names is no IAM principal.
        let is_own = review.user.starts_with("system:");
        (is_eks && !is_own).then(|| {
            format!(
                "an access policy may allow it: {} of {} was not read whole",
                unread.name, node.key
            )
        })
    }
}

/// What the access policies of an entry say to a review.
enum Answered {
    Allowed(String),
    No,
    Unknown(String),
}

fn answered(access: &AwsAccess<'_>, review: &Review) -> Answered {
    let attributes = review.attributes();
    let mut found = Answered::No;
    for policy in access.policies {
        match access_policy::answer(policy, &attributes) {
            Answer::Allowed(_) => return Answered::Allowed(reason(access, policy)),
            Answer::No => {}
            Answer::Unknown => {
                found = Answered::Unknown(format!(
                    "the access policy {} of {} may allow it: what it grants is not published",
                    access_policy::name_of(&policy.policy_arn),
                    access.principal
                ));
            }
        }
    }
    found
}

/// As EKS words it in its audit log, with the principal's ARN for its unique id, which the API does not tell.
fn reason(access: &AwsAccess<'_>, policy: &AssociatedAccessPolicy) -> String {
    let (who, arn) = (&access.principal, &policy.policy_arn);
    let kind = match access_policy::is_cluster_wide(policy) {
        true => "ClusterRoleBinding",
        false => "RoleBinding",
    };
    format!(
        "EKS Access Policy: allowed by {kind} {:?} of ClusterRole {arn:?} to User {who:?}",
        format!("{who}+{arn}")
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate, allow, role, role_arn};
    use crate::snapshot::coverage::Source;

    fn entry(name: &str, username: Option<&str>, policy: &str, namespaces: &[&str]) -> Value {
        let scope = match namespaces.is_empty() {
            true => json!({"type": "cluster"}),
            false => json!({"type": "namespace", "namespaces": namespaces}),
        };
        json!({"access": [{"entry": {"principalArn": role_arn(name), "type": "STANDARD", "username": username,
                "createdAt": "2025-01-01T00:00:00Z"},
            "policies": [{"policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{policy}"), "accessScope": scope}]}]})
    }

    fn estate() -> Estate {
        let roles: Vec<Value> = ["ops", "dev"]
            .iter()
            .map(|name| role(name, &json!({}), &allow("s3:Get*", "*")))
            .collect();
        Estate::new().iam(json!({"roles": roles}))
    }

    fn session(name: &str) -> String {
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/jane")
    }

    fn ask(estate: &Estate, spec: &Value) -> Status {
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let review = Review::of(&json!({ "spec": spec })).unwrap();
        graph.review(graph.clusters.first().unwrap(), &review)
    }

    fn secrets(user: &str, namespace: &str) -> Value {
        json!({"user": user, "resourceAttributes": {"verb": "get", "resource": "secrets", "namespace": namespace}})
    }

    #[test]
    fn an_entry_answers_beside_rbac_and_the_reason_says_so() {
        let estate = estate().eks(entry("ops", None, "AmazonEKSEditPolicy", &["dev-*"]));
        for (user, namespace, allowed) in [
            (session("ops"), "dev-1", true),
            (session("ops"), "prod", false),
            (session("ops"), "", false),
            (session("other"), "dev-1", false),
            // Not a session of it, and not its name.
            (role_arn("ops"), "dev-1", false),
        ] {
            let status = ask(&estate, &secrets(&user, namespace));
            assert_eq!(status.allowed, allowed, "{user} in {namespace}: {status:?}");
            assert_eq!(status.evaluation_error, None, "{user} in {namespace}");
            assert_eq!(
                status.reason.starts_with("EKS Access Policy: allowed by"),
                allowed
            );
        }
        let rbac = json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "r"},
                "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["secrets"]}]}],
            "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "b"},
                "subjects": [{"kind": "User", "name": session("ops")}], "roleRef": {"kind": "ClusterRole", "name": "r"}}]});
        let status = ask(&estate.kubernetes(rbac), &secrets(&session("ops"), "dev-1"));
        assert!(status.reason.starts_with("RBAC: allowed by"), "{status:?}");
    }

    #[test]
    fn extra_tells_who_asks_where_the_user_name_does_not() {
        let estate = estate()
            .eks(entry("ops", Some("team"), "AmazonEKSEditPolicy", &[]))
            .eks(entry("dev", Some("team"), "AmazonEKSViewPolicy", &[]));
        let either = ask(&estate, &secrets("team", "web"));
        assert!(!either.allowed, "{either:?}");
        assert!(
            either
                .evaluation_error
                .unwrap()
                .contains("several access entries")
        );
        for (name, allowed) in [("ops", true), ("dev", false)] {
            let mut spec = secrets("team", "web");
            spec["extra"] = json!({"canonicalArn": [role_arn(name)]});
            assert_eq!(ask(&estate, &spec).allowed, allowed, "{name}");
        }
    }

    #[test]
    fn what_is_not_known_is_no_silent_denial() {
        let auto = estate().eks(entry("ops", None, "AmazonEKSAutoNodePolicy", &[]));
        let status = ask(&auto, &secrets(&session("ops"), "web"));
        assert!(!status.allowed && status.evaluation_error.unwrap().contains("not published"));
        let unread = estate().denied(Source::ACCESS_ENTRIES);
        let status = ask(&unread, &secrets(&session("ops"), "web"));
        assert!(
            status
                .evaluation_error
                .unwrap()
                .contains("eks:DescribeAccessEntry")
        );
        let own = ask(&unread, &secrets("system:serviceaccount:web:api", "web"));
        assert_eq!(own.evaluation_error, None);
    }

    #[test]
    fn the_entry_of_a_principal_that_is_gone_answers_nothing() {
        let gone = estate().eks(entry("gone", None, "AmazonEKSEditPolicy", &[]));
        assert!(!ask(&gone, &secrets(&session("gone"), "web")).allowed);
        let by_map = json!({"cluster": {"accessConfig": {"authenticationMode": "CONFIG_MAP"}}});
        let ignored = estate()
            .eks(entry("ops", None, "AmazonEKSEditPolicy", &[]))
            .eks(by_map);
        assert!(!ask(&ignored, &secrets(&session("ops"), "web")).allowed);
    }
}
