//! Access is written down where the cluster does not read it
//!
//! In the mode API a cluster does not read aws-auth, in the mode CONFIG_MAP no access entries. What stands there looks
//! like access in every review and is none; and a change of the mode from CONFIG_MAP makes the entries count at once.
//!
//! A mapping in aws-auth counts in the mode API, an access entry in the mode CONFIG_MAP. Mappings of nodes count too: EKS
//! writes one when it makes a node group in another mode, and none is needed in this one. One finding for each cluster and
//! place.
//!
//! Known false positives: none known.
//!
//! To fix it, see that nobody whom it means to admit has lost anything, and delete it.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::{entry_flags, kubectl};
use crate::graph::aws_access::{IdleAccess, IdleWhy};
use crate::graph::path::EdgeKind;
use crate::graph::wording::some_of;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Info,
    needs: &[Source::CLUSTER],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in &graph.clusters {
        let (unread, source) = match (node.access.by_entries, node.access.by_aws_auth) {
            (true, false) => (EdgeKind::AwsAuth, Source::AWS_AUTH),
            (false, true) => (EdgeKind::AccessEntry, Source::ACCESS_ENTRIES),
            // Both count, or the mode is not known.
            _ => continue,
        };
        answers.examined();
        if !graph.saw(source, node.key) && unread == EdgeKind::AwsAuth {
            answers.unjudged(format!("{} was not read whole ({})", source.name, node.key));
        }
        let idle = node.access.idle.iter();
        let idle = idle.filter(|idle| idle.way == unread && matches!(idle.why, IdleWhy::Mode(_)));
        let idle: Vec<&IdleAccess> = idle.collect();
        if !idle.is_empty() {
            report(node, answers, unread, &idle);
        }
    }
}

fn report(node: &ClusterNode<'_>, answers: &mut Answers, way: EdgeKind, idle: &[&IdleAccess]) {
    let names: Vec<String> = idle
        .iter()
        .filter(|idle| !idle.principal.is_empty())
        .map(|idle| match idle.gives.is_empty() {
            true => idle.principal.clone(),
            false => format!("{} ({})", idle.principal, some_of(&idle.gives)),
        })
        .collect();
    let (what, mode, resource, commands) = match way {
        EdgeKind::AwsAuth => (
            "aws-auth",
            "API",
            object_id(node.key, "kube-system", "ConfigMap", "aws-auth"),
            vec![
                format!(
                    "{} -n kube-system get configmap aws-auth -o yaml > aws-auth.yaml",
                    kubectl(node.cluster)
                ),
                format!(
                    "{} -n kube-system delete configmap aws-auth",
                    kubectl(node.cluster)
                ),
            ],
        ),
        _ => (
            "its access entries",
            "CONFIG_MAP",
            node.id(),
            idle.iter()
                .map(|idle| {
                    format!(
                        "aws eks delete-access-entry {}",
                        entry_flags(node.cluster, &idle.principal)
                    )
                })
                .collect(),
        ),
    };
    let principals = idle.iter().filter(|idle| !idle.principal.is_empty());
    answers
        .finding(Resource::of(resource), way.as_str())
        .title(format!("{} does not read {what}, which admits {}", node.key, count(idle.len())))
        .message(format!(
            "{} has the authentication mode {mode}, which does not read {what}. There stand: {}.",
            node.key,
            some_of(&names)
        ))
        .related(Resource::of(node.id()))
        .related_all(principals.map(|idle| Resource::of(idle.principal.as_str())))
        .fix("See that nobody who is meant to come in is missing from where the cluster reads, then delete it.", commands)
        .report();
}

fn count(number: usize) -> String {
    match number {
        1 => "one principal there".to_owned(),
        many => format!("{many} principals there"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, object, role_arn};
    use serde_json::json;

    const ID: &str = "access-ignored-by-mode";

    fn estate(mode: &str) -> Estate {
        let map = format!(
            "- rolearn: {}\n  groups: [system:masters]\n",
            role_arn("ops")
        );
        Estate::new()
            .eks(json!({"cluster": {"accessConfig": {"authenticationMode": mode}},
                "access": [{"entry": {"principalArn": role_arn("dev"), "type": "STANDARD"}, "policies": []}]}))
            .kubernetes(json!({"config_maps": [{"data": {"mapRoles": map},
                "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]}))
    }

    #[test]
    fn what_the_mode_does_not_read_is_found() {
        let asked = estate("API").ask(ID);
        asked.finds(&[&object("kube-system", "ConfigMap", "aws-auth")]);
        let says = format!("{} (system:masters)", role_arn("ops"));
        assert!(asked.findings[0].message.contains(&says), "{asked:#?}");
        let asked = estate("CONFIG_MAP").ask(ID);
        asked.finds(&["arn:aws:eks:eu-west-1:111122223333:cluster/prod"]);
        assert!(
            asked.findings[0].message.contains(&role_arn("dev")),
            "{asked:#?}"
        );
    }

    #[test]
    fn where_both_count_it_does_not_apply() {
        estate("API_AND_CONFIG_MAP").ask(ID).is_not_applicable();
    }

    #[test]
    fn nothing_there_passes_and_unread_does_not() {
        let api =
            Estate::new().eks(json!({"cluster": {"accessConfig": {"authenticationMode": "API"}}}));
        api.ask(ID).passes();
        api.clone()
            .denied(Source::AWS_AUTH)
            .ask(ID)
            .is_not_evaluated();
        api.denied(Source::CLUSTER).ask(ID).is_not_evaluated();
    }
}
