"""The managed policies of service-linked roles, shortened."""

from .policy import allow

# name: (path, default version, created, statements)
LINKED = {
    "AmazonEKSServiceRolePolicy": (
        "/aws-service-role/",
        "v14",
        "2020-02-21",
        [
            allow(
                [
                    "ec2:CreateNetworkInterface",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DescribeInstances",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSubnets",
                    "eks:UpdateClusterVersion",
                    "route53:AssociateVPCWithHostedZone",
                ]
            )
        ],
    ),
    "AWSServiceRoleForAmazonEKSNodegroup": (
        "/aws-service-role/",
        "v9",
        "2019-11-07",
        [
            allow(
                [
                    "autoscaling:CreateAutoScalingGroup",
                    "autoscaling:UpdateAutoScalingGroup",
                    "ec2:CreateLaunchTemplate",
                    "ec2:RunInstances",
                    "ec2:TerminateInstances",
                    "ec2:DescribeInstances",
                ]
            ),
            allow(
                "iam:PassRole", "*", Condition={"StringEqualsIfExists": {"iam:PassedToService": ["ec2.amazonaws.com"]}}
            ),
        ],
    ),
    "AmazonEKSForFargateServiceRolePolicy": (
        "/aws-service-role/",
        "v1",
        "2023-11-09",
        [
            allow(
                ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeSubnets", "ec2:DescribeVpcs"]
            )
        ],
    ),
    "AutoScalingServiceRolePolicy": (
        "/aws-service-role/",
        "v8",
        "2018-01-08",
        [
            allow(
                [
                    "ec2:RunInstances",
                    "ec2:TerminateInstances",
                    "ec2:DescribeInstances",
                    "elasticloadbalancing:RegisterTargets",
                ]
            )
        ],
    ),
    "AWSElasticLoadBalancingServiceRolePolicy": (
        "/aws-service-role/",
        "v7",
        "2017-09-19",
        [
            allow(
                ["ec2:DescribeAddresses", "ec2:DescribeInstances", "ec2:DescribeSubnets", "ec2:CreateNetworkInterface"]
            )
        ],
    ),
    "AWSSupportServiceRolePolicy": (
        "/aws-service-role/",
        "v41",
        "2018-04-19",
        [allow(["ec2:Describe*", "eks:Describe*", "iam:Get*", "iam:List*", "s3:GetBucketLocation"])],
    ),
    "AWSTrustedAdvisorServiceRolePolicy": (
        "/aws-service-role/",
        "v14",
        "2018-02-22",
        [allow(["ec2:Describe*", "iam:GetAccountSummary", "rds:Describe*"])],
    ),
    "AWSSSOServiceRolePolicy": (
        "/aws-service-role/",
        "v18",
        "2017-12-05",
        [
            allow(
                ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"],
                ["arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*"],
            )
        ],
    ),
    "AmazonInspector2ServiceRolePolicy": (
        "/aws-service-role/",
        "v15",
        "2021-11-16",
        [
            allow(
                [
                    "ec2:DescribeInstances",
                    "ecr:DescribeImages",
                    "ecr:DescribeRepositories",
                    "ecr:PutRegistryScanningConfiguration",
                    "lambda:ListFunctions",
                ]
            )
        ],
    ),
}
