"""Nodes, namespaces and service accounts."""

from datetime import timedelta

from .base import REGION, TAKEN_AT, digest, kube_meta, kube_time, moment, uuid

NAMESPACES = {
    "prod": [
        "default",
        "kube-node-lease",
        "kube-public",
        "kube-system",
        "analytics",
        "batch",
        "checkout",
        "ci",
        "external-secrets",
        "growth",
        "ledger",
        "logging",
        "marketing",
        "media",
        "monitoring",
        "payments",
        "platform",
        "returns",
        "sandbox",
        "search",
        "tenant-a",
        "tenant-b",
    ],
    "staging": [
        "default",
        "kube-node-lease",
        "kube-public",
        "kube-system",
        "checkout",
        "ledger",
        "ml",
        "monitoring",
        "ops",
        "payments",
        "sandbox",
        "search",
        "tooling",
    ],
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
        out.append(
            {
                "name": "ip-%s.%s.compute.internal" % (ip.replace(".", "-"), REGION),
                "ip": ip,
                "group": group,
                "zone": REGION + "abc"[i % 3],
                "fargate": False,
            }
        )
    if cluster == "prod":
        out.append(
            {
                "name": "fargate-ip-10-10-1-77.%s.compute.internal" % REGION,
                "ip": "10.10.1.77",
                "group": "fargate",
                "zone": REGION + "b",
                "fargate": True,
            }
        )
    return out


def node_labels(n):
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": n["name"],
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": n["zone"],
    }
    if n["fargate"]:
        labels["eks.amazonaws.com/compute-type"] = "fargate"
        return labels
    kinds = {"general": "m6i.xlarge", "memory": "r6i.xlarge", "gpu": "g5.xlarge"}
    labels["node.kubernetes.io/instance-type"] = kinds[n["group"]]
    if n["group"] != "gpu":
        labels.update({"eks.amazonaws.com/nodegroup": n["group"], "eks.amazonaws.com/capacityType": "ON_DEMAND"})
    return labels


def node_spec(n):
    if n["fargate"]:
        task = digest("fargate")[:10] + "-" + uuid("fargate").replace("-", "")
        return {"providerID": "aws:///%s/%s/%s" % (n["zone"], task, n["name"])}
    spec = {"providerID": "aws:///%s/i-0%s" % (n["zone"], digest("instance", n["name"])[:16])}
    if n["group"] == "gpu":
        spec["taints"] = [{"effect": "NoSchedule", "key": "nvidia.com/gpu", "value": "true"}]
    return spec


def node_status(n, joined, beat):
    conditions = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    )
    times = {"lastHeartbeatTime": kube_time(beat), "lastTransitionTime": kube_time(joined)}
    info = {
        "architecture": "amd64",
        "bootID": uuid("boot", n["name"]),
        "containerRuntimeVersion": "containerd://2.1.5",
        "kernelVersion": "6.12.58-82.121.amzn2023.x86_64",
        "kubeProxyVersion": "",
        "kubeletVersion": "v1.33.5-eks-ecaa3a6",
        "machineID": digest("machine", n["name"])[:32],
        "operatingSystem": "linux",
        "osImage": "Amazon Linux 2023.10.20260216",
        "systemUUID": uuid("system", n["name"]),
    }
    capacity = {"cpu": "4", "ephemeral-storage": "83873772Ki", "memory": "15896064Ki", "pods": "58"}
    return {
        "addresses": [{"address": n["ip"], "type": "InternalIP"}, {"address": n["name"], "type": "Hostname"}],
        "allocatable": capacity,
        "capacity": capacity,
        "conditions": [{**times, "message": m, "reason": r, "status": s, "type": t} for t, s, r, m in conditions],
        "nodeInfo": info,
    }


def node_objects(cluster):
    """Prod's first node beats at the very time of the audit: the latest time in all files."""
    late = timedelta(0) if cluster == "prod" else timedelta(minutes=3)
    out = []
    for i, n in enumerate(nodes(cluster)):
        joined = moment("2026-11-22" if n["fargate"] else "2026-03-02", n["name"])
        metadata = kube_meta(cluster, "Node", None, n["name"], joined, labels=node_labels(n))
        status = node_status(n, joined, TAKEN_AT - late - timedelta(seconds=7 * i))
        out.append({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": node_spec(n), "status": status})
    return out


def namespace_objects(cluster):
    out = []
    for name in NAMESPACES[cluster]:
        labels = {"kubernetes.io/metadata.name": name}
        if name in ("payments", "checkout", "ledger"):
            labels["pod-security.kubernetes.io/enforce"] = "restricted"
        created = "2026-11-18" if name == "returns" else "2025-01-20"
        out.append(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": kube_meta(cluster, "Namespace", None, name, created, labels=labels),
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            }
        )
    return out


def service_accounts(cluster, workloads, annotations):
    wanted = {(ns, "default") for ns in NAMESPACES[cluster]} | {("kube-system", a) for a in CONTROLLER_ACCOUNTS}
    wanted |= {(w.namespace, w.account) for w in workloads} | set(annotations)
    out = []
    for namespace, name in sorted(wanted):
        notes = (
            {"eks.amazonaws.com/role-arn": annotations[(namespace, name)]} if (namespace, name) in annotations else None
        )
        body = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": kube_meta(
                cluster,
                "ServiceAccount",
                namespace,
                name,
                "2026-11-18" if namespace == "returns" else "2025-02-03",
                annotations=notes,
            ),
        }
        if name == "default" and namespace in ("payments", "checkout", "ledger"):
            body["automountServiceAccountToken"] = False
        if (namespace, name) == ("ci", "gitlab-runner"):
            body["secrets"] = [{"name": "gitlab-runner-token"}]
        out.append(body)
    return out
