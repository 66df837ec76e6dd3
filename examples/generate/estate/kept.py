"""Secrets without their values, the ConfigMaps of kube-system, and what brings secrets into the cluster."""

import base64

from .base import REGION, digest, iam_arn, kube_meta, kube_time, moment, uuid
from .roles import SSO, SSO_PATH, role_arn
from .story import decoy, k8s, planted


def secret(cluster, namespace, name, kind, created, keys=(), manager=None, changed=None, data=None, **meta):
    """A Secret as a careful person prints it: without data. With MANAGER: `--show-managed-fields`, which names the keys."""
    extra = dict(meta)
    if manager:
        fields = {"f:data": {".": {}, **{"f:" + k: {} for k in keys}}, "f:type": {}}
        extra["managedFields"] = [
            {
                "apiVersion": "v1",
                "fieldsType": "FieldsV1",
                "fieldsV1": fields,
                "manager": manager,
                "operation": "Update",
                "time": kube_time(moment(changed or created, cluster, namespace, name)),
            }
        ]
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": kube_meta(cluster, "Secret", namespace, name, created, **extra),
        "type": kind,
    }
    if data:
        body["data"] = {k: base64.b64encode(v.encode()).decode() for k, v in data.items()}
    return body


def secrets_prod():
    s = lambda ns, name, kind, created, keys, manager, **more: secret(
        "prod", ns, name, kind, created, keys, manager, **more
    )
    synced = lambda name: {
        "ownerReferences": [
            {
                "apiVersion": "external-secrets.io/v1",
                "blockOwnerDeletion": True,
                "controller": True,
                "kind": "ExternalSecret",
                "name": name,
                "uid": uuid("prod", "ExternalSecret", name),
            }
        ]
    }
    at = lambda ns, name: k8s("prod", ns, "Secret", name)
    planted(
        "legacy-service-account-token",
        at("ci", "gitlab-runner-token"),
        "a token that never expires for a service account that is cluster-admin",
    )
    planted(
        "workload-static-aws-key",
        at("growth", "adwords-sync"),
        "its keys are named aws_access_key_id and aws_secret_access_key; the pod takes all of them into its env",
        also=[k8s("prod", "growth", "Deployment", "adwords-sync")],
    )
    for ns, name, why in (
        ("platform", "vault-token-x8x2p", "named like a token, but Opaque"),
        ("ci", "registry-pull", "credentials of a registry, not of a service account"),
        ("platform", "sh.helm.release.v1.devportal.v4", "Helm's record of a release"),
    ):
        decoy("legacy-service-account-token", at(ns, name), why)
    kept = "registry-credential-kept"
    planted(kept, at("media", "ecr-pull"), "a token of ECR from August 2025, which ended that night; the nodes pull by their role")
    decoy(kept, at("ci", "registry-pull"), "the runner's image is on Docker Hub, which nodes have no role for")
    decoy("database-password-kept-twice", at("payments", "payments-db"), "called as its entry in the vault, which brings it")
    unused = "kubernetes-secret-unused"
    planted(unused, at("platform", "vault-token-x8x2p"), "from a trial of Vault that ended a year ago; nothing takes it")
    decoy(unused, at("platform", "acme-ca-bundle"), "no pod mounts it, but a role of devportal names it: it is read by the API")
    decoy(unused, at("platform", "devportal-tls"), "nothing takes it yet: seven weeks old")
    decoy(unused, at("platform", "sh.helm.release.v1.devportal.v4"), "no pod takes it: Helm reads it")
    decoy(unused, at("search", "search-api-tls"), "no pod takes it, and cert-manager keeps it")
    decoy("workload-static-aws-key", at("payments", "payments-db"), "a database's user and password")
    return [
        s(
            "payments",
            "payments-db",
            "Opaque",
            "2025-02-05",
            ["username", "password"],
            "external-secrets",
            changed="2026-11-10",
            **synced("payments-db"),
        ),
        s(
            "checkout",
            "checkout-psp",
            "Opaque",
            "2025-02-05",
            ["token"],
            "external-secrets",
            changed="2026-10-01",
            **synced("checkout-psp"),
        ),
        s(
            "growth",
            "adwords-sync",
            "Opaque",
            "2025-05-13",
            ["developer_token", "aws_access_key_id", "aws_secret_access_key"],
            "kubectl-create",
        ),
        s(
            "growth",
            "ads-feed",
            "Opaque",
            "2025-05-13",
            ["token"],
            "external-secrets",
            changed="2026-10-01",
            **synced("ads-feed"),
        ),
        s("media", "thumbnailer-license", "Opaque", "2025-05-13", ["license.key"], "kubectl-create"),
        s(
            "ci",
            "gitlab-runner-token",
            "kubernetes.io/service-account-token",
            "2025-03-06",
            ["ca.crt", "namespace", "token"],
            "kube-controller-manager",
            labels={"kubernetes.io/legacy-token-last-used": "2026-11-23"},
            annotations={
                "kubernetes.io/service-account.name": "gitlab-runner",
                "kubernetes.io/service-account.uid": uuid("prod", "ServiceAccount", "ci", "gitlab-runner"),
            },
        ),
        s(
            "ci",
            "registry-pull",
            "kubernetes.io/dockerconfigjson",
            "2025-03-06",
            [".dockerconfigjson"],
            "kubectl-create",
        ),
        s(
            "media",
            "ecr-pull",
            "kubernetes.io/dockerconfigjson",
            "2025-08-04",
            [".dockerconfigjson"],
            "kubectl-create",
        ),
        s("platform", "vault-token-x8x2p", "Opaque", "2025-09-15", ["token"], "kubectl-create"),
        s(
            "platform",
            "sh.helm.release.v1.devportal.v4",
            "helm.sh/release.v1",
            "2026-11-19",
            ["release"],
            "helm",
            labels={"name": "devportal", "owner": "helm", "status": "deployed", "version": "4"},
        ),
        issued("ledger", "ledger-grpc", "2025-06-02", "2026-08-03"),
        issued("search", "search-api", "2026-06-01", "2026-11-18"),
        s("platform", "acme-ca-bundle", "Opaque", "2025-03-24", ["ca.crt"], "kubectl-create"),
        s("platform", "devportal-tls", "kubernetes.io/tls", "2026-10-05", ["tls.crt", "tls.key"], "kubectl-create"),
    ]


