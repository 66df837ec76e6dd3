"""What EKS says of the two clusters, and who may come in from AWS."""

import base64

from .base import (
    ACCOUNT,
    REGION,
    SHARED_ACCOUNT,
    aws_time,
    digest,
    envelope,
    iam_arn,
    issuer,
    moment,
    uuid,
)
from .roles import SSO, SSO_PATH, role_arn
from .story import decoy, either, k8s, planted

POLICY = "arn:aws:eks::aws:cluster-access-policy/"
LINKED = role_arn("AWSServiceRoleForAmazonEKS", "/aws-service-role/eks.amazonaws.com/")
CREATED = {"prod": "2025-01-14", "staging": "2025-01-20"}
MODE = {"prod": "API", "staging": "API_AND_CONFIG_MAP"}


def cluster_arn(cluster):
    return "arn:aws:eks:%s:%s:cluster/%s" % (REGION, ACCOUNT, cluster)


def subnets(cluster):
    return ["subnet-0" + digest("subnet", cluster, zone)[:16] for zone in "abc"]


def describe_cluster(cluster):
    created = moment(CREATED[cluster], "cluster", cluster)
    host = digest("endpoint", cluster)[:32].upper()
    authority = base64.b64encode(
        b"-----BEGIN CERTIFICATE-----\nnot a certificate: example\n-----END CERTIFICATE-----\n"
    ).decode()
    body = {
        "name": cluster,
        "arn": cluster_arn(cluster),
        "createdAt": aws_time(created, micros=True),
        "version": "1.33",
        "endpoint": "https://%s.gr7.%s.eks.amazonaws.com" % (host, REGION),
        "roleArn": role_arn("acme-%s-cluster" % cluster),
    }
    body["resourcesVpcConfig"] = {
        "subnetIds": subnets(cluster),
        "securityGroupIds": ["sg-0" + digest("sg", cluster)[:16]],
        "clusterSecurityGroupId": "sg-0" + digest("csg", cluster)[:16],
        "vpcId": "vpc-0" + digest("vpc", cluster)[:16],
        "endpointPublicAccess": True,
        "endpointPrivateAccess": True,
        "publicAccessCidrs": ["203.0.113.0/24"] if cluster == "prod" else ["0.0.0.0/0"],
    }
    body["kubernetesNetworkConfig"] = {
        "serviceIpv4Cidr": "172.20.0.0/16",
        "ipFamily": "ipv4",
        "elasticLoadBalancing": {"enabled": False},
    }
    kinds = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    on = kinds[:3] if cluster == "prod" else []
    body["logging"] = {
        "clusterLogging": [{"types": on or kinds, "enabled": bool(on)}]
        + ([{"types": kinds[3:], "enabled": False}] if on else [])
    }
    body.update(
        {
            "identity": {"oidc": {"issuer": "https://" + issuer(cluster)}},
            "status": "ACTIVE",
            "certificateAuthority": {"data": authority},
            "platformVersion": "eks.21",
            "tags": {"env": cluster, "team": "platform"},
        }
    )
    if cluster == "prod":
        body["encryptionConfig"] = [
            {
                "resources": ["secrets"],
                "provider": {"keyArn": "arn:aws:kms:%s:%s:key/%s" % (REGION, ACCOUNT, uuid("kms", "eks"))},
            }
        ]
    body.update(
        {
            "health": {"issues": []},
            "accessConfig": {"authenticationMode": MODE[cluster]},
            "upgradePolicy": {"supportType": "EXTENDED"},
            "deletionProtection": cluster == "prod",
        }
    )
    return {"cluster": body}


def template_id(cluster):
    return "lt-0" + digest("lt", cluster)[:16]


def launch_template_versions(cluster):
    """Version 7 of prod lets pods ask its metadata service; 8, and that of staging, do not."""
    limits = [(7, 2), (8, 1)] if cluster == "prod" else [(7, 1)]
    return {
        "LaunchTemplateVersions": [
            {
                "LaunchTemplateId": template_id(cluster),
                "LaunchTemplateName": "acme-%s" % cluster,
                "VersionNumber": number,
                "CreateTime": aws_time(moment("2026-03-01", "lt", cluster, str(number))),
                "CreatedBy": "arn:aws:sts::%s:assumed-role/platform/terraform" % ACCOUNT,
                "DefaultVersion": number == limits[0][0],
                "LaunchTemplateData": {
                    "MetadataOptions": {
                        "HttpTokens": "required",
                        "HttpPutResponseHopLimit": hops,
                        "HttpEndpoint": "enabled",
                    }
                },
            }
            for number, hops in limits
        ]
    }


