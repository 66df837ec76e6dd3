"""Secrets Manager: the list, a few descriptions, versions and resource policies."""

import base64
import json

from . import keys
from .base import (
    ACCOUNT,
    REGION,
    SHARED_ACCOUNT,
    aws_time,
    day_end,
    digest,
    iam_arn,
    moment,
    uuid,
)
from .story import decoy, either, planted

LAMBDA = "arn:aws:lambda:%s:%s:function:secrets-rotation" % (REGION, ACCOUNT)
ZONE = 1  # whoever printed the list works in Amsterdam


class Secret:
    """One secret. ROTATED is the day of the last rotation; EVERY its days, a schedule expression, or None for off."""

    def __init__(self, name, created, used, rotated=None, every=None, next_day="", **more):
        self.name, self.created, self.used, self.rotated, self.every, self.next_day, self.more = (
            name,
            created,
            used,
            rotated,
            every,
            next_day,
            more,
        )
        alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
        raw = digest("secret", name)
        self.arn = "arn:aws:secretsmanager:%s:%s:secret:%s-%s" % (
            REGION,
            ACCOUNT,
            name,
            "".join(alphabet[int(raw[i * 2 : i * 2 + 2], 16) % len(alphabet)] for i in range(6)),
        )

    def stages(self):
        current, previous = uuid(self.name, "current"), uuid(self.name, "previous")
        out = {current: ["AWSCURRENT"]}
        if self.rotated:
            out[previous] = ["AWSPREVIOUS"]
        pending = self.more.get("pending")
        if pending == "current":
            out[current] = ["AWSCURRENT", "AWSPENDING"]
        elif pending:
            out[uuid(self.name, "pending")] = ["AWSPENDING"]
        return out

    def changed(self):
        pending = self.more.get("pending")
        return moment(
            pending if pending not in (None, "current") else self.more.get("changed") or self.rotated or self.created,
            self.name,
            "changed",
        )

    def entry(self, offset=ZONE):
        """As list-secrets prints it, in its order of fields."""
        t = lambda x: aws_time(x, offset, micros=True)
        out = {"ARN": self.arn, "Name": self.name}
        for field, key in (("Description", "description"), ("KmsKeyId", "kms")):
            if key in self.more:
                out[field] = self.more[key]
        if self.every:
            out["RotationEnabled"] = True
            if not self.more.get("owner"):
                out["RotationLambdaARN"] = self.more.get("function", LAMBDA)
            out["RotationRules"] = (
                {"AutomaticallyAfterDays": self.every}
                if isinstance(self.every, int)
                else {"ScheduleExpression": self.every, "Duration": "2h"}
            )
        if self.rotated:
            out["LastRotatedDate"] = t(moment(self.rotated, self.name, "changed"))
        out["LastChangedDate"] = t(self.changed())
        if self.used:
            out["LastAccessedDate"] = aws_time(moment(self.used).replace(hour=0, minute=0, second=0), offset)
        if "deleted" in self.more:
            out["DeletedDate"] = t(moment(self.more["deleted"], self.name))
        if self.next_day:
            out["NextRotationDate"] = self.next_rotation(offset)
        out["Tags"] = [
            {"Key": k, "Value": v}
            for k, v in self.more.get("tags", [("team", self.name.split("/")[-2] if "/" in self.name else "platform")])
        ]
        out["SecretVersionsToStages"] = self.stages()
        if "owner" in self.more:
            out["OwningService"] = self.more["owner"]
        out["CreatedDate"] = t(moment(self.created, self.name))
        if "primary" in self.more:
            out["PrimaryRegion"] = self.more["primary"]
        return out

    def next_rotation(self, offset):
        """A day (its end) or, with a T, a time."""
        if "T" in self.next_day:
            day, clock = self.next_day.split("T")
            hour, minute = clock.split(":")
            return aws_time(moment(day).replace(hour=int(hour), minute=int(minute), second=0), offset)
        return aws_time(day_end(self.next_day), offset)


