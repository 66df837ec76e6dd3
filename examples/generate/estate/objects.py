"""The rest of what kubectl prints of a cluster."""

import base64
from datetime import timedelta

from .base import ACCOUNT, REGION, TAKEN_AT, digest, kube_meta, kube_time, moment, uuid
from .eks import subnets
from .roles import SSO, role_arn
from .story import decoy, either, k8s, planted

NAMESPACES = {
    "prod": ["default", "kube-node-lease", "kube-public", "kube-system", "analytics", "batch", "checkout", "ci", "external-secrets", "growth", "ledger", "logging", "marketing", "media", "monitoring", "payments", "platform", "returns", "sandbox", "search", "tenant-a", "tenant-b"],
    "staging": ["default", "kube-node-lease", "kube-public", "kube-system", "checkout", "ledger", "ml", "monitoring", "ops", "payments", "sandbox", "search", "tooling"],
}
# What the controller manager runs as, in kube-system of every EKS cluster.
CONTROLLER_ACCOUNTS = "attachdetach-controller aws-cloud-provider certificate-controller clusterrole-aggregation-controller cronjob-controller daemon-set-controller deployment-controller disruption-controller endpoint-controller endpointslice-controller endpointslicemirroring-controller ephemeral-volume-controller expand-controller generic-garbage-collector horizontal-pod-autoscaler job-controller legacy-service-account-token-cleaner namespace-controller node-controller persistent-volume-binder pod-garbage-collector pv-protection-controller pvc-protection-controller replicaset-controller replication-controller resourcequota-controller root-ca-cert-publisher selinux-warning-controller service-account-controller service-cidrs-controller service-controller statefulset-controller tagging-controller ttl-after-finished-controller ttl-controller validatingadmissionpolicy-status-controller".split()


def nodes(cluster):
    """Names and addresses of the nodes that pods are put on."""
    octet = {"prod": 10, "staging": 20}[cluster]
    groups = ["general", "general", "general", "memory"] if cluster == "prod" else ["general", "general", "gpu"]
    out = []
    for i, group in enumerate(groups):
        ip = "10.%d.%d.%d" % (octet, i % 3, 20 + int(digest("node ip", cluster, i)[:2], 16) % 200)
        out.append({"name": "ip-%s.%s.compute.internal" % (ip.replace(".", "-"), REGION), "ip": ip, "group": group, "zone": REGION + "abc"[i % 3], "fargate": False})
    if cluster == "prod":
        out.append({"name": "fargate-ip-10-10-1-77.%s.compute.internal" % REGION, "ip": "10.10.1.77", "group": "fargate", "zone": REGION + "b", "fargate": True})
    return out


