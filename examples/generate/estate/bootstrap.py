"""Kubernetes' own RBAC objects of a v1.33 API server and EKS's, written as one line a rule.

A line that starts at the margin is an object: `KIND NAMESPACE NAME`, with `to=` where it is aggregated into
another ClusterRole and `from=` where it is made of others; a binding has its roleRef and its subjects behind it.
An indented line is a rule: `VERBS GROUPS RESOURCES [= NAMES]`, or `VERBS @ URLS`. `R` reads, `W` writes, `ALL` is
both, `E` makes events; `core` is the empty group. Each `system:controller:X` is bound to its service account X.
"""

from .base import kube_meta
from .eks_defaults import EKS
from .kubernetes_defaults import KUBERNETES

VERBS = {
    "R": ["get", "list", "watch"],
    "W": ["create", "delete", "deletecollection", "patch", "update"],
    "ALL": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    "E": ["create", "patch", "update"],
}
GROUP = "rbac.authorization.k8s.io"
API = GROUP + "/v1"


def parse_rule(line):
    line = line.strip()
    if line == "EVENTS":
        line = "E core,events.k8s.io events"
    if " @ " in line:
        verbs, urls = line.split(" @ ")
        return {"nonResourceURLs": urls.split(","), "verbs": verbs.split(",")}
    body, _, names = line.partition(" = ")
    verbs, groups, resources = body.split(" ")
    rule = {"apiGroups": ["" if g == "core" else g for g in groups.split(",")], "resources": resources.split(",")}
    if names:
        rule["resourceNames"] = names.split(",")
    rule["verbs"] = VERBS.get(verbs, verbs.split(","))
    return rule


def parse_subject(text):
    kind, name = text.split("=")
    if kind == "sa":
        namespace, name = name.split("/")
        return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    return {"apiGroup": GROUP, "kind": "User" if kind == "user" else "Group", "name": name}


def parse(text, decorate):
    """Read the notation; `decorate(name)` gives the labels and annotations of an object."""
    objects, aggregates = [], []
    for line in text.strip().splitlines():
        if line.startswith(" "):
            objects[-1]["rules"].append(parse_rule(line))
            continue
        words = line.split(" ")
        kind, namespace, name = words[:3]
        labels, annotations = decorate(name)
        body = {
            "apiVersion": API,
            "kind": kind,
            "namespace": namespace,
            "name": name,
            "labels": dict(labels),
            "annotations": dict(annotations),
        }
        if kind.endswith("Binding"):
            ref_kind, ref_name = words[3].split("/", 1)
            body["roleRef"] = {"apiGroup": GROUP, "kind": ref_kind, "name": ref_name}
            body["subjects"] = [parse_subject(w) for w in words[4:]]
        else:
            body["rules"] = []
            for word in words[3:]:
                key, value = word.split("=")
                label = GROUP + "/aggregate-to-" + value
                if key == "to":
                    body["labels"][label] = "true"
                else:
                    body["aggregationRule"] = {"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]}
                    aggregates.append((body, label))
        objects.append(body)
    return objects, aggregates


def kubernetes_own(name):
    return {"kubernetes.io/bootstrapping": "rbac-defaults"}, {GROUP + "/autoupdate": "true"}


def eks_own(name):
    if not name.startswith("eks"):
        return {}, {}
    return {"eks.amazonaws.com/component": name.replace("eks:", "").replace(":", "-")}, {}


def controller_bindings(objects):
    made = []
    for o in objects:
        if o["kind"] == "ClusterRole" and o["name"].startswith("system:controller:"):
            account = o["name"].removeprefix("system:controller:")
            made.append("ClusterRoleBinding - %s ClusterRole/%s sa=kube-system/%s" % (o["name"], o["name"], account))
    return parse("\n".join(made), kubernetes_own)[0]


def resolve(aggregates, objects):
    """Fill in aggregated rules as the aggregation controller stores them: by name, each rule once."""
    for body, label in reversed(aggregates):
        for other in sorted(
            (o for o in objects if o["kind"] == "ClusterRole" and label in o["labels"]), key=lambda o: o["name"]
        ):
            for rule in other["rules"]:
                if rule not in body["rules"]:
                    body["rules"].append(rule)


def as_kubectl(cluster, created, body):
    """One parsed object as kubectl prints it."""
    namespace = None if body["namespace"] == "-" else body["namespace"]
    kind = body["kind"]
    out = {
        "apiVersion": API,
        "kind": kind,
        "metadata": kube_meta(
            cluster, kind, namespace, body["name"], created, labels=body["labels"], annotations=body["annotations"]
        ),
    }
    for key in ("aggregationRule", "rules", "roleRef", "subjects"):
        if body.get(key) not in (None, []) or key == "rules" and key in body:
            out[key] = body[key]
    return out


def default_rbac(cluster, created, extra=()):
    """All default roles and bindings of a cluster; `extra` are parsed objects that aggregation must see too."""
    objects, aggregates = parse(KUBERNETES, kubernetes_own)
    objects += controller_bindings(objects)
    objects += parse(EKS, eks_own)[0]
    resolve(aggregates, objects + list(extra))
    return [as_kubectl(cluster, created, o) for o in objects]
