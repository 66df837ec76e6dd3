//! The metadata services of a cluster's nodes, closed to pods.
//!
//! Amazon EKS best practices, "Identity and Access Management" ("Restrict access to the instance profile assigned to the
//! worker node"): IMDSv2 required, with hop limit 1. What shares the node's network reaches it all the same.

use std::collections::BTreeSet;

use serde_json::json;

use crate::checks::remedy::quoted;
use crate::graph::Graph;
use crate::snapshot::ec2::{Instance, LaunchTemplateVersion, MetadataOptions};
use crate::snapshot::{Cluster, Region, Snapshot};

use super::edit::{Edit, region};

/// Sets the options of all nodes and launch templates whose options were seen.
pub(super) fn close(graph: &Graph<'_>, cluster: &str, changed: &mut Snapshot) {
    let Some(cluster) = graph.snapshot.clusters.get(cluster) else {
        return;
    };
    let account = cluster.account.as_ref();
    let account = account.and_then(|id| changed.accounts.get_mut(id));
    let region = cluster.region.as_ref();
    let Some(region) = account
        .zip(region)
        .and_then(|(account, name)| account.regions.get_mut(name))
    else {
        return;
    };
    let nodes = nodes(cluster);
    for one in &mut region.ec2.instances {
        let options = one.metadata_options.as_mut();
        if let Some(options) = options.filter(|_| nodes.contains(one.instance_id.as_str())) {
            set(options);
        }
    }
    for one in &mut region.ec2.launch_template_versions {
        let is_used = is_used(cluster, one);
        let options = one.launch_template_data.metadata_options.as_mut();
        if let Some(options) = options.filter(|_| is_used) {
            set(options);
        }
    }
}

fn set(options: &mut MetadataOptions) {
    options.http_tokens = Some("required".to_owned());
    options.http_put_response_hop_limit = Some(1);
}

/// The ids of the instances that are nodes.
fn nodes(cluster: &Cluster) -> BTreeSet<&str> {
    let nodes = cluster.kubernetes.nodes.iter();
    nodes.filter_map(|node| node.spec.instance_id()).collect()
}

fn is_used(cluster: &Cluster, version: &LaunchTemplateVersion) -> bool {
    let mut groups = cluster.eks.nodegroups.iter();
    groups.any(|group| {
        group
            .launch_template
            .as_ref()
            .is_some_and(|used| used.is(version))
    })
}

fn is_open(options: Option<&MetadataOptions>) -> bool {
    options.is_some_and(|options| {
        options.http_tokens.as_deref() != Some("required")
            || options.http_put_response_hop_limit != Some(1)
    })
}

/// The edit: the options of each node, and a new version of each launch template.
pub(super) fn edit(graph: &Graph<'_>, cluster: &str) -> Edit {
    let Some(cluster) = graph.snapshot.clusters.get(cluster) else {
        return Edit::default();
    };
    let account = cluster.account.as_ref();
    let account = account.and_then(|id| graph.snapshot.accounts.get(id));
    let found: Option<&Region> = account
        .zip(cluster.region.as_ref())
        .and_then(|(account, name)| account.regions.get(name));
    let nodes = nodes(cluster);
    let instances = found.into_iter().flat_map(|region| &region.ec2.instances);
    let instances = instances.filter(|one| {
        nodes.contains(one.instance_id.as_str()) && is_open(one.metadata_options.as_ref())
    });
    let mut commands: Vec<String> = instances.map(|one| of_instance(one, cluster)).collect();
    let mut by_hand = Vec::new();
    let templates = found
        .into_iter()
        .flat_map(|region| &region.ec2.launch_template_versions);
    for one in templates.filter(|one| is_used(cluster, one)) {
        if is_open(one.launch_template_data.metadata_options.as_ref()) {
            commands.push(of_template(one, cluster));
            let name = one.launch_template_name.as_ref();
            let name = name.unwrap_or(&one.launch_template_id);
            by_hand.push(format!(
                "have the node groups of launch template {name} use its new version, so that new nodes have it too"
            ));
        }
    }
    Edit {
        title: format!(
            "require IMDSv2 with hop limit 1 on the nodes of {}",
            cluster.name
        ),
        taken: None,
        by_hand,
        commands,
    }
}

fn of_instance(instance: &Instance, cluster: &Cluster) -> String {
    format!(
        "aws ec2 modify-instance-metadata-options --instance-id {} --http-tokens required \
         --http-put-response-hop-limit 1{}",
        quoted(&instance.instance_id),
        region(cluster)
    )
}

fn of_template(version: &LaunchTemplateVersion, cluster: &Cluster) -> String {
    let data = json!({"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}});
    format!(
        "aws ec2 create-launch-template-version --launch-template-id {} --source-version {} --launch-template-data {}{}",
        quoted(&version.launch_template_id),
        version.version_number,
        quoted(&data.to_string()),
        region(cluster)
    )
}
