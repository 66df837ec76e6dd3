"""The roles that Acme's pods hold, by IRSA and by Pod Identity."""

from .base import ACCOUNT, DATA_ACCOUNT, REGION, iam_arn
from .iam import allow, deny, document, irsa, pod_identity, principals
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
    trusts(a)
    powers(a)
    staging(a)


def shop(a):
    a.role("payments-api", irsa("prod", "payments:payments-api"), "2025-02-04", "2026-11-23", inline={"payments": document(allow(READ_SECRET, secret("prod/payments/")), allow(["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"], queue("payments-*")), allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"], "arn:aws:dynamodb:%s:%s:table/payments" % (REGION, ACCOUNT)))}, tags=[("team", "payments"), ("env", "prod")])
    decoy("workload-role-reads-any-secret", iam_arn("role", "payments-api"), "reads secrets by a wildcard, but only those under prod/payments/")
    bounded = a.role("payments-batch", irsa("prod", "payments:payments-worker"), "2025-02-04", "2026-11-23", inline={"everything": document(allow("*"))}, boundary="acme-workload-boundary", tags=[("team", "payments")])
    decoy("workload-role-admin", bounded, "allows * on *, under a permissions boundary that leaves S3 objects, queues and tables")
    decoy("workload-role-reads-any-secret", bounded, "the boundary leaves no secretsmanager action")
    api = a.role("checkout-api", irsa("prod", "checkout:checkout-api", operator="StringLike"), "2025-02-05", "2026-11-23", inline={"checkout": document(allow(READ_SECRET, secret("prod/checkout/")), allow("sts:AssumeRole", iam_arn("role", "acme-deployer"), sid="PreviewEnvironments"))}, tags=[("team", "checkout"), ("env", "prod")])
    decoy("irsa-trust-wildcard-subject", api, "StringLike, but without a wildcard: it matches one service account")
    tagged = a.role("checkout-web", irsa("prod", "checkout:checkout-web"), "2025-02-05", "2026-11-22", inline={"config": document(allow(READ_SECRET, "*", {"StringEquals": {"secretsmanager:ResourceTag/team": "checkout"}}))})
    decoy("workload-role-reads-any-secret", tagged, "resource *, but the condition leaves the secrets that are tagged for its own team")
    shared = a.role("ledger-app", irsa("prod", "ledger:ledger-api", "ledger:ledger-worker", "ledger:ledger-close"), "2025-02-06", "2026-11-23", inline={"ledger": document(allow(READ_SECRET, secret("prod/ledger/")), allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-ledger/*"))})
    planted("workload-role-shared", shared, "one role for the ledger's API, its worker and its monthly close: who breaks the API writes the books")
    new = a.role("returns-api", irsa("prod", "returns:returns-api"), "2026-11-18", None, inline={"returns": document(allow(["sqs:SendMessage"], queue("returns")))})
    decoy("role-unused", new, "never used, but made six days ago")


def search_and_media(a):
    a.role("search-api", irsa("prod", "search:search-api"), "2025-02-12", "2026-11-23", inline={"search": document(allow(["s3:GetObject", "s3:ListBucket"], bucket("acme-search-index")))})
    indexer = a.role("search-indexer", irsa("prod", "search:indexer", operator="StringEqualsIfExists", audience="StringEquals"), "2025-02-12", "2026-11-23", path="/apps/", inline={"index": document(allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], bucket("acme-search-index")))})
    decoy("irsa-trust-any-service-account", indexer, "StringEqualsIfExists: every token of a cluster has a subject, so this is StringEquals")
    legacy = a.role("search-legacy-sync", irsa("prod", "search:legacy-sync"), "2025-02-12", "2026-05-02", inline={"sync": document(allow("s3:GetObject", "arn:aws:s3:::acme-search-index/*"))})
    planted("role-unused", legacy, "last used on 2 May; its Deployment is scaled to zero and may be scaled up by whoever may patch it")
    a.role("search-reindexer", pod_identity(), "2025-08-19", "2026-11-10", inline={"reindex": document(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-search-index/*"))})
    media = a.role("media-transcoder", irsa("prod", "media:*", operator="StringLike"), "2025-03-01", "2026-11-23", inline={"media": document(allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-media/*"))})
    planted("irsa-trust-wildcard-subject", media, "system:serviceaccount:media:* lets every pod of the namespace take the transcoder's role", "medium")
    either("workload-role-shared", media, "several service accounts of the namespace can get it: the wildcard's finding says so already")
    a.role("returns-archive", irsa("prod", "returns:archive"), "2026-11-18", "2026-11-23", inline={"archive": document(allow("s3:PutObject", "arn:aws:s3:::acme-returns/*"))})


def trusts(a):
    tenants = a.role("tenant-reports", irsa("prod", "tenant-*:report-writer", operator="StringLike"), "2025-05-06", "2026-11-22", inline={"reports": document(allow("s3:PutObject", "arn:aws:s3:::acme-tenant-reports/*"))})
    planted("irsa-trust-wildcard-subject", tenants, "system:serviceaccount:tenant-*:report-writer: whoever may make a namespace named tenant-anything gets the role", "high")
    decoy("workload-role-shared", tenants, "two service accounts can get it, but of the same name: one workload in two namespaces")
    anyone = a.role("exports-reader", irsa("prod"), "2025-04-15", "2026-11-21", inline={"exports": document(allow(["s3:GetObject", "s3:ListBucket"], bucket("acme-customer-exports")))})
    planted("irsa-trust-any-service-account", anyone, "the audience is checked, the subject is not: every pod of prod may read the customers' exports")
    either("workload-role-shared", anyone, "every service account can get it: the missing subject's finding says so already")
    shipper = a.role("metrics-shipper", irsa("prod", "monitoring:metrics-shipper", audience=None), "2025-03-20", "2026-11-23", inline={"metrics": document(allow("cloudwatch:PutMetricData"))})
    planted("irsa-trust-no-audience", shipper, "any token of that service account will do, also one minted for another service and stolen there")
    mailer = a.role("invoice-mailer", irsa("prod", "billing:invoice-mailer"), "2025-06-23", "2026-09-12", inline={"mail": document(allow("ses:SendEmail", "arn:aws:ses:%s:%s:identity/acme.example" % (REGION, ACCOUNT)))})
    planted("irsa-trust-missing-service-account", mailer, "the namespace billing is gone: whoever may make it again sends mail as Acme")
    literal = a.role("jenkins-admin", irsa("prod", "*:*"), "2026-10-20", None, ["AdministratorAccess"])
    decoy("irsa-trust-wildcard-subject", literal, "StringEquals takes the star literally: no service account is named *, so nobody can get this role")
    decoy("workload-role-admin", literal, "an administrator that nobody can get: see the trust")
    decoy("role-unused", literal, "never used, but made five weeks ago")
    either("irsa-trust-missing-service-account", literal, "read strictly, the trust names a service account * that does not exist")


def powers(a):
    runner = a.role("ci-terraform-runner", irsa("prod", "ci:terraform-runner"), "2025-02-20", "2026-11-23", ["AdministratorAccess"], tags=[("team", "platform")])
    planted("workload-role-admin", runner, "AdministratorAccess in a pod that runs whatever a merge request brings")
    a.policy("ci-release", "2025-02-20", ("2025-02-20", document(allow(["ecr:BatchGetImage", "ecr:PutImage"], "arn:aws:ecr:%s:%s:repository/*" % (REGION, ACCOUNT)))), ("2026-03-12", document(allow(["ecr:BatchGetImage", "ecr:PutImage"], "arn:aws:ecr:%s:%s:repository/*" % (REGION, ACCOUNT)), allow(["iam:CreatePolicyVersion", "iam:GetPolicy", "iam:ListPolicyVersions"], "arn:aws:iam::%s:policy/ci-*" % ACCOUNT, sid="KeepOwnPolicyFresh"))))
    release = a.role("ci-release-bot", irsa("prod", "ci:release-bot"), "2025-02-20", "2026-11-23", ["ci-release"])
    planted("workload-role-escalates", release, "may write a new version of ci-release, the very policy that it has: one call to administrator")
    pipeline = a.role("analytics-pipeline", pod_identity(), "2025-07-07", "2026-11-23", inline={"pipeline": document(allow(["lambda:CreateFunction", "lambda:InvokeFunction", "lambda:GetFunction"]), allow("iam:PassRole", "arn:aws:iam::%s:role/*" % ACCOUNT), allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::acme-analytics/*"))})
    planted("workload-role-escalates", pipeline, "iam:PassRole of any role and lambda:CreateFunction: it makes a function with ops-lambda-admin and invokes it")
    decoy("irsa-trust-any-service-account", pipeline, "Pod Identity: who gets it is decided by the associations, not by a subject in the trust")
    external = a.role("external-secrets", irsa("prod", "external-secrets:external-secrets"), "2025-02-11", "2026-11-23", inline={"read": document(allow(READ_SECRET + ["secretsmanager:ListSecretVersionIds"], "*"))})
    planted("workload-role-reads-any-secret", external, "the operator syncs a dozen secrets and may read all of them, staging's and the other teams' too")
    inventory = a.role("secrets-inventory", irsa("prod", "platform:secrets-inventory"), "2025-09-15", "2026-11-23", inline={"list": document(allow(["secretsmanager:Describe*", "secretsmanager:Get*", "secretsmanager:List*"], sid="Everything"), deny(["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"], sid="ButNoValues"))})
    decoy("workload-role-reads-any-secret", inventory, "secretsmanager:Get* on *, and an explicit Deny on reading values")
    audit = a.role("audit-sync", irsa("prod", "platform:audit-sync"), "2025-09-15", "2026-11-23", inline={"sync": document(allow(["iam:*", "eks:Describe*"], sid="TooMuch"), deny(["iam:Add*", "iam:Attach*", "iam:Change*", "iam:Create*", "iam:Deactivate*", "iam:Delete*", "iam:Detach*", "iam:Enable*", "iam:PassRole", "iam:Put*", "iam:Remove*", "iam:Reset*", "iam:Resync*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:Update*", "iam:Upload*"], sid="ReadOnly"))})
    decoy("workload-role-escalates", audit, "iam:* on *, and a Deny that takes away every write and iam:PassRole")
    submit = a.role("batch-submit", irsa("prod", "analytics:batch-submit"), "2025-07-28", "2026-11-23", inline={"submit": document(allow("iam:PassRole", iam_arn("role", "glue-etl"), {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}), allow(["glue:StartJobRun", "glue:GetJobRun"], "arn:aws:glue:%s:%s:job/nightly-*" % (REGION, ACCOUNT)), allow("iam:PutRolePolicy", "arn:aws:iam::%s:role/tenant-batch-*" % ACCOUNT))})
    decoy("workload-role-escalates", submit, "iam:PassRole of one role to Glue, without a right to make a job; iam:PutRolePolicy on a name that no role has")


def staging(a):
    broker = iam_arn("role", "staging-db-broker")
    target = a.role("staging-db-admin", principals(broker, ["sts:AssumeRole", "sts:TagSession"]), "2025-08-01", "2026-11-19", inline={"all": document(allow("*", sid="ForNow"))})
    a.role("staging-db-broker", pod_identity(), "2025-08-01", "2026-11-19", inline={"target": document(allow(["sts:AssumeRole", "sts:TagSession"], target))})
    planted("workload-role-admin", target, "target role of a Pod Identity association: * on *, because the migration once failed for a missing permission")
    toolbox = a.role("staging-toolbox", irsa("staging", "tooling:toolbox"), "2025-05-26", "2026-11-23", inline={"debug": document(allow(["secretsmanager:Get*", "secretsmanager:List*"], "arn:aws:secretsmanager:*:%s:secret:*" % ACCOUNT), allow("logs:FilterLogEvents"))})
    planted("workload-role-reads-any-secret", toolbox, "a debugging pod of staging that may read the secrets of production: same account, resource secret:*")
    observe = a.role("platform-observability", pod_identity(), "2025-03-24", "2026-11-23", inline={"read": document(allow(["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"]))})
    planted("workload-role-shared", observe, "associated with Prometheus in prod and in staging: staging's pods act in production's name")
    a.role("staging-payments-api", irsa("staging", "payments:payments-api"), "2025-02-24", "2026-11-23", inline={"payments": document(allow(READ_SECRET, secret("staging/payments/")))})
    decoy("irsa-trust-missing-service-account", iam_arn("role", "staging-payments-api"), "the service account exists in the cluster whose provider the trust names, which is staging")
    loader = a.role("staging-fixtures-loader", irsa("staging", "tooling:fixtures-loader"), "2025-02-24", "2026-09-05", inline={"fixtures": document(allow("s3:GetObject", "arn:aws:s3:::acme-fixtures/*"))})
    decoy("role-unused", loader, "last used 80 days ago")
    a.role("staging-search-api", irsa("staging", "search:search-api"), "2025-02-24", "2026-11-22", inline={"search": document(allow("s3:GetObject", "arn:aws:s3:::acme-search-index-staging/*"))})


def data_account(a):
    """The other account, whose IAM was printed as well."""
    arn = a.role("warehouse-loader", irsa("prod", "analytics:warehouse-loader", account=DATA_ACCOUNT), "2025-07-01", "2026-11-23", inline={"load": document(allow(["s3:PutObject", "redshift-data:ExecuteStatement"], ["arn:aws:s3:::acme-warehouse/*", "arn:aws:redshift:%s:%s:cluster:warehouse" % (REGION, DATA_ACCOUNT)]))})
    decoy("irsa-role-unusable", k8s("prod", "analytics", "ServiceAccount", "warehouse-loader"), "the annotation names a role of the data account, which has a provider for this cluster and trusts this service account")
    a.role("warehouse-admin", principals("arn:aws:iam::%s:root" % DATA_ACCOUNT, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), "2025-06-20", "2026-11-12", ["PowerUserAccess"])
    a.role("AWSServiceRoleForSupport", {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "support.amazonaws.com"}, "Action": "sts:AssumeRole"}]}, "2025-06-20", None, ["AWSSupportServiceRolePolicy"], path="/aws-service-role/support.amazonaws.com/")
    return arn