def node_objects(cluster):
    out = []
    for i, n in enumerate(nodes(cluster)):
        labels = {"kubernetes.io/arch": "amd64", "kubernetes.io/hostname": n["name"], "kubernetes.io/os": "linux", "topology.kubernetes.io/region": REGION, "topology.kubernetes.io/zone": n["zone"]}
        provider = "aws:///%s/i-0%s" % (n["zone"], digest("instance", n["name"])[:16])
        if n["fargate"]:
            labels["eks.amazonaws.com/compute-type"] = "fargate"
            provider = "aws:///%s/%s/fargate-ip-10-10-1-77.%s.compute.internal" % (n["zone"], digest("fargate")[:10] + "-" + uuid("fargate").replace("-", ""), REGION)
        else:
            labels["node.kubernetes.io/instance-type"] = {"general": "m6i.xlarge", "memory": "r6i.xlarge", "gpu": "g5.xlarge"}[n["group"]]
            if n["group"] != "gpu":
                labels.update({"eks.amazonaws.com/nodegroup": n["group"], "eks.amazonaws.com/capacityType": "ON_DEMAND"})
        beat = TAKEN_AT - timedelta(seconds=(7 * i) % 60) if cluster == "prod" else TAKEN_AT - timedelta(minutes=3, seconds=i)
        joined = moment("2026-11-12", n["name"])
        conditions = [{"lastHeartbeatTime": kube_time(beat), "lastTransitionTime": kube_time(joined), "message": m, "reason": r, "status": s, "type": t} for t, s, r, m in (("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"), ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"), ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"), ("Ready", "True", "KubeletReady", "kubelet is posting ready status"))]
        info = {"architecture": "amd64", "bootID": uuid("boot", n["name"]), "containerRuntimeVersion": "containerd://2.1.4", "kernelVersion": "6.12.46-66.121.amzn2023.x86_64", "kubeProxyVersion": "", "kubeletVersion": "v1.33.4-eks-99d6cc0", "machineID": digest("machine", n["name"])[:32], "operatingSystem": "linux", "osImage": "Amazon Linux 2023.9.20261105", "systemUUID": uuid("system", n["name"])}
        capacity = {"cpu": "4", "ephemeral-storage": "83873772Ki", "memory": "15896064Ki", "pods": "58"}
        spec = {"providerID": provider}
        if n["group"] == "gpu":
            spec["taints"] = [{"effect": "NoSchedule", "key": "nvidia.com/gpu", "value": "true"}]
        out.append({"apiVersion": "v1", "kind": "Node", "metadata": kube_meta(cluster, "Node", None, n["name"], joined, labels=labels), "spec": spec, "status": {"addresses": [{"address": n["ip"], "type": "InternalIP"}, {"address": n["name"], "type": "Hostname"}], "allocatable": capacity, "capacity": capacity, "conditions": conditions, "nodeInfo": info}})
    return out


