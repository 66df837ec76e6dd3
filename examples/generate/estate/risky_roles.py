"""Roles of pods whose trust or whose permissions are the story: too wide, or only so at first sight."""

from .base import ACCOUNT, REGION, iam_arn
from .iam import allow, deny, document, irsa, pod_identity
from .story import decoy, either, planted
from .workload_roles import READ_SECRET, bucket


def add_all(a):
    trusts(a)
    powers(a)


def trusts(a):
    tenants = a.role(
        "tenant-reports",
        irsa("prod", "tenant-*:report-writer", operator="StringLike"),
        "2025-05-06",
        "2026-11-22",
        inline={"reports": document(allow("s3:PutObject", "arn:aws:s3:::acme-tenant-reports/*"))},
    )
    planted(
        "irsa-trust-wildcard-subject",
        tenants,
        "system:serviceaccount:tenant-*:report-writer: whoever may make a namespace named tenant-anything gets the role",
        "high",
    )
    decoy(
        "workload-role-shared",
        tenants,
        "two service accounts can get it, but of the same name: one workload in two namespaces",
    )
    anyone = a.role(
        "exports-reader",
        irsa("prod"),
        "2025-04-15",
        "2026-11-21",
        inline={"exports": document(allow(["s3:GetObject", "s3:ListBucket"], bucket("acme-customer-exports")))},
    )
    planted(
        "irsa-trust-any-service-account",
        anyone,
        "the audience is checked, the subject is not: every pod of prod may read the customers' exports",
    )
    either(
        "workload-role-shared",
        anyone,
        "every service account can get it: the missing subject's finding says so already",
    )
    shipper = a.role(
        "metrics-shipper",
        irsa("prod", "monitoring:metrics-shipper", audience=None),
        "2025-03-20",
        "2026-11-23",
        inline={"metrics": document(allow("cloudwatch:PutMetricData"))},
    )
    planted(
        "irsa-trust-no-audience",
        shipper,
        "any token of that service account will do, also one minted for another service and stolen there",
    )
    trusts_of_nobody(a)


def trusts_of_nobody(a):
    mailer = a.role(
        "invoice-mailer",
        irsa("prod", "billing:invoice-mailer"),
        "2025-06-23",
        "2026-09-12",
        inline={
            "mail": document(allow("ses:SendEmail", "arn:aws:ses:%s:%s:identity/acme.example" % (REGION, ACCOUNT)))
        },
    )
    planted(
        "irsa-trust-missing-service-account",
        mailer,
        "the namespace billing is gone: whoever may make it again sends mail as Acme",
    )
    literal = a.role("jenkins-admin", irsa("prod", "*:*"), "2026-10-20", None, ["AdministratorAccess"])
    decoy(
        "irsa-trust-wildcard-subject",
        literal,
        "StringEquals takes the star literally: no service account is named *, so nobody can get this role",
    )
    decoy("workload-role-admin", literal, "an administrator that nobody can get: see the trust")
    decoy("role-unused", literal, "never used, but made five weeks ago")
    either(
        "irsa-trust-missing-service-account",
        literal,
        "read strictly, the trust names a service account * that does not exist",
    )


def powers(a):
    runner = a.role(
        "ci-terraform-runner",
        irsa("prod", "ci:terraform-runner"),
        "2025-02-20",
        "2026-11-23",
        ["AdministratorAccess"],
        tags=[("team", "platform")],
    )
    planted("workload-role-admin", runner, "AdministratorAccess in a pod that runs whatever a merge request brings")
    escalators(a)
    secret_readers(a)
    only_look_powerful(a)


