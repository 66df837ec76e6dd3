"""What runs in the two clusters."""

from .base import DATA_ACCOUNT, SHARED_ACCOUNT, iam_arn
from .controllers import Workload
from .pods import EKS_IMAGES
from .roles import role_arn
from .story import decoy, k8s, planted


def image(name, tag):
    return EKS_IMAGES + name + ":" + tag


def system(cluster, spread):
    """The add-ons and controllers in kube-system."""
    w = lambda name, picture, **more: Workload(
        cluster, "kube-system", name, picture, since="2026-11-11", created="2025-01-20", **more
    )
    out = [
        w("coredns", image("eks/coredns", "v1.12.3-eksbuild.1"), replicas=2),
        w(
            "aws-node",
            [
                image("amazon-k8s-cni", "v1.20.4-eksbuild.1"),
                image("amazon/aws-network-policy-agent", "v1.2.7-eksbuild.1"),
            ],
            kind="DaemonSet",
            privileged=True,
            host_network=True,
        ),
        w(
            "kube-proxy",
            image("eks/kube-proxy", "v1.33.3-minimal-eksbuild.4"),
            kind="DaemonSet",
            privileged=True,
            host_network=True,
        ),
        w(
            "eks-pod-identity-agent",
            image("eks/eks-pod-identity-agent", "v0.1.33"),
            kind="DaemonSet",
            host_network=True,
            account="default",
            no_token=True,
        ),
        w(
            "ebs-csi-controller",
            image("eks/aws-ebs-csi-driver", "v1.51.0"),
            replicas=spread,
            account="ebs-csi-controller-sa",
        ),
        w(
            "ebs-csi-node",
            image("eks/aws-ebs-csi-driver", "v1.51.0"),
            kind="DaemonSet",
            privileged=True,
            account="ebs-csi-node-sa",
        ),
        w("aws-load-balancer-controller", "public.ecr.aws/eks/aws-load-balancer-controller:v2.13.4", replicas=spread),
        w("metrics-server", image("eks/metrics-server", "v0.8.0-eksbuild.2"), replicas=1),
    ]
    if cluster == "prod":
        out.append(w("cluster-autoscaler", "registry.k8s.io/autoscaling/cluster-autoscaler:v1.33.1"))
        out.append(w("external-dns", "registry.k8s.io/external-dns/external-dns:v0.19.0"))
        out.append(
            w(
                "secrets-store-csi-driver",
                "registry.k8s.io/csi-secrets-store/driver:v1.5.4",
                kind="DaemonSet",
                privileged=True,
            )
        )
    return out


def from_secret(name, secret, key):
    return {"name": name, "valueFrom": {"secretKeyRef": {"key": key, "name": secret}}}


