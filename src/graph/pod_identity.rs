//! EKS Pod Identity: which service account gets which role by an association.
//!
//! EKS User Guide, "Learn how EKS Pod Identity grants pods access to AWS services" and "Access
//! AWS resources using EKS Pod Identity target IAM roles".

use crate::iam::context::Context;
use crate::iam::evaluate::{Policies, ResourcePolicy};
use crate::iam::principal::Principal as Caller;
use crate::iam::trust::{self, PodIdentity};
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::PodIdentityAssociation;
use crate::snapshot::id::Arn;
use crate::snapshot::{Cluster, Snapshot};

use super::hold::{Hold, session_policy, statements};
use super::organization::Organizations;
use super::path::EdgeKind;
use super::principal::Principals;
use super::workload::Workloads;

/// The add-on, and its DaemonSet.
const AGENT: &str = "eks-pod-identity-agent";

/// What the edges are made from.
pub(super) struct Build<'a, 's> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) principals: &'a Principals<'s>,
    pub(super) workloads: &'a Workloads<'s>,
    pub(super) organizations: &'a Organizations<'s>,
    pub(super) context: &'a Context,
}

impl<'s> Build<'_, 's> {
    /// The edges of all associations. One whose service account is not there gives none.
    pub(super) fn holds(&self) -> Vec<Hold> {
        let mut holds = Vec::new();
        for (key, cluster) in &self.snapshot.clusters {
            let agent = self.agent(key, cluster);
            for association in &cluster.eks.pod_identity {
                let account = self.workloads.service_account(
                    key,
                    &association.namespace,
                    &association.service_account,
                );
                let role = self.principals.by_arn(&association.role_arn);
                let role = role.filter(|_| is_of_account(cluster, association));
                if let (Some(account), Some(role)) = (account, role) {
                    let from = holds.len();
                    self.association(cluster, association, account, role, &mut holds);
                    for hold in holds.iter_mut().skip(from) {
                        hold.unknown.extend(agent.map(str::to_owned));
                    }
                }
            }
        }
        holds
    }

    /// What an association waits for where the agent was not seen: it alone hands out the
    /// credentials, and EKS Auto Mode has it built in (EKS User Guide, "Set up the Amazon EKS Pod
    /// Identity Agent").
    fn agent(&self, key: &str, cluster: &Cluster) -> Option<&'static str> {
        let auto_mode = cluster
            .eks
            .cluster
            .as_ref()
            .and_then(|cluster| cluster.compute_config.as_ref())
            .is_some_and(|config| config.enabled == Some(true));
        let addon = cluster
            .eks
            .addons
            .iter()
            .any(|addon| addon.addon_name == AGENT);
        let own =
            cluster.kubernetes.controllers.iter().any(|controller| {
                controller.kind == "DaemonSet" && controller.metadata.name == AGENT
            });
        if auto_mode || addon || own {
            return None;
        }
        let seen = self.snapshot.coverage.complete(Source::ADDONS, key)
            && self.snapshot.coverage.complete(Source::DAEMON_SETS, key);
        Some(match seen {
            true => "only once the EKS Pod Identity Agent runs, which it does not now",
            false => "only where the EKS Pod Identity Agent runs, which was not seen",
        })
    }

    fn association(
        &self,
        cluster: &'s Cluster,
        association: &'s PodIdentityAssociation,
        account: usize,
        role: usize,
        holds: &mut Vec<Hold>,
    ) {
        let Some(first) = self.first(cluster, association, account, role) else {
            return;
        };
        let target = association
            .target_role_arn
            .as_deref()
            .and_then(|arn| self.principals.by_arn(arn))
            .and_then(|target| self.target(cluster, association, account, role, target, &first));
        // With a target role the pod only ever sees the target's credentials.
        if association.target_role_arn.is_none() {
            holds.push(first);
        }
        holds.extend(target);
    }

    /// The association's own role.
    fn first(
        &self,
        cluster: &'s Cluster,
        association: &'s PodIdentityAssociation,
        account: usize,
        role: usize,
    ) -> Option<Hold> {
        let principal = self.principals.get(role)?;
        let arn = cluster_arn(cluster, association);
        let pod = PodIdentity {
            cluster_arn: &arn,
            cluster_name: &cluster.name,
            namespace: &association.namespace,
            service_account: &association.service_account,
            pod: None,
            tags: association.disable_session_tags != Some(true),
        };
        let asked = trust::Role {
            arn: principal.arn,
            trust: principal.trust.as_ref()?,
            rcps: self
                .organizations
                .rcps_of_role(principal.account, principal.arn),
        };
        let mut context = self.context.clone();
        let above = self.organizations;
        above.fill_resource(principal.account, &mut context);
        // The service calls in the name of the cluster's account.
        if let Some(cluster) = Arn::parse(&arn) {
            above.fill_source(cluster.account, &mut context);
        }
        let decision = trust::pod_identity(&asked, &pod, &context);
        (!decision.is_denied()).then(|| Hold {
            service_account: account,
            role,
            way: EdgeKind::PodIdentity,
            through: None,
            evidence: format!(
                "Pod Identity association {}; {}",
                association.association_id,
                statements(&decision)
            ),
            decision,
            unknown: unread(association),
            session: session_policy(association.policy.as_deref()),
            tagged: association.disable_session_tags != Some(true),
        })
    }

    /// The target role, which the first role assumes.
    fn target(
        &self,
        cluster: &Cluster,
        association: &'s PodIdentityAssociation,
        account: usize,
        role: usize,
        target: usize,
        first: &Hold,
    ) -> Option<Hold> {
        let from = self.principals.get(role)?;
        let principal = self.principals.get(target)?;
        let caller = Caller::from_arn(from.arn)?;
        let own = from.role().map_or(&[][..], |role| role.tags.as_slice());
        let own = own.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()));
        let mut context = caller.context(self.snapshot.taken_at.0, own);
        passed_on(cluster, association, &mut context);
        match &association.external_id {
            Some(id) => context.set("sts:ExternalId", id),
            None => context.set_absent("sts:ExternalId"),
        };
        self.organizations
            .fill_principal(from.account, &mut context);
        self.organizations
            .fill_resource(principal.account, &mut context);
        let asked = trust::Role {
            arn: principal.arn,
            trust: principal.trust.as_ref()?,
            rcps: self
                .organizations
                .rcps_of_role(principal.account, principal.arn),
        };
        let own = Policies {
            resource: ResourcePolicy::None,
            ..from.policies()
        };
        let tags = association.disable_session_tags != Some(true);
        let decision = trust::principal(&asked, &caller, &own, &context, tags);
        let mut unknown: Vec<String> = first.conditions().map(str::to_owned).collect();
        unknown.extend(from.unseen.iter().cloned());
        unknown.extend(unread(association));
        (!decision.is_denied()).then(|| Hold {
            service_account: account,
            role: target,
            way: EdgeKind::PodIdentityTarget,
            through: Some(role),
            evidence: format!(
                "targetRoleArn of Pod Identity association {}; {}",
                association.association_id,
                statements(&decision)
            ),
            decision,
            unknown,
            session: session_policy(association.policy.as_deref()),
            tagged: association.disable_session_tags != Some(true),
        })
    }
}