def nodegroup(cluster, name, kind, size, epoch=False):
    time = (lambda t: t.timestamp()) if epoch else (lambda t: aws_time(t, micros=True))
    body = {
        "nodegroupName": name,
        "nodegroupArn": "arn:aws:eks:%s:%s:nodegroup/%s/%s/%s"
        % (REGION, ACCOUNT, cluster, name, uuid("ng", cluster, name)),
        "clusterName": cluster,
        "version": "1.33",
        "releaseVersion": "1.33.5-20260216",
        "createdAt": time(moment(CREATED[cluster], name)),
        "modifiedAt": time(moment("2026-03-02", name)),
        "status": "ACTIVE",
        "capacityType": "ON_DEMAND",
        "scalingConfig": {"minSize": 1, "maxSize": size * 3, "desiredSize": size},
        "instanceTypes": [kind],
        "subnets": subnets(cluster),
        "amiType": "AL2023_x86_64_STANDARD",
        "nodeRole": role_arn("acme-%s-node" % cluster),
        "labels": {},
        "resources": {"autoScalingGroups": [{"name": "eks-%s-%s" % (name, uuid("asg", cluster, name))}]},
        "health": {"issues": []},
        "updateConfig": {"maxUnavailable": 1},
        "launchTemplate": {"name": "acme-%s" % cluster, "version": "8" if name == "memory" else "7", "id": template_id(cluster)},
        "tags": {"team": "platform"},
    }
    told = planted if (cluster, name) == ("prod", "general") else decoy
    told(
        "pod-reaches-node-role",
        body["nodegroupArn"],
        "IMDSv2 with hop limit %s" % ("2: every pod gets the node's role" if told is planted else "1"),
    )
    return {"nodegroup": body}


def fargate_profile(cluster, name, namespace):
    body = {
        "fargateProfileName": name,
        "fargateProfileArn": "arn:aws:eks:%s:%s:fargateprofile/%s/%s/%s"
        % (REGION, ACCOUNT, cluster, name, uuid("fp", name)),
        "clusterName": cluster,
        "createdAt": aws_time(moment("2025-03-11", name), micros=True),
        "podExecutionRoleArn": role_arn("acme-prod-fargate"),
        "subnets": subnets(cluster),
        "selectors": [{"namespace": namespace, "labels": {}}],
        "status": "ACTIVE",
        "tags": {},
        "health": {"issues": []},
    }
    return {"fargateProfile": body}


ADDONS = {
    "vpc-cni": "v1.20.4-eksbuild.1",
    "coredns": "v1.12.3-eksbuild.1",
    "kube-proxy": "v1.33.3-eksbuild.4",
    "eks-pod-identity-agent": "v1.3.9-eksbuild.3",
    "aws-ebs-csi-driver": "v1.51.0-eksbuild.1",
    "metrics-server": "v0.8.0-eksbuild.2",
}


def addon(cluster, name, associations):
    body = {
        "addonName": name,
        "clusterName": cluster,
        "status": "ACTIVE",
        "addonVersion": ADDONS[name],
        "health": {"issues": []},
        "addonArn": "arn:aws:eks:%s:%s:addon/%s/%s/%s" % (REGION, ACCOUNT, cluster, name, uuid("addon", cluster, name)),
        "createdAt": aws_time(moment(CREATED[cluster], "addon", name), micros=True),
        "modifiedAt": aws_time(moment("2026-11-11", cluster, name), micros=True),
    }
    if (cluster, name) == ("prod", "vpc-cni"):
        body["serviceAccountRoleArn"] = role_arn("prod-vpc-cni")
        body["configurationValues"] = '{"enableNetworkPolicy":"true"}'
    if (cluster, name) == ("staging", "aws-ebs-csi-driver"):
        body["serviceAccountRoleArn"] = role_arn("staging-ebs-csi")
    body["tags"] = {}
    own = [
        a["association"]["associationArn"] for a in associations if a["association"].get("ownerArn") == body["addonArn"]
    ]
    if own:
        body["podIdentityAssociations"] = own
    return {"addon": body}