def secrets():
    rotating = [
        ("prod/payments/db", "2025-02-04", "2026-11-23", "2026-11-10", 30, "2026-12-10"),
        ("prod/payments/card-vault", "2025-02-04", "2026-11-23", "2026-11-01", 30, "2026-12-01"),
        ("prod/payments/paypal", "2025-03-10", "2026-11-22", "2026-10-20", 60, "2026-12-19"),
        ("prod/checkout/db", "2025-02-05", "2026-11-23", "2026-11-12", 30, "2026-12-12"),
        ("prod/checkout/session-key", "2025-02-05", "2026-11-23", "2026-11-20", "rate(7 days)", "2026-11-27"),
        (
            "prod/ledger/close-signing",
            "2025-02-06",
            "2026-11-15",
            "2026-11-15",
            "cron(0 16 1,15 * ? *)",
            "2026-12-01T16:00",
        ),
        ("prod/ledger/bank-gateway", "2025-06-12", "2026-11-23", "2026-10-30", 30, "2026-11-29"),
        ("prod/search/elastic", "2025-02-12", "2026-11-23", "2026-11-03", 30, "2026-12-03"),
        ("prod/media/cdn-signing", "2025-03-01", "2026-11-21", "2026-09-15", 90, "2026-12-14"),
        ("prod/marketing/smtp", "2025-04-08", "2026-11-23", "2026-11-05", 30, "2026-12-05"),
        ("prod/growth/ads-oauth", "2025-05-13", "2026-11-23", "2026-11-09", 30, "2026-12-09"),
        ("prod/analytics/kafka", "2025-07-07", "2026-11-23", "2026-10-28", 30, "2026-11-27"),
        ("prod/ci/registry-push", "2025-02-20", "2026-11-23", "2026-11-18", 14, "2026-12-02"),
        ("prod/platform/grafana-admin", "2025-03-24", "2026-11-20", "2026-11-02", 30, "2026-12-02"),
        ("prod/platform/oidc-client", "2025-03-24", "2026-11-23", "2026-10-31", 30, "2026-11-30"),
        ("staging/payments/db", "2025-02-24", "2026-11-23", "2026-11-11", 30, "2026-12-11"),
        ("staging/checkout/db", "2025-02-24", "2026-11-23", "2026-11-11", 30, "2026-12-11"),
        ("staging/ledger/db", "2025-02-24", "2026-11-19", "2026-11-11", 30, "2026-12-11"),
        ("staging/tooling/sonar", "2025-05-26", "2026-11-23", "2026-11-06", 30, "2026-12-06"),
    ]
    more = {
        "prod/ledger/bank-gateway": {"kms": "alias/acme-ledger"},
        "prod/analytics/kafka": {"kms": "alias/acme-analytics"},
        "prod/ci/registry-push": {"kms": "alias/acme-builds"},
        "prod/platform/grafana-admin": {
            "function": "arn:aws:lambda:%s:%s:function:grafana-rotation" % (REGION, SHARED_ACCOUNT)
        },
        "prod/growth/ads-oauth": {"previous_read": "2026-11-23"},
        "prod/platform/oidc-client": {"primary": REGION, "replicas": [("eu-central-1", "Failed", None)]},
    }
    more.update({row[0]: {"kms": keys.arn("secrets")} for row in rotating if "payments" in row[0]})
    out = [Secret(*row, **more.get(row[0], {})) for row in rotating]
    told = {s.name: s.arn for s in out}
    planted(
        "secret-previous-in-use",
        told["prod/growth/ads-oauth"],
        "rotated on 9 November, and somebody read the old token yesterday: it was never revoked",
    )
    planted(
        "secret-replica-unused",
        told["prod/platform/oidc-client"],
        "its replication to Frankfurt failed: a secret of that name was there already",
        severity="medium",
    )
    decoy(
        "secret-rotation-function-missing",
        told["prod/payments/db"],
        "its function's role names no secret, but a condition on the function that rotates it; the key opens by way of Secrets Manager",
    )
    decoy(
        "secret-rotation-function-missing",
        told["prod/platform/grafana-admin"],
        "its function is in the shared account, which was not read: unknown is not missing",
    )
    out += rotation_stories() + use_stories() + owned_stories()
    return sorted(out, key=lambda s: (s.created, s.name))


