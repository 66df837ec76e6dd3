"""From a workload to what kubectl prints of it: controller, ReplicaSets, Jobs and Pods."""

from datetime import timedelta

from .base import ACCOUNT, REGION, digest, kube_meta, kube_time, moment, short, uuid
from .registry import DATA_HOST, HOST, image_digest

EKS_IMAGES = "602401143452.dkr.ecr.eu-west-1.amazonaws.com/"


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


class Workload:
    def __init__(self, cluster, namespace, name, image, kind="Deployment", replicas=1, account=None, since="2026-11-18", env=(), **more):
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
            env += [{"name": "AWS_STS_REGIONAL_ENDPOINTS", "value": "regional"}, {"name": "AWS_DEFAULT_REGION", "value": REGION}, {"name": "AWS_REGION", "value": REGION}, {"name": "AWS_ROLE_ARN", "value": role}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"}]
        if associated:
            env += [{"name": "AWS_REGION", "value": REGION}, {"name": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "value": "http://169.254.170.23/v1/credentials"}, {"name": "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "value": "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"}]
        return env

    def container(self, index, image, env):
        out = {"image": reference(image), "imagePullPolicy": "IfNotPresent", "name": self.name if index == 0 else "sidecar-%d" % index}
        if index == 0:
            if env:
                out["env"] = env
            if self.more.get("env_from"):
                out["envFrom"] = [{"secretRef": {"name": s}} for s in self.more["env_from"]]
            if self.more.get("port"):
                out["ports"] = [{"containerPort": self.more["port"], "name": "http", "protocol": "TCP"}]
            mounts = [{"mountPath": v["path"], "name": v["name"], "readOnly": True} for v in self.more.get("mounts", [])]
            if mounts:
                out["volumeMounts"] = mounts
        out["resources"] = {"limits": {"memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}}
        if self.more.get("privileged"):
            out["securityContext"] = {"privileged": True}
        else:
            out["securityContext"] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True, "runAsNonRoot": True}
        out.update({"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"})
        return out

    def template(self, env):
        """The pod spec of the controller, before admission adds tokens."""
        spec = {"containers": [self.container(i, image, env) for i, image in enumerate(self.images)]}
        volumes = [{"name": v["name"], **v["source"]} for v in self.more.get("mounts", [])]
        if volumes:
            spec["volumes"] = volumes
        spec.update({"dnsPolicy": "ClusterFirst", "restartPolicy": "OnFailure" if self.kind == "CronJob" else "Always", "schedulerName": "default-scheduler", "securityContext": {}, "serviceAccount": self.account, "serviceAccountName": self.account, "terminationGracePeriodSeconds": 30})
        if self.more.get("host_network"):
            spec["hostNetwork"] = True
            spec["priorityClassName"] = "system-node-critical"
        return spec

    def objects(self, nodes, role, associated):
        """The controller, what it made, and the pods on NODES."""
        made = {"Deployment": self.deployment, "StatefulSet": self.stateful_set, "DaemonSet": self.daemon_set, "CronJob": self.cron_job}[self.kind]
        return made([n for n in nodes if n["fargate"] == bool(self.more.get("fargate"))], role, associated)

    def controller(self, kind, name, created, spec, status, owner=None, labels=None, annotations=None):
        more = {"generation": 1}
        if owner:
            more["ownerReferences"] = [owner]
        group = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
        return {"apiVersion": group, "kind": kind, "metadata": self.meta(kind, name, created, labels=labels or self.labels, annotations=annotations, **more), "spec": spec, "status": status}

    def owner(self, kind, name):
        group = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
        return {"apiVersion": group, "blockOwnerDeletion": True, "controller": True, "kind": kind, "name": name, "uid": uuid(self.cluster, kind, self.namespace, name)}

    def deployment(self, nodes, role, associated):
        n, env = self.replicas, list(self.env) or None
        selector = {"matchLabels": {"app.kubernetes.io/name": self.name}}
        body = lambda spec: {"metadata": {"creationTimestamp": None, "labels": self.labels}, "spec": spec}
        status = {"observedGeneration": 1}
        if n:
            status.update({"availableReplicas": n, "readyReplicas": n, "replicas": n, "updatedReplicas": n})
        out = [self.controller("Deployment", self.name, self.created, {"progressDeadlineSeconds": 600, "replicas": n, "revisionHistoryLimit": 2, "selector": selector, "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}, "type": "RollingUpdate"}, "template": body(self.template(env))}, status, annotations={"deployment.kubernetes.io/revision": "2"})]
        revisions = [(self.images, n, self.since)] + [([old], 0, "2026-02-03") for old in self.more.get("earlier", [])]
        for images, count, day in revisions:
            marker = short(10, self.cluster, self.namespace, self.name, images)
            template = body(self.template(env))
            template["spec"]["containers"][0]["image"] = reference(images[0])
            template["metadata"]["labels"] = labels = {**self.labels, "pod-template-hash": marker}
            name = "%s-%s" % (self.name, marker)
            replica_status = {"observedGeneration": 1, "replicas": count}
            if count:
                replica_status.update({"availableReplicas": count, "fullyLabeledReplicas": count, "readyReplicas": count})
            out.append(self.controller("ReplicaSet", name, day, {"replicas": count, "selector": {"matchLabels": {**selector["matchLabels"], "pod-template-hash": marker}}, "template": template}, replica_status, owner=self.owner("Deployment", self.name), labels=labels))
            for i in range(count):
                out.append(self.pod("%s-%s" % (name, short(5, name, i)), self.owner("ReplicaSet", name), self.pick(nodes, i), role, associated, labels=labels, prefix=name + "-"))
        return out

    def pick(self, nodes, i):
        return nodes[(i + int(digest("node", self.namespace, self.name)[:4], 16)) % len(nodes)]

    def stateful_set(self, nodes, role, associated):
        n = self.replicas
        spec = {"podManagementPolicy": "OrderedReady", "replicas": n, "revisionHistoryLimit": 10, "selector": {"matchLabels": {"app.kubernetes.io/name": self.name}}, "serviceName": self.name, "template": {"metadata": {"creationTimestamp": None, "labels": self.labels}, "spec": self.template(list(self.env) or None)}, "updateStrategy": {"rollingUpdate": {"partition": 0}, "type": "RollingUpdate"}}
        out = [self.controller("StatefulSet", self.name, self.created, spec, {"availableReplicas": n, "collisionCount": 0, "currentReplicas": n, "observedGeneration": 1, "readyReplicas": n, "replicas": n, "updatedReplicas": n})]
        for i in range(n):
            labels = {**self.labels, "apps.kubernetes.io/pod-index": str(i), "statefulset.kubernetes.io/pod-name": "%s-%d" % (self.name, i)}
            out.append(self.pod("%s-%d" % (self.name, i), self.owner("StatefulSet", self.name), self.pick(nodes, i), role, associated, labels=labels, prefix=self.name + "-"))
        return out

    def daemon_set(self, nodes, role, associated):
        n = len(nodes)
        spec = {"revisionHistoryLimit": 10, "selector": {"matchLabels": {"app.kubernetes.io/name": self.name}}, "template": {"metadata": {"creationTimestamp": None, "labels": self.labels}, "spec": self.template(list(self.env) or None)}, "updateStrategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}, "type": "RollingUpdate"}}
        out = [self.controller("DaemonSet", self.name, self.created, spec, {"currentNumberScheduled": n, "desiredNumberScheduled": n, "numberAvailable": n, "numberMisscheduled": 0, "numberReady": n, "observedGeneration": 1, "updatedNumberScheduled": n})]
        for node in nodes:
            out.append(self.pod("%s-%s" % (self.name, short(5, self.name, node["name"])), self.owner("DaemonSet", self.name), node, role, associated, labels={**self.labels, "controller-revision-hash": short(10, self.name)}, prefix=self.name + "-"))
        return out

    def cron_job(self, nodes, role, associated):
        ran = moment("2026-11-23", self.cluster, self.namespace, self.name, "ran").replace(second=0)
        job_name = "%s-%d" % (self.name, int(ran.timestamp()) // 60)
        template = {"metadata": {"creationTimestamp": None, "labels": self.labels}, "spec": self.template(list(self.env) or None)}
        job_spec = {"backoffLimit": 2, "completionMode": "NonIndexed", "completions": 1, "parallelism": 1, "suspend": False}
        end = ran + timedelta(minutes=4)
        cron = {"concurrencyPolicy": "Forbid", "failedJobsHistoryLimit": 1, "jobTemplate": {"metadata": {"creationTimestamp": None}, "spec": {"backoffLimit": 2, "template": template}}, "schedule": self.more.get("schedule", "%d %d * * *" % (ran.minute, ran.hour)), "successfulJobsHistoryLimit": 1, "suspend": False}
        out = [self.controller("CronJob", self.name, self.created, cron, {"lastScheduleTime": kube_time(ran), "lastSuccessfulTime": kube_time(end)})]
        labels = {**self.labels, "batch.kubernetes.io/controller-uid": uuid(self.cluster, "Job", self.namespace, job_name), "batch.kubernetes.io/job-name": job_name}
        job = {**job_spec, "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": labels["batch.kubernetes.io/controller-uid"]}}, "template": {"metadata": {"creationTimestamp": None, "labels": labels}, "spec": template["spec"]}}
        done = {"completionTime": kube_time(end), "conditions": [{"lastProbeTime": kube_time(end), "lastTransitionTime": kube_time(end), "message": "Reached expected number of succeeded pods", "reason": "CompletionsReached", "status": "True", "type": "Complete"}], "ready": 0, "startTime": kube_time(ran), "succeeded": 1, "terminating": 0, "uncountedTerminatedPods": {}}
        out.append(self.controller("Job", job_name, ran, job, done, owner=self.owner("CronJob", self.name), labels=labels))
        out.append(self.pod("%s-%s" % (job_name, short(5, job_name)), self.owner("Job", job_name), self.pick(nodes, 0), role, associated, labels=labels, prefix=job_name + "-", ran=(ran, end)))
        return out

    def pod(self, name, owner, node, role, associated, labels, prefix, ran=None):
        began = ran[0] if ran else moment(self.since, name)
        spec = self.template(self.env_of(role, associated))
        self.add_tokens(spec, name, role, associated)
        spec.update({"enableServiceLinks": True, "nodeName": node["name"], "preemptionPolicy": "PreemptLowerPriority", "priority": 0, "tolerations": [{"effect": "NoExecute", "key": "node.kubernetes.io/" + k, "operator": "Exists", "tolerationSeconds": 300} for k in ("not-ready", "unreachable")]})
        address = node["ip"] if self.more.get("host_network") else node["ip"].rsplit(".", 1)[0] + ".%d" % (10 + int(digest("ip", self.cluster, name)[:4], 16) % 240)
        kinds = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
        at = kube_time(ran[1] if ran else began + timedelta(seconds=20))
        ready = lambda kind: "False" if ran and kind in ("PodReadyToStartContainers", "Ready", "ContainersReady") else "True"
        status = {"conditions": [{"lastProbeTime": None, "lastTransitionTime": at, "status": ready(k), "type": k} for k in kinds], "containerStatuses": [self.container_status(c, image, name, began, ran) for c, image in zip(spec["containers"], self.images)], "hostIP": node["ip"], "hostIPs": [{"ip": node["ip"]}], "phase": "Succeeded" if ran else "Running", "podIP": address, "podIPs": [{"ip": address}], "qosClass": "Burstable", "startTime": kube_time(began)}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": self.meta("Pod", name, began, labels=labels, generateName=prefix, ownerReferences=[owner]), "spec": spec, "status": status}

    def add_tokens(self, spec, name, role, associated):
        """What the API server and EKS's webhook add to each pod."""
        access = "kube-api-access-" + short(5, name, "token")
        volumes = spec.setdefault("volumes", [])
        mounts = []
        if associated:
            volumes.insert(0, {"name": "eks-pod-identity-token", "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"audience": "pods.eks.amazonaws.com", "expirationSeconds": 86400, "path": "eks-pod-identity-token"}}]}})
            mounts.append({"mountPath": "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount", "name": "eks-pod-identity-token", "readOnly": True})
        elif role:
            volumes.insert(0, {"name": "aws-iam-token", "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"}}]}})
            mounts.append({"mountPath": "/var/run/secrets/eks.amazonaws.com/serviceaccount", "name": "aws-iam-token", "readOnly": True})
        if not self.more.get("no_token"):
            volumes.append({"name": access, "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}, {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}}, {"downwardAPI": {"items": [{"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}, "path": "namespace"}]}}]}})
            mounts.append({"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": access, "readOnly": True})
        else:
            spec["automountServiceAccountToken"] = False
        for container in spec["containers"]:
            if mounts:
                container["volumeMounts"] = container.get("volumeMounts", []) + mounts
        if not volumes:
            del spec["volumes"]

    def container_status(self, container, image, pod, began, ran):
        started = kube_time(began + timedelta(seconds=15))
        identity = "containerd://" + digest("container", self.cluster, pod, container["name"])
        state = {"terminated": {"containerID": identity, "exitCode": 0, "finishedAt": kube_time(ran[1]), "reason": "Completed", "startedAt": started}} if ran else {"running": {"startedAt": started}}
        return {"containerID": identity, "image": reference(image), "imageID": running(image), "lastState": {}, "name": container["name"], "ready": not ran, "restartCount": 0, "started": not ran, "state": state}
