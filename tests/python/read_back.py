"""Reads a whole account with boto3 and prints it as one JSON object.

The object has the shape of the fixture of the tests' own AWS server, so that what an independent
parser saw can be compared with what the server was given. Where the server is comes from the
environment (AWS_ENDPOINT_URL). Lists come in pages of PAGE items where the environment has it.
"""

import csv
import datetime
import json
import os
import time

import boto3
from botocore.exceptions import ClientError

PAGE = int(os.environ["PAGE"]) if "PAGE" in os.environ else None


def pages(client, operation, **parameters):
    """The answers of a list, page by page."""
    # EC2 has no smaller pages.
    least = 5 if client.meta.service_model.service_name == "ec2" else 1
    config = {"PageSize": max(PAGE, least)} if PAGE else {}
    return client.get_paginator(operation).paginate(PaginationConfig=config, **parameters)


def items(client, operation, member, **parameters):
    """The items of a list, all pages together."""
    return [item for page in pages(client, operation, **parameters) for item in page[member]]


def answer(response):
    """A response without what boto3 adds."""
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def unless(code, call, **parameters):
    """The answers of a call as a list: empty where the service gives this error."""
    try:
        return [answer(call(**parameters))]
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
        return []


def read_iam():
    client = boto3.client("iam")
    lists = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"]
    iam = {name: [] for name in lists}
    for page in pages(client, "get_account_authorization_details"):
        for name in lists:
            iam[name] += page[name]
    iam["OpenIDConnectProviders"] = [
        provider | answer(client.get_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"]))
        for provider in client.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    ]
    while client.generate_credential_report()["State"] != "COMPLETE":
        time.sleep(0.01)
    report = client.get_credential_report()["Content"].decode()
    iam["CredentialReport"] = [
        {column: cell for column, cell in row.items() if cell != "N/A"}
        for row in csv.DictReader(report.splitlines())
    ]
    iam["AccessKeys"] = [
        key
        for user in iam["UserDetailList"]
        for key in items(client, "list_access_keys", "AccessKeyMetadata", UserName=user["UserName"])
    ]
    return iam


def read_cluster(client, name):
    own = {"clusterName": name}

    def described(list_operation, member, describe, key, result):
        return [
            describe(**own, **{key: item if isinstance(item, str) else item[key]})[result]
            for item in items(client, list_operation, member, **own)
        ]

    entries = described(
        "list_access_entries", "accessEntries", client.describe_access_entry, "principalArn", "accessEntry"
    )
    for entry in entries:
        entry["associatedAccessPolicies"] = items(
            client,
            "list_associated_access_policies",
            "associatedAccessPolicies",
            principalArn=entry["principalArn"],
            **own,
        )
    associations = described(
        "list_pod_identity_associations",
        "associations",
        client.describe_pod_identity_association,
        "associationId",
        "association",
    )
    for association in associations:
        if "policy" in association:
            association["policy"] = json.loads(association["policy"])
    addons = described("list_addons", "addons", client.describe_addon, "addonName", "addon")
    for addon in addons:
        if "configurationValues" in addon:
            addon["configurationValues"] = json.loads(addon["configurationValues"])
    return {
        "cluster": client.describe_cluster(name=name)["cluster"],
        "nodegroups": described(
            "list_nodegroups", "nodegroups", client.describe_nodegroup, "nodegroupName", "nodegroup"
        ),
        "fargateProfiles": described(
            "list_fargate_profiles",
            "fargateProfileNames",
            client.describe_fargate_profile,
            "fargateProfileName",
            "fargateProfile",
        ),
        "addons": addons,
        "accessEntries": entries,
        "podIdentityAssociations": associations,
        "identityProviderConfigs": [
            client.describe_identity_provider_config(**own, identityProviderConfig=config)["identityProviderConfig"]
            for config in items(client, "list_identity_provider_configs", "identityProviderConfigs", **own)
        ],
    }


def read_findings(client, image):
    """The findings of an image, all pages together; none where it was not scanned."""
    image_id = {"imageDigest": image["imageDigest"]}
    whole = None
    try:
        for page in pages(
            client, "describe_image_scan_findings", repositoryName=image["repositoryName"], imageId=image_id
        ):
            page = answer(page)
            page.pop("nextToken", None)
            if whole is None:
                whole = page
                continue
            for kind in ["findings", "enhancedFindings"]:
                if kind in page["imageScanFindings"]:
                    whole["imageScanFindings"][kind] += page["imageScanFindings"][kind]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ScanNotFoundException":
            raise
    return [whole] if whole else []


def read_ecr():
    client = boto3.client("ecr")
    repositories = items(client, "describe_repositories", "repositories")
    names = [repository["repositoryName"] for repository in repositories]
    images = [image for name in names for image in items(client, "describe_images", "imageDetails", repositoryName=name)]
    policies = [
        policy
        for name in names
        for policy in unless("RepositoryPolicyNotFoundException", client.get_repository_policy, repositoryName=name)
    ]
    lifecycle = [
        policy
        for name in names
        for policy in unless("LifecyclePolicyNotFoundException", client.get_lifecycle_policy, repositoryName=name)
    ]
    for policy in policies:
        policy["policyText"] = json.loads(policy["policyText"])
    for policy in lifecycle:
        policy["lifecyclePolicyText"] = json.loads(policy["lifecyclePolicyText"])
    return {
        "repositories": repositories,
        "registryScanningConfiguration": answer(client.get_registry_scanning_configuration()),
        "images": images,
        "findings": [findings for image in images for findings in read_findings(client, image)],
        "repositoryPolicies": policies,
        "lifecyclePolicies": lifecycle,
    }


def read_ec2():
    client = boto3.client("ec2")
    groups = items(client, "describe_security_groups", "SecurityGroups")
    reservations = items(client, "describe_instances", "Reservations")
    versions = items(
        client, "describe_launch_template_versions", "LaunchTemplateVersions", LaunchTemplateName="prod-general"
    )
    return {
        "Reservations": reservations,
        "SecurityGroups": groups,
        "Subnets": items(client, "describe_subnets", "Subnets"),
        "RouteTables": items(client, "describe_route_tables", "RouteTables"),
        "LaunchTemplateVersions": versions,
    }


def read_elbv2():
    client = boto3.client("elbv2")
    balancers = items(client, "describe_load_balancers", "LoadBalancers")
    listeners = [
        listener
        for balancer in balancers
        for listener in items(
            client, "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"]
        )
    ]
    return {"LoadBalancers": balancers, "Listeners": listeners}