def rotation_stories():
    stripe = Secret(
        "prod/payments/stripe-api-key",
        "2025-02-04",
        "2026-11-23",
        description="live key, made by hand in the Stripe dashboard",
    )
    planted("secret-rotation-off", stripe.arn, "the key that charges customers' cards has not changed for 21 months")
    primary = Secret(
        "prod/platform/webhook-hmac",
        "2025-03-24",
        "2026-11-22",
        primary=REGION,
        replicas=[("eu-central-1", "InSync", "2026-11-21")],
    )
    decoy("secret-replica-unused", primary.arn, "read in Frankfurt three days ago")
    planted(
        "secret-rotation-off",
        primary.arn,
        "it has a replica in Frankfurt, and is itself the primary: nothing rotates it",
    )
    fresh = Secret("prod/returns/carrier-api", "2026-11-19", "2026-11-23")
    decoy("secret-rotation-off", fresh.arn, "made five days ago: the grace after creation")
    overdue = Secret("prod/ledger/db", "2025-02-06", "2026-11-23", "2026-09-30", 30, "2026-10-30")
    planted("secret-rotation-overdue", overdue.arn, "rotation is on and was due on 30 October: enabled is not rotated")
    counted = Secret(
        "staging/search/elastic", "2025-02-24", "2026-11-23", "2026-08-01", 30, kms=keys.key_id("search")
    )
    planted("secret-rotation-overdue", counted.arn, "no next date is given; last rotated on 1 August, every 30 days")
    window = Secret("prod/analytics/warehouse", "2025-07-01", "2026-11-23", "2026-10-24", 30, "2026-11-23T12:00")
    decoy("secret-rotation-overdue", window.arn, "due twelve hours ago: the rotation window is still open")
    stuck = Secret(
        "prod/checkout/psp-token",
        "2025-02-05",
        "2026-11-23",
        "2026-10-01",
        60,
        "2026-11-30",
        pending="2026-11-10",
        function=LAMBDA.replace("secrets-rotation", "psp-rotation"),
    )
    planted(
        "secret-rotation-function-missing",
        stuck.arn,
        "its function's role may write the new value and not move the labels: that is why it never ended",
    )
    planted(
        "secret-rotation-failing",
        stuck.arn,
        "a rotation began on 10 November and never ended: its version is still AWSPENDING",
    )
    never = Secret(
        "staging/payments/webhook-signing",
        "2026-01-12",
        "2026-11-23",
        None,
        30,
        function=LAMBDA.replace("secrets-rotation", "webhook-rotation"),
    )
    planted("secret-rotation-function-missing", never.arn, "its function webhook-rotation was never made")
    planted("secret-rotation-failing", never.arn, "rotation has been on for ten months and has never succeeded")
    either("secret-rotation-overdue", never.arn, "counted from its creation it is overdue as well")
    done = Secret(
        "prod/search/api-key",
        "2025-02-12",
        "2026-11-23",
        "2026-11-14",
        30,
        "2026-12-14",
        pending="current",
        previous_read="2026-11-14",
    )
    decoy("secret-previous-in-use", done.arn, "the old value was last read on the day of the rotation: perhaps before it")
    decoy(
        "secret-rotation-failing",
        done.arn,
        "AWSPENDING and AWSCURRENT on the same version: that is how a rotation ends",
    )
    under_way = Secret(
        "prod/platform/slack-webhook",
        "2025-03-24",
        "2026-11-23",
        "2026-10-24",
        30,
        "2026-11-25",
        pending="2026-11-23",
        previous_read="2026-11-23",
    )
    decoy(
        "secret-previous-in-use",
        under_way.arn,
        "the old value was read yesterday, but so does a rotation, and one is under way since",
    )
    decoy("secret-rotation-failing", under_way.arn, "AWSPENDING since yesterday: the rotation is under way")
    young = Secret("prod/returns/db", "2026-11-21", "2026-11-23", None, 30, "2026-12-21")
    decoy("secret-rotation-failing", young.arn, "rotation was switched on three days ago, with the secret itself")
    return [stripe, primary, fresh, overdue, counted, window, stuck, never, done, under_way, young]


