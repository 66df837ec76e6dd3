"""The roles that Acme's pods hold, by IRSA and by Pod Identity."""

from .base import ACCOUNT, DATA_ACCOUNT, REGION, iam_arn
from .iam import allow, document, irsa, pod_identity, principals
from .story import decoy, either, k8s, planted


def secret(prefix):
    return "arn:aws:secretsmanager:%s:%s:secret:%s*" % (REGION, ACCOUNT, prefix)


def bucket(name):
    return ["arn:aws:s3:::" + name, "arn:aws:s3:::%s/*" % name]


def queue(name):
    return "arn:aws:sqs:%s:%s:%s" % (REGION, ACCOUNT, name)


READ_SECRET = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]


def add_all(a):
    shop(a)
    search_and_media(a)
    staging(a)


def shop(a):
    a.role(
        "payments-api",
        irsa("prod", "payments:payments-api"),
        "2025-02-04",
        "2026-11-23",
        inline={
            "payments": document(
                allow(READ_SECRET, secret("prod/payments/")),
                allow(["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"], queue("payments-*")),
                allow(
                    ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
                    "arn:aws:dynamodb:%s:%s:table/payments" % (REGION, ACCOUNT),
                ),
            )
        },
        tags=[("team", "payments"), ("env", "prod")],
    )
    decoy(
        "workload-role-reads-any-secret",
        iam_arn("role", "payments-api"),
        "reads secrets by a wildcard, but only those under prod/payments/",
    )
    bounded = a.role(
        "payments-batch",
        irsa("prod", "payments:payments-worker"),
        "2025-02-04",
        "2026-11-23",
        inline={"everything": document(allow("*"))},
        boundary="acme-workload-boundary",
        tags=[("team", "payments")],
    )
    decoy(
        "workload-role-admin",
        bounded,
        "allows * on *, under a permissions boundary that leaves S3 objects, queues and tables",
    )
    decoy("workload-role-reads-any-secret", bounded, "the boundary leaves no secretsmanager action")
    checkout(a)
    ledger_and_returns(a)


def checkout(a):
    api = a.role(
        "checkout-api",
        irsa("prod", "checkout:checkout-api", operator="StringLike"),
        "2025-02-05",
        "2026-11-23",
        inline={
            "checkout": document(
                allow(READ_SECRET, secret("prod/checkout/")),
                allow("sts:AssumeRole", iam_arn("role", "acme-deployer"), sid="PreviewEnvironments"),
            )
        },
        tags=[("team", "checkout"), ("env", "prod")],
    )
    decoy("irsa-trust-wildcard-subject", api, "StringLike, but without a wildcard: it matches one service account")
    either(
        "workload-role-escalates",
        api,
        "may become acme-deployer by sts:AssumeRole: a step of a path rather than a method of its own",
    )
    tagged = a.role(
        "checkout-web",
        irsa("prod", "checkout:checkout-web"),
        "2025-02-05",
        "2026-11-22",
        inline={
            "config": document(
                allow(READ_SECRET, "*", {"StringEquals": {"secretsmanager:ResourceTag/team": "checkout"}})
            )
        },
    )
    decoy(
        "workload-role-reads-any-secret",
        tagged,
        "resource *, but the condition leaves the secrets that are tagged for its own team",
    )