def issued(namespace, certificate, created, changed):
    """The Secret of a Certificate."""
    notes = {
        "cert-manager.io/certificate-name": certificate,
        "cert-manager.io/issuer-kind": "ClusterIssuer",
        "cert-manager.io/issuer-name": "acme-internal",
    }
    return secret(
        "prod",
        namespace,
        certificate + "-tls",
        "kubernetes.io/tls",
        created,
        ["ca.crt", "tls.crt", "tls.key"],
        "cert-manager-certificates-issuing",
        changed=changed,
        annotations=notes,
    )


def certificate(namespace, name, begin, end, renewal, is_ready):
    at = kube_time(moment(begin if is_ready else renewal, namespace, name))
    word = "Ready" if is_ready else "Failed"
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": kube_meta("prod", "Certificate", namespace, name, "2025-06-02"),
        "spec": {
            "dnsNames": ["%s.%s.svc.cluster.local" % (name, namespace)],
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "acme-internal"},
            "secretName": name + "-tls",
        },
        "status": {
            "conditions": [
                {
                    "lastTransitionTime": at,
                    "message": "as its last request",
                    "reason": word,
                    "status": "True" if is_ready else "False",
                    "type": "Ready",
                }
            ],
            "notAfter": kube_time(moment(end, namespace, name)),
            "notBefore": kube_time(moment(begin, namespace, name)),
            "renewalTime": kube_time(moment(renewal, namespace, name)),
            "revision": 6,
        },
    }


def certificates():
    """The Certificates of prod."""
    check, at = "tls-certificate-expiring", lambda ns, name: k8s("prod", ns, "Certificate", name)
    planted(check, at("ledger", "ledger-grpc"), "was to be renewed on 2 November, and the issuer has refused since")
    decoy(check, at("search", "search-api"), "ends in four days, and is renewed in two: it never lives longer than ten")
    return [
        certificate("ledger", "ledger-grpc", "2026-08-03", "2026-12-01", "2026-11-02", False),
        certificate("search", "search-api", "2026-11-18", "2026-11-28", "2026-11-26", True),
    ]


def secrets_staging():
    planted(
        "database-password-kept-twice",
        k8s("staging", "payments", "Secret", "payments-db"),
        "written by hand in February 2025; staging/payments/db has been rotated every month since",
    )
    planted(
        "kubernetes-secret-unused",
        k8s("staging", "sandbox", "Secret", "demo-config"),
        "left over from a demonstration in January",
    )
    return [
        secret("staging", "tooling", "s3-backup-creds", "Opaque", "2025-04-30"),
        secret(
            "staging", "payments", "payments-db", "Opaque", "2025-02-24", ["username", "password"], "kubectl-create"
        ),
        secret(
            "staging",
            "sandbox",
            "demo-config",
            "Opaque",
            "2026-01-15",
            data={"greeting": "not-a-real-value", "color": "placeholder"},
        ),
    ]