def use_stories():
    ftp = Secret("prod/legacy/ftp-partner", "2024-10-01", "2026-05-11")
    planted("secret-unused", ftp.arn, "last read in May: a partner's password that nobody misses")
    planted("secret-rotation-off", ftp.arn, "and nothing rotates it")
    trial = Secret("prod/poc/model-api-key", "2026-03-02", None)
    planted("secret-unused", trial.arn, "made in March for a trial, never read")
    planted("secret-rotation-off", trial.arn, "and nothing rotates it")
    waiting = Secret("staging/returns/carrier-api", "2026-11-03", None)
    decoy("secret-unused", waiting.arn, "never read, but made three weeks ago")
    decoy("secret-rotation-off", waiting.arn, "made three weeks ago: the grace after creation")
    quarter = Secret(
        "prod/ledger/auditor-export",
        "2025-06-12",
        "2026-09-01",
        "2026-10-15",
        90,
        "2027-01-13",
        kms="alias/acme-auditor",
    )
    decoy("secret-unused", quarter.arn, "last read 84 days ago: a quarterly job")
    dropped = Secret(
        "prod/legacy/sms-gateway",
        "2024-10-01",
        "2026-06-20",
        "2026-11-05",
        30,
        deleted="2026-11-20",
        kms="alias/acme-sms",
    )
    decoy("secret-unused", dropped.arn, "unread since June, and already scheduled for deletion")
    decoy("secret-deleted-but-used", dropped.arn, "nothing asks for it, and nobody has read it since June")
    missed = Secret("prod/growth/ads-feed-v1", "2025-05-13", "2026-11-19", deleted="2026-11-19")
    planted(
        "secret-deleted-but-used",
        missed.arn,
        "the feed moved to another secret, and the ExternalSecret growth/ads-feed still asks for this one",
    )
    return [ftp, trial, waiting, quarter, dropped, missed]


def owned_stories():
    rds = Secret(
        "rds!db-8f2d1c4e-3b6a-4f70-9a1d-2c5e7b9d0f13",
        "2025-07-15",
        "2026-11-22",
        "2026-11-19",
        7,
        "2026-11-26",
        owner="rds",
        tags=[
            ("aws:rds:primaryDBInstanceArn", "arn:aws:rds:%s:%s:db:ledger" % (REGION, ACCOUNT)),
            ("aws:secretsmanager:owningService", "rds"),
        ],
        description="Secret associated with primary RDS DB instance: arn:aws:rds:%s:%s:db:ledger" % (REGION, ACCOUNT),
    )
    decoy("secret-rotation-overdue", rds.arn, "RDS owns it and rotates it every seven days")
    events = Secret(
        "events!connection/carrier-hooks/5b1c2d3e-4f50-4162-8738-495a6b7c8d9e",
        "2025-10-06",
        "2026-11-23",
        owner="events",
        tags=[("aws:secretsmanager:owningService", "events")],
    )
    decoy("secret-rotation-off", events.arn, "EventBridge owns it and offers no rotation: judged by its owner's rules")
    replica = Secret(
        "prod/payments/fraud-model", "2025-08-11", None, primary="eu-central-1", tags=[("team", "payments")]
    )
    decoy("secret-rotation-off", replica.arn, "a replica: rotation is a matter of the primary in Frankfurt")
    decoy("secret-unused", replica.arn, "a replica for disaster recovery is not meant to be read")
    planted(
        "secret-replica-unused",
        replica.arn,
        "a copy of Frankfurt's secret that nobody ever read here: for a disaster, or forgotten",
    )
    return [rds, events, replica]


def functions():
    """`aws lambda list-functions`."""
    rows = [
        ("image-resizer", "lambda-image-resizer", "nodejs22.x", "2026-09-14"),
        ("psp-rotation", "psp-rotation-lambda", "python3.13", "2026-11-09"),
        ("secrets-rotation", "secrets-rotation-lambda", "python3.13", "2026-06-30"),
    ]
    return {
        "Functions": [
            {
                "FunctionName": name,
                "FunctionArn": LAMBDA.replace("secrets-rotation", name),
                "Runtime": runtime,
                "Role": iam_arn("role", role),
                "Handler": "index.handler",
                "CodeSize": 4096 + int(digest("code", name)[:4], 16),
                "Description": "",
                "Timeout": 30,
                "MemorySize": 256,
                "LastModified": moment(day, "lambda", name).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
                "CodeSha256": base64.b64encode(bytes.fromhex(digest("sha", name))).decode(),
                "Version": "$LATEST",
                "TracingConfig": {"Mode": "PassThrough"},
                "RevisionId": uuid("lambda", name),
                "PackageType": "Zip",
                "Architectures": ["arm64"],
                "EphemeralStorage": {"Size": 512},
            }
            for name, role, runtime, day in rows
        ]
    }


