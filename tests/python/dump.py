"""Dumps an account as a person would with the AWS CLI, one print a file, into a folder.

    dump.py FOLDER <SNAPSHOT

A live scan asks for findings and access keys only of what runs in the cluster: the snapshot of one
says whose to dump. The CLI runs in this process: its own start takes longer than what it does here.
What the server does not serve leaves no file, and is printed.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

from awscli.clidriver import create_clidriver

DRIVER = create_clidriver()


class Folder:
    """Where the prints go."""

    def __init__(self, path):
        self.path = Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        self.count = 0

    def print(self, *words, keep=True, give=False):
        """Runs one command of the CLI and keeps what it prints. Gives it, or None."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()) as errors:
            code = DRIVER.main([*words, "--output", "json"])
        out.flush()
        text = out.buffer.getvalue().decode()
        if code:
            print(json.dumps({"command": words, "error": errors.getvalue().strip()[:200]}))
            return None
        self.count += 1
        if not text.strip() or not (keep or give):
            return {}
        if not keep:
            return json.loads(text)
        (self.path / f"{self.count:03}-{words[0]}-{words[1]}.json").write_text(text)
        return json.loads(text)

    def envelope(self, source, request, *words):
        """Runs one command and keeps what it prints in an envelope. Gives the print."""
        response = self.print(*words, keep=False, give=True) or {}
        envelope = {"source": source, "request": request, "response": response}
        name = f"{self.count:03}-{words[0]}-{words[1]}.json"
        (self.path / name).write_text(json.dumps(envelope))
        return response

    def list(self, key, *words):
        """The items of a list that a command prints."""
        return (self.print(*words) or {}).get(key, [])


def dump_iam(to, wanted):
    to.print("iam", "get-account-authorization-details")
    for one in to.list("OpenIDConnectProviderList", "iam", "list-open-id-connect-providers"):
        to.print("iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", one["Arn"])
    to.print("iam", "generate-credential-report", keep=False)
    to.print("iam", "get-credential-report")
    for user in sorted({key["UserName"] for key in wanted["access_keys"]}):
        to.print("iam", "list-access-keys", "--user-name", user)


# List, key of its items, option that names the cluster's part, command that describes it.
PARTS = [
    ("list-nodegroups", "nodegroups", "--nodegroup-name", "describe-nodegroup"),
    ("list-fargate-profiles", "fargateProfileNames", "--fargate-profile-name", "describe-fargate-profile"),
    ("list-addons", "addons", "--addon-name", "describe-addon"),
    ("list-access-entries", "accessEntries", "--principal-arn", "describe-access-entry"),
]


def dump_cluster(to, cluster):
    of = ["--cluster-name", cluster]
    to.print("eks", "describe-cluster", "--name", cluster)
    for list_, key, option, describe in PARTS:
        for name in to.list(key, "eks", list_, *of):
            to.print("eks", describe, *of, option, name)
            if describe == "describe-access-entry":
                to.print("eks", "list-associated-access-policies", *of, option, name)
    for one in to.list("associations", "eks", "list-pod-identity-associations", *of):
        to.print("eks", "describe-pod-identity-association", *of, "--association-id", one["associationId"])
    for one in to.list("identityProviderConfigs", "eks", "list-identity-provider-configs", *of):
        config = f"type={one['type']},name={one['name']}"
        to.print("eks", "describe-identity-provider-config", *of, "--identity-provider-config", config)


def dump_ecr(to, wanted):
    to.print("ecr", "get-registry-scanning-configuration")
    for one in to.list("repositories", "ecr", "describe-repositories"):
        of = ["--repository-name", one["repositoryName"]]
        to.print("ecr", "get-repository-policy", *of)
        to.print("ecr", "get-lifecycle-policy", *of)
        for image in to.list("imageDetails", "ecr", "describe-images", *of):
            digest = image["imageDigest"]
            if any(one["imageId"].get("imageDigest") == digest for one in wanted["findings"]):
                image_id = f"imageDigest={digest}"
                to.print("ecr", "describe-image-scan-findings", *of, "--image-id", image_id)


def dump_ec2(to, wanted):
    for command in ("describe-instances", "describe-security-groups", "describe-subnets", "describe-route-tables"):
        to.print("ec2", command)
    for one in wanted["launch_template_versions"]:
        of = ["--launch-template-id", one["LaunchTemplateId"], "--versions", str(one["VersionNumber"])]
        to.print("ec2", "describe-launch-template-versions", *of)
    for one in to.list("LoadBalancers", "elbv2", "describe-load-balancers"):
        to.print("elbv2", "describe-listeners", "--load-balancer-arn", one["LoadBalancerArn"])