def prod():
    w = lambda namespace, name, picture, **more: Workload("prod", namespace, name, picture, **more)
    csi = {
        "name": "vault",
        "path": "/mnt/secrets",
        "source": {
            "csi": {
                "driver": "secrets-store.csi.k8s.io",
                "readOnly": True,
                "volumeAttributes": {"secretProviderClass": "ledger-db"},
            }
        },
    }
    vault = {
        "name": "database",
        "path": "/etc/database",
        "source": {"secret": {"defaultMode": 420, "secretName": "payments-db"}},
    }
    tls = {
        "name": "tls",
        "path": "/etc/tls",
        "source": {"secret": {"defaultMode": 420, "secretName": "ledger-grpc-tls"}},
    }
    license = {
        "name": "license",
        "path": "/etc/thumbnailer/license.key",
        "sub": "license.key",
        "source": {"secret": {"defaultMode": 420, "secretName": "thumbnailer-license"}},
    }
    at = lambda ns, kind, name: k8s("prod", ns, kind, name)
    planted(
        "secret-value-outdated",
        at("payments", "Deployment", "payments-worker"),
        "started on 6 November with the password of payments-db in its env, which was rotated on 10 November",
    )
    decoy(
        "secret-value-outdated", at("payments", "Deployment", "payments-api"), "has the same Secret as files of a volume"
    )
    decoy("secret-value-outdated", at("checkout", "Deployment", "checkout-api"), "started after its Secret was written")
    planted(
        "secret-missing",
        at("search", "Deployment", "legacy-sync"),
        "scaled to zero, and the Secret legacy-index is gone: it would not start",
    )
    planted(
        "secret-mounted-by-sub-path",
        at("media", "Deployment", "thumbnailer"),
        "its license is mounted as a single file, which is never written anew",
    )
    decoy("secret-mounted-by-sub-path", at("payments", "Deployment", "payments-api"), "mounts the whole volume")
    out = system("prod", 2) + [
        w(
            "payments",
            "payments-api",
            "payments/api:4.12.0",
            replicas=3,
            port=8080,
            mounts=[vault],
            env=[{"name": "TEAM_CODE", "value": "AKIAMA"}],
            earlier=["payments/api:4.11.3"],
        ),
        w(
            "payments",
            "payments-worker",
            "payments/worker@",
            replicas=2,
            env=[from_secret("DB_PASSWORD", "payments-db", "password")],
            since="2026-11-06",
        ),
        w(
            "checkout",
            "checkout-api",
            "checkout/api:3.9.2",
            replicas=3,
            port=8080,
            env=[from_secret("PSP_TOKEN", "checkout-psp", "token")],
            since="2026-11-05",
        ),
        w("checkout", "checkout-web", "checkout/web:8.1.0", replicas=2, port=3000, since="2026-11-20"),
        w("ledger", "ledger-api", "finance/ledger-api:1.22.0", replicas=2, port=8080, mounts=[csi], since="2026-11-10"),
        w("ledger", "ledger-worker", "finance/ledger-worker:1.22.0", replicas=2, mounts=[csi, tls], since="2026-11-10"),
        w("ledger", "ledger-close", "finance/ledger-worker:1.22.0", kind="CronJob"),
        w(
            "search",
            "search-api",
            "search/api:5.4.1",
            replicas=2,
            port=8080,
            since="2026-11-14",
            earlier=["search/api:5.0.0"],
        ),
        w("search", "indexer", "search/indexer:7.1.0", kind="StatefulSet", replicas=3, since="2026-08-03"),
        w(
            "search",
            "legacy-sync",
            "search/legacy-sync:1.9.0",
            replicas=0,
            env=[from_secret("INDEX_PASSWORD", "legacy-index", "password")],
            since="2026-01-21",
        ),
        w("media", "transcoder", "media/transcoder:5.2.1", replicas=2, pull=["ecr-pull"], since="2026-08-17"),
        w("media", "thumbnailer", "media/thumbnailer:1.4.0", mounts=[license], since="2026-10-27"),
        w(
            "returns",
            "returns-api",
            "returns/api:0.1.3",
            replicas=2,
            port=8080,
            created="2026-11-18",
            since="2026-11-21",
        ),
        w("returns", "archive", "returns/api:0.1.3", kind="CronJob", created="2026-11-18"),
        w("analytics", "pipeline", "analytics/pipeline:2026.11.1", since="2026-11-17"),
        w("analytics", "warehouse-loader", "data:warehouse/loader:3.0.1", kind="CronJob"),
        w("analytics", "batch-submit", "analytics/batch-submit:1.1.0", kind="CronJob"),
        w("analytics", "exports", "platform/report-writer:1.6.2", since="2026-11-07"),
        w("ci", "gitlab-runner", "docker.io/gitlab/gitlab-runner:v18.5.0", pull=["registry-pull"], since="2026-10-30"),
        w("ci", "terraform-runner", "platform/terraform-runner:1.13.2", since="2026-11-04"),
        w("ci", "release-bot", "platform/release-bot:0.31.0", since="2026-10-30"),
        w("ci", "central-agent", "platform/agents:2.5.0", since="2026-11-11"),
        w("tenant-a", "report-writer", "platform/report-writer:1.6.2", since="2026-11-07"),
        w("tenant-b", "report-writer", "platform/report-writer:1.6.2", since="2026-11-07"),
        w("platform", "devportal", "platform/devportal:12.3.0", port=7007, since="2026-11-19"),
        w("platform", "secrets-inventory", "platform/agents:2.5.0", kind="CronJob"),
        w("platform", "audit-sync", "platform/agents:2.5.0", kind="CronJob"),
        w(
            "external-secrets",
            "external-secrets",
            "ghcr.io/external-secrets/external-secrets:v0.20.3",
            since="2026-10-15",
        ),
        w("logging", "fluent-bit", "public.ecr.aws/aws-observability/aws-for-fluent-bit:2.34.0", kind="DaemonSet"),
        w(
            "monitoring",
            "prometheus",
            "quay.io/prometheus/prometheus:v3.7.1",
            kind="StatefulSet",
            port=9090,
            since="2026-10-22",
        ),
        w(
            "monitoring",
            "kube-state-metrics",
            "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0",
            since="2026-10-22",
        ),
        w("monitoring", "metrics-shipper", "platform/agents:2.5.0", since="2026-11-11"),
        w("batch", "invoices", "finance/ledger-worker:1.22.0", kind="CronJob", fargate=True, account="default"),
    ]
    return out + static_keys()