def ledger_and_returns(a):
    shared = a.role(
        "ledger-app",
        irsa("prod", "ledger:ledger-api", "ledger:ledger-worker", "ledger:ledger-close"),
        "2025-02-06",
        "2026-11-23",
        inline={
            "ledger": document(
                allow(READ_SECRET, secret("prod/ledger/")),
                allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-ledger/*"),
            )
        },
    )
    planted(
        "workload-role-shared",
        shared,
        "one role for the ledger's API, its worker and its monthly close: who breaks the API writes the books",
    )
    new = a.role(
        "returns-api",
        irsa("prod", "returns:returns-api"),
        "2026-11-18",
        None,
        inline={"returns": document(allow(["sqs:SendMessage"], queue("returns")))},
    )
    decoy("role-unused", new, "never used, but made six days ago")


def search_and_media(a):
    a.role(
        "search-api",
        irsa("prod", "search:search-api"),
        "2025-02-12",
        "2026-11-23",
        inline={"search": document(allow(["s3:GetObject", "s3:ListBucket"], bucket("acme-search-index")))},
    )
    indexer = a.role(
        "search-indexer",
        irsa("prod", "search:indexer", operator="StringEqualsIfExists", audience="StringEquals"),
        "2025-02-12",
        "2026-11-23",
        path="/apps/",
        inline={
            "index": document(allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], bucket("acme-search-index")))
        },
    )
    decoy(
        "irsa-trust-any-service-account",
        indexer,
        "StringEqualsIfExists: every token of a cluster has a subject, so this is StringEquals",
    )
    legacy = a.role(
        "search-legacy-sync",
        irsa("prod", "search:legacy-sync"),
        "2025-02-12",
        "2026-05-02",
        inline={"sync": document(allow("s3:GetObject", "arn:aws:s3:::acme-search-index/*"))},
    )
    planted(
        "role-unused",
        legacy,
        "last used on 2 May; its Deployment is scaled to zero and may be scaled up by whoever may patch it",
    )
    a.role(
        "search-reindexer",
        pod_identity(),
        "2025-08-19",
        "2026-11-10",
        inline={"reindex": document(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-search-index/*"))},
    )
    media_and_archive(a)


def media_and_archive(a):
    media = a.role(
        "media-transcoder",
        irsa("prod", "media:*", operator="StringLike"),
        "2025-03-01",
        "2026-11-23",
        inline={"media": document(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-media/*"))},
    )
    planted(
        "irsa-trust-wildcard-subject",
        media,
        "system:serviceaccount:media:* lets every pod of the namespace take the transcoder's role",
        "medium",
    )
    either(
        "workload-role-shared",
        media,
        "several service accounts of the namespace can get it: the wildcard's finding says so already",
    )
    a.role(
        "returns-archive",
        irsa("prod", "returns:archive"),
        "2026-11-18",
        "2026-11-23",
        inline={"archive": document(allow("s3:PutObject", "arn:aws:s3:::acme-returns/*"))},
    )


def staging(a):
    broker = iam_arn("role", "staging-db-broker")
    target = a.role(
        "staging-db-admin",
        principals(broker, ["sts:AssumeRole", "sts:TagSession"]),
        "2025-08-01",
        "2026-11-19",
        inline={"all": document(allow("*", sid="ForNow"))},
    )
    a.role(
        "staging-db-broker",
        pod_identity(),
        "2025-08-01",
        "2026-11-19",
        inline={"target": document(allow(["sts:AssumeRole", "sts:TagSession"], target))},
    )
    either(
        "workload-role-escalates",
        broker,
        "may become staging-db-admin by sts:AssumeRole: that role has its own finding",
    )
    planted(
        "workload-role-admin",
        target,
        "target role of a Pod Identity association: * on *, because the migration once failed for a missing permission",
    )
    staging_tools(a)


def staging_tools(a):
    toolbox = a.role(
        "staging-toolbox",
        irsa("staging", "tooling:toolbox"),
        "2025-05-26",
        "2026-11-23",
        inline={
            "debug": document(
                allow(
                    ["secretsmanager:Get*", "secretsmanager:List*"], "arn:aws:secretsmanager:*:%s:secret:*" % ACCOUNT
                ),
                allow("logs:FilterLogEvents"),
            )
        },
    )
    planted(
        "workload-role-reads-any-secret",
        toolbox,
        "a debugging pod of staging that may read the secrets of production: same account, resource secret:*",
    )
    observe = a.role(
        "platform-observability",
        pod_identity(),
        "2025-03-24",
        "2026-11-23",
        inline={"read": document(allow(["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"]))},
    )
    planted(
        "workload-role-shared",
        observe,
        "associated with Prometheus in prod and in staging: staging's pods act in production's name",
    )
    a.role(
        "staging-payments-api",
        irsa("staging", "payments:payments-api"),
        "2025-02-24",
        "2026-11-23",
        inline={"payments": document(allow(READ_SECRET, secret("staging/payments/")))},
    )
    decoy(
        "irsa-trust-missing-service-account",
        iam_arn("role", "staging-payments-api"),
        "the service account exists in the cluster whose provider the trust names, which is staging",
    )
    loader = a.role(
        "staging-fixtures-loader",
        irsa("staging", "tooling:fixtures-loader"),
        "2025-02-24",
        "2026-09-05",
        inline={"fixtures": document(allow("s3:GetObject", "arn:aws:s3:::acme-fixtures/*"))},
    )
    decoy("role-unused", loader, "last used 80 days ago")
    a.role(
        "staging-search-api",
        irsa("staging", "search:search-api"),
        "2025-02-24",
        "2026-11-22",
        inline={"search": document(allow("s3:GetObject", "arn:aws:s3:::acme-search-index-staging/*"))},
    )


def data_account(a):
    """The other account, whose IAM was printed as well."""
    arn = a.role(
        "warehouse-loader",
        irsa("prod", "analytics:warehouse-loader", account=DATA_ACCOUNT),
        "2025-07-01",
        "2026-11-23",
        inline={
            "load": document(
                allow(
                    ["s3:PutObject", "redshift-data:ExecuteStatement"],
                    [
                        "arn:aws:s3:::acme-warehouse/*",
                        "arn:aws:redshift:%s:%s:cluster:warehouse" % (REGION, DATA_ACCOUNT),
                    ],
                )
            )
        },
    )
    decoy(
        "irsa-role-unusable",
        k8s("prod", "analytics", "ServiceAccount", "warehouse-loader"),
        "the annotation names a role of the data account, which has a provider for this cluster and trusts this service account",
    )
    a.role(
        "warehouse-admin",
        principals("arn:aws:iam::%s:root" % DATA_ACCOUNT, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        "2025-06-20",
        "2026-11-12",
        ["PowerUserAccess"],
    )
    a.role(
        "AWSServiceRoleForSupport",
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "support.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
        "2025-06-20",
        None,
        ["AWSSupportServiceRolePolicy"],
        path="/aws-service-role/support.amazonaws.com/",
    )
    return arn
