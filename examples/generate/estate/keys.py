"""KMS: the keys that secrets are encrypted with, and the parameters of Systems Manager that are encrypted."""

import json

from .base import ACCOUNT, REGION, SHARED_ACCOUNT, aws_time, envelope, iam_arn, moment, uuid
from .story import decoy, planted

ALGORITHMS = ["SYMMETRIC_DEFAULT"]


def key_id(name):
    return uuid("kms", name)


def arn(name):
    return "arn:aws:kms:%s:%s:key/%s" % (REGION, ACCOUNT, key_id(name))


class Key:
    """One key. ROTATES is the day of its next rotation, or None."""

    def __init__(self, name, created, description, rotates=None, state="Enabled", **more):
        self.name, self.created, self.description, self.rotates, self.state, self.more = (
            name,
            created,
            description,
            rotates,
            state,
            more,
        )

    def metadata(self):
        """As describe-key prints it."""
        t = lambda day: aws_time(moment(day, "kms", self.name), micros=True)
        out = {
            "AWSAccountId": ACCOUNT,
            "KeyId": key_id(self.name),
            "Arn": arn(self.name),
            "CreationDate": t(self.created),
            "Enabled": self.state == "Enabled",
            "Description": self.description,
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": self.state,
        }
        if "deleted" in self.more:
            out["DeletionDate"] = t(self.more["deleted"])
        if "until" in self.more:
            out["ValidTo"] = t(self.more["until"])
        out["Origin"] = self.more.get("origin", "AWS_KMS")
        if "until" in self.more:
            out["ExpirationModel"] = "KEY_MATERIAL_EXPIRES"
        out["KeyManager"] = "CUSTOMER"
        out["CustomerMasterKeySpec"] = out["KeySpec"] = "SYMMETRIC_DEFAULT"
        out["EncryptionAlgorithms"] = ALGORITHMS
        out["MultiRegion"] = False
        return {"KeyMetadata": out}

    def rotation(self):
        """As get-key-rotation-status prints it."""
        out = {"KeyRotationEnabled": bool(self.rotates), "KeyId": arn(self.name)}
        if self.rotates:
            out["RotationPeriodInDays"] = 365
            out["NextRotationDate"] = aws_time(moment(self.rotates, "kms", self.name), micros=True)
        return out

    def policy(self):
        account = {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": iam_arn("root", "", path="")},
            "Action": "kms:*",
            "Resource": "*",
        }
        statements = [account] + self.more.get("statements", [])
        return {
            "Policy": json.dumps({"Version": "2012-10-17", "Id": "key-default-1", "Statement": statements}, indent=2),
            "PolicyName": "default",
        }


def keys():
    ledger = Key("ledger", "2025-06-12", "The ledger's gateways")
    planted(
        "secret-key-not-rotated",
        arn("ledger"),
        "made by hand for the bank's gateway, and nobody switched its rotation on",
    )
    shared = Key("secrets", "2025-02-03", "Secrets of payments", rotates="2027-02-03")
    decoy("secret-key-not-rotated", arn("secrets"), "rotates every year")
    auditor = Key(
        "auditor", "2025-06-12", "Brought by the auditors", origin="EXTERNAL", until="2027-06-12"
    )
    decoy("secret-key-not-rotated", arn("auditor"), "the auditors brought its material: KMS cannot renew that")
    search = Key("search", "2025-02-24", "Elastic of staging", state="PendingDeletion", deleted="2026-12-21")
    planted(
        "secret-key-unusable",
        arn("search"),
        "cleaned up yesterday as unused: staging's Elastic password and the key of its index are under it",
    )
    decoy("secret-key-not-rotated", arn("search"), "waits for its deletion: nothing rotates it any more")
    gateway = Key("sms", "2024-10-01", "SMS gateway", state="PendingDeletion", deleted="2026-12-20")
    decoy("secret-key-unusable", arn("sms"), "goes together with the one secret that it encrypts")
    via = {"StringEquals": {"kms:ViaService": "secretsmanager.%s.amazonaws.com" % REGION}}
    decrypts = lambda whom, sid: {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": whom},
        "Action": ["kms:Decrypt", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": via,
    }
    analytics = Key(
        "analytics",
        "2025-07-07",
        "Streams of analytics",
        rotates="2027-07-07",
        statements=[decrypts("*", "Allow access through AWS Secrets Manager")],
    )
    builds = Key(
        "builds",
        "2025-02-20",
        "What the central CI reads",
        rotates="2027-02-20",
        statements=[decrypts(iam_arn("root", "", path="", account=SHARED_ACCOUNT), "The shared account")],
    )
    managed = "arn:aws:kms:%s:%s:alias/aws/" % (REGION, ACCOUNT)
    planted(
        "secret-key-aws-managed",
        managed + "secretsmanager",
        "two roles of workloads read every secret, and this key keeps none of them back",
    )
    decoy("secret-key-aws-managed", managed + "ssm", "a parameter is under it, and no workload reads all parameters")
    return [shared, ledger, auditor, search, gateway, analytics, builds]


def prints(all_keys):
    """What the CLI printed of the keys, by file."""
    asked = lambda call, key, answer: envelope(call, {"KeyId": arn(key.name)}, answer)
    aliases = [
        {
            "AliasName": "alias/acme-%s" % key.name,
            "AliasArn": "arn:aws:kms:%s:%s:alias/acme-%s" % (REGION, ACCOUNT, key.name),
            "TargetKeyId": key_id(key.name),
            "CreationDate": aws_time(moment(key.created, "alias", key.name), micros=True),
            "LastUpdatedDate": aws_time(moment(key.created, "alias", key.name), micros=True),
        }
        for key in all_keys
    ]
    return {
        "keys.jsonl": [key.metadata() for key in all_keys],
        "key-rotation.jsonl": [key.rotation() for key in all_keys],
        "key-policies.jsonl": [asked("kms:GetKeyPolicy", key, key.policy()) for key in all_keys],
        "key-grants.jsonl": [asked("kms:ListGrants", key, {"Grants": []}) for key in all_keys],
        "aliases.jsonl": [{"Aliases": sorted(aliases, key=lambda one: one["AliasName"])}],
    }


def parameters():
    """`aws ssm describe-parameters`."""
    rows = [
        ("/prod/checkout/feature-flags", "String", None, "2026-11-17", "checkout-release", 41),
        ("/prod/platform/mail-relay", "SecureString", "alias/aws/ssm", "2026-05-19", "ops-lambda-admin", 2),
        ("/staging/search/index-key", "SecureString", "alias/acme-search", "2026-09-02", "ops-lambda-admin", 3),
    ]
    listed = []
    for name, kind, key, day, role, version in rows:
        one = {
            "Name": name,
            "ARN": "arn:aws:ssm:%s:%s:parameter%s" % (REGION, ACCOUNT, name),
            "Type": kind,
        }
        if key:
            one["KeyId"] = key
        one["LastModifiedDate"] = aws_time(moment(day, name), micros=True)
        one["LastModifiedUser"] = "arn:aws:sts::%s:assumed-role/%s/terraform" % (ACCOUNT, role)
        one.update({"Version": version, "Tier": "Standard", "Policies": [], "DataType": "text"})
        listed.append(one)
    return {"Parameters": listed}