def association(cluster, namespace, account, role, created, owner=None, **more):
    raw = digest("association", cluster, namespace, account)
    number = "a-" + "".join(
        "abcdefghijklmnopqrstuvwxyz0123456789"[int(raw[i * 2 : i * 2 + 2], 16) % 36] for i in range(17)
    )
    arn = "arn:aws:eks:%s:%s:podidentityassociation/%s/%s" % (REGION, ACCOUNT, cluster, number)
    body = {
        "clusterName": cluster,
        "namespace": namespace,
        "serviceAccount": account,
        "roleArn": role_arn(role),
        "associationArn": arn,
        "associationId": number,
        "tags": {},
        "createdAt": aws_time(moment(created, number), micros=True),
        "modifiedAt": aws_time(moment(created, number), micros=True),
    }
    if owner:
        body["ownerArn"] = "arn:aws:eks:%s:%s:addon/%s/%s/%s" % (
            REGION,
            ACCOUNT,
            cluster,
            owner,
            uuid("addon", cluster, owner),
        )
    body["disableSessionTags"] = False
    body.update(more)
    return {"association": body}


def associations(cluster):
    if cluster == "staging":
        return [
            association(cluster, "kube-system", "aws-node", "staging-vpc-cni", "2025-01-20", "vpc-cni"),
            association(cluster, "monitoring", "prometheus", "platform-observability", "2025-03-24"),
            association(
                cluster,
                "ops",
                "db-migrator",
                "staging-db-broker",
                "2025-08-01",
                targetRoleArn=role_arn("staging-db-admin"),
            ),
        ]
    missing = association(cluster, "search", "reindexer", "search-reindexer", "2025-08-19")
    planted(
        "irsa-trust-missing-service-account",
        missing["association"]["associationArn"],
        "a Pod Identity association for search/reindexer, which does not exist: whoever may make service accounts in search gets the role",
        also=[role_arn("search-reindexer"), k8s("prod", "search", "ServiceAccount", "reindexer")],
    )
    return [
        association(
            cluster, "kube-system", "ebs-csi-controller-sa", "prod-ebs-csi", "2025-01-14", "aws-ebs-csi-driver"
        ),
        association(cluster, "monitoring", "prometheus", "platform-observability", "2025-03-24"),
        association(cluster, "analytics", "pipeline", "analytics-pipeline", "2025-07-07"),
        missing,
    ]


class Entry:
    """One access entry with its policies: [(policy, None for the cluster or its namespaces)]."""

    def __init__(self, cluster, principal, created, kind="STANDARD", groups=(), policies=()):
        self.cluster, self.principal, self.kind, self.policies = cluster, principal, kind, policies
        account, path = principal.split(":")[4], principal.split(":")[5]
        what, name = path.split("/")[0], path.split("/")[-1]
        self.arn = "arn:aws:eks:%s:%s:access-entry/%s/%s/%s/%s/%s" % (
            REGION,
            ACCOUNT,
            cluster,
            what,
            account,
            name,
            uuid("entry", cluster, principal),
        )
        self.created = moment(created, cluster, principal)
        username = (
            "system:node:{{EC2PrivateDNSName}}"
            if kind == "EC2_LINUX"
            else "system:node:{{SessionName}}"
            if kind == "FARGATE_LINUX"
            else "arn:aws:sts::%s:assumed-role/%s/{{SessionName}}" % (account, name)
        )
        self.entry = {
            "accessEntry": {
                "clusterName": cluster,
                "principalArn": principal,
                "kubernetesGroups": list(groups) or (["system:nodes"] if kind != "STANDARD" else []),
                "accessEntryArn": self.arn,
                "createdAt": aws_time(self.created, micros=True),
                "modifiedAt": aws_time(self.created, micros=True),
                "tags": {},
                "username": username,
                "type": kind,
            }
        }

    def associated(self):
        out = []
        for policy, namespaces in self.policies:
            scope = (
                {"type": "namespace", "namespaces": namespaces} if namespaces else {"type": "cluster", "namespaces": []}
            )
            out.append(
                {
                    "policyArn": POLICY + policy,
                    "accessScope": scope,
                    "associatedAt": aws_time(self.created, micros=True),
                    "modifiedAt": aws_time(self.created, micros=True),
                }
            )
        return {"clusterName": self.cluster, "principalArn": self.principal, "associatedAccessPolicies": out}