/// The tags of the first session, which are transitive: the request for the target has them, and so has who asks (EKS
/// User Guide, "Grant Pods access to AWS resources based on tags").
fn passed_on(cluster: &Cluster, association: &PodIdentityAssociation, context: &mut Context) {
    context.set_absent_under("aws:RequestTag/");
    if association.disable_session_tags == Some(true) {
        return;
    }
    let arn = cluster_arn(cluster, association);
    for (tag, value) in [
        ("eks-cluster-arn", Some(arn.as_str())),
        ("eks-cluster-name", Some(cluster.name.as_str())),
        ("kubernetes-namespace", Some(&*association.namespace)),
        (
            "kubernetes-service-account",
            Some(&*association.service_account),
        ),
        ("kubernetes-pod-name", None),
        ("kubernetes-pod-uid", None),
    ] {
        for kind in ["PrincipalTag", "RequestTag"] {
            let key = format!("aws:{kind}/{tag}");
            match value.filter(|value| !value.is_empty()) {
                Some(value) => context.set(&key, value),
                None => context.set_unknown(&key),
            };
        }
    }
}

/// The cluster's ARN: its own, or by what the association's names.
fn cluster_arn(cluster: &Cluster, association: &PodIdentityAssociation) -> String {
    let own = cluster.eks.cluster.as_ref().map(|cluster| &cluster.arn);
    match (own, Arn::parse(&association.association_arn)) {
        (Some(arn), _) if !arn.is_empty() => arn.clone(),
        (_, Some(arn)) => format!(
            "arn:{}:eks:{}:{}:cluster/{}",
            arn.partition, arn.region, arn.account, cluster.name
        ),
        _ => String::new(),
    }
}

