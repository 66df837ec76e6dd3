"""From a workload to its pods, as kubectl prints them."""

from datetime import timedelta

from .base import REGION, digest, kube_meta, kube_time, moment, short
from .registry import DATA_HOST, HOST, image_digest

EKS_IMAGES = "602401143452.dkr.ecr.eu-west-1.amazonaws.com/"


# Containers beside the first, by what their images are called.
SIDECARS = {"aws-network-policy-agent": "aws-eks-nodeagent"}


def reference(image):
    """An image as a pod spec names it: `repo:tag` and `repo@` are Acme's own, `data:` the data account's."""
    if image.startswith("data:"):
        return DATA_HOST + "/" + image[5:]
    if "." in image.split("/")[0]:
        return image
    if image.endswith("@"):
        return "%s/%s@%s" % (HOST, image[:-1], image_digest(image[:-1], ""))
    return HOST + "/" + image


def running(image):
    """The imageID that a node reports."""
    ref = reference(image)
    if "@" in ref:
        return ref
    repository, tag = ref.rsplit(":", 1)
    own = repository.removeprefix(HOST + "/").removeprefix(DATA_HOST + "/")
    return "%s@%s" % (repository, image_digest(own, tag))


def token(path, seconds, audience=None):
    source = {"expirationSeconds": seconds, "path": path}
    if audience:
        source["audience"] = audience
    return {"serviceAccountToken": source}


def projected(name, *sources):
    return {"name": name, "projected": {"defaultMode": 420, "sources": list(sources)}}


def mount(name, whose):
    return {"mountPath": "/var/run/secrets/%s/serviceaccount" % whose, "name": name, "readOnly": True}


