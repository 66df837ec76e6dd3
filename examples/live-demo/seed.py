"""Seeds a small account with an EKS cluster into an emulator, and prints what is there as JSON.

    seed.py moto        IAM, EKS with Fargate, ECR with scan findings, Secrets Manager
    seed.py ministack   IAM, EKS with add-ons, access entries, Pod Identity, identity providers

Where the emulator is comes from the environment: AWS_ENDPOINT_URL, AWS_REGION and keys. Seeding a
second time changes nothing and prints the same.
"""

import json
import os
import sys
import urllib.request

import boto3
from botocore.exceptions import ClientError

CLUSTER = "demo"
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
REGION = os.environ["AWS_REGION"]

iam = boto3.client("iam")
eks = boto3.client("eks")
ecr = boto3.client("ecr")
secretsmanager = boto3.client("secretsmanager")
ACCOUNT = boto3.client("sts").get_caller_identity()["Account"]


def made(call, **parameters):
    """Makes something; False where it is there already."""
    try:
        call(**parameters)
        return True
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if "Exists" in code or code == "ResourceInUseException":
            return False
        raise


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def trust(principal, action="sts:AssumeRole", condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return document(statement | ({"Condition": condition} if condition else {}))


def service_trust(service):
    return trust({"Service": service})


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def secret_arn(name):
    return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}"


def role(name, trust_policy, managed=(), inline=None):
    made(iam.create_role, RoleName=name, AssumeRolePolicyDocument=trust_policy)
    for policy in managed:
        arn = policy if policy.startswith("arn:") else f"arn:aws:iam::aws:policy/{policy}"
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    if inline:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=inline)


def seed_cluster():
    """The cluster, its roles and its nodes. Gives the OIDC issuer without its scheme."""
    role("demo-cluster", service_trust("eks.amazonaws.com"), ["AmazonEKSClusterPolicy"])
    nodes = ["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"]
    # Nodes need no S3: every pod that reaches the instance metadata has it too.
    role("demo-node", service_trust("ec2.amazonaws.com"), [*nodes, "AmazonS3FullAccess"])
    made(
        eks.create_cluster,
        name=CLUSTER,
        version="1.33",
        roleArn=role_arn("demo-cluster"),
        resourcesVpcConfig={"subnetIds": ["subnet-0demo1", "subnet-0demo2"], "endpointPublicAccess": True},
        logging={"clusterLogging": [{"types": ["audit", "authenticator"], "enabled": True}]},
    )
    made(
        eks.create_nodegroup,
        clusterName=CLUSTER,
        nodegroupName="general",
        subnets=["subnet-0demo1", "subnet-0demo2"],
        nodeRole=role_arn("demo-node"),
    )
    issuer = eks.describe_cluster(name=CLUSTER)["cluster"]["identity"]["oidc"]["issuer"]
    return issuer.partition("://")[2]


