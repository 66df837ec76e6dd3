"""The AWS managed policies that Acme attaches: documents shortened to what an audit of this account asks about.

`AdministratorAccess`, the EKS node, CNI, cluster and Fargate policies and `AmazonEC2ContainerRegistryPullOnly` are
whole in effect; the long read-only ones keep a few services.
"""

from .linked_policies import LINKED
from .policy import allow

EC2_READ = [
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVolumes",
    "ec2:DescribeVolumesModifications",
    "ec2:DescribeVpcs",
]
ECR_PULL = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
]

# name: (path, default version, created, statements)
MANAGED = {
    "AdministratorAccess": ("/", "v1", "2015-02-06", [allow("*")]),
    "PowerUserAccess": (
        "/",
        "v6",
        "2015-02-06",
        [
            {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
            allow(
                [
                    "account:GetAccountInformation",
                    "account:ListRegions",
                    "iam:CreateServiceLinkedRole",
                    "iam:DeleteServiceLinkedRole",
                    "iam:ListRoles",
                    "organizations:DescribeOrganization",
                ]
            ),
        ],
    ),
    "ReadOnlyAccess": (
        "/",
        "v154",
        "2015-02-06",
        [
            allow(
                [
                    "cloudwatch:Describe*",
                    "cloudwatch:Get*",
                    "cloudwatch:List*",
                    "ec2:Describe*",
                    "ecr:BatchGet*",
                    "ecr:Describe*",
                    "ecr:List*",
                    "eks:Describe*",
                    "eks:List*",
                    "elasticloadbalancing:Describe*",
                    "iam:Get*",
                    "iam:List*",
                    "logs:Describe*",
                    "rds:Describe*",
                    "s3:GetBucket*",
                    "s3:List*",
                    "secretsmanager:Describe*",
                    "secretsmanager:List*",
                    "sqs:List*",
                ]
            )
        ],
    ),
    "SecurityAudit": (
        "/",
        "v88",
        "2015-02-06",
        [
            allow(
                [
                    "ec2:Describe*",
                    "ecr:Describe*",
                    "eks:Describe*",
                    "eks:List*",
                    "iam:Generate*",
                    "iam:Get*",
                    "iam:List*",
                    "kms:Describe*",
                    "kms:List*",
                    "s3:GetBucket*",
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetResourcePolicy",
                    "secretsmanager:ListSecrets",
                ]
            )
        ],
    ),
    "IAMUserChangePassword": (
        "/",
        "v2",
        "2016-11-15",
        [allow("iam:ChangePassword", ["arn:aws:iam::*:user/${aws:username}"]), allow("iam:GetAccountPasswordPolicy")],
    ),
    "AmazonS3FullAccess": ("/", "v2", "2015-02-06", [allow(["s3:*", "s3-object-lambda:*"])]),
    "AmazonS3ReadOnlyAccess": (
        "/",
        "v3",
        "2015-02-06",
        [allow(["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"])],
    ),
    "AmazonEKSClusterPolicy": (
        "/",
        "v7",
        "2018-05-27",
        [
            allow(
                [
                    "autoscaling:DescribeAutoScalingGroups",
                    "autoscaling:UpdateAutoScalingGroup",
                    "ec2:AttachVolume",
                    "ec2:AuthorizeSecurityGroupIngress",
                    "ec2:CreateRoute",
                    "ec2:CreateSecurityGroup",
                    "ec2:CreateTags",
                    "ec2:CreateVolume",
                    "ec2:DeleteRoute",
                    "ec2:DeleteSecurityGroup",
                    "ec2:DeleteVolume",
                    "ec2:DescribeInstances",
                    "ec2:DescribeRouteTables",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVolumes",
                    "ec2:DescribeVpcs",
                    "ec2:DetachVolume",
                    "ec2:ModifyInstanceAttribute",
                    "ec2:ModifyVolume",
                    "ec2:RevokeSecurityGroupIngress",
                    "elasticloadbalancing:CreateListener",
                    "elasticloadbalancing:CreateLoadBalancer",
                    "elasticloadbalancing:CreateTargetGroup",
                    "elasticloadbalancing:DeleteLoadBalancer",
                    "elasticloadbalancing:DescribeLoadBalancers",
                    "elasticloadbalancing:RegisterTargets",
                    "kms:DescribeKey",
                ]
            ),
            allow(
                "iam:CreateServiceLinkedRole",
                "*",
                Condition={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
            ),
        ],
    ),
    "AmazonEKSWorkerNodePolicy": (
        "/",
        "v3",
        "2018-05-27",
        [
            {
                "Sid": "WorkerNodePermissions",
                **allow(EC2_READ + ["eks:DescribeCluster", "eks-auth:AssumeRoleForPodIdentity"]),
            }
        ],
    ),
    "AmazonEKSWorkerNodeMinimalPolicy": ("/", "v1", "2024-10-03", [allow(["eks-auth:AssumeRoleForPodIdentity"])]),
    "AmazonEKS_CNI_Policy": (
        "/",
        "v5",
        "2018-05-27",
        [
            {
                "Sid": "AmazonEKSCNIPolicy",
                **allow(
                    [
                        "ec2:AssignPrivateIpAddresses",
                        "ec2:AttachNetworkInterface",
                        "ec2:CreateNetworkInterface",
                        "ec2:DeleteNetworkInterface",
                        "ec2:DescribeInstances",
                        "ec2:DescribeTags",
                        "ec2:DescribeNetworkInterfaces",
                        "ec2:DescribeInstanceTypes",
                        "ec2:DescribeSubnets",
                        "ec2:DetachNetworkInterface",
                        "ec2:ModifyNetworkInterfaceAttribute",
                        "ec2:UnassignPrivateIpAddresses",
                    ]
                ),
            },
            {"Sid": "AmazonEKSCNIPolicyENITag", **allow("ec2:CreateTags", ["arn:aws:ec2:*:*:network-interface/*"])},
        ],
    ),
    "AmazonEC2ContainerRegistryReadOnly": (
        "/",
        "v3",
        "2015-12-21",
        [
            allow(
                ECR_PULL
                + [
                    "ecr:GetRepositoryPolicy",
                    "ecr:DescribeRepositories",
                    "ecr:ListImages",
                    "ecr:DescribeImages",
                    "ecr:GetLifecyclePolicy",
                    "ecr:GetLifecyclePolicyPreview",
                    "ecr:ListTagsForResource",
                    "ecr:DescribeImageScanFindings",
                ]
            )
        ],
    ),
    "AmazonEC2ContainerRegistryPullOnly": (
        "/",
        "v1",
        "2024-10-10",
        [allow(ECR_PULL + ["ecr:BatchImportUpstreamImage"])],
    ),
    "AmazonSSMManagedInstanceCore": (
        "/",
        "v2",
        "2019-03-15",
        [
            allow(
                [
                    "ssm:DescribeAssociation",
                    "ssm:GetDeployablePatchSnapshotForInstance",
                    "ssm:GetDocument",
                    "ssm:DescribeDocument",
                    "ssm:GetManifest",
                    "ssm:GetParameter",
                    "ssm:GetParameters",
                    "ssm:ListAssociations",
                    "ssm:ListInstanceAssociations",
                    "ssm:PutInventory",
                    "ssm:PutComplianceItems",
                    "ssm:UpdateInstanceInformation",
                ]
            ),
            allow(
                [
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ]
            ),
            allow(
                [
                    "ec2messages:AcknowledgeMessage",
                    "ec2messages:GetEndpoint",
                    "ec2messages:GetMessages",
                    "ec2messages:SendReply",
                ]
            ),
        ],
    ),
    "CloudWatchAgentServerPolicy": (
        "/",
        "v3",
        "2018-03-07",
        [
            {
                "Sid": "CWACloudWatchServerPermissions",
                **allow(
                    [
                        "cloudwatch:PutMetricData",
                        "ec2:DescribeVolumes",
                        "ec2:DescribeTags",
                        "logs:PutLogEvents",
                        "logs:PutRetentionPolicy",
                        "logs:DescribeLogStreams",
                        "logs:DescribeLogGroups",
                        "logs:CreateLogStream",
                        "logs:CreateLogGroup",
                    ]
                ),
            },
            {
                "Sid": "CWASSMServerPermissions",
                **allow("ssm:GetParameter", "arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*"),
            },
        ],
    ),
    "AmazonEKSFargatePodExecutionRolePolicy": ("/", "v1", "2019-11-22", [allow(ECR_PULL)]),
    "AmazonEBSCSIDriverPolicy": (
        "/service-role/",
        "v3",
        "2022-04-04",
        [
            allow(
                [
                    "ec2:DescribeAvailabilityZones",
                    "ec2:DescribeInstances",
                    "ec2:DescribeSnapshots",
                    "ec2:DescribeTags",
                    "ec2:DescribeVolumes",
                    "ec2:DescribeVolumesModifications",
                ]
            ),
            allow(["ec2:CreateSnapshot", "ec2:ModifyVolume"], "arn:aws:ec2:*:*:volume/*"),
            allow(["ec2:AttachVolume", "ec2:DetachVolume"], ["arn:aws:ec2:*:*:volume/*", "arn:aws:ec2:*:*:instance/*"]),
            allow(
                "ec2:CreateVolume",
                "arn:aws:ec2:*:*:volume/*",
                Condition={"StringLike": {"aws:RequestTag/ebs.csi.aws.com/cluster": "true"}},
            ),
            allow(
                "ec2:DeleteVolume",
                "arn:aws:ec2:*:*:volume/*",
                Condition={"StringLike": {"ec2:ResourceTag/ebs.csi.aws.com/cluster": "true"}},
            ),
        ],
    ),
    "AWSLambdaBasicExecutionRole": (
        "/service-role/",
        "v1",
        "2015-04-09",
        [allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])],
    ),
    "AWSGlueServiceRole": (
        "/service-role/",
        "v3",
        "2015-08-13",
        [
            allow(
                [
                    "glue:*",
                    "s3:GetBucketLocation",
                    "s3:ListBucket",
                    "s3:ListAllMyBuckets",
                    "s3:GetBucketAcl",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeSecurityGroups",
                    "iam:ListRolePolicies",
                    "iam:GetRole",
                    "iam:GetRolePolicy",
                    "cloudwatch:PutMetricData",
                ]
            )
        ],
    ),
    **LINKED,
}


def arn(name):
    return "arn:aws:iam::aws:policy%s%s" % (MANAGED[name][0], name)