def read_secrets():
    client = boto3.client("secretsmanager")
    listed = items(client, "list_secrets", "SecretList", IncludePlannedDeletion=True)
    secrets = [answer(client.describe_secret(SecretId=secret["ARN"])) for secret in listed]
    for short, long in zip(listed, secrets, strict=True):
        same = {key: value for key, value in long.items() if key not in ("VersionIdsToStages", "ReplicationStatus")}
        same["SecretVersionsToStages"] = long["VersionIdsToStages"]
        assert short == same, f"list and description differ: {short} {same}"
    policies = [
        answer(client.get_resource_policy(SecretId=secret["ARN"]))
        for secret in secrets
        if "DeletedDate" not in secret
    ]
    policies = [policy for policy in policies if "ResourcePolicy" in policy]
    for policy in policies:
        policy["ResourcePolicy"] = json.loads(policy["ResourcePolicy"])
    return {"secrets": secrets, "resourcePolicies": policies}


def read_organization(account):
    client = boto3.client("organizations")
    parents, attached, policies = {}, {}, {}
    way = [account]
    while not way[-1].startswith("r-"):
        [parents[way[-1]]] = items(client, "list_parents", "Parents", ChildId=way[-1])
        way.append(parents[way[-1]]["Id"])
    for target in way:
        for kind in ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]:
            of = {"TargetId": target, "Filter": kind}
            summaries = items(client, "list_policies_for_target", "Policies", **of)
            attached[f"{target} {kind}"] = [summary["Id"] for summary in summaries]
            for summary in summaries:
                policy = client.describe_policy(PolicyId=summary["Id"])["Policy"]
                assert policy["PolicySummary"] == summary, f"list and description differ: {summary} {policy}"
                policies[summary["Id"]] = policy | {"Content": json.loads(policy["Content"])}
    return {
        "organization": client.describe_organization()["Organization"],
        "parents": parents,
        "attached": attached,
        "policies": [policies[name] for name in sorted(policies)],
    }


def plain(value):
    """Times as the fixture writes them."""
    if isinstance(value, datetime.datetime):
        text = value.astimezone(datetime.timezone.utc).isoformat().removesuffix("+00:00")
        return (text.rstrip("0").rstrip(".") if "." in text else text) + "Z"
    raise TypeError(f"no JSON for {value!r}")


def main():
    caller = answer(boto3.client("sts").get_caller_identity())
    eks = boto3.client("eks")
    account = {
        "Account": caller["Account"],
        "Region": eks.meta.region_name,
        "Caller": caller,
        "Regions": items(boto3.client("account"), "list_regions", "Regions"),
        "iam": read_iam(),
        "eks": [read_cluster(eks, name) for name in items(eks, "list_clusters", "clusters")],
        "ec2": read_ec2(),
        "elbv2": read_elbv2(),
        "ecr": read_ecr(),
        "secretsmanager": read_secrets(),
        "organizations": read_organization(caller["Account"]),
    }
    print(json.dumps(account, default=plain))


if __name__ == "__main__":
    main()