def mappings(*entries):
    """Text of mapRoles or mapUsers, of (ARN, user name, groups)."""
    lines = []
    for arn, user, groups in entries:
        lines += ["- groups:"] + ["  - " + g for g in groups]
        lines += ["  %s: %s" % ("userarn" if ":user/" in arn else "rolearn", arn), "  username: " + user]
    return "\n".join(lines) + "\n"


def node_mapping(role):
    return (role_arn(role), "system:node:{{EC2PrivateDNSName}}", ["system:bootstrappers", "system:nodes"])


def aws_auth_prod():
    build = role_arn("github-actions-build")
    decoy(
        "cluster-admin-from-aws",
        build,
        "aws-auth maps it to system:masters, but the cluster's mode is API: nobody reads aws-auth",
    )
    planted(
        "access-ignored-by-mode",
        k8s("prod", "kube-system", "ConfigMap", "aws-auth"),
        "left behind when the mode became API: whoever reads it takes a pipeline for an administrator",
    )
    return {"mapRoles": mappings(node_mapping("acme-prod-node"), (build, "github", ["system:masters"]))}


def aws_auth_staging():
    jan, petra, qa = iam_arn("user", "jan.novak"), iam_arn("user", "petra.kovac"), role_arn(SSO["qa"])
    here = k8s("staging", "kube-system", "ConfigMap", "aws-auth")
    planted(
        "cluster-admin-from-aws",
        jan,
        "an IAM user, with a password and no role in between, is system:masters by aws-auth",
        also=[here],
    )
    planted(
        "access-entry-principal-missing",
        petra,
        "the user left in spring; whoever makes a user of this name comes in again",
        also=[here],
    )
    decoy(
        "access-entry-principal-missing",
        qa,
        "aws-auth wants the ARN without a path; the role is there, under /aws-reserved/sso.amazonaws.com/",
    )
    planted(
        "user-name-chosen-by-caller",
        qa,
        "a session's name is free: whoever tests names the session lucie, and maintains checkout",
        also=[role_arn(SSO["qa"], SSO_PATH)],
    )
    planted(
        "aws-auth-mapping-broken",
        here,
        "the developers' role with its path, which the authenticator never matches: the first try",
    )
    planted(
        "aws-auth-mapping-shadowed",
        here,
        "the developers' role without its path: the second try, and since then they have an access entry, which wins",
    )
    moved = role_arn("staging-migration")
    for check, why in (
        ("cluster-admin-from-aws", "for the move into the cluster, and system:masters ever since"),
        ("cluster-admin-unused", "the move was over in spring 2025; nobody has used the role since"),
        ("role-unused", "the same role: it still is cluster-admin of staging"),
    ):
        planted(check, moved, why)
    decoy("cluster-admin-unused", jan, "its password was used last week")
    load = iam_arn("user", "load-tests")
    planted(
        "access-user-unused",
        load,
        "its key was last used in March, for the last load test, and still reads what staging runs",
        also=[here],
    )
    decoy("access-user-unused", petra, "there is no such user: that is said already")
    return {
        "mapRoles": mappings(
            node_mapping("acme-staging-node-gpu"),
            (qa, "qa:{{SessionName}}", ["acme:qa"]),
            (role_arn(SSO["developer"], SSO_PATH), "developer:{{SessionName}}", ["acme:developers"]),
            (role_arn(SSO["developer"]), "developer:{{SessionName}}", ["acme:developers"]),
            (moved, "migration", ["system:masters"]),
        ),
        "mapUsers": mappings(
            (jan, "jan.novak", ["system:masters"]),
            (petra, "petra.kovac", ["acme:developers"]),
            (load, "load-tests", ["acme:qa"]),
        ),
    }


