//! An IAM principal is cluster-admin
//!
//! Whoever can assume the role or holds a key of the user owns the cluster, with every Secret in
//! it and every AWS role of its pods. The way in stands in no RBAC object, so a review of RBAC
//! alone does not see it.
//!
//! An access entry counts when it has the access policy AmazonEKSClusterAdminPolicy at cluster
//! scope or in kube-system; an access entry or a mapping of the ConfigMap aws-auth counts when it is in
//! `system:masters`, or its user name or one of its groups is bound to a role that allows
//! everything, in the cluster or in kube-system, whose owner owns the cluster. A principal of an account in
//! mapAccounts counts when its ARN is bound so. The cluster's authentication mode decides which of the two is in
//! force. An access entry whose principal is gone lets nobody in and is
//! `access-entry-principal-missing`. Nodes do not count by the groups that every node is in. A user name
//! or a group with a placeholder, as `{{SessionName}}`, that may come out as a bound one makes
//! it conditional: whoever assumes the role names the session.
//!
//! Known false positives: the role that the cluster was made with, a break-glass role, the
//! pipeline that installs the cluster. Keep them few, and waive them.
//!
//! To fix it, give the principal an access policy with less, or at the scope of namespaces.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::{edit_aws_auth, entry_flags, quoted};
use crate::graph::aws_access::AwsAccess;
use crate::graph::cluster_admin::{Reason, bound_admins, reason};
use crate::graph::path::{EdgeKind, Step};
use crate::graph::wording::short;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    // Which of access entries and aws-auth must be seen depends on the cluster's mode.
    needs: &[
        Source::CLUSTER,
        Source::CLUSTER_ROLES,
        Source::CLUSTER_ROLE_BINDINGS,
    ],
    controls: &[Control::cis("4.1.1")],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        for reason in graph.unseen_access(node) {
            answers.unjudged(reason);
        }
        if let Some(reason) = unknown_creator(node) {
            answers.unjudged(reason);
        }
        let admins = bound_admins(node);
        let mut seen = BTreeSet::new();
        for access in &node.access.all {
            answers.examined();
            if graph.admits_nobody(access) {
                continue;
            }
            let Some(reason) = reason(node, access, &admins) else {
                continue;
            };
            let principal = graph.access_principal(access);
            let arn = principal.and_then(|at| graph.principals.get(at));
            let arn = arn.map_or(access.principal.as_str(), |principal| principal.arn);
            if seen.insert(arn.to_owned()) {
                report(node, answers, access, arn, reason);
            }
        }
    }
}

/// Of a cluster whose maker stands nowhere not all admins are known.
fn unknown_creator(node: &ClusterNode<'_>) -> Option<String> {
    node.hides_its_creator().then(|| {
        format!(
            "whoever made {} is cluster-admin, and only CloudTrail tells who that is",
            node.key
        )
    })
}

fn report(
    node: &ClusterNode<'_>,
    answers: &mut Answers,
    access: &AwsAccess<'_>,
    arn: &str,
    reason: Reason,
) {
    let (way, commands) = match access.way {
        EdgeKind::AccessEntry => ("access entry", entry_commands(node, access)),
        _ => ("mapping in aws-auth", vec![edit_aws_auth(node.cluster)]),
    };
    let mut path = vec![Step::new(
        arn,
        access.way,
        &reason.to,
        format!("{way}: {}", reason.text),
    )];
    path.extend(reason.rest);
    let (certainty, open) = match reason.certain {
        true => (Certainty::Certain, ""),
        false => (Certainty::Conditional, ", if its name comes out so"),
    };
    answers
        .finding(Resource::of(arn), node.key)
        .certainty(certainty)
        .title(format!("The {} is cluster-admin of {}", short(arn), node.key))
        .message(format!(
            "The {way} of {arn} in {} makes it cluster-admin: {}{open}.",
            node.key, reason.text,
        ))
        .related(Resource::of(&reason.to))
        .related(Resource::of(node.id()))
        .path(path)
        .fix(
            "Give the principal less, or only some namespaces. See that another principal can still administer the cluster before this one no longer can.",
            commands,
        )
        .report();
}

