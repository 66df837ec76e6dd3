//! Pods get the role of their node by its metadata service
//!
//! The role of a node is for the kubelet and the network plugin. A pod that reaches the instance metadata service
//! has it too, whatever its service account: all pods of the node then share one role, and a server-side request
//! forgery in any of them is enough.
//!
//! Looked at are pods that do not share their node's network. The options of the node's instance decide, else those
//! of its node group's launch template: IMDSv1 answers pods whatever the hop limit, IMDSv2 where the hop limit is 2
//! or more. Fargate has no metadata service, EKS Auto Mode requires IMDSv2 with hop limit 1. NetworkPolicies count
//! where the VPC CNI enforces them: in strict mode they close the way, in its standard mode a starting pod is open
//! for a moment, and the finding is conditional. So it is where another network enforces policies of its own kinds.
//! It is high where the role is administrator of the account.
//!
//! Known false positive: pods that have to ask for instance metadata, as some agents of AWS do.
//!
//! To fix it, require IMDSv2 with hop limit 1 in the launch template, after the pods that need a role have one of
//! their own.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Certainty, Control, Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::imds::{Imds, Reach, Verdict};
use crate::graph::wording::some_of;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::eks::Nodegroup;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Medium,
    needs: &[Source::PODS, Source::NODES, Source::NODEGROUPS],
    controls: &[Control::cis("5.2.1")],
    since: "0.1.0",
    run,
};

/// What reaches the metadata service of the nodes of one node group.
#[derive(Default)]
struct Reached<'s> {
    group: Option<&'s Nodegroup>,
    workloads: BTreeSet<String>,
    /// The first of the surest.
    why: Option<Verdict>,
    role: Option<usize>,
}

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        let imds = graph.imds(node);
        let mut groups: BTreeMap<&str, Reached<'_>> = BTreeMap::new();
        let mut unknown: BTreeSet<String> = BTreeSet::new();
        let here = graph.workloads.workloads.iter();
        for workload in here.filter(|one| one.cluster == node.key) {
            for pod in &workload.pods {
                if pod.spec.host_network == Some(true) {
                    continue;
                }
                answers.examined();
                let verdict = imds.of_pod(pod);
                if verdict.options_unknown {
                    unknown.insert(verdict.why);
                    continue;
                }
                if verdict.reach == Reach::Unreachable {
                    continue;
                }
                let machine = imds.machine(pod);
                let group = machine.and_then(|one| one.group);
                let reached = groups
                    .entry(group.map_or("", |group| &group.nodegroup_name))
                    .or_default();
                reached.group = group;
                reached.workloads.insert(workload.label());
                let roles = imds.roles(machine);
                reached.role = reached.role.or(roles.first().map(|(role, _)| *role));
                if reached
                    .why
                    .as_ref()
                    .is_none_or(|known| verdict.reach < known.reach)
                {
                    reached.why = Some(verdict);
                }
            }
        }
        unjudged(node, &imds, &unknown, answers);
        for reached in groups.into_values() {
            report(graph, node, &reached, answers);
        }
    }
}

/// Pods whose node's options were not seen.
fn unjudged(
    node: &ClusterNode<'_>,
    imds: &Imds<'_>,
    unknown: &BTreeSet<String>,
    answers: &mut Answers,
) {
    for why in unknown {
        answers.unjudged(format!(
            "of pods of {} it is not known whether they reach the metadata service: {why} ({} or {})",
            node.key,
            Source::INSTANCES.name,
            Source::LAUNCH_TEMPLATES.name
        ));
    }
    let is_eks = node.cluster.eks.cluster.is_some();
    let has_pods = !node.cluster.kubernetes.pods.is_empty();
    if is_eks && has_pods && imds.machines().next().is_none() && unknown.is_empty() {
        answers.unjudged(format!("no node of {} was seen", node.key));
    }
}

fn report(graph: &Graph<'_>, node: &ClusterNode<'_>, reached: &Reached<'_>, answers: &mut Answers) {
    let Some(verdict) = &reached.why else {
        return;
    };
    let names: Vec<String> = reached.workloads.iter().cloned().collect();
    let role = reached.role.and_then(|role| graph.principals.get(role));
    let is_admin = role.is_some_and(|role| graph.admin(role, None).is_some());
    let (resource, of) = match reached.group {
        Some(group) if !group.nodegroup_arn.is_empty() => (
            Resource::of(group.nodegroup_arn.as_str()),
            format!("node group {} of {}", group.nodegroup_name, node.key),
        ),
        Some(group) => (
            Resource::of(node.id()),
            format!("node group {} of {}", group.nodegroup_name, node.key),
        ),
        None => (
            Resource::of(node.id()),
            format!("{} outside node groups", node.key),
        ),
    };
    let key = reached.group.map_or("", |group| &group.nodegroup_name);
    let (certainty, may, open) = match &verdict.open {
        None => (Certainty::Certain, "get", String::new()),
        Some(open) => (
            Certainty::Conditional,
            "may get",
            format!(" It is so {open}."),
        ),
    };
    let role_name = role.map_or(String::new(), |role| format!(" {}", role.name));
    let count = match names.len() {
        1 => "1 workload".to_owned(),
        many => format!("{many} workloads"),
    };
    let admin = match is_admin {
        true => " It is administrator of the account.",
        false => "",
    };
    answers
        .finding(resource, key)
        .severity(if is_admin { Severity::High } else { Severity::Medium })
        .certainty(certainty)
        .related_all(role.map(|role| Resource::of(role.arn)))
        .title(format!("Pods {may} the role of their node ({of})"))
        .message(format!(
            "{count} on nodes of the {of} {may} the node's role{role_name} by the instance metadata service ({}): {}.{open}{admin}",
            verdict.why,
            some_of(&names)
        ))
        .fix(
            "Give the workloads that need a role one of their own by EKS Pod Identity or IRSA. Then require IMDSv2 with \
             hop limit 1 in a new version of the launch template and let the node group take it; or close \
             169.254.169.254 to pods by a NetworkPolicy that is enforced.",
            commands(node, reached.group),
        )
        .report();
}

