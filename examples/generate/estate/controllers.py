"""The controllers of a workload, and the ReplicaSets, Jobs and Pods that they made."""

from datetime import timedelta

from .base import digest, kube_time, moment, short, uuid
from .pods import PodMaker, reference


class Workload(PodMaker):
    def objects(self, nodes, role, associated):
        """The controller, what it made, and the pods on NODES."""
        made = {
            "Deployment": self.deployment,
            "StatefulSet": self.stateful_set,
            "DaemonSet": self.daemon_set,
            "CronJob": self.cron_job,
        }[self.kind]
        return made([n for n in nodes if n["fargate"] == bool(self.more.get("fargate"))], role, associated)

    def controller(self, kind, name, created, spec, status, owner=None, labels=None, annotations=None):
        more = {"generation": 1}
        if owner:
            more["ownerReferences"] = [owner]
        group = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
        return {
            "apiVersion": group,
            "kind": kind,
            "metadata": self.meta(kind, name, created, labels=labels or self.labels, annotations=annotations, **more),
            "spec": spec,
            "status": status,
        }

    def owner(self, kind, name):
        group = "batch/v1" if kind in ("Job", "CronJob") else "apps/v1"
        return {
            "apiVersion": group,
            "blockOwnerDeletion": True,
            "controller": True,
            "kind": kind,
            "name": name,
            "uid": uuid(self.cluster, kind, self.namespace, name),
        }

    def deployment(self, nodes, role, associated):
        n = self.replicas
        status = {"observedGeneration": 1}
        if n:
            status.update({"availableReplicas": n, "readyReplicas": n, "replicas": n, "updatedReplicas": n})
        spec = {
            "progressDeadlineSeconds": 600,
            "replicas": n,
            "revisionHistoryLimit": 2,
            "selector": self.selector(),
            "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}, "type": "RollingUpdate"},
            "template": self.pod_template(),
        }
        notes = {"deployment.kubernetes.io/revision": "2"}
        out = [self.controller("Deployment", self.name, self.created, spec, status, annotations=notes)]
        out += self.replica_set(self.images, n, self.since, nodes, role, associated)
        for old in self.more.get("earlier", []):
            out += self.replica_set([old], 0, "2026-02-03", nodes, role, associated)
        return out

    def replica_set(self, images, count, day, nodes, role, associated):
        """One revision of the Deployment and its pods; an earlier one has none."""
        marker = short(10, self.cluster, self.namespace, self.name, images)
        name = "%s-%s" % (self.name, marker)
        labels = {**self.labels, "pod-template-hash": marker}
        template = self.pod_template(labels)
        template["spec"]["containers"][0]["image"] = reference(images[0])
        spec = {"replicas": count, "selector": self.selector({"pod-template-hash": marker}), "template": template}
        status = {"observedGeneration": 1, "replicas": count}
        if count:
            status.update({"availableReplicas": count, "fullyLabeledReplicas": count, "readyReplicas": count})
        owner = self.owner("Deployment", self.name)
        out = [self.controller("ReplicaSet", name, day, spec, status, owner=owner, labels=labels)]
        owner = self.owner("ReplicaSet", name)
        for i in range(count):
            pod = "%s-%s" % (name, short(5, name, i))
            out.append(self.pod(pod, owner, self.pick(nodes, i), role, associated, labels=labels, prefix=name + "-"))
        return out

    def selector(self, more=None):
        return {"matchLabels": {"app.kubernetes.io/name": self.name, **(more or {})}}

    def pod_template(self, labels=None):
        return {
            "metadata": {"creationTimestamp": None, "labels": labels or self.labels},
            "spec": self.template(list(self.env) or None),
        }

    def pick(self, nodes, i):
        return nodes[(i + int(digest("node", self.namespace, self.name)[:4], 16)) % len(nodes)]

    def stateful_set(self, nodes, role, associated):
        n = self.replicas
        spec = {
            "podManagementPolicy": "OrderedReady",
            "replicas": n,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app.kubernetes.io/name": self.name}},
            "serviceName": self.name,
            "template": {
                "metadata": {"creationTimestamp": None, "labels": self.labels},
                "spec": self.template(list(self.env) or None),
            },
            "updateStrategy": {"rollingUpdate": {"partition": 0}, "type": "RollingUpdate"},
        }
        out = [
            self.controller(
                "StatefulSet",
                self.name,
                self.created,
                spec,
                {
                    "availableReplicas": n,
                    "collisionCount": 0,
                    "currentReplicas": n,
                    "observedGeneration": 1,
                    "readyReplicas": n,
                    "replicas": n,
                    "updatedReplicas": n,
                },
            )
        ]
        for i in range(n):
            labels = {
                **self.labels,
                "apps.kubernetes.io/pod-index": str(i),
                "statefulset.kubernetes.io/pod-name": "%s-%d" % (self.name, i),
            }
            out.append(
                self.pod(
                    "%s-%d" % (self.name, i),
                    self.owner("StatefulSet", self.name),
                    self.pick(nodes, i),
                    role,
                    associated,
                    labels=labels,
                    prefix=self.name + "-",
                )
            )
        return out

    def daemon_set(self, nodes, role, associated):
        n = len(nodes)
        spec = {
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app.kubernetes.io/name": self.name}},
            "template": {
                "metadata": {"creationTimestamp": None, "labels": self.labels},
                "spec": self.template(list(self.env) or None),
            },
            "updateStrategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}, "type": "RollingUpdate"},
        }
        out = [
            self.controller(
                "DaemonSet",
                self.name,
                self.created,
                spec,
                {
                    "currentNumberScheduled": n,
                    "desiredNumberScheduled": n,
                    "numberAvailable": n,
                    "numberMisscheduled": 0,
                    "numberReady": n,
                    "observedGeneration": 1,
                    "updatedNumberScheduled": n,
                },
            )
        ]
        for node in nodes:
            out.append(
                self.pod(
                    "%s-%s" % (self.name, short(5, self.name, node["name"])),
                    self.owner("DaemonSet", self.name),
                    node,
                    role,
                    associated,
                    labels={**self.labels, "controller-revision-hash": short(10, self.name)},
                    prefix=self.name + "-",
                )
            )
        return out

    def cron_job(self, nodes, role, associated):
        ran = moment("2026-11-23", self.cluster, self.namespace, self.name, "ran").replace(second=0)
        end = ran + timedelta(minutes=4)
        job = {"backoffLimit": 2, "template": self.pod_template()}
        spec = {
            "concurrencyPolicy": "Forbid",
            "failedJobsHistoryLimit": 1,
            "jobTemplate": {"metadata": {"creationTimestamp": None}, "spec": job},
            "schedule": self.more.get("schedule", "%d %d * * *" % (ran.minute, ran.hour)),
            "successfulJobsHistoryLimit": 1,
            "suspend": False,
        }
        status = {"lastScheduleTime": kube_time(ran), "lastSuccessfulTime": kube_time(end)}
        cron = self.controller("CronJob", self.name, self.created, spec, status)
        return [cron] + self.job(ran, end, nodes, role, associated)

    def job(self, ran, end, nodes, role, associated):
        """The CronJob's last run, which has ended, and its pod."""
        name = "%s-%d" % (self.name, int(ran.timestamp()) // 60)
        own = {"batch.kubernetes.io/controller-uid": uuid(self.cluster, "Job", self.namespace, name)}
        labels = {**self.labels, **own, "batch.kubernetes.io/job-name": name}
        spec = {
            "backoffLimit": 2,
            "completionMode": "NonIndexed",
            "completions": 1,
            "parallelism": 1,
            "suspend": False,
            "selector": {"matchLabels": own},
            "template": self.pod_template(labels),
        }
        condition = {
            "lastProbeTime": kube_time(end),
            "lastTransitionTime": kube_time(end),
            "message": "Reached expected number of succeeded pods",
            "reason": "CompletionsReached",
            "status": "True",
            "type": "Complete",
        }
        status = {
            "completionTime": kube_time(end),
            "conditions": [condition],
            "ready": 0,
            "startTime": kube_time(ran),
            "succeeded": 1,
            "terminating": 0,
            "uncountedTerminatedPods": {},
        }
        owner = self.owner("CronJob", self.name)
        out = [self.controller("Job", name, ran, spec, status, owner=owner, labels=labels)]
        owner, node, prefix = self.owner("Job", name), self.pick(nodes, 0), name + "-"
        pod = prefix + short(5, name)
        return out + [self.pod(pod, owner, node, role, associated, labels=labels, prefix=prefix, ran=(ran, end))]