def seed_iam(issuer):
    """People, and the roles that pods get."""
    for url in [issuer, f"oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"]:
        made(
            iam.create_open_id_connect_provider,
            Url=f"https://{url}",
            ClientIDList=["sts.amazonaws.com"],
            ThumbprintList=["0123456789abcdef0123456789abcdef01234567"],
        )

    def irsa(subject, operator="StringEquals", audience=True):
        condition = {operator: {f"{issuer}:sub": f"system:serviceaccount:{subject}"}}
        if audience:
            condition.setdefault("StringEquals", {})[f"{issuer}:aud"] = "sts.amazonaws.com"
        provider = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}
        return trust(provider, "sts:AssumeRoleWithWebIdentity", condition)

    policy = f"arn:aws:iam::{ACCOUNT}:policy/api-secrets"
    own = document(allow("secretsmanager:GetSecretValue", secret_arn("shop/db-??????")))
    made(iam.create_policy, PolicyName="api-secrets", PolicyDocument=own)
    role("shop-api", irsa("shop:api"), [policy])
    # Whoever may make a service account anywhere in the cluster is administrator of the account.
    role("shop-deployer", irsa("*:*", "StringLike"), ["AdministratorAccess"])
    everything = document(allow("secretsmanager:GetSecretValue"))
    role("reports-export", irsa("ops:reports", audience=False), inline=everything)
    versions = document(allow(["iam:CreatePolicyVersion", "iam:ListPolicies"]))
    role("ci-runner", irsa("ops:runner"), inline=versions)
    role("old-batch", irsa("batch:importer"), inline=document(allow("sqs:ReceiveMessage")))
    role("ops-admin", trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), ["AdministratorAccess"])

    made(iam.create_group, GroupName="admins")
    iam.attach_group_policy(GroupName="admins", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    for user in ["alice", "deploy-bot"]:
        made(iam.create_user, UserName=user)
    iam.add_user_to_group(GroupName="admins", UserName="alice")
    push = document(allow(["ecr:GetAuthorizationToken", "ecr:PutImage"]))
    iam.put_user_policy(UserName="deploy-bot", PolicyName="push", PolicyDocument=push)
    if not iam.list_access_keys(UserName="deploy-bot")["AccessKeyMetadata"]:
        iam.create_access_key(UserName="deploy-bot")


def seed_fargate():
    role(
        "demo-fargate",
        service_trust("eks-fargate-pods.amazonaws.com"),
        ["AmazonEKSFargatePodExecutionRolePolicy"],
    )
    made(
        eks.create_fargate_profile,
        clusterName=CLUSTER,
        fargateProfileName="batch",
        podExecutionRoleArn=role_arn("demo-fargate"),
        subnets=["subnet-0demo1"],
        selectors=[{"namespace": "batch-*"}],
    )


def finding(name, severity, package, version):
    attributes = [{"key": "package_name", "value": package}, {"key": "package_version", "value": version}]
    uri = f"https://cve.example/{name}"
    return {"name": name, "severity": severity, "uri": uri, "attributes": attributes}


# Repository, tag mutability, scan on push, tag of its image, findings (None: never scanned).
IMAGES = [
    ("shop/api", "IMMUTABLE", True, "1.4.2", [finding("CVE-2026-0007", "MEDIUM", "curl", "8.0.1")]),
    (
        "shop/web",
        "MUTABLE",
        False,
        "latest",
        [
            finding("CVE-2026-0001", "CRITICAL", "openssl", "3.0.1"),
            finding("CVE-2026-0002", "HIGH", "zlib", "1.2.11"),
        ],
    ),
    ("ops/tools", "MUTABLE", False, "2026-11", None),
]


def seed_ecr():
    for repository, mutability, scan, tag, findings in IMAGES:
        made(
            ecr.create_repository,
            repositoryName=repository,
            imageTagMutability=mutability,
            imageScanningConfiguration={"scanOnPush": scan},
        )
        if seed_image(repository, tag) and findings is not None:
            seed_findings(repository, tag, findings)
    keep = {"rulePriority": 1, "action": {"type": "expire"}}
    keep["selection"] = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30}
    ecr.put_lifecycle_policy(repositoryName="shop/api", lifecyclePolicyText=json.dumps({"rules": [keep]}))
    pull = {"Sid": "anybody", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    ecr.set_repository_policy(repositoryName="ops/tools", policyText=document(pull))


def seed_image(repository, tag):
    """An image whose digest follows from its name. False where it is there already."""
    digest = "sha256:" + f"{repository}:{tag}".encode().hex().ljust(64, "0")[:64]
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 1469, "digest": digest},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": 3208942, "digest": digest}],
    }
    return made(ecr.put_image, repositoryName=repository, imageTag=tag, imageManifest=json.dumps(manifest))


def seed_findings(repository, tag, findings):
    """Scans an image, with findings that moto is told beforehand."""
    image = {"repositoryName": repository, "imageId": {"imageTag": tag}}
    ecr.start_image_scan(**image)
    scanned = ecr.describe_image_scan_findings(**image)
    known = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    counts = {}
    for one in findings:
        counts[one["severity"]] = counts.get(one["severity"], 0) + 1
    at = scanned["imageScanFindings"]["imageScanCompletedAt"].timestamp()
    result = {
        "registryId": ACCOUNT,
        "repositoryName": repository,
        "imageId": {"imageTag": tag, "imageDigest": known["imageDetails"][0]["imageDigest"]},
        "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
        "imageScanFindings": {
            "imageScanCompletedAt": at,
            "vulnerabilitySourceUpdatedAt": at,
            "findings": findings,
            "findingSeverityCounts": counts,
        },
    }
    # moto gives one away for each way of asking: by digest, by tag, by both.
    body = {"account_id": ACCOUNT, "region": REGION, "results": [result] * 3}
    request = urllib.request.Request(
        f"{ENDPOINT}/moto-api/static/ecr/scan-finding-results",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request).close()


def seed_secrets():
    # Values of a demo; the audit never reads one.
    for name in ["shop/db", "shop/stripe", "legacy/smtp", "old/token"]:
        made(secretsmanager.create_secret, Name=name, SecretString="made up")
    rotates = {"AutomaticallyAfterDays": 30}
    if "RotationEnabled" not in secretsmanager.describe_secret(SecretId="shop/db"):
        secretsmanager.rotate_secret(SecretId="shop/db", RotationRules=rotates)
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    secretsmanager.put_resource_policy(SecretId="legacy/smtp", ResourcePolicy=document(anybody))
    if "DeletedDate" not in secretsmanager.describe_secret(SecretId="old/token"):
        secretsmanager.delete_secret(SecretId="old/token", RecoveryWindowInDays=30)