def static_keys():
    """Keys of IAM users where a role would do."""
    env = [
        {"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7EXAMPLE"},
        {"name": "AWS_SECRET_ACCESS_KEY", "value": "EXAMPLE-not-a-real-secret-key"},
        {"name": "BUCKET", "value": "acme-newsletter"},
    ]
    newsletter = Workload(
        "prod", "marketing", "newsletter", "marketing/newsletter:2.0.3", env=env, account="default", since="2026-11-03"
    )
    adwords = Workload(
        "prod",
        "growth",
        "adwords-sync",
        "growth/adwords-sync:0.7.4",
        env_from=["adwords-sync", "ads-feed"],
        account="default",
        since="2026-11-13",
    )
    planted(
        "workload-static-aws-key",
        k8s("prod", "marketing", "Deployment", "newsletter"),
        "an IAM user's key pair in the pod's env: whoever may read pods has it, and it never expires",
        also=pods_of(newsletter),
    )
    decoy(
        "workload-static-aws-key",
        k8s("prod", "payments", "Deployment", "payments-api"),
        "TEAM_CODE is AKIAMA: six letters, not a key; and AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE name no secret",
    )
    return [newsletter, adwords]


def staging():
    w = lambda namespace, name, picture, **more: Workload("staging", namespace, name, picture, **more)
    backup = w(
        "tooling",
        "s3-backup",
        "platform/agents:2.5.0",
        kind="CronJob",
        account="default",
        env=[
            from_secret("S3_KEY", "s3-backup-creds", "AWS_ACCESS_KEY_ID"),
            from_secret("S3_SECRET", "s3-backup-creds", "AWS_SECRET_ACCESS_KEY"),
        ],
    )
    planted(
        "workload-static-aws-key",
        k8s("staging", "tooling", "CronJob", "s3-backup"),
        "takes AWS_SECRET_ACCESS_KEY from a Secret: the env's names hide it, the key's name does not",
        also=pods_of(backup) + [k8s("staging", "tooling", "Secret", "s3-backup-creds")],
    )
    return system("staging", 1) + [
        w(
            "payments",
            "payments-api",
            "payments/api:4.12.0",
            port=8080,
            env=[from_secret("DB_PASSWORD", "payments-db", "password")],
        ),
        w("checkout", "checkout-api", "checkout/api:3.9.2", port=8080, since="2026-11-05"),
        w("checkout", "checkout-web", "checkout/web:8.1.0", port=3000, since="2026-11-20"),
        w("ledger", "ledger-api", "finance/ledger-api:1.22.0", port=8080, since="2026-11-10", account="default"),
        w("search", "search-api", "search/api:5.4.1", port=8080, since="2026-11-14"),
        w("tooling", "toolbox", "platform/toolbox:dev-3.2.0", since="2026-10-21"),
        w("tooling", "fixtures-loader", "platform/toolbox:dev-3.2.0", kind="CronJob"),
        backup,
        w("sandbox", "demo", "sandbox/demo:2026.3", since="2026-03-04", port=8080, account="default"),
        w("ops", "db-migrator", "platform/toolbox:dev-3.2.0", since="2026-11-19"),
        w("ops", "status-page", "docker.io/library/nginx:1.29.3", port=80, account="default"),
        w(
            "monitoring",
            "prometheus",
            "quay.io/prometheus/prometheus:v3.7.1",
            kind="StatefulSet",
            port=9090,
            since="2026-10-22",
        ),
        w("ml", "trainer", "docker.io/library/python:3.13-slim", since="2026-11-16", account="default"),
    ]