def dump_services(to):
    """What is read on request."""
    to.print("lambda", "list-functions")
    to.print("glue", "get-dev-endpoints")
    to.print("glue", "get-jobs")
    to.print("cloudformation", "describe-stacks")
    for one in to.list("Summaries", "cloudformation", "list-stack-sets", "--status", "ACTIVE"):
        to.print("cloudformation", "describe-stack-set", "--stack-set-name", one["StackSetId"])
    for arn in to.list("clusterArns", "ecs", "list-clusters"):
        request = {"cluster": arn}
        of = ["ecs", "list-container-instances", "--cluster", arn]
        to.envelope("ecs:ListContainerInstances", request, *of)
    for one in to.list("NotebookInstances", "sagemaker", "list-notebook-instances"):
        of = ["--notebook-instance-name", one["NotebookInstanceName"]]
        to.print("sagemaker", "describe-notebook-instance", *of)
    names = to.list("projects", "codebuild", "list-projects")
    if names:
        to.print("codebuild", "batch-get-projects", "--names", *names)
    # The CLI does not turn the pages of this one.
    listed = to.print("apprunner", "list-services") or {}
    while listed:
        for one in listed.get("ServiceSummaryList", []):
            to.print("apprunner", "describe-service", "--service-arn", one["ServiceArn"])
        token = listed.get("NextToken")
        listed = token and to.print("apprunner", "list-services", "--next-token", token)
    interpreters = ["bedrock-agentcore-control", "list-code-interpreters", "--type", "CUSTOM"]
    for one in to.list("codeInterpreterSummaries", *interpreters):
        of = ["--code-interpreter-id", one["codeInterpreterId"]]
        to.print("bedrock-agentcore-control", "get-code-interpreter", *of)
    to.print("ssm", "describe-instance-information")
    statuses = ["--region-opt-status-contains", "ENABLED", "ENABLED_BY_DEFAULT"]
    to.print("account", "list-regions", *statuses)


def dump_versions(to, secret):
    """The CLI does not turn the pages of this one, and moto gives the secret's name for its ARN."""
    of, request = ["secretsmanager", "list-secret-version-ids", "--secret-id", secret], {"SecretId": secret}
    page = to.envelope("secretsmanager:ListSecretVersionIds", request, *of)
    while token := page.get("NextToken"):
        request = {"SecretId": secret, "NextToken": token}
        page = to.envelope("secretsmanager:ListSecretVersionIds", request, *of, "--next-token", token)


def dump_secrets(to):
    for one in to.list("SecretList", "secretsmanager", "list-secrets", "--include-planned-deletion"):
        to.print("secretsmanager", "get-resource-policy", "--secret-id", one["ARN"])
        if "DeletedDate" not in one:
            dump_versions(to, one["ARN"])
        if "PrimaryRegion" in one:
            to.print("secretsmanager", "describe-secret", "--secret-id", one["ARN"])
    to.print("ssm", "describe-parameters")


def dump_keys(to, wanted):
    """The keys that secrets, parameters and clusters name; their policies do not name them."""
    to.print("kms", "list-aliases")
    for key in wanted.get("keys", []):
        of, request = ["--key-id", key["Arn"]], {"KeyId": key["Arn"]}
        to.print("kms", "describe-key", *of)
        to.envelope("kms:GetKeyPolicy", request, "kms", "get-key-policy", *of, "--policy-name", "default")
        to.envelope("kms:ListGrants", request, "kms", "list-grants", *of)
        to.envelope("kms:GetKeyRotationStatus", request, "kms", "get-key-rotation-status", *of)


def dump_organization(to, account):
    if to.print("organizations", "describe-organization") is None:
        return
    way = [account]
    while not way[-1].startswith("r-"):
        request = {"ChildId": way[-1]}
        above = to.envelope(
            "organizations:ListParents", request, "organizations", "list-parents", "--child-id", way[-1]
        )
        way.append(above["Parents"][0]["Id"])
    policies = {}
    for target in way:
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            request = {"TargetId": target, "Filter": kind}
            of = ["--target-id", target, "--filter", kind]
            attached = to.envelope(
                "organizations:ListPoliciesForTarget", request, "organizations", "list-policies-for-target", *of
            )
            policies.update({one["Id"]: one for one in attached["Policies"]})
    for policy in sorted(policies):
        to.print("organizations", "describe-policy", "--policy-id", policy)


def main():
    [folder] = sys.argv[1:]
    [(account_id, account)] = json.load(sys.stdin)["accounts"].items()
    [region] = account["regions"].values()
    to = Folder(folder)
    to.print("sts", "get-caller-identity")
    dump_iam(to, account["iam"])
    dump_organization(to, account_id)
    for cluster in to.list("clusters", "eks", "list-clusters"):
        dump_cluster(to, cluster)
    dump_ec2(to, region["ec2"])
    dump_ecr(to, region["ecr"])
    dump_secrets(to)
    dump_keys(to, region.get("kms", {}))
    if "services" in region:
        dump_services(to)


if __name__ == "__main__":
    main()