ACCESS_POLICY = "arn:aws:eks::aws:cluster-access-policy/"


def seed_access():
    """Who gets into the cluster from AWS: entries, and an identity provider for people."""
    entries = [
        (role_arn("ops-admin"), "AmazonEKSClusterAdminPolicy", {"type": "cluster"}),
        (role_arn("ci-runner"), "AmazonEKSEditPolicy", {"type": "namespace", "namespaces": ["shop", "ops"]}),
        (role_arn("contractor-left"), "AmazonEKSViewPolicy", {"type": "cluster"}),
    ]
    for principal, policy, scope in entries:
        entry = {"clusterName": CLUSTER, "principalArn": principal}
        made(eks.create_access_entry, **entry, kubernetesGroups=["from-aws"])
        eks.associate_access_policy(**entry, policyArn=ACCESS_POLICY + policy, accessScope=scope)
    made(
        eks.associate_identity_provider_config,
        clusterName=CLUSTER,
        oidc={
            "identityProviderConfigName": "people",
            "issuerUrl": "https://people.example",
            "clientId": "demo",
            "usernameClaim": "email",
            "groupsClaim": "groups",
        },
    )


def seed_pod_identity():
    pods = trust({"Service": "pods.eks.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession"])
    role("lake-reader", trust({"AWS": role_arn("lake-entry")}, ["sts:AssumeRole", "sts:TagSession"]))
    role("lake-entry", pods, inline=document(allow("sts:AssumeRole", role_arn("lake-reader"))))
    role("ebs-csi", pods, ["service-role/AmazonEBSCSIDriverPolicy"])
    own = {"clusterName": CLUSTER}
    made(
        eks.create_pod_identity_association,
        **own,
        namespace="kube-system",
        serviceAccount="ebs-csi-controller-sa",
        roleArn=role_arn("ebs-csi"),
    )
    made(
        eks.create_pod_identity_association,
        **own,
        namespace="ops",
        serviceAccount="lake",
        roleArn=role_arn("lake-entry"),
        targetRoleArn=role_arn("lake-reader"),
        disableSessionTags=True,
        policy=document(allow("s3:GetObject", "arn:aws:s3:::demo-lake/*")),
    )


def seed_addons():
    policies = json.dumps({"enableNetworkPolicy": "true"})
    own = {"clusterName": CLUSTER}
    made(
        eks.create_addon,
        **own,
        addonName="vpc-cni",
        addonVersion="v1.20.4-eksbuild.1",
        configurationValues=policies,
    )
    made(eks.create_addon, **own, addonName="coredns", addonVersion="v1.12.4-eksbuild.1")


def summary(emulator):
    """What is there now, by its own word."""
    own = {"clusterName": CLUSTER}
    names = {
        "clusters": eks.list_clusters()["clusters"],
        "nodegroups": eks.list_nodegroups(**own)["nodegroups"],
        "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]],
        "users": [one["UserName"] for one in iam.list_users()["Users"]],
        "oidc_providers": [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]],
    }
    if emulator == "moto":
        names["fargate_profiles"] = eks.list_fargate_profiles(**own)["fargateProfileNames"]
        names["repositories"] = [one["repositoryName"] for one in ecr.describe_repositories()["repositories"]]
        listed = secretsmanager.list_secrets(IncludePlannedDeletion=True)["SecretList"]
        names["secrets"] = [one["Name"] for one in listed]
    else:
        names["addons"] = eks.list_addons(**own)["addons"]
        names["access_entries"] = eks.list_access_entries(**own)["accessEntries"]
        associations = eks.list_pod_identity_associations(**own)["associations"]
        names["pod_identity_associations"] = [f"{one['namespace']}/{one['serviceAccount']}" for one in associations]
        configs = eks.list_identity_provider_configs(**own)["identityProviderConfigs"]
        names["identity_provider_configs"] = [one["name"] for one in configs]
    return {"account": ACCOUNT, "region": REGION} | {kind: sorted(list_) for kind, list_ in names.items()}


PARTS = {
    "moto": [seed_fargate, seed_ecr, seed_secrets],
    "ministack": [seed_access, seed_pod_identity, seed_addons],
}


def main():
    if sys.argv[1:] not in [[emulator] for emulator in PARTS]:
        sys.exit(f"usage: seed.py {'|'.join(PARTS)}")
    emulator = sys.argv[1]
    seed_iam(seed_cluster())
    for part in PARTS[emulator]:
        part()
    print(json.dumps(summary(emulator), indent=2))


if __name__ == "__main__":
    main()
