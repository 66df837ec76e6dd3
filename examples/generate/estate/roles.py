"""Acme's roles: what runs the clusters, who comes in, and what is neither."""

from .base import ACCOUNT, OIDC, REGION, SHARED_ACCOUNT, iam_arn, issuer
from .iam import allow, deny, document, irsa, pod_identity, principals, saml, service, web_identity
from .story import decoy, either, k8s, planted

GITHUB = "token.actions.githubusercontent.com"
SSO_PATH = "/aws-reserved/sso.amazonaws.com/eu-west-1/"
SSO = {"admin": "AWSReservedSSO_AdministratorAccess_0a1b2c3d4e5f6071", "developer": "AWSReservedSSO_DeveloperAccess_1b2c3d4e5f607182", "qa": "AWSReservedSSO_QualityAccess_2c3d4e5f60718293"}
LINKED = [
    ("AWSServiceRoleForAmazonEKS", "eks.amazonaws.com", "AmazonEKSServiceRolePolicy", "2026-11-23"),
    ("AWSServiceRoleForAmazonEKSNodegroup", "eks-nodegroup.amazonaws.com", "AWSServiceRoleForAmazonEKSNodegroup", "2026-11-23"),
    ("AWSServiceRoleForAmazonEKSForFargate", "eks-fargate.amazonaws.com", "AmazonEKSForFargateServiceRolePolicy", None),
    ("AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com", "AutoScalingServiceRolePolicy", "2026-11-23"),
    ("AWSServiceRoleForElasticLoadBalancing", "elasticloadbalancing.amazonaws.com", "AWSElasticLoadBalancingServiceRolePolicy", "2026-11-22"),
    ("AWSServiceRoleForSupport", "support.amazonaws.com", "AWSSupportServiceRolePolicy", None),
    ("AWSServiceRoleForTrustedAdvisor", "trustedadvisor.amazonaws.com", "AWSTrustedAdvisorServiceRolePolicy", None),
    ("AWSServiceRoleForSSO", "sso.amazonaws.com", "AWSSSOServiceRolePolicy", "2026-10-02"),
    ("AWSServiceRoleForAmazonInspector2", "inspector2.amazonaws.com", "AmazonInspector2ServiceRolePolicy", "2026-11-23"),
]


def role_arn(name, path="/"):
    return iam_arn("role", name, path)


def add_all(account):
    boundary_and_policies(account)
    cluster_roles(account)
    controller_roles(account)
    ways_in(account)
    not_of_the_cluster(account)
    service_linked(account)