def pods_of(workload):
    """The ids of the pods that a workload has, for a report that names them instead."""
    nodes = [{"name": "any", "fargate": False, "ip": "10.0.0.1"}]
    return [
        k8s(workload.cluster, workload.namespace, o["kind"], o["metadata"]["name"])
        for o in workload.objects(nodes, None, False)
        if o["kind"] in ("Pod", "Job", "ReplicaSet")
    ]


def annotations(cluster):
    """(namespace, service account): the role that its annotation names."""
    data = iam_arn("role", "warehouse-loader", account=DATA_ACCOUNT)
    central = iam_arn("role", "central-ci-agent", account=SHARED_ACCOUNT)
    if cluster == "staging":
        planted(
            "irsa-role-unusable",
            k8s("staging", "checkout", "ServiceAccount", "checkout-api"),
            "copied from prod: the role checkout-api trusts prod's provider only, and every call fails",
        )
        return {
            ("checkout", "checkout-api"): role_arn("checkout-api"),
            ("kube-system", "aws-load-balancer-controller"): role_arn("staging-load-balancer-controller"),
            ("kube-system", "ebs-csi-controller-sa"): role_arn("staging-ebs-csi"),
            ("payments", "payments-api"): role_arn("staging-payments-api"),
            ("search", "search-api"): role_arn("staging-search-api"),
            ("tooling", "toolbox"): role_arn("staging-toolbox"),
            ("tooling", "fixtures-loader"): role_arn("staging-fixtures-loader"),
        }
    planted(
        "irsa-role-unusable",
        k8s("prod", "media", "ServiceAccount", "thumbnailer"),
        "the role media-thumbnailer was deleted; the annotation was not",
    )
    decoy(
        "irsa-role-unusable",
        k8s("prod", "ci", "ServiceAccount", "central-agent"),
        "names a role of an account that was not read: unknown is not missing",
    )
    decoy(
        "irsa-role-unusable",
        k8s("prod", "search", "ServiceAccount", "indexer"),
        "the role's path /apps/ stands in its ARN, and the role is there",
    )
    decoy(
        "irsa-role-unusable",
        k8s("prod", "checkout", "ServiceAccount", "checkout-api"),
        "StringLike in the trust matches this service account as StringEquals would",
    )
    same = {
        ("payments", "payments-api"): "payments-api",
        ("payments", "payments-worker"): "payments-batch",
        ("checkout", "checkout-api"): "checkout-api",
        ("checkout", "checkout-web"): "checkout-web",
        ("ledger", "ledger-api"): "ledger-app",
        ("ledger", "ledger-worker"): "ledger-app",
        ("ledger", "ledger-close"): "ledger-app",
        ("search", "search-api"): "search-api",
        ("search", "legacy-sync"): "search-legacy-sync",
        ("media", "transcoder"): "media-transcoder",
        ("media", "thumbnailer"): "media-thumbnailer",
        ("returns", "returns-api"): "returns-api",
        ("returns", "archive"): "returns-archive",
        ("analytics", "batch-submit"): "batch-submit",
        ("analytics", "exports"): "exports-reader",
        ("ci", "terraform-runner"): "ci-terraform-runner",
        ("ci", "release-bot"): "ci-release-bot",
        ("tenant-a", "report-writer"): "tenant-reports",
        ("tenant-b", "report-writer"): "tenant-reports",
        ("platform", "secrets-inventory"): "secrets-inventory",
        ("platform", "audit-sync"): "audit-sync",
        ("external-secrets", "external-secrets"): "external-secrets",
        ("monitoring", "metrics-shipper"): "metrics-shipper",
        ("kube-system", "aws-node"): "prod-vpc-cni",
        ("kube-system", "aws-load-balancer-controller"): "prod-load-balancer-controller",
        ("kube-system", "cluster-autoscaler"): "prod-cluster-autoscaler",
        ("kube-system", "external-dns"): "prod-external-dns",
    }
    out = {key: role_arn(name) for key, name in same.items()}
    out.update(
        {
            ("search", "indexer"): role_arn("search-indexer", "/apps/"),
            ("analytics", "warehouse-loader"): data,
            ("ci", "central-agent"): central,
        }
    )
    return out
