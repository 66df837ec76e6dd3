"""The roles of the clusters themselves, of their controllers and of AWS's services; the boundaries."""

from .base import ACCOUNT, REGION, iam_arn
from .iam import allow, deny, document, irsa, pod_identity, service
from .story import decoy, planted

GITHUB = "token.actions.githubusercontent.com"
SSO_PATH = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
SSO = {
    "admin": "AWSReservedSSO_AdministratorAccess_0a1b2c3d4e5f6071",
    "developer": "AWSReservedSSO_DeveloperAccess_1b2c3d4e5f607182",
    "qa": "AWSReservedSSO_QualityAccess_2c3d4e5f60718293",
}
LINKED = [
    ("AWSServiceRoleForAmazonEKS", "eks.amazonaws.com", "AmazonEKSServiceRolePolicy", "2026-11-23"),
    (
        "AWSServiceRoleForAmazonEKSNodegroup",
        "eks-nodegroup.amazonaws.com",
        "AWSServiceRoleForAmazonEKSNodegroup",
        "2026-11-23",
    ),
    ("AWSServiceRoleForAmazonEKSForFargate", "eks-fargate.amazonaws.com", "AmazonEKSForFargateServiceRolePolicy", None),
    ("AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com", "AutoScalingServiceRolePolicy", "2026-11-23"),
    (
        "AWSServiceRoleForElasticLoadBalancing",
        "elasticloadbalancing.amazonaws.com",
        "AWSElasticLoadBalancingServiceRolePolicy",
        "2026-11-22",
    ),
    ("AWSServiceRoleForSupport", "support.amazonaws.com", "AWSSupportServiceRolePolicy", None),
    ("AWSServiceRoleForTrustedAdvisor", "trustedadvisor.amazonaws.com", "AWSTrustedAdvisorServiceRolePolicy", None),
    ("AWSServiceRoleForSSO", "sso.amazonaws.com", "AWSSSOServiceRolePolicy", "2026-10-02"),
    (
        "AWSServiceRoleForAmazonInspector2",
        "inspector2.amazonaws.com",
        "AmazonInspector2ServiceRolePolicy",
        "2026-11-23",
    ),
]


def role_arn(name, path="/"):
    return iam_arn("role", name, path)


def add_all(account):
    boundary_and_policies(account)
    cluster_roles(account)
    controller_roles(account)
    service_linked(account)


def boundary_and_policies(a):
    a.policy(
        "acme-workload-boundary",
        "2025-02-03",
        (
            "2025-02-03",
            document(
                allow(
                    [
                        "s3:GetObject",
                        "s3:PutObject",
                        "s3:ListBucket",
                        "sqs:*",
                        "dynamodb:*",
                        "cloudwatch:PutMetricData",
                        "logs:*",
                    ],
                    sid="WorkloadsStayHere",
                )
            ),
        ),
    )
    a.policy(
        "acme-developer-boundary",
        "2025-02-03",
        ("2025-02-03", document(allow("*"), deny(["iam:*", "organizations:*", "account:*"], sid="NoIdentities"))),
    )
    load_balancer_policy(a)