def listing(all_secrets):
    """`aws secretsmanager list-secrets --include-planned-deletion`."""
    return {"SecretList": [s.entry() for s in all_secrets]}


def descriptions(all_secrets):
    """`describe-secret` of the primaries with a replica, and of the replica."""
    out = {}
    for s in all_secrets:
        if "primary" not in s.more:
            continue
        entry = s.entry(offset=0)
        entry["VersionIdsToStages"] = entry.pop("SecretVersionsToStages")
        entry["ReplicationStatus"] = [replication(*one) for one in s.more.get("replicas", [])]
        is_primary = s.more["primary"] == REGION
        out[s.name.split("/")[-1] + ("" if is_primary else "-replica")] = entry
    return out


def replication(region, status, read):
    out = {"Region": region, "KmsKeyId": "alias/aws/secretsmanager", "Status": status}
    if status == "Failed":
        out["StatusMessage"] = "Replication failed: Secret name is already in use in this region"
    else:
        out["StatusMessage"] = "Replication succeeded"
    if read:
        out["LastAccessedDate"] = aws_time(moment(read).replace(hour=0, minute=0, second=0))
    return out


def versions(all_secrets):
    """`list-secret-version-ids` of some secrets: those with a version in AWSPENDING, and where the old one is read."""
    out = {}
    for s in all_secrets:
        if not {"pending", "previous_read"} & set(s.more):
            continue
        listed = []
        for version, stages in s.stages().items():
            day, read = s.rotated, s.used
            if stages == ["AWSPENDING"]:
                day = read = s.more["pending"]
            elif stages == ["AWSPREVIOUS"]:
                day = "2026-08-15"
                read = s.more.get("previous_read", day)
            made = moment(day, s.name, "changed")
            listed.append(
                {
                    "VersionId": version,
                    "VersionStages": stages,
                    "LastAccessedDate": aws_time(moment(read).replace(hour=0, minute=0, second=0)),
                    "CreatedDate": aws_time(made, micros=True),
                    "KmsKeyIds": ["DefaultEncryptionKey"],
                }
            )
        out[s.name.split("/")[-1]] = {"Versions": listed, "ARN": s.arn, "Name": s.name}
    return out


def resource_policies(all_secrets):
    by_name = {s.name: s for s in all_secrets}
    statements = {
        "prod/payments/card-vault": {
            "Sid": "OnlyThePaymentsRoles",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": {
                "StringNotLike": {
                    "aws:PrincipalArn": [iam_arn("role", "payments-*"), iam_arn("role", "external-secrets"), iam_arn("role", "secrets-rotation-*")]
                }
            },
        },
        "prod/analytics/warehouse": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::222233334444:role/warehouse-loader"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        },
        "prod/analytics/kafka": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/kafka-connect"}},
        },
        "prod/marketing/smtp": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"aws:PrincipalAccount": ACCOUNT},
                "ArnLike": {"aws:PrincipalArn": iam_arn("role", "ops-*")},
            },
        },
        "prod/ci/registry-push": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::%s:role/central-ci" % SHARED_ACCOUNT},
            "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            "Resource": "*",
        },
    }
    public = "secret-policy-public"
    for name, why, severity in (
        (
            "prod/analytics/kafka",
            "meant for two accounts of Acme: any account in the world may have a role of that name, and the key forgot kms:CallerAccount",
            "critical",
        ),
        ("prod/ci/registry-push", "the shared account pushes images with it, and its key lets all of that account in", "medium"),
        (
            "prod/analytics/warehouse",
            "for the data account, which cannot decrypt with the AWS managed key: it never worked, and nobody took it away",
            "low",
        ),
    ):
        planted(public, by_name[name].arn, why, severity=severity)
    decoy(public, by_name["prod/payments/card-vault"].arn, "a star in a denial lets nobody in")
    decoy(public, by_name["prod/marketing/smtp"].arn, "a star, and a condition that leaves roles of its own account")
    return {
        name.split("/")[-1]: {
            "ARN": by_name[name].arn,
            "Name": name,
            "ResourcePolicy": json.dumps({"Version": "2012-10-17", "Statement": [st]}),
        }
        for name, st in statements.items()
    }