def access_entries(cluster):
    linked = Entry(
        cluster,
        LINKED,
        CREATED[cluster],
        policies=[("AmazonEKSClusterInsightsPolicy", None), ("AmazonEKSEventPolicy", None)],
    )
    nodes = Entry(cluster, role_arn("acme-%s-node" % cluster), CREATED[cluster], "EC2_LINUX")
    if cluster == "staging":
        developers = Entry(
            cluster,
            role_arn(SSO["developer"], SSO_PATH),
            "2025-02-24",
            groups=["acme:developers"],
            policies=[("AmazonEKSEditPolicy", ["checkout", "payments", "search"])],
        )
        planted(
            "rbac-node-takeover",
            developers.principal,
            "AmazonEKSEditPolicy in search, which has no Pod Security level: a privileged pod there has its node, and tooling/toolbox runs on one",
            "high",
            also=[developers.arn],
        )
        return [linked, nodes, developers]
    admin = Entry(
        cluster, role_arn(SSO["admin"], SSO_PATH), CREATED[cluster], policies=[("AmazonEKSClusterAdminPolicy", None)]
    )
    deployer = Entry(cluster, role_arn("acme-deployer"), "2025-02-10", policies=[("AmazonEKSClusterAdminPolicy", None)])
    oncall = Entry(cluster, role_arn("oncall-engineer"), "2025-02-18", groups=["acme:oncall"])
    release = Entry(
        cluster, role_arn("checkout-release"), "2025-05-19", policies=[("AmazonEKSClusterAdminPolicy", ["checkout"])]
    )
    gone = Entry(
        cluster, role_arn("data-science-notebooks"), "2025-03-31", policies=[("AmazonEKSEditPolicy", ["analytics"])]
    )
    central = Entry(
        cluster,
        "arn:aws:iam::%s:role/central-ci" % SHARED_ACCOUNT,
        "2025-06-02",
        policies=[("AmazonEKSEditPolicy", ["ci"])],
    )
    view = Entry(cluster, role_arn(SSO["developer"], SSO_PATH), "2025-02-10", policies=[("AmazonEKSViewPolicy", None)])
    contractor = Entry(
        cluster, role_arn("contractor-readonly"), "2025-06-04", policies=[("AmazonEKSViewPolicy", ["media"])]
    )
    fargate = Entry(cluster, role_arn("acme-prod-fargate"), "2025-03-11", "FARGATE_LINUX")
    quality = Entry(
        cluster, role_arn(SSO["qa"], SSO_PATH), "2025-09-08", policies=[("AmazonEKSAdminViewPolicy", None)]
    )
    planted(
        "rbac-secrets-cluster-wide",
        quality.principal,
        "to see what is deployed; AmazonEKSAdminViewPolicy views everything, and Secrets are a part of it",
        also=[quality.arn],
    )
    decoy(
        "rbac-secrets-cluster-wide",
        view.principal,
        "AmazonEKSViewPolicy in the whole cluster: it leaves Secrets out",
    )
    planted(
        "access-policy-takeover",
        central.principal,
        "AmazonEKSEditPolicy in the namespace ci alone, where gitlab-runner is cluster-admin: a pod that runs as it will do",
        also=[central.arn],
    )
    planted(
        "access-policy-takeover",
        quality.principal,
        "get on everything is get on pods/exec and nodes/proxy too, which is enough to run commands in gitlab-runner's pod",
        also=[quality.arn],
    )
    planted(
        "rbac-node-takeover",
        release.principal,
        "everything in checkout is also the labels of the namespace, which is restricted: it lifts the level first",
        "high",
        also=[release.arn],
    )
    decoy("access-policy-takeover", contractor.principal, "AmazonEKSViewPolicy runs nothing")
    planted(
        "aws-takeover",
        "arn:aws:iam::%s:user/aiko.tanaka" % ACCOUNT,
        "PowerUserAccess leaves IAM out and EKS in: it makes itself an access entry, and nothing in the clusters names it now",
        "high",
    )
    planted(
        "aws-takeover",
        role_arn("checkout-api"),
        "to make preview environments a pod's role may assume the deployer, who comes into prod as cluster-admin",
        "high",
    )
    planted(
        "aws-takeover",
        role_arn("github-actions-build"),
        "it pushes platform/toolbox, whose tags can be moved; what is pulled next in staging runs as cluster-admin",
        "medium",
    )
    decoy("aws-takeover", role_arn("payments-api"), "it reads its own secrets, and nothing leads from them")
    either("aws-takeover", "arn:aws:iam::%s:user/teo.rossi" % ACCOUNT, "he is on call, and needs MFA for it")
    either("aws-takeover", role_arn("acme-staging-node"), "a node that pushes images, which is said of its policies")
    for entry, why in (
        (
            admin,
            "the platform team's administrators: somebody must be, so this one is for a waiver with a name and a date",
        ),
        (deployer, "the deployer is cluster-admin, and the pod checkout-api may become the deployer"),
        (oncall, "the entry's group acme:oncall is bound to cluster-admin inside the cluster"),
    ):
        planted("cluster-admin-from-aws", entry.principal, why, also=[entry.arn])
    decoy(
        "cluster-admin-from-aws", release.principal, "AmazonEKSClusterAdminPolicy, but only for the namespace checkout"
    )
    decoy("cluster-admin-from-aws", release.arn, "the same entry")
    planted(
        "access-entry-principal-missing",
        gone.arn,
        "the role data-science-notebooks was deleted; the entry stayed",
        also=[gone.principal],
    )
    decoy(
        "access-entry-principal-missing",
        central.arn,
        "a role of another account, which was not read: unknown is not missing",
    )
    decoy("access-entry-principal-missing", linked.arn, "a service-linked role: it is there, under a path of its own")
    return [linked, nodes, fargate, admin, deployer, oncall, release, gone, central, view, contractor, quality]


