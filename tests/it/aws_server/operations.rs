//! Every operation that the server knows, with every parameter. Another parameter is an error, so
//! that no test passes because something it asked for was not looked at.

use super::wire::{ApiError, Call};

const KNOWN: &[(&str, &str, &[&str])] = &[
    (
        "account",
        "ListRegions",
        &[
            "AccountId",
            "MaxResults",
            "NextToken",
            "RegionOptStatusContains",
        ],
    ),
    ("ec2", "DescribeInstances", &["MaxResults", "NextToken"]),
    (
        "ec2",
        "DescribeLaunchTemplateVersions",
        &[
            "LaunchTemplateId",
            "LaunchTemplateName",
            "LaunchTemplateVersion",
            "MaxResults",
            "NextToken",
        ],
    ),
    ("ec2", "DescribeRouteTables", &["MaxResults", "NextToken"]),
    (
        "ec2",
        "DescribeSecurityGroups",
        &["MaxResults", "NextToken"],
    ),
    ("ec2", "DescribeSubnets", &["MaxResults", "NextToken"]),
    (
        "ecr",
        "DescribeImageScanFindings",
        &[
            "imageId",
            "maxResults",
            "nextToken",
            "registryId",
            "repositoryName",
        ],
    ),
    (
        "ecr",
        "DescribeImages",
        &[
            "imageIds",
            "maxResults",
            "nextToken",
            "registryId",
            "repositoryName",
        ],
    ),
    (
        "ecr",
        "DescribeRepositories",
        &["maxResults", "nextToken", "registryId", "repositoryNames"],
    ),
    (
        "ecr",
        "GetLifecyclePolicy",
        &["registryId", "repositoryName"],
    ),
    ("ecr", "GetRegistryScanningConfiguration", &[]),
    (
        "ecr",
        "GetRepositoryPolicy",
        &["registryId", "repositoryName"],
    ),
    (
        "eks",
        "DescribeAccessEntry",
        &["clusterName", "principalArn"],
    ),
    ("eks", "DescribeAddon", &["addonName", "clusterName"]),
    ("eks", "DescribeCluster", &["clusterName"]),
    (
        "eks",
        "DescribeFargateProfile",
        &["clusterName", "fargateProfileName"],
    ),
    (
        "eks",
        "DescribeIdentityProviderConfig",
        &["clusterName", "identityProviderConfig"],
    ),
    (
        "eks",
        "DescribeNodegroup",
        &["clusterName", "nodegroupName"],
    ),
    (
        "eks",
        "DescribePodIdentityAssociation",
        &["associationId", "clusterName"],
    ),
    (
        "eks",
        "ListAccessEntries",
        &["clusterName", "maxResults", "nextToken"],
    ),
    (
        "eks",
        "ListAddons",
        &["clusterName", "maxResults", "nextToken"],
    ),
    (
        "eks",
        "ListAssociatedAccessPolicies",
        &["clusterName", "maxResults", "nextToken", "principalArn"],
    ),
    ("eks", "ListClusters", &["maxResults", "nextToken"]),
    (
        "eks",
        "ListFargateProfiles",
        &["clusterName", "maxResults", "nextToken"],
    ),
    (
        "eks",
        "ListIdentityProviderConfigs",
        &["clusterName", "maxResults", "nextToken"],
    ),
    (
        "eks",
        "ListNodegroups",
        &["clusterName", "maxResults", "nextToken"],
    ),
    (
        "eks",
        "ListPodIdentityAssociations",
        &["clusterName", "maxResults", "nextToken"],
    ),
    (
        "elasticloadbalancing",
        "DescribeListeners",
        &["LoadBalancerArn", "Marker", "PageSize"],
    ),
    (
        "elasticloadbalancing",
        "DescribeLoadBalancers",
        &["Marker", "PageSize"],
    ),
    ("iam", "GenerateCredentialReport", &[]),
    (
        "iam",
        "GetAccountAuthorizationDetails",
        &["Filter", "Marker", "MaxItems"],
    ),
    ("iam", "GetCredentialReport", &[]),
    (
        "iam",
        "GetOpenIDConnectProvider",
        &["OpenIDConnectProviderArn"],
    ),
    ("iam", "ListAccessKeys", &["Marker", "MaxItems", "UserName"]),
    ("iam", "ListOpenIDConnectProviders", &[]),
    ("kms", "DescribeKey", &["KeyId"]),
    ("kms", "GetKeyPolicy", &["KeyId", "PolicyName"]),
    ("kms", "GetKeyRotationStatus", &["KeyId"]),
    ("kms", "ListAliases", &["Limit", "Marker"]),
    ("kms", "ListGrants", &["KeyId", "Limit", "Marker"]),
    ("organizations", "DescribeOrganization", &[]),
    ("organizations", "DescribePolicy", &["PolicyId"]),
    (
        "organizations",
        "ListParents",
        &["ChildId", "MaxResults", "NextToken"],
    ),
    (
        "organizations",
        "ListPoliciesForTarget",
        &["Filter", "MaxResults", "NextToken", "TargetId"],
    ),
    ("secretsmanager", "DescribeSecret", &["SecretId"]),
    ("secretsmanager", "GetResourcePolicy", &["SecretId"]),
    (
        "secretsmanager",
        "ListSecretVersionIds",
        &["MaxResults", "NextToken", "SecretId"],
    ),
    (
        "secretsmanager",
        "ListSecrets",
        &["IncludePlannedDeletion", "MaxResults", "NextToken"],
    ),
    (
        "sts",
        "AssumeRole",
        &[
            "DurationSeconds",
            "ExternalId",
            "RoleArn",
            "RoleSessionName",
        ],
    ),
    ("sts", "GetCallerIdentity", &[]),
    ("apprunner", "DescribeService", &["ServiceArn"]),
    ("apprunner", "ListServices", &["MaxResults", "NextToken"]),
    (
        "bedrock-agentcore",
        "GetCodeInterpreter",
        &["codeInterpreterId"],
    ),
    (
        "bedrock-agentcore",
        "ListCodeInterpreters",
        &["maxResults", "nextToken", "type"],
    ),
    ("cloudformation", "DescribeStackSet", &["StackSetName"]),
    ("cloudformation", "DescribeStacks", &["NextToken"]),
    (
        "cloudformation",
        "ListStackSets",
        &["MaxResults", "NextToken", "Status"],
    ),
    ("codebuild", "BatchGetProjects", &["names"]),
    ("codebuild", "ListProjects", &["nextToken"]),
    ("ecs", "ListClusters", &["maxResults", "nextToken"]),
    (
        "ecs",
        "ListContainerInstances",
        &["cluster", "maxResults", "nextToken"],
    ),
    ("glue", "GetDevEndpoints", &["MaxResults", "NextToken"]),
    ("glue", "GetJobs", &["MaxResults", "NextToken"]),
    ("lambda", "ListFunctions", &["Marker", "MaxItems"]),
    (
        "sagemaker",
        "DescribeNotebookInstance",
        &["NotebookInstanceName"],
    ),
    (
        "sagemaker",
        "ListNotebookInstances",
        &["MaxResults", "NextToken"],
    ),
    (
        "ssm",
        "DescribeInstanceInformation",
        &["MaxResults", "NextToken"],
    ),
    ("ssm", "DescribeParameters", &["MaxResults", "NextToken"]),
];

/// The parameters of an operation; `None` where the server does not know it.
pub fn parameters(service: &str, operation: &str) -> Option<&'static [&'static str]> {
    KNOWN
        .iter()
        .find(|known| (known.0, known.1) == (service, operation))
        .map(|known| known.2)
}

/// Holds a call's parameters against those that are known.
pub fn hold(call: &Call) -> Result<(), ApiError> {
    let known = parameters(&call.service, &call.operation).unwrap_or_default();
    match call
        .parameters
        .keys()
        .find(|name| !known.contains(&name.as_str()))
    {
        None => Ok(()),
        Some(name) => Err(ApiError::new(
            400,
            "ValidationException",
            format!(
                "the tests' server does not know the parameter {name} of {}",
                call.operation
            ),
        )),
    }
}