def escalators(a):
    a.policy(
        "ci-release",
        "2025-02-20",
        (
            "2025-02-20",
            document(
                allow(["ecr:BatchGetImage", "ecr:PutImage"], "arn:aws:ecr:%s:%s:repository/*" % (REGION, ACCOUNT))
            ),
        ),
        (
            "2026-03-12",
            document(
                allow(["ecr:BatchGetImage", "ecr:PutImage"], "arn:aws:ecr:%s:%s:repository/*" % (REGION, ACCOUNT)),
                allow(
                    ["iam:CreatePolicyVersion", "iam:GetPolicy", "iam:ListPolicyVersions"],
                    "arn:aws:iam::%s:policy/ci-*" % ACCOUNT,
                    sid="KeepOwnPolicyFresh",
                ),
            ),
        ),
    )
    release = a.role("ci-release-bot", irsa("prod", "ci:release-bot"), "2025-02-20", "2026-11-23", ["ci-release"])
    planted(
        "workload-role-escalates",
        release,
        "may write a new version of ci-release, the very policy that it has: one call to administrator",
    )
    pipeline = a.role(
        "analytics-pipeline",
        pod_identity(),
        "2025-07-07",
        "2026-11-23",
        inline={
            "pipeline": document(
                allow(["lambda:CreateFunction", "lambda:InvokeFunction", "lambda:GetFunction"]),
                allow("iam:PassRole", "arn:aws:iam::%s:role/*" % ACCOUNT),
                allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-analytics/*"),
            )
        },
    )
    planted(
        "workload-role-escalates",
        pipeline,
        "iam:PassRole of any role and lambda:CreateFunction: it makes a function with ops-lambda-admin and invokes it",
    )
    decoy(
        "irsa-trust-any-service-account",
        pipeline,
        "Pod Identity: who gets it is decided by the associations, not by a subject in the trust",
    )


def secret_readers(a):
    external = a.role(
        "external-secrets",
        irsa("prod", "external-secrets:external-secrets"),
        "2025-02-11",
        "2026-11-23",
        inline={"read": document(allow(READ_SECRET + ["secretsmanager:ListSecretVersionIds"], "*"))},
    )
    planted(
        "workload-role-reads-any-secret",
        external,
        "the operator syncs a dozen secrets and may read all of them, staging's and the other teams' too",
    )
    inventory = a.role(
        "secrets-inventory",
        irsa("prod", "platform:secrets-inventory"),
        "2025-09-15",
        "2026-11-23",
        inline={
            "list": document(
                allow(["secretsmanager:Describe*", "secretsmanager:Get*", "secretsmanager:List*"], sid="Everything"),
                deny(["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"], sid="ButNoValues"),
            )
        },
    )
    decoy(
        "workload-role-reads-any-secret", inventory, "secretsmanager:Get* on *, and an explicit Deny on reading values"
    )


def only_look_powerful(a):
    audit = a.role(
        "audit-sync",
        irsa("prod", "platform:audit-sync"),
        "2025-09-15",
        "2026-11-23",
        inline={
            "sync": document(
                allow(["iam:*", "eks:Describe*"], sid="TooMuch"),
                deny(
                    [
                        "iam:Add*",
                        "iam:Attach*",
                        "iam:Change*",
                        "iam:Create*",
                        "iam:Deactivate*",
                        "iam:Delete*",
                        "iam:Detach*",
                        "iam:Enable*",
                        "iam:PassRole",
                        "iam:Put*",
                        "iam:Remove*",
                        "iam:Reset*",
                        "iam:Resync*",
                        "iam:Set*",
                        "iam:Tag*",
                        "iam:Untag*",
                        "iam:Update*",
                        "iam:Upload*",
                    ],
                    sid="ReadOnly",
                ),
            )
        },
    )
    decoy("workload-role-escalates", audit, "iam:* on *, and a Deny that takes away every write and iam:PassRole")
    submit = a.role(
        "batch-submit",
        irsa("prod", "analytics:batch-submit"),
        "2025-07-28",
        "2026-11-23",
        inline={
            "submit": document(
                allow(
                    "iam:PassRole",
                    iam_arn("role", "glue-etl"),
                    {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}},
                ),
                allow(["glue:StartJobRun", "glue:GetJobRun"], "arn:aws:glue:%s:%s:job/nightly-*" % (REGION, ACCOUNT)),
                allow("iam:PutRolePolicy", "arn:aws:iam::%s:role/tenant-batch-*" % ACCOUNT),
            )
        },
    )
    decoy(
        "workload-role-escalates",
        submit,
        "iam:PassRole of one role to Glue, without a right to make a job; iam:PutRolePolicy on a name that no role has",
    )