fn commands(node: &ClusterNode<'_>, group: Option<&Nodegroup>) -> Vec<String> {
    let options = "HttpEndpoint=enabled,HttpTokens=required,HttpPutResponseHopLimit=1";
    let region = node.cluster.region.as_deref();
    let region = region.map_or(String::new(), |region| {
        format!(" --region {}", quoted(region))
    });
    let template = group.and_then(|group| Some((group, group.launch_template.as_ref()?)));
    let Some((group, id, version)) = template.and_then(|(group, template)| {
        Some((group, template.id.as_deref()?, template.version.as_deref()?))
    }) else {
        let each = options.replace("HttpEndpoint=", "--http-endpoint ");
        let each = each.replace(",HttpTokens=", " --http-tokens ");
        let each = each.replace(
            ",HttpPutResponseHopLimit=",
            " --http-put-response-hop-limit ",
        );
        return vec![format!(
            "aws ec2 modify-instance-metadata-options --instance-id INSTANCE {each}{region}"
        )];
    };
    let data = format!(
        "{{\"MetadataOptions\":{{{}}}}}",
        "\"HttpEndpoint\":\"enabled\",\"HttpTokens\":\"required\",\"HttpPutResponseHopLimit\":1"
    );
    vec![
        format!(
            "aws ec2 create-launch-template-version --launch-template-id {} --source-version {} --launch-template-data {}{region}",
            quoted(id),
            quoted(version),
            quoted(&data)
        ),
        format!(
            "aws eks update-nodegroup-version --cluster-name {} --nodegroup-name {} --launch-template id={},version=VERSION{region}",
            quoted(&node.cluster.name),
            quoted(&group.nodegroup_name),
            quoted(id)
        ),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::checks::testing::{Estate, allow, role, role_arn};

    const ID: &str = "pod-reaches-node-role";
    const GROUP: &str = "arn:aws:eks:eu-west-1:111122223333:nodegroup/prod/a/1";

    /// A pod on a node of a node group with a launch template.
    fn on_node(options: Value, policy: &Value) -> Estate {
        let ec2 = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}]});
        Estate::new()
            .iam(json!({"roles": [role("workers", &ec2, policy)]}))
            .eks(json!({"nodegroups": [{"nodegroupName": "a", "nodegroupArn": GROUP, "nodeRole": role_arn("workers"),
                "launchTemplate": {"id": "lt-1", "version": "3"}}]}))
            .region(json!({"ec2": {"launch_template_versions": [{"LaunchTemplateId": "lt-1", "VersionNumber": 3,
                "LaunchTemplateData": {"MetadataOptions": options}}]}}))
            .kubernetes(json!({
                "nodes": [{"metadata": {"name": "n", "labels": {"eks.amazonaws.com/nodegroup": "a"}},
                    "spec": {"providerID": "aws:///eu-west-1a/i-1"}}],
                "pods": [{"metadata": {"name": "x", "namespace": "a", "uid": "u"},
                    "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}, "status": {"phase": "Running"}}]}))
    }

    #[test]
    fn a_hop_limit_of_two_lets_pods_in() {
        let s3 = allow("s3:GetObject", "*");
        let two = json!({"HttpTokens": "required", "HttpPutResponseHopLimit": 2});
        let asked = on_node(two.clone(), &s3).ask(ID);
        asked.finds(&[GROUP]);
        let message = &asked.findings[0].message;
        assert!(
            message.contains("role workers")
                && message.contains("hop limit 2")
                && message.contains("Pod a/x"),
            "{message}"
        );
        assert_eq!(asked.findings[0].severity, Severity::Medium);
        let asked = on_node(two, &allow("*", "*")).ask(ID);
        assert_eq!(asked.findings[0].severity, Severity::High);
        let one = json!({"HttpTokens": "required", "HttpPutResponseHopLimit": 1});
        on_node(one, &s3).ask(ID).passes();
    }

    #[test]
    fn what_was_not_read_is_not_passed() {
        on_node(json!({}), &allow("s3:GetObject", "*"))
            .ask(ID)
            .is_not_evaluated();
    }
}
