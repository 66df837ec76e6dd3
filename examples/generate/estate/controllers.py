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
        n, env = self.replicas, list(self.env) or None
        selector = {"matchLabels": {"app.kubernetes.io/name": self.name}}
        body = lambda spec: {"metadata": {"creationTimestamp": None, "labels": self.labels}, "spec": spec}
        status = {"observedGeneration": 1}
        if n:
            status.update({"availableReplicas": n, "readyReplicas": n, "replicas": n, "updatedReplicas": n})
        out = [
            self.controller(
                "Deployment",
                self.name,
                self.created,
                {
                    "progressDeadlineSeconds": 600,
                    "replicas": n,
                    "revisionHistoryLimit": 2,
                    "selector": selector,
                    "strategy": {
                        "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
                        "type": "RollingUpdate",
                    },
                    "template": body(self.template(env)),
                },
                status,
                annotations={"deployment.kubernetes.io/revision": "2"},
            )
        ]
        revisions = [(self.images, n, self.since)] + [([old], 0, "2026-02-03") for old in self.more.get("earlier", [])]
        for images, count, day in revisions:
            marker = short(10, self.cluster, self.namespace, self.name, images)
            template = body(self.template(env))
            template["spec"]["containers"][0]["image"] = reference(images[0])
            template["metadata"]["labels"] = labels = {**self.labels, "pod-template-hash": marker}
            name = "%s-%s" % (self.name, marker)
            replica_status = {"observedGeneration": 1, "replicas": count}
            if count:
                replica_status.update(
                    {"availableReplicas": count, "fullyLabeledReplicas": count, "readyReplicas": count}
                )
            out.append(
                self.controller(
                    "ReplicaSet",
                    name,
                    day,
                    {
                        "replicas": count,
                        "selector": {"matchLabels": {**selector["matchLabels"], "pod-template-hash": marker}},
                        "template": template,
                    },
                    replica_status,
                    owner=self.owner("Deployment", self.name),
                    labels=labels,
                )
            )
            for i in range(count):
                out.append(
                    self.pod(
                        "%s-%s" % (name, short(5, name, i)),
                        self.owner("ReplicaSet", name),
                        self.pick(nodes, i),
                        role,
                        associated,
                        labels=labels,
                        prefix=name + "-",
                    )
                )
        return out

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
        job_name = "%s-%d" % (self.name, int(ran.timestamp()) // 60)
        template = {
            "metadata": {"creationTimestamp": None, "labels": self.labels},
            "spec": self.template(list(self.env) or None),
        }
        job_spec = {
            "backoffLimit": 2,
            "completionMode": "NonIndexed",
            "completions": 1,
            "parallelism": 1,
            "suspend": False,
        }
        end = ran + timedelta(minutes=4)
        cron = {
            "concurrencyPolicy": "Forbid",
            "failedJobsHistoryLimit": 1,
            "jobTemplate": {"metadata": {"creationTimestamp": None}, "spec": {"backoffLimit": 2, "template": template}},
            "schedule": self.more.get("schedule", "%d %d * * *" % (ran.minute, ran.hour)),
            "successfulJobsHistoryLimit": 1,
            "suspend": False,
        }
        out = [
            self.controller(
                "CronJob",
                self.name,
                self.created,
                cron,
                {"lastScheduleTime": kube_time(ran), "lastSuccessfulTime": kube_time(end)},
            )
        ]
        labels = {
            **self.labels,
            "batch.kubernetes.io/controller-uid": uuid(self.cluster, "Job", self.namespace, job_name),
            "batch.kubernetes.io/job-name": job_name,
        }
        job = {
            **job_spec,
            "selector": {
                "matchLabels": {"batch.kubernetes.io/controller-uid": labels["batch.kubernetes.io/controller-uid"]}
            },
            "template": {"metadata": {"creationTimestamp": None, "labels": labels}, "spec": template["spec"]},
        }
        done = {
            "completionTime": kube_time(end),
            "conditions": [
                {
                    "lastProbeTime": kube_time(end),
                    "lastTransitionTime": kube_time(end),
                    "message": "Reached expected number of succeeded pods",
                    "reason": "CompletionsReached",
                    "status": "True",
                    "type": "Complete",
                }
            ],
            "ready": 0,
            "startTime": kube_time(ran),
            "succeeded": 1,
            "terminating": 0,
            "uncountedTerminatedPods": {},
        }
        out.append(
            self.controller("Job", job_name, ran, job, done, owner=self.owner("CronJob", self.name), labels=labels)
        )
        out.append(
            self.pod(
                "%s-%s" % (job_name, short(5, job_name)),
                self.owner("Job", job_name),
                self.pick(nodes, 0),
                role,
                associated,
                labels=labels,
                prefix=job_name + "-",
                ran=(ran, end),
            )
        )
        return out