def boundary_and_policies(a):
    a.policy("acme-workload-boundary", "2025-02-03", ("2025-02-03", document(allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:*", "dynamodb:*", "cloudwatch:PutMetricData", "logs:*"], sid="WorkloadsStayHere"))))
    a.policy("acme-developer-boundary", "2025-02-03", ("2025-02-03", document(allow("*"), deny(["iam:*", "organizations:*", "account:*"], sid="NoIdentities"))))
    a.policy(
        "load-balancer-controller",
        "2025-01-20",
        (
            "2025-01-20",
            document(
                allow("iam:CreateServiceLinkedRole", "*", {"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}}),
                allow(["ec2:DescribeAvailabilityZones", "ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetGroups"]),
                allow(["elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateRule", "elasticloadbalancing:CreateTargetGroup"], "*", {"Null": {"aws:RequestTag/elbv2.k8s.aws/cluster": "false"}}),
                allow(["elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"], "*", {"Null": {"aws:ResourceTag/elbv2.k8s.aws/cluster": "false"}}),
            ),
        ),
    )


def cluster_roles(a):
    for cluster, day in (("prod", "2025-01-14"), ("staging", "2025-01-20")):
        a.role("acme-%s-cluster" % cluster, service("eks.amazonaws.com"), day, "2026-11-23", ["AmazonEKSClusterPolicy"], tags=[("team", "platform")])
    node = role_arn("acme-prod-node")
    a.role("acme-prod-node", service("ec2.amazonaws.com"), "2025-01-14", "2026-11-23", ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"], profile=True, tags=[("team", "platform")])
    decoy("node-role-excessive", node, "Session Manager and the CloudWatch agent are among the policies that AWS names for nodes; the CNI has a role of its own")
    excessive = a.role(
        "acme-staging-node",
        service("ec2.amazonaws.com"),
        "2025-01-20",
        "2026-11-23",
        ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKS_CNI_Policy", "AmazonS3FullAccess"],
        {"legacy-image-push": document(allow(["ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"], "arn:aws:ecr:%s:%s:repository/*" % (REGION, ACCOUNT)))},
        profile=True,
    )
    planted("node-role-excessive", excessive, "AmazonS3FullAccess and an inline policy that pushes images: every pod that reaches the node's credentials may overwrite the images of production")
    gpu = a.role("acme-staging-node-gpu", service("ec2.amazonaws.com"), "2025-09-02", "2026-11-22", ["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy"], profile=True)
    decoy("node-role-excessive", gpu, "self-managed nodes that come in by aws-auth, with the three policies that a node needs")
    a.role("acme-prod-fargate", service("eks-fargate-pods.amazonaws.com"), "2025-03-11", "2026-11-23", ["AmazonEKSFargatePodExecutionRolePolicy"])


def controller_roles(a):
    a.role("prod-vpc-cni", irsa("prod", "kube-system:aws-node"), "2025-01-14", "2026-11-23", ["AmazonEKS_CNI_Policy"])
    a.role("staging-vpc-cni", pod_identity(), "2025-01-20", "2026-11-23", ["AmazonEKS_CNI_Policy"])
    a.role("prod-ebs-csi", pod_identity(), "2025-01-14", "2026-11-23", ["AmazonEBSCSIDriverPolicy"])
    a.role("staging-ebs-csi", irsa("staging", "kube-system:ebs-csi-controller-sa"), "2025-01-20", "2026-11-22", ["AmazonEBSCSIDriverPolicy"])
    for cluster in ("prod", "staging"):
        lbc = a.role("%s-load-balancer-controller" % cluster, irsa(cluster, "kube-system:aws-load-balancer-controller"), "2025-01-20", "2026-11-23", ["load-balancer-controller"])
    decoy("workload-role-escalates", role_arn("prod-load-balancer-controller"), "iam:CreateServiceLinkedRole on every resource, but its condition leaves one service, whose role gives nobody power")
    scale = document(allow(["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeTags", "ec2:DescribeInstanceTypes", "ec2:DescribeLaunchTemplateVersions", "eks:DescribeNodegroup"]), allow(["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"], "*", {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/prod": "owned"}}))
    a.role("prod-cluster-autoscaler", irsa("prod", "kube-system:cluster-autoscaler", audience="ForAnyValue:StringEquals"), "2025-01-22", "2026-11-23", inline={"scale": scale})
    decoy("irsa-trust-no-audience", role_arn("prod-cluster-autoscaler"), "the audience stands under ForAnyValue:StringEquals, which is a condition like another")
    a.role("prod-external-dns", irsa("prod", "kube-system:external-dns", audience="StringLike"), "2025-01-22", "2026-11-23", inline={"dns": document(allow("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0EXAMPLE0ACME"), allow(["route53:ListHostedZones", "route53:ListResourceRecordSets"]))})
    decoy("irsa-trust-no-audience", role_arn("prod-external-dns"), "the audience stands under StringLike without a wildcard")


def ways_in(a):
    sso = a.role(SSO["admin"], saml(), "2025-01-08", "2026-11-23", ["AdministratorAccess"], path=SSO_PATH)
    a.role(SSO["developer"], saml(), "2025-01-08", "2026-11-23", ["ReadOnlyAccess"], path=SSO_PATH)
    a.role(SSO["qa"], saml(), "2025-03-03", "2026-11-20", ["ReadOnlyAccess"], path=SSO_PATH)
    provider = web_identity(GITHUB, {"StringEquals": {GITHUB + ":aud": "sts.amazonaws.com"}, "StringLike": {GITHUB + ":sub": "repo:acme-shop/infrastructure:ref:refs/heads/main"}})
    chain = {"Effect": "Allow", "Principal": {"AWS": role_arn("checkout-api")}, "Action": "sts:AssumeRole"}
    lambda_admin = role_arn("ops-lambda-admin")
    a.role(
        "acme-deployer",
        document(provider, chain),
        "2025-02-10",
        "2026-11-23",
        inline={"deploy": document(allow(["eks:DescribeCluster", "eks:ListClusters"]), allow(["lambda:CreateFunction", "lambda:InvokeFunction", "lambda:UpdateFunctionCode"], "arn:aws:lambda:%s:%s:function:ops-*" % (REGION, ACCOUNT)), allow("iam:PassRole", lambda_admin, {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}))},
    )
    either("workload-role-escalates", role_arn("acme-deployer"), "checkout-api becomes the deployer by sts:AssumeRole; whether that is a role that the workload can get is for the paths to say")
    decoy("irsa-trust-wildcard-subject", role_arn("acme-deployer"), "the provider is GitHub's, not a cluster's, and the subject is one branch of one repository")
    a.role("github-actions-build", document(web_identity(GITHUB, {"StringEquals": {GITHUB + ":aud": "sts.amazonaws.com"}, "StringLike": {GITHUB + ":sub": "repo:acme-shop/*:ref:refs/heads/main"}})), "2025-02-10", "2026-11-23", inline={"push": document(allow("ecr:GetAuthorizationToken"), allow(["ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"], "arn:aws:ecr:%s:%s:repository/*" % (REGION, ACCOUNT)))})
    a.role("oncall-engineer", principals("arn:aws:iam::%s:root" % ACCOUNT, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), "2025-02-18", "2026-11-21", ["ReadOnlyAccess"])
    contractor = a.role("contractor-readonly", principals("arn:aws:iam::%s:root" % SHARED_ACCOUNT, condition={"StringEquals": {"sts:ExternalId": "acme-contractors"}}), "2025-06-04", None, ["SecurityAudit"])
    planted("role-unused", contractor, "made in June 2025 for a contractor who never came, trusts another company's account, and still has an access entry to production")
    a.role("checkout-release", document(web_identity(GITHUB, {"StringEquals": {GITHUB + ":aud": "sts.amazonaws.com", GITHUB + ":sub": "repo:acme-shop/checkout:environment:production"}})), "2025-05-19", "2026-11-20", inline={"cluster": document(allow("eks:DescribeCluster", "arn:aws:eks:%s:%s:cluster/prod" % (REGION, ACCOUNT)))})
    a.role("acme-break-glass", principals("arn:aws:iam::%s:root" % ACCOUNT, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), "2025-01-08", "2026-09-30", ["AdministratorAccess"])
    decoy("workload-role-admin", role_arn("acme-break-glass"), "an administrator, but no workload can get it: it wants a second factor")
    return sso


def not_of_the_cluster(a):
    a.role("ops-lambda-admin", service("lambda.amazonaws.com"), "2025-03-17", "2026-11-19", ["AdministratorAccess"])
    decoy("workload-role-admin", role_arn("ops-lambda-admin"), "only Lambda can take it; that a workload gets there in three steps is a path, not a grant")
    a.role("glue-etl", service("glue.amazonaws.com"), "2025-04-02", "2026-11-23", ["AWSGlueServiceRole"])
    a.role("lambda-image-resizer", service("lambda.amazonaws.com"), "2025-04-22", "2026-11-23", ["AWSLambdaBasicExecutionRole", "AmazonS3ReadOnlyAccess"])
    rotate = allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"], "*", {"StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": "arn:aws:lambda:%s:%s:function:secrets-rotation" % (REGION, ACCOUNT)}})
    a.role("secrets-rotation-lambda", service("lambda.amazonaws.com"), "2025-02-11", "2026-11-23", ["AWSLambdaBasicExecutionRole"], {"rotate": document(rotate)})
    agents = a.role("build-agents-NodeInstanceRole", service("ec2.amazonaws.com"), "2025-05-05", "2026-11-23", ["AmazonS3FullAccess", "AmazonSSMManagedInstanceCore"], profile=True)
    decoy("node-role-excessive", agents, "the name says node, but these are build machines outside both clusters: no node group, access entry or mapping names it")
    orders = a.role("legacy-orders", irsa("legacy", "orders:orders-api"), "2024-05-14", "2026-10-13", inline={"queue": document(allow("sqs:*", "arn:aws:sqs:%s:%s:orders-*" % (REGION, ACCOUNT)))})
    decoy("irsa-trust-missing-service-account", orders, "its cluster is gone (that is the orphaned provider's finding); whether the service account existed there cannot be known")
    provider = iam_arn("oidc-provider", "oidc.eks.%s.amazonaws.com/id/%s" % (REGION, OIDC["legacy"]))
    planted("oidc-provider-orphaned", provider, "the cluster `legacy` was deleted in October, its identity provider was not: the role legacy-orders still trusts whoever may come back under that issuer")
    decoy("oidc-provider-orphaned", iam_arn("oidc-provider", "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE3ABCDEF0123456789ABCDEF012"), "a cluster in us-east-1, where clusters were not listed: not evaluated, not orphaned")
    decoy("oidc-provider-orphaned", iam_arn("oidc-provider", GITHUB), "GitHub's provider, not a cluster's")
    decoy("oidc-provider-orphaned", iam_arn("oidc-provider", issuer("prod"), account="222233334444"), "the data account trusts the cluster prod of another account, which is there")


def service_linked(a):
    for name, principal, policy, used in LINKED:
        path = "/aws-service-role/%s/" % principal
        arn = a.role(name, service(principal), "2025-01-08", used, [policy], path=path)
        if used is None:
            decoy("role-unused", arn, "service-linked: AWS made it and only AWS may use it")
