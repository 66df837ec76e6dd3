//! Methods of EKS, which the published lists lack.

use super::Gives::{Cluster, PassedRole, There};
use super::Prerequisite::{Said, Thing as Is};
use super::Target::GivenRole;
use super::{Method, Thing, method, need, on, pass};

const PODS: &str = "pods.eks.amazonaws.com";
const ENTRIES: &str = "https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html";

/// They are these.
#[rustfmt::skip]
pub(super) const METHODS: &[Method] = &[
    // Into clusters.
    method!("eks-access-entry", "make itself administrator of a cluster", Cluster,
        [on("eks:CreateAccessEntry", "eks", "cluster/*"), on("eks:AssociateAccessPolicy", "eks", "access-entry/*")], [],
        [], ENTRIES),
    method!("eks-access-entry-mode", "make itself administrator of a cluster that took no access entries", There("the cluster"),
        [on("eks:UpdateClusterConfig", "eks", "cluster/*"), on("eks:CreateAccessEntry", "eks", "cluster/*"),
            on("eks:AssociateAccessPolicy", "eks", "access-entry/*")], [Is(Thing::ConfigMapCluster)],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/setting-up-access-entries.html"),
    method!("eks-access-entry-names", "make itself an access entry with a user name or groups of its choice", There("the user or group of the cluster"),
        [on("eks:CreateAccessEntry", "eks", "cluster/*")], [Is(Thing::PowerfulGroup)],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html"),
    method!("eks-access-policy", "give an access entry that is there a better access policy", There("the cluster"),
        [on("eks:AssociateAccessPolicy", "eks", "access-entry/*")], [Is(Thing::AccessEntry)],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html"),
    method!("eks-access-entry-update", "give an access entry that is there another user name or groups", There("the user or group of the cluster"),
        [on("eks:UpdateAccessEntry", "eks", "access-entry/*")], [Is(Thing::AccessEntry), Is(Thing::PowerfulGroup)],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/updating-access-entries.html"),
    // Roles for pods and nodes.
    method!("pass-role-pod-identity", "give a pod's service account a role", PassedRole,
        [pass(PODS), on("eks:CreatePodIdentityAssociation", "eks", "cluster/*")], [],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html"),
    method!("pass-role-pod-identity-update", "give the pods of an association another role", PassedRole,
        [pass(PODS), on("eks:UpdatePodIdentityAssociation", "eks", "podidentityassociation/*")], [],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-update.html"),
    method!("pass-role-addon", "install an add-on with a role", PassedRole,
        [pass(PODS), on("eks:CreateAddon", "eks", "cluster/*")], [Said("only if it comes into the pods of the add-on")],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/add-ons-iam.html"),
    method!("pass-role-addon-update", "give an add-on another role", PassedRole,
        [pass(PODS), on("eks:UpdateAddon", "eks", "addon/*")], [Is(Thing::Addon), Said("only if it comes into the pods of the add-on")],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/add-ons-iam.html"),
    method!("pass-role-nodegroup", "start nodes with a role", PassedRole,
        [need("iam:PassRole", GivenRole("ec2.amazonaws.com")), on("eks:CreateNodegroup", "eks", "cluster/*")],
        [Said("only if it comes onto the nodes: by an SSH key or a launch template of its own, or a pod")],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/create-managed-node-group.html"),
    method!("pass-role-fargate-profile", "run pods on Fargate with a pod execution role", PassedRole,
        [need("iam:PassRole", GivenRole("eks-fargate-pods.amazonaws.com")), on("eks:CreateFargateProfile", "eks", "cluster/*")],
        [Said("only if it gets at the pod execution role, which Fargate keeps from pods")],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/pod-execution-role.html"),
    method!("nodegroup-launch-template", "start the nodes of a group with a script of its own", There("the nodes of the group"),
        [on("ec2:CreateLaunchTemplateVersion", "ec2", "launch-template/*"), on("eks:UpdateNodegroupVersion", "eks", "nodegroup/*")], [Is(Thing::NodeGroup)],
        [], "https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html"),
];
