//! A mapping of aws-auth is overridden
//!
//! It looks like access, or like the limit of an access, and another way in counts instead. Whoever reads aws-auth reads
//! the wrong groups; whoever deletes the other way in brings this one back.
//!
//! In the mode API_AND_CONFIG_MAP a mapping counts when its principal has an access entry, which wins (an entry of a
//! principal that is gone does not). In both modes that read aws-auth it counts when another mapping of the same ARN
//! wins: in a field the last, and mapRoles before mapUsers. ARNs are compared without regard to case, a role's without
//! its path.
//!
//! Known false positives: a cluster in the middle of its move to access entries.
//!
//! To fix it, see that what wins is what is meant, and delete the mapping.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::edit_aws_auth;
use crate::graph::aws_access::{IdleAccess, IdleWhy};
use crate::graph::path::EdgeKind;
use crate::graph::wording::{short, some_of};
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;
use crate::snapshot::id::object_id;

/// The check.
pub const CHECK: Check = Check {
    severity: Severity::Low,
    needs: &[Source::CLUSTER, Source::AWS_AUTH],
    controls: &[],
    since: "0.1.0",
    run,
};

fn run(graph: &Graph<'_>, answers: &mut Answers) {
    for node in graph.clusters.iter().filter(|node| node.access.by_aws_auth) {
        for reason in graph.unseen_access(node) {
            answers.unjudged(reason);
        }
        let mappings = node
            .access
            .all
            .iter()
            .filter(|access| access.way == EdgeKind::AwsAuth);
        for _ in mappings {
            answers.examined();
        }
        for idle in node
            .access
            .idle
            .iter()
            .filter(|idle| idle.way == EdgeKind::AwsAuth)
        {
            answers.examined();
            if let Some(wins) = wins(&idle.why) {
                report(node, answers, idle, &wins);
            }
        }
    }
}

/// What counts instead.
fn wins(why: &IdleWhy) -> Option<String> {
    match why {
        IdleWhy::Entry => Some("the principal's access entry".to_owned()),
        IdleWhy::Overridden(field, place) => Some(format!("mapping {place} of {field}")),
        IdleWhy::Mode(_) | IdleWhy::Never(_) => None,
    }
}

fn report(node: &ClusterNode<'_>, answers: &mut Answers, idle: &IdleAccess, wins: &str) {
    let Some((field, place)) = idle.place else {
        return;
    };
    let gives = match idle.gives.is_empty() {
        true => "no group".to_owned(),
        false => some_of(&idle.gives),
    };
    let map = object_id(node.key, "kube-system", "ConfigMap", "aws-auth");
    answers
        .finding(Resource::of(map), &format!("{field}/{}/{}", idle.principal, idle.gives.join(",")))
        .title(format!("aws-auth of {} maps the {} to no effect", node.key, short(&idle.principal)))
        .message(format!(
            "In aws-auth of {} mapping {place} of {field} puts {} into {gives}, but {wins} counts instead.",
            node.key, idle.principal
        ))
        .related(Resource::of(&idle.principal))
        .related(Resource::of(node.id()))
        .fix(
            "Compare both, keep what is meant in the one that counts, and delete this mapping.",
            [edit_aws_auth(node.cluster)],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{Estate, allow, object, role, role_arn};
    use serde_json::json;

    const ID: &str = "aws-auth-mapping-shadowed";

    fn estate(map: &str, entry: &str) -> Estate {
        Estate::new()
            .iam(json!({"roles": [role("ops", &json!({}), &allow("s3:Get*", "*"))]}))
            .eks(json!({"access": [{"entry": {"principalArn": entry, "type": "STANDARD", "createdAt": "2025-01-01T00:00:00Z"}, "policies": []}]}))
            .kubernetes(json!({"config_maps": [{"data": {"mapRoles": map},
                "metadata": {"name": "aws-auth", "namespace": "kube-system"}}]}))
    }

    fn mapping(name: &str, group: &str) -> String {
        format!("- rolearn: {}\n  groups: [{group}]\n", role_arn(name))
    }

    #[test]
    fn an_entry_or_a_later_mapping_wins() {
        let map = object("kube-system", "ConfigMap", "aws-auth");
        let asked = estate(&mapping("OPS", "system:masters"), &role_arn("ops")).ask(ID);
        asked.finds(&[&map]);
        assert!(
            asked.findings[0]
                .message
                .contains("the principal's access entry counts"),
            "{asked:#?}"
        );
        let twice = mapping("dev", "a") + &mapping("dev", "b");
        let asked = estate(&twice, &role_arn("ops")).ask(ID);
        asked.finds(&[&map]);
        assert!(
            asked.findings[0]
                .message
                .contains("into a, but mapping 2 of mapRoles counts"),
            "{asked:#?}"
        );
    }

    #[test]
    fn what_nothing_overrides_passes() {
        estate(&mapping("dev", "a"), &role_arn("ops"))
            .ask(ID)
            .passes();
        // The entry is of a role that is gone, or was made again since.
        estate(&mapping("gone", "a"), &role_arn("gone"))
            .ask(ID)
            .passes();
        let young = estate(&mapping("ops", "a"), &role_arn("ops"));
        let mut snapshot = young.snapshot();
        for access in snapshot
            .clusters
            .values_mut()
            .flat_map(|cluster| &mut cluster.eks.access)
        {
            access.entry.created_at =
                crate::snapshot::time::Time::parse("2023-01-01T00:00:00Z").ok();
        }
        let graph = Graph::build(&snapshot, None);
        let idle: usize = graph
            .clusters
            .iter()
            .map(|node| node.access.idle.len())
            .sum();
        assert_eq!(idle, 0);
    }

    #[test]
    fn in_other_modes_and_unread_it_is_not_said() {
        let both = estate(&mapping("ops", "a"), &role_arn("ops"));
        let mode = |mode: &str| json!({"cluster": {"accessConfig": {"authenticationMode": mode}}});
        both.clone().eks(mode("API")).ask(ID).is_not_applicable();
        both.clone().eks(mode("CONFIG_MAP")).ask(ID).passes();
        let fine = estate(&mapping("dev", "a"), &role_arn("ops"));
        fine.clone()
            .denied(Source::AWS_AUTH)
            .ask(ID)
            .is_not_evaluated();
        fine.denied(Source::ACCESS_ENTRIES)
            .ask(ID)
            .is_not_evaluated();
    }
}