def identity_provider(cluster):
    """The provider by which people without an AWS role come in: in staging without prefixes."""
    name = "acme-sso"
    arn = "arn:aws:eks:%s:%s:identityproviderconfig/%s/oidc/%s/%s" % (
        REGION,
        ACCOUNT,
        cluster,
        name,
        uuid("identityproviderconfig", cluster),
    )
    oidc = {
        "identityProviderConfigName": name,
        "identityProviderConfigArn": arn,
        "clusterName": cluster,
        "issuerUrl": "https://login.acme.example",
        "clientId": "eks-" + cluster,
        "usernameClaim": "email",
        "groupsClaim": "groups",
        "requiredClaims": {},
        "tags": {},
        "status": "ACTIVE",
    }
    if cluster == "prod":
        oidc["groupsPrefix"] = "oidc:"
        decoy("identity-provider-without-prefix", arn, "its groups have a prefix, and its user names are addresses")
    else:
        planted(
            "identity-provider-without-prefix",
            arn,
            "its groups are groups of the cluster as they are: who makes a group in the directory makes one here",
            also=[cluster_arn(cluster)],
        )
    return {"identityProviderConfig": {"oidc": oidc}}


def list_entries(cluster, entries):
    """`list-access-entries`, which does not name its cluster."""
    return envelope(
        "eks:ListAccessEntries", {"clusterName": cluster}, {"accessEntries": [e.principal for e in entries]}
    )


def oidc_providers():
    """Providers of the account: host and path, created, audiences."""
    return [
        (issuer("prod"), "2025-01-14", ["sts.amazonaws.com"]),
        (issuer("staging"), "2025-01-20", ["sts.amazonaws.com"]),
        (issuer("legacy"), "2024-05-02", ["sts.amazonaws.com"]),
        ("oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE3ABCDEF0123456789ABCDEF012", "2025-10-30", ["sts.amazonaws.com"]),
        ("token.actions.githubusercontent.com", "2025-02-10", ["sts.amazonaws.com"]),
        ("acme-kops-oidc.s3.%s.amazonaws.com" % REGION, "2023-03-06", ["sts.amazonaws.com"]),
    ]


def get_oidc_provider(url, created, audiences, account=ACCOUNT):
    return envelope(
        "iam:GetOpenIDConnectProvider",
        {"OpenIDConnectProviderArn": iam_arn("oidc-provider", url, account=account)},
        {
            "Url": url,
            "ClientIDList": audiences,
            "ThumbprintList": ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"],
            "CreateDate": aws_time(moment(created, url, account), micros=True),
            "Tags": [],
        },
        account=account,
        region=None,
    )