def load_balancer_policy(a):
    a.policy(
        "load-balancer-controller",
        "2025-01-20",
        (
            "2025-01-20",
            document(
                allow(
                    "iam:CreateServiceLinkedRole",
                    "*",
                    {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
                ),
                allow(
                    [
                        "ec2:DescribeAvailabilityZones",
                        "ec2:DescribeInstances",
                        "ec2:DescribeSecurityGroups",
                        "ec2:DescribeSubnets",
                        "ec2:DescribeVpcs",
                        "elasticloadbalancing:DescribeListeners",
                        "elasticloadbalancing:DescribeLoadBalancers",
                        "elasticloadbalancing:DescribeTargetGroups",
                    ]
                ),
                allow(
                    [
                        "elasticloadbalancing:CreateListener",
                        "elasticloadbalancing:CreateLoadBalancer",
                        "elasticloadbalancing:CreateRule",
                        "elasticloadbalancing:CreateTargetGroup",
                    ],
                    "*",
                    {"Null": {"aws:RequestTag/elbv2.k8s.aws/cluster": "false"}},
                ),
                allow(
                    [
                        "elasticloadbalancing:DeleteLoadBalancer",
                        "elasticloadbalancing:ModifyLoadBalancerAttributes",
                        "elasticloadbalancing:RegisterTargets",
                        "elasticloadbalancing:DeregisterTargets",
                    ],
                    "*",
                    {"Null": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "false"}},
                ),
                allow(
                    ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
                    "*",
                    {"Null": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "false"}},
                    sid="OwnGroups",
                ),
                allow(["wafv2:AssociateWebACL", "wafv2:GetWebACL", "wafv2:GetWebACLForResource"], sid="Protect"),
            ),
        ),
    )
    own_volumes = {"StringEquals": {"aws:ResourceTag/ebs.csi.aws.com/cluster": "true"}}
    a.policy(
        "ebs-csi-own-volumes",
        "2025-10-06",
        (
            "2025-10-06",
            document(
                allow(
                    ["ec2:DescribeAvailabilityZones", "ec2:DescribeInstances", "ec2:DescribeTags", "ec2:DescribeVolumes"]
                ),
                allow(["ec2:AttachVolume", "ec2:DetachVolume"], "arn:aws:ec2:*:*:instance/*", sid="Nodes"),
                allow(
                    ["ec2:AttachVolume", "ec2:DetachVolume", "ec2:DeleteVolume", "ec2:ModifyVolume"],
                    "arn:aws:ec2:*:*:volume/*",
                    own_volumes,
                    sid="OwnVolumes",
                ),
                allow(
                    "ec2:CreateVolume",
                    "arn:aws:ec2:*:*:volume/*",
                    {"StringEquals": {"aws:RequestTag/ebs.csi.aws.com/cluster": "true"}},
                ),
            ),
        ),
    )


def cluster_roles(a):
    for cluster, day in (("prod", "2025-01-14"), ("staging", "2025-01-20")):
        a.role(
            "acme-%s-cluster" % cluster,
            service("eks.amazonaws.com"),
            day,
            "2026-11-23",
            ["AmazonEKSClusterPolicy"],
            tags=[("team", "platform")],
        )
    node = role_arn("acme-prod-node")
    a.role(
        "acme-prod-node",
        service("ec2.amazonaws.com"),
        "2025-01-14",
        "2026-11-23",
        [
            "AmazonEKSWorkerNodePolicy",
            "AmazonEC2ContainerRegistryPullOnly",
            "AmazonSSMManagedInstanceCore",
            "CloudWatchAgentServerPolicy",
        ],
        profile=True,
        tags=[("team", "platform")],
    )
    decoy(
        "node-role-excessive",
        node,
        "Session Manager and the CloudWatch agent are among the policies that AWS names for nodes; the CNI has a role of its own",
    )
    staging_nodes(a)


def staging_nodes(a):
    excessive = a.role(
        "acme-staging-node",
        service("ec2.amazonaws.com"),
        "2025-01-20",
        "2026-11-23",
        [
            "AmazonEKSWorkerNodePolicy",
            "AmazonEC2ContainerRegistryReadOnly",
            "AmazonEKS_CNI_Policy",
            "AmazonS3FullAccess",
        ],
        {
            "legacy-image-push": document(
                allow(
                    ["ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"],
                    "arn:aws:ecr:%s:%s:repository/*" % (REGION, ACCOUNT),
                )
            )
        },
        profile=True,
    )
    planted(
        "node-role-excessive",
        excessive,
        "AmazonS3FullAccess and an inline policy that pushes images: every pod that reaches the node's credentials may overwrite the images of production",
    )
    gpu = a.role(
        "acme-staging-node-gpu",
        service("ec2.amazonaws.com"),
        "2025-09-02",
        "2026-11-22",
        ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"],
        profile=True,
    )
    decoy(
        "node-role-excessive",
        gpu,
        "self-managed nodes that come in by aws-auth, with the three policies that a node needs",
    )
    a.role(
        "acme-prod-fargate",
        service("eks-fargate-pods.amazonaws.com"),
        "2025-03-11",
        "2026-11-23",
        ["AmazonEKSFargatePodExecutionRolePolicy"],
    )


