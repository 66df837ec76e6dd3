//! The role of a cluster's nodes may do more than nodes need
//!
//! Every pod that reaches the node's credentials has them: by the instance metadata service, the
//! node's network, or a file of the node. So each permission of the node is one of every workload
//! that can run there.
//!
//! The nodes' roles are those of node groups, of EKS Auto Mode, and those that access entries or
//! aws-auth let in as nodes; a name says nothing. A role counts when it has a policy that allows
//! something, beyond those that AWS names for nodes: AmazonEKSWorkerNodePolicy or its minimal form,
//! one to pull from ECR, AmazonEKS_CNI_Policy, AmazonSSMManagedInstanceCore and
//! CloudWatchAgentServerPolicy. Only AWS's own policies of these names are known; one of the
//! account's own may say anything. Where the role is administrator of the account it is critical.
//!
//! Known false positive: policies of the account's own that say no more than AWS's, as the one that
//! the CNI needs for IPv6.
//!
//! To fix it, give the permission to the workload that needs it, by EKS Pod Identity or IRSA.

use std::collections::BTreeSet;

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Control, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::principal::Principal;
use crate::graph::wording::all_of;
use crate::graph::wording::some_of;
use crate::graph::{ClusterNode, Graph};
use crate::iam::document::Effect;
use crate::snapshot::coverage::Source;
use crate::snapshot::iam::Role;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::High,
    needs: &[Source::IAM, Source::CLUSTER, Source::NODEGROUPS],
    controls: &[Control::cis("5.1.3"), Control::cis("5.2.1")],
    since: "0.1.0",
    run,
};

/// AWS managed policies that nodes need, or that agents on nodes commonly do (EKS User Guide,
/// "Amazon EKS node IAM role"; CloudWatch User Guide, "Set up the CloudWatch agent").
const KNOWN: &[&str] = &[
    "AmazonEKSWorkerNodePolicy",
    "AmazonEKSWorkerNodeMinimalPolicy",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEKS_CNI_Policy",
    "AmazonSSMManagedInstanceCore",
    "CloudWatchAgentServerPolicy",
];

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for cluster in &graph.clusters {
        unseen(graph, cluster, answers);
    }
    for (at, principal) in graph.principals.iter() {
        let uses = graph.node_role(at);
        let Some(role) = principal.role().filter(|_| !uses.is_empty()) else {
            continue;
        };
        answers.examined();
        let extras = extras(principal, role);
        if !extras.is_empty() {
            let uses: Vec<String> = uses
                .iter()
                .map(|one| format!("{} of {}", one.evidence, one.cluster))
                .collect();
            let keys: BTreeSet<&str> = graph.node_role(at).iter().map(|one| one.cluster).collect();
            let clusters = keys.into_iter().filter_map(|key| graph.cluster(key));
            let clusters: Vec<String> = clusters.map(ClusterNode::id).collect();
            report(
                graph,
                principal,
                &extras,
                &some_of(&uses),
                &clusters,
                answers,
            );
        }
    }
}

/// Roles of nodes that could not be looked at.
fn unseen(graph: &Graph<'_>, cluster: &ClusterNode<'_>, answers: &mut Answers) {
    let (key, eks) = (cluster.key, &cluster.cluster.eks);
    let mode = eks.cluster.as_ref().and_then(|details| {
        details
            .access_config
            .as_ref()?
            .authentication_mode
            .as_deref()
    });
    if mode != Some("CONFIG_MAP") && !graph.saw(Source::ACCESS_ENTRIES, key) {
        answers.unjudged(format!(
            "the access entries of {key}, which name roles of nodes, were not read"
        ));
    }
    if mode != Some("API") && !graph.saw(Source::AWS_AUTH, key) {
        answers.unjudged(format!(
            "aws-auth of {key}, which names roles of nodes, was not read"
        ));
    }
    let problems = cluster.access.problems.iter();
    problems.for_each(|problem| answers.unjudged(format!("{problem} ({key})")));
    for group in &eks.nodegroups {
        let role = group.node_role.as_deref().unwrap_or("");
        if graph.principals.by_arn(role).is_none() {
            let name = &group.nodegroup_name;
            answers.unjudged(format!(
                "the role {role} of the node group {name} of {key} was not seen"
            ));
        }
    }
}