def config_maps(cluster):
    cni = {
        "branch-eni-cooldown": "60",
        "enable-network-policy-controller": "true" if cluster == "prod" else "false",
        "enable-windows-ipam": "false",
        "minimum-ip-target": "3",
        "warm-ip-target": "1",
    }
    maps = {"aws-auth": aws_auth_prod() if cluster == "prod" else aws_auth_staging(), "amazon-vpc-cni": cni}
    return [
        {
            "apiVersion": "v1",
            "data": data,
            "kind": "ConfigMap",
            "metadata": kube_meta(cluster, "ConfigMap", "kube-system", name, "2025-01-20"),
        }
        for name, data in maps.items()
    ]


def ready(day, namespace, name, reason, message, status="True"):
    at = kube_time(moment(day, namespace, name))
    return [{"lastTransitionTime": at, "message": message, "reason": reason, "status": status, "type": "Ready"}]


def secret_store(namespace):
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": kube_meta("prod", "SecretStore", namespace, "vault", "2025-02-11"),
        "spec": {"provider": {"aws": {"auth": {}, "region": REGION, "service": "SecretsManager"}}},
        "status": {
            "capabilities": "ReadWrite",
            "conditions": ready("2026-10-15", namespace, "vault", "Valid", "store validated"),
        },
    }


def external_secret(namespace, name, remote, keys, synced, ok=True):
    reference = lambda key: {
        "conversionStrategy": "Default",
        "decodingStrategy": "None",
        "key": remote,
        "metadataPolicy": "None",
        "property": key,
    }
    identity = uuid("prod", "ExternalSecret", name)
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": kube_meta("prod", "ExternalSecret", namespace, name, "2025-02-11", uid=identity),
        "spec": {
            "data": [{"remoteRef": reference(k), "secretKey": k} for k in keys],
            "refreshInterval": "1h0m0s",
            "secretStoreRef": {"kind": "SecretStore", "name": "vault"},
            "target": {"creationPolicy": "Owner", "deletionPolicy": "Retain", "name": name},
        },
        "status": {
            "binding": {"name": name},
            "conditions": ready("2026-10-15", namespace, name, "SecretSynced", "secret synced")
            if ok
            else ready(synced, namespace, name, "SecretSyncedError", "could not get secret data from provider", "False"),
            "refreshTime": kube_time(moment(synced, name)),
            "syncedResourceVersion": "3-" + digest("synced", name)[:56],
        },
    }


def renamed():
    """Of growth: one that asks for a secret by its old name, and one that looks for secrets and finds none yet."""
    old = external_secret("growth", "ads-oauth", "prod/growth/google-ads", ["refresh_token"], "2025-09-08")
    at = kube_time(moment("2025-09-09", "growth", "ads-oauth"))
    old["status"]["conditions"] = [
        {
            "lastTransitionTime": at,
            "message": "could not get secret data from provider",
            "reason": "SecretSyncedError",
            "status": "False",
            "type": "Ready",
        }
    ]
    looking = external_secret("growth", "campaigns", "", [], "2026-11-23")
    looking["spec"]["data"] = []
    looking["spec"]["dataFrom"] = [{"find": {"name": {"regexp": "^prod/growth/campaign-"}}}]
    missing = "external-secret-entry-missing"
    planted(
        missing,
        k8s("prod", "growth", "ExternalSecret", "ads-oauth"),
        "the secret was renamed in September 2025 to prod/growth/ads-oauth, and nothing has come since",
    )
    decoy(missing, k8s("prod", "growth", "ExternalSecret", "campaigns"), "looks for names, and there are none yet")
    decoy(
        missing,
        k8s("prod", "payments", "ExternalSecret", "payments-db"),
        "asks for the secret by its name, which is there",
    )
    return [secret_store("growth"), old, looking]


def external_secrets():
    """The stores and ExternalSecrets of prod, and the CSI driver's class."""
    objects = '- objectName: "prod/ledger/db"\n  objectType: "secretsmanager"\n'
    mounted = {
        "apiVersion": "secrets-store.csi.x-k8s.io/v1",
        "kind": "SecretProviderClass",
        "metadata": kube_meta("prod", "SecretProviderClass", "ledger", "ledger-db", "2025-02-11"),
        "spec": {"parameters": {"objects": objects, "region": REGION}, "provider": "aws"},
    }
    return [
        secret_store("payments"),
        secret_store("checkout"),
        external_secret("payments", "payments-db", "prod/payments/db", ["username", "password"], "2026-11-23"),
        external_secret("checkout", "checkout-psp", "prod/checkout/psp-token", ["token"], "2026-11-23"),
        external_secret("growth", "ads-feed", "prod/growth/ads-feed-v1", ["token"], "2026-11-19", ok=False),
        mounted,
    ] + renamed()
