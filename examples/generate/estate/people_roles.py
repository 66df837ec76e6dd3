"""The roles by which people, builds and other services act: some come into a cluster, some have nothing to do with one."""

from .base import ACCOUNT, OIDC, REGION, SHARED_ACCOUNT, iam_arn, issuer
from .iam import (
    allow,
    document,
    irsa,
    principals,
    saml,
    service,
    web_identity,
)
from .roles import GITHUB, SSO, SSO_PATH, role_arn
from .story import decoy, either, planted


def add_all(a):
    ways_in(a)
    moving(a)
    not_of_the_cluster(a)


def ways_in(a):
    a.role(SSO["admin"], saml(), "2025-01-08", "2026-11-23", ["AdministratorAccess"], path=SSO_PATH)
    a.role(SSO["developer"], saml(), "2025-01-08", "2026-11-23", ["ReadOnlyAccess"], path=SSO_PATH)
    a.role(SSO["qa"], saml(), "2025-03-03", "2026-11-20", ["ReadOnlyAccess"], path=SSO_PATH)
    deployer(a)
    people(a)


def deployer(a):
    provider = web_identity(
        GITHUB,
        {
            "StringEquals": {GITHUB + ":aud": "sts.amazonaws.com"},
            "StringLike": {GITHUB + ":sub": "repo:acme-shop/infrastructure:ref:refs/heads/main"},
        },
    )
    chain = {"Effect": "Allow", "Principal": {"AWS": role_arn("checkout-api")}, "Action": "sts:AssumeRole"}
    lambda_admin = role_arn("ops-lambda-admin")
    a.role(
        "acme-deployer",
        document(provider, chain),
        "2025-02-09",
        "2026-11-23",
        inline={
            "deploy": document(
                allow(["eks:DescribeCluster", "eks:ListClusters"]),
                allow(
                    ["lambda:CreateFunction", "lambda:InvokeFunction", "lambda:UpdateFunctionCode"],
                    "arn:aws:lambda:%s:%s:function:ops-*" % (REGION, ACCOUNT),
                ),
                allow("iam:PassRole", lambda_admin, {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
            )
        },
    )
    either(
        "workload-role-escalates",
        role_arn("acme-deployer"),
        "checkout-api becomes the deployer by sts:AssumeRole; whether that is a role that the workload can get is for the paths to say",
    )
    decoy(
        "irsa-trust-wildcard-subject",
        role_arn("acme-deployer"),
        "the provider is GitHub's, not a cluster's, and the subject is one branch of one repository",
    )
    a.role(
        "github-actions-build",
        document(
            web_identity(
                GITHUB,
                {
                    "StringEquals": {GITHUB + ":aud": "sts.amazonaws.com"},
                    "StringLike": {GITHUB + ":sub": "repo:acme-shop/*:ref:refs/heads/main"},
                },
            )
        ),
        "2025-02-10",
        "2026-11-23",
        inline={
            "push": document(
                allow("ecr:GetAuthorizationToken"),
                allow(
                    [
                        "ecr:BatchCheckLayerAvailability",
                        "ecr:CompleteLayerUpload",
                        "ecr:InitiateLayerUpload",
                        "ecr:PutImage",
                        "ecr:UploadLayerPart",
                    ],
                    "arn:aws:ecr:%s:%s:repository/*" % (REGION, ACCOUNT),
                ),
            )
        },
    )


def people(a):
    a.role(
        "oncall-engineer",
        principals("arn:aws:iam::%s:root" % ACCOUNT, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        "2025-02-18",
        "2026-11-21",
        ["ReadOnlyAccess"],
    )
    contractor = a.role(
        "contractor-readonly",
        principals(
            "arn:aws:iam::%s:root" % SHARED_ACCOUNT, condition={"StringEquals": {"sts:ExternalId": "acme-contractors"}}
        ),
        "2025-06-04",
        None,
        ["SecurityAudit"],
    )
    planted(
        "role-unused",
        contractor,
        "made in June 2025 for a contractor who never came, trusts another company's account, and still has an access entry to production",
    )
    a.role(
        "checkout-release",
        document(
            web_identity(
                GITHUB,
                {
                    "StringEquals": {
                        GITHUB + ":aud": "sts.amazonaws.com",
                        GITHUB + ":sub": "repo:acme-shop/checkout:environment:production",
                    }
                },
            )
        ),
        "2025-05-19",
        "2026-11-20",
        inline={
            "cluster": document(allow("eks:DescribeCluster", "arn:aws:eks:%s:%s:cluster/prod" % (REGION, ACCOUNT)))
        },
    )
    a.role(
        "acme-break-glass",
        principals("arn:aws:iam::%s:root" % ACCOUNT, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        "2025-01-08",
        "2026-09-30",
        ["AdministratorAccess"],
    )
    decoy(
        "workload-role-admin",
        role_arn("acme-break-glass"),
        "an administrator, but no workload can get it: it wants a second factor",
    )


def moving(a):
    a.role(
        "staging-migration",
        principals("arn:aws:iam::%s:root" % ACCOUNT, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        "2025-01-22",
        None,
        inline={
            "cluster": document(allow("eks:DescribeCluster", "arn:aws:eks:%s:%s:cluster/staging" % (REGION, ACCOUNT)))
        },
    )


def not_of_the_cluster(a):
    a.role("ops-lambda-admin", service("lambda.amazonaws.com"), "2025-03-17", "2026-11-19", ["AdministratorAccess"])
    decoy(
        "workload-role-admin",
        role_arn("ops-lambda-admin"),
        "only Lambda can take it; that a workload gets there in three steps is a path, not a grant",
    )
    a.role("glue-etl", service("glue.amazonaws.com"), "2025-04-02", "2026-11-23", ["AWSGlueServiceRole"])
    a.role(
        "lambda-image-resizer",
        service("lambda.amazonaws.com"),
        "2025-04-22",
        "2026-11-23",
        ["AWSLambdaBasicExecutionRole", "AmazonS3ReadOnlyAccess"],
    )
    via_secrets_manager = {"StringEquals": {"kms:ViaService": "secretsmanager.%s.amazonaws.com" % REGION}}
    rotate = allow(
        [
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        ],
        "*",
        {
            "StringEquals": {
                "secretsmanager:resource/AllowRotationLambdaArn": "arn:aws:lambda:%s:%s:function:secrets-rotation"
                % (REGION, ACCOUNT)
            }
        },
    )
    a.role(
        "secrets-rotation-lambda",
        service("lambda.amazonaws.com"),
        "2025-02-11",
        "2026-11-23",
        ["AWSLambdaBasicExecutionRole"],
        {"rotate": document(rotate, allow(["kms:Decrypt", "kms:GenerateDataKey"], "*", via_secrets_manager))},
    )
    half = allow(
        ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
        "arn:aws:secretsmanager:%s:%s:secret:prod/checkout/psp-token-*" % (REGION, ACCOUNT),
    )
    a.role(
        "psp-rotation-lambda",
        service("lambda.amazonaws.com"),
        "2026-11-09",
        "2026-11-10",
        ["AWSLambdaBasicExecutionRole"],
        {"rotate": document(half)},
    )
    agents = a.role(
        "build-agents-NodeInstanceRole",
        service("ec2.amazonaws.com"),
        "2025-05-05",
        "2026-11-23",
        ["AmazonS3FullAccess", "AmazonSSMManagedInstanceCore"],
        profile=True,
    )
    decoy(
        "node-role-excessive",
        agents,
        "the name says node, but these are build machines outside both clusters: no node group, access entry or mapping names it",
    )
    of_the_deleted_cluster(a)
    of_clusters_before_eks(a)


def of_the_deleted_cluster(a):
    orders = a.role(
        "legacy-orders",
        irsa("legacy", "orders:orders-api"),
        "2024-05-14",
        "2026-10-13",
        inline={"queue": document(allow("sqs:*", "arn:aws:sqs:%s:%s:orders-*" % (REGION, ACCOUNT)))},
    )
    decoy(
        "irsa-trust-missing-service-account",
        orders,
        "its cluster is gone (that is the orphaned provider's finding); whether the service account existed there cannot be known",
    )
    provider = iam_arn("oidc-provider", "oidc.eks.%s.amazonaws.com/id/%s" % (REGION, OIDC["legacy"]))
    planted(
        "oidc-provider-orphaned",
        provider,
        "the cluster `legacy` was deleted in October, its identity provider was not: the role legacy-orders still trusts whoever may come back under that issuer",
    )
    decoy(
        "oidc-provider-orphaned",
        iam_arn("oidc-provider", "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE3ABCDEF0123456789ABCDEF012"),
        "a cluster in us-east-1, where clusters were not listed: not evaluated, not orphaned",
    )
    decoy("oidc-provider-orphaned", iam_arn("oidc-provider", GITHUB), "GitHub's provider, not a cluster's")
    decoy(
        "oidc-provider-orphaned",
        iam_arn("oidc-provider", issuer("prod"), account="222233334444"),
        "the data account trusts the cluster prod of another account, which is there",
    )


def of_clusters_before_eks(a):
    """Acme ran its clusters itself once, with their issuers in buckets. One provider is left, and two roles."""
    kops = "acme-kops-oidc.s3.%s.amazonaws.com" % REGION
    older = "acme-kops-2022-oidc.s3.%s.amazonaws.com" % REGION
    subject = lambda issuer, account: {
        "StringEquals": {issuer + ":sub": "system:serviceaccount:" + account, issuer + ":aud": "sts.amazonaws.com"}
    }
    a.role(
        "kops-billing-export",
        document(web_identity(kops, subject(kops, "billing:export"))),
        "2023-03-07",
        "2024-04-11",
        inline={"export": document(allow("s3:PutObject", "arn:aws:s3:::acme-billing-export/*"))},
    )
    planted(
        "oidc-provider-in-bucket",
        iam_arn("oidc-provider", kops),
        "the issuer of a cluster that Acme ran itself is a bucket: whoever writes to it, or makes it again once it is "
        "gone, signs tokens for kops-billing-export",
        "high",
    )
    decoy("oidc-provider-in-bucket", iam_arn("oidc-provider", GITHUB), "GitHub's host, no bucket")
    waiting = a.role(
        "kops-2022-dns",
        document(web_identity(older, subject(older, "kube-system:external-dns"))),
        "2022-05-19",
        "2023-02-28",
        inline={"zone": document(allow("route53:ChangeResourceRecordSets", "*"))},
    )
    planted(
        "role-trusts-missing-provider",
        waiting,
        "its provider was deleted with the cluster: whoever makes it and the bucket again gets the role",
        "high",
    )
    decoy(
        "role-trusts-missing-provider",
        iam_arn("role", "legacy-orders"),
        "its cluster is gone, but the provider is there: that is the orphaned provider's finding",
    )
