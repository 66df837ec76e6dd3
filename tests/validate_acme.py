#!/usr/bin/env python3
"""Holds every file of examples/acme against the models of those who print such files.

usage: validate_acme.py   (needs boto3, kubernetes and PyYAML; prints what is wrong and exits 1)

AWS prints: only members that botocore's output shapes know, of the right type. Kubernetes objects: only fields that the
client's models know. Exceptions are what the CLI itself changes: policy documents are decoded to objects.
"""

import gzip
import json
import pathlib
import re
import sys

import boto3
import kubernetes.client as client
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1] / "examples" / "acme"
# How a print is told by its keys.
PRINTS = {
    "UserDetailList": ("iam", "GetAccountAuthorizationDetails"),
    "OpenIDConnectProviderList": ("iam", "ListOpenIDConnectProviders"),
    "AccessKeyMetadata": ("iam", "ListAccessKeys"),
    "ReportFormat": ("iam", "GetCredentialReport"),
    "UserId": ("sts", "GetCallerIdentity"),
    "repositories": ("ecr", "DescribeRepositories"),
    "imageDetails": ("ecr", "DescribeImages"),
    "imageScanFindings": ("ecr", "DescribeImageScanFindings"),
    "policyText": ("ecr", "GetRepositoryPolicy"),
    "lifecyclePolicyText": ("ecr", "GetLifecyclePolicy"),
    "SecretList": ("secretsmanager", "ListSecrets"),
    "VersionIdsToStages": ("secretsmanager", "DescribeSecret"),
    "Versions": ("secretsmanager", "ListSecretVersionIds"),
    "ResourcePolicy": ("secretsmanager", "GetResourcePolicy"),
    "cluster": ("eks", "DescribeCluster"),
    "nodegroup": ("eks", "DescribeNodegroup"),
    "fargateProfile": ("eks", "DescribeFargateProfile"),
    "addon": ("eks", "DescribeAddon"),
    "identityProviderConfig": ("eks", "DescribeIdentityProviderConfig"),
    "association": ("eks", "DescribePodIdentityAssociation"),
    "accessEntry": ("eks", "DescribeAccessEntry"),
    "associatedAccessPolicies": ("eks", "ListAssociatedAccessPolicies"),
}
ISO = re.compile(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$")
session = boto3.session.Session()
models, wrong, counted = {}, [], {}


def documents(path):
    data = path.read_bytes()
    name = path.name
    if name.endswith(".gz"):
        data, name = gzip.decompress(data), name[:-3]
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in data.splitlines()]
    return [json.loads(data)] if name.endswith(".json") else list(yaml.safe_load_all(data))


def output_shape(service, operation):
    if service not in models:
        models[service] = session.client(
            service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
        ).meta.service_model
    return models[service].operation_model(operation).output_shape


def aws(value, shape, where):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            if shape.name == "policyDocumentType":
                return
            wrong.append("%s: %r is no %s" % (where, value, shape.name))
            return
        for key in value:
            if key not in shape.members:
                wrong.append("%s: %s has no member %s" % (where, shape.name, key))
            else:
                aws(value[key], shape.members[key], where + "." + key)
        for key in shape.required_members:
            if key not in value:
                wrong.append("%s: %s lacks %s" % (where, shape.name, key))
    elif kind == "list":
        if not isinstance(value, list):
            wrong.append("%s: not a list" % where)
        for i, item in enumerate(value):
            aws(item, shape.member, "%s[%d]" % (where, i))
    elif kind == "map":
        for key, item in value.items():
            aws(item, shape.value, where + "." + key)
    elif kind == "timestamp":
        if not (isinstance(value, float) or isinstance(value, str) and ISO.match(value)):
            wrong.append("%s: %r is no time" % (where, value))
    elif shape.name == "policyDocumentType":
        if not (isinstance(value, dict) and {"Version", "Statement"} == set(value)):
            wrong.append("%s: no policy document" % where)
    elif shape.name == "PermissionsBoundaryAttachmentType":
        if value != "Policy":  # what IAM answers and documents; the model's enum says otherwise
            wrong.append("%s: %r is no boundary type" % (where, value))
    elif kind == "string" and shape.enum and value not in shape.enum:
        wrong.append("%s: %r is none of %s" % (where, value, shape.name))
    elif not isinstance(
        value, {"string": str, "blob": str, "boolean": bool, "integer": int, "long": int, "double": (int, float)}[kind]
    ):
        wrong.append("%s: %r is no %s" % (where, value, kind))


MODELS = {"List": None, "GatewayList": None, "SecretStore": None, "ExternalSecret": None, "SecretProviderClass": None}
for kind in "Namespace ServiceAccount Pod Secret ConfigMap Service Node Deployment ReplicaSet StatefulSet DaemonSet CronJob Job ClusterRole ClusterRoleBinding Role RoleBinding Ingress NetworkPolicy".split():
    MODELS[kind] = "V1" + kind


def fields(value, model, where):
    """Every key of VALUE is a field of the client's MODEL."""
    inner = re.match(r"(?:list\[|dict\(str, )(.*)[\])]$", model)
    if inner:
        items = enumerate(value) if isinstance(value, list) else value.items()
        for key, item in items:
            fields(item, inner.group(1), "%s[%s]" % (where, key))
        return
    cls = getattr(client, model, None)
    if cls is None:
        check = {"str": str, "int": int, "bool": bool, "datetime": object, "object": object, "float": (int, float)}.get(
            model, object
        )
        if value is not None and not isinstance(value, check):
            wrong.append("%s: %r is no %s" % (where, value, model))
        return
    if not isinstance(value, dict):
        wrong.append("%s: %r is no %s" % (where, value, model))
        return
    known = {json_name: cls.openapi_types[attribute] for attribute, json_name in cls.attribute_map.items()}
    for key, item in value.items():
        if key not in known:
            wrong.append("%s: %s has no field %s" % (where, model, key))
        elif item is not None:
            fields(item, known[key], where + "." + key)


def kubernetes(doc, where):
    kind = doc["kind"]
    if kind == "List":
        for i, item in enumerate(doc["items"]):
            kubernetes(item, "%s[%d]" % (where, i))
        return
    counted[kind] = counted.get(kind, 0) + 1
    if MODELS[kind]:
        fields(doc, MODELS[kind], where + " " + kind)
    else:
        fields(doc["metadata"], "V1ObjectMeta", where + " " + kind)


def one(doc, where):
    if "kind" in doc and "apiVersion" in doc:
        return kubernetes(doc, where)
    source = None
    if "source" in doc and "response" in doc:
        service, operation = source = doc["source"].split(":")
        doc = doc["response"]
    else:
        source = next((PRINTS[k] for k in doc if k in PRINTS), None)
    if not source:
        wrong.append("%s: not recognised" % where)
        return
    name = ":".join(source)
    counted[name] = counted.get(name, 0) + 1
    aws(doc, output_shape(*source), where)


def main():
    for path in sorted(ROOT.rglob("*")):
        if path.is_file() and path.name != "README.md":
            for i, doc in enumerate(documents(path)):
                one(doc, "%s#%d" % (path.relative_to(ROOT), i))
    for line in wrong:
        print(line)
    print(json.dumps(counted, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
