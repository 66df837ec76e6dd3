//! The access policies of which AWS publishes in words, or not at all, what they grant.
//!
//! From the EKS User Guide, "Review access policy permissions" and "Security considerations for EKS Capabilities", the
//! names that `aws eks list-access-policies` prints in the AWS CLI Command Reference, and the AWS Backup Developer
//! Guide; as of the day of `PAGE_DATE`.

/// Name, and what it is for.
pub(super) const DESCRIBED: &[(&str, &str)] = &[
    (
        "AWSBackupFullAccessPolicyForBackup",
        "AWS Backup copies the objects of the cluster",
    ),
    (
        "AWSBackupFullAccessPolicyForRestore",
        "AWS Backup writes objects back into the cluster",
    ),
    (
        "AmazonAIOpsAssistantPolicy",
        "CloudWatch investigations look into the cluster",
    ),
    (
        "AmazonARCRegionSwitchScalingPolicy",
        "Application Recovery Controller scales workloads",
    ),
    (
        "AmazonEKSACKPolicy",
        "the capability ACK manages its custom resources in all namespaces",
    ),
    (
        "AmazonEKSArgoCDClusterPolicy",
        "the capability Argo CD discovers resources and manages cluster-scoped objects",
    ),
    (
        "AmazonEKSArgoCDPolicy",
        "the capability Argo CD manages its Applications",
    ),
    (
        "AmazonEKSAutoNodePolicy",
        "the components of an Auto Mode node: kube-proxy, ipamd, coredns, the EBS CSI driver, neuron, the node monitoring agent",
    ),
    (
        "AmazonEKSBlockStorageClusterPolicy",
        "Auto Mode's block storage manages volumes, their attachments and snapshots",
    ),
    (
        "AmazonEKSBlockStoragePolicy",
        "Auto Mode's block storage elects its leader by its own leases",
    ),
    (
        "AmazonEKSClusterInsightsPolicy",
        "Cluster Insights read nodes and kube-proxy's DaemonSet",
    ),
    (
        "AmazonEKSComputeClusterPolicy",
        "Auto Mode's compute manages nodes, NodePools and NodeClaims, and evicts pods",
    ),
    (
        "AmazonEKSComputePolicy",
        "Auto Mode's compute elects its leader by its own leases",
    ),
    (
        "AmazonEKSKROPolicy",
        "the capability kro manages ResourceGraphDefinitions and their instances",
    ),
    (
        "AmazonEKSLoadBalancingClusterPolicy",
        "Auto Mode's load balancing manages services, ingresses and its own webhook",
    ),
    (
        "AmazonEKSLoadBalancingPolicy",
        "Auto Mode's load balancing elects its leader by its own leases",
    ),
    (
        "AmazonEKSNetworkingClusterPolicy",
        "Auto Mode's networking manages CNINodes",
    ),
    (
        "AmazonEKSNetworkingPolicy",
        "Auto Mode's networking elects its leader by its own leases",
    ),
    (
        "AmazonEKSPodIdentityPolicy",
        "EKS Pod Identity looks after its associations",
    ),
    (
        "AmazonEKSSecretAdminPolicy",
        "managing Secrets, as its name has it",
    ),
    ("AmazonEMRJobPolicy", "Amazon EMR on EKS runs its jobs"),
    (
        "AmazonSagemakerHyperpodClusterPolicy",
        "SageMaker HyperPod manages its nodes",
    ),
    (
        "AmazonSagemakerHyperpodControllerPolicy",
        "SageMaker HyperPod's controllers",
    ),
    (
        "AmazonSagemakerHyperpodInferenceMonitoringPolicy",
        "SageMaker HyperPod watches its inference endpoints",
    ),
    (
        "AmazonSagemakerHyperpodSystemNamespacePolicy",
        "SageMaker HyperPod works in its own namespace",
    ),
];