def controller_roles(a):
    a.role("prod-vpc-cni", irsa("prod", "kube-system:aws-node"), "2025-01-14", "2026-11-23", ["AmazonEKS_CNI_Policy"])
    a.role("staging-vpc-cni", pod_identity(), "2025-01-20", "2026-11-23", ["AmazonEKS_CNI_Policy"])
    decoy(
        "role-attaches-any-volume",
        a.role("prod-ebs-csi", pod_identity(), "2025-01-14", "2026-11-23", ["ebs-csi-own-volumes"]),
        "attaches to any instance, but only the volumes with the driver's tag",
    )
    planted(
        "role-attaches-any-volume",
        a.role(
            "staging-ebs-csi",
            irsa("staging", "kube-system:ebs-csi-controller-sa"),
            "2025-01-20",
            "2026-11-22",
            ["AmazonEBSCSIDriverPolicy"],
        ),
        "AWS's policy for the driver asks for no tag: from one pod of staging every volume of the account, prod's databases too, is put into a node of staging and read there",
        "medium",
    )
    balancers = {}
    for cluster in ("prod", "staging"):
        balancers[cluster] = a.role(
            "%s-load-balancer-controller" % cluster,
            irsa(cluster, "kube-system:aws-load-balancer-controller"),
            "2025-01-20",
            "2026-11-23",
            ["load-balancer-controller"],
            {"as-installed": installed_balancer_policy()} if cluster == "staging" else {},
        )
    load_balancer_notes(balancers["prod"], balancers["staging"])
    decoy(
        "workload-role-escalates",
        role_arn("prod-load-balancer-controller"),
        "iam:CreateServiceLinkedRole on every resource, but its condition leaves one service, whose role gives nobody power",
    )
    scaling_and_names(a)


def installed_balancer_policy():
    """What the controller's own installation guide had given it, never narrowed."""
    return document(
        allow(
            ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress", "ec2:CreateSecurityGroup"],
            sid="SecurityGroups",
        ),
        allow(
            [
                "waf-regional:AssociateWebACL",
                "waf-regional:DisassociateWebACL",
                "wafv2:AssociateWebACL",
                "wafv2:DisassociateWebACL",
                "shield:CreateProtection",
                "shield:DeleteProtection",
            ],
            sid="WafAndShield",
        ),
    )


def load_balancer_notes(prod, staging):
    planted(
        "role-opens-security-groups",
        staging,
        "no condition says which: staging's controller may open the security group of prod's database to the world",
        "medium",
    )
    planted(
        "role-removes-edge-protection",
        staging,
        "staging's controller may take the web ACL off the shop's load balancer",
        "low",
    )
    decoy(
        "role-opens-security-groups",
        prod,
        "the same action on every resource, but only on groups with the controller's tag",
    )
    decoy("role-removes-edge-protection", prod, "may put a web ACL in front of any load balancer, and take none off")
    for cluster in ("prod", "staging"):
        for check in ("role-opens-security-groups", "role-attaches-any-volume"):
            decoy(
                check,
                role_arn("acme-%s-cluster" % cluster),
                "AWS's policy for control planes allows it on everything, and EKS alone may take the role",
            )


def scaling_and_names(a):
    scale = document(
        allow(
            [
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeTags",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "eks:DescribeNodegroup",
            ]
        ),
        allow(
            ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
            "*",
            {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/prod": "owned"}},
        ),
    )
    a.role(
        "prod-cluster-autoscaler",
        irsa("prod", "kube-system:cluster-autoscaler", audience="ForAnyValue:StringEquals"),
        "2025-01-22",
        "2026-11-23",
        inline={"scale": scale},
    )
    decoy(
        "irsa-trust-no-audience",
        role_arn("prod-cluster-autoscaler"),
        "the audience stands under ForAnyValue:StringEquals, which is a condition like another",
    )
    a.role(
        "prod-external-dns",
        irsa("prod", "kube-system:external-dns", audience="StringLike"),
        "2025-01-22",
        "2026-11-23",
        inline={
            "dns": document(
                allow("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0EXAMPLE0ACME"),
                allow(["route53:ListHostedZones", "route53:ListResourceRecordSets"]),
            )
        },
    )
    decoy(
        "irsa-trust-no-audience",
        role_arn("prod-external-dns"),
        "the audience stands under StringLike without a wildcard",
    )


def service_linked(a):
    for name, principal, policy, used in LINKED:
        path = "/aws-service-role/%s/" % principal
        arn = a.role(name, service(principal), "2025-01-08", used, [policy], path=path)
        if used is None:
            decoy("role-unused", arn, "service-linked: AWS made it and only AWS may use it")
