"""How an account's roles, users and policies are written down: `aws iam get-account-authorization-details`."""

from . import managed_policies
from .base import ACCOUNT, aws_time, digest, iam_arn, issuer, moment, unique_id

DOC = "2012-10-17"


def document(*statements):
    return {"Version": DOC, "Statement": list(statements)}


def allow(action, resource="*", condition=None, sid=None):
    return statement("Allow", action, resource, condition, sid)


def deny(action, resource="*", condition=None, sid=None):
    return statement("Deny", action, resource, condition, sid)


def statement(effect, action, resource, condition, sid):
    out = {"Sid": sid} if sid else {}
    out.update({"Effect": effect, "Action": action, "Resource": resource})
    if condition:
        out["Condition"] = condition
    return out


def service(*names):
    """Trust of AWS services."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": names[0] if len(names) == 1 else list(names)},
            "Action": "sts:AssumeRole",
        }
    )


def pod_identity():
    return document(
        {
            "Sid": "AllowEksAuthToAssumeRoleForPodIdentity",
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
    )


def principals(arns, actions="sts:AssumeRole", condition=None):
    out = {"Effect": "Allow", "Principal": {"AWS": arns}, "Action": actions}
    if condition:
        out["Condition"] = condition
    return document(out)


def web_identity(provider, condition, account=ACCOUNT):
    out = {
        "Effect": "Allow",
        "Principal": {"Federated": iam_arn("oidc-provider", provider, account=account)},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    if condition:
        out["Condition"] = condition
    return out


def irsa(cluster, *accounts, operator="StringEquals", audience="StringEquals", account=ACCOUNT):
    """Trust of service accounts `namespace:name` of a cluster; AUDIENCE is the operator of the aud condition, or None."""
    provider = issuer(cluster)
    subjects = ["system:serviceaccount:" + a for a in accounts]
    condition = {}
    if subjects:
        condition[operator] = {provider + ":sub": subjects[0] if len(subjects) == 1 else subjects}
    if audience:
        condition.setdefault(audience, {})[provider + ":aud"] = "sts.amazonaws.com"
    return document(web_identity(provider, condition, account))


def saml(directory="AWSSSO_0123456789abcdef_DO_NOT_DELETE"):
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": iam_arn("saml-provider", directory)},
            "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        }
    )


class Account:
    """The parts of one account's authorization details, in the order in which they were added."""

    def __init__(self, account=ACCOUNT):
        self.account, self.roles, self.users, self.groups, self.local = account, [], [], [], {}

    def policy(self, name, created, *versions):
        """A customer managed policy; the last of VERSIONS is the default one."""
        self.local[name] = (created, versions)
        return name

    def policy_arn(self, name):
        return iam_arn("policy", name, account=self.account) if name in self.local else managed_policies.arn(name)

    def attached(self, names):
        return [{"PolicyName": n, "PolicyArn": self.policy_arn(n)} for n in names]

    def role(self, name, trust, created, used, attached=(), inline=(), path="/", boundary=None, tags=(), profile=False):
        """USED is the day of the last use, None for never. INLINE is {name: document}. Gives the ARN."""
        arn = iam_arn("role", name, path, self.account)
        out = {
            "Path": path,
            "RoleName": name,
            "RoleId": unique_id("AROA", arn),
            "Arn": arn,
            "CreateDate": aws_time(moment(created, arn)),
        }
        out["AssumeRolePolicyDocument"] = trust
        out["InstanceProfileList"] = [self.instance_profile(name, out)] if profile else []
        out["RolePolicyList"] = [{"PolicyName": k, "PolicyDocument": v} for k, v in dict(inline).items()]
        out["AttachedManagedPolicies"] = self.attached(attached)
        if boundary:
            out["PermissionsBoundary"] = {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": self.policy_arn(boundary),
            }
        out["Tags"] = [{"Key": k, "Value": v} for k, v in tags]
        out["RoleLastUsed"] = (
            {"LastUsedDate": aws_time(moment(used, arn, "used")), "Region": "eu-west-1"} if used else {}
        )
        self.roles.append(out)
        return arn

    def instance_profile(self, name, role):
        """IAM repeats the role inside its instance profile, without its policies."""
        arn = iam_arn("instance-profile", name, account=self.account)
        inner = {k: role[k] for k in ("Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument")}
        return {
            "Path": "/",
            "InstanceProfileName": name,
            "InstanceProfileId": unique_id("AIPA", arn),
            "Arn": arn,
            "CreateDate": role["CreateDate"],
            "Roles": [inner],
        }

    def group(self, name, created, attached=(), inline=()):
        arn = iam_arn("group", name, account=self.account)
        self.groups.append(
            {
                "Path": "/",
                "GroupName": name,
                "GroupId": unique_id("AGPA", arn),
                "Arn": arn,
                "CreateDate": aws_time(moment(created, arn)),
                "GroupPolicyList": [{"PolicyName": k, "PolicyDocument": v} for k, v in dict(inline).items()],
                "AttachedManagedPolicies": self.attached(attached),
            }
        )

    def user(self, name, created, groups=(), attached=(), inline=(), tags=(), boundary=None):
        arn = iam_arn("user", name, account=self.account)
        out = {
            "Path": "/",
            "UserName": name,
            "UserId": unique_id("AIDA", arn),
            "Arn": arn,
            "CreateDate": aws_time(moment(created, arn)),
        }
        if inline:
            out["UserPolicyList"] = [{"PolicyName": k, "PolicyDocument": v} for k, v in dict(inline).items()]
        out["GroupList"] = list(groups)
        out["AttachedManagedPolicies"] = self.attached(attached)
        if boundary:
            out["PermissionsBoundary"] = {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": self.policy_arn(boundary),
            }
        out["Tags"] = [{"Key": k, "Value": v} for k, v in tags]
        self.users.append(out)
        return arn

    def uses(self, arn):
        """How often a policy is attached, and how often it is a boundary."""
        holders = self.roles + self.users + self.groups
        return (
            sum(p["PolicyArn"] == arn for h in holders for p in h["AttachedManagedPolicies"]),
            sum(h.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") == arn for h in holders),
        )

    def policy_entry(self, name, arn, path, default, created, versions):
        attachments, boundaries = self.uses(arn)
        listed = [
            {
                "Document": d,
                "VersionId": v,
                "IsDefaultVersion": v == default,
                "CreateDate": aws_time(moment(day, arn, v)),
            }
            for v, day, d in reversed(versions)
        ]
        aws = ":aws:policy" in arn
        return {
            "PolicyName": name,
            "PolicyId": "ANPA" + digest("policy", arn)[:17].upper() if aws else unique_id("ANPA", arn),
            "Arn": arn,
            "Path": path,
            "DefaultVersionId": default,
            "AttachmentCount": attachments,
            "PermissionsBoundaryUsageCount": boundaries,
            "IsAttachable": True,
            "CreateDate": aws_time(moment(created, arn)),
            "UpdateDate": listed[0]["CreateDate"],
            "PolicyVersionList": listed,
        }

    def details(self):
        policies = []
        for name, (created, versions) in self.local.items():
            numbered = [("v%d" % (i + 1), day, doc) for i, (day, doc) in enumerate(versions)]
            policies.append(self.policy_entry(name, self.policy_arn(name), "/", numbered[-1][0], created, numbered))
        for name, (path, version, created, statements) in managed_policies.MANAGED.items():
            arn = managed_policies.arn(name)
            if any(self.uses(arn)):
                policies.append(
                    self.policy_entry(name, arn, path, version, created, [(version, created, document(*statements))])
                )
        return {
            "UserDetailList": self.users,
            "GroupDetailList": self.groups,
            "RoleDetailList": self.roles,
            "Policies": policies,
        }
