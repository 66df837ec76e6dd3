//! The ConfigMap aws-auth: whoever writes it maps an IAM principal to `system:masters`.
//!
//! EKS Best Practices Guide, "Identity and Access Management"; EKS User Guide, "Change authentication mode to
//! use access entries": a cluster whose mode is API does not read it.

use crate::rbac::Name;
use crate::snapshot::coverage::Source;

use super::build::{Build, Taken};
use super::edge::At;
use super::method::{Ask, Family, Gives, Method};
use super::node::Node;

const NAMESPACE: &str = "kube-system";
const NAME: &str = "aws-auth";

pub(super) const METHODS: &[Method] = &[Method {
    id: "aws-auth",
    family: Family::AwsAuth,
    asks: &[Ask::namespaced(
        &["create", "patch", "update"],
        &[("", &["configmaps"])],
    )],
    gives: Gives::ClusterAdmin,
    does: "maps an IAM principal to system:masters in {at}",
    source: "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
    derive,
}];

fn derive(build: &mut Build<'_>, method: &'static Method) {
    let node = build.place.node;
    if !node.access.by_aws_auth {
        return;
    }
    let objects = &node.cluster.kubernetes;
    let is_there = objects
        .config_maps
        .iter()
        .any(|map| map.metadata.name == NAME && map.metadata.namespace() == NAMESPACE);
    let is_seen = is_there || build.place.saw(Source::AWS_AUTH);
    let mode = node
        .cluster
        .eks
        .cluster
        .as_ref()
        .and_then(|cluster| cluster.access_config.as_ref());
    let mode_known = mode.is_some_and(|config| config.authentication_mode.is_some());
    for (at, held) in build.holders(method) {
        let creates = held.permission.verb == "create";
        let does = match creates {
            // One that is there cannot be created again.
            true => !is_there && held.covers(Name::Every),
            false => held.covers(Name::Exact(NAME)) && (is_there || !is_seen),
        };
        if !does || !held.reaches(NAMESPACE) {
            continue;
        }
        let open = match (mode_known, is_seen) {
            (false, _) => Some("if the cluster reads it: its authentication mode was not read"),
            (true, false) => Some("if it is there, which was not read"),
            (true, true) => None,
        };
        // Whether it is there or not, who creates and updates gets there.
        let open = open.map(str::to_owned);
        let taken = Taken::by(held)
            .at(At::Text(format!("the ConfigMap {NAMESPACE}/{NAME}")))
            .open(open);
        build.by_method(at, method, taken, Node::Cluster);
    }
}