def namespace_objects(cluster):
    out = []
    for name in NAMESPACES[cluster]:
        labels = {"kubernetes.io/metadata.name": name}
        if name in ("payments", "checkout", "ledger"):
            labels["pod-security.kubernetes.io/enforce"] = "restricted"
        created = "2026-11-18" if name == "returns" else "2025-01-20"
        out.append({"apiVersion": "v1", "kind": "Namespace", "metadata": kube_meta(cluster, "Namespace", None, name, created, labels=labels), "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}})
    return out


def service_accounts(cluster, workloads, annotations):
    wanted = {(ns, "default") for ns in NAMESPACES[cluster]} | {("kube-system", a) for a in CONTROLLER_ACCOUNTS}
    wanted |= {(w.namespace, w.account) for w in workloads} | set(annotations)
    out = []
    for namespace, name in sorted(wanted):
        notes = {"eks.amazonaws.com/role-arn": annotations[(namespace, name)]} if (namespace, name) in annotations else None
        body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": kube_meta(cluster, "ServiceAccount", namespace, name, "2026-11-18" if namespace == "returns" else "2025-02-03", annotations=notes)}
        if name == "default" and namespace in ("payments", "checkout", "ledger"):
            body["automountServiceAccountToken"] = False
        if (namespace, name) == ("ci", "gitlab-runner"):
            body["secrets"] = [{"name": "gitlab-runner-token"}]
        out.append(body)
    return out


def secret(cluster, namespace, name, kind, created, keys=(), manager=None, changed=None, data=None, **meta):
    """A Secret as a careful person prints it: without data. With MANAGER: `--show-managed-fields`, which names the keys."""
    extra = dict(meta)
    if manager:
        fields = {"f:data": {".": {}, **{"f:" + k: {} for k in keys}}, "f:type": {}}
        extra["managedFields"] = [{"apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields, "manager": manager, "operation": "Update", "time": kube_time(moment(changed or created, cluster, namespace, name))}]
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": kube_meta(cluster, "Secret", namespace, name, created, **extra), "type": kind}
    if data:
        body["data"] = {k: base64.b64encode(v.encode()).decode() for k, v in data.items()}
    return body


def secrets_prod():
    s = lambda ns, name, kind, created, keys, manager, **more: secret("prod", ns, name, kind, created, keys, manager, **more)
    synced = lambda name: {"ownerReferences": [{"apiVersion": "external-secrets.io/v1", "blockOwnerDeletion": True, "controller": True, "kind": "ExternalSecret", "name": name, "uid": uuid("prod", "ExternalSecret", name)}]}
    at = lambda ns, name: k8s("prod", ns, "Secret", name)
    planted("legacy-service-account-token", at("ci", "gitlab-runner-token"), "a token that never expires for a service account that is cluster-admin")
    planted("workload-static-aws-key", at("growth", "adwords-sync"), "its keys are named aws_access_key_id and aws_secret_access_key; the pod takes all of them into its env", also=[k8s("prod", "growth", "Deployment", "adwords-sync")])
    for ns, name, why in (("platform", "vault-token-x8x2p", "named like a token, but Opaque"), ("ci", "registry-pull", "credentials of a registry, not of a service account"), ("platform", "sh.helm.release.v1.devportal.v4", "Helm's record of a release")):
        decoy("legacy-service-account-token", at(ns, name), why)
    decoy("workload-static-aws-key", at("payments", "payments-db"), "a database's user and password")
    return [
        s("payments", "payments-db", "Opaque", "2025-02-05", ["username", "password"], "external-secrets", changed="2026-11-10", **synced("payments-db")),
        s("checkout", "checkout-psp", "Opaque", "2025-02-05", ["token"], "external-secrets", changed="2026-10-01", **synced("checkout-psp")),
        s("growth", "adwords-sync", "Opaque", "2025-05-13", ["developer_token", "aws_access_key_id", "aws_secret_access_key"], "kubectl-create"),
        s("ci", "gitlab-runner-token", "kubernetes.io/service-account-token", "2025-03-06", ["ca.crt", "namespace", "token"], "kube-controller-manager", labels={"kubernetes.io/legacy-token-last-used": "2026-11-23"}, annotations={"kubernetes.io/service-account.name": "gitlab-runner", "kubernetes.io/service-account.uid": uuid("prod", "ServiceAccount", "ci", "gitlab-runner")}),
        s("ci", "registry-pull", "kubernetes.io/dockerconfigjson", "2025-03-06", [".dockerconfigjson"], "kubectl-create"),
        s("platform", "vault-token-x8x2p", "Opaque", "2025-09-15", ["token"], "kubectl-create"),
        s("platform", "sh.helm.release.v1.devportal.v4", "helm.sh/release.v1", "2026-11-19", ["release"], "helm", labels={"name": "devportal", "owner": "helm", "status": "deployed", "version": "4"}),
        s("platform", "acme-ca-bundle", "Opaque", "2025-03-24", ["ca.crt"], "kubectl-create"),
        s("platform", "devportal-tls", "kubernetes.io/tls", "2026-10-05", ["tls.crt", "tls.key"], "kubectl-create"),
    ]


def secrets_staging():
    return [
        secret("staging", "tooling", "s3-backup-creds", "Opaque", "2025-04-30"),
        secret("staging", "payments", "payments-db", "Opaque", "2025-02-24"),
        secret("staging", "sandbox", "demo-config", "Opaque", "2026-01-15", data={"greeting": "not-a-real-value", "color": "placeholder"}),
    ]


def config_maps(cluster):
    cni = {"apiVersion": "v1", "data": {"branch-eni-cooldown": "60", "enable-network-policy-controller": "true" if cluster == "prod" else "false", "enable-windows-ipam": "false", "minimum-ip-target": "3", "warm-ip-target": "1"}, "kind": "ConfigMap", "metadata": kube_meta(cluster, "ConfigMap", "kube-system", "amazon-vpc-cni", "2025-01-20", labels={"app.kubernetes.io/name": "aws-node"})}
    lines = lambda entries: "".join("- groups:\n%s  %s: %s\n  username: %s\n" % ("".join("  - %s\n" % g for g in groups), key, arn, user) for key, arn, user, groups in entries)
    if cluster == "prod":
        data = {"mapRoles": lines([("rolearn", role_arn("acme-prod-node"), "system:node:{{EC2PrivateDNSName}}", ["system:bootstrappers", "system:nodes"]), ("rolearn", role_arn("github-actions-build"), "github", ["system:masters"])])}
        decoy("cluster-admin-from-aws", role_arn("github-actions-build"), "aws-auth maps it to system:masters, but the cluster's mode is API: nobody reads aws-auth")
    else:
        jan, petra = "arn:aws:iam::%s:user/jan.novak" % ACCOUNT, "arn:aws:iam::%s:user/petra.kovac" % ACCOUNT
        qa = role_arn(SSO["qa"])
        data = {"mapRoles": lines([("rolearn", role_arn("acme-staging-node-gpu"), "system:node:{{EC2PrivateDNSName}}", ["system:bootstrappers", "system:nodes"]), ("rolearn", qa, "qa:{{SessionName}}", ["acme:qa"])]), "mapUsers": lines([("userarn", jan, "jan.novak", ["system:masters"]), ("userarn", petra, "petra.kovac", ["acme:developers"])])}
        here = k8s("staging", "kube-system", "ConfigMap", "aws-auth")
        planted("cluster-admin-from-aws", jan, "an IAM user, with a password and no role in between, is system:masters by aws-auth", also=[here])
        planted("access-entry-principal-missing", petra, "the user left in spring; whoever makes a user of this name comes in again", also=[here])
        decoy("access-entry-principal-missing", qa, "aws-auth wants the ARN without a path; the role is there, under /aws-reserved/sso.amazonaws.com/")
    auth = {"apiVersion": "v1", "data": data, "kind": "ConfigMap", "metadata": kube_meta(cluster, "ConfigMap", "kube-system", "aws-auth", "2025-01-20")}
    return [auth, cni]


def service(cluster, namespace, name, port, target=8080, kind="ClusterIP"):
    ip = "172.20.%d.%d" % (int(digest(cluster, namespace, name)[:2], 16), int(digest(cluster, namespace, name)[2:4], 16))
    return {"apiVersion": "v1", "kind": "Service", "metadata": kube_meta(cluster, "Service", namespace, name, "2025-03-04", labels={"app.kubernetes.io/name": name}), "spec": {"clusterIP": ip, "clusterIPs": [ip], "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "ports": [{"name": "http", "port": port, "protocol": "TCP", "targetPort": target}], "selector": {"app.kubernetes.io/name": name}, "sessionAffinity": "None", "type": kind}, "status": {"loadBalancer": {}}}


def ingress(cluster, namespace, name, scheme, host, paths):
    rules = [{"host": host, "http": {"paths": [{"backend": {"service": {"name": s, "port": {"number": p}}}, "path": path, "pathType": "Prefix"} for path, s, p in paths]}}]
    balancer = "k8s-%s-%s.%s.elb.amazonaws.com" % (namespace, digest(cluster, name)[:10], REGION)
    notes = {"alb.ingress.kubernetes.io/listen-ports": '[{"HTTPS":443}]', "alb.ingress.kubernetes.io/scheme": scheme, "alb.ingress.kubernetes.io/target-type": "ip"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": kube_meta(cluster, "Ingress", namespace, name, "2025-03-04", annotations=notes), "spec": {"ingressClassName": "alb", "rules": rules}, "status": {"loadBalancer": {"ingress": [{"hostname": ("internal-" if scheme == "internal" else "") + balancer}]}}}


def traffic(cluster):
    s = lambda *a, **k: service(cluster, *a, **k)
    if cluster == "prod":
        services = [s("checkout", "checkout-api", 80), s("checkout", "checkout-web", 80, 3000), s("payments", "payments-api", 80), s("ledger", "ledger-api", 80), s("search", "search-api", 80), s("returns", "returns-api", 80), s("platform", "devportal", 80, 7007), s("monitoring", "prometheus", 9090, 9090)]
        return services, [ingress(cluster, "checkout", "shop", "internet-facing", "shop.acme.example", [("/api", "checkout-api", 80), ("/", "checkout-web", 80)]), ingress(cluster, "platform", "devportal", "internal", "portal.acme.example", [("/", "devportal", 80)])]
    services = [s("checkout", "checkout-api", 80), s("checkout", "checkout-web", 80, 3000), s("payments", "payments-api", 80), s("sandbox", "demo", 80), s("search", "search-api", 80)]
    return services, [ingress(cluster, "checkout", "shop", "internal", "shop.staging.acme.example", [("/", "checkout-web", 80)])]


def network_policies(cluster):
    policy = lambda ns, name, spec: {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": kube_meta(cluster, "NetworkPolicy", ns, name, "2025-03-04"), "spec": spec}
    out = []
    for ns in ("payments", "checkout", "ledger") if cluster == "prod" else ("payments",):
        out.append(policy(ns, "default-deny", {"podSelector": {}, "policyTypes": ["Ingress"]}))
        source = {"payments": "checkout", "checkout": "kube-system", "ledger": "payments"}[ns]
        out.append(policy(ns, "allow-api", {"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": source}}}], "ports": [{"port": 8080, "protocol": "TCP"}]}], "podSelector": {"matchLabels": {"app.kubernetes.io/name": ns + "-api"}}, "policyTypes": ["Ingress"]}))
    return out


def external_secrets():
    """The store and the two ExternalSecrets of prod, and the CSI driver's class."""
    out = []
    for ns in ("payments", "checkout"):
        spec = {"provider": {"aws": {"auth": {}, "region": REGION, "service": "SecretsManager"}}}
        out.append({"apiVersion": "external-secrets.io/v1", "kind": "SecretStore", "metadata": kube_meta("prod", "SecretStore", ns, "vault", "2025-02-11"), "spec": spec, "status": {"capabilities": "ReadWrite", "conditions": [{"lastTransitionTime": kube_time(moment("2026-10-15", ns)), "message": "store validated", "reason": "Valid", "status": "True", "type": "Ready"}]}})
    for ns, name, remote, keys, synced in (("payments", "payments-db", "prod/payments/db", ["username", "password"], "2026-11-23"), ("checkout", "checkout-psp", "prod/checkout/psp-token", ["token"], "2026-11-23")):
        spec = {"data": [{"remoteRef": {"conversionStrategy": "Default", "decodingStrategy": "None", "key": remote, "metadataPolicy": "None", "property": k}, "secretKey": k} for k in keys], "refreshInterval": "1h0m0s", "secretStoreRef": {"kind": "SecretStore", "name": "vault"}, "target": {"creationPolicy": "Owner", "deletionPolicy": "Retain", "name": name}}
        done = moment(synced, name)
        out.append({"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": kube_meta("prod", "ExternalSecret", ns, name, "2025-02-11", uid=uuid("prod", "ExternalSecret", name)), "spec": spec, "status": {"binding": {"name": name}, "conditions": [{"lastTransitionTime": kube_time(moment("2026-10-15", ns, name)), "message": "secret synced", "reason": "SecretSynced", "status": "True", "type": "Ready"}], "refreshTime": kube_time(done), "syncedResourceVersion": "3-" + digest("synced", name)[:56]}})
    out.append({"apiVersion": "secrets-store.csi.x-k8s.io/v1", "kind": "SecretProviderClass", "metadata": kube_meta("prod", "SecretProviderClass", "ledger", "ledger-db", "2025-02-11"), "spec": {"parameters": {"objects": '- objectName: "prod/ledger/db"\n  objectType: "secretsmanager"\n', "region": REGION}, "provider": "aws"}})
    return out
