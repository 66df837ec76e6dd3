//! The access policies of which AWS publishes in words, or not at all, what they grant.
//!
//! From the EKS User Guide, "Review access policy permissions" and "Security considerations for EKS Capabilities", the
//! names that `aws eks list-access-policies` prints in the AWS CLI Command Reference, and the AWS Backup Developer
//! Guide; as of the day of `PAGE_DATE`.

/// Name, what it is for, and whether that leaves open that it reads the Secrets of every namespace.
pub(super) const DESCRIBED: &[(&str, &str, bool)] = &[
    (
        "AWSBackupFullAccessPolicyForBackup",
        "AWS Backup copies the objects of the cluster",
        true,
    ),
    (
        "AWSBackupFullAccessPolicyForRestore",
        "AWS Backup writes objects back into the cluster",
        true,
    ),
    (
        "AmazonAIOpsAssistantPolicy",
        "CloudWatch investigations look into the cluster",
        true,
    ),
    (
        "AmazonARCRegionSwitchScalingPolicy",
        "Application Recovery Controller scales workloads",
        false,
    ),
    (
        "AmazonEKSACKPolicy",
        "the capability ACK manages its custom resources in all namespaces",
        false,
    ),
    (
        "AmazonEKSArgoCDClusterPolicy",
        "the capability Argo CD discovers resources and manages cluster-scoped objects",
        true,
    ),
    (
        "AmazonEKSArgoCDPolicy",
        "the capability Argo CD manages its Applications",
        true,
    ),
    (
        "AmazonEKSAutoNodePolicy",
        "the components of an Auto Mode node: kube-proxy, ipamd, coredns, the EBS CSI driver, neuron, the node monitoring agent",
        false,
    ),
    (
        "AmazonEKSBlockStorageClusterPolicy",
        "Auto Mode's block storage manages volumes, their attachments and snapshots",
        false,
    ),
    (
        "AmazonEKSBlockStoragePolicy",
        "Auto Mode's block storage elects its leader by its own leases",
        false,
    ),
    (
        "AmazonEKSClusterInsightsPolicy",
        "Cluster Insights read nodes and kube-proxy's DaemonSet",
        false,
    ),
    (
        "AmazonEKSComputeClusterPolicy",
        "Auto Mode's compute manages nodes, NodePools and NodeClaims, and evicts pods",
        false,
    ),
    (
        "AmazonEKSComputePolicy",
        "Auto Mode's compute elects its leader by its own leases",
        false,
    ),
    (
        "AmazonEKSEventPolicy",
        "EKS watches the events of the cluster",
        false,
    ),
    (
        "AmazonEKSKROPolicy",
        "the capability kro manages ResourceGraphDefinitions and their instances",
        false,
    ),
    (
        "AmazonEKSLoadBalancingClusterPolicy",
        "Auto Mode's load balancing manages services, ingresses and its own webhook",
        false,
    ),
    (
        "AmazonEKSLoadBalancingPolicy",
        "Auto Mode's load balancing elects its leader by its own leases",
        false,
    ),
    (
        "AmazonEKSNetworkingClusterPolicy",
        "Auto Mode's networking manages CNINodes",
        false,
    ),
    (
        "AmazonEKSNetworkingPolicy",
        "Auto Mode's networking elects its leader by its own leases",
        false,
    ),
    (
        "AmazonEKSPodIdentityPolicy",
        "EKS Pod Identity looks after its associations",
        false,
    ),
    (
        "AmazonEKSSecretAdminPolicy",
        "managing Secrets, as its name has it",
        true,
    ),
    (
        "AmazonEMRJobPolicy",
        "Amazon EMR on EKS runs its jobs",
        true,
    ),
    (
        "AmazonSagemakerHyperpodClusterPolicy",
        "SageMaker HyperPod manages its nodes",
        true,
    ),
    (
        "AmazonSagemakerHyperpodControllerPolicy",
        "SageMaker HyperPod's controllers",
        true,
    ),
    (
        "AmazonSagemakerHyperpodInferenceMonitoringPolicy",
        "SageMaker HyperPod watches its inference endpoints",
        true,
    ),
    (
        "AmazonSagemakerHyperpodSystemNamespacePolicy",
        "SageMaker HyperPod works in its own namespace",
        true,
    ),
];