/// Whether an association's own role is of the cluster's account, as it has to be; one of another is a target
/// role (EKS User Guide, "Access AWS resources using EKS Pod Identity target IAM roles").
fn is_of_account(cluster: &Cluster, association: &PodIdentityAssociation) -> bool {
    let role = Arn::parse(&association.role_arn);
    let role = role.map(|arn| arn.account);
    cluster
        .account
        .as_deref()
        .is_none_or(|own| role == Some(own))
}

/// What a session policy that cannot be read leaves open.
fn unread(association: &PodIdentityAssociation) -> Vec<String> {
    let given = association.policy.is_some();
    let unread = given && session_policy(association.policy.as_deref()).is_empty();
    unread
        .then(|| "within a session policy that cannot be read".to_owned())
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use crate::checks::testing::{ACCOUNT, Estate, allow, role, role_arn};
    use crate::graph::Graph;

    /// Whether web/api gets the target role of its association, and whether for certain.
    fn target(condition: &Value, without_tags: bool) -> Option<bool> {
        let actions = json!(["sts:AssumeRole", "sts:TagSession"]);
        let pods = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": actions}]});
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions,
            "Principal": {"AWS": role_arn("first")}, "Condition": condition}]});
        let estate = Estate::new()
            .pod("web", "api")
            .iam(json!({"roles": [role("first", &pods, &allow("sts:*", "*")),
                role("target", &trust, &allow("s3:*", "*"))]}))
            .eks(json!({"pod_identity": [{"clusterName": "prod", "namespace": "web", "serviceAccount": "api",
                "roleArn": role_arn("first"), "targetRoleArn": role_arn("target"), "associationId": "a-1",
                "disableSessionTags": without_tags, "externalId": "id-1",
                "associationArn": format!("arn:aws:eks:eu-west-1:{ACCOUNT}:podidentityassociation/prod/a-1")}]}));
        let snapshot = estate.snapshot();
        let graph = Graph::build(&snapshot, None);
        let hold = graph.holds.first()?;
        assert_eq!(
            graph.holds.len(),
            1,
            "the first role never comes to the pod"
        );
        Some(hold.is_certain())
    }

    #[test]
    fn a_target_sees_the_tags_and_the_external_id() {
        let is = |key: &str, value: &str| json!({"StringEquals": {key: value}});
        for (what, condition, without, expected) in [
            ("nothing is asked", json!({}), false, Some(true)),
            (
                "its external id",
                is("sts:ExternalId", "id-1"),
                false,
                Some(true),
            ),
            (
                "another external id",
                is("sts:ExternalId", "id-2"),
                false,
                None,
            ),
            (
                "its namespace",
                is("aws:RequestTag/kubernetes-namespace", "web"),
                false,
                Some(true),
            ),
            (
                "another",
                is("aws:RequestTag/kubernetes-namespace", "pay"),
                false,
                None,
            ),
            (
                "of who asks",
                is("aws:PrincipalTag/eks-cluster-name", "prod"),
                false,
                Some(true),
            ),
            (
                "its pod",
                is("aws:PrincipalTag/kubernetes-pod-name", "x"),
                false,
                Some(false),
            ),
            (
                "no tags",
                is("aws:PrincipalTag/kubernetes-namespace", "web"),
                true,
                None,
            ),
        ] {
            assert_eq!(target(&condition, without), expected, "{what}");
        }
    }
}
