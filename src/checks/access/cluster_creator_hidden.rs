//! Whoever made the cluster is its admin and stands nowhere
//!
//! In the mode CONFIG_MAP the IAM principal that made the cluster is in `system:masters`. No list shows it, nobody can
//! take it away, and only the CreateCluster event in CloudTrail tells who it is: often a person's own role, or a pipeline
//! that has long had other owners.
//!
//! A cluster counts when its mode is CONFIG_MAP and it was not made without the admin
//! (`bootstrapClusterCreatorAdminPermissions` false). In the other modes the admin is an access entry that is seen and can
//! be deleted (EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries").
//!
//! Known false positives: none known; this is information.
//!
//! To fix it, look the maker up and guard that principal like the cluster, or change the mode to API_AND_CONFIG_MAP, which
//! cannot be taken back.

use crate::checks::check::{Answers, Check};
use crate::checks::finding::{Resource, Severity};
use crate::checks::remedy::quoted;
use crate::graph::{ClusterNode, Graph};
use crate::snapshot::coverage::Source;

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
        if node.cluster.eks.cluster.is_none() {
            continue;
        }
        answers.examined();
        if node.hides_its_creator() {
            report(node, answers);
        }
    }
}

fn report(node: &ClusterNode<'_>, answers: &mut Answers) {
    let name = quoted(&node.cluster.name);
    let region = match &node.cluster.region {
        Some(region) => format!(" --region {}", quoted(region)),
        None => String::new(),
    };
    answers
        .finding(Resource::of(node.id()), "")
        .title(format!("Whoever made {} is its admin, and no list shows who", node.key))
        .message(format!(
            "{} has the authentication mode CONFIG_MAP: the IAM principal that made it is in system:masters, stands neither in aws-auth nor in an access entry, and is named by CloudTrail alone.",
            node.key
        ))
        .fix(
            "Look up who made the cluster. If it is nobody who should be its admin, change the mode: then the admin is an access entry, which can be deleted. The mode cannot be changed back.",
            [
                format!("aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue={name}{region}"),
                format!("aws eks update-cluster-config --name {name} --access-config authenticationMode=API_AND_CONFIG_MAP{region}"),
            ],
        )
        .report();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::Estate;
    use serde_json::{Value, json};

    const ID: &str = "cluster-creator-hidden";

    fn estate(mode: &str, bootstrap: Value) -> Estate {
        let config = json!({"authenticationMode": mode, "bootstrapClusterCreatorAdminPermissions": bootstrap});
        Estate::new().eks(json!({"cluster": {"accessConfig": config}}))
    }

    #[test]
    fn the_maker_of_a_cluster_of_the_old_mode_is_named_as_unknown() {
        for bootstrap in [json!(true), Value::Null] {
            let asked = estate("CONFIG_MAP", bootstrap).ask(ID);
            asked.finds(&["arn:aws:eks:eu-west-1:111122223333:cluster/prod"]);
            assert!(
                asked.findings[0].message.contains("CloudTrail alone"),
                "{asked:#?}"
            );
        }
    }

    #[test]
    fn an_admin_that_is_seen_or_was_not_made_passes() {
        estate("API_AND_CONFIG_MAP", json!(true)).ask(ID).passes();
        estate("API", json!(true)).ask(ID).passes();
        estate("CONFIG_MAP", json!(false)).ask(ID).passes();
        estate("API", json!(true))
            .denied(Source::CLUSTER)
            .ask(ID)
            .is_not_evaluated();
    }
}