class PodMaker:
    """One workload: its pod template and its pods, whichever controller makes them."""

    def __init__(
        self,
        cluster,
        namespace,
        name,
        image,
        kind="Deployment",
        replicas=1,
        account=None,
        since="2026-11-18",
        env=(),
        **more,
    ):
        self.cluster, self.namespace, self.name, self.kind, self.replicas = cluster, namespace, name, kind, replicas
        self.images = image if isinstance(image, list) else [image]
        self.account, self.since, self.env, self.more = account or name, since, list(env), more
        self.created = more.get("created", "2025-03-04")
        self.labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace}

    def meta(self, kind, name, created, **more):
        return kube_meta(self.cluster, kind, self.namespace, name, created, **more)

    def env_of(self, role, associated):
        env = [{"name": "LOG_LEVEL", "value": "info"}] + self.env
        if role and not associated:
            env += [
                {"name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "regional"},
                {"name": "AWS_DEFAULT_REGION", "value": REGION},
                {"name": "AWS_REGION", "value": REGION},
                {"name": "AWS_ROLE_ARN", "value": role},
                {
                    "name": "AWS_WEB_IDENTITY_TOKEN_FILE",
                    "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
                },
            ]
        if associated:
            env += [
                {"name": "AWS_REGION", "value": REGION},
                {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"},
                {
                    "name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                    "value": "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
                },
            ]
        return env

    def container(self, index, image, env):
        out = {
            "image": reference(image),
            "imagePullPolicy": "IfNotPresent",
            "name": self.name if index == 0 else SIDECARS.get(image.split("/")[-1].split(":")[0], "sidecar-%d" % index),
        }
        if index == 0:
            if env:
                out["env"] = env
            if self.more.get("env_from"):
                out["envFrom"] = [{"secretRef": {"name": s}} for s in self.more["env_from"]]
            if self.more.get("port"):
                out["ports"] = [{"containerPort": self.more["port"], "name": "http", "protocol": "TCP"}]
            mounts = [
                {
                    "mountPath": v["path"],
                    "name": v["name"],
                    "readOnly": True,
                    **({"subPath": v["sub"]} if "sub" in v else {}),
                }
                for v in self.more.get("mounts", [])
            ]
            if mounts:
                out["volumeMounts"] = mounts
        out["resources"] = {"limits": {"memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}}
        if self.more.get("privileged"):
            out["securityContext"] = {"privileged": True}
        else:
            out["securityContext"] = {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
            }
        out.update({"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"})
        return out

    def template(self, env):
        """The pod spec of the controller, before admission adds tokens."""
        spec = {"containers": [self.container(i, image, env) for i, image in enumerate(self.images)]}
        volumes = [{"name": v["name"], **v["source"]} for v in self.more.get("mounts", [])]
        if volumes:
            spec["volumes"] = volumes
        if self.more.get("pull"):
            spec["imagePullSecrets"] = [{"name": name} for name in self.more["pull"]]
        spec.update(
            {
                "dnsPolicy": "ClusterFirst",
                "restartPolicy": "OnFailure" if self.kind == "CronJob" else "Always",
                "schedulerName": "default-scheduler",
                "securityContext": {},
                "serviceAccount": self.account,
                "serviceAccountName": self.account,
                "terminationGracePeriodSeconds": 30,
            }
        )
        if self.more.get("host_network"):
            spec["hostNetwork"] = True
            spec["priorityClassName"] = "system-node-critical"
        return spec

    def pod(self, name, owner, node, role, associated, labels, prefix, ran=None):
        began = ran[0] if ran else moment(self.since, name)
        spec = self.template(self.env_of(role, associated))
        self.add_tokens(spec, name, role, associated)
        spec.update(
            {
                "enableServiceLinks": True,
                "nodeName": node["name"],
                "preemptionPolicy": "PreemptLowerPriority",
                "priority": 0,
                "tolerations": [
                    {
                        "effect": "NoExecute",
                        "key": "node.kubernetes.io/" + k,
                        "operator": "Exists",
                        "tolerationSeconds": 300,
                    }
                    for k in ("not-ready", "unreachable")
                ],
            }
        )
        address = (
            node["ip"]
            if self.more.get("host_network")
            else node["ip"].rsplit(".", 1)[0] + ".%d" % (10 + int(digest("ip", self.cluster, name)[:4], 16) % 240)
        )
        kinds = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
        at = kube_time(ran[1] if ran else began + timedelta(seconds=20))
        ready = lambda kind: (
            "False" if ran and kind in ("PodReadyToStartContainers", "Ready", "ContainersReady") else "True"
        )
        status = {
            "conditions": [
                {"lastProbeTime": None, "lastTransitionTime": at, "status": ready(k), "type": k} for k in kinds
            ],
            "containerStatuses": [
                self.container_status(c, image, name, began, ran) for c, image in zip(spec["containers"], self.images)
            ],
            "hostIP": node["ip"],
            "hostIPs": [{"ip": node["ip"]}],
            "phase": "Succeeded" if ran else "Running",
            "podIP": address,
            "podIPs": [{"ip": address}],
            "qosClass": "Burstable",
            "startTime": kube_time(began),
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": self.meta("Pod", name, began, labels=labels, generateName=prefix, ownerReferences=[owner]),
            "spec": spec,
            "status": status,
        }

    def add_tokens(self, spec, name, role, associated):
        """What the API server and EKS's webhook add to each pod."""
        volumes, mounts = spec.setdefault("volumes", []), []
        if associated:
            volumes.insert(
                0, projected("eks-pod-identity-token", token("eks-pod-identity-token", 86400, "pods.eks.amazonaws.com"))
            )
            mounts.append(mount("eks-pod-identity-token", "pods.eks.amazonaws.com"))
        elif role:
            volumes.insert(0, projected("aws-iam-token", token("token", 86400, "sts.amazonaws.com")))
            mounts.append(mount("aws-iam-token", "eks.amazonaws.com"))
        if self.more.get("no_token"):
            spec["automountServiceAccountToken"] = False
        else:
            access = "kube-api-access-" + short(5, name, "token")
            authority = {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}}
            field = {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}
            volumes.append(projected(access, token("token", 3607), authority, {"downwardAPI": {"items": [field]}}))
            mounts.append(mount(access, "kubernetes.io"))
        for container in spec["containers"]:
            if mounts:
                container["volumeMounts"] = container.get("volumeMounts", []) + mounts
        if not volumes:
            del spec["volumes"]

    def container_status(self, container, image, pod, began, ran):
        started = kube_time(began + timedelta(seconds=15))
        identity = "containerd://" + digest("container", self.cluster, pod, container["name"])
        state = (
            {
                "terminated": {
                    "containerID": identity,
                    "exitCode": 0,
                    "finishedAt": kube_time(ran[1]),
                    "reason": "Completed",
                    "startedAt": started,
                }
            }
            if ran
            else {"running": {"startedAt": started}}
        )
        return {
            "containerID": identity,
            "image": reference(image),
            "imageID": running(image),
            "lastState": {},
            "name": container["name"],
            "ready": not ran,
            "restartCount": 0,
            "started": not ran,
            "state": state,
        }