/// A policy that a node does not need.
enum Extra<'s> {
    Attached(&'s str),
    Inline(&'s str),
}

fn extras<'s>(principal: &Principal<'_>, role: &'s Role) -> Vec<Extra<'s>> {
    // One that was not seen may allow something.
    let allows = |name: &str| {
        let mut seen = principal
            .identity
            .iter()
            .filter(|policy| &*policy.name == name)
            .peekable();
        seen.peek().is_none()
            || seen.any(|p| {
                p.document
                    .statements
                    .iter()
                    .any(|s| s.effect == Effect::Allow)
            })
    };
    let attached = role
        .attached_managed_policies
        .iter()
        .map(|policy| policy.policy_arn.as_str());
    let inline = role
        .role_policy_list
        .iter()
        .map(|policy| policy.policy_name.as_str());
    attached
        .filter(|arn| !is_known(arn) && allows(arn))
        .map(Extra::Attached)
        .chain(
            inline
                .filter(|name| allows(&format!("inline {name}")))
                .map(Extra::Inline),
        )
        .collect()
}

fn is_known(arn: &str) -> bool {
    arn.contains(":iam::aws:policy/") && KNOWN.contains(&policy_name(arn))
}

fn report(
    graph: &Graph<'_>,
    principal: &Principal<'_>,
    extras: &[Extra<'_>],
    uses: &str,
    clusters: &[String],
    answers: &mut Answers,
) {
    let name = quoted(principal.name);
    let names: Vec<String> = extras
        .iter()
        .map(|extra| match extra {
            Extra::Attached(arn) => policy_name(arn).to_owned(),
            Extra::Inline(policy) => format!("the inline policy {policy}"),
        })
        .collect();
    let commands = extras.iter().map(|extra| match extra {
        Extra::Attached(arn) => {
            format!(
                "aws iam detach-role-policy --role-name {name} --policy-arn {}",
                quoted(arn)
            )
        }
        Extra::Inline(policy) => {
            format!(
                "aws iam delete-role-policy --role-name {name} --policy-name {}",
                quoted(policy)
            )
        }
    });
    let is_admin = graph.admin(principal, None).is_some();
    let (severity, admin) = match is_admin {
        true => (
            Severity::Critical,
            " With them it is administrator of the account.",
        ),
        false => (Severity::High, ""),
    };
    answers
        .finding(Resource::of(principal.arn), "")
        .severity(severity)
        .related_all(clusters.iter().map(Resource::of))
        .title(format!("The node role {} has more than nodes need", principal.name))
        .message(format!(
            "The role {} ({uses}) has {} besides what a node needs.{admin} Every pod that reaches the node's \
             credentials has it too.",
            principal.name,
            all_of(&names)
        ))
        .fix(
            "Find the workloads that use these policies and give them a role of their own by EKS Pod Identity or \
             IRSA; then take the policies from the node. Until then they lose access.",
            commands,
        )
        .report();
}

/// The name in a managed policy's ARN.
fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, allow, role, role_arn};
    use serde_json::{Value, json};

    const ID: &str = "node-role-excessive";

    /// A role with these attached policies and inline ones, by name.
    fn with_role(attached: &[&str], inline: Value) -> Estate {
        let ec2 = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]});
        let mut role = role("workers", &ec2, &json!({}));
        role["RolePolicyList"] = inline;
        role["AttachedManagedPolicies"] = attached
            .iter()
            .map(|arn| json!({"PolicyArn": arn, "PolicyName": ""}))
            .collect();
        Estate::new().iam(json!({"roles": [role]}))
    }

    fn node_group(estate: Estate) -> Estate {
        estate.eks(json!({"nodegroups": [{"nodegroupName": "a", "nodeRole": role_arn("workers")}]}))
    }

    const NEEDED: &[&str] = &[
        "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
        "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy",
        "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly",
        "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy",
    ];

    #[test]
    fn every_further_policy_is_named() {
        let inline = json!([{"PolicyName": "push", "PolicyDocument": allow("ecr:PutImage", "*")}]);
        let s3 = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
        let own = "arn:aws:iam::111122223333:policy/AmazonEKSWorkerNodePolicy";
        let asked = node_group(with_role(&[NEEDED[0], s3, own], inline)).ask(ID);
        asked.finds(&[&role_arn("workers")]);
        let message = &asked.findings[0].message;
        for part in [
            "node group a of prod",
            "AmazonS3FullAccess, AmazonEKSWorkerNodePolicy and the inline policy push",
        ] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert_eq!(asked.findings[0].remediation.commands.len(), 3);
    }

    #[test]
    fn an_administrator_is_critical() {
        let inline = json!([{"PolicyName": "all", "PolicyDocument": allow("*", "*")}]);
        let asked = node_group(with_role(NEEDED, inline)).ask(ID);
        asked.finds(&[&role_arn("workers")]);
        assert_eq!(asked.findings[0].severity, Severity::Critical);
    }

    #[test]
    fn what_nodes_need_and_what_only_denies_pass() {
        let deny = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
        let inline = json!([{"PolicyName": "no-s3", "PolicyDocument": deny}]);
        node_group(with_role(NEEDED, inline)).ask(ID).passes();
    }

    #[test]
    fn a_role_is_a_nodes_by_what_uses_it() {
        let inline = json!([{"PolicyName": "push", "PolicyDocument": allow("ecr:PutImage", "*")}]);
        let estate = with_role(NEEDED, inline);
        estate.ask(ID).is_not_applicable();
        let entry = |kind: &str| json!({"access": [{"entry": {"principalArn": role_arn("workers"), "type": kind}, "policies": []}]});
        estate
            .clone()
            .eks(entry("EC2_LINUX"))
            .ask(ID)
            .finds(&[&role_arn("workers")]);
        estate.eks(entry("STANDARD")).ask(ID).is_not_applicable();
    }

    #[test]
    fn ways_in_that_were_not_read_are_not_passed() {
        let fine = node_group(with_role(NEEDED, json!([])));
        for source in [
            Source::IAM,
            Source::NODEGROUPS,
            Source::ACCESS_ENTRIES,
            Source::AWS_AUTH,
        ] {
            fine.clone().denied(source).ask(ID).is_not_evaluated();
        }
        let elsewhere = json!({"nodegroups": [{"nodegroupName": "b",
            "nodeRole": "arn:aws:iam::999999999999:role/workers"}]});
        fine.eks(elsewhere).ask(ID).is_not_evaluated();
    }

    #[test]
    fn the_role_of_fargate_in_aws_auth_is_no_nodes() {
        let map = |groups: &str| {
            let text = format!(
                "- rolearn: {}\n  username: n\n  groups: [{groups}]\n",
                role_arn("workers")
            );
            with_role(
                &["arn:aws:iam::aws:policy/AmazonEKSFargatePodExecutionRolePolicy"],
                json!([]),
            )
            .kubernetes(json!({"config_maps": [{"data": {"mapRoles": text},
                    "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]}))
            .ask(ID)
        };
        map("system:bootstrappers, system:nodes, system:node-proxier").is_not_applicable();
        map("system:bootstrappers, system:nodes").finds(&[&role_arn("workers")]);
        // What cannot be read may name nodes.
        map("[").is_not_evaluated();
    }
}