fn entry_commands(node: &ClusterNode<'_>, access: &AwsAccess<'_>) -> Vec<String> {
    let entry = entry_flags(node.cluster, &access.principal);
    match access
        .admin_policy()
        .map(|policy| policy.policy_arn.as_str())
    {
        Some(policy) => vec![
            format!(
                "aws eks associate-access-policy {entry} --policy-arn {} --access-scope type=namespace,namespaces=NAMESPACE",
                quoted(&policy.replace("AmazonEKSClusterAdminPolicy", "AmazonEKSEditPolicy"))
            ),
            format!(
                "aws eks disassociate-access-policy {entry} --policy-arn {}",
                quoted(policy)
            ),
        ],
        None => vec![
            format!("aws eks describe-access-entry {entry}"),
            format!("aws eks update-access-entry {entry} --kubernetes-groups GROUP"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{ACCOUNT, Estate, allow, object, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "cluster-admin-from-aws";

    fn policy(name: &str, scope: &Value) -> Value {
        json!({"policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{name}"), "accessScope": scope})
    }

    fn entry(entry: Value, policies: &[Value]) -> Estate {
        let mut facts = json!({"principalArn": role_arn("ops"), "type": "STANDARD",
            "username": format!("arn:aws:sts::{ACCOUNT}:assumed-role/ops/{{{{SessionName}}}}")});
        for (name, value) in entry.as_object().into_iter().flatten() {
            facts[name] = value.clone();
        }
        Estate::new()
            .iam(json!({"roles": [role("ops", &json!({}), &allow("s3:*", "*"))]}))
            .eks(json!({"access": [{"entry": facts, "policies": policies}]}))
    }

    fn bound(subject: &Value) -> Value {
        json!({"roles": [{"kind": "ClusterRole", "metadata": {"name": "root"},
                "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}],
            "role_bindings": [{"kind": "ClusterRoleBinding", "metadata": {"name": "b"},
                "subjects": [subject], "roleRef": {"kind": "ClusterRole", "name": "root"}}]})
    }

    fn aws_auth(map: &str) -> Estate {
        Estate::new().kubernetes(json!({"config_maps": [{"data": {"mapRoles": map},
            "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]}))
    }

    #[test]
    fn the_policy_or_a_bound_group_is_found() {
        let whole = json!({"type": "cluster"});
        let by_policy = entry(json!({}), &[policy("AmazonEKSClusterAdminPolicy", &whole)]).ask(ID);
        by_policy.finds(&[&role_arn("ops")]);
        let by_group = entry(json!({"kubernetesGroups": ["admins"]}), &[])
            .kubernetes(bound(&json!({"kind": "Group", "name": "admins"})))
            .ask(ID);
        by_group.finds(&[&role_arn("ops")]);
        let path: Vec<_> = by_group.findings[0]
            .path
            .iter()
            .map(|step| (step.edge.as_str(), step.to.as_str()))
            .collect();
        let (group, role) = (
            object("", "Group", "admins"),
            object("", "ClusterRole", "root"),
        );
        assert_eq!(
            path,
            [
                ("access-entry", group.as_str()),
                ("bound-to", role.as_str())
            ]
        );
    }

    #[test]
    fn whoever_made_a_cluster_of_the_old_mode_is_an_unknown_admin() {
        let mode = json!({"cluster": {"accessConfig": {"authenticationMode": "CONFIG_MAP"}}});
        let asked = Estate::new().eks(mode).ask(ID);
        asked.is_not_evaluated();
        let reason = asked.reason.unwrap_or_default();
        assert!(reason.contains("CloudTrail"), "{reason}");
    }

    #[test]
    fn a_mapping_to_masters_is_found_under_the_roles_own_arn() {
        let with_path = json!({"roles": [role("ops", &json!({}), &allow("s3:*", "*"))]});
        let mut with_path = with_path;
        with_path["roles"][0]["Arn"] = json!(format!("arn:aws:iam::{ACCOUNT}:role/team/ops"));
        let map = format!(
            "- rolearn: {}\n  username: ops\n  groups: [system:masters]\n",
            role_arn("ops")
        );
        let estate = aws_auth(&map).iam(with_path);
        estate
            .ask(ID)
            .finds(&[&format!("arn:aws:iam::{ACCOUNT}:role/team/ops")]);
        let by_api = json!({"cluster": {"accessConfig": {"authenticationMode": "API"}}});
        estate.eks(by_api).ask(ID).is_not_applicable();
        // A node's group beside it does not hide it.
        let nodes = map.replace("[system:masters]", "[system:nodes, system:masters]");
        aws_auth(&nodes).ask(ID).finds(&[&role_arn("ops")]);
    }

    #[test]
    fn a_session_that_may_name_itself_so_is_conditional() {
        let estate = entry(json!({"username": "team:{{SessionName}}"}), &[]);
        let jane = bound(&json!({"kind": "User", "name": "team:jane"}));
        let asked = estate.clone().kubernetes(jane).ask(ID);
        asked.finds(&[&role_arn("ops")]);
        assert_eq!(asked.findings[0].certainty, Certainty::Conditional);
        let other = bound(&json!({"kind": "User", "name": "jane"}));
        estate.kubernetes(other).ask(ID).passes();
    }

    #[test]
    fn less_or_nodes_pass() {
        let part = json!({"type": "namespace", "namespaces": ["web"]});
        let admin = policy("AmazonEKSClusterAdminPolicy", &json!({"type": "cluster"}));
        let nodes = json!({"type": "EC2_LINUX", "kubernetesGroups": ["system:nodes"]});
        for estate in [
            entry(json!({}), &[policy("AmazonEKSClusterAdminPolicy", &part)]),
            entry(
                json!({}),
                &[policy("AmazonEKSAdminPolicy", &json!({"type": "cluster"}))],
            ),
            entry(json!({"kubernetesGroups": ["devs"]}), &[])
                .kubernetes(bound(&json!({"kind": "Group", "name": "admins"}))),
            // Nobody comes in by the entry of a role that is gone, or was made again since.
            entry(
                json!({"principalArn": role_arn("gone")}),
                std::slice::from_ref(&admin),
            ),
            entry(json!({"createdAt": "2023-01-01T00:00:00Z"}), &[admin]),
            entry(nodes, &[]).kubernetes(bound(&json!({"kind": "Group", "name": "system:nodes"}))),
            entry(json!({}), &[]).kubernetes(bound(
                &json!({"kind": "Group", "name": "system:authenticated"}),
            )),
        ] {
            estate.ask(ID).passes();
        }
    }

    #[test]
    fn what_the_mode_admits_must_have_been_seen() {
        let estate = entry(json!({}), &[]);
        for source in [
            Source::ACCESS_ENTRIES,
            Source::ACCESS_POLICIES,
            Source::AWS_AUTH,
            Source::CLUSTER,
            Source::CLUSTER_ROLE_BINDINGS,
        ] {
            estate.clone().denied(source).ask(ID).is_not_evaluated();
        }
        let by_api = json!({"cluster": {"accessConfig": {"authenticationMode": "API"}}});
        estate.eks(by_api).denied(Source::AWS_AUTH).ask(ID).passes();
        Estate::new().ask(ID).is_not_applicable();
    }

    #[test]
    fn a_node_counts_by_a_group_of_its_own_and_not_by_those_of_all_nodes() {
        let map = |groups: &str| {
            aws_auth(&format!(
                "- rolearn: {}\n  username: system:node:{{{{EC2PrivateDNSName}}}}\n  groups: [{groups}]\n",
                role_arn("ops")
            ))
        };
        let group = |name: &str| bound(&json!({"kind": "Group", "name": name}));
        map("system:bootstrappers, system:nodes, admins")
            .kubernetes(group("admins"))
            .ask(ID)
            .finds(&[&role_arn("ops")]);
        map("system:bootstrappers, system:nodes")
            .kubernetes(group("system:nodes"))
            .ask(ID)
            .passes();
    }

    #[test]
    fn the_finding_names_its_cluster() {
        let whole = json!({"type": "cluster"});
        let asked = entry(
            json!({"kubernetesGroups": ["system:masters"]}),
            &[policy("AmazonEKSViewPolicy", &whole)],
        )
        .ask(ID);
        let related: Vec<_> = asked.findings[0]
            .related
            .iter()
            .map(|r| r.id.as_str())
            .collect();
        let cluster = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";
        assert!(related.contains(&cluster), "{related:?}");
    }
}
